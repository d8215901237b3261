# Copyright (c) 2026 the hwcloud.workspace contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Rebuild: a new system disk from an image."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from .. import errors
from .changes import TemplateWork, require_changeable, submit_change
from .jobs import SUCCEEDED, Job, SubJob, Verdict
from .models import STOPPED, Desktop, Image, Pool
from .scope import Scope, select
from .users import cut_session, unbind

if TYPE_CHECKING:
    from .world import Project, World

_PHASES = ("rebuilding", "rebuild_block_device_mapping", "rebuild_spawning")


@dataclass(frozen=True)
class Rebuild:
    """What a client asked for; the fields are those of the request. ``delay_time`` in minutes, 0-15."""

    image_id: str
    image_type: str | None = None
    os_type: str | None = None
    delay_time: int = 0
    message: str | None = None
    order_id: str | None = None
    is_fix: bool = False
    handle_type: str | None = None
    desktop_ids: list[str] | None = None


def rebuild_pool(world: World, project: Project, pool: Pool, wish: Rebuild) -> Job:
    """Accept a rebuild of a pool.

    Raises:
        ServiceError: 400 for an image, desktop or combination that cannot be, 409 while busy.
    """
    require_changeable(world, pool, "RebuildDesktopPool")
    image = _usable_image(world, pool, wish)
    again = world.dialect.same_image_again
    if again == "refused" and image.id == pool.image_id and not wish.is_fix and wish.desktop_ids is None:
        raise errors.invalid_resource(f"The pool {pool.name} already has the image {image.id}.")
    scope = select(pool, world.dialect, world.now, wish.handle_type, wish.desktop_ids, wish.is_fix)
    if again == "nothing":
        scope = Scope([desktop for desktop in scope.desktops if desktop.image_id != image.id], scope.template)
    work = RebuildWork(image, template=scope.template)
    job = submit_change(world, project, pool, scope, work, delay=60.0 * wish.delay_time)
    pool.effects.rebuilds.append({"image_id": image.id, "job_id": job.id, "at": world.now})
    work.accepted(world, pool)
    if wish.message:
        for desktop in scope.desktops:
            if desktop.login_status == "CONNECTED":
                desktop.record().notifications.append({"message": wish.message, "job_id": job.id, "at": world.now})
    return job


def _usable_image(world: World, pool: Pool, wish: Rebuild) -> Image:
    image = world.images.get(wish.image_id)
    if image is None:
        raise errors.invalid_resource(f"The image {wish.image_id} does not exist.")
    product = world.products[pool.product_id].fields
    if image.architecture != product["architecture"]:
        raise errors.invalid_resource(f"The image {image.id} is for {image.architecture} machines.")
    if image.min_disk > pool.root_volume.size:
        raise errors.invalid_resource(f"The image {image.id} needs a system disk of {image.min_disk} GB or more.")
    for field, given, actual in (
        ("image_type", wish.image_type, image.image_type),
        ("os_type", wish.os_type, image.os_type),
    ):
        if given is not None and given.lower() != actual.lower():
            raise errors.invalid_resource(f"The image {image.id} has {field} {actual}, not {given}.")
    if pool.charging_mode == "0" and image.product_code and not wish.order_id:
        raise errors.invalid_resource(f"The image {image.id} is paid: a yearly/monthly pool needs an order_id.")
    return image


class RebuildWork(TemplateWork):
    """Gives each desktop a new system disk."""

    operation = "RebuildDesktopPool"
    job_type = "rebuildDesktopPool"

    def __init__(self, image: Image, template: bool) -> None:
        """Use ``image``; ``template`` tells whether the pool's own image moves too."""
        super().__init__(template)
        self._image = image
        self._stopped: set[Desktop] = set()

    def begin(self, world: World, sub_job: SubJob, now: float) -> Verdict | None:
        """Deal with a user who is still connected, then take the desktop from its users."""
        desktop = sub_job.desktop
        if desktop.login_status == "CONNECTED":
            reading = world.dialect.connected_user
            if reading == "skip":
                return SUCCEEDED
            if reading == "fail":
                return Verdict(False, errors.CONFLICT, "Operation conflict: a user is connected to the desktop.")
            cut_session(desktop, now, f"rebuild {sub_job.job.id}")
        if desktop.status in STOPPED:
            self._stopped.add(desktop)
        desktop.login_status = "UNREGISTER"
        desktop.disconnected_since = None
        return None

    def phase(self, progress: float) -> str:
        """Return one of the three task states of a rebuild (definitions)."""
        return _PHASES[min(2, int(progress * 3))]

    def complete(self, world: World, sub_job: SubJob, now: float) -> None:
        """Swap the system disk and set the desktop's states."""
        desktop, ids = sub_job.desktop, world.ids
        changes_os = world.images[desktop.image_id].os_type != self._image.os_type
        desktop.record().rebuilds.append(
            {"image_id": self._image.id, "previous_image_id": desktop.image_id, "job_id": sub_job.job.id, "at": now}
        )
        desktop.image_id = self._image.id
        desktop.root_volume.id = ids.uuid("root volume", sub_job.id)
        desktop.root_volume.volume_id = ids.uuid("root disk", sub_job.id)
        desktop.root_volume.created = now
        reading = world.dialect.data_disks_at_rebuild
        if reading == "recreated" or (reading == "lost_on_os_change" and changes_os):
            for number, disk in enumerate(desktop.data_volumes):
                disk.id = ids.uuid("data volume", sub_job.id, number)
                disk.volume_id = ids.uuid("data disk", sub_job.id, number)
                disk.created = now
        self._set_power(world, desktop)
        _change_identity(world, sub_job)

    def fail(self, world: World, sub_job: SubJob, now: float) -> None:
        """Bring a running desktop back to its users, on its old image."""
        if sub_job.desktop.status == "ACTIVE":
            sub_job.desktop.login_status = "REGISTERED"

    def move_template(self, pool: Pool) -> None:
        """Give the pool the image."""
        pool.image_id = self._image.id

    def _set_power(self, world: World, desktop: Desktop) -> None:
        stopped = {"active": False, "stopped": True, "as_before": desktop in self._stopped}
        if stopped[world.dialect.power_after_rebuild]:
            desktop.status, desktop.login_status = "SHUTOFF", "UNREGISTER"
        else:
            desktop.status, desktop.login_status = "ACTIVE", "REGISTERED"


def _change_identity(world: World, sub_job: SubJob) -> None:
    desktop, reading = sub_job.desktop, world.dialect.rebuild_changes
    if reading in ("sid", "sid_and_ip"):
        desktop.sid = world.ids.uuid("sid", sub_job.id)
    if reading == "sid_and_ip":
        desktop.ip_address = world.next_address()
    if reading == "name_case":
        desktop.computer_name = desktop.computer_name.upper()
    if reading == "binding":
        unbind(desktop)
    if reading == "desktop_id":
        world.rename_desktop(desktop, world.ids.uuid("desktop", sub_job.id))
