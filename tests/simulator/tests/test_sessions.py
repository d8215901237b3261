# Copyright (c) 2026 the hwcloud.workspace contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Log-offs: sessions end after a while, without a job, and only where there are some."""

from __future__ import annotations

from typing import Any

PATH = "/desktops/logoff"


def ids(api: Any, *names: str) -> list[str]:
    return [api.desktop(name).desktop_id for name in names]


def login(api: Any) -> list[str]:
    return [api.desktop(f"FIN-00{number}").login_status for number in (1, 2, 3, 4)]


def test_sessions_end_after_their_time_without_a_job(api: Any) -> None:
    answer = api.call("POST", PATH, {"desktop_ids": ids(api, "FIN-001", "FIN-002", "FIN-003"), "message": "Good night"})
    assert (answer.status_code, answer.content) == (200, b"")
    api.advance(19)
    assert login(api) == ["CONNECTED", "DISCONNECTED", "REGISTERED", "UNREGISTER"]
    api.advance(1)
    assert login(api) == ["REGISTERED", "REGISTERED", "REGISTERED", "UNREGISTER"]
    assert api.project.jobs == {}
    assert [event["desktop"] for event in api.pool().effects.logoffs] == ["FIN-001", "FIN-002"]
    (event,) = api.desktop("FIN-001").record().logoffs
    assert (event["user_name"], event["login_status"], event["message"]) == ("user-a1", "CONNECTED", "Good night")
    assert api.desktop("FIN-003").record().logoffs == []
    assert api.desktop("FIN-001").user.name == "user-a1"


def test_what_is_asked_for_twice_happens_once(api: Any) -> None:
    body = {"desktop_ids": ids(api, "FIN-001")}
    for _time in range(2):
        assert api.call("POST", PATH, body).status_code == 200
        api.advance(5)
    api.advance(60)
    assert len(api.desktop("FIN-001").record().logoffs) == 1


def test_a_session_that_ended_by_itself_is_no_log_off(api: Any) -> None:
    api.call("POST", PATH, {"desktop_ids": ids(api, "FIN-001")})
    api.world.set_login_status(api.desktop("FIN-001"), "REGISTERED")
    api.advance(60)
    assert api.desktop("FIN-001").record().logoffs == []


def test_the_time_is_a_setting_of_the_estate(estate: Any, make_api: Any) -> None:
    estate.jobs.logoff_seconds = 300
    api = make_api(estate)
    api.call("POST", PATH, {"desktop_ids": ids(api, "FIN-001")})
    api.advance(299)
    assert login(api)[0] == "CONNECTED"
    api.advance(1)
    assert login(api)[0] == "REGISTERED"


def test_a_desktop_that_does_not_exist_refuses_all(api: Any) -> None:
    unknown = "33333333-0000-4000-8000-999999999999"
    error = api.refused(404, "POST", PATH, {"desktop_ids": [*ids(api, "FIN-001"), unknown]})
    assert unknown in error["error_msg"]
    api.advance(60)
    assert login(api)[0] == "CONNECTED"


def test_limits_of_the_request(api: Any) -> None:
    api.refused(400, "POST", PATH, {"desktop_ids": ["x"] * 101})
    api.refused(400, "POST", PATH, {"desktop_ids": [], "message": "x" * 256})
    api.refused(400, "POST", PATH, {"desktop_ids": [], "force": True})
    assert api.call("POST", PATH, {"message": "x" * 255}).status_code == 200


def test_a_user_who_had_to_go_loses_the_desktop_with_the_session(api: Any) -> None:
    api.dialect(remove_bound_user="until_logoff")
    desktop = api.desktop("FIN-001")
    desktop.leaving = True
    api.call("POST", PATH, {"desktop_ids": [desktop.desktop_id]})
    api.advance(20)
    assert desktop.user is None
