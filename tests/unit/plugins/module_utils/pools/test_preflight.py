# Copyright (c) 2026 the hwcloud.workspace contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Findings, one by one: a change that nothing speaks against, and each thing that speaks against it."""

from __future__ import annotations

from collections.abc import Mapping
from copy import deepcopy
from datetime import datetime, timedelta, timezone
from typing import Any

import pytest

from ansible_collections.hwcloud.workspace.plugins.module_utils.pools.preflight import preflight

NOW = datetime(2026, 11, 20, 22, 0, tzinfo=timezone.utc)
OLD, NEW = "11111111-1010-4000-8000-000000002610", "11111111-1010-4000-8000-000000002611"
LARGE, XLARGE = "workspace.x86.enterprise.large2", "workspace.x86.enterprise.xlarge2"
SYSTEM, DATA = "44444444-0000-4000-8000-000000000001", "44444444-0000-4000-8000-000000000002"
Record = dict[str, Any]
Found = dict[str, Any]


def product(product_id: str = XLARGE, **fields: Any) -> Record:
    """Return a product as the service's list has it."""
    return {
        "product_id": product_id,
        "flavor_id": "s6.xlarge.2",
        "type": "BASE",
        "architecture": "x86",
        "cpu": "4",
        "memory": "8192",
        "charge_mode": "1",
        "package_type": "enterprise",
        "status": "normal",
        "name": {"en-us": "Large desktop"},
        **fields,
    }


PRESENT = product(LARGE, cpu="2", memory="4096", name={"en-us": "Desktop"})


def image(image_id: str = NEW, **fields: Any) -> Record:
    """Return an image as the service's list has it."""
    return {
        "id": image_id,
        "name": "win10-2026-11",
        "os_type": "Windows",
        "image_type": "private",
        "architecture": "x86",
        "min_disk": 40,
        "min_ram": 0,
        "product_code": "",
        **fields,
    }


def desktop(number: int, **fields: Any) -> Record:
    """Return a desktop as the detailed list has it."""
    return {
        "desktop_id": f"d{number}",
        "computer_name": f"FIN-00{number}",
        "status": "ACTIVE",
        "task_status": "",
        "login_status": "REGISTERED",
        "attach_user_infos": [],
        "metadata": {"metering.image_id": OLD},
        "product": {"product_id": LARGE},
        "root_volume": {"type": "SAS", "size": 80},
        "data_volumes": [{"type": "SSD", "size": 100, "desktop_pool_disk_id": DATA}],
        "isolated": False,
        "is_freeze": False,
        **fields,
    }


def pool(desktops: list[Record] | None = None, **fields: Any) -> Record:
    """Return a pool as desktop_pool_info gives it with all that a preflight wants."""
    return {
        "id": "p1",
        "name": "finance-win10",
        "status": "STEADY",
        "image_id": OLD,
        "image_os_type": "Windows",
        "product": PRESENT,
        "charging_mode": "1",
        "availability_zone": "eu-west-101a",
        "root_volume": {"id": SYSTEM, "type": "SAS", "size": 80},
        "data_volumes": [{"id": DATA, "type": "SSD", "size": 100}],
        "desktop_count": 4,
        "enable_autoscale": False,
        "in_maintenance_mode": False,
        "desktops": [desktop(number) for number in range(1, 5)] if desktops is None else desktops,
        "drift": {"product_id": 0, "image_id": 0, "disk_num": 0, "disk_size": 0},
        "running_jobs": [],
        "capabilities": {"partial_changes": True},
        **fields,
    }


def look_ups(record: Record | None = None, **more: Any) -> Record:
    """Return results of look-ups that nothing speaks against; ``more`` replaces some of them."""
    return {
        "pool": {"desktop_pools": [pool() if record is None else record]},
        "images": {"images": [image(OLD, name="win10-2026-10"), image()]},
        "products": {"products": [PRESENT, product()]},
        "products_in_zone": {"products": [PRESENT, product()]},
        "products_to_become": {"products": [product()]},
        **more,
    }


