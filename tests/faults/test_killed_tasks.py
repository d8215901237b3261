# Copyright (c) 2026 the hwcloud.workspace contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Tasks that end in the middle, wherever that is: the next run finishes them, and nothing is done twice or lost."""

from __future__ import annotations

import random
from collections.abc import Iterable, Mapping

import pytest
from direct import Direct, named
from kills import CASES, LONG, Moment, Verdict, end_at, finish, whole_run
from tally import EXHAUSTIVE, Tally

pytestmark = pytest.mark.readings

AREA = "killed tasks"
# What makes a job hard to find, or its effect late to see.
HIDDEN: dict[str, dict[str, str]] = {
    "late": {"sub_jobs_appear": "late", "pool_status_during_job": "STEADY"},
    "late and lagging": {
        "sub_jobs_appear": "late",
        "pool_status_during_job": "STEADY",
        "state_after_job": "lags",
        "template_changes": "finished",
        "handle_type_absent": "expand_only",
    },
    "no conflict": {
        "sub_jobs_appear": "late",
        "pool_status_during_job": "STEADY",
        "conflict": "desktop",
        "template_changes": "all_succeeded",
    },
    "growing": {
        "sub_jobs_appear": "growing",
        "template_changes": "all_succeeded",
        "state_after_job": "lags",
        "desktop_ids_change_template": "yes",
    },
    "older": {"api_age": "older", "sub_jobs_appear": "growing", "pool_status_during_job": "STEADY"},
}
NOT_IN_OLDER_REGIONS = {"600 users", "attach", "attach a new desktop"}
# Of the readings, those that make a difference to a change; the others do if EXHAUSTIVE.
MATTERS = {
    "rebuild": ("late and lagging", "no conflict", "growing", "older"),
    "resize": ("late and lagging", "no conflict", "older"),
    "add a disk": ("late and lagging", "no conflict"),
    "add a disk to stopped desktops": ("late and lagging",),
    "second equal disk": ("late and lagging", "no conflict", "growing", "older"),
    "expand a disk": ("late and lagging", "no conflict", "older"),
    "expand": ("late", "late and lagging", "no conflict", "growing", "older"),
    "grow by size": ("late",),
    "create": ("late", "growing"),
    "delete": ("late and lagging", "no conflict"),
    "stop": ("late and lagging", "no conflict"),
    "start": ("late and lagging", "no conflict"),
    "stop single desktops": ("late and lagging",),
    "attach": ("late",),
    "attach a new desktop": ("late", "growing"),
}
READINGS = [
    (change, reading)
    for change in CASES
    for reading in HIDDEN
    if (EXHAUSTIVE or reading in MATTERS.get(change, ()))
    and not (reading == "older" and change in NOT_IN_OLDER_REGIONS)
]


def killed_and_finished(
    direct: Direct,
    tally: Tally,
    change: str,
    dialect: Mapping[str, str],
    when: Iterable[tuple[Moment, float]],
    effects: Mapping[tuple[str, str], int],
) -> None:
    """Kill a change at each of these moments, let so many seconds pass, and let the next run finish it."""
    case, wrong = CASES[change], []
    for moment, seconds in when:
        case.begin(direct, dialect)
        assert end_at(direct, case, moment), f"{change} under {named(dialect)} does not come to {moment}"
        if seconds:
            direct.passes(seconds)
        verdict = finish(direct, case, effects)
        count(tally, verdict)
        if verdict.said:
            wrong.append(f"{change} under {named(dialect)}, killed {moment}, next run {seconds:g} s on: {verdict.said}")
    assert wrong == [], "\n".join(wrong)


def count(tally: Tally, verdict: Verdict) -> None:
    """Count a case."""
    tally.add(AREA, duplicates=sum(verdict.twice.values()), lost_changes=sum(verdict.lost.values()))


@pytest.mark.parametrize("change", CASES)
def test_killed_at_every_moment(direct: Direct, tally: Tally, change: str) -> None:
    """Between two requests that change something, the service sees of a run nothing but the time that passes."""
    whole = whole_run(direct, CASES[change], {})
    when = [(moment, 0.0) for moment in (whole.moments if EXHAUSTIVE else whole.distinct)]
    when += [(moment, seconds) for moment in whole.turns for seconds in ((5.0, LONG) if EXHAUSTIVE else (LONG,))]
    killed_and_finished(direct, tally, change, {}, when, whole.effects)


@pytest.mark.parametrize(("change", "reading"), READINGS, ids=["-".join(pair) for pair in READINGS])
def test_killed_while_nobody_can_see_the_job(direct: Direct, tally: Tally, change: str, reading: str) -> None:
    dialect = HIDDEN[reading]
    whole = whole_run(direct, CASES[change], dialect)
    when = [(moment, seconds) for moment in whole.turns[1:] for seconds in (0.0, 25.0)]
    if EXHAUSTIVE:
        when += [(moment, 0.0) for moment in whole.distinct]
    killed_and_finished(direct, tally, change, dialect, when, whole.effects)


REPAIRED = {
    "rebuild": "RebuildDesktopPool",
    "resize": "ResizeDesktopPool",
    "second equal disk": "AddDesktopPoolVolumes",
    "expand a disk": "ExpandDesktopPoolVolumes",
    "delete": "BatchDeleteDesktops",
}


@pytest.mark.parametrize("change", REPAIRED)
def test_killed_while_a_desktop_fails(direct: Direct, tally: Tally, change: str) -> None:
    """Whether a run sees the failure or comes after it: the others are left alone, and that one is tried once more."""
    case, wrong = CASES[change], []
    # The pool's own image, product and disks stay behind then.
    dialect = {"template_changes": "all_succeeded"}
    whole = whole_run(direct, case, dialect)
    failures = [{"operation": REPAIRED[change], "desktops": ["FIN-002"], "times": 1}]
    effects = whole.effects
    effects["FIN-002", "failures"] += 1
    for moment in (*whole.turns[1:], *whole.distinct[3::3]):
        case.begin(direct, dialect, failures=failures)
        if not end_at(direct, case, moment):
            continue
        verdict = finish(direct, case, effects, most=2)
        count(tally, verdict)
        if verdict.said:
            wrong.append(f"{change} under {named(dialect)}, FIN-002 fails once, killed {moment}: {verdict.said}")
    assert wrong == [], "\n".join(wrong)


@pytest.mark.parametrize("seed", range(200 if EXHAUSTIVE else 20))
def test_killed_again_and_again(direct: Direct, tally: Tally, seed: int) -> None:
    """Up to four runs in a row end at moments drawn at random, with time in between drawn at random."""
    chance = random.Random(seed)
    change = chance.choice([change for change in CASES if change != "600 users"])
    reading = chance.choice([None, *(reading for of, reading in READINGS if of == change)])
    dialect = HIDDEN[reading] if reading else {}
    case, told = CASES[change], []
    whole = whole_run(direct, case, dialect)
    case.begin(direct, dialect)
    for _time in range(chance.randint(2, 4)):
        moment, seconds = chance.choice(whole.moments), chance.choice([0.0, 3.0, 20.0])
        was_killed = end_at(direct, case, moment)
        told.append(f"{moment} ({'killed' if was_killed else 'came to its end'}), {seconds:g} s")
        if seconds:
            direct.passes(seconds)
    verdict = finish(direct, case, whole.effects)
    count(tally, verdict)
    assert not verdict.said, f"seed {seed}, {change} under {named(dialect)}: {'; '.join(told)}: {verdict.said}"
