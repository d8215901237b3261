# Copyright (c) 2026 the hwcloud.workspace contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""TLS in front of the service and of IAM: verified unless it is told otherwise, and nothing is said before that."""

from __future__ import annotations

import ssl
import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from certificates import Authority
from direct import NOVEMBER, Direct, Outcome
from relays import Relay, Server
from tally import Tally

POOL = {"name": "finance", "desktops": [{"name": "FIN-001"}, {"name": "FIN-002"}]}
LOGIN = {"username": "operator", "password": "ExamplePassword1", "domain_name": "example-account"}
NO_KEY = {"HUAWEICLOUD_SDK_AK": "", "HUAWEICLOUD_SDK_SK": ""}
NO_PROJECT = {"HUAWEICLOUD_SDK_PROJECT_ID": ""}


@pytest.fixture
def authority(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Authority:
    """Return a CA that nobody trusts yet; what the environment says of trust is taken away."""
    for name in ("REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE", "SSL_CERT_FILE", "SSL_CERT_DIR"):
        monkeypatch.delenv(name, raising=False)
    return Authority(tmp_path)


def look(direct: Direct, endpoint: str, **options: Any) -> Outcome:
    """Look at the pool through an endpoint."""
    return direct.run("desktop_pool_info", pool="finance", endpoint=endpoint, **options)


Context = Callable[[Authority], ssl.SSLContext]
# What is wrong with a server, and what is said of it. The CA is trusted, except in the first case.
BAD: dict[str, tuple[Context, str]] = {
    "a CA that nobody trusts": (lambda ca: Authority(ca.folder).server(), "set ca_path to the CA that signed it."),
    "another name": (lambda ca: ca.server("workspace.invalid"), "whose address it has to carry."),
    "expired": (lambda ca: ca.server(first=-9, last=-2), "have it renewed, or check the clock of this machine."),
    "not yet valid": (lambda ca: ca.server(first=2, last=9), "check the clock of this machine."),
}


@pytest.mark.parametrize(("context", "advice"), BAD.values(), ids=BAD)
def test_a_certificate_that_is_not_trusted_ends_the_task_before_a_word_is_said(
    direct: Direct, authority: Authority, tally: Tally, context: Context, advice: str
) -> None:
    """Service and IAM, keys and passwords: the server is not told anything, and is connected to once."""
    direct.seed(POOL)
    trusted = {"ca_path": str(authority.bundle)}
    with Relay(direct.simulator.url, context(authority)) as relay:
        of_service = look(direct, relay.url, **trusted)
        of_iam = [
            direct.run("desktop_pool_info", pool="finance", iam_endpoint=relay.url, environment=how, **trusted, **who)
            for how, who in (({**NO_PROJECT}, {}), ({**NO_KEY, **NO_PROJECT}, LOGIN))
        ]
    tally.add("TLS", cases=3, leaks=len(relay.seen))
    for outcome in (of_service, *of_iam):
        assert outcome.failed
        assert f"The certificate of {relay.host} is not trusted (" in outcome.message
        assert outcome.message.removesuffix(" Nothing was changed.").endswith(advice)
        assert outcome.requests == []
    assert relay.seen == b""
    assert relay.connections == 3


@pytest.mark.parametrize("newest", [ssl.TLSVersion.TLSv1, ssl.TLSVersion.TLSv1_1], ids=lambda version: version.name)
def test_an_old_tls_is_refused(direct: Direct, authority: Authority, tally: Tally, newest: ssl.TLSVersion) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)
        context = authority.server(newest=newest)
    with Relay(direct.simulator.url, context) as relay:
        outcome = look(direct, relay.url, validate_certs=False, max_retries=0)
    tally.add("TLS", leaks=len(relay.seen))
    assert f"No TLS connection to {relay.host} can be made (" in outcome.message
    assert relay.seen == b""


