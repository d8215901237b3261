# Copyright (c) 2026 the hwcloud.workspace contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Clocks: waits shrink by the factor, and durations read as people say them."""

from __future__ import annotations

import time

import pytest

from ansible_collections.hwcloud.workspace.plugins.module_utils.client.clock import FACTOR_VARIABLE, Clock, duration


def test_a_clock_that_runs_faster_waits_shorter_and_counts_the_same() -> None:
    clock = Clock(factor=1000)
    real, began = time.monotonic(), clock.now()
    clock.sleep(30)
    assert 0.03 <= time.monotonic() - real < 1
    assert 30 <= clock.now() - began < 1000


def test_production_time_is_real_time() -> None:
    clock = Clock()
    real, began = time.monotonic(), clock.now()
    clock.sleep(0.02)
    assert clock.now() - began == pytest.approx(time.monotonic() - real, abs=0.01)


@pytest.mark.parametrize("seconds", [0, -5.0])
def test_nothing_is_waited_for_no_time(seconds: float) -> None:
    began = time.monotonic()
    Clock().sleep(seconds)
    assert time.monotonic() - began < 0.1


@pytest.mark.parametrize("factor", [0, -1.5])
def test_time_neither_stands_still_nor_runs_back(factor: float) -> None:
    with pytest.raises(ValueError, match="above 0"):
        Clock(factor)


@pytest.mark.parametrize(
    ("text", "factor"),
    [("60", 60), ("0.5", 0.5), ("", 1), (None, 1), ("0", 1), ("-2", 1), ("fast", 1), ("nan", 1), ("inf", 1)],
)
def test_the_factor_comes_from_the_environment_and_is_1_if_it_is_no_number_above_0(
    text: str | None, factor: float
) -> None:
    clock = Clock.from_environment({} if text is None else {FACTOR_VARIABLE: text})
    assert clock.now() == pytest.approx(time.monotonic() * factor, rel=1e-3)


@pytest.mark.parametrize(
    ("seconds", "text"),
    [
        (0, "0s"),
        (0.9, "0s"),
        (59.9, "59s"),
        (60, "1m00s"),
        (250, "4m10s"),
        (3599.9, "59m59s"),
        (3600, "1h00m"),
        (3725, "1h02m"),
        (90000, "25h00m"),
    ],
)
def test_seconds_read_as_people_say_them(seconds: float, text: str) -> None:
    assert duration(seconds) == text
