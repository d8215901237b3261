# Copyright (c) 2026 the hwcloud.workspace contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Telling users something, and changing what the service changes at once."""

from __future__ import annotations

from typing import Any

import pytest
from running import Ansible, task
from sight import CALLCENTER, FINANCE, Sight

TAGS = {"team": "finance", "window": "saturday"}


def tags_of(pool: dict[str, Any]) -> dict[str, str]:
    """Return the tags of a pool."""
    return {tag["key"]: tag["value"] for tag in pool["tags"]}


def test_a_notice_is_shown_each_time(ansible: Ansible, sight: Sight) -> None:
    message = "Back at ten: «please» save & log off <now>"
    notify = task("desktop_pool_notification", "First", pool=CALLCENTER, message=message)
    run = ansible.play(
        {**notify, "name": "Check", "check_mode": True},
        notify,
        {**notify, "name": "Second"},
        diff=True,
    )
    assert [found.changed for found in run.tasks] == [True, True, True]
    assert run["Check"]["job_id"] is None
    for found in run.tasks:
        assert found["diff"] == {"before": {}, "after": {"notification": message}}
        assert set(found.result) >= {"changed", "diff", "job_id"}
        assert "desktop_pool" not in found.result
    assert sight.notices("callcenter") == [message, message]
    assert [job["id"] for job in sight.jobs("callcenter")] == [run["First"]["job_id"], run["Second"]["job_id"]]


def test_a_notice_goes_out_while_a_job_runs(ansible_in_process: Ansible, sight: Sight) -> None:
    sight.move_time_by_polls(0.1)
    sight.start_rebuild("11111111-1010-4000-8000-000000002611")
    run = ansible_in_process.play(task("desktop_pool_notification", pool="finance", message="Back at ten"))
    assert run.only.changed
    assert sight.notices() == ["Back at ten"]


def test_maintenance_mode(ansible: Ansible, sight: Sight) -> None:
    begin = task("desktop_pool", "On", name="finance", in_maintenance_mode=True)
    end = task("desktop_pool", "Off", pool_id=FINANCE, in_maintenance_mode=False)
    run = ansible.play(
        {**begin, "name": "Check", "check_mode": True},
        begin,
        {**begin, "name": "On again"},
        end,
        {**end, "name": "Off again"},
        diff=True,
    )
    assert [found.changed for found in run.tasks] == [True, True, False, True, False]
    assert [len(found.changes) for found in run.tasks] == [0, 1, 0, 1, 0]
    diff = {"before": {"in_maintenance_mode": False}, "after": {"in_maintenance_mode": True}}
    assert run["Check"]["diff"] == run["On"]["diff"] == diff
    assert run["On again"]["diff"] == {"before": {}, "after": {}}
    assert run["Check"]["desktop_pool"] == run["On"]["desktop_pool"]
    assert run["Off"]["desktop_pool"]["in_maintenance_mode"] is False
    assert sight.control.pool("finance")["in_maintenance_mode"] is False


def test_name_and_description(ansible_in_process: Ansible, sight: Sight) -> None:
    run = ansible_in_process.play(
        task("desktop_pool", "Describe", name="finance", description="Ledgers"),
        task("desktop_pool", "Rename", pool_id=FINANCE, name="ledgers"),
        task("desktop_pool", "Rename again", pool_id=FINANCE, name="ledgers"),
        task("desktop_pool", "Clear", name="ledgers", description=""),
        task("desktop_pool", "Clear again", name="ledgers", description=""),
        task("desktop_pool", "Nothing wanted", name="ledgers"),
    )
    assert [found.changed for found in run.tasks] == [True, True, False, True, False, False]
    assert run["Rename"]["diff"] == {"before": {"name": "finance"}, "after": {"name": "ledgers"}}
    pool = sight.control.pool("ledgers")
    assert pool["description"] == ""
    assert tags_of(pool) == TAGS
    assert pool["ou_name"] == "Finance"
    assert run["Nothing wanted"]["desktop_pool"]["name"] == "ledgers"


@pytest.mark.parametrize("reading", ["tags_reset", "kept", "reset"])
def test_what_is_not_named_survives(ansible_in_process: Ansible, sight: Sight, reading: str) -> None:
    sight.control.set_dialect(update_absent_fields=reading)
    before = {name: sight.control.pool(name) for name in ("finance", "callcenter", "engineering")}
    run = ansible_in_process.play(
        *(task("desktop_pool", name, name=name, description="Seen") for name in before),
    )
    assert all(found.changed for found in run.tasks)
    for name, pool in before.items():
        after = sight.control.pool(name)
        differing = {key for key, value in pool.items() if after[key] != value}
        assert differing == {"description", "effects"}
        assert tags_of(after) == tags_of(pool)


def test_tags_survive_in_an_older_region(ansible_in_process: Ansible, sight: Sight) -> None:
    """An older region neither shows nor takes tags: it must be given none."""
    sight.control.set_dialect(api_age="older", update_absent_fields="kept")
    run = ansible_in_process.play(task("desktop_pool", name="finance", description="Seen"))
    assert run.only.changed
    assert "tags" not in run.sent("UpdateDesktopPool")[0]
    assert sight.control.pool("finance")["description"] == "Seen"
