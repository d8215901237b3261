# Copyright (c) 2026 the hwcloud.workspace contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A pool that comes, grows and goes, behind a real HTTP server; its jobs run by a hand-moved clock."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

from ansible_collections.hwcloud.workspace.plugins.module_utils.pools.engine import Engine
from ansible_collections.hwcloud.workspace.plugins.module_utils.pools.lookup import pool_named
from ansible_collections.hwcloud.workspace.plugins.module_utils.pools.model import Pool
from ansible_collections.hwcloud.workspace.tests.unit.plugins.module_utils.pools.samples import (
    OLD,
    POOL_ID,
    desktop_record,
    pool_record,
)
from ansible_collections.hwcloud.workspace.tests.unit.plugins.module_utils.scripted_service import (
    PROJECT,
    Behaviour,
    HandClock,
    Reply,
    Request,
    Reset,
    ScriptedService,
    session_to,
)

BASE = f"/v2/{PROJECT}"
POOL_PATH = f"{BASE}/desktop-pools/{POOL_ID}"
NAME = "finance-win10"
GONE = Reply(400, {"error_code": "WKS.0001", "error_msg": "no such pool"})
CONFLICT = Reply(409, {"error_code": "WKS.00010032", "error_msg": "operation conflict"})


@dataclass
class LifeJob:
    """A job. ``desktops`` are those that it makes or deletes."""

    id: str
    job_type: str
    begins: float
    ends: float
    desktops: list[str]
    failed: set[str]
    over: bool = False


Fate = Callable[["PoolLife", Request], Behaviour]


def answer_lost(life: PoolLife, request: Request) -> Behaviour:
    """The request is carried out, and its answer is lost."""
    life.carry_out(request)
    return Reset()


def never_arrived(life: PoolLife, request: Request) -> Behaviour:
    """Nothing is carried out, and the connection breaks."""
    return Reset()


def answered(reply: Reply) -> Fate:
    """Return a fate in which nothing is carried out and ``reply`` is the answer."""
    return lambda life, request: reply


