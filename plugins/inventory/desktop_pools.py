# Copyright (c) 2026 the hwcloud.workspace contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The inventory of desktop pools, or of their desktops."""

from __future__ import annotations

DOCUMENTATION = r"""
name: desktop_pools
short_description: Desktop pools of Huawei Cloud Workspace as hosts
version_added: 0.1.0
author:
  - The hwcloud.workspace contributors (@hwcloud)
description:
  - Makes each desktop pool a host, or with O(hosts=desktops) each desktop of the pools. Plays over many pools then take
    C(serial), C(--limit), slices, and a relaunch on failed hosts as plays over machines do.
  - A pool's host has the variables C(pool) (the pool's own record), C(pool_tags) (its tags as a dict), C(region),
    C(project_id), C(ansible_connection=local) and, if the inventory file sets O(endpoint), C(endpoint). The modules of
    this collection therefore run on the controller, with C(pool={{ pool.id }}).
  - A desktop's host has C(desktop) and C(desktop_tags) as well. How the desktop itself is reached is for O(compose) to
    say, for example with C(ansible_host).
  - All pools are in the group C(desktop_pools), all desktops in the group C(desktops).
  - The name of the inventory file ends in C(desktop_pools.yml) or C(desktop_pools.yaml).
  - The fleet is read by lists, one request for 1,000 pools. Desktops take two requests for 1,000 of them, or one for
    each pool where that is less.
  - If one region or project cannot be read, the inventory fails as a whole and adds no host. Ansible then goes on with
    the inventories that are left, unless E(ANSIBLE_INVENTORY_ANY_UNPARSED_IS_FAILED) is set.
options:
  plugin:
    description: The name of this plugin.
    type: str
    required: true
    choices: [hwcloud.workspace.desktop_pools]
  regions:
    description:
      - Regions whose pools are hosts. Default is O(region).
      - With several regions, each region's project is the one that carries its name. A project ID of the environment or
        of the credentials file is then left aside, and O(project_id) is refused. An endpoint holds for all of them.
    type: list
    elements: str
  projects:
    description:
      - Projects whose pools are hosts, instead of O(regions). What an entry leaves out is taken from the options of the
        same names and, except for the project of several entries, from the environment.
    type: list
    elements: dict
    suboptions:
      region:
        description: Region of the project.
        type: str
      project_id:
        description: ID of the project. Without it, the project with the region's name is looked up at IAM.
        type: str
      endpoint:
        description: URL of the Workspace service, if it is not the region's own.
        type: str
  hosts:
    description:
      - What the hosts are.
    type: str
    choices: [pools, desktops]
    default: pools
  hostname:
    description:
      - What a host is called. V(name) is the pool's name or the desktop's C(computer_name). V(name_region) has the
        region behind it, and V(id) is the ID.
      - Hosts that would have the same name get their region behind it, all of them, and where that does not help their
        ID. A name that means something to Ansible, such as V(all), gets it too. In names, white space and the
        characters that host patterns and paths are made of become an underscore.
    type: str
    choices: [name, name_region, id]
    default: name
  filters:
    description:
      - Which pools are hosts, or have their desktops as hosts. A pool has to fit all that is set.
    type: dict
    suboptions:
      name:
        description: Part of the pool's name, 1 to 255 characters; capital letters count.
        type: str
      type:
        description: Type of the pool.
        type: str
        choices: [DYNAMIC, STATIC]
      in_maintenance_mode:
        description: Whether the pool is in maintenance mode.
        type: bool
      tags:
        description: Tags with their values, all of which the pool has to have. Older regions do not show tags.
        type: dict
  strict:
    description:
      - Fail if an expression of O(compose), O(groups) or O(keyed_groups) fails, instead of leaving it out.
extends_documentation_fragment:
  - hwcloud.workspace.connection
  - constructed
  - inventory_cache
notes:
  - Text options can be templates, such as a lookup, and can be encrypted with Ansible Vault. Variables are those of
    C(--extra-vars), with O(use_extra_vars). An option that the plugin does not know is refused.
  - What the service returns is never run as a template.
  - The cache holds the pools' records and no secret. It is kept by inventory file, by who asks, by places, by O(hosts)
    and by O(filters), so that a change of one of them reads the service.
seealso:
  - module: hwcloud.workspace.desktop_pool_info
  - module: hwcloud.workspace.desktop_info
"""

EXAMPLES = r"""
# fleet.desktop_pools.yml: static pools of two regions that are tagged for Saturdays, in groups by team and by region.
# The first line alone is an inventory of all pools of the region and project of the environment.
plugin: hwcloud.workspace.desktop_pools
regions:
  - eu-west-101
  - ap-southeast-1
filters:
  type: STATIC
  tags:
    window: saturday
keyed_groups:
  - key: pool_tags.team
    prefix: team
  - key: region
    prefix: region
groups:
  large: pool.desktop_count > 100
compose:
  image: pool.image_name
strict: true
cache: true
cache_plugin: ansible.builtin.jsonfile
cache_connection: /tmp/desktop_pools
cache_timeout: 600
"""

import os
from collections.abc import Callable
from typing import Any

from ansible.errors import AnsibleError, AnsibleParserError
from ansible.module_utils.errors import UnsupportedError
from ansible.plugins.inventory import BaseInventoryPlugin, Cacheable, Constructable

