"""One million sessions: how soon the emulator is ready, and a full export as xlsx and as csv while it answers others.

    .ci/emulator-million.py [SESSIONS] [PROGRAM ARGUMENT...]

The program is the emulator's example by default; the arguments come before the options, as in
`.ci/emulator-million.py 1000000 target/release/session-export --output json emulator`.

Fails when it is not ready within 5 s, needs more than 512 MiB, answers other calls more than 10 times as slowly (99th
percentile) as when idle, or when a file does not have every session.
"""

import datetime
import http.client
import json
import pathlib
import subprocess
import sys
import tempfile
import time
import urllib.parse
import zipfile

REPOSITORY = pathlib.Path(__file__).resolve().parent.parent
BUILD = ["cargo", "build", "--quiet", "--release", "-p", "session-export-emulator", "--example", "emulator"]
READY_SECONDS, PEAK_MIB, SLOWDOWN = 5.0, 512, 10
CALLS = 1000


class Emulator:
    def __init__(self, command, sessions, form, directory):
        began = time.monotonic()
        options = ["--sessions", str(sessions), "--days", "30", "--export-format", form]
        self.process = subprocess.Popen(
            [*command, *options],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, cwd=REPOSITORY,
            env={"PATH": "/usr/bin:/bin", "TMPDIR": directory},
        )
        document = json.loads(self.process.stdout.readline())
        self.ready = time.monotonic() - began
        self.address = urllib.parse.urlsplit(document["endpoint"]).netloc
        self.project = document["project_id"]
        self.connection = http.client.HTTPConnection(self.address)
        user = {"name": document["user_name"], "password": document["password"],
                "domain": {"name": document["domain_name"]}}
        body = {"auth": {"identity": {"methods": ["password"], "password": {"user": user}},
                         "scope": {"project": {"id": self.project}}}}
        response = self.send("POST", "/v3/auth/tokens", body)
        self.token = response.headers["X-Subject-Token"]

    token = ""

    def send(self, method, target, body=None):
        headers = {"X-Auth-Token": self.token} if self.token else {}
        if body is not None:
            headers["Content-Type"] = "application/json"
            body = json.dumps(body)
        self.connection.request(method, target, body, headers)
        response = self.connection.getresponse()
        response.document = json.loads(response.read() or b"null")
        if response.status >= 300:
            sys.exit(f"{method} {target}: {response.status} {response.document}")
        return response

    def get(self, target):
        return self.send("GET", target).document

    def timed(self, target):
        began = time.perf_counter()
        self.get(target)
        return (time.perf_counter() - began) * 1000

    def memory(self, key):
        for line in pathlib.Path(f"/proc/{self.process.pid}/status").read_text().splitlines():
            if line.startswith(key):
                return int(line.split()[1]) / 1024
        return 0.0


def window(last):
    today = datetime.datetime.now(datetime.timezone.utc).replace(hour=0, minute=0, second=0, microsecond=0)
    begin, end = today - datetime.timedelta(days=last), today
    return [moment.strftime("%Y-%m-%dT%H:%M:%SZ") for moment in (begin, end)]


def percentile(values, part):
    return sorted(values)[min(len(values) - 1, int(len(values) * part))]


def calls(emulator):
    sessions = f"/v1/{emulator.project}/session/list-sessions"
    begin, end = window(7)
    week = f"{sessions}?limit=10&query_begin_time={begin}&query_end_time={end}"
    begin, end = window(30)
    state = f"{sessions}?limit=10&query_begin_time={begin}&query_end_time={end}&session_state=InitFail&is_success=false"
    return {"list tasks": f"/v2/{emulator.project}/export-tasks", "list of a week": week, "list by state, 30 days": state}


def rows(path, form):
    """How many rows the file has besides its headers."""
    if form == "csv":
        with path.open("rb") as file:
            return sum(block.count(b"\n") for block in iter(lambda: file.read(1 << 20), b"")) - 1
    count = 0
    with zipfile.ZipFile(path) as book:
        for name in book.namelist():
            if name.startswith("xl/worksheets/sheet"):
                with book.open(name) as sheet:
                    kept = b""
                    for block in iter(lambda: sheet.read(1 << 20), b""):
                        count += (kept + block).count(b"<row ")
                        kept = block[-4:]
                count -= 1
    return count


