# Copyright (c) 2026 the hwcloud.workspace contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""From a fleet to inventory hosts: their names and variables."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from .fleet import tags

GROUPS: Mapping[str, str] = {"pools": "desktop_pools", "desktops": "desktops"}
"""The group that holds all hosts, by the option ``hosts``."""

# Names that mean something else to Ansible. A pool named "all" would make `--limit all` ambiguous.
_TAKEN = frozenset({"all", "ungrouped", "localhost", *GROUPS.values()})
# What a host pattern, a list of hosts after --limit, a template or a path under host_vars reads as more than a letter.
# The last ones are what a terminal would act on: control characters, and marks that turn the direction of writing.
_NOT_IN_NAMES = re.compile(
    r"""[\s,:;&!~*?\[\]{}()@/\\'"\x00-\x1f\x7f-\x9f\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069\ufeff]+|^[.-]+"""
)
_FIRST_FORM = {"name": 0, "name_region": 1, "id": 3}


@dataclass(frozen=True)
class InventoryHost:
    """A host of the inventory; ``variables`` are the service's data in plain builtin types."""

    name: str
    variables: dict[str, Any]


@dataclass(frozen=True)
class _Found:
    """A pool or desktop with the names that it could have, the plainest first; the last one is its alone."""

    forms: tuple[str, ...]
    variables: dict[str, Any]


def inventory_hosts(places: Iterable[Mapping[str, Any]], kind: str, hostname: str = "name") -> list[InventoryHost]:
    """Return the hosts in a fixed order: places as they are given, then pools and desktops by name.

    Of two that would have the same name, both get their region behind it; if that does not tell them apart, both get
    their ID behind it. No host is lost, and none of the names depends on an order.

    :param places: what :func:`.fleet.read_fleet` returned.
    :param kind: ``pools`` or ``desktops``.
    :param hostname: the plainest name that is used: ``name``, ``name_region`` or ``id``.
    """
    found = list(_found(places, kind))
    level = [_FIRST_FORM[hostname]] * len(found)
    last = 3
    while True:
        names = [thing.forms[at] for thing, at in zip(found, level, strict=True)]
        count = Counter(names)
        doubtful = [
            number
            for number, name in enumerate(names)
            if level[number] < last and (not name or name in _TAKEN or count[name] > 1)
        ]
        if not doubtful:
            return [InventoryHost(name, thing.variables) for name, thing in zip(names, found, strict=True)]
        for number in doubtful:
            level[number] += 1


def _found(places: Iterable[Mapping[str, Any]], kind: str) -> Iterator[_Found]:
    seen: set[str] = set()  # a project that is listed twice has its hosts once
    for place in places:
        shared = {name: place[name] for name in ("region", "project_id")}
        if place["endpoint"]:
            shared["endpoint"] = place["endpoint"]
        for record in _sorted(place["pools"], "name", "id"):
            pool = {name: value for name, value in record.items() if name != "desktops"}
            about_pool = {**shared, "pool": pool, "pool_tags": tags(pool)}
            if kind == "pools":
                things = [(str(pool.get("name") or ""), str(pool["id"]), about_pool)]
            else:
                things = [
                    (
                        str(desktop.get("computer_name") or ""),
                        str(desktop["desktop_id"]),
                        {**about_pool, "desktop": desktop, "desktop_tags": tags(desktop)},
                    )
                    for desktop in _sorted(record["desktops"], "computer_name", "desktop_id")
                ]
            for name, own_id, variables in things:
                if own_id not in seen:
                    seen.add(own_id)
                    yield _Found(_forms(name, place["region"], own_id), variables)


def _forms(name: str, region: str, own_id: str) -> tuple[str, ...]:
    plain = _NOT_IN_NAMES.sub("_", name)
    return (
        plain,
        f"{plain}_{region}" if plain and region else plain,
        f"{plain}_{own_id}" if plain else own_id,
        own_id,
    )


def _sorted(records: Sequence[dict[str, Any]], name: str, own_id: str) -> list[dict[str, Any]]:
    return sorted(records, key=lambda record: (str(record.get(name) or ""), str(record.get(own_id))))
