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
    service's
    own fields.
  - A desktop's image is RV(desktops[].metadata) C(["metering.image_id"]).
options:
  inconsistent_type:
    description:
      - Only desktops that differ from their pool in this. V(PRODUCT_ID) is the product, V(IMAGE_ID) the image,
        V(DISK_NUM)
        the number of data disks, V(DISK_SIZE) the size of all disks in sum.
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
        client went
        away, V(REGISTERED) ready and waiting for a user, V(UNREGISTER) not ready or stopped.
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
      - Only desktops with these IDs.
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
    status:
      description: State of the desktop.
      type: str
    task_status:
      description: What is being done to it. Empty if nothing is.
      type: str
    login_status:
      description: Login state.
      type: str
    attach_user_infos:
      description: Users that the desktop is given to.
      type: list
      elements: dict
    metadata:
      description: Facts about image and operating system.
      type: dict
  sample:
    - desktop_id: 9d30c8ac-77b5-4453-80da-8f027223ee99
      computer_name: FIN-001
      status: ACTIVE
      task_status: ""
      login_status: CONNECTED
      metadata:
        image_name: win10-2026-10
        metering.image_id: 0a0c7a3e-6c0b-4a0e-9b5c-6f7b1f0d2c11
error_code:
  description: The service's error code.
  returned: when the service refused
  type: str
http_status:
  description: HTTP status of the refusal.
  returned: when the service refused
  type: int
  sample: 403
request_id:
  description: The service's ID of the refused request, for a support ticket.
  returned: when the service refused
  type: str
error_msg:
  description: The service's own words.
  returned: when the service refused
  type: str
iam_action:
  description: The permission that the credentials lack.
  returned: when the service refused for want of a permission whose name is known
  type: str
  sample: workspace:desktopPools:list
encoded_authorization_message:
  description: The reason of such a refusal, to be decoded with the STS operation C(DecodeAuthorizationMessage).
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
