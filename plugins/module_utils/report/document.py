# Copyright (c) 2026 the hwcloud.workspace contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The report as data, and what it is called. Pure."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any

from .elements import clean
from .model import Result
from .words import parse_time

FORMAT = 1
"""Goes up when a field of the JSON file is renamed or dropped."""

LONGEST_NAME = 100  # characters of a file's name, without its ending
_UNSAFE = re.compile(r"[^A-Za-z0-9._-]+")


def document(raws: Sequence[Mapping[str, Any]], results: Sequence[Result], title: str, written: str) -> dict[str, Any]:
    """Return all that is known, ready to be written as JSON: each result as it was handed over, and its ``summary``.

    :param raws: results as roles left them.
    :param results: the same, read.
    :param title: the report's title.
    :param written: when it is written, as ISO 8601.
    """
    pools = [{**plain(raw), "summary": summary(result)} for raw, result in zip(raws, results, strict=True)]
    return {"format": FORMAT, "title": clean(title), "written": clean(written), "pools": pools}


def summary(result: Result) -> dict[str, Any]:
    """Return the numbers of a result, as the page shows them. ``seconds`` and ``rate`` are null if unknown."""
    return {
        "outcome": result.outcome,
        "check_mode": result.check_mode,
        "desktop_count": result.desktop_count,
        "planned": len(result.touched) if result.check_mode else 0,
        "in_session": sum(desktop.in_session for desktop in result.touched),
        "waves": len(result.waves),
        "succeeded": len(result.succeeded),
        "put_back": len(result.put_back),
        "failed": len(result.failed),
        "skipped": len(result.skipped),
        "seconds": result.seconds,
        "rate": result.rate,
    }


def brief(results: Sequence[Result]) -> dict[str, dict[str, Any]]:
    """Return a few numbers of each pool by its name, small enough for a controller's database.

    Of two pools of one name the second is named with its ID.
    """
    pools: dict[str, dict[str, Any]] = {}
    for index, result in enumerate(results, 1):
        name = result.pool if result.pool not in pools else f"{result.pool} ({result.pool_id or index})"
        whole = summary(result)
        pools[clean(name)] = {key: whole[key] for key in ("outcome", "seconds", "succeeded", "failed", "skipped")}
    return pools


def file_name(results: Sequence[Result], wanted: str, now: str) -> str:
    """Return the name of the report's files without their endings, of letters, digits, dots, dashes and underscores.

    :param wanted: the name that was asked for; empty: it is made of the pool and the time the run began.
    :param now: the time that is taken where no run says when it began.
    """
    if wanted:
        return _safe(wanted)
    began = min((result.began for result in results if parse_time(result.began)), default=now)
    time = parse_time(began)
    stamp = f"-{time:%Y%m%d-%H%M%S}" if time else ""
    name = results[0].pool if len(results) == 1 else f"{len(results)}-pools"
    return _safe(name)[: LONGEST_NAME - len(stamp)] + stamp


def plain(value: Any) -> Any:
    """Return a value as JSON has it, whatever of Ansible's own kinds of text and list it is made of."""
    if isinstance(value, str):
        return clean(str(value))
    if isinstance(value, Mapping):
        return {clean(str(key)): plain(held) for key, held in value.items()}
    if isinstance(value, (list, tuple, set, frozenset)):
        return [plain(held) for held in value]
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    if isinstance(value, date):
        return value.isoformat()
    return value if value is None or isinstance(value, (bool, int)) else clean(str(value))


def _safe(name: str) -> str:
    # A name that begins with a dot is hidden, one that begins with a dash looks like an option.
    return _UNSAFE.sub("-", name).strip(".-")[:LONGEST_NAME] or "report"
