# Copyright (c) 2026 the hwcloud.workspace contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Waiting until nobody is logged in on desktops of a pool: users are told, given time, and logged off if need be.

What is decided is in :class:`Timetable`, which is pure; :class:`Drain` reads, tells and waits.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace
from typing import Any

from ..client.errors import InputError, NetworkError, OutcomeUnknownError, ServerError, ThrottledError, WorkspaceError
from .alignment import staying
from .change import Observation
from .engine import Engine
from .logoff import Logoff, in_session, login_states
from .lookup import count
from .model import Desktop, Pool
from .notification import notice
from .progress import Progress
from .single import desktops_of

WAIT, LOGOFF, SKIP = "wait", "logoff", "skip"
SESSION_POLICIES = (WAIT, LOGOFF, SKIP)
ALL, ANY = "all", "any"
MINUTES = "%m%"
LONGEST_TEXT = 400  # of a scheduled message (help page: scheduled system disk rebuilding)
LEAST_POLL, LONGEST_POLL = 10.0, 30.0  # seconds between two looks at the desktops
LONGEST_BLINDNESS = 600.0  # seconds without a readable answer after which the task gives up


@dataclass(frozen=True)
class Timetable:
    """When users are told, by seconds from the beginning.

    :param grace: minutes that users have, 0 to 1440.
    :param notify: minutes before the end of the grace at which they are told. Those beyond the grace are left out; the
        grace itself is added, so that users hear of it at once. Without any, or without a grace, nobody is told.
    """

    grace: int
    notify: tuple[int, ...]

    @property
    def minutes(self) -> tuple[int, ...]:
        """The minutes that are announced, the greatest first."""
        if not self.notify or not self.grace:
            return ()
        return tuple(sorted({self.grace, *(minutes for minutes in self.notify if minutes <= self.grace)}, reverse=True))

    @property
    def end(self) -> float:
        """When the grace is over."""
        return 60.0 * self.grace

    def due_at(self, minutes: int) -> float:
        """Return when a notice of so many minutes is due."""
        return self.end - 60.0 * minutes

    def due(self, elapsed: float, passed: Iterable[int]) -> int | None:
        """Return the minutes to announce now, None if nothing is due.

        Of several that are due, after a pause that nobody foresaw, only the last still says something true.

        :param passed: the minutes that were announced or passed over before.
        """
        due = [minutes for minutes in self.minutes if minutes not in set(passed) and self.due_at(minutes) <= elapsed]
        return min(due, default=None)

    def next_after(self, elapsed: float) -> float:
        """Return when the next notice is due, or the grace over."""
        return min((at for at in map(self.due_at, self.minutes) if at > elapsed), default=self.end)

    def text(self, template: str, minutes: int) -> str:
        """Return a notice."""
        return template.replace(MINUTES, str(minutes))

    def check(self, template: str) -> None:
        """Make sure that every notice can be shown.

        :raises InputError: one is longer than a message may be.
        """
        longest = max((len(self.text(template, minutes)) for minutes in self.minutes), default=0)
        if longest > LONGEST_TEXT:
            raise InputError(
                f"user_message has {longest} characters with the minutes put in; it takes {LONGEST_TEXT}. "
                "Nothing was changed."
            )


@dataclass(frozen=True)
class Orders:
    """What a drain is to do.

    :param desktop_ids: the desktops; empty for all of the pool.
    :param timetable: when users are told.
    :param user_message: what they are told, with ``%m%`` for the minutes.
    :param policy: what becomes of sessions that outlast the grace: ``wait`` for their end, ``logoff`` or ``skip``.
    :param patience: seconds after the grace that ``wait`` waits.
    :param until: return when ``all`` of the desktops are free, or ``any`` that was in use.
    :param logoff_message: what users are told who are logged off, empty for nothing.
    """

    desktop_ids: tuple[str, ...]
    timetable: Timetable
    user_message: str
    policy: str = WAIT
    patience: float = 3600.0
    until: str = ALL
    logoff_message: str = ""

    def log_off(self) -> Logoff:
        """Return the change that logs off who is left."""
        return Logoff(self.desktop_ids, self.logoff_message)


@dataclass
class Drained:
    """What became of a drain, or would become of it.

    ``first`` and ``last`` are the desktops as they were read first and last; ``ends_all``: nobody would be left.
    """

    first: Sequence[Desktop] = ()
    last: Sequence[Desktop] = ()
    notices: list[int] = field(default_factory=list)
    logged_off: list[str] = field(default_factory=list)
    changed: bool = False
    ends_all: bool = False
    seconds: float = 0.0

    def result(self) -> dict[str, Any]:
        """Return it as the result of a task."""
        left = in_session(self.last)
        busy = {desktop.id for desktop in left}
        return {
            "changed": self.changed,
            "desktops_free": [desktop.id for desktop in self.last if desktop.id not in busy],
            "desktops_in_session": [_session_facts(desktop) for desktop in left],
            "desktops_logged_off": self.logged_off,
            "notices": self.notices,
            "seconds": round(self.seconds),
            "diff": {
                "before": {"desktops_in_session": login_states(in_session(self.first))},
                "after": {"desktops_in_session": {} if self.ends_all else login_states(left)},
            },
        }


