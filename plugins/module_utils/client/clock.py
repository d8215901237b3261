# Copyright (c) 2026 the hwcloud.workspace contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The time by which this collection waits."""

from __future__ import annotations

import math
import time
from collections.abc import Mapping

FACTOR_VARIABLE = "HW_WORKSPACE_TIME_FACTOR"


class Clock:
    """Seconds that pass, and waiting for them.

    :param factor: how many of the clock's seconds pass in one real second (above 0). 1 in production. A rehearsal
        against a service whose time runs 60 times faster sets 60, and every wait, limit and pause of the collection
        shrinks alike. The time limit of a single request is not scaled: a network is not faster in a rehearsal.
    """

    def __init__(self, factor: float = 1.0) -> None:
        if not (factor > 0 and math.isfinite(factor)):
            raise ValueError("the time factor must be a number above 0")
        self._factor = factor

    @classmethod
    def from_environment(cls, environment: Mapping[str, str]) -> Clock:
        """Return a clock whose factor is read from ``HW_WORKSPACE_TIME_FACTOR`` (above 0; anything else means 1)."""
        try:
            return cls(float(environment.get(FACTOR_VARIABLE) or 1.0))
        except ValueError:
            return cls()

    @property
    def factor(self) -> float:
        """How many of its seconds pass in one real second."""
        return self._factor

    def now(self) -> float:
        """Return the clock's reading in seconds; only differences mean anything."""
        return time.monotonic() * self._factor

    def sleep(self, seconds: float) -> None:
        """Wait for ``seconds`` of this clock (0 or less: not at all)."""
        if seconds > 0:
            time.sleep(seconds / self._factor)


def duration(seconds: float) -> str:
    """Return seconds as people say them: ``45s``, ``4m10s``, ``1h02m``."""
    whole = int(seconds)
    if whole < 60:
        return f"{whole}s"
    if whole < 3600:
        return f"{whole // 60}m{whole % 60:02d}s"
    return f"{whole // 3600}h{whole % 3600 // 60:02d}m"
