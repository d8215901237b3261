# Copyright (c) 2026 the hwcloud.workspace contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Resizing: the request that comes next, what is made sure of before it, and carrying it out with one job or many."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from ansible_collections.hwcloud.workspace.plugins.module_utils.client.errors import (
    JobFailedError,
    NotFoundError,
    WorkspaceError,
)
from ansible_collections.hwcloud.workspace.plugins.module_utils.pools.change import Observation, Plan, Submission
from ansible_collections.hwcloud.workspace.plugins.module_utils.pools.engine import Engine, Outcome
from ansible_collections.hwcloud.workspace.plugins.module_utils.pools.resize import STOP_DESKTOP, Resize
from ansible_collections.hwcloud.workspace.plugins.module_utils.pools.scope import (
    FOR_EXPAND_AND_ALL,
    FOR_EXPAND_AND_IDLE,
    ONLY_FOR_EXPAND,
    Scope,
)
from ansible_collections.hwcloud.workspace.tests.unit.plugins.module_utils.pools.one_pool import (
    BASE,
    POOL_PATH,
    Fate,
    OnePool,
    RunningJob,
    answer_lost,
    never_arrived,
)
from ansible_collections.hwcloud.workspace.tests.unit.plugins.module_utils.pools.samples import (
    USER_C3,
    a_desktop,
    a_pool,
    desktop_record,
    pool_record,
)
from ansible_collections.hwcloud.workspace.tests.unit.plugins.module_utils.scripted_service import (
    Behaviour,
    HandClock,
    Reply,
    Request,
    ScriptedService,
    session_to,
)

SMALL, LARGE, ODD = "product-a", "product-b", "product-c"
PRODUCTS = {"s": SMALL, "l": LARGE, "x": ODD}
ALL, IDLE, ONLY = Scope(), Scope(FOR_EXPAND_AND_IDLE), Scope(ONLY_FOR_EXPAND)
STOPPED = {"status": "SHUTOFF", "login_status": "UNREGISTER"}


def plan(template: str, desktops: str, scope: Scope = ALL, **options: Any) -> Plan:
    """Return the plan for desktops d1, d2, ... whose products are given by their letters."""
    seen = tuple(
        a_desktop(f"d{number}", product={"product_id": PRODUCTS[letter]}) for number, letter in enumerate(desktops, 1)
    )
    return Resize(LARGE, scope, **options).plan(Observation(a_pool(product={"product_id": template}), seen))


def body(found: Plan) -> dict[str, Any] | None:
    return None if found.step is None else {key: value for key, value in found.step.body.items() if key != "product_id"}


# scope, product of the template, products of the desktops, what is sent besides product_id (None: nothing)
CASES: list[tuple[str, Scope, str, str, dict[str, Any] | None]] = [
    ("all is as wanted", ALL, LARGE, "ll", None),
    ("an empty pool has it", ALL, LARGE, "", None),
    ("an empty pool has it not", ALL, SMALL, "", {}),
    ("nothing has it", ALL, SMALL, "ss", {}),
    ("all desktops differ alike from the template", ALL, SMALL, "xx", {}),
    ("desktops differ in product", ALL, SMALL, "sx", {"handle_type": ONLY_FOR_EXPAND}),
    ("a canary has it", ALL, SMALL, "ls", {"handle_type": ONLY_FOR_EXPAND}),
    ("all desktops have it", ALL, SMALL, "ll", {"handle_type": ONLY_FOR_EXPAND}),
    ("some failed before", ALL, LARGE, "lss", {"desktop_ids": ["d2", "d3"]}),
    ("said in full", Scope(FOR_EXPAND_AND_ALL), SMALL, "ss", {"handle_type": FOR_EXPAND_AND_ALL}),
    ("said in full: some failed", Scope(FOR_EXPAND_AND_ALL), LARGE, "ls", {"desktop_ids": ["d2"]}),
    ("idle: nothing has it", IDLE, SMALL, "ss", {"handle_type": FOR_EXPAND_AND_IDLE}),
    ("idle: some are left", IDLE, LARGE, "ls", {"desktop_ids": ["d2"]}),
    ("template: has it not", ONLY, SMALL, "", {"handle_type": ONLY_FOR_EXPAND}),
    ("template: has it", ONLY, LARGE, "", None),
    ("some desktops", Scope(None, ("d2", "d1")), SMALL, "ss", {"desktop_ids": ["d2", "d1"]}),
    ("some desktops: one has it", Scope(None, ("d1", "d2")), SMALL, "ls", {"desktop_ids": ["d2"]}),
    ("some desktops: all have it", Scope(None, ("d1", "d2")), SMALL, "ll", None),
]


