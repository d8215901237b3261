# Copyright (c) 2026 the hwcloud.workspace contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Runs the simulator on a socket."""

from __future__ import annotations

import signal
import socket
from types import FrameType

import uvicorn

from .app import create_app
from .connections import Connections, protocol_for
from .simulation import Simulation

_SHUTDOWN_SECONDS = 1


def run(simulation: Simulation, host: str, port: int) -> None:
    """Serve until SIGTERM or SIGINT.

    Prints one line when ready: ``workspace_simulator listening on http://HOST:PORT``.

    Args:
        simulation: What to serve.
        host: Address to listen on.
        port: Port to listen on, 0 for a free one.
    """
    connections = Connections()
    config = uvicorn.Config(
        create_app(simulation, connections),
        http=protocol_for(connections),
        ws="none",
        lifespan="off",
        log_level="warning",
        access_log=False,
        date_header=False,  # the pipeline gives the service's own time
        timeout_keep_alive=75,
        timeout_graceful_shutdown=_SHUTDOWN_SECONDS,
    )
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    # With the protocol named, asyncio sends small answers at once; without, each would wait 40 ms for more.
    listener = socket.socket(family, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    with listener:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind((host, port))
        address = f"[{host}]" if ":" in host else host
        # uvicorn raises the signal again after its own shutdown, which would end the process with an error.
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, _stopped)
        _Announcing(config, f"http://{address}:{listener.getsockname()[1]}").run(sockets=[listener])


class _Announcing(uvicorn.Server):
    """Says where it listens as soon as it does."""

    def __init__(self, config: uvicorn.Config, url: str) -> None:
        super().__init__(config)
        self._url = url

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets=sockets)
        print(f"workspace_simulator listening on {self._url}", flush=True)


def _stopped(_number: int, _frame: FrameType | None) -> None:
    return
