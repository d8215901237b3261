# Copyright (c) 2026 the hwcloud.workspace contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Draining: when users are told, when it ends, and what becomes of who is left, by a clock that only pauses move."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from ansible_collections.hwcloud.workspace.plugins.module_utils.client.errors import (
    InputError,
    JobTimeoutError,
    WorkspaceError,
)
from ansible_collections.hwcloud.workspace.plugins.module_utils.pools.drain import (
    LONGEST_BLINDNESS,
    Drain,
    Drained,
    Orders,
    Timetable,
)
from ansible_collections.hwcloud.workspace.plugins.module_utils.pools.engine import Engine
from ansible_collections.hwcloud.workspace.plugins.module_utils.pools.model import Pool
from ansible_collections.hwcloud.workspace.tests.unit.plugins.module_utils.pools.samples import (
    POOL_ID,
    desktop_record,
    pool_record,
)
from ansible_collections.hwcloud.workspace.tests.unit.plugins.module_utils.scripted_service import (
    PROJECT,
    Behaviour,
    HandClock,
    Reply,
    Request,
    Reset,
    ScriptedService,
    session_to,
)

BASE = f"/v2/{PROJECT}"
TEXT = "%m% minutes left"


# The timetable.


@pytest.mark.parametrize(
    ("grace", "notify", "minutes"),
    [
        (15, (15, 5, 1), (15, 5, 1)),
        (15, (1, 5, 15, 5), (15, 5, 1)),
        (10, (15, 5, 1), (10, 5, 1)),
        (30, (15, 5, 1), (30, 15, 5, 1)),
        (3, (15, 5), (3,)),
        (0, (15, 5, 1), ()),
        (15, (), ()),
    ],
)
def test_which_minutes_are_announced(grace: int, notify: tuple[int, ...], minutes: tuple[int, ...]) -> None:
    timetable = Timetable(grace, notify)
    assert timetable.minutes == minutes
    if minutes:
        assert timetable.due_at(minutes[0]) == 0


def test_when_a_notice_is_due() -> None:
    timetable = Timetable(15, (15, 5, 1))
    assert timetable.due(0, []) == 15
    assert timetable.due(599, [15]) is None
    assert timetable.due(600, [15]) == 5
    assert (timetable.next_after(0), timetable.next_after(600), timetable.next_after(840)) == (600, 840, 900)


def test_of_notices_that_are_late_only_the_last_is_sent() -> None:
    assert Timetable(15, (15, 5, 1)).due(850, [15]) == 1


def test_the_limit_counts_the_text_with_the_number_in_it() -> None:
    Timetable(15, (15,)).check("x" * 397 + "%m%")
    Timetable(0, (15,)).check("x" * 398 + "%m%")
    with pytest.raises(InputError, match="401 characters with the minutes put in"):
        Timetable(120, (15,)).check("x" * 398 + "%m%")


# Carrying it out.


class Office:
    """A pool whose users come and go by the clock.

    :param leaves: by desktop, the second at which its session ends by itself; None for never.
    """

    def __init__(self, service: ScriptedService, clock: HandClock, **leaves: float | None) -> None:
        self.service, self.clock = service, clock
        self.leaves = leaves
        self.began = clock.now()
        self.fates: list[Behaviour] = []
        self.logoff_takes: float | None = 20.0
        self.told: list[tuple[float, str]] = []
        self.looks: list[float] = []
        self.logoffs: list[Any] = []
        self.ends: dict[str, float] = {}
        self.unreadable: Callable[[float], bool] = lambda now: False
        service.on("GET", f"{BASE}/desktop-pools/{POOL_ID}", lambda request: Reply(200, pool_record()))
        service.on("GET", f"{BASE}/desktops/detail", self._desktops)
        service.on("POST", f"{BASE}/desktop-pools/{POOL_ID}/notifications", self._notified)
        service.on("POST", f"{BASE}/desktops/logoff", self._log_off)

    @property
    def now(self) -> float:
        return self.clock.now() - self.began

    def _desktops(self, request: Request) -> Behaviour:
        if self.unreadable(self.now):
            return Reply(503)
        self.looks.append(self.now)
        asked = [value for name, value in request.pairs if name == "desktop_id"]
        found = [self._desktop(name) for name in (*self.leaves, "d9") if not asked or name in asked]
        return Reply(200, {"desktops": found, "total_count": len(found)})

    def _desktop(self, name: str) -> dict[str, Any]:
        ends = [at for at in (self.leaves.get(name), self.ends.get(name)) if at is not None]
        busy = name in self.leaves and all(self.now < at for at in ends)
        user = {"attach_user_infos": [{"user_name": f"user-{name}"}]} if name in self.leaves else {}
        return desktop_record(name, login_status="CONNECTED" if busy else "REGISTERED", **user)

    def _notified(self, request: Request) -> Behaviour:
        if self.fates:
            fate = self.fates.pop(0)
            if not isinstance(fate, Reply) or fate.status != 200:
                return fate
        self.told.append((self.now, request.json()["notifications"]))
        return Reply(200, {"job_id": f"job-{len(self.told)}"})

    def _log_off(self, request: Request) -> Behaviour:
        body = request.json()
        self.logoffs.append(body)
        if self.logoff_takes is not None:
            self.ends.update(dict.fromkeys(body["desktop_ids"], self.now + self.logoff_takes))
        return Reply(200)


