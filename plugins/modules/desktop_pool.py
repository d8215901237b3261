#!/usr/bin/python
# Copyright (c) 2026 the hwcloud.workspace contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: desktop_pool
short_description: Change attributes of a desktop pool
version_added: 0.1.0
author:
  - The hwcloud.workspace contributors (@hwcloud)
description:
  - Changes the name, the description or the maintenance mode of a Huawei Cloud Workspace desktop pool that exists.
  - The module compares first and sends nothing if nothing differs. All other attributes keep their values.
  - The service makes such a change at once. If a run is interrupted, running it again finishes it.
options:
  name:
    description:
      - Name of the pool. Together with O(pool_id) it is the name that the pool gets.
      - Its length is left to the service, since the limit differs by region.
    type: str
  pool_id:
    description:
      - ID of the pool, 1 to 255 characters.
    type: str
  state:
    description:
      - V(present) changes a pool that exists. The task fails if there is none.
    type: str
    choices: [present]
    default: present
  description:
    description:
      - Description of the pool, at most 255 characters. An empty text clears it.
    type: str
  in_maintenance_mode:
    description:
      - Whether the pool is in maintenance mode.
    type: bool
extends_documentation_fragment:
  - hwcloud.workspace.connection
  - hwcloud.workspace.attributes
attributes:
  check_mode:
    support: full
  diff_mode:
    support: full
  idempotent:
    support: full
seealso:
  - module: hwcloud.workspace.desktop_pool_info
  - module: hwcloud.workspace.desktop_pool_rebuild
"""

EXAMPLES = r"""
- name: Put a pool in maintenance mode
  hwcloud.workspace.desktop_pool:
    name: finance-win10
    in_maintenance_mode: true

- name: Rename a pool
  hwcloud.workspace.desktop_pool:
    pool_id: a130ab3a-72bf-4b71-baa9-af4987c8e338
    name: finance-win11
"""

RETURN = r"""
desktop_pool:
  description: The pool after the task, with the service's own fields. In check mode it is the pool as it would be.
  returned: success
  type: dict
  sample:
    id: a130ab3a-72bf-4b71-baa9-af4987c8e338
    name: finance-win10
    in_maintenance_mode: true
diff:
  description: The attributes that have changed or would change.
  returned: success
  type: dict
  sample:
    before:
      in_maintenance_mode: false
    after:
      in_maintenance_mode: true
"""

from ansible_collections.hwcloud.workspace.plugins.module_utils.arguments import (
    CONNECTION,
    CONNECTION_LIMITS,
    open_engine,
    open_session,
)
from ansible_collections.hwcloud.workspace.plugins.module_utils.limits import Length
from ansible_collections.hwcloud.workspace.plugins.module_utils.plain import run_as_module
from ansible_collections.hwcloud.workspace.plugins.module_utils.pools.attributes import Attributes
from ansible_collections.hwcloud.workspace.plugins.module_utils.pools.lookup import find_pool
from ansible_collections.hwcloud.workspace.plugins.module_utils.task import ModuleSpec, Result, Task

SPEC = ModuleSpec(
    argument_spec={
        **CONNECTION,
        "name": {"type": "str"},
        "pool_id": {"type": "str"},
        "state": {"type": "str", "choices": ["present"], "default": "present"},
        "description": {"type": "str"},
        "in_maintenance_mode": {"type": "bool"},
    },
    required_one_of=[("name", "pool_id")],
    limits={**CONNECTION_LIMITS, "name": Length(1, None), "pool_id": Length(1, 255), "description": Length(0, 255)},
)


def run(task: Task) -> Result:
    """Change attributes of a pool; see DOCUMENTATION.

    :raises WorkspaceError: whatever ends the task; its text is for the user.
    """
    params = task.params
    wanted = {name: params[name] for name in ("description", "in_maintenance_mode") if params[name] is not None}
    if params["pool_id"] is not None and params["name"] is not None:
        wanted["name"] = params["name"]
    session = open_session(task)
    pool = find_pool(session, params["pool_id"] or params["name"])
    engine = open_engine(task, session)
    return (engine.predict if task.check_mode else engine.carry_out)(Attributes(wanted), pool).synchronous_result()


def main() -> None:
    """Run as a plain module."""
    run_as_module(SPEC, run)


if __name__ == "__main__":
    main()
