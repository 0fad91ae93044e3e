"""Checkpoints are a cache: never believed when they cannot be understood."""

from __future__ import annotations

import sqlite3
from pathlib import Path

import pytest
import zstandard

from aarctl.journal import checkpoints
from aarctl.journal.reader import JournalReader
from aarctl.journal.state import RunState
from aarctl.journal.store import Journal

from .making import post


@pytest.fixture
async def long_run(run: Path) -> Path:
    journal = await Journal.open(run, pid=1)
    journal.note(*[post(number) for number in range(checkpoints.EVERY * 2 + 10)])
    await journal.close()
    return run


def replace(run: Path, packed: object, where: str = "true") -> None:
    with sqlite3.connect(run / "journal.db") as db:
        db.execute(f"update checkpoints set state = ? where {where}", (packed,))
    db.close()


def test_the_nearest_one_before_a_seq_is_used(long_run: Path) -> None:
    with JournalReader(long_run) as reader:
        state = checkpoints.nearest(reader._db, checkpoints.EVERY * 2 - 1)
        assert state.seq == checkpoints.EVERY
        assert checkpoints.nearest(reader._db, checkpoints.EVERY - 1) == RunState()


@pytest.mark.parametrize(
    "packed",
    [
        b"",
        "text",
        7,
        checkpoints.mark() + b"not zstd",
        checkpoints.mark() + zstandard.ZstdCompressor().compress(b"\xc1 no msgpack"),
        checkpoints.mark() + zstandard.ZstdCompressor().compress(b"\x81\xa3seq\xa4many"),
        b"oldfold!" + checkpoints.pack(RunState(seq=checkpoints.EVERY * 2))[8:],
        checkpoints.pack(RunState(seq=3, note="of another seq")),
    ],
)
def test_one_that_cannot_be_read_or_is_of_another_fold_is_ignored(long_run: Path, packed: object) -> None:
    with JournalReader(long_run) as reader:
        true = reader.state()
    replace(long_run, packed, f"seq = {checkpoints.EVERY * 2}")
    with JournalReader(long_run) as reader:
        assert checkpoints.nearest(reader._db, reader.last_seq()).seq == checkpoints.EVERY
        assert reader.state() == true
    replace(long_run, packed)
    with JournalReader(long_run) as reader:
        assert reader.state() == true


async def test_a_supervisor_opens_without_any(long_run: Path) -> None:
    replace(long_run, b"")
    journal = await Journal.open(long_run, pid=2)
    assert journal.state.epoch == 2
    assert journal.state.threads["t1"].posts == checkpoints.EVERY * 2 + 10
    await journal.close()


def test_a_copy_shares_nothing() -> None:
    state = RunState(seq=1, held_out=["math"])
    other = checkpoints.copy(state)
    other.held_out.append("code")
    assert state == RunState(seq=1, held_out=["math"])
