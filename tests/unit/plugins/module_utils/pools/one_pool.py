# Copyright (c) 2026 the hwcloud.workspace contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""One pool behind a real HTTP server: it takes requests, runs jobs by a hand-moved clock, and can lose its answers."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Any

from ansible_collections.hwcloud.workspace.plugins.module_utils.client.session import Session
from ansible_collections.hwcloud.workspace.plugins.module_utils.pools.model import Pool
from ansible_collections.hwcloud.workspace.tests.unit.plugins.module_utils.pools.samples import (
    NEW,
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
CONFLICT = Reply(409, {"error_code": "WKS.00010032", "error_msg": "operation conflict"})


@dataclass
class RunningJob:
    """A job of the model. ``results`` holds each desktop's state when the job has ended."""

    id: str
    job_type: str
    begins: float
    ends: float
    results: dict[str, str]
    image_id: str
    moves_template: bool
    applied: bool = False


# What becomes of a request that changes something: whether it is carried out, and how it is answered.
Fate = Callable[["OnePool", Request], Behaviour]


def carried_out(pool: OnePool, request: Request) -> Behaviour:
    """The request is carried out and answered."""
    return Reply(200, {"job_id": pool.begin(request).id})


def answer_lost(pool: OnePool, request: Request) -> Behaviour:
    """The request is carried out, and its answer is lost."""
    pool.begin(request)
    return Reset()


def never_arrived(pool: OnePool, request: Request) -> Behaviour:
    """Nothing is carried out, and the connection breaks."""
    return Reset()


def answered(reply: Reply) -> Fate:
    """Return a fate in which nothing is carried out and ``reply`` is the answer."""
    return lambda pool, request: reply


@dataclass
class OnePool:
    """The pool and its service.

    :param images: the desktops' images, by ID.
    :param duration: seconds that a job takes.
    :param lag: seconds after a job's end in which the records do not show its effect.
    :param hidden_for: seconds in which a new job cannot be found.
    :param failing: desktops that fail.
    :param left_out: desktops that the service passes over without a word.
    :param shows_tasks: whether desktops show that they are at work, even while their job cannot be found.
    :param meanwhile: what others do, by the last word of a path; done once, when that path is read first.
    """

    service: ScriptedService
    clock: HandClock
    images: dict[str, str] = field(default_factory=lambda: {"d1": OLD, "d2": OLD})
    template: str = OLD
    duration: float = 30.0
    lag: float = 0.0
    hidden_for: float = 0.0
    failing: set[str] = field(default_factory=set)
    left_out: set[str] = field(default_factory=set)
    fates: list[Fate] = field(default_factory=list)
    jobs: list[RunningJob] = field(default_factory=list)
    attributes: dict[str, Any] = field(default_factory=dict)
    reads_fail: Callable[[float], bool] = lambda now: False
    shows_tasks: bool = False
    meanwhile: dict[str, Callable[[], object]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        """Answer requests from now on."""
        on = self.service.on
        on("GET", f"{BASE}/desktop-pools", self._read(lambda r: {"desktop_pools": [self.record()], "total_count": 1}))
        on("GET", POOL_PATH, self._read(lambda r: self.record()))
        on("GET", f"{POOL_PATH}/inconsistent-statics", self._read(lambda r: {"image_id": self.drifted()}))
        on("GET", f"{BASE}/desktops/detail", self._read(self._desktops))
        on("GET", f"{BASE}/images", self._read(lambda r: {"images": [{"id": OLD}, {"id": NEW}], "total_count": 2}))
        on("GET", f"{BASE}/workspace-sub-jobs", self._read(self._sub_jobs))
        on("GET", f"{BASE}/workspace-jobs/.*", self._job)
        on("POST", f"{POOL_PATH}/(rebuild|notifications)", self._change)
        on("PUT", POOL_PATH, self._update)

    # What tests ask and tell.

    def session(self, **params: Any) -> Session:
        """Return a session with the pool's service, without repetitions unless they are asked for."""
        return session_to(self.service.url, clock=self.clock, **{"max_retries": 0, **params})

    def seen(self) -> Pool:
        """Return the pool as a client sees it now."""
        return Pool.from_service(self.record())

    def posts(self) -> list[Any]:
        """Return the bodies of the requests that change something, without the image."""
        changes = [request.json() for request in self.service.requests if request.method in ("POST", "PUT")]
        return [{name: value for name, value in body.items() if name != "image_id"} for body in changes]

    def begin(self, request: Request) -> RunningJob:
        """Carry a request out."""
        body = request.json()
        if request.path.endswith("notifications"):
            return self.begin_job("notifyDesktops", self.images, image_id="", moves_template=False)
        if "desktop_ids" in body:
            targets: Iterable[str] = body["desktop_ids"]
        elif body.get("is_fix"):
            targets = [name for name, image in self.images.items() if image != self.template]
        else:
            targets = [] if body.get("handle_type") == "ONLY_FOR_EXPAND" else self.images
        moves = "desktop_ids" not in body and not body.get("is_fix")
        delay = 60.0 * body.get("delay_time", 0)
        return self.begin_job("rebuildDesktopPool", targets, body["image_id"], moves_template=moves, delay=delay)

    def begin_job(
        self,
        job_type: str,
        targets: Iterable[str],
        image_id: str = NEW,
        *,
        moves_template: bool = True,
        delay: float = 0.0,
    ) -> RunningJob:
        """Begin a job, as a request or another controller would."""
        chosen = [name for name in targets if name not in self.left_out]
        results = {name: "FAILED" if name in self.failing else "SUCCESS" for name in chosen}
        now = self.clock.now()
        begun = RunningJob(
            f"job-{len(self.jobs) + 1}", job_type, now, now + delay + self.duration, results, image_id, moves_template
        )
        self.jobs.append(begun)
        return begun

    def record(self) -> dict[str, Any]:
        """Return the pool's record as it reads now."""
        self._advance()
        return pool_record(self.template, desktop_count=len(self.images), **self.attributes)

    def drifted(self) -> int:
        """Return how many desktops differ from the template."""
        return sum(image != self.template for image in self.images.values())

    # The service's side.

    def _advance(self) -> None:
        for job in self.jobs:
            if not job.applied and job.image_id and self.clock.now() >= job.ends + self.lag:
                job.applied = True
                self.images.update({name: job.image_id for name, end in job.results.items() if end == "SUCCESS"})
                self.template = job.image_id if job.moves_template else self.template

    def _read(self, answer: Callable[[Request], dict[str, Any]]) -> Callable[[Request], Behaviour]:
        def script(request: Request) -> Behaviour:
            self.meanwhile.pop(request.path.rpartition("/")[2], lambda: None)()
            self._advance()
            if self.reads_fail(self.clock.now()):
                return Reply(503, {"error_code": "APIGW.0613", "error_msg": "not now"})
            return Reply(200, answer(request))

        return script

    def _change(self, request: Request) -> Behaviour:
        self._advance()
        return (self.fates.pop(0) if self.fates else carried_out)(self, request)

    def _update(self, request: Request) -> Behaviour:
        if self.fates:
            return self.fates.pop(0)(self, request)
        self.attributes.update(request.json())
        return Reply(204)

    def _desktops(self, request: Request) -> dict[str, Any]:
        asked = [value for name, value in request.pairs if name == "desktop_id"]
        found = [
            desktop_record(name, image, task_status="rebuilding" if name in self._busy() else "")
            for name, image in self.images.items()
            if not asked or name in asked
        ]
        return {"desktops": found, "total_count": len(found)}

    def _busy(self) -> set[str]:
        running = [job for job in self.jobs if self.clock.now() < job.ends]
        return {name for job in running for name in job.results} if self.shows_tasks else set()

    def _visible(self) -> list[RunningJob]:
        return [job for job in self.jobs if self.clock.now() >= job.begins + self.hidden_for]

    def _parts(self, job: RunningJob) -> list[dict[str, Any]]:
        over = self.clock.now() >= job.ends
        return [
            {
                "id": f"{job.id}-{name}",
                "job_id": job.id,
                "job_type": job.job_type,
                "status": result if over else "RUNNING",
                "entities": {"desktop_id": name, "desktop_name": name.upper()},
                **({"error_code": "WKS.00010110", "fail_reason": "no IP"} if over and result == "FAILED" else {}),
            }
            for name, result in job.results.items()
        ]

    def _sub_jobs(self, request: Request) -> dict[str, Any]:
        wanted = request.query
        found = [
            part
            for job in reversed(self._visible())
            for part in self._parts(job)
            if wanted.get("job_id", job.id) == job.id and wanted.get("status", part["status"]) == part["status"]
        ]
        return {"jobs": found, "total_count": len(found)}

    def _job(self, request: Request) -> Behaviour:
        if self.reads_fail(self.clock.now()):
            return Reply(503)
        for job in self._visible():
            if request.path.endswith(f"/{job.id}"):
                over = self.clock.now() >= job.ends
                parts = self._parts(job)
                facts = {"id": job.id, "job_type": job.job_type, "status": "COMPLETE" if over else "RUNNING"}
                return Reply(200, {**facts, "sub_jobs": parts, "sub_jobs_total": len(parts)})
        return Reply(404, {"error_code": "WKS.0404", "error_msg": "no such job"})
