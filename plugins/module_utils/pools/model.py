# Copyright (c) 2026 the hwcloud.workspace contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Pools and desktops as the engine sees them: shaped once from the service's records."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

# Login states in which a user's session exists on the desktop; a disconnected one may hold unsaved work (definitions).
_SESSION_STATES = frozenset({"CONNECTED", "DISCONNECTED"})
# Task states of a creation (definitions).
_CREATING = frozenset({"scheduling", "block_device_mapping", "networking", "spawning"})


@dataclass(frozen=True)
class Pool:
    """A pool: what its template says. ``fields`` is the service's own record."""

    id: str
    name: str
    status: str
    image_id: str
    product_id: str
    desktop_count: int
    disk_sizes: tuple[int, ...]
    data_disk_count: int
    fields: dict[str, Any]

    @classmethod
    def absent(cls, name: str) -> Pool:
        """Return what stands for a pool that does not exist: it has a name, and its ID is empty."""
        return replace(cls.from_service({}), name=name)

    @property
    def exists(self) -> bool:
        """Whether there is such a pool."""
        return bool(self.id)

    @property
    def is_autoscaled(self) -> bool:
        """Whether it grows and shrinks by itself."""
        return self.fields.get("enable_autoscale") is True

    @classmethod
    def from_service(cls, record: dict[str, Any]) -> Pool:
        """Return the pool that a record of ListDesktopPools or ShowDesktopPoolDetail describes."""
        return cls(
            id=str(record.get("id") or ""),
            name=str(record.get("name") or ""),
            status=str(record.get("status") or "").upper(),
            image_id=str(record.get("image_id") or ""),
            product_id=str((record.get("product") or {}).get("product_id") or ""),
            desktop_count=int(record.get("desktop_count") or 0),
            disk_sizes=_disk_sizes(record),
            data_disk_count=len(record.get("data_volumes") or []),
            fields=record,
        )


@dataclass(frozen=True)
class DesktopUser:
    """Somebody whom a desktop is given to. ``id`` and ``domain`` are empty where the record does not say them."""

    id: str
    name: str
    domain: str


@dataclass(frozen=True)
class Desktop:
    """A desktop of a pool. ``image_id`` is read from its metadata: a desktop has no such field of its own."""

    id: str
    name: str
    status: str
    task_status: str
    login_status: str
    image_id: str
    product_id: str
    has_user: bool
    disk_sizes: tuple[int, ...]
    data_disk_count: int
    fields: dict[str, Any]

    @classmethod
    def from_service(cls, record: dict[str, Any]) -> Desktop:
        """Return the desktop that a record of a detailed desktop list describes."""
        product = record.get("product") or {}
        return cls(
            id=str(record.get("desktop_id") or ""),
            name=str(record.get("computer_name") or ""),
            status=str(record.get("status") or "").upper(),
            task_status=str(record.get("task_status") or ""),
            login_status=str(record.get("login_status") or "").upper(),
            image_id=str((record.get("metadata") or {}).get("metering.image_id") or ""),
            product_id=str(product.get("product_id") or record.get("product_id") or ""),
            has_user=bool(record.get("attach_user_infos") or record.get("user_name")),
            disk_sizes=_disk_sizes(record),
            data_disk_count=len(record.get("data_volumes") or []),
            fields=record,
        )

    @property
    def in_session(self) -> bool:
        """Whether a user's session exists on it, connected or not."""
        return self.login_status in _SESSION_STATES

    @property
    def users(self) -> tuple[DesktopUser, ...]:
        """Whom it is given to."""
        infos = self.fields.get("attach_user_infos") or []
        if not infos and self.fields.get("user_name"):  # older records name one user only
            infos = [{"user_name": self.fields["user_name"], "domain": self.fields.get("domain")}]
        return tuple(
            DesktopUser(str(info.get("user_id") or ""), str(info.get("user_name") or ""), str(info.get("domain") or ""))
            for info in infos
        )

    @property
    def is_being_made(self) -> bool:
        """Whether it is being created."""
        return self.task_status in _CREATING

    @property
    def is_being_given(self) -> bool:
        """Whether it is on its way to a user."""
        return str(self.fields.get("attach_state") or "").upper() == "ATTACHING"

    @property
    def is_leaving(self) -> bool:
        """Whether it is being deleted (its status is then empty: Terraform provider)."""
        return not self.status or self.task_status == "deleting"


@dataclass(frozen=True)
class AuthorizedObject:
    """A user or user group that may use a pool. ``user_group`` is its privilege group on the desktops."""

    object_id: str
    object_type: str
    object_name: str
    user_group: str
    fields: dict[str, Any]

    @classmethod
    def from_service(cls, record: dict[str, Any]) -> AuthorizedObject:
        """Return the object that a record of ListDesktopPoolAuthorizedObjects describes."""
        return cls(
            object_id=str(record.get("object_id") or ""),
            object_type=str(record.get("object_type") or "").upper(),
            object_name=str(record.get("object_name") or ""),
            user_group=str(record.get("user_group") or ""),
            fields=record,
        )


def _disk_sizes(record: dict[str, Any]) -> tuple[int, ...]:
    disks = [record.get("root_volume"), *(record.get("data_volumes") or [])]
    return tuple(int(disk.get("size") or 0) for disk in disks if disk)
