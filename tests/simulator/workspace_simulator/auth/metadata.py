# Copyright (c) 2026 the hwcloud.workspace contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The metadata service of a cloud machine: temporary keys of the agency attached to it (SDK: metadata accessor)."""

from __future__ import annotations

from ..estate import EstateError, MetadataPart
from .iam import AccessKey, Iam

RENEW_BEFORE_SECONDS = 2400.0
"""Clients renew temporary keys 40 minutes before they expire (SDK); from then on a fresh pair is handed out."""


class Metadata:
    """Hands out metadata tokens and temporary keys."""

    def __init__(self, settings: MetadataPart, iam: Iam) -> None:
        """Serve the machine of an estate.

        Raises:
            EstateError: The agency's user is not there.
        """
        if settings.user is not None and settings.user not in iam.users:
            raise EstateError(f"metadata_service: no IAM user {settings.user}")
        self.settings = settings
        self._iam = iam
        self._tokens: dict[str, float] = {}
        self._key: AccessKey | None = None
        self._made = 0

    def issue_token(self, lifetime_seconds: int, now: float) -> str:
        """Return a metadata token, valid for ``lifetime_seconds`` simulated seconds."""
        token = self._iam.ids.hex("metadata token", len(self._tokens))
        self._tokens[token] = now + lifetime_seconds
        return token

    def accepts(self, token: str | None, now: float) -> bool:
        """Return whether a request with this metadata token, or none, is served."""
        if token is None:
            return self.settings.token != "required"
        return self._tokens.get(token, 0.0) > now

    def current_key(self, now: float) -> AccessKey | None:
        """Return temporary keys, new ones when the old are about to expire; None when no agency is attached."""
        if self.settings.user is None:
            return None
        key = self._key
        if key is None or key.expires_at is None or now >= key.expires_at - RENEW_BEFORE_SECONDS:
            self._made += 1
            ids, number = self._iam.ids, self._made
            key = self._key = AccessKey(
                ak="TMP" + ids.hex("temporary ak", number)[:17].upper(),
                sk=ids.hex("temporary sk", number),
                user=self._iam.users[self.settings.user],
                security_token=ids.hex("security token", number) * 4,
                expires_at=now + self.settings.key_lifetime_seconds,
            )
            self._iam.keys[key.ak] = key
        return key
