# Copyright (c) 2026 the hwcloud.workspace contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Limits: what lies inside says nothing, what lies outside gets one sentence that names the option and the limit."""

from __future__ import annotations

from typing import Any

import pytest

from ansible_collections.hwcloud.workspace.plugins.module_utils.limits import (
    Fields,
    IntRange,
    Items,
    Length,
    Limit,
    Pairs,
    Pattern,
    broken_limits,
)

MINUTES = IntRange(0, 15, "minutes")
MESSAGE = Length(1, 400)
IDS = Items(1, 3, each=Length(1, 5))
UUID = Pattern("[0-9a-f]{4}", "four hexadecimal digits")
TAGS = Pairs(2, Length(1, 5), Length(0, 3))
DISK = Fields({"size": IntRange(10, 8200, "GB"), "type": Length(1, 10)})

INSIDE = [
    (MINUTES, 0),
    (MINUTES, 15),
    (IntRange(None, 5), -1),
    (IntRange(5, None), 5),
    (MESSAGE, "x"),
    (MESSAGE, "ü" * 400),
    (Length(0, 3), ""),
    (Length(2, None), "x" * 10_000),
    (UUID, "0af9"),
    (IDS, ["a", "abcde", "b"]),
    (Items(0, 2), []),
    (Items(1, None), ["", ""]),
    (DISK, {"size": 10, "type": "SSD"}),
    (DISK, {"size": 8200}),
    (Items(1, 2, each=DISK), [{"size": 10}]),
    (TAGS, {}),
    (TAGS, {"team": "", 1: 123}),
    (TAGS, {"team": None}),
]

OUTSIDE = [
    (MINUTES, 16, "it is 16; it takes 0 to 15 minutes."),
    (MINUTES, -1, "it is -1; it takes 0 to 15 minutes."),
    (IntRange(0, 20), 21, "it is 21; it takes 0 to 20."),
    (IntRange(1, None, "seconds"), 0, "it is 0; it takes at least 1 second."),
    (IntRange(None, 5), 6, "it is 6; it takes at most 5."),
    (MESSAGE, "", "it is empty; it takes 1 to 400 characters."),
    (MESSAGE, "x" * 401, "it has 401 characters; it takes 1 to 400 characters."),
    (Length(2, None), "x", "it has 1 character; it takes at least 2 characters."),
    (Length(32, 32), "x", "it has 1 character; it takes exactly 32 characters."),
    (UUID, "0AF9", "it is '0AF9'; it takes four hexadecimal digits."),
    (UUID, "0af9\n", "it is '0af9\\n'; it takes four hexadecimal digits."),
    (UUID, "", "it is empty; it takes four hexadecimal digits."),
    (IDS, [], "it is empty; it takes 1 to 3 items."),
    (IDS, ["a"] * 4, "it has 4 items; it takes 1 to 3 items."),
    (IDS, ["a", ""], "it[1] is empty; it takes 1 to 5 characters."),
    (DISK, {"size": 9}, "it.size is 9; it takes 10 to 8200 GB."),
    (Items(1, 2, each=DISK), [{"size": 10}, {"type": ""}], "it[1].type is empty; it takes 1 to 10 characters."),
    (TAGS, {"a": "", "b": "", "c": ""}, "it has 3 keys; it takes at most 2."),
    (TAGS, {"a": "", "": ""}, "a key of it is empty; it takes 1 to 5 characters."),
    (TAGS, {"team": 1234}, "it.team has 4 characters; it takes 0 to 3 characters."),
]


@pytest.mark.parametrize(("limit", "value"), INSIDE)
def test_a_value_inside_its_limit_is_not_remarked_on(limit: Limit, value: Any) -> None:
    assert limit.check("it", value) is None


@pytest.mark.parametrize(("limit", "value", "sentence"), OUTSIDE)
def test_a_value_outside_its_limit_gets_one_sentence(limit: Limit, value: Any, sentence: str) -> None:
    assert limit.check("it", value) == sentence


@pytest.mark.parametrize("limit", [MINUTES, MESSAGE, UUID, IDS, DISK, TAGS])
def test_a_value_that_was_not_given_is_inside_every_limit(limit: Limit) -> None:
    assert limit.check("it", None) is None


def test_every_option_outside_its_limit_is_named_in_the_order_of_the_limits() -> None:
    limits = {"delay_time": MINUTES, "message": MESSAGE, "desktop_ids": IDS}
    params = {"desktop_ids": [], "message": "fine", "delay_time": 16, "other": "x"}
    assert broken_limits(limits, params) == [
        "delay_time is 16; it takes 0 to 15 minutes.",
        "desktop_ids is empty; it takes 1 to 3 items.",
    ]


def test_an_option_that_is_absent_from_the_params_is_inside_its_limit() -> None:
    assert broken_limits({"message": MESSAGE}, {}) == []
