# Copyright (c) 2026 the hwcloud.workspace contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the report says of one pool, part by part. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from .elements import Content, Markup, element, joined
from .icons import icon
from .layout import bars_of, lay_out
from .model import Desktop, Finding, Remark, Result, Wave
from .pictures import drift, step_title, timeline, wave_shares, wave_shares_legend, wave_title
from .words import DASH, count, describe, duration, moment, number, rate, shortened

OUTCOMES = {
    "unchanged": ("same", "Nothing to do"),
    "done": ("ok", "Done"),
    "rolled_back": ("back", "Rolled back"),
    "stopped": ("stopped", "Stopped"),
    "failed": ("failed", "Failed"),
    "planned": ("planned", "Planned"),
    "skipped": ("skipped", "Skipped"),
}
"""Sign and words of each outcome."""

SESSIONS = {"CONNECTED": "connected", "DISCONNECTED": "disconnected, session open"}
ASKED = {"image": "Image", "product": "Product", "volumes": "Disks"}

MOST_LINES = 200
"""So many lines a table shows; the rest is in the JSON file."""

_MOST_TEXT = 600  # characters of what the service says in one line
_MOST_NAMES = 2000  # names of desktops in one list


def badge(outcome: str) -> Markup:
    """Return an outcome as a sign and words."""
    sign, words = OUTCOMES.get(outcome, ("unknown", shortened(outcome.replace("_", " ").capitalize(), 60)))
    return element("span", icon(sign), words, class_=f"badge badge-{sign}")


def figures(result: Result) -> Markup:
    """Return the numbers that matter most."""
    succeeded = ("succeeded", number(len(result.succeeded)), "succeeded")
    back = [("put_back", number(len(result.put_back)), "put back")] if result.put_back else []
    failed = ("failed", number(len(result.failed)), "failed")
    skipped = ("skipped", number(len(result.skipped)), "skipped")
    took = ("seconds", duration(result.seconds), "duration")
    whole = result.desktop_count
    pool = [] if whole is None else [("desktop_count", number(whole), "in the pool")]
    if result.check_mode:
        in_use = sum(desktop.in_session for desktop in result.touched)
        tiles = [
            ("planned", number(len(result.touched)), "would be changed"),
            ("in_session", number(in_use), "of them in use now"),
            ("waves", number(len(result.waves)), "wave" if len(result.waves) == 1 else "waves"),
            skipped,
            *pool,
            *(
                [("expected", duration(result.expected_seconds), "expected")]
                if result.expected_seconds is not None
                else []
            ),
        ]
    else:
        speed = DASH if result.rate is None else number(result.rate)
        tiles = [succeeded, *back, failed, skipped, *pool, took, ("rate", speed, "desktops an hour")]
    return element("dl", [_tile(*tile) for tile in tiles], class_="figures")


def asked_and_done(result: Result) -> Iterator[Markup | None]:
    """Yield what was asked for and what was done for it."""
    asked = [(ASKED.get(key, key), describe(value)) for key, value in result.asked.items()]
    facts = [(word, text) for word, text in asked if text]
    if facts:
        listed = [(element("dt", word), element("dd", shortened(text, _MOST_TEXT))) for word, text in facts]
        yield section("What was asked for", element("dl", listed, class_="facts"))
    if result.steps:
        rows = [
            [
                step_title(step.what),
                shortened(describe(step.before), _MOST_TEXT) or DASH,
                shortened(describe(step.after), _MOST_TEXT) or DASH,
                joined(badge(step.outcome), _reason(step.reason)) if step.outcome else _reason(step.reason),
            ]
            for step in result.steps
        ]
        heading = "What would be done" if result.check_mode else "What was done"
        yield section(heading, table(["Step", "From", "To", "Outcome"], rows))


def run(result: Result, most_rows: int) -> Iterator[Markup | None]:
    """Yield how the run went: its picture and its waves.

    :param most_rows: see :func:`~.layout.lay_out`.
    """
    layout = lay_out(bars_of(result), most_rows)
    if layout:
        notes = []
        if not result.timeline:
            notes.append("The service gave no times of single desktops; these are the times of the waves.")
        if result.without_times:
            notes.append(f"{count(result.without_times, 'change')} without a time cannot be shown here.")
        yield section("Timeline", timeline(layout), [element("p", note, class_="note") for note in notes])
    if not result.waves:
        return
    if result.check_mode:
        yield section("Waves that would run", list(_planned(result)))
    else:
        yield section("Waves", _waves(result), _desktops_of_waves(result.waves))


