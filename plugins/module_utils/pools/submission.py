# Copyright (c) 2026 the hwcloud.workspace contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Sending a change exactly once, although the service has no client token and an answer can get lost."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from ..client.errors import NetworkError, OutcomeUnknownError, ServerError, ThrottledError, error_class, one_line
from ..client.jobs import NAMED_JOB_TYPES, poll_interval, read_pool_jobs
from ..client.session import Session
from .change import Change, Plan, Step
from .model import Pool

LONGEST_SEARCH = 600.0  # seconds in which a service that cannot be read is asked again for such a trace
QUIET_TIME = 60.0  # seconds without any trace of a request after which it counts as not carried out
MOST_SENDINGS = 2


@dataclass(frozen=True)
class Submission:
    """A request that was carried out. ``job_id`` is None where only its effect is seen."""

    job_id: str | None


def submit(
    session: Session,
    change: Change,
    step: Step,
    pool: Pool,
    *,
    known_jobs: frozenset[str],
    plan_now: Callable[[], Plan],
    note: Callable[[str], None],
) -> Submission:
    """Send a step's request and return when it is certain that the service has taken it, once.

    When the answer is lost, what the request leaves behind is looked for: a job of the pool that was not there before,
    or the change itself. Only after 60 seconds without either is it sent again.

    :param known_jobs: IDs of the pool's jobs before the request.
    :param plan_now: reads the pool and plans anew.
    :param note: takes a line that says what is going on.
    :raises ConflictError: the pool is busy; nothing was carried out.
    :raises RefusedError: the service refused; nothing was carried out.
    :raises OutcomeUnknownError: whether it was carried out cannot be found out.
    """
    for sending in range(1, MOST_SENDINGS + 1):
        accepted = False
        try:
            body = session.call(step.operation, {"pool_id": pool.id}, body=dict(step.body)) or {}
            if not change.starts_job:
                return Submission(None)
            if body.get("job_id"):
                return Submission(str(body["job_id"]))
            if body.get("error_code"):  # an error can hide in a 200 (definitions: rebuild answers)
                code = str(body["error_code"])
                raise error_class(200, code)(
                    f"{step.operation.name} was refused: {one_line(body.get('error_msg') or 'no reason given')} "
                    f"({code}).",
                    http_status=200,
                    error_code=code,
                    error_msg=str(body.get("error_msg") or ""),
                )
            accepted = True
            lost = OutcomeUnknownError(f"{step.operation.name} was accepted without a job to follow.")
        except OutcomeUnknownError as error:
            lost = error
        note("looks for the job, since the answer to its request was lost")
        found = _trace(session, change, step, pool, known_jobs, plan_now, lost)
        if found is None and accepted:
            found = Submission(None)
        if found is not None:
            return found
        if not change.leaves_a_trace or sending == MOST_SENDINGS:
            break
    raise OutcomeUnknownError(
        f"{lost} No job and no effect of it appeared within {QUIET_TIME:.0f} s; "
        "look at the pool's jobs and desktops in the console before you run the task again.",
        **lost.result_fields(),
    )


def may_be_of(change: Change, job_type: str) -> bool:
    """Return whether a job of this type can be the change's: the type certainly is, or no source names it at all."""
    return job_type in change.job_types or job_type not in NAMED_JOB_TYPES


def _trace(
    session: Session,
    change: Change,
    step: Step,
    pool: Pool,
    known_jobs: frozenset[str],
    plan_now: Callable[[], Plan],
    lost: OutcomeUnknownError,
) -> Submission | None:
    clock = session.clock
    began = clock.now()
    moved = False
    while True:
        elapsed = clock.now() - began
        looked = False
        try:
            new = [
                job
                for job in read_pool_jobs(session, pool.id)
                if job.id not in known_jobs and may_be_of(change, job.job_type)
            ]
            if new:
                # Of several, the one that works on the same desktops.
                return Submission(
                    max(new, key=lambda job: _overlap(step, [part.desktop_id for part in job.sub_jobs])).id
                )
            moved = moved or (change.leaves_a_trace and _has_moved(step, plan_now()))
            looked = True
        except (NetworkError, ServerError, ThrottledError):
            pass  # whatever hid the answer may hide this as well
        # A minute in which nothing could be looked at is no quiet one.
        if moved and elapsed >= QUIET_TIME:
            return Submission(None)
        if looked and elapsed >= QUIET_TIME:
            return None
        if elapsed >= LONGEST_SEARCH:
            raise lost
        clock.sleep(poll_interval(elapsed))


def _overlap(step: Step, desktop_ids: list[str]) -> int:
    return len(step.desktop_ids & set(desktop_ids))


def _has_moved(step: Step, plan: Plan) -> bool:
    if plan.step is None:
        return True
    return bool(step.desktop_ids - plan.step.desktop_ids) or (step.moves_template and not plan.step.moves_template)
