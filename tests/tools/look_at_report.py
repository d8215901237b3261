# Copyright (c) 2026 the hwcloud.workspace contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Writes sample reports and pictures of them, to look at how they come out: ``look_at_report.py FOLDER [SAMPLE]...``.

Wants Chromium under one of its usual names. Run it with the Python of .build/venv and PYTHONPATH=.build/collections.
"""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

from ansible_collections.hwcloud.workspace.plugins.module_utils.report.model import read_result
from ansible_collections.hwcloud.workspace.plugins.module_utils.report.page import page
from ansible_collections.hwcloud.workspace.tests.unit.plugins.module_utils.report.sample_results import SAMPLES

NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
NOWHERE = 9
QUIET = (
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--hide-scrollbars",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-extensions",
    "--disable-features=NetworkTimeServiceQuerying,OptimizationHints,OptimizationGuideModelDownloading",
    # What the browser asks its maker of its own accord goes to a port where nobody listens.
    *(f"--{name}-url=http://127.0.0.1:{NOWHERE}/" for name in ("gaia", "google-base", "google-apis", "gcm-checkin")),
    *(f"--optimization-guide-service-get-{what}-url=http://127.0.0.1:{NOWHERE}/" for what in ("hints", "models")),
    f"--component-updater=url-source=http://127.0.0.1:{NOWHERE}/",
    "--disable-component-update",
    "--disable-sync",
    "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1",
)
"""Options with which Chromium shows nothing, asks nothing of the network and looks up no name."""

SIZES = {"desktop": "1280,2400", "phone": "390,3600"}
WRITTEN = "2026-11-21T23:40:00Z"


def chromium() -> str | None:
    """Return the path of Chromium, None if there is none."""
    return next(filter(None, map(shutil.which, NAMES)), None)


def main() -> None:
    """Write what was asked for."""
    program = chromium()
    if program is None:
        sys.exit(f"none of {', '.join(NAMES)} was found")
    folder = Path(sys.argv[1])
    folder.mkdir(parents=True, exist_ok=True)
    for name in sys.argv[2:] or SAMPLES:
        path = folder / f"{name}.html"
        path.write_text(page([read_result(raw) for raw in SAMPLES[name]], "Desktop pool maintenance", WRITTEN))
        for kind, size in SIZES.items():
            _chromium(program, path, f"--screenshot={folder / f'{name}-{kind}.png'}", f"--window-size={size}")
        dark = "--blink-settings=preferredColorScheme=0"
        _chromium(program, path, dark, f"--screenshot={folder / f'{name}-dark.png'}", "--window-size=1280,2400")
        _chromium(program, path, f"--print-to-pdf={folder / f'{name}.pdf'}", "--no-pdf-header-footer")
        print(f"{name}: {path.stat().st_size // 1024} KB")


def _chromium(program: str, path: Path, *options: str) -> None:
    command = [program, *QUIET, *options, path.resolve().as_uri()]
    subprocess.run(command, check=True, timeout=60, stderr=subprocess.DEVNULL)


if __name__ == "__main__":
    main()
