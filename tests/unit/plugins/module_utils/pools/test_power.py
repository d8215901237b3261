# Copyright (c) 2026 the hwcloud.workspace contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Power: which desktops are due, what is said of the others, and carrying it out under every reading of the service."""

from __future__ import annotations

from collections import Counter
from typing import Any

import pytest

from ansible_collections.hwcloud.workspace.plugins.module_utils.client.errors import (
    InputError,
    JobFailedError,
    OutcomeUnknownError,
)
from ansible_collections.hwcloud.workspace.plugins.module_utils.client.jobs import Job
from ansible_collections.hwcloud.workspace.plugins.module_utils.pools.change import Observation, Plan
from ansible_collections.hwcloud.workspace.plugins.module_utils.pools.engine import Engine, Outcome
from ansible_collections.hwcloud.workspace.plugins.module_utils.pools.power import CHANGES
from ansible_collections.hwcloud.workspace.tests.unit.plugins.module_utils.pools.one_pool import (
    BASE,
    POOL_PATH,
    OnePool,
    RunningJob,
    answer_lost,
    carried_out,
    never_arrived,
)
from ansible_collections.hwcloud.workspace.tests.unit.plugins.module_utils.pools.samples import (
    a_desktop,
    a_pool,
    desktop_record,
)
from ansible_collections.hwcloud.workspace.tests.unit.plugins.module_utils.scripted_service import (
    Behaviour,
    HandClock,
    Request,
    ScriptedService,
)

ACTIVE, SHUTOFF, HIBERNATED, ERROR = "ACTIVE", "SHUTOFF", "HIBERNATED", "ERROR"
STATES = ("started", "stopped", "rebooted", "hibernated")
STATUS = {"os-start": ACTIVE, "os-stop": SHUTOFF, "reboot": ACTIVE, "hibernate": HIBERNATED}
OF_LETTER = {"a": ACTIVE, "s": SHUTOFF, "h": HIBERNATED, "e": ERROR, "-": ""}


def plan(state: str, desktops: str, *, force: bool = False, **fields: Any) -> Plan:
    """Return the plan for desktops d1, d2, ... whose states are given by their letters (``-``: being deleted)."""
    seen = tuple(a_desktop(f"d{number}", status=OF_LETTER[letter]) for number, letter in enumerate(desktops, 1))
    return CHANGES[state](force).plan(Observation(a_pool(**fields), seen))


def due(found: Plan) -> str:
    return "" if found.step is None else " ".join(sorted(found.step.desktop_ids))


# state, the desktops' states, the desktops that are due, the states afterwards
CASES = [
    ("started", "", "", None),
    ("started", "aa", "", None),
    ("started", "ashe-", "d2 d3", {ACTIVE: 3, ERROR: 1}),
    ("started", "ae", "", None),
    ("stopped", "ss", "", None),
    ("stopped", "ashe-", "d1 d3", {SHUTOFF: 3, ERROR: 1}),
    ("hibernated", "hh", "", None),
    ("hibernated", "ashe-", "d1", {ERROR: 1, HIBERNATED: 2, SHUTOFF: 1}),
    ("hibernated", "ss", "", None),
]


@pytest.mark.parametrize(("state", "desktops", "ids", "after"), CASES)
def test_what_is_due_and_what_it_changes(state: str, desktops: str, ids: str, after: dict[str, int] | None) -> None:
    found = plan(state, desktops)
    assert due(found) == ids
    if after is None:
        assert (found.step, found.before, found.after) == (None, {}, {})
        return
    now = Counter(OF_LETTER[letter] for letter in desktops if letter != "-")
    assert (found.before, found.after) == ({"desktops_by_status": dict(now)}, {"desktops_by_status": after})


def test_a_reboot_is_due_wherever_a_desktop_runs_and_only_once() -> None:
    found = plan("rebooted", "ashe-a")
    assert due(found) == "d1 d6"
    assert (found.before, found.after) == ({}, {"desktops_rebooted": 2})
    assert found.step is not None
    once = CHANGES["rebooted"]().once_done(found.step, found.step.desktop_ids)
    assert once.plan(Observation(a_pool(), (a_desktop("d1"), a_desktop("d6")))).step is None


@pytest.mark.parametrize(
    ("state", "desktops", "word"),
    [
        ("started", "s", "os-start"),
        ("stopped", "a", "os-stop"),
        ("rebooted", "a", "reboot"),
        ("hibernated", "a", "hibernate"),
    ],
)
def test_the_request_says_what_was_asked_for(state: str, desktops: str, word: str) -> None:
    soft, hard = plan(state, desktops).step, plan(state, desktops, force=True).step
    assert soft is not None
    assert hard is not None
    assert (soft.body, hard.body) == ({"op_type": word}, {"op_type": word, "type": "HARD"})


