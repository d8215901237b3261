# Copyright (c) 2026 the hwcloud.workspace contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Repetition: what is sent again after which error, what stays unknown, and how long the pauses are."""

from __future__ import annotations

import random

import pytest

from ansible_collections.hwcloud.workspace.plugins.module_utils.client.board import Board
from ansible_collections.hwcloud.workspace.plugins.module_utils.client.errors import (
    ConflictError,
    ForbiddenError,
    InputError,
    MissingError,
    RefusedError,
    ServerError,
    ThrottledError,
    UnauthorizedError,
    WorkspaceError,
)
from ansible_collections.hwcloud.workspace.plugins.module_utils.client.operations import Effect
from ansible_collections.hwcloud.workspace.plugins.module_utils.client.retries import (
    FIRST_GAP,
    LONGEST_GAP,
    LONGEST_PAUSE,
    Pace,
    is_unknown,
    may_repeat,
    pause,
)
from ansible_collections.hwcloud.workspace.plugins.module_utils.client.transport import (
    NoAnswerError,
    NotDeliveredError,
)

READ, REPEATABLE, ONCE = Effect.READ, Effect.REPEATABLE, Effect.ONCE
EFFECTS = [READ, REPEATABLE, ONCE]

# error, the effects after which it is sent again, the effects after which the outcome is unknown
TABLE: list[tuple[WorkspaceError, list[Effect], list[Effect]]] = [
    (NotDeliveredError("x"), [READ, REPEATABLE, ONCE], []),
    (NotDeliveredError("x", lasting=True), [], []),
    (NoAnswerError("x"), [READ, REPEATABLE], [ONCE]),
    (ThrottledError("x", http_status=429), [READ, REPEATABLE, ONCE], []),
    (ServerError("x", http_status=500), [READ, REPEATABLE], [ONCE]),
    (ServerError("x", http_status=502), [READ, REPEATABLE], [ONCE]),
    (ServerError("x", http_status=503), [READ, REPEATABLE], [ONCE]),
    (ServerError("x", http_status=504), [READ, REPEATABLE], [ONCE]),
    (ConflictError("x", http_status=409), [], []),
    (UnauthorizedError("x", http_status=401), [], []),
    (ForbiddenError("x", http_status=403), [], []),
    (MissingError("x", http_status=404), [], []),
    (RefusedError("x", http_status=400), [], []),
    (RefusedError("x", http_status=302), [], []),
    (InputError("x"), [], []),
]
IDS = [f"{type(error).__name__}-{number}" for number, (error, _again, _unknown) in enumerate(TABLE)]


@pytest.mark.parametrize(("error", "again", "unknown"), TABLE, ids=IDS)
@pytest.mark.parametrize("effect", EFFECTS, ids=lambda effect: effect.name)
def test_an_error_and_an_effect_decide(
    error: WorkspaceError, again: list[Effect], unknown: list[Effect], effect: Effect
) -> None:
    assert may_repeat(error, effect) == (effect in again)
    assert is_unknown(error, effect) == (effect in unknown)


@pytest.mark.parametrize("attempt", range(12))
@pytest.mark.parametrize("error", [NoAnswerError("x"), NotDeliveredError("x"), ServerError("x", http_status=500)])
def test_pauses_grow_and_stay_bounded(error: WorkspaceError, attempt: int) -> None:
    drawn = [pause(error, attempt, random.Random(seed)) for seed in range(200)]
    assert all(0 <= seconds <= min(LONGEST_PAUSE, 2.0**attempt) for seconds in drawn)
    assert max(drawn) > 0.9 * min(LONGEST_PAUSE, 2.0**attempt)
    assert min(drawn) < 0.1 * min(LONGEST_PAUSE, 2.0**attempt)


@pytest.mark.parametrize("kind", [RefusedError, ServerError])
def test_a_pause_is_at_least_what_the_service_asks_for(kind: type[RefusedError]) -> None:
    error = kind("x", http_status=503, retry_after=45.0)
    assert pause(error, 0, random.Random(1)) == 45.0
    assert pause(kind("x", http_status=503, retry_after=0.0), 9, random.Random(1)) > 0


# Too many calls a minute.

NAME = b"n" * 32


class Together(Board):
    """A board as it is in one of several workers."""

    serves_many = True


def test_nothing_is_slowed_down_before_a_refusal() -> None:
    pace = Pace(Board(), random.Random(1))
    assert [pace.turn(NAME, None, 5.0) for _time in range(1000)] == [None] * 1000
    pace.served(NAME, 5.0, 5.1)
    assert pace.turn(NAME, None, 5.2) is None


