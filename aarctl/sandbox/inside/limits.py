"""Limits that the kernel keeps per process or per user, so that no command uses up what its keeper needs.

Some quotas are one for all processes of a user, each sender measured by its own limit: files under way in unix sockets
by NOFILE, pending signals by SIGPENDING. So commands have less of both than keepers, of whichever sandbox.
"""

from __future__ import annotations

import resource

COMMANDS_SCORE, SHEPHERDS_SCORE = 1000, 500
"""oom_score_adj: short of memory, the kernel takes commands before what watches them, and that before the keeper."""
COMMAND_FILES = 4096
COMMAND_SIGNALS = 4096


def raise_own() -> None:
    """A keeper may hold as many files open as it is allowed at all."""
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))


def of_commands(pids: int | None, memory_bytes: int | None, file_bytes: int | None) -> dict[str, int]:
    """What commands get, by the name of the limit."""
    _, files = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = {
        "NPROC": pids, "DATA": memory_bytes, "FSIZE": file_bytes,
        "CORE": 1,  # not 0: that does not keep a crash from a handler that the host has put into core_pattern
        "NOFILE": COMMAND_FILES if files == resource.RLIM_INFINITY else min(COMMAND_FILES, files // 2),
        "SIGPENDING": COMMAND_SIGNALS,
    }  # fmt: skip
    return {name: value for name, value in wanted.items() if value is not None}


def take(limits: dict[str, int]) -> None:
    """Lower this process's limits for good, never past what it may set itself."""
    for name, value in limits.items():
        number = getattr(resource, f"RLIMIT_{name}")
        _, hard = resource.getrlimit(number)
        value = value if hard == resource.RLIM_INFINITY else min(value, hard)
        resource.setrlimit(number, (value, value))
