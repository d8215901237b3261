# Copyright (c) 2026 the hwcloud.workspace contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What users read when something is wrong: one clear sentence, and nothing is changed."""

from __future__ import annotations

import base64
import json
import re
from typing import Any

from running import NO_HOST, PROJECT, Ansible, Run, from_environment, task
from sight import CALLCENTER, DECEMBER, ENGINEERING, FINANCE, NOVEMBER, OCTOBER, Sight, desktop_id
from wrong_servers import deaf_port, wrong_server

NO_KEY = {"HUAWEICLOUD_SDK_AK": "", "HUAWEICLOUD_SDK_SK": ""}
LOOK_UP = {"HUAWEICLOUD_SDK_PROJECT_ID": ""}
CHECK_KEY = "; check access_key and secret_key; five failures in a row lock a key for 5 minutes."
NEW_TOKEN = "; the token has expired or belongs to another region; get a new one for this region."


def wrong(title: str, module: str = "desktop_pool_rebuild", /, environment: Any = None, **options: Any) -> Any:
    """Return a task that is to fail; a rebuild of the pool finance unless said otherwise."""
    rebuild = {"pool": "finance", "image_id": NOVEMBER} if module == "desktop_pool_rebuild" else {}
    return task(module, title, {"ignore_errors": True, "environment": environment or {}}, **{**rebuild, **options})


def in_check_mode(a_task: Any) -> Any:
    """Return the task in check mode, under another name."""
    return {**a_task, "name": f"{a_task['name']}, in check mode", "check_mode": True}


def assert_said(run: Run, sight: Sight, expected: dict[str, str]) -> None:
    """Every task failed with its sentence (``<id>`` stands for the ID of the request), and nothing was changed."""
    said = {found.name: re.sub(r"request [0-9a-f]{32}", "request <id>", found.message) for found in run.tasks}
    assert said == expected
    for found in run.tasks:
        assert found.status == "failed"
        assert not found.result.get("changed")
        assert "\n" not in found.message
    assert run.changes == []
    assert sight.effects() == 0


def of_finance(sentences: dict[str, str]) -> dict[str, str]:
    """Return the sentences as they read in a task about the pool finance."""
    return {name: f"pool finance: {sentence}" for name, sentence in sentences.items()}


def test_options_out_of_range_are_refused_before_anything_is_sent(ansible: Ansible, sight: Sight) -> None:
    run = ansible.play(
        wrong("delay", delay_time=16),
        wrong("long message", message="x" * 401),
        wrong("nonsense", handle_type="NONSENSE"),
        wrong("no desktop", desktop_ids=[]),
        wrong("fix and force", is_fix=True, force=True),
        wrong("no key of encryption", encrypt_type="ENCRYPTED"),
        wrong("no time", wait_timeout=0),
        wrong("two at once", delay_time=-1, message=""),
        wrong("region", region="Europe"),
        wrong("endpoint", endpoint="workspace"),
        wrong("long notification", "desktop_pool_notification", pool="finance", message="x" * 401),
        wrong("long description", "desktop_pool", pool_id=FINANCE, description="x" * 256),
        wrong("neither", "desktop_pool", description=""),
        wrong("both", "job_info", job_id="one", pool="finance"),
    )
    assert run.requests == []
    assert_said(
        run,
        sight,
        {
            "delay": "pool finance: delay_time is 16; it takes 0 to 15 minutes.",
            "long message": "pool finance: user_message has 401 characters; it takes 1 to 400 characters.",
            "nonsense": "value of handle_type must be one of: "
            "ONLY_FOR_EXPAND, FOR_EXPAND_AND_IDLE, FOR_EXPAND_AND_ALL, got: NONSENSE",
            "no desktop": "pool finance: desktop_ids is empty; it takes at least 1 item.",
            "fix and force": "pool finance: is_fix repairs only what differs, and force recomposes what does not; "
            "set one of them.",
            "no key of encryption": "encrypt_type is ENCRYPTED but all of the following are missing: kms_id",
            "no time": "pool finance: wait_timeout is 0; it takes 1 to 86400 seconds.",
            "two at once": "pool finance: delay_time is -1; it takes 0 to 15 minutes. "
            "user_message is empty; it takes 1 to 400 characters.",
            "region": "pool finance: region is 'Europe', which is no region name; a region looks like eu-west-101.",
            "endpoint": "pool finance: endpoint has to be a URL such as "
            "https://workspace.eu-west-101.myhuaweicloud.eu, without user, query or fragment.",
            "long notification": "pool finance: user_message has 401 characters; it takes 1 to 400 characters.",
            "long description": f"pool {FINANCE}: description has 256 characters; it takes 0 to 255 characters.",
            "neither": "one of the following is required: name, pool_id",
            "both": "parameters are mutually exclusive: job_id|pool",
        },
    )


