# Copyright (c) 2026 the hwcloud.workspace contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The open TCP connections, so that a fault can cut one off as the client sees it."""

from __future__ import annotations

import asyncio
import socket
import struct
from typing import Any

from starlette.responses import Response
from starlette.types import Receive, Scope, Send
from uvicorn.protocols.http.h11_impl import H11Protocol

_CLOSE_WITH_RESET = struct.pack("ii", 1, 0)
"""SO_LINGER switched on with no time: the kernel answers the peer with a reset instead of an orderly end."""


class Connections:
    """Connections by the client's address and port."""

    def __init__(self) -> None:
        """Start without any."""
        self._transports: dict[tuple[str, int], asyncio.Transport] = {}

    def opened(self, transport: asyncio.Transport) -> None:
        """Note a new connection."""
        self._transports[_peer(transport)] = transport

    def closed(self, transport: asyncio.Transport) -> None:
        """Forget a connection."""
        self._transports.pop(_peer(transport), None)

    def drop(self, client: tuple[str, int], abort: bool) -> None:
        """Close a connection without an answer.

        Args:
            client: Address and port of the client.
            abort: With a TCP reset, or in order.

        Raises:
            LookupError: There is no such connection, as in tests that run without a socket.
        """
        transport = self._transports.get(client)
        if transport is None:
            raise LookupError(f"no connection of {client}")
        if abort:
            connection: socket.socket = transport.get_extra_info("socket")
            connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _CLOSE_WITH_RESET)
        transport.abort()


def protocol_for(connections: Connections) -> type[H11Protocol]:
    """Return an HTTP protocol for uvicorn that reports its connections."""

    class ReportingProtocol(H11Protocol):
        def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
            super().connection_made(transport)
            connections.opened(transport)

        def connection_lost(self, exc: Exception | None) -> None:
            connections.closed(self.transport)
            super().connection_lost(exc)

    return ReportingProtocol


class Dropped(Response):
    """No answer at all: the connection ends, at once or after a while."""

    def __init__(self, connections: Connections, abort: bool = True, after: float = 0.0) -> None:
        """Close with a reset if ``abort``, after so many real seconds."""
        super().__init__()
        self._connections = connections
        self._abort = abort
        self._after = after

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Hold the connection, then close it and wait until the server knows."""
        del send
        gone = asyncio.ensure_future(_disconnected(receive))
        done, _pending = await asyncio.wait({gone}, timeout=self._after)
        if not done:
            self._connections.drop(tuple(scope["client"]), self._abort)
        await gone


async def _disconnected(receive: Receive) -> None:
    message: Any = {}
    while message.get("type") != "http.disconnect":
        message = await receive()


def _peer(transport: asyncio.Transport) -> tuple[str, int]:
    host, port = transport.get_extra_info("peername")[:2]
    return str(host), int(port)
