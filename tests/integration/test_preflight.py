# Copyright (c) 2026 the hwcloud.workspace contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The role pool_preflight: all that would make a maintenance fail is found at once, and nothing is touched."""

from __future__ import annotations

from datetime import datetime, timedelta, timezone
from typing import Any

import pytest
from running import FACTOR, PROJECT, Ansible, Run, task
from sight import NOVEMBER, Sight

LARGE, XLARGE = "workspace.x86.enterprise.large2", "workspace.x86.enterprise.xlarge2"
SMALL_ARM = "workspace.k.general.large1"
SPECIAL = "77777777-0000-4000-8000-000000000001"
NIGHT = "22222222-0000-4000-8000-000000000009"
DENIED = {"status": 403, "body": {"error_code": "WKS.0003", "error_msg": "Policy does not allow it"}}
LOOK_UPS = {"ListDesktopPools", "ShowDesktopPoolDetail", "ListDesktopsDetail", "ListItaSubJobs"}
LOOK_UPS |= {"ListInconsistentStatics", "ListImages", "ListProducts"}

TROUBLED: dict[str, Any] = {
    "seed": 5,
    "account": {"name": "example-account"},
    "projects": [{"id": PROJECT, "name": "eu-west-101"}],
    "iam_users": [{"name": "operator", "password": "ExamplePassword1"}],
    "access_keys": [{"ak": "EXAMPLEAK", "sk": "EXAMPLESK", "user": "operator"}],
    "images": [
        {"name": "win10"},
        {
            "name": "special",
            "id": SPECIAL,
            "os_type": "Linux",
            "architecture": "arm",
            "min_disk": 200,
            "min_ram": 65536,
            "product_code": "paid",
        },
        {"name": "twice", "id": "77777777-0000-4000-8000-000000000002"},
        {"name": "twice", "id": "77777777-0000-4000-8000-000000000003"},
    ],
    "products": [
        {"product_id": LARGE, "flavor_id": "s6.large.2", "cpu": 2, "memory": 4096},
        {"product_id": XLARGE, "flavor_id": "s6.xlarge.2", "cpu": 4, "memory": 8192, "charge_mode": "0",
         "name": {"en-us": "Big"}, "type": "APP"},
        {"product_id": SMALL_ARM, "flavor_id": "kc1.large.1", "cpu": 1, "memory": 2048, "architecture": "arm",
         "package_type": "general", "status": "sellout", "charge_mode": "0", "availability_zones": ["eu-west-101b"]},
    ],
    "pools": [
        {
            "name": "night",
            "id": NIGHT,
            "image": "win10",
            "product": LARGE,
            "charging_mode": "0",
            "description": "{{ 7 * 7 }}",
            "enable_autoscale": True,
            "autoscale_policy": {"autoscale_type": "ACCESS_CREATED", "max_auto_created": 10},
            "in_maintenance_mode": True,
            "data_volumes": [{"type": "SSD", "size": 100, "id": "88888888-0000-4000-8000-000000000001"}],
            "desktops": [
                {"name": "NGT-001", "user": "user-a1", "login_status": "CONNECTED"},
                {"name": "NGT-002", "user": "user-b2", "login_status": "DISCONNECTED"},
                {"name": "NGT-003", "status": "ERROR"},
                {"name": "NGT-004", "is_freeze": True},
                {"name": "NGT-005", "isolated": True},
                {"name": "NGT-006", "status": "SHUTOFF"},
            ],
        }
    ],
}  # fmt: skip


def preflight(pool: str = "finance", **more: Any) -> dict[str, Any]:
    """Return a task that runs the role; ``more`` are its variables without their prefix."""
    given = {"pool": pool, "fail": False, **more}
    variables = {f"pool_preflight_{name}": value for name, value in given.items()}
    role = {"name": "hwcloud.workspace.pool_preflight"}
    return {"name": "Look", "ansible.builtin.include_role": role, "vars": variables}


def facts_of(run: Run) -> list[dict[str, Any]]:
    """Return the fact pool_preflight_found that each of the role's runs left; the other facts say the same."""
    judged = [one["ansible_facts"] for one in run.tasks if one.name.endswith("Judge what was looked up")]
    split = [one["ansible_facts"] for one in run.tasks if one.name.endswith("Remember what was found")]
    for whole, facts in zip(judged, split, strict=True):
        for name, value in whole["pool_preflight_found"].items():
            if name not in ("lines", "failure", "expected_seconds"):
                assert facts[f"pool_preflight_{name}"] == value
        # Older versions of Ansible make text of a number by itself, and empty text of none.
        seconds = whole["pool_preflight_found"]["expected_seconds"]
        given = facts["pool_preflight_expected_seconds"]
        assert (float(given) if given not in (None, "") else None) == seconds
    return [facts["pool_preflight_found"] for facts in judged]


