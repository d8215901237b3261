# Copyright (c) 2026 the hwcloud.workspace contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A simulator without a socket and with a clock that stands still until a test moves it."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable
from typing import Any

import pytest
from httpx import ASGITransport, AsyncClient, Response

from workspace_simulator.app import create_app
from workspace_simulator.estate import Estate, load_estate
from workspace_simulator.simulation import Simulation
from workspace_simulator.state.dialect import Dialect
from workspace_simulator.testing import ESTATES

PROJECT = "0123456789abcdef0123456789abcdef"


class Http:
    """Sends requests straight into an application, without a socket."""

    def __init__(self, app: Any) -> None:
        self._transport = ASGITransport(app=app)

    def request(self, method: str, path: str, **options: Any) -> Response:
        """Return the answer to one request."""

        async def send() -> Response:
            async with AsyncClient(transport=self._transport, base_url="http://workspace.test") as client:
                return await client.request(method, path, **options)

        return asyncio.run(send())

    def get(self, path: str, **options: Any) -> Response:
        """Return the answer to a GET."""
        return self.request("GET", path, **options)

    def post(self, path: str, **options: Any) -> Response:
        """Return the answer to a POST."""
        return self.request("POST", path, **options)

    def put(self, path: str, **options: Any) -> Response:
        """Return the answer to a PUT."""
        return self.request("PUT", path, **options)


class Api:
    """The service as a client with a token sees it, and the clock in the test's hands."""

    def __init__(self, estate: Estate) -> None:
        self.simulation = Simulation(estate)
        self.http = Http(create_app(self.simulation))
        token = self.simulation.iam.issue_token(self.simulation.iam.users["operator"], PROJECT, self.world.now)
        self.headers = {"X-Auth-Token": token.text}

    @property
    def world(self) -> Any:
        return self.simulation.world

    @property
    def project(self) -> Any:
        return self.world.projects[PROJECT]

    def pool(self, name: str = "finance") -> Any:
        pool = self.project.pool_named(name)
        assert pool is not None
        return pool

    def desktop(self, name: str) -> Any:
        self.world.settle()
        (found,) = [entry for entry in self.project.desktops.values() if entry.computer_name == name]
        return found

    def call(self, method: str, path: str, body: Any = None, **query: Any) -> Response:
        """Send a request below /v2/{project_id}."""
        content = None if body is None else json.dumps(body)
        headers = {**self.headers, "Content-Type": "application/json"}
        return self.http.request(method, f"/v2/{PROJECT}{path}", content=content, headers=headers, params=query)

    def get(self, path: str, **query: Any) -> Any:
        """Return the answer to a GET that succeeds."""
        answer = self.call("GET", path, **query)
        assert answer.status_code == 200, answer.text
        return answer.json()

    def refused(self, status: int, method: str, path: str, body: Any = None, **query: Any) -> Any:
        """Return the error in the answer to a request that is refused with this status."""
        answer = self.call(method, path, body, **query)
        assert answer.status_code == status, answer.text
        return answer.json()

    def rebuild(self, image: str = "win10-2026-11", pool: str = "finance", **fields: Any) -> Response:
        """Ask for a rebuild to an image by name."""
        (image_id,) = [entry.id for entry in self.world.images.values() if entry.name == image]
        return self.call("POST", f"/desktop-pools/{self.pool(pool).id}/rebuild", {"image_id": image_id, **fields})

    def start(self, image: str = "win10-2026-11", pool: str = "finance", **fields: Any) -> Any:
        """Start a rebuild and return its job."""
        answer = self.rebuild(image, pool, **fields)
        assert answer.status_code == 200, answer.text
        return self.project.jobs[answer.json()["job_id"]]

    def advance(self, seconds: float) -> None:
        """Let simulated time pass."""
        self.world.clock.advance(seconds)
        self.world.settle()

    def dialect(self, **readings: str) -> None:
        """Set readings of open questions."""
        self.world.dialect = Dialect.model_validate({**self.world.dialect.model_dump(), **readings})

    def rebuilt(self, pool: str = "finance") -> list[str]:
        """Return the names of the pool's desktops that were rebuilt, once for each time."""
        self.world.settle()
        return [
            desktop.computer_name
            for desktop in self.pool(pool).desktops.values()
            for _event in desktop.record().rebuilds
        ]


def still_estate() -> Estate:
    """Return the small estate with a clock that stands still and desktops that all take 300 s."""
    estate = load_estate(ESTATES / "minimal.yml")
    estate.clock.mode = "polls"
    estate.clock.seconds_per_poll = 0
    estate.clock.start = "2026-11-20T20:00:00Z"
    estate.jobs.spread = 0
    return estate


@pytest.fixture
def estate() -> Estate:
    """Return the small estate, to be changed before it is used."""
    return still_estate()


@pytest.fixture
def make_api() -> Callable[[Estate], Api]:
    """Return a maker of simulators for other estates."""
    return Api


@pytest.fixture
def api(estate: Estate) -> Api:
    """Return a simulator with the small estate."""
    return Api(estate)
