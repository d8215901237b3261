# Copyright (c) 2026 the hwcloud.workspace contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The control API."""

from __future__ import annotations

from typing import Any

import pytest

FINANCE = "22222222-0000-4000-8000-000000000001"


def control(api: Any, verb: str, path: str, body: Any = None, /, **query: Any) -> Any:
    answer = api.http.request(verb, "/_control" + path, json=body, params=query)
    assert answer.status_code in (200, 204), answer.text
    return answer.json() if answer.content else None


def refused(api: Any, method: str, path: str, body: Any) -> str:
    answer = api.http.request(method, "/_control" + path, json=body)
    assert answer.status_code == 422, answer.text
    return str(answer.json()["detail"])


def test_health_and_operations(api: Any) -> None:
    assert control(api, "GET", "/health")["status"] == "ok"
    operations = {row["name"]: (row["method"], row["path"]) for row in control(api, "GET", "/operations")["operations"]}
    assert operations["RebuildDesktopPool"] == ("POST", "/v2/{project_id}/desktop-pools/{pool_id}/rebuild")


def test_reset_leads_back_to_the_first_estate(api: Any) -> None:
    api.start()
    control(api, "PUT", "/dialect", {"conflict": "pool"})
    control(api, "PUT", "/faults", {"faults": [{"effect": {"status": 500}}]})
    control(api, "PUT", "/throttle", {"enabled": True, "reads": 0})
    control(api, "POST", "/failures", {"failures": [{"nth": 1}]})
    control(api, "POST", "/clock/advance", {"seconds": 100})
    control(api, "POST", "/reset")
    estate = control(api, "GET", "/estate")
    assert (estate["jobs"], estate["dialect"]["conflict"]) == ([], "any_busy")
    assert estate["time"] == "2026-11-20T20:00:00.000Z"
    assert control(api, "GET", "/journal") == {"entries": []}
    assert control(api, "GET", "/faults") == {"faults": []}
    assert control(api, "GET", "/failures") == {"failures": []}
    assert control(api, "GET", "/throttle")["enabled"] is False


def test_another_estate_can_be_seeded_as_yaml_or_json(api: Any) -> None:
    project = "fedcba9876543210fedcba9876543210"
    for text in (
        f"projects: [{{id: {project}, name: cn-north-4}}]",
        f'{{"projects": [{{"id": "{project}", "name": "x"}}]}}',
    ):
        assert api.http.post("/_control/seed", content=text).status_code == 204
        estate = control(api, "GET", "/estate")
        assert ([row["id"] for row in estate["projects"]], estate["pools"]) == ([project], [])
    control(api, "POST", "/reset")
    assert len(control(api, "GET", "/estate")["pools"]) == 2


@pytest.mark.parametrize(
    ("text", "word"),
    [
        ("{", "not YAML"),
        ("pools: []", "projects"),
        ("projects: [{id: a, name: b}]\ncolour: blue", "colour"),
        ("projects: [{id: a, name: b}]\npools: [{name: p, image: gone, product: x}]", "no image gone"),
        ("projects: [{id: a, name: b}]\naccess_keys: [{ak: a, sk: b, user: nobody}]", "nobody"),
    ],
)
def test_an_estate_that_cannot_be_is_refused_and_the_old_one_stays(api: Any, text: str, word: str) -> None:
    answer = api.http.post("/_control/seed", content=text)
    assert answer.status_code == 422
    assert word in answer.json()["detail"]
    assert len(control(api, "GET", "/estate")["pools"]) == 2


def test_the_estate_shows_effects_that_clients_cannot_see(api: Any) -> None:
    job = api.start()
    api.advance(300)
    estate = control(api, "GET", "/estate", pool="finance")
    (pool,) = estate["pools"]
    rebuilds = [desktop["effects"]["rebuilds"] for desktop in pool["desktops"]]
    assert [[event["job_id"] for event in events] for events in rebuilds] == [[job.id]] * 4
    assert rebuilds[0][0]["at"] == "2026-11-20T20:05:00.000Z"
    assert pool["effects"]["rebuilds"][0]["job_id"] == job.id
    assert estate["jobs"][0]["sub_jobs"] == {"SUCCESS": 4}
    assert control(api, "GET", "/estate", pool="nothing")["pools"] == []


