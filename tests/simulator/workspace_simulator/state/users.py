# Copyright (c) 2026 the hwcloud.workspace contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Who may use a pool, and who holds a desktop of it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from .. import errors
from .jobs import SUCCEEDED, Job, SubJob, Verdict, Work
from .models import STOPPED, AuthorizedObject, Desktop, Pool, User

if TYPE_CHECKING:
    from .world import Project, World

IN_SESSION = ("CONNECTED", "DISCONNECTED")
"""Login states in which a user's session exists."""

ASSIGN_SECONDS = 30.0
"""How long it takes to give a user a desktop that is there."""


def check_objects(world: World, given: list[dict[str, Any]]) -> list[AuthorizedObject]:
    """Return the users and groups that a request names.

    Args:
        world: The estate.
        given: Objects with object_id, object_name, object_type (USER, USER_GROUP) and user_group.

    Raises:
        ServiceError: 400 WKS.00170312 for an unknown user, 400 WKS.00170208 for an unknown group; ID and name must
            both be right.
    """
    found = []
    for entry in given:
        is_user = entry["object_type"] == "USER"
        people = world.users if is_user else world.groups
        person = people.get(entry["object_id"])
        if person is None or person.name != entry["object_name"]:
            kind, code = ("user", errors.USER_MISSING) if is_user else ("user group", errors.GROUP_MISSING)
            raise errors.ServiceError(400, code, f"The {kind} {entry['object_name']} does not exist.")
        found.append(
            AuthorizedObject(
                person.id, person.name, entry["object_type"], entry["user_group"], person.domain, world.now
            )
        )
    return found


def authorize(world: World, pool: Pool, action: str, given: list[dict[str, Any]]) -> None:
    """Change who may use a pool, all of it or nothing.

    Args:
        world: The estate.
        pool: The pool.
        action: ADD, REMOVE or CHANGE_PRIVILEGE (definitions).
        given: Objects as in ``check_objects``.

    Raises:
        ServiceError: 400 for somebody unknown; 400 or 409 by the readings of ``authorize_again``,
            ``deauthorize_absent`` and ``remove_bound_user``.
    """
    wanted = {(entry.object_type, entry.object_id): entry for entry in check_objects(world, given)}
    present = {(entry.object_type, entry.object_id): entry for entry in pool.authorized_objects}
    needless = [entry for key, entry in wanted.items() if (key in present) is (action == "ADD")]
    reading = world.dialect.authorize_again if action == "ADD" else world.dialect.deauthorize_absent
    if needless and reading != "ignored":
        text = f"{needless[0].object_name} is {'already' if action == 'ADD' else 'not'} authorised on {pool.name}."
        code = errors.INVALID_RESOURCE if reading == "400" else errors.CONFLICT
        raise errors.ServiceError(int(reading), code, text)
    useful = {key: entry for key, entry in wanted.items() if (key in present) is (action != "ADD")}
    if action == "REMOVE":
        _remove(world, pool, useful)
    elif action == "ADD":
        pool.authorized_objects.extend(useful.values())
    else:
        for key, entry in useful.items():
            _change_privilege(pool, present[key], entry.user_group)
    for entry in useful.values():
        record_authorization(world, pool, action, entry)


def record_authorization(world: World, pool: Pool, action: str, entry: AuthorizedObject) -> None:
    """Note on the pool that somebody was added, removed or changed."""
    event = {"action": action, "object_id": entry.object_id, "object_name": entry.object_name}
    event |= {"object_type": entry.object_type, "user_group": entry.user_group}
    pool.effects.authorized.append({**event, "at": world.now})


def authorization(world: World, pool: Pool, user: User) -> AuthorizedObject | None:
    """Return by what a user may use a pool: the own entry, or that of a group; None if by nothing."""
    by_group = None
    for entry in pool.authorized_objects:
        if entry.object_type == "USER" and entry.object_id == user.id:
            return entry
        group = world.groups.get(entry.object_id) if entry.object_type == "USER_GROUP" else None
        if by_group is None and group is not None and user.id in group.members:
            by_group = entry
    return by_group


def pools_of_user(world: World, project: Project, user: User) -> list[tuple[Pool, bool]]:
    """Return the pools that a user may use or has a desktop of, and whether a desktop is assigned."""
    found = []
    for pool in project.pools.values():
        attached = any(desktop.user is user for desktop in pool.desktops.values())
        if attached or authorization(world, pool, user) is not None:
            found.append((pool, attached))
    return found


def find_user(world: World, name: str, domain: str | None) -> User:
    """Return the user of this name, and of this domain if one is given.

    Raises:
        ServiceError: 400 WKS.00170312.
    """
    for user in world.users.values():
        if user.name == name and domain in (None, "", user.domain):
            return user
    raise errors.ServiceError(400, errors.USER_MISSING, f"The user {name} does not exist.")


