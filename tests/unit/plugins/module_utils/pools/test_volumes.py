# Copyright (c) 2026 the hwcloud.workspace contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What is planned for a pool's disks, what is said of it, and how it is carried out where records lag."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from ansible_collections.hwcloud.workspace.plugins.module_utils.client.errors import (
    InputError,
    JobFailedError,
    MissingError,
    RefusedError,
    WorkspaceError,
)
from ansible_collections.hwcloud.workspace.plugins.module_utils.pools.change import Observation
from ansible_collections.hwcloud.workspace.plugins.module_utils.pools.disks import Wish, check_wishes
from ansible_collections.hwcloud.workspace.plugins.module_utils.pools.engine import Engine
from ansible_collections.hwcloud.workspace.plugins.module_utils.pools.model import Pool
from ansible_collections.hwcloud.workspace.plugins.module_utils.pools.scope import FOR_EXPAND_AND_IDLE, Scope
from ansible_collections.hwcloud.workspace.plugins.module_utils.pools.volumes import Volumes
from ansible_collections.hwcloud.workspace.tests.unit.plugins.module_utils.pools.samples import (
    POOL_ID,
    a_desktop,
    a_pool,
    desktop_record,
    pool_record,
)
from ansible_collections.hwcloud.workspace.tests.unit.plugins.module_utils.scripted_service import (
    PROJECT,
    HandClock,
    Reply,
    Request,
    ScriptedService,
    session_to,
)

SAS = Wish(type="SAS", size=50)
EVERYTHING = Scope()
V = {"type": "SSD", "size": 100, "desktop_pool_disk_id": "v"}


def seen(*desktops: dict[str, Any], **pool: Any) -> Observation:
    records = desktops or ({}, {})
    return Observation(
        a_pool(**pool),
        tuple(a_desktop(f"d{number}", **{"data_volumes": [V], **fields}) for number, fields in enumerate(records, 1)),
    )


def refusal(change: Volumes, observation: Observation) -> str:
    with pytest.raises(InputError) as caught:
        change.plan(observation)
    return str(caught.value)


def test_the_requests_that_are_foreseen_are_told_one_by_one() -> None:
    wishes = (Wish(id="v", size=200), SAS, SAS, Wish(id="r", size=100))
    plan = Volumes(wishes, EVERYTHING).plan(seen({}, {"status": "HIBERNATED"}))
    assert [step.note for step in plan.foreseen] == [
        "request 1 of 6: expands to system disk 100 GB on 2 desktops",
        "request 2 of 6: expands to SSD 200 GB on 2 desktops",
        "request 3 of 6: starts 1 stopped desktop",
        "request 4 of 6: adds SAS 50 GB on 2 desktops",
        "request 5 of 6: adds SAS 50 GB on 2 desktops",
    ]
    assert plan.steps == 6
    assert plan.before == {
        "root_volume": {"type": "SAS", "size": 80},
        "data_volumes": [{"type": "SSD", "size": 100}],
    }
    assert plan.after["data_volumes"] == [
        {"type": "SAS", "size": 50},
        {"type": "SAS", "size": 50},
        {"type": "SSD", "size": 200},
    ]
    assert plan.pool_after is not None
    assert plan.pool_after["root_volume"]["size"] == 100
    assert Volumes(wishes, EVERYTHING).report(plan.foreseen, a_pool())["added"] == [{"type": "SAS", "size": 50}] * 2
    (warning,) = plan.warnings
    assert warning == (
        "pool finance-win10: 1 stopped desktop is started, since disks are added to running ones only, and stopped "
        "again afterwards: D2."
    )


def test_the_second_of_two_equal_disks_is_another_request() -> None:
    change = Volumes((SAS, SAS), EVERYTHING)
    first = change.plan(seen()).step
    assert first is not None
    disks = [{"id": "v", "type": "SSD", "size": 100}, {"id": "w", "type": "SAS", "size": 50}]
    one = {"data_volumes": [V, {"type": "SAS", "size": 50, "desktop_pool_disk_id": "w"}]}
    later = seen(one, one, data_volumes=disks)
    assert change.missing(first, later) == (frozenset(), False)
    second = change.plan(later).step
    assert second is not None
    assert second.body == first.body
    assert second != first
    assert change.missing(second, later) == (second.desktop_ids, True)


