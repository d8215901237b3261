# Copyright (c) 2026 the hwcloud.workspace contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Running scripts or a command on the desktops of a pool."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from ..client.errors import InputError, NotFoundError
from ..client.operations import RUN_POOL_SCRIPT
from ..client.scripts import ScriptTask, read_tasks, wait_for_task
from ..client.session import Session
from .change import Change, Observation, Plan, Step, Submission
from .lookup import list_desktops, names
from .model import Desktop, Pool
from .work import Work

REQUEST_FIELDS = (
    "script_ids",
    "command_content",
    "command_type",
    "desktop_ids",
    "gray_count",
    "gray_desktop_ids",
    "gray_fail_threshold",
    "pre_start",
    "post_finish",
    "execution_timeout",
)


class ScriptTracker:
    """Follows script tasks."""

    name = "script task"

    def accepted(self, work_id: str) -> dict[str, Any]:
        """Return the result fields of a task of which only the ID is known."""
        return {"task": {"id": work_id} if work_id else None, "records": []}

    def known(self, session: Session, pool_id: str) -> Sequence[Work]:
        """Return the script tasks of a pool, without their runs."""
        return read_tasks(session, {"desktop_pool_id": pool_id})

    def wait(
        self,
        session: Session,
        pool_id: str,
        work_id: str,
        parts: Mapping[str, str],
        timeout: float,
        tell: Callable[[Work], None],
        has_desktops: bool,
        advice: str,
    ) -> Work:
        """Wait until a script task is over."""
        return wait_for_task(session, pool_id, work_id, timeout, tell, advice)


SCRIPT_TASKS = ScriptTracker()


@dataclass(frozen=True)
class Script(Change):
    """Run scripts or a command once. It acts each time: nothing tells that a script was run on purpose.

    :param fields: the request's fields that were given, of ``REQUEST_FIELDS``.
    :param sent: whether the request was sent.
    """

    fields: Mapping[str, Any]
    sent: bool = False

    verb = "script"
    again = "run the task again with the desktop_ids of those"
    later = "look at it with desktop_pool_script_info; to run the task again runs the script again"
    leaves_a_trace = False
    tracker = SCRIPT_TASKS

    def observe(self, session: Session, pool: Pool) -> Observation:
        """Read the desktops that the script is to run on.

        :raises NotFoundError: the pool has not all of the desktops that were named.
        """
        if self.sent:
            return Observation(pool, None)
        wanted = list(dict.fromkeys(self.fields.get("desktop_ids") or ()))
        desktops = tuple(list_desktops(session, pool.id, wanted))
        ids = {desktop.id for desktop in desktops}
        for option in ("desktop_ids", "gray_desktop_ids"):
            missing = [desktop_id for desktop_id in self.fields.get(option) or () if desktop_id not in ids]
            if not missing:
                continue
            text = ", ".join(dict.fromkeys(missing))
            if option == "gray_desktop_ids" and wanted:
                raise InputError(
                    f"{text} is in gray_desktop_ids and not in desktop_ids; add it there. Nothing was run."
                )
            raise NotFoundError(f"the pool has no desktop with the ID {text}; check {option}. Nothing was run.")
        return Observation(pool, desktops)

    def plan(self, observation: Observation) -> Plan:
        """Return the request, once."""
        if self.sent:
            return Plan(None)
        pool = observation.pool
        desktops = [desktop for desktop in observation.desktops or () if not desktop.is_leaving]
        if not desktops:
            return Plan(None, warnings=(f"pool {pool.name}: it has no desktop to run a script on.",))
        what = {name: self.fields[name] for name in ("script_ids", "command_content") if self.fields.get(name)}
        after = {"script": {**what, "desktop_count": len(desktops), "desktops": names(desktops)}}
        step = Step(RUN_POOL_SCRIPT, self.fields, frozenset(desktop.id for desktop in desktops))
        return Plan(step, {}, after, self._warnings(pool, desktops))

    def accepted(self, answer: Mapping[str, Any]) -> Submission:
        """Return the task that was started."""
        return Submission(str(answer["task_id"]) if answer.get("task_id") else None)

    def recognizes(self, work: Work) -> bool:
        """Return whether a task runs what this one is to run."""
        if not isinstance(work, ScriptTask):
            return False
        command = self.fields.get("command_content")
        return work.command == command if command else work.script_ids == frozenset(self.fields["script_ids"])

    def once_done(self, step: Step, desktop_ids: frozenset[str]) -> Script:
        """Return the change with nothing left to do."""
        return replace(self, sent=True)

    def _warnings(self, pool: Pool, desktops: Sequence[Desktop]) -> tuple[str, ...]:
        stopped = [desktop for desktop in desktops if desktop.status != "ACTIVE"]
        sessions = [desktop for desktop in desktops if desktop.in_session]
        post = self.fields.get("post_finish")
        found = []
        if stopped:
            do = "does" if len(stopped) == 1 else "do"
            found.append(
                f"pool {pool.name}: {len(stopped)} of the {len(desktops)} desktops {do} not run, and the script is "
                f"going to fail there: {names(stopped)}."
            )
        if post and sessions:
            found.append(
                f"pool {pool.name}: users are logged in on {len(sessions)} of the {len(desktops)} desktops, which "
                f"post_finish ({post}) takes from under them with their unsaved work: {names(sessions)}."
            )
        return tuple(found)
