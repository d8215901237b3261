# Copyright (c) 2026 the hwcloud.workspace contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What the official SDK makes of the faults that the simulator can inject."""

from __future__ import annotations

import json

import huaweicloudsdkworkspace.v2 as sdk
import pytest
from huaweicloudsdkcore.auth.credentials import BasicCredentials
from huaweicloudsdkcore.exceptions.exceptions import (
    ClientRequestException,
    ConnectionException,
    ServerResponseException,
)
from huaweicloudsdkcore.http.http_config import HttpConfig
from requests.exceptions import ReadTimeout

from workspace_simulator.testing import RunningSimulator

PROJECT = "0123456789abcdef0123456789abcdef"
FINANCE = "22222222-0000-4000-8000-000000000001"
NEW_IMAGE = "11111111-1010-4000-8000-000000002611"
REBUILD = sdk.RebuildDesktopPoolRequest(pool_id=FINANCE, body=sdk.RebuildDesktopPoolReq(image_id=NEW_IMAGE))


@pytest.mark.parametrize(("when", "jobs"), [("before_commit", 0), ("after_commit", 1)])
def test_a_reset_is_a_broken_connection(
    workspace: sdk.WorkspaceClient, simulator: RunningSimulator, when: str, jobs: int
) -> None:
    simulator.control.set_faults({"operation": "RebuildDesktopPool", "when": when, "effect": {"reset": True}})
    with pytest.raises(ConnectionException):
        workspace.rebuild_desktop_pool(REBUILD)
    assert len(simulator.control.estate()["jobs"]) == jobs


def test_a_hanging_answer_is_a_timeout(simulator: RunningSimulator) -> None:
    credentials = BasicCredentials("EXAMPLEAK", "EXAMPLESK", PROJECT)
    builder = sdk.WorkspaceClient.new_builder().with_credentials(credentials).with_endpoint(simulator.url)
    client = builder.with_http_config(HttpConfig(timeout=(5, 0.3))).build()
    simulator.control.set_faults({"when": "after_commit", "effect": {"hang": 10}})
    with pytest.raises(ReadTimeout):
        client.rebuild_desktop_pool(REBUILD)
    assert len(simulator.control.estate()["jobs"]) == 1


def test_a_cut_answer_cannot_be_read(workspace: sdk.WorkspaceClient, simulator: RunningSimulator) -> None:
    simulator.control.set_faults({"when": "after_commit", "effect": {"truncate": True}})
    answer = workspace.list_desktop_pools(sdk.ListDesktopPoolsRequest())
    assert (answer.total_count, answer.desktop_pools) == (None, None), "the SDK says nothing about it"
    with pytest.raises(json.JSONDecodeError):
        json.loads(answer.raw_content)


def test_a_page_of_a_proxy_is_a_server_error(workspace: sdk.WorkspaceClient, simulator: RunningSimulator) -> None:
    page = {"status": 502, "body": "<html>Bad Gateway</html>", "content_type": "text/html"}
    simulator.control.set_faults({"effect": page})
    with pytest.raises(ServerResponseException) as refusal:
        workspace.list_desktop_pools(sdk.ListDesktopPoolsRequest())
    assert refusal.value.status_code == 502


def test_a_call_too_many_is_told_by_the_gateway(workspace: sdk.WorkspaceClient, simulator: RunningSimulator) -> None:
    simulator.control.set_throttle(enabled=True, reads=1)
    workspace.list_desktop_pools(sdk.ListDesktopPoolsRequest())
    with pytest.raises(ClientRequestException) as refusal:
        workspace.list_desktop_pools(sdk.ListDesktopPoolsRequest())
    assert refusal.value.status_code == 429
    (first, second) = simulator.control.journal("ListDesktopPools")
    assert (first["status"], second["status"], second["error_code"]) == (200, 429, "APIGW.0308")
