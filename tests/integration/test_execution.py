# Copyright (c) 2026 the hwcloud.workspace contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""How modules are run: inside Ansible's process or as programs, with equal results, and progress while they wait."""

from __future__ import annotations

import re
from typing import Any

import yaml
from inputs import BASES
from running import HERE, Ansible, Run, from_environment, task
from sight import CALLCENTER, DECEMBER, FINANCE, NOVEMBER, Sight, desktop_id

LOOK = task("desktop_pool_info", pool="finance")


def reasons(run: Run) -> list[str]:
    """Return why modules ran as programs of their own, as -vv says it."""
    return re.findall(r"hwcloud\.workspace\.\w+ runs by itself: (.*)", run.output)


def test_modules_run_the_way_that_is_asked_for(ansible: Ansible) -> None:
    run = ansible.play(LOOK, verbosity=2)
    assert reasons(run) == ([] if ansible.in_process else ["HW_WORKSPACE_EXECUTION asks for it"])


def test_the_variable_of_a_task_decides(ansible_in_process: Ansible) -> None:
    def asking(value: str) -> dict[str, Any]:
        return {**LOOK, "name": value, "environment": {"HW_WORKSPACE_EXECUTION": value}, "ignore_errors": True}

    run = ansible_in_process.play(asking("module"), asking("auto"), asking("remote"), verbosity=2)
    assert reasons(run) == ["HW_WORKSPACE_EXECUTION asks for it"]
    assert [found.status for found in run.tasks] == ["ok", "ok", "failed"]
    assert run["remote"].message == "HW_WORKSPACE_EXECUTION is 'remote'; it takes auto or module."


def test_every_module_begins_as_a_program(ansible_by_module: Ansible) -> None:
    """Whatever it needs is in the archive that Ansible makes of it: it gets as far as to look at its connection."""
    run = ansible_by_module.play(
        *(task(name, name, {"ignore_errors": True}, **options, region="Europe") for name, options in BASES.items()),
        verbosity=2,
    )
    assert reasons(run) == ["HW_WORKSPACE_EXECUTION asks for it"] * len(BASES)
    assert [found.name for found in run.tasks] == list(BASES)
    for found in run.tasks:
        assert "region is 'Europe', which is no region name" in found.message, found.name
    assert run.requests == []


def every_kind_of_result() -> list[Any]:
    """Return tasks that lead to each kind of result of every module: ok, changed, predicted, failed, refused."""
    ignore = {"ignore_errors": True}
    auditor = {
        **ignore,
        "environment": {"HUAWEICLOUD_SDK_AK": "AUDITORAK", "HUAWEICLOUD_SDK_SK": from_environment("OTHER_SECRET")},
    }
    rebuild = {"pool": "finance", "image_id": NOVEMBER}
    return [
        task("desktop_pool_info", "pools", gather=["desktops", "users", "drift", "jobs"]),
        task("desktop_pool_info", "no pool", ignore, pool="nowhere"),
        task("desktop_info", "desktops", pool="finance"),
        task("desktop_info", "no choice", ignore, pool="finance", status="SLEEPING"),
        task("desktop_pool_rebuild", "predicted", {"check_mode": True}, **rebuild),
        task("desktop_pool_rebuild", "refused", auditor, **rebuild),
        task("desktop_pool_rebuild", "no image", ignore, pool="finance", image_id="nowhere"),
        task("desktop_pool_rebuild", "failed", ignore, **rebuild),
        task("desktop_pool_rebuild", "repaired", {"register": "repaired"}, **rebuild),
        task("desktop_pool_rebuild", "unchanged", **rebuild),
        task("desktop_pool_rebuild", "not waited for", pool="callcenter", image_id=NOVEMBER, wait=False),
        task("desktop_pool_rebuild", "unknown option", ignore, **rebuild, nonsense=1),
        task("desktop_pool_notification", "notice predicted", {"check_mode": True}, pool="finance", message="Hello"),
        task("desktop_pool_notification", "notice", pool="finance", message="Hello"),
        task("desktop_pool", "update predicted", {"check_mode": True}, name="finance", description="Ledgers"),
        task("desktop_pool", "updated", name="finance", description="Ledgers"),
        task("desktop_pool", "kept", name="finance", description="Ledgers"),
        task("desktop_pool", "update refused", ignore, pool_id=FINANCE, name="callcenter"),
        task("job_info", "jobs", pool="finance"),
        task("job_info", "no job", ignore, job_id="nowhere"),
        task("job_wait", "waited", job_id="{{ repaired.job_id }}"),
        task("job_wait", "wait without job", ignore),
    ]


