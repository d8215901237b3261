# Copyright (c) 2026 the hwcloud.workspace contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Running a module by itself, as Ansible does on a remote machine, with ``async`` and under another user."""

from __future__ import annotations

import os
from collections.abc import Callable

from ansible.module_utils.basic import AnsibleModule

from .client.masking import SHORT
from .task import ModuleSpec, Result, Task, execute


def run_as_module(spec: ModuleSpec, run: Callable[[Task], Result]) -> None:
    """Read the arguments that Ansible hands to a module, run it, write its result and end the process.

    There is no progress here: what a module prints before it ends is not shown to anybody.
    """
    module = AnsibleModule(supports_check_mode=spec.supports_check_mode, **spec.validation())
    task = Task(
        name=module._name.removesuffix(".py").rpartition(".")[2],
        params=module.params,
        check_mode=module.check_mode,
        environment=dict(os.environ),
        secrets=map(str, module.no_log_values),
    )
    result = task.secrets.mask(execute(spec, run, task))
    # Ansible would mask a short secret within any word and number that holds it. These are masked already.
    module.no_log_values.clear()
    module.no_log_values.update(secret for secret in task.secrets if len(secret) >= SHORT)
    module.params.update(task.secrets.mask(task.params))
    # From ansible-core 2.23 on, warnings are taken only through warn().
    for text in result.pop("warnings", ()):
        module.warn(text)
    if result.pop("failed", False):
        module.fail_json(msg=result.pop("msg", ""), **result)
    module.exit_json(**result)
