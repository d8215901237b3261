# Copyright (c) 2026 the hwcloud.workspace contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Drift: in what desktops differ from their pool, counted as the service counts."""

from __future__ import annotations

from typing import Any

import pytest

from ansible_collections.hwcloud.workspace.plugins.module_utils.pools.drift import drift, drift_kinds
from ansible_collections.hwcloud.workspace.tests.unit.plugins.module_utils.pools.samples import (
    NEW,
    OLD,
    a_desktop,
    a_pool,
)

DIFFERENCES: list[tuple[str, dict[str, Any], set[str]]] = [
    ("nothing", {}, set()),
    ("image", {"image_id": NEW}, {"image_id"}),
    ("product", {"product": {"product_id": "product-b"}}, {"product_id"}),
    ("one data disk more", {"data_volumes": [{"size": 100}, {"size": 10}]}, {"disk_num", "disk_size"}),
    ("no data disk", {"data_volumes": []}, {"disk_num", "disk_size"}),
    ("a larger data disk", {"data_volumes": [{"size": 110}]}, {"disk_size"}),
    ("a larger system disk", {"root_volume": {"size": 90}}, {"disk_size"}),
    ("sizes that cancel out", {"root_volume": {"size": 90}, "data_volumes": [{"size": 90}]}, set()),
    ("two disks of the size of one", {"data_volumes": [{"size": 50}, {"size": 50}]}, {"disk_num"}),
    ("another type of disk", {"data_volumes": [{"size": 100, "type": "SAS"}]}, set()),
    (
        "everything",
        {"image_id": NEW, "product": {"product_id": "b"}, "data_volumes": []},
        {"image_id", "product_id", "disk_num", "disk_size"},
    ),
]


@pytest.mark.parametrize(("given", "fields", "kinds"), DIFFERENCES, ids=[case[0] for case in DIFFERENCES])
def test_a_difference_is_named_by_its_kinds(given: str, fields: dict[str, Any], kinds: set[str]) -> None:
    assert drift_kinds(a_pool(OLD), a_desktop("d1", **fields)) == kinds


def test_desktops_are_counted_by_kind_and_every_kind_is_there() -> None:
    desktops = [a_desktop("d1", NEW), a_desktop("d2", NEW, data_volumes=[]), a_desktop("d3")]
    assert drift(a_pool(OLD), desktops) == {"product_id": 0, "image_id": 2, "disk_num": 1, "disk_size": 1}
    assert drift(a_pool(OLD), []) == {"product_id": 0, "image_id": 0, "disk_num": 0, "disk_size": 0}


def test_a_desktop_that_is_being_deleted_does_not_drift() -> None:
    assert (
        drift(a_pool(OLD), [a_desktop("d1", NEW, status=""), a_desktop("d2", NEW, task_status="deleting")])["image_id"]
        == 0
    )
