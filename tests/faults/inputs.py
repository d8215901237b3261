# Copyright (c) 2026 the hwcloud.workspace contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Makes bad values for every option of every module, from its spec and its limits, and judges what comes of them.

A new option is covered by itself. A new module needs an entry in :data:`BASES`.
"""

from __future__ import annotations

import importlib
import json
import re
import zlib
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import Any
from unittest import mock
from urllib.parse import parse_qsl, unquote, urlsplit

import requests
from direct import NOVEMBER, Direct
from wire import operation_of

from ansible_collections.hwcloud.workspace.plugins.module_utils.inventory import fleet
from ansible_collections.hwcloud.workspace.plugins.module_utils.limits import Fields, IntRange, Items, Length, Limit
from ansible_collections.hwcloud.workspace.plugins.module_utils.task import execute, refusal_of

MARK = "Zq7"
"""Is in every hostile text. Wherever it turns up in a request, the whole text has to stand there as it was given."""

HOSTILE: Mapping[str, str] = {
    "single quote": "Zq7' OR '1'='1",
    "double quote": 'Zq7"},"x":{"y":"',
    "backslash": "Zq7\\..\\n\\u0041",
    "line break": "Zq7\nX-Injected: yes",
    "CR LF": "Zq7\r\nX-Injected: yes\r\n\r\n{}",
    "NUL": "Zq7\x00tail",
    "control characters": "Zq7\x07\x08\x1b[2J\x1b]0;title\x07\x7f\x9b31m",
    "right to left": "Zq7\u202egnp.exe\u2066\u200f",
    "combining": "Zq7e\u0301\u0323\u200d",
    "emoji": "Zq7\U0001f469\u200d\U0001f4bb",
    "full width": "Zq7\uff0e\uff0e\uff0f\uff1f",
    "template": "{{ lookup('pipe', 'touch /tmp/Zq7') }}",
    "statement": "{% for x in [] %}Zq7{% endfor %}{# no #}",
    "shell": "Zq7$(id)`id`;id|id&&id>/tmp/x",
    "path": "../../Zq7",
    "path in code": "..%2f..%2fZq7%2e%2e%00",
    "dots": "..",
    "dot": ".",
    "slash": "/",
    "slashes": "//Zq7.invalid/x",
    "query": "Zq7?limit=1&offset=2&x=y#z",
    "parameters": "Zq7;a=b&c=d,e@f:g",
    "URL": "http://user@Zq7.invalid:80/x?y#z",
    "percent": "Zq7%",
    "format": "{project_id}{0}%s%(x)sZq7",
    "markup": "<script>alert('Zq7')</script>&amp;",
    "number with zero": "010",
    "exponent": "1e3",
    "not a number": "NaN",
    "infinity": "Infinity",
    "minus zero": "-0",
    "word for nothing": "None",
    "blank": "   ",
    "tab": "\t",
    "ID with line break": "a130ab3a-72bf-4b71-baa9-af4987c8e338\n",
    "ID with path": "a130ab3a-72bf-4b71-baa9-af4987c8e338/../Zq7",
}
CORE = ("CR LF", "control characters", "path", "query", "template", "double quote")
FEW = ("CR LF", "path")
"""Those that are tried where all are tried elsewhere: options that every module shares."""

ALL_OF: Mapping[str, Sequence[str]] = {
    "desktop_logoff": ("*",),
    "job_info": ("job_id",),
    "desktop_pool_notification": ("user_message",),
    "desktop_info": ("user_names", "tag"),
    "desktop_pool_users": ("authorized_objects",),
}
"""Options on which all hostile texts are tried; others get the core, and some of the rest in turn."""


def kinds_for(module: str, option: str, is_shared: bool) -> Sequence[str]:
    """Return the names of the hostile texts that are tried on an option."""
    if {option, "*"} & set(ALL_OF.get(module, ())):
        return tuple(HOSTILE)
    if is_shared:
        return FEW
    rest = [kind for kind in HOSTILE if kind not in CORE]
    turn = zlib.crc32(f"{module} {option}".encode()) % 7
    return (*CORE, *rest[turn::7])


POOL_ID = "22222222-0000-4000-8000-000000000001"
DESKTOPS = ("33333333-0000-4000-8000-000000000001", "33333333-0000-4000-8000-000000000002")
DISK = "7c1d9e1e-3a60-4c0c-9a55-0e5a6d1b8802"
USER = "55555555-0000-4000-8000-000000000001"
SCRIPT = "66666666-0000-4000-8000-000000000001"
POOLS: Sequence[Mapping[str, Any]] = (
    {
        "name": "finance",
        "id": POOL_ID,
        "data_volumes": [{"type": "SSD", "size": 100, "id": DISK}],
        "authorized": [{"type": "USER", "name": "user-a1"}],
        "tags": {"team": "finance"},
        "desktops": [
            {"name": "FIN-001", "id": DESKTOPS[0], "user": "user-a1", "login_status": "CONNECTED"},
            {"name": "FIN-002", "id": DESKTOPS[1]},
        ],
    },
)
PARTS: Mapping[str, Any] = {
    "users": [{"name": "user-a1", "id": USER}, {"name": "user-b2"}],
    "scripts": [{"name": "cleanup", "id": SCRIPT}],
}

_POOL = {"pool": "finance"}
BASES: Mapping[str, Mapping[str, Any]] = {
    "desktop_info": _POOL,
    "desktop_logoff": _POOL,
    "desktop_pool": {"name": "finance"},
    "desktop_pool_attach": {**_POOL, "username": "user-b2"},
    "desktop_pool_drain": {**_POOL, "session_policy": "skip"},
    "desktop_pool_expand": {**_POOL, "desktop_count": 3},
    "desktop_pool_info": {},
    "desktop_pool_notification": {**_POOL, "user_message": "Good morning."},
    "desktop_pool_power": {**_POOL, "state": "stopped"},
    "desktop_pool_rebuild": {**_POOL, "image_id": NOVEMBER},
    "desktop_pool_resize": {**_POOL, "product_id": "workspace.x86.enterprise.xlarge2", "mode": "STOP_DESKTOP"},
    "desktop_pool_script": {**_POOL, "script_ids": [SCRIPT]},
    "desktop_pool_script_info": {},
    "desktop_pool_users": {
        **_POOL,
        "authorized_objects": [
            {"object_type": "USER", "object_id": USER, "object_name": "user-a1", "user_group": "users"}
        ],
    },
    "desktop_pool_volumes": {**_POOL, "volumes": [{"type": "SSD", "size": 200}]},
    "desktop_power": {**_POOL, "desktop_ids": [DESKTOPS[1]], "state": "stopped"},
    "image_info": {},
    "job_info": _POOL,
    "job_retry": {"job_id": "00000000-0000-4000-8000-000000000009"},
    "job_wait": {"job_id": "00000000-0000-4000-8000-000000000009"},
    "product_info": {},
    "sub_job": {"job_ids": ["00000000-0000-4000-8000-000000000009"]},
}
"""Valid options of each module, of which one is varied at a time."""

_ALL_BASES = {**BASES, "the inventory": {}}

INSTEAD: Mapping[tuple[str, str], Mapping[str, Any]] = {
    ("desktop_pool", "pool_id"): {},
    ("desktop_pool_script", "command_content"): {**_POOL, "command_type": "SHELL"},
    ("desktop_pool_script", "command_type"): {**_POOL, "command_content": "exit"},
    ("desktop_pool_rebuild", "kms_id"): {**BASES["desktop_pool_rebuild"], "encrypt_type": "ENCRYPTED"},
    ("desktop_pool_rebuild", "encrypt_type"): {**BASES["desktop_pool_rebuild"], "kms_id": "key-1"},
    ("desktop_pool_users", "authorized_objects"): _POOL,
    ("job_info", "job_id"): {},
    ("sub_job", "delete_by_status"): {},
}
"""The options beside one that does not go with those of :data:`BASES`."""

ENTRIES: Mapping[str, Mapping[str, Any]] = {
    "root_volume": {"type": "SAS", "size": 80},
    "data_volumes": {"type": "SSD", "size": 100},
    "volumes": {"type": "SSD", "size": 200},
    "authorized_objects": {
        "object_type": "USER",
        "object_id": USER,
        "object_name": "user-a1",
        "user_group": "users",
    },
    "autoscale_policy": {"autoscale_type": "ACCESS_CREATED"},
    "user_reset_policy": {"enable": True},
}
"""A valid entry of each option that has options of its own."""

EARNEST = ("desktop_pool", "desktop_pool_notification", "desktop_pool_script", "desktop_pool_users", "desktop_logoff")
"""Modules whose texts reach the service; what these are given is sent in earnest as well."""

CREDENTIALS = {"access_key": {"secret_key": "x"}, "security_token": {"access_key": "UNKNOWNAK", "secret_key": "x"}}
CREDENTIALS["secret_key"] = {"access_key": "UNKNOWNAK"}
CREDENTIALS["username"] = {"password": "x", "domain_name": "example-account"}
CREDENTIALS["password"] = {"username": "nobody", "domain_name": "example-account"}
CREDENTIALS["domain_name"] = {"username": "nobody", "password": "x"}
CREDENTIALS["iam_username"] = CREDENTIALS["username"]
"""What has to stand beside an option that names somebody."""

_HEADERS = frozenset(
    [
        *("accept", "accept-encoding", "authorization", "connection", "content-length", "content-type", "host"),
        *("user-agent", "x-auth-token", "x-project-id", "x-sdk-date", "x-security-token"),
    ]
)
_UNPRINTABLE = re.compile("[\x00-\x1f\x7f-\x9f\u200e\u200f\u202a-\u202e\u2066-\u2069\ud800-\udfff]")


@dataclass(frozen=True)
class Case:
    """A value for an option of a module.

    :param option: the option; of an option of an option, both with a dot between.
    :param kind: what the value is, as the failure of a test says it.
    :param given: all options.
    :param value: the value itself.
    :param expected: ``refused`` before any request, ``taken`` past the checks, or ``either``.
    """

    module: str
    option: str
    kind: str
    given: Mapping[str, Any]
    value: Any
    expected: str = "either"

    def __str__(self) -> str:
        """Name it."""
        return f"{self.module} {self.option}: {self.kind}"


@dataclass(frozen=True)
class Seen:
    """What came of a case: its result, its lines of progress, and the requests as they left this machine."""

    result: Mapping[str, Any]
    shown: Sequence[str]
    left: Sequence[requests.PreparedRequest]


INVENTORY = "the inventory"
"""Stands for the inventory plugin where a module's name is asked for."""


