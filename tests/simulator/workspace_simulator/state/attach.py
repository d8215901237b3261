# Copyright (c) 2026 the hwcloud.workspace contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Attach: gives a user a desktop of a pool now."""

from __future__ import annotations

from typing import TYPE_CHECKING

from .. import errors
from .jobs import Job, SubJob
from .lifecycle import CreateWork, new_desktops, shortage
from .models import Desktop, Image, Pool, User
from .rebuild import RebuildWork
from .users import AssignWork, authorization, bind, find_user, idle_desktop

if TYPE_CHECKING:
    from .world import Project, World


def attach_user(
    world: World, project: Project, pool: Pool, user_name: str, domain: str | None
) -> tuple[str, Job | None]:
    """Give a user a desktop.

    Args:
        world: The estate.
        project: Project of the pool.
        pool: The pool.
        user_name: Name of the user.
        domain: Domain of the user, or None for any.

    Returns:
        What happens (SDK), and its job if there is one. ASSIGNING: a free desktop, or the one that the user has.
        RESETTING: a free desktop that another user had and that is rebuilt first, where the pool's reset policy is on.
        CREATING: a new desktop, where the pool grows at access. WAITING: a dynamic pool is full. EXCEEDED: a static
        one is.

    Raises:
        ServiceError: 400 for a user who is unknown or not authorised.
    """
    user = find_user(world, user_name, domain)
    entry = authorization(world, pool, user)
    if entry is None:
        raise errors.invalid_resource(f"The user {user_name} is not authorised on the desktop pool {pool.name}.")
    work = AssignWork(user, entry.user_group)
    own = next((desktop for desktop in pool.desktops.values() if user in (desktop.user, desktop.promised)), None)
    if own is not None:
        return "ASSIGNING", world.jobs.submit(project, pool, [own], work, 0.0, ())
    desktop = idle_desktop(pool)
    if desktop is not None:
        desktop.promised = user
        if pool.user_reset_policy.get("enable") and desktop.last_user_id not in ("", user.id):
            reset = ResetWork(world.images[pool.image_id], user, entry.user_group)
            return "RESETTING", world.jobs.submit(project, pool, [desktop], reset, 0.0, ())
        return "ASSIGNING", world.jobs.submit(project, pool, [desktop], work, 0.0, ())
    if _may_grow(world, project, pool):
        creation = CreateWork(project, work.operation, work.job_type, user, entry.user_group)
        desktops = new_desktops(world, project, pool, 1)
        return "CREATING", world.jobs.submit(project, pool, desktops, creation, 0.0, ())
    if pool.type == "STATIC":
        return "EXCEEDED", None
    return "WAITING", _queue(world, project, pool, work)


def _may_grow(world: World, project: Project, pool: Pool) -> bool:
    policy = pool.autoscale_policy
    if not pool.enable_autoscale or policy.get("autoscale_type") != "ACCESS_CREATED":
        return False
    most = policy.get("max_auto_created")
    return (most is None or len(pool.desktops) < most) and shortage(world, project, pool, 1) is None


def _queue(world: World, project: Project, pool: Pool, work: AssignWork) -> Job | None:
    """Let a user wait, once however often it is asked."""
    for job in pool.waiting:
        assert isinstance(job.work, AssignWork)
        if job.work.user is work.user:
            break
    else:
        job = world.jobs.hold(project, pool, work)
        pool.waiting.append(job)
    return job if world.dialect.waiting_attach == "job" else None


class ResetWork(RebuildWork):
    """Rebuilds a desktop that another user had, and gives it to a user."""

    operation = AssignWork.operation
    job_type = AssignWork.job_type

    def __init__(self, image: Image, user: User, user_group: str) -> None:
        """Rebuild from ``image`` for ``user``, with the privileges of ``user_group``."""
        super().__init__(image, template=False)
        self._user = user
        self._user_group = user_group

    def entities(self, desktop: Desktop) -> dict[str, str]:
        """Name the user."""
        del desktop
        return {"user_name": self._user.name}

    def complete(self, world: World, sub_job: SubJob, now: float) -> None:
        """Swap the system disk, then bind the user."""
        super().complete(world, sub_job, now)
        bind(sub_job.desktop, self._user, self._user_group, sub_job.job, now)

    def fail(self, world: World, sub_job: SubJob, now: float) -> None:
        """Leave the desktop to others, as it was."""
        super().fail(world, sub_job, now)
        sub_job.desktop.promised = None
