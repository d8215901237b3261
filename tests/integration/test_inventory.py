# Copyright (c) 2026 the hwcloud.workspace contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Pools and desktops as hosts: what is in the inventory, plays over it, its cache, and what it says when it fails."""

from __future__ import annotations

import ast
import json
import re
from pathlib import Path
from typing import Any

import pytest
import yaml
from ansible.parsing.vault import VaultLib, VaultSecret
from running import CHECKOUT, PROJECT, Ansible, Run, from_environment, task
from sight import CALLCENTER, FINANCE, Sight

PLUGIN = "hwcloud.workspace.desktop_pools"
BRANCH = "fedcba9876543210fedcba9876543210"
ASIA = "ap-southeast-1"
ASIAN_PROJECT = "1123456789abcdef0123456789abcdef"
SEEN_BY_ANSIBLE = {"callcenter", "engineering", "finance"}
WHERE = {"region": "{{ region }}", "project_id": "{{ project_id }}"}
"""Of a play over hosts of several regions and projects."""


def inventory(ansible: Ansible, **options: Any) -> str:
    """Write an inventory file and return its path."""
    path = ansible.folder / "desktop_pools.yml"
    path.write_text(yaml.safe_dump({"plugin": PLUGIN, **options}, sort_keys=False))
    return str(path)


def listed(ansible: Ansible, *arguments: str, path: str = "", **options: Any) -> dict[str, Any]:
    """Return what ``ansible-inventory --list`` says of an inventory with these options, texts as they are."""
    command = ["ansible-inventory", "-i", path or inventory(ansible, **options), "--list", *arguments]
    return found_in(ansible.run(command))


def found_in(run: Run) -> dict[str, Any]:
    """Return the JSON that a run of ansible-inventory wrote."""

    def bare(found: dict[str, Any]) -> Any:
        return found.get("__ansible_unsafe", found)

    return dict(json.JSONDecoder(object_hook=bare).raw_decode(run.output[run.output.index("{") :])[0])


def hosts(found: dict[str, Any], group: str = "desktop_pools") -> list[str]:
    """Return the hosts of a group, in order."""
    return list(found.get(group, {}).get("hosts", []))


def over_pools(*tasks: Any, **keywords: Any) -> dict[str, Any]:
    """Return the keywords of a play over all pools."""
    return {"hosts": "desktop_pools", "module_defaults": {"group/hwcloud.workspace.all": WHERE}, **keywords}


def recap(run: Run) -> dict[str, int]:
    """Return how many tasks of each host were ok."""
    return {name: int(ok) for name, ok in re.findall(r"^(\S+)\s+: ok=(\d+)", run.output, re.MULTILINE)}


def test_pools_are_hosts(ansible_in_process: Ansible, simulator: Any) -> None:
    first = ansible_in_process.last_request()
    found = listed(ansible_in_process)
    requests = simulator.control.journal(since=first)
    assert [request["operation"] for request in requests] == ["ListDesktopPools"]
    assert hosts(found) == ["callcenter", "engineering", "finance"]
    variables = found["_meta"]["hostvars"]["finance"]
    assert {name: value for name, value in variables.items() if name != "pool"} == {
        "ansible_connection": "local",
        "ansible_python_interpreter": "{{ ansible_playbook_python }}",
        "pool_tags": {"team": "finance", "window": "saturday"},
        "project_id": PROJECT,
        "region": "eu-west-101",
    }
    asked = ansible_in_process.ad_hoc("desktop_pool_info", f"pool={FINANCE}")
    assert variables["pool"] == asked.only["desktop_pools"][0]


def test_one_host_is_shown(ansible_in_process: Ansible) -> None:
    run = ansible_in_process.run(["ansible-inventory", "-i", inventory(ansible_in_process), "--host", "callcenter"])
    assert found_in(run)["pool"]["id"] == CALLCENTER


