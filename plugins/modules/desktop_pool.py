#!/usr/bin/python
# Copyright (c) 2026 the hwcloud.workspace contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: desktop_pool
short_description: Create, change and delete desktop pools
version_added: 0.1.0
author:
  - The hwcloud.workspace contributors (@hwcloud)
description:
  - Creates a Huawei Cloud Workspace desktop pool with its first desktops, brings the attributes of one that exists to
    what is wanted, or deletes it.
  - The module compares first and sends nothing if nothing differs. What a task does not name keeps its value.
  - What other modules change is compared and left alone here. If product, image, disks or type of a pool that exists
    differ from what the task says, RV(differing) lists it and a warning names the module that changes it. A smaller
    O(size) is listed too.
  - Attributes are changed at once. Then users and groups are added, then desktops. Maintenance mode is switched on when
    desktops have been added, since it may forbid that.
  - If a run is interrupted, running it again goes on. A pool that is being made is waited for, then compared; of a
    deletion, what is left is done.
  - If the answer to a creation is lost, the module looks for a pool of that name, which is unique, before anything is
    sent again. So no pool is made twice.
options:
  name:
    description:
      - Name of the pool. Together with O(pool_id) it is the name that the pool gets.
      - Its length is left to the service, since the limit differs by region.
    type: str
  pool_id:
    description:
      - ID of the pool, 1 to 255 characters. A pool cannot be created with it.
    type: str
  state:
    description:
      - V(present) creates the pool, or changes the one that exists.
      - V(absent) deletes it for good. Autoscaling is switched off first, since a pool that has it cannot be deleted.
    type: str
    choices: [present, absent]
    default: present
  force:
    description:
      - With O(state=absent), delete the pool's desktops first, in batches of at most 100. Without it, a pool that has
        desktops is refused. B(All data on the desktops is lost.)
      - The service tells users by e-mail, which is its default. Users themselves are kept.
      - Some regions refuse to delete desktops on which users are logged in. The task then waits for them to log off, as
        long as O(wait_timeout) allows.
    type: bool
    default: false
  type:
    description:
      - With V(STATIC) a user keeps a desktop, with V(DYNAMIC) it is the user's only while connected and for
        O(disconnected_retention_period) after that.
      - Needed to create a pool. A pool keeps it.
    type: str
    choices: [DYNAMIC, STATIC]
  size:
    description:
      - Number of desktops, V(0) or more. Needed to create a pool.
      - A pool that has less gets desktops added, made from its template. One that has more keeps them.
      - While autoscaling is on, the pool's desktops are left to it. Then the number is for the creation alone.
      - A creation makes at most 100 desktops; beyond that the rest is added after it.
    type: int
  product_id:
    description:
      - ID of the product, 1 to 255 characters. Needed to create a pool.
    type: str
  flavor_id:
    description:
      - ID of the product's flavor, 1 to 255 characters. Edge zones need it to create a pool.
    type: str
  image_type:
    description:
      - Type of the image. V(gold) is a public image. Needed to create a pool.
      - The service does not show it, so it is not compared.
    type: str
    choices: [gold, private]
  image_id:
    description:
      - ID of the image, 1 to 255 characters. Needed to create a pool.
    type: str
  root_volume:
    description:
      - System disk of each desktop. Needed to create a pool. Of a pool that exists, type and size are compared.
    type: dict
    suboptions: &disk
      type:
        description:
          - Type of the disk, for example V(SAS) or V(SSD).
        type: str
        required: true
      size:
        description:
          - Size in GB, from V(0) to V(8200). The service takes steps of 10 only.
        type: int
        required: true
      iops:
        description:
          - Input and output operations a second, from V(0) to V(16380000), for types that need it.
        type: int
      throughput:
        description:
          - Throughput in MiB a second, from V(0) to V(4095000), for types that need it.
        type: int
      kms_id:
        description:
          - ID of the KMS key of an encrypted disk, at most 255 characters.
        type: str
      resource_spec_code:
        description:
          - Code of the disk's specification, at most 255 characters.
        type: str
  data_volumes:
    description:
      - Data disks of each desktop, at most 10, in any order. Of a pool that exists, types and sizes are compared.
    type: list
    elements: dict
    suboptions: *disk
  vpc_id:
    description:
      - ID of the VPC, 1 to 255 characters.
      - Older regions do not show O(vpc_id), O(subnet_ids), O(tags), O(ou_name) and O(user_reset_policy) of a pool.
        There they are not compared and left alone, and a warning says so.
    type: str
  subnet_ids:
    description:
      - IDs of the subnets of desktops that are added, 1 to 100 of them with 1 to 55 characters each. Needed to create a
        pool.
    type: list
    elements: str
  security_groups:
    description:
      - IDs of the security groups, 1 to 5 of them.
    type: list
    elements: str
  availability_zone:
    description:
      - Availability zone, at most 255 characters. An empty text clears it.
    type: str
  authorized_objects:
    description:
      - Users and user groups that may use the pool, at most 500. Those that are missing are added, and privileges are
        changed. Nobody is removed; M(hwcloud.workspace.desktop_pool_users) does that, and takes more of them.
      - A creation, and adding one, needs all of O(authorized_objects[].object_id), O(authorized_objects[].object_name),
        O(authorized_objects[].object_type) and O(authorized_objects[].user_group).
    type: list
    elements: dict
    suboptions:
      object_type:
        description:
          - V(USER) is a user, V(USER_GROUP) a user group.
        type: str
        choices: [USER, USER_GROUP]
      object_id:
        description:
          - ID of the user or user group, 1 to 255 characters.
        type: str
      object_name:
        description:
          - Name of the user or user group, 1 to 100 characters.
        type: str
      domain:
        description:
          - Domain of the user or user group, 1 to 255 characters.
        type: str
      user_group:
        description:
          - Privileges on the desktops.
          - On Linux desktops V(sudo) are administrators and V(default) ordinary users. On Windows desktops
            V(administrators) are administrators and V(users) ordinary users.
        type: str
        required: true
        choices: [sudo, default, administrators, users]
  ou_name:
    description:
      - Name of the organizational unit in the AD domain, at most 255 characters. An empty text clears it.
    type: str
  domain:
    description:
      - Domain that the desktops belong to, 1 to 255 characters. Only a creation sets it.
    type: str
  tags:
    description:
      - Tags, at most 20. The pool then has these and no others. An empty dict clears them.
      - A key takes 1 to 128 characters, a value at most 43. Letters, digits, spaces and C(_.:=+-@) are allowed, no
        space at either end, and no key that starts with C(_sys_).
    type: dict
  description:
    description:
      - Description of the pool, at most 255 characters. An empty text clears it.
    type: str
  disconnected_retention_period:
    description:
      - Minutes for which a user who has disconnected keeps a desktop of a dynamic pool, from V(10) to V(43200).
      - Needed to create a dynamic pool. A static one has none, whatever is set.
    type: int
  enable_autoscale:
    description:
      - Whether the pool grows and shrinks by itself.
    type: bool
  autoscale_policy:
    description:
      - How the pool grows and shrinks by itself. Fields that are not named keep their values. An empty dict clears the
        policy.
    type: dict
    suboptions:
      autoscale_type:
        description:
          - V(ACCESS_CREATED) makes desktops as users log in, V(AUTO_CREATED) keeps a reserve.
        type: str
        choices: [ACCESS_CREATED, AUTO_CREATED]
      max_auto_created:
        description:
          - Largest number of desktops that are made by themselves, from V(1) to V(5000). Older regions take at most
            V(1000).
        type: int
      min_idle:
        description:
          - Number of desktops in reserve, from V(0) to V(5000). Older regions take at most V(1000).
        type: int
      once_auto_created:
        description:
          - Desktops made at once, from V(1) to V(100). The service has deprecated it.
        type: int
      min_retention:
        description:
          - Smallest number of desktops to keep, from V(0) to V(5000). Newer regions only.
        type: int
      idle_retention_duration:
        description:
          - Minutes for which a desktop without a user is kept, from V(0) to V(43200). Newer regions only.
        type: int
      auto_isolation_enable:
        description:
          - Whether faulty desktops are isolated. Newer regions only.
        type: bool
      auto_isolation_max_num:
        description:
          - Largest number of desktops to isolate, V(1) or more. Newer regions only.
        type: int
  user_reset_policy:
    description:
      - How users may reset their desktops. Fields that are not named keep their values.
    type: dict
    suboptions:
      enable:
        description:
          - Whether users may reset their desktops.
        type: bool
      reset_count_per_day:
        description:
          - How often a user may do that in a day, from V(1) to V(100).
        type: int
  desktop_name_policy_id:
    description:
      - ID of the policy by which desktops get their names, at most 36 characters. An empty text clears it.
    type: str
  in_maintenance_mode:
    description:
      - Whether the pool is in maintenance mode. A pool is created without it, and switched to it after that.
    type: bool
