# Copyright (c) 2026 the hwcloud.workspace contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The way of one request: faults, who calls, limits, checks, the operation, the journal."""

from __future__ import annotations

import asyncio
from datetime import datetime, timezone
from email.utils import formatdate
from typing import Any

from pydantic_core import from_json, to_json
from starlette.requests import Request
from starlette.responses import Response

from . import errors
from .api.parsing import parse_body, parse_query, query_pairs
from .auth.signature import SignedRequest
from .auth.verify import Caller, claimed_ak, verify
from .connections import Connections, Dropped
from .faults import FaultRule
from .journal import without_secrets
from .registry import Call, Operation, Reply
from .simulation import Simulation
from .state.clock import iso_millis
from .state.world import Project
from .throttle import Throttled

UNKNOWN = "unknown"
"""Operation name of requests that fit none."""


class Pipeline:
    """Serves requests on a simulation."""

    def __init__(self, simulation: Simulation, connections: Connections) -> None:
        """Serve ``simulation``; ``connections`` is where faults cut off clients."""
        self._simulation = simulation
        self._connections = connections

    async def serve(self, operation: Operation | None, request: Request) -> Response:
        """Answer one request.

        Args:
            operation: The operation that its method and path fit, or None.
            request: The request.

        Returns:
            The answer, which a fault may have changed.
        """
        answer = await self._serve(operation, request)
        clock = self._simulation.world.clock
        if clock.date_header and not isinstance(answer, Dropped):
            answer.headers["Date"] = formatdate(clock.wall(), usegmt=True)
        return answer

    async def _serve(self, operation: Operation | None, request: Request) -> Response:
        raw = await request.body()
        simulation = self._simulation
        world = simulation.world
        if operation is not None and operation.polls:
            world.clock.poll()
        world.settle()
        arrived = _Arrived(simulation, operation, request, raw)
        rule = simulation.faults.strike(arrived.name, request.method, request.url.path)
        entry = arrived.entry
        if rule is not None:
            entry["fault"] = {"when": rule.when, "effect": rule.effect.model_dump(exclude_defaults=True)}
        simulation.journal.add(entry)
        if rule is not None and rule.when == "before_commit":
            await asyncio.sleep(rule.effect.delay or 0)
            struck = self._struck(rule, None, arrived)
            if struck is not None:
                return struck
        answer = self._answer(arrived, entry)
        entry["status"] = answer.status_code
        if rule is not None and rule.when == "after_commit":
            await asyncio.sleep(rule.effect.delay or 0)
            answer = self._struck(rule, answer, arrived) or answer
        return answer

    def _answer(self, arrived: _Arrived, entry: dict[str, Any]) -> Response:
        try:
            reply = self._perform(arrived, entry)
        except errors.ServiceError as problem:
            entry["error_code"] = problem.error_code
            reply = Reply(problem.body(arrived.request_id), problem.status)
            if isinstance(problem, Throttled) and problem.retry_after is not None:
                reply.headers["Retry-After"] = str(problem.retry_after)
        operation = arrived.operation
        entry["committed"] = operation is not None and operation.mutates and reply.status < 400
        return _response(reply, arrived)

    def _perform(self, arrived: _Arrived, entry: dict[str, Any]) -> Reply:
        simulation, operation = self._simulation, arrived.operation
        world = simulation.world
        world.settle()
        if operation is None or (operation.newest_only and world.dialect.api_age == "older"):
            raise errors.no_such_api()
        caller = None
        if operation.authentication != "none":
            caller = verify(simulation.iam, arrived.signed, world.now, world.clock.wall())
            entry["user"] = caller.user.name
        project = self._project(arrived, caller)
        user = caller.user.name if caller else "anonymous"
        simulation.throttle.admit(user, operation.name, operation.reads, world.now)
        if caller is not None and operation.iam_action is not None and not caller.user.may(operation.iam_action):
            raise errors.PermissionDenied(operation.iam_action, caller.user.name, arrived.signed.path)
        body = None
        if operation.body is not None:
            content_type = arrived.signed.headers.get("content-type", "")
            body = parse_body(operation.body, arrived.signed.body, content_type, world.dialect)
        call = Call(
            simulation=simulation,
            world=world,
            operation=operation,
            path=arrived.path_parameters,
            query=parse_query(operation.query, arrived.signed.query, world.dialect),
            body=body,
            headers=dict(arrived.signed.headers),
            base_url=arrived.base_url,
            caller=caller,
            maybe_project=project,
        )
        return operation.handler(call)

    def _project(self, arrived: _Arrived, caller: Caller | None) -> Project | None:
        project_id = arrived.path_parameters.get("project_id")
        if project_id is None:
            return None
        if caller is not None and caller.by_token and caller.token_project_id != project_id:
            raise errors.GatewayError(401, "APIGW.0307", "The token must be updated: it belongs to another project.")
        project = self._simulation.world.projects.get(project_id)
        if project is None:
            raise errors.GatewayError(403, "APIGW.0310", f"The project {project_id} is unavailable.")
        return project

    def _struck(self, rule: FaultRule, answer: Response | None, arrived: _Arrived) -> Response | None:
        """Return what a fault makes of an answer; None leaves it as it is."""
        effect, entry = rule.effect, arrived.entry
        if effect.reset or effect.hang is not None:
            entry["status"] = None
            return Dropped(
                self._connections, abort=effect.reset is not False and effect.reset != "fin", after=effect.hang or 0
            )
        if effect.status is not None:
            entry["status"] = effect.status
            body = effect.body
            content = b"" if body is None else body.encode() if isinstance(body, str) else to_json(body)
            headers = {**arrived.id_headers, **effect.headers}
            return Response(content, effect.status, headers, effect.content_type)
        if effect.truncate is not False and answer is not None:
            whole = bytes(answer.body)
            kept = len(whole) // 2 if effect.truncate is True else int(effect.truncate)
            return Response(whole[:kept], answer.status_code, arrived.id_headers, answer.media_type)
        return None


