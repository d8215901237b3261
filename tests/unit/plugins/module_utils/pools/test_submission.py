# Copyright (c) 2026 the hwcloud.workspace contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Submission: a change is carried out once, whatever becomes of the answer."""

from __future__ import annotations

import contextlib
from typing import Any

import pytest

from ansible_collections.hwcloud.workspace.plugins.module_utils.client.errors import (
    ConflictError,
    ForbiddenError,
    NetworkError,
    OutcomeUnknownError,
    RefusedError,
)
from ansible_collections.hwcloud.workspace.plugins.module_utils.pools.change import Change, Observation, Submission
from ansible_collections.hwcloud.workspace.plugins.module_utils.pools.notification import Notification
from ansible_collections.hwcloud.workspace.plugins.module_utils.pools.rebuild import Rebuild
from ansible_collections.hwcloud.workspace.plugins.module_utils.pools.scope import Scope
from ansible_collections.hwcloud.workspace.plugins.module_utils.pools.submission import (
    QUIET_TIME,
    may_be_of,
    submit,
)
from ansible_collections.hwcloud.workspace.tests.unit.plugins.module_utils.pools.one_pool import (
    CONFLICT,
    OnePool,
    answer_lost,
    answered,
    carried_out,
    never_arrived,
)
from ansible_collections.hwcloud.workspace.tests.unit.plugins.module_utils.pools.samples import NEW, OLD
from ansible_collections.hwcloud.workspace.tests.unit.plugins.module_utils.scripted_service import (
    Behaviour,
    HandClock,
    Reply,
    Request,
    ScriptedService,
)

REBUILD = Rebuild(NEW, {"image_id": NEW}, Scope())


@pytest.fixture
def pool(service: ScriptedService, clock: HandClock) -> OnePool:
    """Return a pool whose two desktops have the old image."""
    return OnePool(service, clock)


def send(pool: OnePool, change: Change = REBUILD, notes: list[str] | None = None, **params: Any) -> Submission:
    session = pool.session(**params)

    def observe() -> Observation:
        return change.observe(session, pool.seen())

    step = change.plan(observe()).step
    assert step is not None
    known = frozenset(job.id for job in pool.jobs)
    told = (notes if notes is not None else []).append
    return submit(session, change, step, pool.seen(), known_work=known, observe=observe, note=told)


def test_a_request_that_is_answered_is_sent_once(pool: OnePool) -> None:
    notes: list[str] = []
    assert send(pool, notes=notes) == Submission("job-1")
    assert pool.posts() == [{}]
    assert notes == []


@pytest.mark.parametrize("hidden_for", [0, 5, 50])
def test_the_job_of_a_lost_answer_is_found_and_the_request_not_sent_again(pool: OnePool, hidden_for: float) -> None:
    pool.fates, pool.hidden_for = [answer_lost], hidden_for
    notes: list[str] = []
    assert send(pool, notes=notes) == Submission("job-1")
    assert pool.posts() == [{}]
    assert notes == ["looks for the job, since the answer to its request was lost"]


@pytest.mark.parametrize("reply", [Reply(500), Reply(502, "<html>"), Reply(504), Reply(200, "<html>portal</html>")])
def test_an_answer_that_cannot_be_read_is_a_lost_one(pool: OnePool, reply: Reply) -> None:
    def committed(pool: OnePool, request: Request) -> Behaviour:
        pool.begin(request)
        return reply

    pool.fates = [committed]
    assert send(pool) == Submission("job-1")
    assert len(pool.posts()) == 1


def test_a_request_that_left_no_trace_for_a_minute_is_sent_once_more(pool: OnePool, clock: HandClock) -> None:
    pool.fates = [never_arrived, carried_out]
    began = clock.now()
    assert send(pool) == Submission("job-1")
    assert clock.now() - began >= QUIET_TIME
    assert len(pool.posts()) == 2


def test_a_request_that_is_lost_twice_without_a_trace_ends_in_what_is_unknown(pool: OnePool) -> None:
    pool.fates = [never_arrived, never_arrived, carried_out]
    with pytest.raises(
        OutcomeUnknownError, match="is unknown: .* No job and no effect of it appeared within 60 s"
    ) as lost:
        send(pool)
    assert "before you run the task again" in str(lost.value)
    assert len(pool.posts()) == 2


def test_an_effect_without_a_job_is_a_trace(pool: OnePool) -> None:
    pool.fates, pool.hidden_for, pool.duration = [answer_lost], 10**6, 10
    assert send(pool) == Submission(None)
    assert len(pool.posts()) == 1


@pytest.mark.parametrize("retries", [0, 5])
def test_a_minute_in_which_nothing_could_be_looked_at_is_no_quiet_one(
    pool: OnePool, clock: HandClock, retries: int
) -> None:
    def lost_and_down(pool: OnePool, request: Request) -> Behaviour:
        down_since = clock.now()
        pool.reads_fail = lambda now: now < down_since + 3 * QUIET_TIME
        return answer_lost(pool, request)

    pool.fates = [lost_and_down]
    with contextlib.suppress(OutcomeUnknownError):  # as right as finding it when the service is back
        send(pool, max_retries=retries)
    assert len(pool.posts()) == 1, "sent again although nobody could tell whether it was carried out"


