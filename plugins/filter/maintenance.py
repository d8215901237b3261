# Copyright (c) 2026 the hwcloud.workspace contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The decisions of a pool's maintenance, for roles. What they take and give is in the .yml of each filter's name."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping, Sequence
from functools import wraps
from typing import Any

from ansible.errors import AnsibleFilterError
from ansible.utils.unsafe_proxy import wrap_var

from ansible_collections.hwcloud.workspace.plugins.module_utils.client.errors import WorkspaceError
from ansible_collections.hwcloud.workspace.plugins.plugin_utils.guarded import Later, guarded

clock = Later("client.clock")
maintenance = Later("pools.maintenance")
policy = Later("pools.policy")
task = Later("task")


def _safe(decide: Callable[..., Any]) -> Callable[..., Any]:
    """Return a decision that gets plain values, and whose texts are no templates: the service wrote a part of them."""

    @wraps(decide)
    def decided(*values: Any, **named: Any) -> Any:
        return wrap_var(decide(*(task.plain(value, str) for value in values), **task.plain(named, str)))

    return decided


def _plan(report: Mapping[str, Any], asked: Mapping[str, Any], options: Mapping[str, Any], now: Any) -> Any:
    at = policy.moment(now, "now", without_zone_utc=True)
    try:
        return maintenance.plan_maintenance(report, asked, options, at)
    except WorkspaceError as error:
        raise AnsibleFilterError(f"pool {report.get('name')}: {error}") from None


def _result(plan: Mapping[str, Any], results: Sequence[Mapping[str, Any]], facts: Mapping[str, Any]) -> Any:
    return maintenance.maintenance_result(plan, results, facts, clock.Clock.from_environment(os.environ).factor)


def _goes_on(results: Sequence[Mapping[str, Any]]) -> Any:
    return maintenance.goes_on(results)


def _rehearsed(report: Mapping[str, Any], result: Mapping[str, Any]) -> Any:
    return maintenance.rehearsed(report, result)


def _words(result: Mapping[str, Any]) -> Any:
    return maintenance.say_outcome(result)


def _errands(asked: Sequence[Mapping[str, Any]]) -> Any:
    return maintenance.errands(asked)


def _shares(errand: Mapping[str, Any], reports: Sequence[Mapping[str, Any]]) -> Any:
    return maintenance.handed_out(errand, reports)


def _unknown_products(errand: Mapping[str, Any], reports: Sequence[Mapping[str, Any]]) -> Any:
    return maintenance.has_unknown_products(errand, reports)


class FilterModule:
    """Ansible's door to the filters of this file."""

    def filters(self) -> dict[str, Callable[..., Any]]:
        """Return the filters by name."""
        decisions: dict[str, Callable[..., Any]] = {
            "plan_maintenance": _plan,
            "maintenance_result": _result,
            "maintenance_goes_on": _goes_on,
            "maintenance_rehearsed": _rehearsed,
            "maintenance_words": _words,
            "maintenance_errands": _errands,
            "maintenance_shares": _shares,
            "maintenance_unknown_products": _unknown_products,
        }
        return {name: guarded(name, _safe(decide)) for name, decide in decisions.items()}
