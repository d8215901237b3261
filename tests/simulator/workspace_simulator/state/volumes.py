# Copyright (c) 2026 the hwcloud.workspace contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Disks of a pool: added to, expanded on and deleted from its template and its desktops."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from .. import errors
from .changes import TemplateWork, require_changeable, submit_change
from .jobs import Job, SubJob, Verdict
from .models import DISK_TYPES, UNHEALTHY_STATUS, Desktop, Pool, PoolDisk, Volume
from .scope import Scope, select

if TYPE_CHECKING:
    from .world import Project, World

MOST_DATA_DISKS = 10
"""Data disks that a desktop can have (Terraform provider: docs)."""

SYSTEM_DISK_GB = (80, 1020)
DATA_DISK_GB = (10, 8200)
"""Smallest and largest size, in steps of 10 GB (Terraform provider: docs; help page: constraints)."""

_GPSSD2_NEEDS = {"iops": (3000, 12800), "throughput": (125, 1000)}


@dataclass(frozen=True)
class Disk:
    """A disk to be added. ``size`` in GB, ``throughput`` in MiB/s."""

    type: str
    size: int
    iops: int | None = None
    throughput: int | None = None
    kms_id: str = ""


@dataclass(frozen=True)
class Growth:
    """A pool disk to be expanded: its ID, the new size in GB, and its type if the client told it."""

    id: str
    size: int
    type: str | None = None


@dataclass(frozen=True)
class Reach:
    """Which desktops a client named: the fields of the request."""

    handle_type: str | None = None
    desktop_ids: list[str] | None = None

    def select(self, world: World, pool: Pool) -> Scope:
        """Return the desktops meant."""
        return select(pool, world.dialect, world.now, self.handle_type, self.desktop_ids)

    def is_whole(self, world: World) -> bool:
        """Return whether the whole pool is meant, not single desktops."""
        ignored = self.handle_type is not None and world.dialect.desktop_ids_with_handle_type == "handle_type"
        return self.desktop_ids is None or ignored


def require_size(size: int, limits: tuple[int, int]) -> None:
    """Refuse a size in GB that no disk can have.

    Raises:
        ServiceError: 400.
    """
    if not limits[0] <= size <= limits[1] or size % 10:
        raise errors.invalid_request(f"size: {limits[0]} to {limits[1]} GB in steps of 10 are allowed")


def require_disk(disk: Disk, limits: tuple[int, int] = DATA_DISK_GB) -> None:
    """Refuse a disk that is not on offer.

    Raises:
        ServiceError: 400 for its type, size or performance.
    """
    if disk.type not in DISK_TYPES:
        raise errors.invalid_resource(f"Disks of the type {disk.type} are not on offer.")
    require_size(disk.size, limits)
    if disk.type != "GPSSD2":
        return
    for name, (least, most) in _GPSSD2_NEEDS.items():
        value = getattr(disk, name)
        if value is None or not least <= value <= most:
            raise errors.invalid_request(f"{name}: a disk of the type GPSSD2 needs {least} to {most}")


def add_disks(world: World, project: Project, pool: Pool, disks: list[Disk], reach: Reach) -> Job:
    """Accept an addition of data disks.

    Raises:
        ServiceError: 400 for a disk that is not on offer or one too many, 400 WKS.0407 while disks are being added
            (Terraform provider), 409 while busy or, by the reading of ``add_disks_to_stopped``, not running.
    """
    operation, dialect = AddWork.operation, world.dialect
    require_changeable(world, pool, operation)
    for disk in disks:
        require_disk(disk)
    _require_number(dialect.several_added_disks, len(disks))
    scope = reach.select(world, pool)
    if scope.template and len(pool.data_volumes) + len(disks) > MOST_DATA_DISKS:
        raise errors.invalid_resource(f"A desktop has at most {MOST_DATA_DISKS} data disks.")
    if dialect.conflict != "desktop":
        _require_no_addition(pool, scope)
    if dialect.add_disks_to_stopped == "refused":
        for desktop in scope.desktops:
            if desktop.status != "ACTIVE" and not desktop.open_work:
                raise errors.conflict(desktop.status, operation, desktop.desktop_id)
    new = [_new_pool_disk(world, disk) for disk in disks]
    work = AddWork(new, scope.template, len(disks) > 1 and dialect.several_added_disks == "sub_jobs_fail")
    job = submit_change(world, project, pool, scope, work)
    for added in new:
        event = {"pool_disk_id": added.id if scope.template else "", "type": added.type, "size": added.size}
        pool.effects.disks_added.append({**event, "job_id": job.id, "at": world.now})
    work.accepted(world, pool)
    return job


