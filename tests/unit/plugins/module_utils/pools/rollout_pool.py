# Copyright (c) 2026 the hwcloud.workspace contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A pool that rollouts are tried on: it does what a step says, and remembers what was done to each desktop."""

from __future__ import annotations

import copy
import json
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta, timezone
from typing import Any

from ansible_collections.hwcloud.workspace.plugins.module_utils.pools import waves
from ansible_collections.hwcloud.workspace.tests.unit.plugins.module_utils.pools.samples import (
    NEW,
    OLD,
    desktop_record,
    pool_record,
)

NOW = datetime(2026, 11, 23, 1, 0, tzinfo=timezone.utc)
TO_NEW = {"image_id": NEW}
IN_SESSION = ("CONNECTED", "DISCONNECTED")


def image_of(record: Mapping[str, Any]) -> str:
    """Return the image that a desktop's record shows."""
    return str(record["metadata"]["metering.image_id"])


def can_be_used(record: Mapping[str, Any]) -> bool:
    """Return whether somebody could work on a desktop now, or once it is started."""
    trouble = (record["status"] == "ERROR", record["task_status"], record.get("isolated"), record.get("is_freeze"))
    return not any(trouble)


class Killed(Exception):
    """The run has been killed in the middle of a wave."""


@dataclass
class RolloutPool:
    """A pool and the clock beside it.

    :param records: its desktops, as the service writes them.
    :param image: the template's.
    :param strays: a change of desktops moves the template as well.
    :param fails: by desktop, how often a change of it fails before one succeeds.
    :param breaks: desktops that a failing change leaves in ERROR.
    :param unhealthy: by desktop, how often it gets the image and does not come up with it.
    :param stays: desktops whose users do not log off when they are made to.
    :param before_each: called before each step, to let users come and go.
    :param look: called with the state and the step before it is carried out.
    :param dies_at: how many changes of desktops are carried out before the run is killed; None for all.
    """

    records: list[dict[str, Any]]
    image: str = OLD
    partial_changes: bool = True
    strays: bool = False
    fails: dict[str, int] = field(default_factory=dict)
    breaks: frozenset[str] = frozenset()
    unhealthy: dict[str, int] = field(default_factory=dict)
    stays: frozenset[str] = frozenset()
    before_each: Callable[[RolloutPool], None] = lambda pool: None
    look: Callable[[Mapping[str, Any], Mapping[str, Any]], None] = lambda state, step: None
    dies_at: int | None = None
    now: datetime = NOW
    changed: list[tuple[str, str]] = field(default_factory=list)
    steps: list[dict[str, Any]] = field(default_factory=list)

    @property
    def report(self) -> dict[str, Any]:
        """What desktop_pool_info says of it."""
        pool = pool_record(self.image, desktop_count=len(self.records))
        capabilities = {"partial_changes": self.partial_changes}
        return copy.deepcopy({**pool, "desktops": self.records, "capabilities": capabilities})

    @property
    def images(self) -> dict[str, str]:
        """The image of each desktop, by its ID."""
        return {record["desktop_id"]: image_of(record) for record in self.records}

    def record(self, desktop_id: str) -> dict[str, Any]:
        """Return a desktop's own record, which may be changed."""
        return next(record for record in self.records if record["desktop_id"] == desktop_id)

    def set_login(self, login_status: str, *desktop_ids: str) -> None:
        """Let users come or go."""
        for desktop_id in desktop_ids:
            self.record(desktop_id)["login_status"] = login_status

    def start(
        self, change: Mapping[str, Any] | None = None, only: list[str] | None = None, **options: Any
    ) -> dict[str, Any]:
        """Begin a rollout."""
        return waves.start_rollout(self.report, change or TO_NEW, options, self.now, only)

    def run(self, state: dict[str, Any], most_steps: int = 1000) -> dict[str, Any]:
        """Carry out a rollout until it ends, or as many steps as given; all that it says can be written as JSON."""
        while state["stop"] is None and most_steps:
            most_steps -= 1
            self.before_each(self)
            step = waves.next_wave(state, self.report, self.now)
            self.steps.append(step)
            self.look(state, step)
            state = waves.end_wave(state, step, self._carry_out(state, step), self.now)
            assert json.loads(json.dumps(state)) == state
        return state

    def roll(self, change: Mapping[str, Any] | None = None, **options: Any) -> dict[str, Any]:
        """Begin a rollout and carry it out until it ends."""
        return self.run(self.start(change, **options))

    def roll_back(self, state: dict[str, Any]) -> dict[str, Any]:
        """Take a rollout back."""
        return self.run(waves.start_rollback(state, self.report, self.now))

    def result(self, state: dict[str, Any], back: dict[str, Any] | None = None) -> dict[str, Any]:
        """Return what a rollout came to."""
        return waves.rollout_result(state, back, self.report, self.now)

    @property
    def waves(self) -> list[list[str]]:
        """The desktops of each wave so far."""
        return [step["desktop_ids"] for step in self.steps if step["action"] == "change"]

    @property
    def in_order(self) -> list[str]:
        """The desktops of all waves so far, as they came."""
        return [desktop_id for wave in self.waves for desktop_id in wave]

    @property
    def kinds(self) -> list[tuple[str, int]]:
        """The kind and size of each wave so far."""
        return [(step["kind"], len(step["desktop_ids"])) for step in self.steps if step["action"] == "change"]

    def _carry_out(self, state: Mapping[str, Any], step: Mapping[str, Any]) -> dict[str, Any]:
        value = state["change"].get("image_id", "")
        if step["template_strayed"]:
            self.image = value if state["phase"] == "back" else state["former"]
        if step["action"] == "finish" and step["template_due"]:
            self.image = value
        if step["action"] == "wait":
            return self._wait(step)
        if step["action"] != "change":
            return {}
        began = self.now
        left = [desktop_id for desktop_id in step["in_session"] if desktop_id in self.stays]
        outcome: dict[str, list[dict[str, str]]] = {"failed": [], "unhealthy": []}
        for desktop_id in step["desktop_ids"]:
            if desktop_id not in left:
                self._change(desktop_id, value, outcome)
        self.now += timedelta(minutes=5)
        return {"began": began.isoformat(), "left": left, "job_id": f"job-{len(self.steps)}", **outcome}

    def _wait(self, step: Mapping[str, Any]) -> dict[str, Any]:
        """Wait as desktop_pool_drain does; who leaves does so in ``before_each``, that is in the middle of it."""
        began = self.now
        self.now += timedelta(seconds=min(60, step["wait_timeout"]))
        self.before_each(self)
        used = {record["desktop_id"] for record in self.records if record["login_status"] in IN_SESSION}
        free = [own for own in step["desktop_ids"] if own not in used]
        is_free = len(free) == len(step["desktop_ids"]) if step["until"] == "all" else bool(free)
        if not is_free:
            self.now = began + timedelta(seconds=step["wait_timeout"])
        return {"free": is_free, "seconds": (self.now - began).total_seconds()}

    def _change(self, desktop_id: str, value: str, outcome: Mapping[str, list[dict[str, str]]]) -> None:
        if self.dies_at is not None and len(self.changed) >= self.dies_at:
            raise Killed
        record = self.record(desktop_id)
        self.changed.append((desktop_id, value))
        if self.fails.get(desktop_id, 0):
            self.fails[desktop_id] -= 1
            record["status"] = "ERROR" if desktop_id in self.breaks else record["status"]
            outcome["failed"].append(_failure(desktop_id, "WKS.1", "no host left."))
            return
        record["metadata"]["metering.image_id"] = value
        record["status"], record["login_status"] = "ACTIVE", "REGISTERED"
        if self.strays:
            self.image = value
        if self.unhealthy.get(desktop_id, 0):
            self.unhealthy[desktop_id] -= 1
            outcome["unhealthy"].append(_failure(desktop_id, "", "it did not register."))


def a_rollout_pool(size: int, used: Iterable[int] = (), **fields: Any) -> RolloutPool:
    """Return a pool of desktops d000, d001, ...; those of the numbers in ``used`` have somebody at work."""
    at_work = set(used)
    records = [
        desktop_record(f"d{number:03}", login_status="CONNECTED" if number in at_work else "REGISTERED")
        for number in range(size)
    ]
    return RolloutPool(records, **fields)


def ids(*numbers: int) -> list[str]:
    """Return the IDs of the desktops of these numbers."""
    return [f"d{number:03}" for number in numbers]


def _failure(desktop_id: str, error_code: str, fail_reason: str) -> dict[str, str]:
    named = {"desktop_id": desktop_id, "desktop_name": desktop_id.upper()}
    return {**named, "error_code": error_code, "fail_reason": fail_reason}
