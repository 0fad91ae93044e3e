"""All that the panes draw, gathered at one moment: they are functions of a Scene and their size.

No Textual.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from aarctl.journal.reader import Sample
from aarctl.journal.state import Researcher, RunState

from .content.forum import Post
from .content.limits import Limits
from .content.status import Status

EVERYONE = "*"  # chosen instead of a researcher: the transcript of the whole fleet


@dataclass(frozen=True)
class Scene:
    """A moment of a run as the room sees it. The state is read, never changed."""

    state: RunState
    status: Status
    now: int
    """Microseconds UTC; in a replay, the cursor's time."""
    name: str = ""
    chosen: str = EVERYONE
    marked: frozenset[str] = frozenset()
    """The researchers that the next action is for, where it is for more than the chosen one."""
    supervised: bool = False
    readonly: bool = False
    replay: str = ""
    """How the replay stands, such as "▶ x5"; empty when live."""
    last: int = 0
    """The last seq committed."""
    limits: Limits = field(default_factory=Limits)
    posts: Sequence[Post] = ()
    samples: Sequence[Sample] = ()
    facts: dict[str, dict[str, object]] = field(default_factory=dict)
    """Passing facts by name, such as "experiment x12": untrusted."""

    @property
    def who(self) -> Researcher | None:
        """The chosen researcher; None when everyone is."""
        return self.state.researchers.get(self.chosen)

    def fact(self, name: str, key: str) -> str:
        """A text of a passing fact; empty when there is none."""
        value = self.facts.get(name, {}).get(key, "")
        return value if isinstance(value, str) else str(value)
