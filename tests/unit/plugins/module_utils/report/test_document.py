# Copyright (c) 2026 the hwcloud.workspace contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The report as data, and what it is called."""

from __future__ import annotations

import json
from typing import Any

import pytest

from ansible_collections.hwcloud.workspace.plugins.module_utils.report import document
from ansible_collections.hwcloud.workspace.plugins.module_utils.report.model import read_result
from ansible_collections.hwcloud.workspace.tests.unit.plugins.module_utils.report.sample_results import (
    HOSTILE,
    SAMPLES,
    clean,
    crowd,
    hostile,
    rehearsal,
    rolled_back,
)

NOW = "2026-11-22T01:02:03Z"


def name_of(*raws: dict[str, Any], wanted: str = "") -> str:
    """Return what the files of these results are called."""
    return document.file_name([read_result(raw) for raw in raws], wanted, NOW)


@pytest.mark.parametrize("name", SAMPLES)
def test_the_json_holds_all_that_was_handed_over(name: str) -> None:
    raws = SAMPLES[name]
    written = json.loads(
        json.dumps(document.document(raws, list(map(read_result, raws)), "Title", NOW), allow_nan=False)
    )
    assert (written["format"], written["title"], written["written"]) == (1, "Title", NOW)
    if name != "hostile":
        assert [{key: value for key, value in pool.items() if key != "summary"} for pool in written["pools"]] == raws


def test_numbers_of_a_summary() -> None:
    told = document.summary(read_result(rolled_back()))
    assert told == {
        "outcome": "rolled_back",
        "check_mode": False,
        "desktop_count": 120,
        "planned": 0,
        "in_session": 0,
        "waves": 6,
        "succeeded": 0,
        "put_back": 87,
        "failed": 3,
        "skipped": 3,
        "seconds": 5285,
        "rate": 131.4,
    }
    planned = document.summary(read_result(rehearsal()))
    assert (planned["planned"], planned["in_session"], planned["check_mode"]) == (40, 7, True)


def test_duration_and_rate_follow_from_the_rest_where_they_are_not_given() -> None:
    times = {"began": "2026-11-21T22:00:00Z", "ended": "2026-11-21T22:30:00Z"}
    told = document.summary(read_result({"pool": "finance", **times, "desktops_succeeded": ["a", "b", "b"]}))
    assert (told["succeeded"], told["seconds"], told["rate"]) == (2, 1800, 4)
    unknown = document.summary(read_result({"pool": "finance"}))
    assert (unknown["seconds"], unknown["rate"]) == (None, None)


def test_a_desktop_counts_once() -> None:
    twice = [{"desktop_id": "a", "fail_reason": "first"}, {"desktop_id": "a", "fail_reason": "last"}]
    result = read_result({"pool": "finance", "desktops_failed": twice})
    assert [remark.reason for remark in result.failed] == ["last"]


def test_numbers_for_a_controller_stay_small() -> None:
    told = document.brief([read_result(crowd()), read_result(clean()), read_result(clean())])
    assert set(told) == {"campus", "engineering", "engineering (22222222-0000-4000-8000-000000000003)"}
    assert told["campus"] == {"outcome": "done", "seconds": 5975, "succeeded": 988, "failed": 12, "skipped": 0}
    assert len(json.dumps(told)) < 600


def test_names_of_files() -> None:
    assert name_of(rolled_back()) == "finance-win10-20261121-214812"
    assert name_of(rolled_back(), rehearsal()) == "2-pools-20261121-160244"
    assert name_of({"pool": "finance"}) == "finance-20261122-010203"
    assert name_of() == "0-pools-20261122-010203"
    assert name_of(clean(), wanted="patch day") == "patch-day"


@pytest.mark.parametrize(
    "wanted", ["../../etc/passwd", "..", ".hidden", "-rf", "a/b", "\u00fc\u00f6", HOSTILE, "x" * 300]
)
def test_a_name_never_leaves_its_folder(wanted: str) -> None:
    for name in (name_of(clean(), wanted=wanted), name_of({**hostile(), "pool": wanted})):
        assert set(name) <= set("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._-")
        assert name[0] not in ".-"
        assert 0 < len(name) <= 100


def test_values_that_json_has_not() -> None:
    plain = document.plain({"a": float("nan"), 1: {2}, "t": ("x", b"y"), "s": "\ud800"})
    assert plain == {"a": None, "1": [2], "t": ["x", "b'y'"], "s": "\ufffd"}
