# Copyright (c) 2026 the hwcloud.workspace contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The policies in docs/permissions are enough for what modules, roles and the inventory send, and hold nothing else."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import pytest
from direct import NOVEMBER, OCTOBER, XLARGE, Direct
from fleet import set_up
from permissions import LOGIN, Permissions, gather
from running import Ansible
from sight import Sight

pytestmark = pytest.mark.paths

POOL = "finance"
ID = "22222222-0000-4000-8000-000000000071"
DISK = "77777777-0000-4000-8000-000000000071"
USED = {"name": "FIN-001", "user": "user-a1", "login_status": "CONNECTED"}
DESKTOPS = [USED, {"name": "FIN-002", "user": "user-b2"}, {"name": "FIN-003", "status": "SHUTOFF"}]
FINANCE = {
    "name": POOL,
    "id": ID,
    "data_volumes": [{"id": DISK, "type": "SSD", "size": 100}],
    "authorized": [{"type": "USER", "name": "user-a1"}, {"type": "USER", "name": "user-c3"}],
    "desktops": DESKTOPS,
}
NEW = {
    "name": "new",
    "type": "STATIC",
    "size": 1,
    "product_id": XLARGE,
    "image_type": "private",
    "image_id": OCTOBER,
    "root_volume": {"type": "SAS", "size": 80},
    "vpc_id": "vpc",
    "subnet_ids": ["subnet"],
}
FAST = 2400
"""Simulated seconds in a real one."""
USERS = [{"name": f"user-{end}", "id": f"55555555-0000-4000-8000-0000000000{end}"} for end in ("a1", "b2", "c3", "d4")]

Options = Callable[[Direct], Mapping[str, Any]]


def _desktops(*names: str) -> Options:
    return lambda direct: {"desktop_ids": direct.ids(POOL, *names)}


def _many_pools(direct: Direct) -> Mapping[str, Any]:
    direct.seed(FINANCE, *({"name": f"pool-{number}", "desktops": [{"name": f"POL-{number}"}]} for number in range(6)))
    return {}


def _job(direct: Direct) -> Mapping[str, Any]:
    outcome = direct.run("desktop_pool_rebuild", pool=POOL, image_id=NOVEMBER, image_type="private", wait=False)
    return {"job_id": outcome["job_id"]}


def _busy(direct: Direct) -> Mapping[str, Any]:
    """Let a job run that the task has to wait for."""
    _job(direct)
    return {}


def _busy_with(*names: str) -> Options:
    return lambda direct: {**_busy(direct), **_desktops(*names)(direct)}


def _one_has_grown(direct: Direct) -> Mapping[str, Any]:
    """Leave a part of the pool to be changed."""
    direct.run("desktop_pool_volumes", pool=POOL, volumes=[{"id": DISK, "size": 200}], **_desktops("FIN-002")(direct))
    return {}


def _script(direct: Direct) -> Mapping[str, Any]:
    direct.run(
        "desktop_pool_script", pool=POOL, command_content="hostname", command_type="BAT", **_desktops("FIN-002")(direct)
    )
    return {}


def _ended(direct: Direct) -> Mapping[str, Any]:
    _job(direct)
    direct.passes(3600)
    return {"delete_by_status": "SUCCESS"}


def _user(name: str) -> dict[str, str]:
    return {
        "object_type": "USER",
        "object_id": f"55555555-0000-4000-8000-0000000000{name[5:]}",
        "object_name": name,
        "user_group": "users",
    }


