# Copyright (c) 2026 the hwcloud.workspace contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Rollouts in waves, by the role pool_recompose: canary, waves, failures, roll back, sessions, resuming."""

from __future__ import annotations

import json
from pathlib import Path
from threading import Thread
from typing import Any

import pytest
import yaml
from rollouts import effects, images_set, kinds, names_by_wave, result_of, set_up, variables
from running import COLLECTION, Ansible, Run, kill
from sight import DECEMBER, NOVEMBER, OCTOBER, Sight, until

FREE = ["EVE-001", "EVE-002", "EVE-003", "EVE-004"]
USED = ["EVE-005", "EVE-006"]
QUIET = [f"QUI-{number:03d}" for number in range(1, 9)]
LOGGED_IN = r"pool evening: users are logged in on \d of the \d desktops to recompose"


@pytest.fixture
def estate(sight: Sight) -> Sight:
    """Hand out the estate of the rollouts."""
    return set_up(sight)


def recompose(pool: str = "quiet", image_id: str = NOVEMBER, **more: Any) -> dict[str, Any]:
    """Return variables of the role."""
    return variables("pool_recompose", pool, image_id=image_id, **more)


def fail(estate: Sight, *names: str, times: int | None = None) -> None:
    """Let the recompose of desktops fail."""
    rule: dict[str, Any] = {"operation": "RebuildDesktopPool", "desktops": list(names)}
    estate.control.set_failures({**rule, **({"times": times} if times else {})})


def posts(run: Run) -> list[dict[str, Any]]:
    """Return the bodies of the recomposes, without the IDs of desktops."""
    return [
        {name: value for name, value in body.items() if name != "desktop_ids"}
        for body in run.sent("RebuildDesktopPool")
    ]


def template(estate: Sight, pool: str = "quiet") -> str:
    """Return the image of a pool's template."""
    return str(estate.control.pool(pool)["image_id"])


@pytest.mark.slow
def test_too_many_failures_take_everything_back(ansible_in_process: Ansible, estate: Sight) -> None:
    """120 desktops: the wave in which the third one fails is the last, and all that was changed goes back."""
    # Desktops without a user come first: the first six are the canaries.
    free = [found["computer_name"] for found in estate.control.pool("rollout")["desktops"] if not found["user_name"]]
    broken = sorted(free)[10:13]
    fail(estate, *broken)
    run = ansible_in_process.role(recompose("rollout", canary=6, max_unavailable="40%", max_failures=2), fails=True)
    result = result_of(run)
    assert kinds(result) == [("canary", 6), ("wave", 48), ("rollback", 48), ("rollback", 3)]
    assert (result["outcome"], result["cause"]) == ("rolled_back", "failures")
    assert sorted(entry["desktop_name"] for entry in result["desktops_failed"]) == broken
    changed = {name for wave in names_by_wave(result)[:2] for name in wave} - set(broken)
    for name, images in images_set(estate, "rollout").items():
        assert images == ([NOVEMBER, OCTOBER] if name in changed else []), name
    assert {body["image_id"] for body in posts(run)} == {NOVEMBER, OCTOBER}
    assert all("desktop_ids" in body for body in run.sent("RebuildDesktopPool"))
    assert template(estate, "rollout") == OCTOBER
    assert result["drift_before"] == result["drift_after"]
    assert len(result["desktops_rolled_back"]) == 51
    assert run.output.count("rolls back: 51 desktops go back") == 1


