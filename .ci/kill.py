"""Kills `session-export export --journal` at random moments, resumes it, and counts what came of it.

Each export has an emulator of its own, so that its tasks can be counted. A kill is SIGKILL at a moment that is drawn from
the whole life of an export; every third run kills the resumed program once more. At the end there must be one task and
one whole file: two tasks are a duplicate, none is a loss.

    .ci/kill.py [--moments 200] [--seed 1] [--at-once 12] [--program target/debug/session-export]
"""

import argparse
import collections
import concurrent.futures
import json
import os
import pathlib
import random
import signal
import subprocess
import sys
import tempfile
import time

EXPORT_DELAY_MS = 150


class Emulator:
    def __init__(self, program):
        command = [program, "emulator", "--json", "--sessions", "50", "--export-delay-ms", str(EXPORT_DELAY_MS)]
        self.process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
        self.says = json.loads(self.process.stdout.readline())

    def command(self, program, *args):
        says = self.says
        environment = {
            "PATH": os.environ["PATH"],
            "HOME": "/nonexistent",
            "SESSION_EXPORT_METADATA_ENDPOINT": "off",
            "HW_USER_NAME": says["user_name"],
            "HW_USER_PASSWORD": says["password"],
            "HW_DOMAIN_NAME": says["domain_name"],
        }
        flags = ["--endpoint", says["endpoint"], "--export-endpoint", says["export_endpoint"]]
        flags += ["--iam-endpoint", says["iam_endpoint"], "--project-id", says["project_id"]]
        return [program, *args, *flags], environment

    def start(self, program, *args):
        command, environment = self.command(program, *args)
        return subprocess.Popen(
            command, env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
        )

    def run(self, program, *args):
        process = self.start(program, *args)
        out, err = process.communicate(timeout=300)
        return process.returncode, out, err

    def tasks(self, program):
        code, out, err = self.run(program, "tasks", "--json", "--limit", "100")
        assert code == 0, err
        return json.loads(out)["export_tasks"]

    def stop(self):
        self.process.kill()
        self.process.wait()


def last_entry(journal):
    """What the journal's last whole line says."""
    try:
        lines = journal.read_bytes().split(b"\n")[:-1]
    except FileNotFoundError:
        return "no journal"
    return json.loads(lines[-1])["entry"] if lines else "empty journal"


def kill_after(process, seconds, journal=None):
    """Kills `seconds` after the start, or after the journal is there."""
    while journal is not None and not journal.exists() and process.poll() is None:
        time.sleep(0.0005)
    try:
        process.wait(timeout=seconds)
    except subprocess.TimeoutExpired:
        process.send_signal(signal.SIGKILL)
    process.communicate()


def one(program, number, moment, since_journal, again):
    """Exports, is killed after `moment` seconds (of its life, or of its journal's), is resumed (and perhaps killed once more), and says what came of it."""
    emulator = Emulator(program)
    try:
        with tempfile.TemporaryDirectory() as place:
            place = pathlib.Path(place)
            journal, output = place / "export.journal", place / "sessions.xlsx"
            export = ["export", "--last", "7d", "-o", str(output), "--journal", str(journal)]
            kill_after(emulator.start(program, *export), moment, journal if since_journal else None)
            reached = last_entry(journal)
            before = len(emulator.tasks(program))
            if again is not None and journal.exists():
                kill_after(emulator.start(program, "resume", str(journal)), again)
            code, out, err = (5, "", "") if not journal.exists() else emulator.run(program, "resume", str(journal))
            started_again = False
            if code == 5 and (not journal.exists() or "nothing was submitted" in err):
                # It was killed before it was about to submit; whoever ran it starts again.
                assert before == 0, f"run {number}: a task without an intent"
                journal.unlink(missing_ok=True)
                started_again = True
                code, out, err = emulator.run(program, *export)
            tasks = emulator.tasks(program)
            whole = output.is_file() and output.stat().st_size > 0 and output.read_bytes()[:2] == b"PK"
            left = sorted(path.name for path in place.iterdir() if path not in (journal, output))
            return {
                "number": number,
                "reached": reached,
                "orphan": reached == "intent" and before == 1,
                "killed_twice": again is not None,
                "code": code,
                "tasks": len(tasks),
                "whole": whole,
                "entry": last_entry(journal),
                "started_again": started_again,
                "left": left,
                "err": err,
            }
    finally:
        emulator.stop()


def life(program):
    """How long an undisturbed export takes."""
    emulator = Emulator(program)
    try:
        with tempfile.TemporaryDirectory() as place:
            began = time.monotonic()
            code, _, err = emulator.run(program, "export", "--last", "7d", "-o", f"{place}/s.xlsx")
            assert code == 0, err
            return time.monotonic() - began
    finally:
        emulator.stop()


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--moments", type=int, default=200)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--at-once", type=int, default=12)
    parser.add_argument("--program", default="target/debug/session-export")
    options = parser.parse_args()
    chance = random.Random(options.seed)
    whole_life = max(life(options.program) for _ in range(2))
    # A quarter of the moments is drawn from the whole life, a quarter from the journal's, and half from the first moments
    # of the journal, where a submit is sent and answered.
    moments = []
    for number in range(options.moments):
        since_journal = number % 4 != 0
        span = whole_life * (1.1, 0.05, 1.1, 0.2)[number % 4]
        again = chance.uniform(0, whole_life) if number % 3 == 0 else None
        moments.append((number, chance.uniform(0, span), since_journal, again))
    began = time.monotonic()
    with concurrent.futures.ThreadPoolExecutor(options.at_once) as pool:
        results = list(pool.map(lambda moment: one(options.program, *moment), moments))
    reached = collections.Counter(result["reached"] for result in results)
    duplicates = [result for result in results if result["tasks"] > 1]
    lost = [
        result
        for result in results
        if result["tasks"] < 1 or result["code"] != 0 or not result["whole"] or result["entry"] != "downloaded"
    ]
    print(f"{len(results)} exports killed (seed {options.seed}), {time.monotonic() - began:.0f} s")
    print("the journal's last entry at the kill: " + ", ".join(f"{k} {v}" for k, v in reached.most_common()))
    print(f"a task, and no answer written down: {sum(result['orphan'] for result in results)}")
    print(f"killed twice: {sum(result['killed_twice'] for result in results)}")
    print(f"started again, nothing had been sent: {sum(result['started_again'] for result in results)}")
    print(f"temporary files left by a kill: {sum(len(result['left']) for result in results)}")
    print(f"duplicates: {len(duplicates)}, lost: {len(lost)}")
    for result in duplicates + lost:
        print(json.dumps(result))
    return 1 if duplicates or lost else 0


sys.exit(main())
