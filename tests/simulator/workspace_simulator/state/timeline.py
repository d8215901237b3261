# Copyright (c) 2026 the hwcloud.workspace contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What will happen, in order of simulated time. Played forward whenever somebody looks."""

from __future__ import annotations

import heapq
from collections.abc import Callable
from itertools import count

Happening = Callable[[float], None]


class Timeline:
    """A queue of happenings; each is called with its own time, never before it."""

    def __init__(self) -> None:
        """Start empty."""
        self._queue: list[tuple[float, int, Happening]] = []
        self._order = count()
        self.playing: float | None = None
        """The moment that is being played, None between plays."""

    def at(self, when: float, happening: Happening) -> None:
        """Plan a happening for the moment ``when``; equal moments keep the order of planning."""
        heapq.heappush(self._queue, (when, next(self._order), happening))

    def play(self, until: float) -> None:
        """Let everything happen that is due by ``until``, including what is planned on the way."""
        while self._queue and self._queue[0][0] <= until:
            when, _order, happening = heapq.heappop(self._queue)
            before, self.playing = self.playing, when
            try:
                happening(when)
            finally:
                self.playing = before
