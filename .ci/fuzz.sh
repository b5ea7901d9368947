#!/usr/bin/env bash
# Runs fuzz targets with libFuzzer and AddressSanitizer, each for so many seconds, and fails on a finding.
# Usage: .ci/fuzz.sh SECONDS [TARGET…]     (all targets by default; JOBS at once, one by default)
#
# What a run finds on the way stays in target/fuzz-corpora, where the next run goes on; the corpora that are checked in
# are only read. An input that breaks a property is left in fuzz/artifacts.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
seconds=${1:?how many seconds for each target}
shift
targets=("$@")
if [ ${#targets[@]} -eq 0 ]; then
    for file in fuzz/fuzz_targets/*.rs; do targets+=("$(basename "$file" .rs)"); done
fi

cargo fuzz --version >/dev/null 2>&1 || cargo install --quiet --locked cargo-fuzz@0.13.2
# The sanitizer's flag needs a nightly compiler, or a stable one that is told to be one.
export RUSTC_BOOTSTRAP=1 CARGO_INCREMENTAL=0
cargo fuzz build --fuzz-dir fuzz

logs=target/fuzz-logs
mkdir -p "$logs"
# Files are written and synced many times a second: in memory, where there is such a place.
if [ -w /dev/shm ]; then
    TMPDIR=$(mktemp -d /dev/shm/fuzz.XXXXXX)
    trap 'rm -rf "$TMPDIR"' EXIT
    export TMPDIR
fi

run() {
    local target=$1 corpus=target/fuzz-corpora/$1 log=$logs/$1.log options=()
    mkdir -p "$corpus"
    [ ! -f "fuzz/dictionaries/$target.dict" ] || options+=("-dict=fuzz/dictionaries/$target.dict")
    if ! cargo fuzz run --fuzz-dir fuzz "$target" "$corpus" "fuzz/corpus/$target" -- \
        -max_total_time="$seconds" -max_len=4096 -timeout=10 -rss_limit_mb=1024 -malloc_limit_mb=512 \
        -print_final_stats=1 "${options[@]}" >"$log" 2>&1; then
        echo "$target: a finding, see $log"
        grep -E 'panicked at|ERROR|SUMMARY|Test unit written' "$log" | head -5 || true
        return 1
    fi
    local executed covered
    executed=$(grep -o 'number_of_executed_units: *[0-9]*' "$log" | grep -o '[0-9]*$')
    covered=$(grep -oE 'cov: [0-9]+ ft: [0-9]+ corp: [0-9]+' "$log" | tail -1)
    echo "$target: $executed executions, $covered"
}
export -f run
export seconds logs

failed=0
printf '%s\n' "${targets[@]}" | xargs -P "${JOBS:-1}" -I '{}' bash -c 'run {}' || failed=1
exit "$failed"
