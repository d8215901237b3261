# Copyright (c) 2026 the hwcloud.workspace contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Creating a pool with its first desktops (CreateDesktopPool)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from ..client.errors import NotFoundError
from ..client.jobs import Job
from ..client.operations import CREATE_POOL
from ..client.session import Session
from .change import Change, Observation, Plan, Step
from .lookup import image_exists, pool_named
from .model import Pool
from .resize import require_offer

NEEDED = ("type", "size", "product_id", "image_type", "image_id", "root_volume", "subnet_ids")
_SETTLE_TIME = 600.0  # seconds in which a pool may still be TEMPORARY after its job
# What a record has under the name and in the shape that the request has; the rest is put where a record has it.
_NOT_IN_A_RECORD = ("size", "product_id", "flavor_id", "image_type", "authorized_objects")


@dataclass(frozen=True)
class Creation(Change):
    """Create a pool, unless there is one of its name; and wait until it is ready, whoever has created it.

    The service's answer names a job and no pool. So the pool is known by its name, which is unique, and a request whose
    answer was lost is known by the pool that it has made.

    :param fields: the request's fields that were given, by the service's names, without the name. There is none missing
        (:func:`missing_fields`) if the pool may have to be created.
    """

    fields: Mapping[str, Any]

    verb = "create"
    again = "delete those that are left in ERROR, then run the task again"
    job_types = frozenset({"createDesktopPool"})  # named so in the definitions

    def read_pool(self, session: Session, pool: Pool) -> Pool:
        """Return the pool of this name, or what stands for none."""
        return pool_named(session, pool.name) or Pool.absent(pool.name)

    def plan(self, observation: Observation) -> Plan:
        """Return the request, if there is no such pool."""
        pool = observation.pool
        if pool.exists:
            return Plan(None)
        # No pool has an attribute that is empty, so there is nothing to clear.
        body = {"name": pool.name, **{name: value for name, value in self.fields.items() if value not in ("", {}, [])}}
        size = int(self.fields["size"])
        step = Step(CREATE_POOL, body, moves_template=True, settle_time=_SETTLE_TIME, adds=size)
        return Plan(step, {}, body, pool_after=_record_of(body))

    def verify(self, session: Session, pool: Pool, step: Step) -> None:
        """Refuse an image or a product that the project cannot use.

        :raises NotFoundError: the service's lists do not know it.
        :raises WorkspaceError: the product is sold out, or not offered in the zone.
        """
        if not image_exists(session, self.fields["image_id"]):
            raise NotFoundError(
                f"image {self.fields['image_id']} is not among the project's images; "
                "check image_id, and that the image is shared with this project. Nothing was created."
            )
        require_offer(session, Pool.from_service(_record_of(step.body)), self.fields["product_id"])

    def waits_for(self, job: Job) -> bool:
        """Return whether a job is the pool's creation."""
        return job.job_type in self.job_types

    def missing(self, step: Step, observation: Observation) -> tuple[frozenset[str], bool]:
        """Return whether the pool is not there yet."""
        return frozenset(), not observation.pool.exists

    def is_under_way(self, observation: Observation) -> bool:
        """Return whether the pool is there; its desktops can be in the making."""
        return observation.pool.exists

    def shows_work(self, observation: Observation) -> bool:
        """Return whether the pool is there and changes, as it does while it is made."""
        return observation.pool.status == "TEMPORARY"

    def is_settled(self, observation: Observation) -> bool:
        """Return whether the pool is at rest and has its desktops."""
        pool = observation.pool
        at_rest = pool.status not in ("TEMPORARY", "ERROR", "")
        return at_rest and (pool.is_autoscaled or pool.desktop_count >= int(self.fields.get("size") or 0))


def missing_fields(fields: Mapping[str, Any]) -> list[str]:
    """Return what the service needs to create a pool and was not given, by name."""
    # The definitions leave the last one out; documentation of the Terraform provider has it.
    needed = [*NEEDED, *(("disconnected_retention_period",) if fields.get("type") == "DYNAMIC" else ())]
    return [name for name in needed if fields.get(name) in (None, "", {}, [])]


def _record_of(body: Mapping[str, Any]) -> dict[str, Any]:
    """Return as much of a new pool's record as its request tells."""
    said = {name: value for name, value in body.items() if name not in _NOT_IN_A_RECORD}
    return {
        "in_maintenance_mode": False,
        **said,
        "desktop_count": body["size"],
        "product": {"product_id": body["product_id"]},
    }
