# Copyright (c) 2026 the hwcloud.workspace contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Compares what modules say that they return with what they return, and puts real output into their samples.

A sample may be a part of what was returned: of a dict some keys, of a list of dicts the first entries. What it shows is
as it was returned. A diff is shown whole.
"""

from __future__ import annotations

import argparse
import importlib
import re
import sys
import textwrap
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import yaml

ROOT = Path(__file__).resolve().parents[2]
MODULES = ROOT / "plugins" / "modules"
TESTS = ("simulator", "tools", "integration", "readings", "faults")
if __name__ == "__main__":
    sys.path[:0] = [str(ROOT / ".build" / "collections"), *(str(ROOT / "tests" / name) for name in TESTS)]

from direct import Direct  # noqa: E402
from sample_runs import SCENES, SampleRun, sample_runs  # noqa: E402

from workspace_simulator.testing import RunningSimulator  # noqa: E402

ANSIBLES_OWN = {"changed", "failed", "msg", "warnings"}
WIDTH = 120
NO_SAMPLE = {"encoded_authorization_message"}
"""What the simulator writes in a form of its own, so that its output would be no sample of the service's."""
_OF_A_REFUSAL = ("error_code", "http_status", "request_id", "error_msg")
_TYPES: dict[str, type | tuple[type, ...]] = {
    "str": str,
    "int": int,
    "float": (int, float),
    "bool": bool,
    "dict": dict,
    "list": list,
}


def documented(module: str) -> dict[str, Any]:
    """Return what a module's RETURN says, by name."""
    loaded = importlib.import_module(f"ansible_collections.hwcloud.workspace.plugins.modules.{module}")
    return dict(yaml.safe_load(loaded.RETURN))


def findings(returns: Mapping[str, Any], runs: Sequence[SampleRun]) -> list[str]:
    """Return a sentence for each place in which the documentation of a module and its runs differ."""
    results = [run.outcome.result for run in runs]
    found = list(_differing_keys("", returns, results, ANSIBLES_OWN))
    found += _wrong_conditions(returns, runs)
    for name, entry in returns.items():
        found += _wrong_moments(name, str(entry["returned"]), runs)
        if "sample" in entry:
            if not _is_real(name, entry["sample"], _values(name, results)):
                found.append(f"{name}: no run has returned its sample {entry['sample']!r}")
        elif name not in NO_SAMPLE:
            found.append(f"{name}: there is no sample of it")
    return found


def _is_real(name: str, sample: Any, values: Iterable[Any]) -> bool:
    return any(sample == value if name == "diff" else fits(sample, value) for value in values)


def fits(sample: Any, value: Any) -> bool:
    """Return whether a sample is a value, or a part of it; a part is never empty where the value is not."""
    if isinstance(sample, dict) and isinstance(value, dict):
        return bool(sample) == bool(value) and all(name in value and fits(sample[name], value[name]) for name in sample)
    if isinstance(sample, list) and isinstance(value, list) and all(isinstance(entry, dict) for entry in sample):
        pairs = zip(sample, value, strict=False)
        return bool(sample) == bool(value) and len(sample) <= len(value) and all(fits(*pair) for pair in pairs)
    return isinstance(sample, bool) == isinstance(value, bool) and bool(sample == value)


def _values(name: str, results: Iterable[Mapping[str, Any]]) -> list[Any]:
    return [result[name] for result in results if result.get(name) is not None]


def _differing_keys(
    path: str, entries: Mapping[str, Any], results: Sequence[Mapping[str, Any]], others: set[str] = frozenset()
) -> Iterator[str]:
    """Yield what is documented and never returned, or returned and not documented, or of another type."""
    seen = {key for result in results for key in result} - others
    for key in sorted(seen - set(entries)):
        yield f"{path}{key}: is returned and not documented"
    for name, entry in entries.items():
        if name not in seen:
            yield f"{path}{name}: is documented and was never returned"
            continue
        values = _values(name, results)
        for value in values:
            if not isinstance(value, _TYPES[entry["type"]]) or (entry["type"] == "int" and isinstance(value, bool)):
                yield f"{path}{name}: {value!r} is no {entry['type']}"
                break
        if "contains" in entry:
            parts = [part for value in values for part in (value if isinstance(value, list) else [value])]
            yield from _differing_keys(f"{path}{name}.", entry["contains"], parts)


