# Copyright (c) 2026 the hwcloud.workspace contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""One simulator for all sweeps, and the way to run modules against it."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from workspace_simulator.testing import RunningSimulator

# Under --import-mode=importlib the folder of a test is not searched for modules.
sys.path.insert(0, str(Path(__file__).resolve().parent))

from direct import Direct


@pytest.fixture
def direct(simulator_process: RunningSimulator) -> Iterator[Direct]:
    """Hand out the way to run modules. The simulator has an estate without pools until the test gives it one."""
    hand = Direct(simulator_process)
    hand.seed()
    with hand.own_time():
        yield hand
