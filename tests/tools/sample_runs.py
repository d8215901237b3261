# Copyright (c) 2026 the hwcloud.workspace contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Runs of every module against the simulator that between them return all that a module can return.

Each module succeeds, predicts, finds nothing to do, is refused and, where it starts a job, meets desktops that fail and
a job that already runs. There is no chance in it: identifiers come from the estate's seed, time moves only as the
collection sleeps, and lengths of pauses are drawn the same way each time. So two rounds return the same.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from direct import BASE, Direct, Outcome, fixed_chance
from matrix_cases import Wire

POOL = "finance-win10"
OLD, NEW = "3f6a0f57-6f0c-4a8e-9d65-8d2b7f0a1e10", "a866298d-67db-44b0-a1f1-9d09bdddc20f"
LARGE, XLARGE = "workspace.x86.enterprise.large2", "workspace.x86.enterprise.xlarge2"
DISK = "7c1d9e1e-3a60-4c0c-9a55-0e5a6d1b8802"
FIN_001, FIN_002 = "9d30c8ac-77b5-4453-80da-8f027223ee99", "0f1d8a35-90e4-4c9a-8a4f-6a1a9a6a7d20"
USER_A1, USER_B2 = "2f1f3c6e-8b1d-4a57-9c0a-7d9b5e3a1c06", "4a0b7d2c-1e5f-4b6a-8c9d-0e1f2a3b4c5d"
STAFF = "6b1f6f0e-3f5c-4d0b-9a53-0d9d7d0b7c11"
SCRIPT, BROKEN_SCRIPT = "6a4d2b1c-5e8f-4c37-b2a1-9f0e8d7c6b07", "c1e5a7d3-2b94-4f60-8a1c-5d7e9f0b3a08"
CHANGES = {
    "workspace:desktopPools": (
        "authorizeUsers batchAddVolumes batchDeleteVolumes batchExpandVolumes create delete expand operate rebuild "
        "resize update"
    ),
    "workspace:desktops": "batchDelete logoff operate",
    "workspace:jobs": "deleteSubJobRecords",
}
"""The IAM actions of changes, by kind of resource."""
NO_ACTION = {"desktop_pool_attach", "desktop_pool_notification", "desktop_pool_script"}
"""Modules for whose changes no source names an IAM action."""
READER = {"HUAWEICLOUD_SDK_AK": "READERAK", "HUAWEICLOUD_SDK_SK": "READERSK"}
"""Keys of somebody who may change nothing."""
AUDITOR = {"HUAWEICLOUD_SDK_AK": "AUDITORAK", "HUAWEICLOUD_SDK_SK": "AUDITORSK"}
"""Keys of somebody who may do nothing at all."""

ESTATE: dict[str, Any] = {
    "clock": {"start": "2026-11-20T22:00:00Z", "mode": "polls", "seconds_per_poll": 0},
    "jobs": {"parallel": 2, "seconds_per_desktop": 40, "spread": 0.2},
    "iam_users": [
        *BASE["iam_users"],
        {
            "name": "reader",
            "password": "ExamplePassword2",
            "denied_actions": [f"{kind}:{verb}" for kind, verbs in CHANGES.items() for verb in verbs.split()],
        },
    ],
    "access_keys": [*BASE["access_keys"], {"ak": "READERAK", "sk": "READERSK", "user": "reader"}],
    "images": [{"name": "win10-2026-10", "id": OLD}, {"name": "win10-2026-11", "id": NEW}],
    "products": [
        {"product_id": LARGE, "flavor_id": "s6.large.2", "cpu": 2, "memory": 4096},
        {
            "product_id": XLARGE,
            "flavor_id": "s6.xlarge.2",
            "cpu": 4,
            "memory": 8192,
            "name": {"en-us": "Enterprise edition, 4 vCPUs, 8 GB"},
        },
    ],
    "scripts": [
        {"name": "cleanup", "id": SCRIPT},
        {"name": "broken", "id": BROKEN_SCRIPT, "fails_on": ["*"]},
    ],
    "users": [{"name": "user-a1", "id": USER_A1, "domain": "corp.example.com"}, {"name": "user-b2", "id": USER_B2}],
    "groups": [{"name": "finance-staff", "id": STAFF, "members": ["user-b2"]}],
}
FINANCE: dict[str, Any] = {
    "name": POOL,
    "id": "a130ab3a-72bf-4b71-baa9-af4987c8e338",
    "image": "win10-2026-10",
    "product": LARGE,
    "data_volumes": [{"type": "SSD", "size": 100, "id": DISK}],
    "authorized": [{"type": "USER", "name": "user-a1"}],
    "tags": {"team": "finance"},
    "desktops": [
        {"name": "FIN-001", "id": FIN_001, "user": "user-a1", "login_status": "CONNECTED"},
        {"name": "FIN-002", "id": FIN_002},
        {"name": "FIN-003"},
    ],
}
CREATION: dict[str, Any] = {
    "name": POOL,
    "type": "STATIC",
    "size": 2,
    "product_id": LARGE,
    "image_type": "private",
    "image_id": NEW,
    "root_volume": {"type": "SAS", "size": 80},
    "data_volumes": [{"type": "SSD", "size": 100}],
    "subnet_ids": ["5dee0216-2260-47c2-9368-98a27d910e55"],
    "tags": {"team": "finance"},
}


