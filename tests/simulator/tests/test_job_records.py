# Copyright (c) 2026 the hwcloud.workspace contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What clients can do to records of jobs."""

from __future__ import annotations

from typing import Any

import pytest

FINANCE = "22222222-0000-4000-8000-000000000001"
DELETE = "/workspace-sub-jobs/batch-delete"


def listed(api: Any) -> list[str]:
    """Return the names of the desktops whose sub-jobs are listed."""
    rows = api.get("/workspace-sub-jobs", desktop_pool_id=FINANCE, job_type="rebuildDesktopPool")["jobs"]
    return [row["entities"]["desktop_name"] for row in rows]


def delete(api: Any, **fields: Any) -> None:
    answer = api.call("POST", DELETE, fields)
    assert (answer.status_code, answer.content) == (200, b"")


def test_records_are_deleted_by_id_from_lists_and_jobs(api: Any) -> None:
    job = api.start()
    api.advance(300)
    delete(api, job_ids=[job.sub_jobs[0].id, job.sub_jobs[2].id])
    assert listed(api) == ["FIN-002", "FIN-004"]
    shown = api.get(f"/workspace-jobs/{job.id}")
    assert (shown["sub_jobs_total"], shown["status"]) == (2, "SUCCESS")
    api.refused(404, "POST", DELETE, {"job_ids": [job.sub_jobs[0].id]})


def test_records_are_deleted_by_status(api: Any) -> None:
    api.dialect(connected_user="fail")
    job = api.start()
    api.advance(300)
    delete(api, delete_by_status="FAILED")
    assert listed(api) == ["FIN-002", "FIN-003", "FIN-004"]
    assert api.get(f"/workspace-jobs/{job.id}")["status"] == "COMPLETE"
    delete(api, delete_by_status="SUCCESS")
    assert listed(api) == []


def test_records_of_work_in_progress_stay(api: Any) -> None:
    job = api.start()
    delete(api, job_ids=[job.sub_jobs[0].id])
    delete(api, delete_by_status="SUCCESS")
    assert len(listed(api)) == 4


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"job_ids": []},
        {"job_ids": ["x"] * 11},
        {"job_ids": ["x"], "delete_by_status": "FAILED"},
        {"delete_by_status": "RUNNING"},
    ],
)
def test_what_to_delete_is_told_in_one_way(api: Any, body: dict[str, Any]) -> None:
    api.refused(400, "POST", DELETE, body)


def test_an_unknown_record_keeps_the_others(api: Any) -> None:
    job = api.start()
    api.advance(300)
    api.refused(404, "POST", DELETE, {"job_ids": [job.sub_jobs[0].id, "no-such-sub-job"]})
    assert len(listed(api)) == 4


def test_jobs_of_pools_cannot_be_repeated(api: Any) -> None:
    job = api.start()
    path = f"/workspace-jobs/{job.id}/actions"
    assert "rebuildDesktopPool" in api.refused(400, "POST", path, {"op_type": "retry"})["error_msg"]
    api.refused(400, "POST", path, {"op_type": "stop"})
    api.refused(404, "POST", "/workspace-jobs/no-such-job/actions", {"op_type": "retry"})
    assert len(api.project.jobs) == 1