class Hands:
    """Drains an office, and keeps what was said."""

    def __init__(self, office: Office) -> None:
        self.office = office
        self.lines: list[str] = []
        self.warnings: list[str] = []

    def drain(self, grace: int = 15, notify: tuple[int, ...] = (15, 5, 1), retries: int = 0, **orders: Any) -> Drain:
        """Return a drain that has not begun."""
        session = session_to(self.office.service.url, clock=self.office.clock, max_retries=retries)
        engine = Engine(session, self.lines.append, self.warnings.append)
        given = {"desktop_ids": (), "user_message": TEXT, **orders}
        return Drain(engine, Pool.from_service(pool_record()), Orders(timetable=Timetable(grace, notify), **given))

    def run(self, *args: Any, **orders: Any) -> Drained:
        """Drain."""
        return self.drain(*args, **orders).carry_out()


def left(drained: Drained) -> list[str]:
    return [entry["desktop_id"] for entry in drained.result()["desktops_in_session"]]


def minutes_told(office: Office) -> list[tuple[int, str]]:
    return [(round(at), text) for at, text in office.told]


def test_nobody_is_told_when_nobody_is_there(service: ScriptedService, clock: HandClock) -> None:
    office = Office(service, clock)
    result = Hands(office).run().result()
    assert (result["changed"], result["desktops_free"], result["notices"], result["seconds"]) == (False, ["d9"], [], 0)
    assert (office.told, len(office.looks), clock.pauses) == ([], 1, [])


def test_users_are_told_in_time_and_waited_for(service: ScriptedService, clock: HandClock) -> None:
    office = Office(service, clock, d1=None, d2=1500)
    result = Hands(office).run(patience=1000.0).result()
    assert minutes_told(office) == [(0, "15 minutes left"), (600, "5 minutes left"), (840, "1 minutes left")]
    assert result["notices"] == [15, 5, 1]
    assert result["changed"]
    assert result["seconds"] == 1900
    assert result["desktops_free"] == ["d2", "d9"]
    assert result["desktops_in_session"] == [
        {"desktop_id": "d1", "desktop_name": "D1", "user_names": ["user-d1"], "login_status": "CONNECTED"}
    ]
    assert result["diff"] == {
        "before": {"desktops_in_session": {"D1": "CONNECTED", "D2": "CONNECTED"}},
        "after": {"desktops_in_session": {"D1": "CONNECTED"}},
    }
    assert office.logoffs == []


def test_it_looks_no_more_often_than_every_ten_seconds(service: ScriptedService, clock: HandClock) -> None:
    office = Office(service, clock, d1=None)
    Hands(office).run(7, (5, 4, 3, 2, 1), policy="skip")
    gaps = [after - before for before, after in zip(office.looks, office.looks[1:], strict=False)]
    assert min(gaps) >= 10
    assert max(gaps) <= 30


def test_it_ends_as_soon_as_the_last_user_has_gone(service: ScriptedService, clock: HandClock) -> None:
    office = Office(service, clock, d1=100, d2=300)
    drained = Hands(office).run()
    assert left(drained) == []
    assert 300 <= drained.seconds <= 330
    assert drained.notices == [15]


def test_any_returns_with_the_first_free_desktop(service: ScriptedService, clock: HandClock) -> None:
    office = Office(service, clock, d1=100, d2=300)
    drained = Hands(office).run(until="any", policy="logoff")
    assert left(drained) == ["d2"]
    assert drained.seconds <= 130
    assert office.logoffs == []


def test_skip_leaves_who_is_there(service: ScriptedService, clock: HandClock) -> None:
    office = Office(service, clock, d1=None)
    drained = Hands(office).run(policy="skip")
    assert (left(drained), drained.seconds, office.logoffs) == (["d1"], 900, [])


def test_logoff_ends_the_sessions_that_are_left(service: ScriptedService, clock: HandClock) -> None:
    office = Office(service, clock, d1=None, d2=100, d3=None)
    result = Hands(office).run(policy="logoff", logoff_message="Bye").result()
    assert office.logoffs == [{"desktop_ids": ["d1", "d3"], "message": "Bye"}]
    assert (result["desktops_logged_off"], result["desktops_in_session"]) == (["d1", "d3"], [])
    assert 920 <= result["seconds"] <= 940


def test_a_session_that_does_not_end_fails_with_all_that_was_done(service: ScriptedService, clock: HandClock) -> None:
    office = Office(service, clock, d1=None)
    office.logoff_takes = None
    with pytest.raises(JobTimeoutError) as failed:
        Hands(office).run(policy="logoff")
    assert str(failed.value).startswith("pool finance-win10: log-off: 600 s after the request 1 desktop still has a ")
    fields = failed.value.result_fields()
    assert (fields["notices"], fields["desktops_logged_off"], fields["changed"]) == ([15, 5, 1], [], True)
    assert [entry["desktop_id"] for entry in fields["desktops_in_session"]] == ["d1"]


