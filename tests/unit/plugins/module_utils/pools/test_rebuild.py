# Copyright (c) 2026 the hwcloud.workspace contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Planning a recompose: the one request that comes next, for every state that a pool can be in."""

from __future__ import annotations

from typing import Any

import pytest

from ansible_collections.hwcloud.workspace.plugins.module_utils.client.errors import InputError
from ansible_collections.hwcloud.workspace.plugins.module_utils.client.operations import REBUILD_POOL
from ansible_collections.hwcloud.workspace.plugins.module_utils.pools.change import Observation, Plan, Step
from ansible_collections.hwcloud.workspace.plugins.module_utils.pools.rebuild import Rebuild
from ansible_collections.hwcloud.workspace.plugins.module_utils.pools.scope import (
    FOR_EXPAND_AND_ALL,
    FOR_EXPAND_AND_IDLE,
    ONLY_FOR_EXPAND,
    Scope,
)
from ansible_collections.hwcloud.workspace.tests.unit.plugins.module_utils.pools.samples import (
    NEW,
    OLD,
    OTHER,
    USER_C3,
    a_desktop,
    a_pool,
)

ALL = Scope()
EXPLICIT_ALL = Scope(FOR_EXPAND_AND_ALL)
IDLE = Scope(FOR_EXPAND_AND_IDLE)
ONLY = Scope(ONLY_FOR_EXPAND)


def these(*ids: str) -> Scope:
    return Scope(None, ids)


def plan(
    template: str, desktops: str, scope: Scope = ALL, *, force: bool = False, is_fix: bool = False, **fields: Any
) -> Plan:
    """Return the plan for desktops d1, d2, ...: ``o`` has the old image, ``n`` the new one, ``x`` another."""
    images = {"o": OLD, "n": NEW, "x": OTHER}
    change = Rebuild(NEW, {"image_id": NEW, **fields}, scope, is_fix, force)
    seen = tuple(a_desktop(f"d{number}", images[letter]) for number, letter in enumerate(desktops, 1))
    return change.plan(Observation(a_pool(template), seen))


def body(found: Plan) -> dict[str, Any] | None:
    return None if found.step is None else {key: value for key, value in found.step.body.items() if key != "image_id"}


# scope, image of the template, images of the desktops in scope, what is sent besides image_id (None: nothing)
CASES: list[tuple[str, Scope, str, str, dict[str, Any] | None]] = [
    ("all is as wanted", ALL, NEW, "nn", None),
    ("an empty pool has the image", ALL, NEW, "", None),
    ("nothing has the image", ALL, OLD, "oo", {}),
    ("an empty pool has it not", ALL, OLD, "", {}),
    ("desktops differ from the template and from the image", ALL, OLD, "xo", {}),
    ("some desktops failed before", ALL, NEW, "no", {"is_fix": True}),
    ("all desktops failed before", ALL, NEW, "oo", {"is_fix": True}),
    ("a canary has it, the template has not", ALL, OLD, "no", {"handle_type": ONLY_FOR_EXPAND}),
    ("all desktops have it, the template has not", ALL, OLD, "nn", {"handle_type": ONLY_FOR_EXPAND}),
    ("said in full: nothing has the image", EXPLICIT_ALL, OLD, "oo", {"handle_type": FOR_EXPAND_AND_ALL}),
    ("said in full: some failed before", EXPLICIT_ALL, NEW, "no", {"is_fix": True}),
    ("said in full: a canary has it", EXPLICIT_ALL, OLD, "no", {"handle_type": ONLY_FOR_EXPAND}),
    ("said in full: all is as wanted", EXPLICIT_ALL, NEW, "nn", None),
    ("idle: nothing has it", IDLE, OLD, "oo", {"handle_type": FOR_EXPAND_AND_IDLE}),
    ("idle: no idle desktop at all", IDLE, OLD, "", {"handle_type": FOR_EXPAND_AND_IDLE}),
    ("idle: some are left", IDLE, NEW, "no", {"desktop_ids": ["d2"]}),
    ("idle: a canary has it", IDLE, OLD, "no", {"handle_type": ONLY_FOR_EXPAND}),
    ("idle: all is as wanted", IDLE, NEW, "nn", None),
    ("template: has it not", ONLY, OLD, "", {"handle_type": ONLY_FOR_EXPAND}),
    ("template: has it", ONLY, NEW, "", None),
    ("some desktops: none has it", these("d2", "d1"), OLD, "oo", {"desktop_ids": ["d2", "d1"]}),
    ("some desktops: one has it", these("d1", "d2"), OLD, "no", {"desktop_ids": ["d2"]}),
    ("some desktops: all have it", these("d1", "d2"), OLD, "nn", None),
    ("some desktops: the template has it", these("d1"), NEW, "o", {"desktop_ids": ["d1"]}),
    (
        "some desktops and a handle type, as asked",
        Scope(FOR_EXPAND_AND_ALL, ("d1",)),
        OLD,
        "o",
        {"handle_type": FOR_EXPAND_AND_ALL, "desktop_ids": ["d1"]},
    ),
]


