# Copyright (c) 2026 the hwcloud.workspace contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Creation and deletion: of pools, and of the desktops in them."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from .. import errors
from .changes import require_changeable, submit_change
from .ids import Ids
from .jobs import Job, SubJob, Verdict, Work
from .models import DISK_TYPES, UNHEALTHY_STATUS, Desktop, Image, NamePolicy, Pool, PoolDisk, Product, User, Volume
from .scope import Scope
from .users import IN_SESSION, bind, check_objects, cut_session, record_authorization

if TYPE_CHECKING:
    from .world import Project, World

GROUP_NAME = "WorkspaceUserSecurityGroup"
"""Name of the security group that desktops are in by default."""

LONGEST_COMPUTER_NAME = 15
"""What Windows allows."""

_NAME = re.compile(r"[A-Za-z0-9\u4e00-\u9fff-]+")
_CREATING = ("scheduling", "block_device_mapping", "networking", "spawning")
_GIVEN = (
    "description",
    "enterprise_project_id",
    "disconnected_retention_period",
    "enable_autoscale",
    "desktop_name_policy_id",
    "ou_name",
    "domain",
)
"""Fields of a creation that a pool keeps under their own name."""


def default_vpc(ids: Ids, project: Project) -> str:
    """Return the VPC of pools that name none."""
    return ids.uuid("vpc", project.id)


def default_zone(project: Project) -> str:
    """Return the availability zone of pools that name none."""
    return f"{project.region}a"


def default_security_groups(ids: Ids, project: Project) -> list[dict[str, str]]:
    """Return the security groups of pools that name none."""
    return [{"id": ids.uuid("security group", project.id), "name": GROUP_NAME}]


def mac_address(address: str) -> str:
    """Return the MAC address that goes with an IPv4 address."""
    return "fa:16:3e:" + ":".join(f"{int(byte):02x}" for byte in address.split(".")[1:])


def new_volume(ids: Ids, desktop_id: str, number: int, disk: PoolDisk, created: float) -> Volume:
    """Return a desktop's disk made from a pool's; ``number`` is 0 for the system disk."""
    return Volume(
        id=ids.uuid("volume", desktop_id, number),
        volume_id=ids.uuid("disk", desktop_id, number),
        pool_disk_id=disk.id,
        type=disk.type,
        size=disk.size,
        device=f"/dev/vd{chr(ord('a') + number)}",
        created=created,
        kms_id=disk.kms_id,
    )


def create_pool(world: World, project: Project, given: dict[str, Any]) -> Job:
    """Create a pool, pay-per-use, and its first desktops. The pool is there at once, the desktops follow.

    Args:
        world: The estate.
        project: Project that the pool is to be in; its name must be free.
        given: The fields of the request; ``size`` is the number of desktops, disks in GB.

    Raises:
        ServiceError: 400 for what does not exist or does not fit; 400 or 403 beyond the quota.
    """
    check_name(world, project, given["name"])
    image, product = _image_and_product(world, given)
    zone = given.get("availability_zone") or default_zone(project)
    _check_fit(given, image, product, zone)
    if product.zones and zone not in product.zones:
        raise errors.invalid_resource(f"The product {product.product_id} is not sold in {zone}.")
    check_network(project, given["subnet_ids"])
    check_name_policy(world, given.get("desktop_name_policy_id"))
    objects = check_objects(world, given.get("authorized_objects", []))
    pool = _new_pool(world, project, given, zone)
    pool.authorized_objects = list({(entry.object_type, entry.object_id): entry for entry in objects}.values())
    require_room(world, project, pool, given["size"])
    project.pools[pool.id] = pool
    for entry in pool.authorized_objects:
        record_authorization(world, pool, "ADD", entry)
    work = CreateWork(project, "CreateDesktopPool", "createDesktopPool")
    desktops = new_desktops(world, project, pool, given["size"])
    job = world.jobs.submit(project, pool, desktops, work, 0.0, ())
    pool.effects.created.append({"job_id": job.id, "size": given["size"], "at": world.now})
    return job


