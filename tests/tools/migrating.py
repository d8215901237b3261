# Copyright (c) 2026 the hwcloud.workspace contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Writes the tables of the three guides on migrating: from Terraform, from the official SDK, from ``uri`` tasks.

The methods are those of the SDK as it is installed, the options those of the modules. Which module an operation belongs
to stands in ``operations.yml`` and, for the operations on single desktops and the catalogue, here; both are held
against what the code sends. The arguments of the Terraform provider stand in ``terraform.yml``.
"""

from __future__ import annotations

import argparse
import importlib
import re
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import yaml
from operations_table import TABLE, Row, module_specs, read_table
from permissions import COLLECTION, Permissions, Problems, list_table, put_in
from permissions import gather as gather_permissions

ROOT = Path(__file__).resolve().parents[2]
GUIDES = ROOT / "docs" / "docsite" / "rst"
TERRAFORM = Path(__file__).with_name("terraform.yml")

BESIDE_POOLS = {
    "ListDesktopsDetail": (
        "desktop_pool_info",
        "with :ansopt:`hwcloud.workspace.desktop_pool_info#module:gather=desktops`",
    ),
    "ListDesktops": ("desktop_pool_info", "with :ansopt:`hwcloud.workspace.desktop_pool_info#module:gather=desktops`"),
    "BatchRunDesktops": ("desktop_power", ""),
    "BatchLogoffDesktops": ("desktop_logoff", ""),
    "BatchDeleteDesktops": ("desktop_pool", "with ``state: absent`` and ``force``, all desktops of the pool"),
    "ListImages": ("image_info", ""),
    "ListProducts": ("product_info", ""),
    "ListScriptRecords": ("desktop_pool_script_info", ""),
}
"""Operations of the service that are none on pools or jobs: the module for them, and how."""


class Guides:
    """The tables of the guides.

    :param sdk: the SDK's package with its client and models.
    :param rows: what ``operations.yml`` says of the operations on pools and jobs.
    :param specs: the argument spec of each module.
    :param permissions: which operations each module sends.
    :param terraform: what ``terraform.yml`` holds.
    """

    def __init__(
        self,
        sdk: Any,
        rows: Mapping[str, Row],
        specs: Mapping[str, Mapping[str, Any]],
        permissions: Permissions,
        terraform: Mapping[str, Any],
    ) -> None:
        self.sdk = sdk
        self.rows = rows
        self.specs = specs
        self.permissions = permissions
        self.terraform = terraform

    def tables(self) -> dict[str, dict[str, str]]:
        """Return the generated parts by guide and name.

        :raises Problems: something does not fit.
        """
        found = self.problems()
        if found:
            raise Problems(found)
        return {
            "migrating_sdk": {"methods": list_table(("method", "request", "module"), self._methods(), (38, 42, 20))},
            "migrating_uri": {
                "requests": list_table(
                    ("request", "module", "fields that have another name"), self._requests(), (45, 25, 30)
                )
            },
            "migrating_terraform": dict(self._arguments()),
        }

    def problems(self) -> list[str]:
        """Return a sentence for each place that does not fit the SDK, the modules or the code."""
        found = [
            f"{name}: the SDK has no method {method_of(name)}."
            for name in (*self.rows, *BESIDE_POOLS)
            if not hasattr(self.sdk.WorkspaceClient, method_of(name))
        ]
        for name, (module, _how) in BESIDE_POOLS.items():
            if name not in self.permissions.modules.get(module, ()):
                found.append(f"{name}: {module} does not send it.")
        sent = {operation for operations in self.permissions.modules.values() for operation in operations}
        found += [
            f"{name}: a module sends it, and no table names it." for name in sorted(sent - {*self.rows, *BESIDE_POOLS})
        ]
        for resource, entry in self.terraform.items():
            for argument, meant in entry["arguments"].items():
                if not self._has(entry["module"], meant["option"]):
                    found.append(f"{resource}.{argument}: there is no option {meant['option']}.")
        return found

    def _has(self, module: str, option: str) -> bool:
        first, _dot, rest = option.partition(".")
        if first in self.specs and rest:
            module, option = first, rest
        spec = self.specs[module]
        for part in option.split("."):
            if part not in spec:
                return False
            spec = spec[part].get("options") or {}
        return True

    def _described(self, name: str) -> Mapping[str, Any]:
        class NoFields:
            attribute_map: Mapping[str, str] = {}

        return dict(getattr(self.sdk.WorkspaceClient, f"_{method_of(name)}_http_info")(NoFields()))

    def _where(self, name: str) -> str:
        what = self._described(name)
        return f"{what['method']} ``{what['resource_path'].removeprefix('/v2/{project_id}')}``"

    def _methods(self) -> Iterator[tuple[str, ...]]:
        for name, row in self.rows.items():
            yield f"``{method_of(name)}``", self._where(name), _module(row.modules[0])
        for name, (module, how) in BESIDE_POOLS.items():
            yield f"``{method_of(name)}``", self._where(name), f"{_module(module)} {how}".strip()

    def _requests(self) -> Iterator[tuple[str, ...]]:
        for name, row in self.rows.items():
            module = row.modules[0]
            other = [
                f"``{field}``: ``{', '.join(by_module[module])}``"
                for field, by_module in row.options.items()
                if field != "pool_id" and module in by_module and field not in by_module[module]
            ]
            yield self._where(name), _module(module), "; ".join(other) or "none"

    def _arguments(self) -> Iterator[tuple[str, str]]:
        for resource, entry in self.terraform.items():
            rows = [
                (f"``{argument}``", _option(entry["module"], meant["option"], self.specs), meant["changes"])
                for argument, meant in entry["arguments"].items()
            ]
            yield resource, list_table(("argument", "option", "what an apply does when it changes"), rows, (30, 40, 30))


def method_of(operation: str) -> str:
    """Return the SDK's method for an operation: ``RebuildDesktopPool`` is ``rebuild_desktop_pool``."""
    return re.sub(r"(?<!^)(?=[A-Z])", "_", operation).lower()


