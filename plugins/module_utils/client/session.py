# Copyright (c) 2026 the hwcloud.workspace contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Calling operations of the service: authentication, repetition, and errors as exceptions."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from .authentication import Authenticator
from .board import Board, note_name
from .clock import Clock, duration
from .errors import (
    NetworkError,
    OutcomeUnknownError,
    RefusedError,
    ThrottledError,
    UnauthorizedError,
    WorkspaceError,
)
from .operations import CREATE_TOKEN, Effect, Operation
from .refusals import refusal
from .retries import THROTTLE_PATIENCE, Pace, is_unknown, may_repeat, pause
from .settings import Settings
from .shapes import ShapeError, understood
from .transport import Answer, NoAnswerError, NotDeliveredError, Query, Transport

LOCK_TIME = 300.0  # seconds for which five failures in a row lock a key (help page on IAM authentication errors)
FIRST_TRY = 10.0  # real seconds in which the first try of credentials should have its answer


class Session:
    """The way to the service for one task.

    :param settings: where the service is.
    :param authenticator: signs requests and knows the project.
    :param transport: sends them.
    :param clock: by which pauses are made.
    :param dice: randomness of the pauses.
    :param board: where the tasks of a run tell each other what the service refused; None for a task by itself.
    """

    def __init__(
        self,
        settings: Settings,
        authenticator: Authenticator,
        transport: Transport,
        clock: Clock,
        dice: random.Random | None = None,
        board: Board | None = None,
    ) -> None:
        self.settings = settings
        self.clock = clock
        self._authenticator = authenticator
        self._transport = transport
        self._dice = dice or random.Random()
        self._board = board or Board()
        self._pace = Pace(self._board, self._dice)
        self._patience_ends: float | None = None

    @property
    def project_id(self) -> str:
        """The project's ID; looked up at IAM on first use if it was not given."""
        return self._authenticator.project_id(self._send_to_iam)

    @contextmanager
    def patience(self, seconds: float) -> Iterator[None]:
        """Let no request of the block wait longer for its turn, when the service takes no more calls a minute.

        :param seconds: from now; half an hour for each request without this.
        """
        before, self._patience_ends = self._patience_ends, self.clock.now() + max(0.0, seconds)
        try:
            yield
        finally:
            self._patience_ends = before

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

        return self._until_final(
            operation,
            send,
            lambda: self._authenticator.auth(self._send_to_iam),
            self.settings.endpoint,
            renew=True,
        )[0]

    def _send_to_iam(self, operation: Operation, query: Query | None, body: Any, auth: Any) -> tuple[Any, Answer]:
        url = self.settings.iam_endpoint + operation.path

        def send(signed: Any) -> Answer:
            return self._transport.send(operation.method, url, query=query, body=body, auth=signed)

        # A login is tried as it is. All else goes by what is there to sign with, which may be renewed on the way.
        login = operation is CREATE_TOKEN
        return self._until_final(
            operation,
            send,
            lambda: auth if login else self._authenticator.auth(self._send_to_iam),
            self.settings.iam_endpoint,
            renew=not login,
        )

    def _until_final(
        self,
        operation: Operation,
        send: Callable[[Any], Answer],
        authentication: Callable[[], Any],
        place: str,
        *,
        renew: bool,
    ) -> tuple[Any, Answer]:
        attempt = 0
        may_have_arrived = False
        gives_up = self.clock.now() + THROTTLE_PATIENCE if self._patience_ends is None else self._patience_ends
        while True:
            pace = note_name("pace", place, operation.name, *self._authenticator.identity)
            self._wait_for_turn(operation, pace, gives_up)
            auth = authentication()  # may log in; what that raises is final
            sent = self.clock.now()
            try:
                found = self._tried(operation, send, auth, place)
                self._pace.served(pace, sent, self.clock.now())
                return found
            except ThrottledError as error:
                # Nothing was carried out, so it is only a matter of time.
                self._pace.refused(pace, operation.effect is Effect.READ, error.retry_after, sent, self.clock.now())
                if not self.settings.max_retries or self.clock.now() >= gives_up:
                    raise
            except UnauthorizedError:
                # The same credentials are never tried twice (five failures lock a key); others are, once.
                if not (renew and self._authenticator.renew()):
                    raise
                renew = False
            except WorkspaceError as error:
                if is_unknown(error, operation.effect):
                    raise _unknown(operation, error) from None
                may_have_arrived = may_have_arrived or not isinstance(error, NotDeliveredError)
                if not may_repeat(error, operation.effect) or attempt >= self.settings.max_retries:
                    raise _final(operation, error, may_have_arrived) from None
                self.clock.sleep(pause(error, attempt, self._dice))
                attempt += 1

    def _wait_for_turn(self, operation: Operation, pace: bytes, gives_up: float) -> None:
        turn: float | None = None
        while True:
            now = self.clock.now()
            turn = self._pace.turn(pace, turn, now)
            if turn is None or now >= gives_up:
                return
            self.clock.sleep(min(turn, gives_up) - now)

    def _tried(self, operation: Operation, send: Callable[[Any], Answer], auth: Any, place: str) -> tuple[Any, Answer]:
        """Send with credentials that were not refused before; as long as nobody knows, one worker after the other.

        :raises UnauthorizedError: the service refuses them, or did so less than 5 minutes ago.
        """
        who = self._authenticator
        if who.is_tried_at_login and operation is not CREATE_TOKEN:
            return self._read(operation, send(auth))  # by a token that no other task has
        name = note_name("tried", place, *who.identity)
        if self._is_accepted(name):
            return self._judged(operation, send(auth), name)
        with self._board.turn(name, FIRST_TRY):
            self._is_accepted(name)  # somebody may have found out meanwhile
            return self._judged(operation, send(auth), name)

    def _is_accepted(self, name: bytes) -> bool:
        note = self._board.read(name)
        ago = self.clock.now() - note.get("at", 0.0)
        if "refused" in note and 0 <= ago < LOCK_TIME:
            raise UnauthorizedError(
                f"{note['refused'].rstrip('.')}. That was {duration(ago)} ago, and what was refused is not sent again "
                f"within {duration(LOCK_TIME)}.",
                **note["fields"],
            )
        return bool(note.get("accepted"))

    def _judged(self, operation: Operation, answer: Answer, name: bytes) -> tuple[Any, Answer]:
        """Read an answer, and note what it says of the credentials."""
        accepted = answer.status < 500 and answer.status != 401  # who is refused for another reason is known
        if accepted and not self._board.read(name).get("accepted"):
            self._board.change(name, lambda before: {"accepted": True})
        try:
            return self._read(operation, answer)
        except UnauthorizedError as error:
            note = {"refused": str(error)[:800], "fields": error.result_fields(), "at": self.clock.now()}
            self._board.change(name, lambda before: note)
            raise

    def _read(self, operation: Operation, answer: Answer) -> tuple[Any, Answer]:
        who = self._authenticator
        advice = "" if operation is CREATE_TOKEN else who.advice
        return _read(operation, answer, advice, signed=who.signs)


def _read(operation: Operation, answer: Answer, advice: str, *, signed: bool) -> tuple[Any, Answer]:
    if not 200 <= answer.status < 300:
        raise refusal(operation, answer, advice, signed=signed)
    try:
        body = answer.json()
        if body is not None and not isinstance(body, dict):
            raise ValueError("the service answers with objects only")
        if body is not None or operation.effect is Effect.READ:
            body = understood(operation.name, body or {})
    except ShapeError as error:
        request = f" (request {answer.request_id})" if answer.request_id else ""
        raise NoAnswerError(
            f"the service's answer{request} is not understood, since {error}; check endpoint and proxy, and report it "
            "if it stays."
        ) from None
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
        says_what_to_do = "check" in str(error) or getattr(error, "lasting", False)
        means = "" if says_what_to_do else " Check network and proxy, then run the task again."
    elif may_have_arrived:
        means = " Whether it was carried out is unknown; run the task again, which looks first."
    else:
        means = " Nothing was changed."
    return NetworkError(f"{operation.name} failed: {error}{means}", **error.result_fields())
