# Copyright (c) 2026 the hwcloud.workspace contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Recompose, resize, disks and power under each reading of the service: predicted, done once, resumed, repaired."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest
from direct import NOVEMBER, XLARGE, Direct, Killed, every_reading, named

pytestmark = pytest.mark.readings

POOL = "finance"
DISK = "77777777-0000-4000-8000-000000000001"
DESKTOPS = [
    {"name": "FIN-001", "user": "user-a1"},
    {"name": "FIN-002", "user": "user-b2", "login_status": "DISCONNECTED"},
    {"name": "FIN-003"},
    {"name": "FIN-004", "status": "SHUTOFF"},
    {"name": "FIN-005", "status": "HIBERNATED"},
]

# By name: the module, its options, and how often what may happen to one desktop at most.
CHANGES: dict[str, tuple[str, dict[str, Any], dict[str, int]]] = {
    "recompose": ("desktop_pool_rebuild", {"image_id": NOVEMBER}, {"rebuilds": 1}),
    "resize": ("desktop_pool_resize", {"product_id": XLARGE, "mode": "STOP_DESKTOP"}, {"resizes": 1}),
    "stop": ("desktop_pool_power", {"state": "stopped"}, {"power": 1}),
    "start": ("desktop_pool_power", {"state": "started"}, {"power": 1}),
    "second equal disk": (
        "desktop_pool_volumes",
        {"volumes": [{"type": "SSD", "size": 100}, {"type": "SSD", "size": 100}]},
        {"disks_added": 1, "disks_deleted": 0, "disks_expanded": 0},
    ),
    "larger disk": (
        "desktop_pool_volumes",
        {"volumes": [{"id": DISK, "size": 200}]},
        {"disks_expanded": 1, "disks_added": 0, "disks_deleted": 0},
    ),
    "other disk": (
        "desktop_pool_volumes",
        {"volumes": [{"type": "SAS", "size": 50}], "purge": True},
        {"disks_added": 1, "disks_deleted": 1, "disks_expanded": 0},
    ),
}

# What such a change meets, alone and together; a desktop that is repaired meets most of it.
MATTERS = {
    "recompose": ("handle_type_absent", "desktop_ids_change_template", "template_changes", "state_after_job"),
    "resize": ("template_changes", "mixed_products", "resize_jobs", "resize_job_type", "power_after_resize"),
    "stop": ("action_needless", "action_on_none", "action_job_type", "sub_jobs_appear"),
    "start": ("action_needless", "action_on_none", "job_status_partial"),
    "second equal disk": ("desktop_ids_change_template", "add_disks_to_stopped", "state_after_job", "template_changes"),
    "larger disk": ("expand_volumes_job_type", "template_changes", "sub_jobs_appear"),
    "other disk": ("handle_type_absent", "several_deleted_disks", "state_after_job", "api_age"),
}
TOGETHER = (
    {"template_changes": "all_succeeded", "desktop_ids_change_template": "yes", "state_after_job": "lags"},
    {"template_changes": "finished", "handle_type_absent": "expand_only", "sub_jobs_appear": "growing"},
    {"job_status_partial": "SUCCESS", "job_status_failed": "SUCCESS", "sub_jobs_appear": "late"},
)


def _cases(*together: Mapping[str, str]) -> list[Any]:
    cases = [(name, reading) for name in CHANGES for reading in (*every_reading(*MATTERS[name]), *together)]
    return [pytest.param(name, reading, id=f"{name}-{named(reading)}") for name, reading in cases]


def _begin(direct: Direct, dialect: Mapping[str, str], **parts: Any) -> None:
    disks = [{"id": DISK, "type": "SSD", "size": 100}]
    direct.seed({"name": POOL, "data_volumes": disks, "desktops": DESKTOPS}, dialect=dialect, **parts)


def _settles(direct: Direct, change: str) -> None:
    """What was done, was done once to each desktop, and nothing is left to do."""
    module, options, most = CHANGES[change]
    direct.rests(module, pool=POOL, **options)
    for name, desktop in direct.desktops(POOL).items():
        for kind, times in most.items():
            done = desktop["effects"][kind]
            assert len(done) <= times, f"{name}: {kind} {done}"


@pytest.mark.parametrize(("change", "dialect"), _cases(*TOGETHER))
def test_is_done_as_it_was_predicted(direct: Direct, change: str, dialect: dict[str, str]) -> None:
    module, options, _most = CHANGES[change]
    _begin(direct, dialect)
    outcome = direct.converge(module, pool=POOL, **options)
    assert outcome.changed
    _settles(direct, change)


@pytest.mark.parametrize("dialect", TOGETHER, ids=named)
@pytest.mark.parametrize("change", CHANGES)
def test_repairs_the_desktops_that_failed(direct: Direct, change: str, dialect: dict[str, str]) -> None:
    module, options, _most = CHANGES[change]
    due = {"FIN-004", "FIN-005"} if change == "start" else {"FIN-002", "FIN-003"}
    _begin(direct, dialect, failures=[{"pool": POOL, "desktops": sorted(due), "times": 1}])
    failures = 0
    while (outcome := direct.run(module, pool=POOL, **options)).failed:
        failures += 1
        assert outcome["job_id"], outcome.message
        assert {entry["desktop_name"] for entry in outcome["desktops_failed"]} <= due
        assert failures <= 3, outcome.message
    assert failures
    _settles(direct, change)


@pytest.mark.parametrize("dialect", [{}, TOGETHER[1]], ids=named)
@pytest.mark.parametrize("change", CHANGES)
@pytest.mark.parametrize("killed_at", [1, 4])
def test_goes_on_where_it_was_killed(direct: Direct, change: str, dialect: dict[str, str], killed_at: int) -> None:
    module, options, _most = CHANGES[change]
    _begin(direct, dialect)
    with pytest.raises(Killed):
        direct.run(module, killed_at=killed_at, pool=POOL, **options)
    outcome = direct.run(module, pool=POOL, **options)
    assert not outcome.failed, outcome.message
    _settles(direct, change)


@pytest.mark.parametrize("when", ["before_commit", "after_commit"])
@pytest.mark.parametrize("change", CHANGES)
def test_a_lost_answer_makes_nothing_happen_twice(direct: Direct, change: str, when: str) -> None:
    module, options, _most = CHANGES[change]
    _begin(direct, {}, faults=[{"method": "POST", "when": when, "effect": {"reset": True}}])
    outcome = direct.run(module, pool=POOL, **options)
    assert not outcome.failed, outcome.message
    assert direct.control.faults()[0]["seen"] >= 1
    _settles(direct, change)


def test_a_conflict_that_no_job_explains_is_blamed_on_the_state_of_desktops(direct: Direct) -> None:
    broken = [{"name": "FIN-001"}, {"name": "FIN-002", "status": "ERROR"}]
    direct.seed({"name": POOL, "desktops": broken}, dialect={"unhealthy_desktops": "block"})
    outcome = direct.run("desktop_pool_resize", pool=POOL, product_id=XLARGE, mode="STOP_DESKTOP")
    assert outcome.failed
    assert outcome["error_code"] == "WKS.00010032"
    assert "look for desktops in ERROR" in outcome.message
    assert not any(desktop["effects"]["resizes"] for desktop in direct.desktops(POOL).values())
