# Copyright (c) 2026 the hwcloud.workspace contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Who may use a pool, and who gets a desktop of it."""

from __future__ import annotations

from typing import Any

import pytest

from workspace_simulator.estate import Estate
from workspace_simulator.state.failures import FailureRule, Failures

FINANCE = "22222222-0000-4000-8000-000000000001"
DYNAMIC = "22222222-0000-4000-8000-000000000002"
POOL = f"/desktop-pools/{FINANCE}"


def entry(api: Any, name: str, user_group: str = "users", kind: str = "USER") -> dict[str, str]:
    """Return a user or group as the request that authorises them names it."""
    people = api.world.users if kind == "USER" else api.world.groups
    (person,) = [person for person in people.values() if person.name == name]
    return {"object_id": person.id, "object_name": name, "object_type": kind, "user_group": user_group}


def authorize(api: Any, action: str, *objects: dict[str, str], pool: str = FINANCE) -> None:
    body = {"action": action, "objects": list(objects)}
    answer = api.call("POST", f"/desktop-pools/{pool}/users", body)
    assert (answer.status_code, answer.content) == (204, b""), answer.text


def authorized(api: Any, pool: str = FINANCE) -> list[tuple[str, str]]:
    rows = api.get(f"/desktop-pools/{pool}/users", limit=100)["objects"]
    return [(row["object_name"], row["user_group"]) for row in rows]


def attach(api: Any, name: str, pool: str = FINANCE) -> tuple[str, Any]:
    """Attach a user and return the type and the job."""
    answer = api.call("POST", f"/desktop-pools/{pool}/attach", {"username": name})
    assert answer.status_code == 200, answer.text
    content = answer.json()
    job_id = content.pop("job_id", None)
    assert set(content) == {"type"}
    return content["type"], api.project.jobs[job_id] if job_id else None


def holder(api: Any, desktop: str) -> str:
    user = api.desktop(desktop).user
    return user.name if user is not None else ""