def expand_pool(world: World, project: Project, pool: Pool, size: int) -> Job:
    """Add desktops to a pool, made from its template as it is now.

    Raises:
        ServiceError: 400 or 403 beyond the quota, 409 while a change of the pool forbids others.
    """
    require_changeable(world, pool, "ExpandDesktopPool")
    require_room(world, project, pool, size)
    work = CreateWork(project, "ExpandDesktopPool", "expandDesktopPool")
    job = submit_change(world, project, pool, Scope(new_desktops(world, project, pool, size), False), work)
    pool.effects.expanded.append({"job_id": job.id, "size": size, "at": world.now})
    return job


def delete_pool(world: World, project: Project, pool_id: str) -> None:
    """Delete a pool without desktops, for good.

    Raises:
        ServiceError: 409 while autoscaling is on or desktops are being made (definitions), 409 or 400 while it has
            desktops; what a pool that is gone answers is a reading.
    """
    pool = project.pools.get(pool_id)
    if pool is None:
        reading = world.dialect.delete_missing_pool
        if reading == "204":
            return
        raise errors.ServiceError(int(reading), errors.POOL_MISSING, f"The desktop pool {pool_id} does not exist.")
    if pool.enable_autoscale:
        raise errors.conflict("AUTOSCALE", "DeleteDesktopPool", pool.id)
    if pool.desktops and world.dialect.delete_pool_with_desktops == "400":
        raise errors.invalid_resource(f"The desktop pool {pool.name} still has desktops.")
    if pool.desktops or any(job.work.changes for job in pool.jobs):
        raise errors.conflict("NOT_EMPTY", "DeleteDesktopPool", pool.id)
    for job in list(pool.waiting):
        world.jobs.abandon(job, world.now)
    pool.waiting.clear()
    del project.pools[pool.id]
    pool.effects.deleted.append({"at": world.now})
    project.deleted_pools.append(pool)


def delete_desktops(
    world: World, project: Project, desktop_ids: list[str], force: bool, delete_users: bool, email: bool
) -> Job:
    """Delete desktops, of one pool or of several.

    Args:
        world: The estate.
        project: Project of the desktops.
        desktop_ids: Their IDs.
        force: Whether a session on them is no obstacle.
        delete_users: Whether users who have no other desktop are deleted too.
        email: Whether users are told.

    Raises:
        ServiceError: 400 for an unknown desktop, 409 for a busy one or, under one reading, for one in use.
    """
    unknown = [desktop_id for desktop_id in desktop_ids if desktop_id not in project.desktops]
    if unknown:
        raise errors.invalid_resource(f"Desktops that do not exist: {', '.join(unknown)}.")
    desktops = [project.desktops[desktop_id] for desktop_id in dict.fromkeys(desktop_ids)]
    for pool in {desktop.pool.id: desktop.pool for desktop in desktops}.values():
        require_changeable(world, pool, "BatchDeleteDesktops")
    in_use = [desktop for desktop in desktops if desktop.login_status in IN_SESSION]
    if in_use and not force and world.dialect.delete_in_use == "refused":
        raise errors.conflict(in_use[0].login_status, "BatchDeleteDesktops", in_use[0].desktop_id)
    work = DeleteWork(project, force, delete_users, email)
    return submit_change(world, project, desktops[0].pool, Scope(desktops, False), work)


def shortage(world: World, project: Project, pool: Pool, size: int) -> str | None:
    """Return what ``size`` more desktops of a pool lack, as a sentence; None if there is room.

    Desktops that accepted jobs have yet to begin with count as if they were there.
    """
    pending = [desktop for other in project.pools.values() for desktop in _pending(other)]
    return _shortage(world, project, pool, size, pending)


def require_room(world: World, project: Project, pool: Pool, size: int) -> None:
    """Refuse desktops for which there is no room.

    Raises:
        ServiceError: 400 or 403; under the third reading nothing, the sub-jobs fail then.
    """
    reading = world.dialect.beyond_quota
    if reading == "sub_jobs_fail":
        return
    lack = shortage(world, project, pool, size)
    if lack is not None:
        raise errors.ServiceError(int(reading), errors.QUOTA_EXCEEDED, lack)


def check_name(world: World, project: Project, name: str, pool: Pool | None = None) -> None:
    """Refuse a name, with 400, that is too long, has other characters than are allowed, or is another pool's."""
    longest = int(world.dialect.pool_name_max)
    if not 1 <= len(name) <= longest:
        raise errors.invalid_request(f"name: 1 to {longest} characters are allowed")
    if world.dialect.pool_name_characters == "documented" and not _NAME.fullmatch(name):
        raise errors.invalid_request("name: only letters, digits and hyphens are allowed")
    other = project.pool_named(name)
    if other is not None and other is not pool:
        raise errors.invalid_resource(f"A desktop pool named {name} exists already.")


