# Copyright (c) 2026 the hwcloud.workspace contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Changes of a pool's attributes."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from .. import errors
from .lifecycle import check_disk_type, check_name, check_name_policy, check_network, default_security_groups
from .models import Pool, PoolDisk
from .users import cut_session

if TYPE_CHECKING:
    from .world import Project, World

_PLAIN = (
    "name",
    "description",
    "availability_zone",
    "disconnected_retention_period",
    "enable_autoscale",
    "in_maintenance_mode",
    "desktop_name_policy_id",
    "ou_name",
    "enterprise_project_id",
    "vpc_id",
    "subnet_ids",
)
ONCE_AUTO_CREATED = 1
"""What stays of a cleared policy under one reading of ``autoscale_policy_cleared``."""

_DEFAULTS: dict[str, Any] = {
    "availability_zone": "",
    "description": "",
    "disconnected_retention_period": 0,
    "enable_autoscale": False,
    "in_maintenance_mode": False,
    "desktop_name_policy_id": "",
    "ou_name": "",
    "enterprise_project_id": "0",
    "autoscale_policy": {},
    "user_reset_policy": {"enable": False},
    "security_groups": [],
    "tags": [],
}
"""What PUT sets absent fields to under ``update_absent_fields: reset``; the rest has no empty value."""


def update_pool(world: World, project: Project, pool: Pool, given: dict[str, Any]) -> None:
    """Change attributes of a pool. Size, product, image and sizes of disks have their own operations.

    Args:
        world: The estate.
        project: Project of the pool.
        pool: The pool.
        given: The fields of the request. Empty text clears, an empty ``autoscale_policy`` clears it (Terraform
            provider).

    Raises:
        ServiceError: 400 for a name that is taken or not allowed, a disk that the pool does not have, or a subnet,
            name policy or type of disk that does not exist.
    """
    _check(world, project, pool, given)
    wanted = {**_absent(world), **given}
    for name in _PLAIN:
        if name in wanted:
            setattr(pool, name, wanted[name])
    for name in ("autoscale_policy", "user_reset_policy"):
        if name in wanted:
            setattr(pool, name, dict(wanted[name]))
    if wanted.get("autoscale_policy") == {} and world.dialect.autoscale_policy_cleared == "once_auto_created":
        pool.autoscale_policy = {"once_auto_created": ONCE_AUTO_CREATED}
    if "tags" in wanted:
        pool.tags = {tag["key"]: tag.get("value", "") for tag in wanted["tags"]}
    if "security_groups" in wanted:
        known = {group["id"]: group.get("name", "") for group in pool.security_groups}
        pool.security_groups = [
            {"id": group["id"], "name": known.get(group["id"], "")} for group in wanted["security_groups"]
        ] or default_security_groups(world.ids, project)
    for disk in _disks(wanted):
        _update_disk(_find_disk(pool, disk["id"]), disk)
    if given.get("in_maintenance_mode") and world.dialect.maintenance_mode == "cuts_sessions":
        for desktop in pool.desktops.values():
            if desktop.login_status == "CONNECTED":
                cut_session(desktop, world.now, "maintenance mode")
    pool.effects.updates.append({"fields": sorted(given), "at": world.now})


def _absent(world: World) -> dict[str, Any]:
    reading = world.dialect.update_absent_fields
    if reading == "reset":
        return _DEFAULTS
    return {"tags": []} if reading == "tags_reset" else {}


def _check(world: World, project: Project, pool: Pool, given: dict[str, Any]) -> None:
    for disk in _disks(given):
        _find_disk(pool, disk["id"])
        check_disk_type(disk["type"])
    check_network(project, given.get("subnet_ids", []))
    check_name_policy(world, given.get("desktop_name_policy_id"))
    if "name" in given:
        check_name(world, project, given["name"], pool)


def _disks(given: dict[str, Any]) -> list[dict[str, Any]]:
    root = given.get("root_volume")
    return ([root] if root else []) + list(given.get("data_volumes") or [])


def _find_disk(pool: Pool, disk_id: str) -> PoolDisk:
    for disk in pool.disks():
        if disk.id == disk_id:
            return disk
    raise errors.invalid_resource(f"The pool {pool.name} has no disk {disk_id}.")


def _update_disk(disk: PoolDisk, given: dict[str, Any]) -> None:
    for name in ("type", "kms_id", "iops", "throughput"):
        if given.get(name) is not None:
            setattr(disk, name, given[name])
