# Copyright (c) 2026 the hwcloud.workspace contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The filter preflight_findings: how Ansible's values get in, and out."""

from __future__ import annotations

import json
from typing import Any

import pytest
from ansible.errors import AnsibleFilterError
from ansible.utils.unsafe_proxy import wrap_var

from ansible_collections.hwcloud.workspace.plugins.filter.preflight_findings import FilterModule

findings = FilterModule().filters()["preflight_findings"]
POOL: dict[str, Any] = {"id": "p", "name": "night", "status": "ERROR", "desktops": []}
READ: dict[str, Any] = {"pool": {"desktop_pools": [POOL]}}


def test_a_time_that_is_none_is_an_error_of_one_sentence() -> None:
    with pytest.raises(AnsibleFilterError, match="preflight_findings: now is 'soon'; give an ISO 8601 time"):
        findings(READ, {"pool": "night"}, "soon")


def test_the_present_is_the_time_if_none_is_given() -> None:
    asked = {"pool": "night", "window_end": "2001-01-01T00:00:00Z"}
    full = {"pool": {"desktop_pools": [{**POOL, "desktops": [{"desktop_id": "d", "status": "ACTIVE"}]}]}}
    checks = [found["check"] for found in findings(full, asked)["findings"]]
    assert "window" in checks
    earlier = [found["check"] for found in findings(full, asked, "2000-12-31T00:00:00Z")["findings"]]
    assert checks.count("window") == 1
    assert "window" not in earlier


def test_the_result_can_be_written_as_json() -> None:
    assert json.loads(json.dumps(findings(wrap_var(READ), {"pool": "night"})))["pool_record"] == POOL


def test_what_is_read_is_left_as_it_is() -> None:
    read = {"pool": {"desktop_pools": [dict(POOL)]}}
    findings(read, {"pool": "night"})
    assert read == READ
