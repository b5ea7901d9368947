#!/usr/bin/env bash
# Mutation tests of what .cargo/mutants.toml names: crate by crate, each with its own tests only. Fails on a survivor.
# Usage: .ci/mutants.sh [OPTION…]     (cargo-mutants' own: `-f FILE` for one file)
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
cargo mutants --version >/dev/null 2>&1 || cargo install --quiet --locked cargo-mutants@27.1.0
export CARGO_INCREMENTAL=0

run() {
    local package=$1
    shift
    local code=0
    cargo mutants --package "$package" --jobs 1 --no-shuffle --output "target/mutants/$package" "$@" || code=$?
    # 2: some survived, 3: some never ended. Anything else and the next crate would tell nothing new.
    case $code in 0) ;; 2 | 3) failed=1 ;; *) exit "$code" ;; esac
}

failed=0
options=("$@")
run session-export-model "${options[@]}" -- --lib
run session-export-auth "${options[@]}" -- --lib --test cache --test cache_model --test signer
run session-export "${options[@]}" -- --lib --test retry
exit "$failed"
