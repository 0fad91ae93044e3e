"""How events read: what a person sees of each kind, and that no kind breaks the transcript."""

import msgspec
import pytest

from aarctl.journal import events as ev
from aarctl.journal.reader import Record
from aarctl.tui.transcript.items import Item, item_of
from aarctl.tui.transcript.payload import answer, arguments
from tests.fakes.journals import HOSTILE
from tests.tui.story import any_event


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
        ('{"cut": "in the mid', "cut  in the mid"),
        ('{"seed": 3, "text": "it \\"ends\\" in an escape \\u00', 'seed  3\ntext  it "ends" in an escape '),
        ('{"seed": 3, "le', "seed  3"),
        ('{"le', '{"le'),
        ("[1, 2]", "[1, 2]"),
        ("{}", ""),
        ('{"seed": 3, "full": true, "share": 0.25, "none": null}', "seed   3\nfull   yes\nshare  0.25\nnone   none"),
    ],
)  # fmt: skip
def test_arguments(json: str, shown: str) -> None:
    assert arguments(json) == shown


def test_content_that_was_cut_in_the_middle_still_reads() -> None:
    assert answer('[{"type":"text","text":"It begins \\"well\\" and').words == 'It begins "well" and'


CLAUDES = (
    {"type": "thinking", "thinking": "The gain is within the interval.", "signature": "c2ln"},
    {"type": "text", "text": "I screen both at once."},
    {"type": "tool_use", "id": "c1", "name": "experiments", "input": {"text": "not its words"}},
    {"type": "tool_use", "id": "c2", "name": "board", "input": {}},
)


def claudes(*blocks: dict[str, object], **fields: object) -> ev.ModelCompleted:
    content = ev.head_of(msgspec.json.encode(blocks).decode())
    return ev.ModelCompleted(researcher="r1", call="m1", turn=4, content=content, stop="tool_use", **fields)  # type: ignore[arg-type]


def test_what_a_model_thought_stands_apart_below_what_it_says() -> None:
    usage = {"input_tokens": 400, "cache_read_tokens": 15_600, "output_tokens": 900, "cost_nusd": 80_000_000}
    found = item(claudes(*CLAUDES, **usage))
    assert found is not None
    assert found.text == (
        "03:11  says  turn 4 · 2 tools at once · 16.0k in, 98% cached · 900 out · $0.08\n"
        "I screen both at once.\n\nthought first: The gain is within the interval."
    )
    assert found.text[found.aside :].startswith("thought first")


def test_thoughts_alone_are_the_whole_answer_and_dim() -> None:
    found = item(claudes(CLAUDES[0], CLAUDES[2]))
    assert found is not None
    assert found.text == "03:11  thinks  turn 4\nThe gain is within the interval."
    assert found.aside == found.header + 1


@pytest.mark.parametrize(("call", "shown"), [("c14", "c14"), ("toolu_01A09q90qw90lq917835lq9x7Qz", "…x7Qz")])
def test_a_tools_answer_names_the_call_it_belongs_to(call: str, shown: str) -> None:
    asks = ev.ToolRequested(researcher="r1", call=call, turn=1, tool="shell", args=ev.head_of("{}"))
    done = ev.ToolCompleted(researcher="r1", call=call, turn=1, tool="shell", ok=True, output=ev.EMPTY, seconds=8.4)
    assert (text(asks), text(done)) == (f"03:11  → shell  {shown}", f"03:11  ← shell  {shown} · 8.4 s")


def test_a_thought_that_nobody_may_read_is_said_to_be_one() -> None:
    assert "only the model's service can read" in text(claudes({"type": "opaque", "block": {"data": "x"}}))


@pytest.mark.parametrize("kept", [0.3, 0.5, 0.7, 0.95])
def test_of_blocks_that_were_cut_only_words_are_taken_for_words(kept: float) -> None:
    whole = msgspec.json.encode(CLAUDES).decode()
    found = answer(whole[: int(len(whole) * kept)])
    assert "not its words" not in found.words and "c2ln" not in found.words + found.thoughts
    assert "The gain is within the interval.".startswith(found.thoughts) and found.thoughts
    assert "I screen both at once.".startswith(found.words)


