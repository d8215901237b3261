# Copyright (c) 2026 the hwcloud.workspace contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Clients of the official SDK that talk to the simulator, and a check of answers against the SDK's models."""

from __future__ import annotations

import importlib
import re
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from huaweicloudsdkcore.auth.credentials import BasicCredentials, GlobalCredentials
from huaweicloudsdkcore.http.http_config import HttpConfig
from huaweicloudsdkcore.sdk_response import SdkResponse
from huaweicloudsdkiam.v3 import IamClient
from huaweicloudsdkworkspace.v2 import WorkspaceClient

from workspace_simulator.testing import RunningSimulator

PROJECT = "0123456789abcdef0123456789abcdef"

ONLY_IN_DEFINITIONS = {"desktop_name", "message", "flavor_id"}
"""Fields of sub-jobs and products that the API definitions know and the SDK does not."""


@pytest.fixture
def workspace(simulator: RunningSimulator) -> WorkspaceClient:
    """Return a client of the Workspace service that signs with an access key."""
    return workspace_client(simulator, BasicCredentials("EXAMPLEAK", "EXAMPLESK", PROJECT))


@pytest.fixture
def make_workspace(simulator: RunningSimulator) -> Callable[[BasicCredentials], WorkspaceClient]:
    """Return a maker of clients with other credentials."""
    return lambda credentials: workspace_client(simulator, credentials)


@pytest.fixture
def iam(simulator: RunningSimulator) -> IamClient:
    """Return a client of IAM."""
    credentials = GlobalCredentials("EXAMPLEAK", "EXAMPLESK", "0" * 32)
    builder = IamClient.new_builder().with_credentials(credentials).with_endpoint(simulator.url)
    return builder.with_http_config(HttpConfig(timeout=(5, 30))).build()


@pytest.fixture
def fits_sdk() -> Callable[[SdkResponse], None]:
    """Return a check that an answer holds only what the SDK's model of it knows, each of the right type."""

    def check(response: SdkResponse) -> None:
        problems = list(_misfits(type(response), response.to_json_object(), ""))
        assert problems == []

    return check


def workspace_client(simulator: RunningSimulator, credentials: BasicCredentials) -> WorkspaceClient:
    """Return a client of the Workspace service with these credentials."""
    builder = WorkspaceClient.new_builder().with_credentials(credentials).with_endpoint(simulator.url)
    return builder.with_http_config(HttpConfig(timeout=(5, 30))).build()


_SIMPLE: dict[str, type] = {"str": str, "int": int, "bool": bool, "object": object, "datetime": str}


def _misfits(kind: Any, value: Any, place: str) -> Iterator[str]:
    """Yield where a JSON value differs from an SDK model (a class) or type (its text in the SDK)."""
    if value is None:
        return
    if isinstance(kind, str):
        yield from _misfits_of_type(kind, value, place)
        return
    if not kind.attribute_map:
        allowed = [text for name, text in vars(kind).items() if name.isupper()]
        if value not in allowed:
            yield f"{place}: {value!r} is not one of {allowed}"
        return
    if not isinstance(value, dict):
        yield f"{place}: not an object"
        return
    types = {wire: kind.openapi_types[name] for name, wire in kind.attribute_map.items()}
    for name, item in value.items():
        if name in types:
            yield from _misfits(_sdk_model(types[name]) or types[name], item, f"{place}.{name}")
        elif name not in ONLY_IN_DEFINITIONS:
            yield f"{place}.{name}: not known to the SDK's {kind.__name__}"


def _misfits_of_type(kind: str, value: Any, place: str) -> Iterator[str]:
    container = re.fullmatch(r"(list)\[(.+)\]|(dict)\(str, (.+)\)", kind)
    if container is not None:
        inner = container[2] or container[4]
        items = enumerate(value) if container[1] and isinstance(value, list) else None
        if container[3] and isinstance(value, dict):
            items = value.items()
        if items is None:
            yield f"{place}: not {kind}"
            return
        for key, item in items:
            yield from _misfits(_sdk_model(inner) or inner, item, f"{place}[{key}]")
    elif not isinstance(value, _SIMPLE[kind]) or (kind == "int" and isinstance(value, bool)):
        yield f"{place}: {value!r} is not {kind}"


def _sdk_model(kind: str) -> type | None:
    """Return the SDK's class of this name, None for simple types and containers."""
    for package in ("huaweicloudsdkworkspace.v2", "huaweicloudsdkiam.v3"):
        found = getattr(importlib.import_module(package), kind, None)
        if isinstance(found, type) and hasattr(found, "attribute_map"):
            return found
    return None
