# Copyright (c) 2026 the hwcloud.workspace contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Disk changes carried out against a model of the service, for random pools and wishes and under every reading of it.

The model refuses what would do harm or fail: a second disk of a kind, a deletion of what is not there, an expansion to
a size that is there already, a disk for a stopped desktop.
"""

from __future__ import annotations

import copy
import itertools
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import pytest
from hypothesis import assume, event, given, settings
from hypothesis import strategies as st

from ansible_collections.hwcloud.workspace.plugins.module_utils.client.errors import InputError
from ansible_collections.hwcloud.workspace.plugins.module_utils.client.operations import (
    ACT_ON_DESKTOPS,
    ADD_POOL_VOLUMES,
    DELETE_POOL_VOLUMES,
    EXPAND_POOL_VOLUMES,
)
from ansible_collections.hwcloud.workspace.plugins.module_utils.pools.change import Observation, Step
from ansible_collections.hwcloud.workspace.plugins.module_utils.pools.disks import Wish
from ansible_collections.hwcloud.workspace.plugins.module_utils.pools.scope import (
    FOR_EXPAND_AND_ALL,
    FOR_EXPAND_AND_IDLE,
    ONLY_FOR_EXPAND,
    Scope,
)
from ansible_collections.hwcloud.workspace.plugins.module_utils.pools.volumes import Volumes
from ansible_collections.hwcloud.workspace.tests.unit.plugins.module_utils.pools.samples import a_desktop, a_pool

# Without a database of examples: a run depends on nothing that an earlier one has left.
LOOKS = settings(max_examples=300, deadline=None, database=None, derandomize=True)

Kind = tuple[str, int]


@dataclass(frozen=True)
class Reading:
    """One reading of the service's documentation.

    :param no_handle_type: what a request without handle_type means.
    :param ids_move_template: whether a request with desktop_ids changes the template as well.
    :param template_moves: when the template changes: always, or only if every desktop succeeded.
    :param new_disks_linked: whether a disk of a repair is linked to the pool disk that its desktop lacked.
    """

    no_handle_type: str = FOR_EXPAND_AND_ALL
    ids_move_template: bool = False
    template_moves: str = "always"
    new_disks_linked: bool = True


READINGS = [
    Reading(*parts)
    for parts in itertools.product(
        (FOR_EXPAND_AND_ALL, ONLY_FOR_EXPAND, FOR_EXPAND_AND_IDLE),
        (False, True),
        ("always", "if all succeed"),
        (True, False),
    )
]


@dataclass
class Disk:
    """A disk of the template (``id``) or of a desktop (``id`` is then the pool disk's, empty for its own)."""

    id: str
    type: str
    size: int

    @property
    def kind(self) -> Kind:
        return (self.type, self.size)


@dataclass
class Machine:
    """A desktop of the model."""

    id: str
    disks: list[Disk]
    status: str = "ACTIVE"
    user: str = ""
    root: int = 80


@dataclass
class Service:
    """A pool as the service holds it, and all that was ever done to its desktops' disks."""

    reading: Reading
    template: list[Disk]
    machines: list[Machine]
    root: int = 80
    shows_links: bool = True
    added: list[tuple[str, Kind]] = field(default_factory=list)
    deleted: list[tuple[str, Kind]] = field(default_factory=list)
    grown: list[tuple[str, Kind, Kind]] = field(default_factory=list)
    sent: int = 0

    def carry_out(self, step: Step, failing: frozenset[str] = frozenset()) -> bool:
        """Do what a request asks for; return whether all desktops succeeded."""
        self.sent += 1
        targets = self._targets(step.body)
        if step.operation is ACT_ON_DESKTOPS:
            for machine in targets:
                machine.status = {"os-start": "ACTIVE", "os-stop": "SHUTOFF", "os-hibernate": "HIBERNATED"}[
                    step.body["op_type"]
                ]
            return True
        (volume,) = step.body["volumes"]
        carry_out = {ADD_POOL_VOLUMES: self._add, EXPAND_POOL_VOLUMES: self._expand, DELETE_POOL_VOLUMES: self._delete}
        moves = self.reading.ids_move_template if "desktop_ids" in step.body else True
        new = carry_out[step.operation](volume, targets, failing, moves)
        succeeded = not {machine.id for machine in targets} & failing
        if moves and (succeeded or self.reading.template_moves == "always"):
            self.template = new
        return succeeded

    def _add(self, volume: dict[str, Any], targets: list[Machine], failing: frozenset[str], moves: bool) -> list[Disk]:
        new = Disk(f"new-{self.sent}", volume["type"], volume["size"])
        for machine in targets:
            assert machine.status == "ACTIVE", f"a disk for {machine}"
            if machine.id in failing:
                continue
            held = {disk.id for disk in machine.disks}
            lacked = [disk.id for disk in self.template if disk.kind == new.kind and disk.id not in held]
            link = new.id if moves else next(iter(lacked), "") if self.reading.new_disks_linked else ""
            machine.disks.append(replace(new, id=link))
            self.added.append((machine.id, new.kind))
        return [*self.template, new]

    def _expand(
        self, volume: dict[str, Any], targets: list[Machine], failing: frozenset[str], moves: bool
    ) -> list[Disk]:
        system = volume["id"] == "root"
        for machine in targets:
            if machine.id in failing:
                continue
            if system:
                assert machine.root < volume["size"]
                machine.root = volume["size"]
                continue
            (disk,) = [disk for disk in machine.disks if disk.id == volume["id"]]
            assert disk.type == volume["type"]
            assert disk.size < volume["size"], f"{disk} of {machine} to {volume}"
            self.grown.append((machine.id, disk.kind, (disk.type, volume["size"])))
            disk.size = volume["size"]
        if moves and system:
            self.root = max(self.root, volume["size"])
        return [
            replace(disk, size=max(disk.size, volume["size"])) if disk.id == volume["id"] else disk
            for disk in self.template
        ]

    def _delete(
        self, volume: dict[str, Any], targets: list[Machine], failing: frozenset[str], moves: bool
    ) -> list[Disk]:
        for machine in targets:
            gone = [disk for disk in machine.disks if disk.id == volume["id"]]
            assert gone, f"{volume} of {machine}"
            if machine.id in failing:
                continue
            machine.disks = [disk for disk in machine.disks if disk.id != volume["id"]]
            self.deleted += [(machine.id, disk.kind) for disk in gone]
        return [disk for disk in self.template if disk.id != volume["id"]]

    def _targets(self, body: Any) -> list[Machine]:
        if "desktop_ids" in body:
            assert 0 < len(body["desktop_ids"]) <= 100
            return [machine for machine in self.machines if machine.id in body["desktop_ids"]]
        reach = body.get("handle_type", self.reading.no_handle_type)
        if reach == FOR_EXPAND_AND_IDLE:
            return [machine for machine in self.machines if not machine.user]
        return self.machines if reach == FOR_EXPAND_AND_ALL else []

    def observe(self, scope: Scope) -> Observation:
        """Return what a client sees: nothing of desktops that are out of reach."""
        pool = a_pool(
            root_volume={"id": "root", "type": "SAS", "size": self.root},
            data_volumes=[{"id": disk.id, "type": disk.type, "size": disk.size} for disk in self.template],
        )
        if not scope.has_desktops:
            return Observation(pool, ())
        return Observation(
            pool,
            tuple(
                a_desktop(
                    machine.id,
                    status=machine.status,
                    root_volume={"type": "SAS", "size": machine.root},
                    data_volumes=[
                        {
                            "type": disk.type,
                            "size": disk.size,
                            **({"desktop_pool_disk_id": disk.id} if self.shows_links else {}),
                        }
                        for disk in machine.disks
                    ],
                    attach_user_infos=[{"user_name": machine.user}] if machine.user else [],
                )
                for machine in self.machines
                if not scope.desktop_ids or machine.id in scope.desktop_ids
            ),
        )


def run(service: Service, change: Volumes, failing: frozenset[str] = frozenset()) -> bool:
    """Plan and carry out until nothing is left to do, as one task does; return whether no desktop failed."""
    done: list[Step] = []
    while True:
        observation = service.observe(change.scope)
        step = change.plan(observation).step
        if step is None:
            return True
        assert step not in done, f"the same request again: {step.body}"
        assert len(done) < Volumes.most_steps, f"no end after {[dict(item.body) for item in done]}"
        assert change.missing(step, observation) == (step.desktop_ids, step.moves_template)
        if not service.shows_links and step.operation is EXPAND_POOL_VOLUMES and change.scope == Scope():
            # The engine refuses it before: Volumes.verify.
            assume("handle_type" not in step.body and "desktop_ids" not in step.body)
        done.append(step)
        template, sizes = copy.deepcopy(service.template), service.root
        if not service.carry_out(step, failing):
            amend = change.amend(step, service.observe(change.scope))
            return False if amend is None else not service.carry_out(amend)
        late, template_late = change.missing(step, service.observe(change.scope))
        assert not late or "desktop_ids" not in step.body
        assert template_late == (step.moves_template and (template, sizes) == (service.template, service.root))
        change = change.once_done(step, step.desktop_ids - late)


KINDS = st.tuples(st.sampled_from(("SAS", "SSD")), st.sampled_from((10, 20, 30)))
SCOPES = [
    Scope(),
    Scope(FOR_EXPAND_AND_ALL),
    Scope(FOR_EXPAND_AND_IDLE),
    Scope(ONLY_FOR_EXPAND),
    Scope(None, ("d1",)),
    Scope(None, ("d2", "d1")),
]


@st.composite
def pools(draw: st.DrawFn, *, tidy: bool = False) -> Service:
    """Draw a pool. Its desktops lack disks, or have smaller ones, some of their own, and some of no pool disk."""
    template = [Disk(f"p{number}", *draw(KINDS)) for number in range(draw(st.integers(0, 3)))]
    machines = []
    for name in ("d1", "d2", "d3"):
        disks = []
        for disk in template:
            fate = "there" if tidy else draw(st.sampled_from(("there", "there", "there", "lacking", "small")))
            if fate != "lacking":
                disks.append(replace(disk, size=10 if fate == "small" else disk.size))
        if not tidy:
            disks += [Disk("", *kind) for kind in draw(st.lists(KINDS, max_size=1))]
            disks += [Disk("lost", *kind) for kind in draw(st.lists(KINDS, max_size=1))]
        status = draw(st.sampled_from(("ACTIVE", "ACTIVE", "SHUTOFF", "HIBERNATED")))
        machines.append(Machine(name, disks, status, draw(st.sampled_from(("", "user-a1")))))
    return Service(draw(st.sampled_from(READINGS)), template, machines)


@st.composite
def tasks(draw: st.DrawFn, service: Service, *, absent: bool = False) -> Volumes:
    """Draw a task for a pool: disks by ID, perhaps larger, and disks by type and size."""
    named = (
        draw(st.lists(st.sampled_from(service.template), unique_by=lambda disk: disk.id)) if service.template else []
    )
    if absent:
        wishes = [Wish(id=disk.id) for disk in named]
        wishes += [
            draw(st.sampled_from((Wish(type=kind[0], size=kind[1]), Wish(type=kind[0]), Wish(size=kind[1]))))
            for kind in draw(st.lists(KINDS, max_size=2))
        ]
    else:
        larger = [max(disk.size, draw(st.sampled_from((10, 20, 30)))) for disk in named]
        wishes = [Wish(id=disk.id, size=size) for disk, size in zip(named, larger, strict=True)]
        wishes += [Wish(type=kind[0], size=kind[1]) for kind in draw(st.lists(KINDS, max_size=3))]
        if draw(st.booleans()):
            wishes.append(Wish(id="root", size=draw(st.sampled_from((80, 90)))))
    wishes = draw(st.permutations(wishes))
    purge = not absent and draw(st.booleans())
    return Volumes(tuple(wishes), draw(st.sampled_from(SCOPES)), absent=absent, purge=purge)


def refused(service: Service, change: Volumes) -> bool:
    """Return whether a task is refused, whatever the order of its disks."""
    answers = set()
    for wishes in (change.wishes, change.wishes[::-1]):
        try:
            step = replace(change, wishes=wishes).plan(service.observe(change.scope)).step
            answers.add(str(step and (step.operation.name, dict(step.body))))
        except InputError as error:
            answers.add(f"refused: {len(str(error)) > 0}")
    assert len(answers) == 1, "the order of the disks matters"
    return answers == {"refused: True"}


def wanted_kinds(template: Sequence[Disk], change: Volumes) -> Counter[Kind]:
    """Return what the template is to hold, by a way of its own: by count, where the planner matches disk with disk."""
    by_id = {wish.id: wish for wish in change.wishes if wish.id not in (None, "root")}
    named = [replace(disk, size=by_id[disk.id].size or disk.size) for disk in template if disk.id in by_id]
    others = Counter((wish.type or "", wish.size or 0) for wish in change.wishes if not wish.id)
    left = Counter(disk.kind for disk in template if disk.id not in by_id)
    return Counter(disk.kind for disk in named) + (others if change.purge else others | left)


def covered(service: Service, scope: Scope) -> list[Machine]:
    """Return the machines in scope."""
    seen = {desktop.id for desktop in service.observe(scope).desktops or () if scope.covers(desktop)}
    return [machine for machine in service.machines if machine.id in seen]


def kinds(disks: Sequence[Disk]) -> Counter[Kind]:
    return Counter(disk.kind for disk in disks)


def judge(before: Service, after: Service, change: Volumes) -> None:
    """Judge what came of a task that was carried out to its end, in one run or several."""
    wanted = wanted_kinds(before.template, change)
    if change.scope.has_template:
        assert kinds(after.template) == wanted
    inside = {machine.id for machine in covered(before, change.scope)}
    by_id = {wish.id: wish for wish in change.wishes if wish.id}
    for old, new in zip(before.machines, after.machines, strict=True):
        added = Counter(kind for name, kind in after.added if name == old.id)
        deleted = Counter(kind for name, kind in after.deleted if name == old.id)
        if old.id not in inside:
            assert not added + deleted or change.scope.handle_type == FOR_EXPAND_AND_IDLE
            assert change.scope.handle_type == FOR_EXPAND_AND_IDLE or old == new
            continue
        # What was asked for is there, each disk once.
        asked = Counter((wish.type or "", wish.size or 0) for wish in change.wishes if not wish.id)
        assert asked <= kinds(new.disks), (old, new)
        for wish in by_id.values():
            if wish.id == "root":
                assert new.root >= (wish.size or 0)
        # No more was added than was lacking, and nothing that is wanted was deleted. What differs from its pool disk,
        # of which nothing was said, is not what was asked for.
        template = {disk.id: disk.kind for disk in before.template if disk.id not in by_id}
        grown = {small for name, small, _large in after.grown if name == old.id}
        had = kinds([disk for disk in old.disks if disk.kind in grown or template.get(disk.id, disk.kind) == disk.kind])
        held = kinds(old.disks)
        for name, small, large in after.grown:
            if name == old.id:
                had.subtract([small])
                had.update([large])
                held.subtract([small])
                held.update([large])
        assert all(number <= max(0, wanted[kind] - had[kind]) for kind, number in added.items()), (old, new)
        assert all(number <= max(0, held[kind] - asked[kind]) for kind, number in deleted.items()), (old, new)
        assert not deleted or change.purge
        own = kinds([disk for disk in old.disks if not disk.id])
        assert own <= kinds(new.disks), "a disk of its own is gone"
        assert new.status == old.status


@LOOKS
@given(st.data())
def test_any_pool_ends_where_it_is_wanted_and_a_second_run_does_nothing(data: st.DataObject) -> None:
    before = data.draw(pools())
    change = data.draw(tasks(before))
    after = copy.deepcopy(before)
    if refused(after, change):
        event("refused")
        return
    assert run(after, change)
    event(f"{min(after.sent, 4)} requests")
    judge(before, after, change)
    assert change.plan(after.observe(change.scope)).step is None, "a second run"


@LOOKS
@given(st.data(), st.sets(st.sampled_from(("d1", "d2", "d3")), min_size=1))
def test_after_desktops_failed_further_runs_complete_those_alone(data: st.DataObject, failing: set[str]) -> None:
    before = data.draw(pools())
    change = data.draw(tasks(before))
    after = copy.deepcopy(before)
    assume(not refused(after, change))
    if run(after, change, frozenset(failing)):
        event("nothing failed")
    else:
        running = {machine.id for machine in after.machines if machine.status == "ACTIVE"}
        for machine in before.machines:  # what was started for a run that failed goes on running
            machine.status = "ACTIVE" if machine.id in running else machine.status
    assert run(after, change)
    judge(before, after, change)
    assert change.plan(after.observe(change.scope)).step is None, "a second run"


@LOOKS
@given(st.data())
def test_what_is_to_go_goes_and_nothing_else(data: st.DataObject) -> None:
    before = data.draw(pools())
    change = data.draw(tasks(before, absent=True))
    after = copy.deepcopy(before)
    if refused(after, change):
        event("refused")
        return
    assert run(after, change)
    assert not after.added
    gone = {wish.id for wish in change.wishes if wish.id}
    meant = [wish for wish in change.wishes if not wish.id]

    def is_meant(disk: Disk) -> bool:
        return disk.id in gone or any(
            wish.type in (None, disk.type) and wish.size in (None, disk.size) for wish in meant
        )

    if change.scope.has_template:
        assert after.template == [disk for disk in before.template if not is_meant(disk)]
    known = {disk.id: disk for disk in before.template}
    for old, new in zip(before.machines, after.machines, strict=True):
        left = Counter((disk.id, disk.kind) for disk in old.disks) - Counter((disk.id, disk.kind) for disk in new.disks)
        for disk_id, kind in left:
            assert disk_id, "a disk of its own is gone"
            assert is_meant(known.get(disk_id) or Disk(disk_id, *kind)) or disk_id == "lost"
    assert change.plan(after.observe(change.scope)).step is None, "a second run"


@LOOKS
@given(st.data())
def test_regions_that_do_not_link_disks_never_give_a_desktop_a_disk_twice(data: st.DataObject) -> None:
    before = data.draw(pools(tidy=True))
    before.shows_links = False
    change = data.draw(tasks(before))
    after = copy.deepcopy(before)
    assume(not refused(after, change))
    assert run(after, change)
    judge(before, after, change)
    assert change.plan(after.observe(change.scope)).step is None, "a second run"


@pytest.mark.parametrize("reading", READINGS, ids=str)
def test_two_equal_disks_are_two_disks(reading: Reading) -> None:
    machines = [Machine("d1", []), Machine("d2", [], "SHUTOFF"), Machine("d3", [], user="user-a1")]
    service = Service(reading, [], machines)
    change = Volumes((Wish(type="SAS", size=10),) * 2, Scope())
    assert run(service, change)
    assert kinds(service.template) == {("SAS", 10): 2}
    assert [kinds(machine.disks) for machine in machines] == [{("SAS", 10): 2}] * 3
    assert [machine.status for machine in machines] == ["ACTIVE", "SHUTOFF", "ACTIVE"]
    assert change.plan(service.observe(Scope())).step is None
