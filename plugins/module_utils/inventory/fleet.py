# Copyright (c) 2026 the hwcloud.workspace contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Reading the pools of several regions and projects, with their desktops if they are asked for, by lists alone."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from ..arguments import CONNECTION, CONNECTION_LIMITS
from ..client.connect import connect
from ..client.credentials import AccessKey, Credentials, Password, Token, credentials_at_hand, find_credentials
from ..client.errors import InputError, WorkspaceError
from ..client.settings import Settings, read_settings
from ..limits import Fields, Items, Length
from ..pools.lookup import list_pools
from ..pools.model import Pool
from ..pools.survey import survey
from ..task import ModuleSpec, Result, Task

# What the options are; the conditions between them are checked where a module's are.
SPEC = ModuleSpec(
    argument_spec={
        **CONNECTION,
        "regions": {"type": "list", "elements": "str"},
        "projects": {
            "type": "list",
            "elements": "dict",
            "options": {"region": {"type": "str"}, "project_id": {"type": "str"}, "endpoint": {"type": "str"}},
        },
        "hosts": {"type": "str", "choices": ["pools", "desktops"], "default": "pools"},
        "hostname": {"type": "str", "choices": ["name", "name_region", "id"], "default": "name"},
        "filters": {
            "type": "dict",
            "options": {
                "name": {"type": "str"},
                "type": {"type": "str", "choices": ["DYNAMIC", "STATIC"]},
                "in_maintenance_mode": {"type": "bool"},
                "tags": {"type": "dict"},
            },
        },
    },
    mutually_exclusive=[("regions", "projects"), ("regions", "region"), ("projects", "project_id")],
    limits={
        **CONNECTION_LIMITS,
        "regions": Items(1, None, each=Length(1, None)),
        "projects": Items(1, None),
        "filters": Fields({"name": Length(1, 255)}),
    },
    subject=(),
)

_FORMAT = 1  # of what is cached; a change of it makes what was cached before unknown
_PROJECT_VARIABLES = ("HUAWEICLOUD_SDK_PROJECT_ID", "HW_PROJECT_ID")


@dataclass(frozen=True)
class _Place:
    """A project of a region, as options and environment lead to it."""

    params: Mapping[str, Any]
    environment: Mapping[str, str]
    settings: Settings
    is_only: bool

    @property
    def title(self) -> str:
        """What the place is called in a sentence."""
        project = f"project {self.settings.project_id}" if self.settings.project_id else ""
        region = f"region {self.settings.region}" if self.settings.region else ""
        return " of ".join(word for word in (project, region) if word) or self.settings.endpoint


def read_fleet(task: Task) -> Result:
    """Return the pools of all places in ``places``, in plain builtin types that hold no secret.

    Each place has ``region``, ``project_id``, ``endpoint`` (empty unless an option says it) and ``pools``: the pools'
    own records, each with ``desktops`` if the option ``hosts`` asks for them. Pools that the filters leave out are not
    among them.

    :raises WorkspaceError: one place cannot be read, which fails the whole; its text is for the user.
    """
    places = _places(task)
    credentials = find_credentials(task.params, task.environment)
    if len(places) > 1 and isinstance(credentials, AccessKey):
        credentials = replace(credentials, project_id="")  # the credentials file names one project, of one region
    return {"places": [_read(task, place, credentials) for place in places]}


def fingerprint(task: Task) -> str:
    """Return a short text that is the same for what leads to the same fleet. Nothing is sent for it.

    It depends on places, filters, the kind of hosts and who asks. A password or a secret key is no part of it.

    :raises WorkspaceError: options or credentials that cannot be right.
    """
    parts = {
        "format": _FORMAT,
        "hosts": task.params["hosts"],
        "filters": task.params["filters"],
        "who": _who(credentials_at_hand(task.params, task.environment)),
        "places": [
            [
                place.settings.region,
                place.settings.project_id,
                place.settings.enterprise_project_id,
                place.settings.endpoint,
                place.settings.iam_endpoint,
                place.params.get("endpoint"),
            ]
            for place in _places(task)
        ],
    }
    return hashlib.sha256(json.dumps(parts, sort_keys=True).encode()).hexdigest()[:16]


def _who(credentials: Credentials | None) -> list[str]:
    if isinstance(credentials, AccessKey):
        return ["key", credentials.access_key, credentials.project_id]
    if isinstance(credentials, Password):
        return ["user", credentials.domain_name, credentials.username]
    if isinstance(credentials, Token):
        # A token tells whose it is by nothing but itself. It cannot be found from its hash: it is long and random.
        return ["token", hashlib.sha256(credentials.token.encode()).hexdigest()]
    return ["machine"]


def _places(task: Task) -> list[_Place]:
    params, environment = task.params, task.environment
    given: Sequence[Mapping[str, Any]] = params["projects"] or [{"region": name} for name in params["regions"] or []]
    is_only = len(given) < 2
    if not is_only:
        if params["project_id"]:
            raise InputError(
                "Option project_id is set for several regions, and a project belongs to one; use projects."
            )
        environment = {name: value for name, value in environment.items() if name not in _PROJECT_VARIABLES}
    places = []
    for entry in given or [{}]:
        merged = {**params, **{name: value for name, value in entry.items() if value}}
        places.append(_Place(merged, environment, read_settings(merged, environment), is_only))
    return places


def _read(task: Task, place: _Place, credentials: Credentials) -> dict[str, Any]:
    try:
        session = connect(place.params, place.environment, task.add_secret, credentials)
        found = list_pools(session)
        pools = [pool for pool in found if _fits(pool, task.params["filters"] or {})]
        gather = ["desktops"] if task.params["hosts"] == "desktops" else []
        records = survey(session, pools, gather, task.warn)
        project_id = session.project_id
    except WorkspaceError as error:
        if place.is_only:
            raise
        raise error.about(place.title) from None
    if (task.params["filters"] or {}).get("tags") and found and not any("tags" in pool.fields for pool in found):
        task.warn(f"{place.title} does not show the tags of its pools, so filters.tags leaves none of them.")
    return {
        "region": place.settings.region,
        "project_id": project_id,
        "endpoint": place.params.get("endpoint") or "",
        "pools": records,
    }


# The whole list is read and filtered here: it takes one request for 1,000 pools, the service's own name filter is fuzzy
# (Terraform provider), and it has none for tags.
_CHECKS: Mapping[str, Callable[[Pool, Any], bool]] = {
    "name": lambda pool, wanted: wanted in pool.name,
    "type": lambda pool, wanted: pool.fields.get("type") == wanted,
    "in_maintenance_mode": lambda pool, wanted: bool(pool.fields.get("in_maintenance_mode")) is wanted,
    "tags": lambda pool, wanted: (
        {(key, "" if value is None else str(value)) for key, value in wanted.items()} <= set(tags(pool.fields).items())
    ),
}


def _fits(pool: Pool, filters: Mapping[str, Any]) -> bool:
    return all(_CHECKS[name](pool, wanted) for name, wanted in filters.items() if wanted is not None)


def tags(record: Mapping[str, Any]) -> dict[str, str]:
    """Return the tags of a pool's or desktop's record by key; a tag without a value has an empty one."""
    return {str(tag.get("key")): str(tag.get("value") or "") for tag in record.get("tags") or []}
