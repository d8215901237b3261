# Copyright (c) 2026 the hwcloud.workspace contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Results of the shape that roles leave, as large as real ones."""

from __future__ import annotations

import itertools
import random
from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Any

BEGAN = datetime(2026, 11, 21, 21, 48, 12)
OLD = {"id": "11111111-1010-4000-8000-000000002610", "name": "win10-2026-10"}
NEW = {"id": "11111111-1010-4000-8000-000000002611", "name": "win10-2026-11", "type": "private"}
WORDS = "The desktop did not become ready in time after its system disk had been replaced."
HOSTILE = """<script>alert("x")</script>'"&<img src=https://evil.invalid/x>{{ 7*7 }}\x00\u202e"""


def desktop(number: int, pool: str = "FIN", **more: Any) -> dict[str, Any]:
    """Return a desktop of a wave."""
    identity = f"33333333-0000-4000-8000-{number:012d}"
    return {
        "desktop_id": identity,
        "desktop_name": f"{pool}-{number:04d}",
        "user_names": [],
        "login_status": "",
        **more,
    }


def failure(number: int, words: str = WORDS, **more: Any) -> dict[str, Any]:
    """Return a desktop that failed."""
    named = {key: desktop(number)[key] for key in ("desktop_id", "desktop_name")}
    return {**named, "error_code": "WKS.00011043", "fail_reason": words, **more}


class Night:
    """Makes up a run wave by wave, on a clock of its own; the same seed makes the same run."""

    def __init__(self, seed: int = 7) -> None:
        self._random = random.Random(seed)
        self.now = BEGAN + timedelta(minutes=15)
        self.waves: list[dict[str, Any]] = []
        self.timeline: list[dict[str, Any]] = []

    def wave(
        self,
        numbers: Iterable[int],
        kind: str = "wave",
        what: str = "image",
        failing: Iterable[int] = (),
        at_once: int = 20,
    ) -> None:
        """Run a wave over these desktops; ``at_once`` are changed at the same time."""
        failed, number = set(failing), len([wave for wave in self.waves if wave["what"] == what]) + 1
        desktops, began, free = list(map(desktop, numbers)), self.now, [self.now] * at_once
        for index, one in zip(numbers, desktops, strict=True):
            start = min(free)
            stop = start + timedelta(seconds=self._random.uniform(240, 420))
            free[free.index(start)] = stop
            named = {key: one[key] for key in ("desktop_id", "desktop_name")}
            status = "FAILED" if index in failed else "SUCCESS"
            times = {"began": f"{start:%Y-%m-%d %H:%M:%S}", "ended": f"{stop:%Y-%m-%d %H:%M:%S}"}
            self.timeline.append({**named, "what": what, "wave": number, "kind": kind, **times, "status": status})
        ended = max(free)
        self.waves.append(
            {
                "wave": number,
                "what": what,
                "kind": kind,
                "desktops": desktops,
                "failed": [failure(index) for index in sorted(failed)],
                "began": f"{began:%Y-%m-%dT%H:%M:%SZ}",
                "ended": f"{ended:%Y-%m-%dT%H:%M:%SZ}",
                "seconds": int((ended - began).total_seconds()),
                "job_id": f"job-{len(self.waves) + 1:04d}-7c4b1f0e",
            }
        )
        self.now = ended + timedelta(seconds=90)

    def result(
        self, outcome: str, succeeded: Iterable[int], pool: str = "finance-win10", **more: Any
    ) -> dict[str, Any]:
        """Return what came of the run."""
        ids = [desktop(number)["desktop_id"] for number in succeeded]
        seconds = int((self.now - BEGAN).total_seconds())
        whole = {
            "pool": pool,
            "pool_id": "22222222-0000-4000-8000-000000000001",
            "outcome": outcome,
            "reason": "",
            "check_mode": False,
            "began": f"{BEGAN:%Y-%m-%dT%H:%M:%SZ}",
            "ended": f"{self.now:%Y-%m-%dT%H:%M:%SZ}",
            "seconds": seconds,
            "rate": round(len(ids) * 3600 / seconds, 1),
            "asked": {"image": NEW},
            "steps": [{"what": "image", "from": OLD, "to": NEW, "outcome": outcome, "reason": ""}],
            "waves": self.waves,
            "desktops_succeeded": ids,
            "desktops_failed": [],
            "desktops_skipped": [],
            "drift_before": {"product_id": 0, "image_id": 0, "disk_num": 0, "disk_size": 0},
            "drift_after": {"product_id": 0, "image_id": 0, "disk_num": 0, "disk_size": 0},
            "timeline": self.timeline,
            "findings": [],
            "notices": [15, 5, 1],
            "desktop_count": len(ids),
        }
        return {**whole, **more}


