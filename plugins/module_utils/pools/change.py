# Copyright (c) 2026 the hwcloud.workspace contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the engine has to be told of a change: how to observe for it, and what is left to do."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Protocol

from ..client.operations import Operation
from ..client.session import Session
from .model import Desktop, Pool


@dataclass(frozen=True)
class Observation:
    """What was read before deciding.

    ``desktops`` are the pool's, or those that were asked for by ID; None means that they were not listed because the
    service's own count says that none of them drifts.
    """

    pool: Pool
    desktops: tuple[Desktop, ...] | None


@dataclass(frozen=True)
class Step:
    """One request that brings the pool nearer to what is wanted.

    ``desktop_ids`` are the desktops that it is to change, ``moves_template`` says whether it changes the pool's
    template. ``delay`` is the seconds that the service itself waits before it begins.
    """

    operation: Operation
    body: Mapping[str, Any]
    desktop_ids: frozenset[str] = frozenset()
    moves_template: bool = False
    delay: float = 0.0


@dataclass(frozen=True)
class Plan:
    """What is left to do: the next step (None: nothing), and the difference between now and what is wanted.

    ``pool_after`` is the pool's record as it will be; None leaves it as it is.
    """

    step: Step | None
    before: Mapping[str, Any] = field(default_factory=dict)
    after: Mapping[str, Any] = field(default_factory=dict)
    warnings: tuple[str, ...] = ()
    pool_after: dict[str, Any] | None = None


class Change(Protocol):
    """A change of a pool.

    ``verb`` is what users call it (``recompose``). ``job_types`` are the types that the service certainly gives to jobs
    of this change (definitions); empty when no source says. ``takes_turns``: it must not be sent while another job runs
    for the pool. ``leaves_a_trace``: once it was carried out, a job or the pool's state shows it. ``starts_job``: the
    answer names a job; without one the change is done when it is answered.
    """

    verb: str
    job_types: frozenset[str]
    takes_turns: bool
    leaves_a_trace: bool
    starts_job: bool

    def observe(self, session: Session, pool: Pool) -> Observation:
        """Read what :meth:`plan` needs, given the pool as it is now."""

    def plan(self, observation: Observation) -> Plan:
        """Return what is left to do. Pure: the same observation gives the same plan."""

    def verify(self, session: Session, pool: Pool, step: Step) -> None:
        """Check before a step what costs a request to check; raise what makes it impossible or dangerous."""

    def once_done(self, desktop_ids: frozenset[str]) -> Change:
        """Return the change as it is to be judged once a request of it was carried out.

        :param desktop_ids: the desktops that it was carried out on; a forced change leaves those alone from then on.
        """
