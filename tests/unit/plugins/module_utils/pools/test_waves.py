# Copyright (c) 2026 the hwcloud.workspace contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Rollouts in waves, case by case: who comes next, what stops them, what is taken back, and what is said of it."""

from __future__ import annotations

import re
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from ansible_collections.hwcloud.workspace.plugins.module_utils.client.errors import InputError
from ansible_collections.hwcloud.workspace.plugins.module_utils.pools import waves
from ansible_collections.hwcloud.workspace.tests.unit.plugins.module_utils.pools.rollout_pool import (
    NOW,
    TO_NEW,
    RolloutPool,
    a_rollout_pool,
    ids,
)
from ansible_collections.hwcloud.workspace.tests.unit.plugins.module_utils.pools.samples import (
    NEW,
    OLD,
    OTHER,
    USER_C3,
)

PAGE = Path(__file__).resolve().parents[5] / "docs" / "waves.md"
RESIZE = {"product_id": "product-b"}
PACE = {"seconds_per_desktop": 300, "parallel": 20}


def set_image(pool: RolloutPool, image: str, *desktop_ids: str) -> None:
    for desktop_id in desktop_ids:
        pool.record(desktop_id)["metadata"] = {"metering.image_id": image}


def skipped(state: dict[str, Any]) -> dict[str, str]:
    return {desktop_id: entry["reason"] for desktop_id, entry in state["skipped"].items()}


def failure(desktop_id: str, reason: str = "no host left.") -> dict[str, str]:
    return {"desktop_id": desktop_id, "error_code": "WKS.1", "fail_reason": reason}


# --- the whole of it


def test_a_canary_goes_first_then_waves_of_a_quarter_and_the_template_moves_last() -> None:
    pool = a_rollout_pool(10)
    templates = []
    pool.before_each = lambda own: templates.append(own.image)
    state = pool.roll()
    assert pool.kinds == [("canary", 1), ("wave", 2), ("wave", 2), ("wave", 2), ("wave", 2), ("wave", 1)]
    assert pool.in_order == ids(*range(10))
    assert set(templates) == {OLD}
    assert (pool.image, set(pool.images.values())) == (NEW, {NEW})
    assert state["stop"] == {"cause": "", "reason": ""}
    assert pool.changed == [(desktop_id, NEW) for desktop_id in ids(*range(10))]


def test_a_second_run_does_nothing() -> None:
    pool = a_rollout_pool(10)
    pool.roll()
    pool.steps.clear()
    state = pool.roll()
    assert pool.steps == [
        {"wave": 1, "template_strayed": False, "skipped": [], "action": "finish", "template_due": False}
    ]
    result = pool.result(state)
    assert (result["outcome"], result["reason"], result["is_failure"], result["waves"]) == ("unchanged", "", False, [])
    assert (result["from"], result["to"], result["rate"], result["desktops_left"]) == (NEW, NEW, None, [])


def test_a_pool_whose_template_alone_differs_is_changed_by_the_finish() -> None:
    pool = a_rollout_pool(3)
    set_image(pool, NEW, *ids(0, 1, 2))
    state = pool.roll()
    assert [step["action"] for step in pool.steps] == ["finish"]
    assert pool.steps[0]["template_due"] is True
    assert pool.result(state)["outcome"] == "done"


def test_a_pool_without_desktops_gets_its_template_moved() -> None:
    pool = a_rollout_pool(0)
    assert pool.result(pool.roll())["outcome"] == "done"
    assert pool.image == NEW


def test_a_report_without_desktops_is_refused() -> None:
    report = a_rollout_pool(1).report
    del report["desktops"]
    with pytest.raises(InputError, match=r"read without its desktops; gather desktops"):
        waves.start_rollout(report, TO_NEW, {}, NOW)


def test_a_canary_that_nobody_has_is_refused_with_nothing_to_do_as_well() -> None:
    pool = a_rollout_pool(2, image=NEW)
    set_image(pool, NEW, *ids(0, 1))
    with pytest.raises(InputError, match="canary names d007, and the pool has no desktop like that"):
        pool.start(canary=["d007"])


def test_nothing_that_was_handed_in_is_changed() -> None:
    pool = a_rollout_pool(3, used=[0])
    report, options, change = pool.report, {"canary": ["d000"], "session_policy": "skip"}, dict(TO_NEW)
    state = waves.start_rollout(report, change, options, NOW)
    copies = (pool.report, dict(options), dict(change), waves.start_rollout(report, change, options, NOW))
    step = waves.next_wave(state, report, NOW)
    waves.end_wave(state, step, {}, NOW)
    waves.rehearse_rollout(report, change, options, NOW)
    assert (report, options, change, state) == copies


def test_desktops_that_are_being_deleted_are_no_part_of_it() -> None:
    pool = a_rollout_pool(4)
    pool.record("d001")["task_status"] = "deleting"
    pool.record("d002")["status"] = ""
    state = pool.roll()
    assert pool.in_order == ids(0, 3)
    assert state["desktop_count"] == 2


def test_a_desktop_that_goes_during_the_rollout_is_passed_over() -> None:
    pool = a_rollout_pool(4)
    state = pool.run(pool.start(), 1)
    pool.records.pop()
    pool.run(state)
    assert pool.in_order == ids(0, 1, 2)


def test_a_desktop_that_somebody_else_has_changed_meanwhile_is_passed_over() -> None:
    pool = a_rollout_pool(4)
    state = pool.run(pool.start(), 1)
    set_image(pool, NEW, "d002")
    pool.run(state)
    assert pool.in_order == ids(0, 1, 3)


def test_a_desktop_that_comes_during_the_rollout_is_left_and_said_to_be() -> None:
    pool = a_rollout_pool(2)
    state = pool.run(pool.start(), 1)
    pool.records.append({**pool.report["desktops"][1], "desktop_id": "d009", "computer_name": "D009"})
    result = pool.result(pool.run(state))
    assert (result["outcome"], result["desktops_left"]) == ("done", ["d009"])


def test_only_the_desktops_that_are_named_are_changed_and_the_template_stays() -> None:
    pool = a_rollout_pool(4)
    pool.run(pool.start(only=ids(1, 3)))
    assert pool.changed == [("d001", NEW), ("d003", NEW)]
    assert pool.image == OLD


def test_only_the_desktops_that_are_named_are_taken_back() -> None:
    pool = a_rollout_pool(3, fails={"d002": 1})
    set_image(pool, NEW, "d000")
    pool.roll_back(pool.run(pool.start(only=ids(1, 2), max_unavailable=2, canary=0)))
    assert pool.images == {"d000": NEW, "d001": OLD, "d002": OLD}


# --- who comes next