def results(ansible: Ansible, sight: Sight) -> dict[str, tuple[str, Any]]:
    """Return status and result of every kind of task, on a fresh estate whose time and IDs do not depend on the run."""
    estate = yaml.safe_load((HERE / "estate.yml").read_text())
    estate["clock"] = {"start": "2026-11-22T08:00:00Z", "mode": "polls", "seconds_per_poll": 120}
    sight.control.seed(estate)
    sight.control.set_failures({"operation": "RebuildDesktopPool", "desktops": ["FIN-002"], "times": 1})
    run = ansible.play(
        *every_kind_of_result(), environment={"OTHER_SECRET": "AUDITORSK"}, warnings=["users are logged in on 2"]
    )
    return {found.name: (found.status, masked(found.result)) for found in run.tasks}


def masked(result: Any) -> Any:
    """Return a result without what tells two runs apart: IDs of requests, and the time that the polls have moved."""
    if isinstance(result, dict):
        return {key: masked(value) for key, value in result.items() if key not in ("request_id", "exception")}
    if isinstance(result, list):
        return [masked(item) for item in result]
    if isinstance(result, str):
        return re.sub(r"request [0-9a-f]{32}|\d{4}-\d\d-\d\d \d\d:\d\d:\d\d", "<>", result)
    return result


def test_results_are_equal_in_both_ways(ansible_in_process: Ansible, ansible_by_module: Ansible, sight: Sight) -> None:
    here = results(ansible_in_process, sight)
    by_themselves = results(ansible_by_module, sight)
    assert here.keys() == by_themselves.keys()
    for name, (status, result) in here.items():
        assert by_themselves[name] == (status, result), name


def test_progress_while_a_job_runs(ansible: Ansible, sight: Sight) -> None:
    sight.control.set_failures({"operation": "RebuildDesktopPool", "desktops": ["FIN-002"]})
    sight.move_time_by_polls(0.5)
    run = ansible.play(task("desktop_pool_rebuild", pool="finance", image_id=NOVEMBER), LOOK, fails=True)
    lines = re.findall(r"^finance: .*$", run.output, re.MULTILINE)
    if not ansible.in_process:
        assert lines == []
        return
    line = re.compile(r"finance: recompose \d/4 desktops(, \d failed)?(, \d running)?, (\d+h)?(\d+m)?\d+s")
    assert all(line.fullmatch(text) for text in lines), lines
    assert lines[0].startswith("finance: recompose 0/4 desktops, 4 running, ")
    assert re.fullmatch(r"finance: recompose 4/4 desktops, 1 failed, \d+m\d\ds|.*, \d+s", lines[-1])
    assert lines == list(dict.fromkeys(lines))
    assert len(lines) >= 3


def test_progress_of_a_wait_for_another_job(ansible_in_process: Ansible, sight: Sight) -> None:
    sight.move_time_by_polls(0.5)
    job_id = sight.start_rebuild(NOVEMBER)
    run = ansible_in_process.play(
        task("job_wait", "Hasty", {"ignore_errors": True}, job_id=job_id, wait_timeout=1),
        task("desktop_pool_rebuild", pool="finance", image_id=NOVEMBER),
    )
    assert re.search(rf"^job {job_id}: rebuildDesktopPool 0/4 desktops, 4 running, \d+s$", run.output, re.MULTILINE)
    waits = rf"^finance: waits for job {job_id} \(rebuildDesktopPool\) \d/4 desktops"
    assert re.search(waits, run.output, re.MULTILINE)


def test_no_progress_of_a_task_that_logs_nothing(ansible_in_process: Ansible, sight: Sight) -> None:
    quiet = task("desktop_pool_rebuild", "quiet", {"no_log": True}, pool="finance", image_id=NOVEMBER)
    run = ansible_in_process.play(quiet)
    assert "finance: recompose" not in run.output
    assert set(sight.rebuilds().values()) == {1}


