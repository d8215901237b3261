# Copyright (c) 2026 the hwcloud.workspace contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Filters and pages of lists."""

from __future__ import annotations

from typing import Any

import pytest

FINANCE = "22222222-0000-4000-8000-000000000001"
DYNAMIC = "22222222-0000-4000-8000-000000000002"
OLD_IMAGE = "11111111-1010-4000-8000-000000002610"
NEW_IMAGE = "11111111-1010-4000-8000-000000002611"
POOL_DESKTOPS = f"/desktop-pools/{FINANCE}/desktops"


def names(api: Any, path: str = POOL_DESKTOPS, **query: Any) -> list[str]:
    answer = api.get(path, **query)
    rows = answer.get("pool_desktops", answer.get("desktops"))
    return [row["computer_name"][-3:] for row in rows]


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ({}, ["001", "002", "003", "004"]),
        ({"status": "active"}, ["001", "002", "003"]),
        ({"user_name": "user-a1"}, ["001"]),
        ({"user_name": "r-a1"}, []),
        ({"user_name": "user-a1", "user_names": ["user-b2"]}, ["002"]),
        ({"user_names": "user-a1,user-b2"}, ["001", "002"]),
        ({"computer_name": "fin-00"}, ["001", "002", "003", "004"]),
        ({"computer_names": ["FIN-001", "FIN-00"]}, ["001"]),
        ({"desktop_ip": "10.16.0.11"}, ["002"]),
        ({"desktop_type": "POOLED"}, ["001", "002", "003", "004"]),
        ({"desktop_type": "DEDICATED"}, []),
        ({"desktop_type": ""}, ["001", "002", "003", "004"]),
        ({"tag": "floor=2"}, ["003"]),
        ({"tag": "floor=2,side=left"}, []),
        ({"domain_status": 1}, ["001", "002", "003", "004"]),
        ({"user_attached": "true"}, ["001", "002"]),
        ({"user_attached": "false"}, ["003", "004"]),
        ({"image_id": NEW_IMAGE}, ["004"]),
        ({"charge_mode": "0"}, []),
        ({"in_maintenance_mode": "true"}, ["002"]),
        ({"is_share_desktop": "true"}, []),
        ({"is_support_internet": "true"}, ["001", "002", "003", "004"]),
        ({"availability_zone": "eu-west-101a"}, ["001", "002", "003", "004"]),
        ({"isolated": "true"}, ["003"]),
        ({"subnet_id": "elsewhere"}, []),
        ({"enterprise_project_id": "0"}, ["001", "002", "003", "004"]),
        ({"sort_field": "computer_name", "sort_type": "DESC"}, ["004", "003", "002", "001"]),
        ({"inconsistent_type": "IMAGE_ID"}, ["004"]),
        ({"inconsistent_type": "PRODUCT"}, ["001"]),
        ({"inconsistent_type": "DISK_NUM"}, ["002"]),
        ({"inconsistent_type": "DISK_SIZE"}, ["002"]),
        ({"offset": 1, "limit": 2}, ["002", "003"]),
        ({"offset": 9}, []),
    ],
)
def test_desktops_of_a_pool_are_filtered(api: Any, query: dict[str, Any], found: list[str]) -> None:
    api.desktop("FIN-001").product_id = "workspace.x86.enterprise.xlarge2"
    api.desktop("FIN-002").in_maintenance_mode = True
    api.desktop("FIN-002").data_volumes.clear()
    api.desktop("FIN-003").tags = {"floor": "2"}
    api.desktop("FIN-003").isolated = True
    api.desktop("FIN-004").image_id = NEW_IMAGE
    assert names(api, **query) == found


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ({"pool_id": DYNAMIC}, ["001", "002"]),
        ({"pool_id": f"{DYNAMIC},{FINANCE}", "limit": 3}, ["001", "002", "001"]),
        ({"pool_id": "gone"}, []),
        ({"user_name": "R-C3"}, ["001"]),
        ({"status": "SHUTOFF"}, ["004"]),
        ({"computer_name": "fdy"}, ["001", "002"]),
        ({"desktop_type": "DEDICATED,POOLED", "pool_id": DYNAMIC}, ["001", "002"]),
        ({"limit": 0}, []),
    ],
)
def test_desktops_are_filtered_in_the_short_list(api: Any, query: dict[str, Any], found: list[str]) -> None:
    assert names(api, "/desktops", **query) == found


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ({"pool_id": DYNAMIC}, ["001", "002"]),
        ({"user_name": "user-c3"}, ["001"]),
        ({"user_names": ["user-c3", "user-b2"]}, ["002", "001"]),
        ({"image_id": OLD_IMAGE, "pool_id": FINANCE, "status": "SHUTOFF"}, ["004"]),
        ({"without_any_tag": "true", "limit": 1}, ["001"]),
        ({"agent_version": "26.1.0", "pool_id": FINANCE}, ["001", "002", "003"]),
        ({"agent_version": "1.0"}, []),
        ({"sort_field": "computer_name", "limit": 2}, ["001", "002"]),
    ],
)
def test_desktops_are_filtered_in_the_detailed_list(api: Any, query: dict[str, Any], found: list[str]) -> None:
    assert names(api, "/desktops/detail", **query) == found


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ({}, ["finance", "finance-dynamic"]),
        ({"name": "FINANCE"}, ["finance", "finance-dynamic"]),
        ({"name": "nance-d"}, ["finance-dynamic"]),
        ({"type": "STATIC"}, ["finance"]),
        ({"type": "OTHER"}, []),
        ({"in_maintenance_mode": "true"}, ["finance"]),
        ({"enterprise_project_id": "1"}, []),
        ({"offset": 1}, ["finance-dynamic"]),
        ({"limit": 0}, []),
    ],
)
def test_pools_are_filtered(api: Any, query: dict[str, Any], found: list[str]) -> None:
    api.pool().in_maintenance_mode = True
    assert [pool["name"] for pool in api.get("/desktop-pools", **query)["desktop_pools"]] == found


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ({"sort_type": "desc"}, ["win10-2026-11", "win10-2026-10"]),
        ({"image_id": OLD_IMAGE}, ["win10-2026-10"]),
        ({"image_type": "gold"}, []),
        ({"os_type": "Linux"}, []),
        ({"platform": "Windows", "architecture": "x86", "package_type": "general", "limit": 1}, ["win10-2026-10"]),
    ],
)
def test_images_are_filtered(api: Any, query: dict[str, Any], found: list[str]) -> None:
    assert [image["name"] for image in api.get("/images", **query)["images"]] == found


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ({"product_id": "workspace.x86.enterprise.xlarge2"}, ["2"]),
        ({"product_id": "gone"}, []),
        ({"charge_mode": "0"}, []),
        ({"architecture": "arm"}, []),
        ({"package_type": "enterprise", "os_type": "Windows", "availability_zone": "eu-west-101a"}, ["2", "4"]),
        ({"offset": 1}, ["4"]),
    ],
)
def test_products_are_filtered(api: Any, query: dict[str, Any], found: list[str]) -> None:
    answer = api.get("/products", **query)
    assert [product["cpu"] for product in answer["products"]] == found
    assert answer.get("os_type") == query.get("os_type")


