# Copyright (c) 2026 the hwcloud.workspace contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Pools and desktops come and go."""

from __future__ import annotations

from typing import Any

import pytest

from workspace_simulator.estate import Estate, NamePolicyPart, SubnetPart
from workspace_simulator.state.failures import FailureRule, Failures

FINANCE = "22222222-0000-4000-8000-000000000001"
DYNAMIC = "22222222-0000-4000-8000-000000000002"
OLD_IMAGE = "11111111-1010-4000-8000-000000002610"
NEW_IMAGE = "11111111-1010-4000-8000-000000002611"
LARGE = "workspace.x86.enterprise.large2"
POOL = f"/desktop-pools/{FINANCE}"
WISH: dict[str, Any] = {
    "name": "legal",
    "type": "STATIC",
    "size": 2,
    "product_id": LARGE,
    "image_type": "private",
    "image_id": OLD_IMAGE,
    "root_volume": {"type": "SAS", "size": 80},
    "subnet_ids": ["subnet-1"],
}


def create(api: Any, **fields: Any) -> Any:
    """Create a pool and return its job."""
    answer = api.call("POST", "/desktop-pools", {**WISH, **fields})
    assert answer.status_code == 200, answer.text
    assert list(answer.json()) == ["job_id"]
    return api.project.jobs[answer.json()["job_id"]]


def expand(api: Any, size: int = 1, pool: str = FINANCE) -> Any:
    """Expand a pool and return its job."""
    answer = api.call("POST", f"/desktop-pools/{pool}/expand", {"size": size})
    assert answer.status_code == 200, answer.text
    return api.project.jobs[answer.json()["job_id"]]


def delete(api: Any, *names: str, **fields: Any) -> Any:
    """Delete desktops by name and return their job."""
    body = {"desktop_ids": [api.desktop(name).desktop_id for name in names], **fields}
    answer = api.call("POST", "/desktops/batch-delete", body)
    assert answer.status_code == 202, answer.text
    return api.project.jobs[answer.json()["job_id"]]


def fail(api: Any, **fields: Any) -> None:
    api.world.failures = Failures([FailureRule(**fields)], api.world.ids)


def shown(api: Any, pool: str = FINANCE) -> list[tuple[str, str, str]]:
    """Return name, status and task of a pool's desktops, as a client reads them."""
    rows = api.get(f"/desktop-pools/{pool}/desktops", limit=100)["pool_desktops"]
    return [(row["computer_name"], row["status"], row["task_status"]) for row in rows]


def effects(api: Any, pool: str) -> Any:
    answer = api.http.get("/_control/estate", params={"pool": pool}).json()
    (found,) = answer["pools"] + answer["deleted_pools"]
    return found


