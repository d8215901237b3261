# Copyright (c) 2026 the hwcloud.workspace contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Looking up pools, desktops and jobs."""

from __future__ import annotations

from typing import Any

import pytest
from running import FACTOR, Ansible, TaskRun, task
from sight import CALLCENTER, ENGINEERING, FINANCE, NOVEMBER, OCTOBER, Sight, desktop_id

from workspace_simulator.generate import generate

NO_DRIFT = {"product_id": 0, "image_id": 0, "disk_num": 0, "disk_size": 0}


def pool_names(found: TaskRun) -> list[str]:
    """Return the names of the pools that a task found."""
    return sorted(pool["name"] for pool in found["desktop_pools"])


def desktop_names(found: TaskRun) -> list[str]:
    """Return the names of the desktops that a task found."""
    return sorted(desktop["computer_name"] for desktop in found["desktops"])


def test_pools_by_every_option(ansible_in_process: Ansible) -> None:
    wanted: dict[str, tuple[dict[str, Any], list[str]]] = {
        "all": ({}, ["callcenter", "engineering", "finance"]),
        "exact name": ({"pool": "finance"}, ["finance"]),
        "ID": ({"pool": CALLCENTER}, ["callcenter"]),
        "substring": ({"name": "in"}, ["engineering", "finance"]),
        "substring in other letters": ({"name": "FIN"}, []),
        "nothing fits": ({"name": "nowhere"}, []),
        "type": ({"type": "DYNAMIC"}, ["callcenter"]),
        "in maintenance": ({"in_maintenance_mode": True}, ["engineering"]),
        "not in maintenance": ({"in_maintenance_mode": False}, ["callcenter", "finance"]),
        "all three": ({"name": "e", "type": "STATIC", "in_maintenance_mode": False}, ["finance"]),
        "another project": ({"project_id": "fedcba9876543210fedcba9876543210"}, ["finance-branch"]),
    }
    run = ansible_in_process.play(
        *(task("desktop_pool_info", name, **options) for name, (options, _names) in wanted.items())
    )
    assert {found.name: pool_names(found) for found in run.tasks} == {
        name: names for name, (_options, names) in wanted.items()
    }
    for found in run.tasks:
        assert not found.changed
        assert len(found.requests) == 1
    assert "desktops" not in run["exact name"]["desktop_pools"][0]
    assert run["exact name"]["desktop_pools"] == run["not in maintenance"]["desktop_pools"][:1]


def test_gathering_for_one_pool(ansible: Ansible, sight: Sight) -> None:
    sight.move_time_by_polls(0.1)
    job_id = sight.start_rebuild(NOVEMBER)
    gather = ["desktops", "users", "drift", "jobs"]
    run = ansible.play(
        task("desktop_pool_info", "finance", pool=FINANCE, gather=gather),
        task("desktop_pool_info", "engineering", pool=ENGINEERING, gather=gather),
        task("desktop_pool_info", "drift", pool=ENGINEERING, gather="drift"),
    )
    (finance,) = run["finance"]["desktop_pools"]
    assert len(finance["desktops"]) == 4
    assert finance["desktops"][0]["metadata"]["metering.image_id"] == OCTOBER
    assert [entry["object_name"] for entry in finance["authorized_objects"]] == ["finance-staff"]
    assert finance["drift"] == {**NO_DRIFT, "image_id": 4}
    (job,) = finance["running_jobs"]
    assert (job["job_id"], job["job_type"], job["status"]) == (job_id, "rebuildDesktopPool", "RUNNING")
    assert [part["entities"]["desktop_name"] for part in job["sub_jobs"]] == [
        "FIN-001",
        "FIN-002",
        "FIN-003",
        "FIN-004",
    ]

    (engineering,) = run["engineering"]["desktop_pools"]
    assert engineering["drift"] == {"product_id": 1, "image_id": 1, "disk_num": 1, "disk_size": 1}
    assert engineering["running_jobs"] == []
    assert [entry["object_name"] for entry in engineering["authorized_objects"]] == ["user-h8"]
    assert len(run["engineering"].requests) == 4
    assert run["drift"]["desktop_pools"][0].keys() - engineering.keys() == set()
    assert len(run["drift"].requests) == 2


