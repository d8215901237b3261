# Copyright (c) 2026 the hwcloud.workspace contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Writes ``docs/permissions/``: a least-privilege policy for each role, module and set, and the tables of its guide.

What a module can send is read off the code (``reach.py``), what a role asks of modules off its tasks. What IAM calls
the permission for an operation stands in ``permissions.yml``, beside what cannot be read off. An operation that the
code can send and that file does not know is a problem, and with a problem nothing is written.
"""

from __future__ import annotations

import argparse
import json
import re
import sys
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import yaml
from reach import Code

ROOT = Path(__file__).resolve().parents[2]
TABLE = Path(__file__).with_name("permissions.yml")
FOLDER = ROOT / "docs" / "permissions"
GUIDE = ROOT / "docs" / "docsite" / "rst" / "permissions.rst"
COLLECTION = "hwcloud.workspace"
LOGIN = frozenset({"KeystoneListProjects", "KeystoneCreateUserTokenByPassword"})
"""What any task may need to find out who it is; the policies leave it to a set of its own."""


class Problems(Exception):
    """The parts do not fit. ``found`` has one sentence for each place."""

    def __init__(self, found: Iterable[str]) -> None:
        """Keep the sentences."""
        self.found = list(found)
        super().__init__("\n".join(self.found))


@dataclass(frozen=True)
class Policy:
    """What somebody may do: ``operations`` by the official SDK's names, ``actions`` by IAM's, and what those need."""

    operations: frozenset[str]
    actions: tuple[str, ...]
    needs: tuple[str, ...]

    def document(self) -> dict[str, Any]:
        """Return the identity policy, as IAM takes it."""
        parts = [{"Effect": "Allow", "Action": list(actions)} for actions in (self.actions, self.needs) if actions]
        return {"Version": "5.0", "Statement": parts}


class Permissions:
    """The policies of this collection.

    :param table: what ``permissions.yml`` holds.
    :param code: the code of the plugins.
    :param root: the checkout, with its roles and playbooks.
    """

    def __init__(self, table: Mapping[str, Any], code: Code, root: Path = ROOT) -> None:
        self.table = table
        self.code = code
        self.root = root

    @cached_property
    def modules(self) -> dict[str, frozenset[str]]:
        """What each module can send, without what any of them may need to log in."""
        never = self.table["never"]
        names = sorted(path.stem for path in (self.root / "plugins" / "modules").glob("*.py"))
        return {
            name: frozenset(self.code.sent_by(f"modules.{name}", "run") - LOGIN - set(never.get(name, ())))
            for name in names
        }

    @cached_property
    def inventory(self) -> frozenset[str]:
        """What the inventory plugin can send."""
        found = self.code.sent_by("inventory.desktop_pools", "InventoryModule")
        return frozenset(found - LOGIN - set(self.table["never"].get("inventory", ())))

    @cached_property
    def events(self) -> frozenset[str]:
        """What the event source can send."""
        return frozenset(self.code.sent_by("module_utils.events.watch", "Watch") - LOGIN)

    @cached_property
    def roles(self) -> dict[str, frozenset[str]]:
        """What each role can send, with the roles that it includes."""
        names = sorted(path.name for path in (self.root / "roles").iterdir())
        return {
            name: self.sent_by_tasks(self._tasks_of_role(name, self.table["leaves_out"].get(name, {}), set()))
            for name in names
        }

    def playbook(self, name: str) -> frozenset[str]:
        """Return what a playbook of the collection can send, without the roles that it includes."""
        return self.sent_by_tasks(self._tasks_in(self.root / "playbooks" / f"{name}.yml"))

    def sent_by_tasks(self, tasks: Iterable[tuple[str, Mapping[str, Any]]]) -> frozenset[str]:
        """Return what tasks can send, each a module of the collection and its options."""
        return frozenset(operation for module, options in tasks for operation in self._sent(module, options))

    def _sent(self, module: str, options: Mapping[str, Any]) -> Iterator[str]:
        only_with = self.table["only_with"].get(module, {})
        for operation in self.modules[module]:
            wanted = only_with.get(operation)
            if wanted is None or any(_given(options, option) for option in wanted):
                yield operation

    def _tasks_of_role(
        self, role: str, leaves_out: Mapping[str, list[str]], done: set[str]
    ) -> list[tuple[str, Mapping[str, Any]]]:
        if role in done:
            return []
        done.add(role)
        files = sorted((self.root / "roles" / role / "tasks").glob("*.yml"))
        files = [file for file in files if file.name not in leaves_out.get(role, ())]
        found = [task for file in files for task in self._tasks_in(file)]
        text = "\n".join(file.read_text(encoding="utf-8") for file in files)
        for other in re.findall(rf"{re.escape(COLLECTION)}\.(pool_\w+)", text):
            if (self.root / "roles" / other).is_dir():
                found += self._tasks_of_role(other, leaves_out, done)
        return found

    def _tasks_in(self, file: Path) -> Iterator[tuple[str, Mapping[str, Any]]]:
        yield from _tasks(yaml.safe_load(file.read_text(encoding="utf-8")) or [])

    def policies(self) -> dict[str, Policy]:
        """Return all policies by the name of their file.

        :raises Problems: the table does not know an operation that is sent, or knows something that is not.
        """
        found = self.problems()
        if found:
            raise Problems(found)
        named = {f"role_{name}": operations for name, operations in self.roles.items() if operations}
        named |= {f"module_{name}": operations for name, operations in self.modules.items()}
        named |= {f"set_{name}": self._set(entry) for name, entry in self.table["sets"].items()}
        return {name: self.policy(operations) for name, operations in sorted(named.items())}

    def policy(self, operations: frozenset[str]) -> Policy:
        """Return the policy that allows these operations and nothing else."""
        known = [self.table["actions"][name] for name in operations]
        actions = {entry["action"] for entry in known if "action" in entry}
        needs = {action for entry in known for action in entry.get("needs", ())} - actions
        return Policy(operations, tuple(sorted(actions)), tuple(sorted(needs)))

    def _set(self, entry: Mapping[str, Any]) -> frozenset[str]:
        found = set(entry.get("operations", ()))
        found |= {operation for name in entry.get("modules", ()) for operation in self.modules[name]}
        found |= {operation for name in entry.get("playbooks", ()) for operation in self.playbook(name)}
        found |= self.inventory if entry.get("inventory") else frozenset()
        found |= self.events if entry.get("events") else frozenset()
        return frozenset(found)

    def problems(self) -> list[str]:
        """Return a sentence for each place where the table, the code and the roles do not fit together."""
        sent = {name for operations in self.modules.values() for name in operations} | self.inventory | LOGIN
        known = self.table["actions"]
        found = [f"{name}: the code can send it, and actions does not know it." for name in sorted(sent - set(known))]
        found += [f"{name}: actions knows it, and nothing sends it." for name in sorted(set(known) - sent)]
        for name, entry in known.items():
            unknown = set(entry) - {"action", "source", "needs", "unsure"}
            if unknown or entry.get("source") not in SOURCES or ("action" in entry) == (entry["source"] == "none"):
                found.append(f"{name}: needs a known source, and an action unless the source is none.")
        for module, entries in (*self.table["only_with"].items(), *self.table["never"].items()):
            place = (
                ("inventory.desktop_pools", "InventoryModule")
                if module == "inventory"
                else (f"modules.{module}", "run")
            )
            reached = self.code.sent_by(*place)
            for name in entries:
                if name not in reached:
                    found.append(f"{module}: it cannot send {name}, so nothing is to be said of that.")
        for role, others in self.table["leaves_out"].items():
            for other, files in others.items():
                for name in files:
                    if not (self.root / "roles" / other / "tasks" / name).exists():
                        found.append(f"{role}: {other} has no task file {name}, so it cannot be left out.")
        return found


SOURCES = {
    "reference": "its page of the API reference",
    "actions": "the page on permissions and supported actions",
    "published": "policies published by others",
    "none": "its page of the API reference",
}


def _tasks(node: Any) -> Iterator[tuple[str, Mapping[str, Any]]]:
    """Yield each use of a module of the collection in a playbook or task file: its name and options."""
    if isinstance(node, list):
        for item in node:
            yield from _tasks(item)
    elif isinstance(node, dict):
        for key, value in node.items():
            name = str(key).removeprefix(f"{COLLECTION}.")
            if name != key and (ROOT / "plugins" / "modules" / f"{name}.py").exists():
                loop = node.get("loop")
                for item in loop if isinstance(loop, list) else [None]:
                    yield name, _filled(value or {}, item)
            else:
                yield from _tasks(value)


def _filled(options: Mapping[str, Any], item: Any) -> dict[str, Any]:
    """Return a task's options with the fields of the item of its loop put in where they are named alone."""
    fields = item if isinstance(item, dict) else {}
    templates = {f"{{{{ item.{name} }}}}": value for name, value in fields.items()}
    return {name: templates.get(value, value) if isinstance(value, str) else value for name, value in options.items()}


