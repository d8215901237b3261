# Copyright (c) 2026 the hwcloud.workspace contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What we send is what the official SDK knows: operations, query parameters, and every body a change can build."""

from __future__ import annotations

import itertools
import re
from collections.abc import Iterator, Mapping
from typing import Any

import huaweicloudsdkiam.v3 as iam_sdk
import huaweicloudsdkworkspace.v2 as workspace_sdk
import pytest
from huaweicloudsdkcore.utils.http_utils import sanitize_for_serialization

from ansible_collections.hwcloud.workspace.plugins.module_utils.client import operations
from ansible_collections.hwcloud.workspace.plugins.module_utils.client.credentials import Password
from ansible_collections.hwcloud.workspace.plugins.module_utils.client.jobs import read_pool_jobs, read_sub_jobs
from ansible_collections.hwcloud.workspace.plugins.module_utils.client.operations import Operation
from ansible_collections.hwcloud.workspace.plugins.module_utils.client.pagination import PAGING
from ansible_collections.hwcloud.workspace.plugins.module_utils.pools.attributes import Attributes
from ansible_collections.hwcloud.workspace.plugins.module_utils.pools.change import Observation
from ansible_collections.hwcloud.workspace.plugins.module_utils.pools.definition import Definition
from ansible_collections.hwcloud.workspace.plugins.module_utils.pools.deletion import Deletion
from ansible_collections.hwcloud.workspace.plugins.module_utils.pools.filters import FILTERS, find_desktops
from ansible_collections.hwcloud.workspace.plugins.module_utils.pools.growth import Growth
from ansible_collections.hwcloud.workspace.plugins.module_utils.pools.lookup import (
    count_drift,
    image_exists,
    list_desktops,
    list_pools,
)
from ansible_collections.hwcloud.workspace.plugins.module_utils.pools.model import Desktop, Pool
from ansible_collections.hwcloud.workspace.plugins.module_utils.pools.notification import Notification
from ansible_collections.hwcloud.workspace.plugins.module_utils.pools.rebuild import REQUEST_FIELDS, Rebuild
from ansible_collections.hwcloud.workspace.plugins.module_utils.pools.scope import HANDLE_TYPES, Scope
from ansible_collections.hwcloud.workspace.plugins.module_utils.pools.survey import GATHER, survey
from ansible_collections.hwcloud.workspace.tests.unit.plugins.module_utils.scripted_service import (
    PROJECT,
    Reply,
    ScriptedService,
    session_to,
)

SDKS = (
    (workspace_sdk, workspace_sdk.WorkspaceClient),
    (iam_sdk, iam_sdk.IamClient),
)
OURS = [item for item in vars(operations).values() if isinstance(item, Operation)]

# Known to the older API definitions only; sent when a user asks for it.
ONLY_IN_DEFINITIONS = {"order_id"}


def http_info(name: str) -> dict[str, Any]:
    """Return how the SDK sends the operation of this name."""
    snake = re.sub(r"(?<!^)(?=[A-Z])", "_", name).lower()
    for package, client in SDKS:
        found = getattr(client, f"_{snake}_http_info", None)
        if found is not None:
            return dict(found(getattr(package, f"{name}Request")()))
    raise AssertionError(f"the SDK knows no operation {name}")


def request_keys(name: str) -> set[str]:
    """Return the parameters that the SDK's request of this operation takes, by the service's names."""
    for package, _client in SDKS:
        model = getattr(package, f"{name}Request", None)
        if model is not None:
            return set(model.attribute_map.values())
    raise AssertionError(f"the SDK knows no request of {name}")


def built(kind: str, value: Any, place: str = "body") -> Any:
    """Return ``value`` as an object of the SDK's type ``kind``, built from the innermost out.

    A key that the SDK's model does not have, or a value of another type, fails the test.
    """
    inner = re.fullmatch(r"list\[(.+)\]", kind)
    if inner is not None:
        assert isinstance(value, list), place
        return [built(inner[1], item, f"{place}[{number}]") for number, item in enumerate(value)]
    model = getattr(workspace_sdk, kind, None)
    if model is None:
        wanted = {"str": str, "int": int, "bool": bool}[kind]
        assert value.__class__ is wanted, f"{place}: {value!r} is not {kind}"
        return value
    if not model.attribute_map:
        assert value in [text for name, text in vars(model).items() if name.isupper()], place
        return value
    names = {wire: name for name, wire in model.attribute_map.items()}
    unknown = set(value) - set(names)
    assert not unknown, f"{place}: {kind} does not know {sorted(unknown)}"
    return model(
        **{
            names[wire]: built(model.openapi_types[names[wire]], item, f"{place}.{wire}")
            for wire, item in value.items()
        }
    )


