# Copyright (c) 2026 the hwcloud.workspace contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Changes of the state from outside the service, for tests: as if a user, an administrator or a fault had acted."""

from __future__ import annotations

from typing import Any

from pydantic import BaseModel, ConfigDict, Field, model_validator

from ..estate import DesktopStatus, EstateError, LoginStatus
from ..state.models import Desktop, Pool, User
from ..state.world import Project, World


class DesktopValues(BaseModel):
    """What can be set on a desktop. ``user_name`` binds a user, empty text unbinds; ``image`` by name or ID."""

    model_config = ConfigDict(extra="forbid")

    status: DesktopStatus | None = None
    login_status: LoginStatus | None = None
    image: str | None = None
    product_id: str | None = None
    user_name: str | None = None
    in_maintenance_mode: bool | None = None
    isolated: bool | None = None
    is_freeze: bool | None = None
    tags: dict[str, str] | None = None


class PoolValues(BaseModel):
    """What can be set on a pool; ``image`` by name or ID."""

    model_config = ConfigDict(extra="forbid")

    name: str | None = None
    status: str | None = None
    image: str | None = None
    product_id: str | None = None
    in_maintenance_mode: bool | None = None
    enable_autoscale: bool | None = None
    charging_mode: str | None = Field(None, pattern="^[01]$")
    description: str | None = None
    tags: dict[str, str] | None = None


class Change(BaseModel):
    """One change: of a desktop (by name or ID, if need be with its pool) or of a pool."""

    model_config = ConfigDict(extra="forbid")

    pool: str | None = Field(None, description="Name or ID.")
    desktop: str | None = Field(None, description="Name or ID.")
    set: dict[str, Any] = Field(default_factory=dict, description="Values by name.")
    remove: bool = Field(False, description="Delete the desktop or pool.")

    @model_validator(mode="after")
    def _something(self) -> Change:
        if self.pool is None and self.desktop is None:
            raise ValueError("pool or desktop is needed")
        if bool(self.set) == self.remove:
            raise ValueError("either set or remove is needed")
        return self


def apply(world: World, changes: list[Change]) -> None:
    """Make the changes, all of them or, if one is impossible, those before it.

    Raises:
        EstateError: A name refers to nothing or to several things.
        ValidationError: A value is not allowed.
    """
    for change in changes:
        if change.desktop is not None:
            project, desktop = _find_desktop(world, change.desktop, change.pool)
            if change.remove:
                project.remove_desktop(desktop)
            else:
                _set_desktop(world, desktop, DesktopValues.model_validate(change.set))
        else:
            project, pool = _find_pool(world, change.pool or "")
            if change.remove:
                del project.pools[pool.id]
                for desktop in list(pool.desktops.values()):
                    project.remove_desktop(desktop)
            else:
                _set_pool(world, pool, PoolValues.model_validate(change.set))


def _set_desktop(world: World, desktop: Desktop, values: DesktopValues) -> None:
    given = values.model_dump(exclude_none=True)
    if "image" in given:
        desktop.image_id = _image(world, given.pop("image"))
    if "user_name" in given:
        name = given.pop("user_name")
        desktop.user = _user(world, name, desktop) if name else None
        desktop.user_group = "users" if name else ""
    login_status = given.pop("login_status", None)
    _set(world, desktop, given)
    if "status" in given and login_status is None:
        login_status = "REGISTERED" if desktop.status == "ACTIVE" else "UNREGISTER"
    if login_status is not None:
        world.set_login_status(desktop, login_status)
    world.desktop_released(desktop)


def _set_pool(world: World, pool: Pool, values: PoolValues) -> None:
    given = values.model_dump(exclude_none=True)
    if "image" in given:
        pool.image_id = _image(world, given.pop("image"))
    _set(world, pool, given)


def _set(world: World, thing: Desktop | Pool, given: dict[str, Any]) -> None:
    if given.get("product_id") not in (None, *world.products):
        raise EstateError(f"no product {given['product_id']}")
    for name, value in given.items():
        setattr(thing, name, value)


def _image(world: World, name: str) -> str:
    for image in world.images.values():
        if name in (image.id, image.name):
            return image.id
    raise EstateError(f"no image {name}")


def _user(world: World, name: str, desktop: Desktop) -> User:
    for user in world.users.values():
        if user.name == name:
            return user
    user = User(world.ids.uuid("user", name), name, desktop.pool.domain)
    world.users[user.id] = user
    return user


def _find_pool(world: World, name: str) -> tuple[Project, Pool]:
    found = [
        (project, pool)
        for project in world.projects.values()
        for pool in project.pools.values()
        if name in (pool.name, pool.id)
    ]
    if len(found) != 1:
        raise EstateError(f"{len(found)} pools {name}")
    return found[0]


def _find_desktop(world: World, name: str, pool_name: str | None) -> tuple[Project, Desktop]:
    found = [
        (project, desktop)
        for project in world.projects.values()
        for desktop in project.desktops.values()
        if name in (desktop.computer_name, desktop.desktop_id)
        and pool_name in (None, desktop.pool.name, desktop.pool.id)
    ]
    if len(found) != 1:
        raise EstateError(f"{len(found)} desktops {name}")
    return found[0]
