# Copyright (c) 2026 the hwcloud.workspace contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The page of operations fits the official SDK, the modules and the tests as they are."""

from __future__ import annotations

from operations_table import PAGE, gather, page


def test_the_page_is_what_would_be_written() -> None:
    # Whatever does not fit together is raised here, one sentence for each place.
    assert PAGE.read_text(encoding="utf-8") == page(*gather()), "make operations writes it anew"
