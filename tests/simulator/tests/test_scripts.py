# Copyright (c) 2026 the hwcloud.workspace contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Scripts and commands on the desktops of a pool."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from workspace_simulator.estate import Estate, EstateError, ScriptPart, read_estate
from workspace_simulator.state.failures import FailureRule, Failures

FINANCE = "22222222-0000-4000-8000-000000000001"
COLLECT = "55555555-0000-4000-8000-000000000001"
CLEAN_UP = "55555555-0000-4000-8000-000000000002"
ALL = ["FIN-001", "FIN-002", "FIN-003", "FIN-004"]
ECHO = {"command_type": "BAT", "command_content": "ver"}


def execute(api: Any, **fields: Any) -> Any:
    return api.call("POST", f"/desktop-pools/{FINANCE}/script-executions", fields)


def start(api: Any, **fields: Any) -> str:
    answer = execute(api, **fields)
    assert answer.status_code == 200, answer.text
    return str(answer.json()["task_id"])


def task(api: Any, task_id: str) -> Any:
    (found,) = api.get("/desktop-pools/script-execution-tasks/detail", task_id=task_id)["script_execution_tasks"]
    return found


def numbers(api: Any, task_id: str) -> tuple[str, int, int, int]:
    found = task(api, task_id)
    return found["status"], found["success_num"], found["failed_num"], found["skip_num"]


def records(api: Any, task_id: str) -> list[Any]:
    return list(api.get("/script-execution-records", script_task_id=task_id, limit=100)["script_records"])


def run_all(api: Any) -> None:
    for desktop in api.pool().desktops.values():
        desktop.status = "ACTIVE"


def test_a_script_runs_on_every_running_desktop_once(api: Any) -> None:
    task_id = start(api, script_ids=[COLLECT])
    assert numbers(api, task_id) == ("INIT", 0, 0, 0)
    api.advance(12)
    assert numbers(api, task_id) == ("RUNNING", 0, 1, 0)
    assert [record["status"] for record in records(api, task_id)] == ["RUNNING", "RUNNING", "RUNNING", "FAILED"]
    api.advance(10)
    assert numbers(api, task_id) == ("FINISH", 3, 1, 0)
    assert task(api, task_id)["scripts"] == [{"id": COLLECT, "name": "collect-logs"}]
    assert (task(api, task_id)["start_time"], task(api, task_id)["end_time"]) == (
        "2026-11-20T20:00:00Z",
        "2026-11-20T20:00:22Z",
    )
    rows = records(api, task_id)
    assert [(row["resource_name"], row["status"], row["execute_order"]) for row in rows] == [
        ("FIN-001", "SUCCESS", 0),
        ("FIN-002", "SUCCESS", 0),
        ("FIN-003", "SUCCESS", 0),
        ("FIN-004", "FAILED", 0),
    ]
    assert "SHUTOFF" in rows[3]["reason"]
    assert "output" not in rows[0]
    detail = api.get(f"/script-execution-records/{rows[0]['id']}")
    assert (detail["output"], detail["result_code"], detail["reason"]) == ("FIN-001: 12 files", "", "")
    ran = [[event["status"] for event in api.desktop(name).record().scripts] for name in ALL]
    assert ran == [["SUCCESS"], ["SUCCESS"], ["SUCCESS"], ["FAILED"]]
    assert api.desktop("FIN-001").login_status == "CONNECTED"


def test_a_command_echoes(api: Any) -> None:
    task_id = start(api, **ECHO, desktop_ids=[api.desktop("FIN-002").desktop_id])
    api.advance(12)
    found = task(api, task_id)
    assert (found["command_content"], found["command_type"], found["status"]) == ("ver", "BAT", "FINISH")
    assert "scripts" not in found
    (record,) = records(api, task_id)
    assert api.get(f"/script-execution-records/{record['id']}")["output"] == "FIN-002> ver\n"


def test_a_script_fails_where_the_estate_says(api: Any) -> None:
    task_id = start(api, script_ids=[CLEAN_UP], desktop_ids=[api.desktop(name).desktop_id for name in ALL[:3]])
    api.advance(30)
    failed = [row for row in records(api, task_id) if row["status"] == "FAILED"]
    assert [row["resource_name"] for row in failed] == ["FIN-002"]
    assert (failed[0]["result_code"] != "", "exit code 3" in failed[0]["reason"]) == (True, True)


def test_scripts_run_one_after_the_other_on_each_desktop(api: Any) -> None:
    task_id = start(api, script_ids=[COLLECT, CLEAN_UP], desktop_ids=[api.desktop("FIN-001").desktop_id])
    api.advance(12)
    assert [row["status"] for row in records(api, task_id)] == ["RUNNING", "WAITING"]
    api.advance(20)
    assert [row["status"] for row in records(api, task_id)] == ["SUCCESS", "RUNNING"]
    api.advance(20)
    assert numbers(api, task_id) == ("FINISH", 2, 0, 0)


