# Copyright (c) 2026 the hwcloud.workspace contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Resizes: scope, refusals, power, effects."""

from __future__ import annotations

from typing import Any

import pytest

from workspace_simulator.state.failures import FailureRule, Failures

FINANCE = "22222222-0000-4000-8000-000000000001"
LARGE = "workspace.x86.enterprise.large2"
XLARGE = "workspace.x86.enterprise.xlarge2"
ALL = ["FIN-001", "FIN-002", "FIN-003", "FIN-004"]


def resize(api: Any, **fields: Any) -> Any:
    """Ask for a resize of the pool finance and return the answer."""
    body = {"product_id": XLARGE, "mode": "STOP_DESKTOP", **fields}
    return api.call("POST", f"/desktop-pools/{FINANCE}/resize", {name: value for name, value in body.items() if value})


def start(api: Any, **fields: Any) -> Any:
    answer = resize(api, **fields)
    assert answer.status_code == 200, answer.text
    return api.project.jobs[answer.json()["job_id"]]


def resized(api: Any) -> list[str]:
    """Return the names of the desktops resized, once for each time."""
    desktops = api.pool().desktops.values()
    return [desktop.computer_name for desktop in desktops for _event in desktop.record().resizes]


def test_desktops_and_template_get_the_product_once_and_running_desktops_are_stopped_first(api: Any) -> None:
    job = start(api)
    assert (job.work.job_type, api.pool().product_id) == ("resizeDesktopPool", XLARGE)
    assert [api.desktop(name).status for name in ALL] == ["SHUTOFF"] * 4
    api.advance(300)
    assert resized(api) == ALL
    assert [api.desktop(name).product_id for name in ALL] == [XLARGE] * 4
    (cut,) = api.desktop("FIN-001").record().sessions_cut
    assert (cut["user_name"], cut["cause"]) == ("user-a1", f"resize {job.id}")
    assert api.get(f"/desktop-pools/{FINANCE}/inconsistent-statics")["product_id"] == 0
    assert api.get(f"/desktop-pools/{FINANCE}")["product"]["product_id"] == XLARGE


def test_the_task_states_of_a_resize(api: Any) -> None:
    start(api)
    seen = []
    for _time in range(4):
        (row,) = api.get(f"/desktop-pools/{FINANCE}/desktops", limit=1)["pool_desktops"]
        seen.append(row["task_status"])
        api.advance(75)
    assert seen == ["resize_prep", "resize_migrating", "resize_migrated", "resize_finish"]
    (row,) = api.get(f"/desktop-pools/{FINANCE}/desktops", limit=1)["pool_desktops"]
    assert (row["task_status"], row["product_id"]) == ("", XLARGE)


def test_without_the_mode_desktops_that_are_not_stopped_fail(api: Any) -> None:
    api.desktop("FIN-003").status = "HIBERNATED"
    job = start(api, mode=None)
    assert [sub_job.status for sub_job in job.sub_jobs] == ["FAILED", "FAILED", "FAILED", "RUNNING"]
    assert "ACTIVE" in job.sub_jobs[0].verdict.fail_reason
    api.advance(300)
    assert resized(api) == ["FIN-004"]
    assert api.desktop("FIN-001").login_status == "CONNECTED"


@pytest.mark.parametrize(
    ("handle_type", "names"),
    [("FOR_EXPAND_AND_ALL", ALL), ("FOR_EXPAND_AND_IDLE", ["FIN-003", "FIN-004"]), ("ONLY_FOR_EXPAND", [])],
)
def test_handle_type_chooses_the_desktops_and_moves_the_template(api: Any, handle_type: str, names: list[str]) -> None:
    start(api, handle_type=handle_type)
    api.advance(300)
    assert resized(api) == names
    assert api.pool().product_id == XLARGE


def test_desktop_ids_leave_the_template_alone(api: Any) -> None:
    start(api, desktop_ids=[api.desktop("FIN-002").desktop_id])
    api.advance(300)
    assert resized(api) == ["FIN-002"]
    assert api.pool().product_id == LARGE
    assert api.get(f"/desktop-pools/{FINANCE}/inconsistent-statics")["product_id"] == 1


def test_a_desktop_that_fails_goes_on_with_its_old_product(api: Any) -> None:
    api.world.failures = Failures([FailureRule(operation="ResizeDesktopPool", desktops=["FIN-003"])], api.world.ids)
    job = start(api)
    api.advance(300)
    assert [sub_job.status for sub_job in job.sub_jobs] == ["SUCCESS", "SUCCESS", "FAILED", "SUCCESS"]
    desktop = api.desktop("FIN-003")
    assert (desktop.product_id, desktop.status, desktop.login_status) == (LARGE, "ACTIVE", "REGISTERED")