def _wrong_moments(name: str, returned: str, runs: Iterable[SampleRun]) -> Iterator[str]:
    """Yield a sentence for a run that returned a value when it should not, or did not when it should."""
    for run in runs:
        result = run.outcome.result
        refused = result.get("http_status") is not None
        failed_desktops = bool(result.get("desktops_failed"))
        told_why = any(entry.get("error_code") for entry in result.get("desktops_failed", ()))
        changed = any(request["committed"] for request in run.outcome.changes)
        succeeded = not run.outcome.failed
        may, must = {
            "success": (succeeded, succeeded),
            "success, and when desktops failed": (True, succeeded or failed_desktops),
            "success, and when sessions did not end": (True, succeeded),
            "success, and when it failed once more": (True, succeeded),
            "success, and when the service took the request or the pool is full": (True, succeeded or changed),
            "when it failed once more": (not succeeded, False),
            "always, unless the task failed before it had read the pool": (True, succeeded or changed),
            "always, except when the options were refused": (True, True),
            "always, except when the options were refused or the job was never seen": (True, succeeded),
            "when the task failed and had read the pool": (not succeeded, not succeeded and changed),
            "when the service refused": (refused, refused),
            "when the service refused or failed": (not succeeded, refused or told_why),
            "when the service refused, or the job failed once more": (not succeeded, refused),
            "when the service refused for want of a permission whose name is known": (refused, False),
            "when the service refused for want of a permission, and sent one": (refused, False),
            "when the service sent one": (refused, False),
            "when O(wait=false) and another job runs": (not succeeded and run.options.get("wait") is False, False),
        }[returned]
        told = f"{name}: is returned {returned!r}, but a run of {dict(run.options)} ({result.get('msg', 'success')})"
        if name in result and not may:
            yield f"{told} has returned it"
        if name not in result and must:
            yield f"{told} has not"


def _wrong_conditions(returns: Mapping[str, Any], runs: Iterable[SampleRun]) -> Iterator[str]:
    """Yield a sentence for a run in which a part of a value is there without being asked for, or the other way."""
    for run in runs:
        for name, entry in returns.items():
            parts = {key: part["returned"] for key, part in entry.get("contains", {}).items() if "returned" in part}
            for key, returned in parts.items():
                gathered = re.fullmatch(r"if O\(gather\) has V\((.+)\)", returned)
                wanted = gathered[1] in run.options.get("gather", ()) if gathered else bool(run.options.get("user_ids"))
                if any((key in value) != wanted for value in run.outcome.result.get(name, ())):
                    yield f"{name}.{key}: is returned {returned!r}, which a run of {dict(run.options)} belies"


# ---- writing samples


def with_samples(text: str, returns: Mapping[str, Any], runs: Sequence[SampleRun]) -> str:
    """Return a module's text in which each sample that no run has returned is replaced by one that a run has."""
    for name, entry in returns.items():
        old = entry.get("sample")
        if name in NO_SAMPLE or ("sample" in entry and _is_real(name, old, _real(name, runs))):
            continue
        candidates = [value for value in _real(name, runs) if value not in ({}, [])]
        if candidates:
            text = _replaced(text, name, rendered(candidates[0] if name == "diff" else _shaped(candidates[0], old)))
    return text


def _real(name: str, runs: Sequence[SampleRun]) -> list[Any]:
    """Return what was returned of a name, the best example first."""
    if name in _OF_A_REFUSAL:
        refusals = [run for run in runs if run.outcome.result.get("http_status")]
        # All of one refusal, if possible one that is not for want of a permission, which has fields of its own.
        ordered = sorted(refusals, key=lambda run: "iam_action" in run.outcome.result)
    elif name == "desktops_failed":
        ordered = list(runs)
    else:
        ordered = sorted(runs, key=lambda run: (run.outcome.failed, run.check, not run.outcome.changed))
    return _values(name, [run.outcome.result for run in ordered])


