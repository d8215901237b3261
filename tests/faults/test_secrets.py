# Copyright (c) 2026 the hwcloud.workspace contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Secrets in what modules return, whoever repeats them: gateways that quote the request, defects, hostile passwords."""

from __future__ import annotations

import base64
import html
import json
import re
from collections.abc import Iterator
from typing import Any
from unittest import mock
from urllib.parse import quote

import pytest
from direct import BASE, NOVEMBER, Direct
from relays import Server
from tally import Tally
from wire import Answer, Call, Go, advised

from ansible_collections.hwcloud.workspace.plugins.module_utils.client.masking import Secrets
from ansible_collections.hwcloud.workspace.plugins.module_utils.client.session import Session
from ansible_collections.hwcloud.workspace.plugins.module_utils.task import execute

POOL = {"name": "finance", "desktops": [{"name": "FIN-001"}, {"name": "FIN-002"}]}
NO_KEY = {"HUAWEICLOUD_SDK_AK": "", "HUAWEICLOUD_SDK_SK": ""}
TOKEN = "MIIT" + "".join(f"{number * 7919 % 99991:05d}" for number in range(600))
"""A token of the length that real ones have; no two parts of it are alike."""

HOSTILE = {
    "quotes": 'it\'s "quoted"',
    "template": "{{ 7 * 7 }}{% raw %}",
    "lines": "first line\nsecond line",
    "letters": "pässwörd中文",
    "percent": "100%sure%2F%%s",
    "backslash": "C:\\new\\table",
    "spaces": "two  spaces  and\ttab",
    "markup": "<b>&amp;</b>",
    "json": '{"a": ["b"]}',
    "pattern": "(.*)[a-z]+$1\\d",
    "control": "bell\x07and\x1b[31mred",
    "part of a word": "finance",
}


def leaks(secrets: dict[str, str], shown: Any) -> list[str]:
    """Return where a secret is to be seen in a result, in any spelling; of long ones, any part."""
    texts = list(_texts(shown))
    texts += [json.dumps(shown), json.dumps(shown, ensure_ascii=False)]
    whole = "\n".join(texts)
    found = []
    for name, secret in secrets.items():
        once = json.dumps(secret)[1:-1]
        spellings = {secret, " ".join(secret.split()), once, json.dumps(once)[1:-1], repr(secret)[1:-1]}
        spellings |= {json.dumps(secret, ensure_ascii=False)[1:-1], quote(secret, safe=""), html.escape(secret)}
        spellings |= {base64.b64encode(secret.encode()).decode().rstrip("=")}
        if len(secret) > 24:
            spellings |= {secret[start : start + 12] for start in range(len(secret) - 12)}
        found += [f"{name}: {spelling}" for spelling in spellings if spelling in whole]
    return found


def _texts(value: Any) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict):
        for key, item in value.items():
            yield from (key, *_texts(item))
    elif isinstance(value, list):
        for item in value:
            yield from _texts(item)


WAYS: dict[str, dict[str, Any]] = {
    "key": {"access_key": "AKIDOFTHETEST0123456", "secret_key": "SecretOfTheTest0123456789"},
    "temporary key": {
        "access_key": "AKIDOFTHETEST0123456",
        "secret_key": "SecretOfTheTest0123456789",
        "security_token": TOKEN,
    },
    "token": {"auth_token": TOKEN},
    "password": {"username": "operator", "domain_name": "example-account", "password": "OrdinaryPassword/1+"},
}
SECRET_OPTIONS = ("access_key", "secret_key", "security_token", "auth_token", "password")

# What a gateway can make of a request: status, type, and the text around it.
ECHOES: dict[str, tuple[int, str]] = {
    "403, as the service says it": (403, '{{"error_code": "APIGW.0302", "error_msg": {quoted}}}'),
    "500, as the service says it": (500, '{{"error_code": "WKS.9", "error_msg": {quoted}}}'),
    "400, cut within a secret": (400, '{{"error_code": "WKS.9", "error_msg": {cut}}}'),
    "401, as IAM says it": (401, '{{"error": {{"code": 401, "title": "no", "message": {quoted}}}}}'),
    "500, quoted twice": (500, '{{"error_code": "WKS.9", "error_msg": {twice}}}'),
    "500, as code": (500, '{{"error_code": {quoted}}}'),
    "500, encoded": (500, '{{"error_code": "WKS.9", "error_msg": {encoded}}}'),
    "502, a page": (502, "<html><body><pre>{plain}</pre></body></html>"),
    "200, a page": (200, "<html><body><pre>{plain}</pre></body></html>"),
    "200, a list": (200, "[{quoted}]"),
    "302": (302, ""),
}


