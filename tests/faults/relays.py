# Copyright (c) 2026 the hwcloud.workspace contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What may stand between the collection and the service: TLS, a proxy, a gateway that talks too much, another host.

All listen on 127.0.0.1, and note each connection and each byte that a client has said to them.
"""

from __future__ import annotations

import base64
import socket
import ssl
import threading
from collections.abc import Callable, Mapping
from contextlib import suppress
from types import TracebackType
from urllib.parse import urlsplit

SECONDS = 20.0
"""After which a connection that says nothing is given up."""


class Listener:
    """Takes connections as long as its ``with`` block lasts, and reads what comes; it never answers."""

    def __init__(self) -> None:
        self._socket = socket.create_server(("127.0.0.1", 0))
        self.host = f"127.0.0.1:{self._socket.getsockname()[1]}"
        self._thread = threading.Thread(target=self._accept, daemon=True)
        self._open: list[socket.socket] = []
        self._lock = threading.Lock()
        self.connections = 0
        self._seen: list[bytes] = []

    @property
    def seen(self) -> bytes:
        """All that clients have said, once it was decrypted."""
        return b"".join(self._seen)

    def __enter__(self) -> Listener:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        # Without the shutdown the thread would wait on in accept().
        with suppress(OSError):
            self._socket.shutdown(socket.SHUT_RDWR)
        self._socket.close()
        with self._lock:
            for connection in self._open:
                with suppress(OSError):
                    connection.shutdown(socket.SHUT_RDWR)
        self._thread.join(SECONDS)

    def handle(self, connection: socket.socket) -> None:
        """Talk to a client until it has gone."""
        while self.heard(connection.recv(65536)):
            pass

    def heard(self, data: bytes) -> bytes:
        """Note what a client has said, and return it."""
        self._seen.append(data)
        return data

    def keep(self, connection: socket.socket) -> socket.socket:
        """Have a connection closed at the end of the block."""
        connection.settimeout(SECONDS)
        with self._lock:
            self._open.append(connection)
        return connection

    def _accept(self) -> None:
        while True:
            try:
                connection, _address = self._socket.accept()
            except OSError:
                return
            self.connections += 1
            threading.Thread(target=self._guarded, args=(self.keep(connection),), daemon=True).start()

    def _guarded(self, connection: socket.socket) -> None:
        with suppress(OSError), connection:
            self.handle(connection)


class Relay(Listener):
    """Passes all on to a server, with TLS before it if there is a context.

    :param target: URL of the server.
    :param context: certificate and key; None speaks no TLS.
    """

    def __init__(self, target: str, context: ssl.SSLContext | None = None) -> None:
        super().__init__()
        self.target = target
        self._context = context

    def __enter__(self) -> Relay:
        super().__enter__()
        return self

    @property
    def url(self) -> str:
        """Its URL."""
        return f"{'https' if self._context else 'http'}://{self.host}"

    def handle(self, connection: socket.socket) -> None:
        """Shake hands, and pass on."""
        if self._context is None:
            self.pass_on(connection, self.upstream())
            return
        with self._context.wrap_socket(connection, server_side=True) as secured:
            self.pass_on(self.keep(secured), self.upstream())

    def upstream(self) -> socket.socket:
        """Return a connection to the server."""
        parts = urlsplit(self.target)
        return self.keep(socket.create_connection((parts.hostname, parts.port), timeout=SECONDS))

    def pass_on(self, client: socket.socket, server: socket.socket, note: bool = True) -> None:
        """Carry bytes both ways until one side has gone."""
        back = threading.Thread(target=self._carry_back, args=(server, client), daemon=True)
        back.start()
        with suppress(OSError):
            while data := client.recv(65536):
                server.sendall(self.heard(data) if note else data)
        _end(server)
        back.join(SECONDS)
        server.close()

    def _carry_back(self, server: socket.socket, client: socket.socket) -> None:
        with suppress(OSError):
            while data := server.recv(65536):
                if self.cuts():
                    break
                client.sendall(data)
        _end(client)

    def cuts(self) -> bool:
        """Return whether the connection breaks instead of an answer's next bytes."""
        return False


