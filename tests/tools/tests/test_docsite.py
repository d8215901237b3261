# Copyright (c) 2026 the hwcloud.workspace contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The guides hold together, and what they show can be run as it is written."""

from __future__ import annotations

import ast
import html
import json
import os
import re
import subprocess
import sys
from pathlib import Path
from xml.etree import ElementTree

import pytest
import yaml
from docs_site import CHECKOUT, FIRST_PAGES, IMAGES, PICTURES, dead_ends, page_of
from guides import (
    COLLECTION,
    GUIDES,
    INVENTORY,
    Block,
    all_blocks,
    as_playbook,
    blocks,
    commands,
    documents,
    faults_of_command,
    faults_of_inventory,
    faults_of_playbook,
    without_foreign,
)

YAML = ("yaml", "yaml+jinja", "yaml-jinja")
CONSOLE = ("console", "shell", "bash", "shell-session")
LABEL = f".. _ansible_collections.{COLLECTION}.docsite."


def test_every_guide_is_listed_and_has_its_label() -> None:
    contents = yaml.safe_load((GUIDES.parent / "extra-docs.yml").read_text(encoding="utf-8"))
    listed = [name for section in contents["sections"] for name in section["toctree"]]
    assert sorted(listed) == sorted(path.stem for path in GUIDES.glob("*.rst"))
    for name in listed:
        assert f"{LABEL}{name}:\n" in (GUIDES / f"{name}.rst").read_text(encoding="utf-8")


def test_playbooks_and_tasks_of_the_guides_are_right(tmp_path: Path) -> None:
    """One run of Ansible reads all of them; options and variables are compared with what modules and roles take."""
    playbooks: dict[str, Block] = {}
    faults = []
    for block in all_blocks(*YAML):
        for number, document in enumerate(documents(block)):
            if isinstance(document, dict) and document.get("plugin") == INVENTORY:
                faults += [f"{block.place}: {fault}" for fault in faults_of_inventory(document)]
            playbook = as_playbook(document)
            if playbook is None:
                continue
            faults += [f"{block.place}: {fault}" for fault in faults_of_playbook(playbook)]
            name = f"{number}-{block.file_name}"
            (tmp_path / name).write_text(yaml.safe_dump(without_foreign(playbook), sort_keys=False))
            playbooks[name] = block
    assert faults == []
    assert len(playbooks) > 6
    run = _syntax_check(tmp_path, list(playbooks))
    assert run.returncode == 0, run.stdout + run.stderr
    assert run.stdout.count("playbook: ") == len(playbooks)


def _syntax_check(folder: Path, names: list[str]) -> subprocess.CompletedProcess[str]:
    program = Path(sys.executable).parent / "ansible-playbook"
    environment = {
        **os.environ,
        "ANSIBLE_COLLECTIONS_PATH": str(CHECKOUT / ".build" / "collections"),
        "ANSIBLE_HOME": str(folder / "ansible"),
        "ANSIBLE_CONFIG": str(folder / "ansible.cfg"),
        "ANSIBLE_LOCALHOST_WARNING": "false",
        "ANSIBLE_INVENTORY_UNPARSED_WARNING": "false",
    }
    (folder / "ansible.cfg").write_text("")
    command = [str(program), "--syntax-check", *names]
    return subprocess.run(
        command, cwd=folder, env=environment, capture_output=True, text=True, timeout=120, check=False
    )


def test_commands_of_the_guides_are_right() -> None:
    found = [(block, words) for block in all_blocks(*CONSOLE) for words in commands(block)]
    assert [f"{block.place}: {fault}" for block, words in found for fault in faults_of_command(words)] == []
    assert sum(words[0].startswith("ansible") for _block, words in found if words) > 6


def test_data_and_programs_of_the_guides_can_be_read() -> None:
    for block in all_blocks(*YAML):
        documents(block)
    for block in all_blocks("json"):
        json.loads(block.text)
    for block in all_blocks("python"):
        ast.parse(block.text, block.place)


GUIDE = """
.. code-block:: yaml
   :caption: a task

   - name: Recompose
     hwcloud.workspace.desktop_pool_rebuild:
       {options}

.. code-block:: console

   $ {command}
"""


@pytest.mark.parametrize(
    ("options", "fault"),
    [
        ("{pool: finance, image_id: x}", None),
        ("{pool: finance, image_id: x, message: Bye}", None),
        ("{pool: finance, image_id: x, image_typ: gold}", "has no option image_typ"),
        ("{pool: finance, image_id: x, handle_type: ALL}", "handle_type cannot be ALL"),
        ("{pool: finance, image_id: x, handle_type: '{{ scope }}'}", None),
        ("{pool: finance, image_id: x, delay_time: 16}", "delay_time is 16; it takes 0 to 15 minutes."),
        ("{pool: finance}", "lacks image_id"),
    ],
)
def test_a_wrong_task_in_a_guide_is_found(options: str, fault: str | None, tmp_path: Path) -> None:
    (tmp_path / "guide.rst").write_text(GUIDE.replace("{options}", options))
    block, _console = blocks(tmp_path / "guide.rst")
    playbook = as_playbook(documents(block)[0])
    assert playbook is not None
    found = list(faults_of_playbook(playbook))
    assert [text for text in found if fault and text.endswith(fault)] == found
    assert len(found) == (fault is not None)


