# Copyright (c) 2026 the hwcloud.workspace contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What came of a pool's maintenance, shaped once out of what roles hand over. Pure.

Everything but the pool's name may be missing, or be of a kind that was not expected: a report is written at the end of
a night, and is not to fail then.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from .words import parse_time

IN_SESSION = frozenset({"CONNECTED", "DISCONNECTED"})
"""Login states of desktops on which somebody is logged in, with or without looking at them."""

DRIFT_KINDS = ("image_id", "product_id", "disk_num", "disk_size")
"""In what a desktop can differ from its pool, in the order of the page."""


@dataclass(frozen=True)
class Desktop:
    """A desktop, as a wave took it."""

    desktop_id: str
    desktop_name: str
    user_names: tuple[str, ...] = ()
    login_status: str = ""

    @property
    def in_session(self) -> bool:
        """Whether somebody is logged in on it."""
        return self.login_status.upper() in IN_SESSION


@dataclass(frozen=True)
class Remark:
    """Why a desktop failed or was skipped, in the service's words or in the role's. ``code`` is the service's."""

    desktop_id: str
    desktop_name: str
    code: str
    reason: str


@dataclass(frozen=True)
class WaveKey:
    """What tells a wave from the others of a run."""

    what: str
    kind: str
    number: int | None


@dataclass(frozen=True)
class Wave:
    """Desktops that were, or would be, changed together. ``seconds``, and how many are expected, are None if unknown.

    ``after_users``: it would begin once users have logged off. ``whole_pool``: the pool is changed as a whole.
    """

    key: WaveKey
    desktops: tuple[Desktop, ...]
    failed: tuple[Remark, ...]
    began: str
    ended: str
    seconds: float | None
    job_id: str
    expected_seconds: float | None
    after_users: bool
    whole_pool: bool


@dataclass(frozen=True)
class Step:
    """A part of the maintenance: the image, the product or the disks."""

    what: str
    before: Any
    after: Any
    outcome: str
    reason: str


@dataclass(frozen=True)
class Bar:
    """The time in which one desktop was changed in one wave. ``ended`` is None if it never did."""

    desktop_id: str
    desktop_name: str
    wave: WaveKey
    began: datetime
    ended: datetime | None
    status: str


@dataclass(frozen=True)
class Finding:
    """What the preflight found. ``severity`` is ``error``, ``warning`` or ``info``."""

    check: str
    severity: str
    message: str
    action: str


@dataclass(frozen=True)
class Result:
    """All that is known of a pool's maintenance."""

    pool: str
    pool_id: str
    outcome: str
    reason: str
    check_mode: bool
    began: str
    ended: str
    asked: Mapping[str, Any]
    steps: tuple[Step, ...]
    waves: tuple[Wave, ...]
    succeeded: tuple[str, ...]
    put_back: tuple[str, ...]
    failed: tuple[Remark, ...]
    skipped: tuple[Remark, ...]
    drift_before: Mapping[str, int]
    drift_after: Mapping[str, int]
    timeline: tuple[Bar, ...]
    without_times: int
    findings: tuple[Finding, ...]
    notices: tuple[Any, ...]
    desktop_count: int | None
    seconds: float | None
    rate: float | None
    expected_seconds: float | None

    @property
    def touched(self) -> tuple[Desktop, ...]:
        """The desktops of all waves, each once."""
        return tuple({desktop.desktop_id: desktop for wave in self.waves for desktop in wave.desktops}.values())


def read_result(raw: Mapping[str, Any]) -> Result:
    """Return a result out of what a role left: see the role pool_report for the fields."""
    waves = tuple(map(_wave, _mappings(raw.get("waves"))))
    bars = [_bar(entry) for entry in _mappings(raw.get("timeline"))]
    known = tuple(entry for entry in bars if entry is not None)
    seconds = _seconds(raw)
    succeeded = tuple(dict.fromkeys(_texts(raw.get("desktops_succeeded"))))
    failed = _once(map(_remark, _mappings(raw.get("desktops_failed"))))
    return Result(
        pool=_text(raw.get("pool")) or _text(raw.get("pool_id")) or "unnamed pool",
        pool_id=_text(raw.get("pool_id")),
        outcome=_text(raw.get("outcome")) or "unknown",
        reason=_text(raw.get("reason")),
        check_mode=_truth(raw.get("check_mode")) or _text(raw.get("outcome")) == "planned",
        began=_text(raw.get("began")),
        ended=_text(raw.get("ended")),
        asked=_mapping(raw.get("asked")),
        steps=tuple(map(_step, _mappings(raw.get("steps")))),
        waves=waves,
        succeeded=succeeded,
        put_back=_put_back(waves),
        failed=failed,
        skipped=_once(map(_remark, _mappings(raw.get("desktops_skipped")))),
        drift_before=_drift(raw.get("drift_before")),
        drift_after=_drift(raw.get("drift_after")),
        timeline=known,
        without_times=len(bars) - len(known),
        findings=tuple(map(_finding, _mappings(raw.get("findings")))),
        notices=tuple(_list(raw.get("notices"))),
        desktop_count=_whole(raw.get("desktop_count")),
        seconds=seconds,
        rate=_rate(raw, len(succeeded), seconds),
        expected_seconds=_number(raw.get("expected_seconds")),
    )


