# Copyright (c) 2026 the hwcloud.workspace contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The page and the JSON file: well-formed, escaped, complete, small, and of one mind."""

from __future__ import annotations

import json
import re
import xml.etree.ElementTree as ET
from typing import Any

import pytest

from ansible_collections.hwcloud.workspace.plugins.module_utils.report import document
from ansible_collections.hwcloud.workspace.plugins.module_utils.report.elements import element, joined
from ansible_collections.hwcloud.workspace.plugins.module_utils.report.model import read_result
from ansible_collections.hwcloud.workspace.plugins.module_utils.report.page import page
from ansible_collections.hwcloud.workspace.plugins.module_utils.report.style import STYLE
from ansible_collections.hwcloud.workspace.plugins.module_utils.report.words import duration, number
from ansible_collections.hwcloud.workspace.tests.unit.plugins.module_utils.report.sample_results import (
    HOSTILE,
    SAMPLES,
    WORDS,
    clean,
    crowd,
    desktop,
    failure,
    hostile,
    rehearsal,
    rolled_back,
    stopped,
    unchanged,
)

TITLE = "Desktop pool maintenance"
WRITTEN = "2026-11-21T23:40:00Z"
ODD: list[Any] = [None, "", "text", 7, -1, 1e400, True, [], [None, 3, "x", []], {}, {"a": [1]}, [{}], [{"desktops": 5}]]
KEYS = sorted({*rolled_back(), *rehearsal()})


def html_of(*raws: dict[str, Any], title: str = TITLE) -> str:
    """Return the page of these results."""
    return page([read_result(document.plain(raw)) for raw in raws], title, WRITTEN)


def parsed(*raws: dict[str, Any], **more: Any) -> ET.Element:
    """Return the page of these results, read as strictly as XML is."""
    return ET.fromstring(html_of(*raws, **more))  # noqa: S314 - it was written here


def text_of(found: ET.Element) -> str:
    """Return the text that a part of the page shows, with usual spaces."""
    return " ".join("".join(found.itertext()).split())


def sections(page_read: ET.Element) -> dict[str, ET.Element]:
    """Return the parts of the page by heading."""
    return {text_of(found[0]): found for found in page_read.iter("section")}


def rows(part: ET.Element) -> list[list[str]]:
    """Return the cells of the tables in a part of the page."""
    return [[text_of(cell) for cell in line] for table in part.iter("tbody") for line in table]


def figures(found: ET.Element) -> dict[str, str]:
    """Return the numbers that are shown large."""
    return {
        str(span.get("data-figure")): text_of(span)
        for tile in found.iter("dl")
        for span in tile.iter("span")
        if span.get("data-figure")
    }


@pytest.mark.parametrize("name", SAMPLES)
def test_a_page_is_well_formed_and_needs_nothing_but_itself(name: str) -> None:
    whole = html_of(*SAMPLES[name])
    assert whole.startswith("<!DOCTYPE html>\n<html lang=")
    root = parsed(*SAMPLES[name])
    for found in root.iter():
        assert found.tag not in ("script", "img", "iframe", "object", "embed", "base", "form")
        for attribute, value in found.attrib.items():
            assert attribute not in ("src", "style", "action", "srcset")
            assert not attribute.startswith("on")
            if attribute == "href":
                assert value.startswith(("#", "data:,"))
    assert "url(" not in re.sub(r"url\(#h-\w+\)", "", STYLE)
    assert "@import" not in STYLE


@pytest.mark.parametrize("name", SAMPLES)
def test_every_sign_and_hatching_that_is_used_is_defined(name: str) -> None:
    root = parsed(*SAMPLES[name])
    ids = [found.get("id") for found in root.iter() if found.get("id")]
    assert len(ids) == len(set(ids))
    wanted = {str(found.get("href"))[1:] for tag in ("use", "a") for found in root.iter(tag)}
    assert wanted <= set(ids)
    assert set(re.findall(r"url\(#([\w-]+)\)", STYLE)) <= set(ids)


def test_hostile_text_is_shown_and_nothing_else() -> None:
    root = parsed(hostile(), title=HOSTILE)
    shown = text_of(root)
    # Control characters are replaced; everything else stands there letter by letter.
    assert shown.count('<script>alert("x")</script>\'"&<img src=https://evil.invalid/x>{{ 7*7 }}\ufffd') >= 15
    tags = {found.tag for found in parsed(clean(), rolled_back(), rehearsal()).iter()}
    assert {found.tag for found in root.iter()} <= tags


@pytest.mark.parametrize("key", KEYS)
def test_a_value_of_another_kind_does_not_end_the_report(key: str) -> None:
    for value in ODD:
        for raw in (stopped(), {"pool": "finance", "outcome": "done"}):
            odd = {**raw, key: value}
            parsed(odd)
            told = document.document([odd], [read_result(document.plain(odd))], TITLE, WRITTEN)
            json.dumps(told, allow_nan=False)


