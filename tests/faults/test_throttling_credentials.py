# Copyright (c) 2026 the hwcloud.workspace contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Credentials that are not accepted are sent once: five wrong signatures in a row lock a key for everybody."""

from __future__ import annotations

import json
import urllib.request
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from direct import NOVEMBER, Direct, Outcome
from running import Ansible, from_environment, task
from sight import Sight
from tally import Tally

AREA = "refused credentials"
NO_KEY = {"HUAWEICLOUD_SDK_AK": "", "HUAWEICLOUD_SDK_SK": ""}
WRONG = "WRONGSECRET"
REFUSED = {"status": 401, "body": {"error_code": "APIGW.0301", "error_msg": "verify aksk signature fail"}}
NO_PROJECT = {"HUAWEICLOUD_SDK_PROJECT_ID": ""}


@dataclass
class Way:
    """A way to authenticate: environment and options, right and wrong."""

    environment: dict[str, str] = field(default_factory=dict)
    options: dict[str, Any] = field(default_factory=dict)
    wrong_environment: dict[str, str] = field(default_factory=dict)
    wrong_options: dict[str, Any] = field(default_factory=dict)


WAYS = ["key", "key_by_option", "temporary_key", "token", "password", "machine", "file"]


def machine_key(direct: Direct) -> dict[str, str]:
    """Return a temporary key as a cloud machine gets it."""
    url = direct.simulator.url + "/openstack/latest/securitykey"
    with urllib.request.build_opener(urllib.request.ProxyHandler({})).open(url, timeout=30) as answer:
        return dict(json.load(answer)["credential"])


def way_of(kind: str, direct: Direct, folder: Path) -> Way:
    """Return a way to authenticate, and what is wrong with it in the wrong case."""
    if kind == "key":
        return Way(wrong_environment={"HUAWEICLOUD_SDK_SK": WRONG})
    if kind == "key_by_option":
        options = {"access_key": "EXAMPLEAK", "secret_key": "EXAMPLESK"}
        return Way(NO_KEY, options, NO_KEY, {**options, "secret_key": WRONG})
    if kind == "temporary_key":
        key = machine_key(direct)
        options = {"access_key": key["access"], "secret_key": key["secret"], "security_token": key["securitytoken"]}
        return Way(NO_KEY, options, NO_KEY, {**options, "secret_key": WRONG})
    if kind == "token":
        token = Sight(direct.simulator).log_in("operator", "ExamplePassword1")
        return Way(NO_KEY, {"auth_token": token}, NO_KEY, {"auth_token": "MIIwrong"})
    if kind == "password":
        options = {"username": "operator", "password": "ExamplePassword1", "domain_name": "example-account"}
        return Way(NO_KEY, options, NO_KEY, {**options, "password": WRONG})
    if kind == "machine":
        there = {**NO_KEY, "HW_METADATA_ENDPOINT": direct.simulator.url}
        return Way(there, {}, there, {})
    files = [folder / "right", folder / "wrong"]
    for path, secret in zip(files, ("EXAMPLESK", WRONG), strict=True):
        path.write_text(f"[basic]\nak = EXAMPLEAK\nsk = {secret}\n")
    return Way(NO_KEY, {"profile_file": str(files[0])}, NO_KEY, {"profile_file": str(files[1])})


@pytest.fixture(params=WAYS)
def kind(request: pytest.FixtureRequest) -> str:
    """Hand out each kind of credentials."""
    return str(request.param)


@pytest.fixture
def way(kind: str, direct: Direct, tmp_path: Path) -> Iterator[Way]:
    """Hand out a pool, and a way to authenticate."""
    direct.seed(
        {"name": "finance", "desktops": [{"name": "FIN-001"}, {"name": "FIN-002"}]},
        metadata_service={"user": "operator"},
    )
    return way_of(kind, direct, tmp_path)


def unaccepted(outcome: Outcome) -> list[str]:
    """Return the operations that were answered with 401."""
    return [request["operation"] for request in outcome.requests if request["status"] == 401]


TASKS: dict[str, dict[str, Any]] = {
    "desktop_pool_info": {"pool": "finance"},
    "desktop_pool_rebuild": {"pool": "finance", "image_id": NOVEMBER},
}


@pytest.mark.parametrize("module", TASKS)
@pytest.mark.parametrize("project", [True, False], ids=["project", "no_project"])
def test_wrong_from_the_first(direct: Direct, tally: Tally, kind: str, way: Way, module: str, project: bool) -> None:
    environment = {**way.wrong_environment, **({} if project else NO_PROJECT)}
    if kind == "machine":
        direct.control.set_faults({"path": "^/v[23]/", "count": None, "effect": REFUSED})
    outcome = direct.run(module, environment=environment, **TASKS[module], **way.wrong_options)
    tally.add(AREA, leaks=len(unaccepted(outcome)) - 1)
    assert outcome.failed
    assert len(unaccepted(outcome)) == 1, unaccepted(outcome)
    assert outcome["http_status"] == 401
    assert outcome.changes == []


