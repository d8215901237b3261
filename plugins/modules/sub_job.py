#!/usr/bin/python
# Copyright (c) 2026 the hwcloud.workspace contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: sub_job
short_description: Delete records of sub-jobs
version_added: 0.1.0
author:
  - The hwcloud.workspace contributors (@hwcloud)
description:
  - Deletes the service's records of sub-jobs of Huawei Cloud Workspace that have ended, by their IDs or by their state.
  - A job has one sub-job for each desktop. Without their records nobody can tell how the job went; do not delete those
    of a job that still runs, or that another task waits for.
  - The module reads the sub-jobs first. If there is nothing to delete, nothing is sent. A run that was interrupted is
    finished by running it again.
  - The service keeps the records of jobs of the types V(changeAccessVpc), V(cancelWorkspace) and V(applyWorkspace).
options:
  state:
    description:
      - V(absent) deletes the records.
    type: str
    choices: [absent]
    default: absent
  job_ids:
    description:
      - IDs of the sub-jobs, not of their jobs; the service has this name for them. 1 to 255 characters each.
      - At most 10 go into a request. The task fails, and deletes nothing, if one of them has not ended.
    type: list
    elements: str
  delete_by_status:
    description:
      - Delete the records of all sub-jobs of the project in this state, those of other pools and users too.
    type: str
    choices: [SUCCESS, FAILED]
extends_documentation_fragment:
  - hwcloud.workspace.connection
  - hwcloud.workspace.attributes
attributes:
  check_mode:
    support: full
    details:
      - Sends nothing that changes anything, and returns the same RV(diff) and RV(deleted) as the real run would.
  diff_mode:
    support: full
  idempotent:
    support: full
    details:
      - A second run costs one read request for each 1,000 sub-jobs, one more if O(project_id) is not set.
seealso:
  - module: hwcloud.workspace.job_info
"""

EXAMPLES = r"""
- name: Delete the records of all sub-jobs that failed
  hwcloud.workspace.sub_job:
    delete_by_status: FAILED

- name: Delete two records
  hwcloud.workspace.sub_job:
    job_ids:
      - e43caef5-e478-4624-9e8c-b0b636331cbc
      - 7a1c2a34-90d3-4bb8-8c9e-55f0d3c0a5a1
"""

RETURN = r"""
deleted:
  description: IDs of the sub-jobs whose records were deleted or would be.
  returned: success
  type: list
  elements: str
  sample: [710a5e5c-c83f-9cb1-0baa-0800a1d21b10]
diff:
  description: The number of records, by the state of their sub-jobs.
  returned: success
  type: dict
  sample:
    before:
      sub_jobs:
        FAILED: 1
    after:
      sub_jobs:
        FAILED: 0
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
  sample: 52911a4c42739f0af77d24a7eeb5a7e4
error_msg:
  description: The service's own words.
  returned: when the service refused
  type: str
  sample: Policy doesn't allow workspace:jobs:deleteSubJobRecords to be performed.
iam_action:
  description: The permission that the credentials lack.
  returned: when the service refused for want of a permission whose name is known
  type: str
  sample: workspace:jobs:deleteSubJobRecords
encoded_authorization_message:
  description: Why the permission is lacking, encoded. The STS operation C(DecodeAuthorizationMessage) decodes it.
  returned: when the service sent one
  type: str
"""

from collections import Counter

from ansible_collections.hwcloud.workspace.plugins.module_utils.arguments import (
    CONNECTION,
    CONNECTION_LIMITS,
    open_session,
)
from ansible_collections.hwcloud.workspace.plugins.module_utils.client.job_records import (
    delete_records,
    records_in,
    records_of,
)
from ansible_collections.hwcloud.workspace.plugins.module_utils.limits import Items, Length
from ansible_collections.hwcloud.workspace.plugins.module_utils.plain import run_as_module
from ansible_collections.hwcloud.workspace.plugins.module_utils.task import ModuleSpec, Result, Task

SPEC = ModuleSpec(
    argument_spec={
        **CONNECTION,
        "state": {"type": "str", "choices": ["absent"], "default": "absent"},
        "job_ids": {"type": "list", "elements": "str"},
        "delete_by_status": {"type": "str", "choices": ["SUCCESS", "FAILED"]},
    },
    required_one_of=[("job_ids", "delete_by_status")],
    mutually_exclusive=[("job_ids", "delete_by_status")],
    limits={**CONNECTION_LIMITS, "job_ids": Items(1, None, each=Length(1, 255))},
)


def run(task: Task) -> Result:
    """Delete records of sub-jobs; see DOCUMENTATION.

    :raises WorkspaceError: whatever ends the task; its text is for the user.
    """
    session = open_session(task)
    status = task.params["delete_by_status"]
    due = records_in(session, status) if status is not None else records_of(session, task.params["job_ids"])
    if due and not task.check_mode:
        delete_records(session, due, status)
    before = dict(sorted(Counter(sub_job.status for sub_job in due).items()))
    diff = {"before": {"sub_jobs": before}, "after": {"sub_jobs": dict.fromkeys(before, 0)}} if due else {}
    return {
        "changed": bool(due),
        "deleted": [sub_job.id for sub_job in due],
        "diff": diff or {"before": {}, "after": {}},
    }


def main() -> None:
    """Run as a plain module."""
    run_as_module(SPEC, run)


if __name__ == "__main__":
    main()
