# Copyright (c) 2026 the hwcloud.workspace contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Drives of the life of a pool and of its users by the official SDK; ``test_operations.py` runs them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import huaweicloudsdkworkspace.v2 as sdk

FINANCE = "22222222-0000-4000-8000-000000000001"
DYNAMIC = "22222222-0000-4000-8000-000000000002"
NEW_IMAGE = "11111111-1010-4000-8000-000000002611"
LARGE = "workspace.x86.enterprise.large2"

DRIVES: dict[str, Callable[[Any], None]] = {}
STATUSES: dict[str, set[int]] = {
    "BatchDeleteDesktops": {202},
    "CreateDesktopPoolAuthorizedObjects": {204},
    "DeleteDesktopPool": {204},
}


def drives(operation: str) -> Callable[[Callable[[Any], None]], Callable[[Any], None]]:
    """Register the decorated function as the drive of an operation."""

    def register(drive: Callable[[Any], None]) -> Callable[[Any], None]:
        DRIVES[operation] = drive
        return drive

    return register


def _finish(clients: Any, job_id: str, job_type: str, seconds: float = 400) -> list[Any]:
    """Let a job end and return its sub-jobs, all of which must have succeeded."""
    clients.simulator.control.advance(seconds)
    job = clients.understood(clients.workspace.show_job(sdk.ShowJobRequest(job_id=job_id)))
    assert (job.job_type, job.status) == (job_type, "SUCCESS")
    return list(job.sub_jobs)


def _pool(clients: Any, pool_id: str = FINANCE) -> Any:
    request = sdk.ShowDesktopPoolDetailRequest(pool_id=pool_id)
    return clients.understood(clients.workspace.show_desktop_pool_detail(request))


def _authorize(clients: Any, action: str, pool_id: str, name: str, user_group: str = "users") -> str:
    """Change the authorisation of a user and return the user's ID."""
    desktops = [row for name_ in ("finance", "finance-dynamic") for row in _desktops(clients, name_)]
    (user_id,) = {row.attach_user_infos[0].user_id for row in desktops if row.user_name == name}
    entry = sdk.AuthorizedObjects(object_type="USER", object_id=user_id, object_name=name, user_group=user_group)
    body = sdk.CreateDesktopPoolAuthorizedObjectsRequestBody(action=action, objects=[entry])
    request = sdk.CreateDesktopPoolAuthorizedObjectsRequest(pool_id=pool_id, body=body)
    clients.understood(clients.workspace.create_desktop_pool_authorized_objects(request))
    return str(user_id)


def _desktops(clients: Any, pool_name: str) -> list[Any]:
    pool_id = FINANCE if pool_name == "finance" else DYNAMIC
    request = sdk.ListPoolDesktopsDetailRequest(pool_id=pool_id, limit=100)
    return list(clients.understood(clients.workspace.list_pool_desktops_detail(request)).pool_desktops)


