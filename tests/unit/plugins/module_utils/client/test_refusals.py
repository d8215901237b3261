# Copyright (c) 2026 the hwcloud.workspace contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Refusals: one sentence that says what was tried, what the service said and what to do."""

from __future__ import annotations

import re
from datetime import datetime, timedelta, timezone
from email.utils import format_datetime
from typing import Any

import pytest
from requests.structures import CaseInsensitiveDict

from ansible_collections.hwcloud.workspace.plugins.module_utils.client.errors import (
    ConflictError,
    ForbiddenError,
    MissingError,
    RefusedError,
    ServerError,
    ThrottledError,
    UnauthorizedError,
)
from ansible_collections.hwcloud.workspace.plugins.module_utils.client.operations import (
    LIST_PROJECTS,
    REBUILD_POOL,
    SHOW_POOL,
)
from ansible_collections.hwcloud.workspace.plugins.module_utils.client.refusals import refusal
from ansible_collections.hwcloud.workspace.plugins.module_utils.client.transport import Answer
from ansible_collections.hwcloud.workspace.tests.unit.plugins.module_utils.scripted_service import Reply


def answer(status: int, body: Any = None, **headers: str) -> Answer:
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return Answer(status, CaseInsensitiveDict(named), Reply(status, body).payload())


SENTENCES: list[tuple[Answer, type[RefusedError], str]] = [
    (
        answer(400, {"error_code": "WKS.00170117", "error_msg": "tenant does not exist."}, X_Request_Id="r1"),
        RefusedError,
        (
            "RebuildDesktopPool was refused: tenant does not exist (WKS.00170117, HTTP 400, request r1); "
            "check the task's options."
        ),
    ),
    (
        answer(401, {"error_msg": "verify aksk signature fail", "error_code": "APIGW.0301", "request_id": "g1"}),
        UnauthorizedError,
        (
            "RebuildDesktopPool was refused: verify aksk signature fail (APIGW.0301, HTTP 401, request g1); check "
            "access_key and secret_key, or the token; five failures in a row lock a key for 5 minutes."
        ),
    ),
    (
        answer(401, {"error": {"code": 401, "message": "The username or password is wrong.", "title": "Unauthorized"}}),
        UnauthorizedError,
        (
            "RebuildDesktopPool was refused: The username or password is wrong (HTTP 401); check access_key and "
            "secret_key, or the token; five failures in a row lock a key for 5 minutes."
        ),
    ),
    (
        answer(409, {"error_code": "WKS.00010032", "error_msg": "operation conflict"}),
        ConflictError,
        (
            "RebuildDesktopPool was refused: operation conflict (WKS.00010032, HTTP 409); the pool or desktop is busy, "
            "or its state forbids it; try again when the running operation has ended, and look for desktops in ERROR, "
            "frozen, isolated or in maintenance."
        ),
    ),
    (
        answer(429, {"error_code": "APIGW.0308", "error_msg": "policy user over ratelimit,limit:100,time:1 minute"}),
        ThrottledError,
        (
            "RebuildDesktopPool was refused: policy user over ratelimit,limit:100,time:1 minute (APIGW.0308, "
            "HTTP 429); too many calls a minute, by whatever goes by this user; run fewer tasks at a time."
        ),
    ),
    (
        answer(502, "<html><body>Bad Gateway</body></html>"),
        ServerError,
        ("RebuildDesktopPool was refused: an answer that is not JSON (HTTP 502); the service failed; try again later."),
    ),
    (
        answer(404, "<html><body>Not Found</body></html>"),
        RefusedError,
        "RebuildDesktopPool was refused: an answer that is not JSON (HTTP 404); check endpoint and proxy.",
    ),
    (
        answer(400, '{"error_code": "WKS.0001", "err'),
        RefusedError,
        "RebuildDesktopPool was refused: an answer that is not JSON (HTTP 400); check endpoint and proxy.",
    ),
    (
        answer(418),
        RefusedError,
        "RebuildDesktopPool was refused: no reason given (HTTP 418).",
    ),
    (
        answer(404, b""),
        MissingError,
        "RebuildDesktopPool was refused: no reason given (HTTP 404); check that it exists in this region and project.",
    ),
]


@pytest.mark.parametrize(("given", "kind", "sentence"), SENTENCES, ids=[str(case[0].status) for case in SENTENCES])
def test_a_refusal_reads_as_one_sentence(given: Answer, kind: type[RefusedError], sentence: str) -> None:
    error = refusal(REBUILD_POOL, given)
    assert error.__class__ is kind
    assert str(error) == sentence


@pytest.mark.parametrize(
    ("body", "code", "text"),
    [
        ({"error_code": "WKS.0001", "error_msg": "m", "error_detail": "d"}, "WKS.0001", "m"),
        ({"error_code": "APIGW.0602", "error_msg": "m", "request_id": "r"}, "APIGW.0602", "m"),
        ({"error": {"code": 400, "message": "m", "title": "Bad Request"}}, "400", "m"),
        ({"error_code": "IAM.0011", "error_msg": "m"}, "IAM.0011", "m"),
        ({"errorCode": "X", "errorMsg": "m"}, "X", "m"),
        ("<html>m</html>", "", ""),
        (b"\xff\xfe", "", ""),
        (None, "", ""),
        ([], "", ""),
    ],
)
def test_every_shape_of_error_body_becomes_the_same_fields(body: Any, code: str, text: str) -> None:
    fields = refusal(SHOW_POOL, answer(400, body)).result_fields()
    assert (fields["http_status"], fields["error_code"], fields["error_msg"]) == (400, code, text)


