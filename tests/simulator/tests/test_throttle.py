# Copyright (c) 2026 the hwcloud.workspace contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Limits on calls a minute."""

from __future__ import annotations

from typing import Any

import pytest

from workspace_simulator.throttle import Throttle, ThrottleSettings

PROJECT = "0123456789abcdef0123456789abcdef"
FINANCE = "22222222-0000-4000-8000-000000000001"


def limit(api: Any, **settings: Any) -> None:
    api.simulation.throttle = Throttle(ThrottleSettings(enabled=True, **settings))


def status(api: Any) -> int:
    return int(api.call("GET", "/desktop-pools").status_code)


def test_nothing_is_limited_by_default(api: Any) -> None:
    assert [status(api) for _time in range(250)] == [200] * 250


def test_a_call_too_many_is_refused_until_the_window_has_moved(api: Any) -> None:
    limit(api, reads=2)
    assert [status(api), status(api)] == [200, 200]
    answer = api.refused(429, "GET", "/desktop-pools")
    assert answer["error_code"] == "APIGW.0308"
    assert "limit:2,time:1 minute" in answer["error_msg"]
    api.advance(59)
    assert status(api) == 429
    api.advance(1)
    assert status(api) == 200


@pytest.mark.parametrize(("counted", "later"), [(False, 200), (True, 429)])
def test_refused_calls_may_count(api: Any, counted: bool, later: int) -> None:
    limit(api, reads=1, count_refused=counted)
    assert status(api) == 200
    api.advance(30)
    assert status(api) == 429
    api.advance(30)
    assert status(api) == later


def test_operations_and_users_are_counted_apart(api: Any) -> None:
    limit(api, reads=1)
    assert status(api) == 200
    assert status(api) == 429
    assert api.call("GET", "/images").status_code == 200
    auditor = api.simulation.iam.users["auditor"]
    api.headers = {"X-Auth-Token": api.simulation.iam.issue_token(auditor, PROJECT, api.world.now).text}
    assert status(api) == 200


def test_writes_have_their_own_limit_and_operations_may_too(api: Any) -> None:
    limit(api, reads=5, writes=1, operations={"ListImages": 0})
    body = {"notifications": "Hello"}
    path = f"/desktop-pools/{FINANCE}/notifications"
    assert [api.call("POST", path, body).status_code for _time in range(2)] == [200, 429]
    assert api.call("GET", "/images").status_code == 429


def test_a_refused_write_does_nothing(api: Any) -> None:
    limit(api, writes=0)
    assert api.rebuild().status_code == 429
    assert api.project.jobs == {}


@pytest.mark.parametrize(("said", "header"), [(True, "20"), (False, None)])
def test_the_answer_may_say_when_to_come_back(api: Any, said: bool, header: str | None) -> None:
    limit(api, reads=1, retry_after=said)
    status(api)
    api.advance(40)
    assert api.call("GET", "/desktop-pools").headers.get("Retry-After") == header
