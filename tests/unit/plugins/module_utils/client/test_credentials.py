# Copyright (c) 2026 the hwcloud.workspace contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Credentials: every source is read, in the one order, halves are refused, and no sentence holds a secret."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from ansible_collections.hwcloud.workspace.plugins.module_utils.client.credentials import (
    AccessKey,
    Credentials,
    Password,
    Token,
    find_credentials,
    secrets_of,
)
from ansible_collections.hwcloud.workspace.plugins.module_utils.client.errors import (
    CredentialsError,
    InputError,
    WorkspaceError,
)
from ansible_collections.hwcloud.workspace.tests.unit.plugins.module_utils.scripted_service import (
    Behaviour,
    Reply,
    Reset,
    ScriptedService,
)

NO_METADATA = {"HW_METADATA_ENDPOINT": "off"}
SECRET = "s3cr3t-0f-the-key"

KEY_OPTIONS = {"access_key": "OAK", "secret_key": "OSK"}
TOKEN_OPTIONS = {"auth_token": "OTOKEN"}
LOGIN_OPTIONS = {"username": "ouser", "password": "opass", "domain_name": "odomain"}
SDK_KEY = {"HUAWEICLOUD_SDK_AK": "EAK", "HUAWEICLOUD_SDK_SK": "ESK"}
HW_KEY = {"HW_ACCESS_KEY": "HAK", "HW_SECRET_KEY": "HSK"}
HW_LOGIN = {"HW_USER_NAME": "huser", "HW_USER_PASSWORD": "hpass", "HW_DOMAIN_NAME": "hdomain"}

FOUND: list[tuple[str, dict[str, str], dict[str, str], Credentials]] = [
    ("a key as options", KEY_OPTIONS, {}, AccessKey("OAK", "OSK")),
    ("a temporary key as options", {**KEY_OPTIONS, "security_token": "OST"}, {}, AccessKey("OAK", "OSK", "OST")),
    ("a token as option", TOKEN_OPTIONS, {}, Token("OTOKEN")),
    ("a login as options", LOGIN_OPTIONS, {}, Password("ouser", "opass", "odomain")),
    (
        "a login of which a part is in the environment",
        {"username": "ouser"},
        HW_LOGIN,
        Password("ouser", "hpass", "hdomain"),
    ),
    ("a key of the SDK's variables", {}, SDK_KEY, AccessKey("EAK", "ESK", source="environment")),
    (
        "a temporary key of the SDK's variables",
        {},
        {**SDK_KEY, "HUAWEICLOUD_SDK_SECURITY_TOKEN": "EST"},
        AccessKey("EAK", "ESK", "EST", source="environment"),
    ),
    ("a key of the HW variables", {}, HW_KEY, AccessKey("HAK", "HSK", source="environment")),
    (
        "a temporary key of the HW variables",
        {},
        {**HW_KEY, "HW_SECURITY_TOKEN": "HST"},
        AccessKey("HAK", "HSK", "HST", source="environment"),
    ),
    ("a token of the environment", {}, {"HW_AUTH_TOKEN": "HTOKEN"}, Token("HTOKEN", source="environment")),
    ("a login of the environment", {}, HW_LOGIN, Password("huser", "hpass", "hdomain", source="environment")),
    ("both sets of variables", {}, {**SDK_KEY, **HW_KEY}, AccessKey("EAK", "ESK", source="environment")),
    (
        "a key, a token and a login in the environment",
        {},
        {**HW_KEY, **HW_LOGIN, "HW_AUTH_TOKEN": "HTOKEN"},
        AccessKey("HAK", "HSK", source="environment"),
    ),
    (
        "a token and a login in the environment",
        {},
        {**HW_LOGIN, "HW_AUTH_TOKEN": "HTOKEN"},
        Token("HTOKEN", source="environment"),
    ),
    ("options and environment", TOKEN_OPTIONS, {**SDK_KEY, **HW_LOGIN}, Token("OTOKEN")),
    (
        "a key as options, and a token of another key in the environment",
        KEY_OPTIONS,
        {"HUAWEICLOUD_SDK_SECURITY_TOKEN": "EST"},
        AccessKey("OAK", "OSK"),
    ),
]


