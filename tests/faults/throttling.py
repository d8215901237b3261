# Copyright (c) 2026 the hwcloud.workspace contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Many workers at once on one clock, and what the service's limit on calls a minute makes of them.

The workers of one controller share a key, and nothing else: each is a program of its own. Here each is a thread with a
session of its own. They share a clock that moves on only when all of them sleep, to the moment at which the first one
wakes, so that a crowd of 200 behaves alike on any machine, however slow.
"""

from __future__ import annotations

import heapq
import http.client
import json
import threading
from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from urllib.parse import urlsplit

from direct import Direct, SteppedClock
from wire import Answer, Call, Go, advised

from ansible_collections.hwcloud.workspace.plugins.module_utils.task import execute

TRIP = 0.1
"""Seconds that a request takes on its way."""

WINDOW = 60.0

FIRST_REST = 2.0
"""Seconds for which an operation is left alone at least after it was refused."""


class CrowdClock(SteppedClock):
    """A clock for many threads. It moves on when all of them sleep, and then to where the first one wakes.

    A thread has to :meth:`enter` before it asks the time, and to :meth:`leave` at its end.
    """

    def __init__(self, direct: Direct) -> None:
        super().__init__(direct.control)
        self._address = urlsplit(direct.simulator.url).netloc
        self._to_control: http.client.HTTPConnection | None = None
        self._changed = threading.Condition()
        self._awake = 0
        self._asleep: list[tuple[float, int]] = []
        self._numbers = 0

    def enter(self) -> None:
        """Count a thread that is about to work."""
        with self._changed:
            self._awake += 1

    def leave(self) -> None:
        """Count a thread out."""
        with self._changed:
            self._awake -= 1
            self._move_on()

    def sleep(self, seconds: float) -> None:
        """Wait until the clock has moved on by so many seconds."""
        if seconds <= 0:
            return
        with self._changed:
            self.sleeps += 1
            self._numbers += 1
            mine = (self._now + seconds, self._numbers)
            heapq.heappush(self._asleep, mine)
            self._awake -= 1
            self._move_on()
            while mine in self._asleep:
                self._changed.wait(60)

    def _move_on(self) -> None:
        if self._awake or not self._asleep:
            return
        until, _number = heapq.heappop(self._asleep)
        assert until < self.longest, "this waits for ever"
        if until > self._now:
            self._advance(until - self._now)
            self._now = until
        self._awake += 1
        self._changed.notify_all()

    def _advance(self, seconds: float) -> None:
        # Some thousand times in a test, so over one connection.
        if self._to_control is None:
            self._to_control = http.client.HTTPConnection(self._address, timeout=60)
        headers = {"Content-Type": "application/json"}
        self._to_control.request("POST", "/_control/clock/advance", json.dumps({"seconds": seconds}), headers)
        answer = self._to_control.getresponse()
        answer.read()
        assert answer.status == 200, answer.status

    def close(self) -> None:
        """Close the connection to the simulator's control API."""
        if self._to_control is not None:
            self._to_control.close()


@dataclass(frozen=True)
class Sent:
    """A request of a worker: when, in seconds of the clock, by whom, of which operation, and the answer's status."""

    at: float
    worker: str
    operation: str
    status: int

    @property
    def refused(self) -> bool:
        """Whether it was one too many."""
        return self.status == 429


@dataclass
class Traffic:
    """The requests of a crowd, in order, the results of its tasks, and how long all took in seconds of the clock."""

    sent: list[Sent] = field(default_factory=list)
    results: dict[str, dict[str, Any]] = field(default_factory=dict)
    seconds: float = 0.0

    def share_refused(self, operation: str | None = None) -> float:
        """Return the share of requests that were refused, from 0 to 1; of one operation, or of all."""
        of = [request for request in self.sent if operation in (None, request.operation)]
        return sum(request.refused for request in of) / len(of) if of else 0.0

    def busiest(self) -> dict[str, int]:
        """Return the most requests in any minute by operation, refused ones included."""
        times: dict[str, list[float]] = defaultdict(list)
        for request in self.sent:
            times[request.operation].append(request.at)
        found = {}
        for operation, moments in times.items():
            first = most = 0
            for last, moment in enumerate(moments):
                while moments[first] <= moment - WINDOW:
                    first += 1
                most = max(most, last - first + 1)
            found[operation] = most
        return found

    def rests(self) -> list[tuple[int, float]]:
        """Return how long a worker left an operation alone after a refusal, with how many there were in a row."""
        found = []
        last: dict[tuple[str, str], tuple[int, float]] = {}
        for request in self.sent:
            key = (request.worker, request.operation)
            row, at = last.pop(key, (0, 0.0))
            if row:
                found.append((row, request.at - at))
            if request.refused:
                last[key] = (row + 1, request.at)
        return found


