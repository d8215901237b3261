# Copyright (c) 2026 the hwcloud.workspace contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Routes of the metadata service of a cloud machine (SDK: metadata accessor)."""

from __future__ import annotations

from ..registry import Call, Reply, operation
from ..state.clock import iso_micros

LONGEST_TOKEN_SECONDS = 21600
NO_AGENCY = "Please configure Cloud Service Agency first"


@operation("EcsMetadataToken", "PUT", "/meta-data/latest/api/token", authentication="none", mutates=False)
def create_metadata_token(call: Call) -> Reply:
    """Issue a metadata token as plain text; 404 where the machine does not offer them."""
    metadata = call.simulation.metadata
    if metadata.settings.token == "absent":
        return Reply("Not Found", 404)
    lifetime = call.headers.get("x-metadata-token-ttl-seconds", "")
    if not lifetime.isdigit() or not 1 <= int(lifetime) <= LONGEST_TOKEN_SECONDS:
        return Reply("Bad Request", 400)
    return Reply(metadata.issue_token(int(lifetime), call.world.now))


@operation("EcsMetadataSecurityKey", "GET", "/openstack/latest/securitykey", authentication="none")
def show_security_key(call: Call) -> Reply:
    """Hand out temporary keys; 401 without an agency or without a metadata token that is needed."""
    metadata, now = call.simulation.metadata, call.world.now
    if not metadata.accepts(call.headers.get("x-metadata-token"), now):
        return Reply("Unauthorized", 401)
    key = metadata.current_key(now)
    if key is None or key.expires_at is None:
        return Reply(NO_AGENCY, 401)
    credential = {
        "access": key.ak,
        "secret": key.sk,
        "securitytoken": key.security_token,
        "expires_at": iso_micros(key.expires_at),
    }
    return Reply({"credential": credential})