@pytest.mark.parametrize("stop", ["max_tokens", "refusal"])
def test_an_answer_that_stopped_short_says_so(stop: str) -> None:
    words = {"max_tokens": "cut at its token limit", "refusal": "refused by the model's service"}
    event = msgspec.structs.replace(claudes(CLAUDES[1]), stop=stop)
    assert words[stop] in text(event).split("\n")[0]


@pytest.mark.parametrize("depth", [10, 5_000])
def test_json_that_is_nested_to_harm_is_shown_as_it_is(depth: int) -> None:
    assert arguments("[" * depth) == "[" * depth and answer("[" * depth).words in ("", "[" * depth)


@pytest.mark.parametrize(
    ("event", "shown"),
    [
        (ev.ModelFailed(call="m1", error="529 overloaded", retry_in_s=8.0),
         "model call failed  529 overloaded · again in 8.0 s"),
        (ev.ModelFailed(call="m1", error="no route"), "model call failed  no route"),
        (ev.ModelUnknownOutcome(call="m1", cost_nusd=940_000_000),
         "model's answer lost  at its worst case · charged $0.94"),
        (ev.ModelCancelled(call="m1", why="paused", cost_nusd=20_000_000),
         "model call cancelled  paused · charged $0.02"),
        (ev.RateLimited(call="m1", wait_s=12.0), "rate limited  waits 12 s"),
        (ev.ChapterClosing(chapter=2, turn=81, tokens=176_400),
         "chapter 2 closes  at 176k tokens; it is asked to sum it up"),
    ],
)  # fmt: skip
def test_what_brought_no_answer_is_one_quiet_line(event: ev.Event, shown: str) -> None:
    found = item(event)
    assert found is not None and found.text == f"03:11  {shown}"
    assert {span.tone for span in found.spans} == {"dim"}


def test_what_aarctl_tells_a_researcher_is_not_taken_for_a_persons_words() -> None:
    event = ev.NoticeDelivered(researcher="r1", turn=5, about="loop", text=ev.head_of("The same call has failed."))
    assert text(event) == "03:11  aarctl says  it goes round in circles\nThe same call has failed."


def test_a_later_chapter_shows_what_it_keeps_and_the_first_what_it_is_told() -> None:
    told = {"system": ev.head_of("You are one of nine."), "tools": ev.head_of("[]")}
    first = text(ev.ChapterOpened(researcher="r1", chapter=1, **told))
    later = text(ev.ChapterOpened(researcher="r1", chapter=2, opening=ev.head_of("Chapter 2 begins."), **told))
    assert first.endswith("chapter 1  what it is told\nYou are one of nine.")
    assert later.endswith("chapter 2  what is kept of the chapters before\nChapter 2 begins.")


def test_a_blocked_researcher_says_what_to_do() -> None:
    found = text(ev.ResearcherBlocked(researcher="r1", why="there is no API key: `aarctl key set`", flag="f2"))
    assert found == "03:11  ⊘ blocked  ⚑ f2\nthere is no API key: `aarctl key set`"


def test_a_failed_tool_says_so_in_words() -> None:
    event = ev.ToolCompleted(
        researcher="r1", call="c1", turn=1, tool="shell", ok=False, output=ev.head_of("no such file")
    )
    assert text(event) == "03:11  ✗ shell  c1 · failed\nno such file"


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


@pytest.mark.parametrize("kind", ev.KINDS.values(), ids=ev.KINDS)
def test_every_kind_reads_and_hostile_words_do_no_harm(kind: type[ev.Event]) -> None:
    for words in HOSTILE:
        found = item(any_event(kind, words))
        if found is not None:
            assert not any((ord(char) < 32 and char != "\n") or 0x7F <= ord(char) < 0xA0 for char in found.text)
            assert "\n" not in found.text[: found.header] and "\u202e" not in found.text
            assert all(0 <= span.start <= span.end <= found.header for span in found.spans)
