# Copyright (c) 2026 the hwcloud.workspace contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Sessions: what is sent again and what never is, seen from the service's side."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from ansible_collections.hwcloud.workspace.plugins.module_utils.client.credentials import Password, Token
from ansible_collections.hwcloud.workspace.plugins.module_utils.client.errors import (
    ConflictError,
    NetworkError,
    OutcomeUnknownError,
    RefusedError,
    ServerError,
    ThrottledError,
    UnauthorizedError,
    WorkspaceError,
)
from ansible_collections.hwcloud.workspace.plugins.module_utils.client.operations import (
    LIST_POOLS,
    REBUILD_POOL,
    SHOW_POOL,
    UPDATE_POOL,
)
from ansible_collections.hwcloud.workspace.tests.unit.plugins.module_utils.scripted_service import (
    PROJECT,
    Behaviour,
    HandClock,
    Reply,
    Request,
    Reset,
    ScriptedService,
    Silence,
    Truncated,
    session_to,
)

POOL = f"/v2/{PROJECT}/desktop-pools/p1"
REBUILD = f"{POOL}/rebuild"
BUSY = Reply(429, {"error_code": "APIGW.0308", "error_msg": "over ratelimit"})
PATH = {"pool_id": "p1"}


def test_an_operation_goes_to_its_path_with_project_and_signature(service: ScriptedService) -> None:
    service.on("GET", f"/v2/{PROJECT}/desktop-pools", Reply(200, {"desktop_pools": []}))
    assert session_to(service.url).call(LIST_POOLS, query={"limit": 1}) == {"desktop_pools": []}
    (request,) = service.requests
    assert request.target == f"/v2/{PROJECT}/desktop-pools?limit=1"
    assert request.headers["X-Project-Id"] == PROJECT
    assert request.headers["Authorization"].startswith("SDK-HMAC-SHA256 Access=EXAMPLEAK, SignedHeaders=")
    assert "x-project-id" in request.headers["Authorization"]


@pytest.mark.parametrize(("status", "body"), [(204, None), (200, None), (202, {"job_id": "j"}), (201, {})])
def test_any_2xx_is_success_with_a_body_or_without(service: ScriptedService, status: int, body: Any) -> None:
    service.on("POST", REBUILD, Reply(status, body))
    assert session_to(service.url).call(REBUILD_POOL, PATH, body={}) == body


PASSING = [
    Reply(500, {"error_code": "WKS.9", "error_msg": "x"}),
    Reply(502, "<html>"),
    Reply(503),
    Reply(504),
    Reset(),
    Truncated(),
    Silence(),
    Reply(200, "<html>captive portal</html>"),
    Reply(200, ["a list"]),
]


@pytest.mark.parametrize("fault", PASSING, ids=repr)
def test_a_read_is_sent_again_after_a_passing_fault(
    service: ScriptedService, clock: HandClock, fault: Behaviour
) -> None:
    service.on("GET", POOL, fault, fault, Reply(200, {"id": "p1"}))
    session = session_to(service.url, clock=clock, timeout=0.2)
    assert session.call(SHOW_POOL, PATH) == {"id": "p1"}
    assert len(service.requests) == 3
    assert len(clock.pauses) == 2


@pytest.mark.parametrize("fault", PASSING, ids=repr)
def test_a_change_is_not_sent_again_after_a_fault_that_hides_its_outcome(
    service: ScriptedService, clock: HandClock, fault: Behaviour
) -> None:
    service.on("POST", REBUILD, fault)
    with pytest.raises(
        OutcomeUnknownError, match="^RebuildDesktopPool was sent, and whether it was carried out is unknown"
    ):
        session_to(service.url, clock=clock, timeout=0.2).call(REBUILD_POOL, PATH, body={})
    assert len(service.requests) == 1
    assert clock.pauses == []


@pytest.mark.parametrize("fault", PASSING, ids=repr)
def test_a_change_that_names_its_goal_in_full_is_sent_again(service: ScriptedService, fault: Behaviour) -> None:
    service.on("PUT", POOL, fault, Reply(204))
    assert session_to(service.url, timeout=0.2).call(UPDATE_POOL, PATH, body={"name": "x"}) is None
    assert [request.json() for request in service.requests] == [{"name": "x"}] * 2


def test_an_unknown_outcome_does_not_read_as_a_refusal(service: ScriptedService) -> None:
    service.on("POST", REBUILD, Reply(500, {"error_code": "WKS.9", "error_msg": "inner error"}))
    with pytest.raises(OutcomeUnknownError, match="inner error") as failed:
        session_to(service.url).call(REBUILD_POOL, PATH, body={})
    assert "was refused" not in str(failed.value)
    assert "try again later" not in str(failed.value)
    assert failed.value.result_fields()["http_status"] == 500


