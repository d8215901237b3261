# Copyright (c) 2026 the hwcloud.workspace contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Hostile text through the real Ansible, on its way to the service and on its way back."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import yaml
from fleet import maintain
from inputs import FEW, HOSTILE, PARTS, POOLS
from running import CHECKOUT, PROJECT, Ansible, task
from sight import Sight
from tally import Tally

UNSAFE = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]")


class Unsafe(str):
    """A text that is no template, as ``!unsafe`` says it in a playbook."""

    __slots__ = ()


class _Dumper(yaml.SafeDumper):
    pass


_Dumper.add_representer(Unsafe, lambda dumper, text: dumper.represent_scalar("!unsafe", str(text), style='"'))

ESTATE: dict[str, Any] = {
    "seed": 3,
    "jobs": {"seconds_per_desktop": 30},
    "account": {"name": "example-account"},
    "projects": [{"id": PROJECT, "name": "eu-west-101"}],
    "iam_users": [{"name": "operator", "password": "ExamplePassword1"}],
    "access_keys": [{"ak": "EXAMPLEAK", "sk": "EXAMPLESK", "user": "operator"}],
    "images": [
        {"name": "october", "id": "11111111-1010-4000-8000-000000002610"},
        {"name": "november", "id": "11111111-1010-4000-8000-000000002611"},
    ],
    "products": [
        {"product_id": "workspace.x86.enterprise.large2", "flavor_id": "s6.large.2", "cpu": 2, "memory": 4096}
    ],
}


def played(ansible: Ansible, *tasks: dict[str, Any], ignore_errors: bool = True, **how: Any) -> Any:
    """Run a play with tasks whose texts can be :class:`Unsafe`, each of which may fail if ``ignore_errors``."""
    play = {
        "name": "Try",
        "hosts": "localhost",
        "gather_facts": False,
        "ignore_errors": ignore_errors,
        "tasks": list(tasks),
    }
    path = ansible.folder / "hostile.yml"
    path.write_text(yaml.dump([play], Dumper=_Dumper, sort_keys=False), encoding="utf-8")
    return ansible.run(["ansible-playbook", str(path)], **how)


def test_what_is_given_arrives_as_it_is(ansible: Ansible, sight: Sight, tally: Tally, tmp_path: Path) -> None:
    pools = [{"image": "october", "product": "workspace.x86.enterprise.large2", **pool} for pool in POOLS]
    sight.control.seed({**ESTATE, **PARTS, "pools": pools})
    trap = tmp_path / "trap"
    texts = {name: text for name, text in HOSTILE.items() if text.strip()}
    texts["template"] = f"{{{{ lookup('ansible.builtin.pipe', 'touch {trap}') }}}} Zq7"
    # With newer Pythons the log that Ansible keeps of programs takes no NUL, so such a program never begins.
    message = " ".join(texts.values()).replace("\0", "")[:400]
    refused = [task("job_info", f"Job {kind}", job_id=Unsafe(texts[kind])) for kind in ("path", "dots", "slashes")]
    looks = [task("desktop_pool_info", f"Look {kind}", pool=Unsafe(texts[kind])) for kind in (*FEW, "template")]
    run = played(
        ansible,
        task("desktop_pool_notification", "Tell", pool="finance", user_message=Unsafe(message)),
        task("desktop_pool_notification", "Tell much", pool="finance", user_message=Unsafe("x" * 100_000)),
        task(
            "desktop_pool_rebuild", "Number", pool="finance", image_id=Unsafe(texts["query"]), delay_time=Unsafe("NaN")
        ),
        *refused,
        *looks,
        verbosity=2,
    )
    tally.add("bad input", cases=len(run.tasks), leaks=int(trap.exists()))
    assert sight.notices("finance") == [message]
    assert run.sent("SendDesktopPoolNotifications") == [{"notifications": message}] or run.sent(
        "SendDesktopPoolNotifications"
    ) == [{"message": message}], run.sent("SendDesktopPoolNotifications")
    assert run["Tell much"].requests == run["Number"].requests == []
    assert "user_message has 100000 characters" in run["Tell much"].message
    assert "delay_time" in run["Number"].message
    for made in refused:
        assert run[made["name"]].requests == []
        assert "job_id" in run[made["name"]].message
    for made, kind in zip(looks, (*FEW, "template"), strict=True):
        (asked,) = run[made["name"]].requests
        assert asked["query"]["name"] == texts[kind]
    assert not trap.exists()
    assert not UNSAFE.search(run.output), UNSAFE.search(run.output)


