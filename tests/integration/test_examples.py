# Copyright (c) 2026 the hwcloud.workspace contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Every example of every module works as it is written, and returns what the module's documentation says.

The estate holds what the examples name. Two of them name a job, and no job can be there before a task has started one.
"""

from __future__ import annotations

import ast
from pathlib import Path
from typing import Any

import pytest
import yaml
from running import CHECKOUT, COLLECTION, PROJECT, Ansible

from workspace_simulator.testing import RunningSimulator

MODULES = sorted(path.stem for path in (CHECKOUT / "plugins" / "modules").glob("*.py"))
NAMES_A_JOB = {"Look up one job", "Try once more to enable the service"}
CREATES = "Have a pool of ten desktops for a group"
ANSIBLES_OWN = {"changed", "failed", "msg", "warnings", "deprecations", "invocation", "exception"}
"""Keys of a result that are Ansible's own."""

OLD, NEW = "11111111-1010-4000-8000-000000002610", "a866298d-67db-44b0-a1f1-9d09bdddc20f"
DESKTOPS = ("9d30c8ac-77b5-4453-80da-8f027223ee99", "0f1d8a35-90e4-4c9a-8a4f-6a1a9a6a7d20")
FINANCE: dict[str, Any] = {
    "name": "finance-win10",
    "id": "a130ab3a-72bf-4b71-baa9-af4987c8e338",
    "image": "win10-2026-10",
    "product": "workspace.x86.enterprise.large2",
    "data_volumes": [{"type": "SSD", "size": 100, "id": "7c1d9e1e-3a60-4c0c-9a55-0e5a6d1b8802"}],
    "authorized": [{"type": "USER", "name": "user-a1"}],
    "desktops": [{"name": f"FIN-00{number}", "id": key} for number, key in enumerate(DESKTOPS, 1)],
}
CALLCENTER: dict[str, Any] = {
    "name": "callcenter",
    "type": "DYNAMIC",
    "disconnected_retention_period": 60,
    "image": "win10-2026-10",
    "product": "workspace.x86.enterprise.large2",
    "in_maintenance_mode": True,
    "desktops": [{"name": "CCT-001"}],
}
ESTATE: dict[str, Any] = {
    "seed": 11,
    "clock": {"factor": 240},
    "jobs": {"seconds_per_desktop": 30},
    "account": {"name": "example-account"},
    "projects": [{"id": PROJECT, "name": "eu-west-101"}],
    "iam_users": [{"name": "operator", "password": "ExamplePassword1"}],
    "access_keys": [{"ak": "EXAMPLEAK", "sk": "EXAMPLESK", "user": "operator"}],
    "images": [{"name": "win10-2026-10", "id": OLD}, {"name": "win10-2026-11", "id": NEW}],
    "products": [
        {"product_id": "workspace.x86.enterprise.large2", "flavor_id": "s6.large.2", "cpu": 2, "memory": 4096},
        {"product_id": "workspace.x86.enterprise.xlarge2", "flavor_id": "s6.xlarge.2", "cpu": 4, "memory": 8192},
    ],
    "scripts": [{"name": "cleanup", "id": "6a4d2b1c-5e8f-4c37-b2a1-9f0e8d7c6b07"}],
    "users": [{"name": "user-a1", "id": "2f1f3c6e-8b1d-4a57-9c0a-7d9b5e3a1c06", "domain": "corp.example.com"}],
    "groups": [{"name": "finance-staff", "id": "6b1f6f0e-3f5c-4d0b-9a53-0d9d7d0b7c11"}],
}


@pytest.mark.slow
@pytest.mark.parametrize("module", MODULES)
def test_the_examples_work_and_return_what_is_documented(
    module: str, ansible_in_process: Ansible, simulator: RunningSimulator
) -> None:
    """The examples of a module run one after the other, except those of a pool's whole life, each of which is alone."""
    texts = texts_of(CHECKOUT / "plugins" / "modules" / f"{module}.py")
    tasks = yaml.safe_load(texts["EXAMPLES"])
    documented = set(yaml.safe_load(texts["RETURN"]))
    for play in [[task] for task in tasks] if module == "desktop_pool" else [tasks]:
        pools = [CALLCENTER] if play[0]["name"] == CREATES else [FINANCE, CALLCENTER]
        simulator.control.seed({**ESTATE, "pools": pools})
        run = ansible_in_process.play(
            *({**task, "ignore_errors": task["name"] in NAMES_A_JOB} for task in play), diff=True, allowed=[".*"]
        )
        for task_run in run.tasks:
            if task_run.name in NAMES_A_JOB:
                assert "does not exist" in task_run.message
            if any(task["name"] == task_run.name and f"{COLLECTION}.{module}" in task for task in play):
                assert set(task_run.result) - ANSIBLES_OWN <= documented, task_run.name


def texts_of(path: Path) -> dict[str, str]:
    """Return the texts that a module assigns to names at its top, such as EXAMPLES."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    return {
        node.targets[0].id: node.value.value
        for node in tree.body
        if isinstance(node, ast.Assign)
        and isinstance(node.targets[0], ast.Name)
        and isinstance(node.value, ast.Constant)
        and isinstance(node.value.value, str)
    }