def test_states_can_be_changed_from_outside(api: Any) -> None:
    changes = [
        {"desktop": "FIN-003", "set": {"user_name": "dora", "login_status": "CONNECTED", "image": "win10-2026-11"}},
        {"desktop": "FIN-001", "pool": "finance", "set": {"status": "SHUTOFF", "user_name": ""}},
        {"pool": "finance", "set": {"in_maintenance_mode": True, "name": "finance-x", "tags": {"a": "b"}}},
        {"desktop": "FDY-002", "remove": True},
    ]
    control(api, "PATCH", "/estate", {"changes": changes})
    desktops = {row["computer_name"]: row for row in api.get("/desktops/detail")["desktops"]}
    assert "FDY-002" not in desktops
    third, first = desktops["FIN-003"], desktops["FIN-001"]
    assert (third["user_name"], third["login_status"], third["attach_state"]) == ("dora", "CONNECTED", "ATTACHED")
    assert third["metadata"]["image_name"] == "win10-2026-11"
    assert (first["status"], first["login_status"], first["user_name"]) == ("SHUTOFF", "UNREGISTER", "")
    pool = api.get(f"/desktop-pools/{FINANCE}")
    assert (pool["name"], pool["in_maintenance_mode"], pool["tags"]) == (
        "finance-x",
        True,
        [{"key": "a", "value": "b"}],
    )
    control(api, "PATCH", "/estate", {"changes": [{"pool": "finance-x", "remove": True}]})
    assert [row["name"] for row in api.get("/desktop-pools")["desktop_pools"]] == ["finance-dynamic"]
    assert api.get("/desktops")["total_count"] == 1


@pytest.mark.parametrize(
    ("change", "word"),
    [
        ({"desktop": "FIN-009", "set": {"status": "ACTIVE"}}, "0 desktops FIN-009"),
        ({"pool": "fin", "set": {"status": "STEADY"}}, "0 pools fin"),
        ({"desktop": "FIN-001", "set": {"status": "TIRED"}}, "status"),
        ({"desktop": "FIN-001", "set": {"colour": "blue"}}, "colour"),
        ({"desktop": "FIN-001", "set": {"image": "gone"}}, "no image gone"),
        ({"pool": "finance", "set": {"product_id": "gone"}}, "no product gone"),
        ({"set": {"status": "ACTIVE"}}, "pool or desktop"),
        ({"pool": "finance"}, "set or remove"),
    ],
)
def test_impossible_changes_are_refused(api: Any, change: dict[str, Any], word: str) -> None:
    assert word in refused(api, "PATCH", "/estate", {"changes": [change]})


def test_the_clock_is_set_and_moved(api: Any) -> None:
    assert control(api, "GET", "/clock")["mode"] == "polls"
    state = control(api, "PUT", "/clock", {"seconds_per_poll": 30, "now": "2026-11-21T00:00:00Z"})
    assert (state["now"], state["seconds_per_poll"]) == ("2026-11-21T00:00:00.000Z", 30)
    assert control(api, "POST", "/clock/advance", {"seconds": 60})["now"] == "2026-11-21T00:01:00.000Z"
    assert control(api, "PUT", "/clock", {"mode": "factor", "factor": 2})["factor"] == 2
    assert "cannot go back" in refused(api, "PUT", "/clock", {"now": "2026-11-20T00:00:00Z"})
    refused(api, "PUT", "/clock", {"factor": 0})
    refused(api, "PUT", "/clock", {"now": "soon"})
    refused(api, "POST", "/clock/advance", {"seconds": -1})


