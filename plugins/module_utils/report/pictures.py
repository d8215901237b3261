# Copyright (c) 2026 the hwcloud.workspace contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The pictures of the report, drawn as SVG inside the page. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

from .elements import Content, Markup, element, joined
from .icons import icon
from .layout import BACK, DONE, FAILED, NAMED_ROWS, OPEN, Band, Layout, Row, Tick
from .model import DRIFT_KINDS, Result, Wave, WaveKey
from .words import count, day, shortened

STEPS = {"image": "Image", "product": "Product", "volumes": "Disks"}
DRIFTS = {
    "image_id": "Image",
    "product_id": "Product",
    "disk_num": "Number of data disks",
    "disk_size": "Size of all disks",
}
LOOKS = {DONE: "succeeded", BACK: "put back", FAILED: "failed", OPEN: "not ended, as far as is known"}

_NAME_LENGTH = 16
_HEAD = 20.0  # pixels above the rows, for the waves
_FOOT = 34.0  # pixels below them, for the time
_LABEL = 13.0  # pixels that a label needs


def wave_title(wave: WaveKey) -> str:
    """Return what a wave is called: ``Canary``, ``Wave 2``, ``Repair``, ``Roll back``."""
    if wave.kind == "wave":
        return "Wave" if wave.number is None else f"Wave {wave.number}"
    return {"canary": "Canary", "repair": "Repair", "rollback": "Roll back"}.get(wave.kind, wave.kind)


def step_title(what: str) -> str:
    """Return what a step is called: ``Image``, ``Product``, ``Disks``."""
    return STEPS.get(what, what)


def timeline(layout: Layout) -> Markup:
    """Return the picture of a run: a row for each desktop, a band for each wave, the time below."""
    steps = list(_step_spans(layout.bands))
    head = _HEAD * (2 if len(steps) > 1 else 1)
    whole = head + layout.height + _FOOT
    said = f"Timeline of {count(layout.desktops, 'desktop')} in {count(len(layout.bands), 'wave')}"
    labels = element("svg", _labels(layout, head), class_="labels", height=f"{whole:.0f}", aria_hidden="true")
    chart = element(
        "svg",
        element("title", said),
        [_band(band, index, head, layout.height) for index, band in enumerate(layout.bands)],
        [_step_label(*step) for step in steps] if len(steps) > 1 else None,
        _band_labels(layout.bands, head),
        [_tick(tick, head, layout) for tick in layout.ticks],
        [_row(row, head, layout) for row in layout.rows],
        class_="chart",
        height=f"{whole:.0f}",
        role="img",
        aria_label=said,
    )
    return joined(element("div", labels, chart, class_="timeline"), _legend(layout))


def shares(parts: Iterable[tuple[str, int, str]], whole: int) -> Markup | None:
    """Return a bar that is cut into parts, or None if there is nothing to cut.

    :param parts: look, number and word of each part.
    :param whole: what the length of the bar stands for; what the parts leave of it stays empty.
    """
    found = [part for part in parts if part[1]]
    if not found:
        return None
    whole = max(whole, sum(number for _look, number, _word in found))
    cut, left = [], 0.0
    for look, number, word in found:
        width = 100 * number / whole
        title = element("title", f"{number} {word}")
        cut.append(element("rect", title, class_=look, x=f"{left:.2f}%", width=f"{width:.2f}%", height="100%"))
        left += width
    said = ", ".join(f"{number} {word}" for _look, number, word in found)
    return element("svg", cut, class_="shares", role="img", aria_label=f"of {whole}: {said}")


def drift(result: Result) -> Markup | None:
    """Return the picture of how many desktops differed from their pool before and after, or None if nobody counted."""
    # A rehearsal leaves everything as it was.
    before, after = result.drift_before, {} if result.check_mode else result.drift_after
    counted = [kind for kind in DRIFT_KINDS if kind in before or kind in after]
    if not counted:
        return None
    differing = [kind for kind in counted if before.get(kind) or after.get(kind)]
    most = max(1, result.desktop_count or 0, *before.values(), *after.values())
    when = [(look, counts) for look, counts in (("before", before), ("after", after)) if counts]
    words = {"before": "now" if result.check_mode else "before", "after": "after"}
    alike = [DRIFTS[kind].lower() for kind in counted if kind not in differing]
    return joined(
        element("div", [_drift_of(kind, when, most, words) for kind in differing], class_="drift")
        if differing
        else None,
        element("p", f"No desktop differs in: {', '.join(alike)}.", class_="note") if alike else None,
    )


