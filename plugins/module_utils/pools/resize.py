# Copyright (c) 2026 the hwcloud.workspace contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Resizing a pool: which desktops need the product, and the one request that comes next.

A desktop that already has the wanted product is never resized again, because a resize stops it. The request for the
whole pool is therefore sent only while none of its desktops has the product. It is also refused while desktops differ
in product: these have to be brought in line by their IDs (help page: changing specifications of a desktop pool).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from ..client.errors import NotFoundError, RefusedError, WorkspaceError
from ..client.jobs import SHARED_JOB_TYPES
from ..client.operations import LIST_PRODUCTS, RESIZE_POOL
from ..client.pagination import read_list
from ..client.session import Session
from .alignment import Target, request_scope, require_partial_requests, staying
from .change import Change, Observation, Plan, Step, Submission
from .lookup import names
from .model import Desktop, Pool
from .scope import Scope

STOP_DESKTOP = "STOP_DESKTOP"


@dataclass(frozen=True)
class Resize(Change):
    """Give a pool and its desktops another product, that is CPU and memory.

    :param product_id: the product that is wanted.
    :param scope: which desktops and whether the template.
    :param mode: STOP_DESKTOP has desktops that are not stopped stopped first; None has them fail (Terraform provider).
    :param flavor_id: the product's flavor, None if it was not given.
    """

    product_id: str
    scope: Scope
    mode: str | None = None
    flavor_id: str | None = None

    verb = "resize"
    job_types = SHARED_JOB_TYPES  # no source names the type of a resize

    @property
    def _target(self) -> Target:
        return Target("product_id", "desktops_by_product", self.product_id)

    def observe(self, session: Session, pool: Pool) -> Observation:
        """Read the desktops in scope; the service's own count of drifted ones first, where it can spare the list."""
        return self._target.observe(session, pool, self.scope)

    def plan(self, observation: Observation) -> Plan:
        """Return the next request, or none if the product is where it is wanted."""
        pool, target = observation.pool, self._target
        present = staying(observation)
        desktops = [desktop for desktop in present if self.scope.covers(desktop)]
        due = [desktop for desktop in desktops if desktop.product_id != self.product_id]
        template_due = target.is_template_due(pool, self.scope)
        if not due and not template_due:
            return Plan(None)
        # Desktops out of scope count as well: what the service takes for idle may be more than what this does.
        products = {desktop.product_id for desktop in present}
        template_alone = template_due and (self.product_id in products or len(products) > 1)
        step = self._step(due, template_due, template_alone)
        before, after = target.difference(pool, desktops, template_due=template_due, desktops_due=bool(due))
        return Plan(
            step,
            before,
            after,
            self._warnings(pool, due),
            {**pool.fields, "product": {"product_id": self.product_id}} if template_due else None,
            steps=2 if template_alone and due else 1,
        )

    def verify(self, session: Session, pool: Pool, step: Step) -> None:
        """Refuse a product that cannot be had, and what a region may not understand as it is meant.

        :raises NotFoundError: the service's product list does not know the product.
        :raises WorkspaceError: it is sold out or not offered in the pool's zone; or only a part of the pool can be
            resized, and the region does not know how to leave the rest alone.
        """
        require_partial_requests(
            session,
            pool,
            self.scope,
            step,
            "desktops that have the product already, or that differ in product, cannot be resized all at once, and "
            "this region does not seem to know how to resize some of them; name those that need it in desktop_ids if "
            "it does, or resize them one by one in the console.",
        )
        require_offer(session, pool, self.product_id)

    def accepted(self, answer: Mapping[str, Any]) -> Submission:
        """Return the job, and the jobs of single desktops that newer regions name beside it or instead of it."""
        desktops: dict[str, list[str]] = {}
        for entry in answer.get("jobs") or ():
            if entry.get("job_id"):
                desktops.setdefault(str(entry["job_id"]), []).append(str(entry.get("desktop_id") or ""))
        job_id = str(answer.get("job_id") or "")
        if not job_id and len(desktops) == 1:
            job_id = next(iter(desktops))  # one job for all of them
        parts = {part: ids[0] for part, ids in desktops.items() if part != job_id}
        return Submission(job_id or None, parts)

    def _step(self, due: Sequence[Desktop], template_due: bool, template_alone: bool) -> Step:
        body = {"product_id": self.product_id}
        if self.flavor_id is not None:
            body["flavor_id"] = self.flavor_id
        part = request_scope(self.scope, due, as_asked=template_due, template_alone=template_alone)
        if template_alone:
            return Step(RESIZE_POOL, {**body, **part}, moves_template=True)  # nothing is stopped, so no mode
        if self.mode is not None:
            body["mode"] = self.mode
        return Step(RESIZE_POOL, {**body, **part}, frozenset(desktop.id for desktop in due), template_due)

    def _warnings(self, pool: Pool, due: Sequence[Desktop]) -> tuple[str, ...]:
        up = [desktop for desktop in due if desktop.status != "SHUTOFF"]
        if not up:
            return ()
        share = f"pool {pool.name}: {len(up)} of the {len(due)} desktops to resize"
        are, fail = ("is", "fails") if len(up) == 1 else ("are", "fail")
        if self.mode is None:
            return (f"{share} {are} running and {fail} unless mode is {STOP_DESKTOP}: {names(up)}.",)
        found = [f"{share} {are} running and {are} stopped first: {names(up)}."]
        sessions = [desktop for desktop in up if desktop.in_session]
        if sessions:
            found.append(
                f"pool {pool.name}: users are logged in on {len(sessions)} of the {len(due)} desktops to resize, "
                f"and their unsaved work is lost: {names(sessions)}."
            )
        return tuple(found)


def require_offer(session: Session, pool: Pool, product_id: str) -> None:
    """Refuse a product that the service's list does not offer for a pool."""
    zone = str(pool.fields.get("availability_zone") or "")
    offered = _products_in(session, zone) if zone else []
    found = _find(offered, product_id)
    if found is None:
        found = _find(read_list(session, LIST_PRODUCTS).items, product_id)
        if found is None:
            raise NotFoundError(
                f"product {product_id} is not among the products of this region; check product_id. Nothing was changed."
            )
        if offered:
            raise WorkspaceError(
                f"product {product_id} is not offered in the pool's availability zone {zone}; choose another one."
            )
    status = str(found.get("status") or "normal")  # the default (definitions)
    modes = {str(found.get("charge_mode") or ""), str(pool.fields.get("charging_mode") or "")} - {""}
    if status != "normal" and len(modes) < 2:  # what is said of the other way of billing is not said of this pool
        raise WorkspaceError(
            f"product {product_id} cannot be chosen now, its status is {status}; wait or choose another one."
        )


def _products_in(session: Session, zone: str) -> list[dict[str, Any]]:
    """Return what a zone offers; nothing if the region cannot tell."""
    try:
        return read_list(session, LIST_PRODUCTS, query={"availability_zone": zone}).items
    except RefusedError as error:
        if error.http_status in (400, 404, 405):
            return []
        raise


def _find(products: Sequence[dict[str, Any]], product_id: str) -> dict[str, Any] | None:
    return next((product for product in products if product.get("product_id") == product_id), None)
