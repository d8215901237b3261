# Copyright (c) 2026 the hwcloud.workspace contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The policies: what the code can send is found, what is written is up to date, and whatever does not fit is said."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest
from permissions import FOLDER, GUIDE, Permissions, Problems, gather, put_in, rendered
from reach import OPERATIONS, Code

from ansible_collections.hwcloud.workspace.plugins.module_utils.client import operations

PLUGIN = """
from ..module_utils.client.operations import READ_IT, NEVER_SENT
from ..module_utils.steps import first

TABLE = {NEVER_SENT.name: 1}

def run(task):
    if task.operation is NEVER_SENT:
        return TABLE
    return first(task)
"""
STEPS = """
from .client.operations import READ_IT, WRITE_IT, FOLLOW_IT as ALSO

class Later:
    def go(self, session):
        session.call(ALSO)

LATER = Later()

def first(task):
    task.call(operation=READ_IT)
    return second(task)

def second(task):
    return LATER

def nobody_comes_here(session):
    session.call(WRITE_IT)
"""
CONSTANTS = """
READ_IT = Operation("ReadIt", "GET", "/it")
WRITE_IT = Operation("WriteIt", "PUT", "/it")
FOLLOW_IT = Operation("FollowIt", "GET", "/it/job")
NEVER_SENT = Operation("NeverSent", "GET", "/never")
"""


@pytest.fixture(scope="module")
def permissions() -> Permissions:
    """Hand out the policies of this checkout."""
    return gather()


def test_what_code_can_send_is_found_by_the_names_in_it(tmp_path: Path) -> None:
    for name, text in (
        ("modules/it", PLUGIN),
        ("module_utils/steps", STEPS),
        (OPERATIONS.replace(".", "/"), CONSTANTS),
    ):
        path = tmp_path / f"{name}.py"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    code = Code(tmp_path)
    assert code.operations == dict(re.findall(r'(\w+) = Operation\("(\w+)"', CONSTANTS))
    assert code.sent_by("modules.it", "run") == {"ReadIt", "FollowIt"}
    assert code.sent_by("module_utils.steps", "nobody_comes_here") == {"WriteIt"}


def test_all_operations_of_the_client_are_known_to_the_reader() -> None:
    there = {value.name for value in vars(operations).values() if isinstance(value, operations.Operation)}
    assert set(Code().operations.values()) == there


def test_the_files_are_up_to_date(permissions: Permissions) -> None:
    """`make permissions` writes them."""
    files = rendered(permissions)
    assert {path for path in files if path != GUIDE} == set(FOLDER.glob("*.json"))
    stale = [path.name for path, text in files.items() if path.read_text(encoding="utf-8") != text]
    assert stale == []


def test_each_policy_is_one_that_iam_takes() -> None:
    for path in FOLDER.glob("*.json"):
        document = json.loads(path.read_text(encoding="utf-8"))
        assert document.keys() == {"Version", "Statement"}
        assert document["Version"] == "5.0"
        for statement in document["Statement"]:
            assert statement.keys() == {"Effect", "Action"}
            assert statement["Effect"] == "Allow"
            assert statement["Action"] == sorted(set(statement["Action"]))
            for action in statement["Action"]:
                assert re.fullmatch(r"[a-z0-9]+:[a-zA-Z]+:[a-zA-Z]+", action), f"{path.name}: {action}"


def test_actions_are_those_that_errors_name(permissions: Permissions) -> None:
    """Where the client names the action that a refusal is about, the policies mean the same one."""
    for value in vars(operations).values():
        if isinstance(value, operations.Operation) and value.iam_action:
            assert permissions.table["actions"][value.name]["action"] == value.iam_action


def test_what_reads_only_allows_no_change(permissions: Permissions) -> None:
    known = [value for value in vars(operations).values() if isinstance(value, operations.Operation)]
    reads = {value.name for value in known if value.effect is operations.Effect.READ}
    policies = permissions.policies()
    sets = ("set_audit", "set_events", "set_inventory")
    reading = [name for name in policies if name.endswith("_info") or name in sets]
    assert len(reading) == 9
    for name in (*reading, "module_job_wait", "role_pool_preflight"):
        assert policies[name].operations <= reads, name


def test_the_example_in_the_guide_is_the_file_that_it_names() -> None:
    text = GUIDE.read_text(encoding="utf-8")
    shown = text.partition(":name: permissions-example\n\n")[2].partition("\n\nThis is ``")[0]
    file = FOLDER / text.partition("This is ``")[2].partition("``")[0]
    assert json.loads(shown) == json.loads(file.read_text(encoding="utf-8"))


@pytest.mark.parametrize(
    ("part", "change", "said"),
    [
        ("actions", {"ShowJob": None}, "ShowJob: the code can send it, and actions does not know it."),
        (
            "actions",
            {"CreateDesktop": {"action": "workspace:desktops:create", "source": "reference"}},
            "CreateDesktop: actions knows it, and nothing sends it.",
        ),
        ("actions", {"ShowJob": {"source": "reference"}}, "ShowJob: needs a known source, and an action unless"),
        ("actions", {"ShowJob": {"action": "a:b:c", "source": "hearsay"}}, "ShowJob: needs a known source"),
        ("never", {"image_info": {"ShowJob": "so"}}, "image_info: it cannot send ShowJob, so nothing is to be said"),
        ("only_with", {"job_wait": {"ListImages": ["name"]}}, "job_wait: it cannot send ListImages"),
        (
            "leaves_out",
            {"pool_drain": {"pool_waves": ["gone.yml"]}},
            "pool_drain: pool_waves has no task file gone.yml",
        ),
    ],
)
def test_what_does_not_fit_is_said(permissions: Permissions, part: str, change: dict[str, Any], said: str) -> None:
    changed = {name: entry for name, entry in {**permissions.table[part], **change}.items() if entry is not None}
    other = Permissions({**permissions.table, part: changed}, permissions.code)
    with pytest.raises(Problems) as problems:
        other.policies()
    assert any(problem.startswith(said) for problem in problems.value.found), problems.value.found


def test_a_guide_without_a_place_is_a_problem() -> None:
    with pytest.raises(Problems, match="no place for roles"):
        put_in("nothing\n", {"roles": "table"})


def test_a_roles_policy_holds_what_its_tasks_can_lead_to(permissions: Permissions) -> None:
    release, drain = permissions.roles["pool_release"], permissions.roles["pool_drain"]
    assert "UpdateDesktopPool" in release
    assert "BatchLogoffDesktops" in drain
    assert not {"CreateDesktopPool", "DeleteDesktopPool", "ExpandDesktopPool", "BatchDeleteDesktops"} & (
        release | drain
    )
    assert "ResizeDesktopPool" not in permissions.roles["pool_recompose"]
    assert "RebuildDesktopPool" not in permissions.roles["pool_resize"]
    assert permissions.roles["pool_report"] == frozenset()
    whole = permissions.roles["pool_maintenance"]
    assert all(operations <= whole for operations in permissions.roles.values())
