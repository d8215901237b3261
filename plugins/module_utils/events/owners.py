# Copyright (c) 2026 the hwcloud.workspace contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""To which pool a job belongs: no record of a job says it, so it goes by the job's desktops."""

from __future__ import annotations

from collections.abc import Iterable

from ..client.jobs import Job
from ..client.operations import LIST_DESKTOPS_BRIEF
from ..client.pagination import read_list
from ..client.session import Session
from ..pools.lookup import list_desktops, list_pools


class Owners:
    """Which desktop is whose, read by lists and kept, since a job can be about desktops that are gone by its end."""

    def __init__(self, session: Session) -> None:
        self._session = session
        self._pool_of: dict[str, str] = {}
        self._names: dict[str, str] = {}
        self._in_vain: set[str] = set()

    def learn(self, jobs: Iterable[Job]) -> None:
        """Read pools and desktops again if any of these jobs is about a desktop that was not there before."""
        unknown = {desktop_id for job in jobs for desktop_id in _desktops(job)} - set(self._pool_of) - self._in_vain
        if not unknown and self._names:
            return
        pools = list_pools(self._session)
        self._names.update({pool.id: pool.name for pool in pools})
        listed = read_list(self._session, LIST_DESKTOPS_BRIEF, query={"desktop_type": "POOLED"}).items
        owners = {str(item.get("desktop_id")): str(item.get("pool_id") or "") for item in listed}
        if any(not pool_id for pool_id in owners.values()):  # an older region, where the list does not say it
            owners = {desktop.id: pool.id for pool in pools for desktop in list_desktops(self._session, pool.id)}
        self._pool_of.update(owners)
        self._in_vain |= unknown - set(self._pool_of)

    def pools(self, job: Job) -> list[dict[str, str]]:
        """Return ID and name of the pools of a job's desktops; none for desktops that nobody knew in time."""
        ids = dict.fromkeys(self._pool_of[name] for name in _desktops(job) if name in self._pool_of)
        return [{"id": pool_id, "name": self._names.get(pool_id, "")} for pool_id in ids]


def _desktops(job: Job) -> list[str]:
    return [sub_job.desktop_id for sub_job in job.sub_jobs if sub_job.desktop_id]
