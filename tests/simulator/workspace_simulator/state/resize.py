# Copyright (c) 2026 the hwcloud.workspace contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Resize: another product, that is CPU and memory."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from .. import errors
from .changes import TemplateWork, require_changeable, require_free
from .jobs import Job, SubJob, Verdict
from .models import UNHEALTHY_STATUS, Desktop, Pool, Product
from .power import cut_users_off, run, stop
from .scope import Scope, select

if TYPE_CHECKING:
    from .world import Project, World

_PHASES = ("resize_prep", "resize_migrating", "resize_migrated", "resize_finish")


@dataclass(frozen=True)
class Resize:
    """What a client asked for; the fields are those of the request."""

    product_id: str
    flavor_id: str | None = None
    mode: str | None = None
    handle_type: str | None = None
    desktop_ids: list[str] | None = None


@dataclass(frozen=True)
class Resizing:
    """An accepted resize: its job, and the job that works on each desktop, by desktop ID."""

    job: Job
    jobs: dict[str, Job]


def resize_pool(world: World, project: Project, pool: Pool, wish: Resize) -> Resizing:
    """Accept a resize of a pool.

    Raises:
        ServiceError: 400 for a product, desktop or combination that cannot be, 409 while busy.
    """
    operation = ResizeWork.operation
    require_changeable(world, pool, operation)
    product = _usable_product(world, pool, wish)
    again = world.dialect.same_product_again
    if again == "refused" and product.product_id == pool.product_id and wish.desktop_ids is None:
        raise errors.invalid_resource(f"The pool {pool.name} already has the product {product.product_id}.")
    scope = select(pool, world.dialect, world.now, wish.handle_type, wish.desktop_ids)
    _require_way(world, pool, wish, scope, product)
    if again == "nothing":
        rest = [desktop for desktop in scope.desktops if desktop.product_id != product.product_id]
        scope = Scope(rest, scope.template)
    busy = require_free(world, pool, scope, operation)
    work = ResizeWork(world, product, scope.template, wish.mode is not None)
    if world.dialect.resize_jobs == "own" and world.dialect.api_age == "newest" and scope.desktops:
        resizing = _submit_apart(world, project, pool, scope, work, busy)
    else:
        job = world.jobs.submit(project, pool, scope.desktops, work, 0.0, busy)
        resizing = Resizing(job, dict.fromkeys((desktop.desktop_id for desktop in scope.desktops), job))
    event = {"product_id": product.product_id, "job_id": resizing.job.id, "at": world.now}
    pool.effects.resizes.append(event)
    work.accepted(world, pool)
    return resizing


def _usable_product(world: World, pool: Pool, wish: Resize) -> Product:
    product, image = world.products.get(wish.product_id), world.images[pool.image_id]
    if product is None:
        raise errors.invalid_resource(f"The product {wish.product_id} does not exist.")
    fields, name = product.fields, product.product_id
    if wish.flavor_id is not None and wish.flavor_id != fields["flavor_id"]:
        raise errors.invalid_resource(f"The product {name} has flavor_id {fields['flavor_id']}, not {wish.flavor_id}.")
    if fields["status"] != "normal":
        raise errors.invalid_resource(f"The product {name} is not sold: its status is {fields['status']}.")
    if product.zones and pool.availability_zone not in product.zones:
        raise errors.invalid_resource(f"The product {name} is not sold in {pool.availability_zone}.")
    if fields["architecture"] != image.architecture or image.os_type not in product.os_types:
        raise errors.invalid_resource(f"The product {name} does not run the image {image.id}.")
    if int(fields["memory"]) < image.min_ram:
        raise errors.invalid_resource(f"The image {image.id} needs {image.min_ram} MB of memory or more.")
    return product


def _require_way(world: World, pool: Pool, wish: Resize, scope: Scope, product: Product) -> None:
    """Refuse a way from the present products to the new one that is not sold (help page: changing specifications)."""
    present = {desktop.product_id for desktop in scope.desktops}
    if world.dialect.mixed_products == "refused" and wish.desktop_ids is None and len(present) > 1:
        raise errors.invalid_resource(f"The desktops of the pool {pool.name} have different products.")
    if scope.template:
        present.add(pool.product_id)
    new = product.fields
    for name in sorted(present - {product.product_id}):
        old = world.products[name].fields
        kinds = (old["package_type"], new["package_type"])
        if kinds[0] != kinds[1] and kinds != ("enterprise", "ultimate"):
            raise errors.invalid_resource(f"No way leads from a package of the kind {kinds[0]} to {kinds[1]}.")
        if pool.charging_mode == "0" and any(int(new[part]) < int(old[part]) for part in ("cpu", "memory")):
            raise errors.invalid_resource(f"The pool {pool.name} is yearly/monthly: it can only grow from {name}.")