def test_a_task_that_does_not_wait_says_that_desktops_go_on_running() -> None:
    (warning,) = Volumes((SAS,), EVERYTHING, stops_again=False).plan(seen({"status": "SHUTOFF"})).warnings
    assert "and left running: D1" in warning


def test_what_was_started_is_brought_back_to_its_state_unless_somebody_is_there() -> None:
    change = Volumes((SAS,), EVERYTHING)
    desktops: list[dict[str, Any]] = [{"status": "SHUTOFF"}, {"status": "HIBERNATED"}, {"status": "SHUTOFF"}]
    start = change.plan(seen(*desktops)).step
    assert start is not None
    assert start.body == {"desktop_ids": ["d1", "d2", "d3"], "op_type": "os-start"}
    assert change.missing(start, seen(*desktops)) == (start.desktop_ids, False)
    change = change.once_done(start, start.desktop_ids)
    both = [V, {"type": "SAS", "size": 50, "desktop_pool_disk_id": "w"}]
    disks = [{"id": "v", "type": "SSD", "size": 100}, {"id": "w", "type": "SAS", "size": 50}]
    there: list[dict[str, Any]] = [{"data_volumes": both}] * 2 + [{"data_volumes": both, "login_status": "CONNECTED"}]
    plan = change.plan(seen(*there, data_volumes=disks))
    assert [step.body for step in plan.foreseen] == [
        {"desktop_ids": ["d1"], "op_type": "os-stop", "type": "SOFT"},
        {"desktop_ids": ["d2"], "op_type": "os-hibernate"},
    ]
    assert change.once_done(plan.foreseen[0], frozenset()).woken == {"d2": "HIBERNATED", "d3": "SHUTOFF"}


def test_single_desktops_are_named_a_hundred_at_a_time() -> None:
    desktops: list[dict[str, Any]] = [{}] * 250
    disks = [{"id": "v", "type": "SSD", "size": 100}, {"id": "w", "type": "SAS", "size": 50}]
    had = {"data_volumes": [V, {"type": "SAS", "size": 50, "desktop_pool_disk_id": "w"}]}
    plan = Volumes((SAS,), EVERYTHING).plan(seen(had, *desktops, data_volumes=disks))
    assert [len(step.body["desktop_ids"]) for step in plan.foreseen] == [100, 100, 50]
    assert plan.before["desktops_by_disks"] == {"SAS 50 GB, SSD 100 GB": 1, "SSD 100 GB": 250}
    assert plan.after["desktops_by_disks"] == {"SAS 50 GB, SSD 100 GB": 251}


def test_what_has_to_be_known_before_is_said() -> None:
    busy = {"login_status": "CONNECTED"}
    gone = Volumes((Wish(type="SSD"),), EVERYTHING, absent=True).plan(seen(busy, {"status": "ERROR"}))
    deleted, failed = gone.warnings
    assert deleted == (
        "pool finance-win10: disks are deleted with all that is on them: SSD 100 GB (v) of 2 desktops, D1, D2; users "
        "are logged in on D1."
    )
    assert failed == "pool finance-win10: desktops in ERROR will probably fail: D2."
    (hint,) = Volumes((Wish(type="SSD", size=200),), EVERYTHING).plan(seen()).warnings
    assert hint == (
        "pool finance-win10: adds a disk SSD 200 GB beside smaller ones of its type; to grow one, give its id: v."
    )


@pytest.mark.parametrize(
    ("wishes", "purge", "said"),
    [
        ((Wish(id="v", size=90),), False, "cannot become 90 GB: disks cannot shrink"),
        ((Wish(id="v", type="SAS"),), False, "cannot become SAS: the type of a disk cannot be changed"),
        ((Wish(id="v", iops=4000),), False, "has iops 3000, not 4000: only the size of a disk can be changed"),
        ((Wish(id="x"),), False, "the pool has no disk with the ID x"),
        (
            (Wish(type="SSD", size=90),),
            True,
            "since disks cannot shrink; if that is meant, delete it with state absent",
        ),
        ((Wish(type="SSD", size=200, iops=5000),), True, "since iops of a disk cannot be changed"),
        ((SAS,) * 10, False, "the pool would have 11 data disks, and 10 is the most"),
    ],
)
def test_what_cannot_be_is_refused(wishes: tuple[Wish, ...], purge: bool, said: str) -> None:
    disks = [{"id": "v", "type": "SSD", "size": 100, "iops": 3000}]
    assert said in refusal(Volumes(wishes, EVERYTHING, purge=purge), seen(data_volumes=disks))


