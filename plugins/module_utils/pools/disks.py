# Copyright (c) 2026 the hwcloud.workspace contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Disks of pools and desktops: what a pool's are to become, and which of them a desktop has. Pure.

The service keeps disks in no order, and two of one type and size are two disks. So what is wanted is matched with what
is there, and what was matched is never deleted, nor added once more.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from ..client.errors import InputError
from .model import Desktop, Pool

PROPERTIES = ("iops", "throughput", "kms_id")
MOST_DATA_DISKS = 10  # of one desktop (Terraform provider: docs)
SIZE_STEP = 10  # GB, of sizes and the least of a data disk (Terraform provider: docs; help page: constraints)


@dataclass(frozen=True)
class Wish:
    """A disk as it was asked for. What was not given is None; ``size`` is in GB, ``throughput`` in MiB/s."""

    id: str | None = None
    type: str | None = None
    size: int | None = None
    iops: int | None = None
    throughput: int | None = None
    kms_id: str | None = None

    @property
    def given(self) -> dict[str, Any]:
        """The properties beside type and size that were given."""
        return {name: getattr(self, name) for name in PROPERTIES if getattr(self, name) is not None}

    def __str__(self) -> str:
        """Return it as a sentence names it."""
        parts = [self.type, f"{self.size} GB" if self.size is not None else None]
        parts += [f"{name} {value}" for name, value in self.given.items()]
        return " ".join(part for part in parts if part) or str(self.id)


@dataclass(frozen=True)
class PoolDisk:
    """A disk of a pool's template: it stands for one disk of each desktop. ``fields`` is the service's own record."""

    id: str
    type: str
    size: int
    fields: Mapping[str, Any] = field(default_factory=dict, compare=False)
    is_system: bool = False

    @classmethod
    def from_service(cls, record: Mapping[str, Any]) -> PoolDisk:
        """Return the disk that an entry of a pool's record describes."""
        return cls(
            str(record.get("id") or ""), str(record.get("type") or ""), int(record.get("size") or 0), dict(record)
        )

    def facts(self) -> dict[str, Any]:
        """Return what a result says of it."""
        shown = {name: self.fields[name] for name in PROPERTIES if self.fields.get(name) not in (None, "")}
        return {**({"id": self.id} if self.id else {}), "type": self.type, "size": self.size, **shown}

    def __str__(self) -> str:
        """Return it as a sentence names it."""
        return f"{'system disk' if self.is_system else self.type} {self.size} GB"


@dataclass(frozen=True)
class DesktopDisk:
    """A disk of a desktop. ``link`` is the ID of its pool disk; empty for one of its own, and in older regions."""

    id: str
    link: str
    type: str
    size: int


@dataclass(frozen=True)
class Machine:
    """A desktop's disks. ``root_size`` is the size of its system disk, in GB."""

    desktop: Desktop
    root_size: int
    disks: tuple[DesktopDisk, ...]
    knows_links: bool

    @classmethod
    def of(cls, desktop: Desktop) -> Machine:
        """Return the disks that a desktop's record shows."""
        records = desktop.fields.get("data_volumes") or []
        disks = [
            DesktopDisk(
                str(record.get("id") or ""),
                str(record.get("desktop_pool_disk_id") or ""),
                str(record.get("type") or ""),
                int(record.get("size") or 0),
            )
            for record in records
        ]
        root = desktop.fields.get("root_volume") or {}
        return cls(
            desktop,
            int(root.get("size") or 0),
            tuple(sorted(disks, key=lambda disk: (disk.size, disk.type, disk.link, disk.id))),
            any("desktop_pool_disk_id" in record for record in records),
        )

    def count(self, fits: Callable[[DesktopDisk], bool]) -> int:
        """Return how many of its data disks fit."""
        return sum(map(fits, self.disks))


@dataclass(frozen=True)
class Target:
    """A disk that the template (or single desktops) is to have.

    ``disk`` is the pool's present one, None if it has none yet. ``size`` is what it is to have, in GB. ``listed``: it
    was asked for. ``by_id``: by its ID, so that no other one like it will do. ``given`` are its further properties.
    """

    number: int
    type: str
    size: int
    disk: PoolDisk | None
    listed: bool = True
    by_id: bool = False
    given: Mapping[str, Any] = field(default_factory=dict)

    @property
    def is_system(self) -> bool:
        """Whether it is the system disk."""
        return self.disk is not None and self.disk.is_system

    @property
    def grows(self) -> bool:
        """Whether the pool's disk is smaller than wanted."""
        return self.disk is not None and self.size > self.disk.size

    def after(self) -> PoolDisk:
        """Return the pool's disk as it is to be."""
        if self.disk is None:
            return PoolDisk("", self.type, self.size, dict(self.given))
        return replace(self.disk, size=self.size)

    def __str__(self) -> str:
        """Return it as a sentence names it."""
        return str(self.after())


