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
    reading = world.dialect.conflict
    busy = {desktop for desktop in scope.desktops if desktop.open_work}
    running = [job for job in pool.jobs if job.work.changes]
    if reading == "pool" and running:
        raise errors.conflict("TEMPORARY", work.operation, pool.id)
    if reading == "any_busy" and busy:
        first = next(desktop for desktop in scope.desktops if desktop in busy)
        raise errors.conflict(_state(world, first), work.operation, first.desktop_id)
    return world.jobs.submit(project, pool, scope.desktops, work, delay, busy)


def _state(world: World, desktop: Desktop) -> str:
    return task_status(world, desktop) or desktop.status


def task_status(world: World, desktop: Desktop) -> str:
    """Return the task in progress on a desktop, empty when none is."""
    sub_job = desktop.sub_job
    return sub_job.job.work.phase(sub_job.progress(world.now) / 100) if sub_job is not None else ""
