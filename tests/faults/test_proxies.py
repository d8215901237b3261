# Copyright (c) 2026 the hwcloud.workspace contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Proxies of the environment: used as they are meant to be, named without their password, and no danger to a change."""

from __future__ import annotations

import base64
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from certificates import Authority
from direct import NOVEMBER, Direct, Outcome
from relays import Listener, Proxy, Relay
from tally import Tally
from wrong_servers import deaf_port

NAME = "workspace.invalid"
"""A name that only a proxy can lead anywhere."""

PASSWORD = "Pr0xy/s3cr@t%"
IN_URL = "someone:Pr0xy%2Fs3cr%40t%25"
SPELLINGS = (PASSWORD, IN_URL.partition(":")[2], base64.b64encode(f"someone:{PASSWORD}".encode()).decode())
VARIABLES = ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "NO_PROXY")
POOL = {"name": "finance", "desktops": [{"name": "FIN-001"}, {"name": "FIN-002"}]}


@pytest.fixture(autouse=True)
def _no_proxies(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in VARIABLES:
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.lower(), raising=False)


@pytest.fixture
def authority(tmp_path: Path) -> Authority:
    """Return a private CA."""
    return Authority(tmp_path)


@pytest.fixture
def secured(direct: Direct, authority: Authority) -> Iterator[Relay]:
    """Return TLS in front of the simulator, under a name that is nowhere."""
    with Relay(direct.simulator.url, authority.server(NAME)) as relay:
        yield relay


def look(direct: Direct, endpoint: str, environment: dict[str, str], **options: Any) -> Outcome:
    """Look at a pool with these environment variables, in which proxies are; judge that no password is shown."""
    with pytest.MonkeyPatch.context() as patch:
        for name, value in environment.items():
            patch.setenv(name, value)
        outcome = direct.run("desktop_pool_info", pool="finance", endpoint=endpoint, environment=environment, **options)
    for spelling in SPELLINGS:
        assert spelling not in json.dumps(outcome.result), outcome.message
    return outcome


@pytest.mark.parametrize("name", ["HTTPS_PROXY", "https_proxy", "ALL_PROXY", "all_proxy"])
def test_a_tunnel_to_the_service(direct: Direct, authority: Authority, secured: Relay, tally: Tally, name: str) -> None:
    """Within the tunnel TLS goes to the service itself: the proxy is told the host and nothing else."""
    direct.seed(POOL)
    with Proxy(f"http://{secured.host}") as proxy:
        outcome = look(direct, f"https://{NAME}", {name: f"http://{proxy.host}"}, ca_path=str(authority.bundle))
    leaks = proxy.seen.count(b"EXAMPLEAK") + proxy.seen.count(b"Authorization")
    tally.add("proxies", leaks=leaks)
    assert not outcome.failed, outcome.message
    assert set(proxy.asked) == {f"CONNECT {NAME}:443"}
    assert leaks == 0


@pytest.mark.parametrize("name", ["HTTP_PROXY", "http_proxy", "ALL_PROXY", "all_proxy"])
def test_a_service_without_tls_through_a_proxy(direct: Direct, tally: Tally, name: str) -> None:
    direct.seed(POOL)
    with Proxy(direct.simulator.url) as proxy:
        outcome = look(direct, f"http://{NAME}", {name: proxy.host})
    tally.add("proxies")
    assert not outcome.failed, outcome.message
    assert {asked.split("?")[0].rpartition("/")[0] for asked in proxy.asked} == {
        f"GET http://{NAME}/v2/0123456789abcdef0123456789abcdef"
    }


def test_which_proxy_counts(direct: Direct, tally: Tally) -> None:
    """The small letters win, each scheme has its own, and IAM is asked through a proxy as the service is."""
    direct.seed(POOL)
    with Proxy(direct.simulator.url) as right, Listener() as wrong:
        by_case = look(
            direct, f"http://{NAME}", {"HTTP_PROXY": f"http://{wrong.host}", "http_proxy": f"http://{right.host}"}
        )
        by_scheme = look(
            direct, f"http://{NAME}", {"HTTPS_PROXY": f"http://{wrong.host}", "HTTP_PROXY": f"http://{right.host}"}
        )
        of_iam = look(
            direct,
            f"http://{NAME}",
            {"HTTP_PROXY": f"http://{right.host}", "HUAWEICLOUD_SDK_PROJECT_ID": ""},
            iam_endpoint="http://iam.invalid",
        )
    tally.add("proxies", cases=3, leaks=wrong.connections)
    for outcome in (by_case, by_scheme, of_iam):
        assert not outcome.failed, outcome.message
    assert wrong.connections == 0
    assert any(asked.startswith("GET http://iam.invalid/v3/projects") for asked in right.asked)


