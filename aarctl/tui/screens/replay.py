"""The room on a run's past: the same panes, with a cursor that plays, steps and jumps."""

from __future__ import annotations

import re

from textual.binding import Binding

from ..acting import refusal
from ..figures import SECOND
from .jump import JumpScreen
from .room import Room

TICK_S = 0.1  # between two moves of a playing cursor

_TIME = re.compile(r"(?:(\d+):)?(\d{1,4}):(\d{1,2})\Z")


def target_of(text: str, last: int) -> tuple[str, int] | None:
    """What a person typed: ("seq", n) for #120 or 120, ("us", n) for 3:20 or 1:03:20, a share for 50%."""
    text = text.strip()
    if found := _TIME.match(text):
        hours, minutes, seconds = (int(part or 0) for part in found.groups())
        return "us", (hours * 3600 + minutes * 60 + seconds) * SECOND
    if text.endswith("%") and text[:-1].strip().isdigit():
        return "seq", max(round(last * min(int(text[:-1]), 100) / 100), 1)
    number = text.removeprefix("#").replace(",", "")
    return ("seq", int(number)) if number.isascii() and number.isdigit() else None


class ReplayRoom(Room):
    """Nothing can be changed here."""

    BINDINGS = [
        Binding("space", "play", "play", show=False, priority=True),
        Binding("left", "step(-1)", "back", show=False, priority=True),
        Binding("right", "step(1)", "on", show=False, priority=True),
        Binding("n", "interesting(True)", "next", show=False),
        Binding("N", "interesting(False)", "previous", show=False),
        Binding("left_square_bracket", "speed(-1)", "slower", show=False),
        Binding("right_square_bracket", "speed(1)", "faster", show=False),
        Binding("g", "jump", "go to", show=False),
        Binding("p,P,s,S,ctrl+x", "refuse", "", show=False),
    ]

    def on_mount(self) -> None:
        """The cursor moves by the clock while it plays."""
        self.set_interval(TICK_S, self._play)

    def on_unmount(self) -> None:
        """Let go of the journal."""
        self.source.close()

    def _play(self) -> None:
        was = self.source.playing
        self.changed(self.source.play(TICK_S))
        if was != self.source.playing:
            self.draw()

    def action_play(self) -> None:
        """Play or pause."""
        self.changed(self.source.toggle_playing())
        self.draw()

    def action_step(self, count: int) -> None:
        """One event."""
        self.changed(self.source.step(count))
        self.draw()

    def action_interesting(self, forward: bool) -> None:
        """The next or previous event worth a look; the transcript shows whose it is."""
        self.changed(self.source.seek_interesting(forward))
        found = next(self.source.reader.records(self.source.state.seq - 1, limit=1), None)
        if found is not None and found.researcher in self.source.state.researchers:
            self.choose(found.researcher)
        self.action_follow()
        self.draw(plot=True)

    def action_speed(self, step: int) -> None:
        """Slower or faster."""
        self.source.change_speed(step)
        self.draw()

    def action_jump(self) -> None:
        """Ask where to."""
        self.app.push_screen(JumpScreen(self.source.last), self._jumped)

    def _jumped(self, text: str | None) -> None:
        if text is None:
            return
        target = target_of(text, self.source.last)
        if target is None:
            self.say(f"{text!r} is no time (3:20), no event (#120) and no share (50%).")
            return
        kind, number = target
        self.source.playing = False
        self.changed(self.source.seek(number) if kind == "seq" else self.source.seek_time(number))
        self.action_follow()
        self.draw(plot=True)

    def action_refuse(self) -> None:
        """Say why nothing can be changed."""
        self.say(refusal(self.source.state, "change", readonly=True, replay=True))
