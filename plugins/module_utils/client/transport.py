# Copyright (c) 2026 the hwcloud.workspace contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Sending one HTTP request once, and telling apart what is known when no answer comes back."""

from __future__ import annotations

import json
import re
import socket
import ssl
import traceback
import warnings
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from .errors import WorkspaceError, one_line
from .masking import Secrets
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

_SECRET = ("X-Auth-Token", "X-Security-Token", "X-Metadata-Token")  # headers of requests

# By OpenSSL's codes of what is wrong with a certificate. For all others the CA is unknown.
_ADVICE_ON_CERTIFICATES = {
    9: "check the clock of this machine",
    10: "have it renewed, or check the clock of this machine",
    62: "check endpoint and iam_endpoint, whose name it has to carry",
    64: "check endpoint and iam_endpoint, whose address it has to carry",
}

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
    """An HTTP answer: status, headers (any case) and raw body.

    ``secrets`` are those that the request carried. The answer of an error may repeat them, in a text that is cut later.
    """

    status: int
    headers: Mapping[str, str]
    body: bytes
    secrets: Secrets = field(default_factory=Secrets, repr=False, compare=False)

    def json(self) -> Any:
        """Return the body's JSON, None for an empty body; without secrets if the answer is no success.

        :raises ValueError: the body is something else.
        """
        if not self.body.strip():
            return None
        try:
            found = json.loads(self.body, parse_constant=_no_number)
        except RecursionError:
            raise ValueError("it is nested too deeply") from None
        # Halves of characters can be neither written out nor sent on.
        halves = b"\\u" in self.body or b"\xed" in self.body
        found = _whole(found) if halves else found
        return found if self.status < 300 else self.secrets.mask(found)

    @property
    def request_id(self) -> str:
        """The service's id of the request (X-Request-Id; IAM: X-IAM-Trace-Id), empty if it gave none."""
        return self.secrets.censor(self.headers.get("X-Request-Id") or self.headers.get("X-IAM-Trace-Id") or "")

    @property
    def location(self) -> str:
        """Where a redirect leads, for people to read."""
        return one_line(self.secrets.censor(self.headers.get("Location", "elsewhere")))


def _no_number(text: str) -> Any:
    raise ValueError(f"{text} is no JSON")


