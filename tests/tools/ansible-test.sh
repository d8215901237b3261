#!/usr/bin/env bash
# Copyright (c) 2026 the hwcloud.workspace contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Runs ansible-test with the ansible-core of one virtual environment, without containers.
# Usage: tests/tools/ansible-test.sh sanity|units VENV [OPTION OR FILE OF ansible-test]...
# ansible-test wants a real folder .../ansible_collections/hwcloud/workspace, so it gets a copy of what git would commit.
# `sanity` tries the code with those Pythons of PYTHONS (3.10 to 3.13 if it is not set) that this machine has; `units` runs
# with the environment's own, into which ansible-test installs what the tests need.
set -euo pipefail

cd "$(dirname "$0")/../.."

main() {
    local command=${1:?"usage: tests/tools/ansible-test.sh sanity|units VENV [OPTION]..."} venv=${2:?"no VENV given"}
    shift 2
    venv=$PWD/$venv
    local copy=$venv-tree/ansible_collections/hwcloud/workspace repository=$PWD options=(--color no --requirements)
    "$venv/bin/ansible" --version | sed -n 1p
    tests/tools/copy-tree.sh "$copy"
    # Else ansible-test asks the repository around the copy for its files, and that one ignores them all.
    git init --quiet "$copy"
    if [ "$command" = units ]; then
        options+=(--python "$("$venv/bin/python" -c 'import sys; print("{}.{}".format(*sys.version_info))')")
    fi
    PATH=$venv/bin:$(pythons):$(without_shims)
    cd "$copy"
    "$venv/bin/ansible-test" "$command" "${options[@]}" "$@"
    # With options or files of the caller's, what is missing is so on purpose.
    if [ "$command" = units ] && [ "$#" -eq 0 ]; then
        "$venv/bin/python" "$repository/tests/tools/units_ran.py" "$copy"
    fi
}

# The folders of the Pythons that are there, so that each is found by its name.
pythons() {
    local version python folders=""
    for version in ${PYTHONS:-3.10 3.11 3.12 3.13}; do
        if python=$(requirements/find-python.sh "$version"); then
            folders+=:$(dirname "$python")
        fi
    done
    printf '%s' "${folders#:}"
}

# PATH without pyenv's shims: they stand for versions that are installed but not switched on, and then lead nowhere.
without_shims() {
    tr ':' '\n' <<<"$PATH" | grep -v '/shims$' | paste -sd ':'
}

main "$@"
