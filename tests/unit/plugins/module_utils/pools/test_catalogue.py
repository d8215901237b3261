# Copyright (c) 2026 the hwcloud.workspace contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Images and products: what the service is asked for, and what is compared here."""

from __future__ import annotations

from typing import Any

import pytest

from ansible_collections.hwcloud.workspace.plugins.module_utils.client.errors import ForbiddenError, MissingError
from ansible_collections.hwcloud.workspace.plugins.module_utils.pools.catalogue import (
    IMAGE_FILTERS,
    PRODUCT_FILTERS,
    find_images,
    find_products,
)
from ansible_collections.hwcloud.workspace.tests.unit.plugins.module_utils.scripted_service import (
    PROJECT,
    Reply,
    ScriptedService,
    session_to,
)

IMAGES, PRODUCTS = f"/v2/{PROJECT}/images", f"/v2/{PROJECT}/products"
Record = dict[str, Any]

# filter, value, fields of an image that fits, fields of one that does not
IMAGE_TABLE: list[tuple[str, Any, Record, Record]] = [
    ("image_id", "fits", {}, {}),
    ("name", "win10", {"name": "win10"}, {"name": "win10-old"}),
    ("name", "win10", {"name": "win10"}, {"name": "WIN10"}),
    ("image_type", "gold", {"image_type": "gold"}, {"image_type": "private"}),
    ("os_type", "Windows", {"os_type": "windows"}, {"os_type": "Linux"}),
    ("architecture", "arm", {"architecture": "arm"}, {"architecture": "x86"}),
]
PRODUCT_TABLE: list[tuple[str, Any, Record, Record]] = [
    ("product_id", "fits", {}, {}),
    ("name", "Basis", {"name": {"en-us": "Basic", "de-de": "Basis"}}, {"name": {"en-us": "Basics"}}),
    ("name", "Basis", {"name": "Basis"}, {}),
    ("flavor_id", "s6.large.2", {"flavor_id": "s6.large.2"}, {}),
    ("resize_from", "other", {}, {}),
    ("charge_mode", "0", {"charge_mode": "0"}, {"charge_mode": "1"}),
    ("architecture", "arm", {"architecture": "arm"}, {"architecture": "x86"}),
    ("package_type", "ultimate", {"package_type": "ultimate"}, {"package_type": "enterprise"}),
    ("status", "normal", {}, {"status": "sellout"}),
    ("status", "sellout", {"status": "sellout"}, {}),
]


def images(service: ScriptedService, records: list[Record], **wanted: Any) -> list[str]:
    """Return the IDs of the images that are found in a region that filters by nothing."""
    service.on("GET", IMAGES, Reply(200, {"images": records, "total_count": len(records)}))
    return [image["id"] for image in find_images(session_to(service.url), wanted)]


def products(service: ScriptedService, records: list[Record], **wanted: Any) -> list[str]:
    """Return the IDs of the products that are found in a region that filters by nothing."""
    service.on("GET", PRODUCTS, Reply(200, {"products": records, "total_count": len(records)}))
    return [product["product_id"] for product in find_products(session_to(service.url), wanted)]


@pytest.mark.parametrize(("name", "value", "fits", "differs"), IMAGE_TABLE)
def test_images_that_a_region_does_not_filter_are_filtered(
    service: ScriptedService, name: str, value: Any, fits: Record, differs: Record
) -> None:
    assert images(service, [{"id": "other", **differs}, {"id": "fits", **fits}], **{name: value}) == ["fits"]


@pytest.mark.parametrize(("name", "value", "fits", "differs"), PRODUCT_TABLE)
def test_products_that_a_region_does_not_filter_are_filtered(
    service: ScriptedService, name: str, value: Any, fits: Record, differs: Record
) -> None:
    records = [{"product_id": "other", **differs}, {"product_id": "fits", **fits}]
    assert products(service, records, **{name: value}) == ["fits"]


@pytest.mark.parametrize("name", ["image_type", "os_type", "platform", "architecture", "package_type"])
def test_an_image_is_not_held_to_what_a_region_does_not_tell(service: ScriptedService, name: str) -> None:
    assert images(service, [{"id": "a"}], **{name: "x"}) == ["a"]


@pytest.mark.parametrize("name", ["availability_zone", "os_type", "charge_mode", "architecture", "package_type"])
def test_a_product_is_not_held_to_what_a_region_does_not_tell(service: ScriptedService, name: str) -> None:
    assert products(service, [{"product_id": "a"}], **{name: "x"}) == ["a"]


def test_the_service_gets_the_filters_that_it_knows(service: ScriptedService) -> None:
    images(service, [], **dict.fromkeys(IMAGE_FILTERS, "x"))
    products(service, [], **dict.fromkeys(PRODUCT_FILTERS, "x"))
    of_images, of_products = (set(request.query) - {"offset", "limit"} for request in service.requests)
    assert of_images == set(IMAGE_FILTERS) - {"name"}
    assert of_products == {
        "product_id", "availability_zone", "os_type", "charge_mode", "architecture", "package_type"
    }  # fmt: skip


def test_the_product_that_is_looked_for_is_not_what_the_service_calls_so(service: ScriptedService) -> None:
    records = [{"product_id": "a"}, {"product_id": "b"}]
    assert products(service, records, product_id="b") == ["b"]
    assert products(service, records, resize_from="b") == ["a"]
    assert [request.query.get("product_id") for request in service.requests] == [None, "b"]


def test_images_and_products_come_in_the_order_of_the_service(service: ScriptedService) -> None:
    assert images(service, [{"id": "b"}, {"id": "a"}]) == ["b", "a"]
    assert products(service, [{"product_id": "b"}, {"product_id": "a"}]) == ["b", "a"]


def test_an_image_id_that_the_service_calls_missing_is_none(service: ScriptedService) -> None:
    missing = Reply(404, {"error_code": "WKS.0202", "error_msg": "no such image"})
    service.on("GET", IMAGES, missing)
    assert find_images(session_to(service.url), {"image_id": "a"}) == []
    with pytest.raises(MissingError):
        find_images(session_to(service.url), {"name": "a"})


def test_a_missing_permission_is_no_empty_list(service: ScriptedService) -> None:
    service.on("GET", IMAGES, Reply(403, {"error_code": "WKS.0003", "error_msg": "denied"}))
    with pytest.raises(ForbiddenError):
        find_images(session_to(service.url), {"image_id": "a"})
