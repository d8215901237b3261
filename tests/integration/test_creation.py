# Copyright (c) 2026 the hwcloud.workspace contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Creating a pool: once, with all that was asked for, and going on where a run has stopped."""

from __future__ import annotations

from typing import Any

import pytest
from running import Ansible, kill, task
from sight import NOVEMBER, OCTOBER, Sight, until

USER = {
    "object_type": "USER",
    "object_id": "55555555-0000-4000-8000-000000000001",
    "object_name": "user-a1",
    "user_group": "users",
}
NEEDED: dict[str, Any] = {
    "type": "STATIC",
    "size": 3,
    "product_id": "workspace.x86.enterprise.large2",
    "image_type": "private",
    "image_id": OCTOBER,
    "root_volume": {"type": "SAS", "size": 80},
    "subnet_ids": ["77777777-0000-4000-8000-000000000011"],
}
MORE: dict[str, Any] = {
    "data_volumes": [{"type": "SSD", "size": 100}, {"type": "SAS", "size": 50}],
    "vpc_id": "77777777-0000-4000-8000-000000000001",
    "description": "Ledgers",
    "ou_name": "Finance",
    "user_reset_policy": {"enable": True, "reset_count_per_day": 2},
}
CREATE = task("desktop_pool", name="ledgers", **NEEDED)
SAID = "The desktop did not obtain an IP address"


def creations(sight: Sight) -> list[int]:
    """Return how often each desktop of the pool was created, in the order of their names."""
    desktops = sight.control.pool("ledgers")["desktops"]
    desktops.sort(key=lambda desktop: desktop["computer_name"])
    return [len(desktop["effects"]["created"]) for desktop in desktops]


def test_three_runs(ansible: Ansible, sight: Sight) -> None:
    given = {
        **NEEDED,
        **MORE,
        "tags": {"team": "finance"},
        "security_groups": ["88888888-0000-4000-8000-000000000001"],
        "authorized_objects": [USER],
    }
    create = task("desktop_pool", name="ledgers", **given, in_maintenance_mode=True)
    predicted = ansible.play(create, check=True, diff=True).only
    sent = {
        **given,
        "tags": [{"key": "team", "value": "finance"}],
        "security_groups": [{"id": "88888888-0000-4000-8000-000000000001"}],
    }
    said = f"USER {USER['object_name']} ({USER['user_group']})"
    shown = {**sent, "tags": given["tags"], "authorized_objects": [said], "in_maintenance_mode": True}
    diff = {"before": {}, "after": {"name": "ledgers", **shown}}
    assert predicted.changed
    assert predicted["diff"] == diff
    assert (predicted["desktop_pool"]["name"], predicted["desktop_pool"]["desktop_count"]) == ("ledgers", 3)
    assert sight.effects() == 0

    run = ansible.play({**create, "name": "First"}, {**create, "name": "Second"}, diff=True)
    first, second = run.tasks
    assert first.changed
    assert first["diff"] == diff
    assert run.sent("CreateDesktopPool") == [{"name": "ledgers", **sent}]
    assert [request["operation"] for request in run.changes] == ["CreateDesktopPool", "UpdateDesktopPool"]
    pool = sight.control.pool("ledgers")
    assert (pool["status"], pool["desktop_count"], pool["in_maintenance_mode"]) == ("STEADY", 3, True)
    assert {name: pool[name] for name in ("description", "ou_name", "vpc_id", "subnet_ids", "tags")} == {
        name: sent[name] for name in ("description", "ou_name", "vpc_id", "subnet_ids", "tags")
    }
    assert [entry["object_name"] for entry in pool["authorized_objects"]] == ["user-a1"]
    assert creations(sight) == [1, 1, 1]
    (job,) = sight.jobs("ledgers")
    assert first["job_id"] == first["job"]["id"] == job["id"]
    assert sorted(first["desktops_succeeded"]) == sorted(desktop["desktop_id"] for desktop in pool["desktops"])
    assert (first["desktop_pool"]["id"], first["desktop_pool"]["in_maintenance_mode"]) == (pool["id"], True)
    assert (first["differing"], first["adopted"]) == ({}, False)
    assert not second.changed
    assert (second["diff"], second["differing"]) == ({"before": {}, "after": {}}, {})
    assert len(second.requests) <= 3


