#!/usr/bin/env bash
# Copyright (c) 2026 the hwcloud.workspace contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Copies the checkout as git would commit it now, new files included and ignored ones left out, to a folder of its own.
# Usage: tests/tools/copy-tree.sh FOLDER
set -euo pipefail

cd "$(dirname "$0")/../.."

main() {
    local folder=${1:?"usage: tests/tools/copy-tree.sh FOLDER"}
    rm -rf "$folder"
    mkdir -p "$folder"
    files | tar --create --null --files-from=- | tar --extract --directory="$folder"
}

# Without those that are deleted and not committed yet.
files() {
    local file
    git ls-files -z --cached --others --exclude-standard | while IFS= read -r -d '' file; do
        if [ -e "$file" ] || [ -L "$file" ]; then
            printf '%s\0' "$file"
        fi
    done
}

main "$@"