def test_who_is_missed_least_comes_first() -> None:
    pool = a_rollout_pool(6)
    pool.set_login("CONNECTED", "d000")
    pool.set_login("DISCONNECTED", "d001")
    pool.record("d002").update(USER_C3)
    pool.record("d003")["computer_name"] = "ZZ"
    pool.record("d004")["computer_name"] = pool.record("d005")["computer_name"] = "SAME"
    pool.roll(session_policy="logoff", canary=0, max_unavailable=6)
    assert pool.waves == [["d004", "d005", "d003", "d002", "d001", "d000"]]
    assert pool.steps[0]["in_session"] == ["d001", "d000"]


def test_desktops_are_listed_by_their_names() -> None:
    pool = a_rollout_pool(3)
    for desktop_id, name in (("d000", "C"), ("d001", "A"), ("d002", "B")):
        pool.record(desktop_id).update({"computer_name": name, "is_freeze": True})
    state = pool.start()
    assert (state["due"], list(state["skipped"])) == (ids(1, 2, 0), ids(1, 2, 0))


@pytest.mark.parametrize(
    ("canary", "kinds"),
    [
        (0, [("wave", 5), ("wave", 5)]),
        ("0%", [("wave", 5), ("wave", 5)]),
        ([], [("wave", 5), ("wave", 5)]),
        (3, [("canary", 3), ("wave", 5), ("wave", 2)]),
        ("11%", [("canary", 2), ("wave", 5), ("wave", 3)]),
        (7, [("canary", 5), ("canary", 2), ("wave", 3)]),
        (99, [("canary", 5), ("canary", 5)]),
    ],
)
def test_as_many_canaries_as_asked_for_and_no_more_at_once_than_allowed(
    canary: Any, kinds: list[tuple[str, int]]
) -> None:
    pool = a_rollout_pool(10)
    pool.roll(canary=canary, max_unavailable=5)
    assert pool.kinds == kinds


def test_named_canaries_come_before_all_others_by_name_or_id() -> None:
    pool = a_rollout_pool(8)
    pool.roll(canary=["D007", "d003", "d003"], max_unavailable=4)
    assert pool.waves == [ids(3, 7), ids(0, 1, 2, 4), ids(5, 6)]
    assert pool.kinds == [("canary", 2), ("wave", 4), ("wave", 2)]


def test_desktops_that_have_it_count_as_canaries() -> None:
    pool = a_rollout_pool(10)
    set_image(pool, NEW, *ids(0, 1))
    pool.roll(canary=3, max_unavailable=10)
    assert pool.kinds == [("canary", 1), ("wave", 7)]


def test_named_canaries_that_cannot_be_changed_are_not_waited_for() -> None:
    pool = a_rollout_pool(4)
    pool.record("d000")["is_freeze"] = True
    set_image(pool, NEW, "d001")
    pool.roll(canary=["d000", "d001", "d002"], max_unavailable=4)
    assert pool.kinds == [("canary", 1), ("wave", 1)]


def test_a_named_canary_that_is_gone_does_not_stop_the_others() -> None:
    pool = a_rollout_pool(4)
    state = pool.run(pool.start(canary=["d000", "d001"], max_unavailable=1), 1)
    del pool.records[1]
    pool.run(state)
    assert pool.waves == [["d000"], ["d002"], ["d003"]]
    assert pool.kinds[1][0] == "wave"


@pytest.mark.parametrize(
    ("fields", "change", "reason"),
    [
        ({"is_freeze": True}, TO_NEW, "frozen"),
        ({"task_status": "spawning"}, TO_NEW, "being made"),
        ({"status": "ERROR"}, RESIZE, "in state ERROR"),
        ({"status": "ERROR"}, {"volumes": [{"type": "SSD", "size": 200}]}, "in state ERROR"),
        ({"status": "ERROR"}, TO_NEW, ""),
        ({"status": "SHUTOFF"}, RESIZE, ""),
    ],
)
def test_what_cannot_be_changed_is_skipped_with_the_reason(
    fields: dict[str, Any], change: dict[str, Any], reason: str
) -> None:
    pool = a_rollout_pool(2)
    pool.record("d000").update(fields)
    state = pool.start(change)
    assert state["skipped"] == (
        {"d000": {"desktop_id": "d000", "desktop_name": "D000", "reason": reason}} if reason else {}
    )
    assert state["due"] == ids(0, 1)


def test_a_wave_says_what_a_role_needs_of_its_desktops() -> None:
    pool = a_rollout_pool(1)
    pool.record("d000").update({"status": "SHUTOFF", "login_status": "UNREGISTER", **USER_C3})
    assert waves.next_wave(pool.start(), pool.report, NOW) == {
        "wave": 1,
        "template_strayed": False,
        "skipped": [],
        "action": "change",
        "kind": "canary",
        "desktop_ids": ["d000"],
        "desktops": [
            {
                "desktop_id": "d000",
                "desktop_name": "D000",
                "status": "SHUTOFF",
                "login_status": "UNREGISTER",
                "user_names": ["user-c3"],
            }
        ],
        "in_session": [],
        "whole_pool": False,
    }


# --- the floor


def test_the_stricter_of_the_two_limits_counts() -> None:
    pool = a_rollout_pool(10)
    pool.roll(canary=0, max_unavailable=5, min_available=7)
    assert pool.kinds == [("wave", 3), ("wave", 3), ("wave", 3), ("wave", 1)]
    pool = a_rollout_pool(10)
    pool.roll(canary=0, max_unavailable="50%", min_available="15%")
    assert pool.kinds == [("wave", 5), ("wave", 5)]


@pytest.mark.parametrize(
    "trouble",
    [{"status": "ERROR"}, {"task_status": "rebooting"}, {"isolated": True}],
    ids=["in ERROR", "at work", "isolated"],
)
def test_desktops_that_nobody_can_use_leave_less_to_spare_and_cost_nothing(trouble: dict[str, Any]) -> None:
    pool = a_rollout_pool(6)
    pool.record("d005").update(trouble)
    step = waves.next_wave(pool.start(canary=0, max_unavailable=6, min_available=4), pool.report, NOW)
    assert step["desktop_ids"] == ids(0, 5)


def test_a_stopped_desktop_is_one_that_can_be_used() -> None:
    pool = a_rollout_pool(4)
    for record in pool.records:
        record["status"] = "SHUTOFF"
    step = waves.next_wave(pool.start(canary=0, max_unavailable=4, min_available=1), pool.report, NOW)
    assert step["desktop_ids"] == ids(0, 1, 2)


def test_a_floor_that_is_not_kept_as_it_is_lets_only_those_be_changed_that_nobody_can_use() -> None:
    pool = a_rollout_pool(4)
    for desktop_id in ids(1, 2):
        pool.record(desktop_id)["status"] = "ERROR"
    state = pool.roll(canary=0, max_unavailable=1, min_available="100%")
    assert pool.waves == [["d001"], ["d002"]]
    assert state["stop"] == {
        "cause": "floor",
        "reason": "4 desktops can be used and 4 are to stay available, so none may be changed now; "
        "2 desktops left for the next run.",
    }
    result = pool.result(state)
    assert (result["outcome"], result["is_failure"], result["desktops_left"]) == ("stopped", False, ids(0, 3))


