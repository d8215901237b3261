# Copyright (c) 2026 the hwcloud.workspace contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Which desktops a list is about."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

from .. import errors
from ..state.dialect import Dialect
from ..state.models import AGENT_VERSION, DIFFERENCES, Desktop, differences

Test = Callable[[Desktop], bool]

_NEWER_TYPES = {name.upper(): name for name in DIFFERENCES}
_OLDER_TYPES = {"PRODUCT": "product_id", "IMAGE": "image_id"}


def filter_desktops(desktops: Iterable[Desktop], filters: dict[str, Any]) -> list[Desktop]:
    """Return the desktops that pass every filter.

    Args:
        desktops: The desktops to choose from.
        filters: Query parameters by name, without those of the page; None is no filter.
    """
    tests = [test for name, value in filters.items() if value is not None for test in _tests(name, value, filters)]
    if not tests:
        return list(desktops)
    return [desktop for desktop in desktops if all(test(desktop) for test in tests)]


def sorted_desktops(desktops: list[Desktop], sort_field: str | None, sort_type: str) -> list[Desktop]:
    """Return the desktops in the wanted order; without a field in that of the estate."""
    if sort_field is None:
        return desktops
    return sorted(desktops, key=lambda desktop: getattr(desktop, sort_field), reverse=sort_type == "DESC")


def difference_named(inconsistent_type: str, dialect: Dialect) -> str | None:
    """Return what the filter for differing desktops asks for, by the names of the drift counts; None is unknown.

    Raises:
        ServiceError: 400 for an unknown value, under one reading.
    """
    spelling = dialect.inconsistent_type_spelling
    known: dict[str, str] = {}
    if spelling != "older" and dialect.api_age == "newest":
        known.update(_NEWER_TYPES)
    if spelling != "newer" or dialect.api_age == "older":
        known.update(_OLDER_TYPES)
    found = known.get(inconsistent_type)
    if found is None and dialect.inconsistent_type_unknown == "refused":
        raise errors.invalid_request(f"inconsistent_type: one of {', '.join(sorted(known))} is needed")
    return found


def differ_in(desktops: list[Desktop], name: str | None, dialect: Dialect) -> list[Desktop]:
    """Return the desktops that differ in ``name``; for an unknown name all or none, by the dialect."""
    if name is None:
        return [] if dialect.inconsistent_type_unknown == "none" else desktops
    return [desktop for desktop in desktops if name in differences(desktop)]


def _tests(name: str, value: Any, filters: dict[str, Any]) -> list[Test]:
    if name == "user_name" and isinstance(value, str):
        # user_names wins over user_name (definitions).
        return [] if filters.get("user_names") else [lambda desktop: _user_name(desktop) == value]
    make = _TESTS.get(name)
    return [make(value)] if make is not None else []


def _user_name(desktop: Desktop) -> str:
    return desktop.user.name if desktop.user is not None else ""


def _fuzzy_users(parts: list[str]) -> Test:
    wanted = [part.lower() for part in parts]
    return lambda desktop: desktop.user is not None and any(part in desktop.user.name.lower() for part in wanted)


def _types(value: str) -> Test:
    wanted = [kind for kind in value.upper().split(",") if kind]
    return lambda _desktop: not wanted or "POOLED" in wanted


def _tags(value: str) -> Test:
    wanted = [tuple(item.partition("=")[::2]) for item in value.split(",") if item]
    return lambda desktop: all(desktop.tags.get(key) == text for key, text in wanted)


def _one_of(attribute: str) -> Callable[[Iterable[str]], Test]:
    def make(values: Iterable[str]) -> Test:
        wanted = frozenset(values)
        return lambda desktop: getattr(desktop, attribute) in wanted

    return make


def _equal(attribute: str) -> Callable[[Any], Test]:
    return lambda value: lambda desktop: getattr(desktop, attribute) == value


def _of_pool(attribute: str) -> Callable[[Any], Test]:
    return lambda value: lambda desktop: getattr(desktop.pool, attribute) == value


_TESTS: dict[str, Callable[[Any], Test]] = {
    "status": lambda value: lambda desktop: desktop.status == value.upper(),
    "user_names": lambda value: lambda desktop: _user_name(desktop) in value,
    "user_name": _fuzzy_users,
    "user_id": lambda value: lambda desktop: desktop.user is not None and desktop.user.id == value,
    "computer_name": lambda value: lambda desktop: value.lower() in desktop.computer_name.lower(),
    "computer_names": _one_of("computer_name"),
    "desktop_ip": _equal("ip_address"),
    "desktop_id": _one_of("desktop_id"),
    "desktop_type": _types,
    "tag": _tags,
    "without_any_tag": lambda value: lambda desktop: not value or not desktop.tags,
    "domain_status": _equal("domain_status"),
    "user_attached": lambda value: lambda desktop: (desktop.user is not None) == value,
    "enterprise_project_id": _of_pool("enterprise_project_id"),
    "charge_mode": _of_pool("charging_mode"),
    "image_id": _equal("image_id"),
    "in_maintenance_mode": _equal("in_maintenance_mode"),
    "is_share_desktop": lambda value: lambda _desktop: not value,
    "is_support_internet": lambda value: lambda _desktop: bool(value),
    "subnet_id": _equal("subnet_id"),
    "availability_zone": _equal("availability_zone"),
    "isolated": _equal("isolated"),
    "agent_version": lambda value: lambda desktop: desktop.status == "ACTIVE" and value == AGENT_VERSION,
}
