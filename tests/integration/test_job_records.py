# Copyright (c) 2026 the hwcloud.workspace contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Jobs that have ended: their records are deleted once, and a failed one is carried out once more where that works."""

from __future__ import annotations

from running import Ansible, task
from sight import NOVEMBER, Sight, desktop_id

BROKEN = {
    "operation": "RebuildDesktopPool",
    "desktops": ["FIN-002"],
    "error_code": "WKS.00010110",
    "fail_reason": "no IP",
}
REBUILD = task("desktop_pool_rebuild", "Rebuild", {"ignore_errors": True}, pool="finance", image_id=NOVEMBER)


def test_records_are_deleted_by_id_and_by_state(ansible: Ansible, sight: Sight) -> None:
    sight.control.set_failures(BROKEN)
    jobs = {**task("job_info", "Jobs", pool="finance"), "register": "info"}
    run = ansible.play(REBUILD, jobs)
    ids = {entry["entities"]["desktop_name"]: entry["id"] for entry in run["Jobs"]["jobs"][0]["sub_jobs"]}
    two = [ids["FIN-001"], ids["FIN-003"]]
    by_id = task("sub_job", "By ID", job_ids=[*two, "unknown"])
    by_state = task("sub_job", "By state", delete_by_status="FAILED", state="absent")
    check, again = {"check_mode": True}, {"name": "Again"}
    run = ansible.play(
        {**by_id, **check, "name": "Check ID"},
        by_id,
        {**by_id, "name": "ID again"},
        {**by_state, **check, "name": "Check state"},
        by_state,
        {**by_state, **again},
        jobs,
        diff=True,
    )
    assert (run["Check ID"].changed, run["By ID"].changed, run["ID again"].changed) == (True, True, False)
    assert run["Check ID"]["diff"] == run["By ID"]["diff"]
    assert run["By ID"]["diff"] == {"before": {"sub_jobs": {"SUCCESS": 2}}, "after": {"sub_jobs": {"SUCCESS": 0}}}
    assert sorted(run["By ID"]["deleted"]) == sorted(two)
    assert run["ID again"].operations == ["ListItaSubJobs"]
    assert (run["Check state"].changed, run["By state"].changed, run["Again"].changed) == (True, True, False)
    assert run["By state"]["deleted"] == run["Check state"]["deleted"] == [ids["FIN-002"]]
    assert run["Again"]["diff"] == {"before": {}, "after": {}}
    assert [sorted(body.items()) for body in run.sent("BatchDeleteSubJobs")] == [
        [("job_ids", run["By ID"]["deleted"])],
        [("delete_by_status", "FAILED")],
    ]
    left = [entry["id"] for job in run["Jobs"]["jobs"] for entry in job["sub_jobs"]]
    assert left == [ids["FIN-004"]]


def test_a_sub_job_that_has_not_ended_is_not_deleted(ansible: Ansible, sight: Sight) -> None:
    sight.move_time_by_polls(1)
    ignored = {"ignore_errors": True}
    run = ansible.play(
        {**REBUILD, "hwcloud.workspace.desktop_pool_rebuild": {"pool": "finance", "image_id": NOVEMBER, "wait": False}},
        {**task("job_info", "Jobs", pool="finance"), "register": "info"},
        {**task("sub_job", "Early", job_ids="{{ info.jobs[0].sub_jobs | map(attribute='id') | list }}"), **ignored},
        {**task("sub_job", "Both", job_ids=["x"], delete_by_status="FAILED"), **ignored},
        {**task("sub_job", "Neither"), **ignored},
    )
    assert "has not ended" in run["Early"].message
    assert run["Early"].changes == []
    assert "mutually exclusive" in run["Both"].message
    assert "one of the following is required" in run["Neither"].message
    assert run["Both"].requests == run["Neither"].requests == []


def test_only_a_failed_job_of_the_service_itself_is_carried_out_once_more(ansible: Ansible, sight: Sight) -> None:
    sight.control.set_failures(BROKEN, {**BROKEN, "operation": "ResizeDesktopPool"})
    run = ansible.play(
        {**REBUILD, "register": "rebuild"},
        task("job_retry", "Refused here", {"ignore_errors": True}, job_id="{{ rebuild.job_id }}"),
        task("job_retry", "Predicted", {"ignore_errors": True, "check_mode": True}, job_id="{{ rebuild.job_id }}"),
        {
            **task(
                "desktop_pool_resize",
                "Resize",
                {"ignore_errors": True},
                pool="finance",
                product_id="workspace.x86.enterprise.xlarge2",
                mode="STOP_DESKTOP",
            ),
            "register": "resize",
        },
        task("job_retry", "Would be sent", {"check_mode": True}, job_id="{{ resize.job_id }}"),
        task("job_retry", "Refused there", {"ignore_errors": True}, job_id="{{ resize.job_id }}"),
        task("job_retry", "Unknown", {"ignore_errors": True}, job_id="unknown"),
        allowed=["run and are stopped|running|stopped"],
    )
    for name in ("Refused here", "Predicted"):
        assert "retries only jobs that enable or disable it, and this is rebuildDesktopPool" in run[name].message
        assert run[name].operations == ["ShowJob"]
    assert run["Would be sent"].changed
    assert run["Would be sent"]["diff"] == {"before": {"status": "COMPLETE"}, "after": {"status": "RUNNING"}}
    assert run["Refused there"].operations == ["ShowJob", "RunActionsOnWorkspaceJob"]
    assert "cannot be repeated" in run["Refused there"].message
    assert (run["Refused there"]["http_status"], run["Refused there"]["changed"]) == (400, False)
    assert run.sent("RunActionsOnWorkspaceJob") == [{"op_type": "retry"}]
    assert run["Unknown"]["http_status"] == 404


def test_a_job_that_succeeded_is_left_alone(ansible: Ansible, sight: Sight) -> None:
    only_one = {"desktop_ids": [desktop_id("FIN-003")]}
    run = ansible.play(
        {**task("desktop_pool_rebuild", pool="finance", image_id=NOVEMBER, **only_one), "register": "rebuild"},
        task("job_retry", "Retry", job_id="{{ rebuild.job_id }}"),
    )
    assert not run["Retry"].changed
    assert run["Retry"].operations == ["ShowJob"]
    assert run["Retry"]["diff"] == {"before": {}, "after": {}}
    assert run["Retry"]["job"]["status"] == "SUCCESS"


def test_a_job_of_the_service_itself_is_followed_to_its_end(ansible_in_process: Ansible, sight: Sight) -> None:
    # The simulated service has no jobs that enable or disable it, so its answers are written here.
    failed = {"id": "j1", "job_type": "applyWorkspace", "status": "FAIL", "end_time": "2026-11-20 22:00:05"}

    def answer(operation: str, nth: int, **body: str) -> dict[str, object]:
        return {"operation": operation, "nth": nth, "count": 1, "effect": {"status": 200, "body": body}}

    sight.control.set_faults(
        answer("ShowJob", 1, **failed),
        answer("RunActionsOnWorkspaceJob", 1, job_id="j1"),
        answer("ShowJob", 2, **{**failed, "status": "RUNNING"}),
        answer("ShowJob", 3, **{**failed, "status": "RUNNING"}),
        answer("ShowJob", 4, **{**failed, "status": "SUCCESS"}),
    )
    run = ansible_in_process.play(task("job_retry", job_id="j1"))
    assert run.only.changed
    assert (run.only["job_id"], run.only["job"]["status"]) == ("j1", "SUCCESS")
    assert run.only["diff"] == {"before": {"status": "FAIL"}, "after": {"status": "RUNNING"}}
