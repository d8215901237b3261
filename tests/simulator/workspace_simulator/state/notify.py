# Copyright (c) 2026 the hwcloud.workspace contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Messages to the users of a pool."""

from __future__ import annotations

from typing import TYPE_CHECKING

from .jobs import Job, SubJob, Work
from .models import Desktop, Pool

if TYPE_CHECKING:
    from .world import Project, World

MESSAGE_SECONDS = 5.0


def notify_pool(world: World, project: Project, pool: Pool, message: str) -> Job:
    """Accept a message to every running Windows desktop of a pool (Windows only: help page)."""
    desktops = [
        desktop
        for desktop in pool.desktops.values()
        if desktop.status == "ACTIVE" and world.images[desktop.image_id].os_type == "Windows"
    ]
    work = NotificationWork(message, world.dialect.notification_job_type)
    job = world.jobs.submit(project, pool, desktops, work, 0.0, ())
    pool.effects.notifications.append({"message": message, "job_id": job.id, "at": world.now})
    return job


class NotificationWork(Work):
    """Shows a message on each desktop; does not occupy it."""

    operation = "SendDesktopPoolNotifications"
    changes = False

    def __init__(self, message: str, job_type: str) -> None:
        """Show ``message``; the job type is an open question."""
        self._message = message
        self.job_type = job_type

    def seconds(self, world: World, desktop: Desktop) -> float:
        """Return the few seconds that a message takes."""
        del world, desktop
        return MESSAGE_SECONDS

    def phase(self, progress: float) -> str:
        """Return no task: a message is not one."""
        del progress
        return ""

    def complete(self, world: World, sub_job: SubJob, now: float) -> None:
        """Note the message on the desktop."""
        del world
        sub_job.desktop.record().notifications.append({"message": self._message, "job_id": sub_job.job.id, "at": now})
