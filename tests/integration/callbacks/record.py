# Copyright (c) 2026 the hwcloud.workspace contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Writes the results of tasks as JSON lines into the file that the environment variable ``RECORD_FILE`` names."""

from __future__ import annotations

import json
import os
import time
from pathlib import Path
from typing import Any

from ansible.plugins.callback import CallbackBase

DOCUMENTATION = """
name: record
type: notification
short_description: Writes results as JSON lines
description:
  - Writes one line of JSON for each result of a task and one for the counts at the end.
"""


class CallbackModule(CallbackBase):
    """Records every result, with the wall time at which its task began and ended."""

    CALLBACK_VERSION = 2.0
    CALLBACK_TYPE = "notification"
    CALLBACK_NAME = "record"
    CALLBACK_NEEDS_ENABLED = True

    def __init__(self, *arguments: Any, **options: Any) -> None:
        """Start with no task under way."""
        super().__init__(*arguments, **options)
        self._began = 0.0

    def v2_playbook_on_task_start(self, task: Any, is_conditional: bool) -> None:
        """Note when a task begins."""
        self._began = time.time()

    def v2_runner_on_ok(self, result: Any) -> None:
        """Write a success."""
        self._write("ok", result)

    def v2_runner_on_failed(self, result: Any, ignore_errors: bool = False) -> None:
        """Write a failure."""
        self._write("failed", result)

    def v2_runner_on_skipped(self, result: Any) -> None:
        """Write that a task was left out."""
        self._write("skipped", result)

    def v2_runner_on_unreachable(self, result: Any) -> None:
        """Write that a host could not be reached."""
        self._write("unreachable", result)

    def v2_playbook_on_stats(self, stats: Any) -> None:
        """Write the counts of each host, and what set_stats has kept."""
        counts = {host: stats.summarize(host) for host in stats.processed}
        self._append({"event": "stats", "hosts": counts, "kept": stats.custom.get("_run", {})})

    def _write(self, status: str, result: Any) -> None:
        # ansible-core 2.16 knows `_result` only, and later versions are to lose it.
        held = result.result if hasattr(result, "result") else result._result
        task = result.task if hasattr(result, "task") else result._task
        host = result.host if hasattr(result, "host") else result._host
        self._append(
            {
                "event": "result",
                "task": task.get_name(),
                "host": host.get_name(),
                "action": str(task.action),
                "status": status,
                "check": bool(task.check_mode),
                "began": self._began,
                "ended": time.time(),
                "result": {key: value for key, value in held.items() if not key.startswith("_ansible")},
            }
        )

    def _append(self, event: dict[str, Any]) -> None:
        with Path(os.environ["RECORD_FILE"]).open("a", encoding="utf-8") as file:
            file.write(json.dumps(event, default=str) + "\n")