def echo(name: str, said: bytes) -> tuple[int, dict[str, str], bytes]:
    """Return the answer of a gateway that quotes the request."""
    status, form = ECHOES[name]
    text = said.decode("utf-8", "replace")
    quoted = json.dumps(text)
    secret = re.search(r'(?:Token: |Access=|"password": ")([^\r\n,"]*)', text)
    assert secret is not None
    parts = {
        "plain": text,
        "quoted": quoted,
        "twice": json.dumps(quoted),
        # 400 characters of it are shown: the last of these are in the middle of the secret.
        "cut": json.dumps("x" * (400 - len(secret[1][:30]) // 2) + secret[1]),
        "encoded": json.dumps(base64.b64encode(secret[1].encode()).decode() + quote(text)),
    }
    headers = {"X-Request-Id": secret[1][:2000], "Content-Type": "text/html" if "<" in form else "application/json"}
    if status == 302:
        headers["Location"] = "/" + quote(text)
    return status, headers, form.format(**parts).encode()


def quoted_run(direct: Direct, module: str, environment: dict[str, str], **options: Any) -> dict[str, Any]:
    """Run a module whose message is not only the collection's own words, so that it need not be a sentence."""
    task, spec, function = direct._task(module, False, environment, options)
    return {**execute(spec, function, task), "lines of progress": task.shown}


@pytest.mark.parametrize("how", ECHOES)
@pytest.mark.parametrize("way", WAYS)
def test_a_gateway_that_quotes_the_request(direct: Direct, tally: Tally, way: str, how: str) -> None:
    """Credentials, and the signature, which is good for minutes, are in none of the fields of a result."""
    given = WAYS[way]
    places = ("iam_endpoint",) if way == "password" else ("endpoint",)
    with Server(lambda said: echo(how, said)) as server:
        result = quoted_run(
            direct,
            "desktop_pool_info",
            NO_KEY,
            pool="finance",
            max_retries=0,
            **given,
            **dict.fromkeys(places, server.url),
        )
    secrets = {name: str(given[name]) for name in SECRET_OPTIONS if name in given}
    secrets |= {
        f"signature {n}": found.decode() for n, found in enumerate(re.findall(rb"Signature=(\w+)", server.seen))
    }
    found = leaks(secrets, result)
    tally.add("secrets", leaks=len(found))
    assert result["failed"] is True
    assert "met a defect" not in result["msg"]
    assert found == []


@pytest.mark.parametrize("how", [name for name in ECHOES if name[:3] in ("403", "500")])
@pytest.mark.parametrize("password", [*HOSTILE.values(), "halves of 😀"], ids=[*HOSTILE, "astral"])
def test_a_hostile_password_that_is_quoted(direct: Direct, tally: Tally, password: str, how: str) -> None:
    login = {"username": "operator", "domain_name": "example-account", "password": password}
    with Server(lambda said: echo(how, said)) as server:
        result = quoted_run(
            direct, "desktop_info", NO_KEY, pool="of-it", max_retries=0, iam_endpoint=server.url, **login
        )
    found = leaks({"password": password}, result)
    tally.add("secrets", leaks=len(found))
    assert result["failed"] is True
    assert "met a defect" not in result["msg"]
    assert found == []


@pytest.mark.parametrize("password", [*HOSTILE.values(), "a", "1", '"', "e", "pool"], ids=repr)
def test_a_hostile_password_logs_in_and_wrecks_nothing(direct: Direct, tally: Tally, password: str) -> None:
    """A very short one is masked as a word of its own, else no word and no number would be left of a result."""
    direct.seed(POOL, iam_users=[{"name": "operator", "password": password}], access_keys=[])
    login = {"username": "operator", "domain_name": "example-account", "password": password}
    outcome = direct.run("desktop_pool_info", gather=["desktops"], environment=NO_KEY, **login)
    assert not outcome.failed, outcome.message
    secrets = Secrets()
    secrets.add(password)
    shown = secrets.mask(outcome.result)
    tally.add("secrets", leaks=len(leaks({"password": password}, shown)) if len(password) > 5 else 0)
    assert shown["changed"] is False
    assert shown["desktop_pools"][0]["desktop_count"] == 2
    if password not in ("finance", "1"):  # the name of the pool, and the whole value of its charging_mode
        assert shown["desktop_pools"] == outcome["desktop_pools"]


class _Unprintable(Exception):
    def __str__(self) -> str:
        raise ValueError(f"no text for {TOKEN}")


DEFECTS: dict[str, BaseException] = {
    "the token alone": KeyError(TOKEN),
    "headers": ValueError("bad headers " + repr({"X-Auth-Token": TOKEN, "Authorization": "x"})),
    "the token in JSON": RuntimeError(json.dumps({"auth": json.dumps({"token": TOKEN})})),
    "Base64": TypeError(base64.b64encode(f"x{TOKEN}y".encode()).decode()),
    "an encoding": UnicodeEncodeError("ascii", TOKEN, 0, 1, f"cannot encode {TOKEN}"),
    "bytes": OSError(5, f"no {TOKEN.encode()!r}"),
    "several": ValueError("x" * 390 + TOKEN, TOKEN),
    "an exception without a text": _Unprintable(),
}


@pytest.mark.parametrize("error", DEFECTS.values(), ids=DEFECTS)
def test_a_defect_is_reported_without_secrets(direct: Direct, tally: Tally, error: BaseException) -> None:
    options = {"pool": "finance", "auth_token": TOKEN}
    task, spec, function = direct._task("desktop_pool_info", False, NO_KEY, options)
    with mock.patch.object(Session, "call", side_effect=error):
        result = execute(spec, function, task)
    found = leaks({"token": TOKEN}, result)
    tally.add("secrets", leaks=len(found))
    assert "met a defect in the hwcloud.workspace collection" in result["msg"]
    assert "\n" not in result["msg"]
    assert found == []


def test_what_the_environment_holds_is_secret_also_when_it_is_not_used(direct: Direct, tally: Tally) -> None:
    """A pool cannot be called like a secret that is in the environment, and be shown."""
    unused = {
        "HW_ACCESS_KEY": "UNUSEDKEYID",
        "HW_SECRET_KEY": "unused/secret",
        "HW_SECURITY_TOKEN": "unusedsecurity",
        "HW_AUTH_TOKEN": "unusedtoken",
        "HW_USER_PASSWORD": "unusedpassword",
        "HTTPS_PROXY": "http://someone:unusedproxy@127.0.0.1:1",
        "all_proxy": "http://justatoken@127.0.0.1:1",
    }
    secrets = ["UNUSEDKEYID", "unused/secret", "unusedsecurity", "unusedtoken", "unusedpassword", "unusedproxy"]
    secrets.append("justatoken")
    direct.seed(*({"name": f"pool {secret}"} for secret in secrets), dialect={"pool_name_characters": "any"})
    task, spec, function = direct._task("desktop_pool_info", False, unused, {"pool": "pool"})
    result = execute(spec, function, task)
    found = leaks({secret: secret for secret in secrets}, task.secrets.mask(result))
    tally.add("secrets", cases=len(secrets), leaks=len(found))
    assert found == []
    assert "*" * 8 in json.dumps(result)


def test_addresses_and_headers_carry_no_secret(direct: Direct, tally: Tally) -> None:
    """What proxies and servers write into their logs: paths, queries and the name of the program."""
    direct.seed(POOL)
    login = {"username": "operator", "domain_name": "example-account", "password": "ExamplePassword1"}
    agents: set[str] = set()
    urls: list[str] = []

    def look(call: Call, go: Go) -> Answer:
        urls.append(call.url)
        return go()

    with advised(look):
        for who in ({}, login):
            environment = {**(NO_KEY if who else {}), "HUAWEICLOUD_SDK_PROJECT_ID": ""}
            for module, options in (
                ("desktop_pool_rebuild", {"pool": "finance", "image_id": NOVEMBER}),
                ("desktop_pool_info", {"gather": ["desktops", "drift", "users", "jobs"]}),
                ("desktop_pool_notification", {"pool": "finance", "user_message": "Soon"}),
            ):
                outcome = direct.run(module, environment=environment, **options, **who)
                assert not outcome.failed, outcome.message
                agents |= {request["user_agent"] for request in outcome.requests}
                urls += [f"{request['path']} {request['query']}" for request in outcome.requests]
    secrets = {key: str(value) for entry in BASE["access_keys"] for key, value in entry.items() if key != "user"}
    found = leaks({**secrets, "password": "ExamplePassword1"}, [*urls, *agents])
    tally.add("secrets", cases=6, leaks=len(found))
    assert found == []
    assert agents == {"hwcloud.workspace (Ansible collection)"}
