# Copyright (c) 2026 the hwcloud.workspace contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A change whose answer names a job for each desktop: they are waited for, and told as one job."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest

from ansible_collections.hwcloud.workspace.plugins.module_utils.client.errors import JobFailedError, JobTimeoutError
from ansible_collections.hwcloud.workspace.plugins.module_utils.client.jobs import Job, wait_for_jobs
from ansible_collections.hwcloud.workspace.tests.unit.plugins.module_utils.scripted_service import (
    PROJECT,
    Behaviour,
    HandClock,
    Reply,
    Request,
    ScriptedService,
    session_to,
)

PARTS = {"a": "d1", "b": "d2"}


class Jobs:
    """Jobs that run from their begin to their end on the clock.

    :param ends: each job's reading of the clock at its end, its state then, and its desktops; a job without desktops
        has no sub-jobs, and so is in no list.
    """

    def __init__(
        self, service: ScriptedService, clock: HandClock, ends: Mapping[str, tuple[float, str, tuple[str, ...]]]
    ) -> None:
        self.clock = clock
        self.ends = ends
        self.unseen: set[str] = set()
        service.on("GET", f"/v2/{PROJECT}/workspace-sub-jobs", self._list)
        service.on("GET", f"/v2/{PROJECT}/workspace-jobs/.*", self._show)

    def sub_jobs(self, job_id: str) -> list[dict[str, Any]]:
        end, status, desktops = self.ends[job_id]
        word = {"SUCCESS": "SUCCESS", "FAIL": "FAILED"}[status] if self.clock.now() >= end else "RUNNING"
        return [
            {"id": f"{job_id}-{name}", "job_id": job_id, "status": word, "entities": {"desktop_id": name}}
            for name in desktops
        ]

    def _list(self, request: Request) -> Behaviour:
        assert request.query["desktop_pool_id"] == "p1"
        found = [part for job_id in self.ends if job_id not in self.unseen for part in self.sub_jobs(job_id)]
        return Reply(200, {"jobs": found, "total_count": len(found)})

    def _show(self, request: Request) -> Behaviour:
        job_id = request.path.rpartition("/")[2]
        if job_id in self.unseen:
            self.unseen.discard(job_id)
            return Reply(404, {"error_code": "WKS.0404", "error_msg": "no such job"})
        end, status, _desktops = self.ends[job_id]
        parts = self.sub_jobs(job_id)
        state = status if self.clock.now() >= end else "RUNNING"
        reason = "no capacity" if state == "FAIL" else ""
        facts = {"id": job_id, "job_type": "resize", "status": state, "fail_reason": reason}
        return Reply(200, {**facts, "sub_jobs": parts, "sub_jobs_total": len(parts)})


def wait(service: ScriptedService, clock: HandClock, job_id: str = "", timeout: float = 3600) -> Job:
    session = session_to(service.url, clock=clock, max_retries=0)
    return wait_for_jobs(session, "p1", job_id, PARTS, timeout, lambda job: None, has_desktops=True)


def outcome(job: Job) -> tuple[set[str], set[str]]:
    return {part.desktop_id for part in job.succeeded}, {part.desktop_id for part in job.failed}


@pytest.mark.parametrize("main", ["", "m"])
def test_it_is_over_when_each_of_them_is(service: ScriptedService, clock: HandClock, main: str) -> None:
    ends = {"a": (1010.0, "SUCCESS", ("d1",)), "b": (1100.0, "SUCCESS", ("d2",)), "m": (1020.0, "SUCCESS", ())}
    Jobs(service, clock, ends)
    job = wait(service, clock, main)
    assert clock.now() >= 1100
    assert outcome(job) == ({"d1", "d2"}, set())
    assert (job.id, job.sub_jobs_total, job.is_over) == (main or "a", 2, True)
    job.raise_for_failure()


def test_the_main_job_is_waited_for_as_well(service: ScriptedService, clock: HandClock) -> None:
    Jobs(
        service,
        clock,
        {"a": (1000.0, "SUCCESS", ("d1",)), "b": (1000.0, "SUCCESS", ("d2",)), "m": (1200.0, "SUCCESS", ())},
    )
    assert wait(service, clock, "m").is_over
    assert clock.now() >= 1200


