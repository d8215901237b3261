# Copyright (c) 2026 the hwcloud.workspace contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The action plugin: where a module runs, and that both ways of running it give the same result."""

from __future__ import annotations

import ast
import importlib
import importlib.util
import json
import os
import pwd
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from types import ModuleType, SimpleNamespace
from typing import Any

import pytest
from ansible.module_utils.common.parameters import PASS_VARS

from ansible_collections.hwcloud.workspace.plugins.action import workspace

PROBE = Path(__file__).with_name("probe.py")
SECRET = 'S3cr&t"K\\ey'


def load_probe() -> ModuleType:
    spec = importlib.util.spec_from_file_location("probe", PROBE)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


class Become:
    def __init__(self, user: str | None) -> None:
        self.user = user

    def get_option(self, name: str) -> str | None:
        return {"become_user": self.user}[name]


class Templar:
    def template(self, value: Any) -> Any:
        return value


class Action(workspace.ActionModule):
    """The plugin, with a note of what it would have had Ansible run as a separate program."""

    separate: Mapping[str, Any] | None = None

    def _execute_module(self, **given: Any) -> dict[str, Any]:
        given["module_args"]["_ansible_check_mode"] = False  # Ansible, too, adds to what it is given
        self.separate = given
        return {"changed": False, "ran": "separately"}

    def _remove_tmp_path(self, tmp_path: str | None, force: bool = False) -> None:
        self.removed = tmp_path


def make_action(args: Mapping[str, Any], **changes: Any) -> Action:
    """Return the plugin as Ansible makes it for a task on the machine itself, with ``changes`` to that."""
    of_task = {
        "action": "hwcloud.workspace.probe",
        "args": dict(args),
        "async_val": 0,
        "check_mode": False,
        "no_log": False,
        "environment": [],
    }
    task = SimpleNamespace(**{name: changes.get(name, value) for name, value in of_task.items()})
    shell = SimpleNamespace(tmpdir="/made/by/ansible", env_prefix=lambda **variables: "")
    connection = SimpleNamespace(
        transport=changes.get("transport", "local"), become=changes.get("become"), _shell=shell, has_native_async=False
    )
    loader = SimpleNamespace(get_basedir=lambda: str(changes.get("folder", Path.cwd())))
    return Action(task, connection, SimpleNamespace(), loader, Templar(), None)


@pytest.fixture(autouse=True)
def probe(monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    module = load_probe()
    monkeypatch.setitem(workspace.MODULES, "probe", module)
    monkeypatch.delenv(workspace.EXECUTION_VARIABLE, raising=False)
    monkeypatch.setenv("PROBE_SECRET", "from the environment")
    return module


def run_separately(args: Mapping[str, Any], folder: Path, **internal: Any) -> dict[str, Any]:
    """Run the probe as a program of its own, the way Ansible's wrapper does, and return its result."""
    internal = {"module_name": "hwcloud.workspace.probe", **internal}
    arguments = {**args, **{f"_ansible_{name}": value for name, value in internal.items()}}
    file = folder / "arguments.json"
    file.write_text(json.dumps({"ANSIBLE_MODULE_ARGS": arguments}), encoding="utf-8")
    done = subprocess.run(
        [sys.executable, str(PROBE), str(file)],
        env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)},
        cwd=folder,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.stdout, done.stderr
    result: dict[str, Any] = json.loads(done.stdout)
    return result


def in_words(result: Mapping[str, Any]) -> dict[str, Any]:
    """Return a result with its warnings and deprecations as text, whatever form this version of Ansible gives them."""
    said = {key: [words(entry) for entry in result[key]] for key in ("warnings", "deprecations") if key in result}
    return {**result, **said}


def words(entry: Any) -> str:
    if isinstance(entry, str):
        return entry
    return f"{entry.get('msg') or entry['event']['msg']} ({entry.get('version')})".removesuffix(" (None)")


