# Copyright (c) 2026 the hwcloud.workspace contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The engine: observe, wait while the pool is busy, send what is due, follow it to its effect, and report."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import pytest

from ansible_collections.hwcloud.workspace.plugins.module_utils.client.errors import (
    BusyError,
    ConflictError,
    ForbiddenError,
    InputError,
    JobFailedError,
    JobTimeoutError,
    NotFoundError,
    OutcomeUnknownError,
    WorkspaceError,
)
from ansible_collections.hwcloud.workspace.plugins.module_utils.pools.attributes import Attributes
from ansible_collections.hwcloud.workspace.plugins.module_utils.pools.change import Change
from ansible_collections.hwcloud.workspace.plugins.module_utils.pools.engine import CONFLICT_TIME, Engine, Outcome
from ansible_collections.hwcloud.workspace.plugins.module_utils.pools.notification import Notification
from ansible_collections.hwcloud.workspace.plugins.module_utils.pools.rebuild import Rebuild
from ansible_collections.hwcloud.workspace.plugins.module_utils.pools.scope import ONLY_FOR_EXPAND, Scope
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
    HandClock,
    Reply,
    ScriptedService,
)


@dataclass
class Runner:
    """An engine with a pool, and what it said."""

    pool: OnePool
    lines: list[str] = field(default_factory=list)
    warnings: list[str] = field(default_factory=list)

    def engine(self, **options: Any) -> Engine:
        return Engine(self.pool.session(), self.lines.append, self.warnings.append, **options)

    def carry_out(self, change: Change, **options: Any) -> Outcome:
        return self.engine(**options).carry_out(change, self.pool.seen())

    def fails(self, kind: type[WorkspaceError], change: Change, **options: Any) -> WorkspaceError:
        with pytest.raises(kind) as failed:
            self.carry_out(change, **options)
        assert str(failed.value).startswith("pool finance-win10: ")
        assert "\n" not in str(failed.value)
        return failed.value


@pytest.fixture
def runner(service: ScriptedService, clock: HandClock) -> Runner:
    """Return an engine with a pool whose two desktops have the old image."""
    return Runner(OnePool(service, clock))


def rebuild(scope: Scope | None = None, *, force: bool = False, **fields: Any) -> Rebuild:
    return Rebuild(NEW, {"image_id": NEW, **fields}, scope or Scope(), force=force)


# The plain way.


def test_a_pool_is_brought_to_the_image(runner: Runner) -> None:
    outcome = runner.carry_out(rebuild())
    assert runner.pool.images == {"d1": NEW, "d2": NEW}
    assert runner.pool.posts() == [{}]
    assert outcome.result() == {
        "changed": True,
        "adopted": False,
        "diff": {
            "before": {"image_id": OLD, "desktops_by_image": {OLD: 2}},
            "after": {"image_id": NEW, "desktops_by_image": {NEW: 2}},
        },
        "desktop_pool": runner.pool.record(),
        "job_id": "job-1",
        "job": {
            "id": "job-1",
            "job_type": "rebuildDesktopPool",
            "status": "COMPLETE",
            "begin_time": "",
            "end_time": "",
            "job_error_code": "",
            "fail_reason": "",
            "sub_jobs": {"total": 2, "succeeded": 2, "failed": 0, "running": 0, "waiting": 0},
        },
        "desktops_succeeded": ["d1", "d2"],
        "desktops_failed": [],
    }


def test_a_second_run_costs_one_read_and_sends_nothing(runner: Runner) -> None:
    runner.carry_out(rebuild())
    before = len(runner.pool.service.requests)
    outcome = runner.carry_out(rebuild())
    assert (outcome.changed, outcome.adopted, outcome.result()["diff"]) == (False, False, {"before": {}, "after": {}})
    assert len(runner.pool.service.requests) - before == 1
    assert runner.pool.posts() == [{}]


def test_a_canary_is_followed_by_the_template_and_then_by_the_rest(runner: Runner) -> None:
    runner.pool.images = {"d1": NEW, "d2": OLD, "d3": OLD}
    outcome = runner.carry_out(rebuild(delay_time=5))
    assert runner.pool.posts() == [{"handle_type": ONLY_FOR_EXPAND}, {"is_fix": True, "delay_time": 5}]
    assert outcome.result()["desktops_succeeded"] == ["d2", "d3"]
    assert (runner.pool.template, set(runner.pool.images.values())) == (NEW, {NEW})
    assert outcome.result()["diff"]["before"] == {"image_id": OLD, "desktops_by_image": {NEW: 1, OLD: 2}}


