# Copyright (c) 2026 the hwcloud.workspace contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A stand-in for the API of AWX: keeps objects, looks them up by name, and refuses what AWX refuses.

It knows what the modules of the collection ``awx.awx`` ask for when they make objects; it runs nothing.
"""

from __future__ import annotations

import json
import re
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, urlsplit

from awx_rules import playbooks_of, problems_of_credential, problems_of_credential_type, problems_of_survey

TOKEN = "EXAMPLETOKEN-AWX"
_ROOT = "/api/v2/"
_PATH = re.compile(r"^/api/v2/(?P<kind>[a-z_]+)/(?:(?P<id>\d+)/)?(?:(?P<below>[a-z_]+)/)?$")
_TYPES = {"inventories": "inventory", "inventory_sources": "inventory_source"}
_TEMPLATES = ("job_templates", "workflow_job_templates", "projects", "inventory_sources", "workflow_approval_templates")
_NOTIFICATIONS = {f"notification_templates_{when}" for when in ("started", "success", "error", "approvals")}
_ASSOCIATED = {
    "job_templates": {"credentials", "labels", *_NOTIFICATIONS},
    "workflow_job_templates": {"labels", *_NOTIFICATIONS},
    "workflow_job_template_nodes": {"success_nodes", "failure_nodes", "always_nodes", "credentials", "labels"},
    "projects": _NOTIFICATIONS,
    "inventory_sources": _NOTIFICATIONS,
}

Answer = tuple[int, Any]


class Refusal(Exception):
    """AWX would answer 400."""


@dataclass
class StandIn:
    """What AWX keeps: objects by kind and ID, and what is associated with them."""

    project: Path
    objects: dict[str, dict[int, dict[str, Any]]] = field(default_factory=dict)
    surveys: dict[int, dict[str, Any]] = field(default_factory=dict)
    associated: dict[tuple[str, int, str], list[int]] = field(default_factory=dict)
    secrets: dict[int, dict[str, Any]] = field(default_factory=dict)
    changes: list[str] = field(default_factory=list)
    url: str = ""
    _last: int = 0

    def add(self, kind: str, /, **values: Any) -> dict[str, Any]:
        """Keep a new object."""
        self._last += 1
        path = f"{_ROOT}{kind}/{self._last}/"
        made = {
            **values,
            "id": self._last,
            "type": _TYPES.get(kind, kind.removesuffix("s")),
            "url": path,
            "scm_revision": "",
            "related": {"survey_spec": f"{path}survey_spec/"},
            "summary_fields": {},
        }
        self.objects.setdefault(kind, {})[self._last] = made
        return made

    def by_name(self, kind: str, name: str) -> dict[str, Any]:
        """Return the only object of a name."""
        (found,) = (
            entry
            for entry in self.objects.get(kind, {}).values()
            if name in (entry.get("name"), entry.get("identifier"))
        )
        return found

    def answer(self, method: str, path: str, query: dict[str, str], body: dict[str, Any]) -> Answer:
        """Answer a request."""
        found = _PATH.match(path)
        if not found:
            return 404, {"detail": f"no {path}"}
        kind, below = found["kind"], found["below"]
        if found["id"] is None:
            return self._list(kind, query) if method == "GET" else self._create(kind, body)
        entry = self.objects.get(kind, {}).get(int(found["id"]))
        if entry is None:
            return 404, {"detail": "Not found."}
        if below is None:
            return self._one(method, kind, entry, body)
        if below == "survey_spec":
            return self._survey(method, entry, body)
        if below == "create_approval_template":
            return self._approval(entry, body)
        if below not in _ASSOCIATED.get(kind, ()):
            return 404, {"detail": f"{kind} have no {below}"}
        return self._associate(method, (kind, entry["id"], below), body)

    def _list(self, kind: str, query: dict[str, str]) -> Answer:
        kinds = _TEMPLATES if kind == "unified_job_templates" else (kind,)
        entries = [entry for one in kinds for entry in self.objects.get(one, {}).values()]
        either = {name[4:]: value for name, value in query.items() if name.startswith("or__")}
        every = {name: value for name, value in query.items() if not name.startswith("or__") and name != "page_size"}
        results = [
            entry
            for entry in entries
            if all(str(entry.get(name)) == value for name, value in every.items())
            and (not either or any(str(entry.get(name)) == value for name, value in either.items()))
        ]
        return 200, {"count": len(results), "next": None, "results": results}

    def _create(self, kind: str, body: dict[str, Any]) -> Answer:
        entry = self.add(kind, **self._kept(kind, None, body))
        self.changes.append(f"POST {kind} {body.get('name') or body.get('identifier')}")
        self._hide(kind, entry, body)
        return 201, entry

    def _one(self, method: str, kind: str, entry: dict[str, Any], body: dict[str, Any]) -> Answer:
        if method == "PATCH":
            entry.update(self._kept(kind, entry, body))
            self.changes.append(f"PATCH {kind} {entry.get('name')} {sorted(body)}")
            self._hide(kind, entry, body)
        return 200, entry

    def _kept(self, kind: str, entry: dict[str, Any] | None, body: dict[str, Any]) -> dict[str, Any]:
        """Return what AWX keeps of a body, after it has looked at it."""
        whole = {**(entry or {}), **body}
        found: list[str] = []
        if kind == "credential_types":
            found = problems_of_credential_type(whole["inputs"], whole["injectors"])
        elif kind == "credentials":
            made_of = self.objects["credential_types"][whole["credential_type"]]
            found = problems_of_credential(made_of["inputs"], whole["inputs"])
        elif kind == "job_templates" and whole.get("playbook") not in playbooks_of(self.project):
            found = [f"playbook {whole.get('playbook')} is not in the project"]
        elif kind == "inventory_sources" and not (self.project / str(whole.get("source_path"))).is_file():
            found = [f"{whole.get('source_path')} is not in the project"]
        elif kind == "workflow_job_template_nodes":
            found = self._in_prompts(whole)
        elif kind == "schedules" and not re.match(
            r"DTSTART(;TZID=[^:]+)?:\d{8}T\d{6}Z? RRULE:.*INTERVAL=\d+", whole["rrule"]
        ):
            found = ["rrule needs DTSTART, RRULE and INTERVAL"]
        if found:
            raise Refusal("; ".join(found))
        return dict(body)

    def _in_prompts(self, node: dict[str, Any]) -> list[str]:
        """A node may say only what its template asks for at the launch."""
        template = self.objects.get("job_templates", {}).get(node.get("unified_job_template", 0), {})
        prompts = {"job_type": "ask_job_type_on_launch", "limit": "ask_limit_on_launch"}
        return [f"{name} is not asked for" for name, ask in prompts.items() if node.get(name) and not template.get(ask)]

    def _hide(self, kind: str, entry: dict[str, Any], body: dict[str, Any]) -> None:
        if kind == "credentials" and "inputs" in body:
            fields = self.objects["credential_types"][entry["credential_type"]]["inputs"]["fields"]
            secret = {field["id"] for field in fields if field.get("secret")}
            self.secrets[entry["id"]] = body["inputs"]
            entry["inputs"] = {
                name: "$encrypted$" if name in secret else value for name, value in body["inputs"].items()
            }

    def _survey(self, method: str, entry: dict[str, Any], body: dict[str, Any]) -> Answer:
        if method == "POST":
            found = problems_of_survey(body)
            if found:
                return 400, {"error": "; ".join(found)}
            self.surveys[entry["id"]] = body
            self.changes.append(f"POST survey of {entry['name']}")
        return 200, self.surveys.get(entry["id"], {})

    def _approval(self, node: dict[str, Any], body: dict[str, Any]) -> Answer:
        made = self.add("workflow_approval_templates", **self._kept("workflow_approval_templates", None, body))
        node["unified_job_template"] = made["id"]
        node["related"]["unified_job_template"] = made["url"]
        self.changes.append(f"POST approval {body.get('name')}")
        return 201, made

    def _associate(self, method: str, which: tuple[str, int, str], body: dict[str, Any]) -> Answer:
        held = self.associated.setdefault(which, [])
        if method == "POST":
            self.changes.append(f"POST {which} {body}")
            if body.get("disassociate"):
                held.remove(body["id"])
            else:
                held.append(body["id"])
            return 204, None
        return 200, {"count": len(held), "next": None, "results": [{"id": one} for one in held]}


@contextmanager
def standing_in(project: Path) -> Iterator[StandIn]:
    """Serve a stand-in whose projects all hold what is in this folder. It has one organisation and one notification."""
    held = StandIn(project)
    held.add("organizations", name="Default")
    held.add("notification_templates", name="on-call", organization=1)

    class Handler(BaseHTTPRequestHandler):
        """Reads a request and writes the answer."""

        protocol_version = "HTTP/1.1"

        def _serve(self) -> None:
            size = int(self.headers.get("Content-Length") or 0)
            text = self.rfile.read(size)
            url = urlsplit(self.path)
            if self.headers.get("Authorization") != f"Bearer {TOKEN}":
                status, answer = 401, {"detail": "Authentication credentials were not provided."}
            else:
                try:
                    body = json.loads(text or b"{}") if self.command != "GET" else {}
                    status, answer = held.answer(self.command, url.path, dict(parse_qsl(url.query)), body)
                except Refusal as refusal:
                    status, answer = 400, {"detail": str(refusal)}
            content = b"" if answer is None else json.dumps(answer).encode()
            self.send_response(status)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(content)))
            self.send_header("X-API-Product-Name", "AWX")
            self.send_header("X-API-Product-Version", "24.6.1")
            self.end_headers()
            self.wfile.write(content)

        do_GET = do_POST = do_PATCH = do_DELETE = _serve  # noqa: N815 - as the server looks for them

        def log_message(self, *arguments: Any) -> None:
            """Say nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    held.url = f"http://127.0.0.1:{server.server_address[1]}"
    thread = threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True)
    thread.start()
    try:
        yield held
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
