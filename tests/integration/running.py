# Copyright (c) 2026 the hwcloud.workspace contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Runs the real ``ansible`` and ``ansible-playbook`` against the simulator, and judges what no run may do.

A run fails its test by itself when check mode has sent a change, when the output holds a traceback or a secret, when
Ansible warns of something that the test does not expect, or when the simulator failed by itself.
"""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import yaml

from workspace_simulator.testing import RunningSimulator

FACTOR = 240
"""Simulated seconds in a real one."""

HERE = Path(__file__).resolve().parent
CHECKOUT = HERE.parent.parent
COLLECTIONS = CHECKOUT / ".build" / "collections"
PROGRAMS = Path(sys.executable).parent
COLLECTION = "hwcloud.workspace"

PROJECT = "0123456789abcdef0123456789abcdef"
SECRETS = ("EXAMPLESK", "AUDITORSK", "ExamplePassword1", "ExamplePassword2")
NO_HOST = "workspace.invalid"
"""A name that is reserved for never being resolved (RFC 6761)."""

_ENDPOINTS = ("HW_WORKSPACE_ENDPOINT", "HW_IAM_ENDPOINT", "HW_METADATA_ENDPOINT")
_TOKEN = re.compile(r"MII[0-9a-f]{16}")
_WARNING = re.compile(r"^\[((?:DEPRECATION )?WARNING)\]: (.*?)(?=^\[|^\s*$|^Origin: |\Z)", re.MULTILINE | re.DOTALL)


def task(
    module: str, title: str | None = None, keywords: Mapping[str, Any] | None = None, /, **options: Any
) -> dict[str, Any]:
    """Return a task.

    :param module: short name of a module of the collection, or the full name of any other.
    :param title: the task's name; the module's name if it is absent.
    :param keywords: keywords of the task, such as ``register``.
    :param options: options of the module.
    """
    action = module if "." in module else f"{COLLECTION}.{module}"
    return {"name": title or module, action: options, **(keywords or {})}


def from_environment(variable: str) -> str:
    """Return a template that reads an environment variable of Ansible's, for what no playbook should hold."""
    return f"{{{{ lookup('ansible.builtin.env', '{variable}') }}}}"


@dataclass(frozen=True)
class TaskRun:
    """What came of a task. ``requests`` are those that the simulator got while it ran."""

    name: str
    status: str
    in_check_mode: bool
    result: dict[str, Any]
    requests: list[dict[str, Any]]
    host: str = "localhost"

    def __getitem__(self, key: str) -> Any:
        """Return a value of the result."""
        return self.result[key]

    @property
    def message(self) -> str:
        """The result's message."""
        return str(self.result["msg"])

    @property
    def changed(self) -> bool:
        """Whether the task says that it changed something."""
        return bool(self.result["changed"])

    @property
    def operations(self) -> list[str]:
        """Names of the operations that were asked for, in order."""
        return [request["operation"] for request in self.requests]

    @property
    def changes(self) -> list[dict[str, Any]]:
        """The requests that could change something."""
        return _changes(self.requests)


@dataclass(frozen=True)
class Run:
    """What came of a program's run: ``counts`` of localhost and by host, and what set_stats has ``kept``."""

    status: int
    output: str
    tasks: list[TaskRun]
    counts: dict[str, int]
    requests: list[dict[str, Any]]
    warnings: list[str] = field(default_factory=list)
    counts_by_host: dict[str, dict[str, int]] = field(default_factory=dict)
    kept: dict[str, Any] = field(default_factory=dict)

    def __getitem__(self, name: str) -> TaskRun:
        """Return the only task of this name."""
        found = [task_run for task_run in self.tasks if task_run.name.rpartition(" : ")[2] == name]
        assert len(found) == 1, f"{len(found)} tasks {name} among {[task_run.name for task_run in self.tasks]}"
        return found[0]

    @property
    def only(self) -> TaskRun:
        """The only task."""
        assert len(self.tasks) == 1, self.output
        return self.tasks[0]

    @property
    def changes(self) -> list[dict[str, Any]]:
        """The requests that could change something."""
        return _changes(self.requests)

    def sent(self, operation: str) -> list[dict[str, Any]]:
        """Return the bodies of the requests of an operation."""
        return [request["body"] for request in self.requests if request["operation"] == operation]


