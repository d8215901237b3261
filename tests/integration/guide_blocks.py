# Copyright (c) 2026 the hwcloud.workspace contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What tests run of the guides: the blocks of code in them that have a name, word for word."""

from __future__ import annotations

import re
import shlex
import textwrap
from functools import cache

from running import CHECKOUT

GUIDES = CHECKOUT / "docs" / "docsite" / "rst"
_BLOCK = re.compile(
    r"^(?P<indent> *)\.\. code-block:: (?P<language>[\w-]+)\n(?P=indent)   :name: (?P<name>[\w-]+)\n\n"
    r"(?P<text>(?:(?P=indent)   .*\n|[ ]*\n)+)",
    re.MULTILINE,
)


@cache
def blocks(guide: str) -> dict[str, str]:
    """Return the named blocks of a guide by their name."""
    text = (GUIDES / f"{guide}.rst").read_text(encoding="utf-8")
    return {found["name"]: textwrap.dedent(found["text"]).strip() + "\n" for found in _BLOCK.finditer(text)}


def commands(guide: str, name: str) -> list[list[str]]:
    """Return the commands of a block of shell: the words of each, a line that ends in a backslash goes on."""
    text = blocks(guide)[name].replace("\\\n", " ")
    return [shlex.split(line, comments=True) for line in text.splitlines() if line.strip() and not line.startswith("#")]