def test_ten_desktops_come_when_no_limit_is_given(estate: Any, make_api: Any) -> None:
    estate.pools[0] = type(estate.pools[0]).model_validate(
        {**estate.pools[0].model_dump(exclude={"desktops"}), "generate": {"count": 25}}
    )
    api = make_api(estate)
    answer = api.get(POOL_DESKTOPS)
    assert (len(answer["pool_desktops"]), answer["total_count"], answer["on_demand_desktops_num"]) == (10, 25, 25)
    assert len(api.get("/desktops")["desktops"]) == 27


def test_users_bound_to_desktops_are_authorised_where_no_group_is(api: Any) -> None:
    answer = api.get(f"/desktop-pools/{DYNAMIC}/users")
    assert [(row["object_type"], row["object_name"]) for row in answer["objects"]] == [("USER", "user-c3")]


@pytest.mark.parametrize(
    ("path", "most", "least", "offset"),
    [
        ("/desktop-pools", 1000, 0, 20000),
        (POOL_DESKTOPS, 100, 1, 10000),
        (f"/desktop-pools/{FINANCE}/users", 100, 1, 10000),
        ("/workspace-sub-jobs", 1000, 0, 10000),
        ("/desktops", 1000, 0, None),
        ("/desktops/detail", 1000, 0, None),
        ("/images", 100, 0, 5000),
        ("/products", 100, 0, 5000),
    ],
)
def test_pages_have_their_limits(api: Any, path: str, most: int, least: int, offset: int | None) -> None:
    api.get(path, limit=most, offset=offset or 0)
    api.get(path, limit=least)
    api.refused(400, "GET", path, limit=most + 1)
    api.refused(400, "GET", path, limit=least - 1)
    api.refused(400, "GET", path, offset=-1)
    if offset is not None:
        api.refused(400, "GET", path, offset=offset + 1)
