# Copyright (c) 2026 the hwcloud.workspace contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The estate file: what the simulated service holds when it starts. Read and checked here, built in ``build.py``."""

from __future__ import annotations

from pathlib import Path
from typing import Any, Literal

import yaml
from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator

from .faults import FaultRule
from .state.dialect import Dialect
from .state.failures import FailureRule
from .throttle import ThrottleSettings

LoginStatus = Literal["UNREGISTER", "REGISTERED", "CONNECTED", "DISCONNECTED"]
DesktopStatus = Literal["ACTIVE", "SHUTOFF", "HIBERNATED", "ERROR"]


class EstateError(ValueError):
    """The estate file is not what it should be; the text names the places."""


class _Part(BaseModel):
    model_config = ConfigDict(extra="forbid")


class ClockPart(_Part):
    """How simulated time runs."""

    start: str | None = Field(None, description="ISO time; absent: the present.")
    factor: float = Field(1.0, gt=0)
    mode: Literal["factor", "polls"] = "factor"
    seconds_per_poll: float = Field(10.0, ge=0)
    wall_offset: float = Field(0.0, description="Seconds that the service's wall clock is ahead of this machine's.")
    date_header: bool = Field(True, description="Whether answers say the service's wall time.")


class JobsPart(_Part):
    """How jobs go. Times in simulated seconds."""

    parallel: int = Field(20, ge=1, description="Desktops of a job worked on at once.")
    seconds_per_desktop: float = Field(300.0, ge=0)
    spread: float = Field(0.2, ge=0, lt=1, description="Durations differ by desktop, up to this share either way.")
    lag_seconds: float = Field(15.0, ge=0, description="Under state_after_job: lags.")
    history_seconds: float = Field(3600.0, ge=0, description="Under finished_jobs: forgotten.")
    logoff_seconds: float = Field(20.0, ge=0, description="How long after a log-off the session ends; no job.")


class AccountPart(_Part):
    """The cloud account (IAM calls it a domain)."""

    name: str = "example-account"
    id: str | None = None


class SubnetPart(_Part):
    """A subnet that desktops can be in."""

    id: str
    addresses: int | None = Field(None, ge=0, description="Desktops that it has room for; absent: no limit.")


class ProjectPart(_Part):
    """A project of a region. The first one is where pools belong by default."""

    id: str
    name: str
    region: str | None = Field(None, description="Absent: the name up to the first underscore.")
    desktop_quota: int | None = Field(None, ge=0, description="Most desktops; absent: no limit.")
    subnets: list[SubnetPart] = Field(default_factory=list, description="Empty: any subnet exists and is endless.")


class IamUserPart(_Part):
    """A user of the cloud account, who may call the API."""

    name: str
    password: str | None = None
    denied_actions: list[str] = Field(default_factory=list, description="IAM actions refused with 403; * for all.")


class AccessKeyPart(_Part):
    """An access key of an IAM user."""

    ak: str
    sk: str
    user: str


class TokensPart(_Part):
    """How IAM issues tokens."""

    lifetime_seconds: float = Field(86400.0, gt=0)


class MetadataPart(_Part):
    """The metadata service of the machine the client runs on."""

    user: str | None = Field(None, description="IAM user whose rights the temporary keys have; absent: no agency.")
    token: Literal["offered", "required", "absent"] = "offered"
    key_lifetime_seconds: float = Field(86400.0, gt=0)


class ImagePart(_Part):
    """An image."""

    name: str
    id: str | None = None
    os_type: str = "Windows"
    os_version: str = "Windows 10 Enterprise 64bit"
    image_type: Literal["gold", "private"] = "private"
    architecture: Literal["x86", "arm"] = "x86"
    platform: str = "Windows"
    min_disk: int = 40
    min_ram: int = 0
    disk_format: str = "zvhd2"
    product_code: str = ""
    package_type: str = "general"
    created_at: str = "2026-01-15T08:00:00Z"


