# Copyright (c) 2026 the hwcloud.workspace contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Counts nodes as the controller of AWX does; runs in ``.build/events``, where jq is.

Reads the events of ansible-runner as a JSON list and writes what the controller would keep. Where the controller drops
a record, or loses those of a whole job, without more than a line in its log, this program fails.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Hashable
from pathlib import Path
from typing import Any

import jq
import yaml


def hashable(value: Any) -> Hashable:
    """Return facts in a form that can be compared as a whole; there is none for null."""
    if isinstance(value, dict):
        return tuple(sorted((hashable(key), hashable(item)) for key, item in value.items()))
    if isinstance(value, list):
        return tuple(hashable(item) for item in value)
    if isinstance(value, (str, int, float, bool)):
        return value
    raise SystemExit(f"canonical_facts hold {value!r}, so the node is dropped")


def count(events: list[dict[str, Any]], queries: dict[str, dict[str, str]]) -> list[dict[str, Any]]:
    """Return the nodes of a job, each once, with how often it was met and by which modules."""
    nodes: dict[Hashable, dict[str, Any]] = {}
    for event in events:
        data = event["event_data"]
        action = data.get("resolved_action") or ""
        if "res" not in data or action not in queries:
            continue
        for found in jq.compile(queries[action]["query"]).input_value(data["res"]).all():
            if not found.get("canonical_facts") or not found.get("name"):
                raise SystemExit(f"{action}: a record without canonical_facts or name: {found}")
            node = nodes.setdefault(hashable(found["canonical_facts"]), {**found, "count": 0, "events": []})
            node["count"] += 1
            node["events"] += [action] if action not in node["events"] else []
    names = [node["name"] for node in nodes.values()]
    if len(names) != len(set(names)):
        raise SystemExit("two nodes of a job have the same name, so all of the job's nodes are lost")
    return list(nodes.values())


def main() -> None:
    """Count the nodes of each task by itself, and those of the job."""
    queries = yaml.safe_load(Path(sys.argv[1]).read_text(encoding="utf-8"))
    events = json.load(sys.stdin)
    tasks: dict[str, list[dict[str, Any]]] = {}
    for event in events:
        tasks.setdefault(event["event_data"]["task"], []).append(event)
    by_task = {name: count(members, queries) for name, members in tasks.items()}
    json.dump({"job": count(events, queries), "tasks": by_task}, sys.stdout)


if __name__ == "__main__":
    main()
