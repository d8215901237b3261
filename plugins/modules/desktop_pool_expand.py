#!/usr/bin/python
# Copyright (c) 2026 the hwcloud.workspace contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: desktop_pool_expand
short_description: Add desktops to a desktop pool
version_added: 0.1.0
author:
  - The hwcloud.workspace contributors (@hwcloud)
description:
  - Adds desktops to a Huawei Cloud Workspace desktop pool until it has as many as are wanted. They are made from the
    pool's template as it is then.
  - The service itself takes a number to add. The module takes the number to reach, counts first, and asks for what is
    lacking. If nothing is, nothing is sent. It never removes a desktop.
  - At most 1,000 desktops go into a request. More are added by several requests, one after the other.
  - A job that already runs for the pool is waited for, and the desktops are counted again after it. A run that was
    interrupted is therefore resumed by running it again.
  - If the answer to a request is lost, the module looks for the job and counts before anything is sent again.
  - If a desktop cannot be created, the task fails and says which and why. Some regions keep such a desktop in the state
    V(ERROR), and it counts until it is deleted; in others the next run creates another one in its place.
options:
  desktop_count:
    description:
      - Number of desktops that the pool is to have, V(0) or more.
    type: int
    required: true
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
      - Warns of jobs that the real run would wait for. What the quota, the subnets and the stock allow is not checked.
  diff_mode:
    support: full
  idempotent:
    support: full
    details:
      - A second run costs two read requests, one more if O(project_id) is not set.
      - While autoscaling is on, the number of desktops moves by itself, and the module warns of that.
seealso:
  - module: hwcloud.workspace.desktop_pool
  - module: hwcloud.workspace.desktop_pool_info
  - module: hwcloud.workspace.job_wait
"""

EXAMPLES = r"""
- name: Have 50 desktops in the pool
  hwcloud.workspace.desktop_pool_expand:
    pool: finance-win10
    desktop_count: 50
"""

RETURN = r"""
desktop_pool:
  description:
    - The pool after the task, with the fields of RV(hwcloud.workspace.desktop_pool_info#module:desktop_pools).
    - In check mode it is the pool as it would be.
  returned: success, and when desktops failed
  type: dict
  sample:
    id: a130ab3a-72bf-4b71-baa9-af4987c8e338
    name: finance-win10
    desktop_count: 5
    status: STEADY
job_id:
  description: ID of the job that the task started last, or that it adopted. None if there is none.
  returned: always, unless the task failed before it had read the pool
  type: str
  sample: d4324fef-1bf6-5b3b-f689-1bd84dd803f5
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
    id: d4324fef-1bf6-5b3b-f689-1bd84dd803f5
    job_type: expandDesktopPool
    status: SUCCESS
    begin_time: "2026-11-20 22:00:00"
    end_time: "2026-11-20 22:00:45"
    job_error_code: ""
    fail_reason: ""
    sub_jobs:
      total: 2
      succeeded: 2
      failed: 0
      running: 0
      waiting: 0
desktops_succeeded:
  description: IDs of the desktops that were added, by an adopted job too.
  returned: always, unless the task failed before it had read the pool
  type: list
  elements: str
  sample: [afb6fad9-d2a2-04eb-c59e-5c5ce36b414a, 7edf99d9-76c5-18b2-5ad8-fab018d82059]
desktops_failed:
  description: The desktops that could not be created, and why.
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
    - desktop_id: 7edf99d9-76c5-18b2-5ad8-fab018d82059
      desktop_name: finance-wi-0002
      error_code: WKS.00010110
      fail_reason: The desktop did not obtain an IP address.
adopted:
  description: Whether nothing was sent because a job that already ran led to the state that was wanted.
  returned: always, unless the task failed before it had read the pool
  type: bool
  sample: false
diff:
  description: The numbers of desktops.
  returned: always, unless the task failed before it had read the pool
  type: dict
  sample:
    before:
      desktop_count: 3
    after:
      desktop_count: 5
error_code:
  description: The service's error code, or that of the first desktop that failed.
  returned: when the service refused or failed
  type: str
  sample: WKS.00010032
http_status:
  description: HTTP status of the service's refusal.
  returned: when the service refused
  type: int
  sample: 409
request_id:
  description: The service's ID of the refused request, for a support ticket.
  returned: when the service refused
  type: str
  sample: 372b5489bcd823454b8ee2a6674bfd47
error_msg:
  description: The service's own words.
  returned: when the service refused
  type: str
  sample: "Operation conflict: status MAINTENANCE does not allow ExpandDesktopPool, resource
    a130ab3a-72bf-4b71-baa9-af4987c8e338."
iam_action:
  description: The permission that the credentials lack.
  returned: when the service refused for want of a permission whose name is known
  type: str
  sample: workspace:desktopPools:expand
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
from ansible_collections.hwcloud.workspace.plugins.module_utils.limits import IntRange
from ansible_collections.hwcloud.workspace.plugins.module_utils.plain import run_as_module
from ansible_collections.hwcloud.workspace.plugins.module_utils.pools.growth import Growth
from ansible_collections.hwcloud.workspace.plugins.module_utils.pools.lookup import find_pool
from ansible_collections.hwcloud.workspace.plugins.module_utils.task import ModuleSpec, Result, Task

SPEC = ModuleSpec(
    argument_spec={**CONNECTION, **POOL, **WAIT, "desktop_count": {"type": "int", "required": True}},
    # The limit of 1,000 is that of a request, not of a pool.
    limits={**CONNECTION_LIMITS, **POOL_LIMITS, **WAIT_LIMITS, "desktop_count": IntRange(0, None)},
)


def run(task: Task) -> Result:
    """Bring a pool to a number of desktops; see DOCUMENTATION.

    :raises WorkspaceError: whatever ends the task; its text is for the user.
    """
    session = open_session(task)
    pool = find_pool(session, task.params["pool"])
    engine = open_engine(task, session)
    change = Growth(task.params["desktop_count"])
    return (engine.predict if task.check_mode else engine.carry_out)(change, pool).result()


def main() -> None:
    """Run as a plain module."""
    run_as_module(SPEC, run)


if __name__ == "__main__":
    main()
