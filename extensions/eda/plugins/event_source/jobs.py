# Copyright (c) 2026 the hwcloud.workspace contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""An event source that tells when jobs of Huawei Cloud Workspace end, well or not."""

from __future__ import annotations

import asyncio
import importlib
import json
import logging
import os
import sys
import threading
from contextlib import suppress
from functools import partial
from pathlib import Path
from types import ModuleType
from typing import TYPE_CHECKING, Any, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable

DOCUMENTATION = r"""
---
author:
  - The hwcloud.workspace contributors (@hwcloud)
short_description: Ends of jobs of the Workspace service
version_added: 0.1.0
description:
  - An ansible-rulebook event source that makes an event of every job of Huawei Cloud Workspace
    that ends, well or not.
  - A job is one accepted change of pools or desktops, by whomever it was started, for example a
    recompose. It has a sub-job for each desktop.
  - Jobs are looked at from time to time by the service's list of sub-jobs, one request for 1,000
    of them, and one request more for each job that has ended. A job that begins and ends between
    two looks is seen all the same.
  - In a run of the source every end is told once. It begins with the jobs that end from then on,
    unless O(since) or O(state_file) say otherwise.
  - Refused credentials, missing permissions and options that cannot be right end the source with
    one sentence, and so does any trouble at its first look. Later, a service that cannot be
    reached is tried again after longer and longer pauses of up to 10 minutes, and nothing that
    ended meanwhile is lost.
  - Wants the Python library requests in the Python that runs ansible-rulebook.
options:
  interval:
    description:
      - Seconds between two looks, 10 to 86400.
    type: int
    default: 60
  pools:
    description:
      - Names or IDs of up to 100 pools whose jobs are told; each takes a request a look. Default
        is all jobs of the project.
    type: list
    elements: str
    default: []
  job_types:
    description:
      - Only jobs of these types of the service, for example V(rebuildDesktopPool). Default is
        all.
    type: list
    elements: str
    default: []
  outcomes:
    description:
      - Only jobs with these outcomes.
      - V(failed) is a job that failed as a whole or for any desktop. V(unknown) is one that ran
        and of which the service then has no record any more.
    type: list
    elements: str
    choices: [succeeded, failed, unknown]
    default: [succeeded, failed, unknown]
  sub_jobs:
    description:
      - Which sub-jobs are in C(event.job.sub_jobs); a job has as many as a pool has desktops.
    type: str
    choices: [failed, all, none]
    default: failed
  since:
    description:
      - Also tell the jobs that have ended since then and that the service still has records of,
        for example V(2026-11-20 22:00:05). The time is compared as text with what the service
        writes, which names no time zone.
      - It has no effect once O(state_file) has content.
    type: str
  state_file:
    description:
      - File in which the source keeps which ends are told, so that after a restart it tells those
        that came meanwhile. Each source needs a file of its own.
      - An end is told again after a restart if the source stopped before its next look, or with
        O(feedback) before the rules had the event. It then has the same C(event.meta.uuid).
    type: str
  feedback:
    description:
      - ansible-rulebook from 1.3 on tells the source when the rules have had an event. It wants
        the source to have a name of its own in the rulebook.
    type: bool
    default: false
  access_key:
    description:
      - Access key. Without it and the other credentials, they are looked for where the modules
        look for them, in the environment first.
    type: str
  secret_key:
    description:
      - Secret of the access key.
    type: str
  security_token:
    description:
      - Security token of a temporary access key.
    type: str
  auth_token:
    description:
      - A token of IAM. The source ends when it expires.
    type: str
  username:
    description:
      - Name of an IAM user.
    type: str
  password:
    description:
      - Password of the IAM user.
    type: str
  domain_name:
    description:
      - Account of the IAM user.
    type: str
  profile_file:
    description:
      - Credentials file of the official SDK.
    type: str
  region:
    description:
      - Region of the service. Default is what E(HW_REGION_NAME) holds.
    type: str
  project_id:
    description:
      - Project whose jobs are told. Default is the one that carries the region's name.
    type: str
  enterprise_project_id:
    description:
      - Only pools of this enterprise project are known by name.
    type: str
  endpoint:
    description:
      - URL of the service, if it is not the region's own.
    type: str
  iam_endpoint:
    description:
      - URL of IAM, if it is not the region's own.
    type: str
  validate_certs:
    description:
      - Whether certificates are verified.
    type: bool
    default: true
  ca_path:
    description:
      - File or folder of the CAs that are trusted instead of the usual ones.
    type: str
  request_timeout:
    description:
      - Seconds for a connection and for each wait for bytes.
    type: int
    default: 30
  max_retries:
    description:
      - How often a look's requests are repeated before the look has failed.
    type: int
    default: 5
"""

