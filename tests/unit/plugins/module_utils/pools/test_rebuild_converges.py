# Copyright (c) 2026 the hwcloud.workspace contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Plans carried out against a model of the service, under every reading of what no source settles.

The model holds images and users only. What is asked of a recompose is asked of every small pool there is: up to three
desktops, each with or without the image, and with no user, with a user, or with a user who is logged in.
"""

from __future__ import annotations

import itertools
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field, replace

import pytest

from ansible_collections.hwcloud.workspace.plugins.module_utils.pools.change import Observation, Step
from ansible_collections.hwcloud.workspace.plugins.module_utils.pools.model import Desktop, Pool
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
    a_desktop,
    a_pool,
)


@dataclass(frozen=True)
class Reading:
    """One reading of the service's documentation.

    :param no_handle_type: what a request without handle_type means.
    :param ids_move_template: whether a request with desktop_ids changes the template as well.
    :param idle: what makes a desktop idle: that no user is bound to it, or that nobody is logged in.
    :param template_moves: when the template takes the image: always, or only if every desktop succeeded.
    """

    no_handle_type: str = FOR_EXPAND_AND_ALL
    ids_move_template: bool = False
    idle: str = "no user"
    template_moves: str = "always"


READINGS = [
    Reading(*parts)
    for parts in itertools.product(
        (FOR_EXPAND_AND_ALL, ONLY_FOR_EXPAND, FOR_EXPAND_AND_IDLE),
        (False, True),
        ("no user", "nobody logged in"),
        ("always", "if all succeed"),
    )
]
# When every desktop succeeds, these two readings are one.
WITHOUT_FAILURES = [reading for reading in READINGS if reading.template_moves == "always"]

USERS = ("no user", "a user", "a user logged in")


@dataclass(frozen=True)
class Machine:
    """A desktop of the model."""

    id: str
    image: str
    user: str


@dataclass
class Service:
    """A pool as the service holds it, and the desktops whose system disks it wiped."""

    reading: Reading
    template: str
    machines: dict[str, Machine]
    wiped: Counter[str] = field(default_factory=Counter)

    def carry_out(self, step: Step, failing: frozenset[str] = frozenset()) -> tuple[set[str], bool]:
        """Do what a request asks for; return the desktops that succeeded, and whether all did."""
        targets = {machine.id for machine in self._targets(step)}
        for name in targets - failing:
            self.wiped[name] += 1
            self.machines[name] = replace(self.machines[name], image=step.body["image_id"])
        succeeded = not targets & failing
        moves = self.reading.ids_move_template if "desktop_ids" in step.body else "is_fix" not in step.body
        if moves and (succeeded or self.reading.template_moves == "always"):
            self.template = step.body["image_id"]
        return targets - failing, succeeded

    def _targets(self, step: Step) -> list[Machine]:
        machines = list(self.machines.values())
        if "desktop_ids" in step.body:
            return [self.machines[desktop_id] for desktop_id in step.body["desktop_ids"]]
        if step.body.get("is_fix"):
            return [machine for machine in machines if machine.image != self.template]
        handle_type = step.body.get("handle_type", self.reading.no_handle_type)
        if handle_type == FOR_EXPAND_AND_IDLE:
            return [machine for machine in machines if self._is_idle(machine)]
        return machines if handle_type == FOR_EXPAND_AND_ALL else []

    def _is_idle(self, machine: Machine) -> bool:
        return machine.user == "no user" or (
            self.reading.idle == "nobody logged in" and machine.user != "a user logged in"
        )

    def observe(self, scope: Scope) -> Observation:
        """Return what a client sees: the desktops that were asked for by ID, else all of the pool's."""
        seen = (_DESKTOPS[machine] for machine in self.machines.values())
        listed = (desktop for desktop in seen if not scope.desktop_ids or desktop.id in scope.desktop_ids)
        return Observation(_POOLS[self.template], tuple(listed))


_NAMES = ("d1", "d2", "d3")
_DESKTOPS: dict[Machine, Desktop] = {
    Machine(name, image, user): a_desktop(
        name,
        image,
        attach_user_infos=[] if user == "no user" else [{"user_name": "user-c3"}],
        login_status="CONNECTED" if user == "a user logged in" else "REGISTERED",
    )
    for name, image, user in itertools.product(_NAMES, (OLD, NEW), USERS)
}
_POOLS: dict[str, Pool] = {image: a_pool(image) for image in (OLD, NEW)}


def small_pools() -> Iterator[tuple[str, list[Machine]]]:
    """Yield every template with every set of up to three desktops (their order matters to no one)."""
    kinds = list(itertools.product((OLD, NEW), USERS))
    for template, count in itertools.product((OLD, NEW), range(4)):
        for chosen in itertools.combinations_with_replacement(kinds, count):
            yield template, [Machine(name, *kind) for name, kind in zip(_NAMES, chosen, strict=False)]


