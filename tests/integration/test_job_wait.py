# Copyright (c) 2026 the hwcloud.workspace contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Waiting for a job that was started elsewhere."""

from __future__ import annotations

from running import Ansible, task
from sight import NOVEMBER, Sight, desktop_id


def test_a_job_that_succeeds(ansible: Ansible, sight: Sight) -> None:
    sight.move_time_by_polls()
    job_id = sight.start_rebuild(NOVEMBER)
    run = ansible.play(task("job_wait", "Wait", job_id=job_id), task("job_wait", "Look again", job_id=job_id))
    for found in run.tasks:
        assert not found.changed
        assert found["job_id"] == found["job"]["id"] == job_id
        assert found["job"]["status"] == "SUCCESS"
        assert found["job"]["sub_jobs"] == {"total": 4, "succeeded": 4, "failed": 0, "running": 0, "waiting": 0}
        assert len(found["desktops_succeeded"]) == 4
    assert len(run["Wait"].requests) > 1
    assert len(run["Look again"].requests) == 1
    assert run.changes == []


def test_a_job_that_fails(ansible: Ansible, sight: Sight) -> None:
    sight.control.set_failures({"operation": "RebuildDesktopPool", "desktops": ["FIN-002"]})
    job_id = sight.start_rebuild(NOVEMBER)
    run = ansible.play(task("job_wait", job_id=job_id), fails=True)
    assert run.only.message == (
        f"1 of 4 desktops failed in job {job_id}, the first being FIN-002 (The desktop did not obtain an IP address); "
        "see desktops_failed, mend the reason, and run the task that started the job again to change those alone."
    )
    assert [failed["desktop_id"] for failed in run.only["desktops_failed"]] == [desktop_id("FIN-002")]
    assert len(run.only["desktops_succeeded"]) == 3


def test_a_job_that_takes_too_long_and_one_that_does_not_exist(ansible: Ansible, sight: Sight) -> None:
    sight.move_time_by_polls(0.1)
    job_id = sight.start_rebuild(NOVEMBER)
    run = ansible.play(
        task("job_wait", "long", {"ignore_errors": True}, job_id=job_id, wait_timeout=20),
        task("job_wait", "look", {"check_mode": True}, job_id=job_id),
        task("job_wait", "nowhere", {"ignore_errors": True}, job_id="nowhere"),
    )
    assert run["long"].message.startswith(f"job {job_id} still runs after ")
    assert run["long"]["job_id"] == job_id
    assert run["long"]["job"]["sub_jobs"]["running"] == 4
    assert run["look"]["job"]["status"] == "RUNNING"
    assert len(run["look"].requests) == 1
    assert run["nowhere"].message.startswith("job nowhere: ShowJob was refused: The job nowhere does not exist (")
    assert run["nowhere"]["http_status"] == 404
    assert run.changes == []


def test_started_and_waited_for(ansible_in_process: Ansible, sight: Sight) -> None:
    run = ansible_in_process.play(
        task("desktop_pool_rebuild", "Start", {"register": "started"}, pool="finance", image_id=NOVEMBER, wait=False),
        task("job_wait", "Wait", job_id="{{ started.job_id }}"),
    )
    assert run["Start"].changed
    assert run["Wait"]["job"]["status"] == "SUCCESS"
    assert set(sight.rebuilds().values()) == {1}
