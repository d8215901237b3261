# Copyright (c) 2026 the hwcloud.workspace contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Records of pools and desktops as the service writes them, cut down to what the code reads."""

from __future__ import annotations

from typing import Any

from ansible_collections.hwcloud.workspace.plugins.module_utils.pools.model import Desktop, Pool

OLD, NEW, OTHER = "image-old", "image-new", "image-other"
POOL_ID = "a130ab3a-72bf-4b71-baa9-af4987c8e338"


def pool_record(image_id: str = OLD, **fields: Any) -> dict[str, Any]:
    """Return the record of the pool finance-win10; ``fields`` replace its own."""
    return {
        "id": POOL_ID,
        "name": "finance-win10",
        "type": "STATIC",
        "status": "STEADY",
        "image_id": image_id,
        "product": {"product_id": "product-a"},
        "desktop_count": 2,
        "root_volume": {"id": "r", "type": "SAS", "size": 80},
        "data_volumes": [{"id": "v", "type": "SSD", "size": 100}],
        **fields,
    }


def desktop_record(desktop_id: str = "d1", image_id: str = OLD, **fields: Any) -> dict[str, Any]:
    """Return the record of a desktop that fits that pool; ``fields`` replace its own."""
    return {
        "desktop_id": desktop_id,
        "computer_name": desktop_id.upper(),
        "status": "ACTIVE",
        "task_status": "",
        "login_status": "REGISTERED",
        "metadata": {"metering.image_id": image_id},
        "product": {"product_id": "product-a"},
        "root_volume": {"type": "SAS", "size": 80},
        "data_volumes": [{"type": "SSD", "size": 100}],
        "attach_user_infos": [],
        **fields,
    }


def a_pool(image_id: str = OLD, **fields: Any) -> Pool:
    """Return that pool."""
    return Pool.from_service(pool_record(image_id, **fields))


def a_desktop(desktop_id: str = "d1", image_id: str = OLD, **fields: Any) -> Desktop:
    """Return such a desktop."""
    return Desktop.from_service(desktop_record(desktop_id, image_id, **fields))


USER_C3 = {"attach_user_infos": [{"user_name": "user-c3"}]}
