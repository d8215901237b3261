# Copyright (c) 2026 the hwcloud.workspace contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Looking from time to time which jobs of the service have ended, and an event for each of them."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from ..client.connect import connect
from ..client.errors import (
    AmbiguousError,
    CredentialsError,
    ForbiddenError,
    InputError,
    MissingError,
    NotFoundError,
    UnauthorizedError,
    WorkspaceError,
)
from ..client.jobs import Job, SubJob, group_jobs, list_sub_jobs, read_job
from ..client.masking import Secrets
from ..pools.lookup import find_pool
from ..task import missing_library
from .memory import Memory, StateFile
from .options import read_options, secrets_in
from .owners import Owners

LONGEST_PAUSE = 600.0  # seconds between two tries while the service cannot be reached

# What does not get better by itself. Refused credentials are never sent again: five failures lock a key.
_LASTING = (AmbiguousError, CredentialsError, ForbiddenError, InputError, NotFoundError, UnauthorizedError)


@dataclass(frozen=True)
class End:
    """The end of a job, and the event about it."""

    job_id: str
    event: dict[str, Any]


class Watch:
    """Looks at the service's jobs.

    :param args: what the rulebook gives, see :func:`read_options`.
    :param environment: environment variables.
    :param warn: takes sentences about what the watch comes through by itself.
    :raises WorkspaceError: options that cannot be right, or no credentials. Nothing is sent to the service yet.
    """

    def __init__(self, args: Mapping[str, Any], environment: Mapping[str, str], warn: Callable[[str], None]) -> None:
        self._secrets = Secrets()
        for secret in secrets_in(args):
            self._secrets.add(secret)
        self._tell = warn
        self._options = read_options(args)
        missing = missing_library()
        if missing is not None:
            raise InputError(missing)
        self._session = connect(self._options.connection, environment, self._secrets.add)
        self._owners = Owners(self._session)
        self._memory = Memory()
        self._file = StateFile(self._options.state_file)
        self._pools: dict[str, str] = {}
        self._on_the_way: list[str] = []
        self._begun = False
        self._resumed = False
        self._failures = 0
        self._due: WorkspaceError | None = None
        self._too_long_said = False

    @property
    def pause(self) -> float:
        """Real seconds until the next look; longer after looks that failed."""
        pause = self._options.interval * 2.0 ** min(self._failures, 10)
        return min(pause, max(LONGEST_PAUSE, self._options.interval)) / self._session.clock.factor

    def look(self) -> list[End]:
        """Return the jobs that have ended since the last look, the earliest first.

        The ends that the look before has returned count as arrived now, unless :meth:`arrived` was told earlier. The
        first look begins with the present, with ``since`` or with the state file.

        :raises WorkspaceError: what cannot be mended by waiting, or anything at the first look.
        """
        try:
            if self._due is not None:
                raise self._due
            if self._begun:
                for job_id in self._on_the_way:
                    self._memory.sure(job_id)
                self._on_the_way = []
                self._save()
            ends = self._look()
        except WorkspaceError as error:
            error.args = (self._secrets.censor(str(error)),)
            if not self._begun or isinstance(error, _LASTING):
                raise
            self._failures += 1
            self._tell(f"Jobs could not be looked at, and are looked at again in {self.pause:.0f} s: {error}")
            return []
        except Exception as error:  # noqa: BLE001 - a defect, whatever its kind, must not show a secret
            text = self._secrets.censor(f"{type(error).__name__}: {error}")
            raise WorkspaceError(f"a defect in the hwcloud.workspace collection, please report it: {text}") from None
        self._begun = True
        self._failures = 0
        return ends

    def arrived(self, end: End) -> None:
        """Take that an event has arrived where it counts, so that it is not told again after a restart."""
        self._memory.sure(end.job_id)
        self._on_the_way.remove(end.job_id)
        self._save()

    def _look(self) -> list[End]:
        if not self._begun:
            self._begin()
        jobs, pools_of = self._listed()
        if not self._begun and not self._resumed:
            for old in jobs:
                if old.is_over and not (self._options.since and old.end_time >= self._options.since):
                    self._memory.told(old.id, old.end_time, surely=True)
        due = self._memory.look(jobs)
        if not self._options.pools:
            self._owners.learn([*due, *self._memory.running.values()])
        ends: list[End] = []
        for listed in due:
            try:
                job = self._ended(listed)
            except WorkspaceError as error:
                if not ends:
                    raise
                # What was found first is told first; this one is due again at the next look.
                self._due = error if isinstance(error, _LASTING) else None
                break
            if job is None:
                self._memory.running[listed.id] = listed
                continue
            end_time = _end_of(job, listed)
            wanted = _outcome(job) in self._options.outcomes and self._is_of_type(job)
            self._memory.told(job.id, end_time, surely=not wanted)
            if wanted:
                self._on_the_way.append(job.id)
                ends.append(End(job.id, self._event(job, end_time, self._pools_of(job, listed, pools_of))))
        self._save()
        return ends

    def _begin(self) -> None:
        project_id = self._session.project_id
        kept = self._file.read()
        self._resumed = bool(kept)
        if kept:
            self._memory.recall(kept, project_id)
        if not self._pools:
            found = [find_pool(self._session, name) for name in self._options.pools]
            self._pools = {pool.id: pool.name for pool in found}

    def _listed(self) -> tuple[list[Job], dict[str, list[dict[str, str]]]]:
        """Return the jobs that the service lists, and the pools of each if they were asked for by name."""
        if not self._options.pools:
            return group_jobs(self._sub_jobs(None)), {}
        jobs: dict[str, Job] = {}
        pools_of: dict[str, list[dict[str, str]]] = {}
        for pool_id, name in self._pools.items():
            for job in group_jobs(self._sub_jobs(pool_id)):
                jobs.setdefault(job.id, job)
                pools_of.setdefault(job.id, []).append({"id": pool_id, "name": name})
        return list(jobs.values()), pools_of

    def _sub_jobs(self, pool_id: str | None) -> list[SubJob]:
        listing = list_sub_jobs(self._session, {"desktop_pool_id": pool_id})
        records = {str(item.get("id")): item for item in listing.items}
        if not listing.complete:
            # Beyond what the service's offset reaches. These three lists are short ones.
            for status in ("RUNNING", "WAITING", "FAILED"):
                found = list_sub_jobs(self._session, {"desktop_pool_id": pool_id, "status": status})
                records.update({str(item.get("id")): item for item in found.items})
            if not self._too_long_said:
                self._too_long_said = True
                self._tell(
                    "The service has more records of sub-jobs than it lets a client read, so a job that begins and "
                    "ends well between two looks may be missed; delete old records with the module sub_job, or name "
                    "pools."
                )
        return [SubJob.from_service(record) for record in records.values()]

    def _ended(self, listed: Job) -> Job | None:
        """Return a job that seems to have ended as the service shows it, None if it goes on after all."""
        try:
            job = read_job(self._session, listed.id)
        except MissingError:  # no source says how long the service keeps jobs
            return listed if listed.is_over else replace(listed, status="")
        # Sub-jobs can appear late, and a list without a record may only have missed it.
        return replace(job, id=listed.id) if job.is_over else None

    def _is_of_type(self, job: Job) -> bool:
        return not self._options.job_types or job.job_type in self._options.job_types

    def _pools_of(self, job: Job, listed: Job, known: Mapping[str, list[dict[str, str]]]) -> list[dict[str, str]]:
        if self._options.pools:
            return known.get(job.id, [])
        return self._owners.pools(job) or self._owners.pools(listed)

    def _event(self, job: Job, end_time: str, pools: list[dict[str, str]]) -> dict[str, Any]:
        result = job.result()
        counts = result["job"]["sub_jobs"]
        where = self._session.settings.region or self._session.settings.endpoint
        end = f"{where}/{self._session.project_id}/{job.id}/{end_time}"
        event = {
            "outcome": _outcome(job),
            "job": {**job.report(), "sub_jobs": self._shown(job.sub_jobs)},
            "counts": {name: counts[name] for name in ("total", "succeeded", "failed")},
            "desktops_succeeded": result["desktops_succeeded"],
            "desktops_failed": result["desktops_failed"],
            # A condition such as event.pool.name == "finance" is the usual one, and few jobs are about several pools.
            "pool": pools[0] if len(pools) == 1 else {"id": "", "name": ""},
            "pools": pools,
            "region": self._session.settings.region,
            "project_id": self._session.project_id,
            # The same end has the same ID in every run, by which one that is told again can be known.
            "meta": {"uuid": str(uuid.uuid5(uuid.NAMESPACE_URL, f"hwcloud.workspace/{end}"))},
        }
        return dict(self._secrets.mask(event))

    def _shown(self, sub_jobs: Sequence[SubJob]) -> list[dict[str, Any]]:
        if self._options.sub_jobs == "none":
            return []
        every = self._options.sub_jobs == "all"
        return [sub_job.fields for sub_job in sub_jobs if every or not sub_job.succeeded]

    def _save(self) -> None:
        if self._options.state_file:
            self._file.write(self._memory.text(self._session.project_id))


def _end_of(job: Job, listed: Job) -> str:
    """Return the latest time at which anything of a job ended; a job that is carried out once more ends later."""
    ends = (str(sub_job.fields.get("end_time") or "") for sub_job in job.sub_jobs)
    return max(job.end_time, listed.end_time, *ends)


def _outcome(job: Job) -> str:
    if not job.is_over:
        return "unknown"
    return "failed" if job.has_failed else "succeeded"
