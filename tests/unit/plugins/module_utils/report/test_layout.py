# Copyright (c) 2026 the hwcloud.workspace contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Where everything stands in the picture of a run."""

from __future__ import annotations

from datetime import datetime
from itertools import pairwise
from typing import Any

import pytest

from ansible_collections.hwcloud.workspace.plugins.module_utils.report.layout import (
    BACK,
    DONE,
    FAILED,
    OPEN,
    Layout,
    bars_of,
    lay_out,
)
from ansible_collections.hwcloud.workspace.plugins.module_utils.report.model import read_result
from ansible_collections.hwcloud.workspace.tests.unit.plugins.module_utils.report.sample_results import (
    SAMPLES,
    crowd,
    desktop,
    failure,
    rolled_back,
)


def drawn(raw: dict[str, Any], most_rows: int = 200) -> Layout:
    """Return the picture of a result."""
    layout = lay_out(bars_of(read_result(raw)), most_rows)
    assert layout is not None
    return layout


def entry(number: int, began: str, ended: str, status: str = "SUCCESS", **more: Any) -> dict[str, Any]:
    """Return an entry of a timeline; times are of one day."""
    times = {key: f"2026-11-21 {time}" if time else "" for key, time in (("began", began), ("ended", ended))}
    return {**desktop(number), **times, "status": status, "what": "image", "wave": 1, "kind": "wave", **more}


def of(*entries: dict[str, Any], most_rows: int = 200) -> Layout:
    """Return the picture of a timeline."""
    return drawn({"pool": "finance", "timeline": list(entries)}, most_rows)


def test_places_follow_from_the_times() -> None:
    layout = of(
        entry(1, "22:00:00", "22:30:00"),
        entry(2, "22:30:00", "23:40:00", wave=2),
        entry(1, "23:00:00", "23:40:00", kind="rollback", wave=3),
    )
    assert [row.desktops for row in layout.rows] == [("FIN-0001",), ("FIN-0002",)]
    assert [(segment.left, segment.right, segment.look) for segment in layout.rows[0].segments] == [
        (0, 30, DONE),
        (60, 100, BACK),
    ]
    assert [(band.wave.kind, band.left, band.right, band.desktops) for band in layout.bands] == [
        ("wave", 0, 30, 1),
        ("wave", 30, 100, 1),
        ("rollback", 60, 100, 1),
    ]
    assert [(f"{tick.time:%H:%M}", tick.at) for tick in layout.ticks][:2] == [("22:00", 0), ("22:20", 20)]


@pytest.mark.parametrize(
    ("status", "ended", "look"),
    [
        ("SUCCESS", "22:05:00", DONE),
        ("FAIL", "22:05:00", FAILED),
        ("FAILED", "", FAILED),
        ("RUNNING", "", OPEN),
        ("SUCCESS", "", OPEN),
        ("", "22:05:00", OPEN),
    ],
)
def test_looks(status: str, ended: str, look: str) -> None:
    layout = of(entry(1, "22:00:00", ended, status))
    assert layout.rows[0].segments[0].look == look


def test_a_change_without_an_end_goes_to_the_end_of_the_picture() -> None:
    layout = of(entry(1, "22:00:00", "", "RUNNING"), entry(2, "22:00:00", "22:10:00"))
    assert {row.desktops[0]: row.segments[0].right for row in layout.rows}["FIN-0001"] == 100


def test_the_shortest_change_can_be_seen() -> None:
    layout = of(entry(1, "22:00:00", "22:00:00"), entry(2, "22:00:00", "23:00:00"), entry(3, "23:00:00", "23:00:00"))
    for row in layout.rows:
        assert row.segments[0].right - row.segments[0].left > 0.59
        assert row.segments[0].right <= 100.001


def test_an_end_before_the_beginning_is_drawn_as_no_time_at_all() -> None:
    layout = of(entry(1, "22:10:00", "22:00:00"), entry(2, "22:00:00", "22:20:00"))
    (segment,) = next(row.segments for row in layout.rows if row.desktops == ("FIN-0001",))
    assert segment.left == 50
    assert segment.right == pytest.approx(50.6)


@pytest.mark.parametrize(
    "name", [name for name in SAMPLES if name not in ("several", "none", "bare", "rehearsal", "unchanged")]
)
def test_nothing_stands_outside_or_on_another(name: str) -> None:
    layout = drawn(SAMPLES[name][0])
    for row in layout.rows:
        assert all(0 <= segment.left < segment.right <= 100.001 for segment in row.segments)
    assert all(0 <= tick.at <= 100 for tick in layout.ticks)
    assert [row.top for row in layout.rows] == sorted({row.top for row in layout.rows})
    assert all(lower.top - upper.top == pytest.approx(layout.row_height) for upper, lower in pairwise(layout.rows))
    assert len(layout.ticks) <= 7


def test_many_desktops_share_rows_and_none_is_lost() -> None:
    raw = crowd(1000, failing=12)
    layout = drawn(raw)
    assert layout.desktops == 1000
    names = [name for row in layout.rows for name in row.desktops]
    assert sorted(names) == sorted({entry["desktop_name"] for entry in raw["timeline"]})
    assert len(layout.rows) <= 230
    assert layout.height <= 700


def test_a_desktop_that_failed_keeps_a_row_of_its_own() -> None:
    failed = [row for row in drawn(crowd(1000, failing=12)).rows if row.failed]
    assert len(failed) == 12
    assert {len(row.desktops) for row in failed} == {1}


def test_a_thousand_failures_share_rows_as_well() -> None:
    raw = crowd(1000, failing=900)
    layout = drawn(raw)
    assert len({name for row in layout.rows for name in row.desktops}) == 1000
    shown = sum(len(row.desktops) for row in layout.rows if row.failed)
    assert shown == 900


def test_few_desktops_have_high_rows() -> None:
    assert of(entry(1, "22:00:00", "22:05:00")).row_height == 16
    assert drawn(rolled_back()).row_height == pytest.approx(640 / 90)


def test_without_times_of_desktops_those_of_the_waves_are_drawn() -> None:
    times = {"began": "2026-11-21T22:00:00Z", "ended": "2026-11-21T22:10:00Z"}
    wave = {"wave": 1, "what": "image", "kind": "wave", "desktops": [desktop(1), desktop(2)], "failed": [failure(2)]}
    layout = drawn({"pool": "finance", "waves": [{**wave, **times}]})
    assert {row.desktops[0]: row.segments[0].look for row in layout.rows} == {"FIN-0001": DONE, "FIN-0002": FAILED}
    assert lay_out(bars_of(read_result({"pool": "finance", "waves": [wave]})), 200) is None


@pytest.mark.parametrize(
    ("ended", "step", "seconds"),
    [("22:00:05", 10, True), ("22:03:00", 30, True), ("22:05:00", 60, False), ("23:00:00", 600, False)],
)
def test_ticks_are_round_times(ended: str, step: int, seconds: bool) -> None:
    layout = of(entry(1, "22:00:00", ended))
    assert layout.with_seconds is seconds
    assert all((second.time - first.time).total_seconds() == step for first, second in pairwise(layout.ticks))
    assert layout.ticks[0].time == datetime(2026, 11, 21, 22)


def test_a_run_of_several_days_says_each_day_once() -> None:
    late = entry(1, "23:30:00", "") | {"ended": "2026-11-24 01:00:00"}
    layout = of(late)
    days = [tick.time.day for tick in layout.ticks if tick.day]
    assert days == sorted(set(days))
    assert len(days) >= 2
