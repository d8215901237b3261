# Copyright (c) 2026 the hwcloud.workspace contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Whether the desktops of a wave came out of it as they should, and which of them to start or to stop. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from .aims import IMAGE, PRODUCT, Aim
from .model import Desktop
from .waves import Scene

_RUNNING = "ACTIVE"
_STOPPED = frozenset({"SHUTOFF", "HIBERNATED"})
_READY = frozenset({"REGISTERED", "CONNECTED", "DISCONNECTED"})  # the desktop has told the service that it is up
_NOT_READY = "UNREGISTER"
_HAS = {IMAGE: "image", PRODUCT: "product"}


def wave_health(
    state: Mapping[str, Any], step: Mapping[str, Any], outcome: Mapping[str, Any], report: Mapping[str, Any]
) -> dict[str, Any]:
    """Return how the desktops of a wave are after it.

    Looked at are those that the wave has touched and of which the service did not say that they failed. If it ended
    with an error that leaves open what became of them, none is looked at. A desktop that has another ID now is found
    by its name.

    :param state: of the rollout, before ``end_wave``.
    :param step: the wave, from ``next_wave``.
    :param outcome: what is known of it so far, as for ``end_wave``: ``failed``, ``left``, ``error`` and ``job_over``.
    :param report: the pool as it is now.
    :returns: ``healthy`` (list of desktops as in the step), ``unhealthy`` (list of dicts of desktop_id, desktop_name
        and fail_reason), ``waiting`` (IDs of those among them that may only need time), ``to_start`` (IDs of
        desktops that ran before and do not run now) and ``to_stop`` (IDs of desktops that were stopped before and run
        now, without a user).
    """
    scene, aim = Scene.of(report), Aim.of(state["change"])
    due = aim.due(scene.pool, scene.desktops)
    failed = {str(entry["desktop_id"]) for entry in outcome.get("failed") or []}
    left = set(outcome.get("left") or ())
    found: dict[str, Any] = {"healthy": [], "unhealthy": [], "waiting": [], "to_start": [], "to_stop": []}
    if outcome.get("error") and not failed and not outcome.get("job_over"):
        return found
    by_id = {desktop.id: desktop for desktop in scene.desktops}
    by_name = {desktop.name.upper(): desktop for desktop in scene.desktops}
    for entry in step["desktops"]:
        if entry["desktop_id"] in failed | left:
            continue
        desktop = by_id.get(entry["desktop_id"]) or by_name.get(entry["desktop_name"].upper())
        ran = entry["status"] == _RUNNING
        if desktop is not None and ran and desktop.status in _STOPPED:
            found["to_start"].append(desktop.id)
        if desktop is not None and entry["status"] in _STOPPED and desktop.status == _RUNNING:
            found["to_stop"] += [] if desktop.in_session else [desktop.id]
        reason, may_pass = _ailment(aim, entry, desktop, desktop is not None and desktop.id in due)
        if reason and outcome.get("error") and not failed:
            reason = str(outcome["error"])
        if reason:
            named = {"desktop_id": entry["desktop_id"], "desktop_name": entry["desktop_name"]}
            found["unhealthy"].append({**named, "fail_reason": reason})
            found["waiting"] += [entry["desktop_id"]] if may_pass else []
        else:
            found["healthy"].append(dict(entry))
    return found


def _ailment(aim: Aim, entry: Mapping[str, Any], desktop: Desktop | None, is_due: bool) -> tuple[str, bool]:
    """Return what is wrong with a desktop, empty if nothing is, and whether it may pass by itself."""
    if desktop is None:
        return "it is not there any more after the change.", False
    if desktop.status == "ERROR":
        return "it is in state ERROR after the change.", False
    if desktop.task_status:
        return f"it is still busy after the change ({desktop.task_status}).", True
    if is_due and aim.what in _HAS:
        has = aim.value_of(desktop) or "none"
        return f"it does not have the {_HAS[aim.what]} after the change, but {has}.", True
    if is_due:
        return "it does not have the disks after the change.", True
    if entry["status"] == _RUNNING and desktop.status != _RUNNING:
        return f"it ran before the change, and is {desktop.status} after it.", True
    if entry["login_status"] in _READY and entry["status"] == _RUNNING and desktop.login_status == _NOT_READY:
        return "it runs after the change, but is not ready for users (UNREGISTER).", True
    return "", False
