# Copyright (c) 2026 the hwcloud.workspace contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Bringing one property of a pool and of its desktops to one value: what recomposing and resizing have in common."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from ..client.errors import WorkspaceError
from ..client.session import Session
from .change import Observation, Step
from .lookup import count_drift
from .model import Desktop, Pool
from .scope import ONLY_FOR_EXPAND, Scope
from .single import desktops_of


@dataclass(frozen=True)
class Target:
    """The value that a property is to have.

    :param name: the property, as pools, desktops and the service's counts of drift call it (``image_id``).
    :param tally: what a difference calls the numbers of desktops by their value (``desktops_by_image``).
    :param value: the value that is wanted.
    """

    name: str
    tally: str
    value: str

    def of(self, thing: Pool | Desktop) -> str:
        """Return the value that a pool or a desktop has."""
        return str(getattr(thing, self.name))

    def observe(self, session: Session, pool: Pool, scope: Scope, *, may_count: bool = True) -> Observation:
        """Read the desktops in scope; the service's own count of drifted ones first, where it can spare the list.

        :param may_count: a pool of which no desktop drifts needs no list.
        :raises NotFoundError: a desktop that the scope names does not exist.
        """
        if not scope.has_desktops:
            return Observation(pool, ())
        if scope.is_everything and may_count and self.of(pool) == self.value:
            counts = count_drift(session, pool.id)
            if counts is not None and counts.get(self.name) == 0:
                return Observation(pool, None)
        return Observation(pool, desktops_of(session, pool.id, scope.desktop_ids))

    def is_template_due(self, pool: Pool, scope: Scope) -> bool:
        """Return whether the pool's template is in scope and differs."""
        return scope.has_template and self.of(pool) != self.value

    def difference(
        self, pool: Pool, desktops: Sequence[Desktop], *, template_due: bool, desktops_due: bool
    ) -> tuple[dict[str, Any], dict[str, Any]]:
        """Return what is now and what is wanted, of what changes alone; ``desktops`` are those in scope."""
        before: dict[str, Any] = {}
        after: dict[str, Any] = {}
        if template_due:
            before[self.name], after[self.name] = self.of(pool), self.value
        if desktops_due:
            before[self.tally] = dict(sorted(Counter(map(self.of, desktops)).items()))
            after[self.tally] = {self.value: len(desktops)}
        return before, after


def staying(observation: Observation) -> list[Desktop]:
    """Return the desktops that were observed, without those that are being deleted."""
    return [desktop for desktop in observation.desktops or () if not desktop.is_leaving]


def request_scope(scope: Scope, due: Iterable[Desktop], *, as_asked: bool, template_alone: bool) -> dict[str, Any]:
    """Return the fields ``handle_type`` and ``desktop_ids`` of the next request.

    :param due: the desktops that it is to change.
    :param as_asked: the scope that was asked for holds no desktop that is to be left alone.
    :param template_alone: move the template first, because the pool's request would touch desktops that need nothing.
    """
    if template_alone:
        return {"handle_type": ONLY_FOR_EXPAND}
    ids = {desktop.id for desktop in due}
    asked = {"handle_type": scope.handle_type} if scope.handle_type else {}
    if scope.desktop_ids:
        # Those that are as wanted are left out, so that a second run never touches them.
        return {**asked, "desktop_ids": [desktop_id for desktop_id in scope.desktop_ids if desktop_id in ids]}
    return asked if as_asked else {"desktop_ids": sorted(ids)}


def require_partial_requests(session: Session, pool: Pool, scope: Scope, step: Step, sentence: str) -> None:
    """Refuse a request that a region may not understand as it is meant: one that leaves a part of the pool alone.

    :param sentence: what the error says.
    :raises WorkspaceError: nobody asked for such a part, and the region does not seem to know it.
    """
    if scope.handle_type or scope.desktop_ids:
        return  # whoever set one of them knows that the region takes them
    # Regions that do not count drift are older than the two fields. No source says whether they refuse a field that
    # they do not know, or ignore it and change every desktop.
    if {"handle_type", "desktop_ids"} & set(step.body) and count_drift(session, pool.id) is None:
        raise WorkspaceError(sentence)
