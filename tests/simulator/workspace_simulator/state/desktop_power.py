# Copyright (c) 2026 the hwcloud.workspace contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Power of single desktops: the batch operation, which takes those that it can and names the others."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from .. import errors
from .models import UNHEALTHY_STATUS, Desktop
from .power import PowerWork, needless

if TYPE_CHECKING:
    from .world import Project, World

ACTIONS = {"os-start": "os-start", "os-stop": "os-stop", "reboot": "reboot", "os-hibernate": "hibernate"}
"""The operation's actions, and what they are called for pools (definitions)."""


@dataclass(frozen=True)
class Refusal:
    """A desktop on which the operation failed."""

    desktop_id: str
    desktop_name: str
    error_code: str
    error_msg: str


def act_on_desktops(world: World, project: Project, desktop_ids: list[str], action: str, hard: bool) -> list[Refusal]:
    """Act on single desktops.

    The work is a job that the answer does not name: it names one only for a start with cold migration (definitions).

    Args:
        world: The estate.
        project: Project of the desktops.
        desktop_ids: Their IDs.
        action: os-start, os-stop, reboot or os-hibernate.
        hard: Whether it is forced.

    Returns:
        The desktops on which the operation failed: unknown ones, busy ones, and those whose state does not allow it.
    """
    refusals = []
    taken: list[Desktop] = []
    for desktop_id in dict.fromkeys(desktop_ids):
        desktop = project.desktops.get(desktop_id)
        if desktop is None:
            text = f"The desktop {desktop_id} does not exist."
            refusals.append(Refusal(desktop_id, "", errors.DESKTOP_MISSING, text))
            continue
        reason = _obstacle(world, desktop, ACTIONS[action], hard)
        if reason:
            refusals.append(Refusal(desktop_id, desktop.computer_name, errors.CONFLICT, reason))
        elif not needless(desktop, ACTIONS[action]):
            taken.append(desktop)
    if taken:
        work = DesktopPowerWork(world, ACTIONS[action], hard)
        world.jobs.submit(project, taken[0].pool, taken, work, 0.0, set())
    return refusals


def _obstacle(world: World, desktop: Desktop, action: str, hard: bool) -> str:
    if desktop.open_work:
        return "Operation conflict: another operation runs on the desktop."
    forced = action == "os-stop" or (action == "reboot" and hard)
    if desktop.status == UNHEALTHY_STATUS and not forced:
        return f"Operation conflict: status {desktop.status} does not allow {action}."
    if action == "hibernate" and world.images[desktop.image_id].os_type != "Windows":
        return "Only Windows desktops can hibernate."
    return ""


class DesktopPowerWork(PowerWork):
    """Starts, stops, restarts or hibernates single desktops."""

    operation = "BatchRunDesktops"

    def __init__(self, world: World, action: str, hard: bool) -> None:
        """Do ``action``, by force if ``hard``."""
        super().__init__(world, action, hard)
        self.job_type = "operateDesktops"