def test_a_play_over_pools_of_several_projects(ansible: Ansible) -> None:
    """Modules find the host's pool, in its project, whichever way they run."""
    path = inventory(ansible, projects=[{"project_id": PROJECT}, {"project_id": BRANCH}])
    look = task("desktop_pool_info", "Look", pool="{{ pool.id }}")
    command = ansible.playbook_command(look, keywords=over_pools(serial=2))
    run = ansible.run([*command, "-i", path], verbosity=3)
    assert recap(run) == dict.fromkeys(("callcenter", "engineering", "finance", "finance-branch"), 1)
    looks = [found for found in run.tasks if found.name == "Look"]
    assert sorted(found["desktop_pools"][0]["name"] for found in looks) == sorted(recap(run))
    assert "interpreter discovery" not in run.output.lower()
    assert ("runs by itself" not in run.output) == ansible.in_process
    assert run.output.count("PLAY [Rehearse]") == 2
    assert len(run.requests) == 2 + 4


@pytest.mark.parametrize(
    ("limit", "expected"),
    [
        ("desktop_pools[0:1]", {"callcenter", "engineering"}),
        ("desktop_pools[2]", {"finance"}),
        ("callcenter,finance", {"callcenter", "finance"}),
        ("desktop_pools:!team_finance", {"callcenter", "engineering"}),
    ],
)
def test_limits_and_slices(ansible_in_process: Ansible, limit: str, expected: set[str]) -> None:
    path = inventory(ansible_in_process, keyed_groups=[{"key": "pool_tags.team", "prefix": "team"}])
    look = task("desktop_pool_info", "Look", pool="{{ pool.id }}")
    command = ansible_in_process.playbook_command(look, keywords=over_pools())
    run = ansible_in_process.run([*command, "-i", path, "--limit", limit])
    assert set(recap(run)) == expected
    assert {found["desktop_pools"][0]["name"] for found in run.tasks} == expected


def test_a_relaunch_on_failed_hosts(ansible_in_process: Ansible) -> None:
    path = inventory(ansible_in_process)
    look = task(
        "desktop_pool_info", "Look", {"failed_when": "inventory_hostname in bad | default([])"}, pool="{{ pool.id }}"
    )
    command = [*ansible_in_process.playbook_command(look, keywords=over_pools()), "-i", path]
    kept = {
        "ANSIBLE_RETRY_FILES_ENABLED": "true",
        "ANSIBLE_RETRY_FILES_SAVE_PATH": str(ansible_in_process.folder / "retry"),
    }
    bad = ["-e", json.dumps({"bad": ["callcenter", "finance"]})]
    ansible_in_process.run([*command, *bad], environment=kept, fails=True)
    (retry,) = (ansible_in_process.folder / "retry").iterdir()
    run = ansible_in_process.run([*command, "--limit", f"@{retry}"])
    assert recap(run) == {"callcenter": 1, "finance": 1}


def test_constructed_groups_and_variables(ansible_in_process: Ansible) -> None:
    found = listed(
        ansible_in_process,
        "-e",
        "most=3",
        strict=True,
        use_extra_vars=True,
        keyed_groups=[{"key": "pool_tags", "prefix": "tag"}, {"key": "pool.type", "separator": ""}],
        groups={"in_maintenance": "pool.in_maintenance_mode", "fin ance": "'fin' in pool.name"},
        compose={"small": "pool.desktop_count <= (most | int)", "disks": "pool.data_volumes", "is_local": "region"},
    )
    groups = {name: set(group["hosts"]) for name, group in found.items() if group.get("hosts")}
    assert groups == {
        "desktop_pools": SEEN_BY_ANSIBLE,
        "tag_team_finance": {"finance"},
        "tag_window_saturday": {"finance"},
        "tag_team_callcenter": {"callcenter"},
        "DYNAMIC": {"callcenter"},
        "STATIC": {"engineering", "finance"},
        "in_maintenance": {"engineering"},
        "fin_ance": {"finance"},
    }
    variables = found["_meta"]["hostvars"]
    assert [str(variables[name]["small"]) for name in ("callcenter", "finance")] == ["True", "False"]
    assert [disk["size"] for disk in variables["engineering"]["disks"]] == [100, 200]
    assert variables["finance"]["is_local"] == "eu-west-101"


