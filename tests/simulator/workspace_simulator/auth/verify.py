# Copyright (c) 2026 the hwcloud.workspace contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Decides who sent a request, or refuses it as the gateway does."""

from __future__ import annotations

from dataclasses import dataclass

from .. import errors
from .iam import AccessKey, Iam, IamUser
from .signature import BadSignature, Claim, SignedRequest, matches, read_claim, signed_at

DATE_TOLERANCE_SECONDS = 900.0
"""X-Sdk-Date may be at most 15 minutes off the server's time (help page on authentication errors)."""


@dataclass(frozen=True)
class Caller:
    """Who calls and by what: an access key, or a token scoped to ``project_id``."""

    user: IamUser
    ak: str | None = None
    token_project_id: str | None = None

    @property
    def by_token(self) -> bool:
        """Whether a token was used."""
        return self.ak is None


def verify(iam: Iam, request: SignedRequest, now: float, wall: float) -> Caller:
    """Return who sent a request.

    Args:
        iam: The account.
        request: The request as it arrived, header names in lower case.
        now: Simulated time, for expiry and locks.
        wall: Wall time, for X-Sdk-Date.

    Raises:
        GatewayError: 401 APIGW.0301, with the gateway's texts.
    """
    authorization = request.headers.get("authorization")
    if authorization is not None:
        return _by_signature(iam, request, authorization, now, wall)
    text = request.headers.get("x-auth-token")
    if not text:
        raise errors.unauthenticated("x-auth-token not found")
    token = iam.token(text, now)
    return Caller(token.user, token_project_id=token.project_id)


def claimed_ak(authorization: str | None) -> str | None:
    """Return the access key that a request names, for the journal, whether or not it verifies."""
    if authorization is None:
        return None
    try:
        return read_claim(authorization).ak
    except BadSignature:
        return None


def _by_signature(iam: Iam, request: SignedRequest, authorization: str, now: float, wall: float) -> Caller:
    try:
        claim = read_claim(authorization)
        date = signed_at(request)
    except BadSignature as problem:
        raise errors.unauthenticated(f"verify aksk signature fail, {problem}") from problem
    key = iam.keys.get(claim.ak)
    if key is None:
        raise errors.unauthenticated(f"Get secretKey failed,ak:{claim.ak},err:ak not exist")
    if now < key.locked_until:
        raise errors.unauthenticated("AK access failed to reach the limit, forbidden.")
    if not {"host", "x-sdk-date"} <= set(claim.signed_headers):
        raise errors.unauthenticated("verify aksk signature fail, Host and X-Sdk-Date must be signed")
    if abs(wall - date) > DATE_TOLERANCE_SECONDS:
        raise errors.unauthenticated("verify aksk signature fail, X-Sdk-Date is more than 15 minutes off")
    _check_signature(key, request, claim, now)
    return Caller(key.user, ak=key.ak)


def _check_signature(key: AccessKey, request: SignedRequest, claim: Claim, now: float) -> None:
    if not matches(request, claim, key.sk):
        key.fail(now)
        raise errors.unauthenticated("verify aksk signature fail")
    if key.security_token is not None and request.headers.get("x-security-token") != key.security_token:
        key.fail(now)
        raise errors.unauthenticated("verify aksk signature fail, X-Security-Token is missing or wrong")
    if key.expires_at is not None and now >= key.expires_at:
        raise errors.unauthenticated("the temporary access key has expired")
    key.failures = 0
