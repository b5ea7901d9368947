"""What a terminal sees, in a pseudo terminal: a line that changes while something is going on, and nothing of it afterwards."""

import argparse
import os
import pathlib
import pty
import re
import select
import signal
import subprocess
import tempfile
import time

ROOT = pathlib.Path(__file__).resolve().parent.parent
LIMIT = 60


class Terminal:
    """A program whose standard error, and output, is a terminal of 100 columns."""

    def __init__(self, program, args, place, **variables):
        environment = {
            "PATH": os.environ["PATH"], "HOME": "/nonexistent", "SESSION_EXPORT_METADATA_ENDPOINT": "off",
            "TERM": "xterm-256color", "LANG": "C.UTF-8",
        } | variables
        self.ours, theirs = pty.openpty()
        import fcntl, struct, termios
        fcntl.ioctl(theirs, termios.TIOCSWINSZ, struct.pack("HHHH", 30, 100, 0, 0))
        self.child = subprocess.Popen([program, *args], stdin=theirs, stdout=theirs, stderr=theirs, env=environment,
                                      cwd=place, start_new_session=True)
        os.close(theirs)
        self.bytes = b""

    def read(self, until=None):
        """Reads until there is a text, or the end."""
        deadline = time.monotonic() + LIMIT
        while until is None or until not in self.bytes.decode(errors="replace"):
            assert time.monotonic() < deadline, f"waited in vain for {until!r}: {self.bytes!r}"
            if not select.select([self.ours], [], [], 1)[0]:
                continue
            try:
                part = os.read(self.ours, 65536)
            except OSError:
                part = b""
            if not part:
                break
            self.bytes += part
        return self.bytes.decode()

    def end(self, code):
        text = self.read()
        assert self.child.wait(LIMIT) == code, (self.child.returncode, text)
        os.close(self.ours)
        return text


def shown(text):
    """What stays on the screen: a small terminal that knows what the program uses, and nothing else."""
    text = re.sub("\x1b\\[[0-9;]*m", "", text)
    lines, cursor = [""], 0
    while text:
        if text.startswith("\x1b[K"):
            lines[-1], text = lines[-1][:cursor], text[3:]
        elif text[0] == "\r":
            cursor, text = 0, text[1:]
        elif text[0] == "\n":
            lines.append("")
            cursor, text = 0, text[1:]
        else:
            assert text[0] >= " ", f"an unknown control: {text[:10]!r}"
            lines[-1] = lines[-1][:cursor] + text[0] + lines[-1][cursor + 1:]
            cursor, text = cursor + 1, text[1:]
    return lines


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--program", default=str(ROOT / "target/debug/session-export"))
    program = str(pathlib.Path(parser.parse_args().program).resolve())
    export = ["export", "--emulator", "--last", "7d", "--force", "-o", "x.xlsx"]
    with tempfile.TemporaryDirectory() as place:
        text = Terminal(program, export, place).end(0)
        assert "⠋" in text and "waiting: the file is being made (CREATING)" in text, text
        lines = shown(text)
        assert len(lines) == 4 and lines[-1] == "" and lines[2].startswith("x.xlsx: "), lines
        assert "\x1b[?25l" not in text, "the cursor is never hidden, so it cannot stay hidden"

        ascii_only = Terminal(program, export, place, LANG="C").end(0)
        assert ascii_only.isascii() and "waiting: " in ascii_only, ascii_only
        for quiet, variables in ([], {"TERM": "dumb"}), (["-q"], {}):
            plain = Terminal(program, export + quiet, place, **variables).end(0)
            assert "\x1b" not in plain and "waiting: " not in plain, plain
            assert ("submitted" in plain) != bool(quiet), plain

        for name, code in ("SIGINT", 130), ("SIGTERM", 143):
            terminal = Terminal(program, export, place)
            terminal.read("waiting: ")
            terminal.child.send_signal(getattr(signal, name))
            lines = shown(terminal.end(code))
            assert lines[-1] == "" and lines[-2].startswith("error: ") and len(lines) == 4, lines

        lines = shown(Terminal(program, ["sessions", "--emulator", "--limit", "20"], place).end(0))
        assert all(len(line) <= 100 for line in lines), lines
    print("a terminal sees what it should, and is clean afterwards")


main()
