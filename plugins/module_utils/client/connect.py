# Copyright (c) 2026 the hwcloud.workspace contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""From a task's options to a session."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from .authentication import Authenticator
from .clock import Clock
from .credentials import Credentials, find_credentials, secrets_of
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
    settings = read_settings(params, environment)
    verify = (settings.ca_path or True) if settings.validate_certs else False
    transport = Transport(settings.request_timeout, verify)
    credentials = credentials or find_credentials(params, environment)
    for secret in secrets_of(credentials):
        on_secret(secret)
    authenticator = Authenticator(settings, credentials, on_secret)
    return Session(settings, authenticator, transport, Clock.from_environment(environment))
