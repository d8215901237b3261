# Copyright (c) 2026 the hwcloud.workspace contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Disks of pools: added, expanded, deleted."""

from __future__ import annotations

from typing import Any

import pytest

from workspace_simulator.state.failures import FailureRule, Failures

FINANCE = "22222222-0000-4000-8000-000000000001"
VOLUMES = f"/desktop-pools/{FINANCE}/volumes"
ALL = ["FIN-001", "FIN-002", "FIN-003", "FIN-004"]
NEW = {"type": "SAS", "size": 50}


@pytest.fixture(autouse=True)
def running(api: Any) -> None:
    """Let every desktop run: stopped ones get no disks by default."""
    for desktop in api.pool().desktops.values():
        desktop.status = "ACTIVE"


def change(api: Any, verb: str, *volumes: dict[str, Any], **fields: Any) -> Any:
    """Ask for batch-add, batch-expand or batch-delete and return the answer."""
    return api.call("POST", f"{VOLUMES}/batch-{verb}", {"volumes": list(volumes), **fields})


def start(api: Any, verb: str, *volumes: dict[str, Any], **fields: Any) -> Any:
    answer = change(api, verb, *volumes, **fields)
    assert answer.status_code == 200, answer.text
    return api.project.jobs[answer.json()["job_id"]]


def fail(api: Any, operation: str, name: str) -> None:
    api.world.failures = Failures([FailureRule(operation=operation, desktops=[name], times=1)], api.world.ids)


def sizes(thing: Any) -> list[tuple[str, int]]:
    return sorted((disk.type, disk.size) for disk in thing.data_volumes)


def drift(api: Any) -> dict[str, int]:
    return dict(api.get(f"/desktop-pools/{FINANCE}/inconsistent-statics"))


def test_a_disk_is_added_to_template_and_desktops_once(api: Any) -> None:
    job = start(api, "add", NEW)
    assert job.work.job_type == "addDesktopPoolVolumes"
    (row,) = api.get(f"/desktop-pools/{FINANCE}/desktops", limit=1)["pool_desktops"]
    assert (row["task_status"], len(row["data_volumes"])) == ("updating", 1)
    api.advance(300)
    both = [("SAS", 50), ("SSD", 100)]
    assert sizes(api.pool()) == both
    new_id = next(disk.id for disk in api.pool().data_volumes if disk.type == "SAS")
    for name in ALL:
        desktop = api.desktop(name)
        assert sizes(desktop) == both
        (event,) = desktop.record().disks_added
        assert (event["pool_disk_id"], event["type"], event["size"]) == (new_id, "SAS", 50)
        assert len({disk.device for disk in desktop.disks()}) == 3
    assert len({disk.id for desktop in api.pool().desktops.values() for disk in desktop.disks()}) == 12
    assert api.desktop("FIN-001").login_status == "CONNECTED"
    assert drift(api) == {"product_id": 0, "image_id": 0, "disk_num": 0, "disk_size": 0}


def test_disks_are_shown_by_id_with_their_pool_disk(api: Any) -> None:
    start(api, "add", NEW, {"type": "SSD", "size": 30}, {"type": "SAS", "size": 20})
    api.advance(300)
    pool_ids = [disk["id"] for disk in api.get(f"/desktop-pools/{FINANCE}")["data_volumes"]]
    assert pool_ids == sorted(pool_ids)
    (row,) = api.get(f"/desktop-pools/{FINANCE}/desktops", limit=1)["pool_desktops"]
    assert [disk["id"] for disk in row["data_volumes"]] == sorted(disk["id"] for disk in row["data_volumes"])
    assert {disk["desktop_pool_disk_id"] for disk in row["data_volumes"]} == set(pool_ids)
    api.dialect(api_age="older")
    (row,) = api.get(f"/desktop-pools/{FINANCE}/desktops", limit=1)["pool_desktops"]
    assert not any("desktop_pool_disk_id" in disk for disk in row["data_volumes"])


def test_a_fast_disk_needs_its_performance(api: Any) -> None:
    fast = {"type": "GPSSD2", "size": 100, "iops": 3000, "throughput": 125}
    for name, value in (("iops", 2999), ("iops", 12801), ("throughput", 124), ("throughput", 1001)):
        answer = change(api, "add", {**fast, name: value})
        assert answer.status_code == 400
        assert name in answer.json()["error_detail"]
    assert change(api, "add", {"type": "GPSSD2", "size": 100}).status_code == 400
    start(api, "add", {**fast, "kms_id": "key"})
    shown = [disk for disk in api.get(f"/desktop-pools/{FINANCE}")["data_volumes"] if disk["type"] == "GPSSD2"]
    assert [(disk["iops"], disk["throughput"], disk["kms_id"]) for disk in shown] == [(3000, 125, "key")]


