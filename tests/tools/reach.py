# Copyright (c) 2026 the hwcloud.workspace contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Tells which operations of the service the code of a plugin can come to send, by following names through the code.

A function leads to all that it names: other functions, classes, and constants at the top of a file. An operation counts
where it is handed to a call (``session.call(SHOW_POOL, ...)``, ``Step(REBUILD_POOL, ...)``), not where it is only
compared or is the key of a table. That may find too much, never too little, as long as operations are named and not
looked up by text.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path

PLUGINS = Path(__file__).resolve().parents[2] / "plugins"
OPERATIONS = "module_utils.client.operations"
_PACKAGE = "ansible_collections.hwcloud.workspace.plugins."

Place = tuple[str, str]
"""A name at the top of a file: the file as a module's name below ``plugins``, and the name."""


@dataclass
class _File:
    defined: dict[str, ast.AST] = field(default_factory=dict)
    imported: dict[str, Place] = field(default_factory=dict)


class Code:
    """The code below a folder ``plugins``.

    :param folder: that folder.
    """

    def __init__(self, folder: Path = PLUGINS) -> None:
        self._files = {
            ".".join(path.relative_to(folder).with_suffix("").parts): path for path in sorted(folder.rglob("*.py"))
        }
        self._read: dict[str, _File] = {}
        self._led_to: dict[Place, frozenset[Place]] = {}

    @cached_property
    def operations(self) -> dict[str, str]:
        """The names of the operations by the names of the constants that hold them."""
        found = {}
        for name, node in self._file(OPERATIONS).defined.items():
            if isinstance(node, ast.Assign) and isinstance(node.value, ast.Call) and node.value.args:
                first = node.value.args[0]
                if getattr(node.value.func, "id", "") == "Operation" and isinstance(first, ast.Constant):
                    found[name] = str(first.value)
        return found

    def sent_by(self, module: str, name: str) -> set[str]:
        """Return the operations that a function or class can lead to."""
        todo, done, found = [(module, name)], set(), set()
        while todo:
            place = todo.pop()
            if place in done:
                continue
            done.add(place)
            if place[0] == OPERATIONS:
                if place[1] in self.operations:
                    found.add(self.operations[place[1]])
                continue
            todo += self._names_in(place)
        return found

    def _file(self, module: str) -> _File:
        if module not in self._read:
            self._read[module] = _read(self._files, module)
        return self._read[module]

    def _names_in(self, place: Place) -> frozenset[Place]:
        if place not in self._led_to:
            module, name = place
            found = {self._origin(module, first, rest) for first, rest in self._named(self._file(module).defined[name])}
            self._led_to[place] = frozenset(origin for origin in found if origin is not None)
        return self._led_to[place]

    def _named(self, node: ast.AST) -> Iterator[tuple[str, str]]:
        handed_on = {
            id(argument)
            for call in ast.walk(node)
            if isinstance(call, ast.Call)
            for argument in (*call.args, *(keyword.value for keyword in call.keywords))
        }
        for part in ast.walk(node):
            if isinstance(part, ast.Name) and (part.id not in self.operations or id(part) in handed_on):
                yield part.id, ""
            elif isinstance(part, ast.Attribute) and isinstance(part.value, ast.Name):
                yield part.value.id, part.attr

    def _origin(self, module: str, name: str, attribute: str) -> Place | None:
        """Return where a name of a file, or the attribute of a file that it stands for, is defined."""
        seen: set[Place] = set()
        while (module, name) not in seen:
            seen.add((module, name))
            file = self._file(module)
            if name in file.imported:
                module, name = file.imported[name]
                if f"{module}.{name}" in self._files:
                    module, name, attribute = f"{module}.{name}", attribute, ""
            elif attribute:
                return None  # of something that is no file, such as a parameter; an operation's own fields as well
            else:
                return (module, name) if name in file.defined else None
        return None


def _read(files: Mapping[str, Path], module: str) -> _File:
    file = _File()
    if module not in files:
        return file
    tree = ast.parse(files[module].read_text(encoding="utf-8"))
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom):
            origin = _origin_of(node, module)
            for alias in node.names if origin is not None else ():
                file.imported[alias.asname or alias.name] = (str(origin), alias.name)
    for node in tree.body:
        if isinstance(node, (ast.FunctionDef, ast.ClassDef)):
            file.defined[node.name] = node
        elif isinstance(node, ast.Assign):
            file.defined |= {target.id: node for target in node.targets if isinstance(target, ast.Name)}
        elif isinstance(node, ast.AnnAssign) and isinstance(node.target, ast.Name):
            file.defined[node.target.id] = node
    return file


def _origin_of(node: ast.ImportFrom, module: str) -> str | None:
    if node.level:
        return ".".join([*module.split(".")[: -node.level], *(node.module or "").split(".")]).strip(".")
    name = node.module or ""
    return name.removeprefix(_PACKAGE) if name.startswith(_PACKAGE) else None
