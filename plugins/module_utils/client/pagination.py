# Copyright (c) 2026 the hwcloud.workspace contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Reading lists page by page."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from .errors import RefusedError
from .operations import (
    LIST_DESKTOPS,
    LIST_DESKTOPS_BRIEF,
    LIST_IMAGES,
    LIST_POOL_DESKTOPS,
    LIST_POOL_SCRIPT_TASKS,
    LIST_POOL_USERS,
    LIST_POOLS,
    LIST_POOLS_BY_USERS,
    LIST_PRODUCTS,
    LIST_SCRIPT_RECORDS,
    LIST_SUB_JOBS,
    Operation,
)
from .session import Session
from .transport import Query


@dataclass(frozen=True)
class Paging:
    """How an operation pages: the answer's key, the ID field, the largest page and offset (definitions).

    ``smaller_page`` is what a region takes that refuses the largest page; 0 where all sources agree. ``total`` is where
    the answer counts all items.
    """

    key: str
    id_field: str
    page: int
    last_offset: int
    smaller_page: int = 0
    total: str = "total_count"


PAGING: Mapping[str, Paging] = {
    LIST_POOLS.name: Paging("desktop_pools", "id", 1000, 20000),
    LIST_POOL_DESKTOPS.name: Paging("pool_desktops", "desktop_id", 100, 10000),
    LIST_POOL_USERS.name: Paging("objects", "object_id", 100, 10000),
    # No largest offset is documented for the following.
    LIST_POOLS_BY_USERS.name: Paging("users", "user_id", 10, 10**9),
    LIST_POOL_SCRIPT_TASKS.name: Paging("script_execution_tasks", "id", 100, 10**9),
    LIST_SCRIPT_RECORDS.name: Paging("script_records", "id", 100, 10**9, total="count"),
    # Newer texts say at most 500 a page, the definitions 1,000.
    LIST_DESKTOPS.name: Paging("desktops", "desktop_id", 1000, 10**9, 500),
    LIST_DESKTOPS_BRIEF.name: Paging("desktops", "desktop_id", 1000, 10**9),
    LIST_SUB_JOBS.name: Paging("jobs", "id", 1000, 10000),
    LIST_IMAGES.name: Paging("images", "id", 100, 5000),
    LIST_PRODUCTS.name: Paging("products", "product_id", 100, 5000),
}


@dataclass(frozen=True)
class Listing:
    """What a list held. ``complete`` is False when the rest is out of the reach of the service's offset."""

    items: list[dict[str, Any]]
    complete: bool


def read_list(
    session: Session, operation: Operation, path: Mapping[str, str] | None = None, query: Query | None = None
) -> Listing:
    """Return all items of a list, each once, in the service's order.

    Goes on until an empty page, or until as many were seen as the service counts; a page can be shorter than asked for
    where a region allows less. ``total_count`` alone is not trusted, since pools may grow while they are read.

    :param path: values for the operation's path.
    :param query: filters.
    :raises RefusedError: and whatever :meth:`Session.call` raises.
    """
    paging = PAGING[operation.name]
    found: dict[str, dict[str, Any]] = {}
    offset, page = 0, paging.page
    while offset <= paging.last_offset:
        window = {"offset": offset, "limit": page}
        try:
            body = session.call(operation, path, query={**(query or {}), **window}) or {}
        except RefusedError as error:
            if error.http_status != 400 or offset or page <= paging.smaller_page or not paging.smaller_page:
                raise
            page = paging.smaller_page
            continue
        items = body.get(paging.key) or []
        before = len(found)
        for item in items:
            found.setdefault(str(item.get(paging.id_field)), item)
        offset += len(items)
        total = body.get(paging.total)
        if not items or (isinstance(total, int) and offset >= total) or (total is None and len(items) < page):
            return Listing(list(found.values()), complete=True)
        if len(found) == before:
            break  # the same page again: what answers knows no offset
    return Listing(list(found.values()), complete=False)
