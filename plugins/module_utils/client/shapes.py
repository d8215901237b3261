# Copyright (c) 2026 the hwcloud.workspace contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the collection relies on in the service's answers, checked once as an answer comes in.

Only fields that are read here are looked at; what else an answer holds is handed on as it is. Null is as good as a
field that is not there. A number that comes as text becomes a number, and a yes or no that comes as text a boolean.
"""

from __future__ import annotations

import json
import math
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol

from .errors import one_line

_LARGEST = 2**63 - 1


class ShapeError(ValueError):
    """An answer has another shape than the collection can read; the text says where."""


class Shape(Protocol):
    """What every shape offers."""

    def read(self, place: str, value: Any) -> Any:
        """Return the value as the collection reads it.

        :param place: where it stands in the answer, such as ``desktops[3].product``.
        :param value: anything but None.
        :raises ShapeError: it cannot be read.
        """


@dataclass(frozen=True)
class Text:
    """A text; a number becomes one."""

    def read(self, place: str, value: Any) -> Any:
        """Return the text."""
        if isinstance(value, (dict, list)):
            raise ShapeError(f"{place} is {_kind(value)} instead of a text")
        return value if isinstance(value, str) else json.dumps(value)


@dataclass(frozen=True)
class Plain:
    """A text, a number or a boolean, which stays what it is."""

    def read(self, place: str, value: Any) -> Any:
        """Return the value."""
        if isinstance(value, (dict, list)):
            raise ShapeError(f"{place} is {_kind(value)} instead of a text or a number")
        return value


@dataclass(frozen=True)
class Identity:
    """A text that a thing is known by; it is never empty."""

    def read(self, place: str, value: Any) -> Any:
        """Return the value as text."""
        if isinstance(value, bool) or not isinstance(value, (str, int)) or value == "":
            raise ShapeError(f"{place} is {_kind(value)} instead of a text")
        return str(value)


@dataclass(frozen=True)
class Whole:
    """A whole number; a text of digits and a number such as 3.0 are taken for one, an empty text for none."""

    def read(self, place: str, value: Any) -> Any:
        """Return the number, None for an empty text."""
        found = value
        if isinstance(value, str) and not value.strip():
            return None
        if (isinstance(value, str) and re.fullmatch(r"-?[0-9]{1,19}", value.strip())) or (
            isinstance(value, float) and math.isfinite(value) and value == int(value)
        ):
            found = int(value)
        if isinstance(found, bool) or not isinstance(found, int) or abs(found) > _LARGEST:
            raise ShapeError(f"{place} is {_kind(value)} instead of a whole number")
        return found


@dataclass(frozen=True)
class YesNo:
    """A boolean, also as the text ``true`` or ``false``."""

    def read(self, place: str, value: Any) -> Any:
        """Return the boolean."""
        found = {"true": True, "false": False}.get(value.lower(), value) if isinstance(value, str) else value
        if not isinstance(found, bool):
            raise ShapeError(f"{place} is {_kind(value)} instead of true or false")
        return found


@dataclass(frozen=True)
class Entries:
    """A list, each item of the one shape; None is no item."""

    each: Shape

    def read(self, place: str, value: Any) -> Any:
        """Return the list."""
        if not isinstance(value, list):
            raise ShapeError(f"{place} is {_kind(value)} instead of a list")
        for number, item in enumerate(value):
            if item is None:
                raise ShapeError(f"{place}[{number}] is null")
            value[number] = self.each.read(f"{place}[{number}]", item)
        return value


@dataclass(frozen=True)
class Record:
    """An object with fields of these shapes.

    :param needed: fields that have to be there.
    """

    fields: Mapping[str, Shape] = field(default_factory=dict)
    needed: Sequence[str] = ()

    def read(self, place: str, value: Any) -> Any:
        """Return the object."""
        if not isinstance(value, dict):
            raise ShapeError(f"{place} is {_kind(value)} instead of an object")
        before = f"{place}." if place else ""
        for name in self.needed:
            if value.get(name) is None:
                raise ShapeError(f"{before}{name} is missing")
        for name, shape in self.fields.items():
            if value.get(name) is not None:
                value[name] = shape.read(before + name, value[name])
        return value


def _kind(value: Any) -> str:
    """Return what a value is, for a sentence."""
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, dict):
        return "an object"
    if isinstance(value, list):
        return "a list"
    if isinstance(value, str):
        text = one_line(value)
        return f"the text '{text if len(text) <= 40 else text[:39] + '…'}'" if text else "an empty text"
    return "a number"


def _texts(*names: str) -> dict[str, Shape]:
    return dict.fromkeys(names, Text())


@dataclass(frozen=True)
class Page:
    """A page of a list. Without its items it is no page, unless it says that there are none.

    :param key: where the items are.
    :param each: the shape of an item.
    :param total: where the number of all items is.
    """

    key: str
    each: Shape
    total: str = "total_count"

    def read(self, place: str, value: Any) -> Any:
        """Return the page."""
        found = Record({self.key: Entries(self.each), self.total: Whole()}).read(place, value)
        if found.get(self.key) is None and found.get(self.total) != 0:
            raise ShapeError(f"{self.key} is missing")
        return found


_PRODUCT = Record(
    {
        **_texts("product_id", "flavor_id", "status", "architecture", "charge_mode", "package_type"),
        "type": Text(),
        "memory": Plain(),
        "cpu": Plain(),
    }
)
_DISK = Record({**_texts("id", "type", "desktop_pool_disk_id"), "size": Whole()})
_DISKS: dict[str, Shape] = {"root_volume": _DISK, "data_volumes": Entries(_DISK)}
_TAGS: dict[str, Shape] = {"tags": Entries(Record(_texts("key", "value")))}
_POOL = Record(
    {
        "id": Identity(),
        **_texts(
            "name", "status", "type", "image_id", "image_name", "image_type", "image_os_type", "image_product_code"
        ),
        **_texts("charging_mode", "availability_zone", "description", "ou_name", "domain", "enterprise_project_id"),
        **_texts("desktop_name_policy_id", "subnet_id", "vpc_id"),
        "desktop_count": Whole(),
        "desktop_used": Whole(),
        "disconnected_retention_period": Whole(),
        "product": _PRODUCT,
        "enable_autoscale": YesNo(),
        "in_maintenance_mode": YesNo(),
        "autoscale_policy": Record(),
        "user_reset_policy": Record(),
        "security_groups": Entries(Record(_texts("id", "name"))),
        "subnet_ids": Entries(Identity()),
        **_DISKS,
        **_TAGS,
    },
    needed=["id"],
)
_USER_OF_DESKTOP = Record(_texts("user_id", "user_name", "domain", "user_group", "type"))
_DESKTOP = Record(
    {
        "desktop_id": Identity(),
        **_texts(
            "computer_name", "status", "task_status", "login_status", "user_name", "domain", "image_id", "pool_id"
        ),
        **_texts("product_id", "availability_zone", "subnet_id", "os_type"),
        "domain_status": Plain(),
        "product": _PRODUCT,
        "metadata": Record(_texts("metering.image_id", "image_name", "os_type")),
        "attach_user_infos": Entries(_USER_OF_DESKTOP),
        "ip_addresses": Entries(Text()),
        "is_freeze": YesNo(),
        "isolated": YesNo(),
        "in_maintenance_mode": YesNo(),
        "is_share_desktop": YesNo(),
        "is_support_internet": YesNo(),
        **_DISKS,
        **_TAGS,
    },
    needed=["desktop_id"],
)
_SUB_JOB_FIELDS: dict[str, Shape] = {
    **_texts("id", "job_id", "job_type", "status", "desktop_name", "entity", "error_code", "fail_reason", "message"),
    **_texts("begin_time", "end_time"),
    "entities": Record(_texts("desktop_id", "desktop_name", "user_name", "product_id")),
}
_JOB = Record(
    {
        "id": Identity(),
        **_texts("job_type", "status", "begin_time", "end_time", "job_error_code", "fail_reason"),
        "sub_jobs": Entries(Record(_SUB_JOB_FIELDS)),
        "sub_jobs_total": Whole(),
    }
)
_SCRIPT_TASK = Record(
    {
        "id": Identity(),
        **_texts("status", "desktop_pool_id", "command_content"),
        **dict.fromkeys(("success_num", "failed_num", "skip_num"), Whole()),
        "scripts": Entries(Record(_texts("id", "name"))),
    },
    needed=["id"],
)
_SCRIPT_RECORD = Record(
    {
        "id": Identity(),
        **_texts("script_task_id", "resource_id", "resource_name", "status", "reason", "result_code"),
    },
    needed=["id"],
)
_USER_OF_POOL = Record(
    {"object_id": Identity(), **_texts("object_name", "object_type", "user_group", "domain")}, needed=["object_id"]
)
_POOLS_OF_USER = Record(
    {
        "user_id": Identity(),
        "desktop_pools": Entries(Record({"desktop_pool_id": Text(), "is_attached": YesNo()})),
    },
    needed=["user_id"],
)
_IMAGE = Record(
    {
        "id": Identity(),
        **_texts("name", "image_type", "os_type", "architecture", "product_code"),
        **dict.fromkeys(("min_disk", "min_ram"), Whole()),
    },
    needed=["id"],
)
_OFFER = Record({**_PRODUCT.fields, "product_id": Identity()}, needed=["product_id"])
_SENT = Record(
    {
        **_texts("job_id", "task_id", "error_code", "error_msg", "type"),
        "jobs": Entries(Record(_texts("job_id", "desktop_id"))),
        "failed_operation_list": Entries(Record(_texts("desktop_id", "desktop_name", "error_code", "error_msg"))),
    }
)

SHAPES: Mapping[str, Shape] = {
    "ListDesktopPools": Page("desktop_pools", _POOL),
    "ShowDesktopPoolDetail": _POOL,
    "ListPoolDesktopsDetail": Page("pool_desktops", _DESKTOP),
    "ListDesktopPoolAuthorizedObjects": Page("objects", _USER_OF_POOL),
    "ListDesktopPoolsByUsers": Page("users", _POOLS_OF_USER),
    "ListInconsistentStatics": Record(dict.fromkeys(("product_id", "image_id", "disk_num", "disk_size"), Whole())),
    "ShowDesktopPoolsScriptExecTasks": Page("script_execution_tasks", _SCRIPT_TASK),
    "ListScriptRecords": Page("script_records", _SCRIPT_RECORD, total="count"),
    "ListDesktopsDetail": Page("desktops", _DESKTOP),
    "ListDesktops": Page("desktops", _DESKTOP),
    "ShowJob": _JOB,
    "ListItaSubJobs": Page("jobs", Record(_SUB_JOB_FIELDS, needed=["id"])),
    "ListImages": Page("images", _IMAGE),
    "ListProducts": Page("products", _OFFER),
    "KeystoneListProjects": Record({"projects": Entries(Record({"id": Identity(), "name": Text()}, needed=["id"]))}),
    "KeystoneCreateUserTokenByPassword": Record({"token": Record({"project": Record(_texts("id"))})}),
}
"""Shapes by operation. Answers to requests that change something have one shape between them."""


def understood(operation: str, body: Mapping[str, Any]) -> dict[str, Any]:
    """Return an answer's body as the collection reads it; it may be changed in place.

    :param operation: name of the operation.
    :raises ShapeError: a field that is relied on has another shape, or one that is needed is missing.
    """
    found: dict[str, Any] = SHAPES.get(operation, _SENT).read("", body)
    return found
