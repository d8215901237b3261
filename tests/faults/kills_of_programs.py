# Copyright (c) 2026 the hwcloud.workspace contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Programs that are killed at a request, however slow the machine is, and the estate that they are killed on.

From that request on the service answers nobody; as soon as it was reached, the program and its workers are killed.
"""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from running import PROJECT, Ansible, kill
from sight import NOVEMBER, OCTOBER, Sight, until

LARGE, XLARGE = "workspace.x86.enterprise.large2", "workspace.x86.enterprise.xlarge2"
POOLS = ("alpha", "beta", "gamma", "delta", "epsilon")
SIZE = 6
DISK = "77777777-0000-4000-8000-000000000001"


def set_up(sight: Sight, sessions: Sequence[str] = (), seconds_per_poll: float = 3.0, **readings: str) -> None:
    """Give the simulator five small pools.

    The simulated time stands still but for the looks at jobs, so that no job is over before somebody has looked.

    :param sessions: pools of which two desktops are in use.
    :param seconds_per_poll: simulated seconds that pass at each such look.
    :param readings: settings of the simulator's dialect.
    """
    sight.control.seed(
        {
            "seed": 17,
            "clock": {"mode": "polls", "seconds_per_poll": seconds_per_poll},
            "jobs": {"parallel": 3, "seconds_per_desktop": 30, "spread": 0.2, "logoff_seconds": 0},
            "account": {"name": "example-account"},
            "projects": [{"id": PROJECT, "name": "eu-west-101"}],
            "iam_users": [{"name": "operator", "password": "ExamplePassword1"}],
            "access_keys": [{"ak": "EXAMPLEAK", "sk": "EXAMPLESK", "user": "operator"}],
            "images": [{"name": "october", "id": OCTOBER}, {"name": "november", "id": NOVEMBER}],
            "products": [
                {"product_id": LARGE, "flavor_id": "s6.large.2", "cpu": 2, "memory": 4096},
                {"product_id": XLARGE, "flavor_id": "s6.xlarge.2", "cpu": 4, "memory": 8192},
            ],
            "dialect": readings,
            "pools": [
                {
                    "name": pool,
                    "image": "october",
                    "product": LARGE,
                    "data_volumes": [{"id": DISK[:-1] + str(place), "type": "SSD", "size": 100}],
                    "desktops": [
                        {
                            "name": f"{pool[:3].upper()}-{number:03d}",
                            **({"user": f"user-{pool[0]}{number}"} if number > 1 else {}),
                            **(
                                {"login_status": "CONNECTED" if number == 3 else "DISCONNECTED"}
                                if pool in sessions and number in (3, 4)
                                else {}
                            ),
                        }
                        for number in range(1, SIZE + 1)
                    ],
                }
                for place, pool in enumerate(POOLS, 1)
            ],
        }
    )


@dataclass(frozen=True)
class Strike:
    """A moment in a program's run: its request of this number, from 1, is the last; ``when`` as in a fault."""

    number: int
    when: str
    operation: str = "*"

    def __str__(self) -> str:
        """Return it as a failure names it."""
        what = "request" if self.operation == "*" else self.operation
        return f"{'before' if self.when == 'before_commit' else 'after'} {what} {self.number}"


def strikes(seed: int, number: int, requests: int) -> list[Strike]:
    """Return moments drawn at random for runs that follow each other.

    The first one is drawn from a whole run, those after it from the half that each run before has about left.

    :param seed: what the draw depends on.
    :param number: how many.
    :param requests: how many requests a run has about that nothing ends.
    """
    chance = random.Random(seed)
    lengths = [requests, *[requests // 2] * (number - 1)]
    return [Strike(chance.randint(1, length), chance.choice(["before_commit", "after_commit"])) for length in lengths]


def strike(ansible: Ansible, command: Sequence[str], moment: Strike, seconds: float = 240.0) -> bool:
    """Run a program that is killed at a moment; False if it came to its end before.

    :param seconds: real time after which the test fails.
    """
    control = ansible.simulator.control
    silence = {"operation": moment.operation, "nth": moment.number, "count": None, "when": moment.when}
    control.set_faults({**silence, "effect": {"hang": 60}})
    # Of what it shows nothing is read before it is over, so that it has to fit into a pipe.
    program = ansible.start(command, {"ANSIBLE_DISPLAY_OK_HOSTS": "false", "ANSIBLE_DISPLAY_SKIPPED_HOSTS": "false"})
    try:
        until(lambda: program.poll() is not None or control.faults()[0]["seen"] >= moment.number, seconds)
        return program.poll() is None
    finally:
        kill(program)
        control.clear_faults()


def effects(sight: Sight, kind: str, *pools: str) -> dict[str, int]:
    """Return how often something was done to each desktop of these pools, by name."""
    return {
        desktop["computer_name"]: len(desktop["effects"][kind])
        for pool in pools
        for desktop in sight.control.pool(pool)["desktops"]
    }


def judge(sight: Sight, wanted: Mapping[str, Sequence[str]]) -> tuple[dict[str, int], dict[str, int]]:
    """Return what was done too often, and what is missing, by desktop.

    :param wanted: by pool, what every desktop has to have had done to it once; of other kinds nothing.
    """
    found: Counter[str] = Counter()
    due: Counter[str] = Counter()
    for pool, once in wanted.items():
        for kind in ("rebuilds", "resizes", "disks_added", "disks_expanded", "disks_deleted"):
            found.update({f"{kind} of {name}": times for name, times in effects(sight, kind, pool).items() if times})
            due.update({f"{kind} of {name}": 1 for name in effects(sight, kind, pool) if kind in once})
    return dict(found - due), dict(due - found)


def tasks_by_host(tasks: Mapping[str, dict[str, Any]]) -> list[dict[str, Any]]:
    """Return plays that run one task for each pool, all of them at once."""
    hosts = [
        {
            "name": "Make the pools hosts",
            "ansible.builtin.add_host": {
                "name": "{{ item }}",
                "groups": "pools",
                "ansible_connection": "local",
                "ansible_python_interpreter": "{{ ansible_playbook_python }}",
            },
            "loop": list(tasks),
            "changed_when": False,
        }
    ]
    own = [{**task, "when": f"inventory_hostname == '{host}'"} for host, task in tasks.items()]
    return [
        {"name": "Name the pools", "hosts": "localhost", "gather_facts": False, "tasks": hosts},
        {"name": "Change the pools", "hosts": "pools", "gather_facts": False, "strategy": "free", "tasks": own},
    ]
