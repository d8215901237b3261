# Copyright (c) 2026 the hwcloud.workspace contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Lists: every item once, however the service cuts its pages, and a word if some stayed out of reach."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from ansible_collections.hwcloud.workspace.plugins.module_utils.client.errors import (
    NetworkError,
    RefusedError,
    ServerError,
)
from ansible_collections.hwcloud.workspace.plugins.module_utils.client.operations import (
    LIST_DESKTOPS,
    LIST_POOL_DESKTOPS,
    LIST_POOLS,
    LIST_SCRIPT_RECORDS,
    LIST_SUB_JOBS,
)
from ansible_collections.hwcloud.workspace.plugins.module_utils.client.pagination import PAGING, Listing, read_list
from ansible_collections.hwcloud.workspace.tests.unit.plugins.module_utils.scripted_service import (
    PROJECT,
    Behaviour,
    Reply,
    Request,
    ScriptedService,
    session_to,
)

DESKTOPS = f"/v2/{PROJECT}/desktop-pools/p1/desktops"

Total = Callable[[int, int], Any]


def desktops(first: int, after: int) -> list[dict[str, str]]:
    return [{"desktop_id": f"d{number}"} for number in range(first, after)]


def pages(count: int, most: int, total: Total | None) -> Callable[[Request], Behaviour]:
    """Return a script that pages through ``count`` desktops, at most ``most`` a page.

    :param total: gives ``total_count`` for an offset and the number of items on the page; None leaves the field out.
    """

    def script(request: Request) -> Behaviour:
        offset, limit = int(request.query["offset"]), int(request.query["limit"])
        items = desktops(offset, min(count, offset + min(limit, most)))
        body: dict[str, Any] = {"pool_desktops": items}
        if total is not None:
            body["total_count"] = total(offset, len(items))
        return Reply(200, body)

    return script


def read(service: ScriptedService, script: Callable[[Request], Behaviour]) -> Listing:
    service.on("GET", DESKTOPS, script)
    return read_list(session_to(service.url, max_retries=2), LIST_POOL_DESKTOPS, {"pool_id": "p1"})


def ids(listing: Listing) -> list[str]:
    return [item["desktop_id"] for item in listing.items]


@pytest.mark.parametrize("count", [0, 1, 99, 100, 101, 250, 300])
@pytest.mark.parametrize("counted", [True, False])
def test_every_item_is_returned_in_the_services_order(service: ScriptedService, count: int, counted: bool) -> None:
    listing = read(service, pages(count, 100, (lambda offset, items: count) if counted else None))
    assert ids(listing) == [f"d{number}" for number in range(count)]
    assert listing.complete


@pytest.mark.parametrize(
    ("count", "counted", "requests"),
    [(0, True, 1), (99, True, 1), (100, True, 1), (101, True, 2), (0, False, 1), (99, False, 1), (100, False, 2)],
)
def test_no_more_pages_are_asked_for_than_are_needed(
    service: ScriptedService, count: int, counted: bool, requests: int
) -> None:
    read(service, pages(count, 100, (lambda offset, items: count) if counted else None))
    assert len(service.requests) == requests
    assert [request.query["offset"] for request in service.requests] == ["0", "100"][:requests]
    assert {request.query["limit"] for request in service.requests} == {"100"}


def test_a_region_with_shorter_pages_is_read_to_the_end(service: ScriptedService) -> None:
    assert len(ids(read(service, pages(130, 50, lambda offset, items: 130)))) == 130
    assert [request.query["offset"] for request in service.requests] == ["0", "50", "100"]


@pytest.mark.parametrize(
    "total",
    [
        lambda offset, items: 150 + offset,  # grows while it is read
        lambda offset, items: 999,  # more than there are
        lambda offset, items: "150",  # a number as text
        lambda offset, items: None,
    ],
)
def test_a_total_that_moves_or_is_odd_does_not_lose_items(service: ScriptedService, total: Total) -> None:
    listing = read(service, pages(150, 100, total))
    assert len(ids(listing)) == 150
    assert listing.complete


def test_an_item_that_moved_to_the_next_page_is_returned_once(service: ScriptedService) -> None:
    first, second = desktops(0, 100), [{"desktop_id": "d99", "moved": True}, *desktops(100, 149)]
    service.on(
        "GET",
        DESKTOPS,
        Reply(200, {"pool_desktops": first, "total_count": 150}),
        Reply(200, {"pool_desktops": second, "total_count": 150}),
    )
    listing = read_list(session_to(service.url), LIST_POOL_DESKTOPS, {"pool_id": "p1"})
    assert ids(listing) == [f"d{number}" for number in range(149)]
    assert listing.items[99] == {"desktop_id": "d99"}


