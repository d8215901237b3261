# Copyright (c) 2026 the hwcloud.workspace contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""AWX as code: what the playbook awx_setup makes is what AWX takes, and fits the roles and the modules."""

from __future__ import annotations

import importlib
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml
from awx_jobs import SKELETON, Loader, injected, read_vars
from running import CHECKOUT, COLLECTIONS, PROJECT, Ansible, Run

from ansible_collections.hwcloud.workspace.plugins.doc_fragments.connection import ModuleDocFragment
from ansible_collections.hwcloud.workspace.plugins.module_utils.client.credentials import (
    AccessKey,
    Password,
    Token,
    credentials_at_hand,
)

pytest.importorskip("jsonschema", reason="the requirements of AWX are not there")

from awx_rules import (
    playbooks_of,
    problems_of_answer,
    problems_of_credential_type,
    problems_of_survey,
)
from awx_stand_in import TOKEN, StandIn, standing_in

AWX_COLLECTION = CHECKOUT / ".build" / "awx"
PLAYBOOK = CHECKOUT / "playbooks" / "awx_setup.yml"
ROLE = CHECKOUT / "roles" / "pool_maintenance" / "meta" / "argument_specs.yml"
TEMPLATE = re.compile(r"\{\{|\{%")


@pytest.fixture(scope="module")
def awx_collection() -> Path:
    """Hand out the folder with the real collection ``awx.awx``."""
    script = CHECKOUT / "requirements" / "get-awx-collection.sh"
    subprocess.run([str(script), str(AWX_COLLECTION), sys.executable], check=True, timeout=240)
    return AWX_COLLECTION


@pytest.fixture
def awx() -> Iterator[StandIn]:
    """Hand out a stand-in for AWX, whose project is the one that comes with the collection."""
    with standing_in(SKELETON) as held:
        yield held


def questions() -> dict[str, dict[str, Any]]:
    """Return the questions of the surveys by variable."""
    return {question["variable"]: question for question in read_vars("awx_surveys.yml")["awx_survey_questions"]}


# What AWX would refuse.


def test_the_credential_type_is_one_that_awx_takes() -> None:
    data = read_vars("awx_credential_type.yml")
    inputs, injectors = data["awx_credential_type_inputs"], data["awx_credential_type_injectors"]
    assert problems_of_credential_type(inputs, injectors) == []


def test_the_fields_of_the_credential_are_the_options_of_the_modules() -> None:
    """With their names; what no output may show is secret in AWX too, and goes where the modules look."""
    data = read_vars("awx_credential_type.yml")
    options = yaml.safe_load(ModuleDocFragment.DOCUMENTATION)["options"]
    fields = {field["id"]: field for field in data["awx_credential_type_inputs"]["fields"]}
    assert set(fields) - {"ca_certificate"} <= set(options)
    secret = {name for name, field in fields.items() if field.get("secret")}
    assert secret == {"access_key", "secret_key", "security_token", "auth_token", "password"}
    for variable, template in data["awx_credential_type_injectors"]["env"].items():
        name = re.findall(r"\w+", template)[0].replace("if", "ca_path")
        assert f"E({variable})" in "".join(options[name]["description"]), f"{name} is not read from {variable}"


def test_what_a_credential_gives_a_job_is_what_the_modules_find(tmp_path: Path) -> None:
    """Fields that were left empty count for nothing, whichever way to authenticate was chosen."""
    place = {"region": "eu-west-101", "project_id": PROJECT, "endpoint": "", "security_token": ""}
    keys = injected({**place, "access_key": "EXAMPLEAK", "secret_key": "EXAMPLESK"}, tmp_path)
    key = credentials_at_hand({}, keys)
    assert isinstance(key, AccessKey)
    assert (key.access_key, key.secret_key, key.security_token) == ("EXAMPLEAK", "EXAMPLESK", "")
    token = credentials_at_hand({}, injected({**place, "auth_token": "EXAMPLETOKEN"}, tmp_path))
    assert isinstance(token, Token)
    login = {**place, "username": "operator", "password": "ExamplePassword1", "domain_name": "example-account"}
    assert isinstance(credentials_at_hand({}, injected(login, tmp_path)), Password)
    assert keys["REQUESTS_CA_BUNDLE"] == ""
    with_ca = injected({**place, "ca_certificate": "-----BEGIN CERTIFICATE-----\n"}, tmp_path)
    assert Path(with_ca["REQUESTS_CA_BUNDLE"]).read_text() == "-----BEGIN CERTIFICATE-----\n"


