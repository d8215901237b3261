# Copyright (c) 2026 the hwcloud.workspace contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The simulator, with the estate of the integration tests until a test gives it another one, and the counts."""

from __future__ import annotations

import json
from dataclasses import asdict
from typing import Any

import pytest
from running import CHECKOUT
from tally import Tally
from whole_estate import simulator, simulator_process

__all__ = ["simulator", "simulator_process"]

TALLY = pytest.StashKey[Tally]()


def pytest_configure(config: pytest.Config) -> None:
    """Begin to count."""
    config.stash[TALLY] = Tally()


@pytest.fixture
def tally(request: pytest.FixtureRequest) -> Tally:
    """Hand out the counts of the whole run."""
    return request.config.stash[TALLY]


def pytest_terminal_summary(terminalreporter: Any, config: pytest.Config) -> None:
    """Show the counts at the end of the run, and keep them in ``.build/faults/tally.json``."""
    counted = config.stash[TALLY]
    if not counted.areas:
        return
    rows = counted.rows()
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    terminalreporter.section("faults")
    for row in rows:
        cells = [row[0].ljust(widths[0]), *(cell.rjust(width) for cell, width in zip(row[1:], widths[1:], strict=True))]
        terminalreporter.line("  ".join(cells))
    folder = CHECKOUT / ".build" / "faults"
    folder.mkdir(parents=True, exist_ok=True)
    areas = {area: asdict(count) for area, count in counted.areas.items()}
    (folder / "tally.json").write_text(json.dumps(areas, indent=2) + "\n", encoding="utf-8")
