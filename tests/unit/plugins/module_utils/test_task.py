# Copyright (c) 2026 the hwcloud.workspace contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Tasks: what run() is given, what becomes of what it returns or raises, and that no secret gets out."""

from __future__ import annotations

import datetime
import enum
import json
import subprocess
import sys
from collections.abc import Callable
from typing import Any

import pytest

from ansible_collections.hwcloud.workspace.plugins.module_utils import task as task_file
from ansible_collections.hwcloud.workspace.plugins.module_utils.client.errors import RefusedError, WorkspaceError
from ansible_collections.hwcloud.workspace.plugins.module_utils.limits import IntRange, Length
from ansible_collections.hwcloud.workspace.plugins.module_utils.task import (
    ModuleSpec,
    Result,
    Task,
    execute,
    missing_library,
    plain,
)

SPEC = ModuleSpec(
    argument_spec={"delay_time": {"type": "int"}, "message": {"type": "str"}},
    limits={"delay_time": IntRange(0, 15, "minutes"), "message": Length(1, 400)},
)


class Tagged(str):
    """A string that carries something along, as those of Ansible do."""

    __slots__ = ("origin",)


class Mode(str, enum.Enum):
    SOFT = "SOFT"


def make_task(show: Callable[[str], None] | None = None, secrets: tuple[str, ...] = (), **params: Any) -> Task:
    return Task("desktop_pool_rebuild", params, False, {"HOME": "/home/me"}, show, secrets)


def raising(error: Exception) -> Callable[[Task], Result]:
    def run(_task: Task) -> Result:
        raise error

    return run


def test_run_gets_the_task_and_its_result_says_whether_something_changed() -> None:
    task = make_task(delay_time=3)
    assert execute(SPEC, lambda given: {"seen": given is task}, task) == {"changed": False, "seen": True}
    assert execute(SPEC, lambda given: {"changed": True}, task) == {"changed": True}


def test_params_are_of_plain_builtin_types_at_every_depth() -> None:
    task = make_task(pool=Tagged("x"), volumes=({Tagged("type"): Mode.SOFT, "sizes": {2, 1}},))
    assert task.params == {"pool": "x", "volumes": [{"type": "SOFT", "sizes": [1, 2]}]}
    assert task.params["pool"].__class__ is str
    assert {key.__class__ for key in task.params["volumes"][0]} == {str}
    assert task.params["volumes"][0]["type"].__class__ is str


def test_options_outside_their_limits_end_the_task_before_run() -> None:
    result = execute(SPEC, raising(AssertionError("run was called")), make_task(delay_time=16, message=""))
    assert result == {
        "changed": False,
        "failed": True,
        "msg": "delay_time is 16; it takes 0 to 15 minutes. message is empty; it takes 1 to 400 characters.",
    }


def test_an_error_of_the_service_becomes_a_sentence_and_its_facts() -> None:
    error = RefusedError(
        "pool x: refused.", http_status=409, error_code="WKS.1", request_id="r1", desktops=(Tagged("d"),)
    )
    result = execute(SPEC, raising(error), make_task())
    assert result == {
        "changed": False,
        "failed": True,
        "msg": "pool x: refused.",
        "http_status": 409,
        "error_code": "WKS.1",
        "error_msg": "",
        "request_id": "r1",
        "desktops": ["d"],
    }


def test_a_failure_after_something_was_changed_says_so() -> None:
    result = execute(SPEC, raising(WorkspaceError("pool x: 1 desktop failed.", changed=True, job_id="j1")), make_task())
    assert (result["failed"], result["changed"], result["job_id"]) == (True, True, "j1")


def test_a_fact_that_json_does_not_know_does_not_hide_the_error() -> None:
    result = execute(SPEC, raising(WorkspaceError("no.", cause=ValueError("why"))), make_task())
    assert (result["msg"], result["cause"]) == ("no.", "why")


def test_a_defect_is_named_with_its_type_and_our_line_and_without_a_traceback() -> None:
    def run(_task: Task) -> Result:
        return {"desktops": plain(object())}

    result = execute(SPEC, run, make_task())
    assert result["failed"] is True
    assert result["changed"] is False
    assert result["msg"].startswith(
        "desktop_pool_rebuild met a defect in the hwcloud.workspace collection, please report it: TypeError: "
        "a value of type object cannot go through JSON (at plugins/module_utils/task.py:"
    )
    assert "\n" not in result["msg"]
    assert "Traceback" not in result["msg"]


def test_a_defect_that_says_nothing_is_still_named() -> None:
    assert (
        "please report it: ZeroDivisionError (at plugins/"
        in execute(SPEC, raising(ZeroDivisionError()), make_task())["msg"]
    )


def test_a_result_that_json_does_not_know_is_a_defect() -> None:
    assert "TypeError" in execute(SPEC, lambda task: {"x": object()}, make_task())["msg"]