def _submit_apart(
    world: World, project: Project, pool: Pool, scope: Scope, work: ResizeWork, busy: set[Desktop]
) -> Resizing:
    """Start a job for each desktop, and one that lasts as long as they."""
    whole = world.jobs.hold(project, pool, work)
    parts = _Parts(whole, len(scope.desktops))
    jobs = {}
    for desktop in scope.desktops:
        part = _PartWork(world, work, parts)
        jobs[desktop.desktop_id] = world.jobs.submit(project, pool, [desktop], part, 0.0, busy)
    return Resizing(whole, jobs)


class ResizeWork(TemplateWork):
    """Gives each desktop another product."""

    operation = "ResizeDesktopPool"
    exclusive = True  # No other operation on the pool while it runs (help page: changing specifications).

    def __init__(self, world: World, product: Product, template: bool, stops: bool) -> None:
        """Prepare a resize.

        Args:
            world: The estate.
            product: The new product.
            template: Whether the pool's own product moves too.
            stops: Whether running desktops are stopped first; they fail otherwise (Terraform provider).
        """
        super().__init__(template)
        self.product = product
        self.stops = stops
        self.job_type = world.dialect.resize_job_type
        self._ran: set[Desktop] = set()

    def begin(self, world: World, sub_job: SubJob, now: float) -> Verdict | None:
        """Stop a running desktop, or fail."""
        desktop = sub_job.desktop
        if desktop.status == UNHEALTHY_STATUS or (desktop.status != "SHUTOFF" and not self.stops):
            reason = f"Operation conflict: a desktop in the status {desktop.status} cannot be resized."
            return Verdict(False, errors.CONFLICT, reason)
        if desktop.status == "ACTIVE":
            self._ran.add(desktop)
        cut_users_off(desktop, now, f"resize {sub_job.job.id}")
        stop(desktop, "SHUTOFF")
        return None

    def phase(self, progress: float) -> str:
        """Return one of the task states of a resize (definitions)."""
        return _PHASES[min(3, int(progress * 4))]

    def complete(self, world: World, sub_job: SubJob, now: float) -> None:
        """Swap the product and set the desktop's power state."""
        desktop, new = sub_job.desktop, self.product.product_id
        event = {"product_id": new, "previous_product_id": desktop.product_id, "job_id": sub_job.job.id, "at": now}
        desktop.record().resizes.append(event)
        desktop.product_id = new
        runs = {"active": True, "stopped": False, "as_before": desktop in self._ran}
        if runs[world.dialect.power_after_resize]:
            run(desktop)

    def fail(self, world: World, sub_job: SubJob, now: float) -> None:
        """Start a desktop that was running, on its old product; a status left behind by the failure stays."""
        desktop = sub_job.desktop
        if desktop in self._ran and desktop.status == "SHUTOFF":
            run(desktop)

    def move_template(self, pool: Pool) -> None:
        """Give the pool the product."""
        pool.product_id = self.product.product_id


class _Parts:
    """The jobs of single desktops that make up a whole one."""

    def __init__(self, whole: Job, count: int) -> None:
        self._whole = whole
        self._open = count
        self._failed = 0

    def ended(self, world: World, job: Job, now: float) -> None:
        """Count a part; the whole ends with the last of them, and fails if one of them did."""
        self._open -= 1
        self._failed += job.failed()
        if self._open:
            return
        if self._failed:
            world.jobs.abandon(self._whole, now)
        else:
            world.jobs.conclude(self._whole, now)


class _PartWork(ResizeWork):
    """Resizes one desktop of several in a job of its own."""

    def __init__(self, world: World, whole: ResizeWork, parts: _Parts) -> None:
        super().__init__(world, whole.product, template=False, stops=whole.stops)
        self._parts = parts

    def close(self, world: World, job: Job, now: float) -> None:
        """Tell the whole that this part is over."""
        self._parts.ended(world, job, now)