def wave_shares(wave: Wave, most: int) -> Markup | None:
    """Return a bar for a wave that would run: its desktops, and on how many of them somebody is logged in.

    :param most: number of desktops of the greatest wave.
    """
    used = sum(desktop.in_session for desktop in wave.desktops)
    return shares([("used", used, "in use"), ("free", len(wave.desktops) - used, "not in use")], most)


def wave_shares_legend() -> Markup:
    """Return what the parts of such a bar are."""
    return element("p", _key(_swatch("used"), "in use"), _key(_swatch("free"), "not in use"), class_="legend")


def _drift_of(kind: str, when: Iterable[tuple[str, Mapping[str, int]]], most: int, words: Mapping[str, str]) -> Markup:
    lines = []
    for look, counts in when:
        number = counts.get(kind, 0)
        rectangle = element("rect", class_=f"drift-{look}", width=f"{100 * number / most:.2f}%", height="100%")
        strip = element("svg", rectangle, class_="drift-bar", aria_hidden="true")
        text = element("span", number, data_figure=f"drift_{look}.{kind}")
        lines.append(
            element("div", element("span", words[look], class_="drift-when"), strip, text, class_="drift-line")
        )
    return element("div", element("div", DRIFTS[kind], class_="drift-title"), lines)


def _band(band: Band, index: int, head: float, height: float) -> Markup:
    title = f"{step_title(band.wave.what)} {wave_title(band.wave)}: {count(band.desktops, 'desktop')}".strip()
    return element(
        "rect",
        element("title", title),
        class_=f"band band-{'odd' if index % 2 else 'even'}{' band-back' if band.wave.kind == 'rollback' else ''}",
        x=f"{band.left:.2f}%",
        width=f"{band.right - band.left:.2f}%",
        y=f"{head - 18:.0f}",
        height=f"{height + 18:.1f}",
    )


def _band_labels(bands: Iterable[Band], head: float) -> Iterator[Markup]:
    """Yield a number or a sign above each band, except where it would cover the one before it."""
    last = -100.0
    for band in bands:
        middle = (band.left + band.right) / 2
        if middle - last < 5:
            continue
        last = middle
        if band.wave.kind == "wave" and band.wave.number is not None:
            yield element("text", band.wave.number, class_="wave", x=f"{middle:.2f}%", y=f"{head - 5:.0f}")
        else:
            name = band.wave.kind if band.wave.kind in ("canary", "repair", "rollback") else "wave"
            sign = element("use", href=f"#i-{name}", x=-6, width=12, height=12)
            yield element("svg", sign, class_="sign", x=f"{middle:.2f}%", y=f"{head - 15:.0f}")


def _step_spans(bands: Iterable[Band]) -> Iterator[tuple[str, float, float]]:
    """Yield each step, and from where to where it went without another in between."""
    span: tuple[str, float, float] | None = None
    for band in bands:
        if span and span[0] == band.wave.what:
            span = (span[0], span[1], max(span[2], band.right))
            continue
        if span:
            yield span
        span = (band.wave.what, band.left, band.right)
    if span:
        yield span


def _step_label(what: str, left: float, right: float) -> Iterator[Markup]:
    if right - left < 12:
        return
    line = element("line", class_="step", x1=f"{left:.2f}%", x2=f"{right:.2f}%", y1=17, y2=17)
    yield line
    yield element("text", step_title(what), class_="step", x=f"{left:.2f}%", y=11)


def _row(row: Row, head: float, layout: Layout) -> Markup:
    gap = min(3.0, layout.row_height * 0.2)
    y, height = head + row.top + gap / 2, layout.row_height - gap
    bars = [
        element(
            "rect",
            class_=segment.look,
            x=f"{segment.left:.2f}%",
            width=f"{segment.right - segment.left:.2f}%",
            y=f"{y:.1f}",
            height=f"{height:.1f}",
        )
        for segment in row.segments
    ]
    crosses = [_cross(segment.right, y + height / 2) for segment in row.segments if segment.look == FAILED]
    return element("g", element("title", _said_of(row)), bars, crosses)


def _cross(right: float, middle: float) -> Markup:
    path = element("path", d="M-3.5-3.5l7 7M3.5-3.5l-7 7")
    return element("svg", path, class_="cross", x=f"{right:.2f}%", y=f"{middle:.1f}")