def said(state: str, *desktops: Any) -> list[str]:
    found = CHANGES[state]().plan(Observation(a_pool(), desktops)).warnings
    return [text.removeprefix("pool finance-win10: ") for text in found]


@pytest.mark.parametrize(
    ("state", "what"),
    [
        ("stopped", "to stop, and their unsaved work is lost: D1, D2."),
        ("rebooted", "to reboot, and their unsaved work is lost: D1, D2."),
        ("hibernated", "to hibernate, and they are cut off, while their work is kept: D1, D2."),
    ],
)
def test_users_who_are_logged_in_are_warned_of(state: str, what: str) -> None:
    users = [a_desktop("d1", login_status="CONNECTED"), a_desktop("d2", login_status="DISCONNECTED")]
    assert said(state, *users, a_desktop("d3")) == [f"users are logged in on 2 of the 3 desktops {what}"]


def test_a_start_harms_nobody() -> None:
    assert said("started", a_desktop("d1", login_status="CONNECTED"), a_desktop("d2", status=SHUTOFF)) == []


@pytest.mark.parametrize("state", ["started", "stopped", "hibernated"])
def test_desktops_in_error_are_named_also_when_nothing_else_is_left_to_do(state: str) -> None:
    status = {"started": ACTIVE, "stopped": SHUTOFF, "hibernated": HIBERNATED}[state]
    assert said(state, a_desktop("d1", status=ERROR), a_desktop("d2", status=status)) == [
        "desktops in ERROR are left out: D1."
    ]


def test_what_cannot_be_hibernated_is_named() -> None:
    seen = (a_desktop("d1", status=SHUTOFF), a_desktop("d2", metadata={"os_type": "Linux"}), a_desktop("d3"))
    assert said("hibernated", *seen) == [
        "stopped desktops cannot be hibernated and are left as they are: D1.",
        "desktops of another system than Windows cannot be hibernated and are left as they are: D2.",
    ]
    assert due(CHANGES["hibernated"]().plan(Observation(a_pool(), seen))) == "d3"


def test_a_pool_of_another_system_is_not_hibernated() -> None:
    with pytest.raises(InputError, match="only Windows desktops can be hibernated, and the pool's system is Linux"):
        plan("hibernated", "ss", image_os_type="Linux")
    assert due(plan("hibernated", "a", image_os_type="windows")) == "d1"
    assert due(plan("stopped", "a", image_os_type="Linux")) == "d1"


def test_a_pool_of_which_nothing_runs_is_not_rebooted() -> None:
    found = plan("rebooted", "sh")
    assert found.step is None
    assert found.warnings == ("pool finance-win10: none of its desktops runs, so none is rebooted.",)


def test_a_desktop_is_done_when_it_has_come_to_rest() -> None:
    change = CHANGES["started"]()
    step = plan("started", "sssss").step
    assert step is not None
    seen = (
        a_desktop("d1"),
        a_desktop("d2", task_status="powering-on"),
        a_desktop("d3", status=SHUTOFF),
        a_desktop("d4", status=ERROR),
        a_desktop("d5", task_status="deleting"),
        a_desktop("d6", status=SHUTOFF),
    )
    assert change.missing(step, Observation(a_pool(), seen)) == ({"d2", "d3", "d4"}, False)


@pytest.mark.parametrize("status", ["FAIL", "COMPLETE"])
def test_failures_of_desktops_that_were_not_due_are_none(status: str) -> None:
    step = plan("stopped", "as").step
    assert step is not None
    parts = [
        {"id": name, "status": result, "entities": {"desktop_id": name}}
        for name, result in (("d1", "SUCCESS"), ("d2", "FAILED"))
    ]
    job = Job.from_service({"id": "j", "status": status, "sub_jobs": parts, "sub_jobs_total": 2})
    CHANGES["stopped"]().judge(step, job).raise_for_failure()
    unnamed = Job.from_service({"id": "j", "status": status, "sub_jobs": [{"id": "x", "status": "FAILED"}]})
    with pytest.raises(JobFailedError):
        CHANGES["stopped"]().judge(step, unnamed).raise_for_failure()


# Carrying it out.


