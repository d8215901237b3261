# Copyright (c) 2026 the hwcloud.workspace contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Script tasks: scripts or a command that the service runs on desktops of a pool, and how it went on each."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from .errors import JobFailedError, NotFoundError, one_line
from .jobs import WAIT_AGAIN, wait_until_over
from .operations import LIST_POOL_SCRIPT_TASKS, LIST_SCRIPT_RECORDS
from .pagination import PAGING, read_list
from .session import Session

# A task's states are FINISH, FAILED, RUNNING and INIT (SDK); the filter of the list says SUCCESS for the first. No
# source lists the states of a record. An unknown state is not final.
_SUCCEEDED = frozenset({"FINISH", "FINISHED", "SUCCESS", "COMPLETE"})
_FAILED = frozenset({"FAILED", "FAIL", "SKIPPED", "SKIP", "TIMEOUT", "CANCELED", "CANCELLED"})
_UNDER_WAY = frozenset({"INIT", "WAITING", "RUNNING"})


@dataclass(frozen=True)
class ScriptRun:
    """What became of one desktop: the scripts of a task on it. ``desktop_id`` is empty where it is not known yet."""

    desktop_id: str
    desktop_name: str
    statuses: tuple[str, ...]
    reason: str

    @property
    def succeeded(self) -> bool:
        """Whether every script has succeeded."""
        return all(status in _SUCCEEDED for status in self.statuses)

    @property
    def failed(self) -> bool:
        """Whether a script has failed, or was not run."""
        return any(status in _FAILED for status in self.statuses)


@dataclass(frozen=True)
class ScriptTask:
    """A script task. ``fields`` and ``records`` are the service's own records of it and of its single runs.

    ``runs`` are its desktops. Where the records were not all read, those that are left are known by number only.
    """

    id: str
    status: str
    fields: dict[str, Any]
    records: tuple[dict[str, Any], ...]
    runs: tuple[ScriptRun, ...]

    @classmethod
    def from_service(
        cls, task: dict[str, Any], records: Sequence[dict[str, Any]] = (), *, missing: int = 0
    ) -> ScriptTask:
        """Return the task that a record of ShowDesktopPoolsScriptExecTasks describes.

        :param records: its records of ListScriptRecords, as far as they were read.
        :param missing: how many of them were not read.
        """
        status = str(task.get("status") or "").upper()
        runs = _runs(records)
        if missing:
            runs = _runs_by_number(task, len(runs) + missing)
        elif status in _SUCCEEDED and _says_that_all_went_well(task):
            runs = tuple(_well_ended(run) for run in runs)
        return cls(str(task.get("id") or ""), status, task, tuple(records), runs)

    job_type = ""

    @property
    def is_over(self) -> bool:
        """Whether it has ended, well or not."""
        return self.status in _SUCCEEDED or self.status in _FAILED

    @property
    def is_settled(self) -> bool:
        """Whether its records show the end of all runs. They are empty right after the task began."""
        return bool(self.runs) and all(run.succeeded or run.failed for run in self.runs)

    @property
    def sub_jobs(self) -> tuple[ScriptRun, ...]:
        """Its desktops."""
        return self.runs

    @property
    def sub_jobs_total(self) -> int:
        """Number of its desktops."""
        return len(self.runs)

    @property
    def succeeded(self) -> list[ScriptRun]:
        """The desktops on which every script has succeeded."""
        return [run for run in self.runs if run.succeeded]

    @property
    def failed(self) -> list[ScriptRun]:
        """The desktops on which a script failed, or did not run; once the task is over, all that did not succeed."""
        return [run for run in self.runs if run.failed or (self.is_over and not run.succeeded)]

    @property
    def running(self) -> int:
        """Number of desktops on which a script runs."""
        return sum("RUNNING" in run.statuses and not run.failed for run in self.runs) if not self.is_over else 0

    @property
    def script_ids(self) -> frozenset[str]:
        """IDs of its scripts; empty for a command."""
        return frozenset(str(script.get("id")) for script in self.fields.get("scripts") or [] if script.get("id"))

    @property
    def command(self) -> str:
        """Its command; empty for scripts."""
        return str(self.fields.get("command_content") or "")

    def result(self) -> dict[str, Any]:
        """Return it as fields of a task's result."""
        return {
            "task": self.fields,
            "records": list(self.records),
            "desktops_succeeded": [run.desktop_id for run in self.succeeded if run.desktop_id],
            "desktops_failed": [
                {"desktop_id": run.desktop_id, "desktop_name": run.desktop_name, "fail_reason": run.reason}
                for run in self.failed
                if run.desktop_id
            ],
        }

    def raise_for_failure(self, again: str = "run the task again with the desktop_ids of those") -> None:
        """Raise if it failed, as a whole or on any desktop.

        :param again: what to do about desktops that failed once the reason is mended.
        :raises JobFailedError: with the fields of :meth:`result`.
        """
        if self.failed:
            # One that failed says more than one that was left out because of it.
            first = min(self.failed, key=lambda run: {"FAILED", "FAIL"}.isdisjoint(run.statuses))
            raise JobFailedError(
                f"the script did not succeed on {len(self.failed)} of {self.sub_jobs_total} desktops (task {self.id}), "
                f"the first being {first.desktop_name or first.desktop_id} ({_reason(first)}); see records, mend the "
                f"reason, and {again}.",
                **self.result(),
            )
        if self.status in _FAILED or int(self.fields.get("failed_num") or 0):
            raise JobFailedError(
                f"script task {self.id} ended in the state {self.status}, with {self.fields.get('failed_num') or 0} "
                "failures and no record of a desktop that failed; look at it in the console before you run it again.",
                **self.result(),
            )