def _shaped(value: Any, old: Any) -> Any:
    """Return a value cut to the keys and the number of entries that the old sample had, where they still exist."""
    if isinstance(value, dict):
        keys = [key for key in old if key in value] if isinstance(old, dict) else []
        return {key: _shaped(value[key], old[key] if key in keys else None) for key in keys or value}
    if isinstance(value, list) and value and isinstance(value[0], dict):
        return [_shaped(value[0], old[0] if isinstance(old, list) and old else None)]
    return value


def rendered(value: Any, indent: int = 2) -> str:
    """Return ``sample:`` and a value in YAML, in the form of this collection's documentation."""
    return "\n".join(_lines("sample", value, indent))


def _lines(key: str, value: Any, indent: int) -> Iterator[str]:
    pad = " " * indent
    if isinstance(value, dict) and value:
        yield f"{pad}{key}:"
        for name, entry in value.items():
            yield from _lines(_scalar(name), entry, indent + 2)
    elif isinstance(value, list) and value and any(isinstance(entry, (dict, list)) for entry in value):
        yield f"{pad}{key}:"
        for entry in value:
            inner = [line for name, part in entry.items() for line in _lines(_scalar(name), part, indent + 4)]
            yield f"{pad}  - {inner[0].strip()}"
            yield from inner[1:]
    elif isinstance(value, list):
        flow = f"{pad}{key}: [{', '.join(_scalar(entry, ',[]{}') for entry in value)}]"
        if len(flow) <= WIDTH:
            yield flow
        else:
            yield f"{pad}{key}:"
            yield from (f"{pad}  - {_scalar(entry)}" for entry in value)
    else:
        text = f"{pad}{key}: {_scalar(value)}"
        yield from textwrap.wrap(
            text, WIDTH, subsequent_indent=f"{pad}  ", break_long_words=False, break_on_hyphens=False
        )


def _scalar(value: Any, special: str = "") -> str:
    if value == {}:
        return "{}"
    text = yaml.safe_dump(value, width=10_000, allow_unicode=True).removesuffix("\n").removesuffix("\n...")
    if isinstance(value, str) and (text.startswith("'") or any(sign in text for sign in special)):
        return '"' + value.replace("\\", "\\\\").replace('"', '\\"') + '"'
    return text


def _replaced(text: str, name: str, sample: str) -> str:
    """Return a module's text with another sample of a top return value."""
    head, mark, tail = text.partition('RETURN = r"""\n')
    body, end, rest = tail.partition('\n"""\n')
    lines = body.split("\n")
    start = lines.index(f"{name}:")
    stop = next((at for at in range(start + 1, len(lines)) if re.match(r"\S", lines[at])), len(lines))
    entry = lines[start:stop]
    at = next((number for number, line in enumerate(entry) if line.startswith("  sample:")), len(entry))
    after = next((number for number in range(at + 1, len(entry)) if re.match(r" {0,2}\S", entry[number])), len(entry))
    lines[start:stop] = [*entry[:at], *sample.split("\n"), *entry[after:]]
    return head + mark + "\n".join(lines) + end + rest


def main() -> int:
    """Say what differs; with ``--write``, replace samples that are not real first."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--write", action="store_true", help="replace samples that no run has returned")
    parser.add_argument("modules", nargs="*", metavar="module", help="modules to look at; all of them if none is named")
    given = parser.parse_args()
    problems = 0
    with RunningSimulator() as simulator:
        direct = Direct(simulator)
        with direct.own_time():
            for module in given.modules or SCENES:
                runs, returns = list(sample_runs(direct, module)), documented(module)
                path = MODULES / f"{module}.py"
                text = path.read_text(encoding="utf-8")
                if given.write:
                    written = with_samples(text, returns, runs)
                    if written != text:
                        path.write_text(written, encoding="utf-8")
                        print(f"{module}: samples written")
                    loaded: dict[str, Any] = {}
                    exec(compile(written.partition("\nfrom ansible_")[0], str(path), "exec"), loaded)  # noqa: S102
                    returns = yaml.safe_load(loaded["RETURN"])
                found = findings(returns, runs)
                problems += len(found)
                print(*(f"{module}: {sentence}" for sentence in found), sep="\n", end="\n" * bool(found))
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main())