# --- failures


def test_one_failure_stops_after_the_running_wave_and_is_told() -> None:
    pool = a_rollout_pool(9, fails={"d002": 1})
    state = pool.roll(max_unavailable=4)
    assert pool.waves == [ids(0), ids(1, 2, 3, 4)]
    assert state["stop"] == {"cause": "failures", "reason": "1 desktop failed: D002 (no host left)."}
    assert state["done"] == ids(0, 1, 3, 4)
    assert pool.image == OLD
    result = pool.result(state)
    assert (result["outcome"], result["is_failure"], result["cause"]) == ("stopped", True, "failures")
    assert result["desktops_failed"] == [
        {"desktop_id": "d002", "desktop_name": "D002", "error_code": "WKS.1", "fail_reason": "no host left."}
    ]


@pytest.mark.parametrize(("tolerated", "count"), [(1, 2), (2, 0)])
def test_more_failures_than_are_tolerated_stop(tolerated: int, count: int) -> None:
    pool = a_rollout_pool(9, fails={"d002": 1, "d005": 1})
    state = pool.roll(max_unavailable=1, max_failures=tolerated)
    assert (state["stop"]["cause"] == "failures") is bool(count)
    assert len(state["failures"]) == count


def test_failures_that_are_tolerated_are_tried_once_more_at_the_end() -> None:
    pool = a_rollout_pool(6, fails={"d002": 1, "d004": 2})
    state = pool.roll(max_unavailable=3, max_failures=2)
    assert pool.kinds == [("canary", 1), ("wave", 3), ("wave", 2), ("repair", 2)]
    assert pool.waves[-1] == ids(2, 4)
    assert skipped(state) == {"d004": "failed twice"}
    result = pool.result(state)
    assert (result["outcome"], result["is_failure"]) == ("done", False)
    assert result["reason"] == "1 desktop failed, which is tolerated: D004."
    assert [entry["desktop_id"] for entry in result["desktops_failed"]] == ["d004"]
    assert result["desktops_succeeded"] == ids(0, 1, 2, 3, 5)
    assert (pool.image, result["desktops_left"]) == (NEW, ["d004"])


def test_without_repair_nothing_is_tried_twice() -> None:
    pool = a_rollout_pool(6, fails={"d002": 1})
    state = pool.roll(max_failures=1, repair=False)
    assert ("repair", 1) not in pool.kinds
    assert pool.result(state)["desktops_left"] == ["d002"]


def test_a_canary_that_fails_stops_whatever_is_tolerated() -> None:
    pool = a_rollout_pool(20, fails={"d001": 1})
    state = pool.roll(canary=2, max_failures=10)
    assert pool.waves == [ids(0, 1)]
    assert state["stop"] == {"cause": "failures", "reason": "1 canary failed: D001 (no host left)."}


def test_continue_goes_on_after_a_canary_too_and_fails_at_the_end() -> None:
    pool = a_rollout_pool(4, fails={"d000": 2, "d002": 2})
    state = pool.roll(max_failures=1, on_failure="continue")
    assert pool.in_order == ids(0, 1, 2, 3, 0, 2)
    result = pool.result(state)
    assert (result["outcome"], result["is_failure"]) == ("failed", True)
    assert result["reason"] == "2 desktops failed: D000, D002."
    assert waves.wants_rollback(state) is False


def test_a_desktop_that_comes_up_unwell_has_failed_and_is_not_wiped_again() -> None:
    pool = a_rollout_pool(4, unhealthy={"d002": 5})
    state = pool.roll(max_failures=1)
    assert pool.changed.count(("d002", NEW)) == 1
    assert [entry["fail_reason"] for entry in pool.result(state)["desktops_failed"]] == ["it did not register."]


def test_a_failure_counts_once_if_the_service_and_the_check_tell_of_it() -> None:
    pool = a_rollout_pool(2)
    state = pool.start(canary=0, max_failures=1)
    step = waves.next_wave(state, pool.report, NOW)
    own = failure(step["desktop_ids"][0])
    state = waves.end_wave(state, step, {"failed": [own], "unhealthy": [own]}, NOW)
    assert state["failures"]["d000"]["times"] == 1
    assert state["stop"] is None


def test_what_is_said_of_desktops_outside_the_wave_is_passed_over() -> None:
    pool = a_rollout_pool(4)
    state = pool.start()
    step = waves.next_wave(state, pool.report, NOW)
    state = waves.end_wave(state, step, {"failed": [failure("d003"), {"fail_reason": "none"}]}, NOW)
    assert (state["failures"], state["stop"]) == ({}, None)


def test_many_failures_are_named_in_part() -> None:
    pool = a_rollout_pool(9, fails=dict.fromkeys(ids(*range(1, 8)), 1))
    state = pool.roll(max_unavailable=8)
    assert state["stop"]["reason"] == "7 desktops failed: D001, D002, D003, D004, D005 and 2 more (no host left)."


def test_a_failure_without_a_reason_says_so() -> None:
    pool = a_rollout_pool(2)
    step = waves.next_wave(state := pool.start(), pool.report, NOW)
    state = waves.end_wave(state, step, {"failed": [{"desktop_id": "d000"}]}, NOW)
    assert state["stop"]["reason"] == "1 canary failed: D000 (no reason given)."
    assert state["failures"]["d000"]["error_code"] == ""


def test_an_error_that_names_no_desktop_stops_and_nothing_is_taken_back() -> None:
    pool = a_rollout_pool(4)
    step = waves.next_wave(state := pool.start(), pool.report, NOW)
    state = waves.end_wave(state, step, {"error": "the wait timed out."}, NOW)
    assert state["stop"] == {"cause": "error", "reason": "the wait timed out."}
    assert (state["done"], state["touched"], state["failures"]) == ([], ["d000"], {})
    assert state["waves"][0]["error"] == "the wait timed out."
    assert waves.wants_rollback(state) is False
    result = pool.result(state)
    assert (result["outcome"], result["is_failure"], result["reason"]) == ("failed", True, "the wait timed out.")


def test_an_error_beside_desktops_that_failed_is_theirs() -> None:
    pool = a_rollout_pool(4)
    step = waves.next_wave(state := pool.start(canary=2, max_unavailable=2), pool.report, NOW)
    state = waves.end_wave(state, step, {"error": "1 of 2 failed.", "failed": [failure("d001")]}, NOW)
    assert state["stop"]["cause"] == "failures"
    assert (state["done"], state["waves"][0]["error"]) == (["d000"], "")


