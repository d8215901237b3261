# Copyright (c) 2026 the hwcloud.workspace contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Starting, stopping, rebooting and hibernating the desktops of a pool.

The operation knows whole pools only. What it makes of desktops that are in the wanted state already is not settled by
any source, so those are none of the change's business: it does not wait for them, and that they failed is no failure.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from ..client.errors import InputError, JobFailedError
from ..client.jobs import SHARED_JOB_TYPES, Job
from ..client.operations import ACT_ON_POOL
from ..client.session import Session
from .alignment import staying
from .change import Change, Observation, Plan, Step
from .lookup import list_desktops, names
from .model import Desktop, Pool
from .single import ACTIVE, ERROR, HIBERNATED, SHUTOFF
from .work import Work

WINDOWS = "windows"
# Desktops lag behind the job of such an action; Terraform's client gives it 10 minutes in all.
SETTLE_TIME = 600.0


@dataclass(frozen=True)
class Power(Change):
    """Bring a pool's desktops to a power state. ``force`` cuts the power instead of asking the system (HARD).

    Subclasses say which state. Desktops in ERROR and those that are being deleted are never part of it.

    ``action`` is the service's word for it, ``status`` what a desktop reads once it is done, and ``sessions`` what it
    means for users who are logged in (empty: nothing).
    """

    force: bool = False

    job_types = SHARED_JOB_TYPES
    action = ""
    status = ""
    sessions = ""

    def observe(self, session: Session, pool: Pool) -> Observation:
        """Read the pool's desktops."""
        return Observation(pool, tuple(list_desktops(session, pool.id)))

    def plan(self, observation: Observation) -> Plan:
        """Return the one request, or none if every desktop that can be in the state is."""
        pool, present = observation.pool, staying(observation)
        self.require(pool)
        failed = [desktop for desktop in present if desktop.status == ERROR]
        due = [desktop for desktop in present if desktop.status != ERROR and self.is_due(desktop)]
        said = self.warnings(pool, present, due, failed)
        if not due:
            return Plan(None, warnings=said)
        body = {"op_type": self.action, **({"type": "HARD"} if self.force else {})}
        step = Step(ACT_ON_POOL, body, frozenset(desktop.id for desktop in due), settle_time=SETTLE_TIME)
        before, after = self.difference(present, due)
        return Plan(step, before, after, said)

    def warnings(
        self, pool: Pool, present: Sequence[Desktop], due: Sequence[Desktop], left_out: Sequence[Desktop] = ()
    ) -> tuple[str, ...]:
        """Return what users should know before it is done.

        :param left_out: the desktops in ERROR that are none of its business.
        """
        found = list(self.notes(present))
        if left_out:
            found.append(f"desktops in ERROR are left out: {names(left_out)}.")
        sessions = [desktop for desktop in due if desktop.in_session]
        if sessions and self.sessions:
            among = f"users are logged in on {len(sessions)} of the {len(due)} desktops to {self.verb}"
            found.append(f"{among}, and {self.sessions}: {names(sessions)}.")
        return tuple(f"pool {pool.name}: {text}" for text in found)

    def judge(self, step: Step, work: Work) -> Work:
        """Return the job without the failures of desktops that were not due."""
        if not isinstance(work, Job):
            return work
        return work.without(lambda part: bool(part.desktop_id) and part.desktop_id not in step.desktop_ids)

    def missing(self, step: Step, observation: Observation) -> tuple[frozenset[str], bool]:
        """Return the desktops that have not come to rest in the state."""
        restless = {
            desktop.id for desktop in staying(observation) if desktop.status != self.status or desktop.task_status
        }
        return step.desktop_ids & restless, False

    def require(self, pool: Pool) -> None:
        """Raise InputError if a pool cannot be brought to the state at all."""

    def is_due(self, desktop: Desktop) -> bool:
        """Return whether a desktop has to change. Not asked of those in ERROR."""
        return desktop.status != self.status

    def notes(self, present: Sequence[Desktop]) -> Sequence[str]:
        """Return what users should know of the desktops that are left as they are."""
        return ()

    def difference(
        self, present: Sequence[Desktop], due: Sequence[Desktop]
    ) -> tuple[Mapping[str, Any], Mapping[str, Any]]:
        """Return the numbers of desktops by state, now and then."""
        before = Counter(desktop.status for desktop in present)
        after = before - Counter(desktop.status for desktop in due) + Counter({self.status: len(due)})
        return {"desktops_by_status": dict(sorted(before.items()))}, {"desktops_by_status": dict(sorted(after.items()))}


