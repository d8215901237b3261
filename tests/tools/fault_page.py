# Copyright (c) 2026 the hwcloud.workspace contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Writes ``docs/faults.md``: what comes of a run that meets with a fault, as seen by the tests in ``tests/faults``.

It runs those tests and writes only if all of them pass. Once written, the page is what they compare with.
"""

from __future__ import annotations

import argparse
import importlib
import json
import os
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[2]
PAGE = ROOT / "docs" / "faults.md"
KEPT = ROOT / ".build" / "faults"
_BEGIN, _END = "<!-- tables: begin -->", "<!-- tables: end -->"
LIKELY = "likely"

Outcomes = Sequence[Sequence[str]]
"""Pairs of a dialect's name and what came of the case, the likely dialect first."""

_BEGINNING = """\
<!--
Copyright (c) 2026 the hwcloud.workspace contributors
GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
SPDX-License-Identifier: GPL-3.0-or-later

Written by `make faults` from what the tests in tests/faults have seen. Do not edit it here.
-->

# What comes of a fault

Networks lose answers, gateways fail, jobs fail for some desktops, and the service has no token that would tell a
repeated request from a new one. This page says what the collection makes of that. Everything on it was seen in tests
against the simulated service ([tests/simulator](../tests/simulator/README.md)), which keeps a record of what was done
to each desktop, pool and user. The service itself was not used.

What you can rely on, in every case of the tables below:

- Nothing is done twice to a desktop, a pool or a user.
- A run that says `ok` or `changed` has done all of what it was asked for. (A notification is done when the service has
  accepted it; nobody waits for its job.)
- A run that fails says so in one sentence: what happened, and what to do.
- After a failure the task can be run again: it looks first, and does only what is left. Where it would do everything
  anew, the table says `unknown` or `told`.

What "unknown" means: the request was sent, no readable answer came, and nothing that can be read shows whether the
service has acted. The task then fails instead of guessing. For most changes the next run finds out, since it compares
what there is with what is wanted. A notification, a script and a reboot leave nothing to compare with. After an
"unknown" of one of these look at the place that the message names, and run the task again only if it was not done.
"""

_CROSSING = """\
The last row is not in the sums. There, a request of one controller was on its way while the service accepted that of
another: no client can prevent it, since the service has no lock and no "only if unchanged". Then a growth adds twice, a
disk is in the pool's template twice, and of two updates of attributes the later one sets back what the other has set.
In the first two cases the runs say so; see [decisions](decisions.md). One controller for a pool closes that too.
"""

_WAYS = """\
## How it was tried

Each case begins with a fresh simulated estate. A run without a fault is the measure: in the end exactly the same must
have happened to each desktop, pool and user, and each must be in the same state. Where the first run fails, the fault
is taken away and the task is run again. Where it does not, it is run again too, and must find nothing to do.

How the service behaves is not settled everywhere; each open question is a setting of the simulator
([dialects](../tests/simulator/README.md#dialects)). Each fault is tried under the likely one, and many under others.
Where the outcome is another one there, the cell has a number, and the list below the table says which.

The simulated service has no job that can be carried out once more. In the rows of RunActionsOnWorkspaceJob its answer
is made up, and the job never begins again.

Of cases that are hardly different from others, a part is tried each time: a bad value for a field that another task
has been tried with, a kill at a moment that the service cannot tell from the one before. `EXHAUSTIVE=1 make faults`
tries them all.
"""

_SWEEP = """\
Each request of a run without a fault, reads too, meets with a fault: a reset of the connection before or after the
service has acted, two of the latter one after the other, 503, 429, or JSON that is cut. For three changes each request
meets with all of these, for the others with one, in turn. Of looks one after the other, at a job or at desktops, the
first two are tried. Then the answer to the change itself is lost, and after it those to the next 20 reads, or to all.\
"""


def tables(results: Mapping[str, Any], outcomes: Mapping[str, str], targets: Sequence[Any]) -> str:
    """Return the part of the page that the tests compare with.

    :param results: what came of the cases, as ``test_matrix.py`` keeps it.
    :param outcomes: what each outcome means.
    :param targets: the changes in order, each with its dialects.
    """
    from direct import named

    matrix, sweep = results["matrix"], results["sweep"]
    every = [each for row in matrix.values() for group in row.values() for cell in group.values() for each in cell]
    lines = [
        f"## {len(every):,} cases of a fault at the change itself",
        "",
        "| in the tables | what happened | cases |",
        "| --- | --- | ---: |",
    ]
    numbers = Counter(outcome for _dialect, outcome in every)
    lines += [f"| {name} | {meaning} | {numbers[name]:,} |" for name, meaning in outcomes.items()]
    reasons = "there is no job, or it is not looked at by its ID, or it is for one desktop"
    lines += [f"| - | It cannot happen there: {reasons}. | |", ""]
    for group in next(iter(matrix.values())):
        lines += _table(group, {target: row[group] for target, row in matrix.items()})
    lines += ["## Dialects that were tried", "", "| change | beside the likely one |", "| --- | --- |"]
    lines += [
        f"| {target.name} | {'; '.join(f'`{named(dialect)}`' for dialect in target.dialects) or 'none'} |"
        for target in targets
    ]
    lines += ["", *_sweep(sweep)]
    return "\n".join(lines)


