# Copyright (c) 2026 the hwcloud.workspace contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Creation: a pool is made once, known by its name, and ready when the task ends."""

from __future__ import annotations

from typing import Any

import pytest

from ansible_collections.hwcloud.workspace.plugins.module_utils.client.errors import (
    BusyError,
    JobFailedError,
    JobTimeoutError,
    NotFoundError,
    OutcomeUnknownError,
    RefusedError,
)
from ansible_collections.hwcloud.workspace.plugins.module_utils.pools.change import Observation
from ansible_collections.hwcloud.workspace.plugins.module_utils.pools.creation import Creation, missing_fields
from ansible_collections.hwcloud.workspace.plugins.module_utils.pools.definition import Definition
from ansible_collections.hwcloud.workspace.plugins.module_utils.pools.lifecycle import bring_about, find
from ansible_collections.hwcloud.workspace.plugins.module_utils.pools.model import Pool
from ansible_collections.hwcloud.workspace.tests.unit.plugins.module_utils.pools.pool_life import (
    NAME,
    PoolLife,
    answer_lost,
    answered,
    never_arrived,
)
from ansible_collections.hwcloud.workspace.tests.unit.plugins.module_utils.pools.samples import OLD, POOL_ID, a_pool
from ansible_collections.hwcloud.workspace.tests.unit.plugins.module_utils.scripted_service import (
    HandClock,
    Reply,
    ScriptedService,
)

WANTED: dict[str, Any] = {
    "type": "STATIC",
    "size": 2,
    "product_id": "product-a",
    "image_type": "private",
    "image_id": OLD,
    "root_volume": {"type": "SAS", "size": 80},
    "subnet_ids": ["s1"],
}
CREATED = ("desktop-pools", {"name": NAME, **WANTED})


@pytest.fixture
def life(service: ScriptedService, clock: HandClock) -> PoolLife:
    """Return a service without a pool."""
    return PoolLife(service, clock, exists=False, desktops={})


def run(life: PoolLife, check_mode: bool = False, engine: dict[str, Any] | None = None, **options: Any) -> Any:
    """Return the result of a task that wants that pool; options replace its own, None takes one away."""
    wanted = Definition.from_options({**WANTED, **options})
    made = life.engine(**(engine or {}))
    return bring_about(made, wanted, find(made.session, NAME, None), check_mode=check_mode)


def creations(life: PoolLife) -> int:
    return sum(end == "desktop-pools" for end, _sent in life.sent())


# The request.


def test_the_request_holds_what_was_given_in_the_services_shape() -> None:
    options = {
        **WANTED,
        "data_volumes": [{"type": "SSD", "size": 100, "iops": None}],
        "security_groups": ["g1", "g1"],
        "subnet_ids": ["s1", "s2", "s1"],
        "tags": {"team": "finance", "stage": 1, "keep": True},
        "autoscale_policy": {"min_idle": 0, "autoscale_type": None},
        "authorized_objects": [
            {"object_type": "USER", "object_id": "u1", "object_name": "user-a1", "user_group": "users", "domain": None}
        ],
        "description": "",
        "ou_name": None,
        "enable_autoscale": False,
        "in_maintenance_mode": True,
    }
    (creation, *_rest) = Definition.from_options(options).creation(Pool.absent(NAME), wait=True)
    step = creation.plan(Observation(Pool.absent(NAME), None)).step
    assert step is not None
    assert dict(step.body) == {
        "name": NAME,
        **WANTED,
        "data_volumes": [{"type": "SSD", "size": 100}],
        "security_groups": [{"id": "g1"}],
        "subnet_ids": ["s1", "s2"],
        "tags": [
            {"key": "team", "value": "finance"},
            {"key": "stage", "value": "1"},
            {"key": "keep", "value": "true"},
        ],
        "autoscale_policy": {"min_idle": 0},
        "authorized_objects": [
            {"object_id": "u1", "object_name": "user-a1", "object_type": "USER", "user_group": "users"}
        ],
        "enable_autoscale": False,
    }
    assert step.adds == 2


def test_a_pool_that_exists_is_never_created() -> None:
    assert Creation(WANTED).plan(Observation(a_pool(), None)).step is None


@pytest.mark.parametrize("name", WANTED)
def test_what_a_creation_needs_and_was_not_given_is_named(name: str) -> None:
    assert missing_fields({key: value for key, value in WANTED.items() if key != name}) == [name]


