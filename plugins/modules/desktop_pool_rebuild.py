#!/usr/bin/python
# Copyright (c) 2026 the hwcloud.workspace contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: desktop_pool_rebuild
short_description: Recompose the system disks of a desktop pool
version_added: 0.1.0
author:
  - The hwcloud.workspace contributors (@hwcloud)
description:
  - Brings the desktops of a Huawei Cloud Workspace desktop pool to an image, by recomposing (rebuilding) their system
    disks. B(Everything on a recomposed system disk is lost.)
  - The module compares first. If the pool and every desktop in scope run the image already, nothing is sent.
  - If the pool has the image and some desktops do not, for example because they failed before, only those are
    recomposed (a repair, O(is_fix) in the service's words).
  - If some desktops have the image and the pool does not, for example after a canary, the pool's template is moved
    alone and then the other desktops are recomposed. A desktop that runs the image is never recomposed again, except by
    O(force).
  - A job that already runs for the pool is waited for, and the comparison is made again after it. A run that was
    interrupted is therefore resumed by running it again.
  - If the answer to the request is lost, the module looks for the job and for its effect before anything is sent again.
options:
  image_id:
    description:
      - ID of the image that is wanted. It must be among the project's images.
    type: str
    required: true
  image_type:
    description:
      - Type of the image, for example V(gold) (public) or V(private).
    type: str
  os_type:
    description:
      - Type of the image's operating system, for example V(Windows).
    type: str
  delay_time:
    description:
      - Minutes that users get to save their work before the rebuild begins, from V(0) to V(15).
    type: int
  user_message:
    description:
      - What users are told when the rebuild is issued, 1 to 400 characters (the service's field C(message)).
      - C(message) is taken as well. It is not the documented name because Ansible keeps that for itself in modules.
    type: str
  order_id:
    description:
      - ID of the order, if a desktop that is billed by the month or year is brought to a paid image. Older regions
        only.
    type: str
  is_fix:
    description:
      - Only repair. Recomposes the desktops whose image differs from the pool's own, which has to be O(image_id).
      - It is not needed for a repair after a failed run, since the module finds by itself what is left to do.
    type: bool
    default: false
  handle_type:
    description:
      - Scope of the change. If it and O(desktop_ids) are left out, the pool and all of its desktops are brought to the
        image.
      - V(ONLY_FOR_EXPAND) changes the pool's template for desktops that are added later, and no desktop.
      - V(FOR_EXPAND_AND_IDLE) changes the template and the desktops without a user.
      - V(FOR_EXPAND_AND_ALL) changes the template and all desktops.
      - Older regions do not know it.
    type: str
    choices: [ONLY_FOR_EXPAND, FOR_EXPAND_AND_IDLE, FOR_EXPAND_AND_ALL]
  desktop_ids:
    description:
      - IDs of the desktops to bring to the image, and no others. The pool's template is not compared then.
      - Older regions do not know it.
    type: list
    elements: str
  encrypt_type:
    description:
      - Encryption of the new disks. V(ENCRYPTED) needs O(kms_id). Older regions do not know it.
    type: str
    choices: [KEEP, UNENCRYPTED, ENCRYPTED]
  kms_id:
    description:
      - ID of the KMS key for encrypted disks.
    type: str
  force:
    description:
      - Recompose the desktops that run the image already as well. Such a task changes something each time it runs.
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
      - Warns of desktops on which users are logged in, and of jobs that the real run would wait for.
  diff_mode:
    support: full
  idempotent:
    support: partial
    details:
      - Except with O(force=true).
      - A second run costs two read requests, one more if O(project_id) is not set.
seealso:
  - module: hwcloud.workspace.desktop_pool_info
  - module: hwcloud.workspace.desktop_pool_notification
  - module: hwcloud.workspace.job_wait
"""

EXAMPLES = r"""
- name: Recompose a pool to the image of this month, with ten minutes for users to save
  hwcloud.workspace.desktop_pool_rebuild:
    pool: finance-win10
    image_id: a866298d-67db-44b0-a1f1-9d09bdddc20f
    image_type: private
    delay_time: 10
    user_message: Your desktop is renewed in 10 minutes. Please save your work and log off.

- name: See what a recompose would do, without doing it
  hwcloud.workspace.desktop_pool_rebuild:
    pool: finance-win10
    image_id: a866298d-67db-44b0-a1f1-9d09bdddc20f
  check_mode: true
  diff: true

- name: Try the image on one desktop first
  hwcloud.workspace.desktop_pool_rebuild:
    pool: finance-win10
    image_id: a866298d-67db-44b0-a1f1-9d09bdddc20f
    desktop_ids:
      - 9d30c8ac-77b5-4453-80da-8f027223ee99

- name: Use the image for desktops that are added later, and leave the present ones alone
  hwcloud.workspace.desktop_pool_rebuild:
    pool: finance-win10
    image_id: a866298d-67db-44b0-a1f1-9d09bdddc20f
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
    image_id: a866298d-67db-44b0-a1f1-9d09bdddc20f
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
  description: IDs of the desktops that were recomposed, by an adopted job too.
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
  description: What has changed or would change, the pool's image and the numbers of desktops by image.
  returned: always, unless the task failed before it had read the pool
  type: dict
  sample:
    before:
      image_id: 3f6a0f57-6f0c-4a8e-9d65-8d2b7f0a1e10
      desktops_by_image:
        3f6a0f57-6f0c-4a8e-9d65-8d2b7f0a1e10: 3
    after:
      image_id: a866298d-67db-44b0-a1f1-9d09bdddc20f
      desktops_by_image:
        a866298d-67db-44b0-a1f1-9d09bdddc20f: 3
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
  sample: "Operation conflict: status MAINTENANCE does not allow RebuildDesktopPool, resource
    a130ab3a-72bf-4b71-baa9-af4987c8e338."
iam_action:
  description: The permission that the credentials lack.
  returned: when the service refused for want of a permission whose name is known
  type: str
  sample: workspace:desktopPools:rebuild
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
from ansible_collections.hwcloud.workspace.plugins.module_utils.client.errors import InputError
from ansible_collections.hwcloud.workspace.plugins.module_utils.limits import IntRange, Items, Length
from ansible_collections.hwcloud.workspace.plugins.module_utils.plain import run_as_module
from ansible_collections.hwcloud.workspace.plugins.module_utils.pools.lookup import find_pool
from ansible_collections.hwcloud.workspace.plugins.module_utils.pools.rebuild import REQUEST_FIELDS, Rebuild
from ansible_collections.hwcloud.workspace.plugins.module_utils.pools.scope import HANDLE_TYPES, Scope
from ansible_collections.hwcloud.workspace.plugins.module_utils.task import ModuleSpec, Result, Task

SPEC = ModuleSpec(
    argument_spec={
        **CONNECTION,
        **POOL,
        **WAIT,
        "image_id": {"type": "str", "required": True},
        "image_type": {"type": "str"},
        "os_type": {"type": "str"},
        "delay_time": {"type": "int"},
        "user_message": {"type": "str"},
        "order_id": {"type": "str"},
        "is_fix": {"type": "bool", "default": False},
        "handle_type": {"type": "str", "choices": list(HANDLE_TYPES)},
        "desktop_ids": {"type": "list", "elements": "str"},
        "encrypt_type": {"type": "str", "choices": ["KEEP", "UNENCRYPTED", "ENCRYPTED"]},
        "kms_id": {"type": "str"},
        "force": {"type": "bool", "default": False},
    },
    required_if=[("encrypt_type", "ENCRYPTED", ["kms_id"])],
    limits={
        **CONNECTION_LIMITS,
        **POOL_LIMITS,
        **WAIT_LIMITS,
        "image_id": Length(1, 255),
        "image_type": Length(1, 255),
        "os_type": Length(1, 255),
        "delay_time": IntRange(0, 15, "minutes"),
        "user_message": Length(1, 400),
        "order_id": Length(1, 255),
        "desktop_ids": Items(1, None, each=Length(1, 255)),
        "kms_id": Length(1, 255),
    },
    synonyms={"message": "user_message"},
)


def run(task: Task) -> Result:
    """Bring a pool to an image; see DOCUMENTATION.

    :raises WorkspaceError: whatever ends the task; its text is for the user.
    """
    params = task.params
    if params["is_fix"] and params["force"]:
        raise InputError("is_fix repairs only what differs, and force recomposes what does not; set one of them.")
    session = open_session(task)
    given = {**params, "message": params["user_message"]}
    change = Rebuild(
        image_id=params["image_id"],
        fields={name: given[name] for name in REQUEST_FIELDS if given[name] is not None},
        scope=Scope(params["handle_type"], tuple(dict.fromkeys(params["desktop_ids"] or ()))),
        is_fix=params["is_fix"],
        force=params["force"],
    )
    pool = find_pool(session, params["pool"])
    engine = open_engine(task, session)
    return (engine.predict if task.check_mode else engine.carry_out)(change, pool).result()


def main() -> None:
    """Run as a plain module."""
    run_as_module(SPEC, run)


if __name__ == "__main__":
    main()
