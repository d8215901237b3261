# Copyright (c) 2026 the hwcloud.workspace contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The whole maintenance of pools: what is due, in which order, what failures and killed runs leave, and the report."""

from __future__ import annotations

import json
from collections import Counter
from pathlib import Path
from typing import Any

import pytest
from fleet import (
    ALPHA,
    BETA,
    LARGE,
    XLARGE,
    done_to,
    failed_hosts,
    is_closed,
    maintain,
    operations,
    results,
    set_up,
    states,
)
from running import Ansible, kill
from sight import NOVEMBER, OCTOBER, Sight, until

DISKS = "SSD:100,SAS:50"


@pytest.fixture
def estate(sight: Sight) -> Sight:
    """Hand out the estate of the maintenance."""
    return set_up(sight)


def test_an_image_from_the_preflight_to_the_report(ansible: Ansible, estate: Sight, tmp_path: Path) -> None:
    wanted = {"image": "win10-2026-11", "max_unavailable": "100%", "report_dir": str(tmp_path / "reports")}
    run = maintain(ansible, "beta", **wanted)
    result = results(run)["beta"]
    assert (result["outcome"], result["pool"], result["check_mode"]) == ("done", "beta", False)
    assert [wave["kind"] for wave in result["waves"]] == ["canary", "wave"]
    assert set(done_to(estate, "beta", "rebuilds").values()) == {1}
    assert estate.control.pool("beta")["image_id"] == NOVEMBER
    assert not is_closed(estate, "beta")
    assert operations(run).count("UpdateDesktopPool") == 2
    assert run.kept["pool_report"]["pools"]["beta"]["outcome"] == "done"
    assert "beta" in Path(run.kept["pool_report"]["html"]).read_text(encoding="utf-8")

    again = maintain(ansible, "beta", **wanted)
    assert results(again)["beta"]["outcome"] == "unchanged"
    assert {counts["changed"] for counts in again.counts_by_host.values()} == {0}
    assert again.changes == []


def test_image_product_and_disks_in_one_window(ansible_in_process: Ansible, estate: Sight, tmp_path: Path) -> None:
    everything = {
        "image": "win10-2026-11",
        "product": XLARGE,
        "volumes": DISKS,
        "max_unavailable": "100%",
        "report_dir": str(tmp_path / "reports"),
    }
    run = maintain(ansible_in_process, "alpha", **everything)
    result = results(run)["alpha"]
    assert result["outcome"] == "done"
    assert [(step["what"], step["outcome"]) for step in result["steps"]] == [
        ("product", "done"),
        ("image", "done"),
        ("volumes", "done"),
    ]
    assert [wave["wave"] for wave in result["waves"]] == list(range(1, len(result["waves"]) + 1))
    for kind in ("resizes", "rebuilds", "disks_added"):
        assert set(done_to(estate, "alpha", kind).values()) == {1}, kind
    pool = estate.control.pool("alpha")
    assert (pool["image_id"], pool["product"]["product_id"]) == (NOVEMBER, XLARGE)
    assert not is_closed(estate, "alpha")
    assert operations(run).count("UpdateDesktopPool") == 2
    assert states(estate, "alpha")["ALP-004"] == "SHUTOFF"
    assert set(states(estate, "alpha").values()) == {"ACTIVE", "SHUTOFF"}
    assert set(result["drift_after"].values()) == {0}
    assert len(result["desktops_succeeded"]) == 4
    assert result["desktops_failed"] == []

    kept = run.kept["pool_report"]
    assert kept["pools"]["alpha"]["outcome"] == "done"
    page, data = Path(kept["html"]), Path(kept["json"])
    assert "alpha" in page.read_text(encoding="utf-8")
    (written,) = json.loads(data.read_text(encoding="utf-8"))["pools"]
    assert written["waves"] == result["waves"]

    again = maintain(ansible_in_process, "alpha", **everything)
    assert results(again)["alpha"]["outcome"] == "unchanged"
    assert {counts["changed"] for counts in again.counts_by_host.values()} == {0}
    assert again.changes == []


def test_pools_with_nothing_to_do_cost_lists_alone(ansible_in_process: Ansible, estate: Sight) -> None:
    """The first host reads for all; images are looked up once where they are named, and never by pool."""
    run = maintain(ansible_in_process, "alpha,beta,gamma", image="win10-2026-10")
    assert {result["outcome"] for result in results(run).values()} == {"unchanged"}
    assert {task.host for task in run.tasks if task.requests} == {"alpha"}
    asked = Counter(operations(run))
    assert asked["ListDesktopPools"] == asked["ListImages"] == 1
    assert asked == {**asked, "ListDesktopPools": 1, "ListImages": 1}
    assert len(run.requests) <= 10
    assert run.changes == []


