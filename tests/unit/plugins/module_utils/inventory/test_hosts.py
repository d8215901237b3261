# Copyright (c) 2026 the hwcloud.workspace contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Names and variables of hosts: no pool is lost, and no name depends on an order or means something else to Ansible."""

from __future__ import annotations

import re
from itertools import permutations
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.hwcloud.workspace.plugins.module_utils.inventory.hosts import inventory_hosts

EUROPE, ASIA = "eu-west-101", "ap-southeast-1"


def place(region: str, *pools: tuple[str, str], project_id: str = "p1", endpoint: str = "") -> dict[str, Any]:
    """Return a place with pools of these names and IDs."""
    records = [{"name": name, "id": own_id} for name, own_id in pools]
    return {"region": region, "project_id": project_id, "endpoint": endpoint, "pools": records}


def names(*places: dict[str, Any], kind: str = "pools", hostname: str = "name") -> dict[str, str]:
    """Return the hosts' names by the ID of the pool or desktop."""
    hosts = inventory_hosts(places, kind, hostname)
    ids = [
        host.variables["desktop"]["desktop_id"] if kind == "desktops" else host.variables["pool"]["id"]
        for host in hosts
    ]
    return dict(zip(ids, [host.name for host in hosts], strict=True))


def test_a_name_that_is_one_pools_alone_is_the_hosts() -> None:
    assert names(place(EUROPE, ("b", "2"), ("a", "1")), place(ASIA, ("c", "3"))) == {"1": "a", "2": "b", "3": "c"}


def test_hosts_come_by_place_and_then_by_name() -> None:
    assert list(names(place(EUROPE, ("c", "3"), ("b", "2")), place(ASIA, ("a", "1")))) == ["2", "3", "1"]


def test_a_name_in_two_regions_gets_the_region_in_both() -> None:
    found = names(place(EUROPE, ("a", "1"), ("b", "2")), place(ASIA, ("a", "3")))
    assert found == {"1": "a_eu-west-101", "3": "a_ap-southeast-1", "2": "b"}


def test_a_name_twice_in_a_region_gets_the_id_in_both() -> None:
    found = names(place(EUROPE, ("a", "1")), place(EUROPE, ("a", "2"), project_id="p2"), place(ASIA, ("a", "3")))
    assert found == {"1": "a_1", "2": "a_2", "3": "a_ap-southeast-1"}


def test_a_name_that_looks_like_one_with_a_region_is_told_apart_from_it() -> None:
    found = names(place(EUROPE, ("a", "1"), ("a_eu-west-101", "2")), place(ASIA, ("a", "3")))
    assert found == {"1": "a_1", "2": "a_eu-west-101_eu-west-101", "3": "a_ap-southeast-1"}


def test_a_project_that_is_listed_twice_has_its_hosts_once() -> None:
    assert names(place(EUROPE, ("a", "1")), place(EUROPE, ("a", "1"))) == {"1": "a"}


@pytest.mark.parametrize("name", ["all", "ungrouped", "localhost", "desktop_pools", "desktops"])
def test_a_name_that_means_something_to_ansible_gets_the_region(name: str) -> None:
    assert names(place(EUROPE, (name, "1"))) == {"1": f"{name}_eu-west-101"}


@pytest.mark.parametrize(
    ("name", "host"),
    [
        ("finance win10", "finance_win10"),
        ("finance:win10,(test)", "finance_win10_test_"),
        ("../../etc", "__.._etc"),
        ("..", "_"),
        ("-l", "_l"),
        ("@retry", "_retry"),
        ("~fin.*", "_fin._"),
        ("{{ 7*7 }}", "_7_7_"),
        ("财务-win10", "财务-win10"),
        ("", "1"),
    ],
)
def test_names_hold_nothing_that_patterns_paths_and_templates_are_made_of(name: str, host: str) -> None:
    assert names(place(EUROPE, (name, "1"))) == {"1": host}


@pytest.mark.parametrize(
    ("hostname", "expected"),
    [("name", ["a", "b"]), ("name_region", ["a_eu-west-101", "b_eu-west-101"]), ("id", ["1", "2"])],
)
def test_the_plainest_name_can_be_chosen(hostname: str, expected: list[str]) -> None:
    assert list(names(place(EUROPE, ("a", "1"), ("b", "2")), hostname=hostname).values()) == expected


def test_without_a_region_the_id_tells_apart() -> None:
    assert names(place("", ("a", "1"), ("a", "2"))) == {"1": "a_1", "2": "a_2"}


@given(
    st.lists(
        st.tuples(
            st.sampled_from([EUROPE, ASIA, ""]),
            st.sampled_from(["a", "a_1", "a_eu-west-101", "a:", "all", "", "1", "2", "a b"]),
        ),
        max_size=6,
    )
)
def test_every_pool_is_one_host_whatever_the_names(pools: list[tuple[str, str]]) -> None:
    places = [place(region, (name, str(number))) for number, (region, name) in enumerate(pools)]
    found = names(*places)
    assert set(found) == {str(number) for number in range(len(pools))}
    assert len(set(found.values())) == len(pools)
    assert not set(found.values()) & {"all", ""}
    assert not [name for name in found.values() if re.search(r"[:\s]", name)]
    for order in list(permutations(places))[:24]:
        assert names(*order) == found


def test_variables_of_a_pool() -> None:
    record = {"name": "a", "id": "1", "tags": [{"key": "team", "value": "finance"}, {"key": "bare"}]}
    where = {"region": EUROPE, "project_id": "p1", "endpoint": "", "pools": [record]}
    (host,) = inventory_hosts([where], "pools")
    assert host.variables == {
        "region": EUROPE,
        "project_id": "p1",
        "pool": record,
        "pool_tags": {"team": "finance", "bare": ""},
    }


def test_an_endpoint_of_the_inventory_file_is_a_variable() -> None:
    (host,) = inventory_hosts([place(EUROPE, ("a", "1"), endpoint="https://gateway.example.com")], "pools")
    assert host.variables["endpoint"] == "https://gateway.example.com"


def test_desktops_have_their_own_record_and_their_pools() -> None:
    pool = {
        "name": "a",
        "id": "1",
        "desktops": [
            {"desktop_id": "d2", "computer_name": "FIN-002"},
            {"desktop_id": "d1", "computer_name": "FIN-001", "tags": [{"key": "owner", "value": "user-a1"}]},
            {"desktop_id": "d3", "computer_name": ""},
        ],
    }
    where = {"region": EUROPE, "project_id": "p1", "endpoint": "", "pools": [pool]}
    hosts = {host.name: host.variables for host in inventory_hosts([where], "desktops")}
    assert set(hosts) == {"FIN-001", "FIN-002", "d3"}
    assert hosts["FIN-001"]["desktop"] == pool["desktops"][1]
    assert hosts["FIN-001"]["desktop_tags"] == {"owner": "user-a1"}
    assert hosts["FIN-001"]["pool"] == {"name": "a", "id": "1"}


def test_desktops_of_two_pools_with_one_name_are_told_apart() -> None:
    pools = [
        {"name": name, "id": name, "desktops": [{"desktop_id": f"d-{name}", "computer_name": "DESK-1"}]}
        for name in ("a", "b")
    ]
    where = {"region": EUROPE, "project_id": "p1", "endpoint": "", "pools": pools}
    assert names(where, kind="desktops") == {"d-a": "DESK-1_d-a", "d-b": "DESK-1_d-b"}
