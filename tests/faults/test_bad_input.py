# Copyright (c) 2026 the hwcloud.workspace contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Bad and hostile values for every option of every module: one clear sentence, or passed on as they are; never more."""

from __future__ import annotations

import pytest
from direct import Direct
from inputs import BASES, EARNEST, INVENTORY, PARTS, POOLS, cases, leaving, run, sins
from running import CHECKOUT
from tally import Tally

from ansible_collections.hwcloud.workspace.plugins.module_utils.arguments import CONNECTION, POOL, WAIT

MODULES = sorted(path.stem for path in (CHECKOUT / "plugins" / "modules").glob("*.py"))
SHARED = {**CONNECTION, **POOL, **WAIT}


def test_every_module_is_tried() -> None:
    assert sorted(BASES) == MODULES


@pytest.mark.parametrize("module", [*MODULES, INVENTORY])
def test_a_bad_value_is_refused_or_passed_on_as_it_is(module: str, direct: Direct, tally: Tally) -> None:
    """Each option is varied alone. What is surely wrong is tried in earnest, the rest in check mode."""
    direct.seed(*POOLS, **PARTS)
    url = direct.simulator.url
    before = direct.control.estate()
    found = []
    count = 0
    with leaving(url) as left:
        for case in cases(module, SHARED):
            check = case.expected != "refused"
            count += 1
            try:
                problems = sins(case, run(direct, case, left, check=check), url, check=check)
            except Exception as error:  # noqa: BLE001 - whatever it is, it is counted
                problems = [f"raised {type(error).__name__}: {error}"[:300]]
            found += [f"{case}: {problem}" for problem in problems]
    harmed = direct.control.estate()["pools"] != before["pools"]
    unknown = [entry for entry in direct.control.journal() if entry["operation"] == "unknown"]
    tally.add(
        "bad input",
        cases=count,
        tracebacks=sum("defect" in text or "raised" in text for text in found),
        leaks=len(unknown) + sum("leads to" in text or "sends" in text for text in found),
        lost_changes=harmed,
    )
    assert found == [], "\n".join(found[:60])
    assert unknown == []
    assert not harmed


@pytest.mark.parametrize("module", EARNEST)
def test_hostile_text_reaches_the_service_as_it_is(module: str, direct: Direct, tally: Tally) -> None:
    """What the module takes is sent, once, without a character more or less."""
    url = direct.simulator.url
    found = []
    count = 0
    option = ""
    with leaving(url) as left:
        for case in cases(module, SHARED):
            if case.option in SHARED or case.expected == "refused":
                continue
            count += 1
            if case.option != option:
                # The jobs of each case would be read by all that follow.
                option = case.option
                direct.seed(*POOLS, **PARTS)
            seen = run(direct, case, left, check=False)
            found += [f"{case}: {problem}" for problem in sins(case, seen, url, check=False)]
    tally.add("bad input", cases=count, leaks=len(found))
    assert found == [], "\n".join(found[:60])
