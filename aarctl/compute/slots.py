"""Slots and leases: the right to use one device, or one CPU core, for one experiment."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence

import msgspec

from .nvml import Card

THREADS = tuple(f"{library}_NUM_THREADS" for library in ("OMP", "MKL", "OPENBLAS", "NUMEXPR"))


class Slot(msgspec.Struct, frozen=True, order=True):
    """One place for one experiment at a time. No device: a CPU core."""

    name: str
    devices: tuple[str, ...] = ()


class Lease(msgspec.Struct, frozen=True):
    """A slot held by an experiment."""

    slot: Slot
    experiment: str

    @property
    def env(self) -> Mapping[str, str]:
        """What the experiment must find in its environment: its devices and no other, one thread where it has none.

        Two one-thread processes beat one process of two threads by far (contention costs four times).
        """
        visible = ",".join(self.slot.devices)
        threads = {} if self.slot.devices else dict.fromkeys(THREADS, "1")
        return {"CUDA_VISIBLE_DEVICES": visible, "TOKENIZERS_PARALLELISM": "false", **threads}


def slots_of(cards: Sequence[Card], count: int | None = None) -> tuple[Slot, ...]:
    """The slots of a machine: by default one for each card, or for each CPU core where there is no card.

    `count` slots share the cards in turn: more of them than cards means several experiments on one card.
    """
    if not cards:
        return cpu_slots(count)
    _check(count)
    found = []
    for number in range(len(cards) if count is None else count):
        card, turn = cards[number % len(cards)], number // len(cards)
        found.append(Slot(f"{card.name}-{turn + 1}" if turn else card.name, (card.uuid,)))
    return tuple(found)


def cpu_slots(count: int | None = None) -> tuple[Slot, ...]:
    """`count` CPU slots; by default one for each core that this process may use."""
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    _check(count)
    return tuple(Slot(f"cpu{number}") for number in range(cores if count is None else count))


def _check(count: int | None) -> None:
    if count is not None and count < 1:
        raise ValueError(f"compute.slots = {count}: must be at least 1")
