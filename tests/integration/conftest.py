# Copyright (c) 2026 the hwcloud.workspace contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The simulator, and Ansible in the two ways in which it can run modules of the collection."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from operations_table import TABLE, operations_by_test, read_table

from workspace_simulator.testing import RunningSimulator

# Under --import-mode=importlib the folder of a test is not searched for modules.
sys.path.insert(0, str(Path(__file__).resolve().parent))

from running import FACTOR, HERE, Ansible
from sight import Sight

# Of these the paths beside the main one are tried in Ansible's own process alone, and not on every ansible-core.
ROLE_TESTS = {
    "test_drain_release.py",
    "test_maintenance.py",
    "test_playbooks.py",
    "test_pool_disks.py",
    "test_pool_recompose.py",
    "test_pool_resize.py",
    "test_preflight.py",
    "test_waves.py",
}
SENT_BY = operations_by_test(read_table(TABLE.read_text(encoding="utf-8")))


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark the paths through roles that are no main one: those that are tried in one way of running alone."""
    for item in items:
        if item.path.name in ROLE_TESTS and "ansible" not in getattr(item, "fixturenames", ()):
            item.add_marker(pytest.mark.paths)


@pytest.fixture(autouse=True)
def _sends_what_it_is_named_for(request: pytest.FixtureRequest) -> Iterator[None]:
    """Fail a test that the table of operations names for an operation that it did not send."""
    named_for = SENT_BY.get(f"{request.path.name}::{request.function.__name__}")
    if named_for is None:
        yield
        return
    simulator: RunningSimulator = request.getfixturevalue("simulator")
    failed_before = request.session.testsfailed
    yield
    if request.session.testsfailed == failed_before:
        sent = {entry["operation"] for entry in simulator.control.journal()}
        assert named_for <= sent, f"named for {sorted(named_for - sent)} in {TABLE.name}, which it did not send"


@pytest.fixture(scope="session")
def simulator_process() -> Iterator[RunningSimulator]:
    """Start one simulator with the estate of these tests for the whole run."""
    with RunningSimulator(HERE / "estate.yml", factor=FACTOR) as running:
        yield running


@pytest.fixture
def simulator(simulator_process: RunningSimulator) -> RunningSimulator:
    """Hand out the simulator, back at its first estate."""
    simulator_process.control.reset()
    # An estate has the pace that its file names; the faster one of the command line is set again.
    simulator_process.control.set_clock(factor=FACTOR)
    return simulator_process


@pytest.fixture
def sight(simulator: RunningSimulator) -> Sight:
    """Hand out a look at the simulated estate, past the service."""
    return Sight(simulator)


@pytest.fixture(params=["auto", "module"], ids=["in_process", "module"])
def ansible(request: pytest.FixtureRequest, simulator: RunningSimulator, tmp_path: Path) -> Ansible:
    """Hand out Ansible, once with modules inside its own process and once with modules as programs."""
    return Ansible(simulator, tmp_path, request.param)


@pytest.fixture
def ansible_in_process(simulator: RunningSimulator, tmp_path: Path) -> Ansible:
    """Hand out Ansible with modules inside its own process, for what does not depend on that."""
    return Ansible(simulator, tmp_path, "auto")


@pytest.fixture
def ansible_by_module(simulator: RunningSimulator, tmp_path: Path) -> Ansible:
    """Hand out Ansible with modules as programs of their own, on the simulator that the other fixtures use."""
    folder = tmp_path / "by-module"
    folder.mkdir()
    return Ansible(simulator, folder, "module")
