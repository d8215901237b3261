# Copyright (c) 2026 the hwcloud.workspace contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The maintenance of a pool: what is due and in which order, who reads for whom, and what it comes to."""

from __future__ import annotations

from typing import Any

import pytest

from ansible_collections.hwcloud.workspace.plugins.module_utils.client.errors import InputError
from ansible_collections.hwcloud.workspace.plugins.module_utils.pools.maintenance import (
    errands,
    goes_on,
    handed_out,
    has_unknown_products,
    maintenance_result,
    plan_maintenance,
    rehearsed,
    say_outcome,
)
from ansible_collections.hwcloud.workspace.tests.unit.plugins.module_utils.pools.rollout_pool import (
    NOW,
    TO_NEW,
    RolloutPool,
    a_rollout_pool,
    ids,
)
from ansible_collections.hwcloud.workspace.tests.unit.plugins.module_utils.pools.samples import NEW, OLD

OTHER = "workspace.x86.other"


def plan(pool: RolloutPool, **asked: Any) -> dict[str, Any]:
    return plan_maintenance(pool.report, asked, {}, NOW)


def result(what: str, outcome: str, **more: Any) -> dict[str, Any]:
    return {"what": what, "outcome": outcome, "reason": "", "is_failure": False, **more}


def wave(number: int, *names: str, seconds: float = 60.0) -> dict[str, Any]:
    desktops = [{"desktop_id": name, "desktop_name": name.upper()} for name in names]
    return {"wave": number, "kind": "wave", "desktops": desktops, "failed": [], "seconds": seconds}


def summed(*results: dict[str, Any], plan: dict[str, Any] | None = None, **facts: Any) -> dict[str, Any]:
    steps = [{"what": what, "from": "a", "to": "b"} for what in ("product", "image", "volumes")]
    known = {"pool": "finance", "began": "2026-11-23T01:00:00Z", "ended": "2026-11-23T02:00:00Z", **facts}
    return maintenance_result({"steps": steps} if plan is None else plan, list(results), known)


def test_what_can_be_taken_back_comes_first() -> None:
    found = plan(a_rollout_pool(3), image={"id": NEW}, product=OTHER, products=[{"product_id": OTHER}])
    assert [step["what"] for step in found["steps"]] == ["product", "image"]
    assert found["is_due"] is True
    assert found["drain_ids"] == ids(0, 1, 2)
    assert found["asked"] == {"image": {"id": NEW}, "product": OTHER}
    assert found["steps"][1]["change"] == TO_NEW
    assert (found["steps"][1]["from"], found["steps"][1]["to"]) == (OLD, NEW)


def test_nothing_is_due_in_a_pool_that_has_all() -> None:
    found = plan(a_rollout_pool(3), image={"id": OLD})
    assert (found["steps"], found["is_due"], found["drain_ids"]) == ([], False, [])
    assert plan(a_rollout_pool(3))["is_due"] is False


def test_desktops_that_cannot_be_changed_are_not_drained() -> None:
    pool = a_rollout_pool(2)
    pool.record("d000")["is_freeze"] = True
    found = plan(pool, image={"id": NEW})
    assert found["drain_ids"] == found["steps"][0]["desktop_ids"] == ids(1)


def test_a_template_alone_is_due_without_a_drain() -> None:
    pool = a_rollout_pool(2)
    for record in pool.records:
        record["metadata"]["metering.image_id"] = NEW
    found = plan(pool, image={"id": NEW})
    assert [step["what"] for step in found["steps"]] == ["image"]
    assert found["drain_ids"] == []


@pytest.mark.parametrize(
    ("images", "unresolved"),
    [
        ([], True),
        ([{"name": "november", "id": NEW}], False),
        ([{"name": "november", "id": NEW}, {"name": "november", "id": "another"}], True),
        ([{"name": "november", "id": "another", "image_type": "gold"}, {"name": "november", "id": NEW}], False),
        ([{"name": "November", "id": NEW}], True),
    ],
)
def test_an_image_by_its_name(images: list[dict[str, str]], unresolved: bool) -> None:
    found = plan(a_rollout_pool(2), image={"name": "november", "type": "private"}, images=images)
    assert found["unresolved"] == (["image"] if unresolved else [])
    assert found["is_due"] is True  # what is not clear is for the preflight to say
    assert [step["what"] for step in found["steps"]] == ([] if unresolved else ["image"])


