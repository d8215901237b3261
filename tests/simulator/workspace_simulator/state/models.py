# Copyright (c) 2026 the hwcloud.workspace contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The things of the service: images, products, pools, desktops, jobs. No behaviour beyond their own facts."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from .jobs import Job, SubJob

UNHEALTHY_STATUS = "ERROR"
STOPPED = ("SHUTOFF", "HIBERNATED")

DISK_TYPES = ("SAS", "SSD", "GPSSD", "GPSSD2")
"""Types of disks (definitions, Terraform provider)."""

AGENT_VERSION = "26.1.0"
"""Version of the access software on every running desktop."""


@dataclass(slots=True)
class Image:
    """An image that desktops are made from; the fields are those of the image list."""

    id: str
    name: str
    os_type: str
    os_version: str
    image_type: str
    architecture: str
    platform: str
    min_disk: int
    min_ram: int
    disk_format: str
    product_code: str
    package_type: str
    created: float


@dataclass(slots=True)
class Product:
    """A package: CPU, memory and what belongs to it. ``fields`` are those of the product list, as they are sent."""

    product_id: str
    fields: dict[str, Any]
    os_types: tuple[str, ...]
    zones: tuple[str, ...]


@dataclass(slots=True)
class Script:
    """A script that desktops can run, and what a run of it yields.

    ``type`` is POWERSHELL, BAT or SHELL; ``seconds`` is how long it runs; ``output`` may name ``{desktop}``; on the
    desktops in ``fails_on`` (names or IDs, ``*`` for all) it ends with ``exit_code``.
    """

    id: str
    name: str
    type: str
    content: str
    description: str
    version: str
    created: float
    output: str
    seconds: float
    fails_on: tuple[str, ...]
    exit_code: int


@dataclass(slots=True)
class User:
    """A user of desktops (not of the cloud account)."""

    id: str
    name: str
    domain: str


@dataclass(slots=True)
class Group:
    """A group of users of desktops; ``members`` are IDs of users."""

    id: str
    name: str
    domain: str
    members: set[str] = field(default_factory=set)


@dataclass(frozen=True)
class NamePolicy:
    """How desktops are named: ``prefix`` and a number of at least ``digits`` digits, from ``start`` on."""

    prefix: str
    digits: int
    start: int


@dataclass(slots=True)
class AuthorizedObject:
    """A user or group that may use a pool."""

    object_id: str
    object_name: str
    object_type: str
    user_group: str
    domain: str
    created: float


@dataclass(slots=True)
class PoolDisk:
    """A disk of a pool's template: stands for one disk on each desktop. ``size`` in GB."""

    id: str
    type: str
    size: int
    kms_id: str = ""
    iops: int | None = None
    throughput: int | None = None
    resource_spec_code: str = ""


@dataclass(slots=True)
class Volume:
    """A disk of one desktop. ``size`` in GB; ``pool_disk_id`` ties it to the pool's disk."""

    id: str
    volume_id: str
    pool_disk_id: str
    type: str
    size: int
    device: str
    created: float
    kms_id: str = ""


@dataclass(slots=True)
class Effects:
    """What was done to a desktop or pool, for proofs that things happened exactly once. Not visible to clients."""

    rebuilds: list[dict[str, Any]] = field(default_factory=list)
    failures: list[dict[str, Any]] = field(default_factory=list)
    notifications: list[dict[str, Any]] = field(default_factory=list)
    sessions_cut: list[dict[str, Any]] = field(default_factory=list)
    logoffs: list[dict[str, Any]] = field(default_factory=list)
    updates: list[dict[str, Any]] = field(default_factory=list)
    created: list[dict[str, Any]] = field(default_factory=list)
    expanded: list[dict[str, Any]] = field(default_factory=list)
    deleted: list[dict[str, Any]] = field(default_factory=list)
    authorized: list[dict[str, Any]] = field(default_factory=list)
    bindings: list[dict[str, Any]] = field(default_factory=list)
    resizes: list[dict[str, Any]] = field(default_factory=list)
    disks_added: list[dict[str, Any]] = field(default_factory=list)
    disks_expanded: list[dict[str, Any]] = field(default_factory=list)
    disks_deleted: list[dict[str, Any]] = field(default_factory=list)
    power: list[dict[str, Any]] = field(default_factory=list)
    scripts: list[dict[str, Any]] = field(default_factory=list)


