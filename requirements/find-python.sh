#!/usr/bin/env bash
# Copyright (c) 2026 the hwcloud.workspace contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Prints the path of a Python that can make virtual environments, or fails without a word.
# Usage: find-python.sh any     the first one that is 3.10 or newer
#        find-python.sh 3.11    that minor version
# Looks on PATH first, then among the versions that pyenv holds (its shims on PATH may lead nowhere).
set -euo pipefail

readonly OLDEST="3.10"
readonly KNOWN=(3.13 3.12 3.11 3.10)

main() {
    local wanted=${1:?"usage: find-python.sh any|3.N"} candidate path
    while read -r candidate; do
        if path=$(usable "$candidate" "$wanted"); then
            printf '%s\n' "$path"
            return 0
        fi
    done < <(candidates "$wanted")
    return 1
}

candidates() {
    local wanted=$1 version root
    local versions=("${KNOWN[@]}")
    if [ "$wanted" != any ]; then
        versions=("$wanted")
    fi
    echo python3
    printf 'python%s\n' "${versions[@]}"
    root=${PYENV_ROOT:-$HOME/.pyenv}
    for version in "${versions[@]}"; do
        compgen -G "$root/versions/$version.*/bin/python" || true
    done
}

# Prints the real path of the interpreter if it runs, has the version wanted and brings venv and ensurepip.
usable() {
    "$1" - "$2" "$OLDEST" 2>/dev/null <<'PYTHON'
import sys

def pair(text):
    return tuple(int(part) for part in text.split("."))

if sys.version_info[:2] < pair(sys.argv[2]):
    sys.exit(1)
if sys.argv[1] != "any" and sys.version_info[:2] != pair(sys.argv[1]):
    sys.exit(1)
import ensurepip
import venv
print(sys.executable)
PYTHON
}

main "$@"
