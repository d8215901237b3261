# Copyright (c) 2026 the hwcloud.workspace contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The page in a real browser: it fits phone and screen, shows its pictures, and asks for nothing."""

from __future__ import annotations

import html
import json
import re
import shutil
import subprocess
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
from look_at_report import NOWHERE, QUIET, chromium

from ansible_collections.hwcloud.workspace.plugins.module_utils.report.document import plain
from ansible_collections.hwcloud.workspace.plugins.module_utils.report.model import read_result
from ansible_collections.hwcloud.workspace.plugins.module_utils.report.page import page
from ansible_collections.hwcloud.workspace.tests.unit.plugins.module_utils.report.sample_results import SAMPLES

WIDTHS = (360, 390, 1280)

# Runs in a page around the report: the report itself lets no script run.
MEASURE = """
<!DOCTYPE html><meta charset="utf-8"><body><script>
const frames = [], found = [];
for (const name of NAMES) for (const width of WIDTHS) {
  const frame = document.createElement("iframe");
  frame.style.cssText = `width:${width}px;height:900px;border:0`;
  frame.src = `/${name}.html`;
  frames.push(new Promise(loaded => frame.onload = () => {
    const inner = frame.contentDocument, root = inner.documentElement;
    for (const details of inner.querySelectorAll("details")) details.open = true;
    const beyond = [...inner.body.querySelectorAll("*")].filter(element => {
      const box = element.getBoundingClientRect();
      return box.width && !element.closest("svg svg, .definitions, thead") && (box.right > width + 1 || box.left < -1);
    }).map(element => `${element.tagName}.${element.getAttribute("class")}`);
    const tight = [...inner.querySelectorAll(".tile, td, li, .drift-line")]
      .filter(element => element.clientWidth && element.scrollWidth > element.clientWidth + 1)
      .map(element => element.textContent).slice(0, 5);
    const bars = [...inner.querySelectorAll("svg.chart rect.done, svg.chart rect.failed")];
    found.push({name, width, scrolls: root.scrollWidth - root.clientWidth, beyond: beyond.slice(0, 5), tight,
      invisible: bars.filter(bar => bar.getBoundingClientRect().width < 1).length, bars: bars.length,
      seen: inner.body.innerText.length, scripts: typeof frame.contentWindow.ran});
    loaded();
  }));
  document.body.append(frame);
}
Promise.all(frames).then(() => document.body.textContent = "MEASURED" + JSON.stringify(found) + "END");
</script>
"""


class Pages(ThreadingHTTPServer):
    """Serves pages on this machine and remembers what was asked for."""

    def __init__(self, pages: dict[str, str]) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.pages = pages
        self.asked: list[str] = []


class _Handler(BaseHTTPRequestHandler):
    server: Pages

    def do_GET(self) -> None:
        self.server.asked.append(self.path)
        body = self.server.pages.get(self.path)
        self.send_response(200 if body is not None else 404)
        self.send_header("Content-Type", "text/html; charset=utf-8")
        self.end_headers()
        self.wfile.write((body or "").encode())

    def log_message(self, *arguments: Any) -> None:
        """Say nothing."""


@pytest.fixture(scope="module")
def program() -> str:
    """Return the path of Chromium."""
    found = chromium()
    if found is None:
        pytest.skip("no Chromium on this machine")
    return found


@pytest.fixture(scope="module")
def looked_at(
    program: str, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[tuple[Pages, list[dict[str, Any]], Path]]:
    """Load every sample at every width, and return what was served, what was measured and the browser's network log."""
    pages = {
        f"/{name}.html": page(
            [read_result(plain(raw)) for raw in raws], "Desktop pool maintenance", "2026-11-21T23:40:00Z"
        )
        for name, raws in SAMPLES.items()
    }
    pages["/"] = MEASURE.replace("NAMES", json.dumps(list(SAMPLES))).replace("WIDTHS", json.dumps(WIDTHS))
    folder = tmp_path_factory.mktemp("browser")
    server = Pages(pages)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        options = [
            f"--user-data-dir={folder / 'profile'}",
            f"--log-net-log={folder / 'net.json'}",
            "--virtual-time-budget=20000",
        ]
        command = [program, *QUIET, *options, "--dump-dom", f"http://127.0.0.1:{server.server_port}/"]
        environment = {"HOME": str(folder), "PATH": str(Path(shutil.which("sh") or "/bin/sh").parent)}
        done = subprocess.run(command, capture_output=True, text=True, timeout=120, env=environment, check=False)
        measured = re.search(r"MEASURED(\[.*\])END", html.unescape(done.stdout), re.DOTALL)
        assert measured, f"{done.stdout[-2000:]}\n{done.stderr[-2000:]}"
        yield server, json.loads(measured[1]), folder / "net.json"
    finally:
        server.shutdown()
        server.server_close()


def test_nothing_stands_beyond_the_edge(looked_at: tuple[Pages, list[dict[str, Any]], Path]) -> None:
    _server, measured, _log = looked_at
    assert len(measured) == len(SAMPLES) * len(WIDTHS)
    assert [found for found in measured if found["scrolls"] > 0 or found["beyond"] or found["tight"]] == []


def test_text_and_bars_can_be_seen(looked_at: tuple[Pages, list[dict[str, Any]], Path]) -> None:
    _server, measured, _log = looked_at
    assert [found for found in measured if found["invisible"] or found["seen"] < 50] == []
    assert {found["name"] for found in measured if found["bars"]} >= {"rolled_back", "clean", "crowd", "hostile"}


def test_nothing_is_asked_for_but_the_page(looked_at: tuple[Pages, list[dict[str, Any]], Path]) -> None:
    server, measured, log = looked_at
    assert set(server.asked) - {"/favicon.ico"} == {"/", *(f"/{found['name']}.html" for found in measured)}
    # The browser's own log also knows requests that never left this machine, for example to a name that has no address.
    urls = set(re.findall(r'"url":\s*"((?:https?|wss?|ftp):[^"]*)"', log.read_text()))
    places = {(url.hostname, url.port, url.path) for url in map(urlsplit, urls) if url.port != NOWHERE}
    assert places - {("127.0.0.1", server.server_port, "/favicon.ico")} == {
        ("127.0.0.1", server.server_port, path) for path in set(server.asked) - {"/favicon.ico"}
    }
