# Copyright (c) 2026 the hwcloud.workspace contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Faults as a client on the network sees them."""

from __future__ import annotations

import json
import socket
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from http.client import IncompleteRead, RemoteDisconnected
from typing import Any
from urllib.parse import urlsplit

import pytest

from workspace_simulator.testing import RunningSimulator

PROJECT = "0123456789abcdef0123456789abcdef"
FINANCE = "22222222-0000-4000-8000-000000000001"
NEW_IMAGE = "11111111-1010-4000-8000-000000002611"
REBUILD = f"/v2/{PROJECT}/desktop-pools/{FINANCE}/rebuild"
POOLS = f"/v2/{PROJECT}/desktop-pools"


@pytest.fixture
def token(simulator: RunningSimulator) -> str:
    """Return a token of the operator."""
    user = {"name": "operator", "password": "ExamplePassword1", "domain": {"name": "example-account"}}
    auth = {
        "identity": {"methods": ["password"], "password": {"user": user}},
        "scope": {"project": {"name": "eu-west-101"}},
    }
    with _open(simulator.url + "/v3/auth/tokens", {"auth": auth}) as answer:
        return str(answer.headers["X-Subject-Token"])


@pytest.fixture
def send(simulator: RunningSimulator, token: str) -> Any:
    """Return a sender of requests: status and body of the answer."""

    def request(path: str, body: Any = None, timeout: float = 10) -> tuple[int, bytes]:
        try:
            with _open(simulator.url + path, body, token, timeout) as answer:
                return answer.status, answer.read()
        except urllib.error.HTTPError as refusal:
            with refusal:
                return refusal.code, refusal.read()

    return request


@pytest.fixture
def raw(simulator: RunningSimulator) -> Iterator[socket.socket]:
    """Return a socket connected to the simulator."""
    address = urlsplit(simulator.url)
    with socket.create_connection((address.hostname, address.port), timeout=10) as connection:
        yield connection


def _open(url: str, body: Any = None, token: str = "", timeout: float = 10) -> Any:
    data = None if body is None else json.dumps(body).encode()
    headers = {"Content-Type": "application/json", "X-Auth-Token": token}
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    return opener.open(urllib.request.Request(url, data, headers), timeout=timeout)


def _ask(connection: socket.socket, token: str) -> None:
    head = f"GET {POOLS} HTTP/1.1\r\nHost: simulator\r\nX-Auth-Token: {token}\r\n\r\n"
    connection.sendall(head.encode())


def jobs(simulator: RunningSimulator) -> int:
    return len(simulator.control.estate()["jobs"])


def test_an_answer_lost_after_the_commit_leaves_a_job_behind(simulator: RunningSimulator, send: Any) -> None:
    simulator.control.set_faults({"operation": "RebuildDesktopPool", "when": "after_commit", "effect": {"reset": True}})
    with pytest.raises((ConnectionResetError, RemoteDisconnected)):
        send(REBUILD, {"image_id": NEW_IMAGE})
    assert jobs(simulator) == 1
    (entry,) = simulator.control.journal("RebuildDesktopPool")
    assert (entry["status"], entry["committed"]) == (None, True)
    assert entry["fault"]["when"] == "after_commit"


def test_a_request_lost_before_the_commit_leaves_nothing_behind(simulator: RunningSimulator, send: Any) -> None:
    simulator.control.set_faults({"operation": "RebuildDesktopPool", "effect": {"reset": True}})
    with pytest.raises((ConnectionResetError, RemoteDisconnected)):
        send(REBUILD, {"image_id": NEW_IMAGE})
    assert jobs(simulator) == 0
    assert [entry["committed"] for entry in simulator.control.journal("RebuildDesktopPool")] == [False]
    assert send(REBUILD, {"image_id": NEW_IMAGE})[0] == 200


def test_a_reset_is_one_on_the_wire(simulator: RunningSimulator, raw: socket.socket, token: str) -> None:
    simulator.control.set_faults({"effect": {"reset": True}})
    _ask(raw, token)
    with pytest.raises(ConnectionResetError):
        raw.recv(1)


