# Copyright (c) 2026 the hwcloud.workspace contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Our signatures are those of the official SDK's signer, and hold for the bytes that arrive at a server."""

from __future__ import annotations

import json
import random
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timezone
from typing import Any
from urllib.parse import parse_qsl

import pytest
import requests
from huaweicloudsdkcore.auth.credentials import BasicCredentials
from huaweicloudsdkcore.sdk_request import SdkRequest
from huaweicloudsdkcore.signer.signer import Signer

from ansible_collections.hwcloud.workspace.plugins.module_utils.client.signing import (
    AccessKeyAuth,
    canonical_query,
    encode,
)
from ansible_collections.hwcloud.workspace.plugins.module_utils.client.transport import Transport, query_pairs
from ansible_collections.hwcloud.workspace.tests.unit.plugins.module_utils.scripted_service import (
    Reply,
    Request,
    ScriptedService,
)

PROJECT = "0123456789abcdef0123456789abcdef"
SEED = 20_250_102
COMPARED = 5_000
SENT = 300

LETTERS = "abzAZ019-_.~" + " +/%&=?#;,:@!$'()*[]<>\"\\^`{|}" + "üßéñ" + "桌面池" + "😀𝄞" + "\t\n\u00a0\u200b"


@dataclass(frozen=True)
class Sample:
    """One request: what our code is given, and what the SDK's signer is given."""

    method: str
    path: str
    query: dict[str, Any]
    body: Any
    security_token: str
    at: datetime


def text(dice: random.Random, least: int = 0, most: int = 12) -> str:
    return "".join(dice.choice(LETTERS) for _time in range(dice.randint(least, most)))


def value(dice: random.Random) -> Any:
    """Return a query value: text, perhaps empty, a number, a boolean, or several texts."""
    kinds = [
        lambda: text(dice),
        lambda: "",
        lambda: dice.randint(0, 20_000),
        lambda: dice.random() < 0.5,
        lambda: [text(dice) for _time in range(dice.randint(1, 4))],
        lambda: [text(dice, 1, 2)] * 2,
    ]
    return dice.choice(kinds)()


def samples(count: int) -> Iterator[Sample]:
    """Yield the same random requests each time."""
    dice = random.Random(SEED)
    for _time in range(count):
        # A dot segment would be another path; the code refuses it before it gets here.
        segments = [segment for segment in (text(dice, 1) for _time in range(3)) if segment not in (".", "..")]
        path = "/v2/" + "/".join(map(encode, [PROJECT, *segments])) + dice.choice(["", "", "/"])
        query = {text(dice, 1, 6): value(dice) for _time in range(dice.randint(0, 5))}
        body = dice.choice([None, None, {}, {"message": text(dice), "size": dice.randint(1, 100)}])
        at = datetime.fromtimestamp(dice.randint(1_500_000_000, 2_000_000_000), timezone.utc)
        yield Sample(
            dice.choice(["GET", "POST", "PUT", "DELETE"]),
            path,
            query,
            body,
            dice.choice(["", text(dice, 8, 40).strip()]),
            at,
        )


def sdk_authorization(
    method: str, path: str, query: list[tuple[str, Any]], headers: dict[str, str], body: bytes | None
) -> str:
    """Return the Authorization header that the SDK's signer makes."""
    signer = Signer(BasicCredentials("EXAMPLEAK", "EXAMPLESK", PROJECT))
    request = SdkRequest(
        method=method, schema="https", host=headers.get("Host"), resource_path=path, query_params=query, body=body
    )
    request.header_params = headers
    return str(signer.sign(request).header_params["Authorization"])


def latin(token: str) -> str:
    # A header holds ASCII.
    return token.encode("ascii", "ignore").decode().translate({ord(mark): "x" for mark in "\t\n"}).strip()


def test_five_thousand_random_requests_are_signed_as_the_sdk_signs_them() -> None:
    host = "workspace.eu-west-101.myhuaweicloud.eu"
    differing = []
    for sample in samples(COMPARED):
        token = latin(sample.security_token)
        body = None if sample.body is None else json.dumps(sample.body).encode("ascii")
        auth = AccessKeyAuth("EXAMPLEAK", "EXAMPLESK", token, now=lambda at=sample.at: at)
        url = f"https://{host}{sample.path}"
        query = canonical_query(query_pairs(sample.query))
        headers = {"Content-Type": "application/json", "X-Project-Id": PROJECT}
        ours = requests.Request(
            sample.method, f"{url}?{query}" if query else url, data=body, headers=headers, auth=auth
        ).prepare()
        theirs = {**headers, "Host": host, "X-Sdk-Date": sample.at.strftime("%Y%m%dT%H%M%SZ")}
        if token:
            theirs["X-Security-Token"] = token
        expected = sdk_authorization(sample.method, sample.path, list(sample.query.items()), theirs, body)
        if ours.headers["Authorization"] != expected:
            differing.append(sample)
    assert differing == []


@pytest.fixture(scope="module")
def catcher() -> Iterator[ScriptedService]:
    """Return a server that takes down whatever comes."""
    running = ScriptedService()
    for method in ("GET", "POST", "PUT", "DELETE"):
        running.on(method, ".*", Reply(200, {}))
    yield running
    running.close()


def signature_as_the_service_computes_it(request: Request) -> str:
    """Return the signature of the bytes that arrived, over the headers that the request itself names as signed."""
    named = request.headers["Authorization"].split("SignedHeaders=")[1].split(",")[0].split(";")
    assert {"host", "x-sdk-date"} <= set(named)
    signed = {name: request.headers[name] for name in named}
    return sdk_authorization(request.method, request.path, list(request.pairs), signed, request.body)


def test_what_arrives_at_a_server_carries_a_signature_that_holds(catcher: ScriptedService) -> None:
    transport = Transport(10, proxied=False)
    for sample in samples(SENT):
        token = latin(sample.security_token)
        auth = AccessKeyAuth("EXAMPLEAK", "EXAMPLESK", token)
        headers = {"X-Project-Id": PROJECT}
        transport.send(
            sample.method, catcher.url + sample.path, query=sample.query, body=sample.body, auth=auth, headers=headers
        )
    transport.close()
    assert len(catcher.requests) == SENT
    wrong = [
        request.target
        for request in catcher.requests
        if request.headers["Authorization"] != signature_as_the_service_computes_it(request)
    ]
    assert wrong == []


def test_what_arrives_is_what_was_meant(catcher: ScriptedService) -> None:
    transport = Transport(10, proxied=False)
    for sample in samples(50):
        transport.send(sample.method, catcher.url + sample.path, query=sample.query, body=sample.body)
        request = catcher.requests[-1]
        assert request.path == sample.path
        assert sorted(parse_qsl(request.target.partition("?")[2], keep_blank_values=True)) == sorted(
            query_pairs(sample.query)
        )
        assert request.body == (b"" if sample.body is None else json.dumps(sample.body).encode())
    transport.close()


def test_one_changed_byte_breaks_the_signature(catcher: ScriptedService) -> None:
    transport = Transport(10, proxied=False)
    transport.send("POST", catcher.url + "/v2/x", body={"size": 2}, auth=AccessKeyAuth("EXAMPLEAK", "EXAMPLESK"))
    transport.close()
    sent = catcher.requests[-1]
    changed = Request(sent.method, sent.target, sent.headers, sent.body.replace(b"2", b"3"))
    assert signature_as_the_service_computes_it(sent) == sent.headers["Authorization"]
    assert signature_as_the_service_computes_it(changed) != sent.headers["Authorization"]
