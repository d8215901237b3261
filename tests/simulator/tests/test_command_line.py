# Copyright (c) 2026 the hwcloud.workspace contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The simulator as a program, and the generator of estates."""

from __future__ import annotations

import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml

from workspace_simulator.__main__ import main
from workspace_simulator.estate import Estate, EstateError, load_estate, read_estate
from workspace_simulator.generate import generate
from workspace_simulator.generate import main as write_estate
from workspace_simulator.simulation import Simulation
from workspace_simulator.testing import ESTATES, READY

PROJECT = "0123456789abcdef0123456789abcdef"


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_it_says_where_it_listens_and_stops_at_a_signal(number: signal.Signals) -> None:
    command = [sys.executable, "-m", "workspace_simulator", "--port", "0", "--estate", str(ESTATES / "minimal.yml")]
    with subprocess.Popen(
        [*command, "--factor", "60"],
        cwd=ESTATES.parent,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    ) as process:
        assert process.stdout is not None
        line = process.stdout.readline()
        assert line.startswith(READY + "http://127.0.0.1:")
        process.send_signal(number)
        rest, errors = process.communicate(timeout=10)
    assert (process.returncode, rest, errors) == (0, "", "")


@pytest.mark.parametrize(("text", "word"), [("projects: []", "projects"), ("- a", "body"), ("{", "not YAML")])
def test_an_estate_that_cannot_be_ends_it(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], text: str, word: str
) -> None:
    path = tmp_path / "estate.yml"
    path.write_text(text, encoding="utf-8")
    assert main(["--estate", str(path)]) == 2
    assert word in capsys.readouterr().err


def test_a_missing_estate_ends_it(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--estate", str(tmp_path / "gone.yml")]) == 2
    assert "gone.yml" in capsys.readouterr().err


def desktops_of(estate: Estate) -> list[Any]:
    simulation = Simulation(estate)
    return [desktop for project in simulation.world.projects.values() for desktop in project.desktops.values()]


def test_the_demo_estate_is_as_described() -> None:
    simulation = Simulation(load_estate(ESTATES / "demo.yml"))
    pools = simulation.world.projects[PROJECT].pools.values()
    sizes = {pool.name: len(pool.desktops) for pool in pools}
    assert sizes == {"finance-win10": 40, "engineering-win11": 60, "callcenter-win10": 20}
    in_use = {
        pool.name: sum(desktop.login_status == "CONNECTED" for desktop in pool.desktops.values()) for pool in pools
    }
    assert in_use == {"finance-win10": 6, "engineering-win11": 15, "callcenter-win10": 8}
    names = {image.name for image in simulation.world.images.values()}
    assert {"win10-2026-10", "win10-2026-11", "win11-2026-10", "win11-2026-11"} <= names


def test_a_generated_estate_has_the_shares_that_were_asked_for() -> None:
    estate = Estate.model_validate(generate(pools=3, desktops=40, in_use=0.2, drift=0.05, seed=1))
    desktops = desktops_of(estate)
    assert len(desktops) == 120
    assert sum(desktop.login_status == "CONNECTED" for desktop in desktops) == 24
    assert sum(desktop.image_id != desktop.pool.image_id for desktop in desktops) == 6
    assert all(desktop.user is not None for desktop in desktops if desktop.login_status == "CONNECTED")
    assert len({desktop.computer_name for desktop in desktops}) == 120
    assert len({desktop.ip_address for desktop in desktops}) == 120


def test_the_same_seed_makes_the_same_estate(capsys: pytest.CaptureFixture[str]) -> None:
    texts = []
    for seed in ("1", "1", "2"):
        assert write_estate(["--pools", "20", "--desktops", "3", "--seed", seed]) == 0
        texts.append(capsys.readouterr().out)
    assert texts[0] == texts[1] != texts[2]
    ids = [[desktop.desktop_id for desktop in desktops_of(read_estate(text))] for text in texts[:2]]
    assert ids[0] == ids[1]


def test_names_of_many_pools_are_unique() -> None:
    names = [pool["name"] for pool in generate(100, 1, 0, 0, 1)["pools"]]
    assert len(set(names)) == 100


@pytest.mark.parametrize(
    ("change", "word"),
    [
        ({"generate": {"count": 10, "connected": 0.6, "stopped": 0.6}}, "more than the whole"),
        ({"generate": {"count": 10, "drift": 0.5}}, "drift"),
        ({"generate": {"count": 10, "disk_drift": 0.5}}, "disk_drift"),
        ({"product": "gone"}, "no product gone"),
        ({"project": "gone"}, "no project gone"),
        ({"desktops": [{"name": "A"}, {"name": "A"}]}, "given twice"),
        ({"name": "finance-dynamic"}, "given twice"),
    ],
)
def test_an_estate_that_does_not_hold_together_is_refused(change: dict[str, Any], word: str) -> None:
    data = yaml.safe_load((ESTATES / "minimal.yml").read_text(encoding="utf-8"))
    pool = data["pools"][0]
    pool.pop("data_volumes")
    pool.update(change)
    with pytest.raises(EstateError, match=word):
        Simulation(Estate.model_validate(data))
