# Copyright (c) 2026 the hwcloud.workspace contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Transport: what is sent over the wire, and what is known when no answer comes back."""

from __future__ import annotations

import datetime
import ipaddress
import json
import socket
import threading
import warnings
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from ansible_collections.hwcloud.workspace.plugins.module_utils.client.transport import (
    Answer,
    NoAnswerError,
    NotDeliveredError,
    Transport,
    query_pairs,
)
from ansible_collections.hwcloud.workspace.tests.unit.plugins.module_utils.scripted_service import (
    Behaviour,
    Reply,
    Reset,
    ScriptedService,
    Silence,
    Truncated,
)

PLAIN = Transport(5, proxied=False)


# What is sent.


@pytest.mark.parametrize(
    ("query", "pairs"),
    [
        ({}, []),
        ({"limit": 1000, "name": "a b"}, [("limit", "1000"), ("name", "a b")]),
        ({"name": None}, []),
        ({"on": True, "off": False}, [("on", "true"), ("off", "false")]),
        ({"id": ["a", "b"]}, [("id", "a"), ("id", "b")]),
        ({"id": ("a", None, True)}, [("id", "a"), ("id", "true")]),
        ({"id": []}, []),
        ({"name": ""}, [("name", "")]),
    ],
)
def test_a_query_becomes_text_pairs(query: dict[str, Any], pairs: list[tuple[str, str]]) -> None:
    assert query_pairs(query) == pairs


def test_a_query_goes_over_the_wire_as_it_is_signed(service: ScriptedService) -> None:
    service.on("GET", "/v2/pools", Reply(200, {}))
    query = {"name": "pool a/ü~1+", "in_maintenance_mode": False, "desktop_id": ["b", "a"], "tag": "", "type": None}
    PLAIN.send("GET", service.url + "/v2/pools", query=query)
    (request,) = service.requests
    assert request.target == (
        "/v2/pools?desktop_id=a&desktop_id=b&in_maintenance_mode=false&name=pool%20a%2F%C3%BC~1%2B&tag="
    )


def test_a_path_that_is_encoded_already_is_not_encoded_again(service: ScriptedService) -> None:
    service.on("GET", "/.*", Reply(200, {}))
    PLAIN.send("GET", service.url + "/v2/a%20b%7E%25/x")
    assert service.requests[0].path == "/v2/a%20b~%25/x"


def test_a_body_goes_as_json_and_nothing_goes_without_one(service: ScriptedService) -> None:
    service.on("POST", "/x", Reply(200))
    PLAIN.send("POST", service.url + "/x", body={"message": "grüß\n"})
    PLAIN.send("POST", service.url + "/x", body={})
    PLAIN.send("POST", service.url + "/x")
    full, empty, none = service.requests
    assert full.json() == {"message": "grüß\n"}
    assert full.body.isascii()
    assert full.headers["Content-Type"] == "application/json"
    assert (empty.body, none.body) == (b"{}", b"")


def test_a_request_says_who_sends_it(service: ScriptedService) -> None:
    service.on("GET", "/x", Reply(200))
    PLAIN.send("GET", service.url + "/x", headers={"X-Project-Id": "p"})
    assert service.requests[0].headers["User-Agent"] == "hwcloud.workspace (Ansible collection)"
    assert service.requests[0].headers["X-Project-Id"] == "p"


