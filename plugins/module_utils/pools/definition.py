# Copyright (c) 2026 the hwcloud.workspace contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A pool as a task describes it: what creates it, what brings one that exists to it, and what is left to others."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from ..client.session import Session
from .attributes import ATTRIBUTES, Attributes, tag_dict
from .change import Change, Observation, Plan
from .creation import Creation
from .growth import Growth
from .model import Pool
from .users import UnlistedUsersError, Users, said_of, wanted_objects

MOST_AT_CREATION = 100  # desktops (definitions)
_NOT_AT_CREATION = ("in_maintenance_mode",)  # (SDK)

# What changes what this leaves alone.
_ELSEWHERE = {
    "product_id": "desktop_pool_resize changes it",
    "flavor_id": "desktop_pool_resize changes it",
    "image_id": "desktop_pool_rebuild changes it",
    "root_volume": "desktop_pool_volumes changes it",
    "data_volumes": "desktop_pool_volumes changes them",
    "type": "a pool keeps its type",
    "domain": "a pool keeps its domain",
}


@dataclass(frozen=True)
class ListedUsers(Users):
    """The same, but left alone where the region does not list the users of pools: a creation took them all the same."""

    def observe(self, session: Session, pool: Pool) -> Observation:
        """Read the users of the pool, None if they are not listed."""
        try:
            return super().observe(session, pool)
        except UnlistedUsersError:
            return Observation(pool, None, None)

    def plan(self, observation: Observation) -> Plan:
        """Return the next request, none if everybody is as wanted or nobody can tell."""
        if observation.authorized_objects is not None:
            return super().plan(observation)
        name = observation.pool.name
        text = (
            f"pool {name}: this region does not seem to list the users of pools, so authorized_objects cannot be "
            "compared and is left alone."
        )
        return Plan(None, warnings=(text,))