class TestCreation:
    """POST desktop-pools."""

    def test_the_pool_is_there_at_once_and_its_desktops_come_one_by_one(self, estate: Estate, make_api: Any) -> None:
        estate.jobs.parallel = 1
        api = make_api(estate)
        job = create(api)
        (row,) = api.get("/desktop-pools", name="legal")["desktop_pools"]
        assert (row["status"], row["desktop_count"]) == ("TEMPORARY", 1)
        assert shown(api, row["id"]) == [("legal-0001", "", "scheduling")]
        tasks = []
        for _time in range(4):
            tasks += [task for _name, _status, task in shown(api, row["id"])]
            api.advance(75)
        assert tasks == ["scheduling", "block_device_mapping", "networking", "spawning"]
        assert shown(api, row["id"]) == [("legal-0001", "ACTIVE", ""), ("legal-0002", "", "scheduling")]
        assert api.get(f"/workspace-jobs/{job.id}")["status"] == "RUNNING"
        api.advance(300)
        pool = api.get(f"/desktop-pools/{row['id']}")
        assert (pool["status"], pool["desktop_count"], pool["desktop_used"]) == ("STEADY", 2, 0)
        assert api.get(f"/workspace-jobs/{job.id}")["status"] == "SUCCESS"
        assert api.get("/workspace-sub-jobs", desktop_pool_id=row["id"])["total_count"] == 2

    def test_a_pool_may_be_created_without_desktops(self, api: Any) -> None:
        job = create(api, size=0)
        answer = api.get(f"/workspace-jobs/{job.id}")
        assert (answer["status"], answer["sub_jobs_total"]) == ("SUCCESS", 0)
        (row,) = api.get("/desktop-pools", name="legal")["desktop_pools"]
        assert (row["status"], row["desktop_count"]) == ("STEADY", 0)

    def test_all_that_is_given_is_kept(self, api: Any) -> None:
        fields = {
            "description": "Legal department",
            "vpc_id": "vpc-1",
            "availability_zone": "eu-west-101b",
            "enterprise_project_id": "project-1",
            "desktop_name_policy_id": "policy-1",
            "ou_name": "Legal",
            "domain": "legal.local",
            "enable_autoscale": True,
            "autoscale_policy": {"autoscale_type": "AUTO_CREATED", "min_idle": 2},
            "user_reset_policy": {"enable": True, "reset_count_per_day": 3},
            "tags": [{"key": "team", "value": "legal"}],
            "disconnected_retention_period": 10,
        }
        create(api, type="DYNAMIC", security_groups=[{"id": "group-1"}], **fields)
        (row,) = api.get("/desktop-pools", name="legal")["desktop_pools"]
        assert {name: row[name] for name in fields} == fields
        assert [group["id"] for group in row["security_groups"]] == ["group-1"]
        assert (row["image_id"], row["charging_mode"], row["in_maintenance_mode"]) == (OLD_IMAGE, "1", False)
        assert "image_type" not in row

    def test_an_older_region_shows_the_first_subnet_only(self, api: Any) -> None:
        create(api, subnet_ids=["subnet-1", "subnet-2"], vpc_id="vpc-1", tags=[{"key": "a"}], ou_name="Legal")
        api.dialect(api_age="older")
        (row,) = api.get("/desktop-pools", name="legal")["desktop_pools"]
        assert row["subnet_id"] == "subnet-1"
        assert not {"vpc_id", "subnet_ids", "tags", "ou_name", "image_type"} & set(row)

    def test_desktops_are_made_from_the_template(self, api: Any) -> None:
        create(api, data_volumes=[{"type": "SSD", "size": 50}, {"type": "SAS", "size": 8200}])
        api.advance(300)
        (pool,) = api.get("/desktop-pools", name="legal")["desktop_pools"]
        rows = api.get(f"/desktop-pools/{pool['id']}/desktops", limit=100)["pool_desktops"]
        for row in rows:
            disks = [(disk["desktop_pool_disk_id"], disk["type"], disk["size"]) for disk in row["data_volumes"]]
            assert sorted(disks) == [(disk["id"], disk["type"], disk["size"]) for disk in pool["data_volumes"]]
            assert row["root_volume"]["desktop_pool_disk_id"] == pool["root_volume"]["id"]
            assert (row["product_id"], row["subnet_id"]) == (LARGE, "subnet-1")
            assert row["inconsistent_types"] == []
        assert len({row["ipv4"] for row in rows} | {desk.ip_address for desk in api.pool().desktops.values()}) == 6

    def test_the_order_of_disks_is_not_the_order_sent(self, api: Any) -> None:
        sizes = list(range(10, 110, 10))
        create(api, size=0, data_volumes=[{"type": "SAS", "size": size} for size in sizes])
        (pool,) = api.get("/desktop-pools", name="legal")["desktop_pools"]
        returned = [disk["size"] for disk in pool["data_volumes"]]
        assert returned != sizes
        assert sorted(returned) == sizes

    @pytest.mark.parametrize(
        ("fields", "named"),
        [
            ({"name": "finance"}, "finance"),
            ({"name": ""}, "name"),
            ({"name": "x" * 65}, "name"),
            ({"name": "two words"}, "name"),
            ({"type": "BOTH"}, "type"),
            ({"type": "DYNAMIC"}, "disconnected_retention_period"),
            ({"size": -1}, "size"),
            ({"size": 101}, "size"),
            ({"size": "2"}, "size"),
            ({"product_id": "unknown"}, "product"),
            ({"image_id": "unknown"}, "image"),
            ({"image_type": "gold"}, "image_type"),
            ({"flavor_id": "unknown"}, "flavor"),
            ({"subnet_ids": []}, "subnet_ids"),
            ({"subnet_ids": [f"subnet-{number}" for number in range(101)]}, "subnet_ids"),
            ({"root_volume": {"type": "SAS", "size": 70}}, "root_volume"),
            ({"root_volume": {"type": "SAS", "size": 1030}}, "root_volume"),
            ({"root_volume": {"type": "SAS", "size": 85}}, "root_volume"),
            ({"root_volume": {"type": "FLOPPY", "size": 80}}, "FLOPPY"),
            ({"root_volume": {"size": 80}}, "type"),
            ({"data_volumes": [{"type": "SAS", "size": 8210}]}, "data_volumes"),
            ({"data_volumes": [{"type": "SAS", "size": 15}]}, "data_volumes"),
            ({"data_volumes": [{"type": "SAS", "size": 0}]}, "data_volumes"),
            ({"data_volumes": [{"type": "SAS", "size": 10}] * 11}, "data_volumes"),
            ({"disconnected_retention_period": 9}, "disconnected_retention_period"),
            ({"disconnected_retention_period": 43201}, "disconnected_retention_period"),
            ({"autoscale_policy": {"auto_isolation_max_num": 0}}, "auto_isolation_max_num"),
            ({"user_reset_policy": {"reset_count_per_day": 101}}, "reset_count_per_day"),
            ({"security_groups": [{"id": "x"}] * 6}, "security_groups"),
            ({"tags": [{"key": f"key-{number}"} for number in range(21)]}, "tags"),
            ({"in_maintenance_mode": True}, "in_maintenance_mode"),
            ({"description": None}, "description"),
        ],
    )
    def test_what_is_not_allowed_is_refused_and_makes_nothing(
        self, api: Any, fields: dict[str, Any], named: str
    ) -> None:
        answer = api.refused(400, "POST", "/desktop-pools", {**WISH, **fields})
        assert named in answer.get("error_detail", "") + answer["error_msg"]
        assert (api.project.jobs, len(api.project.pools)) == ({}, 2)

    @pytest.mark.parametrize("name", sorted(WISH))
    def test_what_is_needed_is_asked_for(self, api: Any, name: str) -> None:
        body = {field: value for field, value in WISH.items() if field != name}
        assert name in api.refused(400, "POST", "/desktop-pools", body)["error_detail"]

    @pytest.mark.parametrize(
        ("image", "product"),
        [
            ({"architecture": "arm"}, {}),
            ({"min_disk": 90}, {}),
            ({"min_ram": 8192}, {}),
            ({"os_type": "Linux"}, {"os_types": ("Windows",)}),
            ({}, {"type": "DEDICATED"}),
            ({}, {"status": "abandon"}),
            ({}, {"status": "sellout"}),
            ({}, {"zones": ("eu-west-101c",)}),
        ],
    )
    def test_an_image_and_a_product_must_fit(self, api: Any, image: dict[str, Any], product: dict[str, Any]) -> None:
        for name, value in image.items():
            setattr(api.world.images[OLD_IMAGE], name, value)
        for name, value in product.items():
            if name in ("os_types", "zones"):
                setattr(api.world.products[LARGE], name, value)
            else:
                api.world.products[LARGE].fields[name] = value
        api.refused(400, "POST", "/desktop-pools", WISH)

    @pytest.mark.parametrize(("kind", "code"), [("USER", "WKS.00170312"), ("USER_GROUP", "WKS.00170208")])
    def test_unknown_users_and_groups_are_refused(self, api: Any, kind: str, code: str) -> None:
        entry = {"object_id": "unknown", "object_name": "unknown", "object_type": kind, "user_group": "users"}
        answer = api.refused(400, "POST", "/desktop-pools", {**WISH, "authorized_objects": [entry]})
        assert answer["error_code"] == code

    def test_a_denied_user_creates_nothing(self, estate: Estate, make_api: Any) -> None:
        estate.iam_users[0].denied_actions = ["workspace:desktopPools:create"]
        api = make_api(estate)
        api.refused(403, "POST", "/desktop-pools", WISH)
        assert len(api.project.pools) == 2


