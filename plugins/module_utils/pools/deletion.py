# Copyright (c) 2026 the hwcloud.workspace contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Deleting a pool: autoscaling off, its desktops in batches, then the pool itself."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from ..client.errors import ConflictError, InputError, MissingError, RefusedError
from ..client.operations import DELETE_DESKTOPS, DELETE_POOL, UPDATE_POOL
from ..client.session import Session
from .attributes import Attributes
from .change import Change, Observation, Plan, Step
from .lookup import list_desktops, names, show_pool
from .model import Desktop, Pool

MOST_PER_REQUEST = 100  # desktops (definitions)
_SETTLE_TIME = 600.0  # seconds in which a desktop that was deleted may still be listed


@dataclass(frozen=True)
class Deletion(Change):
    """Delete a pool for good.

    :param force: delete its desktops first. Without it a pool that has desktops is refused.
    """

    force: bool = False

    verb = "delete"
    again = "run the task again to delete what is left"
    job_types = frozenset({"deleteDesktops"})  # named so in the definitions
    most_steps = 1000

    def read_pool(self, session: Session, pool: Pool) -> Pool:
        """Return the pool as it is now, or what stands for none once it is gone."""
        try:
            return show_pool(session, pool.id) if pool.exists else pool
        except MissingError:
            return Pool.absent(pool.name)

    def observe(self, session: Session, pool: Pool) -> Observation:
        """Read the pool's desktops, if there is a pool."""
        return Observation(pool, tuple(list_desktops(session, pool.id)) if pool.exists else ())

    def plan(self, observation: Observation) -> Plan:
        """Return the next request, none if the pool is gone.

        :raises InputError: the pool has desktops, and they are to be kept.
        """
        pool = observation.pool
        if not pool.exists:
            return Plan(None)
        desktops = sorted(
            (desktop for desktop in observation.desktops or () if not desktop.is_leaving),
            key=lambda desktop: desktop.id,
        )
        if desktops and not self.force:
            count = "1 desktop" if len(desktops) == 1 else f"{len(desktops)} desktops"
            raise InputError(
                f"the pool has {count}, and a pool is deleted only without any; "
                "set force to delete them with it, or delete them first. Nothing was changed."
            )
        steps = [*_autoscaling_off(observation), *map(_delete, _batches(desktops)), _LAST]
        before = {"name": pool.name, "id": pool.id, "desktop_count": len(desktops)}
        return Plan(steps[0], before, {}, _warnings(pool, desktops), {}, steps=len(steps))

    def shows_work(self, observation: Observation) -> bool:
        """Return whether desktops are being made, and so deleted once that has ended, or are being deleted already."""
        return any(desktop.is_being_made or desktop.is_leaving for desktop in observation.desktops or ())

    def excuses(self, step: Step, error: RefusedError) -> bool:
        """Return whether a refusal says that the pool is gone already."""
        return step.operation is DELETE_POOL and isinstance(error, MissingError)

    def explain(self, step: Step, error: RefusedError) -> RefusedError:
        """Say what may be behind it if desktops are refused as busy."""
        if step.operation is DELETE_DESKTOPS and isinstance(error, ConflictError):
            refuse = "Some regions refuse to delete desktops on which users are logged in"
            advice = "log them off, then run the task again."
            error.args = (f"{error} If the pool is in maintenance mode, switch that off. {refuse}; {advice}",)
        return error

    def missing(self, step: Step, observation: Observation) -> tuple[frozenset[str], bool]:
        """Return the desktops that are still there, and whether the pool is, or still scales by itself."""
        pool = observation.pool
        if step.operation is UPDATE_POOL:
            return frozenset(), pool.is_autoscaled
        there = {desktop.id for desktop in observation.desktops or ()}
        return step.desktop_ids & there, step.operation is DELETE_POOL and pool.exists


_LAST = Step(DELETE_POOL, {}, starts_job=False)


def _autoscaling_off(observation: Observation) -> list[Step]:
    # A pool that creates desktops by itself cannot be deleted, nor emptied.
    step = Attributes({"enable_autoscale": False}).plan(observation).step
    return [step] if step is not None else []


def _batches(desktops: Sequence[Desktop]) -> list[list[str]]:
    ids = [desktop.id for desktop in desktops]
    return [ids[at : at + MOST_PER_REQUEST] for at in range(0, len(ids), MOST_PER_REQUEST)]


def _delete(desktop_ids: list[str]) -> Step:
    return Step(
        DELETE_DESKTOPS,
        {"desktop_ids": desktop_ids},
        frozenset(desktop_ids),
        settle_time=_SETTLE_TIME,
        note=f"deletes {len(desktop_ids)} desktops" if len(desktop_ids) > 1 else "deletes 1 desktop",
    )


def _warnings(pool: Pool, desktops: Sequence[Desktop]) -> tuple[str, ...]:
    sessions = [desktop for desktop in desktops if desktop.in_session]
    text = (
        f"pool {pool.name}: users are logged in on {len(sessions)} of the {len(desktops)} desktops to delete, "
        f"and all of their data is lost: {names(sessions)}."
    )
    return (text,) if sessions else ()