def test_waves_in_both_ways(ansible: Ansible, sight: Sight) -> None:
    """The canary alone, then waves, then one that failed once more, the template last; the second run does nothing."""
    estate = set_up(sight)
    fail(estate, "QUI-005", times=1)
    foreseen = ansible.role(recompose(max_failures=1, canary=2, max_unavailable=3), check=True, diff=True)
    run = ansible.role(recompose(max_failures=1, canary=2, max_unavailable=3), diff=True)
    result = result_of(run)
    assert kinds(result) == [("canary", 2), ("wave", 3), ("wave", 3), ("repair", 1)]
    assert names_by_wave(result)[:3] == names_by_wave(result_of(foreseen))
    assert names_by_wave(result)[3] == ["QUI-005"]
    assert (result["outcome"], result["desktops_failed"], result["desktops_skipped"]) == ("done", [], [])
    assert images_set(estate, "quiet") == {name: [NOVEMBER] for name in QUIET}
    assert posts(run)[-1] == {"image_id": NOVEMBER, "handle_type": "ONLY_FOR_EXPAND"}
    assert template(estate) == NOVEMBER
    assert result["drift_after"]["image_id"] == 0
    assert {entry["desktop_name"] for entry in result["timeline"]} == set(QUIET)
    assert [entry["status"] for entry in result["timeline"] if entry["desktop_name"] == "QUI-005"] == [
        "FAILED",
        "SUCCESS",
    ]
    assert "wave 1 (canary): recompose 2 desktops" in run.output
    assert "wave 2: 2 of 3 desktops recomposed" in run.output

    again = ansible.role(recompose())
    assert again.counts["changed"] == 0
    assert again.changes == []
    assert len(again.requests) <= 4
    assert result_of(again)["outcome"] == "unchanged"


def test_rehearsal(ansible_in_process: Ansible, estate: Sight) -> None:
    first = ansible_in_process.role(recompose(canary=1, max_unavailable=2))
    assert result_of(first)["outcome"] == "done"
    run = ansible_in_process.role(
        recompose("evening", DECEMBER, max_unavailable=2), check=True, diff=True, warnings=[LOGGED_IN]
    )
    result = result_of(run)
    assert result["outcome"] == "planned"
    assert result["expected_seconds"] is None
    assert run.counts["changed"] == 1
    lines = run["Say what came of it"]["msg"]
    assert lines[0].startswith(f"pool evening: 6 of 6 desktops would be recomposed to image {DECEMBER} in 4 waves")
    assert any("once their users have left" in line and "EVE-005 (user-c3)" in line for line in lines)
    known = result_of(ansible_in_process.role(recompose("quiet", DECEMBER), check=True))
    assert known["expected_seconds"] > 0
    unknown = ansible_in_process.role(recompose(image_id="nowhere"), check=True, fails=True)
    assert "image nowhere is not among the project's images" in unknown.output


def test_a_pool_that_was_read_and_needs_nothing_costs_no_request(ansible_in_process: Ansible, estate: Sight) -> None:
    run = ansible_in_process.play(
        {
            "name": "Read",
            f"{COLLECTION}.desktop_pool_info": {"gather": ["desktops", "drift", "jobs", "capabilities"]},
            "register": "fleet",
        },
        {
            "name": "Run the role",
            "ansible.builtin.include_role": {"name": f"{COLLECTION}.pool_recompose"},
            "loop": "{{ fleet.desktop_pools }}",
            "vars": {
                "pool_recompose_pool": "{{ item.name }}",
                "pool_recompose_report": "{{ item }}",
                "pool_recompose_image_id": OCTOBER,
            },
        },
    )
    assert run.requests == run["Read"].requests
    remembered = [found for found in run.tasks if found.name.endswith("Remember the result")]
    assert len(remembered) == 3
    assert {found["ansible_facts"]["pool_recompose_result"]["outcome"] for found in remembered} == {"unchanged"}


def test_a_killed_run_is_taken_up_where_it_stopped(ansible_in_process: Ansible, estate: Sight) -> None:
    """Killed in the middle of a wave; the next run waits for the job, and does nothing twice."""
    estate.move_time_by_polls(0.05)
    given = recompose(canary=0, max_unavailable=4)
    program = ansible_in_process.start(ansible_in_process.role_command(given, "pool_recompose"))
    until(lambda: bool(estate.requests("ShowJob")), 60)
    kill(program)
    assert len(estate.requests("RebuildDesktopPool")) == 1
    estate.move_time_by_polls(5)
    run = ansible_in_process.role(given)
    result = result_of(run)
    assert result["outcome"] == "done"
    assert sum(len(wave) for wave in names_by_wave(result)) == 4
    assert images_set(estate, "quiet") == {name: [NOVEMBER] for name in QUIET}
    assert template(estate) == NOVEMBER


