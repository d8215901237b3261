# Copyright (c) 2026 the hwcloud.workspace contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Adding desktops to a pool: as many as are wanted, once, whatever happens on the way."""

from __future__ import annotations

from typing import Any

import pytest
from running import Ansible, task
from sight import FINANCE, OCTOBER, Sight

EXPAND = task("desktop_pool_expand", pool="finance", desktop_count=6)
DIFF = {"before": {"desktop_count": 4}, "after": {"desktop_count": 6}}
SAID = "The desktop did not obtain an IP address"


def created(sight: Sight, pool: str = "finance") -> dict[str, int]:
    """Return how often each desktop of a pool that was created was so, by name."""
    desktops = sight.control.pool(pool)["desktops"]
    made = {desktop["computer_name"]: len(desktop["effects"]["created"]) for desktop in desktops}
    return {name: number for name, number in made.items() if number}


def test_three_runs(ansible: Ansible, sight: Sight) -> None:
    predicted = ansible.play(EXPAND, check=True, diff=True).only
    assert predicted.changed
    assert predicted["diff"] == DIFF
    assert (predicted["desktop_pool"]["id"], predicted["desktop_pool"]["desktop_count"]) == (FINANCE, 6)
    assert (predicted["job_id"], predicted["job"]) == (None, None)
    assert sight.effects() == 0

    run = ansible.play({**EXPAND, "name": "First"}, {**EXPAND, "name": "Second"}, diff=True)
    first, second = run.tasks
    assert first.changed
    assert first["diff"] == DIFF
    assert run.sent("ExpandDesktopPool") == [{"size": 2}]
    (job,) = sight.jobs()
    assert first["job_id"] == first["job"]["id"] == job["id"]
    assert first["job"]["job_type"] == "expandDesktopPool"
    assert first["job"]["sub_jobs"] == {"total": 2, "succeeded": 2, "failed": 0, "running": 0, "waiting": 0}
    pool = sight.control.pool("finance")
    new = {desktop["desktop_id"]: desktop for desktop in pool["desktops"] if desktop["effects"]["created"]}
    assert sorted(first["desktops_succeeded"]) == sorted(new)
    assert {(desktop["status"], desktop["image_id"]) for desktop in new.values()} == {("ACTIVE", OCTOBER)}
    assert list(created(sight).values()) == [1, 1]
    assert (first["desktop_pool"]["status"], first["desktop_pool"]["desktop_count"]) == ("STEADY", 6)
    assert first["desktops_failed"] == []
    assert not second.changed
    assert second["diff"] == {"before": {}, "after": {}}
    assert len(second.requests) <= 2


def test_a_run_that_was_interrupted_is_resumed(ansible: Ansible, sight: Sight) -> None:
    sight.move_time_by_polls()
    run = ansible.play(
        task("desktop_pool_expand", "Start", pool=FINANCE, desktop_count=6, wait=False),
        task("desktop_pool_expand", "Again", {"ignore_errors": True}, pool="finance", desktop_count=7, wait=False),
        {**EXPAND, "name": "Resume"},
        {**EXPAND, "name": "Rest"},
    )
    (job,) = sight.jobs()
    assert (run["Start"]["job_id"], run["Start"]["desktops_succeeded"]) == (job["id"], [])
    assert run["Again"].message == (
        f"pool finance: expand: job {job['id']} (expandDesktopPool) still runs for the pool, "
        "and wait is false; run the task again when it has ended, or with wait: true."
    )
    assert [found.changed for found in run.tasks] == [True, False, False, False]
    assert (run["Resume"]["adopted"], run["Resume"]["job_id"]) == (True, job["id"])
    assert len(run["Resume"]["desktops_succeeded"]) == 2
    assert not run["Rest"]["adopted"]
    assert len(run.changes) == 1
    assert len(created(sight)) == 2


