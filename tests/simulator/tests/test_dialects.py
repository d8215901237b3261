# Copyright (c) 2026 the hwcloud.workspace contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Every reading of every open question has the effect that it promises."""

from __future__ import annotations

import importlib.util
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from workspace_simulator.estate import load_estate
from workspace_simulator.state.dialect import readings
from workspace_simulator.state.failures import FailureRule, Failures
from workspace_simulator.testing import ESTATES

FINANCE = "22222222-0000-4000-8000-000000000001"
OLD_IMAGE = "11111111-1010-4000-8000-000000002610"
NEW_IMAGE = "11111111-1010-4000-8000-000000002611"
ALL = ["FIN-001", "FIN-002", "FIN-003", "FIN-004"]

Case = Callable[[Any, str], None]
CASES: dict[str, Case] = {}


def case(check: Case) -> Case:
    """Register the decorated function as the check of the setting it is named after."""
    CASES[check.__name__] = check
    return check


def rebuilt_by(api: Any, **fields: Any) -> list[str]:
    api.start(**fields)
    api.advance(300)
    return list(api.rebuilt(fields.get("pool", "finance")))


def show_pool(api: Any) -> Any:
    return api.get(f"/desktop-pools/{FINANCE}")


def is_400(api: Any, **fields: Any) -> bool:
    answer = api.rebuild(**fields)
    assert answer.status_code in (200, 400), answer.text
    return bool(answer.status_code == 400)


@case
def handle_type_absent(api: Any, reading: str) -> None:
    expected = {"all": ALL, "expand_only": [], "idle": ["FIN-003", "FIN-004"]}
    assert rebuilt_by(api) == expected[reading]


@case
def desktop_ids_change_template(api: Any, reading: str) -> None:
    wanted = [api.desktop("FIN-001").desktop_id]
    api.start(desktop_ids=wanted)
    assert (api.pool().image_id == NEW_IMAGE) is (reading == "yes")
    api.advance(300)
    api.pool().image_id = OLD_IMAGE
    api.start(desktop_ids=wanted, handle_type="FOR_EXPAND_AND_ALL")
    assert (api.pool().image_id == NEW_IMAGE) is (reading != "no")


@case
def idle_desktop(api: Any, reading: str) -> None:
    api.world.set_login_status(api.desktop("FIN-002"), "REGISTERED")
    api.world.set_login_status(api.desktop("FIN-003"), "CONNECTED")
    expected = {
        "unbound": ["FIN-003", "FIN-004"],
        "not_logged_in": ["FIN-002", "FIN-004"],
        "unbound_and_not_logged_in": ["FIN-004"],
    }
    assert rebuilt_by(api, handle_type="FOR_EXPAND_AND_IDLE") == expected[reading]


@case
def idle_stopped(api: Any, reading: str) -> None:
    expected = {"yes": ["FIN-003", "FIN-004"], "no": ["FIN-003"]}
    assert rebuilt_by(api, handle_type="FOR_EXPAND_AND_IDLE") == expected[reading]


@case
def idle_disconnected(api: Any, reading: str) -> None:
    api.dialect(idle_desktop="not_logged_in")
    api.world.set_login_status(api.desktop("FDY-001"), "DISCONNECTED")
    expected = {"after_retention": ["FDY-002"], "at_once": ["FDY-001", "FDY-002"], "never": ["FDY-002"]}
    assert rebuilt_by(api, pool="finance-dynamic", handle_type="FOR_EXPAND_AND_IDLE") == expected[reading]
    api.pool("finance-dynamic").disconnected_retention_period = 5
    api.start("win10-2026-10", "finance-dynamic", handle_type="FOR_EXPAND_AND_IDLE")
    api.advance(300)
    rebuilt_first = api.rebuilt("finance-dynamic").count("FDY-001")
    assert rebuilt_first == {"after_retention": 1, "at_once": 2, "never": 0}[reading]


@case
def connected_user(api: Any, reading: str) -> None:
    job = api.start()
    api.advance(300)
    desktop = api.desktop("FIN-001")
    cut = len(desktop.record().sessions_cut)
    expected = {
        "cut": (1, ALL, "SUCCESS", "REGISTERED"),
        "fail": (0, ALL[1:], "FAILED", "CONNECTED"),
        "skip": (0, ALL[1:], "SUCCESS", "CONNECTED"),
    }
    assert (cut, api.rebuilt(), job.sub_jobs[0].status, desktop.login_status) == expected[reading]


@case
def data_disks_at_rebuild(api: Any, reading: str) -> None:
    before = api.desktop("FIN-001").data_volumes[0].id
    api.start()
    api.advance(300)
    after_windows = api.desktop("FIN-001").data_volumes[0].id
    api.world.images[OLD_IMAGE].os_type = "Linux"
    api.start("win10-2026-10")
    api.advance(300)
    after_linux = api.desktop("FIN-001").data_volumes[0].id
    expected = {"kept": (False, False), "lost_on_os_change": (False, True), "recreated": (True, True)}
    assert (after_windows != before, after_linux != after_windows) == expected[reading]


