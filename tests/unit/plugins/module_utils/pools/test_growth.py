# Copyright (c) 2026 the hwcloud.workspace contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Growth: what is lacking is asked for, counted anew each time, and never asked for twice."""

from __future__ import annotations

import pytest

from ansible_collections.hwcloud.workspace.plugins.module_utils.client.errors import (
    BusyError,
    ConflictError,
    JobFailedError,
    OutcomeUnknownError,
)
from ansible_collections.hwcloud.workspace.plugins.module_utils.client.jobs import Job, SubJob, group_jobs
from ansible_collections.hwcloud.workspace.plugins.module_utils.pools.change import Observation, Plan
from ansible_collections.hwcloud.workspace.plugins.module_utils.pools.growth import Growth
from ansible_collections.hwcloud.workspace.tests.unit.plugins.module_utils.pools.pool_life import (
    CONFLICT,
    PoolLife,
    answer_lost,
    answered,
    never_arrived,
)
from ansible_collections.hwcloud.workspace.tests.unit.plugins.module_utils.pools.samples import (
    USER_C3,
    a_desktop,
    a_pool,
)
from ansible_collections.hwcloud.workspace.tests.unit.plugins.module_utils.scripted_service import (
    HandClock,
    ScriptedService,
)

AUTOSCALED = "pool finance-win10: autoscaling is on, so the number of its desktops moves by itself."


def plan(present: int, wanted: int, **fields: object) -> Plan:
    return Growth(wanted).plan(Observation(a_pool(desktop_count=present, **fields), None))


@pytest.mark.parametrize(
    ("present", "wanted", "size", "steps"),
    [(0, 1, 1, 1), (2, 5, 3, 1), (0, 1000, 1000, 1), (0, 1001, 1000, 2), (3, 2500, 1000, 3)],
)
def test_what_is_lacking_is_asked_for_in_requests_of_a_thousand(
    present: int, wanted: int, size: int, steps: int
) -> None:
    found = plan(present, wanted)
    assert found.step is not None
    assert dict(found.step.body) == {"size": size}
    assert found.steps == steps
    assert (found.before, found.after) == ({"desktop_count": present}, {"desktop_count": wanted})
    assert found.pool_after is not None
    assert found.pool_after["desktop_count"] == wanted
    assert found.warnings == ()


def test_enough_is_enough() -> None:
    assert plan(2, 2) == Plan(None)
    assert plan(0, 0) == Plan(None)


def test_a_pool_that_has_more_keeps_it_and_that_is_said() -> None:
    found = plan(5, 2)
    assert found.step is None
    assert found.warnings == (
        "pool finance-win10: it has 5 desktops instead of 2; desktops are only ever added, so it keeps them.",
    )


@pytest.mark.parametrize(("wanted", "warnings"), [(9, (AUTOSCALED,)), (5, ()), (2, (AUTOSCALED,))])
def test_a_pool_that_scales_by_itself_is_warned_of_where_its_number_differs(
    wanted: int, warnings: tuple[str, ...]
) -> None:
    assert plan(5, wanted, enable_autoscale=True).warnings == warnings


@pytest.fixture
def life(service: ScriptedService, clock: HandClock) -> PoolLife:
    """Return a pool of two desktops."""
    return PoolLife(service, clock)


@pytest.mark.parametrize("early", [True, False])
def test_a_pool_grows_and_a_second_run_finds_it_grown(life: PoolLife, early: bool) -> None:
    life.early = early
    outcome = life.engine().carry_out(Growth(5), life.seen())
    assert life.sent() == [("expand", {"size": 3})]
    result = outcome.result()
    assert (result["changed"], result["job_id"], result["adopted"]) == (True, "job-1", False)
    assert result["desktops_succeeded"] == ["n1", "n2", "n3"]
    assert result["desktop_pool"]["desktop_count"] == 5
    before = len(life.service.requests)
    again = life.engine().carry_out(Growth(5), life.seen())
    assert not again.changed
    assert len(life.service.requests) - before == 2
    assert life.engine().predict(Growth(5), life.seen()).result()["diff"] == {"before": {}, "after": {}}


def test_check_mode_predicts_number_and_difference(life: PoolLife) -> None:
    predicted = life.engine().predict(Growth(5), life.seen())
    assert life.sent() == []
    outcome = life.engine().carry_out(Growth(5), life.seen())
    assert predicted.result()["diff"] == outcome.result()["diff"]
    assert predicted.result()["desktop_pool"]["desktop_count"] == 5


def test_many_desktops_take_several_requests_one_after_the_other(life: PoolLife) -> None:
    outcome = life.engine().carry_out(Growth(2102), life.seen())
    assert [body for _end, body in life.sent()] == [{"size": 1000}, {"size": 1000}, {"size": 100}]
    assert [job.begins for job in life.jobs[1:]] >= [job.ends for job in life.jobs[:-1]]
    assert len(outcome.desktops_succeeded) == 2100
    assert outcome.result()["diff"] == {"before": {"desktop_count": 2}, "after": {"desktop_count": 2102}}


