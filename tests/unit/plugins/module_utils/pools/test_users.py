# Copyright (c) 2026 the hwcloud.workspace contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Users of a pool: what differs is asked for, once, under every reading of the service."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import pytest

from ansible_collections.hwcloud.workspace.plugins.module_utils.client.errors import (
    ConflictError,
    InputError,
    JobFailedError,
    OutcomeUnknownError,
    RefusedError,
    WorkspaceError,
)
from ansible_collections.hwcloud.workspace.plugins.module_utils.pools.change import Observation, Plan
from ansible_collections.hwcloud.workspace.plugins.module_utils.pools.engine import Engine, Outcome
from ansible_collections.hwcloud.workspace.plugins.module_utils.pools.model import AuthorizedObject, Pool
from ansible_collections.hwcloud.workspace.plugins.module_utils.pools.users import Users, wanted_objects
from ansible_collections.hwcloud.workspace.tests.unit.plugins.module_utils.pools.samples import (
    a_desktop,
    a_pool,
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


def user(letter: str, user_group: str = "users", **fields: Any) -> dict[str, Any]:
    return {
        "object_id": f"id-{letter}",
        "object_name": f"user-{letter}",
        "object_type": "USER",
        "user_group": user_group,
        **fields,
    }


STAFF = {"object_id": "id-g", "object_name": "staff", "object_type": "USER_GROUP", "user_group": "users"}
A, B, C = user("a1"), user("b2"), user("c3")


def users(*wanted: Mapping[str, Any], state: str = "present", purge: bool = False) -> Users:
    return Users(wanted_objects(wanted, state), state=state, purge=purge)


def plan(change: Users, *present: dict[str, Any], desktops: Sequence[Any] | None = None) -> Plan:
    listed = tuple(AuthorizedObject.from_service(entry) for entry in present)
    return change.plan(Observation(a_pool(), None if desktops is None else tuple(desktops), listed))


def asked(change: Users, *present: dict[str, Any]) -> list[tuple[str, list[str]]]:
    """Return what each request would do, as each is carried out in turn."""
    now = {entry["object_id"]: dict(entry) for entry in present}
    requests = []
    while True:
        following = plan(change, *now.values())
        if following.step is None:
            return requests
        assert following.steps >= 1
        action, objects = following.step.body["action"], following.step.body["objects"]
        requests.append((action, [f"{entry['object_id']} {entry['user_group']}" for entry in objects]))
        for entry in objects:
            if action == "REMOVE":
                del now[entry["object_id"]]
            else:
                now[entry["object_id"]] = dict(entry)


@pytest.mark.parametrize(
    ("change", "present", "requests"),
    [
        (users(A), [A], []),
        (users(A), [], [("ADD", ["id-a1 users"])]),
        (users(A), [B], [("ADD", ["id-a1 users"])]),
        (users(A), [user("a1", "administrators")], [("CHANGE_PRIVILEGE", ["id-a1 users"])]),
        (users(A), [user("a1", "USERS")], []),
        (users(), [A, B], []),
        (users(purge=True), [A, STAFF], [("REMOVE", ["id-a1 users", "id-g users"])]),
        (users(A, purge=True), [A], []),
        (
            users(A, C, purge=True),
            [user("a1", "administrators"), B, STAFF],
            [
                ("ADD", ["id-c3 users"]),
                ("CHANGE_PRIVILEGE", ["id-a1 users"]),
                ("REMOVE", ["id-b2 users", "id-g users"]),
            ],
        ),
        (users(A, state="absent"), [B], []),
        (users(A, STAFF, state="absent"), [A, B, STAFF], [("REMOVE", ["id-a1 users", "id-g users"])]),
        (users({"object_id": "id-a1"}, state="absent"), [A, B], [("REMOVE", ["id-a1 users"])]),
        (
            users({"object_name": "user-a1", "object_type": "USER"}, state="absent"),
            [A, B],
            [("REMOVE", ["id-a1 users"])],
        ),
        (users({"object_name": "user-a1", "object_type": "USER_GROUP"}, state="absent"), [A], []),
        (users({"object_name": "staff", "object_type": "USER_GROUP", "user_group": "users"}, purge=True), [STAFF], []),
    ],
)
def test_what_is_asked_for(change: Users, present: list[dict[str, Any]], requests: list[Any]) -> None:
    assert asked(change, *present) == requests


def test_a_request_holds_all_that_the_service_wants_also_for_those_who_are_named_by_one_word() -> None:
    step = plan(users({"object_name": "user-a1", "object_type": "USER"}, state="absent"), A, B).step
    assert step is not None
    assert step.body == {"action": "REMOVE", "objects": [A]}
    assert (step.starts_job, step.moves_template, step.desktop_ids) == (False, True, frozenset())


def test_a_domain_is_sent_where_it_was_given_and_tells_people_of_one_name_apart() -> None:
    step = plan(users({**A, "domain": "east"})).step
    assert step is not None
    assert step.body["objects"] == [{**A, "domain": "east"}]
    twins = [user("a1", domain="east"), {**user("a1", domain="west"), "object_id": "id-a9"}]
    named = {"object_name": "user-a1", "object_type": "USER"}
    assert asked(users({**named, "domain": "west"}, state="absent"), *twins) == [("REMOVE", ["id-a9 users"])]
    with pytest.raises(InputError, match=r"user-a1 can be any of id-a1, id-a9; give object_id"):
        plan(users(named, state="absent"), *twins)


def test_more_than_500_go_into_several_requests() -> None:
    crowd = [user(f"n{number:04}") for number in range(1201)]
    requests = asked(users(*crowd), *crowd[:100])
    assert [(action, len(people)) for action, people in requests] == [("ADD", 500), ("ADD", 500), ("ADD", 101)]
    assert plan(users(*crowd), *crowd[:100]).steps == 3
    assert len({person for action, people in requests for person in people}) == 1101


def test_the_difference_holds_all_requests_and_only_what_changes() -> None:
    difference = plan(users(A, C, purge=True), user("a1", "administrators"), B, STAFF)
    assert difference.before == {
        "authorized_objects": ["USER user-a1 (administrators)", "USER user-b2 (users)", "USER_GROUP staff (users)"]
    }
    assert difference.after == {"authorized_objects": ["USER user-a1 (users)", "USER user-c3 (users)"]}
    unchanged = plan(users(A), A, B)
    assert (unchanged.before, unchanged.after) == ({}, {})


def test_the_list_after_the_task_keeps_the_services_own_fields() -> None:
    listed = [user("a1", "administrators", created_at="2026"), B, STAFF]
    observation = Observation(a_pool(), None, tuple(AuthorizedObject.from_service(entry) for entry in listed))
    after = users(A, C, B, purge=True).objects_after(observation)
    assert after == [user("a1", created_at="2026"), B, C]


@pytest.mark.parametrize(
    ("given", "state", "sentence"),
    [
        ([{"object_name": "user-a1"}], "absent", r"\[0\] does not say who it is; give object_id, or object_name and"),
        ([B, {"object_type": "USER"}], "absent", r"\[1\] does not say who it is"),
        ([{"object_id": "id-a1"}], "present", r"\[0\] has no user_group; give one of sudo, default, administrators"),
        (
            [A, user("a1", "administrators")],
            "present",
            r"\[1\] contradicts another.*\(users\) and USER user-a1 \(admin",
        ),
        ([A, {**A, "object_name": "user-z9"}], "present", r"\[1\] contradicts another one"),
    ],
)
def test_what_cannot_be_right_is_refused_before_anything_is_read(
    given: list[dict[str, Any]], state: str, sentence: str
) -> None:
    with pytest.raises(InputError, match=sentence):
        wanted_objects(given, state)


def test_one_that_is_given_twice_counts_once_also_if_it_is_named_in_two_ways() -> None:
    assert wanted_objects([A, {"object_id": "id-a1", "user_group": "users", "domain": ""}], "present") == (A,)
    by_name = {"object_name": "user-a1", "object_type": "USER", "user_group": "administrators"}
    assert asked(users(user("a1", "administrators"), by_name), A) == [("CHANGE_PRIVILEGE", ["id-a1 administrators"])]
    with pytest.raises(InputError, match="are the same one, and contradict each other"):
        plan(users(A, by_name), A)


def test_whom_the_service_could_not_add_is_refused_before_anything_is_sent() -> None:
    incomplete = {"object_name": "user-a1", "object_type": "USER", "user_group": "users"}
    with pytest.raises(InputError, match=r"USER user-a1 \(users\) is not among.*the service needs object_id as well"):
        plan(users(incomplete, purge=True), B)
    with pytest.raises(InputError, match="needs object_name and object_type as well"):
        plan(users({"object_id": "id-a1", "user_group": "users"}))


def test_users_who_hold_a_desktop_are_named_if_they_are_removed() -> None:
    held = [
        a_desktop("d1", attach_user_infos=[{"user_name": "user-a1", "user_id": "id-a1"}]),
        a_desktop("d2", user_name="user-b2"),
        a_desktop("d3", attach_user_infos=[{"user_name": "user-c3", "user_id": "id-c3"}]),
        a_desktop("d4"),
    ]
    (direct,) = plan(users(A, B, state="absent"), A, B, STAFF, desktops=held).warnings
    assert direct == (
        "pool finance-win10: users to remove hold 2 desktops, which may be taken from them at once or at log-off: "
        "user-a1 (D1), user-b2 (D2)."
    )
    (of_group,) = plan(users(STAFF, state="absent"), A, B, STAFF, desktops=held).warnings
    assert of_group == (
        "pool finance-win10: 1 desktop may be lost by users who are not named in the pool's users and can be members "
        "of the groups to remove: user-c3 (D3)."
    )
    assert plan(users(C, state="absent"), A, C, desktops=[a_desktop("d4")]).warnings == ()


# In the engine, with a service.

BASE = f"/v2/{PROJECT}"
REFUSED = {"error_code": "WKS.00010032", "error_msg": "operation conflict"}


@dataclass
class Service:
    """A pool's users behind a real HTTP server."""

    service: ScriptedService
    clock: HandClock
    present: dict[str, dict[str, Any]] = field(default_factory=dict)
    desktops: list[dict[str, Any]] = field(default_factory=list)
    fates: list[str] = field(default_factory=list)
    ignores: bool = False
    warnings: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        """Answer requests from now on."""
        pool = pool_record()
        self.service.on("GET", f"{BASE}/desktop-pools/{pool['id']}", Reply(200, pool))
        self.service.on("GET", f"{BASE}/desktop-pools/{pool['id']}/users", self._list)
        self.service.on("POST", f"{BASE}/desktop-pools/{pool['id']}/users", self._change)
        self.service.on("GET", f"{BASE}/desktops/detail", lambda r: Reply(200, {"desktops": self.desktops}))

    def run(self, change: Users, way: str = "carry_out") -> Outcome:
        session = session_to(self.service.url, clock=self.clock, max_retries=0)
        engine = Engine(session, lambda line: None, self.warnings.append, wait=False)
        return (engine.predict if way == "predict" else engine.carry_out)(change, Pool.from_service(pool_record()))

    def fails(self, kind: type[WorkspaceError], change: Users) -> WorkspaceError:
        with pytest.raises(kind) as failed:
            self.run(change)
        assert str(failed.value).startswith("pool finance-win10: change of users: ")
        return failed.value

    @property
    def posts(self) -> list[tuple[str, int]]:
        bodies = [request.json() for request in self.service.sent("POST")]
        return [(body["action"], len(body["objects"])) for body in bodies]

    def _list(self, request: Request) -> Behaviour:
        listed = list(self.present.values())
        at, most = int(request.query["offset"]), min(100, int(request.query["limit"]))
        return Reply(200, {"objects": listed[at : at + most], "total_count": len(listed)})

    def _change(self, request: Request) -> Behaviour:
        fate = self.fates.pop(0) if self.fates else "done"
        if fate in ("400", "409"):
            return Reply(
                int(fate), REFUSED if fate == "409" else {"error_code": "WKS.1", "error_msg": "holds a desktop"}
            )
        if fate != "never arrived" and not self.ignores:
            for entry in request.json()["objects"]:
                if request.json()["action"] == "REMOVE":
                    self.present.pop(entry["object_id"])
                else:
                    self.present[entry["object_id"]] = {**entry, "created_at": "2026-11-20T11:45:42.000Z"}
        return Reply(204) if fate == "done" else Reset()


@pytest.fixture
def pool(service: ScriptedService, clock: HandClock) -> Service:
    """Return a pool with two users and a group."""
    return Service(service, clock, {entry["object_id"]: entry for entry in (A, B, STAFF)})


def test_a_run_and_its_prediction_and_what_a_second_run_costs(pool: Service) -> None:
    change = users(user("a1", "administrators"), C, purge=True)
    predicted = pool.run(change, "predict")
    assert pool.posts == []
    outcome = pool.run(change)
    assert outcome.changed
    assert predicted.changed
    assert predicted.synchronous_result() == outcome.synchronous_result()
    assert pool.posts == [("ADD", 1), ("CHANGE_PRIVILEGE", 1), ("REMOVE", 2)]
    assert predicted.observation is not None
    assert outcome.observation is not None
    listed = [{**entry, "created_at": ""} for entry in change.objects_after(outcome.observation)]
    assert listed == [{**entry, "created_at": ""} for entry in change.objects_after(predicted.observation)]

    before = len(pool.service.requests)
    again = pool.run(change)
    assert not again.changed
    assert [request.path for request in pool.service.requests[before:]] == [
        f"{BASE}/desktop-pools/{again.pool.id}/users"
    ]


def test_long_lists_are_read_to_their_end(pool: Service) -> None:
    crowd = [user(f"n{number:04}") for number in range(701)]
    assert pool.run(users(*crowd)).changed
    assert not pool.run(users(*crowd)).changed
    assert pool.posts == [("ADD", 500), ("ADD", 201)]


@pytest.mark.parametrize("change", [users(C), users(user("a1", "administrators")), users(A, state="absent")])
def test_a_lost_answer_is_answered_by_reading(pool: Service, change: Users) -> None:
    pool.fates = ["answer lost"]
    assert pool.run(change).changed
    assert len(pool.posts) == 1
    assert not pool.run(change).changed


def test_a_request_that_never_arrived_is_sent_again_and_then_given_up(pool: Service) -> None:
    pool.fates = ["never arrived"]
    assert pool.run(users(C)).changed
    assert pool.posts == [("ADD", 1), ("ADD", 1)]
    pool.fates = ["never arrived"] * 2
    assert "unknown" in str(pool.fails(OutcomeUnknownError, users(A, state="absent")))


def test_a_service_that_takes_a_request_and_does_nothing_is_found_out(pool: Service) -> None:
    pool.ignores = True
    error = pool.fails(JobFailedError, users(C))
    assert "it does not show on the pool itself" in str(error)
    assert len(pool.posts) == 1


def test_a_run_that_was_cut_off_is_finished_by_the_next(pool: Service) -> None:
    change = users(user("a1", "administrators"), C, purge=True)
    pool.fates = ["done", "400"]
    error = pool.fails(RefusedError, change)
    assert error.fields["changed"] is True
    assert error.fields["desktop_pool"]["id"] == pool_record()["id"]
    assert pool.run(change).changed
    assert pool.posts == [("ADD", 1), ("CHANGE_PRIVILEGE", 1), ("CHANGE_PRIVILEGE", 1), ("REMOVE", 2)]


@pytest.mark.parametrize(("fate", "kind"), [("409", ConflictError), ("400", RefusedError)])
def test_a_removal_that_is_refused_says_what_to_do(pool: Service, fate: str, kind: type[RefusedError]) -> None:
    pool.fates = [fate]
    pool.desktops = [desktop_record("d1", attach_user_infos=[{"user_name": "user-a1"}])]
    error = pool.fails(kind, users(A, state="absent"))
    assert "detach the desktop or wait for the user to log off" in str(error)
    assert error.fields["http_status"] == int(fate)
    assert error.fields["changed"] is False
    assert [text for text in pool.warnings if "user-a1 (D1)" in text]
    pool.fates = ["400"]
    assert "detach" not in str(pool.fails(RefusedError, users(C)))


@pytest.mark.parametrize("status", [400, 404, 405])
def test_a_region_that_does_not_list_users_is_named_as_such(
    service: ScriptedService, clock: HandClock, status: int
) -> None:
    service.on("GET", f"{BASE}/desktop-pools/.*/users", Reply(status, {"error_code": "APIGW.0101", "error_msg": "no"}))
    error = Service(service, clock).fails(WorkspaceError, users(A))
    assert "this region does not seem to list the users of pools" in str(error)
    assert service.sent("POST") == []


def test_a_pool_that_does_not_exist_yet_has_no_users() -> None:
    change = users(A)
    observation = change.observe(session_to("http://127.0.0.1:1"), Pool.absent("new"))
    assert change.objects_after(observation) == [A]
