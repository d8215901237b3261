# Copyright (c) 2026 the hwcloud.workspace contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""How far a pool's desktops are from their pool's template. Pure."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable

from .model import Desktop, Pool


def drift_kinds(pool: Pool, desktop: Desktop) -> frozenset[str]:
    """Return in what a desktop differs from its pool.

    The kinds are those of the service's own counts: ``product_id``, ``image_id``, ``disk_num`` (number of data disks),
    ``disk_size`` (summed size of all disks; differences can cancel out, as they do in the service's count).
    """
    differs = {
        "product_id": desktop.product_id != pool.product_id,
        "image_id": desktop.image_id != pool.image_id,
        "disk_num": desktop.data_disk_count != pool.data_disk_count,
        "disk_size": sum(desktop.disk_sizes) != sum(pool.disk_sizes),
    }
    return frozenset(kind for kind, is_different in differs.items() if is_different)


def drift(pool: Pool, desktops: Iterable[Desktop]) -> dict[str, int]:
    """Return the numbers of desktops that differ from their pool, by kind: see :func:`drift_kinds`."""
    counts = Counter(kind for desktop in desktops if not desktop.is_leaving for kind in drift_kinds(pool, desktop))
    return {kind: counts[kind] for kind in ("product_id", "image_id", "disk_num", "disk_size")}
