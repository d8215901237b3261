# Copyright (c) 2026 the hwcloud.workspace contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The artifact, installed into an empty place, works from there: without the checkout or any network."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
import yaml
from released import PLAIN, ROOT, run_in

from workspace_simulator.testing import ESTATES, RunningSimulator

POOL, IMAGE = "finance-win10", "win10-2026-11"


@pytest.fixture(scope="module")
def simulator() -> Iterator[RunningSimulator]:
    with RunningSimulator(ESTATES / "demo.yml") as running:
        yield running


@pytest.fixture
def environment(user_environment: dict[str, str], simulator: RunningSimulator) -> dict[str, str]:
    simulator.control.reset()
    return {
        **user_environment,
        "ANSIBLE_LOCALHOST_WARNING": "false",
        "ANSIBLE_INVENTORY_UNPARSED_WARNING": "false",
        "HUAWEICLOUD_SDK_AK": "EXAMPLEAK",
        "HUAWEICLOUD_SDK_SK": "EXAMPLESK",
        "HW_REGION_NAME": "eu-west-101",
        "HW_WORKSPACE_ENDPOINT": simulator.url,
        "HW_IAM_ENDPOINT": simulator.url,
        "HW_METADATA_ENDPOINT": "off",
        "HW_WORKSPACE_TIME_FACTOR": "240",
    }


def program(name: str) -> str:
    return str(PLAIN / name)


def test_the_plain_environment_has_nothing_but_ansible_core_and_what_is_required() -> None:
    listed = json.loads(
        run_in(ROOT, {}, [program("python"), "-m", "pip", "list", "--format", "json", "--disable-pip-version-check"])
    )
    of_ansible = {
        "ansible-core",
        "cffi",
        "cryptography",
        "jinja2",
        "markupsafe",
        "packaging",
        "pycparser",
        "pyyaml",
        "resolvelib",
    }
    of_requests = {"requests", "certifi", "charset-normalizer", "idna", "urllib3"}
    assert {entry["name"].lower() for entry in listed} - {
        "pip",
        "setuptools",
        "typing_extensions",
    } == of_ansible | of_requests


def test_ansible_finds_it_there_and_nowhere_else(
    installed: Path, empty_place: Path, environment: dict[str, str]
) -> None:
    listed = json.loads(
        run_in(empty_place, environment, [program("ansible-galaxy"), "collection", "list", "--format", "json"])
    )
    version = yaml.safe_load((ROOT / "galaxy.yml").read_text())["version"]
    places = {place: found["hwcloud.workspace"] for place, found in listed.items() if "hwcloud.workspace" in found}
    assert places == {str(installed.parents[1]): {"version": version}}


def test_what_was_installed_is_what_was_built(installed: Path, environment: dict[str, str], empty_place: Path) -> None:
    command = [
        program("ansible-galaxy"),
        "collection",
        "verify",
        "hwcloud.workspace",
        "--offline",
        "-p",
        str(installed.parents[2]),
    ]
    said = run_in(empty_place, environment, command)
    assert "Successfully verified that checksums for 'hwcloud.workspace" in said


def test_the_audit_of_pools_runs_from_there(
    installed: Path, empty_place: Path, environment: dict[str, str], simulator: RunningSimulator
) -> None:
    said = run_in(empty_place, environment, [program("ansible-playbook"), "hwcloud.workspace.audit_pools", "-v"])
    assert POOL in said
    assert "WARNING" not in said, said
    journal = simulator.control.journal()
    assert {request["status"] for request in journal} == {200}
    assert [request["operation"] for request in journal if request["mutating"]] == []


def test_a_maintenance_is_rehearsed_from_there(
    installed: Path, empty_place: Path, environment: dict[str, str], simulator: RunningSimulator
) -> None:
    command = [
        program("ansible-playbook"),
        "hwcloud.workspace.maintain_pools",
        "-e",
        f"pool={POOL}",
        "-e",
        f"image={IMAGE}",
    ]
    said = run_in(empty_place, environment, [*command, "--check", "--diff"])
    assert "failed=0" in said
    assert "canary" in said
    # The one warning is the collection's own: of the users whose desktops these are.
    assert said.count("[WARNING]: ") == said.count(f"[WARNING]: pool {POOL}: users are logged in on 8 of the 40") == 1
    journal = simulator.control.journal()
    assert len(journal) > 3
    assert [request["operation"] for request in journal if request["mutating"]] == []


@pytest.mark.parametrize("how", ["auto", "module"])
def test_a_module_runs_from_there(
    how: str, installed: Path, empty_place: Path, environment: dict[str, str], simulator: RunningSimulator
) -> None:
    command = [
        program("ansible"),
        "localhost",
        "-m",
        "hwcloud.workspace.desktop_pool_info",
        "-a",
        f"pool={POOL} gather=drift",
    ]
    said = run_in(empty_place, {**environment, "HW_WORKSPACE_EXECUTION": how}, command)
    assert "localhost | SUCCESS" in said
    assert POOL in said


def test_the_pools_are_hosts_from_there(installed: Path, empty_place: Path, environment: dict[str, str]) -> None:
    (empty_place / "fleet.desktop_pools.yml").write_text("plugin: hwcloud.workspace.desktop_pools\n")
    said = run_in(empty_place, environment, [program("ansible-inventory"), "-i", "fleet.desktop_pools.yml", "--graph"])
    assert POOL in said


def test_nothing_led_back_to_the_checkout(installed: Path, empty_place: Path, environment: dict[str, str]) -> None:
    found = run_in(empty_place, environment, [program("ansible-doc"), "-j", "hwcloud.workspace.desktop_pool_rebuild"])
    (page,) = json.loads(found).values()
    assert page["doc"]["filename"] == str(installed / "plugins" / "modules" / "desktop_pool_rebuild.py")
    assert str(ROOT) not in found