class Drain:
    """One drain on its way.

    :param engine: carries out the log-off, and knows the way to the service.
    :param pool: the pool.
    :param orders: what to do.
    """

    def __init__(self, engine: Engine, pool: Pool, orders: Orders) -> None:
        self._engine = engine
        self._session = engine.session
        self._clock = engine.session.clock
        self._pool = pool
        self._orders = orders
        self._progress = Progress(self._clock, engine.emit, pool.name)
        self._began = self._clock.now()
        self._read_at = self._looked_at = self._began
        self._passed: set[int] = set()
        self._were_busy: set[str] = set()
        self._drained = Drained()

    def predict(self) -> Drained:
        """Return what :meth:`carry_out` would do if nobody logged off by themselves, from reading alone."""
        drained = self._look_first()
        left = in_session(drained.last)
        if not left:
            return drained
        drained.notices = list(self._orders.timetable.minutes)
        if self._orders.policy == LOGOFF:
            drained.logged_off = sorted(desktop.id for desktop in left)
            drained.ends_all = True
        drained.changed = bool(drained.notices or drained.logged_off)
        return drained

    def carry_out(self) -> Drained:
        """Wait until the desktops are free, or until the time that the policy gives is over.

        :raises WorkspaceError: the desktops cannot be read, or sessions that were to be ended go on. The fields tell
            what was done until then.
        """
        try:
            self._look_first()
            if not self._is_done():
                self._grace()
            if not self._is_done() and self._orders.policy == WAIT:
                self._wait_until(self._orders.timetable.end + self._orders.patience)
            if not self._is_done() and self._orders.policy == LOGOFF:
                self._log_off()
        except WorkspaceError as error:
            error.fields = {**error.result_fields(), **self._finished().result()}
            raise error.about(f"pool {self._pool.name}") from None
        return self._finished()

    def _finished(self) -> Drained:
        self._drained.seconds = self._elapsed()
        return self._drained

    def _look_first(self) -> Drained:
        self._read()
        self._drained.first = self._drained.last
        return self._drained

    def _grace(self) -> None:
        """Tell users and wait, until the grace is over."""
        timetable = self._orders.timetable
        while not self._is_done() and self._elapsed() < timetable.end:
            minutes = timetable.due(self._elapsed(), self._passed)
            if minutes is not None:
                self._passed.update(earlier for earlier in timetable.minutes if earlier >= minutes)
                self._tell(minutes)
            self._pause(min(timetable.end, timetable.next_after(self._elapsed())), timetable.end)

    def _wait_until(self, end: float) -> None:
        while not self._is_done() and self._elapsed() < end:
            self._pause(end, end)

    def _pause(self, until: float, end: float) -> None:
        """Wait until a moment, or for as long as the desktops need not be looked at; then look, if it is time to.

        :param until: when something else is due.
        :param end: when all of this waiting is over, for the line of progress.
        """
        left = in_session(self._drained.last)
        self._progress.left(f"{len(left)} of {len(self._drained.last)} desktops in use", end - self._elapsed())
        look_at = self._looked_at - self._began + _poll_interval(self._elapsed())
        self._clock.sleep(min(until, look_at) - self._elapsed())
        if self._elapsed() >= min(end, look_at) and self._clock.now() - self._looked_at >= LEAST_POLL:
            self._look_again()

    def _look_again(self) -> None:
        """Look at the desktops. That they cannot be read for a while ends nothing."""
        self._looked_at = self._clock.now()
        try:
            with self._session.patience(LEAST_POLL):  # the next notice has its time
                self._read()
        except (NetworkError, ServerError, ThrottledError):
            if self._clock.now() - self._read_at >= LONGEST_BLINDNESS:
                raise

    def _read(self) -> None:
        observation = Observation(self._pool, desktops_of(self._session, self._pool.id, self._orders.desktop_ids))
        self._read_at = self._looked_at = self._clock.now()
        self._drained.last = sorted(staying(observation), key=lambda desktop: desktop.name)
        self._were_busy |= {desktop.id for desktop in in_session(self._drained.last)}

    def _is_done(self) -> bool:
        """Return whether as many desktops are free as are waited for."""
        left = {desktop.id for desktop in in_session(self._drained.last)}
        return not left or (self._orders.until == ANY and left < self._were_busy)

    def _tell(self, minutes: int) -> None:
        """Show a notice, once: what is lost is not sent again, and users who were told nothing have the next one."""
        text = self._orders.timetable.text(self._orders.user_message, minutes)
        step, left = notice(text), count(minutes, "minute")
        try:
            self._session.call(step.operation, {"pool_id": self._pool.id}, body=dict(step.body))
        except WorkspaceError as error:
            # Of a lost answer nobody knows whether users have seen the notice.
            self._drained.changed |= isinstance(error, OutcomeUnknownError)
            self._engine.warn(f"pool {self._pool.name}: the notice of {left} may not have been shown: {error}")
            return
        self._drained.notices.append(minutes)
        self._drained.changed = True
        self._progress.note(f"told users of {left} left", at_once=True)

    def _log_off(self) -> None:
        engine = replace(self._engine, wait=True)
        try:
            outcome = engine.carry_out(self._orders.log_off(), self._pool)
        except WorkspaceError as error:
            fields = error.result_fields()
            self._take(bool(fields.get("changed")), fields.get("desktops_logged_off") or [])
            with suppress(WorkspaceError):
                self._read()
            raise
        self._take(outcome.changed, outcome.facts["desktops_logged_off"])
        self._read()

    def _take(self, changed: bool, logged_off: list[str]) -> None:
        self._drained.changed |= changed
        self._drained.logged_off = logged_off

    def _elapsed(self) -> float:
        return self._clock.now() - self._began


def _poll_interval(elapsed: float) -> float:
    """Return the seconds until the desktops are looked at again: a tenth of those that have passed, 10 to 30."""
    return min(LONGEST_POLL, max(LEAST_POLL, elapsed / 10))


def _session_facts(desktop: Desktop) -> dict[str, Any]:
    return {
        "desktop_id": desktop.id,
        "desktop_name": desktop.name,
        "user_names": [user.name for user in desktop.users],
        "login_status": desktop.login_status,
    }
