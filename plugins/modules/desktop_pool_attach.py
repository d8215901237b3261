#!/usr/bin/python
# Copyright (c) 2026 the hwcloud.workspace contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: desktop_pool_attach
short_description: Give a user a desktop of a pool
version_added: 0.1.0
author:
  - The hwcloud.workspace contributors (@hwcloud)
description:
  - Gives a user a desktop of a Huawei Cloud Workspace desktop pool now, instead of at the first login.
  - The user must be allowed to use the pool, directly or by a group; see M(hwcloud.workspace.desktop_pool_users).
  - The module looks first. If the user has a desktop of the pool already, nothing is sent.
  - The service gives the user a free desktop, resets one first, or makes one where the pool grows by itself. If there
    is none, a dynamic pool lets the user wait in a queue, and the task waits as well; the task fails if a static pool
    is full.
  - A job that already gives this user a desktop is waited for. A run that was interrupted is therefore resumed by
    running it again.
  - If the answer to the request is lost, the module looks for its job and for the user's desktop before anything is
    sent again.
  - Only newer regions know this operation.
options:
  username:
    description:
      - Name of the user who is to get a desktop, 1 to 255 characters.
      - In other modules O(username) is the IAM user who logs in; here that one is O(iam_username).
    type: str
    required: true
  user_domain_name:
    description:
      - Name of the user's Active Directory domain, 1 to 255 characters (the service's field C(domain_name)).
      - It has nothing to do with O(domain_name), which is the account of the IAM user who logs in.
    type: str
  iam_username:
    description:
      - Name of an IAM user to log in with instead of using an access key. Takes O(password) and O(domain_name) as well.
      - In the environment, E(HW_USER_NAME).
    type: str
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
      - Cannot tell whether the pool has a desktop to give.
      - Warns if the user is not among the pool's users, unless groups are among them.
  diff_mode:
    support: full
  idempotent:
    support: full
    details:
      - A second run costs two read requests, one more if O(project_id) is not set.
seealso:
  - module: hwcloud.workspace.desktop_pool_users
  - module: hwcloud.workspace.desktop_info
"""

EXAMPLES = r"""
- name: Give a new colleague a desktop before the first day
  hwcloud.workspace.desktop_pool_attach:
    pool: finance-win10
    username: user-a1

- name: Name the domain where several have a user of that name, and do not wait
  hwcloud.workspace.desktop_pool_attach:
    pool: finance-win10
    username: user-a1
    user_domain_name: corp.example.com
    wait: false
"""

RETURN = r"""
type:
  description:
    - What the service did with the request. None if nothing was sent, or if its answer was lost.
    - V(ASSIGNING) gives a free desktop, V(RESETTING) resets one first, V(CREATING) makes one, V(WAITING) lets the user
      wait until one is free. V(EXCEEDED) says that the pool is full; the task fails then.
  returned: success, and when the service took the request or the pool is full
  type: str
  sample: ASSIGNING
desktop:
  description:
    - The user's desktop, with the fields of RV(hwcloud.workspace.desktop_info#module:desktops).
    - None if the user has none yet.
  returned: success
  type: dict
  sample:
    desktop_id: 0f1d8a35-90e4-4c9a-8a4f-6a1a9a6a7d20
    computer_name: FIN-002
    user_name: user-b2
desktop_pool:
  description:
    - The pool after the task, with the fields of RV(hwcloud.workspace.desktop_pool_info#module:desktop_pools).
  returned: always, unless the task failed before it had read the pool
  type: dict
  sample:
    id: a130ab3a-72bf-4b71-baa9-af4987c8e338
    name: finance-win10
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
    job_type: attachDesktopPool
    status: SUCCESS
    begin_time: "2026-11-20 22:00:00"
    end_time: "2026-11-20 22:00:30"
    job_error_code: ""
    fail_reason: ""
    sub_jobs:
      total: 1
      succeeded: 1
      failed: 0
      running: 0
      waiting: 0
desktops_succeeded:
  description: ID of the desktop that was given to the user, by an adopted job too.
  returned: always, unless the task failed before it had read the pool
  type: list
  elements: str
  sample: [0f1d8a35-90e4-4c9a-8a4f-6a1a9a6a7d20]
desktops_failed:
  description: The desktop that failed, and why.
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
  description: Whether nothing was sent because a job that already ran gave the user a desktop.
  returned: always, unless the task failed before it had read the pool
  type: bool
  sample: false
diff:
  description: The user, if a desktop was given or would be.
  returned: always, unless the task failed before it had read the pool
  type: dict
  sample:
    before:
      attached_users: []
    after:
      attached_users: [user-b2]
error_code:
  description: The service's error code, or that of the first desktop that failed.
  returned: when the service refused or failed
  type: str
  sample: WKS.00010002
http_status:
  description: HTTP status of the service's refusal.
  returned: when the service refused
  type: int
  sample: 400
request_id:
  description: The service's ID of the refused request, for a support ticket.
  returned: when the service refused
  type: str
  sample: 119711363d87fd4e2411cba8680f7b90
error_msg:
  description: The service's own words.
  returned: when the service refused
  type: str
  sample: The user user-b2 is not authorised on the desktop pool finance-win10.
iam_action:
  description: The permission that the credentials lack.
  returned: when the service refused for want of a permission whose name is known
  type: str
  sample: workspace:desktopPools:list
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
from ansible_collections.hwcloud.workspace.plugins.module_utils.limits import Length
from ansible_collections.hwcloud.workspace.plugins.module_utils.plain import run_as_module
from ansible_collections.hwcloud.workspace.plugins.module_utils.pools.attach import Attach
from ansible_collections.hwcloud.workspace.plugins.module_utils.pools.lookup import find_pool
from ansible_collections.hwcloud.workspace.plugins.module_utils.task import ModuleSpec, Result, Task

SPEC = ModuleSpec(
    argument_spec={
        **CONNECTION,
        **POOL,
        **WAIT,
        "username": {"type": "str", "required": True},
        "user_domain_name": {"type": "str"},
        "iam_username": {"type": "str"},
    },
    # No limits are documented for these; 255 is the longest of the service's names.
    limits={
        **CONNECTION_LIMITS,
        **POOL_LIMITS,
        **WAIT_LIMITS,
        "username": Length(1, 255),
        "user_domain_name": Length(1, 255),
    },
)


def run(task: Task) -> Result:
    """Give a user a desktop; see DOCUMENTATION.

    :raises WorkspaceError: whatever ends the task; its text is for the user.
    """
    params = task.params
    session = open_session(task, username="iam_username")
    change = Attach(params["username"], params["user_domain_name"])
    pool = find_pool(session, params["pool"])
    engine = open_engine(task, session)
    outcome = (engine.predict if task.check_mode else engine.carry_out)(change, pool)
    return {"type": None, **outcome.result(), "desktop": change.desktop_of(outcome.observation)}


def main() -> None:
    """Run as a plain module."""
    run_as_module(SPEC, run)


if __name__ == "__main__":
    main()
