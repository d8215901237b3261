# Copyright (c) 2026 the hwcloud.workspace contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Pools in answers."""

from __future__ import annotations

from typing import Any

from ..state.clock import iso_millis
from ..state.models import AuthorizedObject, Pool, PoolDisk
from ..state.world import World
from .catalogue import product_view

_NEWER = (
    "domain",
    "image_cloud_service_type",
    "image_resource_type",
    "isolation_num",
    "ou_name",
    "subnet_ids",
    "tags",
    "user_reset_policy",
    "vpc_id",
)
"""Fields that come back from newer regions only (SDK, Terraform provider)."""


def pool_view(world: World, pool: Pool) -> dict[str, Any]:
    """Return a pool: the template and counters, without its desktops (definitions, SDK)."""
    older = world.dialect.api_age == "older"
    image = world.images[pool.image_id]
    view: dict[str, Any] = {
        "id": pool.id,
        "name": pool.name,
        "type": pool.type,
        "description": pool.description,
        "created_time": iso_millis(pool.created),
        "charging_mode": pool.charging_mode,
        "desktop_count": len(pool.desktops),
        "desktop_used": sum(desktop.user is not None for desktop in pool.desktops.values()),
        "availability_zone": pool.availability_zone,
        "subnet_id": pool.subnet_ids[0] if pool.subnet_ids else "",
        "subnet_ids": pool.subnet_ids,
        "vpc_id": pool.vpc_id,
        "product": product_view(world.products[pool.product_id].fields, older),
        "image_id": image.id,
        "image_name": image.name,
        "image_os_type": image.os_type,
        "image_os_version": image.os_version,
        "image_os_platform": image.platform,
        "image_product_code": image.product_code,
        "image_cloud_service_type": "",
        "image_resource_type": "",
        "root_volume": _disk_view(pool.root_volume, older),
        # Not in the order sent (Terraform provider).
        "data_volumes": [_disk_view(disk, older) for disk in sorted(pool.data_volumes, key=lambda disk: disk.id)],
        "security_groups": pool.security_groups,
        "disconnected_retention_period": pool.disconnected_retention_period if pool.type == "DYNAMIC" else 0,
        "enable_autoscale": pool.enable_autoscale,
        "autoscale_policy": pool.autoscale_policy,
        "user_reset_policy": pool.user_reset_policy,
        "status": pool_status(world, pool),
        "enterprise_project_id": pool.enterprise_project_id,
        "in_maintenance_mode": pool.in_maintenance_mode,
        "desktop_name_policy_id": pool.desktop_name_policy_id,
        "tags": tags_view(pool.tags),
        "ou_name": pool.ou_name,
        "domain": pool.domain,
        "isolation_num": sum(desktop.isolated for desktop in pool.desktops.values()),
    }
    if older:
        for name in _NEWER:
            del view[name]
    return view


def pool_status(world: World, pool: Pool) -> str:
    """Return the pool's state: changing, holding frozen desktops, or what it was set to (definitions)."""
    if world.dialect.pool_status_during_job == "TEMPORARY" and any(job.work.changes for job in pool.jobs):
        return "TEMPORARY"
    if pool.status == "STEADY" and any(desktop.is_freeze for desktop in pool.desktops.values()):
        return "EXIST_FROZEN"
    return pool.status


def tags_view(tags: dict[str, str]) -> list[dict[str, str]]:
    """Return tags as a list of keys and values."""
    return [{"key": key, "value": value} for key, value in tags.items()]


def authorized_object_view(entry: AuthorizedObject, older: bool) -> dict[str, Any]:
    """Return a user or group that may use a pool."""
    view = {
        "object_id": entry.object_id,
        "object_type": entry.object_type,
        "object_name": entry.object_name,
        "user_group": entry.user_group,
        "created_at": iso_millis(entry.created),
        "domain": entry.domain,
    }
    if older:
        del view["domain"]
    return view


def _disk_view(disk: PoolDisk, older: bool) -> dict[str, Any]:
    view: dict[str, Any] = {
        "id": disk.id,
        "type": disk.type,
        "size": disk.size,
        "resource_spec_code": disk.resource_spec_code or f"workspace.volume.{disk.type.lower()}",
    }
    if not older:
        for name in ("kms_id", "iops", "throughput"):
            value = getattr(disk, name)
            if value not in ("", None):
                view[name] = value
    return view