@pytest.mark.parametrize("name", ["NO_PROXY", "no_proxy"])
@pytest.mark.parametrize("value", ["127.0.0.1", "*", "example.org, 127.0.0.1", "127.0.0.0/8"])
def test_hosts_that_need_no_proxy(direct: Direct, tally: Tally, name: str, value: str) -> None:
    direct.seed(POOL)
    url = direct.simulator.url
    with Listener() as proxy:
        environment = {"http_proxy": f"http://{proxy.host}", name: value}
        outcome = look(direct, url, environment)
    tally.add("proxies", leaks=proxy.connections)
    assert not outcome.failed, outcome.message
    assert proxy.connections == 0


@pytest.mark.parametrize("scheme", ["http", "https"])
def test_user_and_password_of_a_proxy_go_to_it_and_nowhere_else(
    direct: Direct, authority: Authority, secured: Relay, tally: Tally, scheme: str
) -> None:
    direct.seed(POOL)
    target = f"http://{secured.host}" if scheme == "https" else direct.simulator.url
    with Proxy(target, wants=f"someone:{PASSWORD}") as proxy:
        environment = {f"{scheme}_proxy": f"http://{IN_URL}@{proxy.host}"}
        outcome = look(direct, f"{scheme}://{NAME}", environment, ca_path=str(authority.bundle))
        wrong = look(direct, f"{scheme}://{NAME}", {f"{scheme}_proxy": f"http://someone:wrongone@{proxy.host}"})
        none = look(direct, f"{scheme}://{NAME}", {f"{scheme}_proxy": f"http://{proxy.host}"})
    leaks = secured.seen.count(SPELLINGS[2].encode())
    tally.add("proxies", cases=3, leaks=leaks)
    assert not outcome.failed, outcome.message
    assert leaks == 0
    for refused in (wrong, none):
        assert "proxy" in refused.message
        assert "HTTP 407" in refused.message
        assert "in its URL" in refused.message or "check its URL" in refused.message
        assert "wrongone" not in json.dumps(refused.result)
        assert base64.b64encode(b"someone:wrongone").decode() not in json.dumps(refused.result)


@pytest.mark.parametrize("status", [403, 407, 502])
@pytest.mark.parametrize("scheme", ["http", "https"])
def test_a_proxy_that_refuses(direct: Direct, tally: Tally, status: int, scheme: str) -> None:
    """A refused tunnel carried nothing. What the proxy says, here the credentials it was given, is not repeated."""
    with Proxy(direct.simulator.url, refuses=status) as proxy:
        environment = {f"{scheme}_proxy": f"http://{IN_URL}@{proxy.host}"}
        outcome = look(direct, f"{scheme}://{NAME}", environment, max_retries=1)
    tally.add("proxies")
    assert outcome.failed
    assert f"HTTP {status}" in outcome.message
    assert outcome.requests == []
    assert len(proxy.asked) == (2 if status == 502 else 1)
    if scheme == "https":
        assert f"The proxy {proxy.host} refuses the way to {NAME} (HTTP {status})" in outcome.message
        assert b"Signature" not in proxy.seen


@pytest.mark.parametrize("scheme", ["http", "https"])
def test_a_proxy_that_is_not_there_or_hangs(direct: Direct, tally: Tally, scheme: str) -> None:
    with deaf_port() as deaf:
        host = deaf.partition("//")[2]
        gone = look(direct, f"{scheme}://{NAME}", {f"{scheme}_proxy": f"http://{IN_URL}@{host}"}, max_retries=0)
        nameless = look(
            direct, f"{scheme}://{NAME}", {f"{scheme}_proxy": f"http://{IN_URL}@proxy.invalid:1"}, max_retries=0
        )
    with Proxy(direct.simulator.url, hangs=True) as proxy:
        environment = {f"{scheme}_proxy": f"http://{IN_URL}@{proxy.host}"}
        hung = look(direct, f"{scheme}://{NAME}", environment, max_retries=0, request_timeout=1)
    tally.add("proxies", cases=3)
    assert f"the proxy {host} cannot be connected to" in gone.message
    assert "The name of the proxy proxy.invalid:1 cannot be resolved" in nameless.message
    assert f"through the proxy {proxy.host}" in hung.message


