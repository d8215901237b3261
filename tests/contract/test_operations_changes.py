# Copyright (c) 2026 the hwcloud.workspace contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The official SDK changes products, disks and power, and runs scripts. ``test_operations.py`` runs these drives."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import huaweicloudsdkworkspace.v2 as sdk
import pytest
from huaweicloudsdkcore.exceptions.exceptions import ClientRequestException

FINANCE = "22222222-0000-4000-8000-000000000001"
XLARGE = "workspace.x86.enterprise.xlarge2"
COLLECT = "55555555-0000-4000-8000-000000000001"
CLEAN_UP = "55555555-0000-4000-8000-000000000002"

Drive = Callable[[Any], None]
DRIVES: dict[str, Drive] = {}
STATUSES: dict[str, set[int]] = {"RunActionsOnWorkspaceJob": {400}}


def drives(operation: str) -> Callable[[Drive], Drive]:
    """Register the decorated function as the drive of an operation."""

    def register(drive: Drive) -> Drive:
        DRIVES[operation] = drive
        return drive

    return register


@drives("ResizeDesktopPool")
def _resize(clients: Any) -> None:
    body = sdk.ResizeDesktopPoolReq(
        product_id=XLARGE, flavor_id="s6.xlarge.2", mode="STOP_DESKTOP", handle_type="FOR_EXPAND_AND_ALL"
    )
    request = sdk.ResizeDesktopPoolRequest(pool_id=FINANCE, body=body)
    answer = clients.understood(clients.workspace.resize_desktop_pool(request))
    clients.simulator.control.advance(400)

    pool = clients.simulator.control.pool("finance")
    assert [entry.desktop_id for entry in answer.jobs] == [desktop["desktop_id"] for desktop in pool["desktops"]]
    assert {entry.job_id for entry in answer.jobs} == {answer.job_id}
    assert [len(desktop["effects"]["resizes"]) for desktop in pool["desktops"]] == [1, 1, 1, 1]
    assert {desktop["product_id"] for desktop in pool["desktops"]} == {XLARGE}
    shown = clients.workspace.show_desktop_pool_detail(sdk.ShowDesktopPoolDetailRequest(pool_id=FINANCE))
    assert (shown.product.product_id, shown.product.cpu) == (XLARGE, "4")


@drives("AddDesktopPoolVolumes")
def _add_volumes(clients: Any) -> None:
    _start_all(clients)
    fast = sdk.VolumeAddInfo(type="GPSSD2", size=100, iops=3000, throughput=125, kms_id="example-key")
    disks = [sdk.VolumeAddInfo(type="SAS", size=50), fast]
    body = sdk.AddDesktopPoolVolumesReq(volumes=disks, handle_type="FOR_EXPAND_AND_ALL")
    request = sdk.AddDesktopPoolVolumesRequest(pool_id=FINANCE, body=body)
    job_id = clients.understood(clients.workspace.add_desktop_pool_volumes(request)).job_id
    clients.simulator.control.advance(400)

    assert _finished(clients, job_id) == "addDesktopPoolVolumes"
    pool, desktops = _shown(clients)
    assert sorted((disk.type, disk.size) for disk in pool.data_volumes) == [("GPSSD2", 100), ("SAS", 50), ("SSD", 100)]
    (shown,) = [disk for disk in pool.data_volumes if disk.type == "GPSSD2"]
    assert (shown.iops, shown.throughput, shown.kms_id) == (3000, 125, "example-key")
    for desktop in desktops:
        assert {disk.desktop_pool_disk_id for disk in desktop.data_volumes} == {disk.id for disk in pool.data_volumes}


@drives("ExpandDesktopPoolVolumes")
def _expand_volumes(clients: Any) -> None:
    pool, _desktops = _shown(clients)
    disks = [
        sdk.ExpandDesktopPoolVolumesReqVolumes(id=pool.root_volume.id, size=100),
        sdk.ExpandDesktopPoolVolumesReqVolumes(id=pool.data_volumes[0].id, size=200),
    ]
    body = sdk.ExpandDesktopPoolVolumesReq(volumes=disks)
    request = sdk.ExpandDesktopPoolVolumesRequest(pool_id=FINANCE, body=body)
    job_id = clients.understood(clients.workspace.expand_desktop_pool_volumes(request)).job_id
    clients.simulator.control.advance(400)

    assert _finished(clients, job_id) == "expandVolumes"
    pool, desktops = _shown(clients)
    assert (pool.root_volume.size, pool.data_volumes[0].size) == (100, 200)
    assert {(desktop.root_volume.size, desktop.data_volumes[0].size) for desktop in desktops} == {(100, 200)}


