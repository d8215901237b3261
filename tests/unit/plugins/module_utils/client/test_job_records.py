# Copyright (c) 2026 the hwcloud.workspace contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Jobs that have ended: deleting records of sub-jobs, and carrying a job out once more."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import pytest

from ansible_collections.hwcloud.workspace.plugins.module_utils.client.errors import (
    InputError,
    MissingError,
    OutcomeUnknownError,
    RefusedError,
    WorkspaceError,
)
from ansible_collections.hwcloud.workspace.plugins.module_utils.client.job_records import (
    can_be_retried,
    delete_records,
    records_in,
    records_of,
    retry,
)
from ansible_collections.hwcloud.workspace.plugins.module_utils.client.jobs import Job
from ansible_collections.hwcloud.workspace.plugins.module_utils.client.session import Session
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

SUB_JOBS = f"/v2/{PROJECT}/workspace-sub-jobs"
JOB = f"/v2/{PROJECT}/workspace-jobs/j1"


@dataclass
class Records:
    """The service's records of sub-jobs.

    :param lag: looks at the list until what was deleted is gone.
    :param gone_before: records that somebody else deletes just before the first request.
    :param endless: whether there are more records than can be read.
    """

    service: ScriptedService
    records: dict[str, dict[str, Any]] = field(default_factory=dict)
    lag: int = 0
    gone_before: set[str] = field(default_factory=set)
    endless: bool = False
    posts: list[Any] = field(default_factory=list)
    _deleted: set[str] = field(default_factory=set)

    def __post_init__(self) -> None:
        """Answer requests from now on."""
        self.service.on("GET", SUB_JOBS, self._list)
        self.service.on("POST", f"{SUB_JOBS}/batch-delete", self._delete)

    def add(self, *names: str, status: str = "SUCCESS", job_type: str = "rebuildDesktopPool") -> None:
        for name in names:
            self.records[name] = {"id": name, "job_id": "j1", "job_type": job_type, "status": status}

    def session(self) -> Session:
        return session_to(self.service.url, max_retries=0)

    def _list(self, request: Request) -> Behaviour:
        if self._deleted:
            self.lag -= 1
            if self.lag < 0:
                for name in self._deleted:
                    self.records.pop(name, None)
        wanted = request.query.get("status")
        found = [entry for entry in self.records.values() if wanted in (None, entry["status"])]
        if self.endless:
            found += [{"id": f"old-{number}", "job_id": "j0", "status": "SUCCESS"} for number in range(20000)]
        at = int(request.query["offset"])
        return Reply(200, {"jobs": found[at : at + int(request.query["limit"])], "total_count": len(found)})

    def _delete(self, request: Request) -> Behaviour:
        for name in self.gone_before:
            self.records.pop(name, None)
        self.gone_before = set()
        body = request.json()
        self.posts.append(body)
        if any(name not in self.records for name in body.get("job_ids", [])):
            return Reply(404, {"error_code": "WKS.00010003", "error_msg": "no such sub-job"})
        by_status = [name for name, entry in self.records.items() if entry["status"] == body.get("delete_by_status")]
        self._deleted |= set(body.get("job_ids", by_status))
        return Reply(200)


@pytest.fixture
def records(service: ScriptedService) -> Records:
    """Return records that are all to be made."""
    return Records(service)


def test_only_what_is_there_is_deleted_ten_at_a_time(records: Records) -> None:
    names = [f"s{number:02}" for number in range(23)]
    records.add(*names, "other")
    due = records_of(records.session(), [*names, "unknown", "s00"])
    assert [sub_job.id for sub_job in due] == names
    delete_records(records.session(), due, None)
    assert records.posts == [{"job_ids": names[:10]}, {"job_ids": names[10:20]}, {"job_ids": names[20:]}]
    assert set(records.records) == {"other"}
    assert records_of(records.session(), names) == []


def test_all_of_a_state_are_deleted_by_one_request(records: Records) -> None:
    records.add("a", "b", status="FAILED")
    records.add("c", status="SUCCESS")
    records.add("d", status="FAILED", job_type="applyWorkspace")
    due = records_in(records.session(), "FAILED")
    assert [sub_job.id for sub_job in due] == ["a", "b"]
    delete_records(records.session(), due, "FAILED")
    assert records.posts == [{"delete_by_status": "FAILED"}]


@pytest.mark.parametrize(
    ("fields", "sentence"),
    [
        ({"status": "RUNNING"}, "s1 has not ended .state RUNNING., and only ended ones can be deleted"),
        ({"status": "WAITING"}, "s1 has not ended .state WAITING."),
        ({"job_type": "cancelWorkspace"}, "the service keeps the records of cancelWorkspace, and s1 is of that type"),
    ],
)
def test_what_cannot_be_deleted_is_refused_as_a_whole(records: Records, fields: dict[str, str], sentence: str) -> None:
    records.add("s1", **fields)
    records.add("s2")
    with pytest.raises(InputError, match=sentence):
        records_of(records.session(), ["s1", "s2"])


def test_records_out_of_reach_are_not_taken_for_deleted(records: Records) -> None:
    records.add("s1")
    records.endless = True
    assert [sub_job.id for sub_job in records_of(records.session(), ["s1"])] == ["s1"]
    with pytest.raises(WorkspaceError, match="s2 is not among the sub-jobs that could be read"):
        records_of(records.session(), ["s1", "s2"])


def test_records_that_somebody_else_deletes_meanwhile_are_left_out(records: Records) -> None:
    records.add("s1", "s2", "s3")
    due = records_of(records.session(), ["s1", "s2", "s3"])
    records.gone_before = {"s2"}
    delete_records(records.session(), due, None)
    assert records.posts == [{"job_ids": ["s1", "s2", "s3"]}, {"job_ids": ["s1", "s3"]}]
    records.add("s4")
    due = records_of(records.session(), ["s4"])
    records.gone_before = {"s4"}
    delete_records(records.session(), due, None)


