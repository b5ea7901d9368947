#!/usr/bin/env bash
# Where a file cannot be kept: a full disk, a read-only one, a directory of somebody else, links, devices, hostile names.
# Runs the program against the emulator's stand-in below and prints the outcome of each as a table. Needs root for the two
# mounts, or user namespaces (`unshare -Urm` is tried).
set -euo pipefail
cd "$(dirname "$0")/.."
if [[ "$(id -u)" != 0 ]]; then
    exec unshare -Urm "$0" "$@"
fi
program=${1:-}
if [[ -z "$program" ]]; then
    cargo build --quiet -p session-export-cli
    program="${CARGO_TARGET_DIR:-target}/debug/session-export"
fi
exec python3 .ci/disk.py "$program"