def test_if_the_job_is_over_an_error_that_names_no_desktop_is_that_of_all() -> None:
    pool = a_rollout_pool(4)
    step = waves.next_wave(state := pool.start(canary=0, max_unavailable=2), pool.report, NOW)
    state = waves.end_wave(state, step, {"error": "the job failed.", "job_over": True}, NOW)
    assert state["stop"] == {"cause": "failures", "reason": "2 desktops failed: D000, D001 (the job failed)."}
    assert (state["done"], list(state["failures"])) == ([], ids(0, 1))


def test_a_run_that_was_broken_off_is_a_failure() -> None:
    pool = a_rollout_pool(2)
    result = pool.result(pool.run(pool.start(), 1))
    assert (result["outcome"], result["is_failure"], result["reason"]) == ("failed", True, "it was interrupted.")


# --- users


def test_desktops_in_use_wait_until_the_others_are_done() -> None:
    pool = a_rollout_pool(4, used=[0, 1])

    def leave(own: RolloutPool) -> None:
        if own.now >= NOW + timedelta(minutes=11):
            own.set_login("REGISTERED", "d001")

    pool.before_each = leave
    state = pool.roll(max_unavailable=2, session_wait_seconds=600)
    assert [step["action"] for step in pool.steps] == ["change", "change", "wait", "change", "wait", "stop"]
    assert pool.waves == [["d002"], ["d003"], ["d001"]]
    wait = pool.steps[2]
    assert (wait["desktop_ids"], wait["until"], wait["wait_timeout"]) == (ids(0, 1), "any", 600)
    assert pool.steps[4]["wait_timeout"] == 540  # what the first wait has left of it
    assert state["stop"] == {"cause": "sessions", "reason": "1 desktop stayed in use: D000."}
    assert skipped(state) == {"d000": "in use"}
    result = pool.result(state)
    assert (result["outcome"], result["is_failure"], pool.image) == ("stopped", False, OLD)


def test_the_time_for_users_is_one_for_the_whole_run() -> None:
    pool = a_rollout_pool(3, used=[0, 1, 2])
    state = pool.start(canary=0, session_wait_seconds=100)
    for seconds, left in ((60, 100), (39.5, 40)):
        step = waves.next_wave(state, pool.report, NOW)
        assert (step["action"], step["wait_timeout"]) == ("wait", left)
        state = waves.end_wave(state, step, {"free": True, "seconds": seconds}, NOW)
    assert waves.next_wave(state, pool.report, NOW)["cause"] == "sessions"


def test_a_wait_in_which_nobody_left_is_the_last() -> None:
    pool = a_rollout_pool(1, used=[0])
    state = pool.start()
    state = waves.end_wave(state, waves.next_wave(state, pool.report, NOW), {"free": False, "seconds": 5}, NOW)
    assert waves.next_wave(state, pool.report, NOW)["cause"] == "sessions"


def test_users_who_come_and_go_do_not_keep_it_waiting_for_ever() -> None:
    pool = a_rollout_pool(1, used=[0])
    state = pool.start(session_wait_seconds=3)
    for _time in range(3):
        step = waves.next_wave(state, pool.report, NOW)
        assert step["action"] == "wait"
        state = waves.end_wave(state, step, {"free": True, "seconds": 0}, NOW)
    assert waves.next_wave(state, pool.report, NOW)["action"] == "stop"


def test_nobody_is_waited_for_beyond_the_window() -> None:
    pool = a_rollout_pool(1, used=[0])
    state = pool.roll(session_wait_seconds=3600, window_end=(NOW + timedelta(seconds=90)).isoformat())
    assert [step["action"] for step in pool.steps] == ["wait", "stop"]
    assert NOW + timedelta(seconds=90) <= pool.now <= NOW + timedelta(seconds=91)
    assert state["stop"]["cause"] == "window"


def test_skip_leaves_desktops_in_use_for_another_run() -> None:
    pool = a_rollout_pool(4, used=[0, 1])
    pool.set_login("DISCONNECTED", "d001")
    state = pool.roll(session_policy="skip", max_unavailable=4)
    assert pool.waves == [["d002"], ["d003"]]
    assert skipped(state) == {"d000": "in use", "d001": "in use"}
    assert pool.image == NEW
    result = pool.result(state)
    assert (result["outcome"], result["desktops_left"]) == ("done", ids(0, 1))
    assert result["desktops_skipped"][0] == {"desktop_id": "d000", "desktop_name": "D000", "reason": "in use"}


@pytest.mark.parametrize("canary", [1, ["d000"]])
def test_skip_does_not_move_the_template_if_no_canary_could_be_tried(canary: Any) -> None:
    pool = a_rollout_pool(2, used=[0, 1])
    state = pool.roll(session_policy="skip", canary=canary)
    assert (state["stop"]["cause"], pool.image, pool.changed) == ("sessions", OLD, [])


def test_skip_without_canaries_moves_the_template_all_the_same() -> None:
    pool = a_rollout_pool(2, used=[0, 1])
    state = pool.roll(session_policy="skip", canary=0)
    assert (state["stop"]["cause"], pool.image, pool.changed) == ("", NEW, [])


@pytest.mark.parametrize("canary", [1, ["d000"]])
def test_skip_goes_on_from_canaries_that_an_earlier_run_has_tried(canary: Any) -> None:
    pool = a_rollout_pool(3, used=[1, 2])
    set_image(pool, NEW, "d000")
    state = pool.roll(session_policy="skip", canary=canary)
    assert (state["stop"]["cause"], pool.image, pool.changed) == ("", NEW, [])


@pytest.mark.parametrize("policy", ["skip", "wait"])
def test_canaries_that_were_named_are_not_passed_over_for_others(policy: str) -> None:
    pool = a_rollout_pool(4, used=[1])
    state = pool.roll(session_policy=policy, canary=["d001"], session_wait_seconds=60)
    assert state["stop"] == {"cause": "sessions", "reason": "all canaries are in use: D001."}
    assert (skipped(state), pool.changed) == ({"d001": "in use"}, [])


def test_logoff_takes_desktops_in_use_last_and_those_who_stay_are_left_alone() -> None:
    pool = a_rollout_pool(4, used=[0, 1], stays=frozenset({"d000"}))
    state = pool.roll(session_policy="logoff", max_unavailable=4)
    assert pool.waves == [["d002"], ids(3, 0, 1)]
    assert skipped(state) == {"d000": "in use"}
    assert [entry["desktop_id"] for entry in state["waves"][1]["desktops"]] == ids(3, 1)
    assert (state["done"], state["touched"]) == (ids(1, 2, 3), ids(1, 2, 3))


