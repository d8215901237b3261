#!/usr/bin/env bash
# Copyright (c) 2026 the hwcloud.workspace contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Runs all tests of ansible-test sanity with the ansible-core of one virtual environment.
# Usage: tests/sanity/run.sh VENV [OPTION OR FILE OF ansible-test sanity]...
# ansible-test wants a real folder .../ansible_collections/hwcloud/workspace, so it gets a copy of what git would commit.
# It tries the code with every Python that it supports and finds under the name python3.N on PATH.
set -euo pipefail

cd "$(dirname "$0")/../.."

main() {
    local venv=${1:?"usage: tests/sanity/run.sh VENV [OPTION]..."}
    shift
    venv=$PWD/$venv
    local copy=$venv-tree/ansible_collections/hwcloud/workspace
    "$venv/bin/ansible" --version | sed -n 1p
    copy_tree "$copy"
    cd "$copy"
    PATH=$venv/bin:$(pythons):$(without_shims) "$venv/bin/ansible-test" sanity --color no --requirements "$@"
}

copy_tree() {
    rm -rf "$1"
    mkdir -p "$1"
    files | tar --create --null --files-from=- | tar --extract --directory="$1"
    # Else ansible-test asks the repository around the copy for its files, and that one ignores them all.
    git init --quiet "$1"
}

files() {
    local file
    git ls-files -z --cached --others --exclude-standard | while IFS= read -r -d '' file; do
        if [ -e "$file" ] || [ -L "$file" ]; then
            printf '%s\0' "$file"
        fi
    done
}

# The folders of the Pythons that are there, so that each is found by its name.
pythons() {
    local version python folders=""
    for version in 3.10 3.11 3.12 3.13; do
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
