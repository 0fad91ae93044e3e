"""What all researchers of a run share: the recipe, the journal, the latches, the money that is spoken for."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Protocol

from ..home import RunPaths
from ..journal.lookup import Lookup
from ..journal.store import Journal
from ..recipe import Recipe
from ..sandbox.protocol import Sandbox
from .latches import Latches
from .reservations import Reservations


class Bench(Protocol):
    """Where a researcher's commands run, and what its running experiments have printed so far."""

    async def sandbox(self, researcher: str) -> Sandbox:
        """The researcher's sandbox, made when there is none."""
        ...

    def live_tail(self, experiment: str) -> str | None:
        """The end of a running experiment's output; None when it is not running."""
        ...


@dataclass(frozen=True)
class Surroundings:
    """One per run."""

    recipe: Recipe
    run: RunPaths
    journal: Journal
    lookup: Lookup
    bench: Bench
    latches: Latches
    reservations: Reservations = field(default_factory=Reservations)

    def held(self, researcher: str) -> bool:
        """Whether anything keeps this researcher from beginning a turn or a call."""
        state = self.journal.state
        who = state.researchers[researcher]
        ending = state.stopping or who.stopping
        return ending or bool(who.blocked) or not state.runs(researcher) or self.latches.hold(researcher)

    async def thawed(self, researcher: str) -> None:
        """Return when no freeze holds this researcher."""
        seq = self.journal.state.seq
        while self.journal.state.is_frozen(researcher):
            seq = await self.journal.changed(seq)
