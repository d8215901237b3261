# Copyright (c) 2026 the hwcloud.workspace contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Two controllers do the same, or different things, to one pool at the same moment: nobody does it twice, all end."""

from __future__ import annotations

import math
import re
from unittest import mock

import pytest
from controllers import Cut, Deadlock, Drawn, InStep, Schedule, Stage
from controllers_tasks import POOL, TASKS, Case, begin, play
from direct import Direct, named
from tally import CROSSING, Tally

from ansible_collections.hwcloud.workspace.plugins.module_utils.pools import engine

pytestmark = pytest.mark.readings

SAME = [
    name for name in TASKS if name not in ("rebuild to december", "tag", "begin maintenance", "start", "expand by four")
]
"""Tasks that are tried against themselves."""

PAIRS = [
    ("rebuild", "resize"),
    ("rebuild", "add disk"),
    ("resize", "expand disk"),
    ("grow", "rebuild"),
    ("expand", "resize"),
    ("describe", "rebuild"),
    ("begin maintenance", "expand disk"),
    ("delete", "rebuild"),
    ("delete", "add disk"),
    ("stop", "rebuild"),
    ("rebuild", "rebuild to december"),
    ("add user", "describe"),
    ("only user", "add user"),
    ("attach", "rebuild"),
    ("notify", "rebuild"),
    ("create", "rebuild"),
]

THREE = [
    ("rebuild", "rebuild", "rebuild"),
    ("second equal disk", "second equal disk", "second equal disk"),
    ("rebuild", "resize", "expand disk"),
    ("delete", "rebuild", "delete"),
]

UPDATES = [("tag", "describe"), ("begin maintenance", "describe"), ("begin maintenance", "tag")]

CONFLICTS: list[dict[str, str]] = [{}, {"conflict": "pool"}, {"conflict": "desktop"}]

SURPLUS = re.compile(
    r"it has \d+ desktops instead of \d; somebody else has added some at the same time\. "
    r"Delete these \d+ desktops of (?P<jobs>the last jobs?, .*?), unless somebody uses them by now: (?P<names>[^.]+)\."
)

DIALECTS: list[dict[str, str]] = [
    {},
    {"conflict": "pool"},
    {"conflict": "desktop"},
    {"pool_status_during_job": "STEADY"},
    {"sub_jobs_appear": "late", "pool_status_during_job": "STEADY"},
    {"sub_jobs_appear": "growing", "template_changes": "finished"},
    {"template_changes": "all_succeeded", "state_after_job": "lags"},
    {"state_after_job": "lags", "conflict": "desktop"},
]

ADDS_UP = ("grow", "expand")
"""Tasks whose request names a number to add, so that two that cross add twice."""

EACH_TIME = ("reboot", "notify", "script")
"""Tasks that act each time that they run, so that nothing of another controller's makes them needless."""

TURNS = ("rebuild", "resize", "expand disk", "stop")
"""Tasks of one request, of which the second one waits its turn when the service says that it is busy."""

AREA = "two controllers"


def judge(tally: Tally, case: Case, what: str) -> None:
    """Nothing may be done twice or be lost, and every result has to tell the truth."""
    tally.add(CROSSING if case.crossed else AREA, duplicates=case.duplicates, lost_changes=case.lost)
    assert case.problems == [], f"{what}:\n{case}"


def first_change(direct: Direct, name: str) -> int:
    """Return the number of the request by which a task that runs by itself changes something first."""
    begin(direct, {})
    stage = Stage(direct, Schedule())
    stage.play([TASKS[name]])
    return next(number for number, sent in enumerate(stage.log, 1) if sent.changes)


@pytest.mark.parametrize("name", SAME)
def test_one_does_it_all_between_two_requests_of_the_other(direct: Direct, tally: Tally, name: str) -> None:
    crossed = 0
    # Those behind it are as well those before it, seen from the other one.
    for at in range(1, first_change(direct, name) + 2):
        case = play(direct, (name, name), {}, Cut(at))
        if case.crossed:
            crossed += 1
        else:
            judge(tally, case, f"at request {at}")
    # All of it, jobs and all, while one request of the other's last look, or its change, is on its way: no look can
    # tell, and only here is a request so slow. What is asked last are the pool, then desktops or users, or both.
    if name not in EACH_TIME:
        assert crossed <= (3 if name == "attach" else 2)