@pytest.mark.parametrize(
    "disk",
    [
        {"type": "SAS", "size": 0},
        {"type": "SAS", "size": 15},
        {"type": "SAS", "size": 8210},
        {"type": "SAS"},
        {"size": 10},
        {"type": "FLOPPY", "size": 10},
        {"type": "SAS", "size": "10"},
    ],
)
def test_a_disk_that_is_not_on_offer_is_refused(api: Any, disk: dict[str, Any]) -> None:
    assert change(api, "add", disk).status_code == 400
    assert len(api.pool().data_volumes) == 1


def test_a_desktop_has_ten_data_disks_at_most(api: Any) -> None:
    assert change(api, "add", *[NEW] * 10).status_code == 400
    extra = api.desktop("FIN-002")
    extra.data_volumes = extra.data_volumes * 2
    job = start(api, "add", *[NEW] * 9)
    assert [sub_job.status for sub_job in job.sub_jobs] == ["RUNNING", "FAILED", "RUNNING", "RUNNING"]
    api.advance(300)
    assert [len(api.desktop(name).data_volumes) for name in ALL] == [10, 2, 10, 10]
    assert change(api, "add", NEW).status_code == 400


def test_disks_cannot_be_added_while_disks_are_being_added(api: Any) -> None:
    start(api, "add", NEW)
    answer = change(api, "add", NEW)
    assert (answer.status_code, answer.json()["error_code"]) == (400, "WKS.0407")
    other = change(api, "delete", {"id": api.pool().data_volumes[0].id})
    assert (other.status_code, other.json()["error_code"]) == (409, "WKS.00010032")
    api.advance(300)
    assert change(api, "add", NEW).status_code == 200


def test_an_addition_that_fails_can_be_made_up_for_on_the_desktop_alone(api: Any) -> None:
    fail(api, "AddDesktopPoolVolumes", "FIN-002")
    start(api, "add", NEW)
    api.advance(300)
    assert sizes(api.desktop("FIN-002")) == [("SSD", 100)]
    assert (drift(api)["disk_num"], drift(api)["disk_size"]) == (1, 1)
    start(api, "add", NEW, desktop_ids=[api.desktop("FIN-002").desktop_id])
    api.advance(300)
    assert len(api.pool().data_volumes) == 2
    assert drift(api)["disk_num"] == 0
    bound = [{disk.pool_disk_id for disk in api.desktop(name).data_volumes} for name in ALL]
    assert bound == [{disk.id for disk in api.pool().data_volumes}] * 4


def test_of_equal_pool_disks_a_desktop_gets_the_one_that_it_lacks(api: Any) -> None:
    start(api, "add", NEW, NEW)
    api.advance(300)
    first, second = (disk.id for disk in api.pool().data_volumes if disk.type == "SAS")
    for name, lacking in (("FIN-001", first), ("FIN-002", second)):
        desktop = api.desktop(name)
        desktop.data_volumes = [disk for disk in desktop.data_volumes if disk.pool_disk_id != lacking]
        start(api, "add", NEW, desktop_ids=[desktop.desktop_id])
        api.advance(300)
        assert desktop.data_volumes[-1].pool_disk_id == lacking
    assert drift(api)["disk_num"] == 0


def test_disks_can_be_added_to_desktops_that_get_none_at_the_moment(api: Any) -> None:
    start(api, "add", NEW, desktop_ids=[api.desktop("FIN-001").desktop_id])
    start(api, "add", NEW, desktop_ids=[api.desktop("FIN-002").desktop_id])
    api.advance(300)
    assert [len(api.desktop(name).data_volumes) for name in ALL] == [2, 2, 1, 1]


def test_a_disk_that_the_pool_does_not_have_belongs_to_no_pool_disk(api: Any) -> None:
    start(api, "add", NEW, desktop_ids=[api.desktop("FIN-003").desktop_id])
    api.advance(300)
    added = api.desktop("FIN-003").data_volumes[1]
    assert (added.pool_disk_id, added.type, added.size) == ("", "SAS", 50)
    assert (len(api.pool().data_volumes), drift(api)["disk_num"]) == (1, 1)


def test_desktop_ids_that_move_the_template_bind_the_disks_to_it(api: Any) -> None:
    api.dialect(desktop_ids_change_template="yes")
    start(api, "add", NEW, desktop_ids=[api.desktop("FIN-003").desktop_id])
    api.advance(300)
    assert [disk.pool_disk_id for disk in api.desktop("FIN-003").data_volumes] == [
        disk.id for disk in api.pool().data_volumes
    ]
    assert drift(api)["disk_num"] == 3


