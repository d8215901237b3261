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
  returned: always, except when the options were refused or the job was never seen
  type: str
  sample: 9774f30f-f1f9-4a55-bd53-783b84a6e74c
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
  sample:
    id: 9774f30f-f1f9-4a55-bd53-783b84a6e74c
    job_type: rebuildDesktopPool
    status: SUCCESS
    begin_time: "2026-11-20 22:00:00"
    end_time: "2026-11-20 22:01:18"
    job_error_code: ""
    fail_reason: ""
    sub_jobs:
      total: 3
      succeeded: 3
      failed: 0
      running: 0
      waiting: 0
desktops_succeeded:
  description: IDs of the desktops for which it succeeded.
  returned: always, except when the options were refused or the job was never seen
  type: list
  elements: str
  sample:
    - 9d30c8ac-77b5-4453-80da-8f027223ee99
    - 0f1d8a35-90e4-4c9a-8a4f-6a1a9a6a7d20
    - b9926327-7a5c-9ec1-1822-a7d3a029ada2
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
  sample:
    - desktop_id: 0f1d8a35-90e4-4c9a-8a4f-6a1a9a6a7d20
      desktop_name: FIN-002
      error_code: WKS.00010110
      fail_reason: The desktop did not obtain an IP address.
error_code:
  description: The service's error code, or that of the first desktop that failed.
  returned: when the service refused or failed
  type: str
  sample: WKS.00010003
http_status:
  description: HTTP status of the service's refusal.
  returned: when the service refused
  type: int
  sample: 403
request_id:
  description: The service's ID of the refused request, for a support ticket.
  returned: when the service refused
  type: str
  sample: c55dffe649634e9b8dfd73d058ae26d4
error_msg:
  description: The service's own words.
  returned: when the service refused
  type: str
  sample: The job 00000000-0000-4000-8000-000000000009 does not exist.
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
    job.raise_for_failure("run the task that started the job again to change those alone")
    return job.result()


def main() -> None:
    """Run as a plain module."""
    run_as_module(SPEC, run)


if __name__ == "__main__":
    main()
