# Copyright (c) 2026 the hwcloud.workspace contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Resize plans carried out against a model of the service, under every reading of what no source settles.

The model is as strict as any text about the service allows: it refuses the product that a pool has already, and a
request for a whole pool whose desktops differ in product.
"""

from __future__ import annotations

import itertools
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field, replace

import pytest

from ansible_collections.hwcloud.workspace.plugins.module_utils.pools.change import Observation, Step
from ansible_collections.hwcloud.workspace.plugins.module_utils.pools.model import Desktop
from ansible_collections.hwcloud.workspace.plugins.module_utils.pools.resize import Resize
from ansible_collections.hwcloud.workspace.plugins.module_utils.pools.scope import (
    FOR_EXPAND_AND_ALL,
    FOR_EXPAND_AND_IDLE,
    ONLY_FOR_EXPAND,
    Scope,
)
from ansible_collections.hwcloud.workspace.tests.unit.plugins.module_utils.pools.samples import (
    USER_C3,
    a_desktop,
    a_pool,
)

SMALL, LARGE, ODD = "product-a", "product-b", "product-c"


@dataclass(frozen=True)
class Reading:
    """One reading. ``idle`` is what makes a desktop idle, ``again`` what becomes of desktops that have the product."""

    no_handle_type: str
    ids_move_template: bool
    idle: str
    template_moves: str
    again: str


READINGS = [
    Reading(*parts)
    for parts in itertools.product(
        (FOR_EXPAND_AND_ALL, ONLY_FOR_EXPAND, FOR_EXPAND_AND_IDLE),
        (False, True),
        ("no user", "nobody logged in"),
        ("always", "if all succeed"),
        ("done again", "nothing"),
    )
]
WITHOUT_FAILURES = [reading for reading in READINGS if reading.template_moves == "always"]
USERS = ("no user", "a user", "a user logged in")
NAMES = ("d1", "d2", "d3")


@dataclass(frozen=True)
class Machine:
    """A desktop of the model."""

    id: str
    product: str
    user: str


@dataclass
class Service:
    """A pool as the service holds it, and the desktops that it resized."""

    reading: Reading
    template: str
    machines: dict[str, Machine]
    resized: Counter[str] = field(default_factory=Counter)

    def carry_out(self, step: Step, failing: frozenset[str]) -> bool:
        """Do what a request asks for; return whether no desktop failed."""
        wanted, by_id = step.body["product_id"], "desktop_ids" in step.body
        handle_type = step.body.get("handle_type", self.reading.no_handle_type)
        if not by_id:
            assert self.template != wanted, "refused: the pool has the product"
            products = {machine.product for machine in self.machines.values()}
            assert len(products) < 2 or step.body.get("handle_type") == ONLY_FOR_EXPAND, "refused: desktops differ"
        targets = set(step.body["desktop_ids"]) if by_id else {m.id for m in self._in_scope(handle_type)}
        if self.reading.again == "nothing":
            targets = {name for name in targets if self.machines[name].product != wanted}
        for name in targets - failing:
            self.resized[name] += 1
            self.machines[name] = replace(self.machines[name], product=wanted)
        well = not targets & failing
        if (not by_id or self.reading.ids_move_template) and (well or self.reading.template_moves == "always"):
            self.template = wanted
        return well

    def _in_scope(self, handle_type: str) -> list[Machine]:
        if handle_type == ONLY_FOR_EXPAND:
            return []
        busy = USERS[1:] if self.reading.idle == "no user" else USERS[2:]
        everything = handle_type == FOR_EXPAND_AND_ALL
        return [machine for machine in self.machines.values() if everything or machine.user not in busy]

    def observe(self, scope: Scope) -> Observation:
        """Return what a client sees."""
        listed = [DESKTOPS[m] for m in self.machines.values() if not scope.desktop_ids or m.id in scope.desktop_ids]
        return Observation(POOLS[self.template], tuple(listed))


DESKTOPS: dict[Machine, Desktop] = {
    Machine(name, product, user): a_desktop(
        name,
        product={"product_id": product},
        login_status="CONNECTED" if user == "a user logged in" else "REGISTERED",
        **({} if user == "no user" else USER_C3),
    )
    for name, product, user in itertools.product(NAMES, (SMALL, LARGE, ODD), USERS)
}
POOLS = {product: a_pool(product={"product_id": product}) for product in (SMALL, LARGE)}
SCOPES = {
    "unsaid": Scope(),
    "all": Scope(FOR_EXPAND_AND_ALL),
    "idle": Scope(FOR_EXPAND_AND_IDLE),
    "template": Scope(ONLY_FOR_EXPAND),
    "one desktop": Scope(None, ("d1",)),
    "two desktops": Scope(None, ("d2", "d1")),
}


def small_pools(scope: Scope) -> Iterator[tuple[str, list[Machine]]]:
    """Yield every template with every set of up to two desktops, and the sets of three that differ in product."""
    kinds = list(itertools.product((SMALL, LARGE, ODD), USERS))
    sets = [chosen for count in range(3) for chosen in itertools.combinations_with_replacement(kinds, count)]
    sets += list(itertools.combinations_with_replacement([kind for kind in kinds if kind[1] != "a user"], 3))
    for template, chosen in itertools.product((SMALL, LARGE), sets):
        machines = [Machine(name, *kind) for name, kind in zip(NAMES, chosen, strict=False)]
        if set(scope.desktop_ids) <= {machine.id for machine in machines}:
            yield template, machines


def run(service: Service, scope: Scope, failing: frozenset[str] = frozenset()) -> int | None:
    """Plan and carry out until nothing is left to do; return the number of requests, None if a desktop failed."""
    change = Resize(LARGE, scope)
    done: list[Step] = []
    while True:
        plan = change.plan(service.observe(scope))
        if plan.step is None:
            return len(done)
        assert plan.step not in done, f"the same request again: {plan.step.body}"
        assert len(done) < change.most_steps
        done.append(plan.step)
        if not service.carry_out(plan.step, failing):
            return None
        change = change.once_done(plan.step, plan.step.desktop_ids)


@pytest.mark.parametrize("name", SCOPES)
def test_every_small_pool_ends_where_it_is_wanted_and_no_desktop_is_resized_without_need(name: str) -> None:
    scope = SCOPES[name]
    for reading, (template, machines) in itertools.product(WITHOUT_FAILURES, small_pools(scope)):
        service = Service(reading, template, {machine.id: machine for machine in machines})
        story = (reading, template, machines)
        assert run(service, scope) is not None, story
        covered = {machine.id for machine in machines if scope.covers(DESKTOPS[machine])}
        assert {service.machines[desktop_id].product for desktop_id in covered} <= {LARGE}, story
        assert service.template == LARGE or not scope.has_template, story
        assert not {machine.id for machine in machines if machine.product == LARGE} & set(service.resized), story
        assert set(service.resized.values()) <= {1}, story
        assert run(service, scope) == 0, f"a second run: {story}"
        if scope.desktop_ids or scope.handle_type == ONLY_FOR_EXPAND:
            assert set(service.resized) <= covered, story


@pytest.mark.parametrize("name", SCOPES)
def test_after_a_run_in_which_desktops_failed_the_next_one_resizes_those_alone(name: str) -> None:
    scope = SCOPES[name]
    for reading, failing, (template, machines) in itertools.product(
        READINGS, (frozenset({"d1"}), frozenset(NAMES)), small_pools(scope)
    ):
        if len(machines) == 3 and reading.again == "nothing":
            continue  # for time; two desktops show it as well
        service = Service(reading, template, {machine.id: machine for machine in machines})
        story = (reading, failing, template, machines)
        run(service, scope, failing)
        assert run(service, scope) is not None, story
        covered = {machine.id for machine in machines if scope.covers(DESKTOPS[machine])}
        assert {service.machines[desktop_id].product for desktop_id in covered} <= {LARGE}, story
        assert service.template == LARGE or not scope.has_template, story
        assert not {machine.id for machine in machines if machine.product == LARGE} & set(service.resized), story
        assert set(service.resized.values()) <= {1}, story