def test_a_dynamic_pool_that_scales_by_itself(ansible_in_process: Ansible, sight: Sight) -> None:
    policy = {"autoscale_type": "AUTO_CREATED", "min_idle": 1, "max_auto_created": 20}
    options = {**NEEDED, "type": "DYNAMIC", "size": 0, "enable_autoscale": True, "autoscale_policy": policy}
    project = {"enterprise_project_id": "project-2"}
    create = task("desktop_pool", name="ledgers", **options, **project, disconnected_retention_period=30)
    run = ansible_in_process.play(create, {**create, "name": "Again"})
    assert [found.changed for found in run.tasks] == [True, False]
    pool = sight.control.pool("ledgers")
    assert (pool["type"], pool["autoscale_policy"], pool["disconnected_retention_period"]) == ("DYNAMIC", policy, 30)
    assert pool["enterprise_project_id"] == "project-2"
    assert run["Again"]["differing"] == {}


def test_a_killed_run_is_resumed(ansible: Ansible, sight: Sight) -> None:
    sight.move_time_by_polls(0.1)
    program = ansible.start(ansible.playbook_command(CREATE))
    until(lambda: bool(sight.requests("ShowJob")))
    kill(program)
    assert [job["status"] for job in sight.jobs("ledgers")] == ["RUNNING"]
    sight.move_time_by_polls()
    run = ansible.play({**CREATE, "name": "Resume"}, {**CREATE, "name": "Rest"})
    assert [found.changed for found in run.tasks] == [False, False]
    assert [found["adopted"] for found in run.tasks] == [True, False]
    assert len(run["Resume"]["desktops_succeeded"]) == 3
    assert len(sight.requests("CreateDesktopPool")) == 1
    assert creations(sight) == [1, 1, 1]


def test_without_waiting_the_next_run_does_the_rest(ansible: Ansible, sight: Sight) -> None:
    sight.move_time_by_polls()
    options = {**NEEDED, "in_maintenance_mode": True}
    run = ansible.play(
        task("desktop_pool", "Start", name="ledgers", **options, wait=False),
        task("desktop_pool", "Resume", name="ledgers", **options),
        warnings=["pool ledgers: in_maintenance_mode cannot be seen to before the pool is there, and wait is false"],
    )
    started, resumed = run.tasks
    assert (started.changed, started["job"], started["desktop_pool"]["name"]) == (True, None, "ledgers")
    assert (resumed.changed, resumed["desktop_pool"]["in_maintenance_mode"]) == (True, True)
    assert [request["operation"] for request in run.changes] == ["CreateDesktopPool", "UpdateDesktopPool"]
    assert creations(sight) == [1, 1, 1]


@pytest.mark.parametrize(("left", "again"), [("left_in_error", 0), ("removed", 1)])
def test_a_desktop_that_cannot_be_made(ansible_in_process: Ansible, sight: Sight, left: str, again: int) -> None:
    sight.control.set_dialect(failed_creation=left)
    sight.control.set_failures({"operation": "CreateDesktopPool", "nth": 2, "times": 1})
    fails = {**CREATE, "name": "Fail", "ignore_errors": True}
    run = ansible_in_process.play(fails, {**CREATE, "name": "Repair"}, {**CREATE, "name": "Rest"})
    failed = run["Fail"]
    (name,) = [entry["desktop_name"] for entry in failed["desktops_failed"]]
    assert failed.message.startswith(
        f"pool ledgers: create: 1 of 3 desktops failed in job {failed['job_id']}, the first being {name} ({SAID})"
    )
    assert (failed.changed, failed["desktop_pool"]["name"]) == (True, "ledgers")
    assert [run["Repair"].changed, run["Rest"].changed] == [bool(again), False]
    assert run.sent("ExpandDesktopPool") == [{"size": 1}] * again
    assert len(run.sent("CreateDesktopPool")) == 1


