# Copyright (c) 2026 the hwcloud.workspace contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The action plugin behind every module of this collection; the files with the modules' names are this plugin.

Routing all modules to one action plugin in the collection's runtime.yml would be shorter, but makes them one action to
Ansible: the ``module_defaults`` of one module would then reach all others.

It runs a module inside Ansible's own worker process, which saves the 0.4 seconds that building, writing and starting
a separate program takes, lets a task that waits show its progress, and leaves no argument on disk. Where that would
mean something else than running the module by itself, it runs the module by itself: :meth:`ActionModule._obstacle`
says when. The results of both ways are equal.

The environment variable ``HW_WORKSPACE_EXECUTION``, of the process or of the task, takes ``auto`` (as described, the
default) or ``module`` (always run the module by itself).
"""

from __future__ import annotations

import contextlib
import importlib
import os
import pwd
from collections.abc import Iterator, Mapping
from types import ModuleType
from typing import Any

from ansible import constants
from ansible.errors import AnsibleError
from ansible.module_utils.common.arg_spec import ValidationResult
from ansible.plugins.action import ActionBase
from ansible.utils.display import Display
from ansible.utils.vars import merge_hash

from ansible_collections.hwcloud.workspace.plugins.module_utils.client.errors import sentence
from ansible_collections.hwcloud.workspace.plugins.module_utils.task import (
    ModuleSpec,
    Result,
    Task,
    execute,
    missing_library,
    plain,
    refusal_of,
)

COLLECTION = "hwcloud.workspace"
_PLUGINS = "ansible_collections.hwcloud.workspace.plugins"
EXECUTION_VARIABLE = "HW_WORKSPACE_EXECUTION"

display = Display()


MISSING_LIBRARY = missing_library()
MODULES: dict[str, ModuleType] = {}
NOT_IMPORTED: dict[str, str] = {}


def load(name: str, *parts: str) -> None:
    """Import a module of the collection into :data:`MODULES`, or keep in :data:`NOT_IMPORTED` why that is impossible.

    Ansible loads the file of an action plugin in its main process, before it forks the workers: what is imported then,
    requests and the client with it, is there in every worker without being compiled and imported for every task.

    :param name: the module's name.
    :param parts: names below ``module_utils`` of what else the workers will need.
    """
    try:
        MODULES[name] = importlib.import_module(f"{_PLUGINS}.modules.{name}")
        for part in parts:
            importlib.import_module(f"{_PLUGINS}.module_utils.{part}")
    except ImportError as error:
        NOT_IMPORTED[name] = str(error)


class ActionModule(ActionBase):
    """Run the module that the task names."""

    _supports_check_mode = True
    _supports_async = True

    def run(self, tmp: str | None = None, task_vars: dict[str, Any] | None = None) -> Result:
        """Run the module and return its result."""
        result: Result = super().run(tmp, task_vars)
        name = str(self._task.action).rpartition(".")[2]
        environment = self._task_environment()
        execution = environment.get(EXECUTION_VARIABLE, os.environ.get(EXECUTION_VARIABLE, "")) or "auto"
        if execution not in ("auto", "module"):
            return {**result, "failed": True, "msg": f"{EXECUTION_VARIABLE} is {execution!r}; it takes auto or module."}
        synonyms = MODULES[name].SPEC.synonyms if name in MODULES else {}
        for synonym, option in synonyms.items():
            if {synonym, option} <= set(self._task.args):
                return {**result, "failed": True, "msg": f"{synonym} and {option} are one option; set one of them."}
        arguments = ModuleSpec.given({synonyms.get(key, key): value for key, value in self._task.args.items()})
        obstacle = f"{EXECUTION_VARIABLE} asks for it" if execution == "module" else self._obstacle(name)
        if obstacle is not None:
            display.vv(f"{COLLECTION}.{name} runs by itself: {obstacle}")
            return dict(merge_hash(result, self._run_by_itself(name, arguments, task_vars)))
        with _process(environment, self._loader.get_basedir()):
            return {**result, **self._run_here(name, arguments, task_vars)}

    def _obstacle(self, name: str) -> str | None:
        """Return why the module cannot run in this process, None if it can."""
        if self._task.async_val:
            return "the task is asynchronous"
        if self._connection.transport != "local":
            return f"the connection is {self._connection.transport}, not local"
        if self._connection.become is not None and self.get_become_option("become_user", "") != _current_user():
            return "the task becomes another user"
        if MISSING_LIBRARY is not None:
            return MISSING_LIBRARY
        if name not in MODULES:
            return NOT_IMPORTED.get(name, "there is no such module in the collection")
        return None

    def _run_by_itself(self, name: str, given: dict[str, Any], task_vars: dict[str, Any] | None) -> Result:
        """Run the module the way Ansible runs modules that have no action plugin."""
        if name in MODULES:
            spec: ModuleSpec = MODULES[name].SPEC
            arguments = plain(given, other=str)
            misshapen = spec.misshapen(arguments)
            if misshapen is not None:
                return {"failed": True, "changed": False, "msg": refusal_of(misshapen, f"{COLLECTION}.{name}")}
        wrap_async = self._task.async_val and not getattr(self._connection, "has_native_async", False)
        result: Result = self._execute_module(
            module_name=f"{COLLECTION}.{name}",
            module_args=given,
            task_vars=task_vars,
            wrap_async=wrap_async,
        )
        if not wrap_async:  # an asynchronous module removes the folder itself, once it has ended
            self._remove_tmp_path(self._connection._shell.tmpdir)
        if result.get("failed") and "msg" in result:
            result["msg"] = sentence(str(result["msg"]))
        return result

    def _run_here(self, name: str, given: dict[str, Any], task_vars: dict[str, Any] | None) -> Result:
        """Do what ``AnsibleModule`` does around ``run``: validate, mask secrets, report the arguments."""
        module = MODULES[name]
        spec: ModuleSpec = module.SPEC
        arguments: dict[str, Any] = plain(given, other=str)
        validation = spec.validate(arguments)
        params = {**arguments, **validation.validated_parameters}
        task = Task(
            name=name,
            params=params,
            check_mode=bool(self._task.check_mode),
            environment=dict(os.environ),
            show=None if self._task.no_log else display.display,
            secrets=map(str, validation._no_log_values),
        )
        refusal = refusal_of(validation, f"{COLLECTION}.{name}")
        result: Result = {"failed": True, "msg": refusal} if refusal is not None else execute(spec, module.run, task)
        for key, found in _remarks(validation).items():
            result[key] = [*found, *result.get(key, ())]
        if _wants_invocation(task_vars):
            result["invocation"] = {"module_args": params}
        masked: Result = task.secrets.mask(result)
        return masked

    def _task_environment(self) -> dict[str, str]:
        """Return what the keyword ``environment`` of the task, its blocks and its play adds to the environment."""
        found: dict[str, Any] = {}
        self._compute_environment_string(found)
        return {str(name): str(plain(value, other=str)) for name, value in found.items()}


@contextlib.contextmanager
def _process(environment: Mapping[str, str], folder: str) -> Iterator[None]:
    """Give this process the environment and the working directory that a module running by itself would have.

    The HTTP library reads proxies from the environment, and a relative path in an option starts at the playbook's
    folder.
    """
    before = {name: os.environ.get(name) for name in environment}
    here = os.open(".", getattr(os, "O_PATH", os.O_RDONLY))  # O_PATH: also where the user may enter but not read
    try:
        os.environ.update(environment)
        os.chdir(folder)
        yield
    finally:
        os.fchdir(here)
        os.close(here)
        for name, value in before.items():
            if value is None:
                os.environ.pop(name, None)
            else:
                os.environ[name] = value


def _current_user() -> str | None:
    """Return the name of the user of this process, None where the user has none, as in some containers."""
    try:
        return pwd.getpwuid(os.geteuid()).pw_name
    except KeyError:
        return None


def _remarks(validation: ValidationResult) -> dict[str, list[Any]]:
    """Return the warnings and deprecations that ``AnsibleModule`` would make of aliases and deprecated options."""
    warnings = [
        f"Both option {found['option']} and its alias {found['alias']} are set." for found in validation._warnings
    ]
    deprecations = [
        {key: found.get(key) for key in ("msg", "date" if found.get("date") else "version", "collection_name")}
        for found in validation._deprecations
    ]
    return {key: found for key, found in (("warnings", warnings), ("deprecations", deprecations)) if found}


def _wants_invocation(task_vars: dict[str, Any] | None) -> bool:
    """Return whether a result holds the module's arguments: it is a setting since ansible-core 2.21."""
    try:
        return bool(constants.config.get_config_value("INJECT_INVOCATION", variables=task_vars))
    except AnsibleError:
        return True