def test_a_canary_whose_user_stays_is_replaced_before_the_waves_begin() -> None:
    pool = a_rollout_pool(4, used=[0, 1, 2, 3], stays=frozenset({"d000"}))
    pool.roll(session_policy="logoff", max_unavailable=4)
    assert pool.kinds == [("canary", 1), ("canary", 1), ("wave", 2)]


@pytest.mark.parametrize("canary", [["d000"], 2])
def test_without_a_canary_that_can_be_tried_there_is_no_wave_and_the_template_stays(canary: Any) -> None:
    pool = a_rollout_pool(2, used=[0, 1], stays=frozenset({"d000", "d001"}))
    state = pool.roll(session_policy="logoff", canary=canary, max_unavailable=2)
    assert {kind for kind, _count in pool.kinds} == {"canary"}
    assert state["stop"]["cause"] == "sessions"
    assert state["stop"]["reason"].startswith("all canaries are in use: D000")
    assert (pool.image, state["waves"], state["canaries_ran"]) == (OLD, [], False)


def test_nobody_is_waited_for_if_nothing_is_cut() -> None:
    pool = a_rollout_pool(2, used=[0, 1])
    state = pool.start({"volumes": [{"type": "SSD", "size": 200}]}, canary=0)
    step = waves.next_wave(state, pool.report, NOW)
    assert (step["action"], step["in_session"], state["cuts_sessions"]) == ("change", [], False)


# --- window and pause


@pytest.mark.parametrize(("offset", "action"), [(-1, "stop"), (0, "stop"), (1, "change")])
def test_no_wave_starts_when_the_window_is_over(offset: int, action: str) -> None:
    pool = a_rollout_pool(4)
    end = NOW + timedelta(seconds=offset)
    step = waves.next_wave(pool.start(window_end=end.isoformat()), pool.report, NOW)
    assert step["action"] == action
    if action == "stop":
        assert step["cause"] == "window"
        assert step["reason"] == f"the window ended at {end.isoformat()}; 4 desktops left for the next run."


def test_a_window_that_ends_in_the_middle_leaves_the_rest_to_the_next_run() -> None:
    pool = a_rollout_pool(4)
    end = (NOW + timedelta(minutes=6)).isoformat()
    state = pool.roll(window_end=end, max_unavailable=1)
    assert (pool.waves, state["stop"]["cause"], pool.image) == ([["d000"], ["d001"]], "window", OLD)
    assert pool.result(state)["is_failure"] is False
    pool.roll(max_unavailable=1)
    assert pool.waves == [["d000"], ["d001"], ["d002"], ["d003"]]
    assert pool.image == NEW


def test_what_is_done_is_finished_after_the_window_too() -> None:
    pool = a_rollout_pool(1)
    assert pool.roll(window_end=(NOW + timedelta(minutes=1)).isoformat())["stop"]["cause"] == ""
    assert pool.image == NEW


@pytest.mark.parametrize("canary", [2, ["d002", "d004"]])
def test_a_pause_after_the_canaries_is_promoted_by_running_again(canary: Any) -> None:
    pool = a_rollout_pool(5)
    state = pool.roll(canary=canary, pause_after_canary=True, max_unavailable=5)
    assert pool.kinds == [("canary", 2)]
    assert state["stop"] == {
        "cause": "pause",
        "reason": "the canaries are done and 3 desktops left for the next run; to promote, run again; "
        f"to cancel, run with {OLD} instead, which takes the canaries back.",
    }
    result = pool.result(state)
    assert (result["outcome"], result["is_failure"], pool.image) == ("stopped", False, OLD)
    pool.roll(canary=canary, pause_after_canary=True, max_unavailable=5)
    assert pool.kinds == [("canary", 2), ("wave", 3)]
    assert (pool.image, set(pool.images.values())) == (NEW, {NEW})


def test_a_pause_is_cancelled_by_running_with_what_was_there_before() -> None:
    pool = a_rollout_pool(5)
    pool.roll(canary=2, pause_after_canary=True)
    pool.roll({"image_id": OLD}, pause_after_canary=True)
    assert pool.changed == [("d000", NEW), ("d001", NEW), ("d000", OLD), ("d001", OLD)]
    assert pool.image == OLD


def test_no_pause_if_the_canaries_were_all() -> None:
    pool = a_rollout_pool(2)
    assert pool.roll(canary=2, pause_after_canary=True, max_unavailable=1)["stop"]["cause"] == ""


def test_a_pause_comes_after_all_waves_of_canaries() -> None:
    pool = a_rollout_pool(6)
    pool.roll(canary=4, pause_after_canary=True, max_unavailable=2)
    assert pool.kinds == [("canary", 2), ("canary", 2)]


# --- regions


def test_a_region_without_partial_changes_changes_the_whole_pool_in_one_step() -> None:
    pool = a_rollout_pool(30, partial_changes=False)
    state = pool.roll(canary=5, pause_after_canary=True, max_unavailable=1)
    assert pool.kinds == [("wave", 30)]
    assert pool.steps[0]["whole_pool"] is True
    assert (state["stop"]["cause"], pool.image, pool.result(state)["whole_pool"]) == ("", NEW, True)


@pytest.mark.parametrize(
    ("capabilities", "whole_pool"),
    [(None, False), ({}, False), ({"partial_changes": None}, False), ({"partial_changes": False}, True)],
)
def test_a_region_is_taken_to_know_partial_changes_unless_it_is_known_not_to(
    capabilities: Any, whole_pool: bool
) -> None:
    report = {**a_rollout_pool(1).report, "capabilities": capabilities}
    assert waves.start_rollout(report, TO_NEW, {}, NOW)["whole_pool"] is whole_pool
    del report["capabilities"]
    assert waves.start_rollout(report, TO_NEW, {}, NOW)["whole_pool"] is False


def test_a_region_without_partial_changes_keeps_no_floor_and_says_so_before_anybody_waits() -> None:
    pool = a_rollout_pool(3, used=[0], partial_changes=False)
    state = pool.roll(min_available=1)
    assert state["stop"] == {
        "cause": "floor",
        "reason": "this region changes whole pools only, so no desktop would stay available; leave min_available out.",
    }
    assert len(pool.steps) == 1
    pool.set_login("REGISTERED", "d000")
    assert pool.roll(min_available=0)["stop"]["cause"] == ""


@pytest.mark.parametrize("policy", ["wait", "skip"])
def test_a_region_without_partial_changes_waits_for_all_and_skips_nobody(policy: str) -> None:
    pool = a_rollout_pool(3, used=[0, 1], partial_changes=False)
    state = pool.roll(session_policy=policy, session_wait_seconds=60)
    waits = [step for step in pool.steps if step["action"] == "wait"]
    assert [(step["until"], step["desktop_ids"]) for step in waits] == (
        [("all", ids(0, 1))] if policy == "wait" else []
    )
    assert state["stop"] == {
        "cause": "sessions",
        "reason": "this region changes whole pools only, with 2 desktops in use: D000, D001.",
    }
    assert pool.changed == []