def test_a_connection_can_end_in_order_without_an_answer(
    simulator: RunningSimulator, raw: socket.socket, token: str
) -> None:
    simulator.control.set_faults({"effect": {"reset": "fin"}})
    _ask(raw, token)
    assert raw.recv(1) == b""


def test_the_server_lives_on_after_a_reset(simulator: RunningSimulator, send: Any) -> None:
    simulator.control.set_faults({"count": 3, "effect": {"reset": True}})
    for _time in range(3):
        with pytest.raises((ConnectionResetError, RemoteDisconnected)):
            send(POOLS)
    assert send(POOLS)[0] == 200


def test_a_cut_answer_is_no_json(simulator: RunningSimulator, send: Any) -> None:
    simulator.control.set_faults(
        {"operation": "RebuildDesktopPool", "when": "after_commit", "effect": {"truncate": True}},
        {"operation": "ListDesktopPools", "when": "after_commit", "effect": {"truncate": 7}},
    )
    status, body = send(REBUILD, {"image_id": NEW_IMAGE})
    assert status == 200
    with pytest.raises(json.JSONDecodeError):
        json.loads(body)
    assert jobs(simulator) == 1
    assert send(POOLS) == (200, b'{"total')


def test_an_answer_can_be_replaced(simulator: RunningSimulator, send: Any) -> None:
    simulator.control.set_faults(
        {"effect": {"status": 503, "body": "<html>busy</html>", "content_type": "text/html"}},
        {"effect": {"status": 500, "body": {"error_code": "APIGW.0601", "error_msg": "Internal server error"}}},
        {"effect": {"status": 502}},
    )
    assert send(POOLS) == (503, b"<html>busy</html>")


def test_rules_take_turns(simulator: RunningSimulator, send: Any) -> None:
    simulator.control.set_faults(
        {"path": "/desktop-pools$", "nth": 2, "count": 2, "effect": {"status": 500}},
        {"method": "get", "nth": 5, "count": None, "effect": {"status": 429, "headers": {"Retry-After": "7"}}},
    )
    assert [send(POOLS)[0] for _time in range(7)] == [200, 500, 500, 200, 429, 429, 429]
    assert [rule["seen"] for rule in simulator.control.faults()] == [7, 7]
    simulator.control.clear_faults()
    assert send(POOLS)[0] == 200


def test_a_hanging_answer_runs_into_the_clients_limit(simulator: RunningSimulator, send: Any) -> None:
    simulator.control.set_faults({"operation": "RebuildDesktopPool", "when": "after_commit", "effect": {"hang": 30}})
    with pytest.raises(TimeoutError):
        send(REBUILD, {"image_id": NEW_IMAGE}, timeout=0.3)
    assert jobs(simulator) == 1


def test_a_hanging_connection_is_closed_in_the_end(simulator: RunningSimulator, send: Any) -> None:
    simulator.control.set_faults({"effect": {"hang": 0.2}})
    began = time.monotonic()
    with pytest.raises((ConnectionResetError, RemoteDisconnected, IncompleteRead)):
        send(POOLS)
    assert time.monotonic() - began >= 0.2


@pytest.mark.parametrize("when", ["before_commit", "after_commit"])
def test_an_answer_can_be_late(simulator: RunningSimulator, send: Any, when: str) -> None:
    simulator.control.set_faults({"when": when, "effect": {"delay": 0.2}})
    began = time.monotonic()
    assert send(POOLS)[0] == 200
    assert time.monotonic() - began >= 0.2


def test_a_late_reply_does_not_hold_up_others(
    simulator: RunningSimulator, raw: socket.socket, token: str, send: Any
) -> None:
    simulator.control.set_faults({"effect": {"delay": 5}})
    _ask(raw, token)
    began = time.monotonic()
    while not simulator.control.journal("ListDesktopPools"):
        assert time.monotonic() - began < 5
    assert send(POOLS)[0] == 200
    assert time.monotonic() - began < 4


def test_a_stop_does_not_wait_for_a_hanging_answer() -> None:
    with RunningSimulator() as simulator:
        simulator.control.set_faults({"effect": {"hang": 60}})
        with pytest.raises(TimeoutError):
            _open(simulator.url + POOLS, timeout=0.2)
        began = time.monotonic()
        assert simulator.stop() == 0
        assert time.monotonic() - began < 5
