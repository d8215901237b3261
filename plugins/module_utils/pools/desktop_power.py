# Copyright (c) 2026 the hwcloud.workspace contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Starting, stopping, rebooting and hibernating single desktops of a pool.

Which state means what is as for whole pools (``power.py``). What differs is the request: it names desktops, starts no
job that it tells of, and says in its answer on which desktops it failed. So the desktops themselves are watched.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from ..client.jobs import Job
from ..client.operations import ACT_ON_DESKTOPS
from ..client.session import Session
from .alignment import staying
from .change import Change, Observation, Plan, Step, Submission
from .lookup import names
from .model import Desktop, Pool
from .power import SETTLE_TIME, Hibernate, Power, Reboot, Start, Stop
from .single import ACTIVE, ERROR, batches, desktops_of, refused_desktops

REBOOT_BEGINS = 30.0  # seconds after which a desktop that reboots surely shows it


@dataclass(frozen=True)
class OnDesktops(Power):
    """Bring single desktops to a power state. Those in ERROR are asked for, too: they were named.

    :param desktop_ids: the desktops.
    :param patience: seconds in which they may come to the state.
    :param asked: those for which a request was carried out.
    """

    desktop_ids: tuple[str, ...] = ()
    patience: float = SETTLE_TIME
    asked: frozenset[str] = frozenset()

    most_steps = 10_000
    word = ""  # the service's for single desktops, where it is another one
    quiet_time = 0.0

    def observe(self, session: Session, pool: Pool) -> Observation:
        """Read the desktops.

        :raises NotFoundError: the pool has no such desktop.
        """
        return Observation(pool, desktops_of(session, pool.id, self.desktop_ids))

    def plan(self, observation: Observation) -> Plan:
        """Return the next request, none if every desktop is in the state or was asked to be."""
        pool, present = observation.pool, staying(observation)
        self.require(pool)
        due = [desktop for desktop in present if desktop.id not in self.asked and self._is_due(desktop)]
        said = () if self.asked else self.warnings(pool, present, due)
        if not due:
            return Plan(None, warnings=said)
        before, after = self.difference(present, due)
        groups = batches(due)
        ids = [desktop.id for desktop in groups[0]]
        body = {"desktop_ids": ids, "op_type": self.word or self.action, **({"type": "HARD"} if self.force else {})}
        step = Step(
            ACT_ON_DESKTOPS,
            body,
            frozenset(ids),
            starts_job=False,
            settle_time=self.patience,
            quiet_time=self.quiet_time,
            awaited=False,
        )
        return Plan(step, before, after, said, steps=len(groups))

    def waits_for(self, job: Job) -> bool:
        """Return whether a job has to end first: any, before the first request; the others may be its own."""
        return not self.asked

    def check_answer(self, step: Step, answer: Mapping[str, Any]) -> Submission:
        """Return the desktops that the answer names as failed, and the job of a start with cold migration."""
        facts = {"job_id": str(answer["job_id"])} if answer.get("job_id") else {}
        return Submission(None, facts=facts, refused=refused_desktops(answer))

    def missing(self, step: Step, observation: Observation) -> tuple[frozenset[str], bool]:
        """Return the desktops that have not come to rest in the state, of this request or of another."""
        there = staying(observation)
        return frozenset(desktop.id for desktop in there if desktop.status != self.status or desktop.task_status), False

    def once_done(self, step: Step, desktop_ids: frozenset[str]) -> OnDesktops:
        """Return the change with these desktops asked for, those that were refused as well."""
        return replace(self, asked=self.asked | step.desktop_ids)

    def achieved(self, desktop_ids: frozenset[str]) -> dict[str, Any]:
        """Return the desktops that came to the state, in the order in which they were named."""
        return {"desktops_succeeded": [name for name in self.desktop_ids if name in desktop_ids]}

    def _is_due(self, desktop: Desktop) -> bool:
        return desktop.status == ERROR or self.is_due(desktop)


@dataclass(frozen=True)
class StartDesktops(OnDesktops, Start):
    """Start those that do not run."""


@dataclass(frozen=True)
class StopDesktops(OnDesktops, Stop):
    """Stop those that are not stopped."""


@dataclass(frozen=True)
class HibernateDesktops(OnDesktops, Hibernate):
    """Hibernate those that run."""

    word = "os-hibernate"  # (definitions)


@dataclass(frozen=True)
class RebootDesktops(OnDesktops, Reboot):
    """Reboot those that run, each time it is asked for."""

    quiet_time = REBOOT_BEGINS
    asks_jobs = True

    def notes(self, present: Sequence[Desktop]) -> Sequence[str]:
        """Name the desktops that are left as they are."""
        resting = [desktop for desktop in present if not self._is_due(desktop) and desktop.status != ACTIVE]
        return [f"desktops that do not run are not rebooted: {names(resting)}."] if resting else []


_CHANGES: Mapping[str, type[OnDesktops]] = {
    "started": StartDesktops,
    "stopped": StopDesktops,
    "rebooted": RebootDesktops,
    "hibernated": HibernateDesktops,
}


def change_of(state: str, desktop_ids: Sequence[str], *, force: bool, patience: float) -> Change:
    """Return the change that brings desktops to a state.

    :param state: ``started``, ``stopped``, ``rebooted`` or ``hibernated``.
    :param desktop_ids: the desktops; one that is named twice counts once.
    :param force: cut the power instead of asking the system (HARD).
    :param patience: seconds in which they may come to the state.
    """
    return _CHANGES[state](force=force, desktop_ids=tuple(dict.fromkeys(desktop_ids)), patience=patience)
