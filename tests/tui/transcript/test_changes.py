"""Diffs in the transcript: what a call changes in a file, line by line, and what a line of it looks like."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.style import Style

from aarctl.journal import events as ev
from aarctl.journal.reader import Record
from aarctl.tui.transcript.items import NO_DIFF, Item, item_of
from aarctl.tui.transcript.model import Layout, Row
from aarctl.tui.transcript.reading.changes import CONTEXT, change, diff, unified_from
from aarctl.tui.transcript.segments import Mark, over, segments_of
from aarctl.tui.transcript.wrap import wrap
from tests.fakes.journals import HOSTILE


def call(tool: str = "files", cut: int | None = None, **args: object) -> Item:
    text = json.dumps(args)[:cut]
    event = ev.ToolRequested(researcher="r1", call="c1", turn=1, tool=tool, args=ev.head_of(text))
    found = item_of(Record(7, 9, "r1", event), 1)
    assert found is not None
    return found


def body(item: Item) -> list[str]:
    return item.text[item.header + 1 :].split("\n")


def tones(item: Item, width: int = 60) -> list[tuple[str, str]]:
    """(tone, text) of the first toned segment of every line of the body."""
    start = item.header + 1
    lines = [(start + a, start + b) for a, b in wrap(item.text[start:], width)]
    found = []
    for at in range(len(lines)):
        parts = segments_of(Row(item, at), Layout(lines, 0, 0), lambda name: Style(meta={"tone": name}), Style())
        _, *rest = parts
        found += [(rest[0].style.meta["tone"], "".join(part.text for part in rest))] if rest and rest[0].style else []
    return found


def test_a_replacement_shows_what_goes_and_what_comes() -> None:
    item = call(action="replace", path="m/method.py", old="a\nlr = 1\nz", text="a\nlr = 3\nz")
    assert body(item) == ["replace  m/method.py", " a", "-lr = 1", "+lr = 3", " z"]
    assert tones(item)[1:] == [("plain", " a"), ("bad", "-lr = 1"), ("good", "+lr = 3"), ("plain", " z")]


def test_a_new_file_and_an_insertion_are_all_new() -> None:
    assert body(call(action="create", path="a.py", text="x = 1\ny = 2\n")) == ["create  a.py", "+x = 1", "+y = 2"]
    assert body(call(action="insert", path="a.py", line=4, text="z\n")) == ["insert  a.py, after line 4", "+z"]
    assert body(call(action="insert", path="a.py", text="z")) == ["insert  a.py, at the top", "+z"]
    assert body(call(action="create", path="empty", text="")) == ["create  empty"]


def test_a_call_that_was_cut_shows_as_much_as_there_is() -> None:
    item = call(cut=120, action="create", path="a.py", text="\n".join(f"line {at}" for at in range(99)))
    shown = body(item)
    assert shown[:3] == ["create  a.py", "+line 0", "+line 1"] and 5 < len(shown) < 20


@pytest.mark.parametrize("args", [{"action": "view", "path": "a"}, {"action": "replace", "path": 3, "old": "x"}, {}])
def test_other_calls_are_no_diffs(args: dict[str, object]) -> None:
    assert change(args) is None and call(**args).diff == NO_DIFF


def test_a_wrapped_line_keeps_the_tone_of_its_beginning() -> None:
    item = call(action="create", path="a.py", text="-" + "long words " * 12)
    assert len(tones(item, 30)) > 4 and {tone for tone, _ in tones(item, 30)[1:]} == {"good"}


def test_a_diff_of_snapshots_is_one_too() -> None:
    text = "--- 0123/method.py\n+++ 4567/method.py\n@@ -1 +1 @@\n-a\n+b\n c"
    event = ev.ToolCompleted(researcher="r1", call="c1", turn=1, tool="snapshots", ok=True, output=ev.head_of(text))
    item = item_of(Record(7, 9, "r1", event), 1)
    assert item is not None
    assert [tone for tone, _ in tones(item)] == ["bad", "good", "dim", "bad", "good", "plain"]
    assert unified_from("they are the same") is None


LINES = st.lists(st.sampled_from(["a", "b", "", "- c", "+d", " e"]), max_size=9)


@given(LINES, LINES)
def test_the_lines_of_a_diff_make_the_change(old: list[str], new: list[str]) -> None:
    lines = diff(old, new)
    kept = [line[1:] for line in lines if line[0] in " -"]
    made = [line[1:] for line in lines if line[0] in " +"]
    assert any(old[at : at + len(kept)] == kept and old[:at] + made + old[at + len(kept) :] == new
               for at in range(len(old) + 1))  # fmt: skip
    assert sum(line[0] == " " for line in lines) <= 2 * CONTEXT


@given(LINES)
def test_nothing_changed_is_no_diff_but_its_end(same: list[str]) -> None:
    assert all(line[0] == " " for line in diff(same, same))


@pytest.mark.parametrize("words", HOSTILE)
def test_hostile_text_stays_in_its_line_of_the_diff(words: str) -> None:
    words = words[:1000]  # a row keeps 4 KB of the call
    item = call(action="replace", path=f"a{words}", old=f"x\n{words}", text=f"{words}\ny")
    first = item.text[item.diff] if item.diff < len(item.text) else "+"
    assert first in "+- " and item.text[item.diff - 1] == "\n"
    assert "\n" not in item.text[item.header + 1 : item.diff - 1]
    assert {tone for tone, _ in tones(item)[1:]} <= {"plain", "good", "bad", "dim"}


def test_marks_lie_over_tones_and_keep_every_character() -> None:
    item = call(action="create", path="a.py", text="weak labels lie")
    start = item.header + 1
    lines = [(start + a, start + b) for a, b in wrap(item.text[start:], 60)]
    at = item.diff
    marks = [Mark(at + 1, at + 5, Style(reverse=True)), Mark(at + 3, at + 9, Style(bold=True))]
    parts = segments_of(Row(item, 1), Layout(lines, 0, 0), lambda name: Style(), Style(), marks)
    assert "".join(part.text for part in parts).strip() == "+weak labels lie"
    lit = [(part.text, bool(part.style and part.style.reverse), bool(part.style and part.style.bold)) for part in parts]
    assert lit[1:] == [
        ("+", False, False), ("we", True, False), ("ak", True, True), (" lab", False, True), ("els lie", False, False),
    ]  # fmt: skip


def test_a_segment_laid_over_a_wide_character_keeps_the_width() -> None:
    from rich.segment import Segment
    from textual.strip import Strip

    strip = Strip([Segment("ab弱い")])
    for at in range(5):
        assert over(strip, Segment("★"), at).cell_length == strip.cell_length
