# Copyright (c) 2026 the hwcloud.workspace contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Signing: the known signatures come out, and what is signed is what is sent."""

from __future__ import annotations

import hashlib
from datetime import datetime, timezone

import pytest
import requests

from ansible_collections.hwcloud.workspace.plugins.module_utils.client.signing import (
    AccessKeyAuth,
    TokenAuth,
    authorization,
    canonical_path,
    canonical_query,
    canonical_request,
    encode,
)
from ansible_collections.hwcloud.workspace.tests.unit.plugins.module_utils.scripted_service import PROJECT

HOST = "workspace.eu-west-101.myhuaweicloud.eu"
DATE = "20250102T030405Z"
AT = datetime(2025, 1, 2, 3, 4, 5, tzinfo=timezone.utc)
EMPTY_HASH = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"

# Computed with the official SDK's signer.
GET_REQUEST_HASH = "86afbe4382f85550b381f99d3e1eef99f361b21c3909bc1c93c46f4a6cb0add6"
GET_SIGNATURE = "cd7bcddcc532174b92a44e1480aa0f76e24b31a36cc99575a798a3408e83ef5c"
POST_BODY_HASH = "d1e36a357a5b6ff7bfe4d4caf3458f793a59ca47080738260158f538175e00ac"
POST_REQUEST_HASH = "a000a414246fb7bd36092bb297dac4ec4764cac89d74054058c4cc4fb48377a9"
POST_SIGNATURE = "7eb2f686379c5118a070e61be3d0625c0b34c5159b928463931202141852e16e"

POOLS = f"/v2/{PROJECT}/desktop-pools"
EXPAND = f"{POOLS}/2b31ed52-0000-4000-8000-ebedb6e57000/expand"
QUERY = [("limit", "1000"), ("name", "pool a/ü~1"), ("offset", "0"), ("in_maintenance_mode", "false")]
HEADERS = {"Content-Type": "application/json", "Host": HOST, "X-Project-Id": PROJECT, "X-Sdk-Date": DATE}


def sha256(text: str | bytes) -> str:
    return hashlib.sha256(text.encode() if isinstance(text, str) else text).hexdigest()


def prepared(method: str, url: str, auth: AccessKeyAuth | TokenAuth, **options: object) -> requests.PreparedRequest:
    headers = {"Content-Type": "application/json", "X-Project-Id": PROJECT}
    return requests.Request(method, url, auth=auth, headers=headers, **options).prepare()


def test_the_known_get_comes_out_step_by_step() -> None:
    query = canonical_query(QUERY)
    assert query == "in_maintenance_mode=false&limit=1000&name=pool%20a%2F%C3%BC~1&offset=0"
    request, signed = canonical_request("GET", POOLS, query, HEADERS, EMPTY_HASH)
    assert sha256(request) == GET_REQUEST_HASH
    assert signed == "content-type;host;x-project-id;x-sdk-date"
    assert authorization("EXAMPLESK", "EXAMPLEAK", DATE, request, signed) == (
        f"SDK-HMAC-SHA256 Access=EXAMPLEAK, SignedHeaders={signed}, Signature={GET_SIGNATURE}"
    )


def test_the_known_post_with_a_temporary_key_comes_out_step_by_step() -> None:
    body_hash = sha256(b'{"size": 2}')
    assert body_hash == POST_BODY_HASH
    headers = {**HEADERS, "X-Security-Token": "exampletoken"}
    request, signed = canonical_request("POST", EXPAND, "", headers, body_hash)
    assert sha256(request) == POST_REQUEST_HASH
    assert authorization("EXAMPLESK", "EXAMPLEAK", DATE, request, signed).endswith(f"Signature={POST_SIGNATURE}")


def test_the_known_get_comes_out_of_a_prepared_request() -> None:
    auth = AccessKeyAuth("EXAMPLEAK", "EXAMPLESK", now=lambda: AT)
    request = prepared("GET", f"https://{HOST}{POOLS}?{canonical_query(QUERY)}", auth)
    assert request.headers["Authorization"].endswith(f"Signature={GET_SIGNATURE}")
    assert request.headers["Host"] == HOST
    assert request.headers["X-Sdk-Date"] == DATE
    assert "X-Security-Token" not in request.headers


def test_the_known_post_comes_out_of_a_prepared_request() -> None:
    auth = AccessKeyAuth("EXAMPLEAK", "EXAMPLESK", "exampletoken", now=lambda: AT)
    request = prepared("POST", f"https://{HOST}{EXPAND}", auth, data=b'{"size": 2}')
    assert request.headers["Authorization"].endswith(f"Signature={POST_SIGNATURE}")
    assert request.headers["X-Security-Token"] == "exampletoken"


@pytest.mark.parametrize("body", [b'{"size": 2}', '{"size": 2}'])
def test_a_body_is_signed_alike_as_bytes_and_as_text(body: bytes | str) -> None:
    auth = AccessKeyAuth("EXAMPLEAK", "EXAMPLESK", "exampletoken", now=lambda: AT)
    request = prepared("POST", f"https://{HOST}{EXPAND}", auth, data=body)
    assert request.headers["Authorization"].endswith(f"Signature={POST_SIGNATURE}")


