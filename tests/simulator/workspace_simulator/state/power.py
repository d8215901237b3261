# Copyright (c) 2026 the hwcloud.workspace contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Power: start, stop, restart and hibernate the desktops of a pool."""

from __future__ import annotations

from typing import TYPE_CHECKING

from .. import errors
from .changes import submit_change
from .jobs import SUCCEEDED, Job, SubJob, Verdict, Work
from .models import STOPPED, UNHEALTHY_STATUS, Desktop, Pool
from .scope import Scope, select
from .users import cut_session

if TYPE_CHECKING:
    from .world import Project, World

ACTIONS = ("os-start", "os-stop", "reboot", "hibernate")
_BECOMES = {"os-start": "ACTIVE", "os-stop": "SHUTOFF", "reboot": "ACTIVE", "hibernate": "HIBERNATED"}
_PHASES = {
    "os-start": ("powering-on",),
    "os-stop": ("powering-off",),
    "reboot": ("rebooting", "reboot_pending", "reboot_started"),
    "hibernate": ("powering-off",),
}
"""Task states by action (definitions, SDK); they know none for hibernation."""


def act_on_pool(world: World, project: Project, pool: Pool, action: str, hard: bool) -> Job:
    """Accept an action on every desktop of a pool.

    Args:
        world: The estate.
        project: Project of the pool.
        pool: The pool.
        action: os-start, os-stop, reboot or hibernate.
        hard: Whether it is forced.

    Raises:
        ServiceError: 400 for hibernation of another system than Windows (help page: managing desktop pools) or if no
            desktop needs the action, by the reading of ``action_on_none``; 409 while busy.
    """
    if action == "hibernate" and world.images[pool.image_id].os_type != "Windows":
        raise errors.invalid_resource(f"The pool {pool.name} cannot hibernate: its image is not for Windows.")
    scope = select(pool, world.dialect, world.now, "FOR_EXPAND_AND_ALL", None)
    needing = [desktop for desktop in scope.desktops if not needless(desktop, action)]
    if not needing and world.dialect.action_on_none == "refused":
        raise errors.invalid_resource(f"No desktop of the pool {pool.name} needs {action}.")
    desktops = needing if world.dialect.action_needless == "left_out" else scope.desktops
    work = PowerWork(world, action, hard)
    job = submit_change(world, project, pool, Scope(desktops, template=False), work)
    kind = "HARD" if hard else "SOFT"
    pool.effects.power.append({"action": action, "type": kind, "job_id": job.id, "at": world.now})
    return job


def needless(desktop: Desktop, action: str) -> bool:
    """Return whether an action has nothing to do: the state is there, or a stopped desktop would have to run."""
    if action in ("reboot", "hibernate") and desktop.status in STOPPED:
        return True
    return action != "reboot" and desktop.status == _BECOMES[action]


def cut_users_off(desktop: Desktop, now: float, cause: str) -> None:
    """End what users have open on a desktop that stops; the session of a connected user is recorded."""
    if desktop.login_status == "CONNECTED":
        cut_session(desktop, now, cause)
    desktop.login_status = "UNREGISTER"
    desktop.disconnected_since = None


def stop(desktop: Desktop, status: str) -> None:
    """Put a desktop into a state in which it does not run; it is never registered then (definitions)."""
    desktop.status, desktop.login_status, desktop.disconnected_since = status, "UNREGISTER", None


def run(desktop: Desktop) -> None:
    """Let a desktop run and wait for users."""
    desktop.status, desktop.login_status = "ACTIVE", "REGISTERED"


def power_over(desktop: Desktop, action: str, hard: bool, job_id: str, now: float) -> None:
    """Bring about the state that an action leads to, and keep a record of it.

    Args:
        desktop: The desktop.
        action: os-start, os-stop, reboot or hibernate.
        hard: Whether it was forced.
        job_id: Job or script task behind it.
        now: Present simulated time.
    """
    event = {"action": action, "type": "HARD" if hard else "SOFT", "previous_status": desktop.status}
    desktop.record().power.append({**event, "job_id": job_id, "at": now})
    if _BECOMES[action] == "ACTIVE":
        run(desktop)
    else:
        stop(desktop, _BECOMES[action])


class PowerWork(Work):
    """Starts, stops, restarts or hibernates each desktop."""

    operation = "ExecuteDesktopPoolAction"

    def __init__(self, world: World, action: str, hard: bool) -> None:
        """Do ``action``, by force if ``hard``; the job type is an open question."""
        self._action = action
        self._hard = hard
        self.job_type = world.dialect.action_job_type

    def begin(self, world: World, sub_job: SubJob, now: float) -> Verdict | None:
        """Deal with desktops that do not need it or cannot do it, and cut off users of the others."""
        desktop, action = sub_job.desktop, self._action
        if needless(desktop, action):
            return self._refusal(desktop) if world.dialect.action_needless == "failed" else SUCCEEDED
        forced = action == "os-stop" or (action == "reboot" and self._hard)
        if desktop.status == UNHEALTHY_STATUS and not forced:
            return self._refusal(desktop)
        if action == "hibernate" and world.images[desktop.image_id].os_type != "Windows":
            return Verdict(False, errors.INVALID_RESOURCE, "Only Windows desktops can hibernate.")
        cut_users_off(desktop, now, f"{action} {sub_job.job.id}")
        return None

    def phase(self, progress: float) -> str:
        """Return a task state of the action; those of a forced restart end in ``_hard`` (definitions)."""
        states = _PHASES[self._action]
        state = states[min(len(states) - 1, int(progress * len(states)))]
        return f"{state}_hard" if self._hard and self._action == "reboot" else state

    def complete(self, world: World, sub_job: SubJob, now: float) -> None:
        """Set the desktop's state."""
        power_over(sub_job.desktop, self._action, self._hard, sub_job.job.id, now)

    def fail(self, world: World, sub_job: SubJob, now: float) -> None:
        """Bring a running desktop back to its users."""
        if sub_job.desktop.status == "ACTIVE":
            run(sub_job.desktop)

    def _refusal(self, desktop: Desktop) -> Verdict:
        reason = f"Operation conflict: status {desktop.status} does not allow {self._action}."
        return Verdict(False, errors.CONFLICT, reason)
