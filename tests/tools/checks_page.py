# Copyright (c) 2026 the hwcloud.workspace contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Keeps the results of the checks under .build/checks, writes docs/checks.md and compares it.

``run NAME -- COMMAND`` runs a check's command and keeps its result; ``write`` writes the page; ``compare`` fails unless
every check of tests/tools/checks.yml has passed since .build/checks was last empty, and the page says so of the same
checks. Versions and numbers are those of the day on which the page was written, so they are not compared.
"""

from __future__ import annotations

import argparse
import json
import re
import subprocess
import sys
import xml.etree.ElementTree as ET
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import yaml

ROOT = Path(__file__).resolve().parents[2]
LIST = ROOT / "tests" / "tools" / "checks.yml"
PAGE = ROOT / "docs" / "checks.md"
RESULTS = ROOT / ".build" / "checks"
HEAD = """<!--
Copyright (c) 2026 the hwcloud.workspace contributors
GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
SPDX-License-Identifier: GPL-3.0-or-later
-->

# Checks and their results

What certified collections and those of the community package have to pass, and more. `make checks` runs all of it and
writes this page. The repository's CI (`.ci/run`) runs the same on every change, and fails unless each of them passes
and is named here.

"""
COLUMNS = ("check", "tool", "version", "command", "result")


@dataclass(frozen=True)
class Outcome:
    """How a check went."""

    name: str
    version: str
    passed: bool
    words: str


def checks() -> list[dict[str, Any]]:
    """Return the checks in the page's order."""
    return list(yaml.safe_load(LIST.read_text(encoding="utf-8"))["checks"])


def run(name: str, command: Sequence[str]) -> int:
    """Run a check's command, show its output as it comes, and keep the result. Return the exit status."""
    (check,) = [check for check in checks() if check["name"] == name]
    output = []
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True) as program:
        assert program.stdout is not None
        for line in program.stdout:
            print(line, end="", flush=True)
            output.append(line)
    status = program.returncode
    words = in_words(check, "".join(output))
    if status == 0 and words is None:
        print(f"{name}: the output does not say how it went: nothing like {check['result']}", file=sys.stderr)
        status = 1
    keep(Outcome(name, version_of(check), status == 0, words or f"exit status {status}"))
    return status


def in_words(check: dict[str, Any], output: str) -> str | None:
    """Return what a check's output says of its result, None if it says nothing."""
    found = (
        [match.groups() for match in re.finditer(check["result"], output, re.MULTILINE)] if check["result"] else [()]
    )
    return str(check["words"]).format(*found[-1], count=len({match[:1] for match in found})) if found else None


def of_tests(check: dict[str, Any]) -> Outcome | None:
    """Return how the tests of some files went in the last runs of pytest, None if one of the files was not run."""
    total = {"passed": 0, "failed": 0, "skipped": 0}
    for file in check["tests"]:
        found = [case for path in RESULTS.glob("junit-*.xml") for case in _cases(path, file)]
        if not found:
            return None
        for case in found:
            kinds = {child.tag for child in case}
            total["failed" if kinds & {"failure", "error"} else "skipped" if "skipped" in kinds else "passed"] += 1
    words = ", ".join(f"{number} {kind}" for kind, number in total.items() if number or kind == "passed")
    return Outcome(check["name"], version_of(check), not total["failed"] and total["passed"] > 0, words)


def _cases(path: Path, file: str) -> list[ET.Element]:
    """Return the cases of one file of tests in a result of pytest's."""
    module = file.removesuffix(".py").replace("/", ".")
    cases = ET.parse(path).iter("testcase")  # noqa: S314  # pytest's own file
    return [case for case in cases if f"{case.get('classname')}.".startswith(f"{module}.")]


def version_of(check: dict[str, Any]) -> str:
    """Return the version that a check's tool says it has."""
    program, *options = check["version"]
    command = [str(ROOT / ".build" / program), *options]
    said = subprocess.run(command, capture_output=True, text=True, check=False)
    found = re.search(r"\d+\.\d+[\w.]*", said.stdout)
    return found[0] if found else "unknown"


def keep(outcome: Outcome) -> None:
    """Write down how a check went."""
    RESULTS.mkdir(parents=True, exist_ok=True)
    (RESULTS / f"{outcome.name}.json").write_text(json.dumps(asdict(outcome), indent=1) + "\n", encoding="utf-8")


def outcome_of(check: dict[str, Any]) -> Outcome | None:
    """Return how a check went, None if it was not run."""
    if "tests" in check:
        return of_tests(check)
    path = RESULTS / f"{check['name']}.json"
    return Outcome(**json.loads(path.read_text(encoding="utf-8"))) if path.exists() else None


def row(check: dict[str, Any], outcome: Outcome) -> str:
    """Return a check's line of the page."""
    result = f"{'passed' if outcome.passed else 'FAILED'}: {outcome.words}"
    cells = (check["check"], check["tool"], outcome.version, f"`{check['command']}`", result)
    return f"| {' | '.join(cells)} |"


def page(outcomes: dict[str, Outcome]) -> str:
    """Return the page."""
    rows = [row(check, outcomes[check["name"]]) for check in checks()]
    return HEAD + "\n".join([f"| {' | '.join(COLUMNS)} |", "| --- " * len(COLUMNS) + "|", *rows]) + "\n"


def comparable(text: str) -> list[tuple[str, ...]]:
    """Return what has to be the same of a page's table: check, tool, command and whether it passed."""
    cells = [[cell.strip() for cell in line.strip("| ").split(" | ")] for line in text.splitlines() if line[:2] == "| "]
    return [(check, tool, command, result.partition(":")[0]) for check, tool, _version, command, result in cells[2:]]


def problems(outcomes: dict[str, Outcome | None], text: str) -> list[str]:
    """Return why the checks and a page do not agree."""
    found = [f"{name}: was not run" for name, outcome in outcomes.items() if outcome is None]
    found += [f"{name}: failed, {one.words}" for name, one in outcomes.items() if one is not None and not one.passed]
    if not found:
        wanted = page({name: one for name, one in outcomes.items() if one is not None})
        if comparable(wanted) != comparable(text):
            found.append("docs/checks.md does not say the same; write it with `make checks`")
    return found


def main() -> int:
    """Do what the command line asks for."""
    parser = argparse.ArgumentParser(description=__doc__)
    commands = parser.add_subparsers(dest="action", required=True)
    runs = commands.add_parser("run", help="run one check and keep its result")
    runs.add_argument("name", choices=[check["name"] for check in checks()])
    runs.add_argument("command", nargs=argparse.REMAINDER)
    commands.add_parser("write", help="write docs/checks.md")
    commands.add_parser("compare", help="compare docs/checks.md with the results")
    options = parser.parse_args()
    if options.action == "run":
        return run(options.name, [word for word in options.command if word != "--"])
    outcomes = {check["name"]: outcome_of(check) for check in checks()}
    if options.action == "write":
        found = [problem for problem in problems(outcomes, "") if "make checks" not in problem]
        if not found:
            PAGE.write_text(page({name: one for name, one in outcomes.items() if one is not None}), encoding="utf-8")
    else:
        found = problems(outcomes, PAGE.read_text(encoding="utf-8") if PAGE.exists() else "")
    for problem in found:
        print(problem, file=sys.stderr)
    print(
        f"{len(outcomes) - len(found)} of {len(outcomes)} checks as they should be"
        if found
        else f"all {len(outcomes)} checks passed"
    )
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
