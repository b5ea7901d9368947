"""The README's first command, read back by a spreadsheet library of another make.

Runs `session-export export --emulator`, opens the file with openpyxl, and compares the number of rows with what
`session-export sessions --emulator` counts for the same window.
"""

import datetime
import json
import os
import pathlib
import re
import subprocess
import sys
import tempfile

import openpyxl

REPOSITORY = pathlib.Path(__file__).resolve().parent.parent
PROGRAM = ["cargo", "run", "--quiet", "--release", "--"]


def run(*arguments):
    """Runs the program in the repository and returns its two outputs."""
    # Whoever runs this may have settings of their own.
    environment = {**os.environ, "SESSION_EXPORT_CONFIG": "off"}
    done = subprocess.run(
        [*PROGRAM, *arguments], cwd=REPOSITORY, env=environment, capture_output=True, text=True, timeout=1500, check=False
    )
    if done.returncode != 0:
        sys.exit(f"{arguments}: exit {done.returncode}\n{done.stdout}{done.stderr}")
    return done.stdout, done.stderr


def compared():
    """What is wrong, or nothing; and what was read."""
    with tempfile.TemporaryDirectory() as directory:
        path = pathlib.Path(directory) / "sessions.xlsx"
        _, progress = run("export", "--emulator", "--last", "7d", "-o", str(path))
        window = re.search(r"--begin \S+ --end \S+", progress).group(0).split()
        listed, _ = run("sessions", "--emulator", "--json", *window)
        count = json.loads(listed)["count"]
        sheet = openpyxl.load_workbook(path, read_only=True).active
        rows = list(sheet.iter_rows(values_only=True))
    header, data = rows[0], rows[1:]
    ids = {row[header.index("id")] for row in data}
    expected = {item["id"] for item in json.loads(listed)["items"]}
    if not (len(data) == count == len(ids) > 0 and ids == expected):
        return f"openpyxl reads {len(data)} rows with {len(ids)} ids; the list counts {count}", ""
    return None, f"openpyxl reads {len(data)} sessions, the same that the list counts, {len(header)} columns"


def today():
    return datetime.datetime.now(datetime.timezone.utc).date()


def main():
    day = today()
    wrong, read = compared()
    # Each of the two emulators makes up the sessions before the day on which it starts.
    if wrong and today() != day:
        wrong, read = compared()
    if wrong:
        sys.exit(wrong)
    print(f"interop: {read}")


if __name__ == "__main__":
    main()