def test_force_acts_once_although_the_desktops_have_the_image(runner: Runner) -> None:
    runner.pool.template, runner.pool.images = NEW, {"d1": NEW, "d2": NEW}
    outcome = runner.carry_out(rebuild(force=True))
    assert outcome.changed
    assert runner.pool.posts() == [{}]
    assert outcome.result()["desktops_succeeded"] == ["d1", "d2"]


def test_records_that_lag_behind_the_job_are_waited_for(runner: Runner) -> None:
    runner.pool.lag = 25
    assert runner.carry_out(rebuild()).changed
    assert runner.pool.posts() == [{}]
    assert runner.pool.seen().image_id == NEW


def test_records_that_never_follow_the_job_fail_the_task(runner: Runner) -> None:
    runner.pool.lag = 10**6
    error = runner.fails(JobFailedError, rebuild())
    assert "job job-1 reports success, but 60 s later it does not show on D1, D2" in str(error)
    assert runner.pool.posts() == [{}]
    assert error.result_fields()["changed"] is True


def test_desktops_that_the_service_passes_over_are_named(runner: Runner) -> None:
    runner.pool.left_out = {"d2"}
    error = runner.fails(JobFailedError, rebuild())
    assert "left out D2" in str(error)
    assert runner.pool.images == {"d1": NEW, "d2": OLD}
    assert runner.pool.posts() == [{}, {"is_fix": True}]


def test_progress_is_told_with_the_pools_name(runner: Runner) -> None:
    runner.carry_out(rebuild())
    assert runner.lines[0] == "finance-win10: recompose 0/2 desktops, 2 running, 0s"
    assert runner.lines[-1].startswith("finance-win10: recompose 2/2 desktops, ")


# Before anything is sent.


def test_an_image_that_the_project_has_not_is_refused_before_anything_is_sent(runner: Runner) -> None:
    error = runner.fails(NotFoundError, Rebuild("nowhere", {"image_id": "nowhere"}, Scope()))
    assert str(error) == (
        "pool finance-win10: recompose: image nowhere is not among the project's images; check image_id, and that the "
        "image is shared with this project. Nothing was changed."
    )
    assert runner.pool.posts() == []


def test_a_desktop_that_the_pool_has_not_is_refused(runner: Runner) -> None:
    error = runner.fails(NotFoundError, rebuild(Scope(None, ("d1", "d8", "d7"))))
    assert "the pool has no desktop with the ID d7, d8; check desktop_ids." in str(error)
    assert error.result_fields()["changed"] is False


def test_a_repair_to_another_image_is_refused(runner: Runner) -> None:
    runner.fails(InputError, Rebuild(NEW, {"image_id": NEW}, Scope(), is_fix=True))
    assert runner.pool.posts() == []


@pytest.mark.parametrize("state", ["fresh", "converged", "canary"])
def test_check_mode_tells_the_same_difference_and_sends_nothing(runner: Runner, state: str) -> None:
    if state == "converged":
        runner.pool.template, runner.pool.images = NEW, {"d1": NEW}
    if state == "canary":
        runner.pool.images = {"d1": NEW, "d2": OLD}
    predicted = runner.engine().predict(rebuild(), runner.pool.seen())
    assert runner.pool.posts() == []
    outcome = runner.carry_out(rebuild())
    assert predicted.result()["diff"] == outcome.result()["diff"]
    assert predicted.changed == outcome.changed == (state != "converged")
    assert predicted.result().keys() == outcome.result().keys()


def test_check_mode_warns_of_a_job_that_would_be_waited_for(runner: Runner) -> None:
    runner.pool.begin_job("expandDesktopPool", ["d9"], "", moves_template=False)
    runner.engine().predict(rebuild(), runner.pool.seen())
    assert runner.warnings == [
        "pool finance-win10: job job-1 (expandDesktopPool) runs now; the change would wait for it first."
    ]