def test_what_lies_behind_the_largest_offset_makes_a_list_incomplete(service: ScriptedService) -> None:
    listing = read(service, pages(20_000, 100, lambda offset, items: 20_000))
    assert len(listing.items) == PAGING[LIST_POOL_DESKTOPS.name].last_offset + 100
    assert not listing.complete
    assert max(int(request.query["offset"]) for request in service.requests) == 10_000


def test_a_list_that_ends_on_the_last_page_within_reach_is_complete(service: ScriptedService) -> None:
    assert read(service, pages(10_100, 100, lambda offset, items: 10_100)).complete


@pytest.mark.parametrize(
    "body", [{"pool_desktops": []}, {"pool_desktops": None, "total_count": 0}, {"pool_desktops": [], "total_count": 5}]
)
def test_an_answer_without_items_ends_a_list(service: ScriptedService, body: Any) -> None:
    assert read(service, lambda request: Reply(200, body)) == Listing([], complete=True)


@pytest.mark.parametrize("body", [None, {}, {"pool_desktops": None}, {"total_count": 5}, {"pool_desktops": [{}]}])
def test_an_answer_that_does_not_say_that_there_is_nothing_is_no_empty_list(
    service: ScriptedService, body: Any
) -> None:
    with pytest.raises(NetworkError, match="the service's answer is not understood, since .* is missing"):
        read(service, lambda request: Reply(200, body))


def test_filters_go_with_every_page(service: ScriptedService) -> None:
    service.on("GET", DESKTOPS, pages(150, 100, lambda offset, items: 150))
    query = {"image_id": "i1", "desktop_id": ["a", "b"], "tag": None}
    read_list(session_to(service.url), LIST_POOL_DESKTOPS, {"pool_id": "p1"}, query)
    for request in service.requests:
        assert [pair for pair in request.pairs if pair[0] not in ("offset", "limit")] == [
            ("desktop_id", "a"),
            ("desktop_id", "b"),
            ("image_id", "i1"),
        ]


def test_a_page_that_cannot_be_read_fails_the_list(service: ScriptedService) -> None:
    service.on(
        "GET",
        DESKTOPS,
        Reply(200, {"pool_desktops": desktops(0, 100), "total_count": 150}),
        Reply(500, {"error_code": "x"}),
    )
    with pytest.raises(ServerError):
        read_list(session_to(service.url, max_retries=0), LIST_POOL_DESKTOPS, {"pool_id": "p1"})


def test_a_region_that_knows_no_offset_is_not_asked_for_ever(service: ScriptedService) -> None:
    paging = PAGING[LIST_DESKTOPS.name]
    page = Reply(200, {paging.key: [{paging.id_field: f"d{number}"} for number in range(paging.page)]})
    service.on("GET", ".*", *[page] * 30, Reply(404))
    listing = read_list(session_to(service.url), LIST_DESKTOPS)
    assert len(listing.items) == paging.page


def test_the_largest_pages_that_are_documented_are_asked_for() -> None:
    assert (PAGING[LIST_POOLS.name].page, PAGING[LIST_POOLS.name].last_offset) == (1000, 20_000)
    assert (PAGING[LIST_POOL_DESKTOPS.name].page, PAGING[LIST_POOL_DESKTOPS.name].last_offset) == (100, 10_000)
    assert (PAGING[LIST_SUB_JOBS.name].page, PAGING[LIST_SUB_JOBS.name].last_offset) == (1000, 10_000)


def test_a_region_that_refuses_the_largest_page_is_read_in_smaller_ones(service: ScriptedService) -> None:
    def script(request: Request) -> Behaviour:
        offset, limit = int(request.query["offset"]), int(request.query["limit"])
        if limit > 500:
            return Reply(400, {"error_code": "WKS.1", "error_msg": "limit is 0 to 500"})
        return Reply(200, {"desktops": desktops(offset, min(1200, offset + limit)), "total_count": 1200})

    service.on("GET", ".*", script)
    assert len(read_list(session_to(service.url), LIST_DESKTOPS).items) == 1200
    assert [request.query["limit"] for request in service.requests] == ["1000", "500", "500", "500"]


def test_a_refusal_that_is_not_about_the_page_is_not_taken_for_that(service: ScriptedService) -> None:
    service.on("GET", ".*", Reply(400, {"error_code": "WKS.1", "error_msg": "no"}))
    with pytest.raises(RefusedError, match="no"):
        read_list(session_to(service.url), LIST_DESKTOPS)
    assert len(service.requests) == 2


def test_a_list_that_counts_under_another_name_is_read_to_its_end_in_short_pages_too(service: ScriptedService) -> None:
    def script(request: Request) -> Behaviour:
        offset = int(request.query["offset"])
        records = [{"id": f"r{number}"} for number in range(offset, min(120, offset + 50))]
        return Reply(200, {"script_records": records, "count": 120})

    service.on("GET", ".*", script)
    assert len(read_list(session_to(service.url), LIST_SCRIPT_RECORDS).items) == 120
    assert len(service.requests) == 3