@pytest.mark.parametrize(("given", "scope", "template", "desktops", "sent"), CASES, ids=[case[0] for case in CASES])
def test_what_is_sent_next(given: str, scope: Scope, template: str, desktops: str, sent: dict[str, Any] | None) -> None:
    assert body(plan(template, desktops, scope)) == sent


def test_mode_and_flavor_go_along_where_desktops_are_resized() -> None:
    options = {"mode": STOP_DESKTOP, "flavor_id": "s6.xlarge.2"}
    assert body(plan(SMALL, "ss", **options)) == options
    assert body(plan(LARGE, "ls", **options)) == {**options, "desktop_ids": ["d2"]}
    assert body(plan(SMALL, "ls", **options)) == {"flavor_id": "s6.xlarge.2", "handle_type": ONLY_FOR_EXPAND}


def test_a_desktop_out_of_scope_that_has_the_product_is_not_put_at_risk() -> None:
    seen = (a_desktop("d1"), a_desktop("d2", product={"product_id": LARGE}, **USER_C3))
    found = Resize(LARGE, IDLE).plan(Observation(a_pool(), seen))
    assert body(found) == {"handle_type": ONLY_FOR_EXPAND}


@pytest.mark.parametrize(
    ("template", "desktops", "ids", "moves", "steps"),
    [(SMALL, "ss", {"d1", "d2"}, True, 1), (LARGE, "ls", {"d2"}, False, 1), (SMALL, "ls", set(), True, 2)],
)
def test_a_step_says_what_it_changes(template: str, desktops: str, ids: set[str], moves: bool, steps: int) -> None:
    found = plan(template, desktops)
    assert found.step is not None
    assert (found.step.desktop_ids, found.step.moves_template, found.steps) == (ids, moves, steps)


def test_the_difference_holds_what_changes_and_nothing_else() -> None:
    found = plan(SMALL, "sxl")
    assert found.before == {"product_id": SMALL, "desktops_by_product": {SMALL: 1, LARGE: 1, ODD: 1}}
    assert found.after == {"product_id": LARGE, "desktops_by_product": {LARGE: 3}}
    assert found.pool_after is not None
    assert found.pool_after["product"] == {"product_id": LARGE}
    repair = plan(LARGE, "ls")
    assert repair.before.keys() == repair.after.keys() == {"desktops_by_product"}
    assert repair.pool_after is None


def warned(mode: str | None, *desktops: Any) -> list[str]:
    found = Resize(LARGE, ALL, mode).plan(Observation(a_pool(), desktops)).warnings
    return [text.removeprefix("pool finance-win10: ") for text in found]


def test_desktops_that_would_be_stopped_are_named_and_users_apart() -> None:
    seen = (a_desktop("d1", login_status="DISCONNECTED"), a_desktop("d2"), a_desktop("d3", **STOPPED))
    assert warned(STOP_DESKTOP, *seen) == [
        "2 of the 3 desktops to resize are running and are stopped first: D1, D2.",
        "users are logged in on 1 of the 3 desktops to resize, and their unsaved work is lost: D1.",
    ]


def test_desktops_that_would_fail_are_named() -> None:
    seen = (a_desktop("d1", login_status="CONNECTED"), a_desktop("d2", **STOPPED))
    assert warned(None, *seen) == [
        "1 of the 2 desktops to resize is running and fails unless mode is STOP_DESKTOP: D1."
    ]


def test_stopped_desktops_and_those_that_have_the_product_are_no_reason_to_warn() -> None:
    has_it = a_desktop("d2", product={"product_id": LARGE}, login_status="CONNECTED")
    for mode in (None, STOP_DESKTOP):
        assert warned(mode, a_desktop("d1", **STOPPED), has_it) == []


# The answer.


