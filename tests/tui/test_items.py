"""How events read: what a person sees of each kind, and that no kind breaks the transcript."""

import pytest

from aarctl.journal import events as ev
from aarctl.journal.reader import Record
from aarctl.tui.transcript.items import Item, item_of
from aarctl.tui.transcript.payload import arguments, said
from tests.fakes.journals import HOSTILE


def item(event: ev.Event, at: int = 192_000_000, text_of: object = None) -> Item | None:
    return item_of(Record(7, at, event.researcher, event), 1_000_000)


def text(event: ev.Event) -> str:
    found = item(event)
    assert found is not None
    return found.text


def test_what_a_mind_says_is_shown_without_its_json() -> None:
    content = ev.head_of('[{"type":"text","text":"I screen first.\\nThen I train."},{"type":"tool_use"}]')
    event = ev.ModelCompleted(researcher="r1", call="m1", turn=4, content=content, stop="tool_use")
    assert text(event) == "03:11  says  turn 4\nI screen first.\nThen I train."


def test_tool_arguments_are_shown_a_line_each() -> None:
    args = ev.head_of('{"action":"write","path":"method.py","text":"import torch\\n\\ndef train(): ..."}')
    event = ev.ToolRequested(researcher="r1", call="c1", turn=1, tool="files", args=args)
    assert text(event).split("\n")[1:] == [
        "action  write", "path    method.py", "text:", "  import torch", "  ", "  def train(): ...",
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("json", "shown"),
    [
        ('{"command": "ls -l"}', "$ ls -l"),
        ('{"argv": ["python", "-m", "x"]}', "$ python -m x"),
        ('{"cut": "in the mid', '{"cut": "in the mid'),
        ("[1, 2]", "[1, 2]"),
        ("{}", ""),
        ('{"seed": 3, "full": true, "share": 0.25, "none": null}', "seed   3\nfull   yes\nshare  0.25\nnone   none"),
    ],
)  # fmt: skip
def test_arguments(json: str, shown: str) -> None:
    assert arguments(json) == shown


def test_content_that_was_cut_in_the_middle_still_reads() -> None:
    assert said('[{"type":"text","text":"It begins \\"well\\" and') == 'It begins "well" and'


def test_a_failed_tool_says_so_in_words() -> None:
    event = ev.ToolCompleted(
        researcher="r1", call="c1", turn=1, tool="shell", ok=False, output=ev.head_of("no such file")
    )
    assert text(event) == "03:11  ✗ shell  failed\nno such file"


def test_a_steer_is_marked_as_the_persons_words() -> None:
    event = ev.SteerQueued(researcher="r1", steer="g1", text=ev.head_of("Match the steps."), by="ada")
    found = item(event)
    assert found is not None and found.text.startswith("03:11  ada steers") and found.tone == "accent"


def test_a_score_says_when_it_is_unprotected() -> None:
    one = ev.Interval(0.61, 0.52, 0.7)
    event = ev.SubmissionScored(
        researcher="r1", submission="s1", domain="code", released=one, exact=one, protected=False
    )
    assert "s1 scored .61 [.52 .70]" in text(event) and "unprotected" in text(event)


def test_bookkeeping_has_no_item() -> None:
    assert item(ev.BudgetSettled(researcher="r1", turn=1)) is None
    assert item(ev.ResearcherStateChanged(researcher="r1", state="thinking")) is None
    assert item(ev.ResearcherStateChanged(researcher="r1", state="failed", why="no disk")) is not None


SAMPLE: dict[str, object] = {"str": "words", "int": 1, "float": 0.5, "bool": True}


def any_event(kind: type[ev.Event], words: str) -> ev.Event:
    """An event of a kind with `words` wherever it takes a text."""
    values: dict[str, object] = {}
    for name in kind.__struct_fields__:
        hint = str(kind.__annotations__.get(name, ""))
        if hint == "Text":
            values[name] = ev.head_of(words)
        elif hint == "str":
            values[name] = words
        elif hint in ("int", "float"):
            values[name] = 1
        elif hint == "bool":
            values[name] = False
        elif hint == "Interval":
            values[name] = ev.Interval(0.5, 0.4, 0.6)
        elif hint.startswith("list[str]"):
            values[name] = [words]
        elif hint.startswith("list"):
            values[name] = []
        elif "None" in hint and name == "exit_code":
            values[name] = None
    values["v"] = 1
    return kind(**values)


@pytest.mark.parametrize("kind", ev.KINDS.values(), ids=ev.KINDS)
def test_every_kind_reads_and_hostile_words_do_no_harm(kind: type[ev.Event]) -> None:
    for words in HOSTILE:
        found = item(any_event(kind, words))
        if found is not None:
            assert not any((ord(char) < 32 and char != "\n") or 0x7F <= ord(char) < 0xA0 for char in found.text)
            assert "\n" not in found.text[: found.header] and "\u202e" not in found.text
            assert all(0 <= span.start <= span.end <= found.header for span in found.spans)
