# Copyright (c) 2026 the hwcloud.workspace contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Secrets in real runs: what is printed, logged, reported, cached, written to disk and seen by other programs.

What Ansible itself does with the arguments of a module that runs as a program of its own is measured here too, since
docs/security.md says it.
"""

from __future__ import annotations

import json
import os
import threading
import time
from collections.abc import Iterable, Iterator
from contextlib import suppress
from pathlib import Path
from types import TracebackType
from typing import Any

import pytest
import yaml
from certificates import Authority
from relays import Proxy, Relay, Server
from running import NO_HOST, PROJECT, Ansible, Run, from_environment, kill, task
from sight import NOVEMBER, Sight, until
from tally import Tally

KEY_ID, SECRET_KEY, PASSWORD = "EXAMPLEAK", "EXAMPLESK", "ExamplePassword1"
WRONG = "WrongSecret/9+9="
PROXY_PASSWORD = "Pr0xySecret"
COMMAND_SECRET = "Fr0mTheCommand"
ALL = (KEY_ID, "AUDITORAK", SECRET_KEY, PASSWORD, WRONG, PROXY_PASSWORD)
# No credentials are in the environment of these runs: they come from a file of variables.
BARE: dict[str, str | None] = {"HUAWEICLOUD_SDK_AK": None, "HUAWEICLOUD_SDK_SK": None}


class Watch:
    """Looks, as long as its ``with`` block lasts, at the files of a folder and at all programs of the machine.

    :param folder: the only folder that the watched runs write to.
    :param secrets: what to look for.
    :param own: files that hold secrets because the test has put them there.
    """

    def __init__(self, folder: Path, secrets: Iterable[str], own: Iterable[Path] = ()) -> None:
        self._folder = folder
        self._secrets = [secret.encode() for secret in secrets]
        self._own = set(own)
        self._known: dict[Path, tuple[int, int]] = {}
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._look_on, daemon=True)
        self.looks = 0
        self.files: set[str] = set()
        self.programs: set[str] = set()

    def __enter__(self) -> Watch:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._ended.set()
        self._thread.join()

    def left(self) -> list[str]:
        """Return the files that hold a secret now."""
        return sorted(str(path.relative_to(self._folder)) for path in self._paths() if self._holds(_bytes(path)))

    def _look_on(self) -> None:
        while not self._ended.is_set():
            self._look_at_files()
            self._look_at_programs()
            self.looks += 1
            time.sleep(0.01)

    def _look_at_files(self) -> None:
        for path in self._paths():
            with suppress(OSError):
                stat = path.stat()
                state = (stat.st_mtime_ns, stat.st_size)
                if self._known.get(path) != state:
                    self._known[path] = state
                    if self._holds(_bytes(path)):
                        self.files.add(str(path.relative_to(self._folder)))

    def _look_at_programs(self) -> None:
        for process in Path("/proc").glob("[0-9]*"):
            if process.name == str(os.getpid()):
                continue
            for what in ("cmdline", "environ"):
                said = _bytes(process / what)
                if self._holds(said) and str(self._folder).encode() in _bytes(process / "environ"):
                    self.programs.add(f"{what} of {_bytes(process / 'comm').decode().strip()}")

    def _paths(self) -> Iterator[Path]:
        for folder, _folders, names in os.walk(self._folder):
            for name in names:
                path = Path(folder) / name
                if path not in self._own and not path.is_symlink():
                    yield path

    def _holds(self, data: bytes) -> bool:
        return any(secret in data for secret in self._secrets)


def _bytes(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError:
        return b""


def secret_variables(ansible: Ansible) -> Path:
    """Write the secrets into a file of variables, as Ansible Vault would hold them, and return its path."""
    path = ansible.folder / "secrets.yml"
    path.write_text(
        yaml.safe_dump(
            {
                "key": {"access_key": KEY_ID, "secret_key": SECRET_KEY},
                "wrong": {"access_key": "WRONGKEYID123", "secret_key": WRONG},
                "wrong_secret": {"access_key": KEY_ID, "secret_key": WRONG},
                "login": {"username": "operator", "password": PASSWORD, "domain_name": "example-account"},
                "command": f"net use x: /user:it {COMMAND_SECRET}",
            }
        )
    )
    path.chmod(0o600)
    return path


def with_options(module: str, title: str, given: str, keywords: dict[str, Any] | None = None, **options: Any) -> Any:
    """Return a task whose credentials are a variable."""
    return {
        **task(module, title, {"ignore_errors": True, **(keywords or {})}, **options),
        "module_defaults": {"group/hwcloud.workspace.all": f"{{{{ {given} }}}}"},
    }


def places(run: Run, ansible: Ansible, secrets: Iterable[str], own: Path) -> list[str]:
    """Return where a secret is to be seen after a run: in its output and in every file that it has left."""
    found = Watch(ansible.folder, secrets, [own]).left()
    return [*found, *(f"output: {secret}" for secret in secrets if secret in run.output)]


def test_nothing_is_shown_or_kept(ansible: Ansible, tally: Tally, sight: Sight) -> None:
    """At -vvvv, with log, JUnit and tree reports, a fact cache, a registered result that is printed, in both ways.

    The failures are: wrong keys, a gateway that quotes the request with 403 and 500, TLS, a redirect.
    """
    own = secret_variables(ansible)
    authority = Authority(ansible.folder)

    def quoting(status: int) -> Server:
        return Server(lambda said: (status, {}, json.dumps({"error_code": "X.1", "error_msg": said.decode()}).encode()))

    with (
        quoting(403) as denying,
        quoting(500) as failing,
        Relay(ansible.simulator.url, authority.server()) as secured,
        Server(lambda said: (302, {"Location": "http://" + NO_HOST}, b"")) as redirecting,
    ):
        tasks = [
            with_options("desktop_pool_info", "key", "key", {"register": "seen"}, pool="finance"),
            with_options("desktop_pool_info", "login", "login", pool="finance"),
            with_options("desktop_pool_info", "wrong key", "wrong", {"register": "denied"}, pool="finance"),
            with_options("desktop_pool_info", "quoted with 403", "key", pool="finance", endpoint=denying.url),
            with_options("desktop_pool_info", "password quoted", "login", pool="finance", iam_endpoint=denying.url),
            task("ansible.builtin.debug", "print", None, msg="{{ [seen, denied] }}"),
            task("ansible.builtin.set_fact", "keep", None, cacheable=True, kept="{{ [seen, denied] }}"),
        ]
        if ansible.in_process:  # where a task costs a tenth
            check, no_log = {"check_mode": True}, {"no_log": True}
            tasks += [
                with_options("desktop_pool_info", "wrong secret", "wrong_secret", pool="finance"),
                with_options("desktop_pool_info", "quoted with 500", "key", endpoint=failing.url, max_retries=0),
                with_options("desktop_pool_info", "TLS", "key", endpoint=secured.url),
                with_options("desktop_pool_info", "redirect", "key", endpoint=redirecting.url),
                with_options("desktop_pool_rebuild", "check", "key", check, pool="finance", image_id=NOVEMBER),
                with_options("desktop_pool_script", "no_log", "key", no_log, pool="nowhere", command="{{ command }}"),
            ]
        run = ansible.run(
            [*ansible.playbook_command(*tasks), "-e", f"@{own}"],
            diff=True,
            verbosity=4,
            environment={
                **BARE,
                # What Ansible prints then of a module that is a program of its own: see below.
                "ANSIBLE_DEBUG": "1" if ansible.in_process else "0",
                "ANSIBLE_LOG_PATH": str(ansible.folder / "ansible.log"),
                "ANSIBLE_CALLBACKS_ENABLED": "record,ansible.builtin.junit,ansible.builtin.tree",
                "ANSIBLE_CALLBACK_TREE_DIR": str(ansible.folder / "tree"),
                "JUNIT_OUTPUT_DIR": str(ansible.folder / "junit"),
                "ANSIBLE_CACHE_PLUGIN": "ansible.builtin.jsonfile",
                "ANSIBLE_CACHE_PLUGIN_CONNECTION": str(ansible.folder / "facts"),
            },
            secrets=[KEY_ID, WRONG, "WRONGKEYID123", COMMAND_SECRET],
            allowed=[".*"],
        )
    found = places(run, ansible, [*ALL, "WRONGKEYID123", COMMAND_SECRET, "MII"], own)
    tally.add("secrets in runs", cases=len(tasks), leaks=len(found))
    statuses = {found.name: found.status for found in run.tasks}
    good = {"key", "login", "print", "keep", *(["check"] if ansible.in_process else [])}
    assert {name for name, status in statuses.items() if status == "ok"} == good
    assert "ak:********,err:ak not exist" in run["wrong key"].message
    assert run["quoted with 403"]["http_status"] == 403
    for name in ("ansible.log", "tree/localhost", "facts"):
        assert (ansible.folder / name).exists(), name
    assert list((ansible.folder / "junit").iterdir())
    assert found == []


def test_disk_and_programs_while_a_module_runs(ansible: Ansible, tally: Tally) -> None:
    """In Ansible's own process nothing is written, and no program is started that would be told.

    A module that runs as a program of its own is written to the disk by Ansible, arguments included, and removed.
    """
    own = secret_variables(ansible)
    ansible.simulator.control.set_faults({"operation": "ListDesktopPools", "effect": {"delay": 1}, "count": None})
    tasks = [with_options("desktop_pool_info", "slow", "key", pool="finance")]
    if ansible.in_process:  # for programs see below
        keys = {"HUAWEICLOUD_SDK_AK": "{{ key.access_key }}", "HUAWEICLOUD_SDK_SK": "{{ key.secret_key }}"}
        tasks.append(task("desktop_pool_info", "environment", {"environment": keys}, pool="finance"))
    play = ansible.playbook_command(*tasks)
    with Watch(ansible.folder, (SECRET_KEY, KEY_ID), [own]) as watch:
        run = ansible.run([*play, "-e", f"@{own}"], environment=BARE, verbosity=4, secrets=[KEY_ID], allowed=[".*"])
    assert {found.status for found in run.tasks} == {"ok"}
    leaks = [*watch.programs, *watch.left(), *(watch.files if ansible.in_process else ())]
    tally.add("secrets in runs", leaks=len(leaks))
    assert watch.looks > 5
    assert leaks == []
    if not ansible.in_process:
        # So the watch does see what there is, and docs/security.md tells the truth.
        assert any("AnsiballZ_desktop_pool_info.py" in name for name in watch.files), watch.files


def test_disk_after_a_run_that_was_killed(ansible_in_process: Ansible, tally: Tally, sight: Sight) -> None:
    ansible = ansible_in_process
    own = secret_variables(ansible)
    ansible.simulator.control.set_faults({"operation": "ListDesktopPools", "effect": {"hang": 20}})
    play = ansible.playbook_command(with_options("desktop_pool_info", "slow", "key", pool="finance"))
    before = len(_connections(ansible))
    with Watch(ansible.folder, (SECRET_KEY, KEY_ID), [own]) as watch:
        program = ansible.start([*play, "-e", f"@{own}"], BARE)
        until(lambda: len(_connections(ansible)) > before, 60)
        kill(program)
    leaks = [*watch.files, *watch.programs, *watch.left()]
    tally.add("secrets in runs", leaks=len(leaks))
    assert leaks == []


def test_what_ansible_itself_does_with_a_program(ansible_by_module: Ansible, sight: Sight) -> None:
    """Not the collection's doing, but what its users have to know, as docs/security.md says it.

    Arguments are in a file of the user's own while the module runs, and stay there after SIGKILL; with pipelining there
    is no file. Variables of the keyword environment are in the command line, and printed at -vvvv. ANSIBLE_DEBUG prints
    the arguments.
    """
    ansible = ansible_by_module
    own = secret_variables(ansible)
    slow = {"operation": "ListDesktopPools", "effect": {"delay": 1}, "count": None}
    ansible.simulator.control.set_faults(slow)
    by_options = with_options("desktop_pool_info", "options", "key", pool="finance")
    keys = {"HUAWEICLOUD_SDK_AK": "{{ key.access_key }}", "HUAWEICLOUD_SDK_SK": "{{ key.secret_key }}"}
    by_environment = task("desktop_pool_info", "environment", {"environment": keys}, pool="finance")

    def run(a_task: Any, killed: bool = False, **environment: str) -> tuple[Watch, str]:
        before = len(_connections(ansible))
        with Watch(ansible.folder, [SECRET_KEY], [own]) as watch:
            command = [*ansible.playbook_command(a_task), "-e", f"@{own}", "-vvvv"]
            program = ansible.start(command, {**BARE, **environment})
            if killed:
                until(lambda: len(_connections(ansible)) > before, 60)
                kill(program)
                return watch, ""
            output, errors = program.communicate(timeout=90)
        return watch, output + errors

    piped, output = run(by_options, ANSIBLE_PIPELINING="true", ANSIBLE_DEBUG="1")
    assert (piped.files, piped.programs) == (set(), set())
    assert SECRET_KEY in output
    shown, output = run(by_environment, ANSIBLE_PIPELINING="true")
    assert shown.files == set()
    assert any("cmdline" in program for program in shown.programs)
    assert f"HUAWEICLOUD_SDK_SK={SECRET_KEY}" in output
    killed, _output = run(by_options, killed=True)
    (left,) = killed.left()
    assert left.startswith("remote/")
    assert (ansible.folder / left).parent.stat().st_mode & 0o077 == 0


def _connections(ansible: Ansible) -> list[str]:
    """Return the open connections to the simulator, as the kernel lists them."""
    port = f":{int(ansible.simulator.url.rpartition(':')[2]):04X}"
    lines = Path("/proc/net/tcp").read_text().splitlines()[1:]
    return [line for line in lines if line.split()[1].endswith(port) and line.split()[3] == "01"]


def test_proxies_and_trust_of_the_play(ansible: Ansible, tally: Tally) -> None:
    """The keyword environment reaches the HTTP library in both ways of running, also by letters of either case."""
    authority = Authority(ansible.folder)
    user = f"someone:{PROXY_PASSWORD}"
    with (
        Relay(ansible.simulator.url, authority.server("workspace.invalid")) as secured,
        Proxy(f"http://{secured.host}", wants=user) as proxy,
        Proxy(f"http://{secured.host}", refuses=403) as refusing,
    ):
        # Not as it is: Ansible shows the lines of the playbook around a task that fails.
        hidden = f"someone:{from_environment('A_PASSWORD')}"
        way = {"HTTPS_PROXY": f"http://{hidden}@{proxy.host}", "REQUESTS_CA_BUNDLE": str(authority.bundle)}

        def through(title: str, environment: dict[str, str], **options: Any) -> Any:
            keywords = {"environment": environment, "ignore_errors": True}
            url = "https://workspace.invalid"
            return task("desktop_pool_info", title, keywords, pool="finance", endpoint=url, max_retries=0, **options)

        tasks = [
            through("proxy", way),
            through("ca_path", {**way, "REQUESTS_CA_BUNDLE": ""}, ca_path=authority.bundle.name),
            through(
                "wrong password", {**way, "HTTPS_PROXY": f"http://someone:{from_environment('OTHER')}@{proxy.host}"}
            ),
        ]
        if ansible.in_process:  # where a task costs a tenth
            tasks += [
                through("small letters", {**way, "HTTPS_PROXY": "", "https_proxy": way["HTTPS_PROXY"]}),
                through("no trust", {**way, "REQUESTS_CA_BUNDLE": ""}),
                through("refused", {**way, "HTTPS_PROXY": f"http://{hidden}@{refusing.host}"}),
                through("no proxy", {**way, "no_proxy": "workspace.invalid"}),
            ]
        waiting = {"A_PASSWORD": PROXY_PASSWORD, "OTHER": WRONG[:8]}
        run = ansible.play(*tasks, environment=waiting, secrets=[PROXY_PASSWORD, WRONG[:8], KEY_ID])
    found = places(run, ansible, [PROXY_PASSWORD, WRONG[:8]], ansible.folder / "secrets.yml")
    tally.add("secrets in runs", cases=len(tasks), leaks=len(found))
    assert found == []
    assert (run["proxy"].status, run["ca_path"].status) == ("ok", "ok")
    assert f"The proxy {proxy.host} refuses the way to workspace.invalid (HTTP 407)" in run["wrong password"].message
    if ansible.in_process:
        assert run["small letters"].status == "ok"
        assert "is not trusted" in run["no trust"].message
        assert f"The proxy {refusing.host} refuses the way to workspace.invalid (HTTP 403)" in run["refused"].message
        assert "The name workspace.invalid cannot be resolved" in run["no proxy"].message


@pytest.mark.parametrize("way", ["key", "token", "password"])
def test_an_inventory_and_its_cache(ansible_in_process: Ansible, tally: Tally, sight: Sight, way: str) -> None:
    """Credentials of the inventory file become no variable of a host, and are not in the cache."""
    ansible = ansible_in_process
    token = sight.log_in("operator", PASSWORD)
    given = {
        "key": {"access_key": KEY_ID, "secret_key": SECRET_KEY},
        "token": {"auth_token": token},
        "password": {"username": "operator", "password": PASSWORD, "domain_name": "example-account"},
    }[way]
    file = ansible.folder / "fleet.desktop_pools.yml"
    caches = {"cache": True, "cache_plugin": "ansible.builtin.jsonfile", "cache_connection": str(ansible.folder / "c")}
    plugin = {"plugin": "hwcloud.workspace.desktop_pools", "hosts": "desktops", "project_id": PROJECT}
    file.write_text(yaml.safe_dump({**plugin, **given, **caches}))
    with Watch(ansible.folder, (*ALL, token), [file]) as watch:
        run = ansible.run(
            ["ansible-inventory", "-i", str(file), "--list"], environment=BARE, verbosity=4, secrets=[KEY_ID, token]
        )
    leaks = [*watch.files, *watch.programs, *watch.left()]
    tally.add("secrets in runs", leaks=len(leaks))
    assert '"FIN-001"' in run.output
    assert list((ansible.folder / "c").iterdir())
    assert leaks == []


def test_the_report_of_a_role(ansible_in_process: Ansible, tally: Tally, sight: Sight) -> None:
    """Neither page nor JSON, though the service quotes the keys; they come from the environment here, as in AWX."""
    ansible = ansible_in_process
    folder = ansible.folder / "reports"
    failing = {"operation": "*", "pool": "finance", "nth": 1, "fail_reason": f"ak {KEY_ID} sk {SECRET_KEY} x"}
    ansible.simulator.control.set_failures(failing)
    of_pool = {
        "pool": "finance",
        "outcome": "stopped",
        "desktops_succeeded": "{{ rebuilt.desktops_succeeded }}",
        "desktops_failed": "{{ rebuilt.desktops_failed }}",
    }
    report = {"name": "hwcloud.workspace.pool_report"}
    run = ansible.play(
        task(
            "desktop_pool_rebuild",
            "rebuild",
            {"register": "rebuilt", "ignore_errors": True},
            pool="finance",
            image_id=NOVEMBER,
        ),
        {
            "name": "Report",
            "ansible.builtin.include_role": report,
            "vars": {"pool_report_results": [of_pool], "pool_report_dir": str(folder)},
        },
        verbosity=4,
        secrets=[KEY_ID],
        allowed=[".*"],
    )
    written = {path.suffix: path.read_text() for path in folder.rglob("*") if path.is_file()}
    found = places(run, ansible, (KEY_ID, SECRET_KEY), ansible.folder / "secrets.yml")
    tally.add("secrets in runs", leaks=len(found))
    assert run["rebuild"].status == "failed"
    for suffix in (".html", ".json"):
        assert "ak ******** sk ******** x" in written[suffix]
    assert found == []