def failures(result: Result) -> Markup | None:
    """Return the desktops that failed, with the service's words; those with the same words stand in one line."""
    if not result.failed:
        return None
    rows: list[list[Content]] = [
        [_names(names), element("span", code or DASH, class_="code"), _words(reason) or "the service gave no reason"]
        for (code, reason), names in _alike(result.failed).items()
    ]
    return section(
        f"Failures ({number(len(result.failed))})", table(["Desktops", "Code", "The service says"], rows), class_="bad"
    )


def skipped(result: Result) -> Markup | None:
    """Return the desktops that were skipped, and why."""
    if not result.skipped:
        return None
    alike = _alike(result.skipped)
    rows: list[list[Content]] = [[_words(reason) or DASH, _names(names)] for (_code, reason), names in alike.items()]
    return section(f"Skipped desktops ({number(len(result.skipped))})", table(["Reason", "Desktops"], rows))


def drifted(result: Result) -> Markup | None:
    """Return how many desktops differed from their pool before and after."""
    picture = drift(result)
    if picture is None:
        return None
    what = element("p", "Numbers of desktops that differ from what their pool is set to.", class_="note")
    return section("Drift", what, picture)


def findings(result: Result) -> Markup | None:
    """Return what the preflight found, the worst first."""
    if not result.findings:
        return None
    order = ("error", "warning", "info")
    ordered = sorted(result.findings, key=lambda finding: order.index(finding.severity))
    items = [_finding(finding) for finding in ordered[:MOST_LINES]]
    return section("Preflight", element("ul", items, class_="findings"), _left_off(len(ordered)))


def notices(result: Result) -> Markup | None:
    """Return what users were told."""
    said = [_notice(notice) for notice in result.notices]
    items = [element("li", _words(text)) for text in said[:MOST_LINES] if text]
    heading = "What users would be told" if result.check_mode else "What users were told"
    return section(heading, element("ul", items), _left_off(len(said))) if items else None


def section(heading: str, *content: Content, class_: str | None = None) -> Markup:
    """Return a part of the page under a heading."""
    return element("section", element("h3", heading), content, class_=class_)


def table(heads: Sequence[str], rows: Sequence[Sequence[Content]], *, numeric: frozenset[int] = frozenset()) -> Markup:
    """Return a table. On a phone each row becomes a small list, so every cell knows its head.

    :param numeric: columns that hold numbers, from 0.
    """
    of_column = ["number" if index in numeric else None for index in range(len(heads))]
    head = [element("th", text, scope="col", class_=of_column[index]) for index, text in enumerate(heads)]
    body = [
        element(
            "tr",
            [
                element("td", element("div", cell), data_label=heads[index], class_=of_column[index])
                for index, cell in enumerate(row)
            ],
        )
        for row in rows[:MOST_LINES]
    ]
    whole = element("table", element("thead", element("tr", head)), element("tbody", body))
    return joined(whole, _left_off(len(rows)))


def _tile(key: str, value: str, word: str) -> Markup:
    strong = key == "failed" and value != "0"
    return element(
        "div",
        element("dd", icon("failed") if strong else None, element("span", value, data_figure=key)),
        element("dt", word),
        class_="tile bad" if strong else "tile",
    )


def _waves(result: Result) -> Markup:
    several = len({wave.key.what for wave in result.waves}) > 1
    heads = ["Wave", *(["Step"] if several else []), "Desktops", "Failed", "Began", "Duration", "Job"]
    rows = [
        [
            joined(_sign(wave), wave_title(wave.key)),
            *([step_title(wave.key.what)] if several else []),
            number(len(wave.desktops)),
            joined(icon("failed"), " ", number(len(wave.failed))) if wave.failed else "0",
            moment(wave.began) or DASH,
            duration(wave.seconds),
            element("span", wave.job_id, class_="id") if wave.job_id else DASH,
        ]
        for wave in result.waves
    ]
    return table(heads, rows, numeric=frozenset({heads.index("Desktops"), heads.index("Failed")}))


