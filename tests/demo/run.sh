#!/usr/bin/env bash
# Copyright (c) 2026 the hwcloud.workspace contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Shows a rollout on the simulator: three pools, 120 desktops, one new image. Needs what `make venv` sets up, nothing else.
set -euo pipefail
cd "$(dirname "$0")/../.."

FACTOR=60 # simulated seconds in a real one
POOL=finance-win10
OTHER_POOL=callcenter-win10
IMAGE=3f1c7a52-6b1e-4d0a-9a55-1c0e26111001 # win10-2026-11 of tests/simulator/estates/demo.yml

export PATH="$PWD/.build/venv/bin:$PATH"
export PYTHONPATH="$PWD/tests/simulator"
work=$(mktemp -d)
simulator=""
clean_up() {
  [ -z "$simulator" ] || kill "$simulator" 2>/dev/null || true
  [ -z "$simulator" ] || wait "$simulator" 2>/dev/null || true
  rm -rf "$work"
}
trap clean_up EXIT

if [ -t 1 ]; then bold=$(printf '\033[1m') cyan=$(printf '\033[36m') off=$(printf '\033[0m'); else bold="" cyan="" off=""; fi
say() { printf '\n%s━━ %s%s\n' "$bold" "$1" "$off"; shift; [ $# -eq 0 ] || printf '   %s\n' "$@"; }
run() {
  printf '\n%s$ %s%s\n' "$cyan" "$*" "$off"
  "$@"
}

: >"$work/log"
python -m workspace_simulator --port 0 --estate tests/simulator/estates/demo.yml --factor "$FACTOR" >"$work/log" 2>&1 &
simulator=$!
for _ in $(seq 150); do
  url=$(sed -n 's/^workspace_simulator listening on //p' "$work/log")
  [ -z "$url" ] || break
  kill -0 "$simulator" 2>/dev/null || { cat "$work/log"; exit 1; }
  sleep 0.2
done
[ -n "$url" ] || { echo "The simulator was not ready in 30 seconds."; exit 1; }

# All that a user sets for the real service is credentials and region. The endpoints lead to the simulator, and the factor makes
# the collection's waits as short as the simulated time is.
export HUAWEICLOUD_SDK_AK=EXAMPLEAK HUAWEICLOUD_SDK_SK=EXAMPLESK HW_REGION_NAME=eu-west-101
export HW_WORKSPACE_ENDPOINT="$url" HW_IAM_ENDPOINT="$url" HW_METADATA_ENDPOINT=off HW_WORKSPACE_TIME_FACTOR="$FACTOR"
export no_proxy=127.0.0.1 NO_PROXY=127.0.0.1
export ANSIBLE_LOCALHOST_WARNING=false ANSIBLE_INVENTORY_UNPARSED_WARNING=false ANSIBLE_DEPRECATION_WARNINGS=false
export ANSIBLE_CALLBACK_RESULT_FORMAT=yaml ANSIBLE_RETRY_FILES_ENABLED=false
: >"$work/ansible.cfg"
export ANSIBLE_COLLECTIONS_PATH="$PWD/.build/collections"
export ANSIBLE_CONFIG="$work/ansible.cfg" ANSIBLE_HOME="$work/ansible"
[ ! -t 1 ] || export ANSIBLE_FORCE_COLOR=true

say "Three desktop pools, 120 desktops, some of them in use" \
  "A simulator of the Workspace service runs on this machine; its time runs $FACTOR times faster."
run ansible-playbook hwcloud.workspace.audit_pools

say "Roll the new image out to $POOL" \
  "Users get five minutes' notice, the pool goes into maintenance mode, 40 desktops are recomposed and verified."
run ansible-playbook hwcloud.workspace.rollout_image -e pool="$POOL" -e image_id="$IMAGE" -e pool_recompose_grace_minutes=5

say "Run it again" "Every desktop has the image, so nothing is sent: changed=0."
run ansible-playbook hwcloud.workspace.rollout_image -e pool="$POOL" -e image_id="$IMAGE"

say "What would the image do to $OTHER_POOL?" "Check mode sends nothing that changes anything, and shows the difference."
run ansible-playbook hwcloud.workspace.rollout_image -e pool="$OTHER_POOL" -e image_id="$IMAGE" --check --diff

say "And now" "$POOL is on the new image and out of maintenance mode; $OTHER_POOL is as it was."
run ansible-playbook hwcloud.workspace.audit_pools