def _table(title: str, rows: Mapping[str, Mapping[str, Outcomes]]) -> Iterator[str]:
    first, *_others = rows.values()
    names = list(first)
    yield f"### {title}"
    yield ""
    yield f"| change | {' | '.join(names)} |"
    yield "| --- |" + " --- |" * len(names)
    notes: list[str] = []
    for target, row in rows.items():
        cells = []
        for name in names:
            usual, other = entry(row[name])
            if other:
                notes.append(f"{target}, {name}: {other}")
            cells.append(f"{usual} ({len(notes)})" if other else usual)
        yield f"| {target} | {' | '.join(cells)} |"
    yield ""
    for number, note in enumerate(notes, 1):
        yield f"{number}. {note}"
    if notes:
        yield ""


def entry(found: Outcomes) -> tuple[str, str]:
    """Return what a cell says of the likely dialect, and what the list below it says of others; empty if nothing."""
    usual = found[0][1] if found else "-"
    other = [f"{outcome} under `{dialect}`" for dialect, outcome in found if outcome != usual]
    return usual, f"{'; '.join(other)}." if other else ""


def entry_of(page: str, title: str, target: str, name: str) -> tuple[str, str]:
    """Return the same as a page says it, of a table, a row and a column; empty texts where it says nothing."""
    lines = page.partition(f"### {title}\n")[2].partition("\n#")[0].splitlines()
    rows = [[cell.strip() for cell in line.strip("|").split("|")] for line in lines if line.startswith("|")]
    row = next((row for row in rows if row[0] == target), None)
    if row is None or name not in rows[0]:
        return "", ""
    usual, _space, number = row[rows[0].index(name)].partition(" (")
    begin = f"{number.rstrip(')')}. {target}, {name}: "
    return usual, next((line.removeprefix(begin) for line in lines if number and line.startswith(begin)), "")


def _sweep(sweep: Mapping[str, Mapping[str, Sequence[str]]]) -> Iterator[str]:
    every = [outcome for row in sweep.values() for found in row.values() for outcome in found]
    yield f"## {len(every):,} cases of a fault at any request of a run"
    yield ""
    yield _SWEEP
    yield ""
    yield "| change | cases | outcomes |"
    yield "| --- | ---: | --- |"
    for target, row in sweep.items():
        found = [outcome for each in row.values() for outcome in each]
        yield f"| {target} | {len(found)} | {_numbers(found)} |"
    yield ""
    yield "Those that are not `done`:"
    yield ""
    for target, row in sweep.items():
        for name, found in row.items():
            other = [outcome for outcome in found if outcome != "done"]
            if other:
                yield f"- {target}, {name}: {_numbers(other)}"


def _numbers(found: Sequence[str]) -> str:
    return ", ".join(f"{number} {outcome}" for outcome, number in sorted(Counter(found).items()))


def tables_of(page: str) -> str:
    """Return the part of a page that the tests compare with."""
    return page.partition(_BEGIN)[2].partition(_END)[0].strip("\n")


def whole_page(tables_text: str, tally: Mapping[str, Mapping[str, int]]) -> str:
    """Return the page as Markdown.

    :param tally: the counts of all tests of faults, by area.
    """
    lines = [_BEGINNING, "All tests of faults together, and how often they saw what must not be:", ""]
    lines += ["| what was tried | cases | done twice | lost | stack traces | leaks |"]
    lines += ["| --- | ---: | ---: | ---: | ---: | ---: |"]
    counts = importlib.import_module("tally")
    counted = counts.Tally({area: counts.Count(**count) for area, count in tally.items()})
    lines += [f"| {' | '.join(row)} |" for row in counted.rows()[1:]]
    if counts.CROSSING in tally:
        lines += ["", _CROSSING]
    return "\n".join([*lines, _WAYS, _BEGIN, "", tables_text, "", _END, ""])


def main() -> int:
    """Run the tests of faults and write the page. Return the program's status."""
    parser = argparse.ArgumentParser(description="Run the tests of faults and write the page of what they have seen.")
    parser.add_argument("--write", type=Path, default=PAGE, metavar="FILE", help="where to (default: %(default)s)")
    parser.add_argument("--only-write", action="store_true", help="write what the last run of the tests has kept")
    parser.add_argument("--pytest", default="tests/faults", metavar="PATHS", help="what to run (default: %(default)s)")
    given = parser.parse_args()
    if not given.only_write:
        command = [sys.executable, "-m", "pytest", "-q", *given.pytest.split()]
        status = subprocess.run(command, cwd=ROOT, env={**os.environ, "FAULT_PAGE": "write"}, check=False).returncode
        if status:
            return status
    for folder in (
        ".build/collections",
        *(f"tests/{name}" for name in ("simulator", "integration", "readings", "faults")),
    ):
        sys.path.insert(0, str(ROOT / folder))
    cases, matrix = importlib.import_module("matrix_cases"), importlib.import_module("matrix")
    results = json.loads((KEPT / "matrix.json").read_text(encoding="utf-8"))
    tally = json.loads((KEPT / "tally.json").read_text(encoding="utf-8"))
    text = whole_page(tables(results, cases.OUTCOMES, matrix.TARGETS), tally)
    given.write.write_text(text, encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