def spec_of(module: str) -> Any:
    """Return the ModuleSpec of a module, or of the inventory plugin."""
    if module == INVENTORY:
        return fleet.SPEC
    return importlib.import_module(f"ansible_collections.hwcloud.workspace.plugins.modules.{module}").SPEC


def cases(module: str, shared: Mapping[str, Any]) -> Iterator[Case]:
    """Yield the cases of a module, one option after the other.

    :param shared: options that many modules have.
    """
    spec = spec_of(module)
    for name, option in spec.argument_spec.items():
        base = INSTEAD.get((module, name), {key: value for key, value in _ALL_BASES[module].items() if key != name})
        beside = {key: value for key, value in CREDENTIALS.get(name, {}).items() if key in spec.argument_spec}
        if "iam_username" in spec.argument_spec and "username" in beside:
            beside["iam_username"] = beside.pop("username")
        if name == "username" and "iam_username" in spec.argument_spec:
            beside = {}
        kinds = kinds_for(module, name, name in shared)
        frame = {**base, **beside}
        for case in _of_option(name, option, spec.limits.get(name), kinds, entry=ENTRIES.get(name, {})):
            given = {**frame, name: case.value}
            yield replace(case, module=module, given=given)


def _of_option(
    name: str, option: Mapping[str, Any], limit: Limit | None, kinds: Sequence[str], entry: Mapping[str, Any]
) -> Iterator[Case]:
    kind = option.get("type", "str")

    def case(what: str, value: Any, expected: str = "either") -> Case:
        return Case("", name, what, {}, value, expected)

    yield case("nothing", None)
    if option.get("no_log") is not True:
        yield case("half a character", _holding("Zq7\ud800", kind, option), "refused" if kind != "path" else "either")
    if kind == "list":
        yield from _of_list(case, option, limit, kinds, entry)
    elif kind == "dict":
        yield from (case(what, value, "refused") for what, value in {"a number": 5, "a list": ["a"]}.items())
        yield case("a word", "word", "refused")
        yield from _of_entry(case, option, limit, kinds, entry)
    else:
        yield from _of_scalar(case, option, limit, kinds)


