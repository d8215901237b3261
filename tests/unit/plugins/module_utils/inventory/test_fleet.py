# Copyright (c) 2026 the hwcloud.workspace contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Reading a fleet: which places, whose credentials, which pools, how few requests, and what a cache may mix up."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from ansible_collections.hwcloud.workspace.plugins.module_utils.client.errors import (
    CredentialsError,
    InputError,
    WorkspaceError,
)
from ansible_collections.hwcloud.workspace.plugins.module_utils.inventory.fleet import SPEC, fingerprint, read_fleet
from ansible_collections.hwcloud.workspace.plugins.module_utils.task import Task
from ansible_collections.hwcloud.workspace.tests.unit.plugins.module_utils.pools.samples import (
    desktop_record,
    pool_record,
)
from ansible_collections.hwcloud.workspace.tests.unit.plugins.module_utils.scripted_service import (
    Reply,
    ScriptedService,
)

EUROPE, ASIA = "eu-west-101", "ap-southeast-1"
FIRST, SECOND = "1" * 32, "2" * 32


class Cloud:
    """A service with the pool finance in the project FIRST and the pool callcenter in the project SECOND."""

    def __init__(self, service: ScriptedService) -> None:
        self.service = service
        self.environment = {
            "HUAWEICLOUD_SDK_AK": "EXAMPLEAK",
            "HUAWEICLOUD_SDK_SK": "EXAMPLESK",
            "HW_WORKSPACE_ENDPOINT": service.url,
            "HW_IAM_ENDPOINT": service.url,
            "HW_METADATA_ENDPOINT": "off",
        }
        self.tasks: list[Task] = []
        window = {"key": "window", "value": "saturday"}
        self.pools(FIRST, pool_record(id="f", name="finance", tags=[window], in_maintenance_mode=False))
        self.pools(SECOND, pool_record(id="c", name="callcenter", type="DYNAMIC", in_maintenance_mode=True))
        service.on("GET", "/v3/projects", lambda request: Reply(200, {"projects": [PROJECTS[request.query["name"]]]}))

    def pools(self, project_id: str, *records: dict[str, Any]) -> None:
        """Have the list of a project's pools answered."""
        answer = {"desktop_pools": list(records), "total_count": len(records)}
        self.service.on("GET", f"/v2/{project_id}/desktop-pools", Reply(200, answer))

    def task(self, **options: Any) -> Task:
        """Return a task with these options and the defaults of the others."""
        defaults = {name: option.get("default") for name, option in SPEC.argument_spec.items()}
        self.tasks.append(Task("desktop_pools", {**defaults, **options}, True, self.environment))
        return self.tasks[-1]

    def read(self, **options: Any) -> list[dict[str, Any]]:
        """Return the places."""
        return list(read_fleet(self.task(**options))["places"])

    def found(self, **options: Any) -> list[tuple[str, str, list[str]]]:
        """Return region, project and names of pools of each place."""
        return [
            (place["region"], place["project_id"], [pool["name"] for pool in place["pools"]])
            for place in self.read(**options)
        ]

    def paths(self) -> list[str]:
        """Return the paths that were asked for, in order."""
        return [request.path for request in self.service.requests]


PROJECTS = {EUROPE: {"name": EUROPE, "id": FIRST}, ASIA: {"name": ASIA, "id": SECOND}}


@pytest.fixture
def cloud(service: ScriptedService) -> Cloud:
    return Cloud(service)


def test_without_options_the_environment_says_where(cloud: Cloud) -> None:
    cloud.environment.update({"HW_REGION_NAME": EUROPE, "HUAWEICLOUD_SDK_PROJECT_ID": FIRST})
    assert cloud.found() == [(EUROPE, FIRST, ["finance"])]
    assert cloud.paths() == [f"/v2/{FIRST}/desktop-pools"]


def test_options_win_over_the_environment(cloud: Cloud) -> None:
    cloud.environment.update({"HW_REGION_NAME": EUROPE, "HUAWEICLOUD_SDK_PROJECT_ID": FIRST})
    assert cloud.found(region=ASIA, project_id=SECOND) == [(ASIA, SECOND, ["callcenter"])]
    assert cloud.found(regions=[ASIA], project_id=SECOND) == [(ASIA, SECOND, ["callcenter"])]
    assert cloud.found(projects=[{"project_id": SECOND}]) == [(EUROPE, SECOND, ["callcenter"])]


def test_several_regions_look_up_their_projects_whatever_the_environment_says(cloud: Cloud) -> None:
    cloud.environment.update({"HW_REGION_NAME": EUROPE, "HUAWEICLOUD_SDK_PROJECT_ID": FIRST, "HW_PROJECT_ID": FIRST})
    assert cloud.found(regions=[EUROPE, ASIA]) == [(EUROPE, FIRST, ["finance"]), (ASIA, SECOND, ["callcenter"])]


