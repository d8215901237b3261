# Copyright (c) 2026 the hwcloud.workspace contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Some desktops fail: the task says which, and the next run recomposes those alone."""

from __future__ import annotations

import pytest
from running import Ansible, Run, task
from sight import NOVEMBER, OCTOBER, Sight, desktop_id

# What the service does; nothing here depends on the version of ansible-core.
pytestmark = pytest.mark.readings

REBUILD = task("desktop_pool_rebuild", pool="finance", image_id=NOVEMBER)
ONCE = {"operation": "RebuildDesktopPool", "desktops": ["FIN-002", "FIN-004"], "times": 1}
FAILS = {**REBUILD, "name": "Fail", "ignore_errors": True}
REPAIRS = {**REBUILD, "name": "Repair"}
RESTS = {**REBUILD, "name": "Rest"}
SAID = "The desktop did not obtain an IP address"


def three_runs(ansible: Ansible, sight: Sight) -> Run:
    """Run a rebuild in which two of four desktops fail once, its repair, and a last run that finds nothing to do."""
    sight.control.set_failures(ONCE)
    run = ansible.play(FAILS, REPAIRS, RESTS)
    assert [found.status for found in run.tasks] == ["failed", "ok", "ok"]
    assert sight.rebuilds() == {"FIN-001": 1, "FIN-002": 1, "FIN-003": 1, "FIN-004": 1}
    assert set(sight.images().values()) == {NOVEMBER}
    assert sight.control.pool("finance")["image_id"] == NOVEMBER
    assert run["Repair"].changed
    assert not run["Rest"].changed
    assert run["Rest"].changes == []
    return run


def test_the_next_run_recomposes_what_failed(ansible: Ansible, sight: Sight) -> None:
    run = three_runs(ansible, sight)
    failed, repaired = run["Fail"], run["Repair"]
    first_job, second_job = sight.jobs()
    assert failed.changed
    assert failed.message == (
        f"pool finance: recompose: 2 of 4 desktops failed in job {first_job['id']}, the first being FIN-002 ({SAID}); "
        "see desktops_failed, mend the reason, and run the task again to change those alone."
    )
    assert failed["job_id"] == failed["job"]["id"] == first_job["id"]
    assert failed["job"]["sub_jobs"] == {"total": 4, "succeeded": 2, "failed": 2, "running": 0, "waiting": 0}
    assert sorted(failed["desktops_succeeded"]) == [desktop_id("FIN-001"), desktop_id("FIN-003")]
    assert failed["desktops_failed"] == [
        {
            "desktop_id": desktop_id(name),
            "desktop_name": name,
            "error_code": "WKS.00010110",
            "fail_reason": f"{SAID}.",
        }
        for name in ("FIN-002", "FIN-004")
    ]
    assert failed["error_code"] == "WKS.00010110"
    assert failed["desktop_pool"]["name"] == "finance"

    assert run.sent("RebuildDesktopPool") == [{"image_id": NOVEMBER}, {"image_id": NOVEMBER, "is_fix": True}]
    assert repaired["job_id"] == second_job["id"]
    assert sorted(repaired["desktops_succeeded"]) == [desktop_id("FIN-002"), desktop_id("FIN-004")]
    assert repaired["diff"]["before"] == {"desktops_by_image": {OCTOBER: 2, NOVEMBER: 2}}


@pytest.mark.parametrize(
    ("template", "status"),
    [
        ("accepted", "COMPLETE"),
        ("accepted", "SUCCESS"),
        ("finished", "SUCCESS"),
        ("finished", "FAIL"),
        ("all_succeeded", "COMPLETE"),
        ("all_succeeded", "FAIL"),
    ],
)
def test_every_reading_of_a_partial_failure(
    ansible_in_process: Ansible, sight: Sight, template: str, status: str
) -> None:
    sight.control.set_dialect(template_changes=template, job_status_partial=status)
    three_runs(ansible_in_process, sight)


@pytest.mark.parametrize("status", ["FAIL", "COMPLETE", "SUCCESS"])
def test_a_job_in_which_every_desktop_fails(ansible_in_process: Ansible, sight: Sight, status: str) -> None:
    sight.control.set_dialect(job_status_failed=status)
    sight.control.set_failures({"operation": "RebuildDesktopPool", "times": 1})
    run = ansible_in_process.play(FAILS, REPAIRS, RESTS)
    assert len(run["Fail"]["desktops_failed"]) == 4
    assert run["Fail"].message.startswith("pool finance: recompose: 4 of 4 desktops failed in job ")
    assert [found.changed for found in run.tasks] == [True, True, False]
    assert set(sight.rebuilds().values()) == {1}


@pytest.mark.parametrize(
    "readings",
    [
        {"sub_jobs_appear": "late"},
        {"sub_jobs_appear": "growing"},
        {"state_after_job": "lags"},
        {"same_image_again": "nothing"},
        {"same_image_again": "refused"},
        {"api_age": "older"},
        {"pool_status_during_job": "STEADY"},
        {"conflict": "desktop"},
        {"rebuild_changes": "name_case"},
        {"update_absent_fields": "reset", "unknown_fields": "ignored", "power_after_rebuild": "stopped"},
    ],
    ids=str,
)
def test_every_reading_of_jobs(ansible_in_process: Ansible, sight: Sight, readings: dict[str, str]) -> None:
    sight.control.set_dialect(**readings)
    three_runs(ansible_in_process, sight)


def test_a_desktop_that_fails_for_ever_is_tried_once_a_run(ansible_in_process: Ansible, sight: Sight) -> None:
    sight.control.set_failures({"operation": "RebuildDesktopPool", "desktops": ["FIN-003"], "leaves": "ERROR"})
    run = ansible_in_process.play(FAILS, {**FAILS, "name": "Fail again"})
    for found in run.tasks:
        assert found.status == "failed"
        assert [failed["desktop_name"] for failed in found["desktops_failed"]] == ["FIN-003"]
        assert len(found.changes) == 1
    assert sight.rebuilds() == {"FIN-001": 1, "FIN-002": 1, "FIN-003": 0, "FIN-004": 1}
    assert len(sight.control.desktop("FIN-003")["effects"]["failures"]) == 2