extends_documentation_fragment:
  - hwcloud.workspace.job
  - hwcloud.workspace.connection
  - hwcloud.workspace.attributes
attributes:
  check_mode:
    support: full
    details:
      - Sends nothing that changes anything, and returns the same RV(diff) as the real run would.
      - Before a creation, image and product are looked up.
      - Before a deletion with O(force=true), a warning names the desktops on which users are logged in.
  diff_mode:
    support: full
  idempotent:
    support: full
    details:
      - A second run costs one read request, one more for O(size) and one for O(authorized_objects). One more comes on
        top if O(project_id) is not set.
notes:
  - With O(wait=false), a creation returns as soon as it was accepted. What the service sets only after a creation is
    then left to the next run. A deletion sends the first request that starts a job, and the next run goes on.
  - A new pool is made in the enterprise project O(enterprise_project_id). A pool that is named by O(pool_id) is moved
    to it if the option is set and differs; the environment moves none. A name is looked for in that project alone.
  - Pools are made pay-per-use. Those that are billed by the month or year are deleted in the console.
seealso:
  - module: hwcloud.workspace.desktop_pool_expand
  - module: hwcloud.workspace.desktop_pool_info
  - module: hwcloud.workspace.desktop_pool_rebuild
  - module: hwcloud.workspace.desktop_pool_resize
  - module: hwcloud.workspace.desktop_pool_users
  - module: hwcloud.workspace.desktop_pool_volumes
