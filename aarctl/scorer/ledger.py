"""What the scorer has answered in a run, on disk: the reason that no submission is scored or charged twice.

One row per (submission, kind, domain), written with its whole answer in one durable transaction (WAL,
synchronous=FULL). A query is spent if and only if its row stands; a crash before the commit spent nothing.
Errors: BadLedger.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from aarctl.scorer.errors import BadLedger
from aarctl.scorer.protocol import LedgerRow, Withheld

SCHEMA = """
create table if not exists answers (
    seq integer primary key,
    at integer not null,
    submission text not null,
    kind text not null check (kind in ('feedback', 'replication')),
    domain text not null,
    researcher text not null,
    method_snapshot text not null,
    released real,
    exact real not null,
    decisions blob not null,
    answer blob not null,
    unique (submission, kind, domain)
) strict
"""
DAY_US = 24 * 3600 * 1_000_000
BUSY_S = 30.0  # another scorer of the same run, if there is one, holds the lock for milliseconds


class Ledger:
    """The ledger of one run. `queries`: feedback answers for the whole fleet; `per_day`: for one researcher."""

    def __init__(self, path: Path, *, queries: int, per_day: int | None = None) -> None:
        self.path, self.queries, self.per_day = path, queries, per_day
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        with _translated(path):
            self._db = sqlite3.connect(path, timeout=BUSY_S, isolation_level=None)
            self._db.execute("pragma journal_mode = wal")
            self._db.execute("pragma synchronous = full")
            self._db.execute(SCHEMA)

    def __repr__(self) -> str:
        return f"Ledger({self.path}, {self.spent()} of {self.queries} queries spent)"

    def spent(self) -> int:
        """Feedback answers given so far."""
        with _translated(self.path):
            return int(self._db.execute("select count(*) from answers where kind = 'feedback'").fetchone()[0])

    @property
    def queries_left(self) -> int:
        """Feedback answers that may still be given, at least 0."""
        return max(0, self.queries - self.spent())

    def answered(self, submission: str, kind: str, domain: str) -> tuple[str, bytes] | None:
        """(method snapshot, stored answer) of a request that was answered before."""
        query = "select method_snapshot, answer from answers where (submission, kind, domain) = (?, ?, ?)"
        with _translated(self.path):
            row = self._db.execute(query, (submission, kind, domain)).fetchone()
        return (str(row[0]), bytes(row[1])) if row else None

    def withholds(self, researcher: str, now_us: int) -> Withheld | None:
        """Why no feedback may be given to `researcher` now, if so."""
        left = self.queries_left
        if left == 0:
            reason = f"all {self.queries} feedback queries of this run are spent; replications still go on"
            return Withheld(reason, 0)
        if self.per_day is not None:
            query = "select count(*) from answers where kind = 'feedback' and researcher = ? and at > ?"
            with _translated(self.path):
                today = int(self._db.execute(query, (researcher, now_us - DAY_US)).fetchone()[0])
            if today >= self.per_day:
                reason = f"{researcher} had {today} scores in 24 hours, at most {self.per_day}; submit again later"
                return Withheld(reason, left)
        return None

    def decisions(self, domain: str) -> dict[str, bytes]:
        """Consensus decisions of every submission answered on `domain`, oldest first, packed bits."""
        query = "select submission, decisions from answers where domain = ? order by seq"
        with _translated(self.path):
            return {str(name): bytes(bits) for name, bits in self._db.execute(query, (domain,))}

    def record(self, row: LedgerRow, decisions: bytes, answer: bytes) -> bytes | Withheld:
        """Spend and store in one durable transaction; `row.seq` is ignored.

        Returns the answer that stands: `answer`, or the one another scorer stored for the same request meanwhile;
        Withheld when the budget went meanwhile.
        """
        with _translated(self.path):
            self._db.execute("begin immediate")
            try:
                standing: bytes | Withheld
                earlier = self.answered(row.submission, row.kind, row.domain)
                refusal = self.withholds(row.researcher, row.at) if row.kind == "feedback" else None
                if earlier:
                    standing = earlier[1]
                elif refusal:
                    standing = refusal
                else:
                    standing = answer
                    columns = "at, submission, kind, domain, researcher, method_snapshot, released, exact"
                    values = [getattr(row, name) for name in columns.split(", ")]
                    insert = f"insert into answers ({columns}, decisions, answer) values ({', '.join('?' * 10)})"
                    self._db.execute(insert, (*values, decisions, answer))
                self._db.execute("commit")
            except BaseException:
                self._db.execute("rollback")
                raise
        return standing

    def rows(self) -> list[LedgerRow]:
        """Every answer, oldest first."""
        names = LedgerRow.__struct_fields__
        with _translated(self.path):
            found = self._db.execute(f"select {', '.join(names)} from answers order by seq").fetchall()
        return [LedgerRow(**dict(zip(names, row, strict=True))) for row in found]

    def close(self) -> None:
        """Close the file; idempotent."""
        self._db.close()


@contextmanager
def _translated(path: Path) -> Iterator[None]:
    try:
        yield
    except sqlite3.Error as e:
        fix = "check the disk's space and rights; never delete the file, it holds what was spent"
        raise BadLedger(f"{path}: {e}; {fix}") from None
