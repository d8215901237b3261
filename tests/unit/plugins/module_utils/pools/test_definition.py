# Copyright (c) 2026 the hwcloud.workspace contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Definition: which changes bring a pool that exists to what is wanted, and what is left to other modules."""

from __future__ import annotations

from typing import Any

import pytest

from ansible_collections.hwcloud.workspace.plugins.module_utils.client.errors import (
    InputError,
    RefusedError,
    WorkspaceError,
)
from ansible_collections.hwcloud.workspace.plugins.module_utils.pools.definition import Definition, warnings_of
from ansible_collections.hwcloud.workspace.plugins.module_utils.pools.lifecycle import bring_about, find
from ansible_collections.hwcloud.workspace.tests.unit.plugins.module_utils.pools.pool_life import (
    NAME,
    PoolLife,
    answered,
)
from ansible_collections.hwcloud.workspace.tests.unit.plugins.module_utils.pools.samples import OLD, a_pool
from ansible_collections.hwcloud.workspace.tests.unit.plugins.module_utils.scripted_service import (
    HandClock,
    Reply,
    ScriptedService,
)

USER = {"object_type": "USER", "object_id": "u1", "object_name": "user-a1", "user_group": "users"}


def differing(**fields: Any) -> dict[str, Any]:
    pool = a_pool(data_volumes=[{"type": "SSD", "size": 100}, {"type": "SAS", "size": 50}], domain="example.com")
    return Definition.from_options(fields).differing(pool)


@pytest.fixture
def life(service: ScriptedService, clock: HandClock) -> PoolLife:
    """Return a pool of two desktops."""
    return PoolLife(service, clock)


def run(life: PoolLife, check_mode: bool = False, engine: dict[str, Any] | None = None, **options: Any) -> Any:
    made = life.engine(**(engine or {}))
    return bring_about(made, Definition.from_options(options), find(made.session, NAME, None), check_mode=check_mode)


def test_what_is_as_wanted_does_not_differ() -> None:
    assert (
        differing(
            type="STATIC",
            size=2,
            product_id="product-a",
            image_id=OLD,
            image_type="gold",
            root_volume={"type": "SAS", "size": 80, "iops": 5},
            data_volumes=[{"type": "SAS", "size": 50}, {"type": "SSD", "size": 100}],
            flavor_id="not shown",
            domain="example.com",
        )
        == {}
    )


@pytest.mark.parametrize(
    ("name", "wanted", "present"),
    [
        ("type", "DYNAMIC", "STATIC"),
        ("size", 1, 2),
        ("product_id", "product-b", "product-a"),
        ("image_id", "image-new", OLD),
        ("root_volume", {"type": "SAS", "size": 100}, {"type": "SAS", "size": 80}),
        ("data_volumes", [], [{"type": "SAS", "size": 50}, {"type": "SSD", "size": 100}]),
        ("domain", "other.com", "example.com"),
    ],
)
def test_what_differs_is_listed(name: str, wanted: Any, present: Any) -> None:
    assert differing(**{name: wanted}) == {name: {"present": present, "wanted": wanted}}


def test_two_equal_disks_are_two() -> None:
    disk = {"type": "SSD", "size": 100}
    other = {"type": "SAS", "size": 50}
    found = differing(data_volumes=[disk, disk, other])
    assert found["data_volumes"] == {"present": [other, disk], "wanted": [other, disk, disk]}


def test_a_warning_names_the_module_that_changes_it() -> None:
    found = dict.fromkeys(("image_id", "product_id", "data_volumes", "type", "size"))
    assert [text.partition("; ")[2] for text in warnings_of(a_pool(), found)] == [
        "desktop_pool_rebuild changes it.",
        "desktop_pool_resize changes it.",
        "desktop_pool_volumes changes them.",
        "a pool keeps its type.",
    ]


