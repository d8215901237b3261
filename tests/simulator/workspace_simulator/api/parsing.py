# Copyright (c) 2026 the hwcloud.workspace contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Turns queries and bodies into request models, or refuses them."""

from __future__ import annotations

import types
from collections.abc import Iterator
from typing import Annotated, Any, TypeVar, Union, get_args, get_origin
from urllib.parse import unquote

from pydantic import BaseModel, ValidationError
from pydantic.fields import FieldInfo
from pydantic_core import from_json

from .. import errors
from ..estate import explain
from ..state.dialect import Dialect

LARGEST_BODY = 12 * 1024 * 1024
"""Larger bodies are refused with 413 (help page: error codes of the gateway)."""

_Model = TypeVar("_Model", bound=BaseModel)


def query_pairs(query: str) -> dict[str, list[str]]:
    """Return the values of each query parameter, in the order they came.

    Nothing but percent escapes is decoded: ``+`` stays what it is, as in the signature.
    """
    values: dict[str, list[str]] = {}
    for item in query.split("&"):
        if item:
            key, _equals, value = item.partition("=")
            values.setdefault(unquote(key), []).append(unquote(value))
    return values


def parse_query(model: type[_Model], query: str, dialect: Dialect) -> _Model:
    """Return the query parameters of an operation.

    Lists may come as repeated keys (SDK) or separated by commas (definitions).

    Raises:
        ServiceError: 400, naming the parameter and the rule.
    """
    data: dict[str, Any] = {}
    for name, values in query_pairs(query).items():
        field = model.model_fields.get(name)
        if field is not None and _is_list(field):
            data[name] = [item for value in values for item in value.split(",")]
        elif len(values) > 1:
            raise errors.invalid_request(f"{name}: given more than once")
        else:
            data[name] = values[0]
    return _validated(model, data, dialect)


def parse_body(model: type[_Model], raw: bytes, content_type: str, dialect: Dialect) -> _Model:
    """Return the body of a request.

    Raises:
        ServiceError: 400 for an empty, unreadable or invalid body, 413 for one that is too large.
    """
    if len(raw) > LARGEST_BODY:
        raise errors.GatewayError(413, "APIGW.0201", "Request entity too large")
    if not raw.strip():
        raise errors.ServiceError(400, errors.MESSAGE_EMPTY, "The request message is empty.")
    if content_type.partition(";")[0].strip().lower() != "application/json":
        raise errors.invalid_request("Content-Type: application/json is needed")
    try:
        data = from_json(raw)
    except ValueError as problem:
        raise errors.invalid_request(f"the body is not JSON: {problem}") from problem
    if not isinstance(data, dict):
        raise errors.invalid_request("the body must be a JSON object")
    return _validated(model, data, dialect)


def _validated(model: type[_Model], data: dict[str, Any], dialect: Dialect) -> _Model:
    known, unknown = _split(model, data, dialect.api_age == "older")
    if unknown and dialect.unknown_fields == "refused":
        raise errors.invalid_request(f"{', '.join(unknown)}: not known to this operation")
    try:
        return model.model_validate(known)
    except ValidationError as problem:
        raise errors.invalid_request(explain(problem)) from problem


def _split(
    model: type[BaseModel], data: dict[str, Any], older: bool, place: str = ""
) -> tuple[dict[str, Any], list[str]]:
    """Return the data without the fields the model does not know, and the places of those."""
    known: dict[str, Any] = {}
    unknown: list[str] = []
    for name, value in data.items():
        field = model.model_fields.get(name)
        marks = field.json_schema_extra if field is not None and isinstance(field.json_schema_extra, dict) else {}
        if field is None or (older and marks.get("newer")):
            unknown.append(place + name)
            continue
        if value is None and not marks.get("nullable"):
            raise errors.invalid_request(f"{place}{name}: null is not allowed")
        known[name] = value
        for inner in _models(field.annotation):
            if isinstance(value, dict):
                known[name], more = _split(inner, value, older, f"{place}{name}.")
                unknown += more
            elif isinstance(value, list):
                parts = [
                    _split(inner, item, older, f"{place}{name}.{number}.") if isinstance(item, dict) else (item, [])
                    for number, item in enumerate(value)
                ]
                known[name] = [part for part, _more in parts]
                unknown += [text for _part, more in parts for text in more]
    return known, unknown


def _models(annotation: Any) -> Iterator[type[BaseModel]]:
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        yield annotation
        return
    for part in get_args(annotation):
        yield from _models(part)


def _is_list(field: FieldInfo) -> bool:
    return _holds_list(field.annotation)


def _holds_list(annotation: Any) -> bool:
    """Return whether a type is a list, or a list among others (``list[str] | None``), with or without rules."""
    origin = get_origin(annotation)
    if origin is Annotated:
        return _holds_list(get_args(annotation)[0])
    if origin in (Union, types.UnionType):
        return any(_holds_list(option) for option in get_args(annotation))
    return origin is list
