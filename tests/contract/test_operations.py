# Copyright (c) 2026 the hwcloud.workspace contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The official SDK drives every operation that the simulator has, and understands every answer."""

from __future__ import annotations

import importlib.util
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import huaweicloudsdkiam.v3 as iam_sdk
import huaweicloudsdkworkspace.v2 as sdk
import pytest
from huaweicloudsdkcore.auth.internal import MetadataAccessor
from huaweicloudsdkcore.sdk_response import SdkResponse

from workspace_simulator.testing import RunningSimulator

PROJECT = "0123456789abcdef0123456789abcdef"
FINANCE = "22222222-0000-4000-8000-000000000001"
DYNAMIC = "22222222-0000-4000-8000-000000000002"
OLD_IMAGE = "11111111-1010-4000-8000-000000002610"
NEW_IMAGE = "11111111-1010-4000-8000-000000002611"


@dataclass
class Clients:
    """What a drive may use."""

    simulator: RunningSimulator
    workspace: sdk.WorkspaceClient
    iam: iam_sdk.IamClient
    fits_sdk: Callable[[SdkResponse], None]

    def understood(self, response: Any) -> Any:
        """Return the answer after a check that the SDK's model knows all of it."""
        self.fits_sdk(response)
        return response


Drive = Callable[[Clients], None]
DRIVES: dict[str, Drive] = {}
STATUSES: dict[str, set[int]] = {}
"""What operations answer that do not answer 200 or 201."""


def drives(operation: str) -> Callable[[Drive], Drive]:
    """Register the decorated function as the drive of an operation."""

    def register(drive: Drive) -> Drive:
        DRIVES[operation] = drive
        return drive

    return register


@pytest.fixture
def clients(
    simulator: RunningSimulator,
    workspace: sdk.WorkspaceClient,
    iam: iam_sdk.IamClient,
    fits_sdk: Callable[[SdkResponse], None],
) -> Clients:
    return Clients(simulator, workspace, iam, fits_sdk)


@drives("ListDesktopPools")
def _list_pools(clients: Clients) -> None:
    everything = clients.understood(clients.workspace.list_desktop_pools(sdk.ListDesktopPoolsRequest()))
    assert [pool.name for pool in everything.desktop_pools] == ["finance", "finance-dynamic"]
    assert everything.total_count == 2

    request = sdk.ListDesktopPoolsRequest(name="DYN", type="DYNAMIC", offset=0, limit=10, in_maintenance_mode=False)
    (pool,) = clients.understood(clients.workspace.list_desktop_pools(request)).desktop_pools
    assert (pool.id, pool.desktop_count, pool.desktop_used) == (DYNAMIC, 2, 1)
    assert pool.disconnected_retention_period == 60


@drives("ShowDesktopPoolDetail")
def _show_pool(clients: Clients) -> None:
    request = sdk.ShowDesktopPoolDetailRequest(pool_id=FINANCE)
    pool = clients.understood(clients.workspace.show_desktop_pool_detail(request))
    assert (pool.name, pool.type, pool.status) == ("finance", "STATIC", "STEADY")
    assert (pool.image_id, pool.image_name, pool.image_os_type) == (OLD_IMAGE, "win10-2026-10", "Windows")
    assert (pool.product.product_id, pool.product.cpu, pool.product.memory) == (
        "workspace.x86.enterprise.large2",
        "2",
        "4096",
    )
    assert [(disk.type, disk.size) for disk in pool.data_volumes] == [("SSD", 100)]
    assert [(tag.key, tag.value) for tag in pool.tags] == [("team", "finance")]


@drives("UpdateDesktopPool")
def _update_pool(clients: Clients) -> None:
    body = sdk.UpdateDesktopPoolAttributesReq(
        name="finance-eu",
        description="",
        in_maintenance_mode=True,
        enable_autoscale=True,
        autoscale_policy=sdk.AutoscalePolicy(autoscale_type="AUTO_CREATED", min_idle=2, max_auto_created=20),
        tags=[sdk.Tag(key="team", value="europe")],
    )
    clients.understood(clients.workspace.update_desktop_pool(sdk.UpdateDesktopPoolRequest(pool_id=FINANCE, body=body)))
    pool = clients.workspace.show_desktop_pool_detail(sdk.ShowDesktopPoolDetailRequest(pool_id=FINANCE))
    assert (pool.name, pool.description, pool.in_maintenance_mode) == ("finance-eu", "", True)
    assert (pool.enable_autoscale, pool.autoscale_policy.min_idle) == (True, 2)
    assert [(tag.key, tag.value) for tag in pool.tags] == [("team", "europe")]


