# Copyright (c) 2026 the hwcloud.workspace contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The role pool_recompose: which image, and what is refused. How it rolls out is tested in test_waves.py."""

from __future__ import annotations

from typing import Any

import pytest
from rollouts import result_of, set_up, variables
from running import COLLECTION, Ansible
from sight import NOVEMBER, OCTOBER, Sight


@pytest.fixture
def estate(sight: Sight) -> Sight:
    """Hand out the estate of the rollouts."""
    return set_up(sight)


def recompose(**more: Any) -> dict[str, Any]:
    """Return variables of the role."""
    return variables("pool_recompose", "quiet", canary=0, max_unavailable="100%", **more)


def test_an_image_by_its_name(ansible_in_process: Ansible, estate: Sight) -> None:
    image = {"name": "win10-2026-11", "type": "private"}
    run = ansible_in_process.role(recompose(image=image))
    assert set(estate.images("quiet").values()) == {NOVEMBER}
    assert {body["image_type"] for body in run.sent("RebuildDesktopPool")} == {"private"}
    assert result_of(run)["to"] == NOVEMBER


def test_an_image_by_its_id(ansible_in_process: Ansible, estate: Sight) -> None:
    run = ansible_in_process.role(recompose(image={"id": NOVEMBER}), check=True)
    assert result_of(run)["outcome"] == "planned"
    assert "ListImages" in [request["operation"] for request in run.requests]


@pytest.mark.parametrize(
    ("image", "words"),
    [
        ({"name": "twice"}, "several images are named twice"),
        ({"name": "never"}, "no image is named never"),
        ({}, "no image is named; set pool_recompose_image_id"),
    ],
    ids=["twice", "never", "none"],
)
def test_an_image_that_is_not_clear(
    ansible_in_process: Ansible, estate: Sight, image: dict[str, str], words: str
) -> None:
    run = ansible_in_process.role(recompose(image=image), fails=True)
    assert words in run.output
    assert run.changes == []
    assert estate.effects() == 0


def test_wrong_variables_change_nothing(ansible_in_process: Ansible, estate: Sight) -> None:
    no_image = ansible_in_process.role(recompose(image_id="nowhere"), fails=True)
    assert "image nowhere is not among the project's images" in no_image.output
    assert result_of(no_image)["outcome"] == "failed"
    no_pool = ansible_in_process.role({**recompose(image_id=NOVEMBER), "pool_recompose_pool": "nowhere"}, fails=True)
    assert "pool nowhere: no pool in eu-west-101 has this name or ID" in no_pool.output
    no_share = ansible_in_process.role(recompose(image_id=NOVEMBER, min_available="many"), fails=True)
    assert "min_available is 'many'; give a number of desktops" in no_share.output
    assert estate.effects() == 0


def test_a_refused_request_is_told(ansible_in_process: Ansible, estate: Sight) -> None:
    refused = {"status": 400, "body": {"error_code": "WKS.00010002", "error_msg": "Quota of images"}}
    estate.control.set_faults({"operation": "RebuildDesktopPool", "effect": refused})
    run = ansible_in_process.role(recompose(image_id=NOVEMBER), fails=True)
    assert result_of(run)["outcome"] == "failed"
    assert "RebuildDesktopPool was refused: Quota of images" in result_of(run)["reason"]
    assert len(run.changes) == 1
    assert estate.effects() == 0


def test_without_failing(ansible_in_process: Ansible, estate: Sight) -> None:
    estate.control.set_failures({"operation": "RebuildDesktopPool", "desktops": ["QUI-003"]})
    run = ansible_in_process.role(recompose(image_id=NOVEMBER, fail=False, on_failure="stop"))
    result = result_of(run)
    assert (result["outcome"], result["is_failure"]) == ("stopped", True)


def test_one_pool_is_not_judged_by_another(ansible_in_process: Ansible, estate: Sight) -> None:
    """What the role remembers of one pool is not taken for another's."""
    estate.control.set_failures({"operation": "RebuildDesktopPool", "desktops": ["QUI-003"]})
    roles = [
        {
            "name": f"Recompose {pool}",
            "ansible.builtin.include_role": {"name": f"{COLLECTION}.pool_recompose"},
            "vars": {
                **{f"pool_recompose_{name}": value for name, value in {"fail": False, "pool": pool}.items()},
                "pool_recompose_image": image,
                "pool_recompose_session_policy": "skip",
            },
        }
        for pool, image in (("quiet", {"name": "win10-2026-11"}), ("evening", {"id": OCTOBER}))
    ]
    run = ansible_in_process.play(*roles)
    first, second = (
        found["ansible_facts"]["pool_recompose_result"]
        for found in run.tasks
        if found.name.endswith("Remember the result")
    )
    assert (first["pool"], first["outcome"]) == ("quiet", "rolled_back")
    assert (second["pool"], second["outcome"]) == ("evening", "unchanged")
    assert (second["waves"], second["timeline"], second["desktops_failed"]) == ([], [], [])
