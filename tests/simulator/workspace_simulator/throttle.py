# Copyright (c) 2026 the hwcloud.workspace contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Limits on calls a minute, counted per user and operation in simulated time.

200 reads and 100 writes a minute and user, per API (help page: notes and constraints); the answer is 429 APIGW.0308.
Whether refused calls count and whether Retry-After is sent is open.
"""

from __future__ import annotations

import math
from collections import deque

from pydantic import BaseModel, ConfigDict, Field

from .errors import GatewayError


class ThrottleSettings(BaseModel):
    """How calls are limited."""

    model_config = ConfigDict(extra="forbid")

    enabled: bool = False
    reads: int = Field(200, ge=0, description="GET calls in a window.")
    writes: int = Field(100, ge=0, description="Other calls in a window.")
    window_seconds: float = Field(60.0, gt=0)
    count_refused: bool = Field(False, description="Whether refused calls use up the limit too.")
    retry_after: bool = Field(False, description="Whether the answer says Retry-After, in seconds.")
    operations: dict[str, int] = Field(default_factory=dict, description="Limit of single operations, by name.")


class Throttled(GatewayError):
    """A call too many. ``retry_after`` in whole simulated seconds, or None when the answer does not say."""

    def __init__(self, limit: int, window_seconds: float, retry_after: int | None) -> None:
        """Word the refusal as gateways do (public programs that log it)."""
        period = "1 minute" if window_seconds == 60 else f"{window_seconds:g} second"
        super().__init__(
            429,
            "APIGW.0308",
            f"The throttling threshold has been reached: policy user over ratelimit,limit:{limit},time:{period}",
        )
        self.retry_after = retry_after


class Throttle:
    """Counts calls in a sliding window."""

    def __init__(self, settings: ThrottleSettings) -> None:
        """Start with no calls counted."""
        self.settings = settings
        self._calls: dict[tuple[str, str], deque[float]] = {}

    def admit(self, user: str, operation: str, reads: bool, now: float) -> None:
        """Count a call or refuse it.

        Args:
            user: Who calls.
            operation: Name of the operation.
            reads: Whether it is a GET.
            now: Simulated time.

        Raises:
            Throttled: The window is full.
        """
        settings = self.settings
        if not settings.enabled:
            return
        limit = settings.operations.get(operation, settings.reads if reads else settings.writes)
        calls = self._calls.setdefault((user, operation), deque())
        while calls and calls[0] <= now - settings.window_seconds:
            calls.popleft()
        refused = len(calls) >= limit
        if not refused or settings.count_refused:
            calls.append(now)
        if refused:
            oldest = calls[-limit] if limit else now
            wait = max(1, math.ceil(oldest + settings.window_seconds - now))
            raise Throttled(limit, settings.window_seconds, wait if settings.retry_after else None)
