"""What the room shows of a run: its state at one point, and how that point moves.

One class for live and for replay. Live, the point is the end and moves as the tail brings news; in a replay
it is a cursor that plays, steps and jumps over the same events. The state belongs to the UI thread and is
changed by the fold alone, so the state shown at seq N is the same however N was reached.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

import msgspec

from aarctl.journal.fold import apply
from aarctl.journal.reader import JournalReader, Record, Sample
from aarctl.journal.state import RunState

from .tail import Tail

SAMPLES_KEPT = 3600  # five minutes of eleven devices
SPEEDS = (0.5, 1.0, 2.0, 5.0, 10.0, 30.0, 60.0, 300.0)

INTERESTING = (
    "round.opened", "submission.scored", "submission.rejected", "submission.withheld", "replication.finished",
    "flag.raised", "verdict.given", "steer.queued", "person.told", "command.effective", "command.refused",
    "researcher.blocked", "chapter.closing", "sandbox.lost", "budget.exceeded", "supervisor.recovered",
    "run.closed",
)  # fmt: skip
"""Kinds that `n` and `N` stop at in a replay."""


class Change(NamedTuple):
    """What a move of the point brought."""

    records: tuple[Record, ...] = ()
    """The events passed, when the point moved on live; a replay's panes read by themselves."""
    moved: bool = False
    """Whether the state is another."""
    live: bool = False
    """Whether passing facts, telemetry or the supervisor's presence may have changed."""


class Source:
    """A run's journal at one point. `replay` makes the point a cursor, at seq `at` or at the beginning."""

    def __init__(self, run: Path, *, replay: bool = False, at: int | None = None, speed: float = 1.0) -> None:
        self.run = run
        self.replay = replay
        self.reader = JournalReader(run)
        self.last = self.reader.last_seq()
        """The last seq that is known to be committed."""
        first = min(max(at or 1, 0), self.last) if replay else self.last
        self.state: RunState = self.reader.state(first)
        self.supervised = self.reader.supervised()
        self.live: dict[str, tuple[int, bytes]] = {} if replay else self.reader.live()
        self.samples: list[Sample] = [] if replay else self.reader.samples(limit=SAMPLES_KEPT)
        self.speed = speed
        self.playing = False
        self._played_to = 0.0
        """Where the cursor stands in the run's time, in microseconds UTC, between two events."""
        self._tail: Tail | None = None

    def __repr__(self) -> str:
        mode = f"replay x{self.speed:g} {'playing' if self.playing else 'paused'}" if self.replay else "live"
        return f"Source({self.run.name!r}, {mode}, seq={self.state.seq} of {self.last})"

    def close(self) -> None:
        """Let go of the journal."""
        if self._tail is not None:
            self._tail.stop()
            self._tail.join()
        self.reader.close()

    def fact(self, name: str) -> dict[str, object]:
        """A passing fact, such as "turn r1"; empty when there is none or it is not an object."""
        try:
            found = msgspec.json.decode(self.live[name][1]) if name in self.live else {}
        except msgspec.MsgspecError:
            return {}
        return found if isinstance(found, dict) else {}

    @property
    def at_end(self) -> bool:
        """Whether the point is the last committed event."""
        return self.state.seq >= self.last

    # live ---------------------------------------------------------------------------------------------

    def follow(self, tell: Callable[[], object]) -> None:
        """Start the tail; `tell` is called from its thread, and `take` then has something."""
        self._tail = Tail(self.run, self.last, tell)
        self._tail.start()

    @property
    def trouble(self) -> str:
        """Why the live view cannot go on; empty when it can."""
        return self._tail.error if self._tail is not None else ""

    def take(self) -> Change:
        """Fold what the tail has brought."""
        news = self._tail.take() if self._tail is not None else []
        records: list[Record] = []
        for part in news:
            for record in part.records:
                apply(self.state, record.seq, record.at, record.event)
            records.extend(part.records)
            self.samples.extend(part.samples)
            self.live, self.supervised = part.live, part.supervised
        del self.samples[:-SAMPLES_KEPT]
        self.last = max(self.last, self.state.seq)
        return Change(tuple(records), bool(records), bool(news))

    # replay -------------------------------------------------------------------------------------------

    def seek(self, seq: int) -> Change:
        """Put the cursor on `seq`, within what is committed."""
        seq = min(max(seq, 0), self.last)
        if seq == self.state.seq:
            return Change()
        if seq > self.state.seq:
            self.reader.advance(self.state, seq)
        else:
            self.state = self.reader.state(seq)
        self._played_to = float(self.state.at)
        return Change(moved=True)

    def seek_time(self, us: int) -> Change:
        """Put the cursor on the last event at or before `us` microseconds after the run's opening."""
        return self.seek(max(self.reader.seq_at(self._opened + us), 1))

    def step(self, count: int) -> Change:
        """`count` events on, or back."""
        self.playing = False
        return self.seek(self.state.seq + count)

    def seek_interesting(self, forward: bool) -> Change:
        """To the next or previous event that a person may look for; to the end when there is none ahead."""
        self.playing = False
        if forward:
            found = self.reader.records(self.state.seq, kinds=INTERESTING, limit=1)
        else:
            before = self.state.seq - 1
            found = self.reader.records(0, upto=before, kinds=INTERESTING, limit=1, newest_first=True)
        return self.seek(next((record.seq for record in found), self.last if forward else 1))

    def toggle_playing(self) -> Change:
        """Play or pause; at the end, playing begins anew."""
        change = Change()
        if not self.playing and self.at_end:
            change = self.seek(1)
        self.playing = not self.playing
        self._played_to = float(self.state.at)
        return change

    def change_speed(self, step: int) -> None:
        """The next speed up or down."""
        nearest = min(range(len(SPEEDS)), key=lambda at: abs(SPEEDS[at] - self.speed))
        self.speed = SPEEDS[min(max(nearest + step, 0), len(SPEEDS) - 1)]

    def play(self, seconds: float) -> Change:
        """Move on by `seconds` of the person's time at the present speed."""
        if not self.playing:
            return Change()
        self._played_to += seconds * self.speed * 1e6
        change = self.seek_to_clock()
        if self.at_end:
            self.playing = False
        return change

    def seek_to_clock(self) -> Change:
        """Put the cursor on the last event that has happened by the play clock."""
        clock = self._played_to
        change = self.seek(max(self.reader.seq_at(int(clock)), self.state.seq))
        self._played_to = clock
        return change

    @property
    def _opened(self) -> int:
        first = next(self.reader.records(0, limit=1), None)
        return first.at if first is not None else 0
