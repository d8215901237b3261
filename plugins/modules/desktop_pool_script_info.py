#!/usr/bin/python
# Copyright (c) 2026 the hwcloud.workspace contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: desktop_pool_script_info
short_description: Look up script tasks of desktop pools
version_added: 0.1.0
author:
  - The hwcloud.workspace contributors (@hwcloud)
description:
  - Returns the script tasks of Huawei Cloud Workspace desktop pools that fit filters, with the service's own fields.
  - A script task runs scripts or a command on the desktops of a pool; see M(hwcloud.workspace.desktop_pool_script).
  - Only newer regions know this operation.
options:
  pool:
    description:
      - Only script tasks of this pool, its exact name or ID, 1 to 255 characters. The task fails if there is none.
    type: str
  task_ids:
    description:
      - Only these script tasks, 1 to 100 IDs.
    type: list
    elements: str
  script_id:
    description:
      - Only script tasks that run the script with this ID.
    type: str
  script_name:
    description:
      - Only script tasks that run a script of this name.
    type: str
  task_type:
    description:
      - Only script tasks of this type.
    type: str
    choices: [SCRIPT, COMMAND]
  status:
    description:
      - Only script tasks in this state. The service shows V(SUCCESS) as V(FINISH) and V(WAITING) as V(INIT).
    type: str
    choices: [SUCCESS, FAILED, RUNNING, WAITING]
  execute_time_start:
    description:
      - Only script tasks from this time on, in UTC, in the form V(2026-11-20T22:00:00Z).
    type: str
  execute_time_end:
    description:
      - Only script tasks up to this time, in UTC, in the form V(2026-11-21T06:00:00Z).
    type: str
  gather:
    description:
      - What to add to each script task. V(records) adds RV(tasks[].records), which costs a request for each 100 of
        them, and one at least for each script task.
    type: list
    elements: str
    choices: [records]
    default: []
extends_documentation_fragment:
  - hwcloud.workspace.connection
  - hwcloud.workspace.attributes
  - hwcloud.workspace.attributes.info
seealso:
  - module: hwcloud.workspace.desktop_pool_script
"""

EXAMPLES = r"""
- name: Look up what failed in a pool tonight, and on which desktops
  hwcloud.workspace.desktop_pool_script_info:
    pool: finance-win10
    status: FAILED
    execute_time_start: "2026-11-20T22:00:00Z"
    gather: records

- name: Start a script and go on
  hwcloud.workspace.desktop_pool_script:
    pool: finance-win10
    script_ids: [6a4d2b1c-5e8f-4c37-b2a1-9f0e8d7c6b07]
    wait: false
  register: started

- name: See how far it is
  hwcloud.workspace.desktop_pool_script_info:
    pool: finance-win10
    task_ids: ["{{ started.task.id }}"]
"""

RETURN = r"""
tasks:
  description: The script tasks, with the service's own fields and what was asked for in O(gather).
  returned: success
  type: list
  elements: dict
  contains:
    id:
      description: ID of the script task.
      type: str
    desktop_pool_id:
      description: ID of the pool.
      type: str
    desktop_pool_name:
      description: Name of the pool.
      type: str
    scripts:
      description: The scripts, each with ID and name.
      type: list
      elements: dict
    command_content:
      description: The command.
      type: str
    command_type:
      description: What runs the command.
      type: str
    status:
      description: State of the script task, V(INIT), V(RUNNING), V(FINISH) or V(FAILED).
      type: str
    start_time:
      description: When it began, in UTC.
      type: str
    end_time:
      description: When it ended, in UTC.
      type: str
    success_num:
      description: Number of successes.
      type: int
    failed_num:
      description: Number of failures.
      type: int
    skip_num:
      description: Number of those that were left out.
      type: int
    records:
      description: >-
        What became of each script on each desktop, with the fields of
        RV(hwcloud.workspace.desktop_pool_script#module:records).
      returned: if O(gather) has V(records)
      type: list
      elements: dict
  sample:
    - id: f69f5d99-dadb-28d2-aee8-bd53ecc1c060
      desktop_pool_id: a130ab3a-72bf-4b71-baa9-af4987c8e338
      desktop_pool_name: finance-win10
      status: FINISH
      start_time: "2026-11-20T22:00:42Z"
      end_time: "2026-11-20T22:01:04Z"
      success_num: 3
      failed_num: 0
      skip_num: 0
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
  sample: f0f6bb33df6c43180384c4f163d52af1
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
from ansible_collections.hwcloud.workspace.plugins.module_utils.client.scripts import read_records, read_tasks
from ansible_collections.hwcloud.workspace.plugins.module_utils.limits import Items, Length, Pattern
from ansible_collections.hwcloud.workspace.plugins.module_utils.plain import run_as_module
from ansible_collections.hwcloud.workspace.plugins.module_utils.pools.lookup import find_pool
from ansible_collections.hwcloud.workspace.plugins.module_utils.task import ModuleSpec, Result, Task

_TIME = Pattern(r"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}Z", "a time in UTC such as 2026-11-20T22:00:00Z")
_FILTERS = ("script_id", "script_name", "task_type", "status", "execute_time_start", "execute_time_end")

SPEC = ModuleSpec(
    argument_spec={
        **CONNECTION,
        "pool": {"type": "str"},
        "task_ids": {"type": "list", "elements": "str"},
        "script_id": {"type": "str"},
        "script_name": {"type": "str"},
        "task_type": {"type": "str", "choices": ["SCRIPT", "COMMAND"]},
        "status": {"type": "str", "choices": ["SUCCESS", "FAILED", "RUNNING", "WAITING"]},
        "execute_time_start": {"type": "str"},
        "execute_time_end": {"type": "str"},
        "gather": {"type": "list", "elements": "str", "choices": ["records"], "default": []},
    },
    limits={
        **CONNECTION_LIMITS,
        **POOL_LIMITS,
        # No limits are documented for these; 100 IDs fit into a URL.
        "task_ids": Items(1, 100, each=Length(1, 255)),
        "script_id": Length(1, 255),
        "script_name": Length(1, 255),
        "execute_time_start": _TIME,
        "execute_time_end": _TIME,
    },
)


def run(task: Task) -> Result:
    """Look up script tasks; see DOCUMENTATION.

    :raises WorkspaceError: whatever ends the task; its text is for the user.
    """
    params = task.params
    session = open_session(task)
    pool_id = find_pool(session, params["pool"]).id if params["pool"] is not None else None
    query = {**{name: params[name] for name in _FILTERS}, "desktop_pool_id": pool_id, "task_id": params["task_ids"]}
    reports = []
    for found in read_tasks(session, query):
        report = dict(found.fields)
        if "records" in params["gather"]:
            report["records"] = read_records(session, found.id)
        reports.append(report)
    return {"tasks": reports}


def main() -> None:
    """Run as a plain module."""
    run_as_module(SPEC, run)


if __name__ == "__main__":
    main()
