# Copyright (c) 2026 the hwcloud.workspace contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The page says that a check passed only if it was run and has passed; the counter of unit tests misses none."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import checks_page
import pytest
from checks_page import Outcome

ROOT = Path(__file__).resolve().parents[3]
NAMES = [check["name"] for check in checks_page.checks()]
PASSED = {name: Outcome(name, "1.0", True, "7 tests passed") for name in NAMES}
CASE = '<testcase classname="{}" name="test_one">{}</testcase>'


def test_the_page_agrees_with_the_results_that_it_was_written_from() -> None:
    assert checks_page.problems(PASSED, checks_page.page(PASSED)) == []


def test_other_versions_and_numbers_still_agree() -> None:
    later = {name: Outcome(name, "2.0", True, "8 tests passed") for name in NAMES}
    assert checks_page.problems(later, checks_page.page(PASSED)) == []


@pytest.mark.parametrize("outcome", [None, Outcome("importer", "1.0", False, "exit status 1")])
def test_a_check_that_failed_or_was_not_run_is_a_problem(outcome: Outcome | None) -> None:
    (problem,) = checks_page.problems({**PASSED, "importer": outcome}, checks_page.page(PASSED))
    assert problem.startswith("importer: ")


def test_a_page_without_one_of_the_checks_is_a_problem() -> None:
    lines = checks_page.page(PASSED).splitlines()
    assert len(checks_page.problems(PASSED, "\n".join(lines[:-1]))) == 1
    assert len(checks_page.problems(PASSED, "")) == 1


def test_every_check_names_a_target_of_the_makefile() -> None:
    makefile = (ROOT / "Makefile").read_text()
    for check in checks_page.checks():
        assert f"\n{check['command'].split()[1]}:" in makefile, check["name"]


@pytest.mark.parametrize("name", [check["name"] for check in checks_page.checks() if "tests" in check])
def test_files_of_tests_that_a_check_names_exist(name: str) -> None:
    (check,) = [check for check in checks_page.checks() if check["name"] == name]
    assert [file for file in check["tests"] if not (ROOT / file).exists()] == []


@pytest.mark.parametrize(
    ("inside", "passed", "words"),
    [("", True, "1 passed"), ("<failure/>", False, "0 passed, 1 failed"), ("<skipped/>", False, "0 passed, 1 skipped")],
)
def test_results_of_pytest_are_counted(
    inside: str, passed: bool, words: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(checks_page, "RESULTS", tmp_path)
    check = {"name": "x", "tests": ["tests/a/test_b.py"], "version": ["none/python", "--version"]}
    monkeypatch.setattr(checks_page, "version_of", lambda check: "1.0")
    others = CASE.format("tests.a.test_bc", "<failure/>")
    (tmp_path / "junit-a.xml").write_text(f"<testsuite>{others}</testsuite>")
    assert checks_page.of_tests(check) is None
    (tmp_path / "junit-b.xml").write_text(f"<testsuite>{CASE.format('tests.a.test_b', inside)}{others}</testsuite>")
    assert checks_page.of_tests(check) == Outcome("x", "1.0", passed, words)


def test_output_that_does_not_say_how_it_went_is_no_success() -> None:
    check = {"result": r"(\d+) passed", "words": "{0} tests"}
    assert checks_page.in_words(check, "= 12 passed in 3 s =") == "12 tests"
    assert checks_page.in_words(check, "no tests ran") is None


@pytest.mark.parametrize(
    ("ran", "inside", "status"), [(("a", "b"), "", 0), (("a",), "", 1), (("a", "b"), "<skipped/>", 1), ((), "", 1)]
)
def test_unit_tests_that_were_left_out_are_missed(
    ran: tuple[str, ...], inside: str, status: int, tmp_path: Path
) -> None:
    (tmp_path / "tests/unit/plugins").mkdir(parents=True)
    (tmp_path / "tests/output/junit").mkdir(parents=True)
    for name in ("a", "b"):
        (tmp_path / f"tests/unit/plugins/test_{name}.py").write_text("")
    cases = "".join(CASE.format(f"tests.unit.plugins.test_{name}", inside) for name in ran)
    (tmp_path / "tests/output/junit/python3-units.xml").write_text(f"<testsuites>{cases}</testsuites>")
    command = [sys.executable, str(ROOT / "tests/tools/units_ran.py"), str(tmp_path)]
    assert subprocess.run(command, capture_output=True, check=False).returncode == status
