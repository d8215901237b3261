# Copyright (c) 2026 the hwcloud.workspace contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Servers that a misconfigured endpoint leads to: one that redirects, a proxy that answers with HTML, nobody at all."""

from __future__ import annotations

import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

PAGE = b"<html><head><title>Gate</title></head><body>\n<h1>Please log in</h1>\n</body></html>"


@contextmanager
def wrong_server(redirect_to: str) -> Iterator[str]:
    """Serve ``/redirect`` (307 to ``redirect_to``), ``/page`` (HTML, 200), ``/gateway`` (HTML, 502); yield the URL."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            kind = self.path.split("/")[1]
            self.send_response({"redirect": 307, "gateway": 502}.get(kind, 200))
            if kind == "redirect":
                self.send_header("Location", redirect_to + self.path.removeprefix("/redirect"))
            self.send_header("Content-Type", "text/html")
            self.send_header("Content-Length", str(len(PAGE)))
            self.end_headers()
            self.wfile.write(PAGE)

        def log_message(self, *arguments: object) -> None:
            """Keep quiet."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.server_port}"
        finally:
            server.shutdown()
            thread.join()


@contextmanager
def deaf_port() -> Iterator[str]:
    """Yield the URL of a port that refuses connections for as long as the block lasts."""
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))  # bound, never listening
        yield f"http://127.0.0.1:{taken.getsockname()[1]}"