def check_network(project: Project, subnet_ids: list[str]) -> None:
    """Refuse subnets that do not exist, with 400, where the estate lists the ones that do."""
    unknown = [subnet for subnet in subnet_ids if project.subnets and subnet not in project.subnets]
    if unknown:
        raise errors.invalid_resource(f"Subnets that do not exist: {', '.join(unknown)}.")


def check_name_policy(world: World, policy_id: str | None) -> None:
    """Refuse a name policy that does not exist, with 400, where the estate lists the ones that do."""
    if policy_id and world.name_policies and policy_id not in world.name_policies:
        raise errors.invalid_resource(f"The desktop name policy {policy_id} does not exist.")


def check_disk_type(kind: str) -> None:
    """Refuse a type of disk that the service does not offer, with 400."""
    if kind not in DISK_TYPES:
        raise errors.invalid_resource(f"Disks of the type {kind} are not offered, only {', '.join(DISK_TYPES)}.")


def new_desktops(world: World, project: Project, pool: Pool, size: int) -> list[Desktop]:
    """Return desktops made from a pool's template as it is now. They join the pool as their creation begins."""
    taken = {desktop.computer_name for desktop in project.desktops.values()}
    policy = world.name_policies.get(pool.desktop_name_policy_id) or NamePolicy(
        f"{pool.name[: LONGEST_COMPUTER_NAME - 5]}-", 4, 1
    )
    desktops = []
    for _time in range(size):
        number = project.last_numbers.get(policy.prefix, policy.start - 1) + 1
        while f"{policy.prefix}{number:0{policy.digits}d}" in taken:
            number += 1
        project.last_numbers[policy.prefix] = number
        desktops.append(_new_desktop(world, project, pool, f"{policy.prefix}{number:0{policy.digits}d}"))
    return desktops


class CreateWork(Work):
    """Creates each desktop: it joins its pool as its sub-job begins and runs as that ends."""

    def __init__(
        self, project: Project, operation: str, job_type: str, user: User | None = None, user_group: str = ""
    ) -> None:
        """Create desktops in ``project``; ``user`` gets them, with the privileges of ``user_group``."""
        self.operation = operation
        self.job_type = job_type
        self._project = project
        self._user = user
        self._user_group = user_group

    def entities(self, desktop: Desktop) -> dict[str, str]:
        """Name the user, if it is made for one."""
        del desktop
        return {"user_name": self._user.name} if self._user is not None else {}

    def begin(self, world: World, sub_job: SubJob, now: float) -> Verdict | None:
        """Put the desktop into its pool and give it an address, if there is room."""
        desktop, project = sub_job.desktop, self._project
        if desktop.pool.id not in project.pools:
            return Verdict(False, errors.POOL_MISSING, f"The desktop pool {desktop.pool.id} does not exist.")
        lack = _shortage(world, project, desktop.pool, 1, [])
        desktop.created = now
        desktop.promised = self._user
        desktop.subnet_id = _subnet(project, desktop.pool)
        if lack is None:
            desktop.ip_address = world.next_address()
            desktop.mac_address = mac_address(desktop.ip_address)
        project.add_desktop(desktop)
        if lack is None:
            return None
        self._give_up(world, desktop, None)
        return Verdict(False, errors.QUOTA_EXCEEDED, lack)

    def phase(self, progress: float) -> str:
        """Return one of the four task states of a creation (definitions)."""
        return _CREATING[min(3, int(progress * 4))]

    def complete(self, world: World, sub_job: SubJob, now: float) -> None:
        """Let it run."""
        del world
        desktop = sub_job.desktop
        desktop.status, desktop.login_status = "ACTIVE", "REGISTERED"
        desktop.record().created.append({"job_id": sub_job.job.id, "at": now})
        if self._user is not None:
            bind(desktop, self._user, self._user_group, sub_job.job, now)

    def fail(self, world: World, sub_job: SubJob, now: float) -> None:
        """Leave a desktop in ERROR, or none."""
        del now
        assert sub_job.verdict is not None
        self._give_up(world, sub_job.desktop, sub_job.verdict.leaves)

    def _give_up(self, world: World, desktop: Desktop, leaves: str | None) -> None:
        desktop.promised = None
        if leaves is None and world.dialect.failed_creation == "removed":
            self._project.remove_desktop(desktop)
        else:
            desktop.status = leaves or UNHEALTHY_STATUS


