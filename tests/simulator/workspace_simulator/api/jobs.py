# Copyright (c) 2026 the hwcloud.workspace contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Routes of jobs."""

from __future__ import annotations

from pydantic import Field

from .. import errors
from ..registry import Call, Reply, operation
from ..state.jobs import forgotten, visible_sub_jobs
from ..views.jobs import job_view, sub_job_view
from .fields import Query, QueryInt, Text
from .lists import page


class ListItaSubJobs(Query):
    """Filters of the list of sub-jobs."""

    status: Text | None = None
    job_id: Text | None = None
    job_type: Text | None = None
    desktop_pool_id: Text | None = None
    limit: QueryInt = Field(1000, ge=0, le=1000)
    offset: QueryInt = Field(0, ge=0, le=10000)


@operation("ShowJob", "GET", "/v2/{project_id}/workspace-jobs/{job_id}", iam_action="workspace:jobs:get", polls=True)
def show_job(call: Call) -> Reply:
    """Show a job with its sub-jobs."""
    job = call.world.job(call.project, call.path["job_id"])
    return Reply(job_view(call.world, job))


@operation("ListItaSubJobs", "GET", "/v2/{project_id}/workspace-sub-jobs", query=ListItaSubJobs, polls=True)
def list_sub_jobs(call: Call) -> Reply:
    """List sub-jobs of any job, those of the newest job first."""
    query: ListItaSubJobs = call.query
    world = call.world
    if query.job_id is None and query.job_type is None and world.dialect.sub_jobs_unfiltered == "refused":
        raise errors.invalid_request("job_type or job_id is needed")
    jobs = [
        job
        for job in reversed(call.project.jobs.values())
        if query.job_id in (None, job.id)
        and query.job_type in (None, job.work.job_type)
        and (query.desktop_pool_id is None or any(pool.id == query.desktop_pool_id for pool in job.pools))
        and not forgotten(world, job)
    ]
    found = [
        sub_job
        for job in jobs
        for sub_job in visible_sub_jobs(world, job)
        if query.status in (None, sub_job.status) and query.desktop_pool_id in (None, sub_job.desktop.pool.id)
    ]
    return Reply(page(found, query, "jobs", lambda sub_job: sub_job_view(world, sub_job)))
