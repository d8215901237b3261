# Copyright (c) 2026 the hwcloud.workspace contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The recipes of the cookbook, word for word: those that take waves in check mode, the others in earnest."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from threading import Thread

import pytest
import yaml
from guide_blocks import blocks, commands
from running import CHECKOUT, HERE, Ansible, Run
from sight import NOVEMBER, OCTOBER, Sight

pytestmark = [pytest.mark.paths, pytest.mark.slow]

GUIDE = "cookbook"
FAST = 2400
"""Simulated seconds in a real one."""
# Blocks that are no recipe by themselves: what is printed, and what another one reads.
READ_BY_OTHERS = {"cookbook-fleet", "cookbook-calendar"}
TRIED = {
    "cookbook-again", "cookbook-canary", "cookbook-disk", "cookbook-fleet-run", "cookbook-grow", "cookbook-nightly",
    "cookbook-open", "cookbook-promote", "cookbook-rehearse", "cookbook-report", "cookbook-rollback", "cookbook-stop",
    "cookbook-users", "cookbook-window",
}  # fmt: skip


@pytest.fixture
def estate(sight: Sight, ansible_in_process: Ansible) -> Sight:
    """Hand out the estate of the recipes, at a pace at which a night takes seconds."""
    sight.control.seed((HERE / "cookbook.yml").read_text(encoding="utf-8"))
    sight.control.set_clock(factor=FAST)
    ansible_in_process.environment["HW_WORKSPACE_TIME_FACTOR"] = str(FAST)
    return sight


def _run(ansible: Ansible, name: str, number: int = 0, *, check: bool = False, **how: object) -> Run:
    """Run a command of the guide."""
    return ansible.run(commands(GUIDE, name)[number], check=check, allowed=[".*"], seconds=240, **how)  # type: ignore[arg-type]


def _playbook(ansible: Ansible, name: str, **how: object) -> Run:
    """Run a playbook of the guide."""
    path = ansible.folder / f"{name}.yml"
    path.write_text(blocks(GUIDE)[name], encoding="utf-8")
    return ansible.run(["ansible-playbook", str(path)], allowed=[".*"], seconds=240, **how)  # type: ignore[arg-type]


def _says(run: Run, name: str) -> None:
    """Make sure that a run printed what the guide says."""
    for line in blocks(GUIDE)[name].splitlines():
        assert line in run.output.replace('\\"', '"'), f"{line}\n{run.output[-3000:]}"


def test_every_recipe_is_tried() -> None:
    named = {name for name in blocks(GUIDE) if not name.endswith("-says")}
    assert named == TRIED | READ_BY_OTHERS
    text = Path(__file__).read_text(encoding="utf-8")
    assert all(text.count(f'"{name}"') >= 2 for name in named)


def test_what_the_calendar_runs_is_a_recipe() -> None:
    """The commands of the calendar name playbooks and variables that there are."""
    known = (CHECKOUT / "playbooks" / "maintain_pools.yml").read_text(encoding="utf-8")
    lines = [line for line in blocks(GUIDE)["cookbook-calendar"].splitlines() if not line.startswith("#")]
    assert len(lines) == 3
    for line in lines:
        when, _found, command = line.partition("ansible-playbook hwcloud.workspace.")
        assert len(when.split()) == 5
        playbook, *rest = command.split()
        assert (CHECKOUT / "playbooks" / f"{playbook}.yml").exists()
        for variable in re.findall(r"-e (\w+)=", " ".join(rest)):
            assert variable in known
    fleet = yaml.safe_load(blocks(GUIDE)["cookbook-fleet"])
    assert fleet["plugin"] == "hwcloud.workspace.desktop_pools"


