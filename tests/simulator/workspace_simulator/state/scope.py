# Copyright (c) 2026 the hwcloud.workspace contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Which desktops a change concerns, and whether it moves the pool's template."""

from __future__ import annotations

from dataclasses import dataclass

from .. import errors
from .dialect import Dialect
from .models import STOPPED, Desktop, Pool

HANDLE_TYPES = ("ONLY_FOR_EXPAND", "FOR_EXPAND_AND_IDLE", "FOR_EXPAND_AND_ALL")
_ABSENT = {"all": "FOR_EXPAND_AND_ALL", "expand_only": "ONLY_FOR_EXPAND", "idle": "FOR_EXPAND_AND_IDLE"}


@dataclass(frozen=True)
class Scope:
    """The desktops of a change, in the pool's order, and whether the template moves with it."""

    desktops: list[Desktop]
    template: bool


def select(
    pool: Pool,
    dialect: Dialect,
    now: float,
    handle_type: str | None,
    desktop_ids: list[str] | None,
    is_fix: bool = False,
) -> Scope:
    """Choose the desktops of a change.

    Args:
        pool: The pool.
        dialect: How the open questions are read.
        now: Present simulated time.
        handle_type: ONLY_FOR_EXPAND, FOR_EXPAND_AND_IDLE, FOR_EXPAND_AND_ALL (SDK), or None.
        desktop_ids: IDs of desktops of the pool, or None.
        is_fix: Only desktops whose image differs from the pool's (definitions).

    Raises:
        ServiceError: 400 for a desktop that is not in the pool or a refused combination, 409 if unhealthy desktops
            block the change.
    """
    if desktop_ids is None:
        chosen = _by_handle_type(pool, dialect, now, handle_type)
        if is_fix:
            everything = list(pool.desktops.values()) if handle_type is None else chosen
            chosen = [desktop for desktop in everything if desktop.image_id != pool.image_id]
        return Scope(_healthy(pool, dialect, chosen), template=not is_fix)
    named = _by_ids(pool, desktop_ids)
    combined = handle_type is not None or is_fix
    reading = dialect.desktop_ids_with_handle_type
    if combined and reading == "refused":
        raise errors.invalid_request("desktop_ids cannot be combined with handle_type or is_fix")
    if combined and reading != "desktop_ids":
        wider = select(pool, dialect, now, handle_type, None, is_fix)
        if reading == "handle_type":
            return wider
        named = [desktop for desktop in wider.desktops if desktop in set(named)]
    moves = dialect.desktop_ids_change_template
    return Scope(
        named, template=not is_fix and (moves == "yes" or (moves == "by_handle_type" and handle_type is not None))
    )


def is_idle(desktop: Desktop, dialect: Dialect, now: float) -> bool:
    """Return whether FOR_EXPAND_AND_IDLE takes the desktop for idle."""
    if desktop.status in STOPPED and dialect.idle_stopped == "no":
        return False
    unbound = desktop.user is None
    away = not _logged_in(desktop, dialect, now)
    if dialect.idle_desktop == "unbound":
        return unbound
    return away if dialect.idle_desktop == "not_logged_in" else unbound and away


def _logged_in(desktop: Desktop, dialect: Dialect, now: float) -> bool:
    if desktop.login_status == "CONNECTED":
        return True
    if desktop.login_status != "DISCONNECTED" or dialect.idle_disconnected == "at_once":
        return False
    pool, since = desktop.pool, desktop.disconnected_since
    if dialect.idle_disconnected == "never" or pool.type != "DYNAMIC" or since is None:
        return True
    return now < since + 60 * pool.disconnected_retention_period


def _by_handle_type(pool: Pool, dialect: Dialect, now: float, handle_type: str | None) -> list[Desktop]:
    kind = handle_type or _ABSENT[dialect.handle_type_absent]
    if kind == "ONLY_FOR_EXPAND":
        return []
    everything = list(pool.desktops.values())
    if kind == "FOR_EXPAND_AND_IDLE":
        return [desktop for desktop in everything if is_idle(desktop, dialect, now)]
    return everything


def _by_ids(pool: Pool, desktop_ids: list[str]) -> list[Desktop]:
    wanted = set(desktop_ids)
    unknown = sorted(wanted - pool.desktops.keys())
    if unknown:
        raise errors.invalid_resource(f"Desktops that are not in the pool {pool.name}: {', '.join(unknown)}.")
    return [desktop for desktop_id, desktop in pool.desktops.items() if desktop_id in wanted]


def _healthy(pool: Pool, dialect: Dialect, desktops: list[Desktop]) -> list[Desktop]:
    if dialect.unhealthy_desktops == "included":
        return desktops
    healthy = [desktop for desktop in desktops if not desktop.unhealthy]
    if dialect.unhealthy_desktops == "block" and len(healthy) != len(desktops):
        raise errors.conflict("ERROR", "a change of the whole pool", pool.id)
    return healthy