def test_check_mode_refuses_what_the_real_run_refuses(runner: Runner) -> None:
    with pytest.raises(NotFoundError, match="^pool finance-win10: recompose: image nowhere is not among"):
        runner.engine().predict(Rebuild("nowhere", {"image_id": "nowhere"}, Scope()), runner.pool.seen())


# Busy pools.


def test_a_running_job_that_leads_to_the_goal_is_adopted(runner: Runner) -> None:
    runner.pool.begin_job("rebuildDesktopPool", ["d1", "d2"])
    outcome = runner.carry_out(rebuild())
    assert (outcome.adopted, outcome.changed) == (True, False)
    assert runner.pool.posts() == []
    assert outcome.result()["desktop_pool"]["image_id"] == NEW


def test_a_job_that_a_pool_with_the_image_happens_to_run_is_not_adopted(runner: Runner) -> None:
    runner.carry_out(rebuild())
    runner.pool.begin_job("expandDesktopPool", ["d1"], moves_template=False)
    runner.pool.attributes["status"] = "TEMPORARY"
    outcome = runner.carry_out(rebuild())
    assert (outcome.adopted, outcome.changed, outcome.result()["job"]) == (False, False, None)
    assert len(runner.pool.posts()) == 1


def test_a_running_job_whose_effect_shows_late_is_adopted_too(runner: Runner) -> None:
    runner.pool.begin_job("rebuildDesktopPool", ["d1", "d2"])
    runner.pool.lag = 30
    outcome = runner.carry_out(rebuild())
    assert (outcome.adopted, runner.pool.posts()) == (True, [])


def test_a_running_job_that_leads_elsewhere_is_waited_for_and_then_ours_is_sent(runner: Runner) -> None:
    foreign = runner.pool.begin_job("expandDesktopPool", ["d2"], "", moves_template=False)
    outcome = runner.carry_out(rebuild())
    assert (outcome.adopted, outcome.changed) == (False, True)
    assert runner.pool.jobs[1].begins >= foreign.ends
    assert any("waits for job job-1 (expandDesktopPool)" in line for line in runner.lines)


def test_what_another_run_left_over_is_all_that_is_sent(runner: Runner) -> None:
    runner.pool.failing = {"d2"}
    runner.pool.begin_job("rebuildDesktopPool", ["d1", "d2"])
    runner.pool.failing = set()
    outcome = runner.carry_out(rebuild())
    assert runner.pool.posts() == [{"is_fix": True}]
    assert outcome.result()["desktops_succeeded"] == ["d2"]
    assert outcome.result()["diff"]["before"] == {"desktops_by_image": {NEW: 1, OLD: 1}}


@pytest.mark.parametrize("seconds", [0.0, 30.0], ids=["ended", "running"])
def test_what_another_controller_began_after_the_plan_was_made_is_not_done_again(
    runner: Runner, seconds: float
) -> None:
    runner.pool.duration, runner.pool.shows_tasks = seconds, True
    # The list of images is what is read last before a request would be sent.
    runner.pool.meanwhile["images"] = lambda: runner.pool.begin_job("rebuildDesktopPool", ["d1", "d2"])
    outcome = runner.carry_out(rebuild())
    assert runner.pool.posts() == []
    assert (outcome.adopted, outcome.changed) == (True, False)
    assert outcome.result()["desktop_pool"]["image_id"] == NEW


def test_what_another_controller_changed_of_the_plan_changes_the_request(runner: Runner) -> None:
    runner.pool.duration = 0.0
    runner.pool.meanwhile["images"] = lambda: runner.pool.begin_job("rebuildDesktopPool", ["d1"])
    outcome = runner.carry_out(rebuild())
    assert runner.pool.posts() == [{"is_fix": True}]
    assert outcome.result()["desktops_succeeded"] == ["d2"]


def test_the_last_look_reads_nothing_twice_if_nothing_is_to_do(runner: Runner) -> None:
    runner.pool.template, runner.pool.images = NEW, {"d1": NEW, "d2": NEW}
    runner.carry_out(rebuild())
    paths = [request.path for request in runner.pool.service.requests]
    assert len(paths) == len(set(paths))


def test_desktops_at_work_are_waited_for_although_their_job_is_not_listed_yet(runner: Runner) -> None:
    runner.pool.begin_job("rebuildDesktopPool", ["d1", "d2"])
    runner.pool.hidden_for, runner.pool.shows_tasks = 20.0, True
    outcome = runner.carry_out(rebuild())
    assert runner.pool.posts() == []
    assert (outcome.adopted, outcome.changed) == (True, False)
    assert any("waits for a job to be listed" in line for line in runner.lines)


