# Copyright (c) 2026 the hwcloud.workspace contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The role pool_resize: a product in waves, and back."""

from __future__ import annotations

from typing import Any

import pytest
from rollouts import LARGE, XLARGE, effects, kinds, names_by_wave, result_of, set_up, variables
from running import Ansible
from sight import Sight

QUIET = [f"QUI-{number:03d}" for number in range(1, 9)]
STOPPED = r"pool quiet: \d+ of the \d+ desktops to resize (is|are) running and (is|are) stopped first"


@pytest.fixture
def estate(sight: Sight) -> Sight:
    """Hand out the estate of the rollouts."""
    return set_up(sight)


def resize(product: str = XLARGE, **more: Any) -> dict[str, Any]:
    """Return variables of the role."""
    return variables("pool_resize", "quiet", product=product, **more)


def resized(estate: Sight) -> dict[str, list[str]]:
    """Return the products that each desktop was given, in order."""
    return {
        name: [done["product_id"] for done in events] for name, events in effects(estate, "quiet", "resizes").items()
    }


def test_check_run_and_run_again(ansible: Ansible, sight: Sight) -> None:
    estate = set_up(sight)
    foreseen = ansible.role(resize(max_unavailable=4), "pool_resize", check=True, diff=True, warnings=[STOPPED])
    assert estate.effects() == 0
    run = ansible.role(resize(max_unavailable=4), "pool_resize", warnings=[STOPPED])
    result = result_of(run)
    assert kinds(result) == [("canary", 1), ("wave", 4), ("wave", 3)]
    assert names_by_wave(result) == names_by_wave(result_of(foreseen))
    assert (result["outcome"], result["from"], result["to"]) == ("done", LARGE, XLARGE)
    assert resized(estate) == {name: [XLARGE] for name in QUIET}
    assert estate.control.pool("quiet")["product"]["product_id"] == XLARGE
    assert run.sent("ResizeDesktopPool")[-1] == {"product_id": XLARGE, "handle_type": "ONLY_FOR_EXPAND"}
    assert estate.control.desktop("QUI-008")["status"] == "SHUTOFF"

    again = ansible.role(resize(), "pool_resize")
    assert again.counts["changed"] == 0
    assert again.changes == []


def test_failures_take_everything_back(ansible_in_process: Ansible, estate: Sight) -> None:
    estate.control.set_failures({"operation": "ResizeDesktopPool", "desktops": ["QUI-004"]})
    run = ansible_in_process.role(
        resize(canary=0, max_unavailable="100%"), "pool_resize", warnings=[STOPPED], fails=True
    )
    result = result_of(run)
    assert result["outcome"] == "rolled_back"
    assert resized(estate) == {name: [] if name == "QUI-004" else [XLARGE, LARGE] for name in QUIET}
    assert estate.control.pool("quiet")["product"]["product_id"] == LARGE


def test_an_unknown_product(ansible_in_process: Ansible, estate: Sight) -> None:
    run = ansible_in_process.role(resize("nothing"), "pool_resize", fails=True)
    assert "pool quiet: no product has the ID or name nothing" in run.output
    assert run.changes == []


@pytest.mark.readings
@pytest.mark.parametrize(
    "readings",
    [
        {"power_after_resize": "stopped", "resize_jobs": "own"},
        {"desktop_ids_change_template": "yes", "resize_job_type": "operateDesktops"},
        {"power_after_resize": "as_before", "mixed_products": "refused", "state_after_job": "lags"},
    ],
    ids=str,
)
def test_every_reading_of_the_service(ansible_in_process: Ansible, sight: Sight, readings: dict[str, str]) -> None:
    estate = set_up(sight, **readings)
    run = ansible_in_process.role(resize(max_unavailable="100%"), "pool_resize", warnings=[STOPPED])
    assert result_of(run)["outcome"] == "done"
    assert resized(estate) == {name: [XLARGE] for name in QUIET}
    states = {name: estate.control.desktop(name)["status"] for name in QUIET}
    assert states == {**dict.fromkeys(QUIET[:7], "ACTIVE"), "QUI-008": "SHUTOFF"}
    assert estate.control.pool("quiet")["product"]["product_id"] == XLARGE
