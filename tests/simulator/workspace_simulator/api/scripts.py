# Copyright (c) 2026 the hwcloud.workspace contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Requests and routes of scripts. Only the newest SDK knows these operations."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import AfterValidator, Field, model_validator

from .. import errors
from ..registry import Call, Reply, operation
from ..state.clock import moment
from ..state.scripts import Execution, ScriptRecord, ScriptTask, execute
from ..views.scripts import pool_task_view, record_detail_view, record_view, script_view, task_view
from .fields import Body, Query, QueryBool, QueryInt, Text
from .lists import page
from .pools import POOL, POOLS

ScriptType = Literal["POWERSHELL", "BAT", "SHELL"]
TaskType = Literal["SCRIPT", "COMMAND"]
Ids = Annotated[list[str], Field(min_length=1)]

_STATUS = {"SUCCESS": "FINISH", "WAITING": "INIT"}
"""Tasks are filtered by other words than those they are shown with (SDK)."""


def _a_time(text: str) -> str:
    moment(text)
    return text


Time = Annotated[str, AfterValidator(_a_time)]


class ExecuteDesktopPoolScript(Body):
    """What to run, and where. ``execution_timeout`` in minutes."""

    script_ids: Ids | None = None
    command_content: str | None = Field(None, min_length=1)
    command_type: ScriptType | None = None
    desktop_ids: Ids | None = None
    gray_count: int | None = Field(None, ge=1)
    gray_desktop_ids: Ids | None = None
    gray_fail_threshold: int | None = Field(None, ge=1)
    pre_start: Text | None = None
    post_finish: Literal["stop", "reboot"] | None = None
    execution_timeout: int = Field(1, ge=1)


class _TaskFilters(Query):
    script_id: Text | None = None
    script_name: Text | None = None
    task_id: list[str] | None = None
    task_type: TaskType | None = None
    execute_time_start: Time | None = None
    execute_time_end: Time | None = None
    offset: QueryInt = Field(0, ge=0)


class ShowDesktopPoolsScriptExecTasks(_TaskFilters):
    """Filters of the tasks of pools."""

    desktop_pool_id: Text | None = None
    status: Literal["SUCCESS", "FAILED", "RUNNING", "WAITING"] | None = None
    limit: QueryInt = Field(10, ge=0, le=100)


class ListScriptTasks(_TaskFilters):
    """Filters of all tasks; the group of resources is a pool."""

    resource_group_id: list[str] | None = None
    resource_group_type: Text | None = None
    status: Text | None = None
    limit: QueryInt = Field(10, ge=1, le=100)


class ListScripts(Query):
    """Filters of scripts."""

    id: Text | None = None
    name: Text | None = None
    type: ScriptType | None = None
    offset: QueryInt = Field(0, ge=0)
    limit: QueryInt = Field(10, ge=1, le=100)


class ListScriptRecords(Query):
    """Filters of records. Without a task and without the history only the last run of each script is meant."""

    resource_id: list[str] | None = None
    resource_group_id: list[str] | None = None
    script_id: list[str] | None = None
    script_name: list[str] | None = None
    status: Text | None = None
    is_first_order: QueryBool | None = None
    script_task_id: Text | None = None
    task_type: TaskType | None = None
    show_history: QueryBool = False
    execute_time_start: Time | None = None
    execute_time_end: Time | None = None
    offset: QueryInt = Field(0, ge=0)
    limit: QueryInt = Field(10, ge=1, le=100)

    @model_validator(mode="after")
    def _history_of_something(self) -> ListScriptRecords:
        if self.show_history and (self.resource_id is None or self.script_id is None):
            raise ValueError("show_history needs resource_id and script_id")
        return self


@operation(
    "ExecuteDesktopPoolScript",
    "POST",
    POOL + "/script-executions",
    body=ExecuteDesktopPoolScript,
    newest_only=True,
)
def execute_script(call: Call) -> Reply:
    """Run scripts or a command on a pool's desktops."""
    body: ExecuteDesktopPoolScript = call.body
    pool = call.world.pool(call.project, call.path["pool_id"])
    task = execute(call.world, call.project, pool, Execution(**body.model_dump()))
    return Reply({"task_id": task.id})