def test_a_product_by_its_name() -> None:
    named = [{"product_id": OTHER, "name": "Large"}, {"product_id": "third", "name": "Small"}]
    pool = a_rollout_pool(2)
    own = str(pool.report["product"]["product_id"])
    assert plan(pool, product="Large", products=named)["steps"][0]["to"] == OTHER
    assert plan(pool, product="Huge", products=named)["unresolved"] == ["product"]
    twice = [*named, {"product_id": "fourth", "name": "Large"}]
    assert plan(pool, product="Large", products=twice)["unresolved"] == ["product"]
    assert plan(pool, product=own)["unresolved"] == []


def test_options_that_cannot_be_right_are_refused() -> None:
    with pytest.raises(InputError, match="max_unavailable"):
        plan_maintenance(a_rollout_pool(2).report, {"image": {"id": NEW}}, {"max_unavailable": "many"}, NOW)


def test_one_host_of_each_place_reads_for_all() -> None:
    asked = [
        {"host": "a", "place": "x", "pool": "one", "image": {"name": "november"}, "product": "p"},
        {"host": "b", "place": "y", "pool": "two", "image": {"id": NEW, "name": "november"}, "product": ""},
        {"host": "c", "place": "x", "pool": "three", "image": {}, "product": "p"},
    ]
    first, second = errands(asked)
    assert first == {
        "host": "a",
        "for": [{"host": "a", "pool": "one"}, {"host": "c", "pool": "three"}],
        "pools": ["one", "three"],
        "images": ["november"],
        "products": ["p"],
    }
    assert (second["host"], second["pools"], second["images"], second["products"]) == ("b", ["two"], [], [])


def test_pools_are_handed_out_by_id_before_name_and_never_by_guess() -> None:
    def one(pool: str) -> dict[str, Any]:
        return errands([{"host": "a", "place": "", "pool": pool, "image": {}, "product": "p1"}])[0]

    reports = [
        {"id": "1", "name": "2", "product": {"product_id": "p1"}},
        {"id": "2", "name": "other"},
        {"id": "3", "name": "other"},
    ]
    assert [found["report"]["id"] for found in handed_out(one("2"), reports)] == ["2"]
    assert handed_out(one("other"), reports) == []
    assert handed_out(one("missing"), reports) == []
    assert has_unknown_products(one("2"), reports) is False
    assert has_unknown_products(one("2"), reports[1:]) is True


@pytest.mark.parametrize("outcome", ["stopped", "rolled_back", "failed"])
def test_what_stops_keeps_the_rest_from_beginning(outcome: str) -> None:
    assert goes_on([]) is True
    assert goes_on([result("product", "done"), result("image", "planned")]) is True
    assert goes_on([result("product", "done"), result("image", outcome)]) is False
    assert goes_on([result("product", "done", is_failure=True)]) is False


@pytest.mark.parametrize(
    ("outcomes", "whole"),
    [
        ((), "unchanged"),
        (("done", "unchanged", "unchanged"), "done"),
        (("done", "stopped"), "stopped"),
        (("done", "rolled_back"), "rolled_back"),
        (("failed",), "failed"),
        (("planned", "planned", "unchanged"), "planned"),
    ],
)
def test_the_worst_outcome_is_that_of_the_whole(outcomes: tuple[str, ...], whole: str) -> None:
    names = ("product", "image", "volumes")
    assert summed(*(result(what, one) for what, one in zip(names, outcomes, strict=False)))["outcome"] == whole


def test_a_change_that_stops_leaves_the_rest_and_says_so() -> None:
    found = summed(
        result("product", "done", waves=[wave(1, "d1"), wave(2, "d2")], desktops_succeeded=["d1", "d2"]),
        result(
            "image",
            "rolled_back",
            reason="D1 failed.",
            is_failure=True,
            waves=[wave(1, "d1")],
            timeline=[{"desktop_id": "d1", "wave": 1}],
            desktops_failed=[{"desktop_id": "d1", "desktop_name": "D1"}],
        ),
    )
    assert found["reason"] == "Image: D1 failed. Not begun: disks."
    assert [(step["what"], step["outcome"]) for step in found["steps"]] == [
        ("product", "done"),
        ("image", "rolled_back"),
        ("volumes", "skipped"),
    ]
    assert [one["wave"] for one in found["waves"]] == [1, 2, 3]
    assert found["timeline"] == [{"desktop_id": "d1", "wave": 3}]
    assert found["desktops_succeeded"] == ["d2"]
    assert found["is_failure"] is True
    assert (found["seconds"], found["rate"]) == (3600.0, 60.0)
    assert say_outcome(found) == (
        "pool finance: rolled back (1 desktop succeeded, 1 failed). Image: D1 failed. Not begun: disks."
    )