CASES: dict[str, dict[str, Any]] = {
    "options with their types": {"pool": 5, "size": "7", "force": "yes", "desktop_ids": "a,b", "ca_path": "~/ca.pem"},
    "nested options": {"pool": "x", "volumes": [{"size": "10", "key": "k3y"}], "anything": {"5": [1, None, 2.5]}},
    "a change": {"pool": "x", "act": "change"},
    "a refusal of the service": {"pool": "x", "act": "refuse", "secret_key": SECRET},
    "a defect": {"pool": "x", "act": "break", "secret_key": SECRET},
    "secrets in the result": {"pool": "x", "act": "leak", "secret_key": SECRET},
    "a warning": {"pool": "x", "act": "warn", "secret_key": SECRET},
    "an option and its alias": {"pool": "x", "size": 1, "count": 2},
    "an alias alone": {"pool": "x", "count": 2},
    "a deprecated option": {"pool": "x", "old": "x"},
    "a missing option": {"secret_key": SECRET},
    "an unknown option": {"pool": "x", "nonsense": 1, "size": 1, "secret_key": SECRET},
    "an unknown nested option": {"pool": "x", "volumes": [{"size": 1, "nonsense": "k3y", "key": "k3y"}]},
    "a wrong type": {"pool": "x", "size": "k3y", "secret_key": "k3y"},
    "a wrong choice": {"pool": "x", "handle_type": "SOME"},
    "options that exclude each other": {"pool": "x", "desktop_ids": ["a"], "volumes": [{"size": 1}]},
    "an option that needs another": {"pool": "x", "handle_type": "IDLE"},
    "options outside their limits": {"pool": "x", "size": 16, "desktop_ids": ["a", ""]},
}


@pytest.mark.parametrize("check_mode", [False, True], ids=["for real", "in check mode"])
@pytest.mark.parametrize("args", CASES.values(), ids=CASES)
def test_a_result_is_the_same_in_the_worker_and_as_a_program(
    args: dict[str, Any], check_mode: bool, tmp_path: Path
) -> None:
    here = make_action(args, check_mode=check_mode, folder=tmp_path).run()
    separately = run_separately(args, tmp_path, check_mode=check_mode)
    assert in_words(here) == in_words(separately)
    assert SECRET not in json.dumps(here)
    assert "k3y" not in json.dumps(here)


