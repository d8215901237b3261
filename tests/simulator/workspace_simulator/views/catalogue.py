# Copyright (c) 2026 the hwcloud.workspace contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Images and products in answers."""

from __future__ import annotations

from typing import Any

from ..state.clock import iso_seconds
from ..state.models import Image

_NEWER_IMAGE = ("created_at", "kms_id")
_NEWER_PRODUCT = ("name", "package_type")


def image_view(image: Image, older: bool) -> dict[str, Any]:
    """Return an image as the image list shows it (definitions, SDK)."""
    view = {
        "id": image.id,
        "name": image.name,
        "os_type": image.os_type,
        "os_version": image.os_version,
        "image_type": image.image_type,
        "architecture": image.architecture,
        "min_disk": image.min_disk,
        "min_ram": image.min_ram,
        "disk_format": image.disk_format,
        "product_code": image.product_code,
        "created_at": iso_seconds(image.created),
        "kms_id": "",
    }
    if older:
        for name in _NEWER_IMAGE:
            del view[name]
    return view


def product_view(fields: dict[str, Any], older: bool) -> dict[str, Any]:
    """Return a product; older regions tell neither its names nor its package type (SDK)."""
    if older:
        return {name: value for name, value in fields.items() if name not in _NEWER_PRODUCT}
    return fields