@pytest.mark.parametrize(
    ("answer", "submission"),
    [
        ({"job_id": "j"}, Submission("j")),
        ({"job_id": "j", "jobs": None}, Submission("j")),
        (
            {"job_id": "j", "jobs": [{"desktop_id": "d1", "job_id": "a"}, {"desktop_id": "d2", "job_id": "b"}]},
            Submission("j", {"a": "d1", "b": "d2"}),
        ),
        (
            {"jobs": [{"desktop_id": "d1", "job_id": "a"}, {"desktop_id": "d2", "job_id": "b"}]},
            Submission(None, {"a": "d1", "b": "d2"}),
        ),
        ({"job_id": "j", "jobs": [{"desktop_id": "d1", "job_id": "j"}]}, Submission("j")),
        ({"jobs": [{"desktop_id": "d1", "job_id": "a"}, {"desktop_id": "d2", "job_id": "a"}]}, Submission("a")),
        ({"job_id": "", "jobs": [{"desktop_id": "d1"}]}, Submission(None)),
        ({}, Submission(None)),
    ],
)
def test_the_jobs_that_an_answer_names(answer: dict[str, Any], submission: Submission) -> None:
    assert Resize(LARGE, ALL).accepted(answer) == submission


# What is made sure of before anything is sent.

COUNTS = Reply(200, {"image_id": 0, "product_id": 1})
UNKNOWN = Reply(404, {"error_code": "APIGW.0101", "error_msg": "no such API"})


def offer(*products: dict[str, Any]) -> Callable[[Request], Behaviour]:
    """Return a product list that knows its filter; a product without zones is offered in each."""

    def script(request: Request) -> Behaviour:
        zone = request.query.get("availability_zone")
        found = [product for product in products if zone is None or zone in product.get("zones", [zone])]
        return Reply(200, {"products": found, "total_count": len(found)})

    return script


def verify(
    service: ScriptedService, products: Callable[[Request], Behaviour], statics: Reply = COUNTS, **wish: Any
) -> None:
    """Verify the step for a pool in zone-1 whose desktops have these products (``desktops``), all small if unsaid."""
    service.on("GET", ".*/products", products)
    service.on("GET", ".*/inconsistent-statics", statics)
    pool = a_pool(product={"product_id": SMALL}, charging_mode="1", availability_zone=wish.get("zone", "zone-1"))
    change = Resize(LARGE, wish.get("scope", ALL))
    seen = [
        a_desktop(f"d{number}", product={"product_id": PRODUCTS[letter]})
        for number, letter in enumerate(wish.get("desktops", "ss"))
    ]
    step = change.plan(Observation(pool, tuple(seen))).step
    assert step is not None
    change.verify(session_to(service.url), pool, step)


def test_a_product_that_is_offered_costs_one_request(service: ScriptedService) -> None:
    verify(service, offer({"product_id": LARGE, "status": "normal"}))
    assert [request.query.get("availability_zone") for request in service.requests] == ["zone-1"]


@pytest.mark.parametrize("zone", ["", "zone-1"])
def test_a_product_that_nobody_offers_is_refused(service: ScriptedService, zone: str) -> None:
    with pytest.raises(NotFoundError, match="product product-b is not among the products of this region"):
        verify(service, offer({"product_id": SMALL}), zone=zone)


@pytest.mark.parametrize("status", ["sellout", "abandon"])
def test_a_product_that_is_sold_out_is_refused(service: ScriptedService, status: str) -> None:
    with pytest.raises(WorkspaceError, match=f"cannot be chosen now, its status is {status}"):
        verify(service, offer({"product_id": LARGE, "status": status, "charge_mode": "1"}))


def test_what_is_said_of_the_other_way_of_billing_is_not_said_of_this_pool(service: ScriptedService) -> None:
    verify(service, offer({"product_id": LARGE, "status": "sellout", "charge_mode": "0"}))


def test_a_product_of_another_zone_is_refused(service: ScriptedService) -> None:
    with pytest.raises(WorkspaceError, match="is not offered in the pool's availability zone zone-1"):
        verify(service, offer({"product_id": SMALL}, {"product_id": LARGE, "zones": ["zone-2"]}))


@pytest.mark.parametrize("answer", [Reply(400, {"error_code": "x"}), Reply(200, {"products": [], "total_count": 0})])
def test_a_list_that_cannot_tell_by_zone_refuses_nothing(service: ScriptedService, answer: Reply) -> None:
    everything = offer({"product_id": LARGE})
    verify(service, lambda request: answer if "availability_zone" in request.query else everything(request))


