# Copyright (c) 2026 the hwcloud.workspace contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Operations: paths are filled in so that no value leads elsewhere, and only true reads count as reads."""

from __future__ import annotations

import pytest

from ansible_collections.hwcloud.workspace.plugins.module_utils.client import operations
from ansible_collections.hwcloud.workspace.plugins.module_utils.client.errors import InputError
from ansible_collections.hwcloud.workspace.plugins.module_utils.client.operations import (
    SHOW_JOB,
    SHOW_POOL,
    Effect,
    Operation,
)

ALL = [value for value in vars(operations).values() if isinstance(value, Operation)]


def test_a_path_is_filled_in_segment_by_segment() -> None:
    assert SHOW_POOL.url_path({"project_id": "p", "pool_id": "a b?c#ü%"}) == "/v2/p/desktop-pools/a%20b%3Fc%23%C3%BC%25"


@pytest.mark.parametrize("value", ["", "a/b", "/", ".", ".."])
def test_a_value_that_would_lead_to_another_path_is_refused(value: str) -> None:
    with pytest.raises(InputError, match="cannot be a job_id"):
        SHOW_JOB.url_path({"project_id": "p", "job_id": value})


@pytest.mark.parametrize("operation", ALL, ids=lambda operation: operation.name)
def test_what_a_get_does_is_reading_and_a_change_is_never_called_so(operation: Operation) -> None:
    assert (operation.effect is Effect.READ) == (operation.method == "GET")


def test_names_and_addresses_are_unique() -> None:
    assert len({operation.name for operation in ALL}) == len(ALL)
    assert len({(operation.method, operation.path) for operation in ALL}) == len(ALL)