@dataclass(frozen=True)
class Start(Power):
    """Start the desktops that do not run."""

    verb = "start"
    done_is = "started"
    action = "os-start"
    status = ACTIVE


@dataclass(frozen=True)
class Stop(Power):
    """Stop the desktops that are not stopped."""

    verb = "stop"
    done_is = "stopped"
    action = "os-stop"
    status = SHUTOFF
    sessions = "their unsaved work is lost"


@dataclass(frozen=True)
class Hibernate(Power):
    """Hibernate the desktops that run. Windows alone can do that (help page: managing desktop pools)."""

    verb = "hibernate"
    done_is = "hibernated"
    action = "hibernate"
    status = HIBERNATED
    sessions = "they are cut off, while their work is kept"

    def require(self, pool: Pool) -> None:
        """Refuse a pool of another system."""
        system = str(pool.fields.get("image_os_type") or "")
        if system and system.lower() != WINDOWS:
            raise InputError(
                f"only Windows desktops can be hibernated, and the pool's system is {system}; stop them instead. "
                "Nothing was changed."
            )

    def is_due(self, desktop: Desktop) -> bool:
        """Return whether a desktop runs and can be hibernated."""
        return desktop.status == ACTIVE and _may_be_windows(desktop)

    def notes(self, present: Sequence[Desktop]) -> Sequence[str]:
        """Name the desktops that cannot be hibernated."""
        stopped = [desktop for desktop in present if desktop.status == SHUTOFF]
        others = [desktop for desktop in present if desktop.status == ACTIVE and not _may_be_windows(desktop)]
        found = (
            [f"stopped desktops cannot be hibernated and are left as they are: {names(stopped)}."] if stopped else []
        )
        return found + (
            [f"desktops of another system than Windows cannot be hibernated and are left as they are: {names(others)}."]
            if others
            else []
        )


@dataclass(frozen=True)
class Reboot(Power):
    """Reboot the desktops that run, each time it is asked for.

    :param done: it was carried out.
    :param left_out: desktops that were due and of which the job says nothing.
    """

    done: bool = False
    left_out: frozenset[str] = frozenset()

    verb = "reboot"
    done_is = "rebooted"
    again = "run the task again, which reboots all that run"
    later = "wait for it with job_wait; to run the task again reboots once more"
    action = "reboot"
    status = ACTIVE
    sessions = "their unsaved work is lost"
    leaves_a_trace = False
    looks = 2  # a desktop that reboots reads ACTIVE before and after (Terraform provider)

    def plan(self, observation: Observation) -> Plan:
        """Return the request, once.

        :raises JobFailedError: it was carried out, and not on every desktop that was due.
        """
        if not self.done:
            return super().plan(observation)
        left = [desktop for desktop in staying(observation) if desktop.id in self.left_out]
        if left:
            raise JobFailedError(
                "the service accepted the request, but its job does not say that these desktops were rebooted: "
                f"{names(left)}; look at their state in the console (frozen, failed or in maintenance), then run the "
                "task again."
            )
        return Plan(None)

    def once_done(self, step: Step, desktop_ids: frozenset[str]) -> Change:
        """Return the change with nothing left to do."""
        return replace(self, done=True, left_out=step.desktop_ids - desktop_ids)

    def is_due(self, desktop: Desktop) -> bool:
        """Return whether a desktop runs."""
        return desktop.status == ACTIVE

    def notes(self, present: Sequence[Desktop]) -> Sequence[str]:
        """Say so if there is nothing to reboot."""
        return () if any(map(self.is_due, present)) else ("none of its desktops runs, so none is rebooted.",)

    def difference(
        self, present: Sequence[Desktop], due: Sequence[Desktop]
    ) -> tuple[Mapping[str, Any], Mapping[str, Any]]:
        """Return how many desktops are rebooted; their state is the same before and after."""
        return {}, {"desktops_rebooted": len(due)}


CHANGES: Mapping[str, type[Power]] = {"started": Start, "stopped": Stop, "rebooted": Reboot, "hibernated": Hibernate}


def _may_be_windows(desktop: Desktop) -> bool:
    system = str((desktop.fields.get("metadata") or {}).get("os_type") or "")
    return not system or system.lower() == WINDOWS
