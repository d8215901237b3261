# Copyright (c) 2026 the hwcloud.workspace contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The filters of a rollout: how Ansible's values get in and out, and that they are documented as they are."""

from __future__ import annotations

import inspect
import json
import os
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import fields
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest
import yaml
from ansible.errors import AnsibleFilterError
from ansible.utils.unsafe_proxy import AnsibleUnsafe, wrap_var

from ansible_collections.hwcloud.workspace.plugins.filter.rollout import FilterModule
from ansible_collections.hwcloud.workspace.plugins.module_utils.pools import waves
from ansible_collections.hwcloud.workspace.plugins.module_utils.pools.policy import ON_FAILURE, SESSION_POLICIES, Policy
from ansible_collections.hwcloud.workspace.tests.unit.plugins.module_utils.pools.rollout_pool import (
    NOW,
    TO_NEW,
    a_rollout_pool,
)

FOLDER = Path(__file__).resolve().parents[4] / "plugins" / "filter"
FILTERS: dict[str, Callable[..., Any]] = FilterModule().filters()
DOCUMENTED = sorted(FILTERS)
NOW_TEXT = "2026-11-23T01:00:00Z"
DEFAULT_POLICY = Policy.of({})


def documentation(name: str) -> dict[str, Any]:
    found = yaml.safe_load((FOLDER / f"{name}.yml").read_text())["DOCUMENTATION"]
    assert isinstance(found, dict)
    return found


def as_written(value: Any) -> str:
    """Return a default as the documentation writes it."""
    amount = getattr(value, "number", value)
    return f"{amount}%" if getattr(value, "is_share", False) else str(amount)


def may_be_a_template(text: str) -> bool:
    """Return whether Ansible would fill it in: not what is marked unsafe, and newer ones only what they trust."""
    try:
        from ansible.template import is_trusted_as_template
    except ImportError:
        return not isinstance(text, AnsibleUnsafe)
    return bool(is_trusted_as_template(text))


@pytest.fixture
def controller_in_tokyo(monkeypatch: pytest.MonkeyPatch) -> Any:
    monkeypatch.setenv("TZ", "XST-9")
    time.tzset()
    yield
    monkeypatch.undo()
    time.tzset()


def test_a_rollout_goes_through_the_filters_as_through_the_functions() -> None:
    report, options = wrap_var(a_rollout_pool(3).report), wrap_var({"canary": ["D002"], "on_failure": "rollback"})
    pool = a_rollout_pool(3)
    assert FILTERS["rehearse_rollout"](report, TO_NEW, options, NOW_TEXT, None) == waves.rehearse_rollout(
        pool.report, TO_NEW, options, NOW
    )
    state = FILTERS["start_rollout"](report, TO_NEW, options, NOW_TEXT)
    assert state == pool.start(**options)
    step = FILTERS["next_wave"](state, report, NOW_TEXT)
    assert step["desktop_ids"] == ["d002"]
    failed = [{"desktop_id": "d002", "fail_reason": "no host left."}]
    state = FILTERS["end_wave"](state, step, wrap_var({"failed": failed}), NOW_TEXT)
    assert FILTERS["wants_rollback"](state) is True
    back = FILTERS["start_rollback"](state, report, NOW_TEXT)
    assert (back["phase"], back["due"]) == ("back", [])
    back = FILTERS["end_wave"](back, FILTERS["next_wave"](back, report, NOW_TEXT), {}, NOW_TEXT)
    result = FILTERS["rollout_result"](state, back, report, NOW_TEXT)
    assert result == waves.rollout_result(state, back, pool.report, NOW)
    assert result["outcome"] == "rolled_back"
    assert json.loads(json.dumps(result)) == result


def test_a_rollout_may_be_held_to_some_desktops() -> None:
    report = a_rollout_pool(3).report
    assert FILTERS["start_rollout"](report, TO_NEW, {}, NOW_TEXT, ["d001"])["due"] == ["d001"]
    assert FILTERS["start_rollout"](report, change=TO_NEW, options={}, now=NOW_TEXT, only=["d001"])["due"] == ["d001"]


def test_what_the_service_has_written_is_no_template() -> None:
    report = a_rollout_pool(1).report
    report["desktops"][0]["computer_name"] = "{{ lookup('env', 'HOME') }}"
    step = FILTERS["next_wave"](FILTERS["start_rollout"](report, TO_NEW, {}, NOW_TEXT), report, NOW_TEXT)
    told = [
        step["desktops"][0]["desktop_name"],
        *FILTERS["rollout_words"](FILTERS["start_rollout"](report, TO_NEW, {}, NOW_TEXT), "begin", step),
    ]
    assert all("lookup" in text for text in told)
    assert not any(map(may_be_a_template, told))


@pytest.mark.parametrize("none", [None, {}, ""])
def test_no_roll_back_is_said_in_several_ways(none: Any) -> None:
    pool = a_rollout_pool(1)
    state = pool.roll()
    assert FILTERS["rollout_result"](state, none, pool.report, NOW_TEXT)["outcome"] == "done"


