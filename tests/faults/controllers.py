# Copyright (c) 2026 the hwcloud.workspace contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Several controllers at the same moment: runs of modules in threads, of which one at a time goes on.

Each request and each sleep is a point at which a :class:`Schedule` decides who goes on. Nothing else does, and the
simulated time moves only when all who may go on sleep. So a schedule makes the same run each time, and a run that never
ends is seen by the simulated time that it takes.
"""

from __future__ import annotations

import random
import threading
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any
from unittest import mock

from direct import Direct, Outcome, SteppedClock
from wire import Answer, Call, Effect, Go, advised

from ansible_collections.hwcloud.workspace.plugins.module_utils.client import connect
from ansible_collections.hwcloud.workspace.plugins.module_utils.client.board import Board

LONGEST = 30_000.0
"""Simulated seconds after which runs that have not ended count as deadlocked; each gives up waiting after 3,600."""

_LOOKS = ("ShowDesktopPoolDetail", "ListDesktopPools")
"""The requests by which a controller begins a look at a pool."""

_MOST_POINTS = 5_000
_REAL_SECONDS = 60.0


class Deadlock(AssertionError):
    """The controllers do not come to an end."""


class _Abandoned(BaseException):
    """Ends a controller whose stage was left."""


@dataclass(frozen=True)
class Sent:
    """A request as the service got it; ``changes`` says that it could change something and was accepted."""

    controller: str
    operation: str
    changes: bool


@dataclass(eq=False)
class Controller:
    """One controller: the module that it runs, and what came of it.

    ``requests`` are the operations that it has asked for so far, the one that it is about to send included, and
    ``accepted`` those that can change something and were answered with success. ``wakes`` is the simulated second from
    which it can go on. ``is_sending`` says that it is about to send a request.
    """

    name: str
    module: str
    options: Mapping[str, Any]
    requests: list[str] = field(default_factory=list)
    accepted: list[str] = field(default_factory=list)
    outcome: Outcome | None = None
    problem: BaseException | None = None
    wakes: float = 0.0
    is_sending: bool = False
    is_changing: bool = False
    is_over: bool = False
    go_on: threading.Semaphore = field(default_factory=lambda: threading.Semaphore(0))

    @property
    def result(self) -> Outcome:
        """What came of it."""
        assert self.outcome is not None
        return self.outcome

    def __str__(self) -> str:
        """Return its name, and what it was about when it was seen last."""
        if self.outcome is not None:
            claims = f"changed={self.outcome.changed}, adopted={self.outcome.result.get('adopted')}"
            return f"{self.name} ({self.module}): {self.outcome.message or claims}, accepted: {self.accepted}"
        return f"{self.name} ({self.module}): {len(self.requests)} requests, the last being {self.requests[-1:]}"


class Schedule:
    """Decides who goes on. This one lets the first go on until it sleeps, then the next."""

    def allowed(self, alive: Sequence[Controller]) -> Sequence[Controller]:
        """Return those of the controllers that may go on as soon as they are awake; at least one."""
        return alive

    def choice(self, ready: Sequence[Controller]) -> Controller:
        """Return who of those goes on that may, and are awake."""
        return ready[0]

    def delay(self, controller: Controller) -> float:
        """Return the simulated seconds that the controller's next request is on its way."""
        return 0.0


class InStep(Schedule):
    """All look, then all send: nobody sends what changes something before all are about to.

    :param late: simulated seconds by which the changes of B arrive later than those of the others.
    """

    def __init__(self, late: float = 0.0) -> None:
        self._is_open = False
        self._late = late

    def delay(self, controller: Controller) -> float:
        """Return the seconds that a change of B is on its way."""
        return self._late if controller.name == "B" and controller.is_changing else 0.0

    def allowed(self, alive: Sequence[Controller]) -> Sequence[Controller]:
        """Return those that have not come so far, then all."""
        behind = [controller for controller in alive if not controller.is_changing]
        self._is_open = self._is_open or not behind
        return alive if self._is_open else behind


@dataclass
class Drawn(Schedule):
    """Who goes on, and how long requests are on their way, is drawn by a seed."""

    seed: int

    def __post_init__(self) -> None:
        """Shake the dice."""
        self._dice = random.Random(self.seed)

    def choice(self, ready: Sequence[Controller]) -> Controller:
        """Return any of them."""
        return self._dice.choice(ready)

    def delay(self, controller: Controller) -> float:
        """Return nothing most of the time, and never as long as a job lasts."""
        return self._dice.choice((0.0, 0.0, 0.0, 0.0, 0.1, 0.5, 2.0))


@dataclass
class Cut(Schedule):
    """The first controller goes on to its request ``at``; before that is sent, the second one goes on to its ``upto``.

    Then both go on, the first one first. Requests count from 1; ``upto`` None is the second one's end.
    """

    at: int
    upto: int | None = None

    def __post_init__(self) -> None:
        """Nobody has begun."""
        self._phase = 0
        self.was_reached = False

    def allowed(self, alive: Sequence[Controller]) -> Sequence[Controller]:
        """Return the one whose part it is, or both."""
        if self._phase == 0:
            first = alive[0]
            if first.name == "A" and not (first.is_sending and len(first.requests) >= self.at):
                return [first]
            self._phase = 1
            self.was_reached = first.name == "A"
        if self._phase == 1:
            second = alive[-1]
            reached = second.is_sending and self.upto is not None and len(second.requests) >= self.upto
            if second.name == "B" and not reached:
                return [second]
            self._phase = 2
        return alive


