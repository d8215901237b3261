# Copyright (c) 2026 the hwcloud.workspace contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The limits that the service documents for a field, checked before anything is sent.

A limit looks at one value that already has the right type and answers with one sentence when the value lies outside.
A value that was not given (None) lies inside every limit: its argument spec says whether an option may be left out.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Protocol


class Limit(Protocol):
    """What every limit offers."""

    def check(self, name: str, value: Any) -> str | None:
        """Return a sentence that says what is wrong with ``value``, None if nothing is.

        :param name: what the user calls the value, for example ``delay_time`` or ``desktop_ids[3]``.
        :param value: the value, of the type that the argument spec asks for; None if it was not given.
        """


@dataclass(frozen=True)
class IntRange:
    """A whole number from ``min`` to ``max``, both included; None leaves that side open, as far as the service counts.

    :param unit: what the number counts, in the plural and in small letters, for example ``minutes``.
    """

    min: int | None
    max: int | None
    unit: str = ""

    def check(self, name: str, value: int | None) -> str | None:
        """Return a sentence when ``value`` is outside the range."""
        if value is None or (_inside(value, self.min, self.max) and _inside(value, -_LARGEST - 1, _LARGEST)):
            return None
        high = _LARGEST if self.max is None and value > _LARGEST else self.max
        unit = _noun(self.unit, self.min, high) if self.unit else ""
        return f"{name} is {_shown(value)}; it takes {_span(self.min, high)}{' ' if unit else ''}{unit}."


@dataclass(frozen=True)
class Length:
    """A text of ``min`` to ``max`` characters, both included; ``max`` None leaves it open."""

    min: int
    max: int | None

    def check(self, name: str, value: str | None) -> str | None:
        """Return a sentence when ``value`` is too short or too long. An empty text has the length 0."""
        if value is None or _inside(len(value), self.min, self.max):
            return None
        found = f"has {_count(len(value), 'character')}" if value else "is empty"
        return f"{name} {found}; it takes {_span(self.min, self.max)} {_noun('characters', self.min, self.max)}."


@dataclass(frozen=True)
class Pattern:
    """A text that matches the regular expression ``regex`` from its first to its last character.

    :param says: what the expression means, as it reads after "it takes", for example ``a UUID``.
    """

    regex: str
    says: str

    def check(self, name: str, value: str | None) -> str | None:
        """Return a sentence when ``value`` does not match."""
        if value is None or re.fullmatch(self.regex, value):
            return None
        return (
            f"{name} is {_shown(value)}; it takes {self.says}." if value else f"{name} is empty; it takes {self.says}."
        )


@dataclass(frozen=True)
class Items:
    """A list of ``min`` to ``max`` items, both included; ``max`` None leaves it open.

    :param each: the limit of a single item, which goes by the name ``list[number]``, counted from 0.
    """

    min: int
    max: int | None
    each: Limit | None = None

    def check(self, name: str, value: list[Any] | None) -> str | None:
        """Return a sentence when there are too few or too many items, or about the first item that is wrong."""
        if value is None:
            return None
        if not _inside(len(value), self.min, self.max):
            found = f"has {_count(len(value), 'item')}" if value else "is empty"
            return f"{name} {found}; it takes {_span(self.min, self.max)} {_noun('items', self.min, self.max)}."
        if self.each is None:
            return None
        return _first(self.each.check(f"{name}[{number}]", item) for number, item in enumerate(value))


@dataclass(frozen=True)
class Fields:
    """A dict whose fields have limits of their own; a field goes by the name ``dict.field``."""

    limits: Mapping[str, Limit]

    def check(self, name: str, value: Mapping[str, Any] | None) -> str | None:
        """Return a sentence about the first field that is wrong."""
        if value is None:
            return None
        return _first(limit.check(f"{name}.{field}", value.get(field)) for field, limit in self.limits.items())


@dataclass(frozen=True)
class Pairs:
    """A dict with at most ``max`` keys of one's own choice, each with a value that is a text.

    :param key: the limit of a key.
    :param value: the limit of a value, which is looked at as text.
    """

    max: int
    key: Limit
    value: Limit

    def check(self, name: str, value: Mapping[Any, Any] | None) -> str | None:
        """Return a sentence when there are too many keys, or about the first key or value that is wrong."""
        if value is None:
            return None
        if len(value) > self.max:
            return f"{name} has {len(value)} keys; it takes at most {self.max}."
        return _first(
            self.key.check(f"a key of {name}", str(key))
            or self.value.check(f"{name}.{_shortened(str(key))}", None if item is None else str(item))
            for key, item in value.items()
        )


def broken_limits(limits: Mapping[str, Limit], params: Mapping[str, Any]) -> list[str]:
    """Return a sentence for every option of ``params`` that is outside its limit, in the order of ``limits``."""
    sentences = (limit.check(name, params.get(name)) for name, limit in limits.items())
    return [sentence for sentence in sentences if sentence is not None]


_LARGEST = 2**31 - 1  # the service's whole numbers have 32 bits (definitions)
_MOST_SHOWN = 60  # characters of a value that is wrong; it may be a whole file


def _shown(value: Any) -> str:
    """Return a value for a sentence: a text in quotes, with escapes for what is not printable."""
    if isinstance(value, str):
        return repr(_shortened(value))
    # Python refuses to write out a number of more than some thousand digits.
    return str(value) if abs(value) < 10**_MOST_SHOWN else "a number of more than 60 digits"


def _shortened(text: str) -> str:
    return text if len(text) <= _MOST_SHOWN else text[: _MOST_SHOWN - 1] + "…"


def _inside(number: int, low: int | None, high: int | None) -> bool:
    return (low is None or number >= low) and (high is None or number <= high)


def _span(low: int | None, high: int | None) -> str:
    if low is None:
        return f"at most {high}"
    if high is None:
        return f"at least {low}"
    return f"{low} to {high}" if low != high else f"exactly {low}"


def _noun(plural: str, low: int | None, high: int | None) -> str:
    """Return the noun that follows a span, whose last number decides; ``GB`` and the like stay as they are."""
    return plural.removesuffix("s") if (low if high is None else high) == 1 else plural


def _count(number: int, noun: str) -> str:
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"


def _first(sentences: Any) -> str | None:
    return next((sentence for sentence in sentences if sentence is not None), None)
