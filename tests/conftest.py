# Copyright (c) 2026 the hwcloud.workspace contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A running simulator for every suite that asks for one, and the ways to run the collection against it.

``ansible-test units`` loads this file too, where neither the simulator nor the helpers can be imported: so they are
imported by the fixtures that want them.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from hypothesis import settings

if TYPE_CHECKING:
    from direct import Direct
    from running import Ansible
    from sight import Sight

    from workspace_simulator.testing import RunningSimulator

# How long an example takes depends on the machine and on what else runs there.
settings.register_profile("untimed", deadline=None)
settings.load_profile("untimed")


def pytest_configure(config: pytest.Config) -> None:
    """Take warnings of our own code as errors, also where ansible-test brings a configuration of its own."""
    config.addinivalue_line("filterwarnings", r"error:::ansible_collections\.hwcloud")


@pytest.fixture(scope="session")
def simulator_process() -> Iterator[RunningSimulator]:
    """Start one simulator with the estate ``minimal.yml`` for the whole run."""
    from workspace_simulator.testing import RunningSimulator

    with RunningSimulator() as running:
        yield running


@pytest.fixture
def simulator(simulator_process: RunningSimulator) -> RunningSimulator:
    """Hand out the simulator, back at its first estate."""
    simulator_process.control.reset()
    return simulator_process


@pytest.fixture
def direct(simulator_process: RunningSimulator) -> Iterator[Direct]:
    """Hand out the way to run modules without Ansible. The simulator has an estate without pools until it is seeded."""
    from direct import Direct

    hand = Direct(simulator_process)
    hand.seed()
    with hand.own_time():
        yield hand


@pytest.fixture
def sight(simulator: RunningSimulator) -> Sight:
    """Hand out a look at the simulated estate, past the service."""
    from sight import Sight

    return Sight(simulator)


@pytest.fixture(params=["auto", "module"], ids=["in_process", "module"])
def ansible(request: pytest.FixtureRequest, simulator: RunningSimulator, tmp_path: Path) -> Ansible:
    """Hand out Ansible, once with modules inside its own process and once with modules as programs."""
    from running import Ansible

    return Ansible(simulator, tmp_path, request.param)


@pytest.fixture
def ansible_in_process(simulator: RunningSimulator, tmp_path: Path) -> Ansible:
    """Hand out Ansible with modules inside its own process, for what does not depend on that."""
    from running import Ansible

    return Ansible(simulator, tmp_path, "auto")


@pytest.fixture
def ansible_by_module(simulator: RunningSimulator, tmp_path: Path) -> Ansible:
    """Hand out Ansible with modules as programs of their own, on the simulator that the other fixtures use."""
    from running import Ansible

    folder = tmp_path / "by-module"
    folder.mkdir()
    return Ansible(simulator, folder, "module")