def findings_of(facts: dict[str, Any]) -> list[str]:
    """Return the findings that a run left, each as a line."""
    return [f"{one['severity']} {one['check']}: {one['message']}" for one in facts["findings"]]


def in_hours(hours: float) -> str:
    """Return a time so many hours from now, in ISO 8601."""
    return (datetime.now(timezone.utc) + timedelta(hours=hours)).isoformat()


def test_all_faults_are_found_at_once_and_nothing_is_touched(ansible: Ansible, sight: Sight) -> None:
    sight.control.seed(TROUBLED)
    sight.control.set_clock(factor=FACTOR)
    ended = in_hours(-1)
    run_out = datetime.fromisoformat(ended).isoformat(timespec="seconds")
    everything = preflight(
        "night",
        image={"name": "special", "type": "private"},
        product=SMALL_ARM,
        volumes=[{"id": "88888888-0000-4000-8000-000000000001", "size": 9000}, {"type": "SAS", "size": 50}],
        min_available="100%",
        window_end=ended,
        fail=True,
    )
    run = ansible.run(ansible.playbook_command(everything), fails=True)
    (facts,) = facts_of(run)
    product = f"product {SMALL_ARM}"
    assert findings_of(facts) == [
        f"error image: image special needs 65536 MB of memory, and {product} has 2048 MB.",
        "error image: image special needs a system disk of 200 GB, and the pool's has 80 GB.",
        f"error product: {product} is not offered in the pool's availability zone eu-west-101a.",
        f"error product: {product} cannot be chosen now, its status is sellout.",
        f"error product: {product} is of the kind general, which desktops of the kind enterprise cannot become.",
        f"error product: {product} has arm processors, and the pool's present product x86 processors.",
        (
            f"error product: {product} has fewer CPUs and less memory than the pool's present one, and a pool that is "
            "billed by the month or year can only grow."
        ),
        "error volumes: no data disk can be made 9000 GB large; the service takes 10 to 8200 GB.",
        (
            "error capacity: the change of the image comes to a halt: 4 desktops can be used and 6 are to stay "
            "available, so none may be changed now; 3 desktops left for the next run."
        ),
        f"error window: the window ended at {run_out}, so no desktop would be changed.",
        "warning autoscaling: the pool scales by itself, so its number of desktops can change meanwhile.",
        (
            "warning maintenance_mode: the pool is in maintenance mode already, be it by somebody else or by a run "
            "that was interrupted."
        ),
        "warning image: image special has Linux, and the pool's present image has Windows.",
        (
            "warning volumes: 1 desktop is stopped: NGT-006. Disks are added to running desktops only, so they are "
            "started for it."
        ),
        (
            "warning billing: the pool is billed by the month or year, where the switch to a paid image, a resize and "
            "a change of disks go through an order; the service may refuse what is asked for without one."
        ),
        "warning frozen: 1 desktop is frozen: NGT-004.",
        "warning desktops: 1 desktop is in state ERROR: NGT-003.",
        "warning desktops: 1 desktop is isolated: NGT-005, so nobody can connect to them.",
        (
            "warning sessions: users are logged in on 2 of the 6 desktops to change, 1 of them disconnected with work "
            "that may not be saved: NGT-001, NGT-002."
        ),
    ]
    assert all(finding["action"].endswith(".") for finding in facts["findings"])
    message = run["Stop before anything is touched"].message
    assert message.startswith("pool night: 10 errors were found before anything was touched. (1) image special needs")
    for finding in facts["findings"]:
        assert (f"{finding['message']} {finding['action']}" in message) == (finding["severity"] == "error")
    assert (facts["image_id"], facts["product_id"]) == (SPECIAL, SMALL_ARM)
    assert_reads_only(run, sight)


def assert_reads_only(run: Run, sight: Sight) -> None:
    """Make sure that a run sent nothing but look-ups that are known."""
    assert {request["operation"] for request in run.requests} <= LOOK_UPS
    assert {request["method"] for request in run.requests} == {"GET"}
    assert sight.effects() == 0


