#!/usr/bin/python
# Copyright (c) 2026 the hwcloud.workspace contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: desktop_pool_volumes
short_description: Add, grow and delete disks of a desktop pool
version_added: 0.1.0
author:
  - The hwcloud.workspace contributors (@hwcloud)
description:
  - Brings the data disks of a Huawei Cloud Workspace desktop pool, and of its desktops, to what is listed. The system
    disk can be grown as well.
  - The module compares first, in no order. A listed disk is matched with one of the pool's by its O(volumes[].id), or
    else by its type and size; two disks that are alike are two disks. If the pool and every desktop in scope have what
    is listed, nothing is sent.
  - A disk that is there in a smaller size is grown, which keeps what is on it, if it is named by O(volumes[].id), or if
    O(purge=true) would delete it otherwise. Disks are never deleted and added again to make them smaller or different;
    the task fails then and says so.
  - B(What is deleted is deleted with all that is on it.)
  - One disk is changed by a request, since some regions take no more, and its job is waited for before the next; first
    disks grow, then some are deleted, then others are added.
  - A desktop that has a disk never gets it twice. If some desktops have it and others do not, for example because they
    failed before, only the others are changed, by their IDs. Older regions do not know how to grow the disks of a part
    of a pool; there the task fails and says so.
  - Newer regions say to which disk of the pool a desktop's disk belongs. A desktop's own disks, which belong to none,
    are never deleted. In older regions disks are told by type and size alone.
  - Disks are added to running desktops only. Stopped and hibernated ones that need a disk are started for it, and
    brought back to their state at the end, except those on which a user has logged in by then. They stay on if the task
    fails on the way, and with O(wait=false).
  - A job that already runs for the pool is waited for, and the comparison is made again after it. A run that was
    interrupted is therefore resumed by running it again.
  - If the answer to a request is lost, the module looks for its job and for its effect before anything is sent again.
options:
  volumes:
    description:
      - The disks, at most 11. An empty list lists none, which together with O(purge=true) deletes all data disks.
      - No desktop can have more than 10 data disks.
    type: list
    elements: dict
    required: true
    suboptions:
      id:
        description:
          - ID of a disk of the pool, out of its C(data_volumes) or C(root_volume), 1 to 255 characters.
          - An ID that the pool does not have is refused, or is gone already with O(state=absent).
        type: str
      type:
        description:
          - Type of the disk, for example V(SAS) or V(SSD), 1 to 255 characters. The type of a disk cannot be changed.
          - Required without O(volumes[].id), except with O(state=absent).
        type: str
      size:
        description:
          - Size in GB, from V(0) to V(8200). The service takes data disks of 10 GB and more, in steps of 10; a new or
            growing disk of another size is refused before anything is sent.
          - Required without O(volumes[].id), except with O(state=absent).
        type: int
      iops:
        description:
          - Input and output operations in a second, from V(0) to V(16380000), for types that let them be chosen.
          - It is for new disks. A disk that has another value is not matched, or is refused if it is named by its ID.
            Where the service does not show the value, it is taken as equal.
        type: int
      throughput:
        description:
          - Throughput in MiB/s, from V(0) to V(4095000). What is said of O(volumes[].iops) is true of it as well.
        type: int
      kms_id:
        description:
          - ID of the KMS key of an encrypted disk, 1 to 255 characters. What is said of O(volumes[].iops) is true of it
            as well.
        type: str
  state:
    description:
      - V(present) adds and grows what is listed.
      - V(absent) deletes the data disks that are listed, by ID or by what is given of type, size and the rest. If more
        disks fit than are listed, the task fails and names them, so that running it again never deletes another one.
    type: str
    choices: [present, absent]
    default: present
  purge:
    description:
      - Delete the data disks of the pool that are not listed. Not to be set with O(state=absent).
    type: bool
    default: false
  handle_type:
    description:
      - Scope of the change. If it and O(desktop_ids) are left out, the pool and all of its desktops are changed.
      - V(ONLY_FOR_EXPAND) changes the pool's template for desktops that are added later, and no desktop.
      - V(FOR_EXPAND_AND_IDLE) changes the template and the desktops without a user.
      - V(FOR_EXPAND_AND_ALL) changes the template and all desktops.
      - Older regions do not know it for growing disks.
    type: str
    choices: [ONLY_FOR_EXPAND, FOR_EXPAND_AND_IDLE, FOR_EXPAND_AND_ALL]
  desktop_ids:
    description:
      - IDs of the desktops to change, and no others, at most 100. They get the disks that are listed, be they the
        pool's or not; the pool's template is left as it is.
      - Older regions do not know it for growing disks.
    type: list
    elements: str