def test_a_desktop_at_work_that_is_not_to_be_changed_holds_nothing_up(runner: Runner) -> None:
    runner.pool.images = {"d1": OLD, "d2": NEW}
    runner.pool.template = NEW
    runner.pool.begin_job("rebootDesktop", ["d2"], "", moves_template=False)
    runner.pool.hidden_for, runner.pool.shows_tasks = 20.0, True
    outcome = runner.carry_out(rebuild())
    assert not any("waits for a job to be listed" in line for line in runner.lines)
    assert outcome.result()["desktops_succeeded"] == ["d1"]


def test_a_busy_pool_is_an_error_without_wait_and_the_job_is_named(runner: Runner) -> None:
    runner.pool.begin_job("expandDesktopPool", ["d9"], "", moves_template=False)
    error = runner.fails(BusyError, rebuild(), wait=False)
    assert "job job-1 (expandDesktopPool) still runs for the pool, and wait is false" in str(error)
    assert error.result_fields()["running_job_id"] == "job-1"
    assert runner.pool.posts() == []


def test_a_busy_pool_that_has_the_image_is_no_error_without_wait(runner: Runner) -> None:
    runner.pool.template, runner.pool.images = NEW, {"d1": NEW}
    runner.pool.begin_job("expandDesktopPool", ["d9"], "", moves_template=False)
    assert not runner.carry_out(rebuild(), wait=False).changed


def test_a_pool_that_is_being_changed_is_looked_at_when_that_is_over(runner: Runner) -> None:
    runner.pool.template, runner.pool.images = NEW, {"d1": NEW}
    runner.pool.attributes["status"] = "TEMPORARY"
    runner.pool.begin_job("rebuildDesktopPool", ["d1"], OLD)
    outcome = runner.carry_out(rebuild())
    assert outcome.changed
    assert runner.pool.images == {"d1": NEW}


def test_another_job_that_takes_too_long_ends_the_wait(runner: Runner) -> None:
    runner.pool.duration = 10**6
    runner.pool.begin_job("expandDesktopPool", ["d9"], "", moves_template=False)
    error = runner.fails(JobTimeoutError, rebuild(), wait_timeout=100)
    assert "job job-1 still runs after 1m40s" in str(error)
    assert error.result_fields()["changed"] is False


def test_a_conflict_is_waited_out_and_everything_looked_at_again(runner: Runner, clock: HandClock) -> None:
    runner.pool.fates = [answered(CONFLICT), answered(CONFLICT), carried_out]
    outcome = runner.carry_out(rebuild())
    assert outcome.changed
    assert len(runner.pool.posts()) == 3
    kinds = [request.method for request in runner.pool.service.requests]
    first, second = [place for place, kind in enumerate(kinds) if kind == "POST"][:2]
    between = [request.path.rpartition("/")[2] for request in runner.pool.service.requests[first + 1 : second]]
    assert {"detail", "workspace-sub-jobs"} <= set(between)


def test_a_conflict_with_a_job_that_leads_to_the_goal_ends_in_its_adoption(runner: Runner) -> None:
    def meanwhile(pool: OnePool, request: Any) -> Reply:
        pool.begin_job("rebuildDesktopPool", ["d1", "d2"])
        return CONFLICT

    runner.pool.fates = [meanwhile]
    outcome = runner.carry_out(rebuild())
    assert (outcome.adopted, outcome.changed) == (True, False)
    assert len(runner.pool.posts()) == 1


def test_a_conflict_that_lasts_ends_with_the_services_word(runner: Runner, clock: HandClock) -> None:
    runner.pool.fates = [answered(CONFLICT)] * 100
    began = clock.now()
    error = runner.fails(ConflictError, rebuild(), wait_timeout=120)
    assert "operation conflict" in str(error)
    assert 120 <= clock.now() - began < 140


def test_a_conflict_without_anything_to_be_seen_of_it_is_not_waited_out_for_long(
    runner: Runner, clock: HandClock
) -> None:
    runner.pool.fates = [answered(CONFLICT)] * 1000
    began = clock.now()
    runner.fails(ConflictError, rebuild(), wait_timeout=7200)
    assert CONFLICT_TIME <= clock.now() - began < CONFLICT_TIME + 60


