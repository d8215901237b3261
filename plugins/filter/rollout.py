# Copyright (c) 2026 the hwcloud.workspace contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The decisions of a rollout, for roles. What they take and give is said in the .yml of each filter's name."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from ansible.errors import AnsibleFilterError

from ansible_collections.hwcloud.workspace.plugins.module_utils.client.errors import WorkspaceError
from ansible_collections.hwcloud.workspace.plugins.module_utils.pools import waves
from ansible_collections.hwcloud.workspace.plugins.module_utils.pools.policy import moment


def _said(filter_name: str, decide: Callable[[], Any]) -> Any:
    try:
        return decide()
    except WorkspaceError as error:
        raise AnsibleFilterError(f"{filter_name}: {error}") from None


def _start_rollout(
    report: Mapping[str, Any], change: Mapping[str, Any], options: Mapping[str, Any], now: Any, only: Any = None
) -> Any:
    return _said("start_rollout", lambda: waves.start_rollout(report, change, options, moment(now, "now"), only))


def _next_wave(state: Mapping[str, Any], report: Mapping[str, Any], now: Any) -> Any:
    return _said("next_wave", lambda: waves.next_wave(state, report, moment(now, "now")))


def _end_wave(state: Mapping[str, Any], step: Mapping[str, Any], outcome: Mapping[str, Any], now: Any) -> Any:
    return _said("end_wave", lambda: waves.end_wave(state, step, outcome, moment(now, "now")))


def _start_rollback(state: Mapping[str, Any], report: Mapping[str, Any], now: Any) -> Any:
    return _said("start_rollback", lambda: waves.start_rollback(state, report, moment(now, "now")))


def _wants_rollback(state: Mapping[str, Any]) -> Any:
    return _said("wants_rollback", lambda: waves.wants_rollback(state))


def _rollout_result(state: Mapping[str, Any], back: Any, report: Mapping[str, Any], now: Any) -> Any:
    return _said("rollout_result", lambda: waves.rollout_result(state, back or None, report, moment(now, "now")))


def _rehearse_rollout(
    report: Mapping[str, Any], change: Mapping[str, Any], options: Mapping[str, Any], now: Any, pace: Any = None
) -> Any:
    return _said("rehearse_rollout", lambda: waves.rehearse_rollout(report, change, options, moment(now, "now"), pace))


def _pool_pace(jobs: Sequence[Mapping[str, Any]], job_types: Sequence[str]) -> Any:
    return _said("pool_pace", lambda: waves.pool_pace(jobs, job_types))


class FilterModule:
    """Ansible's door to the filters of this file."""

    def filters(self) -> dict[str, Callable[..., Any]]:
        """Return the filters by name."""
        return {
            "start_rollout": _start_rollout,
            "next_wave": _next_wave,
            "end_wave": _end_wave,
            "start_rollback": _start_rollback,
            "wants_rollback": _wants_rollback,
            "rollout_result": _rollout_result,
            "rehearse_rollout": _rehearse_rollout,
            "pool_pace": _pool_pace,
        }
