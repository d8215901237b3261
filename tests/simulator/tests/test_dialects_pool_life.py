# Copyright (c) 2026 the hwcloud.workspace contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Every reading of the open questions about creation, deletion and users has the effect that it promises.

``test_dialects.py` runs these checks.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from workspace_simulator.state.failures import FailureRule, Failures

FINANCE = "22222222-0000-4000-8000-000000000001"
DYNAMIC = "22222222-0000-4000-8000-000000000002"
POOL = f"/desktop-pools/{FINANCE}"

Case = Callable[[Any, str], None]
CASES: dict[str, Case] = {}


def case(check: Case) -> Case:
    """Register the decorated function as the check of the setting it is named after."""
    CASES[check.__name__] = check
    return check


def entry(api: Any, name: str, user_group: str = "users") -> dict[str, str]:
    """Return a user as the request that authorises users names it."""
    (user,) = [user for user in api.world.users.values() if user.name == name]
    return {"object_id": user.id, "object_name": name, "object_type": "USER", "user_group": user_group}


def authorize(api: Any, action: str, *objects: dict[str, str], pool: str = FINANCE) -> int:
    """Return the status of a request that authorises users."""
    body = {"action": action, "objects": list(objects)}
    return int(api.call("POST", f"/desktop-pools/{pool}/users", body).status_code)


def expand(api: Any, size: int, pool: str = FINANCE) -> Any:
    """Return the answer to an expansion."""
    return api.call("POST", f"/desktop-pools/{pool}/expand", {"size": size})


def empty(api: Any) -> None:
    """Delete the desktops of the first pool."""
    ids = list(api.pool().desktops)
    assert api.call("POST", "/desktops/batch-delete", {"desktop_ids": ids}).status_code == 202
    api.advance(300)
    assert api.pool().desktops == {}


@case
def beyond_quota(api: Any, reading: str) -> None:
    api.project.desktop_quota = 8
    answer = expand(api, 3)
    if reading != "sub_jobs_fail":
        assert (answer.status_code, answer.json()["error_code"]) == (int(reading), "WKS.00010004")
        assert api.project.jobs == {}
        assert expand(api, 2).status_code == 200
        return
    job = api.project.jobs[answer.json()["job_id"]]
    api.advance(300)
    assert [sub_job.status for sub_job in job.sub_jobs] == ["SUCCESS", "SUCCESS", "FAILED"]
    assert [desktop.status for desktop in list(api.pool().desktops.values())[4:]] == ["ACTIVE", "ACTIVE", "ERROR"]


@case
def failed_creation(api: Any, reading: str) -> None:
    api.world.failures = Failures([FailureRule(operation="ExpandDesktopPool", nth=2)], api.world.ids)
    assert expand(api, 2).status_code == 200
    during = api.get(POOL)["desktop_count"]
    api.advance(300)
    left = [desktop.status for desktop in list(api.pool().desktops.values())[4:]]
    expected = {"left_in_error": ["ACTIVE", "ERROR"], "removed": ["ACTIVE"]}
    assert (during, left) == (6, expected[reading])
    assert api.get(POOL)["desktop_count"] == 4 + len(left)


@case
def delete_pool_with_desktops(api: Any, reading: str) -> None:
    assert api.call("DELETE", POOL).status_code == int(reading)
    assert FINANCE in api.project.pools
    empty(api)
    assert api.call("DELETE", POOL).status_code == 204
    assert FINANCE not in api.project.pools


@case
def delete_missing_pool(api: Any, reading: str) -> None:
    answer = api.call("DELETE", "/desktop-pools/gone")
    assert answer.status_code == int(reading)
    assert reading == "204" or answer.json()["error_code"] == "WKS.0001"


@case
def delete_in_use(api: Any, reading: str) -> None:
    ids = [api.desktop(name).desktop_id for name in ("FIN-001", "FIN-003")]
    answer = api.call("POST", "/desktops/batch-delete", {"desktop_ids": ids})
    assert answer.status_code == (409 if reading == "refused" else 202)
    api.advance(300)
    left = [desktop.computer_name for desktop in api.pool().desktops.values()]
    expected = {
        "deleted": ["FIN-002", "FIN-004"],
        "refused": ["FIN-001", "FIN-002", "FIN-003", "FIN-004"],
        "sub_jobs_fail": ["FIN-001", "FIN-002", "FIN-004"],
    }
    assert left == expected[reading]
    ids = [desktop_id for desktop_id in ids if desktop_id in api.pool().desktops]
    if ids:
        body = {"desktop_ids": ids, "is_force_delete": True}
        assert api.call("POST", "/desktops/batch-delete", body).status_code == 202
        api.advance(300)
    assert [desktop.computer_name for desktop in api.pool().desktops.values()] == ["FIN-002", "FIN-004"]


@case
def autoscale_policy_cleared(api: Any, reading: str) -> None:
    api.pool().autoscale_policy = {"min_idle": 1, "once_auto_created": 1}
    assert api.call("PUT", POOL, {"enable_autoscale": False, "autoscale_policy": {}}).status_code == 200
    expected = {"empty": {}, "once_auto_created": {"once_auto_created": 1}}
    assert api.get(POOL)["autoscale_policy"] == expected[reading]


@case
def authorize_again(api: Any, reading: str) -> None:
    status = 204 if reading == "ignored" else int(reading)
    assert authorize(api, "ADD", entry(api, "user-a1")) == 204
    assert authorize(api, "ADD", entry(api, "user-a1", "administrators"), entry(api, "user-b2")) == status
    (group, *users) = api.get(POOL + "/users")["objects"]
    assert group["object_name"] == "finance-staff"
    expected = [("user-a1", "users"), ("user-b2", "users")][: 2 if reading == "ignored" else 1]
    assert [(user["object_name"], user["user_group"]) for user in users] == expected


@case
def deauthorize_absent(api: Any, reading: str) -> None:
    status = 204 if reading == "ignored" else int(reading)
    assert authorize(api, "ADD", entry(api, "user-a1")) == 204
    assert authorize(api, "CHANGE_PRIVILEGE", entry(api, "user-b2")) == status
    assert authorize(api, "REMOVE", entry(api, "user-b2"), entry(api, "user-a1")) == status
    assert api.get(POOL + "/users")["total_count"] == (1 if reading == "ignored" else 2)


@case
def remove_bound_user(api: Any, reading: str) -> None:
    status = authorize(api, "REMOVE", entry(api, "user-c3"), pool=DYNAMIC)
    assert status == (409 if reading == "refused" else 204)
    desktop = api.desktop("FDY-001")
    assert (desktop.user is not None) is (reading != "unbound")
    assert len(desktop.record().sessions_cut) == (1 if reading == "unbound" else 0)
    assert api.get(f"/desktop-pools/{DYNAMIC}/users")["total_count"] == (1 if reading == "refused" else 0)
    api.world.set_login_status(desktop, "REGISTERED")
    assert (desktop.user is not None) is (reading == "refused")


@case
def waiting_attach(api: Any, reading: str) -> None:
    assert authorize(api, "ADD", entry(api, "user-a1"), entry(api, "user-b2"), pool=DYNAMIC) == 204
    path = f"/desktop-pools/{DYNAMIC}/attach"
    assert api.call("POST", path, {"username": "user-a1"}).json()["type"] == "ASSIGNING"
    answer = api.call("POST", path, {"username": "user-b2"}).json()
    assert (answer["type"], "job_id" in answer) == ("WAITING", reading == "job")
    api.advance(100)
    api.world.set_login_status(api.desktop("FDY-001"), "DISCONNECTED")
    api.advance(3600)
    api.advance(30)
    user = api.desktop("FDY-001").user
    assert user is not None
    assert user.name == "user-b2"
