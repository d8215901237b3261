# Copyright (c) 2026 the hwcloud.workspace contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Power of pools: start, stop, restart, hibernate."""

from __future__ import annotations

from typing import Any

import pytest

from workspace_simulator.state.failures import FailureRule, Failures

FINANCE = "22222222-0000-4000-8000-000000000001"
ALL = ["FIN-001", "FIN-002", "FIN-003", "FIN-004"]


def act(api: Any, action: str, **fields: Any) -> Any:
    return api.call("POST", f"/desktop-pools/{FINANCE}/action", {"op_type": action, **fields})


def start(api: Any, action: str, **fields: Any) -> Any:
    answer = act(api, action, **fields)
    assert answer.status_code == 200, answer.text
    return api.project.jobs[answer.json()["job_id"]]


def states(api: Any) -> list[str]:
    return [api.desktop(name).status for name in ALL]


def powered(api: Any) -> list[list[str]]:
    return [[event["action"] for event in api.desktop(name).record().power] for name in ALL]


def task(api: Any, number: int = 0) -> str:
    rows = api.get(f"/desktop-pools/{FINANCE}/desktops", limit=10)["pool_desktops"]
    return str(rows[number]["task_status"])


def test_stopping_cuts_sessions_and_leaves_what_is_stopped(api: Any) -> None:
    job = start(api, "os-stop", type="SOFT")
    assert (job.work.job_type, task(api)) == ("executeDesktopsAction", "powering-off")
    api.advance(300)
    assert states(api) == ["SHUTOFF"] * 4
    assert powered(api) == [["os-stop"], ["os-stop"], ["os-stop"], []]
    assert [sub_job.status for sub_job in job.sub_jobs] == ["SUCCESS"] * 4
    assert [event["user_name"] for event in api.desktop("FIN-001").record().sessions_cut] == ["user-a1"]
    assert {api.desktop(name).login_status for name in ALL} == {"UNREGISTER"}


def test_starting(api: Any) -> None:
    start(api, "os-start")
    assert (task(api, 3), task(api, 0)) == ("powering-on", "")
    api.advance(300)
    assert states(api) == ["ACTIVE"] * 4
    assert powered(api) == [[], [], [], ["os-start"]]
    assert (api.desktop("FIN-004").login_status, api.desktop("FIN-001").login_status) == ("REGISTERED", "CONNECTED")


@pytest.mark.parametrize(("kind", "ending"), [("SOFT", ""), ("HARD", "_hard")])
def test_restarting_passes_three_states_and_leaves_stopped_desktops(api: Any, kind: str, ending: str) -> None:
    start(api, "reboot", type=kind)
    seen = []
    api.advance(50)
    for _time in range(3):
        seen.append(task(api))
        api.advance(100)
    assert seen == [f"rebooting{ending}", f"reboot_pending{ending}", f"reboot_started{ending}"]
    assert states(api) == ["ACTIVE", "ACTIVE", "ACTIVE", "SHUTOFF"]
    assert powered(api) == [["reboot"], ["reboot"], ["reboot"], []]
    (event,) = api.pool().effects.power
    assert (event["action"], event["type"]) == ("reboot", kind)


def test_hibernating_is_for_windows(api: Any) -> None:
    image = api.world.images[api.pool().image_id]
    image.os_type = "Linux"
    assert act(api, "hibernate").status_code == 400
    image.os_type = "Windows"
    start(api, "hibernate")
    api.advance(300)
    assert states(api) == ["HIBERNATED", "HIBERNATED", "HIBERNATED", "SHUTOFF"]
    start(api, "os-start")
    api.advance(300)
    assert states(api) == ["ACTIVE"] * 4


def test_a_desktop_of_another_system_does_not_hibernate(api: Any) -> None:
    (other,) = [image for image in api.world.images.values() if image.id != api.pool().image_id]
    other.os_type = "Linux"
    api.desktop("FIN-003").image_id = other.id
    job = start(api, "hibernate")
    assert [sub_job.status for sub_job in job.sub_jobs] == ["RUNNING", "RUNNING", "FAILED", "SUCCESS"]


@pytest.mark.parametrize(
    ("action", "kind", "status"),
    [
        ("os-start", "SOFT", "ERROR"),
        ("reboot", "SOFT", "ERROR"),
        ("reboot", "HARD", "ACTIVE"),
        ("os-stop", "SOFT", "SHUTOFF"),
        ("hibernate", "SOFT", "ERROR"),
    ],
)
def test_a_desktop_in_error_obeys_force_only(api: Any, action: str, kind: str, status: str) -> None:
    api.desktop("FIN-003").status = "ERROR"
    start(api, action, type=kind)
    api.advance(300)
    assert api.desktop("FIN-003").status == status


def test_a_desktop_that_fails_keeps_its_state(api: Any) -> None:
    api.world.failures = Failures([FailureRule(operation="ExecuteDesktopPoolAction", nth=2)], api.world.ids)
    start(api, "os-stop")
    api.advance(300)
    assert states(api) == ["SHUTOFF", "ACTIVE", "SHUTOFF", "SHUTOFF"]
    assert api.desktop("FIN-002").login_status == "REGISTERED"


def test_unknown_actions_and_kinds_are_refused(api: Any) -> None:
    assert act(api, "os-hibernate").status_code == 400
    assert act(api, "os-stop", type="GENTLE").status_code == 400
    assert act(api, "os-stop", desktop_ids=["x"]).status_code == 400
    assert api.project.jobs == {}


def test_busy_desktops_are_a_conflict(api: Any) -> None:
    start(api, "reboot")
    answer = act(api, "os-stop")
    assert (answer.status_code, answer.json()["error_code"]) == (409, "WKS.00010032")
    assert "rebooting" in answer.json()["error_msg"]
