# Copyright (c) 2026 the hwcloud.workspace contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Every way to authenticate, which of them wins, and that no secret is shown on any of them."""

from __future__ import annotations

from typing import Any

from running import PROJECT, Ansible, from_environment, task
from sight import Sight

# No way to authenticate is left in the environment of Ansible; secrets wait in variables that the collection ignores.
BARE: dict[str, str | None] = {
    "HUAWEICLOUD_SDK_AK": None,
    "HUAWEICLOUD_SDK_SK": None,
    "A_SECRET": "EXAMPLESK",
    "OTHER_SECRET": "AUDITORSK",
    "A_PASSWORD": "ExamplePassword1",
}
SECRET, OTHER_SECRET, PASSWORD = map(from_environment, ("A_SECRET", "OTHER_SECRET", "A_PASSWORD"))
LOGIN = {"HW_USER_NAME": "operator", "HW_USER_PASSWORD": PASSWORD, "HW_DOMAIN_NAME": "example-account"}


def look(name: str, environment: dict[str, Any] | None = None, /, **options: Any) -> Any:
    """Return a task that looks at a pool."""
    return task("desktop_pool_info", name, {"environment": environment or {}}, pool="finance", **options)


def test_every_way(ansible: Ansible, sight: Sight) -> None:
    profile = ansible.folder / "credentials"
    profile.write_text(f"[basic]\nak = AUDITORAK\nsk = AUDITORSK\nproject_id = {PROJECT}\n")
    profile.chmod(0o600)
    default_profile = ansible.folder / ".huaweicloud" / "credentials"
    default_profile.parent.mkdir()
    default_profile.write_text("[basic]\nak = EXAMPLEAK\nsk = EXAMPLESK\n")
    token = sight.log_in("auditor", "ExamplePassword2")
    a_key = {"access_key": "EXAMPLEAK", "secret_key": SECRET}
    sdk_key = {"HUAWEICLOUD_SDK_AK": "EXAMPLEAK", "HUAWEICLOUD_SDK_SK": SECRET}
    hw_key = {"HW_ACCESS_KEY": "AUDITORAK", "HW_SECRET_KEY": OTHER_SECRET}
    run = ansible.play(
        look("options", **a_key),
        look("SDK's variables", sdk_key),
        look("HW's variables", hw_key),
        look("SDK's before HW's", {**hw_key, **sdk_key}),
        look("options before variables", hw_key, **a_key),
        look("token", auth_token=from_environment("A_TOKEN")),
        look("token in the environment", {"HW_AUTH_TOKEN": from_environment("A_TOKEN")}),
        look("login", username="operator", password=PASSWORD, domain_name="example-account"),
        look("login in the environment", LOGIN),
        look("login without project", {**LOGIN, "HUAWEICLOUD_SDK_PROJECT_ID": ""}),
        look("file", profile_file=str(profile)),
        look("file named in the environment", {"HUAWEICLOUD_SDK_CREDENTIALS_FILE": str(profile)}),
        look("variables before file", sdk_key, profile_file=str(profile)),
        look("default file"),
        environment={**BARE, "A_TOKEN": token},
        secrets=[token],
    )
    users = {found.name: found.requests[-1]["user"] for found in run.tasks}
    assert users == {
        "options": "operator",
        "SDK's variables": "operator",
        "HW's variables": "auditor",
        "SDK's before HW's": "operator",
        "options before variables": "operator",
        "token": "auditor",
        "token in the environment": "auditor",
        "login": "operator",
        "login in the environment": "operator",
        "login without project": "operator",
        "file": "auditor",
        "file named in the environment": "auditor",
        "variables before file": "operator",
        "default file": "operator",
    }
    for found in run.tasks:
        assert found["desktop_pools"][0]["name"] == "finance"
        assert all(request["status"] < 300 for request in found.requests)
    login = ["KeystoneCreateUserTokenByPassword", "ListDesktopPools"]
    assert run["login"].operations == run["login without project"].operations == login


def test_keys_of_the_machine(ansible: Ansible) -> None:
    """Temporary keys carry a security token; the metadata service is asked only when there is nothing else."""
    machine = {"HW_METADATA_ENDPOINT": ansible.simulator.url}
    run = ansible.play(
        look("machine"),
        look("key before machine", {"HUAWEICLOUD_SDK_AK": "EXAMPLEAK", "HUAWEICLOUD_SDK_SK": SECRET}),
        environment={**BARE, **machine},
    )
    assert run["machine"].operations == ["EcsMetadataToken", "EcsMetadataSecurityKey", "ListDesktopPools"]
    assert run["machine"].requests[-1]["ak"].startswith("TMP")
    assert run["key before machine"].operations == ["ListDesktopPools"]