def test_a_conflict_lasts_no_longer_for_a_job_that_ran_meanwhile(runner: Runner, clock: HandClock) -> None:
    def works(pool: OnePool, request: Any) -> Reply:
        pool.duration = 2000
        pool.begin_job("expandVolumes", ["d1", "d2"], OLD)
        return CONFLICT

    runner.pool.fates = [answered(CONFLICT), works, *[answered(CONFLICT)] * 10, carried_out]
    assert runner.carry_out(rebuild(), wait_timeout=7200).changed


def test_a_repair_right_after_a_failure_leaves_those_alone_whose_records_lag(runner: Runner) -> None:
    runner.pool.failing, runner.pool.lag = {"d1"}, 20
    runner.fails(JobFailedError, rebuild())
    runner.pool.failing = set()
    assert runner.carry_out(rebuild()).desktops_succeeded == ["d1"]
    assert [sorted(job.results) for job in runner.pool.jobs] == [["d1", "d2"], ["d1"]]


def test_a_conflict_without_wait_ends_at_once(runner: Runner, clock: HandClock) -> None:
    runner.pool.fates = [answered(CONFLICT)]
    runner.fails(ConflictError, rebuild(), wait=False)
    assert clock.pauses == []


# Failures.


def test_a_desktop_that_fails_fails_the_task_and_the_next_run_repairs_it_alone(runner: Runner) -> None:
    runner.pool.failing = {"d2"}
    error = runner.fails(JobFailedError, rebuild())
    assert "1 of 2 desktops failed in job job-1, the first being D2 (no IP)" in str(error)
    fields = error.result_fields()
    assert (fields["changed"], fields["job_id"], fields["job"]["sub_jobs"]["failed"]) == (True, "job-1", 1)
    assert fields["desktops_succeeded"] == ["d1"]
    assert fields["desktops_failed"] == [
        {"desktop_id": "d2", "desktop_name": "D2", "error_code": "WKS.00010110", "fail_reason": "no IP"}
    ]
    assert fields["desktop_pool"]["image_id"] == NEW

    runner.pool.failing = set()
    outcome = runner.carry_out(rebuild())
    assert outcome.result()["desktops_succeeded"] == ["d2"]
    assert runner.pool.posts() == [{}, {"is_fix": True}]


def test_a_job_that_takes_too_long_is_named_in_sentence_and_result(runner: Runner) -> None:
    runner.pool.duration = 10**6
    error = runner.fails(JobTimeoutError, rebuild(), wait_timeout=60)
    assert "job job-1 still runs after 1m00s, 0 of 2 desktops done" in str(error)
    fields = error.result_fields()
    assert (fields["changed"], fields["job_id"], fields["job"]["status"]) == (True, "job-1", "RUNNING")


def test_the_time_that_users_get_comes_on_top_of_the_wait(runner: Runner) -> None:
    outcome = runner.carry_out(rebuild(delay_time=15), wait_timeout=60)
    assert outcome.result()["desktops_succeeded"] == ["d1", "d2"]


def test_the_same_run_after_a_timeout_waits_for_the_job_that_goes_on(runner: Runner) -> None:
    runner.pool.duration = 100
    runner.fails(JobTimeoutError, rebuild(), wait_timeout=60)
    outcome = runner.carry_out(rebuild())
    assert (outcome.adopted, outcome.changed) == (True, False)
    assert runner.pool.posts() == [{}]


def test_a_refusal_keeps_what_support_asks_for(runner: Runner) -> None:
    runner.pool.fates = [answered(Reply(403, {"error_code": "WKS.0403", "error_msg": "no"}, {"X-Request-Id": "r1"}))]
    fields = runner.fails(ForbiddenError, rebuild()).result_fields()
    assert (fields["http_status"], fields["error_code"], fields["request_id"]) == (403, "WKS.0403", "r1")
    assert (fields["changed"], fields["adopted"]) == (False, False)


def test_a_failure_carries_the_same_keys_as_a_success(runner: Runner) -> None:
    runner.pool.fates = [answered(Reply(403, {"error_code": "WKS.0403", "error_msg": "no"}))]
    failed = runner.fails(ForbiddenError, rebuild()).result_fields()
    assert runner.carry_out(rebuild()).result().keys() <= failed.keys()


