# Copyright (c) 2026 the hwcloud.workspace contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Log-offs and the power of single desktops: changes without a job, of which the desktops themselves tell the end."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from ansible_collections.hwcloud.workspace.plugins.module_utils.client.errors import (
    InputError,
    JobFailedError,
    JobTimeoutError,
    NotFoundError,
    OutcomeUnknownError,
)
from ansible_collections.hwcloud.workspace.plugins.module_utils.pools.change import Change, Observation
from ansible_collections.hwcloud.workspace.plugins.module_utils.pools.desktop_power import change_of
from ansible_collections.hwcloud.workspace.plugins.module_utils.pools.engine import Engine, Outcome
from ansible_collections.hwcloud.workspace.plugins.module_utils.pools.logoff import Logoff
from ansible_collections.hwcloud.workspace.plugins.module_utils.pools.model import Pool
from ansible_collections.hwcloud.workspace.tests.unit.plugins.module_utils.pools.samples import (
    POOL_ID,
    a_desktop,
    a_pool,
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
BECOMES = {"os-start": "ACTIVE", "os-stop": "SHUTOFF", "reboot": "ACTIVE", "os-hibernate": "HIBERNATED"}


class Floor:
    """A pool of desktops that change some seconds after they were asked to.

    :param count: the number of desktops, d1, d2, ...
    """

    def __init__(self, service: ScriptedService, clock: HandClock, count: int = 3) -> None:
        self.service, self.clock = service, clock
        self.records = {f"d{number}": desktop_record(f"d{number}") for number in range(1, count + 1)}
        self.takes = 30.0
        self.begins = 5.0
        self.refuses: dict[str, str] = {}
        self.deaf: set[str] = set()
        self.answer: dict[str, Any] = {}
        self.meanwhile: Callable[[], None] = lambda: None
        self.fates: list[str] = []
        self.sent: list[Any] = []
        self.done: list[str] = []
        self._coming: list[tuple[float, str, dict[str, str]]] = []
        service.on("GET", f"{BASE}/desktop-pools/{POOL_ID}", lambda request: Reply(200, pool_record()))
        service.on("GET", f"{BASE}/desktops/detail", self._desktops)
        service.on("GET", f"{BASE}/workspace-sub-jobs", Reply(200, {"jobs": [], "total_count": 0}))
        service.on("POST", f"{BASE}/desktops/(logoff|action)", self._change)

    def set(self, desktop_id: str, **fields: str) -> None:
        """Change a desktop's record."""
        self.records[desktop_id].update(fields)

    def _advance(self) -> None:
        for entry in list(self._coming):
            if entry[0] <= self.clock.now():
                self._coming.remove(entry)
                self.set(entry[1], **entry[2])

    def _desktops(self, request: Request) -> Behaviour:
        self._advance()
        asked = [value for name, value in request.pairs if name == "desktop_id"]
        found = [record for name, record in self.records.items() if not asked or name in asked]
        return Reply(200, {"desktops": found, "total_count": len(found)})

    def _change(self, request: Request) -> Behaviour:
        body = request.json()
        fate = self.fates.pop(0) if self.fates else "answered"
        self.sent.append(body)
        self.meanwhile()
        if fate != "never":
            for name in body["desktop_ids"]:
                if name not in self.refuses and name not in self.deaf:
                    self._begin(name, body)
        if fate != "answered":
            return Reset()
        failed = [
            {"desktop_id": name, "desktop_name": name.upper(), "error_code": "WKS.00010032", "error_msg": text}
            for name, text in self.refuses.items()
            if name in body["desktop_ids"]
        ]
        return Reply(200, {**self.answer, **({"failed_operation_list": failed} if failed else {})})

    def _begin(self, name: str, body: dict[str, Any]) -> None:
        now = self.clock.now()
        self.done.append(name)
        if "op_type" not in body:
            self._coming.append((now + self.takes, name, {"login_status": "REGISTERED"}))
            return
        self._coming.append((now + self.begins, name, {"task_status": "busy"}))
        end = {"task_status": "", "status": BECOMES[body["op_type"]], "login_status": "REGISTERED"}
        self._coming.append((now + self.begins + self.takes, name, end))

    def engine(self, warnings: list[str] | None = None, **options: Any) -> Engine:
        """Return an engine on this floor."""
        session = session_to(self.service.url, clock=self.clock, max_retries=2)
        return Engine(session, lambda line: None, (warnings if warnings is not None else []).append, **options)

    def carry_out(self, change: Change, **options: Any) -> Outcome:
        """Carry a change out, after a look at what it would do."""
        pool = Pool.from_service(pool_record())
        predicted = self.engine(**options).predict(change, pool)
        assert self.sent == [] or self.done
        outcome = self.engine(**options).carry_out(change, pool)
        assert predicted.result()["diff"] == outcome.result()["diff"]
        assert predicted.changed == outcome.changed
        return outcome


@pytest.fixture
def floor(service: ScriptedService, clock: HandClock) -> Floor:
    """Return a pool of three desktops that run, with nobody logged in."""
    return Floor(service, clock)


# Log-offs.


def test_only_desktops_with_a_session_are_logged_off(floor: Floor, clock: HandClock) -> None:
    floor.set("d1", login_status="CONNECTED")
    floor.set("d3", login_status="DISCONNECTED")
    outcome = floor.carry_out(Logoff(message="Bye"))
    assert floor.sent == [{"desktop_ids": ["d1", "d3"], "message": "Bye"}]
    assert outcome.facts == {"desktops_logged_off": ["d1", "d3"]}
    assert outcome.result()["diff"] == {
        "before": {"desktops_in_session": {"D1": "CONNECTED", "D3": "DISCONNECTED"}},
        "after": {"desktops_in_session": {}},
    }
    assert clock.now() >= 1030
    again = floor.carry_out(Logoff(message="Bye"))
    assert (again.changed, again.facts, len(floor.sent)) == (False, {"desktops_logged_off": []}, 1)


def test_a_named_desktop_alone_is_logged_off(floor: Floor) -> None:
    floor.set("d1", login_status="CONNECTED")
    floor.set("d2", login_status="CONNECTED")
    assert floor.carry_out(Logoff(("d2", "d3"))).facts == {"desktops_logged_off": ["d2"]}
    assert floor.sent == [{"desktop_ids": ["d2"]}]
    with pytest.raises(NotFoundError, match="no desktop with the ID d8"):
        floor.carry_out(Logoff(("d8",)))


def test_all_batches_are_sent_before_any_is_waited_for(service: ScriptedService, clock: HandClock) -> None:
    floor = Floor(service, clock, 230)
    for name in floor.records:
        floor.set(name, login_status="CONNECTED")
    outcome = floor.carry_out(Logoff())
    assert [len(body["desktop_ids"]) for body in floor.sent] == [100, 100, 30]
    assert set(outcome.facts["desktops_logged_off"]) == set(floor.records)
    assert clock.now() < 1000 + 2 * floor.takes


def test_without_waiting_all_batches_are_sent_and_none_is_watched(service: ScriptedService, clock: HandClock) -> None:
    floor = Floor(service, clock, 130)
    for name in floor.records:
        floor.set(name, login_status="CONNECTED")
    outcome = floor.carry_out(Logoff(), wait=False)
    assert [len(body["desktop_ids"]) for body in floor.sent] == [100, 30]
    assert set(outcome.facts["desktops_logged_off"]) == set(floor.records)
    assert clock.pauses == []


def test_a_session_that_stays_fails_the_task_and_names_its_desktop(floor: Floor) -> None:
    floor.set("d1", login_status="CONNECTED")
    floor.set("d2", login_status="CONNECTED")
    floor.deaf = {"d2"}
    with pytest.raises(JobTimeoutError) as failed:
        floor.carry_out(Logoff(patience=120.0))
    assert str(failed.value) == (
        "pool finance-win10: log-off: 120 s after the request 1 desktop still has a session: D2; if users log in again "
        "at once, keep them out with the pool's maintenance mode, then run the task again."
    )
    fields = failed.value.result_fields()
    assert (fields["changed"], fields["desktops_logged_off"]) == (True, ["d1"])


@pytest.mark.parametrize("fate", ["lost", "never"])
def test_a_lost_answer_to_a_log_off_is_asked_for_again(floor: Floor, fate: str) -> None:
    floor.set("d1", login_status="CONNECTED")
    floor.fates = [fate]
    assert floor.carry_out(Logoff()).facts == {"desktops_logged_off": ["d1"]}
    assert len(floor.sent) == 2


def test_who_leaves_while_batches_are_sent_is_not_forgotten_to_be_waited_for(
    service: ScriptedService, clock: HandClock
) -> None:
    floor = Floor(service, clock, 101)
    for name in floor.records:
        floor.set(name, login_status="CONNECTED")
    floor.meanwhile = lambda: floor.set("d99", login_status="REGISTERED")  # the last by name, alone in the second batch
    outcome = floor.carry_out(Logoff())
    assert len(floor.sent) == 1
    assert len(outcome.facts["desktops_logged_off"]) == 100
    assert clock.now() >= 1000 + floor.takes


# Power.


def power(state: str, *desktop_ids: str, force: bool = False, patience: float = 600.0) -> Change:
    return change_of(state, desktop_ids, force=force, patience=patience)


@pytest.mark.parametrize(
    ("state", "before", "word", "after"),
    [
        ("started", "SHUTOFF", "os-start", "ACTIVE"),
        ("stopped", "ACTIVE", "os-stop", "SHUTOFF"),
        ("rebooted", "ACTIVE", "reboot", "ACTIVE"),
        ("hibernated", "ACTIVE", "os-hibernate", "HIBERNATED"),
    ],
)
def test_named_desktops_come_to_the_state(floor: Floor, state: str, before: str, word: str, after: str) -> None:
    for name in floor.records:
        floor.set(name, status=before)
    outcome = floor.carry_out(power(state, "d3", "d1", "d3"))
    assert floor.sent == [{"desktop_ids": ["d1", "d3"], "op_type": word}]
    assert {name: record["status"] for name, record in floor.records.items()} == {
        "d1": after,
        "d2": before,
        "d3": after,
    }
    result = outcome.result()
    assert (result["desktops_succeeded"], result["desktops_failed"], result["job_id"]) == (["d3", "d1"], [], None)
    again = floor.carry_out(power(state, "d3", "d1"))
    assert again.changed == (state == "rebooted")


def test_a_reboot_is_not_believed_before_it_can_have_begun(floor: Floor, clock: HandClock) -> None:
    floor.begins, floor.takes = 25.0, 200.0
    floor.carry_out(power("rebooted", "d1", force=True))
    assert clock.now() >= 1225
    assert floor.sent == [{"desktop_ids": ["d1"], "op_type": "reboot", "type": "HARD"}]


def test_desktops_that_are_refused_fail_the_task_after_the_others(floor: Floor, clock: HandClock) -> None:
    floor.refuses = {"d2": "busy."}
    with pytest.raises(JobFailedError) as failed:
        floor.carry_out(power("stopped", "d1", "d2", "d3"))
    assert str(failed.value) == (
        "pool finance-win10: stop: 1 desktop could not be stopped: D2 (busy); look at their state in the console, then "
        "run the task again to change those alone."
    )
    fields = failed.value.result_fields()
    assert (fields["changed"], fields["error_code"], fields["desktops_succeeded"]) == (
        True,
        "WKS.00010032",
        ["d1", "d3"],
    )
    assert fields["desktops_failed"] == [
        {"desktop_id": "d2", "desktop_name": "D2", "error_code": "WKS.00010032", "fail_reason": "busy."}
    ]
    assert clock.now() >= 1030


def test_desktops_that_do_not_come_to_the_state_are_named(floor: Floor) -> None:
    floor.deaf = {"d2"}
    with pytest.raises(JobFailedError, match="100 s later it does not show on D2") as failed:
        floor.carry_out(power("stopped", "d1", "d2", patience=100.0))
    fields = failed.value.result_fields()
    assert [entry["desktop_id"] for entry in fields["desktops_failed"]] == ["d2"]
    assert fields["desktops_succeeded"] == ["d1"]


def test_many_desktops_go_in_batches_that_are_waited_for_together(service: ScriptedService, clock: HandClock) -> None:
    floor = Floor(service, clock, 230)
    outcome = floor.carry_out(power("stopped", *floor.records))
    assert [len(body["desktop_ids"]) for body in floor.sent] == [100, 100, 30]
    assert len(outcome.result()["desktops_succeeded"]) == 230
    assert clock.now() < 1000 + 2 * (floor.begins + floor.takes)


@pytest.mark.parametrize("refuses", [{}, {"d2": "busy"}], ids=["taken", "refused"])
def test_without_waiting_nothing_is_watched(floor: Floor, clock: HandClock, refuses: dict[str, str]) -> None:
    floor.refuses = refuses
    change = power("stopped", "d1", "d2")
    if refuses:
        with pytest.raises(JobFailedError, match="1 desktop could not be stopped: D2"):
            floor.carry_out(change, wait=False)
    else:
        assert floor.carry_out(change, wait=False).result()["desktops_succeeded"] == []
    assert clock.pauses == []


def test_the_job_of_a_cold_migration_is_told(floor: Floor) -> None:
    floor.set("d1", status="SHUTOFF")
    floor.answer = {"job_id": "job-7"}
    assert floor.carry_out(power("started", "d1")).result()["job_id"] == "job-7"


@pytest.mark.parametrize(("fate", "requests"), [("lost", 1), ("never", 2)])
def test_a_lost_answer_is_settled_by_the_desktops(floor: Floor, fate: str, requests: int) -> None:
    floor.fates = [fate]
    assert floor.carry_out(power("stopped", "d1", "d2")).result()["desktops_succeeded"] == ["d1", "d2"]
    assert (len(floor.sent), floor.done) == (requests, ["d1", "d2"])


def test_a_reboot_whose_answer_is_lost_is_unknown_and_never_sent_again(floor: Floor) -> None:
    floor.fates = ["lost"]
    with pytest.raises(OutcomeUnknownError):
        floor.carry_out(power("rebooted", "d1"))
    assert len(floor.sent) == 1


def test_desktops_in_error_are_asked_for_since_they_were_named(floor: Floor) -> None:
    floor.set("d1", status="ERROR")
    for state, due in (("started", True), ("stopped", True), ("rebooted", True)):
        step = power(state, "d1").plan(Observation(a_pool(), (a_desktop("d1", status="ERROR"),))).step
        assert (step is not None) == due


def test_what_is_left_as_it_is_gets_a_warning(floor: Floor) -> None:
    seen = Observation(a_pool(), (a_desktop("d1", status="SHUTOFF"), a_desktop("d2", login_status="CONNECTED")))
    assert power("rebooted", "d1", "d2").plan(seen).warnings == (
        "pool finance-win10: desktops that do not run are not rebooted: D1.",
        "pool finance-win10: users are logged in on 1 of the 1 desktops to reboot, and their unsaved work is lost: D2.",
    )
    with pytest.raises(InputError, match="only Windows desktops can be hibernated"):
        power("hibernated", "d1").plan(Observation(a_pool(image_os_type="Linux"), seen.desktops))


def test_a_desktop_that_is_being_deleted_is_left_out(floor: Floor) -> None:
    seen = Observation(a_pool(), (a_desktop("d1", status=""), a_desktop("d2", task_status="deleting")))
    assert power("stopped", "d1", "d2").plan(seen).step is None
