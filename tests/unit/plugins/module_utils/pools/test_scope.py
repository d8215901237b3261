# Copyright (c) 2026 the hwcloud.workspace contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Scope: which desktops a change is about, and whether the template is."""

from __future__ import annotations

import pytest

from ansible_collections.hwcloud.workspace.plugins.module_utils.pools.model import Desktop
from ansible_collections.hwcloud.workspace.plugins.module_utils.pools.scope import (
    FOR_EXPAND_AND_ALL,
    FOR_EXPAND_AND_IDLE,
    ONLY_FOR_EXPAND,
    Scope,
)
from ansible_collections.hwcloud.workspace.tests.unit.plugins.module_utils.pools.samples import USER_C3, a_desktop

FREE, USED, LEAVING = a_desktop("free"), a_desktop("used", **USER_C3), a_desktop("leaving", status="")

# scope, template, any desktops, everything, a desktop without a user, one with a user
TABLE = [
    (Scope(), True, True, True, True, True),
    (Scope(FOR_EXPAND_AND_ALL), True, True, True, True, True),
    (Scope(FOR_EXPAND_AND_IDLE), True, True, False, True, False),
    (Scope(ONLY_FOR_EXPAND), True, False, False, False, False),
    (Scope(None, ("used",)), False, True, False, False, True),
    (Scope(None, ("free", "used")), False, True, False, True, True),
    (Scope(None, ("other",)), False, True, False, False, False),
    (Scope(FOR_EXPAND_AND_IDLE, ("used",)), False, True, False, False, True),
    (Scope(FOR_EXPAND_AND_ALL, ("free",)), False, True, False, True, False),
]


@pytest.mark.parametrize(("scope", "template", "desktops", "everything", "free", "used"), TABLE)
def test_what_a_scope_is_about(
    scope: Scope, template: bool, desktops: bool, everything: bool, free: bool, used: bool
) -> None:
    assert (scope.has_template, scope.has_desktops, scope.is_everything) == (template, desktops, everything)
    assert (scope.covers(FREE), scope.covers(USED)) == (free, used)


@pytest.mark.parametrize("scope", [row[0] for row in TABLE] + [Scope(None, ("leaving",))])
@pytest.mark.parametrize("desktop", [LEAVING, a_desktop("leaving", task_status="deleting")])
def test_a_desktop_that_is_being_deleted_is_never_part_of_it(scope: Scope, desktop: Desktop) -> None:
    assert not scope.covers(desktop)
