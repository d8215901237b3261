# Copyright (c) 2026 the hwcloud.workspace contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Random texts through the checks of options and the building of URLs, which send nothing."""

from __future__ import annotations

import re
from contextlib import suppress
from typing import Any
from urllib.parse import parse_qsl, unquote, urlsplit

import requests
from hypothesis import given, settings
from hypothesis import strategies as st
from inputs import BASES, spec_of
from tally import Tally
from wire import OPERATIONS, operation_of

from ansible_collections.hwcloud.workspace.plugins.module_utils.client.errors import InputError, printable
from ansible_collections.hwcloud.workspace.plugins.module_utils.client.settings import read_settings
from ansible_collections.hwcloud.workspace.plugins.module_utils.client.shapes import SHAPES, ShapeError, understood
from ansible_collections.hwcloud.workspace.plugins.module_utils.client.signing import canonical_query
from ansible_collections.hwcloud.workspace.plugins.module_utils.client.transport import query_pairs
from ansible_collections.hwcloud.workspace.plugins.module_utils.task import Task, execute, refusal_of

EXAMPLES = 150
WHOLE = st.text(st.characters(exclude_categories=["Cs"]), max_size=300)
PIECES = st.lists(
    st.sampled_from(
        ["..", "/", "%2f", "\\", "?", "#", "@", ":", "//", "a", "\r\n", "[", "]", ";", "&", "=", " ", "ü", "."]
    ),
    max_size=8,
).map("".join)
TEXTS = st.one_of(WHOLE, PIECES)
ANYTHING = st.recursive(
    st.one_of(st.none(), st.booleans(), st.integers(), st.floats(), st.text(max_size=20)),
    lambda inner: st.one_of(st.lists(inner, max_size=3), st.dictionaries(st.text(max_size=8), inner, max_size=3)),
    max_leaves=6,
)
UNPRINTABLE = re.compile("[\x00-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069\ud800-\udfff]")


@settings(max_examples=EXAMPLES, deadline=None)
@given(operation=st.sampled_from([found for found in OPERATIONS if "{" in found.path]), text=TEXTS, other=TEXTS)
def test_a_text_is_one_segment_of_the_path_or_refused(operation: Any, text: str, other: str) -> None:
    """The URL that is really sent is one of the operation, with the text in its place, and on the right host."""
    names = re.findall(r"{(\w+)}", operation.path)
    values = dict.fromkeys(names, "a1") | {names[-1]: text}
    try:
        path = operation.url_path(values)
    except InputError:
        assert not text or "/" in text or text in (".", "..")
        return
    query = canonical_query(query_pairs({"name": other, "x": [text, other]}))
    url = str(requests.Request(operation.method, f"http://127.0.0.1:9{path}?{query}").prepare().url)
    parts = urlsplit(url)
    assert parts.netloc == "127.0.0.1:9"
    assert operation_of(operation.method, url).path.count("/") == operation.path.count("/")
    segments = [
        text if part == f"{{{names[-1]}}}" else "a1" if part[:1] == "{" else part for part in operation.path.split("/")
    ]
    assert [unquote(segment) for segment in parts.path.split("/")] == segments
    assert sorted(parse_qsl(parts.query, keep_blank_values=True)) == sorted(
        [("name", other), ("x", text), ("x", other)]
    )


@settings(max_examples=EXAMPLES, deadline=None)
@given(text=st.one_of(TEXTS, PIECES.map("http://{}".format), PIECES.map("https://workspace.test{}".format)))
def test_an_endpoint_leads_where_it_says_or_is_refused(text: str) -> None:
    try:
        found = read_settings({"endpoint": text, "region": "eu-west-101"}, {}).endpoint if text else ""
    except InputError as error:
        found = ""
        said = str(error)
    else:
        said = "endpoint"
    assert "endpoint" in said
    if found:
        sent = urlsplit(str(requests.Request("GET", found + "/v2/x").prepare().url))
        assert sent.netloc.lower() == text.partition("://")[2].partition("/")[0].lower()
        assert (sent.query, sent.fragment, sent.username) == ("", "", None)
        assert sent.path.endswith("/v2/x")


@settings(max_examples=EXAMPLES, deadline=None)
@given(data=st.data(), module=st.sampled_from(sorted(BASES)))
def test_checks_of_options_end_with_a_sentence_or_nothing(data: st.DataObject, module: str) -> None:
    """Whatever an option is given, the checks say something readable about it, or nothing."""
    spec = spec_of(module)
    name = data.draw(st.sampled_from(sorted(spec.argument_spec)))
    value = data.draw(st.one_of(ANYTHING, st.text(max_size=400)))
    options = spec.given({**BASES[module], name: value})
    validation = spec.validate(options)
    said = refusal_of(validation, module)
    if said is None:
        task = Task(module, {**options, **validation.validated_parameters}, True, {})
        result = execute(spec, lambda _task: {"changed": False}, task)
        said = str(result.get("msg", ""))
    assert not UNPRINTABLE.search(said)
    assert "defect" not in said
    assert len(said) < 5000


@settings(max_examples=EXAMPLES, deadline=None)
@given(operation=st.sampled_from(sorted(SHAPES)), body=st.dictionaries(st.text(max_size=8), ANYTHING, max_size=3))
def test_an_answer_is_understood_or_not(operation: str, body: dict[str, Any]) -> None:
    keys = list(getattr(SHAPES[operation], "fields", {})) or ["desktops", "desktop_pools", "jobs", "total_count"]
    answer = {**dict(zip(keys, body.values(), strict=False)), **body}
    with suppress(ShapeError):  # nothing else may be raised
        understood(operation, answer)


@given(text=st.text())
def test_what_is_printed_moves_no_cursor(text: str) -> None:
    assert not UNPRINTABLE.search(printable(text))


def test_these_are_counted(tally: Tally) -> None:
    tally.add("bad input", cases=4 * EXAMPLES)
