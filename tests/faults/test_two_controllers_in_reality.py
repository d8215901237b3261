# Copyright (c) 2026 the hwcloud.workspace contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Two real ``ansible-playbook`` of the same moment, each with its own process: what they do to one pool."""

from __future__ import annotations

import json
from collections.abc import Sequence

import pytest
from controllers_plays import Played, play_at_once
from fleet import done_to, is_closed, set_up
from running import COLLECTION, Ansible, task
from sight import NOVEMBER, Sight
from tally import Tally

pytestmark = pytest.mark.readings

AREA = "two controllers, real runs"
XLARGE = "workspace.x86.enterprise.xlarge2"

REBUILD = task("desktop_pool_rebuild", "Recompose", pool="finance", image_id=NOVEMBER)
RESIZE = task("desktop_pool_resize", "Resize", pool="finance", product_id=XLARGE, mode="STOP_DESKTOP")
DISK = task("desktop_pool_volumes", "Add a disk", pool="finance", volumes=[{"type": "SAS", "size": 50}])
EXPAND = task("desktop_pool_expand", "Grow", pool="finance", desktop_count=6)


def judge(tally: Tally, runs: Sequence[Played], duplicates: int, lost: int = 0) -> None:
    """Count what was seen; nothing of it may be."""
    tracebacks, leaks = (sum(getattr(run, name) for run in runs) for name in ("tracebacks", "leaks"))
    tally.add(AREA, duplicates=duplicates, lost_changes=lost, tracebacks=tracebacks, leaks=leaks)
    assert (duplicates, lost, tracebacks, leaks) == (0, 0, 0, 0), "\n\n".join(run.output for run in runs)


def done(sight: Sight, kind: str) -> list[int]:
    """Return how often something was done to each of the four desktops that the pool began with."""
    desktops = sight.control.pool("finance")["desktops"]
    return [len(desktop["effects"][kind]) for desktop in desktops if desktop["computer_name"].startswith("FIN-00")]


def test_the_same_playbook_twice(ansible_in_process: Ansible, sight: Sight, tally: Tally) -> None:
    """Of each change one controller says that it made it, and the other one takes it over."""
    command = ansible_in_process.playbook_command(REBUILD, RESIZE, DISK, EXPAND)
    runs = play_at_once(ansible_in_process, command, command)
    counts = {kind: done(sight, kind) for kind in ("rebuilds", "resizes", "disks_added")}
    surplus = len(sight.control.pool("finance")["desktops"]) - 6
    told = all("desktops instead of 6" in str(run.results.get("Grow")) for run in runs)
    crossed = surplus if told else 0  # two growths that cross are one too many, and both say so
    judge(tally, runs, sum(count - 1 for each in counts.values() for count in each) + surplus - crossed)
    assert [run.status for run in runs] == [0, 0], "\n\n".join(run.output for run in runs)
    for name in ("Recompose", "Resize", "Add a disk", *(["Grow"] if not surplus else [])):
        said = [(run.results[name]["changed"], run.results[name]["adopted"]) for run in runs]
        assert (True, False) in said, name
        assert (False, True) in said or (False, False) in said, name


def test_two_different_changes(ansible_in_process: Ansible, sight: Sight, tally: Tally) -> None:
    """One waits for the other, and both are made, whole."""
    commands = [ansible_in_process.playbook_command(one) for one in (REBUILD, RESIZE)]
    runs = play_at_once(ansible_in_process, *commands)
    counts = [*done(sight, "rebuilds"), *done(sight, "resizes")]
    judge(tally, runs, sum(count > 1 for count in counts), counts.count(0))
    assert [run.status for run in runs] == [0, 0], "\n\n".join(run.output for run in runs)
    assert [run.results[name]["changed"] for run, name in zip(runs, ("Recompose", "Resize"), strict=True)] == [True] * 2


def test_two_maintenances(ansible_in_process: Ansible, sight: Sight, tally: Tally) -> None:
    """They share the waves; maintenance mode is off when both have ended."""
    estate = set_up(sight)
    wanted = {"pool": "beta", "image": "win10-2026-11", "max_unavailable": "100%"}
    command = ["ansible-playbook", f"{COLLECTION}.maintain_pools", "-e", json.dumps(wanted)]
    runs = play_at_once(ansible_in_process, command, command)
    counts = done_to(estate, "beta", "rebuilds").values()
    judge(tally, runs, sum(count > 1 for count in counts), list(counts).count(0))
    assert [run.status for run in runs] == [0, 0], "\n\n".join(run.output for run in runs)
    outcomes = [run.results["Remember the result"]["ansible_facts"]["pool_maintenance_result"] for run in runs]
    assert {outcome["outcome"] for outcome in outcomes} <= {"done", "unchanged"}
    assert estate.control.pool("beta")["image_id"] == NOVEMBER
    assert not is_closed(estate, "beta")
