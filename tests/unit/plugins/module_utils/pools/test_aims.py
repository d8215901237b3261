# Copyright (c) 2026 the hwcloud.workspace contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a rollout aims at: which desktops need it, whether the template does, and whether it cuts sessions."""

from __future__ import annotations

from typing import Any

import pytest

from ansible_collections.hwcloud.workspace.plugins.module_utils.client.errors import InputError
from ansible_collections.hwcloud.workspace.plugins.module_utils.pools.aims import Aim, most_common
from ansible_collections.hwcloud.workspace.plugins.module_utils.pools.disks import Wish
from ansible_collections.hwcloud.workspace.plugins.module_utils.pools.model import Desktop
from ansible_collections.hwcloud.workspace.tests.unit.plugins.module_utils.pools.samples import (
    NEW,
    OLD,
    OTHER,
    a_desktop,
    a_pool,
)

SSD_100, SAS_50 = {"type": "SSD", "size": 100}, {"type": "SAS", "size": 50}


def disk(size: int, link: str | None = None, kind: str = "SSD") -> dict[str, Any]:
    """Return a desktop's disk; ``link`` is its pool disk, None where the region does not say it."""
    return {"type": kind, "size": size, **({} if link is None else {"desktop_pool_disk_id": link})}


def with_disks(desktop_id: str, *disks: dict[str, Any], **fields: Any) -> Desktop:
    return a_desktop(desktop_id, data_volumes=list(disks), **fields)


def volumes(*wishes: dict[str, Any], purge: Any = False) -> Aim:
    return Aim.of({"volumes": list(wishes), "volumes_purge": purge})


# --- reading


def test_an_aim_is_an_image_a_product_or_disks() -> None:
    assert Aim.of({"image_id": NEW, "image_type": "private", "product_id": ""}) == Aim("image", value=NEW)
    assert Aim.of({"product_id": "product-b", "volumes": None}) == Aim("product", value="product-b")
    wish = {"type": "SSD", "size": "100", "iops": "3000", "throughput": None, "kms_id": "key"}
    assert volumes(wish, {"id": "v", "size": 200}, purge=True) == Aim(
        "volumes",
        wishes=(Wish(type="SSD", size=100, iops=3000, kms_id="key"), Wish(id="v", size=200)),
        purge=True,
    )


@pytest.mark.parametrize(
    "change", [{}, {"image_id": ""}, {"volumes": []}, {"image_id": NEW, "product_id": "b"}, {"image": NEW}]
)
def test_an_aim_that_is_none_or_several_is_refused(change: dict[str, Any]) -> None:
    with pytest.raises(InputError, match=r"^a rollout has one aim: give one of image_id, product_id and volumes\.$"):
        Aim.of(change)


@pytest.mark.parametrize(
    ("wish", "message"),
    [
        ("SSD 100", "volumes[0] is no dictionary; give the type and size of a disk, or its id."),
        (
            {"type": "SSD", "size": 100, "gb": 1},
            "volumes[0] has the unknown key gb; known are id, iops, kms_id, size, throughput, type.",
        ),
        ({"type": "SSD", "size": "big"}, "volumes[0].size is no whole number: 'big'."),
        ({"type": "SSD", "size": 100, "iops": [1]}, "volumes[0].iops is no whole number: [1]."),
        ({"size": 100}, "volumes[0] has no id; a disk is then told by its type and size, so give both."),
    ],
)
def test_a_disk_that_cannot_be_right_is_refused_in_one_sentence(wish: Any, message: str) -> None:
    with pytest.raises(InputError) as refused:
        Aim.of({"volumes": [wish]})
    assert str(refused.value) == message


@pytest.mark.parametrize(
    ("given", "purge"), [("false", False), ("no", False), ("", False), (None, False), ("true", True), (True, True)]
)
def test_text_that_says_no_deletes_nothing(given: Any, purge: bool) -> None:
    assert volumes(SSD_100, purge=given).purge is purge


def test_whether_to_purge_is_not_guessed() -> None:
    with pytest.raises(InputError, match=r"^volumes_purge is 'perhaps'; give true or false\.$"):
        volumes(SSD_100, purge="perhaps")


# --- images and products


def test_who_has_another_image_or_none_needs_the_image() -> None:
    desktops = [a_desktop("d1"), a_desktop("d2", NEW), a_desktop("d3", OTHER), a_desktop("d4", metadata=None)]
    aim = Aim.of({"image_id": NEW})
    assert aim.due(a_pool(NEW), desktops) == {"d1", "d3", "d4"}
    assert (aim.template_due(a_pool(OLD), desktops), aim.template_due(a_pool(NEW), desktops)) == (True, False)
    assert (aim.value_of(a_pool(OLD)), aim.value_of(desktops[2])) == (OLD, OTHER)


def test_who_has_another_product_needs_the_product_running_or_not() -> None:
    other = {"product": {"product_id": "product-b"}}
    desktops = [a_desktop("d1", status="SHUTOFF"), a_desktop("d2", **other), a_desktop("d3", NEW)]
    aim = Aim.of({"product_id": "product-b"})
    assert aim.due(a_pool(), desktops) == {"d1", "d3"}
    assert (aim.template_due(a_pool(), []), aim.template_due(a_pool(**other), [])) == (True, False)
    assert (aim.value_of(a_pool()), aim.value_of(desktops[1])) == ("product-a", "product-b")


@pytest.mark.parametrize("change", [{"image_id": NEW}, {"product_id": "product-b"}])
def test_an_image_and_a_product_cut_sessions_and_lead_back(change: dict[str, str]) -> None:
    aim = Aim.of(change)
    assert aim.cuts_sessions(a_pool(), []) is True
    assert aim.back("x") == dict.fromkeys(change, "x")
    assert Aim.of(aim.back("x")).what == aim.what


