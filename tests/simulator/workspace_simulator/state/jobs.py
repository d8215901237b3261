# Copyright (c) 2026 the hwcloud.workspace contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Jobs: one sub-job per desktop, worked off with bounded parallelism as the simulated time goes by."""

from __future__ import annotations

from collections import deque
from collections.abc import Collection, Iterable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from .. import errors
from .models import Desktop, Pool

if TYPE_CHECKING:
    from .world import Project, World

SUB_JOBS_LATE_SECONDS = 15.0
"""How long sub-jobs stay unseen under ``sub_jobs_appear: late`` (Terraform first looks after 10 s)."""

SUB_JOBS_CAP = 100
"""How many sub-jobs GET job shows under ``sub_jobs_in_job: capped``."""


@dataclass(slots=True)
class Verdict:
    """The outcome of a sub-job: succeeded, or failed with a code and a reason."""

    succeeded: bool
    error_code: str | None = None
    fail_reason: str | None = None
    leaves: str | None = None


SUCCEEDED = Verdict(True)
BUSY = Verdict(False, errors.CONFLICT, "Operation conflict: another operation runs on the desktop.")


class Work:
    """What a job does to each of its desktops. One subclass per operation that makes a job."""

    operation: str
    job_type: str
    changes = True
    """Whether it occupies its desktops: a change does, a message does not."""
    exclusive = False
    """Whether no other change of the pool may begin while it runs."""

    def seconds(self, world: World, desktop: Desktop) -> float:
        """Return how long one desktop takes, in simulated seconds: the estate's setting, spread by desktop."""
        settings = world.jobs_settings
        share = world.ids.share("duration", self.operation, desktop.pool.name, desktop.computer_name)
        return settings.seconds_per_desktop * (1 + settings.spread * (2 * share - 1))

    def begin(self, world: World, sub_job: SubJob, now: float) -> Verdict | None:
        """Start on a desktop; an outcome returned here ends the sub-job at once."""
        del world, sub_job, now
        return None

    def entities(self, desktop: Desktop) -> dict[str, str]:
        """Return what a sub-job names besides its desktop, such as ``user_name``."""
        del desktop
        return {}

    def phase(self, progress: float) -> str:
        """Return the desktop's task_status at ``progress``, 0 to 1."""
        raise NotImplementedError

    def complete(self, world: World, sub_job: SubJob, now: float) -> None:
        """Bring about the effect on the desktop."""
        raise NotImplementedError

    def fail(self, world: World, sub_job: SubJob, now: float) -> None:
        """Leave the desktop as it is after a failure on the way."""

    def close(self, world: World, job: Job, now: float) -> None:
        """Do what is due as the whole job ends."""


@dataclass(slots=True, eq=False)
class SubJob:
    """The part of a job that concerns one desktop. Statuses: WAITING, RUNNING, SUCCESS, FAILED (definitions).

    The desktop is always there, but only from the beginning of a creation to the end of a deletion is it one of its
    pool's desktops.
    """

    id: str
    job: Job
    desktop: Desktop
    position: int
    entities: dict[str, str]
    status: str = "WAITING"
    began: float | None = None
    ended: float | None = None
    seconds: float = 0.0
    verdict: Verdict | None = None
    deleted: bool = False
    """Whether a client deleted its record."""

    def progress(self, now: float) -> int:
        """Return the progress at ``now``, 0-100; a failed one stays where it failed."""
        if self.status == "SUCCESS":
            return 100
        if self.began is None:
            return 0
        until = now if self.ended is None else self.ended
        return min(99, int(100 * (until - self.began) / self.seconds)) if self.seconds else 0


