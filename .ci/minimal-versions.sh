#!/usr/bin/env bash
# Checks that the libraries and the program compile with the lowest versions of their direct dependencies that the manifests allow.
# In a copy, because Cargo.lock says otherwise.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
copy=$(mktemp -d)
trap 'rm -rf "$copy"' EXIT
git ls-files -z | xargs -0 cp --parents --no-dereference --target-directory "$copy"
target="$PWD/target/minimal-versions"
cd "$copy"
rm Cargo.lock
# Choosing them is unstable, and only that: what is compiled then, is compiled as always.
RUSTC_BOOTSTRAP=1 cargo -Z direct-minimal-versions generate-lockfile --quiet
# The private crates may want more than users get.
CARGO_TARGET_DIR=$target CARGO_INCREMENTAL=0 cargo check --quiet --workspace --all-features --exclude session-export-benches \
    --exclude 'session-export-example-*' --exclude session-export-fuzz-properties --exclude xtask
echo "the lowest versions compile"
