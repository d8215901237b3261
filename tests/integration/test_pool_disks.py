# Copyright (c) 2026 the hwcloud.workspace contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The role pool_disks: disks in waves, the template first where they come and last where they go."""

from __future__ import annotations

from typing import Any

import pytest
from rollouts import effects, kinds, names_by_wave, result_of, set_up, variables
from running import Ansible
from sight import Sight

SSD, SAS = {"type": "SSD", "size": 100}, {"type": "SAS", "size": 50}
STARTED = r"pool (quiet|evening): 1 stopped desktop is started, since disks are added to running ones only"
DELETED = r"pool (quiet|evening): disks are deleted with all that is on them"


@pytest.fixture
def estate(sight: Sight) -> Sight:
    """Hand out the estate of the rollouts."""
    return set_up(sight)


def wanted(*volumes: dict[str, Any], pool: str = "quiet", **more: Any) -> dict[str, Any]:
    """Return variables of the role."""
    return variables("pool_disks", pool, volumes=list(volumes), **more)


def disks(estate: Sight, pool: str = "quiet") -> list[set[tuple[tuple[str, int], ...]]]:
    """Return the sets of disks of the template, and of the desktops; one each if all are alike."""
    found = estate.control.pool(pool)
    return [
        {tuple(sorted((disk["type"], disk["size"]) for disk in thing["data_volumes"])) for thing in things}
        for things in ([found], found["desktops"])
    ]


def counts(estate: Sight, kind: str, pool: str = "quiet") -> set[int]:
    """Return how often something was done to the desktops."""
    return set(map(len, effects(estate, pool, kind).values()))


def test_check_run_and_run_again(ansible: Ansible, sight: Sight) -> None:
    """A disk that comes, beside one that is there; users may go on working."""
    estate = set_up(sight)
    given = wanted(SSD, SAS, pool="evening", max_unavailable=3)
    foreseen = ansible.role(given, "pool_disks", check=True, diff=True, warnings=[STARTED])
    assert estate.effects() == 0
    run = ansible.role(given, "pool_disks", warnings=[STARTED])
    result = result_of(run)
    assert kinds(result) == [("canary", 1), ("wave", 3), ("wave", 2)]
    assert names_by_wave(result) == names_by_wave(result_of(foreseen))
    assert result["outcome"] == "done"
    assert disks(estate, "evening") == [{(("SAS", 50), ("SSD", 100))}] * 2
    assert counts(estate, "disks_added", "evening") == {1}
    assert [body.get("handle_type") for body in run.sent("AddDesktopPoolVolumes")] == [
        "ONLY_FOR_EXPAND",
        None,
        None,
        None,
    ]
    assert estate.control.desktop("EVE-004")["status"] == "SHUTOFF"
    assert estate.control.desktop("EVE-006")["login_status"] == "CONNECTED"

    again = ansible.role(given, "pool_disks")
    assert again.counts["changed"] == 0
    assert again.changes == []


def test_a_disk_that_goes_leaves_the_template_last(ansible_in_process: Ansible, estate: Sight) -> None:
    given = wanted(SAS, volumes_purge=True, pool="evening", session_policy="skip", max_unavailable="100%")
    run = ansible_in_process.role(given, "pool_disks", warnings=[DELETED], allowed=[STARTED])
    result = result_of(run)
    assert result["outcome"] == "done"
    assert sorted(entry["desktop_name"] for entry in result["desktops_skipped"]) == ["EVE-005", "EVE-006"]
    assert disks(estate, "evening")[0] == {(("SAS", 50),)}
    assert estate.control.desktop("EVE-001")["effects"]["disks_deleted"] != []
    assert estate.control.desktop("EVE-006")["effects"]["disks_deleted"] == []
    deletions = run.sent("DeleteDesktopPoolVolumes")
    assert deletions[-1]["handle_type"] == "ONLY_FOR_EXPAND"
    assert all("desktop_ids" in body for body in deletions[:-1])

    for name in ("EVE-005", "EVE-006"):
        estate.control.change({"desktop": name, "set": {"login_status": "REGISTERED"}})
    later = ansible_in_process.role(given, "pool_disks", warnings=[DELETED], allowed=[STARTED])
    assert result_of(later)["outcome"] == "done"
    assert disks(estate, "evening") == [{(("SAS", 50),)}] * 2


def test_an_added_disk_is_deleted_again(ansible_in_process: Ansible, estate: Sight) -> None:
    estate.control.set_failures({"operation": "AddDesktopPoolVolumes", "desktops": ["QUI-004"]})
    given = wanted(SSD, SAS, canary=0, max_unavailable=4)
    run = ansible_in_process.role(given, "pool_disks", allowed=[STARTED, DELETED], fails=True)
    result = result_of(run)
    assert result["outcome"] == "rolled_back"
    assert "disks that were added are deleted again" in result["reason"]
    assert len(result["desktops_rolled_back"]) == 3
    assert result["desktops_succeeded"] == []
    assert disks(estate) == [{(("SSD", 100),)}] * 2


def test_what_was_grown_stays(ansible_in_process: Ansible, estate: Sight) -> None:
    estate.control.set_failures({"operation": "ExpandDesktopPoolVolumes", "desktops": ["QUI-004"]})
    own = estate.control.pool("quiet")["data_volumes"][0]["id"]
    given = wanted({"id": own, "size": 200}, canary=0, max_unavailable="100%")
    run = ansible_in_process.role(given, "pool_disks", fails=True)
    assert result_of(run)["outcome"] == "stopped"
    estate.control.set_failures()
    later = ansible_in_process.role(given, "pool_disks")
    assert result_of(later)["outcome"] == "done"
    assert disks(estate) == [{(("SSD", 200),)}] * 2
    assert counts(estate, "disks_expanded") == {1}


@pytest.mark.readings
@pytest.mark.parametrize(
    "readings",
    [
        {"api_age": "older"},
        {"add_disks_to_stopped": "sub_jobs_fail", "several_added_disks": "refused", "state_after_job": "lags"},
        {"desktop_ids_change_template": "yes", "template_changes": "finished"},
    ],
    ids=str,
)
def test_every_reading_of_the_service(ansible_in_process: Ansible, sight: Sight, readings: dict[str, str]) -> None:
    estate = set_up(sight, **readings)
    given = wanted(SSD, SAS, max_unavailable="100%")
    run = ansible_in_process.role(given, "pool_disks", allowed=[STARTED])
    assert result_of(run)["outcome"] == "done"
    assert disks(estate) == [{(("SAS", 50), ("SSD", 100))}] * 2
    assert counts(estate, "disks_added") == {1}
    again = ansible_in_process.role(given, "pool_disks", allowed=[STARTED])
    assert again.changes == []
