# Copyright (c) 2026 the hwcloud.workspace contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Requests and routes of changes of a pool's product, disks and power."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import Field

from .. import errors
from ..registry import Call, Reply, operation
from ..state.models import Pool
from ..state.power import act_on_pool
from ..state.resize import Resize, resize_pool
from ..state.volumes import Disk, Growth, Reach, add_disks, delete_disks, expand_disks
from .fields import NEWER, Body, Text
from .pool_requests import HandleType
from .pools import POOL

Ids = Annotated[list[Text], Field(min_length=1, max_length=100)]
VOLUMES = POOL + "/volumes"


class ResizeDesktopPool(Body):
    """What a resize takes; ``mode: STOP_DESKTOP`` stops running desktops first."""

    product_id: str = Field(min_length=1, max_length=255)
    mode: Literal["STOP_DESKTOP"] | None = None
    flavor_id: str | None = Field(None, json_schema_extra=NEWER)
    handle_type: HandleType | None = Field(None, json_schema_extra=NEWER)
    desktop_ids: Annotated[list[str], Field(min_length=1)] | None = Field(None, json_schema_extra=NEWER)


class NewDisk(Body):
    """A disk to add. ``size`` in GB; ``id`` is known to the definition and means nothing here."""

    type: str = Field(min_length=1, max_length=255)
    size: int = Field(ge=0, le=8200)
    id: Text | None = None
    iops: int | None = Field(None, ge=0, le=16380000)
    throughput: int | None = Field(None, ge=0, le=4095000)
    kms_id: Text = ""


class AddDesktopPoolVolumes(Body):
    """Disks to add, and where."""

    volumes: Annotated[list[NewDisk], Field(min_length=1, max_length=10)]
    handle_type: HandleType | None = None
    desktop_ids: Ids | None = None


class LargerDisk(Body):
    """A pool disk and its new size in GB. Older regions want the type too (definitions)."""

    id: str = Field(min_length=1, max_length=255)
    size: int = Field(ge=0, le=8200)
    type: str | None = Field(None, min_length=1, max_length=255)
    resource_spec_code: Text | None = None


class ExpandDesktopPoolVolumes(Body):
    """Disks to expand, and where; one more than data disks, for the system disk."""

    volumes: Annotated[list[LargerDisk], Field(min_length=1, max_length=11)]
    handle_type: HandleType | None = Field(None, json_schema_extra=NEWER)
    desktop_ids: Annotated[list[str], Field(min_length=1)] | None = Field(None, json_schema_extra=NEWER)


class NamedDisk(Body):
    """A pool disk, by ID."""

    id: str = Field(min_length=1, max_length=255)


class DeleteDesktopPoolVolumes(Body):
    """Disks to delete, and where."""

    volumes: Annotated[list[NamedDisk], Field(min_length=1, max_length=10)]
    handle_type: HandleType | None = None
    desktop_ids: Ids | None = None


class ExecuteDesktopPoolAction(Body):
    """What to do to the power of every desktop; HARD forces it."""

    op_type: Literal["os-start", "os-stop", "reboot", "hibernate"]
    type: Literal["SOFT", "HARD"] = "SOFT"


@operation(
    "ResizeDesktopPool", "POST", POOL + "/resize", body=ResizeDesktopPool, iam_action="workspace:desktopPools:resize"
)
def resize(call: Call) -> Reply:
    """Give desktops another product."""
    body: ResizeDesktopPool = call.body
    resizing = resize_pool(call.world, call.project, _pool(call), Resize(**body.model_dump()))
    answer: dict[str, Any] = {"job_id": resizing.job.id}
    if not call.older and call.world.dialect.resize_jobs != "none":
        answer["jobs"] = [{"desktop_id": desktop_id, "job_id": job.id} for desktop_id, job in resizing.jobs.items()]
    return Reply(answer)


@operation(
    "AddDesktopPoolVolumes",
    "POST",
    VOLUMES + "/batch-add",
    body=AddDesktopPoolVolumes,
    iam_action="workspace:desktopPools:batchAddVolumes",
)
def add_volumes(call: Call) -> Reply:
    """Add data disks."""
    body: AddDesktopPoolVolumes = call.body
    disks = [Disk(**disk.model_dump(exclude={"id"})) for disk in body.volumes]
    job = add_disks(call.world, call.project, _pool(call), disks, _reach(body))
    return Reply({"job_id": job.id})


@operation(
    "ExpandDesktopPoolVolumes",
    "POST",
    VOLUMES + "/batch-expand",
    body=ExpandDesktopPoolVolumes,
    iam_action="workspace:desktopPools:batchExpandVolumes",
)
def expand_volumes(call: Call) -> Reply:
    """Expand disks."""
    body: ExpandDesktopPoolVolumes = call.body
    if call.older and any(disk.type is None for disk in body.volumes):
        raise errors.invalid_request("volumes: each needs its type")
    growths = [Growth(disk.id, disk.size, disk.type) for disk in body.volumes]
    job = expand_disks(call.world, call.project, _pool(call), growths, _reach(body))
    return Reply({"job_id": job.id})


@operation(
    "DeleteDesktopPoolVolumes",
    "POST",
    VOLUMES + "/batch-delete",
    body=DeleteDesktopPoolVolumes,
    iam_action="workspace:desktopPools:batchDeleteVolumes",
)
def delete_volumes(call: Call) -> Reply:
    """Delete data disks."""
    body: DeleteDesktopPoolVolumes = call.body
    disk_ids = [disk.id for disk in body.volumes]
    job = delete_disks(call.world, call.project, _pool(call), disk_ids, _reach(body))
    return Reply({"job_id": job.id})


@operation(
    "ExecuteDesktopPoolAction",
    "POST",
    POOL + "/action",
    body=ExecuteDesktopPoolAction,
    iam_action="workspace:desktopPools:operate",
)
def act(call: Call) -> Reply:
    """Start, stop, restart or hibernate every desktop."""
    body: ExecuteDesktopPoolAction = call.body
    job = act_on_pool(call.world, call.project, _pool(call), body.op_type, body.type == "HARD")
    return Reply({"job_id": job.id})


def _pool(call: Call) -> Pool:
    return call.world.pool(call.project, call.path["pool_id"])


def _reach(body: AddDesktopPoolVolumes | ExpandDesktopPoolVolumes | DeleteDesktopPoolVolumes) -> Reach:
    return Reach(body.handle_type, body.desktop_ids)