def _wave(raw: Mapping[str, Any]) -> Wave:
    return Wave(
        key=_key(raw),
        desktops=tuple(map(_desktop, _mappings(raw.get("desktops")))),
        failed=tuple(map(_remark, _mappings(raw.get("failed")))),
        began=_text(raw.get("began")),
        ended=_text(raw.get("ended")),
        seconds=_seconds(raw),
        job_id=_text(raw.get("job_id")),
        expected_seconds=_number(raw.get("expected_seconds")),
        after_users=_truth(raw.get("after_users")),
        whole_pool=_truth(raw.get("whole_pool")),
    )


def _key(raw: Mapping[str, Any]) -> WaveKey:
    return WaveKey(_text(raw.get("what")), _text(raw.get("kind")) or "wave", _whole(raw.get("wave")))


def _desktop(raw: Mapping[str, Any]) -> Desktop:
    identity = _text(raw.get("desktop_id"))
    users = tuple(_texts(raw.get("user_names")))
    return Desktop(identity, _text(raw.get("desktop_name")) or identity, users, _text(raw.get("login_status")))


def _remark(raw: Mapping[str, Any]) -> Remark:
    identity = _text(raw.get("desktop_id"))
    reason = _text(raw.get("fail_reason")) or _text(raw.get("reason"))
    return Remark(identity, _text(raw.get("desktop_name")) or identity, _text(raw.get("error_code")), reason)


def _once(remarks: Iterable[Remark]) -> tuple[Remark, ...]:
    """Return the last remark about each desktop."""
    return tuple({remark.desktop_id or remark.desktop_name: remark for remark in remarks}.values())


def _step(raw: Mapping[str, Any]) -> Step:
    outcome, reason = _text(raw.get("outcome")), _text(raw.get("reason"))
    return Step(_text(raw.get("what")), raw.get("from"), raw.get("to"), outcome, reason)


def _bar(raw: Mapping[str, Any]) -> Bar | None:
    began, ended = parse_time(_text(raw.get("began"))), parse_time(_text(raw.get("ended")))
    if began is None:
        return None
    desktop = _desktop(raw)
    ended = max(began, ended) if ended else None
    return Bar(desktop.desktop_id, desktop.desktop_name, _key(raw), began, ended, _text(raw.get("status")).upper())


def _finding(raw: Mapping[str, Any]) -> Finding:
    severity = _text(raw.get("severity")).lower()
    known = severity if severity in ("error", "warning") else "info"
    return Finding(_text(raw.get("check")), known, _text(raw.get("message")), _text(raw.get("action")))


def _drift(raw: Any) -> dict[str, int]:
    counts = {kind: _whole(number) for kind, number in _mapping(raw).items()}
    return {kind: counts[kind] or 0 for kind in DRIFT_KINDS if counts.get(kind) is not None}


def _put_back(waves: Iterable[Wave]) -> tuple[str, ...]:
    """Return the desktops that a roll back brought back."""
    back = [wave for wave in waves if wave.key.kind == "rollback"]
    lost = {remark.desktop_id for wave in back for remark in wave.failed}
    ids = (desktop.desktop_id for wave in back for desktop in wave.desktops)
    return tuple(dict.fromkeys(identity for identity in ids if identity not in lost))


def _seconds(raw: Mapping[str, Any]) -> float | None:
    given = _number(raw.get("seconds"))
    if given is not None:
        return given
    began, ended = parse_time(_text(raw.get("began"))), parse_time(_text(raw.get("ended")))
    return max(0.0, (ended - began).total_seconds()) if began and ended else None


def _rate(raw: Mapping[str, Any], succeeded: int, seconds: float | None) -> float | None:
    given = _number(raw.get("rate"))
    if given is not None:
        return given
    return succeeded * 3600 / seconds if succeeded and seconds else None


def _text(value: Any) -> str:
    return str(value) if isinstance(value, (str, int, float)) and not isinstance(value, bool) else ""


def _texts(value: Any) -> list[str]:
    return [text for text in map(_text, _list(value)) if text]


def _truth(value: Any) -> bool:
    return value.strip().lower() in ("true", "yes", "1", "on") if isinstance(value, str) else bool(value)


def _number(value: Any) -> float | None:
    try:
        number = float(_text(value))
    except ValueError:
        return None
    if not math.isfinite(number) or number < 0:
        return None
    return int(number) if number.is_integer() else number


def _whole(value: Any) -> int | None:
    number = _number(value)
    return None if number is None else int(number)


def _list(value: Any) -> list[Any]:
    return list(value) if isinstance(value, (list, tuple)) else []


def _mapping(value: Any) -> Mapping[str, Any]:
    return value if isinstance(value, Mapping) else {}


def _mappings(value: Any) -> list[Mapping[str, Any]]:
    return [entry for entry in _list(value) if isinstance(entry, Mapping)]