# Lost answers.


def test_a_lost_answer_is_followed_to_the_end_and_nothing_sent_twice(runner: Runner) -> None:
    runner.pool.fates = [answer_lost]
    outcome = runner.carry_out(rebuild())
    assert (outcome.changed, outcome.result()["job_id"]) == (True, "job-1")
    assert runner.pool.posts() == [{}]


def test_a_request_that_never_arrived_is_sent_once_more(runner: Runner) -> None:
    runner.pool.fates = [never_arrived]
    outcome = runner.carry_out(rebuild())
    assert outcome.changed
    assert runner.pool.posts() == [{}, {}]
    assert runner.pool.images == {"d1": NEW, "d2": NEW}


def test_a_request_that_stays_unknown_says_so(runner: Runner) -> None:
    runner.pool.fates = [never_arrived, never_arrived]
    error = runner.fails(OutcomeUnknownError, rebuild())
    assert "is unknown" in str(error)
    assert runner.pool.images == {"d1": OLD, "d2": OLD}


def test_a_lost_answer_without_any_job_is_followed_by_its_effect(runner: Runner) -> None:
    runner.pool.fates, runner.pool.hidden_for, runner.pool.duration = [answer_lost], 10**6, 10
    outcome = runner.carry_out(rebuild())
    assert outcome.changed
    assert runner.pool.posts() == [{}]
    assert runner.pool.images == {"d1": NEW, "d2": NEW}


def test_a_job_that_was_accepted_and_is_found_late_is_waited_for(runner: Runner) -> None:
    runner.pool.hidden_for = 40
    assert runner.carry_out(rebuild()).changed
    assert runner.pool.posts() == [{}]


# Without waiting.


def test_without_wait_a_task_ends_when_its_request_is_accepted(runner: Runner, clock: HandClock) -> None:
    outcome = runner.carry_out(rebuild(), wait=False)
    assert outcome.result()["job_id"] == "job-1"
    assert outcome.result()["job"] is None
    assert outcome.changed
    assert clock.pauses == []


def test_a_notice_is_sent_while_the_pool_is_busy_and_not_waited_for(runner: Runner, clock: HandClock) -> None:
    runner.pool.begin_job("expandDesktopPool", ["d9"], "", moves_template=False)
    outcome = runner.carry_out(Notification("save your work"), wait=False)
    assert runner.pool.posts() == [{"notifications": "save your work"}]
    assert (outcome.changed, outcome.result()["job_id"]) == (True, "job-2")
    assert outcome.result()["diff"] == {"before": {}, "after": {"notification": "save your work"}}


# Changes without a job.


def test_an_attribute_is_set_at_once_and_set_once(runner: Runner) -> None:
    outcome = runner.carry_out(Attributes({"description": "finance"}))
    assert outcome.synchronous_result()["diff"] == {
        "before": {"description": None},
        "after": {"description": "finance"},
    }
    assert outcome.synchronous_result()["desktop_pool"]["description"] == "finance"
    assert runner.pool.posts() == [{"name": "finance-win10", "description": "finance"}]
    assert not runner.carry_out(Attributes({"description": "finance"})).changed


def test_an_attribute_that_the_region_ignores_fails_the_task_in_words_that_fit(runner: Runner) -> None:
    runner.pool.fates = [answered(Reply(204))]
    error = runner.fails(WorkspaceError, Attributes({"description": "finance"}))
    assert "job" not in str(error).lower()
    assert len(runner.pool.posts()) == 1


def test_an_attribute_whose_answer_is_lost_is_set_by_asking_again(runner: Runner) -> None:
    runner.pool.fates = [answered(Reply(503))]
    engine = Engine(runner.pool.session(max_retries=2), runner.lines.append, runner.warnings.append)
    assert engine.carry_out(Attributes({"description": "finance"}), runner.pool.seen()).changed


@pytest.mark.parametrize("way", ["carry_out", "predict"])
def test_errors_name_the_pool_once(runner: Runner, way: str) -> None:
    with pytest.raises(WorkspaceError) as failed:
        getattr(runner.engine(), way)(Rebuild("x", {"image_id": "x"}, Scope()), runner.pool.seen())
    assert str(failed.value).count("finance-win10") == 1
