# Copyright (c) 2026 the hwcloud.workspace contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The one way in which a pool is changed: observe, wait while it is busy, plan, submit exactly once, wait, report."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace
from typing import Any

from ..client.clock import duration
from ..client.errors import (
    BusyError,
    ConflictError,
    JobFailedError,
    JobTimeoutError,
    OutcomeUnknownError,
    RefusedError,
    WorkspaceError,
)
from ..client.jobs import UNSEEN_GRACE, Job, poll_interval, wait_for_job
from ..client.session import Session
from .change import SETTLE_TIME, Change, Observation, Plan, Step, Submission
from .lookup import list_desktops, names
from .model import Pool
from .progress import Progress
from .single import refused_error
from .submission import may_be_of, submit
from .work import JOBS

# Seconds after which a service that says that it is busy, while nothing that can be seen runs, is believed to mean
# something else: the state of a desktop, maintenance. The Terraform provider has additions of disks 5 minutes apart.
CONFLICT_TIME = 600.0
# Looks before one request is sent of which each finds something new; a record that never rests ends no run.
MOST_LOOKS = 10


@dataclass
class Outcome:
    """What became of a change. ``pool`` is the pool as read last, ``work`` the result fields of the job seen last.

    ``observation`` is what was observed last, None if nothing was. ``facts`` are what else the service's answer said.
    """

    pool: Pool
    changed: bool = False
    adopted: bool = False
    plan: Plan = field(default_factory=lambda: Plan(None))
    work: dict[str, Any] = field(default_factory=lambda: JOBS.accepted(""))
    desktops_succeeded: list[str] = field(default_factory=list)
    desktops_failed: list[dict[str, str]] = field(default_factory=list)
    observation: Observation | None = None
    facts: dict[str, Any] = field(default_factory=dict)

    def result(self) -> dict[str, Any]:
        """Return the outcome as the result of a task that starts a job."""
        return {
            **self.synchronous_result(),
            **self.work,
            "adopted": self.adopted,
            **self._desktops(),
            **self.facts,
        }

    def synchronous_result(self) -> dict[str, Any]:
        """Return the outcome as the result of a task that starts no job."""
        return {
            "changed": self.changed,
            "diff": {"before": dict(self.plan.before), "after": dict(self.plan.after)},
            "desktop_pool": self.pool.fields,
        }

    def take(self, work: dict[str, Any]) -> None:
        """Take over the result fields of a job (or script task) of this change."""
        self.work = {name: value for name, value in work.items() if not name.startswith("desktops_")}
        # A change of several steps works on the same desktops several times; one that failed did not succeed.
        failed = work.get("desktops_failed", [])
        out = {entry["desktop_id"] for entry in failed}
        every = dict.fromkeys([*self.desktops_succeeded, *work.get("desktops_succeeded", [])])
        self.desktops_succeeded = [desktop_id for desktop_id in every if desktop_id not in out]
        self.desktops_failed += failed

    def joined(self, other: Outcome) -> Outcome:
        """Return this outcome and that of a further change of the same pool as one."""
        one = Outcome(
            other.pool,
            changed=self.changed or other.changed,
            adopted=(self.adopted or other.adopted) and not (self.changed or other.changed),
            plan=Plan(
                other.plan.step or self.plan.step,
                {**self.plan.before, **other.plan.before},
                {**self.plan.after, **other.plan.after},
            ),
            work=self.work,
            desktops_succeeded=list(self.desktops_succeeded),
            desktops_failed=list(self.desktops_failed),
            observation=other.observation,
            facts={**self.facts, **other.facts},
        )
        if other.work.get("job_id"):
            one.take({**other.work, **other._desktops()})
        return one

    def _desktops(self) -> dict[str, Any]:
        return {"desktops_succeeded": self.desktops_succeeded, "desktops_failed": self.desktops_failed}