class PoweredPool(OnePool):
    """The pool with states of desktops in the place of images.

    :param needless: what becomes of desktops that an action finds in its state: SUCCESS, FAILED or None (left out).
    :param task_for: seconds after a job's end in which a desktop's task_status still names a task.
    """

    needless: str | None = "SUCCESS"
    task_for = 0.0
    job_type = "executeDesktopsAction"

    def __post_init__(self) -> None:
        """Answer what differs from the pool of images first."""
        self.service.on("GET", f"{BASE}/desktops/detail", self._read(self._powered))
        self.service.on("POST", f"{POOL_PATH}/action", self._change)
        super().__post_init__()
        self.images = {"d1": ACTIVE, "d2": SHUTOFF, "d3": ACTIVE}
        self.acted: Counter[str] = Counter()
        self.broken: set[str] = set()

    def begin(self, request: Request) -> RunningJob:
        """Begin an action on every desktop."""
        action = request.json()["op_type"]
        needless = {name for name in self.images if self._has_nothing_to_do(name, action)}
        chosen = [name for name in self.images if name not in needless or self.needless is not None]
        job = self.begin_job(self.job_type, chosen, STATUS[action], moves_template=False)
        job.results.update({name: self.needless for name in needless if self.needless and name in job.results})
        # What has nothing to do stays as it is, whatever its part of the job says.
        for name in needless & set(job.results):
            if job.results[name] == "SUCCESS":
                job.results[name] = "SUCCESS " + self.images[name]
        self.acted.update(name for name, result in job.results.items() if result == "SUCCESS")
        return job

    def _has_nothing_to_do(self, name: str, action: str) -> bool:
        if action in ("reboot", "hibernate") and self.images[name] != ACTIVE:
            return True
        return action != "reboot" and self.images[name] == STATUS[action]

    def _parts(self, job: RunningJob) -> list[dict[str, Any]]:
        return [{**part, "status": part["status"].partition(" ")[0]} for part in super()._parts(job)]

    def _powered(self, request: Request) -> dict[str, Any]:
        now = self.clock.now()
        busy = {
            name
            for job in self.jobs
            if now < job.ends + self.task_for
            for name, result in job.results.items()
            if result == "SUCCESS"
        }
        found = [
            desktop_record(
                name,
                status=ERROR if name in self.broken and name not in busy else status,
                task_status="powering" if name in busy else "",
            )
            for name, status in self.images.items()
        ]
        return {"desktops": found, "total_count": len(found)}


@pytest.fixture
def pool(service: ScriptedService, clock: HandClock) -> PoweredPool:
    """Return a pool of which two desktops run and one is stopped."""
    return PoweredPool(service, clock)


def engine(pool: PoweredPool, warnings: list[str] | None = None, **options: Any) -> Engine:
    return Engine(pool.session(), lambda line: None, (warnings if warnings is not None else []).append, **options)


def power(pool: PoweredPool, state: str, **options: Any) -> Outcome:
    return engine(pool, **options).carry_out(CHANGES[state](), pool.seen())


# state, what has to be true of the three desktops at the end, and which of them are acted on
ENDS = [
    ("started", {"d1": ACTIVE, "d2": ACTIVE, "d3": ACTIVE}, {"d2": 1}),
    ("stopped", {"d1": SHUTOFF, "d2": SHUTOFF, "d3": SHUTOFF}, {"d1": 1, "d3": 1}),
    ("hibernated", {"d1": HIBERNATED, "d2": SHUTOFF, "d3": HIBERNATED}, {"d1": 1, "d3": 1}),
    ("rebooted", {"d1": ACTIVE, "d2": SHUTOFF, "d3": ACTIVE}, {"d1": 1, "d3": 1}),
]


@pytest.mark.parametrize("needless", ["SUCCESS", "FAILED", None])
@pytest.mark.parametrize("job_type", ["executeDesktopsAction", "operateDesktops", "somethingElse"])
@pytest.mark.parametrize(("state", "end", "acted"), ENDS)
def test_every_reading_ends_in_the_state_with_one_request(
    pool: PoweredPool, state: str, end: dict[str, str], acted: dict[str, int], needless: str | None, job_type: str
) -> None:
    pool.needless, pool.job_type = needless, job_type
    predicted = engine(pool).predict(CHANGES[state](), pool.seen())
    assert pool.posts() == []
    outcome = power(pool, state)
    assert predicted.result()["diff"] == outcome.result()["diff"]
    assert (predicted.changed, outcome.changed, outcome.adopted) == (True, True, False)
    assert outcome.result()["desktops_failed"] == []
    assert set(acted) <= set(outcome.result()["desktops_succeeded"])
    assert (pool.images, pool.acted, len(pool.posts())) == (end, acted, 1)
    again = power(pool, state)
    assert again.changed == (state == "rebooted")
    assert len(pool.posts()) == (2 if state == "rebooted" else 1)


@pytest.mark.parametrize("state", STATES)
def test_a_lost_answer_is_followed_to_the_end_and_nothing_done_twice(pool: PoweredPool, state: str) -> None:
    pool.fates = [answer_lost]
    outcome = power(pool, state)
    assert (outcome.changed, outcome.result()["job_id"], len(pool.posts())) == (True, "job-1", 1)
    assert set(pool.acted.values()) == {1}


def test_a_reboot_without_a_trace_is_unknown_and_never_sent_again(pool: PoweredPool) -> None:
    pool.fates = [never_arrived]
    with pytest.raises(OutcomeUnknownError) as failed:
        power(pool, "rebooted")
    assert "reboot: " in str(failed.value)
    assert "unknown" in str(failed.value)
    assert len(pool.posts()) == 1


