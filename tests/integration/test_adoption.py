# Copyright (c) 2026 the hwcloud.workspace contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A job runs already: it is waited for, and what it leads to is not done again."""

from __future__ import annotations

import re

import pytest
from running import Ansible, Run, kill, task
from sight import DECEMBER, NOVEMBER, Sight, until

# What the service does; nothing here depends on the version of ansible-core.
pytestmark = pytest.mark.readings

REBUILD = task("desktop_pool_rebuild", pool="finance", image_id=NOVEMBER)
ONE_EACH = {"FIN-001": 1, "FIN-002": 1, "FIN-003": 1, "FIN-004": 1}


def assert_adopted(run: Run, sight: Sight) -> None:
    """Nothing was sent, the job was waited for, and it was the only one."""
    assert run.only["adopted"]
    assert not run.only.changed
    assert run.changes == []
    assert "ShowJob" in run.only.operations
    assert [job["status"] for job in sight.jobs()] == ["SUCCESS"]
    assert sight.rebuilds() == ONE_EACH


def test_a_job_of_another_controller_is_adopted(ansible: Ansible, sight: Sight) -> None:
    sight.move_time_by_polls()
    job_id = sight.start_rebuild(NOVEMBER)
    run = ansible.play(REBUILD)
    assert_adopted(run, sight)
    assert job_id in run.output or not ansible.in_process


@pytest.mark.parametrize(
    "readings",
    [
        {"template_changes": "finished"},
        {"template_changes": "all_succeeded", "pool_status_during_job": "STEADY"},
        {"pool_status_during_job": "STEADY", "sub_jobs_appear": "growing"},
        {"api_age": "older"},
    ],
    ids=str,
)
def test_adoption_under_every_reading(ansible_in_process: Ansible, sight: Sight, readings: dict[str, str]) -> None:
    sight.move_time_by_polls()
    sight.control.set_dialect(**readings)
    sight.start_rebuild(NOVEMBER)
    assert_adopted(ansible_in_process.play(REBUILD), sight)


def test_without_waiting(ansible: Ansible, sight: Sight) -> None:
    sight.move_time_by_polls(1)
    starts = task("desktop_pool_rebuild", "Start", pool="finance", image_id=NOVEMBER, wait=False)
    same = {**starts, "name": "Same", "ignore_errors": True}
    other = task(
        "desktop_pool_rebuild", "Other", {"ignore_errors": True}, pool="finance", image_id=DECEMBER, wait=False
    )
    check = {**REBUILD, "name": "Check", "check_mode": True}
    run = ansible.play(starts, same, other, check, REBUILD, warnings=[r"job \S+ \(rebuildDesktopPool\) runs now"])
    (job,) = sight.jobs()
    assert run["Start"].changed
    assert run["Start"]["job_id"] == job["id"]
    assert run["Start"]["desktops_succeeded"] == []
    for name in ("Same", "Other"):
        assert run[name].status == "failed"
        assert run[name].message == (
            f"pool finance: recompose: job {job['id']} (rebuildDesktopPool) still runs for the pool, "
            "and wait is false; run the task again when it has ended, or with wait: true."
        )
        assert run[name].changes == []
    assert run["desktop_pool_rebuild"]["adopted"]
    assert not run["desktop_pool_rebuild"].changed
    assert len(run.changes) == 1
    assert sight.rebuilds() == ONE_EACH


def test_a_job_that_leads_elsewhere_is_waited_for(ansible_in_process: Ansible, sight: Sight) -> None:
    sight.move_time_by_polls()
    sight.start_rebuild(DECEMBER)
    run = ansible_in_process.play(REBUILD)
    assert run.only.changed
    assert not run.only["adopted"]
    assert len(run.changes) == 1
    assert run.only["diff"]["before"]["image_id"] == DECEMBER
    assert set(sight.rebuilds().values()) == {2}
    assert set(sight.images().values()) == {NOVEMBER}


def test_a_job_that_fails_for_some_is_finished(ansible_in_process: Ansible, sight: Sight) -> None:
    sight.move_time_by_polls()
    sight.control.set_failures({"operation": "RebuildDesktopPool", "desktops": ["FIN-002"], "times": 1})
    sight.start_rebuild(NOVEMBER)
    run = ansible_in_process.play(REBUILD)
    assert run.only.changed
    assert run.sent("RebuildDesktopPool") == [{"image_id": NOVEMBER, "is_fix": True}]
    assert sight.rebuilds() == ONE_EACH


def test_a_killed_run_is_resumed(ansible: Ansible, sight: Sight) -> None:
    sight.move_time_by_polls(0.1)
    program = ansible.start(ansible.playbook_command(REBUILD))
    until(lambda: bool(sight.requests("ShowJob")))
    kill(program)
    assert [job["status"] for job in sight.jobs()] == ["RUNNING"]
    sight.move_time_by_polls()
    assert_adopted(ansible.play(REBUILD), sight)
    again = ansible.play(REBUILD).only
    assert not again.changed
    assert not again["adopted"]


def test_a_worker_that_outlives_its_program_does_no_harm(ansible_in_process: Ansible, sight: Sight) -> None:
    sight.move_time_by_polls(0.1)
    program = ansible_in_process.start(ansible_in_process.playbook_command(REBUILD))
    until(lambda: bool(sight.requests("ShowJob")))
    program.kill()
    run = ansible_in_process.play(REBUILD, {**REBUILD, "name": "Rest"})
    program.communicate(timeout=60)
    assert [found.changed for found in run.tasks] == [False, False]
    assert len(sight.requests("RebuildDesktopPool")) == 1
    assert sight.rebuilds() == ONE_EACH


def test_a_wait_that_is_too_short(ansible_in_process: Ansible, sight: Sight) -> None:
    sight.move_time_by_polls(0.5)
    hasty = task("desktop_pool_rebuild", "Hasty", {"ignore_errors": True}, pool="finance", image_id=NOVEMBER)
    hasty["hwcloud.workspace.desktop_pool_rebuild"]["wait_timeout"] = 60
    run = ansible_in_process.play(hasty, REBUILD)
    (job,) = sight.jobs()
    assert run["Hasty"].changed
    assert run["Hasty"]["job_id"] == run["Hasty"]["job"]["id"] == job["id"]
    assert re.fullmatch(
        rf"pool finance: recompose: job {job['id']} still runs after (\d+m)?\d+s, 0 of 4 desktops done; "
        "it goes on in the service, so run the task again to wait for it, or raise wait_timeout\\.",
        run["Hasty"].message,
    )
    assert run["desktop_pool_rebuild"]["adopted"]
    assert sight.rebuilds() == ONE_EACH
