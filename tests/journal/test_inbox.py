"""What people ask for: waits, is copied once, and never wedges the supervisor."""

from __future__ import annotations

import sqlite3
from pathlib import Path

import pytest

from aarctl.journal.errors import NoJournal
from aarctl.journal.events import CommandRequested
from aarctl.journal.inbox import MAX_BODY_BYTES, ask
from aarctl.journal.reader import JournalReader
from aarctl.journal.store import Journal


async def copy(journal: Journal) -> int:
    """What a supervisor does with its inbox."""
    rows = await journal.inbox()
    for row in rows:
        await journal.record(
            CommandRequested(
                researcher=row.researcher, command=journal.next_id("c"), inbox=row.id, by=row.by, verb=row.verb,
                args=row.args,
            )
        )  # fmt: skip
    return len(rows)


async def test_a_command_is_copied_exactly_once_also_by_the_next_supervisor(run: Path) -> None:
    ask(run, "pause", "r1", by="ada")
    ask(run, "steer", "r1", by="ada", text="look at the prior")
    journal = await Journal.open(run, pid=1)
    assert [(row.verb, row.args) for row in await journal.inbox()] == [
        ("pause", {}), ("steer", {"text": "look at the prior"}),
    ]  # fmt: skip
    assert await copy(journal) == 2
    assert await copy(journal) == 0
    await journal.close()
    ask(run, "resume", by="ada")
    journal = await Journal.open(run, pid=2)
    assert await copy(journal) == 1
    await journal.close()
    with JournalReader(run) as reader:
        copied = [record.event.inbox for record in reader.records(kinds=("command.requested",))]
    assert copied == [1, 2, 3]


@pytest.mark.parametrize(
    ("kind", "body"),
    [
        ("pause", "not json"),
        ("pause", "[1]"),
        ("pause", '{"args": {"text": 3}}'),
        ("pause", b"\xff\xfe"),
        ("pause", 12),
        ("pause", '{"args": {"text": "' + "x" * MAX_BODY_BYTES + '"}}'),
        ("explode", "{}"),
        (b"\xff", "{}"),
    ],
)
async def test_a_row_that_makes_no_sense_does_not_stop_the_rows_behind_it(
    run: Path, kind: object, body: object
) -> None:
    with sqlite3.connect(run / "journal.db") as db:
        db.execute("insert into inbox(at, by, kind, body) values (0, ?, ?, ?)", (b"\xe9ve", kind, body))
    db.close()
    ask(run, "stop", by="ada")
    journal = await Journal.open(run, pid=1)
    rows = await journal.inbox()
    assert rows[1].verb == "stop"
    assert "unreadable" in rows[0].args or rows[0].verb not in ("pause", "stop")
    assert await copy(journal) == 2
    assert await copy(journal) == 0
    await journal.close()


async def test_text_that_was_stored_as_invalid_utf8_does_not_stop_it_either(run: Path) -> None:
    with sqlite3.connect(run / "journal.db") as db:
        db.execute("insert into inbox(at, by, kind, body) values (0, 'x', cast(x'ff' as text), cast(x'ff' as text))")
    db.close()
    journal = await Journal.open(run, pid=1)
    assert await copy(journal) == 1
    await journal.close()


def test_an_unknown_verb_is_refused_with_the_known_ones(run: Path) -> None:
    with pytest.raises(ValueError, match="use one of pause, freeze, resume"):
        ask(run, "explode")


def test_a_text_too_long_for_a_command_is_refused(run: Path) -> None:
    with pytest.raises(ValueError, match="at most 262144"):
        ask(run, "steer", "r1", text="x" * MAX_BODY_BYTES)


def test_a_run_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(NoJournal, match="aarctl runs"):
        ask(tmp_path / "nowhere", "pause")
    assert not (tmp_path / "nowhere").exists()


async def test_an_argument_that_was_not_utf8_on_the_command_line_is_kept(run: Path) -> None:
    ask(run, "steer", "r1", text="caf\udce9")
    journal = await Journal.open(run, pid=1)
    (row,) = await journal.inbox()
    assert row.args == {"text": "caf\ufffd"}
    assert row.by
    await journal.close()
