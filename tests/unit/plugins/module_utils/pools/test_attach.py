# Copyright (c) 2026 the hwcloud.workspace contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Giving a user a desktop: once, whatever the service answers, and followed until the user has it."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import pytest

from ansible_collections.hwcloud.workspace.plugins.module_utils.client.errors import (
    BusyError,
    JobFailedError,
    JobTimeoutError,
    OutcomeUnknownError,
    WorkspaceError,
)
from ansible_collections.hwcloud.workspace.plugins.module_utils.pools.attach import Attach
from ansible_collections.hwcloud.workspace.plugins.module_utils.pools.change import Observation
from ansible_collections.hwcloud.workspace.plugins.module_utils.pools.engine import Engine, Outcome
from ansible_collections.hwcloud.workspace.plugins.module_utils.pools.model import AuthorizedObject, Pool
from ansible_collections.hwcloud.workspace.tests.unit.plugins.module_utils.pools.samples import (
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
POOL = f"{BASE}/desktop-pools/{pool_record()['id']}"


def attached(desktop_id: str, *names: str, domain: str = "") -> dict[str, Any]:
    infos = [{"user_name": name, **({"domain": domain} if domain else {})} for name in names]
    return desktop_record(desktop_id, attach_user_infos=infos)


@dataclass
class Service:
    """A pool behind a real HTTP server, that gives a user the desktop d9.

    :param kind: the type that it answers; None answers a job alone.
    :param has_job: whether the answer names a job.
    :param seconds: how long it takes.
    :param fates: what becomes of requests: ``done``, ``lost`` (carried out, answer lost), ``never ...`` (arrived).
    :param result: how the sub-job ends.
    """

    service: ScriptedService
    clock: HandClock
    kind: str | None = "ASSIGNING"
    has_job: bool = True
    seconds: float = 30.0
    result: str = "SUCCESS"
    fates: list[str] = field(default_factory=list)
    desktops: list[dict[str, Any]] = field(default_factory=lambda: [attached("d1", "user-a10"), attached("d2")])
    users: list[dict[str, Any]] | None = None
    jobs: list[tuple[str, str, str, float]] = field(default_factory=list)
    warnings: list[str] = field(default_factory=list)
    lines: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        """Answer requests from now on."""
        self.service.on("GET", POOL, Reply(200, pool_record()))
        self.service.on("GET", f"{POOL}/users", self._users)
        self.service.on("GET", f"{BASE}/desktops/detail", self._desktops)
        self.service.on("GET", f"{BASE}/workspace-sub-jobs", self._sub_jobs)
        self.service.on("GET", f"{BASE}/workspace-jobs/.*", self._job)
        self.service.on("POST", f"{POOL}/attach", self._attach)

    def run(self, change: Attach, way: str = "carry_out", **options: Any) -> Outcome:
        session = session_to(self.service.url, clock=self.clock, max_retries=0)
        engine = Engine(session, self.lines.append, self.warnings.append, **options)
        return (engine.predict if way == "predict" else engine.carry_out)(change, Pool.from_service(pool_record()))

    def fails(self, kind: type[WorkspaceError], change: Attach, **options: Any) -> WorkspaceError:
        with pytest.raises(kind) as failed:
            self.run(change, **options)
        assert str(failed.value).startswith("pool finance-win10: attach: ")
        return failed.value

    def begin(self, user_name: str, job_type: str = "attachDesktopPool") -> str:
        """Begin to give a user a desktop, as a request or another controller would."""
        self.jobs.append((f"job-{len(self.jobs) + 1}", job_type, user_name, self.clock.now() + self.seconds))
        return self.jobs[-1][0]

    @property
    def posts(self) -> list[Any]:
        return [request.json() for request in self.service.sent("POST")]

    def _attach(self, request: Request) -> Behaviour:
        fate = self.fates.pop(0) if self.fates else "done"
        if fate.startswith("never"):
            if fate != "never":
                self.begin("user-b2")
            return Reset()
        if self.kind == "EXCEEDED":
            return Reply(200, {"type": "EXCEEDED"})
        job_id = self.begin(request.json()["username"])
        if fate == "lost":
            return Reset()
        answer = {"type": self.kind} if self.kind else {}
        return Reply(200, {**answer, "job_id": job_id} if self.has_job else answer)

    def _users(self, request: Request) -> Behaviour:
        return Reply(404) if self.users is None else Reply(200, {"objects": self.users, "total_count": len(self.users)})

    def _desktops(self, request: Request) -> Behaviour:
        ended = [user for _job, _type, user, ends in self.jobs if self.clock.now() >= ends and self.result == "SUCCESS"]
        found = [*self.desktops, *(attached(f"d{9 - number}", user) for number, user in enumerate(ended))]
        return Reply(200, {"desktops": found, "total_count": len(found)})

    def _parts(self, job: tuple[str, str, str, float]) -> list[dict[str, Any]]:
        job_id, job_type, user_name, ends = job
        status = self.result if self.clock.now() >= ends else "RUNNING"
        entities = {"desktop_id": "d9", "desktop_name": "D9", "user_name": user_name}
        part = {"id": f"{job_id}-1", "job_id": job_id, "job_type": job_type, "status": status, "entities": entities}
        return [{**part, "fail_reason": "no domain controller" if status == "FAILED" else ""}]

    def _sub_jobs(self, request: Request) -> Behaviour:
        found = [part for job in self.jobs if self.has_job for part in self._parts(job)]
        return Reply(200, {"jobs": found, "total_count": len(found)})

    def _job(self, request: Request) -> Behaviour:
        (job,) = (job for job in self.jobs if request.path.endswith(job[0]))
        over = self.clock.now() >= job[3]
        facts = {"id": job[0], "job_type": job[1], "status": "COMPLETE" if over else "RUNNING"}
        return Reply(200, {**facts, "sub_jobs": self._parts(job), "sub_jobs_total": 1})


@pytest.fixture
def pool(service: ScriptedService, clock: HandClock) -> Service:
    """Return a pool in which user-a1 has no desktop, and user-a10 has one."""
    return Service(service, clock)


@pytest.mark.parametrize("kind", ["ASSIGNING", "RESETTING", "CREATING", "WAITING", None])
def test_a_user_gets_a_desktop_once(pool: Service, kind: str | None) -> None:
    pool.kind = kind
    change = Attach("user-a1", "corp")
    predicted = pool.run(change, "predict")
    assert pool.posts == []
    outcome = pool.run(change)
    assert pool.posts == [{"username": "user-a1", "domain_name": "corp"}]
    result = outcome.result()
    assert (result["changed"], result["type"], result["job_id"]) == (True, kind, "job-1")
    assert (
        result["diff"]
        == predicted.result()["diff"]
        == {
            "before": {"attached_users": []},
            "after": {"attached_users": ["user-a1"]},
        }
    )
    assert result["desktops_succeeded"] == ["d9"]
    found = change.desktop_of(outcome.observation)
    assert found is not None
    assert found["desktop_id"] == "d9"

    before = len(pool.service.requests)
    again = pool.run(change)
    assert not again.changed
    assert change.desktop_of(again.observation) == found
    assert [request.path for request in pool.service.requests[before:]] == [f"{BASE}/desktops/detail"]


@pytest.mark.parametrize(
    ("record", "has"),
    [
        (attached("d1", "user-a1"), True),
        (attached("d1", "user-b2", "USER-A1"), True),
        (attached("d1", "user-a1", domain="CORP"), True),
        (attached("d1", "user-a1", domain="other"), False),
        (attached("d1", "user-a10"), False),
        (desktop_record("d1", user_name="user-a1"), True),
        ({**attached("d1", "user-a1"), "status": ""}, False),
    ],
)
def test_who_has_a_desktop(pool: Service, record: dict[str, Any], has: bool) -> None:
    pool.desktops = [record]
    assert pool.run(Attach("user-a1", "corp"), "predict").changed is not has


def test_a_full_pool_is_an_error_that_says_what_to_do(pool: Service) -> None:
    pool.kind = "EXCEEDED"
    error = pool.fails(JobFailedError, Attach("user-a1"))
    assert "(EXCEEDED); add desktops to it or detach one" in str(error)
    assert (error.fields["type"], error.fields["changed"], error.fields["job_id"]) == ("EXCEEDED", False, None)
    assert len(pool.posts) == 1


def test_a_queue_without_a_job_is_waited_for_until_the_user_has_a_desktop(pool: Service) -> None:
    pool.kind, pool.has_job, pool.seconds = "WAITING", False, 900
    outcome = pool.run(Attach("user-a1"))
    assert (outcome.changed, outcome.result()["job_id"], outcome.result()["type"]) == (True, None, "WAITING")
    assert any("the service waits for a free desktop" in line for line in pool.lines)
    assert len(pool.posts) == 1


def test_a_queue_that_takes_too_long_ends_the_wait_and_not_the_queue(pool: Service, clock: HandClock) -> None:
    pool.kind, pool.has_job, pool.seconds = "WAITING", False, 900
    began = clock.now()
    error = pool.fails(JobTimeoutError, Attach("user-a1"), wait_timeout=30)
    assert "still waits for a free desktop after 32s; run the task again to wait for it" in str(error)
    assert 30 <= clock.now() - began < 45
    assert (error.fields["type"], error.fields["changed"]) == ("WAITING", True)


def test_without_wait_the_task_ends_with_the_answer(pool: Service) -> None:
    outcome = pool.run(Attach("user-a1"), wait=False)
    assert (outcome.result()["type"], outcome.result()["job_id"]) == ("ASSIGNING", "job-1")
    assert Attach("user-a1").desktop_of(outcome.observation) is None
    error = pool.fails(BusyError, Attach("user-a1"), wait=False)
    assert error.fields["running_job_id"] == "job-1"


def test_a_job_that_gives_this_user_a_desktop_is_adopted(pool: Service) -> None:
    pool.begin("User-A1")
    outcome = pool.run(Attach("user-a1"))
    assert (outcome.changed, outcome.adopted, pool.posts) == (False, True, [])
    assert outcome.result()["job_id"] == "job-1"


@pytest.mark.parametrize(("user_name", "job_type"), [("user-b2", "attachDesktopPool"), ("", "rebuildDesktopPool")])
def test_what_others_do_is_not_waited_for(pool: Service, clock: HandClock, user_name: str, job_type: str) -> None:
    pool.begin(user_name, job_type)
    assert pool.run(Attach("user-a1"), wait=False).changed
    assert clock.pauses == []


def test_a_lost_answer_is_found_by_the_job_of_this_user(pool: Service) -> None:
    pool.fates = ["lost"]
    assert pool.run(Attach("user-a1")).result()["job_id"] == "job-1"
    assert len(pool.posts) == 1


def test_another_users_new_job_is_no_trace_of_a_lost_request(pool: Service) -> None:
    pool.fates = ["never, and somebody else gets one"] * 2
    error = pool.fails(OutcomeUnknownError, Attach("user-a1"))
    assert "unknown" in str(error)
    assert len(pool.posts) == 2


def test_a_lost_answer_without_a_job_is_found_by_the_desktop(pool: Service) -> None:
    pool.fates, pool.has_job = ["lost"], False
    assert pool.run(Attach("user-a1")).changed
    assert len(pool.posts) == 1


def test_a_request_that_never_arrived_is_sent_again(pool: Service) -> None:
    pool.fates = ["never"]
    assert pool.run(Attach("user-a1")).changed
    assert len(pool.posts) == 2


def test_a_desktop_that_fails_fails_the_task(pool: Service) -> None:
    pool.result = "FAILED"
    error = pool.fails(JobFailedError, Attach("user-a1"))
    assert "D9 (no domain controller)" in str(error)
    assert error.fields["desktops_failed"][0]["desktop_id"] == "d9"
    assert error.fields["type"] == "ASSIGNING"


def test_who_is_not_among_the_users_is_warned_of_unless_a_group_may_have_them() -> None:
    def warnings(*users: dict[str, str] | None) -> tuple[str, ...]:
        listed = None if users == (None,) else tuple(AuthorizedObject.from_service(entry) for entry in users if entry)
        return Attach("user-a1").plan(Observation(a_pool(), (), listed)).warnings

    other = {"object_type": "USER", "object_name": "user-b2", "object_id": "b"}
    (warning,) = warnings(other)
    assert warning == (
        "pool finance-win10: user-a1 is not among its users, so the service is going to refuse; let the user use the "
        "pool first."
    )
    assert warnings({**other, "object_name": "User-A1"}) == ()
    assert warnings(other, {"object_type": "USER_GROUP", "object_name": "staff", "object_id": "g"}) == ()
    assert warnings(None) == ()
