# Copyright (c) 2026 the hwcloud.workspace contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Scripts and commands run on the desktops of a pool, if asked for on a first batch alone before the rest."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass, field
from functools import partial
from typing import TYPE_CHECKING

from .. import errors
from .models import Desktop, Pool, Script
from .power import cut_users_off, power_over
from .scope import select

if TYPE_CHECKING:
    from .world import Project, World

OPERATION = "ExecuteDesktopPoolScript"

START_SECONDS = 2.0
"""How long a task is in the state INIT, in simulated seconds."""

COMMAND_SECONDS = 10.0
"""How long a command runs."""

_RUNS_ON = {"POWERSHELL": "Windows", "BAT": "Windows", "SHELL": "Linux"}
_AFTERWARDS = {"stop": "os-stop", "reboot": "reboot"}


@dataclass(frozen=True)
class Execution:
    """What a client asked for; the fields are those of the request. ``execution_timeout`` in minutes."""

    script_ids: list[str] | None = None
    command_content: str | None = None
    command_type: str | None = None
    desktop_ids: list[str] | None = None
    gray_count: int | None = None
    gray_desktop_ids: list[str] | None = None
    gray_fail_threshold: int | None = None
    pre_start: str | None = None
    post_finish: str | None = None
    execution_timeout: int = 1


@dataclass(slots=True, eq=False)
class ScriptRecord:
    """One script on one desktop. ``order``: 1 in the first batch, 2 in the rest, 0 without batches (SDK).

    Statuses: WAITING, RUNNING, SUCCESS, FAILED, SKIPPED.
    """

    id: str
    task: ScriptTask
    script: Script
    desktop: Desktop
    position: int
    order: int
    status: str = "WAITING"
    began: float | None = None
    ended: float | None = None
    result_code: str = ""
    reason: str = ""
    output: str = ""


@dataclass(slots=True, eq=False)
class ScriptTask:
    """A request to run scripts or a command. Statuses: INIT, RUNNING, FINISH, FAILED (SDK)."""

    id: str
    pool: Pool
    wish: Execution
    scripts: list[Script]
    created: float
    batches: list[list[Desktop]]
    records: list[ScriptRecord] = field(default_factory=list)
    status: str = "INIT"
    ended: float | None = None
    waiting: deque[list[ScriptRecord]] = field(default_factory=deque)
    running: int = 0

    @property
    def is_command(self) -> bool:
        """Whether it runs a command instead of scripts."""
        return self.wish.command_content is not None

    def number(self, status: str) -> int:
        """Return the number of records in a status."""
        return sum(record.status == status for record in self.records)


def execute(world: World, project: Project, pool: Pool, wish: Execution) -> ScriptTask:
    """Accept scripts or a command for the desktops of a pool.

    Raises:
        ServiceError: 400 for both or neither of them, a script or desktop that is not there, or a first batch that
            is no part of the whole.
    """
    scripts = _scripts(world, wish)
    desktops = select(pool, world.dialect, world.now, "FOR_EXPAND_AND_ALL", None).desktops
    if wish.desktop_ids is not None:
        desktops = select(pool, world.dialect, world.now, None, wish.desktop_ids).desktops
    task = ScriptTask(world.new_id("script task"), pool, wish, scripts, world.now, _batches(wish, desktops))
    orders = (0,) if len(task.batches) == 1 else (1, 2)
    position = 0
    for order, batch in zip(orders, task.batches, strict=True):
        for desktop in batch:
            position += 1
            for number, script in enumerate(scripts):
                record_id = world.ids.uuid("script record", task.id, position, number)
                task.records.append(ScriptRecord(record_id, task, script, desktop, position, order))
    project.script_tasks[task.id] = task
    event = {"task_id": task.id, "scripts": [script.name for script in scripts], "command": wish.command_content}
    pool.effects.scripts.append({**event, "at": world.now})
    _Runner(world, task).plan()
    return task


def _scripts(world: World, wish: Execution) -> list[Script]:
    if (wish.script_ids is None) is (wish.command_content is None):
        raise errors.invalid_request("either script_ids or command_content is needed")
    if (wish.command_type is None) is not (wish.command_content is None):
        raise errors.invalid_request("command_type belongs to command_content")
    if wish.command_content is not None:
        kind = wish.command_type or ""
        return [Script("", "", kind, wish.command_content, "", "", world.now, "", COMMAND_SECONDS, (), 1)]
    scripts = []
    for script_id in wish.script_ids or []:
        script = world.scripts.get(script_id)
        if script is None:
            raise errors.invalid_resource(f"The script {script_id} does not exist.")
        scripts.append(script)
    return scripts


def _batches(wish: Execution, desktops: list[Desktop]) -> list[list[Desktop]]:
    if wish.gray_count is not None:
        return [desktops[: wish.gray_count], desktops[wish.gray_count :]]
    if wish.gray_desktop_ids is None:
        return [desktops]
    first = set(wish.gray_desktop_ids)
    unknown = sorted(first - {desktop.desktop_id for desktop in desktops})
    if unknown:
        raise errors.invalid_resource(f"The script does not run on these desktops: {', '.join(unknown)}.")
    chosen = [desktop for desktop in desktops if desktop.desktop_id in first]
    return [chosen, [desktop for desktop in desktops if desktop.desktop_id not in first]]


