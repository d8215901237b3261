# Copyright (c) 2026 the hwcloud.workspace contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The maintenance of a pool: which changes are due, in which order, and what came of all of it. Pure.

The order is that in which a change can be taken back. A new product costs a restart and is taken back by another. A new
image costs what is on the system disk, and is taken back by the old image. A disk that has grown stays so, and what was
on a deleted one is gone. So a pool whose new image fails has its data disks still, and an image that needs more memory
finds it. A change that stops keeps those behind it from beginning.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any

from ..client.errors import InputError
from .aims import IMAGE, PRODUCT, VOLUMES
from .catalogue import product_names
from .lookup import count
from .model import Desktop
from .policy import moment
from .waves import DONE, FAILED, PLANNED, ROLLED_BACK, STOPPED, UNCHANGED, start_rollout

SKIPPED = "skipped"

ORDER = (PRODUCT, IMAGE, VOLUMES)
_WORDS = {IMAGE: "image", PRODUCT: "product", VOLUMES: "disks"}
_GOES_ON = (DONE, UNCHANGED, PLANNED)
# What the worst of several changes came to is what all of them came to.
_WORST_FIRST = (FAILED, ROLLED_BACK, STOPPED, DONE, PLANNED, UNCHANGED)


def plan_maintenance(
    report: Mapping[str, Any], asked: Mapping[str, Any], options: Mapping[str, Any], now: datetime
) -> dict[str, Any]:
    """Return what is due in a pool.

    :param report: an entry of desktop_pool_info's ``desktop_pools``, with ``desktops``.
    :param asked: ``image`` (``id`` or ``name``, maybe ``type``), ``product`` (ID or name), ``volumes`` and
        ``volumes_purge``, and what names are looked up in: ``images`` and ``products``. All may be absent or empty.
    :param options: how careful it is; see :class:`Policy`.
    :returns: ``steps`` (the changes that are due, in order: ``what``, ``change``, ``from``, ``to``, ``desktop_ids`` of
        the desktops that can be changed), ``unresolved`` (of ``image`` and ``product``, those of which no look-up told
        the ID), ``is_due`` (whether there is anything to do or to look at closer), ``drain_ids`` (desktops that users
        have to leave), ``asked`` (what was asked for, as a report shows it).
    :raises InputError: the disks or an option cannot be right.
    """
    image, unresolved_image = _image(report, asked)
    product, unresolved_product = _product(report, asked)
    volumes = list(asked.get("volumes") or [])
    changes: dict[str, dict[str, Any]] = {
        PRODUCT: {"product_id": product} if product else {},
        IMAGE: _to_image(image),
        VOLUMES: {"volumes": volumes, "volumes_purge": bool(asked.get("volumes_purge"))} if volumes else {},
    }
    steps: list[dict[str, Any]] = []
    drain_ids: set[str] = set()
    for what in ORDER:
        if not changes[what]:
            continue
        state = start_rollout(report, changes[what], options, now)
        usable = [desktop_id for desktop_id in state["due"] if desktop_id not in state["skipped"]]
        if state["cuts_sessions"]:
            drain_ids.update(usable)
        if state["due"] or state["template_was_due"]:
            step = {"from": state["from"] or state["former"], "to": state["to"] or volumes, "desktop_ids": usable}
            steps.append({"what": what, "change": changes[what], **step})
    unresolved = [what for what, is_so in ((IMAGE, unresolved_image), (PRODUCT, unresolved_product)) if is_so]
    shown = {IMAGE: image, PRODUCT: product, VOLUMES: volumes}
    return {
        "pool": str(report.get("name") or ""),
        "pool_id": str(report.get("id") or ""),
        "steps": steps,
        "unresolved": unresolved,
        "is_due": bool(steps or unresolved),
        "drain_ids": sorted(drain_ids),
        "asked": {what: value for what, value in shown.items() if value},
    }


def _to_image(image: Mapping[str, str]) -> dict[str, str]:
    """Return the change that leads to an image; none where its ID is not known."""
    given = {"image_id": image.get("id", ""), "image_type": image.get("type", ""), "image_name": image.get("name", "")}
    return {name: value for name, value in given.items() if value} if given["image_id"] else {}


