"""One submission, whole: what was claimed, what was measured, what is said of it."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from textual.app import ComposeResult
from textual.binding import Binding
from textual.containers import Vertical
from textual.screen import ModalScreen

from aarctl.journal.state import RunState

from ..acts.actions import Action
from ..content.submissions import submission_lines
from ..drawing.lines import Line
from ..widgets.page import Page
from .binding import bind, moving

REFRESH_S = 1.0


class SubmissionScreen(ModalScreen[str]):
    """Gives back what the person wants next: transcript | verdict | replicate; or nothing."""

    BINDINGS = [
        Binding("enter", "want('transcript')", "its place", show=False),
        Binding("v", "want('verdict')", "verdict", show=False),
        Binding("R", "want('replicate')", "replicate", show=False),
        Binding("escape,q", "want('')", "close", show=False),
    ]

    def __init__(self, submission: str, state: Callable[[], RunState], actions: Sequence[Action]) -> None:
        super().__init__()
        self._submission, self._state = submission, state
        bind(self, moving(actions))

    def compose(self) -> ComposeResult:
        """One page that scrolls."""
        with Vertical(classes="sheet") as sheet:
            sheet.border_title = f"Submission {self._submission}"
            sheet.border_subtitle = "⏎ its place in the transcript   v verdict   R replicate   esc closes"
            yield Page(self._lines)

    def on_mount(self) -> None:
        """What happens meanwhile is shown."""
        self.set_interval(REFRESH_S, self.query_one(Page).redraw)

    def _lines(self, room: int) -> list[Line]:
        state = self._state()
        one = state.submissions.get(self._submission)
        return submission_lines(state, one, room) if one is not None else []

    def action_want(self, what: str) -> None:
        """Close, and say what is wanted."""
        self.dismiss(what)
