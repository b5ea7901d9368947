# Every step of CI is a recipe here; `just` lists them, `just ci` runs what `.ci/run` runs.

set shell := ["bash", "-euo", "pipefail", "-c"]

export RUSTDOCFLAGS := "-D warnings"

_list:
    @just --list --unsorted

# The README's second command.
test:
    cargo test --workspace

# Every end-to-end test once more, over the other transport.
test-hyper:
    SESSION_EXPORT_TEST_TRANSPORT=hyper cargo test --workspace $(basename --suffix=.rs --multiple crates/{client,cli}/tests/*.rs | sed 's/^/--test /')

# The report cards of both transports and of the example.
report-cards:
    cargo test -p session-export-transport-reqwest -p session-export-transport-hyper -p session-export-example-transport-ureq --test conformance

# Formatting.
fmt:
    cargo fmt --all -- --check

# Lints of everything, and of the facade without its features.
clippy:
    cargo clippy --workspace --all-targets --all-features -- -D warnings
    cargo clippy -p session-export --no-default-features --lib -- -D warnings

# API documentation without a warning.
doc:
    cargo doc --workspace --all-features --no-deps

# Who may depend on whom, and how many crates come along.
walls:
    cargo run --quiet -p xtask -- walls

# What the documents say of crates, features and decisions is what the code says.
documents:
    cargo run --quiet -p xtask -- documents

# The public items are those of docs/public-api, each asynchronous one says what cancelling does, and no signature of the neutral
# crates names a type of another library. After a change that is meant: `cargo run -p xtask -- public-api --write`.
public-api:
    cargo run --quiet -p xtask -- public-api

# Licences, bans and sources of all dependencies.
deny:
    cargo deny --all-features check --hide-inclusion-graph bans licenses sources

# Spelling.
typos:
    typos

# The README says what is true: its two commands are the ones that CI runs.
readme:
    grep -qF 'cargo run --release -- export --emulator --last 7d -o sessions.xlsx' README.md
    grep -qF 'cargo test --workspace' README.md

# The README's first command, and a spreadsheet library of another make that reads its file.
interop:
    python3 .ci/interop.py

# The official Python SDK, unchanged, against the emulator. Installs it if it is not there.
official-sdk:
    test -x target/official-sdk/bin/python || { python3 -m venv target/official-sdk && target/official-sdk/bin/pip install --quiet --disable-pip-version-check huaweicloudsdkworkspaceapp==3.1.219 huaweicloudsdkworkspace==3.1.219 openpyxl==3.1.5; }
    target/official-sdk/bin/python .ci/official-sdk.py

# The emulator's whole surface against docs/openapi.yaml, by schemathesis. Installs it if it is not there.
openapi:
    test -x target/schemathesis/bin/schemathesis || { python3 -m venv target/schemathesis && target/schemathesis/bin/pip install --quiet --disable-pip-version-check schemathesis==4.32.5 openapi-spec-validator==0.9.0 PyYAML==6.0.4; }
    target/schemathesis/bin/python .ci/schemathesis.py

# A million sessions: ready when, exported how fast, in how much memory, and whether others keep being answered.
emulator-million:
    cargo build --quiet --release -p session-export-emulator --example emulator
    python3 .ci/emulator-million.py 1000000 target/release/examples/emulator

# Both transports through nginx, squid, tinyproxy and haproxy. Needs: apt-get install nginx-light squid tinyproxy haproxy openssl
real-servers:
    .ci/real-servers.sh

# An IAM of another make: OpenStack Keystone from PyPI issues tokens, finds the project, revokes. Installs it if it is not there.
keystone:
    test -x target/keystone/bin/keystone-manage || { python3 -m venv target/keystone && target/keystone/bin/pip install --quiet --disable-pip-version-check keystone==30.0.0 waitress==3.0.2; }
    target/keystone/bin/python .ci/keystone.py

rows_python := "target/rows/bin/python"

_rows-tools:
    test -x {{rows_python}} || { python3 -m venv target/rows && target/rows/bin/pip install --quiet --disable-pip-version-check openpyxl==3.1.5 pandas==3.1.1 pyarrow==26.0.1 duckdb==2.0.1; }
    cargo build --quiet --release -p session-export-cli

# Exports converted to csv, JSON Lines and Parquet, read back by openpyxl, pandas and DuckDB; 1.1 million rows at the end. Installs them if they are not there.
rows: _rows-tools
    {{rows_python}} .ci/rows.py "${CARGO_TARGET_DIR:-target}/release/session-export"

# The figures of `summary` over 100 and a million sessions, equal to DuckDB's. Installs it if it is not there.
report: _rows-tools
    cargo build --quiet --release -p session-export-cli
    {{rows_python}} .ci/report.py "${CARGO_TARGET_DIR:-target}/release/session-export"

# A million rows converted: CPU, time and memory beside DuckDB and pandas. Ten minutes, nearly all of them pandas'.
rows-speed: _rows-tools
    {{rows_python}} .ci/rows.py "${CARGO_TARGET_DIR:-target}/release/session-export" --speed
# Real documents of the program against docs/json-schema, by the jsonschema of PyPI. Installs it if it is not there.
json-schema:
    test -x target/json-schema/bin/python || { python3 -m venv target/json-schema && target/json-schema/bin/pip install --quiet --disable-pip-version-check jsonschema==4.26.0; }
    cargo build --quiet -p session-export-cli
    target/json-schema/bin/python .ci/json-schema.py --program "${CARGO_TARGET_DIR:-target}/debug/session-export"

# What a terminal sees while a command runs, and what of it stays, in a pseudo terminal.
terminal:
    cargo build --quiet -p session-export-cli
    python3 .ci/terminal.py --program "${CARGO_TARGET_DIR:-target}/debug/session-export"

# Peak memory of a 4 GiB download through both transports.
large-download:
    python3 .ci/large-download.py

# Kills an export with a journal at 200 random moments and resumes it: nothing is lost or doubled. Two minutes.
kill:
    cargo build --quiet -p session-export-cli
    python3 .ci/kill.py --program "${CARGO_TARGET_DIR:-target}/debug/session-export"

# 1,000 exports in bad weather, over each transport, in projects of their own and in one project: the numbers. Some minutes.
chaos seed="6" exports="1000":
    SESSION_EXPORT_CHAOS_SEED={{seed}} SESSION_EXPORT_CHAOS_EXPORTS={{exports}} cargo test --quiet -p session-export --test chaos -- --nocapture every_export

# Full and read-only disks, links, devices, hostile names: what becomes of the file. Needs root or user namespaces.
disk:
    .ci/disk.sh

# Instructions and allocations of every call against benches/budgets.toml; the first thing to run after a change to a hot path.
budgets: _valgrind
    cargo build --quiet --release -p session-export-benches --bins
    "${CARGO_TARGET_DIR:-target}/release/perf" budgets

# The whole table of docs/performance.md: ours, the HTTP stacks alone, curl, the official Python SDK. Minutes.
perf: _valgrind
    cargo build --quiet --release -p session-export-cli
    cargo build --quiet --release -p session-export-benches --bins
    test -x target/official-sdk/bin/python || { python3 -m venv target/official-sdk && target/official-sdk/bin/pip install --quiet --disable-pip-version-check huaweicloudsdkworkspaceapp==3.1.219 huaweicloudsdkworkspace==3.1.219 openpyxl==3.1.5; }
    "${CARGO_TARGET_DIR:-target}/release/perf"

# valgrind counts the instructions. Debian: as root it is installed, otherwise this says what to do.
_valgrind:
    command -v valgrind >/dev/null || { [ "$(id -u)" = 0 ] || { echo "valgrind is missing, which counts the instructions; as root: apt-get install valgrind" >&2; exit 1; }; apt-get -qq update && apt-get -qq install --yes --no-install-recommends valgrind libc6-dbg >/dev/null; }

# Fuzzes every target for so many seconds, in turn, and fails on a finding. Installs cargo-fuzz if it is not there.
fuzz seconds *targets:
    .ci/fuzz.sh {{seconds}} {{targets}}

# The fuzz targets' inputs that are checked in, without a fuzzer; part of `just test` too.
fuzz-corpus:
    cargo test -p session-export-fuzz-properties

# Writes what tests print into the pages of docs/: clauses, credentials, retries, settings, the emulator's choices and faults,
# the fault matrix, what is told to `tracing`, one export on the wire.
guide:
    SESSION_EXPORT_WRITE_GUIDE=1 cargo test --quiet -p session-export-testkit --test guide
    SESSION_EXPORT_WRITE_GUIDE=1 cargo test --quiet -p session-export-auth --test chain
    SESSION_EXPORT_WRITE_GUIDE=1 cargo test --quiet -p session-export-emulator --test guide --test faults
    SESSION_EXPORT_WRITE_GUIDE=1 cargo test --quiet -p session-export --lib retry::
    SESSION_EXPORT_WRITE_GUIDE=1 cargo test --quiet -p session-export --test fault_matrix --test observability --test follow_one_request
    SESSION_EXPORT_WRITE_GUIDE=1 cargo test --quiet -p session-export-cli --bin session-export settings::

# All combinations of the features of the crates that have some compile. Installs cargo-hack if it is not there. Some minutes.
features:
    cargo hack --version >/dev/null 2>&1 || cargo install --quiet --locked cargo-hack@0.6.46
    cargo hack check --quiet --feature-powerset --exclude-features default -p session-export-transport -p session-export-auth -p session-export-rows -p session-export

# The lowest versions that the manifests allow compile, all features on. Ten minutes, from nothing.
minimal-versions:
    .ci/minimal-versions.sh

# A bill of materials of the program (CycloneDX), compared with what cargo says it is made of. Installs cargo-cyclonedx if it is not there.
sbom:
    cargo cyclonedx --version >/dev/null 2>&1 || cargo install --quiet --locked cargo-cyclonedx@0.5.9
    python3 .ci/sbom.py

# Every crate that is published, packaged in the order of docs/releasing.md and built from its package alone. Ten minutes.
package *options:
    python3 .ci/package.py {{options}}

# Changes the code that .ci/mutants.sh names a little, many hundred times, and fails if the tests do not notice. Installs cargo-mutants if
# it is not there. Hours; `just mutants -f crates/model/src/retry_hint.rs` is some minutes.
mutants *options:
    .ci/mutants.sh {{options}}

# Lines that the tests of four libraries reach. Installs cargo-llvm-cov if it is not there; needs: apt-get install llvm-19. Ten minutes.
coverage:
    .ci/coverage.sh

# How many crates come along and how long a first build takes, for each feature set, beside other clients. Builds with `--build`.
dependencies *options:
    python3 .ci/dependencies.py {{options}}

# What takes too long for every change, from the cheapest to the dearest; the first failure ends it. Three hours on two cores. Those that
# need programs of Debian say which, and fail without them: the notes at each recipe.
deep: features minimal-versions package sbom rows report json-schema terminal keystone openapi kill disk chaos real-servers large-download emulator-million coverage perf mutants dependencies
    just fuzz 30

# Everything, in CI's order; the first failure ends it.
ci: test test-hyper fmt clippy doc public-api walls documents deny typos readme interop official-sdk budgets
