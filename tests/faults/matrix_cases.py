# Copyright (c) 2026 the hwcloud.workspace contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Tries the cases of the table of faults, and judges each by what the simulator has recorded, not by what is said.

A run without any fault is the measure: after a run with a fault, and a further one without it where the first has
failed, exactly the same must have happened to each desktop, pool and user, and everything must be in the same state.
"""

from __future__ import annotations

import functools
import importlib
import json
import re
import time
from collections import Counter
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from typing import Any
from unittest import mock

import requests
from direct import PROJECT, Direct, Outcome, fixed_chance, named
from matrix import NEW, POOL, Dialect, Fault, Target
from running import NO_HOST
from wire import Answer, Call, Go, advised
from wrong_servers import deaf_port

from ansible_collections.hwcloud.workspace.plugins.module_utils.client import jobs
from ansible_collections.hwcloud.workspace.plugins.module_utils.client.board import BOARD
from ansible_collections.hwcloud.workspace.plugins.module_utils.client.transport import NoAnswerError, Transport
from workspace_simulator.testing import Control, ControlError

DONE = "done"
NEXT = "next"
UNKNOWN_NEXT = "unknown, next"
UNKNOWN = "unknown"
TOLD = "told"
BY_HAND = "by hand"
OUTCOMES = {
    DONE: "The run went through. Where a further run can tell what was done, it found nothing to do.",
    NEXT: "The run failed and said what to do. The next run did what was left.",
    UNKNOWN_NEXT: "The run failed and said that it is unknown whether, or how far, the change was made. The next run "
    "looked, and did what was left.",
    UNKNOWN: "The run failed and said that it is unknown whether the change was made. It was not sent twice. Nothing "
    "can be read that tells, so look where the message says before you run the task again.",
    TOLD: "The run failed and said which desktops failed, or that the job goes on. It was not sent twice. A further "
    "run would do it anew.",
    BY_HAND: "The run failed, and the next one said that this region has no way to change a part of the pool. Nothing "
    "was done twice; the rest is done in the console.",
}


@functools.cache
def _control(url: str) -> Control:
    return Wire(url)


class Wire(Control):
    """The client of the control API over one connection that is kept, since a case asks it some thirty times."""

    def __init__(self, url: str) -> None:
        super().__init__(url)
        self._kept = requests.Session()
        self._kept.trust_env = False

    def _call(self, verb: str, path: str, body: Any = None, /, **query: Any) -> Any:
        given = {name: json.dumps(value) if isinstance(value, bool) else value for name, value in query.items()}
        how: dict[str, Any] = {"data": body} if isinstance(body, bytes) or body is None else {"json": body}
        answer = self._kept.request(verb, f"{self._url}{path}", params=given, timeout=60, **how)
        if not answer.ok:
            raise ControlError(f"{verb} {path}: {answer.status_code} {answer.text}")
        return answer.json() if answer.content else None


PACE = {"parallel": 5, "seconds_per_desktop": 6}
_ADVICE = re.compile(
    r"run the task|run fewer tasks|raise |try again|look |check |mend |see |decode |set |get a new |wait for|quote "
)
_NO_WAY = "which this region does not seem to know"
_READ_ONLY = {"GET", "HEAD"}
_HANG_LIMIT = 0.2
_MODULES = "ansible_collections.hwcloud.workspace.plugins.modules"
ACCOUNT = "example-account"


@dataclass
class Case:
    """What came of a case: how it ended, what was wrong with that, and what was said of a failure."""

    name: str
    outcome: str = ""
    duplicates: int = 0
    lost_changes: int = 0
    tracebacks: int = 0
    leaks: int = 0
    problems: list[str] = field(default_factory=list)
    message: str = ""


Measure = tuple[Counter[str], dict[str, Any]]
"""How often what happened to whom, and the state in which all is then."""


class Cases:
    """Tries cases against one simulator.

    :param direct: runs modules there.
    """

    def __init__(self, direct: Direct) -> None:
        self.direct = direct
        direct.control = _control(direct.simulator.url)

    def measure(self, target: Target, dialect: Dialect, known: dict[tuple[str, str], tuple[Measure, int]]) -> Measure:
        """Return what a run without a fault leads to; ``known`` keeps it for the next time."""
        key = (target.name, named(dialect))
        if key not in known:
            with fixed_chance():
                options = self.begin(target, dialect, {})
                outcome = self.direct.run(target.module, **options)
                assert not outcome.failed, f"{key}: {outcome.message}"
                self.direct.passes(600)
                counted, state = self._look(target)
            assert counted.total() == target.effects, f"{key}: {counted}"
            assert all(number == 1 for number in counted.values()), f"{key}: {counted}"
            known[key] = (counted, state), len(outcome.requests)
        return known[key][0]

    def try_fault(self, target: Target, fault: Fault, dialect: Dialect, measure: Measure) -> Case:
        """Try a fault of the table under a dialect."""
        case = Case(f"{target.name} x {fault.group}: {fault.name} x {named(dialect)}")
        options = self.begin(target, {**dialect, **fault.dialect}, fault.jobs)
        if fault.failures:
            self.direct.control.set_failures(*({**rule, "operation": target.operation} for rule in fault.failures))
        rules = [{"operation": fault.strikes or target.operation, **fault.rule}] if fault.rule else []
        self.direct.control.set_faults(*rules, *target.rules)
        login = self._login(fault.login)
        with self._troubled(target, fault) as struck, fixed_chance():
            first = self._run(case, target, {**options, **_known(target, fault.options)}, login)
        hit = len(struck) if fault.place else sum(rule["seen"] for rule in self.direct.control.faults()[: len(rules)])
        if (fault.place or rules) and not hit:
            case.problems.append("the fault did not strike")
        if first is not None:
            self._check_login(case, target, fault, first)
            self._conclude(case, target, options, first, measure)
        return case

    def try_rules(
        self, target: Target, name: str, rules: list[dict[str, Any]], measure: Measure, rare_looks: bool = False
    ) -> Case:
        """Try fault rules of the simulator, whichever requests they strike; see ``Fault.rare_looks``."""
        case = Case(f"{target.name} x {name}")
        options = self.begin(target, {}, {})
        self.direct.control.set_faults(*rules, *target.rules)
        with fixed_chance(), mock.patch.object(jobs, "FIRST_POLL", 10.0 if rare_looks else jobs.FIRST_POLL):
            first = self._run(case, target, options)
        if first is not None:
            self._conclude(case, target, options, first, measure)
        return case

    # ---- the way of a case

    def begin(self, target: Target, dialect: Dialect, jobs: Mapping[str, Any]) -> dict[str, Any]:
        pools = [] if target.options.get("name") == NEW["name"] else [target.pool]
        self.direct.seed(*pools, dialect=dialect, jobs={**PACE, **jobs})
        prepared = dict(target.prepare(self.direct)) if target.prepare else {}
        self.direct.control.set_failures()
        self.direct.control.set_faults(*target.rules)
        # Enough for each of these jobs; some cases are over only when the time is.
        return {**_known(target, {"wait_timeout": 300}), **target.options, **prepared}

    def _run(
        self, case: Case, target: Target, options: Mapping[str, Any], login: Mapping[str, str] | None = None
    ) -> Outcome | None:
        """Run the task; None if it did what no run may do."""
        BOARD.clear()  # a run is a program of its own, and the next one knows nothing of it
        try:
            return self.direct.run(target.module, environment=login, **options)
        except AssertionError as problem:
            text = str(problem)
            case.tracebacks += "Traceback" in text or "met a defect" in text
            case.leaks += "was shown" in text
            case.problems.append(text[:1500])
            return None

    def _conclude(
        self, case: Case, target: Target, options: Mapping[str, Any], first: Outcome, measure: Measure
    ) -> None:
        """Judge the first run, go on as a user would, and judge what there is in the end."""
        self.direct.control.set_faults(*target.rules)
        self.direct.control.set_failures()
        if first.failed:
            self._after_failure(case, target, options, first, measure)
        else:
            case.outcome = DONE
            if target.waits:
                self._compare(case, target, measure, "after the run")
            if target.has_state:
                again = self._run(case, target, options)
                if again is not None and (again.failed or again.sent):
                    case.problems.append(f"a further run is not at rest: {again.message or again.sent}")
        self.direct.passes(600)
        if case.outcome in (UNKNOWN, TOLD, BY_HAND):
            self._compare(case, target, measure, "in the end", some=True)
        else:
            self._compare(case, target, measure, "in the end")

    def _after_failure(
        self, case: Case, target: Target, options: Mapping[str, Any], first: Outcome, measure: Measure
    ) -> None:
        case.message = first.message
        self._check_message(case, target, first)
        unknown = "unknown" in first.message
        acted = [entry for entry in first.changes if entry["committed"]] or bool(target.more and self._look(target)[0])
        if acted and not unknown and not first.changed:
            case.lost_changes += 1
            case.problems.append(f"something was changed, and the failure does not say so: {first.message}")
        if not target.has_state and (unknown or acted):
            case.outcome = UNKNOWN if unknown else TOLD
            return
        case.outcome = UNKNOWN_NEXT if unknown else NEXT
        second = self._run(case, target, options)
        if second is not None and second.failed and not second.sent and _NO_WAY in second.message:
            case.outcome = BY_HAND
        elif second is not None and second.failed:
            case.problems.append(f"the next run failed: {second.message} (the first: {first.message})")

    def _compare(self, case: Case, target: Target, measure: Measure, when: str, some: bool = False) -> None:
        """Compare what has happened with what should; ``some`` lets a part of it be missing."""
        counted, state = self._look(target)
        wanted, wanted_state = measure
        doubled, missing = counted - wanted, wanted - counted
        if doubled:
            case.duplicates += doubled.total()
            case.problems.append(f"{when}: too much was done: {dict(doubled)}")
        if missing and not some:
            case.lost_changes += missing.total()
            case.problems.append(f"{when}: something is missing: {dict(missing)}")
        if target.has_state and not some and state != wanted_state:
            differing = {name: (state.get(name), wanted_state.get(name)) for name in {*state, *wanted_state}}
            wrong = {name: pair for name, pair in differing.items() if pair[0] != pair[1]}
            case.lost_changes += not missing and not doubled
            case.problems.append(f"{when}: the state is not that of a run without a fault: {wrong}")

    def _look(self, target: Target) -> Measure:
        """Return what has happened to whom, and what there is."""
        estate = self.direct.control.estate()
        counted: Counter[str] = Counter()
        state: dict[str, Any] = {}
        for pool in (*estate["pools"], *estate["deleted_pools"]):
            for kind in target.kinds & {"created", "deleted", "authorized"}:
                for entry in pool["effects"][kind]:
                    who = f"{entry['action']} {entry['object_name']}" if kind == "authorized" else "pool"
                    counted[f"{pool['name']}: {who} {kind}"] += 1
            if "made" in target.kinds:
                made = len(pool["desktops"]) - len(target.pool["desktops"])
                counted.update(f"{pool['name']}: desktop {number} made" for number in range(made))
            for desktop in (*pool["desktops"], *pool["deleted_desktops"]):
                for kind in target.kinds - {"created", "made", "authorized"}:
                    happened = len(desktop["effects"][kind])
                    counted[f"{pool['name']}: {desktop['computer_name']} {kind}"] += happened
        for pool in estate["pools"]:
            state[pool["name"]] = {name: pool.get(name) for name in ("description", "image_id", "tags", "status")}
            state[pool["name"]] |= {"disks": _disks(pool.get("data_volumes")), "product": (pool["product"] or {})}
            state[pool["name"]] |= {"users": sorted(entry["object_name"] for entry in pool["authorized_objects"])}
            state[pool["name"]] |= {"desktops": len(pool["desktops"])}
            if not target.kinds & {"created", "made"}:
                state |= {desktop["computer_name"]: _state(desktop) for desktop in pool["desktops"]}
        if target.more:
            counted += target.more(self.direct)
        return +counted, state

    # ---- what is wrong

    def _check_message(self, case: Case, target: Target, outcome: Outcome) -> None:
        """One line that ends with a full stop is seen to elsewhere; here: what it is about, and what to do."""
        message = outcome.message
        about = f"pool {target.options.get('pool') or target.options.get('name')}: "
        if target.module.startswith("desktop") and not message.startswith(about):
            case.problems.append(f"does not begin with '{about}': {message}")
        if not _ADVICE.search(message):
            case.problems.append(f"does not say what to do: {message}")
        if message.count("..") or ".;" in message or " ." in message:
            case.problems.append(f"is no sentence: {message}")

    def _check_login(self, case: Case, target: Target, fault: Fault, outcome: Outcome) -> None:
        """Credentials that were refused are never sent again; a login is made anew, once."""
        if (fault.rule or {}).get("effect", {}).get("status") != 401:
            return
        sent = [entry for entry in outcome.requests if entry["operation"] == target.operation]
        logins = [entry for entry in outcome.requests if entry["operation"] == "KeystoneCreateUserTokenByPassword"]
        expected = (2, 2) if fault.login == "password" else (1, 0)
        refused = [entry for entry in sent if entry["status"] == 401]
        if (min(len(sent), 2), len(logins)) != expected or len(refused) != 1:
            case.problems.append(f"after a 401 it was sent {len(sent)} times, with {len(logins)} logins")

    # ---- trouble

    @contextmanager
    def _troubled(self, target: Target, fault: Fault) -> Iterator[list[Call]]:
        """Lead the target's requests elsewhere, or lose patience with them; yield those that met with it."""
        struck: list[Call] = []
        with ExitStack() as stack:
            elsewhere = {"deaf": stack.enter_context(deaf_port()), "nameless": f"http://{NO_HOST}"}

            def advise(call: Call, go: Go) -> Answer:
                meant = call.operation.name == target.operation
                if not (fault.place and meant) or (fault.times is not None and len(struck) >= fault.times):
                    return go()
                struck.append(call)
                return go(url=call.url.replace(self.direct.simulator.url, elsewhere[fault.place]))

            if fault.place:
                stack.enter_context(advised(advise))
            if fault.hangs:
                stack.enter_context(self._impatient(target.operation))
            if fault.rare_looks:
                stack.enter_context(mock.patch.object(jobs, "FIRST_POLL", 10.0))
            yield struck

    @contextmanager
    def _impatient(self, operation: str) -> Iterator[None]:
        """Wait for the first answer to an operation no longer than the fraction of a second.

        The failure is handed on only when the simulator has got as far as the fault wants it to, so that a slow machine
        does not change what happens.
        """
        send = Transport.send
        begun: list[str] = []

        def is_meant(url: str) -> bool:
            return not begun and "/auth/" not in url

        def hasty(self_: Transport, method: str, url: str, **how: Any) -> Answer:
            if method in _READ_ONLY or not is_meant(url):
                return send(self_, method, url, **how)
            begun.append(operation)
            with mock.patch.object(self_, "_timeout", _HANG_LIMIT):
                try:
                    return send(self_, method, url, **how)
                except NoAnswerError:
                    self._until_hanging(operation)
                    raise

        with mock.patch.object(Transport, "send", hasty):
            yield

    def _until_hanging(self, operation: str) -> None:
        for _pause in range(500):
            for entry in self.direct.control.journal(operation=operation):
                fault = entry["fault"]
                if fault and "hang" in fault["effect"] and (fault["when"] == "before_commit" or entry["committed"]):
                    return
                if fault and "hang" in fault["effect"] and entry["error_code"]:
                    return
            time.sleep(0.01)
        raise AssertionError(f"{operation} did not reach the simulator")

    def _login(self, how: str) -> dict[str, str]:
        """Return the environment for a way to authenticate."""
        no_key = {"HUAWEICLOUD_SDK_AK": "", "HUAWEICLOUD_SDK_SK": ""}
        if how == "password":
            who = {"HW_USER_NAME": "operator", "HW_USER_PASSWORD": "ExamplePassword1", "HW_DOMAIN_NAME": ACCOUNT}
            return {**no_key, **who}
        if how == "token":
            return {**no_key, "HW_AUTH_TOKEN": self._token()}
        return {}

    def _token(self) -> str:
        user = {"name": "operator", "password": "ExamplePassword1", "domain": {"name": ACCOUNT}}
        identity = {"methods": ["password"], "password": {"user": user}}
        answer = requests.post(
            f"{self.direct.simulator.url}/v3/auth/tokens",
            json={"auth": {"identity": identity, "scope": {"project": {"id": PROJECT}}}},
            timeout=30,
        )
        assert answer.status_code == 201, answer.text
        return answer.headers["X-Subject-Token"]


