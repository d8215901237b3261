# Copyright (c) 2026 the hwcloud.workspace contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Starts Ansible's programs from a process that has already imported the libraries that they import.

A run of ``ansible-playbook`` spends a third of its CPU time on importing, over and over. Here one process imports the
libraries, and none of Ansible or of the collection, since these read settings and environment while they are imported.
For each run it forks a process that takes on the run's environment, folder and arguments and carries out the script
that is installed. Nothing of a run is left for the next one.
"""

from __future__ import annotations

import importlib
import json
import os
import select
import signal
import socket
import subprocess
import sys
from collections.abc import Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import IO

LIBRARIES = (
    "asyncio",
    "concurrent.futures",
    "cryptography.hazmat.backends",
    "cryptography.hazmat.primitives.ciphers.algorithms",
    "cryptography.hazmat.primitives.hmac",
    "cryptography.hazmat.primitives.kdf.pbkdf2",
    "cryptography.hazmat.primitives.padding",
    "getpass",
    "jinja2.nativetypes",
    "jinja2.sandbox",
    "logging.handlers",
    "multiprocessing.queues",
    "packaging.specifiers",
    "requests",
    "tarfile",
    "unittest.mock",
    "urllib.request",
    "uuid",
    "yaml",
    "zipfile",
)


class WarmRun:
    """A run under way; what a run needs of ``subprocess.Popen``."""

    def __init__(self, command: Sequence[str], status: IO[bytes], outputs: tuple[Path, Path]) -> None:
        """Follow the run whose process ID and exit status come through the pipe ``status``."""
        self._command = command
        self._status = status
        self._outputs = outputs
        self.pid = int(status.readline())
        self.returncode: int | None = None

    def communicate(self, timeout: float) -> tuple[str, str]:
        """Wait for the end, and return what the program wrote."""
        if not select.select([self._status], [], [], timeout)[0]:
            raise subprocess.TimeoutExpired(self._command, timeout)
        self.wait()
        output, errors = (path.read_text(errors="replace") for path in self._outputs)
        return output, errors

    def kill(self) -> None:
        """End the program if it still runs."""
        if self.returncode is None:
            with suppress(ProcessLookupError):
                os.killpg(self.pid, signal.SIGKILL)

    def wait(self) -> int:
        """Return the exit status."""
        if self.returncode is None:
            self.returncode = os.waitstatus_to_exitcode(int(self._status.readline()))
            self._status.close()
        return self.returncode


class WarmStarts:
    """The process that the runs are forked from."""

    def __init__(self) -> None:
        """Start it; it ends when this object's end of the socket is closed, at the latest with this process."""
        self._socket, other = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        with other:
            command = [sys.executable, __file__, str(other.fileno())]
            self._process = subprocess.Popen(command, pass_fds=[other.fileno()], stdin=subprocess.DEVNULL)

    def run(self, command: Sequence[str], folder: Path, environment: Mapping[str, str], outputs: Path) -> WarmRun:
        """Start a Python program with its arguments.

        :param command: path of the script, and its arguments.
        :param outputs: what the files for standard output and error begin with.
        """
        files = (outputs.with_suffix(".out"), outputs.with_suffix(".err"))
        read, write = os.pipe()
        with files[0].open("wb") as output, files[1].open("wb") as errors, os.fdopen(write, "wb") as status:
            request = json.dumps([list(command), str(folder), dict(environment)]).encode()
            socket.send_fds(self._socket, [request], [output.fileno(), errors.fileno(), status.fileno()])
        return WarmRun(command, os.fdopen(read, "rb", buffering=0), files)

    def close(self) -> None:
        """End the process."""
        self._socket.close()
        self._process.wait(timeout=30)


def main() -> None:
    """Import the libraries, then fork a process for each request."""
    for name in LIBRARIES:
        importlib.import_module(name)
    requests = socket.socket(fileno=int(sys.argv[1]))
    requests.setblocking(True)
    while True:
        data, files, _flags, _address = socket.recv_fds(requests, 1 << 20, 3)
        # Those who have waited for a run, so that its CPU time counts as this process's too.
        with suppress(ChildProcessError):
            while os.waitpid(-1, 0 if not data else os.WNOHANG)[0]:
                pass
        if not data:
            return
        if os.fork() == 0:
            requests.close()
            break
        for file in files:
            os.close(file)
    command, folder, environment = json.loads(data)
    status = files[2]
    pid = os.fork()
    if pid:
        os.write(status, f"{pid}\n".encode())
        os.write(status, f"{os.waitpid(pid, 0)[1]}\n".encode())
        os._exit(0)
    os.close(status)
    take_on(command, folder, environment, files[:2])


def take_on(command: list[str], folder: str, environment: dict[str, str], files: Sequence[int]) -> None:
    """Become the program, with a session, files, folder, environment and arguments of its own, and run its script."""
    os.setsid()
    os.chdir(folder)
    for target, file in enumerate(files, 1):
        os.dup2(file, target)
        os.close(file)
    os.environ.clear()
    os.environ.update(environment)
    sys.argv[:] = command
    sys.path[0] = str(Path(command[0]).parent)
    script = compile(Path(command[0]).read_text(), command[0], "exec")
    names = sys.modules["__main__"].__dict__
    builtins = names["__builtins__"]
    names.clear()  # nothing of this file, no more than in a process of its own
    names.update(__name__="__main__", __file__=command[0], __builtins__=builtins)
    exec(script, names)  # noqa: S102


if __name__ == "__main__":
    main()
