# Copyright (c) 2026 the hwcloud.workspace contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Giving a user a desktop of a pool now, instead of at the first login."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from ..client.errors import JobFailedError, RefusedError
from ..client.jobs import Job
from ..client.operations import ATTACH_POOL_USER, LIST_DESKTOPS, LIST_POOL_USERS
from ..client.pagination import read_list
from ..client.session import Session
from .change import Change, Observation, Plan, Step, Submission
from .lookup import list_desktops
from .model import AuthorizedObject, Desktop, Pool
from .work import Work

_JOB_TYPE = "attachDesktopPool"  # named so in the definitions


@dataclass(frozen=True)
class Attach(Change):
    """Give a user a desktop of a pool, unless the user has one.

    :param user_name: name of the user. In records upper and lower case are the same, as in Active Directory; what the
        request makes of them is the service's affair.
    :param domain: name of the user's domain; None leaves it to the service.
    :param sent: whether the request was sent.
    """

    user_name: str
    domain: str | None = None
    sent: bool = False

    verb = "attach"
    again = "run the task again"
    job_types = frozenset({_JOB_TYPE})

    def observe(self, session: Session, pool: Pool) -> Observation:
        """Read the user's desktops; before the request also those that are being given away, and who may use the pool.

        The last is left out where the region does not list it.
        """
        query = {"pool_id": pool.id, "user_name": self.user_name}
        # The service's filter is fuzzy, and some regions may not know it: each desktop is looked at here.
        desktops = tuple(Desktop.from_service(item) for item in read_list(session, LIST_DESKTOPS, query=query).items)
        mine = tuple(desktop for desktop in desktops if self._has(desktop))
        if mine or self.sent:
            return Observation(pool, mine)
        # A run that was killed has perhaps asked already, and its job is not listed yet.
        begun = [
            desktop for desktop in list_desktops(session, pool.id) if desktop.is_being_given or desktop.is_being_made
        ]
        return Observation(pool, (), _users(session, pool), in_work=tuple(begun))

    def plan(self, observation: Observation) -> Plan:
        """Return the request, none if the user has a desktop."""
        if observation.desktops:
            return Plan(None)
        body = {"username": self.user_name}
        if self.domain:
            body["domain_name"] = self.domain
        return Plan(
            Step(ATTACH_POOL_USER, body, moves_template=True),
            {"attached_users": []},
            {"attached_users": [self.user_name]},
            self._warnings(observation),
        )

    def waits_for(self, job: Job) -> bool:
        """Return whether a job gives a desktop to this user, or may do so."""
        return job.job_type == _JOB_TYPE and self.recognizes(job)

    def recognizes(self, work: Work) -> bool:
        """Return whether a job is about this user, or does not say about whom it is."""
        names = _user_names(work)
        return not names or self.user_name.lower() in names

    def shows_work(self, observation: Observation) -> bool:
        """Return whether the pool changes, or a desktop of it is being made or given away; it may be for this user."""
        return observation.pool.status == "TEMPORARY" or bool(observation.in_work)

    def accepted(self, answer: Mapping[str, Any]) -> Submission:
        """Return what was started.

        :raises JobFailedError: the pool is full.
        """
        kind = str(answer.get("type") or "").upper()
        if kind == "EXCEEDED":
            raise JobFailedError(
                "no desktop of this pool is free, and the pool neither grows nor lets users wait (EXCEEDED); add "
                "desktops to it or detach one, then run the task again. Nothing was changed.",
                type=kind,
            )
        submission = super().accepted(answer)
        return replace(submission, pending="a free desktop" if kind == "WAITING" else "", facts={"type": kind or None})

    def once_done(self, step: Step, desktop_ids: frozenset[str]) -> Attach:
        """Return the change after its request."""
        return replace(self, sent=True)

    def desktop_of(self, observation: Observation | None) -> dict[str, Any] | None:
        """Return the record of the user's desktop, None if there is none."""
        found = observation.desktops if observation else None
        return found[0].fields if found else None

    def _has(self, desktop: Desktop) -> bool:
        return not desktop.is_leaving and any(
            user.name.lower() == self.user_name.lower()
            and (not self.domain or not user.domain or user.domain.lower() == self.domain.lower())
            for user in desktop.users
        )

    def _warnings(self, observation: Observation) -> tuple[str, ...]:
        listed = observation.authorized_objects
        # Who belongs to a group is not known here.
        if listed is None or any(entry.object_type != "USER" for entry in listed):
            return ()
        if any(entry.object_name.lower() == self.user_name.lower() for entry in listed):
            return ()
        who = f"pool {observation.pool.name}: {self.user_name} is not among its users"
        return (f"{who}, so the service is going to refuse; let the user use the pool first.",)


def _user_names(work: Work) -> set[str]:
    if not isinstance(work, Job):
        return set()
    names = {str((part.fields.get("entities") or {}).get("user_name") or "").lower() for part in work.sub_jobs}
    return names - {""}


def _users(session: Session, pool: Pool) -> tuple[AuthorizedObject, ...] | None:
    """Return who may use a pool; None where that cannot be read, for it only serves a warning."""
    try:
        items = read_list(session, LIST_POOL_USERS, {"pool_id": pool.id}).items
    except RefusedError:
        return None
    return tuple(AuthorizedObject.from_service(item) for item in items)
