# Copyright (c) 2026 the hwcloud.workspace contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What speaks against giving a pool an image, a product or disks, and what is amiss with its desktops. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, TypeAlias

from ..client.errors import InputError
from .aims import Aim
from .catalogue import NORMAL, Record, product_status
from .change import Observation
from .disks import PoolDisk, Wish, goal_of, pool_disks, system_disk
from .lookup import count, names
from .model import Desktop, Pool
from .scope import Scope
from .volumes import DELETE, START, DiskStep, Volumes

ERROR, WARNING, INFO = "error", "warning", "info"
YEARLY = "0"  # charging_mode (definitions)
BASE = "BASE"  # the only type of product that private images go with (definitions)
SYSTEM_DISK, DATA_DISK = (80, 1020), (10, 8200)  # GB (Terraform provider: docs; help page: constraints)

# Package kinds between which a resize leads (help page: changing specifications of a desktop pool).
_PACKAGES_UP = frozenset({("enterprise", "ultimate")})
# States in which no desktop can be made from an image, where a region tells a state (definitions: images).
_UNUSABLE_IMAGES = frozenset({"queued", "saving", "deleted", "killed", "deactivated", "error"})
_BILLED = {YEARLY: "by the month or year", "1": "by use"}


@dataclass(frozen=True)
class Finding:
    """Something that was found.

    :param check: what was looked at, one word for programs.
    :param severity: ``error`` (it would fail), ``warning`` (it may fail, or people have to know) or ``info``.
    :param message: one sentence that says what is so.
    :param action: one sentence that says what to do about it.
    """

    check: str
    severity: str
    message: str
    action: str

    def report(self) -> dict[str, str]:
        """Return it as a dictionary."""
        return {"check": self.check, "severity": self.severity, "message": self.message, "action": self.action}


Findings: TypeAlias = Iterator[Finding]


def error(check: str, message: str, action: str) -> Finding:
    """Return a finding that makes a run fail."""
    return Finding(check, ERROR, message, action)


def warning(check: str, message: str, action: str) -> Finding:
    """Return a finding that people have to know of."""
    return Finding(check, WARNING, message, action)


def info(check: str, message: str, action: str) -> Finding:
    """Return a finding that is good to know."""
    return Finding(check, INFO, message, action)


def about_pool(record: Record, pool: Pool, jobs: Sequence[Record]) -> Findings:
    """Yield what is amiss with a pool itself.

    :param jobs: those that run for it.
    """
    if pool.status == "ERROR":
        yield error("state", "the pool is in state ERROR.", "Look at it in the console, and mend it first.")
    elif pool.status not in ("", "STEADY", "EXIST_FROZEN") and not jobs:
        text = f"the pool is in state {pool.status}, and no job is known that changes it."
        yield warning("state", text, "Look at it in the console.")
    for job in jobs:
        size = count(len(job.get("sub_jobs") or []), "desktop")
        yield warning(
            "jobs",
            f"job {job.get('job_id')} ({job.get('job_type')}) runs for the pool, on {size}.",
            "Nothing has to be done: it is waited for, which takes a part of the window.",
        )
    if pool.is_autoscaled:
        yield warning(
            "autoscaling",
            "the pool scales by itself, so its number of desktops can change meanwhile.",
            "Switch autoscaling off for the night, or let a second run change the desktops that were added.",
        )
    if record.get("in_maintenance_mode") is True:
        yield warning(
            "maintenance_mode",
            "the pool is in maintenance mode already, be it by somebody else or by a run that was interrupted.",
            "Make sure that nobody else works on it; the end of a maintenance may end the mode.",
        )
    if not partial_changes(record):
        yield warning(
            "region",
            "this region changes whole pools only, so there is no canary, and all desktops are changed at once.",
            "Choose a time at which nobody needs the pool.",
        )


def partial_changes(record: Record) -> bool:
    """Return whether a pool's region knows changes of a part of a pool; it does if nobody asked."""
    return (record.get("capabilities") or {}).get("partial_changes") is not False