def test_without_wait_the_first_request_is_sent_and_the_rest_is_told_of(life: PoolLife) -> None:
    outcome = life.engine(wait=False).carry_out(Growth(1502), life.seen())
    assert outcome.result()["job_id"] == "job-1"
    assert life.sent() == [("expand", {"size": 1000})]
    assert [text for text in life.warnings if "1 of 2 requests were not sent" in text]
    with pytest.raises(BusyError, match="job-1 \\(expandDesktopPool\\) still runs"):
        life.engine(wait=False).carry_out(Growth(1502), life.seen())


@pytest.mark.parametrize("early", [True, False])
@pytest.mark.parametrize("status", ["TEMPORARY", "STEADY"])
@pytest.mark.parametrize("job_type", ["expandDesktopPool", "createDesktopPool"])
def test_a_job_that_already_adds_the_desktops_is_adopted(
    life: PoolLife, early: bool, status: str, job_type: str
) -> None:
    life.early, life.status_during_job = early, status
    life.begin(job_type, life.new(3))
    outcome = life.engine().carry_out(Growth(5), life.seen())
    assert life.sent() == []
    assert (outcome.changed, outcome.adopted, outcome.result()["job_id"]) == (False, True, "job-1")
    assert outcome.desktops_succeeded == ["n1", "n2", "n3"]
    assert set(life.desktops.values()) == {"ACTIVE"}


def test_what_another_job_leaves_lacking_is_added_after_it(life: PoolLife) -> None:
    life.begin("expandDesktopPool", life.new(2))
    outcome = life.engine().carry_out(Growth(6), life.seen())
    assert life.sent() == [("expand", {"size": 2})]
    assert (outcome.changed, outcome.adopted) == (True, False)
    assert life.jobs[1].begins >= life.jobs[0].ends


@pytest.mark.parametrize("status", ["TEMPORARY", "STEADY"])
def test_another_kind_of_job_of_a_pool_that_is_large_enough_is_not_adopted(life: PoolLife, status: str) -> None:
    life.status_during_job = status
    life.begin("deleteDesktops", [])
    assert not life.engine().carry_out(Growth(2), life.seen()).adopted


@pytest.mark.parametrize(("keeps_failed", "next_request"), [(True, []), (False, [("expand", {"size": 1})])])
def test_a_desktop_that_cannot_be_made_fails_the_task_and_the_next_run_counts_again(
    life: PoolLife, keeps_failed: bool, next_request: list[object]
) -> None:
    life.failing, life.keeps_failed = 1, keeps_failed
    with pytest.raises(JobFailedError, match="finance-win10: expand: 1 of 3 desktops failed in job job-1") as failed:
        life.engine().carry_out(Growth(5), life.seen())
    fields = failed.value.result_fields()
    assert (fields["changed"], fields["desktops_succeeded"]) == (True, ["n1", "n2"])
    assert [entry["desktop_id"] for entry in fields["desktops_failed"]] == ["n3"]
    assert life.engine().carry_out(Growth(5), life.seen()).changed is bool(next_request)
    assert life.sent()[1:] == next_request


def test_a_job_that_is_adopted_fails_the_task_as_well_if_a_desktop_of_it_failed(life: PoolLife) -> None:
    life.failing = 1
    life.begin("expandDesktopPool", life.new(3))
    with pytest.raises(JobFailedError, match="1 of 3 desktops failed in job job-1") as failed:
        life.engine().carry_out(Growth(5), life.seen())
    fields = failed.value.result_fields()
    assert (fields["changed"], fields["adopted"]) == (False, False)
    assert [entry["desktop_id"] for entry in fields["desktops_failed"]] == ["n3"]
    assert life.sent() == []


@pytest.mark.parametrize("autoscale", [False, True])
def test_a_lost_answer_is_settled_by_the_job(life: PoolLife, autoscale: bool) -> None:
    life.attributes["enable_autoscale"] = autoscale
    life.fates = [answer_lost]
    outcome = life.engine().carry_out(Growth(5), life.seen())
    assert life.sent() == [("expand", {"size": 3})]
    assert (outcome.changed, outcome.result()["job_id"]) == (True, "job-1")


def test_a_lost_answer_without_any_job_is_settled_by_the_count(life: PoolLife) -> None:
    life.fates, life.hidden_for, life.early = [answer_lost], 10**6, False
    assert life.engine().carry_out(Growth(5), life.seen()).changed
    assert life.sent() == [("expand", {"size": 3})]


@pytest.mark.parametrize("autoscale", [False, True])
def test_a_request_that_never_arrived_is_sent_once_more(life: PoolLife, autoscale: bool) -> None:
    life.attributes["enable_autoscale"] = autoscale
    life.fates = [never_arrived]
    assert life.engine().carry_out(Growth(5), life.seen()).changed
    assert life.sent() == [("expand", {"size": 3})] * 2
    assert len(life.desktops) == 5


def test_a_request_that_stays_unknown_says_so(life: PoolLife) -> None:
    life.fates = [never_arrived, never_arrived]
    with pytest.raises(OutcomeUnknownError, match="unknown"):
        life.engine().carry_out(Growth(5), life.seen())


