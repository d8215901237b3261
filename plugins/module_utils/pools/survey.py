# Copyright (c) 2026 the hwcloud.workspace contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Reading many pools with their desktops, users, drift and jobs, by lists over the fleet where that takes less."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

from ..client.errors import MissingError
from ..client.jobs import Job, SubJob, group_jobs, read_pool_jobs, read_sub_jobs
from ..client.operations import LIST_DESKTOPS, LIST_DESKTOPS_BRIEF, LIST_POOL_USERS
from ..client.pagination import PAGING, read_list
from ..client.session import Session
from .drift import drift
from .lookup import count_drift, list_desktops
from .model import Desktop, Pool

GATHER = ("desktops", "users", "drift", "jobs", "capabilities")


def survey(
    session: Session, pools: Sequence[Pool], gather: Iterable[str], warn: Callable[[str], None]
) -> list[dict[str, Any]]:
    """Return the pools' own records, each with what was asked for added to it.

    :param gather: any of ``desktops`` (adds ``desktops``), ``users`` (``authorized_objects``), ``drift`` (``drift``),
        ``jobs`` (``running_jobs``) and ``capabilities`` (``capabilities``). ``authorized_objects`` is None where the
        region does not know that list.
    :param warn: takes warnings.
    """
    asked = frozenset(gather)
    needs_desktops = bool(asked & {"desktops", "drift"})
    together = (needs_desktops or "jobs" in asked) and _takes_less_together(session, pools)
    desktops: Mapping[str, Sequence[Desktop]] = {}
    if needs_desktops or together:
        desktops = _desktops_by_pool(session, pools, together)
    jobs = _running_jobs_by_pool(session, pools, desktops, together) if "jobs" in asked else {}
    capabilities = _capabilities(session, pools) if "capabilities" in asked else {}
    reports = []
    for pool in pools:
        report = dict(pool.fields)
        if "desktops" in asked:
            report["desktops"] = [desktop.fields for desktop in desktops[pool.id]]
        if "users" in asked:
            report["authorized_objects"] = _authorized_objects(session, pool, warn)
        if "drift" in asked:
            report["drift"] = drift(pool, desktops[pool.id])
        if "jobs" in asked:
            report["running_jobs"] = [job.report() for job in jobs[pool.id]]
        if "capabilities" in asked:
            report["capabilities"] = dict(capabilities)
        reports.append(report)
    return reports


def _capabilities(session: Session, pools: Sequence[Pool]) -> dict[str, bool]:
    """Return what the region knows; one request tells it for all its pools."""
    # Regions that do not count drift are older than the fields that name a part of a pool (SDK, definitions).
    return {"partial_changes": any(count_drift(session, pool.id) is not None for pool in pools[:1])}


_FEW_REQUESTS = 5  # up to here it is not worth a request to find out whether there is a cheaper way
_POOLED = {"desktop_type": "POOLED"}


def _takes_less_together(session: Session, pools: Sequence[Pool]) -> bool:
    """Return whether two lists of all desktops of the project take fewer requests than one list for each pool."""
    one_by_one = sum(_pages(pool.desktop_count) for pool in pools)
    if one_by_one <= _FEW_REQUESTS:
        return False
    first = session.call(LIST_DESKTOPS_BRIEF, query={**_POOLED, "offset": 0, "limit": 1}) or {}
    total = first.get("total_count")
    return isinstance(total, int) and 2 * _pages(total) < one_by_one


def _pages(desktops: int) -> int:
    return max(1, -(-desktops // PAGING[LIST_DESKTOPS.name].page))


def _desktops_by_pool(session: Session, pools: Sequence[Pool], together: bool) -> dict[str, list[Desktop]]:
    if not together:
        return {pool.id: list_desktops(session, pool.id) for pool in pools}
    # The detailed list does not say to which pool a desktop belongs; the brief one does.
    owner = {
        str(item.get("desktop_id")): str(item.get("pool_id") or "")
        for item in read_list(session, LIST_DESKTOPS_BRIEF, query=_POOLED).items
    }
    if any(not pool_id for pool_id in owner.values()):  # an older region, where the brief list does not say it either
        return _desktops_by_pool(session, pools, together=False)
    found: dict[str, list[Desktop]] = {pool.id: [] for pool in pools}
    for item in read_list(session, LIST_DESKTOPS, query=_POOLED).items:
        desktop = Desktop.from_service(item)
        found.get(owner.get(desktop.id, ""), []).append(desktop)
    return found


def _authorized_objects(session: Session, pool: Pool, warn: Callable[[str], None]) -> list[dict[str, Any]] | None:
    try:
        return read_list(session, LIST_POOL_USERS, {"pool_id": pool.id}).items
    except MissingError as error:
        # The pool was just read, so it is the operation that is missing (Terraform's client meets such regions too).
        warn(f"this region does not list the users of pools, so authorized_objects is not known: {error}")
        return None


def _running_jobs_by_pool(
    session: Session, pools: Sequence[Pool], desktops: Mapping[str, Sequence[Desktop]], together: bool
) -> dict[str, list[Job]]:
    if not together:
        return {pool.id: [job for job in read_pool_jobs(session, pool.id) if not job.is_over] for pool in pools}
    owner = {desktop.id: pool_id for pool_id, members in desktops.items() for desktop in members}
    found: dict[str, list[SubJob]] = {pool.id: [] for pool in pools}
    for status in ("RUNNING", "WAITING"):
        for sub_job in read_sub_jobs(session, status=status):
            found.get(owner.get(sub_job.desktop_id, ""), []).append(sub_job)
    return {pool_id: group_jobs(sub_jobs) for pool_id, sub_jobs in found.items()}
