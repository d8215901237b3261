# Copyright (c) 2026 the hwcloud.workspace contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Settings: options win over the environment, a region gives the addresses, and what cannot be right is refused."""

from __future__ import annotations

from typing import Any

import pytest

from ansible_collections.hwcloud.workspace.plugins.module_utils.client.errors import InputError
from ansible_collections.hwcloud.workspace.plugins.module_utils.client.settings import (
    default_iam_endpoint,
    read_settings,
    workspace_endpoint,
)

REGION = {"region": "eu-west-101"}

# option, its variables from the strongest to the weakest, two values that are fit for it
FROM_ENVIRONMENT = [
    ("region", ["HW_REGION_NAME"], "cn-north-4", "eu-west-101"),
    ("project_id", ["HUAWEICLOUD_SDK_PROJECT_ID", "HW_PROJECT_ID"], "p1", "p2"),
    ("enterprise_project_id", ["HW_ENTERPRISE_PROJECT_ID"], "0", "e2"),
    (
        "endpoint",
        ["HW_WORKSPACE_ENDPOINT", "HUAWEICLOUD_SDK_REGION_WORKSPACE_EU_WEST_101"],
        "https://a.invalid",
        "https://b.invalid",
    ),
    ("iam_endpoint", ["HW_IAM_ENDPOINT", "HUAWEICLOUD_SDK_IAM_ENDPOINT"], "https://a.invalid", "https://b.invalid"),
]


@pytest.mark.parametrize(("option", "variables", "first", "second"), FROM_ENVIRONMENT)
def test_an_option_wins_over_the_environment(option: str, variables: list[str], first: str, second: str) -> None:
    environment = dict.fromkeys(variables, second)
    assert getattr(read_settings({**REGION, option: first}, environment), option) == first


@pytest.mark.parametrize(("option", "variables", "first", "second"), FROM_ENVIRONMENT)
@pytest.mark.parametrize("absent", [None, ""])
def test_without_the_option_the_first_variable_that_is_set_counts(
    option: str, variables: list[str], first: str, second: str, absent: str | None
) -> None:
    params: dict[str, Any] = {**REGION, option: absent}
    for strongest in range(len(variables)):
        environment = {
            **dict.fromkeys(variables[:strongest], ""),
            variables[strongest]: first,
            **dict.fromkeys(variables[strongest + 1 :], second),
        }
        assert getattr(read_settings(params, environment), option) == first


@pytest.mark.parametrize(
    ("region", "workspace", "iam"),
    [
        ("cn-north-4", "https://workspace.cn-north-4.myhuaweicloud.com", "https://iam.cn-north-4.myhuaweicloud.com"),
        (
            "eu-west-101",
            "https://workspace.eu-west-101.myhuaweicloud.eu",
            "https://iam.eu-west-101.myhuaweicloud.eu",
        ),
        (
            "eu-west-102",
            "https://workspace.eu-west-102.myhuaweicloud.eu",
            "https://iam.eu-west-102.myhuaweicloud.eu",
        ),
        ("eu-west-0", "https://workspace.eu-west-0.myhuaweicloud.com", "https://iam.eu-west-0.myhuaweicloud.com"),
        ("af-north-1", "https://workspace.af-north-1.myhuaweicloud.com", "https://iam.myhuaweicloud.com"),
        ("xx-new-9", "https://workspace.xx-new-9.myhuaweicloud.com", "https://iam.myhuaweicloud.com"),
    ],
)
def test_a_region_gives_both_addresses(region: str, workspace: str, iam: str) -> None:
    settings = read_settings({"region": region}, {})
    assert (settings.endpoint, settings.iam_endpoint) == (workspace, iam)
    assert (workspace_endpoint(region), default_iam_endpoint(region)) == (workspace, iam)