def _image(report: Mapping[str, Any], asked: Mapping[str, Any]) -> tuple[dict[str, Any], bool]:
    """Return the image that is asked for, and whether its ID is still to be found."""
    wanted = {key: str(value) for key, value in (asked.get("image") or {}).items() if value}
    if wanted.get("id") or not wanted:
        if wanted.get("id") == report.get("image_id") and report.get("image_name"):
            wanted.setdefault("name", str(report["image_name"]))
        return wanted, False
    fits = [
        image
        for image in asked.get("images") or []
        if image.get("name") == wanted.get("name")
        and (not wanted.get("type") or image.get("image_type") in (None, wanted["type"]))
    ]
    if len(fits) != 1:
        return wanted, True
    return {**wanted, "id": str(fits[0]["id"])}, False


def _product(report: Mapping[str, Any], asked: Mapping[str, Any]) -> tuple[str, bool]:
    """Return the ID of the product that is asked for, and whether it is still to be found."""
    wanted = str(asked.get("product") or "")
    listed = list(asked.get("products") or [])
    if not wanted or wanted == _product_id(report):
        return wanted, False
    if any(product.get("product_id") == wanted for product in listed):
        return wanted, False
    named = {str(product.get("product_id")) for product in listed if wanted in product_names(product)}
    return (named.pop(), False) if len(named) == 1 else (wanted, True)


