# Copyright (c) 2026 the hwcloud.workspace contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Documentation of the options of modules that start a job."""

from __future__ import annotations


class ModuleDocFragment:
    """Waiting for jobs."""

    DOCUMENTATION = r"""
options:
  wait:
    description:
      - Wait until the job has ended and the desktops show its effect. Progress is shown meanwhile.
      - If another job runs for the pool, it is waited for first. If it leads to the state that is wanted, nothing is
        sent.
      - Without waiting, the task returns as soon as the service has accepted the job, and fails if another job runs.
    type: bool
    default: true
  wait_timeout:
    description:
      - Seconds that the task may wait for jobs in all, from V(1) to V(86400). A delay that the task asks the service
        for comes on top.
      - When the time is up the task fails with the job's ID. The job goes on; the next run of the task waits for it.
    type: int
    default: 3600
"""