def test_a_change_is_sent_again_after_a_refusal_for_too_many_calls(service: ScriptedService, clock: HandClock) -> None:
    service.on("POST", REBUILD, BUSY, BUSY, Reply(200, {"job_id": "j"}))
    assert session_to(service.url, clock=clock).call(REBUILD_POOL, PATH, body={}) == {"job_id": "j"}
    assert len(service.requests) == 3


def test_a_change_is_sent_again_after_a_refused_connection() -> None:
    gone = ScriptedService()
    gone.close()
    returned: list[ScriptedService] = []

    class Repairing(HandClock):
        """A clock at whose second pause the service comes back at the same address."""

        def sleep(self, seconds: float) -> None:
            super().sleep(seconds)
            if len(self.pauses) == 2:
                returned.append(ScriptedService(port=gone.port))
                returned[0].on("POST", REBUILD, Reply(200, {"job_id": "j"}))

    assert session_to(gone.url, clock=Repairing()).call(REBUILD_POOL, PATH, body={}) == {"job_id": "j"}
    returned[0].close()
    assert len(returned[0].requests) == 1


def test_a_change_that_could_never_be_delivered_changed_nothing(clock: HandClock) -> None:
    gone = ScriptedService()
    gone.close()
    with pytest.raises(NetworkError, match=r"^RebuildDesktopPool failed: .* Nothing was changed\.$"):
        session_to(gone.url, clock=clock).call(REBUILD_POOL, PATH, body={})
    assert len(clock.pauses) == 5


def test_throttling_is_waited_out_for_half_an_hour_before_giving_up(service: ScriptedService, clock: HandClock) -> None:
    service.on("GET", POOL, BUSY)
    with pytest.raises(ThrottledError, match="too many calls a minute"):
        session_to(service.url, clock=clock).call(SHOW_POOL, PATH)
    assert 10 <= len(service.requests) <= 20
    assert sum(clock.pauses) == pytest.approx(1800)


def test_throttling_is_waited_out_no_longer_than_there_is_patience(service: ScriptedService, clock: HandClock) -> None:
    service.on("GET", POOL, BUSY)
    session = session_to(service.url, clock=clock)
    with session.patience(77), pytest.raises(ThrottledError):
        session.call(SHOW_POOL, PATH)
    assert sum(clock.pauses) == pytest.approx(77)


def test_throttling_is_not_waited_out_without_retries(service: ScriptedService, clock: HandClock) -> None:
    service.on("GET", POOL, BUSY)
    with pytest.raises(ThrottledError):
        session_to(service.url, clock=clock, max_retries=0).call(SHOW_POOL, PATH)
    assert clock.pauses == []


def test_a_wish_for_a_pause_is_granted(service: ScriptedService, clock: HandClock) -> None:
    service.on(
        "GET",
        POOL,
        Reply(429, None, {"Retry-After": "77"}),
        Reply(503, None, {"Retry-After": "88"}),
        Reply(200, {"id": "p1"}),
    )
    session_to(service.url, clock=clock).call(SHOW_POOL, PATH)
    assert 78 <= clock.pauses[0] <= 79
    assert clock.pauses[1] == 88


@pytest.mark.parametrize("tries", [0, 1, 3])
def test_max_retries_bounds_the_repetitions(service: ScriptedService, tries: int) -> None:
    service.on("GET", POOL, Reply(500))
    with pytest.raises(ServerError):
        session_to(service.url, max_retries=tries).call(SHOW_POOL, PATH)
    assert len(service.requests) == tries + 1


@pytest.mark.parametrize(
    ("reply", "kind"),
    [
        (Reply(400, {"error_code": "WKS.1", "error_msg": "bad"}), RefusedError),
        (Reply(401, {"error_code": "APIGW.0301", "error_msg": "bad"}), UnauthorizedError),
        (Reply(409, {"error_code": "WKS.00010032", "error_msg": "busy"}), ConflictError),
        (Reply(302, None, {"Location": "https://workspace.invalid/"}), RefusedError),
    ],
)
@pytest.mark.parametrize("operation", [SHOW_POOL, UPDATE_POOL, REBUILD_POOL], ids=lambda operation: operation.name)
def test_what_the_service_states_is_never_asked_twice(
    service: ScriptedService, clock: HandClock, reply: Reply, kind: type[WorkspaceError], operation: Any
) -> None:
    service.on(operation.method, f"{POOL}.*", reply)
    with pytest.raises(kind):
        session_to(service.url, clock=clock).call(operation, PATH)
    assert len(service.requests) == 1
    assert clock.pauses == []