def about_desktops(record: Record, desktops: Sequence[Desktop], due: frozenset[str], aims: Iterable[Aim]) -> Findings:
    """Yield what is amiss with desktops that are to be changed.

    :param due: IDs of those that are to be changed.
    :param aims: what they are brought to.
    """
    whole = not partial_changes(record)
    made = [desktop for desktop in desktops if desktop.is_being_made]
    concerned = [desktop for desktop in desktops if desktop.id in due and not desktop.is_being_made]
    frozen = [desktop for desktop in concerned if desktop.fields.get("is_freeze") is True]
    broken = [desktop for desktop in concerned if desktop.status == "ERROR"]
    isolated = [desktop for desktop in concerned if desktop.fields.get("isolated") is True]
    leaving = [desktop for desktop in desktops if desktop.is_leaving]
    if frozen and whole:
        action = "Settle the account's bills; the change of the whole pool fails for them."
        yield error("frozen", f"{_are(frozen, 'frozen')}.", action)
    elif frozen:
        yield warning(
            "frozen", f"{_are(frozen, 'frozen')}.", "Settle the account's bills; until then they are left out."
        )
    elif due and str(record.get("status")) == "EXIST_FROZEN":
        text = "the pool holds frozen desktops; none of them needs the change, or the region does not tell which."
        yield warning("frozen", text, "Settle the account's bills.")
    if broken:
        left_out = not whole and any(aim.what != "image" for aim in aims)
        end = "a resize and changes of disks leave them out" if left_out else "the change probably fails for them"
        yield warning("desktops", f"{_are(broken, 'in state ERROR')}.", f"Mend or delete them; until then {end}.")
    if isolated:
        action = "Nothing has to be done, but they do not count as available."
        yield warning("desktops", f"{_are(isolated, 'isolated')}, so nobody can connect to them.", action)
    if made:
        action = "Wait until they are ready, or run once more later."
        yield warning("desktops", f"{_are(made, 'being made')}.", action)
    if leaving:
        yield warning("desktops", f"{_are(leaving, 'being deleted')}.", "Nothing has to be done: they are left out.")


def about_image(record: Record, pool: Pool, image: Record, product: Record) -> Findings:
    """Yield what speaks against recomposing a pool to an image.

    :param product: the one that the desktops have then. Both it and the image may lack any field.
    """
    called = f"image {image.get('name') or image.get('id')}"
    state = str(image.get("status") or "").lower()
    if state in _UNUSABLE_IMAGES:
        yield error("image", f"{called} cannot be used, its status is {state}.", "Wait, or choose another image.")
    ours, theirs = str(record.get("image_os_type") or ""), str(image.get("os_type") or "")
    if _differ(ours, theirs):
        yield warning(
            "image",
            f"{called} has {theirs}, and the pool's present image has {ours}.",
            "Make sure that the switch is meant: what is on data disks may not be readable afterwards.",
        )
    has = f"product {product.get('product_id')} has"
    processors, needed = str(product.get("architecture") or ""), str(image.get("architecture") or "")
    if _differ(processors, needed):
        text = f"{called} is for {needed} processors, and {has} {processors} processors."
        yield error("image", text, f"Choose an image for {processors} processors.")
    if _less(product.get("memory"), image.get("min_ram")):
        text = f"{called} needs {image['min_ram']} MB of memory, and {has} {product['memory']} MB."
        yield error("image", text, "Choose another image, or a product with more memory.")
    if image.get("image_type") == "private" and product.get("type") not in (None, "", BASE):
        text = f"{called} is a private image, and {has} type {product['type']}, which takes only images of the service."
        yield error("image", text, f"Choose a product of type {BASE}, or an image of type gold.")
    disk = system_disk(pool)
    if disk.size and _less(disk.size, image.get("min_disk")):
        text = f"{called} needs a system disk of {image['min_disk']} GB, and the pool's has {disk.size} GB."
        yield error("image", text, "Grow the system disk first, or choose another image.")


def about_product(record: Record, product: Record, in_zone: Sequence[Record], candidates: Sequence[Record]) -> Findings:
    """Yield what speaks against resizing a pool to a product.

    :param in_zone: the products that the pool's availability zone offers; empty if the region does not tell.
    :param candidates: those that the pool's product can be resized to; empty if the region does not tell.
    """
    product_id = str(product["product_id"])
    called, present = f"product {product_id}", record.get("product") or {}
    here = next((item for item in in_zone if item.get("product_id") == product_id), None)
    if in_zone and here is None:
        text = f"{called} is not offered in the pool's availability zone {record.get('availability_zone')}."
        yield error("product", text, "Choose a product that is offered there.")
    state = product_status(here or product)
    billed, listed = str(record.get("charging_mode") or ""), str(product.get("charge_mode") or "")
    if _differ(billed, listed):
        ways = [_BILLED.get(mode, f"in mode {mode}") for mode in (listed, billed)]
        text = f"{called} is listed as billed {ways[0]}, and the pool is billed {ways[1]}."
        yield warning("product", text, "Make sure that the product can be had with the pool's way of billing.")
    elif state != NORMAL:
        text = f"{called} cannot be chosen now, its status is {state}."
        yield error("product", text, "Wait, or choose another product.")
    forbidden = list(_about_step(called, record, present, product))
    yield from forbidden
    known = {item.get("product_id") for item in candidates} | {present.get("product_id")}
    if candidates and product_id not in known and not forbidden:
        yield warning(
            "product",
            f"the service does not list {called} among those that product {present.get('product_id')} can become.",
            "Look at them with the module product_info and its option resize_from.",
        )


