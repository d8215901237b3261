# Copyright (c) 2026 the hwcloud.workspace contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""How far a recompose goes, and that a desktop that it has reached is left alone afterwards."""

from __future__ import annotations

from itertools import product
from typing import Any

import pytest
from running import Ansible, Run, task
from sight import NOVEMBER, OCTOBER, Sight, desktop_id

# What the service does; nothing here depends on the version of ansible-core.
pytestmark = pytest.mark.readings

CANARY = [desktop_id("FIN-003")]
# Every pair of readings of two of the three questions comes up once.
_ABSENT = ("all", "expand_only", "idle")
_MOVES = ("no", "yes", "by_handle_type")
_TEMPLATE = ("accepted", "finished", "all_succeeded")
READINGS = [
    {
        "handle_type_absent": _ABSENT[first],
        "desktop_ids_change_template": _MOVES[second],
        "template_changes": _TEMPLATE[(first + second) % 3],
    }
    for first, second in product(range(3), range(3))
]


def rebuild(name: str, **scope: Any) -> dict[str, Any]:
    """Return a rebuild of the pool finance."""
    return task("desktop_pool_rebuild", name, pool="finance", image_id=NOVEMBER, **scope)


def twice(ansible: Ansible, **scope: Any) -> Run:
    """Predict, run and run again; the prediction is what comes to be, and the second run does nothing."""
    predicted = {**rebuild("Predict", **scope), "check_mode": True}
    run = ansible.play(predicted, rebuild("Run", **scope), rebuild("Rest", **scope))
    assert run["Run"].changed
    assert run["Predict"]["diff"] == run["Run"]["diff"]
    assert run["Predict"]["desktop_pool"]["image_id"] == run["Run"]["desktop_pool"]["image_id"]
    assert not run["Rest"].changed
    assert run["Rest"].changes == []
    return run


def test_only_for_expand_moves_the_template_alone(ansible: Ansible, sight: Sight) -> None:
    run = twice(ansible, handle_type="ONLY_FOR_EXPAND")
    assert run.sent("RebuildDesktopPool") == [{"image_id": NOVEMBER, "handle_type": "ONLY_FOR_EXPAND"}]
    assert run["Run"]["diff"] == {"before": {"image_id": OCTOBER}, "after": {"image_id": NOVEMBER}}
    assert sight.control.pool("finance")["image_id"] == NOVEMBER
    assert set(sight.rebuilds().values()) == {0}


def test_idle_desktops_are_those_without_a_user(ansible_in_process: Ansible, sight: Sight) -> None:
    run = twice(ansible_in_process, handle_type="FOR_EXPAND_AND_IDLE")
    assert run.sent("RebuildDesktopPool") == [{"image_id": NOVEMBER, "handle_type": "FOR_EXPAND_AND_IDLE"}]
    assert sight.rebuilds() == {"FIN-001": 0, "FIN-002": 0, "FIN-003": 1, "FIN-004": 1}


def test_all_desktops(ansible_in_process: Ansible, sight: Sight) -> None:
    run = twice(ansible_in_process, handle_type="FOR_EXPAND_AND_ALL")
    assert run.sent("RebuildDesktopPool") == [{"image_id": NOVEMBER, "handle_type": "FOR_EXPAND_AND_ALL"}]
    assert set(sight.rebuilds().values()) == {1}


def test_a_canary_is_not_recomposed_again_with_its_pool(ansible: Ansible, sight: Sight) -> None:
    canary = twice(ansible, desktop_ids=CANARY)
    assert canary.sent("RebuildDesktopPool") == [{"image_id": NOVEMBER, "desktop_ids": CANARY}]
    assert canary["Run"]["diff"]["after"] == {"desktops_by_image": {NOVEMBER: 1}}
    assert sight.rebuilds() == {"FIN-001": 0, "FIN-002": 0, "FIN-003": 1, "FIN-004": 0}
    assert sight.control.pool("finance")["image_id"] == OCTOBER

    whole = twice(ansible)
    assert sorted(whole["Run"]["desktops_succeeded"]) == [desktop_id(f"FIN-00{number}") for number in (1, 2, 4)]
    assert set(sight.rebuilds().values()) == {1}
    assert sight.control.pool("finance")["image_id"] == NOVEMBER