@pytest.mark.parametrize("dialect", CONFLICTS, ids=named)
@pytest.mark.parametrize("name", SAME)
def test_requests_cross(direct: Direct, tally: Tally, name: str, dialect: dict[str, str]) -> None:
    """Both have looked; then both send."""
    case = play(direct, (name, name), dialect, Cut(1, first_change(direct, name)))
    if name in ADDS_UP and dialect.get("conflict") != "pool":
        assert case.crossed
        tally.add(CROSSING, duplicates=case.duplicates)
        assert_surplus_is_told(direct, case, 2)
        return
    judge(tally, case, named(dialect))
    if name in TURNS and dialect.get("conflict") != "desktop":
        assert [one.result.failed for one in case.controllers] == [False, False], case


@pytest.mark.parametrize("name", [*TURNS, "start"])
def test_the_second_one_waits_and_takes_over(direct: Direct, tally: Tally, name: str) -> None:
    """Even where the service would take its request and fail the desktops that are at work."""
    case = play(direct, (name, name), {"conflict": "desktop"}, Cut(first_change(direct, name) + 1))
    judge(tally, case, name)
    first, second = (one.result for one in case.controllers)
    assert (first.failed, first.changed, first["adopted"]) == (False, True, False), case
    assert (second.failed, second.changed, second["adopted"]) == (False, False, True), case


@pytest.mark.parametrize("dialect", [{}, {"sub_jobs_appear": "late"}, {"sub_jobs_appear": "growing"}], ids=named)
def test_three_growths_that_cross_name_the_same_desktops(direct: Direct, tally: Tally, dialect: dict[str, str]) -> None:
    case = play(direct, ("expand", "grow", "expand"), dialect, InStep())
    assert case.crossed
    tally.add(CROSSING, duplicates=case.duplicates)
    assert_surplus_is_told(direct, case, 4)


def test_the_first_of_two_growths_counts_what_the_second_one_has_not_begun(direct: Direct, tally: Tally) -> None:
    case = play(direct, ("expand by four", "expand by four"), {}, InStep(late=12))
    assert case.crossed
    tally.add(CROSSING, duplicates=case.duplicates)
    assert_surplus_is_told(direct, case, 4, wanted=7)
    assert "of this task" in " ".join(case.controllers[1].result["warnings"])


def assert_surplus_is_told(direct: Direct, case: Case, surplus: int, wanted: int = 5) -> None:
    """Each controller that was there when all had grown names the same desktops, so many, and who has made them."""
    assert [one.result.failed for one in case.controllers] == [False] * len(case.controllers), case
    assert not case.problems[1:], case
    desktops = direct.desktops(POOL)
    assert len(desktops) == wanted + surplus
    told = [SURPLUS.search(" ".join(one.result.result["warnings"])) for one in case.controllers]
    assert all(told), case
    (named_ones,) = {found["names"] for found in told if found}
    names = named_ones.split(", ")
    assert len(names) == surplus
    assert set(names) <= desktops.keys() - {"FIN-001", "FIN-002", "FIN-003"}
    whose = [("of this task" in found["jobs"]) for found in told if found]
    assert whose.count(True) == len(case.controllers) - 1, case


@pytest.mark.parametrize("number", range(2))
@pytest.mark.parametrize("names", PAIRS, ids=" and ".join)
def test_different_changes_by_chance(direct: Direct, tally: Tally, names: tuple[str, ...], number: int) -> None:
    dialect = DIALECTS[(number + PAIRS.index(names)) % len(DIALECTS)]
    judge(tally, play(direct, names, dialect, Drawn(number)), f"seed {number}, {named(dialect)}")


