# Copyright (c) 2026 the hwcloud.workspace contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The event source ``jobs``: what it tells of jobs that end, and its contract with ansible-rulebook.

Time moves only by what a test says, so nothing here depends on how fast the machine is. ``make events`` runs the same
source under ansible-rulebook.
"""

from __future__ import annotations

import asyncio
import importlib
import json
import os
import runpy
import signal
import socket
import stat
import subprocess
import sys
from collections.abc import Callable, Coroutine
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from running import CHECKOUT, PROJECT, SECRETS
from sight import DECEMBER, FINANCE, NOVEMBER, OCTOBER, Sight, desktop_id

from ansible_collections.hwcloud.workspace.plugins.module_utils.client.errors import WorkspaceError
from ansible_collections.hwcloud.workspace.plugins.module_utils.events.memory import Memory
from ansible_collections.hwcloud.workspace.plugins.module_utils.events.watch import Watch
from ansible_collections.hwcloud.workspace.plugins.module_utils.task import Task, execute
from workspace_simulator.testing import RunningSimulator

# It does not depend on ansible-core.
pytestmark = pytest.mark.readings

SOURCE = CHECKOUT / "extensions" / "eda" / "plugins" / "event_source" / "jobs.py"
CALLCENTER = "22222222-0000-4000-8000-000000000002"
HOUR = 3600.0


class Looks:
    """Watches as a source makes them, and what they warn of."""

    def __init__(self, simulator: RunningSimulator, environment: dict[str, str]) -> None:
        self.simulator = simulator
        self.environment = environment
        self.warnings: list[str] = []

    def watch(self, **args: Any) -> Watch:
        """Return a watch that has not looked yet."""
        return Watch(args, self.environment, self.warnings.append)

    def begun(self, **args: Any) -> Watch:
        """Return a watch that has looked once and found nothing to tell."""
        watch = self.watch(**args)
        assert watch.look() == []
        return watch

    def module(self, name: str, /, **options: Any) -> dict[str, Any]:
        """Return the result of a module of the collection."""
        module = importlib.import_module(f"ansible_collections.hwcloud.workspace.plugins.modules.{name}")
        found = module.SPEC.validate(options)
        assert not found.error_messages
        return execute(module.SPEC, module.run, Task(name, found.validated_parameters, False, self.environment))

    def requests(self, operation: str | None = None) -> list[str]:
        """Return the operations asked for by anybody, in order."""
        return [entry["operation"] for entry in self.simulator.control.journal(operation)]


@pytest.fixture
def looks(simulator: RunningSimulator) -> Looks:
    """Hand out watches on a simulator whose time stands still. What the client waits by itself takes no time."""
    simulator.control.seed((Path(__file__).parent / "estate.yml").read_text())
    simulator.control.set_clock(mode="polls", seconds_per_poll=0)
    return Looks(
        simulator,
        {
            "HUAWEICLOUD_SDK_AK": "EXAMPLEAK",
            "HUAWEICLOUD_SDK_SK": "EXAMPLESK",
            "HW_REGION_NAME": "eu-west-101",
            "HUAWEICLOUD_SDK_PROJECT_ID": PROJECT,
            "HW_WORKSPACE_ENDPOINT": simulator.url,
            "HW_IAM_ENDPOINT": simulator.url,
            "HW_METADATA_ENDPOINT": "off",
            "HW_WORKSPACE_TIME_FACTOR": "10000",
        },
    )


@pytest.fixture
def seen(looks: Looks) -> Sight:
    """Hand out the simulated estate, past the service."""
    return Sight(looks.simulator)


def test_an_event_says_what_job_info_says_and_more(looks: Looks, seen: Sight) -> None:
    watch = looks.begun(sub_jobs="all")
    seen.control.set_failures({"operation": "RebuildDesktopPool", "desktops": ["FIN-002"]})
    job_id = seen.start_rebuild(NOVEMBER)
    assert watch.look() == []
    seen.control.advance(HOUR)
    (end,) = watch.look()
    event = end.event
    assert event["outcome"] == "failed"
    assert event["counts"] == {"total": 4, "succeeded": 3, "failed": 1}
    assert event["desktops_failed"] == [
        {
            "desktop_id": desktop_id("FIN-002"),
            "desktop_name": "FIN-002",
            "error_code": "WKS.00010110",
            "fail_reason": "The desktop did not obtain an IP address.",
        }
    ]
    assert event["desktops_succeeded"] == [desktop_id(name) for name in ("FIN-001", "FIN-003", "FIN-004")]
    assert event["pool"] == {"id": FINANCE, "name": "finance"}
    assert event["pools"] == [event["pool"]]
    assert (event["region"], event["project_id"]) == ("eu-west-101", PROJECT)
    (told,) = looks.module("job_info", job_id=job_id)["jobs"]
    assert event["job"] == told
    assert len(json.dumps(event)) < 10_000


def test_every_end_is_told_once_and_those_of_before_are_not(looks: Looks, seen: Sight) -> None:
    seen.start_rebuild(NOVEMBER)
    seen.control.advance(HOUR)
    watch = looks.begun()
    told = []
    for image in (DECEMBER, OCTOBER, NOVEMBER):
        # It begins and ends between two looks.
        started = seen.start_rebuild(image)
        seen.control.advance(HOUR)
        told += [(end.job_id, end.event["outcome"]) for _look in range(3) for end in watch.look()]
        assert told[-1] == (started, "succeeded")
    assert len(told) == 3


def test_a_look_takes_one_request_and_one_more_for_each_end(looks: Looks, seen: Sight) -> None:
    watch = looks.begun()
    assert looks.requests() == ["ListItaSubJobs", "ListDesktopPools", "ListDesktops"]
    seen.start_rebuild(NOVEMBER)
    for _look in range(3):
        seen.control.clear_journal()
        assert watch.look() == []
        assert looks.requests() == ["ListItaSubJobs"]
    seen.control.advance(HOUR)
    seen.control.clear_journal()
    assert len(watch.look()) == 1
    assert looks.requests() == ["ListItaSubJobs", "ShowJob"]


def test_since_tells_what_ended_before(looks: Looks, seen: Sight) -> None:
    seen.start_rebuild(NOVEMBER)
    seen.control.advance(HOUR)
    late = seen.start_rebuild(DECEMBER)
    seen.control.advance(HOUR)
    (early_end, late_end) = [end.event["job"]["end_time"] for end in looks.watch(since="2000-01-01 00:00:00").look()]
    assert early_end < late_end
    assert [end.job_id for end in looks.watch(since=late_end).look()] == [late]


def test_only_what_was_asked_for_is_told(looks: Looks, seen: Sight) -> None:
    failures = looks.begun(outcomes=["failed"])
    others = looks.begun(job_types="executeDesktopsAction")
    of_callcenter = looks.begun(pools=["callcenter"], sub_jobs="none")
    of_both = looks.begun(pools=["callcenter", FINANCE])
    seen.start_rebuild(NOVEMBER)
    seen.control.advance(HOUR)
    assert [watch.look() for watch in (failures, others, of_callcenter)] == [[], [], []]
    (end,) = of_both.look()
    assert end.event["pool"] == {"id": FINANCE, "name": "finance"}
    assert end.event["job"]["sub_jobs"] == []  # none of them failed


def test_a_restart_goes_on_where_the_state_file_says(looks: Looks, seen: Sight, tmp_path: Path) -> None:
    state = tmp_path / "state.json"
    seen.start_rebuild(NOVEMBER)
    seen.control.advance(HOUR)
    watch = looks.begun(state_file=str(state))
    assert stat.S_IMODE(state.stat().st_mode) == 0o600
    seen.start_rebuild(DECEMBER)
    seen.control.advance(HOUR)
    (first,) = watch.look()
    # The source is killed before its next look: nobody knows whether anything came of the event.
    (again,) = (watch := looks.watch(state_file=str(state))).look()
    assert again.event == first.event
    watch.look()
    # From here on it counts as told, and what ends while no source runs is told by the next.
    missed = seen.start_rebuild(OCTOBER)
    seen.control.advance(HOUR)
    (late,) = looks.watch(state_file=str(state), since="2000-01-01 00:00:00").look()
    assert late.job_id == missed
    assert late.event["meta"] != first.event["meta"]


def test_an_event_that_has_arrived_is_not_told_again(looks: Looks, seen: Sight, tmp_path: Path) -> None:
    state = str(tmp_path / "state.json")
    watch = looks.begun(state_file=state)
    seen.start_rebuild(NOVEMBER)
    seen.control.advance(HOUR)
    (end,) = watch.look()
    watch.arrived(end)
    assert looks.watch(state_file=state).look() == []


@pytest.mark.parametrize(
    "content", ["", "[]", "{", '{"format": 99}', '{"format": 1, "project_id": "other", "told": {}}']
)
def test_a_state_file_of_something_else_ends_the_source(looks: Looks, tmp_path: Path, content: str) -> None:
    state = tmp_path / "state.json"
    state.write_text(content)
    if not content:  # as a tool leaves it that makes the file
        looks.begun(state_file=str(state))
        return
    with pytest.raises(WorkspaceError, match=r"^state_file .*; name (another file|a file of its own)\.$"):
        looks.watch(state_file=str(state)).look()
    assert state.read_text() == content


def test_a_state_file_that_cannot_be_written_ends_the_source_at_once(looks: Looks, tmp_path: Path) -> None:
    with pytest.raises(WorkspaceError, match="cannot be written"):
        looks.watch(state_file=str(tmp_path / "nowhere" / "state.json")).look()


READINGS = [
    {},
    {"sub_jobs_appear": "late"},
    {"sub_jobs_appear": "growing"},
    {"sub_jobs_in_job": "capped"},
    {"sub_jobs_unfiltered": "refused"},
    {"finished_jobs": "forgotten"},
    {"job_status_partial": "FAIL"},
    {"job_status_partial": "SUCCESS"},
    {"state_after_job": "lags"},
    {"api_age": "older"},
]


@pytest.mark.parametrize("reading", READINGS, ids=lambda reading: "-".join(*reading.items()) if reading else "default")
def test_under_each_reading_of_the_service_a_job_is_told_once(
    looks: Looks, seen: Sight, reading: dict[str, str]
) -> None:
    seen.control.set_dialect(**reading)
    seen.control.set_failures({"operation": "RebuildDesktopPool", "desktops": ["FIN-002"]})
    watch = looks.begun()
    started = seen.start_rebuild(NOVEMBER)
    ends = []
    for _look in range(12):
        seen.control.advance(20)
        ends += watch.look()
    assert [(end.job_id, end.event["outcome"]) for end in ends] == [(started, "failed")]
    assert ends[0].event["counts"] == {"total": 4, "succeeded": 3, "failed": 1}
    assert ends[0].event["pool"]["name"] == "finance"
    assert looks.warnings == []


def test_a_job_that_only_seems_to_be_over_is_waited_for(looks: Looks, seen: Sight) -> None:
    watch = looks.begun()
    started = seen.start_rebuild(NOVEMBER)
    assert watch.look() == []
    # A list that holds one of its sub-jobs, which has ended, and one that has missed all of them.
    part = {"id": "1", "job_id": started, "job_type": "rebuildDesktopPool", "status": "SUCCESS", "end_time": "2026"}
    for listed in ([part], []):
        answer = {"status": 200, "body": json.dumps({"jobs": listed, "total_count": len(listed)})}
        seen.control.set_faults({"operation": "ListItaSubJobs", "count": 1, "effect": answer})
        assert watch.look() == []
    seen.control.clear_faults()
    seen.control.advance(HOUR)
    ends = [*watch.look(), *watch.look()]
    assert [(end.job_id, end.event["counts"]["succeeded"]) for end in ends] == [(started, 4)]


def test_a_list_that_has_missed_a_job_does_not_have_it_told_again(looks: Looks, seen: Sight) -> None:
    watch = looks.begun()
    seen.start_rebuild(NOVEMBER)
    assert watch.look() == []
    seen.control.advance(HOUR)
    missing = {"status": 200, "body": json.dumps({"jobs": [], "total_count": 0})}
    seen.control.set_faults({"operation": "ListItaSubJobs", "count": 1, "effect": missing})
    assert [len(watch.look()) for _look in range(3)] == [1, 0, 0]


def test_a_job_whose_records_are_deleted_meanwhile(looks: Looks, seen: Sight) -> None:
    seen.control.set_dialect(finished_jobs="forgotten")
    watch = looks.begun()
    started = seen.start_rebuild(NOVEMBER)
    assert watch.look() == []
    seen.control.advance(48 * HOUR)
    ends = [*watch.look(), *watch.look()]
    assert [(end.job_id, end.event["outcome"]) for end in ends] == [(started, "unknown")]
    assert ends[0].event["job"]["job_type"] == "rebuildDesktopPool"
    assert ends[0].event["pool"]["name"] == "finance"


def test_the_pool_of_desktops_that_are_gone_or_new(looks: Looks, seen: Sight) -> None:
    watch = looks.begun()
    seen.control.set_clock(seconds_per_poll=120)
    grown = looks.module("desktop_pool_expand", pool="finance", desktop_count=5)
    (expand,) = watch.look()
    assert expand.event["pool"]["name"] == "finance"
    assert expand.event["desktops_succeeded"] == grown["desktops_succeeded"] != []
    assert looks.module("desktop_pool", name="callcenter", state="absent", force=True)["changed"]
    assert [end.event["pool"]["name"] for end in watch.look()] == ["callcenter"]


def test_more_records_than_can_be_read(looks: Looks, seen: Sight, monkeypatch: pytest.MonkeyPatch) -> None:
    from ansible_collections.hwcloud.workspace.plugins.module_utils.client import pagination

    watch = looks.begun()
    seen.start_rebuild(NOVEMBER)
    seen.control.advance(HOUR)
    assert len(watch.look()) == 1
    # As if the service let nothing be read beyond the first three records, the newest job's.
    monkeypatch.setitem(pagination.PAGING, "ListItaSubJobs", pagination.Paging("jobs", "id", 3, 0))
    seen.start_rebuild(DECEMBER)
    assert watch.look() == []
    seen.control.advance(HOUR)
    (end,) = watch.look()
    assert end.event["counts"] == {"total": 4, "succeeded": 4, "failed": 0}
    assert watch.look() == []
    (warning,) = looks.warnings
    assert warning.startswith("The service has more records of sub-jobs than it lets a client read")


def test_a_service_that_cannot_be_reached_costs_no_event(looks: Looks, seen: Sight) -> None:
    watch = looks.begun(max_retries=0, interval=60)
    usual = watch.pause
    started = seen.start_rebuild(NOVEMBER)
    seen.control.set_faults({"operation": "ListItaSubJobs", "count": None, "effect": {"status": 503}})
    assert [watch.look() for _look in range(6)] == [[]] * 6
    assert watch.pause == usual * 10  # ten minutes
    assert len(looks.warnings) == 6
    seen.control.clear_faults()
    seen.control.advance(HOUR)
    # Also if it fails half-way, at the second of the requests.
    seen.control.set_faults({"operation": "ShowJob", "count": 1, "effect": {"reset": True}})
    assert watch.look() == []
    assert [end.job_id for end in watch.look()] == [started]
    assert watch.pause == usual


def test_trouble_at_the_first_look_ends_the_source(looks: Looks, seen: Sight) -> None:
    seen.control.set_faults({"operation": "ListItaSubJobs", "count": None, "effect": {"status": 503}})
    with pytest.raises(WorkspaceError, match="503"):
        looks.watch(max_retries=0).look()


def test_refused_credentials_are_sent_once(looks: Looks, seen: Sight) -> None:
    watch = looks.watch(access_key="EXAMPLEAK", secret_key="ANOTHERSK")
    for _look in range(3):
        with pytest.raises(WorkspaceError, match="refused") as caught:
            watch.look()
        assert "ANOTHERSK" not in str(caught.value)
    assert looks.requests() == ["ListItaSubJobs"]


def test_credentials_that_are_refused_later_end_the_source(looks: Looks, seen: Sight) -> None:
    token = seen.log_in("operator", "ExamplePassword1")
    watch = looks.begun(auth_token=token)
    seen.control.advance(48 * HOUR)
    seen.control.clear_journal()
    with pytest.raises(WorkspaceError, match="HTTP 401"):
        watch.look()
    with pytest.raises(WorkspaceError):
        watch.look()
    assert looks.requests() == ["ListItaSubJobs"]


WRONG = [
    ({"intervall": 5}, "jobs has no option intervall; check the spelling."),
    ({"interval": 5}, "interval is 5; it takes 10 to 86400 seconds."),
    ({"interval": "often"}, "interval takes a whole number."),
    ({"validate_certs": "perhaps"}, "validate_certs takes true or false."),
    ({"pools": {"name": "finance"}}, "pools takes a list of texts."),
    ({"outcomes": ["late"]}, "outcomes takes succeeded, failed, unknown."),
    ({"sub_jobs": "some"}, "sub_jobs takes failed, all, none."),
    (
        {"since": "yesterday"},
        "since is 'yesterday'; it takes a time such as 2026-11-20 22:00:05, as the service writes it.",
    ),
    ({"secret_key": ["ANOTHERSK"]}, "secret_key takes a text."),
]


@pytest.mark.parametrize(("args", "sentence"), WRONG, ids=[sentence[:30] for _args, sentence in WRONG])
def test_wrong_options_are_refused_before_anything_is_sent(looks: Looks, args: dict[str, Any], sentence: str) -> None:
    with pytest.raises(WorkspaceError) as caught:
        looks.watch(**args)
    assert str(caught.value) == sentence
    assert looks.requests() == []


def test_an_unknown_pool_ends_the_source(looks: Looks) -> None:
    with pytest.raises(WorkspaceError, match=r"^pool nowhere: no pool in eu-west-101 has this name or ID"):
        looks.watch(pools=["nowhere"]).look()


def test_options_as_templates_yield_them(looks: Looks) -> None:
    # Empty ones count as not given, numbers and booleans come as text.
    looks.begun(interval="30", validate_certs="yes", region="", state_file="", pools=[], eda_feedback_queue=None)


def test_no_secret_is_in_an_event(looks: Looks, seen: Sight) -> None:
    rule = {"operation": "RebuildDesktopPool", "desktops": ["FIN-002"], "fail_reason": "the key EXAMPLESK is wrong"}
    seen.control.set_failures(rule)
    watch = looks.begun()
    seen.start_rebuild(NOVEMBER)
    seen.control.advance(HOUR)
    (end,) = watch.look()
    assert "the key ******** is wrong" in json.dumps(end.event)
    assert "EXAMPLESK" not in json.dumps(end.event)


def test_what_is_not_seen_for_long_is_forgotten() -> None:
    memory = Memory()
    memory.told("a", "2026-11-20 22:00:05", surely=True)
    for _look in range(100):
        memory.look([])
    assert json.loads(memory.text("p"))["told"] == {"a": "2026-11-20 22:00:05"}
    memory.look([])
    assert json.loads(memory.text("p"))["told"] == {}


# From here on as ansible-rulebook runs it: by the file's path, in an event loop.

Main = Callable[..., Coroutine[Any, Any, None]]


@pytest.fixture
def source(looks: Looks, monkeypatch: pytest.MonkeyPatch) -> Main:
    """Hand out the source's ``main``, with credentials in the environment."""
    for name, value in looks.environment.items():
        monkeypatch.setenv(name, value)
    main: Main = runpy.run_path(str(SOURCE))["main"]
    return main


