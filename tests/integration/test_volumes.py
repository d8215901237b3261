# Copyright (c) 2026 the hwcloud.workspace contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Disks of a pool: added, grown and deleted on the pool and on each desktop, each once."""

from __future__ import annotations

from collections import Counter
from typing import Any

import pytest
from running import Ansible, task
from sight import FINANCE, Sight, desktop_id

MODULE = "desktop_pool_volumes"
SSD = {"type": "SSD", "size": 100}
SAS = {"type": "SAS", "size": 50}
ADD = task(MODULE, pool="finance", volumes=[SAS])
CHECK = {"check_mode": True}
STARTS = r"pool finance: 1 stopped desktop is started, .* and stopped again afterwards: FIN-004\."
NAMES = ("FIN-001", "FIN-002", "FIN-003", "FIN-004")


def named(name: str, of: dict[str, Any], **keywords: Any) -> dict[str, Any]:
    return {**of, "name": name, **keywords}


def effects(sight: Sight, kind: str) -> dict[str, int]:
    """Return how often something was done to each desktop of the pool, by name."""
    desktops = sight.control.pool("finance")["desktops"]
    return {desktop["computer_name"]: len(desktop["effects"][kind]) for desktop in desktops}


def disks(sight: Sight) -> set[tuple[tuple[str, int], ...]]:
    """Return the sets of disks that the desktops and the pool have; one if all are alike."""
    pool = sight.control.pool("finance")
    return {
        tuple(sorted((disk["type"], disk["size"]) for disk in thing["data_volumes"]))
        for thing in (pool, *pool["desktops"])
    }


def power(sight: Sight, name: str) -> list[str]:
    return [event["action"] for event in sight.control.desktop(name)["effects"]["power"]]


def start_all(sight: Sight) -> None:
    sight.control.change({"desktop": "FIN-004", "set": {"status": "ACTIVE"}})


def test_a_disk_is_added_once(ansible: Ansible, sight: Sight) -> None:
    predicted = ansible.play(ADD, check=True, diff=True, warnings=[STARTS]).only
    assert predicted.changed
    assert predicted["diff"] == {"before": {"data_volumes": [SSD]}, "after": {"data_volumes": [SAS, SSD]}}
    assert (predicted["added"], predicted["expanded"], predicted["deleted"]) == ([SAS], [], [])
    assert predicted["job_id"] is None
    assert len(predicted["desktop_pool"]["data_volumes"]) == 2
    assert sight.effects() == 0

    runs = ansible.play(named("First", ADD), named("Second", ADD), named("Other way", ADD), warnings=[STARTS])
    first, second, _third = runs.tasks
    assert first["diff"] == predicted["diff"]
    (disk,) = [disk for disk in first["desktop_pool"]["data_volumes"] if disk["type"] == "SAS"]
    assert first["added"] == [{"id": disk["id"], **SAS}]
    assert [request["operation"] for request in first.changes] == [
        "BatchRunDesktops",
        "AddDesktopPoolVolumes",
        "BatchRunDesktops",
    ]
    assert runs.sent("AddDesktopPoolVolumes") == [{"volumes": [SAS]}]
    assert first["job"]["job_type"] == "addDesktopPoolVolumes"
    assert sorted(first["desktops_succeeded"]) == [desktop_id(name) for name in NAMES]
    assert disks(sight) == {(("SAS", 50), ("SSD", 100))}
    assert effects(sight, "disks_added") == dict.fromkeys(NAMES, 1)
    assert power(sight, "FIN-004") == ["os-start", "os-stop"]
    assert sight.control.desktop("FIN-004")["status"] == "SHUTOFF"
    for again in (second, _third):
        assert not again.changed
        assert again["diff"] == {"before": {}, "after": {}}
        assert (again["added"], again["expanded"], again["deleted"]) == ([], [], [])
        assert len(again.requests) <= 2


