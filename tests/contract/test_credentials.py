# Copyright (c) 2026 the hwcloud.workspace contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The official SDK's ways to authenticate work, and its errors read as they would from the service."""

from __future__ import annotations

from collections.abc import Callable

import huaweicloudsdkworkspace.v2 as sdk
import pytest
from huaweicloudsdkcore.auth.credentials import BasicCredentials
from huaweicloudsdkcore.auth.internal import MetadataAccessor
from huaweicloudsdkcore.exceptions.exceptions import ClientRequestException
from huaweicloudsdkcore.region.region import Region

from workspace_simulator.testing import RunningSimulator

PROJECT = "0123456789abcdef0123456789abcdef"
FINANCE = "22222222-0000-4000-8000-000000000001"
NEW_IMAGE = "11111111-1010-4000-8000-000000002611"

Make = Callable[[BasicCredentials], sdk.WorkspaceClient]


def _rebuild_request(image_id: str = NEW_IMAGE) -> sdk.RebuildDesktopPoolRequest:
    return sdk.RebuildDesktopPoolRequest(pool_id=FINANCE, body=sdk.RebuildDesktopPoolReq(image_id=image_id))


def test_the_project_is_found_by_the_region(simulator: RunningSimulator) -> None:
    credentials = BasicCredentials("EXAMPLEAK", "EXAMPLESK").with_iam_endpoint(simulator.url)
    client = (
        sdk.WorkspaceClient.new_builder()
        .with_credentials(credentials)
        .with_region(Region("eu-west-101", simulator.url))
        .build()
    )
    assert client.list_desktop_pools(sdk.ListDesktopPoolsRequest()).total_count == 2
    assert [entry["query"] for entry in simulator.control.journal("KeystoneListProjects")] == [{"name": "eu-west-101"}]


def test_temporary_keys_of_the_machine_verify(simulator: RunningSimulator, make_workspace: Make) -> None:
    accessor = MetadataAccessor()
    accessor._METADATA_ENDPOINT = simulator.url
    keys = accessor.get_credential()
    credentials = BasicCredentials(keys.access, keys.secret, PROJECT).with_security_token(keys.security_token)
    assert make_workspace(credentials).list_desktop_pools(sdk.ListDesktopPoolsRequest()).total_count == 2

    without_token = BasicCredentials(keys.access, keys.secret, PROJECT)
    with pytest.raises(ClientRequestException) as refusal:
        make_workspace(without_token).list_desktop_pools(sdk.ListDesktopPoolsRequest())
    assert (refusal.value.status_code, refusal.value.error_code) == (401, "APIGW.0301")


def test_a_wrong_secret_is_refused(make_workspace: Make) -> None:
    client = make_workspace(BasicCredentials("EXAMPLEAK", "WRONGSK", PROJECT))
    with pytest.raises(ClientRequestException) as refusal:
        client.list_desktop_pools(sdk.ListDesktopPoolsRequest())
    assert (refusal.value.status_code, refusal.value.error_code) == (401, "APIGW.0301")
    assert "verify aksk signature fail" in refusal.value.error_msg
    assert refusal.value.request_id


def test_a_denied_action_is_named_with_an_encoded_message(make_workspace: Make) -> None:
    client = make_workspace(BasicCredentials("AUDITORAK", "AUDITORSK", PROJECT))
    assert client.list_desktop_pools(sdk.ListDesktopPoolsRequest()).total_count == 2
    with pytest.raises(ClientRequestException) as refusal:
        client.rebuild_desktop_pool(_rebuild_request())
    assert refusal.value.status_code == 403
    assert "workspace:desktopPools:rebuild" in refusal.value.error_msg
    assert refusal.value.encoded_auth_msg


def test_a_missing_pool_is_a_bad_request(workspace: sdk.WorkspaceClient) -> None:
    with pytest.raises(ClientRequestException) as refusal:
        workspace.show_desktop_pool_detail(sdk.ShowDesktopPoolDetailRequest(pool_id="no-such-pool"))
    assert (refusal.value.status_code, refusal.value.error_code) == (400, "WKS.0001")


def test_a_busy_pool_is_a_conflict(workspace: sdk.WorkspaceClient, simulator: RunningSimulator) -> None:
    workspace.rebuild_desktop_pool(_rebuild_request())
    with pytest.raises(ClientRequestException) as refusal:
        workspace.rebuild_desktop_pool(_rebuild_request())
    assert (refusal.value.status_code, refusal.value.error_code) == (409, "WKS.00010032")
    assert [entry["committed"] for entry in simulator.control.journal("RebuildDesktopPool")] == [True, False]


def test_a_job_that_never_was_is_not_found(workspace: sdk.WorkspaceClient) -> None:
    with pytest.raises(ClientRequestException) as refusal:
        workspace.show_job(sdk.ShowJobRequest(job_id="no-such-job"))
    assert refusal.value.status_code == 404
