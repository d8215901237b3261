# Copyright (c) 2026 the hwcloud.workspace contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Route of the power of single desktops."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any, Literal

from ..registry import Call, Reply, operation
from ..state.desktop_power import act_on_desktops
from .desktops import DESKTOPS
from .fields import Body
from .pool_changes import Ids


class BatchRunDesktops(Body):
    """What to do to the power of desktops; HARD forces it."""

    desktop_ids: Ids
    op_type: Literal["os-start", "os-stop", "reboot", "os-hibernate"]
    type: Literal["SOFT", "HARD"] = "SOFT"


@operation(
    "BatchRunDesktops",
    "POST",
    DESKTOPS + "/action",
    body=BatchRunDesktops,
    iam_action="workspace:desktops:operate",
)
def act(call: Call) -> Reply:
    """Start, stop, restart or hibernate desktops; those on which it failed are in the answer."""
    body: BatchRunDesktops = call.body
    refusals = act_on_desktops(call.world, call.project, body.desktop_ids, body.op_type, body.type == "HARD")
    answer: dict[str, Any] = {"failed_operation_list": [asdict(refusal) for refusal in refusals]} if refusals else {}
    return Reply(answer)
