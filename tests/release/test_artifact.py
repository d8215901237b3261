# Copyright (c) 2026 the hwcloud.workspace contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What the artifact holds: all that users and packagers need, nothing of the workshop or of the machine."""

from __future__ import annotations

import json
import re
import tarfile
from pathlib import Path

import yaml
from released import ROOT, TREE

TOP = {
    ".ansible-lint",
    "CHANGELOG.rst",
    "FILES.json",
    "LICENSE",
    "MANIFEST.json",
    "README.md",
    "changelogs",
    "docs",
    "extensions",
    "meta",
    "playbooks",
    "plugins",
    "requirements.txt",
    "roles",
    "tests",
}
OF_TESTS = re.compile(r"tests/(config\.yml|sanity(/ignore-\d\.\d+\.txt)?)")
SUFFIXES = {".json", ".md", ".py", ".rst", ".svg", ".txt", ".yaml", ".yml", ".j2", ".html", ".css", ".png", ""}
BYTES = 2_000_000
"""Far more than the artifact has, and far less than it would have with a forgotten folder."""
WITHOUT_LICENCE = re.compile(
    r"LICENSE|MANIFEST\.json|FILES\.json|README\.md|CHANGELOG\.rst|changelogs/changelog\.yaml|tests/sanity/ignore-.*|.*\.(json|png|svg|j2)"
)
# Folders of the machine that it was built on, and of those on which this repository is worked on.
LOCAL = re.compile(
    rb"(?<![\w.~$}-])/(?:work|root|Users|workspaces|builds|home/(?!user\b|runner\b))(?:/|\b)[\w./-]*|file:///"
)


def names(members: list[tarfile.TarInfo]) -> set[str]:
    return {member.name.rstrip("/") for member in members}


def test_all_that_is_at_the_top_belongs_there(members: list[tarfile.TarInfo]) -> None:
    assert {name.partition("/")[0] for name in names(members)} == TOP


def test_of_the_tests_only_what_ansible_test_reads_is_in_it(members: list[tarfile.TarInfo]) -> None:
    shipped = {name for name in names(members) if name.startswith("tests/")}
    assert {name for name in shipped if not OF_TESTS.fullmatch(name)} == set()
    assert "tests/config.yml" in shipped


def test_every_plugin_role_playbook_extension_and_page_is_in_it(members: list[tarfile.TarInfo]) -> None:
    shipped = names(members)
    wanted = {
        str(path.relative_to(TREE))
        for folder in ("plugins", "roles", "playbooks", "extensions", "docs", "meta")
        for path in (TREE / folder).rglob("*")
        if path.is_file()
    }
    assert len(wanted) > 200
    assert sorted(wanted - shipped) == []


def test_nothing_hidden_and_no_file_of_another_kind(members: list[tarfile.TarInfo]) -> None:
    files = [Path(member.name) for member in members if member.isfile()]
    assert [path for path in files if any(part.startswith(".") for part in path.parts)] == [Path(".ansible-lint")]
    assert [
        path
        for path in files
        if path.suffix not in SUFFIXES or (not path.suffix and path.name not in ("LICENSE", ".ansible-lint"))
    ] == []
    assert [member.name for member in members if not (member.isfile() or member.isdir())] == []


def test_files_are_readable_by_all_and_run_by_nobody(members: list[tarfile.TarInfo]) -> None:
    wrong = {member.name: oct(member.mode) for member in members if member.mode != (0o755 if member.isdir() else 0o644)}
    assert wrong == {}
    assert {(member.uid, member.gid) for member in members} == {(0, 0)}


def test_it_is_small(artifact: Path) -> None:
    assert artifact.stat().st_size < BYTES


def test_no_file_names_a_folder_of_this_machine(contents: dict[str, bytes]) -> None:
    here = str(ROOT).encode()
    found = {
        name: sorted({*LOCAL.findall(text), *([here] if here in text else [])})
        for name, text in contents.items()
        if LOCAL.search(text) or here in text
    }
    assert found == {}


def test_every_file_says_under_which_licence_it_is(contents: dict[str, bytes]) -> None:
    without = [
        name
        for name, text in contents.items()
        if b"SPDX-License-Identifier: GPL-3.0-or-later" not in text[:600]
        and not WITHOUT_LICENCE.fullmatch(name)
        and text
    ]
    assert without == []
    assert b"GNU GENERAL PUBLIC LICENSE" in contents["LICENSE"]


def test_the_changelog_has_the_version_and_no_fragment_is_left(contents: dict[str, bytes]) -> None:
    manifest = json.loads(contents["MANIFEST.json"])["collection_info"]
    changelog = yaml.safe_load(contents["changelogs/changelog.yaml"])["releases"]
    latest = changelog[manifest["version"]]
    assert latest["changes"]["release_summary"]
    assert f"\nv{manifest['version']}\n=" in contents["CHANGELOG.rst"].decode()
    assert [name for name in contents if name.startswith("changelogs/fragments/")] == []


def test_the_first_release_lists_every_module(contents: dict[str, bytes]) -> None:
    modules = {Path(name).stem for name in contents if re.fullmatch(r"plugins/modules/\w+\.py", name)}
    releases = yaml.safe_load(contents["changelogs/changelog.yaml"])["releases"]
    listed = [module["name"] for release in releases.values() for module in release.get("modules", [])]
    assert sorted(listed) == sorted(modules)


def test_it_says_what_it_is(contents: dict[str, bytes]) -> None:
    manifest = json.loads(contents["MANIFEST.json"])["collection_info"]
    assert (manifest["namespace"], manifest["name"]) == ("hwcloud", "workspace")
    assert manifest["license"] == ["GPL-3.0-or-later"]
    assert manifest["dependencies"] == {}
    assert yaml.safe_load(contents["meta/runtime.yml"])["requires_ansible"] == ">=2.16.0"
