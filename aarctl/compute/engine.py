"""Engines: who holds which slot, and what the devices are doing. The local one is this machine.

Taking and giving back a slot never waits, so no cancellation can strike half-way: a lease ends with its `with`
block, however that ends, and repr(engine) says in words who holds what.

Errors:
    ComputeError
    |-- NoSuchSlot   the engine has no slot of that name
    `-- SlotTaken    somebody holds it
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterator
from contextlib import AbstractContextManager, contextmanager
from typing import Protocol

from .nvml import Cards
from .sample import DeviceSample, machine
from .slots import Lease, Slot

SAMPLE_S = 1.0


class ComputeError(Exception):
    """A mistake of the caller about slots, never of an experiment."""


class NoSuchSlot(ComputeError):
    """The engine has no slot of that name."""


class SlotTaken(ComputeError):
    """The slot is leased already."""


class Engine(Protocol):
    """What runs experiments."""

    def slots(self) -> tuple[Slot, ...]:
        """Every slot there is."""
        ...

    def free(self) -> tuple[Slot, ...]:
        """The slots that nobody holds."""
        ...

    def lease(self, slot: Slot, experiment: str) -> AbstractContextManager[Lease]:
        """Hold a slot for as long as the context is open. Raises NoSuchSlot, SlotTaken."""
        ...

    def telemetry(self) -> AsyncIterator[DeviceSample]:
        """Samples of every device, for ever."""
        ...


class LocalEngine:
    """This machine."""

    def __init__(self, slots: tuple[Slot, ...], cards: Cards | None = None) -> None:
        if len({slot.name for slot in slots}) < len(slots):
            raise ValueError(f"slots {[slot.name for slot in slots]}: two have one name; number them")
        self._slots, self._cards = slots, cards
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
        """Hold a slot for as long as the context is open, however it ends. Raises NoSuchSlot, SlotTaken."""
        if slot not in self._slots:
            raise NoSuchSlot(f"no slot {slot.name}: this engine has {', '.join(s.name for s in self._slots)}")
        if slot.name in self._held:
            raise SlotTaken(f"{slot.name} is held by {self._held[slot.name]}; {experiment} cannot have it")
        self._held[slot.name] = experiment
        try:
            yield Lease(slot, experiment)
        finally:
            del self._held[slot.name]

    async def telemetry(self, every_s: float = SAMPLE_S) -> AsyncIterator[DeviceSample]:
        """Every `every_s` seconds a sample of the machine's cores and memory, as the device "cpu", and of each card."""
        machine()  # the first answer is about no interval at all
        while True:
            await asyncio.sleep(every_s)
            yield machine()
            if self._cards is not None and self._cards.found:
                for sample in await asyncio.to_thread(self._cards.samples):
                    yield sample
