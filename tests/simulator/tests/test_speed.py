# Copyright (c) 2026 the hwcloud.workspace contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The simulator must not be what a measurement of a client measures."""

from __future__ import annotations

import time
from contextlib import closing
from http.client import HTTPConnection
from statistics import median
from urllib.parse import urlsplit

from workspace_simulator.testing import RunningSimulator

DELAYED_ACKNOWLEDGEMENT = 0.04
"""Seconds that a small answer waits on a connection on which it is not sent at once."""


def test_small_answers_on_an_open_connection_are_sent_at_once(simulator: RunningSimulator) -> None:
    address = urlsplit(simulator.url)
    seconds = []
    with closing(HTTPConnection(address.hostname or "", address.port, timeout=10)) as connection:
        for _time in range(25):
            began = time.monotonic()
            connection.request("GET", "/_control/health")
            connection.getresponse().read()
            seconds.append(time.monotonic() - began)
    assert median(seconds) < DELAYED_ACKNOWLEDGEMENT * 0.75
