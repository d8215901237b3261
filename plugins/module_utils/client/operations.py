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


_PROJECT = "/v2/{project_id}"
_POOLS = _PROJECT + "/desktop-pools"
_POOL = _POOLS + "/{pool_id}"

LIST_POOLS = Operation("ListDesktopPools", "GET", _POOLS, Effect.READ, "workspace:desktopPools:list")
SHOW_POOL = Operation("ShowDesktopPoolDetail", "GET", _POOL, Effect.READ, "workspace:desktopPools:get")
CREATE_POOL = Operation("CreateDesktopPool", "POST", _POOLS, Effect.ONCE, "workspace:desktopPools:create")
UPDATE_POOL = Operation("UpdateDesktopPool", "PUT", _POOL, Effect.REPEATABLE, "workspace:desktopPools:update")
DELETE_POOL = Operation("DeleteDesktopPool", "DELETE", _POOL, Effect.REPEATABLE, "workspace:desktopPools:delete")
EXPAND_POOL = Operation("ExpandDesktopPool", "POST", _POOL + "/expand", Effect.ONCE, "workspace:desktopPools:expand")
LIST_POOL_DESKTOPS = Operation(
    "ListPoolDesktopsDetail", "GET", _POOL + "/desktops", Effect.READ, "workspace:desktopPools:listDesktops"
)
LIST_POOL_USERS = Operation(
    "ListDesktopPoolAuthorizedObjects", "GET", _POOL + "/users", Effect.READ, "workspace:desktopPools:listUsers"
)
CHANGE_POOL_USERS = Operation(
    "CreateDesktopPoolAuthorizedObjects",
    "POST",
    _POOL + "/users",
    Effect.ONCE,
    "workspace:desktopPools:authorizeUsers",
)
LIST_POOLS_BY_USERS = Operation(
    "ListDesktopPoolsByUsers", "GET", _POOLS + "/statistics/by-users", Effect.READ, "workspace:desktopPools:listByUsers"
)
LIST_DRIFT = Operation(
    "ListInconsistentStatics",
    "GET",
    _POOL + "/inconsistent-statics",
    Effect.READ,
    "workspace:desktopPools:getStatisticsByInconsistent",
)
REBUILD_POOL = Operation(
    "RebuildDesktopPool", "POST", _POOL + "/rebuild", Effect.ONCE, "workspace:desktopPools:rebuild"
)
RESIZE_POOL = Operation("ResizeDesktopPool", "POST", _POOL + "/resize", Effect.ONCE, "workspace:desktopPools:resize")
ADD_POOL_VOLUMES = Operation(
    "AddDesktopPoolVolumes", "POST", _POOL + "/volumes/batch-add", Effect.ONCE, "workspace:desktopPools:batchAddVolumes"
)
EXPAND_POOL_VOLUMES = Operation(
    "ExpandDesktopPoolVolumes",
    "POST",
    _POOL + "/volumes/batch-expand",
    Effect.ONCE,
    "workspace:desktopPools:batchExpandVolumes",
)
DELETE_POOL_VOLUMES = Operation(
    "DeleteDesktopPoolVolumes",
    "POST",
    _POOL + "/volumes/batch-delete",
    Effect.ONCE,
    "workspace:desktopPools:batchDeleteVolumes",
)
ACT_ON_POOL = Operation(
    "ExecuteDesktopPoolAction", "POST", _POOL + "/action", Effect.ONCE, "workspace:desktopPools:operate"
)
NOTIFY_POOL = Operation(
    "SendDesktopPoolNotifications",
    "POST",
    _POOL + "/notifications",
    Effect.ONCE,
    "workspace:desktopPools:sendNotifications",
)
ATTACH_POOL_USER = Operation(
    "AttachDesktopPoolUser", "POST", _POOL + "/attach", Effect.ONCE, "workspace:desktopPools:attachUser"
)
RUN_POOL_SCRIPT = Operation(
    "ExecuteDesktopPoolScript",
    "POST",
    _POOL + "/script-executions",
    Effect.ONCE,
    "workspace:desktopPools:executeScripts",
)
LIST_POOL_SCRIPT_TASKS = Operation(
    "ShowDesktopPoolsScriptExecTasks",
    "GET",
    _POOLS + "/script-execution-tasks/detail",
    Effect.READ,
    "workspace:desktopPools:listScriptTasks",
)
LIST_SCRIPT_RECORDS = Operation(
    "ListScriptRecords", "GET", _PROJECT + "/script-execution-records", Effect.READ, "workspace:scripts:listRecords"
)
LIST_DESKTOPS = Operation(
    "ListDesktopsDetail", "GET", _PROJECT + "/desktops/detail", Effect.READ, "workspace:desktops:listDetail"
)
LIST_DESKTOPS_BRIEF = Operation("ListDesktops", "GET", _PROJECT + "/desktops", Effect.READ, "workspace:desktops:list")
DELETE_DESKTOPS = Operation(
    "BatchDeleteDesktops", "POST", _PROJECT + "/desktops/batch-delete", Effect.ONCE, "workspace:desktops:batchDelete"
)
ACT_ON_DESKTOPS = Operation(
    "BatchRunDesktops", "POST", _PROJECT + "/desktops/action", Effect.ONCE, "workspace:desktops:operate"
)
# To log off who is logged off already does nothing.
LOG_OFF_DESKTOPS = Operation(
    "BatchLogoffDesktops", "POST", _PROJECT + "/desktops/logoff", Effect.REPEATABLE, "workspace:desktops:logoff"
)
SHOW_JOB = Operation("ShowJob", "GET", _PROJECT + "/workspace-jobs/{job_id}", Effect.READ, "workspace:jobs:get")
ACT_ON_JOB = Operation(
    "RunActionsOnWorkspaceJob",
    "POST",
    _PROJECT + "/workspace-jobs/{job_id}/actions",
    Effect.ONCE,
    "workspace:jobs:retry",
)
LIST_SUB_JOBS = Operation(
    "ListItaSubJobs", "GET", _PROJECT + "/workspace-sub-jobs", Effect.READ, "workspace:jobs:listSubJobs"
)
DELETE_SUB_JOBS = Operation(
    "BatchDeleteSubJobs",
    "POST",
    _PROJECT + "/workspace-sub-jobs/batch-delete",
    Effect.REPEATABLE,
    "workspace:jobs:deleteSubJobRecords",
)
LIST_IMAGES = Operation("ListImages", "GET", _PROJECT + "/images", Effect.READ, "workspace:images:list")
LIST_PRODUCTS = Operation(
    "ListProducts", "GET", _PROJECT + "/products", Effect.READ, "workspace:products:listDesktopProducts"
)

LIST_PROJECTS = Operation("KeystoneListProjects", "GET", "/v3/projects", Effect.READ)
CREATE_TOKEN = Operation("KeystoneCreateUserTokenByPassword", "POST", "/v3/auth/tokens", Effect.REPEATABLE)
