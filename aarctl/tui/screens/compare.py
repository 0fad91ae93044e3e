"""Two researchers side by side, their PGR in one plot above them. Opened from the fleet; it changes nothing."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from textual.app import ComposeResult
from textual.binding import Binding
from textual.containers import Horizontal
from textual.content import Content as Words
from textual.screen import Screen

from ..acts.actions import Action
from ..acts.keys import Key, laid
from ..content.compare import compare_lines, neighbour
from ..content.history import plot
from ..drawing.lines import Line
from ..scene import Scene
from ..transcript.clean import clean_line
from ..widgets.page import Page
from .binding import bind, moving

REFRESH_S = 1.0
SIDES = ("left", "right")
KEYS = [Key("←→", "side"), Key("JK", "another researcher"), Key("x", "exchange"), Key("⏎", "transcript")]
LAST = (Key("esc", "back"),)


class CompareScreen(Screen[str | None]):
    """Gives back the researcher whose transcript is wanted, or None. `scene` is asked for anew every second."""

    BINDINGS = [
        Binding("left,h", "side(0)", "left", show=False, priority=True),
        Binding("right,l", "side(1)", "right", show=False, priority=True),
        Binding("tab,shift+tab", "other_side", "other side", show=False, priority=True),
        Binding("J", "another(1)", "next researcher", show=False),
        Binding("K", "another(-1)", "previous researcher", show=False),
        Binding("x", "exchange", "exchange", show=False),
        Binding("enter", "open", "transcript", show=False),
        Binding("escape,q,C", "leave", "back", show=False),
    ]

    def __init__(self, scene: Callable[[], Scene], who: str, other: str, actions: Sequence[Action]) -> None:
        super().__init__()
        self._ask, self._scene = scene, scene()
        self.who = [who, other]
        """On the left, on the right."""
        self.side = 0
        bind(self, moving(actions))

    def compose(self) -> ComposeResult:
        """The plot, the two sides, the keys."""
        yield Page(self._plot, id="both")
        with Horizontal(id="sides"):
            for at, name in enumerate(SIDES):
                yield Page(lambda room, at=at: self._lines(at, room), id=name)  # type: ignore[misc]
        yield Page(lambda room: [laid(KEYS, room, LAST).line], id="keys")

    def on_mount(self) -> None:
        """The seconds go on here too."""
        self.query_one("#both", Page).can_focus = self.query_one("#keys", Page).can_focus = False
        self.action_side(0)
        self.set_interval(REFRESH_S, self.draw)

    def draw(self) -> None:
        """Both sides anew, as the run is now."""
        self._scene = scene = self._ask()
        for page in self.query(Page):
            page.redraw()
        for at, name in enumerate(SIDES):
            who = scene.state.researchers.get(self.who[at])
            mark = "▸ " if at == self.side else "  "
            title = f"{mark}{self.who[at]}  {who.mind if who is not None else ''} "
            self.query_one(f"#{name}").border_title = Words.styled(clean_line(title), "bold" if at == self.side else "")

    def _plot(self, room: int) -> list[Line]:
        scene, height = self._scene, self.query_one("#both").size.height
        return plot(scene.state, scene.now, room, height, self.who[self.side], whose=tuple(self.who))

    def _lines(self, at: int, room: int) -> list[Line]:
        scene = self._scene
        who = scene.state.researchers.get(self.who[at])
        return compare_lines(scene, who, room) if who is not None else []

    def action_side(self, side: int) -> None:
        """Go to a side: its researcher is the accented one of the plot."""
        self.side = side
        self.query_one(f"#{SIDES[side]}").focus()
        self.draw()

    def action_other_side(self) -> None:
        """From one side to the other."""
        self.action_side(1 - self.side)

    def action_another(self, step: int) -> None:
        """Another researcher on this side."""
        state = self._scene.state
        self.who[self.side] = neighbour(state, self.who[self.side], step, without=self.who[1 - self.side])
        self.draw()

    def action_exchange(self) -> None:
        """Left becomes right."""
        self.who.reverse()
        self.draw()

    def action_open(self) -> None:
        """To the transcript of this side's researcher."""
        self.dismiss(self.who[self.side])

    def action_leave(self) -> None:
        """Back to the room."""
        self.dismiss(None)
