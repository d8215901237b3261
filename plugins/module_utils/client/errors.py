# Copyright (c) 2026 the hwcloud.workspace contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What can go wrong, as one tree of exceptions whose text is the sentence that a user reads.

Every exception says in one line what happened and what to do; :meth:`WorkspaceError.result_fields` carries the same
facts as fields for a task's result.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

MAX_SERVICE_TEXT = 400
MAX_SENTENCE = 4000

# What a terminal would act on instead of showing it: control characters, marks that turn the direction of writing, and
# halves of characters, which no output can be encoded with.
_UNPRINTABLE = re.compile("[\x00-\x1f\x7f-\x9f\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069\ufeff\ud800-\udfff]")


def printable(text: str) -> str:
    """Return ``text`` on one line, white space folded, with an escape such as ``\\x1b`` for what no terminal shows.

    Names and reasons come from the service, and whoever made them must not move the cursor or fake a line of output.
    """
    return _UNPRINTABLE.sub(_escaped, " ".join(str(text).split()))


def _escaped(found: re.Match[str]) -> str:
    code = ord(found[0])
    return f"\\x{code:02x}" if code < 0x100 else f"\\u{code:04x}"


def one_line(text: str) -> str:
    """Return ``text`` as :func:`printable` does, at most ``MAX_SERVICE_TEXT`` characters of it."""
    folded = printable(text)
    return folded if len(folded) <= MAX_SERVICE_TEXT else folded[: MAX_SERVICE_TEXT - 1] + "…"


def sentence(text: str) -> str:
    """Return ``text`` as :func:`printable` does, without its middle if it is too long; what to do stands at the end."""
    said = printable(text)
    return said if len(said) <= MAX_SENTENCE else f"{said[: MAX_SENTENCE * 3 // 4]} … {said[-MAX_SENTENCE // 4 :]}"


class WorkspaceError(Exception):
    """Something that ends a task.

    :param text: one sentence for the user.
    :param fields: facts that the task's result carries beside the sentence.
    """

    def __init__(self, text: str, **fields: Any) -> None:
        super().__init__(sentence(text))
        self.fields: dict[str, Any] = {name: value for name, value in fields.items() if value is not None}

    def result_fields(self) -> dict[str, Any]:
        """Return the facts for the task's result."""
        return dict(self.fields)

    def about(self, subject: str) -> WorkspaceError:
        """Return this error with ``subject`` (for example ``pool finance-win10: rebuild``) set before its sentence."""
        subject = one_line(subject)  # a pool's name could hold a line break
        if not self.args[0].startswith(subject):
            self.args = (f"{subject}: {self.args[0]}",)
        return self

    def adding(self, clause: str, fields: Mapping[str, Any]) -> WorkspaceError:
        """Return this error with a clause after its sentence, and more facts; those that it has stay."""
        self.args = (f"{self.args[0].rstrip('.')}; {clause}.",)
        self.fields = {**fields, **self.fields}
        return self


class InputError(WorkspaceError):
    """The options cannot be right; nothing was sent."""


class CredentialsError(WorkspaceError):
    """No usable credentials were found; nothing was sent to the Workspace service."""


class NotFoundError(WorkspaceError):
    """A pool, image or desktop that was named does not exist."""


class AmbiguousError(WorkspaceError):
    """A name fits several things, and acting on one of them would be a guess."""


class NetworkError(WorkspaceError):
    """No answer, and it is certain that the request did not reach the service."""


class OutcomeUnknownError(WorkspaceError):
    """A change was sent, and no readable answer came back: it may or may not have been carried out."""


class RefusedError(WorkspaceError):
    """The service answered with an error status.

    :param sentence: one sentence for the user.
    :param http_status: status of the answer.
    :param error_code: the service's code, for example ``WKS.0001``; empty when the answer held none.
    :param error_msg: the service's own text.
    :param request_id: the service's id of the request, to quote in a support ticket.
    :param retry_after: seconds that the service asks to wait, None if it does not say.
    """

    def __init__(
        self,
        sentence: str,
        *,
        http_status: int,
        error_code: str = "",
        error_msg: str = "",
        request_id: str = "",
        retry_after: float | None = None,
        **fields: Any,
    ) -> None:
        super().__init__(
            sentence,
            http_status=http_status,
            error_code=error_code,
            error_msg=error_msg,
            request_id=request_id,
            **fields,
        )
        self.http_status = http_status
        self.error_code = error_code
        self.error_msg = error_msg
        self.request_id = request_id
        self.retry_after = retry_after


class ThrottledError(RefusedError):
    """429, or APIGW.0308: too many calls a minute."""


class ConflictError(RefusedError):
    """409, or WKS.00010032: the pool is busy with something else."""


class UnauthorizedError(RefusedError):
    """401: the credentials were not accepted."""


class ForbiddenError(RefusedError):
    """403: the credentials are fine, the permission is missing."""


class MissingError(RefusedError):
    """404, or a code that the service uses for a thing that does not exist."""


class ServerError(RefusedError):
    """5xx: the service or its gateway failed. For a read it was tried again; for a change the outcome is unknown."""


class JobFailedError(WorkspaceError):
    """A job ended, and at least one desktop did not make it; the fields hold the job and its desktops."""


class JobTimeoutError(WorkspaceError):
    """A job still ran when the waiting limit was reached; it goes on running in the service."""


class BusyError(WorkspaceError):
    """Another job runs for the pool, and the task was told not to wait."""


# Codes by which the service says the same as a plain status (Workspace error codes as met by the Terraform provider,
# API Gateway's error code page). GET of a pool that does not exist answers 400 WKS.0001.
_CONFLICT_CODES = frozenset({"WKS.00010032", "WKS.0407"})
_MISSING_CODES = frozenset({"WKS.0001", "WKS.0202", "WKS.0915"})
_THROTTLE_CODES = frozenset({"APIGW.0308", "APIG.0308"})


def error_class(http_status: int, error_code: str) -> type[RefusedError]:
    """Return the exception class for an answer of the service.

    :param http_status: 300-599.
    :param error_code: the service's code, empty when unknown. Codes beat the status: a conflict can come as 400.
    """
    if http_status == 429 or error_code in _THROTTLE_CODES:
        return ThrottledError
    if http_status == 409 or error_code in _CONFLICT_CODES:
        return ConflictError
    if http_status == 404 or (error_code in _MISSING_CODES and not (http_status >= 500 and error_code == "WKS.0001")):
        return MissingError
    if http_status == 401:
        return UnauthorizedError
    if http_status == 403:
        return ForbiddenError
    if http_status >= 500:
        return ServerError
    return RefusedError


def error_facts(body: Any) -> tuple[str, str]:
    """Return ``(error_code, error_msg)`` of an answer's JSON body, empty strings where there is none.

    The service, its gateway and IAM write errors in several shapes; the order of looking (``error_code``/``error_msg``,
    ``errorCode``/``errorMsg``, ``code``/``message``, then one level deeper) is that of the official SDK's core.
    """
    for candidate in _candidates(body):
        for code_key, text_key in (("error_code", "error_msg"), ("errorCode", "errorMsg"), ("code", "message")):
            code, text = candidate.get(code_key), candidate.get(text_key)
            if isinstance(text, str) and text and not isinstance(code, (dict, list)):
                return str(code or ""), one_line(text)
            if isinstance(code, str) and code and code_key != "code":
                return code, ""
    return "", ""


def _candidates(body: Any) -> list[Mapping[str, Any]]:
    if not isinstance(body, Mapping):
        return []
    return [body, *(value for value in body.values() if isinstance(value, Mapping))]
