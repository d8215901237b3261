# Copyright (c) 2026 the hwcloud.workspace contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Sessions of users: logging them off, and draining a pool with each policy, also while users go by themselves."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from threading import Thread
from typing import Any

from running import Ansible, task
from sight import Sight, desktop_id, until

POOL = "callcenter"
IN_SESSION = {"CCT-001": "CONNECTED", "CCT-002": "DISCONNECTED"}
NOTICE = "Only %m% left"


def logoff(title: str, **options: Any) -> dict[str, Any]:
    """Return a task that logs users off."""
    return task("desktop_logoff", title, pool=POOL, **options)


def drain(title: str, **options: Any) -> dict[str, Any]:
    """Return a task that drains the pool."""
    return task("desktop_pool_drain", title, pool=POOL, **{"user_message": NOTICE, **options})


def checked(play: dict[str, Any]) -> dict[str, Any]:
    """Return a task in check mode."""
    return {**play, "name": f"check {play['name']}", "check_mode": True}


def ids(*names: str) -> list[str]:
    return [desktop_id(name) for name in names]


def logged_off(sight: Sight) -> dict[str, int]:
    """Return how often users were logged off, by desktop."""
    desktops = sight.control.pool(POOL)["desktops"]
    return {desktop["computer_name"]: len(desktop["effects"]["logoffs"]) for desktop in desktops}


def leave(sight: Sight, *names: str) -> None:
    """Let users log off by themselves."""
    sight.control.change(*({"desktop": name, "set": {"login_status": "REGISTERED"}} for name in names))


@contextmanager
def once(condition: Callable[[], bool], then: Callable[[], None]) -> Iterator[None]:
    """Do something as soon as a condition holds, while the block goes on. It has to come about."""
    problems: list[BaseException] = []

    def wait() -> None:
        try:
            until(condition, 60)
            then()
        except BaseException as error:  # noqa: BLE001 - it is raised again where it fails the test
            problems.append(error)

    thread = Thread(target=wait)
    thread.start()
    yield
    thread.join()
    if problems:
        raise problems[0]


def test_logging_off(ansible: Ansible, sight: Sight) -> None:
    play = logoff("log off", message="Good night")
    run = ansible.play(checked(play), play, {**play, "name": "again"}, checked({**play, "name": "rest"}))
    assert [found.changed for found in run.tasks] == [True, True, False, False]
    diff = {"before": {"desktops_in_session": IN_SESSION}, "after": {"desktops_in_session": {}}}
    assert run["log off"]["diff"] == run["check log off"]["diff"] == diff
    assert run["log off"]["desktops_logged_off"] == run["check log off"]["desktops_logged_off"]
    assert run["log off"]["desktops_logged_off"] == ids(*IN_SESSION)
    assert run["again"]["desktops_logged_off"] == []
    assert len(run["again"].requests) <= 2
    assert run.sent("BatchLogoffDesktops") == [{"desktop_ids": ids(*IN_SESSION), "message": "Good night"}]
    assert logged_off(sight) == {"CCT-001": 1, "CCT-002": 1, "CCT-003": 0}


def test_logging_off_from_one_desktop_without_waiting(ansible_in_process: Ansible, sight: Sight) -> None:
    run = ansible_in_process.play(logoff("log off", desktop_ids=ids("CCT-001", "CCT-003"), wait=False))
    assert run.only["desktops_logged_off"] == ids("CCT-001")
    until(lambda: logged_off(sight) == {"CCT-001": 1, "CCT-002": 0, "CCT-003": 0})


def test_users_who_come_back_at_once_fail_the_task(ansible_in_process: Ansible, sight: Sight) -> None:
    sight.control.set_dialect(after_logoff="returns_unless_maintenance")
    off = {**logoff("log off", wait_timeout=60), "ignore_errors": True}
    keep_out = task("desktop_pool", "keep out", name=POOL, in_maintenance_mode=True)
    run = ansible_in_process.play(off, keep_out, logoff("then"))
    assert run["log off"].status == "failed"
    assert "60 s after the request 2 desktops still have a session: CCT-001, CCT-002" in run["log off"].message
    assert run["then"]["desktops_logged_off"] == ids(*IN_SESSION)


