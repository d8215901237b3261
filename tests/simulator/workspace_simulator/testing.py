# Copyright (c) 2026 the hwcloud.workspace contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""For test suites: a simulator in its own process, and a client of its control API. Needs nothing but Python.

with RunningSimulator(Path("estates/minimal.yml")) as simulator:
    use(simulator.url)
    assert simulator.control.journal(mutating=True) == []
"""

from __future__ import annotations

import json
import os
import select
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterable
from pathlib import Path
from types import TracebackType
from typing import Any
from urllib.parse import urlencode

READY = "workspace_simulator listening on "
_PACKAGE_ROOT = Path(__file__).resolve().parent.parent

ESTATES = _PACKAGE_ROOT / "estates"
"""Where the estates are that come with the simulator."""


class ControlError(AssertionError):
    """The control API refused a request; the text is its answer."""


class Control:
    """Client of the control API."""

    def __init__(self, url: str) -> None:
        """Talk to the simulator at ``url``."""
        self._url = url + "/_control"

    def health(self) -> dict[str, Any]:
        """Return the simulator's state of health."""
        return dict(self._call("GET", "/health"))

    def operations(self) -> list[dict[str, str]]:
        """Return name, method and path of every operation served."""
        return list(self._call("GET", "/operations")["operations"])

    def reset(self) -> None:
        """Go back to the estate it was started with: state, clock, journal, faults, dialect."""
        self._call("POST", "/reset")

    def seed(self, estate: str | dict[str, Any]) -> None:
        """Replace the estate, given as YAML or JSON text or as data; ``reset`` leads back to the first one."""
        text = estate if isinstance(estate, str) else json.dumps(estate)
        self._call("POST", "/seed", text.encode())

    def estate(self, pool: str | None = None) -> dict[str, Any]:
        """Return the whole state, or that of one pool (name or ID), with the record of effects."""
        return dict(self._call("GET", "/estate", pool=pool))

    def pool(self, name: str) -> dict[str, Any]:
        """Return one pool of the state."""
        (pool,) = self.estate(name)["pools"]
        return dict(pool)

    def desktop(self, name: str, pool: str | None = None) -> dict[str, Any]:
        """Return one desktop of the state, by name or ID."""
        (found,) = [
            desktop
            for entry in self.estate(pool)["pools"]
            for desktop in entry["desktops"]
            if name in (desktop["computer_name"], desktop["desktop_id"])
        ]
        return dict(found)

    def change(self, *changes: dict[str, Any]) -> None:
        """Change the state, for example ``{"desktop": "FIN-001", "set": {"login_status": "CONNECTED"}}``."""
        self._call("PATCH", "/estate", {"changes": list(changes)})

    def clock(self) -> dict[str, Any]:
        """Return time, factor and mode of the clock."""
        return dict(self._call("GET", "/clock"))

    def set_clock(self, **change: Any) -> dict[str, Any]:
        """Set ``factor``, ``mode`` (factor, polls), ``seconds_per_poll`` or ``now``."""
        return dict(self._call("PUT", "/clock", change))

    def advance(self, seconds: float) -> dict[str, Any]:
        """Move the clock forward by simulated seconds."""
        return dict(self._call("POST", "/clock/advance", {"seconds": seconds}))

    def journal(
        self, operation: str | None = None, method: str | None = None, mutating: bool | None = None, since: int = 0
    ) -> list[dict[str, Any]]:
        """Return the requests served, oldest first."""
        answer = self._call("GET", "/journal", operation=operation, method=method, mutating=mutating, since=since)
        return list(answer["entries"])

    def clear_journal(self) -> None:
        """Forget the requests served."""
        self._call("DELETE", "/journal")

    def faults(self) -> list[dict[str, Any]]:
        """Return the fault rules, each with the number of requests it fitted (``seen``)."""
        return list(self._call("GET", "/faults")["faults"])

    def set_faults(self, *rules: dict[str, Any]) -> None:
        """Replace the fault rules."""
        self._call("PUT", "/faults", {"faults": list(rules)})

    def clear_faults(self) -> None:
        """Drop all fault rules."""
        self._call("DELETE", "/faults")

    def set_failures(self, *rules: dict[str, Any]) -> None:
        """Replace the rules that make single desktops fail."""
        self._call("POST", "/failures", {"failures": list(rules)})

    def dialect(self) -> dict[str, str]:
        """Return the reading of every open question."""
        return dict(self._call("GET", "/dialect")["dialect"])

    def set_dialect(self, **readings: str) -> dict[str, str]:
        """Set readings of open questions; the others stay."""
        return dict(self._call("PUT", "/dialect", readings)["dialect"])

    def set_throttle(self, **settings: Any) -> dict[str, Any]:
        """Replace the limits on calls; ``enabled=True`` switches them on."""
        return dict(self._call("PUT", "/throttle", settings))

    def _call(self, verb: str, path: str, body: Any = None, /, **query: Any) -> Any:
        given = {
            name: str(value).lower() if isinstance(value, bool) else value
            for name, value in query.items()
            if value is not None
        }
        url = self._url + path + ("?" + urlencode(given) if given else "")
        data = body if isinstance(body, bytes) or body is None else json.dumps(body).encode()
        request = urllib.request.Request(url, data, {"Content-Type": "application/json"}, method=verb)
        opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
        try:
            with opener.open(request, timeout=60) as answer:
                text = answer.read()
        except urllib.error.HTTPError as problem:
            with problem:
                raise ControlError(f"{verb} {url}: {problem.code} {problem.read().decode()}") from problem
        return json.loads(text) if text else None


