# Copyright (c) 2026 the hwcloud.workspace contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The roles pool_drain and pool_release: getting users off a pool, and giving it back to them."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import pytest
from fleet import GAMMA, is_closed, operations, set_up, states
from running import Ansible, Run, task
from sight import Sight

USED = ["GAM-002", "GAM-003"]
"""The desktops of gamma on which somebody is logged in."""


@pytest.fixture
def estate(sight: Sight) -> Sight:
    """Hand out the estate of the maintenance."""
    return set_up(sight)


def drain(ansible: Ansible, pool: str = "gamma", check: bool = False, **variables: Any) -> Run:
    """Run the role pool_drain."""
    given = {f"pool_drain_{name}": value for name, value in {"pool": pool, **variables}.items()}
    return ansible.role(given, "pool_drain", check=check, allowed=[".*"])


def release(ansible: Ansible, pool: str = "gamma", fails: bool = False, **variables: Any) -> Run:
    """Run the role pool_release."""
    given = {f"pool_release_{name}": value for name, value in {"pool": pool, **variables}.items()}
    return ansible.role(given, "pool_release", fails=fails, allowed=[".*"])


def drained(run: Run) -> dict[str, Any]:
    """Return the fact that pool_drain leaves."""
    return dict(run["Remember how it went"]["ansible_facts"]["pool_drain_result"])


def released(run: Run) -> dict[str, Any]:
    """Return the fact that pool_release leaves."""
    return dict(run["Remember what was done"]["ansible_facts"]["pool_release_result"])


def moment(request: dict[str, Any]) -> datetime:
    """Return when the simulated service got a request."""
    return datetime.fromisoformat(request["time"].replace("Z", "+00:00"))


def cut(sight: Sight, kind: str) -> list[str]:
    """Return the desktops of gamma whose sessions were ended."""
    return [found["computer_name"] for found in sight.control.pool("gamma")["desktops"] if found["effects"][kind]]


def test_users_are_told_and_logged_off_and_the_pool_is_given_back(ansible: Ansible, estate: Sight) -> None:
    run = drain(ansible, grace_minutes=3, notify_minutes=[3, 1], session_policy="logoff", message="In %m% minutes")
    result = drained(run)
    assert result["notices"] == [3, 1]
    assert sorted(result["desktops_logged_off"]) == sorted(
        found["desktop_id"] for found in estate.control.pool("gamma")["desktops"] if found["computer_name"] in USED
    )
    assert result["desktops_in_session"] == []
    assert len(result["desktops_free"]) == 4
    assert result["pool_id"] == GAMMA
    assert estate.notices("gamma") == ["In 3 minutes", "In 1 minutes"]
    assert cut(estate, "logoffs") == USED
    assert is_closed(estate, "gamma")
    # Maintenance mode might end sessions, so that it begins after the grace.
    sent = [request["operation"] for request in run.changes]
    notices = "SendDesktopPoolNotifications"
    assert sent == [notices, notices, "UpdateDesktopPool", "BatchLogoffDesktops"]

    back = release(ansible, told=True, message="It is over: %reason%.", reason="all went well")
    assert released(back) == {
        "pool": "gamma",
        "maintenance_mode_ended": True,
        "desktops_started": [],
        "told": True,
        "drift": {"product_id": 0, "image_id": 0, "disk_num": 0, "disk_size": 0},
        "problems": [],
    }
    assert estate.notices("gamma")[-1] == "It is over: all went well."
    assert not is_closed(estate, "gamma")
    again = release(ansible)
    assert again.counts["changed"] == 0
    assert again.changes == []


def test_a_drain_in_check_mode(ansible_in_process: Ansible, estate: Sight) -> None:
    run = drain(ansible_in_process, check=True)
    result = drained(run)
    assert [found["desktop_name"] for found in result["desktops_in_session"]] == USED
    assert result["notices"] == [15, 5, 1]
    assert run.counts["changed"] > 0
    assert estate.effects() == 0


def test_nobody_is_told_where_nobody_is_logged_in(ansible_in_process: Ansible, estate: Sight) -> None:
    result = drained(drain(ansible_in_process, "alpha"))
    assert result["notices"] == []
    assert result["maintenance_mode_begun"] is True
    assert estate.notices("alpha") == []
    again = drain(ansible_in_process, "alpha")
    assert again.counts["changed"] == 0