ALL: Record = {
    "pool": "finance-win10",
    "image": {"name": "win10-2026-11"},
    "product": XLARGE,
    "volumes": [{"type": "SAS", "size": 50}],
}


def found(asked: Mapping[str, Any] | None = None, read: Mapping[str, Any] | None = None, **options: Any) -> Found:
    """Return what is found; ``options`` go with what is asked for."""
    return preflight({**(ALL if asked is None else asked), **options}, look_ups() if read is None else read, NOW)


def lines(result: Found) -> list[str]:
    """Return the findings, each as a line."""
    return [f"{one['severity']} {one['check']}: {one['message']}" for one in result["findings"]]


def alone(result: Found) -> str:
    """Return the only finding, as a line; what it advises is a sentence."""
    (line,) = lines(result)
    assert result["findings"][0]["action"][0].isupper()
    assert result["findings"][0]["action"].endswith(".")
    return line


def test_nothing_speaks_against_a_change_that_fits() -> None:
    read = look_ups()
    before = deepcopy(read)
    result = found(read=read)
    assert result["findings"] == []
    assert result["failure"] == ""
    assert result["lines"] == ["pool finance-win10: nothing speaks against it."]
    assert (result["image_id"], result["product_id"]) == (NEW, XLARGE)
    assert result["desktops_due"] == ["d1", "d2", "d3", "d4"]
    assert result["pool_record"] == before["pool"]["desktop_pools"][0]
    assert result["expected_seconds"] is None
    assert read == before


def test_without_a_change_the_pool_alone_is_looked_at() -> None:
    result = found({"pool": "finance-win10", "image": {}, "product": "", "volumes": []})
    assert result["findings"] == []
    assert len(result["desktops_due"]) == 4
    assert (result["image_id"], result["product_id"], result["expected_seconds"]) == ("", "", 0)
    used = pool([desktop(1, login_status="CONNECTED")])
    assert "1 of the 1 desktop" in alone(found({"pool": "finance-win10"}, look_ups(used)))


