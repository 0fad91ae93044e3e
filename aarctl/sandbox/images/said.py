"""What an engine says while it builds, read: which step it is at, and when it stops, why and what to do about it.

Docker's older builder and Podman send one JSON object after another; a failed build ends with one that has "error".
Pure: messages in, progress and sentences out.

Errors:
    SandboxError
    `-- BuildFailed    a step failed; the message has its own last words
        |-- NoNetwork  the build cannot reach a registry, a package index or Debian's mirror
        `-- DiskFull   the engine's disk is full, or would be
"""

from __future__ import annotations

import re
from collections import deque
from typing import Any

import msgspec

from aarctl.sandbox.protocol import SandboxError

KEPT_LINES = 60
SHOWN_CHARS = 60
COLOUR = re.compile(r"\x1b\[[0-9;]*m")
STEP = re.compile(r"^(?:\[\d+/\d+\] )?step (\d+)/(\d+) ?: (.*)", re.IGNORECASE)
NO_DISK = re.compile(r"no space left on device|disk quota exceeded|you don't have enough free space", re.IGNORECASE)
NO_NETWORK = re.compile(
    r"name resolution|name or service not known|no such host|could not resolve|network is unreachable"
    r"|connection (?:refused|timed out|reset)|failed to establish a new connection"
    r"|i/o timeout|TLS handshake timeout|Client\.Timeout|NewConnectionError|ConnectTimeout|ReadTimeout|SSLError"
    r"|ProxyError|certificate (?:verify failed|signed by unknown)|x509:|dial tcp|pull access denied",
    re.IGNORECASE,
)
SAYS_WHY = re.compile(r"error|fail|could not|cannot|unable|denied|no such|E: ", re.IGNORECASE)


class BuildFailed(SandboxError):
    """A step of a build failed."""


class NoNetwork(BuildFailed):
    """The build could not reach what it downloads from."""


class DiskFull(BuildFailed):
    """The engine has no room for the image."""


class Progress(msgspec.Struct, frozen=True):
    """Where a build is."""

    step: int
    """From 1; 0 before the first."""
    steps: int
    doing: str
    """The step's instruction, shortened."""
    said: str
    """Its latest line, shortened."""
    new_step: bool
    """This is the first word of the step."""


class Reader:
    """Reads a build's messages in their order."""

    def __init__(self) -> None:
        self.now = Progress(0, 0, "", "", False)
        self._lines: deque[str] = deque(maxlen=KEPT_LINES)

    def __repr__(self) -> str:
        return f"Reader(step {self.now.step} of {self.now.steps}: {self.now.doing})"

    def read(self, message: dict[str, Any]) -> Progress | None:
        """The progress that a message makes; None for none. Raises BuildFailed when it tells of the end."""
        if "error" in message:
            raise self.failure(str(message["error"]))
        lines = lines_of(message)
        if not lines:
            return None
        if found := STEP.match(lines[0]):
            self._lines.clear()
            self.now = Progress(int(found[1]), int(found[2]), short(found[3]), "", True)
        else:
            self._lines += lines
            self.now = Progress(self.now.step, self.now.steps, self.now.doing, short(lines[-1]), False)
        return self.now

    def failure(self, error: str) -> BuildFailed:
        """The error for a build that ended with the engine's words `error`."""
        lines = [*self._lines, error]
        where = f"step {self.now.step} of {self.now.steps} ({self.now.doing})" if self.now.step else "the build"
        again = "then give the same command again: finished steps are kept"
        if hit := _last(NO_DISK, lines):
            fix = f"free some (`docker system df` shows what for), {again}"
            return DiskFull(f"{where}: the engine's disk is full ({hit}); {fix}")
        if hit := _last(NO_NETWORK, lines):
            fix = f"connect this machine, or give the engine and ~/.docker/config.json its proxy, {again}"
            return NoNetwork(f"{where}: no network ({hit}); {fix}")
        why = next((line for line in reversed(self._lines) if SAYS_WHY.search(line)), error)
        return BuildFailed(f"{where} failed: {' '.join(why.split())}")


def lines_of(message: dict[str, Any]) -> list[str]:
    """What a message says; a line that was drawn over itself counts as it was left."""
    if "status" in message:
        detail = message.get("progressDetail") or {}
        done, size = detail.get("current"), detail.get("total")
        parts = (message.get("id"), message["status"], f"{done / size:.0%}" if done and size else "")
        return [" ".join(str(part) for part in parts if part)]
    text = COLOUR.sub("", str(message.get("stream") or ""))
    drawn = (line.strip().rpartition("\r")[2].strip() for line in text.split("\n"))
    return [line for line in drawn if line]


def short(text: str, *, end: bool = False) -> str:
    """A text on one line, cut to its beginning, or to its end."""
    line = " ".join(text.split())
    if len(line) <= SHOWN_CHARS:
        return line
    return f"…{line[1 - SHOWN_CHARS :]}" if end else f"{line[: SHOWN_CHARS - 1]}…"


def _last(pattern: re.Pattern[str], lines: list[str]) -> str:
    """The last line with the pattern, as far as the pattern's last place in it: the cause stands at the end."""
    for line in reversed(lines):
        if found := list(pattern.finditer(line)):
            return short(line[: found[-1].end()], end=True)
    return ""