def test_several_regions_leave_the_project_of_the_credentials_file_aside(cloud: Cloud, tmp_path: Path) -> None:
    del cloud.environment["HUAWEICLOUD_SDK_AK"], cloud.environment["HUAWEICLOUD_SDK_SK"]
    profile = tmp_path / "credentials"
    profile.write_text(f"[basic]\nak = AK\nsk = SK\nproject_id = {FIRST}\n")
    found = cloud.found(regions=[EUROPE, ASIA], profile_file=str(profile))
    assert found == [(EUROPE, FIRST, ["finance"]), (ASIA, SECOND, ["callcenter"])]
    assert cloud.found(region=EUROPE, profile_file=str(profile)) == [(EUROPE, FIRST, ["finance"])]
    assert cloud.paths().count("/v3/projects") == 2


def test_projects_name_region_project_and_endpoint(cloud: Cloud) -> None:
    cloud.environment["HW_WORKSPACE_ENDPOINT"] = "http://workspace.invalid"
    projects = [
        {"region": EUROPE, "project_id": FIRST, "endpoint": cloud.service.url},
        {"region": ASIA, "project_id": None, "endpoint": cloud.service.url},
    ]
    places = cloud.read(projects=projects)
    assert [place["project_id"] for place in places] == [FIRST, SECOND]
    assert {place["endpoint"] for place in places} == {cloud.service.url}


def test_the_endpoint_of_a_place_is_empty_unless_an_option_says_it(cloud: Cloud) -> None:
    assert cloud.read(region=EUROPE)[0]["endpoint"] == ""
    assert cloud.read(region=EUROPE, endpoint=cloud.service.url)[0]["endpoint"] == cloud.service.url


def test_one_project_for_several_regions_is_refused(cloud: Cloud) -> None:
    with pytest.raises(InputError, match=r"project_id is set for several regions.*use projects"):
        cloud.read(regions=[EUROPE, ASIA], project_id=FIRST)


def test_one_place_that_fails_fails_all_and_is_named(cloud: Cloud) -> None:
    refused = Reply(403, {"error_code": "WKS.0400", "error_msg": "no"})
    third = "3" * 32
    cloud.service.on("GET", f"/v2/{third}/desktop-pools", refused)
    projects = [{"region": EUROPE, "project_id": FIRST}, {"region": ASIA, "project_id": third}]
    with pytest.raises(WorkspaceError, match=rf"^project {third} of region {ASIA}: ListDesktopPools was refused"):
        cloud.read(projects=projects)
    with pytest.raises(WorkspaceError, match="^ListDesktopPools was refused"):
        cloud.read(region=ASIA, project_id=third)


@pytest.mark.parametrize(
    ("filters", "expected"),
    [
        (None, [["finance"], ["callcenter"]]),
        ({"name": "nan"}, [["finance"], []]),
        ({"name": "FIN"}, [[], []]),
        ({"type": "DYNAMIC"}, [[], ["callcenter"]]),
        ({"in_maintenance_mode": True}, [[], ["callcenter"]]),
        ({"in_maintenance_mode": False}, [["finance"], []]),
        ({"tags": {"window": "saturday"}}, [["finance"], []]),
        ({"tags": {"window": "sunday"}}, [[], []]),
        ({"tags": {"window": "saturday", "team": "finance"}}, [[], []]),
        ({"tags": {}}, [["finance"], ["callcenter"]]),
        ({"name": "finance", "type": None, "tags": None}, [["finance"], []]),
        ({"name": "finance", "type": "DYNAMIC"}, [[], []]),
    ],
)
def test_filters(cloud: Cloud, filters: dict[str, Any] | None, expected: list[list[str]]) -> None:
    found = cloud.found(regions=[EUROPE, ASIA], filters=filters)
    assert [names for _region, _project, names in found] == expected


def test_a_tag_is_compared_as_text(cloud: Cloud) -> None:
    third = "3" * 32
    cloud.pools(third, pool_record(id="x", tags=[{"key": "ring", "value": "1"}, {"key": "bare"}]))
    assert cloud.found(region=EUROPE, project_id=third, filters={"tags": {"ring": 1, "bare": None}})[0][2]
    assert not cloud.found(region=EUROPE, project_id=third, filters={"tags": {"ring": 2}})[0][2]


def test_a_region_that_shows_no_tags_is_warned_of(cloud: Cloud) -> None:
    assert cloud.found(regions=[EUROPE, ASIA], filters={"tags": {"window": "saturday"}})[1][2] == []
    assert cloud.tasks[-1].warnings == [
        "region ap-southeast-1 does not show the tags of its pools, so filters.tags leaves none of them."
    ]


