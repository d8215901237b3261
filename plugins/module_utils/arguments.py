# Copyright (c) 2026 the hwcloud.workspace contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Options that several modules share: what they take and their limits. Their documentation is in ``doc_fragments``."""

from __future__ import annotations

import re
from typing import Any

from .client.connect import connect
from .client.errors import WorkspaceError
from .client.session import Session
from .limits import IntRange, Length, Limit
from .pools.engine import Engine
from .task import Task

CONNECTION: dict[str, dict[str, Any]] = {
    "access_key": {"type": "str", "no_log": True},
    "secret_key": {"type": "str", "no_log": True},
    "security_token": {"type": "str", "no_log": True},
    "auth_token": {"type": "str", "no_log": True},
    "username": {"type": "str"},
    "password": {"type": "str", "no_log": True},
    "domain_name": {"type": "str"},
    "profile_file": {"type": "path"},
    "region": {"type": "str"},
    "project_id": {"type": "str"},
    "enterprise_project_id": {"type": "str"},
    "endpoint": {"type": "str"},
    "iam_endpoint": {"type": "str"},
    "validate_certs": {"type": "bool", "default": True},
    "ca_path": {"type": "path"},
    "request_timeout": {"type": "int", "default": 30},
    "max_retries": {"type": "int", "default": 5},
}
CONNECTION_LIMITS: dict[str, Limit] = {
    "enterprise_project_id": Length(1, 36),
    "request_timeout": IntRange(1, 600, "seconds"),
    "max_retries": IntRange(0, 20),
}

POOL: dict[str, dict[str, Any]] = {"pool": {"type": "str", "required": True}}
# The service's own limit on a pool's name differs by region; 255 is that of an ID, and above that of any name.
POOL_LIMITS: dict[str, Limit] = {"pool": Length(1, 255)}

WAIT: dict[str, dict[str, Any]] = {
    "wait": {"type": "bool", "default": True},
    "wait_timeout": {"type": "int", "default": 3600},
}
WAIT_LIMITS: dict[str, Limit] = {"wait_timeout": IntRange(1, 86400, "seconds")}


def open_session(task: Task, **instead: str) -> Session:
    """Return a session for a task's options and environment.

    :param instead: names of the options that a task has in place of shared ones, by the name of the shared one.
    :raises InputError: options that cannot be right.
    :raises CredentialsError: no credentials.
    """
    params = {**task.params, **{shared: task.params[name] for shared, name in instead.items()}}
    try:
        return connect(params, task.environment, task.add_secret)
    except WorkspaceError as error:
        for shared, name in instead.items():  # the user has to be told the name that the task knows
            error.args = (re.sub(rf"\b{shared}\b", name, error.args[0]),)
        raise


def open_engine(task: Task, session: Session, wait: bool = True) -> Engine:
    """Return an engine for a task.

    :param wait: whether to wait for jobs, where the task has no option of that name.
    """
    return Engine(
        session,
        emit=task.progress,
        warn=task.warn,
        wait=bool(task.params.get("wait", wait)),
        wait_timeout=float(task.params.get("wait_timeout", WAIT["wait_timeout"]["default"])),
    )
