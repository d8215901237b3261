# Copyright (c) 2026 the hwcloud.workspace contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Jobs as a client sees them while simulated time goes by."""

from __future__ import annotations

from collections import Counter
from typing import Any

import pytest

from workspace_simulator.state.failures import FailureRule

FINANCE = "22222222-0000-4000-8000-000000000001"


def show(api: Any, job: Any) -> Any:
    return api.get(f"/workspace-jobs/{job.id}")


def statuses(api: Any, job: Any) -> dict[str, int]:
    return dict(Counter(entry["status"] for entry in show(api, job)["sub_jobs"]))


def test_a_rebuild_goes_from_waiting_to_done(api: Any) -> None:
    job = api.start(delay_time=1)
    assert (show(api, job)["status"], statuses(api, job)) == ("WAITING", {"WAITING": 4})
    api.advance(60)
    assert (show(api, job)["status"], statuses(api, job)) == ("RUNNING", {"RUNNING": 4})
    api.advance(299)
    assert statuses(api, job) == {"RUNNING": 4}
    api.advance(1)
    finished = show(api, job)
    assert (finished["status"], statuses(api, job)) == ("SUCCESS", {"SUCCESS": 4})
    assert (finished["begin_time"], finished["end_time"]) == ("2026-11-20 20:00:00", "2026-11-20 20:06:00")
    assert {entry["process"] for entry in finished["sub_jobs"]} == {100}


def test_progress_and_states_of_a_desktop_follow(api: Any) -> None:
    api.start()
    seen = []
    for _time in range(4):
        (row,) = api.get(f"/desktop-pools/{FINANCE}/desktops", computer_name="FIN-001")["pool_desktops"]
        seen.append((row["task_status"], row["process"], row["login_status"], row["metadata"]["image_name"]))
        api.advance(100)
    old, new = "win10-2026-10", "win10-2026-11"
    assert seen == [
        ("rebuilding", 0, "UNREGISTER", old),
        ("rebuilding", 33, "UNREGISTER", old),
        ("rebuild_block_device_mapping", 66, "UNREGISTER", old),
        ("", None, "REGISTERED", new),
    ]


def test_only_so_many_desktops_change_at_once(estate: Any, make_api: Any) -> None:
    estate.jobs.parallel = 3
    api = make_api(estate)
    job = api.start()
    assert statuses(api, job) == {"RUNNING": 3, "WAITING": 1}
    api.advance(300)
    assert statuses(api, job) == {"SUCCESS": 3, "RUNNING": 1}
    api.advance(300)
    assert statuses(api, job) == {"SUCCESS": 4}


def test_durations_differ_by_desktop_within_the_spread_and_not_by_run(estate: Any, make_api: Any) -> None:
    estate.jobs.spread = 0.2
    ends = []
    for _time in range(2):
        api = make_api(estate)
        job = api.start()
        api.advance(400)
        ends.append([sub_job.ended - job.created for sub_job in job.sub_jobs])
    assert ends[0] == ends[1]
    assert len(set(ends[0])) == 4
    assert all(240 <= seconds <= 360 for seconds in ends[0])


def test_identifiers_are_the_same_in_every_run(estate: Any, make_api: Any) -> None:
    runs = [make_api(estate) for _time in range(2)]
    assert len({api.start().id for api in runs}) == 1
    assert len({api.desktop("FDY-001").desktop_id for api in runs}) == 1


def test_time_passes_only_with_polls_of_jobs(estate: Any, make_api: Any) -> None:
    estate.clock.seconds_per_poll = 100
    api = make_api(estate)
    job = api.start()
    for _time in range(5):
        api.get("/desktop-pools")
    assert statuses(api, job) == {"RUNNING": 4}
    api.get("/workspace-sub-jobs", job_id=job.id)
    assert show(api, job)["status"] == "SUCCESS"


def test_a_pool_is_temporary_while_its_desktops_change(api: Any) -> None:
    api.start()
    assert api.get(f"/desktop-pools/{FINANCE}")["status"] == "TEMPORARY"
    api.advance(300)
    assert api.get(f"/desktop-pools/{FINANCE}")["status"] == "STEADY"


def test_a_job_without_desktops_succeeds_at_once(api: Any) -> None:
    job = api.start(handle_type="ONLY_FOR_EXPAND")
    assert (show(api, job)["status"], show(api, job)["sub_jobs_total"]) == ("SUCCESS", 0)


