# Copyright (c) 2026 the hwcloud.workspace contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Jobs of the service: reading them, telling when they are over, and waiting for that."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Protocol, TypeVar

from .clock import duration
from .errors import (
    ForbiddenError,
    JobFailedError,
    JobTimeoutError,
    MissingError,
    NetworkError,
    NotFoundError,
    RefusedError,
    ServerError,
    ThrottledError,
    UnauthorizedError,
    WorkspaceError,
    one_line,
)
from .operations import LIST_SUB_JOBS, SHOW_JOB
from .pagination import Listing, read_list
from .session import Session

# Job states that Terraform's client takes as the end; FAILED is the sub-jobs' word for FAIL. An unknown state is not
# final.
_FINAL = frozenset({"COMPLETE", "SUCCESS", "FAIL", "FAILED"})
_FAILED = frozenset({"FAIL", "FAILED"})
_SUCCEEDED = "SUCCESS"

# Types of jobs that sources name (definitions, SDK: ListItaSubJobs). Those of resize, disk expansion, power actions and
# notifications of a pool are not among them, so a job of any other type may be one of those.
NAMED_JOB_TYPES = frozenset(
    {
        "createDesktops",
        "applyWorkspace",
        "cancelWorkspace",
        "expandVolumes",
        "addVolumes",
        "rebuildDesktops",
        "createSnapshot",
        "deleteSnapshot",
        "deleteDesktops",
        "desktopRejoinDomain",
        "operateDesktops",
        "restoreDesktopBySnapshot",
        "desktopToImage",
        "attachDesktops",
        "deleteVolumes",
        "createWksSnapshot",
        "deleteWksSnapshot",
        "createDesktopPool",
        "expandDesktopPool",
        "deleteDesktopPoolVolumes",
        "rebuildDesktopPool",
        "addDesktopPoolVolumes",
        "detachDesktops",
        "attachDesktopPool",
        "batchDetachDesktops",
        "executeDesktopsAction",
        "changeDesktopNetwork",
        "batchChangeDesktopNetwork",
    }
)

# Those of them that no source gives to one operation alone. A pool's power actions have one of them, and a resize, of
# which no source names a type, may have.
SHARED_JOB_TYPES = frozenset({"executeDesktopsAction", "operateDesktops"})

# Those of them that change pools or several of their desktops.
_POOL_JOB_TYPES = (
    "rebuildDesktopPool",
    "addDesktopPoolVolumes",
    "deleteDesktopPoolVolumes",
    "expandVolumes",
    "expandDesktopPool",
    "createDesktopPool",
    "executeDesktopsAction",
    "operateDesktops",
    "rebuildDesktops",
    "deleteDesktops",
)

FIRST_POLL = 2.0  # seconds
LONGEST_POLL = 15.0  # seconds; what Terraform's client does
POLL_SHARE = 0.1  # a job's end is noticed within this share of its length
LATE_SUB_JOBS = 30.0  # seconds in which the sub-jobs of a job that has ended may not be there yet
UNSEEN_GRACE = 60.0  # seconds in which a job that was just accepted may not be found yet
WAIT_AGAIN = "run the task again to wait for it, or raise wait_timeout"


@dataclass(frozen=True)
class SubJob:
    """A job's part for one desktop. ``fields`` is the service's own record."""

    id: str
    job_id: str
    job_type: str
    status: str
    desktop_id: str
    desktop_name: str
    error_code: str
    fail_reason: str
    fields: dict[str, Any]

    @classmethod
    def from_service(cls, record: dict[str, Any]) -> SubJob:
        """Return the sub-job that a record of the service describes."""
        entities = record.get("entities") or {}
        return cls(
            id=str(record.get("id") or ""),
            job_id=str(record.get("job_id") or ""),
            job_type=str(record.get("job_type") or ""),
            status=str(record.get("status") or "").upper(),
            desktop_id=str(entities.get("desktop_id") or ""),
            desktop_name=str(entities.get("desktop_name") or record.get("desktop_name") or record.get("entity") or ""),
            error_code=str(record.get("error_code") or ""),
            fail_reason=str(record.get("fail_reason") or record.get("message") or ""),
            fields=record,
        )

    @property
    def is_over(self) -> bool:
        """Whether it has ended."""
        return self.status in _FINAL

    @property
    def succeeded(self) -> bool:
        """Whether it has ended well."""
        return self.status == _SUCCEEDED