@pytest.mark.parametrize(("given", "params", "environment", "found"), FOUND, ids=[case[0] for case in FOUND])
def test_credentials_are_found(
    given: str, params: dict[str, str], environment: dict[str, str], found: Credentials
) -> None:
    assert find_credentials(params, {**NO_METADATA, **environment}) == found


REFUSED: list[tuple[str, dict[str, str], dict[str, str], type[WorkspaceError], str]] = [
    ("no secret key", {"access_key": "OAK"}, {}, InputError, "Option access_key is set without secret_key; set both."),
    (
        "the environment's secret key for the option's access key",
        {"access_key": "OAK"},
        SDK_KEY,
        InputError,
        "Option access_key is set without secret_key; set both.",
    ),
    (
        "no access key",
        {"secret_key": SECRET},
        SDK_KEY,
        InputError,
        "Option secret_key is set without access_key; set both.",
    ),
    ("no user name", {"password": SECRET}, {}, InputError, "Option password is set without username; set both."),
    (
        "a user name alone",
        {"username": "u"},
        {},
        InputError,
        "Option username is set without password and domain_name; logging in takes all three.",
    ),
    (
        "no account",
        {"username": "u", "password": SECRET},
        {},
        InputError,
        "Option username is set without domain_name; logging in takes all three.",
    ),
    (
        "two ways",
        {**KEY_OPTIONS, "auth_token": SECRET},
        {},
        InputError,
        "Options auth_token and access_key are two ways to authenticate; set one of them.",
    ),
    (
        "a variable for half a key",
        {},
        {"HUAWEICLOUD_SDK_AK": "EAK"},
        CredentialsError,
        "The environment holds half an access key: set HUAWEICLOUD_SDK_SK or HW_SECRET_KEY as well.",
    ),
    (
        "a variable for the other half",
        {},
        {"HW_SECRET_KEY": SECRET},
        CredentialsError,
        "The environment holds half an access key: set HUAWEICLOUD_SDK_AK or HW_ACCESS_KEY as well.",
    ),
    (
        "variables for a login without an account",
        {},
        {"HW_USER_NAME": "u", "HW_USER_PASSWORD": SECRET},
        CredentialsError,
        "The environment holds a user name and a password; set HW_DOMAIN_NAME as well.",
    ),
    ("a security token that belongs to no key", {"security_token": SECRET}, SDK_KEY, InputError, ""),
]


@pytest.mark.parametrize(
    ("given", "params", "environment", "kind", "sentence"), REFUSED, ids=[case[0] for case in REFUSED]
)
def test_half_of_something_is_refused_in_a_sentence_without_the_secret(
    given: str, params: dict[str, str], environment: dict[str, str], kind: type[WorkspaceError], sentence: str
) -> None:
    with pytest.raises(kind) as refused:
        find_credentials(params, {**NO_METADATA, **environment})
    assert SECRET not in str(refused.value)
    if sentence:
        assert str(refused.value) == sentence


def test_without_any_it_says_every_way_to_give_some() -> None:
    with pytest.raises(CredentialsError) as refused:
        find_credentials({}, NO_METADATA)
    for way in ("access_key", "auth_token", "username", "HUAWEICLOUD_SDK_AK", "~/.huaweicloud/credentials"):
        assert way in str(refused.value)


@pytest.mark.parametrize(
    ("credentials", "secrets"),
    [
        (AccessKey("ak", "sk"), ["ak", "sk"]),
        (AccessKey("ak", "sk", "st"), ["ak", "sk", "st"]),
        (Token("t"), ["t"]),
        (Password("u", "p", "d"), ["p"]),
    ],
)
def test_what_is_secret_about_credentials_is_known_and_not_printed(
    credentials: Credentials, secrets: list[str]
) -> None:
    assert secrets_of(credentials) == secrets
    assert not [secret for secret in secrets if f"'{secret}'" in repr(credentials)]


