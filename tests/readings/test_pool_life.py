# Copyright (c) 2026 the hwcloud.workspace contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Pools come, change, grow and go under each reading of the service: nothing twice, and a second run only reads."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any
from unittest import mock

import pytest
from direct import LARGE, OCTOBER, PROJECT, Direct, Killed, Outcome, every_reading, named

from ansible_collections.hwcloud.workspace.plugins.module_utils.client.transport import Answer, Transport
from workspace_simulator.state.ids import Ids

pytestmark = pytest.mark.readings

NEW: dict[str, Any] = {
    "name": "new",
    "type": "STATIC",
    "size": 5,
    "product_id": LARGE,
    "image_type": "private",
    "image_id": OCTOBER,
    "root_volume": {"type": "SAS", "size": 80},
    "subnet_ids": ["subnet-1"],
}
FINANCE = {
    "name": "finance",
    "id": "22222222-0000-4000-8000-000000000001",
    "description": "Finance department",
    "tags": {"team": "finance"},
    "authorized": [{"type": "USER", "name": "user-a1"}],
    "desktops": [{"name": "FIN-001", "user": "user-a1"}, {"name": "FIN-002"}, {"name": "FIN-003"}],
}
SIMILAR = {"name": "finance-2", "desktops": [{"name": "SIM-001"}]}

JOBS = every_reading(
    "sub_jobs_appear",
    "sub_jobs_in_job",
    "sub_jobs_unfiltered",
    "conflict",
    "maintenance_mode",
    "pool_status_during_job",
    "state_after_job",
    "api_age",
)
UNSEEN = [{}, {"sub_jobs_appear": "late"}, {"sub_jobs_appear": "late", "pool_status_during_job": "STEADY"}]
"""A job that has begun cannot be seen at once, in the worst case by nothing but the desktops that it makes."""

LOSSES = {
    "reset after": ("after_commit", {"reset": True}),
    "reset before": ("before_commit", {"reset": True}),
    "500 before": ("before_commit", {"status": 500, "body": {"error_code": "WKS.00000003", "error_msg": "no"}}),
    "504 after": ("after_commit", {"status": 504, "body": "<html>"}),
    "cut after": ("after_commit", {"truncate": True}),
}


def by_reading(dialects: Any) -> Any:
    return pytest.mark.parametrize("dialect", dialects, ids=named)


by_loss = pytest.mark.parametrize("loss", LOSSES)


def lose(direct: Direct, operation: str, loss: str, nth: int = 1) -> None:
    when, effect = LOSSES[loss]
    direct.control.set_faults({"operation": operation, "nth": nth, "when": when, "effect": effect})


def user(name: str, user_group: str = "users") -> dict[str, str]:
    """Return a user as the options of modules have one."""
    found = Ids(11).uuid("user", name)
    return {"object_type": "USER", "object_id": found, "object_name": name, "user_group": user_group}


def pools(direct: Direct) -> list[str]:
    return sorted(pool["name"] for pool in direct.control.estate()["pools"])


def deletions(direct: Direct) -> list[int]:
    """Return how often each desktop of a deleted pool was deleted."""
    gone = [desktop for pool in direct.control.estate()["deleted_pools"] for desktop in pool["deleted_desktops"]]
    return [len(desktop["effects"]["deleted"]) for desktop in gone]


def bindings(direct: Direct, pool: str, name: str) -> int:
    """Return how many desktops of a pool a user was given."""
    given = [desktop["effects"]["bindings"] for desktop in direct.desktops(pool).values()]
    return sum(any(entry["user_name"] == name for entry in entries) for entries in given)


def killed(direct: Direct, at: int, module: str, **options: Any) -> bool:
    """Run a module that ends at this sleep; False if it came to its end before."""
    try:
        direct.run(module, killed_at=at, **options)
    except Killed:
        return True
    return False


@contextmanager
def just_before(direct: Direct, method: str, path: str, module: str, **options: Any) -> Iterator[list[Outcome]]:
    """Let another controller run a module between what the next run has read and its first such request."""
    send, others = Transport.send, []

    def later(self: Transport, verb: str, url: str, **how: Any) -> Answer:
        if verb == method and path in url and not others:
            others.append(Outcome({}, []))
            others[0] = direct.run(module, sealed=False, **options)
        return send(self, verb, url, **how)

    with mock.patch.object(Transport, "send", later):
        yield others


