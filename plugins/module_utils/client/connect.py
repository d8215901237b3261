# Copyright (c) 2026 the hwcloud.workspace contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""From a task's options to a session."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Any

from .authentication import Authenticator
from .board import BOARD
from .clock import Clock
from .credentials import AccessKey, Credentials, Token, find_credentials, secrets_of
from .errors import CredentialsError
from .masking import Secrets, secrets_in_environment
from .session import Session
from .settings import read_settings
from .transport import Transport


def connect(
    params: Mapping[str, Any],
    environment: Mapping[str, str],
    on_secret: Callable[[str], None],
    credentials: Credentials | None = None,
) -> Session:
    """Return a session for a task. Nothing is sent yet, except that ECS metadata may be asked for a key.

    :param params: the shared options of every module.
    :param environment: environment variables.
    :param on_secret: told each secret that was found outside the options.
    :param credentials: credentials that were found before; None looks for them.
    :raises InputError: options that cannot be right.
    :raises CredentialsError: no credentials.
    """
    secrets = Secrets()

    def keep(secret: str) -> None:
        secrets.add(secret)
        on_secret(secret)

    for secret in secrets_in_environment(environment):
        keep(secret)
    settings = read_settings(params, environment)
    verify = (settings.ca_path or True) if settings.validate_certs else False
    transport = Transport(settings.request_timeout, verify, secrets=secrets)
    credentials = credentials or find_credentials(params, environment)
    for secret in secrets_of(credentials):
        keep(secret)
    _check(credentials)
    clock = Clock.from_environment(environment)
    authenticator = Authenticator(settings, credentials, keep, clock)
    return Session(settings, authenticator, transport, clock, board=BOARD)


def _check(credentials: Credentials) -> None:
    """Refuse what goes into a header and would end it, or cannot stand there. The texts themselves are never said."""
    texts = {}
    if isinstance(credentials, AccessKey):
        texts = {"access_key": credentials.access_key, "security_token": credentials.security_token}
    elif isinstance(credentials, Token):
        texts = {"auth_token": credentials.token}
    for name, text in texts.items():
        if text and not re.fullmatch(r"[!-+\--~]+", text):
            raise CredentialsError(
                f"{name} ({credentials.source}) holds characters that no key or token has, such as a space, a comma, "
                "a line break or a letter with an accent; check how it was copied."
            )
