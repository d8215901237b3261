# Copyright (c) 2026 the hwcloud.workspace contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The role pool_report: what stands on the controller after it has run."""

from __future__ import annotations

import json
import re
import stat
import xml.etree.ElementTree as ET
from pathlib import Path
from typing import Any

import pytest
from running import Ansible, Run, task

SAID = {"ANSIBLE_SHOW_CUSTOM_STATS": "true"}
# As text of the service comes in: nobody may take it for HTML, for a template or for a path.
HOSTILE = "<script>alert(1)</script>'\"& {{ 7 * 1000003 }} ../{% raw %}"
FAILED = {"desktop_id": "d-2", "desktop_name": "FIN-002", "error_code": "WKS.00011043", "fail_reason": HOSTILE}
FINANCE: dict[str, Any] = {
    "pool": "finance",
    "pool_id": "22222222-0000-4000-8000-000000000001",
    "outcome": "stopped",
    "check_mode": False,
    "began": "2026-11-21T22:00:00Z",
    "ended": "2026-11-21T22:30:00Z",
    "seconds": 1800,
    "desktops_succeeded": ["d-1", "d-3"],
    "desktops_failed": [FAILED],
    "desktops_skipped": [{"desktop_id": "d-4", "desktop_name": "FIN-004", "reason": "in use"}],
    "timeline": [
        {
            "desktop_id": f"d-{number}",
            "desktop_name": f"FIN-00{number}",
            "what": "image",
            "wave": 1,
            "kind": "wave",
            "began": "2026-11-21 22:01:00",
            "ended": "2026-11-21 22:20:00",
            "status": "FAILED" if number == 2 else "SUCCESS",
        }
        for number in (1, 2, 3)
    ],
    "desktop_count": 4,
}
OTHER = {
    "pool": HOSTILE,
    "outcome": "done",
    "desktops_succeeded": ["d-9"],
    "asked": {"image": {"id": "1", "name": HOSTILE}},
}
BRIEF = {"outcome": "stopped", "seconds": 1800, "succeeded": 2, "failed": 1, "skipped": 1}


def report(ansible: Ansible, results: list[dict[str, Any]], how: dict[str, Any] | None = None, **variables: Any) -> Run:
    """Run the role on results that come out of a file, as the service's texts come from outside."""
    path = ansible.folder / "results.json"
    path.write_text(json.dumps(results))
    given = {
        "pool_report_results": f"{{{{ lookup('ansible.builtin.file', '{path}') | from_json }}}}",
        **{f"pool_report_{name}": value for name, value in variables.items()},
    }
    role = {"ansible.builtin.include_role": {"name": "hwcloud.workspace.pool_report"}, "vars": given}
    left = task("ansible.builtin.debug", "Show what is left", {"tags": "left"}, var="pool_report_files")
    return ansible.play({"name": "Report", **role}, left, environment=SAID, **(how or {}))


def files_of(run: Run) -> dict[str, str]:
    """Return the paths that the role leaves as a fact."""
    return dict(run["Show what is left"]["pool_report_files"])


def statistic(run: Run) -> dict[str, Any]:
    """Return what the role leaves for the controller."""
    found = re.search(
        r"^\s*RUN: (\{.*?\})\s*$(?=\s*\Z|\n\n|\n\S)", run.output.partition("CUSTOM STATS")[2], re.MULTILINE | re.DOTALL
    )
    assert found, run.output[-2000:]
    return dict(json.loads(found[1])["pool_report"])


def page_of(path: str) -> ET.Element:
    """Return a page, read as strictly as XML is."""
    return ET.fromstring(Path(path).read_text())  # noqa: S314 - the role wrote it


def test_page_json_fact_and_statistic(ansible: Ansible) -> None:
    folder = ansible.folder / "reports" / "november"
    run = report(ansible, [FINANCE, OTHER], dir=str(folder), title="Patch day")
    files = files_of(run)
    assert files == {kind: f"{folder}/2-pools-20261121-220000.{kind}" for kind in ("html", "json")}
    assert sorted(str(path) for path in folder.iterdir()) == sorted(files.values())
    for path in files.values():
        assert stat.S_IMODE(Path(path).stat().st_mode) == 0o640
    assert files["html"] in run["Say where the report is"].message

    written = json.loads(Path(files["json"]).read_text())
    assert written["title"] == "Patch day"
    assert [{key: value for key, value in pool.items() if key != "summary"} for pool in written["pools"]] == [
        FINANCE,
        OTHER,
    ]
    root = page_of(files["html"])
    shown = " ".join("".join(root.itertext()).split())
    assert HOSTILE in shown
    assert not list(root.iter("script"))
    assert "7000021" not in shown  # HOSTILE is no template
    assert written["pools"][0]["summary"]["failed"] == 1
    assert f"Written {int(written['written'][8:10])}" in shown.replace("\u00a0", " ")

    assert statistic(run) == {
        "pools": {
            "finance": BRIEF,
            HOSTILE: {**BRIEF, "outcome": "done", "seconds": None, "succeeded": 1, "failed": 0, "skipped": 0},
        },
        **files,
    }
    assert run.counts["changed"] == 0
    assert run.requests == []


def test_check_mode_writes_as_well(ansible_in_process: Ansible) -> None:
    rehearsed = {**FINANCE, "outcome": "planned", "check_mode": True}
    folder = ansible_in_process.folder / "reports"
    run = report(ansible_in_process, [rehearsed], {"check": True, "diff": True}, dir=str(folder), name="re/hearsal")
    assert sorted(path.name for path in folder.iterdir()) == ["re-hearsal.html", "re-hearsal.json"]
    assert "Rehearsal: nothing was changed" in (folder / "re-hearsal.html").read_text()
    assert "<!DOCTYPE" not in run.output
    assert run.counts["changed"] == 0
    again = report(ansible_in_process, [{**rehearsed, "outcome": "unchanged"}], dir=str(folder), name="re/hearsal")
    assert len(list(folder.iterdir())) == 2
    assert json.loads((folder / "re-hearsal.json").read_text())["pools"][0]["outcome"] == "unchanged"
    assert files_of(again)["html"] == str(folder / "re-hearsal.html")


def test_without_a_folder_there_is_no_file(ansible_in_process: Ansible) -> None:
    before = sorted(path.name for path in ansible_in_process.folder.iterdir())
    run = report(ansible_in_process, [FINANCE])
    assert files_of(run) == {"html": "", "json": ""}
    assert statistic(run) == {"pools": {"finance": BRIEF}, "html": "", "json": ""}
    new = sorted({path.name for path in ansible_in_process.folder.iterdir()} - set(before))
    assert [name for name in new if name.endswith((".html", "finance"))] == []


def test_the_numbers_are_kept_where_the_files_cannot_be_written(ansible_in_process: Ansible) -> None:
    blocked = ansible_in_process.folder / "blocked"
    blocked.write_text("a file where a folder is wanted")
    run = report(ansible_in_process, [FINANCE], {"fails": True}, dir=str(blocked))
    assert statistic(run) == {"pools": {"finance": BRIEF}, "html": "", "json": ""}
    assert blocked.read_text() == "a file where a folder is wanted"


@pytest.mark.parametrize("results", [["text"], [[]]], ids=str)
def test_what_is_no_result_is_refused_in_a_sentence(ansible_in_process: Ansible, results: list[Any]) -> None:
    run = report(ansible_in_process, results, {"fails": True}, dir=str(ansible_in_process.folder / "reports"))
    assert not (ansible_in_process.folder / "reports").exists()
    assert "pool_report_results" in run.output
