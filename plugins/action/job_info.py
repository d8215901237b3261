# Copyright (c) 2026 the hwcloud.workspace contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Runs the module of this name inside Ansible's own process; see workspace.py."""

from __future__ import annotations

from ansible_collections.hwcloud.workspace.plugins.action.workspace import ActionModule, load

load("job_info")

__all__ = ["ActionModule"]