@pytest.mark.parametrize("name", [name for name in SAME if name not in ADDS_UP])
def test_the_same_change_by_chance(direct: Direct, tally: Tally, name: str) -> None:
    for number in range(2):
        dialect = DIALECTS[(4 * number + SAME.index(name)) % len(DIALECTS)]
        if "disk" in name:
            dialect = {key: value for key, value in dialect.items() if key != "conflict"}  # see the next test
        judge(tally, play(direct, (name, name), dialect, Drawn(number)), f"seed {number}, {named(dialect)}")


@pytest.mark.parametrize("dialect", CONFLICTS, ids=named)
def test_additions_of_a_disk_cross(direct: Direct, tally: Tally, dialect: dict[str, str]) -> None:
    """Where the service takes both, no desktop has the disk twice, but the template has; the loser fails plainly."""
    stage = Stage(direct, Schedule())
    begin(direct, dialect)
    stage.play([TASKS["second equal disk"]])
    post = [sent.operation for sent in stage.log].index("AddDesktopPoolVolumes") + 1
    case = play(direct, ("second equal disk", "second equal disk"), dialect, Cut(1, post))
    if dialect.get("conflict") != "desktop":
        judge(tally, case, named(dialect))
        return
    assert case.crossed
    tally.add(CROSSING, duplicates=1)
    assert [one.result.failed for one in case.controllers].count(True) == 1, case
    for desktop in direct.desktops(POOL).values():
        assert [disk["size"] for disk in desktop["data_volumes"]] == [100, 100]
        assert len(desktop["effects"]["disks_added"]) == 1
    assert len(direct.control.pool(POOL)["data_volumes"]) == 3


@pytest.mark.parametrize("number", range(2))
@pytest.mark.parametrize("names", THREE, ids=" and ".join)
def test_three_controllers_by_chance(direct: Direct, tally: Tally, names: tuple[str, ...], number: int) -> None:
    judge(tally, play(direct, names, DIALECTS[number], Drawn(number)), f"seed {number}")


@pytest.mark.parametrize("dialect", [{}, {"update_absent_fields": "reset"}], ids=named)
@pytest.mark.parametrize("names", UPDATES, ids=" and ".join)
def test_an_update_keeps_what_another_one_has_set(
    direct: Direct, tally: Tally, names: tuple[str, ...], dialect: dict[str, str]
) -> None:
    """Each sends all attributes along. Only where the two requests cross, what the other one has set is lost."""
    crossed = 0
    for schedule in [*map(Cut, range(1, 6)), *(Cut(1, upto) for upto in range(1, 6))]:
        case = play(direct, names, dialect, schedule)
        if case.crossed:
            crossed += 1
            tally.add(CROSSING, lost_changes=case.lost)
        else:
            judge(tally, case, str(schedule))
    assert crossed <= 3


@pytest.mark.parametrize("dialect", [{}, {"conflict": "desktop"}], ids=named)
def test_the_pool_is_deleted_while_another_one_waits(direct: Direct, tally: Tally, dialect: dict[str, str]) -> None:
    case = play(direct, ("delete", "rebuild"), dialect, Cut(1, 3))
    judge(tally, case, named(dialect))
    assert (
        "the pool is gone, since somebody else has deleted it while this task ran" in case.controllers[1].result.message
    )


def test_what_never_ends_is_found(direct: Direct) -> None:
    """The judge of all of the above: a service that is busy for ever, and a controller that waits for ever."""
    begin(direct, {})
    busy = {"status": 409, "body": {"error_code": "WKS.00010032", "error_msg": "Operation conflict"}}
    rule = {"operation": "RebuildDesktopPool", "when": "before_commit", "effect": busy, "count": None}
    direct.control.set_faults(rule)
    module, options = TASKS["rebuild"]
    stage = Stage(direct, Schedule())
    with mock.patch.object(engine, "CONFLICT_TIME", math.inf), pytest.raises(Deadlock):
        stage.play([(module, {**options, "wait_timeout": 86400})] * 2)