def test_what_the_service_says_is_never_a_template(ansible_in_process: Ansible, sight: Sight) -> None:
    """Not in a play over the inventory, and not when another program hands on what ``--list`` wrote."""
    estate = estate_of("estate.yml")
    tricky = {"note": "{{ 7*7 }}", "{{ 6*6 }}": "{% if true %}x{% endif %}", "lookup": "{{ lookup('env', 'HOME') }}"}
    estate["pools"][0].update({"tags": tricky, "description": "{{ 5*5 }}", "name": "{{ 3*3 }}"})
    sight.control.seed(estate)
    path = inventory(
        ansible_in_process, compose={"note": "pool_tags.note", "both": "pool.description ~ pool_tags.note"}
    )
    say = task(
        "ansible.builtin.set_fact",
        "Say",
        said=["{{ pool_tags }}", "{{ pool.description }}", "{{ note }}", "{{ both }}", "{{ pool.name }}"],
    )
    expected = [tricky, "{{ 5*5 }}", "{{ 7*7 }}", "{{ 5*5 }}{{ 7*7 }}", "{{ 3*3 }}"]
    command = ansible_in_process.playbook_command(say, keywords=over_pools(hosts="_3_3_"))
    run = ansible_in_process.run([*command, "-i", path])
    assert run["Say"]["ansible_facts"]["said"] == expected
    exported = ansible_in_process.run(["ansible-inventory", "-i", path, "--list", "--export"]).output
    (ansible_in_process.folder / "exported.json").write_text(exported)
    script = ansible_in_process.folder / "other-program"
    script.write_text(f"#!/bin/sh\ncat '{ansible_in_process.folder}/exported.json'\n")
    script.chmod(0o755)
    again = ansible_in_process.run([*command, "-i", str(script)])
    assert again["Say"]["ansible_facts"]["said"] == expected


def test_desktops_are_hosts(ansible_in_process: Ansible, simulator: Any) -> None:
    first = ansible_in_process.last_request()
    found = listed(
        ansible_in_process,
        hosts="desktops",
        filters={"tags": {"team": "callcenter"}},
        strict=True,
        keyed_groups=[{"key": "pool.name", "prefix": "pool"}],
        groups={"in_use": "desktop.login_status in ['CONNECTED', 'DISCONNECTED']"},
        compose={"ansible_host": "desktop.ip_addresses | first", "ansible_connection": "'winrm'"},
    )
    requests = simulator.control.journal(since=first)
    assert [request["operation"] for request in requests] == ["ListDesktopPools", "ListDesktopsDetail"]
    assert hosts(found, "desktops") == hosts(found, "pool_callcenter") == ["CCT-001", "CCT-002", "CCT-003"]
    assert hosts(found, "in_use") == ["CCT-001", "CCT-002"]
    variables = found["_meta"]["hostvars"]["CCT-001"]
    assert variables["ansible_connection"] == "winrm"
    assert variables["ansible_host"] == variables["desktop"]["ip_addresses"][0]
    assert variables["pool"]["id"] == CALLCENTER
    assert "desktops" not in variables["pool"]
    assert "ansible_python_interpreter" not in variables


def two_regions() -> dict[str, Any]:
    """Return the estate with a second region that has a pool of the same name, and one of its own."""
    estate = estate_of("estate.yml")
    estate["projects"].append({"id": ASIAN_PROJECT, "name": ASIA, "region": ASIA})
    asian = {**estate["pools"][1], "project": ASIAN_PROJECT, "desktops": []}
    asian["id"] = CALLCENTER.replace("22222222", "99999999")
    estate["pools"] += [asian, {**asian, "name": "asia-only", "id": asian["id"].replace("9999", "8888")}]
    return estate


def estate_of(name: str) -> dict[str, Any]:
    """Return an estate of these tests."""
    return dict(yaml.safe_load((Path(__file__).parent / name).read_text(encoding="utf-8")))


def test_several_regions(ansible_in_process: Ansible, sight: Sight) -> None:
    sight.control.seed(two_regions())
    found = listed(ansible_in_process, regions=["eu-west-101", ASIA])
    assert hosts(found) == [
        "callcenter_eu-west-101",
        "engineering",
        "finance",
        "asia-only",
        f"callcenter_{ASIA}",
    ]
    variables = found["_meta"]["hostvars"]
    assert (variables["asia-only"]["region"], variables["asia-only"]["project_id"]) == (ASIA, ASIAN_PROJECT)
    assert variables["finance"]["project_id"] == PROJECT


