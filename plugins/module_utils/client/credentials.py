# Copyright (c) 2026 the hwcloud.workspace contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Finding credentials: options, then the environment, then the official SDK's credentials file, then ECS metadata.

The order and the names are those of the official SDK's chain for regional services; the ``HW_`` names are those of the
Terraform provider.
"""

from __future__ import annotations

import configparser
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeAlias

from .errors import CredentialsError, InputError
from .transport import NoAnswerError, NotDeliveredError, Transport

METADATA_VARIABLE = "HW_METADATA_ENDPOINT"
METADATA_ENDPOINT = "http://169.254.169.254"
METADATA_TIMEOUT = 3.0  # seconds; the official SDK's


@dataclass(frozen=True)
class AccessKey:
    """A permanent access key, or with ``security_token`` a temporary one.

    ``metadata_endpoint`` is where the machine that this runs on gets its next key; empty for any other key.
    """

    access_key: str = field(repr=False)
    secret_key: str = field(repr=False)
    security_token: str = field(repr=False, default="")
    project_id: str = ""
    source: str = "options"
    metadata_endpoint: str = ""


@dataclass(frozen=True)
class Token:
    """A ready X-Auth-Token."""

    token: str = field(repr=False)
    source: str = "options"


@dataclass(frozen=True)
class Password:
    """An IAM user's name and password; ``domain_name`` is the account's name."""

    username: str
    password: str = field(repr=False)
    domain_name: str
    source: str = "options"


Credentials: TypeAlias = "AccessKey | Token | Password"


def secrets_of(credentials: Credentials) -> list[str]:
    """Return the texts of ``credentials`` that must never be shown; the ID of a key is one of them."""
    if isinstance(credentials, AccessKey):
        texts = [credentials.access_key, credentials.secret_key, credentials.security_token]
    elif isinstance(credentials, Token):
        texts = [credentials.token]
    else:
        texts = [credentials.password]
    return [text for text in texts if text]


def find_credentials(params: Mapping[str, Any], environment: Mapping[str, str]) -> Credentials:
    """Return the first credentials that are found.

    :param params: the shared options of every module.
    :param environment: environment variables.
    :raises InputError: options name more than one way to authenticate, or half of one.
    :raises CredentialsError: there are none, or those found first are incomplete.
    """
    return credentials_at_hand(params, environment) or _from_metadata(environment)


def credentials_at_hand(params: Mapping[str, Any], environment: Mapping[str, str]) -> Credentials | None:
    """Return the first credentials that are found without asking anybody; None leaves it to ECS metadata.

    :raises InputError: as :func:`find_credentials`.
    :raises CredentialsError: those found first are incomplete.
    """
    return _from_options(params, environment) or _from_environment(environment) or _from_profile(params, environment)


def _option(params: Mapping[str, Any], name: str) -> str:
    return str(params.get(name) or "")


def _variable(environment: Mapping[str, str], *names: str) -> str:
    return next((environment[name] for name in names if environment.get(name)), "")


_ENVIRONMENT: dict[str, tuple[str, ...]] = {
    "access_key": ("HUAWEICLOUD_SDK_AK", "HW_ACCESS_KEY"),
    "secret_key": ("HUAWEICLOUD_SDK_SK", "HW_SECRET_KEY"),
    "security_token": ("HUAWEICLOUD_SDK_SECURITY_TOKEN", "HW_SECURITY_TOKEN"),
    "auth_token": ("HW_AUTH_TOKEN",),
    "username": ("HW_USER_NAME",),
    "password": ("HW_USER_PASSWORD",),
    "domain_name": ("HW_DOMAIN_NAME",),
}


def _from_options(params: Mapping[str, Any], environment: Mapping[str, str]) -> Credentials | None:
    if _option(params, "security_token") and not _option(params, "access_key"):
        raise InputError("Option security_token is set without access_key and secret_key; set all three.")
    ways = [way for way in ("auth_token", "access_key", "username") if _option(params, way)]
    if len(ways) > 1:
        raise InputError(f"Options {' and '.join(ways)} are two ways to authenticate; set one of them.")
    for secret, way in (("secret_key", "access_key"), ("password", "username")):
        if _option(params, secret) and not _option(params, way):
            raise InputError(f"Option {secret} is set without {way}; set both.")
    if not ways:
        return None

    def value(name: str) -> str:
        return _option(params, name) or _variable(environment, *_ENVIRONMENT[name])

    if ways == ["auth_token"]:
        return Token(_option(params, "auth_token"))
    if ways == ["access_key"]:
        # A secret from the environment belongs to the environment's key, and a token to the key that it was issued
        # with.
        if not _option(params, "secret_key"):
            raise InputError("Option access_key is set without secret_key; set both.")
        return AccessKey(
            _option(params, "access_key"), _option(params, "secret_key"), _option(params, "security_token")
        )
    missing = [name for name in ("password", "domain_name") if not value(name)]
    if missing:
        raise InputError(f"Option username is set without {' and '.join(missing)}; logging in takes all three.")
    return Password(_option(params, "username"), value("password"), value("domain_name"))


def _from_environment(environment: Mapping[str, str]) -> Credentials | None:
    def value(name: str) -> str:
        return _variable(environment, *_ENVIRONMENT[name])

    if value("access_key") or value("secret_key"):
        if not (value("access_key") and value("secret_key")):
            lacking = "secret_key" if value("access_key") else "access_key"
            raise CredentialsError(
                f"The environment holds half an access key: set {' or '.join(_ENVIRONMENT[lacking])} as well."
            )
        return AccessKey(value("access_key"), value("secret_key"), value("security_token"), source="environment")
    if value("auth_token"):
        return Token(value("auth_token"), source="environment")
    if value("username") and value("password"):
        if not value("domain_name"):
            raise CredentialsError("The environment holds a user name and a password; set HW_DOMAIN_NAME as well.")
        return Password(value("username"), value("password"), value("domain_name"), source="environment")
    return None


def _from_profile(params: Mapping[str, Any], environment: Mapping[str, str]) -> Credentials | None:
    named = _option(params, "profile_file") or _variable(environment, "HUAWEICLOUD_SDK_CREDENTIALS_FILE")
    path = Path(named or "~/.huaweicloud/credentials").expanduser()
    if not _is_file(path):
        if named:
            raise CredentialsError(f"The credentials file {path} does not exist.")
        return None
    parser = configparser.ConfigParser(interpolation=None)
    try:
        with path.open(encoding="utf-8") as file:
            parser.read_file(file)
    except (configparser.Error, UnicodeDecodeError, OSError) as error:
        # The parser's own text quotes the file's lines, and those may hold the secret.
        raise CredentialsError(f"The credentials file {path} cannot be read ({type(error).__name__}).") from None
    section = dict(parser["basic"]) if parser.has_section("basic") else {}
    if not (section.get("ak") and section.get("sk")):
        raise CredentialsError(f"The credentials file {path} has no section [basic] with ak and sk.")
    return AccessKey(
        section["ak"],
        section["sk"],
        section.get("security_token", ""),
        project_id=section.get("project_id", ""),
        source=f"credentials file {path}",
    )


def _is_file(path: Path) -> bool:
    try:
        return path.is_file()
    except (OSError, ValueError):  # a name that no file can have
        return False


def _from_metadata(environment: Mapping[str, str]) -> Credentials:
    """Return the temporary key of the ECS that this runs on (official SDK: metadata provider).

    ``HW_METADATA_ENDPOINT`` replaces the metadata service's address; ``off`` means that it is not asked.
    """
    base = environment.get(METADATA_VARIABLE) or METADATA_ENDPOINT
    if base == "off":
        raise _no_credentials()
    return machine_key(base)


def machine_key(base: str) -> AccessKey:
    """Return the temporary key that the metadata service hands out now.

    :param base: URL of the service.
    :raises CredentialsError: nobody answers, or not with a key.
    """
    metadata = Transport(METADATA_TIMEOUT, proxied=False)  # a link-local address is never behind a proxy
    try:
        lifetime = {"X-Metadata-Token-Ttl-Seconds": "21600"}
        issued = metadata.send("PUT", base + "/meta-data/latest/api/token", headers=lifetime)
        headers = {"X-Metadata-Token": issued.body.decode("latin-1").strip()} if issued.status == 200 else {}
        answer = metadata.send("GET", base + "/openstack/latest/securitykey", headers=headers)
        if answer.status != 200:
            raise _no_credentials()
        key = answer.json()["credential"]
        if not all(isinstance(key[name], str) and key[name] for name in ("access", "secret", "securitytoken")):
            raise ValueError("a part of the key is missing")
        return AccessKey(
            key["access"], key["secret"], key["securitytoken"], source="ECS metadata", metadata_endpoint=base
        )
    except (NotDeliveredError, NoAnswerError):
        raise _no_credentials() from None
    except (ValueError, KeyError, TypeError):
        raise CredentialsError("The ECS metadata service answered something that is no temporary access key.") from None
    finally:
        metadata.close()


def _no_credentials() -> CredentialsError:
    return CredentialsError(
        "No credentials: set access_key and secret_key, auth_token, or username, password and domain_name, as options "
        "or in the environment (HUAWEICLOUD_SDK_AK, HUAWEICLOUD_SDK_SK), or write them to ~/.huaweicloud/credentials."
    )