@pytest.mark.parametrize("raw", [rolled_back(), clean(), stopped(), crowd(), unchanged()], ids=lambda raw: raw["pool"])
def test_the_page_and_the_json_say_the_same_numbers(raw: dict[str, Any]) -> None:
    (told,) = document.document([raw], [read_result(raw)], TITLE, WRITTEN)["pools"]
    numbers = told["summary"]
    assert numbers["failed"] == len(raw["desktops_failed"])
    assert numbers["succeeded"] == len(raw["desktops_succeeded"])
    shown = figures(parsed(raw))
    for key in ("succeeded", "failed", "skipped", "desktop_count"):
        assert shown[key] == number(numbers[key]), key
    assert shown["seconds"] == duration(numbers["seconds"]).replace("\u00a0", " ")
    assert shown["rate"] == (number(numbers["rate"]) if numbers["rate"] is not None else "\u2013")
    assert shown.get("put_back", "0") == number(numbers["put_back"])


def test_a_rehearsal_says_so_and_names_desktops_and_users_of_each_wave() -> None:
    root = parsed(rehearsal())
    (note,) = (found for found in root.iter("div") if found.get("class") == "rehearsal")
    assert text_of(note).startswith("Rehearsal: nothing was changed")
    part = sections(root)["Waves that would run"]
    assert [text_of(heading) for heading in part.iter("h4")] == [
        "Image, canary: 2 desktops, none of them in use",
        "Image, wave 2: 11 desktops, 4 of them in use",
        "Image, wave 3: 13 desktops, 2 of them in use",
        "Image, wave 4: 14 desktops, 1 of them in use",
    ]
    assert ["CCT-0005", "user-b2, user-c3", "connected"] in rows(part)
    assert ["CCT-0012", "user-d4", "disconnected, session open"] in rows(part)
    assert ["CCT-0013", "unknown", "connected"] in rows(part)
    listed = {text_of(found) for found in part.iter("span") if found.get("class") == "name"}
    in_use = {row[0] for row in rows(part)}
    assert listed.isdisjoint(in_use)
    assert listed | in_use == {f"CCT-{number:04d}" for number in range(1, 41)}
    shown = figures(root)
    assert (shown["planned"], shown["in_session"], shown["waves"]) == ("40", "7", "4")
    assert "succeeded" not in shown
    (drifted,) = (found for found in sections(root)["Drift"].iter("div") if found.get("class") == "drift-line")
    assert text_of(drifted) == "now40"
    assert "expected to take 28 min" in text_of(root)
    assert "It would begin once users have logged off." in text_of(part)


def test_a_real_run_says_nothing_of_a_rehearsal() -> None:
    assert "ehearsal" not in text_of(parsed(clean()).find("body") or ET.Element("body"))
    assert "Timeline" in sections(parsed(clean()))


def test_failures_stand_with_the_words_of_the_service() -> None:
    part = sections(parsed(rolled_back()))["Failures (3)"]
    assert rows(part) == [
        ["FIN-0066 FIN-0078", "WKS.00011043", WORDS],
        ["FIN-0083", "WKS.00011071", "The image could not be found on the host. Contact the administrator."],
    ]


def test_skipped_desktops_stand_with_their_reason() -> None:
    part = sections(parsed(rolled_back()))["Skipped desktops (3)"]
    assert rows(part) == [
        ["in use, and session_policy is skip", "FIN-0118 FIN-0119"],
        ["the desktop is in ERROR", "FIN-0120"],
    ]


def test_waves_and_steps() -> None:
    parts = sections(parsed(rolled_back()))
    assert [row[:3] for row in rows(parts["Waves"])][:4] == [
        ["Canary", "2", "0"],
        ["Wave 2", "28", "0"],
        ["Wave 3", "30", "1"],
        ["Repair", "1", "0"],
    ]
    (step,) = rows(parts["What was done"])
    assert step[0] == "Image"
    assert step[3] == "Rolled back"
    several = sections(parsed(clean()))
    assert [row[:2] for row in rows(several["Waves"])][3:5] == [["Wave 4", "Image"], ["Canary", "Product"]]


def test_drift_before_and_after() -> None:
    part = sections(parsed(rolled_back()))["Drift"]
    shown = {str(found.get("data-figure")): text_of(found) for found in part.iter("span") if found.get("data-figure")}
    assert shown["drift_before.image_id"] == "4"
    assert shown["drift_after.image_id"] == "3"
    assert "drift_before.product_id" not in shown
    assert "No desktop differs in: product." in text_of(part)


