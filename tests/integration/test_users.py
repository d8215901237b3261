# Copyright (c) 2026 the hwcloud.workspace contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Users and groups of a pool: who is added, changed and removed, and that nobody is twice."""

from __future__ import annotations

from typing import Any

import pytest
from running import Ansible, task
from sight import FINANCE, Sight

USER_A, USER_B, USER_C = (
    {
        "object_id": f"55555555-0000-4000-8000-00000000000{number}",
        "object_name": name,
        "object_type": "USER",
        "user_group": "users",
    }
    for number, name in enumerate(("user-a1", "user-b2", "user-c3"), 1)
)
STAFF = {"object_name": "finance-staff", "object_type": "USER_GROUP", "user_group": "users"}
ADMIN_A = {**USER_A, "user_group": "administrators"}


def users(*wanted: dict[str, Any], pool: str = "finance", **options: Any) -> dict[str, Any]:
    return task("desktop_pool_users", pool=pool, authorized_objects=list(wanted), **options)


def names(objects: list[dict[str, Any]]) -> list[str]:
    return sorted(f"{entry['object_name']} {entry['user_group']}" for entry in objects)


def events(sight: Sight, pool: str = "finance") -> list[str]:
    """Return what was done to the users of a pool, in order."""
    return [f"{event['action']} {event['object_name']}" for event in sight.control.pool(pool)["effects"]["authorized"]]


def test_users_are_added_changed_and_removed_once(ansible: Ansible, sight: Sight) -> None:
    steps = [
        (users(USER_A, USER_B), ["finance-staff users", "user-a1 users", "user-b2 users"]),
        (users(ADMIN_A, USER_C, STAFF, purge=True), ["finance-staff users", "user-a1 administrators", "user-c3 users"]),
        (
            users({"object_name": "user-a1", "object_type": "USER"}, USER_B, state="absent"),
            ["finance-staff users", "user-c3 users"],
        ),
    ]
    ways = ({"check_mode": True}, {}, {})
    run = ansible.play(*[{**step, **way} for step, _wanted in steps for way in ways], diff=True)
    for at, (_step, wanted) in enumerate(steps):
        predicted, first, second = run.tasks[3 * at : 3 * at + 3]
        assert (predicted.changed, first.changed, second.changed) == (True, True, False)
        assert predicted["diff"] == first["diff"]
        assert second["diff"] == {"before": {}, "after": {}}
        assert names(predicted["authorized_objects"]) == names(first["authorized_objects"]) == wanted
        assert first["authorized_objects"] == second["authorized_objects"]
        assert second.operations == ["ListDesktopPools", "ListDesktopPoolAuthorizedObjects"]
        assert second["desktop_pool"]["id"] == FINANCE
    assert names(sight.control.pool("finance")["authorized_objects"]) == ["finance-staff users", "user-c3 users"]
    assert events(sight) == [
        "ADD user-a1",
        "ADD user-b2",
        "ADD user-c3",
        "CHANGE_PRIVILEGE user-a1",
        "REMOVE user-b2",
        "REMOVE user-a1",
    ]


def test_what_cannot_be_done_is_said_in_one_sentence_before_anything_is_sent(ansible: Ansible, sight: Sight) -> None:
    ignored = {"ignore_errors": True}
    nobody = {"object_name": "user-z9", "object_type": "USER", "user_group": "users"}
    run = ansible.play(
        {**users(USER_A, ADMIN_A), "name": "Contradiction", **ignored},
        {**users({"object_name": "user-a1"}, state="absent"), "name": "Nobody", **ignored},
        {**users(USER_A, state="absent", purge=True), "name": "Both", **ignored},
        {**users({**USER_A, "object_name": "x" * 101}), "name": "Long", **ignored},
        {**users(nobody, purge=True), "name": "Without ID", **ignored},
        {**users({**nobody, "object_id": "unknown"}), "name": "Unknown", **ignored},
    )
    assert "contradicts another one" in run["Contradiction"].message
    assert "authorized_objects[0] does not say who it is" in run["Nobody"].message
    assert "set one of them" in run["Both"].message
    assert "authorized_objects[0].object_name has 101 characters; it takes 1 to 100" in run["Long"].message
    for name in ("Contradiction", "Nobody", "Both", "Long"):
        assert run[name].requests == []
    assert "to add it the service needs object_id as well. Nothing was changed." in run["Without ID"].message
    assert run["Without ID"].changes == []
    assert (run["Unknown"]["error_code"], run["Unknown"]["http_status"]) == ("WKS.00170312", 400)
    assert run["Unknown"]["desktop_pool"]["id"] == FINANCE
    assert events(sight) == []


