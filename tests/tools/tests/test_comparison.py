# Copyright (c) 2026 the hwcloud.workspace contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The comparison with other products claims nothing without proof: a test for each of our rows, a source for theirs."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[3]
PAGE = ROOT / "docs" / "comparison.md"
OURS = "this collection"
UNKNOWN = "not documented"
VERDICTS = ("yes", "part", "by hand", "no", UNKNOWN)
LABEL = re.compile(r"\[([A-Z]\d+)\](?!:)")
TEST = re.compile(r"- `(tests/[\w/]+\.py)::((?:\w+::)?\w+)`")


@dataclass
class Page:
    """What the page says.

    :param products: the columns of the overview, ours first.
    :param overview: by feature, the verdict of each product.
    :param details: by feature, the full answer of each product.
    :param proofs: by feature, the tests that prove our answer: file and name.
    :param listed: by product, the labels of its sources.
    :param links: by label, the address.
    """

    products: list[str] = field(default_factory=list)
    overview: dict[str, dict[str, str]] = field(default_factory=dict)
    details: dict[str, dict[str, str]] = field(default_factory=dict)
    proofs: dict[str, list[tuple[str, str]]] = field(default_factory=dict)
    listed: dict[str, list[str]] = field(default_factory=dict)
    links: dict[str, str] = field(default_factory=dict)


def read(text: str) -> Page:
    """Read the page: the overview, a section for each feature, and the sources of each product."""
    page, chapter, section = Page(), "", ""
    for line in text.splitlines():
        if line.startswith("## "):
            chapter, section = line[3:], ""
        elif line.startswith("### "):
            section = line[4:]
        elif definition := re.fullmatch(r"\[([A-Z]\d+)\]: (\S+)", line):
            page.links[definition[1]] = definition[2]
        elif line.startswith("- `"):
            proof = TEST.fullmatch(line)
            page.proofs.setdefault(section, []).append((proof[1], proof[2]) if proof else (line, ""))
        elif line.startswith("| ") and not line.startswith("| ---"):
            _read_row(page, chapter, section, [cell.strip() for cell in line.split("|")[1:-1]])
    return page


def _read_row(page: Page, chapter: str, section: str, cells: list[str]) -> None:
    if chapter == "At a glance" and not page.products:
        page.products = cells[1:]
    elif chapter == "At a glance":
        name = re.sub(r"\[(.+)\]\(#.+\)", r"\1", cells[0])
        page.overview[name] = dict(zip(page.products, cells[1:], strict=True))
    elif chapter == "Sources":
        page.listed.setdefault(section, []).extend(LABEL.findall(cells[0]))
    elif section and cells[0] != "who":
        page.details.setdefault(section, {})[cells[0]] = " ".join(cells[1:])


def problems(page: Page, root: Path) -> list[str]:
    """Return what is wrong with the page, a sentence each; the tests that it names are looked for below ``root``."""
    return [*_wrong_overview(page), *_wrong_proofs(page, root), *_wrong_sources(page)]


def verdict(answer: str) -> str:
    """Return the first words of an answer; empty if they are none of the known ones."""
    return next((known for known in VERDICTS if re.match(rf"{known}(:|$)", answer)), "")


def _wrong_overview(page: Page) -> Iterator[str]:
    if page.products[:1] != [OURS] or len(page.products) < 2:
        yield "the overview does not begin with us, or has nobody else."
    if list(page.overview) != list(page.details):
        yield f"overview and details differ: {sorted(set(page.overview) ^ set(page.details))}."
    for feature, answers in page.details.items():
        if list(answers) != page.products:
            yield f"{feature}: answers of {list(answers)}."
        for product, answer in answers.items():
            if not verdict(answer):
                yield f"{feature}: the answer of {product} begins with none of {', '.join(VERDICTS)}."
            elif page.overview.get(feature, {}).get(product) != verdict(answer):
                yield f"{feature}: the overview says something else of {product}."


def _wrong_proofs(page: Page, root: Path) -> Iterator[str]:
    yield from (f"{feature}: no test proves it." for feature in page.details if feature not in page.proofs)
    for feature, named in page.proofs.items():
        for file, name in named:
            if name not in names_of_tests(root / file):
                yield f"{feature}: there is no {file}::{name}."


def _wrong_sources(page: Page) -> Iterator[str]:
    for product in page.products[1:]:
        labels = page.listed.get(product, [])
        if not labels:
            yield f"{product} has no source."
        cited = {label for answers in page.details.values() for label in LABEL.findall(answers.get(product, ""))}
        if wrong := sorted(cited ^ set(labels)):
            yield f"{product}: cited and not listed, or listed and not cited: {', '.join(wrong)}."
    for feature, answers in page.details.items():
        for product, answer in list(answers.items())[1:]:
            if (verdict(answer) == UNKNOWN) == bool(LABEL.findall(answer)):
                yield f"{feature}: {product} needs a source, or must have none where nothing is documented."
    listed = [label for labels in page.listed.values() for label in labels]
    if sorted(listed) != sorted(page.links):
        yield f"sources without address, or addresses of no source: {sorted(set(listed) ^ set(page.links))}."
    yield from (f"{label}: {url} is no link." for label, url in page.links.items() if not url.startswith("https://"))