def test_a_failed_run_takes_back_what_a_killed_one_did(ansible_in_process: Ansible, estate: Sight) -> None:
    estate.move_time_by_polls(0.05)
    given = recompose(canary=0, max_unavailable=4)
    program = ansible_in_process.start(ansible_in_process.role_command(given, "pool_recompose"))
    until(lambda: bool(estate.requests("ShowJob")), 60)
    kill(program)
    estate.move_time_by_polls(5)
    fail(estate, "QUI-007")
    run = ansible_in_process.role(given, fails=True)
    result = result_of(run)
    assert result["outcome"] == "rolled_back"
    images = images_set(estate, "quiet")
    assert images.pop("QUI-007") == []
    assert set(map(tuple, images.values())) == {(NOVEMBER, OCTOBER)}
    assert template(estate) == OCTOBER


@pytest.mark.slow
@pytest.mark.timeout(600)
def test_a_killed_rollout_of_120_desktops_is_resumed_and_taken_back(
    ansible_in_process: Ansible, estate: Sight, tmp_path: Path
) -> None:
    """Killed in the wave after the canaries; the next run goes on, meets three that fail, and takes all back."""
    free = [found["computer_name"] for found in estate.control.pool("rollout")["desktops"] if not found["user_name"]]
    broken = sorted(free)[56:59]
    fail(estate, *broken)
    estate.move_time_by_polls(5)
    wanted = {
        "pool": "rollout", "image_id": NOVEMBER, "canary": 6, "max_unavailable": "40%", "max_failures": 2,
        "grace_minutes": 0, "session_policy": "skip", "report_dir": str(tmp_path / "reports"),
    }  # fmt: skip
    command = ["ansible-playbook", "hwcloud.workspace.maintain_pools", "-e", json.dumps(wanted)]
    program = ansible_in_process.start(command)
    until(lambda: len(estate.requests("RebuildDesktopPool")) == 2, seconds=120)
    until(lambda: estate.requests("ShowJob")[-1]["seq"] > estate.requests("RebuildDesktopPool")[-1]["seq"], seconds=60)
    kill(program)
    assert estate.control.pool("rollout")["in_maintenance_mode"]

    run = ansible_in_process.playbook("maintain_pools", wanted, fails=True, seconds=300)
    assert "rolled back" in run.output
    assert not estate.control.pool("rollout")["in_maintenance_mode"]
    assert template(estate, "rollout") == OCTOBER
    images = images_set(estate, "rollout")
    assert {name for name, seen in images.items() if not seen} >= set(broken)
    assert {tuple(seen) for seen in images.values() if seen} == {(NOVEMBER, OCTOBER)}
    assert sum(map(bool, images.values())) >= 54
    (report,) = [path for path in (tmp_path / "reports").glob("*.json") if "rollout" in path.name]
    (told,) = json.loads(report.read_text(encoding="utf-8"))["pools"]
    assert told["outcome"] == "rolled_back"
    assert sorted(entry["desktop_name"] for entry in told["desktops_failed"]) == broken
    assert "rolled" in report.with_suffix(".html").read_text(encoding="utf-8").lower()


def test_tolerated_failures_are_skipped(ansible_in_process: Ansible, estate: Sight) -> None:
    fail(estate, "QUI-003")
    run = ansible_in_process.role(recompose(max_failures=1, max_unavailable="100%"))
    result = result_of(run)
    assert kinds(result) == [("canary", 1), ("wave", 7), ("repair", 1)]
    assert result["outcome"] == "done"
    assert result["desktops_skipped"] == [
        {"desktop_id": result["desktops_failed"][0]["desktop_id"], "desktop_name": "QUI-003", "reason": "failed twice"}
    ]
    assert template(estate) == NOVEMBER
    assert len(estate.control.desktop("QUI-003")["effects"]["failures"]) == 2
    assert "1 of 8 desktops still needs it" in run.output


