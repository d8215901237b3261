# Copyright (c) 2026 the hwcloud.workspace contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Requests on pools, as the definitions and the SDK describe them."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field, field_validator, model_validator

from .fields import NEWER, NULLABLE, Body, Query, QueryBool, QueryInt, Text

HandleType = Literal["ONLY_FOR_EXPAND", "FOR_EXPAND_AND_IDLE", "FOR_EXPAND_AND_ALL"]
EnterpriseProject = Annotated[str, Field(max_length=36, pattern=r"^[a-zA-Z0-9_-]+$")]


class ListDesktopPools(Query):
    """Filters of the list of pools; ``name`` matches in part (Terraform provider)."""

    name: Text | None = None
    type: Text | None = None
    enterprise_project_id: EnterpriseProject | None = None
    in_maintenance_mode: QueryBool | None = None
    offset: QueryInt = Field(0, ge=0, le=20000)
    limit: QueryInt = Field(1000, ge=0, le=1000)


class ListAuthorizedObjects(Query):
    """Page of the users and groups of a pool."""

    offset: QueryInt = Field(0, ge=0, le=10000)
    limit: QueryInt = Field(10, ge=1, le=100)


class AutoscalePolicy(Body):
    """When a pool grows and shrinks; times in minutes."""

    autoscale_type: Literal["ACCESS_CREATED", "AUTO_CREATED"] | None = None
    max_auto_created: int | None = Field(None, ge=1, le=5000)
    min_idle: int | None = Field(None, ge=0, le=5000)
    once_auto_created: int | None = Field(None, ge=1, le=100)
    auto_isolation_enable: bool | None = Field(None, json_schema_extra=NEWER)
    auto_isolation_max_num: int | None = Field(None, ge=0, json_schema_extra=NEWER)
    idle_retention_duration: int | None = Field(None, ge=0, le=43200, json_schema_extra=NEWER)
    min_retention: int | None = Field(None, ge=0, le=5000, json_schema_extra=NEWER)


class UserResetPolicy(Body):
    """Whether users may reset their desktop, and how often a day."""

    enable: bool | None = None
    reset_count_per_day: int | None = Field(None, ge=0)


class DiskUpdate(Body):
    """Changes of a pool's disk, named by its ID; the size is not among them."""

    id: str
    type: str
    iops: int | None = Field(None, json_schema_extra=NEWER)
    throughput: int | None = Field(None, json_schema_extra=NEWER)
    kms_id: str | None = Field(None, json_schema_extra=NULLABLE)


class SecurityGroup(Body):
    """A security group, by ID."""

    id: Annotated[str, Field(max_length=255)]


class Tag(Body):
    """A tag."""

    key: str = Field(min_length=1, max_length=128, pattern=r"^[\w \-.:=+@]+$")
    value: str = Field("", max_length=43, pattern=r"^[\w \-.:=+@]*$")

    @field_validator("key")
    @classmethod
    def _own(cls, key: str) -> str:
        if key.startswith("_sys_") or key != key.strip():
            raise ValueError("must not start with _sys_, nor start or end with a space")
        return key


class UpdateDesktopPool(Body):
    """What PUT pool changes. ``disconnected_retention_period`` in minutes, 10-43200, or 0 for none."""

    name: str | None = None
    description: Text | None = None
    availability_zone: Text | None = None
    ou_name: Text | None = None
    desktop_name_policy_id: Text | None = None
    disconnected_retention_period: int | None = Field(None, ge=0, le=43200)
    enable_autoscale: bool | None = None
    autoscale_policy: AutoscalePolicy | None = None
    in_maintenance_mode: bool | None = None
    user_reset_policy: UserResetPolicy | None = Field(None, json_schema_extra=NEWER)
    tags: Annotated[list[Tag], Field(max_length=20)] | None = Field(None, json_schema_extra=NEWER)
    root_volume: DiskUpdate | None = Field(None, json_schema_extra=NEWER)
    data_volumes: Annotated[list[DiskUpdate], Field(max_length=10)] | None = Field(None, json_schema_extra=NEWER)
    vpc_id: str | None = Field(None, json_schema_extra=NEWER)
    subnet_ids: Annotated[list[str], Field(min_length=1, max_length=100)] | None = Field(None, json_schema_extra=NEWER)
    security_groups: Annotated[list[SecurityGroup], Field(max_length=5)] | None = Field(None, json_schema_extra=NEWER)
    enterprise_project_id: EnterpriseProject | None = Field(None, json_schema_extra=NEWER)

    @field_validator("disconnected_retention_period")
    @classmethod
    def _long_enough(cls, minutes: int | None) -> int | None:
        if minutes is not None and 0 < minutes < 10:
            raise ValueError("0, or 10 to 43200 minutes")
        return minutes


class AutoscalePolicyAtCreation(AutoscalePolicy):
    """The same, with the limit that the creation has for the number of isolated desktops."""

    auto_isolation_max_num: int | None = Field(None, ge=1, json_schema_extra=NEWER)


class UserResetPolicyAtCreation(UserResetPolicy):
    """The same, with the limits that the creation has."""

    reset_count_per_day: int | None = Field(None, ge=1, le=100)


