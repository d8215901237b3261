#!/usr/bin/python
# Copyright (c) 2026 the hwcloud.workspace contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: desktop_pool_notification
short_description: Show a message on the desktops of a pool
version_added: 0.1.0
author:
  - The hwcloud.workspace contributors (@hwcloud)
description:
  - Shows a message on the desktops of a Huawei Cloud Workspace desktop pool, whether or not other jobs run for the
    pool.
  - The service shows messages on Windows desktops only.
  - The task returns as soon as the service has accepted the message.
  - If the answer to the request is lost and no trace of it is found, the task fails and says so, rather than show the
    message twice.
options:
  user_message:
    description:
      - The text, 1 to 400 characters.
      - C(message) is taken as well. It is not the documented name because Ansible keeps that for itself in modules.
    type: str
    required: true
extends_documentation_fragment:
  - hwcloud.workspace.pool
  - hwcloud.workspace.connection
  - hwcloud.workspace.attributes
attributes:
  check_mode:
    support: full
    details:
      - Sends nothing and returns RV(ignore:changed=true), as the real run would.
  diff_mode:
    support: full
  idempotent:
    support: none
    details:
      - Shows the message each time.
seealso:
  - module: hwcloud.workspace.desktop_pool_drain
  - module: hwcloud.workspace.desktop_pool_rebuild
"""

EXAMPLES = r"""
- name: Tell users about tonight's maintenance
  hwcloud.workspace.desktop_pool_notification:
    pool: finance-win10
    user_message: Maintenance begins at 22:00. Please save your work and log off before.
"""

RETURN = r"""
job_id:
  description: ID of the service's job for the message. None in check mode.
  returned: success
  type: str
  sample: 9774f30f-f1f9-4a55-bd53-783b84a6e74c
diff:
  description: The message.
  returned: success
  type: dict
  sample:
    before: {}
    after:
      notification: Maintenance begins at 22:00. Please save your work and log off before.
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
    open_engine,
    open_session,
)
from ansible_collections.hwcloud.workspace.plugins.module_utils.limits import Length
from ansible_collections.hwcloud.workspace.plugins.module_utils.plain import run_as_module
from ansible_collections.hwcloud.workspace.plugins.module_utils.pools.lookup import find_pool
from ansible_collections.hwcloud.workspace.plugins.module_utils.pools.notification import Notification
from ansible_collections.hwcloud.workspace.plugins.module_utils.task import ModuleSpec, Result, Task

SPEC = ModuleSpec(
    argument_spec={**CONNECTION, **POOL, "user_message": {"type": "str", "required": True}},
    # The operation states no limit; this is that of scheduled messages (help page on scheduled system disk rebuilding).
    limits={**CONNECTION_LIMITS, **POOL_LIMITS, "user_message": Length(1, 400)},
    synonyms={"message": "user_message"},
)


def run(task: Task) -> Result:
    """Show a message; see DOCUMENTATION.

    :raises WorkspaceError: whatever ends the task; its text is for the user.
    """
    session = open_session(task)
    pool = find_pool(session, task.params["pool"])
    engine = open_engine(task, session, wait=False)
    change = Notification(task.params["user_message"])
    result = (engine.predict if task.check_mode else engine.carry_out)(change, pool).result()
    return {name: result[name] for name in ("changed", "diff", "job_id")}


def main() -> None:
    """Run as a plain module."""
    run_as_module(SPEC, run)


if __name__ == "__main__":
    main()