def test_a_canary_that_fails_stops_at_once(ansible_in_process: Ansible, estate: Sight) -> None:
    fail(estate, "QUI-001")
    run = ansible_in_process.role(
        recompose(canary=["qui-001", "QUI-002"], max_failures=5, on_failure="stop"), fails=True
    )
    result = result_of(run)
    assert kinds(result) == [("canary", 2)]
    assert result["outcome"] == "stopped"
    assert images_set(estate, "quiet") == {**{name: [] for name in QUIET}, "QUI-002": [NOVEMBER]}
    assert template(estate) == OCTOBER
    assert "1 canaries failed" not in run.output


def test_pause_promote_and_cancel(ansible_in_process: Ansible, estate: Sight) -> None:
    paused = ansible_in_process.role(recompose(canary=2, pause_after_canary=True))
    result = result_of(paused)
    assert (result["outcome"], result["cause"], result["is_failure"]) == ("stopped", "pause", False)
    assert kinds(result) == [("canary", 2)]
    assert "to promote, run again" in paused.output
    assert template(estate) == OCTOBER

    cancelled = ansible_in_process.role(recompose(image_id=OCTOBER))
    assert result_of(cancelled)["outcome"] == "done"
    assert sum(map(len, images_set(estate, "quiet").values())) == 4
    assert set(estate.images("quiet").values()) == {OCTOBER}

    ansible_in_process.role(recompose(canary=2, pause_after_canary=True))
    promoted = ansible_in_process.role(recompose(canary=2, pause_after_canary=True, max_unavailable="100%"))
    assert kinds(result_of(promoted)) == [("wave", 6)]
    assert result_of(promoted)["outcome"] == "done"
    assert set(estate.images("quiet").values()) == {NOVEMBER}


def test_very_many_waves_are_not_put_inside_one_another(ansible_in_process: Ansible, estate: Sight) -> None:
    run = ansible_in_process.role({**recompose(max_unavailable=1), "pool_waves_most_inside": 3})
    assert kinds(result_of(run)) == [("canary", 1), *[("wave", 1)] * 7]
    assert images_set(estate, "quiet") == {name: [NOVEMBER] for name in QUIET}
    assert len([found for found in run.tasks if found.name.endswith("Begin to count")]) > 2


def test_nothing_begins_after_the_window(ansible_in_process: Ansible, estate: Sight) -> None:
    run = ansible_in_process.role(recompose(window_end="2026-01-01T05:00:00Z"))
    result = result_of(run)
    assert (result["outcome"], result["cause"], result["waves"]) == ("stopped", "window", [])
    assert run.changes == []
    wrong = ansible_in_process.role(recompose(window_end="tonight"), fails=True)
    assert "window_end is 'tonight'" in wrong.output
    assert wrong.changes == []


def test_the_floor_makes_waves_smaller(ansible_in_process: Ansible, estate: Sight) -> None:
    run = ansible_in_process.role(recompose(canary=0, max_unavailable="100%", min_available=5))
    assert kinds(result_of(run)) == [("wave", 3), ("wave", 3), ("wave", 2)]
    none = ansible_in_process.role(recompose(image_id=DECEMBER, min_available="100%"))
    assert (result_of(none)["outcome"], result_of(none)["cause"]) == ("stopped", "floor")
    assert none.changes == []


def test_desktops_in_use_are_skipped(ansible_in_process: Ansible, estate: Sight) -> None:
    run = ansible_in_process.role(recompose("evening", session_policy="skip", max_unavailable="100%"))
    result = result_of(run)
    assert result["outcome"] == "done"
    assert sorted(entry["desktop_name"] for entry in result["desktops_skipped"]) == USED
    assert images_set(estate, "evening") == {**{name: [NOVEMBER] for name in FREE}, **{name: [] for name in USED}}
    assert effects(estate, "evening", "sessions_cut") == {name: [] for name in FREE + USED}
    # What was stopped before is stopped again.
    assert estate.control.desktop("EVE-004")["status"] == "SHUTOFF"
    assert {estate.control.desktop(name)["status"] for name in FREE[:3]} == {"ACTIVE"}