@drives("ListPoolDesktopsDetail")
def _list_pool_desktops(clients: Clients) -> None:
    request = sdk.ListPoolDesktopsDetailRequest(pool_id=FINANCE, limit=100, sort_field="computer_name")
    answer = clients.understood(clients.workspace.list_pool_desktops_detail(request))
    assert [desktop.computer_name for desktop in answer.pool_desktops] == ["FIN-001", "FIN-002", "FIN-003", "FIN-004"]
    assert [desktop.login_status for desktop in answer.pool_desktops] == [
        "CONNECTED",
        "DISCONNECTED",
        "REGISTERED",
        "UNREGISTER",
    ]
    assert (answer.on_demand_desktops_num, answer.period_desktops_num) == (4, 0)
    first = answer.pool_desktops[0]
    assert first.metadata["metering.image_id"] == OLD_IMAGE
    assert (first.desktop_type, first.status, first.attach_state) == ("POOLED", "ACTIVE", "ATTACHED")
    assert [user.user_name for user in first.attach_user_infos] == ["user-a1"]

    clients.simulator.control.change({"desktop": "FIN-002", "set": {"image": "win10-2026-11"}})
    ids = [desktop.desktop_id for desktop in answer.pool_desktops[:3]]
    request = sdk.ListPoolDesktopsDetailRequest(pool_id=FINANCE, inconsistent_type="IMAGE_ID", desktop_id=ids)
    answer = clients.understood(clients.workspace.list_pool_desktops_detail(request))
    (drifted,) = answer.pool_desktops
    assert (drifted.computer_name, drifted.inconsistent_types) == ("FIN-002", ["IMAGE"])

    request = sdk.ListPoolDesktopsDetailRequest(pool_id=FINANCE, user_names=["user-a1", "user-b2"], user_attached=True)
    assert clients.workspace.list_pool_desktops_detail(request).total_count == 2


@drives("ListDesktops")
def _list_desktops(clients: Clients) -> None:
    request = sdk.ListDesktopsRequest(pool_id=f"{FINANCE},{DYNAMIC}", limit=4, offset=3)
    answer = clients.understood(clients.workspace.list_desktops(request))
    assert answer.total_count == 6
    assert [desktop.computer_name for desktop in answer.desktops] == ["FIN-004", "FDY-001", "FDY-002"]
    assert answer.desktops[0].pool_id == FINANCE

    answer = clients.workspace.list_desktops(sdk.ListDesktopsRequest(user_name=["r-a1", "user-c3"]))
    assert [desktop.user_name for desktop in answer.desktops] == ["user-a1", "user-c3"]


@drives("ListDesktopsDetail")
def _list_desktops_detail(clients: Clients) -> None:
    request = sdk.ListDesktopsDetailRequest(status="SHUTOFF", image_id=OLD_IMAGE, limit=1000)
    (stopped,) = clients.understood(clients.workspace.list_desktops_detail(request)).desktops
    assert (stopped.computer_name, stopped.login_status, stopped.user_name) == ("FIN-004", "UNREGISTER", "")
    assert (stopped.root_volume.size, stopped.product.cpu) == (80, "2")

    request = sdk.ListDesktopsDetailRequest(desktop_id=[stopped.desktop_id])
    (alone,) = clients.workspace.list_desktops_detail(request).desktops
    assert alone.security_groups, "filled when one desktop is asked for"


@drives("ListDesktopPoolAuthorizedObjects")
def _list_authorized_objects(clients: Clients) -> None:
    request = sdk.ListDesktopPoolAuthorizedObjectsRequest(pool_id=FINANCE, limit=100, offset=0)
    answer = clients.understood(clients.workspace.list_desktop_pool_authorized_objects(request))
    (group,) = answer.objects
    assert (group.object_type, group.object_name, group.user_group) == ("USER_GROUP", "finance-staff", "users")
    assert answer.total_count == 1


@drives("ListInconsistentStatics")
def _count_differences(clients: Clients) -> None:
    clients.simulator.control.change(
        {"desktop": "FIN-001", "set": {"image": "win10-2026-11"}},
        {"desktop": "FIN-003", "set": {"product_id": "workspace.x86.enterprise.xlarge2", "image": "win10-2026-11"}},
    )
    request = sdk.ListInconsistentStaticsRequest(pool_id=FINANCE)
    counts = clients.understood(clients.workspace.list_inconsistent_statics(request))
    assert (counts.product_id, counts.image_id, counts.disk_num, counts.disk_size) == (1, 2, 0, 0)


