# Copyright (c) 2026 the hwcloud.workspace contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Runs of an hour: credentials that end in the middle, clocks that are wrong, a service that is slow or away."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

import pytest
from direct import BASE, LARGE, NOVEMBER, Direct, Outcome
from running import Ansible, task
from sight import Sight
from tally import Tally
from test_throttling_credentials import NO_KEY, machine_key
from wire import Answer, Call, Go, advised

AREA = "long runs"
HOUR = {"parallel": 2, "seconds_per_desktop": 3600, "spread": 0}
DAY = 86400
LOGIN = {"username": "operator", "password": "ExamplePassword1", "domain_name": "example-account"}


def seed(direct: Direct, **parts: Any) -> None:
    """Give the simulator a pool of which a recompose takes an hour."""
    direct.seed({"name": "finance", "desktops": [{"name": "FIN-001"}, {"name": "FIN-002"}]}, jobs=HOUR, **parts)


def recompose(direct: Direct, environment: Mapping[str, str] | None = None, **options: Any) -> Outcome:
    """Recompose the pool, and wait for it for two hours."""
    given = {"wait_timeout": 7200, **options}
    return direct.run("desktop_pool_rebuild", environment=environment, pool="finance", image_id=NOVEMBER, **given)


def count(direct: Direct, tally: Tally, finished: bool = True) -> None:
    """Count a case, and fail unless each desktop was recomposed once, if at all."""
    done = [len(desktop["effects"]["rebuilds"]) for desktop in direct.desktops("finance").values()]
    accepted = sum(entry["committed"] for entry in direct.control.journal("RebuildDesktopPool"))
    tally.add(
        AREA,
        duplicates=max(0, accepted - 1) + sum(number > 1 for number in done),
        lost_changes=finished and not all(done),
    )
    assert accepted <= 1
    assert done == [1, 1] or not finished


def statuses(outcome: Outcome, operation: str = "") -> list[int]:
    """Return the statuses of the answers, of one operation or of all."""
    return [request["status"] for request in outcome.requests if operation in ("", request["operation"])]


def test_a_login_is_made_anew_each_time_that_its_token_ends(direct: Direct, tally: Tally) -> None:
    seed(direct, tokens={"lifetime_seconds": 1000})
    outcome = recompose(direct, NO_KEY, **LOGIN)
    count(direct, tally)
    assert outcome.changed, outcome.message
    ended = statuses(outcome).count(401)
    assert ended == 3
    assert statuses(outcome, "KeystoneCreateUserTokenByPassword") == [201] * (ended + 1)


def test_a_token_that_ends_leaves_a_job_that_the_next_run_takes_over(direct: Direct, tally: Tally) -> None:
    seed(direct, tokens={"lifetime_seconds": 1000})
    sight = Sight(direct.simulator)
    outcome = recompose(direct, NO_KEY, auth_token=sight.log_in("operator", "ExamplePassword1"))
    job = outcome["job_id"]
    assert outcome.failed
    assert outcome.changed
    assert statuses(outcome).count(401) == 1
    assert "the token has expired or belongs to another region; get a new one" in outcome.message
    assert f"job {job} goes on in the service; run the task again with credentials that are accepted" in outcome.message
    outcome = recompose(direct, NO_KEY, auth_token=sight.log_in("operator", "ExamplePassword1"), wait_timeout=900)
    assert "still runs" in outcome.message
    while outcome.failed:
        outcome = recompose(direct, NO_KEY, auth_token=sight.log_in("operator", "ExamplePassword1"), wait_timeout=900)
    count(direct, tally)
    assert outcome["adopted"]
    assert outcome["job_id"] == job
    assert not outcome.changed


@pytest.mark.parametrize(
    ("lifetime", "refusals"), [(3600, 0), (900, 4)], ids=["renewed in time", "renewed when it has ended"]
)
def test_a_machine_gets_its_next_key(direct: Direct, tally: Tally, lifetime: int, refusals: int) -> None:
    seed(direct, metadata_service={"user": "operator", "key_lifetime_seconds": lifetime})
    outcome = recompose(direct, {**NO_KEY, "HW_METADATA_ENDPOINT": direct.simulator.url})
    count(direct, tally)
    assert outcome.changed, outcome.message
    keys = [request["ak"] for request in outcome.requests if request["ak"]]
    refused = [request["ak"] for request in outcome.requests if request["status"] == 401]
    assert len(set(keys)) >= 3
    assert len(refused) == len(set(refused)) <= refusals
    assert bool(refused) == bool(refusals)


