# Copyright (c) 2026 the hwcloud.workspace contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the inventory plugin documents is what it takes, and it is for the files that it names."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import yaml

from ansible_collections.hwcloud.workspace.plugins.doc_fragments.connection import ModuleDocFragment
from ansible_collections.hwcloud.workspace.plugins.inventory.desktop_pools import (
    DOCUMENTATION,
    EXAMPLES,
    InventoryModule,
)
from ansible_collections.hwcloud.workspace.plugins.module_utils.inventory.fleet import SPEC

OF_CONSTRUCTED = {"strict"}
"""Options that the fragment `constructed` has, described anew here."""


def documented() -> dict[str, Any]:
    """Return the documented options, without those of ansible-core's own fragments."""
    own = yaml.safe_load(DOCUMENTATION)["options"]
    shared = yaml.safe_load(ModuleDocFragment.DOCUMENTATION)["options"]
    return {name: option for name, option in {**shared, **own}.items() if name not in {"plugin", *OF_CONSTRUCTED}}


def shape(options: dict[str, Any], inner: str) -> dict[str, Any]:
    """Return what the two ways of saying what an option is have in common."""
    return {
        name: {
            "type": option.get("type", "str"),
            **{key: option[key] for key in ("elements", "choices", "default") if key in option},
            **({"options": shape(option[inner], inner)} if inner in option else {}),
        }
        for name, option in options.items()
    }


def test_the_options_are_those_that_are_documented() -> None:
    assert shape(documented(), "suboptions") == shape(dict(SPEC.argument_spec), "options")


def test_every_limit_is_about_an_option() -> None:
    assert set(SPEC.limits) <= set(SPEC.argument_spec)


def test_the_example_sets_documented_options() -> None:
    known = {"plugin", *documented(), *OF_CONSTRUCTED, "keyed_groups", "groups", "compose"}
    assert {name for name in yaml.safe_load(EXAMPLES) if not name.startswith("cache")} <= known


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("desktop_pools.yml", True),
        ("desktop_pools.yaml", True),
        ("fleet.desktop_pools.yml", True),
        ("desktop_pools.json", False),
        ("desktop_pool.yml", False),
        ("hosts.yml", False),
    ],
)
def test_a_file_is_known_by_its_name(name: str, expected: bool, tmp_path: Path) -> None:
    path = tmp_path / name
    path.write_text("plugin: hwcloud.workspace.desktop_pools\n")
    assert InventoryModule().verify_file(str(path)) is expected


def test_a_file_that_is_not_there_is_for_nobody(tmp_path: Path) -> None:
    assert InventoryModule().verify_file(str(tmp_path / "desktop_pools.yml")) is False
