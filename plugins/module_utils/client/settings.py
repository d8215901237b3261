# Copyright (c) 2026 the hwcloud.workspace contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Where the service is and how to talk to it: options first, then the environment. Nothing secret lives here."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

from .errors import InputError

# Regions of Workspace: the official SDK's table and the help page "Before You Start". Used to help with a misspelt
# region only; a region that is not listed is tried all the same.
KNOWN_REGIONS = (
    "af-north-1",
    "af-south-1",
    "ap-southeast-1",
    "ap-southeast-2",
    "ap-southeast-3",
    "cn-east-3",
    "cn-east-5",
    "cn-north-4",
    "cn-north-9",
    "cn-north-11",
    "cn-south-1",
    "cn-southwest-2",
    "eu-west-101",
    "la-north-2",
    "la-south-2",
    "me-east-1",
    "na-mexico-1",
    "sa-brazil-1",
    "tr-west-1",
)

# Regions with an IAM host of their own (the official SDK core's table); all others share one host.
_REGIONS_WITH_IAM = frozenset(KNOWN_REGIONS) - {"af-north-1", "cn-north-11", "eu-west-101"} | {
    "ae-ad-1",
    "ap-southeast-4",
    "cn-east-2",
    "cn-east-4",
    "cn-north-1",
    "cn-north-2",
    "cn-north-12",
    "cn-south-2",
    "eu-west-0",
    "my-kualalumpur-1",
    "ru-moscow-1",
}

_REGION_SHAPE = re.compile(r"[a-z]{2,}(-[a-z0-9]+)+")
_ID_SHAPE = re.compile(r"[A-Za-z0-9_-]+")
_PROJECT_ID_LENGTH = 64
_LABEL = "[A-Za-z0-9_]([A-Za-z0-9_-]{0,61}[A-Za-z0-9_])?"
_HOST_SHAPE = re.compile(rf"(?=.{{1,253}}$){_LABEL}(\.{_LABEL})*\.?|\[[0-9A-Fa-f:.]+\]")
_PATH_SHAPE = re.compile(r"(/(?!\.{1,2}(/|$))[A-Za-z0-9_.~-]*)*")
_ENTERPRISE_PROJECT_ID_LENGTH = 36  # definitions


@dataclass(frozen=True)
class Settings:
    """How to reach the service.

    ``endpoint`` and ``iam_endpoint`` are base URLs without a slash at the end. ``project_id`` is empty when it has to
    be looked up. ``request_timeout`` is in seconds of real time, for connecting and for each wait for bytes.
    """

    region: str
    project_id: str
    enterprise_project_id: str
    endpoint: str
    iam_endpoint: str
    validate_certs: bool
    ca_path: str
    request_timeout: int
    max_retries: int


def read_settings(params: Mapping[str, Any], environment: Mapping[str, str]) -> Settings:
    """Return the settings of a task.

    :param params: the shared options of every module.
    :param environment: environment variables.
    :raises InputError: an option or variable cannot be right, or region and endpoint are both missing.
    """

    def value(option: str, *variables: str) -> str:
        given = params.get(option)
        if given not in (None, ""):
            return str(given)
        return next((environment[name] for name in variables if environment.get(name)), "")

    region = value("region", "HW_REGION_NAME")
    if region and not _REGION_SHAPE.fullmatch(region):
        raise InputError(f"region is '{region}', which is no region name; a region looks like eu-west-101.")
    project_id = value("project_id", "HUAWEICLOUD_SDK_PROJECT_ID", "HW_PROJECT_ID")
    _check_id("project_id", project_id, _PROJECT_ID_LENGTH)
    enterprise_project_id = value("enterprise_project_id", "HW_ENTERPRISE_PROJECT_ID")
    _check_id("enterprise_project_id", enterprise_project_id, _ENTERPRISE_PROJECT_ID_LENGTH)
    override = "HUAWEICLOUD_SDK_REGION_WORKSPACE_" + region.upper().replace("-", "_")
    endpoint = value("endpoint", "HW_WORKSPACE_ENDPOINT", override)
    if not endpoint and not region:
        raise InputError(
            "Neither region nor endpoint is set; set region (for example eu-west-101) as an option, "
            "in module_defaults, or in HW_REGION_NAME."
        )
    iam_endpoint = value("iam_endpoint", "HW_IAM_ENDPOINT", "HUAWEICLOUD_SDK_IAM_ENDPOINT")
    return Settings(
        region=region,
        project_id=project_id,
        enterprise_project_id=enterprise_project_id,
        endpoint=_base_url("endpoint", endpoint or workspace_endpoint(region)),
        iam_endpoint=_base_url("iam_endpoint", iam_endpoint or default_iam_endpoint(region)),
        validate_certs=params.get("validate_certs") is not False,
        ca_path=str(params.get("ca_path") or ""),
        request_timeout=int(params.get("request_timeout") or 30),
        max_retries=int(params["max_retries"]) if params.get("max_retries") is not None else 5,
    )


def workspace_endpoint(region: str) -> str:
    """Return the service's URL in a region (definitions, SDK; .eu for Europe: Terraform provider, help page)."""
    return f"https://workspace.{region}.{_domain(region)}"


def default_iam_endpoint(region: str) -> str:
    """Return IAM's URL for a region (SDK core's table; Terraform provider and help page for Europe)."""
    if region in _REGIONS_WITH_IAM or _domain(region).endswith(".eu"):
        return f"https://iam.{region}.{_domain(region)}"
    return "https://iam.myhuaweicloud.com"


def _check_id(name: str, value: str, longest: int) -> None:
    if value and not (_ID_SHAPE.fullmatch(value) and len(value) <= longest):
        raise InputError(f"{name} may hold letters, digits, - and _ only, 1 to {longest} of them.")


def _domain(region: str) -> str:
    return "myhuaweicloud.eu" if region.startswith("eu-west-1") else "myhuaweicloud.com"


def _base_url(name: str, text: str) -> str:
    # What other programs may read as another host than this one reads is refused by its characters.
    scheme, _colon, rest = text.partition("://")
    host, slash, path = rest.partition("/")
    try:
        port = urlsplit(text).port
    except ValueError:
        port = -1
    name_alone = re.sub(r":[0-9]+$", "", host, count=1)
    if (
        scheme not in ("http", "https")
        or port == -1
        or not _HOST_SHAPE.fullmatch(name_alone)
        or not _PATH_SHAPE.fullmatch(slash + path)
    ):
        raise InputError(
            f"{name} has to be a URL such as https://workspace.eu-west-101.myhuaweicloud.eu, "
            "without user, query or fragment."
        )
    return text.rstrip("/")
