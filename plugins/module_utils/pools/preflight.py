# Copyright (c) 2026 the hwcloud.workspace contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Finding what would make a maintenance of a pool fail, out of what was read before anything is touched. Pure.

What was asked for is judged by the code that carries it out, and nothing ends at the first problem: a look-up that
failed is a finding, and the checks that need it are left out.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from ..client.clock import duration
from ..client.errors import InputError
from .aims import IMAGE, PRODUCT, VOLUMES, Aim
from .catalogue import Record, product_names
from .findings import (
    ERROR,
    INFO,
    WARNING,
    Finding,
    Findings,
    about_bills,
    about_desktops,
    about_image,
    about_pool,
    about_product,
    about_volumes,
    error,
    info,
    warning,
)
from .lookup import count, names
from .model import Desktop, Pool
from .policy import SKIP, WAIT, Policy
from .rebuild import Rebuild
from .volumes import Volumes
from .waves import BY_FLOOR, BY_SESSIONS, pool_pace, rehearse_rollout

_OPTIONS = ("canary", "max_unavailable", "min_available", "session_policy", "window_end")
_RESULTS = frozenset({"desktop_pools", "images", "products", "jobs"})
_WORDS = {IMAGE: "image", PRODUCT: "product", VOLUMES: "disks"}
_CORRECT = "Correct the variable."


@dataclass(frozen=True)
class Asked:
    """What a maintenance is to do; empty where it is not asked for.

    :param image: ``id`` or ``name``, and maybe ``type``.
    :param product: an ID or a name.
    :param volumes: disks, as desktop_pool_volumes takes them.
    :param options: see :class:`Policy`.
    """

    pool: str
    image: Mapping[str, Any] = field(default_factory=dict)
    product: str = ""
    volumes: Sequence[Any] = ()
    purge: bool = False
    options: Mapping[str, Any] = field(default_factory=dict)

    @classmethod
    def of(cls, asked: Mapping[str, Any]) -> Asked:
        """Read a dictionary that calls purge ``volumes_purge`` and holds the options beside the rest.

        An empty value is the same as none.
        """
        given = {name: value for name, value in asked.items() if value not in (None, "", [], {})}
        return cls(
            pool=str(given.get("pool") or ""),
            image={name: str(value) for name, value in (given.get("image") or {}).items() if value},
            product=str(given.get("product") or ""),
            volumes=tuple(given.get("volumes") or ()),
            purge=bool(given.get("volumes_purge")),
            options={name: given[name] for name in _OPTIONS if name in given},
        )

    @property
    def changes_nothing(self) -> bool:
        """Whether no change is asked for, so that the pool alone is looked at."""
        return not (self.image or self.product or self.volumes)


def preflight(asked: Mapping[str, Any], read: Mapping[str, Any], now: datetime) -> dict[str, Any]:
    """Return what was found, and what the names stand for.

    :param asked: see :meth:`Asked.of`.
    :param read: results of look-ups, each as its task returned it, failed or not; what was not looked up is absent.
        ``pool`` is desktop_pool_info with all that it gathers, ``parts`` a list of the same with one thing gathered
        each, where that failed. ``images``, ``products``, ``products_in_zone``, ``products_to_become`` and ``jobs``
        are of the other modules.
    :param now: the time, with a zone.
    :returns: ``findings`` (errors first), ``lines`` (the same for people), ``failure`` (one sentence with all errors,
        empty if there is none), ``image_id`` and ``product_id`` (empty if not asked for or not found),
        ``pool_record`` (empty if the pool could not be read), ``desktops_due`` (IDs of the desktops that the changes
        are about) and ``expected_seconds`` (None if it is not known).
    """
    look = _Look(Asked.of(asked), read, now)
    order = (ERROR, WARNING, INFO)
    found = sorted(dict.fromkeys(look.findings()), key=lambda finding: order.index(finding.severity))
    called = f"pool {look.record.get('name') or asked.get('pool')}"
    return {
        "findings": [finding.report() for finding in found],
        "lines": [f"{called}: {line}" for line in map(_line, found)] or [f"{called}: nothing speaks against it."],
        "failure": _failure(called, [finding for finding in found if finding.severity == ERROR]),
        "image_id": str(look.image.get("id") or ""),
        "product_id": str(look.product.get("product_id") or ""),
        "pool_record": look.record,
        "desktops_due": sorted(look.due),
        "expected_seconds": look.expected_seconds,
    }