def test_things_that_do_not_exist(ansible: Ansible, sight: Sight) -> None:
    sight.control.change({"pool": "callcenter", "set": {"name": "engineering"}})
    no_image = wrong("image", image_id="nowhere")
    fix = wrong("fix", is_fix=True)
    unknown_pool = "no pool in eu-west-101 has this name or ID; check pool, region and project_id."
    foreign_id = desktop_id("CCT-001")
    said_of_image = (
        "pool finance: recompose: image nowhere is not among the project's images; "
        "check image_id, and that the image is shared with this project. Nothing was changed."
    )
    said_of_fix = (
        f"pool finance: recompose: is_fix repairs desktops to the pool's own image {OCTOBER}, "
        f"but image_id is {NOVEMBER}; leave is_fix out to recompose the pool to it."
    )
    run = ansible.play(
        wrong("pool", pool="nowhere"),
        wrong("pool by ID", pool=FINANCE[:-1] + "9"),
        wrong("pool by part of its name", pool="financ"),
        wrong("pool in other letters", pool="FINANCE"),
        wrong("two pools", pool="engineering"),
        no_image,
        in_check_mode(no_image),
        fix,
        in_check_mode(fix),
        wrong("desktops of another pool", desktop_ids=[desktop_id("FIN-001"), foreign_id]),
        wrong("job", "job_info", job_id="nowhere"),
    )
    assert run["two pools"].operations == ["ListDesktopPools"]
    assert_said(
        run,
        sight,
        {
            "pool": f"pool nowhere: {unknown_pool}",
            "pool by ID": f"pool {FINANCE[:-1]}9: {unknown_pool}",
            "pool by part of its name": f"pool financ: {unknown_pool} Pools with similar names: finance.",
            "pool in other letters": f"pool FINANCE: {unknown_pool} Pools with similar names: finance.",
            "two pools": "pool engineering: 2 pools carry this name; give the ID of one of them: "
            f"{CALLCENTER}, {ENGINEERING}.",
            "image": said_of_image,
            "image, in check mode": said_of_image,
            "fix": said_of_fix,
            "fix, in check mode": said_of_fix,
            "desktops of another pool": f"pool finance: recompose: the pool has no desktop with the ID {foreign_id}; "
            "check desktop_ids.",
            "job": "ShowJob was refused: The job nowhere does not exist (WKS.00010003, HTTP 404, request <id>); "
            "check that it exists in this region and project.",
        },
    )


