"""The API key: where it is from, who may read it, and that nothing shows it."""

from __future__ import annotations

import logging
import os
import pickle
import stat
import traceback
from pathlib import Path

import pytest

from aarctl.minds.claude import ClaudeError, Key, NoKey, read_key, write_key
from tests.fakes.messages_api import KEY, Break, Cut, MessagesApi, Status, in_order, say, script

from .desk import Desk


def test_the_environment_comes_before_the_file(tmp_path: Path) -> None:
    write_key(tmp_path, "sk-of-the-file")
    assert read_key(tmp_path, {"ANTHROPIC_API_KEY": " sk-of-the-environment\n"}).reveal() == "sk-of-the-environment"
    assert read_key(tmp_path, {"ANTHROPIC_API_KEY": ""}).reveal() == "sk-of-the-file"


def test_a_key_is_written_for_its_owner_alone_and_replaced_whole(tmp_path: Path) -> None:
    old = os.umask(0)
    try:
        file = write_key(tmp_path / "home", "sk-first")
    finally:
        os.umask(old)
    write_key(tmp_path / "home", "sk-second\n")
    assert stat.S_IMODE(file.stat().st_mode) == 0o600 and read_key(tmp_path / "home", {}).reveal() == "sk-second"
    assert [one.name for one in file.parent.iterdir()] == ["key"]


@pytest.mark.parametrize("mode", [0o640, 0o604, 0o644, 0o666])
def test_a_key_that_others_may_read_is_refused_with_the_command_that_mends_it(tmp_path: Path, mode: int) -> None:
    file = write_key(tmp_path, "sk-open")
    file.chmod(mode)
    with pytest.raises(NoKey, match=rf"mode {mode:04o}.*chmod 600") as raised:
        read_key(tmp_path, {})
    assert "sk-open" not in str(raised.value)


def test_a_link_or_a_folder_is_no_key(tmp_path: Path) -> None:
    file = write_key(tmp_path, "sk-there")
    (tmp_path / "a").mkdir()
    (tmp_path / "a" / "key").symlink_to(file)
    (tmp_path / "b" / "key").mkdir(parents=True)
    for home in ("a", "b"):
        with pytest.raises(NoKey):
            read_key(tmp_path / home, {})


@pytest.mark.parametrize("secret", ["", "  ", "sk two", "sk\nX-Header: 1", "sk-ключ", "sk\x00"])
def test_what_cannot_be_a_key_is_refused_without_being_quoted(tmp_path: Path, secret: str) -> None:
    with pytest.raises(NoKey) as raised:
        write_key(tmp_path, secret)
    assert not secret.strip() or secret not in str(raised.value)
    assert not (tmp_path / "key").exists()


def test_a_key_shows_itself_nowhere() -> None:
    key = Key("sk-secret", "ANTHROPIC_API_KEY")
    assert "secret" not in f"{key} {key!r} {[key]} {vars(key) if hasattr(key, '__dict__') else ''}"
    with pytest.raises(TypeError):
        pickle.dumps(key)
    assert key.scrub("Bearer sk-secret!") == "Bearer [key]!"


async def test_the_key_is_in_no_log_no_error_and_no_event(caplog: pytest.LogCaptureFixture) -> None:
    """With every library's debug log on, and a service that repeats the key."""
    caplog.set_level(logging.DEBUG)
    faults = in_order(Cut(), Break(message=f"no {KEY}"), Status(500, "api_error"), Status(400, "x", f"bad key {KEY}"))
    async with MessagesApi(script([say("Yes.")]), faults) as api:
        desk = Desk(api)
        with pytest.raises(ClaudeError) as raised:
            await desk.turn()
        await desk.turn()
    shown = "".join(traceback.format_exception(raised.value))
    assert "[key]" in str(raised.value) and len(caplog.records) > 10
    everything = f"{caplog.text} {shown} {desk.events} {desk.mind!r} {desk.service!r} {vars(desk.service)}"
    assert KEY not in everything