@dataclass(frozen=True)
class SampleRun:
    """A module's run: what it was asked for, and what came of it.

    :param step: what the run is among those of :meth:`Hand.usual`: ``predicted``, ``done`` or ``again``; else empty.
    """

    module: str
    options: Mapping[str, Any]
    check: bool
    outcome: Outcome
    step: str = ""


class Hand:
    """Runs modules on the estate of the samples, and keeps what came of it.

    :param direct: the way to run modules without Ansible.
    """

    def __init__(self, direct: Direct) -> None:
        self.direct = direct
        # Over one connection that is kept, which makes the whole twice as fast.
        self.control = direct.control = Wire(direct.simulator.url)
        self.runs: list[SampleRun] = []

    def seed(self, *pools: Mapping[str, Any], dialect: Mapping[str, str] | None = None, **parts: Any) -> None:
        """Begin with these pools; with none given, with the pool of the samples."""
        self.direct.seed(*(pools or (FINANCE,)), dialect=dialect, **{**ESTATE, **parts})

    def run(
        self,
        module: str,
        options: Mapping[str, Any] | None = None,
        /,
        check: bool = False,
        environment: Mapping[str, str] | None = None,
        step: str = "",
        **more: Any,
    ) -> Outcome:
        """Run a module and keep what came of it."""
        given = {**(options or {}), **more}
        outcome = self.direct.run(module, check=check, environment=environment, **given)
        self.runs.append(SampleRun(module, given, check, outcome, step))
        return outcome

    def usual(self, module: str, options: Mapping[str, Any], **more: Any) -> Outcome:
        """Ask with keys that may change nothing or do nothing; predict, do and repeat; return the real run."""
        reads = module.endswith("_info") or module == "job_wait"
        self.run(module, options, environment=AUDITOR if reads or module in NO_ACTION else READER, **more)
        self.run(module, options, check=True, step="predicted", **more)
        outcome = self.run(module, options, step="done", **more)
        assert not outcome.failed, outcome.message
        self.run(module, options, step="again", **more)
        return outcome

    def job(self, module: str, operation: str, options: Mapping[str, Any]) -> Outcome:
        """Do as :meth:`usual`; then meet a desktop that fails, and a job that runs; last, do not wait for the job."""
        outcome = self.usual(module, options)
        self.seed()
        self.control.set_failures({"operation": operation, "nth": 2})
        failed = self.run(module, options)
        assert failed.failed, f"{module}: no desktop has failed"
        self.seed()
        busy = self.direct.run("desktop_pool_rebuild", pool=POOL, image_id=NEW, wait=False)
        assert not busy.failed, busy.message
        stopped = self.run(module, options, wait=False)
        assert "running_job_id" in stopped.result, f"{module}: {stopped.result}"
        self.seed()
        self.run(module, options, wait=False)
        self.run(module, options)
        return outcome

    def refused(self, module: str, options: Mapping[str, Any]) -> None:
        """Ask for a change while the pool's maintenance mode refuses all of them."""
        self.seed({**FINANCE, "in_maintenance_mode": True}, dialect={"maintenance_mode": "refuses_changes"})
        refused = self.run(module, options, wait_timeout=30)
        assert refused.failed, f"{module}: nothing was refused"


def _desktop_info(hand: Hand) -> None:
    hand.usual("desktop_info", {"pool": POOL})


