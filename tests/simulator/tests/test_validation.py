# Copyright (c) 2026 the hwcloud.workspace contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Requests that break a rule are refused, and say which."""

from __future__ import annotations

from typing import Any

import pytest

PROJECT = "0123456789abcdef0123456789abcdef"
FINANCE = "22222222-0000-4000-8000-000000000001"
NEW_IMAGE = "11111111-1010-4000-8000-000000002611"
POOL = f"/desktop-pools/{FINANCE}"


@pytest.mark.parametrize(
    ("fields", "named"),
    [
        ({"image_id": ""}, "image_id"),
        ({"image_id": 5}, "image_id"),
        ({"image_id": "x" * 256}, "image_id"),
        ({"image_id": None}, "image_id"),
        ({"delay_time": 16}, "delay_time"),
        ({"delay_time": -1}, "delay_time"),
        ({"delay_time": "5"}, "delay_time"),
        ({"delay_time": 5.0}, "delay_time"),
        ({"delay_time": True}, "delay_time"),
        ({"message": "x" * 401}, "message"),
        ({"message": None}, "message"),
        ({"is_fix": "true"}, "is_fix"),
        ({"is_fix": 1}, "is_fix"),
        ({"handle_type": "EVERYTHING"}, "handle_type"),
        ({"desktop_ids": []}, "desktop_ids"),
        ({"desktop_ids": "one"}, "desktop_ids"),
        ({"desktop_ids": [1]}, "desktop_ids"),
        ({"encrypt_type": "MAYBE"}, "encrypt_type"),
        ({"encrypt_type": "ENCRYPTED"}, "kms_id"),
        ({"colour": "blue"}, "colour"),
    ],
)
def test_a_rebuild_with_a_bad_field_is_refused(api: Any, fields: dict[str, Any], named: str) -> None:
    answer = api.refused(400, "POST", POOL + "/rebuild", {"image_id": NEW_IMAGE, **fields})
    assert named in answer["error_detail"]
    assert len(answer["error_code"]) <= 12
    assert api.project.jobs == {}


def test_a_rebuild_needs_an_image(api: Any) -> None:
    assert "image_id" in api.refused(400, "POST", POOL + "/rebuild", {"is_fix": True})["error_detail"]


def test_the_longest_allowed_values_pass(api: Any) -> None:
    api.start(delay_time=15, message="x" * 400, encrypt_type="ENCRYPTED", kms_id="key", os_type="windows")


@pytest.mark.parametrize(
    ("content", "content_type", "code"),
    [
        (b"", "application/json", "WKS.0001"),
        (b"  ", "application/json", "WKS.0001"),
        (b"{", "application/json", "WKS.00010001"),
        (b"[]", "application/json", "WKS.00010001"),
        (b'{"notifications": "hi"}', "text/plain", "WKS.00010001"),
    ],
)
def test_a_body_must_be_a_json_object(api: Any, content: bytes, content_type: str, code: str) -> None:
    headers = {**api.headers, "Content-Type": content_type}
    answer = api.http.post(f"/v2/{PROJECT}{POOL}/notifications", content=content, headers=headers)
    assert (answer.status_code, answer.json()["error_code"]) == (400, code)


def test_a_body_above_twelve_megabytes_is_too_large(api: Any) -> None:
    headers = {**api.headers, "Content-Type": "application/json"}
    answer = api.http.post(f"/v2/{PROJECT}{POOL}/notifications", content=b" " * (12 * 1024 * 1024 + 1), headers=headers)
    assert (answer.status_code, answer.json()["error_code"]) == (413, "APIGW.0201")


def test_a_message_must_not_be_empty(api: Any) -> None:
    api.refused(400, "POST", POOL + "/notifications", {"notifications": ""})


@pytest.mark.parametrize(
    "query",
    [
        {"limit": "ten"},
        {"limit": "1.0"},
        {"in_maintenance_mode": "True"},
        {"in_maintenance_mode": "1"},
        {"enterprise_project_id": "a b"},
        {"name": "x" * 256},
        {"limit": ["1", "2"]},
        {"colour": "blue"},
    ],
)
def test_a_query_with_a_bad_value_is_refused(api: Any, query: dict[str, Any]) -> None:
    (name,) = query
    assert name in api.refused(400, "GET", "/desktop-pools", **query)["error_detail"]


@pytest.mark.parametrize("query", [{"sort_field": "age"}, {"sort_type": "asc"}, {"charge_mode": "2"}])
def test_values_outside_a_documented_list_are_refused(api: Any, query: dict[str, str]) -> None:
    api.refused(400, "GET", POOL + "/desktops", **query)