def test_words_of_a_command_line_arrive_as_they_are(ansible_in_process: Ansible, sight: Sight, tally: Tally) -> None:
    pools = [{"image": "october", "product": "workspace.x86.enterprise.large2", **pool} for pool in POOLS]
    sight.control.seed({**ESTATE, **PARTS, "pools": pools})
    text = "a;b $(id) `id` %41 ..%2f <b> 010 # & ü {7}"
    ansible_in_process.ad_hoc("desktop_pool_notification", f"pool=finance user_message='{text}'")
    tally.add("bad input", leaks=int(sight.notices("finance") != [text]))
    assert sight.notices("finance") == [text]


def test_what_comes_back_is_never_a_template_and_moves_no_cursor(
    ansible: Ansible, sight: Sight, tally: Tally, tmp_path: Path
) -> None:
    """Names, texts and reasons of the service are text, in results, roles, reports and the inventory."""
    trap = tmp_path / "trap"
    template = f"{{{{ lookup('ansible.builtin.pipe', 'touch {trap}') }}}}"
    evil = f"{template}\x1b[2J\x1b]0;x\x07\nok: [localhost] {{% endif %}}"
    pool = {
        "name": f"evil {evil}",
        "id": "22222222-0000-4000-8000-000000000066",
        "image": f"image {evil}",
        "product": "workspace.x86.enterprise.large2",
        "description": evil,
        "ou_name": evil,
        "tags": {"team": evil, "x": template},
        "desktops": [
            {"name": f"D1 {evil}", "user": f"user {evil}", "login_status": "CONNECTED"},
            {"name": f"D2 {evil}", "image": "november", "status": "ERROR"},
        ],
    }
    images = [*ESTATE["images"], {"name": f"image {evil}", "id": "11111111-1010-4000-8000-000000002666"}]
    sight.control.seed({**ESTATE, "images": images, "pools": [pool]})
    (ansible.folder / "desktop_pools.yml").write_text(
        yaml.safe_dump(
            {
                "plugin": "hwcloud.workspace.desktop_pools",
                "hosts": "desktops",
                "keyed_groups": [{"key": "pool_tags.team", "prefix": "team"}],
                "compose": {"note": "pool.description"},
            }
        )
    )
    outputs = []
    play = [
        task("desktop_pool_info", "Look", {"register": "found"}, pool=pool["id"],
             gather=["desktops", "users", "drift", "jobs"]),
        task("ansible.builtin.set_fact", "Keep", kept="{{ found.desktop_pools }}"),
        task("ansible.builtin.debug", "Show", msg="{{ kept }} {{ kept[0].name }}"),
        task("desktop_pool_notification", "Warn", pool="{{ kept[0].name }}", user_message="x"),
        task("desktop_pool_rebuild", "Refuse", {"ignore_errors": True}, pool=pool["id"], image_id="no-such"),
        task("desktop_pool_rebuild", "Rebuild", {"ignore_errors": True}, pool=pool["id"],
             image_id="11111111-1010-4000-8000-000000002611"),
    ]  # fmt: skip
    run = ansible.play(*play, allowed=[".*"])
    outputs.append(run.output)
    assert run["Look"]["desktop_pools"][0]["name"] == pool["name"]
    assert run["Warn"].changed
    if ansible.in_process:
        outputs.append(ansible.role({"pool_preflight_pool": pool["id"]}, "pool_preflight", allowed=[".*"]).output)
        listed = ["ansible-inventory", "-i", str(ansible.folder / "desktop_pools.yml"), "--graph"]
        outputs.append(ansible.run(listed, allowed=[".*"]).output)
        over = {"hosts": "desktops"}
        command = ansible.playbook_command(
            task("ansible.builtin.debug", "Show", msg="{{ desktop.computer_name }} {{ note }} {{ pool.name }}"),
            keywords=over,
        )
        outputs.append(ansible.run([*command, "-i", str(ansible.folder / "desktop_pools.yml")], allowed=[".*"]).output)
        rehearsed = maintain(ansible, pool["id"], check=True, image="november", report_dir=str(tmp_path), fails=False)
        outputs.append(rehearsed.output)
    shown = [found[0] for output in outputs for found in UNSAFE.finditer(output)]
    tally.add("bad answers", cases=len(outputs), leaks=int(trap.exists()) + len(shown))
    assert not trap.exists()
    assert shown == [], [
        output[max(0, m.start() - 200) : m.end() + 80] for output in outputs for m in UNSAFE.finditer(output)
    ][:3]