# Creation.


@by_reading([*JOBS, *every_reading("unknown_fields")[1:]])
def test_a_pool_is_created_with_all_it_is_to_have(direct: Direct, dialect: Mapping[str, str]) -> None:
    direct.seed(SIMILAR, dialect=dialect)
    wanted = {**NEW, "in_maintenance_mode": True, "tags": {"a": "b", "c": ""}, "authorized_objects": [user("user-a1")]}
    wanted |= {"description": "x", "ou_name": "ou", "user_reset_policy": {"enable": True, "reset_count_per_day": 2}}
    if dialect.get("api_age") == "older":
        del wanted["user_reset_policy"]
    direct.converge("desktop_pool", **wanted)
    pool = direct.control.pool("new")
    assert len(pool["desktops"]) == 5
    assert pool["in_maintenance_mode"]
    assert len(pool["effects"]["created"]) == 1


@by_reading([{"maintenance_mode": "refuses_changes"}, {"sub_jobs_in_job": "capped"}])
def test_a_creation_of_more_than_a_request_makes(direct: Direct, dialect: Mapping[str, str]) -> None:
    direct.seed(dialect=dialect, jobs={"parallel": 20})
    direct.converge("desktop_pool", **{**NEW, "size": 130, "in_maintenance_mode": True})
    assert len(direct.desktops("new")) == 130


@by_loss
@by_reading(UNSEEN)
def test_a_lost_answer_to_a_creation_makes_no_second_pool(
    direct: Direct, dialect: Mapping[str, str], loss: str
) -> None:
    direct.seed(dialect=dialect)
    lose(direct, "CreateDesktopPool", loss)
    outcome = direct.run("desktop_pool", **NEW)
    assert not outcome.failed, outcome.message
    assert outcome.changed
    assert len(direct.desktops("new")) == 5
    direct.rests("desktop_pool", **NEW)


@pytest.mark.parametrize("at", [0, 2])
@by_reading([*JOBS, UNSEEN[-1]])
def test_a_creation_that_was_left_goes_on(direct: Direct, dialect: Mapping[str, str], at: int) -> None:
    direct.seed(dialect=dialect)
    wanted = {**NEW, "in_maintenance_mode": True}
    if at:
        assert killed(direct, at, "desktop_pool", **wanted)
    else:
        assert not direct.run("desktop_pool", wait=False, **wanted).failed
    outcome = direct.run("desktop_pool", **wanted)
    assert not outcome.failed, outcome.message
    direct.passes(3600)
    pool = direct.control.pool("new")
    assert len(pool["desktops"]) == 5
    assert pool["effects"]["expanded"] == []
    direct.rests("desktop_pool", **wanted)


@by_reading(
    [
        {**reading, **left}
        for reading in every_reading("job_status_partial", "job_status_failed")
        for left in every_reading("failed_creation")
    ]
)
@pytest.mark.parametrize("rule", [{"nth": 2}, {"every_nth": 1}], ids=["one", "all"])
def test_desktops_whose_creation_failed_are_told_and_not_made_twice(
    direct: Direct, dialect: Mapping[str, str], rule: dict[str, int]
) -> None:
    direct.seed(dialect=dialect)
    direct.control.set_failures({"operation": "CreateDesktopPool", "times": 1, **rule})
    failed = direct.run("desktop_pool", **NEW)
    assert failed.failed
    assert failed.changed
    assert len(failed["desktops_failed"]) == (1 if "nth" in rule else 5)
    again = direct.run("desktop_pool", **NEW)
    assert not again.failed, again.message
    assert len(direct.desktops("new")) == 5
    direct.rests("desktop_pool", **NEW)


@by_reading(every_reading("missing_pool", "conflict", "sub_jobs_appear"))
def test_a_pool_that_somebody_else_creates_meanwhile_is_adopted(direct: Direct, dialect: Mapping[str, str]) -> None:
    direct.seed(dialect=dialect)
    with just_before(direct, "POST", "/desktop-pools", "desktop_pool", **NEW, wait=False) as others:
        outcome = direct.run("desktop_pool", sealed=False, **NEW)
    assert others[0].changed
    assert not outcome.failed, outcome.message
    assert not outcome.changed
    assert outcome["adopted"] or dialect.get("sub_jobs_appear")
    assert len(direct.desktops("new")) == 5


