#!/usr/bin/env bash
# Copyright (c) 2026 the hwcloud.workspace contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Prepares a release in the checkout: the version in galaxy.yml, the changelog from its fragments. Commits nothing.
# Usage: tests/release/prepare.sh BIN VERSION
set -euo pipefail

cd "$(dirname "$0")/../.."

main() {
    local bin=$PWD/${1:?"usage: tests/release/prepare.sh BIN VERSION"} version=${2:-}
    if ! [[ $version =~ ^[0-9]+\.[0-9]+\.[0-9]+(-[0-9A-Za-z.-]+)?$ ]]; then
        fail "name the version, as in: make release VERSION=1.2.0"
    fi
    if grep -q "^  $version:" changelogs/changelog.yaml; then
        fail "$version was released already: changelogs/changelog.yaml holds it"
    fi
    if [ -n "$(git status --porcelain)" ]; then
        fail "commit or remove what git status shows first, so that a release is what is committed"
    fi
    if ! compgen -G "changelogs/fragments/*.yml" >/dev/null; then
        fail "there is nothing to release: changelogs/fragments holds no fragment"
    fi
    sed -i "s/^version: .*/version: $version/" galaxy.yml
    PATH="$bin:$PATH" antsibull-changelog release --version "$version"
    echo "Read CHANGELOG.rst, commit, and tag the commit $version. The artifact is built and tried now."
}

fail() {
    echo "make release: $1" >&2
    exit 1
}

main "$@"
