"""The table of `disk.sh`: what becomes of a download whose file cannot be kept as it is wanted."""

import http.server
import json
import os
import pathlib
import re
import subprocess
import sys
import tempfile
import threading

PROGRAM = os.path.abspath(sys.argv[1])
BODY = b"id,name\r\n" + b"1,user005\r\n" * 20_000
NAME = "sessions.csv"
REQUESTS = []


class Service(http.server.BaseHTTPRequestHandler):
    """A task that is ready, under whatever name the case wants."""

    def do_GET(self):
        REQUESTS.append(self.path)
        if self.path.endswith("/download"):
            body, kind = BODY, "text/csv"
        else:
            task = {"task_id": "t", "status": "SUCCESS", "file_name": NAME}
            body, kind = json.dumps({"count": 1, "export_tasks": [task]}).encode(), "application/json"
        self.send_response(200)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        try:
            self.wfile.write(body)
        except OSError:
            pass

    def log_message(self, *_):
        pass


server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Service)
threading.Thread(target=server.serve_forever, daemon=True).start()
URL = f"http://127.0.0.1:{server.server_port}"
FAILED = []


def shown(path):
    """What is left in a directory."""
    left = []
    for entry in sorted(pathlib.Path(path).rglob("*")):
        name = str(entry.relative_to(path))
        if entry.is_symlink():
            name += f" -> {os.readlink(entry)}"
        elif entry.is_file():
            size = entry.stat().st_size
            name += " (the file)" if size == len(BODY) else f" ({size} bytes)"
        elif entry.is_fifo():
            name += " (pipe)"
        else:
            name += "/"
        left.append(name)
    return ", ".join(left) or "nothing"


def case(title, arguments, code, says, left, name=NAME, prepare=None, place=None, out=None, user=None):
    """Runs the program in a directory of its own and compares."""
    global NAME
    NAME = name
    REQUESTS.clear()
    with tempfile.TemporaryDirectory() as scratch, tempfile.NamedTemporaryFile() as told_file:
        place = place or scratch
        os.chmod(scratch, 0o755)
        if prepare:
            prepare(pathlib.Path(place))
        command = [PROGRAM, "download", "t", "--endpoint", URL, "--export-endpoint", URL, "--iam-endpoint", URL]
        command += ["--project-id", "0123456789abcdef0123456789abcdef", *arguments]
        environment = {"SESSION_EXPORT_TOKEN": "t", "HOME": "/nonexistent", "SESSION_EXPORT_METADATA_ENDPOINT": "off"}
        told = told_file.name
        with open(out or told, "wb") as stdout:
            done = subprocess.run(
                command, cwd=place, env=environment, stdout=stdout, stderr=subprocess.PIPE, text=True, timeout=60, user=user
            )
        said = (done.stderr + (pathlib.Path(told).read_text() if out is None else "")).splitlines()
        message = next((line for line in said if line.startswith("error: ")), said[-1] if said else "")
        found = shown(place)
    message = message.removeprefix("error: ").replace(str(place), "DIR")
    asked = sum(path.endswith("/download") for path in REQUESTS)
    message = message.split(", sha256")[0]
    message, shown_left = (re.sub(r"(.)\1{20,}", r"\1\1\1…", text) for text in (message, found))
    good = done.returncode == code and says in "\n".join(said) and found == left
    if not good:
        FAILED.append(f"{title}: wanted {code}, {says!r}, {left!r}")
    print(f"| {title} | {done.returncode} | {message} | {'yes' if asked else 'no'} | {shown_left} |{'' if good else ' WRONG'}")


def tmpfs(options):
    path = tempfile.mkdtemp()
    subprocess.run(["mount", "-t", "tmpfs", "-o", options, "tmpfs", path], check=True)
    return path


def link(target, name="x.csv"):
    return lambda place: os.symlink(target, place / name)


def linked_file(place):
    (place / "real.csv").write_text("mine")
    os.symlink("real.csv", place / "x.csv")


def old_file(place):
    (place / "x.csv").write_text("mine")


