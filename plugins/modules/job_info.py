#!/usr/bin/python
# Copyright (c) 2026 the hwcloud.workspace contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: job_info
short_description: Look up jobs of the Workspace service
version_added: 0.1.0
author:
  - The hwcloud.workspace contributors (@hwcloud)
description:
  - Returns one job of Huawei Cloud Workspace by its ID, or the jobs of a pool that the service still has records of.
  - A job changes one or more desktops and has one sub-job for each.
options:
  job_id:
    description:
      - ID of the job, 1 to 255 characters. The task fails if there is none.
    type: str
  pool:
    description:
      - Exact name or ID of the pool whose jobs are wanted, 1 to 255 characters.
    type: str
  job_type:
    description:
      - Only jobs of this type, for example V(rebuildDesktopPool).
    type: str
  status:
    description:
      - Only sub-jobs in this state, and the jobs that have any.
    type: str
    choices: [WAITING, RUNNING, SUCCESS, FAILED]
extends_documentation_fragment:
  - hwcloud.workspace.connection
  - hwcloud.workspace.attributes
  - hwcloud.workspace.attributes.info
seealso:
  - module: hwcloud.workspace.job_wait
"""

EXAMPLES = r"""
- name: Look up what runs for a pool
  hwcloud.workspace.job_info:
    pool: finance-win10
    status: RUNNING

- name: Look up one job
  hwcloud.workspace.job_info:
    job_id: 3979904c-7beb-4f34-835f-2fa989a5550a
"""

RETURN = r"""
jobs:
  description: The jobs.
  returned: success
  type: list
  elements: dict
  contains:
    job_id:
      description: ID of the job.
      type: str
    job_type:
      description: The service's type of the job.
      type: str
    status:
      description:
        - State of the job. For the jobs of a pool it is V(RUNNING) as long as a sub-job has not ended, then
          V(COMPLETE).
      type: str
    begin_time:
      description: When it began, as the service writes it, without a time zone.
      type: str
    end_time:
      description: When it ended, as the service writes it, without a time zone. Empty while it runs.
      type: str
    job_error_code:
      description: The service's code if the job failed as a whole.
      type: str
    fail_reason:
      description: The service's reason if the job failed as a whole.
      type: str
    sub_jobs:
      description: Its sub-jobs, with the service's own fields.
      type: list
      elements: dict
      contains:
        id:
          description: ID of the sub-job.
          type: str
        job_id:
          description: ID of its job.
          type: str
        job_type:
          description: The service's type of the job.
          type: str
        status:
          description: V(WAITING), V(RUNNING), V(SUCCESS) or V(FAILED).
          type: str
        begin_time:
          description: When it began, as the service writes it, without a time zone.
          type: str
        end_time:
          description: When it ended, as the service writes it, without a time zone. None while it runs.
          type: str
        process:
          description: How far it is, from 0 to 100.
          type: int
        entities:
          description: What it is about, the desktop's ID and name among it.
          type: dict
        entity:
          description: Name of what it is about.
          type: str
        desktop_name:
          description: Name of the desktop.
          type: str
        ip_address:
          description: IP address of the desktop.
          type: str
        attach_user:
          description: Name of the desktop's user. Empty if it has none.
          type: str
        project_id:
          description: ID of the project.
          type: str
        error_code:
          description: The service's code if it failed.
          type: str
        fail_reason:
          description: The service's reason if it failed.
          type: str
  sample:
    - job_id: 9774f30f-f1f9-4a55-bd53-783b84a6e74c
      job_type: rebuildDesktopPool
      status: RUNNING
      begin_time: "2026-11-20 22:00:00"
      end_time: ""
      job_error_code: ""
      fail_reason: ""
      sub_jobs:
        - id: 8a504766-020c-60bd-f82a-3bd59f7e6838
          job_id: 9774f30f-f1f9-4a55-bd53-783b84a6e74c
          job_type: rebuildDesktopPool
          status: RUNNING
          process: 87
          entities:
            desktop_id: 9d30c8ac-77b5-4453-80da-8f027223ee99
            desktop_name: FIN-001
error_code:
  description: The service's error code.
  returned: when the service refused
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
  sample: f365cd6ae879befe77a674475ec79177
error_msg:
  description: The service's own words.
  returned: when the service refused
  type: str
  sample: Policy doesn't allow workspace:desktopPools:list to be performed.
iam_action:
  description: The permission that the credentials lack.
  returned: when the service refused for want of a permission whose name is known
  type: str
  sample: workspace:desktopPools:list
encoded_authorization_message:
  description: Why the permission is lacking, encoded. The STS operation C(DecodeAuthorizationMessage) decodes it.
  returned: when the service sent one
  type: str
"""

from ansible_collections.hwcloud.workspace.plugins.module_utils.arguments import (
    CONNECTION,
    CONNECTION_LIMITS,
    POOL_LIMITS,
    open_session,
)
from ansible_collections.hwcloud.workspace.plugins.module_utils.client.jobs import group_jobs, read_job, read_sub_jobs
from ansible_collections.hwcloud.workspace.plugins.module_utils.limits import Length
from ansible_collections.hwcloud.workspace.plugins.module_utils.plain import run_as_module
from ansible_collections.hwcloud.workspace.plugins.module_utils.pools.lookup import find_pool
from ansible_collections.hwcloud.workspace.plugins.module_utils.task import ModuleSpec, Result, Task

SPEC = ModuleSpec(
    argument_spec={
        **CONNECTION,
        "job_id": {"type": "str"},
        "pool": {"type": "str"},
        "job_type": {"type": "str"},
        "status": {"type": "str", "choices": ["WAITING", "RUNNING", "SUCCESS", "FAILED"]},
    },
    required_one_of=[("job_id", "pool")],
    mutually_exclusive=[("job_id", "pool"), ("job_id", "job_type"), ("job_id", "status")],
    limits={**CONNECTION_LIMITS, **POOL_LIMITS, "job_id": Length(1, 255), "job_type": Length(1, 255)},
)


def run(task: Task) -> Result:
    """Look up jobs; see DOCUMENTATION.

    :raises WorkspaceError: whatever ends the task; its text is for the user.
    """
    params = task.params
    session = open_session(task)
    if params["job_id"] is not None:
        return {"jobs": [read_job(session, params["job_id"]).report()]}
    pool = find_pool(session, params["pool"])
    sub_jobs = read_sub_jobs(session, desktop_pool_id=pool.id, job_type=params["job_type"], status=params["status"])
    return {"jobs": [job.report() for job in group_jobs(sub_jobs)]}


def main() -> None:
    """Run as a plain module."""
    run_as_module(SPEC, run)


if __name__ == "__main__":
    main()
