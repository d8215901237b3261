# Copyright (c) 2026 the hwcloud.workspace contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Finding pools, desktops and images: by exact name or ID, with as few requests as it takes."""

from __future__ import annotations

from typing import Any

import pytest

from ansible_collections.hwcloud.workspace.plugins.module_utils.client.errors import (
    AmbiguousError,
    ForbiddenError,
    NotFoundError,
    ServerError,
)
from ansible_collections.hwcloud.workspace.plugins.module_utils.pools.lookup import (
    count_drift,
    find_pool,
    image_exists,
    list_desktops,
    list_pools,
    names,
    pools_of_users,
)
from ansible_collections.hwcloud.workspace.tests.unit.plugins.module_utils.pools.samples import (
    POOL_ID,
    a_desktop,
    desktop_record,
    pool_record,
)
from ansible_collections.hwcloud.workspace.tests.unit.plugins.module_utils.scripted_service import (
    PROJECT,
    Behaviour,
    Reply,
    Request,
    ScriptedService,
    session_to,
)

POOLS = f"/v2/{PROJECT}/desktop-pools"
GONE = Reply(400, {"error_code": "WKS.0001", "error_msg": "request message empty"})
ODD_ID = "0123456789abcdef0123"


def estate(service: ScriptedService, *pools: tuple[str, str]) -> None:
    """Have pools of these IDs and names; the name filter is fuzzy."""
    records = {pool_id: pool_record(id=pool_id, name=name) for pool_id, name in pools}

    def listed(request: Request) -> Behaviour:
        found = [
            record for record in records.values() if request.query.get("name", "").lower() in record["name"].lower()
        ]
        return Reply(200, {"desktop_pools": found, "total_count": len(found)})

    def shown(request: Request) -> Behaviour:
        record = records.get(request.path.rpartition("/")[2])
        return Reply(200, record) if record else GONE

    service.on("GET", POOLS, listed)
    service.on("GET", f"{POOLS}/[^/]+", shown)


@pytest.mark.parametrize(
    ("reference", "pool_id", "requests"),
    [
        ("finance", "p1", 1),
        (POOL_ID, POOL_ID, 1),
        (POOL_ID.upper(), "p-upper", 2),
        (ODD_ID, ODD_ID, 2),
        ("pool a/ü", "p2", 1),
    ],
)
def test_a_pool_is_found_by_its_exact_name_or_id(
    service: ScriptedService, reference: str, pool_id: str, requests: int
) -> None:
    estate(
        service,
        ("p1", "finance"),
        ("p3", "finance-2"),
        (POOL_ID, "by-id"),
        (ODD_ID, "odd"),
        ("p2", "pool a/ü"),
        ("p-upper", POOL_ID.upper()),
    )
    assert find_pool(session_to(service.url), reference).id == pool_id
    assert len(service.requests) == requests


def test_a_pool_whose_name_has_the_shape_of_an_id_is_found_by_it(service: ScriptedService) -> None:
    estate(service, ("p1", POOL_ID), ("p2", ODD_ID))
    session = session_to(service.url)
    assert find_pool(session, POOL_ID).id == "p1"
    assert find_pool(session, ODD_ID).id == "p2"


def test_a_name_that_only_looks_alike_is_not_taken(service: ScriptedService) -> None:
    estate(service, ("p1", "finance-win10"), ("p2", "Finance"))
    with pytest.raises(NotFoundError) as failed:
        find_pool(session_to(service.url), "finance")
    assert str(failed.value) == (
        "pool finance: no pool in eu-west-101 has this name or ID; check pool, region and project_id. "
        "Pools with similar names: Finance, finance-win10."
    )


def test_a_name_that_several_pools_carry_is_not_chosen_from(service: ScriptedService) -> None:
    estate(service, ("p2", "finance"), ("p1", "finance"))
    with pytest.raises(
        AmbiguousError, match=r"^pool finance: 2 pools carry this name; give the ID of one of them: p1, p2\.$"
    ):
        find_pool(session_to(service.url), "finance")


def test_a_denial_is_not_taken_for_a_pool_that_does_not_exist(service: ScriptedService) -> None:
    service.on("GET", f"{POOLS}/.*", Reply(403, {"error_code": "x", "error_msg": "no"}))
    with pytest.raises(ForbiddenError):
        find_pool(session_to(service.url), POOL_ID)


def test_pools_are_listed_by_the_services_filters(service: ScriptedService) -> None:
    estate(service)
    list_pools(
        session_to(service.url, enterprise_project_id="e1"), name="x", pool_type="STATIC", in_maintenance_mode=False
    )
    list_pools(session_to(service.url))
    first, second = service.requests
    assert first.query == {
        "name": "x",
        "type": "STATIC",
        "in_maintenance_mode": "false",
        "enterprise_project_id": "e1",
        "limit": "1000",
        "offset": "0",
    }
    assert second.query == {"limit": "1000", "offset": "0"}