def test_only_so_many_desktops_run_a_script_at_once(estate: Estate, make_api: Callable[[Estate], Any]) -> None:
    estate.jobs.parallel = 2
    api = make_api(estate)
    run_all(api)
    task_id = start(api, **ECHO)
    api.advance(5)
    assert [row["status"] for row in records(api, task_id)] == ["RUNNING", "RUNNING", "WAITING", "WAITING"]
    api.advance(20)
    assert numbers(api, task_id) == ("FINISH", 4, 0, 0)


def test_the_rest_waits_for_the_first_batch(api: Any) -> None:
    run_all(api)
    task_id = start(api, **ECHO, gray_count=1, gray_desktop_ids=[api.desktop("FIN-004").desktop_id])
    api.advance(5)
    rows = records(api, task_id)
    assert [(row["resource_name"], row["status"], row["execute_order"]) for row in rows] == [
        ("FIN-001", "RUNNING", 1),
        ("FIN-002", "WAITING", 2),
        ("FIN-003", "WAITING", 2),
        ("FIN-004", "WAITING", 2),
    ]
    api.advance(10)
    assert [row["status"] for row in records(api, task_id)] == ["SUCCESS", "RUNNING", "RUNNING", "RUNNING"]
    first = api.get("/script-execution-records", script_task_id=task_id, is_first_order="true")["script_records"]
    assert [row["resource_name"] for row in first] == ["FIN-001"]
    api.advance(10)
    assert numbers(api, task_id) == ("FINISH", 4, 0, 0)


@pytest.mark.parametrize(
    ("threshold", "result"),
    [(1, ("FAILED", 1, 1, 2)), (2, ("FINISH", 3, 1, 0)), (None, ("FINISH", 3, 1, 0))],
)
def test_failures_in_the_first_batch_stop_the_rest(api: Any, threshold: int | None, result: tuple[str, int]) -> None:
    run_all(api)
    api.world.failures = Failures([FailureRule(operation="ExecuteDesktopPoolScript", nth=1)], api.world.ids)
    first = [api.desktop(name).desktop_id for name in ("FIN-002", "FIN-003")]
    fields = {} if threshold is None else {"gray_fail_threshold": threshold}
    task_id = start(api, **ECHO, gray_desktop_ids=first, **fields)
    api.advance(60)
    assert numbers(api, task_id) == result
    ran = [name for name in ALL if api.desktop(name).record().scripts]
    assert ran == (["FIN-002", "FIN-003"] if threshold == 1 else ALL)
    if threshold == 1:
        skipped = [row["resource_name"] for row in records(api, task_id) if row["status"] == "SKIPPED"]
        assert skipped == ["FIN-001", "FIN-004"]
        assert api.desktop("FIN-002").record().failures[0]["operation"] == "ExecuteDesktopPoolScript"


def test_a_script_that_takes_too_long_is_ended(api: Any) -> None:
    api.world.scripts[COLLECT].seconds = 90
    ids = [api.desktop("FIN-001").desktop_id]
    too_long, in_time = start(api, script_ids=[COLLECT], desktop_ids=ids), None
    api.advance(62)
    assert numbers(api, too_long) == ("FAILED", 0, 1, 0)
    assert "within 1 minutes" in records(api, too_long)[0]["reason"]
    in_time = start(api, script_ids=[COLLECT], desktop_ids=ids, execution_timeout=2)
    api.advance(92)
    assert numbers(api, in_time) == ("FINISH", 1, 0, 0)


@pytest.mark.parametrize(("step", "status", "action"), [("stop", "SHUTOFF", "os-stop"), ("reboot", "ACTIVE", "reboot")])
def test_a_step_may_follow(api: Any, step: str, status: str, action: str) -> None:
    start(api, **ECHO, post_finish=step, pre_start="notify")
    api.advance(12)
    desktop = api.desktop("FIN-001")
    assert (desktop.status, [event["action"] for event in desktop.record().power]) == (status, [action])
    assert len(desktop.record().sessions_cut) == 1
    assert api.desktop("FIN-004").record().power == []


def test_a_script_needs_its_system_and_a_desktop_that_nobody_changes(api: Any) -> None:
    task_id = start(api, command_type="SHELL", command_content="ls")
    api.advance(12)
    assert numbers(api, task_id) == ("FAILED", 0, 4, 0)
    assert "does not run on Windows" in records(api, task_id)[0]["reason"]
    api.start(desktop_ids=[api.desktop("FIN-001").desktop_id])
    task_id = start(api, **ECHO, desktop_ids=[api.desktop("FIN-001").desktop_id])
    api.advance(12)
    assert "Another operation" in records(api, task_id)[0]["reason"]


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ({}, "either script_ids or command_content"),
        ({"script_ids": [COLLECT], **ECHO}, "either script_ids or command_content"),
        ({"command_content": "ver"}, "command_type"),
        ({"script_ids": [COLLECT], "command_type": "BAT"}, "command_type"),
        ({"script_ids": []}, "script_ids"),
        ({"script_ids": ["no-such-script"]}, "no-such-script"),
        ({**ECHO, "command_type": "PERL"}, "command_type"),
        ({**ECHO, "desktop_ids": ["no-such-desktop"]}, "no-such-desktop"),
        ({**ECHO, "gray_desktop_ids": ["no-such-desktop"]}, "no-such-desktop"),
        ({**ECHO, "post_finish": "hibernate"}, "post_finish"),
        ({**ECHO, "gray_count": 0}, "gray_count"),
        ({**ECHO, "execution_timeout": 0}, "execution_timeout"),
    ],
)
def test_what_cannot_be_run_is_refused(api: Any, fields: dict[str, Any], words: str) -> None:
    answer = execute(api, **fields)
    assert answer.status_code == 400
    assert words in answer.text
    assert api.project.script_tasks == {}


