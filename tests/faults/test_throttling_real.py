# Copyright (c) 2026 the hwcloud.workspace contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A real play over 200 pools, one host each, where the service takes few calls a minute."""

from __future__ import annotations

from typing import Any

from direct import BASE, LARGE, NOVEMBER
from running import Ansible, Run, task
from sight import Sight
from tally import Tally
from throttling import from_journal, judge_traffic

POOLS = [f"pool-{number:03d}" for number in range(200)]
FORKS = 20
READS, WRITES = 60, 40
"""Calls a minute. They are fewer than the service takes, since no machine does in minutes what hours are made of."""

FACTOR = 30


def fleet(sight: Sight, **limits: Any) -> None:
    """Give the simulator 200 small pools, and the limits."""
    made = [{"name": name, "image": "october", "product": LARGE, "desktops": [{"name": name}]} for name in POOLS]
    clock = {"start": "2026-03-02T08:00:00Z", "mode": "factor", "factor": FACTOR}
    jobs = {"parallel": 2, "seconds_per_desktop": 10, "spread": 0.2}
    sight.control.seed({**BASE, "clock": clock, "jobs": jobs, "pools": made})
    sight.control.set_throttle(enabled=True, reads=READS, writes=WRITES, **limits)


def over_all(ansible: Ansible, *tasks: Any, **how: Any) -> Run:
    """Run a play with a host for each pool."""
    inventory = ansible.folder / "inventory.ini"
    inventory.write_text("[pools]\n" + "".join(f"{name} ansible_connection=local\n" for name in POOLS))
    command = ansible.playbook_command(*tasks, keywords={"hosts": "pools", "strategy": "free"})
    environment = {"HW_WORKSPACE_TIME_FACTOR": str(FACTOR), "ANSIBLE_HOST_PATTERN_MISMATCH": "ignore"}
    options = ["-i", str(inventory), "--forks", str(FORKS)]
    return ansible.run([*command, *options], environment=environment, seconds=280, **how)


def test_two_hundred_pools_are_looked_at_and_recomposed(
    ansible_in_process: Ansible, sight: Sight, tally: Tally
) -> None:
    """In the harder reading: the service counts what it refuses, and does not say how long to wait."""
    fleet(sight, count_refused=True)
    options = {"pool": "{{ inventory_hostname }}"}
    look = task("desktop_pool_info", "look", **options)
    recompose = task("desktop_pool_rebuild", "recompose", image_id=NOVEMBER, **options)
    run = over_all(ansible_in_process, look, recompose)
    pools = sight.control.estate()["pools"]
    rebuilds = [len(desktop["effects"]["rebuilds"]) for pool in pools for desktop in pool["desktops"]]
    failed = [found.message for found in run.tasks if found.status != "ok"]
    duplicates = sum(count - 1 for count in rebuilds if count > 1)
    tally.add("throttling", cases=len(run.tasks), duplicates=duplicates, lost_changes=sum(not n for n in rebuilds))
    assert failed == []
    assert len(run.tasks) == 2 * len(POOLS)
    assert rebuilds == [1] * len(POOLS)
    traffic = from_journal(run.requests)
    assert any(request.refused for request in traffic.sent), "the limits are too wide to show anything"
    judge_traffic(traffic, READS, WRITES, FORKS, together=True)
