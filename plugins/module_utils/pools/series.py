# Copyright (c) 2026 the hwcloud.workspace contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Carrying out several changes of one pool, one after the other, as one."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from ..client.errors import WorkspaceError
from .change import Change
from .engine import Engine, Outcome
from .model import Pool


def in_turn(engine: Engine, changes: Sequence[Change], pool: Pool, *, check_mode: bool) -> Outcome:
    """Carry out changes in their order, each on the pool as the one before has left it; in check mode predict that.

    The engine's waiting limit is that of all changes together.

    :raises WorkspaceError: what ended the change that it befell. Its fields tell of the changes before as well.
    """
    clock = engine.session.clock
    deadline = clock.now() + engine.wait_timeout
    done = Outcome(pool)
    for change in changes:
        rest = replace(engine, wait_timeout=max(0.0, deadline - clock.now()))
        try:
            outcome = rest.predict(change, done.pool) if check_mode else rest.carry_out(change, done.pool)
        except WorkspaceError as error:
            if not check_mode:
                _tell_of_both(done, error)
            raise
        done = done.joined(outcome)
    return done


def _tell_of_both(done: Outcome, error: WorkspaceError) -> None:
    before, now = done.result(), error.result_fields()
    diffs = (before["diff"], now.get("diff") or {})
    error.fields = {
        **before,
        **now,
        "changed": done.changed or bool(now.get("changed")),
        "adopted": False,
        "diff": {side: {**diffs[0][side], **diffs[1].get(side, {})} for side in ("before", "after")},
    }
    if not now.get("job_id"):
        error.fields.update({name: before[name] for name in ("job_id", "job")})