def test_desktops_are_read_for_the_pools_that_fit_alone(cloud: Cloud) -> None:
    answer = {"desktops": [desktop_record("d1")], "total_count": 1}
    cloud.service.on("GET", f"/v2/{FIRST}/desktops/detail", Reply(200, answer))
    places = cloud.read(regions=[EUROPE, ASIA], hosts="desktops", filters={"name": "finance"})
    assert [[desktop["computer_name"] for desktop in pool["desktops"]] for pool in places[0]["pools"]] == [["D1"]]
    assert places[1]["pools"] == []
    assert [path for path in cloud.paths() if "/desktops" in path] == [f"/v2/{FIRST}/desktops/detail"]


def test_the_fleet_takes_lists_and_no_request_for_each_pool(cloud: Cloud) -> None:
    third = "3" * 32
    base = f"/v2/{third}"
    cloud.pools(third, *(pool_record(id=f"p{number}", name=f"pool-{number}") for number in range(40)))
    brief = {"desktops": [{"desktop_id": f"d{number}", "pool_id": f"p{number}"} for number in range(40)]}
    details = {"desktops": [desktop_record(f"d{number}") for number in range(40)]}
    cloud.service.on("GET", f"{base}/desktops", Reply(200, {**brief, "total_count": 40}))
    cloud.service.on("GET", f"{base}/desktops/detail", Reply(200, {**details, "total_count": 40}))
    (place,) = cloud.read(region=EUROPE, project_id=third, hosts="desktops")
    assert sum(len(pool["desktops"]) for pool in place["pools"]) == 40
    assert len(cloud.paths()) == 4
    cloud.read(region=EUROPE, project_id=third)
    assert len(cloud.paths()) == 5


def test_what_is_read_holds_no_secret(cloud: Cloud) -> None:
    places = cloud.read(region=EUROPE, access_key="EXAMPLEAK", secret_key="OTHERSK", security_token="ATOKEN")
    assert not [secret for secret in ("OTHERSK", "ATOKEN", "EXAMPLESK") if secret in repr(places)]


FIXED = {"region": EUROPE, "project_id": FIRST}
OTHERS: list[tuple[dict[str, Any], dict[str, str]]] = [
    ({"region": ASIA}, {}),
    ({"project_id": SECOND}, {}),
    ({"endpoint": "https://gateway.example.com"}, {}),
    ({"iam_endpoint": "https://iam.example.com"}, {}),
    ({"enterprise_project_id": "0"}, {}),
    ({"hosts": "desktops"}, {}),
    ({"filters": {"name": "finance"}}, {}),
    ({"filters": {"name": "call"}}, {}),
    ({"project_id": None, "projects": [{"project_id": FIRST}, {"project_id": SECOND}]}, {}),
    ({"project_id": None, "projects": [{"project_id": SECOND}, {"project_id": FIRST}]}, {}),
    ({"access_key": "OTHERAK", "secret_key": "OTHERSK"}, {}),
    ({"auth_token": "A" * 400}, {}),
    ({"auth_token": "B" * 400}, {}),
    ({"username": "user-a1", "password": "p", "domain_name": "example-account"}, {}),
    ({"username": "user-b2", "password": "p", "domain_name": "example-account"}, {}),
    ({"username": "user-a1", "password": "p", "domain_name": "other-account"}, {}),
    ({}, {"HUAWEICLOUD_SDK_AK": "ENVAK"}),
    ({}, {"HW_WORKSPACE_ENDPOINT": "https://gateway.example.com:8443"}),
    ({}, {"HUAWEICLOUD_SDK_AK": "", "HUAWEICLOUD_SDK_SK": ""}),
]


def test_whatever_leads_to_another_fleet_has_another_fingerprint(cloud: Cloud) -> None:
    usual = dict(cloud.environment)
    found = [fingerprint(cloud.task(**FIXED))]
    for options, environment in OTHERS:
        cloud.environment = {**usual, **environment}
        found.append(fingerprint(cloud.task(**{**FIXED, **options})))
    assert len(set(found)) == len(OTHERS) + 1
    assert cloud.paths() == []


@pytest.mark.parametrize(
    "options",
    [
        {"hostname": "id"},
        {"request_timeout": 5},
        {"max_retries": 0},
        {"validate_certs": False},
        {"access_key": "EXAMPLEAK", "secret_key": "ANEWSK"},
    ],
)
def test_what_leads_to_the_same_fleet_has_the_same_fingerprint(cloud: Cloud, options: dict[str, Any]) -> None:
    assert fingerprint(cloud.task(**FIXED, **options)) == fingerprint(cloud.task(**FIXED))


def test_a_password_is_no_part_of_a_fingerprint(cloud: Cloud) -> None:
    login = {"username": "user-a1", "domain_name": "example-account"}
    found = {fingerprint(cloud.task(**FIXED, **login, password=password)) for password in ("one", "two")}
    assert len(found) == 1


def test_half_a_key_is_refused_before_a_cache_is_looked_at(cloud: Cloud) -> None:
    del cloud.environment["HUAWEICLOUD_SDK_SK"]
    with pytest.raises(CredentialsError, match="half an access key"):
        fingerprint(cloud.task(**FIXED))
