# Copyright (c) 2026 the hwcloud.workspace contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The options of the event source ``jobs``, as a rulebook gives them.

They are checked here and not by Ansible's own validator, since a rulebook's process need not have ansible-core.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from ..arguments import CONNECTION, CONNECTION_LIMITS
from ..client.errors import InputError
from ..limits import IntRange, Items, Length, Limit, Pattern, broken_limits

OUTCOMES = ("succeeded", "failed", "unknown")
SUB_JOBS = ("failed", "all", "none")

# What ansible-rulebook adds, or acts on by itself.
_OF_THE_PROGRAM = frozenset({"feedback", "eda_feedback_queue"})
_OWN: dict[str, dict[str, Any]] = {
    "interval": {"type": "int", "default": 60},
    "pools": {"type": "list", "default": []},
    "job_types": {"type": "list", "default": []},
    "outcomes": {"type": "list", "choices": OUTCOMES, "default": list(OUTCOMES)},
    "sub_jobs": {"type": "str", "choices": SUB_JOBS, "default": "failed"},
    "since": {"type": "str"},
    "state_file": {"type": "path"},
}
_OPTIONS: Mapping[str, Mapping[str, Any]] = {**CONNECTION, **_OWN}
_LIMITS: dict[str, Limit] = {
    **CONNECTION_LIMITS,
    "interval": IntRange(10, 86400, "seconds"),
    "pools": Items(0, 100, each=Length(1, 255)),
    "job_types": Items(0, None, each=Length(1, 255)),
    "since": Pattern(r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d", "a time such as 2026-11-20 22:00:05, as the service writes it"),
}
_TRUE = frozenset({"true", "yes", "on", "1"})
_FALSE = frozenset({"false", "no", "off", "0"})


@dataclass(frozen=True)
class Options:
    """What is watched and what is told of it; see DOCUMENTATION of the event source.

    ``connection`` holds the options that every module has. ``interval`` is in seconds of the session's clock. Empty
    ``pools`` and ``job_types`` stand for all of them. ``since`` and ``state_file`` are empty if they were not given.
    """

    connection: Mapping[str, Any]
    interval: int
    pools: tuple[str, ...]
    job_types: frozenset[str]
    outcomes: frozenset[str]
    sub_jobs: str
    since: str
    state_file: str


def read_options(args: Mapping[str, Any]) -> Options:
    """Return the options that a rulebook gives. Texts that templates have left empty count as not given.

    :raises InputError: an option that does not exist, or a value that it does not take.
    """
    unknown = sorted(set(map(str, args)) - set(_OPTIONS) - _OF_THE_PROGRAM)
    if unknown:
        raise InputError(f"jobs has no option {' or '.join(unknown)}; check the spelling.")
    given = {name: args[name] for name in _OPTIONS if args.get(name) not in (None, "")}
    values: dict[str, Any] = {name: option.get("default") for name, option in _OPTIONS.items()}
    values.update({name: _converted(name, value) for name, value in given.items()})
    broken = broken_limits(_LIMITS, values)
    if broken:
        raise InputError(" ".join(broken))
    return Options(
        connection={name: values[name] for name in CONNECTION},
        interval=values["interval"],
        pools=tuple(values["pools"]),
        job_types=frozenset(values["job_types"]),
        outcomes=frozenset(values["outcomes"]),
        sub_jobs=values["sub_jobs"],
        since=values["since"] or "",
        state_file=values["state_file"] or "",
    )


def secrets_in(args: Mapping[str, Any]) -> list[str]:
    """Return what no event and no message may hold."""
    return [str(args[name]) for name, option in CONNECTION.items() if option.get("no_log") and args.get(name)]


def _converted(name: str, value: Any) -> Any:
    """Return a value in the type of its option; what a template yields is a text."""
    option = _OPTIONS[name]
    kind = option["type"]
    converted = _as_type(kind, value)
    if converted is None:
        # The value itself is not said: it may be a secret.
        raise InputError(f"{name} takes {_KINDS[kind]}.")
    choices = option.get("choices") or ()
    wrong = [item for item in (converted if kind == "list" else [converted]) if choices and item not in choices]
    if wrong:
        raise InputError(f"{name} takes {', '.join(choices)}.")
    return converted


_KINDS = {
    "str": "a text",
    "path": "the path of a file",
    "int": "a whole number",
    "bool": "true or false",
    "list": "a list of texts",
}


def _as_type(kind: str, value: Any) -> Any:
    if kind == "list":
        items = value if isinstance(value, (list, tuple)) else [value]
        texts = [_as_text(item) for item in items]
        return None if None in texts else texts
    text = _as_text(value)
    if text is None:
        return None
    if kind == "int":
        return int(text) if text.removeprefix("-").isdecimal() and len(text) < 20 else None
    if kind == "bool":
        word = text.lower()
        return word in _TRUE if word in _TRUE | _FALSE else None
    return os.path.expanduser(text) if kind == "path" else text  # noqa: PTH111 - the option is a text everywhere else


def _as_text(value: Any) -> str | None:
    return str(value) if isinstance(value, (str, int)) else None
