# Copyright (c) 2026 the hwcloud.workspace contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Resizing a pool: what would be done, doing it once for each desktop, and finding it done."""

from __future__ import annotations

import pytest
from running import Ansible, task
from sight import CALLCENTER, FINANCE, Sight, desktop_id

LARGE2 = "workspace.x86.enterprise.large2"
XLARGE2 = "workspace.x86.enterprise.xlarge2"
STOP = {"mode": "STOP_DESKTOP"}
RESIZE = task("desktop_pool_resize", pool="finance", product_id=XLARGE2, mode="STOP_DESKTOP")
STOPS = r"pool finance: \d of the \d desktops to resize (?:are|is) running and (?:are|is) stopped first: FIN-00"
DIFF = {
    "before": {"product_id": LARGE2, "desktops_by_product": {LARGE2: 4}},
    "after": {"product_id": XLARGE2, "desktops_by_product": {XLARGE2: 4}},
}
ONE_EACH = {"FIN-001": 1, "FIN-002": 1, "FIN-003": 1, "FIN-004": 1}


def resizes(sight: Sight, pool: str = "finance") -> dict[str, int]:
    """Return how often each desktop of a pool was resized, by name."""
    desktops = sight.control.pool(pool)["desktops"]
    return {desktop["computer_name"]: len(desktop["effects"]["resizes"]) for desktop in desktops}


def products(sight: Sight, pool: str = "finance") -> set[str]:
    """Return the products of a pool and its desktops."""
    found = sight.control.pool(pool)
    return {found["product"]["product_id"], *(desktop["product_id"] for desktop in found["desktops"])}


def test_three_runs(ansible: Ansible, sight: Sight) -> None:
    check = {"name": "Check", "check_mode": True}
    run = ansible.play({**RESIZE, **check}, {**RESIZE, "name": "First"}, {**RESIZE, "name": "Second"}, warnings=[STOPS])
    predicted, first, second = run.tasks
    assert predicted["diff"] == first["diff"] == DIFF
    assert (predicted.changed, predicted["job_id"], predicted["job"]) == (True, None, None)
    assert (predicted["desktop_pool"]["id"], predicted["desktop_pool"]["product"]["product_id"]) == (FINANCE, XLARGE2)
    assert first.changed
    assert not first["adopted"]
    assert run.sent("ResizeDesktopPool") == [{"product_id": XLARGE2, "mode": "STOP_DESKTOP"}]
    (job,) = sight.jobs()
    assert first["job_id"] == first["job"]["id"] == job["id"]
    assert first["job"]["sub_jobs"] == {"total": 4, "succeeded": 4, "failed": 0, "running": 0, "waiting": 0}
    assert sorted(first["desktops_succeeded"]) == [desktop_id(name) for name in ONE_EACH]
    assert first["desktops_failed"] == []
    assert first["desktop_pool"]["product"]["product_id"] == XLARGE2
    assert resizes(sight) == ONE_EACH
    assert products(sight) == {XLARGE2}
    assert predicted["warnings"] == first["warnings"]
    assert "3 of the 4 desktops to resize are running and are stopped first: FIN-001, FIN-002, FIN-003." in " ".join(
        run.output.split()
    )
    assert not second.changed
    assert second["diff"] == {"before": {}, "after": {}}
    assert len(second.requests) <= 2


def test_desktops_that_run_fail_without_the_mode_and_are_resized_with_it(ansible: Ansible, sight: Sight) -> None:
    without = task(
        "desktop_pool_resize", "Fail", {"ignore_errors": True}, pool="finance", product_id=XLARGE2, wait_timeout=600
    )
    fails = r"3 of the 4 desktops to resize are running and fail unless mode is STOP_DESKTOP: FIN-001, FIN-002, FIN-003"
    run = ansible.play(
        without, {**RESIZE, "name": "Repair"}, {**RESIZE, "name": "Rest"}, warnings=[fails, "3 of the 3.*stopped first"]
    )
    failed, repaired = run["Fail"], run["Repair"]
    assert [failed.status, repaired.status, run["Rest"].changed] == ["failed", "ok", False]
    assert failed.message.startswith("pool finance: resize: 3 of 4 desktops failed in job ")
    assert failed["desktops_succeeded"] == [desktop_id("FIN-004")]
    assert {entry["desktop_name"] for entry in failed["desktops_failed"]} == {"FIN-001", "FIN-002", "FIN-003"}
    rest = [desktop_id(f"FIN-00{number}") for number in (1, 2, 3)]
    assert run.sent("ResizeDesktopPool") == [
        {"product_id": XLARGE2},
        {"product_id": XLARGE2, "mode": "STOP_DESKTOP", "desktop_ids": rest},
    ]
    assert repaired["diff"]["before"] == {"desktops_by_product": {LARGE2: 3, XLARGE2: 1}}
    assert resizes(sight) == ONE_EACH