def assert_sdk_sends(kind: str, body: Mapping[str, Any]) -> None:
    """Assert that the SDK, told the same, sends the same JSON."""
    known = {name: item for name, item in body.items() if name not in ONLY_IN_DEFINITIONS}
    assert None not in body.values()
    assert sanitize_for_serialization(built(kind, known)) == known


# Operations.


@pytest.mark.parametrize("operation", OURS, ids=lambda operation: operation.name)
def test_an_operation_has_the_sdks_method_and_path(operation: Operation) -> None:
    info = http_info(operation.name)
    assert (operation.method, operation.path) == (info["method"], info["resource_path"])


@pytest.mark.parametrize("name", PAGING)
def test_every_list_can_be_paged_and_has_the_key_that_the_sdk_reads(name: str) -> None:
    assert {"limit", "offset"} <= request_keys(name)
    response = getattr(workspace_sdk, f"{name}Response")
    assert PAGING[name].key in response.attribute_map.values()
    item = re.fullmatch(r"list\[(.+)\]", response.openapi_types[PAGING[name].key])
    assert item is not None
    assert PAGING[name].id_field in getattr(workspace_sdk, item[1]).attribute_map.values()


@pytest.fixture
def service() -> Iterator[ScriptedService]:
    """Return a server that answers every request with as little as fits."""
    running = ScriptedService()
    running.on("GET", ".*/images", Reply(200, {"images": [], "total_count": 0}))
    running.on("GET", ".*", Reply(200, {"total_count": 0}))
    running.on("POST", ".*", Reply(201, {"token": {"project": {"id": PROJECT}}}, {"X-Subject-Token": "t"}))
    yield running
    running.close()


def test_every_query_parameter_that_is_sent_is_known_to_the_sdk(service: ScriptedService) -> None:
    session = session_to(service.url, enterprise_project_id="0")
    pool = Pool.from_service({"id": "p1", "desktop_count": 5000})
    small = [Pool.from_service({"id": f"p{number}", "desktop_count": 1}) for number in range(6)]
    list_pools(session, name="x", pool_type="STATIC", in_maintenance_mode=False)
    list_desktops(session, "p1", ["d1", "d2"])
    count_drift(session, "p1")
    image_exists(session, "i1")
    read_pool_jobs(session, "p1")
    read_sub_jobs(session, job_id="j", job_type="t", status="s", desktop_pool_id="p1")
    survey(session, small, GATHER, print)
    survey(session, [pool], GATHER, print)
    find_desktops(session, pool, {name: ["x"] if name in ("login_status", "desktop_id") else "x" for name in FILTERS})
    assert session_to(service.url, project_id=None, credentials=Password("u", "p", "d")).project_id == PROJECT
    paths = [
        (operation, operation.path.replace("{project_id}", PROJECT).replace("{pool_id}", "p[0-9]+"))
        for operation in OURS
    ]
    seen: dict[str, set[str]] = {}
    for request in service.requests:
        (operation,) = {
            item for item, path in paths if re.fullmatch(path, request.path) and item.method == request.method
        }
        seen.setdefault(operation.name, set()).update(request.query)
    assert len(seen) >= 9
    assert {name: keys - request_keys(name) for name, keys in seen.items() if keys - request_keys(name)} == {}


# Bodies.

GIVEN: dict[str, Any] = {
    "image_id": "new",
    "image_type": "private",
    "os_type": "Windows",
    "order_id": "CS1",
    "encrypt_type": "ENCRYPTED",
    "kms_id": "k1",
    "delay_time": 15,
    "message": "Save your work. Grüße!",
}


