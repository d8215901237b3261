# Copyright (c) 2026 the hwcloud.workspace contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Signing of requests with an access key (SDK-HMAC-SHA256). Source of each step: the official SDK core's signer."""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Callable, Iterable, Mapping
from datetime import datetime, timezone
from typing import TYPE_CHECKING
from urllib.parse import parse_qsl, quote, unquote, urlsplit

if TYPE_CHECKING:
    import requests

ALGORITHM = "SDK-HMAC-SHA256"
DATE_FORMAT = "%Y%m%dT%H%M%SZ"


def encode(text: str) -> str:
    """Return ``text`` percent-encoded in UTF-8; only ``A-Z a-z 0-9 - _ . ~`` stay as they are."""
    return quote(text, safe="~")


def canonical_query(pairs: Iterable[tuple[str, str]]) -> str:
    """Return the query string in the order and encoding in which it is signed, which is also how it has to be sent.

    :param pairs: keys and values, not encoded; a list is one pair per value.
    """
    return "&".join(f"{encode(key)}={encode(value)}" for key, value in sorted(pairs))


def canonical_path(path: str) -> str:
    """Return the path as it is signed: decoded, every segment encoded anew, and a slash at the end."""
    encoded = "/".join(encode(segment) for segment in unquote(path).split("/"))
    return encoded if encoded.endswith("/") else encoded + "/"


def canonical_request(
    method: str, path: str, query: str, headers: Mapping[str, str], payload_hash: str
) -> tuple[str, str]:
    """Return ``(canonical request, signed header names)``.

    :param method: HTTP method in upper case.
    :param path: path of the URL, encoded or not.
    :param query: the result of :func:`canonical_query`.
    :param headers: every header that is to be signed. Names that hold an underscore are left out, as the service does.
    :param payload_hash: lower-case hex SHA-256 of the body, or the value of X-Sdk-Content-Sha256.
    """
    lowered = {name.lower(): value.strip() for name, value in headers.items() if "_" not in name}
    names = sorted(lowered)
    header_lines = "".join(f"{name}:{lowered[name]}\n" for name in names)
    signed = ";".join(names)
    return "\n".join((method.upper(), canonical_path(path), query, header_lines, signed, payload_hash)), signed


def authorization(secret_key: str, access_key: str, date: str, request: str, signed_headers: str) -> str:
    """Return the value of the Authorization header.

    :param secret_key: the secret key; used as it is, no key is derived from it.
    :param access_key: the access key's ID.
    :param date: value of the X-Sdk-Date header.
    :param request: canonical request of :func:`canonical_request`.
    :param signed_headers: second part of the same.
    """
    to_sign = "\n".join((ALGORITHM, date, hashlib.sha256(request.encode("utf-8")).hexdigest()))
    signature = hmac.new(secret_key.encode("utf-8"), to_sign.encode("utf-8"), hashlib.sha256).hexdigest()
    return f"{ALGORITHM} Access={access_key}, SignedHeaders={signed_headers}, Signature={signature}"


class AccessKeyAuth:
    """Signs each request with an access key; serves as ``auth`` of ``requests``.

    :param access_key: ID of the access key.
    :param secret_key: its secret.
    :param security_token: token of a temporary access key; empty for a permanent one.
    :param now: gives the present time in UTC; the service takes a date that is at most 15 minutes off.
    """

    SIGNED = ("content-type", "host", "x-project-id", "x-sdk-date", "x-security-token")

    def __init__(
        self,
        access_key: str,
        secret_key: str,
        security_token: str = "",
        now: Callable[[], datetime] = lambda: datetime.now(timezone.utc),
    ) -> None:
        self._access_key = access_key
        self._secret_key = secret_key
        self._security_token = security_token
        self._now = now

    def __call__(self, request: requests.PreparedRequest) -> requests.PreparedRequest:
        """Add the date, the host and the signature to a prepared request and return it."""
        parts = urlsplit(str(request.url))
        date = self._now().strftime(DATE_FORMAT)
        request.headers["Host"] = parts.netloc.rpartition("@")[2]
        request.headers["X-Sdk-Date"] = date
        if self._security_token:
            request.headers["X-Security-Token"] = self._security_token
        body = request.body or b""
        payload = body.encode("utf-8") if isinstance(body, str) else bytes(body)
        query = canonical_query(parse_qsl(parts.query, keep_blank_values=True))
        # Proxies and requests itself add and change other headers after this point, so only what is ours is signed.
        headers = {name: str(value) for name, value in request.headers.items() if name.lower() in self.SIGNED}
        canonical, signed = canonical_request(
            str(request.method), parts.path, query, headers, hashlib.sha256(payload).hexdigest()
        )
        request.headers["Authorization"] = authorization(self._secret_key, self._access_key, date, canonical, signed)
        return request


class TokenAuth:
    """Sends a token with each request; serves as ``auth`` of ``requests``.

    :param token: value of X-Auth-Token.
    """

    def __init__(self, token: str) -> None:
        self._token = token

    def __call__(self, request: requests.PreparedRequest) -> requests.PreparedRequest:
        """Add the token to a prepared request and return it."""
        request.headers["X-Auth-Token"] = self._token
        return request
