# Copyright (c) 2026 the hwcloud.workspace contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a module is, and running it, be it inside Ansible's worker or as a program of its own.

A module declares a :class:`ModuleSpec` and a function ``run(task) -> result``. :func:`execute` calls that function and
is the one place where an exception becomes a result.
"""

from __future__ import annotations

import datetime
import importlib
import math
import re
import sys
import traceback
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from .client.errors import WorkspaceError, one_line, sentence
from .client.masking import Secrets
from .limits import Limit, broken_limits

if TYPE_CHECKING:
    from ansible.module_utils.common.arg_spec import ValidationResult

Result = dict[str, Any]


@dataclass(frozen=True)
class ModuleSpec:
    """What a module declares about its options.

    :param argument_spec: the options, in the form of ``AnsibleModule``. So are the conditions between them.
    :param limits: the service's limits, by option; checked after the types and before ``run``.
    :param synonyms: further names of options, by name. Unlike an alias they are known to the action plugin alone, which
        lets the service's own name be typed where ansible-test does not allow it in a module (``message``).
    :param subject: options that name the pool that a task is about; the first that is set is named in every error.
    :param supports_check_mode: whether ``run`` honours ``Task.check_mode``.
    """

    argument_spec: Mapping[str, Mapping[str, Any]]
    mutually_exclusive: Sequence[Sequence[str]] = ()
    required_together: Sequence[Sequence[str]] = ()
    required_one_of: Sequence[Sequence[str]] = ()
    required_if: Sequence[Sequence[Any]] = ()
    required_by: Mapping[str, Sequence[str]] = field(default_factory=dict)
    limits: Mapping[str, Limit] = field(default_factory=dict)
    synonyms: Mapping[str, str] = field(default_factory=dict)
    subject: Sequence[str] = ("pool", "pool_id")
    supports_check_mode: bool = True

    def validation(self) -> dict[str, Any]:
        """Return the keyword arguments that ``AnsibleModule`` and ``ArgumentSpecValidator`` take alike."""
        return {
            "argument_spec": {name: dict(option) for name, option in self.argument_spec.items()},
            "mutually_exclusive": list(self.mutually_exclusive),
            "required_together": list(self.required_together),
            "required_one_of": list(self.required_one_of),
            "required_if": list(self.required_if),
            "required_by": dict(self.required_by),
        }

    def validate(self, given: Mapping[str, Any]) -> ValidationResult:
        """Return what Ansible's own checks of types and conditions make of options."""
        given = self.given(given)
        found = self._formless(given)
        if found is not None:
            return found
        try:
            return _checked(self.validation(), given)
        except OverflowError:
            return _checked(self.validation(), _finite(given))

    @staticmethod
    def given(options: Mapping[str, Any]) -> dict[str, Any]:
        """Return options without those that are null, which the conditions between options would count as set."""
        return {name: value for name, value in options.items() if value is not None}

    def misshapen(self, given: Mapping[str, Any]) -> ValidationResult | None:
        """Return a refusal of options over which Ansible's own checks break down or forget to say which one is meant.

        That is an infinite number, and what is no dict where an option has options of its own. None if there is none.
        """
        found = self._formless(given)
        if found is not None:
            return found
        try:
            _checked(self.validation(), given)
        except OverflowError:
            return _checked(self.validation(), _finite(given))
        return None

    def _formless(self, given: Mapping[str, Any]) -> ValidationResult | None:
        """Return a refusal if something is no dict where an option has options of its own, None if there is none."""
        if all(_has_fields(given.get(name)) for name, option in self.argument_spec.items() if option.get("options")):
            return None
        flat = {name: {**option, "options": None} for name, option in self.argument_spec.items()}
        found = _checked({"argument_spec": flat}, _finite(given))
        return found if found.error_messages else None


def _checked(spec: Mapping[str, Any], given: Mapping[str, Any]) -> ValidationResult:
    # Here, since a task runs without anything of Ansible; only what it is given comes from there.
    from ansible.module_utils.common.arg_spec import ArgumentSpecValidator  # noqa: PLC0415

    return ArgumentSpecValidator(**spec).validate(dict(given))