@dataclass(frozen=True)
class Goal:
    """What a pool's disks are to become.

    ``targets`` are all data disks that stay or come, and the system disk if it was listed. ``removed`` are the pool
    disks that go, those included that only desktops have left. ``purge``: so does what is linked to any other pool
    disk. ``hints`` are sentences about what was probably meant otherwise.
    """

    targets: tuple[Target, ...]
    removed: tuple[PoolDisk, ...] = ()
    purge: bool = False
    hints: tuple[str, ...] = ()

    @property
    def data(self) -> tuple[Target, ...]:
        """The targets without the system disk."""
        return tuple(target for target in self.targets if not target.is_system)


@dataclass(frozen=True)
class Fit:
    """Which of a desktop's disks serve which targets. ``sizes`` is by the target's number, ``doomed`` by pool disk.

    ``strays`` are disks that serve a target, by its number, once they have grown, but belong to another pool disk.
    """

    machine: Machine
    sizes: Mapping[int, int]
    doomed: Mapping[str, DesktopDisk]
    strays: Mapping[int, DesktopDisk]

    def lacks(self, target: Target) -> bool:
        """Return whether the desktop has no disk for a target."""
        return target.number not in self.sizes

    def is_small(self, target: Target) -> bool:
        """Return whether its disk for a target has to grow."""
        return self.sizes.get(target.number, target.size) < target.size


def pool_disks(pool: Pool) -> list[PoolDisk]:
    """Return the data disks of a pool's template, by ID."""
    found = map(PoolDisk.from_service, pool.fields.get("data_volumes") or [])
    return sorted(found, key=lambda disk: disk.id)


def system_disk(pool: Pool) -> PoolDisk:
    """Return the system disk of a pool's template."""
    return replace(PoolDisk.from_service(pool.fields.get("root_volume") or {}), is_system=True)


def check_wishes(wishes: Sequence[Wish], *, absent: bool, purge: bool) -> None:
    """Refuse what cannot be right, whatever the pool.

    :raises InputError: one sentence.
    """
    if absent and purge:
        raise InputError("purge deletes the disks that are not listed, state absent those that are; set one of them.")
    ids = [wish.id for wish in wishes if wish.id]
    twice = sorted({wish_id for wish_id in ids if ids.count(wish_id) > 1})
    if twice:
        raise InputError(f"volumes names the disk {twice[0]} twice; name each disk once.")
    for number, wish in enumerate(wishes):
        if absent and wish == Wish():
            raise InputError(f"volumes[{number}] is empty; give the id, type or size of the disk to delete.")
        if not absent and not wish.id and (wish.type is None or wish.size is None):
            raise InputError(f"volumes[{number}] has no id; a disk is then told by its type and size, so give both.")


def goal_of(
    pool: Pool, wishes: Sequence[Wish], machines: Sequence[Machine], *, absent: bool, purge: bool, moves_template: bool
) -> Goal:
    """Return what the disks of a pool are to become.

    :param machines: the desktops in scope, for disks that only they have left.
    :param moves_template: whether the template is in scope.
    :raises InputError: the wishes do not fit the pool; nothing may be sent then.
    """
    present = pool_disks(pool)
    if absent:
        removed = _removed(pool, present, wishes, _orphans(present, machines))
        gone = {disk.id for disk in removed}
        kept = [disk for disk in present if disk.id not in gone]
        return Goal(tuple(_kept(number, disk) for number, disk in enumerate(kept)), tuple(removed))
    holders = Counter(own.link for machine in machines for own in machine.disks)
    present.sort(key=lambda disk: (-holders[disk.id], disk.id))  # of two alike the one that more desktops have
    targets, left = _matched(pool, present, wishes, purge=purge)
    hints = () if purge else tuple(_hints(targets, left))
    removed = left if purge else []
    if not purge:
        targets += [_kept(len(targets) + number, disk) for number, disk in enumerate(left)]
    goal = Goal(tuple(replace(target, number=number) for number, target in enumerate(targets)), tuple(removed), purge)
    if len(goal.data) > MOST_DATA_DISKS and any(target.disk is None for target in goal.data):
        whose = "the pool" if moves_template else "each desktop"
        raise InputError(
            f"{whose} would have {len(goal.data)} data disks, and {MOST_DATA_DISKS} is the most; delete others first, "
            "or list all that are wanted and set purge."
        )
    _check_sizes(goal)
    return replace(goal, hints=hints)


