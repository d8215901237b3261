# Copyright (c) 2026 the hwcloud.workspace contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What users read when something is wrong, and while they wait: things by the names they know, and what to do."""

from __future__ import annotations

import re
from typing import Any

from running import NO_HOST, Ansible, task
from sight import Sight

from workspace_simulator.testing import RunningSimulator

FINANCE = "22222222-0000-4000-8000-000000000001"
USER = {
    "object_type": "USER",
    "object_id": "55555555-0000-4000-8000-000000000001",
    "object_name": "user-a1",
    "user_group": "users",
}
IGNORE = {"ignore_errors": True}
EVER: dict[str, Any] = {"count": None}


def test_a_pool_is_named_once_and_on_one_line(ansible_in_process: Ansible) -> None:
    run = ansible_in_process.play(
        task("desktop_pool_power", "odd", IGNORE, pool="one\ntwo: {{ '{' }}{", state="started"),
        task("desktop_pool", "ID", IGNORE, pool_id=FINANCE, name="callcenter"),
        task("desktop_pool_power", "empty", IGNORE, pool="finance", state="started", wait_timeout=0),
    )
    assert run["odd"].message.startswith("pool one two: {{: no pool in eu-west-101 has this name")
    assert run["ID"].message.startswith("pool finance: update: UpdateDesktopPool was refused: ")
    assert run["empty"].message == "pool finance: wait_timeout is 0; it takes 1 to 86400 seconds."


def test_a_name_is_never_taken_for_an_id(ansible_in_process: Ansible) -> None:
    run = ansible_in_process.play(task("desktop_pool", "absent", IGNORE, name=FINANCE, state="absent", force=True))
    assert (
        run["absent"].message == f"pool {FINANCE}: it is the ID of the pool finance; give it in pool_id, not in name."
    )
    assert run.changes == []


def test_the_login_of_an_attach_is_called_by_its_own_name(ansible_in_process: Ansible) -> None:
    run = ansible_in_process.play(
        task("desktop_pool_attach", "half", IGNORE, pool="finance", username="user-a1", iam_username="operator"),
        task("desktop_pool_attach", "secret", IGNORE, pool="finance", username="user-a1", password="ExamplePassword1"),
    )
    said = "pool finance: Option iam_username is set without password and domain_name; logging in takes all three."
    assert run["half"].message == said
    assert run["secret"].message == "pool finance: Option password is set without iam_username; set both."
    assert run.requests == []


def test_no_desktop_is_started_for_a_disk_that_cannot_be(ansible_in_process: Ansible) -> None:
    run = ansible_in_process.play(
        task("desktop_pool_volumes", "new", IGNORE, pool="finance", volumes=[{"type": "SSD", "size": 105}]),
        task(
            "desktop_pool_volumes", "grown", IGNORE, pool="finance", volumes=[{"type": "SSD", "size": 115}], purge=True
        ),
        task("desktop_pool_volumes", "tiny", IGNORE, pool="finance", volumes=[{"type": "SSD", "size": 0}]),
    )
    for name, size in (("new", 105), ("grown", 115), ("tiny", 0)):
        assert run[name].message == (
            f"pool finance: disk change: no disk can be made {size} GB large; the service takes data disks of 10 GB "
            "and more, in steps of 10 GB. Nothing was changed."
        )
    assert run.changes == []


def test_what_to_do_about_desktops_that_failed_fits_the_change(
    ansible_in_process: Ansible, simulator: RunningSimulator
) -> None:
    simulator.control.set_failures({"operation": "*", "error_code": "WKS.00010110", "fail_reason": "no room"})
    run = ansible_in_process.play(
        task("desktop_pool_power", "reboot", IGNORE, pool="finance", state="rebooted"),
        task("desktop_pool_expand", "expand", IGNORE, pool="finance", desktop_count=5),
        task("desktop_pool_script", "script", IGNORE, pool="finance", command_type="BAT", command_content="ver"),
        task("desktop_pool", "delete", IGNORE, name="callcenter", state="absent", force=True),
        allowed=[".*"],
    )
    asked = {name: run[name].message.partition("mend the reason, and ")[2] for name in ("reboot", "expand", "delete")}
    assert asked == {
        "reboot": "run the task again, which reboots all that run.",
        "expand": "delete those that are left in ERROR, then run the task again.",
        "delete": "run the task again to delete what is left.",
    }
    assert run["script"].message.endswith("and run the task again with the desktop_ids of those.")
    assert not {"adopted", "desktops_succeeded", "desktops_failed"} & set(run["script"].result)


