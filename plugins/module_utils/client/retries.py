# Copyright (c) 2026 the hwcloud.workspace contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""When a request may be sent again, and how long to wait before. Pure decisions; the session carries them out."""

from __future__ import annotations

import random

from .board import Board, Note
from .errors import ConflictError, RefusedError, ServerError, ThrottledError, WorkspaceError
from .operations import Effect
from .transport import NoAnswerError, NotDeliveredError

LONGEST_PAUSE = 30.0

# After a refusal for too many calls a minute. The service counts in minutes, and may count what it refuses as well:
# then nobody is served until all together call less often than the limit, so pauses have to grow far beyond a minute.
FIRST_GAP = 4.0
LONGEST_GAP = 300.0
THROTTLE_PATIENCE = 1800.0  # seconds in which a request waits for its turn
_CALM_ALONE = 0.7  # what is left of a gap after a call that was served, where nobody knows who else calls
_CALM_TOGETHER = 0.1  # and where all workers of this machine go by one gap

# Seconds between two calls of all workers of this machine once the service has refused one: nine tenths of its limits,
# which are 200 calls a minute and user that read, and 100 that write, of each operation (help page: constraints). Where
# others call as well, or a region takes less, it is refused again, and gets longer.
_SPACING = {True: 60 / 180, False: 60 / 90}
_LONGEST_SPACING = 20.0
_WIDENS, _NARROWS = 1.5, 0.998


def may_repeat(error: WorkspaceError, effect: Effect) -> bool:
    """Return whether the request that ended in ``error`` can be sent again without any danger of acting twice.

    What reads, or names the state that it leads to, repeats after every passing fault. What acts each time repeats only
    when it provably was not carried out: it was not delivered, or the service refused it for too many calls.
    """
    if isinstance(error, NotDeliveredError):
        return not error.lasting
    if isinstance(error, ThrottledError):
        return True
    return effect is not Effect.ONCE and isinstance(error, (ServerError, NoAnswerError))


def is_unknown(error: WorkspaceError, effect: Effect) -> bool:
    """Return whether after ``error`` nobody can tell if the change was carried out."""
    return (
        effect is Effect.ONCE
        and isinstance(error, (ServerError, NoAnswerError))
        and not isinstance(error, ConflictError)
    )


def pause(error: WorkspaceError, attempt: int, dice: random.Random) -> float:
    """Return the seconds to wait before sending again after a passing fault: exponential, full jitter, 30 s at most.

    A Retry-After is honoured as the least. For too many calls see :class:`Pace`.

    :param attempt: 0 before the first repetition.
    """
    asked = (error.retry_after or 0.0) if isinstance(error, RefusedError) else 0.0
    return max(asked, dice.uniform(0.0, min(LONGEST_PAUSE, 2.0**attempt)))


class Pace:
    """How often an operation is called, learnt from the service's refusals for too many calls a minute.

    Nothing is slowed down before the first refusal. After it, all who share the board leave the operation alone for a
    while, which doubles each time that one of them is refused again, and then call it one by one, less often each time
    that this was too often. Who has a board of its own knows nothing of the others: it doubles its own pause at random
    lengths, and shortens it step by step.

    :param board: where the workers of this machine tell each other.
    :param dice: randomness of the pauses.
    """

    def __init__(self, board: Board, dice: random.Random) -> None:
        self._board = board
        self._dice = dice

    def turn(self, name: bytes, turn: float | None, now: float) -> float | None:
        """Return when the operation may be called, None for at once.

        It has to be asked again at that time: somebody may have been refused meanwhile.

        :param name: name of the note about this user and operation.
        :param turn: what this returned before for the same call, None at first.
        :param now: seconds of a clock that all who share the board go by.
        """
        note = self._board.read(name)
        if not _is_current(note, now) or (turn is not None and note["held"] <= turn <= now):
            return None
        if turn is not None and turn >= note["held"]:
            return turn
        found = now

        def take(latest: Note) -> Note:
            nonlocal found
            found = max(now, latest.get("next", now))
            return {**latest, "next": found + latest["spacing"]} if latest else latest

        self._board.change(name, take)
        return found if found > now else None

    def refused(self, name: bytes, reads: bool, retry_after: float | None, sent: float, now: float) -> None:
        """Take note that the service refused a call. A Retry-After is honoured as the least.

        :param reads: whether the operation reads only.
        :param retry_after: seconds that the service asks for, None if it does not say.
        :param sent: when the call was sent.
        """

        def slow_down(note: Note) -> Note:
            known = _is_current(note, now)
            if known and sent < note["refused"]:
                return note  # it left before anybody knew
            gap = min(LONGEST_GAP, max(FIRST_GAP, 2.0 * note["gap"] if known else 0.0))
            # Who is asked to come back at the same moment as others comes a little later, at a moment of its own.
            spread = gap * self._dice.uniform(0.5, 1.0)
            held = now + (spread if retry_after is None else retry_after + spread / 2)
            spacing = _SPACING[reads]
            if known:  # refused in a row, the pace is not what is wrong
                spacing = min(_LONGEST_SPACING, note["spacing"] * (_WIDENS if note["served"] else 1.0))
            return {"refused": now, "gap": gap, "held": held, "next": held, "spacing": spacing, "served": False}

        self._board.change(name, slow_down)

    def served(self, name: bytes, sent: float, now: float) -> None:
        """Take note that the service answered a call."""
        if not self._board.read(name):
            return
        together = self._board.serves_many

        def calm_down(note: Note) -> Note:
            if not _is_current(note, now):
                return {}
            if sent < note["refused"]:
                return note
            gap = note["gap"] * (_CALM_TOGETHER if together else _CALM_ALONE)
            if together:
                spacing = max(_SPACING[True], note["spacing"] * _NARROWS)
                return {**note, "gap": gap, "spacing": spacing, "served": True}
            if gap < FIRST_GAP / 2:
                return {}
            held = now + gap * self._dice.uniform(0.5, 1.0)
            return {**note, "gap": gap, "held": held, "next": held}

        self._board.change(name, calm_down)


def _is_current(note: Note, now: float) -> bool:
    return bool(note) and note["refused"] <= now