def test_findings_stand_with_the_worst_first() -> None:
    mixed = [
        {"check": severity, "severity": severity, "message": f"{severity} found", "action": "do it"}
        for severity in ("info", "error", "strange", "warning")
    ]
    part = sections(parsed({"pool": "finance", "findings": mixed}))["Preflight"]
    assert [text_of(item).split()[0] for item in part.iter("li")] == ["Error", "Warning", "Info", "Info"]


def test_several_pools_have_an_overview() -> None:
    root = parsed(*SAMPLES["several"])
    table = rows(sections(root)["Overview"])
    assert [row[:2] for row in table] == [
        ["finance-win10", "Rolled back"],
        ["engineering", "Done"],
        ["reception", "Nothing to do"],
        ["training-lab", "Stopped"],
        ["callcenter", "Planned"],
    ]
    assert table[0][2:6] == ["120", "0", "3", "3"]
    assert len([found for found in root.iter("article") if found.get("id")]) == 5
    assert "Overview" not in sections(parsed(clean()))


def test_a_run_with_nothing_to_do_says_so() -> None:
    shown = text_of(parsed(unchanged()))
    assert "The pool has all that was asked for; nothing was sent." in shown
    assert "Timeline" not in shown
    assert "Failures" not in shown


def test_every_cell_says_its_head_on_a_phone() -> None:
    for table in parsed(*SAMPLES["several"]).iter("table"):
        heads = [text_of(head) for head in table.iter("th")]
        for line in table.findall("tbody/tr"):
            assert [cell.get("data-label") for cell in line] == heads


@pytest.mark.parametrize("failing", [12, 1000 - 10])
def test_a_thousand_desktops_make_a_small_page(failing: int) -> None:
    raw = crowd(1000, failing=failing)
    raw["desktops_failed"] = [failure(index, f"{WORDS} ({index})") for index in range(11, 11 + failing)]
    whole = html_of(raw)
    assert len(whole.encode()) < 400_000
    assert f"Failures ({failing})" in whole
    if failing > 200:
        assert f"{failing - 200} more are in the JSON file." in whole


def test_many_pools_make_a_page_of_a_few_hundred_kilobytes() -> None:
    assert len(html_of(*[rolled_back()] * 20).encode()) < 700_000


def test_a_rehearsal_of_a_thousand_desktops_in_use_is_small() -> None:
    used = [desktop(index, user_names=[f"user-a{index}"], login_status="CONNECTED") for index in range(1, 1001)]
    wave = {"wave": 1, "kind": "wave", "what": "image", "desktops": used}
    whole = html_of({"pool": "campus", "outcome": "planned", "check_mode": True, "waves": [wave]})
    assert len(whole.encode()) < 200_000
    assert "800 more are in the JSON file." in whole


def _luminance(colour: str) -> float:
    parts = [int(colour[index : index + 2], 16) / 255 for index in (1, 3, 5)]
    linear = [part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


@pytest.mark.parametrize("theme", [0, 1, 2], ids=["day", "night", "paper"])
@pytest.mark.parametrize(
    ("upper", "lower", "least"),
    [
        ("text", "ground", 7.0),
        ("text", "card", 7.0),
        ("soft", "card", 4.5),
        ("soft", "ground", 4.5),
        ("soft", "raised", 4.5),
        ("soft", "band-odd", 4.5),
        ("good", "good-ground", 4.5),
        ("bad", "bad-ground", 4.5),
        ("bad", "card", 4.5),
        ("warn", "warn-ground", 4.5),
        ("back", "back-ground", 4.5),
        ("done", "card", 3.0),
        ("done", "band-odd", 3.0),
    ],
)
def test_text_and_pictures_can_be_told_from_their_ground(theme: int, upper: str, lower: str, least: float) -> None:
    themes = [
        dict(re.findall(r"--([\w-]+): (#\w{6})", block)) for block in re.findall(r":root \{(.*?)\}", STYLE, re.DOTALL)
    ]
    assert len(themes) == 3
    light, dark = sorted((_luminance(themes[theme][upper]), _luminance(themes[theme][lower])), reverse=True)
    assert (light + 0.05) / (dark + 0.05) >= least


def test_text_is_escaped_wherever_it_stands() -> None:
    assert element("b", "<&>", title="\"'<").text == '<b title="&quot;&#x27;&lt;">&lt;&amp;&gt;</b>'
    assert joined("<", None, 3, ["&", element("i", "x")]).text == "&lt;3&amp;<i>x</i>"
    assert element("rect", class_="done", data_label="a").text == '<rect class="done" data-label="a"/>'
    assert element("td").text == "<td></td>"
    assert element("b", "\x00\ud800\ufffe\t\n").text == "<b>\ufffd\ufffd\ufffd\t\n</b>"
