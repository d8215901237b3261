# Copyright (c) 2026 the hwcloud.workspace contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Indirect node counting: the queries of ``extensions/audit``, on the events of a real run of ansible-runner."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import yaml
from running import CHECKOUT, task
from sight import DECEMBER, NOVEMBER, OCTOBER, desktop_id

from workspace_simulator.testing import RunningSimulator

QUERIES = CHECKOUT / "extensions" / "audit" / "event_query.yml"
FINANCE = [desktop_id(f"FIN-00{number}") for number in range(1, 5)]
ENGINEERING = [desktop_id(f"ENG-00{number}") for number in range(1, 5)]
CHECK = {"check_mode": True}

TASKS = [
    task("desktop_info", "looks", pool="finance"),
    task("desktop_pool_info", "looks at pools", pool="finance", gather=["desktops"]),
    task("desktop_pool_rebuild", "rehearses", CHECK, pool="finance", image_id=NOVEMBER),
    task("desktop_pool_rebuild", "fails for one", {"ignore_errors": True}, pool="finance", image_id=NOVEMBER),
    task("desktop_pool_rebuild", "repairs", pool="finance", image_id=NOVEMBER),
    task("desktop_pool_rebuild", "finds nothing to do", pool="finance", image_id=NOVEMBER),
    task("desktop_pool_rebuild", "is left out", {"when": False}, pool="finance", image_id=OCTOBER),
    task("desktop_pool_rebuild", "is secret", {"no_log": True}, pool="engineering", image_id=DECEMBER),
    task(
        "desktop_pool_rebuild",
        "begins",
        {"register": "begun"},
        pool="finance",
        image_id=DECEMBER,
        delay_time=15,
        wait=False,
    ),
    task("desktop_pool_rebuild", "finds it begun", pool="finance", image_id=DECEMBER),
    task("job_wait", "ends", job_id="{{ begun.job_id }}"),
    task("desktop_pool_power", "loops", {"loop": ["finance", "engineering"]}, pool="{{ item }}", state="stopped"),
    task("desktop_power", "starts one", pool="finance", desktop_ids=FINANCE[:1], state="started"),
    task("desktop_power", "rehearses to start", CHECK, pool="finance", desktop_ids=FINANCE[1:2], state="started"),
    task(
        "desktop_pool_script", "runs", {"ignore_errors": True}, pool="finance", command_content="x", command_type="BAT"
    ),
    task("desktop_pool_script", "rehearses to run", CHECK, pool="finance", command_content="x", command_type="BAT"),
    task("desktop_logoff", "logs off", pool="callcenter"),
    task("desktop_pool_drain", "rehearses to drain", CHECK, pool="callcenter", session_policy="logoff"),
    task("desktop_pool_notification", "notifies", pool="finance", user_message="x"),
    task("desktop_pool_expand", "grows", pool="callcenter", desktop_count=4),
    task("desktop_pool_rebuild", "is refused", {"ignore_errors": True}, pool="nowhere", image_id=NOVEMBER),
]

COUNTED: dict[str, list[str]] = {
    "fails for one": FINANCE,
    "repairs": [desktop_id("FIN-002")],
    "ends": FINANCE,
    "loops": FINANCE + ENGINEERING,
    "starts one": FINANCE[:1],
    "runs": FINANCE,
}
"""By task, where any are counted; what grows a pool counts desktops whose IDs nobody knows before."""


@dataclass
class Job:
    """What a controller sees of a job: its events, and the nodes that the queries count."""

    results: dict[str, dict[str, Any]]
    by_task: dict[str, list[dict[str, Any]]]
    nodes: list[dict[str, Any]]


