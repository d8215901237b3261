# Copyright (c) 2026 the hwcloud.workspace contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The playbooks as jobs of AWX: whole, cancelled and relaunched, in slices, and on the hosts that failed."""

from __future__ import annotations

import json
from typing import Any

import pytest
from awx_jobs import Awx, Job, credential, processes_of, read_vars, script_data
from fleet import ALPHA, done_to, is_closed, set_up
from running import FACTOR, Ansible
from sight import NOVEMBER, Sight, until

pytest.importorskip("ansible_runner", reason="the requirements of AWX are not there")

POOLS = ("alpha", "beta", "gamma")
GENTLE = {"canary": "0", "max_unavailable": "100%", "session_policy": "skip", "grace_minutes": 0, "notify_minutes": "1"}


@pytest.fixture
def awx(ansible_in_process: Ansible, sight: Sight) -> Awx:
    """Hand out AWX, on the estate of the maintenance."""
    set_up(sight)
    return Awx(ansible_in_process)


@pytest.fixture(scope="module")
def kept() -> dict[str, Any]:
    """Hand out what the first test has read, for those after it: the estate of each is the same."""
    return {}


@pytest.fixture
def fleet(awx: Awx, kept: dict[str, Any]) -> dict[str, Any]:
    """Hand out what an update of the inventory has read."""
    if not kept:
        kept.update(awx.update_inventory())
        assert kept["desktop_pools"]["hosts"] == list(POOLS)
    return kept


def survey(**answers: Any) -> dict[str, Any]:
    """Return what a job gets of its survey: the answers, and the defaults of the questions that were left."""
    questions = read_vars("awx_surveys.yml")["awx_survey_questions"]
    # An empty default of a choice is none of its choices, so that AWX leaves it out.
    defaults = {
        question["variable"]: question["default"]
        for question in questions
        if question["type"] != "multiplechoice" or question["default"] in question["choices"]
    }
    return {**defaults, **answers}


def outcomes(*jobs: Job) -> dict[str, str]:
    """Return what came of each pool, from the artifacts."""
    return {
        pool: found["outcome"]
        for job in jobs
        for pool, found in job.artifacts.get("pool_report", {"pools": {}})["pools"].items()
    }


def rebuilt(sight: Sight, *pools: str) -> set[int]:
    """Return how often the desktops of these pools were rebuilt, each number once."""
    return {times for pool in pools for times in done_to(sight, pool, "rebuilds").values()}


@pytest.mark.slow
def test_a_workflow(awx: Awx, sight: Sight, fleet: dict[str, Any]) -> None:
    """Audit, rehearsal, maintenance and report, each with what the jobs before it have left.

    A pool fails, so that the report fails; then the maintenance is launched again on the hosts that failed.
    """
    hosts = script_data(fleet)
    audit = awx.run("audit_pools.yml", hosts, {"pool": "", "pool_name": ""})
    assert audit.status == "successful", audit.output
    assert audit.artifacts["pool_audit"] == {"pools": dict.fromkeys(POOLS, 0), "drifted": []}

    answers = survey(image=NOVEMBER, window_end="2099-11-23T05:00:00+01:00", **{**GENTLE, "on_failure": "stop"})
    before = sight.effects()
    rehearsal = awx.run("maintain_pools.yml", hosts, {**answers, **audit.artifacts}, check=True, limit="alpha:beta")
    assert outcomes(rehearsal) == {"alpha": "planned", "beta": "planned"}, rehearsal.output
    assert sight.effects() == before

    sight.control.set_failures({"operation": "RebuildDesktopPool", "pool": "beta"})
    late = {**answers, "repair": "false", **rehearsal.artifacts}
    done = awx.run("maintain_pools.yml", hosts, late, limit="alpha:beta", fact_cache=True)
    assert (done.status, done.rc, done.failed_hosts) == ("failed", 2, ["beta"]), done.output
    assert outcomes(done) == {"alpha": "done", "beta": "stopped"}
    assert rebuilt(sight, "alpha") == {1}
    assert rebuilt(sight, "gamma") == {0}
    assert sorted(done.artifacts) == ["pool_report", "pool_report_job_103"]
    # What AWX reads of a job: each event, of which a file is written too, the status, and no fact of any host.
    files = [json.loads(path.read_text()) for path in (done.folder / "job_events").glob("*.json")]
    assert {event["uuid"] for event in files} == {event["uuid"] for event in done.events}
    assert {"playbook_on_start", "playbook_on_stats", "runner_on_ok"} <= {event["event"] for event in files}
    assert (done.folder / "status").read_text() == "failed"
    facts = [json.loads(path.read_text()) for path in (done.folder / "fact_cache").glob("*")]
    assert all(fact == {} for fact in facts), facts

    left = awx.run("report_pools.yml", hosts, {**rehearsal.artifacts, **done.artifacts})
    assert left.status == "failed"
    assert left.artifacts["pool_overview"] == {"pools": {"alpha": "done", "beta": "stopped"}, "left": ["beta"]}
    assert "Not as they should be: beta." in left.output

    sight.control.set_failures()
    again = awx.run("maintain_pools.yml", hosts, late, limit=":".join(done.failed_hosts))
    assert (again.status, outcomes(again)) == ("successful", {"beta": "done"}), again.output
    assert rebuilt(sight, "alpha", "beta") == {1}
    assert not is_closed(sight, "alpha")
    assert not is_closed(sight, "beta")
    report = awx.run("report_pools.yml", hosts, {**rehearsal.artifacts, **done.artifacts, **again.artifacts})
    assert (report.status, report.artifacts["pool_overview"]["left"]) == ("successful", []), report.output
    lines = report.results("Show what came of the pools")["localhost"]["msg"][1:]
    assert [line.split() for line in lines] == [
        ["alpha", "done", "4", "0", "0", "0", "steady"],
        ["beta", "done", "3", "0", "0", "0", "steady"],
    ]


