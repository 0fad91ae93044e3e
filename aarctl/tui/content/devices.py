"""Devices as their telemetry tells: the last minutes of each, drawn as sparks, and its figures now. Pure.

Samples are made by whoever runs the experiments; those that cannot be read are left out.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from typing import NamedTuple

import msgspec

from aarctl.journal.reader import Sample

from .figures import size, spark

WINDOW_US = 5 * 60_000_000  # shown of the past
SPAN_US = 5_000_000  # samples this close are one: a spark has at most as many cells as there are spans in the window
STALE_US = 15_000_000  # older than that, a sample says nothing about now
MACHINE = "cpu"


class Load(msgspec.Struct, frozen=True):
    """What is shown of a DeviceSample."""

    util: float
    memory_used: int
    memory_total: int
    temperature_c: float | None = None
    power_w: float | None = None
    load: float | None = None
    label: str = ""

    @property
    def memory_share(self) -> float:
        """Of the memory, what is used."""
        return self.memory_used / self.memory_total if self.memory_total else 0.0


class Device(NamedTuple):
    """One device over the last minutes."""

    name: str
    """As its slots are called: gpu0; the machine itself is cpu."""
    last: Load
    """Its newest sample, at `at`."""
    at: int
    uses: dict[int, float]
    """Its mean use in each span of SPAN_US, by the span's number since 1970."""
    memories: dict[int, float]
    """The share of its memory that was used, likewise."""

    @property
    def spec(self) -> str:
        """What it is."""
        return self.last.label or ("the machine's cores" if self.name == MACHINE else "")

    def silent(self, now: int) -> bool:
        """Whether nothing was heard of it lately."""
        return now - self.at > STALE_US

    def use(self, cells: int, now: int) -> str:
        """Its use over the last minutes as a spark of `cells` equal parts; blank where there were no samples."""
        return _drawn(self.uses, cells, now)

    def memory(self, cells: int, now: int) -> str:
        """The share of its memory that is used, likewise."""
        return _drawn(self.memories, cells, now)

    def facts(self) -> list[str]:
        """Memory, temperature, power, load: what is known, the most telling first."""
        last = self.last
        found = [f"{size(last.memory_used)} of {size(last.memory_total)}"]
        if last.temperature_c is not None:
            found.append(f"{last.temperature_c:.0f}°C")
        if last.power_w is not None:
            found.append(f"{last.power_w:.0f} W")
        if last.load is not None:
            found.append(f"load {last.load:.1f}")
        return found


def devices(samples: Sequence[Sample]) -> list[Device]:
    """Every device that there is a sample of: cards in order, the machine last."""
    heard: dict[str, dict[int, list[Load]]] = {}
    newest: dict[str, tuple[int, Load]] = {}
    for sample in samples:
        load = _load(sample.body)
        if load is not None:
            heard.setdefault(sample.device, {}).setdefault(sample.at // SPAN_US, []).append(load)
            newest[sample.device] = sample.at, load
    found = []
    for name, spans in heard.items():
        at, last = newest[name]
        uses = {span: _mean([load.util for load in loads]) for span, loads in spans.items()}
        memories = {span: _mean([load.memory_share for load in loads]) for span, loads in spans.items()}
        found.append(Device(name, last, at, uses, memories))
    return sorted(found, key=lambda device: (device.name == MACHINE, len(device.name), device.name))


def device_of(slot: str) -> str:
    """The device behind a slot: slots that share a card are called gpu0, gpu0-2."""
    return slot.split("-")[0]


_decode = msgspec.json.Decoder(Load).decode


@lru_cache(maxsize=8192)
def _load(body: bytes) -> Load | None:
    """A sample is read once, however often it is drawn."""
    try:
        return _decode(body)
    except msgspec.MsgspecError:
        return None


def _mean(values: list[float]) -> float:
    return sum(values) / len(values)


def _drawn(means: dict[int, float], cells: int, now: int) -> str:
    parts: list[list[float]] = [[] for _ in range(cells)]
    begin = now - WINDOW_US
    for span, mean in means.items():
        cell = (span * SPAN_US - begin) * cells // WINDOW_US
        if 0 <= cell < cells:
            parts[cell].append(mean)
    return "".join(spark([_mean(part)]) if part else " " for part in parts)
