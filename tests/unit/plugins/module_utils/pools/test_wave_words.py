# Copyright (c) 2026 the hwcloud.workspace contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a rollout says to whoever watches it."""

from __future__ import annotations

from typing import Any

import pytest

from ansible_collections.hwcloud.workspace.plugins.module_utils.client.errors import InputError
from ansible_collections.hwcloud.workspace.plugins.module_utils.pools import waves
from ansible_collections.hwcloud.workspace.plugins.module_utils.pools.wave_words import rollout_words
from ansible_collections.hwcloud.workspace.tests.unit.plugins.module_utils.pools.rollout_pool import (
    RolloutPool,
    a_rollout_pool,
)
from ansible_collections.hwcloud.workspace.tests.unit.plugins.module_utils.pools.samples import NEW, OLD, USER_C3

FAILED = {"desktop_id": "d001", "error_code": "WKS.1", "fail_reason": "no host left."}


def told(pool: RolloutPool, outcome: dict[str, Any], **options: Any) -> tuple[list[str], list[str]]:
    """Return what is said before and after the first step of a rollout."""
    state = pool.start(**{"canary": 0, "max_unavailable": "50%", **options})
    step = waves.next_wave(state, pool.report, pool.now)
    after = waves.end_wave(state, step, {"began": pool.now.isoformat(), **outcome}, pool.now)
    return rollout_words(state, "begin", step), rollout_words(after, "end", step)


def summary(pool: RolloutPool, **options: Any) -> list[str]:
    """Return what is said of a rollout at its end."""
    return rollout_words(pool.result(pool.roll(**options)), "result")


def up_to_date() -> RolloutPool:
    """Return a pool that has the image."""
    pool = a_rollout_pool(2, image=NEW)
    for record in pool.records:
        record["metadata"] = {"metering.image_id": NEW}
    return pool


def test_a_wave() -> None:
    before, after = told(a_rollout_pool(4), {})
    assert before == [f"pool finance-win10: wave 1: recompose 2 desktops to {NEW}, 2 more after it: D000, D001."]
    assert after == ["pool finance-win10: wave 1: 2 of 2 desktops recomposed in 0s."]


def test_a_wave_with_users_and_failures() -> None:
    pool = a_rollout_pool(2, used=[1])
    pool.record("d001").update(USER_C3)
    before, after = told(pool, {"failed": [FAILED]}, max_unavailable="100%", session_policy="logoff")
    assert before[0].endswith("nothing is left after it: D000, D001. Users are logged in on 1 of them and are logged "
                              "off: D001 (user-c3).")  # fmt: skip
    assert after == [
        "pool finance-win10: wave 1: 1 of 2 desktops recomposed in 0s, 1 failed: D001 (no host left).",
        "pool finance-win10: stops here: 1 desktop failed: D001 (no host left).",
    ]


def test_a_wave_of_which_nothing_came() -> None:
    pool = a_rollout_pool(1, used=[0])
    _before, after = told(pool, {"left": ["d000"]}, session_policy="logoff")
    assert after == [
        "pool finance-win10: wave 1: nothing was changed, since its desktops stayed in use.",
        "pool finance-win10: left alone from now on: D000 (in use).",
    ]
    _before, broken = told(a_rollout_pool(1), {"error": "the service refused."})
    assert broken == [
        "pool finance-win10: wave 1: ended with an error after 0s: the service refused.",
        "pool finance-win10: stops here: the service refused.",
    ]


def test_many_names_are_cut_short() -> None:
    before, _after = told(a_rollout_pool(20), {})
    assert before[0].endswith("D000, D001, D002, D003, D004, D005, D006, D007 and 2 more.")


def test_waiting_for_users() -> None:
    pool = a_rollout_pool(2, used=[0, 1])
    before, after = told(pool, {"free": True, "seconds": 5}, session_wait_seconds=600)
    assert before == [
        (
            "pool finance-win10: what is left is 2 desktops in use; waits until users have left one of them, "
            "for 10m00s at most."
        )
    ]
    assert after == []


def test_results() -> None:
    assert summary(up_to_date()) == [f"pool finance-win10: every desktop has image {NEW}; nothing had to be done."]
    assert summary(a_rollout_pool(3), canary=1, max_unavailable=2)[0].startswith(
        f"pool finance-win10: done, 3 desktops recomposed to image {NEW} (2 waves, "
    )
    paused = summary(a_rollout_pool(3), pause_after_canary=True)
    assert paused[0].startswith(f"pool finance-win10: stopped, 1 desktop recomposed to image {NEW} (1 wave, ")
    assert paused[-1] == "2 of 3 desktops still need it."


def test_a_result_with_failures_names_them() -> None:
    pool = a_rollout_pool(3, fails={"d001": 9})
    said = summary(pool, canary=0, max_failures=1, max_unavailable="100%")
    assert said[0].startswith("pool finance-win10: done, 2 desktops recomposed")
    assert "left alone: D001 (failed twice)" in said
    assert said[-1] == "1 of 3 desktops still needs it."


def test_a_roll_back() -> None:
    pool = a_rollout_pool(3, fails={"d001": 9})
    state = pool.roll(canary=0, max_unavailable="100%")
    back = pool.roll_back(state)
    said = rollout_words(pool.result(state, back), "result")
    assert said[0].startswith("pool finance-win10: rolled back (2 waves, ")
    assert f"2 desktops taken back to {OLD}." in said[0]
    assert not any("still need" in line for line in said)


def test_a_rehearsal() -> None:
    pool = a_rollout_pool(4, used=[3])
    pool.record("d003").update(USER_C3)
    pace = {"seconds_per_desktop": 300, "parallel": 20}
    options = {"canary": 1, "max_unavailable": 2}
    plan = waves.rehearse_rollout(pool.report, {"image_id": NEW}, options, pool.now, pace)
    assert rollout_words(plan, "rehearsal") == [
        f"pool finance-win10: 4 of 4 desktops would be recomposed to image {NEW} in 3 waves, about 15m00s.",
        "wave 1 (canary): 1 desktop (about 5m00s): D000",
        "wave 2: 2 desktops (about 5m00s): D001, D002",
        "wave 3: 1 desktop (about 5m00s), once their users have left: D003; logged in: D003 (user-c3)",
        "then the pool's template follows, for desktops that are added later.",
    ]
    done = up_to_date()
    none = waves.rehearse_rollout(done.report, {"image_id": NEW}, {}, done.now)
    assert rollout_words(none, "rehearsal") == [
        f"pool finance-win10: every desktop has image {NEW}; nothing would be done."
    ]


def test_a_rehearsal_of_disks() -> None:
    pool = a_rollout_pool(2)
    wish = {"volumes": [{"type": "SAS", "size": 200}]}
    plan = waves.rehearse_rollout(pool.report, wish, {"canary": 0, "max_unavailable": "100%"}, pool.now)
    assert (
        rollout_words(plan, "rehearsal")[0] == "pool finance-win10: 2 of 2 desktops would be given the disks in 1 wave."
    )


def test_other_words_are_refused() -> None:
    with pytest.raises(InputError, match="there are no words of 'poem'"):
        rollout_words({}, "poem")
