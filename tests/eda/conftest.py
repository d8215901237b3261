# Copyright (c) 2026 the hwcloud.workspace contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Programs that these tests want beside the usual ones: those of ``requirements/eda.txt``, in ``.build/events``."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest
from running import CHECKOUT, COLLECTIONS, PROJECT

from workspace_simulator.testing import RunningSimulator

PROGRAMS = CHECKOUT / ".build" / "events" / "bin"
FACTOR = 1200  # simulated seconds in a real one
OLDEST_JAVA = 17


def missing(what: str) -> None:
    """Leave a test out, with the reason; where CI is true that is an error."""
    if os.environ.get("CI") == "true":
        pytest.fail(f"NOT RUN: {what}")
    pytest.skip(f"NOT RUN: {what}")


@pytest.fixture(scope="session")
def programs() -> Path:
    """Hand out the folder of the programs."""
    if not (PROGRAMS / "ansible-runner").exists():
        missing("there is no .build/events; make events sets it up")
    return PROGRAMS


@pytest.fixture(scope="session")
def java() -> str:
    """Hand out Java, which ansible-rulebook's rule engine runs in."""
    home = os.environ.get("JAVA_HOME", "")
    found = shutil.which("java", path=os.pathsep.join([f"{home}/bin", os.environ.get("PATH", os.defpath)]))
    said = ""
    if found:
        said = subprocess.run([found, "-version"], check=False, capture_output=True, text=True).stderr
    version = re.search(r'version "(\d+)', said)
    if version is None or int(version[1]) < OLDEST_JAVA:
        missing(f"ansible-rulebook wants Java {OLDEST_JAVA} or newer on PATH or in JAVA_HOME")
    return str(found)


@pytest.fixture(scope="session")
def environment(programs: Path, simulator_process: RunningSimulator) -> Callable[[Path], dict[str, str]]:
    """Hand out what makes the environment of a program that runs in a folder of its own.

    It has credentials, the simulator's address, and time that runs fast. The simulator gets the tests' usual estate.
    """

    def made(folder: Path) -> dict[str, str]:
        control = simulator_process.control
        control.reset()
        control.seed((CHECKOUT / "tests" / "integration" / "estate.yml").read_text())
        control.set_clock(factor=FACTOR)
        java_home = os.environ.get("JAVA_HOME")
        return {
            "PATH": f"{programs}{os.pathsep}{os.environ.get('PATH', os.defpath)}",
            "HOME": str(folder),
            "LC_ALL": "C.UTF-8",
            "ANSIBLE_HOME": str(folder / "ansible"),
            "ANSIBLE_COLLECTIONS_PATH": str(COLLECTIONS),
            "ANSIBLE_NOCOLOR": "true",
            "HUAWEICLOUD_SDK_AK": "EXAMPLEAK",
            "HUAWEICLOUD_SDK_SK": "EXAMPLESK",
            "HW_REGION_NAME": "eu-west-101",
            "HUAWEICLOUD_SDK_PROJECT_ID": PROJECT,
            "HW_WORKSPACE_ENDPOINT": simulator_process.url,
            "HW_IAM_ENDPOINT": simulator_process.url,
            "HW_METADATA_ENDPOINT": "off",
            "HW_WORKSPACE_TIME_FACTOR": str(FACTOR),
            **({"JAVA_HOME": java_home} if java_home else {}),
        }

    return made
