# Copyright (c) 2026 the hwcloud.workspace contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Readings of the open questions about resizes, disks, power and scripts. ``test_dialects.py`` runs these checks."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from workspace_simulator.state.failures import FailureRule, Failures

FINANCE = "22222222-0000-4000-8000-000000000001"
LARGE = "workspace.x86.enterprise.large2"
XLARGE = "workspace.x86.enterprise.xlarge2"
ALL = ["FIN-001", "FIN-002", "FIN-003", "FIN-004"]
RUNNING = ALL[:3]
NEW = {"type": "SAS", "size": 50}

Case = Callable[[Any, str], None]
CASES: dict[str, Case] = {}


def case(check: Case) -> Case:
    """Register the decorated function as the check of the setting it is named after."""
    CASES[check.__name__] = check
    return check


def post(api: Any, path: str, **body: Any) -> Any:
    return api.call("POST", f"/desktop-pools/{FINANCE}/{path}", body)


def resize(api: Any, product: str = XLARGE, **fields: Any) -> Any:
    return post(api, "resize", product_id=product, mode="STOP_DESKTOP", **fields)


def job_of(api: Any, answer: Any) -> Any:
    assert answer.status_code == 200, answer.text
    return api.project.jobs[answer.json()["job_id"]]


def statuses(job: Any) -> list[str]:
    return [sub_job.status for sub_job in job.sub_jobs]


def resized(api: Any) -> list[str]:
    desktops = api.pool().desktops.values()
    return [desktop.computer_name for desktop in desktops for _event in desktop.record().resizes]


def run_all(api: Any) -> None:
    for desktop in api.pool().desktops.values():
        desktop.status = "ACTIVE"


@case
def power_after_resize(api: Any, reading: str) -> None:
    resize(api)
    api.advance(300)
    states = [(api.desktop(name).status, api.desktop(name).login_status) for name in ("FIN-001", "FIN-004")]
    on, off = ("ACTIVE", "REGISTERED"), ("SHUTOFF", "UNREGISTER")
    assert states == {"active": [on, on], "as_before": [on, off], "stopped": [off, off]}[reading]


@case
def same_product_again(api: Any, reading: str) -> None:
    api.desktop("FIN-002").product_id = XLARGE
    answer = resize(api, LARGE)
    assert answer.status_code == (400 if reading == "refused" else 200)
    api.advance(300)
    assert resized(api) == {"again": ALL, "nothing": ["FIN-002"], "refused": []}[reading]
    assert resize(api, LARGE, desktop_ids=[api.desktop("FIN-001").desktop_id]).status_code == 200


@case
def mixed_products(api: Any, reading: str) -> None:
    api.desktop("FIN-002").product_id = XLARGE
    assert resize(api).status_code == (400 if reading == "refused" else 200)
    api.advance(300)
    api.pool().product_id = api.desktop("FIN-001").product_id = LARGE
    api.desktop("FIN-002").product_id = XLARGE
    assert resize(api, LARGE, desktop_ids=[api.desktop("FIN-002").desktop_id]).status_code == 200
    api.advance(300)
    assert api.desktop("FIN-002").product_id == LARGE


@case
def resize_job_type(api: Any, reading: str) -> None:
    job = job_of(api, resize(api))
    assert api.get(f"/workspace-jobs/{job.id}")["job_type"] == reading


@case
def resize_jobs(api: Any, reading: str) -> None:
    api.world.failures = Failures([FailureRule(desktops=["FIN-003"], at=1.0)], api.world.ids)
    answer = resize(api).json()
    named = {entry["desktop_id"]: entry["job_id"] for entry in answer.get("jobs", [])}
    ids = list(api.pool().desktops)
    assert list(named) == ([] if reading == "none" else ids)
    assert len(set(named.values())) == {"none": 0, "same": 1, "own": 4}[reading]
    whole = api.get(f"/workspace-jobs/{answer['job_id']}")
    assert (whole["end_time"], whole["sub_jobs_total"]) == (None, 0 if reading == "own" else 4)
    api.advance(300)
    whole = api.get(f"/workspace-jobs/{answer['job_id']}")
    assert (whole["end_time"] is not None, len(api.project.jobs)) == (True, 5 if reading == "own" else 1)
    if reading == "own":
        parts = [api.get(f"/workspace-jobs/{job_id}") for job_id in named.values()]
        assert [part["status"] for part in parts] == ["SUCCESS", "SUCCESS", "FAIL", "SUCCESS"]
        assert [part["sub_jobs"][0]["entities"]["desktop_id"] for part in parts] == ids
        assert whole["status"] == "FAIL"
    assert resized(api) == ["FIN-001", "FIN-002", "FIN-004"]
    assert api.pool().product_id == XLARGE


