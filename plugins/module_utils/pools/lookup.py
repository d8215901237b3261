# Copyright (c) 2026 the hwcloud.workspace contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Finding pools and their desktops."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from typing import Any

from ..client.errors import AmbiguousError, MissingError, NotFoundError, RefusedError, one_line
from ..client.operations import (
    LIST_DESKTOPS,
    LIST_DRIFT,
    LIST_IMAGES,
    LIST_POOLS,
    LIST_POOLS_BY_USERS,
    SHOW_POOL,
)
from ..client.pagination import read_list
from ..client.session import Session
from .model import Desktop, Pool

_UUID = re.compile(r"[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}")
_ID_SHAPE = re.compile(r"(?=.*[0-9])[A-Za-z0-9-]{16,255}")
_IDS_PER_REQUEST = 100  # desktop_id in a query (definitions)
_USERS_PER_REQUEST = 10  # on a page of pools by users (SDK)


def find_pool(session: Session, reference: str) -> Pool:
    """Return the pool with exactly this name or ID. One request for a name; one for an ID in the shape of a UUID.

    :raises NotFoundError: there is none; the message names pools with similar names.
    :raises AmbiguousError: several pools carry the name.
    """
    if _UUID.fullmatch(reference):
        by_id = _show(session, reference)
        if by_id:
            return by_id
    similar = list_pools(session, name=reference)
    named = _only(similar, reference)
    if named:
        return named
    if _ID_SHAPE.fullmatch(reference) and not _UUID.fullmatch(reference):
        by_id = _show(session, reference)
        if by_id:
            return by_id
    hint = f" Pools with similar names: {', '.join(sorted(pool.name for pool in similar)[:5])}." if similar else ""
    where = session.settings.region or session.settings.endpoint
    raise NotFoundError(
        f"pool {one_line(reference)}: no pool in {where} has this name or ID; check pool, region and project_id.{hint}"
    )


def show_pool(session: Session, pool_id: str) -> Pool:
    """Return a pool by its ID, in detail."""
    return Pool.from_service(session.call(SHOW_POOL, {"pool_id": pool_id}) or {})


def pool_named(session: Session, name: str) -> Pool | None:
    """Return the pool with exactly this name, None if there is none.

    :raises AmbiguousError: several pools carry it.
    """
    return _only(list_pools(session, name=name), name)


def list_pools(
    session: Session, *, name: str | None = None, pool_type: str | None = None, in_maintenance_mode: bool | None = None
) -> list[Pool]:
    """Return pools by the service's own filters; ``name`` is fuzzy, ``pool_type`` is DYNAMIC or STATIC."""
    query = {
        "name": name,
        "type": pool_type,
        "in_maintenance_mode": in_maintenance_mode,
        "enterprise_project_id": session.settings.enterprise_project_id or None,
    }
    return [Pool.from_service(item) for item in read_list(session, LIST_POOLS, query=query).items]


def list_desktops(session: Session, pool_id: str, desktop_ids: Sequence[str] = ()) -> list[Desktop]:
    """Return a pool's desktops with details, 1,000 a request; with ``desktop_ids`` those of them that exist."""
    batches = [desktop_ids[at : at + _IDS_PER_REQUEST] for at in range(0, len(desktop_ids), _IDS_PER_REQUEST)] or [()]
    wanted = set(desktop_ids)
    found: dict[str, Desktop] = {}
    for batch in batches:
        for item in read_list(session, LIST_DESKTOPS, query={"pool_id": pool_id, "desktop_id": list(batch)}).items:
            desktop = Desktop.from_service(item)
            # A region that does not know the filter returns every desktop, with each batch.
            if not wanted or desktop.id in wanted:
                found[desktop.id] = desktop
    return list(found.values())


def pools_of_users(session: Session, user_ids: Sequence[str]) -> dict[str, list[dict[str, Any]]]:
    """Return the users of pools, by the pool's ID: those of the given ones who may use it or have a desktop of it.

    :param user_ids: IDs of users; 10 go into a request. One that the service does not know is in no pool.
    :returns: for each user ``user_id`` and ``is_attached``, whether a desktop of the pool is the user's.
    """
    wanted = list(dict.fromkeys(user_ids))
    found: dict[str, list[dict[str, Any]]] = {}
    for at in range(0, len(wanted), _USERS_PER_REQUEST):
        batch = wanted[at : at + _USERS_PER_REQUEST]
        for user in read_list(session, LIST_POOLS_BY_USERS, query={"user_ids": batch}).items:
            if user.get("user_id") not in batch:
                continue  # a region that does not know the filter
            for pool in user.get("desktop_pools") or []:
                link = {"user_id": user["user_id"], "is_attached": bool(pool.get("is_attached"))}
                found.setdefault(str(pool.get("desktop_pool_id") or ""), []).append(link)
    return found


def count_drift(session: Session, pool_id: str) -> dict[str, int] | None:
    """Return the service's own counts of desktops that differ from their pool; None where a region knows none."""
    try:
        counts = session.call(LIST_DRIFT, {"pool_id": pool_id}) or {}
    except RefusedError as error:
        if error.http_status in (400, 404, 405):  # the ways in which older regions refuse what they do not know
            return None
        raise
    return {kind: int(value) for kind, value in counts.items() if isinstance(value, int)}


def image_exists(session: Session, image_id: str) -> bool:
    """Return whether the project can use an image: the service's image list knows its ID."""
    images = read_list(session, LIST_IMAGES, query={"image_id": image_id}).items
    return any(image.get("id") == image_id for image in images)


def count(number: int, noun: str) -> str:
    """Return a number of things for a sentence: ``1 desktop``, ``3 desktops``."""
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"


def names(desktops: Iterable[Desktop], most: int = 10) -> str:
    """Return the desktops' names for a sentence, ``most`` of them."""
    found = sorted(desktop.name or desktop.id for desktop in desktops)
    return ", ".join(found[:most]) + (f" and {len(found) - most} more" if len(found) > most else "")


def _only(similar: Sequence[Pool], name: str) -> Pool | None:
    # The service's name filter is fuzzy (Terraform provider): what it returns is only a choice to compare with.
    named = [pool for pool in similar if pool.name == name]
    if len(named) > 1:
        raise AmbiguousError(
            f"pool {name}: {len(named)} pools carry this name; give the ID of one of them: "
            f"{', '.join(sorted(pool.id for pool in named))}."
        )
    return named[0] if named else None


def _show(session: Session, pool_id: str) -> Pool | None:
    try:
        return show_pool(session, pool_id)
    except MissingError:
        return None
