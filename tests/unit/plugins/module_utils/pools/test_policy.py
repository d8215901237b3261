# Copyright (c) 2026 the hwcloud.workspace contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""How careful a rollout is: numbers, shares, times and words as people write them, and what is refused."""

from __future__ import annotations

import time
from collections.abc import Iterator
from datetime import date, datetime, timedelta, timezone
from typing import Any

import pytest

from ansible_collections.hwcloud.workspace.plugins.module_utils.client.errors import InputError
from ansible_collections.hwcloud.workspace.plugins.module_utils.pools.policy import (
    Amount,
    Policy,
    moment,
    yes_or_no,
)
from ansible_collections.hwcloud.workspace.tests.unit.plugins.module_utils.pools.samples import a_desktop

DEFAULTS = Policy(
    canary=Amount(1),
    max_unavailable=Amount(25, is_share=True),
    min_available=None,
    max_failures=0,
    on_failure="rollback",
    session_policy="wait",
    session_wait_seconds=3600,
    pause_after_canary=False,
    repair=True,
    window_end=None,
)
NAMES = list(Policy.__dataclass_fields__)


@pytest.fixture
def controller_in_tokyo(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Put this process into a zone that has no summer time, nine hours ahead."""
    monkeypatch.setenv("TZ", "XST-9")
    time.tzset()
    yield
    monkeypatch.undo()
    time.tzset()


@pytest.mark.parametrize(
    ("value", "amount"),
    [
        (5, Amount(5)),
        ("5", Amount(5)),
        (" 5 ", Amount(5)),
        (0, Amount(0)),
        ("0", Amount(0)),
        ("5%", Amount(5, is_share=True)),
        (" 5 % ", Amount(5, is_share=True)),
        ("0%", Amount(0, is_share=True)),
        ("100%", Amount(100, is_share=True)),
        (999999, Amount(999999)),
    ],
)
def test_an_amount_is_a_number_or_a_share(value: Any, amount: Amount) -> None:
    assert Amount.of(value, "canary") == amount


@pytest.mark.parametrize(
    "value", ["101%", "-1", -1, "5.5", 5.0, "5 %%", "%", "many", True, False, {"a": 1}, [5], "5%x", 1000000]
)
def test_an_amount_that_is_neither_is_refused_in_one_sentence(value: Any) -> None:
    with pytest.raises(InputError) as refused:
        Amount.of(value, "canary")
    assert str(refused.value) == (
        f"canary is {str(value)!r}; give a number of desktops, such as 5, or a share of the pool, such as 5%."
    )


@pytest.mark.parametrize(
    ("value", "total", "at_most", "at_least"),
    [
        (5, 120, 5, 5),
        (5, 3, 3, 5),
        (0, 120, 0, 0),
        ("5%", 120, 6, 6),
        ("5%", 121, 6, 7),
        ("5%", 119, 5, 6),
        ("1%", 10, 1, 1),
        ("0%", 10, 0, 0),
        ("100%", 7, 7, 7),
        ("99%", 7, 6, 7),
        ("50%", 1, 1, 1),
        ("50%", 0, 1, 0),
    ],
)
def test_a_share_is_rounded_to_the_careful_side(value: Any, total: int, at_most: int, at_least: int) -> None:
    amount = Amount.of(value, "x")
    assert (amount.at_most(total), amount.at_least(total)) == (at_most, at_least)


@pytest.mark.parametrize("options", [{}, dict.fromkeys(NAMES), dict.fromkeys(NAMES, ""), {"unknown": 5}])
def test_what_is_not_given_has_its_default(options: dict[str, Any]) -> None:
    assert Policy.of(options) == DEFAULTS


def test_every_option_is_read() -> None:
    given = {
        "canary": ["d1", 7],
        "max_unavailable": "10",
        "min_available": "80%",
        "max_failures": "3",
        "on_failure": "stop",
        "session_policy": "skip",
        "session_wait_seconds": "60",
        "pause_after_canary": "yes",
        "repair": "false",
        "window_end": "2026-11-23T05:00:00+01:00",
    }
    assert set(given) == set(NAMES)
    assert Policy.of(given) == Policy(
        canary=("d1", "7"),
        max_unavailable=Amount(10),
        min_available=Amount(80, is_share=True),
        max_failures=3,
        on_failure="stop",
        session_policy="skip",
        session_wait_seconds=60,
        pause_after_canary=True,
        repair=False,
        window_end=datetime(2026, 11, 23, 4, tzinfo=timezone.utc),
    )


@pytest.mark.parametrize("floor", [0, "0%"])
def test_a_floor_of_none_is_one_that_is_given(floor: Any) -> None:
    minimum = Policy.of({"min_available": floor}).min_available
    assert minimum is not None
    assert minimum.at_least(50) == 0


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"max_unavailable": 0}, "max_unavailable is 0, so no desktop could ever be changed; give at least 1 or 1%."),
        (
            {"max_unavailable": "0%"},
            "max_unavailable is 0, so no desktop could ever be changed; give at least 1 or 1%.",
        ),
        ({"canary": "d1"}, "canary is 'd1'; give a number of desktops, such as 5, or a share of the pool, such as 5%."),
        ({"max_unavailable": "all"}, "max_unavailable is 'all'; give a number"),
        ({"min_available": "120%"}, "min_available is '120%'; give a number"),
        ({"max_failures": "5%"}, "max_failures is '5%'; give a whole number from 0 on."),
        ({"max_failures": True}, "max_failures is 'True'; give a whole number from 0 on."),
        ({"session_wait_seconds": -1}, "session_wait_seconds is '-1'; give a whole number from 0 on."),
        ({"on_failure": "undo"}, "on_failure is 'undo'; give one of rollback, stop, continue."),
        ({"session_policy": "kill"}, "session_policy is 'kill'; give one of wait, logoff, skip."),
        ({"pause_after_canary": "maybe"}, "pause_after_canary is 'maybe'; give true or false."),
        ({"repair": 2}, "repair is '2'; give true or false."),
        (
            {"window_end": "five o'clock"},
            'window_end is "five o\'clock"; give an ISO 8601 time, such as 2026-11-23T05:00:00+01:00.',
        ),
    ],
)
def test_what_cannot_be_read_is_refused_in_one_sentence(options: dict[str, Any], message: str) -> None:
    with pytest.raises(InputError) as refused:
        Policy.of(options)
    assert str(refused.value).startswith(message)
    assert "\n" not in str(refused.value)


@pytest.mark.parametrize("value", [True, "true", "True", "yes", "on", "1", 1, "y", "t", " TRUE "])
def test_yes_is_said_in_many_ways(value: Any) -> None:
    assert yes_or_no(value, "x") is True


@pytest.mark.parametrize("value", [False, "false", "False", "no", "off", "0", 0, "n", "f"])
def test_no_is_said_in_many_ways_and_text_is_no_yes(value: Any) -> None:
    assert yes_or_no(value, "x") is False


FIVE_UTC = datetime(2026, 11, 23, 5, tzinfo=timezone.utc)


@pytest.mark.parametrize(
    "value",
    [
        "2026-11-23T05:00:00Z",
        "2026-11-23T05:00:00z",
        " 2026-11-23 05:00:00+00:00 ",
        "2026-11-23T06:00+01:00",
        "2026-11-22T23:30:00-05:30",
        "2026-11-23T05:00:00.000Z",
        FIVE_UTC,
        datetime(2026, 11, 23, 6, tzinfo=timezone(timedelta(hours=1))),
    ],
)
@pytest.mark.parametrize("without_zone_utc", [True, False])
@pytest.mark.usefixtures("controller_in_tokyo")
def test_a_time_with_a_zone_is_that_time_anywhere(value: Any, without_zone_utc: bool) -> None:
    found = moment(value, "x", without_zone_utc=without_zone_utc)
    assert (found, found.utcoffset()) == (FIVE_UTC, timedelta(0))


@pytest.mark.parametrize("value", ["2026-11-23T14:00:00", "2026-11-23 14:00", datetime(2026, 11, 23, 14)])
@pytest.mark.usefixtures("controller_in_tokyo")
def test_a_time_without_a_zone_is_the_controllers_or_utc(value: Any) -> None:
    assert moment(value, "x") == FIVE_UTC
    assert moment(value, "x", without_zone_utc=True) == FIVE_UTC + timedelta(hours=9)


@pytest.mark.usefixtures("controller_in_tokyo")
def test_a_day_is_its_beginning() -> None:
    assert moment(date(2026, 11, 23), "x") == moment("2026-11-23", "x") == FIVE_UTC - timedelta(hours=14)


def test_canaries_are_named_by_name_or_id() -> None:
    desktops = [a_desktop("d1"), a_desktop("d2", computer_name="Win-02"), a_desktop("d3")]
    assert Policy.of({"canary": ["d1", "WIN-02", "win-02", "D1"]}).canaries(desktops) == {"d1", "d2"}
    assert Policy.of({"canary": "50%"}).canaries(desktops) == frozenset()
    assert Policy.of({"canary": []}).canaries(desktops) == frozenset()


@pytest.mark.parametrize(("name", "how_many"), [("d9", "no"), ("TWIN", "more than one"), ("", "no"), ("D", "no")])
def test_a_canary_that_is_not_exactly_one_desktop_is_refused(name: str, how_many: str) -> None:
    desktops = [a_desktop("d1", computer_name="twin"), a_desktop("d2", computer_name="Twin")]
    with pytest.raises(InputError) as refused:
        Policy.of({"canary": ["d1", name]}).canaries(desktops)
    assert str(refused.value) == f"canary names {name}, and the pool has {how_many} desktop like that."


def test_an_id_is_not_read_as_any_case() -> None:
    with pytest.raises(InputError):
        Policy.of({"canary": ["D1"]}).canaries([a_desktop("d1", computer_name="other")])
