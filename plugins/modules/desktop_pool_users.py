#!/usr/bin/python
# Copyright (c) 2026 the hwcloud.workspace contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: desktop_pool_users
short_description: Manage the users and user groups of a desktop pool
version_added: 0.1.0
author:
  - The hwcloud.workspace contributors (@hwcloud)
description:
  - Lets users and user groups use a Huawei Cloud Workspace desktop pool, changes their privileges on the desktops, or
    takes the pool away from them.
  - The module reads the pool's users first and asks only for what differs from them. If nothing does, nothing is sent.
  - The service makes such a change at once. At most 500 users and groups go into a request; first the missing ones are
    added, then privileges are changed, then others are removed. If a run is interrupted, running it again does what is
    left.
  - If the answer to a request is lost, the module reads the users again before anything is sent again.
  - The module needs a region that lists the users of pools. In others it fails and sends nothing.
options:
  authorized_objects:
    description:
      - The users and user groups.
      - Each is found among the pool's users by O(authorized_objects[].object_id). If that is not given, it is found by
        O(authorized_objects[].object_name) and O(authorized_objects[].object_type), and by
        O(authorized_objects[].domain) where the region shows it.
      - To add one that the pool does not have yet, the service needs all of O(authorized_objects[].object_id),
        O(authorized_objects[].object_name), O(authorized_objects[].object_type) and O(authorized_objects[].user_group).
      - One that is given twice counts once. The task fails if the two contradict each other.
    type: list
    elements: dict
    required: true
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
          - Privileges on the desktops. Needed with O(state=present).
          - On Linux desktops V(sudo) are administrators and V(default) ordinary users. On Windows desktops
            V(administrators) are administrators and V(users) ordinary users.
        type: str
        choices: [sudo, default, administrators, users]
  state:
    description:
      - V(present) adds those that are missing, and gives the others the privileges that are wanted.
      - V(absent) removes those that are there.
    type: str
    choices: [present, absent]
    default: present
  purge:
    description:
      - Remove all users and groups that are not in O(authorized_objects). An empty list then removes everybody.
      - Only with O(state=present).
    type: bool
    default: false
extends_documentation_fragment:
  - hwcloud.workspace.pool
  - hwcloud.workspace.connection
  - hwcloud.workspace.attributes
attributes:
  check_mode:
    support: full
    details:
      - Sends nothing that changes anything, and returns the same RV(diff) and RV(authorized_objects) as the real run
        would.
      - Warns, as the real run does, of users to remove who hold a desktop.
  diff_mode:
    support: full
  idempotent:
    support: full
    details:
      - A second run costs two read requests, one more if O(project_id) is not set.
notes:
  - When a user who holds a desktop is removed, some regions take it away at once, some at log-off, and some refuse.
seealso:
  - module: hwcloud.workspace.desktop_pool_attach
  - module: hwcloud.workspace.desktop_pool_info
"""

EXAMPLES = r"""
- name: Let a group and a user use the pool
  hwcloud.workspace.desktop_pool_users:
    pool: finance-win10
    authorized_objects:
      - object_type: USER_GROUP
        object_id: 6b1f6f0e-3f5c-4d0b-9a53-0d9d7d0b7c11
        object_name: finance-staff
        user_group: users
      - object_type: USER
        object_id: 2f1f3c6e-8b1d-4a57-9c0a-7d9b5e3a1c06
        object_name: user-a1
        user_group: administrators

- name: Take the pool away from a user
  hwcloud.workspace.desktop_pool_users:
    pool: finance-win10
    authorized_objects:
      - object_type: USER
        object_name: user-a1
    state: absent

- name: Leave the pool to one group alone
  hwcloud.workspace.desktop_pool_users:
    pool: finance-win10
    authorized_objects:
      - object_type: USER_GROUP
        object_name: finance-staff
        user_group: users
    purge: true
