# Copyright (c) 2026 the hwcloud.workspace contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What holds for every rollout: random pools, policies, failures and users, looked at in each step.

What must not happen is told here anew, from the records and from what was done to the pool, and never from what the
code under test thinks of itself.
"""

from __future__ import annotations

import contextlib
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

from hypothesis import assume, event, given, settings
from hypothesis import strategies as st

from ansible_collections.hwcloud.workspace.plugins.module_utils.pools import waves
from ansible_collections.hwcloud.workspace.tests.unit.plugins.module_utils.pools.rollout_pool import (
    IN_SESSION,
    NOW,
    TO_NEW,
    Killed,
    RolloutPool,
    can_be_used,
    image_of,
)
from ansible_collections.hwcloud.workspace.tests.unit.plugins.module_utils.pools.samples import (
    NEW,
    OLD,
    OTHER,
    USER_C3,
    desktop_record,
)

# Without a database of examples: a run depends on nothing that an earlier one has left.
LOOKS = settings(max_examples=100, deadline=None, database=None, derandomize=True)
MOST = 9  # desktops
MANY_STEPS = 400

LOGINS = st.sampled_from(["REGISTERED", "UNREGISTER", *IN_SESSION])


def numbers(low: int, high: int) -> st.SearchStrategy[int]:
    return st.integers(low, high)


# What a desktop may be like: first what anything can be done to, then what is in use or in trouble.
HEALTHY: list[dict[str, Any]] = [
    {},
    USER_C3,
    {"status": "SHUTOFF", "login_status": "UNREGISTER"},
    {"status": "SHUTOFF", "login_status": "UNREGISTER", **USER_C3},
    {"status": "ERROR", "login_status": "UNREGISTER"},
    {"isolated": False},
]
ANY = [
    *HEALTHY,
    {"login_status": "CONNECTED", **USER_C3},
    {"login_status": "DISCONNECTED", **USER_C3},
    {"login_status": "DISCONNECTED"},
    {"login_status": "CONNECTED", "isolated": True, **USER_C3},
    {"task_status": "rebooting"},
    {"task_status": "spawning"},
    {"is_freeze": True},
    {"isolated": True},
    {"status": "ERROR", "task_status": "rebooting", **USER_C3},
]
IMAGES = [OLD, OLD, OLD, OLD, NEW, OTHER]


def desktops(healthy: bool) -> st.SearchStrategy[list[tuple[dict[str, Any], str]]]:
    """Return desktops of a pool: what they are like and the image they have. A healthy one has nobody logged in."""
    one = st.tuples(st.sampled_from(HEALTHY if healthy else ANY), st.sampled_from(IMAGES))
    return st.lists(one, max_size=MOST)


@st.composite
def rollout_pools(draw: st.DrawFn, healthy: bool = False, failing: bool = True) -> RolloutPool:
    """Return a pool with anything in it, of which some desktops fail."""
    drawn = draw(desktops(healthy))
    ids = [f"d{number}" for number in range(len(drawn))]
    some = st.sets(st.sampled_from(ids), max_size=3) if ids else st.just(set())
    pool = RolloutPool(
        [desktop_record(desktop_id, image, **fields) for desktop_id, (fields, image) in zip(ids, drawn, strict=True)],
        image=draw(st.sampled_from([OLD, OLD, OLD, NEW])),
        strays=draw(st.booleans()),
    )
    if failing:
        times = st.dictionaries(st.sampled_from(ids), numbers(1, 3), max_size=3) if ids else st.just({})
        pool.fails, pool.unhealthy = dict(draw(times)), dict(draw(times))
        pool.breaks = frozenset(draw(some))
        pool.stays = frozenset(draw(some))
    return pool


@st.composite
def policies(draw: st.DrawFn, pool: RolloutPool) -> dict[str, Any]:
    """Return options that can be read."""
    ids = [record["desktop_id"] for record in pool.records]
    shares = st.integers(0, 100).map("{}%".format)
    named = st.lists(st.sampled_from(ids), max_size=3) if ids else st.just([])
    return {
        "canary": draw(st.one_of(numbers(0, 4), shares, named)),
        "max_unavailable": draw(st.one_of(numbers(1, 6), st.integers(1, 100).map("{}%".format))),
        "min_available": draw(st.one_of(st.none(), numbers(0, 8), shares)),
        "max_failures": draw(numbers(0, 3)),
        "on_failure": draw(st.sampled_from(["rollback", "stop", "continue"])),
        "session_policy": draw(st.sampled_from(["wait", "logoff", "skip"])),
        "session_wait_seconds": draw(st.sampled_from([0, 90, 600])),
        "repair": draw(st.booleans()),
    }


@st.composite
def rollouts(draw: st.DrawFn, **kinds: bool) -> tuple[RolloutPool, dict[str, Any]]:
    pool = draw(rollout_pools(**kinds))
    return pool, draw(policies(pool))


@st.composite
def moving_rollouts(draw: st.DrawFn) -> tuple[RolloutPool, dict[str, Any]]:
    """Return a rollout during which users leave and come back, and desktops go."""
    pool, options = draw(rollouts())
    pool.partial_changes = draw(st.sampled_from([True, True, True, False]))
    place = numbers(0, max(0, len(pool.records) - 1))
    moves = draw(st.lists(st.tuples(place, st.one_of(LOGINS, st.just("gone"))), max_size=12))

    def move(own: RolloutPool) -> None:
        if moves and own.records:
            at, login = moves.pop()
            at %= len(own.records)
            if login == "gone" and len(own.records) > 1:
                del own.records[at]
            elif login != "gone":
                own.records[at]["login_status"] = login

    pool.before_each = move
    return pool, options


@st.composite
def failing_rollouts(draw: st.DrawFn, healthy: bool) -> tuple[RolloutPool, dict[str, Any]]:
    """Return a rollout that has something to take back in most cases: one desktop or more fails, none is tolerated."""
    pool, options = draw(rollouts(healthy=healthy))
    due = [record["desktop_id"] for record in pool.records if image_of(record) != NEW]
    assume(due)
    for desktop_id in draw(st.lists(st.sampled_from(due), min_size=1, max_size=2)):
        draw(st.sampled_from([pool.fails, pool.unhealthy]))[desktop_id] = 1
    options.update({"on_failure": "rollback", "max_failures": draw(numbers(0, 1)), "session_policy": "logoff"})
    options["canary"] = draw(numbers(0, 2))
    return pool, options


@dataclass
class Watch:
    """Looks at each step of a rollout before it is carried out, and complains of what must not be."""

    pool: RolloutPool
    options: Mapping[str, Any]
    wanted: str = NEW
    tried: Counter[str] = field(default_factory=Counter)
    seen: list[list[str]] = field(default_factory=list)
    canaries: list[str] = field(default_factory=list)
    others_began: bool = False
    repairing: bool = False
    barred: frozenset[str] = frozenset()
    waited: float = 0.0

    def begin(self) -> Watch:
        self.barred = frozenset(
            record["desktop_id"]
            for record in self.pool.records
            if record.get("is_freeze") or record["task_status"] == "spawning"
        )
        self.pool.look = self
        return self

    def __call__(self, state: Mapping[str, Any], step: Mapping[str, Any]) -> None:
        assert state["stop"] is None
        if step["action"] == "wait":
            assert self.options["session_policy"] == "wait"
            assert state["cuts_sessions"]
            assert 0 < step["wait_timeout"] <= self.options["session_wait_seconds"] - self.waited
            for desktop_id in step["desktop_ids"]:
                assert self.pool.record(desktop_id)["login_status"] in IN_SESSION
            self.waited = state["waited_seconds"]
        if step["action"] == "change":
            self._change(state, step)

    def _change(self, state: Mapping[str, Any], step: Mapping[str, Any]) -> None:
        ids = step["desktop_ids"]
        chosen = [self.pool.record(desktop_id) for desktop_id in ids]  # each is there
        assert ids
        assert len(set(ids)) == len(ids)
        assert not self.barred & set(ids)
        assert {image_of(record) for record in chosen}.isdisjoint({self.wanted})
        self._limits(step, chosen)
        self._sessions(step, chosen)
        self._tries(step, ids)
        self._order(state, step)
        self.seen.append(list(ids))

    def _limits(self, step: Mapping[str, Any], chosen: list[dict[str, Any]]) -> None:
        total = len(self.pool.records)
        usable = sum(map(can_be_used, self.pool.records))
        taken = sum(map(can_be_used, chosen))
        floor = in_desktops(self.options["min_available"] or 0, total, up=True)
        if step["whole_pool"]:
            assert floor == 0
            return
        assert len(chosen) <= max(1, in_desktops(self.options["max_unavailable"], total, up=False))
        assert not taken or usable - taken >= floor

    def _sessions(self, step: Mapping[str, Any], chosen: list[dict[str, Any]]) -> None:
        used = [record["desktop_id"] for record in chosen if record["login_status"] in IN_SESSION]
        assert sorted(step["in_session"]) == sorted(used)
        assert not used or self.options["session_policy"] == "logoff"

    def _tries(self, step: Mapping[str, Any], ids: list[str]) -> None:
        self.tried.update(ids)
        assert set(self.tried.values()) <= {1, 2}
        if step["kind"] == "repair":
            self.repairing = True
            assert self.options["repair"]
            assert {self.tried[desktop_id] for desktop_id in ids} == {2}
        elif step["kind"] != "rollback":
            assert not self.repairing
            assert {self.tried[desktop_id] for desktop_id in ids} == {1}

    def _order(self, state: Mapping[str, Any], step: Mapping[str, Any]) -> None:
        if step["kind"] == "canary":
            assert not self.others_began
            self.canaries += step["desktop_ids"]
            if isinstance(self.options["canary"], list):
                assert set(step["desktop_ids"]) <= set(self.options["canary"])
        else:
            self.others_began = True


def in_desktops(amount: Any, total: int, *, up: bool) -> int:
    """Return what a number or share of desktops comes to."""
    if not str(amount).endswith("%"):
        return int(amount)
    exact = int(str(amount)[:-1]) * total / 100
    return int(-(-exact // 1)) if up else int(exact)


def roll(pool: RolloutPool, options: Mapping[str, Any], most_steps: int = MANY_STEPS) -> dict[str, Any]:
    return pool.run(pool.start(**options), most_steps)


@LOOKS
@given(moving_rollouts())
def test_no_step_of_any_rollout_does_what_it_must_not(given_rollout: tuple[RolloutPool, dict[str, Any]]) -> None:
    pool, options = given_rollout
    watch = Watch(pool, options).begin()
    state = roll(pool, options)
    assert state["stop"] is not None, "it does not end"
    event(f"stopped by {state['stop']['cause']!r}")
    waited_at_most = options["session_wait_seconds"]
    assert state["waited_seconds"] <= waited_at_most
    assert sorted(state["touched"]) == sorted({desktop_id for desktop_id, _image in pool.changed})
    assert Counter(desktop_id for desktop_id, _image in pool.changed) <= watch.tried
    result = pool.result(state)
    assert {wave["wave"] for wave in result["waves"]} == set(range(1, len(result["waves"]) + 1))
    assert result["is_failure"] is (result["outcome"] == "failed" or result["cause"] == "failures")
    due_now = {record["desktop_id"] for record in pool.records if image_of(record) != NEW}
    assert set(result["desktops_left"]) == due_now


@LOOKS
@given(rollouts())
def test_a_rollout_that_finishes_has_tried_all_that_can_be_changed(
    given_rollout: tuple[RolloutPool, dict[str, Any]],
) -> None:
    pool, options = given_rollout
    due = {record["desktop_id"] for record in pool.records if image_of(record) != NEW}
    watch = Watch(pool, options).begin()
    state = roll(pool, options)
    finished = state["stop"]["cause"] == ""
    moved = any(step["action"] == "finish" and step["template_due"] for step in pool.steps)
    assert finished or not moved
    assume(finished)
    assert pool.image == NEW
    in_use = {entry["desktop_id"] for entry in state["skipped"].values() if entry["reason"] == "in use"}
    assert set(watch.tried) >= due - watch.barred - in_use
    failed = set(state["failures"])
    for desktop_id in due - watch.barred - in_use - failed:
        assert pool.images[desktop_id] == NEW
    event(f"{min(3, len(failed))} failed")


@LOOKS
@given(rollouts())
def test_canaries_are_as_many_as_asked_for_before_anything_else(
    given_rollout: tuple[RolloutPool, dict[str, Any]],
) -> None:
    pool, options = given_rollout
    pool.stays = frozenset()
    images = pool.images
    watch = Watch(pool, options).begin()
    usable = {desktop_id for desktop_id, image in images.items() if image != NEW} - watch.barred
    had_it = sum(image == NEW for image in images.values())
    canary = options["canary"]
    if isinstance(canary, list):
        expected = len(set(canary) & usable)
    else:
        expected = min(len(usable), max(0, in_desktops(canary, len(images), up=True) - had_it))
    roll(pool, options)
    assert len(watch.canaries) <= expected
    if watch.others_began:
        assert len(watch.canaries) == expected
        event("canaries, then others")


@LOOKS
@given(rollouts())
def test_failures_stop_a_rollout_exactly_when_they_are_too_many(
    given_rollout: tuple[RolloutPool, dict[str, Any]],
) -> None:
    pool, options = given_rollout
    state = pool.start(**options)
    failed: set[str] = set()
    while state["stop"] is None:
        shown = len(state["waves"])
        state = pool.run(state, 1)
        news = {entry["desktop_id"] for wave in state["waves"][shown:] for entry in wave["failed"]} - failed
        failed |= news
        kind = pool.steps[-1].get("kind")
        unsolved = failed - set(state["done"])
        must = bool(news) and (kind == "canary" or len(unsolved) > options["max_failures"])
        must = must and options["on_failure"] != "continue"
        assert ((state["stop"] or {}).get("cause") == "failures") is must
    event(f"stopped by {state['stop']['cause']!r}")
    assert set(state["failures"]) == failed - set(state["done"])
    if waves.wants_rollback(state):
        assert options["on_failure"] == "rollback"
        assert state["stop"]["cause"] == "failures"


@LOOKS
@given(rollouts(healthy=True, failing=False), st.data())
def test_a_run_that_was_killed_anywhere_is_taken_up_where_it_stopped(
    given_rollout: tuple[RolloutPool, dict[str, Any]], data: st.DataObject
) -> None:
    pool, options = given_rollout
    options["min_available"] = None
    due = {record["desktop_id"] for record in pool.records if image_of(record) != NEW}
    for _time in range(data.draw(numbers(0, 3), label="kills")):
        pool.dies_at = len(pool.changed) + data.draw(numbers(0, 4), label="changes before the kill")
        with contextlib.suppress(Killed):
            roll(pool, options)
    pool.dies_at = None
    watch = Watch(pool, options).begin()
    state = roll(pool, options)
    assert state["stop"] == {"cause": "", "reason": ""}
    assert (pool.image, set(pool.images.values()) <= {NEW}) == (NEW, True)
    assert sorted(pool.changed) == sorted((desktop_id, NEW) for desktop_id in due)
    event(f"{len(watch.seen)} waves after the last kill")


@LOOKS
@given(failing_rollouts(healthy=True), st.data())
def test_a_roll_back_leads_to_what_was_there_and_touches_nothing_else(
    given_rollout: tuple[RolloutPool, dict[str, Any]], data: st.DataObject
) -> None:
    pool, options = given_rollout
    options["min_available"] = None
    before, template = pool.images, pool.image
    if data.draw(st.booleans(), label="killed once") and not pool.strays:
        pool.dies_at = data.draw(numbers(0, 4), label="changes before the kill")
        with contextlib.suppress(Killed):
            roll(pool, options)
        pool.dies_at = None
    killed_with = list(pool.changed)
    state = roll(pool, options)
    assume(waves.wants_rollback(state))
    waits = template == OLD
    assert state["former"] == OLD if waits else state["former"] in (OLD, OTHER)
    forward = {desktop_id for desktop_id, _image in (pool.changed if waits else pool.changed[len(killed_with) :])}
    held = pool.images
    pool.changed.clear()
    pool.fails.clear()
    pool.unhealthy.clear()
    pool.stays = frozenset()
    watch = Watch(pool, options, wanted=state["former"]).begin()
    back = pool.roll_back(state)
    assert back["stop"] == {"cause": "", "reason": ""}
    # Whatever has the new image on a template that has it not, has it from this rollout or an earlier one.
    ours = forward | ({own for own, image in before.items() if image == NEW} if waits else set())
    for desktop_id, image in pool.images.items():
        assert image == (state["former"] if desktop_id in ours else held[desktop_id])
        assert image != NEW or not waits
    assert {desktop_id for desktop_id, _image in pool.changed} == {own for own in ours if held[own] != state["former"]}
    assert set(watch.tried.values()) <= {1}
    # A template that had moved before and moves along with desktops goes back along with them.
    assert pool.image == template or (not waits and pool.strays and pool.image == state["former"])
    result = pool.result(state, back)
    assert (result["outcome"], result["is_failure"]) == ("rolled_back", True)
    assert set(result["desktops_rolled_back"]) == {desktop_id for desktop_id, _image in pool.changed}
    event("after a kill" if killed_with else "in one run")


@LOOKS
@given(failing_rollouts(healthy=False))
def test_a_roll_back_keeps_the_limits_and_ends_whatever_fails(
    given_rollout: tuple[RolloutPool, dict[str, Any]],
) -> None:
    pool, options = given_rollout
    state = roll(pool, options)
    assume(waves.wants_rollback(state))
    pool.fails = {desktop_id: times + 1 for desktop_id, times in pool.fails.items()}
    watch = Watch(pool, {**options, "repair": True}, wanted=state["former"]).begin()
    back = pool.run(waves.start_rollback(state, pool.report, pool.now), MANY_STEPS)
    assert back["stop"] is not None
    assert set(watch.tried) <= set(state["touched"]) | set(state["had_it"])
    result = pool.result(state, back)
    behind = {own for own in back["due"] if pool.images[own] != state["former"]}
    if behind:
        assert result["outcome"] == "failed"
    event(result["outcome"])


@LOOKS
@given(rollouts(failing=False))
def test_a_rehearsal_shows_what_then_happens(given_rollout: tuple[RolloutPool, dict[str, Any]]) -> None:
    pool, options = given_rollout
    for record in pool.records:
        record["task_status"] = record["task_status"].replace("rebooting", "")  # it would end by itself
        if options["session_policy"] == "wait":
            record["login_status"] = "REGISTERED"
    before = pool.report
    shown = waves.rehearse_rollout(before, TO_NEW, options, NOW)
    assert pool.report == before
    state = roll(pool, options)
    result = pool.result(state)
    assert [(wave["kind"], wave["desktops"]) for wave in shown["waves"]] == [
        (step["kind"], step["desktops"]) for step in pool.steps if step["action"] == "change"
    ]
    assert shown["desktops_skipped"] == result["desktops_skipped"]
    assert (shown["cause"], shown["reason"]) == (state["stop"]["cause"], state["stop"]["reason"])
    assert (shown["outcome"] == "unchanged") is (result["outcome"] == "unchanged")
    event(f"{len(shown['waves'])} waves")


@LOOKS
@given(rollouts(), numbers(0, 30))
def test_no_wave_starts_after_the_window(given_rollout: tuple[RolloutPool, dict[str, Any]], minutes: int) -> None:
    pool, options = given_rollout
    end = NOW + timedelta(minutes=minutes)
    starts = []
    pool.look = lambda state, step: starts.append(pool.now) if step["action"] == "change" else None
    state = roll(pool, {**options, "window_end": end.isoformat()})
    assert all(start < end for start in starts)
    assert state["stop"]["cause"] != "window" or pool.now >= end
    assert not waves.wants_rollback(state) or state["stop"]["cause"] == "failures"
    event(f"stopped by {state['stop']['cause']!r}")


@LOOKS
@given(rollouts(healthy=True, failing=False))
def test_a_pause_and_its_promotion_come_to_the_same_as_one_run(
    given_rollout: tuple[RolloutPool, dict[str, Any]],
) -> None:
    pool, options = given_rollout
    options.update({"pause_after_canary": True, "min_available": None})
    watch = Watch(pool, options).begin()
    due = {record["desktop_id"] for record in pool.records if image_of(record) != NEW}
    state = roll(pool, options)
    if state["stop"]["cause"] == "pause":
        assert watch.canaries
        assert not watch.others_began
        assert set(watch.canaries) < due
        event("paused")
        state = roll(pool, options)
    assert state["stop"]["cause"] == ""
    assert (pool.image, sorted(pool.changed)) == (NEW, sorted((desktop_id, NEW) for desktop_id in due))
