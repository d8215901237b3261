# Copyright (c) 2026 the hwcloud.workspace contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Sending a change exactly once, although the service has no client token and an answer can get lost."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from ..client.clock import duration
from ..client.errors import (
    ForbiddenError,
    NetworkError,
    OutcomeUnknownError,
    RefusedError,
    ServerError,
    ThrottledError,
    UnauthorizedError,
    error_class,
    one_line,
)
from ..client.jobs import NAMED_JOB_TYPES, poll_interval
from ..client.session import Session
from .change import Change, Observation, Step, Submission
from .model import Pool
from .work import Work

LONGEST_SEARCH = 600.0  # seconds in which a service that cannot be read is asked again for such a trace
QUIET_TIME = 60.0  # seconds without any trace of a request after which it counts as not carried out
MOST_SENDINGS = 2


def submit(
    session: Session,
    change: Change,
    step: Step,
    pool: Pool,
    *,
    known_work: frozenset[str],
    observe: Callable[[], Observation],
    note: Callable[[str], None],
) -> Submission:
    """Send a step's request and return when it is certain that the service has taken it, once.

    When the answer is lost, what the request leaves behind is looked for: a job of the pool that was not there before,
    or the change itself. Only after 60 seconds without either is it sent again.

    :param known_work: IDs of the pool's jobs (or script tasks) before the request.
    :param observe: reads the pool, and what the change needs, anew.
    :param note: takes a line that says what is going on.
    :raises ConflictError: the pool is busy; nothing was carried out.
    :raises RefusedError: the service refused; nothing was carried out.
    :raises OutcomeUnknownError: whether it was carried out cannot be found out.
    """
    work = change.tracker.name
    path = {"pool_id": pool.id} if pool.exists else {}
    for sending in range(1, MOST_SENDINGS + 1):
        accepted = False
        try:
            answer = session.call(step.operation, path, body=dict(step.body) or None) or {}
            if not step.starts_job:
                return change.check_answer(step, answer)
            _raise_for_hidden_error(step, answer)
            submission = change.accepted(answer)
            if submission.id or submission.parts or submission.pending or not change.needs_job:
                return submission
            accepted = True
            lost = OutcomeUnknownError(f"{step.operation.name} was accepted without a {work} to follow.")
        except OutcomeUnknownError as error:
            lost = error
        except RefusedError as error:
            if change.excuses(step, error):
                return Submission(None)
            raise change.explain(step, error) from None
        sought = f"the {work}" if _makes_work(change, step) else "the effect"
        note(f"looks for {sought}, since the answer to its request was lost")
        found = _trace(session, change, step, pool, known_work, observe, lost)
        if found is None and accepted:
            found = Submission(None)
        if found is not None:
            return found
        if not change.leaves_a_trace or sending == MOST_SENDINGS:
            break
    nothing = f"{work} and no effect" if _makes_work(change, step) else "effect"
    raise OutcomeUnknownError(
        f"{lost} No {nothing} of it appeared within {QUIET_TIME:.0f} s; {_look(change, step)}.", **lost.result_fields()
    )


def may_be_of(change: Change, job_type: str) -> bool:
    """Return whether a job of this type can be the change's: the type certainly is, or no source names it at all."""
    return job_type in change.job_types or job_type not in NAMED_JOB_TYPES


def _makes_work(change: Change, step: Step) -> bool:
    """Return whether a job (or script task) may show that a step was carried out."""
    return step.starts_job or change.asks_jobs


def _look(change: Change, step: Step) -> str:
    """Return where a user finds out what became of a request that is not known to be carried out."""
    places = f"'s {change.tracker.name}s and desktops" if _makes_work(change, step) else ""
    return f"look at the pool{places} in the console before you run the task again"


def _raise_for_hidden_error(step: Step, answer: dict[str, Any]) -> None:
    """Raise the error that can hide in a 200 (definitions: rebuild answers)."""
    if answer.get("job_id") or not answer.get("error_code"):
        return
    code = str(answer["error_code"])
    raise error_class(200, code)(
        f"{step.operation.name} was refused: {one_line(answer.get('error_msg') or 'no reason given')} ({code}).",
        http_status=200,
        error_code=code,
        error_msg=str(answer.get("error_msg") or ""),
    )


def _trace(
    session: Session,
    change: Change,
    step: Step,
    pool: Pool,
    known_work: frozenset[str],
    observe: Callable[[], Observation],
    lost: OutcomeUnknownError,
) -> Submission | None:
    clock = session.clock
    began = clock.now()
    pool_id = pool.id
    moved = False
    while True:
        elapsed = clock.now() - began
        looked = False
        try:
            with session.patience(LONGEST_SEARCH - elapsed):
                new = [
                    work
                    for work in (change.tracker.known(session, pool_id) if _makes_work(change, step) else ())
                    if work.id not in known_work and may_be_of(change, work.job_type) and change.recognizes(work)
                ]
                if not step.starts_job and any(_overlap(step, work) for work in new):
                    return Submission(None)
                if step.starts_job and new:
                    # Of several, the one that works on the same desktops.
                    return Submission(max(new, key=lambda work: _overlap(step, work)).id)
                if change.leaves_a_trace:
                    observation = observe()
                    pool_id = observation.pool.id
                    moved = moved or _has_moved(change, step, observation)
            looked = True
        except (NetworkError, ServerError, ThrottledError):
            pass  # whatever hid the answer may hide this as well
        except (UnauthorizedError, ForbiddenError) as error:
            raise OutcomeUnknownError(
                f"{str(lost).rstrip('.')}; nor can it be looked for: {error}", **lost.result_fields()
            ) from None
        # A minute in which nothing could be looked at is no quiet one.
        if moved and (elapsed >= QUIET_TIME or not step.starts_job):
            return Submission(None)
        if looked and elapsed >= QUIET_TIME:
            return None
        if elapsed >= LONGEST_SEARCH:
            what = "run the task again, which looks first" if change.leaves_a_trace else _look(change, step)
            raise OutcomeUnknownError(
                f"{lost} For {duration(LONGEST_SEARCH)} nothing could be read that tells; {what}.",
                **lost.result_fields(),
            )
        clock.sleep(poll_interval(elapsed))


def _overlap(step: Step, work: Work) -> int:
    return len(step.desktop_ids & {part.desktop_id for part in work.sub_jobs})


def _has_moved(change: Change, step: Step, observation: Observation) -> bool:
    desktop_ids, template = change.missing(step, observation)
    return bool(step.desktop_ids - desktop_ids) or (step.moves_template and not template)