def test_a_dynamic_pool_needs_a_retention_period_and_no_desktop() -> None:
    assert missing_fields({**WANTED, "type": "DYNAMIC", "size": 0}) == ["disconnected_retention_period"]
    assert missing_fields({**WANTED, "type": "DYNAMIC", "disconnected_retention_period": 10}) == []


@pytest.mark.parametrize(
    ("status", "count", "settled"),
    [
        ("TEMPORARY", 2, False),
        ("ERROR", 2, False),
        ("STEADY", 1, False),
        ("STEADY", 2, True),
        ("EXIST_FROZEN", 3, True),
    ],
)
def test_a_pool_is_ready_at_rest_and_with_its_desktops(status: str, count: int, settled: bool) -> None:
    seen = Observation(a_pool(status=status, desktop_count=count), None)
    assert Creation(WANTED).is_settled(seen) is settled
    scaled = Observation(a_pool(status="STEADY", desktop_count=0, enable_autoscale=True), None)
    assert Creation(WANTED).is_settled(scaled)


# The task.


@pytest.mark.parametrize("early", [True, False])
@pytest.mark.parametrize("status", ["TEMPORARY", "STEADY"])
def test_a_pool_is_created_and_a_second_run_finds_it(life: PoolLife, early: bool, status: str) -> None:
    life.early, life.status_during_job = early, status
    predicted = run(life, check_mode=True)
    assert life.sent() == []
    result = run(life)
    assert life.sent() == [CREATED]
    assert predicted["diff"] == result["diff"] == {"before": {}, "after": {"name": NAME, **WANTED}}
    assert (result["changed"], result["adopted"], result["differing"]) == (True, False, {})
    assert result["desktops_succeeded"] == ["n1", "n2"]
    assert (result["job_id"], result["desktop_pool"]["id"]) == ("job-1", POOL_ID)
    assert result["desktop_pool"]["status"] == "STEADY"
    before = len(life.service.requests)
    again = run(life)
    assert (again["changed"], again["diff"], again["differing"]) == (False, {"before": {}, "after": {}}, {})
    assert len(life.service.requests) - before == 2
    assert creations(life) == 1


def test_a_pool_without_desktops_is_created_though_its_job_has_no_sub_jobs(life: PoolLife) -> None:
    result = run(life, size=0)
    assert (result["changed"], result["desktops_succeeded"]) == (True, [])
    assert not run(life, size=0)["changed"]


def test_maintenance_mode_follows_the_creation(life: PoolLife) -> None:
    predicted = run(life, check_mode=True, in_maintenance_mode=True)
    result = run(life, in_maintenance_mode=True)
    assert life.sent() == [CREATED, ("PUT", {"name": NAME, "in_maintenance_mode": True})]
    assert predicted["diff"] == result["diff"]
    assert result["diff"] == {"before": {}, "after": {"name": NAME, **WANTED, "in_maintenance_mode": True}}
    assert result["desktop_pool"]["in_maintenance_mode"] is True
    assert result["job_id"] == "job-1"
    assert not run(life, in_maintenance_mode=True)["changed"]


def test_more_desktops_than_a_creation_makes_are_added_after_it(life: PoolLife) -> None:
    predicted = run(life, check_mode=True, size=150)
    result = run(life, size=150)
    assert [(end, body["size"]) for end, body in life.sent()] == [("desktop-pools", 100), ("expand", 50)]
    assert predicted["diff"] == result["diff"] == {"before": {}, "after": {"name": NAME, **WANTED, "size": 150}}
    assert len(result["desktops_succeeded"]) == 150


def test_without_wait_the_rest_is_left_to_the_next_run_and_that_is_said(life: PoolLife) -> None:
    result = run(life, engine={"wait": False}, in_maintenance_mode=True, size=150)
    assert (result["changed"], result["job_id"], result["job"]) == (True, "job-1", None)
    assert result["desktop_pool"]["id"] == POOL_ID
    assert life.warnings[-1] == (
        "pool finance-win10: in_maintenance_mode and size cannot be seen to before the pool is there, and wait is "
        "false; run the task again when the job has ended."
    )
    result = run(life, in_maintenance_mode=True, size=150)
    assert [end for end, _sent in life.sent()] == ["desktop-pools", "expand", "PUT"]  # maintenance mode may forbid it
    assert (result["changed"], result["desktop_pool"]["desktop_count"]) == (True, 150)


def test_what_cannot_be_used_is_refused_before_anything_is_sent(life: PoolLife) -> None:
    for option, value in (("image_id", "nowhere"), ("product_id", "nothing")):
        for check_mode in (True, False):
            with pytest.raises(NotFoundError, match=f"pool finance-win10: create: .* {value} is not among"):
                run(life, check_mode=check_mode, **{option: value})
    assert life.sent() == []