class ProductPart(_Part):
    """A product. ``memory`` in MB, ``system_disk_size`` in GB, ``name`` by language."""

    product_id: str
    name: dict[str, str] = Field(default_factory=dict)
    flavor_id: str
    cpu: int
    memory: int
    type: str = "BASE"
    architecture: Literal["x86", "arm"] = "x86"
    descriptions: str | None = None
    charge_mode: Literal["0", "1"] = "1"
    package_type: str = "enterprise"
    status: Literal["normal", "sellout", "abandon"] = "normal"
    is_gpu: bool = False
    contain_data_disk: bool = False
    system_disk_type: str = "SAS"
    system_disk_size: int = 80
    os_types: list[str] = Field(default_factory=lambda: ["Windows", "Linux"])
    availability_zones: list[str] = Field(default_factory=list, description="Empty: sold in every zone.")


class ScriptPart(_Part):
    """A script that desktops can run, and what a run of it yields. ``seconds`` are simulated ones."""

    name: str
    id: str | None = None
    type: Literal["POWERSHELL", "BAT", "SHELL"] = "POWERSHELL"
    content: str = ""
    description: str = ""
    version: str = "1.0.0"
    created_at: str = "2026-01-15T08:00:00Z"
    output: str = Field("", description="What it prints; {desktop} is the desktop's name.")
    seconds: float = Field(20.0, ge=0)
    fails_on: list[str] = Field(default_factory=list, description="Names or IDs of desktops, * for all.")
    exit_code: int = Field(1, description="Where it fails.")

    @field_validator("output")
    @classmethod
    def _names_nothing_else(cls, output: str) -> str:
        try:
            output.format(desktop="")
        except (LookupError, ValueError) as problem:
            raise ValueError("only {desktop} can be named; braces are written twice") from problem
        return output


class PersonPart(_Part):
    """A user or group of desktops."""

    name: str
    id: str | None = None
    domain: str = "example.local"


class GroupPart(PersonPart):
    """A group of desktop users. ``members`` are names of users."""

    members: list[str] = Field(default_factory=list)


class NamePolicyPart(_Part):
    """How the desktops of pools that refer to it are named: the prefix and a number."""

    id: str
    name_prefix: str
    digit_number: int = Field(4, ge=1, le=8)
    start_number: int = Field(1, ge=0)


class DiskPart(_Part):
    """A disk. ``size`` in GB, 10-8200."""

    size: int = Field(ge=10, le=8200)
    type: str = "SAS"
    id: str | None = None
    kms_id: str = ""


class AuthorizedPart(_Part):
    """A user or group that may use a pool."""

    name: str
    type: Literal["USER", "USER_GROUP"] = "USER"
    user_group: Literal["sudo", "default", "administrators", "users"] = "users"


class DesktopPart(_Part):
    """A desktop spelled out. What is absent follows the pool."""

    name: str
    id: str | None = None
    status: DesktopStatus = "ACTIVE"
    login_status: LoginStatus | None = Field(None, description="Absent: REGISTERED if ACTIVE, else UNREGISTER.")
    user: str | None = None
    user_group: str = "users"
    image: str | None = None
    product: str | None = None
    data_volumes: list[DiskPart] | None = None
    in_maintenance_mode: bool = False
    isolated: bool = False
    is_freeze: bool = False
    tags: dict[str, str] = Field(default_factory=dict)


class GeneratePart(_Part):
    """Desktops by numbers. Shares are of ``count``, from 0 to 1, rounded to whole desktops; always the same ones."""

    count: int = Field(ge=0, le=100_000)
    pattern: str = "{pool}-{n:03d}"
    bound: float = Field(0.0, ge=0, le=1, description="Bound to a user; those in use are bound first.")
    connected: float = Field(0.0, ge=0, le=1)
    disconnected: float = Field(0.0, ge=0, le=1)
    stopped: float = Field(0.0, ge=0, le=1)
    hibernated: float = Field(0.0, ge=0, le=1)
    error: float = Field(0.0, ge=0, le=1)
    drift: float = Field(0.0, ge=0, le=1, description="Share on drift_image instead of the pool's image.")
    drift_image: str | None = None
    product_drift: float = Field(0.0, ge=0, le=1)
    drift_product: str | None = None
    disk_drift: float = Field(0.0, ge=0, le=1, description="Share without the pool's last data disk.")
    user_pattern: str = "{pool}-user{n:03d}"


