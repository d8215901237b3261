# Copyright (c) 2026 the hwcloud.workspace contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Documentation of the option that names a pool."""

from __future__ import annotations


class ModuleDocFragment:
    """The pool to work on."""

    DOCUMENTATION = r"""
options:
  pool:
    description:
      - Exact name or ID of the desktop pool, 1 to 255 characters. A name that several pools carry is refused.
    type: str
    required: true
"""
