# Copyright (c) 2026 the hwcloud.workspace contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The playbooks: how they take their variables from a command line, a survey or an inventory."""

from __future__ import annotations

import json

import pytest
from fleet import ALPHA, done_to, failed_hosts, is_closed, maintain, results, set_up
from running import Ansible
from sight import NOVEMBER, OCTOBER, Sight

SURVEY = {
    "target": "",
    "image_id": "",
    "image_type": "",
    "product": "",
    "volumes": "",
    "volumes_purge": "",
    "canary": "",
    "pools_at_once": "",
    "max_fail_percentage": "",
    "pools_strategy": "",
    "report_dir": "",
    "pause_after_canary": "",
    "max_unavailable": "",
    "min_available": "",
    "max_failures": "",
    "on_failure": "",
    "repair": "",
    "session_policy": "",
    "session_wait_minutes": "",
    "grace_minutes": "",
    "notify_minutes": "",
    "message": "",
    "health_check": "",
    "window_end": "",
}
"""All questions of a survey, none of them answered."""


@pytest.fixture
def estate(sight: Sight) -> Sight:
    """Hand out the estate of the maintenance."""
    return set_up(sight)


def test_a_rollout_goes_pool_by_pool_and_stops_at_the_first_that_fails(
    ansible_in_process: Ansible, estate: Sight
) -> None:
    estate.control.set_failures({"operation": "RebuildDesktopPool", "pool": "beta"})
    wanted = {"image": "win10-2026-11", "max_unavailable": "100%", "canary": 0, "on_failure": "stop"}
    run = maintain(ansible_in_process, "alpha, beta,gamma", "rollout_image", fails=True, **wanted)
    assert {name: result["outcome"] for name, result in results(run).items()} == {"alpha": "done", "beta": "stopped"}
    assert failed_hosts(run) == {"beta"}
    assert set(estate.images("alpha").values()) == {NOVEMBER}
    assert set(estate.images("gamma").values()) == {OCTOBER}
    assert estate.notices("gamma") == []
    assert not is_closed(estate, "beta")


def test_a_rollout_changes_the_image_alone(ansible_in_process: Ansible, estate: Sight) -> None:
    run = ansible_in_process.playbook("rollout_image", {"pool": "alpha"}, fails=True)
    assert "Say what the pools are to have, for example with -e image=win10-2026-11." in run.output
    assert run.requests == []


def test_maintenance_wants_pools_and_something_to_do(ansible_in_process: Ansible, estate: Sight) -> None:
    nowhere = ansible_in_process.playbook("maintain_pools", {"image": "win10-2026-11"}, fails=True)
    assert "Say which pools, for example with -e pool=finance-win10" in nowhere.output
    nothing = ansible_in_process.playbook("maintain_pools", {"pool": "alpha"}, fails=True)
    assert "Say what the pools are to have" in nothing.output
    assert nowhere.requests == nothing.requests == []


def test_a_survey_without_answers_has_the_defaults(ansible_in_process: Ansible, estate: Sight) -> None:
    """And lists with commas are read: canaries, minutes and disks."""
    planned = maintain(ansible_in_process, "alpha", check=True, **{**SURVEY, "image": NOVEMBER})
    result = results(planned)["alpha"]
    assert [wave["kind"] for wave in result["waves"]][:2] == ["canary", "wave"]
    assert {len(wave["desktops"]) for wave in result["waves"]} == {1}

    answers = {
        "image": "win10-2026-11",
        "canary": "ALP-003, ALP-002",
        "max_unavailable": "3",
        "volumes": "SSD:100,SAS:20",
    }
    planned = maintain(ansible_in_process, "alpha", check=True, **{**SURVEY, **answers, "notify_minutes": "7,2"})
    result = results(planned)["alpha"]
    canary = result["waves"][0]
    assert sorted(desktop["desktop_name"] for desktop in canary["desktops"]) == ["ALP-002", "ALP-003"]
    assert [step["what"] for step in result["steps"]] == ["image", "volumes"]
    assert result["asked"]["volumes"] == [{"type": "SSD", "size": 100}, {"type": "SAS", "size": 20}]
    assert result["asked"]["image"] == {"name": "win10-2026-11", "id": NOVEMBER}


