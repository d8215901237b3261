# Copyright (c) 2026 the hwcloud.workspace contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Where everything stands in the picture of a run: one row for each desktop, one band for each wave. Pure.

Across, places are percentages of the picture's width, so that it fits a phone and a wall. Down, they are pixels.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from .model import Bar, Result, WaveKey
from .words import parse_time

DONE, BACK, FAILED, OPEN = "done", "back", "failed", "open"
"""How a bar is drawn: it succeeded, it was put back, it failed, it did not end as far as is known."""

NAMED_ROWS = 48
"""So many rows are high enough for the name of each desktop."""

_HIGHEST_ROW, _LOWEST_ROW, _WHOLE_HEIGHT = 16.0, 2.5, 640.0  # pixels
_NARROWEST_BAR = 0.6  # percent
_MOST_TICKS = 6
_TICK_STEPS = (10, 30, 60, 120, 300, 600, 900, 1200, 1800, 3600, 7200, 10800, 21600, 43200, 86400)  # seconds


@dataclass(frozen=True)
class Segment:
    """A bar in the picture, from ``left`` to ``right`` percent."""

    left: float
    right: float
    look: str
    wave: WaveKey


@dataclass(frozen=True)
class Row:
    """A line of the picture: a desktop, or several that went alike at about the same time."""

    desktops: tuple[str, ...]
    segments: tuple[Segment, ...]
    top: float

    @property
    def failed(self) -> bool:
        """Whether a change failed on them."""
        return any(segment.look == FAILED for segment in self.segments)


@dataclass(frozen=True)
class Band:
    """The time in which a wave ran, from ``left`` to ``right`` percent."""

    wave: WaveKey
    left: float
    right: float
    desktops: int


@dataclass(frozen=True)
class Tick:
    """A mark of the time axis. ``day`` is set on the first one of each day."""

    at: float
    time: datetime
    day: bool


@dataclass(frozen=True)
class Layout:
    """The picture. ``most_in_a_row`` is the greatest number of desktops that one row stands for."""

    rows: tuple[Row, ...]
    bands: tuple[Band, ...]
    ticks: tuple[Tick, ...]
    row_height: float
    with_seconds: bool
    desktops: int

    @property
    def height(self) -> float:
        """Height of all rows in pixels."""
        return self.row_height * len(self.rows)

    @property
    def most_in_a_row(self) -> int:
        """The greatest number of desktops that one row stands for."""
        return max(len(row.desktops) for row in self.rows)


def bars_of(result: Result) -> tuple[Bar, ...]:
    """Return the bars of a run: of its desktops, or where nothing is known of them, of the waves that they were in."""
    return result.timeline or tuple(_bars_of_waves(result))


def lay_out(bars: Sequence[Bar], most_rows: int) -> Layout | None:
    """Return where everything stands, or None if there is nothing to show.

    :param most_rows: with more desktops than that, those that went alike share a row. Some more rows can come of it
        where desktops went in many different ways.
    """
    if not bars:
        return None
    begin = min(entry.began for entry in bars)
    end = max(*(entry.ended or entry.began for entry in bars), begin + timedelta(seconds=30))
    scale = _Scale(begin, end)
    by_desktop: dict[str, list[Bar]] = {}
    for entry in sorted(bars, key=lambda entry: (entry.began, entry.ended or end, entry.desktop_name)):
        by_desktop.setdefault(entry.desktop_id or entry.desktop_name, []).append(entry)
    groups = list(_grouped(list(by_desktop.values()), most_rows))
    row_height = min(_HIGHEST_ROW, max(_LOWEST_ROW, _WHOLE_HEIGHT / len(groups)))
    rows = tuple(_row(group, scale, index * row_height) for index, group in enumerate(groups))
    step = _tick_step(scale.seconds)
    return Layout(rows, tuple(_bands(bars, scale)), tuple(_ticks(scale, step)), row_height, step < 60, len(by_desktop))


