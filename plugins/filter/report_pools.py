# Copyright (c) 2026 the hwcloud.workspace contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The report of a maintenance, for roles. What they take and give is said in the .yml of each filter's name."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from ansible.errors import AnsibleFilterError

from ansible_collections.hwcloud.workspace.plugins.plugin_utils.guarded import Later, guarded

document = Later("report.document")
model = Later("report.model")
page = Later("report.page")


def _html(raws: Any, title: str, written: str) -> Any:
    return page.page(_results("report_html", raws), str(title), str(written))


def _document(raws: Any, title: str, written: str) -> Any:
    results = _results("report_document", raws)
    return document.document(raws, results, str(title), str(written))


def _name(raws: Any, wanted: str, now: str) -> Any:
    return document.file_name(_results("report_name", raws), str(wanted or ""), str(now))


def _brief(raws: Any) -> Any:
    return document.brief(_results("report_brief", raws))


def _results(name: str, raws: Any) -> list[Any]:
    if not isinstance(raws, (list, tuple)) or not all(isinstance(raw, Mapping) for raw in raws):
        raise AnsibleFilterError(f"{name}: a list of results is wanted, each a dictionary.")
    # Results are plain text from here on, so that nothing of them is ever taken for a template.
    return [model.read_result(document.plain(raw)) for raw in raws]


class FilterModule:
    """Ansible's door to the filters of this file."""

    def filters(self) -> dict[str, Callable[..., Any]]:
        """Return the filters by name."""
        filters: dict[str, Callable[..., Any]] = {
            "report_brief": _brief,
            "report_document": _document,
            "report_html": _html,
            "report_name": _name,
        }
        return {name: guarded(name, found) for name, found in filters.items()}
