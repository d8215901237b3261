# Copyright (c) 2026 the hwcloud.workspace contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the guides in docs/docsite/rst show, blocks of YAML and commands, and what is wrong with them."""

from __future__ import annotations

import importlib
import re
import shlex
import textwrap
from collections.abc import Iterable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from functools import cache
from itertools import pairwise
from pathlib import Path
from typing import Any

import yaml

from ansible_collections.hwcloud.workspace.plugins.module_utils.arguments import CONNECTION
from ansible_collections.hwcloud.workspace.plugins.module_utils.limits import broken_limits
from ansible_collections.hwcloud.workspace.plugins.module_utils.task import ModuleSpec

CHECKOUT = Path(__file__).resolve().parents[2]
GUIDES = CHECKOUT / "docs" / "docsite" / "rst"
COLLECTION = "hwcloud.workspace"
PREFIX = f"{COLLECTION}."
GROUP = f"group/{COLLECTION}.all"
INVENTORY = f"{PREFIX}desktop_pools"
FOREIGN = ("awx.awx.", "ansible.controller.", "community.general.")
"""Modules of collections that need not be here: such tasks are not looked into."""

_INVENTORY_BASE = {"plugin", "groups", "keyed_groups", "compose", "strict", "leading_separator", "use_extra_vars"}
_BLOCK = re.compile(r"^( *)\.\. (?:code-block|sourcecode):: *(\S+)\n((?:\1 .*\n|\s*\n)+)", re.MULTILINE)
_SECTIONS = ("tasks", "pre_tasks", "post_tasks", "handlers", "block", "rescue", "always")


class _Loader(yaml.SafeLoader):
    """Reads YAML with tags such as !vault, whose values stay text."""


_Loader.add_multi_constructor("!", lambda loader, suffix, node: str(node.value))


@dataclass(frozen=True)
class Block:
    """A block of a guide. ``place`` is the guide and the line where it begins."""

    place: str
    language: str
    text: str

    @property
    def file_name(self) -> str:
        """A name for a file with the block."""
        return re.sub(r"\W+", "-", self.place) + ".yml"


def blocks(path: Path) -> Iterator[Block]:
    """Return the blocks of a guide in their order."""
    text = path.read_text(encoding="utf-8")
    for found in _BLOCK.finditer(text + "\n"):
        lines = found[3].splitlines()
        while lines and re.match(r"\s*:[\w-]+:", lines[0]):  # options of the directive
            del lines[0]
        line = text.count("\n", 0, found.start()) + 1
        yield Block(f"{path.name}:{line}", found[2].lower(), textwrap.dedent("\n".join(lines)).strip("\n") + "\n")


def all_blocks(*languages: str) -> list[Block]:
    """Return the blocks of all guides that are written in one of these languages."""
    return [block for path in sorted(GUIDES.glob("*.rst")) for block in blocks(path) if block.language in languages]


def documents(block: Block) -> list[Any]:
    """Return what a block of YAML holds.

    :raises yaml.YAMLError: it is no YAML.
    """
    return [document for document in yaml.load_all(block.text, Loader=_Loader) if document is not None]


def as_playbook(document: Any) -> list[dict[str, Any]] | None:
    """Return the playbook that a document is, or that holds its tasks; None if it is something else."""
    if not isinstance(document, list) or not document or not all(isinstance(item, dict) for item in document):
        return None
    if all("hosts" in item or any(key.endswith("import_playbook") for key in item) for item in document):
        return document
    if all(_action(item) or "block" in item for item in document):
        return [{"name": "Hold the tasks", "hosts": "localhost", "gather_facts": False, "tasks": document}]
    return None


def without_foreign(item: Any) -> Any:
    """Return a playbook in which tasks of collections that need not be here do nothing."""
    if isinstance(item, list):
        return [without_foreign(part) for part in item]
    if not isinstance(item, dict):
        return item
    kept = {name: without_foreign(value) for name, value in item.items() if not name.startswith(FOREIGN)}
    if len(kept) < len(item):
        kept["ansible.builtin.meta"] = "noop"
    return kept


