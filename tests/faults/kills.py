# Copyright (c) 2026 the hwcloud.workspace contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Runs that end in the middle: every moment at which that can happen, and what the runs after it must come to.

What became of an estate is compared with what becomes of it when nothing ends: each effect on each desktop as often.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from direct import LARGE, NOVEMBER, OCTOBER, XLARGE, Direct, Killed
from wire import Answer, Call, Go, advised

from ansible_collections.hwcloud.workspace.plugins.module_utils.client.operations import Effect
from workspace_simulator.state.ids import Ids

POOL = "finance"
DISK = "77777777-0000-4000-8000-000000000001"
LONG = 7200.0
"""Seconds after which every job of these estates is over."""

IDS = [f"33333333-0000-4000-8000-{number:012d}" for number in range(1, 5)]
DESKTOPS: list[dict[str, Any]] = [
    {"id": IDS[0], "name": "FIN-001", "user": "user-a1"},
    {"id": IDS[1], "name": "FIN-002", "user": "user-b2", "login_status": "DISCONNECTED"},
    {"id": IDS[2], "name": "FIN-003"},
    {"id": IDS[3], "name": "FIN-004", "status": "SHUTOFF"},
]
RUNNING = [{**desktop, "status": "ACTIVE"} for desktop in DESKTOPS]
USERS = [f"user-n{number:03d}" for number in range(600)]


QUICK = {"parallel": 2, "seconds_per_desktop": 4, "spread": 0.2}
STEADY = {"parallel": 2, "seconds_per_desktop": 10, "spread": 0.2}
"""Jobs of some 8 and 20 seconds. Some readings hide a job for 15 of them."""


@dataclass(frozen=True)
class Case:
    """A change: the module with its options, and the pool that it begins with (None: no pool).

    ``differs`` are kinds of effects that need not be the same after a killed run, because it is documented so.
    """

    module: str
    options: Mapping[str, Any]
    pool: Mapping[str, Any] | None = field(default_factory=lambda: {"desktops": DESKTOPS})
    parts: Mapping[str, Any] = field(default_factory=dict)
    differs: frozenset[str] = frozenset()

    def begin(self, direct: Direct, dialect: Mapping[str, str], **parts: Any) -> None:
        """Give the simulator the estate.

        :param parts: parts of it in another way.
        """
        pools = [{"name": POOL, **self.pool}] if self.pool is not None else []
        direct.seed(*pools, dialect=dialect, **{"jobs": STEADY if dialect else QUICK, **self.parts, **parts})


_DISKS = {"data_volumes": [{"id": DISK, "type": "SSD", "size": 100}]}
_NEW = {
    "name": POOL,
    "type": "STATIC",
    "size": 4,
    "product_id": LARGE,
    "image_type": "private",
    "image_id": OCTOBER,
    "root_volume": {"type": "SAS", "size": 80},
    "subnet_ids": ["subnet-1"],
    "in_maintenance_mode": True,
}


def user(name: str) -> dict[str, str]:
    """Return a user as the options of modules have one."""
    return {"object_type": "USER", "object_id": Ids(11).uuid("user", name), "object_name": name, "user_group": "users"}


_FREE = {"authorized": [{"type": "USER", "name": "user-c3"}], "desktops": RUNNING}
_FULL = {
    **_FREE,
    "enable_autoscale": True,
    "autoscale_policy": {"autoscale_type": "ACCESS_CREATED", "max_auto_created": 9},
    "desktops": RUNNING[:2],
}
_SESSIONS = [{**RUNNING[0], "login_status": "CONNECTED"}, *RUNNING[1:]]