def test_an_interruption_is_not_taken_for_a_defect() -> None:
    def run(_task: Task) -> Result:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        execute(SPEC, run, make_task())


def test_warnings_come_with_the_result_once_each_and_with_a_failure_too() -> None:
    def run(task: Task) -> Result:
        for text in ("one", "two", "one"):
            task.warn(text)
        raise WorkspaceError("no.")

    assert execute(SPEC, run, make_task())["warnings"] == ["one", "two"]
    assert execute(SPEC, lambda task: {"warnings": ["of run"]}, make_task())["warnings"] == ["of run"]
    assert "warnings" not in execute(SPEC, lambda task: {}, make_task())


def test_progress_is_shown_at_once_and_without_secrets() -> None:
    shown: list[str] = []
    make_task(shown.append, secrets=("s3cret",)).progress("pool x: s3cret, 1/2 desktops")
    assert shown == ["pool x: ********, 1/2 desktops"]


def test_progress_without_a_way_to_show_it_is_dropped() -> None:
    result = execute(SPEC, lambda task: {"said": task.progress("1/2 desktops")}, make_task(show=None))
    assert result == {"changed": False, "said": None}


SECRET = 'pa"ss\\wörd/+'


@pytest.mark.parametrize("error", [WorkspaceError(f"login with {SECRET} failed."), KeyError(SECRET)])
@pytest.mark.parametrize("known", ["as an option", "to run"])
def test_no_sentence_holds_a_secret(error: Exception, known: str) -> None:
    def run(task: Task) -> Result:
        task.warn(f"{SECRET} is weak")
        if known == "to run":
            task.add_secret(SECRET)
        raise error

    result = execute(SPEC, run, make_task(secrets=(SECRET,) if known == "as an option" else ()))
    assert result["warnings"] == ["******** is weak"]
    assert "********" in result["msg"]
    assert "wörd" not in result["msg"]


def test_a_secret_in_a_text_that_is_cut_leaves_no_part_behind() -> None:
    result = execute(SPEC, raising(ValueError(SECRET * 100)), make_task(secrets=(SECRET,)))
    said = result["msg"].partition("ValueError: ")[2].partition(" (at ")[0]
    assert set(said) == {"*", "…"}


@pytest.mark.parametrize("spelled", [SECRET, json.dumps(SECRET), repr(SECRET), "pa%22ss%5Cw%C3%B6rd%2F%2B"])
def test_a_secret_is_recognised_as_json_urls_and_python_spell_it(spelled: str) -> None:
    task = make_task(secrets=(SECRET,))
    assert task.censor(f"<{spelled}>").strip("<>\"'") == "********"


def test_a_secret_within_a_secret_does_not_leave_the_rest_behind() -> None:
    assert make_task(secrets=("abc", "abcdef")).censor("abcdef abc") == "******** ********"


def test_an_empty_secret_censors_nothing() -> None:
    assert make_task(secrets=("",)).censor("text") == "text"


def test_plain_gives_what_json_would() -> None:
    value = {
        1: (Mode.SOFT, 1.5, None, True),
        "day": datetime.date(2026, 1, 2),
        "at": datetime.datetime(2026, 1, 2, 3, 4),
    }
    assert plain(value) == {"1": ["SOFT", 1.5, None, True], "day": "2026-01-02", "at": "2026-01-02T03:04:00"}
    assert plain([complex(1)], other=str) == ["(1+0j)"]
    with pytest.raises(TypeError, match="complex"):
        plain([complex(1)])


def test_a_python_without_requests_is_told_which_one_it_is_and_what_to_do(monkeypatch: pytest.MonkeyPatch) -> None:
    assert missing_library() is None
    monkeypatch.setitem(sys.modules, "requests", None)  # what the import system takes for "is not there"
    result = execute(SPEC, raising(AssertionError("run was called")), make_task())
    assert result["failed"] is True
    assert result["msg"].startswith(f"The Python library requests is needed, and {sys.executable} cannot load it")
    assert result["msg"].endswith(f"{sys.executable} -m pip install requests")


def test_nothing_of_ansible_is_needed_to_run_a_task() -> None:
    code = f"import sys; sys.path[:0] = {sys.path!r}; sys.modules['ansible'] = None; import {task_file.__name__}"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")


def test_a_spec_hands_its_conditions_on_as_lists_and_dicts() -> None:
    spec = ModuleSpec(
        argument_spec={"a": {"type": "str"}}, required_if=(("a", "x", ("b",)),), required_by={"a": ("b",)}
    )
    assert spec.validation() == {
        "argument_spec": {"a": {"type": "str"}},
        "mutually_exclusive": [],
        "required_together": [],
        "required_one_of": [],
        "required_if": [("a", "x", ("b",))],
        "required_by": {"a": ("b",)},
    }
    spec.validation()["argument_spec"]["a"]["type"] = "int"
    assert spec.argument_spec["a"]["type"] == "str"
