# Copyright (c) 2026 the hwcloud.workspace contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""When a request may be sent again, and how long to wait before. Pure decisions; the session carries them out."""

from __future__ import annotations

import random

from .errors import ConflictError, RefusedError, ServerError, ThrottledError, WorkspaceError
from .operations import Effect
from .transport import NoAnswerError, NotDeliveredError

LONGEST_PAUSE = 30.0
LONGEST_THROTTLE_PAUSE = 60.0


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
    """Return the seconds to wait before sending again.

    Exponential with full jitter, 30 s at most. After a refusal for too many calls a minute (the service states no
    Retry-After) the pauses of five tries together outlast that minute. A Retry-After is honoured as the least.

    :param attempt: 0 before the first repetition.
    """
    asked = (error.retry_after or 0.0) if isinstance(error, RefusedError) else 0.0
    if isinstance(error, ThrottledError):
        return max(asked, dice.uniform(0.5, 1.0) * min(LONGEST_THROTTLE_PAUSE, 4.0 * 2.0**attempt))
    return max(asked, dice.uniform(0.0, min(LONGEST_PAUSE, 2.0**attempt)))
