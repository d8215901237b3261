#!/usr/bin/python
# Copyright (c) 2026 the hwcloud.workspace contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: desktop_pool_script
short_description: Run scripts or a command on the desktops of a pool
version_added: 0.1.0
author:
  - The hwcloud.workspace contributors (@hwcloud)
description:
  - Runs scripts that the service holds, or a command, on all desktops or some desktops of a Huawei Cloud Workspace
    desktop pool, and says how it went on each.
  - A task runs its scripts each time, since nothing tells that they were run before. If it is interrupted, running it
    again runs them again; M(hwcloud.workspace.desktop_pool_script_info) finds the first run.
  - The task fails if the scripts did not succeed on a desktop, or were not run there.
  - Jobs that run for the pool are waited for first.
  - If the answer to the request is lost, the module looks for it among the pool's script tasks. If it finds none that
    runs the same, the task fails and says so, rather than run it twice.
  - Only newer regions know this operation.
options:
  script_ids:
    description:
      - IDs of the scripts to run. Either they or O(command_content) are needed.
    type: list
    elements: str
  command_content:
    description:
      - The command to run. Either it or O(script_ids) are needed.
    type: str
  command_type:
    description:
      - What runs the command. V(POWERSHELL) and V(BAT) are for Windows, V(SHELL) is for Linux. Goes with
        O(command_content).
    type: str
    choices: [POWERSHELL, BAT, SHELL]
  desktop_ids:
    description:
      - IDs of the desktops to run on. Without it that is all desktops of the pool.
    type: list
    elements: str
  gray_count:
    description:
      - Number of desktops to run on first, V(1) or more. The others follow when these are through.
      - Wins over O(gray_desktop_ids).
    type: int
  gray_desktop_ids:
    description:
      - IDs of the desktops to run on first. With O(desktop_ids) they have to be among those.
    type: list
    elements: str
  gray_fail_threshold:
    description:
      - Number of failures among the first desktops, V(1) or more, at which it is not run on the others.
    type: int
  pre_start:
    description:
      - What the service does before the script. No source lists the values.
    type: str
  post_finish:
    description:
      - What the service does to each desktop after the script.
    type: str
    choices: [stop, reboot]
  execution_timeout:
    description:
      - Minutes that a script may take on a desktop. The service takes V(1) if it is left out.
    type: int
  wait_timeout:
    description:
      - Seconds that the task may wait in all, from V(1) to V(86400).
      - When the time is up the task fails with the ID of the script task, which goes on in the service.
    type: int
    default: 3600
  wait:
    description:
      - Wait until the scripts have ended on all desktops. Progress is shown meanwhile.
      - If a job runs for the pool, it is waited for first.
      - Without waiting, the task returns as soon as the service has accepted the scripts, and fails if a job runs.
    type: bool
    default: true
extends_documentation_fragment:
  - hwcloud.workspace.pool
  - hwcloud.workspace.connection
  - hwcloud.workspace.attributes
attributes:
  check_mode:
    support: full
    details:
      - Sends nothing and returns RV(ignore:changed=true) and the same RV(diff) as the real run would.
      - Warns of desktops that do not run, of users whom O(post_finish) hits, and of jobs that the real run would wait
        for.
  diff_mode:
    support: full
  idempotent:
    support: none
    details:
      - Runs the scripts each time.
seealso:
  - module: hwcloud.workspace.desktop_pool_script_info
"""

EXAMPLES = r"""
- name: Clean up on one desktop first, and go on if that went well
  hwcloud.workspace.desktop_pool_script:
    pool: finance-win10
    script_ids:
      - 6a4d2b1c-5e8f-4c37-b2a1-9f0e8d7c6b07
    gray_count: 1
    gray_fail_threshold: 1
    execution_timeout: 10

- name: Run a command on two desktops
  hwcloud.workspace.desktop_pool_script:
    pool: finance-win10
    command_type: POWERSHELL
    command_content: Get-Date
    desktop_ids:
      - 9d30c8ac-77b5-4453-80da-8f027223ee99
      - 0f1d8a35-90e4-4c9a-8a4f-6a1a9a6a7d20
  register: dates

- name: Show how it went
  ansible.builtin.debug:
    msg: "{{ dates.records | items2dict(key_name='resource_name', value_name='status') }}"
"""

RETURN = r"""
task:
  description:
    - The script task when it was seen last. None in check mode.
    - With O(wait=false) it has nothing but its RV(task.id).
  returned: always, unless the task failed before it had read the pool
  type: dict
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
  sample:
    id: b562c22d-280e-c3f1-68c1-1f72e260112f
    desktop_pool_id: a130ab3a-72bf-4b71-baa9-af4987c8e338
    desktop_pool_name: finance-win10
    start_time: "2026-11-20T22:00:00Z"
    end_time: "2026-11-20T22:00:12Z"
    status: FINISH
    success_num: 2
    failed_num: 0
    skip_num: 0
    command_content: Get-Date
    command_type: POWERSHELL
