# Copyright (c) 2026 the hwcloud.workspace contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Repetition: what is sent again after which error, what stays unknown, and how long the pauses are."""

from __future__ import annotations

import random

import pytest

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
    LONGEST_PAUSE,
    LONGEST_THROTTLE_PAUSE,
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


class Lowest(random.Random):
    """Dice that always show the least."""

    def uniform(self, a: float, b: float) -> float:
        return a


def test_the_pauses_of_five_throttled_tries_outlast_the_minute_that_calls_are_counted_in() -> None:
    error = ThrottledError("x", http_status=429)
    assert sum(pause(error, attempt, Lowest()) for attempt in range(5)) >= 60
    assert max(pause(error, attempt, random.Random(3)) for attempt in range(30)) <= LONGEST_THROTTLE_PAUSE


@pytest.mark.parametrize("kind", [ThrottledError, ServerError])
def test_a_pause_is_at_least_what_the_service_asks_for(kind: type[RefusedError]) -> None:
    error = kind("x", http_status=503, retry_after=45.0)
    assert pause(error, 0, random.Random(1)) == 45.0
    assert pause(kind("x", http_status=503, retry_after=0.0), 9, random.Random(1)) > 0
