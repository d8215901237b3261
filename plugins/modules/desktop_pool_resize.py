#!/usr/bin/python
# Copyright (c) 2026 the hwcloud.workspace contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: desktop_pool_resize
short_description: Change CPU and memory of a desktop pool
version_added: 0.1.0
author:
  - The hwcloud.workspace contributors (@hwcloud)
description:
  - Brings a Huawei Cloud Workspace desktop pool and its desktops to a product, that is to its CPU and memory, by
    resizing them.
  - Only a stopped desktop can be resized. With O(mode=STOP_DESKTOP) the service stops the others first, and what users
    have not saved is lost; without it those fail.
  - Whether a desktop runs after its resize is up to the service. To be certain, M(hwcloud.workspace.desktop_pool_power)
    comes after it.
  - The module compares first. If the pool and every desktop in scope have the product already, nothing is sent.
  - A desktop that has the product is never resized again. If some desktops have it, for example after a canary or
    because others failed, or if desktops differ in product, the pool's template is moved alone and the desktops that
    lack the product are resized by their IDs. Older regions do not know how to do that; there the task fails and says
    so.
  - The product is looked up before anything is sent, in check mode too. One that is unknown, sold out or not offered in
    the pool's availability zone is refused.
  - A pool that is billed by the month or year can only grow. The service refuses what it does not allow.
  - A job that already runs for the pool is waited for, and the comparison is made again after it. A run that was
    interrupted is therefore resumed by running it again.
  - If the answer to the request is lost, the module looks for the job and for its effect before anything is sent again.
options:
  product_id:
    description:
      - ID of the product (package) that is wanted, 1 to 255 characters.
    type: str
    required: true
  flavor_id:
    description:
      - ID of the product's flavor, 1 to 255 characters. Edge zones need it. Older regions do not know it.
    type: str
  mode:
    description:
      - V(STOP_DESKTOP) has running desktops stopped first. Without it, desktops that are not stopped fail.
    type: str
    choices: [STOP_DESKTOP]
  handle_type:
    description:
      - Scope of the change. If it and O(desktop_ids) are left out, the pool and all of its desktops are brought to the
        product.
      - V(ONLY_FOR_EXPAND) changes the pool's template for desktops that are added later, and no desktop.
      - V(FOR_EXPAND_AND_IDLE) changes the template and the desktops without a user.
      - V(FOR_EXPAND_AND_ALL) changes the template and all desktops.
      - Older regions do not know it.
    type: str
    choices: [ONLY_FOR_EXPAND, FOR_EXPAND_AND_IDLE, FOR_EXPAND_AND_ALL]
  desktop_ids:
    description:
      - IDs of the desktops to bring to the product, and no others. The pool's template is not compared then.
      - Older regions do not know it.
    type: list
    elements: str
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
      - Warns of desktops that would be stopped or would fail, of those on which users are logged in, and of jobs that
        the real run would wait for.
  diff_mode:
    support: full
  idempotent:
    support: full
    details:
      - A second run costs two read requests, one more if O(project_id) is not set.
seealso:
  - module: hwcloud.workspace.desktop_pool_power
  - module: hwcloud.workspace.desktop_pool_info
  - module: hwcloud.workspace.job_wait
"""

EXAMPLES = r"""
- name: Give a pool four CPUs and 8 GB of memory, and stop the desktops that run for it
  hwcloud.workspace.desktop_pool_resize:
    pool: finance-win10
    product_id: workspace.x86.enterprise.xlarge2
    mode: STOP_DESKTOP

- name: See which desktops that would stop, without doing it
  hwcloud.workspace.desktop_pool_resize:
    pool: finance-win10
    product_id: workspace.x86.enterprise.xlarge2
    mode: STOP_DESKTOP
  check_mode: true
  diff: true

- name: Resize one desktop first
  hwcloud.workspace.desktop_pool_resize:
    pool: finance-win10
    product_id: workspace.x86.enterprise.xlarge2
    mode: STOP_DESKTOP
    desktop_ids:
      - 9d30c8ac-77b5-4453-80da-8f027223ee99

