# Copyright (c) 2026 the hwcloud.workspace contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Deleting a pool: never by accident, with its desktops if that is asked for, and going on where a run has stopped."""

from __future__ import annotations

from typing import Any

import pytest
from running import Ansible, kill, task
from sight import CALLCENTER, FINANCE, Sight, desktop_id, until

DELETE = task("desktop_pool", name="finance", state="absent", force=True)
DIFF = {"before": {"name": "finance", "id": FINANCE, "desktop_count": 4}, "after": {}}
IDS = [desktop_id(f"FIN-00{number}") for number in (1, 2, 3, 4)]


def deletions(sight: Sight, pool: str = "finance") -> dict[str, int]:
    """Return how often each desktop of a deleted pool was deleted, by name."""
    (gone,) = sight.control.estate(pool)["deleted_pools"]
    assert gone["desktops"] == []
    return {desktop["computer_name"]: len(desktop["effects"]["deleted"]) for desktop in gone["deleted_desktops"]}


def test_three_runs(ansible: Ansible, sight: Sight) -> None:
    ansible.play(task("desktop_pool", name="finance", enable_autoscale=True))
    effects = sight.effects()
    predicted = ansible.play(DELETE, check=True, diff=True).only
    assert predicted.changed
    assert predicted["diff"] == DIFF
    assert predicted["desktop_pool"] == {}
    assert sight.effects() == effects

    run = ansible.play({**DELETE, "name": "First"}, {**DELETE, "name": "Second"}, diff=True)
    first, second = run.tasks
    assert first.changed
    assert first["diff"] == DIFF
    assert [request["operation"] for request in run.changes] == [
        "UpdateDesktopPool",
        "BatchDeleteDesktops",
        "DeleteDesktopPool",
    ]
    assert run.sent("BatchDeleteDesktops") == [{"desktop_ids": IDS}]
    assert sorted(first["desktops_succeeded"]) == IDS
    assert first["job"]["job_type"] == "deleteDesktops"
    assert (first["desktop_pool"], first["differing"]) == ({}, {})
    assert deletions(sight) == {"FIN-001": 1, "FIN-002": 1, "FIN-003": 1, "FIN-004": 1}
    assert not second.changed
    assert second["diff"] == {"before": {}, "after": {}}
    assert second.result.keys() == first.result.keys()
    assert len(second.requests) == 1


def test_a_pool_with_desktops_needs_force(ansible: Ansible, sight: Sight) -> None:
    ignore = {"ignore_errors": True}
    run = ansible.play(
        task("desktop_pool", "Keep", ignore, name="finance", state="absent"),
        task("desktop_pool", "Keep in check mode", {**ignore, "check_mode": True}, name="finance", state="absent"),
        task("desktop_pool", "Another", ignore, name="callcenter", pool_id=FINANCE, state="absent", force=True),
        task("desktop_pool", "Nothing", pool_id="22222222-0000-4000-8000-000000000099", state="absent", force=True),
    )
    for name in ("Keep", "Keep in check mode"):
        assert run[name].message == (
            "pool finance: delete: the pool has 4 desktops, and a pool is deleted only without any; set force to "
            "delete them with it, or delete them first. Nothing was changed."
        )
    assert "its name is finance and not callcenter" in run["Another"].message
    assert not run["Nothing"].changed
    assert run.changes == []
    assert sight.effects() == 0


def test_users_who_are_logged_in_are_named_before_anything_is_done(ansible: Ansible, sight: Sight) -> None:
    delete = task("desktop_pool", pool_id=CALLCENTER, state="absent", force=True)
    run = ansible.play(
        {**delete, "name": "Check", "check_mode": True},
        delete,
        warnings=["pool callcenter: users are logged in on 2 of the 3 desktops to delete.*lost: CCT-001, CCT-002"],
    )
    assert [found.changed for found in run.tasks] == [True, True]
    assert set(deletions(sight, "callcenter").values()) == {1}