class RunningSimulator:
    """A simulator in a process of its own, on a free port, for as long as the ``with`` block lasts."""

    def __init__(
        self,
        estate: Path = ESTATES / "minimal.yml",
        factor: float | None = None,
        python: str = sys.executable,
        start_seconds: float = 60.0,
    ) -> None:
        """Prepare it.

        Args:
            estate: Estate file.
            factor: Simulated seconds in a real one; None leaves it to the estate.
            python: Interpreter that has the simulator's requirements.
            start_seconds: Real seconds within which it must be ready.
        """
        self._command = [python, "-m", "workspace_simulator", "--port", "0", "--estate", str(estate)]
        if factor is not None:
            self._command += ["--factor", str(factor)]
        self._start_seconds = start_seconds
        self._process: subprocess.Popen[str] | None = None
        self.url = ""
        self.control = Control("")

    @property
    def pid(self) -> int:
        """Process ID."""
        assert self._process is not None, "the simulator is not running"
        return self._process.pid

    def __enter__(self) -> RunningSimulator:
        """Start it and wait until it is ready.

        Raises:
            RuntimeError: It ended or was not ready in time.
        """
        self.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, problem: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Stop it."""
        self.stop()

    def start(self) -> None:
        """Start it, for use without ``with``; see ``__enter__``."""
        environment = {**os.environ, "PYTHONPATH": _joined([str(_PACKAGE_ROOT), os.environ.get("PYTHONPATH", "")])}
        self._process = subprocess.Popen(self._command, stdout=subprocess.PIPE, text=True, env=environment)
        try:
            line = self._first_line(self._process)
        except BaseException:
            self.stop()
            raise
        self.url = line.removeprefix(READY).strip()
        self.control = Control(self.url)

    def stop(self, seconds: float = 10.0) -> int:
        """Stop it and return its exit status; it is killed if it does not end within real ``seconds``."""
        process = self._process
        assert process is not None, "the simulator is not running"
        process.terminate()
        try:
            status = process.wait(seconds)
        except subprocess.TimeoutExpired:
            process.kill()
            status = process.wait()
        if process.stdout is not None:
            process.stdout.close()
        return status

    def _first_line(self, process: subprocess.Popen[str]) -> str:
        assert process.stdout is not None
        deadline = time.monotonic() + self._start_seconds
        while time.monotonic() < deadline:
            readable = select.select([process.stdout], [], [], 0.2)[0]
            if readable:
                line = process.stdout.readline()
                if line.startswith(READY):
                    return line
            if process.poll() is not None:
                break
        raise RuntimeError(f"the simulator was not ready: exit status {process.poll()}, command {self._command}")


def _joined(paths: Iterable[str]) -> str:
    return os.pathsep.join(path for path in paths if path)