def test_a_certificate_that_is_not_trusted_is_not_tried_again(clock: HandClock) -> None:
    session = session_to("https://127.0.0.1:9", clock=clock)
    session.settings = replace(session.settings, endpoint="https://*.invalid")  # no option gets that far
    with pytest.raises(NetworkError, match="is no address that can be connected to"):
        session.call(SHOW_POOL, PATH)
    assert clock.pauses == []


def test_that_nothing_was_changed_is_not_claimed_after_a_try_that_may_have_arrived() -> None:
    leaving = ScriptedService()

    class Leaving(HandClock):
        """A clock at whose first pause the service goes away."""

        def sleep(self, seconds: float) -> None:
            super().sleep(seconds)
            if len(self.pauses) == 1:
                leaving.close()

    leaving.on("PUT", POOL, Reset())
    with pytest.raises(NetworkError) as failed:
        session_to(leaving.url, clock=Leaving()).call(UPDATE_POOL, PATH, body={"name": "x"})
    assert "cannot be connected to" in str(failed.value)
    assert "Nothing was changed" not in str(failed.value)


# Authentication.


def tokens(*names: str) -> list[Reply]:
    return [Reply(201, {"token": {"project": {"id": PROJECT}}}, {"X-Subject-Token": name}) for name in names]


def wants(token: str) -> Any:
    """Return a script that takes this token alone."""

    def script(request: Request) -> Behaviour:
        if request.headers["X-Auth-Token"] == token:
            return Reply(200, {"id": "p1"})
        return Reply(401, {"error_code": "APIGW.0307", "error_msg": "token expires"})

    return script


LOGIN = Password("user-c3", "pa55word", "acme")


def test_a_token_is_sent_and_a_refused_one_is_not_sent_again(service: ScriptedService) -> None:
    service.on("GET", POOL, wants("good"))
    assert session_to(service.url, credentials=Token("good")).call(SHOW_POOL, PATH) == {"id": "p1"}
    with pytest.raises(UnauthorizedError, match="the token has expired or belongs to another region"):
        session_to(service.url, credentials=Token("old")).call(SHOW_POOL, PATH)
    assert len(service.requests) == 2


def test_a_login_is_made_once_and_its_token_used_from_then_on(service: ScriptedService) -> None:
    service.on("POST", "/v3/auth/tokens", *tokens("t1", "t2"))
    service.on("GET", POOL, wants("t1"))
    told: list[str] = []
    session = session_to(service.url, credentials=LOGIN, on_secret=told.append)
    for _time in range(3):
        session.call(SHOW_POOL, PATH)
    (login,) = service.sent("POST")
    assert login.target == "/v3/auth/tokens?nocatalog=true"
    assert login.json() == {
        "auth": {
            "identity": {
                "methods": ["password"],
                "password": {"user": {"name": "user-c3", "password": "pa55word", "domain": {"name": "acme"}}},
            },
            "scope": {"project": {"id": PROJECT}},
        }
    }
    assert "Authorization" not in login.headers
    assert told == ["t1"]


def test_a_login_of_a_region_gives_the_project(service: ScriptedService) -> None:
    service.on("POST", "/v3/auth/tokens", *tokens("t1"))
    service.on("GET", POOL, wants("t1"))
    session_to(service.url, credentials=LOGIN, project_id=None).call(SHOW_POOL, PATH)
    assert service.sent("POST")[0].json()["auth"]["scope"] == {"project": {"name": "eu-west-101"}}
    assert service.sent("GET", "/v3/projects") == []


def test_a_token_that_ran_out_is_renewed_with_the_password_once(service: ScriptedService) -> None:
    service.on("POST", "/v3/auth/tokens", *tokens("t1", "t2"))
    service.on("GET", POOL, wants("t2"))
    assert session_to(service.url, credentials=LOGIN).call(SHOW_POOL, PATH) == {"id": "p1"}
    assert len(service.sent("POST")) == 2


def test_a_renewed_token_that_is_refused_ends_it(service: ScriptedService) -> None:
    service.on("POST", "/v3/auth/tokens", *tokens("t1", "t2", "t3"))
    service.on("GET", POOL, wants("never"))
    with pytest.raises(UnauthorizedError):
        session_to(service.url, credentials=LOGIN).call(SHOW_POOL, PATH)
    assert len(service.sent("POST")) == 2
    assert len(service.sent("GET")) == 2


def test_a_change_is_sent_once_more_after_its_token_was_refused(service: ScriptedService) -> None:
    service.on("POST", "/v3/auth/tokens", *tokens("t1", "t2"))
    service.on("POST", REBUILD, Reply(401, {"error_code": "APIGW.0307", "error_msg": "x"}), Reply(200, {"job_id": "j"}))
    assert session_to(service.url, credentials=LOGIN).call(REBUILD_POOL, PATH, body={}) == {"job_id": "j"}


