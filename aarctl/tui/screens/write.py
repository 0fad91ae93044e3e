"""A text of several lines, and a few words beside it: for steers, directions, posts.

What was written is never lost: given up, it comes back as a draft.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from textual.binding import Binding
from textual.widget import Widget
from textual.widgets import Input, Label, TextArea

from .sheet import Sheet


@dataclass(frozen=True)
class Written:
    """What a person wrote."""

    text: str = ""
    fields: dict[str, str] = field(default_factory=dict)
    sent: bool = False
    """Whether it is to be sent; else it is a draft."""


class WriteScreen(Sheet[Written]):
    """Gives back what was written, sent or not. `fields` are one-line fields: what each is called, and a hint."""

    BINDINGS = [Binding("ctrl+s", "send", "send", show=False)]

    def __init__(
        self, title: str, words: str, fields: Sequence[tuple[str, str]] = (), draft: Written | None = None
    ) -> None:
        keys = "ctrl+s sends   tab next field   esc gives up" if fields else "ctrl+s sends   esc gives up"
        super().__init__(title, keys, words)
        self._fields, self._draft = fields, draft or Written()

    def body(self) -> list[Widget]:
        """The editor, then the fields."""
        found: list[Widget] = [TextArea(self._draft.text, id="text")]
        for name, hint in self._fields:
            found.append(Label(name, classes="field", markup=False))
            found.append(Input(self._draft.fields.get(name, ""), placeholder=hint, id=f"field-{name}"))
        return found

    def on_mount(self) -> None:
        """Ready to write, where the draft ended."""
        super().on_mount()
        editor = self.query_one(TextArea)
        editor.focus()
        editor.move_cursor(editor.document.end)

    def _written(self, sent: bool) -> Written:
        fields = {name: self.query_one(f"#field-{name}", Input).value for name, _ in self._fields}
        return Written(self.query_one(TextArea).text, fields, sent)

    def action_send(self) -> None:
        """Send it, if there is anything."""
        if self.query_one(TextArea).text.strip():
            self.dismiss(self._written(True))
        else:
            self.complain("Nothing is written yet.")

    def action_cancel(self) -> None:
        """Keep it as a draft."""
        self.dismiss(self._written(False))