def refusal_of(validation: ValidationResult, name: str) -> str | None:
    """Return what to say about options that Ansible's own checks refuse, None if they accept them.

    :param name: full name of the module.
    """
    if not validation.error_messages:
        return None
    from ansible.module_utils.errors import UnsupportedError  # noqa: PLC0415

    text = str(validation.errors.msg)
    if isinstance(validation.errors[0], UnsupportedError):
        text = f"Unsupported parameters for ({name}) module: {text}"
    return sentence(text)


_INFINITY = re.compile(r"\s*[+-]?inf(inity)?\s*", re.IGNORECASE)


def _has_fields(value: Any) -> bool:
    entries = value if isinstance(value, list) else [value]
    return value is None or all(isinstance(entry, Mapping) for entry in entries)


def _finite(value: Any) -> Any:
    if isinstance(value, Mapping):
        return {key: _finite(item) for key, item in value.items()}
    if isinstance(value, list):
        return [_finite(item) for item in value]
    if isinstance(value, float) and not math.isfinite(value):
        return "a number without end"
    if isinstance(value, str) and _INFINITY.fullmatch(value):
        return f"{value} (a number without end)"
    return value


class Task:
    """What ``run`` gets: the task's options and its ways to speak.

    :param name: the module's short name, for example ``desktop_pool_rebuild``.
    :param params: validated options with their defaults; made of plain builtin types here.
    :param check_mode: True when nothing may be changed.
    :param environment: the process's environment, the task's own ``environment`` included.
    :param show: shows a line of progress to the user at once; None where there is no way to do so.
    :param secrets: texts that no result, warning or progress line may hold.
    """

    def __init__(
        self,
        name: str,
        params: Mapping[str, Any],
        check_mode: bool,
        environment: Mapping[str, str],
        show: Callable[[str], None] | None = None,
        secrets: Iterable[str] = (),
    ) -> None:
        self.name = name
        self.params: Mapping[str, Any] = plain(params)
        self.check_mode = check_mode
        self.environment = environment
        self.warnings: list[str] = []
        self.secrets = Secrets()
        self._show = show
        for secret in secrets:
            self.add_secret(secret)

    def warn(self, text: str) -> None:
        """Have ``text`` shown as a warning with the result; a text that was given before is not repeated."""
        text = sentence(text)
        if text not in self.warnings:
            self.warnings.append(text)

    def progress(self, text: str) -> None:
        """Show one line of progress now, if there is a way to. How often is up to the caller."""
        if self._show is not None:
            self._show(sentence(self.censor(text)))

    def add_secret(self, text: str) -> None:
        """Keep ``text``, a secret found outside the options (environment, credentials file), out of what is shown."""
        self.secrets.add(text)

    def censor(self, text: str) -> str:
        """Return ``text`` with every secret replaced by asterisks."""
        return self.secrets.censor(text)


def execute(spec: ModuleSpec, run: Callable[[Task], Result], task: Task) -> Result:
    """Check the limits, call ``run`` and return the task's result in plain builtin types; it always holds ``changed``.

    An exception becomes ``failed``, a sentence in ``msg`` and, for a :class:`WorkspaceError`, its facts as fields.
    """
    try:
        result = _checked_run(spec, run, task)
    except WorkspaceError as error:
        result = {"changed": False, **plain(error.result_fields(), str), "failed": True, "msg": str(error)}
    except Exception as error:  # noqa: BLE001 - a defect of the collection, whatever its kind, must read as one
        result = {"changed": False, "failed": True, "msg": _defect(task, error)}
    if result.get("failed"):
        result["msg"] = task.censor(_with_subject(str(result.get("msg", "")), spec, task.params))
    warnings = [*result.pop("warnings", ()), *(task.censor(text) for text in task.warnings)]
    return {**result, "warnings": warnings} if warnings else result


