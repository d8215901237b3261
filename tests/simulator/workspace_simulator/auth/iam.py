# Copyright (c) 2026 the hwcloud.workspace contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The account, its users, their access keys and tokens."""

from __future__ import annotations

from dataclasses import dataclass, field

from .. import errors
from ..estate import Estate, EstateError
from ..state.ids import Ids

FAILURES_UNTIL_LOCK = 5
LOCK_SECONDS = 300.0
"""Five failures in a row lock a key for 5 minutes (help page on the gateway's 401)."""


@dataclass(eq=False)
class IamUser:
    """A user of the account, who calls the API."""

    id: str
    name: str
    password: str | None
    denied_actions: frozenset[str]

    def may(self, action: str | None) -> bool:
        """Return whether the user may use an IAM action; None stands for operations that need none."""
        return action is None or not (action in self.denied_actions or "*" in self.denied_actions)


@dataclass(eq=False)
class AccessKey:
    """A key pair; ``security_token`` and ``expires_at`` belong to temporary ones."""

    ak: str
    sk: str
    user: IamUser
    security_token: str | None = None
    expires_at: float | None = None
    failures: int = 0
    locked_until: float = 0.0

    def fail(self, now: float) -> None:
        """Count a wrong signature."""
        self.failures += 1
        if self.failures >= FAILURES_UNTIL_LOCK:
            self.failures = 0
            self.locked_until = now + LOCK_SECONDS


@dataclass(frozen=True)
class Token:
    """A token; without ``project_id`` it is good for IAM only."""

    text: str
    user: IamUser
    project_id: str | None
    issued_at: float
    expires_at: float


@dataclass(eq=False)
class Iam:
    """Everything that says who is who. Times in simulated seconds."""

    account_id: str
    account_name: str
    token_seconds: float
    ids: Ids
    users: dict[str, IamUser] = field(default_factory=dict)
    keys: dict[str, AccessKey] = field(default_factory=dict)
    tokens: dict[str, Token] = field(default_factory=dict)

    def issue_token(self, user: IamUser, project_id: str | None, now: float) -> Token:
        """Make a token (valid for 24 hours: definitions, unless the estate says otherwise)."""
        text = "MII" + self.ids.hex("token", len(self.tokens), user.name) * 4
        token = Token(text, user, project_id, now, now + self.token_seconds)
        self.tokens[text] = token
        return token

    def token(self, text: str, now: float) -> Token:
        """Return a valid token.

        Raises:
            GatewayError: 401 for an unknown or expired one.
        """
        token = self.tokens.get(text)
        if token is None:
            raise errors.unauthenticated("decrypt token fail")
        if now >= token.expires_at:
            raise errors.unauthenticated("token expires")
        return token


def build_iam(estate: Estate, ids: Ids) -> Iam:
    """Return the account of an estate file.

    Raises:
        EstateError: A key belongs to a user that is not there.
    """
    account = estate.account
    iam = Iam(account.id or ids.hex("account", account.name), account.name, estate.tokens.lifetime_seconds, ids)
    for part in estate.iam_users:
        iam.users[part.name] = IamUser(
            ids.hex("iam user", part.name), part.name, part.password, frozenset(part.denied_actions)
        )
    for key in estate.access_keys:
        if key.user not in iam.users:
            raise EstateError(f"access key {key.ak}: no IAM user {key.user}")
        iam.keys[key.ak] = AccessKey(key.ak, key.sk, iam.users[key.user])
    return iam