def test_a_fleet_is_read_by_lists(ansible_in_process: Ansible, sight: Sight) -> None:
    sight.control.seed(generate(pools=30, desktops=20, in_use=0.2, drift=0.1, seed=3))
    sight.control.set_clock(factor=FACTOR)
    run = ansible_in_process.play(
        task("desktop_pool_info", "pools"),
        task("desktop_pool_info", "desktops", gather=["desktops"]),
        task("desktop_pool_info", "drift", gather=["drift"]),
        task("desktop_pool_info", "three", gather=["desktops", "drift", "jobs"]),
        task("desktop_pool_info", "users", name="finance", gather=["users"]),
    )
    assert run["pools"].operations == ["ListDesktopPools"]
    # The pools, the number of desktops in the project, and two lists of all of them.
    assert run["desktops"].operations == ["ListDesktopPools", "ListDesktops", "ListDesktops", "ListDesktopsDetail"]
    assert run["drift"].operations == run["desktops"].operations
    assert run["three"].operations == [*run["desktops"].operations, "ListItaSubJobs", "ListItaSubJobs"]
    pools = run["three"]["desktop_pools"]
    assert len(pools) == 30
    assert {len(pool["desktops"]) for pool in pools} == {20}
    assert sum(pool["drift"]["image_id"] for pool in pools) == 60
    assert all(pool["running_jobs"] == [] for pool in pools)
    assert len(run["users"].requests) == 1 + len(run["users"]["desktop_pools"])


def test_jobs_of_a_fleet(ansible_in_process: Ansible, sight: Sight) -> None:
    sight.move_time_by_polls(0.1)
    job_id = sight.start_rebuild(NOVEMBER)
    run = ansible_in_process.play(task("desktop_pool_info", gather=["jobs"]))
    jobs = {pool["name"]: [job["job_id"] for job in pool["running_jobs"]] for pool in run.only["desktop_pools"]}
    assert jobs == {"finance": [job_id], "callcenter": [], "engineering": []}


@pytest.mark.parametrize("age", ["newest", "older"])
def test_what_the_region_knows(ansible_in_process: Ansible, sight: Sight, age: str) -> None:
    sight.control.set_dialect(api_age=age)
    run = ansible_in_process.play(
        task("desktop_pool_info", "one", pool="finance", gather=["capabilities"]),
        task("desktop_pool_info", "all", gather=["capabilities"]),
        task("desktop_pool_info", "none", name="nowhere", gather=["capabilities"]),
    )
    knows = {"partial_changes": age == "newest"}
    assert [pool["capabilities"] for pool in run["one"]["desktop_pools"]] == [knows]
    assert [pool["capabilities"] for pool in run["all"]["desktop_pools"]] == [knows] * 3
    assert [len(found.requests) for found in run.tasks] == [2, 2, 1]


FILTERS: dict[str, tuple[dict[str, Any], list[str]]] = {
    "none": ({}, ["ENG-001", "ENG-002", "ENG-003", "ENG-004"]),
    "other product": ({"inconsistent_type": "PRODUCT_ID"}, ["ENG-003"]),
    "other image": ({"inconsistent_type": "IMAGE_ID"}, ["ENG-002"]),
    "other number of disks": ({"inconsistent_type": "DISK_NUM"}, ["ENG-004"]),
    "other size of disks": ({"inconsistent_type": "DISK_SIZE"}, ["ENG-004"]),
    "status": ({"status": "ERROR"}, ["ENG-003"]),
    "user": ({"user_name": "user-h8"}, ["ENG-001"]),
    "users": ({"user_names": ["user-h8", "user-d4"]}, ["ENG-001"]),
    "with user": ({"user_attached": True}, ["ENG-001"]),
    "without user": ({"user_attached": False}, ["ENG-002", "ENG-003", "ENG-004"]),
    "name": ({"computer_name": "ENG-00"}, ["ENG-001", "ENG-002", "ENG-003", "ENG-004"]),
    "names": ({"computer_names": ["ENG-001", "ENG-003"]}, ["ENG-001", "ENG-003"]),
    "IDs": ({"desktop_id": [desktop_id("ENG-002"), desktop_id("ENG-004")]}, ["ENG-002", "ENG-004"]),
    "image": ({"image_id": NOVEMBER}, ["ENG-002"]),
    "maintenance": ({"in_maintenance_mode": True}, ["ENG-004"]),
    "zone": ({"availability_zone": "eu-west-101a"}, ["ENG-001", "ENG-002", "ENG-003", "ENG-004"]),
    "no such zone": ({"availability_zone": "eu-west-101b"}, []),
    "tag": ({"tag": "owner=user-h8"}, ["ENG-001"]),
    "by use": ({"charge_mode": "1"}, ["ENG-001", "ENG-002", "ENG-003", "ENG-004"]),
    "out of the domain": ({"domain_status": 2}, []),
    "shared": ({"is_share_desktop": True}, []),
    "on the internet": ({"is_support_internet": True}, ["ENG-001", "ENG-002", "ENG-003", "ENG-004"]),
    "isolated": ({"isolated": False}, ["ENG-001", "ENG-002", "ENG-003", "ENG-004"]),
    "two at once": ({"status": "ACTIVE", "inconsistent_type": "IMAGE_ID"}, ["ENG-002"]),
}