def crowd(
    direct: Direct,
    orders: Sequence[tuple[str, str, Mapping[str, Any]]],
    workers: int,
    stagger: float = 0.05,
    on_call: Callable[[Call], None] | None = None,
) -> Traffic:
    """Run tasks as so many workers do, each the next one as soon as it is through with one.

    :param orders: for each task its name, its module and its options.
    :param workers: how many there are; they begin one after the other.
    :param stagger: seconds between two of them.
    :param on_call: told of each request before it is sent.
    """
    clock = direct.clock = CrowdClock(direct)
    traffic = Traffic()
    left = list(reversed(orders))
    lock = threading.Lock()
    doing: dict[str, str] = {}

    def on_the_way(call: Call, go: Go) -> Answer:
        clock.sleep(TRIP)
        answer = go()
        with lock:
            traffic.sent.append(Sent(clock.now(), doing[call.thread], call.operation.name, answer.status))
        return answer

    def work(number: int) -> None:
        try:
            clock.sleep(stagger * (number + 1))
            while True:
                with lock:
                    if not left:
                        return
                    name, module, options = left.pop()
                    doing[threading.current_thread().name] = name
                task, spec, function = direct._task(module, False, {}, options)
                traffic.results[name] = execute(spec, function, task)
        finally:
            clock.leave()

    threads = [threading.Thread(target=work, args=(number,), name=f"worker {number}") for number in range(workers)]
    for _thread in threads:
        clock.enter()
    with advised(on_the_way):
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(280)
    clock.close()
    assert not any(thread.is_alive() for thread in threads), "a worker hangs"
    traffic.seconds = clock.now()
    return traffic


def from_journal(journal: Sequence[Mapping[str, Any]]) -> Traffic:
    """Return the requests of real programs, where each pool has a worker of its own."""
    traffic = Traffic()
    for entry in journal:
        at = datetime.fromisoformat(str(entry["time"]).replace("Z", "+00:00")).timestamp()
        worker = f"{entry['path']} {entry['query'].get('name', '')}"
        traffic.sent.append(Sent(at, worker, entry["operation"], int(entry["status"] or 0)))
    traffic.seconds = traffic.sent[-1].at - traffic.sent[0].at
    return traffic


def judge_traffic(traffic: Traffic, reads: int, writes: int, workers: int, *, together: bool) -> None:
    """Fail if somebody hammered.

    Of workers that know of each other, beside one call of each, which may be under way when the first one is refused,
    at most 4 in 100 calls are refused. Nor is an operation called more often in any minute than the limit says, by more
    than a twentieth of it. Of those that know nothing of each other at most 35 in 100 calls are refused, and a worker
    that is refused leaves the operation alone for 2 seconds, and twice as long each time that it is refused again.
    """
    refused = sum(request.refused for request in traffic.sent)
    share = traffic.share_refused()
    busiest = traffic.busiest()
    if together:
        assert refused <= workers + 0.04 * len(traffic.sent), f"{refused} of {len(traffic.sent)} refused: {busiest}"
        for operation, most in busiest.items():
            limit = writes if operation.startswith("Rebuild") else reads
            assert most <= limit * 1.05 + workers, f"{operation} was called {most} times in a minute"
        return
    assert share <= 0.35, f"{share:.1%} of {len(traffic.sent)} calls were refused: {busiest}"
    for row, seconds in traffic.rests():
        least = min(150.0, FIRST_REST * 2 ** (row - 1))
        assert seconds >= least - 0.01, f"after {row} refusals in a row an operation was called {seconds:.1f} s later"