def test_a_pool_that_is_half_way_is_not_touched_in_a_region_that_is_too_old(service: ScriptedService) -> None:
    with pytest.raises(WorkspaceError, match="does not seem to know how to resize some of them"):
        verify(service, offer({"product_id": LARGE}), UNKNOWN, desktops="ls")


def test_it_is_where_the_user_named_the_scope(service: ScriptedService) -> None:
    verify(service, offer({"product_id": LARGE}), UNKNOWN, desktops="ls", scope=Scope(FOR_EXPAND_AND_ALL))


def test_a_pool_that_is_all_to_be_resized_needs_nothing_of_a_new_region(service: ScriptedService) -> None:
    verify(service, offer({"product_id": LARGE}), UNKNOWN)


# Carrying it out.


class SizedPool(OnePool):
    """The pool with products in the place of images. ``own_jobs``: each desktop gets a job of its own."""

    own_jobs = False

    def __post_init__(self) -> None:
        """Answer what differs from the pool of images first."""
        on = self.service.on
        on("GET", f"{POOL_PATH}/inconsistent-statics", self._read(lambda r: {"product_id": self.drifted()}))
        on("GET", f"{BASE}/desktops/detail", self._read(self._sized))
        on("GET", f"{BASE}/products", offer({"product_id": SMALL}, {"product_id": LARGE}))
        on("POST", f"{POOL_PATH}/resize", self._change)
        super().__post_init__()
        self.images, self.template = {"d1": SMALL, "d2": SMALL}, SMALL

    def begin(self, request: Request) -> RunningJob:
        """Begin the job of a resize, or those of its desktops; the last of them is returned."""
        asked = request.json()
        everything = [] if asked.get("handle_type") == ONLY_FOR_EXPAND else list(self.images)
        targets = asked.get("desktop_ids", everything)
        moves = "desktop_ids" not in asked
        if not self.own_jobs or not targets:
            return self.begin_job("resizeDesktopPool", targets, asked["product_id"], moves_template=moves)
        for name in targets:
            last = self.begin_job("resizeDesktop", [name], asked["product_id"], moves_template=moves)
        return last

    def record(self) -> dict[str, Any]:
        """Return the pool's record as it reads now."""
        self._advance()
        return pool_record(product={"product_id": self.template}, desktop_count=len(self.images), **self.attributes)

    def _sized(self, request: Request) -> dict[str, Any]:
        asked = [value for name, value in request.pairs if name == "desktop_id"]
        found = [
            desktop_record(name, product={"product_id": product}, **STOPPED)
            for name, product in self.images.items()
            if not asked or name in asked
        ]
        return {"desktops": found, "total_count": len(found)}


@pytest.fixture
def pool(service: ScriptedService, clock: HandClock) -> SizedPool:
    """Return a pool whose two desktops have the small product."""
    return SizedPool(service, clock)


def engine(pool: SizedPool, warnings: list[str] | None = None, **options: Any) -> Engine:
    return Engine(pool.session(), lambda line: None, (warnings if warnings is not None else []).append, **options)


def resize(pool: SizedPool, scope: Scope = ALL, **options: Any) -> Outcome:
    return engine(pool, **options).carry_out(Resize(LARGE, scope, STOP_DESKTOP), pool.seen())


def sent(pool: SizedPool) -> list[dict[str, Any]]:
    return [
        {name: value for name, value in item.items() if name not in ("product_id", "mode")} for item in pool.posts()
    ]


def test_a_pool_is_resized_once(pool: SizedPool) -> None:
    outcome = resize(pool)
    assert (pool.images, pool.template) == ({"d1": LARGE, "d2": LARGE}, LARGE)
    assert outcome.result()["desktops_succeeded"] == ["d1", "d2"]
    assert pool.posts() == [{"product_id": LARGE, "mode": STOP_DESKTOP}]
    before = len(pool.service.requests)
    assert not resize(pool).changed
    assert len(pool.service.requests) == before + 1


def test_check_mode_tells_the_same_difference(pool: SizedPool) -> None:
    predicted = engine(pool).predict(Resize(LARGE, ALL), pool.seen())
    assert sent(pool) == []
    assert predicted.result()["diff"] == resize(pool).result()["diff"]