CASES: dict[str, Case] = {
    "rebuild": Case("desktop_pool_rebuild", {"pool": POOL, "image_id": NOVEMBER}),
    "resize": Case("desktop_pool_resize", {"pool": POOL, "product_id": XLARGE, "mode": "STOP_DESKTOP"}),
    "add a disk": Case(
        "desktop_pool_volumes",
        {"pool": POOL, "volumes": [{"type": "SAS", "size": 50}]},
        {**_DISKS, "desktops": RUNNING},
    ),
    "add a disk to stopped desktops": Case(
        "desktop_pool_volumes",
        {"pool": POOL, "volumes": [{"type": "SAS", "size": 50}]},
        {**_DISKS, "desktops": DESKTOPS},
        differs=frozenset({"power"}),
    ),
    "second equal disk": Case(
        "desktop_pool_volumes",
        {"pool": POOL, "volumes": [{"type": "SSD", "size": 100}, {"type": "SSD", "size": 100}]},
        {**_DISKS, "desktops": RUNNING},
    ),
    "expand a disk": Case(
        "desktop_pool_volumes", {"pool": POOL, "volumes": [{"id": DISK, "size": 200}]}, {**_DISKS, "desktops": DESKTOPS}
    ),
    "purge": Case(
        "desktop_pool_volumes",
        {"pool": POOL, "volumes": [{"type": "SAS", "size": 50}], "purge": True},
        {**_DISKS, "desktops": RUNNING},
    ),
    "grow by size": Case("desktop_pool", {"name": POOL, "size": 8}),
    "expand": Case("desktop_pool_expand", {"pool": POOL, "desktop_count": 8}),
    "create": Case("desktop_pool", _NEW, None),
    "delete": Case(
        "desktop_pool",
        {"name": POOL, "state": "absent", "force": True},
        {"enable_autoscale": True, "desktops": RUNNING},
    ),
    "stop": Case("desktop_pool_power", {"pool": POOL, "state": "stopped"}),
    "start": Case(
        "desktop_pool_power",
        {"pool": POOL, "state": "started"},
        {"desktops": [{**desktop, "status": "SHUTOFF", "login_status": "UNREGISTER"} for desktop in DESKTOPS]},
    ),
    "stop single desktops": Case(
        "desktop_power", {"pool": POOL, "state": "stopped", "desktop_ids": IDS}, {"desktops": RUNNING}
    ),
    "log off": Case("desktop_logoff", {"pool": POOL}, {"desktops": _SESSIONS}),
    "drain": Case(
        "desktop_pool_drain",
        {"pool": POOL, "session_policy": "logoff", "grace_minutes": 1},
        {"desktops": _SESSIONS},
        differs=frozenset({"notifications"}),
    ),
    "600 users": Case(
        "desktop_pool_users",
        {"pool": POOL, "authorized_objects": [user(name) for name in USERS]},
        parts={"users": [{"name": name} for name in ("user-a1", "user-b2", *USERS)]},
    ),
    "attach": Case("desktop_pool_attach", {"pool": POOL, "username": "user-c3"}, _FREE),
    "attach a new desktop": Case("desktop_pool_attach", {"pool": POOL, "username": "user-c3"}, _FULL),
    "attributes": Case("desktop_pool", {"name": POOL, "description": "other", "in_maintenance_mode": True}),
}


@dataclass(frozen=True)
class Moment:
    """A moment in a run: ``before`` a request leaves, ``after`` its answer, or at a ``sleep``; by number from 1."""

    kind: str
    number: int
    operation: str = ""

    def __str__(self) -> str:
        """Return it as a failure names it."""
        return f"{self.kind} {self.number} {self.operation}".strip()


def end_at(direct: Direct, case: Case, moment: Moment) -> bool:
    """Run a change that ends at a moment; False if it came to its end before."""

    def advice(call: Call, go: Go) -> Answer:
        if call.number != moment.number or moment.kind == "sleep":
            return go()
        if moment.kind == "after":
            go()
        raise Killed

    with advised(advice):
        try:
            direct.run(case.module, killed_at=moment.number if moment.kind == "sleep" else None, **case.options)
        except Killed:
            return True
    return False


