"""What one device does at one moment: the row that telemetry leaves, and the sample of the machine itself."""

from __future__ import annotations

import time

import msgspec

MACHINE = "cpu"
"""The device that stands for the machine's cores and memory."""


class DeviceSample(msgspec.Struct, frozen=True):
    """What one device did since the last sample."""

    device: str
    at: int
    """Microseconds UTC."""
    util: float
    """Share of its capacity in use, in [0, 1]."""
    memory_used: int
    """Bytes."""
    memory_total: int
    """Bytes."""
    temperature_c: float | None = None
    power_w: float | None = None
    cores: tuple[float, ...] = ()
    """Of a machine's cores: the use of each, in [0, 1]."""
    load: float | None = None
    """Processes that run or wait to, averaged over a minute."""
    label: str = ""
    """What the device is, such as "NVIDIA H200"."""


def machine() -> DeviceSample:
    """The machine's cores and memory since this was asked last; the first answer is about no interval at all."""
    import psutil  # here: the control room reads samples and takes none, and opens ten milliseconds sooner

    memory = psutil.virtual_memory()
    cores = tuple(min(1.0, use / 100) for use in psutil.cpu_percent(percpu=True))
    return DeviceSample(
        device=MACHINE, at=time.time_ns() // 1000, util=sum(cores) / len(cores),
        memory_used=memory.total - memory.available, memory_total=memory.total,
        cores=cores, load=psutil.getloadavg()[0],
    )  # fmt: skip