def _holding(text: str, kind: str, option: Mapping[str, Any]) -> Any:
    if kind == "list":
        return [_holding(text, option.get("elements", "str"), option)]
    if kind == "dict":
        return {text: text}
    return text


def _of_list(case: Any, option: Mapping[str, Any], limit: Any, kinds: Sequence[str], entry: Mapping[str, Any]) -> Any:
    elements = option.get("elements", "str")
    yield case("an object", {"a": 1}, "refused" if elements != "dict" else "either")
    yield case("nested", [[["a"]]])
    yield case("item of nothing", [None])
    if isinstance(limit, Items):
        one = option["choices"][0] if option.get("choices") else {"str": "x", "int": 1, "dict": dict(entry)}[elements]
        if limit.min:
            yield case("no item", [], "refused")
        if limit.max is not None:
            yield case("too many items", [one] * (limit.max + 1), "refused")
            yield case("most items", [one] * limit.max, "taken" if elements != "dict" else "either")
    each = getattr(limit, "each", None)
    if elements == "dict":
        yield from _of_entry(
            lambda what, value, expected="either": case(what, [value], expected), option, each, kinds, entry
        )
        return
    scalar = {key: value for key, value in option.items() if key == "choices"} | {"type": elements}
    for inner in _of_scalar(lambda what, value, expected="either": (what, value, expected), scalar, each, kinds):
        yield case(f"item: {inner[0]}", [inner[1]], inner[2])