class TestNames:
    """How new desktops are named."""

    def test_a_long_name_is_cut_so_that_windows_takes_it(self, api: Any) -> None:
        create(api, name="a-very-long-name", size=1)
        (pool,) = api.get("/desktop-pools", name="very-long")["desktop_pools"]
        assert shown(api, pool["id"])[0][0] == "a-very-lon-0001"

    def test_numbers_are_not_given_again(self, api: Any) -> None:
        expand(api, 2)
        api.advance(300)
        delete(api, "finance-0002")
        api.advance(300)
        expand(api)
        assert [name for name, _status, _task in shown(api)][4:] == ["finance-0001", "finance-0003"]

    def test_a_policy_names_them_and_leaves_out_names_that_are_taken(self, estate: Estate, make_api: Any) -> None:
        estate.desktop_name_policies = [NamePolicyPart(id="p1", name_prefix="FIN-", digit_number=3, start_number=3)]
        api = make_api(estate)
        assert api.call("PUT", POOL, {"desktop_name_policy_id": "p1"}).status_code == 200
        expand(api, 2)
        assert [name for name, _status, _task in shown(api)][4:] == ["FIN-005", "FIN-006"]

    def test_a_policy_must_exist_where_the_estate_has_any(self, estate: Estate, make_api: Any) -> None:
        estate.desktop_name_policies = [NamePolicyPart(id="p1", name_prefix="FIN-")]
        api = make_api(estate)
        api.refused(400, "POST", "/desktop-pools", {**WISH, "desktop_name_policy_id": "p2"})
        api.refused(400, "PUT", POOL, {"desktop_name_policy_id": "p2"})