def test_a_wrong_password_is_tried_once_and_not_shown(service: ScriptedService) -> None:
    service.on("POST", "/v3/auth/tokens", Reply(401, {"error": {"code": 401, "message": "wrong", "title": "x"}}))
    with pytest.raises(UnauthorizedError, match="^logging in as user-c3 of acme: .* was refused: wrong") as failed:
        session_to(service.url, credentials=LOGIN).call(SHOW_POOL, PATH)
    assert "pa55word" not in str(failed.value)
    assert len(service.requests) == 1


def test_a_login_is_sent_again_after_a_passing_fault(service: ScriptedService) -> None:
    service.on("POST", "/v3/auth/tokens", Reply(503), Reset(), *tokens("t1"))
    service.on("GET", POOL, wants("t1"))
    assert session_to(service.url, credentials=LOGIN).call(SHOW_POOL, PATH) == {"id": "p1"}


def test_a_login_without_a_token_says_so(service: ScriptedService) -> None:
    service.on("POST", "/v3/auth/tokens", Reply(201, {"token": {}}))
    with pytest.raises(WorkspaceError, match="IAM accepted the login but gave no token; check iam_endpoint"):
        session_to(service.url, credentials=LOGIN).call(SHOW_POOL, PATH)


@pytest.mark.parametrize("credentials", [LOGIN, Token("t"), None])
def test_without_region_and_project_nothing_is_sent(service: ScriptedService, credentials: Any) -> None:
    service.on("POST", "/v3/auth/tokens", Reply(400, {"error": {"code": 400, "message": "no project", "title": "x"}}))
    with pytest.raises(WorkspaceError, match="^Neither region nor project_id is set"):
        session_to(service.url, credentials=credentials, region=None, project_id=None).call(SHOW_POOL, PATH)
    assert service.requests == []


# The project.


def projects(*found: dict[str, str]) -> Reply:
    return Reply(200, {"projects": list(found)})


def test_the_project_is_looked_up_once_by_the_regions_exact_name(service: ScriptedService) -> None:
    service.on(
        "GET",
        "/v3/projects",
        projects({"id": "sub", "name": "eu-west-101_sub"}, {"id": "found", "name": "eu-west-101"}),
    )
    service.on("GET", "/v2/found/desktop-pools/p1", Reply(200, {"id": "p1"}))
    session = session_to(service.url, project_id=None)
    session.call(SHOW_POOL, PATH)
    session.call(SHOW_POOL, PATH)
    (lookup,) = service.sent("GET", "/v3/projects")
    assert lookup.query == {"name": "eu-west-101"}
    assert lookup.headers["Authorization"].startswith("SDK-HMAC-SHA256 Access=EXAMPLEAK")
    assert "X-Project-Id" not in lookup.headers
    assert session.project_id == "found"


@pytest.mark.parametrize(
    "reply", [projects(), projects({"id": "sub", "name": "eu-west-101_sub"}), Reply(200, {}), Reply(200)]
)
def test_a_region_without_a_project_is_refused(service: ScriptedService, reply: Reply) -> None:
    service.on("GET", "/v3/projects", reply)
    with pytest.raises(WorkspaceError, match="^IAM knows no project named eu-west-101 for these credentials") as failed:
        session_to(service.url, project_id=None).call(SHOW_POOL, PATH)
    assert "Regions of Workspace" not in str(failed.value)


def test_a_misspelt_region_is_helped_with_the_list(service: ScriptedService) -> None:
    service.on("GET", "/v3/projects", projects())
    with pytest.raises(WorkspaceError, match="Regions of Workspace: af-north-1, .*eu-west-101"):
        session_to(service.url, region="eu-west-111", project_id=None).call(SHOW_POOL, PATH)


def test_several_projects_of_the_name_are_not_chosen_from(service: ScriptedService) -> None:
    service.on("GET", "/v3/projects", projects({"id": "b", "name": "eu-west-101"}, {"id": "a", "name": "eu-west-101"}))
    with pytest.raises(WorkspaceError, match=r"2 projects named eu-west-101; set project_id to one of a, b\.$"):
        session_to(service.url, project_id=None).call(SHOW_POOL, PATH)


def test_a_look_up_that_is_refused_is_not_repeated_and_one_that_failed_is(service: ScriptedService) -> None:
    service.on("GET", "/v3/projects", Reply(500), Reply(403, {"error": {"code": 403, "message": "no"}}))
    with pytest.raises(WorkspaceError, match="KeystoneListProjects was refused: no"):
        session_to(service.url, project_id=None).call(SHOW_POOL, PATH)
    assert len(service.requests) == 2
