"""The local engine: this machine's slots, who holds them, and what its devices are doing."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager
from typing import Protocol

import msgspec
import psutil

from .slots import Lease, Slot

SAMPLE_S = 1.0


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


class SlotTaken(Exception):
    """The slot is leased already: a mistake of the caller, never of an experiment."""


class Engine(Protocol):
    """What runs experiments."""

    def slots(self) -> tuple[Slot, ...]:
        """Every slot there is."""
        ...

    def free(self) -> tuple[Slot, ...]:
        """The slots that nobody holds."""
        ...

    def lease(self, slot: Slot, experiment: str) -> contextmanager[Lease]:  # type: ignore[valid-type]
        """Hold a slot for as long as the context is open. Raises SlotTaken."""
        ...

    def telemetry(self) -> AsyncIterator[DeviceSample]:
        """Samples of every device, for ever."""
        ...


class LocalEngine:
    """This machine."""

    def __init__(self, slots: tuple[Slot, ...]) -> None:
        self._slots = slots
        self._held: dict[str, str] = {}

    def __repr__(self) -> str:
        held = ", ".join(f"{slot}: {experiment}" for slot, experiment in sorted(self._held.items()))
        return f"LocalEngine({len(self._slots)} slots, {len(self._held)} held{': ' + held if held else ''})"

    def slots(self) -> tuple[Slot, ...]:
        """Every slot there is."""
        return self._slots

    def free(self) -> tuple[Slot, ...]:
        """The slots that nobody holds."""
        return tuple(slot for slot in self._slots if slot.name not in self._held)

    @contextmanager
    def lease(self, slot: Slot, experiment: str) -> Iterator[Lease]:
        """Hold a slot for as long as the context is open, however it ends. Raises SlotTaken."""
        if slot.name in self._held:
            raise SlotTaken(f"{slot.name} is held by {self._held[slot.name]}; {experiment} cannot have it")
        self._held[slot.name] = experiment
        try:
            yield Lease(slot, experiment)
        finally:
            del self._held[slot.name]

    async def telemetry(self) -> AsyncIterator[DeviceSample]:
        """One sample a second of the machine's cores and memory."""
        psutil.cpu_percent()  # the first answer is about no interval at all
        while True:
            await asyncio.sleep(SAMPLE_S)
            memory = psutil.virtual_memory()
            yield DeviceSample(
                device="cpu", at=time.time_ns() // 1000, util=psutil.cpu_percent() / 100,
                memory_used=memory.total - memory.available, memory_total=memory.total,
            )  # fmt: skip