@pytest.mark.parametrize("board", [Board, Together])
def test_pauses_double_with_each_refusal_up_to_five_minutes(board: type[Board]) -> None:
    for seed in range(50):
        pace, now, gap = Pace(board(), random.Random(seed)), 100.0, FIRST_GAP
        for _time in range(9):
            pace.refused(NAME, True, None, now, now + 0.1)
            turn = pace.turn(NAME, None, now + 0.1)
            assert turn is not None
            assert 0.5 * gap <= turn - now - 0.1 <= gap
            assert pace.turn(NAME, turn, now + 0.2) == turn
            assert pace.turn(NAME, turn, turn) is None
            now, gap = turn, min(LONGEST_GAP, 2 * gap)
        assert gap == LONGEST_GAP


def test_refusals_of_calls_that_were_under_way_count_once() -> None:
    pace = Pace(Together(), random.Random(1))
    pace.refused(NAME, True, None, 100.0, 100.2)
    turn = pace.turn(NAME, None, 100.3)
    for number in range(5):
        pace.refused(NAME, True, None, 100.1 + number / 100, 100.4)
    assert turn is not None
    assert pace.turn(NAME, turn, 100.5) == turn


@pytest.mark.parametrize(("reads", "in_a_minute"), [(True, 180), (False, 90)])
def test_workers_that_know_of_each_other_come_one_by_one(reads: bool, in_a_minute: int) -> None:
    pace = Pace(Together(), random.Random(1))
    pace.refused(NAME, reads, None, 100.0, 100.1)
    turns = [pace.turn(NAME, None, 100.2) for _time in range(in_a_minute + 1)]
    assert None not in turns
    assert float(turns[-1] or 0) - float(turns[0] or 0) == pytest.approx(60)
    pace.served(NAME, 105.0, 105.1)
    assert pace.turn(NAME, None, 10_000.0) is None


def test_a_turn_that_was_given_is_lost_by_a_refusal() -> None:
    pace = Pace(Together(), random.Random(1))
    pace.refused(NAME, True, None, 100.0, 100.1)
    first, second = (pace.turn(NAME, None, 100.2) for _time in range(2))
    assert first is not None
    assert second is not None
    pace.refused(NAME, True, None, first, first + 0.1)
    later = pace.turn(NAME, second, second)
    assert later is not None
    assert later >= first + 0.1 + FIRST_GAP


def test_who_is_alone_calms_down_step_by_step() -> None:
    pace, now = Pace(Board(), random.Random(1)), 100.0
    for _time in range(6):
        pace.refused(NAME, True, None, now, now)
        now = pace.turn(NAME, None, now) or 0.0
    pauses = []
    for _time in range(20):
        pace.served(NAME, now, now)
        turn = pace.turn(NAME, None, now)
        pauses.append(0.0 if turn is None else turn - now)
        now = turn or now
    assert 40 < pauses[0] < 90
    assert pauses[-1] == 0.0
    assert 8 <= sum(pause > 0 for pause in pauses) <= 12


@pytest.mark.parametrize("board", [Board, Together])
def test_a_turn_comes_later_than_the_service_asks_for(board: type[Board]) -> None:
    for seed in range(50):
        pace = Pace(board(), random.Random(seed))
        pace.refused(NAME, True, 45.0, 100.0, 100.0)
        assert 145 < (pace.turn(NAME, None, 100.0) or 0) <= 147


def test_what_was_noted_on_another_clock_counts_for_nothing() -> None:
    pace = Pace(Together(), random.Random(1))
    pace.refused(NAME, True, None, 5000.0, 5000.0)
    assert pace.turn(NAME, None, 3.0) is None


def test_workers_come_less_often_where_the_service_takes_less() -> None:
    """A region that takes ten calls a minute is found out with few refusals."""
    pace, now = Pace(Together(), random.Random(1)), 100.0
    served: list[float] = []
    refusals: list[float] = []
    while now < 3700:
        turn = pace.turn(NAME, None, now)
        now = (turn or now) + 0.01
        if len([moment for moment in served if moment > now - 60]) >= 10:
            refusals.append(now)
            pace.refused(NAME, True, None, now, now)
        else:
            served.append(now)
            pace.served(NAME, now, now)
    assert len(served) >= 450
    assert len(refusals) <= 60
    assert len([moment for moment in refusals if moment > 1900]) <= 20