def test_sub_jobs_are_listed_by_job_type_status_and_pool(api: Any) -> None:
    first, second = api.start(), api.start(pool="finance-dynamic")

    def found(**query: Any) -> list[str]:
        return [entry["job_id"] for entry in api.get("/workspace-sub-jobs", **query)["jobs"]]

    assert found() == [second.id] * 2 + [first.id] * 4
    assert found(desktop_pool_id=FINANCE, job_type="rebuildDesktopPool") == [first.id] * 4
    assert found(job_id=second.id) == [second.id] * 2
    assert found(job_id="unknown") == []
    assert found(job_type="createDesktops") == []
    assert found(status="SUCCESS") == []
    assert found(limit=1, offset=1) == [second.id]


def test_a_message_goes_to_running_windows_desktops_and_occupies_none(api: Any) -> None:
    answer = api.call("POST", f"/desktop-pools/{FINANCE}/notifications", {"notifications": "Save your work"})
    job = api.project.jobs[answer.json()["job_id"]]
    assert [entry["entity"] for entry in show(api, job)["sub_jobs"]] == ["FIN-001", "FIN-002", "FIN-003"]
    assert api.get(f"/desktop-pools/{FINANCE}")["status"] == "STEADY"
    api.start()
    api.advance(5)
    assert show(api, job)["status"] == "SUCCESS"


def test_a_disconnected_user_of_a_dynamic_pool_loses_the_desktop_after_the_retention(api: Any) -> None:
    desktop = api.desktop("FDY-001")
    api.world.set_login_status(desktop, "DISCONNECTED")
    api.advance(3599)
    assert desktop.user is not None
    api.advance(1)
    assert (desktop.user, desktop.login_status) == (None, "REGISTERED")


def test_a_user_who_comes_back_keeps_the_desktop(api: Any) -> None:
    desktop = api.desktop("FDY-001")
    api.world.set_login_status(desktop, "DISCONNECTED")
    api.advance(1800)
    api.world.set_login_status(desktop, "CONNECTED")
    api.advance(3600)
    assert desktop.user.name == "user-c3"


def test_an_unknown_job_is_not_found(api: Any) -> None:
    api.refused(404, "GET", "/workspace-jobs/unknown")


class TestFailures:
    """Desktops that fail in a job."""

    def failed(self, api: Any, job: Any) -> list[str]:
        return [entry["entity"] for entry in show(api, job)["sub_jobs"] if entry["status"] == "FAILED"]

    @pytest.mark.parametrize(
        ("rule", "names"),
        [
            ({"desktops": ["FIN-002"]}, ["FIN-002"]),
            ({"nth": 3}, ["FIN-003"]),
            ({"every_nth": 2}, ["FIN-002", "FIN-004"]),
            ({"pool": "finance"}, ["FIN-001", "FIN-002", "FIN-003", "FIN-004"]),
            ({"pool": "finance-dynamic"}, []),
            ({"operation": "SendDesktopPoolNotifications"}, []),
            ({"operation": "RebuildDesktopPool", "nth": 1}, ["FIN-001"]),
            ({"share": 0}, []),
            ({"share": 1, "nth": 4}, ["FIN-004"]),
        ],
    )
    def test_a_rule_chooses_its_desktops(
        self, estate: Any, make_api: Any, rule: dict[str, Any], names: list[str]
    ) -> None:
        estate.failures = [_rule(**rule)]
        api = make_api(estate)
        job = api.start()
        api.advance(300)
        assert self.failed(api, job) == names

    def test_a_failure_is_told_and_leaves_the_desktop_on_its_image(self, estate: Any, make_api: Any) -> None:
        estate.failures = [_rule(nth=1, error_code="WKS.9999", fail_reason="No luck.", at=0.5, leaves="ERROR")]
        api = make_api(estate)
        job = api.start()
        api.advance(150)
        entry = show(api, job)["sub_jobs"][0]
        assert (entry["status"], entry["error_code"], entry["fail_reason"]) == ("FAILED", "WKS.9999", "No luck.")
        assert entry["process"] == 50
        desktop = api.desktop("FIN-001")
        assert (desktop.status, desktop.image_id == api.pool().image_id) == ("ERROR", False)
        assert [event["error_code"] for event in desktop.record().failures] == ["WKS.9999"]
        api.advance(150)
        assert api.rebuilt() == ["FIN-002", "FIN-003", "FIN-004"]

    def test_a_rule_may_stop_after_some_failures_of_each_desktop(self, estate: Any, make_api: Any) -> None:
        estate.failures = [_rule(desktops=["FIN-001", "FIN-002"], times=2)]
        api = make_api(estate)
        failed = []
        for _time in range(3):
            job = api.start()
            api.advance(300)
            failed.append(self.failed(api, job))
        assert failed == [["FIN-001", "FIN-002"], ["FIN-001", "FIN-002"], []]


def _rule(**fields: Any) -> Any:
    return FailureRule(**fields)
