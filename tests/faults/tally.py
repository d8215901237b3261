# Copyright (c) 2026 the hwcloud.workspace contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Counts what these tests exist for: how many cases were tried, and how many of them did what none may do."""

from __future__ import annotations

import os
from dataclasses import asdict, dataclass, field

EXHAUSTIVE = "EXHAUSTIVE" in os.environ
"""Whether cases are tried as well that are hardly different from others: ``EXHAUSTIVE=1 make test``."""

SINS = ("duplicates", "lost changes", "tracebacks", "leaks")

CROSSING = "two controllers, requests that cross"
"""The one area that is not in the sums. Between the last look and the request another controller's request is accepted:
the service has no condition on a request that could prevent that. Tests of it see that it is told, where it shows."""


@dataclass
class Count:
    """The cases of one area, and what was seen in them. A test that sees any of it fails; it is counted all the same.

    ``duplicates`` are effects beyond one on a desktop, a pool or a user. ``lost_changes`` are effects that are missing
    although the runs say that all is done. ``tracebacks`` are outputs with a stack trace or a defect that was reported.
    ``leaks`` are places where a secret was seen, and requests that went where they were not meant to go.
    """

    cases: int = 0
    duplicates: int = 0
    lost_changes: int = 0
    tracebacks: int = 0
    leaks: int = 0


@dataclass
class Tally:
    """The counts by area, in the order in which the areas first came up."""

    areas: dict[str, Count] = field(default_factory=dict)

    def add(
        self,
        area: str,
        *,
        cases: int = 1,
        duplicates: int = 0,
        lost_changes: int = 0,
        tracebacks: int = 0,
        leaks: int = 0,
    ) -> None:
        """Count cases of an area, such as ``killed runs``, and what was seen in them. To be called before asserting."""
        count = self.areas.setdefault(area, Count())
        count.cases += cases
        count.duplicates += duplicates
        count.lost_changes += lost_changes
        count.tracebacks += tracebacks
        count.leaks += leaks

    def rows(self) -> list[list[str]]:
        """Return the counts as rows of text: a heading, a row for each area, the sums, and what is not in them."""
        sums = Count()
        for area, count in self.areas.items():
            for name, number in asdict(count).items() if area != CROSSING else ():
                setattr(sums, name, getattr(sums, name) + number)
        named = [(area, count) for area, count in self.areas.items() if area != CROSSING]
        named += [("all", sums), *((area, count) for area, count in self.areas.items() if area == CROSSING)]
        return [
            ["area", "cases", *SINS],
            *([area, *(f"{number:,}" for number in asdict(count).values())] for area, count in named),
        ]
