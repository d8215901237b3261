# Copyright (c) 2026 the hwcloud.workspace contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Routes of pools."""

from __future__ import annotations

from ..registry import Call, Reply, operation
from ..state.models import Pool, differences
from ..state.notify import notify_pool
from ..state.pools import update_pool
from ..state.rebuild import Rebuild, rebuild_pool
from ..views.pools import authorized_object_view, pool_view
from . import pool_requests as requests
from .lists import page

POOLS = "/v2/{project_id}/desktop-pools"
POOL = POOLS + "/{pool_id}"


@operation("ListDesktopPools", "GET", POOLS, query=requests.ListDesktopPools, iam_action="workspace:desktopPools:list")
def list_pools(call: Call) -> Reply:
    """List pools."""
    query: requests.ListDesktopPools = call.query
    part = query.name.lower() if query.name else ""
    pools = [
        pool
        for pool in call.project.pools.values()
        if part in pool.name.lower()
        and query.type in (None, "", pool.type)
        and query.enterprise_project_id in (None, pool.enterprise_project_id)
        and query.in_maintenance_mode in (None, pool.in_maintenance_mode)
    ]
    return Reply(page(pools, query, "desktop_pools", lambda pool: pool_view(call.world, pool)))


@operation("ShowDesktopPoolDetail", "GET", POOL)
def show_pool(call: Call) -> Reply:
    """Show one pool."""
    return Reply(pool_view(call.world, _pool(call)))


@operation(
    "UpdateDesktopPool", "PUT", POOL, body=requests.UpdateDesktopPool, iam_action="workspace:desktopPools:update"
)
def change_pool(call: Call) -> Reply:
    """Change attributes of a pool; no body is answered."""
    body: requests.UpdateDesktopPool = call.body
    update_pool(call.world, call.project, _pool(call), body.given())
    return Reply()


@operation(
    "ListDesktopPoolAuthorizedObjects",
    "GET",
    POOL + "/users",
    query=requests.ListAuthorizedObjects,
    iam_action="workspace:desktopPools:listUsers",
    newest_only=True,
)
def list_authorized_objects(call: Call) -> Reply:
    """List the users and groups of a pool; some regions do not have this operation (Terraform provider)."""
    objects = _pool(call).authorized_objects
    return Reply(page(objects, call.query, "objects", lambda entry: authorized_object_view(entry, call.older)))


@operation("ListInconsistentStatics", "GET", POOL + "/inconsistent-statics", newest_only=True)
def count_differences(call: Call) -> Reply:
    """Count the desktops that differ from the pool."""
    counts = dict.fromkeys(("product_id", "image_id", "disk_num", "disk_size"), 0)
    for desktop in _pool(call).desktops.values():
        for name in differences(desktop):
            counts[name] += 1
    return Reply(counts)


@operation(
    "RebuildDesktopPool",
    "POST",
    POOL + "/rebuild",
    body=requests.RebuildDesktopPool,
    iam_action="workspace:desktopPools:rebuild",
)
def rebuild(call: Call) -> Reply:
    """Rebuild system disks."""
    body: requests.RebuildDesktopPool = call.body
    wish = Rebuild(**body.model_dump(exclude={"encrypt_type", "kms_id"}))
    job = rebuild_pool(call.world, call.project, _pool(call), wish)
    return Reply({"job_id": job.id})


@operation("SendDesktopPoolNotifications", "POST", POOL + "/notifications", body=requests.SendDesktopPoolNotifications)
def notify(call: Call) -> Reply:
    """Show a message on the desktops."""
    body: requests.SendDesktopPoolNotifications = call.body
    job = notify_pool(call.world, call.project, _pool(call), body.notifications)
    return Reply({"job_id": job.id})


def _pool(call: Call) -> Pool:
    return call.world.pool(call.project, call.path["pool_id"])