def test_more_disks_than_were_listed_are_never_deleted() -> None:
    disks = [{"id": name, "type": "SAS", "size": 50} for name in ("a", "b")]
    said = refusal(Volumes((SAS,), EVERYTHING, absent=True), seen(data_volumes=disks))
    assert said.endswith("name them by id: a, b.")
    both = Volumes((SAS, Wish(id="a")), EVERYTHING, absent=True).plan(seen(data_volumes=disks))
    assert [step.body["volumes"] for step in both.foreseen] == [[{"id": "a"}], [{"id": "b"}]]
    said = refusal(Volumes((Wish(id="r"),), EVERYTHING, absent=True), seen())
    assert said == "the disk r is the system disk, which cannot be deleted."


@pytest.mark.parametrize(
    ("wishes", "absent", "purge", "said"),
    [
        ([SAS], True, True, "set one of them"),
        ([Wish(id="v"), Wish(id="v")], False, False, "names the disk v twice"),
        ([Wish()], True, False, "volumes[0] is empty"),
        ([SAS, Wish(size=50)], False, False, "volumes[1] has no id"),
    ],
)
def test_options_that_cannot_be_right(wishes: list[Wish], absent: bool, purge: bool, said: str) -> None:
    with pytest.raises(InputError) as caught:
        check_wishes(wishes, absent=absent, purge=purge)
    assert said in str(caught.value)


def test_properties_are_sent_and_make_a_disk_another_one() -> None:
    fast = Wish(type="GPSSD2", size=100, iops=4000, throughput=200, kms_id="key")
    disks = [{"id": "v", "type": "GPSSD2", "size": 100, "iops": 3000}]
    step = Volumes((fast,), EVERYTHING).plan(seen(data_volumes=disks)).step
    assert step is not None
    assert step.body == {"volumes": [{"type": "GPSSD2", "size": 100, "iops": 4000, "throughput": 200, "kms_id": "key"}]}
    # Where the region does not show them, the disk counts as the one that was asked for.
    disks = [{"id": "v", "type": "GPSSD2", "size": 100}]
    shown = {"data_volumes": [{"type": "GPSSD2", "size": 100, "desktop_pool_disk_id": "v"}]}
    assert Volumes((fast,), EVERYTHING).plan(seen(shown, data_volumes=disks)).step is None


def test_the_scope_that_was_asked_for_is_sent() -> None:
    step = Volumes((SAS,), Scope(FOR_EXPAND_AND_IDLE)).plan(seen({}, {"user_name": "user-a1"})).step
    assert step is not None
    assert step.body == {"volumes": [{"type": "SAS", "size": 50}], "handle_type": FOR_EXPAND_AND_IDLE}
    assert step.desktop_ids == {"d1"}


def test_a_region_that_does_not_know_the_start_of_single_desktops() -> None:
    change = Volumes((SAS,), EVERYTHING)
    step = change.plan(seen({"status": "SHUTOFF"})).step
    assert step is not None
    other = change.instead(step, MissingError("gone", http_status=404))
    assert other is not None
    following = other.plan(seen({"status": "SHUTOFF"}))
    assert following.step is not None
    assert (following.step.operation.name, following.step.body) == ("ExecuteDesktopPoolAction", {"op_type": "os-start"})
    assert "and left running" in following.warnings[0]
    assert other.instead(step, MissingError("gone", http_status=404)) is None
    assert change.instead(step, RefusedError("no", http_status=403)) is None
    alone = replace(change, scope=Scope(None, ("d1",)))
    assert alone.instead(step, MissingError("gone", http_status=404)) is None


def test_a_desktop_that_could_not_be_started_is_named() -> None:
    change = Volumes((SAS,), EVERYTHING)
    step = change.plan(seen({"status": "SHUTOFF"})).step
    assert step is not None
    change.check_answer(step, {})
    with pytest.raises(JobFailedError, match="1 desktop could not be started: D1 \\(busy\\)"):
        change.check_answer(step, {"failed_operation_list": [{"desktop_name": "D1", "error_msg": "busy."}]})


BASE = f"/v2/{PROJECT}"


