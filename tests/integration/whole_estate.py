# Copyright (c) 2026 the hwcloud.workspace contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The simulator with the estate of the integration tests and of the tests of faults, as fixtures for their conftest."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from running import FACTOR, HERE

from workspace_simulator.testing import RunningSimulator


@pytest.fixture(scope="session")
def simulator_process() -> Iterator[RunningSimulator]:
    """Start one simulator with the estate for the whole run."""
    with RunningSimulator(HERE / "estate.yml", factor=FACTOR) as running:
        yield running


@pytest.fixture
def simulator(simulator_process: RunningSimulator) -> RunningSimulator:
    """Hand out the simulator, back at its first estate."""
    simulator_process.control.reset()
    # An estate has the pace that its file names; the faster one of the command line is set again.
    simulator_process.control.set_clock(factor=FACTOR)
    return simulator_process
