# Copyright (c) 2026 the hwcloud.workspace contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Recomposing a pool: which desktops need the image, and the one request that comes next.

A desktop that already runs the wanted image is never recomposed again unless that is asked for, because a recompose
wipes its system disk. Where a pool is half-way (a canary, a rollout that failed for some), the request for the whole
pool would do just that; so the template is moved alone, and then only the desktops that differ are repaired.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from ..client.errors import InputError, NotFoundError
from ..client.operations import REBUILD_POOL
from ..client.session import Session
from .alignment import Target, request_scope, require_partial_requests, staying
from .change import Change, Observation, Plan, Step
from .lookup import image_exists, names
from .model import Desktop, Pool
from .scope import Scope

REQUEST_FIELDS = ("image_id", "image_type", "os_type", "order_id", "encrypt_type", "kms_id", "delay_time", "message")
USER_FIELDS = ("delay_time", "message")  # of no use where no desktop is touched


@dataclass(frozen=True)
class Rebuild(Change):
    """Recompose the system disks of a pool from an image.

    :param image_id: the image that is wanted.
    :param fields: the request's fields that were given, without the scope (``handle_type``, ``desktop_ids``).
    :param scope: which desktops and whether the template.
    :param is_fix: repair only: bring drifted desktops to the image that the pool already has.
    :param force: recompose desktops that already run the image as well.
    :param recomposed: desktops that force has recomposed already; None before its first request.
    """

    image_id: str
    fields: Mapping[str, Any]
    scope: Scope
    is_fix: bool = False
    force: bool = False
    recomposed: frozenset[str] | None = None

    verb = "recompose"
    job_types = frozenset({"rebuildDesktopPool"})  # named so in the definitions

    @property
    def _target(self) -> Target:
        return Target("image_id", "desktops_by_image", self.image_id)

    def observe(self, session: Session, pool: Pool) -> Observation:
        """Read the desktops in scope; the service's own count of drifted ones first, where it can spare the list."""
        return self._target.observe(session, pool, self.scope, may_count=not self.force)

    def plan(self, observation: Observation) -> Plan:
        """Return the next request, or none if the image is where it is wanted."""
        pool, target = observation.pool, self._target
        present = staying(observation)
        desktops = [desktop for desktop in present if self.scope.covers(desktop)]
        if self.is_fix and pool.image_id != self.image_id:
            raise InputError(
                f"is_fix repairs desktops to the pool's own image {pool.image_id}, "
                f"but image_id is {self.image_id}; leave is_fix out to recompose the pool to it."
            )
        due = [desktop for desktop in desktops if self._is_due(desktop)]
        template_due = target.is_template_due(pool, self.scope)
        if not due and not template_due:
            return Plan(None)
        # Desktops out of scope count as well: what the service takes for idle may be more than what this does.
        settled = any(desktop.image_id == self.image_id for desktop in present)
        step = self._step(due, settled, template_due)
        before, after = target.difference(pool, desktops, template_due=template_due, desktops_due=bool(due))
        if any(desktop.image_id == self.image_id for desktop in due):
            # By force: what it does shows in no image.
            after["desktops_recomposed"] = len(due)
            if before.get(target.tally) == after.get(target.tally):
                del before[target.tally], after[target.tally]
        return Plan(
            step,
            before,
            after,
            _warnings(pool, due),
            _pool_after(pool, self.image_id) if template_due else None,
            steps=1 if step.desktop_ids or not due else 2,
        )

    def verify(self, session: Session, pool: Pool, step: Step) -> None:
        """Refuse an image that the project does not have, and what a region may not understand as it is meant.

        :raises NotFoundError: the service's image list does not know the image.
        :raises WorkspaceError: the pool is half-way, and the region does not know how to leave a part of it alone.
        """
        require_partial_requests(
            session,
            pool,
            self.scope,
            step,
            "some desktops need no recompose and would have to be left out, which this region does not seem to "
            "know; set force to recompose all of the pool's desktops, or name the others in desktop_ids if it does.",
        )
        if self.image_id != pool.image_id and not image_exists(session, self.image_id):
            raise NotFoundError(
                f"image {self.image_id} is not among the project's images; "
                "check image_id, and that the image is shared with this project. Nothing was changed."
            )

    def once_done(self, step: Step, desktop_ids: frozenset[str]) -> Rebuild:
        """Return the change with what force is through with."""
        return replace(self, recomposed=(self.recomposed or frozenset()) | desktop_ids)

    def _is_due(self, desktop: Desktop) -> bool:
        if desktop.image_id != self.image_id:
            return True
        return self.force and desktop.id not in (self.recomposed or ())

    def _step(self, due: Sequence[Desktop], settled: bool, template_due: bool) -> Step:
        body = dict(self.fields)
        whole = self.scope.is_everything
        forced = self.force and whole
        # The pool's request would wipe desktops that have the image: move the template alone, the rest after it.
        template_alone = template_due and settled and not forced
        as_asked = template_due or (forced and self.recomposed is None)
        part = request_scope(self.scope, due, as_asked=as_asked, template_alone=template_alone)
        if template_alone:
            body = {name: value for name, value in body.items() if name not in USER_FIELDS}
            return Step(REBUILD_POOL, {**body, **part}, moves_template=True)
        if whole and not self.force and not as_asked:
            part = {"is_fix": True}
        delay = 60.0 * int(self.fields.get("delay_time") or 0)
        ids = frozenset(desktop.id for desktop in due)
        return Step(REBUILD_POOL, {**body, **part}, ids, template_due, delay)


def _pool_after(pool: Pool, image_id: str) -> dict[str, Any]:
    # What else the record says of the image (its name, its system) is that of the former one.
    kept = {name: value for name, value in pool.fields.items() if not name.startswith("image_")}
    return {**kept, "image_id": image_id}


def _warnings(pool: Pool, due: Sequence[Desktop]) -> tuple[str, ...]:
    sessions = [desktop for desktop in due if desktop.in_session]
    text = (
        f"pool {pool.name}: users are logged in on {len(sessions)} of the {len(due)} desktops to recompose, "
        f"and their unsaved work is lost: {names(sessions)}."
    )
    return (text,) if sessions else ()