@by_reading([{}, {"pool_name_characters": "any", "pool_name_max": "255"}])
@pytest.mark.parametrize("name", ["财务-1", "a b/c?d&e=f", "..", "..%2f", "x" * 65, "finance-", "FINANCE-2"])
def test_a_name_is_taken_as_it_is_or_refused_in_a_sentence(
    direct: Direct, dialect: Mapping[str, str], name: str
) -> None:
    direct.seed(SIMILAR, dialect=dialect)
    created = direct.run("desktop_pool", **{**NEW, "name": name, "size": 1})
    if created.failed:
        assert "WKS.00010001" in created.message
        return
    assert pools(direct) == sorted(["finance-2", name])
    direct.converge("desktop_pool_expand", pool=name, desktop_count=2)
    direct.converge("desktop_pool", name=name, state="absent", force=True)
    assert pools(direct) == ["finance-2"]


# Growth.


@by_reading(JOBS)
def test_a_pool_grows(direct: Direct, dialect: Mapping[str, str]) -> None:
    direct.seed(FINANCE, SIMILAR, dialect=dialect)
    outcome = direct.converge("desktop_pool_expand", pool="finance", desktop_count=8)
    assert len(outcome["desktops_succeeded"]) == 5
    assert len(direct.desktops("finance")) == 8
    assert len(direct.desktops("finance-2")) == 1


@by_loss
@by_reading(UNSEEN)
def test_a_lost_answer_to_a_growth_adds_no_desktop_twice(direct: Direct, dialect: Mapping[str, str], loss: str) -> None:
    direct.seed(FINANCE, dialect=dialect)
    lose(direct, "ExpandDesktopPool", loss)
    outcome = direct.run("desktop_pool_expand", pool="finance", desktop_count=9)
    assert not outcome.failed, outcome.message
    assert len(direct.desktops("finance")) == 9
    direct.rests("desktop_pool_expand", pool="finance", desktop_count=9)


@pytest.mark.parametrize("at", [0, 1])
@by_reading([*JOBS, UNSEEN[-1]])
def test_a_growth_that_was_left_is_not_asked_for_twice(direct: Direct, dialect: Mapping[str, str], at: int) -> None:
    direct.seed(FINANCE, dialect=dialect)
    wanted = {"pool": "finance", "desktop_count": 12}
    if at:
        assert killed(direct, at, "desktop_pool_expand", **wanted)
    else:
        assert not direct.run("desktop_pool_expand", wait=False, **wanted).failed
        at_once = direct.run("desktop_pool_expand", wait=False, **wanted)
        assert at_once.sent == []
    outcome = direct.run("desktop_pool", name="finance", size=12)
    assert not outcome.failed, outcome.message
    assert outcome.sent == []
    direct.passes(3600)
    assert len(direct.desktops("finance")) == 12


@by_reading([{}, {"sub_jobs_appear": "late"}, {"conflict": "pool"}])
def test_two_growths_at_once_are_one_or_told_apart(direct: Direct, dialect: Mapping[str, str]) -> None:
    direct.seed(FINANCE, dialect=dialect)
    wanted = {"pool": "finance", "desktop_count": 8}
    with just_before(direct, "POST", "/expand", "desktop_pool_expand", wait=False, **wanted) as others:
        outcome = direct.run("desktop_pool_expand", sealed=False, **wanted)
    assert others[0].changed
    assert not outcome.failed, outcome.message
    count = len(direct.desktops("finance"))
    if dialect.get("conflict") == "pool":
        assert (count, outcome["adopted"]) == (8, True)
    else:  # both are numbers to add, and nothing makes the service refuse one
        assert f"it has {count} desktops instead of 8; somebody else" in " ".join(outcome["warnings"])


