#!/usr/bin/python
# Copyright (c) 2026 the hwcloud.workspace contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: desktop_pool_power
short_description: Start, stop, reboot or hibernate the desktops of a pool
version_added: 0.1.0
author:
  - The hwcloud.workspace contributors (@hwcloud)
description:
  - Brings all desktops of a Huawei Cloud Workspace desktop pool to a power state, with one request for the whole pool.
    For single desktops there is M(hwcloud.workspace.desktop_power).
  - The module compares first. If every desktop that can be in the state is in it already, nothing is sent.
  - Desktops in the status V(ERROR) and those that are being deleted are left out; a warning names the former. That the
    service fails to start or stop them, or a desktop that was in the state already, does not fail the task.
  - A job that already runs for the pool is waited for, and the comparison is made again after it. A run that was
    interrupted is therefore resumed by running it again, except that O(state=rebooted) reboots once more.
  - If the answer to the request is lost, the module looks for the job and for its effect before anything is sent again.
    A reboot leaves no such effect. It is not sent again, and the task fails and says so if no job is found.
options:
  state:
    description:
      - V(started) starts the desktops that do not run.
      - V(stopped) stops those that are not stopped.
      - V(rebooted) reboots those that run, each time the task runs. If none runs, nothing is sent.
      - V(hibernated) hibernates those that run. Only Windows can do that; a pool of another system is refused. Stopped
        desktops are left as they are, and a warning names them.
    type: str
    required: true
    choices: [started, stopped, rebooted, hibernated]
  force:
    description:
      - Do it the hard way (C(HARD) in the service's words). A desktop that is stopped so has its power cut.
    type: bool
    default: false
extends_documentation_fragment:
  - hwcloud.workspace.pool
  - hwcloud.workspace.job
  - hwcloud.workspace.connection
  - hwcloud.workspace.attributes
attributes:
  check_mode:
    support: full
    details:
      - Sends nothing that changes anything, and returns the same RV(diff) as the real run would.
      - Warns of desktops on which users are logged in, of those that are left out, and of jobs that the real run would
        wait for.
  diff_mode:
    support: full
  idempotent:
    support: partial
    details:
      - Except with O(state=rebooted), which reboots each time, and says RV(ignore:changed=true) in check mode too.
      - A second run costs two read requests, one more if O(project_id) is not set.
seealso:
  - module: hwcloud.workspace.desktop_power
  - module: hwcloud.workspace.desktop_pool_notification
  - module: hwcloud.workspace.desktop_info
  - module: hwcloud.workspace.job_wait
"""

EXAMPLES = r"""
- name: Stop a pool for the weekend
  hwcloud.workspace.desktop_pool_power:
    pool: finance-win10
    state: stopped

- name: Start it on Monday
  hwcloud.workspace.desktop_pool_power:
    pool: finance-win10
    state: started

- name: Reboot the desktops that run, without waiting for their systems to agree
  hwcloud.workspace.desktop_pool_power:
    pool: finance-win10
    state: rebooted
    force: true
"""

RETURN = r"""
desktop_pool:
  description:
    - The pool after the task, with the fields of RV(hwcloud.workspace.desktop_pool_info#module:desktop_pools).
    - Its desktops are not part of it.
  returned: success, and when desktops failed
  type: dict
  sample:
    id: a130ab3a-72bf-4b71-baa9-af4987c8e338
    name: finance-win10
    status: STEADY
job_id:
  description: ID of the job that the task started last, or that it adopted. None if there is none.
  returned: always, unless the task failed before it had read the pool
  type: str
  sample: 9774f30f-f1f9-4a55-bd53-783b84a6e74c
job:
  description:
    - The job of RV(job_id) when it was seen last. None if none was waited for.
  returned: always, unless the task failed before it had read the pool
  type: dict
  contains:
    id:
      description: ID of the job.
      type: str
    job_type:
      description: The service's type of the job.
      type: str
    status:
      description: State of the job. A job that is V(COMPLETE) need not have succeeded for every desktop.
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
    job_type: executeDesktopsAction
    status: SUCCESS
    begin_time: "2026-11-20 22:00:00"
    end_time: "2026-11-20 22:01:14"
    job_error_code: ""
    fail_reason: ""
    sub_jobs:
      total: 3
      succeeded: 3
      failed: 0
      running: 0
      waiting: 0
desktops_succeeded:
  description:
    - IDs of the desktops that the job reports success for, also if it was adopted.
    - Some regions report it for desktops that were in the state already as well.
  returned: always, unless the task failed before it had read the pool
  type: list
  elements: str
  sample:
    - 9d30c8ac-77b5-4453-80da-8f027223ee99
    - 0f1d8a35-90e4-4c9a-8a4f-6a1a9a6a7d20
    - b9926327-7a5c-9ec1-1822-a7d3a029ada2
desktops_failed:
  description: The desktops that failed to get into the state, and why.
  returned: always, unless the task failed before it had read the pool
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
adopted:
  description: Whether nothing was sent because a job that already ran led to the state that was wanted.
  returned: always, unless the task failed before it had read the pool
  type: bool
  sample: false
diff:
  description:
    - What has changed or would change, the numbers of desktops by status.
    - With O(state=rebooted) there is nothing before, and the number of desktops to reboot after.
  returned: always, unless the task failed before it had read the pool
  type: dict
  sample:
    before:
      desktops_by_status:
        ACTIVE: 3
    after:
      desktops_by_status:
        SHUTOFF: 3
error_code:
  description: The service's error code, or that of the first desktop that failed.
  returned: when the service refused or failed
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
  sample: 1a56eb1661753126b911d96456baf95d
error_msg:
  description: The service's own words.
  returned: when the service refused
  type: str
  sample: Policy doesn't allow workspace:desktopPools:operate to be performed.
iam_action:
  description: The permission that the credentials lack.
  returned: when the service refused for want of a permission whose name is known
  type: str
  sample: workspace:desktopPools:operate
encoded_authorization_message:
  description: Why the permission is lacking, encoded. The STS operation C(DecodeAuthorizationMessage) decodes it.
  returned: when the service sent one
  type: str
running_job_id:
  description: ID of the other job that runs for the pool.
  returned: when O(wait=false) and another job runs
  type: str
  sample: 9774f30f-f1f9-4a55-bd53-783b84a6e74c
"""

from ansible_collections.hwcloud.workspace.plugins.module_utils.arguments import (
    CONNECTION,
    CONNECTION_LIMITS,
    POOL,
    POOL_LIMITS,
    WAIT,
    WAIT_LIMITS,
    open_engine,
    open_session,
)
from ansible_collections.hwcloud.workspace.plugins.module_utils.plain import run_as_module
from ansible_collections.hwcloud.workspace.plugins.module_utils.pools.lookup import find_pool
from ansible_collections.hwcloud.workspace.plugins.module_utils.pools.power import CHANGES
from ansible_collections.hwcloud.workspace.plugins.module_utils.task import ModuleSpec, Result, Task

SPEC = ModuleSpec(
    argument_spec={
        **CONNECTION,
        **POOL,
        **WAIT,
        "state": {"type": "str", "required": True, "choices": ["started", "stopped", "rebooted", "hibernated"]},
        "force": {"type": "bool", "default": False},
    },
    limits={**CONNECTION_LIMITS, **POOL_LIMITS, **WAIT_LIMITS},
)


def run(task: Task) -> Result:
    """Bring the desktops of a pool to a power state; see DOCUMENTATION.

    :raises WorkspaceError: whatever ends the task; its text is for the user.
    """
    session = open_session(task)
    change = CHANGES[task.params["state"]](task.params["force"])
    pool = find_pool(session, task.params["pool"])
    engine = open_engine(task, session)
    return (engine.predict if task.check_mode else engine.carry_out)(change, pool).result()


def main() -> None:
    """Run as a plain module."""
    run_as_module(SPEC, run)


if __name__ == "__main__":
    main()
