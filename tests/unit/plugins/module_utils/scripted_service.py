# Copyright (c) 2026 the hwcloud.workspace contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A real HTTP server on 127.0.0.1 that answers what a test tells it to, well or badly, and a hand-moved clock."""

from __future__ import annotations

import json
import random
import re
import socket
import ssl
import struct
import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from email.message import Message
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, TypeAlias
from urllib.parse import parse_qsl

from ansible_collections.hwcloud.workspace.plugins.module_utils.client.authentication import Authenticator
from ansible_collections.hwcloud.workspace.plugins.module_utils.client.clock import Clock
from ansible_collections.hwcloud.workspace.plugins.module_utils.client.credentials import AccessKey, Credentials
from ansible_collections.hwcloud.workspace.plugins.module_utils.client.session import Session
from ansible_collections.hwcloud.workspace.plugins.module_utils.client.settings import read_settings
from ansible_collections.hwcloud.workspace.plugins.module_utils.client.transport import Transport

PROJECT = "0123456789abcdef0123456789abcdef"


@dataclass(frozen=True)
class Request:
    """A request as it arrived."""

    method: str
    target: str
    headers: Message
    body: bytes

    @property
    def path(self) -> str:
        """The path, as it was sent."""
        return self.target.partition("?")[0]

    @property
    def query(self) -> dict[str, str]:
        """The query's values by key; of a repeated key the last."""
        return dict(self.pairs)

    @property
    def pairs(self) -> list[tuple[str, str]]:
        """The query's keys and values in the order in which they were sent."""
        return parse_qsl(self.target.partition("?")[2], keep_blank_values=True)

    def json(self) -> Any:
        """Return the body's JSON."""
        return json.loads(self.body)


@dataclass(frozen=True)
class Reply:
    """An answer. A body that is neither bytes nor text is sent as JSON; None sends no body."""

    status: int = 200
    body: Any = None
    headers: dict[str, str] = field(default_factory=dict)

    def payload(self) -> bytes:
        """Return the body's bytes."""
        if self.body is None:
            return b""
        if isinstance(self.body, bytes):
            return self.body
        return self.body.encode() if isinstance(self.body, str) else json.dumps(self.body).encode()


@dataclass(frozen=True)
class Reset:
    """The connection is reset after the request was read and before anything is answered."""


@dataclass(frozen=True)
class Truncated:
    """The connection is closed in the middle of the answer's body."""


@dataclass(frozen=True)
class Silence:
    """Nothing is answered until the test ends."""


Behaviour: TypeAlias = "Reply | Reset | Truncated | Silence"
Script: TypeAlias = "Behaviour | Callable[[Request], Behaviour]"


class ScriptedService:
    """The server. Rules are asked in the order in which they were made; each plays its scripts one after the other.

    The last script of a rule is played again and again. What no rule fits is answered with 501 and taken down in
    ``surprises``.

    :param certificate: paths of a certificate and its key; the server then speaks TLS.
    :param port: port to listen on; 0 takes any that is free.
    """

    def __init__(self, certificate: tuple[str, str] | None = None, port: int = 0) -> None:
        self.requests: list[Request] = []
        self.surprises: list[Request] = []
        self.over = threading.Event()
        self._rules: list[tuple[str, re.Pattern[str], list[Script]]] = []
        self._lock = threading.RLock()
        service = self

        class Handler(_Handler):
            owner = service

        self._server = _Server(("127.0.0.1", port), Handler)
        if certificate:
            context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            context.load_cert_chain(*certificate)
            self._server.socket = context.wrap_socket(self._server.socket, server_side=True)
        scheme = "https" if certificate else "http"
        self.port = self._server.server_port
        self.host = f"127.0.0.1:{self.port}"
        self.url = f"{scheme}://{self.host}"
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.005,), daemon=True)
        self._thread.start()

    def on(self, method: str, path: str, *scripts: Script) -> None:
        """Answer ``method`` on paths that match the regular expression ``path`` in full with ``scripts``, in turn."""
        self._rules.append((method, re.compile(path), list(scripts)))

    def sent(self, method: str, path: str = ".*") -> list[Request]:
        """Return the requests that came with ``method`` on paths that match ``path`` in full."""
        return [item for item in self.requests if item.method == method and re.fullmatch(path, item.path)]

    def close(self) -> None:
        """Stop listening; whoever connects from now on is refused."""
        self.over.set()
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()

    def play(self, request: Request) -> Behaviour:
        """Return what is to become of a request."""
        with self._lock:
            self.requests.append(request)
            for method, path, scripts in self._rules:
                if method == request.method and path.fullmatch(request.path):
                    script = scripts.pop(0) if len(scripts) > 1 else scripts[0]
                    return script(request) if callable(script) else script
            self.surprises.append(request)
            return Reply(501, {"error_code": "TEST.0001", "error_msg": f"no rule for {request.path}"})


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    block_on_close = False

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Say nothing: that a client goes away is part of the tests."""


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    wbufsize = -1
    owner: ScriptedService

    def _answer(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        behaviour = self.owner.play(Request(self.command, self.path, self.headers, body))
        if isinstance(behaviour, Reply):
            payload = behaviour.payload()
            self.send_response_only(behaviour.status)
            for name, value in {"Content-Length": str(len(payload)), **behaviour.headers}.items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(payload)
            return
        self.close_connection = True
        if isinstance(behaviour, Reset):
            self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            self.connection.close()
        elif isinstance(behaviour, Truncated):
            self.wfile.write(b'HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n{"job_id": "')
        else:
            self.owner.over.wait(10)

    do_GET = do_POST = do_PUT = do_DELETE = do_CONNECT = _answer  # noqa: N815 - the names that the base class calls

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 - the base class's name
        """Say nothing."""


class HandClock(Clock):
    """A clock that stands still, except that a pause moves it on at once by its length."""

    def __init__(self) -> None:
        super().__init__()
        self.time = 1000.0
        self.pauses: list[float] = []

    def now(self) -> float:
        """Return the reading."""
        return self.time

    def sleep(self, seconds: float) -> None:
        """Move the clock on and take the pause down."""
        self.pauses.append(seconds)
        self.time += max(0.0, seconds)


def session_to(
    url: str,
    *,
    credentials: Credentials | None = None,
    clock: Clock | None = None,
    timeout: float = 5.0,
    on_secret: Callable[[str], None] = lambda text: None,
    **params: Any,
) -> Session:
    """Return a session with the service at ``url``, put together from the real parts.

    :param params: shared options of the modules, besides the two endpoints.
    """
    given = {"endpoint": url, "iam_endpoint": url, "region": "eu-west-101", "project_id": PROJECT, **params}
    settings = read_settings(given, {})
    authenticator = Authenticator(settings, credentials or AccessKey("EXAMPLEAK", "EXAMPLESK"), on_secret)
    return Session(settings, authenticator, Transport(timeout, proxied=False), clock or HandClock(), random.Random(7))
