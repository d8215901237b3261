# Copyright (c) 2026 the hwcloud.workspace contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Identifiers and shares that depend on a seed and a name only, so that every run sees the same estate."""

from __future__ import annotations

from hashlib import blake2b


class Ids:
    """Makes identifiers. The same seed and the same words give the same identifier."""

    def __init__(self, seed: int) -> None:
        """Keep the seed, any integer."""
        self._key = str(seed).encode()[:64]

    def uuid(self, *words: object) -> str:
        """Return an identifier of the form 8-4-4-4-12, lower-case hex."""
        text = self.hex(*words)
        return f"{text[:8]}-{text[8:12]}-{text[12:16]}-{text[16:20]}-{text[20:]}"

    def hex(self, *words: object) -> str:
        """Return 32 lower-case hex digits."""
        return self._digest(words).hex()

    def share(self, *words: object) -> float:
        """Return a number from 0 (included) to 1 (excluded), spread evenly over different words."""
        return int.from_bytes(self._digest(words)[:7], "big") / 2**56

    def _digest(self, words: tuple[object, ...]) -> bytes:
        text = "\x1f".join(map(str, words))
        return blake2b(text.encode(), digest_size=16, key=self._key).digest()