# what is there, the finding
OF_POOLS: list[tuple[Record, str]] = [
    ({"status": "ERROR"}, "error state: the pool is in state ERROR."),
    ({"status": "UNKNOWN"}, "warning state: the pool is in state UNKNOWN, and no job"),
    ({"status": "TEMPORARY"}, "warning state: the pool is in state TEMPORARY, and no job"),
    ({"status": "EXIST_FROZEN"}, "warning frozen: the pool holds frozen desktops; none of them needs"),
    ({"enable_autoscale": True}, "warning autoscaling: the pool scales by itself"),
    ({"in_maintenance_mode": True}, "warning maintenance_mode: the pool is in maintenance mode already"),
    ({"capabilities": {"partial_changes": False}}, "warning region: this region changes whole pools only"),
    (
        {"status": "TEMPORARY", "running_jobs": [{"job_id": "j", "job_type": "rebuildDesktopPool", "sub_jobs": [{}]}]},
        "warning jobs: job j (rebuildDesktopPool) runs for the pool, on 1 desktop.",
    ),
    (
        {"root_volume": {"id": SYSTEM, "type": "SAS", "size": 30}},
        "error image: image win10-2026-11 needs a system disk",
    ),
]
OF_DESKTOPS: list[tuple[Record, str]] = [
    ({"status": "ERROR"}, "warning desktops: 1 desktop is in state ERROR: FIN-001."),
    ({"isolated": True}, "warning desktops: 1 desktop is isolated: FIN-001"),
    ({"is_freeze": True}, "warning frozen: 1 desktop is frozen: FIN-001."),
    ({"task_status": "spawning"}, "warning desktops: 1 desktop is being made: FIN-001."),
    ({"task_status": "deleting"}, "warning desktops: 1 desktop is being deleted: FIN-001."),
    ({"status": ""}, "warning desktops: 1 desktop is being deleted: FIN-001."),
    ({"status": "SHUTOFF"}, "warning volumes: 1 desktop is stopped: FIN-001. Disks are added to running desktops"),
    ({"login_status": "CONNECTED"}, "warning sessions: users are logged in on 1 of the 4 desktops to change: FIN-001."),
    (
        {"login_status": "DISCONNECTED"},
        "warning sessions: users are logged in on 1 of the 4 desktops to change, 1 of",
    ),
]
OF_IMAGES: list[tuple[Record, str]] = [
    ({"status": "queued"}, "error image: image win10-2026-11 cannot be used, its status is queued."),
    ({"os_type": "Linux"}, "warning image: image win10-2026-11 has Linux, and the pool's present image has Windows."),
    ({"architecture": "arm"}, f"error image: image win10-2026-11 is for arm processors, and product {XLARGE} has x86"),
    ({"min_disk": 81}, "error image: image win10-2026-11 needs a system disk of 81 GB, and the pool's has 80 GB."),
    ({"min_ram": 8193}, "error image: image win10-2026-11 needs 8193 MB of memory"),
    (
        {"id": "other", "name": "win10-2026-10-x"},
        "error image: image win10-2026-11 is not among the project's images.",
    ),
]
OF_PRODUCTS: list[tuple[Record, str]] = [
    ({"status": "sellout"}, f"error product: product {XLARGE} cannot be chosen now, its status is sellout."),
    ({"status": "abandon"}, f"error product: product {XLARGE} cannot be chosen now, its status is abandon."),
    ({"charge_mode": "0", "status": "sellout"}, f"warning product: product {XLARGE} is listed as billed by the month"),
    (
        {"package_type": "general"},
        f"error product: product {XLARGE} is of the kind general, which desktops of",
    ),
    ({"type": "APP"}, f"error image: image win10-2026-11 is a private image, and product {XLARGE} has type APP"),
    ({"product_id": "other"}, f"error product: product {XLARGE} is not among the products of this region."),
]
FITTING_PRODUCTS: list[Record] = [
    {"package_type": "ultimate"},
    {"package_type": None, "status": None, "charge_mode": None, "architecture": None, "type": None, "name": None},
    {"cpu": "1", "memory": "1024"},
]


@pytest.mark.parametrize(("fields", "expected"), OF_POOLS)
def test_what_is_amiss_with_a_pool(fields: Record, expected: str) -> None:
    assert alone(found(read=look_ups(pool(**fields)))).startswith(expected)


@pytest.mark.parametrize(("fields", "expected"), OF_DESKTOPS)
def test_what_is_amiss_with_a_desktop(fields: Record, expected: str) -> None:
    record = pool([desktop(1, **fields), *(desktop(number) for number in (2, 3, 4))])
    assert alone(found(read=look_ups(record))).startswith(expected)


@pytest.mark.parametrize("fields", [fields for fields, _text in OF_DESKTOPS if "deleting" not in fields.values()])
def test_a_desktop_that_needs_no_change_is_not_looked_at(fields: Record) -> None:
    is_there = {"metadata": {"metering.image_id": NEW}, "product": {"product_id": XLARGE}}
    is_there["data_volumes"] = [*desktop(1)["data_volumes"], {"type": "SAS", "size": 50}]
    record = pool([desktop(1, **is_there, **fields), desktop(2)])
    left = [line for line in lines(found(read=look_ups(record))) if "being" not in line]
    assert left == []


@pytest.mark.parametrize(("fields", "expected"), OF_IMAGES)
def test_what_speaks_against_an_image(fields: Record, expected: str) -> None:
    read = look_ups(images={"images": [image(OLD, name="win10-2026-10"), image(**fields)]})
    assert alone(found(read=read)).startswith(expected)
    wanted = {"image": {"id": fields.get("id", NEW)}}
    if "name" not in fields:
        assert alone(found(read=read, **wanted)).startswith(expected)