@pytest.mark.parametrize(
    "now",
    [datetime(2026, 11, 23, 1), "2026-11-23T01:00:00", "2026-11-23 01:00:00.000000", NOW_TEXT, NOW],
)
@pytest.mark.usefixtures("controller_in_tokyo")
def test_the_present_may_come_without_a_zone_as_ansible_gives_it(now: Any) -> None:
    report = a_rollout_pool(2).report
    options = {"window_end": "2026-11-23T10:00:01"}  # in the zone of the controller: a second later
    state = FILTERS["start_rollout"](report, TO_NEW, options, now)
    assert state["began"] == "2026-11-23T01:00:00+00:00"
    assert FILTERS["next_wave"](state, report, now)["action"] == "change"
    options["window_end"] = "2026-11-23T10:00:00"
    assert FILTERS["next_wave"]({**state, "options": options}, report, now)["cause"] == "window"


@pytest.mark.parametrize(
    ("name", "values", "message"),
    [
        ("start_rollout", ({}, TO_NEW, {}, NOW_TEXT), "the pool was read without its desktops"),
        ("start_rollout", ({"desktops": []}, {}, {}, NOW_TEXT), "a rollout has one aim"),
        ("start_rollout", ({"desktops": []}, TO_NEW, {"canary": "x"}, NOW_TEXT), "canary is 'x'"),
        ("start_rollout", ({"desktops": []}, TO_NEW, {}, "soon"), "now is 'soon'"),
        ("rehearse_rollout", ({"desktops": []}, TO_NEW, {"max_unavailable": 0}, NOW_TEXT), "max_unavailable is 0"),
        ("next_wave", ({}, {}, NOW_TEXT), "the pool was read without its desktops"),
        ("start_rollback", ({"what": "volumes"}, {}, NOW_TEXT), "disks are not taken back"),
        ("rollout_result", ({}, None, {}, NOW_TEXT), "the pool was read without its desktops"),
        ("end_wave", ({}, {}, {}, "soon"), "now is 'soon'"),
        (
            "wants_rollback",
            ({"stop": {"cause": "failures"}, "options": {"on_failure": "x"}},),
            "on_failure is 'x'",
        ),
    ],
)
def test_what_cannot_be_is_an_error_of_one_sentence_that_names_the_filter(
    name: str, values: tuple[Any, ...], message: str
) -> None:
    with pytest.raises(AnsibleFilterError) as refused:
        FILTERS[name](*values)
    assert str(refused.value).startswith(f"{name}: {message}")


def test_the_pace_goes_through_the_filter() -> None:
    times = {"begin_time": "2026-11-23 01:00:00", "end_time": "2026-11-23 01:05:00"}
    jobs = [{"sub_jobs": [{"job_type": "rebuildDesktopPool", "status": "SUCCESS", **times}]}]
    pace = FILTERS["pool_pace"](wrap_var(jobs), ["rebuildDesktopPool"])
    assert pace == {"seconds_per_desktop": 300.0, "parallel": 1, "desktops": 1}


@pytest.mark.parametrize("name", DOCUMENTED)
def test_a_filter_is_documented_with_the_values_that_it_takes_in_their_order(name: str) -> None:
    described = documentation(name)
    parameters = list(inspect.signature(FILTERS[name]).parameters.values())
    assert described["name"] == name
    assert described["positional"].split(", ") == ["_input", *(parameter.name for parameter in parameters[1:])]
    needed = {"_input", *(own.name for own in parameters[1:] if own.default is inspect.Parameter.empty)}
    assert {option for option, facts in described["options"].items() if facts.get("required")} == needed
    assert set(described["options"]) == {"_input", *(parameter.name for parameter in parameters[1:])}


@pytest.mark.parametrize("name", ["start_rollout", "rehearse_rollout"])
def test_the_options_of_a_rollout_are_documented_with_their_defaults(name: str) -> None:
    described = documentation(name)["options"]["options"]["suboptions"]
    assert set(described) == {own.name for own in fields(Policy)}
    shown = {option: str(facts.get("default")) for option, facts in described.items()}
    assert shown == {own.name: as_written(getattr(DEFAULT_POLICY, own.name)) for own in fields(Policy)}
    assert described["on_failure"]["choices"] == list(ON_FAILURE)
    assert described["session_policy"]["choices"] == list(SESSION_POLICIES)


def test_what_comes_of_a_change_is_documented_as_it_is_read() -> None:
    described = documentation("end_wave")["options"]["outcome"]["suboptions"]
    read = {name for name in described if f'outcome.get("{name}")' in inspect.getsource(waves)}
    assert read == set(described)


def test_ansible_shows_what_is_documented() -> None:
    names = [f"hwcloud.workspace.{name}" for name in DOCUMENTED]
    command = [Path(sys.executable).with_name("ansible-doc"), "-t", "filter", "-j", *names]
    # Where the code under test was found, be it by this repository's tests or by ansible-test.
    collections = Path(inspect.getfile(FilterModule)).parents[5]
    environment = {**os.environ, "ANSIBLE_COLLECTIONS_PATH": str(collections)}
    shown = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=120, check=False)
    assert shown.returncode == 0, shown.stderr
    pages = json.loads(shown.stdout)
    assert sorted(pages) == sorted(names)
    for name, page in pages.items():
        assert page["doc"]["version_added"] == "0.1.0", name
        assert page["return"]["_value"]["description"], name
        assert name in page["examples"], name