def test_the_journal_tells_what_was_asked(api: Any) -> None:
    api.get("/desktop-pools", name="fin", limit=5)
    api.rebuild(delay_time=3)
    api.rebuild()
    entries = control(api, "GET", "/journal")["entries"]
    assert [entry["seq"] for entry in entries] == [1, 2, 3]
    listing, accepted, refusal = entries
    assert (listing["operation"], listing["query"]) == ("ListDesktopPools", {"name": "fin", "limit": "5"})
    assert (listing["mutating"], listing["committed"], listing["user"]) == (False, False, "operator")
    assert (accepted["method"], accepted["status"], accepted["committed"]) == ("POST", 200, True)
    assert accepted["body"] == {"image_id": "11111111-1010-4000-8000-000000002611", "delay_time": 3}
    assert (refusal["status"], refusal["committed"], refusal["error_code"]) == (409, False, "WKS.00010032")
    assert accepted["time"] == "2026-11-20T20:00:00.000Z"


def test_the_journal_is_filtered_and_cleared(api: Any) -> None:
    api.get("/desktop-pools")
    api.get("/images")
    api.rebuild()
    api.call("GET", "/nowhere")

    def operations(**query: Any) -> list[str]:
        return [entry["operation"] for entry in control(api, "GET", "/journal", **query)["entries"]]

    assert operations() == ["ListDesktopPools", "ListImages", "RebuildDesktopPool", "unknown"]
    assert operations(operation="ListImages") == ["ListImages"]
    assert operations(method="post") == ["RebuildDesktopPool"]
    assert operations(mutating="true") == ["RebuildDesktopPool"]
    assert operations(mutating="false", since=1) == ["ListImages", "unknown"]
    control(api, "DELETE", "/journal")
    assert operations() == []
    api.get("/images")
    assert [entry["seq"] for entry in control(api, "GET", "/journal")["entries"]] == [5]


def test_the_journal_keeps_no_secret(api: Any) -> None:
    user = {"name": "operator", "password": "ExamplePassword1", "domain": {"name": "example-account"}}
    auth = {"identity": {"methods": ["password"], "password": {"user": user}}}
    token = api.http.post("/v3/auth/tokens", json={"auth": auth}).headers["X-Subject-Token"]
    api.http.post("/v3/auth/tokens", content=b'{"password": "ExamplePassword1"')
    api.http.get("/v3/projects", headers={"X-Auth-Token": token})
    text = str(control(api, "GET", "/journal"))
    assert "KeystoneListProjects" in text
    assert "ExamplePassword1" not in text
    assert token not in text


def test_a_dialect_is_set_by_name_and_reading(api: Any) -> None:
    answer = control(api, "PUT", "/dialect", {"conflict": "desktop"})
    assert answer["dialect"]["conflict"] == "desktop"
    shown = control(api, "GET", "/dialect")
    assert shown["settings"]["conflict"]["readings"] == ["any_busy", "pool", "desktop"]
    assert "conflict" in refused(api, "PUT", "/dialect", {"conflict": "never"})
    assert "colour" in refused(api, "PUT", "/dialect", {"colour": "blue"})
    assert control(api, "GET", "/estate")["dialect"]["conflict"] == "desktop"


@pytest.mark.parametrize(
    ("rule", "word"),
    [
        ({}, "effect"),
        ({"effect": {}}, "one of"),
        ({"effect": {"status": 500, "reset": True}}, "only one"),
        ({"effect": {"truncate": True}}, "after_commit"),
        ({"effect": {"status": 99}}, "status"),
        ({"effect": {"status": 500}, "path": "("}, "regular expression"),
        ({"effect": {"status": 500}, "nth": 0}, "nth"),
        ({"effect": {"status": 500}, "colour": "blue"}, "colour"),
    ],
)
def test_fault_rules_are_checked(api: Any, rule: dict[str, Any], word: str) -> None:
    assert word in refused(api, "PUT", "/faults", {"faults": [rule]})


def test_answers_are_numbered(api: Any) -> None:
    first, second = (api.call("GET", "/images").headers["X-Request-Id"] for _time in range(2))
    assert first != second
    assert [entry["request_id"] for entry in control(api, "GET", "/journal")["entries"]] == [first, second]