def test_the_questions_are_those_of_the_role() -> None:
    """Types, choices and defaults are what the role's argument specification says."""
    options = yaml.safe_load(ROLE.read_text(encoding="utf-8"))["argument_specs"]["main"]["options"]
    flat = {"image": "", "volumes": "", "notify_minutes": "15,5,1", "canary": "1"}
    kinds = {"str": {"text", "textarea"}, "int": {"integer"}, "bool": {"multiplechoice"}}
    own = {"image_type", "pools_at_once", "max_fail_percentage"}  # of the playbook
    assert own <= set(questions())
    for name, question in questions().items():
        assert problems_of_survey({"name": "", "description": "", "spec": [question]}) == []
        if name in own:
            continue
        option = options[f"pool_maintenance_{name}"]
        default = option["default"]
        assert question["default"] == flat.get(name, str(default).lower() if option["type"] == "bool" else default)
        if "choices" in option:
            assert question["choices"] == option["choices"]
        elif option["type"] in kinds:
            assert question["type"] in kinds[option["type"]]
        if option["type"] == "bool":
            assert question["choices"] == ["true", "false"]
    assert (questions()["grace_minutes"]["min"], questions()["grace_minutes"]["max"]) == (0, 1440)
    assert questions()["message"]["max"] == 400
    assert questions()["image_type"]["choices"] == options["pool_maintenance_image"]["options"]["type"]["choices"]


def test_every_question_is_a_variable_of_the_playbook() -> None:
    head = (CHECKOUT / "playbooks" / "maintain_pools.yml").read_text(encoding="utf-8").partition("- name:")[0]
    named = set(re.findall(r"\w+", head))
    assert set(questions()) <= named
    assert "pool" not in questions(), "slices and relaunches would all maintain the same pools"


def test_awx_refuses_answers_out_of_bounds() -> None:
    wrong = {"max_failures": -1, "grace_minutes": 1441, "on_failure": "explode", "image": 7, "message": "x" * 401}
    assert {name for name, answer in wrong.items() if problems_of_answer(questions()[name], answer)} == set(wrong)
    right = {"max_failures": 3, "grace_minutes": 0, "on_failure": "stop", "image": "win10-2026-11", "message": ""}
    assert [why for name, answer in right.items() for why in problems_of_answer(questions()[name], answer)] == []


def test_awx_finds_the_playbooks_of_the_project() -> None:
    assert playbooks_of(SKELETON) == {
        f"{name}.yml" for name in ("audit_pools", "maintain_pools", "rollout_image", "report_pools")
    }
    for name in playbooks_of(SKELETON):
        (play,) = yaml.safe_load((SKELETON / name).read_text(encoding="utf-8"))
        assert (CHECKOUT / "playbooks" / f"{play['import_playbook'].rpartition('.')[2]}.yml").is_file()


# The modules of awx.awx.


class _Captured(Exception):
    """A module has said what its arguments are."""


def argument_spec(collection: Path, module: str) -> dict[str, Any]:
    """Return the argument specification of a module, from the module itself."""
    if str(collection) not in sys.path:
        sys.path.append(str(collection))
    found = importlib.import_module(f"ansible_collections.awx.awx.plugins.modules.{module}")
    spec: dict[str, Any] = {}

    def capture(argument_spec: dict[str, Any], **_how: Any) -> None:
        spec.update(argument_spec)
        raise _Captured

    found.ControllerAPIModule = capture
    with pytest.raises(_Captured):
        found.main()
    return spec


