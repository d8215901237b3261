# Copyright (c) 2026 the hwcloud.workspace contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Surveys: what is gathered of many pools, and how few requests it takes."""

from __future__ import annotations

from collections import Counter
from typing import Any

import pytest

from ansible_collections.hwcloud.workspace.plugins.module_utils.client.errors import ForbiddenError
from ansible_collections.hwcloud.workspace.plugins.module_utils.pools.model import Pool
from ansible_collections.hwcloud.workspace.plugins.module_utils.pools.survey import GATHER, survey
from ansible_collections.hwcloud.workspace.tests.unit.plugins.module_utils.pools.samples import (
    NEW,
    OLD,
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

BASE = f"/v2/{PROJECT}"


class Fleet:
    """Pools p0, p1, ... with desktops p0-d0, p0-d1, ...; the first of each pool drifts and is being worked on."""

    def __init__(self, service: ScriptedService, pools: int, size: int) -> None:
        self.service = service
        self.warnings: list[str] = []
        self.pools = [
            Pool.from_service(pool_record(NEW, id=f"p{number}", desktop_count=size)) for number in range(pools)
        ]
        self.owner = {f"{pool.id}-d{number}": pool.id for pool in self.pools for number in range(size)}
        on = service.on
        on("GET", f"{BASE}/desktops", lambda r: self._page(r, "desktops", [self._brief(item) for item in self.owner]))
        on("GET", f"{BASE}/desktops/detail", self._details)
        on("GET", f"{BASE}/desktop-pools/p[0-9]+/users", lambda r: self._page(r, "objects", [{"object_id": "u1"}]))
        on("GET", f"{BASE}/workspace-sub-jobs", self._sub_jobs)
        on("GET", f"{BASE}/desktop-pools/p[0-9]+/inconsistent-statics", Reply(200, {"image_id": 1}))

    def survey(self, *gather: str, first: int | None = None) -> list[dict[str, Any]]:
        return survey(session_to(self.service.url, timeout=60.0), self.pools[:first], gather, self.warnings.append)

    def asked(self) -> Counter[str]:
        """Return how often each list was asked for."""
        return Counter(request.path.removeprefix(BASE + "/").rpartition("/")[2] for request in self.service.requests)

    @staticmethod
    def _page(request: Request, key: str, items: list[Any]) -> Behaviour:
        offset, limit = int(request.query["offset"]), int(request.query["limit"])
        return Reply(200, {key: items[offset : offset + limit], "total_count": len(items)})

    def _brief(self, desktop_id: str) -> dict[str, Any]:
        return {"desktop_id": desktop_id, "pool_id": self.owner[desktop_id], "desktop_type": "POOLED"}

    def _details(self, request: Request) -> Behaviour:
        wanted = request.query.get("pool_id")
        items = [
            desktop_record(desktop_id, OLD if desktop_id.endswith("-d0") else NEW)
            for desktop_id, owner in self.owner.items()
            if wanted in (None, owner)
        ]
        return self._page(request, "desktops", items)

    def _sub_jobs(self, request: Request) -> Behaviour:
        pool, status = request.query.get("desktop_pool_id"), request.query.get("status", "RUNNING")
        items = [
            {
                "id": f"s-{desktop_id}",
                "job_id": f"j-{owner}",
                "job_type": "rebuildDesktopPool",
                "status": "RUNNING",
                "entities": {"desktop_id": desktop_id},
            }
            for desktop_id, owner in self.owner.items()
            if desktop_id.endswith("-d0") and pool in (None, owner) and status == "RUNNING"
        ]
        return self._page(request, "jobs", items)


@pytest.mark.parametrize(("pools", "size"), [(1, 3), (2, 3), (8, 3), (3, 0), (0, 0)])
def test_what_was_asked_for_is_added_to_the_pools_own_records(service: ScriptedService, pools: int, size: int) -> None:
    fleet = Fleet(service, pools, size)
    reports = fleet.survey(*GATHER)
    assert [report["id"] for report in reports] == [f"p{number}" for number in range(pools)]
    for report, pool in zip(reports, fleet.pools, strict=True):
        some = min(size, 1)
        assert {name: report[name] for name in pool.fields} == pool.fields
        assert [item["desktop_id"] for item in report["desktops"]] == [f"{pool.id}-d{number}" for number in range(size)]
        assert report["drift"] == {"product_id": 0, "image_id": some, "disk_num": 0, "disk_size": 0}
        assert report["authorized_objects"] == [{"object_id": "u1"}]
        assert [job["job_id"] for job in report["running_jobs"]] == [f"j-{pool.id}"] * some
        assert report["capabilities"] == {"partial_changes": True}
        added = {"desktops", "drift", "authorized_objects", "running_jobs", "capabilities"}
        assert set(pool.fields) | added == set(report)


@pytest.mark.parametrize(
    ("gather", "added"),
    [
        ((), set()),
        (("desktops",), {"desktops"}),
        (("users",), {"authorized_objects"}),
        (("drift",), {"drift"}),
        (("jobs",), {"running_jobs"}),
        (("capabilities",), {"capabilities"}),
    ],
)
def test_what_was_not_asked_for_is_not_there(
    service: ScriptedService, gather: tuple[str, ...], added: set[str]
) -> None:
    fleet = Fleet(service, 3, 2)
    for report in fleet.survey(*gather):
        assert set(report) - set(fleet.pools[0].fields) == added


def test_a_region_that_does_not_list_the_users_of_pools_is_warned_of(service: ScriptedService) -> None:
    service.on(
        "GET", f"{BASE}/desktop-pools/p[0-9]+/users", Reply(404, {"error_code": "APIGW.0101", "error_msg": "no API"})
    )
    fleet = Fleet(service, 2, 1)
    assert [report["authorized_objects"] for report in fleet.survey("users")] == [None, None]
    assert all("does not list the users of pools" in text for text in fleet.warnings)
    assert fleet.warnings


@pytest.mark.parametrize("status", [400, 404, 405])
def test_a_region_that_counts_no_drift_knows_no_changes_of_a_part_of_a_pool(
    service: ScriptedService, status: int
) -> None:
    answer = Reply(status, {"error_code": "APIGW.0101", "error_msg": "no API"})
    service.on("GET", f"{BASE}/desktop-pools/p[0-9]+/inconsistent-statics", answer)
    reports = Fleet(service, 3, 1).survey("capabilities")
    assert [report["capabilities"] for report in reports] == [{"partial_changes": False}] * 3
    assert len(service.requests) == 1


def test_a_missing_permission_is_not_taken_for_an_older_region(service: ScriptedService) -> None:
    denied = Reply(403, {"error_code": "WKS.0003", "error_msg": "denied"})
    service.on("GET", f"{BASE}/desktop-pools/p[0-9]+/inconsistent-statics", denied)
    with pytest.raises(ForbiddenError):
        Fleet(service, 1, 1).survey("capabilities")


def test_the_pools_alone_cost_nothing_more(service: ScriptedService) -> None:
    Fleet(service, 50, 2).survey()
    assert service.requests == []


# what is gathered, pools, desktops in each, requests
COSTS: list[tuple[tuple[str, ...], int, int, dict[str, int]]] = [
    (("drift",), 1, 10, {"detail": 1}),
    (("drift",), 5, 10, {"detail": 5}),
    (("drift",), 6, 10, {"detail": 1, "desktops": 2}),
    (("drift", "desktops"), 40, 10, {"detail": 1, "desktops": 2}),
    (("drift",), 40, 100, {"detail": 4, "desktops": 5}),
    (("jobs",), 1, 10, {"workspace-sub-jobs": 1}),
    (("jobs",), 5, 10, {"workspace-sub-jobs": 5}),
    (("jobs",), 6, 10, {"detail": 1, "desktops": 2, "workspace-sub-jobs": 2}),
    (("drift", "jobs"), 3, 10, {"detail": 3, "workspace-sub-jobs": 3}),
    (("users",), 3, 10, {"users": 3}),
    (("capabilities",), 1, 10, {"inconsistent-statics": 1}),
    (("capabilities",), 40, 10, {"inconsistent-statics": 1}),
    (("capabilities",), 0, 10, {}),
    (("drift", "jobs"), 40, 10, {"detail": 1, "desktops": 2, "workspace-sub-jobs": 2}),
]


@pytest.mark.parametrize(("gather", "pools", "size", "requests"), COSTS)
def test_a_fleet_is_read_by_lists_and_not_pool_by_pool(
    service: ScriptedService, gather: tuple[str, ...], pools: int, size: int, requests: dict[str, int]
) -> None:
    fleet = Fleet(service, pools, size)
    fleet.survey(*gather)
    assert fleet.asked() == requests


def test_desktops_of_pools_that_were_not_asked_for_are_left_out(service: ScriptedService) -> None:
    reports = Fleet(service, 9, 2).survey("desktops", "jobs", first=7)
    assert [len(report["desktops"]) for report in reports] == [2] * 7
    assert [job["job_id"] for report in reports for job in report["running_jobs"]] == [
        f"j-p{number}" for number in range(7)
    ]


def test_a_few_small_pools_of_a_large_estate_do_not_cost_reading_all_of_it(service: ScriptedService) -> None:
    fleet = Fleet(service, 100, 30)
    fleet.survey("drift", first=3)
    assert sum(fleet.asked().values()) <= 3