def _of_entry(case: Any, option: Mapping[str, Any], limit: Any, kinds: Sequence[str], entry: Mapping[str, Any]) -> Any:
    inner = option.get("options")
    if not inner:
        for kind in kinds:
            yield case(f"key: {kind}", {HOSTILE[kind]: "x"})
            yield case(f"value: {kind}", {"x": HOSTILE[kind]})
        yield case("value: an object", {"x": {"y": ["z"]}})
        yield case("value: huge", {"x": "y" * 1_000_000})
        yield case("key: huge", {"x" * 1_000_000: "y"})
        return
    yield case("unknown field", {**entry, "unknown_field": 1}, "refused")
    limits = limit.limits if isinstance(limit, Fields) else {}
    for name, sub in inner.items():
        for found in _of_option(name, sub, limits.get(name), kinds, {}):
            made = case(f"{name}: {found.kind}", {**entry, name: found.value}, found.expected)
            yield replace(made, option=f"{made.option}.{name}") if isinstance(made, Case) else made


def _of_scalar(case: Any, option: Mapping[str, Any], limit: Any, kinds: Sequence[str]) -> Any:
    kind = option.get("type", "str")
    if option.get("choices"):
        for what, value in {"no choice": "Zq7", "empty": "", "a list": ["Zq7"], "an object": {"Zq7": 1}}.items():
            yield case(what, value, "refused")
        yield from (case(f"choice {value}", value) for value in option["choices"])
    elif kind == "int":
        for what, value in {
            "a word": "Zq7", "a half": 1.5, "a half as text": "1.5", "an object": {}, "a list": [1], "empty": "",
            "not a number": "NaN", "infinity": "Infinity", "infinite": float("inf"), "huge": 10**30,
            "too long to write": 10**5000, "huge and negative": -(10**30), "5000 digits": "9" * 5000,
        }.items():  # fmt: skip
            yield case(what, value, "refused")
        yield from (case(what, HOSTILE[what]) for what in ("number with zero", "exponent", "minus zero"))
        yield from (case(f"the number {value!r}", value) for value in (True, 1.0, -0.0))
        if isinstance(limit, IntRange):
            low, high = limit.min, limit.max if limit.max is not None else 2**31 - 1
            yield from ([] if low is None else [case("too small", low - 1, "refused"), case("least", low, "taken")])
            yield from (case("too large", high + 1, "refused"), case("most", high, "taken"))
    elif kind == "bool":
        for what, value in {"a word": "Zq7", "a number": 2, "a list": [], "an object": {}, "empty": ""}.items():
            yield case(what, value, "refused")
    else:
        yield from _of_text(case, limit, kinds)