@drives("CreateDesktopPool")
def _create_pool(clients: Any) -> None:
    (user,) = [row for row in _desktops(clients, "finance") if row.user_name == "user-a1"]
    body = sdk.CreateDesktopPoolReq(
        name="legal",
        type="DYNAMIC",
        size=3,
        description="Legal department",
        product_id=LARGE,
        image_type="private",
        image_id=NEW_IMAGE,
        root_volume=sdk.VolumeInfo(type="SAS", size=100),
        data_volumes=[sdk.VolumeInfo(type="SSD", size=50), sdk.VolumeInfo(type="SAS", size=10)],
        vpc_id="vpc-1",
        subnet_ids=["subnet-1", "subnet-2"],
        security_groups=[sdk.SecurityGroupIdInfo(id="group-1")],
        authorized_objects=[
            sdk.AuthorizedObjects(
                object_type="USER",
                object_id=user.attach_user_infos[0].user_id,
                object_name="user-a1",
                user_group="administrators",
            )
        ],
        ou_name="Legal",
        tags=[sdk.Tag(key="team", value="legal")],
        disconnected_retention_period=30,
        enable_autoscale=True,
        autoscale_policy=sdk.AutoscalePolicy(autoscale_type="ACCESS_CREATED", max_auto_created=10),
        user_reset_policy=sdk.UserResetPolicy(enable=True, reset_count_per_day=2),
        domain="example.local",
    )
    answer = clients.understood(clients.workspace.create_desktop_pool(sdk.CreateDesktopPoolRequest(body=body)))
    (row,) = clients.workspace.list_desktop_pools(sdk.ListDesktopPoolsRequest(name="legal")).desktop_pools
    assert (row.status, row.desktop_count) == ("TEMPORARY", 3)

    sub_jobs = _finish(clients, answer.job_id, "createDesktopPool")
    assert [sub_job.entities.desktop_name for sub_job in sub_jobs] == ["legal-0001", "legal-0002", "legal-0003"]
    pool = _pool(clients, row.id)
    assert (pool.status, pool.desktop_count, pool.desktop_used, pool.type) == ("STEADY", 3, 0, "DYNAMIC")
    assert (pool.vpc_id, pool.subnet_ids, pool.ou_name) == ("vpc-1", ["subnet-1", "subnet-2"], "Legal")
    assert (pool.root_volume.size, {(disk.type, disk.size) for disk in pool.data_volumes}) == (
        100,
        {("SSD", 50), ("SAS", 10)},
    )
    assert (pool.autoscale_policy.max_auto_created, pool.user_reset_policy.reset_count_per_day) == (10, 2)
    objects = clients.workspace.list_desktop_pool_authorized_objects(
        sdk.ListDesktopPoolAuthorizedObjectsRequest(pool_id=row.id)
    ).objects
    assert [(entry.object_name, entry.user_group) for entry in objects] == [("user-a1", "administrators")]
    request = sdk.ListPoolDesktopsDetailRequest(pool_id=row.id, limit=100)
    desktops = clients.understood(clients.workspace.list_pool_desktops_detail(request)).pool_desktops
    ids = {disk.id for disk in pool.data_volumes}
    for desktop in desktops:
        assert (desktop.status, desktop.login_status, desktop.task_status) == ("ACTIVE", "REGISTERED", "")
        assert {disk.desktop_pool_disk_id for disk in desktop.data_volumes} == ids
        assert desktop.metadata["metering.image_id"] == NEW_IMAGE


@drives("ExpandDesktopPool")
def _expand(clients: Any) -> None:
    request = sdk.ExpandDesktopPoolRequest(pool_id=FINANCE, body=sdk.ExpandDesktopPoolReq(size=2))
    answer = clients.understood(clients.workspace.expand_desktop_pool(request))
    clients.simulator.control.advance(10)
    new = [row for row in _desktops(clients, "finance") if row.task_status]
    assert [(row.computer_name, row.status, row.task_status) for row in new] == [
        ("finance-0001", "", "scheduling"),
        ("finance-0002", "", "scheduling"),
    ]
    sub_jobs = _finish(clients, answer.job_id, "expandDesktopPool")
    assert [sub_job.entities.desktop_id for sub_job in sub_jobs] == [row.desktop_id for row in new]
    assert _pool(clients).desktop_count == 6


@drives("ShowDesktopDetail")
def _show_desktop(clients: Any) -> None:
    (first, *_others) = _desktops(clients, "finance")
    request = sdk.ShowDesktopDetailRequest(desktop_id=first.desktop_id)
    desktop = clients.understood(clients.workspace.show_desktop_detail(request)).desktop
    assert (desktop.computer_name, desktop.user_name, desktop.login_status) == ("FIN-001", "user-a1", "CONNECTED")
    assert desktop.security_groups


