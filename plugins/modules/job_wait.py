#!/usr/bin/python
# Copyright (c) 2026 the hwcloud.workspace contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: job_wait
short_description: Wait for a job of the Workspace service to end
version_added: 0.1.0
author:
  - The hwcloud.workspace contributors (@hwcloud)
description:
  - Waits until a job of Huawei Cloud Workspace has ended, and shows its progress meanwhile.
  - The task fails if the job failed, for any desktop or as a whole.
  - The job's end is noticed within a tenth of its length, and within 15 seconds at most.
options:
  job_id:
    description:
      - ID of the job, 1 to 255 characters.
    type: str
    required: true
  wait_timeout:
    description:
      - Seconds to wait at most, from V(1) to V(86400). The job goes on when the time is up.
    type: int
    default: 3600
extends_documentation_fragment:
  - hwcloud.workspace.connection
  - hwcloud.workspace.attributes
  - hwcloud.workspace.attributes.info
attributes:
  check_mode:
    details:
      - The module changes nothing. In check mode it looks at the job once and does not wait.
seealso:
  - module: hwcloud.workspace.job_info
  - module: hwcloud.workspace.desktop_pool_rebuild
"""

EXAMPLES = r"""
- name: Start a recompose and go on
  hwcloud.workspace.desktop_pool_rebuild:
    pool: finance-win10
    image_id: a866298d-67db-44b0-a1f1-9d09bdddc20f
    wait: false
  register: recompose

- name: Wait for it
  hwcloud.workspace.job_wait:
    job_id: "{{ recompose.job_id }}"
    wait_timeout: 7200
  when: recompose.job_id is not none
"""

RETURN = r"""
job_id:
  description: ID of the job.
  returned: always, except when the options were refused
  type: str
  sample: 3979904c-7beb-4f34-835f-2fa989a5550a
job:
  description: The job when it was seen last.
  returned: always, except when the options were refused or the job was never seen
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
      description: Numbers of desktops by state, V(total), V(succeeded), V(failed), V(running) and V(waiting).
      type: dict
desktops_succeeded:
  description: IDs of the desktops for which it succeeded.
  returned: always, except when the options were refused or the job was never seen
  type: list
  elements: str
desktops_failed:
  description: The desktops for which it failed, and why.
  returned: always, except when the options were refused or the job was never seen
  type: list
  elements: dict
  contains:
    desktop_id:
      description: ID of the desktop.
      type: str
    desktop_name:
      description: Name of the desktop.
      type: str
    error_code:
      description: The service's error code.
      type: str
    fail_reason:
      description: The service's reason.
      type: str
error_code:
  description: The service's error code, or that of the first desktop that failed.
  returned: when the service refused or failed
  type: str
http_status:
  description: HTTP status of the refusal.
  returned: when the service refused
  type: int
  sample: 403
request_id:
  description: The service's ID of the refused request, for a support ticket.
  returned: when the service refused
  type: str
error_msg:
  description: The service's own words.
  returned: when the service refused
  type: str
iam_action:
  description: The permission that the credentials lack.
  returned: when the service refused for want of a permission whose name is known
  type: str
  sample: workspace:jobs:get
encoded_authorization_message:
  description: The reason of such a refusal, to be decoded with the STS operation C(DecodeAuthorizationMessage).
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
from ansible_collections.hwcloud.workspace.plugins.module_utils.client.jobs import read_job, wait_for_job
from ansible_collections.hwcloud.workspace.plugins.module_utils.limits import Length
from ansible_collections.hwcloud.workspace.plugins.module_utils.plain import run_as_module
from ansible_collections.hwcloud.workspace.plugins.module_utils.pools.progress import Progress
from ansible_collections.hwcloud.workspace.plugins.module_utils.task import ModuleSpec, Result, Task

SPEC = ModuleSpec(
    argument_spec={**CONNECTION, "job_id": {"type": "str", "required": True}, "wait_timeout": WAIT["wait_timeout"]},
    limits={**CONNECTION_LIMITS, **WAIT_LIMITS, "job_id": Length(1, 255)},
)


def run(task: Task) -> Result:
    """Wait for a job; see DOCUMENTATION.

    :raises WorkspaceError: whatever ends the task; its text is for the user.
    """
    session = open_session(task)
    job_id = task.params["job_id"]
    if task.check_mode:
        return read_job(session, job_id).result()
    progress = Progress(session.clock, task.progress, f"job {job_id}")
    job = wait_for_job(session, job_id, task.params["wait_timeout"], lambda seen: progress.job(seen.job_type)(seen))
    job.raise_for_failure()
    return job.result()


def main() -> None:
    """Run as a plain module."""
    run_as_module(SPEC, run)


if __name__ == "__main__":
    main()