@pytest.mark.parametrize(
    ("values", "common"),
    [([], ""), (["", ""], ""), (["b", "", "", "", "a", "b"], "b"), (["b", "a"], "a"), (["c", "b", "c", "b", "a"], "b")],
)
def test_the_most_common_value_is_told_the_first_of_two_alike(values: list[str], common: str) -> None:
    assert most_common(values) == common


# --- disks: the pool has one of SSD 100 with the ID v


LINKED = [disk(100, "v")]


def test_disks_that_are_there_are_due_nowhere() -> None:
    desktops = [with_disks("d1", *LINKED), with_disks("d2", disk(100), status="SHUTOFF")]
    aim = volumes(SSD_100)
    assert (aim.due(a_pool(), desktops), aim.template_due(a_pool(), desktops)) == (frozenset(), False)
    assert (aim.value, aim.value_of(a_pool()), aim.value_of(desktops[0])) == ("", "", "")


@pytest.mark.parametrize("link", ["v", None])
def test_a_new_disk_is_due_where_it_is_not_stopped_or_not(link: str | None) -> None:
    own = disk(100, link)
    desktops = [
        with_disks("d1", own),
        with_disks("d2", own, status="SHUTOFF"),
        with_disks("d3", own, disk(50, None if link is None else "w", kind="SAS")),
    ]
    aim = volumes(SSD_100, SAS_50)
    assert aim.due(a_pool(), desktops) == {"d1", "d2"}
    assert aim.template_due(a_pool(), desktops) is True
    assert aim.cuts_sessions(a_pool(), desktops) is False


def test_a_disk_that_grows_is_due_where_it_is_small() -> None:
    desktops = [with_disks("d1", *LINKED), with_disks("d2", disk(200, "v")), with_disks("d3", disk(100, "v"))]
    aim = volumes({"id": "v", "size": 200})
    assert aim.due(a_pool(), desktops) == {"d1", "d3"}
    assert (aim.template_due(a_pool(), desktops), aim.cuts_sessions(a_pool(), desktops)) == (True, False)
    grown = a_pool(data_volumes=[{"id": "v", "type": "SSD", "size": 200}])
    assert aim.due(grown, desktops) == {"d1", "d3"}
    assert aim.template_due(grown, desktops) is False


def test_a_system_disk_grows_as_others_do() -> None:
    desktops = [a_desktop("d1"), a_desktop("d2", root_volume={"type": "SAS", "size": 120})]
    aim = volumes({"id": "r", "size": 120})
    assert (aim.due(a_pool(), desktops), aim.template_due(a_pool(), desktops)) == ({"d1"}, True)


def test_what_is_not_listed_stays_unless_it_is_purged() -> None:
    pool = a_pool(data_volumes=[{"id": "v", **SSD_100}, {"id": "w", **SAS_50}])
    desktops = [
        with_disks("d1", *LINKED, disk(50, "w", kind="SAS")),
        with_disks("d2", *LINKED),
        with_disks("d3", *LINKED, disk(70, "", kind="SAS")),
    ]
    kept, purged = volumes(SSD_100), volumes(SSD_100, purge=True)
    assert (kept.due(pool, desktops), kept.template_due(pool, desktops)) == (frozenset(), False)
    assert (purged.due(pool, desktops), purged.template_due(pool, desktops)) == ({"d1"}, True)
    assert (kept.cuts_sessions(pool, desktops), purged.cuts_sessions(pool, desktops)) == (False, True)


def test_a_disk_that_only_desktops_have_left_is_purged_from_them_and_cuts_sessions() -> None:
    desktops = [with_disks("d1", *LINKED, disk(50, "gone", kind="SAS")), with_disks("d2", *LINKED)]
    aim = volumes(SSD_100, purge=True)
    assert (aim.due(a_pool(), desktops), aim.template_due(a_pool(), desktops)) == ({"d1"}, False)
    assert aim.cuts_sessions(a_pool(), desktops) is True
    assert aim.cuts_sessions(a_pool(), desktops[1:]) is False


def test_a_disk_of_a_pool_disk_that_goes_grows_instead_of_being_deleted() -> None:
    desktops = [with_disks("d1", disk(50, "gone"), disk(100, "v"))]
    aim = volumes({"id": "v", "size": 100}, {"type": "SSD", "size": 60}, purge=True)
    assert aim.due(a_pool(), desktops) == {"d1"}
    assert aim.cuts_sessions(a_pool(), desktops) is False


def test_one_desktop_with_links_shows_that_disks_without_are_the_desktops_own() -> None:
    pool = a_pool(data_volumes=[{"id": "v", **SSD_100}, {"id": "w", **SAS_50}])
    unlinked = with_disks("d2", disk(100), disk(50, kind="SAS"))
    aim = volumes(SSD_100, purge=True)
    assert aim.due(pool, [with_disks("d1", *LINKED), unlinked]) == frozenset()
    assert aim.due(pool, [with_disks("d1"), unlinked]) == {"d1", "d2"}  # who has none lacks the one that stays


def test_a_disk_that_goes_from_the_pool_is_taken_to_cut_sessions_whoever_has_it() -> None:
    pool = a_pool(data_volumes=[{"id": "v", **SSD_100}, {"id": "w", **SAS_50}])
    assert volumes(SSD_100, purge=True).cuts_sessions(pool, [with_disks("d1", *LINKED)]) is True


def test_wishes_that_do_not_fit_the_pool_are_refused() -> None:
    aim = volumes({"id": "nowhere", "size": 100})
    for ask in (aim.due, aim.template_due, aim.cuts_sessions):
        with pytest.raises(InputError, match="the pool has no disk with the ID nowhere"):
            ask(a_pool(), [a_desktop()])