def test_users_are_waited_for(ansible_in_process: Ansible, estate: Sight) -> None:
    def leave() -> None:
        until(lambda: all(images_set(estate, "evening")[name] for name in FREE), 60)
        until(lambda: estate.control.desktop("EVE-004")["status"] == "SHUTOFF", 60)
        for name in USED:
            estate.control.change({"desktop": name, "set": {"login_status": "REGISTERED"}})

    users = Thread(target=leave)
    users.start()
    run = ansible_in_process.role(recompose("evening", max_unavailable="100%", session_wait_minutes=600))
    users.join()
    assert result_of(run)["outcome"] == "done"
    assert images_set(estate, "evening") == {name: [NOVEMBER] for name in FREE + USED}
    assert effects(estate, "evening", "sessions_cut") == {name: [] for name in FREE + USED}
    assert "what is left is 2 desktops in use; waits" in run.output
    assert estate.notices("evening") == []


def test_users_who_stay_stop_the_rollout(ansible_in_process: Ansible, estate: Sight) -> None:
    run = ansible_in_process.role(recompose("evening", max_unavailable="100%", session_wait_minutes=2))
    result = result_of(run)
    assert (result["outcome"], result["cause"]) == ("stopped", "sessions")
    assert images_set(estate, "evening") == {**{name: [NOVEMBER] for name in FREE}, **{name: [] for name in USED}}
    assert template(estate, "evening") == OCTOBER


def test_users_are_logged_off(ansible_in_process: Ansible, estate: Sight) -> None:
    run = ansible_in_process.role(
        recompose("evening", max_unavailable="100%", session_policy="logoff", logoff_message="It is time.")
    )
    assert result_of(run)["outcome"] == "done"
    assert images_set(estate, "evening") == {name: [NOVEMBER] for name in FREE + USED}
    off = {
        name: [event["message"] for event in events] for name, events in effects(estate, "evening", "logoffs").items()
    }
    assert off == {**{name: [] for name in FREE}, **{name: ["It is time."] for name in USED}}
    assert effects(estate, "evening", "sessions_cut") == {name: [] for name in FREE + USED}


def test_a_session_that_does_not_end_is_left_alone(ansible_in_process: Ansible, estate: Sight) -> None:
    estate.control.set_dialect(logoff_disconnected="kept")
    run = ansible_in_process.role(recompose("evening", max_unavailable="100%", session_policy="logoff"))
    result = result_of(run)
    assert [entry["desktop_name"] for entry in result["desktops_skipped"]] == ["EVE-005"]
    assert images_set(estate, "evening")["EVE-005"] == []
    assert images_set(estate, "evening")["EVE-006"] == [NOVEMBER]


def checks(folder: Path, *tasks: dict[str, Any]) -> str:
    """Write a file of tasks that check desktops, and return its path."""
    path = folder / "check.yml"
    path.write_text(yaml.safe_dump(list(tasks)))
    return str(path)


def test_a_health_check_that_fails_fails_the_wave(ansible_in_process: Ansible, estate: Sight, tmp_path: Path) -> None:
    checks(
        tmp_path,
        {
            "name": "See",
            "ansible.builtin.debug": {"msg": "{{ wave_desktops | map(attribute='desktop_name') | join() }}"},
        },
        {"name": "Judge", "ansible.builtin.fail": {"msg": "the mail client is missing"}},
    )
    run = ansible_in_process.role(recompose(health_check="check.yml", canary=["QUI-004"]), fails=True)
    result = result_of(run)
    assert run["See"]["msg"] == "QUI-004"
    assert result["outcome"] == "rolled_back"
    assert [entry["fail_reason"] for entry in result["desktops_failed"]] == [
        "the health check failed: the mail client is missing"
    ]
    assert images_set(estate, "quiet") == {**{name: [] for name in QUIET}, "QUI-004": [NOVEMBER, OCTOBER]}


def test_a_health_check_can_name_desktops(ansible_in_process: Ansible, estate: Sight, tmp_path: Path) -> None:
    ill = "{{ wave_desktops | selectattr('desktop_name', 'eq', 'QUI-006') | map('combine', {'fail_reason': 'slow'}) }}"
    path = checks(tmp_path, {"name": "Judge", "ansible.builtin.set_fact": {"wave_unhealthy_desktops": ill}})
    given = recompose(health_check=path, canary=0, max_unavailable="100%", max_failures=1)
    run = ansible_in_process.role(given)
    result = result_of(run)
    assert kinds(result)[0] == ("wave", 8)
    assert [(entry["desktop_name"], entry["fail_reason"]) for entry in result["desktops_failed"]] == [
        ("QUI-006", "slow")
    ]


