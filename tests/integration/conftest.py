# Copyright (c) 2026 the hwcloud.workspace contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The simulator with the estate of these tests, and what their names promise."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from operations_table import TABLE, operations_by_test, read_table
from whole_estate import simulator, simulator_process

from workspace_simulator.testing import RunningSimulator

__all__ = ["simulator", "simulator_process"]

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
# With every ansible-core both ways of running are tried in these, by which each module begins as a program, and some of
# them go through each kind of option, result and failure. `make matrix` takes all others in one way for each.
BOTH_WAYS = {
    "test_errors.py",
    "test_execution.py",
    "test_messages.py",
    "test_pool_lifecycle.py",
    "test_rebuild.py",
}
# What modules do to pools, scenario by scenario: with the one in between in both ways, with the oldest the first one of
# each file, as programs. The newest runs the same code by the same means, which the other files go through there.
SCENARIO_TESTS = {
    "test_adoption.py",
    "test_attach.py",
    "test_creation.py",
    "test_deletion.py",
    "test_desktop_power.py",
    "test_exactly_once.py",
    "test_expand.py",
    "test_job_records.py",
    "test_job_wait.py",
    "test_partial_failure.py",
    "test_pool_attributes.py",
    "test_power.py",
    "test_resize.py",
    "test_scope.py",
    "test_script.py",
    "test_sessions.py",
    "test_users.py",
    "test_volumes.py",
}

SENT_BY = operations_by_test(read_table(TABLE.read_text(encoding="utf-8")))


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark what `make matrix` and CI choose by: the way of running, scenarios of modules, side paths of roles."""
    first: dict[str, str] = {}
    for item in items:
        file, test = item.path.name, item.name.partition("[")[0]
        if file not in BOTH_WAYS:
            for way, mark in (("[in_process", pytest.mark.in_process), ("[module", pytest.mark.programs)):
                if way in item.name:
                    item.add_marker(mark)
        if file in SCENARIO_TESTS:
            item.add_marker(pytest.mark.scenarios)
            if "ansible" not in getattr(item, "fixturenames", ()) or first.setdefault(file, test) != test:
                item.add_marker(pytest.mark.variants)
        if file in ROLE_TESTS and "ansible" not in getattr(item, "fixturenames", ()):
            item.add_marker(pytest.mark.paths)


@pytest.fixture(autouse=True)
def _sends_what_it_is_named_for(request: pytest.FixtureRequest) -> Iterator[None]:
    """Fail a test that the table of operations names for an operation that it did not send."""
    named_for = SENT_BY.get(f"{request.path.name}::{request.function.__name__}")
    if named_for is None:
        yield
        return
    estate: RunningSimulator = request.getfixturevalue("simulator")
    failed_before = request.session.testsfailed
    yield
    if request.session.testsfailed == failed_before:
        sent = {entry["operation"] for entry in estate.control.journal()}
        assert named_for <= sent, f"named for {sorted(named_for - sent)} in {TABLE.name}, which it did not send"
