#!/usr/bin/env bash
# Copyright (c) 2026 the hwcloud.workspace contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Builds the collection as it would be released from the checkout as it is now, and touches nothing of the checkout: in a copy, where
# the changelog is released first if galaxy.yml names a version that it does not hold yet.
# Usage: tests/release/build.sh BIN FOLDER
#   BIN     where ansible-galaxy and antsibull-changelog are
#   FOLDER  gets the artifact, as the only one, and the copy under tree/
set -euo pipefail

cd "$(dirname "$0")/../.."

main() {
    local bin=$PWD/${1:?"usage: tests/release/build.sh BIN FOLDER"} folder=$PWD/${2:?"no FOLDER given"}
    local tree=$folder/tree/ansible_collections/hwcloud/workspace version
    rm -f "$folder"/*.tar.gz
    tests/tools/copy-tree.sh "$tree"
    version=$(sed -n 's/^version: //p' galaxy.yml)
    # Else antsibull-changelog asks the repository around the copy for its files, and that one ignores them all.
    git init --quiet "$tree"
    cd "$tree"
    export PATH="$bin:$PATH" ANSIBLE_COLLECTIONS_PATH="$folder/tree"
    if ! grep -q "^  $version:" changelogs/changelog.yaml; then
        antsibull-changelog release --version "$version"
    fi
    ansible-galaxy collection build --output-path "$folder" | sed "s#$OLDPWD/##"
}

main "$@"