def test_a_region_that_changes_whole_pools_only(ansible_in_process: Ansible, sight: Sight) -> None:
    estate = set_up(sight, api_age="older")
    fail(estate, "QUI-002", times=1)
    run = ansible_in_process.role(recompose(max_failures=1))
    assert kinds(result_of(run)) == [("wave", 8), ("repair", 1)]
    assert posts(run) == [{"image_id": NOVEMBER}, {"image_id": NOVEMBER, "is_fix": True}]
    assert images_set(estate, "quiet") == {name: [NOVEMBER] for name in QUIET}
    again = ansible_in_process.role(recompose())
    assert again.changes == []
    used = ansible_in_process.role(recompose("evening", session_wait_minutes=0))
    assert result_of(used)["cause"] == "sessions"
    assert used.changes == []


def test_a_whole_pool_is_taken_back(ansible_in_process: Ansible, sight: Sight) -> None:
    estate = set_up(sight, api_age="older")
    fail(estate, "QUI-002", "QUI-003", times=1)
    run = ansible_in_process.role(recompose(max_failures=1), fails=True)
    assert result_of(run)["outcome"] == "rolled_back"
    assert posts(run) == [{"image_id": NOVEMBER}, {"image_id": OCTOBER}]
    assert set(estate.images("quiet").values()) == {OCTOBER}
    assert template(estate) == OCTOBER


@pytest.mark.readings
@pytest.mark.parametrize(
    "readings",
    [
        {"desktop_ids_change_template": "yes"},
        {"desktop_ids_change_template": "yes", "template_changes": "finished", "state_after_job": "lags"},
        {"power_after_rebuild": "stopped", "conflict": "pool"},
        {"job_status_partial": "FAIL", "sub_jobs_appear": "late", "template_changes": "all_succeeded"},
        {"pool_status_during_job": "STEADY", "sub_jobs_appear": "growing", "rebuild_changes": "name_case"},
    ],
    ids=str,
)
def test_every_reading_of_the_service(ansible_in_process: Ansible, sight: Sight, readings: dict[str, str]) -> None:
    """One desktop fails once and is repaired; then two fail, and all goes back."""
    estate = set_up(sight, **readings)
    fail(estate, "QUI-005", times=1)
    run = ansible_in_process.role(recompose(max_failures=1, max_unavailable=4))
    assert result_of(run)["outcome"] == "done"
    assert images_set(estate, "quiet") == {name: [NOVEMBER] for name in QUIET}
    assert template(estate) == NOVEMBER
    assert {name: estate.control.desktop(name)["status"] for name in QUIET} == {
        **dict.fromkeys(QUIET[:7], "ACTIVE"),
        "QUI-008": "SHUTOFF",
    }
    again = ansible_in_process.role(recompose())
    assert again.changes == []

    fail(estate, "QUI-003", "QUI-005")
    back = ansible_in_process.role(recompose(image_id=DECEMBER, max_failures=1, max_unavailable=7), fails=True)
    assert result_of(back)["outcome"] == "rolled_back"
    assert set(estate.images("quiet").values()) == {NOVEMBER}
    assert all(
        images in ([NOVEMBER], [NOVEMBER, DECEMBER, NOVEMBER]) for images in images_set(estate, "quiet").values()
    )
    assert template(estate) == NOVEMBER


@pytest.mark.readings
def test_a_template_that_strayed_is_put_back_at_a_stop(ansible_in_process: Ansible, sight: Sight) -> None:
    estate = set_up(sight, desktop_ids_change_template="yes")
    paused = ansible_in_process.role(recompose(canary=2, pause_after_canary=True))
    assert result_of(paused)["cause"] == "pause"
    assert template(estate) == OCTOBER
    promoted = ansible_in_process.role(recompose(max_unavailable="100%"))
    assert result_of(promoted)["outcome"] == "done"
    assert images_set(estate, "quiet") == {name: [NOVEMBER] for name in QUIET}
    assert template(estate) == NOVEMBER