def expand_disks(world: World, project: Project, pool: Pool, growths: list[Growth], reach: Reach) -> Job:
    """Accept an expansion of disks, the system disk among them.

    Raises:
        ServiceError: 400 for a disk that the pool does not have or a size that is not above the present one, 409
            while busy.
    """
    require_changeable(world, pool, ExpandWork.operation)
    _require_different([growth.id for growth in growths])
    scope = reach.select(world, pool)
    whole = reach.is_whole(world)
    for growth in growths:
        _require_growth(pool, growth, scope, whole)
    work = ExpandWork(world, {growth.id: growth.size for growth in growths}, scope.template)
    job = submit_change(world, project, pool, scope, work)
    for growth in growths:
        event = {"pool_disk_id": growth.id, "size": growth.size, "job_id": job.id, "at": world.now}
        pool.effects.disks_expanded.append(event)
    work.accepted(world, pool)
    return job


def delete_disks(world: World, project: Project, pool: Pool, disk_ids: list[str], reach: Reach) -> Job:
    """Accept a deletion of data disks.

    Raises:
        ServiceError: 400 for a disk that neither the pool nor its desktops have, or the system disk; 409 while busy.
    """
    require_changeable(world, pool, DeleteWork.operation)
    _require_different(disk_ids)
    dialect = world.dialect
    _require_number(dialect.several_deleted_disks, len(disk_ids))
    for disk_id in disk_ids:
        if disk_id == pool.root_volume.id:
            raise errors.invalid_resource(f"The disk {disk_id} is the system disk.")
        _require_known(pool, disk_id)
    scope = reach.select(world, pool)
    fails = len(disk_ids) > 1 and dialect.several_deleted_disks == "sub_jobs_fail"
    work = DeleteWork(frozenset(disk_ids), scope.template, fails)
    job = submit_change(world, project, pool, scope, work)
    for disk_id in disk_ids:
        pool.effects.disks_deleted.append({"pool_disk_id": disk_id, "job_id": job.id, "at": world.now})
    work.accepted(world, pool)
    return job


def _require_number(reading: str, number: int) -> None:
    if reading == "refused" and number > 1:
        raise errors.invalid_request("volumes: one disk at a time is allowed")


def _require_different(disk_ids: list[str]) -> None:
    if len(set(disk_ids)) != len(disk_ids):
        raise errors.invalid_request("volumes: a disk is named twice")


def _require_no_addition(pool: Pool, scope: Scope) -> None:
    concerned = set(scope.desktops)
    for job in pool.jobs:
        if isinstance(job.work, AddWork):
            for sub_job in job.sub_jobs:
                if sub_job.ended is None and sub_job.desktop in concerned:
                    desktop_id = sub_job.desktop.desktop_id
                    text = f"Disks are being added to the desktop {desktop_id}. Try again later."
                    raise errors.ServiceError(400, errors.DISKS_BEING_ADDED, text)


def _require_growth(pool: Pool, growth: Growth, scope: Scope, whole: bool) -> None:
    _require_known(pool, growth.id)
    system = growth.id == pool.root_volume.id
    require_size(growth.size, SYSTEM_DISK_GB if system else DATA_DISK_GB)
    disk = next((disk for disk in pool.disks() if disk.id == growth.id), None)
    if disk is not None and growth.type not in (None, disk.type):
        raise errors.invalid_resource(f"The disk {growth.id} has the type {disk.type}, not {growth.type}.")
    # Only a change of the whole pool must exceed the template: single desktops are brought up to it (definitions of
    # the orders).
    if whole and disk is not None and growth.size <= disk.size:
        raise errors.invalid_resource(f"The disk {growth.id} has {disk.size} GB: the new size must exceed that.")
    if not whole:
        for desktop in scope.desktops:
            for volume in _bound(desktop, growth.id):
                if growth.size <= volume.size:
                    text = f"The disk {volume.id} of {desktop.computer_name} has {volume.size} GB"
                    raise errors.invalid_resource(f"{text}: the new size must exceed that.")


