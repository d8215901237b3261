# Copyright (c) 2026 the hwcloud.workspace contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Who may use a pool: the list is read first, and only what differs from it is asked for."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from ..client.errors import InputError, MissingError, RefusedError, WorkspaceError
from ..client.operations import CHANGE_POOL_USERS, LIST_POOL_USERS
from ..client.pagination import read_list
from ..client.session import Session
from .change import Change, Observation, Plan, Step
from .lookup import count, list_desktops
from .model import AuthorizedObject, Desktop, DesktopUser, Pool

OBJECT_TYPES = ("USER", "USER_GROUP")
USER_GROUPS = ("sudo", "default", "administrators", "users")

_PER_REQUEST = 500  # (definitions)
_ADD, _CHANGE, _REMOVE = "ADD", "CHANGE_PRIVILEGE", "REMOVE"
_NEEDED = ("object_id", "object_name", "object_type", "user_group")  # by each action (definitions)
_FIELDS = (*_NEEDED, "domain")
_MOST_NAMES = 10


class UnlistedUsersError(WorkspaceError):
    """The region does not list the users of pools, so nobody can tell what is left to do; nothing was changed."""


def wanted_objects(given: Iterable[Mapping[str, Any]], state: str) -> tuple[dict[str, str], ...]:
    """Return users and groups as :class:`Users` takes them: without empty fields, and each once.

    :param given: dicts with any of ``object_type``, ``object_id``, ``object_name``, ``domain``, ``user_group``.
    :param state: ``present`` or ``absent``.
    :raises InputError: one of them does not say who it is, or which privileges to give; or two contradict each other.
    """
    found: dict[tuple[str, ...], dict[str, str]] = {}
    for number, entry in enumerate(given):
        wanted = {name: str(entry[name]) for name in _FIELDS if entry.get(name)}
        place = f"authorized_objects[{number}]"
        if not wanted.get("object_id") and not (wanted.get("object_name") and wanted.get("object_type")):
            raise InputError(f"{place} does not say who it is; give object_id, or object_name and object_type.")
        if state == "present" and not wanted.get("user_group"):
            raise InputError(f"{place} has no user_group; give one of {', '.join(USER_GROUPS)}.")
        key = (wanted["object_id"],) if wanted.get("object_id") else _name_key(wanted)
        other = found.setdefault(key, wanted)
        if any(other[name] != wanted[name] for name in other.keys() & wanted.keys()):
            raise InputError(
                f"{place} contradicts another one of authorized_objects: {said_of(other)} and {said_of(wanted)}."
            )
        other.update(wanted)
    return tuple(found.values())


