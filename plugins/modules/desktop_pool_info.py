#!/usr/bin/python
# Copyright (c) 2026 the hwcloud.workspace contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: desktop_pool_info
short_description: Look up desktop pools
version_added: 0.1.0
author:
  - The hwcloud.workspace contributors (@hwcloud)
description:
  - Returns Huawei Cloud Workspace desktop pools, one by its name or ID or those that fit filters, with the service's
    own fields.
  - On request it adds their desktops, their users, how many desktops differ from their pool, and the jobs that run for
    them. A fleet is read by lists over all pools, not pool by pool.
options:
  pool:
    description:
      - Exact name or ID of one pool. The task fails if there is none; to find out whether there is one, use O(name).
    type: str
  pools:
    description:
      - Only pools with one of these exact names or IDs, 1 to 1,000. What there is no pool for is left out, and the task
        does not fail.
    type: list
    elements: str
  name:
    description:
      - Only pools whose name contains this text, at most 255 characters.
    type: str
  type:
    description:
      - Only pools of this type.
    type: str
    choices: [DYNAMIC, STATIC]
  in_maintenance_mode:
    description:
      - Only pools that are, or are not, in maintenance mode.
    type: bool
  user_ids:
    description:
      - Only pools that any of these users may use or has a desktop of, 1 to 100 IDs of users.
      - Adds RV(desktop_pools[].users). It costs a request for each 10 users. Only newer regions know it.
    type: list
    elements: str
  gather:
    description:
      - What to add to each pool.
      - V(desktops) adds RV(desktop_pools[].desktops), V(users) adds RV(desktop_pools[].authorized_objects), V(drift)
        adds RV(desktop_pools[].drift), V(jobs) adds RV(desktop_pools[].running_jobs), and V(capabilities) adds
        RV(desktop_pools[].capabilities).
      - V(users) costs one request for each pool, V(capabilities) one for all pools. The others cost two to four
        requests for each 1,000 desktops of the fleet.
    type: list
    elements: str
    choices: [desktops, users, drift, jobs, capabilities]
    default: []
extends_documentation_fragment:
  - hwcloud.workspace.connection
  - hwcloud.workspace.attributes
  - hwcloud.workspace.attributes.info
seealso:
  - module: hwcloud.workspace.desktop_info
  - module: hwcloud.workspace.desktop_pool_rebuild
"""

EXAMPLES = r"""
- name: Look up one pool and how many of its desktops differ from it
  hwcloud.workspace.desktop_pool_info:
    pool: finance-win10
    gather: drift
  register: finance

- name: Look up which pools a user may use, and of which the user has a desktop
  hwcloud.workspace.desktop_pool_info:
    user_ids:
      - 2f1f3c6e-8b1d-4a57-9c0a-7d9b5e3a1c06

- name: Look up two pools and their desktops
  hwcloud.workspace.desktop_pool_info:
    pools:
      - finance-win10
      - callcenter-win10
    gather:
      - desktops

- name: Look up all pools in maintenance mode, with the jobs that run for them
  hwcloud.workspace.desktop_pool_info:
    in_maintenance_mode: true
    gather:
      - jobs
