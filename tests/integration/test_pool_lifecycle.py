# Copyright (c) 2026 the hwcloud.workspace contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A pool's life from nothing to nothing, by ``lifecycle.yml``, in which each step runs twice."""

from __future__ import annotations

from collections import Counter
from typing import Any

import pytest
from running import HERE, Ansible, Run
from sight import NOVEMBER, Sight

COMMAND = ["ansible-playbook", str(HERE / "lifecycle.yml")]
STEPS = {
    "Create": {"CreateDesktopPool": 1},
    "Grow": {"ExpandDesktopPool": 1},
    "Change attributes": {"UpdateDesktopPool": 1},
    "Resize": {"ResizeDesktopPool": 1},
    "Replace a disk": {"DeleteDesktopPoolVolumes": 1, "AddDesktopPoolVolumes": 1},
    "Change users": {"CreateDesktopPoolAuthorizedObjects": 3},
    "Clear attributes": {"UpdateDesktopPool": 1},
    "Stop": {"ExecuteDesktopPoolAction": 1},
    "Start": {"ExecuteDesktopPoolAction": 1},
    "Recompose": {"RebuildDesktopPool": 1},
    # Autoscaling goes off first.
    "Delete": {"UpdateDesktopPool": 1, "BatchDeleteDesktops": 1, "DeleteDesktopPool": 1},
}
"""The requests of each step that change something, the second time included."""

DONE_TO_A_DESKTOP = {"rebuilds": 1, "resizes": 1, "disks_added": 1, "disks_deleted": 1, "power": 2, "deleted": 1}


def sent(run: Run) -> dict[str, dict[str, int]]:
    """Return how often each step sent each operation that changes something."""
    return {
        step.name: dict(Counter(request["operation"] for request in step.changes)) for step in run.tasks if step.changes
    }


def done(thing: dict[str, Any]) -> dict[str, int]:
    """Return how often what was done to a pool or desktop."""
    return {name: len(events) for name, events in thing["effects"].items() if events}


def test_nothing_is_sent_in_check_mode_where_there_is_no_pool(ansible: Ansible, sight: Sight) -> None:
    run = ansible.run(COMMAND, check=True, diff=True)
    created = run["Create"]
    assert [once["changed"] for once in created["results"]] == [True, True]
    first, second = (once["diff"] for once in created["results"])
    assert first == second
    assert first["before"] == {}
    assert first["after"]["name"] == "lifecycle"
    assert [once["changed"] for once in run["Delete"]["results"]] == [False, False]
    assert {step.name for step in run.tasks if step.status == "ok"} == {"Create", "Look", "Delete"}
    assert sight.effects() == 0


@pytest.mark.slow
def test_the_life_of_a_pool(ansible: Ansible, sight: Sight) -> None:
    for life in (1, 2):
        run = ansible.run(COMMAND, diff=True, allowed=["pool lifecycle: "])
        assert sent(run) == STEPS
        assert len(run.changes) == sum(sum(operations.values()) for operations in STEPS.values())
        for step in run.tasks:
            assert step.name == "Look" or [once["changed"] for once in step["results"]] == [True, False]

        estate = sight.control.estate("lifecycle")
        assert estate["pools"] == []
        assert len(estate["deleted_pools"]) == life
        pool = estate["deleted_pools"][-1]
        assert [event["action"] for event in pool["effects"]["authorized"]] == [
            "ADD",
            "ADD",
            "ADD",
            "CHANGE_PRIVILEGE",
            "REMOVE",
        ]
        assert (pool["image_id"], pool["product"]["product_id"]) == (NOVEMBER, "workspace.x86.enterprise.xlarge2")
        assert sorted((disk["type"], disk["size"]) for disk in pool["data_volumes"]) == [("GPSSD", 60), ("SSD", 100)]
        assert len(pool["deleted_desktops"]) == 4
        for desktop in pool["deleted_desktops"]:
            assert {name: number for name, number in done(desktop).items() if name != "created"} == DONE_TO_A_DESKTOP
            assert desktop["image_id"] == NOVEMBER
            disks = sorted((disk["type"], disk["size"]) for disk in desktop["data_volumes"])
            assert disks == [("GPSSD", 60), ("SSD", 100)]