def test_a_pool_that_shrinks_by_itself_after_the_job_is_not_filled_up_again(life: PoolLife) -> None:
    life.attributes["enable_autoscale"] = True

    def shrinks(again: PoolLife, request: object) -> object:
        reply = again.carry_out(request)  # type: ignore[arg-type]
        del again.desktops["d1"]
        return reply

    life.fates = [shrinks]  # type: ignore[list-item]
    outcome = life.engine().carry_out(Growth(5), life.seen())
    assert outcome.changed
    assert life.sent() == [("expand", {"size": 3})]
    assert life.warnings == [AUTOSCALED]


@pytest.mark.parametrize("status", ["TEMPORARY", "STEADY"])
def test_a_job_that_is_not_listed_yet_is_waited_for(life: PoolLife, status: str) -> None:
    life.hidden_for, life.early, life.status_during_job = 15.0, False, status
    life.making = "spawning" if status == "STEADY" else ""
    life.begin("expandDesktopPool", life.new(2))
    outcome = life.engine().carry_out(Growth(4), life.seen())
    assert (outcome.changed, outcome.adopted) == (False, True)
    assert life.sent() == []
    assert len(life.desktops) == 4


def test_a_pool_that_changes_without_a_job_is_not_waited_for_for_ever(life: PoolLife, clock: HandClock) -> None:
    life.attributes["status"] = "TEMPORARY"
    began = clock.now()
    assert life.engine().carry_out(Growth(4), life.seen()).changed
    assert life.sent() == [("expand", {"size": 2})]
    assert clock.now() - began < 200.0


def test_desktops_that_somebody_else_adds_at_the_same_time_are_told(life: PoolLife) -> None:
    def another_too(again: PoolLife, request: object) -> object:
        again.begin("expandDesktopPool", again.new(2))
        return again.carry_out(request)  # type: ignore[arg-type]

    life.fates = [another_too]  # type: ignore[list-item]
    assert life.engine().carry_out(Growth(4), life.seen()).changed
    (warning,) = life.warnings
    assert warning.startswith("pool finance-win10: it has 6 desktops instead of 4; somebody else has added some")


def test_a_pool_that_is_refused_as_busy_may_be_in_maintenance(life: PoolLife) -> None:
    life.fates = [answered(CONFLICT)]
    with pytest.raises(ConflictError, match="maintenance mode; if so, switch it off"):
        life.engine(wait=False).carry_out(Growth(4), life.seen())


def job(job_id: str, begin_time: str, *desktop_ids: str) -> Job:
    """Return a growth that has ended."""
    common = {"job_id": job_id, "job_type": "expandDesktopPool", "status": "SUCCESS", "begin_time": begin_time}
    (found,) = group_jobs(
        SubJob.from_service({**common, "id": f"{job_id}-{name}", "entities": {"desktop_id": name}})
        for name in desktop_ids
    )
    return found


OLD_JOB = job("j0", "2026-03-01 08:00:00", "d1")
EARLY = job("j2", "2026-03-02 08:00:00", "d2", "d3")
LATE = job("j1", "2026-03-02 08:00:00.500", "d4", "d5")


@pytest.mark.parametrize(
    ("made", "wanted", "users", "jobs", "advice"),
    [
        ("d2 d3", 3, "", [OLD_JOB, EARLY, LATE], "these 2 desktops of the last job, j1 of another task, #: D-4, D-5."),
        ("d4 d5", 3, "", [LATE, OLD_JOB, EARLY], "these 2 desktops of the last job, j1 of this task, #: D-4, D-5."),
        ("d4 d5", 4, "", [EARLY, LATE], "this desktop of the last job, j1 of this task, #: D-5."),
        ("d4 d5", 4, "d5", [EARLY, LATE], "this desktop of the last job, j1 of this task, #: D-4."),
        ("d4 d5", 3, "d5", [EARLY, LATE], "those 2 that are too many."),
        (
            "d4 d5",
            2,
            "",
            [EARLY, LATE],
            "these 3 desktops of the last jobs, j1 of this task and j2 of another task, #: D-3, D-4, D-5.",
        ),
        ("d4 d5", 3, "", [], "those 2 that are too many."),
    ],
)
def test_the_desktops_that_are_too_many_are_those_of_the_last_jobs(
    made: str, wanted: int, users: str, jobs: list[Job], advice: str
) -> None:
    desktops = [
        a_desktop(name, computer_name=name.upper().replace("D", "D-"), **(USER_C3 if name in users.split() else {}))
        for name in ("d1", "d2", "d3", "d4", "d5")
    ]
    growth = Growth(wanted, left=0, made=frozenset(made.split()))
    (warning,) = growth.plan(Observation(a_pool(desktop_count=5), tuple(desktops), jobs=tuple(jobs))).warnings
    assert warning == (
        f"pool finance-win10: it has 5 desktops instead of {wanted}; somebody else has added some at the same time. "
        f"Delete {advice.replace('#', 'unless somebody uses them by now')}"
    )