def test_an_object_that_contradicts_another_is_refused() -> None:
    with pytest.raises(InputError, match="contradicts"):
        Definition.from_options({"authorized_objects": [USER, {**USER, "user_group": "administrators"}]})


# A pool that exists.


def test_attributes_users_and_desktops_are_one_task(life: PoolLife) -> None:
    wanted: dict[str, Any] = {"description": "seen", "authorized_objects": [USER], "size": 3}
    predicted = run(life, check_mode=True, **wanted)
    assert life.sent() == []
    added = answered(Reply(204))
    life.fates = [lambda again, request: again.carry_out(request), added]
    with pytest.raises(WorkspaceError, match="change of users"):  # this service takes the user and lists nobody
        run(life, **wanted)
    assert [end for end, _sent in life.sent()] == ["PUT", "users"]
    result = run(life, size=3)
    assert predicted["diff"] == {
        "before": {"description": None, "authorized_objects": [], "desktop_count": 2},
        "after": {"description": "seen", "authorized_objects": ["USER user-a1 (users)"], "desktop_count": 3},
    }
    assert predicted["desktop_pool"]["desktop_count"] == result["desktop_pool"]["desktop_count"] == 3
    assert predicted["desktop_pool"]["description"] == "seen"
    assert result["diff"] == {"before": {"desktop_count": 2}, "after": {"desktop_count": 3}}
    assert result["job_id"] == "job-1"


def test_a_failure_tells_what_was_done_before_it(life: PoolLife) -> None:
    refused = answered(Reply(403, {"error_code": "WKS.0003", "error_msg": "the quota is exceeded"}))
    life.fates = [lambda again, request: again.carry_out(request), refused]
    with pytest.raises(RefusedError, match="pool finance-win10: expand: .*the quota is exceeded") as failed:
        run(life, description="seen", size=3)
    fields = failed.value.result_fields()
    assert (fields["changed"], fields["http_status"], fields["job_id"]) == (True, 403, None)
    assert fields["diff"] == {
        "before": {"description": None, "desktop_count": 2},
        "after": {"description": "seen", "desktop_count": 3},
    }
    assert fields["desktop_pool"]["description"] == "seen"


def test_a_pool_that_has_more_desktops_keeps_them(life: PoolLife) -> None:
    result = run(life, size=1)
    assert (result["changed"], result["differing"]) == (False, {"size": {"present": 2, "wanted": 1}})
    assert life.warnings == [
        "pool finance-win10: it has 2 desktops instead of 1; desktops are only ever added, so it keeps them."
    ]
    assert life.sent() == []


@pytest.mark.parametrize("size", [1, 5])
def test_the_desktops_of_a_pool_that_scales_by_itself_are_left_to_it(life: PoolLife, size: int) -> None:
    life.attributes["enable_autoscale"] = True
    result = run(life, size=size)
    assert (result["changed"], result["differing"]) == (False, {"size": {"present": 2, "wanted": size}})
    assert life.warnings == []
    assert [end for end, _sent in life.sent()] == []
    assert run(life, enable_autoscale=False, size=5)["desktop_pool"]["desktop_count"] == 5


def test_a_region_that_lists_no_users_is_told_of_and_the_rest_is_done(
    service: ScriptedService, clock: HandClock
) -> None:
    service.on("GET", ".*/users", Reply(404, {"error_code": "APIGW.0101", "error_msg": "no such operation"}))
    life = PoolLife(service, clock)
    result = run(life, description="seen", authorized_objects=[USER])
    assert result["changed"]
    assert [end for end, _sent in life.sent()] == ["PUT"]
    (warning,) = life.warnings
    assert warning.startswith("pool finance-win10: this region does not seem to list the users of pools, so ")


def test_what_is_not_named_costs_nothing(life: PoolLife) -> None:
    result = run(life, image_id=OLD)
    assert (result["changed"], result["differing"], result["job_id"]) == (False, {}, None)
    assert len(life.service.requests) == 1
