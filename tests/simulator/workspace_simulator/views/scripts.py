# Copyright (c) 2026 the hwcloud.workspace contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Scripts, their tasks and records in answers (SDK)."""

from __future__ import annotations

from typing import Any

from ..state.clock import iso_seconds
from ..state.models import Script
from ..state.scripts import ScriptRecord, ScriptTask


def script_view(script: Script) -> dict[str, Any]:
    """Return a script as the list of scripts shows it."""
    return {
        "id": script.id,
        "name": script.name,
        "description": script.description,
        "type": script.type,
        "version": script.version,
        "create_time": iso_seconds(script.created),
        "update_time": iso_seconds(script.created),
    }


def pool_task_view(task: ScriptTask) -> dict[str, Any]:
    """Return a task as the list of the pools' tasks shows it."""
    view: dict[str, Any] = {
        "id": task.id,
        "desktop_pool_id": task.pool.id,
        "desktop_pool_name": task.pool.name,
        **_progress(task),
    }
    if task.is_command:
        view.update({"command_content": task.wish.command_content, "command_type": task.wish.command_type})
    else:
        view["scripts"] = _names(task)
    return view


def task_view(task: ScriptTask) -> dict[str, Any]:
    """Return a task as the list of all tasks shows it."""
    return {
        "id": task.id,
        "task_scripts": [] if task.is_command else _names(task),
        "resource_type": "DESKTOP",
        "resource_ids": [desktop.desktop_id for batch in task.batches for desktop in batch],
        "gray_resource_ids": [desktop.desktop_id for batch in task.batches[:-1] for desktop in batch],
        **_progress(task),
    }


def record_view(record: ScriptRecord) -> dict[str, Any]:
    """Return a record as the list of records shows it, without its output."""
    return {
        "id": record.id,
        "script_id": record.script.id,
        "script_name": record.script.name,
        "script_task_id": record.task.id,
        "resource_id": record.desktop.desktop_id,
        "resource_name": record.desktop.computer_name,
        "resource_type": "DESKTOP",
        "start_time": _time(record.began),
        "end_time": _time(record.ended),
        "status": record.status,
        "execute_order": record.order,
        "result_code": record.result_code if record.ended is not None else "",
        "reason": record.reason if record.ended is not None else "",
    }


def record_detail_view(record: ScriptRecord) -> dict[str, Any]:
    """Return a record with its output, which is there once the script has ended."""
    return {**record_view(record), "output": record.output if record.ended is not None else ""}


def _progress(task: ScriptTask) -> dict[str, Any]:
    return {
        "start_time": _time(task.created),
        "end_time": _time(task.ended),
        "status": task.status,
        "success_num": task.number("SUCCESS"),
        "failed_num": task.number("FAILED"),
        "skip_num": task.number("SKIPPED"),
    }


def _names(task: ScriptTask) -> list[dict[str, str]]:
    return [{"id": script.id, "name": script.name} for script in task.scripts]


def _time(at: float | None) -> str | None:
    return iso_seconds(at) if at is not None else None
