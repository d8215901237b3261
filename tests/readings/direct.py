# Copyright (c) 2026 the hwcloud.workspace contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Runs modules against the simulator without Ansible, some ten milliseconds each, so that every reading can be tried.

Nothing here waits: the simulator's clock stands still, and moves on by what the collection sleeps. So a run sees the
same states each time, however slow the machine is. What no run may do fails its test by itself, see :func:`judge`.
"""

from __future__ import annotations

import functools
import importlib
import json
import random
import re
import threading
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from types import SimpleNamespace
from typing import Any
from unittest import mock

from ansible.module_utils.common.arg_spec import ArgumentSpecValidator

from ansible_collections.hwcloud.workspace.plugins.module_utils.client import board, connect, session
from ansible_collections.hwcloud.workspace.plugins.module_utils.client.clock import Clock
from ansible_collections.hwcloud.workspace.plugins.module_utils.task import Task, execute
from workspace_simulator.state.dialect import readings
from workspace_simulator.testing import Control, RunningSimulator

PROJECT = "0123456789abcdef0123456789abcdef"
OCTOBER = "11111111-1010-4000-8000-000000002610"
NOVEMBER = "11111111-1010-4000-8000-000000002611"
LARGE, XLARGE = "workspace.x86.enterprise.large2", "workspace.x86.enterprise.xlarge2"

BASE: dict[str, Any] = {
    "seed": 11,
    "clock": {"start": "2026-03-02T08:00:00Z", "mode": "polls", "seconds_per_poll": 0},
    "jobs": {"parallel": 2, "seconds_per_desktop": 40, "spread": 0.2},
    "projects": [{"id": PROJECT, "name": "eu-west-101"}],
    "iam_users": [
        {"name": "operator", "password": "ExamplePassword1"},
        {"name": "auditor", "password": "ExamplePassword2", "denied_actions": ["*"]},
    ],
    "access_keys": [
        {"ak": "EXAMPLEAK", "sk": "EXAMPLESK", "user": "operator"},
        {"ak": "AUDITORAK", "sk": "AUDITORSK", "user": "auditor"},
    ],
    "images": [{"name": "october", "id": OCTOBER}, {"name": "november", "id": NOVEMBER}],
    "products": [
        {"product_id": LARGE, "flavor_id": "s6.large.2", "cpu": 2, "memory": 4096},
        {"product_id": XLARGE, "flavor_id": "s6.xlarge.2", "cpu": 4, "memory": 8192},
    ],
    "users": [{"name": name} for name in ("user-a1", "user-b2", "user-c3")],
}
"""The estate that :meth:`Direct.seed` begins with; it has no pool."""


@contextmanager
def fixed_chance() -> Iterator[None]:
    """Draw the lengths of pauses the same way each time, so that what happens can be repeated."""
    with mock.patch.object(session, "random", SimpleNamespace(Random=functools.partial(random.Random, 7))):
        yield


_SECRETS = ("EXAMPLESK", "AUDITORSK", "ExamplePassword1", "ExamplePassword2")


class Killed(BaseException):
    """Stands for the end of a program that was killed while it waited."""


class SteppedClock(Clock):
    """The collection's clock, and by it the simulator's: to sleep is to move the simulated time on, at once.

    :param control: the simulator's control API.
    """

    def __init__(self, control: Control) -> None:
        super().__init__()
        self._control = control
        self._now = 0.0
        self._lock = threading.Lock()
        self.sleeps = 0
        self.killed_at: int | None = None
        self.longest = 50_000.0

    def now(self) -> float:
        """Return the seconds slept so far, by all who share this clock."""
        return self._now

    def sleep(self, seconds: float) -> None:
        """Move the time on; raise :class:`Killed` at the sleep of the number ``killed_at``."""
        if seconds <= 0:
            return
        with self._lock:
            self.sleeps += 1
            if self.killed_at is not None and self.sleeps >= self.killed_at:
                self.killed_at = None
                raise Killed
            self._control.advance(seconds)
            self._now += seconds
        assert self._now < self.longest, "this waits for ever"


@dataclass
class Outcome:
    """What came of a module: its result, what the simulator was asked for meanwhile, and the lines of progress."""

    result: dict[str, Any]
    requests: list[dict[str, Any]]
    shown: list[str] = field(default_factory=list)

    def __getitem__(self, key: str) -> Any:
        """Return a value of the result."""
        return self.result[key]

    @property
    def changed(self) -> bool:
        """Whether it says that it changed something."""
        return bool(self.result["changed"])

    @property
    def failed(self) -> bool:
        """Whether it failed."""
        return bool(self.result.get("failed"))

    @property
    def message(self) -> str:
        """What it says of its failure, empty if it did not fail."""
        return str(self.result.get("msg", ""))

    @property
    def changes(self) -> list[dict[str, Any]]:
        """The requests that could change something."""
        return [request for request in self.requests if request["mutating"]]

    @property
    def sent(self) -> list[tuple[str, Any]]:
        """Operation and body of the requests that could change something."""
        return [(request["operation"], request["body"]) for request in self.changes]


class Direct:
    """Runs modules against one simulator.

    :param simulator: where they are sent to.
    """

    def __init__(self, simulator: RunningSimulator) -> None:
        self.simulator = simulator
        self.control = simulator.control
        self.clock = SteppedClock(self.control)
        self._has_own_time = False
        self.in_one_play = False
        """Whether the runs are tasks of one play, which tell each other what the service refused."""

    def seed(self, *pools: Mapping[str, Any], dialect: Mapping[str, str] | None = None, **parts: Any) -> None:
        """Give the simulator an estate of these pools: :data:`BASE`, with these parts in place of its own.

        Journal, faults, failures and clock begin anew. A pool has image and product ``october`` and :data:`LARGE`
        unless it says otherwise.
        """
        made = [{"image": "october", "product": LARGE, **pool} for pool in pools]
        self.control.seed({**BASE, "pools": made, "dialect": dict(dialect or {}), **parts})
        board.BOARD.clear()
        self.clock = SteppedClock(self.control)

    def run(
        self,
        module: str,
        /,
        check: bool = False,
        environment: Mapping[str, str] | None = None,
        killed_at: int | None = None,
        sealed: bool = True,
        **options: Any,
    ) -> Outcome:
        """Run a module as the action plugin does, and judge the run.

        :param check: run it in check mode.
        :param environment: environment variables beside those that name the simulator and its keys.
        :param killed_at: the sleep, from 1, at which the program ends (:class:`Killed`); None never.
        :param sealed: False where other runs go on meanwhile, whose requests the journal does not tell apart.
        """
        assert self._has_own_time, "runs belong into a block of own_time"
        if not self.in_one_play:
            board.BOARD.clear()
        task, spec, function = self._task(module, check, environment or {}, options)
        last = self._last_request()
        self.clock.sleeps, self.clock.killed_at = 0, killed_at
        result = execute(spec, function, task) if task is not None else _refused(module, options)
        outcome = Outcome(result, self.control.journal(since=last), task.shown if task is not None else [])
        judge(outcome, check=check, pool=str(options.get("pool") or options.get("name") or ""), sealed=sealed)
        return outcome

    def converge(self, module: str, /, **options: Any) -> Outcome:
        """Run a module in check mode, in earnest and twice more, and return the second of these runs.

        The prediction has to come true, and what is repeated may only read.
        """
        predicted = self.run(module, check=True, **options)
        outcome = self.run(module, **options)
        assert not outcome.failed, outcome.message
        assert predicted.changed == outcome.changed, f"predicted {predicted.changed}, sent {outcome.sent}"
        assert predicted.result.get("diff") == outcome.result.get("diff")
        self.rests(module, **options)
        return outcome

    def rests(self, module: str, /, **options: Any) -> None:
        """Run a module that has nothing left to do, in earnest and in check mode: it may only read."""
        for check in (False, True):
            again = self.run(module, check=check, **options)
            assert not again.failed, again.message
            assert not again.changed, f"changed again: {again.sent or again.result.get('diff')}"
            assert again.changes == []

    @contextmanager
    def own_time(self) -> Iterator[None]:
        """Let the collection's sessions go by this clock, as long as the block lasts. Runs belong into such a block."""

        def ours(environment: Mapping[str, str]) -> Clock:
            return self.clock

        with mock.patch.object(connect.Clock, "from_environment", ours):
            self._has_own_time = True
            yield
            self._has_own_time = False

    def passes(self, seconds: float) -> None:
        """Let simulated time pass between two runs."""
        self.control.advance(seconds)

    def desktops(self, pool: str) -> dict[str, dict[str, Any]]:
        """Return the desktops of a pool by name, as the simulated service has them."""
        return {desktop["computer_name"]: desktop for desktop in self.control.pool(pool)["desktops"]}

    def ids(self, pool: str, *names: str) -> list[str]:
        """Return the IDs of desktops of a pool."""
        desktops = self.desktops(pool)
        return [desktops[name]["desktop_id"] for name in names]

    def _last_request(self) -> int:
        journal = self.control.journal()
        return int(journal[-1]["seq"]) if journal else 0

    def _task(
        self, module: str, check: bool, environment: Mapping[str, str], options: Mapping[str, Any]
    ) -> tuple[Any, Any, Any]:
        loaded = importlib.import_module(f"ansible_collections.hwcloud.workspace.plugins.modules.{module}")
        validation = ArgumentSpecValidator(**loaded.SPEC.validation()).validate(dict(options))
        if validation.error_messages:
            return None, loaded.SPEC, loaded.run
        shown: list[str] = []
        task = Task(
            module,
            {**options, **validation.validated_parameters},
            check,
            {
                "HUAWEICLOUD_SDK_AK": "EXAMPLEAK",
                "HUAWEICLOUD_SDK_SK": "EXAMPLESK",
                "HW_REGION_NAME": "eu-west-101",
                "HUAWEICLOUD_SDK_PROJECT_ID": PROJECT,
                "HW_WORKSPACE_ENDPOINT": self.simulator.url,
                "HW_IAM_ENDPOINT": self.simulator.url,
                "HW_METADATA_ENDPOINT": "off",
                **environment,
            },
            shown.append,
        )
        task.shown = shown  # type: ignore[attr-defined]
        return task, loaded.SPEC, loaded.run