def test_a_service_that_stays_down_leaves_the_outcome_unknown(pool: OnePool, clock: HandClock) -> None:
    def lost_and_down(pool: OnePool, request: Request) -> Behaviour:
        pool.reads_fail = lambda now: True
        return answer_lost(pool, request)

    pool.fates = [lost_and_down]
    with pytest.raises(OutcomeUnknownError, match="is unknown"):
        send(pool)
    assert len(pool.posts()) == 1


def test_an_effect_that_was_seen_is_not_forgotten_when_the_last_look_fails(pool: OnePool, clock: HandClock) -> None:
    def lost_and_down_late(pool: OnePool, request: Request) -> Behaviour:
        sent_at = clock.now()
        pool.reads_fail = lambda now: sent_at + QUIET_TIME - 4 < now < sent_at + QUIET_TIME + 30
        return answer_lost(pool, request)

    pool.fates, pool.hidden_for, pool.duration = [lost_and_down_late], 10**6, 10
    assert send(pool) == Submission(None)
    assert len(pool.posts()) == 1


def test_looks_that_fail_for_a_while_do_not_end_the_search(pool: OnePool, clock: HandClock) -> None:
    began = clock.now()
    pool.fates = [answer_lost]
    pool.reads_fail = lambda now: began < now < began + 40
    assert send(pool) == Submission("job-1")
    assert len(pool.posts()) == 1


def test_jobs_that_were_there_before_and_jobs_of_another_kind_are_not_taken_for_ours(pool: OnePool) -> None:
    pool.begin_job("rebuildDesktopPool", [], OLD)

    def lost_beside_another(pool: OnePool, request: Request) -> Behaviour:
        pool.begin_job("attachDesktopPool", ["d1"], "", moves_template=False)
        pool.begin(request)
        return never_arrived(pool, request)

    pool.fates = [lost_beside_another]
    assert send(pool) == Submission("job-3")


def test_a_job_that_was_there_before_is_no_trace_of_a_request_that_never_arrived(pool: OnePool) -> None:
    pool.begin_job("rebuildDesktopPool", ["d1", "d2"], OLD, moves_template=False)
    pool.fates = [never_arrived, carried_out]
    assert send(pool) == Submission("job-2")
    assert len(pool.posts()) == 2


def test_of_several_new_jobs_the_one_on_the_same_desktops_is_taken(pool: OnePool) -> None:
    def lost_among_others(pool: OnePool, request: Request) -> Behaviour:
        pool.begin(request)
        pool.begin_job("rebuildDesktopPool", ["d9"], NEW)
        return never_arrived(pool, request)

    pool.fates = [lost_among_others]
    assert send(pool) == Submission("job-1")


def test_an_acceptance_without_a_job_is_never_sent_again(pool: OnePool) -> None:
    pool.fates = [answered(Reply(200, {}))]
    assert send(pool) == Submission(None)
    assert len(pool.posts()) == 1


def test_a_conflict_is_handed_on_at_once(pool: OnePool, clock: HandClock) -> None:
    pool.fates = [answered(CONFLICT)]
    with pytest.raises(ConflictError):
        send(pool)
    assert clock.pauses == []


@pytest.mark.parametrize(
    ("code", "kind"), [("WKS.00170117", RefusedError), ("WKS.00010032", ConflictError)], ids=["refusal", "conflict"]
)
def test_an_error_that_hides_in_a_200_is_what_its_code_says(pool: OnePool, code: str, kind: type[RefusedError]) -> None:
    pool.fates = [answered(Reply(200, {"error_code": code, "error_msg": "no"}))]
    with pytest.raises(kind, match=rf"^RebuildDesktopPool was refused: no \({code}\)\."):
        send(pool)
    assert len(pool.posts()) == 1


def test_a_refusal_is_handed_on_and_nothing_looked_for(pool: OnePool, clock: HandClock) -> None:
    pool.fates = [answered(Reply(403, {"error_code": "x", "error_msg": "denied"}))]
    with pytest.raises(ForbiddenError):
        send(pool)
    assert clock.pauses == []


def test_a_service_that_cannot_be_reached_was_sent_nothing(pool: OnePool) -> None:
    session = pool.session()
    step = REBUILD.plan(REBUILD.observe(session, pool.seen())).step
    assert step is not None
    gone = ScriptedService()
    gone.close()
    elsewhere = OnePool(gone, pool.clock).session()
    with pytest.raises(NetworkError, match="Nothing was changed"):
        submit(
            elsewhere,
            REBUILD,
            step,
            pool.seen(),
            known_work=frozenset(),
            observe=lambda: Observation(pool.seen(), None),
            note=print,
        )


def test_a_notice_whose_answer_was_lost_is_never_shown_twice(pool: OnePool) -> None:
    pool.fates = [never_arrived, carried_out]
    with pytest.raises(OutcomeUnknownError):
        send(pool, Notification("hello"))
    assert len(pool.posts()) == 1


def test_the_job_of_a_notice_whose_answer_was_lost_is_found(pool: OnePool) -> None:
    pool.fates = [answer_lost]
    assert send(pool, Notification("hello")) == Submission("job-1")


@pytest.mark.parametrize(
    ("job_type", "may_be"),
    [
        ("rebuildDesktopPool", True),
        ("rebuildDesktopss", True),
        ("aTypeThatNoSourceNames", True),
        ("rebuildDesktops", False),
        ("expandDesktopPool", False),
        ("executeDesktopsAction", False),
    ],
)
def test_a_job_of_a_type_that_is_certainly_anothers_is_not_ours(job_type: str, may_be: bool) -> None:
    assert may_be_of(REBUILD, job_type) is may_be
