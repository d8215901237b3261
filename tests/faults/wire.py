# Copyright (c) 2026 the hwcloud.workspace contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The place where a request leaves the collection: for what no server can do to itself.

A name that is not resolved, a port that nobody listens at, the end of the program before or after a request, another
controller that is quicker: a :class:`Call` is shown to an advice, which lets it go, leads it elsewhere or ends all.
"""

from __future__ import annotations

import re
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any
from unittest import mock
from urllib.parse import urlsplit

from ansible_collections.hwcloud.workspace.plugins.module_utils.client import operations
from ansible_collections.hwcloud.workspace.plugins.module_utils.client.operations import Effect, Operation
from ansible_collections.hwcloud.workspace.plugins.module_utils.client.transport import Answer, Transport

OPERATIONS = tuple(found for found in vars(operations).values() if isinstance(found, Operation))
"""All operations that the collection knows."""

MUTATING = tuple(found for found in OPERATIONS if found.effect is not Effect.READ)
"""Those that change something, and the login."""

_PATTERNS = [
    (found, re.compile(re.sub(r"\\{\w+\\}", "[^/]+", re.escape(found.path))), found.path.count("{"))
    for found in OPERATIONS
]


@dataclass(frozen=True)
class Call:
    """A request that is about to leave.

    ``number`` counts the requests of the block from 1, those that are sent again too. ``thread`` is the name of the
    thread that sends it, where several runs go on at once.
    """

    number: int
    operation: Operation
    url: str
    body: Any
    thread: str


Go = Callable[..., Answer]
"""Sends the call: as it is, or with other ``url`` or ``body``."""

Advice = Callable[[Call, Go], Answer]


def operation_of(method: str, url: str) -> Operation:
    """Return the operation that a request is of; of two that fit, the one with fewer names in its path."""
    path = urlsplit(url).path
    fitting = [
        (names, number, found)
        for number, (found, pattern, names) in enumerate(_PATTERNS)
        if found.method == method and pattern.fullmatch(path)
    ]
    assert fitting, f"{method} {path} is no operation that the collection knows"
    return min(fitting)[2]


@contextmanager
def advised(advice: Advice) -> Iterator[list[Call]]:
    """Show every request to the advice as long as the block lasts; yield the list of the calls so far.

    Not for requests of other processes: it is for runs by :class:`direct.Direct`.
    """
    calls: list[Call] = []
    lock = threading.Lock()
    send = Transport.send

    def advised_send(self: Transport, method: str, url: str, **how: Any) -> Answer:
        with lock:
            call = Call(
                len(calls) + 1, operation_of(method, url), url, how.get("body"), threading.current_thread().name
            )
            calls.append(call)
        return advice(call, lambda url=url, **other: send(self, method, url, **{**how, **other}))

    with mock.patch.object(Transport, "send", advised_send):
        yield calls