def test_tasks_are_filtered(api: Any) -> None:
    script = start(api, script_ids=[COLLECT])
    api.advance(60)
    command = start(api, **ECHO)
    path = "/desktop-pools/script-execution-tasks/detail"

    def found(**query: Any) -> list[str]:
        answer = api.get(path, **query)
        assert answer["total_count"] == len(answer["script_execution_tasks"])
        return [entry["id"] for entry in answer["script_execution_tasks"]]

    assert found() == [command, script], "the newest first"
    assert found(status="WAITING") == [command]
    assert found(status="SUCCESS", desktop_pool_id=FINANCE) == [script]
    assert found(desktop_pool_id="other") == []
    assert found(task_type="COMMAND") == [command]
    assert found(script_name="collect-logs", script_id=COLLECT) == [script]
    assert found(execute_time_start="2026-11-20T20:00:30Z") == [command]
    assert found(execute_time_end="2026-11-20T20:00:30Z") == [script]
    assert found(task_id=[script, command]) == [command, script]
    query = {"params": {"status": "FINISH"}, "headers": api.headers}
    assert api.http.get(f"/v2/{api.project.id}{path}", **query).status_code == 400
    api.refused(400, "GET", path, limit=101)
    api.refused(400, "GET", path, execute_time_end="tomorrow")


def test_the_list_of_all_tasks_names_resources_and_the_first_batch(api: Any) -> None:
    start(api, script_ids=[COLLECT], gray_count=1)
    answer = api.get("/script-execution-tasks", resource_group_id=FINANCE)
    (row,) = answer["script_tasks"]
    ids = list(api.pool().desktops)
    assert (row["resource_ids"], row["gray_resource_ids"], row["resource_type"]) == (ids, ids[:1], "DESKTOP")
    assert (answer["count"], row["task_scripts"]) == (1, [{"id": COLLECT, "name": "collect-logs"}])
    assert api.get("/script-execution-tasks", resource_group_id="other")["count"] == 0
    assert api.get("/script-execution-tasks", status="WAITING")["count"] == 1


def test_without_task_or_history_only_the_last_run_of_a_script_is_listed(api: Any) -> None:
    first = start(api, script_ids=[COLLECT])
    api.advance(30)
    second = start(api, script_ids=[COLLECT])
    rows = api.get("/script-execution-records", limit=100)["script_records"]
    assert {row["script_task_id"] for row in rows} == {second}
    assert {row["script_task_id"] for row in records(api, first)} == {first}
    desktop_id = api.desktop("FIN-001").desktop_id
    history = api.get(
        "/script-execution-records", show_history="true", resource_id=desktop_id, script_id=COLLECT, limit=100
    )
    assert [row["script_task_id"] for row in history["script_records"]] == [second, first]
    api.refused(400, "GET", "/script-execution-records", show_history="true")
    api.refused(404, "GET", "/script-execution-records/no-such-record")


def test_scripts_are_listed(api: Any) -> None:
    answer = api.get("/scripts", type="BAT")
    assert (answer["count"], answer["scripts"][0]["id"]) == (1, CLEAN_UP)
    assert api.get("/scripts", name="collect-logs", id=COLLECT)["count"] == 1
    assert api.get("/scripts", name="collect")["count"] == 0


def test_older_regions_have_no_scripts(api: Any) -> None:
    api.dialect(api_age="older")
    assert execute(api, **ECHO).status_code == 404
    assert api.call("GET", "/scripts").status_code == 404


def test_the_effects_are_shown(api: Any) -> None:
    task_id = start(api, **ECHO)
    api.advance(12)
    (pool,) = api.http.get("/_control/estate", params={"pool": "finance"}).json()["pools"]
    (event,) = pool["effects"]["scripts"]
    assert (event["task_id"], event["command"]) == (task_id, "ver")
    assert [len(desktop["effects"]["scripts"]) for desktop in pool["desktops"]] == [1, 1, 1, 1]


def test_scripts_of_an_estate_are_checked(estate: Estate, make_api: Callable[[Estate], Any]) -> None:
    estate.scripts.append(ScriptPart(name="again", id=COLLECT))
    with pytest.raises(EstateError, match="given twice"):
        make_api(estate)
    text = "{projects: [{id: a, name: b}], scripts: [{name: x, output: '{host}'}]}"
    with pytest.raises(EstateError, match="only {desktop} can be named"):
        read_estate(text)