"""

EXAMPLES = r"""
- name: Have a pool of ten desktops for a group
  hwcloud.workspace.desktop_pool:
    name: finance-win10
    type: STATIC
    size: 10
    product_id: workspace.x86.enterprise.large2
    image_type: private
    image_id: a866298d-67db-44b0-a1f1-9d09bdddc20f
    root_volume:
      type: SAS
      size: 80
    data_volumes:
      - type: SSD
        size: 100
    subnet_ids:
      - 5dee0216-2260-47c2-9368-98a27d910e55
    authorized_objects:
      - object_type: USER_GROUP
        object_id: 6b1f6f0e-3f5c-4d0b-9a53-0d9d7d0b7c11
        object_name: finance-staff
        user_group: users
    tags:
      team: finance

- name: Put a pool in maintenance mode
  hwcloud.workspace.desktop_pool:
    name: finance-win10
    in_maintenance_mode: true

- name: Keep a reserve of desktops
  hwcloud.workspace.desktop_pool:
    name: callcenter
    enable_autoscale: true
    autoscale_policy:
      autoscale_type: AUTO_CREATED
      min_idle: 2
      max_auto_created: 20

- name: Rename a pool
  hwcloud.workspace.desktop_pool:
    pool_id: a130ab3a-72bf-4b71-baa9-af4987c8e338
    name: finance-win11

- name: Delete a pool with all of its desktops
  hwcloud.workspace.desktop_pool:
    name: finance-win10
    state: absent
    force: true
