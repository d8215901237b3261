# Copyright (c) 2026 the hwcloud.workspace contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The decisions of a rollout, for roles. What they take and give is said in the .yml of each filter's name."""

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
health = Later("pools.health")
policy = Later("pools.policy")
task = Later("task")
wave_words = Later("pools.wave_words")
waves = Later("pools.waves")


def _at(now: Any) -> Any:
    """Read the present time; Ansible's ``now(utc=true)`` gives it without a zone."""
    return policy.moment(now, "now", without_zone_utc=True)


def _time_factor() -> float:
    """Return how much faster the service's time runs than the controller's: 1, but in rehearsals on a simulator."""
    return float(clock.Clock.from_environment(os.environ).factor)


def _apart(decide: Callable[..., Any]) -> Callable[..., Any]:
    """Return a filter that gets plain values, and whose texts are no templates: the service wrote a part of them.

    Ansible's own kinds of dict and list hold on to its template engine, which copies of them would copy as well.
    """

    @wraps(decide)
    def decided(*values: Any, **named: Any) -> Any:
        return wrap_var(decide(*(task.plain(value, str) for value in values), **task.plain(named, str)))

    return decided


def _said(filter_name: str, decide: Callable[[], Any]) -> Any:
    try:
        return decide()
    except WorkspaceError as error:
        raise AnsibleFilterError(f"{filter_name}: {error}") from None


def _start_rollout(
    report: Mapping[str, Any], change: Mapping[str, Any], options: Mapping[str, Any], now: Any, only: Any = None
) -> Any:
    return _said("start_rollout", lambda: waves.start_rollout(report, change, options, _at(now), only, _time_factor()))


def _next_wave(state: Mapping[str, Any], report: Mapping[str, Any], now: Any) -> Any:
    return _said("next_wave", lambda: waves.next_wave(state, report, _at(now)))


def _end_wave(state: Mapping[str, Any], step: Mapping[str, Any], outcome: Mapping[str, Any], now: Any) -> Any:
    return _said("end_wave", lambda: waves.end_wave(state, step, outcome, _at(now)))


def _start_rollback(state: Mapping[str, Any], report: Mapping[str, Any], now: Any) -> Any:
    return _said("start_rollback", lambda: waves.start_rollback(state, report, _at(now)))


def _wants_rollback(state: Mapping[str, Any]) -> Any:
    return _said("wants_rollback", lambda: waves.wants_rollback(state))


def _rollout_result(state: Mapping[str, Any], back: Any, report: Mapping[str, Any], now: Any) -> Any:
    return _said("rollout_result", lambda: waves.rollout_result(state, back or None, report, _at(now)))


def _rehearse_rollout(
    report: Mapping[str, Any], change: Mapping[str, Any], options: Mapping[str, Any], now: Any, pace: Any = None
) -> Any:
    return _said("rehearse_rollout", lambda: waves.rehearse_rollout(report, change, options, _at(now), pace))


def _pool_pace(jobs: Sequence[Mapping[str, Any]], job_types: Sequence[str]) -> Any:
    return _said("pool_pace", lambda: waves.pool_pace(jobs, job_types))


def _wave_health(
    state: Mapping[str, Any], step: Mapping[str, Any], outcome: Mapping[str, Any], report: Mapping[str, Any]
) -> Any:
    return _said("wave_health", lambda: health.wave_health(state, step, outcome, report))


def _rollout_words(subject: Mapping[str, Any], of: str, step: Any = None) -> Any:
    return _said("rollout_words", lambda: wave_words.rollout_words(subject, of, step))


class FilterModule:
    """Ansible's door to the filters of this file."""

    def filters(self) -> dict[str, Callable[..., Any]]:
        """Return the filters by name."""
        decisions: dict[str, Callable[..., Any]] = {
            "start_rollout": _start_rollout,
            "next_wave": _next_wave,
            "end_wave": _end_wave,
            "start_rollback": _start_rollback,
            "wants_rollback": _wants_rollback,
            "rollout_result": _rollout_result,
            "rehearse_rollout": _rehearse_rollout,
            "pool_pace": _pool_pace,
            "wave_health": _wave_health,
            "rollout_words": _rollout_words,
        }
        return {name: guarded(name, _apart(decide)) for name, decide in decisions.items()}
