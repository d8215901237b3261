# Copyright (c) 2026 the hwcloud.workspace contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Numbers, times and things of the service as people read them. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, timezone
from typing import Any

_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
DASH = "\u2013"
"""Stands for what is not known."""

SPACE = "\u00a0"
"""A space at which no line breaks."""


def duration(seconds: float | None) -> str:
    """Return seconds as people say them: ``45 s``, ``4 min 10 s``, ``1 h 2 min``, ``2 d 3 h``; a dash if unknown."""
    if seconds is None:
        return DASH
    whole = max(0, round(seconds))
    for size, unit, smaller, smaller_unit in ((86400, "d", 3600, "h"), (3600, "h", 60, "min"), (60, "min", 1, "s")):
        if whole >= size:
            rest = whole % size // smaller
            return f"{whole // size}{SPACE}{unit}" + (f" {rest}{SPACE}{smaller_unit}" if rest else "")
    return f"{whole}{SPACE}s"


def number(value: float) -> str:
    """Return a number with commas between thousands, and one digit after the point if it is small and not whole."""
    if abs(value) < 10 and round(value, 1) != round(value):
        return f"{value:.1f}"
    return f"{round(value):,}"


def count(value: float, thing: str) -> str:
    """Return how many there are of a thing: ``1 desktop``, ``3 desktops``."""
    text = number(value)
    return f"{text} {thing}" if text == "1" else f"{text} {thing}s"


def rate(desktops_an_hour: float | None) -> str:
    """Return a speed: ``38 desktops an hour``; a dash if unknown."""
    return DASH if desktops_an_hour is None else f"{count(desktops_an_hour, 'desktop')} an hour"


def parse_time(text: str) -> datetime | None:
    """Return a point in time, without its zone: UTC if the text names a zone, else as it is. None if it is no time."""
    text = text.strip()
    try:
        # Before Python 3.11 the Z is not understood.
        parsed = datetime.fromisoformat(text[:-1] + "+00:00" if text.endswith(("Z", "z")) else text)
    except ValueError:
        return None
    try:
        return parsed.astimezone(timezone.utc).replace(tzinfo=None) if parsed.tzinfo else parsed
    except OverflowError:
        return None


def moment(text: str) -> str:
    """Return a point in time: ``11 Mar 2026, 22:04:10 UTC``. What is no time is returned as it is."""
    parsed = parse_time(text)
    if parsed is None:
        return text
    zone = " UTC" if _names_a_zone(text) else ""
    return f"{day(parsed)}, {parsed:%H:%M:%S}{zone}"


def period(began: str, ended: str) -> str:
    """Return a span of time: ``11 Mar 2026, 22:04:10 to 23:16:17 UTC``, as far as its ends are known."""
    first, last = parse_time(began), parse_time(ended)
    if first and last and first.date() == last.date() and _names_a_zone(began) == _names_a_zone(ended):
        return f"{moment(began).removesuffix(' UTC')} to {moment(ended).partition(', ')[2]}"
    return " to ".join(moment(time) for time in (began, ended) if time)


def day(parsed: datetime) -> str:
    """Return a day: ``11 Mar 2026``."""
    return f"{parsed.day}{SPACE}{_MONTHS[parsed.month - 1]}{SPACE}{parsed.year}"


def _names_a_zone(text: str) -> bool:
    return text.strip()[-1:] in ("Z", "z") or "+" in text or text.count("-") > 2


def describe(value: Any) -> str:
    """Return an image, a product, a list of disks or the like in one line: its name, and its ID in brackets.

    Names and IDs are those of the service's own fields; of a thing that has neither, all fields are said.
    """
    if value is None:
        return ""
    if isinstance(value, Mapping):
        return _describe_fields(value)
    if isinstance(value, Sequence) and not isinstance(value, str):
        return ", ".join(filter(None, map(describe, value)))
    return str(value)


def _describe_fields(fields: Mapping[Any, Any]) -> str:
    if fields.get("size") is not None and len(fields) <= 8:
        return _describe_disk(fields)
    names = [str(fields[key]) for key in ("name", "flavor_id") if fields.get(key)]
    ids = [str(fields[key]) for key in ("id", "product_id", "image_id") if fields.get(key)]
    if not names and not ids:
        return ", ".join(f"{key}: {describe(held)}" for key, held in fields.items() if held not in (None, "", [], {}))
    text = f"{names[0]} ({ids[0]})" if names and ids and ids[0] != names[0] else (names or ids)[0]
    return f"{text}, {fields['type']}" if fields.get("type") else text


def _describe_disk(fields: Mapping[Any, Any]) -> str:
    kind = f"{fields['type']} " if fields.get("type") else ""
    identity = f" ({fields['id']})" if fields.get("id") else ""
    more = [f"{key} {fields[key]}" for key in ("iops", "throughput", "kms_id") if fields.get(key)]
    return ", ".join([f"{kind}{fields['size']}{SPACE}GB{identity}", *more])


def shortened(text: str, most: int) -> str:
    """Return a text of at most ``most`` characters; one that is longer ends in an ellipsis."""
    return text if len(text) <= most else text[: most - 1].rstrip() + "…"
