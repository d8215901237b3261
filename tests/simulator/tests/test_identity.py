# Copyright (c) 2026 the hwcloud.workspace contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Tokens, projects, temporary keys and permissions."""

from __future__ import annotations

from typing import Any

import pytest

PROJECT = "0123456789abcdef0123456789abcdef"
SECOND = "fedcba9876543210fedcba9876543210"


def login(api: Any, password: str = "ExamplePassword1", scope: Any = None, query: str = "", **user: Any) -> Any:
    body = {
        "auth": {
            "identity": {
                "methods": ["password"],
                "password": {
                    "user": {"name": "operator", "domain": {"name": "example-account"}, "password": password, **user}
                },
            },
            "scope": scope or {"project": {"name": "eu-west-101"}},
        }
    }
    return api.http.post("/v3/auth/tokens" + query, json=body)


def list_pools(api: Any, token: str, project: str = PROJECT) -> Any:
    return api.http.get(f"/v2/{project}/desktop-pools", headers={"X-Auth-Token": token})


def test_a_token_lasts_a_day_of_simulated_time(api: Any) -> None:
    answer = login(api)
    assert answer.status_code == 201
    token = answer.headers["X-Subject-Token"]
    assert answer.json()["token"]["issued_at"] == "2026-11-20T20:00:00.000000Z"
    assert answer.json()["token"]["expires_at"] == "2026-11-21T20:00:00.000000Z"
    api.advance(86399)
    assert list_pools(api, token).status_code == 200
    api.advance(1)
    refusal = list_pools(api, token)
    assert (refusal.status_code, refusal.json()["error_code"]) == (401, "APIGW.0301")
    assert "token expires" in refusal.json()["error_msg"]


def test_an_unknown_token_is_refused(api: Any) -> None:
    assert "decrypt token fail" in list_pools(api, "nonsense").json()["error_msg"]


@pytest.mark.parametrize(
    "wrong",
    [
        {"password": "guess"},
        {"name": "nobody"},
        {"domain": {"name": "other-account"}},
        {"scope": {"project": {"name": "cn-north-4"}}},
    ],
)
def test_a_wrong_login_is_refused(api: Any, wrong: dict[str, Any]) -> None:
    answer = login(api, **wrong)
    assert answer.status_code == 401
    assert answer.json()["error"]["title"] == "Unauthorized"
    assert answer.headers["X-IAM-Trace-Id"]
    assert "X-Subject-Token" not in answer.headers


def test_the_catalogue_comes_unless_it_is_declined(api: Any) -> None:
    services = [service["name"] for service in login(api).json()["token"]["catalog"]]
    assert services == ["iam", "workspace"]
    assert login(api, query="?nocatalog=true").json()["token"]["catalog"] == []


def test_a_token_of_another_project_is_refused(estate: Any, make_api: Any) -> None:
    estate.projects.append(type(estate.projects[0])(id=SECOND, name="eu-west-101_second"))
    api = make_api(estate)
    token = login(api, scope={"project": {"id": SECOND}}).headers["X-Subject-Token"]
    assert list_pools(api, token, SECOND).json()["total_count"] == 0
    refusal = list_pools(api, token)
    assert (refusal.status_code, refusal.json()["error_code"]) == (401, "APIGW.0307")


def test_a_token_of_the_account_is_good_for_iam_only(api: Any) -> None:
    token = login(api, scope={"domain": {"name": "example-account"}}).headers["X-Subject-Token"]
    projects = api.http.get("/v3/projects", headers={"X-Auth-Token": token}).json()["projects"]
    assert [project["id"] for project in projects] == [PROJECT]
    assert list_pools(api, token).status_code == 401


def test_projects_are_found_by_their_exact_name(estate: Any, make_api: Any) -> None:
    estate.projects.append(type(estate.projects[0])(id=SECOND, name="eu-west-101_second"))
    api = make_api(estate)

    def found(**query: Any) -> list[tuple[str, str]]:
        answer = api.http.get("/v3/projects", headers=api.headers, params=query)
        return [(project["id"], project["parent_id"]) for project in answer.json()["projects"]]

    account = api.simulation.iam.account_id
    assert found(name="eu-west-101") == [(PROJECT, account)]
    assert found(name="eu-west-101_second") == [(SECOND, PROJECT)]
    assert found(name="eu-west") == []
    assert len(found()) == 2
    assert found(page=2, per_page=1) == [(SECOND, PROJECT)]


def test_a_denied_action_is_refused_with_an_encoded_message(api: Any) -> None:
    auditor = api.simulation.iam.users["auditor"]
    api.headers = {"X-Auth-Token": api.simulation.iam.issue_token(auditor, PROJECT, api.world.now).text}
    assert api.get("/desktop-pools")["total_count"] == 2
    answer = api.rebuild()
    assert answer.status_code == 403
    assert "workspace:desktopPools:rebuild" in answer.json()["error_msg"]
    assert answer.json()["encoded_authorization_message"]
    assert api.project.jobs == {}


class TestMetadata:
    """The metadata service of the machine that the client runs on."""

    def keys(self, api: Any, **headers: str) -> Any:
        return api.http.get("/openstack/latest/securitykey", headers=headers)

    def token(self, api: Any, seconds: str = "21600") -> Any:
        return api.http.put("/meta-data/latest/api/token", headers={"X-Metadata-Token-Ttl-Seconds": seconds})

    def test_keys_come_without_a_token_unless_it_is_required(self, api: Any) -> None:
        assert self.keys(api).json()["credential"]["expires_at"] == "2026-11-21T20:00:00.000000Z"
        api.simulation.metadata.settings.token = "required"
        assert self.keys(api).status_code == 401
        token = self.token(api, "60").text
        assert self.keys(api, **{"X-Metadata-Token": token}).status_code == 200
        api.advance(60)
        assert self.keys(api, **{"X-Metadata-Token": token}).status_code == 401

    def test_tokens_may_not_be_offered(self, api: Any) -> None:
        api.simulation.metadata.settings.token = "absent"
        assert self.token(api).status_code == 404

    @pytest.mark.parametrize("seconds", ["", "0", "21601", "soon"])
    def test_a_token_needs_a_lifetime(self, api: Any, seconds: str) -> None:
        assert self.token(api, seconds).status_code == 400

    def test_without_an_agency_the_text_says_so(self, api: Any) -> None:
        api.simulation.metadata.settings.user = None
        answer = self.keys(api)
        assert (answer.status_code, answer.text) == (401, "Please configure Cloud Service Agency first")

    def test_keys_are_replaced_forty_minutes_before_they_expire(self, api: Any) -> None:
        first = self.keys(api).json()["credential"]
        api.advance(86400 - 2401)
        assert self.keys(api).json()["credential"] == first
        api.advance(1)
        assert self.keys(api).json()["credential"]["access"] != first["access"]
