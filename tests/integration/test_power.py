# Copyright (c) 2026 the hwcloud.workspace contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Starting, stopping, rebooting and hibernating a pool's desktops: once each, and never those that need nothing."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import pytest
from running import Ansible, task
from sight import Sight, desktop_id

RUNNING = ("FIN-001", "FIN-002", "FIN-003")


def power(state: str, title: str | None = None, pool: str = "finance", **options: Any) -> dict[str, Any]:
    """Return a task that brings a pool to a state."""
    return task("desktop_pool_power", title or state, pool=pool, state=state, **options)


def each(desktops: Iterable[str], *events: str) -> dict[str, list[str]]:
    """Return the same events for each desktop."""
    return {name: list(events) for name in desktops}


def checked(play: dict[str, Any]) -> dict[str, Any]:
    """Return a task in check mode."""
    return {**play, "name": f"check {play['name']}", "check_mode": True}


def actions(sight: Sight, pool: str = "finance") -> dict[str, list[str]]:
    """Return what was done to each desktop of a pool, by name, without those to which nothing was done."""
    desktops = sight.control.pool(pool)["desktops"]
    found = {
        desktop["computer_name"]: [event["action"] for event in desktop["effects"]["power"]] for desktop in desktops
    }
    return {name: events for name, events in found.items() if events}


def states(sight: Sight, pool: str = "finance") -> dict[str, str]:
    """Return the status of each desktop of a pool, by name."""
    return {desktop["computer_name"]: desktop["status"] for desktop in sight.control.pool(pool)["desktops"]}


def test_stopping_and_starting(ansible: Ansible, sight: Sight) -> None:
    stop, start = power("stopped"), power("started")
    run = ansible.play(checked(stop), stop, power("stopped", "again"), checked(start), start, power("started", "rest"))
    for name, before, after in (
        ("stopped", {"ACTIVE": 3, "SHUTOFF": 1}, {"SHUTOFF": 4}),
        ("started", {"SHUTOFF": 4}, {"ACTIVE": 4}),
    ):
        assert run[name].changed
        assert run[f"check {name}"].changed
        assert run[f"check {name}"]["job_id"] is None
        diff = {"before": {"desktops_by_status": before}, "after": {"desktops_by_status": after}}
        assert run[name]["diff"] == run[f"check {name}"]["diff"] == diff
    for name in ("again", "rest"):
        assert not run[name].changed
        assert len(run[name].requests) <= 2
    assert run.sent("ExecuteDesktopPoolAction") == [{"op_type": "os-stop"}, {"op_type": "os-start"}]
    assert {desktop_id(name) for name in RUNNING} <= set(run["stopped"]["desktops_succeeded"])
    assert run["stopped"]["job_id"] == run["stopped"]["job"]["id"] == sight.jobs()[0]["id"]
    assert run["stopped"]["desktop_pool"]["name"] == "finance"
    assert actions(sight) == {**each(RUNNING, "os-stop", "os-start"), "FIN-004": ["os-start"]}
    assert set(states(sight).values()) == {"ACTIVE"}


def test_a_reboot_each_time_and_users_are_named(ansible: Ansible, sight: Sight) -> None:
    reboot = power("rebooted", pool="callcenter", force=True)
    lost = "pool callcenter: users are logged in on 2 of the 3 desktops to reboot, and their unsaved work is lost"
    run = ansible.play(checked(reboot), reboot, {**reboot, "name": "again"}, warnings=[rf"{lost}: CCT-001, CCT-002\."])
    assert [found.changed for found in run.tasks] == [True, True, True]
    assert {str(found["diff"]) for found in run.tasks} == {str({"before": {}, "after": {"desktops_rebooted": 3}})}
    assert run.sent("ExecuteDesktopPoolAction") == [{"op_type": "reboot", "type": "HARD"}] * 2
    assert actions(sight, "callcenter") == each(("CCT-001", "CCT-002", "CCT-003"), "reboot", "reboot")
    assert set(states(sight, "callcenter").values()) == {"ACTIVE"}