def _whole(value: Any) -> Any:
    """Return JSON with a question mark in a box for each half of a character in its texts."""
    if isinstance(value, str):
        return value if value.isascii() else re.sub("[\ud800-\udfff]", "\ufffd", value)
    if isinstance(value, dict):
        return {_whole(key): _whole(item) for key, item in value.items()}
    return [_whole(item) for item in value] if isinstance(value, list) else value


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
    :param secrets: what no error may say; may grow later.
    """

    def __init__(
        self, timeout: float, verify: bool | str = True, proxied: bool = True, secrets: Secrets | None = None
    ) -> None:
        self._secrets = secrets or Secrets()
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
        elsewhere: list[str] = []

        def without_location(response: requests.Response, **_how: Any) -> None:
            # The library does not follow them here, but it reads where they lead, and stumbles over what is no URL.
            if "Location" in response.headers:
                elsewhere.append(response.headers.pop("Location"))

        self._check_proxy(url)
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
                    hooks={"response": without_location},
                )
        except requests.exceptions.RequestException as error:
            raise self._classified(error, url) from None
        except OSError as error:  # a CA path that does not exist is raised as it is
            raise NotDeliveredError(f"TLS cannot be set up for {url}: {self._said(error)}.", lasting=True) from None
        except UnicodeEncodeError:
            raise NotDeliveredError(
                "The request cannot be written down; a credential, or user and password of the proxy, holds a "
                "character that no HTTP header can hold.",
                lasting=True,
            ) from None
        if elsewhere:
            answer.headers["Location"] = elsewhere[0]
        return Answer(answer.status_code, answer.headers, answer.content, self._secrets_of(answer))

    def close(self) -> None:
        """Close the connections."""
        self._session.close()

    def _secrets_of(self, answer: requests.Response) -> Secrets:
        """Return what the answer of an error must not be quoted with: also the signature, which is good for minutes."""
        if answer.status_code < 300:
            return self._secrets
        sent = answer.request.headers
        signature = re.search("Signature=([0-9a-f]+)", str(sent.get("Authorization", "")))
        texts = [signature[1] if signature else "", *(str(sent.get(name, "")) for name in _SECRET)]
        secrets = Secrets()
        for secret in (*self._secrets, *texts):
            secrets.add(secret)
        return secrets

    def _said(self, reason: BaseException) -> str:
        text = getattr(reason, "verify_message", "") or str(reason)
        return one_line(self._secrets.censor(text)).rstrip(".")

    def _proxy_url(self, url: str) -> str:
        """Return the URL of the proxy on the way to ``url``, user and password included; empty if there is none."""
        if not self._session.trust_env:
            return ""
        return str(requests.utils.select_proxy(url, requests.utils.get_environ_proxies(url)) or "")

    def _proxy(self, url: str) -> str:
        """Return host and port of the proxy on the way to ``url``; empty if there is none."""
        return one_line(self._proxy_url(url).rpartition("//")[2].rpartition("@")[2].partition("/")[0])

    def _check_proxy(self, url: str) -> None:
        """Refuse a proxy that the library would stumble over."""
        proxy = self._proxy_url(url)
        try:
            usable = not proxy or bool(urlsplit(proxy if "://" in proxy else f"//{proxy}").hostname)
        except ValueError:
            usable = False
        if not usable:
            raise NotDeliveredError(
                "The environment names a proxy that is no address; check HTTPS_PROXY and HTTP_PROXY.", lasting=True
            )

    def _classified(self, error: requests.exceptions.RequestException, url: str) -> WorkspaceError:
        host = url.split("/")[2]
        proxy = self._proxy(url)
        reasons = _reasons(error)
        if isinstance(error, (requests.exceptions.InvalidURL, requests.exceptions.InvalidSchema)):
            if not proxy:
                return NotDeliveredError(f"{host} is no address that can be connected to.", lasting=True)
            why = "" if isinstance(error, requests.exceptions.InvalidURL) else f" ({self._said(error)})"
            return NotDeliveredError(
                f"The proxy {proxy} of the environment cannot be used{why}; check its address.", lasting=True
            )
        connecting = any(_arose_while_connecting(reason) for reason in reasons)
        # Also a connection that breaks after the request was sent is a ProxyError, if a proxy was on the way.
        if isinstance(error, requests.exceptions.ProxyError) and connecting:
            return self._no_way(host, proxy, reasons)
        for reason in reasons:
            if isinstance(reason, ssl.SSLCertVerificationError):
                return self._not_trusted(host, reason)
            if isinstance(reason, socket.gaierror):
                return NotDeliveredError(f"The name {host} cannot be resolved; check region, endpoint and the network.")
        through = f" through the proxy {proxy}" if proxy else ""
        if isinstance(error, requests.exceptions.ConnectTimeout):
            return NotDeliveredError(
                f"{host} took no connection{through} within {self._timeout:g} s; check endpoint, network and proxy."
            )
        if connecting:
            return self._not_connected(f"{host}{through}", reasons)
        if isinstance(error, requests.exceptions.Timeout):
            return NoAnswerError(f"{host} gave no answer{through} within {self._timeout:g} s.")
        return NoAnswerError(f"the connection to {host}{through} broke before the whole answer was there.")

    def _not_trusted(self, whose: str, error: ssl.SSLCertVerificationError) -> NotDeliveredError:
        advice = _ADVICE_ON_CERTIFICATES.get(error.verify_code, "set ca_path to the CA that signed it")
        return NotDeliveredError(
            f"The certificate of {whose} is not trusted ({self._said(error)}); {advice}.", lasting=True
        )

    def _not_connected(self, host: str, reasons: list[BaseException]) -> NotDeliveredError:
        for reason in reasons:
            if isinstance(reason, ssl.SSLError):
                return NotDeliveredError(
                    f"No TLS connection to {host} can be made ({self._said(reason)}); check endpoint and ca_path.",
                    lasting=not isinstance(reason, (ssl.SSLEOFError, ssl.SSLZeroReturnError)),
                )
        return NotDeliveredError(f"{host} cannot be connected to; check endpoint, network and proxy.")

    def _no_way(self, host: str, proxy: str, reasons: list[BaseException]) -> NotDeliveredError:
        """Return the error of a proxy that cannot be reached, or does not lead on."""
        for reason in reasons:
            if isinstance(reason, ssl.SSLCertVerificationError):
                return self._not_trusted(f"the proxy {proxy}", reason)
            if isinstance(reason, socket.gaierror):
                return NotDeliveredError(f"The name of the proxy {proxy} cannot be resolved; check the environment.")
            refused = re.search("unnel connection failed: *([0-9]{3})", str(reason))
            if refused is not None:
                check = "user and password in its URL" if refused[1] == "407" else "whether it lets this host pass"
                return NotDeliveredError(
                    f"The proxy {proxy} refuses the way to {host} (HTTP {refused[1]}); check {check}.",
                    lasting=refused[1].startswith("4"),  # who may pass does not change by itself
                )
        return NotDeliveredError(
            f"{host} cannot be reached, since the proxy {proxy} cannot be connected to; check network and proxy."
        )


def _unsigned(request: requests.PreparedRequest) -> requests.PreparedRequest:
    # Having an auth at all keeps requests from reading a password for the host out of a .netrc file.
    return request


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