def _given(options: Mapping[str, Any], wanted: str) -> bool:
    """Return whether a task's options have an option, or may have the value of ``option=value``."""
    name, _sign, value = wanted.partition("=")
    if name not in options:
        return False
    given = options[name]
    return not value or "{{" in str(given) or value in (given if isinstance(given, list) else [str(given)])


# ---- the tables of the guide


def tables(permissions: Permissions) -> dict[str, str]:
    """Return the generated parts of the guide, by the name of their place."""
    policies = permissions.policies()
    known = permissions.table["actions"]
    roles = [
        (f":ansplugin:`{COLLECTION}.{name}#role`", _file(f"role_{name}"), _actions(policies[f"role_{name}"].actions))
        for name, operations in permissions.roles.items()
        if operations
    ]
    sets = [
        (entry["title"], _file(f"set_{name}"), _actions(policies[f"set_{name}"].actions))
        for name, entry in permissions.table["sets"].items()
    ]
    modules = [
        (
            f":ansplugin:`{COLLECTION}.{name}#module`",
            _file(f"module_{name}"),
            "\n\n".join(f"{operation}: {_action(known[operation])}" for operation in sorted(operations)),
        )
        for name, operations in permissions.modules.items()
    ]
    actions = [
        (operation, _action(entry), _actions(entry.get("needs", ())) or "nothing", _source(entry))
        for operation, entry in known.items()
    ]
    return {
        "roles": list_table(("role", "file", "actions"), roles, (25, 25, 50)),
        "sets": list_table(("for", "file", "actions"), sets, (25, 25, 50)),
        "modules": list_table(("module", "file", "operations and their actions"), modules, (25, 25, 50)),
        "actions": list_table(("operation", "action", "needs beside it", "source"), actions, (25, 30, 25, 20)),
    }


