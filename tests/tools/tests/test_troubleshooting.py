# Copyright (c) 2026 the hwcloud.workspace contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The guide on troubleshooting: every code and every sentence of the code is on it, and it names none that is gone."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
import yaml

ROOT = Path(__file__).resolve().parents[3]
GUIDE = ROOT / "docs" / "docsite" / "rst" / "troubleshooting.rst"
PLUGINS = ROOT / "plugins"
SIMULATOR = ROOT / "tests" / "simulator" / "workspace_simulator"
CODE = re.compile(r"\b(?:WKS|APIGW|APIG|IAM)\.\d{4,8}\b")
LITERAL = re.compile(r"``([^`]+?)``")
# Python's own, and what is caught and put into another sentence.
NOT_SAID = {
    "ValueError",
    "TypeError",
    "KeyError",
    "AssertionError",
    "OverflowError",
    "ShapeError",
    "NotImplementedError",
}
HOLE = "…"
_WRAPPER = re.compile(rf"(pool {HOLE}|\w+): {HOLE}")
"""What only says whose sentence another one is."""


def _text(node: ast.AST) -> str:
    """Return the text of an expression, with a mark for all that is put in."""
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        return node.value
    if isinstance(node, ast.JoinedStr):
        return "".join(_text(part) for part in node.values)
    if isinstance(node, ast.BinOp) and isinstance(node.op, ast.Add):
        return _text(node.left) + _text(node.right)
    if isinstance(node, ast.IfExp):
        return _text(node.body) + HOLE + _text(node.orelse)
    return HOLE


def sentences() -> Iterator[tuple[str, str]]:
    """Yield each sentence that an error of the plugins is made with, and the place where that is."""
    for path in sorted(PLUGINS.rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if not (isinstance(node, ast.Call) and node.args):
                continue
            name = node.func.id if isinstance(node.func, ast.Name) else getattr(node.func, "attr", "")
            is_error = name.endswith("Error") and name not in NOT_SAID
            # What a refusal of a part of a pool says is handed to the function that refuses it, as the last argument.
            if is_error or name in ("adding", "require_partial_requests"):
                text = " ".join(_text(node.args[-1 if name == "require_partial_requests" else 0]).split())
                if re.search(r"\w{3}", text) and not _WRAPPER.fullmatch(text):
                    yield text, f"{path.relative_to(ROOT)}:{node.lineno}"


def parts_on_the_page() -> list[str]:
    """Return the parts of sentences that the page explains: the literals in the first column of its last section."""
    _before, _title, section = GUIDE.read_text(encoding="utf-8").partition("\nBy sentence\n")
    cells = re.findall(r"^   \* - (.*(?:\n       .*)*)", section, re.MULTILINE)
    return [" ".join(found.split()) for cell in cells for found in LITERAL.findall(" ".join(cell.split()))]


def codes_in(*folders: Path) -> set[str]:
    return {
        code for folder in folders for path in folder.rglob("*.py") for code in CODE.findall(path.read_text("utf-8"))
    }


def test_the_codes_on_the_page_are_those_of_plugins_and_simulator() -> None:
    on_page = set(CODE.findall(GUIDE.read_text(encoding="utf-8")))
    assert on_page == codes_in(PLUGINS, SIMULATOR)


def test_each_code_has_one_row() -> None:
    _before, _title, section = GUIDE.read_text(encoding="utf-8").partition("\nBy code\n")
    table = section.partition("\nBy status\n")[0]
    rows = re.findall(r"^   \* - (.*)", table, re.MULTILINE)
    named = [code for row in rows for code in CODE.findall(row)]
    assert sorted(named) == sorted({code for code in codes_in(PLUGINS, SIMULATOR) if not code.startswith("APIG.")})


def test_codes_that_only_the_simulator_knows_are_marked() -> None:
    """A reader must not look for them in the service's own documentation."""
    text = GUIDE.read_text(encoding="utf-8")
    chosen = re.findall(r'"(WKS\.\d+)"\n""".*(?:No|no) source gives', (SIMULATOR / "errors.py").read_text("utf-8"))
    assert len(chosen) >= 5
    for code in chosen:
        row = text.partition(f"``{code}``")[2].partition("   * -")[0]
        assert "Simulator only" in row, code


def test_every_sentence_is_explained() -> None:
    parts = parts_on_the_page()
    missing = [f"{place}: {text}" for text, place in sentences() if not any(part in text for part in parts)]
    assert not missing, "\n".join(missing)


def test_the_page_explains_no_sentence_that_is_gone() -> None:
    said = [text for text, _place in sentences()]
    gone = [part for part in parts_on_the_page() if not any(part in text for text in said)]
    assert gone == []


def test_sentences_are_found_with_what_is_put_in(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The reader itself: it finds plain, put together and added texts, and leaves Python's own errors out."""
    (tmp_path / "it.py").write_text(
        'raise InputError(f"{name} is " "bad")\nraise ValueError("not shown")\nerror.adding("or perhaps so", {})\n'
        'raise InputError("a" + ("bcd" if x else "efg"))\nraise InputError(sentence)\n',
        encoding="utf-8",
    )
    monkeypatch.setitem(globals(), "PLUGINS", tmp_path)
    monkeypatch.setitem(globals(), "ROOT", tmp_path)
    assert {text for text, _place in sentences()} == {f"{HOLE} is bad", f"abcd{HOLE}efg", "or perhaps so"}


def test_the_command_that_ends_maintenance_mode_is_right() -> None:
    """The same command is run by the test of the cookbook; here, that it names options that exist."""
    text = GUIDE.read_text(encoding="utf-8")
    module, arguments = re.findall(r'-m hwcloud\.workspace\.(\w+) -a "([^"]+)"', text)[0]
    options = yaml.safe_load(re.sub(r"(\w+)=(\S+)", r"\1: \2\n", arguments).replace("\n ", "\n"))
    source = (PLUGINS / "modules" / f"{module}.py").read_text(encoding="utf-8")
    assert options == {"name": "finance-win10", "in_maintenance_mode": False}
    assert all(f'"{option}":' in source for option in options)