def test_a_password_in_netrc_is_never_sent(
    service: ScriptedService, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    netrc = tmp_path / "netrc"
    netrc.write_text("machine 127.0.0.1 login someone password s3cret\ndefault login any password s3cret\n")
    netrc.chmod(0o600)
    monkeypatch.setenv("NETRC", str(netrc))
    service.on("GET", "/x", Reply(200))
    transport = Transport(5)
    transport.send("GET", service.url + "/x")
    transport.close()
    assert "Authorization" not in service.requests[0].headers


def test_proxies_of_the_environment_are_used(monkeypatch: pytest.MonkeyPatch, service: ScriptedService) -> None:
    monkeypatch.setenv("http_proxy", service.url)
    service.on("GET", "http://workspace.invalid/x", Reply(200, {"through": "proxy"}))
    transport = Transport(5)
    answer = transport.send("GET", "http://workspace.invalid/x")
    transport.close()
    assert answer.json() == {"through": "proxy"}


def test_addresses_that_need_no_proxy_are_reached_without(
    monkeypatch: pytest.MonkeyPatch, service: ScriptedService
) -> None:
    monkeypatch.setenv("http_proxy", "http://127.0.0.1:9")
    monkeypatch.setenv("no_proxy", "127.0.0.1")
    service.on("GET", "/x", Reply(204))
    transport = Transport(5)
    assert transport.send("GET", service.url + "/x").status == 204
    transport.close()


# What comes back.


@pytest.mark.parametrize("status", [200, 204, 302, 400, 401, 404, 429, 500, 503])
def test_an_answer_of_any_status_is_an_answer(service: ScriptedService, status: int) -> None:
    service.on("GET", "/x", Reply(status, None if status == 204 else {"a": 1}, {"X-Request-Id": "r1"}))
    answer = PLAIN.send("GET", service.url + "/x")
    assert answer.status == status
    assert answer.request_id == "r1"


def test_a_redirect_is_not_followed(service: ScriptedService) -> None:
    service.on("GET", "/x", Reply(302, None, {"Location": service.url + "/y"}))
    answer = PLAIN.send("GET", service.url + "/x")
    assert answer.status == 302
    assert answer.headers["location"] == service.url + "/y"
    assert len(service.requests) == 1


@pytest.mark.parametrize(
    ("headers", "request_id"),
    [
        ({"X-Request-Id": "w"}, "w"),
        ({"X-IAM-Trace-Id": "i"}, "i"),
        ({"X-Request-Id": "w", "X-IAM-Trace-Id": "i"}, "w"),
        ({}, ""),
    ],
)
def test_the_request_id_is_that_of_the_service_or_of_iam(headers: dict[str, str], request_id: str) -> None:
    assert Answer(200, headers, b"").request_id == request_id


def test_an_empty_body_is_none_and_another_is_json() -> None:
    assert Answer(204, {}, b"").json() is None
    assert Answer(200, {}, b" \n").json() is None
    assert Answer(200, {}, b'{"a": [1]}').json() == {"a": [1]}
    with pytest.raises(ValueError, match="Expecting"):
        Answer(200, {}, b"<html>").json()


# What is known when nothing comes back.


def test_a_refused_connection_delivers_nothing() -> None:
    gone = ScriptedService()
    gone.close()
    with pytest.raises(NotDeliveredError, match=f"^{gone.host} cannot be connected to; check endpoint") as failed:
        PLAIN.send("POST", gone.url + "/x", body={})
    assert failed.value.lasting is False


def test_a_name_that_does_not_resolve_delivers_nothing() -> None:
    with pytest.raises(NotDeliveredError, match=r"^The name workspace\.invalid:8443 cannot be resolved") as failed:
        PLAIN.send("POST", "https://workspace.invalid:8443/x", body={})
    assert failed.value.lasting is False


@pytest.fixture
def deaf_port() -> Iterator[int]:
    """Return a port that takes no more connections: nobody accepts, and the queue is full."""
    listener = socket.socket()
    listener.bind(("127.0.0.1", 0))
    listener.listen(0)
    waiting = [socket.socket() for _time in range(3)]
    for client in waiting:
        client.setblocking(False)
        client.connect_ex(listener.getsockname())
    yield listener.getsockname()[1]
    for client in [*waiting, listener]:
        client.close()


def test_a_connection_that_is_not_taken_in_time_delivers_nothing(deaf_port: int) -> None:
    with pytest.raises(NotDeliveredError, match=rf"^127\.0\.0\.1:{deaf_port} took no connection within 0\.2 s"):
        Transport(0.2, proxied=False).send("POST", f"http://127.0.0.1:{deaf_port}/x", body={})


@pytest.mark.parametrize(
    ("behaviour", "sentence"),
    [
        (Silence(), r"gave no answer within 0\.2 s\."),
        (Reset(), r"the connection to .* broke before the whole answer was there\."),
        (Truncated(), r"the connection to .* broke before the whole answer was there\."),
    ],
)
def test_what_was_sent_and_not_answered_may_have_been_delivered(
    service: ScriptedService, behaviour: Behaviour, sentence: str
) -> None:
    service.on("POST", "/x", behaviour)
    with pytest.raises(NoAnswerError, match=sentence):
        Transport(0.2, proxied=False).send("POST", service.url + "/x", body={})
    assert len(service.requests) == 1


def test_a_connection_that_the_service_closed_meanwhile_is_no_lost_answer(service: ScriptedService) -> None:
    service.on("GET", "/x", Reply(200, {}, {"Connection": "close"}), Reply(200, {"second": True}))
    transport = Transport(5, proxied=False)
    transport.send("GET", service.url + "/x")
    assert transport.send("GET", service.url + "/x").json() == {"second": True}
    transport.close()


def test_an_answer_that_is_not_http_may_have_been_delivered(service: ScriptedService) -> None:
    service.on("POST", "/x", Reply(200, b"not gzip", {"Content-Encoding": "gzip"}))
    with pytest.raises(NoAnswerError):
        PLAIN.send("POST", service.url + "/x", body={})


@pytest.mark.parametrize("url", ["http://127.0.0.1:1:2/x", "http://*.invalid/x"])
def test_an_address_that_is_none_delivers_nothing_ever(url: str) -> None:
    with pytest.raises(NotDeliveredError) as failed:
        PLAIN.send("POST", url, body={})
    assert failed.value.lasting is True


@pytest.mark.parametrize("status", [403, 407, 502])
def test_a_proxy_that_refuses_the_way_to_the_service_delivers_nothing(
    monkeypatch: pytest.MonkeyPatch, service: ScriptedService, status: int
) -> None:
    monkeypatch.setenv("https_proxy", service.url)
    service.on("CONNECT", r"workspace\.invalid:443", Reply(status))
    with pytest.raises(NotDeliveredError, match="proxy"):
        Transport(5).send("POST", "https://workspace.invalid/x", body={})


def test_a_proxy_that_is_gone_delivers_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    gone = ScriptedService()
    gone.close()
    monkeypatch.setenv("https_proxy", gone.url)
    with pytest.raises(NotDeliveredError, match=f"since the proxy {gone.host} cannot be connected to"):
        Transport(5).send("POST", "https://workspace.invalid/x", body={})


# TLS.


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> tuple[str, str]:
    """Return the paths of a self-signed certificate for 127.0.0.1 and of its key."""
    folder = tmp_path_factory.mktemp("tls")
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "127.0.0.1")])
    now = datetime.datetime.now(datetime.timezone.utc)
    here = x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address("127.0.0.1"))])
    signed = (
        x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number())
        .not_valid_before(now - datetime.timedelta(minutes=1))
        .not_valid_after(now + datetime.timedelta(days=1))
        .add_extension(here, critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    encoding, form = serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8
    (folder / "key.pem").write_bytes(key.private_bytes(encoding, form, serialization.NoEncryption()))
    (folder / "cert.pem").write_bytes(signed.public_bytes(encoding))
    return str(folder / "cert.pem"), str(folder / "key.pem")


@pytest.fixture
def tls_service(certificate: tuple[str, str]) -> Iterator[ScriptedService]:
    """Return a service that speaks TLS with that certificate."""
    running = ScriptedService(certificate)
    running.on("POST", "/x", Reply(200, {"over": "tls"}))
    yield running
    running.close()


def test_a_certificate_that_nobody_trusts_delivers_nothing_ever(tls_service: ScriptedService) -> None:
    with pytest.raises(NotDeliveredError, match="is not trusted .* set ca_path to the CA that signed it") as failed:
        PLAIN.send("POST", tls_service.url + "/x", body={})
    assert failed.value.lasting is True
    assert tls_service.requests == []


def test_a_certificate_of_the_ca_that_was_named_is_trusted(
    tls_service: ScriptedService, certificate: tuple[str, str]
) -> None:
    answer = Transport(5, certificate[0], proxied=False).send("POST", tls_service.url + "/x", body={})
    assert answer.json() == {"over": "tls"}


def test_without_verification_any_certificate_does_and_no_warning_is_printed(tls_service: ScriptedService) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        answer = Transport(5, verify=False, proxied=False).send("POST", tls_service.url + "/x", body={})
    assert answer.json() == {"over": "tls"}


@pytest.mark.parametrize("variable", ["REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE"])
@pytest.mark.parametrize("verified", [True, False])
def test_the_tasks_own_word_on_certificates_wins_over_the_environment(
    tls_service: ScriptedService,
    certificate: tuple[str, str],
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
    variable: str,
    verified: bool,
) -> None:
    other = tmp_path / "other.pem"
    other.write_text("")
    monkeypatch.setenv(variable, str(other))
    transport = Transport(5, certificate[0] if verified else False)
    assert transport.send("POST", tls_service.url + "/x", body={}).json() == {"over": "tls"}


@pytest.mark.parametrize("behaviour", [Reset(), Truncated(), Silence()])
def test_what_was_sent_over_tls_and_not_answered_may_have_been_delivered(
    tls_service: ScriptedService, behaviour: Behaviour
) -> None:
    tls_service.on("POST", "/y", behaviour)
    with pytest.raises(NoAnswerError):
        Transport(0.3, verify=False, proxied=False).send("POST", tls_service.url + "/y", body={})
    assert len(tls_service.requests) == 1


def test_a_handshake_that_breaks_delivers_nothing() -> None:
    listener = socket.create_server(("127.0.0.1", 0))

    def hang_up() -> None:
        connection, _address = listener.accept()
        connection.recv(1)
        connection.close()

    thread = threading.Thread(target=hang_up, daemon=True)
    thread.start()
    with pytest.raises(NotDeliveredError) as failed:
        PLAIN.send("POST", f"https://127.0.0.1:{listener.getsockname()[1]}/x", body={})
    thread.join()
    listener.close()
    assert failed.value.lasting is False


def test_a_ca_path_that_does_not_exist_delivers_nothing_ever(tls_service: ScriptedService, tmp_path: Path) -> None:
    missing = str(tmp_path / "missing.pem")
    with pytest.raises(NotDeliveredError, match=f"^TLS cannot be set up for .*{missing}") as failed:
        Transport(5, missing, proxied=False).send("POST", tls_service.url + "/x", body={})
    assert failed.value.lasting is True


@pytest.mark.parametrize(
    "text", ["", "no certificate", "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n"]
)
def test_a_ca_path_that_holds_no_certificate_delivers_nothing_ever(
    tls_service: ScriptedService, tmp_path: Path, text: str
) -> None:
    (tmp_path / "ca.pem").write_text(text)
    with pytest.raises(NotDeliveredError) as failed:
        Transport(5, str(tmp_path / "ca.pem"), proxied=False).send("POST", tls_service.url + "/x", body={})
    assert failed.value.lasting is True
    assert tls_service.requests == []


def test_a_service_that_speaks_no_tls_is_delivered_nothing(service: ScriptedService) -> None:
    with pytest.raises(NotDeliveredError):
        PLAIN.send("POST", service.url.replace("http:", "https:") + "/x", body=json.loads("{}"))
