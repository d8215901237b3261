# Copyright (c) 2026 the hwcloud.workspace contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The table of operations: what the SDK has is found, and whatever does not fit is said."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import huaweicloudsdkworkspace.v2 as sdk
import pytest
from operations_table import (
    Field,
    Operation,
    Problems,
    Surroundings,
    Table,
    contract_drives,
    names_of_tests,
    operations_by_test,
    page,
    problems,
    read_table,
    sdk_operations,
)

POOLS = "/v2/{project_id}/desktop-pools"


class GrowPoolRequest:
    """A request as the SDK writes them."""

    attribute_map = {"pool_id": "pool_id", "dry_run": "dry_run", "body": "body"}  # noqa: RUF012
    openapi_types = {"pool_id": "str", "dry_run": "bool", "body": "GrowPoolReq"}  # noqa: RUF012

    def __init__(self, pool_id: Any = None, dry_run: Any = None, body: Any = None) -> None:
        self.pool_id, self.dry_run, self.body = pool_id, dry_run, body


GrowPoolReq = SimpleNamespace(
    attribute_map={"number": "size", "disks": "volumes", "owner": "owner", "labels": "labels"},
    openapi_types={"number": "int", "disks": "list[Disk]", "owner": "Kind", "labels": "dict(str, Disk)"},
)
Disk = SimpleNamespace(attribute_map={"size": "size"}, openapi_types={"size": "int"})
Kind = SimpleNamespace(attribute_map={}, openapi_types={})
MODELS = SimpleNamespace(GrowPoolRequest=GrowPoolRequest, GrowPoolReq=GrowPoolReq, Disk=Disk, Kind=Kind)


class Client:
    """A client as the SDK writes them."""

    @classmethod
    def _grow_pool_http_info(cls, request: Any) -> dict[str, Any]:
        given = {name: getattr(request, name) for name in request.attribute_map}
        return {
            "method": "POST",
            "resource_path": POOLS + "/{pool_id}/grow",
            "response_type": "GrowPoolResponse",
            "path_params": {"pool_id": given["pool_id"]} if "pool_id" in given else {},
            "query_params": [("dry_run", given["dry_run"])] if "dry_run" in given else [],
            "header_params": {"Content-Type": "application/json"},
            "body": given.get("body"),
        }

    @staticmethod
    def _list_pools_of_others_http_info(request: Any) -> dict[str, Any]:  # noqa: ARG004
        return {"method": "GET", "resource_path": "/v2/{project_id}/desktop-pools-of-others"}


OPERATIONS = {
    "GrowPool": Operation(
        "GrowPool",
        "POST",
        POOLS + "/{pool_id}/grow",
        (
            Field("pool_id", "path", "str"),
            Field("dry_run", "query", "bool"),
            Field("size", "body", "int"),
            Field("volumes", "body", "list[Disk]"),
            Field("volumes.size", "body", "int"),
            Field("owner", "body", "Kind"),
            Field("labels", "body", "dict(str, Disk)"),
            Field("labels.size", "body", "int"),
        ),
    )
}
TEXT = """
groups: {pools: Pools}
reasons: {unneeded: "none, nobody needs it"}
operations:
  GrowPool:
    group: pools
    modules: [pool_grow, pool]
    tests: [test_pools.py::test_growing]
    fields:
      pool_id: {pool_grow: pool, pool: [name, pool_id]}
      dry_run: {none: "none, check mode sends nothing"}
      size: count
      volumes: volumes
      volumes.size: volumes.size
      owner: {none: unneeded}
      labels: {none: unneeded}
      labels.size: {none: unneeded}
    older:
      order_id: count
"""
TABLE = read_table(TEXT)
AROUND = Surroundings(
    modules={
        "pool_grow": {"pool": {}, "count": {}, "volumes": {"options": {"size": {}}}},
        "pool": {"name": {}, "pool_id": {}},
    },
    drives={"GrowPool": ("test_operations.py", "_grow")},
    tests=frozenset({"test_pools.py::test_growing"}),
)


def table_with(**changes: Any) -> Table:
    return Table(TABLE.groups, {"GrowPool": replace(TABLE.rows["GrowPool"], **changes)})


