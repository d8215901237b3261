# Copyright (c) 2026 the hwcloud.workspace contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The life of a pool: it is created, brought to what a task says, or deleted, whatever there is of it."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

from ..client.errors import InputError, NotFoundError, WorkspaceError
from ..client.session import Session
from .creation import Creation, missing_fields
from .definition import Definition, warnings_of
from .deletion import Deletion
from .engine import Engine, Outcome
from .lookup import find_pool, pool_named
from .model import Pool
from .series import in_turn


@dataclass(frozen=True)
class Found:
    """What a task's name or ID led to: a pool, or what stands for none and ``problem``, which says so."""

    pool: Pool
    by_id: bool = False
    problem: str = ""


def find(session: Session, name: str | None, pool_id: str | None) -> Found:
    """Return the pool of this ID or else of this name; there need not be one.

    :raises AmbiguousError: several pools carry the name.
    :raises InputError: the name is a pool's ID.
    """
    reference = str(pool_id or name)
    try:
        pool = find_pool(session, reference)
    except NotFoundError as error:
        return Found(Pool.absent(reference), bool(pool_id), str(error))
    if pool_id and pool.id.lower() != pool_id.lower():
        return Found(Pool.absent(reference), True, f"pool {pool_id}: it is a pool's name, and pool_id takes its ID.")
    if not pool_id and pool.name != reference:
        raise InputError(f"pool {reference}: it is the ID of the pool {pool.name}; give it in pool_id, not in name.")
    return Found(pool, bool(pool_id))


def bring_about(engine: Engine, wanted: Definition, found: Found, *, check_mode: bool) -> dict[str, Any]:
    """Create a pool or bring it to what is wanted, and return the task's result.

    :raises NotFoundError: there is no such pool, and it cannot be created from what is known.
    :raises WorkspaceError: whatever else ends the task.
    """
    if found.pool.exists:
        outcome = _align(engine, wanted, found.pool, check_mode=check_mode)
    else:
        outcome = _create(engine, wanted, found, check_mode=check_mode)
    differing = wanted.differing(outcome.pool) if outcome.pool.fields else {}
    for warning in warnings_of(outcome.pool, differing):
        engine.warn(warning)
    return {**outcome.result(), "differing": differing}


def remove(engine: Engine, found: Found, name: str | None, *, force: bool, check_mode: bool) -> dict[str, Any]:
    """Delete a pool if there is one, and return the task's result.

    :param name: the name that was given; with an ID beside it, it has to be that pool's.
    :raises InputError: the pool has desktops and ``force`` is off, or it has another name.
    :raises WorkspaceError: whatever else ends the task.
    """
    pool = found.pool
    outcome = Outcome(pool)
    if pool.exists:
        if name and name != pool.name and found.by_id:
            raise InputError(
                f"pool {pool.id}: its name is {pool.name} and not {name}; give one of pool_id and name. "
                "Nothing was changed."
            )
        change = Deletion(force)
        outcome = engine.predict(change, pool) if check_mode else engine.carry_out(change, pool)
    return {**outcome.result(), "differing": {}}


def _create(engine: Engine, wanted: Definition, found: Found, *, check_mode: bool) -> Outcome:
    pool, session = found.pool, engine.session
    if found.by_id:
        raise NotFoundError(f"{found.problem} To create a pool, give its name alone.")
    missing = missing_fields(wanted.fields)
    if missing:
        raise NotFoundError(f"{found.problem} To create it, {_and(missing)} would be needed as well.")
    if session.settings.enterprise_project_id:
        wanted = wanted.with_fields(enterprise_project_id=session.settings.enterprise_project_id)
    try:
        changes = wanted.creation(pool, wait=engine.wait)
    except InputError as error:
        raise error.about(f"pool {pool.name}: create") from None
    # Whatever the requests are that it takes, it comes from nothing.
    after = {"name": pool.name, **wanted.given()}
    try:
        outcome = in_turn(engine, changes, pool, check_mode=check_mode)
    except WorkspaceError as error:
        if error.fields.get("diff", {}).get("after"):
            error.fields["diff"] = {"before": {}, "after": after}
        raise
    if not engine.wait and not check_mode:
        outcome.pool = pool_named(session, pool.name) or outcome.pool
        late = wanted.left_by_creation()
        if late:
            engine.warn(
                f"pool {pool.name}: {_and(late)} cannot be seen to before the pool is there, and wait is false; "
                "run the task again when the job has ended."
            )
    outcome.plan = replace(outcome.plan, before={}, after=after)
    return outcome


def _align(engine: Engine, wanted: Definition, pool: Pool, *, check_mode: bool) -> Outcome:
    changes = wanted.alignment(pool)
    if pool.status == "TEMPORARY" and engine.wait and not check_mode:
        # It may still be in the making, by a run that was interrupted; only then can it be compared.
        changes.insert(0, Creation(wanted.fields))
    return in_turn(engine, changes, pool, check_mode=check_mode)


def _and(names: list[str]) -> str:
    return " and ".join([", ".join(names[:-1]), names[-1]] if len(names) > 1 else names)
