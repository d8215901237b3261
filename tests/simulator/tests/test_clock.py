# Copyright (c) 2026 the hwcloud.workspace contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Simulated time."""

from __future__ import annotations

from typing import Any

import pytest

from workspace_simulator.state.clock import Clock, iso_micros, iso_millis, iso_seconds, job_time, moment
from workspace_simulator.state.timeline import Timeline


class Wall:
    """Real time in the test's hands."""

    def __init__(self) -> None:
        self.seconds = 1000.9

    def __call__(self) -> float:
        return self.seconds


def make_clock(wall: Wall, **settings: Any) -> Clock:
    return Clock(wall=wall, steady=wall, **settings)


def test_it_starts_at_the_present_in_whole_seconds() -> None:
    assert make_clock(Wall()).now() == 1000


def test_real_time_is_multiplied_by_the_factor() -> None:
    wall = Wall()
    clock = make_clock(wall, start=0, factor=60)
    wall.seconds += 2
    assert clock.now() == pytest.approx(120)


def test_a_new_factor_does_not_make_time_jump() -> None:
    wall = Wall()
    clock = make_clock(wall, start=0, factor=60)
    wall.seconds += 2
    clock.configure(factor=1)
    assert clock.now() == pytest.approx(120)
    wall.seconds += 2
    assert clock.now() == pytest.approx(122)


def test_with_polls_only_polls_move_it() -> None:
    wall = Wall()
    clock = make_clock(wall, start=0, mode="polls", seconds_per_poll=30)
    wall.seconds += 100
    assert clock.now() == 0
    clock.poll()
    clock.poll()
    assert clock.now() == 60


def test_polls_do_not_move_a_clock_that_follows_real_time() -> None:
    clock = make_clock(Wall(), start=0)
    clock.poll()
    assert clock.now() == 0


def test_it_never_goes_back() -> None:
    clock = make_clock(Wall(), start=100)
    with pytest.raises(ValueError, match="cannot go back"):
        clock.jump_to(99)


def test_times_are_written_as_the_service_writes_them() -> None:
    at = moment("2026-11-20T20:01:02.345Z")
    assert job_time(at) == "2026-11-20 20:01:02"
    assert iso_seconds(at) == "2026-11-20T20:01:02Z"
    assert iso_millis(at) == "2026-11-20T20:01:02.345Z"
    assert iso_micros(at) == "2026-11-20T20:01:02.345000Z"


def test_happenings_come_in_order_and_may_plan_others() -> None:
    timeline, seen = Timeline(), []
    timeline.at(20, lambda when: seen.append(("b", when)))

    def first(when: float) -> None:
        seen.append(("a", when))
        timeline.at(15, lambda later: seen.append(("between", later)))

    timeline.at(10, first)
    timeline.at(30, lambda when: seen.append(("not yet", when)))
    timeline.play(20)
    assert seen == [("a", 10), ("between", 15), ("b", 20)]
