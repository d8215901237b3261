# Copyright (c) 2026 the hwcloud.workspace contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Deletion: autoscaling off, desktops in batches, then the pool; and whatever is left of that after an interruption."""

from __future__ import annotations

from typing import Any

import pytest

from ansible_collections.hwcloud.workspace.plugins.module_utils.client.errors import (
    BusyError,
    InputError,
    JobFailedError,
    JobTimeoutError,
    RefusedError,
)
from ansible_collections.hwcloud.workspace.plugins.module_utils.client.operations import (
    DELETE_DESKTOPS,
    DELETE_POOL,
    UPDATE_POOL,
)
from ansible_collections.hwcloud.workspace.plugins.module_utils.pools.change import Observation, Plan
from ansible_collections.hwcloud.workspace.plugins.module_utils.pools.deletion import Deletion
from ansible_collections.hwcloud.workspace.plugins.module_utils.pools.lifecycle import find, remove
from ansible_collections.hwcloud.workspace.plugins.module_utils.pools.model import Pool
from ansible_collections.hwcloud.workspace.tests.unit.plugins.module_utils.pools.pool_life import (
    CONFLICT,
    GONE,
    NAME,
    PoolLife,
    answer_lost,
    answered,
    never_arrived,
)
from ansible_collections.hwcloud.workspace.tests.unit.plugins.module_utils.pools.samples import (
    POOL_ID,
    a_desktop,
    a_pool,
)
from ansible_collections.hwcloud.workspace.tests.unit.plugins.module_utils.scripted_service import (
    HandClock,
    Reply,
    ScriptedService,
)

DIFF = {"before": {"name": NAME, "id": POOL_ID, "desktop_count": 2}, "after": {}}
BATCH = ("batch-delete", {"desktop_ids": ["d1", "d2"]})


def plan(desktops: int, force: bool = True, **fields: Any) -> Plan:
    found = tuple(a_desktop(f"d{number:03}") for number in reversed(range(desktops)))
    return Deletion(force).plan(Observation(a_pool(**fields), found))


@pytest.fixture
def life(service: ScriptedService, clock: HandClock) -> PoolLife:
    """Return a pool of two desktops."""
    return PoolLife(service, clock)


def run(life: PoolLife, check_mode: bool = False, force: bool = True, **engine: Any) -> Any:
    made = life.engine(**engine)
    return remove(made, find(made.session, NAME, None), NAME, force=force, check_mode=check_mode)


# The next request.


@pytest.mark.parametrize(("desktops", "first", "steps"), [(1, 1, 2), (100, 100, 2), (101, 100, 3), (250, 100, 4)])
def test_desktops_go_in_batches_of_a_hundred_in_a_stable_order(desktops: int, first: int, steps: int) -> None:
    found = plan(desktops)
    assert found.step is not None
    assert found.step.operation is DELETE_DESKTOPS
    assert dict(found.step.body) == {"desktop_ids": [f"d{number:03}" for number in range(first)]}
    assert found.step.desktop_ids == set(found.step.body["desktop_ids"])
    assert found.steps == steps


def test_autoscaling_is_switched_off_first_and_the_rest_of_the_pool_kept() -> None:
    found = plan(1, enable_autoscale=True, description="finance")
    assert found.step is not None
    assert found.step.operation is UPDATE_POOL
    assert dict(found.step.body) == {"name": NAME, "description": "finance", "enable_autoscale": False}
    assert found.steps == 3


def test_a_pool_without_desktops_is_deleted_without_force() -> None:
    found = plan(0, force=False)
    assert found.step is not None
    assert (found.step.operation, found.steps) == (DELETE_POOL, 1)


def test_desktops_that_are_going_already_are_not_asked_for_again() -> None:
    going = (a_desktop("d1", status=""), a_desktop("d2", task_status="deleting"))
    found = Deletion(False).plan(Observation(a_pool(), going))
    assert found.step is not None
    assert found.step.operation is DELETE_POOL


def test_no_pool_is_nothing_to_do() -> None:
    assert Deletion(True).plan(Observation(Pool.absent(NAME), ())) == Plan(None)


# The task.


def test_a_pool_is_deleted_with_its_desktops_and_a_second_run_finds_none(life: PoolLife) -> None:
    life.attributes["enable_autoscale"] = True
    predicted = run(life, check_mode=True)
    assert life.sent() == []
    result = run(life)
    assert [end for end, _sent in life.sent()] == ["PUT", "batch-delete", "DELETE"]
    assert life.sent()[1] == BATCH
    assert not life.exists
    assert predicted["diff"] == result["diff"] == DIFF
    assert predicted["desktop_pool"] == result["desktop_pool"] == {}
    assert (result["changed"], result["job_id"]) == (True, "job-1")
    assert sorted(result["desktops_succeeded"]) == ["d1", "d2"]
    before = len(life.service.requests)
    again = run(life)
    assert (again["changed"], again["diff"], again["desktop_pool"]) == (False, {"before": {}, "after": {}}, {})
    assert len(life.service.requests) - before == 1
    assert again.keys() == result.keys()


