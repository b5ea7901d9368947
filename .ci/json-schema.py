"""Checks real documents of the program against docs/json-schema with the `jsonschema` of PyPI.

The Rust tests do so with a small validator of their own that knows only the words which the schemas use; this one knows all of
2020-12, and that the schemas are schemas.
"""

import argparse
import json
import os
import pathlib
import subprocess
import tempfile

from jsonschema import Draft202012Validator

ROOT = pathlib.Path(__file__).resolve().parent.parent
SCHEMAS = {path.stem: json.loads(path.read_text()) for path in (ROOT / "docs/json-schema").glob("*.json")}


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--program", default=str(ROOT / "target/debug/session-export"))
    program = str(pathlib.Path(parser.parse_args().program).resolve())
    for name, schema in SCHEMAS.items():
        Draft202012Validator.check_schema(schema)
        assert schema["$id"] == f"session-export/{name}/v1", name

    environment = {"PATH": os.environ["PATH"], "HOME": "/nonexistent", "SESSION_EXPORT_METADATA_ENDPOINT": "off"}
    emulator = subprocess.Popen(
        [program, "emulator", "--json", "--export-delay-ms", "50", "--sessions", "200"],
        stdout=subprocess.PIPE, env=environment, text=True,
    )
    seen = set()
    try:
        line = json.loads(emulator.stdout.readline())
        check(line, seen)
        environment |= {
            "HW_USER_NAME": line["user_name"], "HW_USER_PASSWORD": line["password"],
            "HW_DOMAIN_NAME": line["domain_name"], "HW_PROJECT_ID": line["project_id"],
        }
        where = ["--endpoint", line["endpoint"], "--export-endpoint", line["export_endpoint"],
                 "--iam-endpoint", line["iam_endpoint"]]
        with tempfile.TemporaryDirectory() as place:
            def run(*args, connected=True, code=0):
                command = [program, *args, "--json", *(where if connected else [])]
                done = subprocess.run(command, capture_output=True, text=True, env=environment, cwd=place, timeout=120)
                assert done.returncode == code, (command, done.returncode, done.stderr)
                document = json.loads(done.stdout)
                check(document, seen)
                return document

            task = run("submit", "--last", "7d")["task_id"]
            run("wait", task)
            run("download", task, "-o", "a.xlsx")
            run("download", task, "-o", "a.xlsx", code=2)
            run("tasks")
            run("delete", task)
            run("wait", task, code=6)
            run("export", "--last", "7d", "--journal", "j", "-o", "b.xlsx")
            run("resume", "j")
            run("sessions", "--last", "7d")
            run("sessions", "--state", "actve", code=2)
            run("token")
            run("token", "--check")
            run("token", "--explain")
            run("emulator", "--choices", connected=False)
            run("man", "man1", connected=False)
            run("convert", "b.xlsx", "b.csv", connected=False)
            run("summary", "b.csv", connected=False)
            run("summary", "--last", "7d", "--html", "report.html")
            run("doctor")
            run("doctor", "--endpoint", "http://127.0.0.1:1", "--export-endpoint", "http://127.0.0.1:1",
                "--iam-endpoint", "http://127.0.0.1:1", connected=False, code=5)
            environment["XDG_CONFIG_HOME"] = place
            run("config", "path", connected=False)
            run("config", "init", connected=False)
            run("config", "init", connected=False, code=2)
            run("config", "show", "--explain")
            run("tasks", "--no-such-flag", code=2)
    finally:
        emulator.terminate()
        emulator.wait(30)
    missing = SCHEMAS.keys() - seen
    assert not missing, f"no document of {missing}"
    print(f"{len(SCHEMAS)} schemas, each with documents that it accepts")


def check(document, seen):
    name = document["schema"].split("/")[1]
    Draft202012Validator(SCHEMAS[name], format_checker=Draft202012Validator.FORMAT_CHECKER).validate(document)
    seen.add(name)


main()
