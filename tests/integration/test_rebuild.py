# Copyright (c) 2026 the hwcloud.workspace contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Recomposing a pool: what would be done, doing it, and finding it done."""

from __future__ import annotations

from running import Ansible, task
from sight import CALLCENTER, FINANCE, NOVEMBER, OCTOBER, Sight, desktop_id

REBUILD = task("desktop_pool_rebuild", pool="finance", image_id=NOVEMBER)
DIFF = {
    "before": {"image_id": OCTOBER, "desktops_by_image": {OCTOBER: 4}},
    "after": {"image_id": NOVEMBER, "desktops_by_image": {NOVEMBER: 4}},
}


def test_three_runs(ansible: Ansible, sight: Sight) -> None:
    predicted = ansible.play(REBUILD, check=True, diff=True).only
    assert predicted.changed
    assert predicted["diff"] == DIFF
    assert (predicted["desktop_pool"]["id"], predicted["desktop_pool"]["image_id"]) == (FINANCE, NOVEMBER)
    assert predicted["job_id"] is None
    assert predicted["job"] is None
    assert sight.effects() == 0

    looked_up = {"environment": {"HUAWEICLOUD_SDK_PROJECT_ID": ""}}
    runs = ansible.play(
        {**REBUILD, "name": "First"},
        {**REBUILD, "name": "Second"},
        {**REBUILD, "name": "Third", **looked_up},
        diff=True,
    )
    first, second, third = runs.tasks
    assert first.changed
    assert first["diff"] == DIFF
    assert not first["adopted"]
    assert runs.sent("RebuildDesktopPool") == [{"image_id": NOVEMBER}]
    assert len(runs.changes) == 1
    (job,) = sight.jobs()
    assert first["job_id"] == first["job"]["id"] == job["id"]
    assert first["job"]["job_type"] == "rebuildDesktopPool"
    assert first["job"]["sub_jobs"] == {"total": 4, "succeeded": 4, "failed": 0, "running": 0, "waiting": 0}
    assert sorted(first["desktops_succeeded"]) == [desktop_id(f"FIN-00{number}") for number in (1, 2, 3, 4)]
    assert first["desktops_failed"] == []
    assert first["desktop_pool"]["status"] == "STEADY"
    assert {name: first["desktop_pool"][name] for name in predicted["desktop_pool"]} == predicted["desktop_pool"]
    assert sight.rebuilds() == {"FIN-001": 1, "FIN-002": 1, "FIN-003": 1, "FIN-004": 1}
    assert set(sight.images().values()) == {NOVEMBER}

    for again in (second, third):
        assert not again.changed
        assert again["diff"] == {"before": {}, "after": {}}
        assert again["job_id"] is None
    assert len(second.requests) <= 2
    assert third.operations[0] == "KeystoneListProjects"
    assert len(third.requests) <= 3
    assert runs.counts["changed"] == 1


def test_users_who_are_logged_in_are_named_before_anything_is_done(ansible: Ansible, sight: Sight) -> None:
    rebuild = task("desktop_pool_rebuild", pool=CALLCENTER, image_id=NOVEMBER, delay_time=5, message="Please log off")
    check = {"name": "Check", "check_mode": True}
    run = ansible.play(
        {**rebuild, **check},
        rebuild,
        warnings=["pool callcenter: users are logged in on 2 of the 3 desktops to recompose.*CCT-001, CCT-002"],
    )
    assert run.sent("RebuildDesktopPool") == [{"image_id": NOVEMBER, "delay_time": 5, "message": "Please log off"}]
    connected = sight.control.desktop("CCT-001")["effects"]
    assert [notice["message"] for notice in connected["notifications"]] == ["Please log off"]
    assert sight.rebuilds("callcenter") == {"CCT-001": 1, "CCT-002": 1, "CCT-003": 1}


def test_force_recomposes_once_each_time(ansible_in_process: Ansible, sight: Sight) -> None:
    forced = task("desktop_pool_rebuild", pool="finance", image_id=OCTOBER, force=True)
    check = {"name": "Check", "check_mode": True}
    run = ansible_in_process.play({**forced, **check}, {**forced, "name": "First"}, {**forced, "name": "Second"})
    assert [task_run.changed for task_run in run.tasks] == [True, True, True]
    assert [len(task_run.changes) for task_run in run.tasks] == [0, 1, 1]
    assert set(sight.rebuilds().values()) == {2}


def test_every_field_of_the_request_goes_out_as_it_was_given(ansible_in_process: Ansible) -> None:
    fields = {
        "image_id": NOVEMBER,
        "image_type": "private",
        "os_type": "Windows",
        "delay_time": 0,
        "message": 'Grüße, «bye» & "so" on\nsecond line',
        "order_id": "CS2026",
        "encrypt_type": "ENCRYPTED",
        "kms_id": "44444444-0000-4000-8000-000000000001",
        "handle_type": "FOR_EXPAND_AND_ALL",
    }
    run = ansible_in_process.play(task("desktop_pool_rebuild", pool="finance", **fields))
    assert run.sent("RebuildDesktopPool") == [fields]
