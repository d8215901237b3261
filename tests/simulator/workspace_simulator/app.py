# Copyright (c) 2026 the hwcloud.workspace contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The web application: every registered operation, the control API, and an answer to whatever else is asked."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

from fastapi import FastAPI
from starlette.requests import Request
from starlette.responses import Response

from . import __version__, api
from .connections import Connections
from .control.routes import control_app
from .pipeline import Pipeline
from .registry import OPERATIONS, Operation
from .simulation import Simulation

_METHODS = ["GET", "POST", "PUT", "PATCH", "DELETE", "HEAD", "OPTIONS"]


def create_app(simulation: Simulation, connections: Connections | None = None) -> FastAPI:
    """Return the application.

    The operations have plain routes: their requests are checked by the pipeline, which refuses them as the service
    would, and not by the framework.

    Args:
        simulation: What it serves.
        connections: Where faults cut off clients; by default none are known, as in tests without a socket.
    """
    assert api.__all__, "importing the package registers the operations"
    app = FastAPI(
        title="Workspace simulator",
        version=__version__,
        redirect_slashes=False,
        openapi_url=None,
    )
    pipeline = Pipeline(simulation, connections or Connections())
    app.mount("/_control", control_app(simulation))
    for operation in OPERATIONS.values():
        app.add_route(operation.path, _endpoint(pipeline, operation), methods=[operation.method], name=operation.name)
    app.add_route("/{anything:path}", _endpoint(pipeline, None), methods=_METHODS)
    return app


def _endpoint(pipeline: Pipeline, operation: Operation | None) -> Callable[[Request], Awaitable[Response]]:
    async def endpoint(request: Request) -> Response:
        # A route for GET is one for HEAD too, which the service does not have.
        fits = operation is not None and request.method == operation.method
        return await pipeline.serve(operation if fits else None, request)

    return endpoint
