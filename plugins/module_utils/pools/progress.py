# Copyright (c) 2026 the hwcloud.workspace contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Saying how far a job is while somebody waits for it."""

from __future__ import annotations

from collections.abc import Callable

from ..client.clock import Clock, duration
from .work import Work

LEAST_PAUSE = 10.0  # seconds between two lines
LONGEST_PAUSE = 60.0  # seconds after which the time that is left is worth a line of its own


class Progress:
    """Writes a line when something has changed, at most one in 10 seconds, and one when the job is over.

    :param clock: by which the pause between lines and the time passed are counted.
    :param emit: takes a line.
    :param subject: what the line begins with, for example a pool's name.
    """

    def __init__(self, clock: Clock, emit: Callable[[str], None], subject: str) -> None:
        self._clock = clock
        self._emit = emit
        self._subject = subject
        self._began = clock.now()
        self._last_line_at: float | None = None
        self._last_text = ""

    def job(self, verb: str) -> Callable[[Work], None]:
        """Return a function that tells how far a job is.

        :param verb: what the job does, for example ``recompose``.
        """

        def tell(job: Work) -> None:
            self._say(f"{verb} {job_state(job)}", at_once=job.is_over)

        return tell

    def note(self, text: str, *, at_once: bool = False) -> None:
        """Say something that is not a job's state, if it is new. ``at_once``: without the pause between two lines."""
        self._say(text, at_once=at_once)

    def left(self, text: str, seconds: float) -> None:
        """Say something with the time that is left, if the text is new or a minute has passed.

        :param seconds: that are left.
        """
        now = self._clock.now()
        passed = None if self._last_line_at is None else now - self._last_line_at
        if passed is None or passed >= LONGEST_PAUSE or (text != self._last_text and passed >= LEAST_PAUSE):
            self._last_line_at = now
            self._last_text = text
            self._emit(f"{self._subject}: {text}, {duration(max(0.0, seconds))} left")

    def _say(self, text: str, *, at_once: bool) -> None:
        now = self._clock.now()
        due = self._last_line_at is None or now - self._last_line_at >= LEAST_PAUSE
        if text != self._last_text and (due or at_once):
            self._last_line_at = now
            self._last_text = text
            self._emit(f"{self._subject}: {text}, {duration(now - self._began)}")


def job_state(job: Work) -> str:
    """Return how far a job is: ``37/120 desktops, 1 failed, 3 running``."""
    done, failed = len(job.succeeded), len(job.failed)
    parts = (
        [f"{done + failed}/{job.sub_jobs_total} desktops"] if job.sub_jobs_total else [job.status.lower() or "accepted"]
    )
    parts += [f"{failed} failed"] if failed else []
    parts += [f"{job.running} running"] if job.running else []
    return ", ".join(parts)
