# Copyright (c) 2026 the hwcloud.workspace contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The table of faults: what is changed, what goes wrong meanwhile, and the ways in which the service may behave."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from direct import LARGE, NOVEMBER, OCTOBER, XLARGE, Direct

from workspace_simulator.state.ids import Ids

POOL = "finance"
POOL_ID = "22222222-0000-4000-8000-000000000001"
DISK = "77777777-0000-4000-8000-000000000001"
DESKTOPS = [{"name": "FIN-001", "user": "user-a1"}, {"name": "FIN-002", "user": "user-b2"}, {"name": "FIN-003"}]
FINANCE: dict[str, Any] = {
    "name": POOL,
    "id": POOL_ID,
    "tags": {"team": "finance"},
    "authorized": [{"type": "USER", "name": "user-a1"}],
    "data_volumes": [{"id": DISK, "type": "SSD", "size": 100}],
    "desktops": DESKTOPS,
}

Dialect = Mapping[str, str]
LATE: Dialect = {"sub_jobs_appear": "late"}
GROWING: Dialect = {"sub_jobs_appear": "growing"}
STEADY: Dialect = {"pool_status_during_job": "STEADY"}
LAGS: Dialect = {"state_after_job": "lags"}
OLDER: Dialect = {"api_age": "older"}
ONE_JOB: Dialect = {"conflict": "pool"}
ONE_EACH: Dialect = {"conflict": "desktop"}
FINISHED: Dialect = {"template_changes": "finished"}
ALL_WELL: Dialect = {"template_changes": "all_succeeded"}
MOVES: Dialect = {"desktop_ids_change_template": "yes"}
UNSEEN: Dialect = {**LATE, **STEADY}
"""A job that has begun can be seen by nothing but what it does."""

JOBS: tuple[Dialect, ...] = (LATE, GROWING, STEADY, LAGS, ONE_JOB, ONE_EACH, OLDER)
WORST: Dialect = {**UNSEEN, **LAGS}


@dataclass(frozen=True)
class Target:
    """A change that is tried: the operation that a fault strikes, and the task that sends it.

    :param operation: its name in the official SDK.
    :param module: the module that sends it.
    :param options: the task's options.
    :param kinds: the kinds of effects that are counted, as the simulator records them; ``made`` counts the desktops
        that a pool has beyond those that it had.
    :param effects: how many effects a run without a fault has in all.
    :param variant: tells apart two targets of one operation.
    :param pool: the pool as it is before.
    :param dialects: the ways of the service that matter, beside the likely one. The last one is the worst.
    :param has_state: what it leads to can be read, so a further run can tell that it is done.
    :param starts_job: the service answers a job, or a script task, that is followed.
    :param waits: the task waits until it is done.
    :param shows_job: the task reads the job by its ID.
    :param prepare: brings the estate to where the task begins, and returns the options that depend on it.
    :param more: counts effects that are not in the record of effects.
    :param rules: answers that the simulator gives in place of its own, as its fault rules.
    """

    operation: str
    module: str
    options: Mapping[str, Any]
    kinds: frozenset[str]
    effects: int
    variant: str = ""
    pool: Mapping[str, Any] = field(default_factory=lambda: FINANCE)
    dialects: tuple[Dialect, ...] = ()
    has_state: bool = True
    starts_job: bool = True
    waits: bool = True
    shows_job: bool = True
    prepare: Callable[[Direct], Mapping[str, Any]] | None = None
    more: Callable[[Direct], Counter[str]] | None = None
    rules: tuple[Mapping[str, Any], ...] = ()

    @property
    def name(self) -> str:
        """The operation, and which of its targets this is."""
        return f"{self.operation} ({self.variant})" if self.variant else self.operation


def _user(name: str) -> dict[str, str]:
    return {"object_type": "USER", "object_id": Ids(11).uuid("user", name), "object_name": name, "user_group": "users"}


def _records(direct: Direct) -> Mapping[str, Any]:
    outcome = direct.run("desktop_pool_rebuild", pool=POOL, image_id=NOVEMBER)
    assert not outcome.failed, outcome.message
    jobs = direct.run("job_info", pool=POOL)["jobs"]
    return {"job_ids": [part["id"] for job in jobs for part in job["sub_jobs"]]}


