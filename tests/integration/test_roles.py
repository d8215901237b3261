# Copyright (c) 2026 the hwcloud.workspace contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The role pool_recompose and the playbooks: what an operations team runs at night."""

from __future__ import annotations

import re
from typing import Any

import pytest
from running import Ansible, Run, kill
from sight import CALLCENTER, DECEMBER, NOVEMBER, OCTOBER, Sight, until

SESSIONS = "pool callcenter: users are logged in on 2 of the 3 desktops to recompose"


def variables(pool: str = "finance", image_id: str = NOVEMBER, **more: Any) -> dict[str, Any]:
    """Return variables of the role."""
    given = {"pool": pool, "image_id": image_id, **more}
    return {f"pool_recompose_{name}": value for name, value in given.items()}


def changes(run: Run) -> list[str]:
    """Return the operations that could change something, in order."""
    return [request["operation"] for request in run.changes]


def in_maintenance(sight: Sight, pool: str = "finance") -> bool:
    """Return whether a pool is in maintenance mode."""
    return bool(sight.control.pool(pool)["in_maintenance_mode"])


def result_of(run: Run) -> dict[str, Any]:
    """Return the fact that the role leaves."""
    return dict(run["Remember the result"]["ansible_facts"]["pool_recompose_result"])


def test_check_run_and_run_again(ansible_in_process: Ansible, sight: Sight) -> None:
    role = variables("callcenter")
    predicted = ansible_in_process.role(role, check=True, diff=True, warnings=[SESSIONS])
    assert predicted.counts["changed"] > 0
    assert result_of(predicted)["outcome"] == "planned"
    assert "CCT-001" in predicted.output
    assert sight.effects() == 0

    run = ansible_in_process.role(role, diff=True, warnings=[SESSIONS])
    assert changes(run) == [
        "SendDesktopPoolNotifications",
        "UpdateDesktopPool",
        "RebuildDesktopPool",
        "UpdateDesktopPool",
    ]
    assert run.sent("RebuildDesktopPool") == [{"image_id": NOVEMBER, "delay_time": 15}]
    (notice,) = sight.notices("callcenter")
    assert "15 minutes" in notice
    assert sight.rebuilds("callcenter") == {"CCT-001": 1, "CCT-002": 1, "CCT-003": 1}
    assert not in_maintenance(sight, "callcenter")
    assert result_of(run)["outcome"] == "done"
    assert len(result_of(run)["desktops_succeeded"]) == 3
    assert result_of(run)["drift_after"]["image_id"] == 0

    again = ansible_in_process.role(role, diff=True)
    assert again.counts["changed"] == 0
    assert again.changes == []
    assert result_of(again)["outcome"] == "unchanged"


def test_nobody_is_told_and_nothing_delayed_where_nobody_is_logged_in(
    ansible_in_process: Ansible, sight: Sight
) -> None:
    run = ansible_in_process.role(variables())
    assert sight.notices() == []
    assert run.sent("RebuildDesktopPool") == [{"image_id": NOVEMBER}]
    assert set(sight.rebuilds().values()) == {1}
    assert not in_maintenance(sight)


def test_what_is_switched_off_is_not_done(ansible_in_process: Ansible, sight: Sight) -> None:
    off = variables(CALLCENTER, notify=False, maintenance_mode=False, grace_minutes=2, image_type="private")
    run = ansible_in_process.role(off, warnings=[SESSIONS])
    assert changes(run) == ["RebuildDesktopPool"]
    assert run.sent("RebuildDesktopPool") == [{"image_id": NOVEMBER, "delay_time": 2, "image_type": "private"}]
    assert sight.notices("callcenter") == []


def test_a_desktop_that_fails_once_is_repaired(ansible_in_process: Ansible, sight: Sight) -> None:
    sight.control.set_failures({"operation": "RebuildDesktopPool", "desktops": ["FIN-002"], "times": 1})
    run = ansible_in_process.role(variables())
    assert run.sent("RebuildDesktopPool") == [{"image_id": NOVEMBER}, {"image_id": NOVEMBER, "is_fix": True}]
    assert sight.rebuilds() == {"FIN-001": 1, "FIN-002": 1, "FIN-003": 1, "FIN-004": 1}
    assert not in_maintenance(sight)
    assert len(result_of(run)["desktops_succeeded"]) == 4
    again = ansible_in_process.role(variables())
    assert again.counts["changed"] == 0