def test_hibernation_leaves_stopped_desktops_alone_and_nothing_is_left_to_reboot(
    ansible: Ansible, sight: Sight
) -> None:
    sleep = power("hibernated")
    run = ansible.play(
        checked(sleep),
        sleep,
        power("hibernated", "again"),
        power("rebooted"),
        warnings=[
            r"pool finance: stopped desktops cannot be hibernated and are left as they are: FIN-004\.",
            r"pool finance: none of its desktops runs, so none is rebooted\.",
        ],
    )
    assert [found.changed for found in run.tasks] == [True, True, False, False]
    assert run["hibernated"]["diff"]["after"] == {"desktops_by_status": {"HIBERNATED": 3, "SHUTOFF": 1}}
    assert run.sent("ExecuteDesktopPoolAction") == [{"op_type": "hibernate"}]
    assert states(sight) == {**dict.fromkeys(RUNNING, "HIBERNATED"), "FIN-004": "SHUTOFF"}


def test_a_run_that_did_not_wait_is_taken_up(ansible: Ansible, sight: Sight) -> None:
    sight.move_time_by_polls(1)
    run = ansible.play(power("stopped", "begin", wait=False), power("stopped"))
    assert run["begin"].changed
    assert run["begin"]["desktops_succeeded"] == []
    assert (run["stopped"]["adopted"], run["stopped"].changed) == (True, False)
    assert run["stopped"]["job_id"] == run["begin"]["job_id"]
    assert actions(sight) == each(RUNNING, "os-stop")


def test_a_desktop_that_fails_is_stopped_by_the_next_run(ansible_in_process: Ansible, sight: Sight) -> None:
    sight.control.set_failures({"operation": "ExecuteDesktopPoolAction", "desktops": ["FIN-002"], "times": 1})
    run = ansible_in_process.play(
        {**power("stopped", "fail"), "ignore_errors": True}, power("stopped"), power("stopped", "rest")
    )
    assert [found.status for found in run.tasks] == ["failed", "ok", "ok"]
    assert run["fail"].message.startswith("pool finance: stop: 1 of 4 desktops failed in job ")
    assert [entry["desktop_name"] for entry in run["fail"]["desktops_failed"]] == ["FIN-002"]
    assert run["stopped"]["diff"]["before"] == {"desktops_by_status": {"ACTIVE": 1, "SHUTOFF": 3}}
    assert not run["rest"].changed
    assert actions(sight) == each(RUNNING, "os-stop")


def test_desktops_in_error_are_left_out(ansible_in_process: Ansible, sight: Sight) -> None:
    failed = r"pool engineering: desktops in ERROR are left out: ENG-003\."
    stop = power("stopped", pool="engineering")
    run = ansible_in_process.play(stop, {**stop, "name": "again"}, warnings=[failed])
    assert [found.changed for found in run.tasks] == [True, False]
    assert run["stopped"]["diff"]["before"] == {"desktops_by_status": {"ACTIVE": 3, "ERROR": 1}}
    assert {name: events for name, events in actions(sight, "engineering").items() if name != "ENG-003"} == (
        each(("ENG-001", "ENG-002", "ENG-004"), "os-stop")
    )


@pytest.mark.readings
@pytest.mark.parametrize(
    "readings",
    [
        {"action_needless": "success", "state_after_job": "lags"},
        {"action_needless": "failed", "action_on_none": "refused"},
        {"action_needless": "failed", "job_status_partial": "FAIL", "job_status_failed": "FAIL"},
        {"action_needless": "left_out", "action_on_none": "refused", "sub_jobs_appear": "late"},
        {"action_job_type": "operateDesktops", "sub_jobs_appear": "growing"},
        {"api_age": "older", "conflict": "pool"},
        {"pool_status_during_job": "STEADY", "conflict": "desktop"},
    ],
    ids=str,
)
def test_every_reading_ends_in_the_state(ansible_in_process: Ansible, sight: Sight, readings: dict[str, str]) -> None:
    sight.control.set_dialect(**readings)
    run = ansible_in_process.play(
        power("rebooted"), power("stopped"), power("stopped", "again"), power("started"), power("started", "rest")
    )
    assert [found.changed for found in run.tasks] == [True, True, False, True, False]
    assert [found["desktops_failed"] for found in run.tasks] == [[]] * 5
    assert len(run.changes) == 3
    assert actions(sight) == {
        **each(RUNNING, "reboot", "os-stop", "os-start"),
        "FIN-004": ["os-start"],
    }
    assert set(states(sight).values()) == {"ACTIVE"}