"""

RETURN = r"""
desktop_pools:
  description: The pools, with the service's own fields and what was asked for in O(gather).
  returned: success
  type: list
  elements: dict
  contains:
    id:
      description: ID of the pool.
      type: str
    name:
      description: Name of the pool.
      type: str
    type:
      description: V(DYNAMIC) or V(STATIC).
      type: str
    description:
      description: Its description.
      type: str
    created_time:
      description: When it was created, in UTC.
      type: str
    charging_mode:
      description: How it is billed. V(0) is by the month or year, V(1) is by use.
      type: str
    desktop_count:
      description: Number of desktops.
      type: int
    desktop_used:
      description: Number of desktops that are bound to a user.
      type: int
    availability_zone:
      description: Its availability zone.
      type: str
    subnet_id:
      description: ID of its first subnet.
      type: str
    subnet_ids:
      description: IDs of its subnets. Newer regions only.
      type: list
      elements: str
    vpc_id:
      description: ID of its VPC. Newer regions only.
      type: str
    product:
      description: Its product, with the fields of RV(hwcloud.workspace.product_info#module:products).
      type: dict
    image_id:
      description: ID of its image.
      type: str
    image_name:
      description: Name of its image.
      type: str
    image_os_type:
      description: Type of the image's operating system.
      type: str
    image_os_version:
      description: Version of the image's operating system.
      type: str
    image_os_platform:
      description: Platform of the image's operating system.
      type: str
    image_product_code:
      description: Code of the product that a paid image belongs to. Empty for others.
      type: str
    image_cloud_service_type:
      description: The service's type for billing the image. Newer regions only.
      type: str
    image_resource_type:
      description: The service's type of resource for billing the image. Newer regions only.
      type: str
    root_volume:
      description: The system disk that each desktop is to have, with ID, type and size in GB.
      type: dict
    data_volumes:
      description: The data disks that each desktop is to have, each with ID, type and size in GB.
      type: list
      elements: dict
    security_groups:
      description: The security groups of its desktops, each with ID and name.
      type: list
      elements: dict
    disconnected_retention_period:
      description: Of a dynamic pool, minutes that a desktop stays with a user whose client is disconnected.
      type: int
    enable_autoscale:
      description: Whether autoscaling is on.
      type: bool
    autoscale_policy:
      description: The rules of autoscaling.
      type: dict
    user_reset_policy:
      description: Whether, and how often in a day, users may reset their desktops. Newer regions only.
      type: dict
    status:
      description:
        - V(STEADY) if nothing is being done to it, V(TEMPORARY) while it is changed, V(EXIST_FROZEN) if desktops are
          frozen, or V(UNKNOWN).
      type: str
    enterprise_project_id:
      description: ID of its enterprise project.
      type: str
    in_maintenance_mode:
      description: Whether it is in maintenance mode.
      type: bool
    desktop_name_policy_id:
      description: ID of the policy by which its desktops get their names.
      type: str
    tags:
      description: Its tags, each with C(key) and C(value). Newer regions only.
      type: list
      elements: dict
    ou_name:
      description: The OU that its desktops join. Newer regions only.
      type: str
    domain:
      description: Its domain. Newer regions only.
      type: str
    isolation_num:
      description: Number of desktops that nobody can connect to. Newer regions only.
      type: int
    desktops:
      description: The pool's desktops, with the fields of RV(hwcloud.workspace.desktop_info#module:desktops).
      returned: if O(gather) has V(desktops)
      type: list
      elements: dict
    authorized_objects:
      description:
        - The users and user groups that may use the pool, with the service's own fields.
        - None, with a warning, in regions that do not list them.
      returned: if O(gather) has V(users)
      type: list
      elements: dict
      contains:
        object_id:
          description: ID of the user or user group.
          type: str
        object_type:
          description: V(USER) or V(USER_GROUP).
          type: str
        object_name:
          description: Name of the user or user group.
          type: str
        user_group:
          description: Privileges on the desktops.
          type: str
        created_at:
          description: When it was added, in UTC.
          type: str
        domain:
          description: Its domain. Newer regions only.
          type: str
    users:
      description: Those of O(user_ids) who may use the pool or have a desktop of it.
      returned: if O(user_ids) is set
      type: list
      elements: dict
      contains:
        user_id:
          description: ID of the user.
          type: str
        is_attached:
          description: Whether the user has a desktop of the pool.
          type: bool
    drift:
      description: Numbers of desktops that differ from the pool.
      returned: if O(gather) has V(drift)
      type: dict
      contains:
        product_id:
          description: Desktops with another product.
          type: int
        image_id:
          description: Desktops with another image.
          type: int
        disk_num:
          description: Desktops with another number of data disks.
          type: int
        disk_size:
          description: Desktops whose disks have another size in sum.
          type: int
    running_jobs:
      description:
        - Jobs that run for the pool, with the fields of RV(hwcloud.workspace.job_info#module:jobs).
        - Where many pools are looked up, a job belongs to the pool of its desktops; one without desktops is left out.
      returned: if O(gather) has V(jobs)
      type: list
      elements: dict
    capabilities:
      description: What the pool's region knows. Regions differ in age.
      returned: if O(gather) has V(capabilities)
      type: dict
      contains:
        partial_changes:
          description:
            - Whether a change can be made to a part of a pool, as C(desktop_ids) and C(handle_type) of other modules
              ask for it. Where it is false, a change is made to the whole pool at once.
            - Told by whether the region counts the desktops that differ from their pool. Regions that do not are older
              than those two fields.
          type: bool
  sample:
    - id: a130ab3a-72bf-4b71-baa9-af4987c8e338
      name: finance-win10
      image_id: 3f6a0f57-6f0c-4a8e-9d65-8d2b7f0a1e10
      desktop_count: 3
      desktop_used: 1
      drift:
        product_id: 0
        image_id: 0
        disk_num: 0
        disk_size: 0
      capabilities:
        partial_changes: true
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
  sample: c12a66fc248104d297792161c1cc148f
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
from ansible_collections.hwcloud.workspace.plugins.module_utils.limits import Items, Length
from ansible_collections.hwcloud.workspace.plugins.module_utils.plain import run_as_module
from ansible_collections.hwcloud.workspace.plugins.module_utils.pools.lookup import (
    find_pool,
    list_pools,
    pools_of_users,
)
from ansible_collections.hwcloud.workspace.plugins.module_utils.pools.survey import GATHER, survey
from ansible_collections.hwcloud.workspace.plugins.module_utils.task import ModuleSpec, Result, Task

SPEC = ModuleSpec(
    argument_spec={
        **CONNECTION,
        "pool": {"type": "str"},
        "pools": {"type": "list", "elements": "str"},
        "name": {"type": "str"},
        "type": {"type": "str", "choices": ["DYNAMIC", "STATIC"]},
        "in_maintenance_mode": {"type": "bool"},
        "user_ids": {"type": "list", "elements": "str"},
        "gather": {"type": "list", "elements": "str", "choices": list(GATHER), "default": []},
    },
    mutually_exclusive=[("pool", "pools"), ("pool", "name"), ("pool", "type"), ("pool", "in_maintenance_mode")],
    limits={
        **CONNECTION_LIMITS,
        **POOL_LIMITS,
        "pools": Items(1, 1000, each=Length(1, 255)),
        "name": Length(1, 255),
        # No limits are documented for these; 100 users take 10 requests.
        "user_ids": Items(1, 100, each=Length(1, 255)),
    },
)


def run(task: Task) -> Result:
    """Look up pools; see DOCUMENTATION.

    :raises WorkspaceError: whatever ends the task; its text is for the user.
    """
    params = task.params
    session = open_session(task)
    if params["pool"] is not None:
        pools = [find_pool(session, params["pool"])]
    else:
        name = params["name"] or ""
        found = list_pools(
            session, name=name or None, pool_type=params["type"], in_maintenance_mode=params["in_maintenance_mode"]
        )
        pools = [pool for pool in found if name in pool.name]
    if params["pools"] is not None:
        named = frozenset(params["pools"])
        pools = [pool for pool in pools if named & {pool.id, pool.name}]
    if params["user_ids"] is None:
        return {"desktop_pools": survey(session, pools, params["gather"], task.warn)}
    users = pools_of_users(session, params["user_ids"])
    reports = survey(session, [pool for pool in pools if pool.id in users], params["gather"], task.warn)
    return {"desktop_pools": [{**report, "users": users[str(report["id"])]} for report in reports]}


def main() -> None:
    """Run as a plain module."""
    run_as_module(SPEC, run)


if __name__ == "__main__":
    main()