def test_secrets_in_the_file_can_be_encrypted_or_looked_up(ansible_in_process: Ansible) -> None:
    """Options win over the environment, whose key is that of another user."""
    sealed = VaultLib([("default", VaultSecret(b"vault-word"))]).encrypt("AUDITORSK").decode()
    word = ansible_in_process.folder / "word"
    word.write_text("vault-word")
    path = Path(inventory(ansible_in_process, access_key="AUDITORAK", project_id=from_environment("A_PROJECT")))
    path.write_text(
        path.read_text() + "secret_key: !vault |\n" + "".join(f"  {line}\n" for line in sealed.splitlines())
    )
    command = ["ansible-inventory", "-i", str(path), "--graph", "--vault-password-file", str(word)]
    run = ansible_in_process.run(command, environment={"A_PROJECT": BRANCH}, verbosity=3)
    assert "finance-branch" in run.output
    path = Path(inventory(ansible_in_process, access_key="AUDITORAK", secret_key=from_environment("A_SECRET")))
    looked_up = ansible_in_process.run(
        ["ansible-inventory", "-i", str(path), "--graph"], environment={"A_SECRET": "AUDITORSK"}
    )
    assert [request["user"] for request in (*run.requests, *looked_up.requests)] == ["auditor", "auditor"]


def test_a_cache_saves_requests_and_holds_no_secret(ansible_in_process: Ansible, sight: Sight) -> None:
    folder = ansible_in_process.folder / "cache"
    cached = {
        "cache": True,
        "cache_plugin": "ansible.builtin.jsonfile",
        "cache_connection": str(folder),
        "access_key": "EXAMPLEAK",
        "secret_key": "EXAMPLESK",
    }
    path = inventory(ansible_in_process, hosts="desktops", **cached)
    say = task("ansible.builtin.debug", "Say", msg="{{ desktop_tags }} {{ pool.name }}")
    command = [*ansible_in_process.playbook_command(say, keywords={"hosts": "desktops"}), "-i", path]

    def operations(*arguments: str) -> list[str]:
        run = ansible_in_process.run([*command, *arguments])
        assert set(recap(run)) == {desktop for pool in estate_of("estate.yml")["pools"][:3] for desktop in names(pool)}
        return [request["operation"] for request in run.requests]

    def names(pool: dict[str, Any]) -> list[str]:
        return [desktop["name"] for desktop in pool["desktops"]]

    assert operations() == ["ListDesktopPools", *["ListDesktopsDetail"] * 3]
    assert operations() == []
    assert len(operations("--flush-cache")) == 4
    texts = [file.read_text() for file in folder.iterdir()]
    assert len(texts) == 1
    assert not [secret for secret in ("EXAMPLESK", "EXAMPLEAK") if secret in texts[0]]
    # Another question is not answered from the cache, and one that was asked before is.
    inventory(ansible_in_process, hosts="desktops", filters={"type": "DYNAMIC"}, **cached)
    run = ansible_in_process.run(command)
    assert (set(recap(run)), len(run.requests)) == ({"CCT-001", "CCT-002", "CCT-003"}, 2)
    inventory(ansible_in_process, hosts="desktops", **cached)
    assert operations() == []


BROKEN: dict[str, tuple[dict[str, Any], str]] = {
    "one project of two cannot be reached": (
        {"projects": [{"project_id": PROJECT}, {"project_id": BRANCH, "endpoint": "http://127.0.0.1:9"}]},
        f"project {BRANCH} of region eu-west-101: ListDesktopPools failed: 127.0.0.1:9 cannot be connected to",
    ),
    "a wrong secret": (
        {"access_key": "EXAMPLEAK", "secret_key": "NotTheSecret77"},
        "ListDesktopPools was refused: .*signature",
    ),
    "a template that fails in a secret": (
        {"access_key": "EXAMPLEAK", "secret_key": "NotTheSecret77{{ nothing }}"},
        "The template in option secret_key cannot be used: AnsibleUndefined",
    ),
    "an option that is misspelt": ({"filter": {"name": "fin"}}, "desktop_pools has no option filter"),
    "a filter that is misspelt": ({"filters": {"nam": "fin"}}, "desktop_pools has no option filters.nam"),
    "two ways to say where": (
        {"regions": ["eu-west-101"], "projects": [{"project_id": PROJECT}]},
        "mutually exclusive: regions.projects",
    ),
    "a value outside its limit": ({"request_timeout": 9999}, "request_timeout is 9999; it takes 1 to 600 seconds"),
    "an expression that fails for the second host": (
        {"strict": True, "compose": {"window": "pool_tags.team"}},
        "Could not set window for host engineering",
    ),
}


