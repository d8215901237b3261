# Copyright (c) 2026 the hwcloud.workspace contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which jobs have ended since the last look, and keeping that over a restart. Nothing here talks to the service."""

from __future__ import annotations

import json
import os
from collections.abc import Iterable
from pathlib import Path

from ..client.errors import InputError, WorkspaceError
from ..client.jobs import Job

_FORMAT = 1
# A list that is read page by page while records are deleted can miss some, so one that is missing is not forgotten yet.
_LOOKS_KEPT = 100


class Memory:
    """What is known of jobs: those that run, and the ends that are told.

    An end is known by the job's ID and the latest ``end_time`` of its sub-jobs: a failed job that is carried out once
    more ends a second time.
    """

    def __init__(self) -> None:
        self._looks = 0
        self._seen: dict[str, int] = {}
        self._told: dict[str, str] = {}
        self._sure: dict[str, str] = {}
        self.running: dict[str, Job] = {}

    def look(self, listed: Iterable[Job]) -> list[Job]:
        """Take what the service lists, and return the jobs that seem to have ended, the earliest first.

        Those are jobs all of whose listed sub-jobs are over, and jobs that ran and are listed no more.
        """
        self._looks += 1
        by_id = {job.id: job for job in listed}
        due = []
        for job in by_id.values():
            self._seen[job.id] = self._looks
            if not job.is_over:
                self.running[job.id] = job
            elif self._is_news(job):
                due.append(job)
            else:
                self.running.pop(job.id, None)
        due += [job for job_id, job in self.running.items() if job_id not in by_id]
        self._forget()
        return sorted(due, key=lambda job: (job.end_time or "9", job.id))

    def told(self, job_id: str, end_time: str, *, surely: bool = False) -> None:
        """Note that a job's end is told.

        :param surely: it need not be told again, whatever happens; see :meth:`sure`.
        """
        self._told[job_id] = max(end_time, self._told.get(job_id, ""))
        self._seen.setdefault(job_id, self._looks)
        self.running.pop(job_id, None)
        if surely:
            self.sure(job_id)

    def sure(self, job_id: str) -> None:
        """Note that what was told has arrived, so that it is not told again after a restart."""
        if job_id in self._told:
            self._sure[job_id] = self._told[job_id]

    def text(self, project_id: str) -> str:
        """Return what a restart needs to know, as JSON."""
        return json.dumps({"format": _FORMAT, "project_id": project_id, "told": self._sure}, indent=0) + "\n"

    def recall(self, text: str, project_id: str) -> None:
        """Take what :meth:`text` returned.

        :raises InputError: it is something else, or that of another project.
        """
        try:
            found = json.loads(text)
            known = found["format"] == _FORMAT
            told = {str(job_id): str(end) for job_id, end in found["told"].items()}
            whose = str(found["project_id"])
        except (ValueError, TypeError, KeyError, AttributeError):
            known, told, whose = False, {}, ""
        if not known:
            raise InputError("state_file holds something else than what this event source keeps; name another file.")
        if whose != project_id:
            raise InputError(f"state_file is that of project {whose}, not of {project_id}; name a file of its own.")
        self._told, self._sure = dict(told), dict(told)
        self._seen = dict.fromkeys(told, 0)

    def _is_news(self, job: Job) -> bool:
        return job.id not in self._told or job.end_time > self._told[job.id]

    def _forget(self) -> None:
        for job_id in [job_id for job_id, look in self._seen.items() if look < self._looks - _LOOKS_KEPT]:
            for part in (self._seen, self._told, self._sure):
                part.pop(job_id, None)


class StateFile:
    """The file in which a memory is kept; with an empty path nothing is kept."""

    def __init__(self, path: str) -> None:
        self._path = Path(path) if path else None
        self._written = ""

    def read(self) -> str:
        """Return its content, empty if there is none yet.

        :raises WorkspaceError: it cannot be read.
        """
        if self._path is None:
            return ""
        try:
            return self._path.read_text(encoding="utf-8")
        except FileNotFoundError:
            return ""
        except (OSError, ValueError) as error:
            raise InputError(f"state_file {self._path} cannot be read ({_why(error)}); check it.") from None

    def write(self, text: str) -> None:
        """Replace its content as a whole, or leave it alone if it has this content.

        :raises WorkspaceError: it cannot be written.
        """
        if self._path is None or text == self._written:
            return
        beside = self._path.with_name(f"{self._path.name}.{os.getpid()}.new")
        try:
            # Nobody else need know which jobs there were.
            file = os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
            with os.fdopen(file, "w", encoding="utf-8") as stream:
                stream.write(text)
                stream.flush()
                os.fsync(stream.fileno())
            beside.replace(self._path)
        except OSError as error:
            raise WorkspaceError(
                f"state_file {self._path} cannot be written ({_why(error)}); check its folder."
            ) from None
        self._written = text


def _why(error: Exception) -> str:
    return (error.strerror if isinstance(error, OSError) else None) or type(error).__name__
