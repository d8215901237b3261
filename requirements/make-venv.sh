#!/usr/bin/env bash
# Copyright (c) 2026 the hwcloud.workspace contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Makes a virtual environment from requirement files, or leaves it alone if nothing that it was made from has changed.
# Usage: make-venv.sh FOLDER PYTHON REQUIREMENTS...
# What it was made from (the interpreter and the files' content) is kept in FOLDER/.made-from, written last, so that a run
# which was interrupted starts over. A folder that was moved is made anew too: its scripts hold the old path.
set -euo pipefail

main() {
    local folder=${1:?"usage: make-venv.sh FOLDER PYTHON REQUIREMENTS..."} python=${2:?"no Python given"}
    shift 2
    local made_from options=() file
    made_from=$(describe "$folder" "$python" "$@")
    if [ -f "$folder/.made-from" ] && [ "$(cat "$folder/.made-from")" = "$made_from" ]; then
        return 0
    fi
    for file in "$@"; do
        options+=(--requirement "$file")
    done
    echo "Setting up $folder with $("$python" --version): $*"
    rm -rf "$folder"
    mkdir -p "$(dirname "$folder")"
    "$python" -m venv "$folder"
    "$folder/bin/python" -m pip install --quiet --quiet --disable-pip-version-check "${options[@]}"
    printf '%s\n' "$made_from" >"$folder/.made-from"
}

describe() {
    local folder=$1 python=$2
    shift 2
    echo "$PWD/$folder"
    "$python" -c 'import sys; print(sys.executable, sys.version)'
    cat "$@" | cksum
}

main "$@"
