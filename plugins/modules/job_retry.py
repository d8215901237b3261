#!/usr/bin/python
# Copyright (c) 2026 the hwcloud.workspace contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: job_retry
short_description: Carry out a failed job of the Workspace service once more
version_added: 0.1.0
author:
  - The hwcloud.workspace contributors (@hwcloud)
description:
  - Has Huawei Cloud Workspace carry out a failed job once more.
  - The service does this only for jobs that enable or disable the Workspace service itself. A job that is known to be
    another is refused before anything is sent. To carry out what is left of a job of a pool, run the task that started
    it again.
  - The module looks at the job first. If it has not failed, or runs, nothing is sent. A run that was interrupted can
    therefore be run again.
  - If the answer to the request is lost, the module looks whether the job has begun again. If it has not, the task
    fails and says so.
  - Only newer regions know this operation.
options:
  job_id:
    description:
      - ID of the job, 1 to 255 characters. The task fails if there is none.
    type: str
    required: true
  wait:
    description:
      - Wait until the job has ended, and fail if it fails again. Progress is shown meanwhile.
    type: bool
    default: true
  wait_timeout:
    description:
      - Seconds to wait at most, from V(1) to V(86400). The job goes on when the time is up.
    type: int
    default: 3600
extends_documentation_fragment:
  - hwcloud.workspace.connection
  - hwcloud.workspace.attributes
attributes:
  check_mode:
    support: full
    details:
      - Sends nothing that changes anything, and returns the same RV(diff) as the real run would.
  diff_mode:
    support: full
  idempotent:
    support: full
    details:
      - Unless the job fails each time. A second run costs one read request, one more if O(project_id) is not set.
seealso:
  - module: hwcloud.workspace.job_info
  - module: hwcloud.workspace.job_wait
"""

EXAMPLES = r"""
- name: Try once more to enable the service
  hwcloud.workspace.job_retry:
    job_id: 3979904c-7beb-4f34-835f-2fa989a5550a
"""

RETURN = r"""
job_id:
  description: ID of the job that was looked at or carried out once more. The service may give that a new ID.
  returned: always, except when the options were refused
  type: str
  sample: 3979904c-7beb-4f34-835f-2fa989a5550a
job:
  description: The job when it was seen last. None if it was carried out once more and not waited for.
  returned: success, and when it failed once more
  type: dict
  contains:
    id:
      description: ID of the job.
      type: str
    job_type:
      description: The service's type of the job.
      type: str
    status:
      description: State of the job.
      type: str
    begin_time:
      description: When it began, as the service writes it, without a time zone.
      type: str
    end_time:
      description: When it ended, as the service writes it, without a time zone.
      type: str
    job_error_code:
      description: The service's code if the job failed as a whole.
      type: str
    fail_reason:
      description: The service's reason if the job failed as a whole.
      type: str
    sub_jobs:
      description: Numbers of sub-jobs by state, V(total), V(succeeded), V(failed), V(running) and V(waiting).
      type: dict
  sample:
    id: 3979904c-7beb-4f34-835f-2fa989a5550a
    job_type: applyWorkspace
    status: SUCCESS
    begin_time: "2026-11-20 22:00:05"
    end_time: "2026-11-20 22:05:40"
    job_error_code: ""
    fail_reason: ""
    sub_jobs:
      total: 0
      succeeded: 0
      failed: 0
      running: 0
      waiting: 0
desktops_succeeded:
  description: IDs of the desktops for which it succeeded. Jobs that enable or disable the service have none.
  returned: when it failed once more
  type: list
  elements: str
  sample: []
desktops_failed:
  description: The desktops for which it failed. Jobs that enable or disable the service have none.
  returned: when it failed once more
  type: list
  elements: dict
  sample: []
diff:
  description: The state of the job, if it was carried out once more or would be.
  returned: success
  type: dict
  sample:
    before:
      status: FAIL
    after:
      status: RUNNING
error_code:
  description: The service's error code.
  returned: when the service refused, or the job failed once more
  type: str
  sample: APIGW.0302
http_status:
  description: HTTP status of the service's refusal.
  returned: when the service refused
  type: int
  sample: 403
request_id:
  description: The service's ID of the refused request, for a support ticket.
  returned: when the service refused
  type: str
  sample: c12a66fc248104d297792161c1cc148f
error_msg:
  description: The service's own words.
  returned: when the service refused
  type: str
  sample: Policy doesn't allow workspace:jobs:get to be performed.
iam_action:
  description: The permission that the credentials lack.
  returned: when the service refused for want of a permission whose name is known
  type: str
  sample: workspace:jobs:get
encoded_authorization_message:
  description: Why the permission is lacking, encoded. The STS operation C(DecodeAuthorizationMessage) decodes it.
  returned: when the service sent one
  type: str
"""

from ansible_collections.hwcloud.workspace.plugins.module_utils.arguments import (
    CONNECTION,
    CONNECTION_LIMITS,
    WAIT,
    WAIT_LIMITS,
    open_session,
)
from ansible_collections.hwcloud.workspace.plugins.module_utils.client.errors import WorkspaceError
from ansible_collections.hwcloud.workspace.plugins.module_utils.client.job_records import can_be_retried, retry
from ansible_collections.hwcloud.workspace.plugins.module_utils.client.jobs import Job, read_job, wait_for_job
from ansible_collections.hwcloud.workspace.plugins.module_utils.client.session import Session
from ansible_collections.hwcloud.workspace.plugins.module_utils.limits import Length
from ansible_collections.hwcloud.workspace.plugins.module_utils.plain import run_as_module
from ansible_collections.hwcloud.workspace.plugins.module_utils.pools.progress import Progress
from ansible_collections.hwcloud.workspace.plugins.module_utils.task import ModuleSpec, Result, Task

SPEC = ModuleSpec(
    argument_spec={**CONNECTION, **WAIT, "job_id": {"type": "str", "required": True}},
    limits={**CONNECTION_LIMITS, **WAIT_LIMITS, "job_id": Length(1, 255)},
)


def run(task: Task) -> Result:
    """Carry out a failed job once more; see DOCUMENTATION.

    :raises WorkspaceError: whatever ends the task; its text is for the user.
    """
    session = open_session(task)
    job_id = task.params["job_id"]
    job: Job | None = None
    try:
        job = read_job(session, job_id)
        is_due = can_be_retried(job)
        before = {"status": job.status}
        if is_due and not task.check_mode:
            job_id, job = _carried_out(task, session, job)
    except WorkspaceError as error:
        error.fields.setdefault("job_id", job_id)
        raise error.about(f"job {job_id}") from None
    diff = {"before": before, "after": {"status": "RUNNING"}} if is_due else {"before": {}, "after": {}}
    return {"changed": is_due, "job_id": job_id, "job": job.result()["job"] if job else None, "diff": diff}


def _carried_out(task: Task, session: Session, failed: Job) -> tuple[str, Job | None]:
    progress = Progress(session.clock, task.progress, f"job {failed.id}")
    job_id = retry(session, failed, task.params["wait"], progress.note)
    if not task.params["wait"]:
        return job_id, None
    try:
        job = wait_for_job(session, job_id, task.params["wait_timeout"], progress.job(failed.job_type))
        job.raise_for_failure()
    except WorkspaceError as error:
        error.fields = {**error.fields, "changed": True, "job_id": job_id}
        raise
    return job_id, job


def main() -> None:
    """Run as a plain module."""
    run_as_module(SPEC, run)


if __name__ == "__main__":
    main()