def test_operations_and_fields_are_found_in_a_client() -> None:
    assert sdk_operations(Client, MODELS) == OPERATIONS


def test_the_operations_of_the_official_sdk_are_found() -> None:
    found = sdk_operations(sdk.WorkspaceClient, sdk)
    assert {"ListDesktopPools", "AttachDesktopPoolUser", "RunActionsOnWorkspaceJob", "BatchDeleteSubJobs"} <= set(found)
    assert all(operation.path.startswith("/v2/{project_id}/") for operation in found.values())
    rebuild = found["RebuildDesktopPool"]
    assert (rebuild.method, rebuild.path) == ("POST", POOLS + "/{pool_id}/rebuild")
    assert Field("pool_id", "path", "str") in rebuild.fields
    assert Field("desktop_ids", "body", "list[str]") in rebuild.fields
    assert Field("status", "query", "str") in found["ListItaSubJobs"].fields
    assert Field("root_volume.size", "body", "int") in found["CreateDesktopPool"].fields
    assert Field("objects.object_id", "body", "str") in found["CreateDesktopPoolAuthorizedObjects"].fields


def test_what_fits_has_no_problems() -> None:
    assert problems(OPERATIONS, TABLE, AROUND) == []


def test_a_new_operation_of_the_sdk_is_a_problem() -> None:
    class Newer(sdk.WorkspaceClient):  # type: ignore[misc]
        """The client of a later SDK."""

        _grow_pool_http_info = Client._grow_pool_http_info

    class NewerModels:
        """Its models."""

        def __getattr__(self, name: str) -> Any:
            return getattr(MODELS, name, None) or getattr(sdk, name)

    found = sdk_operations(Newer, NewerModels())
    now = sdk_operations(sdk.WorkspaceClient, sdk)
    table = Table({}, {name: replace(TABLE.rows["GrowPool"]) for name in now})
    assert "GrowPool: the SDK has it, the table does not." in problems(found, table, AROUND)
    assert not any("GrowPool:" in problem for problem in problems(now, table, AROUND))


def test_a_new_field_of_the_sdk_is_a_problem() -> None:
    body = SimpleNamespace(
        attribute_map={**GrowPoolReq.attribute_map, "pace": "pace"},
        openapi_types={**GrowPoolReq.openapi_types, "pace": "str"},
    )
    disk = SimpleNamespace(attribute_map={"size": "size", "type": "type"}, openapi_types={"size": "int", "type": "str"})
    found = sdk_operations(Client, SimpleNamespace(**{**vars(MODELS), "GrowPoolReq": body, "Disk": disk}))
    assert problems(found, TABLE, AROUND) == [
        "GrowPool.labels.type: the SDK has it, the table does not.",
        "GrowPool.pace: the SDK has it, the table does not.",
        "GrowPool.volumes.type: the SDK has it, the table does not.",
    ]


def test_what_the_sdk_has_no_longer_is_a_problem() -> None:
    assert problems({}, TABLE, AROUND) == ["GrowPool: the table has it, the SDK does not."]
    operation = OPERATIONS["GrowPool"]
    fewer = replace(operation, fields=operation.fields[:-1])
    assert problems({"GrowPool": fewer}, TABLE, AROUND) == ["GrowPool.labels.size: the table has it, the SDK does not."]


def test_an_older_field_that_the_sdk_has_is_a_problem() -> None:
    operation = OPERATIONS["GrowPool"]
    more = replace(operation, fields=(*operation.fields, Field("order_id", "body", "str")))
    assert problems({"GrowPool": more}, TABLE, AROUND) == ["GrowPool.order_id: the SDK has it, so it is not older."]