"""

RETURN = r"""
desktop_pool:
  description:
    - The pool after the task, with the fields of RV(hwcloud.workspace.desktop_pool_info#module:desktop_pools).
    - In check mode it is the pool as it would be, of a new one as much as the task says.
    - Empty after a deletion, and while a new pool is not there yet.
  returned: success, and when desktops failed
  type: dict
  sample:
    id: a130ab3a-72bf-4b71-baa9-af4987c8e338
    name: finance-win10
    in_maintenance_mode: true
differing:
  description: What differs from the task's options and is left alone, by option.
  returned: success
  type: dict
  sample:
    image_id:
      present: 3f6a0f57-6f0c-4a8e-9d65-8d2b7f0a1e10
      wanted: a866298d-67db-44b0-a1f1-9d09bdddc20f
job_id:
  description: ID of the job that the task started last, or that it adopted. None if there is none.
  returned: always, unless the task failed before it had read the pool
  type: str
  sample: 0570faaa-a4a0-a2e5-39a0-ea06444dd620
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
    id: 0570faaa-a4a0-a2e5-39a0-ea06444dd620
    job_type: expandDesktopPool
    status: SUCCESS
    begin_time: "2026-11-20 22:00:00"
    end_time: "2026-11-20 22:00:45"
    job_error_code: ""
    fail_reason: ""
    sub_jobs:
      total: 1
      succeeded: 1
      failed: 0
      running: 0
      waiting: 0
desktops_succeeded:
  description: IDs of the desktops that were created or deleted, by an adopted job too.
  returned: always, unless the task failed before it had read the pool
  type: list
  elements: str
  sample: [afb6fad9-d2a2-04eb-c59e-5c5ce36b414a]
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
    - desktop_id: de0975dd-10f0-00db-c44f-f4238fdb0ec9
      desktop_name: finance-wi-0002
      error_code: WKS.00010110
      fail_reason: The desktop did not obtain an IP address.
adopted:
  description: Whether nothing was sent because a job that already ran led to the state that was wanted.
  returned: always, unless the task failed before it had read the pool
  type: bool
  sample: false
diff:
  description:
    - What has changed or would change. Of a new pool it holds all that was asked for, of a deleted one what it was.
  returned: always, unless the task failed before it had read the pool
  type: dict
  sample:
    before:
      in_maintenance_mode: false
    after:
      in_maintenance_mode: true
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
  sample: workspace:desktopPools:update
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

from typing import Any

from ansible_collections.hwcloud.workspace.plugins.module_utils.arguments import (
    CONNECTION,
    CONNECTION_LIMITS,
    WAIT,
    WAIT_LIMITS,
    open_engine,
    open_session,
)
from ansible_collections.hwcloud.workspace.plugins.module_utils.limits import (
    Fields,
    IntRange,
    Items,
    Length,
    Pairs,
    Pattern,
)
from ansible_collections.hwcloud.workspace.plugins.module_utils.plain import run_as_module
from ansible_collections.hwcloud.workspace.plugins.module_utils.pools.definition import Definition
from ansible_collections.hwcloud.workspace.plugins.module_utils.pools.lifecycle import bring_about, find, remove
from ansible_collections.hwcloud.workspace.plugins.module_utils.pools.users import OBJECT_TYPES, USER_GROUPS
from ansible_collections.hwcloud.workspace.plugins.module_utils.task import ModuleSpec, Result, Task

_DISK: dict[str, dict[str, Any]] = {
    "type": {"type": "str", "required": True},
    "size": {"type": "int", "required": True},
    "iops": {"type": "int"},
    "throughput": {"type": "int"},
    "kms_id": {"type": "str"},
    "resource_spec_code": {"type": "str"},
}
_DISK_LIMITS = Fields(
    {
        "type": Length(1, 255),
        "size": IntRange(0, 8200, "GB"),
        "iops": IntRange(0, 16380000),
        "throughput": IntRange(0, 4095000),
        "kms_id": Length(0, 255),
        "resource_spec_code": Length(0, 255),
    }
)
# The options that describe a pool, by the service's names.
_DESCRIBING: dict[str, dict[str, Any]] = {
    "type": {"type": "str", "choices": ["DYNAMIC", "STATIC"]},
    "size": {"type": "int"},
    "product_id": {"type": "str"},
    "flavor_id": {"type": "str"},
    "image_type": {"type": "str", "choices": ["gold", "private"]},
    "image_id": {"type": "str"},
    "root_volume": {"type": "dict", "options": _DISK},
    "data_volumes": {"type": "list", "elements": "dict", "options": _DISK},
    "vpc_id": {"type": "str"},
    "subnet_ids": {"type": "list", "elements": "str"},
    "security_groups": {"type": "list", "elements": "str"},
    "availability_zone": {"type": "str"},
    "authorized_objects": {
        "type": "list",
        "elements": "dict",
        "options": {
            "object_type": {"type": "str", "choices": list(OBJECT_TYPES)},
            "object_id": {"type": "str"},
            "object_name": {"type": "str"},
            "domain": {"type": "str"},
            "user_group": {"type": "str", "required": True, "choices": list(USER_GROUPS)},
        },
    },
    "ou_name": {"type": "str"},
    "domain": {"type": "str"},
    "tags": {"type": "dict"},
    "description": {"type": "str"},
    "disconnected_retention_period": {"type": "int"},
    "enable_autoscale": {"type": "bool"},
    "autoscale_policy": {
        "type": "dict",
        "options": {
            "autoscale_type": {"type": "str", "choices": ["ACCESS_CREATED", "AUTO_CREATED"]},
            "max_auto_created": {"type": "int"},
            "min_idle": {"type": "int"},
            "once_auto_created": {"type": "int"},
            "min_retention": {"type": "int"},
            "idle_retention_duration": {"type": "int"},
            "auto_isolation_enable": {"type": "bool"},
            "auto_isolation_max_num": {"type": "int"},
        },
    },
    "user_reset_policy": {
        "type": "dict",
        "options": {"enable": {"type": "bool"}, "reset_count_per_day": {"type": "int"}},
    },
    "desktop_name_policy_id": {"type": "str"},
    "in_maintenance_mode": {"type": "bool"},
}

SPEC = ModuleSpec(
    argument_spec={
        **CONNECTION,
        **WAIT,
        "name": {"type": "str"},
        "pool_id": {"type": "str"},
        "state": {"type": "str", "choices": ["present", "absent"], "default": "present"},
        "force": {"type": "bool", "default": False},
        **_DESCRIBING,
    },
    required_one_of=[("name", "pool_id")],
    subject=("pool_id", "name"),
    limits={
        **CONNECTION_LIMITS,
        **WAIT_LIMITS,
        "name": Length(1, None),
        "pool_id": Length(1, 255),
        "size": IntRange(0, None, "desktops"),
        "product_id": Length(1, 255),
        "flavor_id": Length(1, 255),
        "image_id": Length(1, 255),
        "root_volume": _DISK_LIMITS,
        "data_volumes": Items(0, 10, each=_DISK_LIMITS),
        "vpc_id": Length(1, 255),
        "subnet_ids": Items(1, 100, each=Length(1, 55)),
        # No pool is without; if none is named, it is in a default one.
        "security_groups": Items(1, 5, each=Length(1, 255)),
        "availability_zone": Length(0, 255),
        "authorized_objects": Items(
            0,
            500,
            each=Fields(
                {
                    "object_id": Length(1, 255),
                    "object_name": Length(1, 100),
                    # No limit is documented for a domain.
                    "domain": Length(1, 255),
                }
            ),
        ),
        "ou_name": Length(0, 255),
        "domain": Length(1, 255),
        "tags": Pairs(
            20,
            Pattern(
                r"(?!_sys_)(?! )[\w .:=+@-]{1,128}(?<! )",
                "1 to 128 letters, digits, spaces and _.:=+-@, no space at either end, and no _sys_ at the beginning",
            ),
            Pattern(
                r"(?! )[\w .:=+@-]{0,43}(?<! )",
                "at most 43 letters, digits, spaces and _.:=+-@, and no space at either end",
            ),
        ),
        "description": Length(0, 255),
        "disconnected_retention_period": IntRange(10, 43200, "minutes"),
        "autoscale_policy": Fields(
            {
                "max_auto_created": IntRange(1, 5000),
                "min_idle": IntRange(0, 5000),
                "once_auto_created": IntRange(1, 100),
                "min_retention": IntRange(0, 5000),
                "idle_retention_duration": IntRange(0, 43200, "minutes"),
                "auto_isolation_max_num": IntRange(1, None),
            }
        ),
        "user_reset_policy": Fields({"reset_count_per_day": IntRange(1, 100)}),
        "desktop_name_policy_id": Length(0, 36),
    },
)


def run(task: Task) -> Result:
    """Bring a pool to what is wanted; see DOCUMENTATION.

    :raises WorkspaceError: whatever ends the task; its text is for the user.
    """
    params = task.params
    wanted = Definition.from_options({name: params[name] for name in _DESCRIBING})
    session = open_session(task)
    engine = open_engine(task, session)
    found = find(session, params["name"], params["pool_id"])
    if params["state"] == "absent":
        return remove(engine, found, params["name"], force=params["force"], check_mode=task.check_mode)
    if params["pool_id"]:
        moved = {name: params[name] for name in ("name", "enterprise_project_id") if params[name] is not None}
        wanted = wanted.with_fields(**moved)
    return bring_about(engine, wanted, found, check_mode=task.check_mode)


def main() -> None:
    """Run as a plain module."""
    run_as_module(SPEC, run)


if __name__ == "__main__":
    main()