def test_an_answer_that_is_lost_is_said_to_be_and_of_what(
    ansible_in_process: Ansible, simulator: RunningSimulator, sight: Sight
) -> None:
    lost = {"effect": {"reset": True}, **EVER}
    simulator.control.set_faults(
        {"operation": "CreateDesktopPoolAuthorizedObjects", **lost},
        {"operation": "UpdateDesktopPool", **lost},
        {"operation": "ListDesktops", **lost},
    )
    few = {"max_retries": 1}
    run = ansible_in_process.play(
        task("desktop_pool_users", "users", IGNORE, pool="finance", authorized_objects=[USER], **few),
        task("desktop_pool", "update", IGNORE, name="finance", description="new", **few),
    )
    assert re.search(
        r"unknown: .* No effect of it appeared within 60 s; look at the pool in the console before",
        run["users"].message,
    )
    assert "finance: looks for the effect, since the answer to its request was lost" in run.output
    assert run["update"].message.endswith(
        "broke before the whole answer was there. Whether it was carried out is unknown; run the task again, which "
        "looks first."
    )


def test_a_read_without_an_answer_says_what_to_do_once(
    ansible_in_process: Ansible, simulator: RunningSimulator
) -> None:
    simulator.control.set_faults({"operation": "ListDesktopPools", "effect": {"reset": True}, **EVER})
    run = ansible_in_process.play(
        task("desktop_pool_info", "broken", IGNORE, pool="finance", max_retries=0),
        task("desktop_pool_info", "nowhere", IGNORE, pool="finance", endpoint=f"http://{NO_HOST}", max_retries=0),
    )
    assert run["broken"].message.endswith("was there. Check network and proxy, then run the task again.")
    assert run["nowhere"].message.lower().count("check") == 1


def test_a_wait_for_a_busy_pool_repeats_neither_warnings_nor_steps(
    ansible_in_process: Ansible, simulator: RunningSimulator
) -> None:
    busy = {"status": 409, "body": {"error_code": "WKS.00010032", "error_msg": "Operation conflict"}}
    simulator.control.set_faults(
        {"operation": "ResizeDesktopPool", "effect": busy, **EVER},
        {"operation": "AddDesktopPoolVolumes", "effect": busy, **EVER},
    )
    product = "workspace.x86.enterprise.xlarge2"
    run = ansible_in_process.play(
        task("desktop_pool_resize", "resize", IGNORE, pool="finance", product_id=product, wait_timeout=200),
        task(
            "desktop_pool_volumes",
            None,
            IGNORE,
            pool="finance",
            volumes=[{"type": "SAS", "size": 50}],
            wait_timeout=200,
        ),
        allowed=[".*"],
    )
    assert len(run["resize"].requests) > 8  # it was tried several times
    shown = [line for line in run.output.splitlines() if not line.startswith("[WARNING]")]
    assert sum("desktops to resize" in line and line.startswith("pool finance: ") for line in shown) == 1
    assert sum("adds SAS 50 GB on" in line and line.startswith("finance: ") for line in shown) == 1


def test_the_difference_of_a_new_pool_reads_like_that_of_one_that_exists(ansible_in_process: Ansible) -> None:
    pool = {
        "name": "new-pool",
        "type": "STATIC",
        "size": 1,
        "product_id": "workspace.x86.enterprise.large2",
        "image_type": "private",
        "image_id": "11111111-1010-4000-8000-000000002610",
        "root_volume": {"type": "SAS", "size": 80},
        "subnet_ids": ["5dee0216-2260-47c2-9368-98a27d910e55"],
        "tags": {"team": "finance"},
        "authorized_objects": [USER],
    }
    run = ansible_in_process.play(task("desktop_pool", "foreseen", **pool), check=True)
    after = run["foreseen"]["diff"]["after"]
    assert after["tags"] == {"team": "finance"}
    assert after["authorized_objects"] == ["USER user-a1 (users)"]
    assert run["foreseen"]["desktop_pool"]["tags"] == [{"key": "team", "value": "finance"}]


def test_what_an_older_region_does_not_know_is_named(ansible_in_process: Ansible, simulator: RunningSimulator) -> None:
    simulator.control.set_dialect(api_age="older")
    one = {"pool": "finance", "desktop_ids": ["33333333-0000-4000-8000-000000000001"]}
    product = "workspace.x86.enterprise.xlarge2"
    run = ansible_in_process.play(
        task("desktop_pool_resize", "one", IGNORE, product_id=product, **one),
        task(
            "desktop_pool_resize", "template", IGNORE, pool="finance", product_id=product, handle_type="ONLY_FOR_EXPAND"
        ),
        task("desktop_pool_volumes", "disk", IGNORE, volumes=[{"type": "SSD", "size": 200}], purge=True, **one),
        allowed=["1 of the 1 desktops to resize is running and fails unless mode is STOP_DESKTOP: FIN-001"],
    )
    assert run["one"].message.endswith("check the task's options. Older regions do not know desktop_ids.")
    assert run["template"].message.endswith("check the task's options. Older regions do not know handle_type.")
    assert run["disk"].message.endswith("check the task's options. Older regions do not know desktop_ids.")
    assert [request["status"] for request in run.changes] == [400, 400, 400]


def test_a_job_that_does_not_exist_is_not_said_to_run(ansible_in_process: Ansible) -> None:
    run = ansible_in_process.play(task("job_wait", "wait", IGNORE, job_id="no-such-job", wait_timeout=5))
    assert "The job no-such-job does not exist" in run["wait"].message
    assert "; if it runs, it goes on in the service, so run the task again" in run["wait"].message
