# Copyright (c) 2026 the hwcloud.workspace contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Routes of images and products."""

from __future__ import annotations

from typing import Any, Literal

from pydantic import Field

from ..registry import Call, Reply, operation
from ..state.models import Image, Product
from ..views.catalogue import image_view, product_view
from .fields import NEWER, Query, QueryInt, Text
from .lists import page


class ListImages(Query):
    """Filters of the list of images."""

    os_type: Text | None = None
    image_type: Literal["gold", "private"] | None = None
    platform: Text | None = Field(None, min_length=1)
    architecture: Literal["arm", "x86"] | None = None
    package_type: Text | None = None
    image_id: Text | None = None
    limit: QueryInt = Field(100, ge=0, le=100)
    offset: QueryInt = Field(0, ge=0, le=5000)
    sort_field: Literal["name", "created_at"] = Field("name", json_schema_extra=NEWER)
    sort_type: Literal["asc", "desc"] = Field("asc", json_schema_extra=NEWER)


class ListProducts(Query):
    """Filters of the list of products; ``product_id`` asks for what a desktop can be resized to (definitions)."""

    product_id: Text | None = None
    availability_zone: Text | None = None
    os_type: Text | None = None
    charge_mode: Literal["0", "1"] | None = None
    architecture: Literal["arm", "x86"] | None = None
    package_type: Text | None = None
    limit: QueryInt = Field(100, ge=0, le=100)
    offset: QueryInt = Field(0, ge=0, le=5000)


@operation("ListImages", "GET", "/v2/{project_id}/images", query=ListImages)
def list_images(call: Call) -> Reply:
    """List images, by name or by age."""
    query: ListImages = call.query
    images = [
        image
        for image in call.world.images.values()
        if query.os_type in (None, image.os_type)
        and query.image_type in (None, image.image_type)
        and query.platform in (None, image.platform)
        and query.architecture in (None, image.architecture)
        and query.package_type in (None, image.package_type)
        and query.image_id in (None, image.id)
    ]
    images.sort(key=_order(query), reverse=query.sort_type == "desc")
    return Reply(page(images, query, "images", lambda image: image_view(image, call.older)))


@operation("ListProducts", "GET", "/v2/{project_id}/products", query=ListProducts)
def list_products(call: Call) -> Reply:
    """List products."""
    query: ListProducts = call.query
    products = [product for product in call.world.products.values() if _fits(call, product, query)]
    answer = page(products, query, "products", lambda product: product_view(product.fields, call.older))
    # Some fields are echoes of the filters (definitions).
    if query.availability_zone is not None:
        answer["availability_zone"] = query.availability_zone
    if query.os_type is not None:
        answer["os_type"] = query.os_type
    if query.package_type == "agile" and query.architecture is not None:
        answer["architecture"] = query.architecture
    return Reply(answer)


def _order(query: ListImages) -> Any:
    def by_name(image: Image) -> str:
        return image.name

    def by_age(image: Image) -> float:
        return image.created

    return by_age if query.sort_field == "created_at" else by_name


def _fits(call: Call, product: Product, query: ListProducts) -> bool:
    fields = product.fields
    if query.product_id is not None:
        present = call.world.products.get(query.product_id)
        if present is None or present is product or fields["architecture"] != present.fields["architecture"]:
            return False
    return (
        (query.availability_zone is None or not product.zones or query.availability_zone in product.zones)
        and (query.os_type is None or query.os_type in product.os_types)
        and query.charge_mode in (None, fields["charge_mode"])
        and query.architecture in (None, fields["architecture"])
        and query.package_type in (None, fields["package_type"])
    )