@dataclass(frozen=True)
class Engine:
    """Carries out changes of pools.

    :param session: the way to the service.
    :param emit: takes lines of progress.
    :param warn: takes warnings.
    :param wait: wait for jobs to end. Without it a task returns when its request was accepted, and fails if another
        job runs.
    :param wait_timeout: seconds that one task may wait for jobs in all, beside the delay that it asks the service for.
    """

    session: Session
    emit: Callable[[str], None]
    warn: Callable[[str], None]
    wait: bool = True
    wait_timeout: float = 3600.0

    def predict(self, change: Change, pool: Pool) -> Outcome:
        """Return what :meth:`carry_out` would do, from reading alone (check mode)."""
        try:
            observation = change.observe(self.session, pool)
            plan = change.plan(observation)
            if plan.step is not None:
                change.verify(self.session, pool, plan.step)
            self._warn_of(change, plan, pool)
        except WorkspaceError as error:
            raise error.about(f"pool {pool.name}: {change.verb}") from None
        predicted = replace(pool, fields=plan.pool_after) if plan.pool_after is not None else pool
        facts = change.report(plan.foreseen, predicted)
        outcome = Outcome(predicted, changed=plan.step is not None, plan=plan, observation=observation, facts=facts)
        outcome.work = change.tracker.accepted("")
        return outcome

    def carry_out(self, change: Change, pool: Pool) -> Outcome:
        """Bring the pool to where the change wants it, and return when it is there.

        :raises BusyError: another job runs, and ``wait`` is off.
        :raises JobFailedError: a desktop failed; the fields say which and why.
        :raises JobTimeoutError: a job still ran when the time was up.
        :raises OutcomeUnknownError: it could not be found out whether a request was carried out.
        :raises RefusedError: the service refused.
        """
        run = _Run(self, change, pool)
        try:
            run.carry_out()
            run.raise_for_refused()
            return run.reported()
        except WorkspaceError as error:
            run.reported()
            # The outcome holds all jobs of this change; an error knows its own alone.
            outcome = run.outcome
            facts = outcome.result() if change.starts_jobs else {**outcome.synchronous_result(), **outcome.facts}
            error.fields = {**error.result_fields(), **facts}
            raise error.about(f"pool {pool.name}: {change.verb}") from None

    def _warn_of(self, change: Change, plan: Plan, pool: Pool) -> None:
        asks = change.takes_turns and plan.step is not None
        for job in _jobs_before(change, JOBS.known(self.session, pool.id) if asks else []):
            self.warn(f"pool {pool.name}: job {job.id} ({job.job_type}) runs now; the change would wait for it first.")
        for warning in plan.warnings:
            self.warn(warning)


def _jobs_before(change: Change, jobs: Sequence[Job]) -> list[Job]:
    """Return those of a pool's jobs that have to end before the change can begin."""
    return [job for job in jobs if not job.is_over and change.waits_for(job)] if change.takes_turns else []


