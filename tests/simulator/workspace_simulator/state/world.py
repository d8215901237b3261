# Copyright (c) 2026 the hwcloud.workspace contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The estate at work: everything the simulated service knows, and its time."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from ipaddress import IPv4Address
from itertools import count

from .. import errors
from .clock import Clock
from .dialect import Dialect
from .failures import FailureRule, Failures
from .ids import Ids
from .jobs import Job, Jobs, forgotten
from .models import Desktop, Group, Image, NamePolicy, Pool, Product, Script, User
from .scripts import ScriptTask
from .timeline import Timeline
from .users import after_work, unbind

_FIRST_ADDRESS = int(IPv4Address("10.16.0.10"))


@dataclass(frozen=True)
class JobsSettings:
    """How jobs go; times in simulated seconds."""

    parallel: int = 20
    seconds_per_desktop: float = 300.0
    spread: float = 0.2
    lag_seconds: float = 15.0
    history_seconds: float = 3600.0
    logoff_seconds: float = 20.0


@dataclass(eq=False)
class Project:
    """A project of a region with what it holds.

    ``desktop_quota`` is the most desktops it may have, None for no limit. ``subnets`` are the known ones with the
    desktops that they have room for, None for no limit; if there are none, every subnet exists and is endless.
    """

    id: str
    name: str
    region: str
    desktop_quota: int | None = None
    subnets: dict[str, int | None] = field(default_factory=dict)
    desktops_in_subnet: Counter[str] = field(default_factory=Counter)
    last_numbers: dict[str, int] = field(default_factory=dict)
    deleted_pools: list[Pool] = field(default_factory=list)
    pools: dict[str, Pool] = field(default_factory=dict)
    desktops: dict[str, Desktop] = field(default_factory=dict)
    jobs: dict[str, Job] = field(default_factory=dict)
    script_tasks: dict[str, ScriptTask] = field(default_factory=dict)

    def pool_named(self, name: str) -> Pool | None:
        """Return the pool of exactly this name."""
        return next((pool for pool in self.pools.values() if pool.name == name), None)

    def add_desktop(self, desktop: Desktop) -> None:
        """Take a desktop into the project and into its pool."""
        desktop.pool.desktops[desktop.desktop_id] = self.desktops[desktop.desktop_id] = desktop
        self.desktops_in_subnet[desktop.subnet_id] += 1

    def remove_desktop(self, desktop: Desktop) -> None:
        """Take a desktop out of the project; its record stays with the pool."""
        if self.desktops.pop(desktop.desktop_id, None) is None:
            return
        desktop.pool.desktops.pop(desktop.desktop_id, None)
        self.desktops_in_subnet[desktop.subnet_id] -= 1
        desktop.pool.deleted_desktops.append(desktop)


class World:
    """The state of the whole service."""

    def __init__(
        self, seed: int, clock: Clock, dialect: Dialect, jobs_settings: JobsSettings, failures: list[FailureRule]
    ) -> None:
        """Start empty; ``build.py`` fills it from an estate file."""
        self.ids = Ids(seed)
        self.clock = clock
        self.dialect = dialect
        self.jobs_settings = jobs_settings
        self.failures = Failures(failures, self.ids)
        self.timeline = Timeline()
        self.jobs = Jobs(self)
        self.projects: dict[str, Project] = {}
        self.images: dict[str, Image] = {}
        self.products: dict[str, Product] = {}
        self.scripts: dict[str, Script] = {}
        self.users: dict[str, User] = {}
        self.groups: dict[str, Group] = {}
        self.name_policies: dict[str, NamePolicy] = {}
        self._addresses = count(_FIRST_ADDRESS)
        self._made = count(1)

    @property
    def now(self) -> float:
        """Present simulated time, seconds since 1970."""
        return self.clock.now()

    @property
    def moment(self) -> float:
        """The simulated time of what is happening: in the past, if the past is being caught up with."""
        playing = self.timeline.playing
        return self.now if playing is None else playing

    def settle(self) -> None:
        """Let everything happen that is due by now."""
        self.timeline.play(self.clock.now())

    def new_id(self, kind: str) -> str:
        """Return an identifier that was not given before in this run."""
        return self.ids.uuid(kind, next(self._made))

    def next_address(self) -> str:
        """Return an IPv4 address that no desktop has."""
        return str(IPv4Address(next(self._addresses)))

    def pool(self, project: Project, pool_id: str) -> Pool:
        """Return a pool.

        Raises:
            ServiceError: WKS.0001 with status 400 (Terraform provider), or 404 under the other reading.
        """
        pool = project.pools.get(pool_id)
        if pool is None:
            status = int(self.dialect.missing_pool)
            raise errors.ServiceError(status, errors.POOL_MISSING, f"The desktop pool {pool_id} does not exist.")
        return pool

    def job(self, project: Project, job_id: str) -> Job:
        """Return a job.

        Raises:
            ServiceError: 404 for an unknown or forgotten one (definitions).
        """
        job = project.jobs.get(job_id)
        if job is None or forgotten(self, job):
            raise errors.ServiceError(404, errors.JOB_MISSING, f"The job {job_id} does not exist.")
        return job

    def set_login_status(self, desktop: Desktop, login_status: str) -> None:
        """Set a login state; a disconnected user of a dynamic pool loses the desktop after the retention period.

        That a dynamic pool unbinds then is stated by the definitions.
        """
        desktop.login_status = login_status
        if login_status != "DISCONNECTED":
            desktop.disconnected_since = None
            after_work(self, desktop)
            return
        since = desktop.disconnected_since = self.now
        pool = desktop.pool
        if pool.type == "DYNAMIC" and pool.disconnected_retention_period:
            self.timeline.at(
                since + 60 * pool.disconnected_retention_period, lambda when: _end_retention(self, desktop, since)
            )

    def desktop_released(self, desktop: Desktop) -> None:
        """Do what had to wait until work on a desktop ended: unbind a user, give it to one who waits."""
        after_work(self, desktop)

    def rename_desktop(self, desktop: Desktop, desktop_id: str) -> None:
        """Give a desktop another ID, keeping its place in the lists."""
        old = desktop.desktop_id
        desktop.desktop_id = desktop_id
        for project in self.projects.values():
            if old in project.desktops:
                project.desktops = {desktop.desktop_id: desktop for desktop in project.desktops.values()}
        desktop.pool.desktops = {desktop.desktop_id: desktop for desktop in desktop.pool.desktops.values()}


def _end_retention(world: World, desktop: Desktop, since: float) -> None:
    if desktop.login_status == "DISCONNECTED" and desktop.disconnected_since == since:
        unbind(desktop)
        desktop.login_status = "REGISTERED"
        desktop.disconnected_since = None
        after_work(world, desktop)
