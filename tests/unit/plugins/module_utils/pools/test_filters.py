# Copyright (c) 2026 the hwcloud.workspace contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Filters: what a region does not filter by is filtered here, and what it does not return is not held against it."""

from __future__ import annotations

from typing import Any

import pytest

from ansible_collections.hwcloud.workspace.plugins.module_utils.pools.filters import FILTERS, find_desktops
from ansible_collections.hwcloud.workspace.tests.unit.plugins.module_utils.pools.samples import (
    NEW,
    OLD,
    POOL_ID,
    USER_C3,
    a_pool,
    desktop_record,
)
from ansible_collections.hwcloud.workspace.tests.unit.plugins.module_utils.scripted_service import (
    PROJECT,
    Reply,
    ScriptedService,
    session_to,
)

PATH = f"/v2/{PROJECT}/desktop-pools/{POOL_ID}/desktops"

# filter, value, fields of a desktop that fits, fields of one that does not
TABLE: list[tuple[str, Any, dict[str, Any], dict[str, Any]]] = [
    ("inconsistent_type", "IMAGE_ID", {"image_id": NEW}, {}),
    ("inconsistent_type", "PRODUCT_ID", {"product": {"product_id": "b"}}, {"image_id": NEW}),
    ("inconsistent_type", "DISK_NUM", {"data_volumes": []}, {"root_volume": {"size": 90}}),
    ("inconsistent_type", "DISK_SIZE", {"root_volume": {"size": 90}}, {}),
    ("status", "ACTIVE", {}, {"status": "SHUTOFF"}),
    ("login_status", ["CONNECTED", "DISCONNECTED"], {"login_status": "DISCONNECTED"}, {"login_status": "REGISTERED"}),
    ("user_names", ["user-b2", "user-c3"], USER_C3, {}),
    ("user_attached", True, USER_C3, {}),
    ("user_attached", False, {}, USER_C3),
    ("desktop_id", ["fits", "other"], {}, {}),
    ("computer_names", ["fin-001"], {"computer_name": "FIN-001"}, {"computer_name": "FIN-0011"}),
    ("desktop_ip", "10.0.0.1", {"ip_addresses": ["10.0.0.1", "10.0.0.2"]}, {"ip_addresses": ["10.0.0.3"]}),
    ("image_id", NEW, {"image_id": NEW}, {"image_id": OLD}),
    ("in_maintenance_mode", True, {"in_maintenance_mode": True}, {"in_maintenance_mode": False}),
    ("in_maintenance_mode", False, {"in_maintenance_mode": False}, {"in_maintenance_mode": True}),
    ("availability_zone", "z1", {"availability_zone": "z1"}, {"availability_zone": "z2"}),
    ("subnet_id", "s1", {"subnet_id": "s1"}, {"subnet_id": "s2"}),
    ("domain_status", 2, {"domain_status": 2}, {"domain_status": 1}),
    ("domain_status", 2, {"domain_status": "2"}, {"domain_status": "1"}),
    ("is_share_desktop", False, {"is_share_desktop": False}, {"is_share_desktop": True}),
    ("is_support_internet", True, {"is_support_internet": True}, {"is_support_internet": False}),
    ("isolated", True, {"isolated": True}, {"isolated": False}),
]


def found(service: ScriptedService, records: list[dict[str, Any]], **wanted: Any) -> list[str]:
    service.on("GET", PATH, Reply(200, {"pool_desktops": records, "total_count": len(records)}))
    return [desktop.id for desktop in find_desktops(session_to(service.url), a_pool(OLD), wanted)]


@pytest.mark.parametrize(("name", "value", "fits", "other"), TABLE)
def test_a_region_that_ignores_a_filter_does_not_spoil_the_answer(
    service: ScriptedService, name: str, value: Any, fits: dict[str, Any], other: dict[str, Any]
) -> None:
    records = [desktop_record("fits", **fits), desktop_record("misfits", **other)]
    assert found(service, records, **{name: value}) == ["fits"]


@pytest.mark.parametrize(
    "name",
    [
        "desktop_ip",
        "in_maintenance_mode",
        "availability_zone",
        "subnet_id",
        "domain_status",
        "is_share_desktop",
        "is_support_internet",
        "isolated",
    ],
)
def test_what_a_region_does_not_return_is_left_to_its_own_filter(service: ScriptedService, name: str) -> None:
    assert found(service, [desktop_record("d1")], **{name: "value"}) == ["d1"]


@pytest.mark.parametrize("addresses", [None, []])
def test_a_desktop_without_an_address_does_not_break_the_search_for_one(
    service: ScriptedService, addresses: Any
) -> None:
    records = [desktop_record("without", ip_addresses=addresses), desktop_record("with", ip_addresses=["10.0.0.1"])]
    assert "with" in found(service, records, desktop_ip="10.0.0.1")


@pytest.mark.parametrize("name", ["user_name", "computer_name", "charge_mode", "tag"])
def test_what_only_the_service_can_tell_is_left_to_it(service: ScriptedService, name: str) -> None:
    assert found(service, [desktop_record("d1")], **{name: "anything"}) == ["d1"]
    assert service.requests[0].query[name] == "anything"


def test_spellings_that_differ_by_region_are_not_sent(service: ScriptedService) -> None:
    found(service, [], inconsistent_type="IMAGE_ID", login_status=["CONNECTED"], status="ACTIVE", desktop_id=["a", "b"])
    assert service.requests[0].pairs == [
        ("desktop_id", "a"),
        ("desktop_id", "b"),
        ("limit", "100"),
        ("offset", "0"),
        ("status", "ACTIVE"),
    ]


def test_every_filter_has_to_fit(service: ScriptedService) -> None:
    records = [desktop_record("a", NEW), desktop_record("b", NEW, status="SHUTOFF"), desktop_record("c", OLD)]
    assert found(service, records, image_id=NEW, status="ACTIVE") == ["a"]


def test_without_filters_all_are_found(service: ScriptedService) -> None:
    assert found(service, [desktop_record("a"), desktop_record("b")]) == ["a", "b"]


def test_each_filter_is_in_the_table_or_left_to_the_service() -> None:
    assert {row[0] for row in TABLE} | {name for name, check in FILTERS.items() if check is None} == set(FILTERS)