def test_a_run_that_did_not_wait_is_taken_up(ansible: Ansible, sight: Sight) -> None:
    sight.move_time_by_polls(1)
    starts = task("desktop_pool_resize", "Start", pool="finance", product_id=XLARGE2, wait=False, **STOP)
    again = {**starts, "name": "Again", "ignore_errors": True}
    run = ansible.play(starts, again, RESIZE, warnings=[STOPS])
    assert run["Start"]["desktops_succeeded"] == []
    assert "still runs for the pool, and wait is false" in run["Again"].message
    adopted = run["desktop_pool_resize"]
    assert (adopted["adopted"], adopted.changed, adopted["job_id"]) == (True, False, run["Start"]["job_id"])
    assert len(run.changes) == 1
    assert resizes(sight) == ONE_EACH


def test_users_who_are_logged_in_are_named(ansible_in_process: Ansible, sight: Sight) -> None:
    resize = task("desktop_pool_resize", pool=CALLCENTER, product_id=XLARGE2, **STOP)
    expected = [
        "pool callcenter: 3 of the 3 desktops to resize are running and are stopped first: CCT-001, CCT-002, CCT-003",
        "pool callcenter: users are logged in on 2 of the 3 desktops to resize, and their unsaved work is lost.*CCT-00",
    ]
    assert ansible_in_process.play(resize, check=True, warnings=expected).only.changed
    assert sight.effects() == 0


def test_a_canary_then_the_pool(ansible_in_process: Ansible, sight: Sight) -> None:
    canary = task(
        "desktop_pool_resize", "Canary", pool="finance", product_id=XLARGE2, desktop_ids=[desktop_id("FIN-004")]
    )
    run = ansible_in_process.play(canary, {**canary, "name": "Same"}, {**RESIZE, "name": "All"}, warnings=[STOPS])
    assert run["Canary"]["diff"]["after"] == {"desktops_by_product": {XLARGE2: 1}}
    assert [found.changed for found in run.tasks] == [True, False, True]
    assert [sorted(set(body) - {"product_id"}) for body in run.sent("ResizeDesktopPool")] == [
        ["desktop_ids"],
        ["handle_type"],
        ["desktop_ids", "mode"],
    ]
    assert resizes(sight) == ONE_EACH
    assert products(sight) == {XLARGE2}


def test_what_cannot_be_is_refused_before_anything_is_sent(ansible: Ansible, sight: Sight) -> None:
    unknown = task("desktop_pool_resize", "Unknown", {"ignore_errors": True}, pool="finance", product_id="nothing")
    empty = task("desktop_pool_resize", "Empty", {"ignore_errors": True}, pool="finance", product_id="", desktop_ids=[])
    run = ansible.play(
        unknown, {**unknown, "name": "Check", "check_mode": True}, empty, allowed=["fail unless mode is STOP_DESKTOP"]
    )
    sentence = (
        "pool finance: resize: product nothing is not among the products of this region; check product_id. "
        "Nothing was changed."
    )
    assert run["Unknown"].message == run["Check"].message == sentence
    assert run["Empty"].message == (
        "pool finance: product_id is empty; it takes 1 to 255 characters. "
        "desktop_ids is empty; it takes at least 1 item."
    )
    assert run["Empty"].requests == []
    assert sight.effects() == 0


@pytest.mark.readings
@pytest.mark.parametrize(
    "readings",
    [
        {"resize_jobs": "own"},
        {"resize_jobs": "own", "sub_jobs_appear": "late"},
        {"resize_jobs": "none", "resize_job_type": "operateDesktops"},
        {"resize_job_type": "executeDesktopsAction", "sub_jobs_appear": "growing"},
        {"same_product_again": "refused", "mixed_products": "refused"},
        {"same_product_again": "nothing", "handle_type_absent": "idle"},
        {"handle_type_absent": "expand_only", "template_changes": "finished"},
        {"desktop_ids_change_template": "yes", "template_changes": "all_succeeded"},
        {"power_after_resize": "stopped", "state_after_job": "lags"},
        {"power_after_resize": "as_before", "job_status_partial": "FAIL"},
        {"conflict": "pool", "pool_status_during_job": "STEADY"},
    ],
    ids=str,
)
def test_every_reading_of_a_failure_and_its_repair(
    ansible_in_process: Ansible, sight: Sight, readings: dict[str, str]
) -> None:
    sight.control.set_dialect(**readings)
    sight.control.set_failures({"operation": "ResizeDesktopPool", "desktops": ["FIN-002"], "times": 1})
    fails = {**RESIZE, "name": "Fail", "ignore_errors": True}
    run = ansible_in_process.play(
        fails, {**RESIZE, "name": "Repair"}, {**RESIZE, "name": "Rest"}, warnings=[STOPS], allowed=[STOPS]
    )
    assert [found.status for found in run.tasks] == ["failed", "ok", "ok"]
    assert [entry["desktop_name"] for entry in run["Fail"]["desktops_failed"]] == ["FIN-002"]
    assert [found.changed for found in run.tasks] == [True, True, False]
    assert resizes(sight) == ONE_EACH
    assert products(sight) == {XLARGE2}
