# Copyright (c) 2026 the hwcloud.workspace contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Telling users something, and changing what the service changes at once."""

from __future__ import annotations

from typing import Any

import pytest
from running import Ansible, task
from sight import CALLCENTER, FINANCE, Sight

TAGS = {"team": "finance", "window": "saturday"}


def tags_of(pool: dict[str, Any]) -> dict[str, str]:
    """Return the tags of a pool."""
    return {tag["key"]: tag["value"] for tag in pool["tags"]}


def test_a_notice_is_shown_each_time(ansible: Ansible, sight: Sight) -> None:
    message = "Back at ten: «please» save & log off <now>"
    notify = task("desktop_pool_notification", "First", pool=CALLCENTER, message=message)
    run = ansible.play(
        {**notify, "name": "Check", "check_mode": True},
        notify,
        {**notify, "name": "Second"},
        diff=True,
    )
    assert [found.changed for found in run.tasks] == [True, True, True]
    assert run["Check"]["job_id"] is None
    for found in run.tasks:
        assert found["diff"] == {"before": {}, "after": {"notification": message}}
        assert set(found.result) >= {"changed", "diff", "job_id"}
        assert "desktop_pool" not in found.result
    assert sight.notices("callcenter") == [message, message]
    assert [job["id"] for job in sight.jobs("callcenter")] == [run["First"]["job_id"], run["Second"]["job_id"]]


def test_a_notice_goes_out_while_a_job_runs(ansible_in_process: Ansible, sight: Sight) -> None:
    sight.move_time_by_polls(0.1)
    sight.start_rebuild("11111111-1010-4000-8000-000000002611")
    run = ansible_in_process.play(task("desktop_pool_notification", pool="finance", message="Back at ten"))
    assert run.only.changed
    assert sight.notices() == ["Back at ten"]


def test_maintenance_mode(ansible: Ansible, sight: Sight) -> None:
    begin = task("desktop_pool", "On", name="finance", in_maintenance_mode=True)
    end = task("desktop_pool", "Off", pool_id=FINANCE, in_maintenance_mode=False)
    run = ansible.play(
        {**begin, "name": "Check", "check_mode": True},
        begin,
        {**begin, "name": "On again"},
        end,
        {**end, "name": "Off again"},
        diff=True,
    )
    assert [found.changed for found in run.tasks] == [True, True, False, True, False]
    assert [len(found.changes) for found in run.tasks] == [0, 1, 0, 1, 0]
    diff = {"before": {"in_maintenance_mode": False}, "after": {"in_maintenance_mode": True}}
    assert run["Check"]["diff"] == run["On"]["diff"] == diff
    assert run["On again"]["diff"] == {"before": {}, "after": {}}
    assert run["Check"]["desktop_pool"] == run["On"]["desktop_pool"]
    assert run["Off"]["desktop_pool"]["in_maintenance_mode"] is False
    assert sight.control.pool("finance")["in_maintenance_mode"] is False


def test_name_and_description(ansible_in_process: Ansible, sight: Sight) -> None:
    run = ansible_in_process.play(
        task("desktop_pool", "Describe", name="finance", description="Ledgers"),
        task("desktop_pool", "Rename", pool_id=FINANCE, name="ledgers"),
        task("desktop_pool", "Rename again", pool_id=FINANCE, name="ledgers"),
        task("desktop_pool", "Clear", name="ledgers", description=""),
        task("desktop_pool", "Clear again", name="ledgers", description=""),
        task("desktop_pool", "Nothing wanted", name="ledgers"),
    )
    assert [found.changed for found in run.tasks] == [True, True, False, True, False, False]
    assert run["Rename"]["diff"] == {"before": {"name": "finance"}, "after": {"name": "ledgers"}}
    pool = sight.control.pool("ledgers")
    assert pool["description"] == ""
    assert tags_of(pool) == TAGS
    assert pool["ou_name"] == "Finance"
    assert run["Nothing wanted"]["desktop_pool"]["name"] == "ledgers"


@pytest.mark.parametrize("reading", ["tags_reset", "kept", "reset"])
def test_what_is_not_named_survives(ansible_in_process: Ansible, sight: Sight, reading: str) -> None:
    sight.control.set_dialect(update_absent_fields=reading)
    before = {name: sight.control.pool(name) for name in ("finance", "callcenter", "engineering")}
    run = ansible_in_process.play(
        *(task("desktop_pool", name, name=name, description="Seen") for name in before),
    )
    assert all(found.changed for found in run.tasks)
    for name, pool in before.items():
        after = sight.control.pool(name)
        differing = {key for key, value in pool.items() if after[key] != value}
        assert differing == {"description", "effects"}
        assert tags_of(after) == tags_of(pool)


