# Copyright (c) 2026 the hwcloud.workspace contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Requests on single desktops: how many go into one, and what an answer says of those that it refuses."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from ..client.errors import JobFailedError, NotFoundError, one_line
from ..client.session import Session
from .lookup import count, list_desktops
from .model import Desktop

ACTIVE, SHUTOFF, HIBERNATED, ERROR = "ACTIVE", "SHUTOFF", "HIBERNATED", "ERROR"
IDS_PER_REQUEST = 100  # desktop_ids (definitions)
_MOST_NAMES = 10


def batches(desktops: Sequence[Desktop]) -> list[Sequence[Desktop]]:
    """Return the desktops in groups of as many as a request takes."""
    return [desktops[at : at + IDS_PER_REQUEST] for at in range(0, len(desktops), IDS_PER_REQUEST)]


def desktops_of(session: Session, pool_id: str, desktop_ids: Sequence[str]) -> tuple[Desktop, ...]:
    """Return the desktops of a pool that are named by ID, all of them if none is.

    :raises NotFoundError: the pool has no desktop of such an ID.
    """
    desktops = list_desktops(session, pool_id, desktop_ids)
    missing = sorted(set(desktop_ids) - {desktop.id for desktop in desktops})
    if missing:
        raise NotFoundError(f"the pool has no desktop with the ID {', '.join(missing)}; check desktop_ids.")
    return tuple(desktops)


def refused_desktops(answer: Mapping[str, Any]) -> tuple[dict[str, str], ...]:
    """Return the desktops on which an answer says that the request failed, as entries of ``desktops_failed``."""
    return tuple(
        {
            "desktop_id": str(entry.get("desktop_id") or ""),
            "desktop_name": str(entry.get("desktop_name") or ""),
            "error_code": str(entry.get("error_code") or ""),
            "fail_reason": str(entry.get("error_msg") or ""),
        }
        for entry in answer.get("failed_operation_list") or []
    )


def refused_error(refused: Iterable[Mapping[str, str]], done: str, again: str = "run the task again") -> JobFailedError:
    """Return the error for desktops that :func:`refused_desktops` has found; there must be one.

    :param done: what could not be done to them, for example ``started``.
    :param again: what to do once the reason is mended.
    """
    entries = list(refused)
    first = entries[0]
    named = sorted(entry["desktop_name"] or entry["desktop_id"] for entry in entries)
    more = f" and {len(named) - _MOST_NAMES} more" if len(named) > _MOST_NAMES else ""
    reason = one_line(first["fail_reason"] or first["error_code"] or "no reason given").rstrip(".")
    return JobFailedError(
        f"{count(len(entries), 'desktop')} could not be {done}: {', '.join(named[:_MOST_NAMES])}{more} "
        f"({reason}); look at their state in the console, then {again}.",
        error_code=first["error_code"] or None,
    )
