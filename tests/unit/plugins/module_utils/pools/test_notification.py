# Copyright (c) 2026 the hwcloud.workspace contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Notices: sent each time they are asked for, and once each time."""

from __future__ import annotations

from ansible_collections.hwcloud.workspace.plugins.module_utils.client.operations import NOTIFY_POOL
from ansible_collections.hwcloud.workspace.plugins.module_utils.pools.change import Observation, Step
from ansible_collections.hwcloud.workspace.plugins.module_utils.pools.notification import Notification
from ansible_collections.hwcloud.workspace.tests.unit.plugins.module_utils.pools.samples import a_pool

HERE = Observation(a_pool(), None)


def test_a_notice_is_always_due_until_it_was_sent() -> None:
    notice = Notification("save your work")
    found = notice.plan(HERE)
    assert found.step == Step(NOTIFY_POOL, {"notifications": "save your work"})
    assert (found.before, found.after) == ({}, {"notification": "save your work"})
    assert notice.once_done(found.step, frozenset()).plan(HERE).step is None
    assert Notification("save your work").plan(HERE).step is not None


def test_a_notice_leaves_nothing_to_find_it_by_and_waits_for_nobody() -> None:
    assert not Notification("x").leaves_a_trace
    assert not Notification("x").takes_turns
