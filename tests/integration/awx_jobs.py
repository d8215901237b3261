# Copyright (c) 2026 the hwcloud.workspace contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Runs jobs as AWX does: with ansible-runner, in a private data directory that AWX's tasks would have filled.

What goes into it is written after AWX's ``awx/main/tasks/jobs.py``, ``awx/main/models/inventory.py``,
``awx/main/models/credential.py`` and ``awx/main/utils/safe_yaml.py`` (AWX 24.6). There is no container around a job
here. What ansible-runner kills is Ansible's process group; workers of ansible-core 2.19 and newer are not in it, and go
on until their task is over. In a container they would die with it, so this is the harder of the two.
"""

from __future__ import annotations

import json
import os
import shutil
import stat
import threading
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml
from running import CHECKOUT, PROJECT, SECRETS, Ansible

from workspace_simulator.testing import RunningSimulator

VARS = CHECKOUT / "playbooks" / "vars"
SKELETON = CHECKOUT / "extensions" / "awx" / "project"
FLEET = "fleet.desktop_pools.yml"

_CREDENTIALS = ("HUAWEICLOUD_", "HW_")
_OWN_TO_TESTS = ("HW_METADATA_ENDPOINT", "HW_WORKSPACE_TIME_FACTOR", "HW_WORKSPACE_EXECUTION")
"""Of the tests, not of the service: they are given as AWX gives the settings of its tasks' environment."""


class Loader(yaml.SafeLoader):
    """Reads YAML as Ansible does, for tests: what is marked unsafe is what it says."""


Loader.add_constructor("!unsafe", lambda loader, node: loader.construct_scalar(node))


def read_vars(name: str) -> dict[str, Any]:
    """Return what a file of variables for AWX says."""
    return dict(yaml.load((VARS / name).read_text(encoding="utf-8"), Loader))  # noqa: S506 - a safe loader


SECRET_FIELDS = {
    field["id"]
    for field in read_vars("awx_credential_type.yml")["awx_credential_type_inputs"]["fields"]
    if field.get("secret")
}


class _Unsafe(yaml.SafeDumper):
    """Marks every text as no template, as AWX marks what its users have answered."""

    def represent_data(self, data: Any) -> yaml.Node:
        """Return the node of a value."""
        return self.represent_scalar("!unsafe", data) if isinstance(data, str) else super().represent_data(data)


def extra_vars(answers: Mapping[str, Any]) -> str:
    """Return the file of extra variables of a job."""
    return "".join(yaml.dump_all([{name: value}], None, Dumper=_Unsafe) for name, value in answers.items())


def credential(simulator: RunningSimulator, **inputs: str) -> dict[str, str]:
    """Return what somebody has filled into the fields of the credential."""
    place = {"region": "eu-west-101", "project_id": PROJECT, "endpoint": simulator.url, "iam_endpoint": simulator.url}
    keys = {"access_key": "EXAMPLEAK", "secret_key": "EXAMPLESK"}
    return {**place, **(inputs or keys)}


def injected(inputs: Mapping[str, str], folder: Path) -> dict[str, str]:
    """Return the environment that a credential of our type gives a job, and write the files that it names."""
    from jinja2.sandbox import ImmutableSandboxedEnvironment

    render = ImmutableSandboxedEnvironment().from_string
    injectors = read_vars("awx_credential_type.yml")["awx_credential_type_injectors"]
    names = {}
    given = {name: value for name, value in inputs.items() if value}
    for label, template in injectors["file"].items():
        path = folder / f"file-{label}"
        path.write_text(render(template).render(**given))
        path.chmod(stat.S_IRUSR | stat.S_IWUSR)
        names[label.partition(".")[2]] = str(path)
    tower = {"filename": names}
    return {name: render(template).render(**given, tower=tower) for name, template in injectors["env"].items()}


def shown(inputs: Mapping[str, str], folder: Path) -> dict[str, str]:
    """Return what AWX shows and keeps of that environment: fields that are secret are masked."""
    return injected({name: "**********" if name in SECRET_FIELDS else value for name, value in inputs.items()}, folder)