def test_the_arguments_are_reported_alike_when_ansible_asks_for_them(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("ANSIBLE_INJECT_INVOCATION", "true")  # newer versions; older ones always report them
    internal = {"inject_invocation": True} if "inject_invocation" in PASS_VARS else {}
    args = {"pool": "x", "secret_key": SECRET}
    here = make_action(args).run()
    assert here["invocation"]["module_args"]["secret_key"] == "VALUE_SPECIFIED_IN_NO_LOG_PARAMETER"
    assert here["invocation"] == run_separately(args, tmp_path, **internal)["invocation"]


SEPARATE = {
    "an asynchronous task": ({"async_val": 30}, "asynchronous"),
    "a connection to elsewhere": ({"transport": "ssh"}, "the connection is ssh"),
    "another user": ({"become": Become("no-such-user")}, "becomes another user"),
    "a user that is not said": ({"become": Become(None)}, "becomes another user"),
    "the task's environment": ({"environment": [{"HW_WORKSPACE_EXECUTION": "module"}]}, "asks for it"),
}


@pytest.mark.parametrize(("changes", "reason"), SEPARATE.values(), ids=SEPARATE)
def test_a_module_runs_as_a_program_where_the_worker_would_be_something_else(
    changes: dict[str, Any], reason: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    said: list[str] = []
    monkeypatch.setattr(workspace.display, "vv", said.append)
    action = make_action({"pool": "x"}, **changes)
    assert action.run(task_vars={"a": 1}) == {"changed": False, "ran": "separately"}
    assert action.separate is not None
    assert action.separate["module_name"] == "hwcloud.workspace.probe"
    assert action.separate["task_vars"] == {"a": 1}
    assert action.separate["module_args"]["pool"] == "x"
    assert action._task.args == {"pool": "x"}, "what Ansible adds must not reach the task's own arguments"
    assert reason in said[0]


def test_the_folder_of_a_module_is_removed_unless_it_is_still_running() -> None:
    ended, running = make_action({}, transport="ssh"), make_action({}, async_val=30)
    ended.run()
    running.run()
    assert ended.removed == "/made/by/ansible"
    assert not hasattr(running, "removed")
    assert ended.separate is not None
    assert running.separate is not None
    assert (bool(ended.separate["wrap_async"]), bool(running.separate["wrap_async"])) == (False, True)


def test_becoming_the_user_that_one_is_stays_in_the_worker() -> None:
    user = pwd.getpwuid(os.geteuid()).pw_name
    assert make_action({"pool": "x"}, become=Become(user)).run()["changed"] is False


def test_without_the_library_the_module_gets_its_chance_as_a_program(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(workspace, "MISSING_LIBRARY", "no requests here")
    assert make_action({"pool": "x"}).run()["ran"] == "separately"


def test_a_module_that_cannot_be_imported_gets_its_chance_as_a_program() -> None:
    assert make_action({}, action="hwcloud.workspace.no_such_module").run()["ran"] == "separately"


@pytest.mark.parametrize("action", ["probe", "hwcloud.workspace.probe"])
def test_the_environment_can_ask_for_either_way(action: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HW_WORKSPACE_EXECUTION", "module")
    assert make_action({"pool": "x"}, action=action).run()["ran"] == "separately"
    back = make_action({"pool": "x"}, action=action, environment=[{"HW_WORKSPACE_EXECUTION": "auto"}])
    assert back.run()["params"]["pool"] == "x"


def test_any_other_wish_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HW_WORKSPACE_EXECUTION", "elsewhere")
    assert make_action({"pool": "x"}).run() == {
        "failed": True,
        "msg": "HW_WORKSPACE_EXECUTION is 'elsewhere'; it takes auto or module.",
    }


def test_the_task_s_environment_and_folder_hold_for_the_run_and_no_longer(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("PROBE", "of the process")
    before = Path.cwd()
    environment = [{"PROBE": "of the play", "PROBE_NEW": 5}, {"PROBE": "of the task"}]
    result = make_action({"pool": "x", "act": "environment"}, environment=environment, folder=tmp_path).run()
    assert (result["task"], result["process"], result["folder"]) == ("of the task", "of the task", str(tmp_path))
    assert os.environ["PROBE"] == "of the process"
    assert "PROBE_NEW" not in os.environ
    assert Path.cwd() == before


@pytest.mark.parametrize(("no_log", "shown"), [(False, ["1/2 desktops, ********"]), (True, [])])
def test_progress_is_displayed_without_secrets_and_not_at_all_under_no_log(
    no_log: bool, shown: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    lines: list[str] = []
    monkeypatch.setattr(workspace.display, "display", lines.append)
    make_action({"pool": "x", "act": "warn", "secret_key": SECRET}, no_log=no_log).run()
    assert lines == shown


FILES = {file.stem for file in (Path(workspace.__file__).parent.parent / "modules").glob("*.py")} - {"__init__"}


@pytest.mark.parametrize("name", sorted(FILES))
def test_a_module_is_loaded_with_its_own_action_plugin(monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    """Not with that of another module, whose tasks would wait for it."""
    monkeypatch.setattr(workspace, "MODULES", {})
    plugin = importlib.import_module(f"{workspace.__package__}.{name}")
    importlib.reload(plugin)
    assert plugin.ActionModule is workspace.ActionModule
    assert list(workspace.MODULES) == [name]
    assert workspace.NOT_IMPORTED == {}
    assert hasattr(workspace.MODULES[name], "SPEC")
    assert callable(workspace.MODULES[name].run)


def test_why_a_module_cannot_be_loaded_is_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(workspace, "NOT_IMPORTED", {})
    workspace.load("no_such_module")
    assert "no_such_module" in workspace.NOT_IMPORTED["no_such_module"]


def test_the_filters_import_no_logic_before_it_is_used() -> None:
    """Ansible loads all filters in the process of each task that uses one."""
    plugins = "maintenance, preflight_findings, report_pools, rollout"
    program = (
        f"import sys; from ansible_collections.hwcloud.workspace.plugins.filter import {plugins}; "
        f"[plugin.FilterModule().filters() for plugin in ({plugins})]; "
        "print([name for name in sys.modules if '.module_utils.' in name and 'hwcloud' in name])"
    )
    path = os.pathsep.join(sys.path)
    done = subprocess.run(
        [sys.executable, "-c", program], env={"PYTHONPATH": path}, capture_output=True, text=True, check=True
    )
    loaded = ast.literal_eval(done.stdout)
    assert [name.rpartition(".")[2] for name in loaded] == ["client", "errors"], loaded