def _line(finding: Finding) -> str:
    return f"{finding.severity} ({finding.check}): {finding.message} {finding.action}"


def _failure(called: str, errors: Sequence[Finding]) -> str:
    """Return one sentence about all errors, empty if there is none."""
    if not errors:
        return ""
    listed = " ".join(f"({number}) {found.message} {found.action}" for number, found in enumerate(errors, 1))
    were = "error was" if len(errors) == 1 else "errors were"
    return f"{called}: {len(errors)} {were} found before anything was touched. {listed}"


class _Look:
    """One pool being looked at. What is public is known once all findings were taken."""

    def __init__(self, asked: Asked, read: Mapping[str, Any], now: datetime) -> None:
        self.image: Record = {}
        self.product: Record = {}
        self.record: dict[str, Any] = {}
        self.due: frozenset[str] = frozenset()
        self.expected_seconds: float | None = None
        self._asked = asked
        self._read = read
        self._now = now
        self._pool = Pool.absent(asked.pool)
        self._desktops: list[Desktop] | None = None  # without those that are being deleted
        self._aims: list[tuple[dict[str, Any], Aim]] = []

    def findings(self) -> Findings:
        """Yield all findings."""
        policy: Policy | None = None
        try:
            policy = Policy.of(self._asked.options)
        except InputError as problem:
            yield error("options", str(problem), _CORRECT)
        yield from self._take_pool()
        for name in ("images", "products", "jobs"):
            yield from _refusal(self._read.get(name), name)
        yield from self._take_image()
        yield from self._take_product()
        if not self.record:
            return
        yield from about_pool(self.record, self._pool, self.record.get("running_jobs") or [])
        yield from self._take_aims()
        yield from self._about_changes()
        if self._desktops is not None:
            desktops = [Desktop.from_service(dict(desktop)) for desktop in self.record["desktops"]]
            yield from about_desktops(self.record, desktops, self.due, [aim for _change, aim in self._aims])
            if policy is not None:
                yield from self._about_users(policy, self._desktops)
                yield from self._about_waves()
                yield from self._about_window(policy)

    # ---- what was read

    def _take_pool(self) -> Findings:
        whole, parts = self._read.get("pool") or {}, list(self._read.get("parts") or [])
        records = [result["desktop_pools"][0] for result in [whole, *parts] if result.get("desktop_pools")]
        if not records:
            # Each part begins with the pool itself, so that all of them say the same.
            yield from _refusal(whole, "pool")
            return
        for part in parts:
            yield from _refusal(part, str((part.get("item") or {}).get("name") or "pool"))
        self.record = {name: value for record in records for name, value in record.items()}
        self._pool = Pool.from_service(self.record)
        if self.record.get("desktops") is not None:
            found = [Desktop.from_service(dict(desktop)) for desktop in self.record["desktops"]]
            self._desktops = [desktop for desktop in found if not desktop.is_leaving]

    def _take_image(self) -> Findings:
        images = (self._read.get("images") or {}).get("images")
        if not self._asked.image or images is None:
            return
        key = "id" if self._asked.image.get("id") else "name"
        wanted, kind = self._asked.image.get(key), self._asked.image.get("type")
        fits = [image for image in images if image.get(key) == wanted]
        typed = [image for image in fits if not kind or image.get("image_type") in (None, kind)]
        if len(typed) == 1:
            self.image = typed[0]
        elif typed:
            ids = ", ".join(sorted(str(image.get("id")) for image in typed))
            yield error("image", f"{len(typed)} images are called {wanted}: {ids}.", "Give the ID of one of them.")
        elif fits:
            kinds = ", ".join(sorted({str(image.get("image_type")) for image in fits}))
            yield error("image", f"image {wanted} is of type {kinds}, not {kind}.", "Correct the type of the image.")
        elif self._has("image_id", wanted):
            self.image = {"id": wanted}
        else:
            text = f"image {wanted} is not among the project's images.{_similar(str(wanted), images)}"
            yield error("image", text, "Check its ID or name, and that the image is shared with this project.")

    def _take_product(self) -> Findings:
        products = (self._read.get("products") or {}).get("products")
        if not self._asked.product or products is None:
            return
        wanted = self._asked.product
        fits = [product for product in products if product.get("product_id") == wanted]
        fits = fits or [product for product in products if wanted in product_names(product)]
        if len(fits) == 1:
            self.product = fits[0]
        elif fits:
            ids = ", ".join(sorted(str(product.get("product_id")) for product in fits))
            yield error("product", f"{len(fits)} products are called {wanted}: {ids}.", "Give the ID of one of them.")
        elif self._has("product_id", wanted):
            self.product = {"product_id": wanted}
        else:
            text = f"product {wanted} is not among the products of this region."
            yield error("product", text, "Check its ID or name.")

    def _has(self, field: str, value: str | None) -> bool:
        """Return whether the pool and its desktops have an image or a product, which may be off the list by now."""
        things = [self._pool, *(self._desktops or [])]
        return bool(value) and all(getattr(thing, field) == value for thing in things)

    def _take_aims(self) -> Findings:
        if self._desktops is None:
            return
        for change in self._changes():
            try:
                aim = Aim.of(change)
                due = aim.due(self._pool, self._desktops)
            except InputError as problem:
                yield error("volumes", str(problem), "Correct the list of disks.")
                continue
            self._aims.append((change, aim))
            self.due |= due
        if self._asked.changes_nothing:
            self.due = frozenset(desktop.id for desktop in self._desktops)

    def _changes(self) -> Iterator[dict[str, Any]]:
        if self.image:
            yield {"image_id": str(self.image["id"])}
        if self.product:
            yield {"product_id": str(self.product["product_id"])}
        if self._asked.volumes:
            yield {"volumes": list(self._asked.volumes), "volumes_purge": self._asked.purge}

    # ---- what it comes to

    def _about_changes(self) -> Findings:
        ordered = []
        if self.image and self._is_due(IMAGE):
            yield from about_image(
                self.record, self._pool, self.image, self.product or self.record.get("product") or {}
            )
            if self.image.get("product_code"):
                ordered.append("the switch to a paid image")
        if self.product and self._is_due(PRODUCT):
            in_zone, candidates = (self._listed(name) for name in ("products_in_zone", "products_to_become"))
            yield from about_product(self.record, self.product, in_zone, candidates)
            ordered.append("a resize")
        for _change, aim in self._aims:
            if aim.what == VOLUMES and self._is_due(VOLUMES):
                yield from about_volumes(self._pool, self._desktops or (), aim)
                ordered.append("a change of disks")
        yield from about_bills(self.record, ordered)

    def _is_due(self, what: str) -> bool:
        """Return whether the template or a desktop needs a change, or nobody knows."""
        if self._desktops is None:
            return True
        aims = [aim for _change, aim in self._aims if aim.what == what]
        return any(aim.template_due(self._pool, self._desktops) or aim.due(self._pool, self._desktops) for aim in aims)

    def _listed(self, name: str) -> list[Record]:
        return list((self._read.get(name) or {}).get("products") or [])

    def _about_users(self, policy: Policy, desktops: Sequence[Desktop]) -> Findings:
        cut = self.due if self._asked.changes_nothing else frozenset[str]()
        for _change, aim in self._aims:
            if aim.cuts_sessions(self._pool, desktops):
                cut |= aim.due(self._pool, desktops)
        used = [desktop for desktop in desktops if desktop.id in cut and desktop.in_session]
        if not used:
            return
        away = sum(desktop.login_status == "DISCONNECTED" for desktop in used)
        text = f"users are logged in on {len(used)} of the {count(len(cut), 'desktop')} to change"
        text += f", {away} of them disconnected with work that may not be saved" if away else ""
        text += f": {names(used)}."
        if policy.session_policy == SKIP:
            yield info("sessions", text, "Nothing has to be done: their desktops are left for a later run.")
        elif policy.session_policy == WAIT:
            yield warning("sessions", text, "They are waited for, which takes a part of the window.")
        else:
            yield warning("sessions", text, "They are told, and logged off when the grace is over.")

    def _about_waves(self) -> Findings:
        jobs = (self._read.get("jobs") or {}).get("jobs") or []
        seconds: float | None = 0.0
        is_halted = False
        record = _once_idle(self.record)
        for change, aim in self._aims:
            try:
                rollout = rehearse_rollout(record, change, self._asked.options, self._now, _pace(jobs, aim))
            except InputError as problem:
                yield error("options", str(problem), _CORRECT)
                return
            stops = f"the change of the {_WORDS[aim.what]} comes to a halt: {rollout['reason']}"
            if rollout["cause"] == BY_FLOOR and not is_halted:
                is_halted = True  # the other changes would be halted by the same limits
                yield error("capacity", stops, "Lower min_available, or wait until more desktops can be used.")
            elif rollout["cause"] == BY_SESSIONS:
                action = "Choose a time at which nobody is logged in, or another session policy."
                yield warning("sessions", stops, action)
            expected = rollout["expected_seconds"]
            seconds = None if seconds is None or expected is None else seconds + expected
        self.expected_seconds = seconds

    def _about_window(self, policy: Policy) -> Findings:
        end = policy.window_end
        if end is None or not self.due:
            return
        left = (end - self._now).total_seconds()
        desktops = count(len(self.due), "desktop")
        take = "takes" if len(self.due) == 1 else "take"
        if left <= 0:
            text = f"the window ended at {_text(end)}, so no desktop would be changed."
            yield error("window", text, "Correct the end of the window.")
        elif self.expected_seconds is None:
            yield info(
                "window",
                f"nobody knows how long {desktops} {take}, since the service has no record of such a change of this "
                f"pool; the window ends in {duration(left)}.",
                "Watch the first waves; what is not done when the window ends is left for the next run.",
            )
        elif self.expected_seconds > left:
            done = self._now + timedelta(seconds=self.expected_seconds)
            yield warning(
                "window",
                f"{desktops} {take} about {duration(self.expected_seconds)}, until {_text(done)}, "
                f"and the window ends in {duration(left)}.",
                "Extend the window or raise max_unavailable; else a part is left for the next run.",
            )