class TestAuthorisation:
    """POST users."""

    def test_users_and_groups_come_change_and_go(self, api: Any) -> None:
        authorize(api, "ADD", entry(api, "user-c3"), entry(api, "user-a1", "administrators"))
        assert authorized(api) == [("finance-staff", "users"), ("user-c3", "users"), ("user-a1", "administrators")]
        authorize(api, "CHANGE_PRIVILEGE", entry(api, "user-c3", "sudo"))
        authorize(api, "REMOVE", entry(api, "finance-staff", kind="USER_GROUP"), entry(api, "user-a1"))
        assert authorized(api) == [("user-c3", "sudo")]

    def test_what_happened_is_recorded_once_for_each(self, api: Any) -> None:
        for action in ("ADD", "ADD", "CHANGE_PRIVILEGE", "REMOVE", "REMOVE"):
            authorize(api, action, entry(api, "user-c3"))
        events = [(event["action"], event["object_name"]) for event in api.pool().effects.authorized]
        assert events == [("ADD", "user-c3"), ("CHANGE_PRIVILEGE", "user-c3"), ("REMOVE", "user-c3")]

    @pytest.mark.parametrize(("kind", "code"), [("USER", "WKS.00170312"), ("USER_GROUP", "WKS.00170208")])
    @pytest.mark.parametrize("wrong", ["object_id", "object_name"])
    def test_nothing_happens_if_one_is_unknown(self, api: Any, kind: str, code: str, wrong: str) -> None:
        known = entry(api, "user-c3" if kind == "USER" else "finance-staff", kind=kind)
        body = {"action": "ADD", "objects": [entry(api, "user-a1"), {**known, wrong: "unknown"}]}
        assert api.refused(400, "POST", POOL + "/users", body)["error_code"] == code
        assert authorized(api) == [("finance-staff", "users")]

    @pytest.mark.parametrize("field", ["object_id", "object_name", "object_type", "user_group"])
    @pytest.mark.parametrize("action", ["ADD", "REMOVE", "CHANGE_PRIVILEGE"])
    def test_all_four_fields_are_needed(self, api: Any, action: str, field: str) -> None:
        wanted = entry(api, "user-c3")
        del wanted[field]
        body = {"action": action, "objects": [wanted]}
        assert field in api.refused(400, "POST", POOL + "/users", body)["error_detail"]

    @pytest.mark.parametrize(
        "fields",
        [
            {"action": "REPLACE"},
            {"action": None},
            {"objects": "user-c3"},
            {"objects": [{"object_type": "ROBOT"}]},
            {"objects": [{"user_group": "everybody"}]},
            {"objects": [{"object_name": ""}]},
            {"objects": [{"colour": "blue"}]},
        ],
    )
    def test_what_is_not_allowed_is_refused(self, api: Any, fields: dict[str, Any]) -> None:
        body: dict[str, Any] = {"action": "ADD", "objects": [entry(api, "user-c3")], **fields}
        if isinstance(body["objects"], list):
            body["objects"] = [{**entry(api, "user-c3"), **row} for row in body["objects"]]
        api.refused(400, "POST", POOL + "/users", body)
        assert authorized(api) == [("finance-staff", "users")]

    def test_five_hundred_is_the_most(self, api: Any) -> None:
        wanted = entry(api, "user-c3")
        authorize(api, "ADD", *[wanted] * 500)
        assert authorized(api)[1:] == [("user-c3", "users")]
        api.refused(400, "POST", POOL + "/users", {"action": "ADD", "objects": [wanted] * 501})

    def test_a_user_with_a_desktop_stays_as_long_as_a_group_allows_it(self, api: Any) -> None:
        authorize(api, "ADD", entry(api, "user-a1"))
        authorize(api, "REMOVE", entry(api, "user-a1"))
        assert holder(api, "FIN-001") == "user-a1"
        authorize(api, "REMOVE", entry(api, "finance-staff", kind="USER_GROUP"))
        assert (holder(api, "FIN-001"), holder(api, "FIN-002")) == ("", "")
        assert [api.desktop(name).login_status for name in ("FIN-001", "FIN-002")] == ["REGISTERED", "REGISTERED"]

    def test_a_privilege_changes_on_the_desktop_too(self, api: Any) -> None:
        authorize(api, "CHANGE_PRIVILEGE", entry(api, "user-c3", "administrators"), pool=DYNAMIC)
        assert api.desktop("FDY-001").user_group == "administrators"

    def test_a_user_who_is_to_leave_leaves_as_a_rebuild_cuts_the_session(self, api: Any) -> None:
        api.dialect(remove_bound_user="until_logoff")
        authorize(api, "REMOVE", entry(api, "user-c3"), pool=DYNAMIC)
        assert holder(api, "FDY-001") == "user-c3"
        api.start(pool="finance-dynamic")
        api.advance(300)
        assert holder(api, "FDY-001") == ""

    def test_a_refused_removal_changes_nothing(self, api: Any) -> None:
        api.dialect(remove_bound_user="refused")
        body = {"action": "REMOVE", "objects": [entry(api, "user-c3")]}
        api.refused(409, "POST", f"/desktop-pools/{DYNAMIC}/users", body)
        assert (authorized(api, DYNAMIC), holder(api, "FDY-001")) == ([("user-c3", "users")], "user-c3")

    def test_a_denied_user_authorises_nobody(self, estate: Estate, make_api: Any) -> None:
        estate.iam_users[0].denied_actions = ["workspace:desktopPools:authorizeUsers"]
        api = make_api(estate)
        api.refused(403, "POST", POOL + "/users", {"action": "ADD", "objects": [entry(api, "user-c3")]})


