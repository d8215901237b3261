# Copyright (c) 2026 the hwcloud.workspace contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Faults of the network and the gateway, by rule: which request, before or after the commit, what the client sees."""

from __future__ import annotations

import re
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field, field_validator, model_validator


class Effect(BaseModel):
    """What the client sees. ``delay`` goes with any of the others; of the others only one."""

    model_config = ConfigDict(extra="forbid")

    status: int | None = Field(None, ge=200, le=599, description="Answer with this status.")
    body: Any = Field(None, description="With status: text as it is, anything else as JSON; absent: empty.")
    headers: dict[str, str] = Field(default_factory=dict)
    content_type: str = "application/json"
    reset: bool | Literal["fin"] = Field(
        False, description="Close the connection without an answer: true with a TCP reset, fin in order."
    )
    truncate: bool | int = Field(
        False, description="Cut the body: true to half its length, a number to so many bytes. Headers fit the cut body."
    )
    hang: float | None = Field(None, gt=0, description="No answer for so many real seconds, then close.")
    delay: float | None = Field(None, gt=0, description="Real seconds before the answer.")

    @model_validator(mode="after")
    def _one(self) -> Effect:
        chosen = [
            name
            for name, given in (
                ("status", self.status is not None),
                ("reset", bool(self.reset)),
                ("truncate", self.truncate is not False),
                ("hang", self.hang is not None),
            )
            if given
        ]
        if len(chosen) > 1:
            raise ValueError(f"only one of {', '.join(chosen)}")
        if not chosen and self.delay is None:
            raise ValueError("one of status, reset, truncate, hang, delay is needed")
        return self


class FaultRule(BaseModel):
    """A rule: the requests it fits, from which of them and how often it strikes, and its effect."""

    model_config = ConfigDict(extra="forbid")

    operation: str = Field("*", description="Operation name such as RebuildDesktopPool, or *.")
    method: str | None = Field(None, description="HTTP method.")
    path: str | None = Field(None, description="Regular expression searched for in the path.")
    nth: int = Field(1, ge=1, description="Strikes from this fitting request on.")
    count: int | None = Field(1, ge=1, description="How many it strikes; null: all from then on.")
    when: Literal["before_commit", "after_commit"] = "before_commit"
    effect: Effect

    @field_validator("path")
    @classmethod
    def _pattern(cls, path: str | None) -> str | None:
        if path is not None:
            try:
                re.compile(path)
            except re.error as problem:
                raise ValueError(f"not a regular expression: {problem}") from problem
        return path

    @model_validator(mode="after")
    def _truncate_needs_an_answer(self) -> FaultRule:
        if self.effect.truncate is not False and self.when == "before_commit":
            raise ValueError("truncate cuts the service's answer: it needs when: after_commit")
        return self

    def fits(self, operation: str, method: str, path: str) -> bool:
        """Return whether a request is one of those meant."""
        return (
            self.operation in ("*", operation)
            and (self.method is None or self.method.upper() == method)
            and (self.path is None or re.search(self.path, path) is not None)
        )


class Faults:
    """The rules in force and how often each fitted."""

    def __init__(self, rules: list[FaultRule]) -> None:
        """Keep the rules, in order; the first that strikes decides, the others count the request all the same."""
        self.rules = list(rules)
        self.seen = [0] * len(self.rules)

    def strike(self, operation: str, method: str, path: str) -> FaultRule | None:
        """Return the rule that strikes this request, or None."""
        chosen = None
        for number, rule in enumerate(self.rules):
            if not rule.fits(operation, method, path):
                continue
            self.seen[number] += 1
            last = None if rule.count is None else rule.nth + rule.count - 1
            if self.seen[number] >= rule.nth and (last is None or self.seen[number] <= last) and chosen is None:
                chosen = rule
        return chosen
