#!/usr/bin/env python3
"""Writes the program's bill of materials to target/session-export.cdx.json (CycloneDX 1.5), and compares its components with what
`cargo tree` says goes into the program: one that the bill leaves out fails. cargo-cyclonedx also lists what the features of our tests
switch on, because `cargo metadata` does; that is taken out."""

import json
import pathlib
import subprocess
import sys

ROOT = pathlib.Path(__file__).resolve().parent.parent
WRITTEN = ROOT / "crates/cli/session-export.cdx.json"
KEPT = ROOT / "target/session-export.cdx.json"


def run(*arguments):
    return subprocess.run(arguments, cwd=ROOT, check=True, capture_output=True, text=True).stdout


def name(component):
    return f"{component['name']} v{component['version']}"


def main():
    host = next(line.split()[1] for line in run("rustc", "-vV").splitlines() if line.startswith("host:"))
    try:
        run("cargo", "cyclonedx", "--quiet", "--manifest-path", "crates/cli/Cargo.toml", "--format", "json", "--spec-version", "1.5",
            "--target", host, "--override-filename", "session-export.cdx", "--no-build-deps")
        bill = json.loads(WRITTEN.read_text())
    finally:
        # One is written beside every manifest of the workspace.
        for stray in ROOT.glob("**/session-export.cdx.json"):
            if stray != KEPT and "target" not in stray.relative_to(ROOT).parts:
                stray.unlink()
    if (bill.get("bomFormat"), bill.get("specVersion")) != ("CycloneDX", "1.5"):
        sys.exit(f"sbom: {bill.get('bomFormat')} {bill.get('specVersion')} was written, not CycloneDX 1.5")
    tree = run("cargo", "tree", "--package", "session-export-cli", "--edges", "normal", "--prefix", "none", "--target", host)
    built = {" ".join(line.split()[:2]) for line in tree.splitlines() if line.strip()}
    taken_out = {component["bom-ref"] for component in bill["components"] if name(component) not in built}
    bill["components"] = [component for component in bill["components"] if component["bom-ref"] not in taken_out]
    bill["dependencies"] = [
        {**edges, "dependsOn": [ref for ref in edges.get("dependsOn", []) if ref not in taken_out]}
        for edges in bill["dependencies"] if edges["ref"] not in taken_out
    ]
    listed = {name(component) for component in [*bill["components"], bill["metadata"]["component"]]}
    if listed != built:
        sys.exit(f"sbom: not in the bill: {', '.join(sorted(built - listed))}")
    without = [component["name"] for component in bill["components"] if not component.get("licenses")]
    if without:
        sys.exit(f"sbom: no licence is named for {', '.join(without)}")
    KEPT.parent.mkdir(exist_ok=True)
    KEPT.write_text(json.dumps(bill, indent=2) + "\n")
    print(f"{KEPT.relative_to(ROOT)}: {len(listed)} components, as many as `cargo tree` has, each with its licence; "
          f"{len(taken_out)} of tests taken out")


main()
