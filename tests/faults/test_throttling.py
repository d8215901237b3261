# Copyright (c) 2026 the hwcloud.workspace contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Too many calls a minute: crowds of workers are all served in the end, and none of them hammers."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from unittest import mock

import pytest
from direct import NOVEMBER, Direct
from tally import Tally
from throttling import FIRST_REST, Traffic, crowd, judge_traffic

from ansible_collections.hwcloud.workspace.plugins.module_utils.client import connect
from ansible_collections.hwcloud.workspace.plugins.module_utils.client.board import Board

AREA = "throttling"
READS, WRITES, WORKERS = 40, 20, 20
DIALECTS: list[dict[str, Any]] = [
    {"count_refused": counted, "retry_after": says} for counted in (False, True) for says in (False, True)
]


class Together(Board):
    """The board as it is in one of several workers that were forked."""

    serves_many = True


def names(count: int) -> list[str]:
    """Return names of pools."""
    return [f"pool-{number:03d}" for number in range(count)]


def fleet(direct: Direct, count: int, **limits: Any) -> list[str]:
    """Give the simulator so many pools of two desktops, and limits; return their names."""
    pools = names(count)
    direct.seed(*({"name": name, "desktops": [{"name": f"{name}-1"}, {"name": f"{name}-2"}]} for name in pools))
    direct.control.set_throttle(**{"enabled": True, "reads": READS, "writes": WRITES, **limits})
    return pools


def go(direct: Direct, pools: list[str], module: str, together: bool, **options: Any) -> Traffic:
    """Run a module over all pools, by workers that know of each other or do not."""
    with mock.patch.object(connect, "BOARD", Together() if together else None):
        # Before the first answer to a key only one worker tries it; that is tested elsewhere.
        direct.in_one_play = True
        assert not direct.run("desktop_pool_info", pool=pools[0]).failed
        return crowd(direct, [(name, module, {"pool": name, **options}) for name in pools], WORKERS)


def check(
    traffic: Traffic,
    pools: list[str],
    tally: Tally,
    reads: int,
    *,
    together: bool,
    done: Mapping[str, int] | None = None,
) -> None:
    """Fail if a task failed, a desktop was changed other than once, or somebody hammered."""
    messages = [result["msg"] for result in traffic.results.values() if result.get("failed")]
    duplicates = sum(count - 1 for count in (done or {}).values() if count > 1)
    lost = sum(not count for count in (done or {}).values())
    tally.add(AREA, cases=len(pools), duplicates=duplicates, lost_changes=lost)
    assert messages == []
    assert set(traffic.results) == set(pools)
    assert (duplicates, lost) == (0, 0)
    assert any(request.refused for request in traffic.sent), "the limits are too wide to show anything"
    judge_traffic(traffic, reads, reads // 2, WORKERS, together=together)


def rebuilds(direct: Direct) -> dict[str, int]:
    """Return how often each desktop was rebuilt."""
    return {
        desktop["computer_name"]: len(desktop["effects"]["rebuilds"])
        for pool in direct.control.estate()["pools"]
        for desktop in pool["desktops"]
    }


@pytest.mark.parametrize("limits", DIALECTS, ids=str)
def test_a_crowd_that_looks(direct: Direct, tally: Tally, limits: dict[str, Any]) -> None:
    """At the limits of the service, workers that were forked by one controller."""
    pools = fleet(direct, 240, reads=200, writes=100, **limits)
    traffic = go(direct, pools, "desktop_pool_info", together=True)
    check(traffic, pools, tally, 200, together=True)


@pytest.mark.parametrize("counted", [False, True], ids=["refused_are_free", "refused_count"])
def test_a_crowd_of_strangers_that_looks(direct: Direct, tally: Tally, counted: bool) -> None:
    """The same, where each task is a program of its own."""
    pools = fleet(direct, 240, reads=200, writes=100, count_refused=counted)
    traffic = go(direct, pools, "desktop_pool_info", together=False)
    check(traffic, pools, tally, 200, together=False)


@pytest.mark.parametrize("together", [True, False], ids=["together", "alone"])
def test_a_crowd_that_recomposes(direct: Direct, tally: Tally, together: bool) -> None:
    pools = fleet(direct, 40, count_refused=True)
    traffic = go(direct, pools, "desktop_pool_rebuild", together, image_id=NOVEMBER)
    check(traffic, pools, tally, READS, together=together, done=rebuilds(direct))


def test_a_wait_that_is_never_served_ends_at_its_limit(direct: Direct, tally: Tally) -> None:
    direct.seed({"name": "finance", "desktops": [{"name": "FIN-001"}, {"name": "FIN-002"}]})
    direct.control.set_throttle(enabled=True, operations={"ShowJob": 0})
    outcome = direct.run("desktop_pool_rebuild", pool="finance", image_id=NOVEMBER, wait_timeout=600)
    took = direct.clock.now()
    direct.control.set_throttle(enabled=False)
    direct.passes(600)
    again = direct.run("desktop_pool_rebuild", pool="finance", image_id=NOVEMBER)
    done = rebuilds(direct)
    tally.add(AREA, duplicates=sum(done.values()) - 2)
    assert done == {"FIN-001": 1, "FIN-002": 1}
    assert outcome.failed
    assert "how job" in outcome.message
    assert "it goes on in the service, so run the task again to wait for it, or raise wait_timeout" in outcome.message
    assert outcome["job_id"]
    assert 600 <= took <= 615
    looks = [entry for entry in outcome.requests if entry["operation"] == "ShowJob"]
    assert 4 <= len(looks) <= 15
    assert not again.failed
    assert again.changes == []


@pytest.mark.parametrize(
    "operation", ["ListDesktopPools", "ListDesktopsDetail", "RebuildDesktopPool", "ListItaSubJobs"]
)
def test_no_phase_of_a_task_gives_up_early(direct: Direct, tally: Tally, operation: str) -> None:
    """A quarter of an hour of refusals, wherever it meets the task, is waited out."""
    direct.seed({"name": "finance", "desktops": [{"name": "FIN-001"}, {"name": "FIN-002"}]})
    refused = {"status": 429, "body": {"error_code": "APIGW.0308", "error_msg": "policy user over ratelimit"}}
    direct.control.set_faults({"operation": operation, "count": 7, "effect": refused})
    outcome = direct.run("desktop_pool_rebuild", pool="finance", image_id=NOVEMBER)
    done = rebuilds(direct)
    tally.add(
        AREA, duplicates=sum(count > 1 for count in done.values()), lost_changes=sum(not n for n in done.values())
    )
    assert outcome.changed, outcome.message
    assert done == {"FIN-001": 1, "FIN-002": 1}
    assert direct.clock.now() > 7 * FIRST_REST


def test_half_an_hour_of_refusals_is_where_patience_ends(direct: Direct, tally: Tally) -> None:
    direct.seed({"name": "finance", "desktops": [{"name": "FIN-001"}]})
    direct.control.set_throttle(enabled=True, operations={"RebuildDesktopPool": 0})
    outcome = direct.run("desktop_pool_rebuild", pool="finance", image_id=NOVEMBER)
    tally.add(AREA, duplicates=sum(rebuilds(direct).values()))
    assert outcome.failed
    assert not outcome.changed
    assert "too many calls a minute, by whatever goes by this user; run fewer tasks at a time." in outcome.message
    assert 1800 <= direct.clock.now() <= 1830
    assert len(outcome.changes) <= 20
