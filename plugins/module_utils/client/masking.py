# Copyright (c) 2026 the hwcloud.workspace contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Keeping secrets out of all that is shown, however other programs spell them."""

from __future__ import annotations

import base64
import html
import json
import re
from collections.abc import Iterator, Mapping
from typing import Any
from urllib.parse import quote, quote_plus, unquote, urlsplit

from .errors import printable

MASK = "*" * 8
WHOLE = "VALUE_SPECIFIED_IN_NO_LOG_PARAMETER"
"""Stands for a value that is nothing but a secret; Ansible's own word."""

SHORT = 6
"""A secret of fewer characters is masked where it stands as a word of its own: it would be a part of any other word."""

LONG = 64
"""Of a longer secret, such as a token, the first half of so many characters is enough to know it: others cut it."""

VARIABLES = (
    "HUAWEICLOUD_SDK_AK",
    "HUAWEICLOUD_SDK_SK",
    "HUAWEICLOUD_SDK_SECURITY_TOKEN",
    "HW_ACCESS_KEY",
    "HW_SECRET_KEY",
    "HW_SECURITY_TOKEN",
    "HW_AUTH_TOKEN",
    "HW_USER_PASSWORD",
)
"""Environment variables whose values are secret, whether or not a task uses them."""

_PROXIES = ("http_proxy", "https_proxy", "all_proxy")


class Secrets:
    """Texts that must not be shown, and the ways in which JSON, URLs, HTML, Base64 and Python spell them."""

    def __init__(self) -> None:
        self._secrets: set[str] = set()
        self._spellings: set[str] = set()
        self._signs: set[str] = set()
        self._pattern: re.Pattern[str] | None = None

    def __iter__(self) -> Iterator[str]:
        """Yield the secrets as they were given."""
        return iter(self._secrets)

    def add(self, secret: str) -> None:
        """Keep ``secret`` out of all that is shown from now on; an empty one is left aside."""
        if secret.strip() and secret not in self._secrets:
            self._secrets.add(secret)
            self._spellings.update(_spellings(secret))
            self._signs = {_sign(spelling) for spelling in self._spellings}
            self._pattern = None

    def censor(self, text: str) -> str:
        """Return ``text`` with asterisks in place of every secret."""
        if not any(sign in text for sign in self._signs):
            return text
        if self._pattern is None:
            longest_first = sorted(self._spellings, key=lambda spelling: (-len(spelling), spelling))
            # At one place the whole of a secret goes before the beginning of one.
            cut = [_beginning(spelling) for spelling in longest_first if len(spelling) > LONG]
            self._pattern = re.compile("|".join([*map(_expression, longest_first), *cut]))
        return self._pattern.sub(MASK, text)

    def mask(self, value: Any) -> Any:
        """Return a value made of plain builtin types with no secret in it, at any depth, in keys neither.

        What is nothing but a secret becomes :data:`WHOLE`; numbers, which hold parts of much, are looked at as a whole.
        """
        if value is None or isinstance(value, bool):
            return value
        if isinstance(value, str):
            return WHOLE if value in self._secrets else self.censor(value)
        if isinstance(value, (int, float)):
            return WHOLE if str(value) in self._secrets else value
        if isinstance(value, Mapping):
            return {self.censor(key): self.mask(item) for key, item in value.items()}
        return [self.mask(item) for item in value]


def secrets_in_environment(environment: Mapping[str, str]) -> list[str]:
    """Return what must not be shown of ``environment``: keys, tokens, passwords, also those within proxies' URLs."""
    found = [environment[name] for name in VARIABLES if environment.get(name)]
    for name, value in environment.items():
        if name.lower() in _PROXIES:
            found += _secrets_of_proxy(value)
    return found


def _secrets_of_proxy(url: str) -> list[str]:
    try:
        user_info = urlsplit(url if "://" in url else f"//{url}").netloc.rpartition("@")[0]
    except ValueError:
        # No URL, and yet what stands before the last @ may be a password.
        user_info = url.rpartition("@")[0].rpartition("//")[2]
    user, _colon, password = user_info.partition(":")
    if not password:
        return [user, unquote(user)]  # a token, if there is no password beside it
    plain = unquote(password)
    basic = base64.b64encode(f"{unquote(user)}:{plain}".encode()).decode("ascii")
    return [user_info, password, plain, basic]


def _sign(spelling: str) -> str:
    """Return the part of a secret's spelling without which no text holds it."""
    return spelling if len(spelling) <= LONG else spelling[: LONG // 2]


def _beginning(spelling: str) -> str:
    return rf"{re.escape(_sign(spelling))}[\w+/=.~%-]*"


def _expression(spelling: str) -> str:
    literal = re.escape(spelling)
    if len(spelling) >= SHORT:
        return literal
    return rf"(?<!\w){literal}(?!\w)" if re.search(r"\w", spelling) else rf"\A{literal}\Z"


def _spellings(secret: str) -> set[str]:
    found = {secret, secret.strip(), printable(secret)}
    for text in tuple(found):
        for ascii_only in (True, False):
            once = json.dumps(text, ensure_ascii=ascii_only)[1:-1]
            # An error of one program that quotes the answer of another is JSON within JSON.
            found |= {once, json.dumps(once, ensure_ascii=ascii_only)[1:-1]}
        found |= {repr(text)[1:-1], ascii(text)[1:-1]}
        found |= {html.escape(text), html.escape(text, quote=False), html.escape(text).replace("&#x27;", "&#39;")}
        data = text.encode("utf-8", "surrogatepass")
        found.add(repr(data)[2:-1])
        for quoted in (quote(data, safe=""), quote(data, safe="/"), quote_plus(data)):
            found |= {quoted, re.sub("%[0-9A-F]{2}", lambda match: match[0].lower(), quoted)}
        if len(text) >= SHORT:
            found.update(_in_base64(data))
    return found - {""}


def _in_base64(data: bytes) -> Iterator[str]:
    """Yield what Base64 makes of ``data`` at each place within other data, without what depends on its neighbours."""
    for before in range(3):
        encoded = base64.b64encode(bytes(before) + data).decode("ascii").rstrip("=")
        ends_whole = (before + len(data)) % 3 == 0
        inner = encoded[(0, 2, 3)[before] : None if ends_whole else -1]
        yield inner
        yield inner.translate(str.maketrans("+/", "-_"))