def rebuild_bodies() -> Iterator[Mapping[str, Any]]:
    """Yield every body of a recompose: each field alone and all at once, each scope, each state of a pool."""
    fields = [{"image_id": "new"}, GIVEN, *({"image_id": "new", name: GIVEN[name]} for name in GIVEN)]
    scopes = [
        *(Scope(handle_type, ids) for handle_type in (None, *HANDLE_TYPES) for ids in ((), ("d1", "d2"))),
    ]
    images = [(), ("old", "old"), ("new", "old"), ("new", "new")]
    for given, scope, template, seen, force in itertools.product(fields, scopes, ("old", "new"), images, (False, True)):
        pool = Pool.from_service({"id": "p1", "name": "p", "status": "STEADY", "image_id": template})
        desktops = tuple(
            Desktop.from_service(
                {"desktop_id": f"d{number}", "status": "ACTIVE", "metadata": {"metering.image_id": image}}
            )
            for number, image in enumerate(seen, 1)
        )
        change = Rebuild("new", given, scope, force=force)
        step = change.plan(Observation(pool, desktops if scope.has_desktops else ())).step
        if step is not None:
            yield step.body


def test_every_body_of_a_recompose_is_one_that_the_sdk_sends() -> None:
    assert set(GIVEN) == set(REQUEST_FIELDS)
    bodies = list(rebuild_bodies())
    for body in bodies:
        assert_sdk_sends("RebuildDesktopPoolReq", body)
        assert body["image_id"] == "new"
    assert {name for body in bodies for name in body} == {*GIVEN, "is_fix", "handle_type", "desktop_ids"}


def test_the_body_of_a_notification_is_one_that_the_sdk_sends() -> None:
    step = Notification("Bitte speichern").plan(Observation(Pool.from_service({"id": "p1"}), None)).step
    assert step is not None
    assert_sdk_sends("SendDesktopPoolNotificationsReq", step.body)


# The example of a pool's record, with all that a region can return.
RECORD: dict[str, Any] = {
    "id": "p1",
    "name": "POOL01",
    "type": "DYNAMIC",
    "description": "finance",
    "created_time": "2025-01-02T03:04:05.678Z",
    "charging_mode": "1",
    "desktop_count": 2,
    "desktop_used": 1,
    "availability_zone": "eu-west-101a",
    "subnet_id": "s1",
    "subnet_ids": ["s1"],
    "vpc_id": "v1",
    "product": {"product_id": "x", "flavor_id": "y"},
    "image_id": "i1",
    "image_name": "win10",
    "root_volume": {"id": "r1", "type": "SAS", "size": 80},
    "data_volumes": [{"id": "v1", "type": "SSD", "size": 100}],
    "security_groups": [{"id": "g1", "name": "WorkspaceUserSecurityGroup"}],
    "disconnected_retention_period": 60,
    "enable_autoscale": True,
    "autoscale_policy": {
        "autoscale_type": "AUTO_CREATED",
        "max_auto_created": 10,
        "min_idle": 1,
        "once_auto_created": 1,
        "min_retention": 0,
        "idle_retention_duration": 60,
    },
    "user_reset_policy": {"enable": False},
    "status": "STEADY",
    "enterprise_project_id": "0",
    "in_maintenance_mode": False,
    "desktop_name_policy_id": "n1",
    "tags": [{"key": "team", "value": "finance"}],
    "ou_name": "OU=x",
    "isolation_num": 0,
}
WANTED: dict[str, Any] = {"name": "POOL02", "description": "", "in_maintenance_mode": True}


@pytest.mark.parametrize("left_out", [None, *RECORD])
def test_every_body_of_an_update_is_one_that_the_sdk_sends(left_out: str | None) -> None:
    record = {name: item for name, item in RECORD.items() if name != left_out}
    for count in range(1, len(WANTED) + 1):
        for names in itertools.combinations(WANTED, count):
            change = Attributes({name: WANTED[name] for name in names})
            step = change.plan(Observation(Pool.from_service(record), None)).step
            if step is not None:
                assert_sdk_sends("UpdateDesktopPoolAttributesReq", step.body)
            else:
                assert names == (left_out,)
                assert WANTED[left_out] == ""


