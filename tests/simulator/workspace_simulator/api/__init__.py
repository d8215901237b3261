# Copyright (c) 2026 the hwcloud.workspace contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The service's operations over HTTP. Importing this package registers all of them."""

from __future__ import annotations

from . import (
    catalogue,
    desktop_power,
    desktops,
    identity,
    job_records,
    jobs,
    metadata,
    pool_changes,
    pool_life,
    pools,
    scripts,
    sessions,
)

__all__ = [
    "catalogue",
    "desktop_power",
    "desktops",
    "identity",
    "job_records",
    "jobs",
    "metadata",
    "pool_changes",
    "pool_life",
    "pools",
    "scripts",
    "sessions",
]