def test_rehearsals_of_an_image(ansible_in_process: Ansible, estate: Sight) -> None:
    """The night is planned as the guide says, of one pool and of the fleet; nothing is sent."""
    (rehearsal,), (night,) = commands(GUIDE, "cookbook-rehearse"), commands(GUIDE, "cookbook-nightly")
    assert [word for word in rehearsal if word not in night] == ["--check"]
    nightly = _run(ansible_in_process, "cookbook-nightly", check=True)
    _says(nightly, "cookbook-rehearse-says")
    assert list((ansible_in_process.folder / "reports").glob("*.html"))
    (ansible_in_process.folder / "fleet.desktop_pools.yml").write_text(
        blocks(GUIDE)["cookbook-fleet"], encoding="utf-8"
    )
    fleet = _run(ansible_in_process, "cookbook-fleet-run", check=True)
    assert "pool finance-win10: planned (4 desktops in 4 waves)." in fleet.output
    assert "pool office-win10: unchanged." in fleet.output
    assert "callcenter-win10" not in fleet.output


def test_rehearsals_of_product_and_disks(ansible_in_process: Ansible, estate: Sight) -> None:
    """They are planned as the guide says; nothing is sent."""
    _says(_run(ansible_in_process, "cookbook-window", check=True), "cookbook-window-says")
    disks = _run(ansible_in_process, "cookbook-disk", check=True)
    assert "pool finance-win10: planned (4 desktops" in disks.output


def test_a_canary_that_is_looked_at(ansible_in_process: Ansible, estate: Sight) -> None:
    """It is stopped after the canary. Then both ways are open, and the one task does the rest without touching it."""
    _says(_run(ansible_in_process, "cookbook-canary"), "cookbook-canary-says")
    assert estate.images("finance-win10") == {
        "FIN-W10-001": OCTOBER, "FIN-W10-002": OCTOBER, "FIN-W10-003": NOVEMBER, "FIN-W10-004": OCTOBER,
    }  # fmt: skip
    _says(_run(ansible_in_process, "cookbook-rollback", check=True), "cookbook-rollback-says")
    promoted = _run(ansible_in_process, "cookbook-promote", check=True)
    assert "pool finance-win10: planned (3 desktops in 3 waves)." in promoted.output
    _run(ansible_in_process, "cookbook-again")
    assert set(estate.rebuilds("finance-win10").values()) == {1}


def test_stop_and_open(ansible_in_process: Ansible, estate: Sight) -> None:
    """After a run that was killed: its job is seen, and maintenance mode is ended."""
    estate.control.change({"pool": "finance-win10", "set": {"in_maintenance_mode": True}})
    _run(ansible_in_process, "cookbook-stop")
    assert "maintenance mode" in _run(ansible_in_process, "cookbook-stop", 1).output
    assert _run(ansible_in_process, "cookbook-open").only.changed
    assert not estate.control.pool("finance-win10")["in_maintenance_mode"]


def test_growing(ansible_in_process: Ansible, estate: Sight) -> None:
    _says(_playbook(ansible_in_process, "cookbook-grow"), "cookbook-grow-says")
    assert len(estate.control.pool("finance-win10")["desktops"]) == 6


def test_working_on_a_pool_that_nobody_uses(ansible_in_process: Ansible, estate: Sight) -> None:
    _says(_playbook(ansible_in_process, "cookbook-users"), "cookbook-users-says")
    pool = estate.control.pool("callcenter-win10")
    assert not pool["in_maintenance_mode"]
    assert all(desktop["effects"]["scripts"] for desktop in pool["desktops"])
    assert sum(len(desktop["effects"]["logoffs"]) for desktop in pool["desktops"]) == 1


@pytest.fixture
def chat() -> Iterator[tuple[str, list[object]]]:
    """Hand out the address of a chat, and what it was told."""
    told: list[object] = []

    class Chat(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            told.append(json.loads(self.rfile.read(int(self.headers["Content-Length"]))))
            self.send_response(200)
            self.end_headers()

        def log_message(self, *arguments: object) -> None:
            """Keep quiet."""

    with HTTPServer(("127.0.0.1", 0), Chat) as server:
        thread = Thread(target=server.serve_forever, daemon=True)
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}/", told
        server.shutdown()


def test_telling_others(ansible_in_process: Ansible, estate: Sight, chat: tuple[str, list[object]]) -> None:
    address, told = chat
    _playbook(ansible_in_process, "cookbook-report", environment={"CHAT_WEBHOOK": address})
    assert told == [json.loads(blocks(GUIDE)["cookbook-report-says"])]