@pytest.mark.parametrize("readings", READINGS, ids=lambda readings: "-".join(readings.values()))
def test_a_canary_under_every_reading(ansible_in_process: Ansible, sight: Sight, readings: dict[str, str]) -> None:
    sight.control.set_dialect(**readings)
    run = ansible_in_process.play(
        rebuild("Canary", desktop_ids=CANARY),
        rebuild("Canary again", desktop_ids=CANARY),
        rebuild("Pool"),
        rebuild("Pool again"),
    )
    assert [found.changed for found in run.tasks] == [True, False, True, False]
    assert set(sight.rebuilds().values()) == {1}
    assert set(sight.images().values()) == {NOVEMBER}
    assert sight.control.pool("finance")["image_id"] == NOVEMBER


@pytest.mark.parametrize(
    ("idle", "stopped"), [("unbound", "no"), ("not_logged_in", "yes"), ("unbound_and_not_logged_in", "no")]
)
def test_idle_desktops_under_every_reading(ansible_in_process: Ansible, sight: Sight, idle: str, stopped: str) -> None:
    sight.control.set_dialect(idle_desktop=idle, idle_stopped=stopped)
    scope = {"handle_type": "FOR_EXPAND_AND_IDLE"}
    run = ansible_in_process.play(rebuild("Run", **scope), rebuild("Rest", **scope), rebuild("Pool"), rebuild("End"))
    assert [found.changed for found in run.tasks[1:]] == [False, run["Pool"].changed, False]
    assert set(sight.rebuilds().values()) == {1}
    assert set(sight.images().values()) == {NOVEMBER}


@pytest.mark.parametrize("template", ["accepted", "finished", "all_succeeded"])
def test_only_for_expand_under_every_reading(ansible_in_process: Ansible, sight: Sight, template: str) -> None:
    sight.control.set_dialect(template_changes=template)
    twice(ansible_in_process, handle_type="ONLY_FOR_EXPAND")
    assert set(sight.rebuilds().values()) == {0}


@pytest.mark.parametrize("reading", ["desktop_ids", "intersection"])
def test_single_desktops_with_a_handle_type(ansible_in_process: Ansible, sight: Sight, reading: str) -> None:
    sight.control.set_dialect(desktop_ids_with_handle_type=reading)
    run = twice(ansible_in_process, desktop_ids=CANARY, handle_type="FOR_EXPAND_AND_ALL")
    assert run.sent("RebuildDesktopPool") == [
        {"image_id": NOVEMBER, "desktop_ids": CANARY, "handle_type": "FOR_EXPAND_AND_ALL"}
    ]
    assert sight.rebuilds() == {"FIN-001": 0, "FIN-002": 0, "FIN-003": 1, "FIN-004": 0}


@pytest.mark.parametrize("reading", ["cut", "fail", "skip"])
def test_users_at_work_under_every_reading(ansible_in_process: Ansible, sight: Sight, reading: str) -> None:
    """The user stays; whatever the service does then, no desktop is recomposed twice and the result says the truth."""
    sight.control.set_dialect(connected_user=reading)
    a_rebuild = task("desktop_pool_rebuild", pool="callcenter", image_id=NOVEMBER)
    run = ansible_in_process.play({**a_rebuild, "ignore_errors": True}, warnings=["users are logged in on 2 of the 3"])
    reached = 1 if reading == "cut" else 0
    assert sight.rebuilds("callcenter") == {"CCT-001": reached, "CCT-002": 1, "CCT-003": 1}
    assert run.only.status == ("ok" if reading == "cut" else "failed")
    if reading != "cut":
        assert "CCT-001" in run.only.message
