# Copyright (c) 2026 the hwcloud.workspace contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Jobs: when they are over, whether they succeeded, and waiting for them through every trouble."""

from __future__ import annotations

from typing import Any

import pytest

from ansible_collections.hwcloud.workspace.plugins.module_utils.client.errors import (
    ForbiddenError,
    JobFailedError,
    JobTimeoutError,
    MissingError,
    WorkspaceError,
)
from ansible_collections.hwcloud.workspace.plugins.module_utils.client.jobs import (
    UNSEEN_GRACE,
    Job,
    SubJob,
    group_jobs,
    poll_interval,
    read_job,
    read_pool_jobs,
    read_sub_jobs,
    wait_for_job,
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

JOB = f"/v2/{PROJECT}/workspace-jobs/j1"
SUB_JOBS = f"/v2/{PROJECT}/workspace-sub-jobs"
GONE = Reply(404, {"error_code": "WKS.0404", "error_msg": "no such job"})


def sub_job(number: int, status: str, job_id: str = "j1", **fields: Any) -> dict[str, Any]:
    return {
        "id": f"{job_id}-s{number}",
        "job_id": job_id,
        "job_type": "rebuildDesktopPool",
        "status": status,
        "entities": {"desktop_id": f"d{number}", "desktop_name": f"FIN{number}"},
        **fields,
    }


def job(status: str, *sub_statuses: str, **fields: Any) -> dict[str, Any]:
    return {
        "id": "j1",
        "job_type": "rebuildDesktopPool",
        "status": status,
        "begin_time": "2026-01-01 00:00:00",
        "end_time": "",
        "sub_jobs": [sub_job(number, text) for number, text in enumerate(sub_statuses, 1)],
        "sub_jobs_total": len(sub_statuses),
        **fields,
    }


# When a job is over.


@pytest.mark.parametrize(
    ("status", "sub_statuses", "is_over"),
    [
        ("COMPLETE", [], True),
        ("SUCCESS", [], True),
        ("FAIL", [], True),
        ("FAILED", [], True),
        ("success", ["Success"], True),
        ("RUNNING", [], False),
        ("WAITING", [], False),
        ("INIT", [], False),
        ("ABNORMAL", [], False),
        ("SOMETHING_NEW", ["SUCCESS"], False),
        ("", [], False),
        ("COMPLETE", ["SUCCESS", "FAILED"], True),
        ("SUCCESS", ["SUCCESS", "RUNNING"], False),
        ("COMPLETE", ["WAITING"], False),
        ("RUNNING", ["SUCCESS", "SUCCESS"], False),
    ],
)
def test_a_job_is_over_when_it_and_all_its_sub_jobs_have_ended(
    status: str, sub_statuses: list[str], is_over: bool
) -> None:
    assert Job.from_service(job(status, *sub_statuses)).is_over is is_over


@pytest.mark.parametrize(
    ("status", "sub_statuses", "said"),
    [
        ("COMPLETE", ["SUCCESS", "FAILED", "SUCCESS"], "1 of 3 desktops failed in job j1, the first being FIN2"),
        ("SUCCESS", ["FAILED"], "1 of 1 desktops failed in job j1"),
        ("FAIL", ["FAILED", "FAIL"], "2 of 2 desktops failed in job j1, the first being FIN1"),
        ("FAIL", [], "job j1 failed (no reason given)"),
        ("FAIL", ["SUCCESS"], "job j1 failed"),
    ],
)
def test_a_final_state_is_no_success_until_every_sub_job_says_so(
    status: str, sub_statuses: list[str], said: str
) -> None:
    with pytest.raises(JobFailedError) as failed:
        Job.from_service(job(status, *sub_statuses)).raise_for_failure()
    assert said in str(failed.value)
    assert failed.value.result_fields()["job_id"] == "j1"


@pytest.mark.parametrize(
    ("status", "sub_statuses"), [("COMPLETE", []), ("SUCCESS", ["SUCCESS"]), ("COMPLETE", ["SUCCESS"] * 3)]
)
def test_a_job_whose_every_desktop_made_it_succeeded(status: str, sub_statuses: list[str]) -> None:
    finished = Job.from_service(job(status, *sub_statuses))
    finished.raise_for_failure()
    assert len(finished.succeeded) == len(sub_statuses)


@pytest.mark.parametrize(
    ("fields", "code", "reason", "said"),
    [
        ({"error_code": "WKS.1", "fail_reason": "no IP left."}, "WKS.1", "no IP left.", "(no IP left)"),
        ({"error_code": "WKS.1"}, "WKS.1", "", "(WKS.1)"),
        ({"message": "older text"}, "", "older text", "(older text)"),
        ({}, "", "", "(no reason given)"),
    ],
)
def test_a_failed_desktop_is_reported_with_its_reason(
    fields: dict[str, str], code: str, reason: str, said: str
) -> None:
    failed_job = Job.from_service({**job("COMPLETE"), "sub_jobs": [sub_job(1, "FAILED", **fields)]})
    with pytest.raises(JobFailedError) as failed:
        failed_job.raise_for_failure()
    assert said in str(failed.value)
    assert failed.value.result_fields()["desktops_failed"] == [
        {"desktop_id": "d1", "desktop_name": "FIN1", "error_code": code, "fail_reason": reason}
    ]


def test_the_result_of_a_job_counts_its_desktops() -> None:
    record = job("RUNNING", "SUCCESS", "FAILED", "RUNNING", "WAITING", sub_jobs_total=6)
    result = Job.from_service(record).result()
    assert result["job"]["sub_jobs"] == {"total": 6, "succeeded": 1, "failed": 1, "running": 1, "waiting": 3}
    assert result["desktops_succeeded"] == ["d1"]
    assert result["job"]["status"] == "RUNNING"


@pytest.mark.parametrize(
    ("record", "name"),
    [
        ({"entities": {"desktop_name": "A"}, "desktop_name": "B", "entity": "C"}, "A"),
        ({"entities": {}, "desktop_name": "B", "entity": "C"}, "B"),
        ({"entities": None, "entity": "C"}, "C"),
        ({}, ""),
    ],
)
def test_a_desktops_name_is_read_from_where_the_region_writes_it(record: dict[str, Any], name: str) -> None:
    assert SubJob.from_service(record).desktop_name == name


def test_a_record_of_nothing_is_a_job_of_nothing() -> None:
    empty = Job.from_service({})
    assert (empty.id, empty.status, empty.sub_jobs, empty.sub_jobs_total, empty.is_over) == ("", "", (), 0, False)


# Reading.


def test_the_sub_jobs_that_an_answer_leaves_out_are_read_from_the_list(service: ScriptedService) -> None:
    service.on("GET", JOB, Reply(200, job("RUNNING", "SUCCESS", sub_jobs_total=3)))
    service.on(
        "GET", SUB_JOBS, Reply(200, {"jobs": [sub_job(number, "SUCCESS") for number in (1, 2, 3)], "total_count": 3})
    )
    assert [part.desktop_id for part in read_job(session_to(service.url), "j1").sub_jobs] == ["d1", "d2", "d3"]
    assert service.sent("GET", SUB_JOBS)[0].query["job_id"] == "j1"


def test_a_list_that_knows_less_than_the_answer_is_not_believed(service: ScriptedService) -> None:
    service.on("GET", JOB, Reply(200, job("RUNNING", "SUCCESS", sub_jobs_total=3)))
    service.on("GET", SUB_JOBS, Reply(200, {"jobs": [], "total_count": 0}))
    assert len(read_job(session_to(service.url), "j1").sub_jobs) == 1


def test_a_job_that_is_whole_costs_one_request(service: ScriptedService) -> None:
    service.on("GET", JOB, Reply(200, job("COMPLETE", "SUCCESS", "SUCCESS")))
    read_job(session_to(service.url), "j1")
    assert len(service.requests) == 1


def test_sub_jobs_are_grouped_by_job_in_the_order_of_the_list() -> None:
    records = [
        sub_job(1, "RUNNING", "new", begin_time="2026-01-02 00:00:00"),
        sub_job(1, "SUCCESS", "old", begin_time="2026-01-01 00:00:00", end_time="2026-01-01 00:10:00"),
        sub_job(2, "SUCCESS", "new", begin_time="2026-01-02 00:00:01", end_time="2026-01-02 00:05:00"),
        sub_job(2, "FAILED", "old", begin_time="2026-01-01 00:00:01", end_time="2026-01-01 00:20:00"),
    ]
    new, old = group_jobs(map(SubJob.from_service, records))
    assert (new.id, new.status, new.is_over, new.sub_jobs_total) == ("new", "RUNNING", False, 2)
    assert (new.begin_time, new.end_time) == ("2026-01-02 00:00:00", "")
    assert (old.id, old.status, old.is_over) == ("old", "COMPLETE", True)
    assert (old.begin_time, old.end_time) == ("2026-01-01 00:00:00", "2026-01-01 00:20:00")
    assert group_jobs([]) == []


def test_a_pool_with_more_history_than_can_be_read_is_asked_for_what_runs(service: ScriptedService) -> None:
    def script(request: Request) -> Behaviour:
        assert request.query["desktop_pool_id"] == "p1"
        status, offset = request.query.get("status"), int(request.query["offset"])
        if status:
            found = [sub_job(1, status, "now")] if status == "RUNNING" else [sub_job(2, status, "now")]
            return Reply(200, {"jobs": found, "total_count": 1})
        old = [{"id": f"{offset}-{number}", "job_id": "old", "status": "SUCCESS"} for number in range(1000)]
        return Reply(200, {"jobs": old, "total_count": 10**6})

    service.on("GET", SUB_JOBS, script)
    (found,) = read_pool_jobs(session_to(service.url), "p1")
    assert found.id == "now"
    assert [part.status for part in found.sub_jobs] == ["RUNNING", "WAITING"]


def test_a_region_that_wants_a_type_named_is_asked_type_by_type(service: ScriptedService) -> None:
    def script(request: Request) -> Behaviour:
        kind = request.query.get("job_type")
        if not kind and "job_id" not in request.query:
            return Reply(400, {"error_code": "WKS.1", "error_msg": "job_type or job_id is needed"})
        found = [sub_job(1, "RUNNING")] if kind == "rebuildDesktopPool" else []
        return Reply(200, {"jobs": found, "total_count": len(found)})

    service.on("GET", SUB_JOBS, script)
    (found,) = read_pool_jobs(session_to(service.url), "p1")
    assert (found.id, found.is_over) == ("j1", False)
    assert {request.query["desktop_pool_id"] for request in service.requests} == {"p1"}
    assert read_sub_jobs(session_to(service.url), job_id="j9") == []


@pytest.mark.parametrize("status", [403, 404, 409])
def test_another_refusal_of_the_list_is_not_taken_for_that(service: ScriptedService, status: int) -> None:
    service.on("GET", SUB_JOBS, Reply(status, {"error_code": "x", "error_msg": "no"}))
    with pytest.raises(WorkspaceError):
        read_pool_jobs(session_to(service.url), "p1")
    assert len(service.requests) == 1


# Waiting.


def looks(service: ScriptedService, clock: HandClock, timeout: float = 3600) -> tuple[Job, list[Job]]:
    seen: list[Job] = []
    session = session_to(service.url, clock=clock, max_retries=0)
    return wait_for_job(session, "j1", timeout, seen.append), seen


def test_a_job_is_looked_at_until_it_is_over_and_each_look_is_told(service: ScriptedService, clock: HandClock) -> None:
    service.on(
        "GET",
        JOB,
        Reply(200, job("WAITING")),
        Reply(200, job("RUNNING", "RUNNING", "WAITING")),
        Reply(200, job("COMPLETE", "SUCCESS", "RUNNING")),
        Reply(200, job("COMPLETE", "SUCCESS", "SUCCESS")),
    )
    ended, seen = looks(service, clock)
    assert ended.is_over
    assert [item.status for item in seen] == ["WAITING", "RUNNING", "COMPLETE", "COMPLETE"]


def test_an_unknown_state_is_waited_through(service: ScriptedService, clock: HandClock) -> None:
    service.on("GET", JOB, *[Reply(200, job("ROLLBACK"))] * 5, Reply(200, job("FAIL")))
    assert looks(service, clock)[0].status == "FAIL"


def test_looks_that_fail_say_nothing_about_the_job(service: ScriptedService, clock: HandClock) -> None:
    service.on(
        "GET",
        JOB,
        Reply(200, job("RUNNING", "RUNNING")),
        Reply(500),
        Reply(429),
        Reset(),
        Reply(200, "<html>"),
        Reply(200, job("COMPLETE", "SUCCESS")),
    )
    assert looks(service, clock)[0].is_over


def test_a_look_that_is_refused_ends_the_waiting(service: ScriptedService, clock: HandClock) -> None:
    service.on("GET", JOB, Reply(200, job("RUNNING", "RUNNING")), Reply(403, {"error_code": "x", "error_msg": "no"}))
    with pytest.raises(ForbiddenError):
        looks(service, clock)


def test_a_job_that_cannot_be_found_yet_is_waited_for(service: ScriptedService, clock: HandClock) -> None:
    service.on("GET", JOB, GONE, GONE, GONE, Reply(200, job("COMPLETE")))
    assert looks(service, clock)[0].is_over


def test_a_job_that_is_not_found_for_a_minute_does_not_exist(service: ScriptedService, clock: HandClock) -> None:
    service.on("GET", JOB, GONE)
    began = clock.now()
    with pytest.raises(MissingError):
        looks(service, clock)
    assert UNSEEN_GRACE < clock.now() - began < UNSEEN_GRACE + 20


def test_a_job_whose_record_was_deleted_is_judged_by_what_is_left(service: ScriptedService, clock: HandClock) -> None:
    service.on("GET", JOB, Reply(200, job("RUNNING", "RUNNING", "RUNNING")), GONE)
    parts = [sub_job(1, "SUCCESS"), sub_job(2, "FAILED", fail_reason="no IP")]
    service.on("GET", SUB_JOBS, Reply(200, {"jobs": parts, "total_count": 2}))
    ended, _seen = looks(service, clock)
    with pytest.raises(JobFailedError, match=r"1 of 2 desktops failed in job j1, the first being FIN2 \(no IP\)"):
        ended.raise_for_failure()


def test_a_job_of_which_nothing_is_left_is_over_as_it_was_seen_last(service: ScriptedService, clock: HandClock) -> None:
    service.on("GET", JOB, Reply(200, job("RUNNING", "SUCCESS", "RUNNING")), GONE)
    service.on("GET", SUB_JOBS, Reply(200, {"jobs": [], "total_count": 0}))
    ended, _seen = looks(service, clock)
    assert ended.status == "COMPLETE"
    assert [part.desktop_id for part in ended.succeeded] == ["d1"]


@pytest.mark.parametrize("timeout", [0, 1, 30, 100])
def test_a_job_that_takes_too_long_goes_on_without_us(service: ScriptedService, clock: HandClock, timeout: int) -> None:
    service.on("GET", JOB, Reply(200, job("RUNNING", "SUCCESS", "RUNNING", "FAILED", "WAITING")))
    began = clock.now()
    with pytest.raises(
        JobTimeoutError, match="job j1 still runs after .*, 2 of 4 desktops done; it goes on in the service"
    ) as late:
        looks(service, clock, timeout)
    assert timeout <= clock.now() - began <= timeout + 0.2
    fields = late.value.result_fields()
    assert fields["job_id"] == "j1"
    assert fields["desktops_succeeded"] == ["d1"]
    assert [item["desktop_id"] for item in fields["desktops_failed"]] == ["d3"]


def test_a_job_that_was_never_seen_is_not_said_to_run(service: ScriptedService, clock: HandClock) -> None:
    service.on("GET", JOB, GONE)
    with pytest.raises(WorkspaceError, match="j1") as late:
        looks(service, clock, timeout=20)
    assert "still runs" not in str(late.value)


@pytest.mark.parametrize("fault", [Reply(503), Reset()])
def test_a_wait_that_ends_in_failing_looks_still_names_the_job(
    service: ScriptedService, clock: HandClock, fault: Behaviour
) -> None:
    service.on("GET", JOB, Reply(200, job("RUNNING", "RUNNING")), fault)
    with pytest.raises(WorkspaceError) as late:
        looks(service, clock, timeout=20)
    assert "j1" in str(late.value)
    assert late.value.result_fields().get("job_id") == "j1"


@pytest.mark.parametrize(
    ("elapsed", "seconds"), [(0, 2), (10, 2), (20, 2), (50, 5), (100, 10), (150, 15), (1000, 15), (10**6, 15)]
)
def test_the_longer_a_job_runs_the_less_often_it_is_looked_at(elapsed: float, seconds: float) -> None:
    assert poll_interval(elapsed) == pytest.approx(seconds)


def test_an_hour_of_waiting_stays_far_below_the_services_limit(service: ScriptedService, clock: HandClock) -> None:
    service.on("GET", JOB, Reply(200, job("RUNNING", "RUNNING")))
    with pytest.raises(JobTimeoutError):
        looks(service, clock, 3600)
    assert len(service.requests) < 270


def follow(service: ScriptedService, clock: HandClock) -> Job:
    return wait_for_job(session_to(service.url, clock=clock), "j1", 3600, lambda job: None, has_desktops=True)


def test_a_failure_whose_sub_jobs_appear_after_the_jobs_end_is_not_missed(
    service: ScriptedService, clock: HandClock
) -> None:
    late = job("COMPLETE", "SUCCESS", "FAILED")
    service.on("GET", JOB, Reply(200, job("RUNNING")), *[Reply(200, job("COMPLETE"))] * 3, Reply(200, late))
    with pytest.raises(JobFailedError, match="1 of 2 desktops failed"):
        follow(service, clock).raise_for_failure()


def test_sub_jobs_that_never_appear_are_waited_for_half_a_minute(service: ScriptedService, clock: HandClock) -> None:
    service.on("GET", JOB, Reply(200, job("COMPLETE")))
    began = clock.now()
    assert follow(service, clock).sub_jobs == ()
    assert 30 <= clock.now() - began <= 35