class _Runner:
    """Works off the batches of a task, ``jobs.parallel`` desktops at a time."""

    def __init__(self, world: World, task: ScriptTask) -> None:
        self._world = world
        self._task = task
        self._batches = deque(task.batches)

    def plan(self) -> None:
        """Plan the beginning."""
        self._world.timeline.at(self._task.created + START_SECONDS, self._begin)

    def _begin(self, now: float) -> None:
        self._task.status = "RUNNING"
        self._next_batch(now)

    def _next_batch(self, now: float) -> None:
        task = self._task
        if not self._batches:
            self._end(now)
            return
        batch = set(self._batches.popleft())
        by_desktop: dict[int, list[ScriptRecord]] = {}
        for record in task.records:
            if record.status == "WAITING" and record.desktop in batch:
                by_desktop.setdefault(record.position, []).append(record)
        task.waiting.extend(by_desktop.values())
        self._fill(now)

    def _fill(self, now: float) -> None:
        task = self._task
        while task.waiting and task.running < self._world.jobs_settings.parallel:
            task.running += 1
            self._run(deque(task.waiting.popleft()), now)
        if task.waiting or task.running or task.status != "RUNNING":
            return
        threshold = task.wish.gray_fail_threshold
        if self._batches and threshold is not None and task.number("FAILED") >= threshold:
            self._batches.clear()
            for record in task.records:
                if record.status == "WAITING":
                    record.status = "SKIPPED"
        self._next_batch(now)

    def _run(self, records: deque[ScriptRecord], now: float) -> None:
        """Run the scripts of one desktop, one after the other."""
        record = records[0]
        record.status, record.began = "RUNNING", now
        seconds = self._outcome(record)
        self._world.timeline.at(now + seconds, partial(self._ran, records))

    def _ran(self, records: deque[ScriptRecord], now: float) -> None:
        record = records.popleft()
        desktop, task = record.desktop, self._task
        record.ended = now
        record.status = "FAILED" if record.result_code else "SUCCESS"
        what = record.script.name or record.script.content
        event = {"script": what, "task_id": task.id, "status": record.status, "at": now}
        desktop.record().scripts.append(event)
        if record.result_code:
            failure = {"operation": OPERATION, "job_id": task.id, "at": now, "error_code": record.result_code}
            desktop.record().failures.append(failure)
        if records:
            self._run(records, now)
            return
        action = _AFTERWARDS.get(task.wish.post_finish or "")
        if action is not None and desktop.status == "ACTIVE" and desktop.sub_job is None:
            cut_users_off(desktop, now, f"script {task.id}")
            power_over(desktop, action, hard=False, job_id=task.id, now=now)
        task.running -= 1
        self._fill(now)

    def _outcome(self, record: ScriptRecord) -> float:
        """Set what a run yields and return how long it takes, in seconds; a result code means failure."""
        desktop, script, world = record.desktop, record.script, self._world
        obstacle = _obstacle(world, record)
        if obstacle:
            record.result_code, record.reason = errors.SCRIPT_FAILED, obstacle
            return 0.0
        minutes = record.task.wish.execution_timeout
        seconds, limit = script.seconds, 60.0 * minutes
        rule = world.failures.strike(OPERATION, desktop, record.position)
        if rule is not None:
            record.result_code, record.reason = rule.error_code, rule.fail_reason
            if rule.leaves is not None:
                desktop.status = rule.leaves
            return min(seconds * rule.at, limit)
        if seconds > limit:
            record.result_code, record.reason = (
                errors.SCRIPT_FAILED,
                f"The script did not end within {minutes} minutes.",
            )
            return limit
        record.output = script.output.format(desktop=desktop.computer_name)
        if record.task.is_command:
            record.output = f"{desktop.computer_name}> {script.content}\n"
        if not {"*", desktop.computer_name, desktop.desktop_id}.isdisjoint(script.fails_on):
            record.result_code, record.reason = (
                errors.SCRIPT_FAILED,
                f"The script ended with the exit code {script.exit_code}.",
            )
        return seconds

    def _end(self, now: float) -> None:
        task = self._task
        failed = task.number("FAILED")
        task.ended, task.status = now, "FINISH"
        if task.number("SKIPPED") or (failed and not task.number("SUCCESS")):
            task.status = "FAILED"
        elif failed:
            task.status = self._world.dialect.script_task_partial


def _obstacle(world: World, record: ScriptRecord) -> str:
    """Return why a script cannot even begin on a desktop, or an empty text."""
    desktop, script = record.desktop, record.script
    if desktop.desktop_id not in desktop.pool.desktops:
        return "The desktop does not exist any more."
    if desktop.status != "ACTIVE":
        return f"The desktop does not run: its status is {desktop.status}."
    if desktop.sub_job is not None:
        return "Another operation runs on the desktop."
    os_type = world.images[desktop.image_id].os_type
    if _RUNS_ON[script.type] != os_type:
        return f"A script of the type {script.type} does not run on {os_type}."
    return ""