@dataclass
class PoolLife:
    """The pool, if there is one, and its service.

    :param desktops: status of each desktop, by ID.
    :param duration: seconds that a job takes.
    :param early: desktops count from the beginning of their creation, not from its end.
    :param status_during_job: the pool's status while a job runs.
    :param hidden_for: seconds in which a new job's record cannot be found in lists.
    :param failing: how many desktops of the next creation fail.
    :param keeps_failed: desktops that failed stay in ERROR, and count.
    :param making: task state of a further desktop that is listed while a job runs; empty lists none.
    """

    service: ScriptedService
    clock: HandClock
    exists: bool = True
    desktops: dict[str, str] = field(default_factory=lambda: {"d1": "ACTIVE", "d2": "ACTIVE"})
    attributes: dict[str, Any] = field(default_factory=dict)
    duration: float = 30.0
    early: bool = True
    status_during_job: str = "TEMPORARY"
    hidden_for: float = 0.0
    failing: int = 0
    keeps_failed: bool = True
    making: str = ""
    sessions: dict[str, str] = field(default_factory=dict)
    fates: list[Fate] = field(default_factory=list)
    jobs: list[LifeJob] = field(default_factory=list)
    made: int = 0
    lines: list[str] = field(default_factory=list)
    warnings: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        """Answer requests from now on."""
        on = self.service.on
        on("GET", f"{BASE}/desktop-pools", self._read(lambda r: _listed("desktop_pools", [self.record()])))
        on("GET", POOL_PATH, self._pool)
        on("GET", f"{POOL_PATH}/users", self._read(lambda r: _listed("objects", [])))
        on("GET", f"{BASE}/desktops/detail", self._read(self._desktops))
        on("GET", f"{BASE}/images", self._read(lambda r: _listed("images", [{"id": OLD}])))
        on("GET", f"{BASE}/products", self._read(lambda r: _listed("products", [{"product_id": "product-a"}])))
        on("GET", f"{BASE}/workspace-sub-jobs", self._read(self._sub_jobs))
        on("GET", f"{BASE}/workspace-jobs/.*", self._job)
        on("POST", ".*", self._change)
        on("PUT", POOL_PATH, self._change)
        on("DELETE", POOL_PATH, self._change)

    # What tests ask and tell.

    def engine(self, **options: Any) -> Engine:
        """Return an engine; what it says is kept in ``lines`` and ``warnings``."""
        session = session_to(self.service.url, clock=self.clock, max_retries=0)
        return Engine(session, self.lines.append, self.warnings.append, **options)

    def seen(self) -> Pool:
        """Return the pool as a task finds it."""
        return pool_named(self.engine().session, NAME) or Pool.absent(NAME)

    def sent(self) -> list[tuple[str, Any]]:
        """Return the requests that change something: the end of the path or the method, and the body."""
        return [
            (request.method if request.path == POOL_PATH else request.path.rpartition("/")[2], _body(request))
            for request in self.service.requests
            if request.method != "GET"
        ]

    def record(self) -> dict[str, Any]:
        """Return the pool's record as it reads now; empty without a pool."""
        self._advance()
        if not self.exists:
            return {}
        running = any(not job.over for job in self.jobs)
        status = {"status": self.status_during_job} if running else {}
        shown = {"desktop_count": len(self.desktops), "data_volumes": [], **status}
        return pool_record(OLD, **{**self.attributes, **shown})

    def begin(self, job_type: str, desktops: list[str]) -> LifeJob:
        """Begin a job, as a request or another controller would."""
        self._advance()
        now = self.clock.now()
        failed = set(desktops[len(desktops) - self.failing :]) if self.failing else set()
        self.failing = 0
        job = LifeJob(f"job-{len(self.jobs) + 1}", job_type, now, now + self.duration, desktops, failed)
        self.jobs.append(job)
        if job_type == "deleteDesktops" or self.early:
            self.desktops.update(dict.fromkeys(desktops, ""))
        return job

    def new(self, size: int) -> list[str]:
        """Return IDs for new desktops."""
        self.made += size
        return [f"n{number}" for number in range(self.made - size + 1, self.made + 1)]

    def carry_out(self, request: Request) -> Reply:
        """Carry a request out."""
        self._advance()
        if request.method == "PUT":
            self.attributes.update(request.json())
            return Reply(204)
        if request.method == "DELETE":
            if not self.exists:
                return GONE
            if self.desktops or self.attributes.get("enable_autoscale"):
                return CONFLICT
            self.exists = False
            return Reply(204)
        body = request.json()
        if request.path.endswith("batch-delete"):
            return Reply(202, {"job_id": self.begin("deleteDesktops", body["desktop_ids"]).id})
        if request.path.endswith("desktop-pools"):
            self.exists, self.desktops = True, {}
            return Reply(200, {"job_id": self.begin("createDesktopPool", self.new(body["size"])).id})
        return Reply(200, {"job_id": self.begin("expandDesktopPool", self.new(body["size"])).id})

    # The service's side.

    def _advance(self) -> None:
        for job in self.jobs:
            if job.over or self.clock.now() < job.ends:
                continue
            job.over = True
            for name in job.desktops:
                if job.job_type == "deleteDesktops" and name not in job.failed:
                    del self.desktops[name]
                elif name not in job.failed:
                    self.desktops[name] = "ACTIVE"
                elif self.keeps_failed:
                    self.desktops[name] = "ERROR"
                else:
                    self.desktops.pop(name, None)

    def _read(self, answer: Callable[[Request], dict[str, Any]]) -> Callable[[Request], Behaviour]:
        def script(request: Request) -> Behaviour:
            self._advance()
            return Reply(200, answer(request))

        return script

    def _change(self, request: Request) -> Behaviour:
        return self.fates.pop(0)(self, request) if self.fates else self.carry_out(request)

    def _pool(self, request: Request) -> Behaviour:
        record = self.record()
        return Reply(200, record) if record else GONE

    def _desktops(self, request: Request) -> dict[str, Any]:
        assert request.query["pool_id"] == POOL_ID
        return _listed(
            "desktops",
            [
                desktop_record(name, status=status, login_status=self.sessions.get(name, "REGISTERED"))
                for name, status in self.desktops.items()
            ]
            + [
                desktop_record("making", status="", task_status=self.making)
                for _job in self.jobs[-1:]
                if self.making and not _job.over
            ],
        )

    def _visible(self) -> Iterator[LifeJob]:
        return (job for job in reversed(self.jobs) if self.clock.now() >= job.begins + self.hidden_for)

    def _parts(self, job: LifeJob) -> list[dict[str, Any]]:
        return [
            {
                "id": f"{job.id}-{name}",
                "job_id": job.id,
                "job_type": job.job_type,
                "status": ("FAILED" if name in job.failed else "SUCCESS") if job.over else "RUNNING",
                "entities": {"desktop_id": name, "desktop_name": name.upper()},
                **({"error_code": "WKS.00010110", "fail_reason": "no IP"} if job.over and name in job.failed else {}),
            }
            for name in job.desktops
        ]

    def _sub_jobs(self, request: Request) -> dict[str, Any]:
        wanted = request.query
        assert "job_id" in wanted or wanted["desktop_pool_id"] == POOL_ID
        found = [part for job in self._visible() for part in self._parts(job) if wanted.get("job_id", job.id) == job.id]
        return _listed("jobs", found)

    def _job(self, request: Request) -> Behaviour:
        self._advance()
        for job in self._visible():
            if request.path.endswith(f"/{job.id}"):
                parts = self._parts(job)
                facts = {"id": job.id, "job_type": job.job_type, "status": "COMPLETE" if job.over else "RUNNING"}
                return Reply(200, {**facts, "sub_jobs": parts, "sub_jobs_total": len(parts)})
        return Reply(404, {"error_code": "WKS.0404", "error_msg": "no such job"})


def _listed(key: str, items: list[dict[str, Any]]) -> dict[str, Any]:
    found = [item for item in items if item]
    return {key: found, "total_count": len(found)}


def _body(request: Request) -> Any:
    return request.json() if request.body else None