class TestExpansion:
    """POST expand."""

    def test_desktops_are_made_from_the_template_of_that_moment(self, estate: Estate, make_api: Any) -> None:
        estate.jobs.parallel = 1
        api = make_api(estate)
        expand(api, 2)
        api.start(handle_type="ONLY_FOR_EXPAND")
        expand(api)
        api.advance(600)
        new = list(api.pool().desktops.values())[4:]
        assert [desktop.image_id for desktop in new] == [OLD_IMAGE, NEW_IMAGE, OLD_IMAGE]
        assert [desktop.computer_name for desktop in new] == ["finance-0001", "finance-0003", "finance-0002"]

    def test_each_expansion_adds_its_own_once(self, api: Any) -> None:
        jobs = [expand(api, 2), expand(api, 3)]
        api.advance(300)
        pool = effects(api, "finance")
        assert pool["desktop_count"] == 9
        assert [(event["job_id"], event["size"]) for event in pool["effects"]["expanded"]] == [
            (jobs[0].id, 2),
            (jobs[1].id, 3),
        ]
        created = [event["job_id"] for desktop in pool["desktops"] for event in desktop["effects"]["created"]]
        assert created == [jobs[0].id] * 2 + [jobs[1].id] * 3

    @pytest.mark.parametrize("size", [0, -1, 1001, "1", None])
    def test_the_size_has_limits(self, api: Any, size: Any) -> None:
        api.refused(400, "POST", POOL + "/expand", {"size": size})

    def test_a_failed_creation_leaves_what_the_rule_says(self, api: Any) -> None:
        api.dialect(failed_creation="removed")
        fail(api, operation="ExpandDesktopPool", nth=1, leaves="SHUTOFF")
        job = expand(api, 2)
        api.advance(150)
        assert shown(api)[4:] == [("finance-0001", "SHUTOFF", ""), ("finance-0002", "", "networking")]
        api.advance(150)
        assert [sub_job.status for sub_job in job.sub_jobs] == ["FAILED", "SUCCESS"]
        assert api.get(f"/workspace-jobs/{job.id}")["status"] == "COMPLETE"

    def test_a_removed_one_stays_readable_for_tests(self, api: Any) -> None:
        api.dialect(failed_creation="removed")
        fail(api, operation="ExpandDesktopPool", share=1.0, times=1)
        expand(api)
        api.advance(300)
        (gone,) = effects(api, "finance")["deleted_desktops"]
        assert (gone["computer_name"], len(gone["effects"]["failures"])) == ("finance-0001", 1)

    def test_desktops_under_creation_are_busy(self, api: Any) -> None:
        expand(api)
        assert api.rebuild().status_code == 409
        assert api.rebuild(desktop_ids=[api.desktop("FIN-001").desktop_id]).status_code == 200

    def test_under_one_reading_a_pool_that_changes_takes_no_expansion(self, api: Any) -> None:
        api.dialect(conflict="pool")
        expand(api)
        answer = api.refused(409, "POST", POOL + "/expand", {"size": 1})
        assert answer["error_code"] == "WKS.00010032"

    def test_a_yearly_pool_grows_by_orders_under_one_reading(self, api: Any) -> None:
        api.pool().charging_mode = "0"
        api.dialect(prepaid_pool="refused")
        api.refused(400, "POST", POOL + "/expand", {"size": 1})

    def test_results_may_show_late(self, api: Any) -> None:
        api.dialect(state_after_job="lags")
        job = expand(api)
        api.advance(300)
        assert api.get(f"/workspace-jobs/{job.id}")["status"] == "SUCCESS"
        assert shown(api)[4:] == [("finance-0001", "", "spawning")]
        api.advance(15)
        assert shown(api)[4:] == [("finance-0001", "ACTIVE", "")]


