# Copyright (c) 2026 the hwcloud.workspace contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Turning an answer with an error status into one sentence: what was tried, what the service said, what to do."""

from __future__ import annotations

import math
from datetime import datetime, timezone
from email.utils import parsedate_to_datetime
from typing import Any

from .clock import duration
from .errors import RefusedError, error_class, error_facts
from .operations import CREATE_TOKEN, Operation
from .transport import Answer

LONGEST_RETRY_AFTER = 300.0  # seconds; who asks for more does not speak of a passing fault
LARGEST_CLOCK_ERROR = 15 * 60  # seconds that the signature's date may be off (help page on IAM authentication errors)

_TOO_MANY = "too many calls a minute, by whatever goes by this user; run fewer tasks at a time"

_ADVICE_BY_CODE = {
    "WKS.00010099": "Workspace is not enabled in this project; check region and project_id",
    "WKS.00010032": "the pool or desktop is busy, or its state forbids it; try again when the running operation has "
    "ended, and look for desktops in ERROR, frozen, isolated or in maintenance",
    "APIGW.0101": "the address or path is wrong, or this region does not know the operation; check region and endpoint",
    "APIGW.0307": "the token has expired or belongs to another region; get a new one for this region",
    "APIGW.0308": _TOO_MANY,
    "APIGW.0310": "the project is not available; check project_id and the account's balance",
    "APIGW.0801": "the service is not available in this region; check region",
    "APIGW.0802": "the user is not available in this region; check region",
}
_ADVICE_BY_STATUS = {
    400: "check the task's options",
    401: "check access_key and secret_key, or the token; five failures in a row lock a key for 5 minutes",
    404: "check that it exists in this region and project",
    407: "the proxy wants a user and a password, or others; check its URL in the environment",
    409: "something else is working on it; try again later",
    429: _TOO_MANY,
}


def refusal(operation: Operation, answer: Answer, unaccepted: str = "", *, signed: bool = False) -> RefusedError:
    """Return the error for an answer whose status is not 2xx.

    :param unaccepted: what to do about credentials of this kind if they are not accepted.
    :param signed: the request carried a signature, and with it a date.

    The result carries ``http_status``, ``error_code``, ``error_msg``, ``request_id``; for a missing permission also
    ``iam_action`` and ``encoded_authorization_message``.
    """
    try:
        body = answer.json()
    except ValueError:
        body = None
    code, text = error_facts(body)
    # Older stacks write the gateway's codes without the W (help page on IAM authentication errors).
    lookup = code.replace("APIG.", "APIGW.", 1) if code.startswith("APIG.") else code
    request_id = answer.request_id or _text(body, "request_id")
    if 300 <= answer.status < 400:
        return RefusedError(
            f"{operation.name} was answered with a redirect to {answer.location}; "
            "credentials are never sent on to another address, so set endpoint or iam_endpoint to the right one.",
            http_status=answer.status,
            request_id=request_id,
        )
    # The service writes JSON. What is something else comes from a proxy or a wrong address, and knows of no pool.
    is_foreign = body is None and bool(answer.body.strip())
    said = text or ("an answer that is not JSON" if is_foreign else "no reason given")
    named = "" if code == str(answer.status) else code  # IAM's codes are the statuses
    facts = ", ".join(part for part in (named, f"HTTP {answer.status}", request_id and f"request {request_id}") if part)
    fields: dict[str, Any] = {}
    advice = _ADVICE_BY_CODE.get(lookup) or _ADVICE_BY_STATUS.get(answer.status, "")
    if is_foreign and answer.status in (400, 404):
        advice = "check endpoint and proxy"
    if answer.status == 401 and operation is CREATE_TOKEN:
        advice = "check username, password and domain_name"
    elif answer.status == 401:
        advice = unaccepted if unaccepted and lookup != "APIGW.0307" else advice
        advice = _with_clock(answer, advice) if signed else advice
    if answer.status == 403 and not _ADVICE_BY_CODE.get(lookup):
        action = operation.iam_action
        encoded = _text(body, "encoded_authorization_message")
        advice = f"the credentials lack the permission {action or f'for {operation.name}'}"
        if code.startswith("WKS.") and text and not encoded:
            advice = f"unless that is the reason, {advice}"  # the service may say so of a quota too
        fields = {"iam_action": action or None, "encoded_authorization_message": encoded or None}
        if encoded:
            advice += (
                "; decode encoded_authorization_message with the STS operation DecodeAuthorizationMessage to see why"
            )
    if not advice and answer.status >= 500:
        advice = "the service failed; try again later" + (
            ", and quote the request id if it stays" if request_id else ""
        )
    kind = RefusedError if is_foreign and answer.status == 404 else error_class(answer.status, code)
    return kind(
        f"{operation.name} was refused: {said.rstrip('.')} ({facts})" + (f"; {advice}." if advice else "."),
        http_status=answer.status,
        error_code=code,
        error_msg=text,
        request_id=request_id,
        retry_after=_retry_after(answer),
        **fields,
    )


def _text(body: Any, name: str) -> str:
    return str(body.get(name) or "") if isinstance(body, dict) else ""


def _retry_after(answer: Answer) -> float | None:
    try:
        seconds = float(answer.headers.get("Retry-After", ""))
    except ValueError:
        return None
    return min(max(0.0, seconds), LONGEST_RETRY_AFTER) if math.isfinite(seconds) else None


def _with_clock(answer: Answer, advice: str) -> str:
    """Return the advice, or another one if this machine's clock is, or may be, so far off that it is the reason."""
    limit = f"at most {LARGEST_CLOCK_ERROR // 60} minutes"
    try:
        theirs = parsedate_to_datetime(answer.headers.get("Date", ""))
    except (TypeError, ValueError):
        return f"{advice}; check the clock of this machine as well, which may be {limit} off"
    if theirs.tzinfo is None:
        theirs = theirs.replace(tzinfo=timezone.utc)
    off = (datetime.now(timezone.utc) - theirs).total_seconds()
    if abs(off) <= LARGEST_CLOCK_ERROR:
        return advice
    side = "ahead of" if off > 0 else "behind"
    return (
        f"the clock of this machine is {duration(abs(off))} {side} the service's, and may be {limit} off; set it right"
    )
