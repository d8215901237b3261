# Copyright (c) 2026 the hwcloud.workspace contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The guides on migrating: what is before and what is after does the same to a simulated pool, and their tables fit."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import requests
import yaml
from guide_blocks import blocks
from migrating import gather, method_of, rendered
from permissions import Problems
from running import PROJECT, Ansible
from sight import NOVEMBER, OCTOBER, Sight

pytestmark = pytest.mark.paths

NEW = "a866298d-67db-44b0-a1f1-9d09bdddc20f"
POOL = "a130ab3a-72bf-4b71-baa9-af4987c8e338"
USER = "2f1f3c6e-8b1d-4a57-9c0a-7d9b5e3a1c06"
FAST = 2400
"""Simulated seconds in a real one."""
LARGE = "workspace.x86.enterprise.large2"
FINANCE: dict[str, Any] = {
    "name": "finance-win10",
    "id": POOL,
    "image": "win10-2026-10",
    "product": LARGE,
    "desktops": [{"name": "FIN-001"}, {"name": "FIN-002", "user": "user-a1"}],
}
ESTATE: dict[str, Any] = {
    "seed": 17,
    "clock": {"factor": FAST},
    "jobs": {"seconds_per_desktop": 60},
    "account": {"name": "example-account"},
    "projects": [{"id": PROJECT, "name": "eu-west-101"}],
    "iam_users": [{"name": "operator", "password": "ExamplePassword1"}],
    "access_keys": [{"ak": "EXAMPLEAK", "sk": "EXAMPLESK", "user": "operator"}],
    "images": [{"name": "win10-2026-10", "id": OCTOBER}, {"name": "win10-2026-11", "id": NEW}],
    "products": [{"product_id": LARGE, "flavor_id": "s6.large.2", "cpu": 2, "memory": 4096}],
    "users": [{"name": "user-a1", "id": USER}],
}
AT_PACE = {"HW_WORKSPACE_TIME_FACTOR": str(FAST)}
assert NEW != NOVEMBER


def _seed(sight: Sight, *pools: dict[str, Any]) -> None:
    sight.control.seed({**ESTATE, "pools": list(pools)})


def _done(sight: Sight, kind: str) -> dict[str, int]:
    desktops = sight.control.pool("finance-win10")["desktops"]
    return {desktop["computer_name"]: len(desktop["effects"][kind]) for desktop in desktops}


def _bodies(sight: Sight, operation: str) -> list[Any]:
    return [request["body"] for request in sight.requests(operation)]


def _play(ansible: Ansible, text: str, check: bool = False, **variables: Any) -> Any:
    return ansible.play(
        *yaml.safe_load(text),
        keywords={"vars": variables},
        environment=AT_PACE,
        allowed=[".*"],
        seconds=200,
        check=check,
    )


def test_a_script_of_the_sdk_and_the_task_recompose_alike(
    ansible_in_process: Ansible, sight: Sight, tmp_path: Path
) -> None:
    guide = blocks("migrating_sdk")
    script = tmp_path / "recompose.py"
    script.write_text(guide["sdk-script"], encoding="utf-8")
    command = [sys.executable, str(script), "finance-win10", NEW]
    environment = {**ansible_in_process.environment, "PAUSE": "0.05"}
    _seed(sight, FINANCE)
    for times in (1, 2):  # the second run wipes the disks again, as the guide says
        ended = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=60, check=True)
        assert ended.stdout.startswith("finance-win10: job ")
        assert set(_done(sight, "rebuilds").values()) == {times}
    by_script = (_bodies(sight, "RebuildDesktopPool")[0], sight.images("finance-win10"))

    _seed(sight, FINANCE)
    run = _play(ansible_in_process, guide["sdk-tasks"] + guide["sdk-tasks"].replace("to the new image", "once more"))
    assert set(_done(sight, "rebuilds").values()) == {1}
    assert (_bodies(sight, "RebuildDesktopPool")[0], sight.images("finance-win10")) == by_script
    assert len(_bodies(sight, "RebuildDesktopPool")) == 1
    assert run["Recompose to the new image"].changed
    assert not run["Recompose once more"].changed


def test_uri_tasks_and_the_module_add_a_disk_alike(ansible_in_process: Ansible, sight: Sight) -> None:
    guide = blocks("migrating_uri")
    login = {"HW_USER_NAME": "operator", "HW_USER_PASSWORD": "ExamplePassword1", "HW_DOMAIN_NAME": "example-account"}
    ansible_in_process.environment.update(login)
    _seed(sight, FINANCE)
    place = {"iam": sight.simulator.url, "workspace": sight.simulator.url, "project": PROJECT, "pool_id": POOL}
    _play(ansible_in_process, guide["uri-before"] * 2, **place, pause=1)
    assert set(_done(sight, "disks_added").values()) == {2}  # the second run adds a second one, as the guide says
    by_uri = _bodies(sight, "AddDesktopPoolVolumes")

    for name in login:
        del ansible_in_process.environment[name]
    _seed(sight, FINANCE)
    run = _play(ansible_in_process, guide["uri-after"] * 2)
    assert set(_done(sight, "disks_added").values()) == {1}
    assert _bodies(sight, "AddDesktopPoolVolumes") == by_uri[:1]
    assert [task.changed for task in run.tasks] == [True, False]


def test_the_task_takes_over_what_terraform_made(ansible_in_process: Ansible, sight: Sight) -> None:
    """The pool is created by the body that the provider builds of the same values, by its source."""
    task = blocks("migrating_terraform")["terraform-after"]
    (options,) = (entry["hwcloud.workspace.desktop_pool"] for entry in yaml.safe_load(task))
    body = {**options, "enable_autoscale": False, "autoscale_policy": {}}
    _seed(sight)
    token = sight.log_in("operator", "ExamplePassword1")
    with requests.Session() as session:
        session.trust_env = False
        url = f"{sight.simulator.url}/v2/{PROJECT}/desktop-pools"
        session.post(url, json=body, headers={"X-Auth-Token": token}, timeout=30).raise_for_status()
    sight.control.advance(3600)
    before = sight.effects()
    run = _play(ansible_in_process, task + task.replace("retention_period: 60", "retention_period: 61"), check=True)
    taken, other = run.tasks
    assert not taken.changed, taken.result
    assert taken["differing"] == {}
    assert other.changed  # what differs is seen
    assert run.changes == []
    assert sight.effects() == before


def test_the_tables_are_up_to_date() -> None:
    """`make migrating` writes them."""
    assert [path.name for path, text in rendered(gather()).items() if path.read_text(encoding="utf-8") != text] == []


def test_methods_are_named_as_the_sdk_names_them() -> None:
    assert method_of("RebuildDesktopPool") == "rebuild_desktop_pool"
    assert method_of("ListItaSubJobs") == "list_ita_sub_jobs"


@pytest.mark.parametrize(
    ("resource", "argument", "option"),
    [("huaweicloud_workspace_desktop_pool", "colour", "colour"), ("huaweicloud_workspace_desktop_pool", "name", "x.y")],
)
def test_an_argument_without_an_option_is_said(resource: str, argument: str, option: str) -> None:
    guides = gather()
    entry = guides.terraform[resource]
    arguments = {**entry["arguments"], argument: {"option": option, "changes": ""}}
    guides.terraform = {**guides.terraform, resource: {**entry, "arguments": arguments}}
    with pytest.raises(Problems, match=f"{argument}: there is no option {option}"):
        guides.tables()
