# Copyright (c) 2026 the hwcloud.workspace contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Masking: every spelling of a secret goes, and nothing else."""

from __future__ import annotations

import base64
import html
import json
from typing import Any
from urllib.parse import quote, quote_plus

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.hwcloud.workspace.plugins.module_utils.client.masking import (
    LONG,
    MASK,
    SHORT,
    WHOLE,
    Secrets,
    secrets_in_environment,
)


def secrets(*texts: str) -> Secrets:
    found = Secrets()
    for text in texts:
        found.add(text)
    return found


ANY = st.text(st.characters(exclude_categories=["Cs"]), min_size=SHORT, max_size=90).filter(
    lambda text: len(text.strip()) >= SHORT
)


@given(ANY)
def test_every_spelling_is_masked(secret: str) -> None:
    keeps = secrets(secret)
    data = secret.encode()
    for spelling in (
        secret,
        json.dumps(secret)[1:-1],
        json.dumps(secret, ensure_ascii=False)[1:-1],
        json.dumps(json.dumps(secret)[1:-1])[1:-1],
        repr(secret)[1:-1],
        repr(data)[2:-1],
        quote(secret, safe=""),
        quote(secret),
        quote_plus(secret),
        html.escape(secret),
    ):
        assert keeps.censor(f"<{spelling}>") == f"<{MASK}>"
    for before in (b"", b"user:", b"a", b"ab"):
        encoded = base64.b64encode(before + data + b" and more").decode()
        assert MASK in keeps.censor(encoded)


def test_a_long_secret_that_others_have_cut_is_known_by_its_beginning() -> None:
    token = "".join(f"{number:03d}" for number in range(LONG))
    keeps = secrets(token)
    assert keeps.censor(f"token {token[:100]}… has expired") == f"token {MASK}… has expired"
    assert keeps.censor(f"token {token} has expired") == f"token {MASK} has expired"
    assert keeps.censor(token[:20]) == token[:20]


@pytest.mark.parametrize(
    ("secret", "text", "shown"),
    [
        ("a", "a pool and a job", f"{MASK} pool and {MASK} job"),
        ("1", "1 of 10, 21 and 1.", f"{MASK} of 10, 21 and {MASK}."),
        ("pool", "pools of the pool", f"pools of the {MASK}"),
        ('"', 'a "word"', 'a "word"'),
        ('"', '"', MASK),
        ("finance", "financed", f"{MASK}d"),
        ("   ", "a   b", "a   b"),
    ],
)
def test_a_short_secret_is_masked_as_a_word(secret: str, text: str, shown: str) -> None:
    assert secrets(secret).censor(text) == shown


def test_a_result_keeps_its_shape() -> None:
    result: dict[str, Any] = {
        "changed": True,
        "count": 15,
        "ratio": 0.5,
        "none": None,
        "whole": "5secrets",
        "within": ["a 5secrets b", {"key of 5secrets": 5}],
    }
    assert secrets("5secrets", "15").mask(result) == {
        "changed": True,
        "count": WHOLE,
        "ratio": 0.5,
        "none": None,
        "whole": WHOLE,
        "within": [f"a {MASK} b", {f"key of {MASK}": 5}],
    }


@pytest.mark.parametrize(
    ("environment", "found"),
    [
        ({"HW_AUTH_TOKEN": "t", "HW_USER_NAME": "u", "HW_USER_PASSWORD": ""}, {"t"}),
        ({"https_proxy": "http://u:p%40w@host:1"}, {"u:p%40w", "p%40w", "p@w", base64.b64encode(b"u:p@w").decode()}),
        ({"HTTP_PROXY": "u:pw@host"}, {"u:pw", "pw", base64.b64encode(b"u:pw").decode()}),
        ({"ALL_PROXY": "http://token@host"}, {"token"}),
        ({"HTTP_PROXY": "http://host:1"}, set()),
        ({"HTTP_PROXY": "http://u:pw@[bad"}, {"u:pw", "pw", base64.b64encode(b"u:pw").decode()}),
        ({"NO_PROXY": "u:pw@host"}, set()),
    ],
)
def test_secrets_of_the_environment(environment: dict[str, str], found: set[str]) -> None:
    assert set(secrets_in_environment(environment)) - {""} == found