def test_wrong_credentials_are_tried_once(ansible: Ansible, sight: Sight) -> None:
    unauthorized = "was refused: Incorrect IAM authentication information:"
    run = ansible.play(
        wrong("key", environment={"HUAWEICLOUD_SDK_AK": "WRONGAK"}),
        wrong("secret", environment={"HUAWEICLOUD_SDK_SK": from_environment("A_SECRET")}),
        wrong(
            "secret, with the project unknown",
            environment={**LOOK_UP, "HUAWEICLOUD_SDK_SK": from_environment("ANOTHER_SECRET")},
        ),
        wrong("token", environment={**NO_KEY, "HW_AUTH_TOKEN": "WRONGTOKEN"}),
        wrong("half", environment={"HUAWEICLOUD_SDK_SK": ""}),
        wrong("half an option", access_key="EXAMPLEAK"),
        wrong("none", environment=NO_KEY),
        wrong("two ways", access_key="EXAMPLEAK", auth_token=from_environment("A_TOKEN")),
        wrong("no file", environment=NO_KEY, profile_file="/nowhere/credentials"),
        # The same secret would not be sent twice.
        environment={"A_TOKEN": "SOMETOKEN", "A_SECRET": "WRONGSECRET", "ANOTHER_SECRET": "FALSESECRET"},
        secrets=["WRONGSECRET", "FALSESECRET", "SOMETOKEN"],
    )
    assert_said(
        run,
        sight,
        of_finance(
            {
                "key": f"ListDesktopPools {unauthorized} Get secretKey failed,ak:********,err:ak not exist "
                f"(APIGW.0301, HTTP 401, request <id>){CHECK_KEY}",
                "secret": f"ListDesktopPools {unauthorized} verify aksk signature fail "
                f"(APIGW.0301, HTTP 401, request <id>){CHECK_KEY}",
                "secret, with the project unknown": f"KeystoneListProjects {unauthorized} verify aksk signature fail "
                f"(APIGW.0301, HTTP 401, request <id>){CHECK_KEY}",
                "token": f"ListDesktopPools {unauthorized} decrypt token fail "
                f"(APIGW.0301, HTTP 401, request <id>){NEW_TOKEN}",
                "half": "The environment holds half an access key: set HUAWEICLOUD_SDK_SK or HW_SECRET_KEY as well.",
                "half an option": "Option access_key is set without secret_key; set both.",
                "none": "No credentials: set access_key and secret_key, auth_token, or username, password and "
                "domain_name, as options or in the environment (HUAWEICLOUD_SDK_AK, HUAWEICLOUD_SDK_SK), "
                "or write them to ~/.huaweicloud/credentials.",
                "two ways": "Options auth_token and access_key are two ways to authenticate; set one of them.",
                "no file": "The credentials file /nowhere/credentials does not exist.",
            }
        ),
    )
    for name in ("key", "secret", "secret, with the project unknown", "token"):
        assert [request["status"] for request in run[name].requests] == [401], name
        assert run[name]["error_code"] == "APIGW.0301"
        assert run[name]["http_status"] == 401
        assert run[name]["request_id"] == run[name].requests[0]["request_id"]
    assert sum(len(found.requests) for found in run.tasks) == 4


def test_a_wrong_password_is_tried_once(ansible: Ansible, sight: Sight) -> None:
    login = {"username": "operator", "domain_name": "example-account", "password": from_environment("A_PASSWORD")}
    run = ansible.play(
        wrong("password", environment=NO_KEY, **login),
        environment={"A_PASSWORD": "WrongPassword9"},
        secrets=["WrongPassword9"],
    )
    assert run.only["http_status"] == 401
    assert re.search("logging in as operator of example-account.*The username or password is wrong", run.only.message)
    assert sight.effects() == 0
    assert run.only.operations == ["KeystoneCreateUserTokenByPassword"]


def test_what_a_wrong_password_says_speaks_of_the_password(ansible_in_process: Ansible) -> None:
    login = {"username": "operator", "domain_name": "example-account", "password": from_environment("A_PASSWORD")}
    run = ansible_in_process.play(
        wrong("password", environment=NO_KEY, **login), environment={"A_PASSWORD": "WrongPassword9"}
    )
    advice = run.only.message.split(";", 1)[1]
    assert "password" in advice
    assert "access_key" not in advice


def test_a_missing_permission_is_named(ansible: Ansible, sight: Sight) -> None:
    auditor = {"HUAWEICLOUD_SDK_AK": "AUDITORAK", "HUAWEICLOUD_SDK_SK": from_environment("OTHER_SECRET")}
    run = ansible.play(
        wrong("rebuild", environment=auditor),
        wrong("maintenance", "desktop_pool", environment=auditor, name="finance", in_maintenance_mode=True),
        environment={"OTHER_SECRET": "AUDITORSK"},
    )
    for name, subject, operation, action in (
        ("rebuild", "recompose", "RebuildDesktopPool", "workspace:desktopPools:rebuild"),
        ("maintenance", "update", "UpdateDesktopPool", "workspace:desktopPools:update"),
    ):
        refused = run[name]
        assert not refused.changed
        assert [request["status"] for request in refused.changes] == [403]
        assert refused["error_code"] == "APIGW.0302"
        assert refused["http_status"] == 403
        assert refused.message.startswith(
            f"pool finance: {subject}: {operation} was refused: Policy doesn't allow {action} to be performed "
            f"(APIGW.0302, HTTP 403, request {refused['request_id']}); "
        )
        assert refused["iam_action"] == action
        decoded = json.loads(base64.b64decode(refused["encoded_authorization_message"]))
        assert decoded["principal"] == "auditor"
        assert "encoded_authorization_message" in refused.message
    assert sight.effects() == 0