class TestRoom:
    """Quota, addresses, sold-out products."""

    def test_desktops_that_wait_for_their_creation_count(self, estate: Estate, make_api: Any) -> None:
        estate.jobs.parallel = 1
        estate.projects[0].desktop_quota = 10
        api = make_api(estate)
        expand(api, 3)
        api.refused(400, "POST", POOL + "/expand", {"size": 2})
        api.refused(400, "POST", "/desktop-pools", {**WISH, "size": 2})
        expand(api)
        create(api, size=0)

    def test_deletion_makes_room(self, api: Any) -> None:
        api.project.desktop_quota = 6
        api.refused(400, "POST", POOL + "/expand", {"size": 1})
        delete(api, "FIN-003")
        api.advance(300)
        expand(api)

    def test_subnets_fill_one_after_the_other(self, estate: Estate, make_api: Any) -> None:
        estate.projects[0].subnets = [SubnetPart(id="subnet-1", addresses=2), SubnetPart(id="subnet-2", addresses=1)]
        api = make_api(estate)
        fields = {"subnet_ids": ["subnet-1", "subnet-2"]}
        api.refused(400, "POST", "/desktop-pools", {**WISH, **fields, "size": 4})
        create(api, **fields, size=3)
        api.advance(300)
        desktops = [desktop for desktop in api.project.desktops.values() if desktop.pool.name == "legal"]
        assert [desktop.subnet_id for desktop in desktops] == ["subnet-1", "subnet-1", "subnet-2"]
        api.refused(400, "POST", f"/desktop-pools/{desktops[0].pool.id}/expand", {"size": 1})
        delete(api, "legal-0002")
        api.advance(300)
        expand(api, pool=desktops[0].pool.id)
        assert api.desktop("legal-0004").subnet_id == "subnet-1"

    def test_subnets_must_exist_where_the_estate_has_any(self, estate: Estate, make_api: Any) -> None:
        estate.projects[0].subnets = [SubnetPart(id="subnet-2")]
        api = make_api(estate)
        api.refused(400, "POST", "/desktop-pools", WISH)
        api.refused(400, "PUT", POOL, {"subnet_ids": ["subnet-1"]})
        create(api, subnet_ids=["subnet-2"])

    def test_a_sold_out_product_gives_no_more_desktops(self, api: Any) -> None:
        api.world.products[LARGE].fields["status"] = "sellout"
        assert "sold out" in api.refused(400, "POST", POOL + "/expand", {"size": 1})["error_msg"]

    def test_without_room_a_desktop_in_error_has_no_address(self, api: Any) -> None:
        api.dialect(beyond_quota="sub_jobs_fail")
        api.project.desktop_quota = 6
        job = expand(api)
        row = api.get(POOL + "/desktops", limit=100)["pool_desktops"][4]
        assert (row["status"], row["ip_addresses"]) == ("ERROR", [])
        (sub_job,) = api.get(f"/workspace-jobs/{job.id}")["sub_jobs"]
        assert (sub_job["status"], sub_job["error_code"]) == ("FAILED", "WKS.00010004")
        assert "quota" in sub_job["fail_reason"]