class Proxy(Relay):
    """A proxy as companies have them: tunnels (CONNECT), and requests with a whole URL. All lead to one server.

    :param target: URL of that server.
    :param wants: ``user:password`` that it insists on; empty wants none.
    :param refuses: status by which it refuses everything; 0 refuses nothing.
    :param hangs: take requests and never answer.
    :param cut: asked each time before bytes of an answer go back; once it says True, the connection breaks.
    """

    def __init__(
        self,
        target: str,
        *,
        wants: str = "",
        refuses: int = 0,
        hangs: bool = False,
        cut: Callable[[], bool] = lambda: False,
    ) -> None:
        super().__init__(target)
        self.asked: list[str] = []
        self._wants = f"Basic {base64.b64encode(wants.encode('utf-8')).decode()}" if wants else ""
        self._refuses = refuses
        self._hangs = hangs
        self._cut = cut

    def __enter__(self) -> Proxy:
        super().__enter__()
        return self

    def handle(self, connection: socket.socket) -> None:
        """Read what a client asks for, and lead it there."""
        said = b""
        while b"\r\n\r\n" not in said:
            data = connection.recv(65536)
            if not data:
                return
            said += self.heard(data)
        head, _blank, rest = said.partition(b"\r\n\r\n")
        first, *fields = head.decode("latin-1").split("\r\n")
        self.asked.append(" ".join(first.split()[:2]))
        given = next((line.partition(": ")[2] for line in fields if line.lower().startswith("proxy-authorization")), "")
        if self._hangs:
            super(Relay, self).handle(connection)
            return
        refusal = self._refuses or (407 if given != (self._wants or given) else 0)
        if refusal:
            words = f"HTTP/1.1 {refusal} No way for {given or 'you'}\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"
            connection.sendall(words.encode("latin-1"))
            return
        server = self.upstream()
        if first.startswith("CONNECT "):
            connection.sendall(b"HTTP/1.1 200 Go on\r\n\r\n")
            server.sendall(rest)
        else:
            method, url, version = first.split()
            path = url.partition("://")[2].partition("/")[2]
            kept = [line for line in fields if not line.lower().startswith(("proxy-", "connection:"))]
            lines = [f"{method} /{path} {version}", *kept, "Connection: close", "", ""]
            server.sendall("\r\n".join(lines).encode("latin-1") + rest)
        self.pass_on(connection, server)

    def cuts(self) -> bool:
        """Return whether it is time to break."""
        return self._cut()


class Server(Listener):
    """Answers every request alike.

    :param answer: makes status, further headers and body of an answer from what the client has said.
    """

    def __init__(self, answer: Callable[[bytes], tuple[int, Mapping[str, str], bytes]]) -> None:
        super().__init__()
        self._answer = answer
        self.requests = 0

    def __enter__(self) -> Server:
        super().__enter__()
        return self

    @property
    def url(self) -> str:
        """Its URL."""
        return f"http://{self.host}"

    def handle(self, connection: socket.socket) -> None:
        """Answer one request, and hang up."""
        said = b""
        while not _is_whole(said) and not said.startswith(_HANDSHAKE):
            data = connection.recv(65536)
            if not data:
                return
            said += self.heard(data)
        self.requests += 1
        status, headers, body = self._answer(said)
        lines = [f"HTTP/1.1 {status} Said", *(f"{name}: {value}" for name, value in headers.items())]
        lines += [f"Content-Length: {len(body)}", "Connection: close", "", ""]
        connection.sendall("\r\n".join(lines).encode("utf-8") + body)


_HANDSHAKE = b"\x16"  # the first byte of TLS, to which web servers without TLS answer with 400


def _is_whole(said: bytes) -> bool:
    head, blank, body = said.partition(b"\r\n\r\n")
    lengths = [line.split(b":")[1] for line in head.lower().split(b"\r\n") if line.startswith(b"content-length:")]
    return bool(blank) and len(body) >= (int(lengths[0]) if lengths else 0)


def _end(connection: socket.socket) -> None:
    with suppress(OSError):
        connection.shutdown(socket.SHUT_RDWR)