def test_the_wrong_place(ansible: Ansible, sight: Sight) -> None:
    with wrong_server(ansible.simulator.url) as server, deaf_port() as deaf:
        run = ansible.play(
            wrong("region", environment={**LOOK_UP, "HW_REGION_NAME": "eu-west-999"}),
            wrong("no region", environment={**LOOK_UP, "HW_REGION_NAME": ""}),
            wrong("project", project_id="a" * 32),
            wrong("nobody listens", endpoint=deaf),
            wrong("nobody listens at IAM", environment=LOOK_UP, iam_endpoint=deaf),
            wrong("no such name", endpoint=f"http://{NO_HOST}"),
            wrong("redirect", endpoint=f"{server}/redirect"),
            wrong("page", endpoint=f"{server}/page"),
            wrong("gateway", endpoint=f"{server}/gateway"),
        )
    elsewhere = f"{ansible.simulator.url}/v2/{PROJECT}/desktop-pools?limit=1000&name=finance&offset=0"
    for name in ("nobody listens", "nobody listens at IAM", "no such name", "redirect", "page", "gateway"):
        assert run[name].requests == [], name
    assert run["redirect"]["http_status"] == 307
    assert run["gateway"]["http_status"] == 502
    regions = run["region"].message.partition(" Regions of Workspace: ")
    assert "eu-west-101" in regions[2]
    assert_said(
        run,
        sight,
        of_finance(
            {
                "region": "IAM knows no project named eu-west-999 for these credentials; check region, or set "
                "project_id." + "".join(regions[1:]),
                "no region": "Neither region nor project_id is set; set one of them, so that the project is known.",
                "project": f"ListDesktopPools was refused: The project {'a' * 32} is unavailable "
                "(APIGW.0310, HTTP 403, request <id>); "
                "the project is not available; check project_id and the account's balance.",
                "nobody listens": f"ListDesktopPools failed: {deaf[7:]} cannot be connected to; "
                "check endpoint, network and proxy.",
                "nobody listens at IAM": f"KeystoneListProjects failed: {deaf[7:]} cannot be connected to; "
                "check endpoint, network and proxy.",
                "no such name": f"ListDesktopPools failed: The name {NO_HOST} cannot be resolved; "
                "check region, endpoint and the network.",
                "redirect": f"ListDesktopPools was answered with a redirect to {elsewhere}; "
                "credentials are never sent on to another address, so set endpoint or iam_endpoint to the right one.",
                "page": "ListDesktopPools failed: HTTP 200 came with something that is not the service's JSON; "
                "check endpoint and proxy.",
                "gateway": "ListDesktopPools was refused: an answer that is not JSON (HTTP 502); "
                "the service failed; try again later.",
            }
        ),
    )


def test_an_expired_token_is_refused_and_not_tried_twice(ansible: Ansible, sight: Sight) -> None:
    token = sight.log_in("operator", "ExamplePassword1")
    sight.control.advance(86401)
    run = ansible.play(
        wrong("token", environment={**NO_KEY, "HW_AUTH_TOKEN": from_environment("A_TOKEN")}),
        environment={"A_TOKEN": token},
        secrets=[token],
    )
    assert "token expires" in run.only.message
    assert [request["status"] for request in run.only.requests] == [401]
    assert run.changes == []


def test_a_refusal_of_a_request_leaves_the_pool_as_it_was(ansible: Ansible, sight: Sight) -> None:
    run = ansible.play(
        wrong("name that is taken", "desktop_pool", pool_id=FINANCE, name="callcenter"),
        wrong("image of another type", image_type="gold", image_id=DECEMBER),
    )
    taken, refused = run.tasks
    assert taken["error_code"] == "WKS.00010002"
    assert (
        "pool finance: update: UpdateDesktopPool was refused: A desktop pool named callcenter exists" in taken.message
    )
    assert f"The image {DECEMBER} has image_type private, not gold" in refused.message
    for found in run.tasks:
        assert found["http_status"] == 400
        assert len(found.changes) == 1
        assert not found.changed
    assert sight.effects() == 0
