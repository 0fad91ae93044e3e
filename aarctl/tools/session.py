"""A shell session that outlives its processes: every command runs in a bash of its own, between a load and a save.

session.sh gives the command the working folder, variables, functions, aliases and options that the last one left in a
file of the workspace, and saves them when it ends, however it ends: only what is killed outright, replaced by `exec` or
has an EXIT trap of its own and exits leaves the file as it was. The file appears whole or not at all, and names the
call that wrote it. Nothing of this is in the supervisor's memory, so a crash of either side loses no session.
"""

from __future__ import annotations

from functools import cache
from importlib import resources

import msgspec

from ..sandbox.protocol import Sandbox, SandboxError
from .tool import plain

FOLDER = ".aarctl"
"""In the workspace: what the tools keep there for themselves. In no snapshot."""
FILE = f"{FOLDER}/shell/session"
FOLDER_CHARS = 500
MAX_BYTES = 16 << 20  # of a saved session that is looked at
OUTPUTS = f"{FOLDER}/outputs"
KEPT_OUTPUTS = 20

_COMMAND = 'builtin eval "$1"; builtin eval "$__aarctl_command"; { __aarctl_save; } 2>/dev/null'


class Left(msgspec.Struct, frozen=True):
    """The session as the last command that saved one left it."""

    call: str = ""
    folder: str = "."
    """Where it stands, quoted for bash; "." is the workspace."""


def argv(call: str, *, fresh: bool) -> list[str]:
    """The program that runs the command on its standard input, in the session or in a new one."""
    return ["bash", "-c", _COMMAND, "bash", _script(), call, "fresh" if fresh else "kept", str(KEPT_OUTPUTS)]


async def left(sandbox: Sandbox) -> Left:
    """Who saved the session last, and where. The file is the researcher's own: unreadable is as good as none."""
    try:
        head = (await sandbox.get(FILE, max_bytes=MAX_BYTES)).partition(b"\n")[0]
    except SandboxError:
        return Left()
    return read(head.decode("utf-8", "replace"))


def read(head: str) -> Left:
    """The first line of a saved session: "# <call> <folder>"."""
    mark, _, rest = head.partition(" ")
    call, _, folder = rest.partition(" ")
    return Left(call, plain(folder)[:FOLDER_CHARS] or ".") if mark == "#" else Left()


@cache
def _script() -> str:
    return resources.files(__package__).joinpath("session.sh").read_text("utf-8")
