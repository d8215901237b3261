# Copyright (c) 2026 the hwcloud.workspace contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The signs of the report: each stands beside a word, so that colour is never the only sign. Pure."""

from __future__ import annotations

from .elements import Markup, element

# Whether it stands in a ring, and its lines.
_PATHS = {
    "ok": (True, "M4.8 8.3l2.2 2.2 4.2-4.8"),
    "failed": (True, "M5.4 5.4l5.2 5.2M10.6 5.4l-5.2 5.2"),
    "back": (True, "M7 5L4.6 7.4 7 9.8M4.8 7.4h4.4a2 2 0 0 1 0 4H8"),
    "stopped": (True, "M6.2 5.4v5.2M9.8 5.4v5.2"),
    "planned": (False, "M8 1.4L14.6 8 8 14.6 1.4 8z"),
    "same": (True, "M5 6.6h6M5 9.6h6"),
    "unknown": (True, "M6.2 6.3a1.9 1.9 0 1 1 2.4 1.9c-.5.2-.6.5-.6 1.1M8 11.4v.2"),
    "info": (True, "M8 7.4v4M8 4.6v.3"),
    "warning": (False, "M8 1.8L15 14H1zM8 6.4v3.6M8 11.9v.2"),
    "error": (False, "M5.2 1.5h5.6l3.7 3.7v5.6l-3.7 3.7H5.2l-3.7-3.7V5.2zM8 4.6v4.2M8 11.1v.2"),
    "skipped": (True, "M4.6 8h6.8"),
    "canary": (False, "M8 3L13 8 8 13 3 8z"),
    "repair": (False, "M12.6 6.4A5 5 0 0 0 3.6 6M3.4 9.6a5 5 0 0 0 9 .4M3.4 3.4V6H6M12.6 12.6V10H10"),
    "rollback": (False, "M6 3.4L3 6.4l3 3M3.4 6.4h6a3.2 3.2 0 0 1 0 6.4H7"),
    "wave": (False, "M3.5 3h9v10h-9z"),
    "user": (False, "M8 8.2a3 3 0 1 0 0-6 3 3 0 0 0 0 6zM2.6 14a5.4 5.4 0 0 1 10.8 0"),
}


def definitions() -> Markup:
    """Return the signs and the hatchings, to stand once at the top of the page."""
    symbols = [
        element(
            "symbol",
            element("circle", cx=8, cy=8, r=7) if ring else None,
            element("path", d=path),
            id=f"i-{name}",
            viewBox="0 0 16 16",
        )
        for name, (ring, path) in _PATHS.items()
    ]
    hatchings = [_hatching("failed", 45, 5), _hatching("back", 0, 4), _hatching("other", -45, 6)]
    return element(
        "svg", element("defs", symbols, hatchings), class_="definitions", aria_hidden="true", width=0, height=0
    )


def icon(name: str) -> Markup:
    """Return a sign, as high as the text beside it."""
    return element("svg", element("use", href=f"#i-{name}"), class_=f"icon icon-{name}", aria_hidden="true")


def _hatching(name: str, degrees: int, distance: int) -> Markup:
    ground = element("rect", width=distance, height=distance, class_=f"ground-{name}")
    line = element("rect", width=distance // 2, height=distance, class_=f"line-{name}")
    return element(
        "pattern",
        ground,
        line,
        id=f"h-{name}",
        width=distance,
        height=distance,
        patternUnits="userSpaceOnUse",
        patternTransform=f"rotate({degrees})",
    )