class _Run:
    """One change on its way."""

    def __init__(self, engine: Engine, change: Change, pool: Pool) -> None:
        self._engine = engine
        self._session = engine.session
        self._clock = engine.session.clock
        self._change = change
        self._progress = Progress(self._clock, engine.emit, pool.name)
        self._deadline = self._clock.now() + engine.wait_timeout
        self._known_work: frozenset[str] = frozenset()
        self._waited = False
        self._waited_for: Job | None = None
        self._verified: Step | None = None
        self._conflict_since: float | None = None
        self._hidden_since: float | None = None
        self._was_overtaken = False
        self._looked_twice = False
        self._is_fresh = False
        self._looks_again = 0
        self._work_before: frozenset[str] = frozenset()
        self._steps: list[Step] = []
        self._said: set[str] = set()
        self._believes = False
        self._unawaited: frozenset[str] = frozenset()
        self._shown: frozenset[str] | None = None
        self._refused: list[dict[str, str]] = []
        self.outcome = Outcome(pool, work=change.tracker.accepted(""))

    def carry_out(self) -> Outcome:
        """See :meth:`Engine.carry_out`."""
        self.outcome.observation = self._change.observe(self._session, self.outcome.pool)
        plan = self._change.plan(self.outcome.observation)
        was_due = plan.step is not None
        under_way = self._engine.wait and self._change.is_under_way(self.outcome.observation)
        if not was_due and not under_way and self.outcome.pool.status != "TEMPORARY":
            self._warn_of(plan)
            return self.outcome
        while True:
            plan = self._until_idle(plan)
            if plan.step is None:
                if not self._steps:
                    self._warn_of(plan)
                if self._waited and not self.outcome.changed:
                    self._adopt(was_due, under_way)
                return self.outcome
            step = plan.step
            self._prepare(plan, step)
            newer = self._look_again(step)
            if newer is not None:
                plan = newer
                continue
            submission = self._submit(step)
            if submission is None:
                plan = self._plan_on()
                continue
            if step.starts_job and not self._engine.wait:
                if plan.steps > 1:
                    self._engine.warn(
                        f"pool {self.outcome.pool.name}: {self._change.verb}: {plan.steps - 1} of {plan.steps} "
                        "requests were not sent, since wait is false; run the task again when the job has ended."
                    )
                return self.outcome
            try:
                plan = self._effect_of(submission, step)
            except JobFailedError:
                self._put_right(step)
                raise
            plan = self._once_others_have_added(plan)
            if plan.step is None:
                self._warn_of(plan)
                return self.outcome

    def reported(self) -> Outcome:
        """Return the outcome with what the change itself has to say of it."""
        self.outcome.facts.update(self._change.report(self._steps, self.outcome.pool))
        if self._shown is not None:
            self.outcome.facts.update(self._change.achieved(self._shown))
        return self.outcome

    def raise_for_refused(self) -> None:
        """Raise JobFailedError if an answer has said of desktops that the request was not carried out on them."""
        if self._refused:
            raise refused_error(self._refused, self._change.done_is, self._change.again)

    def _adopt(self, was_due: bool, under_way: bool) -> None:
        """Take over the job to which the wanted state is owed, since nothing had to be sent after it.

        :raises JobFailedError: that job failed, and the pool's state alone does not tell.
        """
        job, observation = self._waited_for, self.outcome.observation
        is_surely_ours = job is not None and job.job_type in self._change.job_types
        if not was_due and not (under_way and is_surely_ours):
            return
        if job is not None:
            self.outcome.take(job.result())
            if is_surely_ours and observation is not None and self._change.is_under_way(observation):
                job.raise_for_failure(self._change.again)
        self.outcome.adopted = True

    def _until_idle(self, plan: Plan) -> Plan:
        """Wait for the jobs that run for the pool, and return what is left to do then."""
        tracker = self._change.tracker
        while True:
            starts_job = plan.step is not None and plan.step.starts_job
            jobs = JOBS.known(self._session, self.outcome.pool.id) if self._change.takes_turns or starts_job else []
            self._is_fresh = self._is_fresh and not (self._change.takes_turns or starts_job)
            running = _jobs_before(self._change, jobs)
            if plan.step is None and self.outcome.pool.status != "TEMPORARY":
                running = [job for job in running if job.job_type in self._change.job_types]
            if not running and all(job.is_over for job in jobs) and self._hides_a_job(plan):
                self._progress.note("waits for a job to be listed, since the pool is being changed")
                self._clock.sleep(poll_interval(self._clock.now() - (self._hidden_since or 0.0)))
                plan = self._plan_now()
                continue
            if not running and not self._believes and plan.step is not None and self._change.is_cumulative(plan.step):
                # A job may have ended just now, before this task began, and the records lag behind it.
                self._believes = True
                ended = [job for job in jobs if job.is_over and may_be_of(self._change, job.job_type)]
                newest = max(ended, key=lambda job: job.end_time, default=None)
                if newest is not None:
                    lagging = frozenset(sub_job.desktop_id for sub_job in newest.succeeded)
                    plan = self._settled(lagging, template_lags=True)
                    continue
            if not running and plan.step is None and self._has_just_ended(jobs):
                plan = self._plan_now()
                continue
            if not running or (plan.step is None and not self._engine.wait):
                known = jobs if tracker is JOBS else tracker.known(self._session, self.outcome.pool.id)
                self._known_work = frozenset(work.id for work in known)
                return plan
            lagging, template_lags = self._wait_for_others(running)
            plan = self._settled(lagging, template_lags)
            self._waited = True

    def _has_just_ended(self, jobs: Sequence[Job]) -> bool:
        """Return whether a job may have ended between the look at the pool and that at its jobs. Believed once."""
        is_over = self.outcome.pool.status == "TEMPORARY" and any(job.is_over for job in jobs)
        if self._steps or not is_over or self._looked_twice:
            return False
        self._looked_twice = True
        return True

    def _hides_a_job(self, plan: Plan) -> bool:
        """Return whether a job that nobody can see yet may run for the pool. That is believed for 60 seconds."""
        if self._steps or not self._shows_work(plan.step):
            return False
        now = self._clock.now()
        self._hidden_since = now if self._hidden_since is None else self._hidden_since
        return now - self._hidden_since < UNSEEN_GRACE

    def _prepare(self, plan: Plan, step: Step) -> None:
        """Make sure that a step can be sent, and take down what it is about to change."""
        if len(self._steps) == self._change.most_steps or step in self._steps:
            raise self._left_out(step)
        is_new = step != self._verified
        if is_new:
            self._change.verify(self._session, self.outcome.pool, step)
            self._verified = step
            self._is_fresh = False
        if not self._steps:
            self._work_before = self._known_work
            # What others did while this waited is not this task's change.
            self.outcome.plan = plan
            self._warn_of(plan)
            for warning in plan.warnings:
                if warning not in self._said:
                    self._said.add(warning)
                    self._engine.emit(warning)  # it is shown with the result, too; this is said before it is too late
        if step.note and is_new:
            self._progress.note(step.note, at_once=True)

    def _look_again(self, step: Step) -> Plan | None:
        """Look once more at what a step was planned from, if anything else was read since; None if nothing is new.

        What another controller began and ended since that look is in no list of running jobs.
        """
        if self._is_fresh or not self._change.leaves_a_trace or self._looks_again >= MOST_LOOKS:
            return None
        was_busy = self._is_at_work(step)
        plan = self._plan_now()
        begins = self._is_at_work(step) and not was_busy
        if plan.step == step and not begins:
            return None
        self._looks_again += 1
        self._waited = self._waited or plan.step is None  # what the other one has done counts as adopted
        return plan

    def _is_at_work(self, step: Step | None) -> bool:
        """Return whether what was observed last shows that somebody works on the pool, or on desktops of this step."""
        return self._shows_work(step) or self.outcome.pool.status == "TEMPORARY"

    def _shows_work(self, step: Step | None) -> bool:
        observation = self.outcome.observation
        if observation is None:
            return False
        return self._change.shows_work(observation) or (self._change.takes_turns and _is_begun(step, observation))

    def _submit(self, step: Step) -> Submission | None:
        """Send a step's request; None if the service says that it is busy, after a pause."""
        try:
            submission = submit(
                self._session,
                self._change,
                step,
                self.outcome.pool,
                known_work=self._known_work,
                observe=self._observe,
                note=self._progress.note,
            )
        except ConflictError as error:
            # The pool was not as idle as it looked. Before anything is sent again, everything is looked at again.
            if self._is_overtaken(step, error):
                return None
            now = self._clock.now()
            self._conflict_since = now if self._conflict_since is None else self._conflict_since
            lasts = now - self._conflict_since >= CONFLICT_TIME and self._is_at_rest()
            if not self._engine.wait or now >= self._deadline or lasts:
                raise
            self._progress.note(f"waits, the service says that it is busy ({error.error_code or 'HTTP 409'})")
            self._clock.sleep(poll_interval(now - self._conflict_since))
            self._waited = True
            return None
        except RefusedError as error:
            other = self._change.instead(step, error)
            if other is None and not self._is_overtaken(step, error):
                raise
            self._change = other or self._change
            return None
        self._steps.append(step)
        self._looks_again = 0
        self._believes = True
        self.outcome.changed = True
        self.outcome.facts.update(submission.facts)
        self.outcome.desktops_failed += submission.refused
        self._refused += submission.refused
        if step.starts_job:
            self.outcome.work = self._change.tracker.accepted(submission.id or next(iter(submission.parts), ""))
        return submission

    def _is_overtaken(self, step: Step, error: RefusedError) -> bool:
        """Return whether a request was refused because another controller has done something of it meanwhile.

        Believed once in a task: what the service refuses again is for the user.
        """
        if self._was_overtaken or error.http_status not in (400, 409):
            return False
        self._was_overtaken = True
        with suppress(WorkspaceError):
            following = self._plan_now().step
            self._waited = self._waited or following is None  # so that what the other has done counts as adopted
            return following != step
        return False

    def _is_at_rest(self) -> bool:
        """Return whether nothing that can be seen works on the pool, so that waiting for it is of no use."""
        observation = self.outcome.observation
        desktops = (observation.desktops if observation else None) or ()
        busy = any(desktop.task_status for desktop in desktops)
        return self._change.takes_turns and self.outcome.pool.status != "TEMPORARY" and not busy

    def _effect_of(self, submission: Submission, step: Step) -> Plan:
        """Wait until a step's effect shows, and return what is left to do then."""
        followed = bool(submission.id or submission.parts)
        succeeded = self._follow(submission, step) if followed else frozenset()
        # What a job reports, or what was answered at once, shows soon. Without either, only the waiting limit counts.
        lost = step.starts_job and not followed
        lagging = step.desktop_ids - _ids(submission.refused) if lost or not step.starts_job else succeeded
        self._change = self._change.once_done(step, lagging)
        if not step.awaited:
            self._unawaited |= lagging
            return self._plan_on()
        limit = max(step.settle_time, self._time_left()) if lost else step.settle_time
        if submission.pending and not followed:
            limit = self._time_left()
        return self._until_it_shows(step, lagging, limit, "" if followed else submission.pending, lost=lost)

    def _plan_on(self) -> Plan:
        """Return what is left to do; if that is nothing, wait first for the steps that were not waited for."""
        plan = self._plan_now()
        if plan.step is not None or not self._unawaited or not self._engine.wait:
            return plan
        lagging, self._unawaited = self._unawaited, frozenset()
        step = self._steps[-1]
        plan = self._until_it_shows(step, lagging, step.settle_time)
        if self._change.asks_jobs:
            self._note_failures(lagging)
        return plan

    def _note_failures(self, desktop_ids: frozenset[str]) -> None:
        """Take down the desktops on which a job has failed that no answer has named; the task fails of them."""
        for job in JOBS.known(self._session, self.outcome.pool.id):
            if job.id in self._work_before or not may_be_of(self._change, job.job_type):
                continue
            failed = [part for part in job.result()["desktops_failed"] if part["desktop_id"] in desktop_ids]
            self.outcome.desktops_failed += failed
            self._refused += failed
            self._shown = (self._shown or frozenset()) - _ids(failed)

    def _until_it_shows(
        self, step: Step, lagging: frozenset[str], limit: float, pending: str = "", *, lost: bool = False
    ) -> Plan:
        """Wait until the records show a step's effect, and return what is left to do then.

        :param lagging: the desktops on which it has to show.
        :param limit: seconds after which it is too late.
        :param pending: what the service waits for before it begins.
        :param lost: nobody knows of a job that would tell how it ended.
        """
        began = self._clock.now()
        shown = 0
        while True:
            observation = self._observe()
            missing, template = self._change.missing(step, observation)
            late = missing & lagging
            elapsed = self._clock.now() - began
            shows = not late and not template and self._change.is_settled(observation)
            shows = shows and elapsed >= min(step.quiet_time, limit)
            shown = shown + 1 if shows else 0
            if not step.starts_job:
                self._shown = (self._shown or frozenset()) | (lagging - late)
            if shown >= self._change.looks:
                return self._change.plan(observation)
            if elapsed >= limit and not shows:
                if pending:
                    raise self._still_pending(pending, elapsed)
                if lost and (late or template):
                    raise OutcomeUnknownError(
                        "the request was carried out at least in part, but no job of it can be found, and how it ended "
                        "is unknown; look at the pool's desktops in the console, then run the task again."
                    )
                raise self._too_late(late, step)
            waiting = f"the service waits for {pending}" if pending else ""
            self._progress.note(waiting or step.note or "waits for the records to catch up with what was done")
            self._clock.sleep(poll_interval(elapsed))

    def _once_others_have_added(self, plan: Plan) -> Plan:
        """Return the plan once those jobs have ended by which others add to what this task has added."""
        if plan.step is not None or not self._change.adds_up:
            return plan
        with suppress(WorkspaceError):
            jobs = JOBS.known(self._session, self.outcome.pool.id)
            running = [job for job in jobs if not job.is_over and job.job_type in self._change.job_types]
            if running:
                self._wait_for_others(running)
                return self._plan_now()
        return plan

    def _put_right(self, step: Step) -> None:
        """Take back what a failed step did beside what was wanted. What it failed of is what the task fails of."""
        amend: Step | None = None
        try:
            amend = self._change.amend(step, self._observe())
            if amend is None:
                return
            submission = submit(
                self._session,
                self._change,
                amend,
                self.outcome.pool,
                known_work=self._known_work | {str(self.outcome.work.get("job_id"))},
                observe=self._observe,
                note=self._progress.note,
            )
            if submission.id:
                tell = self._progress.job(amend.note)
                wait_for_job(self._session, submission.id, self._time_left(), tell).raise_for_failure()
            self._read_pool_again()
        except WorkspaceError as error:
            if amend is not None:
                self._engine.warn(
                    f"pool {self.outcome.pool.name}: what the failed request did beside was not undone: {error}"
                )

    def _wait_for_others(self, running: list[Job]) -> tuple[frozenset[str], bool]:
        """Wait for jobs that this task did not start. Return what of their effect may show late: desktops, template."""
        lagging: set[str] = set()
        template_lags = False
        for job in running:
            if not self._engine.wait:
                raise BusyError(
                    f"job {job.id} ({job.job_type}) still runs for the pool, and wait is false; "
                    "run the task again when it has ended, or with wait: true.",
                    running_job_id=job.id,
                )
            self._conflict_since = None  # there is a reason to be busy
            tell = self._progress.job(f"waits for job {job.id} ({job.job_type})")
            ended = wait_for_job(self._session, job.id, self._time_left(), tell)
            if may_be_of(self._change, ended.job_type):
                self._waited_for = ended
                lagging.update(sub_job.desktop_id for sub_job in ended.succeeded)
                template_lags = True
        return frozenset(lagging), template_lags

    def _follow(self, submission: Submission, step: Step) -> frozenset[str]:
        """Wait for what this task has started, judge it by its desktops, and return those that succeeded."""
        self._deadline += step.delay
        try:
            work = self._change.tracker.wait(
                self._session,
                self.outcome.pool.id,
                submission.id or "",
                submission.parts,
                self._time_left(),
                self._progress.job(self._change.verb),
                bool(step.desktop_ids) or step.adds > 0,
                self._change.later,
            )
            work = self._change.judge(step, work)
            self.outcome.take(work.result())
            work.raise_for_failure(self._change.again)
        except JobTimeoutError as error:
            self.outcome.take(error.fields)
            raise
        except JobFailedError:
            self._let_records_catch_up(step, frozenset(self.outcome.desktops_succeeded))
            raise
        return frozenset(part.desktop_id for part in work.succeeded)

    def _let_records_catch_up(self, step: Step, succeeded: frozenset[str]) -> None:
        """Wait after a failure until the desktops that succeeded show it, so that the next run leaves those alone."""
        change = self._change.once_done(step, succeeded)
        began = self._clock.now()
        with suppress(WorkspaceError):
            while change.missing(step, self._observe())[0] & succeeded:
                elapsed = self._clock.now() - began
                if elapsed >= SETTLE_TIME:
                    return
                self._progress.note("waits for the records to catch up with what was done")
                self._clock.sleep(poll_interval(elapsed))

    def _settled(self, lagging: frozenset[str], template_lags: bool) -> Plan:
        """Return the plan when the records show the effect of others' jobs, or when that takes too long.

        :param lagging: desktops whose jobs succeeded.
        :param template_lags: whether the template may have been moved by those jobs.
        """
        began = self._clock.now()
        while True:
            plan = self._plan_now()
            elapsed = self._clock.now() - began
            lags = (
                plan.step is not None
                and self._change.leaves_a_trace
                and (plan.step.desktop_ids & lagging or (template_lags and plan.step.moves_template))
            )
            if not lags or elapsed >= SETTLE_TIME:
                return plan
            self._progress.note("waits for the records to catch up with the job")
            self._clock.sleep(poll_interval(elapsed))

    def _plan_now(self) -> Plan:
        return self._change.plan(self._observe())

    def _observe(self) -> Observation:
        self._read_pool_again()
        self.outcome.observation = observation = self._change.observe(self._session, self.outcome.pool)
        self._is_fresh = True
        return observation

    def _read_pool_again(self) -> Outcome:
        self.outcome.pool = self._change.read_pool(self._session, self.outcome.pool)
        return self.outcome

    def _time_left(self) -> float:
        return max(0.0, self._deadline - self._clock.now())

    def _too_late(self, late: frozenset[str], step: Step) -> WorkspaceError:
        """Return the error for a step whose effect does not show in time; of one without a job, name who it is."""
        observation = self.outcome.observation
        desktops = [desktop for desktop in (observation.desktops if observation else None) or () if desktop.id in late]
        if not step.starts_job:
            reason = f"the request was accepted, but {step.settle_time:.0f} s later its effect does not show"
            self.outcome.desktops_failed += [
                {"desktop_id": desktop.id, "desktop_name": desktop.name, "error_code": "", "fail_reason": reason}
                for desktop in desktops
            ]
        return self._change.overdue(desktops, step.settle_time) or self._not_there(late, step)

    def _not_there(self, desktop_ids: frozenset[str], step: Step) -> WorkspaceError:
        what = self._names(desktop_ids) or "the pool itself"
        work = self._change.tracker.name
        work_id = next(iter(self.outcome.work.values()), None) if step.starts_job else None
        asked = f" ({step.note})" if step.note else ""
        said = f"{work} {work_id} reports success" if work_id else f"the service accepted the request{asked}"
        return JobFailedError(
            f"{said}, but {step.settle_time:.0f} s later it does not show on {what}; look there in the console, "
            "then run the task again."
        )

    def _still_pending(self, pending: str, elapsed: float) -> WorkspaceError:
        return JobTimeoutError(
            f"the service has accepted the request and still waits for {pending} after {duration(elapsed)}; "
            "run the task again to wait for it, or raise wait_timeout."
        )

    def _left_out(self, step: Step) -> WorkspaceError:
        what = self._names(step.desktop_ids) or "the pool itself"
        return JobFailedError(
            f"the service accepted the request but left out {what}; look at their state in the console "
            "(frozen, failed or in maintenance), then run the task again.",
        )

    def _warn_of(self, plan: Plan) -> None:
        for warning in plan.warnings:
            self._engine.warn(warning)

    def _names(self, desktop_ids: frozenset[str]) -> str:
        if not desktop_ids:
            return ""
        return names(list_desktops(self._session, self.outcome.pool.id, sorted(desktop_ids)))


def _is_begun(step: Step | None, observation: Observation) -> bool:
    """Return whether a desktop that is to be changed has a task already, as after a run that was killed.

    Where the template comes first, the desktops that come after it are not known yet; then any of them counts.
    """
    if step is None:
        return False
    busy = {desktop.id for desktop in observation.desktops or () if desktop.task_status}
    return bool(busy & step.desktop_ids if step.desktop_ids else busy)


def _ids(entries: Sequence[dict[str, str]]) -> frozenset[str]:
    return frozenset(entry["desktop_id"] for entry in entries)
