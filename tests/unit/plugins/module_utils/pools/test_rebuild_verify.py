# Copyright (c) 2026 the hwcloud.workspace contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What is made sure of before a recompose is sent: the image, and that the region can leave desktops alone."""

from __future__ import annotations

from typing import Any

import pytest

from ansible_collections.hwcloud.workspace.plugins.module_utils.client.errors import NotFoundError, WorkspaceError
from ansible_collections.hwcloud.workspace.plugins.module_utils.pools.change import Observation
from ansible_collections.hwcloud.workspace.plugins.module_utils.pools.rebuild import Rebuild
from ansible_collections.hwcloud.workspace.plugins.module_utils.pools.scope import FOR_EXPAND_AND_ALL, Scope
from ansible_collections.hwcloud.workspace.tests.unit.plugins.module_utils.pools.samples import (
    NEW,
    OLD,
    a_desktop,
    a_pool,
)
from ansible_collections.hwcloud.workspace.tests.unit.plugins.module_utils.scripted_service import (
    Reply,
    ScriptedService,
    session_to,
)

UNKNOWN = Reply(404, {"error_code": "APIGW.0101", "error_msg": "no such API"})
COUNTS = Reply(200, {"image_id": 1, "product_id": 0, "disk_num": 0, "disk_size": 0})


def verify(service: ScriptedService, images: list[str], statics: Reply, scope: Scope, *desktops: str) -> None:
    """Plan for desktops that have these images, and verify the step."""
    service.on("GET", ".*/images", Reply(200, {"images": [{"id": image} for image in images], "total_count": 1}))
    service.on("GET", ".*/inconsistent-statics", statics)
    pool = a_pool(OLD)
    change = Rebuild(NEW, {"image_id": NEW}, scope)
    seen: Any = tuple(a_desktop(f"d{number}", image) for number, image in enumerate(desktops))
    step = change.plan(Observation(pool, seen)).step
    assert step is not None
    change.verify(session_to(service.url), pool, step)


def test_a_pool_that_is_half_way_is_not_touched_in_a_region_that_is_too_old(service: ScriptedService) -> None:
    with pytest.raises(WorkspaceError, match="set force to recompose all"):
        verify(service, [NEW], UNKNOWN, Scope(), OLD, NEW)


def test_it_is_where_the_region_counts_drift_or_the_user_named_the_scope(service: ScriptedService) -> None:
    verify(service, [NEW], COUNTS, Scope(), OLD, NEW)
    verify(service, [NEW], UNKNOWN, Scope(FOR_EXPAND_AND_ALL), OLD, NEW)


def test_a_pool_that_is_all_to_be_recomposed_needs_nothing_of_a_new_region(service: ScriptedService) -> None:
    verify(service, [NEW], UNKNOWN, Scope(), OLD, OLD)
    assert not [request for request in service.requests if request.path.endswith("inconsistent-statics")]


def test_an_image_that_the_project_does_not_have_is_refused(service: ScriptedService) -> None:
    with pytest.raises(NotFoundError, match="is not among the project's images"):
        verify(service, [], COUNTS, Scope(), OLD)