@case
def power_after_rebuild(api: Any, reading: str) -> None:
    api.start()
    api.advance(300)
    states = [(desktop.status, desktop.login_status) for desktop in api.pool().desktops.values()]
    on, off = ("ACTIVE", "REGISTERED"), ("SHUTOFF", "UNREGISTER")
    assert states == {"active": [on] * 4, "as_before": [on, on, on, off], "stopped": [off] * 4}[reading]


@case
def notification_job_type(api: Any, reading: str) -> None:
    answer = api.call("POST", f"/desktop-pools/{FINANCE}/notifications", {"notifications": "Hello"})
    assert api.get(f"/workspace-jobs/{answer.json()['job_id']}")["job_type"] == reading


@case
def sub_jobs_in_job(api: Any, reading: str) -> None:
    api.simulation.seed(crowd(150))
    api.dialect(sub_jobs_in_job=reading)
    token = api.simulation.iam.issue_token(api.simulation.iam.users["operator"], api.project.id, api.world.now)
    api.headers = {"X-Auth-Token": token.text}
    job = api.get(f"/workspace-jobs/{api.start(pool='crowd').id}")
    assert (job["sub_jobs_total"], len(job["sub_jobs"])) == (150, 150 if reading == "all" else 100)


@case
def template_changes(api: Any, reading: str) -> None:
    def moved() -> bool:
        return bool(show_pool(api)["image_id"] == NEW_IMAGE)

    fail(api, nth=1, times=1)
    api.start()
    during = moved()
    api.advance(300)
    after_partial = moved()
    api.start()
    api.advance(300)
    expected = {"accepted": (True, True, True), "finished": (False, True, True), "all_succeeded": (False, False, True)}
    assert (during, after_partial, moved()) == expected[reading]


@case
def update_absent_fields(api: Any, reading: str) -> None:
    assert api.call("PUT", f"/desktop-pools/{FINANCE}", {"in_maintenance_mode": True}).status_code == 200
    pool = show_pool(api)
    tags, text = [{"key": "team", "value": "finance"}], "Finance department"
    expected = {"tags_reset": ([], text), "kept": (tags, text), "reset": ([], "")}
    assert (pool["tags"], pool["description"]) == expected[reading]
    assert (pool["in_maintenance_mode"], pool["name"]) == (True, "finance")


@case
def same_image_again(api: Any, reading: str) -> None:
    api.desktop("FIN-002").image_id = NEW_IMAGE
    if reading == "refused":
        assert is_400(api, image="win10-2026-10")
        assert rebuilt_by(api, image="win10-2026-10", is_fix=True) == ["FIN-002"]
    else:
        expected = {"again": ALL, "nothing": ["FIN-002"]}
        assert rebuilt_by(api, image="win10-2026-10") == expected[reading]


@case
def inconsistent_type_unknown(api: Any, reading: str) -> None:
    answer = api.call("GET", f"/desktop-pools/{FINANCE}/desktops", inconsistent_type="COLOUR")
    if reading == "refused":
        assert answer.status_code == 400
    else:
        assert answer.json()["total_count"] == {"ignored": 4, "none": 0}[reading]


@case
def inconsistent_type_spelling(api: Any, reading: str) -> None:
    api.desktop("FIN-002").image_id = NEW_IMAGE

    def accepted(value: str) -> bool:
        answer = api.call("GET", f"/desktop-pools/{FINANCE}/desktops", inconsistent_type=value)
        assert answer.status_code == 400 or answer.json()["total_count"] == 1
        return bool(answer.status_code == 200)

    assert accepted("IMAGE_ID") is (reading != "older")
    assert accepted("IMAGE") is (reading != "newer")


@case
def conflict(api: Any, reading: str) -> None:
    first = api.desktop("FIN-001").desktop_id
    api.start(desktop_ids=[first])
    other = api.rebuild(desktop_ids=[api.desktop("FIN-002").desktop_id])
    whole = api.rebuild()
    assert other.status_code == (409 if reading == "pool" else 200)
    assert whole.status_code == (200 if reading == "desktop" else 409)
    if reading == "desktop":
        job = api.project.jobs[whole.json()["job_id"]]
        assert [entry.status for entry in job.sub_jobs] == ["FAILED", "FAILED", "RUNNING", "RUNNING"]
        api.advance(300)
        assert api.rebuilt() == ALL
        assert [desktop.open_work for desktop in api.pool().desktops.values()] == [0, 0, 0, 0]


@case
def job_status_partial(api: Any, reading: str) -> None:
    fail(api, nth=1)
    assert finished_status(api) == reading