def _require_known(pool: Pool, disk_id: str) -> None:
    """Refuse a pool disk that is neither in the template nor, left over from a failed deletion, on a desktop."""
    if any(disk.id == disk_id for disk in pool.disks()):
        return
    if not any(True for desktop in pool.desktops.values() for _volume in _bound(desktop, disk_id)):
        raise errors.invalid_resource(f"The pool {pool.name} has no disk {disk_id}.")


def _bound(desktop: Desktop, disk_id: str) -> Iterator[Volume]:
    return (volume for volume in desktop.disks() if volume.pool_disk_id == disk_id)


def _new_pool_disk(world: World, disk: Disk) -> PoolDisk:
    fast = disk.type == "GPSSD2"
    return PoolDisk(
        world.new_id("pool disk"),
        disk.type,
        disk.size,
        disk.kms_id,
        disk.iops if fast else None,
        disk.throughput if fast else None,
    )


class _DiskWork(TemplateWork):
    """What changes of disks have in common: they leave power states and sessions alone."""

    def phase(self, progress: float) -> str:
        """Return the task state of a change that has none of its own."""
        return "updating"

    def begin(self, world: World, sub_job: SubJob, now: float) -> Verdict | None:
        """Refuse a desktop in ERROR."""
        desktop = sub_job.desktop
        return _refused(desktop) if desktop.status == UNHEALTHY_STATUS else None


def _refused(desktop: Desktop) -> Verdict:
    reason = f"Operation conflict: the disks of a desktop in the status {desktop.status} cannot be changed."
    return Verdict(False, errors.CONFLICT, reason)


_ONE_AT_A_TIME = Verdict(False, errors.CONFLICT, "Operation conflict: the disks of a desktop change one at a time.")


class AddWork(_DiskWork):
    """Gives each desktop further data disks."""

    operation = "AddDesktopPoolVolumes"
    job_type = "addDesktopPoolVolumes"

    def __init__(self, disks: list[PoolDisk], template: bool, fails: bool) -> None:
        """Add disks.

        Args:
            disks: What the template gets, if it moves.
            template: Whether it moves.
            fails: Whether every sub-job fails because there are several disks.
        """
        super().__init__(template)
        self._disks = disks
        self._fails = fails

    def begin(self, world: World, sub_job: SubJob, now: float) -> Verdict | None:
        """Refuse a desktop that cannot take the disks."""
        desktop = sub_job.desktop
        if self._fails:
            return _ONE_AT_A_TIME
        if desktop.status != "ACTIVE" and world.dialect.add_disks_to_stopped != "works":
            return _refused(desktop)
        if len(desktop.data_volumes) + len(self._disks) > MOST_DATA_DISKS:
            return Verdict(False, errors.INVALID_RESOURCE, f"A desktop has at most {MOST_DATA_DISKS} data disks.")
        return super().begin(world, sub_job, now)

    def complete(self, world: World, sub_job: SubJob, now: float) -> None:
        """Attach the disks."""
        desktop = sub_job.desktop
        for number, disk in enumerate(self._disks):
            volume = Volume(
                id=world.ids.uuid("added volume", sub_job.id, number),
                volume_id=world.ids.uuid("added disk", sub_job.id, number),
                pool_disk_id=disk.id if self._template else _lacking(desktop, disk),
                type=disk.type,
                size=disk.size,
                device=_free_device(desktop),
                created=now,
                kms_id=disk.kms_id,
            )
            desktop.data_volumes.append(volume)
            event = {"id": volume.id, "pool_disk_id": volume.pool_disk_id, "type": volume.type, "size": volume.size}
            desktop.record().disks_added.append({**event, "job_id": sub_job.job.id, "at": now})

    def move_template(self, pool: Pool) -> None:
        """Give the pool the disks."""
        pool.data_volumes.extend(replace(disk) for disk in self._disks)