def test_desktops_by_every_filter(ansible_in_process: Ansible, sight: Sight) -> None:
    engineering = sight.control.pool("engineering")["desktops"]
    address = {"desktop_ip": engineering[2]["ip_address"]}
    logged_in = {"pool": CALLCENTER, "login_status": ["CONNECTED", "DISCONNECTED"]}
    run = ansible_in_process.play(
        *(task("desktop_info", name, pool=ENGINEERING, **options) for name, (options, _found) in FILTERS.items()),
        task("desktop_info", "address", pool="engineering", **address),
        task("desktop_info", "logged in", **logged_in),
    )
    expected = {name: names for name, (_options, names) in FILTERS.items()}
    expected |= {"address": ["ENG-003"], "logged in": ["CCT-001", "CCT-002"]}
    assert {found.name: desktop_names(found) for found in run.tasks} == expected
    assert run.changes == []


@pytest.mark.parametrize(
    ("spelling", "unknown"), [("both", "refused"), ("newer", "none"), ("older", "refused"), ("older", "ignored")]
)
def test_drifted_desktops_under_every_reading(
    ansible_in_process: Ansible, sight: Sight, spelling: str, unknown: str
) -> None:
    sight.control.set_dialect(inconsistent_type_spelling=spelling, inconsistent_type_unknown=unknown)
    kinds = ("PRODUCT_ID", "IMAGE_ID", "DISK_NUM", "DISK_SIZE")
    run = ansible_in_process.play(
        *(task("desktop_info", kind, pool=ENGINEERING, inconsistent_type=kind) for kind in kinds)
    )
    assert [desktop_names(found) for found in run.tasks] == [["ENG-003"], ["ENG-002"], ["ENG-004"], ["ENG-004"]]


def test_an_older_region(ansible_in_process: Ansible, sight: Sight) -> None:
    sight.control.set_dialect(api_age="older")
    run = ansible_in_process.play(
        task("desktop_pool_info", "drift", pool="engineering", gather=["desktops", "drift", "jobs"]),
        task("desktop_info", "image", pool="engineering", inconsistent_type="IMAGE_ID"),
        task("desktop_info", "login", pool="callcenter", login_status=["CONNECTED"]),
    )
    assert run["drift"]["desktop_pools"][0]["drift"]["image_id"] == 1
    assert desktop_names(run["image"]) == ["ENG-002"]
    assert desktop_names(run["login"]) == ["CCT-001"]


def test_a_fleet_in_an_older_region(ansible_in_process: Ansible, sight: Sight) -> None:
    """The brief list of such a region does not say to which pool a desktop belongs."""
    fleet = generate(pools=10, desktops=3, in_use=0.0, drift=0.0, seed=3)
    fleet["pools"].append({"name": "lagging", "image": "win10-2026-10", "product": "workspace.x86.enterprise.large2"})
    fleet["pools"][-1]["desktops"] = [{"name": "LAG-001", "image": "win10-2026-09"}]
    sight.control.seed(fleet)
    sight.control.set_dialect(api_age="older")
    run = ansible_in_process.play(task("desktop_pool_info", gather=["desktops", "drift", "jobs"]))
    pools = {pool["name"]: pool for pool in run.only["desktop_pools"]}
    assert {name: len(pool["desktops"]) for name, pool in pools.items() if len(pool["desktops"]) != 3} == {"lagging": 1}
    assert pools["lagging"]["drift"]["image_id"] == 1


def test_jobs_by_id_and_by_pool(ansible_in_process: Ansible, sight: Sight) -> None:
    sight.control.set_failures({"operation": "RebuildDesktopPool", "desktops": ["FIN-002"]})
    job_id = sight.start_rebuild(NOVEMBER)
    sight.control.advance(600)
    sight.move_time_by_polls(0.1)
    running_id = sight.start_rebuild(NOVEMBER)
    run = ansible_in_process.play(
        task("job_info", "by ID", job_id=job_id),
        task("job_info", "by pool", pool="finance"),
        task("job_info", "failed", pool="finance", status="FAILED"),
        task("job_info", "of a type", pool="finance", job_type="rebuildDesktopPool"),
        task("job_info", "of another type", pool="finance", job_type="createDesktopPool"),
        task("job_info", "of another pool", pool="callcenter"),
    )
    (job,) = run["by ID"]["jobs"]
    assert (job["job_id"], job["job_type"], job["status"]) == (job_id, "rebuildDesktopPool", "COMPLETE")
    assert [part["status"] for part in job["sub_jobs"]] == ["SUCCESS", "FAILED", "SUCCESS", "SUCCESS"]
    states = {job["job_id"]: job["status"] for job in run["by pool"]["jobs"]}
    assert states == {job_id: "COMPLETE", running_id: "RUNNING"}
    (failed,) = run["failed"]["jobs"]
    assert [part["entities"]["desktop_name"] for part in failed["sub_jobs"]] == ["FIN-002"]
    assert len(run["of a type"]["jobs"]) == 2
    assert run["of another type"]["jobs"] == []
    assert run["of another pool"]["jobs"] == []
    assert run["by ID"]["jobs"][0].keys() == run["by pool"]["jobs"][0].keys()
    assert run.changes == []