def _refused(module: str, options: Mapping[str, Any]) -> dict[str, Any]:
    """Return the result of options that are refused before the module begins."""
    loaded = importlib.import_module(f"ansible_collections.hwcloud.workspace.plugins.modules.{module}")
    validation = ArgumentSpecValidator(**loaded.SPEC.validation()).validate(dict(options))
    return {"changed": False, "failed": True, "msg": f"pool: {validation.errors.msg}", "refused": True}


def judge(outcome: Outcome, *, check: bool, pool: str, sealed: bool = True) -> None:
    """Fail for what no run may do.

    That is: a defect, a request of check mode that could change something, a failure of the simulator itself, a secret
    in the result, a message that is not one line and does not name the pool, a failed result without its fields.
    """
    result = outcome.result
    said = json.dumps(result) + "\n".join(outcome.shown)
    assert "met a defect" not in said, outcome.message
    assert "Traceback" not in said, outcome.message
    for secret in _SECRETS:
        assert secret not in said, f"{secret} was shown: {said}"
    if sealed:
        if check:
            assert outcome.changes == [], f"check mode has sent {outcome.sent}"
        own = [entry for entry in outcome.requests if (entry["status"] or 0) >= 500 and entry["fault"] is None]
        assert own == [], f"the simulator failed by itself: {own}"
    if not outcome.failed:
        assert "changed" in result
        return
    message = outcome.message
    assert message, result
    assert "\n" not in message, message
    assert not re.search(r"[{}]|None\b|<[a-z_.]+ ", message), f"not a sentence: {message}"
    if "refused" not in result:
        assert message.rstrip().endswith("."), message
        assert not pool or pool in message, f"does not name the pool: {message}"


def every_reading(*names: str) -> Sequence[dict[str, str]]:
    """Return a dialect for each reading of each setting (of these alone, if any are named), the default one first."""
    found: list[dict[str, str]] = [{}]
    for name, choices, _meaning in readings():
        if not names or name in names:
            found += [{name: choice} for choice in choices[1:]]
    return found


def named(dialect: Mapping[str, str]) -> str:
    """Return a dialect as the name of a test."""
    return ",".join(f"{name}={choice}" for name, choice in dialect.items()) or "likely"