@pytest.mark.parametrize("repair", [True, False])
def test_a_desktop_that_fails_for_ever_fails_the_role(ansible_in_process: Ansible, sight: Sight, repair: bool) -> None:
    sight.control.set_failures({"operation": "RebuildDesktopPool", "desktops": ["FIN-002"]})
    run = ansible_in_process.role(variables(repair=repair), fails=True)
    failed = [found for found in run.tasks if found.status == "failed"][-1]
    assert re.match(
        r"pool finance: recompose: 1 of \d desktops failed in job \S+, the first being FIN-002", failed.message
    )
    assert len(run.sent("RebuildDesktopPool")) == (2 if repair else 1)
    assert sight.rebuilds() == {"FIN-001": 1, "FIN-002": 0, "FIN-003": 1, "FIN-004": 1}
    assert not in_maintenance(sight)


def test_a_refused_recompose_ends_maintenance_mode(ansible_in_process: Ansible, sight: Sight) -> None:
    refused = {"status": 400, "body": {"error_code": "WKS.00010002", "error_msg": "Quota of images"}}
    sight.control.set_faults({"operation": "RebuildDesktopPool", "effect": refused})
    run = ansible_in_process.role(variables(), fails=True)
    assert changes(run) == ["UpdateDesktopPool", "RebuildDesktopPool", "UpdateDesktopPool"]
    assert not in_maintenance(sight)
    assert any(
        "RebuildDesktopPool was refused: Quota of images" in found.message
        for found in run.tasks
        if "msg" in found.result
    )


def test_wrong_variables_change_nothing(ansible_in_process: Ansible, sight: Sight) -> None:
    no_image = ansible_in_process.role(variables(image_id="nowhere"), fails=True)
    assert "image nowhere is not among the project's images" in no_image.output
    no_pool = ansible_in_process.role(variables(pool="nowhere"), fails=True)
    assert "pool nowhere: no pool in eu-west-101 has this name or ID" in no_pool.output
    assert sight.effects() == 0


@pytest.mark.parametrize("wrong", [{"grace_minutes": 16}, {"message": "x" * 401}], ids=lambda wrong: next(iter(wrong)))
def test_a_variable_out_of_range_is_found_before_users_are_told(
    ansible_in_process: Ansible, sight: Sight, wrong: dict[str, Any]
) -> None:
    ansible_in_process.role(variables(CALLCENTER, **wrong), fails=True, allowed=[SESSIONS])
    assert sight.effects() == 0


@pytest.mark.parametrize("wrong", [{"grace_minutes": 16}, {"message": "x" * 401}], ids=lambda wrong: next(iter(wrong)))
def test_a_variable_out_of_range_is_found_in_check_mode(ansible_in_process: Ansible, wrong: dict[str, Any]) -> None:
    ansible_in_process.role(variables(CALLCENTER, **wrong), check=True, fails=True, allowed=[SESSIONS])


def test_a_killed_run_is_repeated(ansible_in_process: Ansible, sight: Sight) -> None:
    """The first run dies in the middle of the recompose; the second finds the job, and ends maintenance mode."""
    sight.move_time_by_polls(0.05)
    command = ["ansible-playbook", "hwcloud.workspace.rollout_image", "-e", f"pool=finance image_id={NOVEMBER}"]
    program = ansible_in_process.start(command)
    until(lambda: bool(sight.requests("ShowJob")))
    kill(program)
    assert in_maintenance(sight)
    sight.move_time_by_polls()
    warning = r"job \S+ \(rebuildDesktopPool\) runs now; the change would wait for it first"
    run = ansible_in_process.playbook("rollout_image", {"pool": "finance", "image_id": NOVEMBER}, warnings=[warning])
    assert not in_maintenance(sight)
    assert run.sent("RebuildDesktopPool") == []
    assert set(sight.rebuilds().values()) == {1}


def test_a_run_killed_after_the_recompose_is_repeated(ansible_in_process: Ansible, sight: Sight) -> None:
    """Nothing is left to recompose, and maintenance mode is on: the second run ends it."""
    ansible_in_process.role(variables())
    sight.control.change({"pool": "finance", "set": {"in_maintenance_mode": True}})
    run = ansible_in_process.role(variables())
    assert changes(run) == ["UpdateDesktopPool"]
    assert not in_maintenance(sight)
    assert set(sight.rebuilds().values()) == {1}


