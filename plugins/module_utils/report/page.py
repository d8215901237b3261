# Copyright (c) 2026 the hwcloud.workspace contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The whole page: one pool, or several with an overview above them. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from . import sections
from .elements import Content, Markup, element, joined
from .icons import definitions, icon
from .model import Result
from .pictures import shares
from .style import STYLE
from .words import DASH, count, duration, moment, number, period

ROWS = 600
"""So many rows the pictures of all pools have together, about; a pool has at least 40 and at most 200."""

# Nothing is loaded and nothing is run, not even what a mistake in this page would let through.
_POLICY = "default-src 'none'; style-src 'unsafe-inline'; img-src data:; base-uri 'none'; form-action 'none'"


def page(results: Sequence[Result], title: str, written: str) -> str:
    """Return the report as an HTML page that needs nothing but itself.

    :param results: what came of each pool.
    :param title: the page's title.
    :param written: when it is written, as ISO 8601.
    """
    most_rows = min(200, max(40, ROWS // max(1, len(results))))
    pools = [_pool(result, f"pool-{index}", most_rows) for index, result in enumerate(results, 1)]
    body = element(
        "body",
        definitions(),
        element(
            "header",
            element("h1", title),
            element("p", " · ".join(filter(None, (_headline(results), _period(results)))), class_="period"),
        ),
        _rehearsal(results),
        element("main", _overview(results) if len(results) > 1 else None, pools),
        element(
            "footer", element("p", f"Written {moment(written)}. The JSON file beside this page holds the same in full.")
        ),
    )
    head = element(
        "head",
        element("meta", charset="utf-8"),
        element("meta", http_equiv="Content-Security-Policy", content=_POLICY),
        element("meta", name="viewport", content="width=device-width, initial-scale=1"),
        element("meta", name="color-scheme", content="light dark"),
        element("meta", name="robots", content="noindex"),
        element("link", rel="icon", href="data:,"),
        element("title", f"{title}: {_headline(results)}"),
        element("style", Markup(STYLE)),
    )
    return f"<!DOCTYPE html>\n{element('html', head, body, lang='en').text}\n"


def _headline(results: Sequence[Result]) -> str:
    if not results:
        return "No pool"
    return results[0].pool if len(results) == 1 else count(len(results), "desktop pool")


def _period(results: Sequence[Result]) -> str:
    began = min((result.began for result in results if result.began), default="")
    ended = max((result.ended for result in results if result.ended), default="")
    return period(began, ended)


def _rehearsal(results: Sequence[Result]) -> Markup | None:
    rehearsed = [result for result in results if result.check_mode]
    if not rehearsed:
        return None
    if len(rehearsed) == len(results):
        strong = "Rehearsal: nothing was changed"
        text = "This is what would be done. No desktop was touched, and nobody was told anything."
    else:
        strong = "Partly a rehearsal"
        names = ", ".join(result.pool for result in rehearsed)
        text = f"Nothing was changed in {names}. What is said of the other pools was really done."
    said = element("div", element("strong", strong), element("p", text))
    return element("div", icon("planned"), said, class_="rehearsal", role="note")


def _overview(results: Sequence[Result]) -> Markup:
    heads = ["Pool", "Outcome", "Desktops", "Succeeded", "Failed", "Skipped", "Duration", ""]
    rows: list[list[Content]] = [
        [
            element("a", result.pool, href=f"#pool-{index}"),
            sections.badge(result.outcome),
            DASH if result.desktop_count is None else number(result.desktop_count),
            number(len(result.succeeded)),
            joined(icon("failed"), " ", number(len(result.failed))) if result.failed else "0",
            number(len(result.skipped)),
            duration(result.seconds),
            _shares(result),
        ]
        for index, result in enumerate(results, 1)
    ]
    table = sections.table(heads, rows, numeric=frozenset({2, 3, 4, 5, 6}))
    return element("article", sections.section("Overview", table), class_="overview")


def _pool(result: Result, anchor: str, most_rows: int) -> Markup:
    return element(
        "article",
        element("div", element("h2", result.pool), sections.badge(result.outcome), class_="pool-head"),
        element("p", _summary(result), class_="summary"),
        element("p", result.reason, class_="reason") if result.reason else None,
        _shares(result),
        sections.figures(result),
        sections.failures(result),
        list(sections.asked_and_done(result)),
        list(sections.run(result, most_rows)),
        sections.skipped(result),
        sections.drifted(result),
        sections.findings(result),
        sections.notices(result),
        element("p", "Pool ID ", element("span", result.pool_id, class_="id"), class_="note")
        if result.pool_id
        else None,
        id=anchor,
    )


def _shares(result: Result) -> Markup | None:
    if result.check_mode:
        used = sum(desktop.in_session for desktop in result.touched)
        parts = [("used", used, "would be changed, in use"), ("free", len(result.touched) - used, "would be changed")]
    else:
        back = set(result.put_back).difference(result.succeeded, (remark.desktop_id for remark in result.failed))
        parts = [
            ("done", len(result.succeeded), "succeeded"),
            ("back", len(back), "put back"),
            ("failed", len(result.failed), "failed"),
        ]
    return shares([*parts, ("skipped", len(result.skipped), "skipped")], result.desktop_count or 0)


def _summary(result: Result) -> str:
    return " ".join(_sentences(result))


def _sentences(result: Result) -> Iterator[str]:
    """Yield what happened in a sentence or two."""
    done, failed, skipped = len(result.succeeded), len(result.failed), len(result.skipped)
    if result.check_mode:
        yield from _foreseen(result)
        return
    if result.outcome == "unchanged" and not done and not failed:
        yield "The pool has all that was asked for; nothing was sent."
        return
    took = f" in {duration(result.seconds)}" if result.seconds is not None else ""
    speed = sections.spoken_rate(result)
    back = len(result.put_back)
    if done or not back:
        yield f"{count(done, 'desktop')} succeeded{took}{f', {speed}' if speed else ''}."
    if back:
        yield f"{count(back, 'desktop')} {'was' if back == 1 else 'were'} put back{'' if done else took}."
    if failed:
        yield f"{count(failed, 'desktop')} failed."
    if skipped:
        yield f"{count(skipped, 'desktop')} {'was' if skipped == 1 else 'were'} skipped."


def _foreseen(result: Result) -> Iterator[str]:
    touched = result.touched
    if not touched:
        yield "The pool has all that is asked for; nothing would be sent."
        return
    expected = f", expected to take {duration(result.expected_seconds)}" if result.expected_seconds is not None else ""
    yield f"{count(len(touched), 'desktop')} would be changed in {count(len(result.waves), 'wave')}{expected}."
    users = {user for desktop in touched if desktop.in_session for user in desktop.user_names}
    used = sum(desktop.in_session for desktop in touched)
    if used:
        verb = "is" if used == 1 else "are"
        yield f"{count(used, 'desktop')} of these {verb} in use now" + (
            f", by {count(len(users), 'user')}." if users else "."
        )