def bind(desktop: Desktop, user: User, user_group: str, job: Job, now: float) -> None:
    """Give a desktop to a user and note it."""
    desktop.user, desktop.user_group = user, user_group
    desktop.promised, desktop.leaving = None, False
    desktop.record().bindings.append({"user_name": user.name, "job_id": job.id, "at": now})


def unbind(desktop: Desktop) -> None:
    """Take a desktop from its user."""
    if desktop.user is not None:
        desktop.last_user_id = desktop.user.id
    desktop.user, desktop.user_group, desktop.leaving = None, "", False


def after_work(world: World, desktop: Desktop) -> None:
    """Do what had to wait for a desktop: unbind a user whose session has ended, give it to one who waits."""
    if desktop.leaving and desktop.login_status not in IN_SESSION:
        unbind(desktop)
    pool = desktop.pool
    while pool.waiting:
        free = idle_desktop(pool)
        if free is None:
            return
        job = pool.waiting.pop(0)
        assert isinstance(job.work, AssignWork)
        free.promised = job.work.user
        world.jobs.give(job, free, world.moment)


def idle_desktop(pool: Pool) -> Desktop | None:
    """Return a desktop that can be given to a user: a running one if there is one, else a stopped one."""
    free = [
        desktop
        for desktop in pool.desktops.values()
        if desktop.user is None
        and desktop.promised is None
        and not desktop.open_work
        and not desktop.unhealthy
        and (desktop.status in STOPPED or (desktop.status == "ACTIVE" and desktop.login_status not in IN_SESSION))
    ]
    return min(free, key=lambda desktop: desktop.status != "ACTIVE", default=None)


class AssignWork(Work):
    """Gives a user a desktop that is there; a stopped one is started."""

    operation = "AttachDesktopPoolUser"
    job_type = "attachDesktopPool"
    changes = False

    def __init__(self, user: User, user_group: str) -> None:
        """Give it to ``user``, with the privileges of ``user_group``."""
        self.user = user
        self._user_group = user_group

    def seconds(self, world: World, desktop: Desktop) -> float:
        """Return the time that an assignment takes."""
        del world, desktop
        return ASSIGN_SECONDS

    def entities(self, desktop: Desktop) -> dict[str, str]:
        """Name the user."""
        del desktop
        return {"user_name": self.user.name}

    def begin(self, world: World, sub_job: SubJob, now: float) -> Verdict | None:
        """Do nothing for a user who has the desktop already."""
        del world, now
        return SUCCEEDED if sub_job.desktop.user is self.user else None

    def phase(self, progress: float) -> str:
        """Return no task: the desktop goes on as it is."""
        del progress
        return ""

    def complete(self, world: World, sub_job: SubJob, now: float) -> None:
        """Bind the user."""
        del world
        desktop = sub_job.desktop
        if desktop.status in STOPPED:
            desktop.status, desktop.login_status = "ACTIVE", "REGISTERED"
        bind(desktop, self.user, self._user_group, sub_job.job, now)

    def fail(self, world: World, sub_job: SubJob, now: float) -> None:
        """Leave the desktop to others."""
        del world, now
        sub_job.desktop.promised = None


def cut_session(desktop: Desktop, now: float, cause: str) -> None:
    """End the session of a connected user and keep a record of it."""
    user = desktop.user.name if desktop.user is not None else ""
    desktop.record().sessions_cut.append({"user_name": user, "cause": cause, "at": now})
    desktop.login_status = "REGISTERED"


def _remove(world: World, pool: Pool, entries: dict[tuple[str, str], AuthorizedObject]) -> None:
    before = pool.authorized_objects
    pool.authorized_objects = [entry for entry in before if (entry.object_type, entry.object_id) not in entries]
    groups = [world.groups[object_id] for kind, object_id in entries if kind == "USER_GROUP"]
    affected = {object_id for kind, object_id in entries if kind == "USER"}.union(*(group.members for group in groups))
    losing = [
        desktop
        for desktop in pool.desktops.values()
        if desktop.user is not None and desktop.user.id in affected and authorization(world, pool, desktop.user) is None
    ]
    reading = world.dialect.remove_bound_user
    if losing and reading == "refused":
        pool.authorized_objects = before
        raise errors.conflict("ATTACHED", "REMOVE", losing[0].desktop_id)
    for desktop in losing:
        if reading == "until_logoff":
            desktop.leaving = True
        else:
            if desktop.login_status == "CONNECTED":
                cut_session(desktop, world.now, "authorisation removed")
            unbind(desktop)
            if desktop.login_status == "DISCONNECTED":
                desktop.login_status, desktop.disconnected_since = "REGISTERED", None
        after_work(world, desktop)


def _change_privilege(pool: Pool, entry: AuthorizedObject, user_group: str) -> None:
    entry.user_group = user_group
    for desktop in pool.desktops.values():
        if entry.object_type == "USER" and desktop.user is not None and desktop.user.id == entry.object_id:
            desktop.user_group = user_group
