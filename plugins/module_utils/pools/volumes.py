# Copyright (c) 2026 the hwcloud.workspace contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Changing the disks of a pool: which disks grow, go and come, and the one request that comes next.

One disk is changed by a request, since some regions refuse or fail several. A request for the whole pool is sent only
where no desktop has the change already: a second disk, or a deletion too many, cannot be undone. Elsewhere the template
and the desktops that need it are changed by requests of their own.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, TypeAlias

from ..client.errors import InputError, MissingError, RefusedError
from ..client.jobs import Job
from ..client.operations import (
    ACT_ON_DESKTOPS,
    ACT_ON_POOL,
    ADD_POOL_VOLUMES,
    DELETE_POOL_VOLUMES,
    EXPAND_POOL_VOLUMES,
    Operation,
)
from ..client.session import Session
from .alignment import require_partial_requests, staying
from .change import Change, Observation, Plan, Step, Submission
from .disks import DesktopDisk, Fit, Goal, Machine, PoolDisk, Target, Wish, fit, goal_of, pool_disks, system_disk
from .lookup import count, names
from .model import Desktop, Pool
from .scope import ONLY_FOR_EXPAND, Scope
from .single import (
    ACTIVE,
    ERROR,
    HIBERNATED,
    IDS_PER_REQUEST,
    SHUTOFF,
    batches,
    desktops_of,
    refused_desktops,
    refused_error,
)
from .work import Work

POWER_TIME = 900.0  # seconds in which a desktop that was started or stopped may not show it yet

ADD, EXPAND, DELETE, START, STOP = "added", "expanded", "deleted", "started", "stopped"
_LISTS = (ADD, EXPAND, DELETE)
# By what a stopped desktop is brought back to its state: the operation's word, and its type.
_BACK = {SHUTOFF: {"op_type": "os-stop", "type": "SOFT"}, HIBERNATED: {"op_type": "os-hibernate"}}


@dataclass(frozen=True)
class DiskStep(Step):
    """A request about one disk, or about the power of desktops.

    :param kind: what it does, by the name of the list in the result.
    :param disk: the disk as it is to be.
    :param number: the target that it is for; -1 for none.
    :param undoes: it takes back what another request did beside what was wanted.
    :param pool_before: IDs of the pool's data disks before it.
    :param counts: by desktop, how many disks it had that show the effect (of a deletion: that it is still due).
    :param states: by desktop, the power state before it.
    """

    kind: str = ""
    disk: PoolDisk = field(default_factory=lambda: PoolDisk("", "", 0))
    number: int = field(default=-1, compare=False)
    undoes: bool = False
    pool_before: frozenset[str] = field(default=frozenset(), compare=False)
    counts: Mapping[str, int] = field(default_factory=dict, compare=False)
    states: Mapping[str, str] = field(default_factory=dict, compare=False)


# Makes a request out of its scope, the desktops that it is to change, and whether it changes the template.
_Make: TypeAlias = Callable[[Mapping[str, Any], Sequence[Fit], bool], DiskStep]


