# Copyright (c) 2026 the hwcloud.workspace contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Where the artifact and the environments are that the tests of the release want, and how a program is run there."""

from __future__ import annotations

import subprocess
from collections.abc import Sequence
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
BUILT = ROOT / ".build" / "release"
TREE = BUILT / "tree" / "ansible_collections" / "hwcloud" / "workspace"
"""The copy that the artifact was built from."""
PLAIN = ROOT / ".build" / "plain" / "bin"
"""The programs of an environment with ansible-core and what requirements.txt names, and nothing else."""
IMPORTER = ROOT / ".build" / "importer" / "bin"
"""The programs of the environment with galaxy-importer and ansible-builder."""


def run_in(folder: Path, environment: dict[str, str], command: Sequence[str | Path]) -> str:
    """Run a program, which has to end well, and return what it said."""
    found = subprocess.run(
        command,
        cwd=folder,
        env=environment,
        capture_output=True,
        text=True,
        timeout=280,
        check=False,
        stdin=subprocess.DEVNULL,
    )
    assert found.returncode == 0, f"{command}: exit status {found.returncode}\n{found.stdout}\n{found.stderr}"
    return found.stdout + found.stderr