def _desktop_logoff(hand: Hand) -> None:
    hand.usual("desktop_logoff", {"pool": POOL, "user_message": "The maintenance of your desktop begins now."})
    hand.seed()
    hand.run("desktop_logoff", {"pool": POOL, "wait": False})
    hand.seed(dialect={"after_logoff": "returns"})
    hand.run("desktop_logoff", {"pool": POOL, "wait_timeout": 60})


def _desktop_pool(hand: Hand) -> None:
    hand.usual("desktop_pool", {"name": POOL, "in_maintenance_mode": True})
    hand.run("desktop_pool", {"name": POOL, "image_id": NEW, "size": 4})
    callcenter = {"name": "callcenter", "image": "win10-2026-10", "product": LARGE}
    hand.seed(callcenter)
    hand.usual("desktop_pool", CREATION)
    hand.usual("desktop_pool", {"name": POOL, "state": "absent", "force": True})
    hand.seed(callcenter)
    hand.control.set_failures({"operation": "CreateDesktopPool", "nth": 2})
    hand.run("desktop_pool", CREATION)
    hand.seed()
    hand.direct.run("desktop_pool_rebuild", pool=POOL, image_id=NEW, wait=False)
    hand.run("desktop_pool", {"name": POOL, "state": "absent", "force": True, "wait": False})
    hand.refused("desktop_pool", {"name": POOL, "size": 4})


def _desktop_pool_attach(hand: Hand) -> None:
    allowed = {**FINANCE, "authorized": [{"type": "USER", "name": "user-b2"}]}
    hand.seed(allowed)
    hand.usual("desktop_pool_attach", {"pool": POOL, "username": "user-b2"})
    hand.seed(allowed)
    hand.run("desktop_pool_attach", {"pool": POOL, "username": "user-b2", "wait": False})
    hand.run("desktop_pool_attach", {"pool": POOL, "username": "user-b2", "wait": False})
    hand.run("desktop_pool_attach", {"pool": POOL, "username": "user-b2"})
    hand.seed({**allowed, "desktops": [{"name": "FIN-002", "id": FIN_002, "status": "SHUTOFF"}]})
    hand.control.set_failures({"operation": "AttachDesktopPoolUser"})
    hand.run("desktop_pool_attach", {"pool": POOL, "username": "user-b2"})
    hand.seed({**allowed, "desktops": [FINANCE["desktops"][0]]})
    hand.run("desktop_pool_attach", {"pool": POOL, "username": "user-b2"})
    hand.seed()
    hand.run("desktop_pool_attach", {"pool": POOL, "username": "user-b2"})


def _desktop_pool_drain(hand: Hand) -> None:
    logoff = {"pool": POOL, "session_policy": "logoff"}
    hand.usual("desktop_pool_drain", logoff)
    hand.seed()
    hand.run("desktop_pool_drain", {"pool": POOL, "session_policy": "skip", "grace_minutes": 5})


def _desktop_pool_expand(hand: Hand) -> None:
    wanted = {"pool": POOL, "desktop_count": 5}
    hand.job("desktop_pool_expand", "ExpandDesktopPool", wanted)
    hand.refused("desktop_pool_expand", wanted)


def _desktop_pool_info(hand: Hand) -> None:
    everything = {"gather": ["desktops", "users", "drift", "jobs", "capabilities"]}
    hand.usual("desktop_pool_info", {"pool": POOL, **everything})
    hand.direct.run("desktop_pool_rebuild", pool=POOL, image_id=NEW, wait=False)
    hand.run("desktop_pool_info", {"pool": POOL, **everything})
    hand.run("desktop_pool_info", {"user_ids": [USER_A1, USER_B2]})


def _desktop_pool_notification(hand: Hand) -> None:
    text = "Maintenance begins at 22:00. Please save your work and log off before."
    hand.usual("desktop_pool_notification", {"pool": POOL, "user_message": text})


def _desktop_pool_power(hand: Hand) -> None:
    hand.job("desktop_pool_power", "ExecuteDesktopPoolAction", {"pool": POOL, "state": "stopped"})
    hand.seed()
    hand.usual("desktop_pool_power", {"pool": POOL, "state": "rebooted"})


def _desktop_pool_rebuild(hand: Hand) -> None:
    wanted = {"pool": POOL, "image_id": NEW}
    hand.job("desktop_pool_rebuild", "RebuildDesktopPool", wanted)
    hand.usual("desktop_pool_rebuild", {**wanted, "force": True})
    hand.refused("desktop_pool_rebuild", wanted)


