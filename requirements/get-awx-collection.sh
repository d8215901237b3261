#!/usr/bin/env bash
# Copyright (c) 2026 the hwcloud.workspace contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Puts the collection awx.awx into FOLDER/ansible_collections/awx/awx, or leaves it alone if it is there.
# Usage: get-awx-collection.sh FOLDER PYTHON
# It is taken out of the last package "ansible" that had it, since that is where pip finds it; nothing else of that is kept.
set -euo pipefail

main() {
    local folder=${1:?"usage: get-awx-collection.sh FOLDER PYTHON"} python=${2:?"no Python given"}
    local package=ansible==12.0.0
    if [ "$(cat "$folder/.made-from" 2>/dev/null)" = "$package" ]; then
        return 0
    fi
    mkdir -p "$folder"
    # Not local: the trap outlives this function.
    scratch=$(mktemp -d)
    trap 'rm -rf "$scratch"' EXIT
    "$python" -m pip download --quiet --quiet --disable-pip-version-check --no-deps --dest "$scratch" "$package"
    "$python" - "$scratch" "$folder" <<'PYTHON'
import sys, zipfile
from pathlib import Path

(wheel,) = Path(sys.argv[1]).glob("ansible-*.whl")
with zipfile.ZipFile(wheel) as archive:
    names = [name for name in archive.namelist() if name.startswith("ansible_collections/awx/awx/")]
    archive.extractall(sys.argv[2], names)
PYTHON
    printf '%s\n' "$package" >"$folder/.made-from"
}

main "$@"
