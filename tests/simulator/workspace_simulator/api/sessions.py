# Copyright (c) 2026 the hwcloud.workspace contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Route of log-offs."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from ..registry import Call, Reply, operation
from ..state.sessions import log_off
from .desktops import DESKTOPS
from .fields import Body, Text


class BatchLogoffDesktops(Body):
    """Desktops to log users off from, and what to tell them. The definition asks for neither."""

    desktop_ids: Annotated[list[Text], Field(max_length=100)] = Field(default_factory=list)
    message: Text = ""


@operation(
    "BatchLogoffDesktops",
    "POST",
    DESKTOPS + "/logoff",
    body=BatchLogoffDesktops,
    iam_action="workspace:desktops:logoff",
)
def log_off_desktops(call: Call) -> Reply:
    """Log users off. The answer has no body."""
    body: BatchLogoffDesktops = call.body
    log_off(call.world, call.project, list(body.desktop_ids), body.message)
    return Reply()
