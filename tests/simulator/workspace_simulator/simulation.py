# Copyright (c) 2026 the hwcloud.workspace contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Everything a running simulator holds, with the way back to the start."""

from __future__ import annotations

from .auth.iam import Iam, build_iam
from .auth.metadata import Metadata
from .build import build
from .estate import Estate
from .faults import Faults
from .journal import Journal
from .state.world import World
from .throttle import Throttle


class Simulation:
    """The estate at work with accounts, faults, limits and the journal."""

    world: World
    iam: Iam
    metadata: Metadata
    faults: Faults
    throttle: Throttle
    journal: Journal

    def __init__(self, estate: Estate) -> None:
        """Start with an estate, which is also what ``reset`` goes back to."""
        self._first = estate
        self.seed(estate)

    def seed(self, estate: Estate) -> None:
        """Replace everything by another estate: state, clock, journal, faults, limits.

        Raises:
            EstateError: It does not hold together; then nothing was replaced.
        """
        world = build(estate)
        iam = build_iam(estate, world.ids)
        metadata = Metadata(estate.metadata_service, iam)
        self.estate = estate
        self.world, self.iam, self.metadata = world, iam, metadata
        self.faults = Faults(estate.faults)
        self.throttle = Throttle(estate.throttle)
        self.journal = Journal()

    def reset(self) -> None:
        """Go back to the estate it was started with."""
        self.seed(self._first)
