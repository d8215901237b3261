# Copyright (c) 2026 the hwcloud.workspace contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The advice sees every request, under the name of its operation."""

from __future__ import annotations

from direct import NOVEMBER, Direct
from wire import Answer, Call, Go, advised


def test_every_request_is_shown(direct: Direct) -> None:
    direct.seed({"name": "finance", "desktops": [{"name": "FIN-001"}]})

    def let_go(call: Call, go: Go) -> Answer:
        return go()

    with advised(let_go) as calls:
        outcome = direct.run("desktop_pool_rebuild", pool="finance", image_id=NOVEMBER)
    assert outcome.changed
    assert [call.operation.name for call in calls] == [request["operation"] for request in outcome.requests]
    assert [call.number for call in calls] == list(range(1, len(calls) + 1))