def test_many_desktops_are_deleted_one_batch_after_the_other(life: PoolLife) -> None:
    life.desktops = {f"d{number:03}": "ACTIVE" for number in range(230)}
    result = run(life)
    assert [len(body["desktop_ids"]) for _end, body in life.sent()[:-1]] == [100, 100, 30]
    assert [job.begins for job in life.jobs[1:]] >= [job.ends for job in life.jobs[:-1]]
    assert len(result["desktops_succeeded"]) == 230
    assert not life.exists


@pytest.mark.parametrize("check_mode", [True, False])
def test_a_pool_with_desktops_is_refused_without_force(life: PoolLife, check_mode: bool) -> None:
    with pytest.raises(InputError) as failed:
        run(life, check_mode=check_mode, force=False)
    assert str(failed.value) == (
        "pool finance-win10: delete: the pool has 2 desktops, and a pool is deleted only without any; set force to "
        "delete them with it, or delete them first. Nothing was changed."
    )
    assert life.sent() == []


def test_an_id_beside_another_name_is_refused(life: PoolLife) -> None:
    engine = life.engine()
    with pytest.raises(InputError, match="its name is finance-win10 and not finance"):
        remove(engine, find(engine.session, "finance", POOL_ID), "finance", force=True, check_mode=False)
    assert life.sent() == []


@pytest.mark.parametrize("check_mode", [True, False])
def test_users_who_are_logged_in_are_warned_of(life: PoolLife, check_mode: bool) -> None:
    life.sessions = {"d2": "DISCONNECTED"}
    run(life, check_mode=check_mode)
    assert life.warnings == [
        "pool finance-win10: users are logged in on 1 of the 2 desktops to delete, and all of their data is lost: D2."
    ]


def test_without_wait_the_first_batch_is_sent_and_the_rest_is_told_of(life: PoolLife) -> None:
    life.desktops = {f"d{number:03}": "ACTIVE" for number in range(101)}
    life.attributes["enable_autoscale"] = True
    result = run(life, wait=False)
    assert [end for end, _sent in life.sent()] == ["PUT", "batch-delete"]
    assert (result["changed"], result["job_id"], result["desktop_pool"]["name"]) == (True, "job-1", NAME)
    assert any("2 of 3 requests were not sent" in text for text in life.warnings)
    with pytest.raises(BusyError, match=r"job-1 \(deleteDesktops\) still runs"):
        run(life, wait=False)
    assert run(life)["changed"]
    assert not life.exists


# What goes wrong.


def test_a_desktop_that_cannot_be_deleted_fails_the_task_and_the_pool_stays(life: PoolLife) -> None:
    life.failing = 1
    with pytest.raises(JobFailedError, match="1 of 2 desktops failed in job job-1, the first being D2") as failed:
        run(life)
    fields = failed.value.result_fields()
    assert (fields["changed"], fields["desktops_succeeded"]) == (True, ["d1"])
    assert fields["desktop_pool"]["name"] == NAME
    assert life.sent() == [BATCH]
    life.desktops["d2"] = "ACTIVE"
    assert run(life)["changed"]
    assert life.sent()[1:] == [("batch-delete", {"desktop_ids": ["d2"]}), ("DELETE", None)]


def test_after_an_interruption_what_is_left_is_done(life: PoolLife) -> None:
    life.duration = 500
    with pytest.raises(JobTimeoutError):
        run(life, wait_timeout=60.0)
    assert run(life, force=False)["changed"]
    assert life.sent() == [BATCH, ("DELETE", None)]
    assert not life.exists


def test_a_running_job_is_waited_for_before_anything_is_deleted(life: PoolLife) -> None:
    life.begin("expandDesktopPool", life.new(1))
    run(life)
    assert life.sent()[0] == ("batch-delete", {"desktop_ids": ["d1", "d2", "n1"]})
    assert life.jobs[1].begins >= life.jobs[0].ends


def test_desktops_that_came_meanwhile_are_deleted_too(life: PoolLife) -> None:
    def meanwhile(again: PoolLife, request: object) -> Reply:
        again.desktops["d3"] = "ACTIVE"
        return CONFLICT

    life.desktops = {}
    life.fates = [meanwhile]
    assert run(life)["changed"]
    assert [end for end, _sent in life.sent()] == ["DELETE", "batch-delete", "DELETE"]
    assert not life.exists


@pytest.mark.parametrize("goes", [True, False])
def test_a_pool_that_somebody_else_deletes_meanwhile_is_gone_all_the_same(life: PoolLife, goes: bool) -> None:
    def meanwhile(again: PoolLife, request: object) -> Reply:
        again.exists = False
        return GONE if goes else CONFLICT

    life.desktops = {}
    life.fates = [meanwhile]
    result = run(life)
    assert result["desktop_pool"] == {}
    assert [end for end, _sent in life.sent()] == ["DELETE"]


def test_a_refusal_of_desktops_is_no_sign_that_they_are_gone(life: PoolLife) -> None:
    life.fates = [answered(GONE)]
    with pytest.raises(RefusedError, match="no such pool"):
        run(life)
    assert life.exists


@pytest.mark.parametrize("fate", [answer_lost, never_arrived])
def test_a_lost_answer_to_a_batch_is_settled_by_job_or_desktops(life: PoolLife, fate: Any) -> None:
    life.fates = [fate]
    assert run(life)["changed"]
    assert life.sent() == [BATCH] * (1 if fate is answer_lost else 2) + [("DELETE", None)]
    assert len(life.jobs) == 1
