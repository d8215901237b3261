# Copyright (c) 2026 the hwcloud.workspace contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What several controllers do at the same moment, and what may have come of it.

The measure is what comes of the same tasks one after the other, in any order: state of the pool and its desktops, and
how often what was done to each. What no such order leads to was done twice, or was lost.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import permutations
from typing import Any

from controllers import Controller, Schedule, Stage
from direct import BASE, LARGE, NOVEMBER, OCTOBER, XLARGE, Direct, Outcome

from workspace_simulator.state.ids import Ids

POOL = "finance"
POOL_ID = "22222222-0000-4000-8000-000000000001"
DISK = "77777777-0000-4000-8000-000000000001"
RUNNING = ["33333333-0000-4000-8000-000000000001", "33333333-0000-4000-8000-000000000002"]
DECEMBER = "11111111-1010-4000-8000-000000002612"

_ESTATE = {
    "name": POOL,
    "id": POOL_ID,
    "description": "Finance department",
    "tags": {"team": "finance"},
    "authorized": [{"type": "USER", "name": "user-a1"}, {"type": "USER", "name": "user-b2"}],
    "data_volumes": [{"id": DISK, "type": "SSD", "size": 100}],
    "desktops": [
        {"name": "FIN-001", "id": RUNNING[0], "user": "user-a1"},
        {"name": "FIN-002", "id": RUNNING[1]},
        {"name": "FIN-003", "status": "SHUTOFF"},
    ],
}
_IMAGES = [*BASE["images"], {"name": "december", "id": DECEMBER}]

_ADVICE = re.compile(r"run the task again|try again|look at|check |mend |deleted|wait")

AsIs = tuple[str, dict[str, Any]]


def user(name: str) -> dict[str, str]:
    """Return a user as the options of modules have one."""
    found = Ids(BASE["seed"]).uuid("user", name)
    return {"object_type": "USER", "object_id": found, "object_name": name, "user_group": "users"}


def _disks(*volumes: dict[str, Any], **more: Any) -> AsIs:
    return "desktop_pool_volumes", {"pool": POOL, "volumes": list(volumes), **more}


TASKS: dict[str, AsIs] = {
    "rebuild": ("desktop_pool_rebuild", {"pool": POOL, "image_id": NOVEMBER}),
    "rebuild to december": ("desktop_pool_rebuild", {"pool": POOL, "image_id": DECEMBER}),
    "resize": ("desktop_pool_resize", {"pool": POOL, "product_id": XLARGE, "mode": "STOP_DESKTOP"}),
    "add disk": _disks({"type": "SAS", "size": 50}),
    "second equal disk": _disks({"type": "SSD", "size": 100}, {"type": "SSD", "size": 100}),
    "expand disk": _disks({"id": DISK, "size": 200}),
    "purge": _disks({"type": "SAS", "size": 50}, purge=True),
    "grow": ("desktop_pool", {"name": POOL, "size": 5}),
    "expand": ("desktop_pool_expand", {"pool": POOL, "desktop_count": 5}),
    "expand by four": ("desktop_pool_expand", {"pool": POOL, "desktop_count": 7}),
    "create": (
        "desktop_pool",
        {
            "name": "new",
            "type": "STATIC",
            "size": 3,
            "product_id": LARGE,
            "image_type": "private",
            "image_id": OCTOBER,
            "root_volume": {"type": "SAS", "size": 80},
            "subnet_ids": ["subnet-1"],
            "in_maintenance_mode": True,
        },
    ),
    "delete": ("desktop_pool", {"name": POOL, "state": "absent", "force": True}),
    "start": ("desktop_pool_power", {"pool": POOL, "state": "started"}),
    "stop": ("desktop_pool_power", {"pool": POOL, "state": "stopped"}),
    "reboot": ("desktop_pool_power", {"pool": POOL, "state": "rebooted"}),
    "add user": ("desktop_pool_users", {"pool": POOL, "authorized_objects": [user("user-c3")]}),
    "only user": ("desktop_pool_users", {"pool": POOL, "authorized_objects": [user("user-a1")], "purge": True}),
    "attach": ("desktop_pool_attach", {"pool": POOL, "username": "user-b2"}),
    "notify": ("desktop_pool_notification", {"pool": POOL, "user_message": "Back at ten"}),
    "script": (
        "desktop_pool_script",
        {"pool": POOL, "command_content": "Get-Date", "command_type": "POWERSHELL", "desktop_ids": RUNNING},
    ),
    "describe": ("desktop_pool", {"name": POOL, "description": "other"}),
    "tag": ("desktop_pool", {"name": POOL, "tags": {"window": "saturday"}}),
    "begin maintenance": ("desktop_pool", {"name": POOL, "in_maintenance_mode": True}),
}