class Region:
    """A pool of two desktops behind a real server. What a job did shows in the records ``lag`` seconds later."""

    def __init__(self, service: ScriptedService, clock: HandClock, lag: float, results: list[str]) -> None:
        self.clock, self.lag = clock, lag
        self.began = clock.now()
        self.results = results  # of the job that has ended before: its desktops' states
        self.moved: list[dict[str, Any]] = []
        service.on("GET", f"{BASE}/desktop-pools/{POOL_ID}", lambda request: Reply(200, self.pool()))
        service.on("GET", f"{BASE}/desktops/detail", lambda request: Reply(200, self.desktops()))
        service.on("GET", f"{BASE}/workspace-sub-jobs", lambda request: Reply(200, self.sub_jobs()))
        service.on("GET", f"{BASE}/workspace-jobs/.*", self.job)
        service.on("POST", f"{BASE}/desktop-pools/{POOL_ID}/volumes/.*", self.change)

    def pool(self) -> dict[str, Any]:
        disks = [{"id": "v", "type": "SSD", "size": 100}, {"id": "w", "type": "SAS", "size": 50}, *self.moved]
        return pool_record(data_volumes=disks)

    def desktops(self) -> dict[str, Any]:
        shows = self.clock.now() >= self.began + self.lag
        new = {"type": "SAS", "size": 50, "desktop_pool_disk_id": "w"}
        found = [
            desktop_record(f"d{number}", data_volumes=[V, new] if shows and result == "SUCCESS" else [V])
            for number, result in enumerate(self.results, 1)
        ]
        return {"desktops": found, "total_count": len(found)}

    def sub_jobs(self) -> dict[str, Any]:
        parts = [self.part("job-0", number, result) for number, result in enumerate(self.results, 1)]
        return {"jobs": parts, "total_count": len(parts)}

    def part(self, job: str, number: int, result: str) -> dict[str, Any]:
        kind = {"job_type": "addDesktopPoolVolumes", "end_time": "2026-01-01 00:00:00"}
        return {
            "id": f"{job}-{number}",
            "job_id": job,
            "status": result,
            "entities": {"desktop_id": f"d{number}", "desktop_name": f"D{number}"},
            **kind,
        }

    def change(self, request: Request) -> Reply:
        body = request.json()
        if request.path.endswith("batch-delete"):
            gone = body["volumes"][0]["id"]
            self.moved = [disk for disk in self.moved if disk["id"] != gone]
            return Reply(200, {"job_id": "job-delete"})
        self.moved.append({"id": "x", "type": "SAS", "size": 50})
        return Reply(200, {"job_id": "job-add"})

    def job(self, request: Request) -> Reply:
        name = request.path.rpartition("/")[2]
        parts = [self.part(name, 2, "FAILED")] if name == "job-add" else []
        facts = {"id": name, "job_type": "addDesktopPoolVolumes", "status": "COMPLETE"}
        return Reply(200, {**facts, "sub_jobs": parts, "sub_jobs_total": len(parts)})


def engine(service: ScriptedService, clock: HandClock) -> Engine:
    session = session_to(service.url, clock=clock, max_retries=0)
    return Engine(session, emit=lambda line: None, warn=lambda line: None)


def test_records_that_lag_behind_an_earlier_job_never_lead_to_a_second_disk(
    service: ScriptedService, clock: HandClock
) -> None:
    region = Region(service, clock, lag=40.0, results=["SUCCESS", "SUCCESS"])
    outcome = engine(service, clock).carry_out(Volumes((SAS,), EVERYTHING), Pool.from_service(region.pool()))
    assert not outcome.changed
    assert service.sent("POST") == []
    assert outcome.result()["added"] == []


def test_a_failed_repair_leaves_no_disk_too_many_in_the_template(service: ScriptedService, clock: HandClock) -> None:
    region = Region(service, clock, lag=0.0, results=["SUCCESS", "FAILED"])
    with pytest.raises(WorkspaceError) as caught:
        engine(service, clock).carry_out(Volumes((SAS,), EVERYTHING), Pool.from_service(region.pool()))
    assert "1 of 1 desktops failed in job job-add, the first being D2" in str(caught.value)
    bodies = [request.json() for request in service.sent("POST")]
    assert bodies == [
        {"volumes": [{"type": "SAS", "size": 50}], "desktop_ids": ["d2"]},
        {"volumes": [{"id": "x"}], "handle_type": "ONLY_FOR_EXPAND"},
    ]
    facts = caught.value.result_fields()
    assert facts["job_id"] == "job-add"
    assert [entry["desktop_name"] for entry in facts["desktops_failed"]] == ["D2"]
    assert facts["added"] == [{"id": "w", "type": "SAS", "size": 50}]
    assert region.moved == []