extends_documentation_fragment:
  - hwcloud.workspace.pool
  - hwcloud.workspace.job
  - hwcloud.workspace.connection
  - hwcloud.workspace.attributes
attributes:
  check_mode:
    support: full
    details:
      - Sends nothing that changes anything, and returns the same RV(diff) as the real run would.
      - Warns of desktops whose disks would be deleted, of those that would be started for the change, of those in the
        state V(ERROR), and of a job that the real run would wait for.
  diff_mode:
    support: full
  idempotent:
    support: full
    details:
      - A second run costs two read requests, one more if O(project_id) is not set.
seealso:
  - module: hwcloud.workspace.desktop_pool_info
  - module: hwcloud.workspace.desktop_pool_power
  - module: hwcloud.workspace.job_wait
"""

EXAMPLES = r"""
- name: Give every desktop of a pool a data disk of 100 GB
  hwcloud.workspace.desktop_pool_volumes:
    pool: finance-win10
    volumes:
      - type: SAS
        size: 100

- name: Have exactly these two data disks, growing or deleting what is there
  hwcloud.workspace.desktop_pool_volumes:
    pool: finance-win10
    volumes:
      - type: SAS
        size: 100
      - type: SSD
        size: 200
    purge: true

- name: Grow one disk
  hwcloud.workspace.desktop_pool_volumes:
    pool: finance-win10
    volumes:
      - id: 7c1d9e1e-3a60-4c0c-9a55-0e5a6d1b8802
        size: 300

- name: See which desktops would lose a disk, without deleting it
  hwcloud.workspace.desktop_pool_volumes:
    pool: finance-win10
    volumes:
      - type: SAS
        size: 100
    state: absent
  check_mode: true
  diff: true
