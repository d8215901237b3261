# Copyright (c) 2026 the hwcloud.workspace contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Scripts on the desktops of a pool: run once by each task, followed to their end, and looked up."""

from __future__ import annotations

from typing import Any

import pytest
from running import Ansible, task
from sight import CALLCENTER, FINANCE, Sight, desktop_id

CLEAN_UP = "66666666-0000-4000-8000-000000000001"
FAILS_ON_TWO = "66666666-0000-4000-8000-000000000002"
STOPPED = "pool finance: 1 of the 4 desktops does not run, and the script is going to fail there: FIN-004"
RUNNING = [desktop_id(f"FIN-00{number}") for number in (1, 2, 3)]


def script(title: str = "Run", /, **options: Any) -> dict[str, Any]:
    return task("desktop_pool_script", title, **{"pool": "finance", "script_ids": [CLEAN_UP], **options})


def runs(sight: Sight, pool: str = "finance") -> dict[str, int]:
    """Return how often scripts were run on each desktop."""
    desktops = sight.control.pool(pool)["desktops"]
    return {desktop["computer_name"]: len(desktop["effects"]["scripts"]) for desktop in desktops}


def test_a_script_is_run_once_by_each_task(ansible: Ansible, sight: Sight) -> None:
    on_three = script("Do", desktop_ids=RUNNING)
    run = ansible.play({**on_three, "name": "Check", "check_mode": True}, on_three, diff=True)
    predicted, first = run["Check"], run["Do"]
    assert (predicted.changed, predicted["task"], predicted["records"]) == (True, None, [])
    assert predicted["diff"] == first["diff"]
    what = {"script_ids": [CLEAN_UP], "desktop_count": 3, "desktops": "FIN-001, FIN-002, FIN-003"}
    assert first["diff"] == {"before": {}, "after": {"script": what}}
    assert first.changed
    assert first["task"]["status"] == "FINISH"
    assert (first["task"]["success_num"], first["task"]["failed_num"]) == (3, 0)
    assert sorted(entry["resource_id"] for entry in first["records"]) == RUNNING
    assert {entry["status"] for entry in first["records"]} == {"SUCCESS"}
    assert first["desktop_pool"]["id"] == FINANCE
    assert run.sent("ExecuteDesktopPoolScript") == [{"script_ids": [CLEAN_UP], "desktop_ids": RUNNING}]
    assert runs(sight) == {"FIN-001": 1, "FIN-002": 1, "FIN-003": 1, "FIN-004": 0}


def test_where_it_failed_and_why_and_again_for_those_alone(ansible: Ansible, sight: Sight) -> None:
    first = ansible.play(script(script_ids=[FAILS_ON_TWO]), fails=True, warnings=[STOPPED]).only
    assert first.changed
    assert "did not succeed on 2 of 4 desktops" in first.message
    assert first["task"]["failed_num"] == 2
    failed = {entry["resource_id"]: entry["reason"] for entry in first["records"] if entry["status"] == "FAILED"}
    assert set(failed) == {desktop_id("FIN-002"), desktop_id("FIN-004")}
    assert "exit code 3" in failed[desktop_id("FIN-002")]
    assert "SHUTOFF" in failed[desktop_id("FIN-004")]
    assert "Traceback" not in first.message
    again = ansible.play(script(desktop_ids=[desktop_id("FIN-002")])).only
    assert again.changed
    assert [entry["resource_name"] for entry in again["records"]] == ["FIN-002"]
    assert runs(sight) == {"FIN-001": 1, "FIN-002": 2, "FIN-003": 1, "FIN-004": 1}


def test_a_first_batch_that_fails_keeps_the_rest_from_it(ansible_in_process: Ansible, sight: Sight) -> None:
    first_batch = {"gray_desktop_ids": [desktop_id("FIN-002")], "gray_fail_threshold": 1, "execution_timeout": 5}
    run = ansible_in_process.play(script(script_ids=[FAILS_ON_TWO], desktop_ids=RUNNING, **first_batch), fails=True)
    assert "did not succeed on 3 of 3 desktops" in run.only.message
    assert "the first being FIN-002 (The script ended with the exit code 3)" in run.only.message
    assert (run.only["task"]["status"], run.only["task"]["skip_num"]) == ("FAILED", 2)
    assert runs(sight) == {"FIN-001": 0, "FIN-002": 1, "FIN-003": 0, "FIN-004": 0}


