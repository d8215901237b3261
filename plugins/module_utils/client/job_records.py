# Copyright (c) 2026 the hwcloud.workspace contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What can be done to jobs that have ended: deleting the records of their sub-jobs, and carrying them out once more."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from .errors import (
    InputError,
    MissingError,
    NetworkError,
    OutcomeUnknownError,
    ServerError,
    ThrottledError,
    WorkspaceError,
)
from .jobs import NAMED_JOB_TYPES, Job, SubJob, list_sub_jobs, poll_interval, read_job
from .operations import ACT_ON_JOB, DELETE_SUB_JOBS
from .session import Session

SETTLE_TIME = 60.0  # seconds in which what was done may not show yet
# Failures of a look that say nothing about what was done before it.
_BLIND = (NetworkError, ServerError, ThrottledError)
_PER_REQUEST = 10  # sub-jobs (definitions)
_KEPT_TYPES = frozenset({"changeAccessVpc", "cancelWorkspace", "applyWorkspace"})  # never deleted (definitions)
_RETRIED_TYPES = frozenset({"applyWorkspace", "cancelWorkspace"})  # those of enabling and disabling the service (SDK)


def records_of(session: Session, sub_job_ids: Sequence[str]) -> list[SubJob]:
    """Return those of some sub-jobs that the service still has records of. All of them can be deleted.

    :raises InputError: one of them is waiting or running, or the service keeps the records of its type.
    :raises WorkspaceError: the service has more records than it lets a client read, and one was not found.
    """
    wanted = set(sub_job_ids)
    listing = list_sub_jobs(session, {})
    found = [sub_job for sub_job in map(SubJob.from_service, listing.items) if sub_job.id in wanted]
    if not listing.complete and len(found) < len(wanted):
        raise WorkspaceError(
            f"{_ids(wanted - _ids_of(found))} is not among the sub-jobs that could be read, and the service has more "
            "than it lets a client read; delete old records with delete_by_status first. Nothing was deleted."
        )
    busy = [sub_job for sub_job in found if not sub_job.is_over]
    if busy:
        raise InputError(
            f"sub-job {_ids(_ids_of(busy))} has not ended (state {busy[0].status}), and only ended ones can be "
            "deleted; wait for its job with job_wait. Nothing was deleted."
        )
    kept = [sub_job for sub_job in found if sub_job.job_type in _KEPT_TYPES]
    if kept:
        raise InputError(
            f"the service keeps the records of {kept[0].job_type}, and {_ids(_ids_of(kept))} is of that type; leave it "
            "out. Nothing was deleted."
        )
    return found


def records_in(session: Session, status: str) -> list[SubJob]:
    """Return the sub-jobs in a state, SUCCESS or FAILED, whose records the service deletes by that state."""
    found = map(SubJob.from_service, list_sub_jobs(session, {"status": status}).items)
    return [sub_job for sub_job in found if sub_job.status == status and sub_job.job_type not in _KEPT_TYPES]


def delete_records(session: Session, due: Sequence[SubJob], status: str | None) -> None:
    """Delete the records of sub-jobs and return when they are gone.

    :param due: sub-jobs that have ended.
    :param status: their state, to have all records of that state deleted by one request; None deletes by ID.
    :raises WorkspaceError: some are still there after 60 seconds.
    """
    ids = [sub_job.id for sub_job in due]
    if status is not None:
        session.call(DELETE_SUB_JOBS, body={"delete_by_status": status})
    else:
        for at in range(0, len(ids), _PER_REQUEST):
            try:
                _delete_batch(session, ids[at : at + _PER_REQUEST])
            except WorkspaceError as error:
                if at:
                    error.fields["changed"] = True
                raise
    began = session.clock.now()
    while True:
        left, problem = set(ids), None
        try:
            listed = list_sub_jobs(session, {"status": status} if status is not None else {}).items
            left &= {str(item.get("id")) for item in listed}
        except _BLIND as error:
            problem = error
        elapsed = session.clock.now() - began
        if not left:
            return
        if elapsed >= SETTLE_TIME and problem is not None:
            raise WorkspaceError(
                "the service accepted the request, but whether the records are gone could not be read "
                f"({str(problem).rstrip('.')}); run the task again, which looks first.",
                **{**problem.result_fields(), "changed": True},
            )
        if elapsed >= SETTLE_TIME:
            raise WorkspaceError(
                f"the service accepted the request, but {len(left)} of {len(ids)} records are still there "
                f"{SETTLE_TIME:.0f} s later ({_ids(left)}); run the task again.",
                changed=True,
            )
        session.clock.sleep(poll_interval(elapsed))