def test_what_is_listed_is_all_there_is(ansible: Ansible, sight: Sight) -> None:
    start_all(sight)
    pool = sight.control.pool("finance")
    (ssd,) = pool["data_volumes"]
    root = pool["root_volume"]
    wanted = [SAS, {"type": "SSD", "size": 200}, SAS, {"id": root["id"], "size": root["size"] + 20}]
    grow = task(MODULE, pool=FINANCE, volumes=wanted, purge=True)
    runs = ansible.play(named("Check", grow, **CHECK), named("Do", grow), named("Rest", grow))
    check, done, rest = runs.tasks
    assert check["diff"] == done["diff"]
    assert done["diff"]["before"]["data_volumes"] == [SSD]
    assert done["diff"]["after"]["root_volume"]["size"] == root["size"] + 20
    assert [request["operation"] for request in done.changes] == [
        "ExpandDesktopPoolVolumes",
        "ExpandDesktopPoolVolumes",
        "AddDesktopPoolVolumes",
        "AddDesktopPoolVolumes",
    ]
    sizes = {(body["volumes"][0]["id"], body["volumes"][0]["size"]) for body in runs.sent("ExpandDesktopPoolVolumes")}
    assert sizes == {(ssd["id"], 200), (root["id"], root["size"] + 20)}
    assert {disk["id"] for disk in done["expanded"]} == {ssd["id"], root["id"]}
    assert len({disk["id"] for disk in done["added"]}) == 2
    assert disks(sight) == {(("SAS", 50), ("SAS", 50), ("SSD", 200))}
    assert effects(sight, "disks_expanded") == dict.fromkeys(NAMES, 2)
    assert effects(sight, "disks_deleted") == dict.fromkeys(NAMES, 0)
    assert not rest.changed

    purge = task(MODULE, pool="finance", volumes=[{"id": ssd["id"]}, SAS], purge=True)
    said = r"pool finance: disks are deleted with all that is on them: SAS 50 GB \(\S+\) of 4 desktops, FIN-001"
    runs = ansible.play(named("Check", purge, **CHECK), named("Do", purge), named("Rest", purge), warnings=[said])
    assert [found.changed for found in runs.tasks] == [True, True, False]
    assert runs["Check"]["deleted"] == runs["Do"]["deleted"]
    assert len(runs.changes) == 1
    assert disks(sight) == {(("SAS", 50), ("SSD", 200))}
    assert effects(sight, "disks_deleted") == dict.fromkeys(NAMES, 1)


def test_listed_disks_go(ansible: Ansible, sight: Sight) -> None:
    gone = task(MODULE, pool="finance", volumes=[SSD, {"id": "no-such-disk"}], state="absent")
    runs = ansible.play(named("First", gone), named("Second", gone), warnings=["disks are deleted"])
    assert [found.changed for found in runs.tasks] == [True, False]
    assert runs["First"]["deleted"][0]["size"] == 100
    assert disks(sight) == {()}
    assert effects(sight, "disks_deleted") == dict.fromkeys(NAMES, 1)
    assert power(sight, "FIN-004") == []


def test_what_failed_is_completed_and_nothing_else(ansible: Ansible, sight: Sight) -> None:
    start_all(sight)
    sight.control.set_failures({"operation": "AddDesktopPoolVolumes", "desktops": ["FIN-002"], "times": 1})
    runs = ansible.play(
        named("Fail", ADD, ignore_errors=True), named("Check", ADD, **CHECK), named("Repair", ADD), named("Rest", ADD)
    )
    failed, check, repaired, rest = runs.tasks
    assert failed.message.startswith("pool finance: disk change: 1 of 4 desktops failed in job ")
    assert [entry["desktop_name"] for entry in failed["desktops_failed"]] == ["FIN-002"]
    assert failed["added"][0]["type"] == "SAS"
    assert check["diff"] == repaired["diff"]
    assert repaired["diff"] == {
        "before": {"desktops_by_disks": {"SAS 50 GB, SSD 100 GB": 3, "SSD 100 GB": 1}},
        "after": {"desktops_by_disks": {"SAS 50 GB, SSD 100 GB": 4}},
    }
    assert runs.sent("AddDesktopPoolVolumes")[1:] == [{"volumes": [SAS], "desktop_ids": [desktop_id("FIN-002")]}]
    assert not rest.changed
    assert disks(sight) == {(("SAS", 50), ("SSD", 100))}
    assert effects(sight, "disks_added") == dict.fromkeys(NAMES, 1)


