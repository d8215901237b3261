# Copyright (c) 2026 the hwcloud.workspace contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What one task costs: ours in Ansible's process, ours as a plain module, ``ansible.builtin.uri`` and ``set_fact``.

All of them run in turn, in the same rounds, against the same simulator; ours and ``uri`` send the same one request.
Printed are seconds a task beyond the empty play, the median over the rounds, and ratios to ours in-process.

    .build/venv/bin/python tests/bench/task_cost.py [--tasks 20] [--rounds 5] [--write docs/performance.md]
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

REPOSITORY = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(REPOSITORY / "tests" / "simulator"))

from workspace_simulator.testing import ESTATES, RunningSimulator  # noqa: E402  # found by the line above

PROJECT = "0123456789abcdef0123456789abcdef"
BEGIN, END = "<!-- task cost: begin -->", "<!-- task cost: end -->"


def main() -> None:
    """Measure, print the table, and write it where it was asked to."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--tasks", type=int, default=20, help="tasks in a play")
    parser.add_argument("--rounds", type=int, default=5, help="times that each play runs")
    parser.add_argument("--write", type=Path, help="page whose table is replaced")
    options = parser.parse_args()
    with RunningSimulator(ESTATES / "minimal.yml") as simulator, tempfile.TemporaryDirectory() as folder:
        seconds = measure(simulator.url, Path(folder), options.tasks, options.rounds)
    table = render(seconds, options.tasks, options.rounds)
    print(table)
    if options.write:
        replace_table(options.write, table)


def measure(url: str, folder: Path, tasks: int, rounds: int) -> dict[str, list[float]]:
    """Return for each contender the seconds that one of its tasks took, a figure for each round."""
    (folder / "ansible.cfg").write_text("")
    base = {
        **os.environ,
        "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}",
        "ANSIBLE_CONFIG": str(folder / "ansible.cfg"),
        "ANSIBLE_HOME": str(folder / "home"),
        "ANSIBLE_COLLECTIONS_PATH": str(REPOSITORY / ".build" / "collections"),
        "ANSIBLE_LOCALHOST_WARNING": "false",
        "ANSIBLE_INVENTORY_UNPARSED_WARNING": "false",
        "ANSIBLE_PYTHON_INTERPRETER": sys.executable,  # spares uri and the plain module the search for one
        "HW_WORKSPACE_ENDPOINT": url,
        "HW_IAM_ENDPOINT": url,
        "HW_AUTH_TOKEN": token(url),
        "HW_PROJECT_ID": PROJECT,
        "HW_METADATA_ENDPOINT": "off",
        "NO_PROXY": "127.0.0.1",
    }
    ours = {"hwcloud.workspace.desktop_pool_info": {"name": "finance"}}
    request = {
        "url": f"{url}/v2/{PROJECT}/desktop-pools?limit=1000&name=finance&offset=0",
        "headers": {"X-Auth-Token": base["HW_AUTH_TOKEN"]},
        "return_content": True,
    }
    contenders: dict[str, tuple[list[dict[str, Any]], dict[str, str]]] = {
        "empty play": ([], {}),
        "set_fact": ([{"ansible.builtin.set_fact": {"nothing": 1}}] * tasks, {}),
        "ours, in-process": ([ours] * tasks, {}),
        "ours, plain module": ([ours] * tasks, {"HW_WORKSPACE_EXECUTION": "module"}),
        "ansible.builtin.uri": ([{"ansible.builtin.uri": request}] * tasks, {}),
    }
    plays = {}
    for name, (play_tasks, _environment) in contenders.items():
        plays[name] = folder / f"{len(plays)}.yml"
        play = {"hosts": "localhost", "connection": "local", "gather_facts": False, "tasks": play_tasks}
        plays[name].write_text(json.dumps([play]))
    seconds: dict[str, list[float]] = {name: [] for name in contenders}
    for _round in range(rounds + 1):  # the first warms the file cache and does not count
        took = {name: run(plays[name], {**base, **added}) for name, (_tasks, added) in contenders.items()}
        for name in contenders:
            seconds[name].append((took[name] - took["empty play"]) / tasks)
    return {name: figures[1:] for name, figures in seconds.items() if name != "empty play"}


def run(play: Path, environment: dict[str, str]) -> float:
    """Run a play and return the real seconds it took; end everything if it fails."""
    began = time.monotonic()
    done = subprocess.run(["ansible-playbook", str(play)], env=environment, capture_output=True, text=True, check=False)
    if done.returncode:
        raise SystemExit(done.stdout + done.stderr)
    return time.monotonic() - began


def token(url: str) -> str:
    """Return a token of the estate's operator."""
    import requests

    user = {"name": "operator", "password": "ExamplePassword1", "domain": {"name": "example-account"}}
    body = {
        "auth": {
            "identity": {"methods": ["password"], "password": {"user": user}},
            "scope": {"project": {"id": PROJECT}},
        }
    }
    answer = requests.post(f"{url}/v3/auth/tokens", json=body, timeout=10)
    answer.raise_for_status()
    return answer.headers["X-Subject-Token"]


def render(seconds: dict[str, list[float]], tasks: int, rounds: int) -> str:
    """Return the table as Markdown."""
    import ansible.release

    ours = statistics.median(seconds["ours, in-process"])
    machine = f"ansible-core {ansible.release.__version__}, Python {platform.python_version()}, {os.cpu_count()} cores"
    lines = [
        f"{machine}; {tasks} tasks a play, {rounds} rounds.",
        "",
        "| a task of | seconds, median | least | most | to ours in-process |",
        "| --- | ---: | ---: | ---: | ---: |",
    ]
    for name, figures in sorted(seconds.items(), key=lambda item: statistics.median(item[1])):
        median = statistics.median(figures)
        lines.append(f"| {name} | {median:.3f} | {min(figures):.3f} | {max(figures):.3f} | {median / ours:.1f} |")
    return "\n".join(lines)


def replace_table(page: Path, table: str) -> None:
    """Put the table between the marks of a page."""
    before, _begin, rest = page.read_text().partition(BEGIN)
    _old, _end, after = rest.partition(END)
    page.write_text(f"{before}{BEGIN}\n\n{table}\n\n{END}{after}")


if __name__ == "__main__":
    main()
