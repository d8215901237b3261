# Copyright (c) 2026 the hwcloud.workspace contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Routes of desktops."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from .. import errors
from ..registry import Call, Reply, operation
from ..state.lifecycle import delete_desktops
from ..state.models import Desktop
from ..views.desktops import desktop_detail, desktop_short, pool_desktop_view
from . import desktop_requests as requests
from .desktop_filters import differ_in, difference_named, filter_desktops, sorted_desktops
from .lists import page
from .pools import POOL

DESKTOPS = "/v2/{project_id}/desktops"

_PAGE = {"offset", "limit", "sort_field", "sort_type", "inconsistent_type", "pool_id"}


@operation(
    "ListPoolDesktopsDetail",
    "GET",
    POOL + "/desktops",
    query=requests.ListPoolDesktopsDetail,
    iam_action="workspace:desktopPools:listDesktops",
)
def list_pool_desktops(call: Call) -> Reply:
    """List the desktops of a pool in detail."""
    query: requests.ListPoolDesktopsDetail = call.query
    pool, dialect = call.world.pool(call.project, call.path["pool_id"]), call.world.dialect
    desktops = filter_desktops(pool.desktops.values(), query.model_dump(exclude=_PAGE))
    wanted = None
    if query.inconsistent_type is not None:
        wanted = difference_named(query.inconsistent_type, dialect)
        desktops = differ_in(desktops, wanted, dialect)
    desktops = sorted_desktops(desktops, query.sort_field, query.sort_type)
    alone = len(query.desktop_id or []) == 1
    answer = page(desktops, query, "pool_desktops", lambda desktop: pool_desktop_view(call.world, desktop, alone))
    answer.update(_billing_counts(call, desktops))
    if wanted is not None and not call.older:
        answer["inconsistent_type"] = wanted
    return Reply(answer)


@operation("ListDesktops", "GET", DESKTOPS, query=requests.ListDesktops)
def list_desktops(call: Call) -> Reply:
    """List desktops in short."""
    query: requests.ListDesktops = call.query
    desktops = filter_desktops(_desktops(call, query.pool_id), query.model_dump(exclude=_PAGE))
    return Reply(page(desktops, query, "desktops", lambda desktop: desktop_short(call.world, call.project, desktop)))


@operation("ListDesktopsDetail", "GET", DESKTOPS + "/detail", query=requests.ListDesktopsDetail)
def list_desktops_detail(call: Call) -> Reply:
    """List desktops in detail."""
    query: requests.ListDesktopsDetail = call.query
    desktops = filter_desktops(_desktops(call, query.pool_id), query.model_dump(exclude=_PAGE))
    desktops = sorted_desktops(desktops, query.sort_field, query.sort_type)
    alone = len(query.desktop_id or []) == 1
    return Reply(page(desktops, query, "desktops", lambda desktop: desktop_detail(call.world, desktop, alone)))


@operation("ShowDesktopDetail", "GET", DESKTOPS + "/{desktop_id}")
def show_desktop(call: Call) -> Reply:
    """Show one desktop in detail; 404 once it is gone (Terraform provider)."""
    desktop = call.project.desktops.get(call.path["desktop_id"])
    if desktop is None:
        text = f"The desktop {call.path['desktop_id']} does not exist."
        raise errors.ServiceError(404, errors.DESKTOP_MISSING, text)
    return Reply({"desktop": desktop_detail(call.world, desktop, alone=True)})


@operation(
    "BatchDeleteDesktops",
    "POST",
    DESKTOPS + "/batch-delete",
    body=requests.BatchDeleteDesktops,
    iam_action="workspace:desktops:batchDelete",
)
def delete(call: Call) -> Reply:
    """Delete desktops."""
    body: requests.BatchDeleteDesktops = call.body
    job = delete_desktops(
        call.world,
        call.project,
        body.desktop_ids,
        force=body.is_force_delete,
        delete_users=body.delete_users,
        email=body.email_notification,
    )
    return Reply({"job_id": job.id}, status=202)


def _desktops(call: Call, pool_ids: str | None) -> Iterable[Desktop]:
    if not pool_ids:
        return call.project.desktops.values()
    pools = [call.project.pools.get(pool_id) for pool_id in dict.fromkeys(pool_ids.split(","))]
    return [desktop for pool in pools if pool is not None for desktop in pool.desktops.values()]


def _billing_counts(call: Call, desktops: list[Desktop]) -> dict[str, Any]:
    prepaid = bool(desktops) and desktops[0].pool.charging_mode == "0"
    paid = sum(bool(call.world.images[desktop.image_id].product_code) for desktop in desktops)
    counts = {"on_demand": (0, 0), "period": (0, 0)}
    counts["period" if prepaid else "on_demand"] = (paid, len(desktops) - paid)
    answer: dict[str, Any] = {}
    for kind, (charged, free) in counts.items():
        answer[f"{kind}_desktops_num"] = charged + free
        if not call.older:
            answer[f"{kind}_charge_image_desktops_num"] = charged
            answer[f"{kind}_free_image_desktops_num"] = free
    return answer
