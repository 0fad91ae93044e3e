"""`aarctl key`: kept for its owner alone, said where it is from, and never shown."""

from __future__ import annotations

import os
import pty
import stat
import subprocess
import sys

import msgspec
import pytest
from typer.testing import CliRunner, Result

from aarctl.cli import money_shapes
from aarctl.cli.main import application
from aarctl.home import Home
from aarctl.minds.claude import read_key

from .conftest import Aarctl

SECRET = "sk-ant-a-secret-that-nobody-sees"


@pytest.fixture(autouse=True)
def _no_key_of_this_machine(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("ANTHROPIC_API_KEY", raising=False)


def keep(text: str) -> Result:
    """`aarctl key set` with `text` on stdin."""
    return CliRunner().invoke(application(), ["key", "set"], input=text, prog_name="aarctl")


def test_a_piped_key_is_kept_for_its_owner_alone_and_not_repeated(home: Home) -> None:
    done = keep(f"{SECRET}\n")
    assert done.exit_code == 0, done.output
    file = home.root / "key"
    assert stat.S_IMODE(file.stat().st_mode) == 0o600 and read_key(home.root, {}).reveal() == SECRET
    assert str(file) in done.stdout and SECRET not in done.output


def test_a_typed_key_is_asked_for_on_the_terminal_and_echoed_nowhere(home: Home) -> None:
    ours, theirs = pty.openpty()
    shell = subprocess.Popen(
        [sys.executable, "-m", "aarctl.cli", "key", "set"], stdin=theirs, stdout=theirs, stderr=theirs,
        start_new_session=True, close_fds=True,
    )  # fmt: skip
    os.close(theirs)
    seen = b""
    while not seen.endswith(b": "):
        seen += os.read(ours, 1024)
    os.write(ours, f"{SECRET}\n".encode())
    while True:
        try:
            more = os.read(ours, 1024)
        except OSError:  # Linux: the other side has closed it
            break
        if not more:
            break
        seen += more
    os.close(ours)
    assert shell.wait(30) == 0, seen
    assert b"API key: " in seen and b"kept in" in seen and SECRET.encode() not in seen
    assert read_key(home.root, {}).reveal() == SECRET


@pytest.mark.parametrize(
    ("text", "words"),
    [("", "empty"), ("\n \n", "empty"), ("sk-one\nsk-two\n", "2 lines"), ("sk one\n", "no API key"),
     ("sk-\u00fcml\n", "no API key")],
)  # fmt: skip
def test_what_is_no_key_is_refused_and_the_old_one_stays(home: Home, text: str, words: str) -> None:
    keep(SECRET)
    done = keep(text)
    assert done.exit_code == 1 and words in done.stderr and "Traceback" not in done.output
    assert not any(line.strip() and line.strip() in done.output for line in text.splitlines())
    assert read_key(home.root, {}).reveal() == SECRET


def test_the_environment_stands_before_the_file_and_every_command_says_so(
    home: Home, aarctl: Aarctl, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ANTHROPIC_API_KEY", "sk-of-the-environment")
    assert "ANTHROPIC_API_KEY is set and stands before it" in keep(SECRET).stderr
    shown = aarctl("key", "check").stdout
    assert shown == f"there is a key, from ANTHROPIC_API_KEY; it stands before {home.root / 'key'}\n"
    assert "ANTHROPIC_API_KEY is still set" in aarctl("key", "forget").stderr


def test_whether_there_is_a_key_is_said_and_the_key_is_not(home: Home, aarctl: Aarctl) -> None:
    none = aarctl("key", "check")
    assert none.exit_code == 1 and none.stderr.count("\n") == 1
    assert "`aarctl key set`" in none.stderr and "ANTHROPIC_API_KEY" in none.stderr
    keep(SECRET)
    assert aarctl("key", "check").stdout == f"there is a key, from {home.root / 'key'}\n"
    found = msgspec.json.decode(aarctl("key", "check", "--json").stdout, type=money_shapes.KeyFound)
    assert found == money_shapes.KeyFound(there=True, source=str(home.root / "key"), kept=True, problem="")


def test_a_key_that_others_may_read_is_named_with_the_command_that_mends_it(home: Home, aarctl: Aarctl) -> None:
    keep(SECRET)
    (home.root / "key").chmod(0o644)
    done = aarctl("key", "check", "--json")
    assert done.exit_code == 1 and "chmod 600" in done.stderr
    found = msgspec.json.decode(done.stdout, type=money_shapes.KeyFound)
    assert (found.there, found.source, found.kept) == (False, None, True) and "chmod 600" in found.problem


def test_a_forgotten_key_is_gone(home: Home, aarctl: Aarctl) -> None:
    keep(SECRET)
    assert aarctl("key", "forget").stdout == f"{home.root / 'key'} is removed\n"
    assert not (home.root / "key").exists() and aarctl("key", "check").exit_code == 1
    assert "nothing to forget" in aarctl("key", "forget").stdout
