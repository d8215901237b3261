# Copyright (c) 2026 the hwcloud.workspace contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Sessions of users on desktops, and logging them off."""

from __future__ import annotations

from typing import TYPE_CHECKING

from .. import errors
from .models import Desktop
from .timeline import Happening
from .users import IN_SESSION

if TYPE_CHECKING:
    from .world import Project, World


def log_off(world: World, project: Project, desktop_ids: list[str], message: str) -> None:
    """Log users off from desktops. There is no job: the session ends some time later (definitions).

    Desktops without a session, and disconnected ones by the reading of ``logoff_disconnected``, stay as they are.

    Args:
        world: The estate.
        project: Project of the desktops.
        desktop_ids: Their IDs.
        message: What the users are told, perhaps empty.

    Raises:
        ServiceError: 404 if one of the desktops does not exist; then nobody is logged off.
    """
    desktops = []
    for desktop_id in dict.fromkeys(desktop_ids):
        desktop = project.desktops.get(desktop_id)
        if desktop is None:
            raise errors.ServiceError(404, errors.DESKTOP_MISSING, f"The desktop {desktop_id} does not exist.")
        desktops.append(desktop)
    now = world.now
    for desktop in desktops:
        if desktop.login_status in IN_SESSION:
            pool_record = desktop.pool.effects.logoffs
            pool_record.append({"desktop": desktop.computer_name, "message": message, "at": now})
        if _ends(world, desktop):
            world.timeline.at(now + world.jobs_settings.logoff_seconds, _end_of(world, desktop, message))


def _ends(world: World, desktop: Desktop) -> bool:
    kept = desktop.login_status == "DISCONNECTED" and world.dialect.logoff_disconnected == "kept"
    return desktop.login_status in IN_SESSION and not kept


def _end_of(world: World, desktop: Desktop, message: str) -> Happening:
    """Return what happens as the session ends. One that has ended meanwhile, by whatever, is left alone."""

    def end(now: float) -> None:
        if desktop.login_status not in IN_SESSION:
            return
        user = desktop.user
        previous = desktop.login_status
        event = {"user_name": user.name if user else "", "login_status": previous, "message": message}
        desktop.record().logoffs.append({**event, "at": now})
        world.set_login_status(desktop, "REGISTERED")
        reading = world.dialect.after_logoff
        blocked = desktop.pool.in_maintenance_mode and reading == "returns_unless_maintenance"
        if user is not None and reading != "stays_away" and not blocked:
            _log_in(desktop)

    return end


def _log_in(desktop: Desktop) -> None:
    """Let the user of a running desktop connect again."""
    if desktop.user is not None and desktop.status == "ACTIVE" and not desktop.open_work:
        desktop.login_status, desktop.disconnected_since = "CONNECTED", None
