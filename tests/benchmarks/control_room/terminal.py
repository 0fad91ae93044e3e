"""A terminal with a program in it: a real pty, a thread that reads it, and a screen of plain characters.

Everything is seen from outside, as a person's terminal sees it. The screen knows what Textual writes (text, places,
styles, which it leaves out), no more; every chunk is stamped when it comes, before it is understood.
"""

from __future__ import annotations

import codecs
import fcntl
import os
import pty
import re
import signal
import struct
import termios
import threading
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from pathlib import Path

from aarctl.tui.transcript.wrap import cells

_TOKEN = re.compile(
    r"\x1b\[(?P<args>[0-9;?<>=]*)[ -/]*(?P<final>[@-~])|\x1b[\]P^_X][^\x07\x1b]*(?:\x07|\x1b\\)|\x1b[^\[\]P^_X]"
    r"|(?P<text>[^\x00-\x1f\x7f\x1b]+)|(?P<control>[\x00-\x1a\x1c-\x1f\x7f])"
)


class Screen:
    """Characters on a grid."""

    def __init__(self, width: int, height: int) -> None:
        self._rest = ""
        self.resize(width, height)

    def resize(self, width: int, height: int) -> None:
        """Another size; blank."""
        self.width, self.height = width, height
        self.cells = [[" "] * width for _ in range(height)]
        self._x = self._y = 0

    def feed(self, text: str) -> None:
        """Take in what a program has written; an unfinished sequence waits for the rest of it."""
        text, at = self._rest + text, 0
        while found := _TOKEN.match(text, at):
            at = found.end()
            if found["text"]:
                self._write(found["text"])
            elif found["control"]:
                self._control(found["control"])
            elif found["final"]:
                self._act(found["args"], found["final"])
        self._rest = text[at:]

    def _write(self, text: str) -> None:
        for char in text:
            width = cells(char)
            if width and self._x < self.width and self._y < self.height:
                self.cells[self._y][self._x : self._x + width] = [char, *[""] * (width - 1)]
            self._x += width

    def _control(self, char: str) -> None:
        if char == "\r":
            self._x = 0
        elif char == "\n":
            self._y += 1

    def _act(self, args: str, final: str) -> None:
        if final == "H":
            row, _, column = args.partition(";")
            self._y, self._x = int(row or 1) - 1, int(column or 1) - 1
        elif final == "J":
            self.resize(self.width, self.height)

    def lines(self) -> list[str]:
        """The rows as text."""
        return ["".join(row) for row in self.cells]


UNWANTED = ("NO_COLOR", "PYTHONDONTWRITEBYTECODE")
INSTALLED = {name: value for name, value in os.environ.items() if name not in UNWANTED}
"""The environment of a person who has installed aarctl: in colour, and with its bytecode written."""

Probe = Callable[[list[str]], object]


class Terminal:
    """Runs `argv` in a pty of `width` x `height`."""

    def __init__(self, argv: Sequence[str], width: int = 120, height: int = 36, home: Path | None = None) -> None:
        self.screen = Screen(width, height)
        self.bytes = 0
        self.watch: Callable[[float, list[str]], object] | None = None
        """Called by the reading thread after each chunk, with when it came and the screen."""
        self._changed = threading.Condition()
        self._came = 0.0
        self._decode = codecs.getincrementaldecoder("utf-8")("replace").decode
        self.started = time.monotonic()
        self.pid, self._fd = pty.fork()
        if not self.pid:
            own = {"TERM": "xterm-256color", "COLORTERM": "truecolor", "LANG": "C.UTF-8"}
            env = {**INSTALLED, **own, **({"AARCTL_HOME": str(home)} if home else {})}
            with suppress(OSError):
                time.sleep(0.01)  # the parent sets the size first
                os.execvpe(argv[0], list(argv), env)
            os._exit(127)
        self._size(width, height)
        self._thread = threading.Thread(target=self._read, daemon=True)
        self._thread.start()

    def _size(self, width: int, height: int) -> None:
        fcntl.ioctl(self._fd, termios.TIOCSWINSZ, struct.pack("HHHH", height, width, 0, 0))

    def resize(self, width: int, height: int) -> None:
        """Another size of the window; what was on the screen is forgotten."""
        with self._changed:
            self.screen.resize(width, height)
        self._size(width, height)

    def _read(self) -> None:
        while True:
            try:
                data = os.read(self._fd, 1 << 16)
            except OSError:
                data = b""
            came = time.monotonic()
            with self._changed:
                if not data:
                    self._came = -1.0
                    self._changed.notify_all()
                    return
                self._came = came
                self.bytes += len(data)
                self.screen.feed(self._decode(data))
                if self.watch is not None:
                    self.watch(came, self.screen.lines())
                self._changed.notify_all()

    def press(self, keys: str) -> float:
        """Type; gives back when."""
        now = time.monotonic()
        os.write(self._fd, keys.encode())
        return now

    def until(self, probe: Probe, timeout: float = 10.0, since: float = 0.0) -> float | None:
        """When the chunk came after which `probe` is true of the screen; None when it never is."""
        end = time.monotonic() + timeout
        with self._changed:
            while True:
                if self._came >= since and probe(self.screen.lines()):
                    return max(self._came, since)
                if self._came < 0 or (left := end - time.monotonic()) <= 0:
                    return None
                self._changed.wait(left)

    def took(self, keys: str, probe: Probe, timeout: float = 10.0) -> float:
        """Milliseconds from a key press to the frame in which `probe` is true of the screen."""
        begun = self.press(keys)
        seen = self.until(probe, timeout, begun)
        if seen is None:
            raise TimeoutError(f"{keys!r} was not seen:\n" + "\n".join(self.lines()))
        return (seen - begun) * 1e3

    def lines(self) -> list[str]:
        """The screen as it is."""
        with self._changed:
            return self.screen.lines()

    # what it costs ------------------------------------------------------------------------------------

    def cpu(self) -> float:
        """Seconds of processor time that the program's threads have had."""
        total = 0
        for task in Path(f"/proc/{self.pid}/task").iterdir():
            with suppress(OSError):
                total += int((task / "schedstat").read_text().split()[0])
        return total / 1e9

    def rss(self) -> float:
        """Megabytes of memory that it holds."""
        (line,) = (x for x in Path(f"/proc/{self.pid}/status").read_text().splitlines() if x.startswith("VmRSS"))
        return int(line.split()[1]) / 1024

    def close(self) -> None:
        """End it."""
        with suppress(OSError):
            os.kill(self.pid, signal.SIGTERM)
        end = time.monotonic() + 3
        while time.monotonic() < end and os.waitpid(self.pid, os.WNOHANG)[0] == 0:
            time.sleep(0.02)
        else:
            with suppress(OSError):
                os.kill(self.pid, signal.SIGKILL)
                os.waitpid(self.pid, 0)
        with suppress(OSError):
            os.close(self._fd)