def _lacking(desktop: Desktop, wanted: PoolDisk) -> str:
    """Return the ID of the first pool disk like ``wanted`` that the desktop lacks; empty if it lacks none."""
    present = {volume.pool_disk_id for volume in desktop.data_volumes}
    for disk in desktop.pool.data_volumes:
        if (disk.type, disk.size) == (wanted.type, wanted.size) and disk.id not in present:
            return disk.id
    return ""


def _free_device(desktop: Desktop) -> str:
    taken = {volume.device for volume in desktop.disks()}
    names = (f"/dev/vd{letter}" for letter in "bcdefghijklmnopqrstuvwxyz")
    return next(name for name in names if name not in taken)


class ExpandWork(_DiskWork):
    """Makes disks of each desktop larger, with what is on them."""

    operation = "ExpandDesktopPoolVolumes"

    def __init__(self, world: World, sizes: dict[str, int], template: bool) -> None:
        """Expand to ``sizes``, GB by ID of the pool disk; the job type is an open question."""
        super().__init__(template)
        self._sizes = sizes
        self.job_type = world.dialect.expand_volumes_job_type

    def begin(self, world: World, sub_job: SubJob, now: float) -> Verdict | None:
        """Refuse a desktop that lacks a disk."""
        desktop = sub_job.desktop
        for disk_id in self._sizes:
            if next(_bound(desktop, disk_id), None) is None:
                return Verdict(False, errors.INVALID_RESOURCE, f"The desktop has no disk of the pool disk {disk_id}.")
        return super().begin(world, sub_job, now)

    def complete(self, world: World, sub_job: SubJob, now: float) -> None:
        """Grow the disks; one that has the size already is left as it is."""
        desktop = sub_job.desktop
        for disk_id, size in self._sizes.items():
            for volume in _bound(desktop, disk_id):
                if volume.size < size:
                    event = {"id": volume.id, "pool_disk_id": disk_id, "previous_size": volume.size, "size": size}
                    desktop.record().disks_expanded.append({**event, "job_id": sub_job.job.id, "at": now})
                    volume.size = size

    def move_template(self, pool: Pool) -> None:
        """Grow the pool's disks."""
        for disk in pool.disks():
            disk.size = max(disk.size, self._sizes.get(disk.id, 0))


class DeleteWork(_DiskWork):
    """Takes data disks from each desktop, with what is on them."""

    operation = "DeleteDesktopPoolVolumes"
    job_type = "deleteDesktopPoolVolumes"

    def __init__(self, disk_ids: frozenset[str], template: bool, fails: bool) -> None:
        """Delete what belongs to these pool disks; ``fails``: every sub-job fails because there are several."""
        super().__init__(template)
        self._disk_ids = disk_ids
        self._fails = fails

    def begin(self, world: World, sub_job: SubJob, now: float) -> Verdict | None:
        """Refuse several disks, where only one at a time is possible."""
        return _ONE_AT_A_TIME if self._fails else super().begin(world, sub_job, now)

    def complete(self, world: World, sub_job: SubJob, now: float) -> None:
        """Delete the disks; a desktop that has none of them is left as it is."""
        desktop = sub_job.desktop
        gone = [volume for volume in desktop.data_volumes if volume.pool_disk_id in self._disk_ids]
        desktop.data_volumes = [volume for volume in desktop.data_volumes if volume not in gone]
        for volume in gone:
            event = {"id": volume.id, "pool_disk_id": volume.pool_disk_id, "type": volume.type, "size": volume.size}
            desktop.record().disks_deleted.append({**event, "job_id": sub_job.job.id, "at": now})

    def move_template(self, pool: Pool) -> None:
        """Take the disks from the pool."""
        pool.data_volumes = [disk for disk in pool.data_volumes if disk.id not in self._disk_ids]
