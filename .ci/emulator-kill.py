"""Kills an emulator that keeps its state, in the middle of an export, and looks at what the next one makes of it.

    .ci/emulator-kill.py [SESSIONS] [PROGRAM ARGUMENT...]

The program is the emulator's example by default; the arguments come before the options, as in
`.ci/emulator-kill.py 300000 target/release/session-export --output json emulator`.

For each format an export is written without disturbance first. Then, for each of ten moments spread over that time,
another export is submitted, the process is killed with SIGKILL at that moment, and a new one is started with the same
directory. In the end the directory is filled up, so that nothing can be stored any more.

Fails when a new emulator does not know a task, a token or the access key, when a task that is not SUCCESS can be
downloaded, when a download is anything but whole, when a task does not end, when a deleted task comes back, or when
anything is left behind.
"""

import csv
import datetime
import hashlib
import http.client
import json
import pathlib
import resource
import signal
import subprocess
import sys
import tempfile
import time
import urllib.parse
import zipfile

REPOSITORY = pathlib.Path(__file__).resolve().parent.parent
BUILD = ["cargo", "build", "--quiet", "--release", "-p", "session-export-emulator", "--example", "emulator"]
MOMENTS = 10


class Emulator:
    def __init__(self, command, sessions, form, directory, limit=None):
        options = ["--sessions", str(sessions), "--days", "30", "--export-format", form, "--state-dir", directory]

        def limited():
            if limit is not None:
                resource.setrlimit(resource.RLIMIT_FSIZE, (limit, limit))

        # A file beyond the limit is then an error, like a full disk, and not the end of the process.
        signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
        self.process = subprocess.Popen(
            [*command, *options], stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
            cwd=REPOSITORY, env={"PATH": "/usr/bin:/bin"}, preexec_fn=limited, restore_signals=False,
        )
        line = self.process.stdout.readline()
        if not line:
            sys.exit(f"it did not start: {self.process.stderr.read().decode()}")
        self.document = json.loads(line)
        self.address = urllib.parse.urlsplit(self.document["endpoint"]).netloc
        self.project = self.document["project_id"]
        self.tasks = f"/v2/{self.project}/export-tasks"

    def send(self, method, target, body=None, token=None):
        """The status, the headers and the body. A download that breaks off has the status 0."""
        connection = http.client.HTTPConnection(self.address, timeout=60)
        headers = {"X-Auth-Token": token} if token else {}
        if body is not None:
            headers["Content-Type"] = "application/json"
            body = json.dumps(body)
        try:
            connection.request(method, target, body, headers)
            response = connection.getresponse()
            return response.status, response.headers, response.read()
        except (OSError, http.client.HTTPException):
            return 0, {}, b""
        finally:
            connection.close()

    def sign_in(self):
        user = {"name": self.document["user_name"], "password": self.document["password"],
                "domain": {"name": self.document["domain_name"]}}
        body = {"auth": {"identity": {"methods": ["password"], "password": {"user": user}},
                         "scope": {"project": {"id": self.project}}}}
        status, headers, text = self.send("POST", "/v3/auth/tokens", body)
        return headers["X-Subject-Token"] if status == 201 else (status, text.decode())

    def submit(self, token, filters):
        status, _, body = self.send("POST", f"/v1/{self.project}/session/list-sessions/export", filters, token)
        return json.loads(body)["task_id"] if status == 200 else (status, body.decode())

    def listed(self, token):
        status, _, body = self.send("GET", f"{self.tasks}?limit=100", token=token)
        if status != 200:
            sys.exit(f"the list is answered with {status} {body.decode()}")
        return {task["task_id"]: task for task in json.loads(body)["export_tasks"]}

    def download(self, token, task):
        status, _, body = self.send("GET", f"{self.tasks}/{task}/download", token=token)
        return status, body

    def delete(self, token, tasks):
        return self.send("POST", f"{self.tasks}/batch-delete", {"task_ids": tasks}, token)[0]

    def ended(self, token, task):
        """The task when it is not CREATING any more, and how many downloads were refused meanwhile."""
        early = 0
        while (found := self.listed(token)[task])["status"] == "CREATING":
            status, body = self.download(token, task)
            early += status == 400
            # It may have ended between the two requests.
            if status != 400 and (status != 200 or self.listed(token)[task]["status"] != "SUCCESS"):
                sys.exit(f"{task} was CREATING, and its download answered with {status}: {len(body)} bytes")
            time.sleep(0.05)
        return found, early

    def kill(self):
        self.process.kill()
        self.process.wait(30)

    def stop(self):
        self.process.stdin.close()
        self.process.terminate()
        self.process.wait(30)


def everything():
    today = datetime.datetime.now(datetime.timezone.utc).replace(hour=0, minute=0, second=0, microsecond=0)
    times = [(today - datetime.timedelta(days=30)), today]
    return dict(zip(["query_begin_time", "query_end_time"], (at.strftime("%Y-%m-%dT%H:%M:%SZ") for at in times)))


def content(body, form):
    """The number of rows, and a digest of what is in the file: a spreadsheet has its time of writing in it, too."""
    if form == "csv":
        rows = sum(1 for _ in csv.reader(body.decode().splitlines()))
        return rows - 1, hashlib.sha256(body).hexdigest()
    with tempfile.TemporaryFile() as file:
        file.write(body)
        with zipfile.ZipFile(file) as book:
            if book.testzip():
                return 0, "damaged"
            names = sorted(name for name in book.namelist() if name.startswith("xl/worksheets/sheet"))
            sheets = b"".join(book.read(name) for name in names)
    return sheets.count(b"<row ") - len(names), hashlib.sha256(sheets).hexdigest()


