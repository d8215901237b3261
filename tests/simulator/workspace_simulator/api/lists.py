# Copyright (c) 2026 the hwcloud.workspace contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Pages of lists."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from itertools import islice
from typing import Any, Protocol, TypeVar

_Item = TypeVar("_Item")


class Paged(Protocol):
    """A query with a page: ``offset`` counts records, ``limit`` is the size of the page."""

    @property
    def offset(self) -> int:
        """First record, from 0."""

    @property
    def limit(self) -> int:
        """Most records in the answer."""


def page(items: Sequence[_Item], query: Paged, key: str, view: Callable[[_Item], Any]) -> dict[str, Any]:
    """Return one page of a list, with the number of all records.

    Args:
        items: All records that fit the filters.
        query: Which page.
        key: Name of the list in the answer.
        view: How one record is written.
    """
    chosen = islice(items, query.offset, query.offset + query.limit)
    return {"total_count": len(items), key: [view(item) for item in chosen]}