@dataclass(frozen=True)
class Job:
    """One accepted change. Times are the service's text, without a zone."""

    id: str
    job_type: str
    status: str
    begin_time: str
    end_time: str
    error_code: str
    fail_reason: str
    sub_jobs: tuple[SubJob, ...]
    sub_jobs_total: int

    @classmethod
    def from_service(cls, record: dict[str, Any]) -> Job:
        """Return the job that an answer to ShowJob describes."""
        sub_jobs = tuple(SubJob.from_service(item) for item in record.get("sub_jobs") or [])
        return cls(
            id=str(record.get("id") or ""),
            job_type=str(record.get("job_type") or ""),
            status=str(record.get("status") or "").upper(),
            begin_time=str(record.get("begin_time") or ""),
            end_time=str(record.get("end_time") or ""),
            error_code=str(record.get("job_error_code") or ""),
            fail_reason=str(record.get("fail_reason") or ""),
            sub_jobs=sub_jobs,
            sub_jobs_total=max(int(record.get("sub_jobs_total") or 0), len(sub_jobs)),
        )

    @property
    def is_over(self) -> bool:
        """Whether the job and each of its sub-jobs that is known have ended. That says nothing of success."""
        return self.status in _FINAL and all(sub_job.is_over for sub_job in self.sub_jobs)

    @property
    def succeeded(self) -> list[SubJob]:
        """The sub-jobs that ended well."""
        return [sub_job for sub_job in self.sub_jobs if sub_job.succeeded]

    @property
    def failed(self) -> list[SubJob]:
        """The sub-jobs that ended otherwise."""
        return [sub_job for sub_job in self.sub_jobs if sub_job.is_over and not sub_job.succeeded]

    @property
    def running(self) -> int:
        """How many desktops are being worked on."""
        return sum(sub_job.status == "RUNNING" for sub_job in self.sub_jobs)

    def report(self) -> dict[str, Any]:
        """Return the job as look-ups return it: its own fields, and its sub-jobs with the service's own fields."""
        return {"job_id": self.id, **self._facts(), "sub_jobs": [sub_job.fields for sub_job in self.sub_jobs]}

    def result(self) -> dict[str, Any]:
        """Return the job as tasks that waited for it return it: its ID, its facts, and its desktops by outcome."""
        succeeded, failed = len(self.succeeded), len(self.failed)
        counts = {"total": self.sub_jobs_total, "succeeded": succeeded, "failed": failed, "running": self.running}
        counts["waiting"] = max(0, self.sub_jobs_total - succeeded - failed - self.running)
        return {
            "job_id": self.id,
            "job": {"id": self.id, **self._facts(), "sub_jobs": counts},
            "desktops_succeeded": [sub_job.desktop_id for sub_job in self.succeeded if sub_job.desktop_id],
            "desktops_failed": [
                {
                    "desktop_id": sub_job.desktop_id,
                    "desktop_name": sub_job.desktop_name,
                    "error_code": sub_job.error_code,
                    "fail_reason": sub_job.fail_reason,
                }
                for sub_job in self.failed
            ],
        }

    def without(self, forgiven: Callable[[SubJob], bool]) -> Job:
        """Return the job without those of its failed sub-jobs that ``forgiven`` says are no failures."""
        left = tuple(sub_job for sub_job in self.sub_jobs if sub_job not in self.failed or not forgiven(sub_job))
        gone = len(self.sub_jobs) - len(left)
        excused = bool(gone) and self.status in _FAILED and not any(sub_job in self.failed for sub_job in left)
        return replace(
            self,
            sub_jobs=left,
            sub_jobs_total=self.sub_jobs_total - gone,
            status="COMPLETE" if excused else self.status,
        )

    @property
    def has_failed(self) -> bool:
        """Whether it is over and failed, as a whole or for any desktop."""
        return self.is_over and (bool(self.failed) or self.status in _FAILED)

    def raise_for_failure(self, again: str = "run the task again to change those alone") -> None:
        """Raise if the job failed, as a whole or for any desktop. A final state alone is no success.

        :param again: what to do about desktops that failed once the reason is mended.
        :raises JobFailedError: with the fields of :meth:`result`.
        """
        if self.failed:
            first = self.failed[0]
            raise JobFailedError(
                f"{len(self.failed)} of {self.sub_jobs_total} desktops failed in job {self.id}, the first being "
                f"{first.desktop_name or first.desktop_id} ({_reason(first.fail_reason, first.error_code)}); "
                f"see desktops_failed, mend the reason, and {again}.",
                error_code=first.error_code,
                **self.result(),
            )
        if self.status in _FAILED:
            raise JobFailedError(
                f"job {self.id} failed ({_reason(self.fail_reason, self.error_code)}); "
                "mend the reason and run the task again.",
                error_code=self.error_code,
                **self.result(),
            )

    def _facts(self) -> dict[str, Any]:
        return {
            "job_type": self.job_type,
            "status": self.status,
            "begin_time": self.begin_time,
            "end_time": self.end_time,
            "job_error_code": self.error_code,
            "fail_reason": self.fail_reason,
        }


