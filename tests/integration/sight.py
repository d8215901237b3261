# Copyright (c) 2026 the hwcloud.workspace contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What tests look at in the simulated estate, past the service: what really became of pools and desktops."""

from __future__ import annotations

import json
import time
import urllib.request
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from running import PROJECT

from workspace_simulator.testing import Control, RunningSimulator

OCTOBER = "11111111-1010-4000-8000-000000002610"
NOVEMBER = "11111111-1010-4000-8000-000000002611"
DECEMBER = "11111111-1010-4000-8000-000000002612"
"""Images; the estate's pools begin with the first."""

FINANCE = "22222222-0000-4000-8000-000000000001"
CALLCENTER = "22222222-0000-4000-8000-000000000002"
ENGINEERING = "22222222-0000-4000-8000-000000000003"
"""IDs of pools."""


def desktop_id(name: str) -> str:
    """Return the ID of a desktop of the estate."""
    group, number = {"FIN": 0, "CCT": 10, "ENG": 20, "BRA": 30}[name[:3]], int(name[4:])
    return f"33333333-0000-4000-8000-{group + number:012d}"


@dataclass(frozen=True)
class Sight:
    """Looks at the estate through the simulator's control API."""

    simulator: RunningSimulator

    @property
    def control(self) -> Control:
        """The simulator's control API."""
        return self.simulator.control

    def move_time_by_polls(self, seconds: float = 2.0) -> None:
        """Let simulated time stand still except for so many seconds at each look at a job.

        A job then outlasts whatever happens between two looks, however slow the machine is.
        """
        self.control.set_clock(mode="polls", seconds_per_poll=seconds)

    def log_in(self, name: str, password: str) -> str:
        """Return a token of an IAM user, as another program would get it."""
        user = {"name": name, "password": password, "domain": {"name": "example-account"}}
        identity = {"methods": ["password"], "password": {"user": user}}
        request = {"auth": {"identity": identity, "scope": {"project": {"id": PROJECT}}}}
        answer = self._post("/v3/auth/tokens?nocatalog=true", request, {})
        return str(answer.headers["X-Subject-Token"])

    def start_rebuild(self, image_id: str, **fields: Any) -> str:
        """Start a rebuild of the pool finance as another controller would, and return the ID of its job."""
        token = self.log_in("operator", "ExamplePassword1")
        path = f"/v2/{PROJECT}/desktop-pools/{FINANCE}/rebuild"
        answer = self._post(path, {"image_id": image_id, **fields}, {"X-Auth-Token": token})
        return str(json.load(answer)["job_id"])

    def temporary_key(self) -> dict[str, str]:
        """Return a temporary key of the operator, as a cloud machine would get it from its metadata service."""
        url = self.simulator.url + "/openstack/latest/securitykey"
        with urllib.request.build_opener(urllib.request.ProxyHandler({})).open(url, timeout=30) as answer:
            return dict(json.load(answer)["credential"])

    def _post(self, path: str, body: dict[str, Any], headers: dict[str, str]) -> Any:
        headers = {"Content-Type": "application/json", **headers}
        request = urllib.request.Request(self.simulator.url + path, json.dumps(body).encode(), headers)
        return urllib.request.build_opener(urllib.request.ProxyHandler({})).open(request, timeout=30)

    def rebuilds(self, pool: str = "finance") -> dict[str, int]:
        """Return how often each desktop of a pool was rebuilt, by name."""
        desktops = self.control.pool(pool)["desktops"]
        return {desktop["computer_name"]: len(desktop["effects"]["rebuilds"]) for desktop in desktops}

    def images(self, pool: str = "finance") -> dict[str, str]:
        """Return the image of each desktop of a pool, by name."""
        desktops = self.control.pool(pool)["desktops"]
        return {desktop["computer_name"]: desktop["image_id"] for desktop in desktops}

    def notices(self, pool: str = "finance") -> list[str]:
        """Return the messages that were sent to a pool."""
        return [notice["message"] for notice in self.control.pool(pool)["effects"]["notifications"]]

    def jobs(self, pool: str = "finance") -> list[dict[str, Any]]:
        """Return the jobs of a pool, running and ended."""
        return list(self.control.estate(pool)["jobs"])

    def requests(self, operation: str) -> list[dict[str, Any]]:
        """Return the requests of an operation since the estate was set up."""
        return self.control.journal(operation)

    def effects(self) -> int:
        """Return the number of things that were done to anything in the estate."""
        return sum(
            len(events)
            for pool in self.control.estate()["pools"]
            for thing in (pool, *pool["desktops"])
            for events in thing["effects"].values()
        )


def until(condition: Callable[[], bool], seconds: float = 20.0) -> None:
    """Wait until a condition holds.

    :param seconds: real seconds, after which the test fails.
    """
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, f"it did not come about within {seconds} s"
        time.sleep(0.02)