@pytest.mark.parametrize("case", BROKEN)
def test_a_failure_is_one_sentence_and_no_host(case: str, ansible_in_process: Ansible) -> None:
    options, sentence = BROKEN[case]
    path = inventory(ansible_in_process, max_retries=0, **options)
    run = ansible_in_process.run(
        ["ansible-inventory", "-i", path, "-i", "other,", "--list"],
        warnings=[sentence],
        allowed=["Failed to parse", "Unable to parse"],
        secrets=["NotTheSecret77"],
    )
    # Not even those that were fine: a part of the fleet would be taken for all of it.
    assert not [name for name in (*SEEN_BY_ANSIBLE, "finance-branch") if f'"{name}"' in run.output]
    assert hosts(found_in(run), "ungrouped") == ["other"]


def test_ansible_can_be_told_to_stop_where_an_inventory_fails(ansible_in_process: Ansible) -> None:
    """The setting that the documentation names."""
    (ansible_in_process.folder / "ansible.cfg").write_text(
        re.findall(r"```ini\n(.*?)```", PAGE.read_text(encoding="utf-8"), re.DOTALL)[0]
    )
    path = inventory(ansible_in_process, filters={"nam": "fin"})
    command = ansible_in_process.playbook_command(task("desktop_pool_info"))
    run = ansible_in_process.run([*command, "-i", path], fails=True, allowed=["Failed to parse"])
    assert "Completely failed to parse inventory source" in run.output
    assert run.tasks == []


PAGE = CHECKOUT / "docs" / "inventory.md"


def documented_examples() -> list[Any]:
    """Return the inventory files of the plugin's documentation, of its page and of README.md."""
    source = ast.parse((CHECKOUT / "plugins" / "inventory" / "desktop_pools.py").read_text(encoding="utf-8"))
    (examples,) = [
        node.value.value
        for node in source.body
        if isinstance(node, ast.Assign)
        and isinstance(node.targets[0], ast.Name)
        and node.targets[0].id == "EXAMPLES"
        and isinstance(node.value, ast.Constant)
    ]
    found = [("EXAMPLES", yaml.safe_load(examples))]
    for page in (PAGE, CHECKOUT / "README.md"):
        blocks = re.findall(r"```yaml\n(plugin:.*?)```", page.read_text(encoding="utf-8"), re.DOTALL)
        found += [(page.name, yaml.safe_load(block)) for block in blocks]
    return [pytest.param(example, id=f"{name}-{number}") for number, (name, example) in enumerate(found)]


@pytest.mark.parametrize("example", documented_examples())
def test_documented_inventories_hold_hosts_and_no_expression_of_them_fails(
    example: dict[str, Any], ansible_in_process: Ansible, sight: Sight
) -> None:
    estate = two_regions()
    estate["pools"][0]["name"] = "finance-win10"
    estate["pools"][2]["tags"] = {"team": "engineering"}
    sight.control.seed(estate)
    options = {name: value for name, value in example.items() if name != "plugin"}
    if "cache_connection" in options:
        options["cache_connection"] = str(ansible_in_process.folder / "cache")
    found = listed(ansible_in_process, **{**options, "strict": True})
    group = "desktops" if example.get("hosts") == "desktops" else "desktop_pools"
    assert hosts(found, group)
    for name in example.get("compose", {}):
        assert all(name in variables for variables in found["_meta"]["hostvars"].values())


def test_the_documented_play_runs(ansible_in_process: Ansible) -> None:
    (play,) = re.findall(r"```yaml\n(- name:.*?)```", PAGE.read_text(encoding="utf-8"), re.DOTALL)
    path = ansible_in_process.folder / "documented.yml"
    path.write_text(play)
    run = ansible_in_process.run(["ansible-playbook", str(path), "-i", inventory(ansible_in_process)])
    assert {found["desktop_pools"][0]["name"] for found in run.tasks} == SEEN_BY_ANSIBLE
    assert all("drift" in found["desktop_pools"][0] for found in run.tasks)


def test_the_documentation_is_shown(ansible_in_process: Ansible) -> None:
    run = ansible_in_process.run(["ansible-doc", "-t", "inventory", PLUGIN])
    for option in ("regions", "projects", "access_key", "keyed_groups", "cache_plugin"):
        assert re.search(rf"^.{{0,12}}\b{option}\b", run.output, re.MULTILINE), option
