# Copyright (c) 2026 the hwcloud.workspace contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the engine has to be told of a change: how to observe for it, what is left to do, and when a step is done."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from ..client.errors import MissingError, NotFoundError, RefusedError, WorkspaceError
from ..client.jobs import WAIT_AGAIN, Job
from ..client.operations import EXPAND_POOL_VOLUMES, REBUILD_POOL, RESIZE_POOL, Operation
from ..client.session import Session
from .lookup import show_pool
from .model import AuthorizedObject, Desktop, Pool
from .work import JOBS, Tracker, Work

# Requests that older regions take for a whole pool alone (definitions of both).
_NARROWED_IN_NEWER_REGIONS = (REBUILD_POOL, RESIZE_POOL, EXPAND_POOL_VOLUMES)
SETTLE_TIME = 60.0  # seconds in which records may lag behind a job that has ended


@dataclass(frozen=True)
class Observation:
    """What was read before deciding.

    ``desktops`` are the pool's, or those that were asked for by ID; None means that they were not listed, because the
    change does not need them or because the service's own count says that none of them drifts. ``authorized_objects``
    are the users and groups of the pool, None if they were not listed; ``jobs`` its jobs, where the change needs them.
    ``in_work`` are desktops of the pool, beside those, that are being made or given to somebody.
    """

    pool: Pool
    desktops: tuple[Desktop, ...] | None
    authorized_objects: tuple[AuthorizedObject, ...] | None = None
    jobs: tuple[Job, ...] = ()
    in_work: tuple[Desktop, ...] = ()


@dataclass(frozen=True)
class Step:
    """One request that brings the pool nearer to what is wanted.

    ``desktop_ids`` are the desktops that it is to change, ``moves_template`` says whether it changes the pool itself.
    ``adds`` is the number of desktops that it makes, whose IDs nobody knows before. ``delay`` is the seconds that the
    service itself waits before it begins. ``starts_job``: the answer names a job (or a script task); without one the
    step is done when it is answered. ``settle_time`` is the seconds that its effect may take to show after that.
    ``quiet_time`` is the seconds in which the records may still show the state from before it, where that is the state
    that is wanted as well (a reboot).
    ``awaited``: its effect is waited for before anything else is done. That of a step without a job that is not awaited
    is waited for when nothing is left to send, unless the task does not wait at all.
    ``mark`` tells steps with equal requests apart (the second of two equal disks).
    ``note`` says what the step does where the change as a whole does not say it (``starts 3 stopped desktops``); two
    steps that differ in nothing else are the same.
    """

    operation: Operation
    body: Mapping[str, Any]
    desktop_ids: frozenset[str] = frozenset()
    moves_template: bool = False
    delay: float = 0.0
    starts_job: bool = True
    settle_time: float = SETTLE_TIME
    quiet_time: float = 0.0
    awaited: bool = True
    mark: int = 0
    note: str = field(default="", compare=False)
    adds: int = 0


@dataclass(frozen=True)
class Plan:
    """What is left to do: the next step (None: nothing), and the difference between now and what is wanted.

    ``pool_after`` is the pool's record as it will be; None leaves it as it is. ``steps`` is the number of requests that
    are left as far as can be foreseen, the next one included; ``foreseen`` are those themselves, of a change whose
    result tells them one by one. ``warnings`` are shown whether or not there is a step.
    """

    step: Step | None
    before: Mapping[str, Any] = field(default_factory=dict)
    after: Mapping[str, Any] = field(default_factory=dict)
    warnings: tuple[str, ...] = ()
    pool_after: dict[str, Any] | None = None
    steps: int = 1
    foreseen: tuple[Step, ...] = ()


@dataclass(frozen=True)
class Submission:
    """A request that was carried out. ``id`` is that of its job or task, None where only its effect is seen.

    ``parts`` are further jobs for single desktops (resize): the desktop's ID by the job's. ``pending`` is what the
    service waits for before it begins, if it said so (``a free desktop``); there may be no job until then. ``facts``
    are what else the answer says that the task returns. ``refused`` are the desktops on which the answer says that it
    was not carried out, as entries of ``desktops_failed``; of steps that start no job.
    """

    id: str | None
    parts: Mapping[str, str] = field(default_factory=dict)
    pending: str = ""
    facts: Mapping[str, Any] = field(default_factory=dict)
    refused: tuple[dict[str, str], ...] = ()