def test_preflight_finds_everything_and_touches_nothing(
    ansible_in_process: Ansible, estate: Sight, tmp_path: Path
) -> None:
    wrong = {"image": "twice", "product": "nowhere", "min_available": "100%", "report_dir": str(tmp_path / "reports")}
    run = maintain(ansible_in_process, "gamma", fails=True, **wrong)
    assert estate.effects() == 0
    assert failed_hosts(run) == {"gamma"}
    result = results(run)["gamma"]
    assert (result["outcome"], result["is_failure"], result["waves"]) == ("failed", True, [])
    assert "2 images are called twice" in result["reason"]
    assert "product nowhere is not among the products" in result["reason"]
    assert {finding["check"] for finding in result["findings"] if finding["severity"] == "error"} >= {
        "image",
        "product",
    }
    assert "2 images are called twice" in Path(run.kept["pool_report"]["html"]).read_text(encoding="utf-8")


def test_a_pool_that_fails_is_rolled_back_and_released_and_others_go_on(
    ansible_in_process: Ansible, estate: Sight, tmp_path: Path
) -> None:
    estate.control.set_failures({"operation": "RebuildDesktopPool", "desktops": ["BET-002"], "times": 1})
    everything = {"image": "win10-2026-11", "volumes": DISKS, "max_unavailable": "100%"}
    run = maintain(ansible_in_process, "beta,alpha", fails=True, report_dir=str(tmp_path / "reports"), **everything)
    beta, alpha = results(run)["beta"], results(run)["alpha"]
    # They go side by side, and neither waits for the other to be through.
    rebuilds = [found["path"].split("/")[-2] for found in run.changes if found["operation"] == "RebuildDesktopPool"]
    assert set(rebuilds[:2]) == {ALPHA, BETA}
    assert (beta["outcome"], alpha["outcome"]) == ("rolled_back", "done")
    assert failed_hosts(run) == {"beta"}
    assert "BET-002" in beta["reason"]
    assert "Not begun: disks." in beta["reason"]
    assert [(step["what"], step["outcome"]) for step in beta["steps"]] == [
        ("image", "rolled_back"),
        ("volumes", "skipped"),
    ]
    assert set(estate.images("beta").values()) == {OCTOBER}
    assert estate.control.pool("beta")["image_id"] == OCTOBER
    assert set(done_to(estate, "beta", "disks_added").values()) == {0}
    assert set(estate.images("alpha").values()) == {NOVEMBER}
    assert not is_closed(estate, "beta")
    assert not is_closed(estate, "alpha")
    assert {name: found["outcome"] for name, found in run.kept["pool_report"]["pools"].items()} == {
        "alpha": "done",
        "beta": "rolled_back",
    }
    overview = json.loads(Path(run.kept["pool_report"]["json"]).read_text(encoding="utf-8"))
    assert {pool["pool"] for pool in overview["pools"]} == {"alpha", "beta"}


def test_a_share_of_failed_pools_ends_the_run(ansible_in_process: Ansible, estate: Sight) -> None:
    """Two pools at a time, of which one fails: no third one begins where that is too many."""
    estate.control.set_failures({"operation": "RebuildDesktopPool", "pool": "beta"})
    batches = {"image_id": NOVEMBER, "pools_at_once": 2, "canary": 0, "max_unavailable": "100%", "on_failure": "stop"}
    run = maintain(ansible_in_process, "alpha,beta,gamma", fails=True, max_fail_percentage=49, **batches)
    assert {name: result["outcome"] for name, result in results(run).items()} == {"alpha": "done", "beta": "stopped"}
    assert set(done_to(estate, "gamma", "rebuilds").values()) == {0}
    assert not is_closed(estate, "beta")

    batches["session_policy"] = "skip"
    run = maintain(
        ansible_in_process, "alpha,beta,gamma", fails=True, max_fail_percentage=50, grace_minutes=0, **batches
    )
    outcomes = {name: result["outcome"] for name, result in results(run).items()}
    assert outcomes == {"alpha": "unchanged", "beta": "stopped", "gamma": "done"}
    assert failed_hosts(run) == {"beta"}
    assert done_to(estate, "gamma", "rebuilds") == {"GAM-001": 1, "GAM-002": 0, "GAM-003": 0, "GAM-004": 1}


def test_a_killed_run_is_taken_up(ansible_in_process: Ansible, estate: Sight) -> None:
    """It dies in the middle of the second wave; the next run waits for that wave's job, and repeats nothing."""
    wanted = {"pool": "alpha", "image_id": NOVEMBER}
    estate.move_time_by_polls(5)
    command = ["ansible-playbook", "hwcloud.workspace.maintain_pools", "-e", json.dumps(wanted)]
    program = ansible_in_process.start(command)
    until(lambda: len(estate.requests("RebuildDesktopPool")) == 2, seconds=60)
    until(lambda: estate.requests("ShowJob")[-1]["seq"] > estate.requests("RebuildDesktopPool")[-1]["seq"], seconds=60)
    kill(program)
    assert is_closed(estate, "alpha")
    run = maintain(ansible_in_process, **wanted)
    assert results(run)["alpha"]["outcome"] == "done"
    assert not is_closed(estate, "alpha")
    assert set(done_to(estate, "alpha", "rebuilds").values()) == {1}
    assert estate.control.pool("alpha")["image_id"] == NOVEMBER