def errands(asked: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """Return who of the hosts of a batch reads what for whom: one host for each place.

    :param asked: of each host ``host``, ``place`` (hosts of one place see the same pools by the same names), ``pool``
        (name or ID), ``image`` and ``product``.
    :returns: ``host`` (who reads), ``for`` (list of ``host`` and ``pool``), ``pools``, and ``images`` and ``products``
        (the names or IDs of those that may have to be looked up).
    """
    places: dict[str, list[Mapping[str, Any]]] = {}
    for entry in asked:
        places.setdefault(str(entry["place"]), []).append(entry)
    return [
        {
            "host": entries[0]["host"],
            "for": [{"host": entry["host"], "pool": str(entry["pool"])} for entry in entries],
            "pools": _different(entry["pool"] for entry in entries),
            "images": _different(
                entry["image"].get("name") for entry in entries if entry.get("image") and not entry["image"].get("id")
            ),
            "products": _different(entry.get("product") for entry in entries),
        }
        for entries in places.values()
    ]


def handed_out(errand: Mapping[str, Any], reports: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """Return which host gets which pool's report; none where no pool, or more than one, has the name or ID.

    :param errand: one of :func:`errands`.
    :param reports: desktop_pool_info's ``desktop_pools``.
    """
    found = []
    for entry in errand["for"]:
        fits = [report for report in reports if report.get("id") == entry["pool"]]
        fits = fits or [report for report in reports if report.get("name") == entry["pool"]]
        if len(fits) == 1:
            found.append({"host": entry["host"], "report": dict(fits[0])})
    return found


def has_unknown_products(errand: Mapping[str, Any], reports: Sequence[Mapping[str, Any]]) -> bool:
    """Return whether a product that is asked for is that of no pool, so that it may be a name."""
    return bool(set(errand["products"]) - set(map(_product_id, reports)))


def _different(values: Iterable[Any]) -> list[str]:
    return sorted({str(value) for value in values if value})


def _product_id(report: Mapping[str, Any]) -> str:
    return str((report.get("product") or {}).get("product_id") or report.get("product_id") or "")


def goes_on(results: Sequence[Mapping[str, Any]]) -> bool:
    """Return whether the next change may begin, after those with these results."""
    return all(result.get("outcome") in _GOES_ON and not result.get("is_failure") for result in results)


def rehearsed(report: Mapping[str, Any], result: Mapping[str, Any]) -> dict[str, Any]:
    """Return a pool as it would be after a change: nobody is logged in any more on the desktops of its waves.

    :param report: the pool before the change.
    :param result: what the rehearsal of the change came to.
    """
    touched = {found["desktop_id"] for wave in result.get("waves") or [] for found in wave["desktops"]}
    desktops = [dict(record) for record in report.get("desktops") or []]
    for record in desktops:
        if record.get("desktop_id") in touched and Desktop.from_service(record).in_session:
            record["login_status"] = "REGISTERED"
    return {**report, "desktops": desktops}


def maintenance_result(
    plan: Mapping[str, Any], results: Sequence[Any], facts: Mapping[str, Any], time_factor: float = 1.0
) -> dict[str, Any]:
    """Return what came of a pool's maintenance, as the role pool_report takes it.

    :param plan: what :func:`plan_maintenance` said; empty if it did not come to that.
    :param results: what the wave roles left, in the order of the changes.
    :param facts: ``pool``, ``began`` and ``ended`` (ISO 8601), ``check_mode``, ``error`` (what ended it, empty if
        nothing did), ``report`` (the pool as it was read first), ``drain`` and ``release`` (results of these roles),
        ``findings``, ``drift_after``.
    :param time_factor: seconds of the service that pass in one of the controller; other than 1 in rehearsals on a
        simulator.
    """
    report = facts.get("report") or {}
    release = facts.get("release") or {}
    problems = [str(problem) for problem in release.get("problems") or []]
    error = str(facts.get("error") or "")
    is_check = bool(facts.get("check_mode"))
    steps = _steps(plan, results)
    outcome, reasons = _outcome(plan, results, error)
    begun_here = bool((facts.get("drain") or {}).get("maintenance_mode_begun"))
    ended_for_other = bool(release.get("maintenance_mode_ended")) and not begun_here
    if outcome == UNCHANGED and (ended_for_other or release.get("desktops_started")):
        outcome = PLANNED if is_check else DONE
        ends = "it would be ended" if is_check else "it was ended"
        reasons.append(f"A run that did not end had left maintenance mode on; {ends}.")
    if problems:
        outcome = FAILED
        reasons.append("The pool could not be released: " + " ".join(problems))
    waves, timeline = _one_after_the_other(results)
    failed = _once(entry for result in results for entry in result.get("desktops_failed") or [])
    failed_ids = {entry["desktop_id"] for entry in failed}
    succeeded = {desktop_id for result in results for desktop_id in result.get("desktops_succeeded") or []}
    expected = [result.get("expected_seconds") for result in results]
    return {
        "pool": str(report.get("name") or facts.get("pool") or ""),
        "pool_id": str(report.get("id") or ""),
        "outcome": outcome,
        "reason": " ".join(reasons),
        "is_failure": bool(error or problems or any(result.get("is_failure") for result in results)),
        "check_mode": is_check,
        "began": facts.get("began"),
        "ended": facts.get("ended"),
        "seconds": _seconds_between(facts.get("began"), facts.get("ended"), time_factor),
        "rate": _rate(waves),
        "expected_seconds": sum(expected) if is_check and expected and None not in expected else None,
        "asked": dict(plan.get("asked") or facts.get("asked") or {}),
        "steps": steps,
        "waves": waves,
        "timeline": timeline,
        "desktops_succeeded": sorted(succeeded - failed_ids),
        "desktops_failed": failed,
        "desktops_skipped": _once(entry for result in results for entry in result.get("desktops_skipped") or []),
        "desktops_started": list(release.get("desktops_started") or []),
        "desktop_count": next(
            (result["desktop_count"] for result in results if result.get("desktop_count") is not None),
            report.get("desktop_count"),
        ),
        "drift_before": dict(report.get("drift") or {}),
        "drift_after": dict(facts.get("drift_after") or report.get("drift") or {}),
        "findings": list(facts.get("findings") or []),
        "notices": list((facts.get("drain") or {}).get("notices") or []),
    }


def _steps(plan: Mapping[str, Any], results: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """Return the changes as a report lists them, also those that were not begun."""
    by_what = {result.get("what"): result for result in results}
    shown = []
    for step in plan.get("steps") or []:
        result = by_what.get(step["what"], {"outcome": SKIPPED, "reason": "It was not begun."})
        outcome, reason = str(result.get("outcome")), str(result.get("reason") or "")
        names = {"from": result.get("from_name"), "to": result.get("to_name")}
        if step["what"] == IMAGE and names["to"] in (None, step["to"]):
            names["to"] = ((plan.get("asked") or {}).get(IMAGE) or {}).get("name")
        ends = {end: _named(step[end], name) for end, name in names.items()}
        shown.append({"what": step["what"], **ends, "outcome": outcome, "reason": reason})
    return shown


def _named(value: Any, name: Any) -> Any:
    """Return an ID with the name of what it stands for, where that is known."""
    return {"id": value, "name": name} if isinstance(value, str) and name and name != value else value


def _outcome(plan: Mapping[str, Any], results: Sequence[Mapping[str, Any]], error: str) -> tuple[str, list[str]]:
    """Return the outcome, and the sentences that say why."""
    several = len(plan.get("steps") or []) > 1
    reasons = [
        f"{_WORDS[result['what']].capitalize()}: {result['reason']}" if several else str(result["reason"])
        for result in results
        if result.get("reason")
    ]
    if error:
        return FAILED, [*reasons, error]
    outcomes = [str(result.get("outcome")) for result in results]
    outcome = next((known for known in _WORST_FIRST if known in outcomes), UNCHANGED)
    behind = [_WORDS[step["what"]] for step in (plan.get("steps") or [])[len(results) :]]
    if behind and results:
        reasons.append(f"Not begun: {', '.join(behind)}.")
    return outcome, reasons


def _one_after_the_other(
    results: Sequence[Mapping[str, Any]],
) -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
    """Return all waves and the timeline of all desktops, with waves numbered through."""
    waves: list[dict[str, Any]] = []
    timeline: list[dict[str, Any]] = []
    before = 0
    for result in results:
        own = list(result.get("waves") or [])
        waves += [{**wave, "wave": before + int(wave["wave"])} for wave in own]
        timeline += [{**line, "wave": before + int(line["wave"])} for line in result.get("timeline") or []]
        before += max((int(wave["wave"]) for wave in own), default=0)
    return waves, timeline


def _rate(waves: Iterable[Mapping[str, Any]]) -> float | None:
    """Return desktops an hour in the time in which waves ran."""
    timed = [wave for wave in waves if wave.get("seconds")]
    changed = sum(len(wave["desktops"]) - len(wave["failed"]) for wave in timed)
    busy = sum(float(wave["seconds"]) for wave in timed)
    return round(changed / busy * 3600, 1) if busy and changed else None


def _once(entries: Iterable[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """Return the last word on each desktop."""
    return list({str(entry.get("desktop_id")): dict(entry) for entry in entries}.values())


def _seconds_between(began: Any, ended: Any, time_factor: float) -> float | None:
    try:
        first, last = (moment(value, "began and ended", without_zone_utc=True) for value in (began, ended))
    except InputError:
        return None
    return round(max(0.0, (last - first).total_seconds()) * time_factor, 1)


def say_outcome(result: Mapping[str, Any]) -> str:
    """Return one line about a pool's maintenance, as it is shown at the end of a run."""
    numbers = [
        f"{count(len(result['desktops_succeeded']), 'desktop')} succeeded" if result["desktops_succeeded"] else "",
        f"{len(result['desktops_failed'])} failed" if result["desktops_failed"] else "",
        f"{len(result['desktops_skipped'])} skipped" if result["desktops_skipped"] else "",
    ]
    planned = {desktop["desktop_id"] for wave in result["waves"] for desktop in wave["desktops"]}
    if result["outcome"] == PLANNED:
        numbers = [f"{count(len(planned), 'desktop')} in {count(len(result['waves']), 'wave')}"]
    said = str(result["outcome"]).replace("_", " ")
    detail = ", ".join(filter(None, numbers))
    return f"pool {result['pool']}: {said}{f' ({detail})' if detail else ''}. {result['reason']}".strip()