@pytest.mark.parametrize(("given", "scope", "template", "desktops", "sent"), CASES, ids=[case[0] for case in CASES])
def test_what_is_sent_next(given: str, scope: Scope, template: str, desktops: str, sent: dict[str, Any] | None) -> None:
    assert body(plan(template, desktops, scope)) == sent


FORCED: list[tuple[str, Scope, str, str, dict[str, Any] | None]] = [
    ("all is as wanted", ALL, NEW, "nn", {}),
    ("a canary has it", ALL, OLD, "no", {}),
    ("said in full", EXPLICIT_ALL, NEW, "nn", {"handle_type": FOR_EXPAND_AND_ALL}),
    ("idle", IDLE, NEW, "nn", {"desktop_ids": ["d1", "d2"]}),
    ("idle: nothing has it", IDLE, OLD, "oo", {"handle_type": FOR_EXPAND_AND_IDLE}),
    ("template: has it not", ONLY, OLD, "", {"handle_type": ONLY_FOR_EXPAND}),
    ("template: has it", ONLY, NEW, "", None),
    ("some desktops", these("d1", "d2"), NEW, "nn", {"desktop_ids": ["d1", "d2"]}),
    ("no desktops among some", these("d1"), NEW, "", None),
]


@pytest.mark.parametrize(("given", "scope", "template", "desktops", "sent"), FORCED, ids=[case[0] for case in FORCED])
def test_what_is_sent_with_force(
    given: str, scope: Scope, template: str, desktops: str, sent: dict[str, Any] | None
) -> None:
    found = plan(template, desktops, scope, force=True)
    assert body(found) == sent
    if found.step is not None and "ONLY" not in str(scope.handle_type):
        assert found.step.desktop_ids == {f"d{number}" for number in range(1, len(desktops) + 1)}


def test_force_is_spent_desktop_by_desktop() -> None:
    forced = Rebuild(NEW, {"image_id": NEW}, ALL, force=True)
    observation = Observation(a_pool(NEW), (a_desktop("d1", NEW), a_desktop("d2", NEW)))
    step = forced.plan(observation).step
    assert step is not None
    assert body(forced.plan(observation)) == {}
    once = forced.once_done(step, frozenset({"d2"}))
    assert body(once.plan(observation)) == {"desktop_ids": ["d1"]}
    assert once.once_done(step, frozenset({"d1"})).plan(observation).step is None


def test_a_desktop_out_of_scope_that_has_the_image_is_not_put_at_risk() -> None:
    # The service may take a desktop with a user for idle, as long as nobody is logged in.
    seen = (a_desktop("d1", OLD), a_desktop("d2", NEW, **USER_C3))
    change = Rebuild(NEW, {"image_id": NEW}, IDLE)
    assert body(change.plan(Observation(a_pool(OLD), seen))) == {"handle_type": ONLY_FOR_EXPAND}
    assert body(change.plan(Observation(a_pool(NEW), seen))) == {"desktop_ids": ["d1"]}


def test_a_desktop_that_is_being_deleted_is_not_waited_for() -> None:
    seen = (a_desktop("d1", NEW), a_desktop("d2", OLD, status=""))
    assert Rebuild(NEW, {"image_id": NEW}, ALL).plan(Observation(a_pool(NEW), seen)).step is None


def test_every_field_that_was_given_is_sent_and_no_other() -> None:
    fields = {
        "image_type": "private",
        "os_type": "Windows",
        "order_id": "o",
        "encrypt_type": "ENCRYPTED",
        "kms_id": "k",
    }
    given = {**fields, "delay_time": 0, "message": "save"}
    assert body(plan(OLD, "oo", **given)) == given
    assert body(plan(NEW, "no", **given)) == {**given, "is_fix": True}