- name: Use the product for desktops that are added later, and leave the present ones alone
  hwcloud.workspace.desktop_pool_resize:
    pool: finance-win10
    product_id: workspace.x86.enterprise.xlarge2
    handle_type: ONLY_FOR_EXPAND
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
    product:
      product_id: workspace.x86.enterprise.xlarge2
    status: STEADY
job_id:
  description: ID of the job that the task started last, or that it adopted. None if there is none.
  returned: always, unless the task failed before it had read the pool
  type: str
  sample: 9774f30f-f1f9-4a55-bd53-783b84a6e74c
job:
  description:
    - The job of RV(job_id) when it was seen last. None if none was waited for.
    - Where the region starts a job for each desktop, their numbers are told here as one.
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
    job_type: resizeDesktopPool
    status: SUCCESS
    begin_time: "2026-11-20 22:00:00"
    end_time: "2026-11-20 22:01:24"
    job_error_code: ""
    fail_reason: ""
    sub_jobs:
      total: 3
      succeeded: 3
      failed: 0
      running: 0
      waiting: 0
desktops_succeeded:
  description: IDs of the desktops that were resized, by an adopted job too.
  returned: always, unless the task failed before it had read the pool
  type: list
  elements: str
  sample:
    - 9d30c8ac-77b5-4453-80da-8f027223ee99
    - 0f1d8a35-90e4-4c9a-8a4f-6a1a9a6a7d20
    - b9926327-7a5c-9ec1-1822-a7d3a029ada2
desktops_failed:
  description: The desktops that failed, and why.
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
  description: What has changed or would change, the pool's product and the numbers of desktops by product.
  returned: always, unless the task failed before it had read the pool
  type: dict
  sample:
    before:
      product_id: workspace.x86.enterprise.large2
      desktops_by_product:
        workspace.x86.enterprise.large2: 3
    after:
      product_id: workspace.x86.enterprise.xlarge2
      desktops_by_product:
        workspace.x86.enterprise.xlarge2: 3
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
  sample: ca6f2e869d742487f78781bc63421c58
error_msg:
  description: The service's own words.
  returned: when the service refused
  type: str
  sample: "Operation conflict: status MAINTENANCE does not allow ResizeDesktopPool, resource
    a130ab3a-72bf-4b71-baa9-af4987c8e338."
iam_action:
  description: The permission that the credentials lack.
  returned: when the service refused for want of a permission whose name is known
  type: str
  sample: workspace:desktopPools:resize
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
from ansible_collections.hwcloud.workspace.plugins.module_utils.pools.lookup import find_pool
from ansible_collections.hwcloud.workspace.plugins.module_utils.pools.resize import STOP_DESKTOP, Resize
from ansible_collections.hwcloud.workspace.plugins.module_utils.pools.scope import HANDLE_TYPES, Scope
from ansible_collections.hwcloud.workspace.plugins.module_utils.task import ModuleSpec, Result, Task

SPEC = ModuleSpec(
    argument_spec={
        **CONNECTION,
        **POOL,
        **WAIT,
        "product_id": {"type": "str", "required": True},
        "flavor_id": {"type": "str"},
        "mode": {"type": "str", "choices": [STOP_DESKTOP]},
        "handle_type": {"type": "str", "choices": list(HANDLE_TYPES)},
        "desktop_ids": {"type": "list", "elements": "str"},
    },
    limits={
        **CONNECTION_LIMITS,
        **POOL_LIMITS,
        **WAIT_LIMITS,
        "product_id": Length(1, 255),
        "flavor_id": Length(1, 255),
        "desktop_ids": Items(1, None, each=Length(1, 255)),
    },
)


def run(task: Task) -> Result:
    """Bring a pool to a product; see DOCUMENTATION.

    :raises WorkspaceError: whatever ends the task; its text is for the user.
    """
    params = task.params
    session = open_session(task)
    change = Resize(
        product_id=params["product_id"],
        scope=Scope(params["handle_type"], tuple(dict.fromkeys(params["desktop_ids"] or ()))),
        mode=params["mode"],
        flavor_id=params["flavor_id"],
    )
    pool = find_pool(session, params["pool"])
    engine = open_engine(task, session)
    return (engine.predict if task.check_mode else engine.carry_out)(change, pool).result()


def main() -> None:
    """Run as a plain module."""
    run_as_module(SPEC, run)


if __name__ == "__main__":
    main()