def test_a_pool_that_has_more_or_scales_by_itself(ansible_in_process: Ansible, sight: Sight) -> None:
    run = ansible_in_process.play(
        task("desktop_pool_expand", "More", pool="finance", desktop_count=2),
        task("desktop_pool", "Scale", name="finance", enable_autoscale=True),
        task("desktop_pool_expand", "Scaled", pool="finance", desktop_count=5),
        warnings=[
            "pool finance: it has 4 desktops instead of 2; desktops are only ever added, so it keeps them",
            "pool finance: autoscaling is on, so the number of its desktops moves by itself",
        ],
    )
    assert [found.changed for found in run.tasks] == [False, True, True]
    assert run.sent("ExpandDesktopPool") == [{"size": 1}]


@pytest.mark.parametrize(("left", "again"), [("left_in_error", 0), ("removed", 1)])
def test_a_desktop_that_cannot_be_made(ansible: Ansible, sight: Sight, left: str, again: int) -> None:
    sight.control.set_dialect(failed_creation=left)
    sight.control.set_failures({"operation": "ExpandDesktopPool", "nth": 2, "times": 1})
    fails = {**EXPAND, "name": "Fail", "ignore_errors": True}
    run = ansible.play(fails, {**EXPAND, "name": "Repair"}, {**EXPAND, "name": "Rest"})
    failed = run["Fail"]
    (name,) = [entry["desktop_name"] for entry in failed["desktops_failed"]]
    assert failed.changed
    assert failed.message.startswith(
        f"pool finance: expand: 1 of 2 desktops failed in job {failed['job_id']}, the first being {name} ({SAID})"
    )
    assert len(failed["desktops_succeeded"]) == 1
    assert [run["Repair"].changed, run["Rest"].changed] == [bool(again), False]
    assert run.sent("ExpandDesktopPool") == [{"size": 2}] + [{"size": 1}] * again
    statuses = [desktop["status"] for desktop in sight.control.pool("finance")["desktops"]]
    assert (len(statuses), statuses.count("ERROR")) == (6, 0 if again else 1)


@pytest.mark.readings
@pytest.mark.parametrize("when", ["before_commit", "after_commit"])
@pytest.mark.parametrize(
    "readings",
    [
        {},
        {"sub_jobs_appear": "late", "pool_status_during_job": "STEADY"},
        {"sub_jobs_appear": "growing", "state_after_job": "lags", "finished_jobs": "forgotten"},
        {"api_age": "older", "sub_jobs_unfiltered": "refused", "job_status_success": "COMPLETE"},
    ],
    ids=str,
)
def test_a_lost_answer_makes_no_desktop_twice(
    ansible_in_process: Ansible, sight: Sight, when: str, readings: dict[str, Any]
) -> None:
    sight.control.set_dialect(**readings)
    sight.control.set_faults({"operation": "ExpandDesktopPool", "when": when, "effect": {"reset": True}})
    run = ansible_in_process.play(EXPAND, {**EXPAND, "name": "Rest"})
    assert [found.changed for found in run.tasks] == [True, False]
    assert list(created(sight).values()) == [1, 1]
    assert len(sight.jobs()) == 1


def test_what_the_service_refuses_is_told(ansible_in_process: Ansible, sight: Sight) -> None:
    body = {"error_code": "WKS.0003", "error_msg": "The quota of desktops is exceeded."}
    sight.control.set_faults(
        {"operation": "ExpandDesktopPool", "when": "before_commit", "effect": {"status": 403, "body": body}}
    )
    refused = {**EXPAND, "name": "Refused", "ignore_errors": True}
    negative = task("desktop_pool_expand", "Negative", {"ignore_errors": True}, pool="finance", desktop_count=-1)
    run = ansible_in_process.play(refused, negative)
    assert "pool finance: expand: ExpandDesktopPool was refused: The quota of desktops is exceeded" in (
        run["Refused"].message
    )
    assert (run["Refused"]["http_status"], run["Refused"].changed) == (403, False)
    assert run["Negative"].message == "pool finance: desktop_count is -1; it takes at least 0."
    assert run["Negative"].requests == []
    assert sight.effects() == 0
