# Copyright (c) 2026 the hwcloud.workspace contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Pools and desktops: what is read out of the service's records, whatever the region leaves out."""

from __future__ import annotations

from typing import Any

import pytest

from ansible_collections.hwcloud.workspace.plugins.module_utils.pools.model import Desktop, Pool
from ansible_collections.hwcloud.workspace.tests.unit.plugins.module_utils.pools.samples import (
    POOL_ID,
    a_desktop,
    a_pool,
    desktop_record,
    pool_record,
)


def test_a_pool_is_what_its_record_says() -> None:
    record = pool_record("i1", status="steady")
    pool = Pool.from_service(record)
    assert (pool.id, pool.name, pool.status) == (POOL_ID, "finance-win10", "STEADY")
    assert (pool.image_id, pool.product_id, pool.desktop_count) == ("i1", "product-a", 2)
    assert (pool.disk_sizes, pool.data_disk_count) == ((80, 100), 1)
    assert pool.fields is record


def test_a_desktop_is_what_its_record_says() -> None:
    desktop = a_desktop("d1", "i1", status="active", login_status="connected")
    assert (desktop.id, desktop.name, desktop.status, desktop.login_status) == ("d1", "D1", "ACTIVE", "CONNECTED")
    assert (desktop.image_id, desktop.product_id) == ("i1", "product-a")
    assert (desktop.disk_sizes, desktop.data_disk_count) == ((80, 100), 1)


@pytest.mark.parametrize("empty", [{}, {"product": None, "root_volume": None, "data_volumes": None, "metadata": None}])
def test_a_record_of_nothing_is_read_as_nothing(empty: dict[str, Any]) -> None:
    pool, desktop = Pool.from_service(empty), Desktop.from_service(empty)
    assert (pool.id, pool.image_id, pool.product_id, pool.disk_sizes, pool.data_disk_count) == ("", "", "", (), 0)
    assert (desktop.id, desktop.image_id, desktop.product_id, desktop.disk_sizes, desktop.has_user) == (
        "",
        "",
        "",
        (),
        False,
    )


@pytest.mark.parametrize(
    ("fields", "product_id"),
    [
        ({"product": {"product_id": "a"}, "product_id": "b"}, "a"),
        ({"product": {}, "product_id": "b"}, "b"),
        ({"product": None, "product_id": "b"}, "b"),
    ],
)
def test_a_desktops_product_is_read_from_where_the_region_writes_it(fields: dict[str, Any], product_id: str) -> None:
    assert a_desktop(**fields).product_id == product_id


@pytest.mark.parametrize(
    ("fields", "has_user"),
    [
        ({}, False),
        ({"attach_user_infos": [], "user_name": ""}, False),
        ({"attach_user_infos": None, "user_name": None}, False),
        ({"attach_user_infos": [{"user_name": "user-c3"}]}, True),
        ({"user_name": "user-c3"}, True),
    ],
)
def test_a_desktop_has_a_user_if_either_field_names_one(fields: dict[str, Any], has_user: bool) -> None:
    assert a_desktop(**fields).has_user is has_user


@pytest.mark.parametrize(
    ("state", "in_session"),
    [
        ("CONNECTED", True),
        ("DISCONNECTED", True),
        ("disconnected", True),
        ("REGISTERED", False),
        ("UNREGISTER", False),
        ("", False),
    ],
)
def test_a_session_may_hold_unsaved_work_also_when_it_is_disconnected(state: str, in_session: bool) -> None:
    assert a_desktop(login_status=state).in_session is in_session


@pytest.mark.parametrize(
    ("fields", "is_leaving"),
    [
        ({}, False),
        ({"status": ""}, True),
        ({"status": None}, True),
        ({"task_status": "deleting"}, True),
        ({"task_status": "deleteFailed"}, False),
        ({"task_status": "rebuilding"}, False),
        ({"status": "ERROR"}, False),
    ],
)
def test_a_desktop_that_is_being_deleted_is_known(fields: dict[str, Any], is_leaving: bool) -> None:
    assert a_desktop(**fields).is_leaving is is_leaving


def test_sizes_that_come_as_text_are_numbers() -> None:
    assert a_pool(root_volume={"size": "80"}, data_volumes=[{"size": "100"}, {"size": None}]).disk_sizes == (80, 100, 0)
    assert Desktop.from_service(desktop_record(root_volume={"size": "80"})).disk_sizes[0] == 80
