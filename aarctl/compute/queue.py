"""Who gets the next free slot: a pure decision over the whole queue.

The law, in order: a client (a researcher, or all replications together) with fewer running experiments goes first;
among equals, the one that has used fewer device-seconds; then first come, first served. So nobody waits behind
another's long queue, no free slot is left while anyone waits, and the same queue gives the same answer. A paused
client gets nothing; its experiments keep their place.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Mapping, Sequence

import msgspec

from .slots import Slot


class Waiting(msgspec.Struct, frozen=True):
    """An experiment in the queue. `order` grows with the time it was queued."""

    experiment: str
    client: str
    order: int


class Assignment(msgspec.Struct, frozen=True):
    """This experiment gets this slot."""

    experiment: str
    slot: Slot


def assign(
    queue: Iterable[Waiting],
    free: Sequence[Slot],
    running: Mapping[str, int],
    used_s: Mapping[str, float],
    paused: Collection[str] = (),
) -> list[Assignment]:
    """Fill the free slots. `running`: experiments that run now, `used_s`: device-seconds so far, both per client."""
    busy = Counter(running)
    waiting = sorted((one for one in queue if one.client not in paused), key=lambda one: (one.order, one.experiment))
    assigned: list[Assignment] = []
    for slot in sorted(free):
        if not waiting:
            break
        # min() keeps the first of equals, and they are in order of arrival.
        chosen = min(waiting, key=lambda one: (busy[one.client], used_s.get(one.client, 0.0)))
        waiting.remove(chosen)
        busy[chosen.client] += 1
        assigned.append(Assignment(chosen.experiment, slot))
    return assigned
