# Copyright (c) 2026 the hwcloud.workspace contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Writes ``docs/operations.md``: each operation of pools and jobs, the modules that use it, the option of each field.

Operations and fields come from the official SDK as it is installed, modules and options from the collection, drives
from the contract tests. What ties them together is ``operations.yml`` beside this file. Whatever is in one of them and
not in the others is a problem, and with a problem nothing is written.
"""

from __future__ import annotations

import argparse
import ast
import importlib
import re
import sys
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml

ROOT = Path(__file__).resolve().parents[2]
PAGE = ROOT / "docs" / "operations.md"
TABLE = Path(__file__).with_name("operations.yml")
CONTRACT_TESTS = ROOT / "tests" / "contract"
INTEGRATION_TESTS = ROOT / "tests" / "integration"
MODULES = "ansible_collections.hwcloud.workspace.plugins.modules"

PATHS = re.compile(r"/v2/\{project_id\}/(desktop-pools|workspace-jobs|workspace-sub-jobs)(/|$)")
_INSIDE = re.compile(r"(?:list\[|dict\(str, )(.+)[\])]")


class Problems(Exception):
    """The parts do not fit. ``found`` has one sentence for each place."""

    def __init__(self, found: Iterable[str]) -> None:
        """Keep the sentences."""
        self.found = list(found)
        super().__init__("\n".join(self.found))


@dataclass(frozen=True)
class Field:
    """A field of a request. ``name`` holds dots inside of objects; ``place`` is path, query, header or body."""

    name: str
    place: str
    kind: str


@dataclass(frozen=True)
class Operation:
    """An operation as the SDK has it."""

    name: str
    method: str
    path: str
    fields: tuple[Field, ...]


@dataclass(frozen=True)
class Row:
    """What the table says of an operation.

    ``options`` are the options by field and module; ``reasons`` say why a field has none. ``older`` are the fields
    among them that older API definitions know and the SDK does not. ``tests`` are ``file::function``.
    """

    group: str
    modules: tuple[str, ...]
    tests: tuple[str, ...]
    options: Mapping[str, Mapping[str, tuple[str, ...]]]
    reasons: Mapping[str, str]
    older: frozenset[str]

    @property
    def fields(self) -> set[str]:
        """The names of all fields that the row speaks of."""
        return {*self.options, *self.reasons}


@dataclass(frozen=True)
class Table:
    """All rows, and the titles of their groups in order."""

    groups: Mapping[str, str]
    rows: Mapping[str, Row]


@dataclass(frozen=True)
class Surroundings:
    """What the table is checked against.

    ``modules`` holds the argument spec of each module of the collection, ``drives`` the file and the function that
    drives an operation in the contract tests, ``tests`` the ``file::function`` of all integration tests.
    """

    modules: Mapping[str, Mapping[str, Any]]
    drives: Mapping[str, tuple[str, str]]
    tests: frozenset[str] = field(default_factory=frozenset)


# ---- the SDK


class _NoFields:
    """A request without fields: enough to be told method, path and type of the answer."""

    attribute_map: Mapping[str, str] = {}


def sdk_operations(client: Any, models: Any) -> dict[str, Operation]:
    """Return the operations of pools and jobs that a client class of the SDK has.

    :param client: the class, with one ``_..._http_info`` for each operation.
    :param models: what holds the SDK's request and body classes by name.
    """
    found = {}
    for name in dir(client):
        if not name.endswith("_http_info"):
            continue
        describe = getattr(client, name)
        what = describe(_NoFields())
        if PATHS.match(what["resource_path"]) is None:
            continue
        operation = str(what["response_type"]).removesuffix("Response")
        request = getattr(models, f"{operation}Request")
        fields = tuple(_request_fields(describe, request, models))
        found[operation] = Operation(operation, what["method"], what["resource_path"], fields)
    return found


def _request_fields(describe: Any, request: Any, models: Any) -> Iterator[Field]:
    filled = describe(request(**{name: f"value of {name}" for name in request.attribute_map}))
    kinds = {wire: request.openapi_types[name] for name, wire in request.attribute_map.items()}
    places = [
        *(("path", name) for name in filled["path_params"]),
        *(("query", name) for name, _value in filled["query_params"]),
        *(("header", name) for name in filled["header_params"] if name in kinds),
    ]
    for place, name in places:
        yield Field(name, place, kinds.pop(name))
    for kind in kinds.values():
        yield from _body_fields(kind, models, "")


def _body_fields(kind: str, models: Any, before: str) -> Iterator[Field]:
    model = getattr(models, kind)
    for name, wire in model.attribute_map.items():
        inner = model.openapi_types[name]
        yield Field(before + wire, "body", inner)
        container = _INSIDE.fullmatch(inner)
        item = container[1] if container else inner
        # Enumerations are classes without attributes.
        if getattr(getattr(models, item, None), "attribute_map", None):
            yield from _body_fields(item, models, f"{before}{wire}.")


# ---- the table


def read_table(text: str) -> Table:
    """Return the table that a YAML text holds.

    :raises Problems: it is not formed as ``operations.yml`` says at its beginning.
    """
    data = yaml.safe_load(text)
    shared, used, found = data["reasons"], set(), []
    rows = {}
    for name, entry in data["operations"].items():
        unknown = set(entry) - {"group", "modules", "tests", "fields", "older"}
        if unknown or entry.get("group") not in data["groups"] or not entry.get("modules"):
            found.append(f"{name}: needs a known group and modules, and takes tests, fields and older beside them.")
            continue
        options, reasons = {}, {}
        for wire, meant in {**(entry.get("fields") or {}), **(entry.get("older") or {})}.items():
            if isinstance(meant, dict) and set(meant) == {"none"}:
                used.add(meant["none"])
                reasons[wire] = shared.get(meant["none"], meant["none"])
            else:
                by_module = meant if isinstance(meant, dict) else {entry["modules"][0]: meant}
                options[wire] = {
                    module: (names,) if isinstance(names, str) else tuple(names) for module, names in by_module.items()
                }
        rows[name] = Row(
            entry["group"],
            tuple(entry["modules"]),
            tuple(entry.get("tests") or ()),
            options,
            reasons,
            frozenset(entry.get("older") or ()),
        )
    found += [f"reason {name}: no field needs it." for name in shared if name not in used]
    if found:
        raise Problems(found)
    return Table(data["groups"], rows)


def problems(operations: Mapping[str, Operation], table: Table, around: Surroundings) -> list[str]:
    """Return a sentence for each place where the SDK, the table, the modules and the tests do not fit together."""
    found = [f"{name}: the SDK has it, the table does not." for name in sorted(operations.keys() - table.rows.keys())]
    for name, row in table.rows.items():
        operation = operations.get(name)
        if operation is None:
            found.append(f"{name}: the table has it, the SDK does not.")
            continue
        in_sdk = {each.name for each in operation.fields}
        found += [f"{name}.{wire}: the SDK has it, the table does not." for wire in sorted(in_sdk - row.fields)]
        found += [
            f"{name}.{wire}: the table has it, the SDK does not." for wire in sorted(row.fields - row.older - in_sdk)
        ]
        found += [f"{name}.{wire}: the SDK has it, so it is not older." for wire in sorted(row.older & in_sdk)]
        found += _problems_of_modules(name, row, around.modules)
        found += _problems_of_tests(name, row, around)
    return found


def _problems_of_modules(name: str, row: Row, modules: Mapping[str, Mapping[str, Any]]) -> Iterator[str]:
    for module in row.modules:
        if module not in modules:
            yield f"{name}: there is no module {module}."
    for wire, by_module in row.options.items():
        for module, options in by_module.items():
            if module not in row.modules:
                yield f"{name}.{wire}: {module} is not among the operation's modules."
            for option in options:
                if module in modules and not _has_option(modules[module], option):
                    yield f"{name}.{wire}: {module} has no option {option}."


def _problems_of_tests(name: str, row: Row, around: Surroundings) -> Iterator[str]:
    if name not in around.drives:
        yield f"{name}: no contract test drives it."
    if not row.tests:
        yield f"{name}: the table names no integration test."
    for test in row.tests:
        if test not in around.tests:
            yield f"{name}: there is no integration test {test}."


def _has_option(spec: Mapping[str, Any], option: str) -> bool:
    first, _dot, rest = option.partition(".")
    if first not in spec:
        return False
    return not rest or _has_option(spec[first].get("options") or {}, rest)


# ---- the collection and its tests


def module_specs() -> dict[str, Mapping[str, Any]]:
    """Return the argument spec of each module of the collection."""
    names = sorted(path.stem for path in (ROOT / "plugins" / "modules").glob("*.py"))
    return {name: importlib.import_module(f"{MODULES}.{name}").SPEC.argument_spec for name in names}


def contract_drives(folder: Path) -> dict[str, tuple[str, str]]:
    """Return the file and the function that ``@drives(operation)`` marks, by operation."""
    found = {}
    for path in sorted(folder.glob("test_operations*.py")):
        for function in _functions(path):
            for mark in function.decorator_list:
                if isinstance(mark, ast.Call) and isinstance(mark.func, ast.Name) and mark.func.id == "drives":
                    (argument,) = mark.args
                    found[ast.literal_eval(argument)] = (path.name, function.name)
    return found


def names_of_tests(folder: Path) -> frozenset[str]:
    """Return all tests of a folder as ``file::function``."""
    return frozenset(
        f"{path.name}::{function.name}"
        for path in folder.glob("test_*.py")
        for function in _functions(path)
        if function.name.startswith("test_")
    )


def _functions(path: Path) -> list[ast.FunctionDef]:
    tree = ast.parse(path.read_text(encoding="utf-8"))
    return [statement for statement in tree.body if isinstance(statement, ast.FunctionDef)]


def operations_by_test(table: Table) -> dict[str, set[str]]:
    """Return the operations that each named integration test has to send, by ``file::function``."""
    found: dict[str, set[str]] = {}
    for name, row in table.rows.items():
        for test in row.tests:
            found.setdefault(test, set()).add(name)
    return found


# ---- the page

_BEGINNING = """\
<!--
Copyright (c) 2026 the hwcloud.workspace contributors
GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
SPDX-License-Identifier: GPL-3.0-or-later

