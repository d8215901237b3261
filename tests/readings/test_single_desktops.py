# Copyright (c) 2026 the hwcloud.workspace contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Log-offs, drains and the power of single desktops under each reading of the service: predicted, and done once."""

from __future__ import annotations

from typing import Any

import pytest
from direct import Direct, Killed, every_reading, named

pytestmark = pytest.mark.readings

POOL = "finance"
NAMES = ("FIN-001", "FIN-002", "FIN-003", "FIN-004")
DESKTOPS = [
    {"name": "FIN-001", "user": "user-a1", "login_status": "CONNECTED"},
    {"name": "FIN-002", "user": "user-b2", "login_status": "DISCONNECTED"},
    {"name": "FIN-003"},
    {"name": "FIN-004", "status": "SHUTOFF"},
]
POWER = every_reading(
    "action_job_type", "conflict", "sub_jobs_appear", "state_after_job", "pool_status_during_job", "api_age"
)
SESSIONS = every_reading("logoff_disconnected", "after_logoff", "api_age", "maintenance_mode")


def effects(direct: Direct, kind: str) -> list[int]:
    """Return how often something was done, by desktop."""
    return [len(direct.desktops(POOL)[name]["effects"][kind]) for name in NAMES]


@pytest.mark.parametrize("dialect", POWER, ids=named)
@pytest.mark.parametrize(("state", "done"), [("started", [0, 0, 0, 1]), ("stopped", [1, 1, 0, 0])])
def test_power_is_done_as_it_was_predicted(
    direct: Direct, dialect: dict[str, str], state: str, done: list[int]
) -> None:
    direct.seed({"name": POOL, "desktops": DESKTOPS}, dialect=dialect)
    outcome = direct.converge(
        "desktop_power", pool=POOL, state=state, desktop_ids=direct.ids(POOL, "FIN-001", "FIN-002", "FIN-004")
    )
    assert outcome.changed
    assert effects(direct, "power") == done


@pytest.mark.parametrize("dialect", POWER, ids=named)
def test_a_reboot_is_over_when_the_task_is(direct: Direct, dialect: dict[str, str]) -> None:
    direct.seed({"name": POOL, "desktops": DESKTOPS}, dialect=dialect)
    outcome = direct.run("desktop_power", pool=POOL, state="rebooted", desktop_ids=direct.ids(POOL, *NAMES))
    assert not outcome.failed, outcome.message
    assert effects(direct, "power") == [1, 1, 1, 0]
    assert {desktop["task_status"] for desktop in direct.desktops(POOL).values()} == {""}
    assert outcome["desktops_succeeded"] == direct.ids(POOL, "FIN-001", "FIN-002", "FIN-003")


@pytest.mark.parametrize("when", ["before_commit", "after_commit"])
@pytest.mark.parametrize(
    ("module", "options", "kind", "done"),
    [
        ("desktop_power", {"state": "stopped"}, "power", [1, 1, 1, 0]),
        ("desktop_logoff", {}, "logoffs", [1, 1, 0, 0]),
    ],
)
def test_a_lost_answer_makes_nothing_happen_twice(
    direct: Direct, module: str, options: dict[str, Any], kind: str, done: list[int], when: str
) -> None:
    direct.seed(
        {"name": POOL, "desktops": DESKTOPS}, faults=[{"method": "POST", "when": when, "effect": {"reset": True}}]
    )
    outcome = direct.run(module, pool=POOL, desktop_ids=direct.ids(POOL, *NAMES), **options)
    assert not outcome.failed, outcome.message
    assert effects(direct, kind) == done


@pytest.mark.parametrize("dialect", SESSIONS, ids=named)
def test_sessions_are_ended_or_named(direct: Direct, dialect: dict[str, str]) -> None:
    direct.seed({"name": POOL, "desktops": DESKTOPS}, dialect=dialect)
    stays = {
        "kept": ["FIN-002"],
        "returns": ["FIN-001", "FIN-002"],
        "returns_unless_maintenance": ["FIN-001", "FIN-002"],
    }
    left = next((stays[reading] for reading in dialect.values() if reading in stays), [])
    if not left:
        assert direct.converge("desktop_logoff", pool=POOL).changed
    else:
        outcome = direct.run("desktop_logoff", pool=POOL)
        assert outcome.failed
        assert f"still {'has' if len(left) == 1 else 'have'} a session: {', '.join(left)}; " in outcome.message
        gone = [name for name in ("FIN-001", "FIN-002") if name not in left]
        assert outcome["desktops_logged_off"] == direct.ids(POOL, *gone)


@pytest.mark.parametrize("dialect", SESSIONS, ids=named)
def test_a_drain_tells_who_is_left(direct: Direct, dialect: dict[str, str]) -> None:
    direct.seed({"name": POOL, "desktops": DESKTOPS, "in_maintenance_mode": True}, dialect=dialect)
    stays = {"kept": ["FIN-002"], "returns": ["FIN-001", "FIN-002"]}
    left = next((stays[reading] for reading in dialect.values() if reading in stays), [])
    outcome = direct.run("desktop_pool_drain", pool=POOL, session_policy="logoff", grace_minutes=10)
    assert outcome.failed == bool(left)
    assert outcome["notices"] == [10, 5, 1]
    assert [entry["desktop_name"] for entry in outcome["desktops_in_session"]] == left
    if not left:
        assert not direct.run("desktop_pool_drain", pool=POOL, session_policy="logoff").changed


def test_a_drain_that_was_killed_begins_anew(direct: Direct) -> None:
    direct.seed({"name": POOL, "desktops": DESKTOPS})
    with pytest.raises(Killed):
        direct.run("desktop_pool_drain", killed_at=3, pool=POOL, session_policy="logoff", grace_minutes=5)
    outcome = direct.run("desktop_pool_drain", pool=POOL, session_policy="logoff", grace_minutes=5)
    assert (outcome["notices"], outcome["desktops_in_session"]) == ([5, 1], [])
    assert outcome["seconds"] >= 300
    assert effects(direct, "logoffs") == [1, 1, 0, 0]
