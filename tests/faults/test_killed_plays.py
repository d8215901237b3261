# Copyright (c) 2026 the hwcloud.workspace contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Programs that are killed with SIGKILL, at requests drawn at random: the same play, run again, finishes its work."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

import pytest
import yaml
from fleet import is_closed, results
from kills_of_programs import (
    DISK,
    POOLS,
    SIZE,
    XLARGE,
    Strike,
    judge,
    set_up,
    strike,
    strikes,
    tasks_by_host,
)
from running import Ansible, task
from sight import NOVEMBER, Sight
from tally import Tally

pytestmark = [pytest.mark.readings, pytest.mark.slow, pytest.mark.timeout(900)]

AREA = "killed programs"
GROWN = SIZE + 4

# One change for each pool, all at once, so that a kill meets each of them in another state.
CHANGES: dict[str, dict[str, Any]] = {
    "alpha": task("desktop_pool_rebuild", pool="alpha", image_id=NOVEMBER),
    "beta": task("desktop_pool_resize", pool="beta", product_id=XLARGE, mode="STOP_DESKTOP"),
    "gamma": task("desktop_pool_volumes", pool="gamma", volumes=[{"type": "SSD", "size": 100}] * 2),
    "delta": task("desktop_pool_volumes", pool="delta", volumes=[{"id": DISK[:-1] + "4", "size": 200}]),
    "epsilon": task("desktop_pool_expand", pool="epsilon", desktop_count=GROWN),
}
ONCE: dict[str, Sequence[str]] = {
    "alpha": ["rebuilds"],
    "beta": ["resizes"],
    "gamma": ["disks_added"],
    "delta": ["disks_expanded"],
    "epsilon": [],
}
REQUESTS = 100
"""About as many as a run of them takes that nothing ends."""


def command_of(ansible: Ansible, plays: list[dict[str, Any]]) -> list[str]:
    """Write a playbook and return the command that runs it."""
    path = ansible.folder / "killed.yml"
    path.write_text(yaml.safe_dump(plays, sort_keys=False), encoding="utf-8")
    return ["ansible-playbook", "-f", "5", str(path)]


def killed(ansible: Ansible, command: Sequence[str], moments: Sequence[Strike]) -> str:
    """Run a program once for each moment and kill it there; return what came of that, in words."""
    said = [f"{moment} ({'killed' if strike(ansible, command, moment) else 'not reached'})" for moment in moments]
    return f"{ansible.execution}, {', '.join(said)}"


def test_modules_that_are_killed(ansible: Ansible, sight: Sight, tally: Tally) -> None:
    finish_after(ansible, sight, tally, seed=10)


def test_modules_that_are_killed_while_nobody_can_see_their_jobs(
    ansible_in_process: Ansible, sight: Sight, tally: Tally
) -> None:
    hidden = {"sub_jobs_appear": "late", "pool_status_during_job": "STEADY"}
    finish_after(ansible_in_process, sight, tally, seed=4, **hidden)


def finish_after(ansible: Ansible, sight: Sight, tally: Tally, seed: int, **readings: str) -> None:
    """Kill two runs, let the third one finish, and judge it; the fourth one has nothing to do."""
    set_up(sight, **readings)
    command = command_of(ansible, tasks_by_host(CHANGES))
    told = f"seed {seed}, {killed(ansible, command, strikes(seed, 2, REQUESTS))}"
    run = ansible.run(command, allowed=[".*"])
    grown = len(sight.control.pool("epsilon")["desktops"])
    twice, lost = judge(sight, ONCE)
    tally.add(
        AREA,
        duplicates=sum(twice.values()) + max(0, grown - GROWN),
        lost_changes=sum(lost.values()) + max(0, GROWN - grown),
    )
    assert (twice, lost, grown) == ({}, {}, GROWN), told
    again = ansible.run(command, allowed=[".*"])
    assert again.changes == [], told
    assert not any(found.changed for found in again.tasks if found.host in POOLS), told
    assert {found.host for found in run.tasks} >= set(POOLS), told


# A role in the middle of its steps.

