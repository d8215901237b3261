# Copyright (c) 2026 the hwcloud.workspace contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Showing a message on the desktops of a pool."""

from __future__ import annotations

from dataclasses import dataclass, replace

from ..client.operations import NOTIFY_POOL
from ..client.session import Session
from .change import Change, Observation, Plan, Step
from .model import Pool


@dataclass(frozen=True)
class Notification(Change):
    """Show ``message`` on a pool's desktops. It acts each time: nothing tells that it was shown before."""

    message: str
    sent: bool = False

    verb = "notification"
    job_types = frozenset()  # no source names the type
    takes_turns = False  # users are told while a pool is being worked on, too
    leaves_a_trace = False
    starts_job = True

    def observe(self, session: Session, pool: Pool) -> Observation:
        """Return the pool as it is; nothing more is needed."""
        return Observation(pool, None)

    def plan(self, observation: Observation) -> Plan:
        """Return the request, once."""
        if self.sent:
            return Plan(None)
        return Plan(Step(NOTIFY_POOL, {"notifications": self.message}), {}, {"notification": self.message})

    def verify(self, session: Session, pool: Pool, step: Step) -> None:
        """Nothing has to be checked."""

    def once_done(self, desktop_ids: frozenset[str]) -> Notification:
        """Return the change with nothing left to do."""
        return replace(self, sent=True)
