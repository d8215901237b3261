# Copyright (c) 2026 the hwcloud.workspace contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Answers get lost, the service is busy or wants fewer calls: everything is done, and nothing twice."""

from __future__ import annotations

from typing import Any

import pytest
from running import Ansible, task
from sight import NOVEMBER, Sight

# What the service does; nothing here depends on the version of ansible-core.
pytestmark = pytest.mark.readings

REBUILD = task("desktop_pool_rebuild", pool="finance", image_id=NOVEMBER)
ONE_EACH = {"FIN-001": 1, "FIN-002": 1, "FIN-003": 1, "FIN-004": 1}
PROXY = {"status": 502, "body": "<html><h1>502 Bad Gateway</h1></html>", "content_type": "text/html"}
BUSY = {"status": 409, "body": {"error_code": "WKS.00010032", "error_msg": "Operation conflict"}}
TOO_MANY = {
    "status": 429,
    "body": {"error_code": "APIGW.0308", "error_msg": "policy user over ratelimit,limit:100,time:1 minute"},
}


def fault(
    effect: dict[str, Any], when: str = "after_commit", operation: str = "RebuildDesktopPool", **more: Any
) -> Any:
    """Return a fault rule."""
    return {"operation": operation, "when": when, "effect": effect, **more}


def assert_once(ansible: Ansible, sight: Sight, a_task: Any = None, sendings: int = 1) -> None:
    """The task (by default REBUILD) takes ``sendings`` requests, recomposes each desktop once, and then rests."""
    a_task = a_task or REBUILD
    run = ansible.play(a_task, {**a_task, "name": "Rest"})
    first, again = run.tasks
    assert first.changed
    assert len(run.sent("RebuildDesktopPool")) == sendings
    assert sight.rebuilds() == ONE_EACH
    assert len(sight.jobs()) == 1
    assert not again.changed


@pytest.mark.parametrize(
    "effect", [{"reset": True}, PROXY, {"truncate": True}], ids=["reset", "bad gateway", "truncated"]
)
def test_an_answer_lost_after_the_change_was_made(ansible: Ansible, sight: Sight, effect: dict[str, Any]) -> None:
    sight.control.set_faults(fault(effect))
    assert_once(ansible, sight)


@pytest.mark.parametrize("effect", [{"reset": "fin"}, {"status": 500}, {"status": 504}, {"status": 200}], ids=str)
@pytest.mark.parametrize("readings", [{}, {"sub_jobs_appear": "late", "template_changes": "finished"}], ids=str)
def test_an_answer_lost_in_other_ways(
    ansible_in_process: Ansible, sight: Sight, effect: dict[str, Any], readings: dict[str, str]
) -> None:
    sight.control.set_dialect(**readings)
    sight.control.set_faults(fault(effect))
    assert_once(ansible_in_process, sight)


def test_an_answer_that_does_not_come_in_time(ansible: Ansible, sight: Sight) -> None:
    sight.control.set_faults(fault({"hang": 20}))
    assert_once(ansible, sight, task("desktop_pool_rebuild", pool="finance", image_id=NOVEMBER, request_timeout=1))


def test_a_request_lost_on_its_way_is_sent_again_after_a_while(ansible: Ansible, sight: Sight) -> None:
    sight.control.set_faults(fault({"reset": True}, "before_commit"))
    assert_once(ansible, sight, sendings=2)
    first, second = sight.requests("RebuildDesktopPool")
    assert not first["committed"]
    assert second["committed"]
    looks = [entry for entry in sight.requests("ListItaSubJobs") if first["seq"] < entry["seq"] < second["seq"]]
    assert len(looks) >= 2


def test_what_stays_unknown_is_said(ansible_in_process: Ansible, sight: Sight) -> None:
    sight.control.set_faults(fault({"reset": True}, "before_commit", count=None))
    run = ansible_in_process.play(REBUILD, fails=True)
    assert run.only.status == "failed"
    assert "whether it was carried out is unknown" in run.only.message
    assert "look at the pool's jobs and desktops in the console before you run the task again" in run.only.message
    assert run.only.message.startswith("pool finance: recompose: RebuildDesktopPool was sent")
    assert len(run.changes) == 2
    assert sight.effects() == 0


def test_a_conflict_is_waited_out(ansible_in_process: Ansible, sight: Sight) -> None:
    sight.control.set_faults(fault(BUSY, "before_commit", count=2))
    assert_once(ansible_in_process, sight, sendings=3)


