# Copyright (c) 2026 the hwcloud.workspace contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A rollout in waves: which desktops come next, when to stop, and what it comes to. Pure.

A rollout keeps no state but the pool's own. Desktops are changed by their IDs, and the pool's template moves last, so
that the template says what the pool had before for as long as the rollout is not through: a run that was killed is
taken up where it stopped, and what was changed can be taken back to the template. What a run remembers of itself is a
plain dictionary, made by :func:`start_rollout` and never changed in place.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from copy import copy, deepcopy
from dataclasses import dataclass, replace
from datetime import datetime, timezone
from typing import Any

from ..client.errors import InputError
from .aims import IMAGE, PRODUCT, VOLUMES, Aim, most_common
from .lookup import count
from .model import Desktop, Pool
from .policy import CONTINUE, LOGOFF, ROLLBACK, SKIP, WAIT, Amount, Policy, moment
from .single import IDS_PER_REQUEST

FORWARD, BACK = "forward", "back"
CANARY, WAVE, REPAIR, ROLLING_BACK = "canary", "wave", "repair", "rollback"
# What comes next.
CHANGE, WAIT_FOR_USERS, HALT, FINISH = "change", "wait", "stop", "finish"
# Why a rollout stopped.
BY_FAILURES, BY_ERROR, BY_WINDOW, BY_PAUSE, BY_FLOOR, BY_SESSIONS = (
    "failures", "error", "window", "pause", "floor", "sessions",
)  # fmt: skip
UNCHANGED, DONE, ROLLED_BACK, STOPPED, FAILED, PLANNED = (
    "unchanged", "done", "rolled_back", "stopped", "failed", "planned",
)  # fmt: skip
_IN_USE = "in use"
_TRIES = 2  # a desktop that fails as often is left alone


@dataclass(frozen=True)
class Scene:
    """A pool as it was read: its desktops without those that are being deleted.

    ``report`` is an entry of desktop_pool_info's ``desktop_pools``, with ``desktops`` and maybe ``capabilities``.
    """

    pool: Pool
    desktops: tuple[Desktop, ...]
    partial_changes: bool

    @classmethod
    def of(cls, report: Mapping[str, Any]) -> Scene:
        """Return what a report shows.

        :raises InputError: it holds no desktops.
        """
        if not isinstance(report.get("desktops"), Sequence):
            raise InputError("the pool was read without its desktops; gather desktops with desktop_pool_info.")
        desktops = [Desktop.from_service(dict(record)) for record in report["desktops"]]
        return cls(
            Pool.from_service(dict(report)),
            tuple(
                sorted((found for found in desktops if not found.is_leaving), key=lambda found: (found.name, found.id))
            ),
            (report.get("capabilities") or {}).get("partial_changes") is not False,
        )

    def with_desktops(self, ids: Iterable[str], **changes: Any) -> Scene:
        """Return the pool with fields of some desktops changed."""
        wanted = frozenset(ids)
        shown = tuple(replace(found, **changes) if found.id in wanted else found for found in self.desktops)
        return replace(self, desktops=shown)

    def name_of(self, what: str, value: str) -> str:
        """Return the name of an image that the pool or one of its desktops has; of anything else its ID."""
        if what == IMAGE:
            own = [self.pool.fields] if self.pool.image_id == value else []
            own += [found.fields.get("metadata") or {} for found in self.desktops if found.image_id == value]
            return next((str(record["image_name"]) for record in own if record.get("image_name")), value)
        return value