@pytest.mark.parametrize("newest", [ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3], ids=lambda version: version.name)
def test_a_change_goes_through_tls_with_a_private_ca(
    direct: Direct, authority: Authority, tally: Tally, newest: ssl.TLSVersion
) -> None:
    """The option ca_path takes a file and a folder, for the service and for IAM."""
    direct.seed(POOL)
    with Relay(direct.simulator.url, authority.server(newest=newest)) as relay:
        places = {"endpoint": relay.url, "iam_endpoint": relay.url}
        changed = direct.run(
            "desktop_pool_rebuild", pool="finance", image_id=NOVEMBER, ca_path=str(authority.bundle), **places
        )
        again = direct.run(
            "desktop_pool_rebuild",
            pool="finance",
            image_id=NOVEMBER,
            ca_path=str(authority.hashed),
            environment={**NO_KEY, **NO_PROJECT},
            **places,
            **LOGIN,
        )
        said = relay.seen.count(b" HTTP/1.1\r\n")
    doubled = [name for name, found in direct.desktops("finance").items() if len(found["effects"]["rebuilds"]) != 1]
    tally.add("TLS", cases=2, duplicates=len(doubled))
    assert (changed.failed, changed.changed) == (False, True)
    assert (again.failed, again.changed) == (False, False)
    assert doubled == []
    assert said == len(changed.requests) + len(again.requests)


def test_which_ca_counts(direct: Direct, authority: Authority, tally: Tally, monkeypatch: pytest.MonkeyPatch) -> None:
    """REQUESTS_CA_BUNDLE and CURL_CA_BUNDLE count where ca_path is not set; variables of OpenSSL do not count."""
    direct.seed(POOL)
    other_folder = authority.folder / "other"
    other_folder.mkdir()
    other = Authority(other_folder)
    with Relay(direct.simulator.url, authority.server()) as relay:
        for name, path, trusted in (
            ("REQUESTS_CA_BUNDLE", authority.bundle, True),
            ("REQUESTS_CA_BUNDLE", authority.hashed, True),
            ("CURL_CA_BUNDLE", authority.bundle, True),
            ("REQUESTS_CA_BUNDLE", other.bundle, False),
            ("SSL_CERT_FILE", authority.bundle, False),
            ("SSL_CERT_DIR", authority.hashed, False),
        ):
            with monkeypatch.context() as patch:
                patch.setenv(name, str(path))
                outcome = look(direct, relay.url)
                assert outcome.failed is not trusted, (name, outcome.message)
                by_option = look(direct, relay.url, ca_path=str(authority.bundle))
                assert not by_option.failed, by_option.message
                tally.add("TLS", cases=2)
        with monkeypatch.context() as patch:
            patch.setenv("REQUESTS_CA_BUNDLE", str(authority.bundle))
            refused = look(direct, relay.url, ca_path=str(other.bundle))
            tally.add("TLS")
            assert "is not trusted" in refused.message
            patch.setenv("REQUESTS_CA_BUNDLE", str(authority.folder / "missing.pem"))
            missing = look(direct, relay.url)
            tally.add("TLS")
            assert "TLS cannot be set up" in missing.message


@pytest.mark.parametrize("context", [context for context, _advice in BAD.values()], ids=BAD)
def test_without_verification_any_certificate_does(
    direct: Direct, authority: Authority, tally: Tally, context: Context, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The option validate_certs=false wins over the environment, is for service and IAM, and prints no warning."""
    direct.seed(POOL)
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(authority.bundle))
    with warnings.catch_warnings(), Relay(direct.simulator.url, context(authority)) as relay:
        warnings.simplefilter("error")
        outcome = look(
            direct,
            relay.url,
            iam_endpoint=relay.url,
            validate_certs=False,
            environment={**NO_KEY, **NO_PROJECT},
            **LOGIN,
        )
    tally.add("TLS")
    assert not outcome.failed, outcome.message
    assert "warnings" not in outcome.result
    assert relay.seen


def test_a_server_without_tls_and_a_client_without_tls(direct: Direct, authority: Authority, tally: Tally) -> None:
    """Neither side falls back: https to a server that speaks http, http to one that speaks TLS."""
    with Server(lambda said: (200, {}, b"{}")) as plain, Relay(direct.simulator.url, authority.server()) as secured:
        to_plain = look(direct, f"https://{plain.host}", max_retries=0)
        to_secured = look(direct, f"http://{secured.host}", max_retries=0)
    tally.add("TLS", cases=2, leaks=b"HTTP/1.1" in plain.seen)
    assert f"No TLS connection to {plain.host} can be made" in to_plain.message
    assert b"HTTP/1.1" not in plain.seen
    assert "ListDesktopPools" in to_secured.message
    assert secured.seen == b""