@dataclass(frozen=True)
class Users(Change):
    """Let users and user groups use a pool, or no longer.

    :param wanted: what :func:`wanted_objects` returns.
    :param state: ``present`` or ``absent``.
    :param purge: with ``present``, remove everybody who is not in ``wanted``.
    """

    wanted: Sequence[Mapping[str, str]]
    state: str = "present"
    purge: bool = False

    verb = "change of users"
    takes_turns = False
    starts_jobs = False
    most_steps = 1000

    def observe(self, session: Session, pool: Pool) -> Observation:
        """Read the users of the pool; its desktops too if somebody who may hold one is to be removed.

        :raises UnlistedUsersError: the region does not list the users of pools.
        """
        if not pool.exists:
            return Observation(pool, None, ())
        present = _list_users(session, pool)
        removes = self._due(present)[_REMOVE]
        return Observation(pool, tuple(list_desktops(session, pool.id)) if removes else None, present)

    def plan(self, observation: Observation) -> Plan:
        """Return the next request, none if everybody is as wanted.

        :raises InputError: somebody is to be added and is not named in full, or a name fits several.
        """
        due = self._due(observation.authorized_objects or ())
        steps = [
            Step(
                CHANGE_POOL_USERS,
                {"action": action, "objects": objects[at : at + _PER_REQUEST]},
                moves_template=True,
                starts_job=False,
            )
            for action, objects in due.items()
            for at in range(0, len(objects), _PER_REQUEST)
        ]
        if not steps:
            return Plan(None)
        return Plan(
            steps[0],
            {"authorized_objects": self._difference(observation, due, after=False)},
            {"authorized_objects": self._difference(observation, due, after=True)},
            _warnings(observation, due[_REMOVE]),
            steps=len(steps),
        )

    def missing(self, step: Step, observation: Observation) -> tuple[frozenset[str], bool]:
        """Return whether anybody of a request is not yet as it asks for."""
        present = {entry.object_id: entry for entry in observation.authorized_objects or ()}
        for entry in step.body["objects"]:
            found = present.get(entry["object_id"])
            done = found is None if step.body["action"] == _REMOVE else found and _has(found, entry["user_group"])
            if not done:
                return frozenset(), True
        return frozenset(), False

    def explain(self, step: Step, error: RefusedError) -> RefusedError:
        """Say what may be behind it if a removal is refused."""
        if step.body["action"] == _REMOVE and error.http_status in (400, 409):
            advice = "detach the desktop or wait for the user to log off, then run the task again."
            error.args = (f"{error} Some regions refuse to remove a user who holds a desktop; {advice}",)
        return error

    def objects_after(self, observation: Observation) -> list[dict[str, Any]]:
        """Return the records of all users and groups as they are once nothing is left to do, in the service's order."""
        present = observation.authorized_objects or ()
        due = self._due(present)
        gone = {entry["object_id"] for entry in due[_REMOVE]}
        groups = {entry["object_id"]: entry["user_group"] for entry in due[_CHANGE]}
        kept = [
            {**entry.fields, "user_group": groups.get(entry.object_id, entry.user_group)}
            for entry in present
            if entry.object_id not in gone
        ]
        return kept + [dict(entry) for entry in due[_ADD]]

    def _due(self, present: Sequence[AuthorizedObject]) -> dict[str, list[dict[str, str]]]:
        """Return the objects of each action's requests, in the order in which the actions are carried out."""
        due: dict[str, list[dict[str, str]]] = {_ADD: [], _CHANGE: [], _REMOVE: []}
        index = _Index(present)
        named: dict[str, Mapping[str, str]] = {}
        for wanted in self.wanted:
            found = index.find(wanted)
            if found is None:
                if self.state == "present":
                    due[_ADD].append(_to_add(wanted))
                continue
            before = named.setdefault(found.object_id, wanted)
            if before is not wanted:
                if self.state == "present" and before["user_group"] != wanted["user_group"]:
                    raise InputError(
                        f"{said_of(before)} and {said_of(wanted)} are the same one, and contradict each other."
                    )
                continue
            if self.state == "absent":
                due[_REMOVE].append(_as_request(found))
            elif not _has(found, wanted["user_group"]):
                due[_CHANGE].append({**_as_request(found), "user_group": wanted["user_group"]})
        if self.purge and self.state == "present":
            due[_REMOVE] = [_as_request(entry) for entry in present if entry.object_id not in named]
        return due

    def _difference(self, observation: Observation, due: Mapping[str, Any], *, after: bool) -> list[str]:
        present = {entry.object_id: entry for entry in observation.authorized_objects or ()}
        if after:
            return sorted(map(said_of, [*due[_ADD], *due[_CHANGE]]))
        changed = [present[entry["object_id"]] for entry in [*due[_CHANGE], *due[_REMOVE]]]
        return sorted(said_of(_as_request(entry)) for entry in changed)


class _Index:
    """Finds those who may use a pool by what a task calls them."""

    def __init__(self, present: Sequence[AuthorizedObject]) -> None:
        self._by_id = {entry.object_id: entry for entry in present}
        self._by_name: dict[tuple[str, str], list[AuthorizedObject]] = {}
        for entry in present:
            self._by_name.setdefault((entry.object_type, entry.object_name), []).append(entry)

    def find(self, wanted: Mapping[str, str]) -> AuthorizedObject | None:
        """Return whom an entry means: by its ID, else by name and type, and by domain where both say one.

        :raises InputError: several fit.
        """
        if wanted.get("object_id"):
            return self._by_id.get(wanted["object_id"])
        domain = wanted.get("domain")
        found = [
            entry
            for entry in self._by_name.get((wanted["object_type"], wanted["object_name"]), ())
            if not domain or not entry.fields.get("domain") or entry.fields["domain"] == domain
        ]
        if len(found) > 1:
            ids = ", ".join(sorted(entry.object_id for entry in found))
            raise InputError(f"{said_of(wanted)} can be any of {ids}; give object_id.")
        return found[0] if found else None


