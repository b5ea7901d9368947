#!/usr/bin/env bash
# Mutation tests of the code whose mistakes cost a second export, a wrong signature or a locked key: crate by crate, each with its own
# tests only. Fails on a survivor; docs/mutation.md has the scores.
# Usage: .ci/mutants.sh [OPTION…]     (cargo-mutants' own, instead of the files below: `-f FILE`)
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
cargo mutants --version >/dev/null 2>&1 || cargo install --quiet --locked cargo-mutants@27.1.0
export CARGO_INCREMENTAL=0
options=("$@")

# run PACKAGE TESTS FILE…
run() {
    local package=$1 tests=() code=0 files=()
    # As arguments of every cargo: behind `--` they would choose what runs, and all tests would be built for each mutant.
    for test in $2; do tests+=("--cargo-arg=$test"); done
    shift 2
    if [ ${#options[@]} -gt 0 ]; then
        files=("${options[@]}")
    else
        for file in "$@"; do files+=(--file "$file"); done
    fi
    cargo mutants --package "$package" --jobs 1 --no-shuffle --output "target/mutants/$package" "${tests[@]}" "${files[@]}" || code=$?
    # 2: some survived, 3: some never ended. Anything else, and the next crate would tell nothing new.
    case $code in 0) ;; 2 | 3) failed=1 ;; *) exit "$code" ;; esac
}

mkdir -p target/mutants
failed=0
run session-export-model "--lib" 'crates/model/src/filter/*.rs' crates/model/src/limits.rs crates/model/src/retry_hint.rs \
    crates/model/src/error_body.rs
run session-export-auth "--lib --test cache --test cache_model --test signer" 'crates/auth/src/signer/*.rs' 'crates/auth/src/cache/*.rs'
run session-export "--lib --test authentication --test download_bodies --test download_resumed --test errors --test observability --test retry" 'crates/client/src/retry/*.rs'
exit "$failed"