def start_rollout(
    report: Mapping[str, Any],
    change: Mapping[str, Any],
    options: Mapping[str, Any],
    now: datetime,
    only: Sequence[str] | None = None,
    time_factor: float = 1.0,
) -> dict[str, Any]:
    """Return what a rollout knows at its beginning.

    :param change: what the desktops are brought to: ``image_id`` (with ``image_name``, to say it), ``product_id``, or
        ``volumes`` and ``volumes_purge``.
    :param options: how careful it is; see :class:`Policy`.
    :param only: IDs of the desktops that may be changed; None for all. The template stays as it is then.
    :param time_factor: seconds of the service that pass in one of ``now``; other than 1 in rehearsals on a simulator.
    :raises InputError: the change or an option cannot be right.
    """
    scene, aim, policy = Scene.of(report), Aim.of(change), Policy.of(options)
    policy.canaries(scene.desktops)  # refuses names that nobody has, in a pool with nothing to do as well
    due = aim.due(scene.pool, scene.desktops)
    if only is not None:
        due &= set(only)
    targets = [desktop for desktop in scene.desktops if desktop.id in due]
    cut = aim.cuts_sessions(scene.pool, scene.desktops)
    skipped = {found.id: _skipped(found, reason) for found in targets if (reason := _unusable(found, aim))}
    state = {
        "pool": scene.pool.name,
        "pool_id": scene.pool.id,
        "what": aim.what,
        "change": dict(change),
        "options": dict(options),
        "phase": FORWARD,
        "former": _former(aim, scene, targets),
        "from": aim.value_of(scene.pool),
        "to": aim.value,
        "template_waits": only is None and aim.what != VOLUMES and aim.value_of(scene.pool) != aim.value,
        "template_was_due": only is None and aim.template_due(scene.pool, scene.desktops),
        "moves_template": only is None,
        "cuts_sessions": cut,
        "whole_pool": not scene.partial_changes,
        "desktop_count": len(scene.desktops),
        "due": [desktop.id for desktop in targets],
        "had_it": sorted({desktop.id for desktop in scene.desktops} - due),
        "canary_left": _canaries_due(policy, scene, due, due - set(skipped)),
        "canary_ids": sorted(policy.canaries(scene.desktops)),
        "canaries_ran": False,
        "done": [],
        "touched": [],
        "failures": {},
        "skipped": skipped,
        "waves_before": 0,
        "waves": [],
        "timeline": [],
        "waited_seconds": 0.0,
        "waited_out": False,
        "stop": None,
        "began": _text(now),
        "time_factor": time_factor,
        "from_name": scene.name_of(aim.what, _former(aim, scene, targets)),
        "to_name": str(change.get("image_name") or scene.name_of(aim.what, aim.value)),
    }
    return deepcopy(state)


def next_wave(state: Mapping[str, Any], report: Mapping[str, Any], now: datetime) -> dict[str, Any]:
    """Return what comes next in a rollout.

    ``action`` is ``change`` (bring ``desktop_ids`` to the aim), ``wait`` (at most ``wait_timeout`` seconds, until some,
    or with ``until: all`` all, of ``desktop_ids`` are free of users), ``stop`` (with ``cause`` and ``reason``) or
    ``finish`` (move the template if ``template_due``). ``template_strayed``: the service has moved the template along
    with desktops; put it back first. That holds for a rollout that has stopped as well.

    :param report: the pool as it is now.
    """
    return _next_wave(state, Scene.of(report), now)


def _next_wave(state: Mapping[str, Any], scene: Scene, now: datetime) -> dict[str, Any]:
    aim, policy = Aim.of(state["change"]), Policy.of(state["options"])
    step = _next(state, scene, aim, policy, now)
    strayed = (
        state["template_waits"] and not state["whole_pool"] and bool(state["former"])
        and (step["action"] != FINISH or _has_halted(state)) and aim.value_of(scene.pool) == aim.value
    )  # fmt: skip
    if state["phase"] == BACK:
        strayed = state["moves_template"] and not state["whole_pool"] and aim.value_of(scene.pool) != aim.value
    if step["action"] == FINISH:
        step["template_due"] = (
            state["phase"] == FORWARD and state["moves_template"] and aim.template_due(scene.pool, scene.desktops)
        )
    return {"wave": state["waves_before"] + len(state["waves"]) + 1, "template_strayed": strayed, "skipped": [], **step}