@pytest.mark.parametrize(("fields", "expected"), OF_PRODUCTS)
def test_what_speaks_against_a_product(fields: Record, expected: str) -> None:
    listed = {"products": [PRESENT, product(**fields)]}
    read = look_ups(products=listed, products_in_zone=listed, products_to_become=listed)
    assert alone(found(read=read)).startswith(expected)


@pytest.mark.parametrize("fields", FITTING_PRODUCTS)
def test_what_does_not_speak_against_a_product(fields: Record) -> None:
    listed = {"products": [PRESENT, product(**fields)]}
    read = look_ups(products=listed, products_in_zone=listed, products_to_become=listed)
    assert lines(found(read=read)) == []


def test_a_product_that_the_zone_or_the_present_product_rules_out() -> None:
    others = {"products": [PRESENT, product("other")]}
    assert alone(found(read=look_ups(products_in_zone=others))).endswith("availability zone eu-west-101a.")
    assert alone(found(read=look_ups(products_to_become=others))).startswith("warning product: the service does not")
    silent: Record = {"products": []}
    refused = {"msg": "ListProducts was refused", "http_status": 400}
    for answer in (silent, refused):
        assert lines(found(read=look_ups(products_in_zone=answer, products_to_become=answer))) == []
    sold_out_here = {"products": [PRESENT, product(status="sellout")]}
    assert alone(found(read=look_ups(products_in_zone=sold_out_here))).endswith("its status is sellout.")


def test_processors_of_another_kind_speak_against_product_and_image() -> None:
    arm = {"products": [PRESENT, product(architecture="arm")]}
    read = look_ups(products=arm, products_in_zone=arm, products_to_become={"products": [PRESENT]})
    image_line, product_line = lines(found(read=read))
    assert image_line.startswith("error image: image win10-2026-11 is for x86 processors, and")
    assert product_line.endswith("has arm processors, and the pool's present product x86 processors.")


@pytest.mark.parametrize(
    ("fields", "less"),
    [
        ({"cpu": "1"}, "fewer CPUs"),
        ({"memory": "2048"}, "less memory"),
        ({"cpu": "1", "memory": "1"}, "fewer CPUs and"),
    ],
)
def test_a_pool_billed_by_the_month_can_only_grow(fields: Record, less: str) -> None:
    listed = {"products": [PRESENT, product(charge_mode="0", **fields)]}
    record = pool(charging_mode="0")
    read = look_ups(record, products=listed, products_in_zone=listed, products_to_become=listed)
    errors = [line for line in lines(found(read=read)) if line.startswith("error")]
    assert len(errors) == 1
    assert errors[0].startswith(f"error product: product {XLARGE} has {less}")


def test_a_resize_and_a_change_of_disks_go_through_an_order_there() -> None:
    listed = {"products": [PRESENT, product(charge_mode="0")]}
    read = look_ups(pool(charging_mode="0"), products=listed, products_in_zone=listed, products_to_become=listed)
    billed = alone(found(read=read))
    assert billed.startswith("warning billing: the pool is billed by the month or year, where a resize and a change of")


def test_a_paid_image_goes_through_an_order_where_bills_come_by_the_month() -> None:
    asked = {"pool": "finance-win10", "image": {"id": NEW}}
    paid = {"images": [image(product_code="paid")]}
    record = pool(charging_mode="0")
    assert "where the switch to a paid image goes through" in alone(found(asked, look_ups(record, images=paid)))
    assert lines(found(asked, look_ups(record))) == []
    assert lines(found(asked, look_ups(images=paid))) == []