def run(service: Service, change: Rebuild, failing: frozenset[str] = frozenset()) -> bool:
    """Plan and carry out until nothing is left to do, as one task does; return whether no desktop failed."""
    done: list[Step] = []
    recomposed: set[str] = set()
    while True:
        step = change.plan(service.observe(change.scope)).step
        if step is None:
            return True
        assert step not in done, f"the same request again: {step.body}"
        assert len(done) < Rebuild.most_steps, f"no end after {[dict(item.body) for item in done]}"
        done.append(step)
        succeeded, well = service.carry_out(step, failing)
        if not well:
            return False
        recomposed |= succeeded
        change = change.once_done(step, frozenset(recomposed))


def wanted(scope: Scope, force: bool = False) -> Rebuild:
    return Rebuild(NEW, {"image_id": NEW}, scope, force=force)


SCOPES = {
    "unsaid": Scope(),
    "all": Scope(FOR_EXPAND_AND_ALL),
    "idle": Scope(FOR_EXPAND_AND_IDLE),
    "template": Scope(ONLY_FOR_EXPAND),
    "one desktop": Scope(None, ("d1",)),
    "two desktops": Scope(None, ("d2", "d1")),
}


def cases(scope: Scope) -> Iterator[tuple[str, list[Machine], frozenset[str]]]:
    """Yield every small pool that has the desktops of the scope, and those desktops."""
    for template, machines in small_pools():
        if set(scope.desktop_ids) <= {machine.id for machine in machines}:
            covered = frozenset(machine.id for machine in machines if scope.covers(_DESKTOPS[machine]))
            yield template, machines, covered


def start(reading: Reading, template: str, machines: list[Machine]) -> Service:
    return Service(reading, template, {machine.id: machine for machine in machines})


@pytest.mark.parametrize("name", SCOPES)
def test_every_small_pool_ends_where_it_is_wanted_and_no_desktop_that_had_the_image_is_wiped(name: str) -> None:
    scope = SCOPES[name]
    for reading, (template, machines, covered) in itertools.product(WITHOUT_FAILURES, cases(scope)):
        service = start(reading, template, machines)
        story = (reading, template, machines)
        assert run(service, wanted(scope)), story
        assert {service.machines[desktop_id].image for desktop_id in covered} <= {NEW}, story
        assert service.template == NEW or not scope.has_template, story
        settled = {machine.id for machine in machines if machine.image == NEW}
        assert not settled & set(service.wiped), story
        assert set(service.wiped.values()) <= {1}, story
        assert wanted(scope).plan(service.observe(scope)).step is None, f"a second run: {story}"


@pytest.mark.parametrize("name", SCOPES)
def test_after_a_run_in_which_desktops_failed_the_next_one_changes_those_alone(name: str) -> None:
    scope = SCOPES[name]
    failures = [frozenset({"d1"}), frozenset(_NAMES)]
    for reading, failing, (template, machines, covered) in itertools.product(READINGS, failures, cases(scope)):
        service = start(reading, template, machines)
        story = (reading, failing, template, machines)
        settled = {machine.id for machine in machines if machine.image == NEW}
        run(service, wanted(scope), failing)
        assert run(service, wanted(scope)), story
        assert {service.machines[desktop_id].image for desktop_id in covered} <= {NEW}, story
        assert not settled & set(service.wiped), story
        assert set(service.wiped.values()) <= {1}, story


@pytest.mark.parametrize("name", SCOPES)
@pytest.mark.parametrize("no_handle_type", [FOR_EXPAND_AND_ALL, ONLY_FOR_EXPAND, FOR_EXPAND_AND_IDLE])
def test_force_recomposes_every_desktop_in_scope_exactly_once(name: str, no_handle_type: str) -> None:
    scope = SCOPES[name]
    readings = [reading for reading in WITHOUT_FAILURES if reading.no_handle_type == no_handle_type]
    for reading, (template, machines, covered) in itertools.product(readings, cases(scope)):
        service = start(reading, template, machines)
        story = (reading, template, machines)
        assert run(service, wanted(scope, force=True)), story
        assert {desktop_id: service.wiped[desktop_id] for desktop_id in covered} == dict.fromkeys(covered, 1), story
        assert service.template == NEW or not scope.has_template, story


def test_no_reading_makes_a_request_for_some_desktops_touch_another() -> None:
    for reading, force, (template, machines, covered) in itertools.product(
        WITHOUT_FAILURES, (False, True), cases(SCOPES["one desktop"])
    ):
        service = start(reading, template, machines)
        run(service, wanted(SCOPES["one desktop"], force))
        assert set(service.wiped) <= covered


def test_no_reading_makes_a_request_for_the_template_touch_a_desktop() -> None:
    for reading, force, (template, machines, _covered) in itertools.product(
        WITHOUT_FAILURES, (False, True), cases(SCOPES["template"])
    ):
        service = start(reading, template, machines)
        run(service, wanted(SCOPES["template"], force))
        assert not service.wiped