@drives("RebuildDesktopPool")
def _rebuild(clients: Clients) -> None:
    body = sdk.RebuildDesktopPoolReq(
        image_id=NEW_IMAGE, image_type="private", delay_time=5, message="Please save your work."
    )
    request = sdk.RebuildDesktopPoolRequest(pool_id=FINANCE, body=body)
    answer = clients.understood(clients.workspace.rebuild_desktop_pool(request))
    clients.simulator.control.advance(5 * 60 + 400)

    estate = clients.simulator.control.estate("finance")
    (pool,), (job,) = estate["pools"], estate["jobs"]
    assert (job["id"], job["status"], job["sub_jobs"]) == (answer.job_id, "SUCCESS", {"SUCCESS": 4})
    assert {desktop["image_id"] for desktop in pool["desktops"]} == {NEW_IMAGE}
    assert [len(desktop["effects"]["rebuilds"]) for desktop in pool["desktops"]] == [1, 1, 1, 1]
    assert pool["desktops"][0]["effects"]["notifications"][0]["message"] == "Please save your work."


@drives("SendDesktopPoolNotifications")
def _notify(clients: Clients) -> None:
    body = sdk.SendDesktopPoolNotificationsReq(notifications="Maintenance starts at 22:00.")
    request = sdk.SendDesktopPoolNotificationsRequest(pool_id=FINANCE, body=body)
    assert clients.understood(clients.workspace.send_desktop_pool_notifications(request)).job_id
    clients.simulator.control.advance(10)
    told = [
        desktop["computer_name"]
        for desktop in clients.simulator.control.pool("finance")["desktops"]
        if [entry["message"] for entry in desktop["effects"]["notifications"]] == ["Maintenance starts at 22:00."]
    ]
    assert told == ["FIN-001", "FIN-002", "FIN-003"], "all that are running"


@drives("ShowJob")
def _show_job(clients: Clients) -> None:
    clients.simulator.control.set_failures({"desktops": ["FIN-003"], "error_code": "WKS.00010110"})
    job_id = _start_rebuild(clients)

    request = sdk.ShowJobRequest(job_id=job_id)
    clients.simulator.control.advance(60)
    job = clients.understood(clients.workspace.show_job(request))
    assert (job.id, job.job_type, job.status, job.end_time) == (job_id, "rebuildDesktopPool", "RUNNING", None)
    assert (job.sub_jobs_total, {sub_job.status for sub_job in job.sub_jobs}) == (4, {"RUNNING"})
    assert all(0 < sub_job.process < 100 for sub_job in job.sub_jobs)

    clients.simulator.control.advance(400)
    job = clients.understood(clients.workspace.show_job(request))
    assert job.status == "COMPLETE"
    assert job.end_time > job.begin_time
    assert [sub_job.status for sub_job in job.sub_jobs] == ["SUCCESS", "SUCCESS", "FAILED", "SUCCESS"]
    failed = job.sub_jobs[2]
    assert (failed.error_code, failed.entities.desktop_name) == ("WKS.00010110", "FIN-003")
    assert failed.fail_reason


@drives("ListItaSubJobs")
def _list_sub_jobs(clients: Clients) -> None:
    job_id = _start_rebuild(clients)
    request = sdk.ListItaSubJobsRequest(job_id=job_id, desktop_pool_id=FINANCE, limit=1000)
    answer = clients.understood(clients.workspace.list_ita_sub_jobs(request))
    assert answer.total_count == 4
    assert {sub_job.job_id for sub_job in answer.jobs} == {job_id}
    assert [sub_job.entities.desktop_name for sub_job in answer.jobs] == ["FIN-001", "FIN-002", "FIN-003", "FIN-004"]

    request = sdk.ListItaSubJobsRequest(job_type="rebuildDesktopPool", status="SUCCESS")
    assert clients.workspace.list_ita_sub_jobs(request).total_count == 0
    clients.simulator.control.advance(400)
    assert clients.workspace.list_ita_sub_jobs(request).total_count == 4


@drives("ListImages")
def _list_images(clients: Clients) -> None:
    request = sdk.ListImagesRequest(image_type="private", os_type="Windows", sort_field="created_at", sort_type="desc")
    answer = clients.understood(clients.workspace.list_images(request))
    assert [(image.name, image.id) for image in answer.images] == [
        ("win10-2026-11", NEW_IMAGE),
        ("win10-2026-10", OLD_IMAGE),
    ]
    assert answer.total_count == 2