def test_a_killed_run_is_resumed(ansible: Ansible, sight: Sight) -> None:
    sight.move_time_by_polls(0.1)
    program = ansible.start(ansible.playbook_command(DELETE))
    until(lambda: bool(sight.requests("ShowJob")))
    kill(program)
    sight.move_time_by_polls()
    run = ansible.play({**DELETE, "name": "Resume"}, {**DELETE, "name": "Rest"})
    assert [found.changed for found in run.tasks] == [True, False]
    assert [request["operation"] for request in run.changes] == ["DeleteDesktopPool"]
    assert deletions(sight) == {"FIN-001": 1, "FIN-002": 1, "FIN-003": 1, "FIN-004": 1}


def test_without_waiting_the_next_run_does_the_rest(ansible_in_process: Ansible, sight: Sight) -> None:
    sight.move_time_by_polls()
    run = ansible_in_process.play(
        task("desktop_pool", "Start", name="finance", state="absent", force=True, wait=False),
        {**DELETE, "name": "Resume"},
        warnings=["pool finance: delete: 1 of 2 requests were not sent, since wait is false"],
    )
    assert [found.changed for found in run.tasks] == [True, True]
    assert run["Start"]["desktop_pool"]["name"] == "finance"
    assert len(run.sent("BatchDeleteDesktops")) == 1
    assert set(deletions(sight).values()) == {1}


def test_a_desktop_that_cannot_be_deleted(ansible: Ansible, sight: Sight) -> None:
    sight.control.set_failures({"operation": "BatchDeleteDesktops", "desktops": ["FIN-003"], "times": 1})
    run = ansible.play({**DELETE, "name": "Fail", "ignore_errors": True}, {**DELETE, "name": "Repair"})
    failed = run["Fail"]
    assert failed.message.startswith("pool finance: delete: 1 of 4 desktops failed in job ")
    assert [entry["desktop_name"] for entry in failed["desktops_failed"]] == ["FIN-003"]
    assert (failed.changed, failed["desktop_pool"]["name"]) == (True, "finance")
    assert run["Repair"].changed
    assert run.sent("BatchDeleteDesktops") == [{"desktop_ids": IDS}, {"desktop_ids": [IDS[2]]}]
    assert set(deletions(sight).values()) == {1}


@pytest.mark.readings
@pytest.mark.parametrize(
    ("reading", "said"),
    [
        ("refused", "Some regions refuse to delete desktops on which users are logged in; log them off, then run"),
        ("sub_jobs_fail", "2 of 3 desktops failed in job"),
    ],
)
def test_a_region_that_keeps_desktops_in_use(
    ansible_in_process: Ansible, sight: Sight, reading: str, said: str
) -> None:
    sight.control.set_dialect(delete_in_use=reading)
    delete = task("desktop_pool", name="callcenter", state="absent", force=True, wait_timeout=60)
    logged_in = "pool callcenter: users are logged in on . of the . desktops to delete"
    run = ansible_in_process.play(delete, warnings=[logged_in], fails=True)
    assert run.only.message.startswith("pool callcenter: delete: ")
    assert said in run.only.message
    for name in ("CCT-001", "CCT-002"):
        sight.control.change({"desktop": name, "set": {"login_status": "REGISTERED"}})
    assert ansible_in_process.play(delete).only.changed
    assert set(deletions(sight, "callcenter").values()) == {1}


@pytest.mark.readings
@pytest.mark.parametrize("operation", ["BatchDeleteDesktops", "DeleteDesktopPool"])
@pytest.mark.parametrize("when", ["before_commit", "after_commit"])
@pytest.mark.parametrize(
    "readings",
    [
        {},
        {"delete_missing_pool": "404", "missing_pool": "404", "sub_jobs_appear": "late"},
        {"delete_missing_pool": "204", "delete_pool_with_desktops": "400", "pool_status_during_job": "STEADY"},
        {"state_after_job": "lags", "finished_jobs": "forgotten", "api_age": "older"},
    ],
    ids=str,
)
def test_a_lost_answer_does_no_harm(
    ansible_in_process: Ansible, sight: Sight, operation: str, when: str, readings: dict[str, Any]
) -> None:
    sight.control.set_dialect(**readings)
    sight.control.set_faults({"operation": operation, "when": when, "effect": {"reset": True}})
    run = ansible_in_process.play(DELETE, {**DELETE, "name": "Rest"})
    assert [found.changed for found in run.tasks] == [True, False]
    assert set(deletions(sight).values()) == {1}
