# Copyright (c) 2026 the hwcloud.workspace contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Makes bad answers of good ones: each field in turn is gone, null, of another type, or a text that means harm."""

from __future__ import annotations

import copy
import json
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from tally import EXHAUSTIVE

from ansible_collections.hwcloud.workspace.plugins.module_utils.client.shapes import (
    SHAPES,
    Entries,
    Page,
    Record,
    Whole,
)
from ansible_collections.hwcloud.workspace.plugins.module_utils.client.transport import Answer

NASTY = (
    "a\x1b[2J\x1b[31m\x1b]0;x\x07\r\nok: [localhost]\u202e {{ lookup('pipe', 'touch /tmp/x') }}{% endif %}"
    "<script>\x00\ud800\u2028"
)
"""Escape codes, faked lines, a mark that turns the direction of writing, a template, markup, half a character."""

OF_EACH: dict[type, tuple[Any, ...]] = {
    str: (None, 7, {"a": 1}, ["a"], NASTY, "x" * 50_000, "../../other", "SOMETHING_NEW", ""),
    int: (None, "12", "x", 1.5, 10**400, {"a": 1}, True),
    float: (None, "1.5", {}),
    bool: (None, "true", "x", 0, {}),
    list: (None, {}, "x", [], [None], ["x"], [[]]),
    dict: (None, [], "x", {}),
    type(None): ("x", 5, {}, []),
}
OF_OTHERS: tuple[Any, ...] = (None, {"a": [1]}, NASTY)
"""For fields that the collection hands on and does not look at."""


@dataclass(frozen=True)
class Bad:
    """An answer's body with one thing changed; ``name`` says which, such as ``desktops[0].status = null``."""

    name: str
    body: Any


def bad_ones(body: Any, operation: str, *, others: bool, tried: Counter[Any]) -> Iterator[Bad]:
    """Yield an answer's body with one thing changed after the other. Of a list its first item stands for all.

    :param others: change also what the collection hands on without looking at it.
    :param tried: how often each field of each operation has had its turn. The first time it gets every value, later
        every third one, each time beginning with another: all tasks read an answer by the same code.
    """
    for whole in ([], "x", 5, None, {}):
        yield Bad(f"the whole = {json.dumps(whole)}", whole)
    for path in _paths(body):
        relied = is_relied_on(SHAPES[operation], path)
        place = "".join(f"[{part}]" if isinstance(part, int) else f".{part}" for part in path).lstrip(".")
        values = OF_EACH[type(_at(body, path))] if relied else OF_OTHERS if others else OF_OTHERS[2:]
        times = tried[operation, path]
        tried[operation, path] += 1
        for value in values if EXHAUSTIVE or not times else values[times % 3 :: 3]:
            other = copy.deepcopy(body)
            _at(other, path[:-1])[path[-1]] = value
            yield Bad(f"{place} = {json.dumps(value)[:40]}", other)
        if isinstance(path[-1], str) and relied:
            other = copy.deepcopy(body)
            del _at(other, path[:-1])[path[-1]]
            yield Bad(f"{place} is gone", other)


def is_relied_on(shape: Any, path: tuple[Any, ...]) -> bool:
    """Return whether the shape of an answer says anything of a place in it."""
    for part in path:
        if isinstance(shape, Page):
            shape = Record({shape.key: Entries(shape.each), shape.total: Whole()})
        if isinstance(part, int) and isinstance(shape, Entries):
            shape = shape.each
        elif isinstance(shape, Record) and part in shape.fields:
            shape = shape.fields[part]
        else:
            return False
    return True


def answer_with(answer: Answer, body: Any) -> Answer:
    """Return an answer with another body; None is an empty one."""
    text = b"" if body is None else json.dumps(body).encode()
    return Answer(answer.status, answer.headers, text)


def _paths(value: Any, before: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    if before:
        yield before
    if isinstance(value, dict):
        for key, item in value.items():
            yield from _paths(item, (*before, key))
    elif isinstance(value, list) and value:
        yield from _paths(value[0], (*before, 0))


def _at(value: Any, path: tuple[Any, ...]) -> Any:
    for part in path:
        value = value[part]
    return value
