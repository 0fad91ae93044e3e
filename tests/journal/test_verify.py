"""Whatever was done to a journal is found and named."""

from __future__ import annotations

import sqlite3
from pathlib import Path

import pytest

from aarctl.journal.blobs import Blobs
from aarctl.journal.chain import GENESIS, link
from aarctl.journal.errors import JournalDamaged, NoJournal
from aarctl.journal.events import ExperimentFinished, ForumPosted, head_of
from aarctl.journal.store import Journal
from aarctl.journal.verify import verify

from .making import post

LONG = "a long story " * 1000


@pytest.fixture
async def sound(run: Path) -> Path:
    """Ten events; the last one has a blob."""
    journal = await Journal.open(run, pid=1)
    await journal.record(*[post(number) for number in range(8)])
    text = await journal.text(LONG)
    await journal.record(ForumPosted(researcher="r1", post="p9", thread="t1", author="r1", title="", text=text))
    await journal.close()
    return run


def tamper(run: Path, *statements: str) -> None:
    db = sqlite3.connect(run / "journal.db")
    for statement in statements:
        db.execute(statement)
    db.commit()
    db.close()


def test_a_sound_journal_tells_its_size_and_head(sound: Path) -> None:
    found = verify(sound)
    assert (found.events, found.blobs, len(found.head)) == (10, 1, 32)
    assert verify(sound, found.head) == found
    assert verify(sound, found.head.upper() + "\n") == found


def test_an_empty_journal_is_sound(run: Path) -> None:
    assert (verify(run).events, verify(run).head) == (0, GENESIS.hex())


@pytest.mark.parametrize(
    "change",
    [
        "at = at + 1",
        "at = at - 1",
        "at = 'noon'",
        "researcher = 'r2'",
        "researcher = x'ff'",
        "researcher = cast(x'ff' as text)",
        "kind = 'forum.read'",
        "kind = 7",
        "body = replace(body, 'hello', 'hullo')",
        "body = cast(body as text)",
        "body = 3.5",
        "chain = x'00112233445566778899aabbccddeeff'",
        "chain = 'text'",
    ],
)
@pytest.mark.parametrize("seq", [2, 5, 9])
def test_an_altered_column_of_any_row_is_found_and_named(sound: Path, change: str, seq: int) -> None:
    tamper(sound, f"update events set {change} where seq = {seq}")
    with pytest.raises(JournalDamaged, match=rf"seq {seq}\b|after seq {seq - 1}\b"):
        verify(sound)


@pytest.mark.parametrize("seq", range(1, 10))
def test_a_removed_row_is_found_and_named(sound: Path, seq: int) -> None:
    tamper(sound, f"delete from events where seq = {seq}")
    with pytest.raises(JournalDamaged, match=f"seq {seq} is missing"):
        verify(sound)


def test_a_removed_row_is_found_also_when_the_rest_moves_up(sound: Path) -> None:
    tamper(
        sound,
        "delete from events where seq = 4",
        "update events set seq = -seq where seq > 4",
        "update events set seq = -seq - 1 where seq < 0",
    )
    with pytest.raises(JournalDamaged, match="seq 4 "):
        verify(sound)


def test_an_inserted_row_is_found_and_named(sound: Path) -> None:
    tamper(
        sound,
        "update events set seq = -seq where seq > 4",
        "update events set seq = -seq + 1 where seq < 0",
        "insert into events select 5, at, researcher, kind, body, chain from events where seq = 4",
    )
    with pytest.raises(JournalDamaged, match="seq 5 "):
        verify(sound)


def test_a_row_before_the_first_is_found(sound: Path) -> None:
    tamper(sound, "insert into events select -3, at, researcher, kind, body, chain from events where seq = 1")
    with pytest.raises(JournalDamaged, match="seq 1 is missing: the row after 0 is -3"):
        verify(sound)


def test_two_rows_that_changed_places_are_found(sound: Path) -> None:
    tamper(
        sound,
        "update events set seq = -1 where seq = 4",
        "update events set seq = 4 where seq = 5",
        "update events set seq = 5 where seq = -1",
    )
    with pytest.raises(JournalDamaged, match="seq 4 "):
        verify(sound)


def test_a_cut_tail_shows_only_against_a_head_kept_elsewhere(sound: Path) -> None:
    head = verify(sound).head
    tamper(sound, "delete from events where seq > 7")
    shorter = verify(sound)
    assert shorter.events == 7
    with pytest.raises(JournalDamaged, match=f"head {head} is not in this journal"):
        verify(sound, expect=head)


async def test_a_journal_that_grew_since_still_holds_its_old_head(sound: Path) -> None:
    head = verify(sound).head
    journal = await Journal.open(sound, pid=2)
    await journal.close()
    assert verify(sound, expect=head).events == 11


def rewritten(run: Path, body: bytes, kind: str = "forum.posted") -> None:
    """Alter row 10 and make the chain fit: what someone can do who knows how it is made."""
    db = sqlite3.connect(run / "journal.db")
    (before,) = db.execute("select chain from events where seq = 9").fetchone()
    at, who = db.execute("select at, researcher from events where seq = 10").fetchone()
    chain = link(before, 10, at, who, kind, body)
    db.execute("update events set kind = ?, body = ?, chain = ? where seq = 10", (kind, body, chain))
    db.commit()
    db.close()


def test_a_kind_that_this_version_does_not_know_is_named(sound: Path) -> None:
    rewritten(sound, b'{"kind":"run.exploded"}', "run.exploded")
    with pytest.raises(JournalDamaged, match=r"seq 10: kind 'run\.exploded' is unknown"):
        verify(sound)


@pytest.mark.parametrize("harm", ["missing", "altered"])
def test_a_blob_that_is_missing_or_altered_is_found_with_the_row_that_names_it(sound: Path, harm: str) -> None:
    blobs = Blobs(sound / "blobs")
    path = blobs.path(blobs.put(LONG.encode()))
    if harm == "missing":
        path.unlink()
    else:
        path.write_bytes(blobs.path(blobs.put(b"other")).read_bytes())
    with pytest.raises(JournalDamaged, match="seq 10: blob"):
        verify(sound)


async def test_an_untrusted_result_that_speaks_of_blobs_is_no_damage(run: Path) -> None:
    journal = await Journal.open(run, pid=1)
    await journal.record(
        ExperimentFinished(
            researcher="r1", experiment="x1", outcome="done", exit_code=0,
            tail=head_of(f'"blob":"{"ab" * 32}"'), result={"blob": "ab" * 32},
        )
    )  # fmt: skip
    await journal.close()
    assert verify(run).blobs == 0


def test_a_page_that_is_garbage_is_said_as_damage(sound: Path) -> None:
    tamper(sound, "pragma user_version")  # opens and closes: the WAL is in the file now
    file = sound / "journal.db"
    data = bytearray(file.read_bytes())
    data[4096 : 8 * 4096] = b"\xa5" * (7 * 4096)
    file.write_bytes(data)
    with pytest.raises(JournalDamaged):
        verify(sound)


def test_no_journal_is_said_as_such(tmp_path: Path) -> None:
    with pytest.raises(NoJournal):
        verify(tmp_path)


def test_a_field_lends_no_characters_to_the_next() -> None:
    assert link(GENESIS, 1, 1, "ab", "c", b"d") != link(GENESIS, 1, 1, "a", "bc", b"d")
    assert link(GENESIS, 1, 1, "a", "bc", b"d") != link(GENESIS, 1, 1, "a", "b", b"cd")
