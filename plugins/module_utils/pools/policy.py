# Copyright (c) 2026 the hwcloud.workspace contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""How careful a rollout is: what its options mean in numbers of desktops. Pure."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timezone
from typing import Any

from ..client.errors import InputError
from .model import Desktop

WAIT, LOGOFF, SKIP = "wait", "logoff", "skip"
ROLLBACK, STOP, CONTINUE = "rollback", "stop", "continue"
SESSION_POLICIES = (WAIT, LOGOFF, SKIP)
ON_FAILURE = (ROLLBACK, STOP, CONTINUE)
_SHARE = re.compile(r"\s*(\d{1,3})\s*%\s*")
_NUMBER = re.compile(r"\s*(\d{1,6})\s*")
_YES = frozenset({"true", "yes", "on", "y", "t", "1"})
_NO = frozenset({"false", "no", "off", "n", "f", "0"})


@dataclass(frozen=True)
class Amount:
    """A number of desktops, or a share of the pool's.

    :param number: the number, or the share in percent.
    :param is_share: whether it is a share.
    """

    number: int
    is_share: bool = False

    @classmethod
    def of(cls, value: Any, name: str) -> Amount:
        """Read ``5``, ``"5"`` or ``"5%"``.

        :param name: the option, for the error.
        :raises InputError: it is neither a number nor a percentage up to 100.
        """
        text = str(value)
        share, number = _SHARE.fullmatch(text), _NUMBER.fullmatch(text)
        if share and int(share[1]) <= 100:
            return cls(int(share[1]), is_share=True)
        if number and not isinstance(value, bool):
            return cls(int(number[1]))
        raise InputError(
            f"{name} is {text!r}; give a number of desktops, such as 5, or a share of the pool, such as 5%."
        )

    def at_most(self, total: int) -> int:
        """Return the desktops that it allows: a share is rounded down, but never to none."""
        return max(1, total * self.number // 100) if self.is_share and self.number else min(self.number, total)

    def at_least(self, total: int) -> int:
        """Return the desktops that it asks for: a share is rounded up."""
        return -(-total * self.number // 100) if self.is_share else self.number


@dataclass(frozen=True)
class Policy:
    """How careful a rollout is. The fields are the roles' variables, read.

    :param canary: desktops that go first, or their names and IDs.
    :param max_unavailable: desktops changed at once.
    :param min_available: desktops that stay available; None for no floor.
    :param max_failures: failed desktops that are tolerated.
    :param on_failure: ``rollback``, ``stop`` or ``continue``.
    :param session_policy: what becomes of desktops in use: ``wait``, ``logoff`` or ``skip``.
    :param session_wait_seconds: how long ``wait`` waits for users in all.
    :param pause_after_canary: stop after the canary.
    :param repair: give desktops that failed one more try at the end.
    :param window_end: no wave starts after it; None for no end.
    """

    canary: Amount | tuple[str, ...]
    max_unavailable: Amount
    min_available: Amount | None
    max_failures: int
    on_failure: str
    session_policy: str
    session_wait_seconds: int
    pause_after_canary: bool
    repair: bool
    window_end: datetime | None

    @classmethod
    def of(cls, options: Mapping[str, Any]) -> Policy:
        """Read options; what is absent, None or empty text has its default. An empty list of canaries is none.

        :raises InputError: an option cannot be read.
        """
        given = {name: value for name, value in options.items() if value is not None and value != ""}
        canary = given.get("canary", 1)
        minimum = given.get("min_available")
        end = given.get("window_end")
        most = Amount.of(given.get("max_unavailable", "25%"), "max_unavailable")
        if most.number == 0:
            raise InputError("max_unavailable is 0, so no desktop could ever be changed; give at least 1 or 1%.")
        return cls(
            canary=tuple(map(str, canary)) if _is_list(canary) else Amount.of(canary, "canary"),
            max_unavailable=most,
            min_available=None if minimum is None else Amount.of(minimum, "min_available"),
            max_failures=_whole(given.get("max_failures", 0), "max_failures"),
            on_failure=_one_of(given.get("on_failure", ROLLBACK), ON_FAILURE, "on_failure"),
            session_policy=_one_of(given.get("session_policy", WAIT), SESSION_POLICIES, "session_policy"),
            session_wait_seconds=_whole(given.get("session_wait_seconds", 3600), "session_wait_seconds"),
            pause_after_canary=yes_or_no(given.get("pause_after_canary", False), "pause_after_canary"),
            repair=yes_or_no(given.get("repair", True), "repair"),
            window_end=None if end is None else moment(end, "window_end"),
        )

    def canaries(self, desktops: Sequence[Desktop]) -> frozenset[str]:
        """Return the IDs of the desktops that are named as canaries.

        :raises InputError: the pool has no such desktop, or two of a name.
        """
        if isinstance(self.canary, Amount):
            return frozenset()
        found: set[str] = set()
        for name in self.canary:
            fits = [desktop.id for desktop in desktops if name == desktop.id or name.upper() == desktop.name.upper()]
            if len(fits) != 1:
                raise InputError(
                    f"canary names {name}, and the pool has {'no' if not fits else 'more than one'} desktop like that."
                )
            found.update(fits)
        return frozenset(found)


def yes_or_no(value: Any, name: str) -> bool:
    """Read a boolean as Ansible does; what comes from a command line is text, and "false" is no.

    :param name: the option, for the error.
    :raises InputError: it is neither.
    """
    text = str(value).strip().lower()
    if text not in _YES | _NO:
        raise InputError(f"{name} is {str(value)!r}; give true or false.")
    return text in _YES


def moment(value: Any, name: str, *, without_zone_utc: bool = False) -> datetime:
    """Read an ISO 8601 time; without a zone it is in that of the controller.

    :param name: the option, for the error.
    :param without_zone_utc: a time without a zone is UTC instead, as Ansible's ``now(utc=true)`` gives it.
    :raises InputError: it cannot be read.
    """
    try:
        found = (
            value
            if isinstance(value, datetime)
            else datetime.fromisoformat(re.sub(r"[zZ]$", "+00:00", str(value).strip()))
        )
    except ValueError:
        raise InputError(
            f"{name} is {str(value)!r}; give an ISO 8601 time, such as 2026-11-23T05:00:00+01:00."
        ) from None
    if found.tzinfo is None and without_zone_utc:
        return found.replace(tzinfo=timezone.utc)
    return found.astimezone(timezone.utc)


def _is_list(value: Any) -> bool:
    return isinstance(value, Sequence) and not isinstance(value, (str, bytes))


def _whole(value: Any, name: str) -> int:
    found = _NUMBER.fullmatch(str(value))
    if found is None or isinstance(value, bool):
        raise InputError(f"{name} is {str(value)!r}; give a whole number from 0 on.")
    return int(found[1])


def _one_of(value: Any, known: Sequence[str], name: str) -> str:
    if value not in known:
        raise InputError(f"{name} is {str(value)!r}; give one of {', '.join(known)}.")
    return str(value)