@pytest.mark.parametrize(
    ("body", "headers", "request_id"),
    [
        ({"request_id": "body"}, {"X_Request_Id": "header"}, "header"),
        ({"request_id": "body"}, {}, "body"),
        ({}, {"X_IAM_Trace_Id": "trace"}, "trace"),
        ({"request_id": None}, {}, ""),
    ],
)
def test_the_request_id_is_taken_from_where_it_is(body: Any, headers: dict[str, str], request_id: str) -> None:
    assert refusal(SHOW_POOL, answer(500, body, **headers)).request_id == request_id


def test_a_missing_permission_is_named_with_the_way_to_decode_the_rest() -> None:
    body = {"error_code": "WKS.0403", "error_msg": "denied", "encoded_authorization_message": "gAAA"}
    error = refusal(REBUILD_POOL, answer(403, body))
    assert isinstance(error, ForbiddenError)
    assert str(error) == (
        "RebuildDesktopPool was refused: denied (WKS.0403, HTTP 403); the credentials lack the permission "
        "workspace:desktopPools:rebuild; decode encoded_authorization_message with the STS operation "
        "DecodeAuthorizationMessage to see why."
    )
    assert error.result_fields()["iam_action"] == "workspace:desktopPools:rebuild"
    assert error.result_fields()["encoded_authorization_message"] == "gAAA"


def test_a_missing_permission_without_a_known_action_names_the_operation() -> None:
    error = refusal(LIST_PROJECTS, answer(403, {"error_code": "WKS.0403", "error_msg": "denied"}))
    assert str(error).endswith(
        "; unless that is the reason, the credentials lack the permission for KeystoneListProjects."
    )
    assert "iam_action" not in error.result_fields()
    assert "encoded_authorization_message" not in error.result_fields()


@pytest.mark.parametrize(
    ("status", "code", "advice"),
    [
        (403, "WKS.00010099", "Workspace is not enabled in this project"),
        (403, "APIGW.0302", "the credentials lack the permission"),
        (403, "APIGW.0802", "check region"),
        (401, "APIGW.0307", "the token has expired or belongs to another region"),
        (404, "APIGW.0101", "this region does not know the operation"),
    ],
)
@pytest.mark.parametrize("old", [False, True])
def test_codes_of_older_gateways_get_the_advice_of_the_new_ones(status: int, code: str, advice: str, old: bool) -> None:
    written = code.replace("APIGW.", "APIG.") if old else code
    error = refusal(SHOW_POOL, answer(status, {"error_code": written, "error_msg": "m"}))
    assert advice in str(error)
    assert error.error_code == written


@pytest.mark.parametrize("status", [301, 302, 307, 308])
def test_a_redirect_is_named_with_its_goal(status: int) -> None:
    error = refusal(SHOW_POOL, answer(status, None, Location="https://elsewhere.invalid/x"))
    assert str(error) == (
        "ShowDesktopPoolDetail was answered with a redirect to https://elsewhere.invalid/x; credentials are never sent "
        "on to another address, so set endpoint or iam_endpoint to the right one."
    )
    assert error.http_status == status


def test_a_redirect_to_nowhere_is_a_refusal_too() -> None:
    assert "a redirect to elsewhere;" in str(refusal(SHOW_POOL, answer(304)))


WRONG = {"error_code": "APIGW.0301", "error_msg": "m"}
LIMIT = "may be at most 15 minutes off"


@pytest.mark.parametrize(
    ("minutes", "said"), [(-60, "1h00m ahead of"), (30, "(29m59s|30m00s) behind"), (-1440, "24h00m ahead of")]
)
def test_a_clock_that_is_off_is_what_a_401_is_about(minutes: int, said: str) -> None:
    theirs = format_datetime(datetime.now(timezone.utc) + timedelta(minutes=minutes), usegmt=True)
    error = refusal(SHOW_POOL, answer(401, WRONG, Date=theirs), "mend it", signed=True)
    assert re.search(f"; the clock of this machine is ({said}) the service's, and {LIMIT}; set it right", str(error))
    assert "mend it" not in str(error)


NOW = format_datetime(datetime.now(timezone.utc), usegmt=True)


@pytest.mark.parametrize("date", ["", "yesterday"])
def test_a_clock_that_cannot_be_compared_may_be_the_reason(date: str) -> None:
    error = refusal(SHOW_POOL, answer(401, WRONG, Date=date), "mend it", signed=True)
    assert str(error).endswith(f"; mend it; check the clock of this machine as well, which {LIMIT}.")


@pytest.mark.parametrize(("date", "signed"), [(NOW, True), (NOW, False), ("", False)])
def test_a_clock_that_is_right_or_was_not_sent_is_not_blamed(date: str, signed: bool) -> None:
    error = refusal(SHOW_POOL, answer(401, WRONG, Date=date), "mend it", signed=signed)
    assert str(error).endswith("; mend it.")


@pytest.mark.parametrize(
    ("text", "seconds"),
    [("30", 30.0), ("86400", 300.0), ("0", 0.0), ("-5", 0.0), ("1.5", 1.5), ("", None), ("soon", None), ("inf", None)],
)
def test_the_seconds_that_the_service_asks_to_wait_are_read(text: str, seconds: float | None) -> None:
    assert refusal(SHOW_POOL, answer(429, None, Retry_After=text)).retry_after == seconds


def test_without_a_wish_of_the_service_there_is_none() -> None:
    assert refusal(SHOW_POOL, answer(503)).retry_after is None
