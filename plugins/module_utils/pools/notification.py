# Copyright (c) 2026 the hwcloud.workspace contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Showing a message on the desktops of a pool."""

from __future__ import annotations

from dataclasses import dataclass, replace

from ..client.operations import NOTIFY_POOL
from .change import Change, Observation, Plan, Step


def notice(message: str) -> Step:
    """Return the request that shows a message, 1 to 400 characters, on all desktops of a pool."""
    return Step(NOTIFY_POOL, {"notifications": message})


@dataclass(frozen=True)
class Notification(Change):
    """Show ``message`` on a pool's desktops. It acts each time: nothing tells that it was shown before."""

    message: str
    sent: bool = False

    verb = "notification"
    takes_turns = False  # users are told while a pool is being worked on, too
    leaves_a_trace = False

    def plan(self, observation: Observation) -> Plan:
        """Return the request, once."""
        if self.sent:
            return Plan(None)
        return Plan(notice(self.message), {}, {"notification": self.message})

    def once_done(self, step: Step, desktop_ids: frozenset[str]) -> Notification:
        """Return the change with nothing left to do."""
        return replace(self, sent=True)
