# Copyright (c) 2026 the hwcloud.workspace contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Documentation of what modules support."""

from __future__ import annotations


class ModuleDocFragment:
    """Attributes of modules."""

    DOCUMENTATION = r"""
options: {}
attributes:
  check_mode:
    description: Can run in C(check_mode) and return what would change without changing anything.
  diff_mode:
    description: Returns what has changed, or would change, in diff format.
  idempotent:
    description: When run twice in a row, with nothing else happening in between, the second run changes nothing.
  action_group:
    description: Use C(group/hwcloud.workspace.all) in C(module_defaults) to set the options for authentication once.
    membership:
      - hwcloud.workspace.all
    support: full
  platform:
    description: Platforms on which the module runs.
    platforms: posix
    support: full
notes:
  - IDs, names and other texts take 1 to 255 characters where nothing else is said. What is outside its limits is
    refused before anything is sent.
  - The module runs inside Ansible's own process on the controller. No Python interpreter is started for a task, and no
    secret is written to disk. With C(async), C(become) to another user, or a connection other than C(local), it runs as
    an ordinary module.
"""

    # For modules that only read.
    INFO = r"""
options: {}
attributes:
  check_mode:
    support: full
    details:
      - The module changes nothing.
  diff_mode:
    support: N/A
    details:
      - The module changes nothing.
  idempotent:
    support: full
    details:
      - The module changes nothing.
"""