def _reason(text: str, code: str) -> str:
    return one_line(text).rstrip(".") or code or "no reason given"


def read_job(session: Session, job_id: str) -> Job:
    """Return a job with all of its sub-jobs.

    The answer may hold only a part of a large job's sub-jobs (no source says); the list then has the rest.

    :raises MissingError: there is no such job.
    """
    job = Job.from_service(session.call(SHOW_JOB, {"job_id": job_id}) or {})
    if len(job.sub_jobs) < job.sub_jobs_total:
        listed = tuple(read_sub_jobs(session, job_id=job_id))
        if len(listed) > len(job.sub_jobs):
            job = replace(job, sub_jobs=listed)
    return job


def read_sub_jobs(session: Session, **filters: str | None) -> list[SubJob]:
    """Return the sub-jobs that fit the filters: ``job_id``, ``job_type``, ``status``, ``desktop_pool_id``."""
    return [SubJob.from_service(item) for item in list_sub_jobs(session, filters).items]


def read_pool_jobs(session: Session, pool_id: str) -> list[Job]:
    """Return the jobs of a pool that the service still has records of, running and ended, each with its sub-jobs.

    Where a pool's history is longer than the service lets a client read, only the jobs that run are returned.
    """
    listing = list_sub_jobs(session, {"desktop_pool_id": pool_id})
    records = [SubJob.from_service(item) for item in listing.items]
    if not listing.complete:
        records = [
            sub_job
            for status in ("RUNNING", "WAITING")
            for sub_job in read_sub_jobs(session, desktop_pool_id=pool_id, status=status)
        ]
    return group_jobs(records)


def list_sub_jobs(session: Session, filters: Mapping[str, str | None]) -> Listing:
    """Return the service's list of sub-jobs, also where it wants a job or a type named.

    The definitions say "give job_type or job_id"; Terraform's client and the SDK's do without. If it is refused, it is
    asked for type by type, of those that jobs of pools are known to have.
    """
    try:
        return read_list(session, LIST_SUB_JOBS, query=filters)
    except RefusedError as error:
        if error.http_status != 400 or filters.get("job_id") or filters.get("job_type"):
            raise
    listings = [read_list(session, LIST_SUB_JOBS, query={**filters, "job_type": kind}) for kind in _POOL_JOB_TYPES]
    items = [item for listing in listings for item in listing.items]
    return Listing(items, all(listing.complete for listing in listings))


def group_jobs(sub_jobs: Iterable[SubJob]) -> list[Job]:
    """Return sub-jobs grouped by job, in the order in which jobs first appear. A job's state follows its sub-jobs'."""
    groups: dict[str, list[SubJob]] = {}
    for sub_job in sub_jobs:
        groups.setdefault(sub_job.job_id, []).append(sub_job)
    jobs = []
    for job_id, members in groups.items():
        over = all(member.is_over for member in members)
        began = [str(member.fields.get("begin_time")) for member in members if member.fields.get("begin_time")]
        ended = [str(member.fields.get("end_time")) for member in members if member.fields.get("end_time")]
        jobs.append(
            Job(
                id=job_id,
                job_type=members[0].job_type,
                status="COMPLETE" if over else "RUNNING",
                begin_time=min(began, default=""),
                end_time=max(ended, default="") if over else "",
                error_code="",
                fail_reason="",
                sub_jobs=tuple(members),
                sub_jobs_total=len(members),
            )
        )
    return jobs