def _check_sizes(goal: Goal) -> None:
    """Refuse a new size that no disk can have, before desktops are started for it.

    A disk that is there may have another one, since an image can ask for it.
    """
    for target in goal.targets:
        is_new = target.disk is None
        changes = target.disk is None or target.size != target.disk.size
        if changes and (target.size % SIZE_STEP or (is_new and target.size < SIZE_STEP)):
            raise InputError(
                f"no disk can be made {target.size} GB large; the service takes data disks of {SIZE_STEP} GB and more, "
                f"in steps of {SIZE_STEP} GB. Nothing was changed."
            )


def fit(machine: Machine, goal: Goal, *, linked: bool, done: Collection[str] = ()) -> Fit:
    """Return which of a desktop's disks serve which targets.

    :param linked: the region says which pool disk a desktop's disk belongs to; one without is then the desktop's own.
    :param done: IDs of pool disks that were expanded on this desktop or deleted from it; unlinked disks do not tell.
    """
    return _Fitting(machine, goal, linked).fit(done)


class _Fitting:
    """One desktop being looked at."""

    def __init__(self, machine: Machine, goal: Goal, linked: bool) -> None:
        self._machine = machine
        self._goal = goal
        self._targets = goal.data
        self._ours = {target.disk.id for target in goal.data if target.disk is not None}
        self._linked = linked
        self._free = list(machine.disks)
        self._serves: dict[int, DesktopDisk] = {}

    def fit(self, done: Collection[str]) -> Fit:
        """See :func:`fit`."""
        listed = [target for target in self._targets if target.listed]
        unlisted = [target for target in self._targets if not target.listed]
        self._assign(self._targets, lambda target, disk: target.disk is not None and disk.link == target.disk.id)
        if not self._linked and not done and self._is_like_the_template():
            # Nothing is half-way, so each disk is that of the pool which has its size now.
            self._assign(self._targets, lambda target, disk: target.disk is not None and _is_copy(target.disk, disk))
        # What grows comes last: a disk of its new size is rather that of another, which has the size already.
        first = [target for target in listed if target.disk is not None and target.disk.id in done]
        steady = sorted([*unlisted, *listed], key=lambda target: target.grows)
        self._assign([*first, *steady], lambda target, disk: not disk.link and _alike(target, disk))
        # What belongs to a pool disk that goes, or that never came to be, is as good as a new one.
        self._assign(listed, lambda target, disk: disk.link not in self._ours and _alike(target, disk))
        self._borrow([target for target in listed if not target.by_id], unlisted)
        strays = self._grow_strays(listed) if self._linked else {}
        if not self._linked:
            # Any disk may be the pool's then. Rather an expansion that fails than a second disk.
            self._free.reverse()
            existing = [target for target in listed if target.disk is not None]
            self._assign(existing, lambda target, disk: disk.type == target.type and disk.size < target.size)
            self._assign(existing, lambda target, disk: disk.type == target.type)
        sizes = {number: disk.size for number, disk in self._serves.items()}
        sizes.update({target.number: self._machine.root_size for target in self._goal.targets if target.is_system})
        return Fit(self._machine, sizes, self._doomed(done), strays)

    def _is_like_the_template(self) -> bool:
        """Return whether the desktop's disks have the types and sizes of the pool's present ones."""
        present = [target.disk for target in self._targets if target.disk is not None] + list(self._goal.removed)
        return Counter((disk.type, disk.size) for disk in present) == Counter(
            (disk.type, disk.size) for disk in self._machine.disks
        )

    def _assign(self, targets: Iterable[Target], fits: Callable[[Target, DesktopDisk], bool]) -> None:
        for target in targets:
            if target.number in self._serves:
                continue
            found = next((disk for disk in self._free if fits(target, disk)), None)
            if found is not None:
                self._free.remove(found)
                self._serves[target.number] = found

    def _borrow(self, takers: Sequence[Target], lenders: Sequence[Target]) -> None:
        """Let a disk that was asked for by its properties be any that has them: nobody can tell it from another."""
        for taker in takers:
            for lender in lenders:
                disk = self._serves.get(lender.number)
                if taker.number not in self._serves and disk is not None and _alike(taker, disk):
                    self._serves[taker.number] = self._serves.pop(lender.number)

    def _grow_strays(self, listed: Sequence[Target]) -> dict[int, DesktopDisk]:
        """Let disks of other pool disks, which are gone or go, grow rather than be deleted for larger ones."""
        before = set(self._serves)
        self._free.reverse()  # the largest first
        self._assign(
            listed,
            lambda target, disk: (
                bool(disk.link)
                and disk.link not in self._ours
                and disk.type == target.type
                and disk.size < target.size
                and (self._goal.purge or (target.disk is not None and target.grows and disk.size == target.disk.size))
            ),
        )
        return {number: disk for number, disk in self._serves.items() if number not in before}

    def _doomed(self, done: Collection[str]) -> dict[str, DesktopDisk]:
        removed = {disk.id for disk in self._goal.removed}
        doomed = {
            disk.link: disk
            for disk in self._free
            if disk.link in removed or (self._goal.purge and disk.link and disk.link not in self._ours)
        }
        if not self._linked:
            for gone in self._goal.removed:
                found = next((disk for disk in self._free if (disk.type, disk.size) == (gone.type, gone.size)), None)
                if found is not None and gone.id not in done:
                    self._free.remove(found)
                    doomed[gone.id] = found
        return doomed