def finish(direct: Direct, case: Case, whole: Counter[tuple[str, str]], most: int = 1) -> Verdict:
    """Run a change to its end after one that was killed, once more, and judge what has become of the estate then.

    :param whole: the effects of a run that was not killed.
    :param most: how many runs it may take, the last of which may not fail.
    """
    problems: list[str] = []
    for number in range(1, most + 1):
        outcome = direct.run(case.module, **case.options)
        if not outcome.failed:
            break
        if number == most:
            problems.append(f"run {number} failed: {outcome.message}")
    again = direct.run(case.module, **case.options)
    if not problems and (again.changed or again.failed or again.changes):
        problems.append(f"not at rest after that: {again.message or again.sent}")
    direct.passes(LONG)
    found = effects_of(direct, case)
    return Verdict(beyond(found, whole), beyond(whole, found), problems)


@dataclass(frozen=True)
class Verdict:
    """What was done too often and too seldom, by desktop, and what else was wrong."""

    twice: Mapping[str, int]
    lost: Mapping[str, int]
    problems: list[str]

    @property
    def said(self) -> str:
        """What is wrong, in words; empty if nothing is."""
        parts = [f"too often: {dict(self.twice)}"] if self.twice else []
        parts += [f"lost: {dict(self.lost)}"] if self.lost else []
        return "; ".join([*parts, *self.problems])


@dataclass(frozen=True)
class Whole:
    """A run that nothing ended: its effects, all of its moments, and those of them that the service can tell apart.

    Between two requests that change something nothing but time passes for the service. ``turns`` are the first moments
    after each of them, ``distinct`` those and one after each sleep.
    """

    effects: Counter[tuple[str, str]]
    moments: tuple[Moment, ...]
    turns: tuple[Moment, ...]
    distinct: tuple[Moment, ...]


def whole_run(direct: Direct, case: Case, dialect: Mapping[str, str]) -> Whole:
    """Run a change to its end and return what there is to know of the run."""
    case.begin(direct, dialect)
    moments: list[Moment] = []
    turns: dict[int, Moment] = {}
    distinct: dict[tuple[int, int], Moment] = {}
    done = 0

    def note(kind: str, call: Call) -> None:
        moment = Moment(kind, call.number, call.operation.name)
        moments.append(moment)
        turns.setdefault(done, moment)
        distinct.setdefault((done, direct.clock.sleeps), moment)

    def advice(call: Call, go: Go) -> Answer:
        nonlocal done
        note("before", call)
        answer = go()
        done += call.operation.effect is not Effect.READ
        note("after", call)
        return answer

    with advised(advice):
        outcome = direct.run(case.module, **case.options)
    assert not outcome.failed, outcome.message
    assert outcome.changed
    moments += [Moment("sleep", number + 1) for number in range(direct.clock.sleeps)]
    direct.passes(LONG)
    return Whole(effects_of(direct, case), tuple(moments), tuple(turns.values()), tuple(distinct.values()))


def effects_of(direct: Direct, case: Case) -> Counter[tuple[str, str]]:
    """Return how often what was done to each desktop and pool, and how many desktops there are."""
    found: Counter[tuple[str, str]] = Counter()
    estate = direct.control.estate()
    for pool in (*estate["pools"], *estate["deleted_pools"]):
        found[pool["name"], "desktops"] += len(pool["desktops"])
        for kind in ("created", "expanded", "deleted", "authorized", "notifications", "updates"):
            found[pool["name"], kind] += len(pool["effects"][kind])
        for desktop in (*pool["desktops"], *pool["deleted_desktops"]):
            for kind, entries in desktop["effects"].items():
                found[desktop["computer_name"], kind] += len(entries)
    return Counter({key: times for key, times in found.items() if times and key[1] not in case.differs})


def beyond(more: Counter[tuple[str, str]], less: Counter[tuple[str, str]]) -> dict[str, int]:
    """Return what is more often in the first of two counts, in words, with how much more."""
    return {f"{kind} of {name}": times for (name, kind), times in (more - less).items()}