def test_maintenance_mode_that_was_left_on_is_ended_where_nothing_is_due(
    ansible_in_process: Ansible, estate: Sight
) -> None:
    estate.control.change({"pool": "alpha", "set": {"in_maintenance_mode": True}})
    wanted = {"image_id": OCTOBER}
    kept = maintain(ansible_in_process, "alpha", pool_maintenance_maintenance_mode=False, **wanted)
    assert results(kept)["alpha"]["outcome"] == "unchanged"
    assert is_closed(estate, "alpha")
    foreseen = maintain(ansible_in_process, "alpha", check=True, **wanted)
    assert results(foreseen)["alpha"]["outcome"] == "planned"
    run = maintain(ansible_in_process, "alpha", **wanted)
    assert results(run)["alpha"]["outcome"] == "done"
    assert [request["operation"] for request in run.changes] == ["UpdateDesktopPool"]
    assert not is_closed(estate, "alpha")


def waves_of(result: dict[str, Any]) -> list[tuple[str, list[str]]]:
    """Return what each wave was about, and its desktops."""
    return [(wave["what"], sorted(found["desktop_name"] for found in wave["desktops"])) for wave in result["waves"]]


def test_a_rehearsal_shows_the_waves_of_the_real_run(
    ansible_in_process: Ansible, estate: Sight, tmp_path: Path
) -> None:
    wanted: dict[str, Any] = {
        "image": "win10-2026-11",
        "product": XLARGE,
        "session_policy": "logoff",
        "grace_minutes": 2,
    }
    wanted["max_unavailable"] = "50%"
    reports = {"report_dir": str(tmp_path / "reports")}
    rehearsal = maintain(ansible_in_process, "gamma", check=True, **wanted, **reports)
    planned = results(rehearsal)["gamma"]
    assert (planned["outcome"], planned["check_mode"]) == ("planned", True)
    touched = {user for wave in planned["waves"] for found in wave["desktops"] for user in found["user_names"]}
    assert touched == {"user-e5", "user-f6"}
    assert "user-e5" in Path(rehearsal.kept["pool_report"]["html"]).read_text(encoding="utf-8")
    assert estate.effects() == 0

    real = results(maintain(ansible_in_process, "gamma", **wanted))["gamma"]
    assert waves_of(real) == waves_of(planned)
    assert real["notices"] == [2, 1]
    assert {name: len(cut) for name, cut in logoffs(estate).items() if cut} == {"GAM-002": 1, "GAM-003": 1}
    told = estate.notices("gamma")
    assert told[0].endswith("Minutes left: 2.")
    assert told[-1].startswith("The maintenance of your desktop is over.")


def logoffs(sight: Sight) -> dict[str, list[dict[str, Any]]]:
    """Return the log-offs of gamma's desktops."""
    return {found["computer_name"]: found["effects"]["logoffs"] for found in sight.control.pool("gamma")["desktops"]}


def test_a_failed_release_fails_the_pool(ansible_in_process: Ansible, estate: Sight) -> None:
    refused = {"status": 403, "body": {"error_code": "WKS.00000403", "error_msg": "No permission"}}
    estate.control.set_faults({"operation": "UpdateDesktopPool", "nth": 2, "effect": refused})
    run = maintain(ansible_in_process, "beta", fails=True, image_id=NOVEMBER)
    result = results(run)["beta"]
    assert result["outcome"] == "failed"
    assert "The pool could not be released: " in result["reason"]
    assert "No permission" in result["reason"]
    assert set(estate.images("beta").values()) == {NOVEMBER}
    again = maintain(ansible_in_process, "beta", image_id=NOVEMBER)
    assert results(again)["beta"]["outcome"] == "done"
    assert not is_closed(estate, "beta")


def test_pools_that_do_not_keep_in_step(ansible_in_process: Ansible, estate: Sight) -> None:
    estate.control.set_failures({"operation": "ResizeDesktopPool", "desktops": ["BET-003"], "times": 1})
    wanted = {"product": XLARGE, "max_failures": 1, "max_unavailable": "100%", "pools_strategy": "free"}
    run = maintain(ansible_in_process, f"{ALPHA},beta", **wanted)
    assert {host: result["outcome"] for host, result in results(run).items()} == {ALPHA: "done", "beta": "done"}
    for pool in ("alpha", "beta"):
        assert {found["product_id"] for found in estate.control.pool(pool)["desktops"]} == {XLARGE}
        assert set(done_to(estate, pool, "resizes").values()) == {1}
        assert not is_closed(estate, pool)
    assert {found["product_id"] for found in estate.control.pool("gamma")["desktops"]} == {LARGE}
