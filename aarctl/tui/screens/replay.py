"""The room on a run's past: the same panes, with a cursor that plays, steps and jumps."""

from __future__ import annotations

from .room import Room

TICK_S = 0.1  # between two moves of a playing cursor


class ReplayRoom(Room):
    """Nothing can be changed here."""

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
        """The next or previous event worth a look, and whose it is; while something is looked for, the hits."""
        if self.pane == "transcript" and self.search is not None:
            self.action_hit(forward)
            return
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

    def go_to_target(self, kind: str, number: int, *, named: bool) -> None:
        """Put the cursor there."""
        self.source.playing = False
        self.changed(self.source.seek(number) if kind == "seq" else self.source.seek_time(number))
        self.action_follow()
        self.draw(plot=True)