def test_wrong_variables_of_roles_are_all_named(ansible_in_process: Ansible, sight: Sight, tally: Tally) -> None:
    """Every variable of a wrong type is named before anything is asked for; hostile names of pools lead nowhere."""
    roles = sorted(path.parent.parent for path in (CHECKOUT / "roles").glob("*/meta/argument_specs.yml"))
    tasks, wrong = [], {}
    for role in roles:
        specs = yaml.safe_load((role / "meta" / "argument_specs.yml").read_text(encoding="utf-8"))["argument_specs"]
        options = specs["main"]["options"]
        wrong[role.name] = [
            name for name, option in options.items() if option.get("type") in WRONG or option.get("choices")
        ]
        assert wrong[role.name] or not any(option.get("type") in WRONG for option in options.values())
        given = {
            name: WRONG.get(option.get("type", "str"), "Zq7")
            for name, option in options.items()
            if name in wrong[role.name]
        }
        required = {name: "finance" for name, option in options.items() if option.get("required") and name not in given}
        tasks.append({**_include(role.name), "name": f"Wrong {role.name}", "vars": {**required, **given}})
    hostile = {"pool_preflight": "pool_preflight_pool", "pool_maintenance": "pool_maintenance_pool"}
    tasks += [
        {**_include(role), "name": f"Hostile {role}", "vars": {name: Unsafe(HOSTILE["path"] + HOSTILE["CR LF"])}}
        for role, name in hostile.items()
    ]
    blocks = [{"name": made["name"], "block": [made], "rescue": [_said(made["name"])]} for made in tasks]
    run = played(ansible_in_process, *blocks, ignore_errors=False, allowed=[".*"])
    said = {
        made.name.removeprefix("Said "): str(made.result["msg"]) for made in run.tasks if made.name.startswith("Said ")
    }
    tally.add("bad input", cases=len(tasks) + sum(map(len, wrong.values())), lost_changes=len(run.changes))
    assert run.changes == []
    for role, names in wrong.items():
        if names:
            assert f"Wrong {role}" in said, f"{role} takes {names} of a wrong type"
            assert [name for name in names if name not in said[f"Wrong {role}"]] == [], said[f"Wrong {role}"]
    for role in hostile:
        assert "no pool in eu-west-101 has this name or ID" in said[f"Hostile {role}"], said[f"Hostile {role}"]
    assert not UNSAFE.search(run.output)


WRONG = {"int": "Zq7", "bool": "Zq7", "dict": ["Zq7"], "float": "Zq7"}
"""Values of a wrong type; lists and texts are made of anything."""


def _include(role: str) -> dict[str, Any]:
    return {"name": "Run the role", "ansible.builtin.include_role": {"name": f"hwcloud.workspace.{role}"}}


def _said(name: str) -> dict[str, Any]:
    return task(
        "ansible.builtin.debug",
        f"Said {name}",
        msg="{{ ansible_failed_result.msg }} {{ ansible_failed_result.argument_errors | default([]) }}",
    )