# All that a task can say of a pool, by its options.
DESCRIBED: dict[str, Any] = {
    "type": "DYNAMIC",
    "size": 2,
    "product_id": "x",
    "flavor_id": "y",
    "image_type": "private",
    "image_id": "i1",
    "root_volume": {"type": "GPSSD2", "size": 80, "iops": 3000, "throughput": 125, "kms_id": "k1"},
    "data_volumes": [{"type": "SSD", "size": 100, "resource_spec_code": "c"}],
    "vpc_id": "v1",
    "subnet_ids": ["s1"],
    "security_groups": ["g1"],
    "availability_zone": "eu-west-101a",
    "authorized_objects": [
        {"object_type": "USER", "object_id": "u1", "object_name": "user-a1", "user_group": "users", "domain": "d"}
    ],
    "ou_name": "OU=x",
    "domain": "example.com",
    "tags": {"team": "finance"},
    "description": "finance",
    "disconnected_retention_period": 60,
    "enable_autoscale": True,
    "autoscale_policy": {
        **RECORD["autoscale_policy"],
        "auto_isolation_enable": True,
        "auto_isolation_max_num": 5,
    },
    "user_reset_policy": {"enable": True, "reset_count_per_day": 2},
    "desktop_name_policy_id": "n1",
    "in_maintenance_mode": True,
}


def test_the_options_of_a_pool_are_all_that_a_creation_and_an_update_take() -> None:
    absent = Pool.absent("p")
    wanted = Definition.from_options(DESCRIBED).with_fields(enterprise_project_id="0")
    creation, maintenance = wanted.creation(absent, wait=True)
    created = creation.plan(Observation(absent, None)).step
    assert created is not None
    assert_sdk_sends("CreateDesktopPoolReq", created.body)
    assert set(created.body) == set(workspace_sdk.CreateDesktopPoolReq.attribute_map.values())
    after = maintenance.plan(Observation(Pool.from_service({"id": "p1", "name": "p"}), None)).step
    assert after is not None
    assert_sdk_sends("UpdateDesktopPoolAttributesReq", after.body)

    pool = Pool.from_service({"id": "p1", "name": "p", "subnet_ids": ["other"], "type": "DYNAMIC"})
    update = wanted.with_fields(name="q", enterprise_project_id="1").alignment(pool)[0]
    updated = update.plan(Observation(pool, None)).step
    assert updated is not None
    assert_sdk_sends("UpdateDesktopPoolAttributesReq", updated.body)
    disks = {"root_volume", "data_volumes"}  # have operations of their own
    assert set(updated.body) == set(workspace_sdk.UpdateDesktopPoolAttributesReq.attribute_map.values()) - disks


def test_the_bodies_of_a_growth_and_of_a_deletion_are_ones_that_the_sdk_sends() -> None:
    pool = Pool.from_service(RECORD)
    grown = Growth(5).plan(Observation(pool, None)).step
    assert grown is not None
    assert_sdk_sends("ExpandDesktopPoolReq", grown.body)
    still = Pool.from_service({**RECORD, "enable_autoscale": False})
    desktop = Desktop.from_service({"desktop_id": "d1", "status": "ACTIVE"})
    for kind, seen in (("UpdateDesktopPoolAttributesReq", pool), ("DeleteDesktopsReq", still)):
        step = Deletion(force=True).plan(Observation(seen, (desktop,))).step
        assert step is not None
        assert_sdk_sends(kind, step.body)


def test_a_login_is_one_that_the_sdk_sends(service: ScriptedService) -> None:
    session = session_to(service.url, project_id=None, credentials=Password("user-c3", "secret", "acme"))
    assert session.project_id == PROJECT
    (request,) = service.sent("POST")
    sdk_login = iam_sdk.KeystoneCreateUserTokenByPasswordRequestBody(
        auth=iam_sdk.PwdAuth(
            identity=iam_sdk.PwdIdentity(
                methods=["password"],
                password=iam_sdk.PwdPassword(
                    user=iam_sdk.PwdPasswordUser(
                        name="user-c3", password="secret", domain=iam_sdk.PwdPasswordUserDomain(name="acme")
                    )
                ),
            ),
            scope=iam_sdk.AuthScope(project=iam_sdk.AuthScopeProject(name="eu-west-101")),
        )
    )
    assert request.json() == sanitize_for_serialization(sdk_login)
