"""A pane's cursor: where it stands until somebody puts it somewhere, and what it follows then."""

from __future__ import annotations

from typing import Any

from textual.app import App, ComposeResult
from textual.widgets import Input

from aarctl.tui.drawing.lines import line
from aarctl.tui.widgets.pane import Content, Pane


class Names(Pane):
    """Its scene is a list of names, a line each."""

    def content(self, scene: Any, width: int, height: int) -> Content:
        return Content([line(name) for name in scene], list(scene))

    def show(self, scene: Any) -> None:
        super().show(scene)


class Alone(App[None]):
    def compose(self) -> ComposeResult:
        yield Input()
        yield Names()


async def test_a_cursor_stays_on_the_first_line_until_it_is_put_elsewhere() -> None:
    async with Alone().run_test() as pilot:
        pane = pilot.app.query_one(Names)
        pane.can_focus = True
        seen = []
        for names in ("ab", "cab"):
            pane.show(list(names))
            seen.append(pane.cursor)
        assert seen == ["a", "c"]  # the best of a board, whoever that becomes
        pane.focus()
        await pilot.pause()
        pane.show(list("dcab"))
        assert pane.cursor == "c"  # somebody looks at it, and may press a key
        pane.action_cursor(1)
        pilot.app.query_one(Input).focus()
        await pilot.pause()
        pane.show(list("edcab"))
        assert pane.cursor == "a"
        pane.show(list("edcb"))
        assert pane.cursor == "e"