_ADDED = ("authorized", "notifications")
"""What is done to a pool and counts. What adds desktops is seen in their number, and an update in what it sets."""

_DONE = (
    "rebuilds",
    "resizes",
    "disks_added",
    "disks_expanded",
    "disks_deleted",
    "notifications",
    "scripts",
    "deleted",
)
"""What is done to a desktop, and counts. How often one was started and stopped on the way depends on the order."""

_CAN_REFUSE = {"BatchRunDesktops", "AttachDesktopPoolUser"}
"""Operations whose answer can be a refusal although its status is that of a success."""

_SERIAL: dict[Any, frozenset[Mark]] = {}
_TELLS = ("image_id", "description", "in_maintenance_mode")

Mark = tuple[Any, ...]


def begin(direct: Direct, dialect: Mapping[str, str]) -> None:
    """Give the simulator the pool with its three desktops, whose jobs are short."""
    jobs = {"parallel": 2, "seconds_per_desktop": 8, "spread": 0.2}
    direct.seed(_ESTATE, dialect=dialect, images=_IMAGES, jobs=jobs)


def mark(direct: Direct) -> Mark:
    """Return what has become of the estate, and what was done in it; without names and IDs, which depend on chance."""
    estate = direct.control.estate()
    gone = (("pools", False), ("deleted_pools", True))
    return tuple(sorted((is_gone, *_pool(pool)) for name, is_gone in gone for pool in estate[name]))


def _pool(pool: Mapping[str, Any]) -> Mark:
    return (
        pool["name"],
        tuple(str(pool[name]) for name in _TELLS),
        str(pool["product"]["product_id"]),
        str(sorted((tag["key"], tag["value"]) for tag in pool["tags"])),
        _volumes(pool),
        tuple(sorted(entry["object_name"] for entry in pool["authorized_objects"])),
        tuple(len(pool["effects"][name]) for name in _ADDED),
        tuple(sorted(_desktop(desktop) for desktop in pool["desktops"])),
        tuple(sorted(_desktop(desktop) for desktop in pool["deleted_desktops"])),
    )


def _desktop(desktop: Mapping[str, Any]) -> Mark:
    return (
        desktop["image_id"],
        desktop["product_id"],
        desktop["user_name"],
        _volumes(desktop),
        tuple(len(desktop["effects"][name]) for name in _DONE),
    )


def _volumes(thing: Mapping[str, Any]) -> Mark:
    return tuple(sorted((disk["type"], int(disk["size"])) for disk in thing["data_volumes"]))


@dataclass
class Case:
    """What came of tasks at the same moment. ``problems`` says what none of it may be, nothing if all is well.

    ``crossed``: see :meth:`controllers.Stage.crossed`. ``duplicates`` and ``lost`` are numbers of effects that no order
    of the tasks leads to, and of those that are missing.
    """

    controllers: Sequence[Controller]
    crossed: bool
    duplicates: int
    lost: int
    problems: list[str]

    def __str__(self) -> str:
        """Return what each controller says."""
        return "\n".join([*map(str, self.controllers), *self.problems])


def play(direct: Direct, names: Sequence[str], dialect: Mapping[str, str], schedule: Schedule) -> Case:
    """Run tasks at the same moment, those that fail once more by themselves, and judge what came of it."""
    serial = _serial(direct, names, dialect)
    begin(direct, dialect)
    stage = Stage(direct, schedule)
    controllers = stage.play(TASKS[name] for name in names)
    problems = [text for one in controllers for text in _told(one)]
    gone = "delete" in names
    for one in controllers:
        if one.result.failed and not (gone and _says_gone(one.result)):
            again = direct.run(one.module, **one.options)
            if again.failed and not (gone and _says_gone(again)):
                problems.append(f"it does not get done by running it again: {again.message}")
    direct.passes(3600)
    duplicates, lost, text = _amiss(direct, serial, gone)
    return Case(controllers, stage.crossed(), duplicates, lost, [*([text] if text else []), *problems])


