# Copyright (c) 2026 the hwcloud.workspace contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Finding images and products by filters, whether or not the region knows them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, TypeAlias

from ..client.errors import MissingError
from ..client.operations import LIST_IMAGES, LIST_PRODUCTS
from ..client.pagination import read_list
from ..client.session import Session

Record: TypeAlias = "Mapping[str, Any]"
_Check: TypeAlias = Callable[[Record, Any], bool]

NORMAL = "normal"  # state of a product that does not say one (definitions)


def _same(field: str) -> _Check:
    # A field that a region does not return cannot be checked; the service's own filter stands then.
    return lambda record, value: record.get(field) in (None, value)


def _alike(field: str) -> _Check:
    return lambda record, value: not record.get(field) or str(record[field]).upper() == str(value).upper()


# What each filter means, where that can be told from the answer; None leaves it to the service.
IMAGE_FILTERS: Mapping[str, _Check | None] = {
    "image_id": lambda image, value: image.get("id") == value,
    "name": lambda image, value: image.get("name") == value,
    "image_type": _same("image_type"),
    "os_type": _alike("os_type"),
    "platform": None,
    "architecture": _same("architecture"),
    "package_type": None,
}
PRODUCT_FILTERS: Mapping[str, _Check | None] = {
    "product_id": lambda product, value: product.get("product_id") == value,
    "name": lambda product, value: value in product_names(product),
    "flavor_id": lambda product, value: product.get("flavor_id") == value,
    "resize_from": lambda product, value: product.get("product_id") != value,
    "availability_zone": None,
    "os_type": None,
    "charge_mode": _same("charge_mode"),
    "architecture": _same("architecture"),
    "package_type": _same("package_type"),
    "status": lambda product, value: product_status(product) == value,
}
# Unknown to the service. By product_id it means the product that is to be resized, not the one that is looked for.
_IMAGES_OURS_ALONE = frozenset({"name"})
_PRODUCTS_OURS_ALONE = frozenset({"product_id", "name", "flavor_id", "status"})
_SPELT = {"resize_from": "product_id"}


def product_names(product: Record) -> frozenset[str]:
    """Return the names of a product, in all languages; none in regions that do not tell them."""
    found = product.get("name")
    return frozenset(map(str, found.values() if isinstance(found, Mapping) else [found] if found else []))


def product_status(product: Record) -> str:
    """Return a product's state: ``normal``, ``sellout`` or ``abandon``."""
    return str(product.get("status") or NORMAL)


def find_images(session: Session, wanted: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Return the images that fit every filter, in the service's order; none if no image fits.

    :param wanted: values by filter, of :data:`IMAGE_FILTERS`.
    """
    query = {name: value for name, value in wanted.items() if name not in _IMAGES_OURS_ALONE}
    try:
        found = read_list(session, LIST_IMAGES, query=query).items
    except MissingError:
        if "image_id" in wanted:
            return []
        raise
    return _fitting(found, IMAGE_FILTERS, wanted)


def find_products(session: Session, wanted: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Return the products that fit every filter, in the service's order; none if no product fits.

    :param wanted: values by filter, of :data:`PRODUCT_FILTERS`.
    """
    query = {_SPELT.get(name, name): value for name, value in wanted.items() if name not in _PRODUCTS_OURS_ALONE}
    return _fitting(read_list(session, LIST_PRODUCTS, query=query).items, PRODUCT_FILTERS, wanted)


def _fitting(
    found: list[dict[str, Any]], filters: Mapping[str, _Check | None], wanted: Mapping[str, Any]
) -> list[dict[str, Any]]:
    checks = [(check, wanted[name]) for name, check in filters.items() if check is not None and name in wanted]
    return [record for record in found if all(check(record, value) for check, value in checks)]
