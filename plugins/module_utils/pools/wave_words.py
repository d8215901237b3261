# Copyright (c) 2026 the hwcloud.workspace contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a rollout says to whoever watches it: one sentence a wave, and a few lines at the end. Pure."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

from ..client.clock import duration
from ..client.errors import InputError
from .aims import IMAGE, PRODUCT, VOLUMES
from .lookup import count
from .waves import BACK, CANARY, CHANGE, DONE, FAILED, PLANNED, REPAIR, ROLLED_BACK, ROLLING_BACK, STOPPED, UNCHANGED

_DOES = {IMAGE: "recompose", PRODUCT: "resize", VOLUMES: "change the disks of"}
_DID = {IMAGE: "recomposed", PRODUCT: "resized", VOLUMES: "given the disks"}
_AIM = {IMAGE: "image", PRODUCT: "product", VOLUMES: "disks"}
_KIND = {CANARY: " (canary)", REPAIR: " (second try)", ROLLING_BACK: " (roll back)"}
_SHOWN = 8


def rollout_words(subject: Mapping[str, Any], of: str, step: Mapping[str, Any] | None = None) -> list[str]:
    """Return sentences about a rollout.

    :param subject: the rollout's state; of ``result`` the result, of ``rehearsal`` that of the rehearsal.
    :param of: ``begin`` or ``end`` of a step, ``result`` or ``rehearsal``.
    :param step: the step, of ``begin`` and ``end``.
    :raises InputError: ``of`` is something else.
    """
    speakers: dict[str, Callable[[], list[str]]] = {
        "begin": lambda: _begin(subject, step or {}),
        "end": lambda: _end(subject, step or {}),
        "result": lambda: _result(subject),
        "rehearsal": lambda: _rehearsal(subject),
    }
    if of not in speakers:
        raise InputError(f"there are no words of {of!r}; known are {', '.join(speakers)}.")
    return speakers[of]()


def _begin(state: Mapping[str, Any], step: Mapping[str, Any]) -> list[str]:
    pool = f"pool {state['pool']}"
    if step["action"] != CHANGE:
        many = count(len(step["desktop_ids"]), "desktop")
        wanted = "all of them" if step["until"] == "all" else "one of them"
        limit = duration(step["wait_timeout"])
        return [f"{pool}: what is left is {many} in use; waits until users have left {wanted}, for {limit} at most."]
    open_ids = set(state["due"]) - set(state["done"]) - set(state["skipped"])
    left = len(open_ids - set(step["desktop_ids"]))
    to = "" if state["what"] == VOLUMES else f" to {state['to_name']}"
    after = "nothing is left after it" if not left else f"{left} more after it"
    said = (
        f"{pool}: wave {step['wave']}{_KIND.get(step['kind'], '')}: {_DOES[state['what']]} "
        f"{count(len(step['desktop_ids']), 'desktop')}{to}, {after}: {_names(step['desktops'])}."
    )
    if step["in_session"]:
        used = [entry for entry in step["desktops"] if entry["desktop_id"] in step["in_session"]]
        said += f" Users are logged in on {len(used)} of them and are logged off: {_names(used, with_users=True)}."
    return [said]


def _end(state: Mapping[str, Any], step: Mapping[str, Any]) -> list[str]:
    pool = f"pool {state['pool']}"
    wave = state["waves"][-1] if state["waves"] else {}
    said = []
    if step["action"] == CHANGE and wave.get("wave") == step["wave"]:
        total, failed = len(wave["desktops"]), wave["failed"]
        did = f"{_DID[state['what']]}{' back' if state['phase'] == BACK else ''}"
        came = f"{pool}: wave {step['wave']}{_KIND.get(step['kind'], '')}: "
        if wave["error"]:
            came += f"ended with an error after {duration(wave['seconds'])}: {wave['error']}"
        else:
            came += f"{total - len(failed)} of {count(total, 'desktop')} {did} in {duration(wave['seconds'])}"
            came += f", {len(failed)} failed: {_with_reasons(failed)}." if failed else "."
        said.append(came)
    elif step["action"] == CHANGE:
        said.append(f"{pool}: wave {step['wave']}: nothing was changed, since its desktops stayed in use.")
    skipped = [
        state["skipped"][entry["desktop_id"]] for entry in step["desktops"] if entry["desktop_id"] in state["skipped"]
    ] if step["action"] == CHANGE else []  # fmt: skip
    if skipped:
        said.append(f"{pool}: left alone from now on: {_with_reasons(skipped, key='reason')}.")
    if (state["stop"] or {}).get("cause"):
        said.append(f"{pool}: stops here: {state['stop']['reason']}")
    return said