@case
def job_status_success(api: Any, reading: str) -> None:
    assert finished_status(api) == reading


@case
def job_status_failed(api: Any, reading: str) -> None:
    fail(api)
    assert finished_status(api) == reading


@case
def unhealthy_desktops(api: Any, reading: str) -> None:
    api.desktop("FIN-001").status = "ERROR"
    api.desktop("FIN-002").is_freeze = True
    api.desktop("FIN-003").isolated = True
    if reading == "block":
        assert api.rebuild().status_code == 409
    else:
        assert rebuilt_by(api) == {"included": ALL, "skipped": ["FIN-004"]}[reading]


@case
def pool_name_max(api: Any, reading: str) -> None:
    longest = int(reading)
    assert api.call("PUT", f"/desktop-pools/{FINANCE}", {"name": "x" * (longest + 1)}).status_code == 400
    assert api.call("PUT", f"/desktop-pools/{FINANCE}", {"name": "x" * longest}).status_code == 200


@case
def pool_name_characters(api: Any, reading: str) -> None:
    assert api.call("PUT", f"/desktop-pools/{FINANCE}", {"name": "\u8d22\u52a1-1"}).status_code == 200
    answer = api.call("PUT", f"/desktop-pools/{FINANCE}", {"name": "finance one!"})
    assert answer.status_code == {"documented": 400, "any": 200}[reading]


@case
def desktop_ids_with_handle_type(api: Any, reading: str) -> None:
    wanted = [api.desktop(name).desktop_id for name in ("FIN-001", "FIN-003")]
    if reading == "refused":
        assert is_400(api, desktop_ids=wanted, handle_type="FOR_EXPAND_AND_IDLE")
        assert is_400(api, desktop_ids=wanted, is_fix=True)
        return
    expected = {
        "desktop_ids": ["FIN-001", "FIN-003"],
        "intersection": ["FIN-003"],
        "handle_type": ["FIN-003", "FIN-004"],
    }
    assert rebuilt_by(api, desktop_ids=wanted, handle_type="FOR_EXPAND_AND_IDLE") == expected[reading]


@case
def maintenance_mode(api: Any, reading: str) -> None:
    api.call("PUT", f"/desktop-pools/{FINANCE}", {"in_maintenance_mode": True})
    login_status = api.desktop("FIN-001").login_status
    assert login_status == ("REGISTERED" if reading == "cuts_sessions" else "CONNECTED")
    assert api.rebuild().status_code == (409 if reading == "refuses_changes" else 200)


@case
def missing_pool(api: Any, reading: str) -> None:
    assert api.call("GET", "/desktop-pools/gone").status_code == int(reading)


@case
def sub_jobs_appear(api: Any, reading: str) -> None:
    job = api.start(delay_time=1)

    def visible() -> int:
        return int(api.get("/workspace-sub-jobs", job_id=job.id)["total_count"])

    counts = [visible()]
    for seconds in (14, 1, 45):
        api.advance(seconds)
        counts.append(visible())
    assert counts == {"at_once": [4, 4, 4, 4], "late": [0, 0, 4, 4], "growing": [0, 0, 0, 4]}[reading]


@case
def finished_jobs(api: Any, reading: str) -> None:
    job = api.start()
    api.advance(300 + 3599)
    assert api.call("GET", f"/workspace-jobs/{job.id}").status_code == 200
    api.advance(1)
    gone = reading == "forgotten"
    assert api.call("GET", f"/workspace-jobs/{job.id}").status_code == (404 if gone else 200)
    assert api.get("/workspace-sub-jobs", job_id=job.id)["total_count"] == (0 if gone else 4)


@case
def job_status_during_delay(api: Any, reading: str) -> None:
    job = api.start(delay_time=1)
    assert api.get(f"/workspace-jobs/{job.id}")["status"] == reading
    api.advance(60)
    assert api.get(f"/workspace-jobs/{job.id}")["status"] == "RUNNING"


@case
def pool_status_during_job(api: Any, reading: str) -> None:
    api.start()
    assert show_pool(api)["status"] == reading
    api.advance(300)
    assert show_pool(api)["status"] == "STEADY"


@case
def rebuild_changes(api: Any, reading: str) -> None:
    def facts() -> dict[str, Any]:
        (row,) = api.get("/desktops", offset=0, limit=1)["desktops"]
        return {name: row[name] for name in ("sid", "ip_address", "computer_name", "user_name", "desktop_id")}

    api.desktop("FIN-001").computer_name = "fin-001"
    before = facts()
    api.start()
    api.advance(300)
    after = facts()
    changed = {name for name in before if before[name] != after[name]}
    expected = {
        "sid": {"sid"},
        "nothing": set(),
        "sid_and_ip": {"sid", "ip_address"},
        "name_case": {"computer_name"},
        "binding": {"user_name"},
        "desktop_id": {"desktop_id"},
    }
    assert changed == expected[reading]
    assert api.get("/desktops", desktop_id=after["desktop_id"])["total_count"] == 1