def test_asynchronous_tasks(ansible: Ansible, sight: Sight) -> None:
    started = task(
        "desktop_pool_rebuild",
        "start",
        {"async": 60, "poll": 0, "register": "started"},
        pool="finance",
        image_id=NOVEMBER,
    )
    status = {
        "name": "wait",
        "ansible.builtin.async_status": {"jid": "{{ started.ansible_job_id }}"},
        "register": "status",
        "until": "status is finished",
        "retries": 100,
        "delay": 0.2,
    }
    polled = task("desktop_pool_rebuild", "polled", {"async": 60, "poll": 1}, pool="engineering", image_id=DECEMBER)
    run = ansible.play(started, status, polled, verbosity=2)
    assert run["wait"].changed
    assert run["wait"]["job"]["sub_jobs"]["succeeded"] == 4
    assert run["polled"].changed
    assert set(sight.rebuilds().values()) == set(sight.rebuilds("engineering").values()) == {1}
    if ansible.in_process:
        assert reasons(run) == ["the task is asynchronous"] * 2


def test_delegated_and_looped_tasks(ansible: Ansible, sight: Sight) -> None:
    rebuild = task(
        "desktop_pool_rebuild",
        "loop",
        {"loop": ["finance", CALLCENTER], "delegate_to": "localhost"},
        pool="{{ item }}",
        image_id=NOVEMBER,
    )
    again = {**rebuild, "name": "again"}
    once = {**LOOK, "name": "once", "run_once": True, "delegate_to": "127.0.0.1", "connection": "local"}
    until_there = {
        **task("desktop_pool_info", "until", pool="finance"),
        "register": "seen",
        "until": "seen.desktop_pools[0].image_id == wanted",
        "vars": {"wanted": NOVEMBER},
    }
    run = ansible.play(rebuild, again, once, until_there, warnings=["users are logged in on 2"])
    assert [item["changed"] for item in run["loop"]["results"]] == [True, True]
    assert [item["changed"] for item in run["again"]["results"]] == [False, False]
    assert [item["desktop_pool"]["name"] for item in run["loop"]["results"]] == ["finance", "callcenter"]
    assert run["once"]["desktop_pools"][0]["image_id"] == NOVEMBER
    assert sight.rebuilds("callcenter") == {"CCT-001": 1, "CCT-002": 1, "CCT-003": 1}


def test_many_hosts_at_once(ansible_in_process: Ansible, sight: Sight) -> None:
    """Pools as hosts, as an inventory makes them: each host's task runs in its own worker."""
    inventory = ansible_in_process.folder / "pools.yml"
    pools = {"finance": {}, "callcenter": {}, "engineering": {}}
    inventory.write_text(yaml.safe_dump({"all": {"hosts": pools, "vars": {"ansible_connection": "local"}}}))
    command = ansible_in_process.playbook_command(
        task("desktop_pool_rebuild", pool="{{ inventory_hostname }}", image_id=DECEMBER), keywords={"hosts": "all"}
    )
    run = ansible_in_process.run([*command, "-i", str(inventory)], warnings=["users are logged in on 2"])
    assert [found.changed for found in run.tasks] == [True, True, True]
    assert len(run.sent("RebuildDesktopPool")) == 3
    assert {name: count for pool in pools for name, count in sight.rebuilds(pool).items()}.keys() >= {"ENG-004"}
    assert all(set(sight.rebuilds(pool).values()) == {1} for pool in pools)


def test_a_program_that_ends_leaves_nothing_behind(ansible_by_module: Ansible) -> None:
    ansible_by_module.play(LOOK, task("desktop_info", "one", pool="finance", desktop_id=[desktop_id("FIN-001")]))
    remote = ansible_by_module.folder / "remote"
    assert list(remote.iterdir()) == []


def test_the_services_own_name_for_what_users_are_told(ansible: Ansible) -> None:
    """``message`` is taken for ``user_message`` in both ways of running; both at once are refused."""
    notify = "desktop_pool_notification"
    run = ansible.play(
        task(notify, "Service's name", pool="finance", message="one"),
        task(notify, "Documented name", pool="finance", user_message="two"),
        task(notify, "Both", {"ignore_errors": True}, pool="finance", message="a", user_message="b"),
    )
    assert run.sent("SendDesktopPoolNotifications") == [{"notifications": "one"}, {"notifications": "two"}]
    assert run["Both"].message == "message and user_message are one option; set one of them."
