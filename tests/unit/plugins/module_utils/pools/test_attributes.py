# Copyright (c) 2026 the hwcloud.workspace contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Attributes: what differs is sent together with all that the record shows, and nothing is sent twice."""

from __future__ import annotations

from typing import Any

import pytest

from ansible_collections.hwcloud.workspace.plugins.module_utils.client.operations import UPDATE_POOL
from ansible_collections.hwcloud.workspace.plugins.module_utils.pools.attributes import Attributes
from ansible_collections.hwcloud.workspace.plugins.module_utils.pools.change import Observation, Plan
from ansible_collections.hwcloud.workspace.plugins.module_utils.pools.model import Pool
from ansible_collections.hwcloud.workspace.tests.unit.plugins.module_utils.pools.samples import pool_record

FULL = pool_record(
    description="finance",
    availability_zone="z1",
    disconnected_retention_period=60,
    enable_autoscale=False,
    autoscale_policy={"autoscale_type": "ACCESS_CREATED", "max_auto_created": 10},
    desktop_name_policy_id="n1",
    user_reset_policy={"enable": False},
    ou_name="OU=x",
    tags=[{"key": "team", "value": "finance"}],
    in_maintenance_mode=False,
    enterprise_project_id="0",
    vpc_id="v",
    subnet_ids=["s"],
    security_groups=[{"id": "g", "name": "n"}],
)
KEPT = {
    **{
        name: FULL[name]
        for name in (
            "name",
            "description",
            "availability_zone",
            "disconnected_retention_period",
            "enable_autoscale",
            "autoscale_policy",
            "desktop_name_policy_id",
            "user_reset_policy",
            "ou_name",
            "tags",
            "in_maintenance_mode",
            "enterprise_project_id",
        )
    },
    "security_groups": [{"id": "g"}],
}
# The record of a region that does not know the newer fields.
OLDER = {
    name: value
    for name, value in FULL.items()
    if name not in ("ou_name", "subnet_ids", "tags", "user_reset_policy", "vpc_id")
}


def plan(record: dict[str, Any], **wanted: Any) -> Plan:
    return Attributes(wanted).plan(Observation(Pool.from_service(record), None))


def body(record: dict[str, Any], **wanted: Any) -> Any:
    step = plan(record, **wanted).step
    return None if step is None else dict(step.body)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("name", "new-name"),
        ("description", "other"),
        ("description", ""),
        ("in_maintenance_mode", True),
        ("enable_autoscale", True),
        ("tags", []),
        ("autoscale_policy", {}),
        ("disconnected_retention_period", 120),
    ],
)
def test_what_differs_is_sent_with_all_that_would_otherwise_be_lost(name: str, value: Any) -> None:
    assert body(FULL, **{name: value}) == {**KEPT, name: value}


@pytest.mark.parametrize("name", KEPT)
def test_what_is_as_wanted_is_not_sent(name: str) -> None:
    assert body(FULL, **{name: FULL[name]}) is None


@pytest.mark.parametrize("absent", [None, "", {}, [], 0, False])
@pytest.mark.parametrize("wanted", ["", {}, []])
def test_clearing_what_is_empty_already_is_nothing_to_do(absent: Any, wanted: Any) -> None:
    assert body(pool_record(description=absent), description=wanted) is None
    assert body(pool_record(), description=wanted) is None


def test_switching_off_what_a_region_does_not_show_is_nothing_to_do() -> None:
    assert body(pool_record(), in_maintenance_mode=False) is None


def test_nothing_wanted_is_nothing_to_do() -> None:
    assert body(FULL) is None


def test_empty_values_of_the_record_are_not_sent_along() -> None:
    record = pool_record(
        description="",
        disconnected_retention_period=0,
        autoscale_policy={},
        tags=[],
        ou_name=None,
        enable_autoscale=False,
    )
    assert body(record, name="x") == {"name": "x", "enable_autoscale": False}


def test_the_request_to_an_older_region_holds_nothing_that_it_may_not_know() -> None:
    newer = {"vpc_id", "subnet_ids", "security_groups", "tags", "user_reset_policy", "enterprise_project_id"}
    assert newer & set(body(FULL, name="x")) == newer - {"vpc_id", "subnet_ids"}
    assert not newer & set(body(OLDER, name="x"))


def test_what_no_pool_is_without_and_disks_are_never_sent_along() -> None:
    assert not {"vpc_id", "subnet_ids", "root_volume", "data_volumes"} & set(body(FULL, name="x"))


@pytest.mark.parametrize(
    ("name", "same"),
    [
        ("tags", [{"key": "team", "value": "finance"}]),
        ("security_groups", [{"id": "g"}, {"id": "g"}]),
        ("subnet_ids", ["s", "s"]),
        ("vpc_id", "v"),
        ("enterprise_project_id", "0"),
        ("autoscale_policy", {"max_auto_created": 10}),
        ("user_reset_policy", {"enable": False}),
        ("user_reset_policy", {}),
    ],
)
def test_values_are_compared_by_what_they_mean(name: str, same: Any) -> None:
    assert plan(FULL, **{name: same}) == Plan(None)