@dataclass(frozen=True)
class Volumes(Change):
    """Bring the disks of a pool to what is wanted.

    :param wishes: the disks that are to be there, or not to be there if ``absent``.
    :param scope: which desktops and whether the template.
    :param absent: delete the disks that are listed.
    :param purge: delete the data disks that are not listed.
    :param sent: number of requests that were carried out.
    :param woken: the desktops that were started for the change, with their state before.
    :param repair: the last request that gave single desktops a disk, None since the template got one.
    :param done: the pool disks that were expanded on desktops or deleted from them, by desktop.
    :param stops_again: whether a task is there to stop them when all is done.
    :param by_pool: the region cannot start single desktops.
    """

    wishes: tuple[Wish, ...]
    scope: Scope
    absent: bool = False
    purge: bool = False
    sent: int = 0
    woken: Mapping[str, str] = field(default_factory=dict)
    repair: DiskStep | None = None
    done: Mapping[str, frozenset[str]] = field(default_factory=dict)
    stops_again: bool = True
    by_pool: bool = False

    verb = "disk change"
    # The first two are named so (definitions). Of an expansion no source names the type; the third is what it may have.
    job_types = frozenset({"addDesktopPoolVolumes", "deleteDesktopPoolVolumes", "expandVolumes"})
    most_steps = 60

    def observe(self, session: Session, pool: Pool) -> Observation:
        """Read the desktops in scope.

        :raises NotFoundError: a desktop that the scope names does not exist.
        """
        if not self.scope.has_desktops:
            return Observation(pool, ())
        return Observation(pool, desktops_of(session, pool.id, self.scope.desktop_ids))

    def plan(self, observation: Observation) -> Plan:
        """Return the next request, or none if the disks are as wanted.

        :raises InputError: what was asked for does not fit the pool.
        """
        undo = self._undo(self.repair, observation)
        if undo:
            return Plan(undo[0], steps=len(undo), foreseen=tuple(undo))
        scene = _Scene(self, observation)
        steps = scene.steps()
        if not steps:
            return Plan(None)
        left = len(steps) + scene.stops_after(steps)
        if left + self.sent > 1:
            total = left + self.sent
            steps = [
                replace(step, note=f"request {number} of {total}: {step.note}")
                for number, step in enumerate(steps, self.sent + 1)
            ]
        before, after = scene.difference(steps)
        return Plan(steps[0], before, after, tuple(scene.warnings(steps)), scene.pool_after(), left, tuple(steps))

    def verify(self, session: Session, pool: Pool, step: Step) -> None:
        """Refuse to expand a part of the pool where a region may not understand that.

        The fields that name a part are known everywhere for additions and deletions (definitions).

        :raises WorkspaceError: the region does not seem to know them.
        """
        if step.operation is not EXPAND_POOL_VOLUMES:
            return
        require_partial_requests(
            session,
            pool,
            self.scope,
            step,
            "some desktops have the larger disk already or lack the disk, and would have to be left out, which this "
            "region does not seem to know; grow the disks of the others in the console, or name them in desktop_ids if "
            "it does.",
        )

    def check_answer(self, step: Step, answer: Mapping[str, Any]) -> Submission:
        """Refuse an answer that says of desktops that they could not be started or stopped.

        :raises JobFailedError: names them.
        """
        refused = refused_desktops(answer)
        if refused:
            starts = isinstance(step, DiskStep) and step.kind == START
            raise refused_error(refused, "started" if starts else "stopped again")
        return Submission(None)

    def instead(self, step: Step, error: RefusedError) -> Volumes | None:
        """Return the change with an action on the whole pool, where single desktops cannot be started."""
        unknown = isinstance(error, MissingError) or error.http_status == 405
        if step.operation is ACT_ON_DESKTOPS and unknown and self.scope.is_everything and not self.by_pool:
            return replace(self, by_pool=True, woken={})
        return None

    def judge(self, step: Step, work: Work) -> Work:
        """Return the job; of a start of the whole pool, without the failures of desktops that ran already."""
        if step.operation is ACT_ON_POOL and isinstance(work, Job):
            return work.without(lambda part: bool(part.desktop_id) and part.desktop_id not in step.desktop_ids)
        return work

    def is_cumulative(self, step: Step) -> bool:
        """Return whether a step leads to a disk that a desktop, or the template, must not get twice."""
        return isinstance(step, DiskStep) and step.kind in (ADD, START)

    def amend(self, step: Step, observation: Observation) -> Step | None:
        """Return the request that takes a failed repair's disk out of the template."""
        if not isinstance(step, DiskStep) or step.kind != ADD or step.moves_template:
            return None
        return next(iter(self._undo(step, observation)), None)

    def missing(self, step: Step, observation: Observation) -> tuple[frozenset[str], bool]:
        """Return the desktops that do not show a step's effect yet, and whether the template does not.

        What counts is that there is one disk more (or less) than before the step, whatever else is there.
        """
        if not isinstance(step, DiskStep):
            return super().missing(step, observation)
        late = set()
        for desktop in staying(observation):
            if desktop.id not in step.desktop_ids:
                continue
            if step.kind in (START, STOP):
                done = desktop.status == (ACTIVE if step.kind == START else step.states.get(desktop.id))
            else:
                number, before = _count(step, Machine.of(desktop)), step.counts.get(desktop.id, 0)
                done = number < before if step.kind == DELETE else number > before
            if not done:
                late.add(desktop.id)
        return frozenset(late), step.moves_template and not _shows(step, observation.pool)

    def once_done(self, step: Step, desktop_ids: frozenset[str]) -> Volumes:
        """Return the change with what it has to remember of a step."""
        if not isinstance(step, DiskStep):
            return self
        change = replace(self, sent=self.sent + 1)
        if step.operation is ACT_ON_DESKTOPS and step.kind == START:
            return replace(change, woken={**self.woken, **step.states})
        if step.kind == STOP:
            left = {name: state for name, state in self.woken.items() if name not in step.desktop_ids}
            return replace(change, woken=left)
        if step.kind == ADD:
            return replace(change, repair=None if step.moves_template else step)
        if step.undoes:
            return replace(change, repair=None)
        if step.kind in (EXPAND, DELETE):
            done = {name: self.done.get(name, frozenset()) | {step.disk.id} for name in desktop_ids}
            return replace(change, done={**self.done, **done})
        return change

    def report(self, steps: Sequence[Step], pool: Pool) -> dict[str, Any]:
        """Return the disks that were added, expanded and deleted, each once, on the template or on desktops."""
        found: dict[str, list[dict[str, Any]]] = {name: [] for name in _LISTS}
        named: set[tuple[str, str]] = set()
        taken: set[str] = set()
        for step in reversed(steps):
            if not isinstance(step, DiskStep) or step.undoes or step.kind not in found:
                continue
            disk = step.disk
            if step.kind == ADD and step.moves_template:
                # Of equal disks, the last request's is the one that was not there before any of them.
                new = [own for own in _new_disks(step, pool) if own.id and own.id not in taken]
                disk = new[-1] if new else disk
                taken.add(disk.id)
            key = (step.kind, disk.id or f"number {step.number}")
            if key not in named:
                named.add(key)
                found[step.kind].insert(0, disk.facts())
        return found

    def _undo(self, repair: DiskStep | None, observation: Observation) -> list[DiskStep]:
        """Return the requests that take those disks out of the template that a repair has put there.

        No source says whether a request for single desktops changes the template as well. Where it does, the template
        has one disk too many. Of those that are alike the one goes that the fewest desktops have, if all are known.
        """
        new = _new_disks(repair, observation.pool) if repair is not None else []
        candidates = list(new)
        if repair is not None and new and not self.scope.desktop_ids:
            named = {wish.id for wish in self.wishes}
            others = [disk for disk in pool_disks(observation.pool) if disk not in new and disk.id not in named]
            candidates += [disk for disk in others if (disk.type, disk.size) == (repair.disk.type, repair.disk.size)]
            holders = Counter(own.link for desktop in staying(observation) for own in Machine.of(desktop).disks)
            candidates.sort(key=lambda disk: holders[disk.id])
        return [
            DiskStep(
                operation=DELETE_POOL_VOLUMES,
                body={"volumes": [{"id": disk.id}], "handle_type": ONLY_FOR_EXPAND},
                moves_template=True,
                note=f"takes a disk {disk} out of the template, where the repair of single desktops has put one more",
                kind=DELETE,
                disk=disk,
                undoes=True,
            )
            for disk in candidates[: len(new)]
        ]