def test_a_conflict_is_not_waited_out_without_waiting(ansible_in_process: Ansible, sight: Sight) -> None:
    sight.control.set_faults(fault(BUSY, "before_commit", count=None))
    run = ansible_in_process.play(
        task("desktop_pool_rebuild", pool="finance", image_id=NOVEMBER, wait=False), fails=True
    )
    assert run.only["http_status"] == 409
    assert run.only["error_code"] == "WKS.00010032"
    assert len(run.changes) == 1
    assert sight.effects() == 0


def test_a_refusal_for_too_many_calls_is_waited_out(ansible_in_process: Ansible, sight: Sight) -> None:
    sight.control.set_faults(
        fault(TOO_MANY, "before_commit", count=2),
        fault(TOO_MANY, "before_commit", "ListDesktopPools"),
        fault({**TOO_MANY, "headers": {"Retry-After": "7"}}, "before_commit", "ShowJob", count=3),
    )
    assert_once(ansible_in_process, sight, sendings=3)


def test_too_many_calls_for_ever(ansible_in_process: Ansible, sight: Sight) -> None:
    sight.control.set_faults(fault(TOO_MANY, "before_commit", count=None))
    run = ansible_in_process.play(task("desktop_pool_rebuild", pool="finance", image_id=NOVEMBER), fails=True)
    assert 10 <= len(run.changes) <= 20  # within half an hour
    assert run.only["http_status"] == 429
    assert "too many calls a minute, by whatever goes by this user; run fewer tasks at a time" in run.only.message
    assert sight.effects() == 0


def test_reads_are_repeated(ansible_in_process: Ansible, sight: Sight) -> None:
    names = (
        "ListDesktopPools",
        "ListDesktopsDetail",
        "ListItaSubJobs",
        "ListImages",
        "ShowJob",
        "ShowDesktopPoolDetail",
    )
    effects = ({"reset": True}, {"status": 503}, PROXY, {"truncate": 20}, {"status": 500}, {"reset": "fin"})
    sight.control.set_faults(
        *(fault(effect, operation=name, count=2) for name, effect in zip(names, effects, strict=True))
    )
    assert_once(ansible_in_process, sight)
    assert all(rule["seen"] > 2 for rule in sight.control.faults())


def test_an_update_whose_answer_is_lost_is_sent_again(ansible_in_process: Ansible, sight: Sight) -> None:
    sight.control.set_faults(fault({"reset": True}, operation="UpdateDesktopPool"))
    run = ansible_in_process.play(task("desktop_pool", name="finance", in_maintenance_mode=True))
    assert run.only.changed
    assert len(run.changes) == 2
    assert run.only["desktop_pool"]["in_maintenance_mode"] is True
    assert sight.control.pool("finance")["in_maintenance_mode"] is True


@pytest.mark.parametrize("job_type", ["sendDesktopPoolNotifications", "operateDesktops"])
def test_a_notice_is_never_shown_twice(ansible_in_process: Ansible, sight: Sight, job_type: str) -> None:
    sight.control.set_dialect(notification_job_type=job_type)
    sight.control.set_faults(fault({"reset": True}, operation="SendDesktopPoolNotifications"))
    notify = task("desktop_pool_notification", pool="finance", message="Back at ten")
    traced = job_type == "sendDesktopPoolNotifications"
    run = ansible_in_process.play(notify, fails=not traced)
    assert sight.notices() == ["Back at ten"]
    if traced:
        assert run.only["job_id"] == sight.jobs()[0]["id"]
    else:
        assert "whether it was carried out is unknown" in run.only.message


def test_a_notice_that_got_lost_is_not_sent_again(ansible_in_process: Ansible, sight: Sight) -> None:
    sight.control.set_faults(fault({"reset": True}, "before_commit", "SendDesktopPoolNotifications"))
    run = ansible_in_process.play(task("desktop_pool_notification", pool="finance", message="Back at ten"), fails=True)
    assert "unknown" in run.only.message
    assert len(run.changes) == 1
    assert sight.notices() == []


def test_the_limits_of_the_service_are_kept_by_waiting(ansible_in_process: Ansible, sight: Sight) -> None:
    sight.control.set_throttle(enabled=True, reads=6, writes=1, count_refused=True)
    assert_once(ansible_in_process, sight)