@pytest.mark.parametrize(
    "proxy",
    [
        "http://{user}@[bad",
        "http://{user}@:0:0",
        "http://{user}@",
        "http://",
        "no-such-scheme://{user}@127.0.0.1:1",
        "socks5h://{user}@127.0.0.1:1",
        "http://someone:é€@127.0.0.1:1",
        "http://{user}@127.0.0.1:99999999",
    ],
)
@pytest.mark.parametrize("scheme", ["http", "https"])
def test_a_proxy_that_is_none(direct: Direct, tally: Tally, scheme: str, proxy: str) -> None:
    """A URL that makes no sense is a sentence and no defect, and the request is known not to have been sent."""
    direct.seed(POOL)
    environment = {f"{scheme}_proxy": proxy.format(user=IN_URL)}
    outcome = look(direct, f"{scheme}://{NAME}", environment, max_retries=0)
    tally.add("proxies", leaks=sum("€" in str(value) for value in outcome.result.values()))
    assert outcome.failed
    assert "broke" not in outcome.message
    assert "€" not in json.dumps(outcome.result, ensure_ascii=False)


@pytest.mark.parametrize("tunnel", [True, False], ids=["tunnel", "plain"])
def test_a_proxy_that_breaks_after_the_service_has_acted(
    direct: Direct, authority: Authority, secured: Relay, tally: Tally, tunnel: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nobody knows then whether the change was carried out; it is found, and not sent again."""
    direct.seed(POOL)
    cuts: list[str] = []

    def cut() -> bool:
        if not cuts and direct.control.estate("finance")["jobs"]:
            cuts.append("once")
            return True
        return False

    scheme = "https" if tunnel else "http"
    with Proxy(f"http://{secured.host}" if tunnel else direct.simulator.url, cut=cut) as proxy:
        monkeypatch.setenv(f"{scheme}_proxy", f"http://{IN_URL}@{proxy.host}")
        outcome = direct.run(
            "desktop_pool_rebuild",
            pool="finance",
            image_id=NOVEMBER,
            endpoint=f"{scheme}://{NAME}",
            ca_path=str(authority.bundle),
        )
    done = [len(desktop["effects"]["rebuilds"]) for desktop in direct.desktops("finance").values()]
    tally.add("proxies", duplicates=sum(count > 1 for count in done), lost_changes=done.count(0))
    assert cuts == ["once"]
    assert not outcome.failed, outcome.message
    assert done == [1, 1]
    assert len(outcome.changes) == 1


def test_the_metadata_service_is_asked_directly(direct: Direct, tally: Tally, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whatever the environment says of proxies; the service itself is still asked through them."""
    direct.seed(POOL, metadata_service={"user": "operator"})
    with Proxy(direct.simulator.url) as proxy:
        for name in ("http_proxy", "https_proxy", "all_proxy"):
            monkeypatch.setenv(name, f"http://{proxy.host}")
        machine = {"HUAWEICLOUD_SDK_AK": "", "HUAWEICLOUD_SDK_SK": "", "HW_METADATA_ENDPOINT": direct.simulator.url}
        monkeypatch.setenv("HOME", "/nonexistent")
        outcome = look(direct, f"http://{NAME}", machine)
    asked_of_machine = [asked for asked in proxy.asked if NAME not in asked]
    tally.add("proxies", leaks=len(asked_of_machine))
    assert not outcome.failed, outcome.message
    assert [request["operation"] for request in outcome.requests][:2] == ["EcsMetadataToken", "EcsMetadataSecurityKey"]
    assert asked_of_machine == []
    assert proxy.asked


def test_a_netrc_file_is_not_used(
    direct: Direct, tally: Tally, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Neither for the service nor for a proxy."""
    direct.seed(POOL)
    netrc = tmp_path / ".netrc"
    netrc.write_text(f"machine {NAME} login someone password n3trc-one\ndefault login any password n3trc-one\n")
    netrc.chmod(0o600)
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("NETRC", str(netrc))
    with Proxy(direct.simulator.url) as proxy:
        outcome = look(direct, f"http://{NAME}", {"http_proxy": f"http://{proxy.host}"})
    basic = [base64.b64encode(f"{user}:n3trc-one".encode()) for user in ("someone", "any")]
    leaks = sum(proxy.seen.count(secret) for secret in (b"n3trc-one", b"Basic ", *basic))
    tally.add("proxies", leaks=leaks)
    assert not outcome.failed, outcome.message
    assert leaks == 0
