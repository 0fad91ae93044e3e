"""A full-text index of a journal's events: SQLite FTS5 in a file of the reader's own, never in journal.db.

What an event's words are is decided by whoever opens the index, so that a hit is what that reader shows. The index
grows by `step`, a bounded number of events at a time; between two steps it answers, from what it has. It may be
deleted at any moment: the next one begins anew. Only words are kept, no texts; the texts are in the journal.
"""

from __future__ import annotations

import contextlib
import re
import sqlite3
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Protocol

from .reader import Record

FILE = "search.db"
VERSION = 1
STEP = 400  # events of one step: some ten milliseconds
WORDS_MAX = 16  # of one question
BUSY_S = 5.0  # two rooms may build the same index; each step is short

_SCHEMA = f"""
create virtual table words using fts5(
    researcher, text, content='', prefix='2 3', tokenize="unicode61 remove_diacritics 2"
);
create table progress(upto integer not null, first text not null);
insert into progress values (0, '');
pragma user_version = {VERSION};
"""

WordsOf = Callable[[Record], str | None]
"""The words of an event; None when it has none to find."""


class Reader(Protocol):
    """What an index needs of a journal; JournalReader is one."""

    def records(self, after: int = 0, *, upto: int | None = None, limit: int = -1) -> Iterator[Record]: ...

    def last_seq(self) -> int: ...


_WORD = re.compile(r"[^\W_]")


def question(text: str, researcher: str | None = None) -> str:
    """What a person typed as a question to FTS5: all its words, and a run of words where they are joined (a_b, a-b).

    The last word may be the beginning of one, unless white space follows it. Nothing of it is FTS5's own syntax.
    Empty when there is no word in it.
    """
    text = text.encode("utf-8", "replace").decode()
    runs = [part.replace('"', " ").replace("\0", " ") for part in text.split() if _WORD.search(part)][:WORDS_MAX]
    if not runs:
        return ""
    begun = "" if text[-1].isspace() else " *"
    found = " AND ".join([*(f'"{run}"' for run in runs[:-1]), f'"{runs[-1]}"{begun}'])
    whose = "" if researcher is None else f'researcher : "{researcher.replace(chr(34), "")}" AND '
    return f"{whose}text : ({found})"


class SearchIndex:
    """The index in `file` of the journal that `reader` reads; a passing one where the file cannot be used.

    Belongs to the thread that opened it.
    """

    def __init__(self, file: Path | None, reader: Reader, words_of: WordsOf) -> None:
        self._reader, self._words_of = reader, words_of
        first = next(reader.records(0, limit=1), None)
        self._first = f"{first.at} {first.seq}" if first is not None else ""
        self._db = _opened(file, self._first, reader.last_seq())
        self.upto = self._progress()
        """The last event that is in the index."""

    def __repr__(self) -> str:
        return f"SearchIndex(upto={self.upto} of {self._reader.last_seq()})"

    def __enter__(self) -> SearchIndex:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Let go of the file."""
        self._db.close()

    def _progress(self) -> int:
        ((upto,),) = self._db.execute("select upto from progress")
        return int(upto)

    def step(self, limit: int = STEP) -> int:
        """Take in at most `limit` further events; returns how many there were, 0 at the journal's end.

        Another process that builds the same index is waited for, and its work is not done twice.
        """
        self._db.execute("begin immediate")
        try:
            after = self._progress()
            records = list(self._reader.records(after, limit=limit))
            rows = ((each.seq, each.researcher, words) for each in records if (words := self._words_of(each)))
            self._db.executemany("insert into words(rowid, researcher, text) values (?, ?, ?)", rows)
            upto = records[-1].seq if records else after
            self._db.execute("update progress set upto = ?, first = ?", (upto, self._first))
            self._db.execute("commit")
        except BaseException:
            with contextlib.suppress(sqlite3.Error):
                self._db.execute("rollback")
            raise
        self.upto = upto
        return len(records)

    def build(self, limit: int = STEP) -> None:
        """Take in all there is."""
        while self.step(limit):
            pass

    def hits(self, text: str, *, researcher: str | None = None, before: int | None = None, limit: int = 100
             ) -> list[int]:  # fmt: skip
        """The seqs of events that have the words of `text`, newest first; those before `before`, if named."""
        asks = question(text, researcher)
        if not asks:
            return []
        query, values = self._matching("rowid", asks, before)
        rows = self._db.execute(f"{query} order by rowid desc limit ?", [*values, limit])
        return [seq for (seq,) in rows]

    def count(self, text: str, *, researcher: str | None = None, before: int | None = None) -> int:
        """How many events have the words of `text`; of a common word this takes a while."""
        asks = question(text, researcher)
        if not asks:
            return 0
        query, values = self._matching("count(*)", asks, before)
        ((count,),) = self._db.execute(query, values)
        return int(count)

    def _matching(self, what: str, asks: str, before: int | None) -> tuple[str, list[object]]:
        end, values = ("", []) if before is None else (" and rowid < ?", [before])
        return f"select {what} from words where words match ?{end}", [asks, *values]


def _opened(file: Path | None, first: str, last: int) -> sqlite3.Connection:
    """The index in `file`, if it is of this version and this journal; else an empty one there, or a passing one."""
    if file is None:
        return _made()
    for _ in range(2):
        try:
            db = _connected(str(file))
            try:
                if _fits(db, first, last):
                    return db
            except BaseException:
                db.close()
                raise
            db.close()
        except sqlite3.OperationalError as error:  # read-only, busy for long, full: searched all the same
            if "fts5" in str(error):
                raise
            return _made()
        except sqlite3.DatabaseError:  # damaged: it is a cache
            pass
        with contextlib.suppress(OSError):
            for part in (file, Path(f"{file}-wal"), Path(f"{file}-shm")):
                part.unlink(missing_ok=True)
    return _made()


def _fits(db: sqlite3.Connection, first: str, last: int) -> bool:
    """Whether the index belongs to the journal that begins with event `first`; a new file becomes one that does."""
    db.execute("begin immediate")
    try:
        ((version,),) = db.execute("pragma user_version")
        if version == 0:
            for statement in _SCHEMA.strip().rstrip(";").split(";\n"):
                db.execute(statement)
            version = VERSION
        fits = version == VERSION
        if fits:
            ((upto, begun),) = db.execute("select upto, first from progress")
            fits = upto <= last and (not begun or begun == first)
    finally:
        db.execute("commit")
    return fits


def _connected(target: str) -> sqlite3.Connection:
    db = sqlite3.connect(target, isolation_level=None, timeout=BUSY_S)
    try:
        db.execute("pragma journal_mode = wal")
        db.execute("pragma synchronous = off")  # lost or broken, it is built anew
    except BaseException:
        db.close()
        raise
    return db


def _made() -> sqlite3.Connection:
    """An empty index in a file that SQLite makes, spills into and removes by itself."""
    db = _connected("")
    db.executescript(_SCHEMA)
    return db