def test_a_refusal_that_deleted_nothing_is_told(records: Records) -> None:
    records.add("s1")
    due = records_of(records.session(), ["s1"])
    records.service._rules = [rule for rule in records.service._rules if rule[0] == "GET"]
    records.service.on("POST", f"{SUB_JOBS}/batch-delete", Reply(404, {"error_code": "WKS.1", "error_msg": "no"}))
    with pytest.raises(MissingError):
        delete_records(records.session(), due, None)


@pytest.mark.parametrize(("lag", "gone"), [(3, True), (10**6, False)])
def test_records_that_go_late_are_waited_for(records: Records, lag: int, gone: bool) -> None:
    records.add("s1", "s2")
    due = records_of(records.session(), ["s1", "s2"])
    records.lag = lag
    if gone:
        delete_records(records.session(), due, None)
        return
    with pytest.raises(WorkspaceError, match=r"2 of 2 records are still there 60 s later \(s1, s2\)"):
        delete_records(records.session(), due, None)


# Carrying a job out once more.


def job(status: str, job_type: str = "applyWorkspace", **fields: Any) -> dict[str, Any]:
    return {"id": "j1", "job_type": job_type, "status": status, "begin_time": "a", "end_time": "b", **fields}


FAILED_PART = [{"id": "s1", "job_id": "j1", "status": "FAILED"}]


@pytest.mark.parametrize(
    ("record", "due"),
    [
        (job("FAIL"), True),
        (job("FAILED", "cancelWorkspace"), True),
        (job("FAIL", "someNewType"), True),
        (job("COMPLETE", sub_jobs=FAILED_PART), True),
        (job("SUCCESS"), False),
        (job("COMPLETE"), False),
        (job("RUNNING", sub_jobs=FAILED_PART), False),
        (job("WAITING", "rebuildDesktopPool"), False),
        (job("SUCCESS", "rebuildDesktopPool"), False),
    ],
)
def test_which_jobs_are_carried_out_once_more(record: dict[str, Any], due: bool) -> None:
    assert can_be_retried(Job.from_service(record)) is due


def test_a_failed_job_of_a_pool_is_refused_with_what_to_do_instead() -> None:
    with pytest.raises(InputError, match="this is rebuildDesktopPool; run the task that started it again"):
        can_be_retried(Job.from_service(job("FAIL", "rebuildDesktopPool")))


def retried(service: ScriptedService, clock: HandClock, *, wait: bool = True) -> tuple[str, list[str]]:
    lines: list[str] = []
    failed = Job.from_service(job("FAIL"))
    return retry(session_to(service.url, clock=clock, max_retries=0), failed, wait, lines.append), lines


@pytest.mark.parametrize(
    "now", [job("RUNNING"), job("SUCCESS"), job("FAIL", end_time="c"), job("FAIL", begin_time="c")]
)
def test_a_job_that_keeps_its_id_is_waited_for_to_begin_again(
    service: ScriptedService, clock: HandClock, now: dict[str, Any]
) -> None:
    service.on("POST", f"{JOB}/actions", Reply(200, {"job_id": "j1"}))
    service.on("GET", JOB, Reply(200, job("FAIL")), Reply(200, job("FAIL")), Reply(200, now))
    assert retried(service, clock) == ("j1", [])
    assert len(service.sent("GET")) == 3
    assert [request.json() for request in service.sent("POST")] == [{"op_type": "retry"}]


def test_a_job_with_a_new_id_is_the_one_to_wait_for(service: ScriptedService, clock: HandClock) -> None:
    service.on("POST", f"{JOB}/actions", Reply(200, {"job_id": "j2"}))
    assert retried(service, clock) == ("j2", [])


def test_without_wait_nothing_is_looked_at(service: ScriptedService, clock: HandClock) -> None:
    service.on("POST", f"{JOB}/actions", Reply(200, {}))
    assert retried(service, clock, wait=False) == ("j1", [])


@pytest.mark.parametrize("wait", [True, False])
def test_a_lost_answer_is_answered_by_the_job(service: ScriptedService, clock: HandClock, wait: bool) -> None:
    service.on("POST", f"{JOB}/actions", Reset())
    service.on("GET", JOB, Reply(200, job("FAIL")), Reply(200, job("RUNNING")))
    assert retried(service, clock, wait=wait) == ("j1", ["looks at the job, since the answer to its retry was lost"])
    assert len(service.sent("POST")) == 1


def test_a_lost_request_is_not_sent_again(service: ScriptedService, clock: HandClock) -> None:
    service.on("POST", f"{JOB}/actions", Reset())
    service.on("GET", JOB, Reply(200, job("FAIL")))
    with pytest.raises(OutcomeUnknownError, match="did not begin again within 60 s"):
        retried(service, clock)
    assert len(service.sent("POST")) == 1


def test_a_job_that_fails_again_at_once_is_left_to_the_waiting(service: ScriptedService, clock: HandClock) -> None:
    service.on("POST", f"{JOB}/actions", Reply(200, {}))
    service.on("GET", JOB, Reply(200, job("FAIL")))
    assert retried(service, clock)[0] == "j1"
    assert 60 <= sum(clock.pauses) < 80


def test_a_refusal_is_told(service: ScriptedService, clock: HandClock) -> None:
    service.on("POST", f"{JOB}/actions", Reply(400, {"error_code": "WKS.1", "error_msg": "cannot be repeated"}))
    with pytest.raises(RefusedError, match="cannot be repeated"):
        retried(service, clock)
