# Copyright (c) 2026 the hwcloud.workspace contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A running simulator for every suite that asks for one."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from workspace_simulator.testing import RunningSimulator


@pytest.fixture(scope="session")
def simulator_process() -> Iterator[RunningSimulator]:
    """Start one simulator with the estate ``minimal.yml`` for the whole run."""
    with RunningSimulator() as running:
        yield running


@pytest.fixture
def simulator(simulator_process: RunningSimulator) -> RunningSimulator:
    """Hand out the simulator, back at its first estate."""
    simulator_process.control.reset()
    return simulator_process