@case
def expand_volumes_job_type(api: Any, reading: str) -> None:
    volumes = [{"id": api.pool().data_volumes[0].id, "size": 200}]
    job = job_of(api, post(api, "volumes/batch-expand", volumes=volumes))
    assert api.get(f"/workspace-jobs/{job.id}")["job_type"] == reading


@case
def several_added_disks(api: Any, reading: str) -> None:
    run_all(api)
    answer = post(api, "volumes/batch-add", volumes=[NEW, NEW])
    assert answer.status_code == (400 if reading == "refused" else 200)
    api.advance(300)
    disks = {len(api.desktop(name).data_volumes) for name in ALL}
    assert (disks, len(api.pool().data_volumes)) == {
        "all": ({3}, 3),
        "refused": ({1}, 1),
        "sub_jobs_fail": ({1}, 3),
    }[reading]
    if reading == "sub_jobs_fail":
        assert statuses(job_of(api, answer)) == ["FAILED"] * 4
    job = job_of(api, post(api, "volumes/batch-add", volumes=[NEW]))
    api.advance(300)
    assert statuses(job) == ["SUCCESS"] * 4


@case
def several_deleted_disks(api: Any, reading: str) -> None:
    run_all(api)
    post(api, "volumes/batch-add", volumes=[NEW])
    api.advance(300)
    ids = [{"id": disk.id} for disk in api.pool().data_volumes]
    answer = post(api, "volumes/batch-delete", volumes=ids)
    assert answer.status_code == (400 if reading == "refused" else 200)
    api.advance(300)
    disks = {len(api.desktop(name).data_volumes) for name in ALL}
    assert (disks, len(api.pool().data_volumes)) == {
        "all": ({0}, 0),
        "refused": ({2}, 2),
        "sub_jobs_fail": ({2}, 0),
    }[reading]
    if reading != "all":
        job = job_of(api, post(api, "volumes/batch-delete", volumes=ids[:1]))
        api.advance(300)
        assert statuses(job) == ["SUCCESS"] * 4


@case
def add_disks_to_stopped(api: Any, reading: str) -> None:
    answer = post(api, "volumes/batch-add", volumes=[NEW])
    if reading == "refused":
        assert (answer.status_code, answer.json()["error_code"]) == (409, "WKS.00010032")
        assert "SHUTOFF" in answer.json()["error_msg"]
        ids = [api.desktop(name).desktop_id for name in RUNNING]
        assert post(api, "volumes/batch-add", volumes=[NEW], desktop_ids=ids).status_code == 200
    api.advance(300)
    disks = [len(api.desktop(name).data_volumes) for name in ALL]
    assert disks == [2, 2, 2, 2 if reading == "works" else 1]
    if reading != "refused":
        last = "SUCCESS" if reading == "works" else "FAILED"
        assert statuses(job_of(api, answer)) == ["SUCCESS", "SUCCESS", "SUCCESS", last]


@case
def action_job_type(api: Any, reading: str) -> None:
    job = job_of(api, post(api, "action", op_type="os-stop"))
    assert api.get(f"/workspace-jobs/{job.id}")["job_type"] == reading


@case
def action_needless(api: Any, reading: str) -> None:
    def ends(action: str) -> list[str]:
        job = job_of(api, post(api, "action", op_type=action))
        api.advance(300)
        return statuses(job)

    idle = {"success": "SUCCESS", "failed": "FAILED"}.get(reading)
    last = [idle] if idle else []
    assert ends("reboot") == ["SUCCESS"] * 3 + last
    assert ends("os-stop") == ["SUCCESS"] * 3 + last
    assert ends("os-stop") == last * 4
    assert [len(api.desktop(name).record().power) for name in ALL] == [2, 2, 2, 0]


@case
def action_on_none(api: Any, reading: str) -> None:
    api.dialect(action_needless="left_out")
    assert post(api, "action", op_type="os-stop").status_code == 200
    api.advance(300)
    answer = post(api, "action", op_type="os-stop")
    if reading == "refused":
        assert answer.status_code == 400
    else:
        job = api.get(f"/workspace-jobs/{job_of(api, answer).id}")
        assert (job["status"], job["sub_jobs_total"]) == ("SUCCESS", 0)


@case
def script_task_partial(api: Any, reading: str) -> None:
    def status(**fields: Any) -> str:
        answer = post(api, "script-executions", command_type="BAT", command_content="ver", **fields)
        api.advance(300)
        tasks = api.get("/desktop-pools/script-execution-tasks/detail", task_id=answer.json()["task_id"])
        return str(tasks["script_execution_tasks"][0]["status"])

    assert status() == reading, "the stopped desktop fails"
    assert status(desktop_ids=[api.desktop("FIN-001").desktop_id]) == "FINISH"
    assert status(desktop_ids=[api.desktop("FIN-004").desktop_id]) == "FAILED"