async def _ended(running: asyncio.Task[None]) -> None:
    running.cancel()
    with pytest.raises(asyncio.CancelledError):
        await running


def test_the_queue_gets_events(source: Main, seen: Sight) -> None:
    async def play() -> None:
        queue: asyncio.Queue[Any] = asyncio.Queue(maxsize=1)
        running = asyncio.create_task(source(queue, {"interval": 10}))
        while not seen.control.journal("ListDesktops"):
            await asyncio.sleep(0.01)
        for image in (NOVEMBER, DECEMBER):
            started = seen.start_rebuild(image)
            seen.control.advance(HOUR)
            event = await asyncio.wait_for(queue.get(), 30)
            assert event["job"]["job_id"] == started
        assert queue.empty()
        await _ended(running)

    asyncio.run(play())


def test_feedback_of_the_rules_is_waited_for(source: Main, seen: Sight, tmp_path: Path) -> None:
    state = tmp_path / "state.json"

    def told() -> int:
        return len(json.loads(state.read_text())["told"])

    async def play() -> None:
        queue: asyncio.Queue[Any] = asyncio.Queue(maxsize=1)
        feedback: asyncio.Queue[Any] = asyncio.Queue()
        args = {"interval": 10, "state_file": str(state), "feedback": True, "eda_feedback_queue": feedback}
        running = asyncio.create_task(source(queue, args))
        while not state.exists():
            await asyncio.sleep(0.01)
        seen.start_rebuild(NOVEMBER)
        seen.control.advance(HOUR)
        event = await asyncio.wait_for(queue.get(), 30)
        await feedback.put({"meta": {"uuid": "another"}})
        seen.control.clear_journal()
        await asyncio.sleep(0.3)
        assert (told(), seen.control.journal()) == (0, [])  # it waits
        await feedback.put(event)
        while not told():
            await asyncio.sleep(0.01)
        await _ended(running)

    asyncio.run(asyncio.wait_for(play(), 60))


