"""What the room remembers of a run: in a file of its own, shared by rooms, never in the journal."""

from __future__ import annotations

import os
import stat
from pathlib import Path

import pytest

from aarctl.tui.person.memory import FILE, Memory


def test_what_is_put_is_there_for_the_next_room(tmp_path: Path) -> None:
    Memory(tmp_path).put("seen", {"seq": 7, "at": 9})
    assert Memory(tmp_path).get("seen") == {"seq": 7, "at": 9}
    assert [path.name for path in tmp_path.iterdir()] == [FILE]


def test_two_rooms_keep_what_the_other_has_put(tmp_path: Path) -> None:
    one, other = Memory(tmp_path), Memory(tmp_path)
    one.put("seen", 1)
    other.put("bookmarks", [4])
    assert Memory(tmp_path).get("seen") == 1 and Memory(tmp_path).get("bookmarks") == [4]


def test_a_name_is_claimed_once_by_whichever_room_comes_first(tmp_path: Path) -> None:
    one, other = Memory(tmp_path), Memory(tmp_path)
    assert one.claim("announced", ["flag f1", "flag f2", "flag f2"]) == ["flag f1", "flag f2"]
    assert other.claim("announced", ["flag f2", "flag f3"]) == ["flag f3"]
    assert Memory(tmp_path).claim("announced", ["flag f1", "flag f3"]) == []


def test_only_the_last_claims_are_kept(tmp_path: Path) -> None:
    memory = Memory(tmp_path)
    memory.claim("announced", [f"x{number}" for number in range(9)], keep=3)
    assert memory.get("announced") == ["x6", "x7", "x8"]


def test_a_read_only_room_remembers_and_writes_nothing(tmp_path: Path) -> None:
    memory = Memory(tmp_path, readonly=True)
    memory.put("seen", 1)
    assert memory.get("seen") == 1
    assert memory.claim("announced", ["a"]) == ["a"] and memory.claim("announced", ["a"]) == []
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("damage", [b"", b"[1, 2]", b"\xff\x00", b'{"seen": ', b"[" * 100_000])
def test_a_damaged_file_is_as_good_as_none(tmp_path: Path, damage: bytes) -> None:
    (tmp_path / FILE).write_bytes(damage)
    memory = Memory(tmp_path)
    assert memory.get("seen") is None
    memory.put("seen", 3)
    assert Memory(tmp_path).get("seen") == 3


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write anywhere")
def test_a_run_that_cannot_be_written_is_remembered_in_the_persons_own_folder(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    run = tmp_path / "run"
    run.mkdir()
    run.chmod(stat.S_IRUSR | stat.S_IXUSR)
    Memory(run).put("seen", 1)
    assert Memory(run).get("seen") == 1 and list(run.iterdir()) == []


def test_a_folder_that_went_away_costs_the_memory_and_nothing_else(tmp_path: Path) -> None:
    run = tmp_path / "run"
    run.mkdir()
    memory = Memory(run)
    run.rmdir()
    run.write_text("now a file")
    memory.put("seen", 1)
    assert memory.get("seen") == 1
