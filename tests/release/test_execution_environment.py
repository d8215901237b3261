# Copyright (c) 2026 the hwcloud.workspace contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later


"""ansible-builder makes a context from the definition in docs/ and finds what the collection needs: ``requests``."""

from __future__ import annotations

import json
import os
import re
import shutil
from pathlib import Path

import pytest
import yaml
from released import IMPORTER, ROOT, run_in

DEFINITION = ROOT / "docs" / "execution-environment.yml"
REQUIREMENTS = ["requests>=2.25"]


@pytest.fixture(scope="module")
def environment(user_environment: dict[str, str]) -> dict[str, str]:
    return {**user_environment, "PATH": f"{IMPORTER}{os.pathsep}{os.defpath}"}


@pytest.fixture(scope="module")
def context(artifact: Path, tmp_path_factory: pytest.TempPathFactory, environment: dict[str, str]) -> Path:
    """Return the folder that is handed to podman or docker, made as the definition's comment says."""
    checkout = tmp_path_factory.mktemp("checkout")
    (checkout / "docs").mkdir()
    shutil.copy(DEFINITION, checkout / "docs")
    shutil.copy(artifact, checkout)
    (create,) = re.findall(r"^#   (ansible-builder create .*)$", DEFINITION.read_text(), re.MULTILINE)
    run_in(checkout, environment, create.split())
    return checkout / "context"


def test_the_context_holds_what_the_build_reads(context: Path, artifact: Path) -> None:
    files = {str(path.relative_to(context)) for path in context.rglob("*") if path.is_file()}
    scripts = {
        "assemble",
        "check_ansible",
        "check_galaxy",
        "entrypoint",
        "install-from-bindep",
        "introspect.py",
        "pip_install",
    }
    assert files == {
        "Containerfile",
        f"_build/artifacts/{artifact.name}",
        "_build/requirements.yml",
        *(f"_build/scripts/{script}" for script in scripts),
    }


def test_the_base_image_can_be_named_at_the_build(context: Path) -> None:
    lines = (context / "Containerfile").read_text().splitlines()
    assert lines[0] == 'ARG EE_BASE_IMAGE="ee-base:latest"'
    assert {line.split()[1] for line in lines if line.startswith("FROM ")} <= {
        "$EE_BASE_IMAGE",
        "base",
        "galaxy",
        "builder",
    }
    assert [line for line in lines if line.startswith("USER ")][-1] == "USER 1000"


def test_the_galaxy_stage_installs_the_artifact(context: Path, environment: dict[str, str], tmp_path: Path) -> None:
    (command,) = re.findall(
        r"ansible-galaxy collection install .*(?= --collections-path)", (context / "Containerfile").read_text()
    )
    words = command.replace("$ANSIBLE_GALAXY_CLI_COLLECTION_OPTS", "--offline").split()
    run_in(context / "_build", environment, [IMPORTER / words[0], *words[1:], "--collections-path", str(tmp_path)])
    assert (tmp_path / "ansible_collections" / "hwcloud" / "workspace" / "meta" / "execution-environment.yml").exists()


def test_introspection_finds_our_requirement_and_no_other(
    installed: Path, context: Path, environment: dict[str, str], tmp_path: Path
) -> None:
    # The very script that the build runs, on what its galaxy stage installs.
    command = [
        IMPORTER / "python",
        context / "_build" / "scripts" / "introspect.py",
        "introspect",
        installed.parents[2],
    ]
    run_in(tmp_path, environment, [*command, "--write-pip", "pip.txt", "--write-bindep", "bindep.txt"])
    required = [line.partition("#")[0].strip() for line in (tmp_path / "pip.txt").read_text().splitlines()]
    assert [line for line in required if line] == REQUIREMENTS
    # No package of the system's.
    assert not (tmp_path / "bindep.txt").exists() or (tmp_path / "bindep.txt").read_text().strip() == ""


def test_the_program_says_the_same(installed: Path, environment: dict[str, str], tmp_path: Path) -> None:
    said = run_in(tmp_path, environment, [IMPORTER / "ansible-builder", "introspect", installed.parents[2]])
    found = yaml.safe_load(said.partition("---")[2])
    assert [line.partition("#")[0].strip() for line in found["python"] if "hwcloud.workspace" in line] == REQUIREMENTS
    assert found.get("system") in (None, {}, [])
    assert json.dumps(found).count("from collection") == len(REQUIREMENTS)