def measure(command, sessions, form, directory):
    failures = []
    emulator = Emulator(command, sessions, form, directory)
    print(f"{form}: ready after {emulator.ready:.2f} s with {emulator.memory('VmRSS'):.0f} MiB")
    if emulator.ready > READY_SECONDS:
        failures.append(f"{form}: not ready within {READY_SECONDS} s")
    targets = calls(emulator)
    idle = {name: [emulator.timed(target) for _ in range(CALLS)] for name, target in targets.items()}

    begin, end = window(30)
    body = {"query_begin_time": begin, "query_end_time": end}
    began = time.monotonic()
    submitted = emulator.send("POST", f"/v1/{emulator.project}/session/list-sessions/export", body)
    task = submitted.document["task_id"]
    busy = {name: [] for name in targets}
    look = f"/v2/{emulator.project}/export-tasks?task_id={task}"

    def others():
        for name, target in targets.items():
            busy[name].append(emulator.timed(target))
        time.sleep(0.005)

    while (state := emulator.get(look)["export_tasks"][0])["status"] == "CREATING":
        others()
    written = time.monotonic() - began
    if state["status"] != "SUCCESS":
        sys.exit(f"{form}: {state}")
    path = pathlib.Path(directory) / f"sessions.{form}"
    url = f"http://{emulator.address}/v2/{emulator.project}/export-tasks/{task}/download"
    download = subprocess.Popen(["curl", "-sf", "-H", f"X-Auth-Token: {emulator.token}", "-o", path, url])
    while download.poll() is None:
        others()
    total = time.monotonic() - began
    size, peak = path.stat().st_size, emulator.memory("VmHWM")
    print(f"{form}: exported after {written:.1f} s, downloaded after {total:.1f} s, {size / 1e6:.1f} MB, "
          f"peak memory {peak:.0f} MiB, {len(busy['list tasks'])} rounds of other calls meanwhile")
    if peak > PEAK_MIB:
        failures.append(f"{form}: {peak:.0f} MiB of memory")
    for name in targets:
        quiet, loud = percentile(idle[name], 0.99), percentile(busy[name], 0.99)
        print(f"{form}: {name}: idle median {percentile(idle[name], 0.5):.2f} ms, 99 % {quiet:.2f} ms; "
              f"during the export median {percentile(busy[name], 0.5):.2f} ms, 99 % {loud:.2f} ms ({loud / quiet:.1f} x)")
        if loud > SLOWDOWN * quiet:
            failures.append(f"{form}: {name} is {loud / quiet:.1f} times as slow during the export")
    # The example ends with its input, the program on a signal.
    emulator.process.stdin.close()
    if command[-1] == "emulator":
        emulator.process.terminate()
    emulator.process.wait(30)
    found = rows(path, form)
    print(f"{form}: {found} rows in the file")
    if found != sessions or download.returncode:
        failures.append(f"{form}: {found} rows in place of {sessions}")
    path.unlink()
    left = [name.name for name in pathlib.Path(directory).iterdir()]
    if left:
        failures.append(f"{form}: left behind: {left}")
    return failures


def main():
    sessions = int(sys.argv[1]) if len(sys.argv) > 1 else 1_000_000
    command = sys.argv[2:]
    if not command:
        subprocess.run(BUILD, cwd=REPOSITORY, check=True)
        target = json.loads(subprocess.check_output(["cargo", "metadata", "--no-deps", "--format-version=1"],
                                                    cwd=REPOSITORY))["target_directory"]
        command = [f"{target}/release/examples/emulator"]
    failures = []
    for form in ["xlsx", "csv"]:
        with tempfile.TemporaryDirectory() as directory:
            failures += measure(command, sessions, form, directory)
    if failures:
        sys.exit("\n".join(failures))


if __name__ == "__main__":
    main()
