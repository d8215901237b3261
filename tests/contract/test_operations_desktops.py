# Copyright (c) 2026 the hwcloud.workspace contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The official SDK acts on single desktops and logs users off. ``test_operations.py`` runs these drives."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import huaweicloudsdkworkspace.v2 as sdk

Drive = Callable[[Any], None]
DRIVES: dict[str, Drive] = {}
STATUSES: dict[str, set[int]] = {}


def _act(clients: Any, action: str, *desktop_ids: str) -> Any:
    body = sdk.BatchActionDesktopsReq(desktop_ids=list(desktop_ids), op_type=action, type="SOFT")
    return clients.understood(clients.workspace.batch_run_desktops(sdk.BatchRunDesktopsRequest(body=body)))


def _batch_run(clients: Any) -> None:
    control = clients.simulator.control
    names = [desktop["desktop_id"] for desktop in control.pool("finance")["desktops"]]
    unknown = "33333333-0000-4000-8000-999999999999"
    answer = _act(clients, "os-stop", names[0], names[1], unknown)
    assert answer.job_id is None
    (failed,) = answer.failed_operation_list
    assert failed.desktop_id == unknown
    assert "does not exist" in failed.error_msg

    busy = _act(clients, "os-start", names[0]).failed_operation_list
    assert [(failed.desktop_name, failed.error_code) for failed in busy] == [("FIN-001", "WKS.00010032")]
    control.advance(400)
    states = {desktop["computer_name"]: desktop["status"] for desktop in control.pool("finance")["desktops"]}
    assert (states["FIN-001"], states["FIN-002"], states["FIN-003"]) == ("SHUTOFF", "SHUTOFF", "ACTIVE")

    assert _act(clients, "os-start", names[0]).failed_operation_list is None
    control.advance(400)
    assert control.desktop("FIN-001")["status"] == "ACTIVE"
    assert [event["action"] for event in control.desktop("FIN-001")["effects"]["power"]] == ["os-stop", "os-start"]

    assert _act(clients, "os-hibernate", names[2]).failed_operation_list is None
    control.advance(400)
    assert control.desktop("FIN-003")["status"] == "HIBERNATED"


def _batch_logoff(clients: Any) -> None:
    control = clients.simulator.control
    names = [desktop["desktop_id"] for desktop in control.pool("finance")["desktops"]]
    body = sdk.LogoffDesktopsReq(desktop_ids=names[:3], message="Good night")
    clients.understood(clients.workspace.batch_logoff_desktops(sdk.BatchLogoffDesktopsRequest(body=body)))
    control.advance(60)
    states = {desktop["computer_name"]: desktop["login_status"] for desktop in control.pool("finance")["desktops"]}
    assert (states["FIN-001"], states["FIN-002"], states["FIN-003"]) == ("REGISTERED", "REGISTERED", "REGISTERED")
    assert [event["message"] for event in control.desktop("FIN-001")["effects"]["logoffs"]] == ["Good night"]


DRIVES["BatchRunDesktops"] = _batch_run
DRIVES["BatchLogoffDesktops"] = _batch_logoff
