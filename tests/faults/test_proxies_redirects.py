# Copyright (c) 2026 the hwcloud.workspace contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Redirects: never followed, so that no credentials reach another host, whoever answers with one."""

from __future__ import annotations

from pathlib import Path

import pytest
from certificates import Authority
from direct import NOVEMBER, Direct
from relays import Listener, Relay, Server
from tally import Tally
from wire import Answer, Call, Go, advised

POOL = {"name": "finance", "desktops": [{"name": "FIN-001"}, {"name": "FIN-002"}]}
STATUSES = (301, 302, 303, 307, 308)
LOGIN = {"username": "operator", "password": "ExamplePassword1", "domain_name": "example-account"}
NO_KEY = {"HUAWEICLOUD_SDK_AK": "", "HUAWEICLOUD_SDK_SK": ""}
NO_PROJECT = {"HUAWEICLOUD_SDK_PROJECT_ID": ""}
SENTENCE = "credentials are never sent on to another address, so set endpoint or iam_endpoint to the right one."


@pytest.mark.parametrize("status", STATUSES)
def test_no_redirect_is_followed(direct: Direct, tally: Tally, status: int) -> None:
    """Of the service, of IAM with a key and with a password, of a POST: the other host is not even connected to."""
    direct.seed(POOL)
    with Listener() as other, Server(lambda said: (status, {"Location": f"http://{other.host}/x"}, b"")) as server:
        iam = {"pool": "finance", "iam_endpoint": server.url}

        def lead_changes_to_the_server(call: Call, go: Go) -> Answer:
            return (
                go(url=call.url.replace(direct.simulator.url, server.url)) if call.operation.method == "POST" else go()
            )

        outcomes = {
            "ListDesktopPools": direct.run("desktop_pool_info", pool="finance", endpoint=server.url),
            "KeystoneListProjects": direct.run("desktop_pool_info", environment=NO_PROJECT, **iam),
            "KeystoneCreateUserTokenByPassword": direct.run("desktop_pool_info", environment=NO_KEY, **iam, **LOGIN),
        }
        with advised(lead_changes_to_the_server):
            outcomes["RebuildDesktopPool"] = direct.run("desktop_pool_rebuild", pool="finance", image_id=NOVEMBER)
    tally.add("redirects", cases=4, leaks=other.connections)
    for operation, outcome in outcomes.items():
        assert outcome["http_status"] == status
        assert outcome.message.endswith(
            f"{operation} was answered with a redirect to http://{other.host}/x; {SENTENCE}"
        ), outcome.message
        assert outcome.changes == []
    assert server.requests == 4
    assert other.connections == 0


@pytest.mark.parametrize(
    "location",
    [
        "/elsewhere",
        "",
        "http://[",
        "http://%zz@\u00e9:99999/",
        "//",
        "https://workspace.invalid/",
        "\u4e2d",
        "x" * 9000,
    ],
)
def test_where_it_leads_does_not_matter(direct: Direct, tally: Tally, location: str) -> None:
    """The same host, no address at all, an address that is none: one sentence of a sensible length."""
    with Server(lambda said: (302, {"Location": location}, b"")) as server:
        outcome = direct.run("desktop_pool_info", pool="finance", endpoint=server.url)
    tally.add("redirects")
    assert "was answered with a redirect to " in outcome.message
    assert outcome.message.endswith(SENTENCE)
    assert len(outcome.message) < 800
    assert server.requests == 1


def test_neither_from_tls_nor_to_it(direct: Direct, tally: Tally, tmp_path: Path) -> None:
    authority = Authority(tmp_path)
    with (
        Listener() as other,
        Server(lambda said: (308, {"Location": f"http://{other.host}/"}, b"")) as plain,
        Server(lambda said: (308, {"Location": f"https://{other.host}/"}, b"")) as upgrading,
        Relay(plain.url, authority.server()) as secured,
    ):
        down = direct.run("desktop_pool_info", pool="finance", endpoint=secured.url, ca_path=str(authority.bundle))
        up = direct.run("desktop_pool_info", pool="finance", endpoint=upgrading.url)
    tally.add("redirects", cases=2, leaks=other.connections)
    for outcome in (down, up):
        assert outcome["http_status"] == 308
    assert other.connections == 0


@pytest.mark.parametrize("status", STATUSES)
def test_the_metadata_service_cannot_send_its_visitor_elsewhere(
    direct: Direct, tally: Tally, status: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The token that it issues stays with it."""
    monkeypatch.setenv("HOME", "/nonexistent")

    def answer(said: bytes) -> tuple[int, dict[str, str], bytes]:
        elsewhere = {"Location": f"http://{other.host}/"}
        return (200, {}, b"MACHINETOKEN") if said.startswith(b"PUT ") else (status, elsewhere, b"")

    with Listener() as other, Server(answer) as machine:
        outcome = direct.run(
            "desktop_pool_info", pool="finance", environment={**NO_KEY, "HW_METADATA_ENDPOINT": machine.url}
        )
    tally.add("redirects", leaks=other.connections)
    assert "No credentials: set access_key and secret_key" in outcome.message
    assert machine.requests == 2
    assert b"MACHINETOKEN" in machine.seen
    assert other.connections == 0