Written by `make operations` from tests/tools/operations.yml and the official SDK. Do not edit it here.
-->

# Operations

The operations of the service on desktop pools and their jobs, as the official SDK (`huaweicloudsdkworkspace`, v2) has
them, and where this collection uses them: the modules, and for each field of a request the option that sets it.

In the contract tests the SDK itself drives each operation on the simulator; the name in the column is that of the
drive. Run one with `make test PYTEST_ARGS='-k "drives_the_operation and RebuildDesktopPool"'`. The integration tests
named here are held to it: each fails if it did not send the operation.

Every path begins with `/v2/{project_id}`; `project_id` is an option of every module. Every module that takes a pool
also finds it with `ListDesktopPools` or `ShowDesktopPoolDetail`, and follows its jobs with `ShowJob` and
`ListItaSubJobs`; these four are listed with the modules that are made for them.
"""


def page(operations: Mapping[str, Operation], table: Table, around: Surroundings) -> str:
    """Return the page as Markdown. The parts have to fit together (:func:`problems`)."""
    lines = [_BEGINNING]
    for group, title in table.groups.items():
        members = {name: row for name, row in table.rows.items() if row.group == group}
        lines += [f"## {title}\n", "| operation | request | module | contract test | integration tests |"]
        lines += ["| --- | --- | --- | --- | --- |"]
        lines += [_operation_line(operations[name], row, around) for name, row in members.items()]
        lines += [""]
        for name, row in members.items():
            lines += _field_lines(operations[name], row)
    return "\n".join(lines)


def _operation_line(operation: Operation, row: Row, around: Surroundings) -> str:
    file, drive = around.drives[operation.name]
    cells = [
        f"[{operation.name}](#{operation.name.lower()})",
        f"{operation.method} `{_short(operation.path)}`",
        ", ".join(f"`{module}`" for module in row.modules),
        f"[`{drive}`](../tests/contract/{file})",
        ", ".join(_test_link(*test.split("::")) for test in row.tests),
    ]
    return f"| {' | '.join(cells)} |"


def _test_link(file: str, function: str) -> str:
    return f"[`{file}::{function}`](../tests/integration/{file})"


def _field_lines(operation: Operation, row: Row) -> Iterator[str]:
    yield f"### {operation.name}\n"
    yield "| field | in | type | option |"
    yield "| --- | --- | --- | --- |"
    older = [Field(name, "body, older regions", "") for name in (*row.options, *row.reasons) if name in row.older]
    for each in (*operation.fields, *older):
        yield f"| `{each.name}` | {each.place} | {_plain(each.kind)} | {_meaning(each.name, row)} |"
    yield ""


def _meaning(name: str, row: Row) -> str:
    if name in row.reasons:
        return row.reasons[name]
    by_module = row.options[name]
    texts = {module: ", ".join(f"`{option}`" for option in options) for module, options in by_module.items()}
    if by_module.keys() == set(row.modules) and len(set(texts.values())) == 1:
        return next(iter(texts.values()))
    return "; ".join(f"{text} of `{module}`" for module, text in texts.items())


def _short(path: str) -> str:
    return path.removeprefix("/v2/{project_id}")


def _plain(kind: str) -> str:
    container = _INSIDE.fullmatch(kind)
    if container:
        return f"list of {_plain(container[1])}"
    return kind if kind in ("str", "int", "bool", "") else f"`{kind}`"


def gather() -> tuple[dict[str, Operation], Table, Surroundings]:
    """Return the SDK's operations, the table, and what it is checked against, of this checkout.

    :raises Problems: they do not fit together.
    """
    sdk = importlib.import_module("huaweicloudsdkworkspace.v2")
    operations = sdk_operations(sdk.WorkspaceClient, sdk)
    table = read_table(TABLE.read_text(encoding="utf-8"))
    around = Surroundings(module_specs(), contract_drives(CONTRACT_TESTS), names_of_tests(INTEGRATION_TESTS))
    found = problems(operations, table, around)
    if found:
        raise Problems(found)
    return operations, table, around


def main() -> int:
    """Write the page, or say what does not fit together. Return the program's status."""
    parser = argparse.ArgumentParser(description="Write the page of operations, or say what does not fit together.")
    parser.add_argument("--write", type=Path, default=PAGE, metavar="FILE", help="where to (default: %(default)s)")
    target = parser.parse_args().write
    sys.path.insert(0, str(ROOT / ".build" / "collections"))
    try:
        text = page(*gather())
    except Problems as found:
        print(found, file=sys.stderr)
        return 1
    target.write_text(text, encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