def test_users_who_hold_a_desktop_are_named_before_they_are_removed(ansible: Ansible, sight: Sight) -> None:
    holder = ansible.play(users(USER_A), task("desktop_pool_attach", pool="finance", username="user-a1"))
    assert holder.tasks[1]["desktop"]["computer_name"] == "FIN-003"
    remove = users(USER_A, state="absent")
    run = ansible.play(
        {**remove, "name": "Check", "check_mode": True},
        {**remove, "name": "Do"},
        warnings=[r"pool finance: users to remove hold 1 desktop, which may be .*: user-a1 \(FIN-003\)"],
    )
    assert run["Do"].changed
    assert sight.control.desktop("FIN-003")["user_name"] == ""


@pytest.mark.readings
def test_a_region_that_refuses_to_remove_who_holds_a_desktop(ansible_in_process: Ansible, sight: Sight) -> None:
    sight.control.set_dialect(remove_bound_user="refused")
    run = ansible_in_process.play(
        users(USER_A, USER_B),
        task("desktop_pool_attach", pool="finance", username="user-a1"),
        users(USER_A, USER_B, state="absent"),
        fails=True,
        warnings=[r"user-a1 \(FIN-003\)"],
    )
    refused = run.tasks[-1]
    assert "detach the desktop or wait for the user to log off" in refused.message
    assert (refused["http_status"], refused["changed"]) == (409, False)
    wanted = ["finance-staff users", "user-a1 users", "user-b2 users"]
    assert names(sight.control.pool("finance")["authorized_objects"]) == wanted


@pytest.mark.readings
def test_a_region_that_refuses_to_do_things_twice_is_never_asked_to(ansible_in_process: Ansible, sight: Sight) -> None:
    sight.control.set_dialect(authorize_again="400", deauthorize_absent="409", remove_bound_user="until_logoff")
    for step in (users(USER_A, USER_B), users(USER_A, USER_C), users(USER_A, USER_B, state="absent")):
        run = ansible_in_process.play({**step, "name": "First"}, {**step, "name": "Second"})
        assert (run["First"].changed, run["Second"].changed) == (True, False)
    assert events(sight) == ["ADD user-a1", "ADD user-b2", "ADD user-c3", "REMOVE user-a1", "REMOVE user-b2"]


def test_a_lost_answer_does_not_add_anybody_twice(ansible_in_process: Ansible, sight: Sight) -> None:
    fault = {"operation": "CreateDesktopPoolAuthorizedObjects", "when": "after_commit", "effect": {"reset": True}}
    sight.control.set_faults(fault)
    run = ansible_in_process.play(users(USER_A))
    assert run.only.changed
    assert events(sight) == ["ADD user-a1"]
    assert len(run.changes) == 1


def test_pools_are_found_by_their_users(ansible: Ansible) -> None:
    ids = [str(entry["object_id"]) for entry in (USER_A, USER_B, USER_C)]
    run = ansible.play(
        users(USER_A, USER_B),
        users(USER_A, pool="engineering"),
        task("desktop_pool_attach", pool="finance", username="user-a1"),
        task("desktop_pool_info", "Of both", user_ids=ids),
        task("desktop_pool_info", "Of one", pool="engineering", user_ids=ids[1:2]),
        task("desktop_pool_info", "Of none", user_ids=ids[2:]),
        task("desktop_pool_info", "Named", name="eng", user_ids=ids, gather=["users"]),
    )
    found = {pool["name"]: pool["users"] for pool in run["Of both"]["desktop_pools"]}
    assert found == {
        "finance": [{"user_id": ids[0], "is_attached": True}, {"user_id": ids[1], "is_attached": False}],
        "engineering": [{"user_id": ids[0], "is_attached": False}],
    }
    assert run["Of both"].operations == ["ListDesktopPools", "ListDesktopPoolsByUsers"]
    assert run["Of one"]["desktop_pools"] == run["Of none"]["desktop_pools"] == []
    (named,) = run["Named"]["desktop_pools"]
    assert named["users"] == [{"user_id": ids[0], "is_attached": False}]
    assert "user-a1" in [entry["object_name"] for entry in named["authorized_objects"]]
