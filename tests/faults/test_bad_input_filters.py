# Copyright (c) 2026 the hwcloud.workspace contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Values of a wrong form for every filter: it says so in one sentence, or it does with them what can be done."""

from __future__ import annotations

import copy
import re
from collections.abc import Callable, Iterator
from typing import Any

from ansible.errors import AnsibleFilterError
from direct import LARGE, NOVEMBER, Direct
from inputs import PARTS, POOLS
from inputs_answers import NASTY
from running import CHECKOUT
from tally import EXHAUSTIVE, Tally

from ansible_collections.hwcloud.workspace.plugins.filter import (
    maintenance,
    preflight_findings,
    report_pools,
    rollout,
)

FILTERS: dict[str, Callable[..., Any]] = {
    name: found
    for plugin in (maintenance, preflight_findings, report_pools, rollout)
    for name, found in plugin.FilterModule().filters().items()
}
NOW = "2026-03-02T08:00:00Z"
WHOLE: tuple[Any, ...] = (None, 5, "x", [], {}, [5], {"a": 1}, NASTY, True, 1.5)
PART: tuple[Any, ...] = (None, {"a": 1}, ["x"], "x", 10**400, float("inf"), NASTY)
DEEPEST = 3
UNPRINTABLE = re.compile("[\x00-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069\ud800-\udfff]")


def calls(direct: Direct) -> dict[str, tuple[Any, ...]]:
    """Return a good call of every filter, made of what modules and filters really return."""
    direct.seed(*POOLS, **PARTS)
    look = direct.run("desktop_pool_info", pool="finance", gather=["desktops", "drift", "jobs", "capabilities"]).result
    report = look["desktop_pools"][0]
    images = direct.run("image_info").result
    products = direct.run("product_info").result
    direct.run("desktop_pool_rebuild", pool="finance", image_id=NOVEMBER, force=True)
    jobs = direct.run("job_info", pool="finance").result
    asked = {"pool": "finance", "image": {"name": "november"}, "product": LARGE, "canary": 1, "max_unavailable": "50%"}
    change, options = {"image_id": NOVEMBER}, {"canary": 1, "max_unavailable": "50%", "on_failure": "rollback"}
    state = FILTERS["start_rollout"](report, change, options, NOW)
    step = FILTERS["next_wave"](state, report, NOW)
    outcome = {
        "failed": [{"desktop_id": step["desktop_ids"][0], "fail_reason": "x"}],
        "jobs": jobs["jobs"],
        "began": NOW,
    }
    after = FILTERS["end_wave"](state, step, outcome, NOW)
    back = FILTERS["start_rollback"](after, report, NOW)
    result = FILTERS["rollout_result"](after, back, report, NOW)
    plan = FILTERS["plan_maintenance"](report, {"image": {"id": NOVEMBER}}, options, NOW)
    facts = {"pool": report, "began": NOW, "ended": NOW, "asked": {}}
    rehearsal = FILTERS["rehearse_rollout"](report, change, options, NOW)
    hosts = [{"host": "a", "place": "x", "pool": "finance", "image": {"name": "november"}, "product": LARGE}]
    (errand,) = FILTERS["maintenance_errands"](hosts)
    return {
        "start_rollout": (report, change, options, NOW),
        "next_wave": (state, report, NOW),
        "end_wave": (state, step, outcome, NOW),
        "start_rollback": (after, report, NOW),
        "wants_rollback": (after,),
        "rollout_result": (after, back, report, NOW),
        "rehearse_rollout": (report, change, options, NOW, {"seconds_per_desktop": 60.0, "parallel": 2}),
        "pool_pace": (jobs["jobs"], ["rebuildDesktopPool"]),
        "wave_health": (after, step, outcome, report),
        "rollout_words": (after, "end", step),
        "plan_maintenance": (report, {"image": {"id": NOVEMBER}}, options, NOW),
        "maintenance_result": (plan, [result], facts),
        "maintenance_goes_on": ([result],),
        "maintenance_rehearsed": (report, rehearsal),
        "maintenance_words": (result,),
        "maintenance_errands": (hosts,),
        "maintenance_shares": (errand, look["desktop_pools"]),
        "maintenance_unknown_products": (errand, look["desktop_pools"]),
        "preflight_findings": ({"pool": look, "images": images, "products": products, "jobs": jobs}, asked, NOW),
        "report_brief": ([result],),
        "report_document": ([result], "title", NOW),
        "report_html": ([result], "title", NOW),
        "report_name": ([result], "", NOW),
    }


def test_every_filter_is_tried(direct: Direct) -> None:
    documented = {path.stem for path in (CHECKOUT / "plugins" / "filter").glob("*.yml")} | {"preflight_findings"}
    assert set(FILTERS) == set(calls(direct)) == documented


def test_a_filter_says_what_it_cannot_use(direct: Direct, tally: Tally) -> None:
    found = []
    count = 0
    for name, good in calls(direct).items():
        FILTERS[name](*good)
        for number, argument in enumerate(good):
            for what, bad in changed(argument):
                count += 1
                problem = tried(name, (*good[:number], bad, *good[number + 1 :]))
                found += [f"{name} argument {number}: {what}: {problem}"] if problem else []
    tally.add("bad input", cases=count, tracebacks=len(found))
    assert count > 2000
    assert found == [], f"{len(found)} of {count}\n" + "\n".join(found[:40])


def tried(name: str, values: tuple[Any, ...]) -> str:
    """Return what is wrong about what a filter makes of values; empty if nothing is."""
    try:
        FILTERS[name](*copy.deepcopy(values))
    except AnsibleFilterError as error:
        text = str(error)
        if UNPRINTABLE.search(text) or len(text) > 5000:
            return f"says {text!r}"[:300]
        return "" if text.startswith((name, "pool ")) else f"does not say that it is {name}: {text}"[:300]
    except Exception as error:  # noqa: BLE001 - whatever it is, it is counted
        return f"raised {type(error).__name__}: {error}"[:300]
    return ""


def changed(value: Any) -> Iterator[tuple[str, Any]]:
    """Yield a value with one thing changed after the other; of a list its first item stands for all.

    What lies deepest gets every third value, each time beginning with another.
    """
    for whole in WHOLE:
        yield f"{whole!r}"[:60], whole
    for turn, path in enumerate(paths(value)):
        for part in PART if EXHAUSTIVE or len(path) < DEEPEST else PART[turn % 3 :: 3]:
            other = copy.deepcopy(value)
            holder = other
            for key in path[:-1]:
                holder = holder[key]
            holder[path[-1]] = part
            yield f"{path} = {part!r}"[:120], other


def paths(value: Any, before: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """Yield the ways to what is in a value, as far as :data:`DEEPEST`."""
    if before:
        yield before
    if len(before) < DEEPEST:
        if isinstance(value, dict):
            for key, item in value.items():
                yield from paths(item, (*before, key))
        elif isinstance(value, list) and value:
            yield from paths(value[0], (*before, 0))