def faults_of_playbook(playbook: Iterable[Mapping[str, Any]]) -> Iterator[str]:
    """Say which options of modules and which variables of roles are not known, missing or cannot have their value."""
    for play in playbook:
        defaults = play.get("module_defaults") or {}
        yield from faults_of_defaults(defaults)
        given = _names_given(defaults)
        for role in play.get("roles") or []:
            named = {"role": role} if isinstance(role, str) else role
            variables = {**named, **(named.get("vars") or {}), **(play.get("vars") or {})}
            yield from faults_of_role(str(named.get("role") or named.get("name")), variables)
        for section in _SECTIONS:
            yield from _faults_of_tasks(play.get(section) or [], given, play.get("vars") or {})


def _faults_of_tasks(
    tasks: Iterable[Mapping[str, Any]], given: Mapping[str, set[str]], variables: Mapping[str, Any]
) -> Iterator[str]:
    for task in tasks:
        yield from faults_of_defaults(task.get("module_defaults") or {})
        here = {**given, **_names_given(task.get("module_defaults") or {})}
        known = {**variables, **(task.get("vars") or {})}
        for section in _SECTIONS:
            if isinstance(task.get(section), list):
                yield from _faults_of_tasks(task[section], here, known)
        action = _action(task)
        if action is None:
            continue
        options = task[action]
        if action.startswith(PREFIX):
            name = action[len(PREFIX) :]
            if isinstance(options, str):
                options = dict(part.split("=", 1) for part in shlex.split(options))
            merged = here.get(name, set()) | here.get(GROUP, set())
            yield from faults_of_options(name, {**(options or {}), **(task.get("args") or {})}, merged)
        elif action.rpartition(".")[2] in ("include_role", "import_role") and isinstance(options, Mapping):
            yield from faults_of_role(str(options.get("name")), known)


def _action(task: Mapping[str, Any]) -> str | None:
    return next((key for key in task if "." in key), None)


def _names_given(defaults: Mapping[str, Any]) -> dict[str, set[str]]:
    return {str(name).removeprefix(PREFIX): set(options or {}) for name, options in defaults.items()}


def faults_of_defaults(defaults: Mapping[str, Any]) -> Iterator[str]:
    """Say what is wrong with module_defaults."""
    for name, options in defaults.items():
        if name == GROUP:
            unknown = set(options or {}) - set(CONNECTION)
            yield from (f"module_defaults of the group: no option {option}" for option in sorted(unknown))
        elif str(name).startswith(PREFIX):
            yield from (
                fault for fault in faults_of_options(str(name)[len(PREFIX) :], options or {}, set(), whole=False)
            )


@cache
def _specification(module: str) -> ModuleSpec | None:
    if not (CHECKOUT / "plugins" / "modules" / f"{module}.py").exists():
        return None
    found: ModuleSpec = importlib.import_module(f"ansible_collections.{COLLECTION}.plugins.modules.{module}").SPEC
    return found


def faults_of_options(module: str, options: Mapping[str, Any], given: set[str], *, whole: bool = True) -> Iterator[str]:
    """Say what is wrong with the options of a task.

    :param given: options that module_defaults set.
    :param whole: whether the options that are required have to be there.
    """
    specification = _specification(module)
    if specification is None:
        yield f"there is no module {PREFIX}{module}"
        return
    values = {specification.synonyms.get(name, name): value for name, value in options.items()}
    yield from _faults_of_values(module, values, specification.argument_spec)
    written = {name: value for name, value in values.items() if "{{" not in str(value)}
    with suppress(TypeError):  # text from a command line, where a number is wanted
        yield from (f"{module}: {sentence}" for sentence in broken_limits(specification.limits, written))
    if whole:
        required = {name for name, rule in specification.argument_spec.items() if rule.get("required")}
        yield from (f"{module} lacks {name}" for name in sorted(required - set(values) - given))


def _faults_of_values(place: str, values: Mapping[str, Any], specification: Mapping[str, Any]) -> Iterator[str]:
    for name, value in values.items():
        rule = specification.get(name)
        if rule is None:
            yield f"{place} has no option {name}"
            continue
        choices = rule.get("choices")
        for item in value if isinstance(value, list) else [value]:
            is_template = isinstance(item, str) and "{{" in item
            if choices and not is_template and str(item) not in map(str, choices):
                yield f"{place}: {name} cannot be {item}"
            if rule.get("options") and isinstance(item, Mapping):
                yield from _faults_of_values(f"{place}.{name}", item, rule["options"])