class DeleteWork(Work):
    """Deletes each desktop: its status is empty while it goes (Terraform provider)."""

    operation = "BatchDeleteDesktops"
    job_type = "deleteDesktops"

    def __init__(self, project: Project, force: bool, delete_users: bool, email: bool) -> None:
        """Delete desktops of ``project``; the rest as in ``delete_desktops``."""
        self._project = project
        self._force = force
        self._delete_users = delete_users
        self._email = email
        self._before: dict[Desktop, str] = {}

    def begin(self, world: World, sub_job: SubJob, now: float) -> Verdict | None:
        """Deal with a session, then take the desktop from its users."""
        desktop = sub_job.desktop
        if desktop.login_status in IN_SESSION and not self._force and world.dialect.delete_in_use == "sub_jobs_fail":
            return Verdict(False, errors.CONFLICT, "Operation conflict: the desktop is in use.")
        if desktop.login_status == "CONNECTED":
            cut_session(desktop, now, f"deletion {sub_job.job.id}")
        self._before[desktop] = desktop.status
        desktop.status, desktop.login_status, desktop.disconnected_since = "", "UNREGISTER", None
        return None

    def phase(self, progress: float) -> str:
        """Return the task state of a deletion (definitions)."""
        del progress
        return "deleting"

    def complete(self, world: World, sub_job: SubJob, now: float) -> None:
        """Remove the desktop and, if that is wanted, its user."""
        desktop, user = sub_job.desktop, sub_job.desktop.user
        self._project.remove_desktop(desktop)
        told = user.name if user is not None and self._email else None
        desktop.record().deleted.append({"job_id": sub_job.job.id, "email_to": told, "at": now})
        if user is not None and self._delete_users:
            _delete_user(world, user)

    def fail(self, world: World, sub_job: SubJob, now: float) -> None:
        """Bring the desktop back as it was, unless the failure leaves another status."""
        del world, now
        desktop, verdict = sub_job.desktop, sub_job.verdict
        assert verdict is not None
        if verdict.leaves is None:
            desktop.status = self._before[desktop]
        desktop.login_status = "REGISTERED" if desktop.status == "ACTIVE" else "UNREGISTER"


def _image_and_product(world: World, given: dict[str, Any]) -> tuple[Image, Product]:
    image, product = world.images.get(given["image_id"]), world.products.get(given["product_id"])
    if image is None:
        raise errors.invalid_resource(f"The image {given['image_id']} does not exist.")
    if image.image_type != given["image_type"]:
        raise errors.invalid_resource(f"The image {image.id} has image_type {image.image_type}.")
    if product is None or product.fields["status"] == "abandon":
        raise errors.invalid_resource(f"The product {given['product_id']} does not exist.")
    return image, product


def _check_fit(given: dict[str, Any], image: Image, product: Product, zone: str) -> None:
    fields, root = product.fields, given["root_volume"]
    for wrong, problem in (
        (image.architecture != fields["architecture"], f"is for {image.architecture} machines"),
        (image.os_type not in product.os_types, f"has an OS that {product.product_id} is not sold with"),
        (image.image_type == "private" and fields["type"] != "BASE", f"is private, {product.product_id} not BASE"),
        (image.min_disk > root["size"], f"needs a system disk of {image.min_disk} GB or more"),
        (image.min_ram > int(fields["memory"]), f"needs {image.min_ram} MB of memory or more"),
    ):
        if wrong:
            raise errors.invalid_resource(f"The image {image.id} {problem}.")
    if given.get("flavor_id") not in (None, fields["flavor_id"]):
        raise errors.invalid_resource(f"The product {product.product_id} has the flavor {fields['flavor_id']}.")
    for disk in (root, *given.get("data_volumes", [])):
        check_disk_type(disk["type"])