def _of_text(case: Any, limit: Any, kinds: Sequence[str]) -> Any:
    for kind in kinds:
        yield case(kind, HOSTILE[kind])
    if len(kinds) > len(FEW):
        for what, value in {"a number": 5, "a half": 1.5, "true": True, "a list": ["x"], "an object": {"x": 1}}.items():
            yield case(what, value)
    longest = limit.max if isinstance(limit, Length) else None
    if isinstance(limit, Length):
        yield case("empty", "", "refused" if limit.min else "either")
    if longest is not None:
        yield case("one character too long", "x" * (longest + 1), "refused")
        yield case("one wide character too long", "\u4e16" * (longest + 1), "refused")
        yield case("as long as it may be", "x" * longest, "taken")
        yield case("as long as it may be, wide", "\u4e16" * longest)
    for length in (10_000, 1_000_000) if len(kinds) > len(FEW) else ():
        if longest is None and length > 100_000 and len(kinds) < len(HOSTILE):
            return
        yield case(f"{length} characters", "x" * length, "refused" if longest is not None else "either")


@contextmanager
def leaving(url: str) -> Iterator[list[requests.PreparedRequest]]:
    """Keep every request that leaves this process for as long as the block lasts; those to other hosts do not leave."""
    left: list[requests.PreparedRequest] = []
    send = requests.adapters.HTTPAdapter.send

    def watched(self: Any, request: requests.PreparedRequest, *args: Any, **how: Any) -> Any:
        left.append(request)
        if urlsplit(str(request.url)).netloc != urlsplit(url).netloc:
            raise requests.exceptions.ConnectTimeout("it would lead elsewhere")
        return send(self, request, *args, **how)

    with mock.patch.object(requests.adapters.HTTPAdapter, "send", watched):
        yield left


def run(
    direct: Direct,
    case: Case,
    left: list[requests.PreparedRequest],
    *,
    check: bool,
    environment: Mapping[str, str] | None = None,
) -> Seen:
    """Run a case, without the judgement that well-meant options get."""
    left.clear()
    options = {"max_retries": 0, **case.given} if "max_retries" in spec_of(case.module).argument_spec else case.given
    if case.option != "wait_timeout" and "wait_timeout" in spec_of(case.module).argument_spec:
        options = {"wait_timeout": 120, **options}
    options = spec_of(case.module).given(options)
    validation = spec_of(case.module).validate(options)
    refusal = refusal_of(validation, f"hwcloud.workspace.{case.module}")
    if refusal is not None:
        return Seen({"failed": True, "changed": False, "msg": refusal}, [], list(left))
    if case.module == INVENTORY:
        task, _spec, _function = direct._task("image_info", check, environment or {}, {"max_retries": 0})
        task.params = {**options, **validation.validated_parameters}
        return Seen(execute(fleet.SPEC, fleet.read_fleet, task), task.shown, list(left))
    task, spec, function = direct._task(case.module, check, environment or {}, options)
    return Seen(execute(spec, function, task), task.shown, list(left))