@cache
def _role(name: str) -> dict[str, Any] | None:
    path = CHECKOUT / "roles" / name / "meta" / "argument_specs.yml"
    if not path.exists():
        return None
    return dict(yaml.safe_load(path.read_text(encoding="utf-8"))["argument_specs"]["main"].get("options") or {})


def faults_of_role(name: str, variables: Mapping[str, Any]) -> Iterator[str]:
    """Say which variables with a role's prefix the role does not have. Roles of others are not looked into."""
    if not name.startswith(PREFIX):
        return
    options = _role(name[len(PREFIX) :])
    if options is None:
        yield f"there is no role {name}"
        return
    prefix = f"{name[len(PREFIX) :]}_"
    mine = {variable: value for variable, value in variables.items() if str(variable).startswith(prefix)}
    yield from _faults_of_values(name, mine, options)


def faults_of_inventory(document: Mapping[str, Any]) -> Iterator[str]:
    """Say which options of an inventory file are not known."""
    source = (CHECKOUT / "plugins" / "inventory" / "desktop_pools.py").read_text(encoding="utf-8")
    found = re.search(r'^DOCUMENTATION = r?"""\n(.*?)^"""', source, re.MULTILINE | re.DOTALL)
    assert found is not None
    options = yaml.safe_load(found[1])["options"]
    for name, value in document.items():
        if name in options:
            inner = options[name].get("suboptions") or {}
            for item in value if isinstance(value, list) else [value]:
                if inner and isinstance(item, Mapping):
                    yield from (f"{name} has no {part}" for part in item if part not in inner)
        elif name not in _INVENTORY_BASE and not name.startswith("cache") and name not in CONNECTION:
            yield f"the inventory has no option {name}"


def commands(block: Block) -> Iterator[list[str]]:
    """Return the commands of a block, as words; those behind a prompt, and in a block without prompts each line."""
    lines = block.text.replace("\\\n", " ").splitlines()
    if any(line.startswith("$ ") for line in lines):
        lines = [line[2:] for line in lines if line.startswith("$ ")]
    for line in lines:
        lexer = shlex.shlex(line, posix=True, punctuation_chars="|&;<>")
        lexer.whitespace_split = True
        word: list[str] = []
        for part in lexer:
            if set(part) <= set("|&;"):
                yield word
                word = []
            else:
                word.append(part)
        if word:
            yield word


def faults_of_command(words: list[str]) -> Iterator[str]:
    """Say what is wrong with a command of Ansible's or of make."""
    while words and re.match(r"\w+=", words[0]):  # variables that are set for the command
        words = words[1:]
    if not words:
        return
    if words[0] == "make":
        targets = re.findall(r"^([a-z][\w-]*):", (CHECKOUT / "Makefile").read_text(encoding="utf-8"), re.MULTILINE)
        yield from (f"make has no {word}" for word in words[1:] if "=" not in word and word not in targets)
    elif words[0] == "ansible" and "-m" in words:
        module = words[words.index("-m") + 1]
        if module.startswith(PREFIX):
            arguments = words[words.index("-a") + 1] if "-a" in words else ""
            if arguments.startswith("{"):
                options = yaml.safe_load(arguments)
            else:
                options = dict(part.split("=", 1) for part in shlex.split(arguments))
            yield from faults_of_options(module[len(PREFIX) :], options, set())
    elif words[0] == "ansible-playbook":
        for word in words[1:]:
            if not word.startswith(PREFIX):
                continue
            path = CHECKOUT / "playbooks" / f"{word[len(PREFIX) :]}.yml"
            if not path.exists():
                yield f"there is no playbook {word}"
                continue
            yield from _faults_of_variables(path, words)


def _faults_of_variables(path: Path, words: list[str]) -> Iterator[str]:
    text = path.read_text(encoding="utf-8")
    for imported in re.findall(r"import_playbook: (\S+)", text):
        text += (path.parent / imported).read_text(encoding="utf-8")
    for option, value in pairwise(words):
        if option not in ("-e", "--extra-vars") or value.startswith(("@", "{")):
            continue
        for name, _sign, _value in (part.partition("=") for part in shlex.split(value)):
            role = next((role for role in ("pool_maintenance", "pool_report") if name.startswith(f"{role}_")), None)
            known = name in (_role(role) or {}) if role else re.search(rf"\b{re.escape(name)}\b", text) is not None
            if not known:
                yield f"{path.name} has no variable {name}"