def _deleted_records(direct: Direct) -> Counter[str]:
    left = {part["id"] for job in direct.run("job_info", pool=POOL)["jobs"] for part in job["sub_jobs"]}
    return Counter({f"record {number} deleted": 1 for number in range(len(DESKTOPS) - len(left))})


def _failed_job(direct: Direct) -> Mapping[str, Any]:
    direct.control.set_failures({"operation": "ResizeDesktopPool", "every_nth": 1, "times": 1})
    outcome = direct.run("desktop_pool_resize", pool=POOL, product_id=XLARGE, mode="STOP_DESKTOP")
    assert outcome.failed
    return {"job_id": outcome["job_id"]}


def _orders(direct: Direct) -> Counter[str]:
    sent = direct.control.journal(operation="RunActionsOnWorkspaceJob")
    return Counter(job=sum((entry["fault"] or {}).get("when") == "after_commit" for entry in sent))


NEW: dict[str, Any] = {
    "name": "new",
    "type": "STATIC",
    "size": 3,
    "product_id": LARGE,
    "image_type": "private",
    "image_id": OCTOBER,
    "root_volume": {"type": "SAS", "size": 80},
    "subnet_ids": ["subnet-1"],
}
IN_SESSION = [
    {"name": "FIN-001", "user": "user-a1", "login_status": "CONNECTED"},
    {"name": "FIN-002", "user": "user-b2", "login_status": "DISCONNECTED"},
    {"name": "FIN-003"},
]

