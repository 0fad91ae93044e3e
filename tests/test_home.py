"""The home: its id is drawn once, whoever asks, and says when it was damaged."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from aarctl.home import ID, BadHomeId, Home

ASK = "import sys; from pathlib import Path; from aarctl.home import Home; print(Home(Path(sys.argv[1])).id)"


def test_a_home_keeps_the_id_that_was_drawn_first(tmp_path: Path) -> None:
    first = Home(tmp_path / "home").id
    assert ID.match(first)
    assert Home(tmp_path / "home").id == first
    assert [path.name for path in (tmp_path / "home").iterdir()] == ["id"]


def test_two_homes_have_two_ids(tmp_path: Path) -> None:
    assert Home(tmp_path / "a").id != Home(tmp_path / "b").id


def test_processes_that_ask_at_once_get_one_answer(tmp_path: Path) -> None:
    argv = [sys.executable, "-c", ASK, str(tmp_path / "home")]
    asking = [subprocess.Popen(argv, stdout=subprocess.PIPE, text=True) for _ in range(8)]
    assert len({process.communicate()[0] for process in asking}) == 1
    assert [path.name for path in (tmp_path / "home").iterdir()] == ["id"]


@pytest.mark.parametrize("text", ["", "0123", "0123456789ABCDEF", "0123456789abcdef0"])
def test_a_damaged_id_is_refused_with_the_way_out(tmp_path: Path, text: str) -> None:
    (tmp_path / "id").write_text(text)
    with pytest.raises(BadHomeId, match="delete it for a new id"):
        assert Home(tmp_path).id