@pytest.mark.parametrize(
    ("command", "fault"),
    [
        ("make demo", None),
        ("make coffee", "make has no coffee"),
        ("cd x && ansible localhost -m hwcloud.workspace.job_info -a 'pools=x'", "job_info has no option pools"),
        ("ansible-playbook hwcloud.workspace.audit_pool", "there is no playbook hwcloud.workspace.audit_pool"),
        ("ansible-playbook hwcloud.workspace.rollout_image -e pool=x -e canary=2", None),
        ("ansible-playbook hwcloud.workspace.rollout_image -e canari=2", "rollout_image.yml has no variable canari"),
        ("ansible-playbook hwcloud.workspace.maintain_pools -e pool_maintenance_x=2", "no variable pool_maintenance_x"),
    ],
)
def test_a_wrong_command_in_a_guide_is_found(command: str, fault: str | None, tmp_path: Path) -> None:
    (tmp_path / "guide.rst").write_text(GUIDE.replace("{command}", command))
    _task, block = blocks(tmp_path / "guide.rst")
    found = [text for words in commands(block) for text in faults_of_command(words)]
    assert [text for text in found if fault and text.endswith(fault)] == found
    assert len(found) == (fault is not None)


@pytest.mark.parametrize(
    ("play", "fault"),
    [
        ({"roles": ["hwcloud.workspace.pool_drain"], "vars": {"pool_drain_pol": "x"}}, "no option pool_drain_pol"),
        ({"module_defaults": {"group/hwcloud.workspace.all": {"regoin": "x"}}}, "no option regoin"),
        ({"tasks": [{"hwcloud.workspace.pool_info": {}}]}, "no module hwcloud.workspace.pool_info"),
        ({"tasks": [{"block": [{"hwcloud.workspace.job_wait": {}}]}]}, "job_wait lacks job_id"),
    ],
)
def test_a_wrong_play_in_a_guide_is_found(play: dict[str, object], fault: str) -> None:
    (found,) = faults_of_playbook([{"hosts": "localhost", **play}])
    assert found.endswith(fault)


def test_a_wrong_inventory_in_a_guide_is_found() -> None:
    assert list(faults_of_inventory({"plugin": INVENTORY, "filters": {"tag": 1}, "region": "x", "cache": True})) == [
        "filters has no tag"
    ]
    assert list(faults_of_inventory({"plugin": INVENTORY, "filter": {}})) == ["the inventory has no option filter"]


@pytest.mark.parametrize("page", PICTURES)
def test_a_picture_says_what_the_flow_chart_of_its_page_says(page: str) -> None:
    """The chart is what the page shows where it is read as Markdown, the picture what the site shows."""
    (chart,) = re.findall(r"```mermaid\n(.*?)```", (CHECKOUT / "docs" / f"{page}.md").read_text("utf-8"), re.DOTALL)
    said = re.findall(r"\"([^\"]+)\"|-- ([\w ]+) -->", chart)
    texts = [html.unescape(quoted or plain).replace("<br>", " ") for quoted, plain in said]
    picture = ElementTree.parse(IMAGES / PICTURES[page])  # noqa: S314
    drawn = [text.text or "" for text in picture.iter("{http://www.w3.org/2000/svg}text")]
    words = _words(" ".join(drawn))
    assert len(texts) > 12
    assert [text for text in texts if not _words(text) <= words] == []


def _words(text: str) -> set[str]:
    return set(re.findall(r"[\w-]+", text.lower()))


def test_pictures_are_used_and_small() -> None:
    guides = "".join(path.read_text(encoding="utf-8") for path in GUIDES.glob("*.rst"))
    for path in IMAGES.iterdir():
        assert f"../images/{path.name}" in guides or path.name in PICTURES.values(), f"{path.name} is used nowhere"
        assert path.stat().st_size < 150_000, f"{path.name} is large"


def test_links_of_the_guides_to_the_repository_lead_somewhere() -> None:
    repository = yaml.safe_load((CHECKOUT / "galaxy.yml").read_text(encoding="utf-8"))["repository"]
    seen = 0
    for path in GUIDES.glob("*.rst"):
        for target in re.findall(rf"{re.escape(repository)}/(?:blob|tree)/main/([\w./-]+)", path.read_text("utf-8")):
            assert (CHECKOUT / target).exists(), f"{path.name} links to {target}"
            seen += 1
    assert seen > 5


def test_pages_of_the_site() -> None:
    assert page_of("docs/faults.md") == "pages/faults"
    assert page_of("roles/pool_drain/README.md") == "pages/pool_drain"
    assert page_of("tests/simulator/README.md") == "pages/simulator"
    assert page_of("plugins/modules/job_wait.py") is None
    for name in FIRST_PAGES:
        assert (CHECKOUT / "docs" / f"{name}.md").exists()


def test_links_that_lead_nowhere_are_found(tmp_path: Path) -> None:
    (tmp_path / "index.html").write_text(
        '<a id="top" href="more/page.html#here">x</a><a href="gone.html">x</a><a href="more/page.html#away">x</a>'
        '<a href="https://example.com/x">x</a><img src="https://example.com/x.png"><a href="#top">x</a>'
    )
    (tmp_path / "more").mkdir()
    (tmp_path / "more" / "page.html").write_text('<p id="here"></p><a href="../index.html#top">x</a>')
    assert sorted(dead_ends(tmp_path)) == [
        "index.html links to gone.html, which does not exist",
        "index.html links to more/page.html#away, and there is no such place in that page",
        "index.html loads https://example.com/x.png from elsewhere",
    ]
