# Copyright (c) 2026 the hwcloud.workspace contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Desktops by numbers: a pool's ``generate`` turned into desktops, always the same for the same seed."""

from __future__ import annotations

from collections.abc import Iterator

from .estate import DesktopPart, DesktopStatus, EstateError, GeneratePart, LoginStatus, PoolPart
from .state.ids import Ids

_STATUS: dict[str, DesktopStatus] = {"stopped": "SHUTOFF", "hibernated": "HIBERNATED", "error": "ERROR"}
_LOGIN: dict[str, LoginStatus] = {"connected": "CONNECTED", "disconnected": "DISCONNECTED"}


def generated_desktops(pool: PoolPart, part: GeneratePart, ids: Ids) -> Iterator[DesktopPart]:
    """Yield the desktops of a pool, numbered from 1.

    Args:
        pool: The pool they are for.
        part: How many, and the shares in each state.
        ids: Decides which desktops a share falls on.

    Raises:
        EstateError: The shares of exclusive states exceed the whole, or a share lacks what it refers to.
    """
    kinds = _exclusive_states(pool, part, ids)
    in_use = [number for number, kind in kinds.items() if kind in _LOGIN]
    others = [number for number in _shuffled(part.count, ids, pool.name, "bound") if kinds.get(number) not in _LOGIN]
    bound = set((in_use + others)[: max(len(in_use), round(part.bound * part.count))])
    drifted = _chosen(pool, part, ids, "drift", part.drift, part.drift_image)
    other_product = _chosen(pool, part, ids, "product_drift", part.product_drift, part.drift_product)
    fewer_disks = _chosen(pool, part, ids, "disk_drift", part.disk_drift, "" if not pool.data_volumes else "last")
    for number in range(1, part.count + 1):
        kind = kinds.get(number, "")
        user = part.user_pattern.format(pool=pool.name, n=number) if number in bound else None
        # The values are correct by construction, so the checks that estate files need are left out: this is what
        # lets an estate of 50,000 desktops start in seconds.
        yield DesktopPart.model_construct(
            name=part.pattern.format(pool=pool.name, n=number),
            status=_STATUS.get(kind, "ACTIVE"),
            login_status=_LOGIN.get(kind),
            user=user,
            image=part.drift_image if number in drifted else None,
            product=part.drift_product if number in other_product else None,
            data_volumes=pool.data_volumes[:-1] if number in fewer_disks else None,
            tags={},
        )


def _exclusive_states(pool: PoolPart, part: GeneratePart, ids: Ids) -> dict[int, str]:
    order = _shuffled(part.count, ids, pool.name, "state")
    kinds: dict[int, str] = {}
    for kind in ("connected", "disconnected", "stopped", "hibernated", "error"):
        wanted = round(getattr(part, kind) * part.count)
        if len(kinds) + wanted > part.count:
            raise EstateError(f"pool {pool.name}: the shares of states are more than the whole")
        for number in order[len(kinds) : len(kinds) + wanted]:
            kinds[number] = kind
    return kinds


def _chosen(pool: PoolPart, part: GeneratePart, ids: Ids, name: str, share: float, needs: str | None) -> set[int]:
    wanted = round(share * part.count)
    if wanted and not needs:
        raise EstateError(f"pool {pool.name}: {name} lacks what the desktops differ by")
    return set(_shuffled(part.count, ids, pool.name, name)[:wanted]) if wanted else set()


def _shuffled(count: int, ids: Ids, *words: str) -> list[int]:
    return sorted(range(1, count + 1), key=lambda number: ids.share(*words, number))