def list_table(head: tuple[str, ...], rows: Iterable[tuple[str, ...]], widths: tuple[int, ...]) -> str:
    """Return a table as reStructuredText. A cell may have several paragraphs."""
    lines = [".. list-table::", "   :header-rows: 1", f"   :widths: {' '.join(map(str, widths))}", ""]
    for row in (head, *rows):
        for number, cell in enumerate(row):
            first, *rest = cell.splitlines() or [""]
            lines.append(f"   {'* -' if number == 0 else '  -'} {first}".rstrip())
            lines += [f"       {line}".rstrip() for line in rest]
    return "\n".join(lines) + "\n"


def put_in(text: str, parts: Mapping[str, str]) -> str:
    """Return a guide with its generated parts replaced; each stands between two comments that name it.

    :raises Problems: a part has no place in the guide.
    """
    for name, part in parts.items():
        begin, end = f".. Generated, {name}: do not edit this part here.\n", f".. End of the generated part, {name}.\n"
        before, found, rest = text.partition(begin)
        _old, ended, after = rest.partition(end)
        if not (found and ended):
            raise Problems([f"the guide has no place for {name}"])
        text = f"{before}{begin}\n{part}\n{end}{after}"
    return text


def _file(name: str) -> str:
    return f"``{name}.json``"


def _actions(actions: Iterable[str]) -> str:
    return ", ".join(f"``{action}``" for action in actions)


def _action(entry: Mapping[str, Any]) -> str:
    return f"``{entry['action']}``" if "action" in entry else "none"


def _source(entry: Mapping[str, Any]) -> str:
    doubt = "; another edition of it says that none is needed" if entry.get("unsure") else ""
    return SOURCES[entry["source"]] + doubt


def gather() -> Permissions:
    """Return what is known of this checkout."""
    return Permissions(yaml.safe_load(TABLE.read_text(encoding="utf-8")), Code())


def rendered(permissions: Permissions) -> dict[Path, str]:
    """Return the text of each file that is written."""
    files = {
        FOLDER / f"{name}.json": json.dumps(policy.document(), indent=2) + "\n"
        for name, policy in permissions.policies().items()
    }
    return {**files, GUIDE: put_in(GUIDE.read_text(encoding="utf-8"), tables(permissions))}


def main() -> int:
    """Write the files, or say what does not fit together. Return the program's status."""
    argparse.ArgumentParser(description=__doc__).parse_args()
    try:
        files = rendered(gather())
    except Problems as problems:
        print(problems, file=sys.stderr)
        return 1
    FOLDER.mkdir(parents=True, exist_ok=True)
    for stale in set(FOLDER.glob("*.json")) - set(files):
        stale.unlink()
    for path, text in files.items():
        path.write_text(text, encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
