# Copyright (c) 2026 the hwcloud.workspace contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What a module's documentation says of its return values and of what it supports is what the module does."""

from __future__ import annotations

import importlib
import re
from collections.abc import Iterator, Sequence
from typing import Any

import pytest
import yaml
from direct import Direct
from return_samples import documented, findings, fits, with_samples
from running import CHECKOUT
from sample_runs import SCENES, SampleRun, sample_runs

from ansible_collections.hwcloud.workspace.plugins.doc_fragments.attributes import ModuleDocFragment

MODULES = sorted(path.stem for path in (CHECKOUT / "plugins" / "modules").glob("*.py"))


def test_every_module_is_run() -> None:
    assert sorted(SCENES) == MODULES


@pytest.mark.parametrize("module", MODULES)
def test_a_module_does_and_returns_what_its_documentation_says(direct: Direct, module: str) -> None:
    """Each return value was returned, at the moments and with the sample that are written, and no other ever was.

    As for check mode, diff and repetition: what is said to be supported is, and what is said not to be is not.
    """
    runs = list(sample_runs(direct, module))
    found = findings(documented(module), runs)
    assert [*found, *_wrong_support(attributes(module), [run for run in runs if run.module == module])] == []


def test_what_differs_is_found(direct: Direct) -> None:
    runs = list(sample_runs(direct, "image_info"))
    returns = documented("image_info")
    images = returns["images"]
    fewer = {name: part for name, part in images["contains"].items() if name != "min_disk"}
    more = {**images["contains"], "owner": {"type": "str"}}
    other = {**images["contains"], "min_disk": {"type": "str"}}

    def problems(**changed: Any) -> list[str]:
        return findings({**returns, "images": {**images, **changed}}, runs)

    assert problems() == []
    assert problems(contains=fewer) == ["images.min_disk: is returned and not documented"]
    assert problems(contains=more) == ["images.owner: is documented and was never returned"]
    assert problems(contains=other) == ["images.min_disk: 40 is no str"]
    assert len(problems(returned="when the service refused")) == len(runs)
    assert problems(sample=[{"name": "win10-2026-12"}]) == [
        "images: no run has returned its sample [{'name': 'win10-2026-12'}]"
    ]
    del images["sample"]
    assert findings(returns, runs) == ["images: there is no sample of it"]


def test_a_sample_that_is_not_real_is_replaced_by_one_that_is(direct: Direct) -> None:
    runs = list(sample_runs(direct, "image_info"))
    text = (CHECKOUT / "plugins" / "modules" / "image_info.py").read_text(encoding="utf-8")
    returns = documented("image_info")
    assert with_samples(text, returns, runs) == text
    made_up = text.replace("      min_disk: 40\n", "      min_disk: 50\n")
    assert made_up != text
    returns["images"]["sample"][0]["min_disk"] = 50
    assert with_samples(made_up, returns, runs) == text


@pytest.mark.parametrize(
    ("sample", "value", "fitting"),
    [
        ({"a": 1}, {"a": 1, "b": 2}, True),
        ({"a": 1}, {"b": 2}, False),
        ({}, {"b": 2}, False),
        ([{"a": 1}], [{"a": 1}, {"a": 2}], True),
        ([{"a": 2}], [{"a": 1}, {"a": 2}], False),
        (["x"], ["x", "y"], False),
        ([], [], True),
        ([], ["x"], False),
        (1, True, False),
        ("1", 1, False),
    ],
)
def test_what_is_a_sample_of_what(sample: Any, value: Any, fitting: bool) -> None:
    assert fits(sample, value) is fitting


def attributes(module: str) -> dict[str, Any]:
    """Return the attributes of a module's documentation, with those of its fragments."""
    loaded = importlib.import_module(f"ansible_collections.hwcloud.workspace.plugins.modules.{module}")
    own = yaml.safe_load(loaded.DOCUMENTATION)
    texts = [ModuleDocFragment.DOCUMENTATION]
    if "hwcloud.workspace.attributes.info" in own["extends_documentation_fragment"]:
        texts.append(ModuleDocFragment.INFO)
    merged: dict[str, Any] = {}
    for part in (*(yaml.safe_load(text)["attributes"] for text in texts), own.get("attributes", {})):
        for name, entry in part.items():
            merged[name] = {**merged.get(name, {}), **entry}
    return merged


def _wrong_support(supports: dict[str, Any], runs: Sequence[SampleRun]) -> Iterator[str]:
    """Yield a sentence for each run that does otherwise than the module's attributes say."""
    triples = list(zip(*(_steps(runs, step) for step in ("predicted", "done", "again")), strict=True))
    if not triples:
        yield "it was never predicted, done and done again"
    repeated = " ".join(supports["idempotent"].get("details", ()))
    exception = re.search(r"Except with O\((\w+)=(\w+)\)", repeated)
    excepted = 0
    for predicted, done, again in triples:
        what = f"with {dict(done.options)}"
        if predicted.outcome.changed != done.outcome.changed:
            yield f"check mode predicted changed={predicted.outcome.changed} {what}"
        diffs = [run.outcome.result.get("diff") for run in (predicted, done)]
        diff_mode = supports["diff_mode"]["support"]
        if (diff_mode == "N/A") != (diffs == [None, None]) or (diff_mode == "full" and diffs[0] != diffs[1]):
            yield f"diff_mode is {diff_mode}, but {what} the diffs are {diffs}"
        acts_again = exception and str(done.options.get(exception[1])).lower() == exception[2]
        excepted += bool(acts_again)
        acts_again = acts_again or supports["idempotent"]["support"] == "none"
        if again.outcome.changed != bool(acts_again):
            yield f"idempotent is {supports['idempotent']['support']}, but again {what}: {again.outcome.changed}"
    if supports["check_mode"]["support"] != "full":
        yield "check_mode is not full"
    if (supports["idempotent"]["support"] == "partial") != bool(excepted):
        yield f"idempotent is {supports['idempotent']['support']}, and {excepted} runs were an exception"


def _steps(runs: Sequence[SampleRun], step: str) -> list[SampleRun]:
    return [run for run in runs if run.step == step]