def test_more_than_a_hundred_users_are_refused(api: Any) -> None:
    api.refused(400, "GET", POOL + "/desktops", user_names=[f"user{number}" for number in range(101)])


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("GET", f"/v2/{PROJECT}/no-such-thing"),
        ("DELETE", f"/v2/{PROJECT}/desktop-pools"),
        ("GET", f"/v2/{PROJECT}/desktop-pools/"),
        ("GET", "/"),
    ],
)
def test_an_unknown_path_or_method_is_not_found(api: Any, method: str, path: str) -> None:
    answer = api.http.request(method, path, headers=api.headers)
    assert (answer.status_code, answer.json()["error_code"]) == (404, "APIGW.0101")
    assert answer.json()["request_id"] == answer.headers["X-Request-Id"]


def test_there_is_no_head_of_a_list(api: Any) -> None:
    answer = api.http.request("HEAD", f"/v2/{PROJECT}/images", headers=api.headers)
    assert answer.status_code == 404


class TestUpdate:
    """PUT pool."""

    def put(self, api: Any, **fields: Any) -> Any:
        return api.call("PUT", POOL, fields)

    @pytest.mark.parametrize(
        "fields",
        [
            {"name": ""},
            {"name": "with space"},
            {"description": "x" * 256},
            {"description": None},
            {"disconnected_retention_period": 9},
            {"disconnected_retention_period": 43201},
            {"enable_autoscale": "yes"},
            {"autoscale_policy": {"autoscale_type": "SOMETIMES"}},
            {"autoscale_policy": {"max_auto_created": 5001}},
            {"autoscale_policy": {"min_idle": None}},
            {"tags": [{"value": "no key"}]},
            {"tags": [{"key": "_sys_x"}]},
            {"tags": [{"key": " x"}]},
            {"tags": [{"key": "x", "value": "x" * 44}]},
            {"tags": [{"key": f"key{number}"} for number in range(21)]},
            {"root_volume": {"id": "unknown", "type": "SSD"}},
            {"root_volume": {"type": "SSD"}},
            {"data_volumes": [{"id": "unknown", "type": "SSD"}]},
            {"subnet_ids": []},
            {"security_groups": [{"name": "no id"}]},
            {"size": 5},
            {"image_id": NEW_IMAGE},
            {"product_id": "workspace.x86.enterprise.xlarge2"},
        ],
    )
    def test_what_is_not_allowed_is_refused_and_changes_nothing(self, api: Any, fields: dict[str, Any]) -> None:
        before = api.get(POOL)
        assert self.put(api, **fields).status_code == 400
        assert api.get(POOL) == before

    def test_a_name_is_unique(self, api: Any) -> None:
        assert self.put(api, name="finance-dynamic").status_code == 400
        assert self.put(api, name="finance").status_code == 200

    def test_empty_values_clear(self, api: Any) -> None:
        api.pool().autoscale_policy = {"min_idle": 1}
        answer = self.put(api, description="", ou_name="", autoscale_policy={}, tags=[])
        assert (answer.status_code, answer.content) == (200, b"")
        pool = api.get(POOL)
        assert (pool["description"], pool["ou_name"], pool["autoscale_policy"], pool["tags"]) == ("", "", {}, [])

    def test_disks_networks_and_policies_change(self, api: Any) -> None:
        pool = api.get(POOL)
        fields = {
            "root_volume": {"id": pool["root_volume"]["id"], "type": "SSD", "iops": 3000, "throughput": 125},
            "data_volumes": [{"id": pool["data_volumes"][0]["id"], "type": "SAS", "kms_id": "key"}],
            "vpc_id": "vpc",
            "subnet_ids": ["first", "second"],
            "security_groups": [{"id": "group"}],
            "user_reset_policy": {"enable": True, "reset_count_per_day": 1},
            "disconnected_retention_period": 0,
            "desktop_name_policy_id": "policy",
            "availability_zone": "eu-west-101b",
            "enterprise_project_id": "project-1",
            "enable_autoscale": True,
        }
        assert self.put(api, **fields).status_code == 200
        pool = api.get(POOL)
        assert (pool["root_volume"]["type"], pool["root_volume"]["iops"], pool["root_volume"]["size"]) == (
            "SSD",
            3000,
            80,
        )
        assert (pool["data_volumes"][0]["type"], pool["data_volumes"][0]["kms_id"]) == ("SAS", "key")
        assert (pool["subnet_id"], pool["subnet_ids"]) == ("first", ["first", "second"])
        for name in ("vpc_id", "user_reset_policy", "desktop_name_policy_id", "availability_zone", "enable_autoscale"):
            assert pool[name] == fields[name]
        assert [group["id"] for group in pool["security_groups"]] == ["group"]

    def test_a_key_may_be_null(self, api: Any) -> None:
        disk = api.get(POOL)["root_volume"]["id"]
        assert self.put(api, root_volume={"id": disk, "type": "SAS", "kms_id": "key"}).status_code == 200
        assert self.put(api, root_volume={"id": disk, "type": "SAS", "kms_id": None}).status_code == 200
        assert api.get(POOL)["root_volume"]["kms_id"] == "key", "null leaves the key"
