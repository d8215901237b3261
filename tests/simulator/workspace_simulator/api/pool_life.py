# Copyright (c) 2026 the hwcloud.workspace contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Routes of the life of a pool and of its users."""

from __future__ import annotations

from itertools import islice
from typing import Any

from ..registry import Call, Reply, operation
from ..state.attach import attach_user
from ..state.lifecycle import create_pool, delete_pool, expand_pool
from ..state.users import authorize, pools_of_user
from . import pool_requests as requests
from .pools import POOL, POOLS


@operation(
    "CreateDesktopPool", "POST", POOLS, body=requests.CreateDesktopPool, iam_action="workspace:desktopPools:create"
)
def create(call: Call) -> Reply:
    """Create a pool; the answer does not say which."""
    body: requests.CreateDesktopPool = call.body
    return Reply({"job_id": create_pool(call.world, call.project, body.given()).id})


@operation("DeleteDesktopPool", "DELETE", POOL, iam_action="workspace:desktopPools:delete")
def delete(call: Call) -> Reply:
    """Delete a pool without desktops."""
    delete_pool(call.world, call.project, call.path["pool_id"])
    return Reply(status=204)


@operation(
    "ExpandDesktopPool",
    "POST",
    POOL + "/expand",
    body=requests.ExpandDesktopPool,
    iam_action="workspace:desktopPools:expand",
)
def expand(call: Call) -> Reply:
    """Add desktops."""
    body: requests.ExpandDesktopPool = call.body
    pool = call.world.pool(call.project, call.path["pool_id"])
    return Reply({"job_id": expand_pool(call.world, call.project, pool, body.size).id})


@operation(
    "CreateDesktopPoolAuthorizedObjects",
    "POST",
    POOL + "/users",
    body=requests.ChangeAuthorizedObjects,
    iam_action="workspace:desktopPools:authorizeUsers",
)
def change_authorized_objects(call: Call) -> Reply:
    """Authorise users and groups, or take that away."""
    body: requests.ChangeAuthorizedObjects = call.body
    pool = call.world.pool(call.project, call.path["pool_id"])
    authorize(call.world, pool, body.action, [entry.model_dump() for entry in body.objects])
    return Reply(status=204)


@operation("AttachDesktopPoolUser", "POST", POOL + "/attach", body=requests.AttachDesktopPoolUser, newest_only=True)
def attach(call: Call) -> Reply:
    """Give a user a desktop now."""
    body: requests.AttachDesktopPoolUser = call.body
    pool = call.world.pool(call.project, call.path["pool_id"])
    kind, job = attach_user(call.world, call.project, pool, body.username, body.domain_name)
    answer = {"type": kind}
    if job is not None:
        answer["job_id"] = job.id
    return Reply(answer)


@operation(
    "ListDesktopPoolsByUsers",
    "GET",
    POOLS + "/statistics/by-users",
    query=requests.ListDesktopPoolsByUsers,
    newest_only=True,
)
def list_pools_by_users(call: Call) -> Reply:
    """List the pools of each user; without user_ids there are none in the answer (Terraform provider)."""
    query: requests.ListDesktopPoolsByUsers = call.query
    users = [call.world.users[user_id] for user_id in query.user_ids or [] if user_id in call.world.users]
    answer: list[dict[str, Any]] = []
    for user in islice(users, query.offset, query.offset + query.limit):
        found = pools_of_user(call.world, call.project, user)
        pools = [
            {"desktop_pool_id": pool.id, "desktop_pool_name": pool.name, "is_attached": attached}
            for pool, attached in found
        ]
        answer.append({"user_id": user.id, "desktop_pool_count": len(pools), "desktop_pools": pools})
    return Reply({"users": answer})
