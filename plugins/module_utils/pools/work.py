# Copyright (c) 2026 the hwcloud.workspace contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the service makes of an accepted request, and how it is followed: jobs here, script tasks in ``script.py``."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, Protocol

from ..client.jobs import Job, read_pool_jobs, wait_for_jobs
from ..client.session import Session


class Part(Protocol):
    """What became of one desktop."""

    @property
    def desktop_id(self) -> str:
        """ID of the desktop."""


class Work(Protocol):
    """Something that the service carries out on desktops of a pool: a job, a script task."""

    @property
    def id(self) -> str:
        """ID of the job or task."""

    @property
    def status(self) -> str:
        """State in the service's word."""

    @property
    def job_type(self) -> str:
        """The service's type of a job; empty for a task."""

    @property
    def is_over(self) -> bool:
        """Whether it has ended, well or not."""

    @property
    def sub_jobs(self) -> Sequence[Part]:
        """What is known of its desktops."""

    @property
    def sub_jobs_total(self) -> int:
        """Number of desktops."""

    @property
    def succeeded(self) -> Sequence[Part]:
        """Desktops that ended well."""

    @property
    def failed(self) -> Sequence[Part]:
        """Desktops that ended otherwise."""

    @property
    def running(self) -> int:
        """Number of desktops that are being worked on."""

    def result(self) -> dict[str, Any]:
        """Return it as fields of a task's result."""

    def raise_for_failure(self, again: str = "run the task again") -> None:
        """Raise JobFailedError if it failed, as a whole or for any desktop.

        :param again: what to do about desktops that failed once the reason is mended.
        """


class Tracker(Protocol):
    """How to find and follow work of one kind. ``name`` is what users call it."""

    name: str

    def accepted(self, work_id: str) -> dict[str, Any]:
        """Return the result fields of work of which only the ID is known; an empty ID stands for none."""

    def known(self, session: Session, pool_id: str) -> Sequence[Work]:
        """Return the work of a pool that the service has records of."""

    def wait(
        self,
        session: Session,
        pool_id: str,
        work_id: str,
        parts: Mapping[str, str],
        timeout: float,
        tell: Callable[[Work], None],
        has_desktops: bool,
        advice: str,
    ) -> Work:
        """Wait until work is over and return it; see :func:`..client.jobs.wait_for_jobs`."""


class JobTracker:
    """Follows jobs."""

    name = "job"

    def accepted(self, work_id: str) -> dict[str, Any]:
        """Return the result fields of a job of which only the ID is known."""
        return {"job_id": work_id or None, "job": None}

    def known(self, session: Session, pool_id: str) -> Sequence[Job]:
        """Return the pool's jobs, running and ended. A pool that does not exist has none."""
        return read_pool_jobs(session, pool_id) if pool_id else []

    def wait(
        self,
        session: Session,
        pool_id: str,
        work_id: str,
        parts: Mapping[str, str],
        timeout: float,
        tell: Callable[[Work], None],
        has_desktops: bool,
        advice: str,
    ) -> Work:
        """Wait until a job, and the jobs of single desktops that belong to it, are over."""
        return wait_for_jobs(session, pool_id, work_id, parts, timeout, tell, has_desktops=has_desktops, advice=advice)


JOBS = JobTracker()
