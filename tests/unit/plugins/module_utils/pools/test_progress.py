# Copyright (c) 2026 the hwcloud.workspace contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Progress: a line when something is new, never two in ten seconds, and one at the end."""

from __future__ import annotations

import itertools

import pytest

from ansible_collections.hwcloud.workspace.plugins.module_utils.client.jobs import Job
from ansible_collections.hwcloud.workspace.plugins.module_utils.pools.progress import LEAST_PAUSE, Progress, job_state
from ansible_collections.hwcloud.workspace.tests.unit.plugins.module_utils.scripted_service import HandClock


def job(status: str, *parts: str, total: int | None = None) -> Job:
    subs = [{"id": f"s{number}", "status": part} for number, part in enumerate(parts)]
    return Job.from_service({"id": "j", "status": status, "sub_jobs": subs, "sub_jobs_total": total or len(subs)})


@pytest.mark.parametrize(
    ("state", "text"),
    [
        (job("WAITING"), "waiting"),
        (job(""), "accepted"),
        (job("RUNNING", "RUNNING", "WAITING"), "0/2 desktops, 1 running"),
        (job("RUNNING", "SUCCESS", "FAILED", "RUNNING", total=5), "2/5 desktops, 1 failed, 1 running"),
        (job("COMPLETE", "SUCCESS", "SUCCESS"), "2/2 desktops"),
        (job("FAIL", "FAILED"), "1/1 desktops, 1 failed"),
    ],
)
def test_a_job_reads_as_how_far_it_is(state: Job, text: str) -> None:
    assert job_state(state) == text


@pytest.fixture
def lines() -> list[str]:
    """Return the lines that were written."""
    return []


@pytest.fixture
def progress(clock: HandClock, lines: list[str]) -> Progress:
    """Return a progress that begins now."""
    return Progress(clock, lines.append, "finance-win10")


def test_a_line_names_the_pool_what_runs_how_far_it_is_and_since_when(
    progress: Progress, clock: HandClock, lines: list[str]
) -> None:
    clock.time += 250
    progress.job("recompose")(job("RUNNING", "SUCCESS", "FAILED", "RUNNING"))
    assert lines == ["finance-win10: recompose 2/3 desktops, 1 failed, 1 running, 4m10s"]


def test_nothing_new_is_not_said(progress: Progress, clock: HandClock, lines: list[str]) -> None:
    tell = progress.job("recompose")
    for _time in range(10):
        tell(job("RUNNING", "RUNNING"))
        clock.time += 60
    assert len(lines) == 1


def test_however_much_happens_there_is_one_line_in_ten_seconds(
    progress: Progress, clock: HandClock, lines: list[str]
) -> None:
    tell, said_at = progress.job("recompose"), []
    for step in range(100):
        before = len(lines)
        tell(job("RUNNING", *["SUCCESS"] * step, "RUNNING"))
        said_at += [clock.time] * (len(lines) - before)
        clock.time += 1
    assert len(lines) == 10
    assert all(later - earlier >= LEAST_PAUSE for earlier, later in itertools.pairwise(said_at))


def test_the_end_is_said_at_once(progress: Progress, clock: HandClock, lines: list[str]) -> None:
    tell = progress.job("recompose")
    tell(job("RUNNING", "RUNNING"))
    clock.time += 1
    tell(job("COMPLETE", "SUCCESS"))
    assert lines[1:] == ["finance-win10: recompose 1/1 desktops, 1s"]


def test_a_change_that_came_too_soon_is_said_later(progress: Progress, clock: HandClock, lines: list[str]) -> None:
    tell = progress.job("recompose")
    tell(job("RUNNING", "RUNNING", "RUNNING"))
    for _time in range(2):
        clock.time += 6
        tell(job("RUNNING", "SUCCESS", "RUNNING"))
    assert lines[1:] == ["finance-win10: recompose 1/2 desktops, 1 running, 12s"]


def test_a_note_is_paced_like_a_line(progress: Progress, clock: HandClock, lines: list[str]) -> None:
    progress.note("waits for something")
    progress.note("waits for something else")
    clock.time += LEAST_PAUSE
    progress.note("waits for something")
    progress.note("waits for something else")
    clock.time += LEAST_PAUSE
    progress.note("waits for something else")
    assert lines == ["finance-win10: waits for something, 0s", "finance-win10: waits for something else, 10s"]
