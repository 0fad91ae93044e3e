"""Searching the whole fleet's history: a thread that builds the index of the journal and answers from it meanwhile.

The thread owns its index as it does its reader; an `Answer` is immutable. It answers what was asked last,
again as the index grows, and goes on as long as the journal does. A read-only room's index is a passing one.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import NamedTuple

from aarctl.journal.reader import JournalReader, Record
from aarctl.journal.search import FILE, SearchIndex

from ..thread import JournalThread
from .items import item_of, words_of
from .query import Query, excerpt, query_of_words

SHOWN = 200  # hits of one answer
ROOM = 240  # characters of an excerpt
REST_S = 0.001  # after each step: the screen comes first
LOOK_S = 0.25  # between looks at a journal that was indexed to its end
AGAIN_S = 0.5  # between two answers to the same question while the index grows


class Hit(NamedTuple):
    """One event that was found. The words are cleaned."""

    seq: int
    at: int
    researcher: str
    label: str
    """What kind of event it is."""
    label_spans: tuple[tuple[int, int], ...]
    """Where the hits are in it."""
    line: str
    """A line of the rest, with the first hit in it."""
    spans: tuple[tuple[int, int], ...]


class Answer(NamedTuple):
    """What is known of a question."""

    text: str
    hits: tuple[Hit, ...] = ()
    """The newest, newest first."""
    total: int = 0
    upto: int = 0
    """The last event that was looked at, of `last`."""
    last: int = 0


def hit_of(record: Record, query: Query | None, room: int = ROOM) -> Hit:
    """An event as a line of results."""
    item = item_of(record, 0)
    label = rest = ""
    if item is not None:
        name = item.spans[1]
        label, rest = item.text[name.start : name.end].strip(), item.text[name.end :].strip()
    label_spans = tuple(query.hits(label)) if query is not None else ()
    line, spans = excerpt(query, rest, room)
    return Hit(record.seq, record.at, record.researcher, label, label_spans, line, tuple(spans))


def hits_of(reader: JournalReader, seqs: Iterable[int], query: Query | None, room: int = ROOM) -> list[Hit]:
    """The events at `seqs` as results, in that order."""
    return [hit_of(record, query, room) for seq in seqs for record in reader.records(seq - 1, upto=seq)]


class Everywhere(JournalThread):
    """Answers questions about a run; told is when `answer` is new."""

    def __init__(
        self, run: Path, tell: Callable[[], object], *, readonly: bool = False, upto: int | None = None
    ) -> None:
        super().__init__(run, tell, "search everywhere")
        self._upto = upto
        self._file = None if readonly else run / FILE
        self._asked = ""
        self._wake = threading.Event()
        self.answer = Answer("")
        """Replaced whole by the thread."""

    def __repr__(self) -> str:
        return f"Everywhere({self._run.name!r}, {self._asked!r}, {self.answer.upto} of {self.answer.last})"

    def stop(self) -> None:
        """End soon; nothing is told any more."""
        super().stop()
        self._wake.set()

    def ask(self, text: str) -> None:
        """Look for these words from now on."""
        self._asked = text
        self._wake.set()

    def look(self, reader: JournalReader) -> None:
        """Build the index, and answer from it meanwhile."""
        with SearchIndex(self._file, reader, words_of) as index:
            self._build_and_answer(reader, index)

    def _build_and_answer(self, reader: JournalReader, index: SearchIndex) -> None:
        told, version = 0.0, -1
        while not self._stop.is_set():
            new = self.answer.text != self._asked
            grown = self.answer.upto != index.upto and time.monotonic() - told >= AGAIN_S
            if new or grown:
                self.answer = self._answered(reader, index, self._asked)
                told = time.monotonic()
                if not self._stop.is_set():
                    self._tell()
            present = reader.data_version()
            if present == version:
                self._wake.wait(LOOK_S)
                self._wake.clear()
            elif index.step() == 0:
                version = present
            else:
                self._stop.wait(REST_S)

    def _answered(self, reader: JournalReader, index: SearchIndex, text: str) -> Answer:
        before = None if self._upto is None else self._upto + 1
        hits = hits_of(reader, index.hits(text, before=before, limit=SHOWN), query_of_words(text))
        count = len(hits) if len(hits) < SHOWN else index.count(text, before=before)
        return Answer(text, tuple(hits), count, index.upto, reader.last_seq())
