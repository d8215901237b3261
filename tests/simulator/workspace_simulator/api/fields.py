# Copyright (c) 2026 the hwcloud.workspace contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Field types for request models: query values arrive as text, body values must have their type already."""

from __future__ import annotations

import re
from typing import Annotated, Any

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field

NEWER: dict[str, Any] = {"newer": True}
"""Mark of fields that only the newest SDK knows: ``Field(json_schema_extra=NEWER)``."""

NULLABLE: dict[str, Any] = {"newer": True, "nullable": True}
"""Mark of newer fields for which JSON null has a meaning."""


def _integer(value: object) -> object:
    if isinstance(value, str):
        if not re.fullmatch(r"-?\d{1,18}", value):
            raise ValueError("an integer is needed")
        return int(value)
    return value


def _boolean(value: object) -> object:
    if isinstance(value, str):
        if value not in ("true", "false"):
            raise ValueError("true or false is needed")
        return value == "true"
    return value


QueryInt = Annotated[int, BeforeValidator(_integer)]
QueryBool = Annotated[bool, BeforeValidator(_boolean)]
Text = Annotated[str, Field(max_length=255)]


class Query(BaseModel):
    """Query parameters of an operation."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class Body(BaseModel):
    """Body of a request, or a part of one: no type is converted."""

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)

    def given(self) -> dict[str, Any]:
        """Return the fields that the request holds, at any depth."""
        return self.model_dump(exclude_unset=True)
