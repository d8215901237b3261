# Copyright (c) 2026 the hwcloud.workspace contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The filters of a pool's maintenance: how Ansible's values get in and out, and what their documentation says."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml
from ansible.errors import AnsibleFilterError
from ansible.utils.unsafe_proxy import wrap_var

from ansible_collections.hwcloud.workspace.plugins.filter.maintenance import FilterModule
from ansible_collections.hwcloud.workspace.tests.unit.plugins.module_utils.pools.rollout_pool import a_rollout_pool
from ansible_collections.hwcloud.workspace.tests.unit.plugins.module_utils.pools.samples import NEW

FOLDER = Path(__file__).resolve().parents[4] / "plugins" / "filter"
FILTERS: dict[str, Callable[..., Any]] = FilterModule().filters()
NOW_TEXT = "2026-11-23T01:00:00Z"


@pytest.mark.parametrize("name", sorted(FILTERS))
def test_a_filter_is_documented_with_the_values_that_it_takes_in_their_order(name: str) -> None:
    described = yaml.safe_load((FOLDER / f"{name}.yml").read_text())
    parameters = [parameter.name for parameter in inspect.signature(FILTERS[name]).parameters.values()]
    options = described["DOCUMENTATION"]
    assert options["name"] == name
    assert options["positional"].split(", ") == list(options["options"]) == ["_input", *parameters[1:]]
    assert name in described["EXAMPLES"] or name == "maintenance_errands"


def test_values_as_ansible_marks_them_go_through() -> None:
    report = a_rollout_pool(2).report
    asked = {"image": {"name": "november"}, "images": [{"name": "november", "id": NEW}]}
    found = FILTERS["plan_maintenance"](wrap_var(report), wrap_var(asked), {}, NOW_TEXT)
    assert [step["to"] for step in found["steps"]] == [NEW]
    summed = FILTERS["maintenance_result"](
        found, [], {"began": NOW_TEXT, "ended": NOW_TEXT, "report": wrap_var(report)}
    )
    assert FILTERS["maintenance_words"](summed).startswith(f"pool {report['name']}: unchanged.")


def test_what_cannot_be_right_is_one_sentence_about_the_pool() -> None:
    report = a_rollout_pool(2).report
    with pytest.raises(AnsibleFilterError, match=f"pool {report['name']}: canary names X, and the pool has no desktop"):
        FILTERS["plan_maintenance"](report, {"image": {"id": NEW}}, {"canary": ["X"]}, NOW_TEXT)
