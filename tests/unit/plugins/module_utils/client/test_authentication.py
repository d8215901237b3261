# Copyright (c) 2026 the hwcloud.workspace contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Credentials over time: a machine's next key, and what the tasks of a run tell each other of a refusal."""

from __future__ import annotations

from typing import Any

import pytest

from ansible_collections.hwcloud.workspace.plugins.module_utils.client.authentication import Authenticator
from ansible_collections.hwcloud.workspace.plugins.module_utils.client.board import Board
from ansible_collections.hwcloud.workspace.plugins.module_utils.client.credentials import (
    AccessKey,
    Credentials,
    Password,
    Token,
)
from ansible_collections.hwcloud.workspace.plugins.module_utils.client.errors import UnauthorizedError
from ansible_collections.hwcloud.workspace.plugins.module_utils.client.operations import REBUILD_POOL, SHOW_POOL
from ansible_collections.hwcloud.workspace.plugins.module_utils.client.session import Session
from ansible_collections.hwcloud.workspace.plugins.module_utils.client.settings import read_settings
from ansible_collections.hwcloud.workspace.plugins.module_utils.client.transport import Transport
from ansible_collections.hwcloud.workspace.tests.unit.plugins.module_utils.scripted_service import (
    PROJECT,
    Behaviour,
    HandClock,
    Reply,
    Request,
    ScriptedService,
)

POOL = f"/v2/{PROJECT}/desktop-pools/p1"
PATH = {"pool_id": "p1"}
REFUSED = Reply(401, {"error_code": "APIGW.0301", "error_msg": "verify aksk signature fail"})
TOKEN_CALL, KEY_CALL = ("PUT", "/meta-data/latest/api/token"), ("GET", "/openstack/latest/securitykey")


def open_session(
    service: ScriptedService,
    credentials: Credentials,
    clock: HandClock,
    board: Board | None = None,
    told: list[str] | None = None,
) -> Session:
    """Return a session of a task; those with the same board belong to one run."""
    given = {"endpoint": service.url, "iam_endpoint": service.url, "region": "eu-west-101", "project_id": PROJECT}
    settings = read_settings(given, {})
    authenticator = Authenticator(settings, credentials, (told if told is not None else []).append, clock)
    return Session(settings, authenticator, Transport(5.0, proxied=False), clock, board=board)


def issued(*names: str) -> list[Reply]:
    return [
        Reply(200, {"credential": {"access": name, "secret": f"{name}-secret", "securitytoken": f"{name}-token"}})
        for name in names
    ]


def takes(*keys: str, also: set[str] | None = None) -> Any:
    """Return a script that accepts these keys alone, and those in ``also`` as long as they are there."""

    def script(request: Request) -> Behaviour:
        key = request.headers["Authorization"].partition("Access=")[2].partition(",")[0]
        return Reply(200, {"id": "p1"}) if key in keys or key in (also or ()) else REFUSED

    return script


def keys_sent(service: ScriptedService) -> list[str]:
    requests = [request for request in service.requests if request.path == POOL]
    return [request.headers["Authorization"].partition("Access=")[2].partition(",")[0] for request in requests]


def machine(service: ScriptedService) -> AccessKey:
    return AccessKey("K1", "K1-secret", "K1-token", source="ECS metadata", metadata_endpoint=service.url)


def test_a_machine_asks_for_its_next_key_every_twenty_minutes(service: ScriptedService, clock: HandClock) -> None:
    service.on(*TOKEN_CALL, Reply(200, "t"))
    service.on(*KEY_CALL, *issued("K1", "K2"))
    service.on("GET", POOL, takes("K1", "K2"))
    told: list[str] = []
    session = open_session(service, machine(service), clock, told=told)
    for _time in range(5):
        session.call(SHOW_POOL, PATH)
        clock.sleep(600)
    assert keys_sent(service) == ["K1", "K1", "K1", "K1", "K2"]
    assert len(service.sent(*KEY_CALL)) == 2
    assert {"K2-secret", "K2-token"} <= set(told)