def test_what_ends_the_source_is_one_sentence(source: Main, looks: Looks) -> None:
    with pytest.raises(RuntimeError) as caught:
        asyncio.run(source(asyncio.Queue(), {"secret_key": "ANOTHERSK", "access_key": "EXAMPLEAK"}))
    sentence = str(caught.value)
    assert sentence.startswith("hwcloud.workspace.jobs: ")
    assert "\n" not in sentence
    assert not any(secret in sentence for secret in (*SECRETS, "ANOTHERSK"))
    assert caught.value.__cause__ is None


def test_a_program_that_is_stopped_waits_for_no_answer(looks: Looks, tmp_path: Path) -> None:
    # What answers here never does.
    with socket.create_server(("127.0.0.1", 0)) as silent:
        url = f"http://127.0.0.1:{silent.getsockname()[1]}"
        command = [sys.executable, str(SOURCE), f"endpoint={url}", "request_timeout=600"]
        environment = {**looks.environment, "PATH": os.environ["PATH"], "HOME": str(tmp_path)}
        # A shell that runs the tests in the background may have them ignore the signal, and so the program too.
        with subprocess.Popen(
            command,
            env=environment,
            stderr=subprocess.PIPE,
            preexec_fn=partial(signal.signal, signal.SIGINT, signal.SIG_DFL),  # noqa: PLW1509 - it takes no lock
        ) as running:
            silent.settimeout(60)
            connection = silent.accept()[0]
            running.send_signal(signal.SIGINT)
            try:
                running.wait(timeout=60)
            finally:
                running.kill()
        connection.close()


def test_by_itself_as_a_program(looks: Looks, seen: Sight, tmp_path: Path) -> None:
    """Where neither Ansible nor its collections can be imported; only ``requests`` is there."""
    started = seen.start_rebuild(NOVEMBER)
    seen.control.advance(HOUR)
    blocked = tmp_path / "blocked"
    for name in ("ansible", "ansible_collections"):
        (blocked / name).mkdir(parents=True)
        (blocked / name / "__init__.py").write_text("raise ImportError('not in this test')")
    environment = {**looks.environment, "PATH": os.environ["PATH"], "HOME": str(tmp_path), "PYTHONPATH": str(blocked)}
    command = [sys.executable, str(SOURCE), "since=2000-01-01 00:00:00", "interval=10"]
    with subprocess.Popen(
        command, env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    ) as running:
        assert running.stdout is not None
        line = running.stdout.readline()
        running.terminate()
        errors = running.communicate()[1]
    assert line, errors
    assert json.loads(line)["job"]["job_id"] == started
