# Copyright (c) 2026 the hwcloud.workspace contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Rules that make single desktops fail in a job."""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict, Field

from .ids import Ids
from .models import Desktop


class FailureRule(BaseModel):
    """Which desktops fail, in which operation, how and how often.

    Without ``desktops``, ``nth``, ``every_nth`` and ``share`` every desktop of the pool (or of all pools) is meant;
    several of them together must all fit.
    """

    model_config = ConfigDict(extra="forbid")

    operation: str = Field("*", description="Operation whose job fails, such as RebuildDesktopPool, or * for any.")
    pool: str | None = Field(None, description="Name or ID of a pool.")
    desktops: list[str] | None = Field(None, description="Names or IDs of desktops.")
    nth: int | None = Field(None, ge=1, description="The nth desktop of each job, from 1.")
    every_nth: int | None = Field(None, ge=1, description="Every nth desktop of each job.")
    share: float | None = Field(None, ge=0, le=1, description="Share of the desktops, always the same ones.")
    error_code: str = Field("WKS.00010110", description="Code in the sub-job.")
    fail_reason: str = Field("The desktop did not obtain an IP address.", description="Reason in the sub-job.")
    times: int | None = Field(None, ge=1, description="Each desktop fails that often, then succeeds; absent: always.")
    at: float = Field(0.5, ge=0, le=1, description="Share of the work after which it fails.")
    leaves: str | None = Field(None, description="Status the desktop is left in, such as ERROR; absent: as before.")


class Failures:
    """The rules in force and how often each has struck."""

    def __init__(self, rules: list[FailureRule], ids: Ids) -> None:
        """Keep the rules, in order; the first that fits a desktop decides."""
        self.rules = list(rules)
        self._ids = ids
        self._struck: dict[tuple[int, Desktop], int] = {}

    def strike(self, operation: str, desktop: Desktop, position: int) -> FailureRule | None:
        """Return the rule by which this desktop fails now, or None.

        Args:
            operation: Operation that made the job.
            desktop: The desktop whose work begins.
            position: Its place among the desktops of the job, from 1.
        """
        for number, rule in enumerate(self.rules):
            if not self._fits(rule, operation, desktop, position):
                continue
            key = (number, desktop)
            if rule.times is not None and self._struck.get(key, 0) >= rule.times:
                continue
            self._struck[key] = self._struck.get(key, 0) + 1
            return rule
        return None

    def _fits(self, rule: FailureRule, operation: str, desktop: Desktop, position: int) -> bool:
        pool = desktop.pool
        return (
            rule.operation in ("*", operation)
            and rule.pool in (None, pool.name, pool.id)
            and (rule.desktops is None or not {desktop.computer_name, desktop.desktop_id}.isdisjoint(rule.desktops))
            and (rule.nth is None or rule.nth == position)
            and (rule.every_nth is None or position % rule.every_nth == 0)
            and (rule.share is None or self._ids.share("failure", desktop.computer_name) < rule.share)
        )