LARGE, XLARGE = "workspace.x86.enterprise.large2", "workspace.x86.enterprise.xlarge2"
ARM = "workspace.k.enterprise.large2"
PRODUCTS: dict[str, tuple[dict[str, Any], list[str]]] = {
    "all products": ({}, [LARGE, XLARGE, ARM]),
    "product ID": ({"product_id": LARGE}, [LARGE]),
    "no product": ({"product_id": "workspace.x86.enterprise"}, []),
    "name": ({"name": "Gross"}, [XLARGE]),
    "flavor": ({"flavor_id": "s6.xlarge.2"}, [XLARGE]),
    "larger": ({"resize_from": LARGE}, [XLARGE]),
    "zone": ({"availability_zone": "eu-west-101a"}, [LARGE, XLARGE]),
    "system of products": ({"os_type": "Linux"}, [LARGE, XLARGE, ARM]),
    "by use": ({"charge_mode": "1"}, [LARGE, XLARGE]),
    "processor of products": ({"architecture": "arm"}, [ARM]),
    "series": ({"package_type": "general"}, [ARM]),
    "to be had": ({"status": "normal"}, [LARGE, ARM]),
}
IMAGES: dict[str, tuple[dict[str, Any], list[str]]] = {
    "all images": ({}, ["ubuntu", "win10", "win10"]),
    "image name": ({"name": "win10"}, ["win10", "win10"]),
    "part of a name": ({"name": "win"}, []),
    "image ID": ({"image_id": "77777777-0000-4000-8000-000000000001"}, ["win10"]),
    "no image": ({"image_id": "77777777"}, []),
    "type of image": ({"image_type": "gold"}, ["ubuntu"]),
    "system": ({"os_type": "Linux"}, ["ubuntu"]),
    "platform": ({"platform": "Ubuntu"}, ["ubuntu"]),
    "processor": ({"architecture": "arm"}, ["ubuntu"]),
    "series of images": ({"package_type": "general"}, ["ubuntu", "win10", "win10"]),
    "name and type": ({"name": "win10", "image_type": "gold"}, []),
}


@pytest.mark.parametrize("age", ["newest", "older"])
def test_images_and_products_by_every_filter(ansible: Ansible, sight: Sight, age: str) -> None:
    linux = {"os_type": "Linux", "platform": "Ubuntu", "image_type": "gold", "architecture": "arm"}
    arm = {"product_id": ARM, "flavor_id": "kc1.large.2", "cpu": 2, "memory": 4096, "architecture": "arm"}
    large = {"product_id": LARGE, "flavor_id": "s6.large.2", "cpu": 2, "memory": 4096}
    xlarge = {"product_id": XLARGE, "flavor_id": "s6.xlarge.2", "cpu": 4, "memory": 8192, "status": "sellout"}
    estate = generate(pools=1, desktops=1, in_use=0.0, drift=0.0, seed=3)
    own = {name: estate[name] for name in ("seed", "account", "projects", "iam_users", "access_keys")}
    sight.control.seed(
        {
            **own,
            "images": [
                {"name": "win10", "id": "77777777-0000-4000-8000-000000000001"},
                {"name": "win10", "id": "77777777-0000-4000-8000-000000000002"},
                {"name": "ubuntu", **linux},
            ],
            "products": [
                large,
                {**xlarge, "name": {"en-us": "Large", "de-de": "Gross"}},
                {**arm, "charge_mode": "0", "package_type": "general", "availability_zones": ["eu-west-101b"]},
            ],
            "pools": [],
        }
    )
    sight.control.set_dialect(api_age=age)
    run = ansible.play(
        *(task("image_info", name, **options) for name, (options, _found) in IMAGES.items()),
        *(task("product_info", name, **options) for name, (options, _found) in PRODUCTS.items()),
    )
    assert {name: [image["name"] for image in run[name]["images"]] for name in IMAGES} == {
        name: found for name, (_options, found) in IMAGES.items()
    }
    expected = {name: found for name, (_options, found) in PRODUCTS.items()}
    if age == "older":  # such regions do not tell names
        expected["name"] = []
    assert {name: [item["product_id"] for item in run[name]["products"]] for name in PRODUCTS} == expected
    assert run.changes == []
    assert all(len(found.requests) == 1 for found in run.tasks)