@pytest.mark.parametrize(
    "operation", ["ListDesktopPools", "ListImages", "RebuildDesktopPool", "ShowJob", "ListDesktopsDetail"]
)
def test_not_accepted_any_more(direct: Direct, tally: Tally, kind: str, way: Way, operation: str) -> None:
    """From that operation on, for good. A password may log in once more, to see whether it was the token alone."""
    direct.control.set_faults(
        {
            "operation": operation,
            "nth": 2 if operation in ("ShowJob", "ListDesktopsDetail") else 1,
            "count": None,
            "effect": REFUSED,
        }
    )
    outcome = direct.run(
        "desktop_pool_rebuild", environment=way.environment, **TASKS["desktop_pool_rebuild"], **way.options
    )
    rebuilds = [len(desktop["effects"]["rebuilds"]) for desktop in direct.desktops("finance").values()]
    again = [request["operation"] for request in outcome.requests].count("KeystoneCreateUserTokenByPassword") - 1
    once = 1 + max(0, again)
    tally.add(AREA, leaks=len(unaccepted(outcome)) - once, duplicates=sum(count > 1 for count in rebuilds))
    assert outcome.failed
    assert len(unaccepted(outcome)) == once, unaccepted(outcome)
    assert again <= 1
    if operation == "ShowJob":
        assert "goes on in the service; run the task again with credentials that are accepted" in outcome.message
        assert outcome["job_id"]
        assert outcome.changed
    direct.control.clear_faults()
    direct.passes(600)
    second = direct.run(
        "desktop_pool_rebuild", environment=way.environment, **TASKS["desktop_pool_rebuild"], **way.options
    )
    rebuilds = [len(desktop["effects"]["rebuilds"]) for desktop in direct.desktops("finance").values()]
    assert not second.failed
    assert rebuilds == [1, 1]


def test_tasks_of_a_play_learn_from_the_first(direct: Direct, tally: Tally, kind: str, way: Way) -> None:
    """What was refused is not sent by the next task, until the lock that it may have led to is over."""
    if kind == "machine":
        direct.control.set_faults({"path": "^/v[23]/", "count": None, "effect": REFUSED})

    def look() -> Outcome:
        return direct.run("desktop_pool_info", environment=way.wrong_environment, pool="finance", **way.wrong_options)

    first = look()
    direct.in_one_play = True
    direct.run("desktop_pool_info", pool="finance")  # other credentials are not concerned
    direct.clock.sleep(30)
    runs = [look() for _time in range(12)]
    tally.add(AREA, cases=13, leaks=len([name for run in runs for name in unaccepted(run)]))
    assert unaccepted(first)
    assert {run.failed for run in runs} == {True}
    assert [unaccepted(run) for run in runs] == [[]] * 12
    assert "That was 30s ago, and what was refused is not sent again within 5m00s." in runs[0].message
    assert runs[0]["http_status"] == 401
    right = direct.run("desktop_pool_info", environment=way.environment, pool="finance", **way.options)
    assert right.failed == (kind == "machine"), right.message
    direct.clock.sleep(300)
    assert len(unaccepted(look())) == 1


def test_a_wrong_key_in_a_long_play_locks_nothing(ansible_in_process: Ansible, sight: Sight, tally: Tally) -> None:
    """Tasks of one controller, one after the other and 20 at a time."""
    names = [f"host-{number:02d}" for number in range(20)]
    inventory = ansible_in_process.folder / "inventory.ini"
    inventory.write_text("".join(f"{name} ansible_connection=local\n" for name in names))
    keywords = {"loop": [1, 2], "ignore_errors": True}
    options = {"pool": "finance", "access_key": "EXAMPLEAK", "secret_key": from_environment("A_SECRET")}
    looks = [task("desktop_pool_info", f"look {number}", keywords, **options) for number in range(2)]
    right = task("desktop_pool_info", "look with the right key", {"run_once": True}, pool="finance")
    command = ansible_in_process.playbook_command(*looks, right, keywords={"hosts": "all"})
    # The clock is a real one here, so that the memory of a refusal lasts longer than the play.
    environment = {"A_SECRET": WRONG, "HW_WORKSPACE_TIME_FACTOR": "1"}
    sight.control.set_clock(factor=1)
    # Other hosts have begun before the first of them has its answer.
    sight.control.set_faults({"operation": "ListDesktopPools", "effect": {"delay": 2}})
    run = ansible_in_process.run(
        [*command, "-i", str(inventory), "--forks", "20"], environment=environment, secrets=[WRONG]
    )
    wrong = [request for request in run.requests if request["status"] == 401]
    tally.add(AREA, cases=80, leaks=len(wrong) - 1)
    assert len(wrong) == 1
    assert [request["status"] for request in run.requests] == [401, 200]
    results = [item for found in run.tasks for item in found.result.get("results", ())]
    assert len(results) == 80
    assert {item["http_status"] for item in results} == {401}
    assert run["look with the right key"]["desktop_pools"]


def test_programs_of_their_own_do_not_know_of_each_other(
    ansible_by_module: Ansible, sight: Sight, tally: Tally
) -> None:
    """With HW_WORKSPACE_EXECUTION=module each task tries once. What the documentation says of it is this."""
    keywords = {"loop": [1, 2, 3], "ignore_errors": True}
    options = {"pool": "finance", "access_key": "EXAMPLEAK", "secret_key": from_environment("A_SECRET")}
    run = ansible_by_module.play(
        task("desktop_pool_info", "look", keywords, **options), environment={"A_SECRET": WRONG}, secrets=[WRONG]
    )
    tally.add(AREA, cases=3)
    assert [request["status"] for request in run.requests] == [401] * 3
