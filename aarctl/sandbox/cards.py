"""NVIDIA cards by their UUIDs: which device node of this machine is which card.

A card's number among those that a process sees and the number of its node need not be the same, as where one of many
is given to a container. What the driver tells in /proc settles it.
"""

from __future__ import annotations

from pathlib import Path

DRIVER = Path("/proc/driver/nvidia/gpus")
NODE = "/dev/nvidia{}"


def node_of(uuid: str, driver: Path = DRIVER) -> str:
    """The device node of the card with this UUID; empty when the driver knows none."""
    for folder in sorted(driver.glob("*")):
        try:
            lines = (folder / "information").read_text().splitlines()
        except OSError:
            continue
        told = {name.strip(): value.strip() for name, _, value in (line.partition(":") for line in lines)}
        if told.get("GPU UUID") == uuid and told.get("Device Minor", "").isdecimal():
            return NODE.format(told["Device Minor"])
    return ""