@dataclass(slots=True, eq=False)
class Job:
    """An accepted change: its work, its sub-jobs and when it may begin.

    ``pools`` are all pools whose desktops it touches, ``pool`` is the first of them. A job that is ``held`` stays open
    without sub-jobs until it gets one; ``abandoned``: it ended without ever getting it.
    """

    id: str
    work: Work
    project: Project
    pools: list[Pool]
    created: float
    not_before: float
    held: bool = False
    abandoned: bool = False
    sub_jobs: list[SubJob] = field(default_factory=list)
    waiting: deque[SubJob] = field(default_factory=deque)
    running: int = 0
    ended: float | None = None

    @property
    def pool(self) -> Pool:
        """The pool that it is about, or the first of them."""
        return self.pools[0]

    @property
    def open(self) -> bool:
        """Whether work remains."""
        return self.ended is None

    def failed(self) -> int:
        """Return the number of desktops that failed."""
        return sum(sub_job.status == "FAILED" for sub_job in self.sub_jobs)


class Jobs:
    """Starts jobs and carries them through."""

    def __init__(self, world: World) -> None:
        """Work on the estate ``world``."""
        self._world = world

    def submit(
        self,
        project: Project,
        pool: Pool,
        desktops: Iterable[Desktop],
        work: Work,
        delay: float,
        busy: Collection[Desktop],
    ) -> Job:
        """Accept a job.

        Args:
            project: Project of the pool.
            pool: The pool it belongs to; pools of the desktops are added to it.
            desktops: Desktops to work on, in order.
            work: What to do to each.
            delay: Simulated seconds before the first desktop is touched.
            busy: Desktops whose sub-job fails because other work runs on them.

        Returns:
            The job, planned on the timeline.
        """
        now = self._world.now
        job = Job(self._world.new_id("job"), work, project, [pool], now, now + delay)
        for desktop in desktops:
            self._add(job, desktop, desktop in busy)
        return self._plan(job)

    def hold(self, project: Project, pool: Pool, work: Work) -> Job:
        """Accept a job whose desktop is not known yet; it stays open until ``give``."""
        now = self._world.now
        return self._plan(Job(self._world.new_id("job"), work, project, [pool], now, now, held=True))

    def give(self, job: Job, desktop: Desktop, now: float) -> None:
        """Let a held job work on a desktop."""
        self._add(job, desktop, busy=False)
        job.held = False
        self._fill(job, now)

    def abandon(self, job: Job, now: float) -> None:
        """End a held job that will never get its desktop; it counts as failed."""
        job.held, job.abandoned = False, True
        self._fill(job, now)

    def conclude(self, job: Job, now: float) -> None:
        """End a held job whose work was done by other jobs."""
        job.held = False
        self._fill(job, now)

    def _add(self, job: Job, desktop: Desktop, busy: bool) -> None:
        position = len(job.sub_jobs) + 1
        entities = {"desktop_id": desktop.desktop_id, "desktop_name": desktop.computer_name}
        entities["product_id"] = desktop.product_id
        if desktop.user is not None:
            entities["user_name"] = desktop.user.name
        entities.update(job.work.entities(desktop))
        sub_job = SubJob(self._world.ids.uuid("sub-job", job.id, position), job, desktop, position, entities)
        if busy:
            sub_job.verdict = BUSY
        elif job.work.changes:
            desktop.open_work += 1
        job.sub_jobs.append(sub_job)
        job.waiting.append(sub_job)
        if desktop.pool not in job.pools:
            job.pools.append(desktop.pool)

    def _plan(self, job: Job) -> Job:
        job.project.jobs[job.id] = job
        for pool in job.pools:
            pool.jobs.append(job)
        self._world.timeline.at(job.not_before, lambda when: self._fill(job, when))
        self._world.settle()
        return job

    def _fill(self, job: Job, now: float) -> None:
        world = self._world
        while job.waiting and job.running < world.jobs_settings.parallel:
            sub_job = job.waiting.popleft()
            busy = sub_job.verdict
            verdict = busy or job.work.begin(world, sub_job, now)
            sub_job.began = now
            if verdict is not None:
                self._end(sub_job, verdict, now)
                if busy is None:
                    self._release(sub_job)
                continue
            self._start(sub_job, now)
        if not job.waiting and not job.running and job.open and not job.held:
            job.ended = now
            for pool in job.pools:
                pool.jobs.remove(job)
            job.work.close(world, job, now)

    def _start(self, sub_job: SubJob, now: float) -> None:
        job, desktop, world = sub_job.job, sub_job.desktop, self._world
        sub_job.status = "RUNNING"
        sub_job.seconds = job.work.seconds(world, desktop)
        job.running += 1
        if job.work.changes:
            desktop.sub_job = sub_job
        rule = world.failures.strike(job.work.operation, desktop, sub_job.position)
        verdict, share = SUCCEEDED, 1.0
        if rule is not None:
            verdict, share = Verdict(False, rule.error_code, rule.fail_reason, rule.leaves), rule.at
        world.timeline.at(now + sub_job.seconds * share, lambda when: self._finish(sub_job, verdict, when))

    def _finish(self, sub_job: SubJob, verdict: Verdict, now: float) -> None:
        world = self._world
        self._end(sub_job, verdict, now)
        sub_job.job.running -= 1
        if world.dialect.state_after_job == "lags":
            world.timeline.at(now + world.jobs_settings.lag_seconds, lambda when: self._show(sub_job, when))
        else:
            self._show(sub_job, now)
        self._fill(sub_job.job, now)

    def _end(self, sub_job: SubJob, verdict: Verdict, now: float) -> None:
        sub_job.verdict = verdict
        sub_job.ended = now
        sub_job.status = "SUCCESS" if verdict.succeeded else "FAILED"
        if not verdict.succeeded:
            sub_job.desktop.record().failures.append(
                {
                    "operation": sub_job.job.work.operation,
                    "job_id": sub_job.job.id,
                    "at": now,
                    "error_code": verdict.error_code,
                }
            )

    def _show(self, sub_job: SubJob, now: float) -> None:
        """Let the desktop show the outcome."""
        verdict = sub_job.verdict
        assert verdict is not None
        if verdict.succeeded:
            sub_job.job.work.complete(self._world, sub_job, now)
        else:
            if verdict.leaves is not None:
                sub_job.desktop.status = verdict.leaves
            sub_job.job.work.fail(self._world, sub_job, now)
        self._release(sub_job)

    def _release(self, sub_job: SubJob) -> None:
        desktop = sub_job.desktop
        if sub_job.job.work.changes:
            desktop.open_work -= 1
            if desktop.sub_job is sub_job:
                desktop.sub_job = None
        self._world.desktop_released(desktop)


