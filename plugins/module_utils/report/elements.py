# Copyright (c) 2026 the hwcloud.workspace contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Pieces of HTML that cannot be written without being escaped. Pure."""

from __future__ import annotations

import html
import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import TypeAlias

# Not allowed in HTML or XML: control characters but tab and line ends, halves of surrogate pairs, non-characters.
_FORBIDDEN = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\ud800-\udfff\ufdd0-\ufdef\ufffe\uffff]")


@dataclass(frozen=True)
class Markup:
    """Text that is HTML already. Only this file and constants of the page make one."""

    text: str


Content: TypeAlias = "Markup | str | int | Iterable[Content] | None"
"""What an element can hold. Text is escaped, None is nothing, an iterable is all of its members in turn."""

Attribute: TypeAlias = "str | int | None"


def clean(text: str) -> str:
    """Return a text without the characters that no page can hold; U+FFFD stands in their place."""
    return _FORBIDDEN.sub("\ufffd", text)


def element(tag: str, *content: Content, **attributes: Attribute) -> Markup:
    """Return an element. One without content is closed at once where HTML has no end tag for it, and in SVG.

    :param content: what it holds.
    :param attributes: its attributes; ``class_`` and ``data_label`` are written ``class`` and ``data-label``. None
        leaves one out.
    """
    inner = render(content)
    written = "".join(
        f' {name.rstrip("_").replace("_", "-")}="{_escaped(value)}"'
        for name, value in attributes.items()
        if value is not None
    )
    if not inner and tag in _WITHOUT_END:
        return Markup(f"<{tag}{written}/>")
    return Markup(f"<{tag}{written}>{inner}</{tag}>")


def joined(*content: Content) -> Markup:
    """Return several pieces as one."""
    return Markup(render(content))


def render(content: Content) -> str:
    """Return content as HTML."""
    if content is None:
        return ""
    if isinstance(content, Markup):
        return content.text
    if isinstance(content, (str, int)):
        return _escaped(content)
    members: Iterable[Content] = content
    return "".join(map(render, members))


_WITHOUT_END = frozenset({"br", "link", "meta", "circle", "line", "path", "rect", "use"})


def _escaped(value: str | int) -> str:
    return html.escape(clean(str(value)), quote=True)
