# Copyright (c) 2026 the hwcloud.workspace contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""How the desktops of a wave came out of it."""

from __future__ import annotations

from typing import Any

import pytest

from ansible_collections.hwcloud.workspace.plugins.module_utils.pools import waves
from ansible_collections.hwcloud.workspace.plugins.module_utils.pools.health import wave_health
from ansible_collections.hwcloud.workspace.tests.unit.plugins.module_utils.pools.rollout_pool import (
    RolloutPool,
    a_rollout_pool,
    ids,
)
from ansible_collections.hwcloud.workspace.tests.unit.plugins.module_utils.pools.samples import NEW

NOTHING: dict[str, list[Any]] = {"healthy": [], "unhealthy": [], "waiting": [], "to_start": [], "to_stop": []}


def look(
    before: dict[str, Any] | None = None, after: dict[str, Any] | None = None, outcome: dict[str, Any] | None = None
) -> dict[str, Any]:
    """Return the health of the one desktop of a pool after it was recomposed.

    :param before: fields of its record before the wave.
    :param after: fields of its record after it, beside the new image.
    """
    pool = a_rollout_pool(1)
    pool.record("d000").update(before or {})
    return health_of(pool, after or {}, outcome or {})


def health_of(pool: RolloutPool, after: dict[str, Any], outcome: dict[str, Any]) -> dict[str, Any]:
    state = pool.start(canary=0, max_unavailable="100%", session_policy="logoff")
    step = waves.next_wave(state, pool.report, pool.now)
    for record in pool.records:
        record.update({"metadata": {"metering.image_id": NEW}, **after})
    return wave_health(state, step, outcome, pool.report)


def test_a_desktop_as_before_with_the_image_is_healthy() -> None:
    found = look()
    assert [entry["desktop_id"] for entry in found["healthy"]] == ["d000"]
    assert {**found, "healthy": []} == NOTHING


@pytest.mark.parametrize(
    ("after", "words", "may_pass"),
    [
        ({"status": "ERROR"}, "it is in state ERROR", False),
        ({"task_status": "rebuilding"}, r"it is still busy after the change \(rebuilding\)", True),
        ({"metadata": {"metering.image_id": "other"}}, "it does not have the image after the change, but other", True),
        ({"metadata": {}}, "it does not have the image after the change, but none", True),
        ({"login_status": "UNREGISTER"}, "it runs after the change, but is not ready for users", True),
    ],
)
def test_what_makes_a_desktop_unhealthy(after: dict[str, Any], words: str, may_pass: bool) -> None:
    found = look(after=after)
    (entry,) = found["unhealthy"]
    assert entry["desktop_id"] == "d000"
    assert entry["fail_reason"].startswith(words.replace("\\", ""))
    assert found["waiting"] == (["d000"] if may_pass else [])
    assert found["healthy"] == []


@pytest.mark.parametrize("state", ["SHUTOFF", "HIBERNATED"])
def test_a_desktop_that_ran_is_to_run_again(state: str) -> None:
    found = look(after={"status": state, "login_status": "UNREGISTER"})
    assert (found["to_start"], found["waiting"]) == (["d000"], ["d000"])
    assert found["unhealthy"][0]["fail_reason"] == f"it ran before the change, and is {state} after it."


@pytest.mark.parametrize("state", ["SHUTOFF", "HIBERNATED"])
def test_a_desktop_that_was_stopped_is_to_be_stopped_again(state: str) -> None:
    found = look(before={"status": state, "login_status": "UNREGISTER"}, after={"status": "ACTIVE"})
    assert (found["to_stop"], found["unhealthy"]) == (["d000"], [])
    kept = look(before={"status": state, "login_status": "UNREGISTER"})
    assert (kept["to_stop"], kept["to_start"], kept["unhealthy"]) == ([], [], [])


def test_a_desktop_on_which_a_user_is_now_is_not_stopped() -> None:
    stopped = {"status": "SHUTOFF", "login_status": "UNREGISTER"}
    assert look(before=stopped, after={"status": "ACTIVE", "login_status": "CONNECTED"})["to_stop"] == []


def test_a_desktop_that_was_not_ready_before_need_not_be_after() -> None:
    found = look(before={"login_status": "UNREGISTER"}, after={"login_status": "UNREGISTER"})
    assert found["unhealthy"] == []


def test_a_desktop_is_found_by_its_name_where_its_id_has_changed() -> None:
    name = a_rollout_pool(1).record("d000")["computer_name"]
    found = look(after={"desktop_id": "anew", "computer_name": name.lower(), "status": "SHUTOFF"})
    assert found["to_start"] == ["anew"]
    gone = look(after={"desktop_id": "anew", "computer_name": "another"})
    assert gone["unhealthy"][0]["fail_reason"] == "it is not there any more after the change."
    assert gone["waiting"] == []


def test_desktops_that_failed_or_were_left_are_not_looked_at() -> None:
    pool = a_rollout_pool(3)
    outcome = {
        "failed": [{"desktop_id": "d000"}],
        "left": ["d001"],
        "error": "1 of 2 desktops failed",
        "job_over": True,
    }
    found = health_of(pool, {"status": "ERROR"}, outcome)
    assert [entry["desktop_id"] for entry in found["unhealthy"]] == ids(2)
    assert found["unhealthy"][0]["fail_reason"] == "it is in state ERROR after the change."


def test_an_open_error_tells_nothing_of_desktops() -> None:
    assert look(after={"status": "ERROR"}, outcome={"error": "the job still runs"}) == NOTHING


def test_the_error_of_a_job_that_is_over_is_the_reason() -> None:
    outcome = {"error": "the job ended and nothing shows", "job_over": True}
    (entry,) = look(after={"metadata": {}}, outcome=outcome)["unhealthy"]
    assert entry["fail_reason"] == "the job ended and nothing shows"
    assert look(outcome=outcome)["unhealthy"] == []