def sins(case: Case, seen: Seen, url: str, *, check: bool) -> list[str]:
    """Return what no run may do and this one did."""
    found = []
    message = str(seen.result.get("msg", ""))
    said = [message, *map(str, seen.result.get("warnings", ())), *seen.shown]
    if any("Traceback" in text or "met a defect" in text for text in said):
        found.append(f"a defect: {message}")
    if any(_UNPRINTABLE.search(text) for text in said):
        found.append(f"shows what a terminal acts on: {said!r}")
    if any(len(text) > 5000 for text in said):
        found.append(f"a sentence of {max(map(len, said))} characters: {message[:200]}")
    if seen.result.get("failed") and not message:
        found.append("failed without a word")
    if seen.result.get("failed") and not seen.left and not _names_it(case, message):
        found.append(f"does not name {case.option}: {message[:300]}")
    if case.expected == "refused" and (seen.left or not seen.result.get("failed")):
        found.append(f"was not refused before a request: {message[:300]}")
    if case.expected == "taken" and not seen.left:
        found.append(f"was refused: {message[:300]}")
    for request in seen.left:
        found += _sins_of_request(case, request, url, check=check)
    changes = [(request.method, request.url, request.body) for request in seen.left if request.method != "GET"]
    if len(set(changes)) < len(changes):
        found.append(f"sent twice: {changes}")
    return found


def _names_it(case: Case, message: str) -> bool:
    # What the service has refused before is not sent again.
    return any(part.removesuffix("s") in message for part in case.option.split(".")) or "(APIGW.0" in message


def _sins_of_request(case: Case, request: requests.PreparedRequest, url: str, *, check: bool) -> Iterator[str]:
    parts = urlsplit(str(request.url))
    if case.option not in ("endpoint", "iam_endpoint"):
        if parts.netloc != urlsplit(url).netloc:
            yield f"leads to {parts.netloc}"
        try:
            operation = operation_of(str(request.method), str(request.url))
        except AssertionError as error:
            yield str(error)
            return
        if check and request.method != "GET" and operation.name != "KeystoneCreateUserTokenByPassword":
            yield f"check mode has sent {operation.name}"
    for name, value in request.headers.items():
        text = value.decode("latin-1") if isinstance(value, bytes) else str(value)
        if name.lower() not in _HEADERS or re.search(r"[\r\n\x00]", text):
            yield f"sends the header {name}: {text}"
    body = json.loads(request.body) if request.body else None
    texts = [unquote(segment) for segment in parts.path.split("/")]
    texts += [text for pair in parse_qsl(parts.query, keep_blank_values=True) for text in pair]
    texts += [*_texts(body)]
    allowed = {*_texts(case.value), *map(str, _texts(case.value))}
    for text in texts:
        if MARK in text and text not in allowed:
            yield f"sends {text!r}"
    names = {key for key, _text in parse_qsl(parts.query, keep_blank_values=True)}
    if any(not re.fullmatch("[a-z_]+", name) for name in names):
        yield f"asks with {sorted(names)}"


def _texts(value: Any) -> Iterator[str]:
    if isinstance(value, Mapping):
        for key, item in value.items():
            yield str(key)
            yield from _texts(item)
    elif isinstance(value, (list, tuple)):
        for item in value:
            yield from _texts(item)
    elif isinstance(value, str):
        yield value
