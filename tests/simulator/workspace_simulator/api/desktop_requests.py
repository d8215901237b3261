# Copyright (c) 2026 the hwcloud.workspace contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Filters of the three lists of desktops and requests on desktops, as the definitions and the SDK describe them."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from .fields import NEWER, Body, Query, QueryBool, QueryInt, Text
from .pool_requests import EnterpriseProject

Names = Annotated[list[str], Field(max_length=100)]


class ListPoolDesktopsDetail(Query):
    """Filters of a pool's desktops. Older regions know the difference filter and the page only."""

    inconsistent_type: str | None = None
    offset: QueryInt = Field(0, ge=0, le=10000)
    limit: QueryInt = Field(10, ge=1, le=100)
    status: Text | None = Field(None, json_schema_extra=NEWER)
    user_name: Text | None = Field(None, json_schema_extra=NEWER)
    user_names: Names | None = Field(None, json_schema_extra=NEWER)
    computer_name: Text | None = Field(None, json_schema_extra=NEWER)
    computer_names: list[str] | None = Field(None, json_schema_extra=NEWER)
    desktop_ip: Text | None = Field(None, json_schema_extra=NEWER)
    desktop_id: list[str] | None = Field(None, json_schema_extra=NEWER)
    desktop_type: Text | None = Field(None, json_schema_extra=NEWER)
    tag: Text | None = Field(None, json_schema_extra=NEWER)
    domain_status: QueryInt | None = Field(None, json_schema_extra=NEWER)
    user_attached: QueryBool | None = Field(None, json_schema_extra=NEWER)
    enterprise_project_id: EnterpriseProject | None = Field(None, json_schema_extra=NEWER)
    image_id: Text | None = Field(None, json_schema_extra=NEWER)
    charge_mode: Literal["0", "1"] | None = Field(None, json_schema_extra=NEWER)
    in_maintenance_mode: QueryBool | None = Field(None, json_schema_extra=NEWER)
    is_share_desktop: QueryBool | None = Field(None, json_schema_extra=NEWER)
    subnet_id: Text | None = Field(None, json_schema_extra=NEWER)
    is_support_internet: QueryBool | None = Field(None, json_schema_extra=NEWER)
    availability_zone: Text | None = Field(None, json_schema_extra=NEWER)
    isolated: QueryBool | None = Field(None, json_schema_extra=NEWER)
    sort_field: Literal["created", "computer_name"] | None = Field(None, json_schema_extra=NEWER)
    sort_type: Literal["ASC", "DESC"] = Field("ASC", json_schema_extra=NEWER)


class ListDesktopsDetail(Query):
    """Filters of the detailed list of all desktops."""

    status: Text | None = None
    user_name: Text | None = None
    user_names: Names | None = None
    computer_name: Text | None = None
    computer_names: list[str] | None = Field(None, json_schema_extra=NEWER)
    desktop_ip: Text | None = None
    desktop_id: Names | None = None
    desktop_type: Text | None = None
    tag: Text | None = None
    domain_status: QueryInt | None = Field(None, json_schema_extra=NEWER)
    user_attached: QueryBool | None = None
    enterprise_project_id: EnterpriseProject | None = None
    image_id: Text | None = None
    charge_mode: Literal["0", "1"] | None = None
    in_maintenance_mode: QueryBool | None = None
    is_share_desktop: QueryBool | None = Field(None, json_schema_extra=NEWER)
    subnet_id: Text | None = None
    is_support_internet: QueryBool | None = None
    availability_zone: Text | None = Field(None, json_schema_extra=NEWER)
    sort_field: Literal["created", "computer_name"] | None = None
    sort_type: Literal["ASC", "DESC"] = "ASC"
    offset: QueryInt = Field(0, ge=0)
    limit: QueryInt = Field(1000, ge=0, le=1000)
    pool_id: str | None = Field(None, description="One ID, or several separated by commas.")
    user_id: str | None = Field(None, json_schema_extra=NEWER)
    without_any_tag: QueryBool | None = Field(None, json_schema_extra=NEWER)
    agent_version: str | None = Field(None, json_schema_extra=NEWER)


class ListDesktops(Query):
    """Filters of the short list of all desktops; ``user_name`` matches in part (definitions)."""

    user_name: list[str] | None = None
    computer_name: Text | None = None
    desktop_ip: Text | None = None
    offset: QueryInt = Field(0, ge=0)
    limit: QueryInt = Field(1000, ge=0, le=1000)
    domain_status: QueryInt | None = Field(None, json_schema_extra=NEWER)
    pool_id: str | None = Field(None, description="One ID, or several separated by commas.")
    enterprise_project_id: EnterpriseProject | None = None
    desktop_type: Text | None = None
    is_share_desktop: QueryBool | None = Field(None, json_schema_extra=NEWER)
    subnet_id: Text | None = None
    status: str | None = Field(None, json_schema_extra=NEWER)
    desktop_id: Names | None = Field(None, json_schema_extra=NEWER)
    tag: str | None = Field(None, json_schema_extra=NEWER)


class BatchDeleteDesktops(Body):
    """Desktops to delete."""

    desktop_ids: Annotated[list[Annotated[str, Field(max_length=255)]], Field(min_length=1, max_length=100)]
    delete_users: bool = False
    email_notification: bool = True
    is_force_delete: bool = False