class _OwnBoards:
    """What the tasks of one controller tell each other; another controller has a board of its own."""

    def __init__(self) -> None:
        self._boards: dict[str, Board] = {}

    def __getattr__(self, name: str) -> Any:
        return getattr(self._boards.setdefault(threading.current_thread().name, Board()), name)


class _SharedClock(SteppedClock):
    """A clock on which a controller's sleep is a point of the stage."""

    def __init__(self, stage: Stage) -> None:
        super().__init__(stage.direct.control)
        self._stage = stage

    def sleep(self, seconds: float) -> None:
        """Let others go on until the time has come."""
        controller = self._stage.by_name.get(threading.current_thread().name)
        if controller is None:
            super().sleep(seconds)
        elif seconds > 0:
            controller.wakes = self.now() + seconds
            self._stage.pause(controller)

    def move_to(self, moment: float) -> None:
        """Move the time on, the simulator's too."""
        if moment > self._now:
            self._control.advance(moment - self._now)
            self._now = moment


class Stage:
    """Where controllers run at the same time. ``log`` holds all requests, in the order in which they were served.

    :param direct: runs the modules; its estate is seeded.
    :param schedule: decides who goes on.
    """

    def __init__(self, direct: Direct, schedule: Schedule) -> None:
        self.direct = direct
        self.schedule = schedule
        self.by_name: dict[str, Controller] = {}
        self.log: list[Sent] = []
        self._turn = threading.Semaphore(0)
        self._is_left = False

    def play(self, parts: Iterable[tuple[str, Mapping[str, Any]]]) -> list[Controller]:
        """Run modules with their options at the same time, each by a controller: A, B, C, and return these.

        :raises Deadlock: they do not come to an end.
        """
        controllers = [Controller(name, *part) for name, part in zip("ABC", parts, strict=False)]
        self.by_name = {controller.name: controller for controller in controllers}
        self.direct.clock = clock = _SharedClock(self)
        threads = [
            threading.Thread(target=self._run, args=(controller,), name=controller.name, daemon=True)
            for controller in controllers
        ]
        try:
            with advised(self._advise), mock.patch.object(connect, "BOARD", _OwnBoards()):
                for thread in threads:
                    thread.start()
                self._conduct(controllers, clock)
        finally:
            self._is_left = True
            for controller in controllers:
                controller.go_on.release()
            for thread in threads:
                thread.join(_REAL_SECONDS)
            self.by_name = {}
        for controller in controllers:
            if controller.problem is not None:
                raise controller.problem
        return controllers

    def pause(self, controller: Controller) -> None:
        """Hand over to the stage, and return when it is this controller's turn again."""
        self._turn.release()
        self._await_turn(controller)

    def _conduct(self, controllers: Sequence[Controller], clock: _SharedClock) -> None:
        points = 0
        while alive := [controller for controller in controllers if not controller.is_over]:
            allowed = self.schedule.allowed(alive)
            ready = [controller for controller in allowed if controller.wakes <= clock.now()]
            if not ready:
                clock.move_to(min(controller.wakes for controller in allowed))
                continue
            points += 1
            if clock.now() > LONGEST or points > _MOST_POINTS:
                raise Deadlock("; ".join(map(str, alive)))
            self.schedule.choice(ready).go_on.release()
            assert self._turn.acquire(timeout=_REAL_SECONDS), "; ".join(map(str, alive))

    def _await_turn(self, controller: Controller) -> None:
        controller.go_on.acquire()
        if self._is_left:
            raise _Abandoned

    def _run(self, controller: Controller) -> None:
        try:
            self._await_turn(controller)
            controller.outcome = self.direct.run(controller.module, sealed=False, **controller.options)
        except _Abandoned:
            pass
        except BaseException as problem:  # noqa: BLE001 - it is raised again in the thread of the test
            controller.problem = problem
        finally:
            controller.is_over = True
            self._turn.release()

    def _advise(self, call: Call, go: Go) -> Answer:
        controller = self.by_name[call.thread]
        controller.requests.append(call.operation.name)
        controller.is_sending, controller.is_changing = True, call.operation.effect is not Effect.READ
        controller.wakes = self.direct.clock.now() + self.schedule.delay(controller)
        self.pause(controller)
        controller.is_sending = controller.is_changing = False
        answer = go()
        changes = call.operation.effect is not Effect.READ and answer.status < 300
        self.log.append(Sent(controller.name, call.operation.name, changes))
        if changes:
            controller.accepted.append(call.operation.name)
        return answer

    def crossed(self) -> bool:
        """Return whether a request that changed something crossed with one of another controller.

        That is: the other one's was accepted after the look at the pool by which this one was decided, and before this
        one arrived. No look can tell of it.
        """
        return any(sent.changes and self._is_crossed(number) for number, sent in enumerate(self.log))

    def _is_crossed(self, number: int) -> bool:
        name = self.log[number].controller
        for before in reversed(self.log[:number]):
            if before.controller == name and before.operation in _LOOKS:
                return False
            if before.controller != name and before.changes:
                return True
        return False
