# Copyright (c) 2026 the hwcloud.workspace contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A scripted service for each test that asks for one, and an environment that nothing of this machine leaks into."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from ansible_collections.hwcloud.workspace.tests.unit.plugins.module_utils.scripted_service import (
    HandClock,
    ScriptedService,
)

_LEAKS = ("PROXY", "proxy", "HUAWEICLOUD_", "HW_", "REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE", "SSL_CERT", "NETRC")


@pytest.fixture(autouse=True)
def clean_environment(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Take away what this machine's environment and home folder would change."""
    for name in list(os.environ):
        if any(part in name for part in _LEAKS):
            monkeypatch.delenv(name)
    home = tmp_path / "home"
    home.mkdir()
    monkeypatch.setenv("HOME", str(home))


@pytest.fixture
def service() -> Iterator[ScriptedService]:
    """Return a service that answers as told, and fail the test if it was asked for something that it was not told."""
    running = ScriptedService()
    yield running
    running.close()
    assert [f"{request.method} {request.target}" for request in running.surprises] == []


@pytest.fixture
def clock() -> HandClock:
    """Return a clock that only pauses move."""
    return HandClock()