def test_a_template_that_strays_is_put_back_before_each_wave() -> None:
    pool = a_rollout_pool(5, strays=True)
    state = pool.roll(max_unavailable=2)
    strayed = [(step["action"], step["template_strayed"]) for step in pool.steps]
    assert strayed == [("change", False), ("change", True), ("change", True), ("finish", False)]
    assert (state["former"], pool.image) == (OLD, NEW)


def test_a_template_that_strays_is_put_back_when_the_rollout_stops() -> None:
    pool = a_rollout_pool(5, strays=True)
    pool.roll(pause_after_canary=True)
    assert (pool.steps[-1]["action"], pool.steps[-1]["template_strayed"]) == ("stop", True)
    assert pool.image == OLD


def test_a_template_that_had_it_before_does_not_stray() -> None:
    pool = a_rollout_pool(3, image=NEW)
    pool.roll()
    assert [step["template_strayed"] for step in pool.steps] == [False] * len(pool.steps)


def test_a_template_that_a_change_of_the_whole_pool_has_moved_does_not_stray() -> None:
    pool = a_rollout_pool(3, partial_changes=False, strays=True, fails={"d001": 1})
    pool.roll(max_failures=1)
    assert pool.kinds == [("wave", 3), ("repair", 1)]
    assert [step["template_strayed"] for step in pool.steps] == [False, False, False]


# --- roll back


def test_a_rollout_that_failed_is_taken_back_in_waves() -> None:
    pool = a_rollout_pool(12, fails={"d005": 1})
    state = pool.roll(max_unavailable=4, canary=2)
    assert waves.wants_rollback(state) is True
    pool.steps.clear()
    back = pool.roll_back(state)
    assert pool.kinds == [("rollback", 4), ("rollback", 1)]
    assert [step["wave"] for step in pool.steps] == [3, 4, 5]
    assert set(pool.images.values()) == {OLD}
    assert pool.changed.count(("d005", OLD)) == 0  # it never got the new image
    assert back["change"] == {"image_id": OLD}
    result = pool.result(state, back)
    assert (result["outcome"], result["is_failure"]) == ("rolled_back", True)
    assert result["reason"] == f"1 desktop failed: D005 (no host left). 5 desktops taken back to {OLD}."
    assert (result["desktops_succeeded"], result["desktops_rolled_back"]) == ([], ids(0, 1, 2, 3, 4))
    assert [wave["kind"] for wave in result["waves"]] == ["canary", "wave", "rollback", "rollback"]
    assert (result["from"], result["to"], pool.image) == (OLD, NEW, OLD)


def test_what_an_earlier_run_has_changed_is_taken_back_while_the_template_waits() -> None:
    pool = a_rollout_pool(6, fails={"d004": 1})
    pool.run(pool.start(max_unavailable=2), 2)
    state = pool.roll(max_unavailable=2)
    pool.roll_back(state)
    assert set(pool.images.values()) == {OLD}


def test_what_had_it_before_stays_if_the_template_had_moved_already() -> None:
    pool = a_rollout_pool(6, image=NEW, fails={"d003": 1})
    set_image(pool, NEW, *ids(0, 1))
    set_image(pool, OTHER, "d002")
    state = pool.roll(canary=0, max_unavailable=2)
    assert state["former"] == OLD
    pool.roll_back(state)
    assert pool.images == {"d000": NEW, "d001": NEW, "d002": OLD, "d003": OLD, "d004": OLD, "d005": OLD}
    assert pool.image == NEW


def test_a_rollback_moves_a_template_back_that_strayed() -> None:
    pool = a_rollout_pool(6, strays=True, fails={"d002": 1})
    state = pool.roll(max_unavailable=2)
    assert pool.image == NEW
    pool.steps.clear()
    pool.roll_back(state)
    assert [step["template_strayed"] for step in pool.steps] == [True, False]
    assert pool.image == OLD
    assert set(pool.images.values()) == {OLD}


def test_a_rollback_tries_twice_and_says_what_it_could_not() -> None:
    pool = a_rollout_pool(8, fails={"d003": 1})
    state = pool.roll(max_unavailable=3)
    pool.fails = {"d000": 9, "d001": 1}
    back = pool.roll_back(state)
    assert (pool.changed.count(("d000", OLD)), pool.changed.count(("d001", OLD))) == (2, 2)
    result = pool.result(state, back)
    assert (result["outcome"], result["is_failure"]) == ("failed", True)
    assert result["reason"].endswith("2 desktops taken back to image-old, 1 could not be: D000.")
    assert [entry["desktop_id"] for entry in result["desktops_failed"]] == ids(3, 0)
    assert result["desktops_succeeded"] == ["d000"]


def test_a_rollback_goes_on_after_window_and_pause_and_without_canaries() -> None:
    pool = a_rollout_pool(8, fails={"d003": 1})
    end = (NOW + timedelta(minutes=7)).isoformat()
    state = pool.roll(max_unavailable=8, canary=["d000"], window_end=end)
    assert state["stop"]["cause"] == "failures"
    pool.roll_back(state)
    assert pool.kinds == [("canary", 1), ("wave", 7), ("rollback", 7)]


def test_a_rollback_waits_for_users_after_the_window_too_and_tries_twice_though_the_rollout_did_not() -> None:
    pool = a_rollout_pool(4, fails={"d001": 1})
    end = (NOW + timedelta(minutes=4)).isoformat()
    state = pool.roll(canary=0, max_unavailable=2, window_end=end, repair=False, session_wait_seconds=60)
    pool.set_login("CONNECTED", "d000")
    pool.fails = {"d000": 1}
    pool.steps.clear()
    visits = iter(["CONNECTED", "REGISTERED"])
    pool.before_each = lambda own: own.set_login(next(visits, "REGISTERED"), "d000")
    pool.roll_back(state)
    assert [step["action"] for step in pool.steps] == ["wait", "change", "change", "finish"]
    assert set(pool.images.values()) == {OLD}


def test_a_rollback_puts_a_template_back_and_never_forward() -> None:
    pool = a_rollout_pool(2, fails={"d000": 1})
    back = waves.start_rollback(pool.roll(), pool.report, pool.now)
    for image, strayed in ((NEW, True), (OLD, False)):
        pool.image = image
        step = waves.next_wave(back, pool.report, pool.now)
        assert (step["action"], step["template_strayed"], step["template_due"]) == ("finish", strayed, False)