class _Scene:
    """A pool and its desktops, looked at for a change."""

    def __init__(self, change: Volumes, observation: Observation) -> None:
        self._change = change
        self._pool = observation.pool
        self._scope = scope = change.scope
        machines = [Machine.of(desktop) for desktop in sorted(staying(observation), key=lambda desktop: desktop.id)]
        covered = [machine for machine in machines if scope.covers(machine.desktop)]
        self._present = pool_disks(observation.pool)
        self._goal: Goal = goal_of(
            observation.pool,
            change.wishes,
            covered,
            absent=change.absent,
            purge=change.purge,
            moves_template=scope.has_template,
        )
        linked = any(machine.knows_links for machine in machines)
        fits = [
            fit(machine, self._goal, linked=linked, done=change.done.get(machine.desktop.id, ()))
            for machine in machines
        ]
        # Desktops out of scope count as well: what the service takes for idle may be more than what this does.
        self._all = fits if scope.has_desktops else []
        self._fits = [found for found in self._all if scope.covers(found.machine.desktop)]
        if scope.desktop_ids:
            self._refuse_stray_growth(linked)
            if not linked and any(machine.disks for machine in machines):
                self._refuse_guess()

    def _refuse_stray_growth(self, linked: bool) -> None:
        """Refuse to give single desktops a disk of the pool in another size than the pool's own."""
        for target in self._goal.targets:
            disk = target.disk
            if disk is None or disk.is_system or not target.by_id or not target.grows:
                continue
            lacking = [
                found.machine.desktop
                for found in self._fits
                if found.lacks(target) or (linked and all(own.link != disk.id for own in found.machine.disks))
            ]
            if lacking:
                raise InputError(
                    f"the disk {disk.id} ({disk}) cannot grow to {target.size} GB on single desktops that lack it: "
                    f"{names(lacking)}; give them the disk of {disk.size} GB first, or grow it on the whole pool."
                )

    def _refuse_guess(self) -> None:
        """Refuse to delete a disk from single desktops if a second run could take another disk for it."""
        types = Counter(disk.type for disk in self._present)
        for disk in self._goal.removed:
            if types[disk.type] > 1:
                raise InputError(
                    f"the disk {disk.id} ({disk}) cannot be deleted from single desktops: this region does not say "
                    "which of a desktop's disks it is, and the pool has others of its type; delete it from the whole "
                    "pool, or from the desktops in the console."
                )

    def steps(self) -> list[DiskStep]:
        """Return all requests that can be foreseen, in order."""
        listed = [target for target in self._goal.targets if target.listed]
        # Strays first: when the pool's disk has grown, nothing tells any more what they were to serve for.
        steps = [step for target in listed for step in self._expand_strays(target)]
        steps += [step for target in listed if target.disk for step in self._expand(target, target.disk.id)]
        steps += [step for disk in self._removed() for step in self._delete(disk)]
        adds = [step for target in listed for step in self._add(target)]
        return [*steps, *self._start(adds), *adds, *self._stop(not steps and not adds)]

    def _expand_strays(self, target: Target) -> Iterator[DiskStep]:
        strays: dict[str, list[Fit]] = {}
        for found in self._fits:
            if target.number in found.strays:
                strays.setdefault(found.strays[target.number].link, []).append(found)
        for link, fits in strays.items():
            body = {"id": link, "type": target.type, "size": target.size}
            make = self._maker(EXPAND, EXPAND_POOL_VOLUMES, body, target.after(), target.number, f"expands to {target}")
            yield from self._apply(make, fits, due=False, whole=False)

    def _expand(self, target: Target, disk_id: str) -> Iterator[DiskStep]:
        small = [found for found in self._fits if found.is_small(target) and target.number not in found.strays]
        body = {"id": disk_id, "type": target.type, "size": target.size}
        make = self._maker(EXPAND, EXPAND_POOL_VOLUMES, body, target.after(), target.number, f"expands to {target}")
        yield from self._apply(
            make,
            small,
            due=target.grows,
            whole=all(found.is_small(target) and target.number not in found.strays for found in self._all),
        )

    def _delete(self, disk: PoolDisk) -> Iterator[DiskStep]:
        doomed = [found for found in self._fits if disk.id in found.doomed]
        make = self._maker(DELETE, DELETE_POOL_VOLUMES, {"id": disk.id}, disk, -1, f"deletes {disk}")
        due = any(own.id == disk.id for own in self._present)
        # The template comes last: as long as it has the disk, the disk's ID surely means something to the service.
        yield from self._apply(
            make, doomed, due=due, whole=all(disk.id in found.doomed for found in self._all), template_last=True
        )

    def _add(self, target: Target) -> Iterator[DiskStep]:
        lacking = [found for found in self._fits if found.lacks(target)]
        body = {"type": target.type, "size": target.size, **target.given}
        if target.disk is not None:
            body.update({name: value for name, value in target.after().facts().items() if name not in ("id", "size")})
        make = self._maker(ADD, ADD_POOL_VOLUMES, body, target.after(), target.number, f"adds {target}")
        yield from self._apply(
            make, lacking, due=target.disk is None, whole=all(found.lacks(target) for found in self._all)
        )

    def _apply(
        self,
        make: _Make,
        fits: Sequence[Fit],
        *,
        due: bool,
        whole: bool,
        template_last: bool = False,
    ) -> Iterator[DiskStep]:
        """Yield the requests that change the template, if it is due, and these desktops.

        :param whole: nothing in the pool would be changed that must not be.
        """
        due = due and self._scope.has_template
        asked = {"handle_type": self._scope.handle_type} if self._scope.handle_type else {}
        if due and whole:
            yield make(asked, fits, True)
            return
        alone = [make({"handle_type": ONLY_FOR_EXPAND}, (), True)] if due else []
        if not template_last:
            yield from alone
        for at in range(0, len(fits), IDS_PER_REQUEST):
            batch = fits[at : at + IDS_PER_REQUEST]
            ids = [found.machine.desktop.id for found in batch]
            yield make({**(asked if self._scope.desktop_ids else {}), "desktop_ids": ids}, batch, False)
        if template_last:
            yield from alone

    def _maker(
        self, kind: str, operation: Operation, volume: Mapping[str, Any], disk: PoolDisk, number: int, words: str
    ) -> _Make:
        def make(reach: Mapping[str, Any], fits: Sequence[Fit], moves_template: bool) -> DiskStep:
            step = DiskStep(
                operation=operation,
                body={"volumes": [dict(volume)], **reach},
                desktop_ids=frozenset(found.machine.desktop.id for found in fits),
                moves_template=moves_template,
                note=words + (f" on {count(len(fits), 'desktop')}" if fits else " in the template"),
                kind=kind,
                disk=disk,
                number=number,
                pool_before=frozenset(own.id for own in self._present),
            )
            counts = {found.machine.desktop.id: _count(step, found.machine) for found in fits}
            like = sum((own.type, own.size) == (disk.type, disk.size) for own in self._present)
            # Two equal disks are two equal requests, and differ in how many there were before.
            mark = like + sum(counts.values()) if kind == ADD else 0
            return replace(step, counts=counts, mark=mark)

        return make

    def _start(self, adds: Iterable[DiskStep]) -> Iterator[DiskStep]:
        """Yield the requests that start the stopped desktops that get a disk: that needs a running desktop."""
        needed = frozenset[str]().union(*(step.desktop_ids for step in adds))
        stopped = [
            found.machine.desktop
            for found in self._fits
            if found.machine.desktop.id in needed and found.machine.desktop.status in _BACK
        ]
        if self._change.by_pool and stopped:
            ids = frozenset(desktop.id for desktop in stopped)
            yield DiskStep(
                operation=ACT_ON_POOL,
                body={"op_type": "os-start"},
                desktop_ids=ids,
                settle_time=POWER_TIME,
                note=f"starts {count(len(ids), 'stopped desktop')}",
                kind=START,
            )
            return
        yield from _power(START, {"op_type": "os-start"}, stopped, f"starts {count(len(stopped), 'stopped desktop')}")

    def _stop(self, is_last: bool) -> Iterator[DiskStep]:
        """Yield the requests that stop again what was started, if nobody is logged in on it meanwhile."""
        if not is_last:
            return
        woken = self._change.woken
        for state, action in _BACK.items():
            awake = [
                found.machine.desktop
                for found in self._fits
                if woken.get(found.machine.desktop.id) == state
                and found.machine.desktop.status == ACTIVE
                and not found.machine.desktop.in_session
            ]
            yield from _power(STOP, action, awake, f"stops {count(len(awake), 'desktop')} again", state)

    def stops_after(self, steps: Iterable[DiskStep]) -> int:
        """Return how many requests will stop desktops again once these steps are done."""
        steps = list(steps)
        if self._change.by_pool or not self._change.stops_again or any(step.kind == STOP for step in steps):
            return 0
        woken = dict(self._change.woken)
        for step in steps:
            woken.update(step.states if step.kind == START else {})
        return sum(-(-many // IDS_PER_REQUEST) for many in Counter(woken.values()).values())

    def _removed(self) -> list[PoolDisk]:
        """Return the pool disks that go: those of the template, and others that only desktops have left."""
        found = {disk.id: disk for disk in self._goal.removed}
        for own in self._fits:
            for disk_id, disk in own.doomed.items():
                found.setdefault(disk_id, PoolDisk(disk_id, disk.type, disk.size))
        return [found[disk_id] for disk_id in sorted(found)]

    def difference(self, steps: Sequence[DiskStep]) -> tuple[dict[str, Any], dict[str, Any]]:
        """Return what is now and what is to be, of what changes alone: the template's disks, else the desktops'."""
        if not any(step.moves_template for step in steps):
            now = [_summary(found.machine.disks) for found in self._fits]
            then = [_summary(self._disks_after(found)) for found in self._fits]
            if now == then:
                roots = [found.machine.root_size for found in self._fits]
                sizes = {target.number: target.size for target in self._goal.targets if target.is_system}
                grown = [max([size, *sizes.values()]) for size in roots]
                return _tally("system_disks", roots, grown) if roots != grown else ({}, {})
            return _tally("desktops_by_disks", now, then)
        before: dict[str, Any] = {}
        after: dict[str, Any] = {}
        system = next((target for target in self._goal.targets if target.is_system and target.grows), None)
        if system is not None and system.disk is not None:
            before["root_volume"], after["root_volume"] = _shown(system.disk), _shown(system.after())
        now_disks, then_disks = _sorted(self._present), _sorted(target.after() for target in self._goal.data)
        if now_disks != then_disks:
            before["data_volumes"], after["data_volumes"] = now_disks, then_disks
        return before, after

    def _disks_after(self, found: Fit) -> list[DesktopDisk]:
        """Return a desktop's disks as they will be."""
        gone = list(found.doomed.values())
        disks = [disk for disk in found.machine.disks if all(disk is not other for other in gone)]
        for target in self._goal.data:
            if not target.listed:
                continue
            if found.lacks(target):
                disks.append(DesktopDisk("", "", target.type, target.size))
            elif found.is_small(target):
                small = next(
                    disk for disk in disks if (disk.type, disk.size) == (target.type, found.sizes[target.number])
                )
                disks[disks.index(small)] = replace(small, size=target.size)
        return disks

    def pool_after(self) -> dict[str, Any] | None:
        """Return the pool's record as it will be; None if the template is not in scope."""
        if not self._scope.has_template:
            return None
        record = dict(self._pool.fields)
        kept = [target.after() for target in self._goal.data]
        record["data_volumes"] = [{**disk.fields, **disk.facts()} for disk in kept]
        for target in self._goal.targets:
            if target.is_system:
                record["root_volume"] = {**system_disk(self._pool).fields, "size": target.size}
        return record

    def warnings(self, steps: Sequence[DiskStep]) -> Iterator[str]:
        """Yield what users have to know before it is done."""
        pool = self._pool.name
        desktops = {found.machine.desktop.id: found.machine.desktop for found in self._fits}
        deleted = [step for step in steps if step.kind == DELETE]
        hit = [desktops[name] for name in sorted(frozenset[str]().union(*(step.desktop_ids for step in deleted)))]
        if hit:
            disks = ", ".join(dict.fromkeys(f"{step.disk} ({step.disk.id})" for step in deleted))
            busy = [desktop for desktop in hit if desktop.in_session]
            among = f"; users are logged in on {names(busy)}" if busy else ""
            yield (
                f"pool {pool}: disks are deleted with all that is on them: {disks} of {count(len(hit), 'desktop')}, "
                f"{names(hit)}{among}."
            )
        started = [desktops[name] for step in steps if step.kind == START for name in sorted(step.desktop_ids)]
        if started:
            is_brief = self._change.stops_again and not self._change.by_pool
            verb = "is" if len(started) == 1 else "are"
            end = "and stopped again afterwards" if is_brief else "and left running"
            yield (
                f"pool {pool}: {count(len(started), 'stopped desktop')} {verb} started, since disks are added to "
                f"running ones only, {end}: {names(started)}."
            )
        touched = frozenset[str]().union(*(step.desktop_ids for step in steps))
        failed = [desktops[name] for name in sorted(touched) if desktops[name].status == ERROR]
        if failed:
            yield f"pool {pool}: desktops in ERROR will probably fail: {names(failed)}."
        for hint in self._goal.hints:
            yield f"pool {pool}: {hint}"


def _power(
    kind: str, action: Mapping[str, str], desktops: Sequence[Desktop], note: str, state: str = ""
) -> Iterator[DiskStep]:
    """Yield the requests that start or stop desktops. ``state`` is what they will be in; empty for what they are in."""
    for batch in batches(desktops):
        ids = [desktop.id for desktop in batch]
        states = {desktop.id: state or desktop.status for desktop in batch}
        body = {"desktop_ids": ids, **action}
        yield DiskStep(
            operation=ACT_ON_DESKTOPS,
            body=body,
            desktop_ids=frozenset(ids),
            starts_job=False,
            settle_time=POWER_TIME,
            note=note,
            kind=kind,
            states=states,
        )


def _count(step: DiskStep, machine: Machine) -> int:
    """Return how many of a desktop's disks show the effect of a step; of a deletion, that it is still due."""
    disk = step.disk
    if step.kind == ADD:
        return machine.count(lambda own: (own.type, own.size) == (disk.type, disk.size))
    if step.kind == DELETE:
        return machine.count(
            lambda own: own.link == disk.id if own.link else (own.type, own.size) == (disk.type, disk.size)
        )
    if disk.is_system:
        return int(machine.root_size >= disk.size)
    return machine.count(lambda own: own.type == disk.type and own.size >= disk.size)


def _shows(step: DiskStep, pool: Pool) -> bool:
    """Return whether the template shows a step's effect."""
    if step.kind == ADD:
        return bool(_new_disks(step, pool))
    disks = [*pool_disks(pool), system_disk(pool)]
    present = next((disk for disk in disks if disk.id == step.disk.id), None)
    if step.kind == DELETE:
        return present is None
    return present is None or present.size >= step.disk.size


def _new_disks(step: DiskStep, pool: Pool) -> list[PoolDisk]:
    """Return the pool's disks that are like a step's and were not there before it."""
    disk = step.disk
    return [
        own
        for own in pool_disks(pool)
        if own.id not in step.pool_before and (own.type, own.size) == (disk.type, disk.size)
    ]


def _shown(disk: PoolDisk) -> dict[str, Any]:
    return {name: value for name, value in disk.facts().items() if name != "id"}


def _sorted(disks: Iterable[PoolDisk]) -> list[dict[str, Any]]:
    return sorted(map(_shown, disks), key=lambda facts: (facts["type"], facts["size"], str(facts)))


def _summary(disks: Iterable[DesktopDisk]) -> str:
    """Return the disks of a desktop in words: ``2 x SAS 100 GB, SSD 200 GB``."""
    counts = sorted(Counter((disk.type, disk.size) for disk in disks).items())
    return ", ".join(f"{f'{many} x ' if many > 1 else ''}{kind} {size} GB" for (kind, size), many in counts) or "none"


def _tally(name: str, now: Sequence[Any], then: Sequence[Any]) -> tuple[dict[str, Any], dict[str, Any]]:
    def tally(values: Sequence[Any]) -> dict[str, int]:
        return dict(sorted(Counter(map(str, values)).items()))

    return {name: tally(now)}, {name: tally(then)}