@pytest.mark.parametrize(
    "readings",
    [
        {"template_changes": "finished", "job_status_partial": "FAIL"},
        {"template_changes": "all_succeeded", "update_absent_fields": "reset"},
        {"api_age": "older", "update_absent_fields": "kept"},
        {"state_after_job": "lags", "sub_jobs_appear": "late"},
        {"maintenance_mode": "cuts_sessions"},
    ],
    ids=str,
)
def test_the_role_under_every_reading(ansible_in_process: Ansible, sight: Sight, readings: dict[str, str]) -> None:
    sight.control.set_dialect(**readings)
    sight.control.set_failures({"operation": "RebuildDesktopPool", "desktops": ["FIN-002"], "times": 1})
    tags = sight.control.pool("finance").get("tags")
    run = ansible_in_process.role(variables())
    assert result_of(run)["drift_after"]["image_id"] == 0
    assert set(sight.rebuilds().values()) == {1}
    assert set(sight.images().values()) == {NOVEMBER}
    assert not in_maintenance(sight)
    assert sight.control.pool("finance").get("tags") == tags


def test_rollout_to_several_pools(ansible_in_process: Ansible, sight: Sight) -> None:
    both = {"pool": ["finance", "callcenter"], "image_id": DECEMBER, "pool_recompose_grace_minutes": 1}
    run = ansible_in_process.playbook("rollout_image", both, warnings=[SESSIONS])
    assert run.sent("RebuildDesktopPool") == [{"image_id": DECEMBER}, {"image_id": DECEMBER, "delay_time": 1}]
    assert set(sight.rebuilds().values()) == set(sight.rebuilds("callcenter").values()) == {1}
    again = ansible_in_process.playbook("rollout_image", both)
    assert again.counts["changed"] == 0
    assert again.changes == []


def test_rollout_stops_at_the_first_pool_that_fails(ansible_in_process: Ansible, sight: Sight) -> None:
    sight.control.set_failures({"operation": "RebuildDesktopPool", "pool": "finance"})
    ansible_in_process.playbook("rollout_image", {"pool": ["finance", "callcenter"], "image_id": DECEMBER}, fails=True)
    assert set(sight.images("callcenter").values()) == {OCTOBER}
    assert sight.notices("callcenter") == []
    assert not in_maintenance(sight)


def test_a_second_pool_is_not_judged_by_the_first(ansible_in_process: Ansible, sight: Sight) -> None:
    """What the role remembers of one pool is not taken for another's."""
    sight.control.set_failures({"operation": "RebuildDesktopPool", "desktops": ["FIN-002"], "times": 1})
    both = {"pool": ["finance", "engineering"], "image_id": DECEMBER}
    run = ansible_in_process.playbook("rollout_image", both)
    remembered = [
        found["ansible_facts"]["pool_recompose_result"]
        for found in run.tasks
        if found.name.endswith("Remember the result")
    ]
    assert [result["pool"] for result in remembered] == ["finance", "engineering"]
    engineering = {desktop["desktop_id"] for desktop in sight.control.pool("engineering")["desktops"]}
    assert set(remembered[1]["desktops_succeeded"]) == engineering


def test_a_pool_that_needs_nothing_is_not_judged_by_the_first(ansible_in_process: Ansible, sight: Sight) -> None:
    sight.control.change({"pool": "callcenter", "set": {"image": DECEMBER}})
    for name in ("CCT-001", "CCT-002", "CCT-003"):
        sight.control.change({"desktop": name, "set": {"image": DECEMBER}})
    sight.control.change({"desktop": "FIN-001", "set": {"product_id": "workspace.x86.enterprise.xlarge2"}})
    both = {"pool": ["finance", "callcenter"], "image_id": DECEMBER}
    run = ansible_in_process.playbook("rollout_image", both)
    first, second = (
        found["ansible_facts"]["pool_recompose_result"]
        for found in run.tasks
        if found.name.endswith("Remember the result")
    )
    assert (first["outcome"], second["outcome"]) == ("done", "unchanged")
    assert first["drift_after"]["product_id"] == 1
    assert second["drift_after"]["product_id"] == 0
    assert second["desktops_succeeded"] == []


def test_rollout_without_pool_or_image(ansible_in_process: Ansible) -> None:
    run = ansible_in_process.playbook("rollout_image", fails=True)
    assert "Say which pool and which image" in run.output
    assert run.requests == []


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

    some = ansible_in_process.playbook("audit_pools", {"pool_name": "engin"}, check=True)
    assert [line.split()[0] for line in some["Show the pools"]["msg"]] == ["POOL", "engineering"]
