# Copyright (c) 2026 the hwcloud.workspace contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the tasks of one run tell each other, although Ansible runs each of them in a process of its own.

Ansible loads this file in its main process and forks its workers from it, so a nameless file that is opened here is
the same one in all of them. It lies in memory, nobody else can open it, and it is gone when Ansible ends. A module that
runs as a program of its own has a board to itself.
"""

from __future__ import annotations

import fcntl
import hashlib
import json
import os
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, TypeAlias

Note: TypeAlias = "dict[str, Any]"

_SHELVES = 64
_WIDE = 8  # places of a shelf: notes whose names fall on one shelf stand beside each other
_ROOM = 2048  # bytes of a note, with the hash of its name before it
_HASH = 32
_LONGEST_LOCK = 2.0  # real seconds; a note is written in far less than a thousandth of that


class Board:
    """Notes by name, each a small dictionary that goes through JSON.

    A shelf that is full gives up one of its notes for a new one: what stands here saves requests, nothing else depends
    on it.

    :param shared: let processes that are forked from this one see the same notes; where the system has no means for
        it, each process has notes of its own.
    """

    def __init__(self, *, shared: bool = False) -> None:
        self._threads: dict[int, Any] = {}
        self._notes: dict[bytes, Note] = {}
        self._file = -1
        self._is: tuple[int, int] | None = None
        self._made_by = os.getpid()
        if shared:
            try:
                self._file = _nameless_file()
                self._is = _identity(self._file)
            except OSError:
                self._file = -1

    @property
    def is_shared(self) -> bool:
        """Whether other processes may see the same notes."""
        # Whoever closes all files, as a daemon does, may have opened another one under this number.
        try:
            return self._file >= 0 and _identity(self._file) == self._is
        except OSError:
            return False

    @property
    def serves_many(self) -> bool:
        """Whether other processes do see the same notes: this one was forked from that which has made the board."""
        return self._made_by != os.getpid() and self.is_shared

    def read(self, name: bytes) -> Note:
        """Return a note, empty if there is none.

        :param name: hash of what it is about, 32 bytes.
        """
        return self.change(name, None)

    def change(self, name: bytes, change: Callable[[Note], Note] | None) -> Note:
        """Replace a note by what a function makes of it, and return that. No other process changes it meanwhile.

        :param change: is given the note, empty if there is none; it must not wait. None leaves it as it is.
        """
        if not self.is_shared:
            with self._in_process(-1):
                note = self._notes.get(name, {})
                if change is not None:
                    note = self._notes[name] = change(note)
                return note
        with self._alone(_shelf(name), _LONGEST_LOCK):
            place = self._place(name)
            note = self._load(place, name)
            if change is not None:
                note = change(note)
                self._store(place, name, note)
            return note

    @contextmanager
    def turn(self, name: bytes, seconds: float) -> Iterator[None]:
        """Let one process after the other through the block. A process that ends gives its turn back.

        :param seconds: real seconds after which a process goes ahead although it is not its turn.
        """
        with self._alone(_SHELVES + _shelf(name), seconds):
            yield

    def clear(self) -> None:
        """Take all notes away."""
        self._notes.clear()
        if self.is_shared:
            os.ftruncate(self._file, 0)

    def close(self) -> None:
        """Give the file back. What is noted afterwards stays in this process."""
        if self.is_shared:
            os.close(self._file)
        self._file = -1

    def _place(self, name: bytes) -> int:
        """Return where a note stands; else where there is room on its shelf, or whose place it is to take."""
        begin = _shelf(name) * _WIDE
        for place in range(begin, begin + _WIDE):
            found = os.pread(self._file, _HASH, place * _ROOM)
            if found == name or not found.strip(b"\0"):
                return place
        return begin + name[4] % _WIDE

    def _load(self, place: int, name: bytes) -> Note:
        raw = os.pread(self._file, _ROOM, place * _ROOM)
        if raw[:_HASH] != name:
            return {}
        try:
            return dict(json.loads(raw[_HASH:].rstrip(b"\0")))
        except ValueError:  # its writer was killed while it wrote
            return {}

    def _store(self, place: int, name: bytes, note: Note) -> None:
        text = json.dumps(note).encode("ascii")
        if len(text) <= _ROOM - _HASH:
            os.pwrite(self._file, (name + text).ljust(_ROOM, b"\0"), place * _ROOM)

    @contextmanager
    def _alone(self, number: int, seconds: float) -> Iterator[None]:
        # Locks of files tell processes apart, not threads.
        ends = time.monotonic() + seconds
        with self._in_process(number, seconds):
            locked = self.is_shared and self._lock(number, ends)
            try:
                yield
            finally:
                if locked:
                    fcntl.lockf(self._file, fcntl.LOCK_UN, 1, number)

    def _lock(self, number: int, ends: float) -> bool:
        while True:
            try:
                fcntl.lockf(self._file, fcntl.LOCK_EX | fcntl.LOCK_NB, 1, number)
                return True
            except OSError:
                if time.monotonic() >= ends:
                    return False
            time.sleep(0.005)

    @contextmanager
    def _in_process(self, number: int, seconds: float = _LONGEST_LOCK) -> Iterator[None]:
        lock = self._threads.setdefault(number, threading.RLock())
        locked = lock.acquire(timeout=seconds)
        try:
            yield
        finally:
            if locked:
                lock.release()


def note_name(*parts: str) -> bytes:
    """Return the name of a note about these parts. It is a hash, salted for this run, since a part may be secret."""
    found = hashlib.sha256(_SALT)
    for part in parts:
        text = part.encode("utf-8", "surrogatepass")
        found.update(len(text).to_bytes(8, "big") + text)
    return found.digest()


def _shelf(name: bytes) -> int:
    return int.from_bytes(name[:4], "big") % _SHELVES


def _identity(file: int) -> tuple[int, int]:
    status = os.fstat(file)
    return status.st_dev, status.st_ino


def _nameless_file() -> int:
    create = getattr(os, "memfd_create", None)
    if create is not None:
        return int(create("hwcloud.workspace"))
    with tempfile.TemporaryFile() as file:
        return os.dup(file.fileno())


_SALT = os.urandom(16)

BOARD = Board(shared=True)
"""The board of this run."""
