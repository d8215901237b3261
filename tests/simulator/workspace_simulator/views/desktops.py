# Copyright (c) 2026 the hwcloud.workspace contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Desktops in answers: the detailed and the short form."""

from __future__ import annotations

from typing import Any

from ..state.changes import task_status
from ..state.clock import iso_seconds, job_time
from ..state.models import AGENT_VERSION, Desktop, Volume, differences
from ..state.world import Project, World
from .catalogue import product_view
from .pools import tags_view

_NEWER_DETAIL = (
    "agent_version",
    "domain",
    "domain_status",
    "in_maintenance_mode",
    "internet_mode_list",
    "ipv4",
    "ipv6",
    "is_freeze",
    "is_support_internet",
    "isolated",
    "os_host_name",
    "root_resource_id",
    "share_resource_sku",
)
_NEWER_SHORT = (
    "availability_zone",
    "connect_status",
    "desktop_detail_type",
    "desktop_type",
    "domain_status",
    "os_host_name",
    "pool_id",
    "project_id",
    "share_resource_sku",
    "status",
    "task_status",
)
_INCONSISTENT = {"product_id": "PRODUCT", "image_id": "IMAGE"}


def desktop_detail(world: World, desktop: Desktop, alone: bool = False) -> dict[str, Any]:
    """Return a desktop as the detailed lists show it (definitions, SDK).

    Args:
        world: The estate.
        desktop: The desktop.
        alone: Whether just this one was asked for: only then are the security groups filled (definitions).
    """
    older = world.dialect.api_age == "older"
    pool, user, sub_job = desktop.pool, desktop.user, desktop.sub_job
    image, product = world.images[desktop.image_id], world.products[desktop.product_id].fields
    created, task = iso_seconds(desktop.created), task_status(world, desktop)
    user_name = user.name if user else ""
    addresses = [desktop.ip_address] if desktop.ip_address else []
    view: dict[str, Any] = {
        "desktop_id": desktop.desktop_id,
        "computer_name": desktop.computer_name,
        "desktop_type": "POOLED",
        "status": desktop.status,
        "task_status": task,
        "login_status": desktop.login_status,
        "process": sub_job.progress(world.now) if sub_job and task else None,
        "attach_state": "ATTACHED" if user else "ATTACHING" if desktop.promised else "UNATTACH",
        "attach_user_infos": _users(desktop, older),
        "user_name": user_name,
        "user_group": desktop.user_group if user else "",
        "user_list": [user_name] if user else [],
        "user_group_list": [],
        "in_maintenance_mode": desktop.in_maintenance_mode,
        "created": created,
        "addresses": {
            pool.vpc_id: [
                {
                    "addr": address,
                    "version": "4",
                    "OS-EXT-IPS-MAC:mac_addr": desktop.mac_address,
                    "OS-EXT-IPS:type": "fixed",
                }
                for address in addresses
            ]
        },
        "ip_addresses": addresses,
        "ipv4": desktop.ip_address,
        "ipv6": "",
        "product_id": desktop.product_id,
        "product": product_view(product, older),
        "flavor": {
            "id": product["flavor_id"],
            "links": [{"rel": "bookmark", "hrel": f"/flavors/{product['flavor_id']}"}],
        },
        "metadata": {
            "charging_mode": "1" if pool.charging_mode == "0" else "0",
            "image_name": image.name,
            "metering.image_id": image.id,
            "metering.resourcespeccode": desktop.product_id,
            "metering.resourcetype": "1",
            "os_bit": "64",
            "os_type": image.os_type,
            "desktop_os_version": image.os_version,
        },
        "root_volume": _volume(desktop.root_volume, older),
        "data_volumes": [_volume(disk, older) for disk in sorted(desktop.data_volumes, key=lambda disk: disk.id)],
        "availability_zone": desktop.availability_zone,
        "subnet_id": desktop.subnet_id,
        "security_groups": pool.security_groups if alone else [],
        "site_type": "CENTER",
        "site_name": "Center",
        "sid": desktop.sid,
        "os_version": image.os_version,
        "os_host_name": desktop.computer_name,
        "ou_name": pool.ou_name,
        "domain": pool.domain,
        "domain_status": desktop.domain_status,
        "bill_resource_id": desktop.root_volume.volume_id if pool.charging_mode == "0" else "",
        "root_resource_id": "",
        "order_id": "",
        "agent_version": AGENT_VERSION if desktop.status == "ACTIVE" else "",
        "enterprise_project_id": pool.enterprise_project_id,
        "tags": tags_view(desktop.tags),
        "internet_mode": "NAT",
        "internet_mode_list": ["NAT"],
        "is_support_internet": True,
        "is_attaching_eip": False,
        "share_resource_sku": "",
        "isolated": desktop.isolated,
        "is_freeze": desktop.is_freeze,
    }
    if older:
        for name in _NEWER_DETAIL:
            del view[name]
    return view


def pool_desktop_view(world: World, desktop: Desktop, alone: bool = False) -> dict[str, Any]:
    """Return a desktop as the list of a pool's desktops shows it: with what it differs in from the pool.

    The field knows PRODUCT and IMAGE in the definitions and the SDK alike.
    """
    view = desktop_detail(world, desktop, alone)
    different = differences(desktop)
    view["inconsistent_types"] = [text for name, text in _INCONSISTENT.items() if name in different]
    return view


def desktop_short(world: World, project: Project, desktop: Desktop) -> dict[str, Any]:
    """Return a desktop as the short list shows it (definitions, SDK)."""
    user, pool = desktop.user, desktop.pool
    older = world.dialect.api_age == "older"
    view: dict[str, Any] = {
        "desktop_id": desktop.desktop_id,
        "computer_name": desktop.computer_name,
        "os_host_name": desktop.computer_name,
        "ip_address": desktop.ip_address,
        "user_name": user.name if user else "",
        "user_group": desktop.user_group if user else "",
        "attach_user_infos": _users(desktop, older),
        "created": job_time(desktop.created),
        "sid": desktop.sid,
        "ou_name": pool.ou_name,
        "tags": tags_view(desktop.tags),
        "bill_resource_id": "",
        "subnet_id": desktop.subnet_id,
        "availability_zone": desktop.availability_zone,
        "enterprise_project_id": pool.enterprise_project_id,
        "in_maintenance_mode": desktop.in_maintenance_mode,
        "desktop_type": "POOLED",
        "desktop_detail_type": pool.type,
        "pool_id": pool.id,
        "project_id": project.id,
        "domain_status": desktop.domain_status,
        "status": desktop.status,
        "task_status": task_status(world, desktop),
        "connect_status": desktop.login_status,
        "share_resource_sku": "",
    }
    if older:
        for name in _NEWER_SHORT:
            del view[name]
    return view


def _users(desktop: Desktop, older: bool) -> list[dict[str, str]]:
    user = desktop.user
    if user is None:
        return []
    info = {"user_id": user.id, "user_name": user.name, "user_group": desktop.user_group, "type": "USER"}
    if not older:
        info["domain"] = user.domain
    return [info]


def _volume(disk: Volume, older: bool) -> dict[str, Any]:
    view: dict[str, Any] = {
        "id": disk.id,
        "volume_id": disk.volume_id,
        "type": disk.type,
        "size": disk.size,
        "device": disk.device,
        "display_name": "",
        "bill_resource_id": "",
        "create_time": iso_seconds(disk.created),
    }
    if not older:
        view["desktop_pool_disk_id"] = disk.pool_disk_id
        view["resource_spec_code"] = f"workspace.volume.{disk.type.lower()}"
        if disk.kms_id:
            view["kms_id"] = disk.kms_id
    return view