# disks that are asked for, the finding
OF_DISKS: list[tuple[list[Any], str]] = [
    ([{"type": "SAS", "size": 45}], "error volumes: no disk can be made 45 GB large"),
    ([{"type": "SAS", "size": 8210}], "error volumes: no data disk can be made 8210 GB large; the service takes 10"),
    ([{"id": DATA, "size": 8210}], "error volumes: no data disk can be made 8210 GB large; the service takes 10"),
    (
        [{"id": SYSTEM, "size": 1030}],
        "error volumes: no system disk can be made 1030 GB large; the service takes",
    ),
    (
        [{"id": DATA, "size": 50}],
        f"error volumes: the disk {DATA} (SSD 100 GB) cannot become 50 GB: disks",
    ),
    ([{"id": "nowhere", "size": 50}], "error volumes: the pool has no disk with the ID nowhere"),
    ([{"type": "SAS", "size": 50}] * 10, "error volumes: the pool would have 11 data disks, and 10 is the most"),
    ([{"type": "SAS"}], "error volumes: volumes[0] has no id"),
    ([{"type": "SAS", "size": 50, "colour": "red"}], "error volumes: volumes[0] has the unknown key colour"),
    (["SAS"], "error volumes: volumes[0] is no dictionary"),
    ([{"type": "SSD", "size": 200}], "warning volumes: the list of disks adds a disk SSD 200 GB beside smaller ones"),
]


@pytest.mark.parametrize(("volumes", "expected"), OF_DISKS)
def test_what_speaks_against_disks(volumes: list[Any], expected: str) -> None:
    assert alone(found(volumes=volumes)).startswith(expected)


def test_what_else_a_change_of_disks_does() -> None:
    stopped = pool([desktop(1, status="SHUTOFF"), desktop(2, status="HIBERNATED"), desktop(3)])
    assert alone(found(read=look_ups(stopped), image={}, product="")).startswith(
        "warning volumes: 2 desktops are stopped"
    )
    assert lines(found(read=look_ups(stopped), image={}, product="", volumes=[{"id": DATA, "size": 200}])) == []
    purged = found(volumes=[{"type": "SAS", "size": 50}], volumes_purge=True)
    assert alone(purged) == f"warning volumes: disks are deleted with all that is on them: SSD 100 GB ({DATA})."


def test_adding_disks_disturbs_nobody() -> None:
    used = pool([desktop(1, login_status="CONNECTED"), desktop(2)])
    assert lines(found(read=look_ups(used), image={}, product="")) == []
    assert "1 of the 2 desktops" in alone(found(read=look_ups(used), product="", volumes=[]))


@pytest.mark.parametrize(("policy", "severity"), [("wait", "warning"), ("logoff", "warning"), ("skip", "info")])
def test_users_by_the_session_policy(policy: str, severity: str) -> None:
    used = pool([desktop(1, login_status="CONNECTED"), desktop(2)])
    assert alone(found(read=look_ups(used), session_policy=policy)).startswith(f"{severity} sessions: users are logged")


def test_users_in_a_region_that_changes_whole_pools_only() -> None:
    used = pool([desktop(1, login_status="CONNECTED"), desktop(2)], capabilities={"partial_changes": False})
    said = lines(found(read=look_ups(used), session_policy="skip", product="", volumes=[]))
    assert [line.partition(":")[0] for line in said] == ["warning region", "warning sessions", "info sessions"]


def test_frozen_desktops_in_such_a_region() -> None:
    frozen = pool([desktop(1, is_freeze=True), desktop(2)], capabilities={"partial_changes": False})
    assert lines(found(read=look_ups(frozen)))[0] == "error frozen: 1 desktop is frozen: FIN-001."


@pytest.mark.parametrize(
    ("options", "expected"),
    [
        ({"max_unavailable": 0}, "error options: max_unavailable is 0"),
        ({"max_unavailable": "some"}, "error options: max_unavailable is 'some'"),
        ({"min_available": -1}, "error options: min_available is"),
        ({"session_policy": "push"}, "error options: session_policy is 'push'"),
        ({"window_end": "tonight"}, "error options: window_end is 'tonight'"),
        ({"canary": ["FIN-009"]}, "error options: canary names FIN-009"),
        (
            {"min_available": 4},
            "error capacity: the change of the image comes to a halt: 4 desktops can be used and",
        ),
        ({"min_available": "76%"}, "error capacity: the change of the image comes to a halt: 4 desktops can be used"),
    ],
)
def test_options_that_cannot_be_kept(options: Record, expected: str) -> None:
    assert alone(found(**options)).startswith(expected)