def _desktop_pool_resize(hand: Hand) -> None:
    wanted = {"pool": POOL, "product_id": XLARGE, "mode": "STOP_DESKTOP"}
    hand.job("desktop_pool_resize", "ResizeDesktopPool", wanted)
    hand.refused("desktop_pool_resize", wanted)


def _desktop_pool_script(hand: Hand) -> None:
    command = {"command_type": "POWERSHELL", "command_content": "Get-Date", "desktop_ids": [FIN_001, FIN_002]}
    hand.usual("desktop_pool_script", {"pool": POOL, **command})
    hand.run("desktop_pool_script", {"pool": POOL, "script_ids": [SCRIPT], "gray_count": 1})
    hand.run("desktop_pool_script", {"pool": POOL, "script_ids": [SCRIPT], "wait": False})
    hand.seed()
    hand.run("desktop_pool_script", {"pool": POOL, "script_ids": [BROKEN_SCRIPT]})
    hand.seed()
    hand.direct.run("desktop_pool_rebuild", pool=POOL, image_id=NEW, wait=False)
    hand.run("desktop_pool_script", {"pool": POOL, **command, "wait": False})


def _desktop_pool_script_info(hand: Hand) -> None:
    hand.direct.run("desktop_pool_script", pool=POOL, script_ids=[SCRIPT])
    hand.direct.run("desktop_pool_script", pool=POOL, command_type="POWERSHELL", command_content="Get-Date")
    hand.usual("desktop_pool_script_info", {"pool": POOL, "gather": ["records"]})


def _desktop_pool_users(hand: Hand) -> None:
    staff = {"object_type": "USER_GROUP", "object_id": STAFF, "object_name": "finance-staff", "user_group": "users"}
    manager = {"object_type": "USER", "object_name": "user-a1", "user_group": "administrators"}
    hand.usual("desktop_pool_users", {"pool": POOL, "authorized_objects": [manager, staff]})
    hand.run("desktop_pool_users", {"pool": POOL, "authorized_objects": [staff], "purge": True})


def _desktop_pool_volumes(hand: Hand) -> None:
    add = {"pool": POOL, "volumes": [{"type": "SAS", "size": 200}]}
    hand.job("desktop_pool_volumes", "AddDesktopPoolVolumes", add)
    hand.refused("desktop_pool_volumes", add)
    hand.seed()
    change = {"pool": POOL, "volumes": [{"id": DISK, "size": 300}], "purge": True}
    hand.usual("desktop_pool_volumes", change)
    hand.usual("desktop_pool_volumes", {"pool": POOL, "volumes": [{"type": "SSD", "size": 300}], "state": "absent"})
    key = "9a5c7d1e-2f3b-4c6d-8e0f-1a2b3c4d5e6f"
    own = {"type": "GPSSD2", "size": 100, "iops": 3000, "throughput": 125, "kms_id": key}
    hand.usual("desktop_pool_volumes", {"pool": POOL, "volumes": [own]})
    grown = hand.control.pool(POOL)["data_volumes"][0]["id"]
    hand.usual("desktop_pool_volumes", {"pool": POOL, "volumes": [{"id": grown, "size": 200}]})
    hand.usual("desktop_pool_volumes", {"pool": POOL, "volumes": [{"id": grown}], "state": "absent"})


def _desktop_power(hand: Hand) -> None:
    wanted = {"pool": POOL, "state": "stopped", "desktop_ids": [FIN_001, FIN_002]}
    hand.usual("desktop_power", wanted)
    hand.seed()
    hand.run("desktop_power", wanted, wait=False)
    hand.run("desktop_power", wanted)
    hand.seed()
    hand.direct.run("desktop_pool_rebuild", pool=POOL, image_id=NEW, wait=False)
    hand.run("desktop_power", wanted, wait=False)
    hand.seed()
    hand.control.set_failures({"operation": "BatchRunDesktops"})
    hand.run("desktop_power", wanted, wait_timeout=120)
    hand.seed()
    hand.direct.run("desktop_pool_power", pool=POOL, state="stopped", wait=False)
    hand.run("desktop_power", wanted)
    hand.seed()
    hand.usual("desktop_power", {**wanted, "state": "rebooted"})