def _new_pool(world: World, project: Project, given: dict[str, Any], zone: str) -> Pool:
    ids, pool_id = world.ids, world.new_id("pool")
    data_volumes = [
        _pool_disk(ids, pool_id, number, disk) for number, disk in enumerate(given.get("data_volumes", []), 1)
    ]
    return Pool(
        id=pool_id,
        name=given["name"],
        type=given["type"],
        image_id=given["image_id"],
        product_id=given["product_id"],
        root_volume=_pool_disk(ids, pool_id, 0, given["root_volume"]),
        data_volumes=data_volumes,
        created=world.now,
        availability_zone=zone,
        vpc_id=given.get("vpc_id") or default_vpc(ids, project),
        subnet_ids=list(given["subnet_ids"]),
        security_groups=[{"id": group["id"], "name": ""} for group in given.get("security_groups", [])]
        or default_security_groups(ids, project),
        autoscale_policy=dict(given.get("autoscale_policy", {})),
        user_reset_policy=dict(given.get("user_reset_policy", {"enable": False})),
        tags={tag["key"]: tag.get("value", "") for tag in given.get("tags", [])},
        **{name: given[name] for name in _GIVEN if name in given},
    )


def _pool_disk(ids: Ids, pool_id: str, number: int, given: dict[str, Any]) -> PoolDisk:
    fields = {name: given[name] for name in ("kms_id", "iops", "throughput", "resource_spec_code") if name in given}
    return PoolDisk(ids.uuid("pool disk", pool_id, number), given["type"], given["size"], **fields)


def _new_desktop(world: World, project: Project, pool: Pool, name: str) -> Desktop:
    ids, desktop_id, now = world.ids, world.new_id("desktop"), world.now
    return Desktop(
        desktop_id=desktop_id,
        computer_name=name,
        pool=pool,
        image_id=pool.image_id,
        product_id=pool.product_id,
        status="",
        login_status="UNREGISTER",
        user=None,
        user_group="",
        root_volume=new_volume(ids, desktop_id, 0, pool.root_volume, now),
        data_volumes=[
            new_volume(ids, desktop_id, number, disk, now) for number, disk in enumerate(pool.data_volumes, 1)
        ],
        ip_address="",
        mac_address="",
        sid=ids.uuid("sid", desktop_id),
        created=now,
        availability_zone=pool.availability_zone or default_zone(project),
        subnet_id=pool.subnet_ids[0],
    )


def _pending(pool: Pool) -> list[Desktop]:
    """Return the desktops of accepted creations that have not begun."""
    return [sub_job.desktop for job in pool.jobs if isinstance(job.work, CreateWork) for sub_job in job.waiting]


def _shortage(world: World, project: Project, pool: Pool, size: int, pending: list[Desktop]) -> str | None:
    if not size:
        return None
    if world.products[pool.product_id].fields["status"] == "sellout":
        return f"The product {pool.product_id} is sold out."
    if project.desktop_quota is not None and len(project.desktops) + len(pending) + size > project.desktop_quota:
        return f"The quota of {project.desktop_quota} desktops is exceeded."
    room = _room(project, pool.subnet_ids)
    if room is not None and room < size + sum(desktop.subnet_id in pool.subnet_ids for desktop in pending):
        return f"The subnets of the desktop pool {pool.name} have too few free addresses."
    return None


def _room(project: Project, subnet_ids: list[str]) -> int | None:
    """Return for how many desktops subnets have free addresses, None for any number."""
    room = 0
    for subnet_id in subnet_ids:
        addresses = project.subnets.get(subnet_id)
        if addresses is None:
            return None
        room += max(0, addresses - project.desktops_in_subnet[subnet_id])
    return room


def _subnet(project: Project, pool: Pool) -> str:
    """Return the first subnet of a pool with a free address, or else the first."""
    free = (subnet_id for subnet_id in pool.subnet_ids if _room(project, [subnet_id]) != 0)
    return next(free, pool.subnet_ids[0])


def _delete_user(world: World, user: User) -> None:
    """Delete a user who has no desktop any more, from pools too."""
    if any(desktop.user is user for project in world.projects.values() for desktop in project.desktops.values()):
        return
    world.users.pop(user.id, None)
    for project in world.projects.values():
        for pool in project.pools.values():
            pool.authorized_objects = [entry for entry in pool.authorized_objects if entry.object_id != user.id]
