# Copyright (c) 2026 the hwcloud.workspace contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Several real ``ansible-playbook`` at the same moment, against one simulator."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from running import SECRETS, Ansible, kill


@dataclass(frozen=True)
class Played:
    """What came of a playbook: its exit status, its output, and the results of its tasks by their names."""

    status: int
    output: str
    results: dict[str, dict[str, Any]]

    @property
    def leaks(self) -> int:
        """Number of secrets in the output."""
        return sum(secret in self.output for secret in SECRETS)

    @property
    def tracebacks(self) -> int:
        """Number of stack traces and of defects that were reported."""
        return self.output.count("Traceback") + self.output.count("met a defect")


def play_at_once(ansible: Ansible, *commands: Sequence[str], seconds: float = 150.0) -> list[Played]:
    """Start all commands at once, wait until all have ended, and return what came of each, in their order.

    :param seconds: real time after which they count as waiting for each other for ever.
    """
    programs, records = [], []
    try:
        for command in commands:
            programs.append(ansible.start(command))
            records.append(ansible._record())
        return [_played(program, record, seconds) for program, record in zip(programs, records, strict=True)]
    finally:
        for program in programs:
            if program.poll() is None:
                kill(program)


def _played(program: subprocess.Popen[str], record: Path, seconds: float) -> Played:
    output, errors = program.communicate(timeout=seconds)
    events = [json.loads(line) for line in record.read_text().splitlines()] if record.exists() else []
    results = {event["task"].rpartition(" : ")[2]: event["result"] for event in events if event["event"] == "result"}
    return Played(program.returncode, output + errors, results)
