# Copyright (c) 2026 the hwcloud.workspace contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The board: notes that forked processes share, and turns that one of them takes after the other."""

from __future__ import annotations

import os
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from ansible_collections.hwcloud.workspace.plugins.module_utils.client.board import Board, Note, note_name

NAME, OTHER = note_name("a"), note_name("b")


@pytest.fixture(params=[True, False], ids=["shared", "of_one"])
def board(request: pytest.FixtureRequest) -> Iterator[Board]:
    """Hand out a board of either kind."""
    made = Board(shared=request.param)
    yield made
    made.close()


@pytest.fixture
def shared() -> Iterator[Board]:
    """Hand out a board that processes share."""
    made = Board(shared=True)
    assert made.is_shared
    yield made
    made.close()


def forked(work: Callable[[], None]) -> int:
    """Start a process that does the work, and return its ID."""
    pid = os.fork()
    if pid:
        return pid
    status = 1
    try:
        work()
        status = 0
    finally:
        os._exit(status)


def ended_well(*pids: int) -> bool:
    return all(os.waitpid(pid, 0)[1] == 0 for pid in pids)


def counted(note: Note) -> Note:
    return {"count": note.get("count", 0) + 1}


def test_a_note_is_read_as_it_was_written(board: Board) -> None:
    assert board.read(NAME) == {}
    assert board.change(NAME, lambda note: {**note, "text": "ü\n", "at": 1.5}) == {"text": "ü\n", "at": 1.5}
    assert board.read(NAME) == {"text": "ü\n", "at": 1.5}
    assert board.read(OTHER) == {}
    board.change(NAME, lambda note: {})
    assert board.read(NAME) == {}
    board.change(NAME, counted)
    board.clear()
    assert board.read(NAME) == {}


def test_a_note_that_is_too_long_is_not_kept_in_part(shared: Board) -> None:
    shared.change(NAME, counted)
    shared.change(NAME, lambda note: {"text": "x" * 5000})
    assert shared.read(NAME) in ({}, {"count": 1})


def test_notes_that_fall_on_one_shelf_all_stay(shared: Board) -> None:
    """A refusal that were forgotten would be asked for again: five of them lock a key."""
    names = [bytes([0, 0, 0, 7]) + bytes([number]) * 28 for number in range(1, 9)]
    for number, name in enumerate(names):
        shared.change(name, lambda _note, number=number: {"number": number})
    assert [shared.read(name) for name in names] == [{"number": number} for number in range(8)]
    one_too_many = bytes([0, 0, 0, 7]) + bytes([9]) * 28
    shared.change(one_too_many, lambda _note: {"number": 8})
    assert shared.read(one_too_many) == {"number": 8}
    assert [shared.read(name) for name in names].count({}) == 1


def test_names_do_not_run_into_each_other() -> None:
    assert len({note_name("ab", "c"), note_name("a", "bc"), note_name("abc"), note_name("a", "b", "c")}) == 4
    assert len(NAME) == 32


def test_processes_see_each_other_and_lose_nothing(shared: Board) -> None:
    def work() -> None:
        assert shared.serves_many
        for _time in range(200):
            shared.change(NAME, counted)

    assert not shared.serves_many
    assert ended_well(*[forked(work) for _time in range(5)])
    assert shared.read(NAME) == {"count": 1000}


def test_threads_lose_nothing(board: Board) -> None:
    def work() -> None:
        for _time in range(200):
            board.change(NAME, counted)

    threads = [threading.Thread(target=work) for _time in range(5)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    assert board.read(NAME) == {"count": 1000}


def test_one_process_after_the_other_has_its_turn(shared: Board, tmp_path: Path) -> None:
    log = tmp_path / "log"

    def work() -> None:
        with shared.turn(NAME, 20.0):
            for word in ("in", "out"):
                with log.open("a") as file:
                    file.write(f"{word}\n")
                time.sleep(0.02)

    assert ended_well(*[forked(work) for _time in range(5)])
    assert log.read_text().split() == ["in", "out"] * 5


def test_a_process_that_ends_gives_its_turn_back(shared: Board) -> None:
    def die() -> None:
        with shared.turn(NAME, 20.0):
            os._exit(0)

    assert ended_well(forked(die))
    began = time.monotonic()
    with shared.turn(NAME, 20.0):
        assert time.monotonic() - began < 10


def test_who_waits_too_long_goes_ahead(shared: Board, tmp_path: Path) -> None:
    flag = tmp_path / "flag"

    def hold() -> None:
        with shared.turn(NAME, 20.0):
            flag.touch()
            while flag.exists():
                time.sleep(0.01)

    holder = forked(hold)
    while not flag.exists():
        time.sleep(0.01)
    began = time.monotonic()
    with shared.turn(NAME, 0.2):
        assert time.monotonic() - began >= 0.2
    with shared.turn(OTHER, 20.0):
        pass  # another turn is another one's
    flag.unlink()
    assert ended_well(holder)


def test_a_turn_within_a_turn_does_not_wait_for_itself(board: Board) -> None:
    with board.turn(NAME, 20.0), board.turn(NAME, 20.0):
        assert board.change(NAME, counted) == {"count": 1}


def test_a_file_that_was_closed_and_is_another_one_now_is_left_alone() -> None:
    board = Board(shared=True)
    number = board._file
    os.close(number)
    assert not board.is_shared
    with tempfile.TemporaryFile() as file:
        if file.fileno() != number:
            os.dup2(file.fileno(), number)
        assert board.change(NAME, counted) == {"count": 1}
        assert board.read(NAME) == {"count": 1}
        board.clear()
        board.close()
        assert os.fstat(number).st_size == 0
        if file.fileno() != number:
            os.close(number)


def test_a_system_without_nameless_files_has_a_board_for_each_process(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_arguments: object, **_options: object) -> int:
        raise OSError("no")

    monkeypatch.setattr(os, "memfd_create", refuse, raising=False)
    board = Board(shared=True)
    assert not board.is_shared
    assert board.change(NAME, counted) == {"count": 1}


def test_a_system_without_files_in_memory_has_one_that_was_unlinked(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delattr(os, "memfd_create", raising=False)
    board = Board(shared=True)
    assert ended_well(forked(lambda: board.change(NAME, counted) and None))
    assert board.read(NAME) == {"count": 1}
    board.close()