def test_a_rollback_keeps_floor_and_users() -> None:
    pool = a_rollout_pool(8, fails={"d003": 1})
    state = pool.roll(max_unavailable=8, canary=1, min_available=5, session_wait_seconds=60)
    pool.set_login("CONNECTED", "d000")
    pool.steps.clear()
    back = pool.roll_back(state)
    assert pool.kinds == [("rollback", 2)]
    assert back["stop"]["cause"] == "sessions"
    result = pool.result(state, back)
    assert result["outcome"] == "failed"
    assert result["reason"].endswith(
        "2 desktops taken back to image-old, 1 could not be: D000. "
        "The roll back stopped: 1 desktop stayed in use: D000."
    )
    assert result["desktops_succeeded"] == ["d000"]


def test_a_rollback_that_ends_in_an_error_says_which() -> None:
    pool = a_rollout_pool(4, fails={"d001": 1})
    state = pool.roll(canary=0, max_unavailable=2)
    back = waves.start_rollback(state, pool.report, pool.now)
    broken_off = pool.result(state, back)
    assert broken_off["reason"].endswith(" The roll back stopped: it was interrupted.")
    step = waves.next_wave(back, pool.report, pool.now)
    back = waves.end_wave(back, step, {"error": "no answer."}, pool.now)
    assert back["stop"] == {"cause": "error", "reason": "no answer."}
    result = pool.result(state, back)
    assert result["outcome"] == broken_off["outcome"] == "failed"
    assert result["reason"].endswith(
        " 0 desktops taken back to image-old, 1 could not be: D000. The roll back stopped: no answer."
    )


def test_disks_are_not_taken_back_desktop_by_desktop() -> None:
    pool = a_rollout_pool(2)
    state = pool.start({"volumes": [{"type": "SSD", "size": 200}]})
    step = waves.next_wave(state, pool.report, NOW)
    state = waves.end_wave(state, step, {"failed": [failure("d000")]}, NOW)
    assert state["stop"]["cause"] == "failures"
    assert waves.wants_rollback(state) is False
    with pytest.raises(InputError, match="disks are not taken back"):
        waves.start_rollback(state, pool.report, NOW)


@pytest.mark.parametrize("on_failure", ["stop", "continue", "rollback"])
def test_a_roll_back_is_wanted_only_where_it_was_asked_for(on_failure: str) -> None:
    pool = a_rollout_pool(4, fails={"d000": 1})
    assert waves.wants_rollback(pool.roll(on_failure=on_failure)) is (on_failure == "rollback")


def test_a_roll_back_is_not_wanted_before_a_stop_nor_where_nothing_says_where_to() -> None:
    pool = a_rollout_pool(2, image="", fails={"d000": 1})
    assert waves.wants_rollback(pool.start()) is False
    assert waves.wants_rollback(pool.roll()) is False


def test_a_product_is_taken_back_as_an_image_is() -> None:
    pool = a_rollout_pool(2)
    step = waves.next_wave(state := pool.start(RESIZE), pool.report, NOW)
    pool.record("d000")["product"] = {"product_id": "product-b"}
    state = waves.end_wave(state, step, {"unhealthy": [failure("d000")]}, NOW)
    back = waves.start_rollback(state, pool.report, NOW)
    assert (back["change"], back["due"]) == ({"product_id": "product-a"}, ["d000"])


# --- what is told


def test_a_wave_is_told_with_its_times_and_its_job() -> None:
    pool = a_rollout_pool(2)
    step = waves.next_wave(state := pool.start(canary=2, max_unavailable=2), pool.report, NOW)
    job = {
        "job_id": "job-9",
        "sub_jobs": [
            {
                "entities": {"desktop_id": "d001"},
                "begin_time": "2026-11-23 01:00:05",
                "end_time": "2026-11-23 01:04:00",
                "status": "SUCCESS",
            },
            {"entities": {"desktop_id": "elsewhere"}, "status": "SUCCESS"},
            {"status": "SUCCESS"},
        ],
    }
    later = NOW + timedelta(minutes=4, seconds=30)
    outcome = {"began": "2026-11-23T01:00:00", "job_id": "job-9", "jobs": [job, {"sub_jobs": None}]}
    state = waves.end_wave(state, step, outcome, later)
    assert [{**wave, "desktops": len(wave["desktops"])} for wave in state["waves"]] == [
        {
            "wave": 1,
            "what": "image",
            "kind": "canary",
            "desktops": 2,
            "failed": [],
            "began": "2026-11-23T01:00:00+00:00",
            "ended": "2026-11-23T01:04:30+00:00",
            "seconds": 270.0,
            "job_id": "job-9",
            "error": "",
        }
    ]
    assert state["timeline"] == [
        {
            "desktop_id": "d001",
            "desktop_name": "D001",
            "what": "image",
            "wave": 1,
            "kind": "canary",
            "began": "2026-11-23 01:00:05",
            "ended": "2026-11-23 01:04:00",
            "status": "SUCCESS",
        }
    ]
    result = waves.rollout_result(state, None, pool.report, later)
    assert (result["seconds"], result["rate"], result["timeline"]) == (270.0, 26.7, state["timeline"])


@pytest.mark.parametrize("began", ["2026-11-23T00:59:00Z", "2026-11-23T01:59:00+01:00", "2026-11-23 00:59:00"])
def test_the_beginning_of_a_wave_is_read_in_any_zone(began: str) -> None:
    pool = a_rollout_pool(1)
    step = waves.next_wave(state := pool.start(), pool.report, NOW)
    assert waves.end_wave(state, step, {"began": began}, NOW)["waves"][0]["seconds"] == 60.0


def test_a_wave_whose_beginning_is_not_told_began_when_it_ended() -> None:
    pool = a_rollout_pool(1)
    step = waves.next_wave(state := pool.start(), pool.report, NOW)
    assert waves.end_wave(state, step, {}, NOW)["waves"][0]["seconds"] == 0.0


def test_the_rate_counts_what_was_changed_in_the_time_that_waves_took() -> None:
    pool = a_rollout_pool(6, fails={"d003": 1})
    result = pool.result(pool.roll(max_failures=1, repair=False, max_unavailable=5))
    assert result["rate"] == 30.0  # 5 in twice 5 minutes
    assert result["seconds"] == 600.0
    assert (result["began"], result["ended"]) == (NOW.isoformat(), (NOW + timedelta(minutes=10)).isoformat())


def test_a_rollout_that_goes_on_behind_a_moved_template_says_what_most_desktops_had() -> None:
    pool = a_rollout_pool(4, image=NEW)
    set_image(pool, OTHER, "d000")
    assert pool.result(pool.roll())["from"] == OLD


# --- rehearsal


