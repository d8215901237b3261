# Copyright (c) 2026 the hwcloud.workspace contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the documentation of modules says of options and attributes is what the code has."""

from __future__ import annotations

import importlib
import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest
import yaml

from ansible_collections.hwcloud.workspace.plugins.module_utils.limits import (
    Fields,
    IntRange,
    Items,
    Length,
    Limit,
    Pairs,
    Pattern,
)

ROOT = Path(__file__).resolve().parents[4]
MODULES = sorted(path.stem for path in (ROOT / "plugins" / "modules").glob("*.py"))
PLUGINS = "ansible_collections.hwcloud.workspace.plugins"
ATTRIBUTES = {"action_group", "check_mode", "diff_mode", "idempotent", "platform"}
USUAL = Length(1, 255)
"""The limit of texts of which nothing else is said, as a note of every module has it."""


@pytest.mark.parametrize("name", MODULES)
def test_every_limit_of_an_option_is_documented(name: str) -> None:
    spec = importlib.import_module(f"{PLUGINS}.modules.{name}").SPEC
    documented = documentation(name)
    assert any("1 to 255 characters where nothing else is said" in note for note in documented["notes"])
    assert [
        sentence
        for option, limit in spec.limits.items()
        for sentence in undocumented(option, limit, documented["options"][option])
    ] == []


@pytest.mark.parametrize(
    ("limit", "said", "found"),
    [
        (IntRange(1, 600, "seconds"), "Seconds, from V(1) to V(600).", []),
        (IntRange(1, 600, "seconds"), "Seconds, from V(1) to V(6000).", ["wait: 600"]),
        (IntRange(0, None), "How many.", ["wait: 0"]),
        (Length(1, 400), "A text.", ["wait: 400"]),
        (USUAL, "A text.", []),
        (Items(1, 1000), "At most 1,000 of them.", []),
        (Items(1, None, each=Length(1, 55)), "Some of them.", ["wait: 55"]),
    ],
)
def test_a_limit_that_is_not_documented_is_found(limit: Limit, said: str, found: list[str]) -> None:
    assert list(undocumented("wait", limit, {"description": [said]})) == found


@pytest.mark.parametrize("name", MODULES)
def test_every_attribute_is_documented_with_a_support(name: str) -> None:
    attributes = documentation(name)["attributes"]
    assert set(attributes) == ATTRIBUTES
    for attribute, entry in attributes.items():
        assert entry["description"], attribute
        assert entry["support"] in ("full", "partial", "none", "N/A"), attribute
        # What is not simply so has to be explained.
        assert entry["support"] == "full" or entry.get("details"), attribute
    assert attributes["platform"]["platforms"] == "posix"
    spec = importlib.import_module(f"{PLUGINS}.modules.{name}").SPEC
    assert (attributes["check_mode"]["support"] != "none") == spec.supports_check_mode


def test_those_that_say_that_they_are_in_the_action_group_are() -> None:
    runtime = yaml.safe_load((ROOT / "meta" / "runtime.yml").read_text(encoding="utf-8"))
    groups = {f"hwcloud.workspace.{group}": set(members) for group, members in runtime["action_groups"].items()}
    said: dict[str, set[str]] = {group: set() for group in groups}
    for name in MODULES:
        for group in documentation(name)["attributes"]["action_group"]["membership"]:
            said[group].add(name)
    assert said == groups


def documentation(name: str) -> dict[str, Any]:
    """Return a module's documentation with what its fragments give it, as Ansible puts them together."""
    own = yaml.safe_load(importlib.import_module(f"{PLUGINS}.modules.{name}").DOCUMENTATION)
    whole: dict[str, Any] = {"options": {}, "attributes": {}, "notes": []}
    for fragment in own["extends_documentation_fragment"]:
        file, _dot, section = fragment.removeprefix("hwcloud.workspace.").partition(".")
        texts = importlib.import_module(f"{PLUGINS}.doc_fragments.{file}").ModuleDocFragment
        _add(whole, yaml.safe_load(getattr(texts, section.upper() or "DOCUMENTATION")))
    _add(whole, own)
    return whole


def undocumented(path: str, limit: Limit, entry: Mapping[str, Any]) -> Iterator[str]:
    """Yield each bound of a limit that the description of an option does not name."""
    said = " ".join(entry["description"]) if isinstance(entry["description"], list) else entry["description"]
    if isinstance(limit, IntRange):
        yield from _missing(path, said, limit.min, limit.max)
    elif isinstance(limit, Length) and limit != USUAL:
        yield from _missing(path, said, limit.max)
    elif isinstance(limit, Items):
        yield from _missing(path, said, limit.max)
        if limit.each is not None:
            yield from undocumented(path, limit.each, entry)
    elif isinstance(limit, Fields):
        for field, inner in limit.limits.items():
            yield from undocumented(f"{path}.{field}", inner, entry["suboptions"][field])
    elif isinstance(limit, Pairs):
        yield from _missing(path, said, limit.max)
    else:
        assert isinstance(limit, (Pattern, Length)), limit


def _missing(path: str, said: str, *bounds: int | None) -> Iterator[str]:
    for bound in bounds:
        if bound is not None and not re.search(rf"(?<![\d,])(?:{bound}|{bound:,})(?!,?\d)", said):
            yield f"{path}: {bound}"


def _add(whole: dict[str, Any], part: Mapping[str, Any]) -> None:
    whole["options"].update(part.get("options") or {})
    whole["notes"] += part.get("notes") or []
    for name, entry in (part.get("attributes") or {}).items():
        whole["attributes"][name] = {**whole["attributes"].get(name, {}), **entry}