"""

RETURN = r"""
desktop_pool:
  description:
    - The pool after the task, with the fields of RV(hwcloud.workspace.desktop_pool_info#module:desktop_pools).
    - In check mode it is the pool as it would be.
  returned: success, and when desktops failed
  type: dict
  sample:
    id: a130ab3a-72bf-4b71-baa9-af4987c8e338
    name: finance-win10
    data_volumes:
      - id: 7c1d9e1e-3a60-4c0c-9a55-0e5a6d1b8802
        type: SSD
        size: 100
    status: STEADY
added:
  description:
    - The disks that were added to the pool, or to desktops of it, each once. In check mode those that would be.
    - A disk is in the list when its request was accepted, also if desktops failed then.
  returned: always, unless the task failed before it had read the pool
  type: list
  elements: dict
  contains:
    id:
      description: ID of the pool's disk. Not there for a disk of desktops alone, nor for a new one in check mode.
      type: str
    type:
      description: Type of the disk.
      type: str
    size:
      description: Size in GB.
      type: int
    iops:
      description: Input and output operations in a second, if the disk has a value of its own.
      type: int
    throughput:
      description: Throughput in MiB/s, if the disk has a value of its own.
      type: int
    kms_id:
      description: ID of the KMS key, if the disk is encrypted.
      type: str
  sample:
    - id: 89b243cd-44f9-f32d-51ad-1835d41719de
      type: SAS
      size: 200
expanded:
  description:
    - The disks that were grown, as they are now. In check mode those that would be.
  returned: always, unless the task failed before it had read the pool
  type: list
  elements: dict
  contains:
    id:
      description: ID of the pool's disk. Not there for a disk of desktops alone, nor for a new one in check mode.
      type: str
    type:
      description: Type of the disk.
      type: str
    size:
      description: Size in GB.
      type: int
    iops:
      description: Input and output operations in a second, if the disk has a value of its own.
      type: int
    throughput:
      description: Throughput in MiB/s, if the disk has a value of its own.
      type: int
    kms_id:
      description: ID of the KMS key, if the disk is encrypted.
      type: str
  sample:
    - id: 7c1d9e1e-3a60-4c0c-9a55-0e5a6d1b8802
      type: SSD
      size: 300
deleted:
  description:
    - The disks that were deleted. In check mode those that would be.
  returned: always, unless the task failed before it had read the pool
  type: list
  elements: dict
  contains:
    id:
      description: ID of the pool's disk. Not there for a disk of desktops alone, nor for a new one in check mode.
      type: str
    type:
      description: Type of the disk.
      type: str
    size:
      description: Size in GB.
      type: int
    iops:
      description: Input and output operations in a second, if the disk has a value of its own.
      type: int
    throughput:
      description: Throughput in MiB/s, if the disk has a value of its own.
      type: int
    kms_id:
      description: ID of the KMS key, if the disk is encrypted.
      type: str
  sample:
    - id: 7c1d9e1e-3a60-4c0c-9a55-0e5a6d1b8802
      type: SSD
      size: 300
job_id:
  description: ID of the job that the task started last, or that it adopted. None if there is none.
  returned: always, unless the task failed before it had read the pool
  type: str
  sample: 0570faaa-a4a0-a2e5-39a0-ea06444dd620
job:
  description:
    - The job of RV(job_id) when it was seen last. None if none was waited for.
  returned: always, unless the task failed before it had read the pool
  type: dict
  contains:
    id:
      description: ID of the job.
      type: str
    job_type:
      description: The service's type of the job.
      type: str
    status:
      description: State of the job. A job that is V(COMPLETE) need not have succeeded for every desktop.
      type: str
    begin_time:
      description: When it began, as the service writes it, without a time zone.
      type: str
    end_time:
      description: When it ended, as the service writes it, without a time zone.
      type: str
    job_error_code:
      description: The service's code if the job failed as a whole.
      type: str
    fail_reason:
      description: The service's reason if the job failed as a whole.
      type: str
    sub_jobs:
      description: Numbers of desktops by state, V(total), V(succeeded), V(failed), V(running) and V(waiting).
      type: dict
  sample:
    id: 0570faaa-a4a0-a2e5-39a0-ea06444dd620
    job_type: addDesktopPoolVolumes
    status: SUCCESS
    begin_time: "2026-11-20 22:00:00"
    end_time: "2026-11-20 22:01:23"
    job_error_code: ""
    fail_reason: ""
    sub_jobs:
      total: 3
      succeeded: 3
      failed: 0
      running: 0
      waiting: 0
desktops_succeeded:
  description: IDs of the desktops on which no job of the task failed, an adopted one included.
  returned: always, unless the task failed before it had read the pool
  type: list
  elements: str
  sample:
    - 9d30c8ac-77b5-4453-80da-8f027223ee99
    - 0f1d8a35-90e4-4c9a-8a4f-6a1a9a6a7d20
    - b9926327-7a5c-9ec1-1822-a7d3a029ada2
desktops_failed:
  description: The desktops that failed, and why.
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
    error_code:
      description: The service's error code.
      type: str
    fail_reason:
      description: The service's reason.
      type: str
  sample:
    - desktop_id: 0f1d8a35-90e4-4c9a-8a4f-6a1a9a6a7d20
      desktop_name: FIN-002
      error_code: WKS.00010110
      fail_reason: The desktop did not obtain an IP address.
adopted:
  description: Whether nothing was sent because a job that already ran led to the state that was wanted.
  returned: always, unless the task failed before it had read the pool
  type: bool
  sample: false
diff:
  description:
    - What has changed or would change. V(data_volumes) and V(root_volume) are the pool's.
    - If only desktops differ, V(desktops_by_disks) is the numbers of desktops by their data disks, and V(system_disks)
      that by the size of their system disk.
  returned: always, unless the task failed before it had read the pool
  type: dict
  sample:
    before:
      data_volumes:
        - type: SSD
          size: 100
    after:
      data_volumes:
        - type: SAS
          size: 200
        - type: SSD
          size: 100
error_code:
  description: The service's error code, or that of the first desktop that failed.
  returned: when the service refused or failed
  type: str
  sample: WKS.00010032
http_status:
  description: HTTP status of the service's refusal.
  returned: when the service refused
  type: int
  sample: 409
request_id:
  description: The service's ID of the refused request, for a support ticket.
  returned: when the service refused
  type: str
  sample: 372b5489bcd823454b8ee2a6674bfd47
error_msg:
  description: The service's own words.
  returned: when the service refused
  type: str
  sample: "Operation conflict: status MAINTENANCE does not allow AddDesktopPoolVolumes, resource
    a130ab3a-72bf-4b71-baa9-af4987c8e338."
iam_action:
  description: The permission that the credentials lack.
  returned: when the service refused for want of a permission whose name is known
  type: str
  sample: workspace:desktopPools:batchAddVolumes
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
from ansible_collections.hwcloud.workspace.plugins.module_utils.limits import Fields, IntRange, Items, Length
from ansible_collections.hwcloud.workspace.plugins.module_utils.plain import run_as_module
from ansible_collections.hwcloud.workspace.plugins.module_utils.pools.disks import Wish, check_wishes
from ansible_collections.hwcloud.workspace.plugins.module_utils.pools.lookup import find_pool
from ansible_collections.hwcloud.workspace.plugins.module_utils.pools.scope import HANDLE_TYPES, Scope
from ansible_collections.hwcloud.workspace.plugins.module_utils.pools.volumes import Volumes
from ansible_collections.hwcloud.workspace.plugins.module_utils.task import ModuleSpec, Result, Task

SPEC = ModuleSpec(
    argument_spec={
        **CONNECTION,
        **POOL,
        **WAIT,
        "volumes": {
            "type": "list",
            "elements": "dict",
            "required": True,
            "options": {
                "id": {"type": "str"},
                "type": {"type": "str"},
                "size": {"type": "int"},
                "iops": {"type": "int"},
                "throughput": {"type": "int"},
                "kms_id": {"type": "str"},
            },
        },
        "state": {"type": "str", "choices": ["present", "absent"], "default": "present"},
        "purge": {"type": "bool", "default": False},
        "handle_type": {"type": "str", "choices": list(HANDLE_TYPES)},
        "desktop_ids": {"type": "list", "elements": "str"},
    },
    limits={
        **CONNECTION_LIMITS,
        **POOL_LIMITS,
        **WAIT_LIMITS,
        # Ten data disks (Terraform provider: docs) and the system disk.
        "volumes": Items(
            0,
            11,
            each=Fields(
                {
                    "id": Length(1, 255),
                    "type": Length(1, 255),
                    "size": IntRange(0, 8200, "GB"),
                    "iops": IntRange(0, 16380000),
                    "throughput": IntRange(0, 4095000, "MiB/s"),
                    "kms_id": Length(1, 255),
                }
            ),
        ),
        "desktop_ids": Items(1, 100, each=Length(1, 255)),
    },
)


def run(task: Task) -> Result:
    """Bring the disks of a pool to what is wanted; see DOCUMENTATION.

    :raises WorkspaceError: whatever ends the task; its text is for the user.
    """
    params = task.params
    absent = params["state"] == "absent"
    wishes = tuple(Wish(**volume) for volume in params["volumes"])
    check_wishes(wishes, absent=absent, purge=params["purge"])
    session = open_session(task)
    change = Volumes(
        wishes,
        Scope(params["handle_type"], tuple(dict.fromkeys(params["desktop_ids"] or ()))),
        absent=absent,
        purge=params["purge"],
        stops_again=params["wait"],
    )
    pool = find_pool(session, params["pool"])
    engine = open_engine(task, session)
    return (engine.predict if task.check_mode else engine.carry_out)(change, pool).result()


def main() -> None:
    """Run as a plain module."""
    run_as_module(SPEC, run)


if __name__ == "__main__":
    main()