def test_a_run_that_did_not_wait_is_finished_by_the_next(ansible: Ansible, sight: Sight) -> None:
    start_all(sight)
    both = {"pool": "finance", "volumes": [SAS, SSD, {"type": "SAS", "size": 70}]}
    runs = ansible.play(
        named("Send", task(MODULE, **both, wait=False)),
        named("Finish", task(MODULE, **both)),
        named("Rest", task(MODULE, **both)),
        warnings=["1 of 2 requests were not sent, since wait is false"],
    )
    assert [found.changed for found in runs.tasks] == [True, True, False]
    assert runs["Send"]["job"] is None
    assert len(runs.sent("AddDesktopPoolVolumes")) == 2
    assert disks(sight) == {(("SAS", 50), ("SAS", 70), ("SSD", 100))}
    assert effects(sight, "disks_added") == dict.fromkeys(NAMES, 2)


def test_part_of_a_pool(ansible: Ansible, sight: Sight) -> None:
    start_all(sight)
    one = task(MODULE, pool="finance", volumes=[SAS], desktop_ids=[desktop_id("FIN-003")])
    template = task(MODULE, pool="finance", volumes=[SAS], handle_type="ONLY_FOR_EXPAND")
    runs = ansible.play(
        named("One", one),
        named("One again", one),
        named("Template", template),
        named("Template again", template),
        named("All", ADD),
        named("All again", ADD),
    )
    assert [found.changed for found in runs.tasks] == [True, False, True, False, True, False]
    assert runs.sent("AddDesktopPoolVolumes") == [
        {"volumes": [SAS], "desktop_ids": [desktop_id("FIN-003")]},
        {"volumes": [SAS], "handle_type": "ONLY_FOR_EXPAND"},
        {"volumes": [SAS], "desktop_ids": [desktop_id(name) for name in NAMES if name != "FIN-003"]},
    ]
    assert effects(sight, "disks_added") == dict.fromkeys(NAMES, 1)


def test_what_cannot_be_is_refused_before_anything_is_sent(ansible: Ansible, sight: Sight) -> None:
    (ssd,) = sight.control.pool("finance")["data_volumes"]
    cases = {
        "size is 8201; it takes 0 to 8200 GB": {"volumes": [{"type": "SAS", "size": 8201}]},
        "volumes has 12 items": {"volumes": [SAS] * 12},
        "so give both": {"volumes": [{"type": "SAS"}]},
        "names the disk x twice": {"volumes": [{"id": "x"}, {"id": "x"}]},
        "set one of them": {"volumes": [SAS], "state": "absent", "purge": True},
        "is empty; give the id": {"volumes": [{}], "state": "absent"},
    }
    in_pool = {
        "no disk with the ID x": {"volumes": [{"id": "x", "size": 300}]},
        "the type of a disk cannot be changed": {"volumes": [{"id": ssd["id"], "type": "SAS"}]},
        "disks cannot shrink; if that is meant": {"volumes": [{"type": "SSD", "size": 50}], "purge": True},
        "cannot become 90 GB: disks cannot shrink": {"volumes": [{"id": ssd["id"], "size": 90}]},
        "would have 11 data disks": {"volumes": [SAS] * 10},
    }
    tasks = [
        named(text, task(MODULE, pool="finance", **options), ignore_errors=True)
        for text, options in {**cases, **in_pool}.items()
    ]
    runs = ansible.play(*tasks)
    for found in runs.tasks:
        assert found.status == "failed"
        assert found.name in found.message
        assert found.changes == []
        assert found.name in in_pool or found.requests == []
    assert sight.effects() == 0


