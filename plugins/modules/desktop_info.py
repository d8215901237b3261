#!/usr/bin/python
# Copyright (c) 2026 the hwcloud.workspace contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: desktop_info
short_description: Look up the desktops of a pool
version_added: 0.1.0
author:
  - The hwcloud.workspace contributors (@hwcloud)
description:
  - Returns the desktops of a Huawei Cloud Workspace desktop pool, all of them or those that fit filters, with the
    service's own fields.
  - The ID of a desktop's image is C(metering.image_id) in RV(desktops[].metadata).
options:
  inconsistent_type:
    description:
      - Only desktops that differ from their pool in this. V(PRODUCT_ID) is the product, V(IMAGE_ID) the image,
        V(DISK_NUM) the number of data disks, V(DISK_SIZE) the size of all disks in sum.
      - The module compares by itself, because regions spell the service's filter differently.
    type: str
    choices: [PRODUCT_ID, IMAGE_ID, DISK_NUM, DISK_SIZE]
  status:
    description:
      - Only desktops in this state.
    type: str
    choices: [ACTIVE, SHUTOFF, HIBERNATED, ERROR]
  login_status:
    description:
      - Only desktops in one of these login states. V(CONNECTED) is a user at work, V(DISCONNECTED) a session whose
        client went away, V(REGISTERED) ready and waiting for a user, V(UNREGISTER) not ready or stopped.
    type: list
    elements: str
    choices: [CONNECTED, DISCONNECTED, REGISTERED, UNREGISTER]
  user_name:
    description:
      - Only desktops of this user.
    type: str
  user_names:
    description:
      - Only desktops of these users, 1 to 100 of them. If it is set, O(user_name) does not count.
    type: list
    elements: str
  user_attached:
    description:
      - Only desktops that have, or do not have, a user.
    type: bool
  computer_name:
    description:
      - Only desktops whose name fits, by the service's own filter.
    type: str
  computer_names:
    description:
      - Only desktops with these names, in small or capital letters.
    type: list
    elements: str
  desktop_id:
    description:
      - Only desktops with these IDs, 1 to 100 of them.
    type: list
    elements: str
  desktop_ip:
    description:
      - Only the desktop with this IP address.
    type: str
  image_id:
    description:
      - Only desktops on this image.
    type: str
  in_maintenance_mode:
    description:
      - Only desktops that are, or are not, in maintenance mode.
    type: bool
  availability_zone:
    description:
      - Only desktops in this availability zone.
    type: str
  subnet_id:
    description:
      - Only desktops in this subnet.
    type: str
  charge_mode:
    description:
      - Only desktops that are billed like this. V(0) is by the month or year, V(1) is by use.
    type: str
    choices: ["0", "1"]
  tag:
    description:
      - Only desktops with these tags, for example V(key1=value1) or V(key1=value1,key2=value2).
    type: str
  domain_status:
    description:
      - Only desktops in this state towards their AD domain. V(1) is joined, V(2) is lost, V(3) is not reported.
    type: int
    choices: [1, 2, 3]
  is_share_desktop:
    description:
      - Only desktops that are, or are not, shared for working together.
    type: bool
  is_support_internet:
    description:
      - Only desktops that can, or cannot, reach the internet.
    type: bool
  isolated:
    description:
      - Only desktops of a dynamic pool that are, or are not, isolated.
    type: bool
extends_documentation_fragment:
  - hwcloud.workspace.pool
  - hwcloud.workspace.connection
  - hwcloud.workspace.attributes
  - hwcloud.workspace.attributes.info
notes:
  - Older regions do not know all filters. Where a filter can be checked on the answer, the module does so.
seealso:
  - module: hwcloud.workspace.desktop_pool_info
"""

EXAMPLES = r"""
- name: Look up the desktops on which somebody is logged in
  hwcloud.workspace.desktop_info:
    pool: finance-win10
    login_status:
      - CONNECTED
      - DISCONNECTED

- name: Look up the desktops that do not have their pool's image
  hwcloud.workspace.desktop_info:
    pool: finance-win10
    inconsistent_type: IMAGE_ID