def test_nothing_is_found_where_all_is_well(ansible_in_process: Ansible, sight: Sight) -> None:
    """Whether the pool is read by the role or was read before; in check mode, and with the rights to read alone."""
    fleet = task(
        "desktop_pool_info", "fleet", {"register": "fleet"}, gather=["desktops", "drift", "jobs", "capabilities"]
    )
    given = "{{ fleet.desktop_pools | selectattr('name', 'eq', 'finance') | first }}"
    change = {"image": {"name": "win10-2026-11"}, "product": XLARGE}
    tasks = [
        fleet,
        preflight(**change, fail=True),
        preflight(**change, pool_record_given=given),
        preflight("callcenter", session_policy="skip", pool_record_given=given),
    ]
    keys = {"HUAWEICLOUD_SDK_AK": "AUDITORAK", "HUAWEICLOUD_SDK_SK": "AUDITORSK"}
    run = ansible_in_process.run(ansible_in_process.playbook_command(*tasks), check=True, environment=keys)
    own, shared, other = facts_of(run)
    assert own["findings"] == []
    assert (own["image_id"], own["product_id"]) == (NOVEMBER, XLARGE)
    assert own["expected_seconds"] is None  # the pool has no past
    assert {"desktops", "drift", "running_jobs", "capabilities"} <= set(own["pool_record"])
    assert len(own["desktops_due"]) == 4
    assert shared == own
    # The record of another pool is not used.
    assert other["pool_record"]["name"] == "callcenter"
    assert findings_of(other) == [
        (
            "info sessions: users are logged in on 2 of the 3 desktops to change, 1 of them disconnected with work "
            "that may not be saved: CCT-001, CCT-002."
        )
    ]
    looked_up = [found for found in run.tasks if found.name.endswith("Look up the pool")]
    assert [bool(found.requests) for found in looked_up] == [True, False, True]
    assert run.output.count("nothing speaks against it") == 2
    assert_reads_only(run, sight)


def test_what_a_pool_has_already_is_not_looked_at(ansible_in_process: Ansible, sight: Sight) -> None:
    """A pool in which nothing is to be done costs few requests, and what would speak against a change is not said."""
    sight.control.seed(TROUBLED)
    sight.control.change({"pool": "night", "set": {"in_maintenance_mode": False, "enable_autoscale": False}})
    win10 = next(image["id"] for image in sight.control.estate()["images"] if image["name"] == "win10")
    has = preflight("night", image={"id": win10}, product=LARGE, window_end=in_hours(-1), min_available=6)
    shown = task("ansible.builtin.debug", "show", msg="{{ pool_preflight_pool_record.description }}")
    run = ansible_in_process.play(has, shown)
    (facts,) = facts_of(run)
    assert findings_of(facts) == [], facts
    assert facts["expected_seconds"] == 0
    assert facts["desktops_due"] == []
    operations = [request["operation"] for request in run.requests]
    assert operations.count("ListProducts") == 1
    assert run["show"]["msg"] == "{{ 7 * 7 }}"  # what the service says is no template


def test_names_that_fit_nothing_or_too_much(ansible_in_process: Ansible, sight: Sight) -> None:
    sight.control.seed(TROUBLED)
    run = ansible_in_process.play(
        preflight("night", image={"name": "twice"}, product="Big"),
        preflight("night", image={"id": SPECIAL, "type": "gold"}, product="big"),
        preflight("nigh", image={"name": "specia"}, product="workspace.x86", canary=["NGT-007"]),
        preflight("night", image={"id": SPECIAL}, canary=["NGT-007"], max_unavailable="many"),
        preflight("night", product=XLARGE, volumes=[{"type": "SSD"}], canary=["NGT-007"]),
    )
    found = [[line for line in findings_of(facts) if line.startswith("error")] for facts in facts_of(run)]
    twice, types, none, options, last = found
    ids = "77777777-0000-4000-8000-000000000002, 77777777-0000-4000-8000-000000000003"
    assert twice == [f"error image: 2 images are called twice: {ids}."]
    assert types == [
        f"error image: image {SPECIAL} is of type private, not gold.",
        "error product: product big is not among the products of this region.",
    ]
    assert none == [
        (
            "error pool: pool nigh: no pool in eu-west-101 has this name or ID; check pool, region and project_id. "
            "Pools with similar names: night."
        ),
        "error image: image specia is not among the project's images. Images with similar names: special.",
        "error product: product workspace.x86 is not among the products of this region.",
    ]
    assert options[0].startswith("error options: max_unavailable is 'many'")
    assert f"error image: image special is for arm processors, and product {LARGE} has x86 processors." in options
    assert last[0].startswith("error volumes: volumes[0] has no id")
    assert last[1].startswith("error options: canary names NGT-007")
    assert [facts["product_id"] for facts in facts_of(run)] == [XLARGE, "", "", "", XLARGE]


