# Copyright (c) 2026 the hwcloud.workspace contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Says how many unit tests ``ansible-test units`` has run, and fails if it has left out a file or passed over a test.

ansible-test decides by a file's place whether and how to run it, and says nothing of those that it leaves out.
"""

from __future__ import annotations

import argparse
import sys
import xml.etree.ElementTree as ET
from pathlib import Path


def main() -> int:
    """Read the results that ansible-test has left in a copy of the collection."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("copy", type=Path, help="the collection's folder in which ansible-test ran")
    copy = parser.parse_args().copy
    files = {".".join(path.relative_to(copy).with_suffix("").parts) for path in copy.glob("tests/unit/**/test_*.py")}
    ran: set[str] = set()
    total = passed = 0
    for path in copy.glob("tests/output/junit/*-units.xml"):
        for case in ET.parse(path).iter("testcase"):  # noqa: S314  # ansible-test's own file
            name = case.get("classname") or ""
            ran |= {file for file in files if name == file or name.startswith(f"{file}.")}
            total += 1
            passed += all(child.tag not in ("failure", "error", "skipped") for child in case)
    left_out = sorted(files - ran)
    print(f"{passed} of {total} unit tests passed, in {len(ran)} of {len(files)} files")
    for file in left_out:
        print(f"ansible-test has left out {file}", file=sys.stderr)
    return 0 if files and not left_out and passed == total else 1


if __name__ == "__main__":
    sys.exit(main())
