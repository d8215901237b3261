# Copyright (c) 2026 the hwcloud.workspace contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Command line: ``python -m workspace_simulator --port N --estate FILE``."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

from .estate import EstateError, load_estate
from .server import run
from .simulation import Simulation


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the simulator.

    Args:
        arguments: Command line without the program's name; by default that of the process.

    Returns:
        Exit status: 0 after a stop by signal, 2 for an estate that cannot be used.
    """
    options = _parser().parse_args(arguments)
    try:
        estate = load_estate(options.estate)
        if options.factor is not None:
            estate.clock.factor = options.factor
        simulation = Simulation(estate)
    except (OSError, EstateError) as problem:
        print(f"workspace_simulator: {options.estate}: {problem}", file=sys.stderr)
        return 2
    run(simulation, options.host, options.port)
    return 0


def console() -> None:
    """Run the simulator as an installed command."""
    sys.exit(main())


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="workspace_simulator", description="Simulates the Workspace service.")
    parser.add_argument("--estate", type=Path, required=True, help="estate file, YAML or JSON")
    parser.add_argument("--port", type=int, default=0, help="port; 0, the default, takes a free one")
    parser.add_argument("--host", default="127.0.0.1", help="address to listen on")
    parser.add_argument("--factor", type=_factor, help="simulated seconds in a real second; wins over the estate's")
    return parser


def _factor(text: str) -> float:
    factor = float(text)
    if factor <= 0:
        raise argparse.ArgumentTypeError("must be above 0")
    return factor


if __name__ == "__main__":
    console()