def _disks(volumes: Any) -> list[tuple[str, int]]:
    return sorted((str(disk["type"]), int(disk["size"])) for disk in volumes or ())


def _state(desktop: Mapping[str, Any]) -> dict[str, Any]:
    kept = ("status", "task_status", "login_status", "user_name", "image_id", "product_id")
    return {**{name: desktop[name] for name in kept}, "disks": _disks(desktop["data_volumes"])}


def _known(target: Target, options: Mapping[str, Any]) -> dict[str, Any]:
    """Return those of some options that the target's module has."""
    spec = importlib.import_module(f"{_MODULES}.{target.module}").SPEC.argument_spec
    return {name: value for name, value in options.items() if name in spec}


def dialects_of(target: Target, fault: Fault, turn: int) -> list[Dialect]:
    """Return the dialects under which a fault is tried on a target, the likely one first.

    :param turn: number of the pair, by which ``some`` goes through the target's dialects.
    """
    more: tuple[Dialect, ...] = ()
    if target.dialects and fault.dialects != "none":
        one = target.dialects[turn % len(target.dialects)]
        more = {"all": target.dialects, "some": (one,), "worst": target.dialects[-1:]}[fault.dialects]
    return [{}, *more]


def not_applicable(target: Target, fault: Fault) -> str:
    """Return why a fault cannot happen to a target, empty if it can."""
    if fault.needs_job and not target.starts_job:
        return "no job"
    if fault.strikes == "ShowJob" and not target.shows_job:
        return "the job is not read by its ID"
    if target.operation == "AttachDesktopPoolUser" and any("nth" in rule for rule in fault.failures):
        return "its job is for one desktop"
    if target.rules and "truncate" in (fault.rule or {}).get("effect", {}):
        return "the answer is not the simulator's own"
    return ""


__all__ = ["OUTCOMES", "POOL", "Case", "Cases", "dialects_of", "not_applicable"]