def test_a_canary_is_followed_by_the_template_and_then_by_the_rest(pool: SizedPool) -> None:
    pool.images = {"d1": LARGE, "d2": SMALL}
    assert resize(pool).result()["desktops_succeeded"] == ["d2"]
    assert sent(pool) == [{"handle_type": ONLY_FOR_EXPAND}, {"desktop_ids": ["d2"]}]
    assert (pool.images, pool.template) == ({"d1": LARGE, "d2": LARGE}, LARGE)


def test_without_wait_it_is_said_that_more_is_left(pool: SizedPool) -> None:
    pool.images = {"d1": LARGE, "d2": SMALL}
    warnings: list[str] = []
    engine(pool, warnings, wait=False).carry_out(Resize(LARGE, ALL, STOP_DESKTOP), pool.seen())
    assert any("1 of 2 requests were not sent, since wait is false" in text for text in warnings)


def apart(with_main_job: bool) -> Fate:
    """Return a fate in which each desktop gets a job of its own, beside a job that names no desktop or without it."""

    def fate(pool: OnePool, request: Request) -> Behaviour:
        assert isinstance(pool, SizedPool)
        pool.own_jobs = True
        first = len(pool.jobs)
        pool.begin(request)
        jobs = [{"desktop_id": name, "job_id": job.id} for job in pool.jobs[first:] for name in job.results]
        main = {"job_id": pool.begin_job("resizeDesktopPool", [], "").id} if with_main_job else {}
        return Reply(200, {**main, "jobs": jobs})

    return fate


@pytest.mark.parametrize("with_main_job", [True, False])
def test_jobs_of_single_desktops_are_followed_and_told_as_one(pool: SizedPool, with_main_job: bool) -> None:
    pool.fates = [apart(with_main_job)]
    result = resize(pool).result()
    assert sorted(result["desktops_succeeded"]) == ["d1", "d2"]
    assert result["job"]["sub_jobs"]["total"] == 2
    assert result["job_id"] == ("job-3" if with_main_job else "job-1")
    assert len(sent(pool)) == 1
    assert set(pool.images.values()) == {LARGE}


@pytest.mark.parametrize("with_main_job", [True, False])
def test_a_desktop_whose_own_job_fails_fails_the_task_and_is_repaired(pool: SizedPool, with_main_job: bool) -> None:
    pool.fates, pool.failing = [apart(with_main_job)], {"d2"}
    with pytest.raises(JobFailedError, match="1 of 2 desktops failed") as failed:
        resize(pool)
    fields = failed.value.result_fields()
    assert (fields["desktops_succeeded"], fields["changed"]) == (["d1"], True)
    assert [entry["desktop_id"] for entry in fields["desktops_failed"]] == ["d2"]
    pool.failing, pool.own_jobs = set(), False
    assert resize(pool).result()["desktops_succeeded"] == ["d2"]
    assert sent(pool) == [{}, {"desktop_ids": ["d2"]}]


def test_a_lost_answer_is_followed_to_the_end_and_nothing_sent_twice(pool: SizedPool) -> None:
    pool.fates = [answer_lost]
    assert resize(pool).changed
    assert sent(pool) == [{}]


def test_the_jobs_of_single_desktops_are_waited_for_when_their_answer_is_lost(pool: SizedPool) -> None:
    pool.fates, pool.own_jobs = [answer_lost], True
    assert resize(pool).changed
    assert sent(pool) == [{}]
    assert set(pool.images.values()) == {LARGE}


def test_a_request_that_never_arrived_is_sent_once_more(pool: SizedPool) -> None:
    pool.fates = [never_arrived]
    assert resize(pool).changed
    assert sent(pool) == [{}, {}]


@pytest.mark.parametrize("job_type", ["resizeDesktopPool", "executeDesktopsAction", "operateDesktops"])
def test_a_job_that_leads_to_the_product_is_adopted_whatever_its_type(pool: SizedPool, job_type: str) -> None:
    pool.lag = 20
    pool.begin_job(job_type, ["d1", "d2"], LARGE)
    outcome = resize(pool)
    assert (outcome.adopted, outcome.changed, sent(pool)) == (True, False, [])
    assert outcome.result()["desktops_succeeded"] == ["d1", "d2"]


def test_desktops_that_the_service_passes_over_are_asked_for_once_more_and_then_named(pool: SizedPool) -> None:
    pool.left_out = {"d2"}
    with pytest.raises(JobFailedError, match="left out D2"):
        resize(pool)
    assert sent(pool) == [{}, {"desktop_ids": ["d2"]}]
