# Copyright (c) 2026 the hwcloud.workspace contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A module for tests: it does what its option ``act`` says. As a program it is a plain module."""

from __future__ import annotations

import os

from ansible_collections.hwcloud.workspace.plugins.module_utils.client.errors import RefusedError
from ansible_collections.hwcloud.workspace.plugins.module_utils.limits import IntRange, Items, Length
from ansible_collections.hwcloud.workspace.plugins.module_utils.plain import run_as_module
from ansible_collections.hwcloud.workspace.plugins.module_utils.task import ModuleSpec, Result, Task

SPEC = ModuleSpec(
    argument_spec={
        "act": {"type": "str", "default": "tell"},
        "pool": {"type": "str", "required": True},
        "size": {"type": "int", "aliases": ["count"]},
        "force": {"type": "bool", "default": False},
        "desktop_ids": {"type": "list", "elements": "str"},
        "volumes": {
            "type": "list",
            "elements": "dict",
            "options": {"size": {"type": "int", "required": True}, "key": {"type": "str", "no_log": True}},
        },
        "secret_key": {"type": "str", "no_log": True},
        "ca_path": {"type": "path"},
        "anything": {"type": "raw"},
        "old": {"type": "str", "removed_in_version": "9.0.0", "removed_from_collection": "hwcloud.workspace"},
        "handle_type": {"type": "str", "choices": ["ALL", "IDLE"]},
    },
    mutually_exclusive=[("desktop_ids", "volumes")],
    required_if=[("handle_type", "IDLE", ["desktop_ids"])],
    limits={"size": IntRange(0, 15, "minutes"), "desktop_ids": Items(1, 3, Length(1, 5))},
)


def run(task: Task) -> Result:
    """Do what ``act`` says."""
    act, secret = task.params["act"], task.params["secret_key"]
    if act == "change":
        return {"changed": True, "checked": task.check_mode, "diff": {"before": {"size": 1}, "after": {"size": 2}}}
    if act == "refuse":
        raise RefusedError(f"pool {task.params['pool']}: not with {secret}.", http_status=403, error_code="WKS.1")
    if act == "break":
        raise ValueError(f"never heard of {secret}")
    if act == "leak":
        task.add_secret(task.environment["PROBE_SECRET"])
        return {"texts": [secret, f"<{secret}>", task.environment["PROBE_SECRET"]], "held": {secret: None}}
    if act == "warn":
        task.warn(f"do not write {secret}")
        task.progress(f"1/2 desktops, {secret}")
        return {"warned": True}
    if act == "environment":
        return {"task": task.environment.get("PROBE"), "process": os.environ.get("PROBE"), "folder": os.getcwd()}  # noqa: PTH109
    return {"params": task.params, "types": {name: type(value).__name__ for name, value in task.params.items()}}


def main() -> None:
    """Run as a plain module."""
    run_as_module(SPEC, run)


if __name__ == "__main__":
    main()
