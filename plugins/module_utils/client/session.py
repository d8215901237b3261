# Copyright (c) 2026 the hwcloud.workspace contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Calling operations of the service: authentication, repetition, and errors as exceptions."""

from __future__ import annotations

import random
from collections.abc import Callable, Mapping
from typing import Any

from .authentication import Authenticator
from .clock import Clock
from .errors import (
    NetworkError,
    OutcomeUnknownError,
    RefusedError,
    ThrottledError,
    UnauthorizedError,
    WorkspaceError,
)
from .operations import Effect, Operation
from .refusals import refusal
from .retries import is_unknown, may_repeat, pause
from .settings import Settings
from .transport import Answer, NoAnswerError, NotDeliveredError, Query, Transport


class Session:
    """The way to the service for one task.

    :param settings: where the service is.
    :param authenticator: signs requests and knows the project.
    :param transport: sends them.
    :param clock: by which pauses are made.
    :param dice: randomness of the pauses.
    """

    def __init__(
        self,
        settings: Settings,
        authenticator: Authenticator,
        transport: Transport,
        clock: Clock,
        dice: random.Random | None = None,
    ) -> None:
        self.settings = settings
        self.clock = clock
        self._authenticator = authenticator
        self._transport = transport
        self._dice = dice or random.Random()

    @property
    def project_id(self) -> str:
        """The project's ID; looked up at IAM on first use if it was not given."""
        return self._authenticator.project_id(self._send_to_iam)

    def call(
        self,
        operation: Operation,
        path: Mapping[str, str] | None = None,
        *,
        query: Query | None = None,
        body: Any = None,
    ) -> Any:
        """Send an operation of the Workspace service and return the answer's JSON (None for an empty body).

        :param path: values for the operation's path, except the project's ID.
        :param query: query parameters; None values are left out, lists are repeated keys.
        :param body: what to send as JSON.
        :raises RefusedError: the service answered with an error; the class tells which kind.
        :raises NetworkError: the service could not be reached; nothing was carried out.
        :raises OutcomeUnknownError: a change was sent and may or may not have been carried out.
        """
        project_id = self.project_id
        url = self.settings.endpoint + operation.url_path({"project_id": project_id, **(path or {})})

        def send(auth: Any) -> Answer:
            headers = {"X-Project-Id": project_id}
            return self._transport.send(operation.method, url, query=query, body=body, auth=auth, headers=headers)

        return self._until_final(operation, send, lambda: self._authenticator.auth(self._send_to_iam), renew=True)[0]

    def _send_to_iam(self, operation: Operation, query: Query | None, body: Any, auth: Any) -> tuple[Any, Answer]:
        url = self.settings.iam_endpoint + operation.path

        def send(signed: Any) -> Answer:
            return self._transport.send(operation.method, url, query=query, body=body, auth=signed)

        return self._until_final(operation, send, lambda: auth, renew=False)

    def _until_final(
        self, operation: Operation, send: Callable[[Any], Answer], authentication: Callable[[], Any], *, renew: bool
    ) -> tuple[Any, Answer]:
        attempt = 0
        may_have_arrived = False
        while True:
            auth = authentication()  # may log in; what that raises is final
            try:
                return _read(operation, send(auth))
            except UnauthorizedError:
                # The same credentials are never tried twice (five failures lock a key); a login can be made anew, once.
                if not (renew and self._authenticator.renew()):
                    raise
                renew = False
            except WorkspaceError as error:
                if is_unknown(error, operation.effect):
                    raise _unknown(operation, error) from None
                may_have_arrived = may_have_arrived or not isinstance(error, (NotDeliveredError, ThrottledError))
                if not may_repeat(error, operation.effect) or attempt >= self.settings.max_retries:
                    raise _final(operation, error, may_have_arrived) from None
                self.clock.sleep(pause(error, attempt, self._dice))
                attempt += 1


def _read(operation: Operation, answer: Answer) -> tuple[Any, Answer]:
    if not 200 <= answer.status < 300:
        raise refusal(operation, answer)
    try:
        body = answer.json()
        if body is not None and not isinstance(body, dict):
            raise ValueError("the service answers with objects only")
    except ValueError:
        raise NoAnswerError(
            f"HTTP {answer.status} came with something that is not the service's JSON; check endpoint and proxy."
        ) from None
    return body, answer


def _unknown(operation: Operation, error: WorkspaceError) -> OutcomeUnknownError:
    said = str(error)
    if isinstance(error, RefusedError):
        words = (error.error_msg.rstrip("."), error.error_code, error.request_id and f"request {error.request_id}")
        said = ", ".join(word for word in words if word) or "no reason given"
        said = f"the answer was HTTP {error.http_status} ({said})."
    return OutcomeUnknownError(
        f"{operation.name} was sent, and whether it was carried out is unknown: {said}", **error.result_fields()
    )


def _final(operation: Operation, error: WorkspaceError, may_have_arrived: bool) -> WorkspaceError:
    if not isinstance(error, (NotDeliveredError, NoAnswerError)):
        return error
    # For what only reads, or may be repeated, no answer means the same to the user as no connection.
    if operation.effect is Effect.READ:
        means = "" if "check" in str(error) else " Check network and proxy, then run the task again."
    elif may_have_arrived:
        means = " Whether it was carried out is unknown; run the task again, which looks first."
    else:
        means = " Nothing was changed."
    return NetworkError(f"{operation.name} failed: {error}{means}", **error.result_fields())
