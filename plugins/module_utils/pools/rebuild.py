# Copyright (c) 2026 the hwcloud.workspace contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Recomposing a pool: which desktops need the image, and the one request that comes next.

A desktop that already runs the wanted image is never recomposed again unless that is asked for, because a recompose
wipes its system disk. Where a pool is half-way (a canary, a rollout that failed for some), the request for the whole
pool would do just that; so the template is moved alone, and then only the desktops that differ are repaired.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from ..client.errors import InputError, NotFoundError, WorkspaceError
from ..client.operations import REBUILD_POOL
from ..client.session import Session
from .change import Change, Observation, Plan, Step
from .lookup import count_drift, image_exists, list_desktops, names
from .model import Desktop, Pool
from .scope import ONLY_FOR_EXPAND, Scope

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

    def observe(self, session: Session, pool: Pool) -> Observation:
        """Read the desktops in scope; the service's own count of drifted ones first, where it can spare the list."""
        if not self.scope.has_desktops:
            return Observation(pool, ())
        if self.scope.is_everything and not self.force and pool.image_id == self.image_id:
            counts = count_drift(session, pool.id)
            if counts is not None and counts.get("image_id") == 0:
                return Observation(pool, None)
        desktops = list_desktops(session, pool.id, self.scope.desktop_ids)
        missing = sorted(set(self.scope.desktop_ids) - {desktop.id for desktop in desktops})
        if missing:
            raise NotFoundError(f"the pool has no desktop with the ID {', '.join(missing)}; check desktop_ids.")
        return Observation(pool, tuple(desktops))

    def plan(self, observation: Observation) -> Plan:
        """Return the next request, or none if the image is where it is wanted."""
        pool = observation.pool
        present = [desktop for desktop in observation.desktops or () if not desktop.is_leaving]
        desktops = [desktop for desktop in present if self.scope.covers(desktop)]
        if self.is_fix and pool.image_id != self.image_id:
            raise InputError(
                f"is_fix repairs desktops to the pool's own image {pool.image_id}, "
                f"but image_id is {self.image_id}; leave is_fix out to recompose the pool to it."
            )
        due = [desktop for desktop in desktops if self._is_due(desktop)]
        template_due = self.scope.has_template and pool.image_id != self.image_id
        if not due and not template_due:
            return Plan(None)
        # Desktops out of scope count as well: what the service takes for idle may be more than what this does.
        settled = any(desktop.image_id == self.image_id for desktop in present)
        step = self._step(due, settled, template_due)
        before: dict[str, Any] = {}
        after: dict[str, Any] = {}
        if template_due:
            before["image_id"], after["image_id"] = pool.image_id, self.image_id
        if due:
            before["desktops_by_image"] = dict(sorted(Counter(desktop.image_id for desktop in desktops).items()))
            after["desktops_by_image"] = {self.image_id: len(desktops)}
        return Plan(
            step, before, after, _warnings(pool, due), _pool_after(pool, self.image_id) if template_due else None
        )

    def verify(self, session: Session, pool: Pool, step: Step) -> None:
        """Refuse an image that the project does not have, and what a region may not understand as it is meant.

        :raises NotFoundError: the service's image list does not know the image.
        :raises WorkspaceError: the pool is half-way, and the region does not know how to leave a part of it alone.
        """
        unasked = {"handle_type", "desktop_ids"} & set(step.body)
        if self.scope.handle_type or self.scope.desktop_ids:
            unasked = set()  # whoever set one of them knows that the region takes them
        # Regions that do not count drift are older than the two fields. No source says whether they refuse a field that
        # they do not know, or ignore it and recompose every desktop.
        if unasked and count_drift(session, pool.id) is None:
            raise WorkspaceError(
                "some desktops need no recompose and would have to be left out, which this region does not seem to "
                "know; set force to recompose all of the pool's desktops, or name the others in desktop_ids if it does."
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
        if template_due and settled and not (self.force and whole):
            # The pool's request would wipe desktops that have the image: move the template alone, the rest after it.
            body = {name: value for name, value in body.items() if name not in USER_FIELDS}
            return Step(REBUILD_POOL, {**body, "handle_type": ONLY_FOR_EXPAND}, moves_template=True)
        ids = frozenset(desktop.id for desktop in due)
        if self.scope.desktop_ids:
            # Those that have the image are left out, so that a second run never wipes them.
            body["desktop_ids"] = [desktop_id for desktop_id in self.scope.desktop_ids if desktop_id in ids]
            if self.scope.handle_type:
                body["handle_type"] = self.scope.handle_type
        elif template_due or (self.force and whole and self.recomposed is None):
            if self.scope.handle_type:
                body["handle_type"] = self.scope.handle_type
        elif whole and not self.force:
            body["is_fix"] = True
        else:
            body["desktop_ids"] = sorted(ids)
        delay = 60.0 * int(self.fields.get("delay_time") or 0)
        return Step(REBUILD_POOL, body, ids, template_due, delay)


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