def test_a_machine_that_gets_no_key_any_more(direct: Direct, tally: Tally) -> None:
    """While its key is good it goes on. When that has ended, it says so, and the next run takes over."""
    seed(direct, metadata_service={"user": "operator", "key_lifetime_seconds": 2000})
    gone = {"status": 500, "body": "x"}
    direct.control.set_faults({"operation": "EcsMetadataSecurityKey", "nth": 2, "count": None, "effect": gone})
    outcome = recompose(direct, {**NO_KEY, "HW_METADATA_ENDPOINT": direct.simulator.url})
    assert outcome.failed
    assert direct.clock.now() > 1900
    assert statuses(outcome, "ShowJob").count(401) == 1
    assert "the metadata service of this machine has no other key; check the agency of the machine" in outcome.message
    assert "goes on in the service" in outcome.message
    direct.control.clear_faults()
    again = recompose(direct, {**NO_KEY, "HW_METADATA_ENDPOINT": direct.simulator.url})
    count(direct, tally)
    assert not again.failed, again.message
    assert again["adopted"]


def test_a_temporary_key_by_option_ends(direct: Direct, tally: Tally) -> None:
    seed(direct, metadata_service={"user": "operator", "key_lifetime_seconds": 1000})
    key = machine_key(direct)
    options = {"access_key": key["access"], "secret_key": key["secret"], "security_token": key["securitytoken"]}
    outcome = recompose(direct, NO_KEY, **options)
    count(direct, tally, finished=False)
    assert outcome.failed
    assert statuses(outcome).count(401) == 1
    assert "a temporary key ends at a set time; get a new one, with its security_token" in outcome.message
    assert "goes on in the service" in outcome.message


def test_a_key_that_is_disabled_in_the_middle(direct: Direct, tally: Tally) -> None:
    seed(direct)
    disabled = {"status": 401, "body": {"error_code": "APIGW.0301", "error_msg": "ak is disabled"}}
    direct.control.set_faults({"operation": "ShowJob", "nth": 20, "count": None, "effect": disabled})
    outcome = recompose(direct)
    count(direct, tally, finished=False)
    assert outcome.failed
    assert statuses(outcome).count(401) == 1
    assert "check access_key and secret_key; five failures in a row lock a key for 5 minutes" in outcome.message
    assert outcome["job_id"]


def test_a_right_that_is_taken_away_in_the_middle(direct: Direct, tally: Tally) -> None:
    seed(direct)
    denied = {"status": 403, "body": {"error_code": "APIGW.0302", "error_msg": "denied"}}
    direct.control.set_faults({"operation": "ShowJob", "nth": 20, "count": None, "effect": denied})
    outcome = recompose(direct)
    count(direct, tally, finished=False)
    assert outcome.failed
    assert statuses(outcome).count(403) == 1
    assert "goes on in the service; run the task again with credentials that are accepted" in outcome.message


@pytest.mark.parametrize("date", [True, False], ids=["dated", "undated"])
@pytest.mark.parametrize("offset", [1200, -1200, DAY, -DAY])
def test_a_clock_that_is_wrong_from_the_first(direct: Direct, tally: Tally, offset: int, date: bool) -> None:
    """``offset`` is how far the service is ahead; so this machine is behind by as much."""
    seed(direct)
    direct.control.set_clock(wall_offset=offset, date_header=date)
    outcome = recompose(direct)
    count(direct, tally, finished=False)
    assert statuses(outcome) == [401]
    off = "24h00m|23h59m" if abs(offset) == DAY else "20m00s|19m59s|20m01s"
    said = f"the clock of this machine is ({off}) {'behind' if offset > 0 else 'ahead of'} the service's, and may be at"
    if not date:
        said = "check the clock of this machine as well, which may be at most 15 minutes off"
    assert re.search(said, outcome.message), outcome.message
    token = Sight(direct.simulator).log_in("operator", "ExamplePassword1")
    assert not direct.run("desktop_pool_info", environment=NO_KEY, pool="finance", auth_token=token).failed


