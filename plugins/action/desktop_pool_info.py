# Copyright (c) 2026 the hwcloud.workspace contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Runs the module of this name inside Ansible's own process; see workspace.py."""

from __future__ import annotations

from ansible_collections.hwcloud.workspace.plugins.action.workspace import ActionModule, load

# By this module roles read pools first. They decide by filters then, each in a process of its own.
load("desktop_pool_info", "pools.maintenance", "pools.waves")

__all__ = ["ActionModule"]