def test_images_are_called_by_their_names_and_times_are_the_services() -> None:
    found = maintenance_result(
        {"steps": [{"what": "image", "from": OLD, "to": NEW}], "asked": {"image": {"id": NEW, "name": "november"}}},
        [result("image", "done", from_name="october", to_name=NEW)],
        {"began": "2026-11-23T01:00:00Z", "ended": "2026-11-23T01:00:10Z"},
        time_factor=60.0,
    )
    (step,) = found["steps"]
    assert (step["from"], step["to"]) == ({"id": OLD, "name": "october"}, {"id": NEW, "name": "november"})
    assert found["seconds"] == 600.0


def test_the_type_of_an_image_goes_with_it() -> None:
    (step,) = plan(a_rollout_pool(1), image={"id": NEW, "type": "private"})["steps"]
    assert step["change"] == {"image_id": NEW, "image_type": "private"}


def test_an_error_is_a_failure_whatever_was_done() -> None:
    found = summed(result("product", "done"), error="The service is gone.")
    assert (found["outcome"], found["is_failure"]) == ("failed", True)
    assert found["reason"] == "The service is gone."


def test_a_pool_that_is_not_given_back_is_a_failure() -> None:
    release = {"problems": ["No permission."], "desktops_started": ["d1"]}
    found = summed(result("image", "done"), release=release, plan={"steps": []})
    assert (found["outcome"], found["is_failure"]) == ("failed", True)
    assert found["reason"] == "The pool could not be released: No permission."
    assert found["desktops_started"] == ["d1"]


@pytest.mark.parametrize(("check_mode", "outcome"), [(False, "done"), (True, "planned")])
def test_maintenance_mode_that_was_ended_is_something_done(check_mode: bool, outcome: str) -> None:
    found = summed(plan={"steps": []}, release={"maintenance_mode_ended": True}, check_mode=check_mode)
    assert found["outcome"] == outcome
    assert "had left maintenance mode on" in found["reason"]


def test_maintenance_mode_that_the_run_itself_began_was_left_by_nobody() -> None:
    drain, release = {"maintenance_mode_begun": True}, {"maintenance_mode_ended": True}
    found = summed(plan={"steps": []}, drain=drain, release=release)
    assert found["outcome"] == "unchanged"
    assert "had left" not in found["reason"]


def test_a_rehearsal_adds_up_what_it_expects() -> None:
    planned = [result("image", "planned", waves=[wave(1, "d1", "d2")], expected_seconds=300.0)]
    assert summed(*planned, check_mode=True)["expected_seconds"] == 300.0
    assert (
        summed(*planned, result("volumes", "planned", expected_seconds=None), check_mode=True)["expected_seconds"]
        is None
    )
    found = summed(*planned, check_mode=True, plan={"steps": []})
    assert say_outcome(found) == "pool finance: planned (2 desktops in 1 wave)."


def test_what_is_known_of_the_pool_and_its_users_is_kept() -> None:
    report = {"name": "finance-win10", "id": "p1", "desktop_count": 3, "drift": {"image_id": 2}}
    found = summed(
        result("image", "done", desktop_count=4),
        report=report,
        drain={"notices": [15, 5]},
        drift_after={"image_id": 0},
        findings=[{"check": "pool"}],
    )
    assert (found["pool"], found["pool_id"], found["desktop_count"]) == ("finance-win10", "p1", 4)
    assert (found["drift_before"], found["drift_after"]) == ({"image_id": 2}, {"image_id": 0})
    assert (found["notices"], found["findings"]) == ([15, 5], [{"check": "pool"}])


def test_a_second_change_is_rehearsed_without_the_users_whom_the_first_has_sent_away() -> None:
    pool = a_rollout_pool(3, used=[0, 1])
    after = rehearsed(pool.report, {"waves": [wave(1, "d000"), wave(2, "d002")]})
    assert [record["login_status"] for record in after["desktops"]] == ["REGISTERED", "CONNECTED", "REGISTERED"]
    assert rehearsed(pool.report, {}) == pool.report