TARGETS: tuple[Target, ...] = (
    Target(
        "CreateDesktopPool",
        "desktop_pool",
        NEW,
        frozenset({"created"}),
        1,
        dialects=(*JOBS, {"failed_creation": "removed"}, WORST),
    ),
    Target(
        "UpdateDesktopPool",
        "desktop_pool",
        {"name": POOL, "description": "other", "tags": {"a": "b"}},
        frozenset(),
        0,
        dialects=({"update_absent_fields": "reset"}, {"update_absent_fields": "kept"}, ONE_JOB, OLDER),
        starts_job=False,
    ),
    Target(
        "DeleteDesktopPool",
        "desktop_pool",
        {"name": POOL, "state": "absent"},
        frozenset({"deleted"}),
        1,
        pool={**FINANCE, "desktops": []},
        dialects=(
            {"missing_pool": "404"},
            {"delete_missing_pool": "404"},
            {"delete_missing_pool": "204"},
            {"delete_missing_pool": "404", "missing_pool": "404"},
        ),
        starts_job=False,
    ),
    Target(
        "ExpandDesktopPool",
        "desktop_pool_expand",
        {"pool": POOL, "desktop_count": 5},
        frozenset({"made"}),
        2,
        dialects=(*JOBS, {"failed_creation": "removed"}, WORST),
    ),
    Target(
        "CreateDesktopPoolAuthorizedObjects",
        "desktop_pool_users",
        {"pool": POOL, "authorized_objects": [_user("user-b2"), _user("user-c3")]},
        frozenset({"authorized"}),
        2,
        pool={**FINANCE, "desktops": [{"name": "FIN-001", "user": "user-a1"}]},
        dialects=({"authorize_again": "400"}, {"authorize_again": "409"}),
        starts_job=False,
    ),
    Target(
        "RebuildDesktopPool",
        "desktop_pool_rebuild",
        {"pool": POOL, "image_id": NOVEMBER},
        frozenset({"rebuilds"}),
        3,
        dialects=(
            *JOBS,
            FINISHED,
            ALL_WELL,
            MOVES,
            {"handle_type_absent": "expand_only"},
            {"same_image_again": "refused", **FINISHED},
            {"rebuild_changes": "desktop_id"},
            {**WORST, **ALL_WELL, **MOVES},
        ),
    ),
    Target(
        "ResizeDesktopPool",
        "desktop_pool_resize",
        {"pool": POOL, "product_id": XLARGE, "mode": "STOP_DESKTOP"},
        frozenset({"resizes"}),
        3,
        dialects=(
            *JOBS,
            FINISHED,
            {"resize_jobs": "own"},
            {"resize_jobs": "none"},
            {"resize_job_type": "operateDesktops"},
            {"mixed_products": "refused", **ALL_WELL},
            {**WORST, **ALL_WELL, "resize_job_type": "executeDesktopsAction"},
        ),
    ),
    Target(
        "AddDesktopPoolVolumes",
        "desktop_pool_volumes",
        {"pool": POOL, "volumes": [{"type": "SSD", "size": 100}, {"type": "SSD", "size": 100}]},
        frozenset({"disks_added", "disks_deleted", "disks_expanded"}),
        3,
        dialects=(*JOBS, FINISHED, ALL_WELL, MOVES, {**WORST, **ALL_WELL, **MOVES}),
    ),
    Target(
        "ExpandDesktopPoolVolumes",
        "desktop_pool_volumes",
        {"pool": POOL, "volumes": [{"id": DISK, "size": 200}]},
        frozenset({"disks_added", "disks_deleted", "disks_expanded"}),
        3,
        dialects=(
            *JOBS,
            FINISHED,
            ALL_WELL,
            {"expand_volumes_job_type": "expandDesktopPoolVolumes"},
            {**WORST, **ALL_WELL},
        ),
    ),
    Target(
        "DeleteDesktopPoolVolumes",
        "desktop_pool_volumes",
        {"pool": POOL, "volumes": [], "purge": True},
        frozenset({"disks_added", "disks_deleted", "disks_expanded"}),
        3,
        dialects=(*JOBS, FINISHED, ALL_WELL, MOVES, {**WORST, **ALL_WELL}),
    ),
    Target(
        "ExecuteDesktopPoolAction",
        "desktop_pool_power",
        {"pool": POOL, "state": "stopped"},
        frozenset({"power"}),
        3,
        variant="stop",
        dialects=(
            *JOBS,
            {"action_job_type": "operateDesktops"},
            {"action_needless": "failed"},
            {"action_on_none": "refused"},
            {**WORST, "action_job_type": "operateDesktops"},
        ),
    ),
    Target(
        "ExecuteDesktopPoolAction",
        "desktop_pool_power",
        {"pool": POOL, "state": "rebooted"},
        frozenset({"power"}),
        3,
        variant="reboot",
        dialects=(
            LATE,
            STEADY,
            {"action_job_type": "operateDesktops"},
            {**WORST, "action_job_type": "operateDesktops"},
        ),
        has_state=False,
    ),
    Target(
        "SendDesktopPoolNotifications",
        "desktop_pool_notification",
        {"pool": POOL, "user_message": "The pool is rebuilt at 22:00."},
        frozenset({"notifications"}),
        3,
        dialects=(
            LATE,
            {"notification_job_type": "operateDesktops"},
            {"notification_job_type": "executeDesktopsAction"},
            {**WORST, "notification_job_type": "operateDesktops"},
        ),
        has_state=False,
        starts_job=False,
        waits=False,
    ),
    Target(
        "AttachDesktopPoolUser",
        "desktop_pool_attach",
        {"pool": POOL, "username": "user-c3"},
        frozenset({"bindings"}),
        1,
        pool={**FINANCE, "authorized": [{"type": "USER", "name": "user-c3"}]},
        dialects=(LATE, GROWING, STEADY, LAGS, ONE_JOB, ONE_EACH, WORST),
    ),
    Target(
        "ExecuteDesktopPoolScript",
        "desktop_pool_script",
        {"pool": POOL, "command_content": "Get-Date", "command_type": "POWERSHELL"},
        frozenset({"scripts"}),
        3,
        dialects=({"script_task_partial": "FAILED"}, STEADY),
        has_state=False,
        shows_job=False,
    ),
    Target(
        "BatchDeleteDesktops",
        "desktop_pool",
        {"name": POOL, "state": "absent", "force": True},
        frozenset({"deleted"}),
        4,
        dialects=(*JOBS, {"missing_pool": "404"}, {"delete_pool_with_desktops": "400"}, WORST),
    ),
    Target(
        "BatchRunDesktops",
        "desktop_power",
        {"pool": POOL, "state": "stopped"},
        frozenset({"power"}),
        2,
        variant="stop",
        dialects=(*JOBS, {"action_job_type": "operateDesktops"}, WORST),
        shows_job=False,
        prepare=lambda direct: {"desktop_ids": direct.ids(POOL, "FIN-001", "FIN-002")},
    ),
    Target(
        "BatchRunDesktops",
        "desktop_power",
        {"pool": POOL, "state": "rebooted"},
        frozenset({"power"}),
        2,
        variant="reboot",
        dialects=(LATE, STEADY, WORST),
        has_state=False,
        shows_job=False,
        prepare=lambda direct: {"desktop_ids": direct.ids(POOL, "FIN-001", "FIN-002")},
    ),
    Target(
        "BatchLogoffDesktops",
        "desktop_logoff",
        {"pool": POOL},
        frozenset({"logoffs"}),
        2,
        pool={**FINANCE, "desktops": IN_SESSION},
        dialects=(OLDER, STEADY),
        starts_job=False,
    ),
    Target(
        "RunActionsOnWorkspaceJob",
        "job_retry",
        {"wait": False},
        frozenset(),
        1,
        has_state=False,
        starts_job=False,
        prepare=_failed_job,
        more=_orders,
        # The simulated service has no job that can be repeated; this is what it would answer.
        rules=(
            {
                "operation": "RunActionsOnWorkspaceJob",
                "count": None,
                "when": "after_commit",
                "effect": {"status": 200, "body": {"job_id": "again"}},
            },
        ),
    ),
    Target(
        "BatchDeleteSubJobs",
        "sub_job",
        {},
        frozenset(),
        3,
        dialects=({"sub_jobs_unfiltered": "refused"}, OLDER),
        starts_job=False,
        prepare=_records,
        more=_deleted_records,
    ),
)


