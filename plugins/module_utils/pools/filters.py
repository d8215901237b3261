# Copyright (c) 2026 the hwcloud.workspace contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Finding desktops of a pool by filters, whether or not the region knows them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from ..client.operations import LIST_POOL_DESKTOPS
from ..client.pagination import read_list
from ..client.session import Session
from .drift import drift_kinds
from .model import Desktop, Pool

Check = Callable[[Pool, Desktop, Any], bool]


def _same(field: str) -> Check:
    # A field that a region does not return cannot be checked; the service's own filter stands then.
    return lambda pool, desktop, value: desktop.fields.get(field, value) == value


# What each filter means, where that can be told from the answer; None leaves it to the service.
FILTERS: Mapping[str, Check | None] = {
    "inconsistent_type": lambda pool, desktop, value: value.lower() in drift_kinds(pool, desktop),
    "status": lambda pool, desktop, value: desktop.status == value,
    "login_status": lambda pool, desktop, value: desktop.login_status in value,
    "user_name": None,  # fuzzy, and about all users of a desktop
    "user_names": lambda pool, desktop, value: any(user.name in value for user in desktop.users),
    "user_attached": lambda pool, desktop, value: desktop.has_user is value,
    "computer_name": None,  # fuzzy
    # With some images the names come back in capital letters (Terraform provider).
    "computer_names": lambda pool, desktop, value: desktop.name.upper() in {name.upper() for name in value},
    "desktop_id": lambda pool, desktop, value: desktop.id in value,
    "desktop_ip": lambda pool, desktop, value: value in (desktop.fields.get("ip_addresses") or [value]),
    "image_id": lambda pool, desktop, value: desktop.image_id == value,
    "in_maintenance_mode": _same("in_maintenance_mode"),
    "availability_zone": _same("availability_zone"),
    "subnet_id": _same("subnet_id"),
    "charge_mode": None,  # a desktop's metadata says the reverse in older texts
    "tag": None,
    "domain_status": lambda pool, desktop, value: str(desktop.fields.get("domain_status") or value) == str(value),
    "is_share_desktop": _same("is_share_desktop"),
    "is_support_internet": _same("is_support_internet"),
    "isolated": _same("isolated"),
}
# Spelt differently by region, or unknown to the service.
_OURS_ALONE = frozenset({"inconsistent_type", "login_status"})


def find_desktops(session: Session, pool: Pool, wanted: Mapping[str, Any]) -> list[Desktop]:
    """Return the desktops of a pool that fit every filter.

    :param wanted: values by filter, of :data:`FILTERS`.
    """
    query = {name: value for name, value in wanted.items() if name not in _OURS_ALONE}
    found = read_list(session, LIST_POOL_DESKTOPS, {"pool_id": pool.id}, query=query).items
    checks = [(check, wanted[name]) for name, check in FILTERS.items() if check is not None and name in wanted]
    desktops = map(Desktop.from_service, found)
    return [desktop for desktop in desktops if all(check(pool, desktop, value) for check, value in checks)]
