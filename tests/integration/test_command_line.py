# Copyright (c) 2026 the hwcloud.workspace contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Modules from the command line, and the demonstration. test_ad_hoc.py has every module."""

from __future__ import annotations

import os
import re
import subprocess
import time
from pathlib import Path

import pytest
from running import CHECKOUT, Ansible
from sight import FINANCE, NOVEMBER, Sight


def test_predicting_and_doing(ansible: Ansible, sight: Sight) -> None:
    arguments = f"pool={FINANCE} image_id={NOVEMBER}"
    predicted = ansible.ad_hoc("desktop_pool_rebuild", arguments, check=True, diff=True)
    assert predicted.only.changed
    assert re.search(rf"^\+.*{NOVEMBER}", predicted.output, re.MULTILINE)
    assert ansible.ad_hoc("desktop_pool_rebuild", arguments).only.changed
    assert set(sight.rebuilds().values()) == {1}


def test_a_failure(ansible_in_process: Ansible) -> None:
    run = ansible_in_process.ad_hoc("desktop_pool_info", "pool=nowhere", fails=True)
    assert (
        run.only.message
        == "pool nowhere: no pool in eu-west-101 has this name or ID; check pool, region and project_id."
    )


@pytest.mark.slow
@pytest.mark.timeout(900)
def test_the_demonstration(tmp_path: Path) -> None:
    earlier = CHECKOUT / ".build" / "demo" / "finance-win10-earlier.html"
    earlier.parent.mkdir(parents=True, exist_ok=True)
    earlier.write_text("A demonstration has been here before.", encoding="utf-8")
    shown = _demonstrate(tmp_path)
    recaps = re.findall(r"^\s*finance-win10\s+: ok=\d+\s+changed=(\d+)\s+unreachable=0\s+failed=0", shown, re.MULTILINE)
    predicted, rollout, again = map(int, recaps)
    assert predicted > 0
    assert rollout > 0
    assert again == 0
    assert re.search(r"^\s*finance-win10: recompose \d+/\d+ desktops", shown, re.MULTILINE)
    assert "wave 1 (canary): 2 desktops" in shown
    assert "finance-win10: done." in shown
    (report,) = {*re.findall(r"\.build/demo/\S+\.html", shown.rpartition("The report")[2])} - _rehearsals(shown)
    assert "finance-win10" in (CHECKOUT / report).read_text(encoding="utf-8")
    assert not earlier.exists()
    assert "Traceback" not in shown
    assert "[WARNING]: " not in re.sub(r"\[WARNING\]: pool \S+: users are logged in", "", shown)


def _rehearsals(shown: str) -> set[str]:
    """Return the pages that were written in check mode."""
    before, _word, _after = shown.partition("Do it")
    return set(re.findall(r"\.build/demo/\S+\.html", before))


def _demonstrate(folder: Path) -> str:
    """Run the demonstration; it has to succeed, to leave no process behind, and no file."""
    temporary = folder / "temporary"
    temporary.mkdir(exist_ok=True)
    mark = f"demonstration-{time.monotonic_ns()}"
    given = {"PATH": os.environ["PATH"], "HOME": str(folder), "TMPDIR": str(temporary), "LC_ALL": "C.UTF-8"}
    done = subprocess.run(
        ["bash", str(CHECKOUT / "tests" / "demo" / "run.sh")],
        env={**given, "DEMONSTRATION": mark},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        timeout=600,
        check=False,
    )
    assert done.returncode == 0, done.stdout[-3000:]
    assert _processes_with(mark) == []
    assert list(temporary.iterdir()) == []
    return done.stdout


def _processes_with(mark: str) -> list[str]:
    found = []
    for process in Path("/proc").glob("[0-9]*"):
        try:
            if mark.encode() in (process / "environ").read_bytes():
                found.append((process / "cmdline").read_text().replace("\0", " "))
        except (PermissionError, FileNotFoundError, ProcessLookupError):
            continue  # somebody else's, or it has just ended
    return found