GENTLE = {
    "max_unavailable": "100%",
    "session_policy": "logoff",
    "grace_minutes": 1,
    "notify_minutes": [1],
}
MAINTENANCES: dict[int, tuple[dict[str, Any], list[str], list[str]]] = {
    5: ({"image_id": NOVEMBER, "volumes": "SSD:100,SAS:50"}, ["rebuilds", "disks_added"], ["alpha", "gamma"]),
    9: ({"product": XLARGE, "image_id": NOVEMBER}, ["resizes", "rebuilds"], ["beta", "gamma"]),
}
"""By the number of the draw: what is asked for, what every desktop has to get of it, and the pools."""

LENGTH = 250
"""About as many requests as such a maintenance takes that nothing ends."""


def maintenance(what: dict[str, Any], *pools: str) -> list[str]:
    """Return the command of a maintenance."""
    wanted = json.dumps({**what, **GENTLE, "pool": ",".join(pools)})
    return ["ansible-playbook", "hwcloud.workspace.maintain_pools", "-e", wanted]


def is_given_back(sight: Sight, tally: Tally, told: str, kinds: Sequence[str], *pools: str) -> None:
    """Judge pools whose maintenance came to its end in the last of several runs."""
    twice, lost = judge(sight, dict.fromkeys(pools, kinds))
    closed = [pool for pool in pools if is_closed(sight, pool)]
    tally.add(AREA, duplicates=sum(twice.values()), lost_changes=sum(lost.values()) + len(closed))
    assert (twice, lost, closed) == ({}, {}, []), told
    states = {desktop["status"] for pool in pools for desktop in sight.control.pool(pool)["desktops"]}
    assert states == {"ACTIVE"}, told


def is_at_rest(ansible: Ansible, command: Sequence[str], told: str) -> None:
    """Run a maintenance that has nothing left to do."""
    again = ansible.run(command, allowed=[".*"], seconds=240)
    assert again.changes == [], told
    assert {result["outcome"] for result in results(again).values()} == {"unchanged"}, told


@pytest.mark.parametrize("seed", MAINTENANCES)
def test_a_maintenance_that_is_killed(ansible_in_process: Ansible, sight: Sight, tally: Tally, seed: int) -> None:
    """Two runs end anywhere; the third one finishes and gives the pools back. Each tells users at most once."""
    what, kinds, pools = MAINTENANCES[seed]
    set_up(sight, sessions=["gamma"], seconds_per_poll=15)
    command = maintenance(what, *pools)
    told = f"maintenance {seed}, {killed(ansible_in_process, command, strikes(seed, 2, LENGTH))}"
    run = ansible_in_process.run(command, allowed=[".*"], seconds=240)
    assert {result["outcome"] for result in results(run).values()} <= {"done", "unchanged"}, told
    is_given_back(sight, tally, told, kinds, *pools)
    over = [notice for notice in sight.notices("gamma") if "is over" in notice]
    assert len(over) <= 1, told
    assert len(sight.notices("gamma")) - len(over) <= 3, told
    is_at_rest(ansible_in_process, command, told)


@pytest.mark.parametrize("when", ["before_commit", "after_commit"])
def test_a_maintenance_that_is_killed_as_it_gives_the_pools_back(
    ansible_in_process: Ansible, sight: Sight, tally: Tally, when: str
) -> None:
    """All desktops are done, so that nothing is due any more; maintenance mode is ended all the same, and once."""
    set_up(sight, seconds_per_poll=15)
    command = maintenance({"image_id": NOVEMBER, "canary": 0}, "alpha", "beta")
    moment = Strike(3, when, "UpdateDesktopPool")
    assert strike(ansible_in_process, command, moment), f"does not come to {moment}"
    assert judge(sight, {"alpha": ["rebuilds"], "beta": ["rebuilds"]}) == ({}, {})
    assert is_closed(sight, "alpha") or is_closed(sight, "beta") or when == "after_commit"
    run = ansible_in_process.run(command, allowed=[".*"], seconds=240)
    is_given_back(sight, tally, f"killed {moment}", ["rebuilds"], "alpha", "beta")
    assert {found["operation"] for found in run.changes} <= {"UpdateDesktopPool", "SendDesktopPoolNotifications"}
    is_at_rest(ansible_in_process, command, f"killed {moment}")