def test_a_disk_too_many_that_cannot_be_taken_back_is_told(service: ScriptedService, clock: HandClock) -> None:
    class Refusing(Region):
        def change(self, request: Request) -> Reply:
            if request.path.endswith("batch-delete"):
                return Reply(400, {"error_code": "WKS.00010001", "error_msg": "No"})
            return super().change(request)

    region = Refusing(service, clock, lag=0.0, results=["SUCCESS", "FAILED"])
    warnings: list[str] = []
    session = session_to(service.url, clock=clock, max_retries=0)
    told = Engine(session, emit=lambda line: None, warn=warnings.append)
    with pytest.raises(WorkspaceError, match="1 of 1 desktops failed in job job-add"):
        told.carry_out(Volumes((SAS,), EVERYTHING), Pool.from_service(region.pool()))
    assert [warning for warning in warnings if "was not undone" in warning and "No" in warning]


def linked(name: str, size: int = 50) -> dict[str, Any]:
    return {"data_volumes": [{"type": "SAS", "size": size, "desktop_pool_disk_id": name}]}


def unlinked(*sizes: int) -> dict[str, Any]:
    return {"data_volumes": [{"type": "SAS", "size": size} for size in sizes]}


def pool_of(**sizes: int) -> list[dict[str, Any]]:
    return [{"id": name, "type": "SAS", "size": size} for name, size in sizes.items()]


def test_a_disk_told_by_its_properties_may_be_any_that_has_them() -> None:
    twins = seen(linked("a"), linked("b"), data_volumes=pool_of(a=50, b=50))
    assert Volumes((SAS,), EVERYTHING).plan(twins).step is None
    # Of twins that are one too many, the template loses one, and no desktop anything.
    plan = Volumes((SAS,), EVERYTHING, purge=True).plan(twins)
    assert [step.body for step in plan.foreseen] == [{"volumes": [{"id": "b"}], "handle_type": "ONLY_FOR_EXPAND"}]


@pytest.mark.parametrize("purge", [False, True])
def test_a_disk_of_no_pool_disk_grows_rather_than_be_deleted_for_a_larger_one(purge: bool) -> None:
    stray = seen(linked("a"), linked("gone"), data_volumes=pool_of(a=50))
    plan = Volumes((Wish(id="a", size=60),), EVERYTHING, purge=purge).plan(stray)
    assert [step.body for step in plan.foreseen] == [
        {"volumes": [{"id": "gone", "type": "SAS", "size": 60}], "desktop_ids": ["d2"]},
        {"volumes": [{"id": "a", "type": "SAS", "size": 60}], "handle_type": "ONLY_FOR_EXPAND"},
        {"volumes": [{"id": "a", "type": "SAS", "size": 60}], "desktop_ids": ["d1"]},
    ]


def test_where_disks_are_not_linked_none_is_deleted_from_single_desktops_by_a_guess() -> None:
    some = Scope(None, ("d1",))
    said = refusal(Volumes((SAS,), some, purge=True), seen(unlinked(50, 60), data_volumes=pool_of(a=50, b=60)))
    assert said.startswith("the disk b (SAS 60 GB) cannot be deleted from single desktops: this region does not say")


def test_where_disks_are_not_linked_a_disk_that_has_grown_is_not_grown_again() -> None:
    wishes = (Wish(id="a", size=60), Wish(id="b", size=60), Wish(type="SAS", size=60))
    change = Volumes(wishes, Scope(None, ("d1",)))
    disks = pool_of(a=50, b=50)
    first = change.plan(seen(unlinked(50, 50), data_volumes=disks)).step
    assert first is not None
    change = change.once_done(first, first.desktop_ids)
    second = change.plan(seen(unlinked(50, 60), data_volumes=disks)).step
    assert second is not None
    assert [step.body["volumes"][0]["id"] for step in (first, second)] == ["a", "b"]