def test_desktops_that_are_not_meant_do_not_count(ansible_in_process: Ansible, estate: Sight) -> None:
    free = [
        found["desktop_id"] for found in estate.control.pool("gamma")["desktops"] if found["computer_name"] not in USED
    ]
    run = drain(ansible_in_process, desktop_ids=free, maintenance_mode=False)
    assert sorted(drained(run)["desktops_free"]) == sorted(free)
    assert run.changes == []


@pytest.mark.parametrize("policy", ["skip", "wait"])
def test_users_who_stay_are_left_alone_and_named(ansible_in_process: Ansible, estate: Sight, policy: str) -> None:
    limits = {"grace_minutes": 1, "session_wait_minutes": 2}
    run = drain(ansible_in_process, session_policy=policy, **limits)
    result = drained(run)
    assert [found["desktop_name"] for found in result["desktops_in_session"]] == USED
    assert result["seconds"] >= (180 if policy == "wait" else 60)
    assert result["notices"] == [1]
    assert cut(estate, "logoffs") == cut(estate, "sessions_cut") == []
    assert is_closed(estate, "gamma")


def test_users_have_their_grace_where_maintenance_mode_ends_sessions(
    ansible_in_process: Ansible, estate: Sight
) -> None:
    estate.control.set_dialect(maintenance_mode="cuts_sessions")
    run = drain(ansible_in_process, grace_minutes=4, notify_minutes=[4], session_policy="skip")
    (notice,) = (found for found in run.requests if found["operation"] == "SendDesktopPoolNotifications")
    (begun,) = (found for found in run.requests if found["operation"] == "UpdateDesktopPool")
    assert (moment(begun) - moment(notice)).total_seconds() >= 4 * 60 - 10
    assert cut(estate, "sessions_cut") == ["GAM-002"]
    assert drained(run)["maintenance_mode_begun"] is True


def test_what_was_running_before_is_started(ansible_in_process: Ansible, estate: Sight) -> None:
    look = task("desktop_pool_info", "Look", {"register": "before"}, pool="alpha", gather=["desktops"])
    stop = task("desktop_pool_power", "Stop", pool="alpha", state="stopped")
    variables = {"pool_release_pool": "alpha", "pool_release_before": "{{ before.desktop_pools[0] }}"}
    include = {"ansible.builtin.include_role": {"name": "hwcloud.workspace.pool_release"}, "vars": variables}
    run = ansible_in_process.play(look, stop, include, allowed=[".*"])
    assert states(estate, "alpha") == {
        "ALP-001": "ACTIVE",
        "ALP-002": "ACTIVE",
        "ALP-003": "ACTIVE",
        "ALP-004": "SHUTOFF",
    }
    assert len(released(run)["desktops_started"]) == 3
    assert released(run)["told"] is False


def test_what_cannot_be_done_keeps_nothing_else_from_it(ansible_in_process: Ansible, estate: Sight) -> None:
    """Maintenance mode cannot be ended: desktops are started and users told all the same, and the role fails."""
    estate.control.change({"pool": "gamma", "set": {"in_maintenance_mode": True}})
    estate.control.change({"desktop": "GAM-001", "set": {"status": "SHUTOFF"}})
    refused = {"status": 403, "body": {"error_code": "WKS.00000403", "error_msg": "No permission"}}
    estate.control.set_faults({"operation": "UpdateDesktopPool", "effect": refused})
    stopped = estate.control.desktop("GAM-001")["desktop_id"]
    run = release(ansible_in_process, fails=True, told=True, start_desktop_ids=[stopped])
    assert states(estate, "gamma")["GAM-001"] == "ACTIVE"
    assert len(estate.notices("gamma")) == 1
    (problem,) = released(run)["problems"]
    assert "No permission" in problem
    assert "could not be released" in run.output


def test_a_message_that_cannot_be_shown_is_no_failure(ansible_in_process: Ansible, estate: Sight) -> None:
    estate.control.change({"pool": "gamma", "set": {"in_maintenance_mode": True}})
    refused = {"status": 400, "body": {"error_code": "WKS.00010001", "error_msg": "Not on Linux"}}
    estate.control.set_faults({"operation": "SendDesktopPoolNotifications", "effect": refused})
    run = release(ansible_in_process)
    assert released(run)["told"] is False
    assert released(run)["problems"] == []
    assert not is_closed(estate, "gamma")
    assert operations(run).count("SendDesktopPoolNotifications") == 1
