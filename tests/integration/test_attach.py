# Copyright (c) 2026 the hwcloud.workspace contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Giving users desktops: one each, and none twice."""

from __future__ import annotations

from typing import Any

import pytest
from running import Ansible, task
from sight import CALLCENTER, Sight, desktop_id

PEOPLE = {"user-a1": "1", "user-b2": "2", "user-c3": "3"}


def allow(*names: str, pool: str = "finance") -> dict[str, Any]:
    wanted = [
        {
            "object_id": f"55555555-0000-4000-8000-00000000000{PEOPLE[name]}",
            "object_name": name,
            "object_type": "USER",
            "user_group": "users",
        }
        for name in names
    ]
    return task("desktop_pool_users", "Allow", pool=pool, authorized_objects=wanted)


def attach(name: str, pool: str = "finance", title: str = "Attach", /, **options: Any) -> dict[str, Any]:
    return task("desktop_pool_attach", title, pool=pool, username=name, **options)


def bindings(sight: Sight, pool: str = "finance") -> list[tuple[str, str]]:
    """Return which desktop was given to whom, in the order of the desktops."""
    return [
        (desktop["computer_name"], event["user_name"])
        for desktop in sight.control.pool(pool)["desktops"]
        for event in desktop["effects"]["bindings"]
    ]


def test_a_user_gets_one_desktop(ansible: Ansible, sight: Sight) -> None:
    run = ansible.play(
        allow("user-a1"),
        {**attach("user-a1"), "name": "Check", "check_mode": True},
        attach("user-a1"),
        attach("user-a1", "finance", "Again", user_domain_name=""),
        diff=True,
        fails=True,
    )
    predicted, first, again = run["Check"], run["Attach"], run["Again"]
    assert "user_domain_name is empty" in again.message
    assert predicted.changed
    assert (predicted["type"], predicted["desktop"], predicted["job_id"]) == (None, None, None)
    assert first.changed
    assert first["diff"] == predicted["diff"]
    assert (first["type"], first["job"]["job_type"]) == ("ASSIGNING", "attachDesktopPool")
    assert first["desktop"]["desktop_id"] == desktop_id("FIN-003")
    assert first["desktops_succeeded"] == [desktop_id("FIN-003")]

    second = ansible.play(attach("user-a1")).only
    assert not second.changed
    assert second["desktop"]["desktop_id"] == desktop_id("FIN-003")
    assert second.operations == ["ListDesktopPools", "ListDesktopsDetail"]
    assert second["diff"] == {"before": {}, "after": {}}
    assert bindings(sight) == [("FIN-003", "user-a1")]


def test_a_full_static_pool_is_said_to_be_full(ansible: Ansible, sight: Sight) -> None:
    run = ansible.play(
        allow("user-a1", "user-b2", "user-c3"), attach("user-a1"), attach("user-b2"), attach("user-c3"), fails=True
    )
    assert [task_run.status for task_run in run.tasks] == ["ok", "ok", "ok", "failed"]
    full = run.tasks[-1]
    assert "no desktop of this pool is free" in full.message
    assert (full["type"], full["changed"]) == ("EXCEEDED", False)
    assert bindings(sight) == [("FIN-003", "user-a1"), ("FIN-004", "user-b2")]


def test_who_may_not_use_the_pool_is_named_and_refused(ansible: Ansible) -> None:
    denied = {"ignore_errors": True}
    run = ansible.play(
        {**attach("user-a1", "engineering", "Check"), "check_mode": True},
        {**attach("user-a1", "engineering"), **denied},
        {**attach("", "finance", "Nobody"), **denied},
        warnings=["pool engineering: user-a1 is not among its users, so the service is going to refuse"],
    )
    assert run["Check"].changed
    assert run["Attach"]["http_status"] == 400
    assert not run["Attach"]["changed"]
    assert "username is empty; it takes 1 to 255 characters" in run["Nobody"].message
    assert run["Nobody"].requests == []


def test_a_run_that_did_not_wait_is_finished_by_the_next(ansible: Ansible, sight: Sight) -> None:
    sight.move_time_by_polls(1)
    run = ansible.play(allow("user-a1"), attach("user-a1", "finance", "Start", wait=False))
    started = run["Start"]
    assert (started.changed, started["type"], started["desktop"]) == (True, "ASSIGNING", None)
    finished = ansible.play(attach("user-a1")).only
    assert (finished.changed, finished["adopted"]) == (False, True)
    assert finished["job_id"] == started["job_id"]
    assert finished["desktop"]["computer_name"] == "FIN-003"
    assert bindings(sight) == [("FIN-003", "user-a1")]


@pytest.mark.readings
@pytest.mark.parametrize("reading", ["job", "no_job"])
def test_a_full_dynamic_pool_lets_the_user_wait(ansible_in_process: Ansible, sight: Sight, reading: str) -> None:
    sight.control.set_dialect(waiting_attach=reading)
    run = ansible_in_process.play(
        allow("user-a1", "user-b2", pool=CALLCENTER),
        attach("user-a1", CALLCENTER),
        attach("user-b2", CALLCENTER, "Wait", wait_timeout=60),
        fails=True,
    )
    waiting = run["Wait"]
    assert (waiting["type"], waiting["changed"]) == ("WAITING", True)
    assert "raise wait_timeout" in waiting.message
    sight.control.change({"desktop": "CCT-001", "set": {"user_name": "", "login_status": "REGISTERED"}})
    after = ansible_in_process.play(attach("user-b2", CALLCENTER)).only
    assert after["desktop"]["computer_name"] == "CCT-001"
    assert bindings(sight, "callcenter") == [("CCT-001", "user-b2"), ("CCT-003", "user-a1")]


@pytest.mark.parametrize("when", ["after_commit", "before_commit"])
def test_a_lost_answer_gives_nobody_two_desktops(ansible_in_process: Ansible, sight: Sight, when: str) -> None:
    sight.control.set_faults({"operation": "AttachDesktopPoolUser", "when": when, "effect": {"reset": True}})
    run = ansible_in_process.play(allow("user-a1"), attach("user-a1"))
    assert run["Attach"].changed
    assert run["Attach"]["desktop"]["computer_name"] == "FIN-003"
    assert bindings(sight) == [("FIN-003", "user-a1")]
    assert len(sight.requests("AttachDesktopPoolUser")) == (1 if when == "after_commit" else 2)


def test_the_user_who_logs_in_is_another_one(ansible: Ansible, sight: Sight) -> None:
    login = {
        "iam_username": "operator",
        "password": "{{ lookup('ansible.builtin.env', 'OPERATOR_PASSWORD') }}",
        "domain_name": "example-account",
    }
    run = ansible.play(
        allow("user-a1"),
        attach("user-a1", **login),
        environment={"OPERATOR_PASSWORD": "ExamplePassword1"},
    )
    assert run["Attach"].operations[0] == "KeystoneCreateUserTokenByPassword"
    assert run.sent("AttachDesktopPoolUser") == [{"username": "user-a1"}]
    assert bindings(sight) == [("FIN-003", "user-a1")]