@drives("ListProducts")
def _list_products(clients: Clients) -> None:
    answer = clients.understood(clients.workspace.list_products(sdk.ListProductsRequest(charge_mode="1")))
    assert [(product.product_id, product.cpu) for product in answer.products] == [
        ("workspace.x86.enterprise.large2", "2"),
        ("workspace.x86.enterprise.xlarge2", "4"),
    ]
    request = sdk.ListProductsRequest(product_id="workspace.x86.enterprise.large2")
    (candidate,) = clients.workspace.list_products(request).products
    assert candidate.product_id == "workspace.x86.enterprise.xlarge2"


@drives("KeystoneListProjects")
def _list_projects(clients: Clients) -> None:
    request = iam_sdk.KeystoneListProjectsRequest(name="eu-west-101")
    (project,) = clients.understood(clients.iam.keystone_list_projects(request)).projects
    assert (project.id, project.name, project.enabled) == (PROJECT, "eu-west-101", True)
    assert clients.iam.keystone_list_projects(iam_sdk.KeystoneListProjectsRequest(name="eu-west")).projects == []


@drives("KeystoneListAuthDomains")
def _list_domains(clients: Clients) -> None:
    answer = clients.understood(clients.iam.keystone_list_auth_domains(iam_sdk.KeystoneListAuthDomainsRequest()))
    assert [domain.name for domain in answer.domains] == ["example-account"]


@drives("KeystoneCreateUserTokenByPassword")
def _create_token(clients: Clients) -> None:
    user = iam_sdk.PwdPasswordUser(
        domain=iam_sdk.PwdPasswordUserDomain(name="example-account"), name="operator", password="ExamplePassword1"
    )
    auth = iam_sdk.PwdAuth(
        identity=iam_sdk.PwdIdentity(methods=["password"], password=iam_sdk.PwdPassword(user=user)),
        scope=iam_sdk.AuthScope(project=iam_sdk.AuthScopeProject(name="eu-west-101")),
    )
    body = iam_sdk.KeystoneCreateUserTokenByPasswordRequestBody(auth=auth)
    request = iam_sdk.KeystoneCreateUserTokenByPasswordRequest(nocatalog="true", body=body)
    answer = clients.understood(clients.iam.keystone_create_user_token_by_password(request))
    assert answer.x_subject_token
    assert (answer.token.user.name, answer.token.project.id, answer.token.catalog) == ("operator", PROJECT, [])
    assert "ExamplePassword1" not in str(clients.simulator.control.journal())


@drives("EcsMetadataToken")
@drives("EcsMetadataSecurityKey")
def _temporary_keys(clients: Clients) -> None:
    accessor = MetadataAccessor()
    accessor._METADATA_ENDPOINT = clients.simulator.url
    credential = accessor.get_credential()
    assert credential.access.startswith("TMP")
    assert credential.secret
    assert credential.security_token
    assert credential.expire_at > 0


def _start_rebuild(clients: Clients) -> str:
    body = sdk.RebuildDesktopPoolReq(image_id=NEW_IMAGE)
    answer = clients.workspace.rebuild_desktop_pool(sdk.RebuildDesktopPoolRequest(pool_id=FINANCE, body=body))
    return str(answer.job_id)


def _gather_drives() -> None:
    """Take in the drives of the files beside this one, each of which keeps its own ``DRIVES`` and ``STATUSES``."""
    for path in sorted(Path(__file__).parent.glob("test_operations_*.py")):
        spec = importlib.util.spec_from_file_location(f"drives_of_{path.stem}", path)
        assert spec is not None
        assert spec.loader is not None
        module = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(module)
        assert DRIVES.keys().isdisjoint(module.DRIVES)
        DRIVES.update(module.DRIVES)
        STATUSES.update(module.STATUSES)


_gather_drives()


def test_every_operation_has_a_drive(simulator: RunningSimulator) -> None:
    served = {operation["name"] for operation in simulator.control.operations()}
    assert served == set(DRIVES)


@pytest.mark.parametrize("operation", sorted(DRIVES))
def test_the_sdk_drives_the_operation(operation: str, clients: Clients) -> None:
    DRIVES[operation](clients)

    entries = clients.simulator.control.journal(operation=operation)
    assert entries, f"no request reached {operation}"
    assert {entry["status"] for entry in entries} <= STATUSES.get(operation, {200, 201})
    assert clients.simulator.control.journal(operation="unknown") == []
