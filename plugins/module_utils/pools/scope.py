# Copyright (c) 2026 the hwcloud.workspace contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which desktops a change is about, and whether the pool's template is part of it. Pure."""

from __future__ import annotations

from dataclasses import dataclass

from .model import Desktop

ONLY_FOR_EXPAND = "ONLY_FOR_EXPAND"
FOR_EXPAND_AND_IDLE = "FOR_EXPAND_AND_IDLE"
FOR_EXPAND_AND_ALL = "FOR_EXPAND_AND_ALL"
HANDLE_TYPES = (ONLY_FOR_EXPAND, FOR_EXPAND_AND_IDLE, FOR_EXPAND_AND_ALL)


@dataclass(frozen=True)
class Scope:
    """The scope of a change, as ``handle_type`` and ``desktop_ids`` name it.

    ONLY_FOR_EXPAND: the template alone. FOR_EXPAND_AND_IDLE: the template and the desktops without a user (what the
    service takes for idle is not defined anywhere). ``desktop_ids``: those desktops alone. Otherwise template and all.
    """

    handle_type: str | None = None
    desktop_ids: tuple[str, ...] = ()

    @property
    def has_template(self) -> bool:
        """Whether the pool's template is part of it."""
        return not self.desktop_ids

    @property
    def has_desktops(self) -> bool:
        """Whether any desktop can be part of it."""
        return bool(self.desktop_ids) or self.handle_type != ONLY_FOR_EXPAND

    @property
    def is_everything(self) -> bool:
        """Whether it is the template and all desktops."""
        return not self.desktop_ids and self.handle_type in (None, FOR_EXPAND_AND_ALL)

    def covers(self, desktop: Desktop) -> bool:
        """Return whether a desktop of the pool is part of it; one that is being deleted never is."""
        if desktop.is_leaving or not self.has_desktops:
            return False
        if self.desktop_ids:
            return desktop.id in self.desktop_ids
        return self.handle_type != FOR_EXPAND_AND_IDLE or not desktop.has_user
