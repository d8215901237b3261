#!/usr/bin/python
# Copyright (c) 2026 the hwcloud.workspace contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: desktop_logoff
short_description: Log users off from desktops of a pool
version_added: 0.1.0
author:
  - The hwcloud.workspace contributors (@hwcloud)
description:
  - Ends the sessions on desktops of a Huawei Cloud Workspace desktop pool, those of users who are connected and those
    whose client is disconnected. Unsaved work is lost.
  - Desktops without a session are left alone. If there is no session, nothing is sent.
  - The service has no job for this. The module watches the login state of the desktops until the sessions have ended.
  - A desktop is asked for once, at most 100 in a request. Users can log in again at any time, unless the pool's
    maintenance mode or somebody else keeps them out. A desktop that is never seen without a session until the time is
    up fails the task.
  - If the answer to the request is lost, the request is sent again. Logging off who is logged off does nothing, but
    O(user_message) may be seen twice.
  - To give users notice and time first, use M(hwcloud.workspace.desktop_pool_drain).
options:
  desktop_ids:
    description:
      - IDs of the desktops. Without them, every desktop of the pool that somebody is logged in on.
    type: list
    elements: str
  user_message:
    description:
      - What the users are told as they are logged off, at most 255 characters.
      - C(message) is taken as well. It is not the documented name because Ansible keeps that for itself in modules.
    type: str
  wait:
    description:
      - Wait until the sessions have ended.
      - Without waiting, the task returns as soon as the service has accepted the request.
    type: bool
    default: true
  wait_timeout:
    description:
      - Seconds in which the sessions have to end, from V(1) to V(86400). Then the task fails, and names the desktops
        that still have one.
    type: int
    default: 600
extends_documentation_fragment:
  - hwcloud.workspace.pool
  - hwcloud.workspace.connection
  - hwcloud.workspace.attributes
attributes:
  check_mode:
    support: full
    details:
      - Sends nothing that changes anything, and returns the same RV(diff) as the real run would.
  diff_mode:
    support: full
  idempotent:
    support: full
    details:
      - A second run costs two read requests, one more if O(project_id) is not set.
seealso:
  - module: hwcloud.workspace.desktop_pool_drain
  - module: hwcloud.workspace.desktop_pool_notification
  - module: hwcloud.workspace.desktop_info
"""

EXAMPLES = r"""
- name: Log off everybody who is left at night
  hwcloud.workspace.desktop_logoff:
    pool: finance-win10
    user_message: The maintenance of your desktop begins now.

- name: Log off the user of one desktop, and do not wait for it
  hwcloud.workspace.desktop_logoff:
    pool: finance-win10
    desktop_ids:
      - 9d30c8ac-77b5-4453-80da-8f027223ee99
    wait: false
"""

RETURN = r"""
desktop_pool:
  description:
    - The pool as it was read last, with the fields of RV(hwcloud.workspace.desktop_pool_info#module:desktop_pools).
    - Its desktops are not part of it.
  returned: success, and when sessions did not end
  type: dict
  sample:
    id: a130ab3a-72bf-4b71-baa9-af4987c8e338
    name: finance-win10
    status: STEADY
desktops_logged_off:
  description:
    - IDs of the desktops whose sessions have ended after they were asked for. With O(wait=false) all that were asked
      for, in check mode all that would be.
  returned: always, unless the task failed before it had read the pool
  type: list
  elements: str
  sample: [9d30c8ac-77b5-4453-80da-8f027223ee99]
diff:
  description: The desktops that somebody was logged in on, with their login states.
  returned: always, unless the task failed before it had read the pool
  type: dict
  sample:
    before:
      desktops_in_session:
        FIN-001: CONNECTED
    after:
      desktops_in_session: {}
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
    WAIT,
    WAIT_LIMITS,
    open_engine,
    open_session,
)
from ansible_collections.hwcloud.workspace.plugins.module_utils.limits import Items, Length
from ansible_collections.hwcloud.workspace.plugins.module_utils.plain import run_as_module
from ansible_collections.hwcloud.workspace.plugins.module_utils.pools.logoff import Logoff
from ansible_collections.hwcloud.workspace.plugins.module_utils.pools.lookup import find_pool
from ansible_collections.hwcloud.workspace.plugins.module_utils.task import ModuleSpec, Result, Task

SPEC = ModuleSpec(
    argument_spec={
        **CONNECTION,
        **POOL,
        "desktop_ids": {"type": "list", "elements": "str"},
        "user_message": {"type": "str"},
        **WAIT,
        "wait_timeout": {"type": "int", "default": 600},
    },
    limits={
        **CONNECTION_LIMITS,
        **POOL_LIMITS,
        **WAIT_LIMITS,
        "desktop_ids": Items(1, None, each=Length(1, 255)),
        "user_message": Length(0, 255),
    },
    synonyms={"message": "user_message"},
)


def run(task: Task) -> Result:
    """Log users off; see DOCUMENTATION.

    :raises WorkspaceError: whatever ends the task; its text is for the user.
    """
    params = task.params
    session = open_session(task)
    pool = find_pool(session, params["pool"])
    change = Logoff(
        desktop_ids=tuple(dict.fromkeys(params["desktop_ids"] or ())),
        message=params["user_message"] or "",
        patience=float(params["wait_timeout"]),
    )
    engine = open_engine(task, session)
    outcome = (engine.predict if task.check_mode else engine.carry_out)(change, pool)
    return {**outcome.synchronous_result(), **outcome.facts}


def main() -> None:
    """Run as a plain module."""
    run_as_module(SPEC, run)


if __name__ == "__main__":
    main()