def test_data_and_system_disks_grow_and_keep_their_ids(api: Any) -> None:
    pool, before = api.pool(), {disk.id for disk in api.desktop("FIN-001").disks()}
    system, data = {"id": pool.root_volume.id, "size": 120}, {"id": pool.data_volumes[0].id, "size": 200}
    job = start(api, "expand", system, {**data, "type": "SSD"})
    assert job.work.job_type == "expandVolumes"
    api.advance(300)
    assert (pool.root_volume.size, pool.data_volumes[0].size) == (120, 200)
    desktop = api.desktop("FIN-001")
    assert [disk.size for disk in desktop.disks()] == [120, 200]
    assert {disk.id for disk in desktop.disks()} == before
    grown = [(event["previous_size"], event["size"]) for event in desktop.record().disks_expanded]
    assert grown == [(80, 120), (100, 200)]
    assert drift(api)["disk_size"] == 0


@pytest.mark.parametrize(
    ("which", "fields", "words"),
    [
        ("data", {"size": 100}, "must exceed"),
        ("data", {"size": 90}, "must exceed"),
        ("data", {"size": 105}, "steps of 10"),
        ("data", {"size": 200, "type": "SAS"}, "type SSD"),
        ("system", {"size": 1030}, "80 to 1020"),
        ("none", {"size": 200}, "no disk"),
    ],
)
def test_an_expansion_that_cannot_be_is_refused(api: Any, which: str, fields: dict[str, Any], words: str) -> None:
    pool = api.pool()
    ids = {"data": pool.data_volumes[0].id, "system": pool.root_volume.id, "none": "no-such-disk"}
    answer = change(api, "expand", {"id": ids[which], **fields})
    assert answer.status_code == 400
    assert words in answer.text
    assert (pool.root_volume.size, pool.data_volumes[0].size) == (80, 100)


def test_an_expansion_that_fails_is_made_up_for_on_the_desktop_alone(api: Any) -> None:
    fail(api, "ExpandDesktopPoolVolumes", "FIN-004")
    disk = {"id": api.pool().data_volumes[0].id, "size": 150}
    start(api, "expand", disk)
    api.advance(300)
    assert (api.pool().data_volumes[0].size, api.desktop("FIN-004").data_volumes[0].size) == (150, 100)
    assert drift(api)["disk_size"] == 1
    assert change(api, "expand", disk).status_code == 400
    assert change(api, "expand", disk, desktop_ids=[api.desktop("FIN-001").desktop_id]).status_code == 400
    start(api, "expand", disk, desktop_ids=[api.desktop("FIN-004").desktop_id])
    api.advance(300)
    assert drift(api)["disk_size"] == 0
    assert [len(api.desktop(name).record().disks_expanded) for name in ALL] == [1, 1, 1, 1]


def test_a_desktop_without_the_disk_fails_and_one_that_has_the_size_is_left_alone(api: Any) -> None:
    api.desktop("FIN-002").data_volumes.clear()
    api.desktop("FIN-003").data_volumes[0].size = 200
    job = start(api, "expand", {"id": api.pool().data_volumes[0].id, "size": 200})
    api.advance(300)
    assert [sub_job.status for sub_job in job.sub_jobs] == ["SUCCESS", "FAILED", "SUCCESS", "SUCCESS"]
    assert [len(api.desktop(name).record().disks_expanded) for name in ALL] == [1, 0, 0, 1]


def test_older_regions_want_the_type_and_know_no_scope(api: Any) -> None:
    api.dialect(api_age="older")
    disk = {"id": api.pool().data_volumes[0].id, "size": 150}
    assert change(api, "expand", disk).status_code == 400
    assert change(api, "expand", {**disk, "type": "SSD"}, handle_type="FOR_EXPAND_AND_ALL").status_code == 400
    assert change(api, "expand", {**disk, "type": "SSD"}).status_code == 200


def test_a_disk_is_deleted_from_template_and_desktops(api: Any) -> None:
    gone = api.pool().data_volumes[0].id
    job = start(api, "delete", {"id": gone})
    assert job.work.job_type == "deleteDesktopPoolVolumes"
    api.advance(300)
    assert api.pool().data_volumes == []
    for name in ALL:
        assert api.desktop(name).data_volumes == []
        (event,) = api.desktop(name).record().disks_deleted
        assert (event["pool_disk_id"], event["size"]) == (gone, 100)
    assert change(api, "delete", {"id": gone}).status_code == 400