def survive(command, sessions, form, directory):
    failures = []
    emulator = Emulator(command, sessions, form, directory)
    first, token = emulator.document, emulator.sign_in()
    began = time.monotonic()
    reference = emulator.submit(token, everything())
    emulator.ended(token, reference)
    took = time.monotonic() - began
    expected = content(emulator.download(token, reference)[1], form)
    deleted = emulator.submit(token, {"user_name": "nobody"})
    emulator.delete(token, [deleted])
    print(f"{form}: {expected[0]} rows are exported in {took:.1f} s without disturbance")
    if expected[0] != sessions:
        failures.append(f"{form}: {expected[0]} rows in place of {sessions}")
    tasks = [reference]
    for number in range(MOMENTS):
        # From the very beginning to a little after the end.
        moment = took * 1.05 * number / (MOMENTS - 1)
        began = time.monotonic()
        task = emulator.submit(token, everything())
        time.sleep(max(0.0, moment - (time.monotonic() - began)))
        emulator.kill()
        left = sorted(path.name for path in pathlib.Path(directory, "exports").iterdir())
        unfinished = sum(path.startswith("session-export-emulator-") for path in left)
        emulator = Emulator(command, sessions, form, directory)
        tasks.append(task)
        listed = emulator.listed(token)
        at_start = listed[task]["status"] if task in listed else "unknown"
        if set(listed) != set(tasks):
            failures.append(f"{form}: {len(listed)} tasks in place of {len(tasks)}")
        if {key: emulator.document[key] for key in ["project_id", "user_name", "password"]} != \
           {key: first[key] for key in ["project_id", "user_name", "password"]}:
            failures.append(f"{form}: the credentials changed")
        found, early = emulator.ended(token, task)
        status, body = emulator.download(token, task)
        if found["status"] == "SUCCESS":
            whole = status == 200 and content(body, form) == expected
        else:
            whole = status == 400 and bool(found.get("fail_reason"))
        print(f"{form}: killed after {moment:5.2f} s, {unfinished} unfinished file(s) left; started again: "
              f"{len(listed)} tasks, it is {at_start}, {early} downloads refused, then {found['status']} "
              f"{found.get('fail_reason', '')}{'whole' if whole else 'NOT WHOLE'}")
        if not whole:
            failures.append(f"{form}: after {moment:.2f} s: {found} and a download of {status}, {len(body)} bytes")
        if deleted in listed or emulator.download(token, deleted)[0] == 200:
            failures.append(f"{form}: the deleted task came back")
    whole = [content(emulator.download(token, task)[1], form) == expected for task in tasks]
    print(f"{form}: {sum(whole)} of {len(whole)} files are whole and have the same rows")
    if not all(whole):
        failures.append(f"{form}: a file changed")
    emulator.delete(token, tasks)
    emulator.stop()
    left = [path.name for path in pathlib.Path(directory, "exports").iterdir()]
    print(f"{form}: all deleted, files left: {left}; the log has {pathlib.Path(directory, 'state.jsonl').stat().st_size} bytes")
    if left:
        failures.append(f"{form}: left behind: {left}")
    return failures


def full(command, sessions, form, directory):
    """No file can be larger than 12 kB: first exports do not fit, then the log is full."""
    failures = []
    emulator = Emulator(command, sessions, form, directory, 12_000)
    token = emulator.sign_in()
    task = emulator.submit(token, everything())
    found, _ = emulator.ended(token, task)
    print(f"{form}: no room for the file: {found['status']} {found.get('fail_reason')}")
    if found["status"] != "FAIL" or emulator.download(token, task)[0] != 400:
        failures.append(f"{form}: {found}")
    tokens = [token]
    while isinstance(answer := emulator.sign_in(), str):
        tokens.append(answer)
    print(f"{form}: no room in the log after {len(tokens)} tokens: {answer[0]} {answer[1]}")
    while isinstance(refused := emulator.submit(token, {"user_name": "nobody"}), str):
        pass
    print(f"{form}: a submitted export: {refused[0]} {refused[1]}")
    known = emulator.listed(token)
    emulator.kill()
    # The library for spreadsheets gives up with a panic, which ends the export and nothing else.
    panics = [line for line in emulator.process.stderr.read().decode().splitlines() if "panicked at" in line]
    if not all("rust_xlsxwriter" in line for line in panics):
        failures.append(f"{form}: {panics}")
    emulator = Emulator(command, sessions, form, directory)
    valid = sum(emulator.send("GET", emulator.tasks, token=token)[0] == 200 for token in tokens)
    print(f"{form}: with room again: {valid} of {len(tokens)} tokens count, tasks as before: "
          f"{emulator.listed(token) == known}, and new ones end: {emulator.ended(token, emulator.submit(token, everything()))[0]['status']}")
    if valid != len(tokens) or (answer[0], refused[0]) != (500, 500):
        failures.append(f"{form}: {valid} of {len(tokens)} tokens count, {answer}, {refused}")
    emulator.stop()
    return failures


def main():
    sessions = int(sys.argv[1]) if len(sys.argv) > 1 else 300_000
    command = sys.argv[2:]
    if not command:
        subprocess.run(BUILD, cwd=REPOSITORY, check=True)
        target = json.loads(subprocess.check_output(["cargo", "metadata", "--no-deps", "--format-version=1"],
                                                    cwd=REPOSITORY))["target_directory"]
        command = [f"{target}/release/examples/emulator"]
    failures = []
    for work, forms in [(survive, ["xlsx", "csv"]), (full, ["csv", "xlsx"])]:
        for form in forms:
            with tempfile.TemporaryDirectory() as directory:
                failures += work(command, sessions, form, directory)
    if failures:
        sys.exit("\n".join(failures))


if __name__ == "__main__":
    main()
