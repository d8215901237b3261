# Copyright (c) 2026 the hwcloud.workspace contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The page on secrets, TLS and proxies names tests that exist."""

from __future__ import annotations

import re
from pathlib import Path

ROOT = Path(__file__).resolve().parents[3]
PAGE = ROOT / "docs" / "security.md"
PROOF = re.compile(r"`((?:test_\w+\.py)?)(?:::(test_\w+))?`")


def test_every_test_that_the_page_names_exists() -> None:
    file, named = "", 0
    for part in re.split(r"^#+ ", PAGE.read_text(encoding="utf-8"), flags=re.MULTILINE):
        for proof in PROOF.finditer(part):
            # Without a file it is the one that was named last.
            file = proof[1] or file
            if not (proof[1] or proof[2]):
                continue
            named += 1
            source = (ROOT / "tests" / "faults" / file).read_text(encoding="utf-8")
            assert not proof[2] or f"def {proof[2]}(" in source, f"{file} has no {proof[2]}"
    assert named > 20


def test_every_section_has_a_proof() -> None:
    sections = re.split(r"^## ", PAGE.read_text(encoding="utf-8"), flags=re.MULTILINE)[1:]
    without = [section.splitlines()[0] for section in sections if "`test_" not in section and "`::test_" not in section]
    assert without == []