class TestAttach:
    """POST attach."""

    def test_a_free_desktop_is_assigned(self, api: Any) -> None:
        authorize(api, "ADD", entry(api, "user-c3", "administrators"))
        kind, job = attach(api, "user-c3")
        assert (kind, job.work.job_type, holder(api, "FIN-003")) == ("ASSIGNING", "attachDesktopPool", "")
        (row,) = [
            row for row in api.get(POOL + "/desktops", limit=100)["pool_desktops"] if row["computer_name"] == "FIN-003"
        ]
        assert row["attach_state"] == "ATTACHING"
        api.advance(30)
        assert (holder(api, "FIN-003"), api.desktop("FIN-003").user_group) == ("user-c3", "administrators")
        assert [event["job_id"] for event in api.desktop("FIN-003").record().bindings] == [job.id]
        (sub_job,) = api.get("/workspace-sub-jobs", job_type="attachDesktopPool")["jobs"]
        assert (sub_job["attach_user"], sub_job["status"]) == ("user-c3", "SUCCESS")

    def test_two_users_do_not_get_one_desktop(self, api: Any) -> None:
        authorize(api, "ADD", entry(api, "user-c3"))
        api.desktop("FIN-001").user = None
        api.world.set_login_status(api.desktop("FIN-001"), "REGISTERED")
        attach(api, "user-c3")
        attach(api, "user-a1")
        api.advance(30)
        assert (holder(api, "FIN-001"), holder(api, "FIN-003")) == ("user-c3", "user-a1")

    def test_a_user_who_has_one_keeps_it(self, api: Any) -> None:
        kind, job = attach(api, "user-a1")
        assert (kind, [sub_job.status for sub_job in job.sub_jobs]) == ("ASSIGNING", ["SUCCESS"])
        assert job.sub_jobs[0].desktop is api.desktop("FIN-001")
        assert api.desktop("FIN-001").record().bindings == []

    def test_a_stopped_one_is_started_if_no_other_is_free(self, api: Any) -> None:
        authorize(api, "ADD", entry(api, "user-c3"))
        api.desktop("FIN-003").isolated = True
        attach(api, "user-c3")
        api.advance(30)
        assert (holder(api, "FIN-004"), api.desktop("FIN-004").status) == ("user-c3", "ACTIVE")

    def test_a_full_static_pool_has_none(self, api: Any) -> None:
        authorize(api, "ADD", entry(api, "user-c3"))
        for name in ("FIN-003", "FIN-004"):
            api.desktop(name).is_freeze = True
        assert attach(api, "user-c3") == ("EXCEEDED", None)
        assert api.project.jobs == {}

    def test_users_wait_for_a_full_dynamic_pool_in_their_order(self, api: Any) -> None:
        authorize(api, "ADD", entry(api, "user-a1"), entry(api, "user-b2"), pool=DYNAMIC)
        api.desktop("FDY-002").is_freeze = True
        first, second = attach(api, "user-a1", DYNAMIC)[1], attach(api, "user-b2", DYNAMIC)[1]
        assert attach(api, "user-a1", DYNAMIC) == ("WAITING", first)
        answer = api.get(f"/workspace-jobs/{first.id}")
        assert (answer["status"], answer["sub_jobs"], answer["end_time"]) == ("WAITING", [], None)
        assert api.get(f"/desktop-pools/{DYNAMIC}")["status"] == "EXIST_FROZEN", "to wait is no change of the pool"

        body = {"action": "REMOVE", "objects": [entry(api, "user-c3")]}
        assert api.call("POST", f"/desktop-pools/{DYNAMIC}/users", body).status_code == 204
        api.advance(30)
        assert holder(api, "FDY-001") == "user-a1"
        assert (first.open, second.open) == (False, True)
        assert api.get(f"/workspace-jobs/{first.id}")["status"] == "SUCCESS"
        api.call("POST", f"/desktop-pools/{DYNAMIC}/expand", {"size": 1})
        api.advance(330)
        assert [holder(api, desktop.computer_name) for desktop in api.pool("finance-dynamic").desktops.values()] == [
            "user-a1",
            "",
            "user-b2",
        ]

    def test_who_waits_for_a_deleted_pool_waits_in_vain(self, api: Any) -> None:
        authorize(api, "ADD", entry(api, "user-a1"), pool=DYNAMIC)
        ids = list(api.pool("finance-dynamic").desktops)
        api.call("POST", "/desktops/batch-delete", {"desktop_ids": ids})
        api.advance(300)
        kind, job = attach(api, "user-a1", DYNAMIC)
        assert kind == "WAITING"
        assert api.call("DELETE", f"/desktop-pools/{DYNAMIC}").status_code == 204
        assert api.get(f"/workspace-jobs/{job.id}")["status"] == "FAIL"

    def test_a_pool_that_grows_at_access_makes_one(self, api: Any) -> None:
        authorize(api, "ADD", entry(api, "user-c3"))
        for name in ("FIN-003", "FIN-004"):
            api.desktop(name).is_freeze = True
        policy = {"autoscale_type": "ACCESS_CREATED", "max_auto_created": 5}
        assert api.call("PUT", POOL, {"enable_autoscale": True, "autoscale_policy": policy}).status_code == 200
        kind, job = attach(api, "user-c3")
        assert (kind, job.work.job_type) == ("CREATING", "attachDesktopPool")
        api.advance(300)
        assert (holder(api, "finance-0001"), len(api.pool().desktops)) == ("user-c3", 5)
        api.desktop("finance-0001").user = None
        api.desktop("finance-0001").is_freeze = True
        assert attach(api, "user-c3") == ("EXCEEDED", None)

    def test_a_desktop_of_somebody_else_is_reset_first(self, api: Any) -> None:
        policy = {"enable": True, "reset_count_per_day": 1}
        assert api.call("PUT", f"/desktop-pools/{DYNAMIC}", {"user_reset_policy": policy}).status_code == 200
        authorize(api, "ADD", entry(api, "user-a1"), pool=DYNAMIC)
        authorize(api, "REMOVE", entry(api, "user-c3"), pool=DYNAMIC)
        kind, job = attach(api, "user-a1", DYNAMIC)
        assert (kind, api.desktop("FDY-001").sub_job.job) == ("RESETTING", job)
        api.advance(300)
        assert (holder(api, "FDY-001"), len(api.desktop("FDY-001").record().rebuilds)) == ("user-a1", 1)
        assert (job.sub_jobs[0].entities["user_name"], job.work.job_type) == ("user-a1", "attachDesktopPool")

    def test_a_failed_assignment_leaves_the_desktop_free(self, api: Any) -> None:
        authorize(api, "ADD", entry(api, "user-c3"))
        api.world.failures = Failures([FailureRule(operation="AttachDesktopPoolUser", times=1)], api.world.ids)
        attach(api, "user-c3")
        api.advance(30)
        assert (holder(api, "FIN-003"), api.desktop("FIN-003").promised) == ("", None)
        attach(api, "user-c3")
        api.advance(30)
        assert holder(api, "FIN-003") == "user-c3"

    def test_a_user_must_be_authorised_alone_or_by_a_group(self, api: Any) -> None:
        path = POOL + "/attach"
        assert "not authorised" in api.refused(400, "POST", path, {"username": "user-c3"})["error_msg"]
        authorize(api, "ADD", entry(api, "finance-staff", kind="USER_GROUP"), pool=DYNAMIC)
        assert attach(api, "user-b2", DYNAMIC)[0] == "ASSIGNING"

    @pytest.mark.parametrize(
        ("fields", "code"),
        [
            ({"username": "nobody"}, "WKS.00170312"),
            ({"username": "user-a1", "domain_name": "elsewhere.local"}, "WKS.00170312"),
            ({"username": ""}, "WKS.00010001"),
            ({}, "WKS.00010001"),
        ],
    )
    def test_the_user_must_exist(self, api: Any, fields: dict[str, str], code: str) -> None:
        assert api.refused(400, "POST", POOL + "/attach", fields)["error_code"] == code

    def test_an_older_region_does_not_know_it(self, api: Any) -> None:
        api.dialect(api_age="older")
        api.refused(404, "POST", POOL + "/attach", {"username": "user-a1"})
        api.refused(404, "GET", "/desktop-pools/statistics/by-users")


