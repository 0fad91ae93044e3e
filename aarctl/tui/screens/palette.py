"""The command palette: every action of the table that makes sense in this room, found by its name."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from typing import TYPE_CHECKING

from textual.command import DiscoveryHit, Hit, Hits, Provider

from ..acts.actions import MOVING, Action, keys_of
from ..acts.keys import shown
from ..drawing.arrange import TITLES

if TYPE_CHECKING:
    from .room import Room

IN_SENTENCE = 0.01  # the score of a hit that is not in the name: below all that are


def name_of(action: Action) -> str:
    """An action in the palette: where it belongs to one pane, after the pane's name."""
    title = action.title[:1].upper() + action.title[1:]
    where = action.panes[0] if len(action.panes) == 1 else ""
    return f"{TITLES[where]}: {action.title}" if where in TITLES else title


def help_of(action: Action) -> str:
    """Its sentence, and the keys that do the same."""
    keys = " ".join(shown(key) for key in keys_of(action))
    return f"{action.tells}  {keys}".rstrip()


class Actions(Provider):
    """The room's actions; what is chosen is done once the palette is gone."""

    @property
    def _room(self) -> Room:
        from .room import Room

        assert isinstance(self.screen, Room)
        return self.screen

    def _found(self) -> Iterator[Action]:
        """All of them, those of the room's pane first, those that every list has last."""
        room = self._room
        there = [one for one in room.actions.values() if one.when in ("", "replay" if room.source.replay else "live")]
        own = {one.id for one in there if one.panes and room.where in one.panes and one not in MOVING}
        yield from sorted(there, key=lambda one: (one.id not in own, one in MOVING))

    async def discover(self) -> Hits:
        """Everything, before anything is typed."""
        for action in self._found():
            yield DiscoveryHit(name_of(action), partial(self._room.do, action.id), help=help_of(action))

    async def search(self, query: str) -> Hits:
        """By name; after these, by what stands in the sentence."""
        matcher = self.matcher(query)
        for action in self._found():
            name = name_of(action)
            score = matcher.match(name) or IN_SENTENCE * (query.lower() in action.tells.lower())
            if score > 0:
                yield Hit(score, matcher.highlight(name), partial(self._room.do, action.id), name, help_of(action))