@by_reading(
    [{"beyond_quota": "400"}, {"beyond_quota": "403"}]
    + [{"beyond_quota": "sub_jobs_fail", **left} for left in every_reading("failed_creation")]
)
def test_what_is_beyond_the_quota_fails_in_a_sentence(direct: Direct, dialect: Mapping[str, str]) -> None:
    direct.seed(FINANCE, dialect=dialect, projects=[{"id": PROJECT, "name": "eu-west-101", "desktop_quota": 5}])
    outcome = direct.run("desktop_pool_expand", pool="finance", desktop_count=8)
    assert outcome.failed
    assert "The quota of 5 desktops is exceeded" in outcome.message
    assert "; the credentials lack" not in outcome.message
    assert outcome.changed == (dialect["beyond_quota"] == "sub_jobs_fail")


def test_a_pool_that_scales_by_itself_keeps_its_number_but_can_be_expanded(direct: Direct) -> None:
    direct.seed(FINANCE)
    policy = {"autoscale_type": "ACCESS_CREATED", "max_auto_created": 20}
    direct.converge("desktop_pool", name="finance", enable_autoscale=True, autoscale_policy=policy, size=9)
    assert len(direct.desktops("finance")) == 3
    for number, loss in enumerate(LOSSES, 4):
        lose(direct, "ExpandDesktopPool", loss)
        assert not direct.run("desktop_pool_expand", pool="finance", desktop_count=number).failed
        assert len(direct.desktops("finance")) == number


# Attributes.

ATTRIBUTES: dict[str, dict[str, Any]] = {
    "description": {"description": "other"},
    "no description": {"description": ""},
    "tags": {"tags": {"a": "b", "c": ""}},
    "no tags": {"tags": {}},
    "maintenance": {"in_maintenance_mode": True},
    "autoscaling": {"enable_autoscale": True, "autoscale_policy": {"autoscale_type": "AUTO_CREATED", "min_idle": 2}},
    "reset": {"user_reset_policy": {"enable": True, "reset_count_per_day": 3}},
    "names": {"desktop_name_policy_id": "policy-1"},
    "ou": {"ou_name": "ou"},
    "zone": {"availability_zone": "eu-west-101b"},
    "groups": {"security_groups": ["group-2", "group-1"]},
    "subnets": {"subnet_ids": ["subnet-1", "subnet-2"]},
}
CLEARED: dict[str, Any] = {
    "enable_autoscale": False,
    "autoscale_policy": {},
    "desktop_name_policy_id": "",
    "ou_name": "",
    "description": "",
    "in_maintenance_mode": False,
}


@pytest.mark.parametrize("given", ATTRIBUTES)
@by_reading(
    [
        {},
        {"update_absent_fields": "reset", "autoscale_policy_cleared": "once_auto_created"},
        {"api_age": "older", "unknown_fields": "ignored"},
    ]
)
def test_an_attribute_is_set_kept_and_cleared(direct: Direct, dialect: Mapping[str, str], given: str) -> None:
    older = dialect.get("api_age") == "older"
    if older and given == "groups":
        pytest.skip("older regions take no security groups")
    direct.seed(FINANCE, dialect=dialect)
    wanted = ATTRIBUTES[given]
    before = direct.control.pool("finance")
    direct.converge("desktop_pool", name="finance", **wanted)
    direct.converge(
        "desktop_pool", name="finance", disconnected_retention_period=30, user_reset_policy={"enable": True}
    )
    direct.rests("desktop_pool", name="finance", **{k: v for k, v in wanted.items() if k != "user_reset_policy"})
    after = direct.control.pool("finance")
    kept = ("name", "description", "availability_zone", "security_groups", "enterprise_project_id", "enable_autoscale")
    for name in {*kept, *(() if older else ("tags", "ou_name", "vpc_id", "subnet_ids"))} - wanted.keys():
        assert after.get(name) == before.get(name), name
    direct.converge("desktop_pool", name="finance", **CLEARED)


@by_loss
def test_a_lost_answer_to_an_update_changes_nothing_twice(direct: Direct, loss: str) -> None:
    direct.seed(FINANCE)
    lose(direct, "UpdateDesktopPool", loss)
    outcome = direct.run("desktop_pool", name="finance", description="other", tags={"a": "b"})
    assert not outcome.failed, outcome.message
    assert outcome.changed
    direct.rests("desktop_pool", name="finance", description="other", tags={"a": "b"})