def test_temporary_keys_by_option_and_variable(ansible: Ansible, sight: Sight) -> None:
    key = sight.temporary_key()
    options = {"access_key": key["access"], "secret_key": from_environment("TEMP_SECRET")}
    variables = {"HUAWEICLOUD_SDK_AK": key["access"], "HUAWEICLOUD_SDK_SK": from_environment("TEMP_SECRET")}
    token = from_environment("TEMP_TOKEN")
    run = ansible.play(
        look("options", **options, security_token=token),
        look("SDK's variables", {**variables, "HUAWEICLOUD_SDK_SECURITY_TOKEN": token}),
        look("HW's variable", {**variables, "HW_SECURITY_TOKEN": token}),
        task(
            "desktop_pool_info",
            "without token",
            {"ignore_errors": True, "environment": variables},
            pool="finance",
        ),
        environment={**BARE, "TEMP_SECRET": key["secret"], "TEMP_TOKEN": key["securitytoken"]},
        secrets=[key["secret"], key["securitytoken"]],
    )
    assert [found.status for found in run.tasks] == ["ok", "ok", "ok", "failed"]
    assert "X-Security-Token is missing or wrong" in run["without token"].message


def test_module_defaults_and_what_wins_over_them(ansible: Ansible) -> None:
    defaults = {
        "group/hwcloud.workspace.all": {
            "access_key": "AUDITORAK",
            "secret_key": OTHER_SECRET,
            "project_id": PROJECT,
            "endpoint": ansible.simulator.url,
        }
    }
    nowhere = {"HW_WORKSPACE_ENDPOINT": "http://workspace.invalid", "HUAWEICLOUD_SDK_PROJECT_ID": "f" * 32}
    run = ansible.play(
        look("defaults"),
        task("desktop_info", "another module", pool="finance"),
        task("job_info", "a third", pool="finance"),
        task("desktop_pool", "a fourth", name="finance"),
        look("options", access_key="EXAMPLEAK", secret_key=SECRET),
        keywords={"module_defaults": defaults},
        environment={**BARE, **nowhere},
    )
    users = [found.requests[-1]["user"] for found in run.tasks]
    assert users == ["auditor", "auditor", "auditor", "auditor", "operator"]


def test_environment_of_play_block_and_task(ansible: Ansible) -> None:
    block = {
        "name": "Within a block",
        "environment": {"HUAWEICLOUD_SDK_AK": "AUDITORAK", "HUAWEICLOUD_SDK_SK": OTHER_SECRET},
        "block": [look("block"), look("task", {"HUAWEICLOUD_SDK_AK": "EXAMPLEAK", "HUAWEICLOUD_SDK_SK": SECRET})],
    }
    play = {"HUAWEICLOUD_SDK_AK": "EXAMPLEAK", "HUAWEICLOUD_SDK_SK": SECRET}
    run = ansible.play(look("play"), block, look("after"), keywords={"environment": play}, environment=BARE)
    users = {found.name: found.requests[-1]["user"] for found in run.tasks}
    assert users == {"play": "operator", "block": "auditor", "task": "operator", "after": "operator"}


def test_nothing_secret_is_shown_when_everything_is(ansible: Ansible, sight: Sight) -> None:
    key = sight.temporary_key()
    temporary = {"access_key": key["access"], "secret_key": from_environment("TEMP_SECRET")}
    login = {"username": "operator", "password": PASSWORD, "domain_name": "example-account"}
    # Ansible itself shows the environment that it starts a program in, whatever the module.
    logged_in = [look("login in the environment", LOGIN)] if ansible.in_process else []
    run = ansible.play(
        look("key", access_key="EXAMPLEAK", secret_key=SECRET),
        look("temporary key", **temporary, security_token=from_environment("TEMP_TOKEN")),
        look("login", **login),
        *logged_in,
        task("desktop_pool_info", "a secret as a name", {"ignore_errors": True}, pool=PASSWORD, **login),
        verbosity=4,
        environment={**BARE, "TEMP_SECRET": key["secret"], "TEMP_TOKEN": key["securitytoken"]},
        secrets=[key["secret"], key["securitytoken"]],
    )
    assert {found.status for found in run.tasks[:-1]} == {"ok"}
    assert "no pool in eu-west-101 has this name" in run["a secret as a name"].message