@pytest.mark.slow
def test_a_job_that_takes_too_long_and_one_that_is_cancelled(awx: Awx, sight: Sight, fleet: dict[str, Any]) -> None:
    """AWX kills both. The third job takes up what runs, and gives the pools back. The credential holds a token here."""
    awx.inputs = credential(awx.simulator, auth_token=sight.log_in("operator", "ExamplePassword1"))
    hosts = script_data(fleet)
    answers = survey(image_id=NOVEMBER, **GENTLE)

    def both_are_at_work() -> bool:
        return len(sight.requests("RebuildDesktopPool")) >= 2

    sight.control.set_clock(mode="polls", seconds_per_poll=0)  # nothing comes to its end
    late = awx.run("maintain_pools.yml", hosts, answers, limit="alpha:beta", timeout=5)
    assert late.status == "timeout"
    cancelled = awx.run("maintain_pools.yml", hosts, answers, limit="alpha:beta", cancelled_when=both_are_at_work)
    assert cancelled.status == "canceled"
    assert cancelled.artifacts == {}
    assert is_closed(sight, "alpha")
    assert is_closed(sight, "beta")

    sight.control.set_clock(mode="factor", factor=FACTOR)
    again = awx.run("maintain_pools.yml", hosts, answers, limit="alpha:beta")
    assert again.status == "successful", again.output
    for killed in (late, cancelled):
        until(lambda folder=killed.folder.parent.parent: processes_of(folder) == [])
    assert rebuilt(sight, "alpha", "beta") == {1}
    assert not is_closed(sight, "alpha")
    assert not is_closed(sight, "beta")
    assert set(outcomes(again).values()) <= {"done", "unchanged"}


@pytest.mark.slow
def test_slices_share_the_pools_out(awx: Awx, sight: Sight, fleet: dict[str, Any]) -> None:
    """Three slices at a time: each has its pools, and all pools are done once. Their artifacts add up in the report."""
    jobs = awx.run_slices(3, "maintain_pools.yml", inventory=fleet, answers=survey(image_id=NOVEMBER, **GENTLE))
    assert [job.status for job in jobs] == ["successful"] * 3, "\n".join(job.output for job in jobs)
    assert [list(outcomes(job)) for job in jobs] == [["alpha"], ["beta"], ["gamma"]]
    assert rebuilt(sight, "alpha", "beta") == {1}
    in_use = {"GAM-002", "GAM-003"}  # left for another time, as session_policy says
    assert done_to(sight, "gamma", "rebuilds") == {
        name: int(name not in in_use) for name in ("GAM-001", "GAM-002", "GAM-003", "GAM-004")
    }
    assert not any(is_closed(sight, pool) for pool in POOLS)

    # AWX makes one dict of what slices leave, in the order of their ends.
    merged = {name: value for job in jobs for name, value in job.artifacts.items()}
    assert list(merged["pool_report"]["pools"]) == ["gamma"]
    report = awx.run("report_pools.yml", script_data(fleet), merged)
    found = {"pools": dict.fromkeys(POOLS, "done"), "left": []}
    assert (report.status, report.artifacts["pool_overview"]) == ("successful", found), report.output
    lines = report.results("Show what came of the pools")["localhost"]["msg"][1:]
    assert lines[2].split() == ["gamma", "done", "2", "0", "2", "2", "steady"]


def test_pools_are_named_in_one_way(awx: Awx, sight: Sight, fleet: dict[str, Any]) -> None:
    """A limit would leave out without a word what ``pool`` names."""
    hosts = script_data(fleet)
    both = awx.run("maintain_pools.yml", hosts, {**survey(image_id=NOVEMBER, **GENTLE), "pool": ALPHA}, limit="beta")
    assert both.status == "failed"
    assert "Say which pools either with pool or with --limit" in both.output
    assert rebuilt(sight, *POOLS) == {0}
