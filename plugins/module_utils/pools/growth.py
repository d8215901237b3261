# Copyright (c) 2026 the hwcloud.workspace contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Adding desktops to a pool until it has as many as are wanted (ExpandDesktopPool)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from ..client.errors import ConflictError, RefusedError
from ..client.jobs import Job
from ..client.operations import EXPAND_POOL
from ..client.session import Session
from .change import Change, Observation, Plan, Step
from .lookup import count, list_desktops, names
from .model import Desktop, Pool
from .work import JOBS

MOST_PER_REQUEST = 1000  # desktops (definitions)
_MOST_NAMES = 50


@dataclass(frozen=True)
class Growth(Change):
    """Bring a pool to a number of desktops. It only adds: a pool that has more keeps them.

    The service is asked for a number to add, so what is there is counted anew before each request.

    :param desktop_count: the number that is wanted.
    :param left: desktops left to add, once a request was carried out. A pool that scales by itself has then perhaps
        gained or lost others, so that its count says nothing of the request any more.
    :param made: IDs of the desktops that its requests have made.
    """

    desktop_count: int
    left: int | None = None
    made: frozenset[str] = frozenset()

    verb = "expand"
    again = "delete those that are left in ERROR, then run the task again"
    # A creation that still runs adds desktops too.
    job_types = frozenset({"expandDesktopPool", "createDesktopPool"})  # named so in the definitions
    most_steps = 1000
    adds_up = True

    def observe(self, session: Session, pool: Pool) -> Observation:
        """Read the desktops before some are asked for: those that are being made tell of a job that is not listed.

        They are read with the pool's jobs, too, if there are too many of them in the end, to tell which.
        """
        if pool.exists and self._has_too_many(pool):
            return Observation(pool, tuple(list_desktops(session, pool.id)), jobs=tuple(JOBS.known(session, pool.id)))
        lacks = pool.exists and self.left is None and self._lacking(pool) > 0
        return Observation(pool, tuple(list_desktops(session, pool.id)) if lacks else None)

    def plan(self, observation: Observation) -> Plan:
        """Return the request for what is lacking, at most 1,000 desktops at once."""
        pool = observation.pool
        lacking = self._lacking(pool)
        if lacking <= 0:
            return Plan(None, warnings=self._warnings_of_more(observation))
        size = min(lacking, MOST_PER_REQUEST)
        return Plan(
            Step(EXPAND_POOL, {"size": size}, moves_template=True, mark=pool.desktop_count, adds=size),
            {"desktop_count": pool.desktop_count},
            {"desktop_count": self.desktop_count},
            _warnings_of_autoscaling(pool),
            {**pool.fields, "desktop_count": self.desktop_count},
            steps=(lacking + MOST_PER_REQUEST - 1) // MOST_PER_REQUEST,
        )

    def missing(self, step: Step, observation: Observation) -> tuple[frozenset[str], bool]:
        """Return whether the pool has not yet grown by what the step asked for."""
        pool = observation.pool
        if pool.is_autoscaled and self.left is not None:
            return frozenset(), False  # its job has told; the count moves by itself
        return frozenset(), pool.desktop_count < step.mark + step.adds

    def is_under_way(self, observation: Observation) -> bool:
        """Return whether the last of the desktops that are wanted may still be in the making."""
        pool = observation.pool
        return pool.desktop_count == self.desktop_count and not pool.is_autoscaled

    def shows_work(self, observation: Observation) -> bool:
        """Return whether the pool changes, or desktops of it are being made."""
        return observation.pool.status == "TEMPORARY" or any(
            desktop.is_being_made for desktop in observation.desktops or ()
        )

    def explain(self, step: Step, error: RefusedError) -> RefusedError:
        """Say what may be behind it if the pool is refused as busy."""
        if isinstance(error, ConflictError):
            error.args = (f"{error} Some regions let no pool grow that is in maintenance mode; if so, switch it off.",)
        return error

    def once_done(self, step: Step, desktop_ids: frozenset[str]) -> Growth:
        """Return the change with what is left to add."""
        left = max(0, self.desktop_count - step.mark - step.adds)
        return replace(self, left=left, made=self.made | desktop_ids)

    def _lacking(self, pool: Pool) -> int:
        if pool.is_autoscaled and self.left is not None:
            return self.left
        return self.desktop_count - pool.desktop_count

    def _has_too_many(self, pool: Pool) -> bool:
        return self.left is not None and not pool.is_autoscaled and pool.desktop_count > self.desktop_count

    def _warnings_of_more(self, observation: Observation) -> tuple[str, ...]:
        pool = observation.pool
        if pool.desktop_count <= self.desktop_count:
            return ()
        if pool.is_autoscaled:
            return _warnings_of_autoscaling(pool) if self.left is None else ()
        if self.left is not None:
            # No request of the service can forbid that, since each asks for a number to add.
            jobs = [job for job in observation.jobs if job.job_type in self.job_types and job.sub_jobs]
            text = (
                f"pool {pool.name}: it has {pool.desktop_count} desktops instead of {self.desktop_count}; somebody "
                f"else has added some at the same time. {_advice(self, jobs, observation)}"
            )
            return (text,)
        text = (
            f"pool {pool.name}: it has {pool.desktop_count} desktops instead of {self.desktop_count}; "
            "desktops are only ever added, so it keeps them."
        )
        return (text,)


def _advice(growth: Growth, jobs: Sequence[Job], observation: Observation) -> str:
    """Return which desktops are too many: those of the last jobs, so that all tasks concerned name the same ones."""
    surplus = observation.pool.desktop_count - growth.desktop_count
    present = {desktop.id: desktop for desktop in observation.desktops or ()}
    chosen: list[Desktop] = []
    whose: list[str] = []
    seen = 0
    for job in sorted(jobs, key=lambda job: (job.begin_time, job.id), reverse=True):
        if seen >= surplus:
            break  # what is older was there before
        made = {part.desktop_id for part in job.sub_jobs} & present.keys()
        free = sorted((present[name] for name in made if not present[name].has_user), key=_by_name)
        seen += len(made)
        chosen += free[-(surplus - len(chosen)) :]
        whose.append(f"{job.id} of {'this task' if growth.made & made else 'another task'}")
    if len(chosen) < surplus:
        return f"Delete those {surplus} that are too many."
    last = f"the last job, {whose[0]}" if len(whose) == 1 else f"the last jobs, {' and '.join(whose)}"
    these = "this desktop" if surplus == 1 else f"these {count(surplus, 'desktop')}"
    return f"Delete {these} of {last}, unless somebody uses them by now: {names(chosen, _MOST_NAMES)}."


def _by_name(desktop: Desktop) -> tuple[str, str]:
    return desktop.name, desktop.id


def _warnings_of_autoscaling(pool: Pool) -> tuple[str, ...]:
    if not pool.is_autoscaled:
        return ()
    return (f"pool {pool.name}: autoscaling is on, so the number of its desktops moves by itself.",)
