# Copyright (c) 2026 the hwcloud.workspace contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Errors: one line each, facts as fields, the class by what the service says."""

from __future__ import annotations

from typing import Any

import pytest

from ansible_collections.hwcloud.workspace.plugins.module_utils.client.errors import (
    MAX_SERVICE_TEXT,
    ConflictError,
    ForbiddenError,
    MissingError,
    RefusedError,
    ServerError,
    ThrottledError,
    UnauthorizedError,
    WorkspaceError,
    error_class,
    error_facts,
    one_line,
)


def test_text_of_the_service_is_folded_to_one_line_of_bounded_length() -> None:
    assert one_line(" a\n\tb  c ") == "a b c"
    assert one_line("x" * MAX_SERVICE_TEXT) == "x" * MAX_SERVICE_TEXT
    cut = one_line("x" * (MAX_SERVICE_TEXT + 1))
    assert len(cut) == MAX_SERVICE_TEXT
    assert cut.endswith("…")


def test_a_sentence_is_one_line_whatever_it_was_made_from() -> None:
    assert str(WorkspaceError("first\nsecond\r\n third")) == "first second third"


def test_only_facts_that_are_known_become_fields() -> None:
    assert WorkspaceError("x", job_id="j", job=None, failed=0).result_fields() == {"job_id": "j", "failed": 0}


def test_an_error_is_told_once_what_it_is_about() -> None:
    error = WorkspaceError("no.")
    assert error.about("pool x: recompose") is error
    assert str(error.about("pool x: recompose")) == "pool x: recompose: no."
    assert str(WorkspaceError("no.").about("pool x\n: recompose")) == "pool x : recompose: no."


def test_a_refusal_carries_what_support_asks_for() -> None:
    error = RefusedError("no.", http_status=409, error_code="WKS.1", error_msg="busy", request_id="r", iam_action=None)
    assert error.result_fields() == {"http_status": 409, "error_code": "WKS.1", "error_msg": "busy", "request_id": "r"}
    assert (error.http_status, error.error_code, error.retry_after) == (409, "WKS.1", None)


@pytest.mark.parametrize(
    ("status", "code", "kind"),
    [
        (400, "", RefusedError),
        (400, "WKS.00170117", RefusedError),
        (400, "WKS.0001", MissingError),
        (500, "WKS.0001", ServerError),
        (400, "WKS.0407", ConflictError),
        (401, "APIGW.0301", UnauthorizedError),
        (401, "APIGW.0307", UnauthorizedError),
        (403, "APIGW.0302", ForbiddenError),
        (403, "WKS.00010099", ForbiddenError),
        (404, "", MissingError),
        (404, "APIGW.0101", MissingError),
        (405, "APIGW.0501", RefusedError),
        (409, "", ConflictError),
        (409, "WKS.00010032", ConflictError),
        (400, "WKS.00010032", ConflictError),
        (413, "APIGW.0201", RefusedError),
        (429, "", ThrottledError),
        (429, "APIGW.0308", ThrottledError),
        (403, "APIG.0308", ThrottledError),
        (500, "", ServerError),
        (500, "WKS.0202", MissingError),
        (500, "WKS.0915", MissingError),
        (502, "APIGW.0201", ServerError),
        (503, "APIGW.0613", ServerError),
        (504, "", ServerError),
    ],
)
def test_status_and_code_give_the_kind_of_refusal(status: int, code: str, kind: type[RefusedError]) -> None:
    assert error_class(status, code) is kind


@pytest.mark.parametrize(
    ("body", "facts"),
    [
        ({"error_code": "WKS.0001", "error_msg": "gone"}, ("WKS.0001", "gone")),
        ({"error_code": "WKS.0001", "error_msg": "gone", "error_detail": "more"}, ("WKS.0001", "gone")),
        ({"error_msg": "throttled", "error_code": "APIGW.0308", "request_id": "r"}, ("APIGW.0308", "throttled")),
        ({"errorCode": "X.1", "errorMsg": "no"}, ("X.1", "no")),
        ({"code": 400, "message": "bad"}, ("400", "bad")),
        ({"error": {"code": 401, "message": "wrong password", "title": "Unauthorized"}}, ("401", "wrong password")),
        ({"error": {"error_code": "IAM.0011", "error_msg": "no"}}, ("IAM.0011", "no")),
        ({"error_code": "WKS.1", "error_msg": "first", "error": {"code": 1, "message": "second"}}, ("WKS.1", "first")),
        ({"error_code": "WKS.1", "error_msg": ""}, ("WKS.1", "")),
        ({"error_code": "WKS.1"}, ("WKS.1", "")),
        ({"error_code": "WKS.1", "error_msg": "two\nlines"}, ("WKS.1", "two lines")),
        ({}, ("", "")),
        (None, ("", "")),
        ([{"error_code": "WKS.1", "error_msg": "in a list"}], ("", "")),
        ("text", ("", "")),
    ],
)
def test_code_and_text_are_found_in_every_shape_of_answer(body: Any, facts: tuple[str, str]) -> None:
    assert error_facts(body) == facts