def test_a_floor_that_can_be_kept() -> None:
    assert lines(found(min_available="75%", max_unavailable=1)) == []
    tight = pool([desktop(1, isolated=True), *(desktop(number) for number in (2, 3, 4))])
    assert [line.partition(":")[0] for line in lines(found(read=look_ups(tight), min_available=3))] == [
        *("error capacity", "warning desktops")
    ]


def test_desktops_that_a_running_job_works_on_are_there_again_afterwards() -> None:
    job = {"job_id": "j", "job_type": "rebuildDesktopPool", "sub_jobs": [{}] * 4}
    busy = pool([desktop(number, task_status="rebuilding") for number in (1, 2, 3, 4)], running_jobs=[job])
    assert [line.partition(":")[0] for line in lines(found(read=look_ups(busy), min_available=4))] == [
        *("error capacity", "warning jobs")
    ]
    assert [line.partition(":")[0] for line in lines(found(read=look_ups(busy), min_available=3))] == ["warning jobs"]


def history(job_type: str, seconds: int, at_once: int = 1, desktops: int = 4) -> Record:
    """Return a past job, as job_info gives it, that took so many seconds for each desktop."""
    began = datetime(2026, 11, 13, 22, 0, tzinfo=timezone.utc)

    def sub_job(number: int) -> Record:
        ended = began + timedelta(seconds=seconds * (number // at_once + 1))
        return {
            "job_type": job_type,
            "status": "SUCCESS",
            "begin_time": f"{began:%Y-%m-%d %H:%M:%S}",
            "end_time": f"{ended:%Y-%m-%d %H:%M:%S}",
        }

    return {"job_id": "past", "job_type": job_type, "sub_jobs": [sub_job(number) for number in range(desktops)]}


IMAGE_ALONE: Record = {"pool": "finance-win10", "image": {"id": NEW}, "max_unavailable": 1, "canary": 0}


@pytest.mark.parametrize(
    ("asked", "job_type"),
    [
        (IMAGE_ALONE, "rebuildDesktopPool"),
        ({**IMAGE_ALONE, "image": {}, "product": XLARGE}, "resizeDesktopPool"),
        ({**IMAGE_ALONE, "image": {}, "volumes": [{"type": "SAS", "size": 50}]}, "addDesktopPoolVolumes"),
        ({**IMAGE_ALONE, "image": {}, "volumes": [{"id": DATA, "size": 200}]}, "expandDesktopPoolVolumes"),
    ],
)
def test_the_past_of_the_pool_tells_how_long_it_takes(asked: Record, job_type: str) -> None:
    read = look_ups(jobs={"jobs": [history(job_type, 600)]})
    result = found(asked, read)
    assert result["expected_seconds"] == 2400
    assert lines(result) == []
    # What power actions are called as well tells nothing.
    others = {"jobs": [history("executeDesktopsAction", 600), history("operateDesktops", 600)]}
    assert found(asked, look_ups(jobs=others))["expected_seconds"] is None


def test_the_window() -> None:
    past = look_ups(jobs={"jobs": [history("rebuildDesktopPool", 600)]})
    assert lines(found(IMAGE_ALONE, past, window_end="2026-11-20T22:40:00Z")) == []
    short = alone(found(IMAGE_ALONE, past, window_end="2026-11-20T22:39:00Z"))
    assert short.startswith(
        "warning window: 4 desktops take about 40m00s, until 2026-11-20T22:40:00+00:00, and the win"
    )
    assert short.endswith("ends in 39m00s.")
    ended = alone(found(IMAGE_ALONE, past, window_end="2026-11-20T23:00:00+01:00"))
    assert ended == "error window: the window ended at 2026-11-20T22:00:00+00:00, so no desktop would be changed."
    unknown = alone(found(IMAGE_ALONE, window_end="2026-11-21T04:00:00Z"))
    assert unknown.startswith("info window: nobody knows how long 4 desktops take")
    # Two kinds of changes of which one is unknown.
    assert "nobody knows" in alone(found(IMAGE_ALONE, past, product=XLARGE, window_end="2026-11-21T04:00:00Z"))


def test_a_change_that_is_done_already_is_not_spoken_against() -> None:
    there = {"metadata": {"metering.image_id": NEW}, "product": {"product_id": XLARGE}}
    record = pool(
        [desktop(number, **there, login_status="CONNECTED") for number in (1, 2)],
        image_id=NEW,
        product=product(status="sellout"),
        charging_mode="0",
    )
    bad = image(status="deleted", min_disk=500)
    sold_out = {"products": [product(status="sellout")]}
    read = look_ups(record, images={"images": [bad]}, products=sold_out, products_in_zone=sold_out)
    asked = {**ALL, "volumes": [{"type": "SSD", "size": 100}], "min_available": 2, "window_end": "2026-11-20T21:00:00Z"}
    result = found(asked, read)
    assert lines(result) == []
    assert (result["desktops_due"], result["expected_seconds"]) == ([], 0)
    # Not even if they are off the lists by now; by an ID only, since a name cannot be told then.
    gone = {**read, "images": {"images": []}, "products": {"products": []}}
    assert lines(found({**asked, "image": {"id": NEW}}, gone)) == []
    assert alone(found(asked, gone)).startswith("error image: image win10-2026-11 is not among the project's images.")
    # One desktop that differs needs them after all.
    record["desktops"].append(desktop(3))
    assert len([line for line in lines(found({**asked, "image": {"id": NEW}}, gone)) if "is not among" in line]) == 2


def test_names() -> None:
    twins = look_ups(images={"images": [image("b"), image("a"), image("c", image_type="gold")]})
    assert alone(found(read=twins)) == "error image: 3 images are called win10-2026-11: a, b, c."
    assert found(read=twins, image={"name": "win10-2026-11", "type": "gold"})["image_id"] == "c"
    assert found(read=twins, image={"id": "b", "name": "whatever"})["image_id"] == "b"
    assert alone(found(image={"id": NEW, "type": "gold"})) == f"error image: image {NEW} is of type private, not gold."
    assert found(product="Large desktop")["product_id"] == XLARGE
    listed = {"products": [PRESENT, product(), product("other")]}
    both = alone(found(read=look_ups(products=listed), product="Large desktop"))
    assert both == f"error product: 2 products are called Large desktop: other, {XLARGE}."
    # An ID comes before names.
    named_so = {"products": [PRESENT, product(), product("other", name={"en-us": XLARGE})]}
    assert found(read=look_ups(products=named_so))["product_id"] == XLARGE


def refusal(operation: str, status: int | None, **fields: Any) -> Record:
    """Return the result of a look-up that failed, as a task keeps it."""
    known = {} if status is None else {"http_status": status}
    return {"failed": False, "changed": False, "msg": f"{operation} was refused", **known, **fields}


def test_a_look_up_that_is_refused_is_a_finding() -> None:
    read = look_ups(
        images=refusal("ListImages", 403),
        products=refusal("ListProducts", 400),
        jobs=refusal("ListItaSubJobs", 403, iam_action="workspace:jobs:list"),
    )
    result = found(read=read)
    assert lines(result) == [
        *("error rights: ListImages was refused", "error lookup: ListProducts was refused"),
        "error rights: ListItaSubJobs was refused",
    ]
    actions = [finding["action"] for finding in result["findings"]]
    assert actions[0] == "Give the credentials the permission to read: images."
    assert actions[2] == "Give the credentials the permission workspace:jobs:list."
    assert (result["image_id"], result["product_id"]) == ("", "")


def test_a_pool_that_cannot_be_read() -> None:
    missing = found(read=look_ups(pool=refusal("pool finance: no pool has this name", None)))
    assert alone(missing).startswith("error pool: pool finance: no pool has this name")
    assert missing["pool_record"] == {}
    assert (missing["image_id"], missing["product_id"]) == (NEW, XLARGE)
    whole = refusal("ListDesktopPools", 403, iam_action="workspace:desktopPools:list")
    parts = [{**refusal(f"ListDesktopPools {name}", 403), "item": {"name": name}} for name in ("pool", "jobs")]
    denied = found(read=look_ups(pool=whole, parts=parts))
    assert alone(denied) == "error rights: ListDesktopPools was refused"
    assert alone(found(read={"pool": refusal("ListDesktopPools", 401)})).startswith("error rights: ")
    assert lines(found(read={})) == []


def test_a_pool_that_can_be_read_in_part() -> None:
    record = pool()
    without = {name: value for name, value in record.items() if name not in ("desktops", "drift", "running_jobs")}
    parts = [
        {"desktop_pools": [{"id": "p1", "status": "ERROR"}], "item": {"name": "pool"}},
        {**refusal("ListDesktopsDetail", 403), "item": {"name": "desktops"}},
        {**refusal("ListItaSubJobs", 403), "item": {"name": "jobs"}},
        {"desktop_pools": [without], "item": {"name": "what the region knows"}},
    ]
    result = found(read=look_ups(pool=refusal("ListDesktopsDetail", 403), parts=parts, products=refusal("x", 403)))
    assert lines(result) == [
        *("error rights: ListDesktopsDetail was refused", "error rights: ListItaSubJobs was refused"),
        "error rights: x was refused",
    ]
    assert result["pool_record"] == without
    assert result["desktops_due"] == []
    # What can be told of the pool is told all the same.
    bad = look_ups(pool=refusal("ListDesktopsDetail", 403), parts=parts, images={"images": [image(min_disk=500)]})
    assert any(line.startswith("error image: ") for line in lines(found(read=bad)))


def test_a_look_up_that_was_left_out_is_none() -> None:
    left_out = {"changed": False, "skipped": True, "msg": "All items skipped", "skip_reason": "Conditional result"}
    assert lines(found({"pool": "finance-win10"}, look_ups(images=left_out, products=left_out, jobs=left_out))) == []


def test_errors_come_first_and_all_are_in_the_message() -> None:
    record = pool(enable_autoscale=True, status="ERROR")
    result = found(read=look_ups(record, images={"images": []}), window_end="2026-11-21T04:00:00Z")
    assert [finding["severity"] for finding in result["findings"]] == ["error", "error", "warning", "info"]
    assert result["failure"].startswith("pool finance-win10: 2 errors were found before anything was touched. (1) ")
    assert "\n" not in result["failure"]
    assert "scales" not in result["failure"]
    assert result["lines"][2].startswith("pool finance-win10: warning (autoscaling): the pool scales by itself")
    one = found(read=look_ups(pool(status="ERROR")))["failure"]
    assert one.startswith("pool finance-win10: 1 error was found")


def test_an_older_region_tells_less() -> None:
    newer = ("isolated", "is_freeze")
    desktops = [{name: value for name, value in desktop(number).items() if name not in newer} for number in (1, 2)]
    for item in desktops:
        item["data_volumes"] = [{"type": "SSD", "size": 100}]
    bare = {key: value for key, value in PRESENT.items() if key not in ("package_type", "name")}
    record = pool(desktops, product=bare, capabilities={"partial_changes": False})
    others = [{key: value for key, value in product().items() if key not in ("package_type", "name")}]
    listed = {"products": [bare, *others]}
    read = look_ups(record, products=listed, products_in_zone=listed, products_to_become=listed)
    assert alone(found(read=read)).startswith("warning region: ")