def test_tags_survive_in_an_older_region(ansible_in_process: Ansible, sight: Sight) -> None:
    """An older region neither shows nor takes tags: it must be given none."""
    sight.control.set_dialect(api_age="older", update_absent_fields="kept")
    run = ansible_in_process.play(task("desktop_pool", name="finance", description="Seen"))
    assert run.only.changed
    assert "tags" not in run.sent("UpdateDesktopPool")[0]
    assert sight.control.pool("finance")["description"] == "Seen"


SET: dict[str, Any] = {
    "description": "Ledgers",
    "ou_name": "Ledgers",
    "tags": {"team": "ledgers", "stage": 2},
    "availability_zone": "eu-west-101b",
    "desktop_name_policy_id": "99999999-0000-4000-8000-000000000001",
    "enable_autoscale": True,
    "autoscale_policy": {"autoscale_type": "ACCESS_CREATED", "max_auto_created": 10},
    "user_reset_policy": {"enable": True, "reset_count_per_day": 3},
    "security_groups": ["88888888-0000-4000-8000-000000000001", "88888888-0000-4000-8000-000000000002"],
    "vpc_id": "77777777-0000-4000-8000-000000000002",
    "subnet_ids": ["77777777-0000-4000-8000-000000000012", "77777777-0000-4000-8000-000000000011"],
    "in_maintenance_mode": True,
}
CLEARED: dict[str, Any] = {
    "description": "",
    "ou_name": "",
    "tags": {},
    "availability_zone": "",
    "desktop_name_policy_id": "",
    "enable_autoscale": False,
    "autoscale_policy": {},
    "user_reset_policy": {"enable": False},
    "in_maintenance_mode": False,
}


def seen(pool: dict[str, Any]) -> dict[str, Any]:
    """Return the attributes of a pool as a task gives them."""
    groups = [group["id"] for group in pool["security_groups"]]
    return {name: pool[name] for name in SET} | {"tags": tags_of(pool), "security_groups": groups}


@pytest.mark.readings
@pytest.mark.parametrize("left_over", ["empty", "once_auto_created"])
@pytest.mark.parametrize("reading", ["tags_reset", "kept", "reset"])
def test_each_attribute_is_set_and_cleared_once(
    ansible_in_process: Ansible, sight: Sight, reading: str, left_over: str
) -> None:
    sight.control.set_dialect(update_absent_fields=reading, autoscale_policy_cleared=left_over)
    one_by_one = [
        each
        for options in (SET, CLEARED)
        for name, value in options.items()
        for each in (
            task("desktop_pool", f"{name} {value}", name="finance", **{name: value}),
            task("desktop_pool", f"{name} {value} again", name="finance", **{name: value}),
        )
    ]
    half = 2 * len(SET)
    run = ansible_in_process.play(*one_by_one[:half])
    assert [found.changed for found in run.tasks] == [True, False] * len(SET)
    assert seen(sight.control.pool("finance")) == {**SET, "tags": {"team": "ledgers", "stage": "2"}}
    run = ansible_in_process.play(*one_by_one[half:])
    assert [found.changed for found in run.tasks] == [True, False] * len(CLEARED)
    pool = sight.control.pool("finance")
    assert {name: value for name, value in seen(pool).items() if name not in CLEARED} == {
        name: value for name, value in SET.items() if name not in CLEARED
    }
    assert pool["autoscale_policy"] == ({} if left_over == "empty" else {"once_auto_created": 1})
    assert (pool["user_reset_policy"]["enable"], pool["tags"], pool["ou_name"]) == (False, [], "")


def test_all_attributes_at_once(ansible: Ansible, sight: Sight) -> None:
    described = task("desktop_pool", "Set", name="finance", **SET)
    cleared = task("desktop_pool", "Clear", name="finance", **CLEARED)
    run = ansible.play(
        {**described, "name": "Check", "check_mode": True},
        described,
        {**described, "name": "Set again"},
        {**cleared, "name": "Check of clear", "check_mode": True},
        cleared,
        {**cleared, "name": "Clear again"},
        diff=True,
    )
    assert [found.changed for found in run.tasks] == [True, True, False, True, True, False]
    assert [len(found.changes) for found in run.tasks] == [0, 1, 0, 0, 1, 0]
    for check, real in (("Check", "Set"), ("Check of clear", "Clear")):
        assert run[check]["diff"] == run[real]["diff"]
        predicted = dict(run[check]["desktop_pool"])
        # What a security group is called is not known before.
        named = {group["id"]: group for group in run[real]["desktop_pool"]["security_groups"]}
        predicted["security_groups"] = [named[group["id"]] for group in predicted["security_groups"]]
        assert predicted == run[real]["desktop_pool"]
    assert run["Set"]["diff"]["after"]["tags"] == {"team": "ledgers", "stage": "2"}
    assert run["Clear"]["diff"]["before"]["autoscale_policy"] == SET["autoscale_policy"]
    assert len(run["Set again"].requests) == 1