def test_a_desktop_in_error_is_not_resized(api: Any) -> None:
    api.desktop("FIN-002").status = "ERROR"
    job = start(api)
    assert (job.sub_jobs[1].status, job.sub_jobs[1].verdict.error_code) == ("FAILED", "WKS.00010032")


@pytest.mark.parametrize(
    ("moment", "moved"),
    [("accepted", [True, True, True]), ("finished", [False, True, True]), ("all_succeeded", [False, False, True])],
)
def test_the_template_moves_with_a_resize_at_the_moment_that_the_reading_says(
    api: Any, moment: str, moved: list[bool]
) -> None:
    api.dialect(template_changes=moment)
    api.world.failures = Failures([FailureRule(nth=1, times=1)], api.world.ids)
    seen = []
    start(api)
    seen.append(api.pool().product_id == XLARGE)
    api.advance(300)
    seen.append(api.pool().product_id == XLARGE)
    start(api)
    api.advance(300)
    seen.append(api.pool().product_id == XLARGE)
    assert seen == moved


@pytest.mark.parametrize(
    ("change", "fields", "words"),
    [
        ({}, {"product_id": "no-such-product"}, "no-such-product"),
        ({}, {"flavor_id": "s6.large.2"}, "flavor_id s6.xlarge.2"),
        ({"status": "sellout"}, {}, "sellout"),
        ({"architecture": "arm"}, {}, "does not run the image"),
        ({"package_type": "office"}, {}, "No way leads"),
    ],
)
def test_a_product_that_cannot_be_is_refused(
    api: Any, change: dict[str, str], fields: dict[str, str], words: str
) -> None:
    api.world.products[XLARGE].fields.update(change)
    answer = resize(api, **fields)
    assert answer.status_code == 400
    assert words in answer.json()["error_msg"]
    assert (api.pool().product_id, api.project.jobs) == (LARGE, {})


def test_a_product_must_be_sold_in_the_zone_and_fit_the_system_and_its_memory(api: Any) -> None:
    product, image = api.world.products[XLARGE], api.world.images[api.pool().image_id]
    image.min_ram = 16384
    assert "16384 MB" in resize(api).json()["error_msg"]
    image.min_ram = 8192
    product.os_types = ("Linux",)
    assert "does not run" in resize(api).json()["error_msg"]
    product.os_types, product.zones = ("Windows",), ("eu-west-101b",)
    assert "eu-west-101a" in resize(api).json()["error_msg"]
    product.zones = ("eu-west-101a",)
    assert resize(api, flavor_id="s6.xlarge.2").status_code == 200


def test_enterprise_packages_become_ultimate_ones_and_never_the_other_way(api: Any) -> None:
    api.world.products[XLARGE].fields["package_type"] = "ultimate"
    start(api)
    api.advance(300)
    assert resize(api, product_id=LARGE).status_code == 400


def test_a_prepaid_pool_only_grows(api: Any) -> None:
    api.pool().charging_mode = "0"
    start(api)
    api.advance(300)
    answer = resize(api, product_id=LARGE)
    assert answer.status_code == 400
    assert "only grow" in answer.json()["error_msg"]
    api.pool().charging_mode = "1"
    assert resize(api, product_id=LARGE).status_code == 200


def test_nothing_else_may_be_done_to_the_pool_while_it_runs(api: Any) -> None:
    start(api, desktop_ids=[api.desktop("FIN-001").desktop_id])
    answer = api.rebuild(desktop_ids=[api.desktop("FIN-003").desktop_id])
    assert (answer.status_code, answer.json()["error_code"]) == (409, "WKS.00010032")
    api.advance(300)
    assert api.rebuild().status_code == 200


def test_only_one_mode_is_known(api: Any) -> None:
    answer = resize(api, mode="ANYHOW")
    assert answer.status_code == 400
    assert "mode" in answer.json()["error_detail"]


def test_each_desktop_is_named_with_its_job(api: Any) -> None:
    answer = resize(api).json()
    assert answer["jobs"] == [
        {"desktop_id": desktop_id, "job_id": answer["job_id"]} for desktop_id in api.pool().desktops
    ]


def test_older_regions_name_no_desktops_and_know_no_scope(api: Any) -> None:
    api.dialect(api_age="older")
    assert resize(api, handle_type="ONLY_FOR_EXPAND").status_code == 400
    assert resize(api).json().keys() == {"job_id"}


def test_the_job_beside_jobs_of_their_own_fails_with_the_first_of_them(api: Any) -> None:
    api.dialect(resize_jobs="own", template_changes="all_succeeded")
    api.world.failures = Failures([FailureRule(desktops=["FIN-003"])], api.world.ids)
    job = start(api)
    api.advance(300)
    assert api.get(f"/workspace-jobs/{job.id}")["status"] == "FAIL"
    assert api.pool().product_id == LARGE
    assert api.pool().jobs == []