def _delete_batch(session: Session, ids: Sequence[str]) -> None:
    try:
        session.call(DELETE_SUB_JOBS, body={"job_ids": list(ids)})
    except MissingError:
        # Somebody else deleted some of them meanwhile, and the request was refused as a whole.
        try:
            present = {str(item.get("id")) for item in list_sub_jobs(session, {}).items}
        except _BLIND as error:
            raise OutcomeUnknownError(
                "some of the records were gone already, and which are left is unknown, since they could not be read "
                f"({str(error).rstrip('.')}); run the task again, which looks first."
            ) from None
        left = [sub_job_id for sub_job_id in ids if sub_job_id in present]
        if len(left) == len(ids):
            raise
        if left:
            session.call(DELETE_SUB_JOBS, body={"job_ids": left})


def can_be_retried(job: Job) -> bool:
    """Return whether a job is to be carried out once more: it is over and failed.

    :raises InputError: it failed, and is of a type that the service does not carry out once more.
    """
    if not job.has_failed:
        return False
    if job.job_type in NAMED_JOB_TYPES - _RETRIED_TYPES:
        raise InputError(
            f"job {job.id} failed, but the service retries only jobs that enable or disable it, and this is "
            f"{job.job_type}; run the task that started it again, which does what is left to do."
        )
    return True


def retry(session: Session, job: Job, wait: bool, note: Callable[[str], None]) -> str:
    """Have a failed job carried out once more, and return the ID of the job that does it, which may be the same.

    :param job: the failed job as it was read.
    :param wait: return only when the job is seen to have begun again, at most 60 seconds later.
    :param note: takes a line that says what is going on.
    :raises RefusedError: the service refused.
    :raises OutcomeUnknownError: the answer was lost, and the job did not begin again.
    """
    lost: OutcomeUnknownError | None = None
    job_id = job.id
    try:
        answer = session.call(ACT_ON_JOB, {"job_id": job.id}, body={"op_type": "retry"}) or {}
        job_id = str(answer.get("job_id") or job.id)
    except OutcomeUnknownError as error:
        lost = error
        note("looks at the job, since the answer to its retry was lost")
    if job_id != job.id or not (wait or lost):
        return job_id
    began = session.clock.now()
    while True:
        seen = "The job did not begin again"
        try:
            if _has_begun_again(job, read_job(session, job.id)):
                return job_id
        except _BLIND:
            seen = "The job could not be read"
        elapsed = session.clock.now() - began
        if elapsed >= SETTLE_TIME:
            if lost is None:
                return job_id
            raise OutcomeUnknownError(
                f"{lost} {seen} within {SETTLE_TIME:.0f} s; look at the jobs in the console "
                "before you run the task again.",
                **lost.result_fields(),
            )
        session.clock.sleep(poll_interval(elapsed))


def _has_begun_again(before: Job, now: Job) -> bool:
    return not now.has_failed or (now.begin_time, now.end_time) != (before.begin_time, before.end_time)


def _ids_of(sub_jobs: Sequence[SubJob]) -> set[str]:
    return {sub_job.id for sub_job in sub_jobs}


def _ids(sub_job_ids: set[str], most: int = 5) -> str:
    found = sorted(sub_job_ids)
    return ", ".join(found[:most]) + (f" and {len(found) - most} more" if len(found) > most else "")