@operation(
    "ShowDesktopPoolsScriptExecTasks",
    "GET",
    POOLS + "/script-execution-tasks/detail",
    query=ShowDesktopPoolsScriptExecTasks,
    polls=True,
    newest_only=True,
)
def show_pool_tasks(call: Call) -> Reply:
    """List tasks of pools, the newest first."""
    query: ShowDesktopPoolsScriptExecTasks = call.query
    tasks = [
        task
        for task in _tasks(call, query)
        if query.desktop_pool_id in (None, task.pool.id)
        and (query.status is None or task.status == _STATUS.get(query.status, query.status))
    ]
    return Reply(page(tasks, query, "script_execution_tasks", pool_task_view))


@operation(
    "ListScriptTasks",
    "GET",
    "/v2/{project_id}/script-execution-tasks",
    query=ListScriptTasks,
    polls=True,
    newest_only=True,
)
def list_tasks(call: Call) -> Reply:
    """List all tasks, the newest first."""
    query: ListScriptTasks = call.query
    tasks = [
        task
        for task in _tasks(call, query)
        if (query.resource_group_id is None or task.pool.id in query.resource_group_id)
        and query.resource_group_type in (None, "DESKTOP_POOL")
        and (query.status is None or task.status == _STATUS.get(query.status, query.status))
    ]
    return Reply(_counted(page(tasks, query, "script_tasks", task_view)))


@operation("ListScripts", "GET", "/v2/{project_id}/scripts", query=ListScripts, newest_only=True)
def list_scripts(call: Call) -> Reply:
    """List scripts."""
    query: ListScripts = call.query
    scripts = [
        script
        for script in call.world.scripts.values()
        if query.id in (None, script.id) and query.name in (None, script.name) and query.type in (None, script.type)
    ]
    return Reply(_counted(page(scripts, query, "scripts", script_view)))


@operation(
    "ListScriptRecords",
    "GET",
    "/v2/{project_id}/script-execution-records",
    query=ListScriptRecords,
    newest_only=True,
)
def list_records(call: Call) -> Reply:
    """List what was run on which desktop, the newest task first."""
    query: ListScriptRecords = call.query
    records = [record for task in _newest(call) for record in task.records if _fits(record, query)]
    if query.script_task_id is None and not query.show_history:
        last: dict[tuple[str, str], ScriptRecord] = {}
        for record in records:
            last.setdefault((record.desktop.desktop_id, record.script.id), record)
        records = list(last.values())
    return Reply(_counted(page(records, query, "script_records", record_view)))


@operation("ShowScriptRecordDetail", "GET", "/v2/{project_id}/script-execution-records/{record_id}", newest_only=True)
def show_record(call: Call) -> Reply:
    """Show a record with its output."""
    for task in call.project.script_tasks.values():
        for record in task.records:
            if record.id == call.path["record_id"]:
                return Reply(record_detail_view(record))
    text = f"The record {call.path['record_id']} does not exist."
    raise errors.ServiceError(404, errors.INVALID_RESOURCE, text)


def _newest(call: Call) -> list[ScriptTask]:
    return list(reversed(call.project.script_tasks.values()))


def _tasks(call: Call, query: _TaskFilters) -> list[ScriptTask]:
    return [
        task
        for task in _newest(call)
        if (query.script_id is None or any(script.id == query.script_id for script in task.scripts))
        and (query.script_name is None or any(script.name == query.script_name for script in task.scripts))
        and (query.task_id is None or task.id in query.task_id)
        and query.task_type in (None, _kind(task))
        and _within(task.created, query)
    ]


def _fits(record: ScriptRecord, query: ListScriptRecords) -> bool:
    task = record.task
    return (
        (query.resource_id is None or record.desktop.desktop_id in query.resource_id)
        and (query.resource_group_id is None or task.pool.id in query.resource_group_id)
        and (query.script_id is None or record.script.id in query.script_id)
        and (query.script_name is None or record.script.name in query.script_name)
        and query.status in (None, record.status)
        and query.is_first_order in (None, record.order == 1)
        and query.script_task_id in (None, task.id)
        and query.task_type in (None, _kind(task))
        and _within(task.created, query)
    )


def _kind(task: ScriptTask) -> str:
    return "COMMAND" if task.is_command else "SCRIPT"


def _within(at: float, query: _TaskFilters | ListScriptRecords) -> bool:
    start, end = query.execute_time_start, query.execute_time_end
    return (start is None or at >= moment(start)) and (end is None or at <= moment(end))


def _counted(answer: dict[str, object]) -> dict[str, object]:
    """Return the answer with the number of records under the name that these lists use (SDK)."""
    answer["count"] = answer.pop("total_count")
    return answer
