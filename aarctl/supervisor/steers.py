"""What the person said to a researcher: word for word, however long ago."""

from __future__ import annotations

from ..journal.events import SteerDelivered, SteerQueued
from ..journal.lookup import Lookup
from ..minds.protocol import PERSON


async def said(lookup: Lookup, delivered: SteerDelivered) -> str:
    """One delivered steer, as it stands in the mind's history. Raises ValueError."""
    (words,) = await _words(lookup, delivered.researcher, [delivered.steer])
    return words


async def all_said(lookup: Lookup, researcher: str) -> list[str]:
    """Every steer that was delivered to `researcher`, in the order in which they were."""
    records = await lookup.records(researcher=researcher, kinds=("steer.delivered",))
    names = [record.event.steer for record in records if isinstance(record.event, SteerDelivered)]
    return await _words(lookup, researcher, names)


async def _words(lookup: Lookup, researcher: str, names: list[str]) -> list[str]:
    if not names:
        return []
    records = await lookup.records(researcher=researcher, kinds=("steer.queued",))
    queued = {one.event.steer: one.event.text for one in records if isinstance(one.event, SteerQueued)}
    if missing := [name for name in names if name not in queued]:
        raise ValueError(f"{researcher}: steer {missing[0]} was delivered and never queued; verify the journal")
    return [PERSON + await lookup.text(queued[name]) for name in names]