def test_pools_of_the_inventory(ansible_in_process: Ansible, estate: Sight) -> None:
    """The pool's ID comes from the host, whose name is the pool's, and --limit chooses among them."""
    fleet = ansible_in_process.folder / "fleet.desktop_pools.yml"
    fleet.write_text("plugin: hwcloud.workspace.desktop_pools\n")
    command = ["ansible-playbook", "hwcloud.workspace.maintain_pools", "-i", str(fleet)]
    wanted = ["-e", json.dumps({"image_id": NOVEMBER, "canary": 0, "max_unavailable": "100%"})]
    run = ansible_in_process.run([*command, "--limit", "alpha:beta", *wanted], allowed=[".*"], seconds=200)
    assert {name: result["outcome"] for name, result in results(run).items()} == {"alpha": "done", "beta": "done"}
    assert results(run)["alpha"]["pool_id"] == ALPHA
    assert set(done_to(estate, "gamma", "rebuilds").values()) == {0}
    (reading,) = (task for task in run.tasks if task.name.endswith("Look up the pools with their desktops and jobs"))
    assert sorted(found["name"] for found in reading["desktop_pools"]) == ["alpha", "beta"]

    # In a survey the question for the pool stays empty, and hides the variable of the host.
    survey = ["-e", json.dumps({**SURVEY, "pool": "", "image_id": NOVEMBER})]
    again = ansible_in_process.run([*command, "--limit", "alpha", *survey], allowed=[".*"])
    assert results(again)["alpha"]["outcome"] == "unchanged"
    assert again.changes == []


def test_audit(ansible_in_process: Ansible, sight: Sight) -> None:
    sight.move_time_by_polls(0.1)
    sight.start_rebuild(NOVEMBER)
    run = ansible_in_process.playbook("audit_pools")
    assert run.counts["changed"] == 0
    lines = run["Show the pools"]["msg"]
    assert [line.split()[:4] for line in lines] == [
        ["POOL", "DESKTOPS", "LOGGED", "IN"],
        ["callcenter", "3", "2", "0"],
        ["engineering", "4", "0", "1"],
        ["finance", "4", "0", "4"],
    ]
    assert lines[1].endswith("steady")
    assert lines[2].endswith("maintenance mode")
    assert lines[3].endswith("job running")
    assert len(run.requests) <= 7
    assert run.kept["pool_audit"] == {
        "pools": {"callcenter": 0, "engineering": 1, "finance": 4},
        "drifted": ["engineering", "finance"],
    }

    some = ansible_in_process.playbook("audit_pools", {"pool_name": "engin", "pool": ""}, check=True)
    assert [line.split()[0] for line in some["Show the pools"]["msg"]] == ["POOL", "engineering"]
    named = ansible_in_process.playbook("audit_pools", {"pool_name": "", "pool": "finance,callcenter,nowhere"})
    assert [line.split()[0] for line in named["Show the pools"]["msg"]] == ["POOL", "callcenter", "finance"]


def test_a_report_without_anything_before_it(ansible_in_process: Ansible, sight: Sight) -> None:
    """It looks at the pools that are named; one in maintenance mode is not as it should be."""
    run = ansible_in_process.playbook("report_pools", {"pool": "finance, engineering"}, fails=True)
    header, *lines = run["Show what came of the pools"]["msg"]
    assert header.split() == ["POOL", "OUTCOME", "SUCCEEDED", "FAILED", "SKIPPED", "DRIFTED", "STATE"]
    assert [" ".join(line.split()) for line in lines] == [
        "engineering not reported 0 0 0 1 maintenance mode",
        "finance not reported 0 0 0 0 steady",
    ]
    assert run.kept["pool_overview"]["left"] == ["engineering"]
    assert "Not as they should be: engineering." in run.output
    nothing = ansible_in_process.playbook("report_pools")
    assert nothing["Show what came of the pools"]["msg"] == ["No pool was reported: nothing was maintained."]
    assert nothing.requests == []
