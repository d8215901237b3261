# Copyright (c) 2026 the hwcloud.workspace contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Scripts on a pool's desktops: run once each time, followed by their task, and judged desktop by desktop."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import pytest

from ansible_collections.hwcloud.workspace.plugins.module_utils.client.errors import (
    BusyError,
    InputError,
    JobFailedError,
    JobTimeoutError,
    NotFoundError,
    OutcomeUnknownError,
    WorkspaceError,
)
from ansible_collections.hwcloud.workspace.plugins.module_utils.client.scripts import ScriptTask, read_tasks
from ansible_collections.hwcloud.workspace.plugins.module_utils.pools.engine import Engine, Outcome
from ansible_collections.hwcloud.workspace.plugins.module_utils.pools.model import Pool
from ansible_collections.hwcloud.workspace.plugins.module_utils.pools.progress import job_state
from ansible_collections.hwcloud.workspace.plugins.module_utils.pools.script import Script
from ansible_collections.hwcloud.workspace.tests.unit.plugins.module_utils.pools.samples import (
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
POOL_ID = str(pool_record()["id"])
POOL = f"{BASE}/desktop-pools/{POOL_ID}"
OF_ALL = {"script_ids": ["s1"]}


def record(number: int, status: str, desktop: str = "", **fields: Any) -> dict[str, Any]:
    desktop = desktop or f"d{number}"
    return {
        "id": f"r{number}",
        "script_task_id": "task-1",
        "resource_id": desktop,
        "resource_name": desktop.upper(),
        "status": status,
        **fields,
    }


def a_task(status: str, *records: dict[str, Any], missing: int = 0, **fields: Any) -> ScriptTask:
    return ScriptTask.from_service({"id": "task-1", "status": status, **fields}, records, missing=missing)


# What a task and its records say.


@pytest.mark.parametrize(
    ("status", "is_over"),
    [
        ("INIT", False),
        ("RUNNING", False),
        ("PAUSED", False),
        ("", False),
        ("FINISH", True),
        ("FAILED", True),
        ("finish", True),
    ],
)
def test_an_unknown_state_is_not_the_end(status: str, is_over: bool) -> None:
    assert a_task(status).is_over is is_over


def test_a_desktop_has_succeeded_if_every_script_has() -> None:
    task = a_task(
        "RUNNING",
        record(1, "SUCCESS", "d1"),
        record(2, "SUCCESS", "d1"),
        record(3, "SUCCESS", "d2"),
        record(4, "FAILED", "d2"),
        record(5, "SUCCESS", "d3"),
        record(6, "RUNNING", "d3"),
        record(7, "ODD", "d4"),
    )
    assert [run.desktop_id for run in task.succeeded] == ["d1"]
    assert [run.desktop_id for run in task.failed] == ["d2"]
    assert (task.running, task.sub_jobs_total, task.is_settled) == (1, 4, False)
    assert job_state(task) == "2/4 desktops, 1 failed, 1 running"


def test_at_the_end_whatever_did_not_succeed_has_failed() -> None:
    task = a_task("FINISH", record(1, "SUCCESS"), record(2, "ODD"), record(3, "SKIPPED"))
    assert [run.desktop_id for run in task.failed] == ["d2", "d3"]
    with pytest.raises(
        JobFailedError, match=r"on 2 of 3 desktops \(task task-1\), the first being D2 \(no reason given"
    ):
        task.raise_for_failure()


def test_a_state_of_an_unknown_name_is_success_where_the_task_counts_no_failure() -> None:
    task = a_task("FINISH", record(1, "EXECUTED"), record(2, "SUCCESS"), success_num=2, failed_num=0, skip_num=0)
    task.raise_for_failure()
    assert len(task.succeeded) == 2
    odd = a_task("FINISH", record(1, "RUNNING"), success_num=1, failed_num=0, skip_num=0)
    assert not odd.is_settled
    assert len(a_task("FINISH", record(1, "EXECUTED"), success_num=0, failed_num=1).failed) == 1


def test_the_sentence_names_one_that_failed_before_one_that_was_left_out() -> None:
    task = a_task("FAILED", record(1, "SKIPPED"), record(2, "FAILED", reason="exit code 3.", result_code="WKS.1"))
    with pytest.raises(
        JobFailedError, match=r"2 of 2 desktops .* the first being D2 \(exit code 3\); see records"
    ) as failed:
        task.raise_for_failure()
    assert failed.value.fields["task"]["id"] == "task-1"
    assert [entry["id"] for entry in failed.value.fields["records"]] == ["r1", "r2"]


@pytest.mark.parametrize(("status", "numbers"), [("FAILED", {}), ("FINISH", {"failed_num": 2})])
def test_a_task_that_failed_without_a_record_of_it_has_failed(status: str, numbers: dict[str, int]) -> None:
    with pytest.raises(JobFailedError, match=f"script task task-1 ended in the state {status}"):
        a_task(status, record(1, "SUCCESS"), **numbers).raise_for_failure()


def test_records_that_were_not_read_are_counted_by_the_task() -> None:
    task = a_task(
        "RUNNING", *[record(number, "RUNNING") for number in range(100)], missing=50, success_num=70, failed_num=2
    )
    assert job_state(task) == "72/150 desktops, 2 failed"


# In the engine, with a service.


@dataclass
class Service:
    """A pool behind a real HTTP server whose desktops run scripts.

    :param seconds: how long a task takes.
    :param states: the state in which each desktop's run ends.
    :param final: the state in which a task ends.
    :param late_records: seconds after its end in which a task's records still say RUNNING.
    :param fates: what becomes of requests: ``done``, ``lost`` (carried out, answer lost), ``never`` (arrived),
        ``silent`` (carried out, and answered without an ID).
    """

    service: ScriptedService
    clock: HandClock
    seconds: float = 60.0
    states: dict[str, str] = field(default_factory=lambda: {"d1": "SUCCESS", "d2": "SUCCESS"})
    final: str = "FINISH"
    late_records: float = 0.0
    fates: list[str] = field(default_factory=list)
    desktops: list[dict[str, Any]] = field(default_factory=lambda: [desktop_record("d1"), desktop_record("d2")])
    tasks: list[tuple[str, dict[str, Any], float]] = field(default_factory=list)
    job_ends: float = 0.0
    warnings: list[str] = field(default_factory=list)
    lines: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        """Answer requests from now on."""
        on = self.service.on
        on("GET", POOL, Reply(200, pool_record()))
        on("GET", f"{BASE}/desktops/detail", self._desktops)
        on("GET", f"{BASE}/workspace-sub-jobs", lambda r: Reply(200, {"jobs": self._job(), "total_count": 1}))
        on("GET", f"{BASE}/workspace-jobs/job-1", self._show_job)
        on("GET", f"{BASE}/desktop-pools/script-execution-tasks/detail", self._tasks)
        on("GET", f"{BASE}/script-execution-records", self._records)
        on("POST", f"{POOL}/script-executions", self._run)

    def run(self, way: str = "carry_out", fields: dict[str, Any] | None = None, **options: Any) -> Outcome:
        session = session_to(self.service.url, clock=self.clock, max_retries=0)
        engine = Engine(session, self.lines.append, self.warnings.append, **options)
        change = Script(OF_ALL if fields is None else fields)
        return (engine.predict if way == "predict" else engine.carry_out)(change, Pool.from_service(pool_record()))

    def fails(self, kind: type[WorkspaceError], fields: dict[str, Any] | None = None, **options: Any) -> WorkspaceError:
        with pytest.raises(kind) as failed:
            self.run(fields=fields, **options)
        assert str(failed.value).startswith("pool finance-win10: script: ")
        return failed.value

    def begin(self, body: dict[str, Any]) -> str:
        """Begin a task, as a request or another controller would."""
        self.tasks.append((f"task-{len(self.tasks) + 1}", body, self.clock.now() + self.seconds))
        return self.tasks[-1][0]

    @property
    def posts(self) -> list[Any]:
        return [request.json() for request in self.service.sent("POST")]

    def _run(self, request: Request) -> Behaviour:
        fate = self.fates.pop(0) if self.fates else "done"
        if fate == "never":
            return Reset()
        if fate == "another":
            self.begin({"script_ids": ["s2"]})
            return Reset()
        task_id = self.begin(request.json())
        return Reset() if fate == "lost" else Reply(200, {} if fate == "silent" else {"task_id": task_id})

    def _tasks(self, request: Request) -> Behaviour:
        wanted = [value for name, value in request.pairs if name == "task_id"]
        found = [
            {
                "id": task_id,
                "desktop_pool_id": POOL_ID,
                "status": self.final if self.clock.now() >= ends else "RUNNING",
                "scripts": [{"id": script_id, "name": script_id} for script_id in body.get("script_ids", [])],
                "command_content": body.get("command_content"),
            }
            for task_id, body, ends in self.tasks
            if not wanted or task_id in wanted
        ]
        return Reply(200, {"script_execution_tasks": found, "total_count": len(found)})

    def _records(self, request: Request) -> Behaviour:
        (ends,) = (ends for task_id, _body, ends in self.tasks if task_id == request.query["script_task_id"])
        over = self.clock.now() >= ends + self.late_records
        found = [
            {
                "id": f"r-{desktop_id}",
                "script_task_id": request.query["script_task_id"],
                "resource_id": desktop_id,
                "resource_name": desktop_id.upper(),
                "status": state if over else "RUNNING",
                "reason": "exit code 3" if over and state == "FAILED" else "",
            }
            for desktop_id, state in self.states.items()
        ]
        at, most = int(request.query["offset"]), int(request.query["limit"])
        return Reply(200, {"script_records": found[at : at + most], "count": len(found)})

    def _desktops(self, request: Request) -> Behaviour:
        wanted = [value for name, value in request.pairs if name == "desktop_id"]
        found = [desktop for desktop in self.desktops if not wanted or desktop["desktop_id"] in wanted]
        return Reply(200, {"desktops": found, "total_count": len(found)})

    def _job(self) -> list[dict[str, Any]]:
        if not self.job_ends:
            return []
        status = "SUCCESS" if self.clock.now() >= self.job_ends else "RUNNING"
        return [{"id": "p", "job_id": "job-1", "job_type": "rebuildDesktopPool", "status": status}]

    def _show_job(self, request: Request) -> Behaviour:
        status = "COMPLETE" if self.clock.now() >= self.job_ends else "RUNNING"
        return Reply(200, {"id": "job-1", "status": status, "job_type": "rebuildDesktopPool", "sub_jobs": self._job()})


@pytest.fixture
def pool(service: ScriptedService, clock: HandClock) -> Service:
    """Return a pool with two desktops."""
    return Service(service, clock)


def test_a_script_is_run_once_and_followed_to_its_end(pool: Service) -> None:
    predicted = pool.run("predict").result()
    assert pool.posts == []
    assert (predicted["changed"], predicted["task"], predicted["records"]) == (True, None, [])
    result = pool.run().result()
    assert pool.posts == [OF_ALL]
    assert result["changed"]
    assert result["diff"] == predicted["diff"]
    assert result["diff"]["after"] == {"script": {"script_ids": ["s1"], "desktop_count": 2, "desktops": "D1, D2"}}
    assert (result["task"]["id"], result["task"]["status"]) == ("task-1", "FINISH")
    assert [entry["status"] for entry in result["records"]] == ["SUCCESS", "SUCCESS"]
    assert "job_id" not in result
    assert pool.lines[-1] == "finance-win10: script 2/2 desktops, 1m02s"
    assert pool.run().changed
    assert len(pool.posts) == 2


def test_a_command_goes_out_as_it_was_given(pool: Service) -> None:
    fields = {
        "command_content": 'Get-Item "C:\\x"\nexit 0',
        "command_type": "POWERSHELL",
        "desktop_ids": ["d2"],
        "gray_count": 1,
        "gray_desktop_ids": ["d2"],
        "gray_fail_threshold": 1,
        "pre_start": "x",
        "post_finish": "reboot",
        "execution_timeout": 5,
    }
    outcome = pool.run(fields=fields)
    assert pool.posts == [fields]
    script = {"command_content": fields["command_content"], "desktop_count": 1, "desktops": "D2"}
    assert outcome.result()["diff"] == {"before": {}, "after": {"script": script}}


def test_a_desktop_on_which_it_failed_fails_the_task(pool: Service) -> None:
    pool.states["d2"] = "FAILED"
    error = pool.fails(JobFailedError)
    assert "did not succeed on 1 of 2 desktops (task task-1), the first being D2 (exit code 3)" in str(error)
    assert error.fields["changed"] is True
    assert error.fields["task"]["status"] == "FINISH"
    assert [entry["resource_id"] for entry in error.fields["records"]] == ["d1", "d2"]


def test_records_that_lag_behind_the_end_are_waited_for(pool: Service) -> None:
    pool.late_records = 20
    assert pool.run().changed


def test_records_that_never_come_to_an_end_count_as_failed(pool: Service, clock: HandClock) -> None:
    pool.late_records = 10**6
    assert "no reason given, state RUNNING" in str(pool.fails(JobFailedError))
    assert clock.now() < 1000 + 60 + 60


def test_long_lists_of_records_are_read_to_their_end_once(pool: Service) -> None:
    pool.states = {f"d{number}": "SUCCESS" for number in range(250)}
    assert len(pool.run().result()["records"]) == 250
    offsets = [request.query["offset"] for request in pool.service.sent("GET", ".*/script-execution-records")]
    assert offsets[-3:] == ["0", "100", "200"]
    assert set(offsets[:-3]) == {"0"}


def test_a_task_that_takes_too_long_is_named_and_not_sent_again(pool: Service) -> None:
    pool.seconds = 900
    error = pool.fails(JobTimeoutError, wait_timeout=30)
    assert "script task task-1 still runs after 30s, 0 of 2 desktops done; it goes on in the service" in str(error)
    assert "look at it with desktop_pool_script_info" in str(error)
    assert error.fields["task"]["id"] == "task-1"
    assert len(error.fields["records"]) == 2


def test_without_wait_the_task_ends_with_the_id(pool: Service, clock: HandClock) -> None:
    result = pool.run(wait=False).result()
    assert (result["changed"], result["task"], result["records"]) == (True, {"id": "task-1"}, [])
    assert clock.pauses == []


def test_a_job_of_the_pool_is_waited_for_first(pool: Service, clock: HandClock) -> None:
    pool.job_ends = clock.now() + 40
    assert "job job-1" in str(pool.fails(BusyError, wait=False))
    assert pool.posts == []
    assert pool.run().changed
    assert pool.tasks[0][2] - pool.seconds >= pool.job_ends
    assert any("waits for job job-1" in line for line in pool.lines)


@pytest.mark.parametrize("fate", ["lost", "silent"])
def test_a_lost_answer_is_found_among_the_tasks(pool: Service, fate: str) -> None:
    pool.begin(OF_ALL)
    pool.fates = [fate]
    assert pool.run().result()["task"]["id"] == "task-2"
    assert len(pool.posts) == 1


@pytest.mark.parametrize("fate", ["never", "another"])
def test_a_request_without_a_trace_is_never_sent_again(pool: Service, fate: str) -> None:
    pool.fates = [fate]
    error = pool.fails(OutcomeUnknownError)
    assert "unknown" in str(error)
    assert "No script task and no effect of it appeared" in str(error)
    assert len(pool.posts) == 1


def test_the_task_of_a_command_is_known_by_the_command(pool: Service) -> None:
    pool.fates = ["lost"]
    fields = {"command_content": "Get-Date", "command_type": "POWERSHELL"}
    assert pool.run(fields=fields).result()["task"]["command_content"] == "Get-Date"


@pytest.mark.parametrize(
    ("fields", "kind", "sentence"),
    [
        ({"desktop_ids": ["d1", "d8", "d8"]}, NotFoundError, "no desktop with the ID d8; check desktop_ids"),
        ({"gray_desktop_ids": ["d7"]}, NotFoundError, "no desktop with the ID d7; check gray_desktop_ids"),
        ({"desktop_ids": ["d1"], "gray_desktop_ids": ["d2"]}, InputError, "d2 is in gray_desktop_ids and not in"),
    ],
)
def test_desktops_that_are_not_there_are_refused_before_anything_is_sent(
    pool: Service, fields: dict[str, Any], kind: type[WorkspaceError], sentence: str
) -> None:
    assert sentence in str(pool.fails(kind, {**OF_ALL, **fields}))
    with pytest.raises(kind, match=sentence):
        pool.run("predict", {**OF_ALL, **fields})
    assert pool.posts == []


def test_desktops_that_do_not_run_and_users_who_are_hit_are_warned_of(pool: Service) -> None:
    pool.desktops = [
        desktop_record("d1", login_status="DISCONNECTED"),
        desktop_record("d2", status="SHUTOFF"),
        desktop_record("d3", status="", task_status="deleting"),
    ]
    stopped = "pool finance-win10: 1 of the 2 desktops does not run, and the script is going to fail there: D2."
    pool.run("predict")
    assert pool.warnings == [stopped]
    pool.warnings.clear()
    pool.run("predict", {**OF_ALL, "post_finish": "stop"})
    assert pool.warnings[0] == stopped
    assert "post_finish (stop) takes from under them with their unsaved work: D1." in pool.warnings[1]


def test_a_pool_without_desktops_is_left_alone(pool: Service) -> None:
    pool.desktops = []
    assert not pool.run().changed
    assert pool.posts == []
    assert pool.warnings == ["pool finance-win10: it has no desktop to run a script on."]


def test_a_region_that_ignores_filters_does_not_spoil_the_answer(service: ScriptedService) -> None:
    tasks = [
        {"id": "a", "desktop_pool_id": "p"},
        {"id": "b", "desktop_pool_id": "q"},
        {"id": "c", "desktop_pool_id": "p"},
    ]
    service.on(
        "GET", f"{BASE}/desktop-pools/script-execution-tasks/detail", Reply(200, {"script_execution_tasks": tasks})
    )
    session = session_to(service.url)
    assert [task.id for task in read_tasks(session, {"desktop_pool_id": "p", "task_id": ["c", "b"]})] == ["c"]
    assert [task.id for task in read_tasks(session, {})] == ["a", "b", "c"]