@dataclass(frozen=True)
class Fault:
    """Something that goes wrong with a target's request or with its job.

    :param name: what users would call it.
    :param group: the heading that it stands under.
    :param rule: the simulator's fault rule, without the operation; None if it is none.
    :param place: where the request is led to, if not to the service: ``deaf`` (a port that nobody listens at) or
        ``nameless`` (a host whose name cannot be resolved).
    :param times: how often it is led there; None for ever.
    :param hangs: the client's limit on an answer is lowered, since the service does not answer in time.
    :param failures: rules by which desktops fail in the job.
    :param dialect: how the service behaves for this fault.
    :param jobs: the pace of jobs.
    :param login: how the task authenticates: ``key``, ``password`` or ``token``.
    :param options: options that the faulty run has beside the target's.
    :param needs_job: it happens to the job, so the target must start one.
    :param strikes: the operation that the rule is for; None for that of the target.
    :param rare_looks: the collection looks every 10 seconds instead of every 2, to make the case cheap: it searches
        for a minute, and another fault of the same kind is tried at the real pace.
    :param dialects: ``all`` tries each dialect of the target, ``some`` one of them in turn, ``worst`` the last one, and
        ``none`` the likely one alone, which all of the others try as well.
    """

    name: str
    group: str
    rule: Mapping[str, Any] | None = None
    place: str = ""
    times: int | None = 1
    hangs: bool = False
    failures: tuple[Mapping[str, Any], ...] = ()
    dialect: Dialect = field(default_factory=dict)
    jobs: Mapping[str, Any] = field(default_factory=dict)
    login: str = "key"
    options: Mapping[str, Any] = field(default_factory=dict)
    needs_job: bool = False
    strikes: str | None = None
    rare_looks: bool = False
    dialects: str = "none"


def _answers(status: int, code: str, text: str, times: int | None = 1, **more: Any) -> dict[str, Any]:
    body = {"error_code": code, "error_msg": text, **more.pop("body", {})}
    return {"count": times, "effect": {"status": status, "body": body, **more}}


def _page(status: int, **headers: str) -> dict[str, Any]:
    text = "<html><body><h1>The gateway is not well</h1></body></html>"
    return {"effect": {"status": status, "body": text, "content_type": "text/html", "headers": headers}}


_THROTTLED = ("APIGW.0308", "The throttling threshold has been reached.")
_BUSY = ("WKS.00010032", "The current status does not allow this operation.")
_LOST = {
    "reset": {"effect": {"reset": True}},
    "closed": {"effect": {"reset": "fin"}},
    "hangs": {"effect": {"hang": 3.0}},
    "500": _answers(500, "WKS.00000003", "Internal error."),
    "502 HTML": _page(502),
    "503": _page(503, **{"Retry-After": "20"}),
    "504": _page(504),
    "200 HTML": _page(200),
}
NETWORK, BEFORE, AFTER = (
    "No connection",
    "The answer is lost, before the service has acted",
    "The same, after it has acted",
)
LIMITS, REFUSED, BUSY, WORK = "Too many calls", "Credentials and permissions", "The pool is busy", "The job"