def read_tasks(session: Session, query: Mapping[str, Any]) -> list[ScriptTask]:
    """Return the script tasks of pools that fit the filters of ShowDesktopPoolsScriptExecTasks, without their runs.

    :param query: filters; ``desktop_pool_id`` and ``task_id`` (a list) are checked here as well.
    """
    found = [ScriptTask.from_service(item) for item in read_list(session, LIST_POOL_SCRIPT_TASKS, query=query).items]
    pool_id, task_ids = query.get("desktop_pool_id"), query.get("task_id")
    return [
        task
        for task in found
        if (not task_ids or task.id in task_ids)
        and (not pool_id or task.fields.get("desktop_pool_id") in (None, "", pool_id))
    ]


def read_records(session: Session, task_id: str) -> list[dict[str, Any]]:
    """Return the records of a script task: one for each script on each desktop."""
    items = read_list(session, LIST_SCRIPT_RECORDS, query={"script_task_id": task_id}).items
    return [item for item in items if item.get("script_task_id") in (None, "", task_id)]


def read_task(session: Session, pool_id: str, task_id: str) -> ScriptTask:
    """Return a script task. While it runs, its records are read only if they fit on one page.

    :raises NotFoundError: there is none.
    """
    found = read_tasks(session, {"desktop_pool_id": pool_id, "task_id": [task_id]})
    if not found:
        raise NotFoundError("it cannot be found among the pool's script tasks.")
    task = found[0]
    if task.is_over:
        return ScriptTask.from_service(task.fields, read_records(session, task_id))
    paging = PAGING[LIST_SCRIPT_RECORDS.name]
    query = {"script_task_id": task_id, "offset": 0, "limit": paging.page}
    page = session.call(LIST_SCRIPT_RECORDS, query=query) or {}
    records = page.get(paging.key) or []
    total = page.get(paging.total)
    missing = max(0, total - len(records)) if isinstance(total, int) else 0
    return ScriptTask.from_service(task.fields, records, missing=missing)


def wait_for_task(
    session: Session,
    pool_id: str,
    task_id: str,
    timeout: float,
    on_progress: Callable[[ScriptTask], None],
    advice: str = WAIT_AGAIN,
) -> ScriptTask:
    """Wait until a script task is over, and return it with all of its records. That it is over is no success.

    :param timeout: seconds of the session's clock.
    :param on_progress: told the task after each look.
    :param advice: what to do after a wait that was too long.
    :raises JobTimeoutError: it still runs; it goes on in the service.
    :raises NotFoundError: it cannot be found, 60 seconds on.
    """
    return wait_until_over(
        session,
        f"script task {task_id}",
        lambda: read_task(session, pool_id, task_id),
        timeout,
        on_progress,
        is_complete=lambda task: task.is_settled,
        when_gone=lambda seen: seen,
        when_late=lambda seen: seen.result() if seen else {"task": {"id": task_id}, "records": []},
        advice=advice,
    )


def _runs(records: Sequence[Mapping[str, Any]]) -> tuple[ScriptRun, ...]:
    by_desktop: dict[str, list[Mapping[str, Any]]] = {}
    for record in records:
        by_desktop.setdefault(str(record.get("resource_id") or ""), []).append(record)
    return tuple(
        ScriptRun(
            desktop_id,
            str(members[0].get("resource_name") or ""),
            tuple(str(member.get("status") or "").upper() for member in members),
            next((_said(member) for member in members if str(member.get("status")).upper() not in _SUCCEEDED), ""),
        )
        for desktop_id, members in by_desktop.items()
    )


def _runs_by_number(task: Mapping[str, Any], total: int) -> tuple[ScriptRun, ...]:
    succeeded, failed = int(task.get("success_num") or 0), int(task.get("failed_num") or 0)
    statuses = ["SUCCESS"] * succeeded + ["FAILED"] * failed + ["WAITING"] * max(0, total - succeeded - failed)
    return tuple(ScriptRun("", "", (status,), "") for status in statuses)


def _says_that_all_went_well(task: Mapping[str, Any]) -> bool:
    return bool(task.get("success_num")) and task.get("failed_num") == 0 and not task.get("skip_num")


def _well_ended(run: ScriptRun) -> ScriptRun:
    """Return a run of a task of which the service says that all went well: a state of an unknown name is success."""
    known = _FAILED | _UNDER_WAY
    return ScriptRun(
        run.desktop_id,
        run.desktop_name,
        tuple(status if status in known else "SUCCESS" for status in run.statuses),
        run.reason,
    )


def _said(record: Mapping[str, Any]) -> str:
    return str(record.get("reason") or record.get("result_code") or "")


def _reason(run: ScriptRun) -> str:
    return one_line(run.reason).rstrip(".") or f"no reason given, state {' and '.join(run.statuses) or 'unknown'}"