def test_only_headers_that_nobody_changes_on_the_way_are_signed() -> None:
    auth = AccessKeyAuth("EXAMPLEAK", "EXAMPLESK", now=lambda: AT)
    url = f"https://{HOST}{POOLS}?{canonical_query(QUERY)}"
    headers = {"Content-Type": "application/json", "X-Project-Id": PROJECT, "Accept": "*/*", "User-Agent": "x"}
    request = requests.Request("GET", url, auth=auth, headers=headers).prepare()
    assert "SignedHeaders=content-type;host;x-project-id;x-sdk-date," in request.headers["Authorization"]
    assert request.headers["Authorization"].endswith(f"Signature={GET_SIGNATURE}")


@pytest.mark.parametrize(
    ("url", "host"),
    [
        ("https://workspace.invalid/x", "workspace.invalid"),
        ("https://workspace.invalid:8443/x", "workspace.invalid:8443"),
        ("http://127.0.0.1:80/x", "127.0.0.1:80"),
        ("http://[::1]:8080/x", "[::1]:8080"),
    ],
)
def test_the_host_that_is_signed_is_the_host_that_is_sent(url: str, host: str) -> None:
    assert prepared("GET", url, AccessKeyAuth("a", "s", now=lambda: AT)).headers["Host"] == host


def test_a_request_that_is_signed_again_gets_the_date_of_the_second_time() -> None:
    dates = iter([AT, AT.replace(hour=4)])
    auth = AccessKeyAuth("EXAMPLEAK", "EXAMPLESK", now=lambda: next(dates))
    request = prepared("GET", f"https://{HOST}/x", auth)
    first = request.headers["Authorization"]
    assert auth(request).headers["X-Sdk-Date"] == "20250102T040405Z"
    assert request.headers["Authorization"] != first


def test_without_a_date_given_the_present_one_in_utc_is_signed() -> None:
    before = datetime.now(timezone.utc).replace(microsecond=0)
    text = prepared("GET", f"https://{HOST}/x", AccessKeyAuth("a", "s")).headers["X-Sdk-Date"]
    signed_at = datetime.strptime(text, "%Y%m%dT%H%M%SZ").replace(tzinfo=timezone.utc)
    assert before <= signed_at <= datetime.now(timezone.utc)


@pytest.mark.parametrize(
    ("text", "encoded"),
    [
        ("AZaz09-_.~", "AZaz09-_.~"),
        ("a b", "a%20b"),
        ("a+b", "a%2Bb"),
        ("a/b", "a%2Fb"),
        ("ü€𝄞", "%C3%BC%E2%82%AC%F0%9D%84%9E"),
        ("100%", "100%25"),
        ("!'()*", "%21%27%28%29%2A"),
        ("", ""),
    ],
)
def test_text_is_encoded_as_the_service_does(text: str, encoded: str) -> None:
    assert encode(text) == encoded


@pytest.mark.parametrize(
    ("pairs", "query"),
    [
        ([], ""),
        ([("b", "1"), ("a", "2")], "a=2&b=1"),
        ([("a", "2"), ("a", "10"), ("a", "")], "a=&a=10&a=2"),
        ([("B", "1"), ("a", "1")], "B=1&a=1"),
        ([("a b", "&=")], "a%20b=%26%3D"),
    ],
)
def test_a_query_is_sorted_by_key_and_then_by_value(pairs: list[tuple[str, str]], query: str) -> None:
    assert canonical_query(pairs) == query


@pytest.mark.parametrize(
    ("path", "canonical"),
    [
        ("/v2/x", "/v2/x/"),
        ("/v2/x/", "/v2/x/"),
        ("", "/"),
        ("/", "/"),
        ("/a%20b", "/a%20b/"),
        ("/a b~", "/a%20b~/"),
        ("/%C3%BC", "/%C3%BC/"),
        ("/ü", "/%C3%BC/"),
        ("/a%7Eb", "/a~b/"),
    ],
)
def test_a_path_is_encoded_once_and_ends_in_a_slash(path: str, canonical: str) -> None:
    assert canonical_path(path) == canonical


def test_header_names_are_lowered_and_sorted_and_values_trimmed() -> None:
    headers = {"X-Sdk-Date": f" {DATE} ", "Host": HOST, "content-TYPE": "application/json"}
    request, signed = canonical_request("get", "/x", "", headers, EMPTY_HASH)
    assert signed == "content-type;host;x-sdk-date"
    assert request == (
        f"GET\n/x/\n\ncontent-type:application/json\nhost:{HOST}\nx-sdk-date:{DATE}\n\n{signed}\n{EMPTY_HASH}"
    )


def test_a_header_with_an_underscore_is_not_signed() -> None:
    assert canonical_request("GET", "/", "", {"host": "h", "x_y": "1"}, EMPTY_HASH)[1] == "host"


def test_a_token_is_sent_as_it_is_and_nothing_is_signed() -> None:
    request = prepared("GET", f"https://{HOST}/x", TokenAuth("MIIEtoken"))
    assert request.headers["X-Auth-Token"] == "MIIEtoken"
    assert "Authorization" not in request.headers
    assert "X-Sdk-Date" not in request.headers
