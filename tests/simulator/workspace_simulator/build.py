# Copyright (c) 2026 the hwcloud.workspace contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Builds the estate at work from the estate file."""

from __future__ import annotations

from collections.abc import Iterator

from .estate import DesktopPart, DiskPart, Estate, EstateError, GroupPart, PersonPart, PoolPart, ProductPart
from .generated import generated_desktops
from .state.clock import Clock, moment
from .state.lifecycle import GROUP_NAME, default_security_groups, default_vpc, mac_address, new_volume
from .state.models import (
    AuthorizedObject,
    Desktop,
    Group,
    Image,
    NamePolicy,
    Pool,
    PoolDisk,
    Product,
    Script,
    User,
    Volume,
)
from .state.world import JobsSettings, Project, World


def build(estate: Estate) -> World:
    """Return the world of an estate file.

    Raises:
        EstateError: A name in it refers to nothing, or a name is given twice.
    """
    clock_part = estate.clock
    start = moment(clock_part.start) if clock_part.start is not None else None
    clock = Clock(
        start,
        clock_part.factor,
        clock_part.mode,
        clock_part.seconds_per_poll,
        clock_part.wall_offset,
        clock_part.date_header,
    )
    world = World(estate.seed, clock, estate.dialect, JobsSettings(**estate.jobs.model_dump()), estate.failures)
    return _Builder(world, estate).run()


