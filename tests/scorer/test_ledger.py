"""The ledger: one row and one query per submission, whoever writes it and however often."""

import os
import signal
import sqlite3
import stat
from pathlib import Path

import pytest

from aarctl.scorer.errors import BadLedger
from aarctl.scorer.ledger import DAY_US, Ledger
from aarctl.scorer.protocol import Kind, LedgerRow, Withheld


def row(
    submission: str, kind: Kind = "feedback", domain: str = "code", researcher: str = "r1", at: int = 1
) -> LedgerRow:
    released = 0.5 if kind == "feedback" else None
    return LedgerRow(
        seq=0, at=at, submission=submission, kind=kind, domain=domain, researcher=researcher,
        method_snapshot="aa", released=released, exact=0.5,
    )  # fmt: skip


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "demo" / "ledger.db"


def test_the_first_answer_stands_and_is_charged_once(path: Path) -> None:
    ledger = Ledger(path, queries=5)
    assert ledger.record(row("s1"), b"", b"first") == b"first"
    assert ledger.record(row("s1"), b"", b"second") == b"first"
    assert ledger.answered("s1", "feedback", "code") == ("aa", b"first")
    assert (ledger.spent(), ledger.queries_left) == (1, 4)


def test_kind_and_domain_are_part_of_the_name_and_replications_are_free(path: Path) -> None:
    ledger = Ledger(path, queries=1)
    for kind, domain in (("feedback", "code"), ("replication", "code"), ("replication", "math")):
        assert ledger.record(row("s1", kind, domain), b"", f"{kind} {domain}".encode()) == f"{kind} {domain}".encode()  # type: ignore[arg-type]
    assert (ledger.spent(), len(ledger.rows())) == (1, 3)


def test_a_budget_that_went_meanwhile_withholds_instead_of_overspending(path: Path) -> None:
    mine, other = Ledger(path, queries=1), Ledger(path, queries=1)
    assert mine.withholds("r1", 1) is None
    other.record(row("s1"), b"", b"x")
    assert isinstance(mine.record(row("s2"), b"", b"y"), Withheld)
    assert mine.spent() == 1


def test_a_day_later_the_daily_limit_is_open_again(path: Path) -> None:
    ledger = Ledger(path, queries=9, per_day=1)
    ledger.record(row("s1", at=10), b"", b"x")
    assert ledger.withholds("r1", 10 + DAY_US - 1) is not None
    assert ledger.withholds("r1", 10 + DAY_US) is None


def test_a_killed_writer_leaves_all_or_nothing(path: Path) -> None:
    Ledger(path, queries=99).close()
    for trial in range(20):
        child = os.fork()
        if child == 0:
            ledger = Ledger(path, queries=99)
            ledger.record(row(f"s{trial}"), b"bits", b"answer")
            os.kill(os.getpid(), signal.SIGKILL if trial % 2 else signal.SIGSTOP)
            os._exit(1)
        os.waitpid(child, os.WUNTRACED)
        if not trial % 2:
            os.kill(child, signal.SIGKILL)
            os.waitpid(child, 0)
        assert Ledger(path, queries=99).answered(f"s{trial}", "feedback", "code") == ("aa", b"answer")
    assert [r.seq for r in Ledger(path, queries=99).rows()] == list(range(1, 21))


def test_commits_are_durable(path: Path) -> None:
    ledger = Ledger(path, queries=1)
    assert ledger._db.execute("pragma synchronous").fetchone() == (2,)
    assert ledger._db.execute("pragma journal_mode").fetchone() == ("wal",)


def test_the_ledgers_folder_is_the_owners_alone(path: Path) -> None:
    Ledger(path, queries=1)
    assert stat.S_IMODE(path.parent.stat().st_mode) == 0o700


def test_a_damaged_ledger_is_named_and_never_replaced(path: Path) -> None:
    path.parent.mkdir()
    path.write_bytes(b"not a database" * 100)
    with pytest.raises(BadLedger, match="never delete"):
        Ledger(path, queries=1)
    assert path.read_bytes().startswith(b"not a database")
    with pytest.raises(sqlite3.DatabaseError):
        sqlite3.connect(path).execute("select 1 from answers")


def test_decisions_come_back_per_domain_oldest_first(path: Path) -> None:
    ledger = Ledger(path, queries=9)
    ledger.record(row("s2"), b"\1", b"")
    ledger.record(row("s1"), b"\2", b"")
    ledger.record(row("s3", "replication", "math"), b"\3", b"")
    assert list(ledger.decisions("code").items()) == [("s2", b"\1"), ("s1", b"\2")]