# By module: options, and what is found out before; together they make the module send all that it can.
RUNS: dict[str, list[tuple[dict[str, Any], Options | None]]] = {
    "desktop_info": [({"pool": POOL}, None), ({"pool": ID}, None)],
    "desktop_logoff": [({"pool": POOL}, _desktops("FIN-001")), ({"pool": ID}, _desktops("FIN-001"))],
    "desktop_pool": [
        (NEW, None),
        ({"name": POOL, "description": "more", "size": 5, "authorized_objects": [_user("user-d4")]}, None),
        ({"pool_id": ID, "name": POOL, "state": "absent", "force": True}, None),
    ],
    "desktop_pool_attach": [
        ({"pool": POOL, "username": "user-c3"}, None),
        ({"pool": ID, "username": "user-c3"}, None),
    ],
    "desktop_pool_drain": [
        ({"pool": POOL, "session_policy": "logoff"}, None),
        ({"pool": ID, "session_policy": "skip"}, None),
    ],
    "desktop_pool_expand": [({"pool": POOL, "desktop_count": 5}, None), ({"pool": ID, "desktop_count": 3}, None)],
    "desktop_pool_info": [
        ({"gather": ["desktops", "users", "drift", "jobs", "capabilities"]}, _many_pools),
        ({"pool": ID, "user_ids": ["user-a1"]}, None),
    ],
    "desktop_pool_notification": [
        ({"pool": POOL, "user_message": "Lunch."}, None),
        ({"pool": ID, "user_message": "Lunch."}, None),
    ],
    "desktop_pool_power": [({"pool": POOL, "state": "started"}, None), ({"pool": ID, "state": "stopped"}, None)],
    "desktop_pool_rebuild": [
        ({"pool": POOL, "image_id": NOVEMBER, "image_type": "private"}, None),
        ({"pool": ID, "image_id": NOVEMBER, "image_type": "private"}, _desktops("FIN-002")),
    ],
    "desktop_pool_resize": [
        ({"pool": POOL, "product_id": XLARGE, "mode": "STOP_DESKTOP"}, None),
        ({"pool": ID, "product_id": XLARGE, "mode": "STOP_DESKTOP"}, _desktops("FIN-002")),
    ],
    "desktop_pool_script": [
        ({"pool": POOL, "command_content": "hostname", "command_type": "BAT"}, _desktops("FIN-002")),
        ({"pool": ID, "command_content": "hostname", "command_type": "BAT"}, _busy_with("FIN-002")),
    ],
    "desktop_pool_script_info": [({"pool": POOL, "gather": ["records"]}, _script), ({"pool": ID}, None)],
    "desktop_pool_users": [
        ({"pool": POOL, "authorized_objects": [_user("user-b2")]}, None),
        ({"pool": ID, "authorized_objects": [_user("user-a1")], "state": "absent"}, None),
    ],
    "desktop_pool_volumes": [
        ({"pool": POOL, "volumes": [{"id": DISK, "size": 200}, {"type": "SAS", "size": 50}]}, None),
        ({"pool": ID, "volumes": [{"type": "SAS", "size": 60}], "purge": True}, _desktops("FIN-003")),
        ({"pool": POOL, "volumes": [{"id": DISK}], "state": "absent"}, None),
        ({"pool": POOL, "volumes": [{"id": DISK, "size": 200}]}, _one_has_grown),
    ],
    "desktop_power": [
        ({"pool": POOL, "state": "started"}, _desktops("FIN-003")),
        ({"pool": ID, "state": "stopped"}, _busy_with("FIN-002")),
    ],
    "image_info": [({}, None)],
    "job_info": [({}, _job), ({"pool": POOL}, None), ({"pool": ID}, None)],
    "job_retry": [({}, _job)],
    "job_wait": [({}, _job)],
    "product_info": [({}, None)],
    "sub_job": [({"state": "absent"}, _ended)],
}

# What no run here sends, and why the policy has it all the same.
UNSEEN = {
    "job_retry": {
        "ListItaSubJobs": "reads a job of more sub-jobs than one answer holds",
        "RunActionsOnWorkspaceJob": "wants a failed job that enables the service; test_job_records.py has one",
    },
    "job_wait": {"ListItaSubJobs": "reads a job of more sub-jobs than one answer holds"},
}


@pytest.fixture(scope="module")
def permissions() -> Permissions:
    """Hand out the policies, made anew from the code."""
    return gather()


def test_each_module_sends_what_its_policy_allows_and_all_of_it(direct: Direct, permissions: Permissions) -> None:
    """A module whose code reaches an operation that no run here sends is one whose policy allows too much."""
    assert RUNS.keys() == permissions.modules.keys()
    said = {}
    for module, runs in RUNS.items():
        sent = set()
        for options, more in runs:
            direct.seed(FINANCE, users=USERS)
            found = dict(more(direct)) if more else {}
            outcome = direct.run(module, **options, **found)
            sent |= {request["operation"] for request in outcome.requests} - LOGIN
        allowed = permissions.modules[module]
        unseen = set(UNSEEN.get(module, ()))
        if sent | unseen != allowed or sent & unseen:
            said[module] = {"lacks": sorted(sent - allowed), "needless": sorted(allowed - sent - unseen)}
    assert not said, "\n".join(f"{module}: {what}" for module, what in said.items())


def test_a_maintenance_sends_what_the_policies_of_its_roles_allow(
    ansible_in_process: Ansible, sight: Sight, permissions: Permissions
) -> None:
    """Each task sends what that role's policy allows in which it stands, and all of them what pool_maintenance's does.

    The policies of roles are put together from those of the modules that their tasks name, and each of these is tried.
    """
    estate = set_up(sight)
    estate.control.set_clock(factor=FAST)
    options = {"pool": "gamma", "image": "win10-2026-11", "canary": 0, "max_unavailable": "100%"}
    users = {"session_policy": "logoff", "notify_minutes": "1", "grace_minutes": 1}
    run = ansible_in_process.playbook(
        "maintain_pools",
        {**options, **users},
        allowed=[".*"],
        seconds=240,
        environment={"HW_WORKSPACE_TIME_FACTOR": str(FAST)},
    )
    sent: dict[str, set[str]] = {}
    for task in run.tasks:
        role = task.name.removeprefix("hwcloud.workspace.").partition(" : ")[0]
        if task.operations:
            sent.setdefault(role, set()).update(set(task.operations) - LOGIN)
    assert sent.keys() == {"pool_drain", "pool_maintenance", "pool_preflight", "pool_release", "pool_waves"}
    for role, operations in sent.items():
        assert operations <= permissions.roles[role], f"{role} lacks {sorted(operations - permissions.roles[role])}"
    whole = set().union(*sent.values())
    assert {"RebuildDesktopPool", "BatchLogoffDesktops", "UpdateDesktopPool"} <= whole
    assert whole <= permissions.roles["pool_maintenance"]