def end_wave(
    state: Mapping[str, Any], step: Mapping[str, Any], outcome: Mapping[str, Any], now: datetime
) -> dict[str, Any]:
    """Return what a rollout knows after a step.

    :param step: what :func:`next_wave` said.
    :param outcome: of a change: ``began`` (ISO 8601; without a zone it is UTC), ``job_id``, ``failed`` (list of dicts
        of desktop_id, desktop_name, error_code, fail_reason), ``unhealthy`` (the same), ``left`` (IDs that were not
        touched because somebody was logged in), ``error`` (why it ended, where no desktop is named), ``job_over`` (the
        service has ended the job that the error is about, so that its desktops failed) and ``jobs`` (what job_info says
        of the job). Of a wait: ``free`` (whether a desktop became free) and ``seconds`` (how long it took). All may be
        absent.
    """
    # No deeper copy is needed: what these hold is replaced and never changed, and there may be a thousand waves.
    after: dict[str, Any] = {name: copy(value) for name, value in state.items()}
    for entry in step.get("skipped") or []:
        after["skipped"][entry["desktop_id"]] = dict(entry)
    if step["action"] == HALT:
        after["stop"] = {"cause": step["cause"], "reason": step["reason"]}
    elif step["action"] == FINISH:
        after["stop"] = {"cause": "", "reason": ""}
    elif step["action"] == WAIT_FOR_USERS:
        # At least a second each: users who come and go between two readings cannot keep it waiting for ever.
        after["waited_seconds"] += max(1.0, float(outcome.get("seconds") or 0))
        after["waited_out"] = not outcome.get("free")
    if step["action"] == CHANGE:
        _end_change(after, step, outcome, now)
    return after


def start_rollback(state: Mapping[str, Any], report: Mapping[str, Any], now: datetime) -> dict[str, Any]:
    """Return what the roll back of a rollout knows at its beginning: what was changed goes to what it had before.

    That is what this run has touched. If the template had not moved yet, earlier runs of the same rollout count as
    well: whatever differs from the template then does so because of them.

    :param report: the pool as it is now.
    :raises InputError: the rollout was about disks, which are not taken back like this.
    """
    if state["what"] == VOLUMES:
        raise InputError("disks are not taken back desktop by desktop.")
    careless = {"canary": 0, "pause_after_canary": False, "window_end": None, "on_failure": CONTINUE, "repair": True}
    options = {**state["options"], **careless}
    aim = Aim.of(state["change"]).back(state["former"])
    ours = set(state["touched"]) | (set(state["had_it"]) if state["template_waits"] else set())
    back = start_rollout(report, aim, options, now, only=sorted(ours), time_factor=state["time_factor"])
    # Where the rollout began on a template that had moved already, nothing says where it was before.
    back["waves_before"] = len(state["waves"])
    return {**back, "phase": BACK, "moves_template": state["template_waits"], "whole_pool": state["whole_pool"]}


def wants_rollback(state: Mapping[str, Any]) -> bool:
    """Return whether a rollout that has stopped is to be taken back, and can be."""
    stop = state.get("stop") or {}
    return (
        stop.get("cause") == BY_FAILURES  # after an error of a request or of the network, running again goes on
        and Policy.of(state["options"]).on_failure == ROLLBACK
        and state["what"] != VOLUMES
        and bool(state["former"])
        and bool(state["touched"])
    )


def rollout_result(
    state: Mapping[str, Any], back: Mapping[str, Any] | None, report: Mapping[str, Any], now: datetime
) -> dict[str, Any]:
    """Return what a rollout came to.

    :param back: the state of its roll back, None if there was none.
    :param report: the pool as it is now.
    """
    scene, aim, policy = Scene.of(report), Aim.of(state["change"]), Policy.of(state["options"])
    interrupted = {"cause": BY_ERROR, "reason": "it was interrupted."}
    stop = state["stop"] or interrupted
    failed = list(state["failures"].values())
    outcome, reason, is_failure = _outcome(state, policy, stop, failed)
    rolled_back: list[str] = []
    if back is not None:
        rolled_back = list(back["done"])
        behind = set(back["due"]) - set(rolled_back)
        left = [_shown(desktop) for desktop in scene.desktops if desktop.id in behind]
        failed += [entry for entry in back["failures"].values() if entry["desktop_id"] not in state["failures"]]
        outcome = FAILED if left or back["stop"] is None or back["stop"]["cause"] else ROLLED_BACK
        taken = count(len(rolled_back), "desktop") if rolled_back or left else "Nothing had to be"
        reason += f" {taken} taken back to {state['former']}"
        reason += f", {len(left)} could not be: {_few(left)}." if left else "."
        if back["stop"] is None or back["stop"]["reason"]:
            reason += f" The roll back stopped: {(back['stop'] or interrupted)['reason']}"
    waves = [*state["waves"], *(back["waves"] if back else [])]
    seconds = _seconds(state, datetime.fromisoformat(state["began"]), now)
    changed = sum(len(wave["desktops"]) - len(wave["failed"]) for wave in waves)
    busy = sum(wave["seconds"] for wave in waves)
    return {
        "pool": state["pool"],
        "pool_id": state["pool_id"],
        "what": state["what"],
        "from": state["former"] or state["from"],
        "from_name": state["from_name"],
        "to": state["to"],
        "to_name": state["to_name"],
        "outcome": outcome,
        "reason": reason,
        "cause": stop["cause"],
        "is_failure": is_failure,
        "waves": waves,
        "timeline": [*state["timeline"], *(back["timeline"] if back else [])],
        "desktops_succeeded": []
        if back is not None and outcome == ROLLED_BACK
        else sorted(set(state["done"]) - set(rolled_back)),
        "desktops_failed": [{name: value for name, value in entry.items() if name != "times"} for entry in failed],
        "desktops_skipped": list(state["skipped"].values()),
        "desktops_rolled_back": rolled_back,
        "desktops_left": sorted(aim.due(scene.pool, scene.desktops)),
        "desktop_count": state["desktop_count"],
        "whole_pool": state["whole_pool"],
        "began": state["began"],
        "ended": _text(now),
        "seconds": seconds,
        "rate": round(changed / busy * 3600, 1) if busy and changed else None,
    }


