# Copyright (c) 2026 the hwcloud.workspace contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Jobs and sub-jobs in answers."""

from __future__ import annotations

from typing import Any

from ..state.clock import job_time
from ..state.jobs import SUB_JOBS_CAP, Job, SubJob, job_status, visible_sub_jobs
from ..state.world import World

_NEWER_SUB_JOB = ("attach_user", "entity", "project_id")


def job_view(world: World, job: Job) -> dict[str, Any]:
    """Return a job with its sub-jobs (definitions)."""
    visible = visible_sub_jobs(world, job)
    shown = visible[:SUB_JOBS_CAP] if world.dialect.sub_jobs_in_job == "capped" else visible
    status = job_status(world, job)
    first_failed = next((sub_job for sub_job in job.sub_jobs if sub_job.status == "FAILED"), None)
    verdict = first_failed.verdict if first_failed is not None and status == "FAIL" else None
    return {
        "id": job.id,
        "job_type": job.work.job_type,
        "status": status,
        "begin_time": job_time(job.created),
        "end_time": job_time(job.ended) if job.ended is not None else None,
        "job_error_code": verdict.error_code if verdict else None,
        "fail_reason": verdict.fail_reason if verdict else None,
        "sub_jobs_total": len(visible),
        "sub_jobs": [sub_job_view(world, sub_job) for sub_job in shown],
    }


def sub_job_view(world: World, sub_job: SubJob) -> dict[str, Any]:
    """Return a sub-job; its begin_time is when the job was made (definitions)."""
    job, verdict, entities = sub_job.job, sub_job.verdict, sub_job.entities
    view: dict[str, Any] = {
        "id": sub_job.id,
        "job_id": job.id,
        "job_type": job.work.job_type,
        "status": sub_job.status,
        "begin_time": job_time(job.created),
        "end_time": job_time(sub_job.ended) if sub_job.ended is not None else None,
        "process": sub_job.progress(world.now),
        "entities": entities,
        "entity": entities["desktop_name"],
        "desktop_name": entities["desktop_name"],
        "ip_address": sub_job.desktop.ip_address,
        "attach_user": entities.get("user_name", ""),
        "project_id": job.project.id,
        "error_code": None,
        "fail_reason": None,
    }
    if sub_job.status == "FAILED" and verdict is not None:
        view["error_code"], view["fail_reason"] = verdict.error_code, verdict.fail_reason
        view["message"] = verdict.fail_reason
    if world.dialect.api_age == "older":
        for name in _NEWER_SUB_JOB:
            del view[name]
    return view