records:
  description: What became of each script on each desktop. Empty with O(wait=false).
  returned: always, unless the task failed before it had read the pool
  type: list
  elements: dict
  contains:
    id:
      description: ID of the record.
      type: str
    script_id:
      description: ID of the script. Empty for a command.
      type: str
    script_name:
      description: Name of the script. Empty for a command.
      type: str
    script_task_id:
      description: ID of the script task.
      type: str
    resource_id:
      description: ID of the desktop.
      type: str
    resource_name:
      description: Name of the desktop.
      type: str
    resource_type:
      description: V(DESKTOP).
      type: str
    start_time:
      description: When it began there, in UTC.
      type: str
    end_time:
      description: When it ended there, in UTC.
      type: str
    status:
      description: State of the run, for example V(SUCCESS) or V(FAILED).
      type: str
    execute_order:
      description: V(1) on the first desktops, V(2) on the rest, V(0) if there are no first ones.
      type: int
    result_code:
      description: The service's error code. Empty if there is none.
      type: str
    reason:
      description: The service's reason. Empty if there is none.
      type: str
  sample:
    - id: 5399d1e3-e3a6-a650-c294-27a33d7d2c02
      resource_id: 9d30c8ac-77b5-4453-80da-8f027223ee99
      resource_name: FIN-001
      script_id: ""
      status: SUCCESS
      result_code: ""
      reason: ""
      execute_order: 0
desktop_pool:
  description:
    - The pool after the task, with the fields of RV(hwcloud.workspace.desktop_pool_info#module:desktop_pools).
  returned: always, unless the task failed before it had read the pool
  type: dict
  sample:
    id: a130ab3a-72bf-4b71-baa9-af4987c8e338
    name: finance-win10
diff:
  description: What was run or would be, and on which desktops.
  returned: always, unless the task failed before it had read the pool
  type: dict
  sample:
    before: {}
    after:
      script:
        command_content: Get-Date
        desktop_count: 2
        desktops: FIN-001, FIN-002
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
from ansible_collections.hwcloud.workspace.plugins.module_utils.client.errors import WorkspaceError
from ansible_collections.hwcloud.workspace.plugins.module_utils.limits import IntRange, Items, Length
from ansible_collections.hwcloud.workspace.plugins.module_utils.plain import run_as_module
from ansible_collections.hwcloud.workspace.plugins.module_utils.pools.lookup import find_pool
from ansible_collections.hwcloud.workspace.plugins.module_utils.pools.script import REQUEST_FIELDS, Script
from ansible_collections.hwcloud.workspace.plugins.module_utils.task import ModuleSpec, Result, Task

SPEC = ModuleSpec(
    argument_spec={
        **CONNECTION,
        **POOL,
        **WAIT,
        "script_ids": {"type": "list", "elements": "str"},
        "command_content": {"type": "str"},
        "command_type": {"type": "str", "choices": ["POWERSHELL", "BAT", "SHELL"]},
        "desktop_ids": {"type": "list", "elements": "str"},
        "gray_count": {"type": "int"},
        "gray_desktop_ids": {"type": "list", "elements": "str"},
        "gray_fail_threshold": {"type": "int"},
        "pre_start": {"type": "str"},
        "post_finish": {"type": "str", "choices": ["stop", "reboot"]},
        "execution_timeout": {"type": "int"},
    },
    required_one_of=[("script_ids", "command_content")],
    mutually_exclusive=[("script_ids", "command_content")],
    required_together=[("command_content", "command_type")],
    # No limits are documented; these only keep out what cannot be meant.
    limits={
        **CONNECTION_LIMITS,
        **POOL_LIMITS,
        **WAIT_LIMITS,
        "script_ids": Items(1, None, each=Length(1, 255)),
        "command_content": Length(1, None),
        "desktop_ids": Items(1, None, each=Length(1, 255)),
        "gray_count": IntRange(1, None),
        "gray_desktop_ids": Items(1, None, each=Length(1, 255)),
        "gray_fail_threshold": IntRange(1, None),
        "pre_start": Length(1, None),
        "execution_timeout": IntRange(1, None, "minutes"),
    },
)

# A script is never adopted, and its records say what became of each desktop.
OF_JOBS_ALONE = ("adopted", "desktops_succeeded", "desktops_failed")


def run(task: Task) -> Result:
    """Run scripts or a command; see DOCUMENTATION.

    :raises WorkspaceError: whatever ends the task; its text is for the user.
    """
    params = task.params
    session = open_session(task)
    change = Script({name: params[name] for name in REQUEST_FIELDS if params[name] is not None})
    pool = find_pool(session, params["pool"])
    engine = open_engine(task, session)
    try:
        result = (engine.predict if task.check_mode else engine.carry_out)(change, pool).result()
    except WorkspaceError as error:
        error.fields = {name: value for name, value in error.fields.items() if name not in OF_JOBS_ALONE}
        raise
    return {name: value for name, value in result.items() if name not in OF_JOBS_ALONE}


def main() -> None:
    """Run as a plain module."""
    run_as_module(SPEC, run)


if __name__ == "__main__":
    main()