# The official SDK's credentials file.


def write(folder: Path, text: str | bytes) -> dict[str, str]:
    """Write a credentials file and return the options that name it."""
    path = folder / "credentials"
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    return {"profile_file": str(path)}


def test_a_profile_file_gives_key_token_and_project(tmp_path: Path) -> None:
    options = write(
        tmp_path, "[basic]\nak = FAK\nsk = F%SK=\nsecurity_token = FST\nproject_id = p1\n[global]\nak = x\n"
    )
    assert find_credentials(options, NO_METADATA) == AccessKey(
        "FAK", "F%SK=", "FST", "p1", f"credentials file {options['profile_file']}"
    )


def test_the_profile_file_is_named_by_the_option_then_by_the_variable_then_has_its_usual_place(tmp_path: Path) -> None:
    option, variable, home = (tmp_path / name for name in ("option", "variable", "home/.huaweicloud"))
    for folder in (option, variable, home):
        folder.mkdir()
        write(folder, f"[basic]\nak = {folder.name}\nsk = s\n")
    named_by_option = {"profile_file": str(option / "credentials")}
    environment = {**NO_METADATA, "HUAWEICLOUD_SDK_CREDENTIALS_FILE": str(variable / "credentials")}

    def found(params: dict[str, str], variables: dict[str, str]) -> str:
        credentials = find_credentials(params, variables)
        assert isinstance(credentials, AccessKey)
        return credentials.access_key

    assert found(named_by_option, environment) == "option"
    assert found({}, environment) == "variable"
    assert found({}, NO_METADATA) == ".huaweicloud"
    assert found({"profile_file": "~/.huaweicloud/credentials"}, environment) == ".huaweicloud"


def test_the_environment_wins_over_the_profile_file(tmp_path: Path) -> None:
    options = write(tmp_path, "[basic]\nak = FAK\nsk = FSK\n")
    assert find_credentials(options, {**NO_METADATA, **SDK_KEY}) == AccessKey("EAK", "ESK", source="environment")


def test_the_profile_file_wins_over_metadata(tmp_path: Path, service: ScriptedService) -> None:
    options = write(tmp_path, "[basic]\nak = FAK\nsk = FSK\n")
    found = find_credentials(options, {"HW_METADATA_ENDPOINT": service.url})
    assert isinstance(found, AccessKey)
    assert found.access_key == "FAK"
    assert service.requests == []


@pytest.mark.parametrize(
    "text",
    [
        "",
        f"ak = FAK\nsk = {SECRET}\n",
        f"[basic]\nak = FAK\n[global]\nsk = {SECRET}\n",
        f"[basic]\nsk = {SECRET}\n",
        f"[basic]\nak = FAK\nsk =\n; {SECRET}\n",
        f"[basic]\n{SECRET}\n",
        f"[basic]\nak = FAK\nsk = a\nsk = {SECRET}\n",
        f"[basic]\nak = a\n[basic]\nsk = {SECRET}\n",
        f"[global]\nak = FAK\nsk = {SECRET}\n",
        f"[basic]\nak = \xff\nsk = {SECRET}\n".encode("latin-1"),
        f'{{"ak": "FAK", "sk": "{SECRET}"}}',
    ],
)
def test_a_broken_profile_file_is_named_and_not_quoted(tmp_path: Path, text: str | bytes) -> None:
    options = write(tmp_path, text)
    with pytest.raises(CredentialsError) as refused:
        find_credentials(options, NO_METADATA)
    assert f"The credentials file {options['profile_file']} " in str(refused.value)
    assert SECRET not in str(refused.value)
    assert refused.value.__cause__ is None
    assert refused.value.__suppress_context__ or refused.value.__context__ is None


@pytest.mark.parametrize("name", ["missing", "", "x" * 300])
def test_a_profile_file_that_was_named_and_is_no_file_is_an_error(tmp_path: Path, name: str) -> None:
    path = tmp_path / name
    with pytest.raises(CredentialsError, match=r"^The credentials file .* does not exist\.$"):
        find_credentials({"profile_file": str(path)}, NO_METADATA)


