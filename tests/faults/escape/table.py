"""The table of all attempts: one family a file of attempts/, in the order in which people read them."""

from __future__ import annotations

from .attempt import Attempt
from .attempts import (
    bombs,
    clocks,
    devices,
    disk,
    engine_socket,
    host_files,
    keeper,
    kernel,
    links,
    neighbours,
    network,
    outliving,
    privilege,
    proc_sys,
    results,
    secrets,
)

TABLE: dict[str, tuple[Attempt, ...]] = {
    "host files": host_files.ATTEMPTS,
    "neighbours": neighbours.ATTEMPTS,
    "engine socket": engine_socket.ATTEMPTS,
    "secrets": secrets.ATTEMPTS,
    "proc and sys": proc_sys.ATTEMPTS,
    "devices": devices.ATTEMPTS,
    "network": network.ATTEMPTS,
    "kernel": kernel.ATTEMPTS,
    "privilege": privilege.ATTEMPTS,
    "keeper": keeper.ATTEMPTS,
    "results": results.ATTEMPTS,
    "links and names": links.ATTEMPTS,
    "outliving": outliving.ATTEMPTS,
    "bombs": bombs.ATTEMPTS,
    "disk and output": disk.ATTEMPTS,
    "time": clocks.ATTEMPTS,
}
AT_LEAST = 170
"""Attempts that there are; the table only grows."""

EVERY = [(family, attempt) for family, attempts in TABLE.items() for attempt in attempts]
