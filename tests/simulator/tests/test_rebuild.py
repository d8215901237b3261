# Copyright (c) 2026 the hwcloud.workspace contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Rebuilds: scope, refusals, effects."""

from __future__ import annotations

from typing import Any

import pytest

FINANCE = "22222222-0000-4000-8000-000000000001"
NEW_IMAGE = "11111111-1010-4000-8000-000000002611"
ALL = ["FIN-001", "FIN-002", "FIN-003", "FIN-004"]


def test_every_desktop_and_the_template_get_the_image_once(api: Any) -> None:
    old_disk = api.desktop("FIN-001").root_volume.id
    api.start()
    assert api.pool().image_id == NEW_IMAGE
    api.advance(300)
    assert api.rebuilt() == ALL
    desktop = api.desktop("FIN-001")
    assert desktop.image_id == NEW_IMAGE
    assert desktop.root_volume.id != old_disk
    assert desktop.user.name == "user-a1"
    assert [event["user_name"] for event in desktop.record().sessions_cut] == ["user-a1"]


@pytest.mark.parametrize(
    ("handle_type", "names"),
    [
        ("FOR_EXPAND_AND_ALL", ALL),
        ("FOR_EXPAND_AND_IDLE", ["FIN-003", "FIN-004"]),
        ("ONLY_FOR_EXPAND", []),
    ],
)
def test_handle_type_chooses_the_desktops_and_moves_the_template(api: Any, handle_type: str, names: list[str]) -> None:
    api.start(handle_type=handle_type)
    api.advance(300)
    assert api.rebuilt() == names
    assert api.pool().image_id == NEW_IMAGE


def test_desktop_ids_repair_single_desktops(api: Any) -> None:
    wanted = [api.desktop("FIN-004").desktop_id, api.desktop("FIN-002").desktop_id]
    api.start(desktop_ids=wanted)
    api.advance(300)
    assert api.rebuilt() == ["FIN-002", "FIN-004"]
    assert api.pool().image_id != NEW_IMAGE


def test_repair_mode_takes_the_desktops_that_differ_from_the_pool(api: Any) -> None:
    api.pool().image_id = NEW_IMAGE
    api.desktop("FIN-002").image_id = NEW_IMAGE
    api.start(is_fix=True)
    api.advance(300)
    assert api.rebuilt() == ["FIN-001", "FIN-003", "FIN-004"]
    assert api.get(f"/desktop-pools/{FINANCE}/inconsistent-statics")["image_id"] == 0


def test_users_are_told_when_the_rebuild_is_issued(api: Any) -> None:
    api.start(delay_time=15, message="Please save your work.")
    told = {
        desktop.computer_name: [event["message"] for event in desktop.record().notifications]
        for desktop in api.pool().desktops.values()
    }
    assert told == {"FIN-001": ["Please save your work."], "FIN-002": [], "FIN-003": [], "FIN-004": []}


def test_a_user_who_leaves_during_the_delay_is_not_cut_off(api: Any) -> None:
    api.start(delay_time=5)
    api.advance(299)
    api.world.set_login_status(api.desktop("FIN-001"), "REGISTERED")
    api.advance(301)
    assert api.desktop("FIN-001").record().sessions_cut == []
    assert len(api.rebuilt()) == 4


@pytest.mark.parametrize(
    ("fields", "word"),
    [
        ({"image_id": "no-such-image"}, "no-such-image"),
        ({"image_type": "gold"}, "image_type"),
        ({"os_type": "Linux"}, "os_type"),
        ({"desktop_ids": ["no-such-desktop"]}, "no-such-desktop"),
    ],
)
def test_what_cannot_be_is_refused_and_nothing_happens(api: Any, fields: dict[str, Any], word: str) -> None:
    body = {"image_id": NEW_IMAGE, **fields}
    answer = api.refused(400, "POST", f"/desktop-pools/{FINANCE}/rebuild", body)
    assert word in answer["error_msg"]
    assert api.project.jobs == {}
    assert api.pool().image_id != NEW_IMAGE


def test_an_image_must_fit_the_machine_and_the_disk(api: Any) -> None:
    image = api.world.images[NEW_IMAGE]
    image.min_disk = 100
    assert "100 GB" in api.rebuild().json()["error_msg"]
    image.min_disk, image.architecture = 40, "arm"
    assert "arm" in api.rebuild().json()["error_msg"]


def test_a_paid_image_of_a_prepaid_pool_needs_an_order(api: Any) -> None:
    api.pool().charging_mode = "0"
    api.world.images[NEW_IMAGE].product_code = "paid-image"
    assert api.rebuild().status_code == 400
    assert api.rebuild(order_id="CS2611200001").status_code == 200


def test_a_missing_pool_is_refused(api: Any) -> None:
    answer = api.refused(400, "POST", "/desktop-pools/gone/rebuild", {"image_id": NEW_IMAGE})
    assert answer["error_code"] == "WKS.0001"


def test_busy_desktops_are_a_conflict_until_they_are_done(api: Any) -> None:
    api.start(desktop_ids=[api.desktop("FIN-001").desktop_id])
    refusal = api.rebuild()
    assert (refusal.status_code, refusal.json()["error_code"]) == (409, "WKS.00010032")
    assert "rebuilding" in refusal.json()["error_msg"]
    api.advance(300)
    assert api.rebuild().status_code == 200