def test_a_stop_without_a_trace_is_sent_once_more(pool: PoweredPool) -> None:
    pool.fates = [never_arrived]
    assert power(pool, "stopped").changed
    assert len(pool.posts()) == 2
    assert set(pool.images.values()) == {SHUTOFF}


@pytest.mark.parametrize("state", ["stopped", "rebooted"])
def test_desktops_that_come_to_rest_long_after_the_job_are_waited_for(
    pool: PoweredPool, clock: HandClock, state: str
) -> None:
    pool.task_for = 400
    assert power(pool, state).changed
    assert clock.now() >= pool.jobs[0].ends + 400
    assert len(pool.posts()) == 1


def test_a_reboot_that_shows_just_as_the_time_is_up_is_looked_at_once_more(pool: PoweredPool) -> None:
    pool.task_for = 602
    assert power(pool, "rebooted").changed


def test_a_reboot_is_believed_when_it_shows_twice_in_a_row(pool: PoweredPool) -> None:
    power(pool, "rebooted")
    last = [request.path for request in pool.service.requests if request.path.endswith(("detail", "job-1"))][-3:]
    assert [path.rpartition("/")[2] for path in last] == ["job-1", "detail", "detail"]


@pytest.mark.parametrize(("state", "name"), [("started", "d2"), ("rebooted", "d3")])
def test_a_desktop_that_ends_in_error_fails_the_task(pool: PoweredPool, state: str, name: str) -> None:
    def breaks(model: OnePool, request: Request) -> Behaviour:
        pool.broken = {name}
        return carried_out(model, request)

    pool.fates = [breaks]
    with pytest.raises(JobFailedError, match=f"600 s later it does not show on {name.upper()}"):
        power(pool, state)


def test_a_desktop_that_fails_is_started_by_the_next_run(pool: PoweredPool) -> None:
    pool.images, pool.failing = {"d1": SHUTOFF, "d2": SHUTOFF}, {"d2"}
    with pytest.raises(JobFailedError, match="1 of 2 desktops failed") as failed:
        power(pool, "started")
    assert [entry["desktop_id"] for entry in failed.value.result_fields()["desktops_failed"]] == ["d2"]
    pool.failing = set()
    assert power(pool, "started").result()["diff"]["before"] == {"desktops_by_status": {ACTIVE: 1, SHUTOFF: 1}}
    assert pool.acted == {"d1": 1, "d2": 1}


@pytest.mark.parametrize("state", ["stopped", "rebooted"])
def test_desktops_that_the_service_passes_over_are_named(pool: PoweredPool, state: str) -> None:
    pool.left_out = {"d3"}
    with pytest.raises(JobFailedError, match="D3") as failed:
        power(pool, state)
    assert "D1" not in str(failed.value)
    assert failed.value.result_fields()["changed"] is True
    assert pool.acted["d1"] == 1
    assert len(pool.posts()) == (2 if state == "stopped" else 1)


def test_a_job_that_leads_to_the_state_is_adopted(pool: PoweredPool) -> None:
    pool.begin_job("executeDesktopsAction", ["d1", "d3"], SHUTOFF, moves_template=False)
    outcome = power(pool, "stopped")
    assert (outcome.adopted, outcome.changed, pool.posts()) == (True, False, [])
    assert outcome.result()["job_id"] == "job-1"


def test_a_reboot_waits_for_a_running_job_and_no_longer(pool: PoweredPool, clock: HandClock) -> None:
    before = pool.begin_job("executeDesktopsAction", ["d2"], ACTIVE, moves_template=False)
    outcome = power(pool, "rebooted")
    assert outcome.result()["diff"]["after"] == {"desktops_rebooted": 3}
    assert before.ends <= pool.jobs[1].begins < before.ends + 20


def test_what_is_left_as_it_is_is_said_also_where_nothing_is_sent(pool: PoweredPool) -> None:
    pool.images = {"d1": HIBERNATED, "d2": SHUTOFF}
    for way in ("predict", "carry_out"):
        warnings: list[str] = []
        outcome = getattr(engine(pool, warnings), way)(CHANGES["hibernated"](), pool.seen())
        assert not outcome.changed
        assert warnings == ["pool finance-win10: stopped desktops cannot be hibernated and are left as they are: D2."]
    assert pool.posts() == []


def test_without_wait_a_task_ends_when_its_request_is_accepted(pool: PoweredPool, clock: HandClock) -> None:
    outcome = power(pool, "stopped", wait=False)
    assert (outcome.changed, outcome.result()["job_id"], clock.pauses) == (True, "job-1", [])
    assert power(pool, "stopped").adopted
    assert len(pool.posts()) == 1