@pytest.mark.parametrize(
    ("changes", "problem"),
    [
        ({"modules": ("pool_grow", "pool", "pool_shrink")}, "GrowPool: there is no module pool_shrink."),
        (
            {"options": {**TABLE.rows["GrowPool"].options, "size": {"pool_grow": ("number",)}}},
            "GrowPool.size: pool_grow has no option number.",
        ),
        (
            {"options": {**TABLE.rows["GrowPool"].options, "volumes.size": {"pool_grow": ("volumes.gigabytes",)}}},
            "GrowPool.volumes.size: pool_grow has no option volumes.gigabytes.",
        ),
        (
            {"options": {**TABLE.rows["GrowPool"].options, "size": {"pool_grow": ("count.size",)}}},
            "GrowPool.size: pool_grow has no option count.size.",
        ),
        (
            {"options": {**TABLE.rows["GrowPool"].options, "size": {"other": ("count",)}}},
            "GrowPool.size: other is not among the operation's modules.",
        ),
        ({"tests": ()}, "GrowPool: the table names no integration test."),
        (
            {"tests": ("test_pools.py::test_shrinking",)},
            "GrowPool: there is no integration test test_pools.py::test_shrinking.",
        ),
    ],
)
def test_a_row_that_names_what_does_not_exist_is_a_problem(changes: dict[str, Any], problem: str) -> None:
    assert problems(OPERATIONS, table_with(**changes), AROUND) == [problem]


def test_an_operation_that_no_contract_test_drives_is_a_problem() -> None:
    assert problems(OPERATIONS, TABLE, replace(AROUND, drives={})) == ["GrowPool: no contract test drives it."]


@pytest.mark.parametrize(
    ("old", "new", "problem"),
    [
        ("group: pools", "group: pumps", "GrowPool: needs a known group"),
        ("    modules: [pool_grow, pool]\n", "", "GrowPool: needs a known group"),
        ("    fields:", "    note: read me\n    fields:", "GrowPool: needs a known group"),
        ('it"}', 'it", forgotten: "none"}', "reason forgotten: no field needs it."),
    ],
)
def test_a_table_that_is_formed_wrongly_is_refused(old: str, new: str, problem: str) -> None:
    assert TEXT.count(old) == 1
    with pytest.raises(Problems, match=problem):
        read_table(TEXT.replace(old, new))


def test_drives_and_tests_are_found_in_their_files(tmp_path: Path) -> None:
    (tmp_path / "test_operations.py").write_text(
        '@drives("A")\n@drives("B")\ndef _ab(clients): ...\n\ndef test_all(): ...\ndef helper(): ...\n'
    )
    (tmp_path / "test_operations_more.py").write_text('@drives("C")\ndef _c(clients): ...\n')
    (tmp_path / "test_other.py").write_text('@drives("D")\ndef _d(clients): ...\n\ndef test_other(): ...\n')
    assert contract_drives(tmp_path) == {
        "A": ("test_operations.py", "_ab"),
        "B": ("test_operations.py", "_ab"),
        "C": ("test_operations_more.py", "_c"),
    }
    assert names_of_tests(tmp_path) == {"test_operations.py::test_all", "test_other.py::test_other"}


def test_the_operations_of_a_test() -> None:
    assert operations_by_test(TABLE) == {"test_pools.py::test_growing": {"GrowPool"}}


def test_the_page_has_a_row_for_everything() -> None:
    lines = page(OPERATIONS, TABLE, AROUND).splitlines()
    assert "## Pools" in lines
    assert (
        "| [GrowPool](#growpool) | POST `/desktop-pools/{pool_id}/grow` | `pool_grow`, `pool` "
        "| [`_grow`](../tests/contract/test_operations.py) "
        "| [`test_pools.py::test_growing`](../tests/integration/test_pools.py) |"
    ) in lines
    assert lines[lines.index("### GrowPool") + 2 :] == [
        "| field | in | type | option |",
        "| --- | --- | --- | --- |",
        "| `pool_id` | path | str | `pool` of `pool_grow`; `name`, `pool_id` of `pool` |",
        "| `dry_run` | query | bool | none, check mode sends nothing |",
        "| `size` | body | int | `count` of `pool_grow` |",
        "| `volumes` | body | list of `Disk` | `volumes` of `pool_grow` |",
        "| `volumes.size` | body | int | `volumes.size` of `pool_grow` |",
        "| `owner` | body | `Kind` | none, nobody needs it |",
        "| `labels` | body | list of `Disk` | none, nobody needs it |",
        "| `labels.size` | body | int | none, nobody needs it |",
        "| `order_id` | body, older regions |  | `count` of `pool_grow` |",
    ]