FAULTS: tuple[Fault, ...] = (
    Fault("refused once", NETWORK, place="deaf"),
    Fault("refused for ever", NETWORK, place="deaf", times=None, dialects="some"),
    Fault("no such host once", NETWORK, place="nameless"),
    Fault("no such host for ever", NETWORK, place="nameless", times=None),
    *(
        Fault(
            name,
            BEFORE,
            {"when": "before_commit", **rule},
            hangs="hang" in rule["effect"],
            rare_looks=name != "reset",
            dialects="worst" if name == "reset" else "none",
        )
        for name, rule in _LOST.items()
    ),
    *(
        Fault(
            name,
            AFTER,
            {"when": "after_commit", **rule},
            hangs="hang" in rule["effect"],
            dialects={"reset": "all", "504": "some", "200 HTML": "some", "cut JSON": "some"}.get(name, "none"),
        )
        for name, rule in {**_LOST, "cut JSON": {"effect": {"truncate": True}}}.items()
    ),
    Fault("429 three times", LIMITS, _answers(429, *_THROTTLED, times=3)),
    Fault("with Retry-After", LIMITS, _answers(429, *_THROTTLED, times=3, headers={"Retry-After": "7"})),
    Fault("429 for ever", LIMITS, _answers(429, *_THROTTLED, times=None), dialects="some"),
    Fault("401 once, password", REFUSED, _answers(401, "APIGW.0307", "The token must be updated."), login="password"),
    Fault("401, access key", REFUSED, _answers(401, "APIGW.0301", "Incorrect IAM authentication information.")),
    Fault("401, token", REFUSED, _answers(401, "APIGW.0307", "The token must be updated."), login="token"),
    Fault(
        "403",
        REFUSED,
        _answers(403, "APIGW.0302", "Not permitted.", body={"encoded_authorization_message": "RXhhbXBsZQ=="}),
    ),
    Fault("409 three times", BUSY, _answers(409, *_BUSY, times=3), dialects="some"),
    Fault("409 for ever", BUSY, _answers(409, *_BUSY, times=None), options={"wait_timeout": 60}),
    Fault("400 WKS.00010032 three times", BUSY, _answers(400, *_BUSY, times=3), dialects="some"),
    Fault("fails for all", WORK, failures=({"every_nth": 1, "times": 1},), needs_job=True, dialects="some"),
    Fault("fails for one", WORK, failures=({"nth": 2, "times": 1},), needs_job=True, dialects="some"),
    Fault(
        "outlasts wait_timeout",
        WORK,
        jobs={"seconds_per_desktop": 120},
        options={"wait_timeout": 10},
        needs_job=True,
        dialects="some",
    ),
    Fault(
        "not found at first",
        WORK,
        _answers(404, "WKS.00010003", "The job does not exist.", times=3),
        needs_job=True,
        strikes="ShowJob",
        dialects="some",
    ),
    Fault("state lags behind", WORK, dialect=LAGS, jobs={"lag_seconds": 40}, needs_job=True, dialects="some"),
    Fault(
        "forgotten at once",
        WORK,
        dialect={"finished_jobs": "forgotten"},
        jobs={"history_seconds": 0},
        needs_job=True,
        dialects="some",
    ),
)

SWEPT: Mapping[str, Mapping[str, Any]] = {
    "reset before": {"when": "before_commit", "effect": {"reset": True}},
    "503": {"when": "before_commit", **_page(503)},
    "cut JSON": {"when": "after_commit", "effect": {"truncate": True}},
    "429": {"when": "before_commit", **_answers(429, *_THROTTLED)},
    "reset after": {"when": "after_commit", "effect": {"reset": True}},
    "two resets after": {"when": "after_commit", "effect": {"reset": True}, "count": 2},
}
"""What strikes each request of a run in turn, whichever it is."""

AFTERMATH: Mapping[str, tuple[str, int | None]] = {
    "lost before, 20 reads fail": ("before_commit", 20),
    "lost after, 20 reads fail": ("after_commit", 20),
    "lost after, all reads fail": ("after_commit", None),
}
"""The answer to the change is lost, and then so are those to the reads after it: when, and how many."""

ALL_OF_IT = frozenset({"ExpandDesktopPool", "AddDesktopPoolVolumes", "SendDesktopPoolNotifications"})
"""Operations in whose runs each request meets with all of :data:`SWEPT`; elsewhere it meets with one of them."""
