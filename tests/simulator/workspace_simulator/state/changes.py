# Copyright (c) 2026 the hwcloud.workspace contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What every change of a pool has in common: may it begin, and the job that carries it out."""

from __future__ import annotations

from typing import TYPE_CHECKING

from .. import errors
from .jobs import Job, Work
from .models import Desktop, Pool

if TYPE_CHECKING:
    from .scope import Scope
    from .world import Project, World


def require_changeable(world: World, pool: Pool, operation: str) -> None:
    """Refuse a direct change of a pool whose billing or maintenance mode forbids it.

    Raises:
        ServiceError: 400 for a yearly/monthly pool, 409 for a pool in maintenance, each under one reading only.
    """
    if pool.charging_mode == "0" and world.dialect.prepaid_pool == "refused":
        raise errors.invalid_resource(f"The pool {pool.name} is yearly/monthly: change it through an order.")
    if pool.in_maintenance_mode and world.dialect.maintenance_mode == "refuses_changes":
        raise errors.conflict("MAINTENANCE", operation, pool.id)


class TemplateWork(Work):
    """A change that may move the pool's template too, when the reading of ``template_changes`` says."""

    def __init__(self, template: bool) -> None:
        """Remember whether the template moves at all."""
        self._template = template

    def move_template(self, pool: Pool) -> None:
        """Make the template what the desktops become."""
        raise NotImplementedError

    def accepted(self, world: World, pool: Pool) -> None:
        """Move the template, if it moves as early as this; called once the job is accepted."""
        if self._template and world.dialect.template_changes == "accepted":
            self.move_template(pool)

    def close(self, world: World, job: Job, now: float) -> None:
        """Move the template, if it moves as late as this."""
        moment = world.dialect.template_changes
        failed = job.failed() or job.abandoned
        if self._template and (moment == "finished" or (moment == "all_succeeded" and not failed)):
            self.move_template(job.pool)


def submit_change(world: World, project: Project, pool: Pool, scope: Scope, work: Work, delay: float = 0.0) -> Job:
    """Start the job of a change, or refuse it because desktops are busy (409: Terraform provider).

    Args:
        world: The estate.
        project: Project of the pool.
        pool: The pool.
        scope: Desktops concerned.
        work: What to do to each.
        delay: Simulated seconds before the first desktop is touched.

    Raises:
        ServiceError: 409 WKS.00010032, by the reading of ``conflict``.
    """
    busy = require_free(world, pool, scope, work.operation)
    return world.jobs.submit(project, pool, scope.desktops, work, delay, busy)


def require_free(world: World, pool: Pool, scope: Scope, operation: str) -> set[Desktop]:
    """Return the desktops in scope that are busy and whose sub-jobs therefore fail, or refuse the change.

    Raises:
        ServiceError: 409 WKS.00010032, by the reading of ``conflict``.
    """
    reading = world.dialect.conflict
    busy = {desktop for desktop in scope.desktops if desktop.open_work}
    pools = dict.fromkeys([pool, *(desktop.pool for desktop in scope.desktops)])
    running = [job for concerned in pools for job in concerned.jobs if job.work.changes]
    if (reading == "pool" and running) or (reading == "any_busy" and any(job.work.exclusive for job in running)):
        raise errors.conflict("TEMPORARY", operation, pool.id)
    if reading == "any_busy" and busy:
        first = next(desktop for desktop in scope.desktops if desktop in busy)
        raise errors.conflict(_state(world, first), operation, first.desktop_id)
    return busy


def _state(world: World, desktop: Desktop) -> str:
    return task_status(world, desktop) or desktop.status


def task_status(world: World, desktop: Desktop) -> str:
    """Return the task in progress on a desktop, empty when none is."""
    sub_job = desktop.sub_job
    return sub_job.job.work.phase(sub_job.progress(world.now) / 100) if sub_job is not None else ""
