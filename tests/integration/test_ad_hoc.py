# Copyright (c) 2026 the hwcloud.workspace contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Every module with ``ansible localhost -m``, as somebody types it, with credentials from the environment alone.

One program for each module, in an order in which one module's work is another's beginning.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import pytest
from running import CHECKOUT, Ansible, Run
from sight import CALLCENTER, FINANCE, NOVEMBER, Sight, desktop_id

MODULES = {path.stem for path in (CHECKOUT / "plugins" / "modules").glob("*.py")}
XLARGE = "workspace.x86.enterprise.xlarge2"
USER = {
    "object_type": "USER",
    "object_id": "55555555-0000-4000-8000-000000000001",
    "object_name": "user-a1",
    "user_group": "users",
}
STOPPED = desktop_id("FIN-004")


@dataclass(frozen=True)
class Typed:
    """What is typed behind ``-m``, and what is to come of it.

    :param arguments: what stands behind ``-a``; JSON if it is a dict. ``JOB`` stands for the ID of the rebuild's job.
    :param changes: whether the module says that it changed something.
    :param proof: whether the result or the estate shows that it did what was typed.
    :param check: whether ``--check`` is typed as well.
    :param warnings: what it has to warn of.
    """

    module: str
    arguments: str | dict[str, object]
    changes: bool
    proof: Callable[[Run, Sight], bool]
    check: bool = False
    warnings: Sequence[str] = ()

    def text(self, job_id: str) -> str:
        """Return what stands behind ``-a``."""
        text = self.arguments if isinstance(self.arguments, str) else json.dumps(self.arguments)
        return text.replace("JOB", job_id)


def _effects(sight: Sight, kind: str, pool: str = "finance") -> int:
    return sum(len(desktop["effects"][kind]) for desktop in sight.control.pool(pool)["desktops"])


TYPED = (
    Typed(
        "desktop_pool_info",
        "pool=finance gather=drift,jobs",
        False,
        lambda run, sight: run.only["desktop_pools"][0]["id"] == FINANCE,
    ),
    Typed(
        "desktop_info",
        "pool=callcenter login_status=CONNECTED,DISCONNECTED",
        False,
        lambda run, sight: [found["computer_name"] for found in run.only["desktops"]] == ["CCT-001", "CCT-002"],
    ),
    Typed("image_info", "name=win10-2026-11", False, lambda run, sight: run.only["images"][0]["id"] == NOVEMBER),
    Typed(
        "product_info",
        {"product_id": XLARGE},
        False,
        lambda run, sight: run.only["products"][0]["cpu"] == "4",
    ),
    Typed(
        "desktop_pool",
        {"name": "finance", "tags": {"team": "finance", "window": "sunday"}, "in_maintenance_mode": True},
        True,
        lambda run, sight: sight.control.pool("finance")["in_maintenance_mode"] is True,
    ),
    Typed(
        "desktop_pool_users",
        {"pool": "finance", "authorized_objects": [USER]},
        True,
        lambda run, sight: USER["object_id"] in {entry["object_id"] for entry in run.only["authorized_objects"]},
    ),
    Typed(
        "desktop_pool_notification",
        "pool=finance user_message='Back at ten. Please save your work: all of it.'",
        True,
        lambda run, sight: sight.notices() == ["Back at ten. Please save your work: all of it."],
    ),
    Typed(
        "desktop_pool_drain",
        "pool=callcenter grace_minutes=0 session_policy=skip",
        False,
        lambda run, sight: (
            [entry["desktop_name"] for entry in run.only["desktops_in_session"]] == ["CCT-001", "CCT-002"]
        ),
    ),
    Typed(
        "desktop_logoff",
        {"pool": CALLCENTER, "desktop_ids": [desktop_id("CCT-001")]},
        True,
        lambda run, sight: _effects(sight, "logoffs", "callcenter") == 1,
    ),
    Typed(
        "desktop_power",
        {"pool": "finance", "state": "started", "desktop_ids": [STOPPED]},
        True,
        lambda run, sight: _effects(sight, "power") == 1,
    ),
    Typed(
        "desktop_pool_rebuild",
        f"pool={FINANCE} image_id={NOVEMBER} delay_time=0",
        True,
        lambda run, sight: _effects(sight, "rebuilds") == 4,
    ),
    Typed("job_info", "job_id=JOB", False, lambda run, sight: len(run.only["jobs"][0]["sub_jobs"]) == 4),
    Typed("job_wait", '{"job_id": "JOB"}', False, lambda run, sight: run.only["job"]["sub_jobs"]["succeeded"] == 4),
    Typed("job_retry", "job_id=JOB wait=false", False, lambda run, sight: run.only.operations == ["ShowJob"]),
    Typed(
        "desktop_pool_script",
        "pool=finance command_type=BAT command_content='ver > nul' gray_count=1",
        True,
        lambda run, sight: len(run.only["records"]) == 4 and _effects(sight, "scripts") == 4,
    ),
    Typed(
        "desktop_pool_script_info",
        "pool=finance gather=records",
        False,
        lambda run, sight: run.only["tasks"][0]["command_content"] == "ver > nul",
    ),
    Typed(
        "desktop_pool_volumes",
        {"pool": "finance", "volumes": [{"type": "SAS", "size": 50}]},
        True,
        lambda run, sight: _effects(sight, "disks_added") == 4,
    ),
    Typed(
        "desktop_pool_resize",
        {"pool": "finance", "product_id": XLARGE, "mode": "STOP_DESKTOP"},
        True,
        lambda run, sight: (
            _effects(sight, "resizes") == 0 and run.only["desktop_pool"]["product"]["product_id"] == XLARGE
        ),
        check=True,
        warnings=["are running and are stopped first"],
    ),
    Typed(
        "desktop_pool_attach",
        "pool=finance username=user-a1",
        True,
        lambda run, sight: sight.control.desktop("FIN-003")["user_name"] == "user-a1",
    ),
    Typed(
        "desktop_pool_expand",
        "pool=finance desktop_count=5",
        True,
        lambda run, sight: len(sight.control.pool("finance")["desktops"]) == 5,
    ),
    Typed(
        "desktop_pool_power",
        "pool=callcenter state=stopped",
        True,
        lambda run, sight: _effects(sight, "power", "callcenter") == 0,
        check=True,
        warnings=["users are logged in on 1 of the 3 desktops to stop"],
    ),
    Typed(
        "sub_job",
        "delete_by_status=SUCCESS",
        True,
        lambda run, sight: len(run.only["deleted"]) >= 4,
    ),
)


@pytest.mark.slow
@pytest.mark.timeout(600)
def test_every_module_by_hand(ansible_in_process: Ansible, sight: Sight) -> None:
    assert {typed.module for typed in TYPED} == MODULES
    assert len(TYPED) == len(MODULES)
    job_id = ""
    for typed in TYPED:
        arguments = typed.text(job_id)
        run = ansible_in_process.ad_hoc(
            typed.module, arguments, check=typed.check, diff=True, warnings=list(typed.warnings)
        )
        said = f"{typed.module} {arguments}: {run.output}"
        assert run.only.changed == typed.changes, said
        assert typed.proof(run, sight), said
        # A change is shown as a diff, above the result.
        assert bool(re.search(r"^\+ ", run.output, re.MULTILINE)) == typed.changes, said
        assert f"localhost | {'CHANGED' if typed.changes else 'SUCCESS'} => " in run.output, said
        if typed.module == "desktop_pool_rebuild":
            job_id = run.only["job_id"]
