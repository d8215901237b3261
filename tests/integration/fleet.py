# Copyright (c) 2026 the hwcloud.workspace contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What the tests of the whole maintenance share: the estate, the playbook, and looks at what came of a run."""

from __future__ import annotations

from typing import Any

from running import HERE, Ansible, Run
from sight import Sight

LARGE, XLARGE = "workspace.x86.enterprise.large2", "workspace.x86.enterprise.xlarge2"
"""Products; the pools begin with the first."""

ALPHA, BETA, GAMMA = (f"22222222-0000-4000-8000-00000000005{number}" for number in (1, 2, 3))
"""IDs of the pools."""


def set_up(sight: Sight, **readings: str) -> Sight:
    """Give the simulator the estate of the maintenance.

    :param readings: settings of the simulator's dialect.
    """
    clock = sight.control.clock()
    sight.control.seed((HERE / "maintenance.yml").read_text(encoding="utf-8"))
    sight.control.set_clock(factor=clock["factor"])
    if readings:
        sight.control.set_dialect(**readings)
    return sight


def maintain(ansible: Ansible, pool: str, playbook: str = "maintain_pools", **variables: Any) -> Run:
    """Run the playbook; what belongs to the run and not to the playbook is given as for :meth:`Ansible.run`."""
    how = {name: variables.pop(name) for name in ("fails", "check", "diff", "warnings") if name in variables}
    return ansible.playbook(playbook, {"pool": pool, **variables}, allowed=[".*"], seconds=240, **how)


def results(run: Run) -> dict[str, dict[str, Any]]:
    """Return the fact that the role leaves, by host."""
    return {
        task.host: dict(task["ansible_facts"]["pool_maintenance_result"])
        for task in run.tasks
        if task.name.endswith("pool_maintenance : Remember the result")
    }


def failed_hosts(run: Run) -> set[str]:
    """Return the hosts that count as failed."""
    return {host for host, counts in run.counts_by_host.items() if counts["failures"]}


def is_closed(sight: Sight, pool: str) -> bool:
    """Return whether a pool is in maintenance mode."""
    return bool(sight.control.pool(pool)["in_maintenance_mode"])


def done_to(sight: Sight, pool: str, kind: str) -> dict[str, int]:
    """Return how often something was done to each desktop of a pool, by name.

    :param kind: such as ``rebuilds``.
    """
    return {found["computer_name"]: len(found["effects"][kind]) for found in sight.control.pool(pool)["desktops"]}


def states(sight: Sight, pool: str) -> dict[str, str]:
    """Return whether each desktop of a pool is running or stopped, by name."""
    return {found["computer_name"]: found["status"] for found in sight.control.pool(pool)["desktops"]}


def operations(run: Run) -> list[str]:
    """Return the operations that were asked for, in order."""
    return [request["operation"] for request in run.requests]
