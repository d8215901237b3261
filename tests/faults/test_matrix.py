# Copyright (c) 2026 the hwcloud.workspace contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Every operation that changes something meets with every fault, and then each request of a run meets with some.

What came of it is written on the page ``docs/faults.md``. A run that ends otherwise than the page says fails here.
"""

from __future__ import annotations

import difflib
import json
import os
from collections.abc import Iterator
from typing import Any

import fault_page
import pytest
from direct import Direct, named
from matrix import AFTERMATH, ALL_OF_IT, FAULTS, SWEPT, TARGETS, Fault, Target
from matrix_cases import OUTCOMES, Case, Cases, dialects_of, not_applicable
from running import CHECKOUT
from tally import Tally
from wire import MUTATING

Results = dict[str, Any]
AREA, SWEEP_AREA = "operation x fault x dialect", "each request of a run x fault"
_PAGE = fault_page.PAGE.read_text(encoding="utf-8") if fault_page.PAGE.exists() else ""
_HOW = "if that is as it should be, run `make faults`"
_KNOWN: dict[tuple[str, str], Any] = {}
_RESULTS: Results = {"matrix": {}, "sweep": {}}


@pytest.fixture(scope="module")
def results() -> Iterator[Results]:
    """Collect what came of the cases, for the page, and keep it in ``.build/faults/matrix.json``."""
    yield _RESULTS
    folder = CHECKOUT / ".build" / "faults"
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "matrix.json").write_text(json.dumps(_RESULTS, indent=1) + "\n", encoding="utf-8")


@pytest.fixture
def cases(direct: Direct) -> Cases:
    """Hand out the way to try cases."""
    return Cases(direct)


def _count(tally: Tally, area: str, found: list[Case]) -> None:
    for case in found:
        tally.add(
            area,
            duplicates=case.duplicates,
            lost_changes=case.lost_changes,
            tracebacks=case.tracebacks,
            leaks=case.leaks,
        )
    problems = [f"{case.name} ({case.outcome}): {problem}" for case in found for problem in case.problems]
    assert not problems, "\n".join(problems)


def test_every_operation_that_changes_something_is_in_the_table() -> None:
    known = {operation.name for operation in MUTATING} - {"KeystoneCreateUserTokenByPassword"}
    assert {target.operation for target in TARGETS} == known


def test_every_dialect_of_a_target_is_tried() -> None:
    for row, target in enumerate(TARGETS):
        tried = {
            named(dialect)
            for column, fault in enumerate(FAULTS)
            for dialect in dialects_of(target, fault, row + column)
        }
        assert tried == {named(dialect) for dialect in ({}, *target.dialects)}


@pytest.mark.parametrize("fault", FAULTS, ids=lambda fault: f"{fault.group}-{fault.name}")
@pytest.mark.parametrize("target", TARGETS, ids=lambda target: target.name)
def test_a_fault_at_the_change(cases: Cases, results: Results, tally: Tally, target: Target, fault: Fault) -> None:
    reason = not_applicable(target, fault)
    turn = TARGETS.index(target) + FAULTS.index(fault)
    found = []
    for dialect in dialects_of(target, fault, turn) if not reason else []:
        measure = cases.measure(target, dialect, _KNOWN)
        found.append((named(dialect), cases.try_fault(target, fault, dialect, measure)))
    row = results["matrix"].setdefault(target.name, {})
    row.setdefault(fault.group, {})[fault.name] = [[dialect, case.outcome] for dialect, case in found]
    _count(tally, AREA, [case for _dialect, case in found])
    if "FAULT_PAGE" not in os.environ:
        written = fault_page.entry_of(_PAGE, fault.group, target.name, fault.name)
        seen = fault_page.entry(row[fault.group][fault.name])
        assert seen == written, f"{target.name} x {fault.name}: docs/faults.md says {written}; {_HOW}"


def _places(cases: Cases, target: Target) -> tuple[list[int], int]:
    """Return the requests of a run without a fault that are worth a try, and which of them is the change."""
    options = cases.begin(target, {}, {})
    outcome = cases.direct.run(target.module, **options)
    sent = [request["operation"] for request in outcome.requests]
    change = sent.index(target.operation) + 1
    # Of looks one after the other, at a job or at desktops, the first two.
    places = [at for at, name in enumerate(sent, 1) if at <= change or sent[change:at].count(name) <= 2]
    return places, change


@pytest.mark.parametrize("target", TARGETS, ids=lambda target: target.name)
def test_a_fault_at_each_request_of_a_run(cases: Cases, results: Results, tally: Tally, target: Target) -> None:
    measure = cases.measure(target, {}, _KNOWN)
    places, change = _places(cases, target)
    names = list(SWEPT)
    found = []
    for turn, place in enumerate(places):
        chosen = names if target.operation in ALL_OF_IT else [names[(turn + TARGETS.index(target)) % len(names)]]
        for name in chosen:
            if target.rules and name == "cut JSON":
                continue  # the answer is not the simulator's own
            rule = {"operation": "*", "nth": place, **SWEPT[name]}
            found.append((name, cases.try_rules(target, f"{name} at request {place}", [rule], measure)))
    for name, (when, reads) in AFTERMATH.items():
        lost = {"operation": target.operation, "when": when, "effect": {"reset": True}}
        blind = {"method": "GET", "nth": change, "count": reads, "effect": {"reset": True}}
        found.append((name, cases.try_rules(target, name, [lost, blind], measure, rare_looks=True)))
    results["sweep"][target.name] = {
        name: [case.outcome for each, case in found if each == name] for name in (*SWEPT, *AFTERMATH)
    }
    _count(tally, SWEEP_AREA, [case for _name, case in found])


def test_the_page_says_what_came_of_it(results: Results) -> None:
    if "FAULT_PAGE" in os.environ:
        pytest.skip("the page is going to be written")
    complete = all(
        {fault.name for fault in FAULTS if fault.group == group} == set(row)
        for target in TARGETS
        for group in {fault.group for fault in FAULTS}
        for row in [results["matrix"].get(target.name, {}).get(group, {})]
    )
    if not complete or len(results["sweep"]) < len(TARGETS):
        pytest.skip("not all of the table was tried in this run")
    written = fault_page.tables_of(_PAGE)
    seen = fault_page.tables(results, OUTCOMES, TARGETS)
    difference = list(difflib.unified_diff(written.splitlines(), seen.splitlines(), "docs/faults.md", "seen", n=0))
    assert not difference, f"{_HOW}:\n" + "\n".join(difference)