def test_a_command_with_a_restart_after_it(ansible_in_process: Ansible, sight: Sight) -> None:
    fields = {
        "command_content": 'Write-Output "Grüße"',
        "command_type": "POWERSHELL",
        "gray_count": 1,
        "gray_fail_threshold": 1,
        "pre_start": "none",
        "post_finish": "reboot",
        "execution_timeout": 2,
    }
    run = ansible_in_process.play(
        task("desktop_pool_script", pool=CALLCENTER, **fields),
        warnings=["users are logged in on 2 of the 3 desktops, which post_finish .reboot.*CCT-001, CCT-002"],
    )
    assert run.sent("ExecuteDesktopPoolScript") == [fields]
    assert run.only["task"]["command_content"] == fields["command_content"]
    assert sorted(entry["execute_order"] for entry in run.only["records"]) == [1, 2, 2]
    assert runs(sight, "callcenter") == {"CCT-001": 1, "CCT-002": 1, "CCT-003": 1}


def test_bad_input_is_refused_before_anything_is_sent(ansible: Ansible, sight: Sight) -> None:
    failing = {"ignore_errors": True}
    run = ansible.play(
        {**script("Both", command_content="x", command_type="BAT"), **failing},
        {**task("desktop_pool_script", "Neither", pool="finance"), **failing},
        {**task("desktop_pool_script", "Half", pool="finance", command_content="x"), **failing},
        {**script("Zero", execution_timeout=0), **failing},
        {**script("Elsewhere", desktop_ids=[desktop_id("CCT-001")]), **failing},
        {**script("Outside", desktop_ids=RUNNING[:1], gray_desktop_ids=RUNNING[1:]), **failing},
    )
    assert "mutually exclusive" in run["Both"].message
    assert "one of the following is required: script_ids, command_content" in run["Neither"].message
    assert "required together: command_content, command_type" in run["Half"].message
    assert "execution_timeout is 0; it takes at least 1 minute" in run["Zero"].message
    for name in ("Both", "Neither", "Half", "Zero"):
        assert run[name].requests == []
    assert f"no desktop with the ID {desktop_id('CCT-001')}; check desktop_ids" in run["Elsewhere"].message
    assert "in gray_desktop_ids and not in desktop_ids" in run["Outside"].message
    assert run.changes == []


def test_a_task_that_was_not_waited_for_is_looked_up(ansible: Ansible, sight: Sight) -> None:
    info = "desktop_pool_script_info"
    run = ansible.play(
        {**script("Start", desktop_ids=RUNNING, wait=False), "register": "started"},
        task(info, "Early", pool="finance", task_ids=["{{ started.task.id }}"]),
        {
            **task(info, "Late", task_ids=["{{ started.task.id }}"], gather=["records"]),
            "register": "late",
            "until": "late.tasks[0].status == 'FINISH'",
            "retries": 60,
            "delay": 0,
        },
        task(info, "Filtered", pool="finance", script_id=CLEAN_UP, script_name="clean-up", task_type="SCRIPT"),
        task(info, "Other script", script_id=FAILS_ON_TWO),
        task(info, "Failed", status="FAILED"),
        task(info, "Before", execute_time_end="2020-01-01T00:00:00Z"),
        task(info, "Since", execute_time_start="2020-01-01T00:00:00Z", status="SUCCESS"),
        {**task(info, "Bad time", execute_time_start="yesterday"), "ignore_errors": True},
    )
    started = run["Start"]
    task_id = started["task"]["id"]
    assert started["task"] == {"id": task_id}
    assert started["records"] == []
    assert run["Early"]["tasks"][0]["desktop_pool_id"] == FINANCE
    late = [task_run for task_run in run.tasks if task_run.name == "Late"][-1]
    assert [entry["status"] for entry in late["tasks"][0]["records"]] == ["SUCCESS"] * 3
    for name, found in {
        "Filtered": [task_id],
        "Other script": [],
        "Failed": [],
        "Before": [],
        "Since": [task_id],
    }.items():
        assert [entry["id"] for entry in run[name]["tasks"]] == found, name
    assert "a time in UTC" in run["Bad time"].message
    assert runs(sight) == {"FIN-001": 1, "FIN-002": 1, "FIN-003": 1, "FIN-004": 0}


@pytest.mark.parametrize("when", ["after_commit", "before_commit"])
def test_a_lost_answer_never_runs_it_twice(ansible_in_process: Ansible, sight: Sight, when: str) -> None:
    sight.control.set_faults({"operation": "ExecuteDesktopPoolScript", "when": when, "effect": {"reset": True}})
    done = when == "after_commit"
    run = ansible_in_process.play(script(desktop_ids=RUNNING), fails=not done)
    assert len(sight.requests("ExecuteDesktopPoolScript")) == 1
    if done:
        assert run.only["task"]["status"] == "FINISH"
        assert runs(sight) == {"FIN-001": 1, "FIN-002": 1, "FIN-003": 1, "FIN-004": 0}
    else:
        assert "unknown" in run.only.message
        assert set(runs(sight).values()) == {0}