class _Arrived:
    """A request as it arrived, in the forms that the steps need."""

    def __init__(self, simulation: Simulation, operation: Operation | None, request: Request, raw: bytes) -> None:
        scope = request.scope
        world, seq = simulation.world, simulation.journal.next_seq
        self.operation = operation
        self.name = operation.name if operation is not None else UNKNOWN
        self.request_id = world.ids.hex("request", seq)
        self.path_parameters: dict[str, str] = dict(request.path_params)
        self.base_url = str(request.base_url).rstrip("/")
        self.signed = SignedRequest(
            method=request.method,
            path=scope["raw_path"].decode("latin-1"),
            query=scope["query_string"].decode("latin-1"),
            headers={name.lower(): value for name, value in request.headers.items()},
            body=raw,
        )
        self.id_headers = {"X-Request-Id": self.request_id}
        if request.url.path.startswith("/v3/"):
            self.id_headers["X-IAM-Trace-Id"] = self.request_id
        self.entry: dict[str, Any] = {
            "seq": seq,
            "wall_time": datetime.now(timezone.utc).isoformat(timespec="milliseconds"),
            "time": iso_millis(world.now),
            "operation": self.name,
            "method": request.method,
            "path": request.url.path,
            "query": {
                key: values[0] if len(values) == 1 else values for key, values in query_pairs(self.signed.query).items()
            },
            "body": _readable(raw),
            "mutating": operation.mutates
            if operation is not None
            else request.method not in ("GET", "HEAD", "OPTIONS"),
            "user": None,
            "ak": claimed_ak(self.signed.headers.get("authorization")),
            "user_agent": self.signed.headers.get("user-agent"),
            "request_id": self.request_id,
            "status": None,
            "error_code": None,
            "fault": None,
            "committed": False,
        }


def _response(reply: Reply, arrived: _Arrived) -> Response:
    headers = {**arrived.id_headers, **reply.headers}
    if reply.content is None:
        return Response(b"", reply.status, headers)
    if isinstance(reply.content, str):
        return Response(reply.content, reply.status, headers, "text/plain")
    return Response(to_json(reply.content), reply.status, headers, "application/json")


def _readable(raw: bytes) -> Any:
    """Return a body for the journal: JSON without secrets; what is not JSON could hide one and is only measured."""
    if not raw:
        return None
    try:
        return without_secrets(from_json(raw))
    except ValueError:
        return f"<{len(raw)} bytes that are not JSON>"