class Ansible:
    """Runs Ansible's programs in a folder of their own, with credentials in the environment."""

    def __init__(self, simulator: RunningSimulator, folder: Path, execution: str) -> None:
        """Prepare the folder.

        :param execution: ``auto`` runs modules inside Ansible's own process, ``module`` as programs of their own.
        """
        self.simulator = simulator
        self.folder = folder
        self.execution = execution
        self.environment = {
            "PATH": f"{PROGRAMS}{os.pathsep}{os.environ.get('PATH', os.defpath)}",
            "HOME": str(folder),
            "LC_ALL": "C.UTF-8",
            "ANSIBLE_CONFIG": str(folder / "ansible.cfg"),
            "ANSIBLE_HOME": str(folder / "ansible"),
            "ANSIBLE_REMOTE_TEMP": str(folder / "remote"),
            "ANSIBLE_ASYNC_DIR": str(folder / "async"),
            "ANSIBLE_COLLECTIONS_PATH": str(COLLECTIONS),
            "ANSIBLE_CALLBACK_PLUGINS": str(HERE / "callbacks"),
            "ANSIBLE_CALLBACKS_ENABLED": "record",
            "ANSIBLE_LOAD_CALLBACK_PLUGINS": "true",
            "ANSIBLE_LOCALHOST_WARNING": "false",
            "ANSIBLE_INVENTORY_UNPARSED_WARNING": "false",
            "ANSIBLE_RETRY_FILES_ENABLED": "false",
            "ANSIBLE_NOCOLOR": "true",
            "ANSIBLE_NOCOWS": "true",
            "HUAWEICLOUD_SDK_AK": "EXAMPLEAK",
            "HUAWEICLOUD_SDK_SK": "EXAMPLESK",
            "HW_REGION_NAME": "eu-west-101",
            "HUAWEICLOUD_SDK_PROJECT_ID": PROJECT,
            "HW_WORKSPACE_ENDPOINT": simulator.url,
            "HW_IAM_ENDPOINT": simulator.url,
            "HW_METADATA_ENDPOINT": "off",
            "HW_WORKSPACE_TIME_FACTOR": str(FACTOR),
            "HW_WORKSPACE_EXECUTION": execution,
        }
        (folder / "ansible.cfg").write_text("")
        self._runs = 0

    @property
    def in_process(self) -> bool:
        """Whether modules run inside Ansible's own process."""
        return self.execution == "auto"

    def play(self, *tasks: Any, keywords: Mapping[str, Any] | None = None, **how: Any) -> Run:
        """Run a play with these tasks on localhost.

        :param keywords: keywords of the play, such as ``module_defaults``.
        :param how: see :meth:`run`.
        """
        return self.run(self.playbook_command(*tasks, keywords=keywords), **how)

    def playbook_command(self, *tasks: Any, keywords: Mapping[str, Any] | None = None) -> list[str]:
        """Write a playbook and return the command that runs it."""
        play = {"name": "Rehearse", "hosts": "localhost", "gather_facts": False, **(keywords or {})}
        self._runs += 1
        path = self.folder / f"play-{self._runs}.yml"
        path.write_text(yaml.safe_dump([{**play, "tasks": list(tasks)}], sort_keys=False))
        return ["ansible-playbook", str(path)]

    def playbook(self, name: str, variables: Mapping[str, Any] | None = None, **how: Any) -> Run:
        """Run a playbook of the collection."""
        return self.run(["ansible-playbook", f"{COLLECTION}.{name}", *_extra_vars(variables)], **how)

    def role(self, variables: Mapping[str, Any], role: str = "pool_recompose", **how: Any) -> Run:
        """Run a role of the collection."""
        return self.run(self.role_command(variables, role), **how)

    def role_command(self, variables: Mapping[str, Any], role: str) -> list[str]:
        """Return the command that runs a role of the collection."""
        include = {"name": "Run the role", "ansible.builtin.include_role": {"name": f"{COLLECTION}.{role}"}}
        return [*self.playbook_command(include), *_extra_vars(variables)]

    def ad_hoc(self, module: str, arguments: str, **how: Any) -> Run:
        """Run one module with the program ``ansible``."""
        command = ["ansible", "localhost", "-m", f"{COLLECTION}.{module}"]
        return self.run([*command, *(["-a", arguments] if arguments else [])], **how)

    def run(
        self,
        command: Sequence[str],
        *,
        check: bool = False,
        diff: bool = False,
        verbosity: int = 0,
        environment: Mapping[str, str | None] | None = None,
        warnings: Sequence[str] = (),
        allowed: Sequence[str] = (),
        secrets: Sequence[str] = (),
        fails: bool = False,
        seconds: float = 90.0,
    ) -> Run:
        """Run a program to its end and judge the run.

        :param environment: environment variables beside the usual ones; None takes one away.
        :param warnings: regular expressions; each has to be found in a warning, and every warning has to fit one.
        :param allowed: the same for warnings that need not come.
        :param secrets: texts beside the usual ones that nothing may show.
        :param fails: whether the program has to fail.
        :param seconds: real time after which the test fails.
        """
        options = [*(["--check"] if check else []), *(["--diff"] if diff else [])]
        options += [f"-{'v' * verbosity}"] if verbosity else []
        first = self.last_request()
        running = self.start([*command, *options], environment)
        try:
            output, errors = running.communicate(timeout=seconds)
        finally:
            running.kill()
            running.wait()
        requests = self.simulator.control.journal(since=first)
        recorded = self._record().read_text() if self._record().exists() else ""
        run = _judged(running.returncode, output, errors, recorded, requests)
        _judge_secrets(output + errors + recorded, (*SECRETS, *secrets))
        _judge_warnings(run, warnings, allowed)
        if check:
            assert run.changes == [], f"check mode has sent {[request['operation'] for request in run.changes]}"
        for task_run in run.tasks:
            assert not (task_run.in_check_mode and task_run.changes), f"{task_run.name}: check mode sent a change"
        assert (run.status != 0) == fails, f"exit status {run.status}\n{run.output[-3000:]}"
        return run

    def start(
        self, command: Sequence[str], environment: Mapping[str, str | None] | None = None
    ) -> subprocess.Popen[str]:
        """Start a program in a process group of its own."""
        self._runs += 1
        wanted = {**self.environment, **(environment or {}), "RECORD_FILE": str(self._record())}
        given = {name: value for name, value in wanted.items() if value is not None}
        for name in _ENDPOINTS:
            host = urlsplit(given.get(name, "")).hostname if given.get(name) != "off" else "127.0.0.1"
            assert host in ("127.0.0.1", NO_HOST), f"{name} would lead to {host}"
        return subprocess.Popen(
            [str(PROGRAMS / command[0]), *command[1:]],
            cwd=self.folder,
            env=given,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            start_new_session=True,
        )

    def last_request(self) -> int:
        """Return the number of the last request that the simulator served, 0 if there was none."""
        journal = self.simulator.control.journal()
        return int(journal[-1]["seq"]) if journal else 0

    def _record(self) -> Path:
        return self.folder / f"record-{self._runs}.jsonl"