@case
def unknown_fields(api: Any, reading: str) -> None:
    assert is_400(api, colour="blue") is (reading == "refused")
    api.advance(300)
    answer = api.call("GET", "/desktop-pools", colour="blue")
    assert answer.status_code == (400 if reading == "refused" else 200)
    body = {"autoscale_policy": {"min_idle": 1, "colour": "blue"}}
    answer = api.call("PUT", f"/desktop-pools/{FINANCE}", body)
    assert answer.status_code == (400 if reading == "refused" else 200)
    if reading == "ignored":
        assert show_pool(api)["autoscale_policy"] == {"min_idle": 1}


@case
def api_age(api: Any, reading: str) -> None:
    older = reading == "older"
    assert ("tags" in show_pool(api)) is not older
    (row,) = api.get(f"/desktop-pools/{FINANCE}/desktops", limit=1)["pool_desktops"]
    assert ("isolated" in row) is not older
    assert ("status" in api.get("/desktops")["desktops"][0]) is not older
    assert ("created_at" in api.get("/images")["images"][0]) is not older
    assert ("package_type" in api.get("/products")["products"][0]) is not older
    assert is_400(api, handle_type="ONLY_FOR_EXPAND") is older
    answer = api.call("GET", f"/desktop-pools/{FINANCE}/inconsistent-statics")
    assert answer.status_code == (404 if older else 200)
    job = api.start()
    assert ("entity" in api.get("/workspace-sub-jobs", job_id=job.id)["jobs"][0]) is not older


@case
def prepaid_pool(api: Any, reading: str) -> None:
    api.pool().charging_mode = "0"
    assert is_400(api) is (reading == "refused")


@case
def sub_jobs_unfiltered(api: Any, reading: str) -> None:
    answer = api.call("GET", "/workspace-sub-jobs", desktop_pool_id=FINANCE)
    assert answer.status_code == (400 if reading == "refused" else 200)
    assert api.call("GET", "/workspace-sub-jobs", job_type="rebuildDesktopPool").status_code == 200


@case
def state_after_job(api: Any, reading: str) -> None:
    job = api.start()
    api.advance(300)
    assert api.get(f"/workspace-jobs/{job.id}")["status"] == "SUCCESS"
    (row,) = api.get(f"/desktop-pools/{FINANCE}/desktops", limit=1)["pool_desktops"]
    shown = (row["task_status"], row["metadata"]["metering.image_id"])
    expected = {"at_once": ("", NEW_IMAGE), "lags": ("rebuild_spawning", OLD_IMAGE)}
    assert shown == expected[reading]
    api.advance(15)
    (row,) = api.get(f"/desktop-pools/{FINANCE}/desktops", limit=1)["pool_desktops"]
    assert (row["task_status"], row["metadata"]["metering.image_id"]) == ("", NEW_IMAGE)


def fail(api: Any, **fields: Any) -> None:
    api.world.failures = Failures([FailureRule(**fields)], api.world.ids)


def finished_status(api: Any) -> str:
    job = api.start()
    api.advance(300)
    return str(api.get(f"/workspace-jobs/{job.id}")["status"])


def crowd(count: int) -> Any:
    estate = load_estate(ESTATES / "minimal.yml")
    pool = estate.pools[0].model_dump(exclude={"id", "desktops"})
    pool.update({"name": "crowd", "generate": {"count": count}})
    estate.pools.append(type(estate.pools[0]).model_validate(pool))
    return estate


def _gather_checks() -> None:
    """Take in the checks of the files beside this one, each of which keeps its own ``CASES``."""
    for path in sorted(Path(__file__).parent.glob("test_dialects_*.py")):
        spec = importlib.util.spec_from_file_location(f"checks_of_{path.stem}", path)
        assert spec is not None
        assert spec.loader is not None
        module = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(module)
        assert CASES.keys().isdisjoint(module.CASES)
        CASES.update(module.CASES)


_gather_checks()


def test_every_setting_has_a_check() -> None:
    assert set(CASES) == {name for name, _choices, _text in readings()}


@pytest.mark.parametrize(
    ("setting", "reading"), [(name, choice) for name, choices, _text in readings() for choice in choices]
)
def test_a_reading_has_its_effect(api: Any, setting: str, reading: str) -> None:
    api.dialect(**{setting: reading})
    CASES[setting](api, reading)


def test_the_readme_has_every_reading() -> None:
    text = (Path(ESTATES).parent / "README.md").read_text(encoding="utf-8")
    for name, choices, meaning in readings():
        row = f"| `{name}` | {', '.join(f'`{choice}`' for choice in choices)} | {meaning} |"
        assert row in text