def rehearse_rollout(
    report: Mapping[str, Any],
    change: Mapping[str, Any],
    options: Mapping[str, Any],
    now: datetime,
    pace: Mapping[str, Any] | None = None,
) -> dict[str, Any]:
    """Return what a rollout would do if every desktop succeeded: the same steps, tried on a copy of the pool.

    :param pace: how fast the pool was before, from :func:`pool_pace`; None or empty if that is not known.
    :returns: ``waves`` (each with ``wave``, ``kind``, ``desktops``, ``in_session``, ``after_users`` and
        ``expected_seconds``), ``desktops_skipped``, ``expected_seconds`` (None if not known), ``outcome``
        (``unchanged`` or ``planned``) and ``reason``, where it would stop by itself.
    """
    # What a window leaves undone depends on how long waves take, which is not known here; the rest of it is shown.
    options = {**options, "window_end": None}
    state = start_rollout(report, change, options, now)
    scene = Scene.of(report)
    present = {desktop.id: _shown(desktop) for desktop in scene.desktops}  # with who is logged in now
    waves: list[dict[str, Any]] = []
    after_users = False
    while state["stop"] is None:
        step = _next_wave(state, scene, now)
        if step["action"] == WAIT_FOR_USERS:
            scene = scene.with_desktops(step["desktop_ids"], login_status="REGISTERED")
            after_users = True
        if step["action"] == CHANGE:
            seconds = expected_seconds(len(step["desktop_ids"]), pace)
            scene = scene.with_desktops(step["desktop_ids"], status="ACTIVE", task_status="")
            keys = ("wave", "kind", "desktops", "in_session", "whole_pool")
            wave = {key: step[key] for key in keys} | {"desktops": [present[own] for own in step["desktop_ids"]]}
            waves.append(
                {**wave, "what": state["what"], "after_users": after_users, "expected_seconds": seconds, "failed": []}
            )
        state = end_wave(state, step, {"began": _text(now), "free": True}, now)
    known = [wave["expected_seconds"] for wave in waves]
    stop = state["stop"]
    is_due = bool(waves) or state["template_was_due"] or bool(stop["cause"])  # else the run says unchanged as well
    return {
        "pool": state["pool"],
        "pool_id": state["pool_id"],
        "what": state["what"],
        "from": state["former"] or state["from"],
        "from_name": state["from_name"],
        "to": state["to"],
        "to_name": state["to_name"],
        "outcome": PLANNED if is_due else UNCHANGED,
        "cause": stop["cause"],
        "reason": stop["reason"],
        "waves": waves,
        "desktops_skipped": list(state["skipped"].values()),
        "desktop_count": state["desktop_count"],
        "whole_pool": state["whole_pool"],
        "expected_seconds": None if None in known else sum(known),
    }