def test_neither_the_order_of_lists_nor_an_empty_value_of_a_tag_is_a_difference() -> None:
    record = {
        **FULL,
        "subnet_ids": ["a", "b"],
        "security_groups": [{"id": "g2", "name": "n"}, {"id": "g1"}],
        "tags": [{"key": "b"}, {"key": "a", "value": "1"}],
        "enterprise_project_id": None,
    }
    wanted = {
        "subnet_ids": ["b", "a"],
        "security_groups": [{"id": "g1"}, {"id": "g2"}],
        "tags": [{"key": "a", "value": "1"}, {"key": "b", "value": ""}],
        "enterprise_project_id": "0",
    }
    assert body(record, **wanted) is None


def test_of_a_policy_only_the_fields_that_are_named_change() -> None:
    found = plan(FULL, autoscale_policy={"max_auto_created": 20, "min_idle": 2})
    assert found.step is not None
    whole = {"autoscale_type": "ACCESS_CREATED", "max_auto_created": 20, "min_idle": 2}
    assert found.step.body["autoscale_policy"] == whole
    assert found.before == {"autoscale_policy": {"max_auto_created": 10, "min_idle": None}}
    assert found.after == {"autoscale_policy": {"max_auto_created": 20, "min_idle": 2}}
    assert found.pool_after is not None
    assert found.pool_after["autoscale_policy"] == whole


def test_a_policy_is_cleared_together_with_autoscaling() -> None:
    record = {**FULL, "enable_autoscale": True}
    wanted = {"enable_autoscale": False, "autoscale_policy": {}}
    sent = body(record, **wanted)
    assert {name: sent[name] for name in wanted} == wanted
    assert plan(record, **wanted).before["autoscale_policy"] == FULL["autoscale_policy"]


@pytest.mark.parametrize("left_over", [{}, None, {"once_auto_created": 1}, {"max_auto_created": None}])
def test_what_is_left_of_a_cleared_policy_is_none(left_over: Any) -> None:
    record = {**FULL, "autoscale_policy": left_over}
    assert body(record, autoscale_policy={}) is None
    assert "autoscale_policy" not in body(record, name="x")
    assert body(record, autoscale_policy={"min_idle": 1})["autoscale_policy"] == {"min_idle": 1}


def test_a_difference_in_lists_reads_well() -> None:
    found = plan(FULL, tags=[], security_groups=[{"id": "g"}, {"id": "a"}], subnet_ids=["t", "s"])
    assert found.before == {"tags": {"team": "finance"}, "security_groups": ["g"], "subnet_ids": ["s"]}
    assert found.after == {"tags": {}, "security_groups": ["a", "g"], "subnet_ids": ["s", "t"]}
    assert found.pool_after is not None
    assert found.pool_after["security_groups"] == [{"id": "g", "name": "n"}, {"id": "a"}]


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("tags", [{"key": "a", "value": "b"}]),
        ("tags", []),
        ("vpc_id", "w"),
        ("subnet_ids", ["t"]),
        ("ou_name", "OU=y"),
        ("user_reset_policy", {"enable": True}),
    ],
)
def test_what_an_older_region_does_not_show_is_left_alone_and_that_is_said(name: str, value: Any) -> None:
    found = plan({**OLDER, "subnet_id": "s"}, **{name: value})
    assert found.step is None
    assert found.warnings == (
        f"pool finance-win10: this region does not show {name} of a pool, so it cannot be compared and is left alone.",
    )


def test_the_first_subnet_is_all_that_an_older_region_shows() -> None:
    assert plan({**OLDER, "subnet_id": "s"}, subnet_ids=["t", "s"]) == Plan(None)


def test_a_request_to_an_older_region_takes_the_ou_along_lest_it_is_lost() -> None:
    assert body(OLDER, name="x", ou_name="OU=y")["ou_name"] == "OU=y"
    assert "tags" not in body(OLDER, name="x", tags=[{"key": "a", "value": "b"}])


def test_a_static_pool_has_no_retention_period() -> None:
    record = {**FULL, "disconnected_retention_period": 0}
    found = plan(record, disconnected_retention_period=60)
    assert (found.step, len(found.warnings)) == (None, 1)
    assert body({**record, "type": "DYNAMIC"}, disconnected_retention_period=60)["disconnected_retention_period"] == 60


def test_a_second_run_finds_the_pool_as_wanted() -> None:
    wanted = {"name": "x", "description": "", "in_maintenance_mode": True}
    assert body({**FULL, **body(FULL, **wanted)}, **wanted) is None


def test_the_difference_names_only_what_changes() -> None:
    found = plan(FULL, description="finance", in_maintenance_mode=True, name="x")
    assert found.before == {"in_maintenance_mode": False, "name": "finance-win10"}
    assert found.after == {"in_maintenance_mode": True, "name": "x"}


def test_the_request_starts_no_job() -> None:
    step = plan(FULL, name="x").step
    assert step is not None
    assert (step.operation, step.desktop_ids, step.starts_job) == (UPDATE_POOL, frozenset(), False)
