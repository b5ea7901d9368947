"""Peak memory of a download of 64 MiB and of 4 GiB, through both transports.

A server of this script answers the two requests of `session-export download`; the program's peak memory is what the
kernel counted for the process. Fails when 4 GiB take over 4 MiB more than 64 MiB do.
"""

import http.server
import json
import os
import pathlib
import subprocess
import sys
import tempfile
import threading

REPOSITORY = pathlib.Path(__file__).resolve().parent.parent
PROGRAM = REPOSITORY / "target" / "release" / "session-export"
SIZES = [64 << 20, 4 << 30]
BLOCK = os.urandom(1 << 20)


class Server(http.server.BaseHTTPRequestHandler):
    """Knows one task, whose id is the size of its file."""

    protocol_version = "HTTP/1.1"

    def do_GET(self):
        if self.path.endswith("/download"):
            size = int(self.path.split("/")[-2])
            self.send_response(200)
            self.send_header("Content-Type", "application/octet-stream")
            self.send_header("Content-Length", str(size))
            self.end_headers()
            for _ in range(size // len(BLOCK)):
                self.wfile.write(BLOCK)
            return
        task_id = self.path.split("task_id=")[1].split("&")[0]
        body = json.dumps({"count": 1, "export_tasks": [{"task_id": task_id, "status": "SUCCESS"}]}).encode()
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_):
        pass


def peak_kib(transport, size, base, directory):
    path = pathlib.Path(directory) / "file"
    process = subprocess.Popen(
        [PROGRAM, "download", str(size), "--transport", transport, "-o", path, "--project-id", "p",
         "--endpoint", base, "--export-endpoint", base],
        env={"PATH": os.environ["PATH"], "SESSION_EXPORT_TOKEN": "token"},
        stdout=subprocess.DEVNULL,
    )
    _, status, usage = os.wait4(process.pid, 0)
    if os.waitstatus_to_exitcode(status) != 0 or path.stat().st_size != size:
        sys.exit(f"{transport}: the download of {size} bytes failed")
    path.unlink()
    return usage.ru_maxrss, usage.ru_utime + usage.ru_stime


def main():
    subprocess.run(["cargo", "build", "--quiet", "--release"], cwd=REPOSITORY, check=True)
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Server)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    base = f"http://127.0.0.1:{server.server_address[1]}"
    grew = False
    with tempfile.TemporaryDirectory(dir=REPOSITORY / "target") as directory:
        for transport in ["reqwest", "hyper"]:
            peaks = []
            for size in SIZES:
                peak, seconds = peak_kib(transport, size, base, directory)
                peaks.append(peak)
                print(f"{transport}: {size >> 20} MiB: peak memory {peak / 1024:.1f} MiB, {seconds:.2f} s of CPU")
            grew = grew or peaks[1] - peaks[0] > 4096
    server.shutdown()
    if grew:
        sys.exit("memory grows with the file")


if __name__ == "__main__":
    main()