def test_every_task_says_what_its_module_takes(awx_collection: Path) -> None:
    """All options are known, those that are required are there, and literal values have the type and are choices."""
    (play,) = yaml.load(PLAYBOOK.read_text(encoding="utf-8"), Loader)  # noqa: S506 - a safe loader
    kinds = {"bool": bool, "dict": dict, "list": list, "int": int, "str": str}
    seen = set()
    for task in play["tasks"]:
        (action,) = (key for key in task if key.startswith(("awx.", "ansible.")))
        if not action.startswith("awx.awx."):
            continue
        seen.add(action)
        spec = argument_spec(awx_collection, action.rpartition(".")[2])
        given = {**play["module_defaults"].get(action, {}), **task[action]}
        names = {*spec, *(alias for option in spec.values() for alias in option.get("aliases", []))}
        assert set(given) <= names, f"{task['name']}: {set(given) - names}"
        assert {name for name, option in spec.items() if option.get("required")} <= set(given), task["name"]
        for name, value in given.items():
            option = spec[name]
            if isinstance(value, str) and TEMPLATE.search(value):
                continue
            assert isinstance(value, kinds[option.get("type", "str")]), f"{task['name']}: {name}"
            assert value in option.get("choices", [value]), f"{task['name']}: {name}"
    assert len(seen) == 10


@pytest.mark.slow
def test_setting_up_twice(ansible_in_process: Ansible, awx: StandIn, awx_collection: Path) -> None:
    """The real modules make everything; the second run changes nothing. Then something is taken away."""
    first = set_up(ansible_in_process, awx, awx_collection)
    assert first.counts["changed"] == 18, first.counts
    made = {
        kind: sorted(entry.get("name") or entry["identifier"] for entry in entries.values())
        for kind, entries in awx.objects.items()
    }
    assert len(made["job_templates"]) == 4
    assert made["workflow_job_template_nodes"] == ["approve", "audit", "maintain", "rehearse", "report"]
    # What was left empty is not there, and the secrets arrived.
    (secrets,) = awx.secrets.values()
    assert set(secrets) == {"access_key", "secret_key", "region", "project_id", "endpoint", "iam_endpoint"}
    assert secrets["secret_key"] == "EXAMPLESK"

    nodes = {entry["id"]: entry["identifier"] for entry in awx.objects["workflow_job_template_nodes"].values()}
    ways = {
        (nodes[which[1]], which[2], nodes[held])
        for which, all_held in awx.associated.items()
        if which[0].endswith("nodes")
        for held in all_held
    }
    assert ways == {
        ("audit", "success_nodes", "rehearse"),
        ("rehearse", "success_nodes", "approve"),
        ("approve", "success_nodes", "maintain"),
        ("maintain", "success_nodes", "report"),
        ("maintain", "failure_nodes", "report"),
    }
    assert awx.by_name("workflow_job_template_nodes", "rehearse")["job_type"] == "check"
    maintain = awx.by_name("job_templates", "Workspace maintenance")
    assert maintain["job_slice_count"] == 3
    assert [question["variable"] for question in awx.surveys[maintain["id"]]["spec"]] == list(questions())
    rollout = awx.surveys[awx.by_name("job_templates", "Workspace image rollout")["id"]]["spec"]
    assert (rollout[0]["variable"], rollout[0]["required"]) == ("image", True)
    assert {"product", "volumes", "volumes_purge"}.isdisjoint({question["variable"] for question in rollout})

    awx.changes.clear()
    second = set_up(ansible_in_process, awx, awx_collection)
    assert (second.counts["changed"], awx.changes) == (0, [])


def set_up(ansible: Ansible, awx: StandIn, collection: Path) -> Run:
    """Run the playbook against the stand-in."""
    variables = {
        "setup_project_url": "https://git.example.com/pools.git",
        "setup_image": "registry.example.com/pools:1",
        "setup_slices": 3,
        "setup_notify_failure": ["on-call"],
        "setup_audit_rrule": "DTSTART;TZID=Europe/Berlin:20260101T060000 RRULE:FREQ=DAILY;INTERVAL=1",
    }
    environment = {
        "CONTROLLER_HOST": awx.url,
        "CONTROLLER_OAUTH_TOKEN": TOKEN,
        "ANSIBLE_COLLECTIONS_PATH": f"{COLLECTIONS}:{collection}",
        "ANSIBLE_PIPELINING": "true",
    }
    return ansible.playbook(
        "awx_setup", variables, environment=environment, secrets=[TOKEN], seconds=240, allowed=[".*"]
    )