def test_one_sentence_names_all_that_a_creation_lacks(life: PoolLife) -> None:
    with pytest.raises(NotFoundError) as failed:
        run(life, image_id=None, size=None, root_volume=None)
    assert str(failed.value) == (
        "pool finance-win10: no pool in eu-west-101 has this name or ID; check pool, region and project_id. "
        "To create it, size, image_id and root_volume would be needed as well."
    )


def test_a_pool_cannot_be_created_with_an_id(life: PoolLife) -> None:
    engine = life.engine()
    with pytest.raises(NotFoundError, match="has this name or ID; .* To create a pool, give its name alone."):
        bring_about(engine, Definition(WANTED), find(engine.session, None, POOL_ID), check_mode=False)
    assert life.sent() == []


# What goes wrong.


@pytest.mark.parametrize("hidden_for", [0, 10**6])
def test_a_lost_answer_is_settled_by_the_pool_and_its_job(life: PoolLife, hidden_for: float) -> None:
    life.fates, life.hidden_for = [answer_lost], hidden_for
    result = run(life)
    assert life.sent() == [CREATED]
    assert result["changed"]
    assert result["job_id"] == (None if hidden_for else "job-1")
    assert set(life.desktops.values()) == {"ACTIVE"}


def test_a_request_that_never_arrived_is_sent_once_more(life: PoolLife) -> None:
    life.fates = [never_arrived]
    assert run(life)["changed"]
    assert life.sent() == [CREATED, CREATED]


def test_a_request_that_stays_unknown_says_so(life: PoolLife) -> None:
    life.fates = [never_arrived, never_arrived]
    with pytest.raises(OutcomeUnknownError, match="finance-win10: create: .*unknown"):
        run(life)


def test_a_refusal_is_told(life: PoolLife) -> None:
    life.fates = [answered(Reply(403, {"error_code": "WKS.0003", "error_msg": "the quota is exceeded"}))]
    with pytest.raises(RefusedError, match="pool finance-win10: create: .*the quota is exceeded") as failed:
        run(life)
    assert failed.value.result_fields()["changed"] is False


@pytest.mark.parametrize(("keeps_failed", "added"), [(True, 0), (False, 1)])
def test_a_desktop_that_cannot_be_made_fails_the_task(life: PoolLife, keeps_failed: bool, added: int) -> None:
    life.failing, life.keeps_failed = 1, keeps_failed
    with pytest.raises(JobFailedError, match="1 of 2 desktops failed in job job-1") as failed:
        run(life)
    fields = failed.value.result_fields()
    assert (fields["changed"], fields["desktops_succeeded"]) == (True, ["n1"])
    assert fields["desktop_pool"]["id"] == POOL_ID
    assert run(life)["changed"] is bool(added)
    assert life.sent() == [CREATED] + [("expand", {"size": 1})] * added


@pytest.mark.parametrize("status", ["TEMPORARY", "STEADY"])
@pytest.mark.parametrize("early", [True, False])
def test_after_an_interruption_the_creation_is_waited_for_and_then_compared(
    life: PoolLife, status: str, early: bool
) -> None:
    life.status_during_job, life.early, life.duration = status, early, 500
    with pytest.raises(JobTimeoutError, match="job job-1 still runs"):
        run(life, engine={"wait_timeout": 60.0})
    result = run(life)
    assert (result["changed"], result["adopted"], result["job_id"]) == (False, True, "job-1")
    assert result["desktops_succeeded"] == ["n1", "n2"]
    assert result["desktop_pool"]["status"] == "STEADY"
    life.duration = 30
    result = run(life, description="seen")
    assert (result["changed"], result["adopted"]) == (True, False)
    assert creations(life) == 1


def test_the_failure_of_a_creation_that_was_interrupted_is_told(life: PoolLife) -> None:
    life.duration, life.failing = 500, 1
    with pytest.raises(JobTimeoutError):
        run(life, engine={"wait_timeout": 60.0})
    with pytest.raises(JobFailedError, match="1 of 2 desktops failed in job job-1") as failed:
        run(life)
    assert failed.value.result_fields()["changed"] is False


def test_without_wait_a_pool_in_the_making_is_left_to_itself(life: PoolLife) -> None:
    run(life, engine={"wait": False})
    assert not run(life, engine={"wait": False})["changed"]
    with pytest.raises(BusyError, match=r"job-1 \(createDesktopPool\) still runs"):
        run(life, engine={"wait": False}, size=5)