def wait_for_job(
    session: Session, job_id: str, timeout: float, on_progress: Callable[[Job], None], *, has_desktops: bool = False
) -> Job:
    """Wait until a job is over and return it; see :func:`wait_for_jobs`."""
    return wait_for_jobs(session, "", job_id, {}, timeout, on_progress, has_desktops=has_desktops)


def wait_for_jobs(
    session: Session,
    pool_id: str,
    job_id: str,
    parts: Mapping[str, str],
    timeout: float,
    on_progress: Callable[[Job], None],
    *,
    has_desktops: bool = False,
    advice: str = WAIT_AGAIN,
) -> Job:
    """Wait until a job, and the jobs of single desktops beside it, are over. Return them as one.

    That it is over does not mean that it succeeded.

    :param pool_id: the pool of the jobs in ``parts``.
    :param job_id: the job; empty if there are only those of single desktops.
    :param parts: jobs of single desktops: the desktop's ID by the job's.
    :param timeout: seconds of the session's clock, at least 0; the job is looked at once in any case.
    :param on_progress: told the job after each look.
    :param has_desktops: the job works on desktops, so it has sub-jobs. These can appear late, and without them nobody
        can tell how it went; they are waited for 30 seconds after its end.
    :param advice: what to do after a wait that was too long.
    :raises JobTimeoutError: it still runs; it goes on in the service.
    :raises MissingError: it cannot be found, 60 seconds on.
    """
    others = {part: desktop_id for part, desktop_id in parts.items() if part != job_id}
    name = f"job {job_id or next(iter(others))}"
    return wait_until_over(
        session,
        name,
        lambda: _read_jobs(session, pool_id, job_id, others),
        timeout,
        on_progress,
        is_complete=lambda seen: bool(seen.sub_jobs) or not has_desktops,
        when_gone=lambda seen: _vanished(session, seen),
        when_late=lambda seen: seen.result() if seen else {"job_id": job_id},
        advice=advice,
    )


class Followed(Protocol):
    """Something that is looked at until it is over. ``sub_jobs_total`` is the number of its desktops."""

    @property
    def is_over(self) -> bool:
        """Whether it has ended, well or not."""

    @property
    def succeeded(self) -> Sequence[Any]:
        """Its desktops that ended well."""

    @property
    def failed(self) -> Sequence[Any]:
        """Its desktops that ended otherwise."""

    @property
    def sub_jobs_total(self) -> int:
        """Number of its desktops."""


F = TypeVar("F", bound=Followed)


def wait_until_over(
    session: Session,
    name: str,
    look: Callable[[], F],
    timeout: float,
    on_progress: Callable[[F], None],
    *,
    is_complete: Callable[[F], bool],
    when_gone: Callable[[F], F],
    when_late: Callable[[F | None], Mapping[str, Any]],
    advice: str = WAIT_AGAIN,
) -> F:
    """Look at something that the service carries out until it is over, and return it as it was seen last.

    :param name: what users call it, for example ``job 3979904c``.
    :param look: reads it; raises MissingError or NotFoundError while it cannot be found.
    :param timeout: seconds of the session's clock, at least 0; it is looked at once in any case.
    :param on_progress: told what was seen after each look.
    :param is_complete: whether all is there that tells how it went. It is waited for up to 30 seconds after the end.
    :param when_gone: returns what can still be known when it was seen and cannot be found any more.
    :param when_late: returns the result fields of a wait that was too long.
    :param advice: what to do after such a wait.
    :raises JobTimeoutError: it is not over; it goes on in the service.
    :raises MissingError: it cannot be found, 60 seconds on. So does NotFoundError.
    :raises UnauthorizedError: the credentials are not accepted any more; it goes on in the service. So does
        ForbiddenError.
    """
    clock = session.clock
    began = clock.now()
    seen: F | None = None
    over_since: float | None = None
    while True:
        elapsed = clock.now() - began
        problem: WorkspaceError | None = None
        try:
            with session.patience(timeout - elapsed):
                seen = look()
            on_progress(seen)
            if seen.is_over:
                over_since = elapsed if over_since is None else over_since
                if is_complete(seen) or elapsed - over_since >= LATE_SUB_JOBS:
                    return seen
        except (MissingError, NotFoundError) as error:
            if seen is not None:
                return when_gone(seen)
            if elapsed > UNSEEN_GRACE:
                raise error.about(name) from None
            problem = error
        except (UnauthorizedError, ForbiddenError) as error:
            goes_on = f"{'if it runs, ' if seen is None else ''}{name} goes on in the service"
            raise error.adding(
                f"{goes_on}; run the task again with credentials that are accepted, to wait for it", when_late(seen)
            ) from None
        except (NetworkError, ServerError, ThrottledError) as error:
            # That a look failed says nothing about the job; only the waiting limit ends the waiting.
            problem = error
        if elapsed >= timeout:
            raise JobTimeoutError(f"{_standing(name, seen, elapsed, problem)}, so {advice}.", **when_late(seen))
        left = timeout - (clock.now() - began)  # a look can take long where calls are limited
        clock.sleep(min(poll_interval(elapsed), max(left, 0.1)))