def names_of_tests(path: Path) -> set[str]:
    """Return the names of the tests in a file, those in classes as ``Class::test``; none if there is no file."""
    if not path.is_file():
        return set()
    found: set[str] = set()
    for node in ast.parse(path.read_text(encoding="utf-8")).body:
        if isinstance(node, ast.FunctionDef) and node.name.startswith("test_"):
            found.add(node.name)
        if isinstance(node, ast.ClassDef):
            inner = (item.name for item in node.body if isinstance(item, ast.FunctionDef))
            found |= {f"{node.name}::{name}" for name in inner if name.startswith("test_")}
    return found


def test_every_claim_of_the_page_is_proven() -> None:
    assert problems(read(PAGE.read_text(encoding="utf-8")), ROOT) == []


def test_the_page_is_read_to_its_full_width() -> None:
    page = read(PAGE.read_text(encoding="utf-8"))
    assert len(page.products) == 6
    assert len(page.details) >= 20
    assert all(page.links.values())


def test_links_of_the_overview_lead_to_the_sections() -> None:
    text = PAGE.read_text(encoding="utf-8")
    anchors = dict(re.findall(r"^\| \[(.+?)\]\(#(.+?)\)", text, re.MULTILINE))
    wanted = {name: re.sub(r"[^\w -]", "", name.lower()).replace(" ", "-") for name in read(text).details}
    assert anchors == wanted


SMALL = """
## At a glance
| | this collection | Other |
| --- | --- | --- |
| [Waves](#waves) | yes | part |
| [Report](#report) | yes | not documented |
## In detail
### Waves
| who | how |
| --- | --- |
| this collection | yes: in waves |
| Other | part: in halves [O1] |

- `tests/test_a.py::test_waves`
### Report
| who | how |
| --- | --- |
| this collection | yes: a page |
| Other | not documented |

- `tests/test_a.py::TestPage::test_page`
## Sources
### Other
| source | page |
| --- | --- |
| [O1] | A manual |

[O1]: https://example.com/manual
"""


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    """A repository with two tests."""
    tests = tmp_path / "tests"
    tests.mkdir()
    code = "def test_waves(): ...\ndef helper(): ...\nclass TestPage:\n    def test_page(self): ...\n"
    (tests / "test_a.py").write_text(code, encoding="utf-8")
    return tmp_path


def test_nothing_is_said_of_a_page_that_is_right(tree: Path) -> None:
    assert problems(read(SMALL), tree) == []


@pytest.mark.parametrize(
    ("right", "wrong", "said"),
    [
        ("::test_waves`", "::test_floods`", "Waves: there is no tests/test_a.py::test_floods."),
        ("::test_waves`", "::helper`", "Waves: there is no tests/test_a.py::helper."),
        (
            "tests/test_a.py::test_waves",
            "tests/test_b.py::test_waves",
            "Waves: there is no tests/test_b.py::test_waves.",
        ),
        ("::TestPage::test_page`", "::test_page`", "Report: there is no tests/test_a.py::test_page."),
        ("`tests/test_a.py::test_waves`", "`tests/test_a.py`", "Waves: there is no - `tests/test_a.py`::."),
        ("- `tests/test_a.py::test_waves`", "", "Waves: no test proves it."),
        ("in halves [O1]", "in halves", "Waves: Other needs a source"),
        ("| Other | not documented |", "| Other | not documented: [O1] |", "Report: Other needs a source"),
        ("in halves [O1]", "in halves [O2]", "Other: cited and not listed, or listed and not cited: O1, O2."),
        ("| [O1] | A manual |", "", "Other has no source."),
        ("[O1]: https://example.com/manual", "", "sources without address"),
        ("https://example.com/manual", "example.com/manual", "O1: example.com/manual is no link."),
        ("| yes | part |", "| yes | yes |", "Waves: the overview says something else of Other."),
        ("part: in halves", "partly: in halves", "Waves: the answer of Other begins with none of"),
        ("| [Report](#report) | yes | not documented |", "", "overview and details differ: ['Report']."),
        ("| Other | part: in halves [O1] |", "", "Waves: answers of ['this collection']."),
        ("| | this collection | Other |", "| | Other | this collection |", "the overview does not begin with us"),
    ],
)
def test_what_is_wrong_with_a_page_is_said(tree: Path, right: str, wrong: str, said: str) -> None:
    assert SMALL.count(right) == 1
    found = problems(read(SMALL.replace(right, wrong)), tree)
    assert [problem for problem in found if problem.startswith(said)], found
