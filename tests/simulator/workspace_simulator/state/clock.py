# Copyright (c) 2026 the hwcloud.workspace contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The simulated clock: wall time sped up, or a clock that moves only when a job is polled."""

from __future__ import annotations

import time
from collections.abc import Callable
from datetime import datetime, timezone
from typing import Literal

Mode = Literal["factor", "polls"]


class Clock:
    """Simulated time as seconds since 1970, UTC."""

    def __init__(
        self,
        start: float | None = None,
        factor: float = 1.0,
        mode: Mode = "factor",
        seconds_per_poll: float = 10.0,
        wall_offset: float = 0.0,
        date_header: bool = True,
        wall: Callable[[], float] = time.time,
        steady: Callable[[], float] = time.monotonic,
    ) -> None:
        """Start the clock.

        Args:
            start: First moment, seconds since 1970; None is the present wall time, cut to whole seconds.
            factor: Simulated seconds in one real second, above 0; used in mode ``factor``.
            mode: ``factor`` follows real time, ``polls`` stands still between polls of jobs.
            seconds_per_poll: Simulated seconds added by each poll of a job, 0 or more; used in mode ``polls``.
            wall_offset: Seconds that the service's wall clock is ahead of ``wall``; below 0 it is behind.
            date_header: Whether answers say the wall time.
            wall: Source of wall time, for a start at the present and for dates of signatures.
            steady: Source of elapsed real time, never going back.
        """
        self._steady = steady
        self._wall = wall
        self.wall_offset = wall_offset
        self.date_header = date_header
        self._base = float(int(wall())) if start is None else start
        self._since = steady()
        self.factor = factor
        self.mode: Mode = mode
        self.seconds_per_poll = seconds_per_poll

    def now(self) -> float:
        """Return the present moment in simulated time."""
        if self.mode == "polls":
            return self._base
        return self._base + (self._steady() - self._since) * self.factor

    def wall(self) -> float:
        """Return the wall time as the service has it, by which dates of signatures are judged."""
        return self._wall() + self.wall_offset

    def advance(self, seconds: float) -> None:
        """Move the clock forward by ``seconds`` simulated seconds, 0 or more."""
        if seconds < 0:
            raise ValueError("the clock cannot go back")
        self._rebase(self.now() + seconds)

    def jump_to(self, moment: float) -> None:
        """Move the clock forward to ``moment``; the state cannot be played backwards."""
        self.advance(moment - self.now())

    def poll(self) -> None:
        """Note that a client polled a job: in mode ``polls`` this is what moves the time."""
        if self.mode == "polls":
            self.advance(self.seconds_per_poll)

    def configure(
        self,
        factor: float | None = None,
        mode: Mode | None = None,
        seconds_per_poll: float | None = None,
        wall_offset: float | None = None,
        date_header: bool | None = None,
    ) -> None:
        """Change how the clock runs from now on, without a jump in its time."""
        self._rebase(self.now())
        if factor is not None:
            self.factor = factor
        if mode is not None:
            self.mode = mode
        if seconds_per_poll is not None:
            self.seconds_per_poll = seconds_per_poll
        if wall_offset is not None:
            self.wall_offset = wall_offset
        if date_header is not None:
            self.date_header = date_header

    def _rebase(self, moment: float) -> None:
        self._base = moment
        self._since = self._steady()


def moment(text: str) -> float:
    """Return seconds since 1970 of an ISO 8601 text; without a zone it is UTC."""
    parsed = datetime.fromisoformat(text.replace("Z", "+00:00"))
    return parsed.replace(tzinfo=parsed.tzinfo or timezone.utc).timestamp()


def _utc(at: float) -> datetime:
    return datetime.fromtimestamp(at, timezone.utc)


def job_time(at: float) -> str:
    """Return ``yyyy-MM-dd HH:mm:ss``, as in jobs and the short list of desktops (API definitions, examples)."""
    return _utc(at).strftime("%Y-%m-%d %H:%M:%S")


def iso_seconds(at: float) -> str:
    """Return ``yyyy-MM-ddTHH:mm:ssZ``, as in the detailed lists of desktops (API definitions, examples)."""
    return _utc(at).strftime("%Y-%m-%dT%H:%M:%SZ")


def iso_millis(at: float) -> str:
    """Return ``yyyy-MM-ddTHH:mm:ss.SSSZ``, as in pools (API definitions, examples)."""
    return _utc(at).strftime("%Y-%m-%dT%H:%M:%S.") + f"{int(at * 1000) % 1000:03d}Z"


def iso_micros(at: float) -> str:
    """Return ``yyyy-MM-ddTHH:mm:ss.ffffffZ``, as in tokens and temporary keys (IAM definitions)."""
    return _utc(at).strftime("%Y-%m-%dT%H:%M:%S.%fZ")