def test_without_a_grace_who_is_there_is_logged_off_at_once(service: ScriptedService, clock: HandClock) -> None:
    office = Office(service, clock, d1=None)
    drained = Hands(office).run(0, policy="logoff")
    assert (office.told, drained.logged_off, drained.changed) == ([], ["d1"], True)
    assert "message" not in office.logoffs[0]


def test_without_grace_notices_and_patience_it_only_looks(service: ScriptedService, clock: HandClock) -> None:
    office = Office(service, clock, d1=None)
    drained = Hands(office).run(0, patience=0.0)
    assert (left(drained), drained.changed, len(office.looks)) == (["d1"], False, 1)


def test_only_the_named_desktops_count(service: ScriptedService, clock: HandClock) -> None:
    office = Office(service, clock, d1=None, d2=200)
    drained = Hands(office).run(desktop_ids=("d2", "d9"))
    assert drained.result()["desktops_free"] == ["d2", "d9"]
    with pytest.raises(WorkspaceError, match="the pool has no desktop with the ID d7; check desktop_ids"):
        Hands(office).run(desktop_ids=("d7",))


@pytest.mark.parametrize(
    ("fate", "changed"),
    [(Reset(), True), (Reply(503), True), (Reply(403, {"error_code": "WKS.1", "error_msg": "no"}), False)],
    ids=["reset", "503", "403"],
)
def test_a_notice_that_fails_is_not_sent_again_and_fails_nothing(
    service: ScriptedService, clock: HandClock, fate: Behaviour, changed: bool
) -> None:
    office = Office(service, clock, d1=30)
    office.fates = [fate]
    hands = Hands(office)
    drained = hands.run()
    assert (office.told, drained.notices, drained.changed) == ([], [], changed)
    (warning,) = hands.warnings
    assert warning.startswith(
        "pool finance-win10: the notice of 15 minutes may not have been shown: SendDesktopPoolNotifications "
    )
    assert len(office.service.sent("POST", ".*/notifications")) == 1


def test_the_next_notice_follows_one_that_was_lost(service: ScriptedService, clock: HandClock) -> None:
    office = Office(service, clock, d1=None)
    office.fates = [Reset()]
    assert Hands(office).run(policy="skip").notices == [5, 1]


def test_reads_that_fail_for_a_while_end_nothing(service: ScriptedService, clock: HandClock) -> None:
    office = Office(service, clock, d1=500)
    office.unreadable = lambda now: 100 < now < 100 + LONGEST_BLINDNESS / 2
    drained = Hands(office).run()
    assert 500 <= drained.seconds <= 530


def test_who_cannot_be_read_for_long_fails_the_task(service: ScriptedService, clock: HandClock) -> None:
    office = Office(service, clock, d1=None)
    office.unreadable = lambda now: now > 100
    with pytest.raises(WorkspaceError) as failed:
        Hands(office).run()
    assert failed.value.result_fields()["notices"] == [15, 5]
    assert office.now >= LONGEST_BLINDNESS


@pytest.mark.parametrize(
    ("policy", "logged_off", "after"),
    [("wait", [], {"D1": "CONNECTED"}), ("skip", [], {"D1": "CONNECTED"}), ("logoff", ["d1"], {})],
)
def test_a_prediction_sends_nothing_and_does_not_wait(
    service: ScriptedService, clock: HandClock, policy: str, logged_off: list[str], after: dict[str, str]
) -> None:
    office = Office(service, clock, d1=None)
    result = Hands(office).drain(policy=policy).predict().result()
    assert (result["changed"], result["notices"], result["desktops_logged_off"]) == (True, [15, 5, 1], logged_off)
    assert result["diff"]["after"] == {"desktops_in_session": after}
    assert [entry["desktop_name"] for entry in result["desktops_in_session"]] == ["D1"]
    assert (office.told, office.logoffs, clock.pauses) == ([], [], [])


def test_a_prediction_for_a_free_pool_changes_nothing(service: ScriptedService, clock: HandClock) -> None:
    result = Hands(Office(service, clock)).drain(policy="logoff").predict().result()
    assert (result["changed"], result["notices"]) == (False, [])


def test_progress_tells_how_many_are_left_and_for_how_long(service: ScriptedService, clock: HandClock) -> None:
    hands = Hands(Office(service, clock, d1=None, d2=70))
    hands.run(3, (3, 1), policy="skip")
    assert hands.lines[0] == "finance-win10: told users of 3 minutes left, 0s"
    assert hands.lines[1] == "finance-win10: 2 of 3 desktops in use, 2m50s left"
    assert any(line.startswith("finance-win10: 1 of 3 desktops in use, 1m") for line in hands.lines)
    assert len(hands.lines) <= 7