def _read_jobs(session: Session, pool_id: str, job_id: str, others: Mapping[str, str]) -> Job:
    """Return a job and those of single desktops as one: two requests, however many there are."""
    if not others:
        return read_job(session, job_id)
    listed = {job.id: job for job in read_pool_jobs(session, pool_id)}
    single = {other: listed.get(other) or read_job(session, other) for other in others}
    main = read_job(session, job_id) if job_id else None
    # A job of a desktop tells more of it than the job of all of them.
    sub_jobs = {sub_job.desktop_id or sub_job.id: sub_job for sub_job in (main.sub_jobs if main else ())}
    for other, job in single.items():
        sub_jobs.update({part.desktop_id: part for part in job.sub_jobs if part.desktop_id})
        sub_jobs[others[other]] = _as_sub_job(job, others[other])
    first = main or next(iter(single.values()))
    over = (main is None or main.is_over) and all(job.is_over for job in single.values())
    return replace(
        first,
        status=(main.status if main else "COMPLETE") if over else "RUNNING",
        sub_jobs=tuple(sub_jobs.values()),
        sub_jobs_total=max(main.sub_jobs_total if main else 0, len(sub_jobs)),
    )


def _as_sub_job(job: Job, desktop_id: str) -> SubJob:
    """Return what the job of a single desktop says of it."""
    for sub_job in job.sub_jobs:
        if sub_job.desktop_id == desktop_id:
            return sub_job
    failed = bool(job.failed) or job.status in _FAILED
    status = ("FAILED" if failed else "SUCCESS") if job.is_over else "RUNNING"
    return SubJob(job.id, job.id, job.job_type, status, desktop_id, "", job.error_code, job.fail_reason, {})


def poll_interval(elapsed: float) -> float:
    """Return the seconds until the next look at a job that has run for ``elapsed``: a tenth of that, 2 to 15."""
    return min(LONGEST_POLL, max(FIRST_POLL, POLL_SHARE * elapsed))


def _vanished(session: Session, seen: Job) -> Job:
    """Return the last that can be known of a job whose record is gone: its sub-jobs, else what was seen of it."""
    listed = tuple(read_sub_jobs(session, job_id=seen.id))
    return replace(seen, status="COMPLETE", sub_jobs=listed or seen.sub_jobs)


def _standing(name: str, seen: Followed | None, elapsed: float, problem: WorkspaceError | None) -> str:
    if seen is None or problem is not None:
        state = f"how {name} stands cannot be told after {duration(elapsed)}"
        state += f" ({str(problem).rstrip('.')})" if problem else ""
    else:
        done = len(seen.succeeded) + len(seen.failed)
        state = f"{name} still runs after {duration(elapsed)}"
        state += f", {done} of {seen.sub_jobs_total} desktops done" if seen.sub_jobs_total else ""
    return f"{state}; {'if it runs, ' if seen is None else ''}it goes on in the service"