def _refusal(result: Record | None, what: str) -> Findings:
    """Yield the finding of a look-up that failed.

    :param what: what it was to read.
    """
    if not result or result.get("skipped") or not result.get("msg") or _RESULTS & set(result):
        return
    text, status = str(result["msg"]), result.get("http_status")
    if status == 403:
        action = result.get("iam_action")
        need = f"the permission {action}" if action else f"the permission to read: {what}"
        yield error("rights", text, f"Give the credentials {need}.")
    elif status == 401:
        yield error("rights", text, "Check the credentials; nothing else was looked up.")
    elif what == "pool" and status is None:
        yield error("pool", text, "Check the name of the pool, the region, the project and the credentials.")
    else:
        yield error("lookup", text, f"See to it that this can be read, then run again: {what}.")


def _once_idle(record: Record) -> Record:
    """Return the pool as it will be when the jobs that run for it have ended, which are waited for."""
    if not record.get("running_jobs"):
        return record
    desktops = [
        desktop if found.is_leaving or found.is_being_made else {**desktop, "task_status": ""}
        for desktop, found in ((one, Desktop.from_service(dict(one))) for one in record["desktops"])
    ]
    return {**record, "desktops": desktops}


def _pace(jobs: Sequence[Record], aim: Aim) -> dict[str, Any]:
    """Return how fast past changes of a kind were.

    Of a resize no source names the type of its jobs, and a type that power actions have as well tells nothing.
    """
    if aim.what == IMAGE:
        return pool_pace(jobs, Rebuild.job_types)
    kinds = {str(job.get("job_type") or "") for job in jobs}
    if aim.what == PRODUCT:
        return pool_pace(jobs, {kind for kind in kinds if "resize" in kind.lower()})
    return pool_pace(jobs, Volumes.job_types | {kind for kind in kinds if "volumes" in kind.lower()})


def _similar(wanted: str, images: Iterable[Record]) -> str:
    start = wanted.upper()[:5]
    close = sorted({str(image.get("name")) for image in images if start and start in str(image.get("name")).upper()})
    return f" Images with similar names: {', '.join(close[:5])}." if close else ""


def _text(moment: datetime) -> str:
    return moment.isoformat(timespec="seconds")