def _with_subject(sentence: str, spec: ModuleSpec, params: Mapping[str, Any]) -> str:
    """Return the sentence with the pool that the task is about, unless it begins with one, by name or by ID."""
    pool = next((one_line(params[option]) for option in spec.subject if params.get(option)), None)
    return sentence if not pool or re.match("pool .+?: ", sentence) else f"pool {pool}: {sentence}"


def plain(value: Any, other: Callable[[Any], Any] | None = None) -> Any:
    """Return ``value`` made of ``dict``, ``list``, ``str``, ``int``, ``float``, ``bool`` and None, at every depth.

    Subclasses, such as the strings by which Ansible marks where a value came from, become their builtin type. A trip
    through JSON does the same, and a module that runs by itself sends its arguments and its result through JSON.

    :param other: converts a value of any other type; without it such a value is refused.
    :raises TypeError: a value of another type.
    """
    if value is None or isinstance(value, bool):
        return value
    if isinstance(value, str):
        return str.__str__(value)
    if isinstance(value, int):
        return int(value)
    if isinstance(value, float):
        return float(value)
    if isinstance(value, Mapping):
        return {str.__str__(str(key)): plain(item, other) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [plain(item, other) for item in value]
    if isinstance(value, (set, frozenset)):
        return sorted(plain(item, other) for item in value)
    if isinstance(value, (datetime.date, datetime.datetime)):
        return value.isoformat()
    if other is not None:
        return plain(other(value))
    raise TypeError(f"a value of type {type(value).__name__} cannot go through JSON")


def missing_library() -> str | None:
    """Return a sentence when the library ``requests`` cannot be used by this Python, None when it can."""
    try:
        importlib.import_module("requests")
    except ImportError as error:
        python = sys.executable or "python3"
        return (
            f"The Python library requests is needed, and {python} cannot load it ({one_line(str(error))}); "
            f"install it, for example with: {python} -m pip install requests"
        )
    return None


def _checked_run(spec: ModuleSpec, run: Callable[[Task], Result], task: Task) -> Result:
    broken = _broken_texts(spec, task.params) or broken_limits(spec.limits, task.params)
    if broken:
        return {"changed": False, "failed": True, "msg": " ".join(broken)}
    missing = missing_library()
    if missing is not None:
        return {"changed": False, "failed": True, "msg": missing}
    result: Result = plain(run(task))
    return {"changed": False, **result}


def _broken_texts(spec: ModuleSpec, params: Mapping[str, Any]) -> list[str]:
    """Return a sentence for every option with a text that no request can hold. The names of files may hold anything."""
    return [
        f"{name} holds half a character, which cannot be sent; check how the text is encoded."
        for name in spec.argument_spec
        if spec.argument_spec[name].get("type") != "path" and _holds_half(params.get(name))
    ]


def _holds_half(value: Any) -> bool:
    if isinstance(value, str):
        return not value.isascii() and re.search("[\ud800-\udfff]", value) is not None
    if isinstance(value, Mapping):
        return any(map(_holds_half, (*value.keys(), *value.values())))
    return isinstance(value, list) and any(map(_holds_half, value))


def _text_of(error: Exception) -> str:
    try:
        return str(error)
    except Exception:  # noqa: BLE001 - it would hide the defect
        return "it has no text"


# The folder `plugins` of this collection, also when it lies in the archive in which Ansible ships a module.
_OURS = Path(__file__).absolute().parent.parent


def _defect(task: Task, error: Exception) -> str:
    """Return the sentence about an exception that nobody foresaw: its type, its text and the last line of ours."""
    frames = [(Path(frame.filename).absolute(), frame.lineno) for frame in traceback.extract_tb(error.__traceback__)]
    file, line = [(file, line) for file, line in frames if file.is_relative_to(_OURS)][-1]
    text = one_line(task.censor(_text_of(error)))  # in this order: a text that is cut could end within a secret
    return (
        f"{task.name} met a defect in the hwcloud.workspace collection, please report it: "
        f"{type(error).__name__}{': ' if text else ''}{text} (at plugins/{file.relative_to(_OURS)}:{line})"
    )