def _said_of(row: Row) -> str:
    names = row.desktops[0] if len(row.desktops) == 1 else f"{len(row.desktops)} desktops, {row.desktops[0]} and others"
    ways = (f"{wave_title(segment.wave)} {LOOKS[segment.look]}" for segment in row.segments)
    return f"{shortened(names, 80)}: {', '.join(ways)}"


def _tick(tick: Tick, head: float, layout: Layout) -> Iterator[Markup]:
    bottom = head + layout.height
    at = f"{tick.at:.2f}%"
    anchor = "start" if tick.at < 4 else "end" if tick.at > 95 else "middle"
    time = f"{tick.time:%H:%M:%S}" if layout.with_seconds else f"{tick.time:%H:%M}"
    yield element("line", class_="tick", x1=at, x2=at, y1=f"{head:.0f}", y2=f"{bottom + 4:.1f}")
    yield element("text", time, class_=f"time {anchor}", x=at, y=f"{bottom + 16:.1f}")
    if tick.day:
        yield element("text", day(tick.time), class_=f"time day {anchor}", x=at, y=f"{bottom + 29:.1f}")


def _labels(layout: Layout, head: float) -> Iterator[Markup]:
    """Yield names at the side: of each desktop, or of waves and of desktops that failed, as far as there is room."""
    middle = layout.row_height / 2 + 4
    if len(layout.rows) <= NAMED_ROWS and layout.most_in_a_row == 1:
        for row in layout.rows:
            yield _label(row, head + row.top + middle)
        return
    taken: list[float] = []
    first_of: dict[WaveKey, tuple[float, int]] = {}
    for row in layout.rows:
        top, desktops = first_of.get(row.segments[0].wave, (row.top, 0))
        first_of[row.segments[0].wave] = (top, desktops + len(row.desktops))
    for wave, (top, desktops) in first_of.items():
        y = head + top + 10
        if all(abs(y - other) >= _LABEL for other in taken):
            taken.append(y)
            yield element(
                "text", wave_title(wave), element("tspan", f" · {desktops}", class_="count"), x="100%", y=f"{y:.1f}"
            )
    for row in layout.rows:
        # A little lower where another label stands at its place.
        places = (head + row.top + middle + shift for shift in (0.0, _LABEL / 2, _LABEL, _LABEL * 1.5))
        free = (y for y in places if all(abs(y - other) >= _LABEL for other in taken))
        place = next(free, None)
        if row.failed and place is not None:
            taken.append(place)
            yield _label(row, place)


def _label(row: Row, y: float) -> Markup:
    name = row.desktops[0] if len(row.desktops) == 1 else f"{len(row.desktops)} desktops"
    title = element("title", shortened(", ".join(row.desktops), 200))
    return element(
        "text",
        title,
        shortened(name, _NAME_LENGTH),
        class_="failed-name" if row.failed else "name",
        x="100%",
        y=f"{y:.1f}",
    )


def _legend(layout: Layout) -> Markup:
    looks = {segment.look for row in layout.rows for segment in row.segments}
    kinds = {band.wave.kind for band in layout.bands}
    signs = {"canary": "canary", "repair": "repair", "rollback": "roll back"}
    keys: list[Content] = [_key(_swatch(look), LOOKS[look]) for look in (DONE, FAILED, BACK, OPEN) if look in looks]
    keys += [_key(icon(kind), word) for kind, word in signs.items() if kind in kinds]
    if "wave" in kinds:
        keys.append(_key(_swatch("band-key"), "a wave, with its number"))
    if layout.most_in_a_row > 1:
        keys.append(f"Each line stands for up to {layout.most_in_a_row} desktops that went alike.")
    elif layout.desktops > 1:
        keys.append("Each line is a desktop.")
    keys.append("Times are by the service's clock.")
    return element("p", [key if isinstance(key, Markup) else element("span", key) for key in keys], class_="legend")


def _key(sign: Markup, word: str) -> Markup:
    return element("span", sign, word, class_="key")


def _swatch(look: str) -> Markup:
    strip = element("rect", class_=look, x=1, y=1, width=20, height=10)
    cross = element("path", class_="cross", d="M17 2.5l7 7M24 2.5l-7 7") if look == FAILED else None
    return element("svg", strip, cross, class_="swatch", aria_hidden="true")
