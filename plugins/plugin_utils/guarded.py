# Copyright (c) 2026 the hwcloud.workspace contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What all filters have in common: what they say about values that they cannot use, and that they give no templates."""

from __future__ import annotations

import importlib
from collections.abc import Callable
from functools import wraps
from typing import Any

from ansible.errors import AnsibleError, AnsibleFilterError
from ansible.utils.unsafe_proxy import wrap_var

from ansible_collections.hwcloud.workspace.plugins.module_utils.client.errors import WorkspaceError, one_line

_LOGIC = "ansible_collections.hwcloud.workspace.plugins.module_utils"

# What comes of a value of another form than is documented, somewhere inside.
_OF_ANOTHER_FORM = (ArithmeticError, AttributeError, LookupError, RecursionError, TypeError, ValueError)


class Later:
    """A module below ``module_utils`` that is imported when something of it is used first.

    Ansible loads all filters of a collection, whichever is wanted, anew in the process of each task that uses one, and
    compiles from source what they import.

    :param name: the module's name below ``module_utils``, such as ``pools.waves``.
    """

    def __init__(self, name: str) -> None:
        self._name = f"{_LOGIC}.{name}"

    def __getattr__(self, name: str) -> Any:
        """Return what the module has by this name."""
        return getattr(importlib.import_module(self._name), name)


def guarded(name: str, decide: Callable[..., Any]) -> Callable[..., Any]:
    """Return a filter that fails with one sentence, and whose texts are no templates: the service wrote a part of them.

    :param name: the filter's name.
    :param decide: the filter; it raises WorkspaceError or an error of Ansible's for what it can tell.
    """

    @wraps(decide)
    def decided(*values: Any, **named: Any) -> Any:
        try:
            return wrap_var(decide(*values, **named))
        except AnsibleError:
            raise
        except WorkspaceError as error:
            raise AnsibleFilterError(f"{name}: {error}") from None
        except _OF_ANOTHER_FORM as error:
            raise AnsibleFilterError(
                f"{name}: what it was given has another form than it takes ({type(error).__name__}: "
                f"{one_line(str(error))}); compare it with ansible-doc -t filter hwcloud.workspace.{name}."
            ) from None

    return decided