@pytest.mark.parametrize(
    "options",
    [
        {},
        {"canary": "20%", "max_unavailable": 3, "min_available": "60%"},
        {"canary": ["d004"], "pause_after_canary": True},
        {"session_policy": "skip"},
        {"session_policy": "logoff"},
        {"canary": 0, "min_available": "100%"},
    ],
)
def test_a_rehearsal_shows_the_waves_of_the_run(options: dict[str, Any]) -> None:
    pool = a_rollout_pool(12, used=[2, 7] if "session_policy" in options else [])
    pool.record("d010")["status"] = "ERROR"
    pool.record("d011")["is_freeze"] = True
    shown = waves.rehearse_rollout(pool.report, TO_NEW, options, NOW)
    state = pool.roll(**options)
    result = pool.result(state)
    keys = ("wave", "what", "kind", "desktops")
    assert [[wave[key] for key in keys] for wave in shown["waves"]] == [
        [wave[key] for key in keys] for wave in result["waves"]
    ]
    assert shown["desktops_skipped"] == result["desktops_skipped"]
    assert (shown["cause"], shown["reason"]) == (state["stop"]["cause"], state["stop"]["reason"])
    assert (shown["outcome"], shown["from"], shown["to"]) == ("planned", OLD, NEW)


def test_a_rehearsal_takes_users_to_leave_and_marks_the_waves_behind_that() -> None:
    pool = a_rollout_pool(4, used=[0, 1])
    shown = waves.rehearse_rollout(pool.report, TO_NEW, {"max_unavailable": 2}, NOW)
    waited = [(wave["after_users"], [entry["desktop_id"] for entry in wave["desktops"]]) for wave in shown["waves"]]
    assert waited == [(False, ["d002"]), (False, ["d003"]), (True, ids(0, 1))]


def test_a_rehearsal_does_not_know_how_long_waves_take_unless_told() -> None:
    pool = a_rollout_pool(50)
    options = {"max_unavailable": 30, "window_end": "2020-01-01T00:00:00Z"}
    shown = waves.rehearse_rollout(pool.report, TO_NEW, options, NOW)
    assert shown["expected_seconds"] is None
    assert {wave["expected_seconds"] for wave in shown["waves"]} == {None}
    shown = waves.rehearse_rollout(pool.report, TO_NEW, options, NOW, PACE)
    assert [wave["expected_seconds"] for wave in shown["waves"]] == [300, 600, 300]
    assert shown["expected_seconds"] == 1200


def test_a_rehearsal_of_nothing_says_so_as_the_run_does() -> None:
    pool = a_rollout_pool(2, image=NEW)
    set_image(pool, NEW, "d000", "d001")
    assert waves.rehearse_rollout(pool.report, TO_NEW, {}, NOW)["outcome"] == "unchanged"
    pool.record("d000").update({"metadata": {"metering.image_id": OLD}, "is_freeze": True})
    shown = waves.rehearse_rollout(pool.report, TO_NEW, {}, NOW)
    assert shown["outcome"] == pool.result(pool.roll())["outcome"] == "unchanged"
    assert shown["desktops_skipped"][0]["reason"] == "frozen"
    pool.image = OLD
    shown = waves.rehearse_rollout(pool.report, TO_NEW, {}, NOW, PACE)
    assert (shown["outcome"], shown["waves"], shown["expected_seconds"]) == ("planned", [], 0)


def test_a_rehearsal_that_would_stop_before_the_first_wave_is_no_unchanged_pool() -> None:
    pool = a_rollout_pool(3, image=NEW)
    shown = waves.rehearse_rollout(pool.report, TO_NEW, {"min_available": 3}, NOW)
    assert (shown["outcome"], shown["cause"], shown["waves"]) == ("planned", "floor", [])


# --- how fast it was


def sub_job(seconds: int, **fields: Any) -> dict[str, Any]:
    begin = NOW.replace(tzinfo=None)
    return {
        "job_type": "rebuildDesktopPool",
        "status": "SUCCESS",
        "begin_time": str(begin),
        "end_time": str(begin + timedelta(seconds=seconds)),
        **fields,
    }


def test_the_pace_is_told_from_past_jobs() -> None:
    batches = [sub_job(300 * (1 + number // 20)) for number in range(50)]
    assert waves.pool_pace([{"sub_jobs": batches}], ["rebuildDesktopPool"]) == {
        "seconds_per_desktop": 300.0,
        "parallel": 17,
        "desktops": 50,
    }


def test_the_pace_is_the_median_of_jobs_and_the_widest_of_them() -> None:
    jobs = [
        {"sub_jobs": [sub_job(100)]},
        {"sub_jobs": [sub_job(900), sub_job(900), sub_job(910)]},
        {"sub_jobs": [sub_job(200), sub_job(400)]},
    ]
    assert waves.pool_pace(jobs, ["rebuildDesktopPool"]) == {
        "seconds_per_desktop": 200.0,
        "parallel": 3,
        "desktops": 6,
    }


@pytest.mark.parametrize(
    "job",
    [
        {},
        {"sub_jobs": None},
        {"sub_jobs": [sub_job(100, status="FAILED")]},
        {"sub_jobs": [sub_job(100, job_type="deleteDesktops")]},
        {"sub_jobs": [sub_job(100, job_type=None)]},
        {"sub_jobs": [sub_job(0)]},
        {"sub_jobs": [sub_job(100, begin_time="soon")]},
        {"sub_jobs": [sub_job(100, end_time=None)]},
    ],
)
def test_a_job_that_tells_nothing_gives_no_pace(job: dict[str, Any]) -> None:
    pace = waves.pool_pace([job], ["rebuildDesktopPool"])
    assert pace == {}
    assert waves.expected_seconds(10, pace) is None


def test_sub_jobs_without_a_type_are_of_that_of_their_job() -> None:
    job = {"job_type": "rebuildDesktopPool", "sub_jobs": [sub_job(60, job_type="")]}
    assert waves.pool_pace([job], ["rebuildDesktopPool"])["seconds_per_desktop"] == 60


# --- the page


def test_the_worked_example_of_the_page_is_what_is_planned() -> None:
    """The table of docs/waves.md says of each wave its kind, its size, and when it ends."""
    pool = a_rollout_pool(120, used=range(110, 120))
    options = {"canary": "5%", "max_unavailable": "25%", "min_available": "80%"}
    shown = waves.rehearse_rollout(pool.report, TO_NEW, options, NOW, {"seconds_per_desktop": 300, "parallel": 20})
    rows = []
    minutes = 0.0
    for wave in shown["waves"]:
        minutes += wave["expected_seconds"] / 60
        when = "when they have left" if wave["after_users"] else "at once"
        rows.append((str(wave["wave"]), wave["kind"], str(len(wave["desktops"])), when, f"{minutes:g}"))
    page = PAGE.read_text()
    table = re.findall(r"^\| (\d+) \| (\w+) \| (\d+) \| ([\w ]+) \| (\d+) \|$", page, re.MULTILINE)
    assert table == rows
    assert len(rows) == 7
    assert f"{int(shown['expected_seconds'] / 60)} minutes" in page
