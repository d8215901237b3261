# Copyright (c) 2026 the hwcloud.workspace contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Sending one HTTP request once, and telling apart what is known when no answer comes back."""

from __future__ import annotations

import json
import socket
import ssl
import traceback
import warnings
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from .errors import WorkspaceError, one_line
from .signing import canonical_query

try:
    import requests
    import urllib3.exceptions
except ImportError:
    # Said in one sentence before a task begins, see task.missing_library(); documentation and checks import this
    # without it.
    requests = None  # type: ignore[assignment]

if TYPE_CHECKING:
    Auth = Callable[[requests.PreparedRequest], requests.PreparedRequest]

USER_AGENT = "hwcloud.workspace (Ansible collection)"

Query = Mapping[str, Any]


class NotDeliveredError(WorkspaceError):
    """The request certainly did not reach the service.

    :param lasting: trying again cannot help (for example a certificate that is not trusted).
    """

    def __init__(self, sentence: str, *, lasting: bool = False) -> None:
        super().__init__(sentence)
        self.lasting = lasting


class NoAnswerError(WorkspaceError):
    """The request was sent, and no readable answer came back."""


@dataclass(frozen=True)
class Answer:
    """An HTTP answer: status, headers (any case) and raw body."""

    status: int
    headers: Mapping[str, str]
    body: bytes

    def json(self) -> Any:
        """Return the body's JSON, None for an empty body.

        :raises ValueError: the body is something else.
        """
        return json.loads(self.body) if self.body.strip() else None

    @property
    def request_id(self) -> str:
        """The service's id of the request (X-Request-Id; IAM: X-IAM-Trace-Id), empty if it gave none."""
        return self.headers.get("X-Request-Id") or self.headers.get("X-IAM-Trace-Id") or ""


def query_pairs(query: Query) -> list[tuple[str, str]]:
    """Return ``query`` as text pairs: None left out, booleans in lower case, a list once per value (official SDK)."""
    return [
        (name, str(item).lower() if isinstance(item, bool) else str(item))
        for name, value in query.items()
        for item in (value if isinstance(value, (list, tuple)) else [value])
        if item is not None
    ]


class Transport:
    """One HTTP connection pool.

    :param timeout: limit in real seconds for connecting, and for each wait for bytes.
    :param verify: True verifies certificates, False does not, a path verifies against that CA file or folder.
    :param proxied: take proxies from the environment (``HTTPS_PROXY`` and kin).
    """

    def __init__(self, timeout: float, verify: bool | str = True, proxied: bool = True) -> None:
        self._timeout = timeout
        self._verify = verify
        self._session = requests.Session()
        self._session.trust_env = proxied
        self._session.headers.update({"User-Agent": USER_AGENT, "Content-Type": "application/json"})

    def send(
        self,
        method: str,
        url: str,
        *,
        query: Query | None = None,
        body: Any = None,
        auth: Auth | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> Answer:
        """Send a request once and return whatever answer comes, of any status. Redirects are not followed.

        :param query: query parameters; see :func:`query_pairs`.
        :param body: what to send as JSON; None sends no body.
        :param auth: signs the request.
        :raises NotDeliveredError: it certainly did not reach the service.
        :raises NoAnswerError: it may have reached the service.
        """
        text = canonical_query(query_pairs(query or {}))
        data = None if body is None else json.dumps(body).encode("ascii")
        try:
            with warnings.catch_warnings():
                # Said once in the documentation of validate_certs; a line per request helps nobody.
                warnings.simplefilter("ignore", urllib3.exceptions.InsecureRequestWarning)
                answer = self._session.request(
                    method,
                    f"{url}?{text}" if text else url,
                    data=data,
                    auth=auth or _unsigned,
                    headers=dict(headers or {}),
                    timeout=self._timeout,
                    # Said with each request, since the session's own word loses against REQUESTS_CA_BUNDLE.
                    verify=self._verify,
                    allow_redirects=False,
                )
        except requests.exceptions.RequestException as error:
            raise _classified(error, url, self._timeout) from None
        except OSError as error:  # a CA path that does not exist is raised as it is
            raise NotDeliveredError(f"TLS cannot be set up for {url}: {one_line(str(error))}.", lasting=True) from None
        return Answer(answer.status_code, answer.headers, answer.content)

    def close(self) -> None:
        """Close the connections."""
        self._session.close()


def _unsigned(request: requests.PreparedRequest) -> requests.PreparedRequest:
    # Having an auth at all keeps requests from reading a password for the host out of a .netrc file.
    return request


def _classified(error: requests.exceptions.RequestException, url: str, timeout: float) -> WorkspaceError:
    host = url.split("/")[2]
    reasons = _reasons(error)
    if isinstance(error, (requests.exceptions.InvalidURL, requests.exceptions.InvalidProxyURL)):
        return NotDeliveredError(f"{host} is no address that can be connected to.", lasting=True)
    for reason in reasons:
        if isinstance(reason, ssl.SSLCertVerificationError):
            return NotDeliveredError(
                f"The certificate of {host} is not trusted ({one_line(str(reason))}); "
                "set ca_path to the CA that signed it.",
                lasting=True,
            )
        if isinstance(reason, socket.gaierror):
            return NotDeliveredError(f"The name {host} cannot be resolved; check region, endpoint and the network.")
    if isinstance(error, requests.exceptions.ConnectTimeout):
        return NotDeliveredError(f"{host} took no connection within {timeout:g} s; check endpoint, network and proxy.")
    if any(_arose_while_connecting(reason) for reason in reasons):
        return _not_connected(host, reasons)
    if isinstance(error, requests.exceptions.Timeout):
        return NoAnswerError(f"{host} gave no answer within {timeout:g} s.")
    return NoAnswerError(f"the connection to {host} broke before the whole answer was there.")


def _not_connected(host: str, reasons: list[BaseException]) -> NotDeliveredError:
    for reason in reasons:
        if isinstance(reason, ssl.SSLError):
            return NotDeliveredError(
                f"No TLS connection to {host} can be made ({one_line(str(reason))}); check endpoint and ca_path.",
                lasting=not isinstance(reason, (ssl.SSLEOFError, ssl.SSLZeroReturnError)),
            )
        if isinstance(reason, OSError) and "unnel connection failed" in str(reason):
            return NotDeliveredError(f"The proxy refuses the way to {host} ({one_line(str(reason))}); check the proxy.")
    return NotDeliveredError(f"{host} cannot be connected to; check endpoint, network and proxy.")


def _arose_while_connecting(error: BaseException) -> bool:
    """Return whether an exception was raised before the connection stood, and so before anything was sent over it.

    The libraries wrap a broken handshake and a broken answer alike; only where it was raised tells them apart.
    """
    return any(
        frame.f_code.co_name == "connect" and str(frame.f_globals.get("__name__", "")).startswith("urllib3.")
        for frame, _line in traceback.walk_tb(error.__traceback__)
    )


def _reasons(error: BaseException) -> list[BaseException]:
    """Return the exception and those it was made from, as ``requests`` and ``urllib3`` wrap them."""
    found: list[BaseException] = []
    queue: list[Any] = [error]
    while queue:
        item = queue.pop(0)
        if isinstance(item, BaseException) and item not in found:
            found.append(item)
            queue += [getattr(item, "reason", None), item.__cause__, item.__context__, *item.args]
    return found