def _result(result: Mapping[str, Any]) -> list[str]:
    pool = f"pool {result['pool']}"
    done_to = _done_to(result)
    waves = _waves(result["waves"])
    spent = f"{waves}, {duration(result['seconds'])}" if waves else duration(result["seconds"])
    if result["waves"] and result["rate"]:
        spent += f", {result['rate']:.0f} desktops an hour"
    done = count(len(result["desktops_succeeded"]), "desktop")
    words = {
        UNCHANGED: f"{pool}: every desktop has {_target(result)}; nothing had to be done.",
        DONE: f"{pool}: done, {done} {done_to} ({spent}).",
        ROLLED_BACK: f"{pool}: rolled back ({spent}): {result['reason']}",
        STOPPED: f"{pool}: stopped, {done} {done_to} ({spent}): {result['reason']}",
        FAILED: f"{pool}: failed, {done} {done_to} ({spent}): {result['reason']}",
    }
    said = [words[result["outcome"]]]
    if result["outcome"] == DONE and result["reason"]:
        said.append(result["reason"][0].upper() + result["reason"][1:])
    said += [f"failed: {_said_of(entry, 'fail_reason')}" for entry in result["desktops_failed"]]
    said += [f"left alone: {_said_of(entry, 'reason')}" for entry in result["desktops_skipped"]]
    if result["desktops_left"] and result["outcome"] != ROLLED_BACK:
        left = len(result["desktops_left"])
        said.append(
            f"{left} of {count(result['desktop_count'], 'desktop')} still {'needs' if left == 1 else 'need'} it."
        )
    return said


def _rehearsal(result: Mapping[str, Any]) -> list[str]:
    pool = f"pool {result['pool']}"
    if result["outcome"] == UNCHANGED:
        return [f"{pool}: every desktop has {_target(result)}; nothing would be done."]
    many = sum(len(wave["desktops"]) for wave in result["waves"])
    lasts = f", about {duration(result['expected_seconds'])}" if result["expected_seconds"] else ""
    whole = ", all at once since this region changes whole pools only" if result["whole_pool"] else ""
    if result["waves"]:
        waves = _waves(result["waves"])
        of_all = f"{many} of {count(result['desktop_count'], 'desktop')}"
        said = [f"{pool}: {of_all} would be {_done_to(result)} in {waves}{whole}{lasts}."]
    else:
        said = [f"{pool}: no desktop would be {_done_to(result)}."]
    for wave in result["waves"]:
        lasts = f" (about {duration(wave['expected_seconds'])})" if wave["expected_seconds"] else ""
        line = f"wave {wave['wave']}{_KIND.get(wave['kind'], '')}: {count(len(wave['desktops']), 'desktop')}{lasts}"
        if wave["after_users"]:
            line += ", once their users have left"
        line += f": {_names(wave['desktops'], most=10_000)}"
        used = [entry for entry in wave["desktops"] if entry["login_status"] in ("CONNECTED", "DISCONNECTED")]
        said.append(line + (f"; logged in: {_names(used, most=10_000, with_users=True)}" if used else ""))
    said += [f"left alone: {_said_of(entry, 'reason')}" for entry in result["desktops_skipped"]]
    if result["cause"]:
        said.append(f"then it would stop: {result['reason']}")
    elif result["waves"] or result["outcome"] == PLANNED:
        said.append("then the pool's template follows, for desktops that are added later.")
    return said


def _target(result: Mapping[str, Any]) -> str:
    return "the disks" if result["what"] == VOLUMES else f"{_AIM[result['what']]} {result['to']}"


def _done_to(result: Mapping[str, Any]) -> str:
    return _DID[result["what"]] + ("" if result["what"] == VOLUMES else f" to {_target(result)}")


def _waves(waves: Sequence[Any]) -> str:
    return count(len(waves), "wave") if waves else ""


def _names(entries: Iterable[Mapping[str, Any]], *, most: int = _SHOWN, with_users: bool = False) -> str:
    found = []
    for entry in entries:
        users = ", ".join(entry.get("user_names") or []) if with_users else ""
        found.append(str(entry.get("desktop_name") or entry["desktop_id"]) + (f" ({users})" if users else ""))
    return ", ".join(found[:most]) + (f" and {len(found) - most} more" if len(found) > most else "")


def _with_reasons(entries: Sequence[Mapping[str, Any]], key: str = "fail_reason") -> str:
    found = [_said_of(entry, key) for entry in entries]
    return ", ".join(found[:_SHOWN]) + (f" and {len(found) - _SHOWN} more" if len(found) > _SHOWN else "")


def _said_of(entry: Mapping[str, Any], key: str) -> str:
    name = entry.get("desktop_name") or entry["desktop_id"]
    words = str(entry.get(key) or entry.get("error_code") or "no reason given").rstrip(".")
    return f"{name} ({words})"