@by_reading(every_reading("maintenance_mode"))
def test_a_pool_grows_before_its_maintenance_begins_and_after_it_ends(
    direct: Direct, dialect: Mapping[str, str]
) -> None:
    direct.seed(FINANCE, dialect=dialect)
    direct.converge("desktop_pool", name="finance", size=5, in_maintenance_mode=True, description="other")
    direct.converge("desktop_pool", name="finance", size=6, in_maintenance_mode=False)
    assert len(direct.desktops("finance")) == 6


def test_a_pool_is_renamed_and_another_of_a_similar_name_left_alone(direct: Direct) -> None:
    direct.seed(FINANCE, SIMILAR)
    taken = direct.run("desktop_pool", pool_id=FINANCE["id"], name="finance-2")
    assert taken.failed
    direct.converge("desktop_pool", pool_id=FINANCE["id"], name="finance-3")
    assert pools(direct) == ["finance-2", "finance-3"]
    direct.rests("desktop_pool", name="finance", state="absent", force=True)
    assert pools(direct) == ["finance-2", "finance-3"]


# Deletion.

DELETIONS = every_reading(
    "delete_pool_with_desktops",
    "delete_missing_pool",
    "missing_pool",
    "conflict",
    "sub_jobs_appear",
    "sub_jobs_unfiltered",
    "state_after_job",
    "pool_status_during_job",
    "update_absent_fields",
    "api_age",
)


@by_reading(DELETIONS)
def test_a_pool_is_deleted_with_its_desktops(direct: Direct, dialect: Mapping[str, str]) -> None:
    direct.seed({**FINANCE, "enable_autoscale": True}, SIMILAR, dialect=dialect)
    kept = direct.run("desktop_pool", name="finance", state="absent")
    assert kept.failed
    assert kept.sent == []
    direct.converge("desktop_pool", name="finance", state="absent", force=True)
    direct.rests("desktop_pool", pool_id=FINANCE["id"], state="absent", force=True)
    assert pools(direct) == ["finance-2"]
    assert deletions(direct) == [1, 1, 1]


@by_reading(every_reading("delete_in_use"))
def test_users_on_the_desktops_are_no_reason_to_delete_one_twice(direct: Direct, dialect: Mapping[str, str]) -> None:
    direct.seed(
        {**FINANCE, "desktops": [{"name": "FIN-001", "user": "user-a1", "login_status": "CONNECTED"}]}, dialect=dialect
    )
    outcome = direct.run("desktop_pool", name="finance", state="absent", force=True, wait_timeout=300)
    if dialect:
        assert outcome.failed
        direct.control.change({"desktop": "FIN-001", "set": {"login_status": "REGISTERED"}})
        outcome = direct.run("desktop_pool", name="finance", state="absent", force=True)
    assert not outcome.failed, outcome.message
    assert deletions(direct) == [1]


@by_loss
@pytest.mark.parametrize("operation", ["UpdateDesktopPool", "BatchDeleteDesktops", "DeleteDesktopPool"])
@by_reading([{}, {"sub_jobs_appear": "late", "delete_missing_pool": "404", "missing_pool": "404"}])
def test_a_lost_answer_to_a_deletion_deletes_nothing_twice(
    direct: Direct, dialect: Mapping[str, str], operation: str, loss: str
) -> None:
    direct.seed({**FINANCE, "enable_autoscale": True}, dialect=dialect)
    lose(direct, operation, loss)
    outcome = direct.run("desktop_pool", name="finance", state="absent", force=True)
    assert not outcome.failed, outcome.message
    assert outcome.changed
    assert pools(direct) == []
    assert deletions(direct) == [1, 1, 1]


@pytest.mark.parametrize("at", [0, 1, 5])
@by_reading([{}, {"sub_jobs_appear": "late"}, {"conflict": "desktop"}])
def test_a_deletion_that_was_left_goes_on(direct: Direct, dialect: Mapping[str, str], at: int) -> None:
    many = {**FINANCE, "desktops": [], "generate": {"count": 120, "pattern": "FIN-{n:03d}"}}
    direct.seed(many, dialect=dialect, jobs={"parallel": 50})
    wanted = {"name": "finance", "state": "absent", "force": True}
    if at:
        assert killed(direct, at, "desktop_pool", **wanted)
    else:
        assert not direct.run("desktop_pool", wait=False, **wanted).failed
    outcome = direct.run("desktop_pool", **wanted)
    assert not outcome.failed, outcome.message
    assert deletions(direct) == [1] * 120