@pytest.fixture(scope="module")
def job(
    programs: Path,
    environment: Callable[[Path], dict[str, str]],
    simulator_process: RunningSimulator,
    tmp_path_factory: pytest.TempPathFactory,
) -> Job:
    """Run one play with ansible-runner, as a controller does, and count the nodes in its events."""
    folder = tmp_path_factory.mktemp("runner")
    given = environment(folder)
    # Long enough that the job that one task begins still runs when the next one looks.
    estate = (CHECKOUT / "tests" / "integration" / "estate.yml").read_text()
    simulator_process.control.seed(estate.replace("seconds_per_desktop: 30", "seconds_per_desktop: 600"))
    simulator_process.control.set_clock(factor=float(given["HW_WORKSPACE_TIME_FACTOR"]))
    simulator_process.control.set_failures({"operation": "RebuildDesktopPool", "desktops": ["FIN-002"], "times": 1})
    (folder / "inventory").mkdir()
    (folder / "inventory" / "hosts").write_text("localhost ansible_connection=local\n")
    (folder / "project").mkdir()
    play = {"name": "Count", "hosts": "localhost", "gather_facts": False, "tasks": TASKS}
    (folder / "project" / "play.yml").write_text(yaml.safe_dump([play], sort_keys=False))
    command = [programs / "ansible-runner", "run", folder, "-p", "play.yml", "-i", "one"]
    run = subprocess.run(command, check=False, env=given, capture_output=True, text=True, timeout=240)
    assert run.returncode == 0, run.stdout[-3000:] + run.stderr[-1000:]
    written = [json.loads(file.read_text()) for file in (folder / "artifacts" / "one" / "job_events").glob("*.json")]
    written.sort(key=lambda event: event["counter"])
    events = [event for event in written if "res" in event.get("event_data", {})]
    counting = subprocess.run(
        [programs / "python", Path(__file__).with_name("count_nodes.py"), QUERIES],
        check=False,
        input=json.dumps(events),
        capture_output=True,
        text=True,
    )
    assert counting.returncode == 0, counting.stderr
    counted = json.loads(counting.stdout)
    # The last event of a task with a loop holds the results of all its turns.
    results = {event["event_data"]["task"]: event["event_data"]["res"] for event in events}
    return Job(results, counted["tasks"], counted["job"])


def test_every_task_counts_the_desktops_that_it_has_changed(job: Job) -> None:
    counted = {name: sorted(node["name"] for node in nodes) for name, nodes in job.by_task.items() if nodes}
    new = counted.pop("grows")
    assert counted == {name: sorted(ids) for name, ids in COUNTED.items()}
    assert len(new) == 1
    assert new[0] == job.results["grows"]["desktops_succeeded"][0]


def test_no_desktop_is_a_node_twice(job: Job) -> None:
    assert len(job.nodes) == len(FINANCE) + len(ENGINEERING) + 1
    first = next(node for node in job.nodes if node["name"] == FINANCE[0])
    # By the same facts in every module; a controller that meets one again counts it again, and knows it.
    assert first["canonical_facts"] == {"huaweicloud_workspace_desktop_id": FINANCE[0]}
    assert set(first["events"]) == {
        f"hwcloud.workspace.{name}"
        for name in ("desktop_pool_rebuild", "job_wait", "desktop_pool_power", "desktop_power", "desktop_pool_script")
    }


def test_every_node_says_where_it_belongs(job: Job) -> None:
    for node in job.nodes:
        kind = {name: node["facts"][name] for name in ("infra_type", "infra_bucket", "device_type", "platform")}
        assert kind == {
            "infra_type": "public_cloud",
            "infra_bucket": "compute",
            "device_type": "virtual_machine",
            "platform": "huaweicloud_workspace",
        }
    (failed,) = (node for node in job.by_task["fails for one"] if node["name"] == desktop_id("FIN-002"))
    assert failed["facts"]["desktop_name"] == "FIN-002"


def test_the_tasks_were_what_they_were_to_be(job: Job) -> None:
    """What is not counted was not left out because it never happened."""
    assert job.results["rehearses"]["changed"]
    # It adopts the job, or on a very slow machine finds that it has ended. The task that waits for it counts.
    assert not job.results["finds it begun"]["changed"]
    assert job.results["is secret"].keys() == {"censored"}
    assert len(job.results["logs off"]["desktops_logged_off"]) == 2
    assert job.results["notifies"]["changed"]
    assert job.results["is refused"]["msg"].startswith("pool nowhere")
    assert not job.results["finds nothing to do"]["changed"]


def test_every_module_that_names_changed_desktops_has_a_query() -> None:
    """And no query is that of a module that does not exist."""
    queries = set(yaml.safe_load(QUERIES.read_text()))
    modules = (CHECKOUT / "plugins" / "modules").glob("*.py")
    naming = {
        f"hwcloud.workspace.{module.stem}"
        for module in modules
        if any(f"\n{name}:\n" in module.read_text() for name in ("desktops_failed", "records"))
    }
    assert queries == naming
