"""What a person gets wrong: one sentence with the way out, no traceback, the right exit code."""

from __future__ import annotations

import pytest

from .conftest import QUICKSTART, Aarctl, Runs, opening

READING = ("status", "board", "budget", "forum", "attach", "replay")


@pytest.mark.parametrize("command", READING)
def test_a_run_that_is_not_there_is_named_with_where_to_look(aarctl: Aarctl, command: str) -> None:
    done = aarctl(command, "nowhere")
    assert done.exit_code == 1
    assert "nowhere" in done.stderr and "`aarctl run" in done.stderr
    assert done.stderr.count("\n") == 1 and "Traceback" not in done.output


@pytest.mark.parametrize("name", ["../x", "UPPER", "a b", ""])
def test_a_bad_name_is_refused(aarctl: Aarctl, name: str) -> None:
    done = aarctl("status", name)
    assert done.exit_code in (1, 2) and "Traceback" not in done.output


def test_a_corrupt_journal_is_an_error_not_a_traceback(aarctl: Aarctl, runs: Runs) -> None:
    paths = runs.whole("demo")
    paths.journal.write_bytes(b"not a database at all" * 100)
    for suffix in ("-wal", "-shm"):
        paths.journal.with_name(f"journal.db{suffix}").unlink(missing_ok=True)
    for command in ("status", "board"):
        done = aarctl(command, "demo")
        assert done.exit_code == 1 and "Traceback" not in done.output
    assert aarctl("journal", "verify", "demo").exit_code == 1


def test_an_altered_row_fails_verification_and_is_named(aarctl: Aarctl, runs: Runs) -> None:
    import sqlite3

    paths = runs.whole("demo")
    assert aarctl("journal", "verify", "demo").exit_code == 0
    db = sqlite3.connect(paths.journal)
    db.execute(
        "update events set body = cast(replace(cast(body as text), 'vanilla', 'chilled') as blob) "
        "where kind = 'submission.received'"
    )
    db.commit()
    db.close()
    done = aarctl("journal", "verify", "demo")
    assert done.exit_code == 1 and "submission.received" in done.stderr


def test_an_unknown_researcher_is_named_with_those_there_are(aarctl: Aarctl, runs: Runs) -> None:
    runs.make("demo", *opening())
    for asked in (("log", "demo", "r9"), ("pause", "demo", "r9"), ("steer", "demo", "r9", "hello")):
        done = aarctl(*asked)
        assert done.exit_code == 1 and "r9" in done.stderr and "r1" in done.stderr


@pytest.mark.parametrize("words", [("dance",), ("status",), ("run",), ("run", "a.toml", "--resume", "b")])
def test_bad_usage_exits_with_2(aarctl: Aarctl, words: tuple[str, ...]) -> None:
    assert aarctl(*words).exit_code == 2


def test_a_bad_recipe_is_explained_with_its_line(aarctl: Aarctl, tmp_path: object) -> None:
    path = QUICKSTART.parent / "nothing.toml"
    assert aarctl("validate", str(path)).exit_code in (1, 2)
    done = aarctl("validate", str(QUICKSTART), "--set", "scorer.queries=9999")
    assert done.exit_code == 1 and "scorer.queries" in done.stderr and "9999" in done.stderr
    assert aarctl("validate", str(QUICKSTART)).exit_code == 0


def test_a_taken_name_is_refused(aarctl: Aarctl, runs: Runs) -> None:
    runs.whole("demo")
    done = aarctl("run", str(QUICKSTART), "--name", "demo", "--headless")
    assert done.exit_code == 1 and "demo" in done.stderr and "--resume demo" in done.stderr


def test_resuming_a_finished_run_says_so_and_exits_with_0(aarctl: Aarctl, runs: Runs) -> None:
    runs.whole("demo")
    done = aarctl("run", "--resume", "demo", "--headless")
    assert done.exit_code == 0 and "finished" in done.stdout
