# Copyright (c) 2026 the hwcloud.workspace contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Changing the attributes of a pool that the service changes at once (UpdateDesktopPool)."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from ..client.operations import UPDATE_POOL
from .change import Change, Observation, Plan, Step
from .model import Pool

# What the request can hold, and what it sets if it is absent is not known: no source says what the service makes of
# absent fields, and a test of the Terraform provider sees tags go. So all that the record shows is sent along, except
# vpc_id and subnet_ids, which no pool is without.
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
# The request of newer regions alone holds these, but every region shows them.
_MERGED_IN_NEWER_REGIONS = ("security_groups", "enterprise_project_id")
# Newer regions alone show these (SDK, Terraform provider). Older ones take ou_name all the same.
_SHOWN_IN_NEWER_REGIONS = ("ou_name", "subnet_ids", "tags", "user_reset_policy", "vpc_id")
_TAKEN_UNSEEN = ("ou_name",)

_POLICIES = ("autoscale_policy", "user_reset_policy")
# Some regions keep this of a policy after it was cleared (Terraform provider).
_LEFT_OVER = "once_auto_created"

ATTRIBUTES = (*_MERGED, *_MERGED_IN_NEWER_REGIONS, "vpc_id", "subnet_ids")


@dataclass(frozen=True)
class Attributes(Change):
    """Set attributes of a pool.

    :param wanted: the attributes to set, of :data:`ATTRIBUTES`, as the service's request has them; those that are not
        named keep their values. Of ``autoscale_policy`` and ``user_reset_policy`` those fields keep theirs that are
        not named; an empty ``autoscale_policy`` clears it. Other empty values clear as well.
    """

    wanted: Mapping[str, Any]

    verb = "update"
    takes_turns = False
    starts_jobs = False

    def plan(self, observation: Observation) -> Plan:
        """Return the request that sets what differs, none if nothing does."""
        pool = observation.pool
        present = pool.fields
        unknown = {name for name in self.wanted if not _can_be_compared(present, name, self.wanted[name])}
        differs = {
            name: value
            for name, value in self.wanted.items()
            if name not in unknown and not _is_same(name, present.get(name), value)
        }
        warnings = tuple(_cannot(pool, name) for name in self.wanted if name in unknown)
        if not differs:
            return Plan(None, warnings=warnings)
        body = {name: _as_request(name, present[name]) for name in _merged(present)}
        body |= {name: self.wanted[name] for name in _TAKEN_UNSEEN if name in unknown and self.wanted[name]}
        sent = {name: _with_the_rest(name, present.get(name), value) for name, value in differs.items()}
        # Of a policy the difference names those fields alone that change.
        before = {name: _before(name, present.get(name), value) for name, value in differs.items()}
        after = {name: _after(name, present.get(name), value) for name, value in differs.items()}
        shown = {name: _as_shown(name, present.get(name), value) for name, value in sent.items()}
        if "subnet_ids" in shown:
            shown["subnet_id"] = shown["subnet_ids"][0]  # (definitions)
        step = Step(UPDATE_POOL, {**body, **sent}, moves_template=True, starts_job=False)
        return Plan(step, before, after, warnings, {**present, **shown})


def is_of_newer_region(record: Mapping[str, Any]) -> bool:
    """Return whether a pool's record comes from a region that knows the newer fields."""
    return any(name in record for name in _SHOWN_IN_NEWER_REGIONS)


def tag_dict(tags: Any) -> dict[str, str]:
    """Return the service's list of tags as a dict."""
    return {str(tag.get("key") or ""): str(tag.get("value") or "") for tag in tags or []}


def _merged(record: Mapping[str, Any]) -> list[str]:
    names = [*_MERGED, *(_MERGED_IN_NEWER_REGIONS if is_of_newer_region(record) else ())]
    return [name for name in names if _says_something(record, name)]


def _says_something(record: Mapping[str, Any], name: str) -> bool:
    # An empty value is what an absent field means at worst. The retention period of a static pool reads 0, which the
    # service takes from nobody (Terraform provider's test).
    value = _given(record.get(name)) if name in _POLICIES else record.get(name)
    return value not in (None, "", 0, [], {}) or value is False


def _can_be_compared(record: Mapping[str, Any], name: str, wanted: Any) -> bool:
    if name == "subnet_ids" and "subnet_ids" not in record and record.get("subnet_id") in wanted:
        return True  # older regions show the first subnet, which fits
    if name == "disconnected_retention_period" and record.get("type") == "STATIC" and not record.get(name):
        return False  # it reads 0 there whatever was sent (Terraform provider's test)
    return name not in _SHOWN_IN_NEWER_REGIONS or is_of_newer_region(record)


def _cannot(pool: Pool, name: str) -> str:
    if name == "disconnected_retention_period":
        return f"pool {pool.name}: it is STATIC and so has no disconnected_retention_period, which is left alone."
    return f"pool {pool.name}: this region does not show {name} of a pool, so it cannot be compared and is left alone."


def _is_same(name: str, present: Any, wanted: Any) -> bool:
    if name in _POLICIES:
        present = _given(present)
        if not wanted:
            return name != "autoscale_policy" or not present
        return all(present.get(field) == value for field, value in wanted.items())
    if name == "subnet_ids" and not present:
        return True  # an older region, see above
    return bool(_comparable(name, present) == _comparable(name, wanted))


def _comparable(name: str, value: Any) -> Any:
    kind: Callable[[Any], Any] | None = {"tags": tag_dict, "security_groups": _group_ids, "subnet_ids": _ids}.get(name)
    if name == "enterprise_project_id":
        return value or "0"  # the default one (definitions)
    return kind(value) if kind else value or ""


def _given(policy: Any) -> dict[str, Any]:
    """Return what a policy says; what is left of one that was cleared says nothing."""
    said = {field: value for field, value in (policy or {}).items() if value is not None}
    return {} if set(said) <= {_LEFT_OVER} else said


def _with_the_rest(name: str, present: Any, wanted: Any) -> Any:
    return {**_given(present), **wanted} if name in _POLICIES and wanted else wanted


def _as_request(name: str, present: Any) -> Any:
    if name == "security_groups":
        return [{"id": group["id"]} for group in present if group.get("id")]
    return _given(present) if name in _POLICIES else present


def _as_shown(name: str, present: Any, sent: Any) -> Any:
    if name == "security_groups":
        known = {group.get("id"): group for group in present or []}
        return [known.get(group["id"], group) for group in sent]
    return sent


def _before(name: str, present: Any, wanted: Any) -> Any:
    if name in _POLICIES:
        said = _given(present)
        return {field: said.get(field) for field in _changed(said, wanted)} if wanted else said
    return _comparable(name, present) if name in _LISTS else present


def _after(name: str, present: Any, wanted: Any) -> Any:
    if name in _POLICIES:
        return {field: wanted[field] for field in _changed(_given(present), wanted)}
    return _comparable(name, wanted) if name in _LISTS else wanted


def _changed(present: Mapping[str, Any], wanted: Mapping[str, Any]) -> list[str]:
    return [field for field, value in wanted.items() if present.get(field) != value]


_LISTS = ("tags", "security_groups", "subnet_ids")


def _group_ids(groups: Any) -> list[str]:
    return sorted({str(group.get("id") or "") for group in groups or []})


def _ids(values: Any) -> list[str]:
    return sorted(set(values or []))
