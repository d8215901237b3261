# Copyright (c) 2026 the hwcloud.workspace contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The service answers what it should not: the task goes on sensibly, or says what it does not understand."""

from __future__ import annotations

import json
import re
from collections import Counter
from typing import Any

import pytest
from direct import NOVEMBER, Direct
from inputs import DESKTOPS, PARTS, POOLS, Case, Seen, leaving, run
from inputs_answers import answer_with, bad_ones
from tally import Tally
from wire import Answer, Call, Go, advised

from ansible_collections.hwcloud.workspace.plugins.module_utils.client.operations import (
    CREATE_TOKEN,
    Effect,
)

ALL = ["desktops", "users", "drift", "jobs", "capabilities"]
LOOKS: dict[str, tuple[str, dict[str, Any]]] = {
    "pools with all that belongs to them": ("desktop_pool_info", {"pool": "finance", "gather": ALL}),
    "pools of users": ("desktop_pool_info", {"user_ids": ["55555555-0000-4000-8000-000000000001"]}),
    "desktops": ("desktop_info", {"pool": "finance", "inconsistent_type": "IMAGE_ID", "user_names": ["user-a1"]}),
    "desktops by ID": ("desktop_power", {"pool": "finance", "desktop_ids": [DESKTOPS[0]], "state": "started"}),
    "images": ("image_info", {"name": "october", "os_type": "Windows"}),
    "products": ("product_info", {"name": "x", "status": "normal", "charge_mode": "1"}),
    "jobs of a pool": ("job_info", {"pool": "finance"}),
    "a job": ("job_wait", {"wait_timeout": 5}),
    "sub-jobs": ("sub_job", {"delete_by_status": "SUCCESS"}),
    "script tasks": ("desktop_pool_script_info", {"pool": "finance", "gather": ["records"]}),
    "a rebuild": ("desktop_pool_rebuild", {"pool": "finance", "image_id": NOVEMBER, "force": True}),
    "a resize": (
        "desktop_pool_resize",
        {"pool": "finance", "product_id": "workspace.x86.enterprise.xlarge2", "mode": "STOP_DESKTOP"},
    ),
    "a growth": ("desktop_pool_expand", {"pool": "finance", "desktop_count": 4}),
    "disks": ("desktop_pool_volumes", {"pool": "finance", "volumes": [{"type": "SSD", "size": 200}], "purge": True}),
    "users": ("desktop_pool_users", {"pool": "finance", "authorized_objects": [], "purge": True}),
    "a definition": (
        "desktop_pool",
        {
            "name": "finance",
            "description": "x",
            "tags": {"a": "b"},
            "security_groups": ["g1"],
            "subnet_ids": ["s1"],
            "autoscale_policy": {"min_idle": 1},
            "user_reset_policy": {"enable": True},
            "root_volume": {"type": "SAS", "size": 80},
            "data_volumes": [],
            "enterprise_project_id": "0",
        },
    ),
    "a deletion": ("desktop_pool", {"name": "finance", "state": "absent", "force": True}),
    "a drain": ("desktop_pool_drain", {"pool": "finance", "grace_minutes": 0, "wait_timeout": 0}),
    "an attach": ("desktop_pool_attach", {"pool": "finance", "username": "user-b2"}),
    "a power action": ("desktop_pool_power", {"pool": "finance", "state": "stopped"}),
    "a project": ("image_info", {"project_id": None}),
    "a login": ("image_info", {"project_id": None, "username": "operator", "password": "ExamplePassword1",
                               "domain_name": "example-account"}),
}  # fmt: skip
TRIED: Counter[Any] = Counter()
NEVER = re.compile("[\x00-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069\ud800-\udfff]")


@pytest.mark.parametrize("look", LOOKS)
def test_no_answer_is_a_riddle(look: str, direct: Direct, tally: Tally) -> None:
    """Every field of every answer that a task reads is changed in every way, one at a time, for good."""
    module, options = LOOKS[look]
    environment = {"HUAWEICLOUD_SDK_PROJECT_ID": ""} if "project_id" in options else {}
    options = {name: value for name, value in options.items() if value is not None}
    direct.seed(*POOLS, account={"name": "example-account"}, **PARTS)
    direct.run("desktop_pool_script", pool="finance", script_ids=["66666666-0000-4000-8000-000000000001"])
    job = direct.run("desktop_pool_rebuild", pool="finance", image_id=NOVEMBER)["job_id"]
    if module == "job_wait":
        options["job_id"] = job
    case = Case(module, "", look, options, None)
    good: dict[str, tuple[int, Answer]] = {}

    def keep(call: Call, go: Go) -> Answer:
        answer = go()
        if answer.status < 300:
            good.setdefault(call.operation.name, (call.number, answer))
        return answer

    with leaving(direct.simulator.url) as left:
        with advised(keep):
            first = _run(direct, case, left, environment)
        found = []
        count = 0
        for name, (_number, answer) in good.items():
            for bad in bad_ones(json.loads(answer.body or b"{}"), name, others=module.endswith("_info"), tried=TRIED):
                count += 1

                def changed(call: Call, go: Go, name: str = name, bad: Any = bad) -> Answer:
                    if call.operation.name == name and call.number >= good[name][0]:
                        return answer_with(good[name][1], bad.body)
                    if call.operation.effect is not Effect.READ and call.operation is not CREATE_TOKEN:
                        raise AssertionError(f"{call.operation.name} is sent")
                    return good[call.operation.name][1] if call.operation.name in good else go()

                try:
                    with advised(changed):
                        seen = _run(direct, case, left, environment)
                    problems = list(_sins(seen, name))
                except Exception as error:  # noqa: BLE001 - whatever it is, it is counted
                    problems = [f"raised {type(error).__name__}: {error}"[:300]]
                found += [f"{name}: {bad.name}: {problem}" for problem in problems]
    tally.add("bad answers", cases=count, tracebacks=len(found))
    assert good, first.result
    assert found == [], f"{len(found)} of {count}\n" + "\n".join(found[:60])


def _run(direct: Direct, case: Case, left: list[Any], environment: dict[str, str]) -> Seen:
    return run(direct, case, left, check=True, environment=environment)


def _sins(seen: Seen, operation: str) -> Any:
    message = str(seen.result.get("msg", ""))
    for text in (message, *map(str, seen.result.get("warnings", ())), *seen.shown):
        if "met a defect" in text or "Traceback" in text:
            yield text[:300]
        if NEVER.search(text):
            yield f"shows {text!r}"[:300]
        if len(text) > 5000:
            yield f"says {len(text)} characters"
    if seen.result.get("failed") and not message.rstrip().endswith("."):
        yield f"no sentence: {message[:300]}"
    if "is not understood" in message and operation not in message:
        yield f"does not say of what: {message[:300]}"
