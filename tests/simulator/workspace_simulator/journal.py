# Copyright (c) 2026 the hwcloud.workspace contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What was asked and answered, in order. Never a secret."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator
from typing import Any

LONGEST = 200_000
"""Entries kept; the oldest go first."""

_SECRET = frozenset({"password", "secret", "token", "totp"})


class Journal:
    """The requests served so far."""

    def __init__(self) -> None:
        """Start empty."""
        self._entries: deque[dict[str, Any]] = deque(maxlen=LONGEST)
        self._next = 1

    @property
    def next_seq(self) -> int:
        """Number of the next request, from 1; clearing the journal does not start it again."""
        return self._next

    def add(self, entry: dict[str, Any]) -> None:
        """Append an entry; its ``seq`` is set here."""
        entry["seq"] = self._next
        self._next += 1
        self._entries.append(entry)

    def clear(self) -> None:
        """Forget the entries."""
        self._entries.clear()

    def entries(
        self, operation: str | None = None, method: str | None = None, mutating: bool | None = None, since: int = 0
    ) -> Iterator[dict[str, Any]]:
        """Yield the entries that fit, oldest first; ``since`` is the last number already known."""
        for entry in self._entries:
            if (
                entry["seq"] > since
                and operation in (None, entry["operation"])
                and (method is None or method.upper() == entry["method"])
                and mutating in (None, entry["mutating"])
            ):
                yield entry


def without_secrets(value: Any) -> Any:
    """Return a copy of a body in which the values of secret fields are masked, at any depth."""
    if isinstance(value, dict):
        return {
            key: "***" if key.lower() in _SECRET and not isinstance(item, (dict, list)) else without_secrets(item)
            for key, item in value.items()
        }
    if isinstance(value, list):
        return [without_secrets(item) for item in value]
    return value
