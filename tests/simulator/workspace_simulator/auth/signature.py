# Copyright (c) 2026 the hwcloud.workspace contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Key signatures of the kind SDK-HMAC-SHA256, recomputed from the request as it arrived (SDK: signer)."""

from __future__ import annotations

import hashlib
import hmac
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timezone
from urllib.parse import quote, unquote

ALGORITHM = "SDK-HMAC-SHA256"
_AUTHORIZATION = re.compile(
    ALGORITHM
    + r"\s+Access=(?P<ak>[^,\s]+),\s*SignedHeaders=(?P<headers>[^,\s]+),\s*Signature=(?P<signature>[0-9a-f]{64})"
)
_DATE_FORMAT = "%Y%m%dT%H%M%SZ"


class BadSignature(ValueError):
    """The Authorization header or the date cannot be used; the text says why."""


@dataclass(frozen=True)
class Claim:
    """What the Authorization header claims: whose key, which headers are signed, the signature in hex."""

    ak: str
    signed_headers: tuple[str, ...]
    signature: str


@dataclass(frozen=True)
class SignedRequest:
    """The parts of a request that are signed. ``path`` and ``query`` as they were on the wire."""

    method: str
    path: str
    query: str
    headers: Mapping[str, str]
    body: bytes


def read_claim(authorization: str) -> Claim:
    """Return what an Authorization header claims.

    Raises:
        BadSignature: It does not have the form of this algorithm.
    """
    match = _AUTHORIZATION.fullmatch(authorization.strip())
    if match is None:
        raise BadSignature("the Authorization header is malformed")
    return Claim(match["ak"], tuple(match["headers"].lower().split(";")), match["signature"])


def signed_at(request: SignedRequest) -> float:
    """Return the time in X-Sdk-Date, seconds since 1970.

    Raises:
        BadSignature: The header is missing or not of the form YYYYMMDDTHHMMSSZ.
    """
    text = request.headers.get("x-sdk-date", "")
    try:
        return datetime.strptime(text, _DATE_FORMAT).replace(tzinfo=timezone.utc).timestamp()
    except ValueError as problem:
        raise BadSignature("X-Sdk-Date is missing or malformed") from problem


def matches(request: SignedRequest, claim: Claim, secret: str) -> bool:
    """Return whether the claim's signature is that of the request under a secret key."""
    return hmac.compare_digest(signature(request, claim.signed_headers, secret), claim.signature)


def signature(request: SignedRequest, signed_headers: tuple[str, ...], secret: str) -> str:
    """Return the signature in hex; the key is the secret itself, without derivation."""
    canonical = canonical_request(request, signed_headers)
    digest = hashlib.sha256(canonical.encode()).hexdigest()
    text = "\n".join([ALGORITHM, request.headers.get("x-sdk-date", ""), digest])
    return hmac.new(secret.encode(), text.encode(), hashlib.sha256).hexdigest()


def canonical_request(request: SignedRequest, signed_headers: tuple[str, ...]) -> str:
    """Return the text whose hash is signed."""
    headers = "".join(f"{name}:{request.headers.get(name, '').strip()}\n" for name in signed_headers)
    payload = request.headers.get("x-sdk-content-sha256") if request.body else None
    return "\n".join(
        [
            request.method.upper(),
            _canonical_path(request.path),
            _canonical_query(request.query),
            headers,
            ";".join(signed_headers),
            payload or hashlib.sha256(request.body).hexdigest(),
        ]
    )


def _canonical_path(path: str) -> str:
    canonical = "/".join(_encode(unquote(segment)) for segment in path.split("/"))
    return canonical if canonical.endswith("/") else canonical + "/"


def _canonical_query(query: str) -> str:
    pairs = []
    for item in query.split("&"):
        if item:
            key, _equals, value = item.partition("=")
            pairs.append((unquote(key), unquote(value)))
    return "&".join(f"{_encode(key)}={_encode(value)}" for key, value in sorted(pairs))


def _encode(text: str) -> str:
    return quote(text, safe="-_.~")
