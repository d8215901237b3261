# Copyright (c) 2026 the hwcloud.workspace contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Routes of IAM: tokens, projects, the account. Served by the same server as the Workspace operations."""

from __future__ import annotations

from typing import Any

from pydantic import Field

from .. import errors
from ..auth.iam import IamUser, Token
from ..registry import Call, Reply, operation
from ..state.clock import iso_micros
from ..state.world import Project
from .fields import Body, Query, QueryBool, QueryInt


class Named(Body):
    """Something by ID, by name or both."""

    id: str | None = None
    name: str | None = None


class PasswordUser(Body):
    """Who logs in."""

    name: str
    password: str
    domain: Named


class Password(Body):
    """Login by password."""

    user: PasswordUser


class Identity(Body):
    """How the login is made."""

    methods: list[str]
    password: Password


class ScopedProject(Named):
    """The project a token is for."""

    domain: Named | None = None


class Scope(Body):
    """What a token is for."""

    project: ScopedProject | None = None
    domain: Named | None = None


class Auth(Body):
    """A login."""

    identity: Identity
    scope: Scope | None = None


class CreateToken(Body):
    """Request of a token."""

    auth: Auth


class TokenQuery(Query):
    """Any text in ``nocatalog`` leaves the catalogue out."""

    nocatalog: str | None = None


class ListProjects(Query):
    """Filters of the list of projects; ``name`` matches exactly (IAM definitions)."""

    domain_id: str | None = None
    name: str | None = None
    parent_id: str | None = None
    enabled: QueryBool | None = None
    is_domain: QueryBool | None = None
    page: QueryInt | None = Field(None, ge=1)
    per_page: QueryInt | None = Field(None, ge=1, le=5000)


@operation(
    "KeystoneCreateUserTokenByPassword",
    "POST",
    "/v3/auth/tokens",
    query=TokenQuery,
    body=CreateToken,
    authentication="none",
    mutates=False,
)
def create_token(call: Call) -> Reply:
    """Issue a token; the token itself is the header X-Subject-Token."""
    auth: Auth = call.body.auth
    iam = call.simulation.iam
    wanted = auth.identity.password.user
    user = iam.users.get(wanted.name)
    if "password" not in auth.identity.methods:
        raise errors.IamError(400, "IAM.0011", "Only the method password is served.")
    if user is None or user.password != wanted.password or iam.account_name not in (wanted.domain.name,):
        raise errors.IamError(401, "IAM.0001", "The username or password is wrong.")
    project = _scope(call, auth.scope)
    token = iam.issue_token(user, project.id if project else None, call.world.now)
    content = {"token": _token_view(call, token, user, project)}
    return Reply(content, 201, {"X-Subject-Token": token.text})


@operation("KeystoneListProjects", "GET", "/v3/projects", query=ListProjects, authentication="account")
def list_projects(call: Call) -> Reply:
    """List projects."""
    query: ListProjects = call.query
    account = call.simulation.iam.account_id
    regions = {project.name: project for project in call.world.projects.values()}
    views = []
    for project in call.world.projects.values():
        parent = account if project.name == project.region else getattr(regions.get(project.region), "id", account)
        link = f"{call.base_url}/v3/projects/{project.id}"
        if (
            query.name in (None, project.name)
            and query.domain_id in (None, account)
            and query.parent_id in (None, parent)
            and query.enabled is not False
        ):
            views.append(
                {
                    "id": project.id,
                    "name": project.name,
                    "description": "",
                    "domain_id": account,
                    "parent_id": parent,
                    "enabled": True,
                    "is_domain": False,
                    "links": _links(link),
                }
            )
    if query.page is not None and query.per_page is not None:
        views = views[(query.page - 1) * query.per_page : query.page * query.per_page]
    return Reply({"projects": views, "links": _links(f"{call.base_url}/v3/projects")})


@operation("KeystoneListAuthDomains", "GET", "/v3/auth/domains", authentication="account")
def list_domains(call: Call) -> Reply:
    """Show the account of the caller."""
    iam, link = call.simulation.iam, f"{call.base_url}/v3/auth/domains"
    domain = {
        "id": iam.account_id,
        "name": iam.account_name,
        "description": "",
        "enabled": True,
        "links": {"self": f"{call.base_url}/v3/domains/{iam.account_id}"},
    }
    return Reply({"domains": [domain], "links": {"self": link}})


def _links(link: str) -> dict[str, Any]:
    return {"self": link, "previous": None, "next": None}


def _scope(call: Call, scope: Scope | None) -> Project | None:
    if scope is None or scope.project is None:
        return None
    wanted = scope.project
    for project in call.world.projects.values():
        if wanted.id == project.id or (wanted.id is None and wanted.name == project.name):
            return project
    raise errors.IamError(401, "IAM.0002", "The project of the scope does not exist or is not allowed.")


def _token_view(call: Call, token: Token, user: IamUser, project: Project | None) -> dict[str, Any]:
    iam = call.simulation.iam
    domain = {"id": iam.account_id, "name": iam.account_name}
    view: dict[str, Any] = {
        "methods": ["password"],
        "issued_at": iso_micros(token.issued_at),
        "expires_at": iso_micros(token.expires_at),
        "user": {"id": user.id, "name": user.name, "domain": domain, "password_expires_at": ""},
        "roles": [{"id": "0", "name": "te_admin"}],
        "catalog": [] if call.query.nocatalog else _catalog(call),
    }
    if project is None:
        view["domain"] = domain
    else:
        view["project"] = {"id": project.id, "name": project.name, "domain": domain}
    return view


def _catalog(call: Call) -> list[dict[str, Any]]:
    ids, catalog = call.world.ids, []
    for name, version in (("iam", "/v3"), ("workspace", "/v2")):
        endpoints = [
            {
                "id": ids.hex("endpoint", name, project.id),
                "interface": "public",
                "region": project.region,
                "region_id": project.region,
                "url": f"{call.base_url}{version}" + ("" if name == "iam" else f"/{project.id}"),
            }
            for project in call.world.projects.values()
        ]
        catalog.append({"id": ids.hex("service", name), "name": name, "type": name, "endpoints": endpoints})
    return catalog
