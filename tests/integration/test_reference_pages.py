# Copyright (c) 2026 the hwcloud.workspace contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The reference as ``ansible-doc`` shows it: a page of each module, filter and role, and of the inventory."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest
import yaml
from running import CHECKOUT, COLLECTION, Ansible

KINDS = {
    "module": sorted(path.stem for path in (CHECKOUT / "plugins" / "modules").glob("*.py")),
    "filter": sorted(path.stem for path in (CHECKOUT / "plugins" / "filter").glob("*.yml")),
    "inventory": ["desktop_pools"],
    "role": sorted(path.name for path in (CHECKOUT / "roles").iterdir()),
}
MARKUP = re.compile(r"\b(?:RV|HORIZONTALLINE|[BCEILMOPRUV])\([^)\n]*")
"""Markup that was not closed, or is none, and so stands on the page as it was written."""
ITS_OWN = "_protomatter"
"""What the newest Ansible warns of about a part of its own."""


@pytest.mark.parametrize("kind", KINDS)
def test_every_page_is_shown_as_it_was_meant(ansible_in_process: Ansible, kind: str) -> None:
    names = [f"{COLLECTION}.{name}" for name in KINDS[kind]]
    run = ansible_in_process.run(["ansible-doc", "-t", kind, *names], allowed=[ITS_OWN])
    shown = re.findall(r"^> (?:[A-Z]+:? +)??\*?(hwcloud\.workspace\.\w+)", run.output, re.MULTILINE | re.IGNORECASE)
    assert sorted(name.lower() for name in shown) == names
    prose = run.output.partition("EXAMPLES")[0] if kind == "inventory" else _without_examples(run.output)
    assert MARKUP.findall(prose) == []


def test_options_of_a_role_are_those_of_its_defaults(ansible_in_process: Ansible) -> None:
    """What the page says that an option is when it is left out is what it is."""
    names = [f"{COLLECTION}.{name}" for name in KINDS["role"]]
    run = ansible_in_process.run(["ansible-doc", "-t", "role", "--json", *names], allowed=[ITS_OWN])
    pages, _end = json.JSONDecoder().raw_decode(run.output.strip())
    for name in KINDS["role"]:
        options = pages[f"{COLLECTION}.{name}"]["entry_points"]["main"]["options"]
        defaults = _defaults(CHECKOUT / "roles" / name)
        said = {option: entry["default"] for option, entry in options.items() if "default" in entry}
        assert said == {option: defaults.get(option) for option in said}, name


def _defaults(role: Path) -> dict[str, object]:
    file = role / "defaults" / "main.yml"
    return dict(yaml.safe_load(file.read_text(encoding="utf-8")) or {}) if file.exists() else {}


def _without_examples(output: str) -> str:
    """Return pages without their examples, in which brackets are those of Jinja."""
    return re.sub(r"^EXAMPLES:.*?(?=^RETURN VALUES:|^> |\Z)", "", output, flags=re.MULTILINE | re.DOTALL)