EXAMPLES = r"""
- name: Look after recomposes
  hosts: localhost
  sources:
    - name: workspace
      hwcloud.workspace.jobs:
        region: eu-west-101
        job_types: [rebuildDesktopPool]
        state_file: /var/lib/eda/workspace-jobs.json
  rules:
    - name: A recompose failed for a desktop
      condition: event.outcome == "failed"
      action:
        run_playbook:
          name: hwcloud.workspace.audit_pools
          extra_vars:
            pool: "{{ event.pool.name }}"
"""

LOGGER = logging.getLogger(__name__)
PACKAGE = "hwcloud_workspace_module_utils"
FEEDBACK_SECONDS = 60.0

_Found = TypeVar("_Found")


async def main(queue: asyncio.Queue[Any], args: dict[str, Any]) -> None:
    """Put an event for every job that ends on the queue, until it is cancelled.

    :param queue: what ansible-rulebook takes events from.
    :param args: the options of the source, see DOCUMENTATION.
    :raises RuntimeError: one sentence about what ends the source.
    """
    work = _module_of_the_work()
    try:
        watch = work.Watch(args, os.environ, LOGGER.warning)
        while True:
            for end in await _in_thread(watch.look, work.WorkspaceError):
                await queue.put(end.event)
                await asyncio.sleep(0)
                if await _is_taken(end.event, args.get("eda_feedback_queue")):
                    watch.arrived(end)
            await asyncio.sleep(watch.pause)
    except work.WorkspaceError as error:
        # Without what it was made from, which could name more than the sentence does.
        message = f"hwcloud.workspace.jobs: {error}"
        raise RuntimeError(message) from None


async def _is_taken(event: dict[str, Any], feedback: asyncio.Queue[Any] | None) -> bool:
    """Wait until the rules have had an event, and return whether ansible-rulebook says so."""
    wanted = event["meta"]["uuid"]
    while feedback is not None:
        getting = asyncio.ensure_future(feedback.get())
        try:
            await asyncio.wait({getting}, timeout=FEEDBACK_SECONDS)
        finally:
            getting.cancel()
        if not getting.done():
            LOGGER.warning("Nothing says that the rules have had the event %s.", wanted)
            return False
        if getting.result().get("meta", {}).get("uuid") == wanted:
            return True
    return False


async def _in_thread(work: Callable[[], _Found], problem: type[Exception]) -> _Found:
    """Return what blocking work yields, or raise its problem.

    Once this is cancelled nobody waits for the work, at the program's end neither. The threads of
    asyncio's own would hold up that end until the service has answered.
    """
    loop = asyncio.get_running_loop()
    done: asyncio.Future[_Found] = loop.create_future()

    def finish(finishing: Callable[[], None]) -> None:
        # After the program's end the loop is closed, and nobody wants to know any more.
        with suppress(RuntimeError):
            loop.call_soon_threadsafe(lambda: None if done.done() else finishing())

    def run() -> None:
        try:
            found = work()
        except problem as error:
            finish(partial(done.set_exception, error))
        else:
            finish(partial(done.set_result, found))

    threading.Thread(target=run, name="hwcloud.workspace.jobs", daemon=True).start()
    return await done


def _module_of_the_work() -> ModuleType:
    """Return the module that does the work.

    ansible-rulebook runs this file by its path, where no ``ansible_collections`` need be
    importable. So the collection's ``module_utils`` are loaded from the folder that belongs to
    this file, under a name of their own.
    """
    if PACKAGE not in sys.modules:
        folder = Path(__file__).resolve().parents[4] / "plugins" / "module_utils"
        if not folder.is_dir():
            message = f"hwcloud.workspace.jobs works within its collection only: no {folder}."
            raise RuntimeError(message)
        package = ModuleType(PACKAGE)
        package.__path__ = [str(folder)]
        sys.modules[PACKAGE] = package
    return importlib.import_module(f"{PACKAGE}.events.watch")


if __name__ == "__main__":
    # By itself, with the options as NAME=VALUE: a look at the events without ansible-rulebook.
    class PrintQueue(asyncio.Queue[Any]):
        """A queue that prints."""

        async def put(self, item: dict[str, Any]) -> None:
            """Print an event."""
            sys.stdout.write(json.dumps(item) + "\n")
            sys.stdout.flush()

    asyncio.run(main(PrintQueue(), dict(option.split("=", 1) for option in sys.argv[1:])))