def _amiss(direct: Direct, serial: frozenset[Mark], gone: bool) -> tuple[int, int, str]:
    """Return how many effects are too many and how many are missing, at least 1 if anything differs, and the words."""
    if gone:
        text = _not_gone(direct)
        return int("twice" in text), int(bool(text) and "twice" not in text), text
    found = mark(direct)
    if found in serial:
        return 0, 0, ""
    flat = [Counter(_flat(other)) for other in serial]
    now = Counter(_flat(found))
    nearest = min(flat, key=lambda other: (now - other).total() + (other - now).total())
    more, less = now - nearest, nearest - now
    is_more = _number(found) > max(map(_number, serial))
    text = f"no order of the tasks leads to {dict(more)} instead of {dict(less)}"
    return (more.total(), 0, text) if is_more else (0, less.total(), text)


def _number(found: Mark) -> int:
    """Return the number of desktops, and of what was done to pools and desktops."""
    total = 0
    for _is_gone, _name, _tells, _product, _tags, _disks_of_pool, _users, done, *desktops in found:
        total += sum(done)
        for desktop in (*desktops[0], *desktops[1]):
            total += 1 + sum(desktop[-1])
    return total


def _flat(found: Mark) -> Iterator[tuple[str, str]]:
    for pool in found:
        yield from ((str(pool[1]), f"{number} {fact}") for number, fact in enumerate(pool[:-2]))
        yield from ((str(pool[1]), str(desktop)) for desktop in (*pool[-2], *pool[-1]))


def _told(one: Controller) -> list[str]:
    """Return where a controller's result does not tell what it did."""
    outcome, sent = one.result, set(one.accepted) - _CAN_REFUSE
    found = []
    # A deletion that is answered with "there is no such pool" may be its own that was sent twice, so it counts as done.
    gone = outcome.result.get("desktop_pool") is not None and "DeleteDesktopPool" in one.requests
    if outcome.changed and not one.accepted and not gone:
        found.append(f"{one.name} says that it changed something, and sent nothing that was accepted")
    if sent and not outcome.changed:
        found.append(f"{one.name} says that it changed nothing, and sent {sent}")
    if outcome.result.get("adopted") and (outcome.changed or outcome.failed):
        found.append(f"{one.name} says that it adopted something")
    if outcome.failed and not _ADVICE.search(outcome.message):
        found.append(f"{one.name} does not say what to do: {outcome.message}")
    return found


def _serial(direct: Direct, names: Sequence[str], dialect: Mapping[str, str]) -> frozenset[Mark]:
    """Return what comes of the tasks one after the other, in every order."""
    key = (tuple(sorted(names)), tuple(sorted(dialect.items())))
    if key not in _SERIAL and "delete" not in names:
        found = set()
        for order in sorted(set(permutations(names))):
            begin(direct, dialect)
            for name in order:
                module, options = TASKS[name]
                alone = direct.run(module, **options)
                assert not alone.failed, f"{name} of {order}: {alone.message}"
            direct.passes(3600)
            found.add(mark(direct))
        _SERIAL[key] = frozenset(found)
    return _SERIAL.get(key, frozenset())


def _says_gone(outcome: Outcome) -> bool:
    return "no pool in" in outcome.message or "deleted" in outcome.message


def _not_gone(direct: Direct) -> str:
    """Return why the pool is not gone as it should be, or what was done twice before; empty if all is well."""
    estate = direct.control.estate()
    gone = estate["deleted_pools"]
    if estate["pools"] or len(gone) != 1 or gone[0]["desktops"]:
        return "the pool is not gone"
    for desktop in gone[0]["deleted_desktops"]:
        if len(desktop["effects"]["deleted"]) > 1 or any(len(desktop["effects"][name]) > 1 for name in _DONE):
            return f"{desktop['computer_name']} was changed twice: {desktop['effects']}"
    return ""