def _desktops_of_waves(waves: Iterable[Wave]) -> Markup | None:
    parts = []
    for wave in waves:
        if wave.desktops:
            parts.append(element("h4", _sign(wave), _wave_heading(wave)))
            parts.append(_names([desktop.desktop_name for desktop in wave.desktops]))
            parts += [
                element("p", icon("failed"), " ", remark.desktop_name, ": ", _words(_said(remark)), class_="failure")
                for remark in wave.failed[:MOST_LINES]
            ]
    return element("details", element("summary", "Desktops of each wave"), parts) if parts else None


def _planned(result: Result) -> Iterator[Markup | None]:
    most = max(len(wave.desktops) for wave in result.waves)
    lines_left = MOST_LINES
    if result.touched:
        yield wave_shares_legend()
    for wave in result.waves:
        used = [desktop for desktop in wave.desktops if desktop.in_session]
        in_use = f", {number(len(used))} of them in use" if used else ", none of them in use"
        yield element("h4", _sign(wave), _wave_heading(wave), in_use)
        yield wave_shares(wave, most)
        yield _foreseen(wave)
        if used:
            yield table(["Desktop", "Users", "Session"], [_session(desktop) for desktop in used[:lines_left]])
            yield _left_off(len(used), lines_left)
            lines_left = max(0, lines_left - len(used))
        free = [desktop.desktop_name for desktop in wave.desktops if not desktop.in_session]
        if free:
            yield element("p", "Nobody is logged in on these:", class_="note")
            yield _names(free)


def _foreseen(wave: Wave) -> Markup | None:
    said = ["It would begin once users have logged off."] if wave.after_users else []
    if wave.expected_seconds is not None:
        said.append(f"It is expected to take {duration(wave.expected_seconds)}.")
    return element("p", " ".join(said), class_="note") if said else None


def _session(desktop: Desktop) -> list[Content]:
    status = desktop.login_status
    return [
        desktop.desktop_name,
        joined(icon("user"), " ", ", ".join(desktop.user_names) or "unknown"),
        SESSIONS.get(status.upper(), status),
    ]


def _wave_heading(wave: Wave) -> str:
    step = f"{step_title(wave.key.what)}, " if wave.key.what else ""
    title = wave_title(wave.key)
    whole = ", the whole pool at once" if wave.whole_pool else ""
    return f"{step}{title.lower() if step else title}: {count(len(wave.desktops), 'desktop')}{whole}"


def _sign(wave: Wave) -> Markup:
    kind = wave.key.kind
    return icon(kind if kind in ("canary", "repair", "rollback") else "wave")


def _alike(remarks: Iterable[Remark]) -> Mapping[tuple[str, str], list[str]]:
    alike: dict[tuple[str, str], list[str]] = {}
    for remark in remarks:
        alike.setdefault((remark.code, remark.reason), []).append(remark.desktop_name or "unnamed desktop")
    return alike


def _names(names: Sequence[str]) -> Markup:
    shown = [(element("span", name, class_="name"), " ") for name in names[:_MOST_NAMES]]
    return element("div", shown, _left_off(len(names), _MOST_NAMES), class_="names")


def _finding(finding: Finding) -> Markup:
    head = element("strong", finding.severity.capitalize(), f" · {finding.check}" if finding.check else None)
    action = element("div", _words(finding.action), class_="action") if finding.action else None
    body = element("div", head, element("div", _words(finding.message)), action)
    return element("li", icon(finding.severity), body, class_=f"finding finding-{finding.severity}")


def _notice(notice: Any) -> str:
    # A number is how many minutes before the change users were told.
    if isinstance(notice, (int, float)) and not isinstance(notice, bool):
        return f"{count(notice, 'minute')} before" if notice else "at the beginning"
    return describe(notice)


def _said(remark: Remark) -> str:
    return " ".join(filter(None, (remark.code, remark.reason))) or "the service gave no reason"


def _words(text: str) -> str:
    return shortened(text, _MOST_TEXT)


def _reason(reason: str) -> Markup | None:
    return element("div", _words(reason), class_="note") if reason else None


def _left_off(lines: int, shown: int = MOST_LINES) -> Markup | None:
    return element("p", f"{number(lines - shown)} more are in the JSON file.", class_="note") if lines > shown else None


def spoken_rate(result: Result) -> str:
    """Return how fast a run went, or an empty text where that is unknown."""
    return "" if result.rate is None else rate(result.rate)