def test_a_refused_key_of_the_machine_is_replaced_and_never_sent_again(
    service: ScriptedService, clock: HandClock
) -> None:
    service.on(*TOKEN_CALL, Reply(200, "t"))
    service.on(*KEY_CALL, *issued("K2", "K3", "K4"))
    accepted = {"K2"}
    service.on("GET", POOL, takes(also=accepted))
    session = open_session(service, machine(service), clock)
    session.call(SHOW_POOL, PATH)
    assert keys_sent(service) == ["K1", "K2"]
    accepted.clear()
    with pytest.raises(UnauthorizedError, match="the metadata service of this machine has no other key"):
        session.call(SHOW_POOL, PATH)
    assert keys_sent(service) == ["K1", "K2", "K2", "K3"]


@pytest.mark.parametrize("answer", [issued("K1")[0], Reply(500), Reply(200, "nonsense")], ids=["same", "down", "odd"])
def test_a_machine_without_another_key_does_not_try_the_same_again(
    service: ScriptedService, clock: HandClock, answer: Reply
) -> None:
    service.on(*TOKEN_CALL, Reply(200, "t"))
    service.on(*KEY_CALL, answer)
    service.on("GET", POOL, takes("nobody"))
    with pytest.raises(UnauthorizedError):
        open_session(service, machine(service), clock).call(SHOW_POOL, PATH)
    assert keys_sent(service) == ["K1"]


KINDS = {
    "key": (AccessKey("K1", "s"), AccessKey("K1", "other")),
    "temporary key": (AccessKey("K1", "s", "t"), AccessKey("K1", "s", "other")),
    "token": (Token("t"), Token("other")),
    "password": (Password("user-c3", "p", "acme"), Password("user-c3", "other", "acme")),
}


@pytest.mark.parametrize("kind", KINDS)
def test_what_was_refused_is_not_sent_by_the_next_task(service: ScriptedService, clock: HandClock, kind: str) -> None:
    wrong, other = KINDS[kind]
    service.on("GET", POOL, REFUSED)
    service.on("POST", "/v3/auth/tokens", REFUSED)
    board = Board()
    said = []
    for credentials in (wrong, wrong, wrong, other):
        with pytest.raises(UnauthorizedError) as failed:
            open_session(service, credentials, clock, board).call(SHOW_POOL, PATH)
        said.append(str(failed.value))
        assert failed.value.result_fields()["http_status"] == 401
        clock.sleep(20)
    assert len(service.requests) == 2
    assert said[2].startswith(said[0].rstrip("."))
    assert said[2].endswith("That was 40s ago, and what was refused is not sent again within 5m00s.")
    clock.sleep(300)
    with pytest.raises(UnauthorizedError):
        open_session(service, wrong, clock, board).call(SHOW_POOL, PATH)
    assert len(service.requests) == 3


@pytest.mark.parametrize("operation", [SHOW_POOL, REBUILD_POOL], ids=lambda operation: operation.name)
def test_a_task_that_goes_on_after_a_refusal_does_not_repeat_it(
    service: ScriptedService, clock: HandClock, operation: Any
) -> None:
    service.on(operation.method, f"{POOL}.*", Reply(200, {"id": "p1", "job_id": "j"}), REFUSED)
    session = open_session(service, AccessKey("K1", "s"), clock)
    session.call(operation, PATH)
    for _time in range(3):
        with pytest.raises(UnauthorizedError):
            session.call(operation, PATH)
    assert len(service.requests) == 2


def test_a_refusal_at_one_place_says_nothing_of_another(service: ScriptedService, clock: HandClock) -> None:
    """A token is good for its own region."""
    elsewhere = ScriptedService()
    service.on("GET", POOL, REFUSED)
    elsewhere.on("GET", POOL, Reply(200, {"id": "p1"}))
    board = Board()
    with pytest.raises(UnauthorizedError):
        open_session(service, Token("t"), clock, board).call(SHOW_POOL, PATH)
    assert open_session(elsewhere, Token("t"), clock, board).call(SHOW_POOL, PATH) == {"id": "p1"}
    elsewhere.close()
