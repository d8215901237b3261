# Copyright (c) 2026 the hwcloud.workspace contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Changing the attributes of a pool that the service changes at once (UpdateDesktopPool)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from ..client.operations import UPDATE_POOL
from .change import Change, Observation, Plan, Step

# What the request can hold and a pool's record shows. No source says what the service makes of absent fields, and a
# test of
# the Terraform provider sees tags go; so all that the record shows is sent along.
_MERGED = (
    "name",
    "availability_zone",
    "disconnected_retention_period",
    "enable_autoscale",
    "autoscale_policy",
    "desktop_name_policy_id",
    "user_reset_policy",
    "ou_name",
    "tags",
    "description",
    "in_maintenance_mode",
)


@dataclass(frozen=True)
class Attributes(Change):
    """Set attributes of a pool.

    :param wanted: the attributes to set, by the service's names; those that are not named keep their values.
    """

    wanted: Mapping[str, Any]

    verb = "update"
    takes_turns = False
    starts_jobs = False

    def plan(self, observation: Observation) -> Plan:
        """Return the request that sets what differs, none if nothing does."""
        present = observation.pool.fields
        differs = {name: value for name, value in self.wanted.items() if (present.get(name) or "") != (value or "")}
        if not differs:
            return Plan(None)
        before = {name: present.get(name) for name in differs}
        body = {name: present[name] for name in _MERGED if _says_something(present, name)}
        step = Step(UPDATE_POOL, {**body, **differs}, moves_template=True, starts_job=False)
        return Plan(step, before, differs, pool_after={**present, **differs})


def _says_something(record: Mapping[str, Any], name: str) -> bool:
    # An empty value is what an absent field means at worst. The retention period of a static pool reads 0, which the
    # service takes from nobody (Terraform provider's test).
    return record.get(name) not in (None, "", 0, [], {}) or record.get(name) is False
