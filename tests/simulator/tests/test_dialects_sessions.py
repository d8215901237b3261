# Copyright (c) 2026 the hwcloud.workspace contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Every reading of the open questions about log-offs has the effect that it promises.

``test_dialects.py`` runs these checks.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

Case = Callable[[Any, str], None]
CASES: dict[str, Case] = {}


def case(check: Case) -> Case:
    """Register the decorated function as the check of the setting it is named after."""
    CASES[check.__name__] = check
    return check


def log_off(api: Any, *names: str) -> None:
    """Log users off from desktops, and let their sessions end."""
    body = {"desktop_ids": [api.desktop(name).desktop_id for name in names]}
    assert api.call("POST", "/desktops/logoff", body).status_code == 200
    api.advance(20)


@case
def logoff_disconnected(api: Any, reading: str) -> None:
    log_off(api, "FIN-001", "FIN-002")
    expected = {"ended": "REGISTERED", "kept": "DISCONNECTED"}
    assert (api.desktop("FIN-001").login_status, api.desktop("FIN-002").login_status) == (
        "REGISTERED",
        expected[reading],
    )


@case
def after_logoff(api: Any, reading: str) -> None:
    seen = []
    for in_maintenance in (False, True):
        api.pool().in_maintenance_mode = in_maintenance
        api.desktop("FIN-001").login_status = "CONNECTED"
        log_off(api, "FIN-001")
        seen.append(api.desktop("FIN-001").login_status == "CONNECTED")
    assert (
        seen
        == {
            "stays_away": [False, False],
            "returns_unless_maintenance": [True, False],
            "returns": [True, True],
        }[reading]
    )