def test_users_are_not_told_of_a_change_that_touches_no_desktop() -> None:
    assert body(plan(OLD, "no", delay_time=10, message="save", image_type="gold")) == {
        "handle_type": ONLY_FOR_EXPAND,
        "image_type": "gold",
    }


@pytest.mark.parametrize(
    ("template", "desktops", "ids", "moves"),
    [(OLD, "oo", {"d1", "d2"}, True), (NEW, "no", {"d2"}, False), (OLD, "no", set(), True), (OLD, "", set(), True)],
)
def test_a_step_says_what_it_is_about_to_change(template: str, desktops: str, ids: set[str], moves: bool) -> None:
    step = plan(template, desktops).step
    assert isinstance(step, Step)
    assert (step.operation, step.desktop_ids, step.moves_template) == (REBUILD_POOL, ids, moves)


@pytest.mark.parametrize(("minutes", "seconds"), [(None, 0), (0, 0), (15, 900)])
def test_the_time_that_users_get_is_added_to_the_wait(minutes: int | None, seconds: float) -> None:
    fields = {} if minutes is None else {"delay_time": minutes}
    step = plan(OLD, "oo", **fields).step
    assert step is not None
    assert step.delay == seconds


def test_a_template_that_is_moved_alone_keeps_nobody_waiting() -> None:
    step = plan(OLD, "no", delay_time=15).step
    assert step is not None
    assert step.delay == 0


def test_is_fix_repairs_to_the_pools_own_image_only() -> None:
    assert body(plan(NEW, "no", is_fix=True)) == {"is_fix": True}
    assert plan(NEW, "nn", is_fix=True).step is None
    with pytest.raises(InputError, match=f"pool's own image {OLD}, but image_id is {NEW}; leave is_fix out"):
        plan(OLD, "oo", is_fix=True)


def test_the_same_observation_gives_the_same_plan() -> None:
    assert plan(OLD, "nox") == plan(OLD, "nox")


@pytest.mark.parametrize(
    ("scope", "template", "desktops", "before", "after"),
    [
        (ALL, NEW, "nn", {}, {}),
        (
            ALL,
            OLD,
            "oxn",
            {"image_id": OLD, "desktops_by_image": {NEW: 1, OLD: 1, OTHER: 1}},
            {"image_id": NEW, "desktops_by_image": {NEW: 3}},
        ),
        (ALL, NEW, "no", {"desktops_by_image": {NEW: 1, OLD: 1}}, {"desktops_by_image": {NEW: 2}}),
        (ALL, OLD, "nn", {"image_id": OLD}, {"image_id": NEW}),
        (these("d1"), OLD, "o", {"desktops_by_image": {OLD: 1}}, {"desktops_by_image": {NEW: 1}}),
        (ONLY, OLD, "", {"image_id": OLD}, {"image_id": NEW}),
    ],
)
def test_the_difference_holds_what_changes_and_nothing_else(
    scope: Scope, template: str, desktops: str, before: dict[str, Any], after: dict[str, Any]
) -> None:
    found = plan(template, desktops, scope)
    assert (found.before, found.after) == (before, after)


def warned(*desktops: Any) -> tuple[str, ...]:
    return Rebuild(NEW, {"image_id": NEW}, ALL).plan(Observation(a_pool(OLD), desktops)).warnings


@pytest.mark.parametrize("state", ["CONNECTED", "DISCONNECTED"])
def test_users_who_would_lose_work_are_warned_of(state: str) -> None:
    (text,) = warned(a_desktop("d1", login_status=state), a_desktop("d2"))
    assert "users are logged in on 1 of the 2 desktops to recompose, and their unsaved work is lost: D1." in text


def test_nobody_is_warned_of_desktops_that_are_left_alone() -> None:
    assert warned(a_desktop("d1", NEW, login_status="CONNECTED"), a_desktop("d2", OLD)) == ()


def test_a_warning_names_ten_desktops_and_counts_the_rest() -> None:
    (text,) = warned(*[a_desktop(f"d{number:02}", login_status="CONNECTED") for number in range(1, 14)])
    assert text.endswith(": D01, D02, D03, D04, D05, D06, D07, D08, D09, D10 and 3 more.")


@pytest.mark.parametrize(
    ("template", "desktops", "steps"), [(OLD, "oo", 1), (OLD, "no", 2), (OLD, "nn", 1), (NEW, "no", 1), (OLD, "", 1)]
)
def test_how_many_requests_are_left(template: str, desktops: str, steps: int) -> None:
    assert plan(template, desktops).steps == steps
