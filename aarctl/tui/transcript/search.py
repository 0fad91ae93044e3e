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
from .sweep import Stretch, Sweep, joined


class Finds:
    """Seqs that were found, in order of the history, and how far it has been looked through. Pure."""

    def __init__(self, last: int) -> None:
        self._seqs = array("q")
        self._known: list[Stretch] = []
        self.last = last
        """The last event that a sweep looks at."""

    def __repr__(self) -> str:
        return f"Finds({len(self)}, {', '.join(f'{one.first} to {one.upto}' for one in self._known)} of {self.last})"

    def __len__(self) -> int:
        return len(self._seqs)

    @property
    def whole(self) -> bool:
        """Whether all of the history has been looked at."""
        return self.last < 1 or self.known(1, self.last)

    def known(self, first: int, upto: int) -> bool:
        """Whether all from `first` to `upto` has been looked at. What comes after `last` is known as it comes."""
        upto = min(upto, self.last)
        return first > upto or any(one.first <= first and upto <= one.upto for one in self._known)

    def take(self, stretches: Iterable[Stretch]) -> None:
        """Add what a sweep has found."""
        for first, upto, found in stretches:
            place = bisect_left(self._seqs, first)
            self._seqs[place:place] = array("q", found)
            self._known.append(Stretch(first, upto, ()))
        self._known = joined(self._known)

    def append(self, seq: int) -> None:
        """One more, later than all that a sweep looks at."""
        self._seqs.append(seq)

    def rank(self, seq: int) -> int:
        """How many there are up to `seq`, itself included."""
        return bisect_right(self._seqs, seq)

    def at(self, number: int) -> int:
        """The one of that number, from 0."""
        return self._seqs[number]

    def next(self, seq: int, forward: bool, upto: int | None = None) -> tuple[int | None, bool]:
        """The nearest known one after `seq`, or before it, round the ends; and whether no nearer one can turn up.

        Those after `upto` do not exist.
        """
        end = self.last if upto is None else min(upto, self.last)
        count = len(self) if upto is None else self.rank(upto)
        if not count:
            return None, self.known(1, end)
        if forward:
            rank = self.rank(seq)
            if rank < count:
                return (found := self.at(rank)), self.known(seq + 1, found)
            return (found := self.at(0)), self.known(seq + 1, end) and self.known(1, found)
        rank = min(self.rank(seq - 1), count)
        if rank:
            return (found := self.at(rank - 1)), self.known(found, seq - 1)
        return (found := self.at(count - 1)), self.known(1, seq - 1) and self.known(found, end)


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
        self.finds = Finds(last)
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
        found, sure = self.finds.next(seq, forward, upto)
        self._wanted = None if sure else (seq, forward, upto)
        return found if sure else None

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