class TestPoolsOfUsers:
    """GET statistics/by-users."""

    def rows(self, api: Any, *names: str, **page: int) -> list[Any]:
        ids = {user.name: user.id for user in api.world.users.values()}
        answer = api.get("/desktop-pools/statistics/by-users", user_ids=[ids[name] for name in names], **page)
        assert set(answer) == {"users"}
        names_of = {user_id: name for name, user_id in ids.items()}
        return [
            (
                names_of[row["user_id"]],
                [(pool["desktop_pool_name"], pool["is_attached"]) for pool in row["desktop_pools"]],
            )
            for row in answer["users"]
        ]

    def test_pools_are_found_by_name_by_group_and_by_desktop(self, api: Any) -> None:
        api.pool().authorized_objects.clear()
        authorize(api, "ADD", entry(api, "finance-staff", kind="USER_GROUP"), pool=DYNAMIC)
        assert self.rows(api, "user-a1", "user-b2", "user-c3") == [
            ("user-a1", [("finance", True), ("finance-dynamic", False)]),
            ("user-b2", [("finance", True), ("finance-dynamic", False)]),
            ("user-c3", [("finance-dynamic", True)]),
        ]

    def test_it_has_pages(self, api: Any) -> None:
        assert [name for name, _pools in self.rows(api, "user-a1", "user-b2", "user-c3", offset=1, limit=1)] == [
            "user-b2"
        ]
        assert len(self.rows(api, "user-a1", "user-b2", limit=100)) == 2
        api.refused(400, "GET", "/desktop-pools/statistics/by-users", limit=101)

    def test_without_users_there_are_none(self, api: Any) -> None:
        assert api.get("/desktop-pools/statistics/by-users") == {"users": []}
        assert api.get("/desktop-pools/statistics/by-users", user_ids="unknown") == {"users": []}