@pytest.mark.parametrize("rule", [{"nth": 2}, {"every_nth": 1}, {"nth": 1, "leaves": "ERROR"}], ids=str)
@by_reading(every_reading("job_status_partial", "job_status_failed", "state_after_job"))
def test_desktops_whose_deletion_failed_are_deleted_by_the_next_run(
    direct: Direct, dialect: Mapping[str, str], rule: dict[str, Any]
) -> None:
    direct.seed(FINANCE, dialect=dialect)
    direct.control.set_failures({"operation": "BatchDeleteDesktops", "times": 1, **rule})
    failed = direct.run("desktop_pool", name="finance", state="absent", force=True)
    assert failed.failed
    assert failed.changed
    assert failed["desktops_failed"]
    again = direct.run("desktop_pool", name="finance", state="absent", force=True)
    assert not again.failed, again.message
    assert deletions(direct) == [1, 1, 1]


@by_reading(UNSEEN)
def test_a_pool_that_is_being_made_is_deleted_once_it_is(direct: Direct, dialect: Mapping[str, str]) -> None:
    direct.seed(dialect=dialect)
    direct.run("desktop_pool", wait=False, **NEW)
    refused = direct.run("desktop_pool", name="new", state="absent", wait=False)
    assert refused.failed
    assert refused.sent == []
    outcome = direct.run("desktop_pool", name="new", state="absent", force=True)
    assert not outcome.failed, outcome.message
    assert [operation for operation, _body in outcome.sent] == ["BatchDeleteDesktops", "DeleteDesktopPool"]
    assert deletions(direct) == [1] * 5


@by_reading(every_reading("conflict", "delete_missing_pool", "missing_pool"))
def test_two_deletions_at_once_end_well(direct: Direct, dialect: Mapping[str, str]) -> None:
    direct.seed(FINANCE, dialect=dialect)
    wanted = {"name": "finance", "state": "absent", "force": True}
    with just_before(direct, "POST", "/batch-delete", "desktop_pool", **wanted) as others:
        outcome = direct.run("desktop_pool", sealed=False, **wanted)
    assert others[0].changed
    assert not outcome.failed, outcome.message
    assert pools(direct) == []
    assert deletions(direct) == [1, 1, 1]


# Users.


@by_reading(every_reading("authorize_again", "deauthorize_absent", "remove_bound_user", "api_age"))
def test_users_come_change_and_go(direct: Direct, dialect: Mapping[str, str]) -> None:
    direct.seed(FINANCE, SIMILAR, dialect=dialect)
    if dialect.get("api_age") == "older":
        outcome = direct.run("desktop_pool_users", pool="finance", authorized_objects=[user("user-c3")])
        assert outcome.failed
        assert outcome.sent == []
        return
    direct.converge("desktop_pool_users", pool="finance", authorized_objects=[user("user-b2"), user("user-c3")])
    sole = {"pool": "finance", "authorized_objects": [user("user-c3", "administrators")]}
    if dialect.get("remove_bound_user") == "refused":
        outcome = direct.run("desktop_pool_users", purge=True, **sole)
        assert outcome.failed
        assert outcome.changed
        direct.control.change({"desktop": "FIN-001", "set": {"user_name": ""}})
    direct.converge("desktop_pool_users", purge=True, **sole)
    named_only = [{"object_type": "USER", "object_name": "user-c3"}]
    direct.converge("desktop_pool_users", pool="finance", authorized_objects=named_only, state="absent")
    actions = [entry["action"] for entry in direct.control.pool("finance")["effects"]["authorized"]]
    assert sorted(actions) == ["ADD"] * 2 + ["CHANGE_PRIVILEGE"] + ["REMOVE"] * 3


@by_loss
@pytest.mark.parametrize("nth", [1, 2])
def test_600_users_are_added_once_though_an_answer_is_lost(direct: Direct, nth: int, loss: str) -> None:
    names = [f"user-n{number:03d}" for number in range(600)]
    direct.seed(FINANCE, users=[{"name": name} for name in ("user-a1", *names)])
    lose(direct, "CreateDesktopPoolAuthorizedObjects", loss, nth)
    wanted = {"pool": "finance", "authorized_objects": [user(name) for name in names]}
    outcome = direct.run("desktop_pool_users", **wanted)
    assert not outcome.failed, outcome.message
    assert len(outcome["authorized_objects"]) == 601
    assert len(direct.control.pool("finance")["effects"]["authorized"]) == 600
    direct.rests("desktop_pool_users", **wanted)