def _list_users(session: Session, pool: Pool) -> tuple[AuthorizedObject, ...]:
    try:
        items = read_list(session, LIST_POOL_USERS, {"pool_id": pool.id}).items
    except RefusedError as error:
        # The pool was just read, so it is the operation that is missing (Terraform's client meets such regions too).
        if isinstance(error, MissingError) or error.http_status in (400, 405):
            raise UnlistedUsersError(
                "this region does not seem to list the users of pools, so what is left to do cannot be told; "
                f"change them in the console. {error} Nothing was changed.",
                **error.result_fields(),
            ) from None
        raise
    return tuple(AuthorizedObject.from_service(item) for item in items)


def _to_add(wanted: Mapping[str, str]) -> dict[str, str]:
    missing = [name for name in _NEEDED if not wanted.get(name)]
    if missing:
        raise InputError(
            f"{said_of(wanted)} is not among the pool's users, and to add it the service needs {' and '.join(missing)} "
            "as well. Nothing was changed."
        )
    return {name: wanted[name] for name in _FIELDS if wanted.get(name)}


def _as_request(entry: AuthorizedObject) -> dict[str, str]:
    return {name: getattr(entry, name) for name in _NEEDED}


def _has(entry: AuthorizedObject, user_group: str) -> bool:
    return entry.user_group.lower() == user_group.lower()


def _name_key(wanted: Mapping[str, str]) -> tuple[str, ...]:
    return wanted["object_type"], wanted["object_name"], wanted.get("domain", "")


def said_of(entry: Mapping[str, str]) -> str:
    """Return a user or group as people read it: ``USER user-a1 (users)``."""
    who = entry.get("object_name") or entry["object_id"]
    kind = f"{entry['object_type']} " if entry.get("object_type") else ""
    return f"{kind}{who}" + (f" ({entry['user_group']})" if entry.get("user_group") else "")


def _warnings(observation: Observation, removed: Sequence[Mapping[str, str]]) -> tuple[str, ...]:
    """Warn of the desktops whose users are removed. Who belongs to a removed group is not known here."""
    ids = {entry["object_id"] for entry in removed if entry["object_type"] == "USER"}
    names = {entry["object_name"] for entry in removed if entry["object_type"] == "USER"}
    staying = [
        entry
        for entry in observation.authorized_objects or ()
        if entry.object_type == "USER" and entry.object_id not in ids
    ]
    directly: list[str] = []
    perhaps: list[str] = []
    for desktop in observation.desktops or ():
        for user in desktop.users:
            if user.id in ids if user.id else user.name in names:
                directly.append(_holding(user, desktop))
            elif not any(
                user.id == entry.object_id if user.id else user.name == entry.object_name for entry in staying
            ):
                perhaps.append(_holding(user, desktop))
    pool = f"pool {observation.pool.name}"
    found = []
    if directly:
        found.append(
            f"{pool}: users to remove hold {count(len(directly), 'desktop')}, which may be taken from them at once "
            f"or at log-off: {_list(directly)}."
        )
    if perhaps and any(entry["object_type"] == "USER_GROUP" for entry in removed):
        found.append(
            f"{pool}: {count(len(perhaps), 'desktop')} may be lost by users who are not named in the pool's "
            f"users and can be members of the groups to remove: {_list(perhaps)}."
        )
    return tuple(found)


def _holding(user: DesktopUser, desktop: Desktop) -> str:
    return f"{user.name or user.id} ({desktop.name or desktop.id})"


def _list(holders: Sequence[str]) -> str:
    found = sorted(holders)
    more = f" and {len(found) - _MOST_NAMES} more" if len(found) > _MOST_NAMES else ""
    return ", ".join(found[:_MOST_NAMES]) + more
