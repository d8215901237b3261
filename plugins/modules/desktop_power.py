#!/usr/bin/python
# Copyright (c) 2026 the hwcloud.workspace contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: desktop_power
short_description: Start, stop, reboot or hibernate single desktops of a pool
version_added: 0.1.0
author:
  - The hwcloud.workspace contributors (@hwcloud)
description:
  - Brings desktops of a Huawei Cloud Workspace desktop pool to a power state. For all desktops of a pool,
    M(hwcloud.workspace.desktop_pool_power) takes one request for the whole pool.
  - The module compares first. If every desktop is in the state already, nothing is sent.
  - The service refuses single desktops in its answer. The others are waited for all the same; then the task fails and
    names those that were refused.
  - The service names no job for this, so the status of the desktops is watched. A desktop that was asked to reboot is
    taken for rebooted when it reads V(ACTIVE) without a task twice in a row, 30 seconds after the request or later.
  - Desktops in the status V(ERROR) are asked for as well, since they were named. Desktops that are being deleted are
    left out.
  - A job that already runs for the pool is waited for, and the comparison is made again after it. A run that was
    interrupted is therefore resumed by running it again, except that O(state=rebooted) reboots once more.
  - If the answer to the request is lost, the module looks for its effect before anything is sent again. A reboot leaves
    none. It is not sent again, and the task fails and says so.
options:
  desktop_ids:
    description:
      - IDs of the desktops. More than 100 are spread over several requests.
    type: list
    elements: str
    required: true
  state:
    description:
      - V(started) starts the desktops that do not run.
      - V(stopped) stops those that are not stopped.
      - V(rebooted) reboots those that run, each time the task runs. A warning names the others.
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
  wait:
    description:
      - Wait until the desktops have come to the state.
      - Without waiting, the task returns as soon as the service has accepted the requests, and fails if a job of the
        pool runs before.
    type: bool
    default: true
  wait_timeout:
    description:
      - Seconds that the task may wait for jobs that already run, and then seconds in which the desktops have to come to
        the state, each from V(1) to V(86400).
    type: int
    default: 900
extends_documentation_fragment:
  - hwcloud.workspace.pool
  - hwcloud.workspace.connection
  - hwcloud.workspace.attributes
attributes:
  check_mode:
    support: full
    details:
      - Sends nothing that changes anything, and returns the same RV(diff) as the real run would.
      - Warns of desktops on which users are logged in, and of jobs that the real run would wait for.
  diff_mode:
    support: full
  idempotent:
    support: partial
    details:
      - Except with O(state=rebooted), which reboots each time, and says RV(ignore:changed=true) in check mode too.
      - A second run costs two read requests, one more if O(project_id) is not set.
seealso:
  - module: hwcloud.workspace.desktop_pool_power
  - module: hwcloud.workspace.desktop_logoff
  - module: hwcloud.workspace.desktop_info
"""

EXAMPLES = r"""
- name: Stop two desktops
  hwcloud.workspace.desktop_power:
    pool: finance-win10
    state: stopped
    desktop_ids:
      - 9d30c8ac-77b5-4453-80da-8f027223ee99
      - 0f1d8a35-90e4-4c9a-8a4f-6a1a9a6a7d20

- name: Start one of them
  hwcloud.workspace.desktop_power:
    pool: finance-win10
    state: started
    desktop_ids:
      - 9d30c8ac-77b5-4453-80da-8f027223ee99

- name: Restart a desktop that does not answer
  hwcloud.workspace.desktop_power:
    pool: finance-win10
    state: rebooted
    force: true
    desktop_ids:
      - 9d30c8ac-77b5-4453-80da-8f027223ee99
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
  description:
    - ID of the job that the task adopted, or that the service named. It names one only for a start that moves desktops
      to another place (cold migration).
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
    job_type: operateDesktops
    status: SUCCESS
    begin_time: "2026-11-20 22:00:00"
    end_time: "2026-11-20 22:00:47"
    job_error_code: ""
    fail_reason: ""
    sub_jobs:
      total: 2
      succeeded: 2
      failed: 0
      running: 0
      waiting: 0
desktops_succeeded:
  description:
    - IDs of the desktops that were asked for and came to the state, or that an adopted job reports success for. With
      O(wait=false) there are none.
  returned: always, unless the task failed before it had read the pool
  type: list
  elements: str
  sample: [9d30c8ac-77b5-4453-80da-8f027223ee99, 0f1d8a35-90e4-4c9a-8a4f-6a1a9a6a7d20]
desktops_failed:
  description: The desktops that the service refused, or that did not come to the state in time, and why.
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
    - desktop_id: 9d30c8ac-77b5-4453-80da-8f027223ee99
      desktop_name: FIN-001
      error_code: ""
      fail_reason: the request was accepted, but 120 s later its effect does not show
adopted:
  description: Whether nothing was sent because a job that already ran led to the state that was wanted.
  returned: always, unless the task failed before it had read the pool
  type: bool
  sample: false
diff:
  description:
    - What has changed or would change, the numbers of the named desktops by status.
    - With O(state=rebooted) there is nothing before, and the number of desktops to reboot after.
  returned: always, unless the task failed before it had read the pool
  type: dict
  sample:
    before:
      desktops_by_status:
        ACTIVE: 2
    after:
      desktops_by_status:
        SHUTOFF: 2
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
  sample: Policy doesn't allow workspace:desktops:operate to be performed.
iam_action:
  description: The permission that the credentials lack.
  returned: when the service refused for want of a permission whose name is known
  type: str
  sample: workspace:desktops:operate
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
from ansible_collections.hwcloud.workspace.plugins.module_utils.limits import Items, Length
from ansible_collections.hwcloud.workspace.plugins.module_utils.plain import run_as_module
from ansible_collections.hwcloud.workspace.plugins.module_utils.pools.desktop_power import change_of
from ansible_collections.hwcloud.workspace.plugins.module_utils.pools.lookup import find_pool
from ansible_collections.hwcloud.workspace.plugins.module_utils.task import ModuleSpec, Result, Task

SPEC = ModuleSpec(
    argument_spec={
        **CONNECTION,
        **POOL,
        "desktop_ids": {"type": "list", "elements": "str", "required": True},
        "state": {"type": "str", "required": True, "choices": ["started", "stopped", "rebooted", "hibernated"]},
        "force": {"type": "bool", "default": False},
        **WAIT,
        "wait_timeout": {"type": "int", "default": 900},
    },
    limits={
        **CONNECTION_LIMITS,
        **POOL_LIMITS,
        **WAIT_LIMITS,
        "desktop_ids": Items(1, None, each=Length(1, 255)),
    },
)


def run(task: Task) -> Result:
    """Bring desktops of a pool to a power state; see DOCUMENTATION.

    :raises WorkspaceError: whatever ends the task; its text is for the user.
    """
    params = task.params
    session = open_session(task)
    change = change_of(
        params["state"], params["desktop_ids"], force=params["force"], patience=float(params["wait_timeout"])
    )
    pool = find_pool(session, params["pool"])
    engine = open_engine(task, session)
    return (engine.predict if task.check_mode else engine.carry_out)(change, pool).result()


def main() -> None:
    """Run as a plain module."""
    run_as_module(SPEC, run)


if __name__ == "__main__":
    main()
