# Copyright (c) 2026 the hwcloud.workspace contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The operations of the service, by the official SDK's names. A route registers itself with ``operation``."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal

from pydantic import BaseModel

if TYPE_CHECKING:
    from .auth.verify import Caller
    from .simulation import Simulation
    from .state.world import Project, World

Authentication = Literal["project", "account", "none"]
"""``project``: the caller must be allowed in the path's project; ``account``: any caller; ``none``: nobody in
particular."""


@dataclass
class Call:
    """One request on its way into the state: everything a route may need."""

    simulation: Simulation
    world: World
    operation: Operation
    path: dict[str, str]
    query: Any
    body: Any
    headers: dict[str, str]
    base_url: str
    caller: Caller | None = None
    maybe_project: Project | None = None

    @property
    def project(self) -> Project:
        """The project in the path."""
        assert self.maybe_project is not None, f"{self.operation.name} has no project in its path"
        return self.maybe_project

    @property
    def older(self) -> bool:
        """Whether an older region is simulated."""
        return self.world.dialect.api_age == "older"


@dataclass
class Reply:
    """What a route answers. ``content`` becomes JSON; None is an empty body, text is sent as it is."""

    content: Any = None
    status: int = 200
    headers: dict[str, str] = field(default_factory=dict)


class NoQuery(BaseModel):
    """For operations without query parameters."""


Handler = Callable[[Call], Reply]


@dataclass(frozen=True)
class Operation:
    """An operation: where it is found, what it takes, who may use it."""

    name: str
    method: str
    path: str
    handler: Handler
    query: type[BaseModel]
    body: type[BaseModel] | None
    iam_action: str | None
    authentication: Authentication
    mutates: bool
    polls: bool
    newest_only: bool

    @property
    def reads(self) -> bool:
        """Whether it counts as a read for the limits on calls."""
        return self.method == "GET"


OPERATIONS: dict[str, Operation] = {}


def operation(
    name: str,
    method: str,
    path: str,
    *,
    query: type[BaseModel] = NoQuery,
    body: type[BaseModel] | None = None,
    iam_action: str | None = None,
    authentication: Authentication = "project",
    mutates: bool | None = None,
    polls: bool = False,
    newest_only: bool = False,
) -> Callable[[Handler], Handler]:
    """Register the decorated function as an operation.

    Args:
        name: Its name in the official SDK's documentation, such as RebuildDesktopPool.
        method: HTTP method.
        path: Path with ``{project_id}`` and the like.
        query: Model of the query parameters.
        body: Model of the body; None for operations without one.
        iam_action: Action a policy must allow, such as workspace:desktopPools:rebuild.
        authentication: Who may call it.
        mutates: Whether it changes the estate; by default whatever is not a GET does.
        polls: Whether it is a poll of jobs, which moves the clock in mode ``polls``.
        newest_only: Whether older regions do not have it.
    """

    def register(handler: Handler) -> Handler:
        if name in OPERATIONS:
            raise ValueError(f"operation {name} is registered twice")
        changes = method != "GET" if mutates is None else mutates
        OPERATIONS[name] = Operation(
            name, method, path, handler, query, body, iam_action, authentication, changes, polls, newest_only
        )
        return handler

    return register