"""

RETURN = r"""
desktops:
  description: The desktops, with the service's own fields.
  returned: success
  type: list
  elements: dict
  contains:
    desktop_id:
      description: ID of the desktop.
      type: str
    computer_name:
      description: Name of the desktop.
      type: str
    desktop_type:
      description: V(DEDICATED), V(SHARED) or V(POOLED).
      type: str
    status:
      description: State of the desktop, for example V(ACTIVE), V(SHUTOFF), V(HIBERNATED) or V(ERROR).
      type: str
    task_status:
      description: What is being done to it. Empty if nothing is.
      type: str
    login_status:
      description:
        - Login state. V(CONNECTED) is a user at work, V(DISCONNECTED) a session whose client went away, V(REGISTERED)
          ready and waiting for a user, V(UNREGISTER) not ready or stopped.
      type: str
    process:
      description: How far that is, from 0 to 100. None if nothing is being done.
      type: int
    attach_state:
      description: Whether it is given to a user, for example V(ATTACHED), V(UNATTACH) or V(ATTACHING).
      type: str
    attach_user_infos:
      description: Users and groups that the desktop is given to, each with ID, name, privileges and type.
      type: list
      elements: dict
    user_name:
      description: Name of its user. Empty if it has none.
      type: str
    user_group:
      description: The user's privileges on it.
      type: str
    user_list:
      description: Names of its users.
      type: list
      elements: str
    user_group_list:
      description: Names of its user groups.
      type: list
      elements: str
    in_maintenance_mode:
      description: Whether it is in maintenance mode. Newer regions only.
      type: bool
    created:
      description: When it was created, in UTC.
      type: str
    addresses:
      description: Its addresses by VPC, as the service keeps them.
      type: dict
    ip_addresses:
      description: Its IP addresses.
      type: list
      elements: str
    ipv4:
      description: Its IPv4 address. Newer regions only.
      type: str
    ipv6:
      description: Its IPv6 address. Newer regions only.
      type: str
    product_id:
      description: ID of its product.
      type: str
    product:
      description: Its product, with the fields of RV(hwcloud.workspace.product_info#module:products).
      type: dict
    flavor:
      description: Its flavor, as the service keeps it.
      type: dict
    metadata:
      description: Facts about image and operating system. C(metering.image_id) is the ID of its image.
      type: dict
    root_volume:
      description:
        - Its system disk. C(size) is in GB; C(desktop_pool_disk_id) is the disk of the pool that it belongs to.
      type: dict
    data_volumes:
      description: Its data disks, with the same fields.
      type: list
      elements: dict
    availability_zone:
      description: Its availability zone.
      type: str
    subnet_id:
      description: ID of its subnet.
      type: str
    security_groups:
      description: Its security groups. The service leaves them out of lists.
      type: list
      elements: dict
    site_type:
      description: Type of its site.
      type: str
    site_name:
      description: Name of its site.
      type: str
    sid:
      description: Its SID.
      type: str
    os_version:
      description: Version of its operating system.
      type: str
    os_host_name:
      description: Its name within the operating system. Newer regions only.
      type: str
    ou_name:
      description: The OU that it has joined.
      type: str
    domain:
      description: Its domain. Newer regions only.
      type: str
    domain_status:
      description: State towards its domain. V(1) is joined, V(2) is lost, V(3) is not reported. Newer regions only.
      type: int
    bill_resource_id:
      description: ID by which it is billed.
      type: str
    root_resource_id:
      description: ID by which the whole of it is billed. Newer regions only.
      type: str
    order_id:
      description: ID of its order, if it is billed by the month or year.
      type: str
    agent_version:
      description: Version of the service's agent on it. Newer regions only.
      type: str
    enterprise_project_id:
      description: ID of its enterprise project.
      type: str
    tags:
      description: Its tags, each with C(key) and C(value).
      type: list
      elements: dict
    internet_mode:
      description: How it reaches the internet, V(NAT), V(EIP) or V(BOTH).
      type: str
    internet_mode_list:
      description: The same as a list. Newer regions only.
      type: list
      elements: str
    is_support_internet:
      description: Whether it can reach the internet. Newer regions only.
      type: bool
    is_attaching_eip:
      description: Whether it is being given a public address.
      type: bool
    share_resource_sku:
      description: SKU of what lets users work on it together. Newer regions only.
      type: str
    isolated:
      description: Whether nobody can connect to it. Dynamic pools and newer regions only.
      type: bool
    is_freeze:
      description: Whether it is frozen. Newer regions only.
      type: bool
    inconsistent_types:
      description: What it differs from its pool in, where the service tells it.
      type: list
      elements: str
  sample:
    - desktop_id: 9d30c8ac-77b5-4453-80da-8f027223ee99
      computer_name: FIN-001
      status: ACTIVE
      task_status: ""
      login_status: CONNECTED
      metadata:
        image_name: win10-2026-10
        metering.image_id: 3f6a0f57-6f0c-4a8e-9d65-8d2b7f0a1e10
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
    POOL,
    POOL_LIMITS,
    open_session,
)
from ansible_collections.hwcloud.workspace.plugins.module_utils.limits import Items, Length
from ansible_collections.hwcloud.workspace.plugins.module_utils.plain import run_as_module
from ansible_collections.hwcloud.workspace.plugins.module_utils.pools.filters import FILTERS, find_desktops
from ansible_collections.hwcloud.workspace.plugins.module_utils.pools.lookup import find_pool
from ansible_collections.hwcloud.workspace.plugins.module_utils.task import ModuleSpec, Result, Task