def test_a_profile_file_that_cannot_be_read_is_not_called_one_without_a_section() -> None:
    # A file whose reading fails for every user, root included.
    with pytest.raises(CredentialsError, match=r"^The credentials file /proc/self/mem cannot be read \(OSError\)\.$"):
        find_credentials({"profile_file": "/proc/self/mem"}, NO_METADATA)


# ECS metadata.

TOKEN_CALL = ("PUT", "/meta-data/latest/api/token")
KEY_CALL = ("GET", "/openstack/latest/securitykey")
ISSUED = {
    "credential": {"access": "MAK", "secret": "MSK", "securitytoken": "MST", "expires_at": "2026-01-01T00:00:00Z"}
}


def test_metadata_gives_a_temporary_key_for_a_token(service: ScriptedService) -> None:
    service.on(*TOKEN_CALL, Reply(200, "issued-token\n"))
    service.on(*KEY_CALL, Reply(200, ISSUED))
    found = find_credentials({}, {"HW_METADATA_ENDPOINT": service.url})
    assert found == AccessKey("MAK", "MSK", "MST", source="ECS metadata", metadata_endpoint=service.url)
    token_call, key_call = service.requests
    assert token_call.headers["X-Metadata-Token-Ttl-Seconds"] == "21600"
    assert key_call.headers["X-Metadata-Token"] == "issued-token"


@pytest.mark.parametrize("status", [404, 405, 503])
def test_metadata_without_tokens_is_asked_without_one(service: ScriptedService, status: int) -> None:
    service.on(*TOKEN_CALL, Reply(status))
    service.on(*KEY_CALL, Reply(200, ISSUED))
    found = find_credentials({}, {"HW_METADATA_ENDPOINT": service.url})
    assert isinstance(found, AccessKey)
    assert found.access_key == "MAK"
    assert "X-Metadata-Token" not in service.requests[1].headers


@pytest.mark.parametrize("behaviour", [Reply(401), Reply(404), Reply(500), Reset()])
def test_a_machine_without_a_key_of_its_own_has_no_credentials(service: ScriptedService, behaviour: Behaviour) -> None:
    service.on(*TOKEN_CALL, Reply(200, "token"))
    service.on(*KEY_CALL, behaviour)
    with pytest.raises(CredentialsError, match="^No credentials: set access_key"):
        find_credentials({}, {"HW_METADATA_ENDPOINT": service.url})


def test_a_machine_without_metadata_has_no_credentials() -> None:
    gone = ScriptedService()
    gone.close()
    with pytest.raises(CredentialsError, match="^No credentials: set access_key"):
        find_credentials({}, {"HW_METADATA_ENDPOINT": gone.url})


@pytest.mark.parametrize(
    "body",
    [
        "<html>captive portal</html>",
        b"",
        [],
        {},
        {"credential": None},
        {"credential": "MAK"},
        {"credential": {"access": "MAK", "secret": "MSK"}},
        {"credential": {"access": None, "secret": None, "securitytoken": None}},
        {"credential": {"access": "", "secret": "", "securitytoken": ""}},
    ],
)
def test_metadata_that_gives_something_else_is_named(service: ScriptedService, body: Any) -> None:
    service.on(*TOKEN_CALL, Reply(404))
    service.on(*KEY_CALL, Reply(200, body))
    with pytest.raises(CredentialsError, match="^The ECS metadata service answered something that is no temporary"):
        find_credentials({}, {"HW_METADATA_ENDPOINT": service.url})


def test_metadata_is_never_asked_through_a_proxy(service: ScriptedService, monkeypatch: pytest.MonkeyPatch) -> None:
    proxy = ScriptedService()
    monkeypatch.setenv("http_proxy", proxy.url)
    service.on(*TOKEN_CALL, Reply(404))
    service.on(*KEY_CALL, Reply(200, ISSUED))
    found = find_credentials({}, {"HW_METADATA_ENDPOINT": service.url})
    proxy.close()
    assert isinstance(found, AccessKey)
    assert proxy.requests == []