def _module(name: str) -> str:
    return f":ansplugin:`{COLLECTION}.{name}#module`"


def _option(module: str, option: str, specs: Mapping[str, Any]) -> str:
    first, _dot, rest = option.partition(".")
    if first in specs and rest:
        module, option = first, rest
    spec, path = specs[module], []
    for part in option.split("."):
        inner = spec[part].get("options") or {}
        # The documentation's own way to write an option inside of a list.
        path.append(f"{part}[]" if inner and spec[part]["type"] == "list" else part)
        spec = inner
    return f":ansopt:`{COLLECTION}.{module}#module:{'.'.join(path).removesuffix('[]')}`"


def gather() -> Guides:
    """Return what is known of this checkout."""
    return Guides(
        importlib.import_module("huaweicloudsdkworkspace.v2"),
        read_table(TABLE.read_text(encoding="utf-8")).rows,
        module_specs(),
        gather_permissions(),
        yaml.safe_load(TERRAFORM.read_text(encoding="utf-8")),
    )


def rendered(guides: Guides) -> dict[Path, str]:
    """Return the text of each guide."""
    paths = {GUIDES / f"{name}.rst": parts for name, parts in guides.tables().items()}
    return {path: put_in(path.read_text(encoding="utf-8"), parts) for path, parts in paths.items()}


def main() -> int:
    """Write the guides, or say what does not fit. Return the program's status."""
    argparse.ArgumentParser(description=__doc__).parse_args()
    sys.path.append(str(ROOT / ".build" / "collections"))
    try:
        files = rendered(gather())
    except Problems as problems:
        print(problems, file=sys.stderr)
        return 1
    for path, text in files.items():
        path.write_text(text, encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
