# Copyright (c) 2026 the hwcloud.workspace contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The event source and the rulebooks of ``extensions/eda`` under the real ansible-rulebook.

What the source tells, and when, is tested in ``tests/integration/test_event_source.py``.
"""

from __future__ import annotations

import re
import signal
import subprocess
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

import pytest
import yaml
from running import CHECKOUT, SECRETS
from sight import NOVEMBER, Sight

from workspace_simulator.testing import RunningSimulator

pytestmark = pytest.mark.slow

RULEBOOKS = CHECKOUT / "extensions" / "eda" / "rulebooks"
INVENTORY = "all:\n  hosts:\n    localhost:\n      ansible_connection: local\n"
PATIENCE = 120.0  # seconds that nothing here takes, on the slowest of machines


class Rulebook:
    """A rulebook that runs."""

    def __init__(self, process: subprocess.Popen[str], log: Path) -> None:
        self._process = process
        self._log = log

    @property
    def output(self) -> str:
        """What it has said so far."""
        return self._log.read_text()

    @property
    def lines(self) -> list[str]:
        """The same without colours and indentation."""
        return [re.sub(r"\x1b\[[0-9;]*m", "", line).strip() for line in self.output.splitlines()]

    def until(self, met: Callable[[], bool]) -> None:
        """Wait for something, as long as it runs."""
        ends = time.monotonic() + PATIENCE
        while not met():
            assert self._process.poll() is None, self.output
            assert time.monotonic() < ends, self.output
            time.sleep(0.1)

    def end(self) -> int:
        """Wait for its end by itself and return its exit status."""
        return self._process.wait(timeout=PATIENCE)


@pytest.fixture
def rulebook(
    programs: Path,
    java: str,
    environment: Callable[[Path], dict[str, str]],
    simulator: RunningSimulator,
    tmp_path: Path,
) -> Callable[..., object]:
    """Hand out what runs a rulebook of the collection."""
    (tmp_path / "inventory.yml").write_text(INVENTORY)
    given = {**environment(tmp_path), "HW_WORKSPACE_TIME_FACTOR": "60"}  # a look a second

    @contextmanager
    def run(name: str, variables: Mapping[str, str], **changed: str) -> Iterator[Rulebook]:
        log = tmp_path / "log"
        (tmp_path / "variables.yml").write_text(yaml.safe_dump(dict(variables)))
        command = [programs / "ansible-rulebook", "-r", name, "-i", "inventory.yml", "--vars", "variables.yml"]
        with log.open("w") as stream:
            process = subprocess.Popen(
                command,
                cwd=tmp_path,
                env={**given, **changed},
                stdin=subprocess.DEVNULL,
                stdout=stream,
                stderr=subprocess.STDOUT,
                text=True,
            )
            try:
                yield Rulebook(process, log)
            finally:
                process.send_signal(signal.SIGTERM)
                try:
                    process.wait(timeout=20)
                except subprocess.TimeoutExpired:
                    process.kill()
                    process.wait()
        assert not any(secret in log.read_text() for secret in (*SECRETS, "ANOTHERSK"))

    return run


def test_a_job_that_fails_has_its_pool_audited(
    rulebook: Callable[..., object], simulator: RunningSimulator, sight: Sight
) -> None:
    simulator.control.set_failures({"operation": "RebuildDesktopPool", "desktops": ["FIN-002"]})
    with rulebook("hwcloud.workspace.audit_failed_jobs", {}) as running:
        running.until(lambda: bool(simulator.control.journal("ListDesktops")))
        job_id = sight.start_rebuild(NOVEMBER)
        running.until(lambda: "PLAY RECAP" in running.output)
        said = f"Job {job_id} (rebuildDesktopPool) of the pool finance failed for 1 of 4 desktops."
        assert any(said in line for line in running.lines), running.output
        (row,) = [line.strip('",').split() for line in running.lines if line.startswith('"finance ')]
        assert row == ["finance", "4", "0", "1", "win10-2026-11", "steady"]


def test_a_recompose_that_fails_is_repaired_once(
    rulebook: Callable[..., object], simulator: RunningSimulator, sight: Sight, tmp_path: Path
) -> None:
    # It fails for one desktop, at the first repair too.
    simulator.control.set_failures({"operation": "RebuildDesktopPool", "desktops": ["FIN-002"]})
    state = tmp_path / "state.json"
    variables = {"workspace_pool": "finance", "workspace_image_id": NOVEMBER, "workspace_state_file": str(state)}

    def sent() -> list[str]:
        bodies = [entry["body"] for entry in simulator.control.journal("RebuildDesktopPool")]
        return ["repair" if body.get("is_fix") or body.get("desktop_ids") else "all" for body in bodies]

    def told() -> int:
        return len(yaml.safe_load(state.read_text())["told"])

    with rulebook("hwcloud.workspace.repair_rebuilds", variables) as running:
        running.until(state.exists)
        sight.start_rebuild(NOVEMBER)
        # The end of the repair is told as well, and starts nothing.
        running.until(lambda: told() == 2)
        assert sent() == ["all", "repair"]
        looks = len(simulator.control.journal("ListItaSubJobs"))
        running.until(lambda: len(simulator.control.journal("ListItaSubJobs")) > looks + 3)
        assert sent() == ["all", "repair"]


def test_refused_credentials_end_the_program_with_a_sentence(
    rulebook: Callable[..., object], simulator: RunningSimulator
) -> None:
    with rulebook("hwcloud.workspace.audit_failed_jobs", {}, HUAWEICLOUD_SDK_SK="ANOTHERSK") as running:
        assert running.end() != 0
        (line,) = {line for line in running.lines if "Source error" in line}
    assert "hwcloud.workspace.jobs: " in line
    assert "HTTP 401" in line
    assert len(simulator.control.journal("ListItaSubJobs")) == 1


@pytest.mark.parametrize("path", sorted(RULEBOOKS.glob("*.yml")), ids=lambda path: path.stem)
def test_every_rulebook_is_one(
    programs: Path, environment: Callable[[Path], dict[str, str]], tmp_path: Path, path: Path
) -> None:
    """By ansible-rulebook's own schema and reader of conditions; for those too that want a controller to run."""
    check = (
        "import sys, yaml\n"
        "from ansible_rulebook.rules_parser import parse_rule_sets\n"
        "from ansible_rulebook.validators import Validate\n"
        "rules = yaml.safe_load(open(sys.argv[1]))\n"
        "Validate.rulebook(rules)\n"
        "parse_rule_sets(rules)\n"
    )
    command = [programs / "python", "-c", check, path]
    found = subprocess.run(command, env=environment(tmp_path), capture_output=True, text=True, check=False)
    assert found.returncode == 0, found.stderr
    (sources,) = [entry["sources"] for entry in yaml.safe_load(path.read_text())]
    assert ["hwcloud.workspace.jobs" in source for source in sources] == [True]
