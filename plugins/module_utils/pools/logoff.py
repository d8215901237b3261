# Copyright (c) 2026 the hwcloud.workspace contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Logging users off from desktops of a pool. There is no job: the desktops' login states are watched."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Any

from ..client.errors import JobTimeoutError, WorkspaceError
from ..client.operations import LOG_OFF_DESKTOPS
from ..client.session import Session
from .alignment import staying
from .change import Change, Observation, Plan, Step
from .lookup import count, names
from .model import Desktop, Pool
from .single import batches, desktops_of

LOGOFF_TIME = 600.0  # seconds in which sessions may end


@dataclass(frozen=True)
class Logoff(Change):
    """End the sessions on a pool's desktops, those of disconnected users too.

    Each desktop is asked for once. Who logs in again meanwhile is waited for as long as everybody else.

    :param desktop_ids: the desktops; empty for all of the pool.
    :param message: what users are told, empty for nothing.
    :param patience: seconds in which the sessions may end.
    :param asked: the desktops for which a request was carried out.
    """

    desktop_ids: tuple[str, ...] = ()
    message: str = ""
    patience: float = LOGOFF_TIME
    asked: frozenset[str] = frozenset()

    verb = "log-off"
    takes_turns = False  # a session is nothing that a job of the pool would stand in the way of
    starts_jobs = False
    most_steps = 10_000

    def observe(self, session: Session, pool: Pool) -> Observation:
        """Read the desktops.

        :raises NotFoundError: the pool has no such desktop.
        """
        return Observation(pool, desktops_of(session, pool.id, self.desktop_ids))

    def plan(self, observation: Observation) -> Plan:
        """Return the next request, none if nobody is left to ask."""
        there = in_session(staying(observation))
        due = [desktop for desktop in there if desktop.id not in self.asked]
        steps = tuple(self._step(batch) for batch in batches(due))
        if not steps:
            return Plan(None)
        after: dict[str, Any] = {"desktops_in_session": {}}
        return Plan(steps[0], {"desktops_in_session": login_states(due)}, after, steps=len(steps), foreseen=steps)

    def missing(self, step: Step, observation: Observation) -> tuple[frozenset[str], bool]:
        """Return the desktops that somebody is still logged in on, of this request or of another."""
        return frozenset(desktop.id for desktop in in_session(staying(observation))), False

    def once_done(self, step: Step, desktop_ids: frozenset[str]) -> Logoff:
        """Return the change with these desktops asked for."""
        return replace(self, asked=self.asked | step.desktop_ids)

    def report(self, steps: Sequence[Step], pool: Pool) -> dict[str, Any]:
        """Return the desktops that were asked for."""
        return {"desktops_logged_off": sorted(name for step in steps for name in step.desktop_ids)}

    def achieved(self, desktop_ids: frozenset[str]) -> dict[str, Any]:
        """Return the desktops whose sessions have ended."""
        return {"desktops_logged_off": sorted(desktop_ids)}

    def overdue(self, late: Sequence[Desktop], seconds: float) -> WorkspaceError:
        """Say whose sessions have not ended."""
        return JobTimeoutError(
            f"{seconds:.0f} s after the request {count(len(late), 'desktop')} still "
            f"{'has' if len(late) == 1 else 'have'} a session: {names(late)}; if users log in again at once, keep them "
            "out with the pool's maintenance mode, then run the task again."
        )

    def _step(self, batch: Sequence[Desktop]) -> Step:
        ids = [desktop.id for desktop in batch]
        return Step(
            LOG_OFF_DESKTOPS,
            {"desktop_ids": ids, **({"message": self.message} if self.message else {})},
            frozenset(ids),
            starts_job=False,
            settle_time=self.patience,
            awaited=False,
            note=f"logs users off from {count(len(ids), 'desktop')}",
        )


def in_session(desktops: Iterable[Desktop]) -> list[Desktop]:
    """Return the desktops that somebody is logged in on, in the order of their names."""
    return sorted((desktop for desktop in desktops if desktop.in_session), key=lambda desktop: desktop.name)


def login_states(desktops: Iterable[Desktop]) -> dict[str, str]:
    """Return the login states of desktops by name, as a difference shows them."""
    return {desktop.name or desktop.id: desktop.login_status for desktop in desktops}