class Change:
    """A change of a pool: the base of all changes, with what most of them have in common.

    ``verb`` is what users call it (``recompose``), ``done_is`` what desktops are after it. ``again`` says what to do
    about desktops that failed, once the reason is mended, ``later`` after a wait that was too long. ``job_types`` are
    the types that the service certainly gives to jobs of this change (definitions); empty when no source says.
    ``takes_turns``: it must not be sent while another job runs for the pool. ``leaves_a_trace``: once it was carried
    out, a job or the pool's state shows it, so a request without a trace can be sent again. ``starts_jobs``: any of its
    steps starts a job. ``needs_job``: an accepted request of such a step must have started one. ``tracker`` follows
    what it starts. ``most_steps`` is a limit on requests, against a service that accepts and does nothing. ``looks`` is
    the number of reads in a row that have to show a step's effect before it is believed. ``adds_up``: what others add
    meanwhile comes on top, so their jobs of its types are waited for before it is said what came of it. ``asks_jobs``:
    desktops do not show whether a step was carried out whose answer names no job, so the pool's jobs are asked, where
    the service lists one for it.
    """

    verb: str = "change"
    done_is: str = "changed"
    again: str = "run the task again to change those alone"
    later: str = WAIT_AGAIN
    job_types: frozenset[str] = frozenset()
    takes_turns: bool = True
    leaves_a_trace: bool = True
    starts_jobs: bool = True
    needs_job: bool = True
    tracker: Tracker = JOBS
    most_steps: int = 3
    looks: int = 1
    adds_up: bool = False
    asks_jobs: bool = False

    def read_pool(self, session: Session, pool: Pool) -> Pool:
        """Return the pool as it is now.

        :raises NotFoundError: it was deleted meanwhile.
        """
        try:
            return show_pool(session, pool.id)
        except MissingError as error:
            raise NotFoundError(
                "the pool is gone, since somebody else has deleted it while this task ran; if that was a mistake, "
                "create it and run the task again.",
                **error.result_fields(),
            ) from None

    def observe(self, session: Session, pool: Pool) -> Observation:
        """Read what :meth:`plan` needs, given the pool as it is now. Without more, its own record says it all."""
        return Observation(pool, None)

    def plan(self, observation: Observation) -> Plan:
        """Return what is left to do. Pure: the same observation gives the same plan."""
        raise NotImplementedError

    def verify(self, session: Session, pool: Pool, step: Step) -> None:
        """Check before a step what costs a request to check; raise what makes it impossible or dangerous."""

    def waits_for(self, job: Job) -> bool:
        """Return whether a job that runs for the pool has to end first. Asked only of changes that take turns."""
        return True

    def accepted(self, answer: Mapping[str, Any]) -> Submission:
        """Return what an answer without an error says was started.

        :raises WorkspaceError: the answer is a refusal in the service's own way.
        """
        return Submission(str(answer["job_id"]) if answer.get("job_id") else None)

    def check_answer(self, step: Step, answer: Mapping[str, Any]) -> Submission:
        """Return what the answer to a step that starts no job says.

        What it refuses in part fails the task once the rest is done.

        :raises WorkspaceError: an answer without an error status that refuses all the same, and ends the task.
        """
        return Submission(None)

    def excuses(self, step: Step, error: RefusedError) -> bool:
        """Return whether a refusal of a step says that it was done already."""
        return False

    def instead(self, step: Step, error: RefusedError) -> Change | None:
        """Return the change in another way, where a refusal says that the region does not know a step's operation."""
        return None

    def explain(self, step: Step, error: RefusedError) -> RefusedError:
        """Return a refusal of a step with what this change knows of its reason, or of what to do about it."""
        newer = [name for name in ("handle_type", "desktop_ids") if name in step.body]
        if newer and error.http_status == 400 and step.operation in _NARROWED_IN_NEWER_REGIONS:
            error.args = (f"{error} Older regions do not know {' and '.join(newer)}.",)
        return error

    def recognizes(self, work: Work) -> bool:
        """Return whether work of a type that fits can be this change's, by what it works on."""
        return True

    def judge(self, step: Step, work: Work) -> Work:
        """Return a job that has ended as this change sees it: without the failures that are none to it."""
        return work

    def is_cumulative(self, step: Step) -> bool:
        """Return whether a step that is carried out twice leaves something twice."""
        return False

    def amend(self, step: Step, observation: Observation) -> Step | None:
        """Return a request that takes back what a failed step did beside what was wanted; None if it did nothing."""
        return None

    def missing(self, step: Step, observation: Observation) -> tuple[frozenset[str], bool]:
        """Return what of a step's effect does not show yet: the desktops, and whether the pool's part is missing.

        Pure. Without more, it is what the next step would do once more.
        """
        following = self.plan(observation).step
        if following is None:
            return frozenset(), False
        return step.desktop_ids & following.desktop_ids, step.moves_template and following.moves_template

    def is_under_way(self, observation: Observation) -> bool:
        """Return whether a job of this change may run although nothing is left to do.

        So it is where the effect shows before its job has ended: a desktop counts from when it begins to be made. Such
        a job is waited for, and its failures are the task's.
        """
        return False

    def shows_work(self, observation: Observation) -> bool:
        """Return whether the records show that somebody works on the pool, though perhaps no job is listed yet.

        Asked when no job of the pool runs. Where it is so, a job is waited for, for a minute.
        """
        return False

    def report(self, steps: Sequence[Step], pool: Pool) -> dict[str, Any]:
        """Return what a task's result holds of this change beside what all results hold.

        :param steps: the requests that were carried out; in check mode those that are foreseen.
        :param pool: the pool as it was read last, or as it would be.
        """
        return {}

    def achieved(self, desktop_ids: frozenset[str]) -> dict[str, Any]:
        """Return what a task's result holds of the desktops on which steps without a job were seen to take effect.

        It takes the place of what :meth:`report` says under the same names. Not asked if no such step was waited for.
        """
        return {}

    def overdue(self, late: Sequence[Desktop], seconds: float) -> WorkspaceError | None:
        """Return the error for desktops that do not show an accepted step's effect in time; None for the usual one."""
        return None

    def is_settled(self, observation: Observation) -> bool:
        """Return whether the pool has come to rest after a step whose own effect shows."""
        return True

    def once_done(self, step: Step, desktop_ids: frozenset[str]) -> Change:
        """Return the change as it is to be judged once a request of it was carried out.

        :param step: what was carried out.
        :param desktop_ids: the desktops that it was carried out on; a forced change leaves those alone from then on.
        """
        return self