def test_a_dynamic_pool_keeps_desktops_as_long_as_is_wanted(ansible_in_process: Ansible, sight: Sight) -> None:
    longer = task("desktop_pool", "Longer", name="callcenter", disconnected_retention_period=1200)
    run = ansible_in_process.play(
        longer,
        {**longer, "name": "Again"},
        task("desktop_pool", "Static", name="finance", disconnected_retention_period=60),
        warnings=["pool finance: it is STATIC and so has no disconnected_retention_period, which is left alone"],
    )
    assert [found.changed for found in run.tasks] == [True, False, False]
    assert sight.control.pool("callcenter")["disconnected_retention_period"] == 1200


def test_users_are_added_and_desktops_too(ansible: Ansible, sight: Sight) -> None:
    user = {"object_type": "USER", "object_id": "55555555-0000-4000-8000-000000000001", "object_name": "user-a1"}
    wanted = {"description": "Ledgers", "authorized_objects": [{**user, "user_group": "users"}], "size": 5}
    grow = task("desktop_pool", "First", name="finance", **wanted)
    run = ansible.play(
        {**grow, "name": "Check", "check_mode": True},
        grow,
        {**grow, "name": "Second"},
        task("desktop_pool", "Change", name="finance", authorized_objects=[{**user, "user_group": "administrators"}]),
        diff=True,
    )
    assert [found.changed for found in run.tasks] == [True, True, False, True]
    assert run["Check"]["diff"] == run["First"]["diff"]
    assert run["First"]["diff"]["after"] == {
        "description": "Ledgers",
        "authorized_objects": ["USER user-a1 (users)"],
        "desktop_count": 5,
    }
    assert [request["operation"] for request in run["First"].changes] == [
        "UpdateDesktopPool",
        "CreateDesktopPoolAuthorizedObjects",
        "ExpandDesktopPool",
    ]
    assert len(run["Second"].requests) == 3
    groups = {
        entry["object_name"]: entry["user_group"] for entry in sight.control.pool("finance")["authorized_objects"]
    }
    assert groups["user-a1"] == "administrators"
    assert "finance-staff" in groups


def test_a_pool_is_moved_to_another_enterprise_project(ansible_in_process: Ansible, sight: Sight) -> None:
    move = task("desktop_pool", "Move", pool_id=FINANCE, enterprise_project_id="project-2")
    by_name = {"name": "finance", "enterprise_project_id": "project-2", "description": "Seen"}
    run = ansible_in_process.play(
        task("desktop_pool", "Environment", {"environment": {"HW_ENTERPRISE_PROJECT_ID": "x"}}, pool_id=FINANCE),
        move,
        {**move, "name": "Again"},
        task("desktop_pool", "By name", **by_name),
    )
    assert [found.changed for found in run.tasks] == [False, True, False, True]
    assert sight.control.pool("finance")["enterprise_project_id"] == "project-2"


@pytest.mark.readings
def test_an_older_region_gets_nothing_that_it_may_not_know(ansible_in_process: Ansible, sight: Sight) -> None:
    sight.control.set_dialect(api_age="older", update_absent_fields="kept")
    unseen = ("ou_name", "tags", "user_reset_policy", "vpc_id", "subnet_ids")
    wanted = {name: value for name, value in SET.items() if name not in ("security_groups",)}
    run = ansible_in_process.play(
        task("desktop_pool", "First", name="finance", **wanted),
        task("desktop_pool", "Second", name="finance", **wanted),
        warnings=[f"pool finance: this region does not show {name} of a pool" for name in unseen],
    )
    assert [found.changed for found in run.tasks] == [True, False]
    (body,) = run.sent("UpdateDesktopPool")
    assert not {*unseen, "security_groups", "enterprise_project_id"} - {"ou_name"} & set(body)
    assert sight.control.pool("finance")["description"] == "Ledgers"