def _denied_without_action(hand: Hand, module: str, operation: str) -> None:
    # For this operation no source names an IAM action, so no simulated user can be denied it; a gateway's words then.
    body = {
        "error_code": "APIGW.0302",
        "error_msg": f"Policy doesn't allow {operation} to be performed",
        "encoded_authorization_message": "eyJzdGF0ZW1lbnRzIjogW119",
    }
    hand.control.set_faults({"operation": operation, "effect": {"status": 403, "body": body}})
    assert hand.run(module, {}).failed


def _image_info(hand: Hand) -> None:
    hand.usual("image_info", {"name": "win10-2026-11"})
    _denied_without_action(hand, "image_info", "ListImages")


def _job_info(hand: Hand) -> None:
    job_id = hand.direct.run("desktop_pool_rebuild", pool=POOL, image_id=NEW, wait=False)["job_id"]
    hand.direct.passes(30)
    hand.usual("job_info", {"pool": POOL})
    hand.run("job_info", {"job_id": job_id})


def _job_retry(hand: Hand) -> None:
    # The simulated service has no jobs that enable or disable it, so what it says of one is written here.
    failed = {
        "id": "3979904c-7beb-4f34-835f-2fa989a5550a",
        "job_type": "applyWorkspace",
        "status": "FAIL",
        "begin_time": "2026-11-20 22:00:05",
        "end_time": "2026-11-20 22:01:10",
        "error_code": "WKS.00010110",
        "fail_reason": "The VPC has no free address.",
    }
    running = {**failed, "status": "RUNNING", "end_time": "", "error_code": "", "fail_reason": ""}
    over = {**running, "status": "SUCCESS", "end_time": "2026-11-20 22:05:40"}

    def answers(*seen: Mapping[str, Any]) -> None:
        bodies = [("ShowJob", nth, body) for nth, body in enumerate(seen, 1)]
        hand.control.set_faults(
            *({"operation": name, "nth": nth, "effect": {"status": 200, "body": body}} for name, nth, body in bodies),
            {
                "operation": "RunActionsOnWorkspaceJob",
                "count": None,
                "effect": {"status": 200, "body": {"job_id": failed["id"]}},
            },
        )

    options = {"job_id": failed["id"]}
    hand.run("job_retry", options, environment=AUDITOR)
    answers(failed)
    hand.run("job_retry", options, check=True, step="predicted")
    answers(failed, running, running, over)
    assert not hand.run("job_retry", options, step="done").failed
    answers(over)
    hand.run("job_retry", options, step="again")
    answers(failed)
    hand.run("job_retry", options, wait=False)
    answers(failed, running, failed)
    hand.run("job_retry", options)


def _job_wait(hand: Hand) -> None:
    job_id = hand.direct.run("desktop_pool_rebuild", pool=POOL, image_id=NEW, wait=False)["job_id"]
    hand.usual("job_wait", {"job_id": job_id})
    hand.seed()
    hand.control.set_failures({"operation": "RebuildDesktopPool", "nth": 2})
    job_id = hand.direct.run("desktop_pool_rebuild", pool=POOL, image_id=NEW, wait=False)["job_id"]
    hand.run("job_wait", {"job_id": job_id})
    hand.run("job_wait", {"job_id": "00000000-0000-4000-8000-000000000009"})


def _product_info(hand: Hand) -> None:
    hand.usual("product_info", {"product_id": XLARGE})
    _denied_without_action(hand, "product_info", "ListProducts")


def _sub_job(hand: Hand) -> None:
    hand.control.set_failures({"operation": "RebuildDesktopPool", "nth": 2})
    hand.direct.run("desktop_pool_rebuild", pool=POOL, image_id=NEW)
    hand.usual("sub_job", {"delete_by_status": "FAILED"})


SCENES: dict[str, Callable[[Hand], None]] = {
    name.removeprefix("_"): scene
    for name, scene in list(globals().items())
    if name.startswith(("_desktop", "_job")) or name in {"_image_info", "_product_info", "_sub_job"}
}
"""How each module is run."""


def sample_runs(direct: Direct, *modules: str) -> Iterator[SampleRun]:
    """Run these modules, or all, each on a new estate; yield what came of it."""
    hand = Hand(direct)
    with fixed_chance():
        for module in modules or SCENES:
            hand.seed()
            SCENES[module](hand)
    yield from hand.runs