@pytest.mark.readings
@pytest.mark.parametrize(
    "readings",
    [
        {"handle_type_absent": "expand_only"},
        {"handle_type_absent": "idle"},
        {"desktop_ids_change_template": "yes", "handle_type_absent": "expand_only"},
        {"template_changes": "finished"},
        {"template_changes": "all_succeeded", "desktop_ids_change_template": "yes"},
        {"several_added_disks": "refused", "several_deleted_disks": "sub_jobs_fail"},
        {"expand_volumes_job_type": "expandDesktopPoolVolumes", "pool_status_during_job": "STEADY"},
        {"conflict": "pool", "state_after_job": "lags", "sub_jobs_appear": "late"},
        {"api_age": "older"},
        {"add_disks_to_stopped": "sub_jobs_fail", "sub_jobs_appear": "growing"},
    ],
    ids=str,
)
def test_every_reading(ansible_in_process: Ansible, sight: Sight, readings: dict[str, str]) -> None:
    sight.control.set_dialect(**readings)
    sight.control.set_failures({"operation": "AddDesktopPoolVolumes", "desktops": ["FIN-001"], "times": 1})
    first = task(MODULE, pool="finance", volumes=[SAS, SAS, {"type": "SSD", "size": 120}], purge=True)
    second = task(MODULE, pool="finance", volumes=[{"type": "SAS", "size": 60}], purge=True)
    runs = ansible_in_process.play(
        named("Fail", first, ignore_errors=True),
        named("Repair", first),
        named("Rest", first),
        named("Less", second),
        named("Rest again", second),
        allowed=["stopped desktop is started", "disks are deleted"],
    )
    assert [found.status for found in runs.tasks] == ["failed", "ok", "ok", "ok", "ok"]
    assert [found.changed for found in runs.tasks] == [True, True, False, True, False]
    assert disks(sight) == {(("SAS", 60),)}
    assert effects(sight, "disks_added") == dict.fromkeys(NAMES, 2)
    assert effects(sight, "disks_expanded") == dict.fromkeys(NAMES, 2)
    assert effects(sight, "disks_deleted") == dict.fromkeys(NAMES, 2)


@pytest.mark.readings
@pytest.mark.parametrize("operation", ["AddDesktopPoolVolumes", "ExpandDesktopPoolVolumes", "DeleteDesktopPoolVolumes"])
@pytest.mark.parametrize("when", ["before_commit", "after_commit"])
def test_a_lost_answer(ansible_in_process: Ansible, sight: Sight, operation: str, when: str) -> None:
    start_all(sight)
    sight.control.set_faults({"operation": operation, "when": when, "effect": {"reset": True}})
    (ssd,) = sight.control.pool("finance")["data_volumes"]
    first = task(MODULE, pool="finance", volumes=[SAS, {"id": ssd["id"], "size": 200}])
    gone = task(MODULE, pool="finance", volumes=[SAS], state="absent")
    runs = ansible_in_process.play(named("Change", first), named("Delete", gone), allowed=["disks are deleted"])
    assert [found.changed for found in runs.tasks] == [True, True]
    assert disks(sight) == {(("SSD", 200),)}
    counts = Counter(request["operation"] for request in runs.changes)
    assert counts[operation] == (2 if when == "before_commit" else 1)
    for kind in ("disks_added", "disks_expanded", "disks_deleted"):
        assert effects(sight, kind) == dict.fromkeys(NAMES, 1)


@pytest.mark.readings
def test_a_region_that_cannot_start_single_desktops(ansible_in_process: Ansible, sight: Sight) -> None:
    unknown = {"status": 404, "body": {"error_code": "APIGW.0101", "error_msg": "The API does not exist"}}
    sight.control.set_faults({"operation": "BatchRunDesktops", "count": None, "effect": unknown})
    runs = ansible_in_process.play(named("First", ADD), named("Second", ADD), warnings=["FIN-004"])
    assert [found.changed for found in runs.tasks] == [True, False]
    assert runs.sent("ExecuteDesktopPoolAction") == [{"op_type": "os-start"}]
    assert power(sight, "FIN-004") == ["os-start"]
    assert disks(sight) == {(("SAS", 50), ("SSD", 100))}


@pytest.mark.readings
def test_a_desktop_that_cannot_be_started(ansible_in_process: Ansible, sight: Sight) -> None:
    entry = {"desktop_id": desktop_id("FIN-004"), "desktop_name": "FIN-004", "error_code": "WKS.1", "error_msg": "No."}
    refusal = {"status": 200, "body": {"failed_operation_list": [entry]}}
    sight.control.set_faults({"operation": "BatchRunDesktops", "effect": refusal})
    run = ansible_in_process.play(named("Fail", ADD, ignore_errors=True), warnings=["FIN-004"])
    assert run.only.message == (
        "pool finance: disk change: 1 desktop could not be started: FIN-004 (No); look at their state in the console, "
        "then run the task again."
    )
    assert run.sent("AddDesktopPoolVolumes") == []
