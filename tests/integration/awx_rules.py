# Copyright (c) 2026 the hwcloud.workspace contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What AWX accepts: credential types, credentials, surveys and playbooks of a project.

After AWX 24.6: ``awx/main/fields.py`` (credential types and credentials), ``awx/api/views/__init__.py`` (surveys),
``awx/main/models/mixins.py`` (answers) and ``awx/main/utils/ansible.py`` (playbooks).
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import jsonschema
from jinja2 import StrictUndefined, TemplateError
from jinja2.sandbox import ImmutableSandboxedEnvironment

_NAME = "^[a-zA-Z_]+[a-zA-Z0-9_]*$"

_INPUTS: dict[str, Any] = {
    "type": "object",
    "additionalProperties": False,
    "properties": {
        "required": {"type": "array", "items": {"type": "string"}},
        "fields": {
            "type": "array",
            "items": {
                "type": "object",
                "additionalProperties": False,
                "required": ["id", "label"],
                "properties": {
                    "type": {"enum": ["string", "boolean"]},
                    "format": {"enum": ["ssh_private_key", "url"]},
                    "choices": {"type": "array", "minItems": 1, "items": {"type": "string"}, "uniqueItems": True},
                    "id": {"type": "string", "pattern": _NAME},
                    "label": {"type": "string"},
                    "help_text": {"type": "string"},
                    "multiline": {"type": "boolean"},
                    "secret": {"type": "boolean"},
                    "ask_at_runtime": {"type": "boolean"},
                    "default": {},
                },
            },
        },
    },
}

_INJECTORS: dict[str, Any] = {
    "type": "object",
    "additionalProperties": False,
    "properties": {
        "file": {
            "type": "object",
            "additionalProperties": False,
            "patternProperties": {r"^template(\.[a-zA-Z_]+[a-zA-Z0-9_]*)?$": {"type": "string"}},
        },
        "env": {
            "type": "object",
            "additionalProperties": False,
            "patternProperties": {_NAME: {"type": "string", "pattern": "^[\x00-\x7f]*$"}},
        },
        "extra_vars": {"type": "object"},
    },
}

_FORBIDDEN = {
    "AD_HOC_COMMAND_ID",
    "AWX_HOST",
    "CACHE",
    "CALLBACK_CONNECTION",
    "CALLBACK_QUEUE",
    "INVENTORY_HOSTVARS",
    "INVENTORY_ID",
    "INVENTORY_SOURCE_ID",
    "INVENTORY_UPDATE_ID",
    "JOB_CALLBACK_DEBUG",
    "JOB_ID",
    "MAX_EVENT_RES",
    "PATH",
    "PROJECT_REVISION",
    "PYTHONPATH",
    "REST_API_TOKEN",
    "REST_API_URL",
    "SUPERVISOR_CONFIG_PATH",
    "VIRTUAL_ENV",
}

_ANSWERS: Mapping[str, tuple[type, ...]] = {
    "text": (str,),
    "textarea": (str,),
    "password": (str,),
    "multiplechoice": (str,),
    "multiselect": (str, list),
    "integer": (int,),
    "float": (float, int),
}
_PLAYBOOK = re.compile(
    r"^\s*?-?\s*?(?:hosts|(ansible\.builtin\.)?include|(ansible\.builtin\.)?import_playbook):\s*?.*?$"
)


def problems_of_credential_type(inputs: Mapping[str, Any], injectors: Mapping[str, Any]) -> list[str]:
    """Return why AWX would refuse a credential type; empty if it would not."""
    found = [error.message for error in jsonschema.Draft4Validator(_INPUTS).iter_errors(inputs)]
    found += [error.message for error in jsonschema.Draft4Validator(_INJECTORS).iter_errors(injectors)]
    return found or [*_in_fields(inputs), *_in_injectors(inputs, injectors)]


def _in_fields(inputs: Mapping[str, Any]) -> Iterator[str]:
    names = [field["id"] for field in inputs.get("fields", [])]
    yield from (f"{name} is there twice" for name in sorted({name for name in names if names.count(name) > 1}))
    if "tower" in names:
        yield "tower is a reserved name"
    for field in inputs.get("fields", []):
        kind = {"string": str, "boolean": bool}[field.get("type", "string")]
        if "default" in field and not isinstance(field["default"], kind):
            yield f"the default of {field['id']} is not a {field['type']}"
        if kind is bool:
            yield from (
                f"{key} of {field['id']}" for key in ("choices", "multiline", "format", "secret") if key in field
            )