def _about_step(called: str, record: Record, present: Record, product: Record) -> Findings:
    kinds = str(present.get("package_type") or ""), str(product.get("package_type") or "")
    if _differ(*kinds) and kinds not in _PACKAGES_UP:
        text = f"{called} is of the kind {kinds[1]}, which desktops of the kind {kinds[0]} cannot become."
        action = f"Choose a product of the kind {kinds[0]}; enterprise alone leads to another kind, ultimate."
        yield error("product", text, action)
    processors = str(present.get("architecture") or ""), str(product.get("architecture") or "")
    if _differ(*processors):
        text = f"{called} has {processors[1]} processors, and the pool's present product {processors[0]} processors."
        yield error("product", text, f"Choose a product with {processors[0]} processors.")
    less = [what for what, key in (("CPUs", "cpu"), ("memory", "memory")) if _less(product.get(key), present.get(key))]
    if less and str(record.get("charging_mode")) == YEARLY:
        words = {"CPUs": "fewer CPUs", "memory": "less memory"}
        text = (
            f"{called} has {_listed([words[what] for what in less])} than the pool's present one, and a pool that "
            "is billed by the month or year can only grow."
        )
        yield error("product", text, "Choose a larger product.")


def about_volumes(pool: Pool, desktops: Sequence[Desktop], aim: Aim) -> Findings:
    """Yield what speaks against a change of disks, and what else it does.

    :param desktops: those of the pool, without those that are being deleted.
    """
    try:
        plan = Volumes(aim.wishes, Scope(), purge=aim.purge).plan(Observation(pool, tuple(desktops)))
    except InputError as problem:
        yield error("volumes", str(problem), "Correct the list of disks.")
        return
    for wish in aim.wishes:
        yield from _about_size(pool, wish)
    steps = [step for step in plan.foreseen if isinstance(step, DiskStep)]
    started = frozenset[str]().union(*(step.desktop_ids for step in steps if step.kind == START))
    if started:
        stopped = _are([desktop for desktop in desktops if desktop.id in started], "stopped")
        text = f"{stopped}. Disks are added to running desktops only, so they are started for it."
        yield warning("volumes", text, "Nothing has to be done: they are stopped again when they have the disk.")
    deleted = list(dict.fromkeys(f"{step.disk} ({step.disk.id})" for step in steps if step.kind == DELETE))
    if deleted:
        text = f"disks are deleted with all that is on them: {', '.join(deleted)}."
        yield warning("volumes", text, "Make sure that nobody needs what is on them; nothing brings it back.")
    for hint in goal_of(pool, aim.wishes, (), absent=False, purge=aim.purge, moves_template=True).hints:
        yield warning("volumes", f"the list of disks {hint}", "Make sure that this is meant.")


def _about_size(pool: Pool, wish: Wish) -> Findings:
    disks = [system_disk(pool), *pool_disks(pool)]
    present: PoolDisk | None = next((disk for disk in disks if wish.id and disk.id == wish.id), None)
    if wish.size is None or (present is not None and wish.size == present.size):
        return
    is_system = present is not None and present.is_system
    least, most = SYSTEM_DISK if is_system else DATA_DISK
    if not least <= wish.size <= most:
        what = "system" if is_system else "data"
        text = f"no {what} disk can be made {wish.size} GB large; the service takes {least} to {most} GB."
        yield error("volumes", text, "Correct the size of the disk.")


def about_bills(record: Record, ordered: Sequence[str]) -> Findings:
    """Yield what to know of a pool that is billed by the month or year.

    :param ordered: what is to be done that goes through an order there, in words.
    """
    if str(record.get("charging_mode") or "") != YEARLY or not ordered:
        return
    go = "goes" if len(ordered) == 1 else "go"
    yield warning(
        "billing",
        f"the pool is billed {_BILLED[YEARLY]}, where {_listed(ordered)} {go} through an order; the service may refuse "
        "what is asked for without one.",
        "Place the order in the console, or try with one desktop first.",
    )


def _listed(words: Sequence[str]) -> str:
    return " and ".join(part for part in (", ".join(words[:-1]), words[-1]) if part)


def _are(desktops: Sequence[Desktop], state: str) -> str:
    return f"{count(len(desktops), 'desktop')} {'is' if len(desktops) == 1 else 'are'} {state}: {names(desktops)}"


def _differ(one: str, other: str) -> bool:
    """Return whether two words differ; one that is not known differs from nothing."""
    return bool(one and other) and one.upper() != other.upper()


def _number(value: Any) -> int | None:
    try:
        return int(value)
    except (TypeError, ValueError):
        return None


def _less(one: Any, other: Any) -> bool:
    first, second = _number(one), _number(other)
    return first is not None and second is not None and first < second