def rolled_back() -> dict[str, Any]:
    """Return a run over 120 desktops in five waves, with 3 failures, a repair and a roll back."""
    night = Night()
    night.wave(range(1, 3), "canary")
    night.wave(range(3, 31))
    night.wave(range(31, 61), failing=[47])
    night.wave([47], "repair")
    night.wave(range(61, 91), failing=[66, 78, 83])
    night.wave([number for number in range(1, 91) if number not in (66, 78, 83)], "rollback", at_once=30)
    other = "The image could not be found on the host. Contact the administrator."
    return night.result(
        "rolled_back",
        [],
        rate=131.4,
        reason="3 desktops failed and 0 are tolerated, so the desktops that had been changed were put back.",
        desktops_failed=[failure(66), failure(78), failure(83, other, error_code="WKS.00011071")],
        desktops_skipped=[
            {**_named(118), "reason": "in use, and session_policy is skip"},
            {**_named(119), "reason": "in use, and session_policy is skip"},
            {**_named(120), "reason": "the desktop is in ERROR"},
        ],
        drift_before={"product_id": 0, "image_id": 4, "disk_num": 1, "disk_size": 1},
        drift_after={"product_id": 0, "image_id": 3, "disk_num": 1, "disk_size": 1},
        findings=[
            {
                "check": "sessions",
                "severity": "warning",
                "message": "Users are logged in on 11 of 120 desktops.",
                "action": "They are told 15, 5 and 1 minutes before.",
            },
            {
                "check": "states",
                "severity": "warning",
                "message": "1 desktop is in ERROR: FIN-0120.",
                "action": "It is left out. Repair or delete it.",
            },
            {
                "check": "window",
                "severity": "info",
                "message": "The change is expected to take 1 h 10 min; the window has 3 h left.",
                "action": "",
            },
        ],
        desktop_count=120,
    )


def clean() -> dict[str, Any]:
    """Return a run over 24 desktops, of image and product, without a failure."""
    night = Night(3)
    for what in ("image", "product"):
        night.wave(range(1, 2), "canary", what)
        night.wave(range(2, 10), what=what, at_once=5)
        night.wave(range(10, 18), what=what, at_once=5)
        night.wave(range(18, 25), what=what, at_once=5)
    large, xlarge = "workspace.x86.enterprise.large2", "workspace.x86.enterprise.xlarge2"
    return night.result(
        "done",
        range(1, 25),
        "engineering",
        pool_id="22222222-0000-4000-8000-000000000003",
        asked={"image": NEW, "product": {"product_id": xlarge}, "volumes": [{"type": "SSD", "size": 100}]},
        steps=[
            {"what": "image", "from": OLD, "to": NEW, "outcome": "done", "reason": ""},
            {"what": "product", "from": large, "to": xlarge, "outcome": "done", "reason": ""},
            {"what": "volumes", "from": [{"type": "SSD", "size": 100}], "to": [], "outcome": "unchanged", "reason": ""},
        ],
        drift_before={"product_id": 2, "image_id": 24, "disk_num": 0, "disk_size": 0},
    )


def rehearsal() -> dict[str, Any]:
    """Return a run in check mode over 40 desktops, 7 of them in use."""
    users = {
        3: ["user-a1"],
        5: ["user-b2", "user-c3"],
        12: ["user-d4"],
        13: [],
        25: ["user-e5"],
        26: ["user-f6"],
        39: ["user-g7"],
    }
    status = {12: "DISCONNECTED", 26: "DISCONNECTED"}

    def seen(number: int) -> dict[str, Any]:
        if number not in users:
            return desktop(number, "CCT", login_status="UNREGISTER")
        return desktop(number, "CCT", user_names=users[number], login_status=status.get(number, "CONNECTED"))

    spans = [("canary", 1, 3), ("wave", 3, 14), ("wave", 14, 27), ("wave", 27, 41)]
    waves = [
        {"wave": number, "what": "image", "kind": kind, "desktops": list(map(seen, range(first, last))), "failed": []}
        | {"expected_seconds": 420, "after_users": number > 1}
        for number, (kind, first, last) in enumerate(spans, 1)
    ]
    return {
        "pool": "callcenter",
        "pool_id": "22222222-0000-4000-8000-000000000002",
        "outcome": "planned",
        "check_mode": True,
        "began": "2026-11-21T16:02:44Z",
        "ended": "2026-11-21T16:02:51Z",
        "seconds": 7,
        "expected_seconds": 1680,
        "asked": {"image": NEW},
        "steps": [{"what": "image", "from": OLD, "to": NEW, "outcome": "planned", "reason": ""}],
        "waves": waves,
        "drift_before": {"product_id": 0, "image_id": 40, "disk_num": 0, "disk_size": 0},
        "findings": [
            {
                "check": "image",
                "severity": "error",
                "message": "Image win10-2026-11 needs a system disk of 90 GB; the pool has 80 GB.",
                "action": "Grow the system disk first, or choose another image.",
            },
            {
                "check": "sessions",
                "severity": "warning",
                "message": "Users are logged in on 7 of 40 desktops.",
                "action": "They are told before.",
            },
        ],
        "notices": [15, 5, 1],
        "desktop_count": 40,
    }


