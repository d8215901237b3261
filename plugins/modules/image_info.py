#!/usr/bin/python
# Copyright (c) 2026 the hwcloud.workspace contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: image_info
short_description: Look up the images that desktops can be made from
version_added: 0.1.0
author:
  - The hwcloud.workspace contributors (@hwcloud)
description:
  - Returns the images of Huawei Cloud Workspace that a project can use, all of them or those that fit filters, with the
    service's own fields.
  - If no image fits, the list is empty, and the task does not fail.
options:
  image_id:
    description:
      - Only the image with this ID.
    type: str
  name:
    description:
      - Only images with exactly this name, small and capital letters told apart. Several images can have one name.
      - The service has no such filter, so the module compares by itself.
    type: str
  image_type:
    description:
      - Only images of this type. V(gold) is an image that the service offers to everybody, V(private) one of the
        account's own.
    type: str
    choices: [gold, private]
  os_type:
    description:
      - Only images with this operating system, for example V(Windows) or V(Linux).
    type: str
  platform:
    description:
      - Only images of this platform, for example V(Windows) or V(Ubuntu).
    type: str
  architecture:
    description:
      - Only images for processors of this kind.
    type: str
    choices: [arm, x86]
  package_type:
    description:
      - Only images for products of this series, as the service calls it.
    type: str
extends_documentation_fragment:
  - hwcloud.workspace.connection
  - hwcloud.workspace.attributes
  - hwcloud.workspace.attributes.info
seealso:
  - module: hwcloud.workspace.desktop_pool_rebuild
  - module: hwcloud.workspace.product_info
"""

EXAMPLES = r"""
- name: Look up an image by its name
  hwcloud.workspace.image_info:
    name: win10-2026-11
  register: november

- name: Make sure that the name fits one image alone
  ansible.builtin.assert:
    that: november.images | length == 1

- name: Look up the account's own Windows images
  hwcloud.workspace.image_info:
    image_type: private
    os_type: Windows
"""

RETURN = r"""
images:
  description: The images, with the service's own fields.
  returned: success
  type: list
  elements: dict
  contains:
    id:
      description: ID of the image.
      type: str
    name:
      description: Name of the image.
      type: str
    image_type:
      description: Type of the image, V(gold) or V(private).
      type: str
    os_type:
      description: Its operating system, V(Windows), V(Linux) or V(Other).
      type: str
    os_version:
      description: Version of its operating system.
      type: str
    architecture:
      description: The processors that it is for, V(arm) or V(x86).
      type: str
    min_disk:
      description: Size in GB of the smallest system disk that it fits on.
      type: int
    min_ram:
      description: Smallest memory in MB. 0 if it needs no certain one.
      type: int
    disk_format:
      description: Format of the image.
      type: str
    product_code:
      description: Code of the product that a paid image belongs to. Empty for others.
      type: str
    created_at:
      description: When it was made. Only newer regions tell.
      type: str
    kms_id:
      description: ID of the key that it is encrypted with. Only newer regions tell.
      type: str
  sample:
    - id: a866298d-67db-44b0-a1f1-9d09bdddc20f
      name: win10-2026-11
      os_type: Windows
      os_version: Windows 10 Enterprise 64bit
      image_type: private
      architecture: x86
      min_disk: 40
      min_ram: 0
      disk_format: zvhd2
      product_code: ""
      created_at: "2026-01-15T08:00:00Z"
      kms_id: ""
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
  sample: Policy doesn't allow ListImages to be performed
iam_action:
  description: The permission that the credentials lack.
  returned: when the service refused for want of a permission whose name is known
  type: str
  sample: workspace:images:list
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
from ansible_collections.hwcloud.workspace.plugins.module_utils.pools.catalogue import IMAGE_FILTERS, find_images
from ansible_collections.hwcloud.workspace.plugins.module_utils.task import ModuleSpec, Result, Task

SPEC = ModuleSpec(
    argument_spec={
        **CONNECTION,
        "image_id": {"type": "str"},
        "name": {"type": "str"},
        "image_type": {"type": "str", "choices": ["gold", "private"]},
        "os_type": {"type": "str"},
        "platform": {"type": "str"},
        "architecture": {"type": "str", "choices": ["arm", "x86"]},
        "package_type": {"type": "str"},
    },
    limits={
        **CONNECTION_LIMITS,
        "image_id": Length(1, 255),
        "name": Length(1, 255),
        "os_type": Length(1, 255),
        "platform": Length(1, 255),
        "package_type": Length(1, 255),
    },
)


def run(task: Task) -> Result:
    """Look up images; see DOCUMENTATION.

    :raises WorkspaceError: whatever ends the task; its text is for the user.
    """
    session = open_session(task)
    wanted = {name: task.params[name] for name in IMAGE_FILTERS if task.params[name] is not None}
    return {"images": find_images(session, wanted)}


def main() -> None:
    """Run as a plain module."""
    run_as_module(SPEC, run)


if __name__ == "__main__":
    main()