def job_status(world: World, job: Job) -> str:
    """Return the status that a client reads (COMPLETE, SUCCESS and FAIL are final: Terraform provider)."""
    if job.held:
        return "WAITING"
    if job.open:
        if world.now < job.not_before:
            return world.dialect.job_status_during_delay
        return "RUNNING"
    if job.abandoned:
        return world.dialect.job_status_failed
    failed = job.failed()
    if not failed:
        return world.dialect.job_status_success
    return world.dialect.job_status_failed if failed == len(job.sub_jobs) else world.dialect.job_status_partial


def visible_sub_jobs(world: World, job: Job) -> list[SubJob]:
    """Return the sub-jobs that a client can see by now: those whose record nobody deleted."""
    kept = [sub_job for sub_job in job.sub_jobs if not sub_job.deleted]
    appear = world.dialect.sub_jobs_appear
    if appear == "late" and world.now < job.created + SUB_JOBS_LATE_SECONDS:
        return []
    if appear == "growing":
        return [sub_job for sub_job in kept if sub_job.status != "WAITING"]
    return kept


def forgotten(world: World, job: Job) -> bool:
    """Return whether the service no longer knows a finished job."""
    if world.dialect.finished_jobs == "kept" or job.ended is None:
        return False
    return world.now >= job.ended + world.jobs_settings.history_seconds