@by_reading(every_reading("authorize_again"))
def test_a_user_whom_somebody_else_adds_meanwhile_is_no_failure(direct: Direct, dialect: Mapping[str, str]) -> None:
    direct.seed(FINANCE, dialect=dialect)
    wanted = {"pool": "finance", "authorized_objects": [user("user-c3")]}
    with just_before(direct, "POST", "/users", "desktop_pool_users", **wanted):
        outcome = direct.run("desktop_pool_users", sealed=False, **wanted)
    assert not outcome.failed, outcome.message
    assert len(direct.control.pool("finance")["effects"]["authorized"]) == 1


# Giving desktops to users.

FULL = {
    **FINANCE,
    "enable_autoscale": True,
    "autoscale_policy": {"autoscale_type": "ACCESS_CREATED", "max_auto_created": 9},
    "authorized": [{"type": "USER", "name": "user-c3"}],
    "desktops": [{"name": "FIN-001", "user": "user-a1"}, {"name": "FIN-002", "user": "user-b2"}],
}
FREE = {**FINANCE, "authorized": [{"type": "USER", "name": "user-c3"}]}


@pytest.mark.parametrize("pool", [FREE, FULL], ids=["free", "made"])
@by_reading(every_reading("sub_jobs_appear", "sub_jobs_unfiltered", "conflict", "state_after_job"))
def test_a_user_gets_a_desktop(direct: Direct, dialect: Mapping[str, str], pool: dict[str, Any]) -> None:
    direct.seed(pool, dialect=dialect)
    outcome = direct.converge("desktop_pool_attach", pool="finance", username="user-c3")
    assert outcome["desktop"]
    direct.rests("desktop_pool_attach", pool="finance", username="user-a1")
    assert bindings(direct, "finance", "user-c3") == 1


@by_loss
@pytest.mark.parametrize("pool", [FREE, FULL], ids=["free", "made"])
def test_a_lost_answer_to_an_attach_gives_no_second_desktop(direct: Direct, pool: dict[str, Any], loss: str) -> None:
    direct.seed(pool)
    lose(direct, "AttachDesktopPoolUser", loss)
    outcome = direct.run("desktop_pool_attach", pool="finance", username="user-c3")
    assert not outcome.failed, outcome.message
    assert outcome["desktop"]
    assert bindings(direct, "finance", "user-c3") == 1
    assert len(direct.desktops("finance")) == 3


@pytest.mark.parametrize("at", [0, 1])
@pytest.mark.parametrize("pool", [FREE, FULL], ids=["free", "made"])
@by_reading([{}, {"sub_jobs_appear": "late"}])
def test_an_attach_that_was_left_goes_on(
    direct: Direct, dialect: Mapping[str, str], pool: dict[str, Any], at: int
) -> None:
    direct.seed(pool, dialect=dialect, jobs={"seconds_per_desktop": 300})
    wanted = {"pool": "finance", "username": "user-c3"}
    if at:
        assert killed(direct, at, "desktop_pool_attach", **wanted)
    else:
        assert not direct.run("desktop_pool_attach", wait=False, **wanted).failed
    outcome = direct.run("desktop_pool_attach", **wanted)
    assert not outcome.failed, outcome.message
    assert outcome["desktop"]
    assert bindings(direct, "finance", "user-c3") == 1
    assert len(direct.desktops("finance")) == 3


@by_reading(every_reading("waiting_attach"))
def test_a_user_who_has_to_wait_is_waited_for(direct: Direct, dialect: Mapping[str, str]) -> None:
    pool = {**FULL, "type": "DYNAMIC", "disconnected_retention_period": 60, "enable_autoscale": False}
    direct.seed(pool, dialect=dialect)
    wanted = {"pool": "finance", "username": "user-c3"}
    assert "still" in direct.run("desktop_pool_attach", wait_timeout=60, **wanted).message
    direct.control.change({"desktop": "FIN-001", "set": {"user_name": ""}})
    assert not direct.run("desktop_pool_attach", **wanted).failed
    direct.rests("desktop_pool_attach", **wanted)
    assert bindings(direct, "finance", "user-c3") == 1


