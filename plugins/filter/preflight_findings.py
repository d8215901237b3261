# Copyright (c) 2026 the hwcloud.workspace contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The decisions of the role pool_preflight."""

from __future__ import annotations

DOCUMENTATION = r"""
name: preflight_findings
short_description: Find what would make a maintenance of a desktop pool fail
version_added: 0.1.0
author: The hwcloud.workspace contributors (@hwcloud)
description:
  - Judges what was looked up before anything is touched. It asks the service for nothing.
  - The role P(hwcloud.workspace.pool_preflight#role) makes the look-ups.
positional: _input
options:
  _input:
    description:
      - Results of look-ups, as C(register) keeps them, whether they failed or not. One that was not made is left out.
      - V(pool) is P(hwcloud.workspace.desktop_pool_info#module) of one pool with V(desktops), V(drift), V(jobs) and
        V(capabilities). Where that failed, V(parts) is a list of the same with one thing each, as a loop keeps them.
      - V(images) is P(hwcloud.workspace.image_info#module). V(products), V(products_in_zone) and V(products_to_become)
        are P(hwcloud.workspace.product_info#module) without filter, with O(ignore:availability_zone) and with
        O(ignore:resize_from). V(jobs) is P(hwcloud.workspace.job_info#module) of the pool.
    type: dict
    required: true
  asked:
    description:
      - What is to be done, by the names of the role's variables without their prefix, V(pool), V(image), V(product),
        V(volumes), V(volumes_purge), V(canary), V(max_unavailable), V(min_available), V(session_policy) and
        V(window_end).
    type: dict
    required: true
  now:
    description:
      - The time that the end of the window is compared with, in ISO 8601. The present if it is left out.
    type: str
"""

EXAMPLES = r"""
- name: Look up a pool
  hwcloud.workspace.desktop_pool_info:
    pool: finance-win10
    gather: [desktops, drift, jobs, capabilities]
  register: finance
  failed_when: false

- name: Say what is amiss with it
  ansible.builtin.debug:
    msg: "{{ ({'pool': finance} | hwcloud.workspace.preflight_findings({'pool': 'finance-win10'})).findings }}"
"""

RETURN = r"""
_value:
  description: What was found.
  type: dict
  contains:
    findings:
      description:
        - What was found, errors first. Each has V(check) (what was looked at), V(severity) (V(error), V(warning) or
          V(info)), V(message) and V(action) (what to do about it).
      type: list
      elements: dict
    lines:
      description: The same for people, a line each. One line if nothing was found.
      type: list
      elements: str
    failure:
      description: One sentence that lists all errors. Empty if there is none.
      type: str
    image_id:
      description: ID of the image. Empty if none was asked for, or none fits.
      type: str
    product_id:
      description: ID of the product. Empty if none was asked for, or none fits.
      type: str
    pool_record:
      description: The pool, as far as it could be looked up. Empty if it could not.
      type: dict
    desktops_due:
      description: IDs of the desktops that need a change. All desktops if no change was asked for.
      type: list
      elements: str
    expected_seconds:
      description: How long the changes take, by the pool's past jobs. None if these do not tell.
      type: float
"""

from collections.abc import Callable, Mapping
from datetime import datetime, timezone
from typing import Any

from ansible.errors import AnsibleFilterError

from ansible_collections.hwcloud.workspace.plugins.module_utils.client.errors import WorkspaceError
from ansible_collections.hwcloud.workspace.plugins.plugin_utils.guarded import Later, guarded

policy = Later("pools.policy")
preflight = Later("pools.preflight")
task = Later("task")


def preflight_findings(read: Mapping[str, Any], asked: Mapping[str, Any], now: Any = None) -> Any:
    """Return what was found; see DOCUMENTATION."""
    try:
        at = datetime.now(timezone.utc) if now is None else policy.moment(now, "now")
        return preflight.preflight(task.plain(asked, str), task.plain(read, str), at)
    except WorkspaceError as error:
        raise AnsibleFilterError(f"preflight_findings: {error}") from None


class FilterModule:
    """Ansible's door to the filter."""

    def filters(self) -> dict[str, Callable[..., Any]]:
        """Return the filter by its name."""
        return {"preflight_findings": guarded("preflight_findings", preflight_findings)}
