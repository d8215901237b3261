# Copyright (c) 2026 the hwcloud.workspace contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The whole state as data, including what no client of the service can see."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

from ..state.changes import task_status
from ..state.clock import iso_millis
from ..state.jobs import Job, job_status
from ..state.models import Desktop, Effects, Pool, differences
from ..state.world import Project, World
from ..views.pools import authorized_object_view, pool_view


def dump(world: World, pool_name: str | None = None) -> dict[str, Any]:
    """Return the state.

    Args:
        world: The estate.
        pool_name: Only the pool of this name or ID and its jobs; None for all.
    """
    pools, deleted, jobs = [], [], []
    for project in world.projects.values():
        chosen = [pool for pool in project.pools.values() if pool_name in (None, pool.name, pool.id)]
        gone = [pool for pool in project.deleted_pools if pool_name in (None, pool.name, pool.id)]
        pools += [_pool(world, project, pool) for pool in chosen]
        deleted += [_pool(world, project, pool) for pool in gone]
        known = {pool.id for pool in chosen + gone}
        jobs += [
            _job(world, job) for job in project.jobs.values() if not known.isdisjoint(pool.id for pool in job.pools)
        ]
    return {
        "time": iso_millis(world.now),
        "dialect": world.dialect.model_dump(),
        "projects": [
            {"id": project.id, "name": project.name, "region": project.region} for project in world.projects.values()
        ],
        "images": [{"id": image.id, "name": image.name} for image in world.images.values()],
        "products": [product.product_id for product in world.products.values()],
        "pools": pools,
        "deleted_pools": deleted,
        "jobs": jobs,
    }


def _pool(world: World, project: Project, pool: Pool) -> dict[str, Any]:
    return {
        **pool_view(world, pool),
        "project_id": project.id,
        "authorized_objects": [authorized_object_view(entry, older=False) for entry in pool.authorized_objects],
        "effects": _effects(pool.effects),
        "desktops": [_desktop(world, desktop) for desktop in pool.desktops.values()],
        "deleted_desktops": [_desktop(world, desktop) for desktop in pool.deleted_desktops],
    }


def _desktop(world: World, desktop: Desktop) -> dict[str, Any]:
    user = desktop.user
    return {
        "desktop_id": desktop.desktop_id,
        "computer_name": desktop.computer_name,
        "status": desktop.status,
        "task_status": task_status(world, desktop),
        "login_status": desktop.login_status,
        "user_name": user.name if user else "",
        "image_id": desktop.image_id,
        "product_id": desktop.product_id,
        "root_volume": asdict(desktop.root_volume),
        "data_volumes": [asdict(disk) for disk in desktop.data_volumes],
        "ip_address": desktop.ip_address,
        "sid": desktop.sid,
        "in_maintenance_mode": desktop.in_maintenance_mode,
        "isolated": desktop.isolated,
        "is_freeze": desktop.is_freeze,
        "differences": sorted(differences(desktop)),
        "effects": _effects(desktop.effects or Effects()),
    }


def _job(world: World, job: Job) -> dict[str, Any]:
    statuses = [sub_job.status for sub_job in job.sub_jobs]
    return {
        "id": job.id,
        "job_type": job.work.job_type,
        "operation": job.work.operation,
        "pool": job.pool.name,
        "status": job_status(world, job),
        "begin_time": iso_millis(job.created),
        "end_time": iso_millis(job.ended) if job.ended is not None else None,
        "sub_jobs": {status: statuses.count(status) for status in sorted(set(statuses))},
    }


def _effects(effects: Effects) -> dict[str, Any]:
    return {
        name: [{**event, "at": iso_millis(event["at"])} for event in events] for name, events in asdict(effects).items()
    }