class _Builder:
    def __init__(self, world: World, estate: Estate) -> None:
        self._world = world
        self._estate = estate
        self._ids = world.ids
        self._users: dict[str, User] = {}
        self._groups: dict[str, Group] = {}
        self._images: dict[str, Image] = {}

    def run(self) -> World:
        self._add_catalogue()
        for project in self._estate.projects:
            region = project.region or project.name.partition("_")[0]
            subnets = {subnet.id: subnet.addresses for subnet in project.subnets}
            self._world.projects[project.id] = Project(
                project.id, project.name, region, desktop_quota=project.desktop_quota, subnets=subnets
            )
        for part in self._estate.pools:
            self._add_pool(part)
        return self._world

    def _add_catalogue(self) -> None:
        world, estate = self._world, self._estate
        for part in estate.images:
            fields = part.model_dump(exclude={"id", "created_at"})
            image = Image(id=part.id or self._ids.uuid("image", part.name), created=moment(part.created_at), **fields)
            self._images[image.name] = self._images[image.id] = world.images[image.id] = image
        for product in estate.products:
            world.products[product.product_id] = _product(product)
        for script in estate.scripts:
            script_id = script.id or self._ids.uuid("script", script.name)
            if script_id in world.scripts:
                raise EstateError(f"script {script.name}: given twice")
            values = script.model_dump(exclude={"id", "created_at", "fails_on"})
            created, fails_on = moment(script.created_at), tuple(script.fails_on)
            world.scripts[script_id] = Script(id=script_id, created=created, fails_on=fails_on, **values)
        for user in estate.users:
            self._user(user.name, user)
        for group in estate.groups:
            self._group(group.name, group).members = {self._user(name).id for name in group.members}
        for policy in estate.desktop_name_policies:
            world.name_policies[policy.id] = NamePolicy(policy.name_prefix, policy.digit_number, policy.start_number)

    def _user(self, name: str, part: PersonPart | None = None) -> User:
        if name not in self._users:
            part = part or PersonPart(name=name)
            user = User(part.id or self._ids.uuid("user", name), name, part.domain)
            self._users[name] = self._world.users[user.id] = user
        return self._users[name]

    def _group(self, name: str, part: GroupPart | None = None) -> Group:
        if name not in self._groups:
            part = part or GroupPart(name=name)
            group = Group(part.id or self._ids.uuid("group", name), name, part.domain)
            self._groups[name] = self._world.groups[group.id] = group
        return self._groups[name]

    def _image(self, name: str, where: str) -> Image:
        if name not in self._images:
            raise EstateError(f"{where}: no image {name}")
        return self._images[name]

    def _product(self, name: str, where: str) -> str:
        if name not in self._world.products:
            raise EstateError(f"{where}: no product {name}")
        return name

    def _project(self, part: PoolPart) -> Project:
        projects = list(self._world.projects.values())
        if part.project is None:
            return projects[0]
        for project in projects:
            if part.project in (project.id, project.name):
                return project
        raise EstateError(f"pool {part.name}: no project {part.project}")

    def _add_pool(self, part: PoolPart) -> None:
        project, ids, where = self._project(part), self._ids, f"pool {part.name}"
        if project.pool_named(part.name) is not None:
            raise EstateError(f"{where}: the name is given twice")
        pool_id = part.id or ids.uuid("pool", project.id, part.name)
        pool = Pool(
            id=pool_id,
            name=part.name,
            type=part.type,
            image_id=self._image(part.image, where).id,
            product_id=self._product(part.product, where),
            root_volume=_pool_disk(part.root_volume, ids.uuid("pool disk", pool_id, 0)),
            data_volumes=[
                _pool_disk(disk, ids.uuid("pool disk", pool_id, number))
                for number, disk in enumerate(part.data_volumes, 1)
            ],
            created=moment(part.created_at),
            availability_zone=part.availability_zone or f"{project.region}a",
            vpc_id=part.vpc_id or default_vpc(ids, project),
            subnet_ids=list(part.subnet_ids) or [ids.uuid("subnet", project.id)],
            security_groups=[{"id": group, "name": GROUP_NAME} for group in part.security_groups]
            or default_security_groups(ids, project),
            autoscale_policy=dict(part.autoscale_policy),
            tags=dict(part.tags),
            **part.model_dump(
                include={
                    "description",
                    "charging_mode",
                    "enterprise_project_id",
                    "disconnected_retention_period",
                    "enable_autoscale",
                    "in_maintenance_mode",
                    "desktop_name_policy_id",
                    "ou_name",
                    "domain",
                }
            ),
        )
        project.pools[pool.id] = pool
        for desktop_part in self._desktops_of(part):
            self._add_desktop(project, pool, desktop_part)
        self._authorize(pool, part)

    def _desktops_of(self, part: PoolPart) -> Iterator[DesktopPart]:
        yield from part.desktops
        if part.generate is not None:
            yield from generated_desktops(part, part.generate, self._ids)

    def _add_desktop(self, project: Project, pool: Pool, part: DesktopPart) -> None:
        ids, where = self._ids, f"desktop {part.name}"
        desktop_id = part.id or ids.uuid("desktop", pool.id, part.name)
        if desktop_id in project.desktops:
            raise EstateError(f"{where}: given twice")
        user = self._user(part.user) if part.user else None
        address = self._world.next_address()
        desktop = Desktop(
            desktop_id=desktop_id,
            computer_name=part.name,
            pool=pool,
            image_id=self._image(part.image, where).id if part.image else pool.image_id,
            product_id=self._product(part.product, where) if part.product else pool.product_id,
            status=part.status,
            login_status=part.login_status or ("REGISTERED" if part.status == "ACTIVE" else "UNREGISTER"),
            user=user,
            user_group=part.user_group if user else "",
            root_volume=new_volume(ids, desktop_id, 0, pool.root_volume, pool.created),
            data_volumes=self._data_volumes(desktop_id, pool, part),
            ip_address=address,
            mac_address=mac_address(address),
            sid=ids.uuid("sid", desktop_id),
            created=pool.created,
            availability_zone=pool.availability_zone,
            subnet_id=pool.subnet_ids[0],
            in_maintenance_mode=part.in_maintenance_mode,
            isolated=part.isolated,
            is_freeze=part.is_freeze,
            tags=dict(part.tags),
        )
        if desktop.login_status == "DISCONNECTED":
            self._world.set_login_status(desktop, "DISCONNECTED")
        project.add_desktop(desktop)

    def _data_volumes(self, desktop_id: str, pool: Pool, part: DesktopPart) -> list[Volume]:
        if part.data_volumes is None:
            disks = pool.data_volumes
        else:
            disks = [
                _pool_disk(disk, pool.data_volumes[number].id if number < len(pool.data_volumes) else "")
                for number, disk in enumerate(part.data_volumes)
            ]
        return [new_volume(self._ids, desktop_id, number, disk, pool.created) for number, disk in enumerate(disks, 1)]

    def _authorize(self, pool: Pool, part: PoolPart) -> None:
        for entry in part.authorized:
            person = self._group(entry.name) if entry.type == "USER_GROUP" else self._user(entry.name)
            pool.authorized_objects.append(
                AuthorizedObject(person.id, person.name, entry.type, entry.user_group, person.domain, pool.created)
            )
        if any(entry.type == "USER_GROUP" for entry in part.authorized):
            return
        known = {entry.object_id for entry in pool.authorized_objects}
        for desktop in pool.desktops.values():
            user = desktop.user
            if user is not None and user.id not in known:
                known.add(user.id)
                pool.authorized_objects.append(
                    AuthorizedObject(user.id, user.name, "USER", desktop.user_group, user.domain, pool.created)
                )


def _pool_disk(part: DiskPart, disk_id: str) -> PoolDisk:
    return PoolDisk(part.id or disk_id, part.type, part.size, part.kms_id)


def _product(part: ProductPart) -> Product:
    """Return a product with the fields of the product list; numbers are text there (definitions)."""
    gigabytes = part.memory // 1024
    fields = {
        "product_id": part.product_id,
        "flavor_id": part.flavor_id,
        "type": part.type,
        "architecture": part.architecture,
        "cpu": str(part.cpu),
        "memory": str(part.memory),
        "is_gpu": part.is_gpu,
        "system_disk_type": part.system_disk_type,
        "system_disk_size": str(part.system_disk_size),
        "descriptions": part.descriptions or f"CPU:{part.cpu}vCPUs,Memory:{gigabytes}GB",
        "charge_mode": part.charge_mode,
        "contain_data_disk": part.contain_data_disk,
        "resource_type": "hws.resource.type.workspace.desktop",
        "cloud_service_type": "hws.service.type.vdi",
        "volume_product_type": "workspace",
        "package_type": part.package_type,
        "status": part.status,
    }
    if part.name:
        fields["name"] = part.name
    return Product(part.product_id, fields, tuple(part.os_types), tuple(part.availability_zones))
