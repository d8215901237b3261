# Copyright (c) 2026 the hwcloud.workspace contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Routes on what is kept of jobs: delete records of sub-jobs, repeat a job."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field, model_validator

from .. import errors
from ..registry import Call, Reply, operation
from ..state.jobs import forgotten
from .fields import Body, Text


class BatchDeleteSubJobs(Body):
    """Records to delete: by the IDs of sub-jobs, or all of a status."""

    job_ids: Annotated[list[Text], Field(min_length=1, max_length=10)] | None = None
    delete_by_status: Literal["SUCCESS", "FAILED"] | None = None

    @model_validator(mode="after")
    def _one_way(self) -> BatchDeleteSubJobs:
        if (self.job_ids is None) is (self.delete_by_status is None):
            raise ValueError("either job_ids or delete_by_status is needed")
        return self


class RunActionsOnWorkspaceJob(Body):
    """What to do with a job."""

    op_type: Literal["retry"]


@operation(
    "BatchDeleteSubJobs",
    "POST",
    "/v2/{project_id}/workspace-sub-jobs/batch-delete",
    body=BatchDeleteSubJobs,
    iam_action="workspace:jobs:deleteSubJobRecords",
)
def delete_sub_jobs(call: Call) -> Reply:
    """Delete records of sub-jobs that have ended; those in progress stay."""
    body: BatchDeleteSubJobs = call.body
    known = {
        sub_job.id: sub_job
        for job in call.project.jobs.values()
        if not forgotten(call.world, job)
        for sub_job in job.sub_jobs
        if not sub_job.deleted
    }
    chosen = list(known.values())
    if body.job_ids is not None:
        unknown = [sub_job_id for sub_job_id in body.job_ids if sub_job_id not in known]
        if unknown:
            text = f"These sub-jobs do not exist: {', '.join(unknown)}."
            raise errors.ServiceError(404, errors.JOB_MISSING, text)
        chosen = [known[sub_job_id] for sub_job_id in body.job_ids]
    for sub_job in chosen:
        if sub_job.ended is not None and body.delete_by_status in (None, sub_job.status):
            sub_job.deleted = True
    return Reply()


@operation(
    "RunActionsOnWorkspaceJob",
    "POST",
    "/v2/{project_id}/workspace-jobs/{job_id}/actions",
    body=RunActionsOnWorkspaceJob,
    newest_only=True,
)
def act_on_job(call: Call) -> Reply:
    """Repeat a job. Only jobs that enable or disable the service can be repeated (SDK), and there are none here."""
    job = call.world.job(call.project, call.path["job_id"])
    raise errors.invalid_resource(f"Jobs of the type {job.work.job_type} cannot be repeated.")
