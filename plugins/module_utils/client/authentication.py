# Copyright (c) 2026 the hwcloud.workspace contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""From credentials to signed requests and a project's ID."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Protocol

from .clock import Clock
from .credentials import AccessKey, Credentials, Password, Token, machine_key, secrets_of
from .errors import AmbiguousError, CredentialsError, InputError, NotFoundError, RefusedError
from .operations import CREATE_TOKEN, LIST_PROJECTS, Operation
from .settings import KNOWN_REGIONS, Settings
from .signing import AccessKeyAuth, TokenAuth
from .transport import Answer, Query

MACHINE_KEY_AGE = 1200.0
"""Seconds after which a cloud machine's key is asked for again: a new one is there 40 minutes before its end (SDK)."""


class SendToIam(Protocol):
    """Sends an operation to IAM and returns the answer's JSON and the whole answer."""

    def __call__(self, operation: Operation, query: Query | None, body: Any, auth: Any) -> tuple[Any, Answer]:
        """Send; ``auth`` signs the request, None sends it as it is."""


class Authenticator:
    """Signs requests, logs in when needed, and finds the project.

    :param settings: region and project.
    :param credentials: what to authenticate with.
    :param on_secret: told each secret that comes up later (a token from a login, another key of the machine), so that
        output can be censored for it.
    :param clock: by which a machine's key ages; None lets it be renewed only when it was refused.
    """

    def __init__(
        self,
        settings: Settings,
        credentials: Credentials,
        on_secret: Callable[[str], None],
        clock: Clock | None = None,
    ) -> None:
        self._clock = clock
        self._looked_at = clock.now() if clock is not None else 0.0
        self._settings = settings
        self._credentials = credentials
        self._on_secret = on_secret
        self._project_id = settings.project_id or getattr(credentials, "project_id", "")
        self._auth: AccessKeyAuth | TokenAuth | None = None
        if not isinstance(credentials, Password):
            self._auth = _auth_by(credentials)

    @property
    def identity(self) -> tuple[str, ...]:
        """What the credentials are, as texts that only serve to tell them from others; some of them are secret."""
        who = self._credentials
        return (
            type(who).__name__,
            *((who.username, who.domain_name) if isinstance(who, Password) else ()),
            *secrets_of(who),
        )

    @property
    def is_tried_at_login(self) -> bool:
        """Whether the credentials are sent in a login alone, and not with each request."""
        return isinstance(self._credentials, Password)

    @property
    def advice(self) -> str:
        """What to do when the service does not accept these credentials."""
        who = self._credentials
        if isinstance(who, Password):
            return "the token of the login was refused; run the task again"
        if isinstance(who, Token):
            return "the token has expired or belongs to another region; get a new one for this region"
        if who.metadata_endpoint:
            return "the metadata service of this machine has no other key; check the agency of the machine"
        if who.security_token:
            return "a temporary key ends at a set time; get a new one, with its security_token"
        return "check access_key and secret_key; five failures in a row lock a key for 5 minutes"

    @property
    def signs(self) -> bool:
        """Whether requests are signed, which takes a clock that is right."""
        return isinstance(self._credentials, AccessKey)

    def auth(self, send: SendToIam) -> AccessKeyAuth | TokenAuth:
        """Return what signs a request; logs in first if that takes a login.

        :raises RefusedError: the login was refused.
        """
        now = self._clock.now() if self._clock is not None else 0.0
        if now - self._looked_at >= MACHINE_KEY_AGE:
            self._looked_at = now
            self._take_machine_key()
        if self._auth is None:
            self._auth = self._log_in(send)
        return self._auth

    def renew(self) -> bool:
        """Look for something else to authenticate with, since this was refused; return whether there is something.

        A password logs in anew with the next request. A machine may have got another key. All else stays as it is.
        """
        if isinstance(self._credentials, Password):
            self._auth = None
            return True
        return self._take_machine_key()

    def _take_machine_key(self) -> bool:
        """Ask for the machine's key; return whether it is another one. That nobody answers leaves the one at hand."""
        who = self._credentials
        if not isinstance(who, AccessKey) or not who.metadata_endpoint:
            return False
        try:
            found = machine_key(who.metadata_endpoint)
        except CredentialsError:
            return False
        if secrets_of(found) == secrets_of(who):
            return False
        for secret in secrets_of(found):
            self._on_secret(secret)
        self._credentials = found
        self._auth = _auth_by(found)
        return True

    def project_id(self, send: SendToIam) -> str:
        """Return the project's ID: the one given, else that of the login, else that of the region's name at IAM.

        :raises NotFoundError: no project carries the region's name.
        :raises AmbiguousError: several do.
        """
        if not self._project_id and not self._settings.region:
            raise InputError("Neither region nor project_id is set; set one of them, so that the project is known.")
        if not self._project_id and isinstance(self._credentials, Password):
            self.auth(send)
        if not self._project_id:
            self._project_id = self._look_up(send)
        return self._project_id

    def _look_up(self, send: SendToIam) -> str:
        region = self._settings.region
        body, _answer = send(LIST_PROJECTS, {"name": region}, None, self.auth(send))
        named = [project for project in (body or {}).get("projects") or [] if project.get("name") == region]
        if not named:
            hint = "" if region in KNOWN_REGIONS else f" Regions of Workspace: {', '.join(KNOWN_REGIONS)}."
            raise NotFoundError(
                f"IAM knows no project named {region} for these credentials; check region, or set project_id.{hint}"
            )
        if len(named) > 1:
            raise AmbiguousError(
                f"IAM knows {len(named)} projects named {region}; set project_id to one of "
                f"{', '.join(sorted(str(project.get('id')) for project in named))}."
            )
        return str(named[0]["id"])

    def _log_in(self, send: SendToIam) -> TokenAuth:
        who = self._credentials
        if not isinstance(who, Password):
            raise CredentialsError("Only a user name and a password can log in.")
        scope = {"id": self._project_id} if self._project_id else {"name": self._settings.region}
        user = {"name": who.username, "password": who.password, "domain": {"name": who.domain_name}}
        identity = {"methods": ["password"], "password": {"user": user}}
        request = {"auth": {"identity": identity, "scope": {"project": scope}}}
        try:
            body, answer = send(CREATE_TOKEN, {"nocatalog": True}, request, None)
        except RefusedError as error:
            raise error.about(f"logging in as {who.username} of {who.domain_name}") from None
        token = answer.headers.get("X-Subject-Token", "")
        if not token:
            raise CredentialsError("IAM accepted the login but gave no token; check iam_endpoint.")
        self._on_secret(token)
        if not self._project_id:
            self._project_id = str((((body or {}).get("token") or {}).get("project") or {}).get("id") or "")
        return TokenAuth(token)


def _auth_by(credentials: AccessKey | Token) -> AccessKeyAuth | TokenAuth:
    if isinstance(credentials, Token):
        return TokenAuth(credentials.token)
    return AccessKeyAuth(credentials.access_key, credentials.secret_key, credentials.security_token)