class PoolDiskAtCreation(Body):
    """A disk of a new pool. ``size`` in GB, in steps of 10; ``id`` and ``resource_spec_code`` are not needed."""

    type: Annotated[str, Field(min_length=1, max_length=255)]
    size: int
    id: Annotated[str, Field(min_length=1, max_length=255)] | None = None
    kms_id: Text | None = None
    iops: int | None = Field(None, ge=0, le=16380000)
    throughput: int | None = Field(None, ge=0, le=4095000)
    resource_spec_code: Text | None = None


class SystemDiskAtCreation(PoolDiskAtCreation):
    """A system disk, 80 to 1020 GB (Terraform provider, help page: constraints)."""

    size: int = Field(ge=80, le=1020, multiple_of=10)


class DataDiskAtCreation(PoolDiskAtCreation):
    """A data disk, 10 to 8200 GB (Terraform provider, help page: constraints)."""

    size: int = Field(ge=10, le=8200, multiple_of=10)


class PoolObject(Body):
    """A user or group that may use a pool."""

    object_id: Annotated[str, Field(min_length=1, max_length=255)]
    object_name: Annotated[str, Field(min_length=1, max_length=100)]
    object_type: Literal["USER", "USER_GROUP"]
    user_group: Literal["sudo", "default", "administrators", "users"]
    domain: str | None = None
    created_at: Annotated[str, Field(min_length=1, max_length=255)] | None = None


class CreateDesktopPool(Body):
    """A pool and the number of its first desktops. ``disconnected_retention_period`` in minutes."""

    name: str
    type: Literal["DYNAMIC", "STATIC"]
    size: int = Field(ge=0, le=100)
    product_id: Annotated[str, Field(min_length=1, max_length=255)]
    image_type: Annotated[str, Field(min_length=1, max_length=55)]
    image_id: Annotated[str, Field(min_length=1, max_length=255)]
    root_volume: SystemDiskAtCreation
    subnet_ids: Annotated[list[Annotated[str, Field(min_length=1, max_length=55)]], Field(min_length=1, max_length=100)]
    flavor_id: Annotated[str, Field(min_length=1, max_length=255)] | None = None
    data_volumes: Annotated[list[DataDiskAtCreation], Field(max_length=10)] | None = None
    vpc_id: Annotated[str, Field(min_length=1, max_length=255)] | None = None
    security_groups: Annotated[list[SecurityGroup], Field(max_length=5)] | None = None
    availability_zone: Text | None = None
    authorized_objects: Annotated[list[PoolObject], Field(max_length=500)] | None = None
    description: Text | None = None
    disconnected_retention_period: int | None = Field(None, ge=10, le=43200)
    enable_autoscale: bool | None = None
    autoscale_policy: AutoscalePolicyAtCreation | None = None
    user_reset_policy: UserResetPolicyAtCreation | None = None
    desktop_name_policy_id: Annotated[str, Field(max_length=36)] | None = None
    ou_name: Text | None = None
    domain: Annotated[str, Field(min_length=1, max_length=255)] | None = None
    enterprise_project_id: EnterpriseProject | None = None
    tags: Annotated[list[Tag], Field(max_length=20)] | None = None

    @model_validator(mode="after")
    def _period_for_dynamic(self) -> CreateDesktopPool:
        if self.type == "DYNAMIC" and self.disconnected_retention_period is None:
            raise ValueError("type DYNAMIC needs disconnected_retention_period")
        return self


class ExpandDesktopPool(Body):
    """How many desktops to add."""

    size: int = Field(ge=1, le=1000)


class ChangeAuthorizedObjects(Body):
    """Whom to authorise, or no longer, or with another privilege group."""

    action: Literal["ADD", "REMOVE", "CHANGE_PRIVILEGE"]
    objects: Annotated[list[PoolObject], Field(max_length=500)] = Field(default_factory=list)


class AttachDesktopPoolUser(Body):
    """The user to give a desktop to."""

    username: Annotated[str, Field(min_length=1)]
    domain_name: str | None = None


class ListDesktopPoolsByUsers(Query):
    """Users whose pools are listed. The text says pages of at most 10, the Terraform provider sends 100."""

    user_ids: list[str] | None = None
    offset: QueryInt = Field(0, ge=0)
    limit: QueryInt = Field(10, ge=0, le=100)


class RebuildDesktopPool(Body):
    """What a rebuild takes. ``delay_time`` in minutes."""

    image_id: str = Field(min_length=1, max_length=255)
    image_type: Text | None = None
    os_type: Text | None = None
    delay_time: int = Field(0, ge=0, le=15)
    message: str | None = Field(None, max_length=400)
    order_id: Text | None = None
    is_fix: bool = False
    handle_type: HandleType | None = Field(None, json_schema_extra=NEWER)
    desktop_ids: Annotated[list[str], Field(min_length=1)] | None = Field(None, json_schema_extra=NEWER)
    encrypt_type: Literal["KEEP", "UNENCRYPTED", "ENCRYPTED"] | None = Field(None, json_schema_extra=NEWER)
    kms_id: str | None = Field(None, json_schema_extra=NEWER)

    @model_validator(mode="after")
    def _key_for_encryption(self) -> RebuildDesktopPool:
        if self.encrypt_type == "ENCRYPTED" and not self.kms_id:
            raise ValueError("encrypt_type ENCRYPTED needs kms_id")
        return self


class SendDesktopPoolNotifications(Body):
    """A message to a pool's users."""

    notifications: str = Field(min_length=1)