def test_what_is_outside_its_limits_is_refused(ansible_in_process: Ansible) -> None:
    run = ansible_in_process.play(
        *(
            {**play, "ignore_errors": True}
            for play in (
                logoff("long", user_message="x" * 256),
                drain("long notice", user_message="x" * 397 + "%m%", grace_minutes=1000),
                drain("no minute", notify_minutes=[0]),
                drain("long grace", grace_minutes=1441),
            )
        )
    )
    assert run.requests == []
    assert [found.status for found in run.tasks] == ["failed"] * 4
    assert "401 characters with the minutes put in" in run["long notice"].message


def test_draining_with_a_log_off_at_its_end(ansible: Ansible, sight: Sight) -> None:
    play = drain("drain", session_policy="logoff", logoff_message="Bye", grace_minutes=6)
    run = ansible.play(checked(play), play, {**play, "name": "again"})
    assert [found.changed for found in run.tasks] == [True, True, False]
    predicted, drained, again = (run[name] for name in ("check drain", "drain", "again"))
    assert predicted["notices"] == drained["notices"] == [6, 5, 1]
    assert predicted["diff"] == drained["diff"]
    assert drained["diff"]["before"] == {"desktops_in_session": IN_SESSION}
    assert predicted["desktops_logged_off"] == drained["desktops_logged_off"] == ids(*IN_SESSION)
    assert [entry["user_names"] for entry in predicted["desktops_in_session"]] == [["user-f6"], ["user-g7"]]
    assert drained["desktops_in_session"] == []
    assert set(drained["desktops_free"]) == set(ids("CCT-001", "CCT-002", "CCT-003"))
    assert drained["seconds"] >= 360
    assert (again["notices"], again["desktops_logged_off"]) == ([], [])
    assert sight.notices(POOL) == ["Only 6 left", "Only 5 left", "Only 1 left"]
    assert run.sent("BatchLogoffDesktops") == [{"desktop_ids": ids(*IN_SESSION), "message": "Bye"}]
    if ansible.in_process:
        assert "callcenter: 2 of 3 desktops in use, " in run.output


def test_draining_ends_with_the_last_user(ansible_in_process: Ansible, sight: Sight) -> None:
    with once(lambda: bool(sight.notices(POOL)), lambda: leave(sight, *IN_SESSION)):
        run = ansible_in_process.play(drain("drain", grace_minutes=60))
    assert (run.only.changed, run.only["notices"], run.only["desktops_in_session"]) == (True, [60], [])
    assert run.only["seconds"] < 900
    assert run.only["desktops_logged_off"] == []
    assert sum(logged_off(sight).values()) == 0


def test_waiting_ends_and_tells_who_is_left(ansible_in_process: Ansible, sight: Sight) -> None:
    skip = drain("skip", session_policy="skip", grace_minutes=1, notify_minutes=[1])
    wait = drain("wait", wait_timeout=120, grace_minutes=0)
    some = drain("some", until="any", grace_minutes=0, wait_timeout=7200)

    def waits() -> bool:
        return len(sight.requests("ListDesktopsDetail")) > len_before + 8

    len_before = len(sight.requests("ListDesktopsDetail"))
    run = ansible_in_process.play(skip, wait)
    for name in ("skip", "wait"):
        assert [entry["desktop_name"] for entry in run[name]["desktops_in_session"]] == list(IN_SESSION)
        assert run[name]["desktops_free"] == ids("CCT-003")
    assert run["skip"]["notices"] == [1]
    assert (run["wait"]["notices"], run["wait"].changed) == ([], False)
    assert run["wait"]["seconds"] >= 120
    len_before = len(sight.requests("ListDesktopsDetail"))
    with once(waits, lambda: leave(sight, "CCT-002")):
        found = ansible_in_process.play(some).only
    assert [entry["desktop_name"] for entry in found["desktops_in_session"]] == ["CCT-001"]
    assert sorted(found["desktops_free"]) == ids("CCT-002", "CCT-003")


def test_a_lost_notice_does_not_end_the_drain(ansible_in_process: Ansible, sight: Sight) -> None:
    sight.control.set_faults(
        {"operation": "SendDesktopPoolNotifications", "when": "after_commit", "effect": {"reset": True}}
    )
    run = ansible_in_process.play(
        drain("drain", session_policy="skip", grace_minutes=2, notify_minutes=[2, 1]),
        warnings=["pool callcenter: the notice of 2 minutes may not have been shown"],
    )
    assert (run.only["notices"], run.only.changed) == ([1], True)
    assert sight.notices(POOL) == ["Only 2 left", "Only 1 left"]