@dataclass(frozen=True)
class _Scale:
    begin: datetime
    end: datetime

    @property
    def seconds(self) -> float:
        return (self.end - self.begin).total_seconds()

    def place(self, time: datetime) -> float:
        return 100 * (time - self.begin).total_seconds() / self.seconds

    def span(self, began: datetime, ended: datetime) -> tuple[float, float]:
        left = min(self.place(began), 100 - _NARROWEST_BAR)
        return left, max(self.place(ended), left + _NARROWEST_BAR)


def look_of(entry: Bar) -> str:
    """Return how a bar is drawn."""
    if entry.status.startswith(("FAIL", "ERR")):
        return FAILED
    if entry.ended is None or not entry.status.startswith("SUCC"):
        return OPEN
    return BACK if entry.wave.kind == "rollback" else DONE


def _bars_of_waves(result: Result) -> Iterator[Bar]:
    for wave in result.waves:
        began, ended = parse_time(wave.began), parse_time(wave.ended)
        if began is None:
            continue
        ended = max(began, ended) if ended else None
        failed = {remark.desktop_id for remark in wave.failed}
        for desktop in wave.desktops:
            status = "FAILED" if desktop.desktop_id in failed else "SUCCESS"
            yield Bar(desktop.desktop_id, desktop.desktop_name, wave.key, began, ended, status)


_Desktops = list[list[Bar]]


def _grouped(desktops: _Desktops, most_rows: int) -> Iterator[_Desktops]:
    """Yield what shares a row. A desktop that failed shares one only where very many have failed."""
    failed = sum(map(_has_failed, desktops))
    rows_for_failed = min(failed, max(1, most_rows // 2))
    crowd = {
        True: math.ceil(failed / max(1, rows_for_failed)),
        False: math.ceil((len(desktops) - failed) / max(1, most_rows - rows_for_failed)),
    }
    group: _Desktops = []
    for bars in desktops:
        if group and (_ways(group[0]) != _ways(bars) or len(group) >= crowd[_has_failed(bars)]):
            yield group
            group = []
        group.append(bars)
    yield group


def _has_failed(bars: list[Bar]) -> bool:
    return any(look_of(entry) == FAILED for entry in bars)


def _ways(bars: list[Bar]) -> list[tuple[WaveKey, str]]:
    return [(entry.wave, look_of(entry)) for entry in bars]


def _row(group: _Desktops, scale: _Scale, top: float) -> Row:
    segments = []
    for alike in zip(*group, strict=True):
        began = min(entry.began for entry in alike)
        ended = max(entry.ended or scale.end for entry in alike)
        segments.append(Segment(*scale.span(began, ended), look_of(alike[0]), alike[0].wave))
    return Row(tuple(bars[0].desktop_name for bars in group), tuple(segments), top)


def _bands(bars: Iterable[Bar], scale: _Scale) -> Iterator[Band]:
    by_wave: dict[WaveKey, list[Bar]] = {}
    for entry in sorted(bars, key=lambda entry: entry.began):
        by_wave.setdefault(entry.wave, []).append(entry)
    for wave, members in by_wave.items():
        ended = max(entry.ended or scale.end for entry in members)
        yield Band(wave, *scale.span(members[0].began, ended), len({entry.desktop_id for entry in members}))


def _tick_step(seconds: float) -> int:
    for step in _TICK_STEPS:
        if seconds / step <= _MOST_TICKS:
            return step
    return 86400 * math.ceil(seconds / 86400 / _MOST_TICKS)


def _ticks(scale: _Scale, step: int) -> Iterator[Tick]:
    midnight = scale.begin.replace(hour=0, minute=0, second=0, microsecond=0)
    first = math.ceil((scale.begin - midnight).total_seconds() / step)
    previous = None
    for index in range(first, first + _MOST_TICKS + 2):
        time = midnight + timedelta(seconds=index * step)
        if time > scale.end:
            return
        yield Tick(scale.place(time), time, time.date() != previous)
        previous = time.date()