class TestDeletionOfDesktops:
    """POST desktops/batch-delete."""

    def test_a_desktop_loses_its_status_and_then_is_gone(self, api: Any) -> None:
        desktop = api.desktop("FIN-001")
        job = delete(api, "FIN-001", "FIN-004")
        path = f"/desktops/{desktop.desktop_id}"
        row = api.get(path)["desktop"]
        assert (row["status"], row["task_status"], row["login_status"]) == ("", "deleting", "UNREGISTER")
        assert api.get(POOL)["desktop_count"] == 4
        api.advance(300)
        assert api.refused(404, "GET", path)["error_code"] == "WKS.00010005"
        assert api.get(POOL)["desktop_count"] == 2
        assert api.get("/desktops")["total_count"] == 4
        gone = effects(api, "finance")["deleted_desktops"]
        assert [row["effects"]["deleted"][0]["job_id"] for row in gone] == [job.id] * 2
        assert [row["effects"]["deleted"][0]["email_to"] for row in gone] == ["user-a1", None]
        assert len(gone[0]["effects"]["sessions_cut"]) == 1

    def test_desktops_of_several_pools_are_listed_for_each(self, api: Any) -> None:
        job = delete(api, "FIN-003", "FDY-002", "FIN-004")
        for pool, count in ((FINANCE, 2), (DYNAMIC, 1)):
            answer = api.get("/workspace-sub-jobs", job_type="deleteDesktops", desktop_pool_id=pool)
            assert answer["total_count"] == count
            assert api.get(f"/desktop-pools/{pool}")["status"] == "TEMPORARY"
        assert api.get(f"/workspace-jobs/{job.id}")["sub_jobs_total"] == 3
        for pool in ("finance", "finance-dynamic"):
            jobs = api.http.get("/_control/estate", params={"pool": pool}).json()["jobs"]
            assert [entry["id"] for entry in jobs] == [job.id]
        api.advance(300)
        assert api.get(f"/desktop-pools/{DYNAMIC}")["status"] == "STEADY"

    def test_one_named_twice_is_deleted_once(self, api: Any) -> None:
        assert len(delete(api, "FIN-003", "FIN-003").sub_jobs) == 1

    def test_users_go_with_their_last_desktop(self, api: Any) -> None:
        api.desktop("FIN-003").user = api.desktop("FIN-001").user
        users = {user.name: user.id for user in api.world.users.values()}
        delete(api, "FIN-001", "FDY-001", delete_users=True, email_notification=False)
        api.advance(300)
        assert users["user-a1"] in api.world.users
        assert users["user-c3"] not in api.world.users
        assert api.get(f"/desktop-pools/{DYNAMIC}/users")["total_count"] == 0
        (gone,) = effects(api, "finance-dynamic")["deleted_desktops"]
        assert gone["effects"]["deleted"][0]["email_to"] is None

    def test_users_stay_by_default(self, api: Any) -> None:
        delete(api, "FDY-001")
        api.advance(300)
        assert "user-c3" in {user.name for user in api.world.users.values()}

    def test_a_failed_deletion_leaves_the_desktop_as_it_was(self, api: Any) -> None:
        fail(api, operation="BatchDeleteDesktops", desktops=["FIN-003"])
        job = delete(api, "FIN-003", "FIN-004")
        api.advance(300)
        assert [sub_job.status for sub_job in job.sub_jobs] == ["FAILED", "SUCCESS"]
        desktop = api.desktop("FIN-003")
        assert (desktop.status, desktop.login_status, desktop.open_work) == ("ACTIVE", "REGISTERED", 0)
        assert len(api.pool().desktops) == 3

    def test_a_busy_desktop_is_not_deleted(self, api: Any) -> None:
        api.start(desktop_ids=[api.desktop("FIN-001").desktop_id])
        body = {"desktop_ids": [api.desktop(name).desktop_id for name in ("FIN-001", "FIN-003")]}
        api.refused(409, "POST", "/desktops/batch-delete", body)
        api.dialect(conflict="desktop")
        job = delete(api, "FIN-001", "FIN-003")
        api.advance(300)
        assert [sub_job.status for sub_job in job.sub_jobs] == ["FAILED", "SUCCESS"]

    def test_a_change_of_any_of_the_pools_is_in_the_way_under_one_reading(self, api: Any) -> None:
        api.dialect(conflict="pool")
        api.start(pool="finance-dynamic")
        body = {"desktop_ids": [api.desktop(name).desktop_id for name in ("FIN-001", "FDY-002")]}
        api.refused(409, "POST", "/desktops/batch-delete", body)

    @pytest.mark.parametrize(
        "fields",
        [
            {"desktop_ids": []},
            {"desktop_ids": ["unknown"]},
            {"desktop_ids": [f"id-{number}" for number in range(101)]},
            {"desktop_ids": "one"},
            {},
            {"desktop_ids": ["x"], "is_force_delete": "yes"},
        ],
    )
    def test_what_is_not_allowed_is_refused(self, api: Any, fields: dict[str, Any]) -> None:
        api.refused(400, "POST", "/desktops/batch-delete", fields)
        assert api.project.jobs == {}