# Scripts and records.


@by_reading(every_reading("script_task_partial"))
@pytest.mark.parametrize("loss", [None, *LOSSES])
def test_a_script_is_run_once_whatever_becomes_of_the_answer(
    direct: Direct, dialect: Mapping[str, str], loss: str | None
) -> None:
    direct.seed(FINANCE, dialect=dialect)
    if loss:
        lose(direct, "ExecuteDesktopPoolScript", loss)
    wanted = {"pool": "finance", "command_content": "Get-Date", "command_type": "POWERSHELL"}
    assert direct.run("desktop_pool_script", check=True, **wanted).changed
    outcome = direct.run("desktop_pool_script", **wanted)
    runs = [len(desktop["effects"]["scripts"]) for desktop in direct.desktops("finance").values()]
    if loss and LOSSES[loss][0] == "before_commit":
        assert "unknown" in outcome.message
        assert runs == [0, 0, 0]
    else:
        assert not outcome.failed, outcome.message
        assert runs == [1, 1, 1]


@pytest.mark.parametrize("loss", [None, *LOSSES])
@by_reading(every_reading("sub_jobs_unfiltered"))
def test_records_are_deleted(direct: Direct, dialect: Mapping[str, str], loss: str | None) -> None:
    direct.seed(FINANCE, dialect=dialect)
    direct.run("desktop_pool_expand", pool="finance", desktop_count=15)
    if loss:
        lose(direct, "BatchDeleteSubJobs", loss)
    records = [part["id"] for part in direct.run("job_info", pool="finance")["jobs"][0]["sub_jobs"]]
    outcome = direct.run("sub_job", job_ids=records)
    assert not outcome.failed, outcome.message
    assert len(outcome["deleted"]) == 12
    direct.rests("sub_job", job_ids=records)


# Permissions and limits.

TASKS: dict[str, tuple[str, dict[str, Any]]] = {
    "create": ("desktop_pool", NEW),
    "update": ("desktop_pool", {"name": "finance", "description": "other"}),
    "grow": ("desktop_pool", {"name": "finance", "size": 5}),
    "delete": ("desktop_pool", {"name": "finance", "state": "absent", "force": True}),
    "expand": ("desktop_pool_expand", {"pool": "finance", "desktop_count": 5}),
    "users": ("desktop_pool_users", {"pool": "finance", "authorized_objects": [user("user-c3")]}),
    "script": ("desktop_pool_script", {"pool": "finance", "command_content": "x", "command_type": "BAT"}),
}


@pytest.mark.parametrize("task", TASKS)
def test_too_many_calls_are_waited_out(direct: Direct, task: str) -> None:
    direct.seed(FINANCE)
    direct.control.set_throttle(enabled=True, reads=6, writes=2, window_seconds=60)
    module, options = TASKS[task]
    outcome = direct.run(module, **options)
    assert not outcome.failed, outcome.message
    committed = [request["operation"] for request in outcome.changes if request["committed"]]
    assert len(committed) == (2 if task == "delete" else 1)


@pytest.mark.parametrize("task", TASKS)
def test_a_missing_permission_is_named_and_changes_nothing(direct: Direct, task: str) -> None:
    denied = ["create", "update", "delete", "expand", "authorizeUsers"]
    actions = [*(f"workspace:desktopPools:{name}" for name in denied), "workspace:desktops:batchDelete"]
    operator = {"name": "operator", "password": "ExamplePassword1"}
    auditor = {"name": "auditor", "password": "ExamplePassword2", "denied_actions": actions}
    direct.seed(FINANCE, iam_users=[operator, auditor])
    keys = {"HUAWEICLOUD_SDK_AK": "AUDITORAK", "HUAWEICLOUD_SDK_SK": "AUDITORSK"}
    module, options = TASKS[task]
    outcome = direct.run(module, environment=keys, **options)
    if task == "script":  # no source names its action
        assert not outcome.failed
        return
    assert outcome.failed
    assert not outcome.changed
    assert outcome["iam_action"] in actions
    assert [request for request in outcome.changes if request["committed"]] == []
