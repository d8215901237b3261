# Copyright (c) 2026 the hwcloud.workspace contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The artifact that tests/release/build.sh has left, unpacked and installed.

None of these tests runs without being asked for by name: they want what `make release-check`, `make importer` and
`make ee` set up.
"""

from __future__ import annotations

import os
import tarfile
from pathlib import Path

import pytest
import yaml
from released import BUILT, PLAIN, ROOT, run_in


@pytest.fixture(scope="session")
def artifact() -> Path:
    """Return the path of the artifact."""
    version = yaml.safe_load((ROOT / "galaxy.yml").read_text())["version"]
    assert [path.name for path in BUILT.glob("*.tar.gz")] == [f"hwcloud-workspace-{version}.tar.gz"]
    return BUILT / f"hwcloud-workspace-{version}.tar.gz"


@pytest.fixture(scope="session")
def members(artifact: Path) -> list[tarfile.TarInfo]:
    """Return what the artifact holds."""
    with tarfile.open(artifact) as archive:
        return archive.getmembers()


@pytest.fixture(scope="session")
def contents(artifact: Path) -> dict[str, bytes]:
    """Return the artifact's files by name."""
    with tarfile.open(artifact) as archive:
        files = {member.name: archive.extractfile(member) for member in archive.getmembers() if member.isfile()}
        return {name: file.read() for name, file in files.items() if file is not None}


@pytest.fixture(scope="session")
def empty_place(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a folder that nothing of this machine's Ansible is known in."""
    return tmp_path_factory.mktemp("user")


@pytest.fixture(scope="session")
def user_environment(empty_place: Path) -> dict[str, str]:
    """Return the environment of a user who has nothing but the plain environment and the place for collections."""
    (empty_place / "ansible.cfg").write_text("")
    return {
        "PATH": f"{PLAIN / 'bin'}{os.pathsep}{os.defpath}",
        "HOME": str(empty_place),
        "LC_ALL": "C.UTF-8",
        "ANSIBLE_CONFIG": str(empty_place / "ansible.cfg"),
        "ANSIBLE_COLLECTIONS_PATH": str(empty_place / "collections"),
        "ANSIBLE_NOCOLOR": "true",
    }


@pytest.fixture(scope="session")
def installed(artifact: Path, empty_place: Path, user_environment: dict[str, str]) -> Path:
    """Install the artifact into an empty place, without any network, and return the collection's folder."""
    command = [
        PLAIN / "ansible-galaxy",
        "collection",
        "install",
        str(artifact),
        "-p",
        "collections",
        "--offline",
    ]
    said = run_in(empty_place, user_environment, command)
    assert "was installed successfully" in said
    assert "WARNING" not in said
    return empty_place / "collections" / "ansible_collections" / "hwcloud" / "workspace"