def _alike(target: Target, disk: DesktopDisk) -> bool:
    return (disk.type, disk.size) == (target.type, target.size)


def _is_copy(of: PoolDisk, disk: DesktopDisk) -> bool:
    return (disk.type, disk.size) == (of.type, of.size)


def _kept(number: int, disk: PoolDisk) -> Target:
    return Target(number, disk.type, disk.size, disk, listed=False)


def _orphans(present: Sequence[PoolDisk], machines: Sequence[Machine]) -> list[PoolDisk]:
    """Return the pool disks that only desktops have left, after a deletion or an addition that failed for some."""
    known = {disk.id for disk in present}
    found = {
        disk.link: PoolDisk(disk.link, disk.type, disk.size)
        for machine in machines
        for disk in machine.disks
        if disk.link and disk.link not in known
    }
    return [found[disk_id] for disk_id in sorted(found)]


def _removed(
    pool: Pool, present: Sequence[PoolDisk], wishes: Sequence[Wish], orphans: Sequence[PoolDisk]
) -> list[PoolDisk]:
    """Return the pool disks that ``state: absent`` is about."""
    candidates = [*present, *orphans]
    meant: list[frozenset[str]] = []
    for wish in wishes:
        if wish.id and wish.id == system_disk(pool).id:
            raise InputError(f"the disk {wish.id} is the system disk, which cannot be deleted.")
        meant.append(frozenset(disk.id for disk in candidates if _is_meant(wish, disk)))
    for wish, ids in zip(wishes, meant, strict=True):
        # If more are there than are listed, a second run would delete the next one.
        if len(ids) > sum(bool(other) and other <= ids for other in meant):
            raise InputError(
                f"volumes lists fewer disks {wish} than the pool has, and which of them are meant cannot be told; "
                f"name them by id: {', '.join(sorted(ids))}."
            )
    gone = frozenset[str]().union(*meant)
    return [disk for disk in candidates if disk.id in gone]


def _is_meant(wish: Wish, disk: PoolDisk) -> bool:
    if wish.id and wish.id != disk.id:
        return False
    same = wish.type in (None, disk.type) and wish.size in (None, disk.size)
    same = same and all(disk.fields.get(name) == value for name, value in wish.given.items())
    if wish.id and not same:
        raise InputError(f"the disk {wish.id} is {disk}, which is not what volumes says of it; check volumes.")
    return same


