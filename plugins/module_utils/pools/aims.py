# Copyright (c) 2026 the hwcloud.workspace contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a rollout brings the desktops of a pool to, and which of them need it. Pure."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from ..client.errors import InputError
from .disks import Fit, Goal, Machine, Wish, check_wishes, fit, goal_of
from .model import Desktop, Pool
from .policy import yes_or_no

IMAGE, PRODUCT, VOLUMES = "image", "product", "volumes"
_PROPERTY = {IMAGE: "image_id", PRODUCT: "product_id"}
_WISH_FIELDS = frozenset(Wish.__dataclass_fields__)


@dataclass(frozen=True)
class Aim:
    """What the desktops of a pool are to have.

    :param what: ``image``, ``product`` or ``volumes``.
    :param value: ID of the image or product; empty for disks.
    :param wishes: the disks that are wanted.
    :param purge: other data disks are deleted.
    """

    what: str
    value: str = ""
    wishes: tuple[Wish, ...] = ()
    purge: bool = False

    @classmethod
    def of(cls, change: Mapping[str, Any]) -> Aim:
        """Return the aim that a change spells out.

        :param change: one of ``image_id``, ``product_id`` and ``volumes`` (list of disks, with ``volumes_purge``).
        :raises InputError: it names none of them, or several.
        """
        given = [name for name in ("image_id", "product_id", "volumes") if change.get(name)]
        if len(given) != 1:
            raise InputError("a rollout has one aim: give one of image_id, product_id and volumes.")
        if given == ["volumes"]:
            wishes = tuple(_wish(number, entry) for number, entry in enumerate(change["volumes"]))
            purge = yes_or_no(change.get("volumes_purge") or False, "volumes_purge")
            check_wishes(wishes, absent=False, purge=purge)
            return cls(VOLUMES, wishes=wishes, purge=purge)
        what = IMAGE if given == ["image_id"] else PRODUCT
        return cls(what, value=str(change[_PROPERTY[what]]))

    def value_of(self, thing: Pool | Desktop) -> str:
        """Return the image or product that a pool or desktop has; empty for disks."""
        return str(getattr(thing, _PROPERTY[self.what])) if self.what in _PROPERTY else ""

    def back(self, value: str) -> dict[str, str]:
        """Return the change that leads back to a value that was there before."""
        return {_PROPERTY[self.what]: value}

    def due(self, pool: Pool, desktops: Sequence[Desktop]) -> frozenset[str]:
        """Return the IDs of the desktops that need the change.

        :raises InputError: the disks that are wanted do not fit the pool.
        """
        if self.what in _PROPERTY:
            return frozenset(desktop.id for desktop in desktops if self.value_of(desktop) != self.value)
        goal, fits = self._fits(pool, desktops)
        listed = [target for target in goal.targets if target.listed]
        return frozenset(
            desktop_id
            for desktop_id, found in fits.items()
            if found.doomed or found.strays or any(found.lacks(target) or found.is_small(target) for target in listed)
        )

    def template_due(self, pool: Pool, desktops: Sequence[Desktop]) -> bool:
        """Return whether the pool's template needs the change.

        :raises InputError: the disks that are wanted do not fit the pool.
        """
        if self.what in _PROPERTY:
            return self.value_of(pool) != self.value
        goal = self._goal(pool, desktops)
        return any(target.disk is None or target.size > target.disk.size for target in goal.targets) or any(
            disk.id in {str(own.get("id")) for own in pool.fields.get("data_volumes") or []} for disk in goal.removed
        )

    def cuts_sessions(self, pool: Pool, desktops: Sequence[Desktop]) -> bool:
        """Return whether whoever works on a desktop loses something: all but adding and growing disks."""
        if self.what in _PROPERTY:
            return True
        goal, fits = self._fits(pool, desktops)
        # A disk may be gone from the pool and still be on desktops, after a deletion that failed there.
        return bool(goal.removed) or any(found.doomed for found in fits.values())

    def _goal(self, pool: Pool, desktops: Sequence[Desktop]) -> Goal:
        machines = [Machine.of(desktop) for desktop in desktops]
        return goal_of(pool, self.wishes, machines, absent=False, purge=self.purge, moves_template=True)

    def _fits(self, pool: Pool, desktops: Sequence[Desktop]) -> tuple[Goal, dict[str, Fit]]:
        """Return what the pool's disks are to become, and by desktop which of its disks serve what."""
        goal = self._goal(pool, desktops)
        machines = [Machine.of(desktop) for desktop in desktops]
        linked = any(machine.knows_links for machine in machines)
        return goal, {machine.desktop.id: fit(machine, goal, linked=linked) for machine in machines}


def most_common(values: Iterable[str]) -> str:
    """Return the value that is there most often, the first in order of two alike; empty if there is none."""
    counts = Counter(value for value in values if value)
    return min(counts, key=lambda value: (-counts[value], value), default="")


def _wish(number: int, entry: Any) -> Wish:
    if not isinstance(entry, Mapping):
        raise InputError(f"volumes[{number}] is no dictionary; give the type and size of a disk, or its id.")
    unknown = sorted(set(entry) - _WISH_FIELDS)
    if unknown:
        raise InputError(
            f"volumes[{number}] has the unknown key {unknown[0]}; known are {', '.join(sorted(_WISH_FIELDS))}."
        )
    given = {name: value for name, value in entry.items() if value is not None}
    for name in ("size", "iops", "throughput"):
        if name in given:
            try:
                given[name] = int(given[name])
            except (TypeError, ValueError):
                raise InputError(f"volumes[{number}].{name} is no whole number: {given[name]!r}.") from None
    return Wish(**given)