from ansible_collections.hwcloud.workspace.plugins.module_utils.client.errors import sentence
from ansible_collections.hwcloud.workspace.plugins.module_utils.inventory.fleet import SPEC, fingerprint, read_fleet
from ansible_collections.hwcloud.workspace.plugins.module_utils.inventory.hosts import GROUPS, inventory_hosts
from ansible_collections.hwcloud.workspace.plugins.module_utils.task import Result, Task, execute, plain

try:
    from ansible.template import trust_as_template
except ImportError:  # before ansible-core 2.19 every text is a template, unless it is marked
    from ansible.utils.unsafe_proxy import wrap_var as literal

    def trust_as_template(text: str) -> str:
        """Return the text, which is a template as it is."""
        return text

else:

    def literal(value: Any) -> Any:
        """Return the value, whose texts are no templates as they are."""
        return value


LOCAL = trust_as_template("local")
# As implicit localhost has it: the Python that has what the modules need, if one runs by itself.
CONTROLLER_PYTHON = trust_as_template("{{ ansible_playbook_python }}")


class InventoryModule(BaseInventoryPlugin, Constructable, Cacheable):
    """Makes pools or desktops hosts."""

    NAME = "hwcloud.workspace.desktop_pools"

    def verify_file(self, path: str) -> bool:
        """Return whether the inventory file is for this plugin, by its name."""
        return super().verify_file(path) and path.endswith(("desktop_pools.yml", "desktop_pools.yaml"))

    def parse(self, inventory: Any, loader: Any, path: str, cache: bool = True) -> None:
        """Add the hosts; nothing is added if anything cannot be read.

        :param cache: False reads the service, whatever the cache holds.
        :raises AnsibleParserError: one sentence about why the inventory cannot be read.
        """
        super().parse(inventory, loader, path, cache)
        config = self._read_config_data(path)
        unknown = sorted(set(map(str, config)) - set(self.option_definitions))
        if unknown:
            raise AnsibleParserError(f"desktop_pools has no option {' or '.join(unknown)}; check the spelling.")
        task = self._task()
        key = f"{self.get_cache_key(path)}_{self._ask(task, lambda: {'key': fingerprint(task)})['key']}"
        caches = self.get_option("cache")
        places = self._cache.get(key) if caches and cache else None
        if places is None:
            places = self._ask(task, lambda: read_fleet(task))["places"]
            if caches:
                self._cache[key] = places
        for warning in task.warnings:
            self.display.warning(task.censor(warning))
        self._add(places, task.params["hosts"], task.params["hostname"])

    def _task(self) -> Task:
        """Return what modules get: checked options, the environment, and what no output may hold."""
        given = {name: self._rendered(name) for name in SPEC.argument_spec}
        given = {name: value for name, value in given.items() if value is not None}
        validation = SPEC.validate(given)
        secrets = [str(text) for text in validation._no_log_values]
        params = {**given, **validation.validated_parameters}
        task = Task("desktop_pools", params, True, dict(os.environ), secrets=secrets)
        if validation.error_messages:
            unsupported = isinstance(validation.errors[0], UnsupportedError)
            begin = "desktop_pools has no option " if unsupported else ""
            raise AnsibleParserError(begin + sentence(task.censor(str(validation.errors.msg))))
        return task

    def _rendered(self, name: str) -> Any:
        """Return an option's value in plain builtin types, with what its templates yield."""
        value = self.get_option(name)
        self.templar.available_variables = self._vars if self.get_option("use_extra_vars") else {}
        try:
            return plain(self.templar.template(value), other=str)
        except AnsibleError as error:
            # Ansible's own text quotes the template, which could hold a secret.
            why = type(error).__name__ if SPEC.argument_spec[name].get("no_log") else str(error)
        raise AnsibleParserError(f"The template in option {name} cannot be used: {why}")

    def _ask(self, task: Task, what: Callable[[], Result]) -> Result:
        result = execute(SPEC, lambda _task: what(), task)
        if result.get("failed"):
            raise AnsibleParserError(str(result["msg"]))
        return result

    def _add(self, places: list[dict[str, Any]], kind: str, hostname: str) -> None:
        literals: dict[int, Any] = {}  # the desktops of a pool share its record
        before = set(self.inventory.hosts)
        hosts = inventory_hosts(places, kind, hostname)
        self.inventory.add_group(GROUPS[kind])
        try:
            for host in hosts:
                variables: dict[str, Any] = {}
                for name, value in host.variables.items():
                    if id(value) not in literals:
                        literals[id(value)] = literal(value)
                    variables[name] = literals[id(value)]
                variables["ansible_connection"] = LOCAL
                if kind == "pools":
                    variables["ansible_python_interpreter"] = CONTROLLER_PYTHON
                self._add_host(host.name, GROUPS[kind], variables)
        except Exception:
            # An inventory that fails must not leave a part of the fleet behind, which plays would take for all of it.
            for name in set(self.inventory.hosts) - before:
                self.inventory.remove_host(self.inventory.get_host(name))
            raise

    def _add_host(self, name: str, group: str, variables: dict[str, Any]) -> None:
        strict = self.get_option("strict")
        self.inventory.add_host(name, group=group)
        for variable, value in variables.items():
            self.inventory.set_variable(name, variable, value)
        self._set_composite_vars(self.get_option("compose"), variables, name, strict=strict)
        self._add_host_to_composed_groups(self.get_option("groups"), variables, name, strict=strict)
        self._add_host_to_keyed_groups(self.get_option("keyed_groups"), variables, name, strict=strict)