def script_data(exported: Mapping[str, Any], slice_number: int = 1, slice_count: int = 1) -> dict[str, Any]:
    """Return what AWX's inventory gives a job, or one slice of a job: every n-th host, by name; no group is lost."""
    variables = exported["_meta"]["hostvars"]
    hosts = sorted({name for group in exported.values() for name in group.get("hosts", [])})[
        slice_number - 1 :: slice_count
    ]
    groups = {name: group for name, group in exported.items() if name not in ("_meta", "all", "ungrouped")}
    data: dict[str, Any] = {"all": {"hosts": [], "children": list(groups)}}
    for name, group in groups.items():
        mine = [host for host in group.get("hosts", []) if host in hosts]
        data[name] = {
            **({"hosts": mine} if mine else {}),
            **({"children": group["children"]} if "children" in group else {}),
        }
    grouped = {host for group in groups.values() for host in group.get("hosts", [])}
    data["all"]["hosts"] = [host for host in hosts if host not in grouped]
    enabled = {f"remote_{prefix}_enabled": "true" for prefix in ("host", "tower")}
    data["_meta"] = {"hostvars": {name: {**variables.get(name, {}), **enabled} for name in hosts}}
    return data


@dataclass(frozen=True)
class Job:
    """What AWX has of a job in the end."""

    status: str
    rc: int | None
    events: list[dict[str, Any]]
    folder: Path

    @property
    def artifacts(self) -> dict[str, Any]:
        """What set_stats has kept, as AWX takes it from the event of the counts."""
        found = [
            event["event_data"].get("artifact_data") for event in self.events if event["event"] == "playbook_on_stats"
        ]
        return dict(found[-1]) if found and found[-1] else {}

    @property
    def failed_hosts(self) -> list[str]:
        """Hosts that a relaunch on the hosts that failed is for."""
        (stats,) = (event["event_data"] for event in self.events if event["event"] == "playbook_on_stats")
        return sorted({*stats["failures"], *stats["dark"]})

    @property
    def output(self) -> str:
        """What AWX shows as the job's output."""
        return "\n".join(event["stdout"] for event in self.events)

    def results(self, task: str) -> dict[str, dict[str, Any]]:
        """Return the results of a task by host."""
        return {
            event["event_data"]["host"]: event["event_data"]["res"]
            for event in self.events
            if event["event"].startswith("runner_on_")
            and event["event_data"].get("task") == task
            and "res" in event["event_data"]
        }


