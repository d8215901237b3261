# Copyright (c) 2026 the hwcloud.workspace contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What the tests of roles that roll out in waves share: the estate, and looks at what a rollout has come to."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from running import HERE, Run
from sight import Sight

LARGE, XLARGE = "workspace.x86.enterprise.large2", "workspace.x86.enterprise.xlarge2"
"""Products; the pools begin with the first."""


def set_up(sight: Sight, **parts: Any) -> Sight:
    """Give the simulator the estate of the rollouts.

    :param parts: parts of the estate in another way, for example ``dialect``.
    """
    clock = sight.control.clock()
    sight.control.seed((HERE / "waves.yml").read_text(encoding="utf-8"))
    sight.control.set_clock(factor=clock["factor"])
    if parts:
        sight.control.set_dialect(**parts)
    return sight


def variables(role: str, pool: str, **more: Any) -> dict[str, Any]:
    """Return variables of a role."""
    return {f"{role}_{name}": value for name, value in {"pool": pool, **more}.items()}


def result_of(run: Run) -> dict[str, Any]:
    """Return the fact that a role leaves."""
    facts = run["Remember the result"]["ansible_facts"]
    return dict(next(iter(facts.values())))


def names_by_wave(result: Mapping[str, Any]) -> list[list[str]]:
    """Return the names of the desktops of each wave."""
    return [sorted(desktop["desktop_name"] for desktop in wave["desktops"]) for wave in result["waves"]]


def kinds(result: Mapping[str, Any]) -> list[tuple[str, int]]:
    """Return the kind of each wave, and of how many desktops it was."""
    return [(wave["kind"], len(wave["desktops"])) for wave in result["waves"]]


def effects(sight: Sight, pool: str, kind: str) -> dict[str, list[dict[str, Any]]]:
    """Return what was done to each desktop of a pool, by name.

    :param kind: such as ``rebuilds``.
    """
    return {desktop["computer_name"]: desktop["effects"][kind] for desktop in sight.control.pool(pool)["desktops"]}


def images_set(sight: Sight, pool: str) -> dict[str, list[str]]:
    """Return the images that each desktop of a pool was recomposed to, in order."""
    return {name: [done["image_id"] for done in events] for name, events in effects(sight, pool, "rebuilds").items()}