@pytest.mark.parametrize("offset", [800, -800])
def test_a_clock_that_is_a_little_wrong_does_no_harm(direct: Direct, tally: Tally, offset: int) -> None:
    seed(direct)
    direct.control.set_clock(wall_offset=offset)
    outcome = recompose(direct)
    count(direct, tally)
    assert outcome.changed, outcome.message


@pytest.mark.parametrize("offset", [1200, -DAY])
def test_a_clock_that_goes_wrong_in_the_middle(direct: Direct, tally: Tally, offset: int) -> None:
    seed(direct)

    def turn_wrong(call: Call, go: Go) -> Answer:
        if direct.clock.now() > 1800:
            direct.control.set_clock(wall_offset=offset)
        return go()

    with advised(turn_wrong):
        outcome = recompose(direct)
    assert outcome.failed
    assert statuses(outcome).count(401) == 1
    assert "the clock of this machine is " in outcome.message
    assert "goes on in the service" in outcome.message
    direct.control.set_clock(wall_offset=0)
    again = recompose(direct)
    count(direct, tally)
    assert again["adopted"]


def test_reads_that_are_away_for_an_hour(direct: Direct, tally: Tally) -> None:
    seed(direct)

    def away(call: Call, go: Go) -> Answer:
        gone = call.operation.method == "GET" and 100 < direct.clock.now() < 3700
        return Answer(503, {}, b"<html>Service Unavailable</html>") if gone else go()

    with advised(away) as calls:
        outcome = recompose(direct)
    count(direct, tally)
    assert outcome.changed, outcome.message
    assert len(calls) < 1000  # some twelve a minute


def test_reads_that_stay_away_end_at_the_limit(direct: Direct, tally: Tally) -> None:
    seed(direct)
    away = {"status": 503, "body": "<html>Service Unavailable</html>", "content_type": "text/html"}
    direct.control.set_faults({"operation": "ShowJob", "nth": 3, "count": None, "effect": away})
    outcome = recompose(direct, wait_timeout=1800)
    count(direct, tally, finished=False)
    assert outcome.failed
    assert "it goes on in the service, so run the task again to wait for it" in outcome.message
    assert 1800 <= direct.clock.now() < 1950
    direct.control.clear_faults()
    again = recompose(direct)
    count(direct, tally)
    assert again["adopted"]


def test_a_service_that_takes_its_time(direct: Direct, tally: Tally) -> None:
    """Each answer takes 20 seconds."""
    seed(direct)

    def slowly(call: Call, go: Go) -> Answer:
        direct.clock.sleep(20)
        return go()

    with advised(slowly) as calls:
        outcome = recompose(direct)
    count(direct, tally)
    assert outcome.changed, outcome.message
    assert direct.clock.now() < 4200
    assert len(calls) < 200


def test_an_hour_of_a_real_run(ansible_in_process: Ansible, sight: Sight, tally: Tally) -> None:
    """A login whose token ends every quarter of an hour, in a real program, within seconds."""
    pool = {"name": "finance", "image": "october", "desktops": [{"name": "FIN-001"}]}
    clock = {"start": "2026-03-02T08:00:00Z", "mode": "factor", "factor": 600}
    estate = {**BASE, "clock": clock, "jobs": HOUR, "tokens": {"lifetime_seconds": 900}}
    sight.control.seed({**estate, "pools": [{**pool, "product": LARGE}]})
    environment = {
        **NO_KEY,
        "HW_USER_NAME": "operator",
        "HW_USER_PASSWORD": "ExamplePassword1",
        "HW_DOMAIN_NAME": "example-account",
        "HW_WORKSPACE_TIME_FACTOR": "600",
    }
    options = {"pool": "finance", "image_id": NOVEMBER, "wait_timeout": 7200}
    run = ansible_in_process.play(task("desktop_pool_rebuild", "recompose", **options), environment=environment)
    refused = sum(request["status"] == 401 for request in run.requests)
    logins = len([request for request in run.requests if request["operation"] == "KeystoneCreateUserTokenByPassword"])
    rebuilds = sight.rebuilds()
    tally.add(AREA, duplicates=sum(rebuilds.values()) - 1)
    assert run.only.changed
    assert rebuilds == {"FIN-001": 1}
    assert refused == logins - 1 >= 3