class Awx:
    """Runs jobs of the project that comes with the collection."""

    def __init__(self, ansible: Ansible) -> None:
        """Take the simulator and the folder from ``ansible``."""
        self.simulator = ansible.simulator
        self.folder = ansible.folder
        self.inputs = credential(ansible.simulator)
        # What an execution environment and the settings of AWX bring. Credentials come from the credential alone.
        self.environment = {
            name: value
            for name, value in ansible.environment.items()
            if not name.startswith((*_CREDENTIALS, "ANSIBLE_CALLBACK")) or name in _OWN_TO_TESTS
        }
        self._ansible = ansible
        self._number = 100

    def update_inventory(self) -> dict[str, Any]:
        """Read the project's inventory as the update of an inventory source does."""
        strict = {"ANSIBLE_INVENTORY_UNPARSED_FAILED": "True", "ANSIBLE_INVENTORY_EXPORT": "True"}
        cleared = {
            name: None
            for name in self._ansible.environment
            if name.startswith(_CREDENTIALS) and name not in _OWN_TO_TESTS
        }
        output = self.folder / "output.json"
        self._ansible.run(
            ["ansible-inventory", "--list", "--export", "-i", str(SKELETON / FLEET), "--output", str(output)],
            environment={**cleared, **strict, **injected(self.inputs, self.folder)},
        )
        return dict(json.loads(output.read_text()))

    def run(
        self,
        playbook: str,
        inventory: Mapping[str, Any],
        answers: Mapping[str, Any] | None = None,
        *,
        check: bool = False,
        limit: str = "",
        timeout: int = 0,
        fact_cache: bool = False,
        cancelled_when: Callable[[], bool] = lambda: False,
    ) -> Job:
        """Run a job to its end, and judge that nothing of it shows a secret.

        :param inventory: what :func:`script_data` returned.
        :param timeout: seconds after which AWX ends the job; 0 for never.
        :param cancelled_when: whether somebody has cancelled the job by now.
        """
        import ansible_runner

        self._number += 1
        number, folder = self._number, self.folder / f"awx_{self._number}"
        for name in ("inventory", "env"):
            (folder / name).mkdir(parents=True)
        shutil.copytree(SKELETON, folder / "project")
        script = folder / "inventory" / "hosts"
        script.write_text(f"#! /usr/bin/env python3\nprint({json.dumps(inventory)!r})\n")
        script.chmod(stat.S_IRWXU)
        meta = {f"{prefix}_job_id": number for prefix in ("awx", "tower")}
        (folder / "env" / "extravars").write_text(extra_vars({**(answers or {}), **meta, "awx_user_name": "user-a1"}))
        options = [*(["--check"] if check else []), "-u", "root", "--forks=5", *(["-l", limit] if limit else [])]
        (folder / "env" / "cmdline").write_text(" ".join(options))
        settings = {"job_timeout": timeout, "suppress_ansible_output": True, "suppress_output_file": True}
        (folder / "env" / "settings").write_text(json.dumps(settings))
        events: list[dict[str, Any]] = []
        environment = {
            **self.environment,
            "JOB_ID": str(number),
            "MAX_EVENT_RES": "700000",
            "ANSIBLE_RETRY_FILES_ENABLED": "False",
            "AWX_PRIVATE_DATA_DIR": str(folder),
            **injected(self.inputs, folder / "env"),
        }
        kept: dict[str, str] = {}

        def keep_environment(status: Mapping[str, Any], _config: Any = None, **_more: Any) -> None:
            kept.update({**status["env"], **shown(self.inputs, self.folder)} if status["status"] == "starting" else {})

        runner = ansible_runner.interface.run(
            ident=str(number),
            private_data_dir=str(folder),
            playbook=playbook,
            inventory=str(script),
            envvars=environment,
            suppress_env_files=True,
            fact_cache_type="jsonfile" if fact_cache else "",
            # AWX's says False, so that no file is written; here the files are looked at too.
            event_handler=lambda event: events.append(event) is None,
            status_handler=keep_environment,
            cancel_callback=cancelled_when,
        )
        # The whole environment stands in it, as with every credential. AWX keeps it masked, and removes the folder.
        (folder / "artifacts" / str(number) / "command").write_text(json.dumps(kept))
        job = Job(runner.status, runner.rc, events, folder / "artifacts" / str(number))
        _judge(job, [value for name, value in self.inputs.items() if name in SECRET_FIELDS])
        return job

    def run_slices(self, count: int, *arguments: Any, inventory: Mapping[str, Any], **how: Any) -> list[Job]:
        """Run the slices of a job, all at a time."""
        jobs: list[Job] = []
        threads = []
        lock = threading.Lock()

        def one(number: int) -> None:
            other = Awx(self._ansible)
            other._number = self._number + number - 1
            job = other.run(*arguments, inventory=script_data(inventory, number, count), **how)
            with lock:
                jobs.append(job)

        for number in range(1, count + 1):
            threads.append(threading.Thread(target=one, args=(number,)))
            threads[-1].start()
        for thread in threads:
            thread.join()
        self._number += count
        assert len(jobs) == count, "a slice did not come to an end"
        return sorted(jobs, key=lambda job: job.folder)


def processes_of(folder: Path) -> list[int]:
    """Return the processes that still run for a job, by its private data directory in their environment."""
    found = []
    for process in Path("/proc").glob("[0-9]*"):
        try:
            environment = (process / "environ").read_bytes()
        except OSError:  # it has just ended, or is somebody else's
            continue
        if f"AWX_PRIVATE_DATA_DIR={folder}".encode() in environment.split(b"\0"):
            found.append(int(process.name))
    return found


def _judge(job: Job, secrets: Sequence[str]) -> None:
    """Fail if a secret is in an event or in any file that AWX would fetch, or if something has gone wrong by itself."""
    everything = {"events": json.dumps(job.events)}
    for place, _folders, names in os.walk(job.folder):
        everything.update({name: (Path(place) / name).read_text(errors="replace") for name in names})
    for where, text in everything.items():
        found = [secret for secret in {*SECRETS, *secrets} if secret in text]
        assert not found, f"{found} in {where}"
        assert "Traceback" not in text, text[-3000:]
        assert "met a defect" not in text, text[-3000:]