@drives("DeleteDesktopPoolVolumes")
def _delete_volumes(clients: Any) -> None:
    pool, _desktops = _shown(clients)
    disks = [sdk.DeleteDesktopPoolVolumesReqVolumes(id=pool.data_volumes[0].id)]
    body = sdk.DeleteDesktopPoolVolumesReq(volumes=disks)
    request = sdk.DeleteDesktopPoolVolumesRequest(pool_id=FINANCE, body=body)
    job_id = clients.understood(clients.workspace.delete_desktop_pool_volumes(request)).job_id
    clients.simulator.control.advance(400)

    assert _finished(clients, job_id) == "deleteDesktopPoolVolumes"
    pool, desktops = _shown(clients)
    assert [pool.data_volumes, *(desktop.data_volumes for desktop in desktops)] == [[]] * 5


@drives("ExecuteDesktopPoolAction")
def _act(clients: Any) -> None:
    body = sdk.DesktopPoolActionReq(op_type="os-stop", type="SOFT")
    request = sdk.ExecuteDesktopPoolActionRequest(pool_id=FINANCE, body=body)
    job_id = clients.understood(clients.workspace.execute_desktop_pool_action(request)).job_id
    clients.simulator.control.advance(400)

    assert _finished(clients, job_id) == "executeDesktopsAction"
    _pool, desktops = _shown(clients)
    assert {(desktop.status, desktop.login_status) for desktop in desktops} == {("SHUTOFF", "UNREGISTER")}
    first = clients.simulator.control.desktop("FIN-001")["effects"]
    assert [event["action"] for event in first["power"]] == ["os-stop"]
    assert [event["user_name"] for event in first["sessions_cut"]] == ["user-a1"]


@drives("ListScripts")
def _list_scripts(clients: Any) -> None:
    answer = clients.understood(clients.workspace.list_scripts(sdk.ListScriptsRequest(limit=100)))
    assert [(script.name, script.type) for script in answer.scripts] == [
        ("collect-logs", "POWERSHELL"),
        ("clean-up", "BAT"),
    ]
    assert answer.count == 2
    request = sdk.ListScriptsRequest(id=CLEAN_UP, name="clean-up", type="BAT", offset=0)
    (script,) = clients.workspace.list_scripts(request).scripts
    assert str(script.create_time).startswith("2026-01-15")


@drives("ExecuteDesktopPoolScript")
def _execute(clients: Any) -> None:
    _pool, desktops = _shown(clients)
    body = sdk.ExecuteDesktopPoolScriptsReq(
        command_type="POWERSHELL",
        command_content="Get-Date",
        desktop_ids=[desktop.desktop_id for desktop in desktops[:3]],
        gray_desktop_ids=[desktops[0].desktop_id],
        gray_fail_threshold=1,
        post_finish="reboot",
        execution_timeout=10,
    )
    request = sdk.ExecuteDesktopPoolScriptRequest(pool_id=FINANCE, body=body)
    task_id = clients.understood(clients.workspace.execute_desktop_pool_script(request)).task_id
    clients.simulator.control.advance(60)

    effects = [desktop["effects"] for desktop in clients.simulator.control.pool("finance")["desktops"]]
    ran = [[(event["task_id"], event["status"]) for event in effect["scripts"]] for effect in effects]
    assert ran == [[(task_id, "SUCCESS")]] * 3 + [[]]
    assert [[event["action"] for event in effect["power"]] for effect in effects] == [["reboot"]] * 3 + [[]]


@drives("ShowDesktopPoolsScriptExecTasks")
def _show_pool_tasks(clients: Any) -> None:
    task_id = _run(clients)
    request = sdk.ShowDesktopPoolsScriptExecTasksRequest(
        desktop_pool_id=FINANCE,
        task_id=[task_id, "another"],
        script_id=COLLECT,
        task_type="SCRIPT",
        status="SUCCESS",
        execute_time_start="2021-10-01T12:00:00Z",
        offset=0,
        limit=100,
    )
    answer = clients.understood(clients.workspace.show_desktop_pools_script_exec_tasks(request))
    (task,) = answer.script_execution_tasks
    assert (task.id, task.desktop_pool_name, task.status, answer.total_count) == (task_id, "finance", "FINISH", 1)
    assert (task.success_num, task.failed_num, task.skip_num) == (5, 3, 0)
    assert [script.name for script in task.scripts] == ["collect-logs", "clean-up"]
    assert task.end_time > task.start_time

    body = sdk.ExecuteDesktopPoolScriptsReq(command_type="BAT", command_content="ver")
    clients.workspace.execute_desktop_pool_script(sdk.ExecuteDesktopPoolScriptRequest(pool_id=FINANCE, body=body))
    request = sdk.ShowDesktopPoolsScriptExecTasksRequest(task_type="COMMAND")
    answer = clients.understood(clients.workspace.show_desktop_pools_script_exec_tasks(request))
    assert [task.command_content for task in answer.script_execution_tasks] == ["ver"]


@drives("ListScriptTasks")
def _list_tasks(clients: Any) -> None:
    task_id = _run(clients, gray_count=1)
    request = sdk.ListScriptTasksRequest(task_id=[task_id], resource_group_id=[FINANCE], script_name="clean-up")
    answer = clients.understood(clients.workspace.list_script_tasks(request))
    (task,) = answer.script_tasks
    assert (task.id, len(task.resource_ids), len(task.gray_resource_ids), answer.count) == (task_id, 4, 1, 1)
    assert str(task.end_time) > str(task.start_time)


