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
    )
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


def test_fields_that_only_newer_regions_know_are_not_sent_along() -> None:
    assert not {
        "vpc_id",
        "subnet_ids",
        "security_groups",
        "root_volume",
        "data_volumes",
        "enterprise_project_id",
    } & set(body(FULL, name="x"))


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
