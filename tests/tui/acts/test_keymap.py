"""A person's own keys, and the one sentence that a mistake in them costs."""

import re
from pathlib import Path

import pytest

from aarctl.tui.acts.actions import ACTIONS, BY_ID
from aarctl.tui.acts.keymap import MAX_BYTES, Keymap, read_keymap, remapped, template
from tests.tui.pilot import Tell, inbox, room, said, screen, seen, until, words


def keys(text: str) -> dict[str, str]:
    return {action.id: action.keys for action in remapped(text) if action.keys != BY_ID[action.id].keys}


@pytest.mark.parametrize(
    ("text", "changed"),
    [
        ("", {}),
        ('pause = "f5"', {"pause": "f5"}),
        ('help = "ctrl+h, f1"', {"help": "ctrl+h,f1"}),
        ('pause = "!"', {"pause": "exclamation_mark"}),
        ('pause = "ctrl+?"', {"pause": "ctrl+question_mark"}),
        ('maximise = ","', {"maximise": "comma"}),
        ('pause = ""', {"pause": ""}),
        ('pause = "s"\nsteer = "p"', {"pause": "s", "steer": "p"}),
        ('"go-fleet" = "f1"\ngo-board = "f6"', {"go-fleet": "f1", "go-board": "f6"}),
    ],
)
def test_keys_are_taken_as_they_are_written(text: str, changed: dict[str, str]) -> None:
    assert keys(text) == changed


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ('paus = "p"', "there is no action 'paus'; is it pause?"),
        ('zzzzzz = "p"', "there is no action 'zzzzzz'; the action keymap lists them"),
        ("pause = 3", "pause wants its keys in quotes"),
        ('pause = "hyper space"', "pause = 'hyper space' is no key"),
        ('pause = "p,,q"', "pause = '' is no key"),
        ('pause = "s"', "pause = 's' is the key of steer in the same pane"),
        ('mark = "p"', "mark = 'p' is the key of pause in the same pane"),
        ('pause = "?"', "is the key of help"),
        ("pause =", "it is not TOML"),
        ('[pause]\nkeys = "p"', "pause wants its keys in quotes"),
    ],
)
def test_a_mistake_is_one_sentence_and_the_default_keys_stay(tmp_path: Path, text: str, sentence: str) -> None:
    file = tmp_path / "keymap.toml"
    file.write_text(text)
    found = read_keymap(file)
    assert found.actions == ACTIONS and sentence in found.mistake
    assert found.mistake.startswith("keymap.toml: ") and found.mistake.endswith("The default keys stay.")
    assert "\n" not in found.mistake


def test_a_file_that_cannot_be_read_is_a_sentence_and_none_is_no_mistake(tmp_path: Path) -> None:
    assert read_keymap(tmp_path / "keymap.toml") == Keymap()
    (tmp_path / "folder.toml").mkdir()
    assert "cannot be read" in read_keymap(tmp_path / "folder.toml").mistake
    (tmp_path / "bytes.toml").write_bytes(b"pause = '\xff'")
    assert "is not TOML" in read_keymap(tmp_path / "bytes.toml").mistake
    (tmp_path / "long.toml").write_bytes(b"#" * (MAX_BYTES + 1))
    assert "longer than" in read_keymap(tmp_path / "long.toml").mistake


def test_one_key_may_do_different_things_in_different_panes() -> None:
    assert keys('cancel = "d"\nmark = "d"') == {"cancel": "d", "mark": "d"}


def test_the_written_file_has_every_action_and_means_what_is_so_already() -> None:
    text = template()
    assert remapped(text) == ACTIONS
    uncommented = "\n".join(line[2:] for line in text.split("\n") if re.match(r"# [a-z0-9-]+ = ", line))
    assert remapped(uncommented) == ACTIONS
    assert len(uncommented.split("\n")) == len(ACTIONS)


def test_the_keymap_of_the_document_is_one() -> None:
    page = (Path(__file__).parents[3] / "docs" / "control_room.md").read_text()
    part = page.split("## Your own keys")[1].split("\n## ")[0]
    found = keys("\n".join(line[4:] for line in part.split("\n") if line.startswith("    ")))
    assert found["help"] == "question_mark,f1" and found["freeze"] == ""


async def test_the_file_is_written_into_the_home_once(told: Tell) -> None:
    moment = told("scored s3")
    run = moment.run.parent / "runs" / "demo"
    run.parent.mkdir()
    moment.run.rename(run)
    async with room(moment._replace(run=run)) as pilot:
        await screen(pilot).do("keymap")
        assert "has every action" in said(pilot) and read_keymap(run.parents[1] / "keymap.toml") == Keymap()
        await screen(pilot).do("keymap")
        assert "is there already" in said(pilot)
    async with room(moment._replace(run=run), readonly=True) as pilot:
        await screen(pilot).do("keymap")
        assert "writes nothing" in said(pilot)


async def test_remapped_keys_act_and_are_shown_and_the_old_ones_do_nothing(told: Tell) -> None:
    keymap = Keymap(remapped('pause = "f5"\ndown = "ctrl+n"\nhelp = "f1"'))
    async with room(told("scored s3"), keymap=keymap) as pilot:
        assert "f5 pause" in words(pilot, "keys") and "f1 help" in words(pilot, "keys")
        await pilot.press("down", "j", "p", "question_mark")
        assert screen(pilot).chosen == "r1" and said(pilot) == ""
        await pilot.press("ctrl+n")
        assert screen(pilot).chosen == "r2"
        await pilot.press("f5")
        await until(pilot, lambda: inbox(pilot) == [("pause", {"researcher": "r2", "args": {}})])
        await pilot.press("f1")
        await until(pilot, lambda: "f5" in seen(pilot) and "Help" in seen(pilot))


async def test_a_mistake_is_said_when_the_room_opens(told: Tell) -> None:
    async with room(told("scored s3"), keymap=Keymap(mistake="keymap.toml: wrong. The default keys stay.")) as pilot:
        assert "The default keys stay" in said(pilot)
        await pilot.press("down")
        assert said(pilot) == "" and screen(pilot).chosen == "r2"