def test_what_cannot_be_created_is_refused_before_anything_is_sent(ansible: Ansible, sight: Sight) -> None:
    ignore = {"ignore_errors": True}
    period = "disconnected_retention_period"
    there_is_none = "no pool in eu-west-101 has this name or ID; check pool, region and project_id."
    wrong = {
        "product": ({**NEEDED, "product_id": "nothing"}, "product nothing is not among the products of this region"),
        "image": ({**NEEDED, "image_id": "nowhere"}, "image nowhere is not among the project's images"),
        "user": (
            {**NEEDED, "authorized_objects": [{name: USER[name] for name in USER if name != "object_id"}]},
            "USER user-a1 (users) is not among the pool's users, and to add it the service needs object_id as well",
        ),
        "half": (
            {"type": "DYNAMIC", "size": 1, "image_id": OCTOBER},
            f"{there_is_none} To create it, product_id, image_type, root_volume, subnet_ids and {period} would be",
        ),
    }
    run = ansible.play(
        *(task("desktop_pool", name, ignore, name="ledgers", **given) for name, (given, _said) in wrong.items()),
        *(
            {**task("desktop_pool", f"{name} in check mode", ignore, name="ledgers", **given), "check_mode": True}
            for name, (given, _said) in wrong.items()
        ),
        task("desktop_pool", "similar", ignore, name="financ", in_maintenance_mode=True),
        task("desktop_pool", "by ID", ignore, pool_id="22222222-0000-4000-8000-000000000099", **NEEDED),
        task("desktop_pool", "size", ignore, name="ledgers", **{**NEEDED, "size": -1}),
        task("desktop_pool", "tag", ignore, name="finance", tags={"_sys_x": "y"}),
    )
    for name, (_given, said) in wrong.items():
        assert said in run[name].message
        assert run[name].message.startswith("pool ledgers: ")
        assert run[f"{name} in check mode"].message == run[name].message
    assert "Pools with similar names: finance. To create it, type, size, " in run["similar"].message
    assert "To create a pool, give its name alone." in run["by ID"].message
    assert run["size"].message == "pool ledgers: size is -1; it takes at least 0 desktops."
    assert run["tag"].message.startswith("pool finance: a key of tags is '_sys_x'; it takes 1 to 128 letters")
    assert all(found.status == "failed" and not found.result.get("changed") for found in run.tasks)
    assert run.changes == []
    assert sight.effects() == 0


def test_what_other_modules_change_is_told_of_and_left_alone(ansible: Ansible, sight: Sight) -> None:
    wanted = {
        "product_id": "workspace.x86.enterprise.xlarge2",
        "image_id": NOVEMBER,
        "data_volumes": [],
        "type": "DYNAMIC",
        "size": 2,
    }
    differs = task("desktop_pool", "Compare", name="finance", **wanted, root_volume={"type": "SAS", "size": 200})
    run = ansible.play(
        {**differs, "name": "Check", "check_mode": True},
        differs,
        warnings=[
            "pool finance: product_id differs from what is wanted and is left alone; desktop_pool_resize changes it",
            "pool finance: image_id differs .* desktop_pool_rebuild changes it",
            "pool finance: root_volume differs .* desktop_pool_volumes changes it",
            "pool finance: data_volumes differs .* desktop_pool_volumes changes them",
            "pool finance: type differs .* a pool keeps its type",
            "pool finance: it has 4 desktops instead of 2",
        ],
    )
    compared = run["Compare"]
    assert not compared.changed
    assert {name: entry["wanted"] for name, entry in compared["differing"].items() if name in wanted} == wanted
    assert compared["differing"]["image_id"]["present"] == OCTOBER
    assert run["Check"]["differing"] == compared["differing"]
    assert sight.effects() == 0


@pytest.mark.readings
@pytest.mark.parametrize("when", ["before_commit", "after_commit"])
@pytest.mark.parametrize(
    "readings",
    [
        {},
        {"sub_jobs_appear": "late", "pool_status_during_job": "STEADY"},
        {"sub_jobs_appear": "growing", "state_after_job": "lags", "finished_jobs": "forgotten"},
        {"api_age": "older", "sub_jobs_unfiltered": "refused", "job_status_success": "COMPLETE"},
    ],
    ids=str,
)
def test_a_lost_answer_makes_no_second_pool(
    ansible_in_process: Ansible, sight: Sight, when: str, readings: dict[str, Any]
) -> None:
    sight.control.set_dialect(**readings)
    sight.control.set_faults({"operation": "CreateDesktopPool", "when": when, "effect": {"reset": True}})
    create = task("desktop_pool", name="ledgers", **NEEDED, **MORE)
    old = "api_age" in readings
    run = ansible_in_process.play(
        create,
        {**create, "name": "Rest"},
        allowed=["pool ledgers: this region does not show (vpc_id|subnet_ids|ou_name|user_reset_policy) of a pool"]
        if old
        else [],
    )
    assert [found.changed for found in run.tasks] == [True, False]
    assert len(run.sent("CreateDesktopPool")) == (1 if when == "after_commit" else 2)
    assert creations(sight) == [1, 1, 1]
    assert len(sight.jobs("ledgers")) == 1
