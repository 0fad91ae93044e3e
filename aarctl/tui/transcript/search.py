"""One search in one transcript: where its hits are, as far as they are known, and the way from one to the next.

A hit is an event with the expression in its text as the transcript shows it before it is opened. A sweep looks through
the history from the cursor outwards; later events are looked at when they come. No Textual here.
"""

from __future__ import annotations

from array import array
from bisect import bisect_left, bisect_right
from collections.abc import Callable, Iterable
from pathlib import Path

from aarctl.journal.reader import Record

from .filters import ALL, Filter
from .items import item_of
from .query import Query
from .sweep import Sweep, Swept


class Finds:
    """Seqs that were found, in order of the history, and how far it has been looked through. Pure."""

    def __init__(self, start: int, last: int) -> None:
        self._below, self._above, self._later = array("q"), array("q"), array("q")
        self.last = last
        """The last event that a sweep looks at."""
        self.low, self.high = start, start - 1

    def __repr__(self) -> str:
        return f"Finds({len(self)}, {self.low} to {self.high} of {self.last})"

    def __len__(self) -> int:
        return len(self._below) + len(self._above) + len(self._later)

    @property
    def whole(self) -> bool:
        """Whether all of the history has been looked at."""
        return self.low <= 1 and self.high >= self.last

    def take(self, swept: Swept) -> None:
        """Add what a sweep has found."""
        self._below.extend(swept.below)
        self._above.extend(swept.above)
        self.low, self.high = min(self.low, swept.low), max(self.high, swept.high)

    def append(self, seq: int) -> None:
        """One more, later than all that a sweep looks at."""
        self._later.append(seq)

    def rank(self, seq: int) -> int:
        """How many there are up to `seq`, itself included."""
        below = len(self._below) - bisect_left(self._below, -seq, key=lambda one: -one)
        return below + bisect_right(self._above, seq) + bisect_right(self._later, seq)

    def at(self, number: int) -> int:
        """The one of that number, from 0."""
        for part in (self._below, self._above, self._later):
            if number < len(part):
                return part[-1 - number] if part is self._below else part[number]
            number -= len(part)
        raise IndexError(number)

    def after(self, seq: int) -> int | None:
        """The first after `seq`; None when none is known."""
        rank = self.rank(seq)
        return self.at(rank) if rank < len(self) else None

    def before(self, seq: int) -> int | None:
        """The last before `seq`; None when none is known."""
        rank = self.rank(seq - 1)
        return self.at(rank - 1) if rank else None

    def sure(self, seq: int, found: int | None, forward: bool) -> bool:
        """Whether nothing nearer than `found` can still come between it and `seq`."""
        if self.whole:
            return True
        if not self.low - 1 <= seq <= self.high + 1 or found is None:
            return False
        return self.low <= found <= self.high


class Search:
    """A query being looked for in the history of `researcher`, or of everyone, as far as `only` keeps it.

    Without a query every event that is kept is a hit.
    """

    def __init__(
        self,
        run: Path,
        query: Query | None,
        tell: Callable[[], object],
        *,
        start: int,
        last: int,
        researcher: str | None = None,
        origin: int = 0,
        only: Filter = ALL,
    ) -> None:
        self.query = query
        self.finds = Finds(start, last)
        self._researcher, self._origin, self._only = researcher, origin, only
        self._wanted: tuple[int, bool, int | None] | None = None
        self._sweep = Sweep(
            run, self.matches, tell, start=start, last=last, researcher=researcher, kinds=only.kinds
        ).start()  # fmt: skip

    def __repr__(self) -> str:
        return f"Search({self._only.name if self.query is None else self.query.text!r}, {self.finds!r})"

    def stop(self) -> None:
        """Look no further."""
        self._sweep.stop()

    def matches(self, record: Record) -> bool:
        """Whether an event is a hit. Called from the sweep's thread too: reads nothing that changes."""
        if not self._only(record.event):
            return False
        item = item_of(record, self._origin)
        return item is not None and (self.query is None or self.query.finds(item.text))

    def arrived(self, records: Iterable[Record]) -> None:
        """Later events have been committed."""
        for record in records:
            mine = self._researcher is None or record.researcher == self._researcher
            if record.seq > self.finds.last and mine and self.matches(record):
                self.finds.append(record.seq)

    def take(self) -> int | None:
        """Take in what the sweep has found; gives back the hit that was asked for and not known then."""
        self.finds.take(self._sweep.take())
        return None if self._wanted is None else self.step(*self._wanted)

    def step(self, seq: int, forward: bool, upto: int | None = None) -> int | None:
        """The next hit after `seq`, or the one before it, round the ends; None when it is not known yet, or never.

        `upto` is where a replay's cursor stands: later hits do not exist.
        """
        found = self.finds.after(seq) if forward else self.finds.before(seq)
        if found is not None and upto is not None and found > upto:
            found = None if forward else self.finds.before(upto + 1)
        if not self.finds.sure(seq, found, forward):
            self._wanted = (seq, forward, upto)
            return None
        self._wanted = None
        count = self.count(upto)
        if found is None and count:
            found = self.finds.at(0 if forward else count - 1)
        return found

    def count(self, upto: int | None = None) -> int:
        """Hits that are known."""
        return len(self.finds) if upto is None else self.finds.rank(upto)

    def words(self, seq: int, upto: int | None = None) -> str:
        """Where the cursor stands among the hits: 3 of 41; 41+ while there may be more."""
        count = self.count(upto)
        more = "" if self.finds.whole else "+"
        if self._sweep.error:
            return self._sweep.error
        if not count:
            return "nothing found" if not more else "looking …"
        rank = self.finds.rank(seq)
        here = rank and self.finds.at(rank - 1) == seq
        if here and not more:
            return f"{rank:,} of {count:,}"
        return f"{count:,}{more} found"
