#!/usr/bin/python
# Copyright (c) 2026 the hwcloud.workspace contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: desktop_pool_drain
short_description: Wait until nobody is logged in on desktops of a pool
version_added: 0.1.0
author:
  - The hwcloud.workspace contributors (@hwcloud)
description:
  - Empties desktops of a Huawei Cloud Workspace desktop pool of their users, before something is done to them. Users
    are told, have time to save their work and to log off, and who is still there afterwards is waited for, logged off,
    or left for later.
  - A session counts whether its user is connected or the client has gone away. If there is none, the task returns at
    once, and nobody is told anything.
  - The task ends early, as soon as nobody is logged in any more.
  - It does not keep users from logging in again. Set O(hwcloud.workspace.desktop_pool#module:in_maintenance_mode) first
    for that.
  - The service shows messages on Windows desktops only, and always to the whole pool. With O(desktop_ids), users of
    other desktops see them too.
  - A notice whose answer is lost is not sent again, and one that is lost or refused does not fail the task. A warning
    tells of it.
  - Nothing is kept between runs. A task that was interrupted begins anew when it is run again, with the whole
    O(grace_minutes), and users are told again.
options:
  desktop_ids:
    description:
      - IDs of the desktops that are to be free. Without them, all desktops of the pool.
    type: list
    elements: str
  grace_minutes:
    description:
      - Minutes that users have, from the first notice on, V(0) to V(1440). With V(0) nobody is told.
    type: int
    default: 15
  notify_minutes:
    description:
      - Minutes before the end of the grace at which users are told, each V(1) to V(1440), in any order. Those above
        O(grace_minutes) are left out.
      - The first notice goes out at once, also if O(grace_minutes) is not among them.
      - An empty list tells nobody.
    type: list
    elements: int
    default: [15, 5, 1]
  user_message:
    description:
      - What users are told, 1 to 400 characters. C(%m%) becomes the number of minutes that are left; the text has to
        stay within its limit with that number.
      - C(message) is taken as well. It is not the documented name because Ansible keeps that for itself in modules.
    type: str
    default: "Minutes until the maintenance of this desktop begins: %m%. Please save your work and log off."
  session_policy:
    description:
      - What becomes of sessions that outlast the grace.
      - V(wait) waits for their end, for O(wait_timeout). Who is still there then does not fail the task;
        RV(desktops_in_session) tells.
      - V(logoff) logs them off as M(hwcloud.workspace.desktop_logoff) does, which costs them what they have not saved.
        The task fails if a session has not ended 10 minutes later.
      - V(skip) leaves them alone and returns.
    type: str
    default: wait
    choices: [wait, logoff, skip]
  wait_timeout:
    description:
      - With O(session_policy=wait), seconds after the grace that sessions may still last, V(0) to V(86400).
    type: int
    default: 3600
  until:
    description:
      - V(all) waits until none of the desktops has a session.
      - V(any) returns as soon as one that somebody was logged in on is free, so that work can begin there.
    type: str
    default: all
    choices: [all, any]
  logoff_message:
    description:
      - What users are told as they are logged off, at most 255 characters.
    type: str
extends_documentation_fragment:
  - hwcloud.workspace.pool
  - hwcloud.workspace.connection
  - hwcloud.workspace.attributes
attributes:
  check_mode:
    support: full
    details:
      - Returns at once who is logged in, which notices would be sent and who would be logged off, if nobody went by
        themselves.
  diff_mode:
    support: partial
    details:
      - Shows who was logged in before and who is after, users who logged off by themselves included. Check mode can
        foresee only who would be logged off.
  idempotent:
    support: full
    details:
      - Desktops without a session need nothing. As long as somebody is logged in, each run tells users again.
seealso:
  - module: hwcloud.workspace.desktop_logoff
  - module: hwcloud.workspace.desktop_pool_notification
"""

EXAMPLES = r"""
- name: Give users a quarter of an hour, then log off who is left
  hwcloud.workspace.desktop_pool_drain:
    pool: finance-win10
    session_policy: logoff
    logoff_message: The maintenance of your desktop begins now.

- name: See who is logged in, and what would be done
  hwcloud.workspace.desktop_pool_drain:
    pool: finance-win10
  check_mode: true

- name: Tell users once, wait five minutes, and go on with the desktops that are free then
  hwcloud.workspace.desktop_pool_drain:
    pool: finance-win10
    grace_minutes: 5
    notify_minutes: [5]
    user_message: Your desktop is renewed in %m% minutes. Please save your work and log off.
    session_policy: skip
"""

RETURN = r"""
desktops_free:
  description: IDs of the desktops without a session at the end, those that had none before included.
  returned: always, unless the task failed before it had read the pool
  type: list
  elements: str
  sample:
    - 9d30c8ac-77b5-4453-80da-8f027223ee99
    - 0f1d8a35-90e4-4c9a-8a4f-6a1a9a6a7d20
    - b9926327-7a5c-9ec1-1822-a7d3a029ada2
desktops_in_session:
  description: The desktops that somebody is logged in on at the end; in check mode now.
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
    user_names:
      description: Names of the users whom the desktop is given to.
      type: list
      elements: str
    login_status:
      description: V(CONNECTED) or V(DISCONNECTED).
      type: str
  sample:
    - desktop_id: 9d30c8ac-77b5-4453-80da-8f027223ee99
      desktop_name: FIN-001
      user_names: [user-a1]
      login_status: CONNECTED
desktops_logged_off:
  description: IDs of the desktops whose users were logged off by the task, or would be.
  returned: always, unless the task failed before it had read the pool
  type: list
  elements: str
  sample: []
notices:
  description: The minutes that users were told of, or would be. A notice that was lost or refused is not among them.
  returned: always, unless the task failed before it had read the pool
  type: list
  elements: int
  sample: [15, 5, 1]
seconds:
  description: How long the task took.
  returned: always, unless the task failed before it had read the pool
  type: int
  sample: 920
diff:
  description: The desktops that somebody is logged in on, with their login states.
  returned: always, unless the task failed before it had read the pool
  type: dict
  sample:
    before:
      desktops_in_session:
        FIN-001: CONNECTED
    after:
      desktops_in_session: {}
desktop_pool:
  description:
    - The pool as it was read first, with the fields of RV(hwcloud.workspace.desktop_pool_info#module:desktop_pools).
  returned: when the task failed and had read the pool
  type: dict
  sample:
    id: a130ab3a-72bf-4b71-baa9-af4987c8e338
    name: finance-win10
    type: STATIC
    description: ""
    created_time: "2026-02-02T09:30:00.000Z"
    charging_mode: "1"
    desktop_count: 3
    desktop_used: 1
    availability_zone: eu-west-101a
    subnet_id: 12a73c00-0744-af51-9890-1a2dc4d6691f
    subnet_ids: [12a73c00-0744-af51-9890-1a2dc4d6691f]
    vpc_id: ba02f481-a8f5-c5b2-a223-8feab6b30c5e
    product:
      product_id: workspace.x86.enterprise.large2
      flavor_id: s6.large.2
      type: BASE
      architecture: x86
      cpu: "2"
      memory: "4096"
      is_gpu: false
      system_disk_type: SAS
      system_disk_size: "80"
      descriptions: CPU:2vCPUs,Memory:4GB
      charge_mode: "1"
      contain_data_disk: false
      resource_type: hws.resource.type.workspace.desktop
      cloud_service_type: hws.service.type.vdi
      volume_product_type: workspace
      package_type: enterprise
      status: normal
    image_id: 3f6a0f57-6f0c-4a8e-9d65-8d2b7f0a1e10
    image_name: win10-2026-10
    image_os_type: Windows
    image_os_version: Windows 10 Enterprise 64bit
    image_os_platform: Windows
    image_product_code: ""
    image_cloud_service_type: ""
    image_resource_type: ""
    root_volume:
      id: 3196ad4f-b142-3593-bf13-70523c7d5cb8
      type: SAS
      size: 80
      resource_spec_code: workspace.volume.sas
    data_volumes:
      - id: 7c1d9e1e-3a60-4c0c-9a55-0e5a6d1b8802
        type: SSD
        size: 100
        resource_spec_code: workspace.volume.ssd
    security_groups:
      - id: 20a208f1-9b56-16ce-0f06-70e8a4ff9193
        name: WorkspaceUserSecurityGroup
    disconnected_retention_period: 0
    enable_autoscale: false
    autoscale_policy: {}
    user_reset_policy:
      enable: false
    status: STEADY
    enterprise_project_id: "0"
    in_maintenance_mode: false
    desktop_name_policy_id: ""
    tags:
      - key: team
        value: finance
    ou_name: ""
    domain: example.local
    isolation_num: 0
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
  sample: 03840b6d129418efd5b4a70417e578f5
error_msg:
  description: The service's own words.
  returned: when the service refused
  type: str
  sample: Policy doesn't allow workspace:desktops:logoff to be performed.
iam_action:
  description: The permission that the credentials lack.
  returned: when the service refused for want of a permission whose name is known
  type: str
  sample: workspace:desktops:logoff
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
from ansible_collections.hwcloud.workspace.plugins.module_utils.limits import IntRange, Items, Length
from ansible_collections.hwcloud.workspace.plugins.module_utils.plain import run_as_module
from ansible_collections.hwcloud.workspace.plugins.module_utils.pools.drain import Drain, Orders, Timetable
from ansible_collections.hwcloud.workspace.plugins.module_utils.pools.lookup import find_pool
from ansible_collections.hwcloud.workspace.plugins.module_utils.task import ModuleSpec, Result, Task

SPEC = ModuleSpec(
    argument_spec={
        **CONNECTION,
        **POOL,
        "desktop_ids": {"type": "list", "elements": "str"},
        "grace_minutes": {"type": "int", "default": 15},
        "notify_minutes": {"type": "list", "elements": "int", "default": [15, 5, 1]},
        "user_message": {
            "type": "str",
            "default": "Minutes until the maintenance of this desktop begins: %m%. Please save your work and log off.",
        },
        "session_policy": {"type": "str", "default": "wait", "choices": ["wait", "logoff", "skip"]},
        "wait_timeout": {"type": "int", "default": 3600},
        "until": {"type": "str", "default": "all", "choices": ["all", "any"]},
        "logoff_message": {"type": "str"},
    },
    limits={
        **CONNECTION_LIMITS,
        **POOL_LIMITS,
        "desktop_ids": Items(1, None, each=Length(1, 255)),
        "grace_minutes": IntRange(0, 1440, "minutes"),
        "notify_minutes": Items(0, None, each=IntRange(1, 1440, "minutes")),
        "user_message": Length(1, 400),
        "wait_timeout": IntRange(0, 86400, "seconds"),
        "logoff_message": Length(0, 255),
    },
    synonyms={"message": "user_message"},
)


def run(task: Task) -> Result:
    """Wait until desktops are free; see DOCUMENTATION.

    :raises WorkspaceError: whatever ends the task; its text is for the user.
    """
    params = task.params
    orders = Orders(
        desktop_ids=tuple(dict.fromkeys(params["desktop_ids"] or ())),
        timetable=Timetable(params["grace_minutes"], tuple(params["notify_minutes"])),
        user_message=params["user_message"],
        policy=params["session_policy"],
        patience=float(params["wait_timeout"]),
        until=params["until"],
        logoff_message=params["logoff_message"] or "",
    )
    orders.timetable.check(orders.user_message)
    session = open_session(task)
    pool = find_pool(session, params["pool"])
    drain = Drain(open_engine(task, session), pool, orders)
    return (drain.predict if task.check_mode else drain.carry_out)().result()


def main() -> None:
    """Run as a plain module."""
    run_as_module(SPEC, run)


if __name__ == "__main__":
    main()
