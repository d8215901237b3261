#!/usr/bin/env bash
# Copyright (c) 2026 the hwcloud.workspace contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Shows a pool's maintenance on the simulator: 40 desktops, one new image, waves behind a canary. Needs what `make venv` sets up,
# nothing else. The report stays in .build/demo.
set -euo pipefail
cd "$(dirname "$0")/../.."

FACTOR=240 # simulated seconds in a real one
POOL=finance-win10
IMAGE=win10-2026-11 # of tests/simulator/estates/demo.yml
REPORTS="$PWD/.build/demo"

export PATH="$PWD/.build/venv/bin:$PATH"
export PYTHONPATH="$PWD/tests/simulator"
work=$(mktemp -d)
simulator=""
leaving=""
clean_up() {
  [ -z "$leaving" ] || kill "$leaving" 2>/dev/null || true
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
export ANSIBLE_NOCOLOR=true ANSIBLE_DISPLAY_SKIPPED_HOSTS=false PYTHONUNBUFFERED=1

# A desktop that fails once is tried again, and the users leave one after the other once the first waves are done.
python - "$url" "$POOL" <<'EOF'
import sys
from workspace_simulator.testing import Control

Control(sys.argv[1]).set_failures({"operation": "RebuildDesktopPool", "desktops": ["FIN-W10-011"], "times": 1})
EOF
users_leave() {
  python - "$url" "$POOL" <<'EOF'
import sys, time
from workspace_simulator.testing import Control

control = Control(sys.argv[1])
while sum(bool(desktop["effects"]["rebuilds"]) for desktop in control.pool(sys.argv[2])["desktops"]) < 20:
    time.sleep(0.5)
for desktop in control.pool(sys.argv[2])["desktops"]:
    if desktop["login_status"] in ("CONNECTED", "DISCONNECTED"):
        control.change({"desktop": desktop["computer_name"], "set": {"login_status": "REGISTERED"}})
        time.sleep(0.5)
EOF
}
# Tasks that only look or decide are left out here; all of them are in the log of a real run.
shorten() {
  awk '/^PLAY/ { task = "" }
       /^TASK/ { task = $0; next }
       /^(ok|included|skipping): [^>]*$/ || /^(ok|included|skipping): .* => \(item=/ || /^$/ { next }
       task != "" { gsub(/ \*+$/, "", task); sub(/^TASK \[(hwcloud\.workspace\.)?/, "", task); sub(/\]$/, "", task)
                                print "  · " task; task = "" }
       { print "    " $0; fflush() }'
}
run_short() {
  printf '\n%s$ %s%s\n' "$cyan" "$*" "$off"
  "$@" | shorten
}

say "Three desktop pools, 120 desktops, some of them in use" \
  "A simulator of the Workspace service runs on this machine; its time runs $FACTOR times faster."
run_short ansible-playbook hwcloud.workspace.audit_pools

maintain=(ansible-playbook hwcloud.workspace.maintain_pools -e pool="$POOL" -e image="$IMAGE" -e canary=2 -e max_unavailable=40%
  -e grace_minutes=5 -e max_failures=1 -e report_dir="$REPORTS")

rm -rf "$REPORTS"
say "Rehearse a new image on $POOL" "Check mode shows the waves and the users they would touch, and sends nothing."
run_short "${maintain[@]}" --check

say "Do it" "Preflight, five minutes' notice, maintenance mode, two canaries, waves, repair, release, report."
users_leave &
leaving=$!
run_short "${maintain[@]}"
wait "$leaving"

say "Run it again" "Every desktop has the image, so nothing is sent: changed=0."
run_short "${maintain[@]}" -e report_dir=

say "And now" "$POOL is on the new image and out of maintenance mode."
run_short ansible-playbook hwcloud.workspace.audit_pools -e pool="$POOL"

say "The report" "The page, to be opened in a browser, and the same as JSON:"
printf '   %s\n' "${REPORTS#"$PWD/"}"/*.html "${REPORTS#"$PWD/"}"/*.json
python - "$REPORTS" <<'EOF'
import json, sys
from pathlib import Path

for path in sorted(Path(sys.argv[1]).glob("*.json"), key=lambda path: path.stat().st_mtime)[-1:]:
    (pool,) = json.loads(path.read_text(encoding="utf-8"))["pools"]
    print(f"\n   {pool['pool']}: {pool['outcome']}. {pool['reason']}".rstrip())
    for wave in pool["waves"]:
        failed = f", failed: {', '.join(found['desktop_name'] for found in wave['failed'])}" if wave["failed"] else ""
        print(f"   wave {wave['wave']} ({wave['kind']}), desktops: {len(wave['desktops'])}{failed}")
EOF