@drives("ListScriptRecords")
def _list_records(clients: Any) -> None:
    task_id = _run(clients)
    request = sdk.ListScriptRecordsRequest(script_task_id=task_id, script_id=[CLEAN_UP], limit=100)
    answer = clients.understood(clients.workspace.list_script_records(request))
    assert [(record.resource_name, record.status) for record in answer.script_records] == [
        ("FIN-001", "SUCCESS"),
        ("FIN-002", "FAILED"),
        ("FIN-003", "SUCCESS"),
        ("FIN-004", "FAILED"),
    ]
    assert answer.count == 4
    failed = sdk.ListScriptRecordsRequest(script_task_id=task_id, status="FAILED", is_first_order=False)
    assert clients.workspace.list_script_records(failed).count == 3
    _pool, desktops = _shown(clients)
    history = sdk.ListScriptRecordsRequest(
        show_history=True, resource_id=[desktop.desktop_id for desktop in desktops[:2]], script_id=[COLLECT]
    )
    assert clients.workspace.list_script_records(history).count == 2


@drives("ShowScriptRecordDetail")
def _show_record(clients: Any) -> None:
    request = sdk.ListScriptRecordsRequest(script_task_id=_run(clients), limit=1)
    (first,) = clients.workspace.list_script_records(request).script_records
    request = sdk.ShowScriptRecordDetailRequest(record_id=first.id)
    record = clients.understood(clients.workspace.show_script_record_detail(request))
    assert (record.resource_name, record.script_name, record.status) == ("FIN-001", "collect-logs", "SUCCESS")
    assert (record.output, record.execute_order) == ("FIN-001: 12 files", 0)


@drives("BatchDeleteSubJobs")
def _delete_sub_jobs(clients: Any) -> None:
    clients.simulator.control.set_failures({"desktops": ["FIN-002"]})
    body = sdk.DesktopPoolActionReq(op_type="reboot", type="HARD")
    answer = clients.workspace.execute_desktop_pool_action(
        sdk.ExecuteDesktopPoolActionRequest(pool_id=FINANCE, body=body)
    )
    clients.simulator.control.advance(400)
    request = sdk.ListItaSubJobsRequest(job_id=answer.job_id)
    listed = clients.workspace.list_ita_sub_jobs(request).jobs
    for body in (sdk.DeleteSubJobsReq(job_ids=[listed[0].id]), sdk.DeleteSubJobsReq(delete_by_status="FAILED")):
        clients.understood(clients.workspace.batch_delete_sub_jobs(sdk.BatchDeleteSubJobsRequest(body=body)))
    left = clients.workspace.list_ita_sub_jobs(request).jobs
    assert [sub_job.entities.desktop_name for sub_job in left] == ["FIN-003", "FIN-004"]


@drives("RunActionsOnWorkspaceJob")
def _act_on_job(clients: Any) -> None:
    body = sdk.DesktopPoolActionReq(op_type="reboot")
    request = sdk.ExecuteDesktopPoolActionRequest(pool_id=FINANCE, body=body)
    job_id = clients.workspace.execute_desktop_pool_action(request).job_id
    request = sdk.RunActionsOnWorkspaceJobRequest(job_id=job_id, body=sdk.JobActionsReq(op_type="retry"))
    with pytest.raises(ClientRequestException, match="cannot be repeated") as refusal:
        clients.workspace.run_actions_on_workspace_job(request)
    assert refusal.value.status_code == 400


def _run(clients: Any, **fields: Any) -> str:
    """Run both scripts of the estate to the end and return the task."""
    body = sdk.ExecuteDesktopPoolScriptsReq(script_ids=[COLLECT, CLEAN_UP], **fields)
    request = sdk.ExecuteDesktopPoolScriptRequest(pool_id=FINANCE, body=body)
    task_id = clients.workspace.execute_desktop_pool_script(request).task_id
    clients.simulator.control.advance(120)
    return str(task_id)


def _start_all(clients: Any) -> None:
    clients.simulator.control.change({"desktop": "FIN-004", "set": {"status": "ACTIVE"}})


def _finished(clients: Any, job_id: str) -> str:
    """Return the type of a job all of whose desktops succeeded."""
    job = clients.understood(clients.workspace.show_job(sdk.ShowJobRequest(job_id=job_id)))
    assert [sub_job.status for sub_job in job.sub_jobs] == ["SUCCESS"] * 4
    return str(job.job_type)


def _shown(clients: Any) -> tuple[Any, Any]:
    """Return the pool finance and its desktops, as the SDK reads them."""
    pool = clients.understood(
        clients.workspace.show_desktop_pool_detail(sdk.ShowDesktopPoolDetailRequest(pool_id=FINANCE))
    )
    request = sdk.ListPoolDesktopsDetailRequest(pool_id=FINANCE, limit=100)
    return pool, clients.understood(clients.workspace.list_pool_desktops_detail(request)).pool_desktops
