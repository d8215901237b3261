# Copyright (c) 2026 the hwcloud.workspace contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later


"""galaxy-importer, which Galaxy and the hubs run on what is uploaded, finds no error and nothing new."""

from __future__ import annotations

import json
import os
import re
import subprocess
from dataclasses import dataclass
from pathlib import Path

import pytest
from released import IMPORTER, ROOT

EXPECTED = {
    r"plugins/filter/\w+\.yml:\d+:\d+: E999 .*": "The importer has flake8 read the pages of filters, which are YAML.",
    r"plugins/.*\.py:\d+:\d+: W503 .*": "The formatter breaks lines before operators, as PEP 8 says.",
    r"plugins/.*\.py:\d+:\d+: E203 .*": "The formatter puts spaces around the colon of a slice, as PEP 8 says.",
    r"ERROR +Failed to find hwcloud\.workspace\.\w+ playbook\.": (
        "The importer points Ansible at ansible_collections, not at the folder above: no playbook has a full name."
    ),
    r"Ignore files skip ansible-test sanity tests, found ignore-2\.\d+\.txt with 1 statement\(s\)": (
        "The one entry: the action plugin behind all modules is none itself (see the comment there)."
    ),
}
"""The warnings that cannot be mended, and why."""

# It starts flake8 for every plugin by itself.
pytestmark = pytest.mark.timeout(1000)


@dataclass(frozen=True)
class Import:
    """What the importer said, and what it would hand to Galaxy."""

    output: str
    errors: list[str]
    warnings: list[str]
    result: dict[str, object]


@pytest.fixture(scope="module")
def imported(artifact: Path, tmp_path_factory: pytest.TempPathFactory) -> Import:
    folder = tmp_path_factory.mktemp("importer")
    environment = {
        "PATH": f"{IMPORTER}{os.pathsep}{os.environ['PATH']}",
        "HOME": str(folder),
        "LC_ALL": "C.UTF-8",
        "GALAXY_IMPORTER_CONFIG": str(ROOT / "tests" / "release" / "importer.cfg"),
        "GALAXY_IMPORTER_ANSIBLE_LOCAL_TMP": str(folder / "tmp"),
    }
    command = [str(IMPORTER / "python"), "-m", "galaxy_importer.main", str(artifact)]
    found = subprocess.run(
        command,
        cwd=folder,
        env=environment,
        capture_output=True,
        text=True,
        timeout=900,
        check=False,
        stdin=subprocess.DEVNULL,
    )
    output = found.stdout + found.stderr
    assert found.returncode == 0, output
    said = [re.findall(rf"^{level}: (.*)$", output, re.MULTILINE) for level in ("ERROR", "WARNING")]
    return Import(output, said[0], said[1], json.loads((folder / "importer_result.json").read_text()))


def test_it_ends_well_and_has_run_all_its_checks(imported: Import) -> None:
    for sentence in (
        "Importer processing completed successfully",
        "...ansible-lint run complete",
        "Getting doc strings",
    ):
        assert sentence in imported.output
    assert "skipping" not in imported.output
    assert "via flake8..." in imported.output


def test_it_finds_no_error(imported: Import) -> None:
    assert imported.errors == []
    assert "Traceback" not in imported.output


def test_it_warns_of_nothing_that_can_be_mended(imported: Import) -> None:
    new = [warning for warning in imported.warnings if not any(re.fullmatch(known, warning) for known in EXPECTED)]
    assert new == []


@pytest.mark.parametrize("known", EXPECTED)
def test_a_warning_that_is_expected_comes(known: str, imported: Import) -> None:
    assert [warning for warning in imported.warnings if re.fullmatch(known, warning)] != []


def test_it_finds_all_modules_roles_and_extensions(imported: Import) -> None:
    found = {(entry["content_type"], entry["name"].rpartition(".")[2]) for entry in imported.result["contents"]}
    for kind, pattern in {
        "module": "plugins/modules/*.py",
        "role": "roles/*",
        "inventory": "plugins/inventory/*.py",
    }.items():
        assert {name for found_kind, name in found if found_kind == kind} == {path.stem for path in ROOT.glob(pattern)}
    sources = {path.stem for path in ROOT.glob("extensions/eda/plugins/event_source/*.py")}
    assert {name for kind, name in found if kind == "eda/plugins/event_source"} == sources


def test_every_module_comes_with_its_page(imported: Import) -> None:
    pages = {entry["content_name"]: entry["doc_strings"] for entry in imported.result["docs_blob"]["contents"]}
    modules = {path.stem for path in ROOT.glob("plugins/modules/*.py")}
    assert [name for name in modules if not (pages[name]["doc"]["options"] and pages[name]["examples"])] == []
