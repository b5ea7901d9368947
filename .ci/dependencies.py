#!/usr/bin/env python3
"""How many crates each feature set of the facade brings along, and with `--build` what a first build of it takes (CPU
seconds of all its processes, and seconds by the clock), beside clients of other
services in the same run. Each is the only dependency of an empty crate in a directory of its own."""

import os
import pathlib
import resource
import shutil
import subprocess
import sys
import tempfile
import time

ROOT = pathlib.Path(__file__).resolve().parent.parent
OURS = ROOT / "crates/client"
SETS = {
    "session-export, no features": f'session-export = {{ path = "{OURS}", default-features = false }}',
    "session-export (reqwest)": f'session-export = {{ path = "{OURS}" }}',
    "session-export, hyper": f'session-export = {{ path = "{OURS}", default-features = false, features = ["hyper"] }}',
    "session-export, reqwest and rows": f'session-export = {{ path = "{OURS}", features = ["rows"] }}',
    "session-export, all features":
        f'session-export = {{ path = "{OURS}", features = ["blocking", "hyper", "parquet", "regions-file", "rows"] }}',
    "aws-sdk-s3": 'aws-sdk-s3 = "1"',
    "azure_identity": 'azure_identity = "1"',
    "octocrab": 'octocrab = "0"',
}


def measure(directory, dependency, build):
    (directory / "src").mkdir(parents=True)
    (directory / "src/lib.rs").write_text("")
    (directory / "Cargo.toml").write_text(
        '[package]\nname = "measured"\nversion = "0.0.0"\nedition = "2021"\n\n[workspace]\n\n[dependencies]\n' + dependency + "\n")
    environment = {**os.environ, "CARGO_TARGET_DIR": str(directory / "target"), "CARGO_INCREMENTAL": "0"}

    def cargo(*arguments):
        return subprocess.run(["cargo", *arguments], cwd=directory, env=environment, check=True, capture_output=True, text=True).stdout

    # Our lock file holds what our tests ran with; others are resolved to what is newest.
    if str(OURS) in dependency:
        shutil.copy(ROOT / "Cargo.lock", directory / "Cargo.lock")
    tree = cargo("tree", "--edges", "normal", "--prefix", "none")
    crates = {" ".join(line.split()[:2]) for line in tree.splitlines() if line.strip()}
    version = next(line.split()[1] for line in tree.splitlines() if line.startswith(dependency.split(" ")[0] + " "))
    # Itself does not count.
    count = len(crates) - 1
    cost = None
    if build:
        cargo("fetch", "--locked")
        began, cpu = time.monotonic(), cpu_of_children()
        cargo("build", "--locked", "--offline")
        cost = cpu_of_children() - cpu, time.monotonic() - began
    shutil.rmtree(directory / "target", ignore_errors=True)
    return version, count, cost


def cpu_of_children():
    usage = resource.getrusage(resource.RUSAGE_CHILDREN)
    return usage.ru_utime + usage.ru_stime


def main():
    if any(argument != "--build" for argument in sys.argv[1:]):
        sys.exit("usage: .ci/dependencies.py [--build]")
    build = "--build" in sys.argv[1:]
    print("| what | version | crates | first build, CPU s | by the clock, s |\n|---|---|---:|---:|---:|")
    with tempfile.TemporaryDirectory() as directory:
        for number, (name, dependency) in enumerate(SETS.items()):
            version, count, cost = measure(pathlib.Path(directory) / str(number), dependency, build)
            cpu, seconds = ("", "") if cost is None else (f"{part:.0f}" for part in cost)
            print(f"| {name} | {version} | {count} | {cpu} | {seconds} |", flush=True)


main()
