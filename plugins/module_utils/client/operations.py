# Copyright (c) 2026 the hwcloud.workspace contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The service's operations: their names (the official SDK's), methods, paths and the IAM action that each needs."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum

from .errors import InputError
from .signing import encode


class Effect(Enum):
    """What sending an operation twice would do; it decides when a request may be sent again."""

    READ = "reads only"
    REPEATABLE = "changes to a state that is named in full, so twice is the same as once"
    ONCE = "acts each time it is sent"


@dataclass(frozen=True)
class Operation:
    """One operation of the service.

    ``path`` holds ``{names}`` to fill in. ``iam_action`` is the permission that it needs (definitions, help pages),
    empty when no source names one.
    """

    name: str
    method: str
    path: str
    effect: Effect
    iam_action: str = ""

    def url_path(self, values: Mapping[str, str]) -> str:
        """Return the path with ``values`` filled in, each encoded as one path segment.

        :raises InputError: a value is empty or holds a slash or is a dot segment, and would lead to another path.
        """
        for name, value in values.items():
            if not value or "/" in value or value in (".", ".."):
                raise InputError(f"'{value}' cannot be a {name}.")
        return self.path.format_map({name: encode(value) for name, value in values.items()})


_POOLS = "/v2/{project_id}/desktop-pools"
_POOL = _POOLS + "/{pool_id}"

LIST_POOLS = Operation("ListDesktopPools", "GET", _POOLS, Effect.READ, "workspace:desktopPools:list")
SHOW_POOL = Operation("ShowDesktopPoolDetail", "GET", _POOL, Effect.READ)
UPDATE_POOL = Operation("UpdateDesktopPool", "PUT", _POOL, Effect.REPEATABLE, "workspace:desktopPools:update")
LIST_POOL_DESKTOPS = Operation(
    "ListPoolDesktopsDetail", "GET", _POOL + "/desktops", Effect.READ, "workspace:desktopPools:listDesktops"
)
LIST_POOL_USERS = Operation(
    "ListDesktopPoolAuthorizedObjects", "GET", _POOL + "/users", Effect.READ, "workspace:desktopPools:listUsers"
)
LIST_DRIFT = Operation("ListInconsistentStatics", "GET", _POOL + "/inconsistent-statics", Effect.READ)
REBUILD_POOL = Operation(
    "RebuildDesktopPool", "POST", _POOL + "/rebuild", Effect.ONCE, "workspace:desktopPools:rebuild"
)
NOTIFY_POOL = Operation("SendDesktopPoolNotifications", "POST", _POOL + "/notifications", Effect.ONCE)
LIST_DESKTOPS = Operation("ListDesktopsDetail", "GET", "/v2/{project_id}/desktops/detail", Effect.READ)
LIST_DESKTOPS_BRIEF = Operation("ListDesktops", "GET", "/v2/{project_id}/desktops", Effect.READ)
SHOW_JOB = Operation("ShowJob", "GET", "/v2/{project_id}/workspace-jobs/{job_id}", Effect.READ, "workspace:jobs:get")
LIST_SUB_JOBS = Operation("ListItaSubJobs", "GET", "/v2/{project_id}/workspace-sub-jobs", Effect.READ)
LIST_IMAGES = Operation("ListImages", "GET", "/v2/{project_id}/images", Effect.READ)
LIST_PRODUCTS = Operation("ListProducts", "GET", "/v2/{project_id}/products", Effect.READ)

LIST_PROJECTS = Operation("KeystoneListProjects", "GET", "/v3/projects", Effect.READ)
CREATE_TOKEN = Operation("KeystoneCreateUserTokenByPassword", "POST", "/v3/auth/tokens", Effect.REPEATABLE)