@pytest.mark.parametrize(
    ("url", "base"),
    [
        ("http://127.0.0.1:8080", "http://127.0.0.1:8080"),
        ("https://gateway.invalid/", "https://gateway.invalid"),
        ("https://gateway.invalid/workspace/", "https://gateway.invalid/workspace"),
        ("http://[::1]:8080/", "http://[::1]:8080"),
    ],
)
def test_an_endpoint_may_hold_a_port_and_a_path_and_loses_its_last_slash(url: str, base: str) -> None:
    settings = read_settings({"endpoint": url, "iam_endpoint": url}, {})
    assert (settings.endpoint, settings.iam_endpoint) == (base, base)


def test_an_endpoint_is_enough_without_a_region() -> None:
    assert read_settings({"endpoint": "http://127.0.0.1:1"}, {}).region == ""


@pytest.mark.parametrize("option", ["endpoint", "iam_endpoint"])
@pytest.mark.parametrize(
    "url",
    [
        "workspace.invalid",
        "ftp://workspace.invalid",
        "https://",
        "https:///v2",
        "https://:8080",
        "https://user:pa55word@workspace.invalid",
        "https://workspace.invalid?a=1",
        "https://workspace.invalid#top",
        "https://workspace.invalid:port",
        "https://workspace.invalid:99999",
        "https://[::1",
        "https://workspace.invalid\n",
        "https://work space.invalid",
    ],
)
def test_what_is_no_base_url_is_refused_in_a_sentence_that_does_not_quote_it(option: str, url: str) -> None:
    with pytest.raises(InputError, match=f"^{option} has to be a URL such as https://") as refused:
        read_settings({**REGION, option: url}, {})
    assert "pa55word" not in str(refused.value)


@pytest.mark.parametrize(
    "region", ["eu_west_101", "EU-WEST-101", "euwest101", "eu-west-101/..", "e-1", "eu-", "eu-west-101\n"]
)
def test_what_is_no_region_name_is_refused(region: str) -> None:
    with pytest.raises(InputError, match="which is no region name; a region looks like eu-west-101"):
        read_settings({"region": region}, {})


@pytest.mark.parametrize("option", ["project_id", "enterprise_project_id"])
@pytest.mark.parametrize("value", ["a/b", "a b", "..", "ü", "x" * 65, "abc\n"])
def test_what_is_no_id_is_refused(option: str, value: str) -> None:
    with pytest.raises(InputError, match=f"^{option} may hold letters, digits, - and _ only"):
        read_settings({**REGION, option: value}, {})


@pytest.mark.parametrize(
    ("option", "variable"), [("project_id", "HW_PROJECT_ID"), ("enterprise_project_id", "HW_ENTERPRISE_PROJECT_ID")]
)
def test_an_id_as_long_as_its_sentence_allows_is_taken_and_a_longer_one_is_not(option: str, variable: str) -> None:
    with pytest.raises(InputError) as refused:
        read_settings(REGION, {variable: "x" * 1000})
    longest = int(str(refused.value).rpartition(" to ")[2].split()[0])
    assert getattr(read_settings(REGION, {variable: "x" * longest}), option) == "x" * longest
    with pytest.raises(InputError):
        read_settings(REGION, {variable: "x" * (longest + 1)})


def test_without_region_and_endpoint_it_says_what_to_set() -> None:
    with pytest.raises(InputError, match=r"^Neither region nor endpoint is set; .* HW_REGION_NAME\.$"):
        read_settings({}, {})


def test_what_was_not_given_has_its_documented_default() -> None:
    settings = read_settings(REGION, {})
    assert settings.validate_certs is True
    assert (settings.ca_path, settings.request_timeout, settings.max_retries) == ("", 30, 5)
    assert (settings.project_id, settings.enterprise_project_id) == ("", "")


def test_no_retries_at_all_can_be_asked_for() -> None:
    assert read_settings({**REGION, "max_retries": 0}, {}).max_retries == 0


def test_certificates_go_unchecked_only_on_an_explicit_no() -> None:
    assert read_settings({**REGION, "validate_certs": False}, {}).validate_certs is False
    assert read_settings({**REGION, "validate_certs": None}, {}).validate_certs is True
