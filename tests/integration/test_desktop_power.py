# Copyright (c) 2026 the hwcloud.workspace contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The power of single desktops: those that are named, once each, and what the service refuses."""

from __future__ import annotations

from typing import Any

import pytest
from running import FACTOR, Ansible, task
from sight import Sight, desktop_id


def ids(*names: str) -> list[str]:
    return [desktop_id(name) for name in names]


def power(state: str, title: str, *names: str, **options: Any) -> dict[str, Any]:
    """Return a task that brings desktops of the pool finance to a state."""
    return task("desktop_power", title, pool="finance", state=state, desktop_ids=ids(*names), **options)


def checked(play: dict[str, Any]) -> dict[str, Any]:
    """Return a task in check mode."""
    return {**play, "name": f"check {play['name']}", "check_mode": True}


def actions(sight: Sight) -> dict[str, list[str]]:
    """Return what was done to each desktop of the pool, by name."""
    desktops = sight.control.pool("finance")["desktops"]
    return {
        desktop["computer_name"]: [event["action"] for event in desktop["effects"]["power"]] for desktop in desktops
    }


def states(sight: Sight) -> list[str]:
    return [desktop["status"] for desktop in sight.control.pool("finance")["desktops"]]


def test_stopping_starting_and_rebooting_some(ansible: Ansible, sight: Sight) -> None:
    stop = power("stopped", "stop", "FIN-001", "FIN-004")
    start = power("started", "start", "FIN-001", "FIN-002")
    reboot = power("rebooted", "reboot", "FIN-002", force=True)
    run = ansible.play(checked(stop), stop, {**stop, "name": "again"}, checked(start), start, reboot)
    assert [found.changed for found in run.tasks] == [True, True, False, True, True, True]
    for name, before, after in (
        ("stop", {"ACTIVE": 1, "SHUTOFF": 1}, {"SHUTOFF": 2}),
        ("start", {"ACTIVE": 1, "SHUTOFF": 1}, {"ACTIVE": 2}),
    ):
        diff = {"before": {"desktops_by_status": before}, "after": {"desktops_by_status": after}}
        assert run[name]["diff"] == run[f"check {name}"]["diff"] == diff
        assert run[name]["desktops_succeeded"] == ids("FIN-001")
        assert (run[name]["job_id"], run[name]["adopted"], run[name]["desktops_failed"]) == (None, False, [])
    assert run.sent("BatchRunDesktops") == [
        {"desktop_ids": ids("FIN-001"), "op_type": "os-stop"},
        {"desktop_ids": ids("FIN-001"), "op_type": "os-start"},
        {"desktop_ids": ids("FIN-002"), "op_type": "reboot", "type": "HARD"},
    ]
    assert run["reboot"]["desktop_pool"]["name"] == "finance"
    assert actions(sight) == {"FIN-001": ["os-stop", "os-start"], "FIN-002": ["reboot"], "FIN-003": [], "FIN-004": []}
    assert states(sight) == ["ACTIVE", "ACTIVE", "ACTIVE", "SHUTOFF"]
    assert len(run["again"].requests) <= 2


def test_a_desktop_that_is_refused_fails_the_task_and_the_others_are_done(
    ansible_in_process: Ansible, sight: Sight
) -> None:
    sight.control.change({"desktop": "FIN-001", "set": {"status": "ERROR"}})
    start = {**power("started", "start", "FIN-001", "FIN-004"), "ignore_errors": True}
    run = ansible_in_process.play(start, power("hibernated", "sleep", "FIN-002"), power("stopped", "stop", "FIN-001"))
    assert run["start"].message.startswith("pool finance: start: 1 desktop could not be started: FIN-001 (")
    assert [entry["desktop_name"] for entry in run["start"]["desktops_failed"]] == ["FIN-001"]
    assert run["start"]["desktops_succeeded"] == ids("FIN-004")
    assert run["start"]["error_code"] == "WKS.00010032"
    assert states(sight) == ["SHUTOFF", "HIBERNATED", "ACTIVE", "ACTIVE"]


def test_a_desktop_of_another_pool_is_refused_before_anything_is_sent(ansible_in_process: Ansible) -> None:
    run = ansible_in_process.play(power("stopped", "stop", "FIN-001", "CCT-001"), fails=True)
    assert f"the pool has no desktop with the ID {desktop_id('CCT-001')}" in run.only.message
    assert run.changes == []


def test_another_job_is_waited_for_or_named(ansible_in_process: Ansible, sight: Sight) -> None:
    sight.move_time_by_polls(5)
    begin = task("desktop_pool_power", "begin", pool="finance", state="stopped", wait=False)
    now = {**power("stopped", "now", "FIN-001", wait=False), "ignore_errors": True}
    run = ansible_in_process.play(begin, now)
    assert run["now"]["running_job_id"] == run["begin"]["job_id"]
    # No job tells of single desktops, so time has to go by itself from here on.
    sight.control.set_clock(mode="factor", factor=FACTOR)
    run = ansible_in_process.play(power("started", "then", "FIN-001"))
    assert len(run.sent("BatchRunDesktops")) == 1
    assert actions(sight)["FIN-001"] == ["os-stop", "os-start"]


@pytest.mark.readings
@pytest.mark.parametrize(
    "readings",
    [
        {"state_after_job": "lags", "conflict": "pool"},
        {"api_age": "older", "sub_jobs_appear": "late"},
        {"pool_status_during_job": "STEADY", "conflict": "desktop", "sub_jobs_appear": "growing"},
    ],
    ids=str,
)
def test_every_reading_ends_in_the_state(ansible_in_process: Ansible, sight: Sight, readings: dict[str, str]) -> None:
    sight.control.set_dialect(**readings)
    run = ansible_in_process.play(
        power("rebooted", "reboot", "FIN-001"),
        power("stopped", "stop", "FIN-001", "FIN-002"),
        power("stopped", "again", "FIN-001", "FIN-002"),
        power("started", "start", "FIN-001", "FIN-002", "FIN-004"),
    )
    assert [found.changed for found in run.tasks] == [True, True, False, True]
    assert actions(sight) == {
        "FIN-001": ["reboot", "os-stop", "os-start"],
        "FIN-002": ["os-stop", "os-start"],
        "FIN-003": [],
        "FIN-004": ["os-start"],
    }
    assert states(sight) == ["ACTIVE"] * 4