def _in_injectors(inputs: Mapping[str, Any], injectors: Mapping[str, Any]) -> Iterator[str]:
    names = list(injectors.get("file", {}))
    if "template" in names and len(names) > 1:
        yield "several files need names"
    files: Any = dict.fromkeys([name.partition(".")[2] for name in names], "EXAMPLE_FILENAME")
    tower = {"filename": "EXAMPLE_FILENAME" if names == ["template"] else files} if names else {}
    space = {**{field["id"]: "EXAMPLE" for field in inputs.get("fields", [])}, "tower": tower}
    sandbox = ImmutableSandboxedEnvironment(undefined=StrictUndefined)
    for kind, entries in injectors.items():
        for name, template in entries.items():
            if kind == "env" and (name.startswith("ANSIBLE_") or name in _FORBIDDEN):
                yield f"{name} may not be injected"
            try:
                sandbox.from_string(template).render(space)
            except TemplateError as error:
                yield f"{name}: {error}"


def problems_of_credential(inputs: Mapping[str, Any], given: Mapping[str, Any]) -> list[str]:
    """Return why AWX would refuse what was filled into a credential's fields."""
    kinds = {field["id"]: field.get("type", "string") for field in inputs["fields"]}
    found = [f"{name} is no field" for name in given if name not in kinds]
    found += [
        f"{name} is no text"
        for name, value in given.items()
        if kinds.get(name) == "string" and not isinstance(value, str)
    ]
    return found + [f"{name} is required" for name in inputs.get("required", []) if not given.get(name)]


def problems_of_survey(survey: Mapping[str, Any]) -> list[str]:
    """Return why AWX would refuse a survey."""
    kinds = {"name": str, "description": str, "spec": list}
    found = [f"{field} of the survey" for field, kind in kinds.items() if not isinstance(survey.get(field), kind)]
    if found or not survey["spec"]:
        return found or ["the survey has no questions"]
    names = [question.get("variable") for question in survey["spec"]]
    found = [f"{name} is asked twice" for name in sorted({str(name) for name in names if names.count(name) > 1})]
    return found + [
        f"{question.get('variable')}: {why}" for question in survey["spec"] for why in _in_question(question)
    ]


def _in_question(question: Mapping[str, Any]) -> Iterator[str]:
    kinds = {"type": str, "question_name": str, "variable": str, "required": bool}
    lacking = [field for field, kind in kinds.items() if not isinstance(question.get(field), kind)]
    yield from (f"{field} is missing" for field in lacking)
    if lacking:
        return
    if question["type"] not in _ANSWERS:
        yield f"{question['type']} is no type of a question"
        return
    default = question.get("default", "")
    if default != "" and not isinstance(default, _ANSWERS[question["type"]]):
        yield f"the default {default!r} is no {question['type']}"
    yield from (f"{key} is no integer" for key in ("min", "max") if not isinstance(question.get(key, 0), int | None))
    if question["type"] in ("multiplechoice", "multiselect"):
        if "choices" not in question:
            yield "there are no choices"
        elif default != "" and default not in question["choices"]:
            yield "the default is none of the choices"
    if str(default).startswith("$encrypted$"):
        yield "the default is reserved"


def problems_of_answer(question: Mapping[str, Any], answer: Any) -> list[str]:
    """Return why AWX would not let a job begin with an answer."""
    kind = question["type"]
    if not isinstance(answer, _ANSWERS[kind]) or isinstance(answer, bool):
        return [f"{question['variable']} is no {kind}"]
    if kind == "multiplechoice":
        return [] if answer in question["choices"] else [f"{question['variable']} is none of its choices"]
    size = len(answer) if isinstance(answer, str) else answer
    within = question.get("min", size) <= size <= question.get("max", size)
    return [] if within else [f"{question['variable']} is not from {question.get('min')} to {question.get('max')}"]


def playbooks_of(project: Path) -> set[str]:
    """Return the playbooks that AWX finds in a project."""
    return {
        str(path.relative_to(project))
        for pattern in ("*.yml", "*.yaml")
        for path in project.rglob(pattern)
        if not {"roles", "tasks", "group_vars", "host_vars"} & set(path.relative_to(project).parts)
        and any(_PLAYBOOK.match(line) for line in path.read_text(encoding="utf-8").splitlines())
    }
