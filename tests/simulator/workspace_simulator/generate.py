# Copyright (c) 2026 the hwcloud.workspace contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Writes estates of any size: ``python -m workspace_simulator.generate --pools 3 --desktops 40 > estate.yml``.

Pools are written with their desktops by numbers (``generate``), so an estate of 50,000 desktops is a short file.
"""

from __future__ import annotations

import argparse
import random
import sys
from collections.abc import Sequence
from typing import Any

import yaml

from .estate import Estate

_DEPARTMENTS = ("finance", "engineering", "callcenter", "legal", "sales", "support", "design", "logistics")
_SYSTEMS = ("win10", "win11")


def generate(pools: int, desktops: int, in_use: float, drift: float, seed: int, stopped: float = 0.1) -> dict[str, Any]:
    """Return an estate as data.

    Args:
        pools: Number of pools.
        desktops: Desktops in each pool.
        in_use: Share of desktops with a user connected, 0-1; a quarter as many are DISCONNECTED.
        drift: Share of desktops on an older image than their pool's, 0-1.
        seed: Decides everything that is left to chance.
        stopped: Share of desktops that are stopped, 0-1.

    Returns:
        What an estate file holds, with the access key EXAMPLEAK / EXAMPLESK.
    """
    chance = random.Random(seed)
    disconnected = min(in_use / 4, 1 - in_use)
    stopped = min(stopped, max(0.0, 1 - in_use - disconnected))
    return {
        "seed": seed,
        "account": {"name": "example-account"},
        "projects": [{"id": "0123456789abcdef0123456789abcdef", "name": "eu-west-101"}],
        "iam_users": [{"name": "operator", "password": "ExamplePassword1"}],
        "access_keys": [{"ak": "EXAMPLEAK", "sk": "EXAMPLESK", "user": "operator"}],
        "metadata_service": {"user": "operator"},
        "images": [image for system in _SYSTEMS for image in _images(system)],
        "products": [
            {"product_id": "workspace.x86.enterprise.large2", "flavor_id": "s6.large.2", "cpu": 2, "memory": 4096},
            {"product_id": "workspace.x86.enterprise.xlarge2", "flavor_id": "s6.xlarge.2", "cpu": 4, "memory": 8192},
            {"product_id": "workspace.x86.enterprise.2xlarge2", "flavor_id": "s6.2xlarge.2", "cpu": 8, "memory": 16384},
        ],
        "pools": [
            _pool(number, desktops, in_use, round(disconnected, 4), round(stopped, 4), drift, chance)
            for number in range(1, pools + 1)
        ],
    }


def main(arguments: Sequence[str] | None = None) -> int:
    """Write an estate to the standard output."""
    options = _parser().parse_args(arguments)
    estate = generate(options.pools, options.desktops, options.in_use, options.drift, options.seed, options.stopped)
    Estate.model_validate(estate)
    yaml.safe_dump(estate, sys.stdout, sort_keys=False, width=120)
    return 0


def _images(system: str) -> list[dict[str, Any]]:
    version = f"Windows {system[3:]} Enterprise 64bit"
    return [
        {"name": f"{system}-2026-{month}", "os_version": version, "created_at": f"2026-{month}-03T08:00:00Z"}
        for month in ("09", "10", "11")
    ]


def _pool(
    number: int, desktops: int, in_use: float, disconnected: float, stopped: float, drift: float, chance: random.Random
) -> dict[str, Any]:
    department = _DEPARTMENTS[(number - 1) % len(_DEPARTMENTS)]
    system = _SYSTEMS[(number - 1) % len(_SYSTEMS)]
    name = f"{department}-{system}" if number <= len(_DEPARTMENTS) else f"{department}-{system}-{number:04d}"
    dynamic = department == "callcenter"
    pool: dict[str, Any] = {
        "name": name,
        "type": "DYNAMIC" if dynamic else "STATIC",
        "image": f"{system}-2026-10",
        "product": chance.choice(["workspace.x86.enterprise.large2", "workspace.x86.enterprise.xlarge2"]),
        "data_volumes": [{"type": "SSD", "size": chance.choice([50, 100, 200])}],
        "tags": {"department": department},
        "authorized": [{"type": "USER_GROUP", "name": f"{department}-staff"}],
        "generate": {
            "count": desktops,
            "pattern": f"{department[:3].upper()}{number:04d}-{{n:03d}}",
            "user_pattern": f"{department}.{number:04d}.{{n:03d}}",
            "bound": max(in_use + disconnected, 0.0 if dynamic else 0.8),
            "connected": in_use,
            "disconnected": disconnected,
            "stopped": stopped,
            "drift": drift,
            "drift_image": f"{system}-2026-09",
        },
    }
    if dynamic:
        pool["disconnected_retention_period"] = 60
    return pool


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="workspace_simulator.generate", description="Writes an estate file.")
    parser.add_argument("--pools", type=int, default=3, help="number of pools")
    parser.add_argument("--desktops", type=int, default=40, help="desktops in each pool")
    parser.add_argument("--in-use", type=float, default=0.2, help="share with a user connected")
    parser.add_argument("--drift", type=float, default=0.05, help="share on an older image")
    parser.add_argument("--stopped", type=float, default=0.1, help="share that is stopped")
    parser.add_argument("--seed", type=int, default=1, help="decides what is left to chance")
    return parser


if __name__ == "__main__":
    sys.exit(main())