@pytest.mark.parametrize("main", ["", "m"])
@pytest.mark.parametrize("main_status", ["SUCCESS", "FAIL"])
@pytest.mark.parametrize("desktops", [("d2",), ()], ids=["with sub-jobs", "without"])
def test_a_desktop_whose_job_fails_is_told(
    service: ScriptedService, clock: HandClock, main: str, main_status: str, desktops: tuple[str, ...]
) -> None:
    ends = {"a": (1005.0, "SUCCESS", ("d1",)), "b": (1005.0, "FAIL", desktops), "m": (1005.0, main_status, ())}
    Jobs(service, clock, ends)
    job = wait(service, clock, main)
    assert outcome(job) == ({"d1"}, {"d2"})
    with pytest.raises(
        JobFailedError, match=f"1 of 2 desktops failed in job {main or 'a'}, the first being d2"
    ) as failed:
        job.raise_for_failure()
    reasons = [entry["fail_reason"] for entry in failed.value.result_fields()["desktops_failed"]]
    assert reasons == ([""] if desktops else ["no capacity"])


@pytest.mark.parametrize("ended", ["SUCCESS", "FAIL"])
def test_a_job_without_sub_jobs_speaks_for_its_desktop(service: ScriptedService, clock: HandClock, ended: str) -> None:
    Jobs(service, clock, {"a": (1005.0, ended, ()), "b": (1050.0, ended, ())})
    job = wait(service, clock)
    every = {"d1", "d2"}
    assert outcome(job) == ((every, set()) if ended == "SUCCESS" else (set(), every))
    assert clock.now() >= 1050


def test_a_job_of_several_desktops_speaks_for_each(service: ScriptedService, clock: HandClock) -> None:
    Jobs(service, clock, {"a": (1005.0, "SUCCESS", ("d1", "d3")), "b": (1005.0, "FAIL", ("d2", "d4"))})
    assert outcome(wait(service, clock)) == ({"d1", "d3"}, {"d2", "d4"})


def test_a_desktop_that_both_jobs_know_is_counted_once_and_its_own_job_is_believed(
    service: ScriptedService, clock: HandClock
) -> None:
    ends = {"a": (1005.0, "SUCCESS", ("d1",)), "b": (1005.0, "FAIL", ("d2",)), "m": (1005.0, "SUCCESS", ("d1", "d2"))}
    Jobs(service, clock, ends)
    job = wait(service, clock, "m")
    assert (outcome(job), job.sub_jobs_total) == (({"d1"}, {"d2"}), 2)


def test_a_job_that_cannot_be_found_yet_is_waited_for(service: ScriptedService, clock: HandClock) -> None:
    jobs = Jobs(service, clock, {"a": (1005.0, "SUCCESS", ()), "b": (1005.0, "SUCCESS", ())})
    jobs.unseen = {"b"}
    assert outcome(wait(service, clock)) == ({"d1", "d2"}, set())


def test_the_time_limit_holds_for_all_of_them(service: ScriptedService, clock: HandClock) -> None:
    Jobs(service, clock, {"a": (1005.0, "SUCCESS", ("d1",)), "b": (9999.0, "SUCCESS", ("d2",))})
    with pytest.raises(JobTimeoutError, match="1 of 2 desktops done") as failed:
        wait(service, clock, timeout=60)
    assert failed.value.result_fields()["job_id"] == "a"
    assert failed.value.result_fields()["desktops_succeeded"] == ["d1"]
    assert "job  " not in str(failed.value)


def test_many_desktops_cost_two_requests_a_look(service: ScriptedService, clock: HandClock) -> None:
    ends = {"a": (0.0, "SUCCESS", ("d1",)), "b": (0.0, "SUCCESS", ("d2",)), "m": (0.0, "SUCCESS", ())}
    Jobs(service, clock, ends)
    wait(service, clock, "m")
    assert len(service.requests) == 2
