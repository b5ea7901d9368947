#!/usr/bin/env python3
"""Packages every crate that is published, and builds each from its package alone, with the others' packages in the place of the
registry. `--no-verify` leaves the builds out, `--allow-dirty` takes what is not committed; both are cargo's."""

import json
import pathlib
import subprocess
import sys
import tarfile

ROOT = pathlib.Path(__file__).resolve().parent.parent
# What a user of the registry should find in each.
FILES = ["Cargo.toml", "README.md", "LICENSE-APACHE", "LICENSE-MIT"]
FIELDS = ["description", "license", "readme", "rust_version", "keywords", "categories"]


def main():
    metadata = json.loads(subprocess.run(
        ["cargo", "metadata", "--no-deps", "--format-version", "1"], cwd=ROOT, check=True, capture_output=True, text=True).stdout)
    published = [package for package in metadata["packages"] if package["publish"] != []]
    private = [package for package in metadata["packages"] if package["publish"] == []]
    for package in published:
        missing = [field for field in FIELDS if not package.get(field)]
        if missing:
            sys.exit(f"package: {package['manifest_path']} has no {', '.join(missing)}")
    exclude = [word for package in private for word in ("--exclude", package["name"])]
    subprocess.run(["cargo", "package", "--quiet", "--locked", "--workspace", *exclude, *sys.argv[1:]], cwd=ROOT, check=True)
    for package in published:
        name = f"{package['name']}-{package['version']}"
        with tarfile.open(pathlib.Path(metadata["target_directory"]) / "package" / f"{name}.crate") as archive:
            inside = set(archive.getnames())
        missing = [file for file in FILES if f"{name}/{file}" not in inside]
        if missing:
            sys.exit(f"package: {name} has no {', '.join(missing)}")
    print(f"{len(published)} packages, each with its licences and a README")


main()