def kill(program: subprocess.Popen[str]) -> None:
    """Kill a program and all that it has started, without warning. Ansible's workers are in sessions of their own."""
    pids = [program.pid]
    with suppress(FileNotFoundError):  # one of them has just ended by itself
        for pid in pids:  # grows on the way
            pids += map(int, Path(f"/proc/{pid}/task/{pid}/children").read_text().split())
    for pid in pids:
        with suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)
    program.communicate()


def _extra_vars(variables: Mapping[str, Any] | None) -> list[str]:
    return ["-e", json.dumps(variables)] if variables else []


def _judged(status: int, output: str, errors: str, recorded: str, requests: list[dict[str, Any]]) -> Run:
    """Return a run; it is none of the simulator's own failures, and no defect of anything."""
    whole = f"{output}\n{errors}"
    assert "Traceback" not in whole, whole
    assert "met a defect" not in whole, whole
    own_failures = [request for request in requests if (request["status"] or 0) >= 500 and request["fault"] is None]
    assert own_failures == [], f"the simulator failed by itself: {own_failures}"
    events = [json.loads(line) for line in recorded.splitlines()]
    stats = next((event for event in events if event["event"] == "stats"), {"hosts": {}, "kept": {}})
    tasks = [
        TaskRun(
            event["task"],
            event["status"],
            event["check"],
            event["result"],
            list(_between(requests, event)),
            event["host"],
        )
        for event in events
        if event["event"] == "result"
    ]
    counts = stats["hosts"].get("localhost", {})
    return Run(status, whole, tasks, counts, requests, list(_warnings(whole)), stats["hosts"], stats["kept"])


def _between(requests: list[dict[str, Any]], event: dict[str, Any]) -> Iterator[dict[str, Any]]:
    # The journal's times are cut to milliseconds.
    began = int(event["began"] * 1000) / 1000
    for request in requests:
        if began <= datetime.fromisoformat(request["wall_time"]).timestamp() <= event["ended"]:
            yield request


def _changes(requests: list[dict[str, Any]]) -> list[dict[str, Any]]:
    return [request for request in requests if request["mutating"]]


def _warnings(output: str) -> Iterator[str]:
    for found in _WARNING.finditer(output):
        yield " ".join(f"{found[1]}: {found[2]}".split())


def _judge_secrets(shown: str, secrets: Sequence[str]) -> None:
    places = [found.start() for secret in secrets for found in re.finditer(re.escape(secret), shown)]
    places += [found.start() for found in _TOKEN.finditer(shown)]
    assert not places, f"a secret was shown: …{shown[max(0, places[0] - 200) : places[0] + 200]}…"


def _judge_warnings(run: Run, wanted: Sequence[str], allowed: Sequence[str]) -> None:
    for warning in run.warnings:
        assert any(re.search(pattern, warning) for pattern in (*wanted, *allowed)), (
            f"unexpected: {warning}\n{run.output[-3000:]}"
        )
    for pattern in wanted:
        assert any(re.search(pattern, warning) for warning in run.warnings), f"no warning {pattern}: {run.warnings}"
