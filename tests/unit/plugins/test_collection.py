# Copyright (c) 2026 the hwcloud.workspace contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What has to be said of a module in several places is the same in all of them."""

from __future__ import annotations

import importlib
from pathlib import Path

import pytest
import yaml

ROOT = Path(__file__).resolve().parents[3]
MODULES = sorted(path.stem for path in (ROOT / "plugins" / "modules").glob("*.py"))


def test_every_module_has_an_action_plugin_of_its_name() -> None:
    actions = {path.stem for path in (ROOT / "plugins" / "action").glob("*.py")}
    assert actions == {*MODULES, "workspace"}


def test_every_module_is_in_the_action_group() -> None:
    runtime = yaml.safe_load((ROOT / "meta" / "runtime.yml").read_text())
    assert runtime["action_groups"]["all"] == MODULES


def test_every_module_is_in_the_readme() -> None:
    readme = (ROOT / "README.md").read_text()
    assert [name for name in MODULES if f"| `{name}` |" not in readme] == []


def test_every_module_is_described_at_a_glance() -> None:
    page = (ROOT / "docs" / "modules-at-a-glance.md").read_text()
    rows = [line.strip("| ").split(" | ") for line in page.splitlines() if line.startswith("| `")]
    assert [row[0].strip("`") for row in rows] == MODULES
    assert [row for row in rows if len(row) != 4 or not all(row)] == []


@pytest.mark.parametrize("name", MODULES)
def test_a_module_says_what_it_supports(name: str) -> None:
    module = importlib.import_module(f"ansible_collections.hwcloud.workspace.plugins.modules.{name}")
    documentation = yaml.safe_load(module.DOCUMENTATION)
    assert "hwcloud.workspace.attributes" in documentation["extends_documentation_fragment"]
    reads_only = "hwcloud.workspace.attributes.info" in documentation["extends_documentation_fragment"]
    assert reads_only or {"check_mode", "diff_mode", "idempotent"} <= set(documentation["attributes"])
    assert module.SPEC.supports_check_mode is True


@pytest.mark.parametrize("name", MODULES)
def test_every_limit_and_synonym_of_a_module_is_about_an_option_of_it(name: str) -> None:
    spec = importlib.import_module(f"ansible_collections.hwcloud.workspace.plugins.modules.{name}").SPEC
    assert {*spec.limits, *spec.synonyms.values()} <= set(spec.argument_spec)
    assert not set(spec.synonyms) & set(spec.argument_spec)