def unchanged() -> dict[str, Any]:
    """Return a run that had nothing to do."""
    night = Night()
    night.now = BEGAN + timedelta(seconds=3)
    return night.result("unchanged", [], "reception", desktop_count=12, notices=[], rate=None, steps=[])


def stopped() -> dict[str, Any]:
    """Return a run that stopped, with a desktop of which nothing more is known."""
    night = Night(5)
    night.wave(range(1, 3), "canary")
    night.wave(range(3, 20), failing=[9])
    night.timeline[-1].update(ended="", status="RUNNING")
    return night.result(
        "stopped",
        [number for number in range(1, 19) if number != 9],
        "training-lab",
        reason="The window ends at 2026-11-21T23:00:00Z; no further wave was started.",
        desktops_failed=[failure(9)],
        desktop_count=60,
    )


def crowd(desktops: int = 1000, failing: int = 12) -> dict[str, Any]:
    """Return a run over many desktops in waves of a quarter each."""
    night = Night(11)
    failed = set(random.Random(1).sample(range(11, desktops + 1), failing))
    night.wave(range(1, 11), "canary")
    bounds = [11, *(desktops * part // 4 for part in (1, 2, 3)), desktops + 1]
    for first, last in itertools.pairwise(bounds):
        night.wave(range(first, last), failing=failed & set(range(first, last)), at_once=100)
    return night.result(
        "done",
        [number for number in range(1, desktops + 1) if number not in failed],
        "campus",
        desktops_failed=list(map(failure, sorted(failed))),
        drift_before={"product_id": 0, "image_id": desktops, "disk_num": 0, "disk_size": 0},
        drift_after={"product_id": 0, "image_id": failing, "disk_num": 0, "disk_size": 0},
        desktop_count=desktops,
    )


def hostile() -> dict[str, Any]:
    """Return a run in which every text of the service and of people is hostile."""
    named = {"desktop_id": HOSTILE, "desktop_name": HOSTILE}
    entry = {**named, "error_code": HOSTILE, "fail_reason": HOSTILE, "reason": HOSTILE}
    times = {"began": "2026-11-21 22:00:00", "ended": "2026-11-21 22:05:00"}
    wave = {"wave": 1, "what": HOSTILE, "kind": HOSTILE, "job_id": HOSTILE, **times}
    user = {**named, "user_names": [HOSTILE], "login_status": "CONNECTED"}
    return {
        **dict.fromkeys(("pool", "pool_id", "outcome", "reason"), HOSTILE),
        "asked": {"image": {"id": HOSTILE, "name": HOSTILE}, "product": HOSTILE, HOSTILE: HOSTILE},
        "steps": [{"what": HOSTILE, "from": HOSTILE, "to": {HOSTILE: HOSTILE}, "outcome": HOSTILE, "reason": HOSTILE}],
        "waves": [{**wave, "desktops": [user], "failed": [entry]}],
        "desktops_succeeded": [HOSTILE],
        "desktops_failed": [entry],
        "desktops_skipped": [entry],
        "timeline": [{**named, **wave, "status": "FAILED"}],
        "findings": [{"check": HOSTILE, "severity": HOSTILE, "message": HOSTILE, "action": HOSTILE}],
        "notices": [HOSTILE],
        "drift_before": {"image_id": 1},
        "desktop_count": 3,
    }


def _named(number: int) -> dict[str, Any]:
    return {key: desktop(number)[key] for key in ("desktop_id", "desktop_name")}


SAMPLES: dict[str, list[dict[str, Any]]] = {
    "rolled_back": [rolled_back()],
    "clean": [clean()],
    "rehearsal": [rehearsal()],
    "unchanged": [unchanged()],
    "stopped": [stopped()],
    "crowd": [crowd()],
    "several": [rolled_back(), clean(), unchanged(), stopped(), rehearsal()],
    "hostile": [hostile()],
    "bare": [{"pool": "finance-win10", "outcome": "done"}],
    "none": [],
}
"""What pages are tried with, by a word for each."""