class TestDeletionOfPools:
    """DELETE pool."""

    def empty(self, api: Any) -> None:
        delete(api, *(desktop.computer_name for desktop in api.pool().desktops.values()))
        api.advance(300)

    def test_an_empty_pool_goes_and_its_record_stays(self, api: Any) -> None:
        self.empty(api)
        answer = api.call("DELETE", POOL)
        assert (answer.status_code, answer.content) == (204, b"")
        assert api.refused(400, "GET", POOL)["error_code"] == "WKS.0001"
        api.refused(400, "DELETE", POOL)
        assert api.get("/desktop-pools")["total_count"] == 1
        estate = api.http.get("/_control/estate").json()
        (gone,) = estate["deleted_pools"]
        assert (gone["name"], len(gone["effects"]["deleted"]), len(gone["deleted_desktops"])) == ("finance", 1, 4)
        assert [pool["name"] for pool in estate["pools"]] == ["finance-dynamic"]
        assert len(effects(api, FINANCE)["deleted_desktops"]) == 4

    def test_its_name_is_free_again(self, api: Any) -> None:
        self.empty(api)
        api.call("DELETE", POOL)
        create(api, name="finance")

    def test_autoscaling_must_be_off(self, api: Any) -> None:
        self.empty(api)
        api.call("PUT", POOL, {"enable_autoscale": True})
        assert api.refused(409, "DELETE", POOL)["error_code"] == "WKS.00010032"
        api.call("PUT", POOL, {"enable_autoscale": False})
        assert api.call("DELETE", POOL).status_code == 204

    def test_desktops_that_wait_for_their_creation_are_in_the_way(self, estate: Estate, make_api: Any) -> None:
        estate.jobs.parallel = 1
        api = make_api(estate)
        fail(api, operation="CreateDesktopPool", nth=1, at=0.1)
        api.dialect(failed_creation="removed")
        create(api)
        (pool,) = api.get("/desktop-pools", name="legal")["desktop_pools"]
        path = f"/desktop-pools/{pool['id']}"
        api.refused(409, "DELETE", path)
        api.advance(330)
        api.refused(409, "DELETE", path)
        delete(api, "legal-0002")
        api.advance(300)
        assert api.call("DELETE", path).status_code == 204

    def test_late_desktops_are_in_the_way_too(self, api: Any) -> None:
        api.dialect(state_after_job="lags")
        self.empty(api)
        api.refused(409, "DELETE", POOL)
        api.advance(15)
        assert api.call("DELETE", POOL).status_code == 204


class TestUpdate:
    """PUT pool, beyond what other tests have."""

    def test_under_one_reading_all_absent_fields_are_reset(self, api: Any) -> None:
        api.dialect(update_absent_fields="reset")
        fields = {
            "description": "x",
            "availability_zone": "eu-west-101b",
            "ou_name": "x",
            "desktop_name_policy_id": "x",
            "enterprise_project_id": "project-1",
            "enable_autoscale": True,
            "autoscale_policy": {"min_idle": 1},
            "user_reset_policy": {"enable": True, "reset_count_per_day": 2},
            "security_groups": [{"id": "group-1"}],
            "tags": [{"key": "a", "value": "b"}],
            "in_maintenance_mode": True,
            "disconnected_retention_period": 60,
        }
        before = api.get(POOL)
        assert api.call("PUT", POOL, fields).status_code == 200
        assert api.call("PUT", POOL, {"name": "finance-x"}).status_code == 200
        after = api.get(POOL)
        reset = {"description": "", "availability_zone": "", "tags": []}
        assert after == {**before, **reset, "name": "finance-x"}

    def test_a_new_disk_type_is_one_that_the_service_offers(self, api: Any) -> None:
        disk = api.get(POOL)["root_volume"]["id"]
        assert "FLOPPY" in api.refused(400, "PUT", POOL, {"root_volume": {"id": disk, "type": "FLOPPY"}})["error_msg"]
        assert api.call("PUT", POOL, {"root_volume": {"id": disk, "type": "GPSSD"}}).status_code == 200

    def test_a_key_is_removed_by_empty_text(self, api: Any) -> None:
        disk = api.get(POOL)["root_volume"]["id"]
        for key in ("key-1", ""):
            assert api.call("PUT", POOL, {"root_volume": {"id": disk, "type": "SAS", "kms_id": key}}).status_code == 200
            assert api.get(POOL)["root_volume"].get("kms_id", "") == key

    def test_a_pool_without_a_zone_makes_desktops_in_the_first(self, api: Any) -> None:
        assert api.call("PUT", POOL, {"availability_zone": ""}).status_code == 200
        expand(api)
        assert api.desktop("finance-0001").availability_zone == "eu-west-101a"