print("| case | exit | message | downloaded | left on disk |")
print("|---|---|---|---|---|")
full = tmpfs("size=64k")
case("disk full, `-o x.csv`", ["-o", "x.csv"], 1, "No space left on device", "nothing", place=full)
case("disk full, the server's name", [], 1, "No space left on device", "nothing", place=full)
case("disk full, `--force` over a file", ["-o", "x.csv", "--force"], 1, "No space left on device", "x.csv (4 bytes)", place=full, prepare=old_file)
readonly = tmpfs("size=64k")
subprocess.run(["mount", "-o", "remount,ro", readonly], check=True)
case("read-only file system", ["-o", "x.csv"], 1, "Read-only file system", "nothing", place=readonly)
for path in (full, readonly):
    subprocess.run(["umount", path], check=True)
    os.rmdir(path)
nobody = 65534
if os.access(PROGRAM, os.X_OK) and os.path.exists("/proc/self/uid_map") and "4294967295" in open("/proc/self/uid_map").read():
    case("directory of another user", ["-o", "x.csv"], 1, "Permission denied", "nothing", user=nobody)
case("no such directory", ["-o", "no/x.csv"], 2, "no is not a directory; make it first", "nothing")
case("`-o` on a directory", ["-o", "d"], 0, "d/sessions.csv: ", "d/, d/sessions.csv (the file)", prepare=lambda place: (place / "d").mkdir())
case("a file is there", ["-o", "x.csv"], 2, "already there", "x.csv (4 bytes)", prepare=old_file)
case("a file is there, `--force`", ["-o", "x.csv", "--force"], 0, "x.csv: ", "x.csv (the file)", prepare=old_file)
case("`-o` on a link", ["-o", "x.csv"], 2, "already there", "real.csv (4 bytes), x.csv -> real.csv", prepare=linked_file)
case("`-o` on a link, `--force`", ["-o", "x.csv", "--force"], 0, "x.csv: ", "real.csv (the file), x.csv -> real.csv", prepare=linked_file)
case("link to nowhere, `--force`", ["-o", "x.csv", "--force"], 0, "x.csv: ", "real.csv (the file), x.csv -> real.csv", prepare=link("real.csv"))
case("ring of links, `--force`", ["-o", "x.csv", "--force"], 1, "levels of symbolic links", "x.csv -> x.csv", prepare=link("x.csv"))
case("the server's name is a link, `--force`", ["--force"], 0, "sessions.csv: ", "real.csv (4 bytes), sessions.csv (the file)",
     prepare=lambda place: ((place / "real.csv").write_text("mine"), os.symlink("real.csv", place / "sessions.csv")))
case("`-o /dev/full`", ["-o", "/dev/full"], 2, "is a device", "nothing")
case("`-o /dev/full --force`", ["-o", "/dev/full", "--force"], 2, "is a device", "nothing")
case("`-o - > /dev/full`", ["-o", "-"], 1, "No space left on device", "nothing", out="/dev/full")
case("`-o /dev/stdout`", ["-o", "/dev/stdout"], 2, "is a device", "nothing", out=os.devnull)
case("`-o` on a pipe", ["-o", "p", "--force"], 2, "is a device, a pipe", "p (pipe)", prepare=lambda place: os.mkfifo(place / "p"))
case("a name of 256 bytes", ["-o", "x" * 256], 1, "File name too long", "nothing")
case("server's name `../../x`", [], 0, "x: ", "x (the file)", name="../../x")
case("server's name `CON`", [], 0, "_CON: ", "_CON (the file)", name="CON")
case("server's name `NUL.xlsx`", [], 0, "_NUL.xlsx: ", "_NUL.xlsx (the file)", name="NUL.xlsx")
case("server's name `C:\\x.csv`", [], 0, "x.csv: ", "x.csv (the file)", name="C:\\x.csv")
case("server's name, 300 bytes", [], 0, "aaa", "a" * 196 + ".csv (the file)", name="a" * 296 + ".csv")
case("`--max-bytes 1000`", ["-o", "x.csv", "--max-bytes", "1000"], 1, "more than the 1000 that are allowed", "nothing")
server.shutdown()
for line in FAILED:
    print(line, file=sys.stderr)
sys.exit(bool(FAILED))
