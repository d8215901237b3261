# Copyright (c) 2026 the hwcloud.workspace contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Numbers, times and things of the service as people read them."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import pytest

from ansible_collections.hwcloud.workspace.plugins.module_utils.report.words import (
    count,
    day,
    describe,
    duration,
    moment,
    number,
    parse_time,
    period,
    rate,
    shortened,
)


def said(text: str) -> str:
    """Return a text with usual spaces."""
    return text.replace("\u00a0", " ")


@pytest.mark.parametrize(
    ("seconds", "text"),
    [
        (None, "\u2013"),
        (0, "0 s"),
        (-5, "0 s"),
        (44.6, "45 s"),
        (59.6, "1 min"),
        (60, "1 min"),
        (250, "4 min 10 s"),
        (3600, "1 h"),
        (3725, "1 h 2 min"),
        (86400 * 2 + 3 * 3600, "2 d 3 h"),
    ],
)
def test_durations(seconds: float | None, text: str) -> None:
    assert said(duration(seconds)) == text


def test_numbers_and_counts() -> None:
    assert [number(value) for value in (0, 3, 3.04, 9.5, 37.6, 1000, 1234567.8)] == [
        "0",
        "3",
        "3",
        "9.5",
        "38",
        "1,000",
        "1,234,568",
    ]
    assert (count(1, "desktop"), count(0, "desktop"), count(3, "wave")) == ("1 desktop", "0 desktops", "3 waves")
    assert (rate(37.6), rate(1), rate(None)) == ("38 desktops an hour", "1 desktop an hour", "\u2013")


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("2026-11-21 22:04:10", "21 Nov 2026, 22:04:10"),
        ("2026-11-21T22:04:10Z", "21 Nov 2026, 22:04:10 UTC"),
        ("2026-11-21T22:04:10.250Z", "21 Nov 2026, 22:04:10 UTC"),
        ("2026-11-21T23:04:10+01:00", "21 Nov 2026, 22:04:10 UTC"),
        ("2026-11-21T20:04:10-02:00", "21 Nov 2026, 22:04:10 UTC"),
        ("soon", "soon"),
        ("", ""),
    ],
)
def test_moments(text: str, shown: str) -> None:
    assert said(moment(text)) == shown


def test_a_time_beyond_the_calendar_is_no_time() -> None:
    assert parse_time("0001-01-01T00:00:00+14:00") is None


@pytest.mark.parametrize(
    ("began", "ended", "shown"),
    [
        ("2026-11-21T22:00:00Z", "2026-11-21T23:00:00Z", "21 Nov 2026, 22:00:00 to 23:00:00 UTC"),
        ("2026-11-21T22:00:00Z", "2026-11-22T01:00:00Z", "21 Nov 2026, 22:00:00 UTC to 22 Nov 2026, 01:00:00 UTC"),
        ("2026-11-21T22:00:00Z", "", "21 Nov 2026, 22:00:00 UTC"),
        ("", "", ""),
    ],
)
def test_periods(began: str, ended: str, shown: str) -> None:
    assert said(period(began, ended)) == shown
    assert said(day(datetime(2026, 3, 1))) == "1 Mar 2026"


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (None, ""),
        ("workspace.x86.large", "workspace.x86.large"),
        ({"id": "1", "name": "win10", "type": "gold"}, "win10 (1), gold"),
        ({"id": "1"}, "1"),
        ({"product_id": "p", "flavor_id": "s6.large.2", "cpu": 2}, "s6.large.2 (p)"),
        (
            [{"type": "SSD", "size": 100}, {"type": "SAS", "size": 80, "id": "v1", "iops": 3000}],
            "SSD 100 GB, SAS 80 GB (v1), iops 3000",
        ),
        ({"state": "present", "many": [1, 2], "none": None}, "state: present, many: 1, 2"),
        ([], ""),
    ],
)
def test_things(value: Any, text: str) -> None:
    assert said(describe(value)) == text


def test_a_long_text_is_shortened() -> None:
    assert shortened("abcdef", 6) == "abcdef"
    assert shortened("abcdefg", 6) == "abcde\u2026"