def _matched(
    pool: Pool, present: Sequence[PoolDisk], wishes: Sequence[Wish], *, purge: bool
) -> tuple[list[Target], list[PoolDisk]]:
    """Return what becomes of the wishes, and the pool disks that none of them is about."""
    targets = [_by_id(pool, present, wish) for wish in sorted(wishes, key=lambda wish: wish.id or "") if wish.id]
    named = {target.disk.id for target in targets if target.disk is not None}
    left = [disk for disk in present if disk.id not in named]
    # In an order of their own, so that the order in which they are listed does not matter.
    others = sorted((wish for wish in wishes if not wish.id), key=lambda wish: (-len(wish.given), str(wish)))
    pairs, rest, left = _pair(others, left, lambda wish, disk: _has_given(wish, disk) and disk.size == wish.size)
    if purge:
        # Growing what would be deleted keeps what is on it. The largest wish takes the largest that is smaller.
        rest.sort(key=lambda wish: -(wish.size or 0))
        left.sort(key=lambda disk: -disk.size)
        grown, rest, left = _pair(
            rest, left, lambda wish, disk: _has_given(wish, disk) and disk.size < (wish.size or 0)
        )
        pairs += grown
        for wish in rest:
            _refuse_exchange(wish, left)
    targets += [Target(0, disk.type, wish.size or 0, disk) for wish, disk in pairs]
    targets += [Target(0, wish.type or "", wish.size or 0, None, given=wish.given) for wish in rest]
    return targets, left


def _by_id(pool: Pool, present: Sequence[PoolDisk], wish: Wish) -> Target:
    system = system_disk(pool)
    disk = next((disk for disk in [*present, system] if disk.id == wish.id), None)
    if disk is None:
        raise InputError(
            f"the pool has no disk with the ID {wish.id}; give an id out of the pool's data_volumes or root_volume, or "
            "type and size without an id for a new disk."
        )
    name = f"the disk {disk.id} ({disk})"
    if wish.type not in (None, disk.type):
        raise InputError(f"{name} cannot become {wish.type}: the type of a disk cannot be changed.")
    if wish.size is not None and wish.size < disk.size:
        raise InputError(f"{name} cannot become {wish.size} GB: disks cannot shrink.")
    for key, value in wish.given.items():
        if not _shows(disk, key, value):
            raise InputError(
                f"{name} has {key} {disk.fields[key]}, not {value}: only the size of a disk can be changed; correct "
                f"or leave out {key}."
            )
    return Target(0, disk.type, wish.size or disk.size, disk, by_id=True)


def _shows(disk: PoolDisk, name: str, value: Any) -> bool:
    # Regions that do not show a property would otherwise be given one disk more with each run.
    shown = disk.fields.get(name)
    return shown in (None, "") or shown == value


def _has_given(wish: Wish, disk: PoolDisk) -> bool:
    return disk.type == wish.type and all(_shows(disk, name, value) for name, value in wish.given.items())


def _refuse_exchange(wish: Wish, left: Sequence[PoolDisk]) -> None:
    """Refuse to delete a disk and to add a smaller or slower one of its type instead: that loses what is on it."""
    disk = next((disk for disk in left if disk.type == wish.type), None)
    if disk is None:
        return
    reason = (
        "disks cannot shrink"
        if disk.size > (wish.size or 0)
        else f"{' and '.join(wish.given)} of a disk cannot be changed"
    )
    raise InputError(
        f"the disk {disk.id} ({disk}) would have to be deleted, with all that is on it, for a new one of {wish}, since "
        f"{reason}; if that is meant, delete it with state absent first."
    )


def _hints(targets: Iterable[Target], left: Sequence[PoolDisk]) -> Iterable[str]:
    for target in targets:
        if target.disk is None:
            small = sorted(disk.id for disk in left if disk.type == target.type and disk.size < target.size)
            if small:
                ids = ", ".join(small)
                yield f"adds a disk {target} beside smaller ones of its type; to grow one, give its id: {ids}."


def _pair(
    wishes: Sequence[Wish], disks: Sequence[PoolDisk], fits: Callable[[Wish, PoolDisk], bool]
) -> tuple[list[tuple[Wish, PoolDisk]], list[Wish], list[PoolDisk]]:
    """Return as many pairs as there can be, and what is left of both; who comes first has the first choice."""
    taken: dict[int, int] = {}  # the wish's place by the disk's

    def place(wish: int, tried: set[int]) -> bool:
        for number, disk in enumerate(disks):
            if number in tried or not fits(wishes[wish], disk):
                continue
            tried.add(number)
            if number not in taken or place(taken[number], tried):
                taken[number] = wish
                return True
        return False

    for wish in range(len(wishes)):
        place(wish, set())
    pairs = [(wishes[wish], disks[number]) for number, wish in sorted(taken.items(), key=lambda pair: pair[1])]
    placed = set(taken.values())
    rest = [wish for number, wish in enumerate(wishes) if number not in placed]
    return pairs, rest, [disk for number, disk in enumerate(disks) if number not in taken]