def pool_pace(jobs: Iterable[Mapping[str, Any]], job_types: Iterable[str]) -> dict[str, Any]:
    """Return how fast past jobs of a pool were. Empty if no past job tells.

    ``seconds_per_desktop`` is the median, ``parallel`` the most desktops at a time that was seen, ``desktops`` the
    number that it is told from.

    All sub-jobs of a job begin with the job (definitions), so that the first of them to end shows how long one takes,
    and the last how many went at a time.

    :param jobs: what job_info returned, with sub-jobs.
    :param job_types: the service's types of jobs that count.
    """
    kinds = frozenset(job_types)
    lengths: list[float] = []
    widths: list[int] = []
    desktops = 0
    for job in jobs:
        spans = [
            span
            for sub_job in job.get("sub_jobs") or []
            if str(sub_job.get("job_type") or job.get("job_type")) in kinds and sub_job.get("status") == "SUCCESS"
            if (span := _span(sub_job)) is not None
        ]
        if spans:
            took = sorted(end - begin for begin, end in spans)
            lengths.append(took[0])
            widths.append(-(-len(took) // max(1, round(took[-1] / took[0]))))
            desktops += len(took)
    if not lengths:
        return {}
    lengths.sort()
    return {"seconds_per_desktop": lengths[len(lengths) // 2], "parallel": max(widths), "desktops": desktops}


def expected_seconds(desktops: int, pace: Mapping[str, Any] | None) -> float | None:
    """Return how long a wave of so many desktops takes, in seconds; None if no past job tells."""
    if not pace or not pace.get("seconds_per_desktop"):
        return None
    return round(-(-desktops // int(pace["parallel"])) * float(pace["seconds_per_desktop"]), 1)


def _next(state: Mapping[str, Any], scene: Scene, aim: Aim, policy: Policy, now: datetime) -> dict[str, Any]:
    due = aim.due(scene.pool, scene.desktops)
    open_ids = set(state["due"]) - set(state["done"]) - set(state["skipped"])
    failures = state["failures"]
    present = [desktop for desktop in scene.desktops if desktop.id in open_ids and desktop.id in due]
    fresh = [desktop for desktop in present if desktop.id not in failures]
    again = [desktop for desktop in present if failures.get(desktop.id, {}).get("times", 0) == 1 and policy.repair]
    pending = fresh or again
    canaries = _candidates(state, fresh)
    if state["canary_left"] and not canaries:
        occupied = _in_use_canaries(state)
        if occupied:
            # Without a canary the aim is not proven, and new desktops are not to be made from it.
            return _halt(BY_SESSIONS, f"all canaries are in use: {_few(occupied)}.")
    if not pending:
        return {"action": FINISH}
    if state["phase"] == FORWARD:
        if policy.window_end is not None and now >= policy.window_end:
            return _halt(BY_WINDOW, f"the window ended at {_text(policy.window_end)}; {_left(pending)}.")
        if policy.pause_after_canary and state["canaries_ran"] and not canaries:
            return _halt(BY_PAUSE, _how_to_go_on(state, pending))
    if state["phase"] == BACK:
        return _choose(state, scene, policy, now, ROLLING_BACK, pending, pending)
    kind = REPAIR if not fresh else CANARY if canaries else WAVE
    return _choose(state, scene, policy, now, kind, canaries or pending, pending)


def _has_halted(state: Mapping[str, Any]) -> bool:
    return bool((state.get("stop") or {}).get("cause"))


def _candidates(state: Mapping[str, Any], fresh: Sequence[Desktop]) -> list[Desktop]:
    """Return the desktops of which the canaries that are still due are taken."""
    if not state["canary_left"]:
        return []
    named = state["canary_ids"]
    return [desktop for desktop in fresh if not named or desktop.id in named]


def _in_use_canaries(state: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Return the desktops that would have been canaries, had nobody been logged in on them."""
    named = state["canary_ids"]
    return [
        entry
        for desktop_id, entry in state["skipped"].items()
        if entry["reason"] == _IN_USE and (not named or desktop_id in named)
    ]


def _choose(
    state: Mapping[str, Any],
    scene: Scene,
    policy: Policy,
    now: datetime,
    kind: str,
    among: Sequence[Desktop],
    pending: Sequence[Desktop],
) -> dict[str, Any]:
    candidates = list(among)
    floor = policy.min_available.at_least(len(scene.desktops)) if policy.min_available else 0
    if state["whole_pool"] and floor:
        reason = "this region changes whole pools only, so no desktop would stay available; leave min_available out."
        return _halt(BY_FLOOR, reason)
    used = [desktop for desktop in candidates if desktop.in_session] if state["cuts_sessions"] else []
    if used and policy.session_policy != LOGOFF:
        free = [desktop for desktop in candidates if not desktop.in_session]
        if state["whole_pool"] or not free:
            return _in_use(state, policy, now, used, pending)
        candidates = free
    candidates.sort(key=_rank)
    if state["whole_pool"]:
        chosen = candidates
    else:
        most = policy.max_unavailable.at_most(len(scene.desktops))
        if state["what"] == VOLUMES:
            most = min(most, IDS_PER_REQUEST)
        if kind == CANARY:
            most = min(most, state["canary_left"])
        chosen = _within_floor(candidates, scene, policy, most)
    if not chosen:
        usable = sum(map(_is_available, scene.desktops))
        return _halt(
            BY_FLOOR,
            f"{count(usable, 'desktop')} can be used and {floor} are to stay available, so none may be changed now; "
            f"{_left(pending)}.",
        )
    return {
        "action": CHANGE,
        "kind": kind,
        "desktop_ids": [desktop.id for desktop in chosen],
        "desktops": [_shown(desktop) for desktop in chosen],
        "in_session": [desktop.id for desktop in chosen if desktop.in_session] if state["cuts_sessions"] else [],
        "whole_pool": state["whole_pool"],
    }


def _within_floor(candidates: Sequence[Desktop], scene: Scene, policy: Policy, most: int) -> list[Desktop]:
    if policy.min_available is None:
        return list(candidates[:most])
    spare = sum(map(_is_available, scene.desktops)) - policy.min_available.at_least(len(scene.desktops))
    chosen: list[Desktop] = []
    for desktop in candidates:
        is_missed = _is_available(desktop)  # one that nobody can use anyway can only win
        if len(chosen) < most and (spare > 0 or not is_missed):
            chosen.append(desktop)
            spare -= is_missed
    return chosen


def _in_use(
    state: Mapping[str, Any], policy: Policy, now: datetime, used: Sequence[Desktop], pending: Sequence[Desktop]
) -> dict[str, Any]:
    left = int(policy.session_wait_seconds - state["waited_seconds"])
    if policy.window_end is not None:
        left = min(left, int((policy.window_end - now).total_seconds()) + 1)
    if policy.session_policy == WAIT and not state["waited_out"] and left > 0:
        until = "all" if state["whole_pool"] else "any"
        ids = [desktop.id for desktop in used]
        return {"action": WAIT_FOR_USERS, "desktop_ids": ids, "until": until, "wait_timeout": left}
    if state["whole_pool"]:
        who = f"{count(len(used), 'desktop')} in use: {_few(map(_shown, used))}"
        return _halt(BY_SESSIONS, f"this region changes whole pools only, with {who}.")
    skipped = [_skipped(desktop, _IN_USE) for desktop in used]
    if len(used) < len(pending):
        # Canaries that are all in use: others go on without them only if nobody asked for them to be first.
        reason = f"all canaries are in use: {_few(map(_shown, used))}."
        return {**_halt(BY_SESSIONS, reason), "skipped": skipped}
    # Without a canary the aim is not proven, and new desktops are not to be made from it.
    if policy.session_policy == SKIP and not state["canary_left"]:
        return {"action": FINISH, "skipped": skipped}
    return {**_halt(BY_SESSIONS, f"{count(len(used), 'desktop')} stayed in use: {_few(skipped)}."), "skipped": skipped}


def _end_change(after: dict[str, Any], step: Mapping[str, Any], outcome: Mapping[str, Any], now: datetime) -> None:
    policy = Policy.of(after["options"])
    left = set(outcome.get("left") or ())
    ids = [desktop_id for desktop_id in step["desktop_ids"] if desktop_id not in left]
    names = {entry["desktop_id"]: entry["desktop_name"] for entry in step["desktops"]}
    failed = {
        str(entry["desktop_id"]): {
            "desktop_id": str(entry["desktop_id"]),
            "desktop_name": names[str(entry["desktop_id"])],
            "error_code": str(entry.get("error_code") or ""),
            "fail_reason": str(entry.get("fail_reason") or ""),
        }
        for entry in [*(outcome.get("failed") or []), *(outcome.get("unhealthy") or [])]
        if str(entry.get("desktop_id")) in ids
    }
    error = str(outcome.get("error") or "")
    if error and not failed and outcome.get("job_over"):
        failed = {
            entry["desktop_id"]: {**_named(entry), "error_code": "", "fail_reason": error}
            for entry in step["desktops"]
            if entry["desktop_id"] in ids
        }
    shown = [entry for entry in step["desktops"] if entry["desktop_id"] not in left]
    for desktop_id in sorted(left):
        entry = next(entry for entry in step["desktops"] if entry["desktop_id"] == desktop_id)
        after["skipped"][desktop_id] = {**_named(entry), "reason": _IN_USE}
    began = moment(outcome.get("began") or now, "began", without_zone_utc=True)
    if ids:
        after["waves"].append(
            {
                "wave": step["wave"],
                "what": after["what"],
                "kind": step["kind"],
                "desktops": shown,
                "failed": list(failed.values()),
                "began": _text(began),
                "ended": _text(now),
                "seconds": _seconds(after, began, now),
                "job_id": str(outcome.get("job_id") or ""),
                "error": error if not failed else "",
            }
        )
    after["timeline"] += _timeline(outcome.get("jobs") or [], step, after["what"], names)
    after["touched"] = sorted({*after["touched"], *ids})
    if not (error and not failed):
        after["done"] = sorted({*after["done"], *(set(ids) - set(failed))})
    first = _count_failures(after, failed)
    if step["kind"] == CANARY:
        after["canary_left"] = max(0, after["canary_left"] - len(ids))
        after["canaries_ran"] = after["canaries_ran"] or bool(ids)
    if after["phase"] == BACK:
        if error and not failed:
            after["stop"] = {"cause": BY_ERROR, "reason": error}
        return
    if error and not failed:
        after["stop"] = {"cause": BY_ERROR, "reason": error}
    elif (
        first
        and policy.on_failure != CONTINUE
        and (step["kind"] == CANARY or len(after["failures"]) > policy.max_failures)
    ):
        after["stop"] = {"cause": BY_FAILURES, "reason": _said_of(failed, step["kind"])}


def _count_failures(after: dict[str, Any], failed: Mapping[str, dict[str, Any]]) -> bool:
    """Count failures by desktop, and put those that failed twice on the list of desktops to leave alone.

    :returns: whether a desktop failed for the first time.
    """
    first = False
    for desktop_id, entry in failed.items():
        times = after["failures"].get(desktop_id, {}).get("times", 0) + 1
        after["failures"][desktop_id] = {**entry, "times": times}
        first = first or times == 1
        if times >= _TRIES:
            after["skipped"][desktop_id] = {**_named(entry), "reason": "failed twice"}
    for desktop_id in set(after["failures"]) & set(after["done"]):
        del after["failures"][desktop_id]  # the second try went well
    return first


def _timeline(
    jobs: Iterable[Mapping[str, Any]], step: Mapping[str, Any], what: str, names: Mapping[str, str]
) -> list[dict[str, Any]]:
    lines = []
    for job in jobs:
        for sub_job in job.get("sub_jobs") or []:
            desktop_id = str((sub_job.get("entities") or {}).get("desktop_id") or "")
            if desktop_id in names:
                lines.append(
                    {
                        "desktop_id": desktop_id,
                        "desktop_name": names[desktop_id],
                        "what": what,
                        "wave": step["wave"],
                        "kind": step["kind"],
                        "began": str(sub_job.get("begin_time") or ""),
                        "ended": str(sub_job.get("end_time") or ""),
                        "status": str(sub_job.get("status") or ""),
                    }
                )
    return lines


def _outcome(
    state: Mapping[str, Any], policy: Policy, stop: Mapping[str, str], failed: Sequence[Mapping[str, Any]]
) -> tuple[str, str, bool]:
    if stop["cause"] == BY_ERROR:
        return FAILED, stop["reason"], True
    if stop["cause"] == BY_FAILURES:
        return STOPPED, stop["reason"], True
    if stop["cause"]:
        return STOPPED, stop["reason"], False
    if len(failed) > policy.max_failures:
        return FAILED, f"{count(len(failed), 'desktop')} failed: {_few(failed)}.", True
    if not state["waves"] and not state["template_was_due"]:
        return UNCHANGED, "", False
    return DONE, f"{count(len(failed), 'desktop')} failed, which is tolerated: {_few(failed)}." if failed else "", False


def _canaries_due(policy: Policy, scene: Scene, due: frozenset[str], usable: frozenset[str]) -> int:
    if not scene.partial_changes:
        return 0
    if isinstance(policy.canary, Amount):
        # Desktops that have it already are as good as canaries: a second run goes on where the first stopped.
        wanted = policy.canary.at_least(len(scene.desktops))
        return min(len(usable), max(0, wanted - (len(scene.desktops) - len(due))))
    return len(policy.canaries(scene.desktops) & usable)


def _former(aim: Aim, scene: Scene, targets: Sequence[Desktop]) -> str:
    """Return what a roll back leads to: the template's, or what most of the desktops have if the template has moved."""
    if aim.what == VOLUMES:
        return ""
    own = aim.value_of(scene.pool)
    return own if own != aim.value else most_common(map(aim.value_of, targets))


def _unusable(desktop: Desktop, aim: Aim) -> str:
    if desktop.fields.get("is_freeze") is True:
        return "frozen"
    if desktop.is_being_made:
        return "being made"
    if desktop.status == "ERROR" and aim.what in (PRODUCT, VOLUMES):
        return "in state ERROR"
    return ""


def _is_available(desktop: Desktop) -> bool:
    """Return whether somebody could work on it: stopped desktops can be started, those in trouble or at work cannot."""
    unfit = desktop.status == "ERROR" or bool(desktop.task_status)
    return not unfit and desktop.fields.get("isolated") is not True and desktop.fields.get("is_freeze") is not True


def _rank(desktop: Desktop) -> tuple[Any, ...]:
    """Order desktops by how little they are missed: nobody's first, those at which somebody works last."""
    return (desktop.login_status == "CONNECTED", desktop.in_session, desktop.has_user, desktop.name, desktop.id)


def _shown(desktop: Desktop) -> dict[str, Any]:
    return {
        "desktop_id": desktop.id,
        "desktop_name": desktop.name,
        "status": desktop.status,
        "login_status": desktop.login_status,
        "user_names": [user.name for user in desktop.users],
    }


def _named(entry: Mapping[str, Any]) -> dict[str, Any]:
    return {"desktop_id": entry["desktop_id"], "desktop_name": entry["desktop_name"]}


def _skipped(desktop: Desktop, reason: str) -> dict[str, str]:
    return {"desktop_id": desktop.id, "desktop_name": desktop.name, "reason": reason}


def _halt(cause: str, reason: str) -> dict[str, Any]:
    return {"action": HALT, "cause": cause, "reason": reason}


def _left(pending: Sequence[Desktop]) -> str:
    return f"{count(len(pending), 'desktop')} left for the next run"


def _how_to_go_on(state: Mapping[str, Any], pending: Sequence[Desktop]) -> str:
    back = (
        f"to cancel, run with {state['former']} instead, which takes the canaries back"
        if state["former"]
        else "without that, the canaries keep their disks"
    )
    return f"the canaries are done and {_left(pending)}; to promote, run again; {back}."


def _said_of(failed: Mapping[str, Mapping[str, Any]], kind: str) -> str:
    entries = list(failed.values())
    words = next((entry["fail_reason"] for entry in entries if entry["fail_reason"]), "no reason given")
    number = count(len(entries), "desktop")
    if kind == CANARY:
        number = "1 canary" if len(entries) == 1 else f"{len(entries)} canaries"
    return f"{number} failed: {_few(entries)} ({words.rstrip('.')})."


def _few(entries: Iterable[Mapping[str, Any]]) -> str:
    found = [str(entry.get("desktop_name") or entry.get("desktop_id")) for entry in entries]
    return ", ".join(found[:5]) + (f" and {len(found) - 5} more" if len(found) > 5 else "")


def _span(sub_job: Mapping[str, Any]) -> tuple[float, float] | None:
    try:
        begin, end = (
            datetime.strptime(str(sub_job.get(name)), "%Y-%m-%d %H:%M:%S").replace(tzinfo=timezone.utc).timestamp()
            for name in ("begin_time", "end_time")
        )
    except ValueError:
        return None
    return (begin, end) if end > begin else None


def _seconds(state: Mapping[str, Any], began: datetime, ended: datetime) -> float:
    return round((ended - began).total_seconds() * float(state["time_factor"]), 1)


def _text(moment: datetime) -> str:
    return moment.astimezone(timezone.utc).isoformat(timespec="seconds")
