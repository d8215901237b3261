# Copyright (c) 2026 the hwcloud.workspace contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Key signatures: what verifies, what is refused and how."""

from __future__ import annotations

from datetime import datetime, timedelta, timezone
from email.utils import parsedate_to_datetime
from typing import Any

import pytest

from workspace_simulator.auth.signature import SignedRequest, canonical_request, signature

PROJECT = "0123456789abcdef0123456789abcdef"
SIGNED_HEADERS = ("content-type", "host", "x-project-id", "x-sdk-date")


def known_request(method: str, path: str, query: str, body: bytes, **headers: str) -> SignedRequest:
    """Return a request for which the official SDK's signer was asked for the signature once."""
    fixed = {
        "host": "workspace.eu-west-101.myhuaweicloud.eu",
        "x-sdk-date": "20250102T030405Z",
        "content-type": "application/json",
        "x-project-id": PROJECT,
    }
    return SignedRequest(method, path, query, {**fixed, **headers}, body)


def test_a_get_with_odd_characters_has_the_signature_of_the_sdk() -> None:
    query = "limit=1000&name=pool%20a%2F%C3%BC~1&offset=0&in_maintenance_mode=false"
    request = known_request("GET", f"/v2/{PROJECT}/desktop-pools", query, b"")
    assert canonical_request(request, SIGNED_HEADERS).splitlines()[2] == (
        "in_maintenance_mode=false&limit=1000&name=pool%20a%2F%C3%BC~1&offset=0"
    )
    assert signature(request, SIGNED_HEADERS, "EXAMPLESK") == (
        "cd7bcddcc532174b92a44e1480aa0f76e24b31a36cc99575a798a3408e83ef5c"
    )


def test_a_post_with_a_security_token_has_the_signature_of_the_sdk() -> None:
    path = f"/v2/{PROJECT}/desktop-pools/2b31ed52-0000-4000-8000-ebedb6e57000/expand"
    request = known_request("POST", path, "", b'{"size": 2}', **{"x-security-token": "exampletoken"})
    headers = ("content-type", "host", "x-project-id", "x-sdk-date", "x-security-token")
    assert signature(request, headers, "EXAMPLESK") == (
        "7eb2f686379c5118a070e61be3d0625c0b34c5159b928463931202141852e16e"
    )


def sign(
    ak: str = "EXAMPLEAK",
    sk: str = "EXAMPLESK",
    signed: tuple[str, ...] = ("host", "x-sdk-date"),
    minutes: float = 0,
    path: str = f"/v2/{PROJECT}/desktop-pools",
) -> dict[str, str]:
    """Return the headers of a signed GET to the simulator of the tests."""
    date = (datetime.now(timezone.utc) + timedelta(minutes=minutes)).strftime("%Y%m%dT%H%M%SZ")
    headers = {"host": "workspace.test", "x-sdk-date": date}
    request = SignedRequest("GET", path, "", headers, b"")
    value = signature(request, signed, sk)
    headers["authorization"] = f"SDK-HMAC-SHA256 Access={ak}, SignedHeaders={';'.join(signed)}, Signature={value}"
    return headers


def refusal(api: Any, headers: dict[str, str]) -> dict[str, str]:
    answer = api.http.get(f"/v2/{PROJECT}/desktop-pools", headers=headers)
    assert answer.status_code == 401
    body = answer.json()
    assert body["error_code"] == "APIGW.0301"
    assert body["request_id"] == answer.headers["X-Request-Id"]
    return dict(body)


def listed(api: Any, headers: dict[str, str]) -> bool:
    return bool(api.http.get(f"/v2/{PROJECT}/desktop-pools", headers=headers).status_code == 200)


def test_headers_added_after_signing_do_no_harm(api: Any) -> None:
    assert listed(api, {**sign(), "X-Project-Id": PROJECT, "User-Agent": "added later"})


@pytest.mark.parametrize("missing", ["host", "x-sdk-date"])
def test_host_and_date_must_be_signed(api: Any, missing: str) -> None:
    signed = tuple(name for name in ("accept", "host", "x-sdk-date") if name != missing)
    assert "verify aksk signature fail" in refusal(api, sign(signed=signed))["error_msg"]


@pytest.mark.parametrize(("minutes", "fine"), [(-16, False), (-14, True), (14, True), (16, False)])
def test_the_date_may_be_a_quarter_of_an_hour_off(api: Any, minutes: float, fine: bool) -> None:
    headers = sign(minutes=minutes)
    if fine:
        assert listed(api, headers)
    else:
        assert "X-Sdk-Date" in refusal(api, headers)["error_msg"]


def test_an_unknown_key_is_named(api: Any) -> None:
    assert "ak not exist" in refusal(api, sign(ak="NOBODYAK"))["error_msg"]


@pytest.mark.parametrize("text", ["Basic abc", "SDK-HMAC-SHA256 Access=EXAMPLEAK", ""])
def test_a_malformed_header_is_refused(api: Any, text: str) -> None:
    assert "malformed" in refusal(api, {**sign(), "authorization": text})["error_msg"]


def test_nobody_in_particular_is_refused(api: Any) -> None:
    assert "x-auth-token not found" in refusal(api, {})["error_msg"]


def test_five_failures_in_a_row_lock_a_key_for_five_minutes(api: Any) -> None:
    for _time in range(5):
        assert "verify aksk signature fail" in refusal(api, sign(sk="WRONGSK"))["error_msg"]
    assert "forbidden" in refusal(api, sign())["error_msg"]
    api.advance(299)
    assert "forbidden" in refusal(api, sign())["error_msg"]
    api.advance(1)
    assert listed(api, sign())


def test_a_success_starts_the_count_of_failures_again(api: Any) -> None:
    for _time in range(3):
        for _time in range(4):
            refusal(api, sign(sk="WRONGSK"))
        assert listed(api, sign())


def test_another_query_than_the_signed_one_is_refused(api: Any) -> None:
    answer = api.http.get(f"/v2/{PROJECT}/desktop-pools?limit=1", headers=sign())
    assert answer.status_code == 401


def test_a_key_of_the_account_is_no_good_for_a_project_that_is_not_there(api: Any) -> None:
    path = "/v2/ffffffffffffffffffffffffffffffff/desktop-pools"
    answer = api.http.get(path, headers=sign(path=path))
    assert (answer.status_code, answer.json()["error_code"]) == (403, "APIGW.0310")


@pytest.mark.parametrize("seconds", [-86400, -1200, 0, 1200, 86400])
def test_dates_go_by_the_wall_clock_of_the_service(api: Any, seconds: float) -> None:
    state = api.http.put("/_control/clock", json={"wall_offset": seconds}).json()
    assert state["wall_offset"] == seconds
    path = f"/v2/{PROJECT}/desktop-pools"
    as_ours = api.http.get(path, headers=sign())
    as_theirs = api.http.get(path, headers=sign(minutes=seconds / 60))
    assert (as_ours.status_code, as_theirs.status_code) == (401 if seconds else 200, 200)
    for answer in (as_ours, as_theirs):
        off = parsedate_to_datetime(answer.headers["Date"]) - datetime.now(timezone.utc)
        assert off.total_seconds() == pytest.approx(seconds, abs=10)


def test_the_service_can_keep_its_time_to_itself(api: Any) -> None:
    api.http.put("/_control/clock", json={"date_header": False})
    assert "Date" not in api.http.get(f"/v2/{PROJECT}/desktop-pools", headers=sign()).headers