SPEC = ModuleSpec(
    argument_spec={
        **CONNECTION,
        **POOL,
        "inconsistent_type": {"type": "str", "choices": ["PRODUCT_ID", "IMAGE_ID", "DISK_NUM", "DISK_SIZE"]},
        "status": {"type": "str", "choices": ["ACTIVE", "SHUTOFF", "HIBERNATED", "ERROR"]},
        "login_status": {
            "type": "list",
            "elements": "str",
            "choices": ["CONNECTED", "DISCONNECTED", "REGISTERED", "UNREGISTER"],
        },
        "user_name": {"type": "str"},
        "user_names": {"type": "list", "elements": "str"},
        "user_attached": {"type": "bool"},
        "computer_name": {"type": "str"},
        "computer_names": {"type": "list", "elements": "str"},
        "desktop_id": {"type": "list", "elements": "str"},
        "desktop_ip": {"type": "str"},
        "image_id": {"type": "str"},
        "in_maintenance_mode": {"type": "bool"},
        "availability_zone": {"type": "str"},
        "subnet_id": {"type": "str"},
        "charge_mode": {"type": "str", "choices": ["0", "1"]},
        "tag": {"type": "str"},
        "domain_status": {"type": "int", "choices": [1, 2, 3]},
        "is_share_desktop": {"type": "bool"},
        "is_support_internet": {"type": "bool"},
        "isolated": {"type": "bool"},
    },
    limits={
        **CONNECTION_LIMITS,
        **POOL_LIMITS,
        "user_name": Length(1, 255),
        "user_names": Items(1, 100, each=Length(1, 255)),
        "computer_name": Length(1, 255),
        "computer_names": Items(1, None, each=Length(1, 255)),
        "desktop_id": Items(1, 100, each=Length(1, 255)),
        "desktop_ip": Length(1, 255),
        "image_id": Length(1, 255),
        "availability_zone": Length(1, 255),
        "subnet_id": Length(1, 255),
        "tag": Length(1, 255),
    },
)


def run(task: Task) -> Result:
    """Look up desktops; see DOCUMENTATION.

    :raises WorkspaceError: whatever ends the task; its text is for the user.
    """
    session = open_session(task)
    pool = find_pool(session, task.params["pool"])
    wanted = {name: task.params[name] for name in FILTERS if task.params[name] is not None}
    return {"desktops": [desktop.fields for desktop in find_desktops(session, pool, wanted)]}


def main() -> None:
    """Run as a plain module."""
    run_as_module(SPEC, run)


if __name__ == "__main__":
    main()