"""

RETURN = r"""
authorized_objects:
  description:
    - All users and user groups of the pool after the task, with the service's own fields.
    - In check mode they are as they would be. What is to be added then has no RV(ignore:created_at).
  returned: success
  type: list
  elements: dict
  contains:
    object_id:
      description: ID of the user or user group.
      type: str
    object_name:
      description: Name of the user or user group.
      type: str
    object_type:
      description: V(USER) or V(USER_GROUP).
      type: str
    user_group:
      description: Privileges on the desktops.
      type: str
    domain:
      description: Domain. Newer regions only.
      type: str
    created_at:
      description: When it was added, in UTC.
      type: str
  sample:
    - object_id: 2f1f3c6e-8b1d-4a57-9c0a-7d9b5e3a1c06
      object_name: user-a1
      object_type: USER
      user_group: administrators
      created_at: "2026-02-02T09:30:00.000Z"
desktop_pool:
  description:
    - The pool after the task, with the fields of RV(hwcloud.workspace.desktop_pool_info#module:desktop_pools).
  returned: always, unless the task failed before it had read the pool
  type: dict
  sample:
    id: a130ab3a-72bf-4b71-baa9-af4987c8e338
    name: finance-win10
diff:
  description: The users and groups that have changed or would change, each with its privileges.
  returned: always, unless the task failed before it had read the pool
  type: dict
  sample:
    before:
      authorized_objects: [USER user-a1 (users)]
    after:
      authorized_objects: [USER user-a1 (administrators), USER_GROUP finance-staff (users)]
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
  sample: Policy doesn't allow workspace:desktopPools:authorizeUsers to be performed.
iam_action:
  description: The permission that the credentials lack.
  returned: when the service refused for want of a permission whose name is known
  type: str
  sample: workspace:desktopPools:authorizeUsers
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
    open_engine,
    open_session,
)
from ansible_collections.hwcloud.workspace.plugins.module_utils.client.errors import InputError
from ansible_collections.hwcloud.workspace.plugins.module_utils.limits import Fields, Items, Length
from ansible_collections.hwcloud.workspace.plugins.module_utils.plain import run_as_module
from ansible_collections.hwcloud.workspace.plugins.module_utils.pools.lookup import find_pool
from ansible_collections.hwcloud.workspace.plugins.module_utils.pools.users import (
    OBJECT_TYPES,
    USER_GROUPS,
    Users,
    wanted_objects,
)
from ansible_collections.hwcloud.workspace.plugins.module_utils.task import ModuleSpec, Result, Task

SPEC = ModuleSpec(
    argument_spec={
        **CONNECTION,
        **POOL,
        "authorized_objects": {
            "type": "list",
            "elements": "dict",
            "required": True,
            "options": {
                "object_type": {"type": "str", "choices": list(OBJECT_TYPES)},
                "object_id": {"type": "str"},
                "object_name": {"type": "str"},
                "domain": {"type": "str"},
                "user_group": {"type": "str", "choices": list(USER_GROUPS)},
            },
        },
        "state": {"type": "str", "choices": ["present", "absent"], "default": "present"},
        "purge": {"type": "bool", "default": False},
    },
    limits={
        **CONNECTION_LIMITS,
        **POOL_LIMITS,
        "authorized_objects": Items(
            0,
            None,
            each=Fields(
                {
                    "object_id": Length(1, 255),
                    "object_name": Length(1, 100),
                    # No limit is documented for a domain.
                    "domain": Length(1, 255),
                }
            ),
        ),
    },
)


def run(task: Task) -> Result:
    """Change who may use a pool; see DOCUMENTATION.

    :raises WorkspaceError: whatever ends the task; its text is for the user.
    """
    params = task.params
    if params["purge"] and params["state"] == "absent":
        raise InputError("purge removes those that are not listed, and state absent those that are; set one of them.")
    change = Users(
        wanted_objects(params["authorized_objects"], params["state"]), state=params["state"], purge=params["purge"]
    )
    session = open_session(task)
    pool = find_pool(session, params["pool"])
    engine = open_engine(task, session, wait=False)
    outcome = (engine.predict if task.check_mode else engine.carry_out)(change, pool)
    users = change.objects_after(outcome.observation) if outcome.observation else []
    return {**outcome.synchronous_result(), "authorized_objects": users}


def main() -> None:
    """Run as a plain module."""
    run_as_module(SPEC, run)


if __name__ == "__main__":
    main()