@dataclass(frozen=True)
class Definition:
    """A pool as it is wanted.

    :param fields: what was given of it, by the service's names and in the shape of its requests. Without a name the
        pool keeps the one that it has.
    """

    fields: Mapping[str, Any]

    @classmethod
    def from_options(cls, options: Mapping[str, Any]) -> Definition:
        """Return the pool that a task's options describe.

        :param options: by the service's names; ``tags`` is a dict, ``security_groups`` a list of IDs. None values were
            not given.
        :raises InputError: ``authorized_objects`` is not clear.
        """
        fields = {name: _without_none(value) for name, value in options.items() if value is not None}
        if "tags" in fields:
            fields["tags"] = [{"key": str(key), "value": _text(value)} for key, value in fields["tags"].items()]
        if "security_groups" in fields:
            fields["security_groups"] = [{"id": group} for group in dict.fromkeys(fields["security_groups"])]
        if "subnet_ids" in fields:
            fields["subnet_ids"] = list(dict.fromkeys(fields["subnet_ids"]))
        if "authorized_objects" in fields:
            fields["authorized_objects"] = list(wanted_objects(fields["authorized_objects"], "present"))
        return cls(fields)

    def creation(self, pool: Pool, *, wait: bool) -> list[Change]:
        """Return what creates the pool.

        :param pool: what stands for a pool that does not exist.
        :param wait: what can follow the creation alone follows it; without waiting the next run does that.
        :raises InputError: a user or group is not named in full.
        """
        fields = {name: value for name, value in self.fields.items() if name not in _NOT_AT_CREATION}
        users = self._users()
        if users:
            # It is the list of a first request, since there is nobody yet.
            step = users[0].plan(Observation(pool, None, ())).step
            fields["authorized_objects"] = step.body["objects"] if step else []
        size = self.fields.get("size")
        if size is not None:
            fields["size"] = min(size, MOST_AT_CREATION)
        changes: list[Change] = [Creation(fields)]
        return [*changes, *self._after_creation()] if wait else changes

    def left_by_creation(self) -> list[str]:
        """Return the options that the creation itself does not see to."""
        names = [name for name in _NOT_AT_CREATION if self.fields.get(name)]
        return [*names, *(("size",) if (self.fields.get("size") or 0) > MOST_AT_CREATION else ())]

    def alignment(self, pool: Pool) -> list[Change]:
        """Return what brings a pool that exists to what is wanted, as far as it is not left to others."""
        attributes = {name: self.fields[name] for name in ATTRIBUTES if name in self.fields}
        grows = "size" in self.fields and not self.fields.get("enable_autoscale", pool.is_autoscaled)
        last: dict[str, Any] = {}
        if grows and pool.desktop_count < self.fields["size"] and attributes.get("in_maintenance_mode"):
            # A pool in maintenance mode may refuse to grow.
            last = {"in_maintenance_mode": attributes.pop("in_maintenance_mode")}
        changes: list[Change] = [Attributes(attributes)] if attributes else []
        changes += self._users()
        changes += [Growth(self.fields["size"])] if grows else []
        return [*changes, Attributes(last)] if last else changes

    def differing(self, pool: Pool) -> dict[str, dict[str, Any]]:
        """Return what differs and is left alone, by option: ``present`` and ``wanted``."""
        record = pool.fields
        product = record.get("product") or {}
        present = {
            "type": record.get("type"),
            "size": record.get("desktop_count"),
            "product_id": product.get("product_id"),
            "flavor_id": product.get("flavor_id"),
            "image_id": record.get("image_id"),
            "root_volume": record.get("root_volume"),
            "data_volumes": record.get("data_volumes") or [],
            "domain": record.get("domain"),
        }
        found = {}
        for name, value in present.items():
            if name in self.fields and value is not None:
                shown, wanted = _comparable(name, value), _comparable(name, self.fields[name])
                if shown != wanted:
                    found[name] = {"present": shown, "wanted": wanted}
        return found

    def with_fields(self, **fields: Any) -> Definition:
        """Return the same with further fields."""
        return Definition({**self.fields, **fields})

    def given(self) -> dict[str, Any]:
        """Return the fields that say something of a new pool, which has no attribute to clear."""
        said = {name: value for name, value in self.fields.items() if value not in ("", {}, [])}
        # As in the difference of a pool that exists.
        if "tags" in said:
            said["tags"] = tag_dict(said["tags"])
        if "authorized_objects" in said:
            said["authorized_objects"] = sorted(said_of(entry) for entry in said["authorized_objects"])
        return said

    def _users(self) -> list[Users]:
        objects = self.fields.get("authorized_objects")
        return [ListedUsers(objects)] if objects else []

    def _after_creation(self) -> list[Change]:
        changes: list[Change] = []
        size = self.fields.get("size") or 0
        if size > MOST_AT_CREATION and not self.fields.get("enable_autoscale"):
            changes.append(Growth(size))
        late = {name: self.fields[name] for name in _NOT_AT_CREATION if self.fields.get(name)}
        if late:
            # A pool in maintenance mode may refuse to grow.
            changes.append(Attributes(late))
        return changes


def warnings_of(pool: Pool, differing: Mapping[str, Any]) -> list[str]:
    """Return a sentence for each option that differs and is left alone. Of the size, its own change speaks."""
    return [
        f"pool {pool.name}: {name} differs from what is wanted and is left alone; {_ELSEWHERE[name]}."
        for name in differing
        if name in _ELSEWHERE
    ]


def _comparable(name: str, value: Any) -> Any:
    if name == "root_volume":
        return _disk(value)
    if name == "data_volumes":
        # The order in which disks are listed says nothing (Terraform provider).
        counts = Counter((disk["type"], disk["size"]) for disk in map(_disk, value))
        return [{"type": kind, "size": size} for kind, size in sorted(counts.elements())]
    return value


def _disk(disk: Mapping[str, Any]) -> dict[str, Any]:
    return {"type": str(disk.get("type") or ""), "size": int(disk.get("size") or 0)}


def _without_none(value: Any) -> Any:
    if isinstance(value, Mapping):
        return {name: _without_none(item) for name, item in value.items() if item is not None}
    return [_without_none(item) for item in value] if isinstance(value, list) else value


def _text(value: Any) -> str:
    """Return a tag's value as YAML's authors write it."""
    return str(value).lower() if isinstance(value, bool) else str(value)