def test_a_deletion_that_fails_is_made_up_for_on_the_desktop_alone(api: Any) -> None:
    fail(api, "DeleteDesktopPoolVolumes", "FIN-001")
    gone = api.pool().data_volumes[0].id
    start(api, "delete", {"id": gone})
    api.advance(300)
    assert (len(api.pool().data_volumes), len(api.desktop("FIN-001").data_volumes)) == (0, 1)
    start(api, "delete", {"id": gone}, desktop_ids=[api.desktop("FIN-001").desktop_id])
    api.advance(300)
    assert drift(api)["disk_num"] == 0
    assert [len(api.desktop(name).record().disks_deleted) for name in ALL] == [1, 1, 1, 1]


def test_desktop_ids_take_the_disk_from_those_desktops_only(api: Any) -> None:
    gone = api.pool().data_volumes[0].id
    start(api, "delete", {"id": gone}, desktop_ids=[api.desktop("FIN-002").desktop_id])
    api.advance(300)
    assert [len(api.desktop(name).data_volumes) for name in ALL] == [1, 0, 1, 1]
    assert len(api.pool().data_volumes) == 1


def test_the_system_disk_stays(api: Any) -> None:
    answer = change(api, "delete", {"id": api.pool().root_volume.id})
    assert answer.status_code == 400
    assert "system disk" in answer.json()["error_msg"]


@pytest.mark.parametrize("verb", ["expand", "delete"])
def test_a_disk_is_named_once(api: Any, verb: str) -> None:
    disk = {"id": api.pool().data_volumes[0].id, **({"size": 200} if verb == "expand" else {})}
    assert change(api, verb, disk, disk).status_code == 400


@pytest.mark.parametrize(("verb", "most"), [("add", 10), ("expand", 11), ("delete", 10)])
def test_a_call_takes_a_number_of_disks(api: Any, verb: str, most: int) -> None:
    assert change(api, verb).status_code == 400
    disk = NEW if verb == "add" else {"id": "x"}
    answer = change(api, verb, *[{**disk, **({"size": 200} if verb == "expand" else {})}] * (most + 1))
    assert answer.status_code == 400
    assert f"at most {most} items" in answer.json()["error_detail"]


@pytest.mark.parametrize("verb", ["add", "delete"])
def test_a_hundred_desktops_can_be_named(api: Any, verb: str) -> None:
    disk = NEW if verb == "add" else {"id": api.pool().data_volumes[0].id}
    answer = change(api, verb, disk, desktop_ids=["x"] * 101)
    assert answer.status_code == 400
    assert "at most 100 items" in answer.json()["error_detail"]


def test_a_desktop_in_error_keeps_its_disks(api: Any) -> None:
    api.desktop("FIN-002").status = "ERROR"
    job = start(api, "delete", {"id": api.pool().data_volumes[0].id})
    assert [sub_job.status for sub_job in job.sub_jobs] == ["RUNNING", "FAILED", "RUNNING", "RUNNING"]


@pytest.mark.parametrize(
    ("handle_type", "names"),
    [("FOR_EXPAND_AND_ALL", ALL), ("FOR_EXPAND_AND_IDLE", ["FIN-003", "FIN-004"]), ("ONLY_FOR_EXPAND", [])],
)
def test_handle_type_chooses_the_desktops_and_moves_the_template(api: Any, handle_type: str, names: list[str]) -> None:
    start(api, "add", NEW, handle_type=handle_type)
    api.advance(300)
    assert [name for name in ALL if api.desktop(name).record().disks_added] == names
    assert len(api.pool().data_volumes) == 2


@pytest.mark.parametrize("verb", ["add", "expand", "delete"])
@pytest.mark.parametrize(
    ("moment", "at_once", "at_the_end"), [("accepted", 1, 1), ("finished", 0, 1), ("all_succeeded", 0, 0)]
)
def test_the_template_moves_at_the_moment_that_the_reading_says(
    api: Any, moment: str, at_once: int, at_the_end: int, verb: str
) -> None:
    api.dialect(template_changes=moment)
    api.world.failures = Failures([FailureRule(nth=1)], api.world.ids)
    known = {"id": api.pool().data_volumes[0].id}
    before = sizes(api.pool())
    start(api, verb, {"add": NEW, "expand": {**known, "size": 200}, "delete": known}[verb])
    assert (sizes(api.pool()) != before) is bool(at_once)
    api.advance(300)
    assert (sizes(api.pool()) != before) is bool(at_the_end)