def test_desktops_are_asked_for_a_hundred_ids_at_a_time(service: ScriptedService) -> None:
    def script(request: Request) -> Behaviour:
        asked = [value for name, value in request.pairs if name == "desktop_id"]
        return Reply(200, {"desktops": [desktop_record(desktop_id) for desktop_id in asked], "total_count": len(asked)})

    service.on("GET", f"/v2/{PROJECT}/desktops/detail", script)
    wanted = [f"d{number}" for number in range(250)]
    assert [desktop.id for desktop in list_desktops(session_to(service.url), "p1", wanted)] == sorted(
        wanted[:100]
    ) + sorted(wanted[100:200]) + sorted(wanted[200:])
    assert [len(request.pairs) - 3 for request in service.requests] == [100, 100, 50]


def test_desktops_of_a_region_without_the_filter_are_each_returned_once(service: ScriptedService) -> None:
    every = [desktop_record(f"d{number}") for number in range(250)]
    service.on("GET", f"/v2/{PROJECT}/desktops/detail", Reply(200, {"desktops": every, "total_count": 250}))
    wanted = [f"d{number}" for number in range(150)]
    assert sorted(desktop.id for desktop in list_desktops(session_to(service.url), "p1", wanted)) == sorted(wanted)


@pytest.mark.parametrize("status", [400, 404, 405])
def test_a_region_without_drift_counts_gives_none(service: ScriptedService, status: int) -> None:
    service.on("GET", f"{POOLS}/p1/inconsistent-statics", Reply(status, {"error_code": "APIGW.0101", "error_msg": "x"}))
    assert count_drift(session_to(service.url), "p1") is None


def test_drift_counts_are_numbers(service: ScriptedService) -> None:
    service.on("GET", f"{POOLS}/p1/inconsistent-statics", Reply(200, {"image_id": 0, "product_id": 2, "other": "x"}))
    assert count_drift(session_to(service.url), "p1") == {"image_id": 0, "product_id": 2}


@pytest.mark.parametrize(("status", "kind"), [(403, ForbiddenError), (500, ServerError)])
def test_drift_counts_that_fail_are_not_taken_for_none(
    service: ScriptedService, status: int, kind: type[Exception]
) -> None:
    service.on("GET", f"{POOLS}/p1/inconsistent-statics", Reply(status, {"error_code": "x", "error_msg": "x"}))
    with pytest.raises(kind):
        count_drift(session_to(service.url, max_retries=0), "p1")


@pytest.mark.parametrize(("found", "exists"), [([], False), (["i1"], True), (["i0", "i1"], True), (["i10"], False)])
def test_an_image_exists_if_the_list_holds_its_exact_id(
    service: ScriptedService, found: list[str], exists: bool
) -> None:
    images: list[dict[str, Any]] = [{"id": image_id} for image_id in found]
    service.on("GET", f"/v2/{PROJECT}/images", Reply(200, {"images": images, "total_count": len(images)}))
    assert image_exists(session_to(service.url), "i1") is exists


def test_names_are_sorted_and_the_rest_counted() -> None:
    desktops = [a_desktop("b"), a_desktop("a"), a_desktop("c", computer_name="")]
    assert names(desktops) == "A, B, c"
    assert names(desktops, most=2) == "A, B and 1 more"
    assert names([]) == ""


def test_the_pools_of_users_are_asked_for_ten_users_at_a_time(service: ScriptedService) -> None:
    def listed(request: Request) -> Behaviour:
        asked = [value for name, value in request.pairs if name == "user_ids"]
        assert len(asked) <= 10
        pools = [{"desktop_pool_id": "p1", "is_attached": True}, {"desktop_pool_id": "p2"}]
        users = [
            {"user_id": user_id, "desktop_pools": pools[: int(user_id)]} for user_id in asked if user_id in ("1", "2")
        ]
        users.append({"user_id": "stranger", "desktop_pools": pools})
        return Reply(200, {"users": users if request.query["offset"] == "0" else []})

    service.on("GET", f"{POOLS}/statistics/by-users", listed)
    crowd = [str(number) for number in range(1, 23)]
    assert pools_of_users(session_to(service.url), [*crowd, "1"]) == {
        "p1": [{"user_id": "1", "is_attached": True}, {"user_id": "2", "is_attached": True}],
        "p2": [{"user_id": "2", "is_attached": False}],
    }
    assert len([request for request in service.requests if request.query["offset"] == "0"]) == 3