@drives("BatchDeleteDesktops")
def _delete_desktops(clients: Any) -> None:
    both = [row for name in ("finance", "finance-dynamic") for row in _desktops(clients, name)]
    names = {"FIN-001", "FIN-004", "FDY-002"}
    ids = [row.desktop_id for row in both if row.computer_name in names]
    body = sdk.DeleteDesktopsReq(desktop_ids=ids, delete_users=True, email_notification=False, is_force_delete=True)
    answer = clients.understood(clients.workspace.batch_delete_desktops(sdk.BatchDeleteDesktopsRequest(body=body)))
    clients.simulator.control.advance(10)
    (row,) = [row for row in _desktops(clients, "finance") if row.computer_name == "FIN-001"]
    assert (row.status, row.task_status) == ("", "deleting")
    for pool_id, count in ((FINANCE, 2), (DYNAMIC, 1)):
        request = sdk.ListItaSubJobsRequest(job_type="deleteDesktops", desktop_pool_id=pool_id)
        assert clients.understood(clients.workspace.list_ita_sub_jobs(request)).total_count == count

    assert len(_finish(clients, answer.job_id, "deleteDesktops")) == 3
    assert (_pool(clients).desktop_count, _pool(clients, DYNAMIC).desktop_count) == (2, 1)


@drives("DeleteDesktopPool")
def _delete_pool(clients: Any) -> None:
    ids = [row.desktop_id for row in _desktops(clients, "finance")]
    body = sdk.DeleteDesktopsReq(desktop_ids=ids)
    answer = clients.workspace.batch_delete_desktops(sdk.BatchDeleteDesktopsRequest(body=body))
    _finish(clients, answer.job_id, "deleteDesktops")
    clients.understood(clients.workspace.delete_desktop_pool(sdk.DeleteDesktopPoolRequest(pool_id=FINANCE)))
    pools = clients.workspace.list_desktop_pools(sdk.ListDesktopPoolsRequest()).desktop_pools
    assert [pool.id for pool in pools] == [DYNAMIC]


@drives("CreateDesktopPoolAuthorizedObjects")
def _authorize_user(clients: Any) -> None:
    user_id = _authorize(clients, "ADD", FINANCE, "user-c3")
    _authorize(clients, "CHANGE_PRIVILEGE", FINANCE, "user-c3", "administrators")
    request = sdk.ListDesktopPoolAuthorizedObjectsRequest(pool_id=FINANCE)
    objects = clients.understood(clients.workspace.list_desktop_pool_authorized_objects(request)).objects
    (found,) = [entry for entry in objects if entry.object_id == user_id]
    assert (found.object_name, found.user_group) == ("user-c3", "administrators")
    _authorize(clients, "REMOVE", FINANCE, "user-c3")
    assert clients.workspace.list_desktop_pool_authorized_objects(request).total_count == 1


@drives("AttachDesktopPoolUser")
def _attach(clients: Any) -> None:
    _authorize(clients, "ADD", FINANCE, "user-c3")
    body = sdk.AttachDesktopPoolUserReq(username="user-c3", domain_name="example.local")
    request = sdk.AttachDesktopPoolUserRequest(pool_id=FINANCE, body=body)
    answer = clients.understood(clients.workspace.attach_desktop_pool_user(request))
    assert answer.type == "ASSIGNING"
    (row,) = [row for row in _desktops(clients, "finance") if row.attach_state == "ATTACHING"]
    (sub_job,) = _finish(clients, answer.job_id, "attachDesktopPool", 30)
    assert (sub_job.entities.desktop_id, sub_job.entities.user_name) == (row.desktop_id, "user-c3")
    (row,) = [row for row in _desktops(clients, "finance") if row.user_name == "user-c3"]
    assert (row.computer_name, row.attach_state) == ("FIN-003", "ATTACHED")


@drives("ListDesktopPoolsByUsers")
def _list_pools_by_users(clients: Any) -> None:
    user_id = _authorize(clients, "ADD", FINANCE, "user-c3")
    request = sdk.ListDesktopPoolsByUsersRequest(user_ids=[user_id, "unknown"], limit=10)
    (user,) = clients.understood(clients.workspace.list_desktop_pools_by_users(request)).users
    assert (user.user_id, user.desktop_pool_count) == (user_id, 2)
    assert [(pool.desktop_pool_name, pool.is_attached) for pool in user.desktop_pools] == [
        ("finance", False),
        ("finance-dynamic", True),
    ]
    assert clients.workspace.list_desktop_pools_by_users(sdk.ListDesktopPoolsByUsersRequest()).users == []