@dataclass(slots=True, eq=False)
class Desktop:
    """A desktop of a pool. ``sub_job`` is the work in progress on it, ``open_work`` counts unfinished changes.

    ``promised`` is the user whom it is being given to, ``last_user_id`` names the one who had it before; a user who is
    ``leaving`` keeps it until the session ends.
    """

    desktop_id: str
    computer_name: str
    pool: Pool
    image_id: str
    product_id: str
    status: str
    login_status: str
    user: User | None
    user_group: str
    root_volume: Volume
    data_volumes: list[Volume]
    ip_address: str
    mac_address: str
    sid: str
    created: float
    availability_zone: str
    subnet_id: str
    in_maintenance_mode: bool = False
    isolated: bool = False
    is_freeze: bool = False
    domain_status: int = 1
    disconnected_since: float | None = None
    tags: dict[str, str] = field(default_factory=dict)
    sub_job: SubJob | None = None
    open_work: int = 0
    promised: User | None = None
    last_user_id: str = ""
    leaving: bool = False
    effects: Effects | None = None

    def record(self) -> Effects:
        """Return the record of effects, made at the first use."""
        if self.effects is None:
            self.effects = Effects()
        return self.effects

    @property
    def unhealthy(self) -> bool:
        """Whether it is failed, frozen, isolated or in maintenance."""
        return self.status == UNHEALTHY_STATUS or self.is_freeze or self.isolated or self.in_maintenance_mode

    def disks(self) -> Iterator[Volume]:
        """Yield the system disk and then the data disks."""
        yield self.root_volume
        yield from self.data_volumes


@dataclass(slots=True, eq=False)
class Pool:
    """A template and the desktops made from it. ``waiting`` are the jobs of users who wait for a desktop."""

    id: str
    name: str
    type: str
    image_id: str
    product_id: str
    root_volume: PoolDisk
    data_volumes: list[PoolDisk]
    created: float
    availability_zone: str
    vpc_id: str
    subnet_ids: list[str]
    security_groups: list[dict[str, str]]
    description: str = ""
    charging_mode: str = "1"
    enterprise_project_id: str = "0"
    disconnected_retention_period: int = 0
    enable_autoscale: bool = False
    autoscale_policy: dict[str, Any] = field(default_factory=dict)
    user_reset_policy: dict[str, Any] = field(default_factory=lambda: {"enable": False})
    in_maintenance_mode: bool = False
    desktop_name_policy_id: str = ""
    ou_name: str = ""
    domain: str = ""
    status: str = "STEADY"
    tags: dict[str, str] = field(default_factory=dict)
    desktops: dict[str, Desktop] = field(default_factory=dict)
    authorized_objects: list[AuthorizedObject] = field(default_factory=list)
    jobs: list[Job] = field(default_factory=list)
    waiting: list[Job] = field(default_factory=list)
    deleted_desktops: list[Desktop] = field(default_factory=list)
    effects: Effects = field(default_factory=Effects)

    def disks(self) -> Iterator[PoolDisk]:
        """Yield the system disk and then the data disks of the template."""
        yield self.root_volume
        yield from self.data_volumes


DIFFERENCES = ("product_id", "image_id", "disk_num", "disk_size")


def differences(desktop: Desktop) -> set[str]:
    """Return in what a desktop differs from its pool, by the names of the drift counts.

    disk_num compares the number of data disks, disk_size the sum of all disks (SDK).
    """
    pool = desktop.pool
    found = set()
    if desktop.product_id != pool.product_id:
        found.add("product_id")
    if desktop.image_id != pool.image_id:
        found.add("image_id")
    if len(desktop.data_volumes) != len(pool.data_volumes):
        found.add("disk_num")
    if sum(disk.size for disk in desktop.disks()) != sum(disk.size for disk in pool.disks()):
        found.add("disk_size")
    return found
