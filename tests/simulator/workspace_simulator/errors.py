# Copyright (c) 2026 the hwcloud.workspace contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What the simulated service answers when it refuses a request.

Shapes: Workspace answers ``error_code`` and ``error_msg`` (API definitions), newer regions add ``error_detail`` and,
for a denial, ``encoded_authorization_message``; the gateway answers ``error_code``, ``error_msg`` and ``request_id``
(help page on authentication errors); IAM answers ``{"error": {"code", "message", "title"}}`` (IAM definitions).
"""

from __future__ import annotations

import base64
import json
from http import HTTPStatus
from typing import Any

POOL_MISSING = "WKS.0001"
"""Answered by GET of a pool that is not there, with status 400 (Terraform provider)."""

MESSAGE_EMPTY = "WKS.0001"
"""Request message empty, status 400 (help page: error codes)."""

CONFLICT = "WKS.00010032"
"""Operation conflict, status 409 (Terraform provider)."""

DISKS_BEING_ADDED = "WKS.0407"
"""Disks are being added to the desktop, status 400 (Terraform provider, for single desktops)."""

INVALID_REQUEST = "WKS.00010001"
"""A field is unknown, ill-typed or out of range. No source gives the service's code: chosen here."""

INVALID_RESOURCE = "WKS.00010002"
"""A thing named in the request is missing or unusable. No source gives the service's code: chosen here."""

JOB_MISSING = "WKS.00010003"
"""No such job, status 404 (API definitions); no source gives the code: chosen here."""


QUOTA_EXCEEDED = "WKS.00010004"
"""No room for the desktops: quota, addresses or sales of the product. No source gives the code: chosen here."""

DESKTOP_MISSING = "WKS.00010005"
"""No such desktop, status 404 (Terraform provider); no source gives the code: chosen here."""

USER_MISSING = "WKS.00170312"
"""No such user, status 400 (Terraform provider)."""

GROUP_MISSING = "WKS.00170208"
"""No such user group, status 400 (Terraform provider)."""


SCRIPT_FAILED = "WKS.00010006"
"""A script failed or could not begin. No source gives the service's code: chosen here."""


class ServiceError(Exception):
    """A refusal, with everything that is needed to write the answer."""

    def __init__(self, status: int, error_code: str, error_msg: str, error_detail: str | None = None) -> None:
        """Keep the parts of the answer.

        Args:
            status: HTTP status, 400-599.
            error_code: The service's code, such as ``WKS.0001``.
            error_msg: One sentence, at most 1000 characters.
            error_detail: More about it, at most 1000 characters.
        """
        super().__init__(f"{status} {error_code} {error_msg}")
        self.status = status
        self.error_code = error_code
        self.error_msg = error_msg[:1000]
        self.error_detail = error_detail[:1000] if error_detail else None

    def body(self, request_id: str) -> dict[str, Any]:
        """Return the answer's body; ``request_id`` (32 characters) is used by gateway errors only."""
        del request_id
        body: dict[str, Any] = {"error_code": self.error_code, "error_msg": self.error_msg}
        if self.error_detail:
            body["error_detail"] = self.error_detail
        return body


class GatewayError(ServiceError):
    """A refusal by the API gateway, before the service saw the request."""

    def body(self, request_id: str) -> dict[str, Any]:
        """Return the gateway's shape of an error, which repeats the request's ID."""
        return {"error_msg": self.error_msg, "error_code": self.error_code, "request_id": request_id}


class IamError(ServiceError):
    """A refusal by IAM."""

    def body(self, request_id: str) -> dict[str, Any]:
        """Return IAM's shape of an error."""
        del request_id
        title = HTTPStatus(self.status).phrase
        return {"error": {"code": self.status, "message": self.error_msg, "title": title}}


class PermissionDenied(ServiceError):
    """A denial by an identity policy, which carries an encoded message to be decoded through STS."""

    def __init__(self, action: str, user: str, resource: str) -> None:
        """Name the IAM action (``workspace:desktopPools:rebuild``), the user and the path that was asked for."""
        super().__init__(403, "APIGW.0302", f"Policy doesn't allow {action} to be performed.")
        reason = {"action": action, "principal": user, "resource": resource, "matched_statements": []}
        self.encoded = base64.b64encode(json.dumps(reason, sort_keys=True).encode()).decode()

    def body(self, request_id: str) -> dict[str, Any]:
        """Return the shape of a denial."""
        return {**super().body(request_id), "encoded_authorization_message": self.encoded}


def invalid_request(problem: str) -> ServiceError:
    """Return the refusal of a malformed request; ``problem`` names the field and the rule."""
    return ServiceError(400, INVALID_REQUEST, "The request is invalid.", problem)


def invalid_resource(problem: str) -> ServiceError:
    """Return the refusal of a request that names something missing or unusable."""
    return ServiceError(400, INVALID_RESOURCE, problem)


def conflict(instance_status: str, operation: str, resource: str) -> ServiceError:
    """Return the 409 of a busy resource (code and pattern of the text: Terraform provider)."""
    text = f"Operation conflict: status {instance_status} does not allow {operation}, resource {resource}."
    return ServiceError(409, CONFLICT, text)


def unauthenticated(reason: str) -> GatewayError:
    """Return the gateway's 401 (code and reasons: help page on authentication errors)."""
    return GatewayError(401, "APIGW.0301", f"Incorrect IAM authentication information: {reason}")


def no_such_api() -> GatewayError:
    """Return the answer to a wrong path or method (help page: error codes)."""
    return GatewayError(404, "APIGW.0101", "The API does not exist or has not been published in the environment")