class PoolPart(_Part):
    """A pool. ``image`` and ``product`` are names or IDs of the estate's."""

    name: str
    image: str
    product: str
    id: str | None = None
    project: str | None = Field(None, description="ID or name of a project; absent: the first.")
    type: Literal["STATIC", "DYNAMIC"] = "STATIC"
    description: str = ""
    charging_mode: Literal["0", "1"] = "1"
    root_volume: DiskPart = Field(default_factory=lambda: DiskPart(size=80))
    data_volumes: list[DiskPart] = Field(default_factory=list, max_length=10)
    availability_zone: str | None = None
    vpc_id: str | None = None
    subnet_ids: list[str] = Field(default_factory=list)
    security_groups: list[str] = Field(default_factory=list)
    disconnected_retention_period: int = Field(0, ge=0, le=43200)
    enable_autoscale: bool = False
    autoscale_policy: dict[str, Any] = Field(default_factory=dict)
    in_maintenance_mode: bool = False
    enterprise_project_id: str = "0"
    ou_name: str = ""
    domain: str = "example.local"
    desktop_name_policy_id: str = ""
    tags: dict[str, str] = Field(default_factory=dict)
    created_at: str = "2026-02-02T09:30:00Z"
    authorized: list[AuthorizedPart] = Field(default_factory=list)
    desktops: list[DesktopPart] = Field(default_factory=list)
    generate: GeneratePart | None = None


class Estate(_Part):
    """All of it."""

    seed: int = 1
    clock: ClockPart = Field(default_factory=ClockPart)
    jobs: JobsPart = Field(default_factory=JobsPart)
    dialect: Dialect = Field(default_factory=lambda: Dialect.model_validate({}))
    throttle: ThrottleSettings = Field(default_factory=ThrottleSettings)
    account: AccountPart = Field(default_factory=AccountPart)
    projects: list[ProjectPart] = Field(min_length=1)
    iam_users: list[IamUserPart] = Field(default_factory=list)
    access_keys: list[AccessKeyPart] = Field(default_factory=list)
    tokens: TokensPart = Field(default_factory=TokensPart)
    metadata_service: MetadataPart = Field(default_factory=MetadataPart)
    images: list[ImagePart] = Field(default_factory=list)
    products: list[ProductPart] = Field(default_factory=list)
    scripts: list[ScriptPart] = Field(default_factory=list)
    users: list[PersonPart] = Field(default_factory=list)
    groups: list[GroupPart] = Field(default_factory=list)
    desktop_name_policies: list[NamePolicyPart] = Field(
        default_factory=list, description="Empty: any policy exists, and names follow the pool's name."
    )
    pools: list[PoolPart] = Field(default_factory=list)
    failures: list[FailureRule] = Field(default_factory=list)
    faults: list[FaultRule] = Field(default_factory=list)


def read_estate(text: str) -> Estate:
    """Return the estate written in ``text``, YAML or JSON.

    Raises:
        EstateError: It is not readable or breaks a rule.
    """
    try:
        data = _parsed(text)
    except yaml.YAMLError as problem:
        raise EstateError(f"not YAML: {problem}") from problem
    try:
        return Estate.model_validate(data)
    except ValidationError as problem:
        raise EstateError(explain(problem)) from problem


def _parsed(text: str) -> Any:
    # The loader in C, where PyYAML has it, reads large estates ten times faster.
    loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)(text)
    try:
        return loader.get_single_data()
    finally:
        loader.dispose()


def load_estate(path: Path) -> Estate:
    """Return the estate of a file."""
    return read_estate(path.read_text(encoding="utf-8"))


def explain(problem: ValidationError) -> str:
    """Return each broken rule with its place, in one line."""
    return "; ".join(
        f"{'.'.join(map(str, error['loc'])) or 'body'}: {error['msg']}" for error in problem.errors(include_url=False)
    )