def test_what_may_not_or_cannot_be_read_is_found_too(ansible_in_process: Ansible, sight: Sight) -> None:
    of_pool = ["ListDesktopsDetail", "ListInconsistentStatics", "ListItaSubJobs"]
    refused = [*of_pool, "ListImages", "ListProducts"]
    sight.control.set_faults(*({"operation": name, "count": None, "effect": DENIED} for name in refused))
    run = ansible_in_process.play(preflight(image={"name": "win10-2026-11"}, product=XLARGE))
    (facts,) = facts_of(run)
    lines = findings_of(facts)
    assert sorted(line.split(" was refused")[0] for line in lines) == [
        *("error rights: ListImages", "error rights: ListProducts"),
        *(
            f"error rights: pool finance: {name}"
            for name in ("ListDesktopsDetail", "ListInconsistentStatics", "ListItaSubJobs")
        ),
    ]
    assert facts["pool_record"]["name"] == "finance"
    assert "desktops" not in facts["pool_record"]
    # The image list fails for another reason, and only the list of desktops is refused.
    failing = {"status": 400, "body": {"error_code": "WKS.0009", "error_msg": "Bad"}}
    sight.control.set_faults(
        {"operation": "ListDesktopsDetail", "count": None, "effect": DENIED},
        {"operation": "ListImages", "count": None, "effect": failing},
    )
    run = ansible_in_process.play(preflight(image={"name": "win10-2026-11"}))
    (facts,) = facts_of(run)
    assert [line.partition(":")[0] for line in findings_of(facts)] == ["error rights", "error lookup"]
    assert facts["pool_record"]["running_jobs"] == []
    assert facts["pool_record"]["capabilities"] == {"partial_changes": True}


def test_a_missing_right_is_named(ansible_in_process: Ansible, sight: Sight) -> None:
    estate = {
        **TROUBLED,
        "iam_users": [{**TROUBLED["iam_users"][0], "denied_actions": ["workspace:desktopPools:list"]}],
    }
    sight.control.seed(estate)
    run = ansible_in_process.play(preflight("night", image={"name": "win10"}))
    (facts,) = facts_of(run)
    (finding,) = facts["findings"]
    assert (finding["check"], finding["severity"]) == ("rights", "error")
    assert finding["action"] == "Give the credentials the permission workspace:desktopPools:list."
    assert facts["image_id"]


def test_wrong_credentials_are_tried_once(ansible_in_process: Ansible, sight: Sight) -> None:
    """Five refusals in a row lock an access key for some minutes."""
    keys = {"HUAWEICLOUD_SDK_AK": "EXAMPLEAK", "HUAWEICLOUD_SDK_SK": "WRONGSK"}
    command = ansible_in_process.playbook_command(preflight(image={"name": "win10-2026-11"}, product=XLARGE))
    run = ansible_in_process.run(command, environment=keys)
    (facts,) = facts_of(run)
    assert [finding["check"] for finding in facts["findings"]] == ["rights"]
    assert len(run.requests) == 1


@pytest.mark.parametrize("age", ["newest", "older"])
def test_a_running_job_a_full_pool_and_the_region(ansible_in_process: Ansible, sight: Sight, age: str) -> None:
    sight.control.set_dialect(api_age=age)
    sight.move_time_by_polls(0.1)
    job_id = sight.start_rebuild(NOVEMBER)
    run = ansible_in_process.play(
        preflight(image={"name": "win10-2026-12"}, min_available=4),
        preflight("callcenter", product=XLARGE, session_policy="skip"),
    )
    busy, used = facts_of(run)
    lines = findings_of(busy)
    assert f"warning jobs: job {job_id} (rebuildDesktopPool) runs for the pool, on 4 desktops." in lines
    assert any(line.startswith("error capacity: the change of the image comes to a halt") for line in lines)
    for facts in (busy, used):
        assert any(line.startswith("warning region: ") for line in findings_of(facts)) == (age == "older")
    halted = [line for line in findings_of(used) if line.startswith("warning sessions")]
    assert len(halted) == (1 if age == "older" else 0)


def test_the_pools_past_tells_how_long_it_takes(ansible_in_process: Ansible, sight: Sight) -> None:
    """Four desktops, one at a time, of half a minute each: two minutes, if the first was as fast as the others."""
    first = sight.start_rebuild(NOVEMBER)
    sight.control.advance(600)
    assert [job["id"] for job in sight.jobs()] == [first]
    december = {"image": {"name": "win10-2026-12"}, "max_unavailable": 1}
    run = ansible_in_process.play(
        preflight(**december, window_end=in_hours(1)),
        preflight(**december, window_end=in_hours(1 / 90)),
        preflight("engineering", image={"name": "win10-2026-12"}, window_end=in_hours(1)),
    )
    long, short, unknown = facts_of(run)
    assert 60 <= long["expected_seconds"] <= 200
    assert findings_of(long) == []
    (line,) = findings_of(short)
    assert line.startswith("warning window: 4 desktops take about ")
    assert unknown["expected_seconds"] is None
    assert any(line.startswith("info window: nobody knows how long 4 desktops take") for line in findings_of(unknown))
