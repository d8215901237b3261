#!/usr/bin/python
# Copyright (c) 2026 the hwcloud.workspace contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: product_info
short_description: Look up the products that desktops can have
version_added: 0.1.0
author:
  - The hwcloud.workspace contributors (@hwcloud)
description:
  - Returns the products of Huawei Cloud Workspace, that is kinds of desktops by their CPU and memory, all of them or
    those that fit filters, with the service's own fields.
  - If no product fits, the list is empty, and the task does not fail.
options:
  product_id:
    description:
      - Only the product with this ID.
      - The service's own filter of this name is O(resize_from).
    type: str
  name:
    description:
      - Only products with exactly this name in any language. Only newer regions tell names.
    type: str
  flavor_id:
    description:
      - Only products with this flavor.
    type: str
  resize_from:
    description:
      - ID of a product. Only products that a desktop of that one can be resized to, as the service says.
    type: str
  availability_zone:
    description:
      - Only products that are offered in this availability zone.
    type: str
  os_type:
    description:
      - Only products for this operating system, V(Windows) or V(Linux).
    type: str
  charge_mode:
    description:
      - Only products that are billed like this. V(0) is by the month or year, V(1) is by use.
    type: str
    choices: ["0", "1"]
  architecture:
    description:
      - Only products with processors of this kind.
    type: str
    choices: [arm, x86]
  package_type:
    description:
      - Only products of this series, for example V(enterprise) or V(ultimate).
    type: str
  status:
    description:
      - Only products in this state. V(normal) can be had, V(sellout) is sold out, V(abandon) is not offered any more.
    type: str
    choices: [normal, sellout, abandon]
extends_documentation_fragment:
  - hwcloud.workspace.connection
  - hwcloud.workspace.attributes
  - hwcloud.workspace.attributes.info
seealso:
  - module: hwcloud.workspace.desktop_pool_resize
  - module: hwcloud.workspace.image_info
"""

EXAMPLES = r"""
- name: Look up a product
  hwcloud.workspace.product_info:
    product_id: workspace.x86.enterprise.xlarge2

- name: Look up what the desktops of a pool could be resized to now
  hwcloud.workspace.product_info:
    resize_from: workspace.x86.enterprise.large2
    availability_zone: eu-west-101a
    charge_mode: "1"
    status: normal
"""

RETURN = r"""
products:
  description: The products, with the service's own fields.
  returned: success
  type: list
  elements: dict
  contains:
    product_id:
      description: ID of the product.
      type: str
    flavor_id:
      description: ID of its flavor.
      type: str
    type:
      description: V(BASE) holds no software but the operating system. Private images go with this one alone.
      type: str
    architecture:
      description: Its processors, V(arm) or V(x86).
      type: str
    cpu:
      description: Number of CPUs, as text.
      type: str
    memory:
      description: Memory in MB, as text.
      type: str
    is_gpu:
      description: Whether it has a GPU.
      type: bool
    system_disk_type:
      description: Type of the system disk that it comes with.
      type: str
    system_disk_size:
      description: Size of that disk in GB, as text.
      type: str
    descriptions:
      description: CPU and memory in words.
      type: str
    charge_mode:
      description: V(0) is billed by the month or year, V(1) by use.
      type: str
    contain_data_disk:
      description: Whether its price includes data disks.
      type: bool
    resource_type:
      description: The service's type of resource for billing it.
      type: str
    cloud_service_type:
      description: The service's type for billing it.
      type: str
    volume_product_type:
      description: The service's type of its disks, for billing them.
      type: str
    package_type:
      description: Its series, for example V(enterprise). Only newer regions tell.
      type: str
    status:
      description: V(normal), V(sellout) or V(abandon).
      type: str
    name:
      description: Its names by language. Only newer regions tell.
      type: dict
  sample:
    - product_id: workspace.x86.enterprise.xlarge2
      flavor_id: s6.xlarge.2
      type: BASE
      architecture: x86
      cpu: "4"
      memory: "8192"
      is_gpu: false
      system_disk_type: SAS
      system_disk_size: "80"
      descriptions: CPU:4vCPUs,Memory:8GB
      charge_mode: "1"
      contain_data_disk: false
      resource_type: hws.resource.type.workspace.desktop
      cloud_service_type: hws.service.type.vdi
      volume_product_type: workspace
      package_type: enterprise
      status: normal
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
  sample: 77213871329e973b1b71937b2ed73d5f
error_msg:
  description: The service's own words.
  returned: when the service refused
  type: str
  sample: Policy doesn't allow ListProducts to be performed
iam_action:
  description: The permission that the credentials lack.
  returned: when the service refused for want of a permission whose name is known
  type: str
  sample: workspace:products:listDesktopProducts
encoded_authorization_message:
  description: Why the permission is lacking, encoded. The STS operation C(DecodeAuthorizationMessage) decodes it.
  returned: when the service refused for want of a permission, and sent one
  type: str
"""

from ansible_collections.hwcloud.workspace.plugins.module_utils.arguments import (
    CONNECTION,
    CONNECTION_LIMITS,
    open_session,
)
from ansible_collections.hwcloud.workspace.plugins.module_utils.limits import Length
from ansible_collections.hwcloud.workspace.plugins.module_utils.plain import run_as_module
from ansible_collections.hwcloud.workspace.plugins.module_utils.pools.catalogue import PRODUCT_FILTERS, find_products
from ansible_collections.hwcloud.workspace.plugins.module_utils.task import ModuleSpec, Result, Task

SPEC = ModuleSpec(
    argument_spec={
        **CONNECTION,
        "product_id": {"type": "str"},
        "name": {"type": "str"},
        "flavor_id": {"type": "str"},
        "resize_from": {"type": "str"},
        "availability_zone": {"type": "str"},
        "os_type": {"type": "str"},
        "charge_mode": {"type": "str", "choices": ["0", "1"]},
        "architecture": {"type": "str", "choices": ["arm", "x86"]},
        "package_type": {"type": "str"},
        "status": {"type": "str", "choices": ["normal", "sellout", "abandon"]},
    },
    limits={
        **CONNECTION_LIMITS,
        "product_id": Length(1, 255),
        "name": Length(1, 255),
        "flavor_id": Length(1, 255),
        "resize_from": Length(1, 255),
        "availability_zone": Length(1, 255),
        "os_type": Length(1, 255),
        "package_type": Length(1, 255),
    },
)


def run(task: Task) -> Result:
    """Look up products; see DOCUMENTATION.

    :raises WorkspaceError: whatever ends the task; its text is for the user.
    """
    session = open_session(task)
    wanted = {name: task.params[name] for name in PRODUCT_FILTERS if task.params[name] is not None}
    return {"products": find_products(session, wanted)}


def main() -> None:
    """Run as a plain module."""
    run_as_module(SPEC, run)


if __name__ == "__main__":
    main()
